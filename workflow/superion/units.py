"""Exact SI (2019) constants and the conversions that ion transport needs."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

__all__ = ["BOLTZMANN_J_PER_K", "ELEMENTARY_CHARGE_C", "BOLTZMANN_eV_PER_K", "thermal_energy_eV"]

ELEMENTARY_CHARGE_C = 1.602176634e-19
BOLTZMANN_J_PER_K = 1.380649e-23
BOLTZMANN_eV_PER_K = BOLTZMANN_J_PER_K / ELEMENTARY_CHARGE_C

Scalar = TypeVar("Scalar", float, np.ndarray)


def thermal_energy_eV(temperature_K: Scalar) -> Scalar:
    """Thermal energy kT in eV of a temperature in K (any shape)."""
    return BOLTZMANN_eV_PER_K * temperature_K
