"""Lattices as artifacts: geometry and hops in tidy tables, and back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.artifacts import Column
from superion.lattice import Lattice

__all__ = ["GEOMETRY", "HOPS", "geometry_table", "hop_table", "read_lattice", "vector_columns"]

AXES = "xyz"

GEOMETRY = {
    "kind": Column("", "what the row gives: a 'cell vector' or a 'site'"),
    "name": Column("", "name of the site, or a1, a2, a3"),
    "x": Column("length unit", "first Cartesian component"),
    "y": Column("length unit", "second Cartesian component; 0 in 1D"),
    "z": Column("length unit", "third Cartesian component; 0 in 1D and 2D"),
    "polarity": Column("", "+1 on sublattice a, -1 on sublattice b, 0 elsewhere", "Hu et al. (2026), Eq. (24)"),
    "stay_probability": Column("", "probability to stay on the site for one time step, field included", optional=True),
    "population": Column("", "stationary population of the site without field", "Hu et al. (2026), Eq. (28)", True),
    "status": Column("", "'ok', or 'negative stay probability' where the hops leave a site more often than always"),
}

HOPS = {
    "origin": Column("", "site that the hop leaves"),
    "destination": Column("", "site that it reaches"),
    "displacement_x": Column("length unit", "displacement of the ion, first component"),
    "displacement_y": Column("length unit", "second component; 0 in 1D"),
    "displacement_z": Column("length unit", "third component; 0 in 1D and 2D"),
    "kind": Column("", "label of symmetry-distinct hops"),
    "probability": Column(
        "", "probability of the hop within one time step, without field", "Hu et al. (2026), Eq. (24)"
    ),
    "dressed_probability": Column("", "the same in the field of the configuration", "Hu et al. (2026), Eq. (30)"),
}


def vector_columns(vectors: np.ndarray, prefix: str = "") -> dict[str, np.ndarray]:
    """Components x, y, z of vectors (n, d), padded with zeros to three."""
    padded = np.zeros((len(vectors), 3))
    padded[:, : vectors.shape[1]] = vectors
    return {f"{prefix}{axis}": padded[:, i] for i, axis in enumerate(AXES)}


def geometry_table(lattice: Lattice, stay: np.ndarray, population: np.ndarray) -> dict[str, object]:
    """Columns of `GEOMETRY`."""
    nothing = np.full(lattice.dimension, np.nan)
    negative = stay < 0
    return {
        "kind": ["cell vector"] * lattice.dimension + ["site"] * lattice.site_count,
        "name": [f"a{i + 1}" for i in range(lattice.dimension)] + list(lattice.site_names),
        **vector_columns(np.vstack([lattice.cell, lattice.sites])),
        "polarity": np.concatenate([np.zeros(lattice.dimension), lattice.site_polarity]),
        "stay_probability": np.concatenate([nothing, stay]),
        "population": np.concatenate([nothing, population]),
        "status": ["ok"] * lattice.dimension + ["negative stay probability" if bad else "ok" for bad in negative],
    }


def hop_table(lattice: Lattice, probability: np.ndarray, dressed: np.ndarray) -> dict[str, object]:
    """Columns of `HOPS`."""
    names = np.array(lattice.site_names)
    return {
        "origin": names[lattice.origin],
        "destination": names[lattice.destination],
        **vector_columns(lattice.displacement, "displacement_"),
        "kind": lattice.hop_kind,
        "probability": probability,
        "dressed_probability": dressed,
    }


def read_lattice(geometry: Mapping[str, np.ndarray], hops: Mapping[str, np.ndarray]) -> Lattice:
    """Lattice of the two tables; probabilities stay in the columns of `hops`."""
    is_vector = geometry["kind"] == "cell vector"
    dimension = int(is_vector.sum())
    position = np.column_stack([geometry[axis] for axis in AXES[:dimension]])
    names = [str(name) for name in geometry["name"][~is_vector]]
    index = {name: i for i, name in enumerate(names)}
    return Lattice(
        position[is_vector],
        position[~is_vector],
        [index[name] for name in hops["origin"]],
        [index[name] for name in hops["destination"]],
        np.column_stack([hops[f"displacement_{axis}"] for axis in AXES[:dimension]]),
        tuple(names),
        geometry["polarity"][~is_vector],
        hops["kind"],
    )
