"""Small lattice gases that Monte Carlo is held against, and what all of their states tell of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from superion import lattice as lattices
from superion.lattice_gas_moves import EXCHANGE, HOP, LatticeGas, moves_of
from superion.lattice_gas_states import exact_transport, states_of


def around_twice():
    """Square lattice of 2 by 3 sites whose hops along x go on to the third neighbour: up to twice around the piece."""
    square = lattices.square().repeat([2, 3])
    return replace(square, displacement=square.displacement * [3, 1])


def exclusion(ions):
    return LatticeGas(lattices.square().repeat([3, 4]), ions)


GASES = {
    "more vacancies than ions": lambda: exclusion(4),
    "more ions than vacancies": lambda: exclusion(9),
    "uneven chain": lambda: LatticeGas(lattices.two_site_chain(spacing=0.3).repeat(5), 4, site_energy_over_kT=0.5),
    "kagome, attraction, site energies": lambda: LatticeGas(
        lattices.kagome().repeat(2),
        4,
        repulsion_over_kT=-0.5,
        site_energy_over_kT=np.tile([0.0, 0.4, -0.3], 4),
        rule="metropolis",
    ),
    "sites of two coordinations": lambda: LatticeGas(
        lattices.fcc_octahedral_tetrahedral().repeat(2),
        3,
        repulsion_over_kT=0.8,
        site_energy_over_kT=np.tile([0.5, 0.0, 0.0], 8),
        rule="final_state_barrier",
    ),
    "honeycomb, turning pushes, exchange": lambda: LatticeGas(
        lattices.honeycomb().repeat([2, 3]),
        5,
        repulsion_over_kT=0.7,
        site_energy_over_kT=np.tile([0.0, 0.9], 6),
        rule="symmetric",
        push_rate=0.6,
        push_angle_deg=61,
        exchange_rate=0.3,
    ),
    "chain, pushes, exchange": lambda: LatticeGas(
        lattices.two_site_chain(spacing=0.4).repeat(5),
        4,
        repulsion_over_kT=0.6,
        site_energy_over_kT=np.tile([0.5, 0.0], 5),
        rule="initial_state_barrier",
        push_rate=0.5,
        exchange_rate=0.2,
    ),
    "twice around": lambda: LatticeGas(
        around_twice(), 3, repulsion_over_kT=0.5, push_rate=0.5, exchange_rate=0.2, rule="metropolis"
    ),
}
"""One or more of each: every rule, one to three dimensions, hops alone or not, exclusion alone or not."""

ALIKE = ("more vacancies than ions", "more ions than vacancies", "uneven chain")
"""Those in which all hops are alike."""


def schemes(name):
    """Schemes that a gas can be run by."""
    return (*(("pick ions",) if name in ALIKE else ()), "pick moves", "draw moves")


def runs():
    """All pairs of a gas and a scheme."""
    return [(name, scheme) for name in GASES for scheme in schemes(name)]


def bonds_of(lattice):
    """Number (N, N) of bonds between sites."""
    matrix = np.zeros((lattice.site_count, lattice.site_count))
    np.add.at(matrix, (lattice.origin, lattice.destination), 1)
    return matrix


def moves_per_time(gas, states):
    """Moves (S,) of all ions a unit of time in each state: each move with the energies that its ion has alone."""
    moves, bonds, taken = moves_of(gas), bonds_of(gas.lattice), states.occupation
    total = np.zeros(len(taken))
    for kind, origin, there, pushed, rate in zip(
        moves.kind, moves.origin, moves.destination, moves.pushed_to, moves.rate, strict=True
    ):
        if kind == EXCHANGE:
            total += rate * (taken[:, origin] & taken[:, there])
            continue
        filled = there if kind == HOP else pushed
        can = taken[:, origin] & ~taken[:, filled] & ((kind == HOP) | taken[:, there])
        others = taken.astype(float)
        others[:, origin] = 0
        before, after = (
            gas.site_energy_over_kT[end] + gas.repulsion_over_kT * (others @ bonds[end]) for end in (origin, filled)
        )
        factor = {
            "metropolis": np.minimum(1, np.exp(before - after)),
            "symmetric": np.exp((before - after) / 2),
            "initial_state_barrier": np.exp(before),
            "final_state_barrier": np.exp(-after),
        }[gas.rule]
        total += rate * np.where(can, factor, 0)
    return total


@cache
def expected(name, duration):
    """What estimates of a gas tend to with blocks of some duration, from all states; names as in `Estimates`."""
    return expected_of(GASES[name](), duration)


def expected_of(gas, duration):
    """The same of any gas."""
    states, tagged = states_of(gas), states_of(gas, tagged=True)
    d, n = gas.lattice.dimension, gas.ion_count
    exact = exact_transport(gas)
    squares = {
        "tracer": np.trace(tagged.chain.mean_squared_displacement([duration, 2 * duration])[:, :d, :d], 0, 1, 2),
        "charge": np.trace(states.chain.mean_squared_displacement([duration, 2 * duration]), 0, 1, 2) / n,
    }
    found = {
        "tracer_static_D": np.trace(exact.tracer_static) / d,
        "charge_static_D": np.trace(exact.charge_static) / d,
    }
    for name, (one, two) in squares.items():
        found[f"{name}_D"] = (two - one) / (2 * d * duration)
        found[f"{name}_D_of_block"] = one / (2 * d * duration)
        found[f"{name}_correlation"] = found[f"{name}_D"] / found[f"{name}_static_D"]
    found["haven_ratio"] = found["tracer_D"] / found["charge_D"]
    p, order = states.probability, states.occupation @ gas.lattice.site_polarity / n
    found["move_rate"] = p @ moves_per_time(gas, states) / n
    found["polarization"], found["polarization_magnitude"] = p @ order, p @ np.abs(order)
    if order.any():
        found["binder_cumulant"] = 1 - p @ order**4 / (3 * (p @ order**2) ** 2)
    if gas.repulsion_over_kT:
        pairs = np.einsum("si,ij,sj->s", states.occupation * 1.0, bonds_of(gas.lattice), states.occupation * 1.0) / 2
        found["bonds"] = p @ pairs / n
    return found
