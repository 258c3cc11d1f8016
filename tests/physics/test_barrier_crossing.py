"""Rates over barriers: closed forms, direct integrals, limits of friction, unstable configurations."""

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.special import ellipe, i0, i0e

from superion.barrier_crossing import (
    bridged_diffusion,
    energy_diffusion,
    harmonic_energy_above,
    kramers_transmission,
    overdamped_diffusion,
    probability_above_barrier,
    relaxation_time,
    transition_state_diffusion,
    transition_state_over_vineyard,
    transition_state_rate,
    unstable_fraction,
    vineyard_rate,
)
from superion.klein_kramers import exact_diffusion
from superion.periodic_potentials import PeriodicPotential

ROUNDING = 1e-12
REFERENCE = 1e-9  # digits of independently computed values
SHARES = 1e-6  # those of the shares of unstable configurations are fewer
QUADRATURE = 1e-8
UNEVEN = PeriodicPotential((1.0, 0.3), (0.2, -0.5))


def test_transition_state_rate_of_the_cosine():
    b = np.array([0.5, 5, 20, 100])
    expected = np.exp(-b) / (np.sqrt(2 * np.pi) * 2 * np.pi * i0e(b / 2))
    np.testing.assert_allclose(transition_state_rate(b), expected, rtol=ROUNDING)
    np.testing.assert_allclose(transition_state_diffusion(b), 4 * np.pi**2 * expected, rtol=ROUNDING)


def test_transition_state_rate_is_the_flux_through_the_top():
    b, top = 6.0, UNEVEN.top
    phase_space = dblquad(
        lambda v, x: np.exp(-(v**2) / 2 - b * UNEVEN.shape(x)), 0, 2 * np.pi, -9, 9, epsabs=1e-11, epsrel=1e-9
    )[0]
    flux = quad(lambda v: v * np.exp(-(v**2) / 2 - b * UNEVEN.shape(top)), 0, 12)[0]
    assert transition_state_rate(b, UNEVEN) == pytest.approx(flux / phase_space, rel=QUADRATURE)


def test_ratio_to_vineyards_rate():
    assert transition_state_over_vineyard(10.0) == pytest.approx(0.9720585251795348, rel=REFERENCE)
    b = np.array([3.0, 30.0])
    for potential in (UNEVEN, PeriodicPotential((-1.0,))):
        ratio = transition_state_rate(b, potential) / vineyard_rate(b, potential)
        np.testing.assert_allclose(transition_state_over_vineyard(b, potential), ratio, rtol=ROUNDING)
    high = np.array([50.0, 200.0])
    second = (1 - 1 / (4 * high) - transition_state_over_vineyard(high)) * high**2
    assert second[1] == pytest.approx(second[0], rel=0.1)  # what is left falls as 1/b^2
    assert abs(second[1]) < 0.3


def test_rate_of_a_well_of_one_harmonic_frequency():
    """Small vibrations of the cosine: omega^2 = (E/2m)(2 pi/a)^2, nu = (1/a) sqrt(E/2m)."""
    assert vineyard_rate(8.0) == pytest.approx(2 / (2 * np.pi) * np.exp(-8))


def test_energies_above_the_barrier():
    b = 5.0

    def density(v, x):
        return np.exp(-(v**2) / 2 - b * (1 - np.cos(x)) / 2)

    above = 2 * dblquad(density, 0, 2 * np.pi, lambda x: np.sqrt(b * (1 + np.cos(x))), 12)[0]
    whole = np.sqrt(2 * np.pi) * 2 * np.pi * i0(b / 2) * np.exp(-b / 2)
    assert probability_above_barrier(b) == pytest.approx(above / whole, rel=1e-7)
    assert probability_above_barrier(0.0) == pytest.approx(1)
    np.testing.assert_allclose(harmonic_energy_above([3.0, 9.0], 1), np.exp([-3.0, -9.0]), rtol=ROUNDING)
    np.testing.assert_allclose(harmonic_energy_above(4.0, 3), np.exp(-4) * (1 + 4 + 8), rtol=ROUNDING)
    # many modes: energies of N kT on average, with the spread sqrt(N)
    assert harmonic_energy_above(100.0, 100) == pytest.approx(0.5, abs=0.02)


def test_kramers_transmission():
    """The growing solution of x'' = w^2 x - g x' over w."""
    b, g = 9.0, np.array([1e-6, 0.3, 2.0, 50.0])
    w = np.sqrt(b / 2)
    growing = np.array([max(np.roots([1, friction, -(w**2)]).real) for friction in g])
    np.testing.assert_allclose(kramers_transmission(b, g), growing / w, rtol=1e-9)
    assert kramers_transmission(b, 1e6) == pytest.approx(w / 1e6, rel=1e-6)


def test_overdamped_diffusion():
    b = np.array([0.0, 2.0, 12.0])
    np.testing.assert_allclose(overdamped_diffusion(b, 3.0), 1 / (3 * i0(b / 2) ** 2), rtol=ROUNDING)
    # Smoluchowski's equation by the mean time of first passage over a period
    mean_time = quad(
        lambda x: np.exp(4 * UNEVEN.shape(x)) * quad(lambda y: np.exp(-4 * UNEVEN.shape(y)), x - 2 * np.pi, x)[0],
        0,
        2 * np.pi,
        epsabs=0,
    )[0]
    assert overdamped_diffusion(4.0, 1.0, UNEVEN) == pytest.approx((2 * np.pi) ** 2 / mean_time, rel=1e-7)


def test_energy_diffusion_of_the_cosine():
    """The action of the cosine is an elliptic integral: A(e) = 4 sqrt(2e) E(b/e)."""
    for b in (1.0, 5.0, 30.0):
        integral = quad(
            lambda y, b=b: np.exp(-y) / (4 * np.sqrt(2 * (b + y)) * ellipe(b / (b + y))), 0, 60, epsabs=0, limit=200
        )[0]
        expected = transition_state_diffusion(b) * 2 / 0.01 * integral
        assert energy_diffusion(b, 0.01) == pytest.approx(expected, rel=QUADRATURE)
    np.testing.assert_allclose(energy_diffusion([[2.0], [5.0]], [0.1, 1.0]).shape, (2, 2))


def test_limits_of_the_bridge():
    b = 12.0
    unit = transition_state_diffusion(b)
    assert bridged_diffusion(b, 30.0) == pytest.approx(unit * kramers_transmission(b, 30.0), rel=1e-9)
    # 2/loss at low losses, times 1 + c sqrt(loss): ln(x coth x) is what the layer about the top adds
    c = quad(lambda u: 2 * np.log(u**2 / np.tanh(u**2)) / u**2, 0, np.inf)[0] / (2 * np.sqrt(2) * np.pi)
    loss = 4 * np.sqrt(2 * b) * 1e-6  # kT from top to top
    assert bridged_diffusion(b, 1e-6) == pytest.approx(unit * 2 / loss * (1 + c * np.sqrt(loss)), rel=3 * loss)


def test_bridge_and_kramers_over_high_barriers():
    """Both are asymptotic: what they miss falls as kT/E."""
    b = np.array([10.0, 20.0, 40.0])
    for g in (0.3, 1.0, 5.0):
        exact = exact_diffusion(b, g, tolerance=1e-8).diffusion
        missed = np.abs(bridged_diffusion(b, g) / exact - 1) * b
        assert (missed < 0.3).all()
    g = 2 * np.sqrt(b / 2)  # the same curvature of the top for its friction
    beyond = exact_diffusion(b, g).diffusion / transition_state_diffusion(b) / kramers_transmission(b, g) - 1
    assert beyond[2] * 40 == pytest.approx(beyond[1] * 20, rel=0.1)


def test_unstable_configurations():
    np.testing.assert_allclose(unstable_fraction([5.0, 10.0]), [0.042346667742, 0.002458798226], rtol=SHARES)
    assert unstable_fraction(0.0) == pytest.approx(0.5)
    # activated with half the barrier: (2/pi z)/2 I0(z) at z = b/2
    z = 60.0
    assert unstable_fraction(2 * z) * i0(z) * np.pi * z == pytest.approx(1, rel=2 / z**2)


def test_diffusion_follows_the_square_of_the_unstable_share_at_high_barriers_alone():
    def exponent(low, high):
        d = exact_diffusion([low, high], 1.0).diffusion
        return np.log(d[1] / d[0]) / np.diff(np.log(unstable_fraction([low, high])))[0]

    assert exponent(5.0, 7.0) == pytest.approx(1.5374, abs=5e-5)  # half of the last digit
    slopes = [exponent(b, b + 0.1) for b in (10, 40, 160)]
    assert slopes == sorted(slopes)
    assert slopes[2] == pytest.approx(2, abs=0.02)


def test_relaxation_time():
    """Rates of the linear motion about top and bottom."""
    b = 8.0
    for g in (0.2, 1.0, 20.0):
        top, well = np.roots([1, g, -b / 2]), np.roots([1, g, b / 2])
        slowest = min(top.real.max(), (-well.real).min())
        assert relaxation_time(b, g) == pytest.approx(1 / slowest, rel=1e-9)


def test_refused():
    with pytest.raises(ValueError, match=r"reduced_barrier must be finite, at least 0 and at most 300, got -1\.0"):
        transition_state_rate(-1.0)
    with pytest.raises(
        ValueError, match=r"reduced_barrier must be finite, above 0, at least 0 and at most 300, got 0\.0"
    ):
        transition_state_over_vineyard(0.0)
    with pytest.raises(ValueError, match=r"reduced_friction must be finite and above 0, got 0\.0"):
        kramers_transmission(5.0, 0.0)
    with pytest.raises(ValueError, match="modes must be an integer and at least 1, got 0"):
        harmonic_energy_above(5.0, 0)
