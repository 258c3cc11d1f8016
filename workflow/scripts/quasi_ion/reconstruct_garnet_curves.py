"""Reconstruct the fitted curves of the garnets from their parameters, and refit them with every model.

The measured points behind these curves are not published: what is computed here tells how the two rows of parameters of
Table 1 go together, and says nothing of how well either form fits a measurement.
"""

import numpy as np
from scipy.optimize import least_squares

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from superion.conductivity_fits import fit
from superion.conductivity_models import (
    MODELS,
    characteristic_temperature_K,
    local_activation_energy_eV,
    log_conductivity,
    midpoint_temperature_K,
    thermalisation_coefficient,
)

SLOPES_K = (298.0, 400.0, 500.0)
DRAWN_K = (280.0, 640.0)
DRAWN_POINTS = 181
FIRST_WINDOWS_K = ((298, 573), (320, 540), (340, 640), (298, 470))
WINDOW_POINTS = 60
QUASI_ION = ("carrier_formation_energy_eV", "migration_energy_eV", "characteristic_inverse_temperature_per_eV")
ARRHENIUS = ("activation_energy_eV", "temperature_exponent")

CURVES = {
    "material": Column("", "chemical formula"),
    "curve": Column(
        "", "'quasi-ion' (Table 1), 'Arrhenius with a power' (Table 1), or 'refit' of the first by the second"
    ),
    "temperature_K": Column("K", "temperature"),
    "log_conductivity_ratio": Column("", "ln(sigma) less that of the quasi-ion curve at its midpoint"),
    "local_activation_energy_eV": Column("eV", "-d ln(sigma)/d(1/kT)"),
}
TABLE = {
    "material": CURVES["material"],
    **{
        name: Column(unit, f"{what} of Table 1", "Hu (2023), Table 1")
        for name, unit, what in zip(QUASI_ION, ("eV", "eV", "1/eV"), ("E_t", "Ea0", "beta0"), strict=True)
    },
    **{
        f"printed_{name}": Column(unit, f"{what} of Table 1", "Hu (2023), Table 1")
        for name, unit, what in zip(ARRHENIUS, ("eV", ""), ("E_a", "b"), strict=True)
    },
    "characteristic_temperature_K": Column("K", "1/(k beta0), where the local barrier vanishes"),
    "midpoint_temperature_K": Column("K", "where half of Ea0 is in the slope"),
    "thermalisation_coefficient": Column("", "alpha = Ea0 beta0: kinetic energy over kT that lowers the barrier"),
    "window_low_K": Column("K", "a window in which the refit has the printed E_a and b: its lower end"),
    "window_high_K": Column("K", "upper end of that window"),
    "window_mismatch_eV": Column("eV", "how far the refit there is from the printed E_a"),
    "window_mismatch_exponent": Column("", "how far the refit there is from the printed b"),
    **{
        f"slope_at_{t:g}_K_eV": Column("eV", f"local activation energy of the quasi-ion curve at {t:g} K")
        for t in SLOPES_K
    },
}
REFITS = {
    "material": CURVES["material"],
    "model": Column("", "model fitted to points without noise on the quasi-ion curve"),
    "parameters": Column("", "number of parameters"),
    "rmse": Column("", "root mean square of the residuals of ln(sigma): what the model cannot follow"),
    "activation_energy_eV": Column("eV", "E_a of the refit, of the Arrhenius forms", optional=True),
    "temperature_exponent": Column("", "b of the refit, of the Arrhenius form with a power", optional=True),
}


def reconstruct_garnet_curves(job: Job) -> None:
    """Write curves, the table of what the parameters imply, and the refits."""
    settings = job.parameters["quasi_ion.garnets"]
    window = settings["temperature_K"]
    temperature = np.linspace(window["start"], window["stop"], window["count"])
    curves, table, refits = [], [], []
    for material in settings["materials"]:
        name = material["name"]
        quasi_ion = np.array([0.0, *(material[key] for key in QUASI_ION)])
        fits = {
            model: fit(temperature, log_conductivity("quasi_ion", quasi_ion, temperature), model)
            for model in MODELS
            if model != "quasi_ion"
        }
        for model, fitted in fits.items():
            energy, exponent = (
                fitted.values.get(key, np.nan) if model.startswith("arrhenius") else np.nan for key in ARRHENIUS
            )
            refits.append((name, model, fitted.parameters.size, fitted.rmse, energy, exponent))
        table.append(_implied(material, quasi_ion))
        curves += _curves(material, quasi_ion, fits["arrhenius_power"].parameters)
    job.write(
        "curves", stack(curves), CURVES, "Curves of Table 1, a reconstruction: the measured points are not published"
    )
    job.write(
        "table",
        {key: np.array([row[key] for row in table]) for key in TABLE},
        TABLE,
        "What the parameters of Table 1 imply",
    )
    columns = {key: np.array([row[i] for row in refits]) for i, key in enumerate(REFITS)}
    job.write("refits", columns, REFITS, "Models refitted to the reconstructed quasi-ion curves, without noise")


def _implied(material: dict, quasi_ion: np.ndarray) -> dict:
    printed = np.array([material[key] for key in ARRHENIUS])
    low, high, mismatch = _window(quasi_ion, printed)
    slopes = local_activation_energy_eV("quasi_ion", quasi_ion, np.array(SLOPES_K))
    return {
        "material": material["name"],
        **{key: material[key] for key in QUASI_ION},
        **{f"printed_{key}": value for key, value in zip(ARRHENIUS, printed, strict=True)},
        "characteristic_temperature_K": float(characteristic_temperature_K(quasi_ion)),
        "midpoint_temperature_K": float(midpoint_temperature_K(quasi_ion)),
        "thermalisation_coefficient": float(thermalisation_coefficient(quasi_ion)),
        "window_low_K": low,
        "window_high_K": high,
        "window_mismatch_eV": abs(mismatch[0]),
        "window_mismatch_exponent": abs(mismatch[1]),
        **{f"slope_at_{t:g}_K_eV": slope for t, slope in zip(SLOPES_K, slopes, strict=True)},
    }


def _window(quasi_ion: np.ndarray, printed: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Window of temperatures, even in 1/T, in which the refit by the Arrhenius form has the printed parameters."""

    def mismatch(ends: np.ndarray) -> np.ndarray:
        temperature = 1 / np.linspace(1 / ends[0], 1 / ends[1], WINDOW_POINTS)
        fitted = fit(temperature, log_conductivity("quasi_ion", quasi_ion, temperature), "arrhenius_power")
        return fitted.parameters[1:] - printed

    scale = np.array([1.0, 20.0])  # b is some twenty times E_a/eV
    bounds = ([250, 420], [415, 900])
    best = min(
        (
            least_squares(
                lambda ends: mismatch(ends) / scale,
                first,
                bounds=bounds,
                x_scale=(50, 50),
                xtol=1e-15,
                ftol=1e-15,
                gtol=1e-15,
            )
            for first in FIRST_WINDOWS_K
        ),
        key=lambda found: found.cost,
    )
    return float(best.x[0]), float(best.x[1]), mismatch(best.x)


def _curves(material: dict, quasi_ion: np.ndarray, refit: np.ndarray) -> list[dict]:
    temperature = 1 / np.linspace(1 / DRAWN_K[1], 1 / DRAWN_K[0], DRAWN_POINTS)
    middle = float(midpoint_temperature_K(quasi_ion))
    reference = float(log_conductivity("quasi_ion", quasi_ion, middle))
    printed = np.array([0.0, *(material[key] for key in ARRHENIUS)])
    # Table 1 gives no prefactor: the printed form is set to meet the quasi-ion curve in the mean over the drawn window.
    printed[0] = np.mean(
        log_conductivity("quasi_ion", quasi_ion, temperature)
        - log_conductivity("arrhenius_power", printed, temperature)
    )
    blocks = []
    for curve, model, parameters in (
        ("quasi-ion", "quasi_ion", quasi_ion),
        ("Arrhenius with a power", "arrhenius_power", printed),
        ("refit", "arrhenius_power", refit),
    ):
        columns = (
            np.full(temperature.size, material["name"]),
            np.full(temperature.size, curve),
            temperature,
            log_conductivity(model, parameters, temperature) - reference,
            local_activation_energy_eV(model, parameters, temperature),
        )
        blocks.append(dict(zip(CURVES, columns, strict=True)))
    return blocks


if __name__ == "__main__":
    run(reconstruct_garnet_curves)
