"""Transition temperatures, phase diagram and sensitivities against published values and the solver itself."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import lambertw

from superion.mean_field import MeanFieldParameters, Status, activation_energy_eV, solve
from superion.transitions import (
    activation_energy_limits_eV,
    concerted_coupling_window_eV,
    concerted_transition,
    double_occupation_limit_K,
    minimum_filling,
    polarization_transition_K,
    transition_sensitivities,
)
from superion.units import thermal_energy_eV

PRINTED_DIGITS = 1e-11  # reference values carry 12 to 13 digits
PARAMETER_NAMES = ("barrier_eV", "repulsion_eV", "filling", "concerted_coupling_eV")

# caption family: M0 -> T_I/T_p, gamma, P0, P0 (1 + gamma)
PHASE_DIAGRAM = {
    2.2: (1.331272282307, 0.0, 0.6051237646851, 0.6051237646851),
    2.5: (1.096257847136, 0.0, 0.4385031388543, 0.4385031388543),
    2.7: (1.006817418444, 0.0, 0.3728953401645, 0.3728953401645),
    3.0: (0.9620807199786, 0.3321307479278, 0.3604557473334, 0.4801741842901),
    5.0: (0.8047682820628, 0.7034568074899, 0.3186264040005, 0.5427663169407),
    10.0: (0.659768019307, 0.8642625394088, 0.2607260753462, 0.486061855315),
    50.0: (0.4675469940431, 0.9687795177257, 0.1521312994371, 0.2995129863368),
}

parameters = st.builds(
    MeanFieldParameters,
    barrier_eV=st.floats(0.01, 1.0),
    repulsion_eV=st.floats(0.01, 1.0),
    filling=st.floats(0.1, 2.0),
    concerted_coupling_eV=st.floats(0.0, 30.0),
)
barriers = st.sampled_from(["repulsive", "bare"])
polarizations = st.sampled_from(["self_consistent", "zero"])


def caption(coupling_eV, **changes):
    return MeanFieldParameters(
        **{"barrier_eV": 0.25, "repulsion_eV": 0.5, "filling": 1.0, "concerted_coupling_eV": coupling_eV, **changes}
    )


def test_phase_diagram_of_the_caption_family():
    chosen = caption(np.array(list(PHASE_DIAGRAM)))
    transition = concerted_transition(chosen)
    ratio, gamma, probability, outgoing = np.array(list(PHASE_DIAGRAM.values())).T
    np.testing.assert_allclose(transition.temperature_K / polarization_transition_K(chosen), ratio, rtol=PRINTED_DIGITS)
    np.testing.assert_allclose(transition.polarization, gamma, rtol=PRINTED_DIGITS)
    np.testing.assert_allclose(transition.hopping_probability, probability, rtol=PRINTED_DIGITS)
    np.testing.assert_allclose(
        transition.hopping_probability * (1 + transition.polarization), outgoing, rtol=PRINTED_DIGITS
    )
    assert list(transition.regime) == ["above"] * 3 + ["below"] * 4
    assert np.all(transition.admissible)


def test_type_one_can_lie_below_type_two_with_a_large_polarization():
    # Sec. V says it cannot; true only up to M0 = 2 K0 exp(2 Lambda0/(n0 K0))
    transition = concerted_transition(caption(10.0))
    assert transition.regime == "below"
    assert float(transition.polarization) ** 2 == pytest.approx(0.7469497370254, rel=1e-11)


def test_limits_of_the_phase_diagram():
    lower, upper = concerted_coupling_window_eV(caption(0.0))
    assert (lower, upper) == pytest.approx((2.0, np.e), rel=1e-15)
    transition = concerted_transition(caption([1.0, 2.0 - 1e-12, 2.0, 2.0 + 1e-12, np.e, np.e + 1e-12]))
    assert list(transition.regime[:5]) == ["none", "none", "marginal", "above", "above"]
    assert transition.regime[5] == "below"
    assert np.all(np.isinf(transition.temperature_K[:3]))
    assert np.all(np.isnan(transition.hopping_probability[:3]))
    assert not np.any(transition.admissible[:3])
    transition_K = polarization_transition_K(caption(0.0))
    # A = B: the roots touch at kT = A; beyond, T_I leaves from there as its square root
    assert transition.reentrant_temperature_K[2] == pytest.approx(2 * transition_K, rel=1e-15)
    assert transition.temperature_K[3] / transition_K == pytest.approx(2.0, rel=2e-6)
    np.testing.assert_allclose(transition.temperature_K[4:] / transition_K, 1.0, rtol=1e-12)


def test_marginal_regime_survives_rounded_energies():
    filling = np.random.default_rng(7).uniform(0.1, 2.0, 300)
    chosen = MeanFieldParameters(0.19, 0.37, filling, 4 * 0.19 / filling + 2 * 0.37)
    transition = concerted_transition(chosen)
    assert set(transition.regime) == {"marginal"}
    assert np.all(np.isinf(transition.temperature_K))


def test_bare_barrier_touches_only_where_the_polarization_has_vanished():
    # (54) at Lambda0 = B: the roots would touch at kT = Lambda0, but below T_p the polarization keeps them apart
    chosen = caption(1.2, barrier_eV=0.3, repulsion_eV=[0.5, 0.7])
    assert list(concerted_transition(chosen, barrier="bare").regime) == ["marginal", "none"]
    zero = concerted_transition(chosen, barrier="bare", polarization="zero")
    assert list(zero.regime) == ["marginal", "marginal"]


def test_no_window_without_repulsion_or_beyond_floats():
    lower, upper = concerted_coupling_window_eV(caption(0.0, repulsion_eV=[0.0, 1e-4, 0.5]))
    np.testing.assert_allclose(lower, [1.0, 1.0002, 2.0], rtol=1e-15)
    np.testing.assert_allclose(upper, [np.inf, np.inf, np.e], rtol=1e-15)


def test_minimum_filling():
    chosen = caption([2.5, 1.0, 0.5])
    filling = minimum_filling(chosen)
    assert filling[0] == pytest.approx(2 / 3, rel=1e-15)
    assert np.all(np.isinf(filling[1:]))
    around = caption(2.5, filling=filling[0] * np.array([1 - 1e-9, 1 + 1e-9]))
    assert list(concerted_transition(around).regime) == ["none", "above"]


def test_readings_that_lose_their_solution_at_the_caption_values():
    chosen = caption(2.0)
    transition_K = polarization_transition_K(chosen)
    zero = concerted_transition(chosen, barrier="bare", polarization="zero")
    assert float(zero.temperature_K) == pytest.approx(1083.179118016, rel=PRINTED_DIGITS)
    assert float(zero.temperature_K / transition_K) == pytest.approx(0.3733646177017, rel=PRINTED_DIGITS)
    assert float(zero.hopping_probability) == pytest.approx(0.1866823088508, rel=PRINTED_DIGITS)
    assert zero.regime == "below"
    ordered = concerted_transition(chosen, barrier="bare")
    assert float(ordered.temperature_K / transition_K) == pytest.approx(0.8082197443374, rel=PRINTED_DIGITS)
    assert float(ordered.polarization) == pytest.approx(0.698331852283, rel=PRINTED_DIGITS)
    assert float(ordered.hopping_probability) == pytest.approx(0.788764668049, rel=PRINTED_DIGITS)
    outgoing = float(ordered.hopping_probability * (1 + ordered.polarization))
    assert outgoing == pytest.approx(1.339584159703, rel=PRINTED_DIGITS)
    assert ordered.regime == "below"
    assert not ordered.admissible


def test_low_barrier_loses_positivity_before_its_root():
    chosen = caption(3.0, barrier_eV=0.02)
    transition = concerted_transition(chosen)
    ratio = float(transition.temperature_K / polarization_transition_K(chosen))
    assert ratio == pytest.approx(0.6127541636602, rel=PRINTED_DIGITS)
    assert float(transition.polarization) == pytest.approx(0.8990461063597, rel=PRINTED_DIGITS)
    outgoing = float(transition.hopping_probability * (1 + transition.polarization))
    assert outgoing == pytest.approx(2.023214563815, rel=PRINTED_DIGITS)
    assert not transition.admissible


def test_closed_form_above_the_polarization_transition():
    coupling = np.linspace(2.01, 2.7, 40)
    chosen = caption(coupling)
    height, concerted = chosen.mean_barrier_eV, chosen.concerted_energy_eV
    thermal = height / -lambertw(-height / (np.e * concerted), -1).real
    transition = concerted_transition(chosen)
    # scipy's W_-1 loses half its digits at the branch point -1/e, which M0 = 2.01 is near
    np.testing.assert_allclose(thermal_energy_eV(transition.temperature_K), thermal, rtol=1e-12)
    np.testing.assert_allclose(transition.hopping_probability, np.exp(1 - height / thermal), rtol=1e-11)
    again = height / -lambertw(-height / (np.e * concerted), 0).real
    np.testing.assert_allclose(thermal_energy_eV(transition.reentrant_temperature_K), again, rtol=1e-12)


@settings(deadline=None, max_examples=300)
@given(parameters, barriers, polarizations)
def test_solver_loses_its_root_exactly_at_the_transition(chosen, barrier, polarization):
    forms = {"barrier": barrier, "polarization": polarization}
    transition = concerted_transition(chosen, **forms)
    temperature = float(transition.temperature_K)
    if np.isinf(temperature):
        # neither does the solver lose it anywhere
        everywhere = solve(np.geomspace(10.0, 1e6, 400), chosen, **forms)
        assert not np.any(everywhere.status & Status.NO_SOLUTION)
        assert transition.regime in ("none", "marginal")
        return
    height = chosen.mean_barrier_eV if barrier == "repulsive" else chosen.barrier_eV
    # within 1e-6 of A = B the root is lost for less than the stencil resolves
    assume(chosen.concerted_energy_eV > height * (1 + 1e-6))
    transition_K = polarization_transition_K(chosen)
    around = solve(temperature * np.array([0.3, 0.9, 1 - 1e-9, 1 + 1e-9]), chosen, **forms)
    assert list(np.isnan(around.hopping_probability)) == [False, False, False, True]
    # the loop gain reaches 1 as a square root: 1e-9 away it is 1 - O(1e-4)
    assert around.hopping_loop_gain[2] == pytest.approx(1.0, abs=3e-3)
    assert around.hopping_probability[2] == pytest.approx(float(transition.hopping_probability), rel=3e-3)
    assert around.polarization[2] == pytest.approx(float(transition.polarization), abs=1e-4)
    assert (transition.regime == "below") == (temperature < transition_K)
    assert np.isfinite(transition.hopping_probability)
    again = float(transition.reentrant_temperature_K)
    assert again > temperature
    reentered = solve(again * np.array([1 - 1e-6, 1 + 1e-6]), chosen, **forms)
    assert list(np.isnan(reentered.hopping_probability)) == [True, False]
    assert reentered.hopping_probability[1] > 1.0


@settings(deadline=None, max_examples=200)
@given(parameters)
def test_admissible_where_the_barrier_of_the_empty_side_exceeds_the_thermal_energy(chosen):
    transition = concerted_transition(chosen)
    assume(np.isfinite(transition.temperature_K))
    margin = chosen.barrier_eV + chosen.polarization_energy_eV * (1 - float(transition.polarization))
    margin -= float(thermal_energy_eV(transition.temperature_K))
    assume(abs(margin) > 1e-9)
    assert bool(transition.admissible) == (margin > 0)


@settings(deadline=None, max_examples=200)
@given(parameters)
def test_window_and_regime_agree(chosen):
    lower, upper = concerted_coupling_window_eV(chosen)
    coupling = chosen.concerted_coupling_eV
    assume(abs(coupling / lower - 1) > 1e-9 and abs(coupling / upper - 1) > 1e-9)
    expected = "none" if coupling < lower else "above" if coupling < upper else "below"
    assert concerted_transition(chosen).regime == expected


def test_no_barrier_leaves_no_root_down_to_zero():
    chosen = caption(1.0, barrier_eV=0.0, repulsion_eV=0.0)
    transition = concerted_transition(chosen)
    assert transition.temperature_K == 0.0
    assert solve(1e-2, chosen).status & Status.NO_SOLUTION
    # x e = 1: roots exist again from kT = e B
    assert float(thermal_energy_eV(transition.reentrant_temperature_K)) == pytest.approx(np.e * 0.25, rel=1e-14)
    assert concerted_transition(caption(0.0, barrier_eV=0.0, repulsion_eV=0.0)).regime == "none"


def test_sensitivities_of_table_one():
    concerted = transition_sensitivities(caption([2.5, 5.0]))["concerted"]
    expected = {
        "barrier_eV": (1.1065103, 0.396135992),
        "repulsion_eV": (1.1065103, 0.92266169),
        "filling": (-0.106510299, 0.603864008),
        "concerted_coupling_eV": (-1.2130206, -0.318797681),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(concerted[name], values, rtol=3e-8, err_msg=name)


@settings(deadline=None, max_examples=150)
@given(parameters, barriers, polarizations)
def test_sensitivities_are_the_derivatives_of_the_transition(chosen, barrier, polarization):
    forms = {"barrier": barrier, "polarization": polarization}
    transition = concerted_transition(chosen, **forms)
    found = transition_sensitivities(chosen, **forms)
    if np.isinf(transition.temperature_K):
        assert all(np.isnan(found["concerted"][name]) for name in PARAMETER_NAMES)
        return
    ratio = float(transition.temperature_K / polarization_transition_K(chosen))
    height = chosen.mean_barrier_eV if barrier == "repulsive" else chosen.barrier_eV
    # the derivative jumps at T_p and diverges at A = B
    assume(abs(ratio - 1) > 1e-3 and chosen.concerted_energy_eV > 1.05 * height and chosen.filling < 1.99)
    step = 1e-5
    for name in PARAMETER_NAMES:
        value = getattr(chosen, name)
        changed = {other: getattr(chosen, other) for other in PARAMETER_NAMES}
        changed[name] = value * np.exp([-step, step])
        around = concerted_transition(MeanFieldParameters(**changed), **forms).temperature_K
        slope = np.diff(np.log(around))[0] / (2 * step)
        assert found["concerted"][name] == pytest.approx(slope, rel=1e-6, abs=1e-7), name


def test_sign_of_the_filling_flips_where_the_transitions_meet():
    # T_I crosses T_p at M0 = e eV: dlnT_I/dln n0 reaches 0 from above T_p and jumps to a positive value below it
    filling = transition_sensitivities(caption(np.e * np.array([0.95, 1 - 1e-9, 1 + 1e-9])))["concerted"]["filling"]
    assert filling[0] < -0.01
    assert -1e-8 < filling[1] < 0.0
    # (K + 3 K/2)/kT - 1 over A/kT - 1 + 3/2 at kT = K, A = 2 K
    assert filling[2] == pytest.approx(1.5 / 2.5, rel=1e-6)


def test_polarization_transition_is_linear_in_filling_and_repulsion_alone():
    chosen = caption(0.0)
    found = transition_sensitivities(chosen)["polarization"]
    assert {name: float(value) for name, value in found.items()} == {
        "barrier_eV": 0.0,
        "repulsion_eV": 1.0,
        "filling": 1.0,
        "concerted_coupling_eV": 0.0,
    }
    for name in PARAMETER_NAMES:
        doubled = caption(0.0, **{name: 2 * getattr(chosen, name)}) if name != PARAMETER_NAMES[3] else caption(1.0)
        ratio = polarization_transition_K(doubled) / polarization_transition_K(chosen)
        assert ratio == 2.0 ** float(found[name]), name


def test_double_occupation_limit():
    filling = np.array([0.5, 1.0, 1.3, 2.0])
    chosen = caption(0.0, filling=filling)
    ratio = double_occupation_limit_K(chosen) / polarization_transition_K(chosen)
    np.testing.assert_allclose(ratio, [0.0, 0.0, 0.894474587012, 1.0], rtol=PRINTED_DIGITS)
    gamma = solve(double_occupation_limit_K(chosen)[2], caption(0.0, filling=1.3)).polarization
    assert float(gamma) == pytest.approx(0.5384615384615, rel=PRINTED_DIGITS)


def test_activation_energy_limits():
    chosen = caption([0.0, 0.25])
    limits = activation_energy_limits_eV(chosen)
    np.testing.assert_allclose(limits.zero_temperature_eV, 0.75, rtol=1e-15)
    np.testing.assert_allclose(limits.below_transition_eV, [0.875, 0.8976955008756], rtol=PRINTED_DIGITS)
    np.testing.assert_allclose(limits.above_transition_eV, [0.5, 0.5090782003502], rtol=PRINTED_DIGITS)
    jump = limits.below_transition_eV - limits.above_transition_eV
    np.testing.assert_allclose(jump, [0.375, 0.3886173005254], rtol=PRINTED_DIGITS)
    transition = polarization_transition_K(chosen)
    for temperature, limit, accuracy in (
        (60.0, limits.zero_temperature_eV, 1e-14),
        (transition * (1 - 1e-9), limits.below_transition_eV, 1e-8),
        (transition, limits.above_transition_eV, 1e-13),
        (transition * (1 + 1e-9), limits.above_transition_eV, 1e-8),
    ):
        np.testing.assert_allclose(activation_energy_eV(solve(temperature, chosen)), limit, rtol=accuracy)
    absent = activation_energy_limits_eV(caption([0.0, 10.0], repulsion_eV=[0.0, 0.5]))
    assert np.all(np.isnan(absent.below_transition_eV))
    assert np.all(np.isnan(absent.above_transition_eV))


def test_shapes_follow_the_parameters():
    chosen = caption(np.array([1.0, 2.5, 5.0]), filling=np.array([[1.0], [1.5]]))
    transition = concerted_transition(chosen)
    for name in ("temperature_K", "regime", "polarization", "hopping_probability", "admissible"):
        assert getattr(transition, name).shape == (2, 3)
    assert transition.reentrant_temperature_K.shape == (2, 3)
    for table in transition_sensitivities(chosen).values():
        assert {values.shape for values in table.values()} == {(2, 3)}
    single = concerted_transition(caption(5.0, filling=1.5))
    assert single.temperature_K == transition.temperature_K[1, 2]


def test_unknown_reading_is_refused():
    with pytest.raises(ValueError, match="barrier must be 'repulsive' or 'bare', got 'none'"):
        concerted_transition(caption(2.5), barrier="none")
    with pytest.raises(ValueError, match="polarization must be 'self_consistent' or 'zero', got 1"):
        transition_sensitivities(caption(2.5), polarization=1)
