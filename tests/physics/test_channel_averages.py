"""Window averages of Hu et al. (2026), Eqs. (4)-(9), against closed forms, enumeration and Monte Carlo."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from physics.reference_ring import (
    MODES,
    N_RING,
    RING_DESTINATION,
    RING_ORIGIN,
    DURATIONS_ps,
    FREQUENCIES_THz,
    ring_matrices,
)

from superion.channel_averages import (
    averaged_hopping_matrix,
    conservation_error,
    equilibrium_hopping_matrix,
    escape_rate_per_ps,
    evolve,
    initial_escape_rate_per_ps,
    saturated_escape_rate_per_ps,
)
from superion.kick_sequences import time_ordered_product
from superion.phonon_channels import PhononMode, channel_matrix, mode_hopping_matrices

REFERENCE = 1e-9  # reference tables carry 13 digits
QUADRATURE = 1e-9  # adaptive quadrature asked for 1e-11
ROUNDING = 1e-12  # a few hundred roundings


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
    monkeypatch.setattr("superion.channel_averages._BLOCK_DOUBLES", 1)
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
        ({"frequencies_THz": [-1.0]}, "frequencies_THz must be finite and above 0, got -1.0"),
        ({"durations_ps": [-1.0]}, "durations_ps must be finite and at least 0, got -1.0"),
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
    with pytest.raises(ValueError, match=r"durations_ps must be finite and above 0, got 0\.0"):
        escape_rate_per_ps(averaged, [0.0])


def test_conservation_error_shows_lost_ions_and_agrees_with_powers():
    """Rounding alone for stochastic matrices; columns that sum to 1 - 5e-10 lose 5e-10 with each kick."""
    good = np.array([[[0.9, 0.2], [0.1, 0.8]]])
    assert conservation_error(good, [1.0], [0.5, 10.0, 1e6]).max() < 1e-9
    leaky = good * (1 - 5e-10)
    lost = conservation_error(leaky, [1.0], [3.0, 1000.0])
    np.testing.assert_allclose(lost, [1.5e-9, 5e-7], rtol=1e-6)
