"""Tracer correlation of the vacancy mechanism: exact for one vacancy in a periodic cell or in the infinite lattice.

An ion that has changed places with a vacancy leaves it behind, so that its next hop tends to undo the last one. Seen
from the ion, the vacancy walks on the lattice as on a network of conductances that is cut at the ion, where they
change places instead. With chi(x) the displacement that the ion has still to expect while the vacancy is at x,

    n D* = (1/2) sum c d d - sum c d chi,    n D_0 = (1/2) sum c d d,

over the hops d of one cell; chi follows from linear equations for the sites around the ion, whose coefficients are the
network's Green functions. The charge moves with the vacancy, D_sigma = D_V/n, so that the Haven ratio D*/D_sigma is
the correlation factor D*/D_0 wherever the vacancy's own hops are uncorrelated.

Sources: textbook chapter, 'Microscopic mechanisms and macroscopic transport properties'; J. Bardeen and C. Herring
(1952) and K. Compaan and Y. Haven, Trans. Faraday Soc. 52, 786 (1956) on correlation; G. E. Murch, Solid State Ionics
7, 177 (1982) on the Haven ratio; M. Koiwa and S. Ishioka, Philos. Mag. A 47, 927 (1983) on Green functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.lattice import Lattice
from superion.lattice_green_functions import (
    bond_conductances,
    infinite_potentials,
    periodic_potentials,
    shape_of_cell,
    walker_diffusion,
)
from superion.validity import finite_array, integer_array

__all__ = [
    "VacancyCorrelation",
    "bardeen_herring_factor",
    "chain_haven_ratio",
    "coordination_estimate",
    "finite_cell_correlation_factor",
    "relative_tensor",
    "vacancy_correlation_factor",
]


@dataclass(frozen=True)
class VacancyCorrelation:
    """Correlation of an ion's hops while one vacancy wanders.

    Attributes
    ----------
    tracer : (d, d), f: D* over that of as many independent hops, D_0^(-1/2) D* D_0^(-1/2)
    haven : (d, d), H_R: D* over D_sigma in the same way
    mean_cosine : mean cosine of the angle between an ion's successive hops
    error : largest change of an element of `tracer` without the largest of the periodic cells that lead to the
        infinite lattice; 0 in a periodic cell, which is exact
    sites : sites of the periodic cell; None: infinite lattice
    """

    tracer: NDArray
    haven: NDArray
    mean_cosine: float
    error: float
    sites: int | None


def vacancy_correlation_factor(
    lattice: Lattice, hop_rate: ArrayLike | None = None, *, cells: Sequence[int] | None = None
) -> VacancyCorrelation:
    """Correlation of an ion's hops with vacancies so few that they do not meet.

    Parameters
    ----------
    lattice : one network with a way back for each hop; a chain of one dimension has f = 0
    hop_rate : (H,) rates of an ion's hops into a vacancy, above 0 and in detailed balance; None: equal rates
    cells : unit cells along an edge of each periodic cell that leads to the infinite lattice, at least 3 in ascending
        order; by default as many as give 1e-9 or better with equal rates

    Raises
    ------
    ValueError
        Rates or cells that are not so, one-way hops, or sites that no hop joins.
    """
    conductance = _conductances(lattice, hop_rate)
    clusters = _surroundings(lattice)
    fine, coarse = infinite_potentials(lattice, conductance, clusters, cells)
    result, check = (_correlation(lattice, conductance, potentials) for potentials in (fine, coarse))
    error = float(np.abs(result.tracer - check.tracer).max())
    return VacancyCorrelation(result.tracer, result.haven, result.mean_cosine, error, None)


def finite_cell_correlation_factor(
    lattice: Lattice, repeats: ArrayLike, hop_rate: ArrayLike | None = None
) -> VacancyCorrelation:
    """Correlation of an ion's hops in a periodic cell with one vacancy: what Monte Carlo on that cell tends to.

    It is off the infinite lattice's by about 1/N of the cell's N sites.

    Parameters
    ----------
    repeats : unit cells along each edge of the periodic cell, (d,) or one number for all
    hop_rate : as in `vacancy_correlation_factor`

    Raises
    ------
    ValueError
        As `vacancy_correlation_factor`, or a cell in which a hop ends on an image of its own site.
    """
    shape = shape_of_cell(lattice, repeats)
    conductance = _conductances(lattice, hop_rate)
    potentials = periodic_potentials(lattice, conductance, _surroundings(lattice), shape)
    result = _correlation(lattice, conductance, potentials)
    sites = int(np.prod(shape)) * lattice.site_count
    return VacancyCorrelation(result.tracer, result.haven, result.mean_cosine, 0.0, sites)


def _conductances(lattice: Lattice, hop_rate: ArrayLike | None) -> NDArray:
    """The vacancy goes where the ion comes from: its rates are those of the reverse hops."""
    if hop_rate is None:
        return bond_conductances(lattice)
    rate = finite_array("hop_rate", hop_rate, above=0, meaning="hops per time")
    if rate.shape != (lattice.hop_count,):
        raise ValueError(f"hop_rate must have one value for each of {lattice.hop_count} hops, got shape {rate.shape}")
    return bond_conductances(lattice, rate[lattice.reverse_hop()])


def _surroundings(lattice: Lattice) -> list[tuple[NDArray, NDArray]]:
    """Each site, and then the ends of the hops that leave it in the order of the hops."""
    clusters = []
    for site in range(lattice.site_count):
        hops = lattice.origin == site
        ends = np.vstack([np.zeros(lattice.dimension), lattice.displacement[hops]])
        clusters.append((np.concatenate([[site], lattice.destination[hops]]), ends))
    return clusters


def _correlation(lattice: Lattice, conductance: NDArray, potentials: Sequence[NDArray]) -> VacancyCorrelation:
    d = lattice.displacement
    independent = (conductance[:, None] * d).T @ d / 2
    expected = _expectation(lattice, conductance, potentials, d, exchange=True)
    half = (conductance[:, None] * d).T @ expected
    tracer = independent - (half + half.T) / 2
    vacancy = walker_diffusion(lattice, conductance)
    unit = d / np.linalg.norm(d, axis=1)[:, None]
    following = _expectation(lattice, conductance, potentials, unit, exchange=False)[lattice.reverse_hop()]
    cosine = conductance @ np.einsum("hd,hd->h", unit, following) / conductance.sum()
    return VacancyCorrelation(
        relative_tensor(tracer, independent), relative_tensor(tracer, vacancy), max(float(cosine), -1.0), 0.0, None
    )


def _expectation(
    lattice: Lattice, conductance: NDArray, potentials: Sequence[NDArray], gain: NDArray, *, exchange: bool
) -> NDArray:
    """What an ion still expects (H, d) with the vacancy at the end of each hop from it: the sum of its gains (H, d).

    With `exchange` the ion goes on after a hop, and the sum is over all its hops; else it ends with the first.

    Unknowns are chi at the end of each hop and, for each site of the ion, chi of a vacancy far away. The ion's own site
    has chi = 0: with currents c (gain + chi of the way back) into the ends and -c chi out of it, the network's
    potential is chi. A vacancy far away comes back, however late, so that these currents add up to nothing.
    """
    hops, sites = lattice.hop_count, lattice.site_count
    reverse = lattice.reverse_hop()
    equations, known = np.zeros((hops + sites, hops + sites)), np.zeros((hops + sites, gain.shape[1]))
    for site, potential in enumerate(potentials):
        own = np.flatnonzero(lattice.origin == site)
        c, far = conductance[own], hops + site
        between, centre = potential[1:, 1:] * c, potential[1:, :1] * c
        equations[own, own] += 1
        equations[np.ix_(own, own)] += centre
        equations[own, far] -= 1
        equations[far, own] -= c
        if exchange:
            equations[np.ix_(own, reverse[own])] -= between
            equations[far, reverse[own]] += c
        known[own] = between @ gain[own]
        known[far] = -c @ gain[own]
    if exchange:  # chi is known up to a constant, and one of the equations follows from the others
        equations[hops], known[hops] = 0, 0
        equations[hops, hops:] = 1
    return np.linalg.solve(equations, known)[:hops]


def relative_tensor(tensor: NDArray, reference: NDArray) -> NDArray:
    """R^(-1/2) T R^(-1/2) (d, d) of symmetric tensors, R positive definite: their ratio where axes are shared."""
    values, axes = np.linalg.eigh(reference)
    root = axes / np.sqrt(values) @ axes.T
    ratio = root @ tensor @ root
    return (ratio + ratio.T) / 2


def bardeen_herring_factor(mean_cosine: ArrayLike) -> NDArray:
    """f = (1 + c)/(1 - c) with c the mean cosine between successive hops.

    Exact where all hops are equivalent and each lies on an axis (in two dimensions a line) of symmetry: simple cubic,
    bcc, fcc, diamond, honeycomb, square, triangular. An estimate elsewhere: kagome, hcp, garnet.

    Raises
    ------
    ValueError
        A mean cosine outside -1 <= c < 1.
    """
    cosine = finite_array("mean_cosine", mean_cosine, at_least=-1, below=1)
    return (1 + cosine) / (1 - cosine)


def coordination_estimate(lattice: Lattice) -> float:
    """f = 1 - 2/z with z the mean coordination: a vacancy left behind is as likely to return as to go any other way.

    Each return takes two hops out of the count (H. Manning, Diffusion Kinetics for Atoms in Crystals, 1968).
    """
    return float(1 - 2 / lattice.coordination.mean())


def chain_haven_ratio(tracer_correlation: ArrayLike, ions: ArrayLike) -> NDArray:
    """H_R = f/m of m ions that each time move together by equal vectors: each goes d, the charge m d.

    Parameters
    ----------
    tracer_correlation : f between successive moves of one ion, from 0 to 1; 1: independent
    ions : m, at least 1

    Raises
    ------
    ValueError
        A value out of range.
    """
    factor = finite_array("tracer_correlation", tracer_correlation, at_least=0, at_most=1)
    return factor / integer_array("ions", ions, at_least=1, meaning="ions that move together")
