"""Draw isotope exponents: measured, with zero-point energies, and of hops in which other atoms take part."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, CYAN, GREEN, GREY, ORANGE, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

FORMULA, QUANTIZED = "zero-point energy in E_m", "all vibrations quantized"
COLOURS = (BLUE, PURPLE, GREEN, CYAN, ORANGE)
LOWEST, HIGHEST = -0.35, 0.95


def plot_isotope_effects(job: Job) -> None:
    """Temperature and zero-point energy; mass of the framework; number of ions that move."""
    tables = {name: job.table(name) for name in ("measured", "exponents", "models")}
    models = tables["models"]
    with figure(job, 1, 3, width=7.2, height=2.9) as (_, axes):
        draw_temperatures(axes[0], tables["exponents"], tables["measured"])
        draw_interstitials(axes[1], models[models["model"] == "interstitial ion"], tables["measured"])
        draw_chains(axes[2], models[models["model"] == "chain"])
        panel_letters(axes)


def draw_temperatures(axis, exponents, measured) -> None:
    """Exponent against temperature, for several zero-point energies, and as measured."""
    explained = measured.loc[measured["ratio"].idxmin(), "zero_point_difference_eV"]
    formula = exponents[exponents["treatment"] == FORMULA]
    for energy, part in formula.groupby("zero_point_difference_eV"):
        special = np.isclose(energy, explained)
        axis.plot(part["temperature_K"], part["exponent"], color=BLUE if special else GREY, lw=1.4 if special else 0.9)
        last = part.iloc[-1]
        axis.annotate(
            f"{1e3 * energy:.3g}".replace("-", "\N{MINUS SIGN}"),
            (last["temperature_K"], last["exponent"]),
            xytext=(2, -3 if special else 1),
            textcoords="offset points",
            va="center",
            fontsize=6,
            color=BLUE if special else BLACK,
        )
    quantized = exponents[exponents["treatment"] == QUANTIZED]
    for (frequency, part), style in zip(
        quantized.groupby("well_frequency_THz"), ("--", ":", "-.", (0, (1, 2))), strict=False
    ):
        axis.plot(part["temperature_K"], part["exponent"], color=GREEN, ls=style, label=f"quantized, {frequency:g} THz")
    axis.errorbar(
        measured["temperature_K"], measured["exponent"], measured["exponent_error"], fmt="s", color=RED, capsize=2, lw=1
    )
    first, last = exponents["temperature_K"].min(), exponents["temperature_K"].max()
    axis.set(xlabel="temperature (K)", ylabel=r"isotope exponent $\alpha$", ylim=(LOWEST, HIGHEST))
    axis.set_xlim(first, last + 0.12 * (last - first))
    axis.plot([], [], color=BLUE, label=r"$1/2 - \Delta$ZPE$/2kT$, in meV")
    axis.plot([], [], "s", color=RED, label="measured ratios")
    axis.legend(loc="upper right", fontsize=6, handlelength=2.2, borderaxespad=0, labelspacing=0.3)


def draw_interstitials(axis, table, measured) -> None:
    """Classical exponent of the ion's substitution against the mass of the framework."""
    for row in measured.itertuples():
        axis.axhspan(row.exponent - row.exponent_error, row.exponent + row.exponent_error, color=GREY, alpha=0.35, lw=0)
        axis.annotate(
            f"ratio {row.ratio:g}",
            (0.98, row.exponent + row.exponent_error),
            xycoords=("axes fraction", "data"),
            xytext=(0, 1),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=6,
        )
    for (size, part), colour in zip(table.groupby("parameter"), COLOURS, strict=False):
        axis.semilogx(part["mass_ratio"], part["exponent"], "o-", color=colour, label=f"ion of {size:g} " + r"$\sigma$")
    axis.set(xlabel="mass of framework atom / ion", ylabel=r"classical $\alpha$ of the ion", ylim=(0, 0.62))
    axis.legend(loc="lower left", borderaxespad=0.8)


def draw_chains(axis, table) -> None:
    """Exponent against how many ions the unstable mode moves."""
    for (name, part), colour, marker in zip(table.groupby("substituted"), (BLUE, PURPLE), ("o", "D"), strict=False):
        ordered = part.sort_values("moving_atoms")
        axis.plot(ordered["moving_atoms"], ordered["exponent"], color=colour, marker=marker, label=name)
    axis.set(
        xlabel="ions that move together", ylabel=r"classical $\alpha$ of a chain", ylim=(0, 0.62), xlim=(0.8, None)
    )
    axis.legend(loc="lower left", borderaxespad=0.8, title="exchanged", alignment="left", title_fontsize=7)


if __name__ == "__main__":
    run(plot_isotope_effects)
