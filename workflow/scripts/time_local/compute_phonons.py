"""Compute the lattice of the time-local study: dispersion, recoil kernel in time, and the numbers read off them."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.crystal_settings import crystal_of
from pipeline.grids import grid
from pipeline.job import Job, run
from scripts.time_local.lattice_equations import Row, diagonal, equation_rows, miller, pulse_rows
from superion.harmonic_crystals import DALTON_PER_MASS_UNIT, HarmonicCrystal
from superion.phonons import (
    PhononMesh,
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
INSIDE = 1e-5  # part of the way to the middle of a segment at which slopes are taken: none at the ends, where modes mix


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


if __name__ == "__main__":
    run(compute_phonons)
