"""Compare what Eqs. (2) and (4) give as printed with what they have to give."""

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from superion import densities_of_states as densities
from superion import kick_sequences as kicks
from superion import lattice as lattices
from superion import phonon_channels as channels
from superion.hopping import hopping_matrix
from superion.transport import stationary_population

CONVENTIONS = {
    "convention": Column("", "what is counted one way or the other"),
    "literal": Column("", "value as the equation is printed"),
    "corrected": Column("", "value as this library has it"),
    "right": Column("", "what it has to be"),
    "equation": Column("", "number of the equation in Hu et al. (2026)"),
}


def convention_rows():
    """Rows of `CONVENTIONS`: where Eqs. (2) and (4) as printed miss what they must give."""
    constant, kt = densities.ConstantDensity(), 0.05
    # Thresholds below kT: destinations that each count for themselves are chosen more often than always.
    thresholds = np.array([0.01, 0.02, 0.03])
    literal = densities.activation_ratio(constant, thresholds, 0.0, kt).sum()
    shared = densities.open_destination_probability(thresholds, constant, 0.0, kt).sum()
    lowest = densities.activation_ratio(constant, thresholds.min(), 0.0, kt)
    yield "sum of hop probabilities over unequal thresholds", literal, shared, lowest, "2"
    # A weak field splits two equal thresholds; counted anew, their degeneracy falls from 2 to 1.
    split = threshold_hops(0.3 + np.array([-1e-6, 1e-6]), None)
    frozen = threshold_hops(0.3 + np.array([-1e-6, 1e-6]), 2)
    rest = threshold_hops(np.array([0.3, 0.3]), None)
    yield (
        "hop probability in a vanishing field over that without",
        (split / rest).mean(),
        (frozen / rest).mean(),
        1.0,
        "2",
    )
    # Octahedral sites (8 ways out) and tetrahedral sites (4) of equal energy must be equally occupied.
    lattice = lattices.fcc_octahedral_tetrahedral()
    mode = channels.PhononMode(1.0, 0.3, constant)
    occupied = []
    for degeneracy in (lattice.coordination[lattice.origin], lattice.coordination.max()):
        hops = channels.hop_probability(mode, lattice.origin, 0.0, kt, degeneracy=degeneracy)
        population = stationary_population(hopping_matrix(lattice, hops))
        occupied.append(population[1] / population[0])
    yield "tetrahedral over octahedral occupation at equal energies", *occupied, 1.0, "2"
    # Two and a half periods in the window: kicks come once a period, not spread over the window.
    printed, corrected = (np.diff(kicks.kick_times_ps(1.0, 2.5, form=form))[0] for form in ("printed", "corrected"))
    yield "time between kicks over the period", printed, corrected, 1.0, "4"


def threshold_hops(thresholds: np.ndarray, degeneracy: int | None) -> np.ndarray:
    """Probabilities of two hops from one site at kT = 0.05 eV; the degeneracy is counted where none is given."""
    counted = channels.threshold_degeneracy([0, 0], thresholds) if degeneracy is None else degeneracy
    mode = channels.PhononMode(1.0, thresholds, densities.ConstantDensity())
    return channels.hop_probability(mode, [0, 0], 0.0, 0.05, degeneracy=counted)


def compare_channel_conventions(job: Job) -> None:
    """Write one row a convention."""
    rows = list(convention_rows())
    data = {name: np.array([row[i] for row in rows]) for i, name in enumerate(CONVENTIONS)}
    job.write("conventions", data, CONVENTIONS, "Eqs. (2) and (4) as printed and as they must be")


if __name__ == "__main__":
    run(compare_channel_conventions)
