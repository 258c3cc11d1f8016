"""Roots of the two self-consistency equations of superionic mean fields, compiled and vectorised.

Both mean fields of Hu et al. (2026) reduce to a fixed equation of one variable:

* polarization, Eq. (50): ``u coth u = t`` with gamma = tanh u = u/t and t = T_p/T;
* concerted hopping, Eqs. (54), (55): ``q - ln q = 1 + delta`` with q = B (1-gamma^2) P_0/kT. Its two roots are
  q = -W_0(-exp(-1-delta)) <= 1 (stable) and q = -W_-1(-exp(-1-delta)) >= 1 (unstable); delta < 0 has none and
  delta = 0 is the saddle-node. In terms of delta nothing overflows at low temperature and nothing is lost where
  the roots merge.

Every function here is free of branches and calls, so that the loop of `fill_mean_fields` compiles to SIMD code.

Source: J. Hu, Z. Guo, J. Liang, B. Monserrat, "Microscopic Theory of Superionic Phase Transitions",
arXiv:2604.00665 (2026).
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from superion.units import BOLTZMANN_eV_PER_K

__all__ = ["concerted_roots", "fill_mean_fields", "polarization_parameter"]

# Bits of the status byte, by the names of mean_field.Status, which a compiled loop cannot use.
NO_SOLUTION = 1
DEPOLARIZED_NO_SOLUTION = 2
NO_UPPER_ROOT = 4
MARGINAL = 8
DOUBLE_OCCUPATION = 16
NOT_A_PROBABILITY = 32

_EPSILON = 2.0**-52
_TINY = 1e-300
_HUGE = 1e50  # its powers in the fits stay finite
_BLOCK = 256  # points per block: the block's inputs and outputs stay in the first-level cache

_LOG2_E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01  # trailing zeros: k * _LN2_HIGH is exact
_LN2_LOW = 1.90821492927058770002e-10
_INTEGER_SHIFT = 6755399441055744.0  # 1.5 * 2^52: adding it rounds a float to the integer in its low bits
_INTEGER_SHIFT_BITS = 0x4338000000000000
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD


@intrinsic
def _bits_of(typing_context, value):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def _float_of(typing_context, bits):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def _fma(typing_context, a, b, c):
    """a*b + c rounded once: the same bits in vector and scalar code, where a plain a*b + c could differ."""

    def generate(context, builder, signature, arguments):
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


_inlined = njit(forceinline=True, error_model="numpy", nogil=True)


@_inlined
def _exp_parts(x):
    """Scale 2^k and expm1(r) with exp(x) = 2^k (1 + expm1(r)), |r| <= ln(2)/2, for -708 <= x <= 709."""
    shifted = _fma(x, _LOG2_E, _INTEGER_SHIFT)
    k = shifted - _INTEGER_SHIFT
    r = _fma(k, -_LN2_LOW, _fma(k, -_LN2_HIGH, x))
    # minimax fit of (expm1(r) - r)/r^2, 2e-17
    p = _fma(r, 2.510915989089397e-08, 2.76263582777068e-07)
    p = _fma(p, r, 2.7557243817979766e-06)
    p = _fma(p, r, 2.4801504344197185e-05)
    p = _fma(p, r, 1.9841269886564238e-04)
    p = _fma(p, r, 1.388888893249112e-03)
    p = _fma(p, r, 8.333333333321431e-03)
    p = _fma(p, r, 4.1666666666573135e-02)
    p = _fma(p, r, 1.6666666666666677e-01)
    p = _fma(p, r, 0.5000000000000006)
    return _float_of((_bits_of(shifted) + 1023) << 52), _fma(r * r, p, r)


@_inlined
def _exp(x):
    """exp(x) for x <= 709; exactly 0 below -708, where the result leaves the normal numbers."""
    scale, p = _exp_parts(max(x, -708.0))
    return _fma(scale, p, scale) if x > -708.0 else 0.0


@_inlined
def _expm1_negative(x):
    """expm1(x) for x <= 0, accurate relative to itself also for x near 0."""
    scale, p = _exp_parts(max(x, -708.0))
    return _fma(scale, p, scale - 1.0)


@_inlined
def _log(x):
    """ln(x) for positive normal x, accurate relative to itself also for x near 1."""
    bits = _bits_of(x)
    exponent = (bits - _SQRT_HALF_BITS) >> 52
    f = _float_of(bits - (exponent << 52)) - 1.0  # mantissa in [sqrt(1/2), sqrt(2)) less 1
    k = _float_of(exponent + _INTEGER_SHIFT_BITS) - _INTEGER_SHIFT
    s = f / (2.0 + f)
    z = s * s
    # ln(1+f) = 2 artanh(s) = f - s (f - z p), p = 2/3 + 2 z/5 + ... as a minimax fit, 3e-18
    p = _fma(z, 1.479743510950102e-01, 1.5313888042339555e-01)
    p = _fma(p, z, 1.818357138419732e-01)
    p = _fma(p, z, 2.2222198419192385e-01)
    p = _fma(p, z, 2.857142874413889e-01)
    p = _fma(p, z, 3.999999999940507e-01)
    p = _fma(p, z, 6.666666666666736e-01)
    half_square = 0.5 * f * f
    correction = _fma(s, _fma(p, z, half_square), k * _LN2_LOW)
    return _fma(k, _LN2_HIGH, f - (half_square - correction))


@_inlined
def _polarization_start(s):
    """Root u of u coth u = 1 + s, s >= 0: to rounding for s < 0.15, to 2e-6 of itself beyond."""
    # Taylor series of u^2/s (Lagrange inversion of w/3 - w^2/45 + ...): keeps its relative accuracy towards T_p
    p = _fma(s, 1.5947995009824067e-08, -4.295477966820527e-07)
    p = _fma(p, s, -1.1938410529593277e-06)
    p = _fma(p, s, 6.6845960761927145e-06)
    p = _fma(p, s, 4.058504760545577e-05)
    p = _fma(p, s, -7.891537034394178e-05)
    p = _fma(p, s, -1.2823747680890537e-03)
    p = _fma(p * s, s, 12.0 / 175.0)  # the coefficient of s^3 vanishes
    p = _fma(p, s, 0.6)
    p = _fma(p, s, 3.0)
    # rational fit of u^2/s
    top = _fma(s, _fma(s, _fma(s, 0.007763313, 0.05225103), 0.2317075), 0.7741953)
    top = _fma(s, _fma(s, top, 1.864698), 2.999998)
    bottom = _fma(s, _fma(s, _fma(s, _fma(s, 0.007763366, 0.03671237), 0.151172), 0.4215295), 1.0)
    return np.sqrt(s * (p if s < 0.15 else top / bottom))


@_inlined
def _polarization_step(s, u):
    """Root u of u coth u = 1 + s from its start by one Halley step on u - t tanh u, with exp(-2u) and expm1(-2u)."""
    x = -2.0 * u
    scale, p = _exp_parts(max(x, -708.0))
    em1 = _fma(scale, p, scale - 1.0)
    e = _fma(scale, p, scale) if x > -708.0 else 0.0
    # tanh u = -em1/d and sech^2 u = 4 exp(-2u)/d^2: the step multiplied through by d^4
    t = 1.0 + s
    d = 1.0 + e
    h = _fma(u, d, t * em1)
    slope = 4.0 * t * e
    h1 = _fma(d, d, -slope)
    h2 = -2.0 * em1 * slope
    step = 2.0 * h * h1 * d / _fma(2.0 * h1, h1, -h * h2)
    step = 0.0 if s < 0.15 else step
    # exp(-2(u - step)) - exp(-2u); step is at most 2e-6 of u
    change = e * (2.0 * step * _fma(step, _fma(step, 2.0 / 3.0, 1.0), 1.0))
    return u - step, e + change, em1 + change


@_inlined
def _lower_exponential(delta):
    """exp(q) at the lower root of q - ln q = 1 + delta, delta >= 0: a rational fit, 1e-17, in sqrt(1-exp(-delta))."""
    r = np.sqrt(-_expm1_negative(-delta))
    top = _fma(r, _fma(r, -1.0918507312893318e-05, 8.419011487464594e-04), 8.363757073294754e-02)
    top = _fma(r, _fma(r, _fma(r, top, 0.945144410925962), 3.5748686822235176), 5.342655512770197)
    top = _fma(r, top, 2.718281828459045)
    bottom = _fma(r, _fma(r, 6.183839339037592e-03, 0.12964836887482786), 0.8984675521584033)
    bottom = _fma(r, _fma(r, _fma(r, bottom, 2.8234280494392374), 4.428024491159071), 3.379666686782525)
    return top / _fma(r, bottom, 1.0)


@_inlined
def _upper_root(delta, gain):
    """q/gain for the upper root q >= 1 of q - ln q = 1 + delta, delta >= 0."""
    p = np.sqrt(2.0 * delta)
    # ln q by a rational fit, 5e-5 in q
    top = p * _fma(p, _fma(p, 0.0178728, 0.431593), 1.0)
    log_q = top / _fma(p, _fma(p, _fma(p, 0.0017356, 0.0900441), 0.598228), 1.0)
    q = 1.0 + (delta + log_q)
    excess = q - 1.0  # of the rounded q: the residual must belong to it where the roots merge
    # one step of fourth order: F. N. Fritsch, R. E. Shafer, W. P. Crowley, Commun. ACM 16, 123 (1973);
    # its two divisions and that by the gain in one
    d = max(excess, 1e-50)
    z = (excess - delta) - _log(q)
    c = 2.0 * d * _fma(z, -2.0 / 3.0, d)
    bottom = d * _fma(z, -2.0, c)
    return q * _fma(-z, c - z, bottom) / (bottom * gain)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_mean_fields(
    inputs,
    strides,
    repulsive,
    self_consistent,
    gamma,
    lower,
    upper,
    lower_0,
    upper_0,
    conductivity,
    status,
    start,
    stop,
):
    """Fill points start:stop of the seven outputs.

    inputs: five flat arrays (temperature_K, barrier_eV, repulsion_eV, filling, concerted_coupling_eV); strides: 1 for
    an array of all points, 0 for a single value that all points share. The work is cut into short loops over small
    blocks: a long chain of dependent operations at one point then overlaps with those of the next points.
    """
    block = np.empty((14, _BLOCK))
    barrier, repulsion, filling, concerted = block[1], block[2], block[3], block[4]
    beta, t, u, e, mobile = block[0], block[5], block[6], block[7], block[8]
    delta_0, delta, rounding, bare, em1 = block[9], block[10], block[11], block[12], block[13]
    for first in range(start, stop, _BLOCK):
        size = min(_BLOCK, stop - first)
        for row in range(5):
            source, stride = inputs[row], strides[row]
            for i in range(size):
                block[row, i] = source[(first + i) * stride]
        g, flags, sigma = (
            gamma[first : first + size],
            status[first : first + size],
            conductivity[first : first + size],
        )
        low, up = lower[first : first + size], upper[first : first + size]
        low_0, up_0 = lower_0[first : first + size], upper_0[first : first + size]

        # energies: K, A and B replace Lambda0, K0 and M0
        for i in range(size):
            thermal = BOLTZMANN_eV_PER_K * block[0, i]
            energy = filling[i] * repulsion[i] / 2.0
            beta[i] = 1.0 / thermal
            concerted[i] = filling[i] * concerted[i] / 4.0
            t[i] = energy * beta[i]
            repulsion[i] = barrier[i] + energy if repulsive else barrier[i]
            # s = t - 1 from the difference of the energies: no rounding of t near T_p
            u[i] = min(max((energy - thermal) * beta[i], 0.0), _HUGE) if self_consistent else 0.0
        mean_barrier = repulsion
        for i in range(size):
            delta[i] = u[i]
            u[i] = _polarization_start(u[i])
        for i in range(size):
            u[i], e[i], em1[i] = _polarization_step(delta[i], u[i])
        # probability without the concerted field: exp(-A/kT) cosh u, or exp(-Lambda0/kT) with the bare barrier
        for i in range(size):
            inverse = 1.0 / (1.0 + e[i])
            g[i] = -em1[i] * inverse
            mobile[i] = 4.0 * e[i] * inverse * inverse  # 1 - gamma^2
            shift = _fma(t[i], 2.0 * e[i] * inverse, barrier[i] * beta[i])  # Lambda0/kT + t (1-gamma)
            bare[i] = _exp(-shift) * (0.5 * (1.0 + e[i]))
        for i in range(size):
            low_0[i] = _exp(-(mean_barrier[i] * beta[i]))
            bare[i] = bare[i] if repulsive and e[i] < 1.0 else low_0[i]
        for i in range(size):
            delta[i] = u[i] + _log(0.5 * (1.0 + e[i]))  # ln cosh u
        # x - 1 - ln x keeps its relative accuracy at x = 1, where A = B has its double root
        for i in range(size):
            x = concerted[i] * beta[i]
            delta_0[i] = _fma(mean_barrier[i] - concerted[i], beta[i], (x - 1.0) - _log(max(x, _TINY)))
            delta[i] = delta_0[i] + (delta[i] if repulsive else 2.0 * delta[i])
            rounding[i] = (-8.0 * _EPSILON) * (1.0 + mean_barrier[i] * beta[i] + x)

        for i in range(size):
            low[i] = bare[i] * _lower_exponential(max(delta[i], 0.0)) if delta[i] >= rounding[i] else np.nan
        for i in range(size):
            root = low_0[i] * _lower_exponential(max(delta_0[i], 0.0))
            low_0[i] = root if delta_0[i] >= rounding[i] else np.nan
        for i in range(size):
            root = _upper_root(max(delta[i], 0.0), concerted[i] * beta[i] * mobile[i])
            up[i] = root if delta[i] >= rounding[i] and concerted[i] > 0.0 else np.nan
        for i in range(size):
            root = _upper_root(max(delta_0[i], 0.0), concerted[i] * beta[i])
            up_0[i] = root if delta_0[i] >= rounding[i] and concerted[i] > 0.0 else np.nan

        for i in range(size):
            sigma[i] = filling[i] * (low[i] * mobile[i])
            crowded = filling[i] > 1.0 and g[i] > 0.0 and filling[i] * g[i] >= 2.0 - filling[i]
            flag = 0 if delta[i] >= rounding[i] else NO_SOLUTION
            flag |= 0 if delta_0[i] >= rounding[i] else DEPOLARIZED_NO_SOLUTION
            flag |= 0 if concerted[i] > 0.0 else NO_UPPER_ROOT
            flag |= MARGINAL if abs(delta[i]) <= -rounding[i] else 0
            flag |= DOUBLE_OCCUPATION if crowded else 0
            flag |= NOT_A_PROBABILITY if low[i] * (1.0 + g[i]) > 1.0 + 64.0 * _EPSILON else 0
            flags[i] = flag


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_concerted_roots(delta, lower_exponential, upper):
    for i in range(delta.size):
        lower_exponential[i] = _lower_exponential(delta[i])
        upper[i] = _upper_root(delta[i], 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _fill_polarization(s, u, e):
    for i in range(s.size):
        excess = max(s[i], 0.0)
        u[i], e[i], _ = _polarization_step(excess, _polarization_start(excess))


def concerted_roots(delta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Exponential of the lower root, and the upper root, of q - ln q = 1 + delta.

    Parameters
    ----------
    delta : distance from the saddle-node, >= 0, any shape

    Returns
    -------
    exp(q) at q <= 1 (q itself is exp(-1 - delta) times that, without loss where it is small) and q >= 1, of the
    shape of delta.
    """
    delta = np.asarray(delta, dtype=float)
    lower_exponential, upper = np.empty(delta.size), np.empty(delta.size)
    _fill_concerted_roots(delta.flatten(), lower_exponential, upper)
    return lower_exponential.reshape(delta.shape), upper.reshape(delta.shape)


def polarization_parameter(s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Root u of u coth u = 1 + s and exp(-2u), Hu et al. (2026), Eq. (50) with s = T_p/T - 1; 0 and 1 for s <= 0.

    Parameters
    ----------
    s : reduced distance below T_p, any shape

    Returns
    -------
    u and exp(-2u) of the shape of s; gamma = tanh u.
    """
    s = np.asarray(s, dtype=float)
    u, e = np.empty(s.size), np.empty(s.size)
    _fill_polarization(s.flatten(), u, e)
    return u.reshape(s.shape), e.reshape(s.shape)
