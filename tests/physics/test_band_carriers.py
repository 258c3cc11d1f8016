"""Electrons and holes: Fermi-Dirac integrals against polylogarithms, densities of states against the textbook value."""

import mpmath
import numpy as np
import pytest

from superion.band_carriers import effective_states_per_A3, log_fermi_integral, log_level_occupation

EXACT = 1e-12  # the rule is exact to rounding below, Sommerfeld's series above xi = 60


@pytest.mark.parametrize("xi", [-700.0, -30.0, -3.0, -0.4, 0.0, 0.7, 4.0, 20.0, 45.0, 59.9, 60.1, 90.0, 400.0])
def test_fermi_integral_is_a_polylogarithm(xi):
    """F(xi) = -Li_3/2(-exp(xi)), and its slope is -Li_1/2(-exp(xi))."""
    with mpmath.workdps(30):
        order = [mpmath.re(-mpmath.polylog(mpmath.mpf(n) / 2, -mpmath.exp(xi))) for n in (3, 1)]
        expected = float(mpmath.log(order[0])), float(order[1] / order[0])
    value, slope = log_fermi_integral(xi)
    assert value == pytest.approx(expected[0], abs=EXACT)
    assert slope == pytest.approx(expected[1], rel=1e-11)


def test_level_occupation_keeps_its_digits_at_both_ends():
    value, slope = log_level_occupation(np.array([-800.0, 0.0, 40.0]))
    np.testing.assert_allclose(value, [-800.0, -np.log(2), -np.exp(-40.0)], rtol=EXACT)
    np.testing.assert_allclose(slope, [1.0, 0.5, np.exp(-40.0)], rtol=EXACT)


def test_few_carriers_follow_boltzmann_in_both():
    for statistics in (log_level_occupation, log_fermi_integral):
        value, slope = statistics(np.array([-35.0, -50.0]))
        np.testing.assert_allclose(value, [-35.0, -50.0], atol=1e-14)
        np.testing.assert_allclose(slope, 1.0, atol=1e-14)


def test_effective_density_of_states():
    """2.509e19 per cm^3 at 300 K for the free mass (Blakemore 1982), growing as (m T)^1.5."""
    free = effective_states_per_A3(1.0, 300.0)
    assert free * 1e24 == pytest.approx(2.509e19, rel=1e-3)
    assert effective_states_per_A3(0.25, 1200.0) == pytest.approx(free, rel=EXACT)


def test_what_is_refused():
    with pytest.raises(ValueError, match="effective_mass must be finite and above 0, got 0"):
        effective_states_per_A3(0.0, 300.0)
    with pytest.raises(ValueError, match=r"temperature_K must be .* above 0, got -1"):
        effective_states_per_A3(1.0, -1.0)
    for statistics in (log_level_occupation, log_fermi_integral):
        with pytest.raises(ValueError, match="reduced_level must be finite, got nan"):
            statistics(np.nan)
