"""Interstitialcy mechanism: an interstitial ion takes a regular site and its ion becomes the interstitial.

The charge goes from interstitial position to interstitial position, d; each of the two ions goes a part of the way,
the first m to the regular site, the second d - m. An ion that has become the interstitial goes on in any direction; one
that has reached a regular site waits until the interstitial, a different ion by then, is back to push it. The
displacement that an ion has still to expect follows from linear equations with the Green functions of the
interstitial's walk, as in `superion.correlation_factors`.

Sources: textbook chapter, 'Microscopic mechanisms and macroscopic transport properties'; C. W. McCombie and A. B.
Lidiard, Phys. Rev. 101, 1210 (1956) and K. Compaan and Y. Haven, Trans. Faraday Soc. 54, 1498 (1958) on silver halides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.correlation_factors import relative_tensor
from superion.lattice import GEOMETRY_TOLERANCE, Lattice, diamond, fcc
from superion.lattice_green_functions import (
    bond_conductances,
    infinite_potentials,
    periodic_potentials,
    walker_diffusion,
)
from superion.validity import finite_array, one_of

__all__ = [
    "Interstitialcy",
    "InterstitialcyCorrelation",
    "finite_cell_interstitialcy_correlation",
    "interstitialcy_correlation",
    "silver_halide_interstitialcy",
]


@dataclass(frozen=True)
class Interstitialcy:
    """Moves of an interstitial by way of the regular sites.

    Attributes
    ----------
    lattice : interstitial positions, and the hops of the interstitial (of the charge) between them
    to_regular : (H, d), m: vector from the position that hop h leaves to the regular site whose ion is pushed

    Raises
    ------
    ValueError
        Vectors that do not fit, or a hop whose reverse goes by another regular site.
    """

    lattice: Lattice
    to_regular: NDArray

    def __post_init__(self) -> None:
        lattice = self.lattice
        first = finite_array("to_regular", self.to_regular).copy()
        if first.shape != lattice.displacement.shape:
            raise ValueError(f"to_regular must have shape {lattice.displacement.shape}, got {first.shape}")
        reverse = lattice.reverse_hop()
        apart = np.abs(first - lattice.displacement - first[reverse]).max(axis=1)
        bad = np.flatnonzero((reverse < 0) | (apart > GEOMETRY_TOLERANCE * np.abs(lattice.cell).max()))
        if bad.size:
            raise ValueError(f"to_regular must lead a hop and its reverse by one regular site, not so hop {bad[0]}")
        first.setflags(write=False)
        object.__setattr__(self, "to_regular", first)

    def regular_sites(self) -> NDArray:
        """Number (H,) of the regular site, up to cell translations, by which each hop goes."""
        lattice = self.lattice
        fraction = (lattice.sites[lattice.origin] + self.to_regular) @ np.linalg.inv(lattice.cell)
        fraction -= np.floor(fraction + GEOMETRY_TOLERANCE)
        return np.unique(np.rint(fraction / GEOMETRY_TOLERANCE), axis=0, return_inverse=True)[1].ravel()


@dataclass(frozen=True)
class InterstitialcyCorrelation:
    """Correlation of an ion's moves while one interstitial wanders; tensors as `correlation_factors.relative_tensor`.

    Attributes
    ----------
    tracer : (d, d), f: D* over that of as many independent moves of the ions
    haven : (d, d), H_R: D* over D_sigma
    uncorrelated_haven : (d, d), D* of independent moves over D_sigma: what the lengths of the moves alone make of it
    error : largest change of an element of `haven` without the largest of the periodic cells behind it; 0 in one cell
    """

    tracer: NDArray
    haven: NDArray
    uncorrelated_haven: NDArray
    error: float


def silver_halide_interstitialcy(kind: Literal["collinear", "non-collinear"]) -> Interstitialcy:
    """Moves of Ag_i in AgCl or AgBr: from the middle of a small cube of the rocksalt structure to that of another.

    The Ag ion at a corner of the cube is pushed straight on ('collinear'), or into the cube that shares an edge with
    the first ('non-collinear'). An interstitial then stays within one network of such cubes: a diamond lattice of twice
    the lattice constant, or an fcc lattice. The unit of length is the lattice constant.

    Raises
    ------
    ValueError
        Another kind.
    """
    if one_of("kind", kind, ("collinear", "non-collinear")) == "collinear":
        cubes = diamond(2.0)
        return Interstitialcy(cubes, cubes.displacement / 2)
    cubes = fcc()
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / 4  # silver around the cube
    nearest = np.argmax(cubes.displacement @ corners.T, axis=1)
    return Interstitialcy(cubes, corners[nearest])


def interstitialcy_correlation(
    moves: Interstitialcy, *, cells: Sequence[int] | None = None
) -> InterstitialcyCorrelation:
    """Correlation of an ion's moves with interstitials so few that they do not meet, all moves equally frequent.

    Parameters
    ----------
    cells : as in `correlation_factors.vacancy_correlation_factor`

    Raises
    ------
    ValueError
        Interstitial positions that no move joins, or cells that are not so.
    """
    conductance = bond_conductances(moves.lattice)
    clusters, place = _surroundings(moves)
    fine, coarse = infinite_potentials(moves.lattice, conductance, clusters, cells)
    found, check = (_correlation(moves, conductance, potentials, place) for potentials in (fine, coarse))
    return replace(found, error=float(np.abs(found.haven - check.haven).max()))


def finite_cell_interstitialcy_correlation(moves: Interstitialcy, repeats: ArrayLike) -> InterstitialcyCorrelation:
    """The same in a periodic cell with one interstitial, exact.

    Parameters
    ----------
    repeats : unit cells along each edge of the periodic cell, (d,) or one number for all

    Raises
    ------
    ValueError
        Interstitial positions that no move joins, or a cell in which a move ends on an image of its start.
    """
    conductance = bond_conductances(moves.lattice)
    clusters, place = _surroundings(moves)
    return _correlation(moves, conductance, periodic_potentials(moves.lattice, conductance, clusters, repeats), place)


def _correlation(
    moves: Interstitialcy, conductance: NDArray, potentials: Sequence[NDArray], place: NDArray
) -> InterstitialcyCorrelation:
    lattice, m = moves.lattice, moves.to_regular
    pushed, c = lattice.displacement - m, conductance[:, None]
    independent = ((c * m).T @ m + (c * pushed).T @ pushed) / 2
    as_interstitial, as_regular = _expectation(moves, conductance, potentials, place)
    half = (c * m).T @ as_interstitial[lattice.origin] + (c * pushed).T @ as_regular
    tracer = independent - (half + half.T) / 2
    charge = walker_diffusion(lattice, conductance)
    parts = (relative_tensor(*pair) for pair in ((tracer, independent), (tracer, charge), (independent, charge)))
    return InterstitialcyCorrelation(*parts, 0.0)


def _surroundings(moves: Interstitialcy) -> tuple[list[tuple[NDArray, NDArray]], NDArray]:
    """Positions that hops by way of each regular site leave, and the number (H,) of each hop's among them."""
    lattice, regular = moves.lattice, moves.regular_sites()
    clusters, place = [], np.zeros(lattice.hop_count, np.intp)
    for site in range(regular.max() + 1):
        hops = np.flatnonzero(regular == site)
        at = -moves.to_regular[hops]
        key = np.rint(at / (GEOMETRY_TOLERANCE * np.abs(lattice.cell).max()))
        _, first, place[hops] = np.unique(key, axis=0, return_index=True, return_inverse=True)
        clusters.append((lattice.origin[hops[first]], at[first]))
    return clusters, place


def _expectation(
    moves: Interstitialcy, conductance: NDArray, potentials: Sequence[NDArray], place: NDArray
) -> tuple[NDArray, NDArray]:
    """What an ion has still to expect: as the interstitial (N, d), and at a regular site with the interstitial at the
    start of each hop by way of it (H, d).

    Unknowns: the first; then for each regular site the values at the positions around it, and at one far away.
    """
    lattice, regular, m = moves.lattice, moves.regular_sites(), moves.to_regular
    pushed, sites, reverse = lattice.displacement - m, lattice.site_count, lattice.reverse_hop()
    sizes = np.array([len(potential) for potential in potentials])
    first = sites + np.concatenate([[0], np.cumsum(sizes + 1)])
    start = first[regular] + place  # unknown of the position that each hop leaves, its ion at the regular site
    end = start[reverse]
    equations, known = np.zeros((first[-1], first[-1])), np.zeros((first[-1], lattice.dimension))
    for hop, c in enumerate(conductance):  # the ion is the interstitial: it goes to the regular site
        origin = lattice.origin[hop]
        equations[origin, origin] += c
        equations[origin, end[hop]] -= c
        known[origin] += c * m[hop]
    for site, potential in enumerate(potentials):
        around, far = first[site] + np.arange(sizes[site]), first[site] + sizes[site]
        equations[around, around] += 1
        equations[around, far] -= 1
        for hop in np.flatnonzero(regular == site):  # pushed, it becomes the interstitial where that hop ends
            response, c = potential[:, place[hop]], conductance[hop]
            for rows, weight in ((around, response), (far, 1.0)):
                equations[rows, lattice.destination[hop]] -= c * weight
                equations[rows, end[hop]] += c * weight
                known[rows] += c * np.multiply.outer(weight, pushed[hop])
    equations[0], known[0] = 0, 0  # known up to a constant, and this one follows from the others
    equations[0, :sites] = 1
    solution = np.linalg.solve(equations, known)
    return solution[:sites], solution[start]
