"""Hopping matrices: conservation, admissibility, phases; Hu et al. (2026), Eqs. (12), (24), (30)-(32), (A1)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superion import hopping
from superion import lattice as lattices

ROUNDING = 1e-13  # sums of at most 24 numbers below 1

names = st.sampled_from(sorted(set(lattices.BUILDERS) - {"chain"}))
p0s = st.floats(0.01, 0.5)
gammas = st.floats(-0.9, 0.9)
splits = st.sampled_from(sorted(hopping.FIELD_SHIFT))


@given(names, p0s, gammas, st.lists(st.floats(-0.4, 0.4), min_size=3, max_size=3), splits)
def test_columns_sum_to_one_at_gamma_in_any_field(name, p0, gamma, field, split):
    lattice = lattices.BUILDERS[name]()
    probability = hopping.polarized_probability(lattice, p0, gamma)
    dressed = hopping.dressed_probability(lattice, probability, field[: lattice.dimension], split)
    matrix = hopping.hopping_matrix(lattice, dressed, allow_negative=True)
    np.testing.assert_allclose(matrix.sum(-2), 1, atol=ROUNDING)


@given(names, p0s, gammas, st.lists(st.floats(-1, 1), min_size=3, max_size=3))
def test_reversing_k_conjugates(name, p0, gamma, fractions):
    lattice = lattices.BUILDERS[name]()
    probability = hopping.polarized_probability(lattice, p0, gamma)
    k = lattice.wave_vectors([fractions[: lattice.dimension]])
    forward = hopping.hopping_matrix(lattice, probability, k, allow_negative=True)
    np.testing.assert_allclose(
        hopping.hopping_matrix(lattice, probability, -k, allow_negative=True), forward.conj(), atol=ROUNDING
    )
    np.testing.assert_allclose(
        hopping.hopping_matrix(lattice, probability, k, fourier_sign=1, allow_negative=True),
        forward.conj(),
        atol=ROUNDING,
    )


@given(names, p0s, gammas)
def test_polarized_probability_is_in_detailed_balance(name, p0, gamma):
    """pi_i P_ij symmetric with pi ~ 1/(1 - polarity gamma), also where coordinations differ."""
    lattice = lattices.BUILDERS[name]()
    probability = hopping.polarized_probability(lattice, p0, gamma)
    population = 1 / (1 - lattice.site_polarity * gamma)
    assert hopping.detailed_balance_defect(lattice, probability, population) < ROUNDING


@given(st.floats(100, 2000), st.lists(st.floats(0, 0.2), min_size=3, max_size=3), st.floats(0.2, 0.6))
def test_thermal_probability_is_in_detailed_balance_with_boltzmann(temperature, energies, saddle):
    lattice = lattices.fcc_octahedral_tetrahedral()
    probability = hopping.thermal_probability(lattice, energies, saddle, temperature)
    population = np.exp(-np.array(energies) / (8.617333262145179e-5 * temperature))
    assert hopping.detailed_balance_defect(lattice, probability, population) < 1e-11  # exponents up to 70


def test_equation_31_element_by_element():
    chain = lattices.two_site_chain()
    p0, gamma, fa, ka = 0.4, 0.3, 0.7, 1.1
    dressed = hopping.dressed_probability(chain, hopping.polarized_probability(chain, p0, gamma), [fa], "paper")
    matrix = hopping.hopping_matrix(chain, dressed, [[ka]], fourier_sign=1)[0]

    def omega(k, f):
        return np.cos(k / 2) * np.cosh(f / 2) + 1j * np.sin(k / 2) * np.sinh(f / 2)

    expected = [
        [1 - p0 * (1 - gamma) * omega(0, -fa), p0 * (1 + gamma) * omega(ka, fa)],
        [p0 * (1 - gamma) * omega(-ka, -fa), 1 - p0 * (1 + gamma) * omega(0, fa)],
    ]
    np.testing.assert_allclose(matrix, expected, atol=ROUNDING)


def test_gradient_is_the_derivative():
    lattice = lattices.kagome()
    probability = np.where(lattice.hop_kind == 0, 0.11, 0.03)
    k, h = np.array([[0.3, -0.8]]), 1e-5
    gradient = hopping.hopping_matrix_gradient(lattice, probability, k)[0]
    for axis in range(2):
        step = h * np.eye(2)[axis]
        difference = hopping.hopping_matrix(lattice, probability, k + step) - hopping.hopping_matrix(
            lattice, probability, k - step
        )
        np.testing.assert_allclose(gradient[axis], difference[0] / (2 * h), atol=1e-10)  # h^2 error of the difference


def test_grids_broadcast():
    chain = lattices.two_site_chain()
    p0 = np.linspace(0.1, 0.5, 4)[:, None]
    gamma = np.linspace(-0.5, 0.5, 3)
    matrix = hopping.hopping_matrix(chain, hopping.polarized_probability(chain, p0, gamma), [[0.1], [0.2]])
    assert matrix.shape == (4, 3, 2, 2, 2)
    one = hopping.hopping_matrix(chain, hopping.polarized_probability(chain, 0.5, -0.5), [[0.2]])
    np.testing.assert_array_equal(matrix[3, 0, 1], one[0])


def test_caption_of_fig_3_is_refused_with_the_largest_p0_told():
    """P0 = 0.60, gamma = 0.88: P_bb = 1 - 0.6 * 1.88 = -0.128; P0 may be 1/1.88 = 0.886524823 * 0.60 at most."""
    chain = lattices.two_site_chain()
    probability = hopping.polarized_probability(chain, 0.60, 0.88)
    with pytest.raises(ValueError, match=r"site 'b' would stay with probability -0\.128.*0\.886524823 at most"):
        hopping.hopping_matrix(chain, probability)
    np.testing.assert_allclose(hopping.stay_probability(chain, probability)[1], -0.128, atol=ROUNDING)
    largest = 0.60 * hopping.largest_admissible_scale(chain, probability)
    hopping.require_probability(chain, hopping.polarized_probability(chain, largest, 0.88))
    dressed = hopping.dressed_probability(chain, probability, [0.5], "paper")
    np.testing.assert_allclose(hopping.stay_probability(chain, dressed)[1], -0.1634339766642, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda c: hopping.polarized_probability(c, 0.5, 1.2),
            "polarization must be finite, at least -1 and at most 1, got 1.2",
        ),
        (lambda c: hopping.hopping_matrix(c, [0.1, 0.1]), "must have 4 hops"),
        (lambda c: hopping.hopping_matrix(c, [0.1, 0.1, -0.1, 0.1]), "at least 0, got"),
        (lambda c: hopping.hopping_matrix(c, [0.1, 0.1, np.nan, 0.1]), "at least 0, got"),
        (lambda c: hopping.hopping_matrix(c, [0.1] * 4, [[0.1]], fourier_sign=2), "must be -1"),
        (
            lambda c: hopping.dressed_probability(c, [0.1] * 4, [0.1], "half"),
            "field_split must be 'thermodynamic' or 'paper', got 'half'",
        ),
        (lambda c: hopping.thermal_probability(c, [0, 0], 0.3, 0), "above 0, got"),
        (lambda c: hopping.polarized_probability(c, 0.5, np.nan), "polarization must be .* got nan"),
        (
            lambda c: hopping.polarized_probability(c, -0.5),
            "hopping_probability must be finite and at least 0, got -0.5",
        ),
        (lambda c: hopping.hopping_matrix(c, [np.nan] * 4, allow_negative=True), "probability must be .* got nan"),
        (lambda c: hopping.hopping_matrix(c, [0.1] * 4, [[0.1, 0.2]]), r"wave_vectors must have shape \(K, 1\)"),
        (lambda c: hopping.dressed_probability(c, [0.1] * 4, [0.1, 0.2]), "field must have 1 components"),
        (lambda c: hopping.dressed_probability(c, [0.1] * 4, [np.inf]), "field must be finite, got inf"),
        (lambda c: hopping.thermal_probability(c, [0, np.nan], 0.3, 300), "site_energy_eV must be finite, got nan"),
        (lambda c: hopping.thermal_probability(c, [0, 0, 0], 0.3, 300), "one value for each of 2 sites"),
        (lambda c: hopping.thermal_probability(c, [0, 0], [0.3, 0.4], 300), "one or one per hop"),
        (lambda c: hopping.thermal_probability(c, [0, 0.4], 0.3, 300), "must not lie below the site"),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call(lattices.two_site_chain())


def test_the_complement_of_the_polarization_keeps_its_digits():
    """1 - gamma = 1e-30 is lost in gamma = 1, not in the complement."""
    chain = lattices.two_site_chain()
    probability = hopping.polarized_probability(chain, 0.5, 1.0, polarization_complement=1e-30)
    np.testing.assert_allclose(probability[chain.origin == 0], 0.25e-30, rtol=ROUNDING)
    np.testing.assert_allclose(probability[chain.origin == 1], 0.5, rtol=ROUNDING)
    plain = hopping.polarized_probability(chain, 0.5, 0.3)
    np.testing.assert_allclose(
        hopping.polarized_probability(chain, 0.5, 0.3, polarization_complement=0.7), plain, rtol=ROUNDING
    )
