"""Compiled loops of the lattice gas: ions or vacancies picked one after another, or moves drawn by their rates.

What a site holds is 0, or the number of its ion from 1 up; arrays of ions have an entry 0 of no meaning, so that what
does not happen can be written there.

Random numbers are those of SplitMix64 (Steele, Lea, Flood 2014): each is a hash of a counter, so that the processor can
make several at a time. How far an ion has gone is kept as the numbers of times that it has left the periodic piece
along each cell vector, packed into one integer (`pack`): one addition a move.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "SITE_BITS",
    "WINDINGS",
    "Ions",
    "MoveTable",
    "Piece",
    "Surroundings",
    "draw_moves",
    "pack",
    "pick_ions",
    "pick_moves",
    "pick_vacancies",
]

SITE_BITS = 24
"""A neighbour and the way around the piece to it share 32 bits: so many are the neighbour's."""
WINDINGS = 5
"""Ways around the piece along a cell vector that a single hop can take: -2 to 2."""
_FIELD = 21  # bits for the windings along one cell vector
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _32, _11 = (np.uint64(bits) for bits in (30, 27, 31, 32, 11))
_LOW = np.uint64(0xFFFFFFFF)
_UNIT = 1.0 / 9007199254740992.0  # 2^-53
_LOST = 1e-7  # of the largest sum of rates: below, what roundings have left of it counts


class Piece(NamedTuple):
    """Periodic piece of a lattice: sites (N, d), their polarity (N,), cell vectors (3, d), those beyond d zeros."""

    sites: NDArray
    polarity: NDArray
    cell: NDArray


class Ions(NamedTuple):
    """Where ions are: what each site holds (N,), and position and packed windings (n + 1,) of each ion.

    Beside them position at the last record and displacement then, (n + 1, d); the counter (1,) of random numbers.
    """

    holds: NDArray
    position: NDArray
    winding: NDArray
    before: NDArray
    last_step: NDArray
    random: NDArray


class MoveTable(NamedTuple):
    """Moves by site, `ways` of them each; `hops_alone` tells whether all are hops.

    `codes` (N ways, 4): kind of move and 4 times the number of its vectors, destination and way around the piece, final
    site of a pushed ion and its way around, class of rates. `vectors` (V, 2, 3): displacements of the ion and of the
    other one, padded with zeros. `squares` (V, 2): squared displacements, summed over the ions of a move and of their
    sum. `steps` (WINDINGS^d,): packed windings of the ways around.
    """

    ways: int
    hops_alone: bool
    codes: NDArray
    vectors: NDArray
    squares: NDArray
    steps: NDArray


class Surroundings(NamedTuple):
    """Neighbours (N, z) of each site, -1 where it has fewer; ions next to each site (N,), kept where `interacting`."""

    neighbours: NDArray
    near: NDArray
    interacting: bool


def pack(windings: NDArray) -> NDArray:
    """One integer (...) for windings (..., d) along up to three cell vectors; both add up alike."""
    weights = (1 << (_FIELD * np.arange(windings.shape[-1]))).astype(np.int64)
    return np.asarray(windings, np.int64) @ weights


@njit(inline="always")
def _mixed(counter):
    z = counter
    z = (z ^ (z >> _30)) * _MIX_1
    z = (z ^ (z >> _27)) * _MIX_2
    return z ^ (z >> _31)


@njit(inline="always")
def _lowest(packed):
    """Winding along the first of the cell vectors that are packed; its sign is that of the top bit of its field."""
    half = np.int64(1) << np.int64(_FIELD - 1)
    return ((packed + half) & ((half << np.int64(1)) - np.int64(1))) - half


@njit(inline="always")
def _record(block, ions, piece, out):
    """What the ions did in a block, and where they are then.

    Columns of `out`: d collective displacements, d sums of squared displacements, d sums of their products with those
    of the block before, and the sum of the polarities of the sites that hold an ion.
    """
    position, winding, before, last_step = ions.position, ions.winding, ions.before, ions.last_step
    sites, polarity, cell = piece
    dimension, field = sites.shape[1], np.int64(_FIELD)
    total, squares, products, polarities = np.zeros(3), np.zeros(3), np.zeros(3), 0.0
    for ion in range(1, position.size):
        site, packed = np.uint64(position[ion]), winding[ion]
        first = _lowest(packed)
        packed = (packed - first) >> field
        second = _lowest(packed)
        third = (packed - second) >> field
        polarities += polarity[site]
        for axis in range(dimension):
            now = sites[site, axis] + first * cell[0, axis] + second * cell[1, axis] + third * cell[2, axis]
            step = now - before[ion, axis]
            total[axis] += step
            squares[axis] += step * step
            products[axis] += step * last_step[ion, axis]
            before[ion, axis] = now
            last_step[ion, axis] = step
    for axis in range(dimension):
        out[block, axis] = total[axis]
        out[block, dimension + axis] = squares[axis]
        out[block, 2 * dimension + axis] = products[axis]
    out[block, 3 * dimension] = polarities


@njit(cache=True)
def pick_ions(attempts, ways, targets, steps, ions, piece, out):
    """Exclusion alone, all hops of one rate: an ion and a way, and the ion hops if the site there is free.

    Parameters
    ----------
    attempts : (B,) numbers of ions picked in each block
    ways : largest number of hops that leave a site
    targets : (N ways,) neighbour and way around the piece; the site itself where there are fewer hops
    steps : as in `MoveTable`
    ions, piece : `Ions` and `Piece`
    out : (B, 3d + 2), filled: see `_record`; the last column counts hops
    """
    holds, position, winding, random = ions.holds, ions.position, ions.winding, ions.random
    count, ways_64 = np.uint64(position.size - 1), np.uint64(ways)
    mask = np.int64((1 << SITE_BITS) - 1)
    counter = random[0]
    for block in range(attempts.size):
        hops = np.int64(0)
        for _ in range(attempts[block]):
            counter += _GOLDEN
            bits = _mixed(counter)
            ion = np.int64(((bits >> _32) * count) >> _32) + np.int64(1)
            way = np.int64(((bits & _LOW) * ways_64) >> _32)
            here = np.int64(position[ion])
            target = np.int64(targets[here * ways + way])
            there = target & mask
            free = np.int64(holds[there] == 0)
            # No branch: the processor would guess wrong every other time.
            holds[here] -= free * ion
            holds[there] += free * ion
            position[ion] = here + free * (there - here)
            winding[ion] += free * steps[target >> np.int64(SITE_BITS)]
            hops += free
        _record(block, ions, piece, out)
        out[block, 3 * piece.sites.shape[1] + 1] = hops
    random[0] = counter


@njit(cache=True)
def pick_vacancies(attempts, ways, targets, steps, vacancies, ions, piece, out):
    """The same dynamics seen from the free sites, for where these are fewer: an ion next to one hops into it.

    Parameters as in `pick_ions`; vacancies : (N - n,) the free sites.
    """
    holds, position, winding, random = ions.holds, ions.position, ions.winding, ions.random
    count, ways_64 = np.uint64(vacancies.size), np.uint64(ways)
    mask = np.int64((1 << SITE_BITS) - 1)
    counter = random[0]
    for block in range(attempts.size):
        hops = np.int64(0)
        for _ in range(attempts[block]):
            counter += _GOLDEN
            bits = _mixed(counter)
            number = np.int64(((bits >> _32) * count) >> _32)
            way = np.int64(((bits & _LOW) * ways_64) >> _32)
            here = np.int64(vacancies[number])
            target = np.int64(targets[here * ways + way])
            there = target & mask
            ion = np.int64(holds[there])
            moved = np.int64(ion > 0)
            # Of ion 0 nothing is kept, and a free site stays so: no branch is needed.
            holds[there] = 0
            holds[here] = ion
            position[ion] = here
            winding[ion] -= steps[target >> np.int64(SITE_BITS)]
            vacancies[number] = here + moved * (there - here)
            hops += moved
        _record(block, ions, piece, out)
        out[block, 3 * piece.sites.shape[1] + 1] = hops
    random[0] = counter


HOP, PUSH, EXCHANGE, NOTHING = 0, 1, 2, 3
_KIND, _TARGET, _FINAL, _CLASS = 0, 1, 2, 3
_SITE = (1 << SITE_BITS) - 1

# Arrays are handed on one by one: taking them out of tuples in the innermost loops would count references each time.


@njit(inline="always")
def _rate(move, here, codes, holds, near, rates):
    """Rate of a move of the ion on a site as things are; 0 where it cannot be."""
    kind = codes[move, _KIND] & 3
    there = codes[move, _TARGET] & _SITE
    final = codes[move, _FINAL] & _SITE
    rate = 0.0
    if kind == EXCHANGE:
        if holds[here] != 0 and holds[there] != 0:
            rate = rates[codes[move, _CLASS], 0, 0]
    elif kind != NOTHING and holds[here] != 0 and holds[final] == 0 and (kind == HOP or holds[there] != 0):
        rate = rates[codes[move, _CLASS], near[here], near[final]]
    return rate


@njit(cache=True)
def _close_together(codes, vectors, squares, rates):
    """What hops need of the tables, and no more.

    `hops` (N ways, 3): destination and way around the piece, first row of its rates, number of its vector. `paths`
    (V, 4): squared displacement and vector. `by_law` (2 C K, K): rates by class and ions next to the final site, 0
    where that is taken, and by ions next to the origin.
    """
    most = rates.shape[1]
    hops, paths = np.zeros((len(codes), 3), np.uint32), np.zeros((len(vectors), 4))
    hops[:, 0], hops[:, 1], hops[:, 2] = codes[:, _TARGET], codes[:, _CLASS] * 2 * most, codes[:, _KIND] >> 2
    paths[:, 0], paths[:, 1:] = squares[:, 0], vectors[:, 0]
    by_law = np.zeros((len(rates), 2, most, most))
    by_law[:, 0] = rates.transpose(0, 2, 1)
    return hops, paths, by_law.reshape(-1, most)


@njit(inline="always")
def _hop_rate(move, beside, hops, holds, near, rates):
    """Rate of the hop of an ion that has so many others beside it, without a branch."""
    there = np.uint64(hops[move, np.uint64(0)] & np.uint32(_SITE))
    law = np.uint64(hops[move, np.uint64(1)]) + np.uint64(near[there])
    return rates[law + np.uint64(rates.shape[1]) * np.uint64(holds[there] != 0), beside]


@njit(inline="always")
def _make(move, here, codes, steps, holds, position, winding):
    """Make a move; the site that it fills is returned, -1 if none."""
    kind, target = codes[move, _KIND] & 3, codes[move, _TARGET]
    there, final = target & _SITE, codes[move, _FINAL] & _SITE
    first, other = holds[here], holds[there]
    winding[first] += steps[target >> SITE_BITS]
    position[first] = there
    holds[there] = first
    if kind == EXCHANGE:
        winding[other] -= steps[target >> SITE_BITS]
        position[other] = here
        holds[here] = other
        final = -1
    else:
        holds[here] = 0
        if kind == PUSH:
            winding[other] += steps[codes[move, _FINAL] >> SITE_BITS]
            position[other] = final
            holds[final] = other
    return final


@njit(inline="always")
def _count(site, change, neighbours, near):
    """Let the neighbours of a site have one ion more or less beside them."""
    for way in range(neighbours.shape[1]):
        neighbour = neighbours[site, way]
        if neighbour >= 0:
            near[neighbour] += change


@njit(inline="always")
def _bonds(position, near):
    """Bonds between two ions."""
    ends = 0
    for ion in range(1, position.size):
        ends += near[position[ion]]
    return ends / 2


@njit(cache=True)
def pick_moves(attempts, table, rates, around, ions, piece, out):
    """Any moves: an ion and one of its moves, which is made with the probability that is its rate over the largest.

    Parameters
    ----------
    attempts, ions, piece : as in `pick_ions`
    table, around : `MoveTable` and `Surroundings`
    rates : (C, K, K) probability by class and numbers of ions next to origin and final site
    out : (B, 3d + 5); after the columns of `_record` come moves, squared displacements (two), and bonds
    """
    holds, position, winding, random = ions.holds, ions.position, ions.winding, ions.random
    neighbours, near, interacting = around
    ways, hops_alone, codes, vectors, squares, steps = table
    hops, paths, by_law = _close_together(codes, vectors, squares, rates)
    count, ways_64 = np.uint64(position.size - 1), np.uint64(ways)
    counter = random[0]
    last = 3 * piece.sites.shape[1] + 1
    for block in range(attempts.size):
        moves, tracer, charge = 0, 0.0, 0.0
        for _ in range(attempts[block]):
            counter += _GOLDEN
            bits = _mixed(counter)
            ion = np.int64(((bits >> _32) * count) >> _32) + np.int64(1)
            here = np.int64(position[ion])
            move = here * ways + np.int64(((bits & _LOW) * ways_64) >> _32)
            if hops_alone:
                probability = _hop_rate(np.uint64(move), np.uint64(near[here]), hops, holds, near, by_law)
            else:
                probability = _rate(move, here, codes, holds, near, rates)
            counter += _GOLDEN
            # The one branch that the processor cannot know beforehand.
            if np.float64(_mixed(counter) >> _11) * _UNIT >= probability:
                continue
            if hops_alone:
                target = np.int64(hops[move, 0])
                filled = target & _SITE
                holds[here] = 0
                holds[filled] = ion
                position[ion] = filled
                winding[ion] += steps[target >> SITE_BITS]
                tracer += paths[hops[move, 2], 0]
                charge = tracer
            else:
                filled = _make(move, here, codes, steps, holds, position, winding)
                tracer += squares[codes[move, _KIND] >> 2, 0]
                charge += squares[codes[move, _KIND] >> 2, 1]
            if interacting and filled >= 0:
                _count(here, -1, neighbours, near)
                _count(filled, 1, neighbours, near)
            moves += 1
        _record(block, ions, piece, out)
        out[block, last] = moves
        out[block, last + 1] = tracer
        out[block, last + 2] = charge
        out[block, last + 3] = _bonds(position, near)
    random[0] = counter


_SQUARE, _DRIFT, _DRIFTED = 0, 1, 4  # columns of what is known of the ion on a site, three of each but the first


@njit(inline="always")
def _tell_hops(site, time, ways, hops, paths, holds, near, rates, state, sums):
    """Rates of the hops of an ion as things are, without a branch: their sum. Drifts and sums follow."""
    whole, square, x, y, z = 0.0, 0.0, 0.0, 0.0, 0.0
    beside = np.uint64(near[site])
    first = np.uint64(site) * np.uint64(ways)
    # Unsigned numbers: no index is looked at for being below 0.
    for move in range(first, first + np.uint64(ways)):
        rate, kind = _hop_rate(move, beside, hops, holds, near, rates), np.uint64(hops[move, np.uint64(2)])
        whole += rate
        square += rate * paths[kind, np.uint64(0)]
        x += rate * paths[kind, np.uint64(1)]
        y += rate * paths[kind, np.uint64(2)]
        z += rate * paths[kind, np.uint64(3)]
    taken = np.float64(holds[site] != 0)
    square = taken * square - state[site, _SQUARE]
    x = taken * x - state[site, _DRIFT]
    y = taken * y - state[site, _DRIFT + 1]
    z = taken * z - state[site, _DRIFT + 2]
    sums[0] += x
    sums[1] += y
    sums[2] += z
    sums[3] += square
    sums[4] += square
    state[site, _SQUARE] += square
    state[site, _DRIFT] += x
    state[site, _DRIFT + 1] += y
    state[site, _DRIFT + 2] += z
    state[site, _DRIFTED] -= x * time
    state[site, _DRIFTED + 1] -= y * time
    state[site, _DRIFTED + 2] -= z * time
    return taken * whole


@njit(inline="always")
def _tell_moves(site, time, ways, codes, squares, vectors, holds, near, rates, rate_of, state, sums):
    """The same for any moves, which may let other ions drift as well."""
    whole = 0.0
    for move in range(site * ways, (site + 1) * ways):
        rate = _rate(move, site, codes, holds, near, rates)
        change = rate - rate_of[move]
        whole += rate
        if change != 0.0:
            rate_of[move] = rate
            there, kind = codes[move, _TARGET] & _SITE, codes[move, _KIND] >> 2
            for axis in range(3):
                one, other = change * vectors[kind, 0, axis], change * vectors[kind, 1, axis]
                state[site, _DRIFT + axis] += one
                state[there, _DRIFT + axis] += other
                state[site, _DRIFTED + axis] -= one * time
                state[there, _DRIFTED + axis] -= other * time
                sums[axis] += one + other
            sums[3] += change * squares[kind, 0]
            sums[4] += change * squares[kind, 1]
    return whole


@njit(inline="always")
def _carry(move, here, time, codes, state):
    """Let the ions of a move take with them how far they have drifted."""
    kind = codes[move, _KIND] & 3
    there, final = codes[move, _TARGET] & _SITE, codes[move, _FINAL] & _SITE
    for axis in range(3):
        drift, drifted = _DRIFT + axis, _DRIFTED + axis
        one = state[here, drifted] + (state[here, drift] - state[there, drift]) * time
        if kind == EXCHANGE:
            state[here, drifted] = state[there, drifted] + (state[there, drift] - state[here, drift]) * time
        elif kind == PUSH:
            state[final, drifted] = state[there, drifted] + (state[there, drift] - state[final, drift]) * time
        state[there, drifted] = one


@njit(cache=True)
def draw_moves(durations, table, rates, around, affected, ions, last_drifted, piece, out):
    """Any moves, drawn by their rates, so that none is refused; and how ions drift on average in the states they see.

    Of the ion on each site, `state` holds the sum of rate times squared displacement of its hops, its drift v, and how
    far it has drifted less v times the time of now: only where v changes is anything to be done.

    Parameters
    ----------
    durations : (B,) of the blocks
    table, rates, around, ions, piece : as in `pick_moves`
    affected : (N + 1,) and (L,): sites whose moves may have another rate when a site changes hands, and where its
        sites begin in that list
    last_drifted : (n + 1, d) integral of the drift of each ion over the last block
    out : (B, 7d + 5); after the columns of `pick_moves`, whose squared displacements are here those expected in the
        states seen: d integrals of the total drift, d sums of squared integrals of the ions' drifts, d sums of their
        products with those of the block before, d total drifts at the end of the block
    """
    holds, position, winding, random = ions.holds, ions.position, ions.winding, ions.random
    neighbours, near, interacting = around
    ways, hops_alone, codes, vectors, squares, steps = table
    affected_start, affected_site = affected
    count, dimension = piece.sites.shape
    shift = max(int(np.rint(np.log2(np.sqrt(count)))), 1)  # sites in groups of a power of 2, some root of their number
    groups = (count >> shift) + 1
    site_rate, group_rate = np.zeros(count), np.zeros(groups)
    rate_of = np.zeros(1 if hops_alone else count * ways)
    state, sums, total_drifted = np.zeros((count, 8)), np.zeros(5), np.zeros(3)
    queue, seen, stamp = np.zeros(count + 1, np.int64), np.zeros(count, np.int64), 0
    changed = np.zeros(2, np.int64)
    hops, paths, by_law = _close_together(codes, vectors, squares, rates)
    counter = random[0]
    last = 3 * dimension + 1
    for block in range(durations.size):
        rest, time, largest = durations[block], 0.0, 0.0
        moves, tracer, charge = 0, 0.0, 0.0
        state[:] = 0.0
        total_drifted[:] = 0.0
        queued, afresh, slow = 0, True, False
        while True:
            if afresh:
                # From the ground up: what is added and taken off leaves roundings behind.
                for site in range(count):
                    for axis in range(3):
                        state[site, _DRIFTED + axis] += state[site, _DRIFT + axis] * time
                state[:, :_DRIFTED] = 0.0
                site_rate[:] = 0.0
                group_rate[:] = 0.0
                rate_of[:] = 0.0
                sums[:] = 0.0
                time, largest, afresh, queued = 0.0, 0.0, False, 0
                for site in range(count):
                    queue[queued] = site
                    queued += np.int64(holds[site] != 0)
            for index in range(queued):
                site = queue[index]
                if hops_alone:
                    whole = _tell_hops(site, time, ways, hops, paths, holds, near, by_law, state, sums)
                else:
                    whole = _tell_moves(
                        site, time, ways, codes, squares, vectors, holds, near, rates, rate_of, state, sums
                    )
                group_rate[site >> shift] += whole - site_rate[site]
                site_rate[site] = whole
            queued = 0
            total = 0.0
            for group in range(groups):
                total += group_rate[group]
            if total < _LOST * largest:
                afresh = slow = True
                continue
            largest = max(largest, total)
            wait = rest
            counter += _GOLDEN
            if total > 0.0:
                wait = min(wait, -np.log(1.0 - np.float64(_mixed(counter) >> _11) * _UNIT) / total)
            for axis in range(3):
                total_drifted[axis] += sums[axis] * wait
            tracer += sums[3] * wait
            charge += sums[4] * wait
            time += wait
            if wait >= rest:
                break
            rest -= wait
            # After a wait of another order of magnitude, the clock starts at 0 again.
            afresh, slow = slow, False
            counter += _GOLDEN
            left = np.float64(_mixed(counter) >> _11) * _UNIT * total
            group = 0
            while group < groups - 1 and left >= group_rate[group]:
                left -= group_rate[group]
                group += 1
            here, end = group << shift, min((group + 1) << shift, count) - 1
            while here < end and left >= site_rate[here]:
                left -= site_rate[here]
                here += 1
            if here >= count:
                continue
            chosen = -1
            for move in range(here * ways, (here + 1) * ways):
                rate = _rate(move, here, codes, holds, near, rates)
                if rate > 0.0:
                    chosen = move
                    left -= rate
                    if left < 0.0:
                        break
            if chosen < 0:
                continue  # roundings have led beyond the last move: drawn again
            moves += 1
            _carry(chosen, here, time, codes, state)
            filled = _make(chosen, here, codes, steps, holds, position, winding)
            if filled < 0:
                continue
            if interacting:
                _count(here, -1, neighbours, near)
                _count(filled, 1, neighbours, near)
            stamp += 1
            changed[0], changed[1] = here, filled
            for end in range(2):
                for index in range(affected_start[changed[end]], affected_start[changed[end] + 1]):
                    site = affected_site[index]
                    queue[queued] = site
                    queued += np.int64((seen[site] != stamp) & ((holds[site] != 0) | (site == here)))
                    seen[site] = stamp
        _record(block, ions, piece, out)
        out[block, last] = moves
        out[block, last + 1] = tracer
        out[block, last + 2] = charge
        out[block, last + 3] = _bonds(position, near)
        first = last + 4
        for axis in range(dimension):
            of_squares, of_products = 0.0, 0.0
            for ion in range(1, position.size):
                site = position[ion]
                drifted = state[site, _DRIFTED + axis] + state[site, _DRIFT + axis] * time
                of_squares += drifted * drifted
                of_products += drifted * last_drifted[ion, axis]
                last_drifted[ion, axis] = drifted
            out[block, first + axis] = total_drifted[axis]
            out[block, first + dimension + axis] = of_squares
            out[block, first + 2 * dimension + axis] = of_products
            out[block, first + 3 * dimension + axis] = sums[axis]
    random[0] = counter
