"""Lattices as networks: what hangs together, in how many dimensions, and how much blocking it bears.

A connected set of sites goes on without end along the lattice translations of its closed walks: walks that end on an
image of the site they started from. The rank of these translations is the dimension in which the set percolates, and
their index among all lattice translations in the space they span is the number of such sets in a cell that never meet;
both are exact integer arithmetic.

The threshold of random blocking is found as by M. E. J. Newman and R. M. Ziff, Phys. Rev. Lett. 85, 4104 (2000): sites
of a periodic piece open one by one, in random order, until a set first wraps round it (J. Machta et al., Phys. Rev. E
54, 1332 (1996)).

Source: textbook chapter, 'Structural control of diffusion pathways'.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import gcd

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from superion.lattice import Lattice
from superion.lattice_green_functions import walker_diffusion
from superion.validity import finite_array, integer_array, one_of

__all__ = [
    "NetworkPart",
    "WrapStatistics",
    "first_wrap_fractions",
    "network_diffusion_tensor",
    "network_parts",
    "open_network",
    "threshold_of_large_cells",
    "wrap_statistics",
]

SCALING_EXPONENTS = {2: (4 / 3, 3 / 2), 3: (0.8764, 1.2)}
"""nu of the correlation length and omega of corrections: exact in two dimensions; in three X. Xu, J. Wang, J.-P. Lv and
Y. Deng, Front. Phys. 9, 113 (2014)."""
_PACK = 1 << 20  # a vector of cells as one integer: components below 2^19, sums of vectors are sums of integers


@dataclass(frozen=True)
class NetworkPart:
    """Connected sites of a cell and of its images.

    Attributes
    ----------
    sites : (n,) site numbers
    translations : (r, d) lattice translations, in cells, whose whole multiples join each site to its images
    copies : sets of these sites that never meet, counted for each cell
    """

    sites: NDArray
    translations: NDArray
    copies: int

    @property
    def dimension(self) -> int:
        """Number r of dimensions in which it goes on without end."""
        return len(self.translations)


def network_parts(lattice: Lattice) -> tuple[NetworkPart, ...]:
    """Connected parts of a lattice, hops taken both ways, by their lowest site."""
    label = lattice.components()
    cells = _cells_crossed(lattice)
    lifted = np.zeros((lattice.site_count, lattice.dimension), int)  # cell of each site, walked to from the lowest
    reached = label == np.arange(lattice.site_count)
    ends = np.concatenate([lattice.origin, lattice.destination]), np.concatenate([lattice.destination, lattice.origin])
    step = np.concatenate([cells, -cells])
    while not reached.all():
        new, hop = np.unique(np.where(reached[ends[0]], ends[1], -1), return_index=True)
        new, hop = (array[(new >= 0) & ~reached[new]] for array in (new, hop))
        lifted[new] = lifted[ends[0][hop]] + step[hop]
        reached[new] = True
    closed = lifted[lattice.origin] + cells - lifted[lattice.destination]
    parts = []
    for first in np.unique(label):
        vectors = np.unique(closed[label[lattice.origin] == first], axis=0)
        basis = _integer_basis(vectors.tolist())
        translations = np.array(basis, int).reshape(len(basis), lattice.dimension)
        parts.append(NetworkPart(np.flatnonzero(label == first), translations, _index(basis)))
    return tuple(parts)


def _cells_crossed(lattice: Lattice) -> NDArray:
    between = lattice.sites[lattice.destination] - lattice.sites[lattice.origin]
    return np.rint((lattice.displacement - between) @ np.linalg.inv(lattice.cell)).astype(int)


def _integer_basis(vectors: list[list[int]]) -> list[list[int]]:
    """Basis in echelon form of all whole combinations of integer vectors, by Euclid's algorithm on rows."""
    rows, basis = [row for row in vectors if any(row)], []
    for column in range(len(rows[0]) if rows else 0):
        while sum(row[column] != 0 for row in rows) > 1:
            pivot = min((row for row in rows if row[column]), key=lambda row: abs(row[column]))
            rows = [
                row if row is pivot else [a - row[column] // pivot[column] * b for a, b in zip(row, pivot, strict=True)]
                for row in rows
            ]
        basis += [[abs(row[column]) // row[column] * a for a in row] for row in rows if row[column]]
        rows = [row for row in rows if not row[column] and any(row)]
    return basis


def _index(basis: list[list[int]]) -> int:
    """Index of a lattice of integer vectors in all integer vectors of the space it spans: gcd of its largest minors."""
    choices = combinations(range(len(basis[0]) if basis else 0), len(basis))
    return gcd(*(_determinant([[row[c] for c in columns] for row in basis]) for columns in choices))


def _determinant(matrix: list[list[int]]) -> int:
    if not matrix:
        return 1
    minors = ([row[:c] + row[c + 1 :] for row in matrix[1:]] for c in range(len(matrix)))
    return sum((-1) ** c * matrix[0][c] * _determinant(minor) for c, minor in enumerate(minors))


def open_network(lattice: Lattice, blocked: ArrayLike) -> Lattice:
    """The lattice without some of its sites and their hops; what is left keeps its order.

    Parameters
    ----------
    blocked : numbers of the sites that are never empty, hence no way for others

    Raises
    ------
    ValueError
        Numbers that are no sites, or no hop left.
    """
    numbers = integer_array("blocked", blocked, at_least=0, at_most=lattice.site_count - 1, meaning="index of a site")
    kept = np.ones(lattice.site_count, bool)
    kept[numbers.ravel()] = False
    hops = kept[lattice.origin] & kept[lattice.destination]
    if not hops.any():
        raise ValueError(f"blocked must leave some hops, got {int((~kept).sum())} of {lattice.site_count} sites")
    return _part(lattice, kept, hops)


def _part(lattice: Lattice, kept: NDArray, hops: NDArray) -> Lattice:
    number = np.cumsum(kept) - 1
    return Lattice(
        lattice.cell,
        lattice.sites[kept],
        number[lattice.origin[hops]],
        number[lattice.destination[hops]],
        lattice.displacement[hops],
        tuple(name for name, keep in zip(lattice.site_names, kept, strict=True) if keep),
        lattice.site_polarity[kept],
        lattice.hop_kind[hops],
    )


def network_diffusion_tensor(lattice: Lattice) -> NDArray:
    """Diffusion tensor (d, d) of an ion alone that may be on any site, in length^2 times the one rate of all hops.

    The mean over the connected parts, each weighted with its sites; a part that does not percolate adds nothing.

    Raises
    ------
    ValueError
        A hop without its reverse: ions would gather somewhere.
    """
    reverse = lattice.reverse_hop()
    if np.any(reverse < 0):
        raise ValueError(f"every hop must have its reverse, got none for hop {int(np.argmin(reverse))}")
    total = np.zeros((lattice.dimension, lattice.dimension))
    for part in network_parts(lattice):
        kept = np.isin(np.arange(lattice.site_count), part.sites)
        if part.dimension:
            network = _part(lattice, kept, kept[lattice.origin])
            total += walker_diffusion(network, np.ones(network.hop_count))
    return total / lattice.site_count


def first_wrap_fractions(
    lattice: Lattice, blockable: ArrayLike, cells: int, samples: int, seed: np.random.SeedSequence
) -> NDArray:
    """Open fraction (samples,) of the sites that can be blocked at which a set first wraps round a periodic piece.

    Parameters
    ----------
    blockable : numbers of the sites of a cell that are blocked at random; the others are open
    cells : unit cells along each edge of the piece, at least 2
    samples : random orders in which sites open; a longer run has the shorter one's at its start

    Raises
    ------
    ValueError
        Numbers that are no sites or that stand twice, cells or samples too few, or a lattice that does not percolate
        with all sites open, or does so with all of these sites blocked.
    """
    numbers = integer_array(
        "blockable", blockable, at_least=0, at_most=lattice.site_count - 1, meaning="index of a site"
    )
    numbers = np.atleast_1d(numbers)
    if not numbers.size or len(np.unique(numbers)) < numbers.size:
        raise ValueError(f"blockable must name sites, each once, got {numbers.tolist()!r}")
    edge = int(integer_array("cells", cells, at_least=2, meaning="unit cells along an edge"))
    count = int(integer_array("samples", samples, at_least=1))
    if lattice.dimension > 3:
        raise ValueError(f"lattice must have at most 3 dimensions, got {lattice.dimension}")
    neighbour, crossed = _neighbours(lattice, edge)
    sites_of_a_cell = np.arange(lattice.site_count)
    all_cells = lattice.site_count * np.arange(edge**lattice.dimension)[:, None]
    always = (all_cells + np.setdiff1d(sites_of_a_cell, numbers)).ravel()
    sometimes = (all_cells + numbers).ravel()
    fractions = np.empty(count)
    for sample in range(count):
        order = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, sample)))
        fractions[sample] = _opened_at_wrap(always, order.permutation(sometimes), neighbour, crossed) / len(sometimes)
    if fractions.min() <= 0:
        raise ValueError("blockable must be sites that can break the network, got a network that percolates without")
    if fractions.max() > 1:
        raise ValueError("lattice must percolate with all its sites open, got one that does not")
    return fractions


def _neighbours(lattice: Lattice, edge: int) -> tuple[NDArray, NDArray]:
    """Neighbours (cells N, z) in a periodic piece, -1 where there are no more, and cells crossed (N, z) as integers."""
    d, count = lattice.dimension, lattice.site_count
    both = np.concatenate([lattice.origin, lattice.destination])
    far = np.concatenate([lattice.destination, lattice.origin])
    step = np.concatenate([_cells_crossed(lattice), -_cells_crossed(lattice)])
    links = np.unique(np.column_stack([both, far, step]), axis=0)
    rank = np.arange(len(links)) - np.searchsorted(links[:, 0], links[:, 0])
    cells = np.indices((edge,) * d).reshape(d, -1).T
    reached = np.ravel_multi_index(tuple(np.moveaxis((cells[:, None] + links[:, 2:]) % edge, -1, 0)), (edge,) * d)
    neighbour = np.full((len(cells), count, rank.max() + 1), -1)
    neighbour[:, links[:, 0], rank] = count * reached + links[:, 1]
    crossed = np.zeros((count, rank.max() + 1), np.int64)
    crossed[links[:, 0], rank] = links[:, 2:] @ _PACK ** np.arange(d)
    return neighbour.reshape(len(cells) * count, -1), crossed


@njit(cache=True)
def _opened_at_wrap(always, order, neighbour, crossed):
    """How many of the sites in `order` are open when a set first wraps round the piece; one more than all if none does.

    Each site points to another of its set, up to a root, and knows how many cells away that one is (packed): two ways
    to one root that differ in this go round the piece.
    """
    sites_of_a_cell = len(crossed)
    parent = np.full(len(neighbour), -1)
    offset = np.zeros(len(neighbour), np.int64)
    size = np.ones(len(neighbour), np.int64)
    for number in range(len(always) + len(order)):
        opened = max(0, number - len(always) + 1)
        site = always[number] if number < len(always) else order[number - len(always)]
        parent[site] = site
        for link in range(neighbour.shape[1]):
            other = neighbour[site, link]
            if other < 0:
                break
            if parent[other] < 0:
                continue
            root, away = _root(parent, offset, site)
            other_root, other_away = _root(parent, offset, other)
            other_away += crossed[site % sites_of_a_cell, link]
            if root == other_root:
                if away != other_away:
                    return opened
            elif size[root] < size[other_root]:
                parent[root] = other_root
                offset[root] = other_away - away
                size[other_root] += size[root]
            else:
                parent[other_root] = root
                offset[other_root] = away - other_away
                size[root] += size[other_root]
    return len(order) + 1


@njit(cache=True)
def _root(parent, offset, site):
    """Root of a site's set and cells to it; sites on the way are made to point to it directly."""
    root, away = site, 0
    while parent[root] != root:
        away += offset[root]
        root = parent[root]
    left = away
    while parent[site] != site:
        following, step = parent[site], offset[site]
        parent[site], offset[site] = root, left
        left -= step
        site = following
    return root, away


@dataclass(frozen=True)
class WrapStatistics:
    """Mean open fraction at the first wrap, its standard error, and the spread (standard deviation) of the samples."""

    mean: float
    error: float
    spread: float


def wrap_statistics(fractions: ArrayLike) -> WrapStatistics:
    """Statistics of `first_wrap_fractions`.

    Raises
    ------
    ValueError
        Fewer than two samples, or fractions outside 0 to 1.
    """
    values = finite_array("fractions", fractions, at_least=0, at_most=1).ravel()
    if values.size < 2:
        raise ValueError(f"fractions must be at least two samples, got {values.size}")
    spread = float(values.std(ddof=1))
    return WrapStatistics(float(values.mean()), float(spread / np.sqrt(values.size)), spread)


def threshold_of_large_cells(
    cells: ArrayLike, mean: ArrayLike, error: ArrayLike, dimension: int
) -> tuple[float, float]:
    """Threshold p_c and its standard error, from means p_c + b L^(-1/nu) + c L^(-1/nu - omega) by weighted fits.

    Both powers are needed: at a first wrap in any direction the leading one may be weak (it is in three dimensions).

    Parameters
    ----------
    cells, mean, error : (n,) cells L along an edge, mean first-wrap fraction and its standard error, at least 4 sizes
    dimension : 2 or 3

    Raises
    ------
    ValueError
        Fewer than four sizes or one that stands twice, errors that are not above 0, or another dimension.
    """
    size = finite_array("cells", cells, above=0)
    value = finite_array("mean", mean)
    weight = 1 / finite_array("error", error, above=0) ** 2
    if len(np.unique(size)) < 4 or not size.shape == value.shape == weight.shape == (len(np.unique(size)),):
        raise ValueError(f"cells, mean and error must have one value for each of at least 4 sizes, got {size.shape}")
    nu, omega = SCALING_EXPONENTS[one_of("dimension", dimension, SCALING_EXPONENTS)]
    design = size[:, None] ** -np.array([0, 1 / nu, 1 / nu + omega])
    covariance = np.linalg.inv((design * weight[:, None]).T @ design)
    limit = covariance @ (design * weight[:, None]).T @ value
    return float(limit[0]), float(np.sqrt(covariance[0, 0]))
