"""Moves of a lattice gas: ions that exclude and repel each other on the sites of a periodic piece of a lattice.

At most one ion a site, and the energy

    H = sum_s E_s n_s + V sum_<st> n_s n_t

over sites and bonds. A **hop** takes an ion to a free neighbouring site. A **push** takes it to an occupied one, whose
ion goes on to a free site in turn: the interstitialcy or caterpillar mechanism. An **exchange** swaps two neighbouring
ions. All keep detailed balance for H, so that what the moves share is the equilibrium, and what they differ in is the
way there. Energies are in units of kT, rates in units of the caller's choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.lattice import Lattice
from superion.validity import finite_array, integer_array, one_of

__all__ = ["RULES", "LatticeGas", "Moves", "moves_of", "rule_factor"]

RULES = ("metropolis", "symmetric", "initial_state_barrier", "final_state_barrier")
"""How the rate of a move depends on the energies of the ion before and after it."""


def rule_factor(rule: str, energy_before: ArrayLike, energy_after: ArrayLike) -> NDArray:
    """Rate of a move over its rate at equal energies 0.

    Parameters
    ----------
    rule : 'metropolis', min(1, exp(-dE)); 'symmetric', exp(-dE/2), whose saddle lies half-way between the two states;
        'initial_state_barrier', exp(E_before), whose saddle is the same for all; 'final_state_barrier', exp(-E_after),
        where the ion pays for what it finds at its destination: J. Hu, Z. Guo, J. Liang, B. Monserrat, "Microscopic
        Theory of Superionic Phase Transitions", arXiv:2604.00665 (2026), Eq. (43)
    energy_before, energy_after : energies over kT of the ion that moves, any shapes that broadcast

    Raises
    ------
    ValueError
        An unknown rule.
    """
    one_of("rule", rule, RULES)
    before, after = np.asarray(energy_before, float), np.asarray(energy_after, float)
    if rule == "metropolis":
        return np.exp(-np.maximum(after - before, 0))
    if rule == "symmetric":
        return np.exp((before - after) / 2)
    return np.exp(before + 0 * after) if rule == "initial_state_barrier" else np.exp(-after + 0 * before)


@dataclass(frozen=True)
class LatticeGas:
    """Ions on a periodic piece of a lattice.

    Attributes
    ----------
    lattice : its cell is the periodic piece (see `Lattice.repeat`), its hops are the bonds
    ion_count : ions on it, 1 to the number of sites
    site_energy_over_kT : (N,) E_s, or one number for all
    repulsion_over_kT : V, of two ions joined by a bond; below 0 they attract each other
    rule : one of `RULES`
    hop_rate : of a hop between sites of energy 0 without neighbours
    push_rate : of a push, likewise
    push_angle_deg : largest angle between the two displacements of a push; 0: collinear alone
    exchange_rate : of each pair of neighbouring ions

    Raises
    ------
    ValueError
        More ions than sites, a one-way bond, a site joined to itself, a number out of its bounds, or no move at all.
    """

    lattice: Lattice
    ion_count: int
    site_energy_over_kT: ArrayLike = 0.0
    repulsion_over_kT: float = 0.0
    rule: str = "metropolis"
    hop_rate: float = 1.0
    push_rate: float = 0.0
    push_angle_deg: float = 0.0
    exchange_rate: float = 0.0

    def __post_init__(self) -> None:
        lattice, count = self.lattice, self.lattice.site_count
        ions = integer_array("ion_count", self.ion_count, at_least=1, at_most=count, meaning=f"{count} sites")
        energies = finite_array("site_energy_over_kT", self.site_energy_over_kT)
        if energies.shape not in ((), (count,)):
            raise ValueError(f"site_energy_over_kT must have one entry for each of {count} sites, got {energies.shape}")
        energies = np.broadcast_to(energies, count).copy()
        energies.setflags(write=False)
        object.__setattr__(self, "ion_count", int(_one_number("ion_count", ions)))
        object.__setattr__(self, "site_energy_over_kT", energies)
        one_of("rule", self.rule, RULES)
        rate, angle = {"at_least": 0}, {"at_least": 0, "at_most": 180}
        bounds = {"hop_rate": rate, "push_rate": rate, "exchange_rate": rate, "push_angle_deg": angle}
        for name, within in ({"repulsion_over_kT": {}} | bounds).items():
            number = _one_number(name, finite_array(name, getattr(self, name), **within))
            object.__setattr__(self, name, float(number))
        if self.hop_rate == self.push_rate == self.exchange_rate == 0:
            raise ValueError("hop_rate, push_rate and exchange_rate are all 0: nothing moves")
        one_way = np.flatnonzero(lattice.reverse_hop() < 0)
        if one_way.size:
            ends = (lattice.origin[one_way[0]], lattice.destination[one_way[0]])
            names = " to ".join(repr(lattice.site_names[end]) for end in ends)
            raise ValueError(f"every bond must be two hops; there is none back from the one of site {names}")
        alone = np.flatnonzero(lattice.origin == lattice.destination)
        if alone.size:
            name = lattice.site_names[lattice.origin[alone[0]]]
            raise ValueError(f"site {name!r} is its own neighbour: the periodic piece must be larger")
        if self.hop_rate == self.exchange_rate == 0 and not len(_continuations(lattice, self.push_angle_deg)[0]):
            raise ValueError(
                "hop_rate and exchange_rate are 0, and no two hops of the lattice make a push within push_angle_deg, "
                f"{self.push_angle_deg:g}: nothing moves"
            )

    @property
    def site_count(self) -> int:
        """Number N of sites of the piece."""
        return self.lattice.site_count

    @property
    def vacancy_count(self) -> int:
        """Number of free sites."""
        return self.site_count - self.ion_count


def _one_number(name: str, array: NDArray) -> NDArray:
    if array.ndim:
        raise ValueError(f"{name} must be one number, got {array.tolist()!r}")
    return array


HOP, PUSH, EXCHANGE = 0, 1, 2


@dataclass(frozen=True)
class Moves:
    """All moves of a lattice gas, by the site that its ion leaves.

    Attributes
    ----------
    kind : (K,) 0 a hop, 1 a push, 2 an exchange
    origin : (K,) site that the ion leaves
    destination : (K,) site that it reaches
    pushed_to : (K,) site that the ion there is pushed to; -1 but for pushes
    displacement : (K, d) of the first ion
    pushed_displacement : (K, d) of the other one: onwards in a push, back in an exchange, 0 in a hop
    rate : (K,) at equal energies. A pair exchanges from either end, each with half the rate.
    """

    kind: NDArray
    origin: NDArray
    destination: NDArray
    pushed_to: NDArray
    displacement: NDArray
    pushed_displacement: NDArray
    rate: NDArray

    @property
    def filled(self) -> NDArray:
        """Site (K,) that is occupied after a move and was free before: of hops and pushes; -1 of exchanges."""
        return np.where(self.kind == HOP, self.destination, self.pushed_to)


def moves_of(gas: LatticeGas) -> Moves:
    """Moves of a lattice gas, sorted by the site that they leave.

    A push needs a second hop that does not lead back to the first site and turns by no more than
    `gas.push_angle_deg`.
    """
    lattice = gas.lattice
    origin, destination, displacement = lattice.origin, lattice.destination, lattice.displacement
    nothing = np.zeros_like(displacement)
    none = np.full(len(origin), -1)
    parts = []
    if gas.hop_rate:
        parts.append((HOP, origin, destination, none, displacement, nothing, gas.hop_rate))
    if gas.push_rate:
        first, second = _continuations(lattice, gas.push_angle_deg)
        parts.append(
            (
                PUSH,
                origin[first],
                destination[first],
                destination[second],
                displacement[first],
                displacement[second],
                gas.push_rate,
            )
        )
    if gas.exchange_rate:
        parts.append((EXCHANGE, origin, destination, none, displacement, -displacement, gas.exchange_rate / 2))
    columns = [np.concatenate([np.broadcast_to(p[i], len(p[1])) for p in parts]) for i in (0, 1, 2, 3, 6)]
    vectors = [np.concatenate([p[i] for p in parts]) for i in (4, 5)]
    order = np.lexsort((columns[3], columns[2], columns[0], columns[1]))
    kind, start, end, pushed, rate = (column[order] for column in columns)
    return Moves(kind, start, end, pushed, vectors[0][order], vectors[1][order], rate)


def _continuations(lattice: Lattice, angle_deg: float) -> tuple[NDArray, NDArray]:
    """Pairs of hops (first, second): the second leaves where the first arrives and does not turn by more."""
    by_origin = np.argsort(lattice.origin, kind="stable")
    start = np.concatenate([[0], np.cumsum(lattice.coordination)])
    ways = lattice.coordination[lattice.destination]
    first = np.repeat(np.arange(lattice.hop_count), ways)
    number = np.arange(len(first)) - np.repeat(np.cumsum(ways) - ways, ways)
    second = by_origin[start[lattice.destination[first]] + number]
    one, two = lattice.displacement[first], lattice.displacement[second]
    cosine = (one * two).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)
    back = lattice.destination[second] == lattice.origin[first]
    # Rounding of a cosine near 1 is the square of an angle.
    straight = cosine >= np.cos(np.radians(angle_deg)) - 1e-9
    return first[straight & ~back], second[straight & ~back]
