"""Amplitudes of a harmonic mode: stiffness, sums over levels, limits."""

import numpy as np
import pytest

from superion.thermal_amplitudes import mean_square_amplitude_A2, quantum_factor, stiffness_eV_per_A2
from superion.units import ELEMENTARY_CHARGE_C, ATOMIC_MASS_kg, REDUCED_PLANCK_eV_PS, thermal_energy_eV

ROUNDING = 1e-12


def test_stiffness():
    expected = 16 * ATOMIC_MASS_kg * (2 * np.pi * 5e12) ** 2 / ELEMENTARY_CHARGE_C * 1e-20
    assert stiffness_eV_per_A2(16.0, 5.0) == pytest.approx(expected, rel=ROUNDING)
    assert stiffness_eV_per_A2(16.0, 10.0) == pytest.approx(4 * expected, rel=ROUNDING)


@pytest.mark.parametrize("temperature", [40.0, 300.0, 2000.0])
def test_quantum_factor_is_that_of_the_levels(temperature):
    """Mean energy of the levels hbar omega (n + 1/2) over kT."""
    quantum = 2 * np.pi * 5 * REDUCED_PLANCK_eV_PS
    levels = quantum * (np.arange(4000) + 0.5)
    weight = np.exp(-(levels - levels[0]) / thermal_energy_eV(temperature))
    mean = (levels * weight).sum() / weight.sum()
    assert quantum_factor(5.0, temperature) == pytest.approx(mean / thermal_energy_eV(temperature), rel=1e-11)


def test_limits():
    assert quantum_factor(0.0, 300.0) == 1
    near, x = np.array([1.59e-3, 1.61e-3]), np.pi * 1.6e-3 * REDUCED_PLANCK_eV_PS / thermal_energy_eV(300.0)
    np.testing.assert_allclose(quantum_factor(near, 300.0), 1 + x**2 / 3, rtol=1e-9)
    zero_point = np.pi * 5 * REDUCED_PLANCK_eV_PS / stiffness_eV_per_A2(16.0, 5.0)  # hbar/2M omega
    assert mean_square_amplitude_A2(16.0, 5.0, 1.0, "quantum") == pytest.approx(zero_point, rel=ROUNDING)
    classical = thermal_energy_eV(300.0) / stiffness_eV_per_A2(16.0, 5.0)
    assert mean_square_amplitude_A2(16.0, 5.0, 300.0) == pytest.approx(classical, rel=ROUNDING)
    small = np.array([1e-5, 2e-5]) * 300 * 20.837 * 2 / np.pi / 1000  # on both sides of the switch to the series
    assert (quantum_factor(small, 300.0) >= 1).all()


def test_refused():
    with pytest.raises(ValueError, match=r"mass_u must be finite and above 0, got 0\.0"):
        stiffness_eV_per_A2(0.0, 5.0)
    with pytest.raises(ValueError, match=r"temperature_K must be finite and above 0, got 0\.0"):
        quantum_factor(5.0, 0.0)
    with pytest.raises(ValueError, match=r"frequency_THz must be finite and above 0, got 0\.0"):
        mean_square_amplitude_A2(16.0, 0.0, 300.0)
    with pytest.raises(ValueError, match="statistics must be 'classical' or 'quantum', got 'bosonic'"):
        mean_square_amplitude_A2(16.0, 5.0, 300.0, "bosonic")
