"""Green functions of a walker on a lattice: of one periodic cell exactly, of the infinite lattice to many digits.

Hops in detailed balance make the lattice a network of conductances c = pi P, equal both ways. Its Green function is the
potential at one site of a unit current fed in at another. On a periodic cell it is a sum over wave vectors without the
singular one, k = 0, where the group inverse stands. Constants differ from cell to cell, but currents that add up to
nothing do not see them; what is left over at fixed distance is a series in L^-d, L^-(d+2), L^-(d+4), ... of the number
L of cells along an edge, from which a ladder of cells goes to the infinite lattice (Richardson 1911).

Sources: E. W. Montroll and G. H. Weiss, J. Math. Phys. 6, 167 (1965); M. Koiwa and S. Ishioka, Philos. Mag. A 47, 927
(1983) on Green functions in correlated diffusion.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.hopping import detailed_balance_defect
from superion.lattice import GEOMETRY_TOLERANCE, Lattice
from superion.transport import stationary_population
from superion.validity import finite_array, integer_array

__all__ = [
    "bond_conductances",
    "cell_ladder",
    "infinite_potentials",
    "periodic_potentials",
    "shape_of_cell",
    "walker_diffusion",
]

Cluster = tuple[NDArray, NDArray]
"""Places near each other: site index (m,) and Cartesian position (m, d), up to one vector for all of them."""

BALANCE_TOLERANCE = 1e-9  # net flow over the largest flow: rounding of rates typed in
SHARES = (1 / 4, 1 / 3, 1 / 2, 2 / 3, 5 / 6, 1)  # of the largest cell of a ladder; they take away powers d to d + 8
LARGEST_SITES = {1: 400, 2: 40_000}  # in the largest cell of a ladder
LARGEST_SITES_3D = 70_000
LEAST_CELLS = 5  # along an edge of it, where one cell is large by itself
BLOCK = 4_000_000  # complex numbers held at a time


def bond_conductances(lattice: Lattice, rate: ArrayLike | None = None) -> NDArray:
    """Conductances pi P (H,) of the hops of a walker, equal for a hop and its reverse.

    Parameters
    ----------
    rate : (H,) hops per time, above 0 and in detailed balance; None: 1 for all

    Raises
    ------
    ValueError
        One-way hops, rates that are not above 0 or not in detailed balance, or sites that no hop joins.
    """
    alike = rate is None
    rate = finite_array("rate", np.ones(lattice.hop_count) if alike else rate, above=0, meaning="hops per time")
    if rate.shape != (lattice.hop_count,):
        raise ValueError(f"rate must have one value for each of {lattice.hop_count} hops, got shape {rate.shape}")
    reverse = lattice.reverse_hop()
    if np.any(reverse < 0):
        raise ValueError(f"every hop must have its reverse, got none for hop {int(np.argmin(reverse))}")
    sets = len(np.unique(lattice.components()))
    if sets > 1:
        raise ValueError(f"lattice must be one network, got {sets} sets of sites that no hop joins")
    if alike:  # as many ways in as out: all sites are equally full
        return rate / lattice.site_count
    population = stationary_population(_gathered(lattice, rate / rate.max()))
    defect = float(detailed_balance_defect(lattice, rate, population))
    if defect > BALANCE_TOLERANCE:
        raise ValueError(f"rate must be in detailed balance, got a net flow of {defect:.3g} of the largest flow")
    flow = population[lattice.origin] * rate
    return (flow + flow[reverse]) / 2


def _gathered(lattice: Lattice, rate: NDArray) -> NDArray:
    """Sums of rates (N, N), [destination, origin], whose columns add up to 1 with what stays."""
    matrix = np.zeros((lattice.site_count, lattice.site_count))
    np.add.at(matrix, (lattice.destination, lattice.origin), rate)
    return matrix + np.diag(1 - matrix.sum(axis=0))


def walker_diffusion(lattice: Lattice, conductance: NDArray) -> NDArray:
    """Diffusion tensor (d, d) of a walker alone, summed over the sites of a cell, of its conductances (H,).

    (1/2) sum c d d - sum b psi over the sites, b their mean displacements c d and psi what a walker there has still to
    expect: the tensor of `superion.transport.diffusion_tensor` at populations of 1, for cells of many sites too.
    """
    d, count = lattice.displacement, lattice.site_count
    bias = np.zeros((count, lattice.dimension))
    np.add.at(bias, lattice.origin, conductance[:, None] * d)
    network = np.eye(count) - _gathered(lattice, conductance)
    expected = np.linalg.solve(network + np.full((count, count), conductance.mean() / count), bias)
    return (conductance[:, None] * d).T @ d / 2 - bias.T @ expected


def shape_of_cell(lattice: Lattice, repeats: ArrayLike) -> tuple[int, ...]:
    """Numbers of unit cells (d,) along the edges of a periodic cell in which no hop ends on its own image.

    Raises
    ------
    ValueError
        Numbers below 1 or not d of them, or a hop that ends where it starts.
    """
    counts = integer_array("repeats", repeats, at_least=1, meaning="cells along a cell vector")
    if counts.ndim > 1 or counts.size not in (1, lattice.dimension):
        raise ValueError(f"repeats must hold {lattice.dimension} numbers of cells, got shape {counts.shape}")
    shape = tuple(np.broadcast_to(counts.ravel(), lattice.dimension).tolist())
    own = np.flatnonzero(lattice.origin == lattice.destination)
    crossed = np.rint(lattice.displacement[own] @ np.linalg.inv(lattice.cell)).astype(int)
    if np.any((crossed % shape == 0).all(axis=1)):
        raise ValueError(f"repeats must keep every hop from ending on an image of its own site, got {shape}")
    return shape


def periodic_potentials(
    lattice: Lattice, conductance: NDArray, clusters: Sequence[Cluster], repeats: ArrayLike
) -> list[NDArray]:
    """Potentials (m, m) within each cluster in a periodic cell, [potential at, current at], up to one constant for all.

    The currents of a solution must add up to nothing; then the constant drops out.

    Parameters
    ----------
    conductance : (H,) of `bond_conductances`
    clusters : sites and positions of places near each other
    repeats : unit cells along each edge of the periodic cell, (d,) or one number for all

    Raises
    ------
    ValueError
        As `shape_of_cell`.
    """
    pairs = _Pairs(lattice, clusters)
    return pairs.matrices(_potentials(lattice, conductance, pairs, shape_of_cell(lattice, repeats)))


class _Pairs:
    """All pairs of places of the clusters, each once: sites, and vectors between in fractions of the cell."""

    def __init__(self, lattice: Lattice, clusters: Sequence[Cluster]) -> None:
        self.sizes = [len(sites) for sites, _ in clusters]
        at = np.concatenate([np.repeat(sites, len(sites)) for sites, _ in clusters])
        source = np.concatenate([np.tile(sites, len(sites)) for sites, _ in clusters])
        vector = np.vstack([(at[:, None] - at).reshape(-1, lattice.dimension) for _, at in clusters])
        fraction = vector @ np.linalg.inv(lattice.cell)
        key = np.column_stack([at, source, np.rint(fraction / GEOMETRY_TOLERANCE)]).astype(np.int64)
        _, first, self.number = np.unique(key, axis=0, return_index=True, return_inverse=True)
        self.element = (at * lattice.site_count + source)[first]
        self.fraction = fraction[first]

    def matrices(self, potential: NDArray) -> list[NDArray]:
        ends = np.cumsum(np.square(self.sizes))
        parts = np.split(potential[self.number.ravel()], ends[:-1])
        return [part.reshape(size, size) for part, size in zip(parts, self.sizes, strict=True)]


def _potentials(lattice: Lattice, conductance: NDArray, pairs: _Pairs, shape: Sequence[int]) -> NDArray:
    """Potential of each pair as a sum over the wave vectors of a periodic cell, a block of them at a time."""
    mesh, weight = _half_mesh(shape)
    count = lattice.site_count
    leaving = np.bincount(lattice.origin, conductance, count)
    element = lattice.origin * count + lattice.destination
    order = np.argsort(element, kind="stable")
    elements, first = np.unique(element[order], return_index=True)
    hops = (lattice.displacement @ np.linalg.inv(lattice.cell))[order]
    potential = np.zeros(len(pairs.element))
    step = max(1, BLOCK // max(count * count, lattice.hop_count, len(potential)))
    for start in range(0, len(mesh), step):
        q = 2 * np.pi * mesh[start : start + step]
        flow = np.add.reduceat(np.exp(1j * q @ hops.T) * conductance[order], first, axis=1)
        network = np.tile(np.diag(leaving).astype(complex), (len(q), 1, 1))
        network.reshape(len(q), -1)[:, elements] -= flow
        if start == 0:  # singular at k = 0: with this the inverse is the group inverse plus a constant
            network[0] += leaving.mean() / count
        response = np.linalg.inv(network).reshape(len(q), -1)[:, pairs.element]
        phase = np.exp(1j * q @ pairs.fraction.T) * weight[start : start + step, None]
        potential += np.einsum("kp,kp->p", phase.real, response.real)
        potential -= np.einsum("kp,kp->p", phase.imag, response.imag)
    return potential / np.prod(shape)


def _half_mesh(shape: Sequence[int]) -> tuple[NDArray, NDArray]:
    """Fractional wave vectors (K, d) of a periodic cell, 0 first, one of each pair k and -k, and its weight 1 or 2."""
    index = np.indices(shape).reshape(len(shape), -1).T
    number = np.arange(len(index))
    opposite = np.ravel_multi_index(tuple(((-index) % shape).T), shape)
    kept = number <= opposite
    return index[kept] / shape, np.where(number == opposite, 1.0, 2.0)[kept]


def cell_ladder(lattice: Lattice) -> tuple[int, ...]:
    """Unit cells along an edge of the periodic cells that lead to the infinite lattice."""
    sites = LARGEST_SITES.get(lattice.dimension, LARGEST_SITES_3D) / lattice.site_count
    largest = max(int(sites ** (1 / lattice.dimension)), LEAST_CELLS)
    return tuple(sorted({max(2, round(largest * share)) for share in SHARES}))


def infinite_potentials(
    lattice: Lattice, conductance: NDArray, clusters: Sequence[Cluster], cells: Sequence[int] | None = None
) -> tuple[list[NDArray], list[NDArray]]:
    """Potentials of `periodic_potentials` in the infinite lattice, and the same without the largest periodic cell.

    Parameters
    ----------
    cells : unit cells along an edge of each periodic cell, at least 3 in ascending order; default `cell_ladder`

    Raises
    ------
    ValueError
        Fewer than three cells, or cells that do not ascend; or as `shape_of_cell`.
    """
    chosen = cell_ladder(lattice) if cells is None else cells
    ladder = integer_array("cells", chosen, at_least=1, meaning="unit cells along an edge")
    if ladder.ndim != 1 or len(ladder) < 3 or np.any(np.diff(ladder) <= 0):
        raise ValueError(f"cells must be at least 3 ascending numbers, got {np.asarray(chosen).tolist()!r}")
    pairs = _Pairs(lattice, clusters)
    rungs = [_potentials(lattice, conductance, pairs, shape_of_cell(lattice, rung)) for rung in ladder]
    # The constant of each cell, in 1/L in three dimensions and ln L in two, would spoil the powers: one pair has 0.
    rungs = np.array([potential - potential[0] for potential in rungs])
    shares = (_limit_shares(part, lattice.dimension) for part in (ladder, ladder[:-1]))
    return tuple(pairs.matrices(share @ rungs[: len(share)]) for share in shares)


def _limit_shares(ladder: NDArray, dimension: int) -> NDArray:
    """Weights of the cells whose sum is free of the leading powers L^-d, L^-(d+2), ..."""
    powers = np.array([0, *range(dimension, dimension + 2 * len(ladder) - 2, 2)])
    return np.linalg.solve((ladder[0] / ladder) ** powers[:, None], np.eye(len(ladder))[0])
