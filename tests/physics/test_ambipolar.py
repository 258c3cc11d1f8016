"""Ambipolarons: levels and weights against the matrix, reciprocity, cross ratios and their limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from superion.ambipolar import (
    ambipolaron_energies,
    ambipolaron_weights,
    coupling_parameter,
    cross_ratios,
    electron_hopping_eV,
    entropy_margin,
    interference_saturation,
    least_entropic_coupling,
    least_saturation_coupling,
    onsager_matrix,
    relaxation_time_ratio,
)

ROUNDING = 1e-12  # some roundings, relative
PRINTED_DIGITS = 1e-9  # reference values carry ten digits

# O13: j and the coupling below which the matrix is indefinite for some density ratio
LEAST = {2: 0.0294132, 5: 0.1436429, 10: 0.2591764, 100: 0.6051765, 1000: 0.8072506}

ratios = st.floats(-4, 4).map(lambda exponent: 10**exponent)
couplings = st.floats(1e-3, 1.0)
energies = st.floats(-2.0, 2.0)


def u_of(xi):
    return (1 - xi) / (1 + xi)


# ---- levels ------------------------------------------------------------------------------------------------------


@given(energies, energies, st.floats(0.0, 1.0), st.floats(-1.0, 1.0))
def test_levels_are_eigenvalues_of_the_matrix(electron, ion, scattering, shift):
    matrix = [[electron, scattering], [scattering, ion + shift]]
    np.testing.assert_allclose(
        ambipolaron_energies(electron, ion, scattering, shift), np.linalg.eigvalsh(matrix), atol=1e-14
    )


@given(energies, st.floats(0.01, 2.0), st.floats(-1.0, 1.0))
def test_weights_are_those_of_the_eigenvectors(ion, gap, scattering):
    """E_e > E_i: the upper branch is the electronic one, its share of the electron (1 + xi)/2."""
    _, vector = np.linalg.eigh([[ion + gap, scattering], [scattering, ion]])
    xi = coupling_parameter(scattering, gap / 2)
    assert ambipolaron_weights(xi) == pytest.approx(vector[0, 1] ** 2, abs=1e-13)
    assert 0.5 <= ambipolaron_weights(xi) <= 1
    assert ambipolaron_weights(xi, form="printed") >= 1


def test_printed_levels_lack_the_shift_in_the_difference():
    right = ambipolaron_energies(0.3, 0.1, 0.05, 0.4)
    printed = ambipolaron_energies(0.3, 0.1, 0.05, 0.4, form="printed")
    assert sum(printed) == pytest.approx(sum(right))
    assert printed[1] - printed[0] == pytest.approx(2 * np.hypot(0.1, 0.05), rel=ROUNDING)
    assert right[1] - right[0] == pytest.approx(2 * np.hypot(0.1, 0.05), rel=ROUNDING)  # (0.3 - 0.1 - 0.4)/2 = -0.1
    assert ambipolaron_energies(0.3, 0.1, 0.05, 0.1)[1] != pytest.approx(
        float(ambipolaron_energies(0.3, 0.1, 0.05, 0.1, form="printed")[1])
    )
    assert ambipolaron_energies(0.3, 0.1, 0.05) == ambipolaron_energies(0.3, 0.1, 0.05, form="printed")


def test_coupling_parameter_runs_from_zero_to_one():
    np.testing.assert_allclose(coupling_parameter([0.0, 0.1, -0.1, 1e3], 0.1), [1, 0.5**0.5, 0.5**0.5, 1e-4], rtol=1e-7)


# ---- reciprocity -------------------------------------------------------------------------------------------------


def test_time_ratio_of_o9_and_o10():
    xi, j, r = 0.5, 5.0, 1000.0
    assert relaxation_time_ratio(j, r, xi) == pytest.approx((r + j + j * r / 3) / (r + j + 1 / 3), rel=ROUNDING)
    for density, saturation in ((1e5, 33334.33333), (1e3, 334.3333333)):
        assert relaxation_time_ratio(1e14, density, xi) == pytest.approx(saturation, rel=1e-8)
        assert relaxation_time_ratio(1e14, density, xi) == pytest.approx(1 + density / 3, rel=1e-8)
    small = relaxation_time_ratio(np.array([1.0, 2.0, 3.0]), 1e5, xi)
    np.testing.assert_allclose(np.diff(small), u_of(xi), rtol=1e-4)  # linear in small j, to j/r


@given(ratios, ratios, couplings)
def test_time_ratio_is_eq39_as_printed(j, r, xi):
    ratio = relaxation_time_ratio(j, r, xi)
    if xi < 1:
        printed = 1 + (j * r - 1) / ((1 + xi) / (1 - xi) * (r + j) + 1)
        assert ratio == pytest.approx(printed, rel=ROUNDING, abs=1e-13)  # 1 + ... cancels where j r << 1
    assert ratio > 0
    assert ratio == pytest.approx(float(relaxation_time_ratio(r, j, xi)), rel=ROUNDING)
    assert relaxation_time_ratio(1.1 * j, r, xi) >= ratio * (1 - ROUNDING)
    assert relaxation_time_ratio(j, 1 / j, xi) == pytest.approx(1, rel=ROUNDING)
    assert relaxation_time_ratio(j, r, 1.0) == 1


@given(ratios, ratios, couplings, st.floats(0.1, 10))
def test_matrix_is_symmetric_for_eq39_alone(j, r, xi, factor):
    matrix = onsager_matrix(j, r, xi)
    scale = np.abs(matrix).max()
    # L_ei and L_ie are differences of terms of which the largest is j, r or j r over 4 xi
    rounding = 1e-15 * (1 + relaxation_time_ratio(j, r, xi)) * (1 + j) * (1 + r) / xi
    assert matrix[0, 1] == pytest.approx(matrix[1, 0], abs=10 * rounding + ROUNDING * scale * 1e-3)
    assert np.all(np.diag(matrix) > 0)
    assert matrix[0, 1] <= 10 * rounding
    if xi < 0.9 and abs(np.log(factor)) > 0.1:
        other = onsager_matrix(j, r, xi, factor * relaxation_time_ratio(j, r, xi))
        gap = abs(other[0, 1] - other[1, 0])
        # L_ei - L_ie is linear in tau_+/tau_- with this slope, and zero at (39)
        slope = ((1 - xi) ** 2 + (1 - xi**2) * (j + r)) / (4 * xi)
        expected = slope * abs(factor - 1) * relaxation_time_ratio(j, r, xi)
        assert gap == pytest.approx(expected, rel=1e-9, abs=100 * rounding)
        assert expected > 0


def test_matrix_of_free_particles_is_diagonal():
    """xi = 1: L_ei = L_ie = 0 and L_ee, L_ii (the text of (38) says L_ee, L_ei) are those of free particles."""
    np.testing.assert_array_equal(onsager_matrix(5.0, 100.0, 1.0), [[500, 0], [0, 1]])
    assert onsager_matrix([1.0, 2.0], 3.0, [[0.5], [0.7], [1.0]]).shape == (3, 2, 2, 2)


def test_matrix_elements_are_eq38_as_printed():
    j, r, xi, time = 5.0, 100.0, 0.3, 2.5
    expected = [
        [
            time * r * (1 + xi) ** 2 / (4 * xi) * j,
            -time * (1 - xi) ** 2 / (4 * xi) - (time - 1) * (1 - xi**2) / (4 * xi) * j,
        ],
        [
            r * (-((1 - xi) ** 2) / (4 * xi) * j + (time - 1) * (1 - xi**2) / (4 * xi)),
            (1 + xi) ** 2 / (4 * xi),
        ],
    ]
    np.testing.assert_allclose(onsager_matrix(j, r, xi, time), expected, rtol=ROUNDING)


# ---- cross ratios ------------------------------------------------------------------------------------------------


def test_cross_ratios_of_o11():
    ion, electron = cross_ratios(5.0, 100.0, 0.5)
    assert ion == pytest.approx(2.918424754, abs=PRINTED_DIGITS)
    assert electron == pytest.approx(0.002263122, abs=PRINTED_DIGITS)


@given(ratios, ratios, couplings)
def test_cross_ratios_are_those_of_the_matrix(j, r, xi):
    ion, electron = cross_ratios(j, r, xi)
    matrix = onsager_matrix(j, r, xi)
    rounding = 1e-14 * (1 + relaxation_time_ratio(j, r, xi)) * (1 + j) * (1 + r) / xi
    assert ion == pytest.approx(abs(matrix[1, 0]) / matrix[1, 1], rel=ROUNDING, abs=rounding / matrix[1, 1])
    assert electron == pytest.approx(abs(matrix[0, 1]) / matrix[0, 0], rel=ROUNDING, abs=rounding / matrix[0, 0])
    printed = (1 + j**2) * (1 + xi) + j * (1 - xi)
    printed = printed / ((j + r) * (1 + xi) + (1 - xi)) * u_of(xi) ** 2 * r  # (40)
    assert ion == pytest.approx(printed, rel=ROUNDING)
    assert electron == pytest.approx(printed / (j * r * relaxation_time_ratio(j, r, xi)), rel=ROUNDING)  # (41)


@given(st.floats(-2, 2).map(lambda x: 10**x), st.floats(-2, 2).map(lambda x: 10**x), st.floats(0.05, 1.0))
def test_entropy_margin_is_the_determinant(j, r, xi):
    matrix = onsager_matrix(j, r, xi)
    scaled = matrix / np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
    margin = entropy_margin(j, r, xi)
    assert margin == pytest.approx(np.linalg.det(scaled), rel=1e-9, abs=1e-9)  # rounding of L_ei by cancellation
    smallest = np.linalg.eigvalsh(scaled)[0]
    if abs(margin) > 1e-6:
        assert (margin > 0) == (smallest > 0)


@given(ratios, ratios, couplings)
def test_conductivities_order_as_j_r_of_o14(j, r, xi):
    """O14: L_ee/L_ii = j r tau_+/tau_- is above 1 exactly where j r is."""
    matrix = onsager_matrix(j, r, xi)
    if abs(j * r - 1) > 1e-6:
        assert (matrix[0, 0] > matrix[1, 1]) == (j * r > 1)
    else:
        assert matrix[0, 0] == pytest.approx(matrix[1, 1], rel=1e-5)


@given(st.floats(-2, 3).map(lambda x: 10**x))
def test_j_times_r_of_one_is_the_middle(j):
    np.testing.assert_allclose(onsager_matrix(j, 1 / j, 0.4)[[0, 1], [0, 1]], (1.4**2) / 1.6, rtol=ROUNDING)


@given(ratios, st.floats(0.01, 0.99))
def test_cross_ratio_saturates(j, xi):
    saturation = interference_saturation(j, xi)
    ion = cross_ratios(j, np.array([1.0, 10.0, 1e3, 1e14]), xi)[0]
    assert np.all(np.diff(ion) > 0)
    assert ion[-1] == pytest.approx(saturation, rel=1e-9)  # (j + u)/r is left out
    assert ion[-1] <= saturation * (1 + ROUNDING)


def test_cross_ratios_vanish_without_coupling():
    np.testing.assert_array_equal(cross_ratios(5.0, 100.0, 1.0), [0, 0])
    assert entropy_margin(5.0, 100.0, 1.0) == 1


def test_saturation_of_o12_may_exceed_one():
    assert interference_saturation(5.0, 0.5) == pytest.approx(3.074074074, abs=PRINTED_DIGITS)
    threshold = least_saturation_coupling(5.0)
    assert threshold == pytest.approx(0.677032961, abs=PRINTED_DIGITS)
    assert interference_saturation(5.0, threshold) == pytest.approx(1, rel=ROUNDING)
    assert interference_saturation(5.0, threshold * 0.999) > 1 > interference_saturation(5.0, threshold * 1.001)


@pytest.mark.parametrize("j", LEAST)
def test_least_entropic_coupling_of_o13(j):
    xi = least_entropic_coupling(j)
    assert xi == pytest.approx(LEAST[j], abs=1e-6)  # O13: found there on a grid of r
    r = np.geomspace(1e-6, 1e6, 20001)
    assert entropy_margin(j, r, xi * 0.999).min() < 0
    assert entropy_margin(j, r, xi * 1.001).min() > 0
    assert entropy_margin(j, r, xi).min() == pytest.approx(0, abs=1e-6)  # the grid in r


@given(st.floats(-2, 3).map(lambda x: 10**x), st.floats(0.01, 0.95))
def test_worst_density_ratio_is_the_closed_form(j, xi):
    """Over r, alpha_i* alpha_e* is largest at r^2 = j (j + u)/(1 + u j)."""
    u = u_of(xi)

    def product(logarithm):
        ion, electron = cross_ratios(j, np.exp(logarithm), xi)
        return float(ion * electron)

    best = minimize_scalar(lambda x: -product(x), bounds=(-12, 12), method="bounded", options={"xatol": 1e-9})
    assert best.x == pytest.approx(np.log(j * (j + u) / (1 + u * j)) / 2, abs=1e-6)  # square root of a rounding
    largest = u**4 * (1 + j**2 + j * u) ** 2 / (j * (np.sqrt((j + u) * (1 + u * j)) + np.sqrt(j)) ** 2)
    assert -best.fun == pytest.approx(largest, rel=1e-10)


def test_equal_hopping_never_destroys_entropy():
    assert least_entropic_coupling(1.0) == pytest.approx(0, abs=1e-14)
    assert least_entropic_coupling(1.0001) > 0


# ---- estimates ---------------------------------------------------------------------------------------------------


def test_mobile_electrons_of_o15():
    assert relaxation_time_ratio(1000.0, 1000.0, 0.5) == pytest.approx(167.6387269, abs=1e-7)
    approximate = relaxation_time_ratio(1000.0, 1000.0, 0.5, form="mobile_electrons")
    assert approximate == pytest.approx(167.66667, abs=5e-6)
    # (46) needs j r >> 1: at j = 1000, r = 1e-3 the ratio is 1 exactly
    assert relaxation_time_ratio(1000.0, 1e-3, 0.05) == pytest.approx(1.0, rel=ROUNDING)
    assert relaxation_time_ratio(1000.0, 1e-5, 0.05) < 1
    assert relaxation_time_ratio(1000.0, 1e-5, 0.05, form="mobile_electrons") > 1


def test_electron_hopping_of_o16():
    np.testing.assert_allclose(electron_hopping_eV(1.0, [1, 5, 9]), [7.61996, 0.304799, 0.0940736], rtol=2e-6)
    assert electron_hopping_eV(0.1, 5.0) == pytest.approx(3.04799, rel=2e-6)


# ---- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: coupling_parameter(0.1, 0.0), "half_difference_eV must not be 0, got 0.0"),
        (lambda: coupling_parameter(np.nan, 0.1), "scattering_eV"),
        (lambda: ambipolaron_weights(0.0), "coupling_parameter must be .*above 0.*at most 1, got 0.0"),
        (lambda: ambipolaron_weights(1.1), "coupling_parameter"),
        (lambda: ambipolaron_weights(0.5, form="other"), "form"),
        (lambda: ambipolaron_energies(0.1, 0.2, 0.1, form="other"), "form"),
        (lambda: relaxation_time_ratio(0.0, 1.0, 0.5), "hopping_ratio"),
        (lambda: relaxation_time_ratio(1.0, [1.0, -1.0], 0.5), r"density_ratio.*index \(1,\)"),
        (lambda: relaxation_time_ratio(1.0, 1.0, 0.5, form="other"), "form"),
        (lambda: onsager_matrix(1.0, 1.0, 0.5, 0.0), "time_ratio"),
        (lambda: cross_ratios(1.0, 1.0, 2.0), "coupling_parameter"),
        (lambda: interference_saturation(-1.0, 0.5), "hopping_ratio"),
        (lambda: least_entropic_coupling(0.0), "hopping_ratio"),
        (lambda: least_saturation_coupling(-5.0), "hopping_ratio"),
        (lambda: electron_hopping_eV(0.0, 5.0), "effective_mass"),
        (lambda: electron_hopping_eV(1.0, 0.0), "lattice_constant_A"),
    ],
)
def test_bad_values_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
