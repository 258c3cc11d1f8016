"""Exact SI (2019) constants and the conversions that ion transport needs."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

__all__ = [
    "BOLTZMANN_J_PER_K",
    "ELEMENTARY_CHARGE_C",
    "PLANCK_J_S",
    "ATOMIC_MASS_kg",
    "BOLTZMANN_eV_PER_K",
    "ELECTRON_MASS_kg",
    "REDUCED_PLANCK_eV_PS",
    "inverse_thermal_energy_per_eV",
    "thermal_energy_eV",
]

ELEMENTARY_CHARGE_C = 1.602176634e-19
BOLTZMANN_J_PER_K = 1.380649e-23
BOLTZMANN_eV_PER_K = BOLTZMANN_J_PER_K / ELEMENTARY_CHARGE_C
PLANCK_J_S = 6.62607015e-34
REDUCED_PLANCK_eV_PS = PLANCK_J_S / (2 * np.pi) / ELEMENTARY_CHARGE_C * 1e12
# Measured, CODATA 2018; their uncertainty is beyond what is asked of them here.
ATOMIC_MASS_kg = 1.66053906660e-27
ELECTRON_MASS_kg = 9.1093837015e-31

Scalar = TypeVar("Scalar", float, np.ndarray)


def thermal_energy_eV(temperature_K: Scalar) -> Scalar:
    """Thermal energy kT in eV of a temperature in K (any shape)."""
    return BOLTZMANN_eV_PER_K * temperature_K


def inverse_thermal_energy_per_eV(temperature_K: Scalar) -> Scalar:
    """Inverse thermal energy beta = 1/kT in 1/eV of a temperature in K (any shape), and back."""
    return 1.0 / (BOLTZMANN_eV_PER_K * temperature_K)
