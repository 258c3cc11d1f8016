"""How measured conductivities and fitted curves are drawn."""

import math

import numpy as np

from pipeline.figure_style import BLACK, BLUE, CYAN, GREEN, GREY, ORANGE, PURPLE, RED
from scripts.conductivity_fits.preference import preference
from superion.conductivity_models import MODELS
from superion.units import BOLTZMANN_eV_PER_K

COLOURS = dict(zip(MODELS, (BLUE, GREY, CYAN, GREEN, ORANGE, PURPLE, RED), strict=True))
DASHES = dict(
    zip(MODELS, ("-", (0, (2, 1)), "--", "-.", (0, (1, 1)), (0, (5, 1, 1, 1, 1, 1)), (0, (4, 1))), strict=True)
)
UNITS = {"1": "", "eV": " eV", "K": " K", "1/eV": r" eV$^{-1}$", "eV^2": r" eV$^2$"}
SYMBOLS = {
    "log_prefactor": r"ln $\sigma_0$",
    "activation_energy_eV": r"$E_\mathrm{a}$",
    "temperature_exponent": "$b$",
    "pseudo_activation_energy_eV": "$B$",
    "vogel_temperature_K": "$T_0$",
    "linear_coefficient_eV": "$c_1$",
    "quadratic_coefficient_eV2": "$c_2$",
    "hot_activation_energy_eV": r"$E_\mathrm{hot}$",
    "cold_activation_energy_eV": r"$E_\mathrm{cold}$",
    "knot_inverse_temperature_per_eV": r"$\beta_\mathrm{k}$",
    "carrier_formation_energy_eV": r"$E_\mathrm{t}$",
    "migration_energy_eV": r"$E_\mathrm{a0}$",
    "characteristic_inverse_temperature_per_eV": r"$\beta_0$",
}


def draw_fits(axis, residuals, points, curves, comparison, differences=None) -> None:
    """Points and curves over 1000/T with the band of the preferred model, and the residuals of every model below."""
    chosen, _ = preference(comparison)
    inverse = 1000 / points["temperature_K"].to_numpy()
    logarithm = points["log_conductivity"].to_numpy()
    ten = math.log(10)
    for model, part in curves.groupby("model", sort=False):
        x, style = 1000 / part["temperature_K"], {"color": COLOURS[model], "ls": DASHES[model]}
        strong = model == chosen
        axis.plot(
            x,
            part["log_conductivity"] / ten,
            **style,
            lw=1.8 if strong else 1.1,
            label=MODELS[model].label,
            zorder=3 if strong else 2,
        )
        if strong and part["low"].notna().all():
            axis.fill_between(x, part["low"] / ten, part["high"] / ten, color=COLOURS[model], alpha=0.2, lw=0)
        if residuals is not None:
            own = differences[differences["model"] == model].sort_values("temperature_K", kind="stable")
            at, off = 1000 / own["temperature_K"], own["residual"] / ten
            residuals.plot(at, off, marker="o", ms=2.5, **style, lw=1.4 if strong else 0.8)
    axis.plot(inverse, logarithm / ten, "o", color=BLACK, ms=3.5, zorder=4, label="measured")
    axis.set(ylabel=r"log$_{10}$ $\sigma$ (S cm$^{-1}$)")
    span = inverse.max() - inverse.min()
    for panel in (axis, residuals):
        if panel is not None:
            panel.set_xlim(inverse.min() - 0.04 * span, inverse.max() + 0.04 * span)
    if residuals is not None:
        residuals.axhline(0, color=BLACK, lw=0.6)
        residuals.set(xlabel=r"inverse temperature 1000/$T$ (K$^{-1}$)", ylabel=r"$\Delta$ log$_{10}$ $\sigma$")
        # Room for the preferred model to be seen, though a poor one may leave the panel.
        own = differences[differences["model"] == chosen]["residual"].abs().max() / ten if chosen else 0
        largest = differences["residual"].abs().max() / ten
        span = 1.1 * max(min(largest, 6 * own), largest / 20, 1e-3)
        residuals.set_ylim(-span, span)
    top = axis.secondary_xaxis("top", functions=(_other, _other))
    top.set_xlabel("temperature (K)")
    top.set_xticks(_round_temperatures(1000 / inverse.max(), 1000 / inverse.min()))
    top.minorticks_off()


def _other(value):
    """1000/T of T, and T of 1000/T."""
    return 1000 / np.maximum(value, 1e-9)


def _round_temperatures(low: float, high: float) -> list[float]:
    """Some round temperatures in a window."""
    for step in (10, 20, 25, 50, 100, 200, 250, 500):
        ticks = [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
        if len(ticks) <= 5:
            return ticks
    return []


def parameter_words(parameters) -> str:
    """Parameters of one fit with their intervals, a line each."""
    lines = []
    for row in parameters.itertuples():
        unit = UNITS.get(row.unit, f" {row.unit}")
        ends = [_end(row.low, row.low_open), _end(row.high, row.high_open)]
        mark = "" if row.identifiable else " (not determined)"
        if row.unit == "1/eV" and row.estimate > 0:
            unit += f" ({1 / (BOLTZMANN_eV_PER_K * row.estimate):.4g} K)"
        lines.append(f"{SYMBOLS[row.parameter]} = {_number(row.estimate)}{unit} [{ends[0]}, {ends[1]}]{mark}")
    return "\n".join(lines)


def _end(value: float, is_open: bool) -> str:
    return "?" if math.isnan(value) else _number(value) + ("*" if is_open else "")


def _number(value: float) -> str:
    return f"{value:.{3 if abs(value) < 1000 else 4}g}".replace("-", "\N{MINUS SIGN}")
