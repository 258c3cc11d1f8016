"""Build a lattice of the configuration, its hop probabilities, and its hopping matrix along a path of wave vectors."""

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from pipeline.lattice_settings import build_lattice
from pipeline.lattice_tables import GEOMETRY, HOPS, geometry_table, hop_table, vector_columns
from superion.hopping import (
    hopping_matrix,
    stay_probability,
)
from superion.transport import diffusion_tensor

MATRICES = {
    "point": Column("", "number of the wave vector along the path"),
    "path_distance": Column("1/length unit", "length of the path up to this wave vector"),
    "label": Column("", "name of the corner, empty between corners"),
    "wave_vector_x": Column("1/length unit", "wave vector, first component"),
    "wave_vector_y": Column("1/length unit", "second component; 0 in 1D"),
    "wave_vector_z": Column("1/length unit", "third component; 0 in 1D and 2D"),
    "destination": Column("", "row of the matrix: site that is reached"),
    "origin": Column("", "column of the matrix: site that is left"),
    "real": Column("", "real part of the element", "Hu et al. (2026), Eq. (12)"),
    "imaginary": Column("", "imaginary part of the element", "Hu et al. (2026), Eq. (12)"),
}


def build_hopping_matrices(job: Job) -> None:
    """Write geometry, hops and hopping matrices of one lattice."""
    (name, settings), *_ = job.parameters.items()
    try:
        built = build_lattice(settings)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    lattice, dressed = built.lattice, built.dressed_probability
    stay = stay_probability(lattice, dressed)
    if np.any(stay < 0):
        job.warn(f"{name}: a site would stay with a negative probability; computed and flagged, as asked for")
    corners = settings["path"]["corners"]
    path, distance, corner_points = lattice.path(
        [corner["at"] for corner in corners], settings["path"].get("points_per_segment", 60)
    )
    matrix = hopping_matrix(lattice, dressed, path, fourier_sign=settings.get("fourier_sign", -1), allow_negative=True)
    population = diffusion_tensor(lattice, built.probability).population
    about = f"lattice {name}"
    job.write(
        "geometry",
        geometry_table(lattice, stay, population),
        GEOMETRY,
        f"Cell vectors and sites of the {about}",
    )
    job.write(
        "hops",
        hop_table(lattice, built.probability, dressed),
        HOPS,
        f"All hops that leave the sites of one cell, {about}",
    )
    labels = np.full(len(path), "", dtype=object)
    labels[corner_points] = [corner["label"] for corner in corners]
    sites = np.array(lattice.site_names)
    count = lattice.site_count
    job.write(
        "matrices",
        {
            "point": np.repeat(np.arange(len(path)), count**2),
            "path_distance": np.repeat(distance, count**2),
            "label": np.repeat(labels, count**2),
            **{key: np.repeat(value, count**2) for key, value in vector_columns(path, "wave_vector_").items()},
            "destination": np.tile(np.repeat(sites, count), len(path)),
            "origin": np.tile(sites, len(path) * count),
            "real": matrix.real.ravel(),
            "imaginary": matrix.imag.ravel(),
        },
        MATRICES,
        f"Hopping matrix P_k along the path of the {about}",
    )


if __name__ == "__main__":
    run(build_hopping_matrices)
