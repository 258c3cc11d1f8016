"""Langevin dynamics: its noise, its order, what the scheme has exactly, and D against the Klein-Kramers equation.

Sampled values are held to a few of their standard errors, with fixed seeds.
"""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import i0, i1, ndtr

from superion.barrier_crossing import kramers_transmission, relaxation_time
from superion.klein_kramers import exact_diffusion
from superion.langevin_kernels import LANES, advance, normal_pairs, sine_and_cosine
from superion.langevin_motion import (
    LangevinMotion,
    crossings_from_the_top,
    diffusion_of_displacements,
    fastest_frequency,
    transmitted_diffusion,
)
from superion.periodic_potentials import COSINE, PeriodicPotential

SERIES = 1e-14  # of sines, for phases up to 100: their rounding is 1e-14 as well
SIGMAS = 3.5
STEP_BIAS = 2e-3  # relative, of D at a time step of 0.2 over the largest frequency: 2 % of the squared ratio
UNEVEN = PeriodicPotential((1.0, 0.3), (0.2, -0.5))


def seed(number):
    return np.random.SeedSequence(number)


def noise(number, pairs):
    states = seed(number).generate_state(4 * LANES, np.uint64).reshape(4, LANES)
    bits, drawn = np.empty((4, LANES), np.uint64), np.empty((2 * pairs, LANES))
    for pair in range(pairs):
        normal_pairs(states, bits, drawn[2 * pair], drawn[2 * pair + 1])
    return drawn


def test_sines():
    x = np.concatenate([np.random.default_rng(1).uniform(-100, 100, 10_000), np.arange(-20, 20) * np.pi / 4])
    sine, cosine = np.empty(x.size), np.empty(x.size)
    sine_and_cosine(x, sine, cosine)
    np.testing.assert_allclose(sine, np.sin(x), atol=SERIES)
    np.testing.assert_allclose(cosine, np.cos(x), atol=SERIES)


def test_noise_is_normal():
    drawn = noise(2, 2000)
    count = drawn.size
    for power, expected in ((1, 0), (2, 1), (3, 0), (4, 3), (6, 15)):
        error = np.sqrt(np.var(drawn**power) / count)
        assert np.mean(drawn**power) == pytest.approx(expected, abs=4 * error)
    ordered = ndtr(np.sort(drawn.ravel()))
    distance = np.abs(ordered - (np.arange(count) + 0.5) / count).max()
    assert distance < 1.95 / np.sqrt(count)  # Kolmogorov and Smirnov, one in a thousand
    assert 4.5 < np.abs(drawn).max() < 7


def test_noise_is_independent():
    """Between steps, between both of a pair, and between lanes; of squares too, which Box and Muller could tie."""
    drawn = noise(3, 2000)
    for values in (drawn, drawn**2 - 1):
        scale = np.var(values)
        for other in (np.roll(values, 1, 0), np.roll(values, 2, 0), np.roll(values, 1, 1), np.roll(drawn, 1, 0)):
            correlation = np.mean(values * other) / np.sqrt(scale * np.var(other))
            assert abs(correlation) < 4 / np.sqrt(drawn.size)


def test_second_order_without_noise():
    """At next to no friction it is Verlet's scheme: errors of a trajectory against an integrated one fall as dt^2."""
    motion = {step: LangevinMotion(4.0, 1e-13, step, UNEVEN) for step in (0.02, 0.01)}
    start, duration = np.array([2.0, 1.3]), 4.0
    c, s = motion[0.02].coefficients
    k = np.arange(1, 3)

    def force(x):
        return np.sin(k * x) @ (k * c) - np.cos(k * x) @ (k * s)

    exact = solve_ivp(lambda t, y: [y[1], force(y[0])], (0, duration), start, rtol=1e-11, atol=1e-12).y[:, -1]
    errors = []
    for step, own in motion.items():
        particles = np.repeat([[start[0]], [start[1]], [force(start[0])]], LANES, axis=1)
        states = seed(0).generate_state(4 * LANES, np.uint64).reshape(4, LANES)
        pairs = round(duration / step / 2)
        advance(particles, own.coefficients, own.numbers, states, pairs, -np.inf, np.full(LANES, np.nan), 4)
        assert np.ptp(particles[0]) < 1e-5
        errors.append(particles[0].mean() - exact[0])
    assert abs(errors[0]) < 0.01
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)


def test_free_diffusion_is_exact_at_any_time_step():
    for step, friction in ((0.1, 1.0), (5.0, 1.0)):
        motion = LangevinMotion(0.0, friction, step)
        found = diffusion_of_displacements(motion, seed(4), 60, (40.0, 400.0))
        assert found.value == pytest.approx(1 / friction, abs=SIGMAS * found.standard_error)
        assert found.standard_error < 0.02


def test_boltzmann_distribution():
    """<cos x> over the cosine, and kinetic energies of kT/2, in the long run."""
    motion = LangevinMotion(3.0, 1.0, 0.1)
    states = seed(5).generate_state(4 * LANES, np.uint64).reshape(4, LANES)
    particles = np.zeros((3, LANES))
    cosines, squares = [], []
    for block in range(600):
        advance(particles, motion.coefficients, motion.numbers, states, 20, -np.inf, np.full(LANES, np.nan), 4)
        if block >= 20:
            cosines.append(-np.cos(particles[0]).mean())  # the top is at 0
            squares.append((particles[1] ** 2).mean())
    for values, expected, bias in ((cosines, i1(1.5) / i0(1.5), 0), (squares, 1, 0.1**2 * 3 / 8)):
        means = np.reshape(values, (20, -1)).mean(axis=1)
        error = means.std(ddof=1) / np.sqrt(20)
        assert error < 5e-3
        assert means.mean() == pytest.approx(expected, abs=4 * error + bias)  # velocities at positions lag behind


@pytest.mark.parametrize(
    ("potential", "barrier", "friction", "batches"),
    [(COSINE, 5.0, 1.0, 120), (COSINE, 10.0, 0.3, 60), (COSINE, 20.0, 10.0, 160), (UNEVEN, 6.0, 1.0, 100)],
)
def test_diffusion_from_the_top(potential, barrier, friction, batches):
    motion = LangevinMotion(barrier, friction, 0.2 / fastest_frequency(barrier, potential), potential)
    duration = 10 * float(relaxation_time(barrier, friction, potential))
    crossings = crossings_from_the_top(motion, seed(6), batches, duration)
    found = transmitted_diffusion(motion, crossings)
    exact = float(exact_diffusion(barrier, friction, potential).diffusion)
    assert found.standard_error < 0.02 * exact
    assert found.value == pytest.approx(exact, abs=SIGMAS * found.standard_error + STEP_BIAS * exact)


def test_diffusion_of_displacements():
    motion = LangevinMotion(2.0, 1.0, 0.2)
    found = diffusion_of_displacements(motion, seed(7), 200, (10.0, 60.0))
    exact = float(exact_diffusion(2.0, 1.0).diffusion)
    assert found.standard_error < 0.01 * exact
    assert found.value == pytest.approx(exact, abs=SIGMAS * found.standard_error + STEP_BIAS * exact)


def test_passages():
    """Where friction is high, particles make single jumps, and net passage is the transmission; else they jump on."""
    motion = LangevinMotion(12.0, 8.0, 0.08)
    high = crossings_from_the_top(motion, seed(8), 60, 10 * float(relaxation_time(12.0, 8.0)))
    assert set(high.wells) == {-1, 0}
    assert high.shares.sum() + high.uncaught == pytest.approx(1, abs=0.01)
    together = high.net_passage.standard_error + high.transmission.standard_error
    assert high.net_passage.value == pytest.approx(high.transmission.value, abs=3 * together)
    assert high.net_passage.value == pytest.approx(float(kramers_transmission(12.0, 8.0)), abs=0.03)
    low = crossings_from_the_top(LangevinMotion(8.0, 0.2, 0.1), seed(9), 20, 100.0)
    assert low.net_passage.value < 0.95 < 1.2 < low.transmission.value
    assert low.wells.max() >= 3 and low.wells.min() <= -3
    mean_jump = (low.wells + 0.5) @ low.shares * 2
    assert mean_jump == pytest.approx(low.transmission.value, abs=0.1)  # what remains after being caught


def test_batches_do_not_depend_on_how_many_there_are():
    motion = LangevinMotion(5.0, 1.0, 0.1)
    told = []
    two, three, again = (
        crossings_from_the_top(motion, seed(10), count, 5.0, tell=told.append).transmission for count in (2, 3, 2)
    )
    assert told == [1, 2, 1, 2, 3, 1, 2]
    assert again == two
    # Mean and error of two batches tell both; the mean of three the third; its error must then be that of these.
    values = [two.value - two.standard_error, two.value + two.standard_error, 3 * three.value - 2 * two.value]
    assert three.standard_error == pytest.approx(np.std(values, ddof=1) / np.sqrt(3), rel=1e-9)
    other = crossings_from_the_top(motion, seed(11), 2, 5.0).transmission
    assert other.value != two.value


def test_refused():
    with pytest.raises(
        ValueError, match=r"time_step must be finite, above 0 and at most 0\.632456 \(1/largest frequency\)"
    ):
        LangevinMotion(5.0, 1.0, 0.7)
    with pytest.raises(ValueError, match=r"reduced_friction must be finite and above 0, got 0\.0"):
        LangevinMotion(5.0, 0.0, 0.1)
    motion = LangevinMotion(5.0, 1.0, 0.1)
    with pytest.raises(ValueError, match="batches must be an integer and at least 2, got 1"):
        diffusion_of_displacements(motion, seed(0), 1, (1.0, 2.0))
    with pytest.raises(ValueError, match="times must ascend, got 2 and 1"):
        diffusion_of_displacements(motion, seed(0), 2, (2.0, 1.0))
    with pytest.raises(ValueError, match=r"times must be two time steps of 0\.1 apart, got 0\.85 and 0\.95"):
        diffusion_of_displacements(motion, seed(0), 2, (0.85, 0.95))
    with pytest.raises(ValueError, match=r"caught_below must be finite, above 0 and below 1, got 1\.0"):
        crossings_from_the_top(motion, seed(0), 2, 1.0, caught_below=1.0)
    with pytest.raises(ValueError, match=r"duration must be finite and above 0, got 0\.0"):
        crossings_from_the_top(motion, seed(0), 2, 0.0)
