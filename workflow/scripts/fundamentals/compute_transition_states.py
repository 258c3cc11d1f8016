"""Compute the hop of a vacancy in a Lennard-Jones crystal: barrier, vibrations, attempt frequency, rates."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from scripts.fundamentals.vacancy_hops import VacancyHop, case_name, vacancy_hop
from superion.descent_paths import descent_path
from superion.pair_crystals import ReducedUnits
from superion.saddle_points import HeldAtoms, find_minimum, find_saddle, symmetric_directions
from superion.transition_states import (
    HarmonicTransition,
    harmonic_transition,
    hop_rate,
    parabolic_tunnelling,
    quantum_rate_ratio,
    tunnelling_crossover,
    vineyard_prefactor,
    zero_point_difference,
)

KINETICS = 'textbook chapter, "Kinetics of ionic motion"'
VINEYARD = "Vineyard 1957, Eq. (10)"
CASE = Column("", "supercell: its atoms, and which periodic images of an atom count")
SUMMARY = {
    "quantity": Column("", "what"),
    "case": Column("", "supercell, and in which setting"),
    "value": Column("in the column unit", "its value"),
    "unit": Column(
        "", "unit of the value; epsilon, sigma and tau are the Lennard-Jones units of energy, length and time"
    ),
    "equation": Column("", "where the source has it"),
}
MODES = {
    "case": CASE,
    "state": Column("", "'minimum' or 'saddle'"),
    "mode": Column("", "number of the mode by frequency, from 1; 0 is the unstable one"),
    "frequency_per_tau": Column("1/tau", "cycles; of the unstable mode the modulus of its imaginary frequency"),
    "stable": Column("", "whether the mode is stable"),
    "running_prefactor_per_tau": Column(
        "1/tau",
        "nu_1 of the minimum times the ratios nu_(i+1)/nu_i of minimum and saddle up to this mode",
        VINEYARD,
        True,
    ),
}
PATHS = {
    "case": CASE,
    "neighbours": Column("", "'relaxed' (minimum-energy path) or 'stationary' (only the jumping atom moves)"),
    "jumper_progress": Column("", "position of the jumping atom along the hop, over the length of the hop"),
    "arc_length_sigma": Column("sigma", "length of the path so far, over all atoms together"),
    "energy_epsilon": Column("epsilon", "energy against the relaxed minimum", KINETICS),
}
PARTICIPATION = {
    "case": CASE,
    "atom": Column("", "number of the atom"),
    "distance_sigma": Column("sigma", "distance of its site from the middle of the hop"),
    "role": Column("", "'jumping atom' or 'neighbour'"),
    "share": Column("", "|e|^2 in the unstable mode; all add up to 1"),
}
RATES = {
    "case": CASE,
    "temperature_K": Column("K", "temperature, with the Lennard-Jones units of the configuration"),
    "thermal_energy_epsilon": Column("epsilon", "kT"),
    "classical_rate_Hz": Column("1/s", "k = nu exp(-E_m/kT) of one direction", KINETICS),
    "quantum_ratio": Column("", "rate with quantized vibrations over the classical one"),
    "quantum_rate_Hz": Column("1/s", "rate with quantized vibrations"),
    "tunnelling": Column("", "further factor of tunnelling through a parabolic barrier", "Bell 1959"),
    "status": Column("", "'ok', or 'below crossover' where a parabolic barrier has no rate"),
}
SOFTER = 0.99  # factor on all stable frequencies of the saddle


def compute_transition_states(job: Job) -> None:
    """Write barriers and attempt frequencies, vibrations, the path of the hop, the unstable mode and rates."""
    settings = job.parameters["fundamentals.transition_states"]
    units = ReducedUnits(**settings["units"])
    hops = {case_name(cell): vacancy_hop(settings, cell) for cell in settings["supercells"]}
    transitions = {}
    for name, hop in hops.items():
        transitions[name] = harmonic_transition(hop.minimum, hop.saddle, np.ones(len(hop.crystal)), 3)
        job.tell(f"{name}: E_m = {transitions[name].energy:.10g}, nu = {transitions[name].prefactor:.10g}")
    drawn = hops[case_name(settings["path"])]
    paths = stack([_relaxed_path(drawn, settings["path"]["step"]), _stationary_path(drawn, settings["path"]["points"])])
    job.write("paths", paths, PATHS, "Energy along the hop of a vacancy")
    rows = [row for name in hops for row in _summary(hops[name], transitions[name], units)]
    rows += _checks(drawn, transitions[drawn.name], paths)
    table = dict(zip(SUMMARY, map(np.array, zip(*rows, strict=True)), strict=True))
    job.write("summary", table | {"value": table["value"].astype(float)}, SUMMARY, "Barrier and attempt frequency")
    job.write("modes", stack(_modes(*item) for item in transitions.items()), MODES, "Vibrations at minimum and saddle")
    shares = stack(_participation(hop, transitions[name]) for name, hop in hops.items())
    job.write("participation", shares, PARTICIPATION, "Shares of atoms in the unstable mode")
    temperatures = grid(settings["temperature_K"])
    rates = stack(_rates(name, transition, units, temperatures) for name, transition in transitions.items())
    job.write("rates", rates, RATES, "Rates of a hop, classical and quantum")


def _summary(hop: VacancyHop, transition: HarmonicTransition, units: ReducedUnits) -> Iterator[tuple]:
    name, well, top = hop.name, transition.minimum_frequencies, transition.saddle_frequencies
    cycles = transition.unstable_frequency / (2 * np.pi)
    yield "migration_energy", name, transition.energy, "epsilon", KINETICS
    yield "migration_energy", f"{name}, as temperature", transition.energy * units.energy_K, "K", KINETICS
    yield "prefactor", name, transition.prefactor, "1/tau", VINEYARD
    yield "prefactor", f"{name}, in hertz", transition.prefactor / units.time_ps * 1e12, "1/s", VINEYARD
    # The same from determinants without masses and from the unstable mode.
    yield "prefactor", f"{name}, from the unstable mode", cycles * transition.static_ratio**0.5, "1/tau", VINEYARD
    softer = vineyard_prefactor(well, SOFTER * top)
    yield "prefactor_ratio", f"{name}, saddle softer by 1 %", softer / transition.prefactor, "", KINETICS
    one = vineyard_prefactor(well, np.concatenate([[SOFTER * top[0]], top[1:]]))
    yield "prefactor_ratio", f"{name}, one mode softer by 1 %", one / transition.prefactor, "", KINETICS
    yield "modes", f"{name}, minimum", well.size, "", VINEYARD
    yield "modes", f"{name}, saddle", top.size, "", VINEYARD
    yield "coordinates", name, 3 * len(hop.crystal), "", VINEYARD
    yield "unstable_frequency", name, cycles, "1/tau", VINEYARD
    for state, frequencies in (("minimum", well), ("saddle", top)):
        mean = np.exp(np.log(frequencies).mean()) / (2 * np.pi)
        yield "geometric_mean_frequency", f"{name}, {state}", mean, "1/tau", ""
        mean_THz = mean / units.time_ps
        yield "geometric_mean_frequency", f"{name}, {state}, in terahertz", mean_THz, "THz", ""
    yield "jumper_share", name, transition.participation[hop.jumper], "", ""
    difference = zero_point_difference(well, top, units.planck)
    yield "zero_point_difference", f"{name}, as temperature", difference * units.energy_K, "K", ""
    crossover = tunnelling_crossover(transition.unstable_frequency, units.planck)
    yield "tunnelling_crossover", f"{name}, as temperature", crossover * units.energy_K, "K", ""
    yield "largest_force", f"{name}, minimum", hop.minimum.largest_force, "epsilon/sigma", ""
    yield "largest_force", f"{name}, saddle", hop.saddle.largest_force, "epsilon/sigma", ""


def _checks(hop: VacancyHop, transition: HarmonicTransition, paths: Mapping[str, np.ndarray]) -> Iterator[tuple]:
    """The same saddle found otherwise, where its path ends, and the hop between stationary neighbours."""
    climb = np.zeros_like(hop.sites)
    climb[hop.jumper] = hop.hop
    climbed = find_saddle(hop.crystal, hop.minimum.positions + 0.1 * climb, along=climb)
    yield "saddle_energy_difference", f"{hop.name}, followed uphill", climbed.energy - hop.saddle.energy, "epsilon", ""
    normal = hop.hop / np.linalg.norm(hop.hop)
    mirror = np.eye(3) - 2 * np.outer(normal, normal)
    middle = hop.half_way[hop.jumper]
    mirrored = (hop.half_way - middle) @ mirror + middle
    apart = np.linalg.norm(hop.crystal.wrapped(mirrored[:, None] - hop.half_way), axis=-1)
    even = symmetric_directions(mirror, apart.argmin(axis=1))
    constrained = find_minimum(hop.crystal, hop.half_way, directions=even)
    difference = constrained.energy - hop.saddle.energy
    yield "saddle_energy_difference", f"{hop.name}, least symmetric energy", difference, "epsilon", ""
    relaxed = paths["energy_epsilon"][paths["neighbours"] == "relaxed"]
    yield "path_end_energy", f"{hop.name}, start", relaxed[0], "epsilon", KINETICS
    yield "path_end_energy", f"{hop.name}, end", relaxed[-1], "epsilon", KINETICS
    for setting, held in (("after relaxation", hop.minimum.positions), ("on their sites", hop.sites)):
        surface = HeldAtoms(hop.crystal, held, np.array([hop.jumper]))
        minimum = find_minimum(surface, held[[hop.jumper]])
        saddle = find_saddle(surface, held[[hop.jumper]] + hop.hop / 2, along=hop.hop[None])
        alone = harmonic_transition(minimum, saddle, [1.0], 0)
        name = f"{hop.name}, stationary neighbours {setting}"
        yield "migration_energy", name, alone.energy, "epsilon", KINETICS
        yield "prefactor", name, alone.prefactor, "1/tau", VINEYARD


def _relaxed_path(hop: VacancyHop, step: float) -> dict[str, np.ndarray]:
    ahead = np.zeros_like(hop.sites)
    ahead[hop.jumper] = hop.hop
    back, forth = (descent_path(hop.crystal, hop.saddle, sign * ahead, step=step) for sign in (-1, 1))
    positions = np.concatenate([back.positions[::-1], forth.positions[1:]])
    arc = np.concatenate([back.arc_length[-1] - back.arc_length[::-1], back.arc_length[-1] + forth.arc_length[1:]])
    energy = np.concatenate([back.energy[::-1], forth.energy[1:]]) - hop.minimum.energy
    return _path(hop, "relaxed", positions[:, hop.jumper], arc, energy)


def _stationary_path(hop: VacancyHop, points: int) -> dict[str, np.ndarray]:
    surface = HeldAtoms(hop.crystal, hop.minimum.positions, np.array([hop.jumper]))
    way = np.linspace(0, 1, int(points))
    places = hop.minimum.positions[hop.jumper] + way[:, None] * hop.hop
    energy = np.array([surface.energy(place[None]) for place in places]) - hop.minimum.energy
    return _path(hop, "stationary", places, way * np.linalg.norm(hop.hop), energy)


def _path(
    hop: VacancyHop, neighbours: str, jumper: np.ndarray, arc_length: np.ndarray, energy: np.ndarray
) -> dict[str, np.ndarray]:
    return {
        "case": np.repeat(hop.name, energy.size),
        "neighbours": np.repeat(neighbours, energy.size),
        "jumper_progress": (jumper - hop.sites[hop.jumper]) @ hop.hop / (hop.hop @ hop.hop),
        "arc_length_sigma": arc_length,
        "energy_epsilon": energy,
    }


def _modes(name: str, transition: HarmonicTransition) -> dict[str, np.ndarray]:
    well, top = (f / (2 * np.pi) for f in (transition.minimum_frequencies, transition.saddle_frequencies))
    ratios = well[1:] / top
    running = well[0] * np.concatenate([[1.0], np.cumprod(ratios)])
    states = ["minimum"] * well.size + ["saddle"] * (top.size + 1)
    return {
        "case": np.repeat(name, len(states)),
        "state": np.array(states),
        "mode": np.concatenate([np.arange(1, well.size + 1), np.arange(top.size + 1)]),
        "frequency_per_tau": np.concatenate([well, [transition.unstable_frequency / (2 * np.pi)], top]),
        "stable": np.concatenate([np.ones(well.size, bool), [False], np.ones(top.size, bool)]),
        "running_prefactor_per_tau": np.concatenate([running, np.full(top.size + 1, np.nan)]),
    }


def _participation(hop: VacancyHop, transition: HarmonicTransition) -> dict[str, np.ndarray]:
    middle = hop.half_way[hop.jumper]
    distance = np.linalg.norm(hop.crystal.wrapped(hop.sites - middle), axis=1)
    return {
        "case": np.repeat(hop.name, distance.size),
        "atom": np.arange(distance.size),
        "distance_sigma": distance,
        "role": np.where(np.arange(distance.size) == hop.jumper, "jumping atom", "neighbour"),
        "share": transition.participation,
    }


def _rates(name: str, transition: HarmonicTransition, units: ReducedUnits, temperature_K: np.ndarray) -> dict[str, Any]:
    thermal = temperature_K / units.energy_K
    spectra = transition.minimum_frequencies, transition.saddle_frequencies
    ratio = quantum_rate_ratio(*spectra, units.planck, thermal)
    classical = hop_rate(transition.prefactor / units.time_ps * 1e12, transition.energy, thermal)
    above = thermal > tunnelling_crossover(transition.unstable_frequency, units.planck)
    tunnelling = np.full(thermal.size, np.nan)
    tunnelling[above] = parabolic_tunnelling(transition.unstable_frequency, units.planck, thermal[above])
    return {
        "case": np.repeat(name, thermal.size),
        "temperature_K": temperature_K,
        "thermal_energy_epsilon": thermal,
        "classical_rate_Hz": classical,
        "quantum_ratio": ratio,
        "quantum_rate_Hz": classical * ratio,
        "tunnelling": tunnelling,
        "status": np.where(above, "ok", "below crossover"),
    }


if __name__ == "__main__":
    run(compute_transition_states)
