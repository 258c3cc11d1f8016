"""Map the type-I transition: its temperature against coupling and filling, and the regimes of the model."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from scripts.superionic.readings import READINGS
from superion import transitions
from superion.mean_field import MeanFieldParameters, polarization_transition_K

TRANSITION = {
    "transition_temperature_K": Column(
        "K", "T_I, temperature at which the stable root is lost on heating", "Hu et al. (2026), Eq. (55)"
    ),
    "reduced_transition_temperature": Column("", "T_I/Tp"),
    "polarization": Column("", "gamma at T_I"),
    "hopping_probability": Column("", "P0 at T_I, finite"),
    "crowded_hopping_probability": Column("", "P0 (1 + gamma) at T_I; a probability only up to 1"),
    "reentrant_reduced_temperature": Column("", "T/Tp from which a root with P0 > 1 exists again", optional=True),
    "status": Column(
        "",
        "'ok'; 'no transition'; 'marginal': roots touch without being lost; 'not a probability': P0 (1 + gamma) > 1; "
        "'double occupation': gamma >= 2/n0 - 1",
    ),
}
COUPLINGS = {
    "reading": Column("", "equation solved for P0, and whether the polarization is self-consistent or 0"),
    "concerted_coupling_eV": Column("eV", "M0", "Hu et al. (2026), Eq. (52)"),
    "regime": Column("", "type-I transition: none, above Tp, below Tp, or marginal"),
    **TRANSITION,
}
REGIMES = {
    "barrier_over_repulsion": Column("", "Lambda0/K with K = n0 K0/2"),
    "coupling_over_repulsion": Column("", "B/K with B = n0 M0/4"),
    "regime": Column("", "type-I transition: none, above Tp, below Tp, or marginal"),
    **TRANSITION,
}
FILLINGS = {
    "filling": Column("", "n0"),
    "polarization_transition_K": Column("K", "Tp", "Hu et al. (2026), Eq. (51)"),
    "double_occupation_limit_K": Column(
        "K", "temperature below which gamma of Eq. (50) exceeds 2/n0 - 1", "Hu et al. (2026), below Eq. (47)"
    ),
    "concerted_coupling_eV": Column("eV", "M0 of the type-I transition"),
    "regime": Column("", "type-I transition: none, above Tp, below Tp, or marginal"),
    **TRANSITION,
}
THRESHOLDS = {
    "polarization_transition_K": Column("K", "Tp", "Hu et al. (2026), Eq. (51)"),
    "polarization_transition_eV": Column("eV", "kTp = n0 K0/2", "Hu et al. (2026), Eq. (51)"),
    "smallest_coupling_eV": Column("eV", "M0 from which a type-I transition exists, B = A"),
    "largest_coupling_above_eV": Column("eV", "M0 up to which it lies above Tp, B = K exp(Lambda0/K)"),
    "concerted_coupling_eV": Column("eV", "M0 of the columns that follow"),
    "smallest_filling": Column("", "n0 from which a type-I transition exists; none for M0 <= 2 K0", optional=True),
    "activation_zero_temperature_eV": Column(
        "eV", "local activation energy for T -> 0; none for n0 > 1", optional=True
    ),
    "activation_below_transition_eV": Column("eV", "local activation energy just below Tp", optional=True),
    "activation_above_transition_eV": Column("eV", "local activation energy just above Tp", optional=True),
}


def transition_columns(parameters: MeanFieldParameters, **reading: str) -> dict[str, np.ndarray]:
    """Columns of `TRANSITION` and the regime, flattened."""
    found = transitions.concerted_transition(parameters, **reading)
    scale = polarization_transition_K(parameters)
    lost = np.isfinite(found.temperature_K)
    temperature = np.where(lost, found.temperature_K, np.nan)
    status = np.where(found.regime == "marginal", "marginal", "no transition").astype(object)
    status[lost] = np.where(found.admissible[lost], "ok", "not a probability")
    crowded = found.polarization * parameters.filling >= (2 - parameters.filling) * (1 + 1e-12)
    status[lost & crowded & (found.polarization > 0)] = "double occupation"
    columns = {
        "transition_temperature_K": temperature,
        "reduced_transition_temperature": temperature / scale,
        "polarization": found.polarization,
        "hopping_probability": found.hopping_probability,
        "crowded_hopping_probability": found.hopping_probability * (1 + found.polarization),
        "reentrant_reduced_temperature": np.where(
            np.isfinite(found.reentrant_temperature_K), found.reentrant_temperature_K / scale, np.nan
        ),
        "status": status,
        "regime": found.regime,
    }
    return {name: np.ravel(column) for name, column in columns.items()}


def map_phase_diagram(job: Job) -> None:
    """Write T_I for every reading, the regimes in reduced couplings, the effect of filling, and the thresholds."""
    material, settings = job.parameters["superionic.material"], job.parameters["superionic.phase_diagram"]
    energies = [material["barrier_eV"], material["repulsion_eV"], material["filling"]]
    couplings = grid(settings["concerted_coupling_eV"], settings["marked_couplings_eV"])
    parameters = MeanFieldParameters(*energies, couplings)
    blocks = [
        {
            "reading": np.full(couplings.size, reading),
            "concerted_coupling_eV": couplings,
            **transition_columns(parameters, barrier=barrier, polarization=polarization),
        }
        for reading, (barrier, polarization) in READINGS.items()
    ]
    job.write(
        "transitions",
        stack(blocks),
        COUPLINGS,
        "Type-I transition against the coupling, every reading of Fig. 4(e), (f)",
    )

    # In units of K everything depends on two ratios alone: n0 = 1, K0 = 2 eV gives K = 1 eV and M0 = 4 B.
    barrier, coupling = np.meshgrid(grid(settings["barrier_over_repulsion"]), grid(settings["coupling_over_repulsion"]))
    plane = MeanFieldParameters(barrier.ravel(), 2.0, 1.0, 4 * coupling.ravel())
    job.write(
        "regimes",
        {
            "barrier_over_repulsion": barrier.ravel(),
            "coupling_over_repulsion": coupling.ravel(),
            **transition_columns(plane),
        },
        REGIMES,
        "Regimes of the type-I transition",
    )

    marked = np.array(settings["marked_couplings_eV"], float)
    filling, coupling = (a.ravel() for a in np.meshgrid(grid(settings["fillings"]), marked, indexing="ij"))
    varied = MeanFieldParameters(*energies[:2], filling, coupling)
    job.write(
        "fillings",
        {
            "filling": filling,
            "polarization_transition_K": polarization_transition_K(varied),
            "double_occupation_limit_K": np.broadcast_to(transitions.double_occupation_limit_K(varied), filling.shape),
            "concerted_coupling_eV": coupling,
            **transition_columns(varied),
        },
        FILLINGS,
        "Both transitions against the filling",
    )

    at = MeanFieldParameters(*energies, np.unique(np.concatenate([[0.0, 0.25], marked])))
    lower, upper = transitions.concerted_coupling_window_eV(at)
    smallest = transitions.minimum_filling(at)
    limits = transitions.activation_energy_limits_eV(at)
    scale = polarization_transition_K(at)
    job.write(
        "thresholds",
        {
            "polarization_transition_K": scale,
            "polarization_transition_eV": at.polarization_energy_eV,
            "smallest_coupling_eV": lower,
            "largest_coupling_above_eV": upper,
            "concerted_coupling_eV": at.concerted_coupling_eV,
            "smallest_filling": np.where(np.isfinite(smallest), smallest, np.nan),
            "activation_zero_temperature_eV": limits.zero_temperature_eV,
            "activation_below_transition_eV": limits.below_transition_eV,
            "activation_above_transition_eV": limits.above_transition_eV,
        },
        THRESHOLDS,
        "Transition temperatures, coupling window and activation energies of the material",
    )


if __name__ == "__main__":
    run(map_phase_diagram)
