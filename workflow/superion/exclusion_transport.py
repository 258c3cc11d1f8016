"""Diffusion of charge where ions but exclude each other, and on a ring where they pay for their destination.

Where hops into free sites have equal rates, sums over the sites of ions obey the equations of one ion alone (symmetric
exclusion process), so that at every filling of N sites with n ions D_sigma = D_1 (N - n)/(N - 1), with D_1 of an ion
alone. Where its hops from each site add up to nothing, D_1 is D0, and f_I = 1; where they do not, as around a site off
the middle between its neighbours, f_I = D_1/D0 < 1 at every filling.

Source: R. Kutner, Phys. Lett. A 81, 239 (1981), for Bravais lattices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from superion.lattice import GEOMETRY_TOLERANCE, Lattice
from superion.lattice_green_functions import bond_conductances, walker_diffusion
from superion.validity import finite_array, integer_array

__all__ = ["exclusion_diffusion", "ring_conductivity_factor"]


def exclusion_diffusion(lattice: Lattice, ion_count: int) -> tuple[NDArray, NDArray]:
    """D0 and D_sigma (d, d) per ion of ions that hop at rate 1 and exclude each other on a periodic piece.

    Parameters
    ----------
    lattice : its cell is the periodic piece
    ion_count : n, 1 to the number of sites

    Raises
    ------
    ValueError
        A number of ions that does not fit, one-way hops, or sites that no hop joins.
    """
    count = lattice.site_count
    ions = int(integer_array("ion_count", ion_count, at_least=1, at_most=count, meaning=f"{count} sites"))
    free = (count - ions) / (count - 1)
    static = lattice.displacement.T @ lattice.displacement / (2 * count)
    drift = np.zeros((count, lattice.dimension))
    np.add.at(drift, lattice.origin, lattice.displacement)
    if np.abs(drift).max() <= GEOMETRY_TOLERANCE * np.abs(lattice.displacement).max():
        return free * static, free * static
    # Conductances are those of populations that add up to 1.
    return free * static, free * walker_diffusion(lattice, bond_conductances(lattice))


def ring_conductivity_factor(site_count: int, ion_count: int, repulsion_over_kT: ArrayLike) -> NDArray:
    """D_sigma over that of an ion alone on a ring, repulsion x = V/kT between neighbours, hop rates exp(-E_after).

    What `superion.lattice_gas.chain_conductivity_factor` is of the infinite chain. The current is a lattice gradient,
    so that D_sigma is the mean rate of hops. With n ions in k clusters, (n-1 over k-1)(N-n-1 over k-1) N/k ways of
    Boltzmann factor exp[-(n - k) x], k ions lead a cluster to the right, and of as many gaps (k - 1)/(N - n - 1) are a
    single site, behind which the next cluster waits.

    Parameters
    ----------
    site_count, ion_count : N and n, 1 to N - 1
    repulsion_over_kT : x, any shape

    Raises
    ------
    ValueError
        Numbers that do not fit or are not finite.
    """
    sites = int(integer_array("site_count", site_count, at_least=2))
    ions = int(integer_array("ion_count", ion_count, at_least=1, at_most=sites - 1, meaning=f"{sites} sites"))
    x = finite_array("repulsion_over_kT", repulsion_over_kT)[..., None]
    gaps = sites - ions
    k = np.arange(1, min(ions, gaps) + 1)
    ways = -gammaln(k) - gammaln(ions - k + 1) - gammaln(k) - gammaln(gaps - k + 1) - np.log(k)
    logarithm = ways + k * x
    weight = np.exp(logarithm - logarithm.max(axis=-1, keepdims=True))
    # The only free site has an ion on both sides, but for a lone ion, which finds none but itself.
    single = (k - 1) / (gaps - 1) if gaps > 1 else np.full(k.shape, float(ions > 1))
    rate = k * (1 + np.expm1(-x) * single) / ions
    return (weight * rate).sum(axis=-1) / weight.sum(axis=-1)
