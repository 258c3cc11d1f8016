"""Paths of least energy from a saddle point down to the minima that it joins.

The path of steepest descent, along which a nudged elastic band would come to lie, in pieces that the local Hessian
solves exactly: M. Page and J. W. McIver, J. Chem. Phys. 88, 922 (1988).

Source: textbook chapter, "Kinetics of ionic motion" (path of a hop).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.saddle_points import EnergySurface, StationaryPoint, find_minimum, normal_modes
from superion.validity import finite_array, integer_array

__all__ = ["DescentPath", "descent_path"]

FLAT = 1e-9  # of the largest curvature: a mode softer than that has no bottom near
BISECTIONS = 60


@dataclass(frozen=True)
class DescentPath:
    """Way down from a saddle point.

    Attributes
    ----------
    positions : (M, N, d), the saddle first
    arc_length : (M,) of the path behind each, over all atoms together
    energy : (M,)
    """

    positions: NDArray
    arc_length: NDArray
    energy: NDArray


def descent_path(
    surface: EnergySurface, saddle: StationaryPoint, towards: ArrayLike, *, step: float = 0.05, points: int = 200
) -> DescentPath:
    """Path of steepest descent from a saddle, first along its unstable mode; it ends in the minimum below.

    Parameters
    ----------
    towards : (N, d) displacements that tell which side to descend on
    step : length of a piece of the path, in the surface's unit of length
    points : most pieces

    Raises
    ------
    ValueError
        The saddle has not exactly one unstable mode, the side is not told, or the path has not ended after `points`.
    """
    length = float(finite_array("step", step, above=0))
    most = int(integer_array("points", points, at_least=1))
    if saddle.unstable_modes != 1:
        raise ValueError(f"saddle must have exactly one unstable mode, got {saddle.unstable_modes}")
    side = float(np.sum(saddle.mode * finite_array("towards", towards)))
    if side == 0:
        raise ValueError("towards must tell a side of the saddle, got displacements without a part along its mode")
    places = [saddle.positions, saddle.positions + np.sign(side) * length * saddle.mode]
    for _ in range(most):
        here = places[-1]
        curvature, modes = normal_modes(surface.hessian(here), surface.translations)
        move, ended = _quadratic_descent(modes.T @ surface.gradient(here).ravel(), curvature, length)
        if ended:
            places.append(find_minimum(surface, here, trust_radius=length).positions)
            break
        places.append(here + (modes @ move).reshape(here.shape))
    else:
        raise ValueError(f"the path must end within 'points' pieces of 'step', got no end after {most} of {length:g}")
    positions = np.array(places)
    pieces = np.linalg.norm(np.diff(positions, axis=0).reshape(len(places) - 1, -1), axis=1)
    energies = np.array([surface.energy(place) for place in places])
    return DescentPath(positions, np.concatenate([[0.0], np.cumsum(pieces)]), energies)


def _quadratic_descent(slope: NDArray, curvature: NDArray, length: float) -> tuple[NDArray, bool]:
    """Steepest descent of a quadratic energy, dx/dt = -slope - curvature x, for a displacement of that length.

    Where the whole way down is shorter, that is told instead.
    """

    def at(time: float) -> NDArray:
        # (1 - exp(-k t))/k, with its limit t for flat modes
        product = curvature * time
        flat = np.abs(product) < 1e-8
        return -slope * np.where(flat, time * (1 - product / 2), -np.expm1(-product) / np.where(flat, 1, curvature))

    stiffest = np.abs(curvature).max()
    if curvature[0] > FLAT * stiffest and np.linalg.norm(slope / curvature) <= length:
        return -slope / curvature, True
    low, high = 0.0, 1.0 / stiffest
    while np.linalg.norm(at(high)) < length:
        low, high = high, 2 * high
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if np.linalg.norm(at(middle)) < length else (low, middle)
    return at(high), False
