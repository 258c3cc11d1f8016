"""Lattices of sites that mobile ions hop between, in any number of dimensions.

A `Lattice` is geometry alone: the unit cell, its sites and the directed hops that leave them. How likely each
hop is, is an array of its own (module `hopping`), so that one lattice serves whole grids of temperatures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.validity import finite_array, integer_array

__all__ = [
    "BUILDERS",
    "Lattice",
    "bcc",
    "bcc_tetrahedral",
    "chain",
    "fcc",
    "fcc_octahedral_tetrahedral",
    "from_neighbours",
    "honeycomb",
    "kagome",
    "simple_cubic",
    "square",
    "triangular",
    "two_site_chain",
]

GEOMETRY_TOLERANCE = 1e-6  # of a cell vector or hop: decimals lost when coordinates are typed in


@dataclass(frozen=True)
class Lattice:
    """Unit cell, sites and hops of a mobile-ion sublattice.

    Attributes
    ----------
    cell : (d, d) array
        Cell vectors as rows, in any one length unit.
    sites : (N, d) array
        Cartesian positions of the inequivalent sites.
    origin, destination : (H,) int arrays
        Site index that hop h leaves and reaches; every hop of one cell once, so a bond is two hops.
    displacement : (H, d) array
        Cartesian vector r_destination - r_origin of each hop, cell translations included.
    site_names : tuple of N str
    site_polarity : (N,) array
        +1 on sublattice a, -1 on sublattice b, 0 where the polarization gamma does not act.
    hop_kind : (H,) int array
        Label of symmetry-distinct hops (up and down triangles of a breathing kagome lattice, bonds of a chain).

    Raises
    ------
    ValueError
        Shapes that do not fit, a flat cell, indices out of range, a hop of no length, a displacement that does
        not join its two sites, or a hop listed twice.
    """

    cell: NDArray
    sites: NDArray
    origin: NDArray
    destination: NDArray
    displacement: NDArray
    site_names: tuple[str, ...] = ()
    site_polarity: NDArray = field(default=None)  # type: ignore[assignment]
    hop_kind: NDArray = field(default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        cell = np.atleast_2d(finite_array("cell", self.cell))
        dimension = cell.shape[0]
        if cell.shape != (dimension, dimension):
            raise ValueError(f"cell must hold d vectors of d components, got an array of shape {cell.shape}")
        sites = _vectors("sites", self.sites, dimension)
        count = len(sites)
        origin = integer_array("origin", self.origin, at_least=0, at_most=count - 1, meaning="index of a site").ravel()
        destination = integer_array("destination", self.destination, at_least=0, at_most=count - 1).ravel()
        displacement = _vectors("displacement", self.displacement, dimension)
        names = tuple(self.site_names) or tuple(_letters(count))
        given = np.zeros(count) if self.site_polarity is None else self.site_polarity
        polarity = finite_array("site_polarity", given, at_least=-1, at_most=1)
        kind = integer_array("hop_kind", np.zeros(len(origin)) if self.hop_kind is None else self.hop_kind)
        for name, value in {
            "cell": cell,
            "sites": sites,
            "origin": origin,
            "destination": destination,
            "displacement": displacement,
            "site_names": names,
            "site_polarity": polarity,
            "hop_kind": kind,
        }.items():
            if isinstance(value, np.ndarray):
                value = value.copy()  # the caller's own array stays writeable
                value.setflags(write=False)
            object.__setattr__(self, name, value)
        self._validate()

    def _validate(self) -> None:
        scale = np.abs(self.cell).max()
        if scale == 0 or abs(np.linalg.det(self.cell / scale)) < 1e-9:
            raise ValueError(f"cell vectors must span a volume, got {self.cell.tolist()!r}")
        if self.site_count == 0 or self.hop_count == 0:
            raise ValueError(f"a lattice needs sites and hops, got {self.site_count} sites, {self.hop_count} hops")
        per_hop = [len(self.destination), len(self.displacement), len(self.hop_kind)]
        if per_hop != [self.hop_count] * 3:
            raise ValueError(
                f"destination, displacement and hop_kind must have one entry for each of {self.hop_count} hops, "
                f"got {', '.join(map(str, per_hop))}"
            )
        if self.site_polarity.shape != (self.site_count,):
            raise ValueError(
                f"site_polarity must have one entry for each of {self.site_count} sites, got {self.site_polarity.shape}"
            )
        if len(self.site_names) != self.site_count or len(set(self.site_names)) != self.site_count:
            raise ValueError(f"site_names must name {self.site_count} sites, each once, got {self.site_names!r}")
        bad = np.flatnonzero(np.linalg.norm(self.displacement, axis=1) == 0)
        if bad.size:
            raise ValueError(f"displacement must have a length above 0, got {self.displacement[bad[0]].tolist()!r}")
        offset = self._cells_crossed()
        bad = np.flatnonzero(np.abs(offset - np.rint(offset)).max(axis=1) > GEOMETRY_TOLERANCE)
        if bad.size:
            raise ValueError(f"{self._hop(bad[0])} must join its two sites up to cell translations")
        translation = np.rint(offset).astype(np.intp)
        keys = np.column_stack([self.origin, self.destination, translation])
        unique, first = np.unique(keys, axis=0, return_index=True)
        if len(unique) < self.hop_count:
            hop = np.setdiff1d(np.arange(self.hop_count), first)[0]
            raise ValueError(f"{self._hop(hop)} is listed twice")

    def _hop(self, hop: int) -> str:
        ends = f"{self.site_names[self.origin[hop]]!r} to {self.site_names[self.destination[hop]]!r}"
        return f"hop {hop} from {ends} by {self.displacement[hop].tolist()!r}"

    def _cells_crossed(self) -> NDArray:
        """Cell translations (H, d) of the hops: whole numbers in a valid lattice, up to rounding."""
        between = self.sites[self.destination] - self.sites[self.origin]
        return (self.displacement - between) @ np.linalg.inv(self.cell)

    @property
    def dimension(self) -> int:
        """Number of space dimensions d."""
        return self.cell.shape[0]

    @property
    def site_count(self) -> int:
        """Number N of inequivalent sites in a cell."""
        return len(self.sites)

    @property
    def hop_count(self) -> int:
        """Number H of directed hops that leave the sites of one cell."""
        return len(self.origin)

    @property
    def coordination(self) -> NDArray:
        """Number of hops that leave each site, (N,) int."""
        return np.bincount(self.origin, minlength=self.site_count)

    @property
    def volume(self) -> float:
        """Volume of the cell: a length in 1D, an area in 2D."""
        return float(abs(np.linalg.det(self.cell)))

    @property
    def reciprocal_cell(self) -> NDArray:
        """Reciprocal vectors b_i with a_i . b_j = 2 pi delta_ij, as rows (d, d)."""
        return 2 * np.pi * np.linalg.inv(self.cell).T

    def wave_vectors(self, fractional: ArrayLike) -> NDArray:
        """Cartesian wave vectors (K, d) from fractions (K, d) of the reciprocal vectors."""
        return _vectors("fractional", fractional, self.dimension) @ self.reciprocal_cell

    def reverse_hop(self) -> NDArray:
        """Index (H,) of the hop that undoes each hop; -1 for a one-way hop."""
        translation = np.rint(self._cells_crossed()).astype(int)
        ends = list(zip(self.origin.tolist(), self.destination.tolist(), translation.tolist(), strict=True))
        forward = {(start, end, *cells): hop for hop, (start, end, cells) in enumerate(ends)}
        return np.array([forward.get((end, start, *(-c for c in cells)), -1) for start, end, cells in ends])

    def components(self) -> NDArray:
        """Label (N,) of the connected set of sites that each site belongs to, hops taken both ways."""
        label = np.arange(self.site_count)
        while True:
            lowest = label.copy()
            np.minimum.at(lowest, self.origin, label[self.destination])
            np.minimum.at(lowest, self.destination, label[self.origin])
            if np.array_equal(lowest, label):
                return label
            label = lowest

    def path(self, corners: Sequence[ArrayLike], points_per_segment: int = 60) -> tuple[NDArray, NDArray, NDArray]:
        """Straight path through the Brillouin zone.

        Parameters
        ----------
        corners : sequence of (d,) fractions of the reciprocal vectors
        points_per_segment : steps from one corner to the next

        Returns
        -------
        wave_vectors (K, d), distance (K,) along the path, corner_index (number of corners,)

        Raises
        ------
        ValueError
            Fewer than two corners, corners of another dimension, or no step a segment.
        """
        corners = _vectors("corners", corners, self.dimension)
        if len(corners) < 2 or points_per_segment < 1:
            raise ValueError(
                f"a path needs two corners and one step a segment, got {len(corners)}, {points_per_segment}"
            )
        steps = np.arange(points_per_segment) / points_per_segment
        fractions = [start + steps[:, None] * (stop - start) for start, stop in pairwise(corners)]
        wave_vectors = self.wave_vectors(np.vstack([*fractions, corners[-1:]]))
        step_length = np.linalg.norm(np.diff(wave_vectors, axis=0), axis=1)
        distance = np.concatenate([[0.0], np.cumsum(step_length)])
        return wave_vectors, distance, np.arange(len(corners)) * points_per_segment


def _vectors(name: str, value: ArrayLike, dimension: int) -> NDArray:
    """Vectors (K, d); in one dimension plain numbers (K,) will do."""
    array = finite_array(name, value)
    if dimension == 1 and array.ndim < 2:
        array = array.reshape(-1, 1)
    elif array.ndim == 1 and array.size in (0, dimension):
        array = array.reshape(-1, dimension)
    if array.ndim != 2 or array.shape[1] != dimension:
        raise ValueError(f"{name} must hold vectors of {dimension} components, got shape {np.shape(value)}")
    return array


def _letters(count: int) -> list[str]:
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    return [alphabet[i] if count <= len(alphabet) else f"site_{i}" for i in range(count)]


def from_neighbours(
    cell: ArrayLike,
    fractional_sites: ArrayLike,
    distance: float,
    *,
    site_names: Sequence[str] = (),
    site_polarity: ArrayLike | None = None,
) -> Lattice:
    """Lattice whose hops join all pairs of sites at one distance.

    Parameters
    ----------
    cell : (d, d) cell vectors as rows
    fractional_sites : (N, d) site positions in fractions of the cell vectors
    distance : hop length, in the unit of the cell; pairs within 1e-6 of it are joined

    Raises
    ------
    ValueError
        The distance is not above 0, or no pair of sites lies at it.
    """
    cell = np.atleast_2d(finite_array("cell", cell))
    sites = _vectors("fractional_sites", fractional_sites, len(cell)) @ cell
    distance = float(finite_array("distance", distance, above=0))
    # A sphere of radius `distance` plus the cell's own diameter reaches no further than this many cells.
    reach = distance + np.abs(sites[:, None] - sites[None]).sum(-1).max()
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    ranges = [range(-int(np.ceil(reach / h)), int(np.ceil(reach / h)) + 1) for h in heights]
    translations = np.array(list(product(*ranges)), float) @ cell
    vector = sites[None, :, None] - sites[:, None, None] + translations[None, None]
    close = np.abs(np.linalg.norm(vector, axis=-1) - distance) < GEOMETRY_TOLERANCE * distance
    origin, destination, translation = np.nonzero(close)
    if not origin.size:
        raise ValueError(f"no two sites lie at the distance {distance!r}")
    return Lattice(
        cell,
        sites,
        origin,
        destination,
        vector[origin, destination, translation],
        tuple(site_names),
        site_polarity,
    )


def _length(lattice_constant: float) -> float:
    return float(finite_array("lattice_constant", lattice_constant, above=0))


def chain(spacings: ArrayLike) -> Lattice:
    """N-site chain; bond i of length spacings[i] joins site i to site i+1 and bears hop_kind i.

    The sum of the spacings is the lattice constant a. Hops come as (right, left) pairs, bond by bond.
    """
    spacings = np.atleast_1d(finite_array("spacings", spacings, above=0))
    if spacings.ndim != 1 or not spacings.size:
        raise ValueError(f"spacings must be a list of lengths, got shape {spacings.shape}")
    count = len(spacings)
    sites = np.concatenate([[0.0], np.cumsum(spacings)[:-1]])
    left = np.arange(count)
    right = (left + 1) % count
    return Lattice(
        [[spacings.sum()]],
        sites,
        np.ravel(np.column_stack([left, right])),
        np.ravel(np.column_stack([right, left])),
        np.ravel(np.column_stack([spacings, -spacings])),
        hop_kind=np.repeat(left, 2),
    )


def two_site_chain(lattice_constant: float = 1.0, spacing: float = 0.5) -> Lattice:
    """Two-site chain a-b; `spacing` is the a-b distance as a fraction of the cell. Hu et al. (2026), Eq. (24)."""
    share = float(finite_array("spacing", spacing, above=0, below=1))
    plain = chain(_length(lattice_constant) * np.array([share, 1 - share]))
    return replace(plain, site_names=("a", "b"), site_polarity=np.array([1.0, -1.0]))


def honeycomb(lattice_constant: float = 1.0) -> Lattice:
    """Honeycomb lattice; hops b -> a run along the a_j of Hu et al. (2026), Eq. (A2), length a/sqrt(3)."""
    # b at the origin, a one step up the bond a_1: this fixes which sublattice the a_j point to.
    return from_neighbours(
        _triangular_cell(lattice_constant),
        [[1 / 3, 1 / 3], [0, 0]],
        lattice_constant / np.sqrt(3),
        site_names=("a", "b"),
        site_polarity=np.array([1.0, -1.0]),
    )


def square(lattice_constant: float = 1.0) -> Lattice:
    """Square lattice, one site, four neighbours."""
    return from_neighbours(_length(lattice_constant) * np.eye(2), [[0, 0]], lattice_constant)


def triangular(lattice_constant: float = 1.0) -> Lattice:
    """Triangular lattice, one site, six neighbours."""
    return from_neighbours(_triangular_cell(lattice_constant), [[0, 0]], lattice_constant)


def kagome(lattice_constant: float = 1.0) -> Lattice:
    """Kagome lattice, three sites; hop_kind 0 inside up triangles, 1 inside down triangles (breathing kagome)."""
    plain = from_neighbours(_triangular_cell(lattice_constant), [[0, 0], [0.5, 0], [0, 0.5]], lattice_constant / 2)
    inside = np.linalg.norm(plain.sites[plain.destination] - plain.sites[plain.origin] - plain.displacement, axis=1)
    return replace(plain, hop_kind=(inside > lattice_constant / 4).astype(np.intp))


def simple_cubic(lattice_constant: float = 1.0) -> Lattice:
    """Simple cubic lattice, one site, six neighbours."""
    return from_neighbours(_length(lattice_constant) * np.eye(3), [[0, 0, 0]], lattice_constant)


def bcc(lattice_constant: float = 1.0) -> Lattice:
    """Body-centred cubic lattice, one site, eight neighbours."""
    return from_neighbours(_bcc_cell(lattice_constant), [[0, 0, 0]], np.sqrt(3) / 2 * lattice_constant)


def fcc(lattice_constant: float = 1.0) -> Lattice:
    """Face-centred cubic lattice, one site, twelve neighbours."""
    return from_neighbours(_fcc_cell(lattice_constant), [[0, 0, 0]], lattice_constant / np.sqrt(2))


def fcc_octahedral_tetrahedral(lattice_constant: float = 1.0) -> Lattice:
    """Octahedral (z = 8) and two tetrahedral (z = 4) interstitial sites of an fcc host, as in Ag2Te or Cu2Se.

    The octahedral site is sublattice a (polarity +1), the tetrahedral sites are sublattice b (-1).
    """
    return from_neighbours(
        _fcc_cell(lattice_constant),
        [[0.5, 0.5, 0.5], [0.25, 0.25, 0.25], [0.75, 0.75, 0.75]],
        np.sqrt(3) / 4 * lattice_constant,
        site_names=("octahedral", "tetrahedral_1", "tetrahedral_2"),
        site_polarity=np.array([1.0, -1.0, -1.0]),
    )


def bcc_tetrahedral(lattice_constant: float = 1.0) -> Lattice:
    """Six tetrahedral interstitial sites (z = 4) of a bcc host, the silver network of alpha-AgI."""
    cell = _bcc_cell(lattice_constant)
    conventional = np.array(
        [[0.5, 0, 0.25], [0.5, 0, 0.75], [0.25, 0.5, 0], [0.75, 0.5, 0], [0, 0.25, 0.5], [0, 0.75, 0.5]]
    )
    return from_neighbours(cell, lattice_constant * conventional @ np.linalg.inv(cell), lattice_constant / np.sqrt(8))


def _triangular_cell(lattice_constant: float) -> NDArray:
    return _length(lattice_constant) * np.array([[1.0, 0.0], [0.5, np.sqrt(3) / 2]])


def _bcc_cell(lattice_constant: float) -> NDArray:
    return _length(lattice_constant) / 2 * np.array([[-1.0, 1, 1], [1, -1, 1], [1, 1, -1]])


def _fcc_cell(lattice_constant: float) -> NDArray:
    return _length(lattice_constant) / 2 * np.array([[0.0, 1, 1], [1, 0, 1], [1, 1, 0]])


BUILDERS: Mapping[str, Callable[..., Lattice]] = {
    builder.__name__: builder
    for builder in (
        chain,
        two_site_chain,
        honeycomb,
        square,
        triangular,
        kagome,
        simple_cubic,
        bcc,
        fcc,
        fcc_octahedral_tetrahedral,
        bcc_tetrahedral,
    )
}
"""Builders by name, as a configuration refers to them."""
