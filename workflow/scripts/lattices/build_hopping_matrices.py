"""Build a lattice of the configuration, its hop probabilities, and its hopping matrix along a path of wave vectors."""

import csv
from pathlib import Path

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from pipeline.lattice_tables import GEOMETRY, HOPS, geometry_table, hop_table, vector_columns
from superion.hopping import (
    dressed_probability,
    hopping_matrix,
    polarized_probability,
    require_probability,
    stay_probability,
    thermal_probability,
)
from superion.lattice import BUILDERS, Lattice
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


def read_hops(settings: dict) -> list[dict]:
    """Hops of the configuration: a list, or a CSV table with the same keys as columns."""
    if "hops" in settings:
        return settings["hops"]
    path = Path(settings["hops_table"])
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"hops_table {path}: cannot be read ({error})") from None
    hops = []
    for number, row in enumerate(rows, start=1):
        try:
            shift = [int(row[f"cell_{axis}"]) for axis in "xyz" if row.get(f"cell_{axis}") not in (None, "")]
            hop = {"from": row["from"], "to": row["to"], "cell": shift, "probability": float(row["probability"])}
            if row.get("reverse_probability") not in (None, ""):
                hop["reverse_probability"] = float(row["reverse_probability"])
        except KeyError as error:
            raise ValueError(
                f"hops_table {path}: no column {error}; needed: from, to, cell_x (cell_y, cell_z), probability"
            ) from None
        except (TypeError, ValueError) as error:
            raise ValueError(f"hops_table {path}: data row {number}: {error}") from None
        hops.append(hop)
    if not hops:
        raise ValueError(f"hops_table {path}: no rows")
    return hops


def user_lattice(settings: dict) -> tuple[Lattice, np.ndarray]:
    """Lattice written out as cell, sites and hops, with the probability of each hop."""
    cell = np.array(settings["cell"], float)
    names = [site["name"] for site in settings["sites"]]
    fractions = [site["at"] for site in settings["sites"]]
    for name, fraction in zip(names, fractions, strict=True):
        if len(fraction) != len(cell):
            raise ValueError(f"site {name!r} must have {len(cell)} fractional coordinates, got {fraction!r}")
    sites = np.array(fractions, float) @ cell
    origin, destination, displacement, probability = [], [], [], []
    for number, hop in enumerate(read_hops(settings), start=1):
        for end in ("from", "to"):
            if hop[end] not in names:
                raise ValueError(f"hop {number}: {end} must be one of the sites {names}, got {hop[end]!r}")
        if len(hop["cell"]) != len(cell):
            raise ValueError(f"hop {number}: cell must hold {len(cell)} whole numbers, got {hop['cell']!r}")
        start, stop = names.index(hop["from"]), names.index(hop["to"])
        vector = sites[stop] - sites[start] + np.array(hop["cell"], float) @ cell
        ways = [(start, stop, vector, hop["probability"])]
        if "reverse_probability" in hop:
            ways.append((stop, start, -vector, hop["reverse_probability"]))
        for way in ways:
            for column, value in zip((origin, destination, displacement, probability), way, strict=True):
                column.append(value)
    return Lattice(cell, sites, origin, destination, displacement, tuple(names)), np.array(probability)


def build(settings: dict) -> tuple[Lattice, np.ndarray]:
    """Lattice and field-free hop probabilities of one entry under `lattices`."""
    if "cell" in settings:
        return user_lattice(settings)
    lattice = BUILDERS[settings["builder"]](**settings.get("builder_options", {}))
    if "site_energies_eV" in settings:
        energies = np.array(settings["site_energies_eV"], float)
        if len(energies) != lattice.site_count:
            raise ValueError(f"site_energies_eV must hold {lattice.site_count} energies, got {len(energies)}")
        return lattice, thermal_probability(lattice, energies, settings["saddle_energy_eV"], settings["temperature_K"])
    if "probability_by_kind" in settings:
        by_kind = np.array(settings["probability_by_kind"], float)
        kinds = int(lattice.hop_kind.max()) + 1
        if len(by_kind) != kinds:
            raise ValueError(f"probability_by_kind must hold {kinds} probabilities, got {len(by_kind)}")
        return lattice, by_kind[lattice.hop_kind]
    return lattice, polarized_probability(lattice, settings["hopping_probability"], settings.get("polarization", 0))


def build_hopping_matrices(job: Job) -> None:
    """Write geometry, hops and hopping matrices of one lattice."""
    (name, settings), *_ = job.parameters.items()
    try:
        lattice, probability = build(settings)
        field = np.array(settings.get("field", [0] * lattice.dimension), float)
        if field.shape != (lattice.dimension,):
            raise ValueError(f"field must have {lattice.dimension} components, got {field.tolist()!r}")
        dressed = dressed_probability(lattice, probability, field, settings.get("field_split", "thermodynamic"))
        corners = settings["path"]["corners"]
        for corner in corners:
            if len(corner["at"]) != lattice.dimension:
                raise ValueError(
                    f"path corner {corner['label']!r} must have {lattice.dimension} fractions, got {corner['at']!r}"
                )
        path, distance, corner_points = lattice.path(
            [corner["at"] for corner in corners], settings["path"].get("points_per_segment", 60)
        )
        if settings.get("allow_negative", False):
            if np.any(stay_probability(lattice, dressed) < 0):
                job.warn(f"{name}: a site would stay with a negative probability; computed and flagged, as asked for")
        else:
            require_probability(lattice, dressed)
        matrix = hopping_matrix(
            lattice, dressed, path, fourier_sign=settings.get("fourier_sign", -1), allow_negative=True
        )
        population = diffusion_tensor(lattice, probability).population
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    about = f"lattice {name}"
    job.write(
        "geometry",
        geometry_table(lattice, stay_probability(lattice, dressed), population),
        GEOMETRY,
        f"Cell vectors and sites of the {about}",
    )
    job.write(
        "hops", hop_table(lattice, probability, dressed), HOPS, f"All hops that leave the sites of one cell, {about}"
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
