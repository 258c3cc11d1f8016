"""Compute how ions and electrons drag each other along, and where that would destroy entropy."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from superion.ambipolar import (
    cross_ratios,
    entropy_margin,
    interference_saturation,
    least_entropic_coupling,
    least_saturation_coupling,
    onsager_matrix,
    relaxation_time_ratio,
)

INTERFERENCE = {
    "panel": Column("", "'relaxation times' (Fig. 6(a), (b)) or 'cross ratios' (Fig. 6(c), (d))"),
    "coupling_parameter": Column("", "xi, 1 without coupling", "Hu (2023), Eq. (35)"),
    "hopping_ratio": Column("", "j = |J0e/J0i|"),
    "density_ratio": Column("", "rho_e/rho_i"),
    "relaxation_time_ratio": Column("", "tau+/tau-", "Hu (2023), Eq. (39)"),
    "relaxation_time_ratio_approximate": Column("", "the same for mobile electrons", "Hu (2023), Eq. (46)"),
    "ion_cross_ratio": Column("", "alpha_i*: electrons dragged along by an ion", "Hu (2023), Eq. (40)"),
    "electron_cross_ratio": Column("", "alpha_e*: ions dragged along by an electron", "Hu (2023), Eq. (41)"),
    "ion_saturation": Column("", "alpha_i* for rho_e/rho_i to infinity"),
    "conductance_ratio": Column("", "L_ee/L_ii", "Hu (2023), Eq. (38)"),
    "reciprocity_defect": Column("", "|L_ei - L_ie|/|L_ie|, 0 without coupling", "Hu (2023), Eq. (38)"),
    "entropy_margin": Column("", "1 - alpha_i* alpha_e*; below 0 some gradient would destroy entropy"),
    "status": Column("", "'ok', or 'indefinite' where the Onsager matrix is not positive semidefinite"),
}
THRESHOLDS = {
    "hopping_ratio": Column("", "j = |J0e/J0i|"),
    "least_saturation_coupling": Column("", "xi below which alpha_i* saturates above 1"),
    "least_entropic_coupling": Column("", "xi below which some rho_e/rho_i makes the Onsager matrix indefinite"),
}


def compute_interference(job: Job) -> None:
    """Write the curves of Fig. 6, and thresholds of the coupling."""
    settings = job.parameters["quasi_ion.interference"]
    hops, densities = (grid(settings[key], logarithmic=True) for key in ("hopping_ratio", "density_ratio"))
    blocks = []
    for xi in settings["coupling_parameters"]:
        for density in settings["density_ratios"]:
            blocks.append(_rows("relaxation times", xi, hops, np.full(hops.size, float(density))))
        fixed = np.full(densities.size, float(settings["fixed_hopping_ratio"]))
        blocks.append(_rows("cross ratios", xi, fixed, densities))
    table = stack(blocks)
    if (bad := table["status"] != "ok").any():
        job.warn(f"the Onsager matrix is not positive semidefinite at {int(bad.sum())} of {bad.size} points")
    job.write("interference", table, INTERFERENCE, "Interference of ions and electrons, Fig. 6")
    ratios = settings["threshold_hopping_ratios"]
    thresholds = {
        "hopping_ratio": np.array(ratios, float),
        "least_saturation_coupling": np.array([least_saturation_coupling(j) for j in ratios]),
        "least_entropic_coupling": np.array([least_entropic_coupling(j) for j in ratios]),
    }
    job.write("thresholds", thresholds, THRESHOLDS, "Couplings below which interference is strong, or too strong")


def _rows(panel: str, xi: float, j: np.ndarray, r: np.ndarray) -> dict:
    matrix = onsager_matrix(j, r, xi)
    cross = np.maximum(np.abs(matrix[:, 1, 0]), np.finfo(float).tiny)
    margin = entropy_margin(j, r, xi)
    ion, electron = cross_ratios(j, r, xi)
    columns = (
        np.full(j.size, panel),
        np.full(j.size, float(xi)),
        j,
        r,
        relaxation_time_ratio(j, r, xi),
        relaxation_time_ratio(j, r, xi, form="mobile_electrons"),
        ion,
        electron,
        interference_saturation(j, xi),
        matrix[:, 0, 0] / matrix[:, 1, 1],
        np.abs(matrix[:, 0, 1] - matrix[:, 1, 0]) / cross,
        margin,
        np.where(margin < 0, "indefinite", "ok"),
    )
    return dict(zip(INTERFERENCE, columns, strict=True))


if __name__ == "__main__":
    run(compute_interference)
