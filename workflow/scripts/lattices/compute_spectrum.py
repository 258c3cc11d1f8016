"""Compute eigenvalues, decay rates, frequencies, group velocities and eigenvectors along the path of a lattice."""

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from pipeline.lattice_tables import read_lattice, vector_columns
from superion.spectrum import density_wave_spectrum

BRANCH = {
    "point": Column("", "number of the wave vector along the path"),
    "branch": Column("", "branch, 0 for the one that is stable at Gamma"),
}
SPECTRUM = {
    **BRANCH,
    "path_distance": Column("1/length unit", "length of the path up to this wave vector"),
    "label": Column("", "name of the corner, empty between corners"),
    "wave_vector_x": Column("1/length unit", "wave vector, first component"),
    "wave_vector_y": Column("1/length unit", "second component; 0 in 1D"),
    "wave_vector_z": Column("1/length unit", "third component; 0 in 1D and 2D"),
    "eigenvalue_real": Column("", "real part of the eigenvalue p of the hopping matrix", "Hu et al. (2026), Eq. (14)"),
    "eigenvalue_imaginary": Column("", "imaginary part of p", "Hu et al. (2026), Eq. (14)"),
    "decay_rate_per_step": Column("1/time step", "kappa tau = 1 - |p|", "Hu et al. (2026), below Eq. (15)"),
    "frequency_per_step": Column("rad/time step", "omega tau = arg p", "Hu et al. (2026), below Eq. (15)"),
    "group_velocity_x": Column(
        "length unit/time step", "drift velocity of a wave packet, first component", optional=True
    ),
    "group_velocity_y": Column("length unit/time step", "second component; 0 in 1D", optional=True),
    "group_velocity_z": Column("length unit/time step", "third component; 0 in 1D and 2D", optional=True),
    "velocity_status": Column("", "'ok', or 'degenerate' where branches meet (or p = 0) and no velocity is defined"),
    "status": Column("", "'ok', or 'negative stay probability' where the hopping matrix is not stochastic"),
}
EIGENVECTORS = {
    **BRANCH,
    "site": Column("", "site of the component"),
    "right_real": Column("", "right eigenvector u, real part", "Hu et al. (2026), Eq. (14)"),
    "right_imaginary": Column("", "right eigenvector u, imaginary part", "Hu et al. (2026), Eq. (14)"),
    "left_real": Column("", "left eigenvector, dual to u, real part"),
    "left_imaginary": Column("", "left eigenvector, dual to u, imaginary part"),
}


def compute_spectrum(job: Job) -> None:
    """Write spectrum and eigenvectors of one lattice."""
    (name, settings), *_ = job.parameters.items()
    hops, geometry, path = job.columns("hops"), job.columns("geometry"), job.columns("matrices")
    lattice = read_lattice(geometry, hops)
    sites = lattice.site_count
    first = slice(None, None, sites**2)  # the path stands in every element of the matrices
    k = np.column_stack([path[f"wave_vector_{axis}"][first] for axis in "xyz"[: lattice.dimension]])
    spectrum = density_wave_spectrum(
        lattice,
        hops["dressed_probability"],
        k,
        fourier_sign=settings.get("fourier_sign", -1),
        allow_negative=settings.get("allow_negative", False),
    )
    points = np.repeat(np.arange(len(k)), sites)
    flagged = np.any(geometry["status"] != "ok")
    velocity = np.where(spectrum.degenerate[..., None], np.nan, spectrum.group_velocity).reshape(-1, lattice.dimension)
    job.write(
        "spectrum",
        {
            "point": points,
            "branch": np.tile(np.arange(sites), len(k)),
            "path_distance": np.repeat(path["path_distance"][first], sites),
            "label": np.repeat(path["label"][first], sites),
            **{key: np.repeat(value, sites) for key, value in vector_columns(k, "wave_vector_").items()},
            "eigenvalue_real": spectrum.eigenvalue.real.ravel(),
            "eigenvalue_imaginary": spectrum.eigenvalue.imag.ravel(),
            "decay_rate_per_step": spectrum.decay_rate.ravel(),
            "frequency_per_step": spectrum.frequency.ravel(),
            **vector_columns(velocity, "group_velocity_"),
            "velocity_status": np.where(spectrum.degenerate.ravel(), "degenerate", "ok"),
            "status": "negative stay probability" if flagged else "ok",
        },
        SPECTRUM,
        f"Density waves along the path of the lattice {name}",
    )
    right = np.swapaxes(spectrum.right, -1, -2).ravel()  # branch by branch
    left = spectrum.left.ravel()
    job.write(
        "eigenvectors",
        {
            "point": np.repeat(points, sites),
            "branch": np.tile(np.repeat(np.arange(sites), sites), len(k)),
            "site": np.tile(lattice.site_names, len(points)),
            "right_real": right.real,
            "right_imaginary": right.imag,
            "left_real": left.real,
            "left_imaginary": left.imag,
        },
        EIGENVECTORS,
        f"Eigenvectors along the path of the lattice {name}",
    )


if __name__ == "__main__":
    run(compute_spectrum)
