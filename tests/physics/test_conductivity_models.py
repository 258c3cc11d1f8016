"""Models of ln sigma against their formulas, their derivatives and the exact mirror image of the quasi-ion curve."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superion.conductivity_models import (
    MODELS,
    characteristic_temperature_K,
    knot_temperature_K,
    local_activation_energy_eV,
    log_conductivity,
    log_conductivity_derivatives,
    midpoint_inverse_temperature_per_eV,
    midpoint_temperature_K,
    mirror_parameters,
    parameter_array,
    thermalisation_coefficient,
)
from superion.units import BOLTZMANN_eV_PER_K

ROUNDING = 1e-13  # some hundred roundings of terms that partly cancel
DIFFERENCES = 2e-7  # central differences: step^2 and rounding/step, for values up to some hundred

# ln s0, Et, Ea0, beta0 of Table 1 (its ln s0 is not printed), with T(beta0), Ea0 beta0, beta_mid, T_mid
GARNETS = {
    "Li5La3Sb2O12": ([0.0, 0.16, 0.57, 27.41], 423.3680452955243, 15.6237, 28.626047685192887, 405.383175811339),
    "Li5La3Nb2O12": ([0.0, 0.17, 0.52, 28.40], 408.6097930123353, 14.768, 29.732975347230663, 390.2911829720792),
    "Li5.5La2.75K0.25Nb2O12": (
        [0.0, 0.18, 0.64, 28.89],
        401.67940884563245,
        18.4896,
        29.973042469624914,
        387.1651712805097,
    ),
}
EXAMPLES = {
    "arrhenius": [5.0, 0.4],
    "arrhenius_sigma_T": [11.0, 0.43],
    "arrhenius_power": [-78.0, 1.73, -36.2],
    "vogel_tammann_fulcher": [-0.8, 0.09, 213.0],
    "quadratic": [-11.8, 0.84, -0.022],
    "two_segment": [0.5, 0.22, 0.68, 28.6],
    "quasi_ion": GARNETS["Li5La3Sb2O12"][0],
}
TEMPERATURE = np.linspace(298.0, 573.0, 9)


def by_hand(model, parameters, beta):
    """The formulas with 50 digits; quasi_ion written as Eq. (24) has it."""
    with mpmath.workdps(50):
        p, x = [mpmath.mpf(value) for value in parameters], mpmath.mpf(beta)
        if model == "arrhenius":
            return p[0] - p[1] * x
        if model == "arrhenius_sigma_T":
            return mpmath.log(mpmath.exp(p[0] - p[1] * x) * mpmath.mpf(BOLTZMANN_eV_PER_K) * x)
        if model == "arrhenius_power":
            return p[0] - p[1] * x - p[2] * mpmath.log(x)
        if model == "vogel_tammann_fulcher":
            k = mpmath.mpf(BOLTZMANN_eV_PER_K)
            return p[0] - p[1] / (k * (1 / (k * x) - p[2]))
        if model == "quadratic":
            return p[0] + p[1] * x + p[2] * x**2
        if model == "two_segment":
            return p[0] - p[1] * x if x <= p[3] else p[0] - p[1] * p[3] - p[2] * (x - p[3])
        return mpmath.log(mpmath.exp(p[0] - p[1] * x) / (2 + mpmath.exp(p[2] * (x - p[3]))))


@pytest.mark.parametrize("model", MODELS)
def test_curves_are_their_formulas(model):
    beta = 1.0 / (BOLTZMANN_eV_PER_K * TEMPERATURE)
    expected = [float(by_hand(model, EXAMPLES[model], value)) for value in beta]
    np.testing.assert_allclose(
        log_conductivity(model, EXAMPLES[model], TEMPERATURE), expected, rtol=ROUNDING, atol=10 * ROUNDING
    )


@pytest.mark.parametrize("model", MODELS)
def test_slope_and_derivatives_by_differences(model):
    beta, parameters = 1.0 / (BOLTZMANN_eV_PER_K * TEMPERATURE), np.array(EXAMPLES[model])
    step = 1e-5

    def at(b, p=parameters):
        return log_conductivity(model, p, 1.0 / (BOLTZMANN_eV_PER_K * b))

    slope = (at(beta - step) - at(beta + step)) / (2 * step)
    np.testing.assert_allclose(
        local_activation_energy_eV(model, parameters, TEMPERATURE), slope, rtol=DIFFERENCES, atol=DIFFERENCES
    )
    derivatives = log_conductivity_derivatives(model, parameters, TEMPERATURE)
    assert derivatives.shape == (TEMPERATURE.size, parameters.size)
    for j in range(parameters.size):
        change = np.eye(parameters.size)[j] * 1e-6 * (1.0 + abs(parameters[j]))
        numeric = (at(beta, parameters + change) - at(beta, parameters - change)) / (2 * change[j])
        np.testing.assert_allclose(derivatives[:, j], numeric, rtol=DIFFERENCES, atol=DIFFERENCES)


def test_slope_of_the_quasi_ion_curve_runs_from_formation_to_formation_plus_migration_energy():
    parameters = EXAMPLES["quasi_ion"]
    middle = midpoint_temperature_K(parameters)
    found = local_activation_energy_eV("quasi_ion", parameters, [1e7, float(middle), 20.0])
    np.testing.assert_allclose(found[1:], [0.16 + 0.57 / 2, 0.16 + 0.57], rtol=ROUNDING)
    assert found[0] == pytest.approx(0.16, abs=1e-6)  # e^{-Ea0 beta0} = 2e-7 of the migration energy is left


@pytest.mark.parametrize("garnet", GARNETS)
def test_temperatures_that_table_1_implies(garnet):
    parameters, characteristic, coefficient, middle, middle_K = GARNETS[garnet]
    exact = 1e-9  # the references carry 12 digits and CODATA's rounding of k in eV/K
    assert characteristic_temperature_K(parameters) == pytest.approx(characteristic, rel=exact)
    assert thermalisation_coefficient(parameters) == pytest.approx(coefficient, rel=exact)
    assert midpoint_inverse_temperature_per_eV(parameters) == pytest.approx(middle, rel=exact)
    assert midpoint_temperature_K(parameters) == pytest.approx(middle_K, rel=exact)


quasi_ions = st.tuples(st.floats(-20, 20), st.floats(0, 2), st.floats(0.02, 3), st.floats(-50, 100))


@given(quasi_ions, st.floats(100, 3000))
def test_mirror_image_is_the_same_curve(parameters, temperature):
    mirrored = mirror_parameters(parameters)
    assert mirrored[2] == -parameters[2]
    beta = 1.0 / (BOLTZMANN_eV_PER_K * temperature)
    # written as Eq. (24) has it, with 50 digits: the terms of the mirror image reach some thousand and cancel
    here, there = by_hand("quasi_ion", parameters, beta), by_hand("quasi_ion", mirrored, beta)
    scale = 1.0 + np.abs(mirrored[0]) + (np.abs(mirrored[1]) + parameters[2]) * (beta + np.abs(mirrored[3]))
    assert abs(float(here - there)) <= ROUNDING * scale
    np.testing.assert_allclose(mirror_parameters(mirrored), parameters, rtol=ROUNDING, atol=ROUNDING * scale)


def test_mirror_of_a_line_is_refused():
    with pytest.raises(ValueError, match="migration_energy_eV must not be 0"):
        mirror_parameters([0.0, 0.1, 0.0, 20.0])
    with pytest.raises(ValueError, match=r"quasi_ion has 4 parameters, got an array of shape \(3,\)"):
        mirror_parameters([0.0, 0.1, 0.2])


@given(quasi_ions, st.floats(1e-3, 1e9))
def test_quasi_ion_curve_never_overflows(parameters, temperature):
    value = log_conductivity("quasi_ion", parameters, temperature)
    slope = local_activation_energy_eV("quasi_ion", parameters, temperature)
    assert np.isfinite(value)
    assert parameters[1] - ROUNDING <= slope <= parameters[1] + parameters[2] + ROUNDING


def test_temperatures_of_inverse_ones():
    knot = 1.0 / (BOLTZMANN_eV_PER_K * 350.0)
    assert knot_temperature_K([0.0, 0.1, 0.2, knot]) == pytest.approx(350.0, rel=ROUNDING)
    assert characteristic_temperature_K([0.0, 0.1, 0.2, 0.0]) == np.inf


@pytest.mark.parametrize("model", MODELS)
def test_many_parameters_and_temperatures_at_once(model):
    parameters = np.array(EXAMPLES[model]) * np.linspace(0.9, 1.1, 6).reshape(2, 3, 1)
    together = log_conductivity(model, parameters, TEMPERATURE)
    slopes = local_activation_energy_eV(model, parameters, TEMPERATURE)
    assert together.shape == slopes.shape == (2, 3, TEMPERATURE.size)
    assert log_conductivity_derivatives(model, parameters, TEMPERATURE).shape == (*together.shape, MODELS[model].size)
    for i in np.ndindex(2, 3):
        np.testing.assert_array_equal(together[i], log_conductivity(model, parameters[i], TEMPERATURE))
        np.testing.assert_array_equal(slopes[i], local_activation_energy_eV(model, parameters[i], TEMPERATURE))
    each = np.broadcast_to(TEMPERATURE, together.shape)
    np.testing.assert_array_equal(together, log_conductivity(model, parameters, each))
    assert log_conductivity(model, parameters, 400.0).shape == (2, 3)
    named = dict(zip(MODELS[model].parameter_names, EXAMPLES[model], strict=True))
    np.testing.assert_array_equal(parameter_array(model, named), EXAMPLES[model])
    np.testing.assert_array_equal(
        log_conductivity(model, named, TEMPERATURE), log_conductivity(model, EXAMPLES[model], TEMPERATURE)
    )


def test_records_describe_every_parameter():
    assert list(MODELS) == list(EXAMPLES)
    for name, model in MODELS.items():
        assert model.name == name
        assert model.label
        assert model.size == len(EXAMPLES[name]) == len(set(model.parameter_names))
        for parameter in model.parameters:
            assert parameter.meaning
            assert parameter.bounds_rule
            assert parameter.role in ("linear", "nonlinear")


@pytest.mark.parametrize(
    ("model", "parameters", "temperature", "message"),
    [
        ("arrhenius", [1.0, 0.3], 0.0, r"temperature_K must be finite and above 0, got 0\.0"),
        ("arrhenius", [1.0, 0.3], [300.0, -5.0], r"temperature_K .* got -5\.0 at index \(1,\)"),
        ("arrhenius", [1.0, np.nan], 300.0, r"parameters must be finite, got nan at index \(1,\)"),
        ("arrhenius", [1.0], 300.0, r"arrhenius has 2 parameters .* got an array of shape \(1,\)"),
        ("arrhenius", 1.0, 300.0, r"arrhenius has 2 parameters .* got an array of shape \(\)"),
        ("arrhenius", {"activation_energy_eV": 0.3}, 300.0, "arrhenius has the parameters log_prefactor, "),
        ("line", [1.0, 0.3], 300.0, "model must be 'arrhenius', .* or 'quasi_ion', got 'line'"),
        (
            "vogel_tammann_fulcher",
            [0.0, 0.1, 300.0],
            [400.0, 300.0],
            r"above vogel_temperature_K, got 300\.0 at 300\.0",
        ),
        ("quasi_ion", [0.0, 0.1, 0.0, 27.0], 300.0, r"migration_energy_eV must be finite and above 0 .* got 0\.0"),
        ("quasi_ion", [0.0, 0.1, -0.5, 27.0], 300.0, r"migration_energy_eV must be finite and above 0 .* got -0\.5"),
        ("quasi_ion", np.ones((3, 4)), np.full((2, 5), 300.0), r"must broadcast, got the shapes \(3, 4\) and \(2, 5\)"),
    ],
)
def test_bad_arguments_are_named_with_their_value(model, parameters, temperature, message):
    with pytest.raises(ValueError, match=message):
        log_conductivity(model, parameters, temperature)


def test_knot_at_no_temperature_is_refused():
    with pytest.raises(ValueError, match="knot_inverse_temperature_per_eV must be finite and above 0"):
        knot_temperature_K([0.0, 0.1, 0.2, -1.0])
