"""Phonon channels of Hu et al. (2026), Sec. II B, against closed forms, quadrature and direct enumeration."""

from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate

from superion.phonon_channels import (
    ConstantDensity,
    GaussianDensity,
    PhononMode,
    PowerLawDensity,
    TabulatedDensity,
    activation_ratio,
    averaged_hopping_matrix,
    channel_matrix,
    equilibrium_hopping_matrix,
    escape_rate_per_ps,
    evolve,
    hop_probability,
    initial_escape_rate_per_ps,
    kick_times_ps,
    mode_hopping_matrices,
    open_destination_probability,
    saturated_escape_rate_per_ps,
    threshold_degeneracy,
    time_ordered_product,
)

REFERENCE = 1e-9  # reference tables carry 13 digits
QUADRATURE = 1e-9  # adaptive quadrature asked for 1e-11
ROUNDING = 1e-12  # a few hundred roundings


# --- the reference ring: 12 sites a, b, a, b, ... and three modes ------------------------------------

N_RING = 12
SITE_ENERGY_eV = np.where(np.arange(N_RING) % 2 == 0, 0.0, 0.06)
RING_ORIGIN = np.repeat(np.arange(N_RING), 2)
RING_DESTINATION = (RING_ORIGIN + np.tile([1, -1], N_RING)) % N_RING
MODES = (
    PhononMode(6.0, 0.42, ConstantDensity()),
    PhononMode(3.5, 0.30, PowerLawDensity(2.0)),
    PhononMode(1.2, 0.36, GaussianDensity(0.2, 0.08)),
)
FREQUENCIES_THz = np.array([mode.frequency_THz for mode in MODES])
DURATIONS_ps = np.array([0.1, 1 / 6, 0.25, 0.5, 0.8333333333333334, 1.0, 2.0, 5.0, 10.0, 100.0, 1000.0])


def ring_matrices(thermal_energy_eV, modes=MODES):
    return mode_hopping_matrices(
        modes, N_RING, RING_ORIGIN, RING_DESTINATION, SITE_ENERGY_eV, thermal_energy_eV, degeneracy=2
    )


RING_ESCAPE_COLD = {
    "floor": [
        0.0,
        1.663057438428e-06,
        1.108704958952e-06,
        0.001847926861287,
        0.002213256279314,
        0.0027589234974,
        0.003187562199481,
        0.003024169300832,
        0.002985293919324,
        0.00166181519993,
        0.0002885116726131,
    ],
    "random": [
        0.003234036039221,
        0.003234036039222,
        0.003234036037058,
        0.003227367718684,
        0.003218948982503,
        0.003214094187308,
        0.003187797414765,
        0.003109258576709,
        0.002985293919324,
        0.00166181519993,
        0.0002885116726131,
    ],
}
RING_ESCAPE_HOT = {
    "floor": [
        0.0,
        0.004957504353333,
        0.003305002902222,
        0.137699844674,
        0.1403261075321,
        0.1505802888754,
        0.1109696090297,
        0.05660583335375,
        0.0327997028546,
        0.005232848327577,
        0.000774255346431,
    ],
    "random": [
        0.2376699810106,
        0.2376699810106,
        0.2376610587572,
        0.2073086046325,
        0.176447480562,
        0.1626087445618,
        0.1110305349922,
        0.05682905309163,
        0.0327997028546,
        0.005232848327577,
        0.000774255346431,
    ],
}


# --- densities of states ------------------------------------------------------------------------------

DENSITIES = {
    "constant": ConstantDensity(),
    "debye": PowerLawDensity(2.0),
    "square root": PowerLawDensity(0.5),
    "inverse root": PowerLawDensity(-0.5),
    "gaussian": GaussianDensity(0.2, 0.08),
    "table": TabulatedDensity(np.array([0.0, 0.1, 0.15, 0.4, 0.9]), np.array([0.0, 1.0, 0.2, 0.7, 0.0])),
}


def density_value(density, energy):
    if isinstance(density, ConstantDensity):
        return 1.0
    if isinstance(density, PowerLawDensity):
        return energy**density.exponent if energy > 0 else 0.0
    if isinstance(density, GaussianDensity):
        z = (energy - density.mean_eV) / density.width_eV
        return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) / density.width_eV
    return np.interp(energy, density.energy_eV, density.density, left=0.0, right=0.0)


@pytest.mark.parametrize(
    ("density", "threshold_eV", "expected"),
    [
        (ConstantDensity(), 0.42, 0.002478752176666),
        (PowerLawDensity(2.0), 0.30, 0.199153567219),
        (GaussianDensity(0.2, 0.08), 0.36, 0.0009166205875467),
    ],
)
def test_activation_ratio_reference(density, threshold_eV, expected):
    assert activation_ratio(density, threshold_eV, 0.0, 0.07) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("name", DENSITIES)
@pytest.mark.parametrize("threshold_eV", [0.02, 0.13, 0.37])
def test_tail_against_quadrature(name, threshold_eV):
    density, thermal = DENSITIES[name], 0.07
    top = threshold_eV + 50 * thermal
    kinks = [energy for energy in (0.1, 0.15, 0.4, 0.9) if threshold_eV < energy < top]
    expected, _ = integrate.quad(
        lambda energy: np.exp(-energy / thermal) * density_value(density, energy),
        threshold_eV,
        top,
        points=kinks or None,
        epsabs=0,
        epsrel=1e-11,
        limit=400,
    )
    assert density.tail(threshold_eV, thermal) == pytest.approx(expected, rel=QUADRATURE)


@pytest.mark.parametrize("exponent", [-0.7, -0.5, 0.0, 1.0, 2.0, 3.5, 40.0])
def test_power_law_tail_against_multiple_precision(exponent):
    scaled = np.array([0.0, 1e-6, 0.3, 5.0, 29.9, 30.1, 81.9, 82.1, 600.0, 5000.0])
    result = PowerLawDensity(exponent).log_scaled_tail(scaled * 0.05, 0.05)
    with mpmath.workdps(40):
        # At one and the same x in double precision, so that only the function is compared.
        x = [mpmath.mpf(float(value)) for value in (scaled * 0.05) / 0.05]
        expected = [
            float((exponent + 1) * mpmath.log(mpmath.mpf(0.05)) + mpmath.log(mpmath.gammainc(exponent + 1, v)) + v)
            for v in x
        ]
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-11)


def test_debye_polynomial_ratio():
    x, x0 = 0.41 / 0.06, 0.05 / 0.06
    expected = (x**2 + 2 * x + 2) * np.exp(-x) / ((x0**2 + 2 * x0 + 2) * np.exp(-x0))
    assert activation_ratio(PowerLawDensity(2.0), 0.41, 0.05, 0.06) == pytest.approx(expected, rel=ROUNDING)


def test_gaussian_tail_against_multiple_precision():
    mean, width, thermal = 0.2, 0.08, 0.01
    threshold = np.array([-10.0, -0.5, -0.44, 0.0, 0.2, 1.0, 10.0])
    result = GaussianDensity(mean, width).log_scaled_tail(threshold, thermal)
    with mpmath.workdps(40):
        m, s, kt = mpmath.mpf(mean), mpmath.mpf(width), mpmath.mpf(thermal)
        expected = [
            float(
                (e - m) / kt
                + s**2 / (2 * kt**2)
                + mpmath.log(mpmath.erfc((e - m + s**2 / kt) / (mpmath.sqrt(2) * s)) / 2)
            )
            for e in map(mpmath.mpf, threshold.tolist())
        ]
    np.testing.assert_allclose(result, expected, rtol=ROUNDING, atol=1e-11)


def test_ratios_survive_where_tails_leave_floating_point():
    thermal = 1e-4  # exp(-E/kT) underflows from 0.075 eV on
    for density in (ConstantDensity(), PowerLawDensity(2.0), GaussianDensity(0.2, 0.08), DENSITIES["table"]):
        assert density.tail(0.85, thermal) == 0.0
        ratio = activation_ratio(density, 0.851, 0.85, thermal)
        assert np.exp(-12.0) < ratio < np.exp(-8.0)
    assert activation_ratio(ConstantDensity(), 0.851, 0.85, thermal) == pytest.approx(np.exp(-10), rel=1e-9)
    far_below = activation_ratio(GaussianDensity(0.2, 0.08), -100.0, -100.01, 0.05)
    assert far_below == pytest.approx(1.0, rel=ROUNDING)


def test_power_law_below_its_onset_is_the_whole_integral():
    density = PowerLawDensity(2.0)
    assert density.tail(-0.3, 0.05) == pytest.approx(2 * 0.05**3, rel=ROUNDING)
    assert activation_ratio(density, -0.1, -0.3, 0.05) == pytest.approx(1.0, rel=ROUNDING)


def test_tabulated_density_is_zero_outside_and_flat_equals_constant():
    flat = TabulatedDensity([0.0, 1.0, 2.0], [3.0, 3.0, 3.0])
    kT = 0.07
    expected = 3 * kT * (np.exp(-0.3 / kT) - np.exp(-2.0 / kT))
    assert flat.tail(0.3, kT) == pytest.approx(expected, rel=ROUNDING)
    assert flat.tail(-5.0, kT) == pytest.approx(3 * kT * -np.expm1(-2.0 / kT), rel=ROUNDING)
    assert flat.tail(2.0, kT) == 0.0
    assert flat.tail(7.0, kT) == 0.0
    assert activation_ratio(flat, 2.5, 0.0, kT) == 0.0


def test_tabulated_density_skips_empty_segments_before_a_far_peak():
    """A gap of 1000 kT without states must not underflow the tail of the peak behind it."""
    density = TabulatedDensity([0.0, 1.0, 1.01, 1.02], [0.0, 0.0, 1.0, 0.0])
    thermal = 1e-3
    triangle = thermal**2 * (1 - np.exp(-10)) ** 2 / 0.01
    expected = np.log(triangle) - 1000.0
    assert density.log_scaled_tail(0.0, thermal) == pytest.approx(expected, rel=ROUNDING)


def test_fine_table_converges_to_gaussian_and_debye():
    energy = np.linspace(-0.6, 1.2, 4001)
    for density in (GaussianDensity(0.2, 0.08), PowerLawDensity(2.0)):
        values = np.array([density_value(density, e) for e in energy])
        table = TabulatedDensity(energy, values)
        thresholds, kT = np.array([0.1, 0.3]), 0.04
        # Linear interpolation: error h^2 g''/8 with h = 4.5e-4.
        np.testing.assert_allclose(
            activation_ratio(table, thresholds, 0.05, kT), activation_ratio(density, thresholds, 0.05, kT), rtol=5e-5
        )


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(DENSITIES)),
    site=st.floats(-0.5, 0.8),
    steps=st.tuples(st.floats(0.0, 0.5), st.floats(0.0, 0.5)),
    thermal=st.floats(0.003, 0.5),
)
def test_activation_ratio_is_a_falling_probability_and_chains(name, site, steps, thermal):
    """R(E2; E0) = R(E2; E1) R(E1; E0), and 0 <= R <= 1 falls with the threshold."""
    density = DENSITIES[name]
    low, high = site + steps[0], site + steps[0] + steps[1]
    first, second = activation_ratio(density, [low, high], site, thermal)
    assert 0.0 <= second <= first * (1 + ROUNDING) and first <= 1.0  # thresholds may be an ulp apart
    if np.isfinite(density.log_scaled_tail(low, thermal)):
        chained = activation_ratio(density, high, low, thermal) * first
        assert second == pytest.approx(chained, rel=1e-10, abs=1e-300)


def test_closed_hop_and_broadcasting():
    ratio = activation_ratio(PowerLawDensity(2.0), [0.2, np.inf], 0.0, np.array([[0.03], [0.07]]))
    assert ratio.shape == (2, 2)
    assert np.all(ratio[:, 1] == 0.0)
    assert ratio[0, 0] == activation_ratio(PowerLawDensity(2.0), 0.2, 0.0, 0.03)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PowerLawDensity(-1.0), "exponent must be above -1"),
        (lambda: GaussianDensity(0.2, 0.0), "width_eV must be positive, got 0.0"),
        (lambda: TabulatedDensity([0.0, 0.2, 0.2], [1.0, 1.0, 1.0]), "ascend strictly, got .*0.2.* at index 2"),
        (lambda: TabulatedDensity([0.0, 0.2], [1.0, -1.0]), "density must not be negative"),
        (lambda: TabulatedDensity([0.0, 0.2], [1.0]), "density must have the shape"),
        (lambda: TabulatedDensity([0.0, 0.2], [0.0, 0.0]), "positive somewhere"),
        (lambda: TabulatedDensity([0.0], [1.0]), "at least two energies"),
        (lambda: activation_ratio(ConstantDensity(), 0.1, 0.2, 0.05), "threshold_eV must not lie below"),
        (lambda: activation_ratio(ConstantDensity(), 0.1, 0.0, 0.0), "thermal_energy_eV must be positive"),
        (lambda: activation_ratio(ConstantDensity(), np.nan, 0.0, 0.1), "threshold_eV must be a number"),
        (lambda: activation_ratio(DENSITIES["table"], 1.5, 1.0, 0.1), "site_energy_eV must have states above it"),
        (lambda: PhononMode(0.0, 0.3), "frequency_THz must be positive"),
        (lambda: PhononMode(1.0, np.nan), "threshold_eV must be a number"),
    ],
)
def test_bad_input_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- hop probabilities and channel matrices -----------------------------------------------------------


def test_equation_2_taken_literally_exceeds_one_and_is_refused():
    origin, destination = [0, 0, 0], [1, 2, 3]
    mode = PhononMode(1.0, np.array([0.01, 0.02, 0.03]))
    probability = hop_probability(mode, origin, 0.0, 0.05, degeneracy=threshold_degeneracy(origin, mode.threshold_eV))
    assert probability.sum() == pytest.approx(2.037862435208, rel=ROUNDING)
    with pytest.raises(ValueError, match=r"out of site 0 must add up to at most 1, got 2\.0378"):
        channel_matrix(4, origin, destination, probability)
    flagged = channel_matrix(4, origin, destination, probability, allow_negative=True)
    assert flagged[0, 0] == pytest.approx(-1.037862435208, rel=ROUNDING)
    np.testing.assert_allclose(flagged.sum(axis=0), 1.0, atol=ROUNDING)


def test_open_destinations_share_one_excitation():
    expected = [0.3921021240445, 0.2436914170021, 0.1829372120313]
    shared = open_destination_probability([0.01, 0.02, 0.03], ConstantDensity(), 0.0, 0.05)
    np.testing.assert_allclose(shared, expected, rtol=ROUNDING)
    assert shared.sum() == pytest.approx(0.818730753078, rel=ROUNDING)
    shuffled = open_destination_probability([0.03, 0.01, 0.02], ConstantDensity(), 0.0, 0.05)
    np.testing.assert_allclose(shuffled, np.array(expected)[[2, 0, 1]], rtol=ROUNDING)
    # The same through a hop list whose origins are interleaved and of different coordination.
    mode = PhononMode(1.0, np.array([0.03, 0.2, 0.01, 0.02]))
    through_list = hop_probability(mode, [5, 2, 5, 5], 0.0, 0.05, destination_sharing="open")
    np.testing.assert_allclose(through_list, [*np.array(expected)[[2]], np.exp(-4.0), *expected[:2]], rtol=ROUNDING)


def test_open_sharing_against_integral():
    thresholds, density, kT = np.array([0.31, 0.1, 0.18, 0.18]), GaussianDensity(0.2, 0.08), 0.06

    def weight(energy):
        return np.exp(-energy / kT) * density_value(density, energy)

    norm = integrate.quad(weight, 0.02, 3.0, points=[0.1, 0.2, 0.3], epsabs=0, epsrel=1e-11)[0]
    expected = [
        integrate.quad(
            lambda e: weight(e) / np.sum(thresholds < e), t, 3.0, points=[0.18, 0.31], epsabs=0, epsrel=1e-10
        )[0]
        / norm
        for t in thresholds
    ]
    result = open_destination_probability(thresholds, density, 0.02, kT)
    np.testing.assert_allclose(result, expected, rtol=1e-8)  # quadrature over a stepped integrand


@settings(max_examples=40, deadline=None)
@given(thresholds=arrays(float, st.integers(1, 6), elements=st.floats(0.0, 1.0)), kT=st.floats(0.01, 0.3))
def test_open_sharing_adds_up_to_the_easiest_hop(thresholds, kT):
    shared = open_destination_probability(thresholds, PowerLawDensity(2.0), 0.0, kT)
    easiest = activation_ratio(PowerLawDensity(2.0), thresholds.min(), 0.0, kT)
    assert shared.sum() == pytest.approx(float(easiest), rel=1e-11)
    assert np.all(shared >= 0.0)


def test_degenerate_and_open_agree_for_equal_thresholds():
    common = {"site_energy_eV": SITE_ENERGY_eV, "thermal_energy_eV": np.array([0.03, 0.07])}
    printed = hop_probability(MODES[1], RING_ORIGIN, **common, degeneracy=2)
    shared = hop_probability(MODES[1], RING_ORIGIN, **common, destination_sharing="open")
    assert printed.shape == (2, 24)
    np.testing.assert_allclose(shared, printed, rtol=ROUNDING)


def test_recounted_degeneracy_jumps_in_a_field_and_a_frozen_one_does_not():
    """Printed: lambda of the current thresholds; it falls from 2 to 1 at any field. Right: kept from zero field."""
    origin, weak = [0, 0], 1e-6
    frozen = threshold_degeneracy(origin, [0.3, 0.3])
    np.testing.assert_array_equal(frozen, [2, 2])
    split = PhononMode(1.0, np.array([0.3 - weak, 0.3 + weak]))
    recounted = threshold_degeneracy(origin, split.threshold_eV)
    zero_field = hop_probability(PhononMode(1.0, 0.3), origin, 0.0, 0.05, degeneracy=frozen)
    kept = hop_probability(split, origin, 0.0, 0.05, degeneracy=frozen)
    jumped = hop_probability(split, origin, 0.0, 0.05, degeneracy=recounted)
    np.testing.assert_allclose(kept / zero_field, 1.0, atol=1e-4)
    np.testing.assert_allclose(jumped / zero_field, 2.0, atol=1e-4)


def test_threshold_degeneracy_counts_per_origin():
    counted = threshold_degeneracy([1, 0, 1, 0, 1, 2, 1], [0.2, 0.2, 0.3, 0.2, 0.2, np.inf, 0.2 + 1e-12])
    np.testing.assert_array_equal(counted, [3, 2, 1, 2, 3, 1, 3])
    np.testing.assert_array_equal(threshold_degeneracy([0, 0, 1], 0.2), [2, 2, 1])
    assert threshold_degeneracy([], 0.2).shape == (0,)


def octahedral_tetrahedral_hops():
    """One O site with eight T neighbours, two T sites with four O neighbours each, periodic: parallel hops."""
    origin = np.array([0] * 8 + [1] * 4 + [2] * 4)
    destination = np.array([1] * 4 + [2] * 4 + [0] * 8)
    return origin, destination


@pytest.mark.parametrize(("common", "ratio"), [(False, 0.5), (True, 1.0)])
def test_degeneracy_of_unequal_coordination_breaks_boltzmann(common, ratio):
    """Printed 1/lambda_i puts n ~ lambda_i; one common prefactor gives equal sites equal occupation."""
    origin, destination = octahedral_tetrahedral_hops()
    degeneracy = 8 if common else threshold_degeneracy(origin, 0.1)
    mode = PhononMode(5.0, 0.1, PowerLawDensity(2.0))
    matrix = mode_hopping_matrices([mode], 3, origin, destination, 0.0, 0.08, degeneracy=degeneracy)
    stationary = equilibrium_hopping_matrix(matrix)[:, 0]
    assert stationary[1] / stationary[0] == pytest.approx(ratio, rel=ROUNDING)


def test_channel_matrix_keeps_columns_and_periodic_images():
    matrix = channel_matrix(2, [0, 0, 1], [1, 0, 0], [0.2, 0.3, 0.1])
    np.testing.assert_allclose(matrix, [[0.8, 0.1], [0.2, 0.9]], atol=ROUNDING)
    with pytest.raises(ValueError, match="out of site 0"):
        channel_matrix(2, [0, 0, 1], [1, 0, 0], [0.8, 0.3, 0.1])
    parallel = channel_matrix(2, [0, 0, 1], [1, 1, 0], [0.2, 0.3, 0.1])
    np.testing.assert_allclose(parallel, [[0.5, 0.1], [0.5, 0.9]], atol=ROUNDING)
    thirds = channel_matrix(4, [0, 0, 0], [1, 2, 3], [1 / 3 + 1e-16] * 3)
    assert thirds[0, 0] == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"destination": [1, 4]}, r"destination must be in 0 \.\. 3, got 4"),
        ({"origin": [-1, 0]}, "origin must be .*got -1"),
        ({"origin": [0.0, 1.0]}, "origin must hold integers"),
        ({"destination": [1]}, "destination must have as many hops"),
        ({"hop_probability": [0.1, -0.1]}, "hop_probability must not be negative, got -0.1"),
        ({"hop_probability": [0.1, 0.1, 0.1]}, "hop_probability must end in 2 hops"),
        ({"n_sites": 0}, "n_sites must be at least 1"),
    ],
)
def test_bad_hop_list_is_told(change, message):
    arguments = {"n_sites": 4, "origin": [0, 1], "destination": [1, 2], "hop_probability": [0.1, 0.1]}
    with pytest.raises(ValueError, match=message):
        channel_matrix(**(arguments | change))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "degeneracy must be given"),
        ({"degeneracy": 0.5}, "degeneracy must be at least 1"),
        ({"degeneracy": [2, 2, 2]}, "one per hop"),
        ({"degeneracy": 2, "destination_sharing": "open"}, "degeneracy must be left out"),
        ({"degeneracy": 2, "destination_sharing": "even"}, "must be 'degenerate' or 'open', got 'even'"),
    ],
)
def test_bad_sharing_is_told(options, message):
    with pytest.raises(ValueError, match=message):
        hop_probability(MODES[0], [0, 0], 0.0, 0.03, **options)


# --- average over channels and phases -----------------------------------------------------------------


def test_ring_activation_reference():
    matrices = ring_matrices(0.03)
    leaving = 1.0 - np.diagonal(matrices, axis1=1, axis2=2)
    expected_a = [8.315287191036e-07, 0.002769395715512, 3.528284217121e-06]
    expected_b = [6.144212353328e-06, 0.004092644060411, 8.519637508431e-06]
    # 1 - P_ii has only 1e-16 of absolute precision; hop probabilities themselves are exact to rounding.
    np.testing.assert_allclose(leaving[:, 0], expected_a, rtol=1e-9)
    np.testing.assert_allclose(2 * matrices[:, 1, 0], expected_a, rtol=ROUNDING)
    np.testing.assert_allclose(2 * matrices[:, 2, 1], expected_b, rtol=ROUNDING)
    rates = initial_escape_rate_per_ps(matrices, FREQUENCIES_THz)
    np.testing.assert_allclose(rates[:2], [0.003234036039222, 0.004790447683522], rtol=ROUNDING)


@pytest.mark.parametrize("phases", ["floor", "random"])
@pytest.mark.parametrize(("kT", "table"), [(0.03, RING_ESCAPE_COLD), (0.07, RING_ESCAPE_HOT)])
def test_ring_escape_reference(phases, kT, table):
    averaged = averaged_hopping_matrix(ring_matrices(kT), FREQUENCIES_THz, DURATIONS_ps, phases=phases)
    rates = escape_rate_per_ps(averaged, DURATIONS_ps)[:, 0]
    np.testing.assert_allclose(rates, table[phases], rtol=REFERENCE)


def test_escape_rate_has_no_plateau_when_hops_are_fast():
    """The rate is constant only for 1/nu << tau << 1/rate: at kT = 0.07 eV there is no such window."""
    matrices = ring_matrices(0.07)
    limit = initial_escape_rate_per_ps(matrices, FREQUENCIES_THz)[0]
    assert limit == pytest.approx(0.2376699810106, rel=REFERENCE)
    durations = np.array([1.0, 10.0, 1e6])
    rates = escape_rate_per_ps(averaged_hopping_matrix(matrices, FREQUENCIES_THz, durations, phases="floor"), durations)
    np.testing.assert_allclose(rates[:2, 0] / limit, [0.634, 0.138], atol=5e-4)
    saturated = saturated_escape_rate_per_ps(matrices, durations)
    np.testing.assert_allclose(rates[2], saturated[2], rtol=REFERENCE)
    np.testing.assert_allclose(saturated[:, 0] * durations, saturated[0, 0])


def test_equilibrium_matrix_against_eigenvectors():
    matrices = ring_matrices(0.07)
    stationary = []
    for matrix in matrices:
        values, vectors = np.linalg.eig(matrix)
        vector = np.real(vectors[:, np.argmax(np.real(values))])
        stationary.append(vector / vector.sum())
    result = equilibrium_hopping_matrix(matrices)
    expected = np.repeat(np.mean(stationary, axis=0)[:, None], N_RING, axis=1)
    np.testing.assert_allclose(result, expected, rtol=1e-9)  # eigenvectors of a non-symmetric matrix


def test_equilibrium_of_special_channels():
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    absorbing = np.array([[0.7, 0.0], [0.3, 1.0]])
    slow = channel_matrix(2, [0, 1], [1, 0], [3e-200, 1e-200])
    still = np.eye(2)
    np.testing.assert_allclose(equilibrium_hopping_matrix(swap[None]), 0.5, atol=ROUNDING)
    np.testing.assert_allclose(equilibrium_hopping_matrix(absorbing[None]), [[0, 0], [1, 1]], atol=ROUNDING)
    np.testing.assert_allclose(equilibrium_hopping_matrix(slow[None]), [[0.25] * 2, [0.75] * 2], rtol=1e-9)
    np.testing.assert_allclose(equilibrium_hopping_matrix(still[None]), still, atol=ROUNDING)
    both = equilibrium_hopping_matrix([swap, still], weights=[0.25, 0.75])
    np.testing.assert_allclose(both, [[0.875, 0.125], [0.125, 0.875]], atol=ROUNDING)


def test_equilibrium_of_nearly_separate_parts():
    """Two fast pairs joined by a hop of 1e-14: the plateau in between must not be taken for the end."""
    matrix = channel_matrix(4, [0, 1, 2, 3, 1, 2], [1, 0, 3, 2, 2, 1], [0.3, 0.3, 0.2, 0.2, 1e-14, 1e-14])
    np.testing.assert_allclose(equilibrium_hopping_matrix(matrix[None]), 0.25, rtol=1e-6)


def test_single_mode_is_the_phenomenological_rate():
    """One mode, constant density: attempt frequency times Boltzmann factor; the printed floor is a sawtooth."""
    mode, kT = PhononMode(6.0, 0.42), 0.03
    durations = np.array([0.16666666666666666, 0.25, 0.3, 1.0, 100.0])
    flat_ring = mode_hopping_matrices([mode], N_RING, RING_ORIGIN, RING_DESTINATION, 0.0, kT, degeneracy=2)
    limit = initial_escape_rate_per_ps(flat_ring, [6.0])
    assert limit[0] == pytest.approx(6.0 * np.exp(-14.0), rel=ROUNDING)
    assert limit[0] == pytest.approx(4.989172314621e-06, rel=ROUNDING)
    rates = escape_rate_per_ps(averaged_hopping_matrix(flat_ring, [6.0], durations, phases="floor"), durations)
    expected = [0.9999999999993, 0.6666666666662, 0.5555555555552, 0.9999968817578, 0.9996265388553]
    # The reference took 1 - P_ii, with 1e-16 of absolute rounding on rates of 1e-6.
    np.testing.assert_allclose(rates[:, 0] / limit[0], expected, rtol=1e-8)


def test_inert_modes_dilute_the_rate_unless_weighted_out():
    inert = [PhononMode(frequency, np.inf) for frequency in (2.0, 8.0, 11.0)]
    modes = [*MODES, *inert]
    matrices = ring_matrices(0.03, modes)
    frequencies = [mode.frequency_THz for mode in modes]
    diluted = initial_escape_rate_per_ps(matrices, frequencies)[0]
    assert diluted == pytest.approx(0.001617018019611, rel=1e-10)
    active = [1 / 3, 1 / 3, 1 / 3, 0.0, 0.0, 0.0]
    restored = initial_escape_rate_per_ps(matrices, frequencies, active)[0]
    assert restored == pytest.approx(0.003234036039222, rel=1e-10)
    weighted = averaged_hopping_matrix(matrices, frequencies, [1.0, 7.0], weights=active)
    plain = averaged_hopping_matrix(ring_matrices(0.03), FREQUENCIES_THz, [1.0, 7.0])
    np.testing.assert_allclose(weighted, plain, rtol=ROUNDING)


def test_average_is_not_a_semigroup():
    once, twice = averaged_hopping_matrix(ring_matrices(0.07), FREQUENCIES_THz, [1.0, 2.0], phases="floor")
    assert np.max(np.abs(once @ once - twice)) == pytest.approx(0.0493883806788, rel=1e-8)


def test_whole_periods_survive_rounding():
    """nu tau = 0.9999999999999999 is one kick, and a window a thousandth shorter is none."""
    frequency = 1.1
    durations = np.array([0.1 * 3 / 0.33, 1 / frequency, np.nextafter(1 / frequency, 0.0), 0.999 / frequency])
    matrix = channel_matrix(2, [0, 1], [1, 0], [0.3, 0.3])
    averaged = averaged_hopping_matrix(matrix[None], [frequency], durations, phases="floor")
    np.testing.assert_allclose(averaged[:, 1, 0], [0.3, 0.3, 0.3, 0.0], atol=ROUNDING)
    random = averaged_hopping_matrix(matrix[None], [frequency], durations, phases="random")
    np.testing.assert_allclose(random[:, 1, 0], [0.3, 0.3, 0.3, 0.2997], atol=ROUNDING)


def test_millions_of_kicks_against_the_closed_form():
    """Two sites, hop p each way: P_ba after n kicks is (1 - (1 - 2p)^n) / 2."""
    p, frequency = 1e-7, 6.0
    durations = np.array([1.0, 1e3, 1e6, 1e9])
    matrix = channel_matrix(2, [0, 1], [1, 0], [p, p])
    averaged = averaged_hopping_matrix(matrix[None], [frequency], durations)
    expected = -0.5 * np.expm1(6.0 * durations * np.log1p(-2 * p))
    np.testing.assert_allclose(averaged[:, 1, 0], expected, rtol=REFERENCE)
    np.testing.assert_allclose(averaged.sum(axis=1), 1.0, atol=ROUNDING)


@pytest.mark.parametrize("nu_tau", [0.4, 1.0, 1.5, 3.25, 7.9])
def test_random_phases_against_enumeration_of_offsets(nu_tau):
    """Average of the ordered products over a fine grid of offsets X, kicks counted one by one."""
    frequency, matrix = 3.5, ring_matrices(0.07)[1]
    offsets = (np.arange(200) + 0.5) / 200 / frequency
    enumerated = np.mean(
        [time_ordered_product(lambda _: matrix, frequency, nu_tau / frequency, offset_ps=x) for x in offsets], axis=0
    )
    closed = averaged_hopping_matrix(matrix[None], [frequency], [nu_tau / frequency], phases="random")[0]
    # The values of nu tau are multiples of 1/200: the midpoint grid hits the fraction exactly.
    np.testing.assert_allclose(enumerated, closed, atol=1e-11)


def test_random_phases_against_monte_carlo():
    rng = np.random.default_rng(20260401)
    matrices, duration = ring_matrices(0.07), 0.9
    draws = 20000
    # Kicks at X + l/nu in [0, tau), counted on an explicit comb; modes drawn evenly.
    mode = rng.integers(3, size=draws)
    offset = rng.random(draws) / FREQUENCIES_THz[mode]
    comb = offset[:, None] + np.arange(8) / FREQUENCIES_THz[mode][:, None]
    kicks = np.sum(comb < duration, axis=1)
    powers = np.array([[np.linalg.matrix_power(matrix, n) for n in range(9)] for matrix in matrices])
    sample = powers[mode, kicks][:, :, 0]
    closed = averaged_hopping_matrix(matrices, FREQUENCIES_THz, [duration], phases="random")[0][:, 0]
    error = sample.std(axis=0) / np.sqrt(draws)
    assert np.all(np.abs(sample.mean(axis=0) - closed) < 5 * error + ROUNDING)


@st.composite
def stochastic_channels(draw):
    n_modes, n_sites = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    raw = draw(arrays(float, (n_modes, n_sites, n_sites), elements=st.floats(0.01, 1.0)))
    frequency = draw(arrays(float, n_modes, elements=st.floats(0.1, 20.0)))
    durations = draw(arrays(float, st.integers(1, 4), elements=st.floats(0.0, 1e5)))
    return raw / raw.sum(axis=1, keepdims=True), frequency, durations


@settings(max_examples=40, deadline=None)
@given(channels=stochastic_channels(), phases=st.sampled_from(["floor", "random"]))
def test_ions_are_conserved_and_densities_stay_positive(channels, phases):
    matrices, frequency, durations = channels
    averaged = averaged_hopping_matrix(matrices, frequency, durations, phases=phases)
    np.testing.assert_allclose(averaged.sum(axis=-2), 1.0, atol=ROUNDING)
    assert averaged.min() > -ROUNDING
    start = np.arange(1.0, matrices.shape[-1] + 1)
    per_channel, average = evolve(matrices, frequency, start, durations, phases=phases)
    np.testing.assert_allclose(per_channel.sum(axis=-1), start.sum(), rtol=ROUNDING)
    np.testing.assert_allclose(average, averaged @ start, rtol=1e-10)


@settings(max_examples=25, deadline=None)
@given(channels=stochastic_channels())
def test_powers_against_matrix_power(channels):
    matrices, frequency, _ = channels
    durations = np.array([0.3, 1.7, 6.1])
    averaged = averaged_hopping_matrix(matrices, frequency, durations, phases="floor")
    expected = [
        np.mean(
            [np.linalg.matrix_power(m, int(np.floor(nu * tau))) for m, nu in zip(matrices, frequency, strict=True)],
            axis=0,
        )
        for tau in durations
    ]
    periods = np.outer(frequency, durations)
    if np.all(np.abs(periods - np.rint(periods)) > 1e-6):  # away from the edge of a kick
        np.testing.assert_allclose(averaged, expected, atol=1e-11)


@pytest.mark.parametrize("phases", ["floor", "random"])
def test_evolution_of_channels_and_their_average(phases):
    """Fig. 2: every channel from one density, then their average, which the full hopping matrix also gives."""
    matrices, start = ring_matrices(0.07), np.linspace(0.0, 1.1, N_RING)
    times = np.array([0.0, 0.2, 0.5, 1.0, 3.7])
    per_channel, average = evolve(matrices, FREQUENCIES_THz, start, times, phases=phases)
    assert per_channel.shape == (3, 5, N_RING)
    np.testing.assert_allclose(per_channel[:, 0], np.tile(start, (3, 1)), rtol=ROUNDING)
    np.testing.assert_allclose(average, per_channel.mean(axis=0), rtol=ROUNDING)
    full = averaged_hopping_matrix(matrices, FREQUENCIES_THz, times, phases=phases)
    np.testing.assert_allclose(average, full @ start, rtol=ROUNDING)
    weights = [0.5, 0.0, 0.5]
    _, weighted = evolve(matrices, FREQUENCIES_THz, start, times, phases=phases, weights=weights)
    np.testing.assert_allclose(weighted, (per_channel[0] + per_channel[2]) / 2, rtol=ROUNDING)
    if phases == "floor":
        np.testing.assert_allclose(per_channel[1, 4], np.linalg.matrix_power(matrices[1], 12) @ start, rtol=ROUNDING)


def test_leading_axes_and_blocks_change_nothing(monkeypatch):
    temperatures = np.array([0.03, 0.05, 0.07])
    matrices = ring_matrices(temperatures)
    assert matrices.shape == (3, 3, N_RING, N_RING)
    durations = [0.4, 11.0]
    together = averaged_hopping_matrix(matrices, FREQUENCIES_THz, durations, phases="random")
    assert together.shape == (3, 2, N_RING, N_RING)
    for index, kT in enumerate(temperatures):
        alone = averaged_hopping_matrix(ring_matrices(kT), FREQUENCIES_THz, durations, phases="random")
        np.testing.assert_allclose(together[index], alone, rtol=ROUNDING)
    monkeypatch.setattr("superion.phonon_channels.BLOCK_DOUBLES", 1)
    blocked = averaged_hopping_matrix(matrices, FREQUENCIES_THz, durations, phases="random")
    np.testing.assert_allclose(blocked, together, rtol=ROUNDING)
    start = np.arange(12.0)
    _, average = evolve(matrices, FREQUENCIES_THz, start, durations, phases="random")
    np.testing.assert_allclose(average, together @ start, rtol=ROUNDING)
    assert equilibrium_hopping_matrix(matrices).shape == (3, N_RING, N_RING)
    assert initial_escape_rate_per_ps(matrices, FREQUENCIES_THz).shape == (3, N_RING)
    assert saturated_escape_rate_per_ps(matrices, durations).shape == (3, 2, N_RING)
    assert escape_rate_per_ps(together, durations).shape == (3, 2, N_RING)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"matrices": np.array([[[0.9, 0.1], [0.3, 0.7]]])}, r"columns \(not rows\) that sum to 1"),
        ({"matrices": np.eye(2)}, r"matrices must have shape \(\.\.\., M, N, N\)"),
        ({"matrices": np.ones((1, 2, 3))}, "matrices must be square"),
        ({"frequencies_THz": [1.0, 2.0]}, "frequencies_THz must have one value per mode"),
        ({"frequencies_THz": [-1.0]}, "frequencies_THz must be positive, got -1.0"),
        ({"durations_ps": [-1.0]}, "durations_ps must not be negative"),
        ({"durations_ps": 1.0}, "durations_ps must be a list"),
        ({"durations_ps": [1e17]}, r"fewer than 2\*\*53 periods"),
        ({"phases": "even"}, "phases must be 'floor' or 'random', got 'even'"),
        ({"weights": [0.5]}, "weights must sum to 1"),
        ({"weights": [0.5, 0.5]}, "weights must have one value per mode"),
    ],
)
def test_bad_channels_are_told(change, message):
    arguments = {"matrices": np.eye(2)[None], "frequencies_THz": [1.0], "durations_ps": [1.0]}
    with pytest.raises(ValueError, match=message):
        averaged_hopping_matrix(**(arguments | change))


def test_zero_window_has_no_rate():
    averaged = averaged_hopping_matrix(ring_matrices(0.03), FREQUENCIES_THz, [0.0])
    np.testing.assert_array_equal(averaged[0], np.eye(N_RING))
    with pytest.raises(ValueError, match=r"durations_ps must be positive, got 0\.0"):
        escape_rate_per_ps(averaged, [0.0])


# --- matrices that depend on time ---------------------------------------------------------------------


def test_static_product_is_a_power():
    matrix = ring_matrices(0.07)[0]
    for form, number in (("printed", 7), ("corrected", 8)):  # 7.5 periods, the first kick at once
        product = time_ordered_product(lambda _: matrix, 6.0, 1.25, form=form)
        np.testing.assert_allclose(product, np.linalg.matrix_power(matrix, number), rtol=ROUNDING)


def test_later_kicks_stand_to_the_left():
    up = np.array([[0.5, 0.0], [0.5, 1.0]])
    down = np.array([[1.0, 0.8], [0.0, 0.2]])
    product = time_ordered_product(lambda time: up if time < 5.4 else down, 2.0, 1.0, start_ps=5.0)
    np.testing.assert_allclose(product, down @ up, atol=ROUNDING)
    assert np.max(np.abs(down @ up - up @ down)) > 0.1
    none = time_ordered_product(lambda _: up, 2.0, 0.1, offset_ps=0.3)
    np.testing.assert_array_equal(none, np.eye(2))


def test_kick_times_keep_the_period_where_the_printed_ones_stretch():
    """Printed: t + X + l tau/N, which stretches the period. Right: t + X + l/nu."""
    printed = kick_times_ps(2.0, 1.75, offset_ps=0.1, start_ps=3.0, form="printed")
    np.testing.assert_allclose(printed, 3.1 + np.arange(3) * 1.75 / 3)
    np.testing.assert_allclose(kick_times_ps(2.0, 1.75, offset_ps=0.1, start_ps=3.0), [3.1, 3.6, 4.1, 4.6])
    np.testing.assert_allclose(kick_times_ps(2.0, 1.75, offset_ps=0.3), [0.3, 0.8, 1.3])
    # A kick on the end of the window belongs to the next.
    np.testing.assert_allclose(kick_times_ps(10.0, 0.3), [0.0, 0.1, 0.2])
    whole = [kick_times_ps(6.0, 1 / 6).size, kick_times_ps(1.1, 0.1 * 3 / 0.33, form="printed").size]
    assert whole == [1, 1]
    assert 4.9 * (5 / 4.9) > 5.0
    assert kick_times_ps(4.9, 5 / 4.9).size == 5


@settings(max_examples=50, deadline=None)
@given(
    frequency=st.floats(0.2, 20.0),
    phase=st.floats(0.0, 0.999),
    durations=st.lists(st.floats(0.01, 5.0), min_size=2, max_size=5),
)
def test_windows_join_without_losing_a_kick(frequency, phase, durations):
    """Kicks of joined windows, the offset carried on, are the kicks of the whole window."""
    whole = kick_times_ps(frequency, sum(durations), offset_ps=phase / frequency)
    edge = np.concatenate(([0.0], np.cumsum(durations)))
    # Kicks at an edge may fall on either side by rounding: leave those cases to the test above.
    if np.min(np.abs(edge[1:, None] - (phase + np.arange(110)) / frequency)) < 1e-6:
        return
    counted = [np.sum((whole >= a) & (whole < b)) for a, b in pairwise(edge)]
    joined = []
    for start, duration in zip(edge[:-1], durations, strict=True):
        offset = (phase / frequency - start) % (1.0 / frequency)
        if offset >= 1.0 / frequency:
            offset = 0.0
        joined.append(kick_times_ps(frequency, duration, offset_ps=offset, start_ps=start).size)
    assert joined == counted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"offset_ps": 0.5}, r"offset_ps must lie in \[0, 0\.5\), one period, got 0\.5"),
        ({"form": "even"}, "form must be 'corrected' or 'printed', got 'even'"),
        ({"duration_ps": -1.0}, "duration_ps must not be negative"),
    ],
)
def test_bad_window_is_told(options, message):
    with pytest.raises(ValueError, match=message):
        kick_times_ps(**({"frequency_THz": 2.0, "duration_ps": 1.0} | options))
