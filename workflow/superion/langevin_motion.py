"""Langevin dynamics of independent particles in a periodic potential: diffusion and recrossing with error bars.

Two independent ways lead to D. Squared displacements of particles in equilibrium grow as 2Dt. And pairs of particles
start on top of a barrier, one with a velocity v > 0 of those that cross it, the other with -v. Where they end gives

    D = a^2 k <x(v) - x(-v)>/a,    k = rate of transition state theory per direction,

at any friction: where a particle is bound to go on average is a function of its state whose flux is the same through
every point. There is no waiting for rare events, so that the error does not grow with the barrier. Both of a pair have
the same noise: at high friction, where most pairs end together, the error grows less with the friction.

All quantities are in the reduced units of `superion.periodic_potentials`. The time step biases D in second order; the
scheme has none for flat ground, a constant force or a harmonic well.

Source: N. Gronbech-Jensen, O. Farago, Mol. Phys. 111, 983 (2013); D. Chandler, J. Chem. Phys. 68, 2959 (1978), for
trajectories from the top.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superion.barrier_crossing import transition_state_diffusion
from superion.langevin_kernels import LANES, advance
from superion.periodic_potentials import COSINE, PeriodicPotential
from superion.validity import finite_array, integer_array

__all__ = [
    "Crossings",
    "Estimate",
    "LangevinMotion",
    "crossings_from_the_top",
    "diffusion_of_displacements",
    "fastest_frequency",
    "transmitted_diffusion",
]

PAIRS_BETWEEN_CHECKS = 4
LONGEST_STEP = 1.0  # of the inverse of the fastest frequency of the potential: half of where the scheme breaks down


@dataclass(frozen=True)
class LangevinMotion:
    """How particles move.

    Attributes
    ----------
    reduced_barrier : b = E/kT
    reduced_friction : g
    time_step : in reduced units
    potential : shape of the potential

    Raises
    ------
    ValueError
        A negative barrier, a friction or time step that is not above 0, or a time step above the inverse of the largest
        frequency.
    """

    reduced_barrier: float
    reduced_friction: float
    time_step: float
    potential: PeriodicPotential = COSINE

    def __post_init__(self) -> None:
        """Check the values."""
        finite_array("reduced_barrier", self.reduced_barrier, at_least=0)
        finite_array("reduced_friction", self.reduced_friction, above=0)
        longest = LONGEST_STEP / fastest_frequency(self.reduced_barrier, self.potential)
        finite_array("time_step", self.time_step, above=0, at_most=longest * (1 + 1e-12), meaning="1/largest frequency")

    @property
    def coefficients(self) -> NDArray:
        """Coefficients (2, K) of the cosines and sines of the potential less its mean, kT, with a top at x = 0."""
        cosines, sines = self.potential.scaled_coefficients
        turn = self.potential.top * np.arange(1, self.potential.harmonics + 1)
        turned = (cosines * np.cos(turn) + sines * np.sin(turn), sines * np.cos(turn) - cosines * np.sin(turn))
        return self.reduced_barrier * np.array(turned)

    @property
    def mean_energy(self) -> float:
        """Mean of the potential over a period against its lowest point, kT."""
        x = 2 * np.pi * np.arange(8 * self.potential.harmonics) / (8 * self.potential.harmonics)
        return self.reduced_barrier * float(self.potential.shape(x).mean())

    @property
    def numbers(self) -> NDArray:
        """What a step takes: a, then factors of v, force and noise in x, of both forces and noise in v.

        x' = x + c dt v + c dt^2/2 F + c dt/2 B and v' = a v + a dt/2 F + dt/2 F' + c B, c = 1/(1 + g dt/2),
        a = (1 - g dt/2) c, B^2 = 2 g dt.
        """
        half, noise = self.time_step / 2, np.sqrt(2 * self.reduced_friction * self.time_step)
        c = 1 / (1 + self.reduced_friction * half)
        a = (1 - self.reduced_friction * half) * c
        return np.array([a, 2 * half * c, 2 * half**2 * c, half * c * noise, half * a, half, c * noise])


@dataclass(frozen=True)
class Estimate:
    """A mean over independent batches, and its standard error."""

    value: float
    standard_error: float


@dataclass(frozen=True)
class Crossings:
    """What became of particles that crossed a barrier top, in pairs to the right and to the left.

    Attributes
    ----------
    transmission : <x(v) - x(-v)>/a = D/(a^2 k); 1 if all stay in the next well
    net_passage : probability to be caught on the right, of those that started to the right less that of the others:
        recrossing alone, at most 1
    wells : (W,) wells in which those that started to the right were first caught; 0 is next to the top, -1 to its left
    shares, share_errors : (W,) share of them in each, and its standard error
    uncaught : share of all that kept too much energy to the end
    """

    transmission: Estimate
    net_passage: Estimate
    wells: NDArray
    shares: NDArray
    share_errors: NDArray
    uncaught: float


def fastest_frequency(reduced_barrier: float, potential: PeriodicPotential = COSINE) -> float:
    """Root of the largest curvature of the potential, in either direction; at least 1e-6."""
    x = 2 * np.pi * np.arange(64 * potential.harmonics) / (64 * potential.harmonics)
    return float(np.sqrt(max(reduced_barrier * np.abs(potential.curvature(x)).max(), 1e-12)))


def diffusion_of_displacements(
    motion: LangevinMotion,
    seed: np.random.SeedSequence,
    batches: int,
    times: tuple[float, float],
    tell: Callable[[int], None] = lambda done: None,
) -> Estimate:
    """D from squared displacements of particles in equilibrium: their growth between two times over twice the time.

    Parameters
    ----------
    seed : the random numbers of a batch depend on it and on the number of the batch alone
    batches : of 256 particles, at least 2
    times : the first should be several relaxation times, since what is ballistic at first would bias the slope
    tell : called with the number of finished batches

    Raises
    ------
    ValueError
        Fewer than two batches, or times that are not above 0 or do not ascend.
    """
    count = int(integer_array("batches", batches, at_least=2))
    first, last = finite_array("times", times, above=0)
    if last <= first:
        raise ValueError(f"times must ascend, got {first:g} and {last:g}")
    early, late = (_pairs(motion, time) for time in (first, last))
    if late == early:
        raise ValueError(f"times must be two time steps of {motion.time_step:g} apart, got {first:g} and {last:g}")
    slopes = np.empty(count)
    for batch in range(count):
        generator, states = _streams(seed, batch)
        start = _equilibrium(motion, generator)
        particles = _particles(motion, start, generator.standard_normal(LANES))
        _advance(motion, particles, states, early)
        before = (particles[0] - start) ** 2
        _advance(motion, particles, states, late - early)
        slopes[batch] = np.mean((particles[0] - start) ** 2 - before)
        tell(batch + 1)
    return _estimate(slopes / (4 * motion.time_step * (late - early)))


def crossings_from_the_top(
    motion: LangevinMotion,
    seed: np.random.SeedSequence,
    batches: int,
    duration: float,
    *,
    caught_below: float = 0.5,
    tell: Callable[[int], None] = lambda done: None,
) -> Crossings:
    """Follow pairs of particles from the barrier top, started with opposite velocities of those that cross it.

    Parameters
    ----------
    seed, batches, tell : as in `diffusion_of_displacements`
    duration : many relaxation times: until where a particle started no longer tells where it will be going
    caught_below : energy, in parts of the barrier, below which a particle counts as caught in its well

    Raises
    ------
    ValueError
        Fewer than two batches, a duration that is not above 0, or an energy that is not between 0 and the barrier.
    """
    count = int(integer_array("batches", batches, at_least=2))
    pairs = _pairs(motion, float(finite_array("duration", duration, above=0)))
    level = motion.reduced_barrier * float(finite_array("caught_below", caught_below, above=0, below=1))
    half = LANES // 2
    apart, caught = np.empty(count), np.empty((count, LANES))
    for batch in range(count):
        generator, states = _streams(seed, batch)
        states[:, half:] = states[:, :half]
        # Their flux falls off as v exp(-v^2/2); one pair in each of as many equally likely ranges of it.
        rank = (generator.permutation(half) + generator.random(half)) / half
        speed = np.sqrt(-2 * np.log1p(-rank))
        particles = _particles(motion, np.zeros(LANES), np.concatenate([speed, -speed]))
        caught[batch] = _advance(motion, particles, states, pairs, level)
        apart[batch] = (particles[0, :half] - particles[0, half:]).mean()
        tell(batch + 1)
    right = caught[:, :half]
    wells = np.unique(right[~np.isnan(right)])
    shares = [_estimate((right == well).mean(axis=1)) for well in wells]
    return Crossings(
        _estimate(apart / (2 * np.pi)),
        _estimate((right >= 0).mean(axis=1) - (caught[:, half:] >= 0).mean(axis=1)),
        wells.astype(int),
        np.array([share.value for share in shares]),
        np.array([share.standard_error for share in shares]),
        float(np.isnan(caught).mean()),
    )


def transmitted_diffusion(motion: LangevinMotion, crossings: Crossings) -> Estimate:
    """D = a^2 k times the transmission."""
    unit = float(transition_state_diffusion(motion.reduced_barrier, motion.potential))
    return Estimate(unit * crossings.transmission.value, unit * crossings.transmission.standard_error)


def _pairs(motion: LangevinMotion, time: float) -> int:
    """Pairs of time steps that last at least that long."""
    return int(np.ceil(time / (2 * motion.time_step) - 1e-9))


def _streams(seed: np.random.SeedSequence, batch: int) -> tuple[np.random.Generator, NDArray]:
    """Generator of the start and states (4, LANES) of the noise of one batch, whatever other batches there are."""
    own = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, batch))
    start, noise = own.spawn(2)
    return np.random.default_rng(start), noise.generate_state(4 * LANES, np.uint64).reshape(4, LANES)


def _equilibrium(motion: LangevinMotion, generator: np.random.Generator) -> NDArray:
    """Positions (LANES,) of the first period from a top, with Boltzmann's distribution: by rejection."""
    found = np.empty(0)
    while found.size < LANES:
        x = 2 * np.pi * generator.random(4 * LANES)
        weight = np.exp(-motion.reduced_barrier * motion.potential.shape(motion.potential.top + x))
        found = np.append(found, x[generator.random(x.size) < weight])
    return found[:LANES]


def _particles(motion: LangevinMotion, positions: NDArray, velocities: NDArray) -> NDArray:
    """Rows of positions, velocities and forces (3, LANES)."""
    k = np.arange(1, motion.potential.harmonics + 1)
    cosines, sines = motion.coefficients
    phase = np.multiply.outer(positions, k)
    return np.stack([positions, velocities, np.sin(phase) @ (k * cosines) - np.cos(phase) @ (k * sines)])


def _advance(
    motion: LangevinMotion, particles: NDArray, states: NDArray, pairs: int, level: float = -np.inf
) -> NDArray:
    """Move particles in place; wells (LANES,) in which they first fell below an energy, NaN where they have not."""
    wells = np.full(LANES, np.nan)
    relative = level - motion.mean_energy
    advance(particles, motion.coefficients, motion.numbers, states, pairs, relative, wells, PAIRS_BETWEEN_CHECKS)
    return wells


def _estimate(of_batches: NDArray) -> Estimate:
    return Estimate(float(of_batches.mean()), float(of_batches.std(ddof=1) / np.sqrt(of_batches.size)))
