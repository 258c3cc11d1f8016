"""Critical coupling from the crossing of Binder cumulants of periodic pieces of different sizes.

U = 1 - <m^4>/(3 <m^2>^2) of an order parameter m is 2/3 where it is ordered and 0 where it is not; at the transition it
is nearly the same for all sizes, so that two sizes cross there: K. Binder, Z. Phys. B 43, 119 (1981). Between the
couplings that were simulated ln[U/(2/3 - U)] is interpolated, which is close to a straight line where U bends.

A fixed number of ions moves the crossing of a piece of N sites by a share of 1/N (energy and number of ions fluctuate
together to second order): in two dimensions by 1/L^2, far more than the L^-3 of free numbers. Crossings of L and rL and
of rL and r^2 L are 1 : r^-2 apart from the limit, which follows from the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from superion.validity import finite_array

__all__ = ["BinderCrossings", "critical_coupling"]

ORDERED = 2 / 3
_POINTS = 4  # that a crossing is interpolated through: a cubic
_SAME = 1e-2  # relative difference of ratios of sizes that count as one


@dataclass(frozen=True)
class BinderCrossings:
    """Where the cumulants of neighbouring sizes cross, with standard errors.

    Attributes
    ----------
    coupling, error : (S - 1,) of the first and second size, of the second and third, ...
    limit, limit_error : of infinite size, from the last two crossings where their sizes have one ratio; else NaN
    """

    coupling: NDArray
    error: NDArray
    limit: float
    limit_error: float


def critical_coupling(
    sizes: ArrayLike, couplings: ArrayLike, cumulants: ArrayLike, errors: ArrayLike, *, dimension: int = 2
) -> BinderCrossings:
    """Crossings of Binder cumulants, ordered at large couplings.

    Parameters
    ----------
    sizes : (S,) lengths of the pieces in one unit, ascending, two or more
    couplings : (K,) ascending, two or more; those where a cumulant is not between 0 and 2/3 are left out
    cumulants, errors : (S, K), independent standard errors
    dimension : d of the lattice, whose number of sites grows as L^d

    Raises
    ------
    ValueError
        Sizes or couplings that do not ascend, shapes that do not fit, or cumulants that do not cross.
    """
    sizes = finite_array("sizes", sizes, above=0)
    couplings = finite_array("couplings", couplings)
    for name, values in (("sizes", sizes), ("couplings", couplings)):
        if values.ndim != 1 or len(values) < 2 or np.any(np.diff(values) <= 0):
            raise ValueError(f"{name} must be two or more ascending numbers, got {values.tolist()!r}")
    cumulants, errors = finite_array("cumulants", cumulants), finite_array("errors", errors, at_least=0)
    for name, values in (("cumulants", cumulants), ("errors", errors)):
        if values.shape != (len(sizes), len(couplings)):
            raise ValueError(f"{name} must have shape {(len(sizes), len(couplings))}, got {values.shape}")
    inside = ((cumulants > 0) & (cumulants < ORDERED)).all(axis=0)
    couplings, cumulants, errors = couplings[inside], cumulants[:, inside], errors[:, inside]
    heights = np.log(cumulants / (ORDERED - cumulants))
    spreads = errors * ORDERED / (cumulants * (ORDERED - cumulants))
    found = [_crossing(sizes, couplings, heights, spreads, pair) for pair in range(len(sizes) - 1)]
    values = np.array([value for value, _ in found])
    slopes = np.array([slope for _, slope in found])  # of a crossing with each height

    def spread(slope: NDArray) -> float:
        return float(np.sqrt(((slope * spreads) ** 2).sum()))

    limit = limit_error = np.nan
    if len(sizes) > 2 and abs(sizes[-1] * sizes[-3] / sizes[-2] ** 2 - 1) < _SAME:
        share = 1 / ((sizes[-1] / sizes[-2]) ** dimension - 1)
        limit = float(values[-1] + share * (values[-1] - values[-2]))
        limit_error = spread((1 + share) * slopes[-1] - share * slopes[-2])
    return BinderCrossings(values, np.array([spread(slope) for slope in slopes]), limit, limit_error)


def _crossing(
    sizes: NDArray, couplings: NDArray, heights: NDArray, spreads: NDArray, pair: int
) -> tuple[float, NDArray]:
    """Crossing of a size and the next one, and its derivatives (S, K) with respect to the heights."""
    gap = heights[pair + 1] - heights[pair]
    noise = np.maximum(np.hypot(spreads[pair], spreads[pair + 1]), np.finfo(float).tiny)
    changes = np.flatnonzero((gap[:-1] <= 0) & (gap[1:] > 0))
    if not changes.size:
        raise ValueError(f"cumulants of sizes {sizes[pair]:g} and {sizes[pair + 1]:g} do not cross where both are told")
    # Deep in either phase noise decides which is larger: the change that stands out most is the transition.
    told = np.minimum(np.abs(gap / noise), 1e9)
    at = int(changes[np.argmax(told[changes] + told[changes + 1])])
    first = int(np.clip(at - 1, 0, max(len(gap) - _POINTS, 0)))
    window = np.arange(first, min(first + _POINTS, len(gap)))
    value = brentq(lambda x: _weights(couplings[window], x) @ gap[window], couplings[at], couplings[at + 1])
    step = 1e-5 * (couplings[at + 1] - couplings[at])
    rise = (_weights(couplings[window], value + step) - _weights(couplings[window], value - step)) @ gap[window]
    slope = np.zeros(heights.shape)
    slope[pair, window] = _weights(couplings[window], value) * 2 * step / rise
    slope[pair + 1, window] = -slope[pair, window]
    return value, slope


def _weights(points: NDArray, x: float) -> NDArray:
    """Weights of the values at points in the polynomial through all of them at x (Lagrange)."""
    others = ~np.eye(len(points), dtype=bool)
    ratio = (x - points)[None, :] / np.where(others, points[:, None] - points, 1.0)
    return np.where(others, ratio, 1.0).prod(axis=1)
