"""Checks of the configuration that a schema cannot express: values that must fit each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from math import prod
from typing import Any

import numpy as np

from pipeline.crystal_settings import crystal_of
from pipeline.fundamentals_checks import FUNDAMENTALS_CHECKS
from pipeline.ion_runs import AXES, ion_runs
from pipeline.lattice_settings import build_lattice
from superion.harmonic_crystals import HarmonicCrystal
from superion.interstitial_bands import FARTHEST_kT, hopping_energy_eV
from superion.ion_equations import EQUATIONS, LARGEST_TABLE, TAPER_REACH
from superion.pair_interactions import PairInteraction
from superion.phonons import largest_step_ps, phonon_mesh
from superion.potential_wells import TwoSitePotential

__all__ = ["CHECKS"]

Fault = tuple[tuple[str | int, ...], str]

DENSITY_OPTIONS = {
    "constant": set(),
    "power_law": {"exponent"},
    "gaussian": {"mean_eV", "width_eV"},
    "tabulated": {"energy_eV", "density"},
}
PROBABILITIES = ("hopping_probability", "probability_by_kind", "site_energies_eV")


def ranges_ascend(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Every {start, stop, count} has start below stop."""

    def walk(value: Any, path: tuple[str | int, ...]) -> Iterator[Fault]:
        if isinstance(value, Mapping):
            if {"start", "stop"} <= set(value) and value["start"] >= value["stop"]:
                ends = f"start {value['start']!r} and stop {value['stop']!r}"
                yield path, f"got {ends}: an empty range; start must be below stop"
            for key, inner in value.items():
                yield from walk(inner, (*path, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from walk(inner, (*path, index))

    yield from walk(config, ())


def lattices_are_whole(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Each lattice is either a builder with one kind of probabilities, or written out in full."""
    for name, lattice in config["lattices"].items():
        path = ("lattices", name)
        if name == "einstein_relation":
            yield path, "the name is taken by a figure; choose another"
        if ("builder" in lattice) == ("cell" in lattice):
            yield path, "must have either 'builder', or 'cell', 'sites' and 'hops' (or 'hops_table')"
        elif "cell" in lattice:
            yield from _own_lattice(path, lattice)
        else:
            given = [key for key in PROBABILITIES if key in lattice]
            if len(given) != 1:
                yield path, f"must have exactly one of {', '.join(PROBABILITIES)}, got {given or 'none'}"
            if "site_energies_eV" in lattice:
                for key in ("saddle_energy_eV", "temperature_K"):
                    if key not in lattice:
                        yield path, f"site_energies_eV need {key!r} beside them"
            for key in ("sites", "hops", "hops_table"):
                if key in lattice:
                    yield (*path, key), "goes with 'cell', not with 'builder'"
        if "conductivity" in lattice:
            si = lattice["conductivity"]
            if "temperature_K" not in lattice and "temperature_K" not in si:
                yield (*path, "conductivity"), "needs 'temperature_K', here or in the lattice"
            dimension = len(lattice["path"]["corners"][0]["at"])
            if dimension < 3 and "cell_volume_A3" not in si:
                yield (*path, "conductivity"), f"needs 'cell_volume_A3': the lattice has {dimension} dimension(s)"


def _own_lattice(path: tuple[str, ...], lattice: Mapping[str, Any]) -> Iterator[Fault]:
    dimension = len(lattice["cell"])
    for index, vector in enumerate(lattice["cell"]):
        if len(vector) != dimension:
            yield (
                (*path, "cell", index),
                f"got {len(vector)} components, must be {dimension} as there are {dimension} vectors",
            )
    if "sites" not in lattice:
        yield path, "'cell' needs 'sites' beside it"
    else:
        names = [site["name"] for site in lattice["sites"]]
        for twice in sorted({name for name in names if names.count(name) > 1}):
            yield (*path, "sites"), f"site {twice!r} stands twice"
        for number, hop in enumerate(lattice.get("hops", [])):
            for end in ("from", "to"):
                if hop[end] not in names:
                    yield (*path, "hops", number, end), f"got {hop[end]!r}, must be one of the sites {', '.join(names)}"
    if ("hops" in lattice) == ("hops_table" in lattice):
        yield path, "must have either 'hops' or 'hops_table'"
    for key in PROBABILITIES:
        if key in lattice:
            yield (*path, key), "goes with 'builder': each hop of 'hops' has its own probability"


def lattices_can_be_built(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Hops join their sites, and leave none more often than always."""
    told = {path[1] for path, _ in lattices_are_whole(config)}
    for name, lattice in config["lattices"].items():
        if name in told:
            continue
        try:
            build_lattice(lattice)
        except ValueError as error:
            yield ("lattices", name), str(error)


lattices_can_be_built.needs_sound_values = True


def figures_have_their_lattices(config: Mapping[str, Any]) -> Iterator[Fault]:
    """The lattices that figures of a study draw are there."""
    for name in ("fig_3", "honeycomb"):
        if name not in config["lattices"]:
            yield ("lattices",), f"{name!r} must stay: a figure of the superionic study draws it"


def phonon_channels_fit(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Site lists of one length, saddles above sites, and density options that belong to the kind."""
    path = ("superionic", "phonon_channels")
    settings = config["superionic"]["phonon_channels"]
    energies, names = settings["site_energies_eV"], settings["site_names"]
    if len(energies) != len(names):
        yield (*path, "site_energies_eV"), f"got {len(energies)} energies for {len(names)} sites"
    if settings["ring_sites"] % len(names):
        yield (
            (*path, "ring_sites"),
            f"got {settings['ring_sites']!r}, must be a multiple of {len(names)} kinds of sites",
        )
    for index, mode in enumerate(settings["modes"]):
        if mode["saddle_energy_eV"] < max(energies):
            yield (
                (*path, "modes", index, "saddle_energy_eV"),
                f"got {mode['saddle_energy_eV']!r}, must not lie below the site energy {max(energies)!r}",
            )
        density = mode["density"]
        wanted, given = DENSITY_OPTIONS[density["kind"]], set(density) - {"kind"}
        for key in sorted(wanted - given):
            yield (*path, "modes", index, "density"), f"a {density['kind']} density needs {key!r}"
        for key in sorted(given - wanted):
            yield (*path, "modes", index, "density", key), f"does not belong to a {density['kind']} density"


def wells_hold_their_ions(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Energies of the quasi-ion wells lie below the barrier."""
    path, wells = ("quasi_ion", "wells"), config["quasi_ion"]["wells"]
    barrier = wells["barrier_eV"]
    for index, energy in enumerate(wells["single_energies_eV"]):
        if energy >= barrier:
            yield (*path, "single_energies_eV", index), f"got {energy!r}, must be below barrier_eV, {barrier!r}"
    if wells["energy_loss_eV"] > barrier:
        yield (*path, "energy_loss_eV"), f"got {wells['energy_loss_eV']!r}, must not exceed barrier_eV, {barrier!r}"
    largest = barrier / wells["thermal_energy_eV"]
    if wells["thermalization"] >= largest:
        found = wells["thermalization"]
        yield (*path, "thermalization"), f"got {found!r}, must be below barrier_eV/thermal_energy_eV, {largest:.4g}"


def regular_sites_are_low(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Regular sites lie below interstitial ones, and something is distorted."""
    for name in ("distorted_supercells", "percolation"):
        study = config["quasi_ion"][name]
        low, high = study["regular_energy_eV"], study["interstitial_energy_eV"]
        if low >= high:
            message = f"got {low!r}, must be below interstitial_energy_eV, {high!r}"
            yield ("quasi_ion", name, "regular_energy_eV"), message
    if not any(config["quasi_ion"]["distorted_supercells"]["distortions"]):
        yield ("quasi_ion", "distorted_supercells", "distortions"), "must hold a distortion above 0"


def conductors_can_be_doped(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Barriers of the static potential stay above the thermal motion, and mu within reach of the bands."""
    static, path = config["quasi_ion"]["static_potential"], ("quasi_ion", "static_potential")
    least = static["thermalization"] * static["thermal_energy_eV"]
    thermal, reach = static["thermal_energy_eV"], FARTHEST_kT * static["thermal_energy_eV"]
    ends = config["quasi_ion"]["doping"]["chemical_potential_eV"]
    for shallowness in static["shallownesses"]:
        potential = TwoSitePotential(shallowness, static["mean_energy_eV"])
        barriers, sites = potential.barriers_eV, (potential.regular_energy_eV, potential.interstitial_energy_eV)
        if barriers[1] <= least:
            told = f"alpha kT = {least:.4g} eV is not below the barrier of {barriers[1]:.4g} eV at shallowness"
            yield (*path, "thermalization"), f"got {static['thermalization']!r}: {told} {shallowness!r}"
            return
        hopping = abs(float(hopping_energy_eV(*sites, *(barrier - least for barrier in barriers), thermal)))
        widest = (sites[1] - sites[0]) / 2 + hopping + static["repulsion_eV"] / 2
        if widest > reach:
            told = f"must be at least {widest / FARTHEST_kT:.4g} at shallowness {shallowness!r}: floats overflow below"
            yield (*path, "thermal_energy_eV"), f"got {thermal!r}, {told}"
            return
        middle = sum(sites) / 2
        for end in ("start", "stop"):
            if abs(ends[end] - middle) > reach:
                message = f"got {ends[end]!r}, must lie within {reach:.4g} eV of the mean site energy, {middle:.4g} eV"
                yield ("quasi_ion", "doping", "chemical_potential_eV", end), message
                return


FARTHEST_CELLS = 8  # of `superion.recoil_kernels.static_recoil`
REACHED_kT = 15  # how far above its lowest energy an ion gets by itself
SPRING_KEYS = ("lattice_constant_A", "spring_constants_meV_per_A2", "atom_mass")


def crystal_is_whole(config: Mapping[str, Any]) -> Iterator[Fault]:
    """The vibrating crystal is either a structure with springs, or written out in full."""
    path, crystal = ("time_local", "crystal"), config["time_local"]["crystal"]
    written = [key for key in ("cell", "atoms", "bonds") if key in crystal]
    if crystal.get("structure") is not None:
        for key in SPRING_KEYS:
            if key not in crystal:
                yield path, f"'structure' needs {key!r} beside it"
        if written:
            yield (*path, written[0]), "needs 'structure: null' beside it"
    elif len(written) < 3:
        yield path, f"must have either a 'structure', or 'cell', 'atoms' and 'bonds', got {written or 'none'}"
    else:
        names = [atom["name"] for atom in crystal["atoms"]]
        for twice in sorted({name for name in names if names.count(name) > 1}):
            yield (*path, "atoms"), f"atom {twice!r} stands twice"
        for number, bond in enumerate(crystal["bonds"]):
            for end in ("from", "to"):
                if bond[end] not in names:
                    yield (
                        (*path, "bonds", number, end),
                        f"got {bond[end]!r}, must be one of the atoms {', '.join(names)}",
                    )


def families_are_whole(config: Mapping[str, Any]) -> Iterator[Fault]:
    """Families of ions have what their equation of motion needs, and times that are whole numbers of each other."""
    diffusion, path = config["time_local"]["diffusion"], ("time_local", "diffusion")
    for name in ("segment_ps", "equilibration_ps"):
        if not _whole_number(diffusion[name] / diffusion["record_ps"]):
            message = f"got {diffusion[name]!r}, must be a whole number of record_ps, {diffusion['record_ps']!r}"
            yield (*path, name), message
    if diffusion["fit_from_ps"] >= diffusion["segment_ps"]:
        message = f"got {diffusion['fit_from_ps']!r}, must be below segment_ps, {diffusion['segment_ps']!r}"
        yield (*path, "fit_from_ps"), message
    families = {name: family for name, family in diffusion["families"].items() if family is not None}
    if not families:
        yield (*path, "families"), "must hold a family that is not null"
    elif diffusion["reference_family"] not in families:
        names = ", ".join(families)
        yield (*path, "reference_family"), f"got {diffusion['reference_family']!r}, must be one of {names}"
    for name, family in families.items():
        at, equation = (*path, "families", name), family["equation"]
        if equation not in EQUATIONS:
            continue  # told by the schema
        if equation != "full":
            for key in ("memories_ps", "memory_periods"):
                if key in family:
                    yield (*at, key), f"belongs to the equation 'full', not to {equation!r}"
        elif "memories_ps" in family and "memory_periods" in family:
            yield (*at, "memory_periods"), "goes without 'memories_ps'"
        points = prod(len(family[axis]) for axis in AXES if axis in family)
        if sum(run.startswith(f"{name}/") for run in ion_runs(diffusion)) < points:
            yield at, "has an axis with two values so close to each other that they print the same"
        given = [key for key in ("tapers_ps", "windows_ps") if key in family]
        if len(given) != (equation == "quasi_time_local"):
            needs = "'quasi_time_local', and it alone, needs either 'tapers_ps' or 'windows_ps'"
            yield at, f"{needs}; got {' and '.join(given) or 'neither'} with {equation!r}"
        if not _whole_number(diffusion["record_ps"] / family["step_ps"]):
            message = (
                f"got {family['step_ps']!r}: record_ps, {diffusion['record_ps']!r}, must be a whole number of steps"
            )
            yield (*at, "step_ps"), message
        for key in ("memories_ps", "windows_ps"):
            for index, time in enumerate(family.get(key, [])):
                if not _whole_number(time / family["step_ps"]):
                    message = f"got {time!r}, must be a whole number of step_ps, {family['step_ps']!r}"
                    yield (*at, key, index), message
        if family.get("path_ions", 0) > family["ions"]:
            yield (*at, "path_ions"), f"got {family['path_ions']!r}, must be at most ions, {family['ions']!r}"


def _whole_number(ratio: float) -> bool:
    return ratio == 0 or (ratio > 0.5 and abs(ratio - round(ratio)) < 1e-9 * ratio)


def ions_can_move(config: Mapping[str, Any]) -> Iterator[Fault]:
    """The crystal is stable, steps are short enough for its fastest mode, and memories for its piece."""
    if any(crystal_is_whole(config)) or any(families_are_whole(config)):
        return
    study = config["time_local"]
    try:
        mesh = phonon_mesh(crystal_of(study["crystal"]), study["diffusion"]["mesh"])
        revival = mesh.revival_ps
    except ValueError as error:
        yield ("time_local", "crystal"), str(error)
        return
    crystal, start = mesh.crystal, study["diffusion"]["start"]
    images = np.array(list(product((-1, 0, 1), repeat=3))) @ crystal.cell
    apart = np.array(start) @ crystal.cell - crystal.positions - images[:, None]
    nearest, least = np.linalg.norm(apart, axis=-1).min(), study["diffusion"]["penetration_A"]
    if nearest <= least:
        message = f"got {start}: {nearest:.3g} A from an atom, must be farther than penetration_A, {least!r}"
        yield ("time_local", "diffusion", "start"), message
    for end in ("start", "end"):
        place = study["barriers"]["hop"][end]
        apart = (np.array(place) % 1) @ crystal.cell - crystal.positions - images[:, None]
        if np.linalg.norm(apart, axis=-1).min() <= least:
            message = f"got {place}: on an atom or within penetration_A, {least!r}, of one; name a site of the ion"
            yield ("time_local", "barriers", "hop", end), message
    heights = 1 / np.linalg.norm(np.linalg.inv(crystal.cell), axis=0)
    for key in ("reach_A", "convergence_reaches_A"):
        longest = np.max(study["barriers"][key])
        if np.any(2 * np.floor(longest / heights + 1e-9) + 1 > FARTHEST_CELLS):
            message = f"got {longest:g}, must be below {4 * heights.min():.4g}: half as many cells as W(0) is known for"
            yield ("time_local", "barriers", key), message
    told = set()
    for name, run in ion_runs(study["diffusion"]).items():
        family, pace = name.split("/")[0], (run["stiffness"] / run["mass"]) ** 0.5
        at = ("time_local", "diffusion", "families", family)
        fastest = mesh.largest_frequency * pace
        longest = largest_step_ps(fastest)
        if run["step_ps"] > longest and family not in told:
            told.add(family)
            about = f"the fastest mode of run {name} has Omega_max = {fastest:.4g} rad/ps"
            yield (*at, "step_ps"), f"got {run['step_ps']!r}, must be at most {longest:.3g}: {about}"
        memory = run.get("memory_ps") or run.get("memory_periods", 0) * 2 * np.pi / fastest
        memory = run.get("window_ps") or TAPER_REACH * run.get("taper_ps", 0) or memory
        if memory > revival / pace and family not in told:
            told.add(family)
            about = f"sound comes back around the {mesh.shape[0]} cells of 'mesh' after {revival / pace:.4g} ps"
            yield at, f"run {name} remembers {memory:.4g} ps, too long: {about}"
        size = mesh.cell_count * (3 * crystal.atom_count) ** 2 * (memory or revival / pace) / run["step_ps"] * 4
        remembers = run["equation"] in ("full", "quasi_time_local")
        if remembers and size > LARGEST_TABLE and family not in told:
            told.add(family)
            about = f"a table of {size / 1e9:.1f} GB in a piece of {mesh.shape} cells, must be at most 1 GB"
            yield (
                at,
                f"run {name}: the memory needs {about}; make 'mesh' smaller, the memory shorter or the step longer",
            )
    yield from _neighbours_are_enough(study, crystal)


def _neighbours_are_enough(study: Mapping[str, Any], crystal: HarmonicCrystal) -> Iterator[Fault]:
    """What the atoms beyond reach would add to the energy of an ion is no more than kT, wherever it goes by itself."""
    reach = study["diffusion"]["reach_A"]
    fractions = np.array(list(product(np.linspace(0, 1, 7), repeat=3)))
    places = fractions @ crystal.cell
    layers = 2 + int(np.ceil(reach * np.linalg.norm(np.linalg.inv(crystal.cell), axis=0).max()))
    images = np.array(list(product(range(-layers, layers + 2), repeat=3))) @ crystal.cell
    atoms = (images[:, None] + crystal.positions).reshape(-1, 3)
    # Distance of each atom from the cell, to the accuracy of the grid on it.
    apart = np.linalg.norm(places[:, None] - atoms, axis=-1)
    near = apart.min(axis=0) <= reach + 1e-9 * np.abs(crystal.cell).max()
    told = set()
    for name, run in ion_runs(study["diffusion"]).items():
        thermal = run["thermal_energy_meV"]
        pair = PairInteraction(study["interaction"]["kind"], run["strength"], study["interaction"]["length_A"])
        energies = pair.energy_meV(np.maximum(apart, 1e-3))
        whole, missed = energies.sum(axis=1), energies[:, ~near].sum(axis=1)
        visited = whole - whole.min() < REACHED_kT * thermal
        worst = missed[visited].max(initial=0.0)
        if worst > thermal and not told:
            told.add(name)
            about = f"in run {name} atoms beyond it would add up to {worst:.3g} meV to the energy of an ion"
            message = f"got {reach!r}, too short: {about}, more than kT; half a cell more may do"
            yield ("time_local", "diffusion", "reach_A"), message


ions_can_move.needs_sound_values = True


CHECKS = (
    ranges_ascend,
    lattices_are_whole,
    lattices_can_be_built,
    figures_have_their_lattices,
    phonon_channels_fit,
    wells_hold_their_ions,
    regular_sites_are_low,
    conductors_can_be_doped,
    crystal_is_whole,
    families_are_whole,
    ions_can_move,
    *FUNDAMENTALS_CHECKS,
)
"""Checks for `pipeline.configuration.load`."""
