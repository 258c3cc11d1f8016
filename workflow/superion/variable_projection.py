"""Bounded least squares of the conductivity models by variable projection, compiled.

For given nonlinear parameters the linear ones follow from linear least squares in a box. What is left is searched on
a grid over all the box of the nonlinear parameters, and every local minimum of the grid is refined:

* quasi_ion, in ln Ea0 and beta_mid = beta0 + ln 2/Ea0, by a damped Newton method with the exact Hessian of the
  projected sum of squares;
* vogel_tammann_fulcher, in k T0, by the roots of the projected gradient;
* two_segment exactly, interval by interval: the optimum is either two free lines that meet inside of the interval or
  has its knot at an end (D. J. Hudson, J. Am. Stat. Assoc. 61, 1097 (1966)).

A parameter is held by equal bounds, which is how profiles are computed. Points must come sorted by (beta, ln sigma).
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["MODEL_CODES", "optima"]

MODEL_CODES = {
    "arrhenius": 0,
    "arrhenius_power": 1,
    "vogel_tammann_fulcher": 2,
    "quadratic": 3,
    "two_segment": 4,
    "quasi_ion": 5,
}

_ENERGY_NODES = 28
_WINDOW_NODES = 32  # of the midpoint within the window, and half as many beside it
_VOGEL_NODES = 48
_MOST_MINIMA = 24
_TURNS = 400
_EPSILON = 2.0**-52
_LN2 = 0.6931471805599453
_NO_MINIMUM = np.inf

_compiled = njit(cache=True, nogil=True, error_model="numpy")


@_compiled
def _clip(value, low, high):
    return min(max(value, low), high)


@_compiled
def _clearly_better(value, best, y):
    """Whether a sum of squares is smaller by more than rounding explains, so that a start cannot stir the last bits."""
    scale = 1.0 + np.abs(y).max()
    return value < best * (1.0 - 1e-9) - y.size * (1e-12 * scale) ** 2


@_compiled
def _box_least_squares(y, first, second, columns, low, high, held, out):
    """Minimise |y - a - c1 first - c2 second|^2 with c in a box and a free, or held where low[0] == high[0].

    low, high hold the bounds of a, c1, c2; out receives a, c1, c2. Returns the sum of squares.
    """
    n = y.size
    y_mean = first_mean = second_mean = 0.0
    if held:
        y_mean = low[0]
    else:
        for i in range(n):
            y_mean += y[i]
            first_mean += first[i]
            if columns == 2:
                second_mean += second[i]
        y_mean /= n
        first_mean /= n
        second_mean /= n
    ff = fy = ss = fs = sy = 0.0
    for i in range(n):
        f = first[i] - first_mean
        ff += f * f
        fy += f * (y[i] - y_mean)
    best1 = best2 = 0.0
    if columns == 1:
        best1 = _clip(fy / ff if ff > 0.0 else 0.0, low[1], high[1])
    else:
        for i in range(n):
            f, s = first[i] - first_mean, second[i] - second_mean
            ss += s * s
            fs += f * s
            sy += s * (y[i] - y_mean)
        # the second column made orthogonal to the first, once more for rounding, then y in turn
        slope = fs / ff if ff > 0.0 else 0.0
        again = 0.0
        for i in range(n):
            f = first[i] - first_mean
            again += f * (second[i] - second_mean - slope * f)
        slope += again / ff if ff > 0.0 else 0.0
        oo = oy = 0.0
        along = fy / ff if ff > 0.0 else 0.0
        for i in range(n):
            f = first[i] - first_mean
            o = second[i] - second_mean - slope * f
            oo += o * o
            oy += o * (y[i] - y_mean - along * f)
        free = oo > (64.0 * _EPSILON) ** 2 * ss and low[1] < high[1] and low[2] < high[2]
        if free:
            best2 = oy / oo
            best1 = along - slope * best2
            free = low[1] <= best1 <= high[1] and low[2] <= best2 <= high[2]
        if not free:  # convex: the optimum is on an edge of the box, and the best of the edges is it
            smallest = np.inf
            for edge in range(4):
                c1 = c2 = low[1 + edge // 2] if edge % 2 == 0 else high[1 + edge // 2]
                if not np.isfinite(c1):
                    continue
                if edge < 2:
                    c2 = _clip((sy - fs * c1) / ss if ss > 0.0 else 0.0, low[2], high[2])
                else:
                    c1 = _clip((fy - fs * c2) / ff if ff > 0.0 else 0.0, low[1], high[1])
                value = 0.0
                for i in range(n):
                    r = y[i] - y_mean - c1 * (first[i] - first_mean) - c2 * (second[i] - second_mean)
                    value += r * r
                if value < smallest:
                    smallest, best1, best2 = value, c1, c2
    total = 0.0
    for i in range(n):
        r = y[i] - y_mean - best1 * (first[i] - first_mean)
        if columns == 2:
            r -= best2 * (second[i] - second_mean)
        total += r * r
    out[0] = low[0] if held else y_mean - best1 * first_mean - best2 * second_mean
    out[1] = best1
    out[2] = best2
    return total


@_compiled
def _linear_optimum(code, x, y, low, high, first, second, out):
    for i in range(x.size):
        if code == 3:
            first[i], second[i] = x[i], x[i] * x[i]
        else:
            first[i], second[i] = -x[i], -np.log(x[i])
    return _box_least_squares(y, first, second, 1 if code == 0 else 2, low, high, low[0] == high[0], out)


@_compiled
def _vogel_at(x, y, thermal, low, high, column, out):
    """Sum of squares at k T0 = thermal, half its gradient, and the linear parameters in out."""
    n = x.size
    for i in range(n):
        column[i] = -x[i] / (1.0 - thermal * x[i])
    value = _box_least_squares(y, column, column, 1, low, high, low[0] == high[0], out)
    gradient = 0.0
    for i in range(n):
        gradient += (y[i] - out[0] - out[1] * column[i]) * out[1] * column[i] * column[i]
    return value, gradient


@_compiled
def _vogel_optimum(boltzmann, x, y, low, high, start, column, trial, out):
    """Every root of the gradient between grid nodes where it turns upwards, and the ends of the box."""
    lowest, highest = boltzmann * low[2], boltzmann * high[2]
    edge = 1.0 / x[-1]  # k T of the coldest point: the nodes crowd towards it
    nodes = 1 if lowest == highest else _VOGEL_NODES
    best = _NO_MINIMUM
    before_gradient = before = 0.0
    span = np.log((edge - lowest) / (edge - highest)) if nodes > 1 else 0.0
    rounds = nodes + (0 if np.isnan(start) else 1)
    for node in range(rounds):
        if node == nodes:  # a start is a last candidate, taken only where it is clearly better
            here = _clip(boltzmann * start, lowest, highest)
            value, gradient = _vogel_at(x, y, here, low, high, column, trial)
            if _clearly_better(value, best, y):
                best = value
                out[0], out[1], out[2] = trial[0], trial[1], here / boltzmann
            continue
        here = lowest if node == 0 else edge - (edge - lowest) * np.exp(-span * node / (nodes - 1))
        if node == nodes - 1:
            here = highest
        value, gradient = _vogel_at(x, y, here, low, high, column, trial)
        if value < best:
            best = value
            out[0], out[1], out[2] = trial[0], trial[1], low[2] if node == 0 else here / boltzmann
            if node == nodes - 1:
                out[2] = high[2]
        if node > 0 and before_gradient < 0.0 and gradient > 0.0:
            left, right, at_left, at_right = before, here, before_gradient, gradient
            for step in range(200):
                width = right - left
                middle = left - at_left * width / (at_right - at_left)
                if step % 3 == 2 or not left < middle < right:
                    middle = 0.5 * (left + right)
                if not left < middle < right:
                    break
                value_middle, at = _vogel_at(x, y, middle, low, high, column, trial)
                if value_middle < best:
                    best = value_middle
                    out[0], out[1], out[2] = trial[0], trial[1], middle / boltzmann
                if at < 0.0:
                    left, at_left = middle, at
                    at_right *= 0.5  # Illinois: the end that stays is pulled in
                elif at > 0.0:
                    right, at_right = middle, at
                    at_left *= 0.5
                else:
                    left = right = middle
                if right - left <= 4.0 * _EPSILON * edge:
                    break
            middle = 0.5 * (left + right)
            value_middle, at = _vogel_at(x, y, middle, low, high, column, trial)
            if value_middle <= best * (1.0 + 1e-12):  # the root is sharper than the flat bottom of the sum of squares
                best = min(best, value_middle)
                out[0], out[1], out[2] = trial[0], trial[1], middle / boltzmann
        before, before_gradient = here, gradient
    return best


@_compiled
def _line(x, y, begin, end, low, high, held, bound):
    """Line a - slope x through points begin..end-1, a held at low[0] or free; the slope has the bounds of an index."""
    x_mean = y_mean = 0.0
    if held:
        y_mean = low[0]
    else:
        for i in range(begin, end):
            x_mean += x[i]
            y_mean += y[i]
        x_mean /= end - begin
        y_mean /= end - begin
    xx = xy = 0.0
    for i in range(begin, end):
        xx += (x[i] - x_mean) ** 2
        xy += (x[i] - x_mean) * (y[i] - y_mean)
    slope = _clip(-xy / xx if xx > 0.0 else 0.0, low[bound], high[bound])
    total = 0.0
    for i in range(begin, end):
        total += (y[i] - y_mean + slope * (x[i] - x_mean)) ** 2
    return y_mean + slope * x_mean, slope, total


@_compiled
def _segments_at(x, y, knot, low, high, first, second, out):
    for i in range(x.size):
        first[i] = -min(x[i], knot)
        second[i] = -max(x[i] - knot, 0.0)
    return _box_least_squares(y, first, second, 2, low, high, low[0] == high[0], out)


@_compiled
def _segments_optimum(x, y, low, high, first, second, trial, out):
    n = x.size
    best = _NO_MINIMUM
    held = low[0] == high[0]
    for end in range(1, n):
        if x[end] == x[end - 1] or x[end] < low[3] or x[end - 1] > high[3]:
            continue
        left, right = max(x[end - 1], low[3]), min(x[end], high[3])
        for knot in (left, right):
            value = _segments_at(x, y, knot, low, high, first, second, trial)
            if value < best:
                best = value
                out[0], out[1], out[2], out[3] = trial[0], trial[1], trial[2], knot
        if left < right:
            hot_start, hot, hot_squares = _line(x, y, 0, end, low, high, held, 1)
            cold_start, cold, cold_squares = _line(x, y, end, n, low, high, False, 2)
            if hot != cold and hot_squares + cold_squares < best:
                knot = (cold_start - hot_start) / (cold - hot)
                if left < knot < right:
                    best = hot_squares + cold_squares
                    out[0], out[1], out[2], out[3] = hot_start, hot, cold, knot
    return best


@_compiled
def _formation(x, target, low, high, held, x_mean, xx, out):
    """Linear parameters of target = a - Et x; returns the sum of squares and leaves the residuals in target."""
    n = x.size
    mean = 0.0
    if held:
        mean = low[0] - _LN2
    else:
        for i in range(n):
            mean += target[i]
        mean /= n
    xy = 0.0
    for i in range(n):
        xy += (x[i] - x_mean) * (target[i] - mean)
    slope = _clip(-xy / xx, low[1], high[1])
    total = 0.0
    for i in range(n):
        target[i] = target[i] - mean + slope * (x[i] - x_mean)
        total += target[i] * target[i]
    out[0] = low[0] if held else mean + slope * x_mean + _LN2
    out[1] = slope
    return total


@_compiled
def _quasi_ion_at(x, y, energy, midpoint, low, high, x_mean, xx, work, out, derivatives):
    """Sum of squares at (Ea0, beta_mid), linear parameters in out; half its gradient and Hessian in (ln Ea0, beta_mid).

    derivatives receives g_u, g_m, then the Hessian H_uu, H_um, H_mm and the diagonal of its Gauss-Newton part.
    """
    n = x.size
    held = low[0] == high[0]
    residual, weight = work[0], work[1]
    for i in range(n):
        z = energy * (x[i] - midpoint)
        e = np.exp(-abs(z))
        residual[i] = y[i] + max(z, 0.0) + np.log1p(e)
        weight[i] = (1.0 if z >= 0.0 else e) / (1.0 + e)
    total = _formation(x, residual, low, high, held, x_mean, xx, out)
    slope_free = low[1] < out[1] < high[1]
    g_u = g_m = uu = um = mm = 0.0
    u_sum = m_sum = u_x = m_x = s_uu = s_um = s_mm = 0.0
    for i in range(n):
        w, r = weight[i], residual[i]
        d = x[i] - midpoint
        s_u, s_m = w * d * energy, -w * energy
        curvature = w * (1.0 - w) * energy
        g_u += r * s_u
        g_m += r * s_m
        uu += s_u * s_u
        um += s_u * s_m
        mm += s_m * s_m
        u_sum += s_u
        m_sum += s_m
        u_x += s_u * (x[i] - x_mean)
        m_x += s_m * (x[i] - x_mean)
        s_uu += r * (curvature * d * d * energy + s_u)
        s_um += r * (s_m - curvature * energy * d)
        s_mm += r * curvature * energy
    if not held:
        uu -= u_sum * u_sum / n
        um -= u_sum * m_sum / n
        mm -= m_sum * m_sum / n
    if slope_free:
        uu -= u_x * u_x / xx
        um -= u_x * m_x / xx
        mm -= m_x * m_x / xx
    derivatives[0], derivatives[1] = g_u, g_m
    derivatives[2], derivatives[3], derivatives[4] = uu + s_uu, um + s_um, mm + s_mm
    derivatives[5], derivatives[6] = max(uu, 0.0), max(mm, 0.0)
    return total


@_compiled
def _stopped(value, low, high, gradient):
    return low == high or (value <= low and gradient > 0.0) or (value >= high and gradient < 0.0)


@_compiled
def _quasi_ion_descent(x, y, energy, midpoint, low, high, x_mean, xx, turns, work, out):
    """Damped Newton method in (ln Ea0, beta_mid) within the box; out receives all four, returns the sum of squares."""
    trial, here, there = np.empty(2), np.empty(7), np.empty(7)
    u_low, u_high = np.log(low[2]), np.log(high[2])
    u, m = _clip(np.log(energy), u_low, u_high), _clip(midpoint, low[3], high[3])
    value = _quasi_ion_at(x, y, np.exp(u), m, low, high, x_mean, xx, work, out, here)
    damping = 1e-3
    for _ in range(turns):
        fixed_u, fixed_m = _stopped(u, u_low, u_high, here[0]), _stopped(m, low[3], high[3], here[1])
        if fixed_u and fixed_m:
            break
        d_u, d_m = here[5] + 1e-300, here[6] + 1e-300
        h_uu, h_um, h_mm = here[2] + damping * d_u, here[3], here[4] + damping * d_m
        if fixed_u or fixed_m:
            h_um = 0.0
        if (
            (not fixed_u and h_uu <= 0.0)
            or (not fixed_m and h_mm <= 0.0)
            or (not fixed_u and not fixed_m and h_uu * h_mm - h_um * h_um <= 1e-14 * abs(h_uu * h_mm))
        ):
            damping = max(10.0 * damping, 1e-6)
            if damping > 1e30:
                break
            continue
        if fixed_u:
            p_u, p_m = 0.0, -here[1] / h_mm
        elif fixed_m:
            p_u, p_m = -here[0] / h_uu, 0.0
        else:
            determinant = h_uu * h_mm - h_um * h_um
            p_u = -(h_mm * here[0] - h_um * here[1]) / determinant
            p_m = -(h_uu * here[1] - h_um * here[0]) / determinant
        new_u, new_m = _clip(u + p_u, u_low, u_high), _clip(m + p_m, low[3], high[3])
        step = max(abs(new_u - u), abs(new_m - m) / (high[3] - low[3] + abs(m) + 1e-300))
        if step <= 1e-15:
            break
        new = _quasi_ion_at(x, y, np.exp(new_u), new_m, low, high, x_mean, xx, work, trial, there)
        accepted = new < value
        if not accepted and new <= value * (1.0 + 1e-12):  # the rounding of the sum: judge by the gradient
            old_norm = (0.0 if fixed_u else here[0] ** 2 / d_u) + (0.0 if fixed_m else here[1] ** 2 / d_m)
            new_norm = (0.0 if fixed_u else there[0] ** 2 / d_u) + (0.0 if fixed_m else there[1] ** 2 / d_m)
            accepted = new_norm < 0.5 * old_norm
            if not accepted and step < 1e-9:
                break
        if accepted:
            u, m, value = new_u, new_m, new
            out[0], out[1] = trial[0], trial[1]
            here, there = there, here
            damping *= 0.1
            if damping < 1e-9:
                damping = 0.0
        else:
            damping = max(8.0 * damping, 1e-6)
            if damping > 1e30:
                break
    out[2] = low[2] if u <= u_low else (high[2] if u >= u_high else np.exp(u))
    out[3] = m
    return value


@_compiled
def _quasi_ion_nodes(x, low, high, energies, midpoints):
    """Fill the grid; returns the numbers of nodes."""
    energy_nodes = 1 if low[2] == high[2] else energies.size
    for j in range(energy_nodes):
        share = j / max(energy_nodes - 1, 1)
        energies[j] = np.exp(np.log(low[2]) * (1.0 - share) + np.log(high[2]) * share)
    if low[3] == high[3]:
        midpoints[0] = low[3]
        return energy_nodes, 1
    inner_low, inner_high = max(low[3], x[0]), min(high[3], x[-1])
    count = 0
    if inner_low >= inner_high:  # no part of the window
        for j in range(midpoints.size):
            midpoints[j] = low[3] + (high[3] - low[3]) * j / (midpoints.size - 1)
        return energy_nodes, midpoints.size
    quarter = (midpoints.size - _WINDOW_NODES) // 2
    if low[3] < inner_low:
        for j in range(quarter):
            midpoints[count] = low[3] + (inner_low - low[3]) * j / quarter
            count += 1
    for j in range(_WINDOW_NODES):
        midpoints[count] = inner_low + (inner_high - inner_low) * j / (_WINDOW_NODES - 1)
        count += 1
    if high[3] > inner_high:
        for j in range(1, quarter + 1):
            midpoints[count] = inner_high + (high[3] - inner_high) * j / quarter
            count += 1
    return energy_nodes, count


@_compiled
def _fill_softplus(x, energies, midpoints, energy_nodes, midpoint_nodes, table):
    for j in range(energy_nodes):
        for k in range(midpoint_nodes):
            for i in range(x.size):
                z = energies[j] * (x[i] - midpoints[k])
                table[j, k, i] = max(z, 0.0) + np.log1p(np.exp(-abs(z)))


@_compiled
def _quasi_ion_optimum(x, y, low, high, start, grid, energies, midpoints, sizes, table, work, trial, out):
    n = x.size
    held = low[0] == high[0]
    x_mean = 0.0 if held else x.mean()
    xx = 0.0
    for i in range(n):
        xx += (x[i] - x_mean) ** 2
    energy_nodes, midpoint_nodes = sizes
    residual = work[0]
    for j in range(energy_nodes):
        for k in range(midpoint_nodes):
            for i in range(n):
                residual[i] = y[i] + table[j, k, i]
            grid[j, k] = _formation(x, residual, low, high, held, x_mean, xx, trial)
    values = np.full(_MOST_MINIMA, np.inf)
    places = np.zeros(_MOST_MINIMA, np.int64)
    for j in range(energy_nodes):
        for k in range(midpoint_nodes):
            here = grid[j, k]
            if here >= values[-1]:
                continue
            lowest = True
            for dj in range(max(j - 1, 0), min(j + 2, energy_nodes)):
                for dk in range(max(k - 1, 0), min(k + 2, midpoint_nodes)):
                    earlier = dj * midpoint_nodes + dk < j * midpoint_nodes + k
                    if grid[dj, dk] < here or (earlier and grid[dj, dk] == here):  # of equals the first
                        lowest = False
            if lowest:
                slot = _MOST_MINIMA - 1
                while slot > 0 and values[slot - 1] > here:
                    values[slot], places[slot] = values[slot - 1], places[slot - 1]
                    slot -= 1
                values[slot], places[slot] = here, j * midpoint_nodes + k
    best = _NO_MINIMUM
    for slot in range(_MOST_MINIMA):
        if not np.isfinite(values[slot]):
            break
        j, k = places[slot] // midpoint_nodes, places[slot] % midpoint_nodes
        value = _quasi_ion_descent(x, y, energies[j], midpoints[k], low, high, x_mean, xx, _TURNS, work, trial)
        if value < best:
            best = value
            out[:4] = trial[:4]
    # the bottom of a curved valley may take long: few series need it
    value = _quasi_ion_descent(x, y, out[2], out[3], low, high, x_mean, xx, 10 * _TURNS, work, trial)
    if value <= best:
        best = value
        out[:4] = trial[:4]
    if not np.isnan(start[0]):  # one more candidate, taken only where it is clearly better
        value = _quasi_ion_descent(x, y, start[0], start[1], low, high, x_mean, xx, 10 * _TURNS, work, trial)
        if _clearly_better(value, best, y):
            best = value
            out[:4] = trial[:4]
    return best


@_compiled
def _held_characteristic_optimum(x, y, low, high, characteristic, work, trial, out):
    """Smallest sum of squares along beta_mid = beta0 + ln 2/Ea0 at a held beta0, over the Ea0 that the box allows."""
    lowest, highest = low[2], high[2]
    if characteristic < low[3]:
        highest = min(highest, _LN2 / (low[3] - characteristic))
    if characteristic >= high[3]:
        return _NO_MINIMUM
    lowest = max(lowest, _LN2 / (high[3] - characteristic))
    if lowest > highest:
        return _NO_MINIMUM
    held = low[0] == high[0]
    x_mean = 0.0 if held else x.mean()
    xx = 0.0
    for i in range(x.size):
        xx += (x[i] - x_mean) ** 2
    derivatives = np.empty(7)
    nodes = 2 * _ENERGY_NODES
    best = _NO_MINIMUM
    before_gradient, before = 0.0, 0.0
    for node in range(nodes):
        share = node / (nodes - 1)
        u = np.log(lowest) * (1.0 - share) + np.log(highest) * share
        left = right = u
        value_gradient = 0.0
        for step in range(60):
            middle = u if step == 0 else 0.5 * (left + right)
            energy = np.exp(middle)
            value = _quasi_ion_at(
                x, y, energy, characteristic + _LN2 / energy, low, high, x_mean, xx, work, trial, derivatives
            )
            at = derivatives[0] - derivatives[1] * _LN2 / energy
            if value < best:
                best = value
                out[0], out[1], out[2], out[3] = trial[0], trial[1], energy, characteristic + _LN2 / energy
            if step == 0:
                value_gradient = at
                if not (node > 0 and before_gradient < 0.0 and at > 0.0):
                    break
                left, right = before, u
            elif at < 0.0:
                left = middle
            else:
                right = middle
            if right - left < 1e-9:  # the sum of squares is flat at its minimum
                break
        before, before_gradient = u, value_gradient
    return best


@_compiled
def optima(code, boltzmann, x, y, x_begin, y_begin, size, low, high, starts, characteristic):
    """Optimum of each series within its box.

    Parameters
    ----------
    code : one of `MODEL_CODES`
    boltzmann : Boltzmann constant, eV/K
    x, y : inverse temperatures, 1/eV, and ln sigma of all series
    x_begin, y_begin, size : (s,) where each series begins in x and in y, and how many points it has
    low, high : (s, p) bounds in the order of the model, with beta_mid in the place of beta0; equal ones hold
    starts : (s, 2) nonlinear parameters (T0; or Ea0, beta_mid) as one more candidate, NaN for none
    characteristic : (s,) beta0 to hold, NaN for none (quasi_ion)

    Returns
    -------
    (s, 4) parameters in the order of the model, with beta_mid in the place of beta0; (s,) sums of squares. NaN and inf
    where the box has no point with the held beta0.
    """
    series = size.size
    most = 1
    for s in range(series):
        most = max(most, size[s])
    found, squares = np.full((series, 4), np.nan), np.empty(series)
    first, second, trial, work = np.empty(most), np.empty(most), np.empty(4), np.empty((2, most))
    energies, midpoints = np.empty(_ENERGY_NODES), np.empty(2 * _WINDOW_NODES)
    quasi_ion = code == 5
    table = np.empty((_ENERGY_NODES, 2 * _WINDOW_NODES, most) if quasi_ion else (1, 1, 1))
    grid = np.empty((_ENERGY_NODES, 2 * _WINDOW_NODES))
    tabulated = -1  # the series whose grid the table holds
    sizes = (0, 0)
    for s in range(series):
        xs = x[x_begin[s] : x_begin[s] + size[s]]
        ys = y[y_begin[s] : y_begin[s] + size[s]]
        out = found[s]
        if code == 4:
            squares[s] = _segments_optimum(xs, ys, low[s], high[s], first[: size[s]], second[: size[s]], trial, out)
        elif code == 2:
            squares[s] = _vogel_optimum(boltzmann, xs, ys, low[s], high[s], starts[s, 0], first[: size[s]], trial, out)
        elif not quasi_ion:
            squares[s] = _linear_optimum(code, xs, ys, low[s], high[s], first[: size[s]], second[: size[s]], trial)
            out[:3] = trial[:3]
        elif not np.isnan(characteristic[s]):
            squares[s] = _held_characteristic_optimum(xs, ys, low[s], high[s], characteristic[s], work, trial, out)
        else:
            same = (
                tabulated >= 0
                and x_begin[tabulated] == x_begin[s]
                and size[tabulated] == size[s]
                and low[tabulated, 2] == low[s, 2]
                and high[tabulated, 2] == high[s, 2]
                and low[tabulated, 3] == low[s, 3]
                and high[tabulated, 3] == high[s, 3]
            )
            if not same:
                sizes = _quasi_ion_nodes(xs, low[s], high[s], energies, midpoints)
                _fill_softplus(xs, energies, midpoints, sizes[0], sizes[1], table)
                tabulated = s
            squares[s] = _quasi_ion_optimum(
                xs, ys, low[s], high[s], starts[s], grid, energies, midpoints, sizes, table, work, trial, out
            )
    return found, squares
