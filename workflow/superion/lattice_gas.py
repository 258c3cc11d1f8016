"""The lattice gas behind the polarization mean field: exact results, Bragg-Williams and Bethe approximations.

Repulsion K0 between ions on neighbouring sites, one ion a site: H = K0 sum n n, which at half filling is the Ising
antiferromagnet with J = K0/4. The hop rule of J. Hu, Z. Guo, J. Liang, B. Monserrat, "Microscopic Theory of
Superionic Phase Transitions", arXiv:2604.00665 (2026), Eq. (43) (barrier Lambda0 + K0 for each neighbour that the ion
finds at its destination), keeps detailed balance for this H, so what follows is what its mean field approximates.

`filling` is n0, ions a cell of two sites, from 0 to 2: each site holds rho = n0/2 on average. `repulsion_over_kT`
is x = K0/kT >= 0. Critical temperatures are returned as kTc in the unit of `repulsion`, with its default 1 as
kTc/K0. Order parameters are the polarization gamma = (n_a - n_b)/(n_a + n_b) of the two sublattices, at least 0.
All arguments broadcast.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.validity import finite_array, integer_array

__all__ = [
    "bethe_critical_temperature",
    "bethe_order_parameter",
    "bragg_williams_critical_temperature",
    "bragg_williams_order_parameter",
    "chain_activation_excess",
    "chain_conductivity_factor",
    "chain_pair_probability",
    "honeycomb_critical_temperature",
    "honeycomb_order_parameter",
    "mean_field_conductivity_factor",
    "mean_field_critical_temperature",
    "square_critical_temperature",
    "square_order_parameter",
]

_SATURATED = 300.0  # exp(-x) is far below the spacing of any filling from 1: nothing changes beyond
_BISECTIONS = 60  # halvings that leave no bit of a double undetermined


def _density(filling: ArrayLike) -> NDArray:
    return finite_array("filling", filling, at_least=0, at_most=2, meaning="ions a cell of two sites") / 2


def _repulsion_ratio(value: ArrayLike) -> NDArray:
    return finite_array("repulsion_over_kT", value, at_least=0)


def _repulsion(value: ArrayLike) -> NDArray:
    return finite_array("repulsion", value, at_least=0)


def _coordination(value: ArrayLike) -> NDArray:
    return integer_array("coordination", value, at_least=2)


def _bisect(function: Callable[[NDArray], NDArray], low: NDArray, high: NDArray) -> NDArray:
    """Root of a function that is negative at `low` and positive at `high`, all elements at once."""
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        below = function(middle) < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


# ---- chain: exact at every filling and temperature ---------------------------------------------------------------


def _chain_bonds(rho: NDArray, x: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Bond probabilities p11, p10, p00 and the root D of the quadratic, sums of positive terms only."""
    boltzmann = np.exp(-x / 2)
    root = np.hypot(1 - 2 * rho, 2 * np.sqrt(rho * (1 - rho)) * boltzmann)
    p10 = 2 * rho * (1 - rho) / (1 + root)
    equal_ends = ((1 - 2 * rho) ** 2 + root) / (1 + root)  # p11 + p00
    more = (equal_ends + np.abs(1 - 2 * rho)) / 2
    weighted = boltzmann * p10
    fewer = weighted * np.divide(weighted, more, out=np.zeros_like(more), where=more > 0)
    return np.where(rho > 0.5, more, fewer), p10, np.where(rho > 0.5, fewer, more), root


def chain_pair_probability(filling: ArrayLike, repulsion_over_kT: ArrayLike) -> NDArray:
    """Probability p11 that two neighbouring sites of the chain are both occupied, exact.

    Solves p11 (1 - 2 rho + p11) = exp(-x) (rho - p11)^2 (transfer matrix; also the quasi-chemical relation of any
    tree) in a form free of cancellation.

    Parameters
    ----------
    filling : n0 = 2 rho, 0 to 2
    repulsion_over_kT : x = K0/kT, at least 0

    Raises
    ------
    ValueError
        filling outside 0 to 2, repulsion_over_kT negative or not finite.
    """
    return _chain_bonds(*np.broadcast_arrays(_density(filling), _repulsion_ratio(repulsion_over_kT)))[0][()]


def chain_conductivity_factor(filling: ArrayLike, repulsion_over_kT: ArrayLike) -> NDArray:
    """Exact DC value Q of exp(Lambda0/kT) P0 (1 - gamma^2) for the chain with site exclusion.

    Q = p10 [1 - (1 - exp(-x)) p10/(1 - rho)]/rho, the mean rate of allowed hops: in one dimension the current of this
    hop rule is a lattice gradient, so that the static average is the DC response. At n0 = 1 it is
    1/(1 + exp(x/2)): no transition at any temperature. Take it in place of exp(Lambda0/kT) P0 (1 - gamma^2) of
    Hu et al. (2026), Eqs. (38), (49).

    Returns
    -------
    array from 0 to 1; 1 - rho without repulsion
    """
    rho, x = np.broadcast_arrays(_density(filling), _repulsion_ratio(repulsion_over_kT))
    _, p10, p00, root = _chain_bonds(rho, x)
    return (2 * (p00 + np.exp(-x) * p10) / (1 + root))[()]


def chain_activation_excess(filling: ArrayLike, repulsion_over_kT: ArrayLike) -> NDArray:
    """Local activation energy of the exact chain above the bare barrier, in units of K0.

    (E_a - Lambda0)/K0 = -d ln Q/dx, with E_a = -d ln(sigma T)/d(1/kT) and Q of `chain_conductivity_factor`. At
    n0 = 1 it falls from 1/2 (low temperature) to 1/4 (high temperature) without a kink.

    Raises
    ------
    ValueError
        as `chain_pair_probability`; filling 0 (where it is 0) is allowed, filling 2 (no vacancy, Q = 0) is not.
    """
    rho, x = np.broadcast_arrays(_density(filling), _repulsion_ratio(repulsion_over_kT))
    if np.any(rho == 1):
        raise ValueError("filling must be below 2 ions a cell of two sites for a conductivity to activate, got 2.0")
    x = np.minimum(x, _SATURATED)
    _, p10, p00, root = _chain_bonds(rho, x)
    scale = np.exp(-x / 2)  # divided out of the ratio, as its terms underflow at high filling
    growth = 2 * rho * (1 - rho) * scale / (root * (1 + root))  # (d ln p10/dx)/scale
    lost = p10 * (-np.expm1(-x) * growth + scale)
    return (lost / (p00 / scale + scale * p10) - scale * growth)[()]


def mean_field_conductivity_factor(
    filling: ArrayLike, repulsion_over_kT: ArrayLike, polarization: ArrayLike
) -> NDArray:
    """Mean-field counterpart of `chain_conductivity_factor`: exp(Lambda0/kT) P0 (1 - gamma^2).

    exp(-n0 x/2)/cosh(n0 x gamma/2), from Hu et al. (2026), Eqs. (49), (50); without repulsion it is 1, as the
    mean field has no site exclusion.

    Parameters
    ----------
    polarization : a solution gamma of Eq. (50), from -1 to 1
    """
    gamma = np.abs(finite_array("polarization", polarization, at_least=-1, at_most=1))
    half = _density(filling) * _repulsion_ratio(repulsion_over_kT)
    return 2 * np.exp(-half * (1 + gamma)) / (1 + np.exp(-2 * half * gamma))


# ---- exact order in two dimensions, half filling -------------------------------------------------------------------


def honeycomb_critical_temperature(repulsion: ArrayLike = 1.0) -> NDArray:
    """Exact kTc of the honeycomb at n0 = 1: K0/[2 ln(2 + sqrt 3)]."""
    return _repulsion(repulsion) / (2 * np.log(2 + np.sqrt(3)))


def square_critical_temperature(repulsion: ArrayLike = 1.0) -> NDArray:
    """Exact kTc of the square lattice at n0 = 1: K0/[2 ln(1 + sqrt 2)]."""
    return _repulsion(repulsion) / (2 * np.log(1 + np.sqrt(2)))


def honeycomb_order_parameter(repulsion_over_kT: ArrayLike) -> NDArray:
    """Exact polarization gamma of the honeycomb at n0 = 1; 0 from the critical temperature up, exponent 1/8.

    gamma^8 = 1 - 16 z^3 (1 + z^3)/[(1 - z)^3 (1 - z^2)^3] with z = exp(-x/2), evaluated as the product
    (1 + z)(1 + z^2)^3 (1 - 4z + z^2)/[(1 - z)^3 (1 - z^2)^3], which keeps its accuracy close to the transition.
    """
    z = np.exp(-_repulsion_ratio(repulsion_over_kT) / 2)
    critical = 2 - np.sqrt(3)
    z = np.minimum(z, critical)
    power = (1 + z) * (1 + z**2) ** 3 * (critical - z) * (2 + np.sqrt(3) - z) / ((1 - z) * (1 - z**2)) ** 3
    return power**0.125


def square_order_parameter(repulsion_over_kT: ArrayLike) -> NDArray:
    """Exact polarization gamma of the square lattice at n0 = 1, [1 - sinh(x/2)^-4]^(1/8) (Onsager, Yang)."""
    z = np.minimum(np.exp(-_repulsion_ratio(repulsion_over_kT) / 2), np.sqrt(2) - 1)
    inverse_sinh = 2 * z / (1 - z**2)
    # 1 - 1/sinh has the factor (sqrt 2 - 1 - z) that vanishes at the transition
    gap = (np.sqrt(2) - 1 - z) * (1 + np.sqrt(2) + z) / (1 - z**2)
    return (gap * (1 + inverse_sinh) * (1 + inverse_sinh**2)) ** 0.125


# ---- approximations at any filling ----------------------------------------------------------------------------------


def mean_field_critical_temperature(
    filling: ArrayLike,
    repulsion: ArrayLike = 1.0,
    *,
    destination_neighbours: ArrayLike = 1,
    site_exclusion: bool = False,
) -> NDArray:
    """Critical temperature kTp of the hop rule in the mean field. Hu et al. (2026), Eq. (51).

    Parameters
    ----------
    destination_neighbours : other neighbours that an ion meets at its destination, K0 from each: 1 in Eq. (43), and
        z - 1 on a lattice of coordination z, 2 on the honeycomb
    site_exclusion : count also the chance 1 - n that the destination is free: K0 rho (1 - rho) instead of K0 rho
    """
    rho = _density(filling)
    neighbours = finite_array("destination_neighbours", destination_neighbours, at_least=0)
    return neighbours * _repulsion(repulsion) * rho * (1 - rho if site_exclusion else 1)


def bragg_williams_critical_temperature(
    filling: ArrayLike, coordination: ArrayLike, repulsion: ArrayLike = 1.0
) -> NDArray:
    """Critical temperature of sublattice order without correlations: kTc = z K0 rho (1 - rho)."""
    rho = _density(filling)
    return _coordination(coordination) * _repulsion(repulsion) * rho * (1 - rho)


def bragg_williams_order_parameter(
    filling: ArrayLike, coordination: ArrayLike, repulsion_over_kT: ArrayLike
) -> NDArray:
    """Polarization gamma of the Bragg-Williams approximation; 0 from its critical temperature up.

    With n_a,b = rho +- m and gamma = m/rho, equal chemical potentials of the sublattices mean
    m/[rho (1 - rho) + m^2] = tanh(z x m); at half filling gamma = tanh(z x gamma/4). gamma <= 2/n0 - 1 for n0 > 1.
    """
    rho, z, x = np.broadcast_arrays(_density(filling), _coordination(coordination), _repulsion_ratio(repulsion_over_kT))
    free = rho * (1 - rho)
    ordered = z * x * free > 1
    if not np.any(ordered):
        return np.zeros(rho.shape)[()]
    most = np.minimum(rho, 1 - rho)
    most = np.where(ordered, most, 0.5)  # any ordered case will do where there is none
    coupling = np.where(ordered, z * x, 5.0)

    def excess(m: NDArray) -> NDArray:
        # 2 artanh[m/(c + m^2)] - 2 z x m, accurate at both ends; negative between the two roots
        return np.log1p(2 * m / np.maximum((most - m) * (1 - most - m), 1e-300)) - 2 * coupling * m

    m = _bisect(excess, np.zeros(rho.shape), most)
    return np.divide(m, rho, out=np.zeros(rho.shape), where=ordered)[()]


def bethe_critical_temperature(filling: ArrayLike, coordination: ArrayLike, repulsion: ArrayLike = 1.0) -> NDArray:
    """Critical temperature of sublattice order on the Bethe lattice (pair approximation).

    The staggered response diverges where the correlation c of neighbours reaches (z - 1)|c| = 1, so that
    exp(-K0/kTc) = [1 - 1/(z rho)][1 - 1/(z (1 - rho))]. Where rho <= 1/z or 1 - rho <= 1/z there is no transition
    and the value is 0; at half filling kTc = K0/{2 ln[z/(z - 2)]}.
    """
    rho, z, repulsion = np.broadcast_arrays(_density(filling), _coordination(coordination), _repulsion(repulsion))
    orders = np.minimum(rho, 1 - rho) * z > 1
    rho = np.where(orders, rho, 0.5)
    z = np.where(orders, z, 3.0)
    log = np.log1p(-1 / (z * rho)) + np.log1p(-1 / (z * (1 - rho)))
    return np.where(orders, -repulsion / log, 0.0)[()]


def bethe_order_parameter(repulsion_over_kT: ArrayLike, coordination: ArrayLike = 3) -> NDArray:
    """Polarization gamma on the Bethe lattice at n0 = 1; 0 from its critical temperature up, exponent 1/2.

    With t = tanh(x/4), each branch passes the field u on, tanh u = t tanh[(z - 1) u], and gamma = tanh[h + u] with
    h = (z - 1) u. Closed for z = 3, gamma = (1 + t) sqrt(2t - 1)/(3t - 1), and for z = 4; bisection otherwise.
    """
    x, z = np.broadcast_arrays(_repulsion_ratio(repulsion_over_kT), _coordination(coordination))
    t = np.tanh(x / 4)
    ordered = (z - 1) * t > 1
    gamma = np.zeros(x.shape)

    three = ordered & (z == 3)
    gamma[three] = (1 + t[three]) * np.sqrt(2 * t[three] - 1) / (3 * t[three] - 1)

    four = ordered & (z == 4)
    branch = np.sqrt((3 * t[four] - 1) / (3 - t[four]))  # tanh u
    gamma[four] = branch * (1 + t[four]) / (t[four] + branch**2)

    other = ordered & (z > 4)
    if np.any(other):
        t, z = np.minimum(t[other], 1 - np.finfo(float).epsneg), z[other]
        # in tanh u, which stays below t; the lower end lies between the disordered and the ordered root
        low = 1e-3 * np.sqrt(np.maximum((z - 1) * t - 1, 0)) / z
        branch = _bisect(lambda b: b - t * np.tanh((z - 1) * np.arctanh(b)), low, t)
        gamma[other] = np.tanh(z * np.arctanh(branch))
    return gamma[()]
