"""Solve the mean fields of polarization and concerted hopping against temperature, in every reading."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from scripts.superionic.readings import READINGS
from superion import mean_field, transitions

POINT = {
    "concerted_coupling_eV": Column(
        "eV", "M0, lowering of the barrier by hops of neighbours", "Hu et al. (2026), Eq. (52)"
    ),
    "reading": Column("", "equation solved for P0, and whether the polarization is self-consistent or 0"),
    "temperature_K": Column("K", "temperature"),
    "reduced_temperature": Column("", "T/Tp", "Hu et al. (2026), Eq. (51)"),
}
FIELDS = {
    **POINT,
    "polarization": Column("", "stable gamma >= 0; its mirror image -gamma is as stable", "Hu et al. (2026), Eq. (50)"),
    "polarization_complement": Column("", "1 - gamma, to more digits than gamma has"),
    "hopping_probability": Column("", "P0 on the lower, stable root", "Hu et al. (2026), Eqs. (54), (55)"),
    "hopping_probability_unstable": Column("", "P0 on the upper, unstable root", "Hu et al. (2026), Eq. (55)", True),
    "polarization_loop_gain": Column(
        "", "(Tp/T)(1 - gamma^2): positive feedback, stable below 1", "Hu et al. (2026), Eq. (50)"
    ),
    "hopping_loop_gain": Column("", "B P0 (1 - gamma^2)/kT: stable below 1", "Hu et al. (2026), Eq. (55)"),
    "reduced_conductivity": Column(
        "", "n0 P0 (1 - gamma^2): sigma T in units of Z^2 a^2/(4 V tau kB)", "Hu et al. (2026), Eq. (38)"
    ),
    "polarization_residual": Column("", "gamma minus the right side of Eq. (50)", "Hu et al. (2026), Eq. (50)"),
    "hopping_residual": Column("", "P0 over the right side of Eq. (55) or (54), minus 1", "Hu et al. (2026), Eq. (55)"),
    "activation_energy_eV": Column(
        "eV", "local slope -d ln(sigma T)/d(1/kT), closed form", "Hu et al. (2026), Eq. (39)"
    ),
    "status": Column(
        "", "'ok', or what limits the solution: no solution, double root, double occupation, not a probability"
    ),
}
BRANCHES = {
    **{key: POINT[key] for key in ("concerted_coupling_eV", "temperature_K", "reduced_temperature")},
    "polarization": Column("", "gamma of the branch", "Hu et al. (2026), Eq. (50)"),
    "hopping_probability": Column("", "P0 of the branch", "Hu et al. (2026), Eq. (55)"),
    "root": Column("", "lower or upper root of Eq. (55)"),
    "reduced_conductivity": Column("", "n0 P0 (1 - gamma^2) of the branch", "Hu et al. (2026), Eq. (38)"),
    "polarization_loop_gain": Column("", "(Tp/T)(1 - gamma^2)", "Hu et al. (2026), Eq. (50)"),
    "hopping_loop_gain": Column("", "B P0 (1 - gamma^2)/kT", "Hu et al. (2026), Eq. (55)"),
    "stable": Column("", "whether both loop gains are below 1, so that a small change dies out"),
    "status": Column("", "'ok', or what limits the branch"),
}


def solve_mean_fields(job: Job) -> None:
    """Write the stable solution of every reading, and all branches of Eqs. (50), (55)."""
    material, settings = job.parameters["superionic.material"], job.parameters["superionic.mean_field"]
    energies = [material["barrier_eV"], material["repulsion_eV"], material["filling"]]
    couplings = np.array(settings["concerted_couplings_eV"], float)
    transition_K = mean_field.polarization_transition_K(mean_field.MeanFieldParameters(*energies, 0.0))
    lost = [
        transitions.concerted_transition(
            mean_field.MeanFieldParameters(*energies, couplings), barrier=barrier, polarization=polarization
        ).temperature_K
        for barrier, polarization in READINGS.values()
    ]
    lost = np.concatenate(lost) / transition_K
    lost = lost[(lost > settings["reduced_temperature"]["start"]) & (lost < settings["reduced_temperature"]["stop"])]
    # The last temperatures with a solution belong to the curves: 1e-9 below each type-I transition.
    marked = [*settings["marked_reduced_temperatures"], *(lost * (1 - 1e-9))]
    reduced = grid(settings["reduced_temperature"], marked)
    temperature = reduced * transition_K
    parameters = mean_field.MeanFieldParameters(*energies, couplings[:, None])
    shape = (couplings.size, temperature.size)

    def points(**more):
        return {
            "concerted_coupling_eV": np.broadcast_to(couplings[:, None], shape).ravel(),
            "temperature_K": np.broadcast_to(temperature, shape).ravel(),
            "reduced_temperature": np.broadcast_to(reduced, shape).ravel(),
            **more,
        }

    blocks = []
    for reading, (barrier, polarization) in READINGS.items():
        solution = mean_field.solve(temperature, parameters, barrier=barrier, polarization=polarization)
        activation = mean_field.activation_energy_eV(solution)
        of_polarization, of_hopping = mean_field.residuals(solution)
        status = mean_field.status_label(solution.status)
        lost = np.isnan(solution.hopping_probability)
        if lost.any():
            job.warn(f"{reading}: no solution at {int(lost.sum())} of {lost.size} points (type-I transition)")
        finite = np.isfinite(solution.hopping_probability_unstable)
        blocks.append(
            points(
                reading=np.full(lost.size, reading),
                polarization=solution.polarization.ravel(),
                polarization_complement=solution.polarization_complement.ravel(),
                hopping_probability=solution.hopping_probability.ravel(),
                hopping_probability_unstable=np.where(finite, solution.hopping_probability_unstable, np.nan).ravel(),
                polarization_loop_gain=solution.polarization_loop_gain.ravel(),
                hopping_loop_gain=solution.hopping_loop_gain.ravel(),
                reduced_conductivity=solution.reduced_conductivity.ravel(),
                polarization_residual=of_polarization.ravel(),
                hopping_residual=of_hopping.ravel(),
                activation_energy_eV=np.where(np.isfinite(activation), activation, np.nan).ravel(),
                # At a double root P0 is defined but its slope is not.
                status=np.where(np.isinf(activation) & (status == "ok"), "double root", status).ravel(),
            )
        )
    job.write(
        "mean_fields",
        stack(blocks),
        FIELDS,
        "Mean fields against temperature, Fig. 4(b), (e)",
    )
    branches = mean_field.branches(mean_field.solve(temperature, parameters))
    # The upper root leaves the range of a float where the coupling is weak: it is then no solution of interest.
    keep = np.isfinite(branches["hopping_probability"]) & (branches["hopping_probability"] < 1e6)
    at = points()
    job.write(
        "branches",
        {
            **{key: at[key][branches["point"]][keep] for key in at},
            **{key: branches[key][keep] for key in BRANCHES if key not in at},
        },
        BRANCHES,
        "Every branch of the mean fields with P0 below 1e6, with its stability",
    )


if __name__ == "__main__":
    run(solve_mean_fields)
