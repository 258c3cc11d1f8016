"""Compiled steps of many independent particles under Langevin dynamics; `langevin_motion` prepares what they need.

Particles are lanes of arrays that fit into the cache nearest to the processor: each loop runs over lanes alone and has
no branches, so that it is compiled to vector instructions. Each lane has its own random numbers, of xoshiro256+ (D.
Blackman, S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021)), and makes two normal ones of two as Box and Muller do.

A step is that of N. Gronbech-Jensen and O. Farago, Mol. Phys. 111, 983 (2013): at any length of the time step it gives
the exact diffusion on flat ground, the exact drift under a constant force and the exact spread in a harmonic well.
"""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["LANES", "advance", "normal_pairs", "sine_and_cosine"]

LANES = 256
"""Particles of a batch."""

SCRATCH_ROWS = 4
ONE = np.uint64(0x3FF0000000000000)  # sign and exponent of 1.0: random bits below it make a number from 1 to 2
MANTISSA = np.uint64(0x000FFFFFFFFFFFFF)
TWO_TO_52 = np.uint64(0x4330000000000000)  # its lowest bits hold a whole number
BITS = np.uint64(12)
TURN, TURNS = 2 * np.pi, 1 / (2 * np.pi)
LOG_2 = np.log(2.0)
ROOT_2 = np.sqrt(2.0)


@numba.njit(error_model="numpy", inline="always")
def _next(a, b, c, d):  # pragma: no cover - compiled
    """A random number of xoshiro256+ and its state after it."""
    result = a + d
    shifted = b << np.uint64(17)
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << np.uint64(45)) | (d >> np.uint64(19))
    return result, a, b, c, d


@numba.njit(error_model="numpy", inline="always")
def _four_times(u):  # pragma: no cover - compiled
    """Sine and cosine of 4u, |u| <= pi/4: their series at u, then the double angle twice."""
    y = u * u
    sine = -1 / 1307674368000
    sine = 1 / 6227020800 + y * sine
    sine = -1 / 39916800 + y * sine
    sine = 1 / 362880 + y * sine
    sine = -1 / 5040 + y * sine
    sine = 1 / 120 + y * sine
    sine = -1 / 6 + y * sine
    sine = u + u * y * sine
    cosine = 1 / 20922789888000
    cosine = -1 / 87178291200 + y * cosine
    cosine = 1 / 479001600 + y * cosine
    cosine = -1 / 3628800 + y * cosine
    cosine = 1 / 40320 + y * cosine
    cosine = -1 / 720 + y * cosine
    cosine = 1 / 24 + y * cosine
    cosine = 1.0 + y * (-0.5 + y * cosine)
    double = 2 * sine * cosine
    rest = 1 - 2 * sine * sine
    return 2 * double * rest, 1 - 2 * double * double


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def sine_and_cosine(x, sine, cosine):  # pragma: no cover - compiled
    """Fill (n,) arrays with sin x and cos x, good to some 1e-15 of the larger of 1 and |x|."""
    for i in range(x.size):
        sine[i], cosine[i] = _four_times(0.25 * (x[i] - TURN * np.rint(TURNS * x[i])))


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def normal_pairs(states, bits, first, second):  # pragma: no cover - compiled
    """Fill two (n,) arrays with independent standard normal numbers, advancing the states (4, n) of the lanes.

    Parameters
    ----------
    bits : (4, n) scratch, of 64-bit whole numbers
    """
    values = bits.view(np.float64)
    count = first.size
    for i in range(count):
        one, a, b, c, d = _next(states[0, i], states[1, i], states[2, i], states[3, i])
        other, a, b, c, d = _next(a, b, c, d)
        states[0, i], states[1, i], states[2, i], states[3, i] = a, b, c, d
        bits[0, i] = (one >> BITS) | ONE
        bits[1, i] = (other >> BITS) | ONE
    for i in range(count):
        values[0, i] = 2.0 - values[0, i]  # above 0, at most 1
    for i in range(count):
        bits[2, i] = (bits[0, i] & MANTISSA) | ONE
        bits[3, i] = (bits[0, i] >> np.uint64(52)) | TWO_TO_52
    for i in range(count):
        mantissa, exponent = values[2, i], values[3, i] - 4503599627371519.0
        large = mantissa > ROOT_2
        mantissa = 0.5 * mantissa if large else mantissa
        exponent = exponent + 1.0 if large else exponent
        z = (mantissa - 1.0) / (mantissa + 1.0)
        y = z * z
        series = 1 / 19
        series = 1 / 17 + y * series
        series = 1 / 15 + y * series
        series = 1 / 13 + y * series
        series = 1 / 11 + y * series
        series = 1 / 9 + y * series
        series = 1 / 7 + y * series
        series = 1 / 5 + y * series
        series = 1 / 3 + y * series
        logarithm = exponent * LOG_2 + 2 * z * (1.0 + y * series)
        radius = np.sqrt(max(-2.0 * logarithm, 0.0))
        sine, cosine = _four_times(0.5 * np.pi * (values[1, i] - 1.5))
        first[i] = radius * cosine
        second[i] = radius * sine


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def _forces(x, coefficients, waves, force):  # pragma: no cover - compiled
    """-V'(x) of a sum of harmonics; leaves sin kx and cos kx of the last one behind."""
    sine, cosine, sine_k, cosine_k = waves
    sine_and_cosine(x, sine, cosine)
    for i in range(x.size):
        force[i] = coefficients[0, 0] * sine[i] - coefficients[1, 0] * cosine[i]
    for k in range(1, coefficients.shape[1]):
        for i in range(x.size):
            s, c = (sine[i], cosine[i]) if k == 1 else (sine_k[i], cosine_k[i])
            sine_k[i] = s * cosine[i] + c * sine[i]
            cosine_k[i] = c * cosine[i] - s * sine[i]
            force[i] += (k + 1) * (coefficients[0, k] * sine_k[i] - coefficients[1, k] * cosine_k[i])


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def _move(x, v, force, noise, step):  # pragma: no cover - compiled
    """Positions at the end of a step, and velocities but for the force there."""
    a, drift, push, kick, before, heat = step[0], step[1], step[2], step[3], step[4], step[6]
    for i in range(x.size):
        x[i] += drift * v[i] + push * force[i] + kick * noise[i]
        v[i] = a * v[i] + before * force[i] + heat * noise[i]


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def _finish(v, force, after):  # pragma: no cover - compiled
    for i in range(v.size):
        v[i] += after * force[i]


@numba.njit(cache=True, error_model="numpy", fastmath={"contract"})
def _catch(x, v, coefficients, level, wells):  # pragma: no cover - compiled
    """Well of each particle that falls below an energy for the first time, counted in periods from x = 0."""
    for i in range(x.size):
        if np.isnan(wells[i]):
            energy = 0.5 * v[i] * v[i]
            for k in range(coefficients.shape[1]):
                phase = (k + 1) * x[i]
                energy += coefficients[0, k] * np.cos(phase) + coefficients[1, k] * np.sin(phase)
            if energy < level:
                wells[i] = np.floor(x[i] * TURNS)


@numba.njit(cache=True, error_model="numpy")
def advance(particles, coefficients, step, states, pairs, level, wells, pairs_between_checks):  # pragma: no cover
    """Move particles (3, n), rows of positions, velocities and forces, by an even number of steps.

    Parameters
    ----------
    coefficients : (2, K) of the cosines and sines of the potential, kT
    step : (7,) numbers of the scheme, see `superion.langevin_motion`
    states : (4, n) of the random lanes
    pairs : of steps
    level, wells : energy, kT, below which a particle counts as caught, and (n,) the wells of those that have been, NaN
        before; nothing is caught at the level -inf
    pairs_between_checks : pairs of steps from one look at the energies to the next
    """
    count = particles.shape[1]
    x, v, force = particles[0], particles[1], particles[2]
    bits = np.empty((SCRATCH_ROWS, count), np.uint64)
    first, second = np.empty(count), np.empty(count)
    waves = (np.empty(count), np.empty(count), np.empty(count), np.empty(count))
    catching = level > -np.inf
    for pair in range(pairs):
        normal_pairs(states, bits, first, second)
        for noise in (first, second):
            _move(x, v, force, noise, step)
            _forces(x, coefficients, waves, force)
            _finish(v, force, step[5])
        if catching and pair % pairs_between_checks == 0:
            _catch(x, v, coefficients, level, wells)
