"""Electrons and holes in thermal equilibrium: Fermi-Dirac integrals and effective densities of states.

The Fermi-Dirac integral here is F(xi) = 2/sqrt(pi) int_0^inf sqrt(t)/(1 + exp(t - xi)) dt, exp(xi) far below the edge,
so that a parabolic band holds N F(xi) carriers with the effective density of states N = 2 (2 pi m kT/h^2)^(3/2).

Source: J. S. Blakemore, Solid-State Electron. 25, 1067 (1982).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.units import BOLTZMANN_J_PER_K, PLANCK_J_S, ELECTRON_MASS_kg
from superion.validity import finite_array

__all__ = ["effective_states_per_A3", "log_fermi_integral", "log_level_occupation"]

STEP, FARTHEST = 0.04, 40.0  # of the trapezoidal rule in the root of the energy; beyond kT times 40 nothing is left
DEGENERATE = 60.0  # from here on Sommerfeld's series is exact to 1e-13, and the rule would no longer be


def effective_states_per_A3(effective_mass: ArrayLike, temperature_K: ArrayLike) -> NDArray:
    """Effective density of states (...) of a parabolic band with spin, 2 (2 pi m kT/h^2)^(3/2), in 1/A^3.

    Parameters
    ----------
    effective_mass : density-of-states mass in electron masses
    temperature_K : above 0

    Raises
    ------
    ValueError
        A mass or temperature not above 0.
    """
    mass_kg = finite_array("effective_mass", effective_mass, above=0) * ELECTRON_MASS_kg
    thermal_energy_J = BOLTZMANN_J_PER_K * finite_array("temperature_K", temperature_K, above=0)
    return 2 * (2 * np.pi * mass_kg * thermal_energy_J / PLANCK_J_S**2) ** 1.5 * 1e-30


def log_level_occupation(reduced_level: ArrayLike) -> tuple[NDArray, NDArray]:
    """ln of the occupation 1/(1 + exp(-xi)) of a level and its slope d/dxi, both (...)."""
    xi = finite_array("reduced_level", reduced_level)
    empty = np.exp(-np.logaddexp(0, xi))
    return -np.logaddexp(0, -xi), empty


def log_fermi_integral(reduced_level: ArrayLike) -> tuple[NDArray, NDArray]:
    """ln of the Fermi-Dirac integral of order 1/2 and its slope d/dxi, both (...), to 13 digits.

    Parameters
    ----------
    reduced_level : xi (...), depth of the Fermi level in the band over kT

    Raises
    ------
    ValueError
        A level that is not finite.
    """
    xi = finite_array("reduced_level", reduced_level)
    low = np.minimum(xi, DEGENERATE)
    # In s = sqrt(t) the integrand is even and analytic: the trapezoidal rule converges exponentially.
    square = np.arange(STEP, np.sqrt(DEGENERATE + FARTHEST), STEP) ** 2
    above = np.maximum(low, 0)[..., None]  # exp(-xi) of the integral where xi > 0, the integral over exp(xi) below
    shifted = square - above
    filled = np.exp(-np.logaddexp(shifted, (low - np.maximum(low, 0))[..., None]))
    empty = np.exp(-np.logaddexp(0, low[..., None] - square))
    integral = 4 / np.sqrt(np.pi) * STEP * np.sum(square * filled, axis=-1)
    slope = 4 / np.sqrt(np.pi) * STEP * np.sum(square * filled * empty, axis=-1)
    value, ratio = np.log(integral) + np.minimum(low, 0), slope / integral
    high = np.maximum(xi, DEGENERATE)
    series, change = _sommerfeld(high)
    value = np.where(xi > DEGENERATE, np.log(4 / (3 * np.sqrt(np.pi)) * series) + 1.5 * np.log(high), value)
    ratio = np.where(xi > DEGENERATE, 1.5 / high + change / series, ratio)
    return value, ratio


def _sommerfeld(xi: NDArray) -> tuple[NDArray, NDArray]:
    """Series in (pi/xi)^2 that multiplies 4 xi^1.5/(3 sqrt(pi)), and its slope."""
    y = (np.pi / xi) ** 2
    series = 1 + y / 8 + 7 * y**2 / 640 + 31 * y**3 / 3072 + 4191 * y**4 / 163840
    slope = -2 / xi * (y / 8 + 14 * y**2 / 640 + 93 * y**3 / 3072 + 4 * 4191 * y**4 / 163840)
    return series, slope
