"""Densities of states and activation of Hu et al. (2026), Eqs. (2)-(3), against quadrature and closed forms."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate

from superion.densities_of_states import (
    ConstantDensity,
    GaussianDensity,
    PowerLawDensity,
    TabulatedDensity,
    activation_ratio,
    open_destination_probability,
)
from superion.phonon_channels import (
    PhononMode,
    hop_probability,
)

REFERENCE = 1e-9  # reference tables carry 13 digits
QUADRATURE = 1e-9  # adaptive quadrature asked for 1e-11
ROUNDING = 1e-12  # a few hundred roundings


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
        (lambda: PowerLawDensity(-1.0), "exponent must be finite, above -1 and at most 1000 .*got -1.0"),
        (lambda: GaussianDensity(0.2, 0.0), "width_eV must be finite and above 0, got 0.0"),
        (lambda: TabulatedDensity([0.0, 0.2, 0.2], [1.0, 1.0, 1.0]), "ascend strictly, got .*0.2.* at index 2"),
        (
            lambda: TabulatedDensity([0.0, 0.2], [1.0, -1.0]),
            r"density must be finite and at least 0, got -1.0 at index \(1,\)",
        ),
        (lambda: TabulatedDensity([0.0, 0.2], [1.0]), "density must have the shape"),
        (lambda: TabulatedDensity([0.0, 0.2], [0.0, 0.0]), "density must be above 0 somewhere"),
        (lambda: TabulatedDensity([0.0], [1.0]), "at least two energies"),
        (lambda: activation_ratio(ConstantDensity(), 0.1, 0.2, 0.05), "threshold_eV must not lie below"),
        (
            lambda: activation_ratio(ConstantDensity(), 0.1, 0.0, 0.0),
            "thermal_energy_eV must be finite and above 0, got 0.0",
        ),
        (lambda: activation_ratio(ConstantDensity(), np.nan, 0.0, 0.1), "threshold_eV must be a number"),
        (lambda: activation_ratio(DENSITIES["table"], 1.5, 1.0, 0.1), "site_energy_eV must have states above it"),
        (lambda: PhononMode(0.0, 0.3), "frequency_THz must be finite and above 0, got 0.0"),
        (lambda: PhononMode(1.0, np.nan), "threshold_eV must be a number"),
    ],
)
def test_bad_input_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()


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
