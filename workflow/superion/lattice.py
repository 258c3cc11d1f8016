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
    "diamond",
    "fcc",
    "fcc_octahedral_tetrahedral",
    "from_neighbours",
    "garnet",
    "hcp",
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
        translation = np.rint(self._cells_crossed()).astype(np.intp)
        forward = np.column_stack([self.origin, self.destination, translation])
        backward = np.column_stack([self.destination, self.origin, -translation])
        both, number = np.unique(np.vstack([forward, backward]), axis=0, return_inverse=True)
        hop = np.full(len(both), -1)
        number = number.ravel()
        hop[number[: self.hop_count]] = np.arange(self.hop_count)
        return hop[number[self.hop_count :]]

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

    def repeat(self, repeats: ArrayLike) -> Lattice:
        """The same lattice with a cell of several of its cells: a periodic piece of it.

        Parameters
        ----------
        repeats : cells along each cell vector, (d,) or one number for all

        Returns
        -------
        Lattice whose sites come cell by cell, the last cell vector running fastest: site s of cell c is c N + s, and
        its hops likewise

        Raises
        ------
        ValueError
            A number of cells below 1, or as many as there are not dimensions.
        """
        counts = integer_array("repeats", repeats, at_least=1, meaning="cells along a cell vector")
        if counts.ndim > 1 or counts.size not in (1, self.dimension):
            raise ValueError(f"repeats must hold {self.dimension} numbers of cells, got {np.shape(repeats)}")
        shape = tuple(np.broadcast_to(counts.ravel(), self.dimension).tolist())
        cells = np.indices(shape).reshape(self.dimension, -1).T
        reached = cells[:, None] + np.rint(self._cells_crossed()).astype(np.intp)
        cell_reached = np.ravel_multi_index(tuple(np.moveaxis(reached % shape, -1, 0)), shape)
        first = self.site_count * np.arange(len(cells))[:, None]
        names = (f"{name}_{number}" for number in range(len(cells)) for name in self.site_names)
        return Lattice(
            self.cell * np.array(shape)[:, None],
            (cells[:, None] @ self.cell + self.sites).reshape(-1, self.dimension),
            (first + self.origin).ravel(),
            (self.site_count * cell_reached + self.destination).ravel(),
            np.tile(self.displacement, (len(cells), 1)),
            tuple(names),
            np.tile(self.site_polarity, len(cells)),
            np.tile(self.hop_kind, len(cells)),
        )

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


def hcp(lattice_constant: float = 1.0, axial_ratio: float = float(np.sqrt(8 / 3))) -> Lattice:
    """Hexagonal close-packed lattice, two sites, twelve neighbours; c along z.

    Hops have hop_kind 0 within the basal plane, 1 between planes; at the ideal axial_ratio c/a all are a long.
    """
    ratio = float(finite_array("axial_ratio", axial_ratio, above=0))
    plane = _triangular_cell(lattice_constant)
    cell = np.zeros((3, 3))
    cell[:2, :2] = plane
    cell[2, 2] = ratio * lattice_constant
    basal = np.array([[1, 0, 0], [0, 1, 0], [-1, 1, 0], [-1, 0, 0], [0, -1, 0], [1, -1, 0]])
    up = np.array([[1 / 3, 1 / 3, 1 / 2], [-2 / 3, 1 / 3, 1 / 2], [1 / 3, -2 / 3, 1 / 2]])
    axial = np.vstack([up, up * [1, 1, -1]])
    return Lattice(
        cell,
        np.array([[0, 0, 0], [1 / 3, 1 / 3, 1 / 2]]) @ cell,
        np.repeat([0, 1, 0, 1], 6),
        np.repeat([0, 1, 1, 0], 6),
        np.vstack([basal, basal, axial, -axial]) @ cell,
        hop_kind=np.repeat([0, 1], 12),
    )


def diamond(lattice_constant: float = 1.0) -> Lattice:
    """Diamond lattice, two sites, four neighbours."""
    return from_neighbours(
        _fcc_cell(lattice_constant), [[0, 0, 0], [0.25, 0.25, 0.25]], np.sqrt(3) / 4 * lattice_constant
    )


def garnet(lattice_constant: float = 1.0, *, conventional: bool = False) -> Lattice:
    """Lithium network of a cubic garnet, Ia-3d: tetrahedral sites 24d (z = 4), octahedral ones halfway between (z = 2).

    The octahedral sites are those 48g whose two tetrahedral neighbours lie opposite, at (x, 1/8, x + 1/4) with
    x = 1/16; they are sublattice a (polarity +1), the tetrahedral ones, listed first, sublattice b (-1).

    Parameters
    ----------
    lattice_constant : edge a of the cubic cell
    conventional : cubic cell of 72 sites rather than the primitive one of 36
    """
    cell = _length(lattice_constant) * np.eye(3) if conventional else _bcc_cell(lattice_constant)
    one_axis = np.array([[3 / 8, 0, 1 / 4], [1 / 8, 0, 3 / 4], [7 / 8, 0, 1 / 4], [5 / 8, 0, 3 / 4]])
    tetrahedral = np.vstack([np.roll(one_axis, turn, axis=1) for turn in range(3)])
    if conventional:
        tetrahedral = np.vstack([tetrahedral, (tetrahedral + 0.5) % 1])
    spacing = np.sqrt(6) / 8 * lattice_constant
    links = from_neighbours(cell, lattice_constant * tetrahedral @ np.linalg.inv(cell), spacing)
    once = links.reverse_hop() > np.arange(links.hop_count)
    octahedral = (links.sites[links.origin] + links.displacement / 2)[once]
    names = [f"tetrahedral_{number}" for number in range(1, len(tetrahedral) + 1)]
    names += [f"octahedral_{number}" for number in range(1, len(octahedral) + 1)]
    fractions = np.vstack([links.sites, octahedral]) @ np.linalg.inv(cell)
    polarity = np.repeat([-1.0, 1.0], [len(tetrahedral), len(octahedral)])
    return from_neighbours(cell, fractions, spacing / 2, site_names=names, site_polarity=polarity)


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
        hcp,
        diamond,
        garnet,
    )
}
"""Builders by name, as a configuration refers to them."""
