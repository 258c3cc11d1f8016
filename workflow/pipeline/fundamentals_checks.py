"""Checks of the fundamentals' configuration that a schema cannot express."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from pipeline.defect_settings import defect_set, dopant_sweeps, sets_of
from pipeline.lattice_gas_cells import lattice_gases
from pipeline.lattice_gas_runs import FILLINGS, lattice_gas_of, lattice_gas_runs
from superion.lattice_gas_diffusion import LEAST_BATCHES
from superion.lattice_gas_states import require_enumerable
from superion.periodic_potentials import HIGHEST_BARRIER
from superion.space_charge import IonPhase
from superion.units import thermal_energy_eV

__all__ = ["FUNDAMENTALS_CHECKS"]

Fault = tuple[tuple[str | int, ...], str]

FARTHEST_WALL_kT = 60  # over ze: potential up to which points are piled up before a wall on a grid


def exact_cells_can_be_enumerated(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Small cells of lattice gases can be built, and have no more states than are enumerated."""
    cells = config["lattice_gas"]["exact_cells"]
    if not any(cells.values()):
        yield ("lattice_gas", "exact_cells"), "got nothing but null: one cell must stay"
    for name, settings in cells.items():
        try:
            gases = {gas.ion_count: gas for gas in (lattice_gases(settings) if settings else ())}
            for gas in gases.values():
                for tagged in (False, True):
                    require_enumerable(gas, tagged=tagged)
        except ValueError as error:
            yield ("lattice_gas", "exact_cells", name), str(error)


exact_cells_can_be_enumerated.needs_sound_values = True


def simulations_can_run(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Families of lattice gases are whole, every run can be built, and has batches enough for error bars."""
    simulations, path = config["lattice_gas"]["simulations"], ("lattice_gas", "simulations")
    if not any(simulations["families"].values()):
        yield (*path, "families"), "got nothing but null: one family must stay"
    for name, family in simulations["families"].items():
        if family is None:
            continue
        at = (*path, "families", name)
        ways = [key for key in FILLINGS if key in family]
        if len(ways) != 1:
            yield at, f"must have one of {', '.join(FILLINGS)}, got {' and '.join(ways) or 'none'}"
        if ("builders" in family) == ("site_list" in family):
            yield at, "must have either 'builders' or 'site_list'"
        needs = {"builders": ["repeats"], "site_list": ["cell_lengths"]}
        needs["correlation_lags"] = ["block_duration"]
        for key, others in needs.items():
            for other in others:
                if key in family and other not in family:
                    yield (*at, key), f"needs {other!r} beside it"
        lengths = [key for key in ("moves_per_block", "moves_in_block", "block_duration") if key in family]
        if len(lengths) > 1:
            yield at, f"must have one of them at most, got {' and '.join(lengths)}"
        follows, scheme = family.get("follow_drift", False), family.get("scheme", "automatic")
        if "correlation_lags" in family and not follows:
            yield (*at, "correlation_lags"), "needs 'follow_drift: true' beside it"
        if follows and scheme not in ("automatic", "draw moves"):
            yield (*at, "scheme"), f"got {scheme!r}: the drift is followed by 'draw moves' alone"
        merged = simulations | family
        batches = merged["batches"] * merged["replicas"]
        if batches < LEAST_BATCHES:
            yield at, f"has {batches} batches in all its replicas, must have {LEAST_BATCHES} or more for error bars"
        if family.get("correlation_lags", 0) >= merged["blocks"]:
            message = f"got {family['correlation_lags']!r}, must be below the blocks of a batch, {merged['blocks']!r}"
            yield (*at, "correlation_lags"), message


def lattice_gases_can_be_built(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Every run of the simulations is a lattice gas that can move."""
    if any(simulations_can_run(config)):
        return
    told = set()
    for name, run in lattice_gas_runs(config["lattice_gas"]["simulations"]).items():
        family = name.split("/")[0]
        try:
            gas = lattice_gas_of(run)
            if gas.vacancy_count == 0 and not gas.exchange_rate:
                raise ValueError(f"{gas.ion_count} ions on {gas.site_count} sites: no site is free, nothing can move")
        except ValueError as error:
            if family not in told:
                told.add(family)
                yield ("lattice_gas", "simulations", "families", family), f"run {name}: {error}"


lattice_gases_can_be_built.needs_sound_values = True


def junctions_are_whole(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Solids have more sites than ions, junctions their own names, walls bearable potentials; grids halve intervals."""
    settings = config["fundamentals"]["electrochemical_equilibrium"]
    names = [junction["name"] for junction in settings["junctions"]]
    for index, junction in enumerate(settings["junctions"]):
        at = ("fundamentals", "electrochemical_equilibrium", "junctions", index)
        if junction["name"] in names[:index]:
            yield (*at, "name"), f"got {junction['name']!r} again; choose another name"
        for side in ("first", "second"):
            try:
                IonPhase(**junction[side])
            except ValueError as error:
                yield (*at, side), str(error)
    wall = settings["wall"]
    limit = FARTHEST_WALL_kT * thermal_energy_eV(wall["temperature_K"]) / wall["charge_number"]
    if 0 in wall["packing_fractions"] and abs(wall["potential_V"]) > limit:
        at = ("fundamentals", "electrochemical_equilibrium", "wall", "potential_V")
        yield (
            at,
            f"got {wall['potential_V']!r}, must be within {limit:.4g} V of 0, {FARTHEST_WALL_kT} kT/ze, before points",
        )
    intervals = settings["convergence_intervals"]
    if any(fine != 2 * coarse for coarse, fine in pairwise(intervals)):
        at = ("fundamentals", "electrochemical_equilibrium", "convergence_intervals")
        yield at, f"got {intervals!r}, each must be twice the one before"


junctions_are_whole.needs_sound_values = True


def defects_are_whole(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Each set of defects can be, and some Fermi level makes it neutral, at every number of its dopants."""
    sets = sets_of(config["fundamentals"]["point_defects"])
    for index, name in enumerate(config["fundamentals"]["point_defects"]["drawn_sets"]):
        if name not in sets:
            at = ("fundamentals", "point_defects", "drawn_sets", index)
            yield at, f"got {name!r}, must be one of the sets: {', '.join(sets) or 'all of them are null'}"
    for name, settings in sets.items():
        try:
            defects = defect_set(settings)
            defects.require_neutral()
            for label, numbers in dopant_sweeps(settings, defects).items():
                defects.require_neutral({label: numbers})
        except ValueError as error:
            yield ("fundamentals", "point_defects", "sets", name), str(error)


defects_are_whole.needs_sound_values = True


def isotopes_differ(config: Mapping[str, Any]) -> Iterator[Fault]:
    """The heavy isotope is the heavier one."""
    settings = config["fundamentals"]["isotope_effects"]
    light, heavy = settings["light_mass_u"], settings["heavy_mass_u"]
    if heavy <= light:
        at = ("fundamentals", "isotope_effects", "heavy_mass_u")
        yield at, f"got {heavy!r}, must be above light_mass_u, {light!r}"


isotopes_differ.needs_sound_values = True


def drawn_hop_is_computed(config: Mapping[str, Any]) -> Iterator[Fault]:
    """The supercell whose path is drawn is one of those computed."""
    settings = config["fundamentals"]["transition_states"]
    drawn = {key: settings["path"][key] for key in ("cells", "images")}
    if drawn not in settings["supercells"]:
        at = ("fundamentals", "transition_states", "path")
        yield at, f"got {drawn!r}, must be one of supercells, {settings['supercells']!r}"


drawn_hop_is_computed.needs_sound_values = True


def barriers_can_be_crossed(config: Mapping[str, Any]) -> Iterator[Fault]:
    """The periodic potential has a shape, barriers ascend, and the ion's barrier stays within reach of floats."""
    settings, path = config["fundamentals"]["barrier_crossing"], ("fundamentals", "barrier_crossing")
    if not any(settings["potential"]["cosines"]) and not any(settings["potential"]["sines"]):
        yield (*path, "potential"), "must have a coefficient other than 0"
    low, high = settings["unstable_modes"]["exponent_between"]
    if low >= high:
        yield (*path, "unstable_modes", "exponent_between"), f"got {[low, high]!r}, must ascend"
    barrier, coldest = settings["ion"]["barrier_eV"], settings["temperature_K"]["start"]
    highest = HIGHEST_BARRIER * thermal_energy_eV(coldest)
    if barrier > highest:
        message = f"got {barrier!r}, must be at most {highest:.4g}: {HIGHEST_BARRIER:g} kT at the lowest temperature"
        yield (*path, "ion", "barrier_eV"), message


barriers_can_be_crossed.needs_sound_values = True


FUNDAMENTALS_CHECKS = (
    barriers_can_be_crossed,
    isotopes_differ,
    drawn_hop_is_computed,
    junctions_are_whole,
    defects_are_whole,
    exact_cells_can_be_enumerated,
    simulations_can_run,
    lattice_gases_can_be_built,
)
"""Checks for `pipeline.studies`: each a function of the configuration that yields faults."""
