"""Isotope exponents: published isotope masses, finite substitutions, zero-point energies, concerted hops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from physics.reference_surfaces import vacancy

from superion.ion_chains import IonChain
from superion.isotope_effects import (
    classical_exponent,
    classical_rate_ratio,
    explaining_zero_point_energy,
    exponent_of_ratio,
    harmonic_exponent,
    moving_atoms,
    ratio_of_exponent,
    zero_point_exponent,
    zero_point_ratio,
)
from superion.saddle_points import find_minimum, find_saddle, normal_modes
from superion.transition_states import harmonic_transition, quantum_rate_ratio, zero_point_difference
from superion.units import thermal_energy_eV

ROUNDING = 1e-12
REFERENCE = 1e-9  # what the reference values of the study are asked for
DIFFERENCE = 1e-6  # of derivatives by differences over 1e-4 in the logarithm of the mass

LITHIUM_6, LITHIUM_7 = 6.0151228874, 7.0160034366
ROOM_eV = thermal_energy_eV(300.0)


@pytest.fixture(scope="module")
def hop():
    """Minimum and saddle of a vacancy with nearest images alone, and which atom jumps."""
    minimum, saddle = vacancy(3, "nearest")
    return minimum, saddle, int(np.argmax(np.linalg.norm(saddle.mode, axis=1)))


def test_measured_ratios():
    alpha, error = exponent_of_ratio([1.08, 1.03], LITHIUM_6, LITHIUM_7, 0.005)
    np.testing.assert_allclose(alpha, [0.5000166218035298, 0.1920438214347053], rtol=REFERENCE)
    # Errors against the spread of the formula itself.
    above, below = (exponent_of_ratio(np.array([1.08, 1.03]) + d, LITHIUM_6, LITHIUM_7)[0] for d in (1e-6, -1e-6))
    np.testing.assert_allclose(error, 0.005 * (above - below) / 2e-6, rtol=1e-8)
    assert ratio_of_exponent(0.5, LITHIUM_6, LITHIUM_7) == pytest.approx(1.0799972369557689, rel=REFERENCE)


@given(st.floats(-3, 3), st.floats(1, 50), st.floats(0.01, 5))
def test_ratio_and_exponent_are_inverse(alpha, light, more):
    ratio = ratio_of_exponent(alpha, light, light + more)
    assert exponent_of_ratio(ratio, light, light + more)[0] == pytest.approx(alpha, abs=1e-10)


def test_zero_point_energy_behind_a_ratio():
    energy = explaining_zero_point_energy(1.03, ROOM_eV, LITHIUM_6, LITHIUM_7)
    assert energy == pytest.approx(0.015317735677304928, rel=REFERENCE)
    assert zero_point_ratio(energy, ROOM_eV, LITHIUM_6, LITHIUM_7) == pytest.approx(1.03, rel=ROUNDING)
    # The derivative is another number: the change of mass is not small.
    local = (0.5 - exponent_of_ratio(1.03, LITHIUM_6, LITHIUM_7)[0]) * 2 * ROOM_eV
    assert local == pytest.approx(0.01592, abs=5e-6)
    assert zero_point_exponent(local, ROOM_eV) == pytest.approx(0.1920438214347053, rel=REFERENCE)


@given(st.floats(-0.05, 0.05), st.floats(0.005, 0.1))
def test_finite_ratio_of_a_small_change_of_mass_gives_the_local_exponent(energy, kT):
    ratio = zero_point_ratio(energy, kT, 1.0, 1.0 + 1e-6)
    local = zero_point_exponent(energy, kT)
    assert exponent_of_ratio(ratio, 1.0, 1.0 + 1e-6)[0] == pytest.approx(local, abs=1e-5 * (1 + abs(energy / kT)))


def test_substituting_the_jumping_atom_of_a_vacancy(hop):
    _, saddle, jumper = hop
    heavy = np.full(107, LITHIUM_7)
    alone = np.arange(107) == jumper
    light = np.where(alone, LITHIUM_6, heavy)
    assert classical_rate_ratio(saddle.hessian, light, heavy, 3) == pytest.approx(1.078138532298, rel=REFERENCE)
    every = classical_rate_ratio(saddle.hessian, np.full(107, LITHIUM_6), heavy, 3)
    assert every == pytest.approx(1.079997236956, rel=REFERENCE)
    _, modes = normal_modes(saddle.hessian, 3, heavy)
    mode = modes[:, 0].reshape(107, 3)
    assert classical_exponent(mode, alone) == pytest.approx(0.48857275769209235, rel=REFERENCE)
    assert classical_exponent(mode, ~alone) == pytest.approx(0.5 - 0.48857275769209235, rel=1e-7)


def test_rate_ratio_is_that_of_whole_prefactors(hop):
    minimum, saddle, jumper = hop
    heavy = np.random.default_rng(5).uniform(1, 9, 107)
    light = heavy * np.where(np.arange(107) % 3 == jumper % 3, 0.8, 1.0)
    prefactors = [harmonic_transition(minimum, saddle, masses, 3).prefactor for masses in (light, heavy)]
    ratio = classical_rate_ratio(saddle.hessian, light, heavy, 3)
    assert ratio == pytest.approx(prefactors[0] / prefactors[1], rel=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.3, 30), min_size=3, max_size=3), st.integers(0, 10**6), st.integers(0, 2))
def test_exponent_is_the_derivative_of_the_rate(masses, seed, atom):
    """Any saddle, any masses; all exponents add up to 1/2."""
    vectors = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    hessian = vectors @ np.diag([-1.0, 2.0, 3.0]) @ vectors.T
    masses = np.array(masses)
    substituted = np.arange(3) == atom
    mode = normal_modes(hessian, 0, masses)[1][:, :1]
    alpha = classical_exponent(mode, substituted)
    step = np.where(substituted, 5e-5, 0.0)
    ratio = classical_rate_ratio(hessian, masses * np.exp(-step), masses * np.exp(step), 0)
    assert np.log(ratio) / 1e-4 == pytest.approx(alpha, abs=DIFFERENCE)
    assert sum(classical_exponent(mode, np.arange(3) == i) for i in range(3)) == pytest.approx(0.5, rel=ROUNDING)


@pytest.mark.parametrize("coupling", [0.0, 1.0, 3.0])
def test_framework_takes_part(coupling):
    """An ion (-1) and a framework atom (+1) of equal mass: cos 2 theta = 1/root(1 + c^2), the share is cos^2 theta."""
    mode = normal_modes([[-1.0, coupling], [coupling, 1.0]], 0, [1.0, 1.0])[1][:, :1]
    share = (1 + 1 / np.sqrt(1 + coupling**2)) / 2
    assert classical_exponent(mode, np.array([True, False])) == pytest.approx(share / 2, rel=ROUNDING)


@pytest.mark.parametrize(("stiffness", "fewest"), [(5.0, 1.0), (20.0, 2.0), (50.0, 4.0)])
def test_concerted_hop_of_ions_alone_has_one_half(stiffness, fewest):
    """From whole products of frequencies with both isotopes, and however many ions move."""
    chain = IonChain(25, 24, stiffness)
    minimum = find_minimum(chain, chain.interstitial(12.5))
    saddle = find_saddle(chain, chain.interstitial(13.0))
    hops = [harmonic_transition(minimum, saddle, np.full(25, mass), 0) for mass in (LITHIUM_6, LITHIUM_7)]
    alpha, _ = exponent_of_ratio(hops[0].prefactor / hops[1].prefactor, LITHIUM_6, LITHIUM_7)
    assert alpha == pytest.approx(0.5, abs=1e-9)
    assert moving_atoms(hops[1].unstable_mode) > fewest


def test_moving_atoms():
    assert moving_atoms([[0.0, 2.0], [0.0, 0.0]]) == 1
    assert moving_atoms(np.ones((6, 3))) == pytest.approx(6, rel=ROUNDING)


WELL, TOP = np.array([30.0, 30.0, 40.0]), np.array([50.0, 70.0])


@pytest.mark.parametrize("kT", [0.5, 5.0, 50.0])
def test_quantized_exponent_is_the_derivative_of_the_quantum_rate(kT):
    """k = k_classical x ratio, with all frequencies ~ M^-1/2."""

    def logarithm(mass):
        scale = mass**-0.5
        return np.log(scale * quantum_rate_ratio(WELL * scale, TOP * scale, 1.0, kT))

    slope = -(logarithm(np.exp(5e-5)) - logarithm(np.exp(-5e-5))) / 1e-4
    assert harmonic_exponent(WELL, TOP, 1.0, kT) == pytest.approx(slope, rel=DIFFERENCE)


def test_limits_of_the_quantized_exponent():
    """Warm it is 1/2; cold it is -dZPE/2kT without the 1/2, which belongs to a classical attempt frequency."""
    assert harmonic_exponent(WELL, TOP, 1.0, 1e7) == pytest.approx(0.5, rel=1e-10)
    difference = zero_point_difference(WELL, TOP, 1.0)
    assert harmonic_exponent(WELL, TOP, 1.0, 0.5) == pytest.approx(-difference, rel=ROUNDING)
    assert zero_point_exponent(difference, 0.5) == pytest.approx(0.5 - difference, rel=ROUNDING)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: exponent_of_ratio(0, 6, 7), "ratio must be finite and above 0, got 0"),
        (lambda: exponent_of_ratio(1.1, 7, 6), "heavy_mass must be above light_mass 7.0, got 6.0"),
        (lambda: exponent_of_ratio(1.1, 0, 6), "light_mass must be finite and above 0, got 0"),
        (lambda: exponent_of_ratio(1.1, 6, 7, -1), "ratio_error must be finite and at least 0, got -1"),
        (lambda: classical_exponent(np.zeros((2, 3)), np.ones(2, bool)), "unstable_mode must be displacements"),
        (
            lambda: classical_exponent(np.ones((2, 3)), np.ones(2)),
            "substituted must be True or False for each of 2",
        ),
        (lambda: classical_rate_ratio(np.eye(2), [1, 1], [2, 2], 0), "must have exactly one unstable mode, got 0"),
        (lambda: classical_rate_ratio(-np.eye(1), [0], [2], 0), "masses must be finite and above 0, got 0"),
        (lambda: zero_point_exponent(0.01, 0), "thermal_energy must be finite and above 0, got 0"),
        (
            lambda: harmonic_exponent([1, 2], [1, 2], 1, 1),
            "saddle_frequencies must be one fewer than the 2 at",
        ),
    ],
)
def test_bad_input_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()
