"""Soft modes: integrals with a quartic term, lattice sums, Lindemann's criterion, screening."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gamma, pbdv

from superion.soft_modes import (
    branch_mean_square_A2,
    harmonic_mean_square_A2,
    ionic_susceptibility,
    lindemann_temperature_K,
    longitudinal_frequency_THz,
    quartic_mean_square_A2,
    soft_frequency_THz,
    temperature_of_amplitude_K,
    watson_integral,
)
from superion.thermal_amplitudes import stiffness_eV_per_A2
from superion.units import ELEMENTARY_CHARGE_C, ATOMIC_MASS_kg, REDUCED_PLANCK_eV_PS, thermal_energy_eV

MASS_UNIT = 3e-9  # the reference rests on another value of the mass unit (CODATA 2022 against 2018: 1.4e-9)
ROUNDING = 1e-11
WATSON = 0.505462019717326  # Watson 1939
T = 300.0
THERMAL = float(thermal_energy_eV(T))


def harmonic(temperature):
    return harmonic_mean_square_A2(temperature, soft_frequency_THz(temperature, 500.0, 3.0), 7.0)


def test_frequency():
    np.testing.assert_allclose(soft_frequency_THz([0.0, 375.0, 500.0, 625.0], 500.0, 3.0), [3, 1.5, 0, 1.5])


def test_lindemann_temperature():
    found = float(lindemann_temperature_K(500.0, 3.0, 7.0, 0.3))
    assert found == pytest.approx(76.0845679337642, rel=MASS_UNIT)
    assert harmonic(found) == pytest.approx(0.09, rel=ROUNDING)
    assert temperature_of_amplitude_K(harmonic, 0.3, 499.0) == pytest.approx(found, rel=ROUNDING)


def test_lindemann_temperature_above_the_critical_one():
    """Only ions that are heavy or may swing far meet the criterion there."""
    assert np.isnan(lindemann_temperature_K(500.0, 3.0, 7.0, 0.3, "above"))
    assert (harmonic(np.linspace(501, 5000, 20)) > 0.09).all()
    found = float(lindemann_temperature_K(500.0, 3.0, 100.0, 0.3, "above"))
    assert found > 500
    frequency = soft_frequency_THz(found, 500.0, 3.0)
    assert harmonic_mean_square_A2(found, frequency, 100.0) == pytest.approx(0.09, rel=ROUNDING)


def test_harmonic_mode_diverges():
    assert harmonic(500 * (1 - 1e-8)) / harmonic(500 * (1 - 1e-4)) == pytest.approx(1e4, rel=2e-4)
    assert harmonic_mean_square_A2(T, 3.0, 7.0, 1) == pytest.approx(harmonic_mean_square_A2(T, 3.0, 7.0) / 3)


@pytest.mark.parametrize("components", [1, 2, 3])
@pytest.mark.parametrize("stiffness", [0.0, 1e-3, 0.3, 50.0])
def test_quartic_term_by_adaptive_integration(components, stiffness):
    quartic = 1.3

    def moment(power):
        return quad(
            lambda u: u**power * np.exp(-(stiffness * u**2 / 2 + quartic * u**4 / 4) / THERMAL),
            0,
            3,
            epsabs=0,
            limit=200,
        )[0]

    expected = moment(components + 1) / moment(components - 1)
    assert quartic_mean_square_A2(T, stiffness, quartic, components) == pytest.approx(expected, rel=1e-9)


def test_quartic_term_in_closed_forms():
    """Parabolic cylinder functions: int u^(2p-1) exp(-a u^2 - b u^4) du is one of order -p."""
    stiffness, quartic = 0.2, 0.9
    z = stiffness / np.sqrt(2 * quartic * THERMAL)
    scale = np.sqrt(2 * THERMAL / quartic)
    for d in (1, 3):
        expected = scale * d / 2 * pbdv(-(d / 2 + 1), z)[0] / pbdv(-d / 2, z)[0]
        assert quartic_mean_square_A2(T, stiffness, quartic, d) == pytest.approx(expected, rel=1e-9)
        saturated = np.sqrt(4 * THERMAL / quartic) * gamma(d / 4 + 0.5) / gamma(d / 4)
        assert quartic_mean_square_A2(T, 0.0, quartic, d) == pytest.approx(saturated, rel=ROUNDING)
    weak = quartic_mean_square_A2(T, 5.0, 1e-9)
    assert weak == pytest.approx(3 * THERMAL / 5, rel=1e-9)


def test_quartic_term_obeys_the_virial_theorem():
    """<u dV/du> = 3kT ties the fourth moment to the second: k<u^2> + B<u^4> = 3kT with <u^4> from dF/dB."""
    k, b, step = 0.15, 0.8, 1e-4

    def log_partition(stiffness):
        return np.log(
            quad(lambda u: u**2 * np.exp(-(stiffness * u**2 / 2 + b * u**4 / 4) / THERMAL), 0, 3, epsabs=0)[0]
        )

    second = -2 * THERMAL * (log_partition(k + step) - log_partition(k - step)) / (2 * step)
    assert quartic_mean_square_A2(T, k, b) == pytest.approx(second, rel=1e-6)


def test_watson_integral():
    assert watson_integral(0.0) == pytest.approx(WATSON, rel=1e-9)
    cosine = np.cos(2 * np.pi * np.arange(48) / 48)
    for s in (0.3, 2.0):
        mesh = 1 / (s + 3 - cosine[:, None, None] - cosine[:, None] - cosine)
        assert watson_integral(s) == pytest.approx(mesh.mean(), rel=1e-9)
    # the root of s ahead of it is that of a Coulomb potential: 1/(pi sqrt 2)
    small = np.array([1e-6, 1e-4])
    np.testing.assert_allclose((WATSON - watson_integral(small)) / np.sqrt(small), 1 / (np.pi * np.sqrt(2)), rtol=5e-3)
    assert watson_integral(1e6) == pytest.approx(1 / (1e6 + 3), rel=1e-9)


def test_a_branch_stays_finite():
    cosine = np.cos(2 * np.pi * (np.arange(60) + 0.5) / 60)
    square = 3.0**2 * (3 - cosine[:, None, None] - cosine[:, None] - cosine) / 6 + 1.2**2
    by_hand = (3 * THERMAL / stiffness_eV_per_A2(7.0, np.sqrt(square))).mean()
    assert branch_mean_square_A2(T, 1.2, 3.0, 7.0) == pytest.approx(by_hand, rel=1e-8)
    soft = branch_mean_square_A2(T, 0.0, 3.0, 7.0)
    assert soft == pytest.approx(3 * THERMAL / stiffness_eV_per_A2(7.0, 3.0) * 6 * WATSON, rel=1e-8)


def test_zero_point_motion():
    frequency = soft_frequency_THz(1.0, 500.0, 3.0)
    zero_point = 3 * np.pi * frequency * REDUCED_PLANCK_eV_PS / stiffness_eV_per_A2(7.0, frequency)
    assert harmonic_mean_square_A2(1.0, frequency, 7.0, statistics="quantum") == pytest.approx(zero_point, rel=ROUNDING)


def test_temperature_that_is_not_reached():
    assert np.isnan(temperature_of_amplitude_K(lambda t: 1e-6 * t, 0.3, 400.0))
    assert temperature_of_amplitude_K(lambda t: 1e-3 * t, 0.3, 400.0) == pytest.approx(90.0)


def test_screening_by_an_optical_mode():
    """Ions of charge +-Z in a static field, and the same displaced along a slab's normal."""
    charge, mass, frequency, volume, electronic = 1.1, 5.0, 8.0, 50.0, 3.0
    stiffness = mass * ATOMIC_MASS_kg * (2 * np.pi * frequency * 1e12) ** 2
    vacuum = 8.8541878128e-12
    displacement = charge * ELEMENTARY_CHARGE_C * 1.0 / stiffness  # in a field of 1 V/m
    polarization = charge * ELEMENTARY_CHARGE_C * displacement / (volume * 1e-30)
    ionic = ionic_susceptibility(charge, mass, frequency, volume)
    assert ionic == pytest.approx(polarization / vacuum, rel=1e-9)
    restoring = stiffness + (charge * ELEMENTARY_CHARGE_C) ** 2 / (vacuum * electronic * volume * 1e-30)
    longitudinal = np.sqrt(restoring / (mass * ATOMIC_MASS_kg)) / (2 * np.pi) * 1e-12
    assert longitudinal_frequency_THz(frequency, ionic, electronic) == pytest.approx(longitudinal, rel=1e-9)
    # Lyddane, Sachs and Teller
    assert (longitudinal / frequency) ** 2 == pytest.approx((electronic + ionic) / electronic, rel=1e-9)


def test_refused():
    with pytest.raises(ValueError, match="side must be 'below' or 'above', got 'left'"):
        lindemann_temperature_K(500.0, 3.0, 7.0, 0.3, "left")
    with pytest.raises(ValueError, match=r"critical_temperature_K must be finite and above 0, got 0\.0"):
        soft_frequency_THz(300.0, 0.0, 3.0)
    with pytest.raises(ValueError, match=r"quartic_eV_per_A4 must be finite and above 0, got 0\.0"):
        quartic_mean_square_A2(300.0, 1.0, 0.0)
    with pytest.raises(ValueError, match=r"softness must be finite and at least 0, got -1\.0"):
        watson_integral(-1.0)
    with pytest.raises(ValueError, match=r"amplitude_A must be finite and above 0, got 0\.0"):
        temperature_of_amplitude_K(harmonic, 0.0, 400.0)
    with pytest.raises(ValueError, match=r"band_frequency_THz must be finite and above 0, got 0\.0"):
        branch_mean_square_A2(300.0, 1.0, 0.0, 7.0)
    with pytest.raises(ValueError, match=r"electronic_constant must be finite and at least 1, got 0\.5"):
        longitudinal_frequency_THz(8.0, 1.0, 0.5)
    with pytest.raises(ValueError, match=r"cell_volume_A3 must be finite and above 0, got 0\.0"):
        ionic_susceptibility(1.0, 5.0, 8.0, 0.0)
    with pytest.raises(ValueError, match="components must be an integer and at least 1, got 0"):
        harmonic_mean_square_A2(300.0, 1.0, 7.0, 0)
