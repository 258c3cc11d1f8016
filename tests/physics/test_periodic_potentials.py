"""Shapes of periodic potentials: extremes, curvature, means over a period, and the unit of time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import iv, modstruve

from superion.periodic_potentials import COSINE, PeriodicPotential, reduced_time_ps

ROUNDING = 1e-12
QUADRATURE = 1e-9  # of scipy's adaptive rule over a peak
STEP = 1e-4  # of second differences: truncation STEP^2 s''''/12, rounding 1e-16/STEP^2
DIFFERENCE = 1e-6

coefficients = st.lists(st.floats(-1, 1), min_size=1, max_size=4)


def uneven():
    return PeriodicPotential((1.0, 0.3), (0.2, -0.5))


def test_cosine():
    theta = np.linspace(-7, 7, 57)
    np.testing.assert_allclose(COSINE.shape(theta), (1 - np.cos(theta)) / 2, atol=ROUNDING)
    np.testing.assert_allclose(COSINE.curvature(theta), np.cos(theta) / 2, atol=ROUNDING)
    assert COSINE.bottom == pytest.approx(0, abs=ROUNDING)
    assert COSINE.top == pytest.approx(np.pi)
    np.testing.assert_allclose(COSINE.unstable_intervals(), [(np.pi / 2, 3 * np.pi / 2)])
    assert COSINE.is_even and not uneven().is_even


@given(cosines=coefficients, sines=coefficients)
@settings(max_examples=30, deadline=None)
def test_any_shape_spans_0_to_1(cosines, sines):
    if max(np.abs(cosines).max(), np.abs(sines).max()) < 1e-3:
        return
    potential = PeriodicPotential(tuple(cosines), tuple(sines))
    theta = np.linspace(0, 2 * np.pi, 4001)
    values = potential.shape(theta)
    assert -1e-9 < values.min() < 1e-4 and 1 - 1e-4 < values.max() < 1 + 1e-9
    assert potential.shape(potential.bottom) == pytest.approx(0, abs=1e-9)
    assert potential.shape(potential.top) == pytest.approx(1, abs=1e-9)
    inside = np.zeros(theta.size, bool)
    for low, high in potential.unstable_intervals():
        assert 0 < high - low < 2 * np.pi
        for shift in (0, 2 * np.pi):
            inside |= (theta + shift > low) & (theta + shift < high)
    clear = np.abs(potential.curvature(theta)) > 1e-6
    np.testing.assert_array_equal(inside[clear], potential.curvature(theta[clear]) < 0)


def test_curvature_is_the_second_derivative():
    theta, potential = np.linspace(0, 6, 13), uneven()
    differences = (potential.shape(theta + STEP) - 2 * potential.shape(theta) + potential.shape(theta - STEP)) / STEP**2
    np.testing.assert_allclose(potential.curvature(theta), differences, atol=DIFFERENCE)


def test_scale_and_origin_of_the_coefficients_do_not_matter():
    theta = np.linspace(0, 6, 13)
    larger = PeriodicPotential((7.0, 2.1), (1.4, -3.5))
    np.testing.assert_allclose(larger.shape(theta), uneven().shape(theta), atol=ROUNDING)
    cosines, sines = uneven().scaled_coefficients
    k = np.arange(1, 3)
    sum_of_harmonics = np.cos(np.outer(theta, k)) @ cosines + np.sin(np.outer(theta, k)) @ sines
    constant = uneven().shape(theta) - sum_of_harmonics
    np.testing.assert_allclose(constant, constant[0], atol=ROUNDING)


@pytest.mark.parametrize("b", [-20.0, 0.0, 3.0, 40.0])
def test_boltzmann_means(b):
    assert COSINE.boltzmann_mean(b) == pytest.approx(np.exp(-b / 2) * iv(0, b / 2), rel=ROUNDING)
    potential = uneven()
    expected = quad(lambda t: np.exp(-b * potential.shape(t)) / (2 * np.pi), 0, 2 * np.pi, limit=200, epsabs=0)[0]
    assert potential.boltzmann_mean(b) == pytest.approx(expected, rel=QUADRATURE)


def test_unstable_means():
    b = np.array([0.0, 1.0, 3.0])  # beyond, I0 - L0 cancels
    expected = np.exp(-b / 2) * (iv(0, b / 2) - modstruve(0, b / 2)) / 2
    np.testing.assert_allclose(COSINE.unstable_mean(b), expected, rtol=1e-11)
    potential = uneven()
    parts = [
        quad(lambda t: np.exp(-25 * potential.shape(t)) / (2 * np.pi), *ends, epsabs=0)[0]
        for ends in potential.unstable_intervals()
    ]
    assert potential.unstable_mean(25.0) == pytest.approx(sum(parts), rel=QUADRATURE)


def test_unit_of_time():
    """Lithium of 7 u at 300 K has sqrt(kT/m) = 596.9 m/s: 3 A/2pi takes it 0.0800 ps."""
    assert reduced_time_ps(3.0, 7.0, 300.0) == pytest.approx(3e-10 / (2 * np.pi) / 596.94 * 1e12, rel=1e-4)
    times = reduced_time_ps(3.0, 7.0, [100.0, 400.0])
    assert times[0] / times[1] == pytest.approx(2)
    assert reduced_time_ps(6.0, 28.0, 300.0) == pytest.approx(4 * reduced_time_ps(3.0, 7.0, 300.0))


def test_refused():
    with pytest.raises(ValueError, match="must have a coefficient other than 0"):
        PeriodicPotential((0.0, 0.0))
    with pytest.raises(ValueError, match=r"cosines must be finite, got nan at index \(1,\)"):
        PeriodicPotential((1.0, np.nan))
    with pytest.raises(ValueError, match=r"sines must be a list of at most 64, got shape \(65,\)"):
        PeriodicPotential((), (1.0,) * 65)
    with pytest.raises(ValueError, match=r"mass_u must be finite and above 0, got 0\.0"):
        reduced_time_ps(3.0, 0.0, 300.0)
