"""Closed forms of the two-site chain and honeycomb against independent matrices and reference values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superion import two_site

PAPER = {"field_split": "paper"}
SPLITS = {"paper": 1.0, "thermodynamic": 0.5}
ROUND = 1e-12  # a few operations in double precision
REFERENCE = 1e-11  # reference values have 12 digits

polarizations = st.floats(-0.99, 0.99)
hoppings = st.floats(0.01, 1.0)
wave_numbers = st.floats(-3.1, 3.1)
fields = st.floats(-3, 3)
splits = st.sampled_from(sorted(SPLITS))


def chain_matrix(p0, gamma, ka, fa, share):
    """P_k hop by hop: from Eq. (30), phase e^{+ik.d}."""
    matrix = np.eye(2, dtype=complex)
    for origin, probability in ((0, p0 * (1 - gamma) / 2), (1, p0 * (1 + gamma) / 2)):
        for step in (0.5, -0.5):
            hop = probability * np.exp(share * fa * step)
            matrix[1 - origin, origin] += hop * np.exp(1j * ka * step)
            matrix[origin, origin] -= hop
    return matrix


def honeycomb_matrix(p0, gamma, k, f, share):
    matrix = np.eye(2, dtype=complex)
    for origin, sign in ((0, -1), (1, 1)):  # a_j leads from b to a
        for j in range(3):
            angle = np.pi / 6 + 2 * np.pi * j / 3
            hop_vector = sign * np.array([np.cos(angle), np.sin(angle)]) / np.sqrt(3)
            hop = p0 * (1 + sign * gamma) / 3 * np.exp(share * np.dot(f, hop_vector))
            matrix[1 - origin, origin] += hop * np.exp(1j * np.dot(k, hop_vector))
            matrix[origin, origin] -= hop
    return matrix


def assert_same_pair(found, matrix):
    expected = np.linalg.eigvals(matrix)
    direct = np.abs(np.array(found) - expected).max()
    swapped = np.abs(np.array(found) - expected[::-1]).max()
    # Close to a degeneracy the eigenvalue routine itself loses half the digits.
    assert min(direct, swapped) < 1e-7 + 1e-12 * np.abs(expected).max()


# ---- spectrum ----------------------------------------------------------------------------------------------------


def test_field_free_eigenvalues():
    plus, minus = two_site.chain_eigenvalues(0.6, 0.3, 0.7)
    assert np.isrealobj(plus)
    assert plus == pytest.approx(0.9669930778036, rel=REFERENCE)
    assert minus == pytest.approx(-0.1669930778036, rel=REFERENCE)


def test_eigenvalues_in_a_field():
    plus, minus = two_site.chain_eigenvalues(0.6, 0.3, 0.7, 1.1, **PAPER)
    assert plus == pytest.approx(0.9609084114368 + 0.1077583809046j, rel=REFERENCE)
    assert minus == pytest.approx(-0.3470301083856 - 0.1077583809046j, rel=REFERENCE)


@given(hoppings, polarizations, wave_numbers, fields, splits)
def test_chain_eigenvalues_are_those_of_the_hopping_matrix(p0, gamma, ka, fa, split):
    found = two_site.chain_eigenvalues(p0, gamma, ka, fa, field_split=split)
    matrix = chain_matrix(p0, gamma, ka, fa, SPLITS[split])
    assert_same_pair(found, matrix)
    assert sum(found) == pytest.approx(np.trace(matrix), abs=ROUND * np.cosh(fa / 2))


@given(hoppings, polarizations, fields, splits)
def test_chain_keeps_ions_at_gamma_point(p0, gamma, fa, split):
    assert two_site.chain_eigenvalues(p0, gamma, 0.0, fa, field_split=split)[0] == 1


@given(hoppings, polarizations, wave_numbers)
def test_zero_field_agrees_with_the_real_form(p0, gamma, ka):
    with_field = two_site.chain_eigenvalues(p0, gamma, ka, 0.0)
    np.testing.assert_allclose(with_field, two_site.chain_eigenvalues(p0, gamma, ka), atol=ROUND)


@given(polarizations, wave_numbers, fields, splits)
def test_chain_spectrum_lies_in_the_unit_disc_where_probabilities_are(gamma, ka, fa, split):
    p0 = two_site.largest_hopping_probability(gamma, fa, field_split=split)
    stay = np.diag(chain_matrix(p0, gamma, 0.0, fa, SPLITS[split])).real
    assert stay.min() == pytest.approx(0, abs=ROUND)
    assert np.abs(two_site.chain_eigenvalues(p0, gamma, ka, fa, field_split=split)).max() <= 1 + ROUND


def test_eigenvalues_broadcast():
    p0, gamma, ka = np.array([0.1, 0.4])[:, None, None], np.array([0.0, 0.5, -0.5])[:, None], np.linspace(0, 3, 7)
    plus, minus = two_site.chain_eigenvalues(p0, gamma, ka, 0.3)
    assert plus.shape == minus.shape == (2, 3, 7)
    assert plus[1, 2, 3] == two_site.chain_eigenvalues(0.4, -0.5, ka[3], 0.3)[0]


def test_figure_3_caption_is_beyond_the_admissible_probability():
    assert two_site.largest_hopping_probability(0.88, 0.5, **PAPER) == pytest.approx(0.5157146963512, rel=REFERENCE)
    assert chain_matrix(0.6, 0.88, 0, 0.5, 1.0)[1, 1].real == pytest.approx(-0.1634339766642, rel=REFERENCE)


def test_figure_3_branch():
    plus, _ = two_site.chain_eigenvalues(0.6, 0.88, np.pi * np.array([0.25, 0.5, 1]), 0.5, **PAPER)
    expected = [0.989191858718 + 0.01230415570086j, 0.9621114402675 + 0.01821180774486j, 0.9209589604691]
    np.testing.assert_allclose(plus, expected, rtol=1e-12, atol=1e-12)


def test_second_stable_mode_when_every_ion_hops_every_step():
    assert two_site.chain_eigenvalues(1.0, 0.0, 0.0)[1] == -1


# ---- decay, polarization, density ratio ----------------------------------------------------------------------------


def test_decay_rate_expansion():
    exact = two_site.chain_decay_rate(0.6, 0.3, 0.01)
    assert exact == pytest.approx(6.824981942172e-06, rel=REFERENCE)
    assert two_site.chain_decay_rate_expansion(0.6, 0.3, 0.01) == pytest.approx(6.825e-06, rel=ROUND)
    # next term of relative size (ka)^4/180
    assert two_site.chain_decay_rate_expansion(0.6, 0.3, 0.01, order=4) == pytest.approx(exact, rel=1e-9)


def test_decay_rate_keeps_its_digits_at_long_waves():
    ka = np.array([1e-9, 1e-6])
    found = two_site.chain_decay_rate(0.6, 0.3, ka)
    np.testing.assert_allclose(found, two_site.chain_decay_rate_expansion(0.6, 0.3, ka), rtol=1e-11)


@given(hoppings, polarizations, wave_numbers)
def test_decay_rate_is_one_minus_the_eigenvalue(p0, gamma, ka):
    plus = two_site.chain_eigenvalues(p0, gamma, ka)[0]
    assert two_site.chain_decay_rate(p0, gamma, ka) == pytest.approx(1 - abs(plus), abs=ROUND)


def test_microscopic_polarization():
    assert two_site.chain_microscopic_polarization(0.5, 0.1) == pytest.approx(0.5002345459998, rel=REFERENCE)
    expansion = two_site.chain_microscopic_polarization_expansion
    assert expansion(0.5, 0.1) == pytest.approx(0.500234375, rel=ROUND)
    assert expansion(0.5, 0.1, form="printed") == pytest.approx(0.5009375, rel=ROUND)
    fourth = (expansion(0.5, 0.1, order=4) - expansion(0.5, 0.1)) / 0.05**4
    assert fourth == pytest.approx(0.02734375, rel=1e-8)  # a difference of two numbers that agree in 7 digits


@given(st.floats(-1, 1), st.floats(-np.pi, np.pi))
def test_polarization_is_odd_in_the_sublattices_and_bounded(gamma, ka):
    found = two_site.chain_microscopic_polarization(gamma, ka)
    assert abs(found) <= 1
    assert two_site.chain_microscopic_polarization(-gamma, ka) == pytest.approx(-found, abs=1e-9)
    assert found * gamma >= 0


@given(hoppings, polarizations, wave_numbers, fields, splits)
def test_density_ratio_is_that_of_the_eigenvector(p0, gamma, ka, fa, split):
    ratio = two_site.chain_density_ratio(gamma, ka, fa, field_split=split)
    vector = np.array([1, ratio])
    plus = two_site.chain_eigenvalues(p0, gamma, ka, fa, field_split=split)[0]
    residual = chain_matrix(p0, gamma, ka, fa, SPLITS[split]) @ vector - plus * vector
    # Where the branches meet the root is the square root of a rounding error: 1e-8.
    assert np.abs(residual).max() < 1e-7 * np.linalg.norm(vector) * np.cosh(fa)


def test_density_ratio_values():
    for fa in (0.0, 2.0):
        assert two_site.chain_density_ratio(0.3, 0.0, fa) == pytest.approx(0.5384615384615, rel=REFERENCE)
    exact = two_site.chain_density_ratio(0.3, 0.001, 0.8, **PAPER)
    assert exact == pytest.approx(0.5384615229624 + 3.06881896152e-05j, rel=REFERENCE)
    first = two_site.chain_density_ratio(0.3, 0.001, 0.8, approximation="first_order", **PAPER)
    assert first == pytest.approx(0.5384615384615 + 3.068818541292e-05j, rel=REFERENCE)
    weak = two_site.chain_density_ratio(0.3, 0.001, 0.8, approximation="weak_field", **PAPER)
    assert weak == pytest.approx(7 / 13 * (1 + 1j * 0.3 * 0.001 / 4 * 0.8), rel=ROUND)


def test_density_ratio_of_wrong_sign_field_is_the_conjugate():
    up, down = two_site.chain_density_ratio(0.3, 0.4, [0.8, -0.8])
    assert up == pytest.approx(down.conjugate(), rel=ROUND)


# ---- drift in a field ------------------------------------------------------------------------------------------------


@given(hoppings, polarizations, fields, splits)
def test_group_velocity_is_the_slope_of_the_frequency(p0, gamma, fa, split):
    step = 1e-4  # the phase is odd in k: the error of the chord is of order step^2
    chord = two_site.chain_frequency(p0, gamma, step, fa, field_split=split) / step
    assert chord == pytest.approx(two_site.chain_group_velocity(p0, gamma, fa, field_split=split), rel=1e-4, abs=1e-9)


@given(hoppings, polarizations, fields, splits)
def test_group_velocity_is_the_mean_displacement_of_the_stationary_state(p0, gamma, fa, split):
    gap = np.eye(2) - chain_matrix(p0, gamma, 0.0, fa, SPLITS[split]).real
    population = np.array([gap[0, 1], -gap[0, 0]]) / (gap[0, 1] - gap[0, 0])
    hop = np.array([p0 * (1 - gamma), p0 * (1 + gamma)]) / 2
    step = np.array([0.5, -0.5])
    mean = (np.exp(SPLITS[split] * fa * step) @ step) * (hop @ population)
    assert two_site.chain_group_velocity(p0, gamma, fa, field_split=split) == pytest.approx(mean, abs=ROUND)


def test_weak_field_velocity_and_conductivity():
    weak = two_site.chain_group_velocity(0.6, 0.3, 0.001, limit="weak", **PAPER)
    assert weak == pytest.approx(0.0001365, rel=ROUND)
    assert two_site.chain_group_velocity(0.6, 0.3, 0.001, **PAPER) == pytest.approx(0.0001365, rel=1e-6)
    assert two_site.chain_conductivity(0.6, 0.3, **PAPER) == pytest.approx(0.1365, rel=ROUND)
    assert two_site.chain_conductivity(0.6, 0.3) == pytest.approx(0.1365 / 2, rel=ROUND)
    assert two_site.chain_diffusion_coefficient(0.6, 0.3) == pytest.approx(0.06825, rel=ROUND)


@given(hoppings, polarizations, st.floats(0.01, 5), splits)
def test_field_enhancement_is_that_of_the_current(p0, gamma, fa, split):
    weak = two_site.chain_conductivity(p0, gamma, field_split=split)
    velocity = two_site.chain_group_velocity(p0, gamma, [fa - 1e-5, fa, fa + 1e-5], field_split=split)
    chord = two_site.field_enhancement(fa, kind="chord", field_split=split)
    assert velocity[1] / fa / weak == pytest.approx(chord, rel=1e-10)
    slope = (velocity[2] - velocity[0]) / 2e-5 / weak
    assert slope == pytest.approx(two_site.field_enhancement(fa, field_split=split), rel=1e-6)


def test_field_enhancement_values():
    fa = np.array([0.1, 0.2826075389713, 0.8871365087702, 2.0, 5.0])
    differential = [1.001250260438, 1.01, 1.1, 1.543080634815, 6.132289479664]
    chord = [1.000416718753, 1.003331116386, 1.03311624528, 1.175201193644, 2.420081792416]
    np.testing.assert_allclose(two_site.field_enhancement(fa, **PAPER), differential, rtol=REFERENCE)
    np.testing.assert_allclose(two_site.field_enhancement(fa, kind="chord", **PAPER), chord, rtol=REFERENCE)
    assert two_site.field_enhancement(0.0, kind="chord") == 1
    np.testing.assert_array_equal(two_site.field_enhancement(2 * fa), two_site.field_enhancement(fa, **PAPER))


def test_printed_enhancement_agrees_for_unit_charge_only():
    one, two = (two_site.field_enhancement(1.5, form="printed", charge_number=z) for z in (1, 2))
    assert one == two_site.field_enhancement(1.5)
    assert two == two_site.field_enhancement(0.75)


def test_einstein_ratio_of_mobility_and_diffusion():
    for split, ratio in (("paper", 2), ("thermodynamic", 1)):
        mobility = two_site.chain_group_velocity(0.6, 0.3, 1.0, limit="weak", field_split=split)
        assert mobility / two_site.chain_diffusion_coefficient(0.6, 0.3) == pytest.approx(ratio, rel=ROUND)


# ---- honeycomb -------------------------------------------------------------------------------------------------------


def test_honeycomb_structure_product_without_wave():
    f = [0.3, -0.2]
    product = np.prod([two_site.honeycomb_structure_factor([0, 0], s * np.array(f), **PAPER) for s in (1, -1)])
    assert product == pytest.approx(1.021843286175, rel=REFERENCE)


@given(st.tuples(*[st.floats(-0.2, 0.2)] * 4), splits)
def test_honeycomb_product_expansion_has_the_stated_remainder(components, split):
    k, f = np.array(components[:2]), np.array(components[2:])
    omega = two_site.honeycomb_structure_factor
    product = omega(k, f, field_split=split) * omega(-k, -f, field_split=split)
    size = np.sum(k**2 + f**2)
    for order in (2, 4):
        expansion = two_site.honeycomb_structure_product_expansion(k, f, order=order, field_split=split)
        assert abs(product - expansion) <= size ** (order // 2 + 1) / 30 + 1e-15


@given(hoppings, polarizations, st.tuples(*[st.floats(-3, 3)] * 4), splits)
def test_honeycomb_eigenvalues_are_those_of_the_hopping_matrix(p0, gamma, components, split):
    k, f = np.array(components[:2]), np.array(components[2:])
    found = two_site.honeycomb_eigenvalues(p0, gamma, k, f, field_split=split)
    assert_same_pair(found, honeycomb_matrix(p0, gamma, k, f, SPLITS[split]))
    at_gamma = two_site.honeycomb_eigenvalues(p0, gamma, 0 * k, f, field_split=split)[0]
    assert at_gamma == pytest.approx(1, abs=1e-13)


def test_undressed_diagonal_creates_ions():
    plus, _ = two_site.honeycomb_eigenvalues(0.5, 0.4, [0, 0], [1, 0.5], diagonal="undressed", **PAPER)
    assert plus == pytest.approx(1.045231493312, rel=REFERENCE)


def test_honeycomb_drift_velocity_values():
    velocity = two_site.honeycomb_drift_velocity
    dressed, literal = (velocity(0.5, 0.4, [1, 0.5], diagonal=name, **PAPER) for name in ("dressed", "undressed"))
    np.testing.assert_allclose(dressed, [0.0733068080791, 0.03662982545623], rtol=REFERENCE)
    np.testing.assert_allclose(literal, [0.07148370140846, 0.03571885850945], rtol=REFERENCE)


def test_honeycomb_drift_is_anisotropic_and_rectifies_in_a_strong_field():
    angle = np.deg2rad([0, 30])
    velocity = two_site.honeycomb_drift_velocity(0.5, 0.4, 3 * np.stack([np.cos(angle), np.sin(angle)], -1), **PAPER)
    expected = [[0.2980991237133, 0.0], [0.2328909333199, 0.134459643044]]
    np.testing.assert_allclose(velocity, expected, rtol=1e-10, atol=1e-12)
    up_and_down = two_site.honeycomb_drift_velocity(0.5, 0.4, [[0, 3], [0, -3]], **PAPER)
    np.testing.assert_allclose(up_and_down.mean(0), [0, 0.01555328032383], rtol=1e-10, atol=1e-12)


@given(hoppings, polarizations, st.tuples(*[st.floats(-3, 3)] * 2), splits, st.sampled_from(["dressed", "undressed"]))
def test_honeycomb_drift_is_the_slope_of_the_phase(p0, gamma, field, split, diagonal):
    step = 1e-4
    options = {"field_split": split, "diagonal": diagonal}
    k = step * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    phase = np.angle(two_site.honeycomb_eigenvalues(p0, gamma, k, field, **options)[0])
    slope = np.array([phase[0] - phase[1], phase[2] - phase[3]]) / (2 * step)
    found = two_site.honeycomb_drift_velocity(p0, gamma, field, **options)
    np.testing.assert_allclose(found, slope, rtol=1e-4, atol=1e-6)


def test_honeycomb_weak_field():
    assert two_site.honeycomb_conductivity(0.5, 0.4, **PAPER) == pytest.approx(0.07, rel=ROUND)
    assert two_site.honeycomb_conductivity(0.5, 0.4) == pytest.approx(0.035, rel=ROUND)
    assert two_site.honeycomb_diffusion_coefficient(0.5, 0.4) == pytest.approx(0.035, rel=ROUND)
    weak = two_site.honeycomb_group_velocity(0.5, 0.4, [1e-4, -2e-4], **PAPER)
    np.testing.assert_allclose(weak, [0.07e-4, -0.14e-4], rtol=ROUND)
    exact = two_site.honeycomb_drift_velocity(0.5, 0.4, [1e-4, -2e-4], **PAPER)
    np.testing.assert_allclose(weak, exact, rtol=1e-7)  # next term of relative size f^2


def test_honeycomb_broadcasts():
    p0, gamma = np.array([0.1, 0.3, 0.5])[:, None], np.array([0.2, -0.4])
    f = np.array([0.5, 0.1])
    assert two_site.honeycomb_drift_velocity(p0, gamma, f).shape == (3, 2, 2)
    assert two_site.honeycomb_group_velocity(p0, gamma, f).shape == (3, 2, 2)
    assert two_site.honeycomb_eigenvalues(p0, gamma, np.zeros((4, 1, 1, 2)), f)[0].shape == (4, 3, 2)


def test_hop_vectors_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        two_site.HONEYCOMB_HOPS[0] = 0


# ---- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: two_site.chain_eigenvalues(-0.1, 0, 0), r"hopping_probability must be .* got -0\.1"),
        (
            lambda: two_site.chain_eigenvalues(0.1, [0, 1.5], 0),
            r"polarization must be finite, at least -1 and at most 1, got 1\.5 at index \(1,\)",
        ),
        (lambda: two_site.chain_eigenvalues(0.1, 0, np.nan), r"wave_number_times_a must be finite, got nan"),
        (lambda: two_site.chain_eigenvalues(0.1, 0, 0, np.inf), r"reduced_field must be finite, got inf"),
        (
            lambda: two_site.chain_eigenvalues(0.1, 0, 0, field_split="half"),
            r"field_split must be .* got 'half'",
        ),
        (lambda: two_site.chain_microscopic_polarization(0.1, 4.0), r"first Brillouin zone.*got 4\.0"),
        (lambda: two_site.chain_density_ratio(-1.0), r"polarization must be finite, above -1 .* got -1\.0"),
        (lambda: two_site.chain_decay_rate_expansion(0.1, 0, 0, order=3), r"order must be 2 or 4, got 3"),
        (
            lambda: two_site.field_enhancement(1, form="printed", charge_number=0),
            r"charge_number must not be 0 .* got 0",
        ),
        (lambda: two_site.field_enhancement(1, kind="dc"), r"kind must be .* got 'dc'"),
        (lambda: two_site.honeycomb_drift_velocity(0.1, 0, [1, 0, 0]), r"reduced_field must have 2 components"),
        (lambda: two_site.honeycomb_eigenvalues(0.1, 0, [0, 0], diagonal="A1"), r"diagonal must be .* got 'A1'"),
    ],
)
def test_refusals_name_the_parameter_and_its_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()
