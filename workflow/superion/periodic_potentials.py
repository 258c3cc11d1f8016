"""Shapes of periodic potentials, given by Fourier coefficients: lowest point 0, highest point 1, period 2 pi.

A barrier of height E and a period a make of a shape s the potential V(x) = E s(2 pi x/a). In reduced units, lengths in
a/2pi, energies in kT and the particle's mass for masses, what moves in it depends on E/kT and one reduced friction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.quadrature import gauss_legendre
from superion.units import BOLTZMANN_J_PER_K, ATOMIC_MASS_kg
from superion.validity import finite_array

__all__ = ["COSINE", "HIGHEST_BARRIER", "PeriodicPotential", "reduced_time_ps"]

HIGHEST_BARRIER = 300.0
"""Largest E/kT that rates are computed for: exp(-E/kT) must stay a normal number."""

GRID_PER_HARMONIC = 64
BISECTIONS = 60
HIGHEST_HARMONIC = 64
EDGE_NODES, EDGE_PANELS = 24, 8  # of each interval of one sign of the curvature


@dataclass(frozen=True)
class PeriodicPotential:
    """s(theta), proportional to sum_k (cosines[k-1] cos k theta + sines[k-1] sin k theta), scaled to span 0 to 1.

    Attributes
    ----------
    cosines, sines : coefficients of the harmonics 1, 2, ... in any common unit; missing ones are 0

    Raises
    ------
    ValueError
        No coefficient differs from 0, one is not finite, or a harmonic is above 64.
    """

    cosines: tuple[float, ...] = ()
    sines: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check the coefficients."""
        for name in ("cosines", "sines"):
            values = np.atleast_1d(finite_array(name, getattr(self, name)))
            if values.ndim != 1 or values.size > HIGHEST_HARMONIC:
                raise ValueError(f"{name} must be a list of at most {HIGHEST_HARMONIC}, got shape {values.shape}")
            object.__setattr__(self, name, tuple(float(value) for value in values))
        if not any(self.cosines) and not any(self.sines):
            raise ValueError("a periodic potential must have a coefficient other than 0, got none")

    @property
    def is_even(self) -> bool:
        """Whether no sine takes part."""
        return not any(self.sines)

    @property
    def harmonics(self) -> int:
        """Number of harmonics K up to the highest."""
        return max(len(self.cosines), len(self.sines))

    @property
    def scaled_coefficients(self) -> tuple[NDArray, NDArray]:
        """Coefficients (K,) of the cosines and of the sines of s."""
        lowest, highest, _, _ = _extremes(self)
        cosines, sines = np.array(_pairs(self)).T / (highest - lowest)
        return cosines, sines

    def shape(self, theta: ArrayLike) -> NDArray:
        """s at angles theta = 2 pi x/a of any shape, from 0 to 1."""
        lowest, highest, _, _ = _extremes(self)
        return (_derivative(self, theta, 0) - lowest) / (highest - lowest)

    def curvature(self, theta: ArrayLike) -> NDArray:
        """Second derivative of s at angles of any shape."""
        lowest, highest, _, _ = _extremes(self)
        return _derivative(self, theta, 2) / (highest - lowest)

    @property
    def bottom(self) -> float:
        """Angle of the lowest point; the first one if there are several, from 0 to 2 pi."""
        return _extremes(self)[2]

    @property
    def top(self) -> float:
        """Angle of the highest point; the first one if there are several, from 0 to 2 pi."""
        return _extremes(self)[3]

    def unstable_intervals(self) -> list[tuple[float, float]]:
        """Intervals of angles within one period, ends included, in which the curvature is negative."""
        return _unstable_intervals(self)

    def boltzmann_mean(self, reduced_barrier: ArrayLike) -> NDArray:
        """Mean of exp(-b s) over a period for b = E/kT of any shape and either sign."""
        b = finite_array("reduced_barrier", reduced_barrier)
        # The rule of equal weights is exact beyond all orders once it resolves the narrowest peak.
        points = 64 * self.harmonics * (1 + int(np.sqrt(np.abs(b).max(initial=0.0))))
        values = self.shape(2 * np.pi * np.arange(points) / points)
        return np.exp(-np.multiply.outer(b, values)).mean(axis=-1)

    def unstable_mean(self, reduced_barrier: ArrayLike) -> NDArray:
        """Mean over a period of exp(-b s) where the curvature is negative, and 0 elsewhere."""
        b = finite_array("reduced_barrier", reduced_barrier)
        node, weight = gauss_legendre(EDGE_NODES, EDGE_PANELS)
        total = np.zeros(b.shape)
        for low, high in self.unstable_intervals():
            values = self.shape(low + (high - low) * node)
            total += np.exp(-np.multiply.outer(b, values)) @ weight * (high - low) / (2 * np.pi)
        return total


COSINE = PeriodicPotential((-1.0,))
"""s = (1 - cos theta)/2."""


def reduced_time_ps(period_A: float, mass_u: float, temperature_K: ArrayLike) -> NDArray:
    """Unit of time (a/2pi) sqrt(m/kT) of the reduced units in ps, for temperatures of any shape.

    Rates in 1/ps are reduced rates over it; a friction rate gamma in 1/ps is the reduced friction over it. Diffusion
    coefficients in A^2/ps are reduced ones times (a/2pi)^2 over it.

    Raises
    ------
    ValueError
        A value that is not above 0.
    """
    period = finite_array("period_A", period_A, above=0)
    mass = finite_array("mass_u", mass_u, above=0)
    temperature = finite_array("temperature_K", temperature_K, above=0)
    speed_A_per_ps = np.sqrt(BOLTZMANN_J_PER_K * temperature / (mass * ATOMIC_MASS_kg)) * 1e-2
    return period / (2 * np.pi) / speed_A_per_ps


def _derivative(potential: PeriodicPotential, theta: ArrayLike, order: int) -> NDArray:
    """Derivative of the unscaled sum: each one turns cos into -sin, and sin into cos, and brings down a k."""
    total = np.zeros(np.shape(theta))
    for k, (cosine, sine) in enumerate(_pairs(potential), 1):
        phase = k * np.asarray(theta, float) + order * np.pi / 2
        total = total + k**order * (cosine * np.cos(phase) + sine * np.sin(phase))
    return total


def _pairs(potential: PeriodicPotential) -> list[tuple[float, float]]:
    count = potential.harmonics
    cosines, sines = (list(values) + [0.0] * (count - len(values)) for values in (potential.cosines, potential.sines))
    return list(zip(cosines, sines, strict=True))


@lru_cache(maxsize=64)
def _extremes(potential: PeriodicPotential) -> tuple[float, float, float, float]:
    """Lowest and highest value of the unscaled sum, and the angles where they are."""
    places = _zeros(potential, 1)
    values = _derivative(potential, places, 0)
    slack = 1e-12 * np.ptp(values)  # of several equal extremes the first one
    bottom, top = np.argmax(values <= values.min() + slack), np.argmax(values >= values.max() - slack)
    return float(values[bottom]), float(values[top]), float(places[bottom]), float(places[top])


@lru_cache(maxsize=64)
def _unstable_intervals(potential: PeriodicPotential) -> list[tuple[float, float]]:
    edges = _zeros(potential, 2)
    closed = np.append(edges, edges[0] + 2 * np.pi)
    middle = (closed[1:] + closed[:-1]) / 2
    inside = _derivative(potential, middle, 2) < 0
    return [(float(low), float(high)) for low, high in zip(closed[:-1][inside], closed[1:][inside], strict=True)]


def _zeros(potential: PeriodicPotential, order: int) -> NDArray:
    """Angles in [0, 2 pi), ascending, where a derivative changes its sign: bracketed on a grid, then halved."""
    count = GRID_PER_HARMONIC * potential.harmonics
    # A grid point must not hit a zero, as those of symmetric shapes would.
    low = 2 * np.pi * (np.arange(count) - 0.382) / count
    high = low + 2 * np.pi / count
    at_low = _derivative(potential, low, order)
    change = at_low * _derivative(potential, high, order) < 0
    low, high, sign = low[change], high[change], np.sign(at_low[change])
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        same = np.sign(_derivative(potential, middle, order)) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    found = (low + high) / 2
    found = np.where(found < -1e-12, found + 2 * np.pi, np.maximum(found, 0.0))
    return np.sort(found)
