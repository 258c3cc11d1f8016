"""Compiled kernels of the self-consistent scattering |S| by repulsion between mobile ions.

With m = (mu - Ubar)/kT and R_p = sqrt(dU^2 + h_p^2)/kT, Eq. (42) reads

    S = (K/a1) (1/pi) int_0^pi  |h_p|/(2 R_p kT)  sinh R_p / (cosh R_p + cosh m)  dp,                    (*)

since f(E-) - f(E+) is that quotient. At a given S the right side falls with |m| from its value at m = 0: an S belongs
to one |m| at most. So all roots of (*) lie on one curve m(S), and its extrema are the folds where roots appear and
merge. The roots are found along that curve; a search in S at given m could miss two that are close.

The integrand has a kink at p = pi, and inside where h_p changes its sign: Gauss-Legendre sums between the kinks.

Source: J. Hu, "A Novel Quasiparticle Method for Solid State Ion Transport" (2023), Eq. (42), App. 5.1.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["FARTHEST", "excess_at", "fill_curve", "fill_observables", "fill_roots"]

FARTHEST = 700.0
"""Largest |m|: beyond, exp(m) leaves the range of a float."""
_STEPS = 200
_EPSILON = 2.0**-52


@njit(cache=True, nogil=True, error_model="numpy")
def _add(total, s, m, up, difference, hopping, sign, thermal, cosine, weight):
    """Add one node to the integral of (*) and to its derivatives by S and m."""
    h = hopping * cosine + sign * s
    side = 1.0 if h > 0.0 else -1.0
    energy = np.sqrt(difference * difference + h * h)
    r = energy / thermal
    # q = sinh r/(cosh r + cosh m), top and bottom divided by e^r/2
    decay = np.exp(-r)
    down, rise, fall = decay * decay, up * decay, decay / up
    bottom = 1.0 + down + rise + fall
    q = (1.0 - down) / bottom
    dq_dr = (4.0 * down + (1.0 + down) * (rise + fall)) / (bottom * bottom)
    dq_dm = -q * (rise - fall) / bottom
    u = side * h / (2.0 * energy)
    du_dh = side * difference * difference / (2.0 * energy * energy * energy)
    total[0] += weight * u * q
    total[1] += weight * sign * (du_dh * q + u * dq_dr * h / (energy * thermal))
    total[2] += weight * u * dq_dm


@njit(cache=True, nogil=True, error_model="numpy")
def _rate(s, m, difference, hopping, sign, repulsion, thermal, node, cosine, weight, total):
    """Right side of (*) less S, and its derivatives by S and by m; `total` is work space of three numbers."""
    total[:] = 0.0
    up = np.exp(m)
    if sign > 0.0 or s >= hopping:
        for i in range(cosine.size):
            _add(total, s, m, up, difference, hopping, sign, thermal, cosine[i], weight[i])
    else:  # |h| has a kink inside: one Gauss-Legendre sum on either side of it
        kink = np.arccos(s / hopping)
        for i in range(cosine.size):
            near = kink * node[i]
            far = kink + (np.pi / 2.0 - kink) * node[i]
            share = kink / (np.pi / 2.0)
            _add(total, s, m, up, difference, hopping, sign, thermal, np.cos(near), weight[i] * share)
            _add(total, s, m, up, difference, hopping, sign, thermal, np.cos(far), weight[i] * (1.0 - share))
    return repulsion * total[0] - s, repulsion * total[1] - 1.0, repulsion * total[2]


@njit(cache=True, nogil=True, error_model="numpy")
def excess_at(s, m, difference, hopping, sign, repulsion, thermal, node, cosine, weight):
    """Right side of (*) less S, and its derivative by S, at one point."""
    excess, by_s, _ = _rate(s, m, difference, hopping, sign, repulsion, thermal, node, cosine, weight, np.empty(3))
    return excess, by_s


@njit(cache=True, nogil=True, error_model="numpy")
def _reduced_potential(s, difference, hopping, sign, repulsion, thermal, node, cosine, weight, total):
    """The m >= 0 that belongs to S, or NaN where there is none: (*) by safeguarded Newton steps on its logarithm."""
    excess, _, by_m = _rate(s, 0.0, difference, hopping, sign, repulsion, thermal, node, cosine, weight, total)
    if excess < 0.0:
        return np.nan
    low, high = 0.0, 1.0
    while _rate(s, high, difference, hopping, sign, repulsion, thermal, node, cosine, weight, total)[0] > 0.0:
        low, high = high, 2.0 * high
        if high > FARTHEST:
            high = FARTHEST
            break
    m = 0.5 * (low + high)
    for _ in range(_STEPS):
        excess, _, by_m = _rate(s, m, difference, hopping, sign, repulsion, thermal, node, cosine, weight, total)
        if excess > 0.0:
            low = m
        else:
            high = m
        right = excess + s
        step = np.log(right / s) * right / by_m if right > 0.0 and by_m < 0.0 else np.inf
        new = m - step
        if not (low < new < high):
            new = 0.5 * (low + high)
        if abs(new - m) <= 4.0 * _EPSILON * max(m, 1.0):
            return new
        m = new
    return m


@njit(cache=True, nogil=True, error_model="numpy")
def fill_curve(s, difference, hopping, sign, repulsion, thermal, node, cosine, weight, m, slope):
    """m and the sign of dm/dS (that of the derivative of (*) by S) for each S > 0; NaN where S belongs to no m."""
    total = np.empty(3)
    for i in range(s.size):
        m[i] = _reduced_potential(s[i], difference, hopping, sign, repulsion, thermal, node, cosine, weight, total)
        slope[i] = _rate(s[i], m[i], difference, hopping, sign, repulsion, thermal, node, cosine, weight, total)[1]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_roots(bracket, m, rising, difference, hopping, sign, repulsion, thermal, node, cosine, weight, root, residual):
    """Roots of (*), one for each m, by Newton steps kept inside brackets that shrink.

    bracket: ends and a first guess of each root, shape (3, n). rising: whether (*) less S grows through the root, as it
    does on the parts of the curve where m rises with S.
    """
    total = np.empty(3)
    for i in range(m.size):
        low, high, s = bracket[0, i], bracket[1, i], bracket[2, i]
        last = high - low
        for _ in range(_STEPS):
            excess, by_s, _ = _rate(s, m[i], difference, hopping, sign, repulsion, thermal, node, cosine, weight, total)
            if abs(excess) <= 4.0 * _EPSILON * s:  # the rounding of (*)
                break
            if (excess < 0.0) == rising:
                low = s
            else:
                high = s
            new = s - excess / by_s if by_s != 0.0 else low
            # Steps that do not halve could go round in circles.
            if not (low < new < high) or abs(new - s) > 0.5 * last:
                new = np.sqrt(low * high) if high > 4.0 * low else 0.5 * (low + high)
            last = abs(new - s)
            s = new
            if last <= 4.0 * _EPSILON * s or high - low <= 4.0 * _EPSILON * high:
                break
        root[i] = s
        residual[i] = -_rate(s, m[i], difference, hopping, sign, repulsion, thermal, node, cosine, weight, total)[0]


@njit(cache=True, nogil=True, error_model="numpy")
def fill_observables(
    s, m, difference, hopping, sign, repulsion, thermal, cosine, sine, weight, potential, density, conductivity
):
    """Grand potential and density per cell, conductivity of the conduction band, at states (S, m); energies in eV.

    (*) is the stationarity of that grand potential, where h_p does not change its sign. Source: Eqs. (11), (30).
    """
    for i in range(s.size):
        mu = m[i] * thermal
        logs, ions, sigma = 0.0, 0.0, 0.0
        for j in range(cosine.size):
            h = hopping * cosine[j] + sign * s[i]
            energy = np.sqrt(difference * difference + h * h)
            for branch in (-1.0, 1.0):
                x = (branch * energy - mu) / thermal
                e = np.exp(-abs(x))
                logs += weight[j] * (np.log1p(e) + max(-x, 0.0))
                ions += weight[j] * (1.0 if x <= 0.0 else e) / (1.0 + e)
                if branch > 0.0:
                    velocity = h / energy * (-hopping * sine[j] / 2.0)
                    sigma += weight[j] * velocity * velocity * e / ((1.0 + e) * (1.0 + e) * thermal)
        potential[i] = s[i] * s[i] / repulsion - thermal * logs
        density[i] = ions
        conductivity[i] = sigma
