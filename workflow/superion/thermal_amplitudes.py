"""How far a harmonic mode swings at a temperature, classically and by quantum mechanics.

Units: mass in u, frequency nu = omega/2pi in THz, stiffness M omega^2 in eV/A^2.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.units import (
    ELEMENTARY_CHARGE_C,
    ATOMIC_MASS_kg,
    REDUCED_PLANCK_eV_PS,
    thermal_energy_eV,
)
from superion.validity import finite_array, one_of

__all__ = ["STATISTICS", "mean_square_amplitude_A2", "quantum_factor", "stiffness_eV_per_A2"]

STATISTICS = ("classical", "quantum")
"""How a mode is counted."""
Statistics = Literal["classical", "quantum"]

MASS_UNIT_eV_PS2_PER_A2 = ATOMIC_MASS_kg * 1e4 / ELEMENTARY_CHARGE_C  # 1 u


def stiffness_eV_per_A2(mass_u: ArrayLike, frequency_THz: ArrayLike) -> NDArray:
    """Stiffness M omega^2 of a mode, eV/A^2, on broadcast arrays.

    Raises
    ------
    ValueError
        A mass that is not above 0, or a negative frequency.
    """
    mass = finite_array("mass_u", mass_u, above=0)
    frequency = finite_array("frequency_THz", frequency_THz, at_least=0)
    return mass * MASS_UNIT_eV_PS2_PER_A2 * (2 * np.pi * frequency) ** 2


def quantum_factor(frequency_THz: ArrayLike, temperature_K: ArrayLike) -> NDArray:
    """x coth x with x = hbar omega/2kT: mean squared amplitude of a mode over its classical one; 1 for soft modes.

    Raises
    ------
    ValueError
        A negative frequency, or a temperature that is not above 0.
    """
    frequency = finite_array("frequency_THz", frequency_THz, at_least=0)
    temperature = finite_array("temperature_K", temperature_K, above=0)
    x = np.pi * frequency * REDUCED_PLANCK_eV_PS / thermal_energy_eV(temperature)
    small = x < 1e-4  # where x coth x is 1 + x^2/3 to rounding
    safe = np.where(small, 1.0, x)
    return np.where(small, 1 + x**2 / 3, safe / np.tanh(safe))


def mean_square_amplitude_A2(
    mass_u: ArrayLike,
    frequency_THz: ArrayLike,
    temperature_K: ArrayLike,
    statistics: Statistics = "classical",
) -> NDArray:
    """Mean squared amplitude <Q^2> = kT/(M omega^2), times x coth x by quantum mechanics, A^2, on broadcast arrays.

    Raises
    ------
    ValueError
        A mass, frequency or temperature that is not above 0, or unknown statistics.
    """
    one_of("statistics", statistics, STATISTICS)
    frequency = finite_array("frequency_THz", frequency_THz, above=0)
    temperature = finite_array("temperature_K", temperature_K, above=0)
    classical = thermal_energy_eV(temperature) / stiffness_eV_per_A2(mass_u, frequency)
    return classical if statistics == "classical" else classical * quantum_factor(frequency, temperature)
