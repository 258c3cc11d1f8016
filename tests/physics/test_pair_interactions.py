"""Pair interactions: derivatives against symbolic and numerical ones, values of the paper, bad input."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from superion.pair_interactions import KINDS, PairInteraction

ROUNDING = 1e-12
STEP = 1e-4  # of the length, of central differences: they err by STEP^2 and by rounding over STEP
DIFFERENCE = 1e-6

kinds = st.sampled_from(KINDS)
strengths = st.floats(0.1, 1e5)
lengths = st.floats(0.1, 2.0)
ratios = st.floats(0.2, 5.0)
signs = st.sampled_from([-1, 1])


def symbolic(kind):
    d, strength, length = sympy.symbols("d S l", positive=True)
    u = strength * (sympy.exp(-d / length) / d if kind == "screened_coulomb" else sympy.exp(-(d**2) / (2 * length**2)))
    return [sympy.lambdify((d, strength, length), sympy.diff(u, d, order), "mpmath") for order in range(4)]


SYMBOLIC = {kind: symbolic(kind) for kind in KINDS}


@settings(max_examples=40)
@given(kinds, strengths, lengths, ratios)
def test_energy_and_derivatives_are_the_symbolic_ones(kind, strength, length, ratio):
    interaction, d = PairInteraction(kind, strength, length), ratio * length
    own = (
        interaction.energy_meV(d),
        interaction.slope_meV_per_A(d),
        interaction.curvature_meV_per_A2(d),
        interaction.third_derivative_meV_per_A3(d),
    )
    energy = float(SYMBOLIC[kind][0](d, strength, length))
    for order, (value, exact) in enumerate(zip(own, SYMBOLIC[kind], strict=True)):
        # Near a zero of a derivative of the Gaussian only its scale can be held to.
        scale = energy / length**order * max(1, ratio) ** order
        assert value == pytest.approx(float(exact(d, strength, length)), rel=ROUNDING, abs=100 * ROUNDING * scale)


@settings(max_examples=40)
@given(kinds, strengths, lengths, ratios, st.floats(-1, 1), st.floats(0, 2 * np.pi), signs)
def test_gradient_and_hessian_are_differences_of_energy_and_gradient(
    kind, strength, length, ratio, cosine, angle, sign
):
    interaction = PairInteraction(kind, strength if kind == "screened_coulomb" else sign * strength, length)
    sine = np.sqrt(1 - cosine**2)
    x = ratio * length * np.array([sine * np.cos(angle), sine * np.sin(angle), cosine])
    step = STEP * length * min(ratio, 1) * np.eye(3)
    shifted = np.stack([x + step, x - step])
    gradient, hessian = interaction.gradient_meV_per_A(x), interaction.hessian_meV_per_A2(x)
    width = 2 * step[0, 0]
    up, down = interaction.energy_meV(np.linalg.norm(shifted, axis=-1))
    scale = abs(up[0]) / length * (1 + 1 / ratio + ratio)
    np.testing.assert_allclose(gradient, (up - down) / width, rtol=0, atol=DIFFERENCE * scale)
    up, down = interaction.gradient_meV_per_A(shifted)
    scale *= (1 + 1 / ratio + ratio) / length
    np.testing.assert_allclose(hessian, (up - down) / width, rtol=0, atol=DIFFERENCE * scale)
    np.testing.assert_array_equal(hessian, hessian.T)


@pytest.mark.parametrize("kind", KINDS)
def test_radial_parts_agree_with_those_of_vectors(kind):
    interaction, x = PairInteraction(kind, 500.0, 0.6), np.array([[1.1, 0, 0], [0, -0.4, 0]])
    d = np.linalg.norm(x, axis=1)
    np.testing.assert_allclose(
        interaction.gradient_meV_per_A(x).sum(axis=1), interaction.slope_meV_per_A(d) * [1, -1], rtol=ROUNDING
    )
    np.testing.assert_allclose(
        interaction.hessian_meV_per_A2(x)[[0, 1], [0, 1], [0, 1]], interaction.curvature_meV_per_A2(d), rtol=ROUNDING
    )
    assert interaction.hessian_meV_per_A2(np.ones((2, 4, 3))).shape == (2, 4, 3, 3)
    assert KINDS[interaction.kind_index] == kind


def test_values_at_the_lattice_constant_are_those_of_the_paper():
    """Sec. IV: 1.4e-3 and 11.6 meV at 3 A."""
    assert PairInteraction("screened_coulomb", 14_000, 0.2).energy_meV(3) == pytest.approx(1.4e-3, abs=0.05e-3)
    assert PairInteraction("screened_coulomb", 14_000, 0.5).energy_meV(3) == pytest.approx(11.6, abs=0.05)


def test_a_gaussian_has_a_smooth_top_and_may_attract():
    interaction = PairInteraction("gaussian", -80, 0.5)
    assert interaction.energy_meV(0) == -80
    assert interaction.slope_meV_per_A(0) == interaction.third_derivative_meV_per_A3(0) == 0
    np.testing.assert_allclose(interaction.hessian_meV_per_A2(np.zeros(3)), 80 / 0.25 * np.eye(3))


def test_no_interaction_is_one():
    interaction = PairInteraction("screened_coulomb", 0, 0.5)
    assert interaction.energy_meV(1) == 0
    assert not interaction.gradient_meV_per_A(np.ones(3)).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("coulomb", 1, 1), "kind must be 'screened_coulomb' or 'gaussian', got 'coulomb'"),
        (("screened_coulomb", -1, 1), "at least 0 .*falls into the atom.*got -1"),
        (("gaussian", np.inf, 1), "strength must be finite, got inf"),
        (("gaussian", 1, 0), "length_A must be finite and above 0, got 0"),
        (("gaussian", [1, 2], 1), "strength must be one number"),
    ],
)
def test_bad_interactions_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        PairInteraction(*arguments)


def test_bad_distances_are_refused():
    interaction = PairInteraction("screened_coulomb", 1, 1)
    with pytest.raises(ValueError, match=r"distance_A must be finite and above 0 .*got 0.0 at index \(1,\)"):
        interaction.energy_meV([1.0, 0.0])
    with pytest.raises(ValueError, match="above 0"):
        interaction.gradient_meV_per_A(np.zeros(3))
    with pytest.raises(ValueError, match="3 components"):
        interaction.hessian_meV_per_A2(np.ones(2))
    with pytest.raises(ValueError, match="at least 0"):
        PairInteraction("gaussian", 1, 1).slope_meV_per_A(-1)
