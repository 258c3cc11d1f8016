"""Harmonic transition state theory: a vacancy in a crystal, closed forms, quantum limits."""

import mpmath
import numpy as np
import pytest
import scipy.integrate
from hypothesis import given, settings
from hypothesis import strategies as st
from physics.reference_surfaces import Quartic, vacancy

from superion.saddle_points import StationaryPoint, find_minimum, find_saddle
from superion.transition_states import (
    harmonic_transition,
    hop_rate,
    parabolic_tunnelling,
    quantum_rate_ratio,
    tunnelling_crossover,
    vineyard_prefactor,
    zero_point_difference,
)

REFERENCE = 1e-10  # relative, of energies and products of hundreds of frequencies
ROUNDING = 1e-12
HARMONIC = 2e-3  # kT/E corrections of the harmonic rate in the test at kT = E/2000

# (cells, images): E_m and nu of a vacancy's hop, computed independently in the reference values of the study
VACANCIES = {
    (3, "nearest"): (3.6635137858161215, 0.45962082740856736),
    (4, "all"): (3.6353537491498855, 0.46422994010262114),
}


@pytest.fixture(scope="module")
def small():
    return vacancy(3)


@pytest.mark.parametrize(("cells", "images"), VACANCIES)
def test_vacancy_against_reference_values(cells, images):
    energy, prefactor = VACANCIES[cells, images]
    minimum, saddle = vacancy(cells, images)
    hop = harmonic_transition(minimum, saddle, np.ones(len(minimum.positions)), 3)
    assert hop.energy == pytest.approx(energy, rel=REFERENCE)
    assert hop.prefactor == pytest.approx(prefactor, rel=REFERENCE)
    count = len(minimum.positions)
    assert (hop.minimum_frequencies.size, hop.saddle_frequencies.size) == (3 * count - 3, 3 * count - 4)


def test_nearest_images_alone_are_not_the_periodic_crystal(small):
    """A box of 3 cells is below twice the cutoff: the reference value of 107 atoms is that of dropped bonds."""
    hop = harmonic_transition(*small, np.ones(107), 3)
    energy, prefactor = VACANCIES[3, "nearest"]
    assert hop.energy - energy == pytest.approx(2.86e-4, rel=1e-2)
    assert hop.prefactor / prefactor - 1 == pytest.approx(-2.89e-3, rel=1e-2)


def test_one_particle_over_a_quartic_hill():
    surface = Quartic(1, height=3.0)
    hop = harmonic_transition(find_minimum(surface, [[0.9]]), find_saddle(surface, [[0.1]]), [2.5], 0)
    assert hop.energy == pytest.approx(3, rel=ROUNDING)
    assert hop.prefactor == pytest.approx(np.sqrt(24 / 2.5) / (2 * np.pi), rel=ROUNDING)
    assert hop.unstable_frequency == pytest.approx(np.sqrt(12 / 2.5), rel=ROUNDING)
    assert hop.saddle_frequencies.size == 0


def test_rate_is_the_flux_over_the_population_at_low_temperature():
    """Against the classical rate root(kT/2 pi m)/integral of exp(-V/kT) over the well, by quadrature."""
    height, mass, kT = 2.0, 1.7, 1e-3
    surface = Quartic(1, height=height)
    hop = harmonic_transition(find_minimum(surface, [[0.9]]), find_saddle(surface, [[0.1]]), [mass], 0)
    population = scipy.integrate.quad(lambda x: np.exp(-height * (x * x - 1) ** 2 / kT), 0.5, 1.5, points=[1.0])[0]
    exact = np.sqrt(kT / (2 * np.pi * mass)) / population
    assert hop_rate(hop.prefactor, 0.0, kT) == pytest.approx(exact, rel=HARMONIC)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.2, 50), min_size=4, max_size=4), st.floats(0, 2))
def test_masses_enter_through_the_unstable_mode_alone(masses, spring):
    surface = Quartic(4, spring)
    minimum = find_minimum(surface, np.ones((4, 1)))
    saddle = find_saddle(surface, np.array([[1], [1], [1], [0.0]]), trust_radius=0.05)
    hop = harmonic_transition(minimum, saddle, masses, 0)
    ratio = abs(np.linalg.det(minimum.hessian) / np.linalg.det(saddle.hessian))
    assert hop.static_ratio == pytest.approx(ratio, rel=1e-10)
    assert hop.prefactor == pytest.approx(hop.unstable_frequency * np.sqrt(ratio) / (2 * np.pi), rel=1e-10)
    assert hop.participation.sum() == pytest.approx(1, rel=ROUNDING)


def test_masses_enter_through_the_unstable_mode_alone_in_a_free_crystal(small):
    rng = np.random.default_rng(3)
    hop = harmonic_transition(*small, rng.uniform(0.3, 8, 107), 3)
    through_mode = hop.unstable_frequency * np.sqrt(hop.static_ratio) / (2 * np.pi)
    assert hop.prefactor == pytest.approx(through_mode, rel=REFERENCE)


def test_softer_saddle_raises_the_prefactor():
    well, top = np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.5])
    assert vineyard_prefactor(well, top) == pytest.approx(6 / 3.75 / (2 * np.pi), rel=ROUNDING)
    assert vineyard_prefactor(well, 0.5 * top) == pytest.approx(4 * vineyard_prefactor(well, top), rel=ROUNDING)


def test_hop_rate():
    np.testing.assert_allclose(hop_rate(2.0, [0, 3, 6], 3.0), 2 * np.exp([0, -1, -2.0]), rtol=ROUNDING)


WELL, TOP = np.array([1.0, 2.0, 5.0]), np.array([1.7, 3.0])


@pytest.mark.parametrize("kT", [0.02, 0.3, 2.0, 1e5])
def test_quantum_ratio_against_high_precision(kT):
    mpmath.mp.dps = 40
    hbar = mpmath.mpf("0.7")

    def product(frequencies):
        x = [hbar * mpmath.mpf(float(f)) / (2 * mpmath.mpf(kT)) for f in frequencies]
        return mpmath.fprod(mpmath.sinh(y) / y for y in x)

    assert quantum_rate_ratio(WELL, TOP, 0.7, kT) == pytest.approx(float(product(WELL) / product(TOP)), rel=ROUNDING)


def test_quantum_limits():
    """Cold: exp(-dZPE/kT) over the classical prefactor with kT/h in its place. Warm: Wigner's and Kirkwood's hbar^2."""
    hbar, kT = 0.7, 0.004
    difference = zero_point_difference(WELL, TOP, hbar)
    assert difference == pytest.approx(0.35 * (4.7 - 8), rel=ROUNDING)
    cold = hop_rate(kT / (2 * np.pi * hbar), difference, kT) / vineyard_prefactor(WELL, TOP)
    assert quantum_rate_ratio(WELL, TOP, hbar, kT) == pytest.approx(cold, rel=ROUNDING)
    kT = 1e3
    squares = (WELL**2).sum() - (TOP**2).sum()
    assert quantum_rate_ratio(WELL, TOP, hbar, kT) - 1 == pytest.approx(hbar**2 * squares / (24 * kT**2), rel=1e-4)
    np.testing.assert_array_equal(quantum_rate_ratio(WELL, TOP, 0.0, [1.0, 2.0]), [1, 1])


def test_tunnelling():
    omega, hbar = 3.0, 0.5
    assert tunnelling_crossover(omega, hbar) == pytest.approx(1.5 / (2 * np.pi), rel=ROUNDING)
    kT = np.array([0.3, 1.0, 200.0])
    x = hbar * omega / (2 * kT)
    factor = parabolic_tunnelling(omega, hbar, kT)
    np.testing.assert_allclose(factor, x / np.sin(x), rtol=1e-11)
    assert factor[-1] - 1 == pytest.approx(x[-1] ** 2 / 6, rel=1e-4)


def point(hessian, energy=0.0):
    hessian = np.array(hessian, float)
    values, vectors = np.linalg.eigh(hessian)
    shape = (len(hessian), 1)
    return StationaryPoint(np.zeros(shape), energy, hessian, values, vectors[:, 0].reshape(shape), 0.0, 1)


STABLE, SADDLE = point(np.eye(2)), point(np.diag([-1.0, 2.0]), 1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: harmonic_transition(SADDLE, SADDLE, [1.0, 1.0], 0),
            "minimum must have no unstable mode, got 1",
        ),
        (
            lambda: harmonic_transition(STABLE, point(-np.eye(2), 1.0), [1.0, 1.0], 0),
            "saddle must have exactly one unstable mode, got 2",
        ),
        (
            lambda: harmonic_transition(STABLE, point(np.eye(2), 1.0), [1.0, 1.0], 0),
            "saddle must have exactly one unstable mode, got 0",
        ),
        (
            lambda: harmonic_transition(STABLE, point(np.diag([-1.0, 2.0]), -0.5), [1.0, 1.0], 0),
            "saddle must lie above the minimum, got an energy of -0.5 from it",
        ),
        (
            lambda: harmonic_transition(STABLE, SADDLE, [1.0, 0.0], 0),
            r"masses must be finite and above 0, got 0.0 at index \(1,\)",
        ),
        (lambda: harmonic_transition(STABLE, SADDLE, [1.0, 1.0], 1), "translations must cost no energy"),
        (lambda: vineyard_prefactor([1.0, 0.0], [1.0]), r"minimum_frequencies must be finite and above 0 \(all modes"),
        (
            lambda: vineyard_prefactor([1.0, 2.0], [1.0, 2.0]),
            "saddle_frequencies must be one fewer than the 2 at",
        ),
        (lambda: hop_rate(1.0, 1.0, 0.0), "thermal_energy must be finite and above 0, got 0"),
        (lambda: quantum_rate_ratio(WELL, TOP, -1.0, 1.0), "planck must be finite and at least 0, got -1"),
        (lambda: parabolic_tunnelling(2 * np.pi, 1.0, 1.0), "thermal_energy must be finite and above 1 .the crossover"),
    ],
)
def test_bad_input_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()
