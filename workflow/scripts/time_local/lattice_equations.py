"""Equations of Secs. II, III of the time-local paper against the crystal itself, as rows of its properties."""

from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.crystal_settings import crystal_of
from pipeline.grids import grid
from superion.harmonic_crystals import HarmonicCrystal
from superion.phonons import (
    PhononMesh,
    acoustic_tensor,
    dynamical_matrices,
    loss_matrix,
    sound_velocities_A_per_ps,
)
from superion.recoil_kernels import static_recoil

SCALING = 4.0  # of force constants or masses, to see what goes as which power
PULSES = (0.1, 0.5, 1, 2)  # widths of force pulses in periods of the fastest mode
PROBES = [[0.1, 0.23, 0.37], [0.45, 0.05, 0.3], [0.5, 0.25, 0.15]]  # wave vectors for Eq. (21)
Row = tuple[str, str, float, str, str]


def equation_rows(crystal: HarmonicCrystal, settings: Mapping, crystal_settings: Mapping) -> Iterator[Row]:
    """Equations of Sec. II and Eq. (21) as printed, against the crystal itself."""
    offsets = np.array([[0, 0, 0], *settings["offsets"]])
    error = springs_times_recoil_error(crystal, offsets)
    yield "springs_times_recoil_error", "", round(error, 12), "", "Eq. (10)"  # what is left of 0 is rounding
    own, loss = diagonal(static_recoil(crystal, [0, 0, 0])), np.trace(loss_matrix(crystal)) / 3
    for name, scaled in (("springs", crystal.scaled(stiffness=SCALING)), ("masses", crystal.scaled(mass=SCALING))):
        case = f"{SCALING:g} times the {name}"
        yield "loss_ratio", case, np.trace(loss_matrix(scaled)) / 3 / loss, "", "Sec. VII"
        if name == "springs":
            yield "static_recoil_ratio", case, diagonal(static_recoil(scaled, [0, 0, 0])) / own, "", "Sec. VII"
    corners = np.kron(np.ones((8, 8)), loss_matrix(crystal))
    yield "rank_of_loss_between_atoms", "8 atoms", float(np.linalg.matrix_rank(corners)), "", "Eq. (16)"
    # The same crystal in a cell of twice the size: its sound must stay what it is.
    direction, twice = settings["directions"][0], crystal.doubled()
    right = sound_velocities_A_per_ps(twice, direction)[-1]
    yield "speed_of_sound_in_doubled_cell", f"{miller(direction)} fastest", right, "A/ps", "below Eq. (13)"
    printed = np.sqrt(np.linalg.eigvalsh(second_order_alone(twice, direction))[-1])
    yield "speed_of_sound_in_doubled_cell", "eta D1 eta alone, as printed", printed, "A/ps", "below Eq. (13)"
    springs = crystal_settings.get("spring_constants_meV_per_A2", [])
    if crystal_settings.get("structure") == "simple_cubic" and len(springs) == 2:
        probes = np.array(PROBES)
        error = np.abs(dynamical_matrices(crystal, probes) - printed_dynamical_matrices(crystal_settings, probes))
        yield "dynamical_matrix_error", "", round(float(error.max()), 9), "1/ps^2", "Eq. (21)"
        alone = crystal_of({**crystal_settings, "spring_constants_meV_per_A2": springs[:1]})
        slowest = np.linalg.eigvalsh(acoustic_tensor(alone, [1, 0, 0]))[0]
        yield "speed_of_sound_of_first_springs_alone", "[100] slowest", np.sqrt(abs(slowest)), "A/ps", "Sec. III"
        lengths = np.linalg.norm(crystal.translation @ crystal.cell, axis=1)
        for name, factor in (("first", 1), ("second", np.sqrt(2))):
            count = np.isclose(lengths, factor * crystal_settings["lattice_constant_A"]).sum()
            yield "neighbours", name, float(count), "", "Fig. 1(a)"


def springs_times_recoil_error(crystal: HarmonicCrystal, offsets: np.ndarray) -> float:
    """Largest element of V W(0) - 1 between a cell and those at the offsets."""
    recoil = static_recoil(crystal, crystal.translation[None] - offsets[:, None])
    atoms = crystal.atom_count
    recoil = recoil.reshape(*recoil.shape[:2], atoms, 3, 3 * atoms)
    answers = recoil[:, np.arange(len(crystal.origin)), crystal.destination]
    product = np.zeros((len(offsets), atoms, 3, 3 * atoms))
    for bond, origin in enumerate(crystal.origin):
        product[:, origin] += crystal.force_constants[bond] @ answers[:, bond]
    product = product.reshape(len(offsets), 3 * atoms, 3 * atoms)
    product[(offsets == 0).all(axis=1)] -= np.eye(3 * atoms)
    return float(np.abs(product).max())


def second_order_alone(crystal: HarmonicCrystal, direction: list) -> np.ndarray:
    """Squares of the speeds of sound as a matrix (3, 3), by the part of D(q) in q^2 and the uniform shift alone."""
    along = crystal.translation @ crystal.cell @ (np.array(direction) / np.linalg.norm(direction))
    return -np.einsum("b,bij->ij", along**2, crystal.force_constants) / (2 * crystal.masses.sum())


def printed_dynamical_matrices(settings: Mapping, wave_vectors: np.ndarray) -> np.ndarray:
    """Eq. (21), with the last cosine of zz, of which the text has but the beginning, as symmetry asks."""
    first, second = settings["spring_constants_meV_per_A2"]
    c, s = np.cos(2 * np.pi * wave_vectors), np.sin(2 * np.pi * wave_vectors)
    others = c.sum(axis=1, keepdims=True) - c
    own = first * (1 - c) + second * (2 - c * others)
    across = second * s[:, :, None] * s[:, None]
    return 2 / settings["atom_mass"] * np.where(np.eye(3, dtype=bool), own[:, :, None], across)


def pulse_rows(mesh: PhononMesh, kernel: Mapping, settings: Mapping) -> Iterator[Row]:
    """How far the time-local answer to one force pulse exp(-t^2/2 s^2) on an atom is off that with all memory."""
    lags = grid(settings["time_ps"])
    recoil, loss = kernel["recoil_A2_per_meV"][: lags.size], np.trace(loss_matrix(mesh.crystal)) / 3
    period = 2 * np.pi / mesh.largest_frequency
    for periods in PULSES:
        width = periods * period
        if 6 * width > lags[-1]:
            continue
        times = np.linspace(-3, 3, 121) * width
        force = np.exp(-(times**2) / (2 * width**2))
        earlier = times[:, None] - lags
        slopes = -earlier / width**2 * np.exp(-(earlier**2) / (2 * width**2))
        remembered = np.trapezoid(recoil * slopes, lags, axis=1)
        local = loss * -times / width**2 * force
        error = np.abs(remembered - local).max() / np.abs(recoil[0] * force - remembered).max()
        yield "time_local_error_of_a_pulse", f"{periods:g} fastest periods", error, "", "Eqs. (11), (16)"


def diagonal(kernel: np.ndarray) -> np.ndarray:
    """Mean of xx, yy, zz of the first atom of the cell."""
    return np.trace(kernel[..., :3, :3], axis1=-2, axis2=-1) / 3


def miller(direction: np.ndarray) -> str:
    """A direction or an offset in square brackets."""
    return (
        "["
        + ("" if all(0 <= n < 10 and n % 1 == 0 for n in direction) else " ").join(f"{n:g}" for n in direction)
        + "]"
    )
