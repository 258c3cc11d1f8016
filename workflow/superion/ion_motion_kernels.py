"""Compiled steps of the motion of ions through a vibrating lattice; `ion_motion` prepares what they need.

All ions of a bath move at the same time, without seeing each other: each has the thermal motion of the same lattice,
and its own recoil. The kernels stand in one module, since numba's cache does not see edits of others. They divide as
numpy does: an ion that lands on an atom is stopped, and no exception leaves the others half way through a step.

Source: A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes", Eqs. (2), (9),
(16)-(20).
"""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["advance_with_memory", "advance_without_memory"]

ITERATIONS = 20  # of the self-consistent push; a handful do, where atoms are no closer than an angstrom and a half
NEWTON_STEPS = 40  # where they do not
DIFFERENCE_A = 1e-7  # for the derivatives that Newton's method takes
CONVERGED_A = 1e-8
FASTEST_A_PER_PS = 1e3  # beyond it an ion has run away: it is stopped there


@numba.njit(cache=True, error_model="numpy", inline="always")
def _derivatives(pair, square):  # pragma: no cover - compiled
    """u'/d, (u'' - u'/d)/d^2 and d at a squared distance; the pair is its kind, strength and inverse length."""
    kind, strength, stiffness = pair
    distance = np.sqrt(square)
    if kind == 0:
        inverse = 1.0 / distance
        energy = strength * np.exp(-distance * stiffness) * inverse
        rate = stiffness + inverse
        across = -energy * rate * inverse
        along = energy * (stiffness * stiffness + 2.0 * inverse * rate)
        return across, (along - across) * inverse * inverse, distance
    energy = strength * np.exp(-0.5 * square * stiffness * stiffness)
    across = -energy * stiffness * stiffness
    return across, energy * stiffness**4, distance


@numba.njit(cache=True, error_model="numpy")
def _cell_of(position, inverse_cell, cell):  # pragma: no cover - compiled
    for i in range(3):
        fraction = 0.0
        for j in range(3):
            fraction += position[j] * inverse_cell[j, i]
        cell[i] = int(np.floor(fraction))


@numba.njit(cache=True, error_model="numpy")
def _stop_at(cell, cell_vectors, position, velocity):  # pragma: no cover - compiled
    """Leave what has run away at the corner of the cell where it was last."""
    for i in range(3):
        position[i] = 0.0
        velocity[i] = 0.0
        for j in range(3):
            position[i] += cell[j] * cell_vectors[j, i]


@numba.njit(cache=True, error_model="numpy")
def _sites_of(cell, offsets, shape, sites):  # pragma: no cover - compiled
    """Index of each neighbouring atom's cell in the periodic piece."""
    for n in range(offsets.shape[0]):
        x = (cell[0] + offsets[n, 0]) % shape[0]
        y = (cell[1] + offsets[n, 1]) % shape[1]
        z = (cell[2] + offsets[n, 2]) % shape[2]
        sites[n] = (x * shape[1] + y) * shape[2] + z


@numba.njit(cache=True, error_model="numpy")
def _gather(window, order, sites, atoms, gathered):  # pragma: no cover - compiled
    """Displacements (frames, atoms, 3) of the neighbouring atoms in the frames around now, oldest first."""
    for f in range(order.shape[0]):
        frame = order[f]
        for n in range(sites.shape[0]):
            for i in range(3):
                gathered[f, 3 * n + i] = window[frame, 3 * atoms[n] + i, sites[n]]


@numba.njit(cache=True, error_model="numpy")
def _slopes_and_drag(pair, relative, velocity, moving, pushed, shift, slopes, drag):  # pragma: no cover - compiled
    """Gradients (3n) of the pair energies at the pushed places, and sum of H_n (Rdot - rdot_n)."""
    drag[0] = drag[1] = drag[2] = 0.0
    for n in range(0, relative.shape[0], 3):
        x = relative[n] + shift[0] - pushed[n]
        y = relative[n + 1] + shift[1] - pushed[n + 1]
        z = relative[n + 2] + shift[2] - pushed[n + 2]
        square = x * x + y * y + z * z
        across, tilt, _ = _derivatives(pair, square)
        slopes[n], slopes[n + 1], slopes[n + 2] = across * x, across * y, across * z
        vx, vy, vz = velocity[0] - moving[n], velocity[1] - moving[n + 1], velocity[2] - moving[n + 2]
        tilt *= x * vx + y * vy + z * vz
        drag[0] += across * vx + tilt * x
        drag[1] += across * vy + tilt * y
        drag[2] += across * vz + tilt * z


@numba.njit(cache=True, error_model="numpy")
def _push(recoil, slopes, moved, result):  # pragma: no cover - compiled
    """Displacements r_H + W(0) slopes; the recoil is symmetric."""
    np.dot(recoil, slopes, result)
    for c in range(result.shape[0]):
        result[c] += moved[c]


@numba.njit(cache=True, error_model="numpy")
def _dragged(loss, drag, shift):  # pragma: no cover - compiled
    """Shift L . drag of the ion by Eq. (20); the largest change of it."""
    change = 0.0
    for i in range(3):
        new = loss[i, 0] * drag[0] + loss[i, 1] * drag[1] + loss[i, 2] * drag[2]
        change = max(change, abs(new - shift[i]))
        shift[i] = new
    return change


@numba.njit(cache=True, error_model="numpy")
def _first_order(
    pair, relative, velocity, moved, moving, recoil, loss, pushed, shift, slopes, drag
):  # pragma: no cover - compiled
    """Push and shift of Eqs. (19), (20), from the thermal places of the atoms."""
    shift[:] = 0.0
    _slopes_and_drag(pair, relative, velocity, moving, moved, shift, slopes, drag)
    _push(recoil, slopes, moved, pushed)
    _dragged(loss, drag, shift)


@numba.njit(cache=True, error_model="numpy")
def _newton_step(pair, own, relative, shift, wanted, pushed):  # pragma: no cover - compiled
    """Move each atom towards its wanted place by Newton's step with its own recoil alone; the largest move."""
    change = 0.0
    for n in range(0, relative.shape[0], 3):
        x = relative[n] + shift[0] - pushed[n]
        y = relative[n + 1] + shift[1] - pushed[n + 1]
        z = relative[n + 2] + shift[2] - pushed[n + 2]
        square = x * x + y * y + z * z
        across, tilt, _ = _derivatives(pair, square)
        tilt *= own
        stiff = max(1.0 + own * across, 0.1)  # an atom about to slip sideways: damped, and told if it never settles
        a, b, c = wanted[n] - pushed[n], wanted[n + 1] - pushed[n + 1], wanted[n + 2] - pushed[n + 2]
        # Inverse of stiff 1 + tilt x x^T (Sherman-Morrison).
        part = tilt * (x * a + y * b + z * c) / (stiff * (stiff + tilt * square))
        a, b, c = a / stiff - part * x, b / stiff - part * y, c / stiff - part * z
        pushed[n] += a
        pushed[n + 1] += b
        pushed[n + 2] += c
        change = max(change, abs(a), abs(b), abs(c))
    return change


@numba.njit(cache=True, error_model="numpy")
def _mismatch(
    pair, relative, velocity, moved, moving, recoil, loss, state, slopes, drag, result
):  # pragma: no cover - compiled
    """What is missing in Eq. (16) at a push and shift, `state` (3n + 3); its largest component."""
    count = relative.shape[0]
    _slopes_and_drag(pair, relative, velocity, moving, state[:count], state[count:], slopes, drag)
    _push(recoil, slopes, moved, result[:count])
    _dragged(loss, drag, result[count:])
    largest = 0.0
    for c in range(count + 3):
        result[c] -= state[c]
        if not np.isfinite(result[c]):
            return np.inf  # a maximum passes over what is not a number
        largest = max(largest, abs(result[c]))
    return largest


@numba.njit(cache=True, error_model="numpy")
def _solve_push(
    pair, relative, velocity, moved, moving, recoil, loss, state, slopes, drag
):  # pragma: no cover - compiled
    """Newton's method for push and shift together, each step halved until it helps; whether it arrives."""
    size = state.shape[0]
    missing, other, trial = np.zeros(size), np.zeros(size), np.zeros(size)
    jacobian = np.zeros((size, size))
    largest = _mismatch(pair, relative, velocity, moved, moving, recoil, loss, state, slopes, drag, missing)
    for _ in range(NEWTON_STEPS):
        if largest < CONVERGED_A:
            return True
        sound = largest < np.inf  # an atom met on the way makes infinities, which no solver takes
        for column in range(size):
            kept = state[column]
            state[column] = kept + DIFFERENCE_A
            there = _mismatch(pair, relative, velocity, moved, moving, recoil, loss, state, slopes, drag, other)
            sound = sound and there < np.inf
            state[column] = kept
            for row in range(size):
                jacobian[row, column] = (other[row] - missing[row]) / DIFFERENCE_A
        if not sound or abs(np.linalg.det(jacobian)) < 1e-14:
            return False
        step = np.linalg.solve(jacobian, missing)
        share, reached = 1.0, np.inf
        for _ in range(12):
            for c in range(size):
                trial[c] = state[c] - share * step[c]
            reached = _mismatch(pair, relative, velocity, moved, moving, recoil, loss, trial, slopes, drag, other)
            if reached < largest:
                break
            share *= 0.5
        if not reached < largest:
            return False
        largest = reached
        state[:] = trial
        missing[:] = other
    return largest < CONVERGED_A


@numba.njit(cache=True, error_model="numpy")
def _consistent_push(
    pair, relative, velocity, moved, moving, recoil, loss, pushed, shift, slopes, drag, wanted
):  # pragma: no cover - compiled
    """Push and shift with r of Eq. (16) on both sides; whether they are found."""
    shift[:] = 0.0
    pushed[:] = moved
    for _ in range(ITERATIONS):
        _slopes_and_drag(pair, relative, velocity, moving, pushed, shift, slopes, drag)
        _push(recoil, slopes, moved, wanted)
        change = _newton_step(pair, recoil[0, 0], relative, shift, wanted, pushed)
        change = max(change, _dragged(loss, drag, shift))
        if not np.isfinite(pushed.sum() + shift.sum()):
            break  # a maximum passes over what is not a number
        if change < CONVERGED_A:
            return True
    # Push and shift together: from the thermal places of the atoms, then from their first-order push.
    count = relative.shape[0]
    state = np.zeros(count + 3)
    state[:count] = moved
    found = _solve_push(pair, relative, velocity, moved, moving, recoil, loss, state, slopes, drag)
    if not found:
        start, offset = state[:count], state[count:]
        _first_order(pair, relative, velocity, moved, moving, recoil, loss, start, offset, slopes, drag)
        found = _solve_push(pair, relative, velocity, moved, moving, recoil, loss, state, slopes, drag)
    pushed[:] = state[:count]
    shift[:] = state[count:]
    return found


@numba.njit(cache=True, error_model="numpy")
def _time_local_force(
    pair, relative, velocity, moved, moving, recoil, loss, consistent, pushed, slopes, scratch, force
):  # pragma: no cover - compiled
    """Force on the ion by Eqs. (18)-(20), or with r of Eq. (16) on both sides.

    `relative` (3n): ion minus rest positions; `moved`, `moving` (3n): displacements and velocities r_H of the atoms;
    `pushed`, `slopes` (3n) and `scratch` (2, 3n) are overwritten. Returns the distance to the nearest atom, and whether
    the self-consistent push was found; where it was not, the first-order push is what is left.
    """
    shift, drag, wanted = scratch[0, :3], scratch[0, 3:6], scratch[1, : relative.shape[0]]
    converged = True
    if consistent:
        converged = _consistent_push(
            pair, relative, velocity, moved, moving, recoil, loss, pushed, shift, slopes, drag, wanted
        )
    if not consistent or not converged:
        _first_order(pair, relative, velocity, moved, moving, recoil, loss, pushed, shift, slopes, drag)
    closest = np.inf
    force[0] = force[1] = force[2] = 0.0
    for n in range(0, relative.shape[0], 3):
        x = relative[n] + shift[0] - pushed[n]
        y = relative[n + 1] + shift[1] - pushed[n + 1]
        z = relative[n + 2] + shift[2] - pushed[n + 2]
        across, _, distance = _derivatives(pair, x * x + y * y + z * z)
        closest = min(closest, distance)
        force[0] -= across * x
        force[1] -= across * y
        force[2] -= across * z
    return closest, converged


@numba.njit(cache=True, error_model="numpy")
def advance_without_memory(frames, nodes, lattice, pair, pace, push, state, unconverged):  # pragma: no cover - compiled
    """Steps of one frame interval by Butcher's fifth-order Runge-Kutta method, each with the neighbours of its start.

    `nodes` are weights (S, 5, F) of the frames for r_H and its velocity at 0, 1/4, 1/2, 3/4, 1 of each step. The state
    is updated; `unconverged` counts stages without a self-consistent push.
    """
    window, order = frames
    values, slopes_of = nodes
    shape, offsets, atoms, rest, cell_vectors, inverse_cell = lattice
    step, mass = pace
    recoil, loss, consistent = push
    positions, velocities, kinetic, closest, stopped = state
    ions, count = positions.shape[0], offsets.shape[0]
    node_of = (0, 1, 1, 2, 3, 4)
    coefficients = np.zeros((6, 6))
    coefficients[1, 0] = 1 / 4
    coefficients[2, :2] = 1 / 8
    coefficients[3, 1], coefficients[3, 2] = -1 / 2, 1.0
    coefficients[4, 0], coefficients[4, 3] = 3 / 16, 9 / 16
    coefficients[5, 0], coefficients[5, 1], coefficients[5, 2] = -3 / 7, 2 / 7, 12 / 7
    coefficients[5, 3], coefficients[5, 4] = -12 / 7, 8 / 7
    final = np.array([7.0, 0.0, 32.0, 12.0, 32.0, 7.0]) / 90.0
    cell = np.zeros(3, np.int64)
    sites = np.zeros(count, np.int64)
    gathered = np.zeros((order.shape[0], 3 * count))
    moved = np.zeros((5, 3 * count))
    moving = np.zeros((5, 3 * count))
    relative = np.zeros(3 * count)
    pushed = np.zeros(3 * count)
    slopes = np.zeros(3 * count)
    scratch = np.zeros((2, max(3 * count, 6)))
    corners = np.zeros(3 * count)
    rates = np.zeros((6, 3))
    accelerations = np.zeros((6, 3))
    force = np.zeros(3)
    place = np.zeros(3)
    speed = np.zeros(3)
    last = np.full(3, np.iinfo(np.int64).min)
    for ion in range(ions):
        if stopped[ion]:
            continue
        last[0] = np.iinfo(np.int64).min
        for s in range(values.shape[0]):
            _cell_of(positions[ion], inverse_cell, cell)
            if cell[0] != last[0] or cell[1] != last[1] or cell[2] != last[2]:
                _sites_of(cell, offsets, shape, sites)
                _gather(window, order, sites, atoms, gathered)
                for n in range(count):
                    for i in range(3):
                        corner = rest[n, i]
                        for j in range(3):
                            corner += cell[j] * cell_vectors[j, i]
                        corners[3 * n + i] = corner
                for i in range(3):
                    last[i] = cell[i]
            np.dot(values[s], gathered, moved)
            np.dot(slopes_of[s], gathered, moving)
            for stage in range(6):
                for i in range(3):
                    place[i] = positions[ion, i]
                    speed[i] = velocities[ion, i]
                    for earlier in range(stage):
                        place[i] += step * coefficients[stage, earlier] * rates[earlier, i]
                        speed[i] += step * coefficients[stage, earlier] * accelerations[earlier, i]
                for n in range(count):
                    for i in range(3):
                        relative[3 * n + i] = place[i] - corners[3 * n + i]
                node = node_of[stage]
                distance, converged = _time_local_force(
                    pair, relative, speed, moved[node], moving[node], recoil, loss, consistent, pushed, slopes, scratch,
                    force,
                )  # fmt: skip
                if stage == 0:
                    closest[ion] = min(closest[ion], distance)
                if not converged:
                    unconverged[ion] += 1
                for i in range(3):
                    rates[stage, i] = speed[i]
                    accelerations[stage, i] = force[i] / mass
            square = 0.0
            for i in range(3):
                for stage in range(6):
                    positions[ion, i] += step * final[stage] * rates[stage, i]
                    velocities[ion, i] += step * final[stage] * accelerations[stage, i]
                square += velocities[ion, i] ** 2
            if not square < FASTEST_A_PER_PS**2:
                stopped[ion] = True
                _stop_at(cell, cell_vectors, positions[ion], velocities[ion])
                break
            kinetic[ion] += 0.5 * mass * square


@numba.njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _answer_of(blocks, pairs, history, head, begin, end, answer):  # pragma: no cover - compiled
    """Add what the forces of a run of steps have done; sums are reordered, so that the processor does eight at once."""
    for n in range(pairs.shape[0]):
        x = y = z = np.float32(0.0)
        for k in range(pairs.shape[1]):
            block = blocks[pairs[n, k]]
            xx, xy, xz = block[0, 0, begin:end], block[0, 1, begin:end], block[0, 2, begin:end]
            yx, yy, yz = block[1, 0, begin:end], block[1, 1, begin:end], block[1, 2, begin:end]
            zx, zy, zz = block[2, 0, begin:end], block[2, 1, begin:end], block[2, 2, begin:end]
            first = history[3 * k, head + begin : head + end]
            second = history[3 * k + 1, head + begin : head + end]
            third = history[3 * k + 2, head + begin : head + end]
            for m in range(xx.shape[0]):
                a, b, c = first[m], second[m], third[m]
                x += xx[m] * a + xy[m] * b + xz[m] * c
                y += yx[m] * a + yy[m] * b + yz[m] * c
                z += zx[m] * a + zy[m] * b + zz[m] * c
        answer[3 * n] += x
        answer[3 * n + 1] += y
        answer[3 * n + 2] += z


@numba.njit(cache=True, error_model="numpy")
def advance_with_memory(frames, values, lattice, pair, pace, memory, head, state):  # pragma: no cover - compiled
    """Steps of one frame interval with the explicit memory kernel, by leapfrog; `velocities` are half a step back.

    r(t) = r_H(t) + sum over the last M steps of G(t - t') f(t') dt: as G(0) = 0, nothing has to be solved. `blocks`
    (n1 n2 n3 A A, 3, 3, M): G dt from one atom to another, latest first; `near_pairs` (3, 3, 3, n, n): their numbers
    from the atoms around a cell at most one away. `history` (I, 3n, 2M) is filled from its end to its start, so that
    the last M steps lie side by side, latest first, from `head` on. Returns the new head.
    """
    window, order = frames
    shape, offsets, atoms, rest, cell_vectors, inverse_cell = lattice
    step, mass = pace
    blocks, near_pairs, history, history_cells, fresh = memory
    positions, velocities, kinetic, closest, stopped = state
    ions, count = positions.shape[0], offsets.shape[0]
    length = history.shape[2] // 2
    kinds = window.shape[1] // 3
    cell = np.zeros(3, np.int64)
    sites = np.zeros(count, np.int64)
    pairs = np.zeros((count, count), np.int64)
    gathered = np.zeros((order.shape[0], 3 * count))
    moved = np.zeros(3 * count)
    answer = np.zeros(3 * count, np.float32)
    for s in range(values.shape[0]):
        if head == 0:
            history[:, :, length:] = history[:, :, :length]
            history_cells[:, length:] = history_cells[:, :length]
            head = length
        for ion in range(ions):
            if stopped[ion]:
                continue
            _cell_of(positions[ion], inverse_cell, cell)
            _sites_of(cell, offsets, shape, sites)
            _gather(window, order, sites, atoms, gathered)
            np.dot(values[s], gathered, moved)
            answer[:] = 0.0
            begin = 0
            while begin < length:
                # Steps that were spent in one cell are summed at once.
                a, b, c = history_cells[ion, head + begin]
                end = begin + 1
                while end < length:
                    past = history_cells[ion, head + end]
                    if past[0] != a or past[1] != b or past[2] != c:
                        break
                    end += 1
                a, b, c = cell[0] - a, cell[1] - b, cell[2] - c
                if abs(a) <= 1 and abs(b) <= 1 and abs(c) <= 1:
                    _answer_of(blocks, near_pairs[a + 1, b + 1, c + 1], history[ion], head, begin, end, answer)
                else:
                    for n in range(count):
                        for k in range(count):
                            x = (a + offsets[n, 0] - offsets[k, 0]) % shape[0]
                            y = (b + offsets[n, 1] - offsets[k, 1]) % shape[1]
                            z = (c + offsets[n, 2] - offsets[k, 2]) % shape[2]
                            site = (x * shape[1] + y) * shape[2] + z
                            pairs[n, k] = (site * kinds + atoms[n]) * kinds + atoms[k]
                    _answer_of(blocks, pairs, history[ion], head, begin, end, answer)
                begin = end
            fx, fy, fz = 0.0, 0.0, 0.0
            for n in range(count):
                x, y, z = rest[n, 0], rest[n, 1], rest[n, 2]
                for j in range(3):
                    x += cell[j] * cell_vectors[j, 0]
                    y += cell[j] * cell_vectors[j, 1]
                    z += cell[j] * cell_vectors[j, 2]
                x = positions[ion, 0] - x - moved[3 * n] - answer[3 * n]
                y = positions[ion, 1] - y - moved[3 * n + 1] - answer[3 * n + 1]
                z = positions[ion, 2] - z - moved[3 * n + 2] - answer[3 * n + 2]
                across, _, distance = _derivatives(pair, x * x + y * y + z * z)
                closest[ion] = min(closest[ion], distance)
                # The first kick is half of one, as the ion's own.
                share = 0.5 * across if fresh[ion] else across
                history[ion, 3 * n, head - 1] = share * x
                history[ion, 3 * n + 1, head - 1] = share * y
                history[ion, 3 * n + 2, head - 1] = share * z
                fx -= across * x
                fy -= across * y
                fz -= across * z
            fresh[ion] = False
            for i in range(3):
                history_cells[ion, head - 1, i] = cell[i]
            before = velocities[ion, 0], velocities[ion, 1], velocities[ion, 2]
            velocities[ion, 0] += step * fx / mass
            velocities[ion, 1] += step * fy / mass
            velocities[ion, 2] += step * fz / mass
            square = 0.0
            fastest = 0.0
            for i in range(3):
                positions[ion, i] += step * velocities[ion, i]
                square += (0.5 * (before[i] + velocities[ion, i])) ** 2  # on the step, between its halves
                fastest += velocities[ion, i] ** 2
            if not fastest < FASTEST_A_PER_PS**2:
                stopped[ion] = True
                _stop_at(cell, cell_vectors, positions[ion], velocities[ion])
                continue
            kinetic[ion] += 0.5 * mass * square
        head -= 1
    return head
