"""Sample the thermal vibrations of the time-local study: how far and how fast atoms move, beside Maxwell-Boltzmann."""

from collections.abc import Mapping

import numpy as np
from scipy.special import gammainc

from pipeline.artifacts import Column, stack
from pipeline.crystal_settings import crystal_of
from pipeline.job import Job, run
from superion.harmonic_crystals import HarmonicCrystal
from superion.phonons import PhononMesh, phonon_mesh
from superion.recoil_kernels import static_recoil
from superion.thermal_vibrations import (
    BATHS,
    REDUCED_PLANCK_meV_PS,
    mode_variances,
    sample_vibration,
    vibration_field,
)

SOURCE = "Rodin et al., text below Eq. (24)"
REACH = 5.0  # standard deviations that the bins cover: 2e-5 of all atoms lie beyond
LEAST_EXPECTED = 10.0  # atoms in a bin, below which a deviation in standard errors means nothing


def distribution_columns(name: str, unit: str, per: str) -> dict[str, Column]:
    """Columns of a histogram of a length of vectors; `unit` and `per` as units are written in names."""
    text = unit.replace("_per_", "/")
    inverse = f"1/({text})" if "/" in text else f"1/{text}"
    return {
        "thermal_energy_meV": Column("meV", "kT = hbar Omega_T"),
        "atom": Column("", "number of the atom in the unit cell"),
        f"{name}_{unit}": Column(text, f"{name}, middle of the bin"),
        f"bin_width_{unit}": Column(text, "width of the bin"),
        "count": Column("", "atoms in the bin"),
        "expected_count": Column("", "atoms that Maxwell-Boltzmann puts there"),
        f"density_{per}": Column(inverse, "share of atoms over the width"),
        f"maxwell_boltzmann_{per}": Column(inverse, "4 pi x^2 exp(-x^2/2 sigma^2)/(2 pi sigma^2)^(3/2)"),
        f"printed_{per}": Column(inverse, "the same as printed, over (2 pi sigma)^(3/2): a misprint", SOURCE),
        "deviation": Column("", "count less expected, in standard errors of as many independent atoms"),
        "status": Column("", "'ok', or 'sparse' where fewer than ten atoms are expected: no deviation"),
    }


DISPLACEMENTS = distribution_columns("displacement", "A", "per_A")
SPEEDS = distribution_columns("speed", "A_per_ps", "ps_per_A")
WIDTHS = {
    "mesh": Column("", "unit cells, or 'infinite'"),
    "cells_along_axis": Column("", "cells along each axis; 0 is infinite"),
    "bath": Column("", "'quantum' or 'classical'"),
    "thermal_energy_meV": Column("meV", "kT = hbar Omega_T"),
    "atom": Column("", "number of the atom in the unit cell"),
    "sigma_r_A": Column("A", "root mean square of a component of a displacement", "Rodin et al., Eq. (24)"),
    "sigma_v_A_per_ps": Column("A/ps", "the same of a velocity", "Rodin et al., Eq. (24)"),
    "kinetic_temperature_meV": Column(
        "meV", "two thirds of the mean kinetic energy of an atom: kT in a classical crystal"
    ),
}
FITS = {
    "quantity": Column("", "'displacement' or 'speed'"),
    "thermal_energy_meV": Column("meV", "kT = hbar Omega_T"),
    "atom": Column("", "number of the atom in the unit cell"),
    "atoms": Column("", "how many were sampled"),
    "sigma_ratio": Column("", "sampled over exact standard deviation of a component"),
    "sigma_ratio_standard_error": Column("", "what it scatters by, for modes with energies as of a classical bath"),
    "bins": Column("", "bins with at least ten expected atoms"),
    "chi_square_per_bin": Column("", "mean square of the deviations; 1 for independent atoms"),
    "largest_deviation": Column("", "in standard errors of independent atoms"),
    "largest_distance": Column("", "largest difference of the cumulative shares (Kolmogorov), at the edges of bins"),
    "printed_norm": Column("", "what the printed form integrates to: sigma^(3/2), in a unit", SOURCE),
}


def sample_vibrations(job: Job) -> None:
    """Write both histograms, their fits, and the standard deviations on several meshes."""
    crystal = crystal_of(job.parameters["time_local.crystal"])
    settings = job.parameters["time_local.vibrations"]
    mesh = phonon_mesh(crystal, settings["mesh"])
    seeds = np.random.SeedSequence(settings["seed"]).spawn(len(settings["thermal_energies_meV"]))
    displacements, speeds, fits = [], [], []
    for thermal, seed in zip(settings["thermal_energies_meV"], seeds, strict=True):
        state = sample_vibration(mesh, thermal, np.random.default_rng(seed))
        variances = mode_variances(mesh, thermal)
        for name, field, squares, columns, blocks in (
            ("displacement", vibration_field(state)[0], variances, DISPLACEMENTS, displacements),
            ("speed", vibration_field(state)[1], variances * mesh.frequencies**2, SPEEDS, speeds),
        ):
            sigmas, scatter = np.sqrt(atom_variances(mesh, squares)), relative_scatter(mesh, squares)
            for atom, sigma in enumerate(sigmas):
                vectors = field[..., atom, :].reshape(-1, 3)
                table, fit = histogram(vectors, sigma, settings["bins"])
                rows = {
                    "thermal_energy_meV": np.full(settings["bins"], float(thermal)),
                    "atom": np.full(settings["bins"], atom),
                }
                blocks.append(dict(zip(columns, [*rows.values(), *table], strict=True)))
                fits.append((name, float(thermal), atom, len(vectors), *fit[:1], scatter, *fit[1:]))
    job.write("displacements", stack(displacements), DISPLACEMENTS, "How far atoms are from their sites, Fig. 1(d)")
    job.write("speeds", stack(speeds), SPEEDS, "How fast atoms move, Fig. 1(e)")
    job.write("fits", table_of(FITS, fits), FITS, "Sampled vibrations against Maxwell-Boltzmann")
    job.write("widths", table_of(WIDTHS, width_rows(crystal, mesh, settings)), WIDTHS, "Widths of thermal vibrations")


def table_of(columns: Mapping, rows: list) -> dict:
    """Columns of rows."""
    return {name: np.array(values) for name, values in zip(columns, zip(*rows, strict=True), strict=True)}


def atom_variances(mesh: PhononMesh, squares: np.ndarray) -> np.ndarray:
    """Mean square (A,) of a component of each atom of the cell; `squares` are those of normal coordinates."""
    atoms = mesh.crystal.atom_count
    weights = squares * mesh.multiplicity[:, None]
    per_coordinate = np.einsum("ijkab,ijkb->a", np.abs(mesh.modes) ** 2, weights)
    return per_coordinate.reshape(atoms, 3).mean(axis=1) / (mesh.crystal.masses * mesh.cell_count)


def relative_scatter(mesh: PhononMesh, squares: np.ndarray) -> float:
    """Standard error of a sampled standard deviation over it, if all normal coordinates are independent Gaussians."""
    weights = mesh.multiplicity[:, None]
    return float(np.sqrt(2 * (squares**2 * weights).sum()) / (squares * weights).sum() / 2)


def histogram(vectors: np.ndarray, sigma: float, bins: int) -> tuple[tuple, tuple]:
    """Columns of a histogram of lengths after the keys, and the fit."""
    lengths = np.linalg.norm(vectors, axis=1)
    edges = np.linspace(0, REACH * sigma, bins + 1)
    middles, width = (edges[1:] + edges[:-1]) / 2, edges[1]
    count = np.histogram(lengths, edges)[0]
    cumulative = gammainc(1.5, edges**2 / (2 * sigma**2))
    shares = np.diff(cumulative)
    expected = shares * len(lengths)
    good = expected >= LEAST_EXPECTED
    deviation = np.where(good, (count - expected) / np.sqrt(expected * (1 - shares)), np.nan)
    shape = 4 * np.pi * middles**2 * np.exp(-(middles**2) / (2 * sigma**2))
    right, printed = ((2 * np.pi * base) ** 1.5 for base in (sigma**2, sigma))
    sampled = np.concatenate([[0], np.cumsum(count)]) / len(lengths)
    columns = (
        middles,
        np.full(bins, width),
        count,
        expected,
        count / len(lengths) / width,
        shape / right,
        shape / printed,
        deviation,
        np.where(good, "ok", "sparse"),
    )
    fit = (
        np.sqrt((vectors**2).mean()) / sigma,
        int(good.sum()),
        np.mean(deviation[good] ** 2),
        np.abs(deviation[good]).max(),
        np.abs(sampled - cumulative).max(),
        right / printed,
    )
    return columns, fit


def width_rows(crystal: HarmonicCrystal, mesh: PhononMesh, settings: Mapping) -> list[tuple]:
    """Standard deviations on each mesh, and of the infinite lattice."""
    meshes = {cells: phonon_mesh(crystal, cells) for cells in settings["width_meshes"]}
    meshes.setdefault(settings["mesh"], mesh)
    own = static_recoil(crystal, [0, 0, 0])
    coarse = [phonon_mesh(crystal, mesh.shape[0] // divisor) for divisor in (4, 2)]
    rows = []
    for bath in BATHS:
        for thermal in settings["thermal_energies_meV"]:
            results = {
                f"{cells}^3": (cells, *variances_of(piece, thermal, bath)) for cells, piece in sorted(meshes.items())
            }
            results["infinite"] = (0, *infinite_variances([*coarse, mesh], own, thermal, bath))
            for name, (cells, of_r, of_v) in results.items():
                for atom, (r, v) in enumerate(zip(of_r, of_v, strict=True)):
                    kinetic_temperature = crystal.masses[atom] * v
                    rows.append((name, cells, bath, float(thermal), atom, np.sqrt(r), np.sqrt(v), kinetic_temperature))
    return rows


def variances_of(mesh: PhononMesh, thermal: float, bath: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean squares (A,) of a component of displacements and velocities."""
    squares = mode_variances(mesh, thermal, bath)
    return atom_variances(mesh, squares), atom_variances(mesh, squares * mesh.frequencies**2)


def infinite_variances(
    meshes: list[PhononMesh], own: np.ndarray, thermal: float, bath: str
) -> tuple[np.ndarray, np.ndarray]:
    """Mean squares of the infinite lattice.

    The classical ones are kT W(0) and kT/m. What a quantum bath adds is analytic in the squares of the frequencies, so
    that a mesh with its point q = 0 sums it. At no temperature that is lost: hbar/2 Omega errs by the powers 2 and 4 of
    the spacing, hbar Omega/2 by 4 and 6; three meshes, each twice as fine as the one before, are extrapolated.
    """
    crystal, mesh = meshes[-1].crystal, meshes[-1]
    if thermal > 0:
        of_r = thermal * np.diag(own).reshape(-1, 3).mean(axis=1)
        of_v = thermal / crystal.masses
        if bath == "quantum":
            excess = mode_variances(mesh, thermal) - mode_variances(mesh, thermal, "classical")
            excess[0, 0, 0, :3] = REDUCED_PLANCK_meV_PS**2 / (12 * thermal)
            of_r = of_r + atom_variances(mesh, excess)
            of_v = of_v + atom_variances(mesh, excess * mesh.frequencies**2)
        return of_r, of_v
    if bath == "classical":
        return np.zeros(crystal.atom_count), np.zeros(crystal.atom_count)
    sizes = np.array([piece.shape[0] for piece in meshes])
    results = []
    for index, powers in enumerate(((2, 4), (4, 6))):
        conditions = (sizes[0] / sizes) ** np.array([[0], *([power] for power in powers)])
        shares = np.linalg.solve(conditions, np.eye(len(sizes))[0])
        results.append(sum(s * variances_of(piece, 0.0, bath)[index] for s, piece in zip(shares, meshes, strict=True)))
    return results[0], results[1]


if __name__ == "__main__":
    run(sample_vibrations)
