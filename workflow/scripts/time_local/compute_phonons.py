"""Compute the lattice of the time-local study: dispersion, recoil kernel in time, and the numbers read off them."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.crystal_settings import crystal_of
from pipeline.grids import grid
from pipeline.job import Job, run
from superion.harmonic_crystals import DALTON_PER_MASS_UNIT, HarmonicCrystal
from superion.phonons import (
    PhononMesh,
    acoustic_tensor,
    dynamical_matrices,
    group_velocities_A_per_ps,
    loss_matrix,
    phonon_frequencies_rad_per_ps,
    phonon_mesh,
    sound_velocities_A_per_ps,
)
from superion.recoil_kernels import recoil_at_offsets, static_recoil
from superion.thermal_vibrations import REDUCED_PLANCK_meV_PS

DISPERSION = {
    "segment": Column("", "number of the segment of the path"),
    "start": Column("", "point that the segment starts at"),
    "end": Column("", "point that the segment ends at"),
    "distance_per_A": Column("1/A", "length of the path so far, of wave vectors with their 2 pi"),
    "wave_vector_1": Column("", "along the first reciprocal cell vector, in units of it"),
    "wave_vector_2": Column("", "along the second"),
    "wave_vector_3": Column("", "along the third"),
    "branch": Column("", "number of the branch, by frequency"),
    "frequency_rad_per_ps": Column("rad/ps", "Omega", "Rodin et al., Eq. (21)"),
    "energy_meV": Column("meV", "hbar Omega"),
    "group_velocity_A_per_ps": Column("A/ps", "slope of Omega along the path"),
}
RECOIL = {
    "time_ps": Column("ps", "t"),
    "offset_1": Column("", "cells along the first cell vector from the pushed atom to the one that answers"),
    "offset_2": Column("", "along the second"),
    "offset_3": Column("", "along the third"),
    "recoil_A2_per_meV": Column(
        "A^2/meV", "W(t) of the infinite lattice, mean of xx, yy, zz", "Rodin et al., Eq. (22)"
    ),
    "mesh_recoil_A2_per_meV": Column("A^2/meV", "the same of the periodic mesh", "Rodin et al., Eq. (22)"),
    "ratio": Column("", "W(t) over W_d(0) of the infinite lattice"),
    "mesh_ratio": Column("", "the same of the periodic mesh"),
}
PROPERTIES = {
    "quantity": Column("", "what"),
    "case": Column("", "of which direction, point, mesh, time or offset; empty if there is but one"),
    "value": Column("in the column unit", "its value"),
    "unit": Column("", "unit of the value"),
    "equation": Column("", "where the source has it"),
}
SCALING = 4.0  # of force constants or masses, to see what goes as which power
PULSES = (0.1, 0.5, 1, 2)  # widths of force pulses in periods of the fastest mode
PROBES = [[0.1, 0.23, 0.37], [0.45, 0.05, 0.3], [0.5, 0.25, 0.15]]  # wave vectors for Eq. (21)
INSIDE = 1e-5  # part of the way to the middle of a segment at which slopes are taken: none at the ends, where modes mix
Row = tuple[str, str, float, str, str]


def compute_phonons(job: Job) -> None:
    """Write the dispersion along the path, the recoil kernel, and one row a property."""
    crystal = crystal_of(job.parameters["time_local.crystal"])
    settings = job.parameters["time_local.phonons"]
    job.write("dispersion", dispersion(crystal, settings), DISPERSION, "Phonons along a path, Fig. 1(b)")
    mesh = phonon_mesh(crystal, settings["mesh"])
    kernel = recoil(mesh, settings)
    job.write("recoil", kernel, RECOIL, "How the lattice answers a force in time, Fig. 1(c)")
    rows = [
        *mode_rows(mesh, settings, job.parameters["time_local.crystal"]),
        *static_rows(crystal, settings),
        *decay_rows(mesh, kernel, settings),
        *equation_rows(crystal, settings, job.parameters["time_local.crystal"]),
        *pulse_rows(mesh, kernel, settings),
    ]
    table = {name: np.array(values) for name, values in zip(PROPERTIES, zip(*rows, strict=True), strict=True)}
    job.write("properties", table, PROPERTIES, "Numbers of the lattice, Secs. II, III")


def dispersion(crystal: HarmonicCrystal, settings: Mapping) -> dict:
    """Rows of the dispersion, segment after segment."""
    blocks, travelled = [], 0.0
    path, count = settings["path"], settings["points_per_segment"]
    reciprocal = 2 * np.pi * np.linalg.inv(crystal.cell).T
    for number, (first, second) in enumerate(pairwise(path)):
        start, end = np.array(first["at"], float), np.array(second["at"], float)
        share = np.linspace(0, 1, count)[:, None]
        q = start + share * (end - start)
        length = np.linalg.norm((end - start) @ reciprocal)
        frequencies = phonon_frequencies_rad_per_ps(crystal, q)
        inside = q + INSIDE * ((start + end) / 2 - q)
        slopes = group_velocities_A_per_ps(crystal, inside) @ ((end - start) @ reciprocal / length)
        branches = frequencies.shape[1]
        rows = frequencies.size
        columns = (
            np.full(rows, number),
            np.full(rows, first["name"]),
            np.full(rows, second["name"]),
            np.repeat(travelled + share[:, 0] * length, branches),
            *np.repeat(q, branches, axis=0).T,
            np.tile(np.arange(branches), count),
            frequencies.ravel(),
            frequencies.ravel() * REDUCED_PLANCK_meV_PS,
            slopes.ravel(),
        )
        blocks.append(dict(zip(DISPERSION, columns, strict=True)))
        travelled += length
    return stack(blocks)


def recoil(mesh: PhononMesh, settings: Mapping) -> dict:
    """Rows of the kernel, offset after offset, the atom itself first."""
    times, offsets = grid(settings["time_ps"]), np.array([[0, 0, 0], *settings["offsets"]])
    infinite = diagonal(recoil_at_offsets(mesh, times, offsets, infinite=True))
    # The mesh itself has another W(0) and lacks its uniform shift.
    shift = diagonal(recoil_at_offsets(mesh, 0.0, offsets) - static_recoil(mesh.crystal, offsets))
    of_mesh = infinite + shift + times[:, None] ** 2 / (2 * mesh.crystal.masses.sum() * mesh.cell_count)
    own = [values[0, 0] for values in (diagonal(static_recoil(mesh.crystal, offsets[:1])[None]), of_mesh)]
    blocks = []
    for index, offset in enumerate(offsets):
        columns = (
            times,
            *(np.full(times.size, step) for step in offset),
            infinite[:, index],
            of_mesh[:, index],
            infinite[:, index] / own[0],
            of_mesh[:, index] / own[1],
        )
        blocks.append(dict(zip(RECOIL, columns, strict=True)))
    return stack(blocks)


def diagonal(kernel: np.ndarray) -> np.ndarray:
    """Mean of xx, yy, zz of the first atom of the cell."""
    return np.trace(kernel[..., :3, :3], axis1=-2, axis2=-1) / 3


def mode_rows(mesh: PhononMesh, settings: Mapping, crystal_settings: Mapping) -> Iterator[Row]:
    """Sound and the fastest mode."""
    crystal = mesh.crystal
    yield "mass_unit", "", DALTON_PER_MASS_UNIT, "Da", "Sec. III"
    yield "density", "", crystal.density, "meV ps^2/A^5", "Eq. (15)"
    for direction in settings["directions"]:
        speeds = sound_velocities_A_per_ps(crystal, direction)
        for name, speed in zip(("slowest", "middle", "fastest"), speeds, strict=True):
            yield "speed_of_sound", f"{miller(direction)} {name}", speed, "A/ps", "Sec. III"
    points = {point["name"]: point["at"] for point in settings["path"]}
    highest = {name: phonon_frequencies_rad_per_ps(crystal, at)[-1] for name, at in points.items()}
    largest = max(mesh.largest_frequency, *highest.values())
    yield "largest_frequency", "", largest, "rad/ps", "Sec. III"
    yield "largest_frequency", "as energy", largest * REDUCED_PLANCK_meV_PS, "meV", "Sec. III"
    yield "largest_frequency", "as cycles", largest / (2 * np.pi), "THz", "Sec. III"
    for name, frequency in highest.items():
        yield "highest_branch_over_largest_frequency", name, frequency / largest, "", "Sec. III"
    yield "fastest_period", "", 2 * np.pi / largest, "ps", "Sec. III"
    springs = crystal_settings.get("spring_constants_meV_per_A2", [])
    if crystal_settings.get("structure") == "simple_cubic" and len(springs) == 2:
        mass = crystal_settings["atom_mass"]
        yield "setting", "lattice constant", float(crystal_settings["lattice_constant_A"]), "A", "Sec. III"
        yield "setting", "first spring constant", float(springs[0]), "meV/A^2", "Sec. III"
        yield "setting", "second spring constant", float(springs[1]), "meV/A^2", "Sec. III"
        yield "setting", "atom mass", float(mass), "meV ps^2/A^2", "Sec. III"
        formula = np.sqrt((4 * springs[0] + 8 * springs[1]) / mass)
        yield "largest_frequency", "sqrt(4 k1/m + 8 k2/m)", formula, "rad/ps", "Sec. III"
        second = (2 * np.pi * 5) ** 2 * mass / 20
        yield "spring_constant_for_5_THz", "second, k1 = 3 k2", second, "meV/A^2", "Sec. III"
        yield "spring_constant_for_5_THz", "first, k1 = 3 k2", 3 * second, "meV/A^2", "Sec. III"


def static_rows(crystal: HarmonicCrystal, settings: Mapping) -> Iterator[Row]:
    """Loss matrix and static recoil, of the infinite lattice and of periodic pieces."""
    loss = loss_matrix(crystal)
    mean = float(np.trace(loss) / 3)
    yield "loss", "", mean, "ps A^2/meV", "Eq. (15)"
    anisotropy = float(np.abs(loss - mean * np.eye(3)).max() / mean)
    yield "loss_anisotropy", "", round(anisotropy, 12), "", "Eq. (15)"  # what is left of 0 is rounding
    offsets = np.array([[0, 0, 0], *settings["offsets"]])
    own, *others = diagonal(static_recoil(crystal, offsets))
    yield "static_recoil", "infinite", own, "A^2/meV", "Eq. (22)"
    for offset, value in zip(offsets[1:], others, strict=True):
        yield "static_recoil_share", f"offset {miller(offset)}", value / own, "", "Eq. (22)"
    yield "loss_over_recoil", "", mean / own, "ps", "Eq. (25)"
    for cells in settings["pieces"]:
        piece = phonon_mesh(crystal, cells)
        value = diagonal(recoil_at_offsets(piece, 0.0, offsets[0]))[0]
        yield "static_recoil", f"{cells}^3", value, "A^2/meV", "Eq. (22)"
        yield "static_recoil_over_infinite", f"{cells}^3", value / own, "", "Eq. (22)"
        yield "revival", f"{cells}^3", piece.revival_ps, "ps", "Sec. IV"
        moving = piece.multiplicity[..., None] * (piece.frequencies > 0)
        yield "mode_count", f"{cells}^3", float(moving.sum()), "", "Sec. VI"


def decay_rows(mesh: PhononMesh, kernel: Mapping, settings: Mapping) -> Iterator[Row]:
    """How fast the diagonal element of the recoil kernel decays."""
    times = grid(settings["time_ps"])
    ratio = kernel["ratio"][: times.size]
    marked = np.array(settings["marked_times_ps"], float)
    at_marks = diagonal(recoil_at_offsets(mesh, marked, [0, 0, 0], infinite=True)) / kernel["recoil_A2_per_meV"][0]
    for time, value in zip(marked, at_marks, strict=True):
        yield "recoil_ratio", f"{time:g} ps", value, "", "Fig. 1(c)"
    size = np.abs(ratio)
    period = 2 * np.pi / mesh.largest_frequency
    for name, from_ps in [("the fastest period", period), *((f"{time:g} ps", time) for time in settings["late_ps"])]:
        late = times >= from_ps
        if late.any():
            yield "largest_recoil_ratio_beyond", name, size[late].max(), "", "Fig. 1(c)"
    for level in settings["levels"]:
        above = np.flatnonzero(size > level)
        if above[-1] < times.size - 1:
            yield "recoil_ratio_stays_below", f"{level:g}", times[above[-1] + 1], "ps", "Fig. 1(c)"
    square = np.concatenate([[0], np.cumsum((ratio[1:] ** 2 + ratio[:-1] ** 2) / 2 * np.diff(times))])
    share = np.interp(period, times, square) / square[-1]
    yield "share_of_squared_recoil_within", "the fastest period", share, "", "Fig. 1(c)"
    # Slow forces see the area under W alone: Eq. (15) keeps it in full, all of it at time 0.
    loss = np.trace(loss_matrix(mesh.crystal)) / 3
    faded = np.cos(np.pi * times / (2 * times[-1])) ** 2
    for name, window in ((f"to {times[-1]:g} ps", np.ones(times.size)), (f"faded out to {times[-1]:g} ps", faded)):
        area = np.trapezoid(window * kernel["recoil_A2_per_meV"][: times.size], times)
        yield "area_under_recoil_over_loss", name, area / loss, "", "Eq. (15)"
    for index, offset in enumerate(settings["offsets"], 1):
        own = kernel["recoil_A2_per_meV"][index * times.size : (index + 1) * times.size]
        area = np.trapezoid(faded * own, times)
        yield "area_under_recoil_over_loss", f"offset {miller(offset)}, faded out", area / loss, "", "Eq. (15)"


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
    direction, twice = settings["directions"][0], doubled(crystal)
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


def doubled(crystal: HarmonicCrystal) -> HarmonicCrystal:
    """The same crystal in a cell twice as long along the first cell vector."""
    atoms, stretch = crystal.atom_count, np.diag([2, 1, 1])
    positions = np.concatenate([crystal.positions, crystal.positions + crystal.cell[0]])
    bonds = []
    for half in (0, 1):
        first = crystal.translation[:, 0] + half
        translation = np.column_stack([first // 2, crystal.translation[:, 1:]])
        bonds.append((crystal.origin + half * atoms, crystal.destination + first % 2 * atoms, translation))
    origin, destination, translation = (np.concatenate(parts) for parts in zip(*bonds, strict=True))
    return HarmonicCrystal(
        stretch @ crystal.cell,
        positions,
        np.tile(crystal.masses, 2),
        origin,
        destination,
        translation,
        np.tile(crystal.force_constants, (2, 1, 1)),
    )


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


def miller(direction: np.ndarray) -> str:
    """A direction or an offset in square brackets."""
    return (
        "["
        + ("" if all(0 <= n < 10 and n % 1 == 0 for n in direction) else " ").join(f"{n:g}" for n in direction)
        + "]"
    )


if __name__ == "__main__":
    run(compute_phonons)
