"""All states of a small lattice gas: equilibrium averages, and exact diffusion of its charge and of each of its ions.

The states of n ions on N sites, with one ion tagged where its own way is asked for, are the states of a reversible
Markov chain (`reversible_chains`). In the unit of time of the rates and per ion

    D_sigma = lim <R R>/(2 n t), R the sum of the displacements of all ions, and D* = lim <r r>/2t, r that of one,

tensors whose trace over d is the coefficient of mean squared displacements, <r^2>/(2 d t). Their ratio is the Haven
ratio H_R = D*/D_sigma: textbook chapter, "Microscopic Mechanisms and Macroscopic Transport Properties"; G. E. Murch,
Solid State Ionics 7, 177 (1982).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, count
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from superion.lattice import GEOMETRY_TOLERANCE
from superion.lattice_gas_moves import EXCHANGE, HOP, LatticeGas, Moves, moves_of, rule_factor
from superion.reversible_chains import ReversibleChain, reversible_chain

__all__ = [
    "LARGEST_STATE_COUNT",
    "Equilibrium",
    "ExactTransport",
    "LatticeGasStates",
    "Translations",
    "equilibrium_of_states",
    "exact_transport",
    "require_enumerable",
    "state_count",
    "states_of",
]

LARGEST_STATE_COUNT = 200_000
"""States that are enumerated unless a caller wants more: up to half a minute, and 2 GB where pushes turn."""

MOVES_AT_ONCE = 4_000_000  # moves times states that are looked at together


@dataclass(frozen=True)
class LatticeGasStates:
    """States of a lattice gas with their probabilities.

    Attributes
    ----------
    gas : the lattice gas
    occupation : (S, N) bool, sites with an ion
    tagged_site : (S,) site of the tagged ion, or None if none is. Of states that translations of the lattice carry
        into each other one is there, with the tagged ion on the first site of its kind
    translations : where one is tagged, `Translations` of the lattice
    energy : (S,) H/kT
    probability : (S,) in equilibrium
    log_partition_sum : of all states with indistinguishable ions, or of those listed where an ion is tagged
    """

    gas: LatticeGas
    occupation: NDArray
    tagged_site: NDArray | None
    translations: Translations | None
    energy: NDArray
    probability: NDArray
    log_partition_sum: float

    @cached_property
    def chain(self) -> ReversibleChain:
        """Markov chain of the moves.

        Its displacement is that of all ions together, d components; where an ion is tagged 2d: that ion's, then that
        of all.

        Raises
        ------
        ValueError
            Energies so large that a rate overflows.
        """
        moves, neighbours, index = moves_of(self.gas), _neighbours(self.gas), _StateIndex(self)
        several = max(1, MOVES_AT_ONCE // max(1, len(moves.kind)))
        parts = [
            _jumps_from(self, slice(start, start + several), moves, neighbours, index)
            for start in range(0, len(self.energy), several)
        ]
        return reversible_chain(self.probability, *map(np.concatenate, zip(*parts, strict=True)))


def _jumps_from(
    states: LatticeGasStates, part: slice, moves: Moves, neighbours: NDArray, index: _StateIndex
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """State left, state reached, rate and displacement of all moves from a part of the states."""
    gas, occupation = states.gas, states.occupation[part]
    tag = None if states.tagged_site is None else states.tagged_site[part, None]
    swaps, there = moves.kind == EXCHANGE, occupation[:, moves.destination]
    may = occupation[:, moves.origin] & ((moves.kind == HOP) | there) & (swaps | ~occupation[:, moves.filled])
    # Two ions that are not told apart may as well stay where they are.
    may &= ~swaps if tag is None else ~swaps | (tag == moves.origin) | (tag == moves.destination)
    state, move = np.nonzero(may)
    origin, swap = moves.origin[move], swaps[move]
    filled = np.where(swap, origin, moves.filled[move])
    field = gas.site_energy_over_kT + gas.repulsion_over_kT * (occupation @ neighbours)
    before = field[state, origin]
    after = np.where(swap, before, field[state, filled] - gas.repulsion_over_kT * neighbours[origin, filled])
    with np.errstate(over="ignore"):
        rate = moves.rate[move] * np.where(swap, 1.0, rule_factor(gas.rule, before, after))
    if not np.all(np.isfinite(rate)):
        most = np.abs(field).max()
        raise ValueError(f"energies of ions must let rates be finite with rule {gas.rule!r}, got up to {most:.4g} kT")
    moved = moves.displacement[move] + moves.pushed_displacement[move]
    if tag is None:
        reached = index.of(occupation, state, origin, filled)
    else:
        site = tag[state, 0]
        first, second = (site == end for end in (origin, moves.destination[move]))
        own = np.where(first[:, None], moves.displacement[move], 0.0)
        own = np.where(second[:, None], moves.pushed_displacement[move], own)
        moved = np.hstack([own, moved])
        site = np.where(first, moves.destination[move], site)
        site = np.where(second, np.where(swap, origin, moves.pushed_to[move]), site)
        reached = index.of(occupation, state, origin, filled, site)
    return state + part.start, reached, rate, moved


class _StateIndex:
    """Finds states by the sum of a random word for each occupied site and one for the tagged ion's."""

    def __init__(self, states: LatticeGasStates) -> None:
        occupation, tag = states.occupation, states.tagged_site
        self.translations = states.translations
        for seed in count():
            self.word, self.tag_word = np.random.default_rng(seed).integers(
                0, 2**64, (2, occupation.shape[1]), np.uint64
            )
            code = occupation @ self.word
            code = code if tag is None else code + self.tag_word[tag]
            self.order = np.argsort(code)
            self.code = code[self.order]
            if np.all(self.code[1:] > self.code[:-1]):
                break

    def of(
        self, occupation: NDArray, state: NDArray, emptied: NDArray, filled: NDArray, tag: NDArray | None = None
    ) -> NDArray:
        """Number of the state that each one becomes: a site emptied, one filled, the tagged ion on the site `tag`."""
        if tag is None:
            code = (occupation @ self.word)[state] - self.word[emptied] + self.word[filled]
        else:
            code = self.tag_word[self.translations.first[tag]]
            for site in np.unique(tag):
                # Shifted with its surroundings, the tagged ion is back on the first site of its kind.
                word, here = self.word[self.translations.image[site]], tag == site
                code[here] += (occupation @ word)[state[here]] - word[emptied[here]] + word[filled[here]]
        return self.order[np.searchsorted(self.code, code)]


def _neighbours(gas: LatticeGas) -> NDArray:
    """Number (N, N) of bonds between sites, as floats."""
    lattice = gas.lattice
    matrix = np.zeros((gas.site_count, gas.site_count))
    np.add.at(matrix, (lattice.origin, lattice.destination), 1.0)
    return matrix


class Translations(NamedTuple):
    """Translations of a lattice gas: they map sites, bonds and site energies onto themselves.

    Attributes
    ----------
    first : (N,) first site that one of them carries each site to
    image : (N, N) the sites that this one carries all sites to
    """

    first: NDArray
    image: NDArray


def _translations(gas: LatticeGas) -> Translations:
    lattice, energy = gas.lattice, gas.site_energy_over_kT
    from scipy.spatial import cKDTree  # not above: settings are checked where no state is enumerated

    inverse, sites = np.linalg.inv(lattice.cell), np.arange(gas.site_count)
    # In fractions of the cell; twice, for what is just below 0 becomes 1.
    places = lattice.sites @ inverse % 1 % 1
    tree = cKDTree(places, boxsize=1)
    vectors = np.rint(lattice.displacement @ inverse / GEOMETRY_TOLERANCE)
    direction = np.unique(vectors, axis=0, return_inverse=True)[1].ravel()

    def bonds(names: NDArray) -> NDArray:
        ends = gas.site_count * names[lattice.origin] + names[lattice.destination]
        return np.sort(lattice.hop_count * ends + direction)

    first, images, as_they_are = sites.copy(), np.tile(sites, (gas.site_count, 1)), bonds(sites)
    for site in sites:
        distance, image = tree.query((places - places[site] + places[0]) % 1 % 1)
        if distance.max() > GEOMETRY_TOLERANCE or not np.array_equal(energy[image], energy):
            continue
        if len(np.unique(image)) == len(sites) and np.array_equal(bonds(image), as_they_are):
            better = image < first
            first[better], images[better] = image[better], image
    return Translations(first, images)


def state_count(gas: LatticeGas, *, tagged: bool = False) -> int:
    """Number of states: (N over n), or one for each place of a tagged ion and of the others around it."""
    return _state_count(gas, _translations(gas) if tagged else None)


def _state_count(gas: LatticeGas, translations: Translations | None) -> int:
    if translations is None:
        return comb(gas.site_count, gas.ion_count)
    return len(np.unique(translations.first)) * comb(gas.site_count - 1, gas.ion_count - 1)


def require_enumerable(gas: LatticeGas, *, tagged: bool = False, largest: int = LARGEST_STATE_COUNT) -> None:
    """Refuse a lattice gas of too many states with a ValueError that counts them."""
    _refuse_many(gas, state_count(gas, tagged=tagged), tagged, largest)


def _refuse_many(gas: LatticeGas, number: int, tagged: bool, largest: int) -> None:
    if number > largest:
        which = " with one of them tagged" if tagged else ""
        raise ValueError(
            f"{gas.ion_count} ions on {gas.site_count} sites{which} have {number} states, must be at most {largest}: "
            "take a smaller piece of the lattice, or sample it by Monte Carlo"
        )


def states_of(gas: LatticeGas, *, tagged: bool = False, largest: int = LARGEST_STATE_COUNT) -> LatticeGasStates:
    """All states of a lattice gas.

    Parameters
    ----------
    gas : the lattice gas
    tagged : one of its ions is told from the others
    largest : number of states that is refused above

    Raises
    ------
    ValueError
        More states than that.
    """
    translations = _translations(gas) if tagged else None
    _refuse_many(gas, _state_count(gas, translations), tagged, largest)
    if translations is None:
        occupation, tag = _occupations(gas.site_count, gas.ion_count), None
    else:
        places = np.unique(translations.first)
        others = _occupations(gas.site_count - 1, gas.ion_count - 1)
        occupation = np.concatenate([np.insert(others, place, True, axis=1) for place in places])
        tag = np.repeat(places, len(others))
    pairs = ((occupation @ _neighbours(gas)) * occupation).sum(axis=1) / 2
    energy = occupation @ gas.site_energy_over_kT + gas.repulsion_over_kT * pairs
    weight = np.exp(energy.min() - energy)
    total = weight.sum()
    log_sum = float(np.log(total) - energy.min())
    return LatticeGasStates(gas, occupation, tag, translations, energy, weight / total, log_sum)


def _occupations(sites: int, ions: int) -> NDArray:
    """All ways (S, N) to place ions on sites."""
    few = min(ions, sites - ions)  # places of the rarer of ions and vacancies
    number = comb(sites, few)
    every = (place for places in combinations(range(sites), few) for place in places)
    places = np.fromiter(every, np.intp, number * few)
    occupation = np.full((number, sites), few != ions)
    np.put_along_axis(occupation, places.reshape(number, few), few == ions, axis=1)
    return occupation


@dataclass(frozen=True)
class Equilibrium:
    """Equilibrium averages of a lattice gas.

    Attributes
    ----------
    free_energy : -ln Z, energies over kT, ions indistinguishable
    energy, energy_variance : mean and variance of H/kT
    occupation : (N,) probability that a site holds an ion
    pair_probability : (H,) probability that both ends of each hop of the lattice do
    """

    free_energy: float
    energy: float
    energy_variance: float
    occupation: NDArray
    pair_probability: NDArray


def equilibrium_of_states(states: LatticeGasStates) -> Equilibrium:
    """Equilibrium averages over all states without a tagged ion.

    Raises
    ------
    ValueError
        An ion is tagged.
    """
    if states.tagged_site is not None:
        raise ValueError("states must have no tagged ion: with one, sites that translations join are no longer alike")
    probability, lattice = states.probability, states.gas.lattice
    energy = float(probability @ states.energy)
    occupied = states.occupation.astype(float)
    pairs = occupied.T @ (probability[:, None] * occupied)
    return Equilibrium(
        free_energy=-states.log_partition_sum,
        energy=energy,
        energy_variance=float(probability @ (states.energy - energy) ** 2),
        occupation=probability @ states.occupation,
        pair_probability=pairs[lattice.origin, lattice.destination],
    )


@dataclass(frozen=True)
class ExactTransport:
    """Diffusion of the charge and of one ion, tensors (d, d) per ion, squared length of the lattice times rate.

    Attributes
    ----------
    charge_static, tracer_static : D0, of moves without memory; they differ where moves carry several ions
    charge : D_sigma
    tracer : D*
    tracer_with_all : lim <r R>/2t of one ion's displacement and that of all, from the states with a tagged ion:
        D_sigma once more, by another way
    solver_error : bound on what the linear systems leave open of D, over D0
    state_count, tagged_state_count : number of states
    set_count : sets of states that no move joins; of several the tensors are averages
    """

    charge_static: NDArray
    tracer_static: NDArray
    charge: NDArray
    tracer: NDArray
    tracer_with_all: NDArray
    solver_error: float
    state_count: int
    tagged_state_count: int
    set_count: int

    @property
    def haven_ratio(self) -> float:
        """H_R = D*/D_sigma of the traces; NaN where no charge moves."""
        return _ratio(self.tracer, self.charge, self.charge_static)

    @property
    def tracer_correlation_factor(self) -> float:
        """f = D*/D0 of the moves of one ion; NaN where it has none."""
        return _ratio(self.tracer, self.tracer_static, self.tracer_static)

    @property
    def collective_correlation_factor(self) -> float:
        """f_I = D_sigma/D0 of the moves of charge; NaN where there are none."""
        return _ratio(self.charge, self.charge_static, self.charge_static)


def _ratio(value: NDArray, reference: NDArray, static: NDArray) -> float:
    # A D that vanishes is what D0 and the memory of the motion leave by rounding.
    known = np.trace(reference) > 1e-10 * np.trace(static)
    return float(np.trace(value) / np.trace(reference)) if known else np.nan


def exact_transport(gas: LatticeGas, *, largest: int = LARGEST_STATE_COUNT) -> ExactTransport:
    """Diffusion of the charge and of one ion of a lattice gas, from all of its states.

    Parameters
    ----------
    gas : the lattice gas
    largest : number of states that is refused above

    Raises
    ------
    ValueError
        More states than that.
    """
    together, tagged = (states_of(gas, tagged=tagged, largest=largest).chain for tagged in (False, True))
    charge, both = together.diffusion(), tagged.diffusion()
    d, n = gas.lattice.dimension, gas.ion_count
    return ExactTransport(
        charge_static=charge.static / n,
        tracer_static=both.static[:d, :d],
        charge=charge.tensor / n,
        tracer=both.tensor[:d, :d],
        tracer_with_all=(both.tensor[:d, d:] + both.tensor[d:, :d]) / 2,
        solver_error=max(charge.solver_error, both.solver_error),
        state_count=together.state_count,
        tagged_state_count=tagged.state_count,
        set_count=together.set_count,
    )
