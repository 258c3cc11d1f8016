"""Solve electrochemical equilibrium: steps of the potential, and space charge before walls and in junctions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from scipy.interpolate import CubicSpline

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from superion.poisson_boltzmann import PotentialProfile, extrapolated_profile, junction_profile, wall_profile
from superion.space_charge import Electrolyte, IonPhase, Junction, nernst_step_V, odds
from superion.units import thermal_energy_eV

CHAPTER = "textbook chapter, 'The Thermodynamic Driving Force for Ionic Transport'"
Row = tuple[str, str, float, str, str]

STEPS = {
    "statistics": Column("", "'dilute', mu = kT ln c, or 'limited sites', mu = kT ln(c/(n_s - c))"),
    "temperature_K": Column("K", "temperature"),
    "charge_number": Column("", "z of the mobile ion"),
    "first_concentration": Column("", "1, or the share of the sites that is filled on the first side"),
    "second_concentration": Column("", "against the first, or the share that is filled on the second side"),
    "step_V": Column("V", "potential of the second side against the first", CHAPTER),
}
WALLS = {
    "packing_fraction": Column("", "share of the sites that ions fill in the bulk; 0: points"),
    "distance_nm": Column("nm", "distance from the wall"),
    "potential_V": Column("V", "closed form or quadrature", "Chapman 1913; Kilic et al. 2007"),
    "numerical_potential_V": Column("V", "of the grid, extrapolated from two", "Poisson-Boltzmann"),
    "cation_per_m3": Column("1/m^3", "concentration of the ions of charge z"),
    "anion_per_m3": Column("1/m^3", "of the ions of charge -z"),
}
CHARGES = {
    "packing_fraction": Column("", "share of the sites that ions fill in the bulk; 0: points"),
    "wall_potential_V": Column("V", "potential of the wall against the bulk"),
    "surface_charge_C_per_m2": Column("C/m^2", "charge of the wall", "Grahame 1947; Kilic et al. 2007"),
}
JUNCTIONS = {
    "junction": Column("", "name of the junction"),
    "position_nm": Column("nm", "position; the solids meet at 0"),
    "potential_V": Column("V", "quadrature of the first integral", "Poisson-Boltzmann"),
    "numerical_potential_V": Column("V", "of the grid without a field at its ends, extrapolated from two"),
    "concentration_per_m3": Column("1/m^3", "mobile ions"),
    "background_per_m3": Column("1/m^3", "fixed charge over -z e"),
    "chemical_potential_eV": Column("eV", "of the ions against the first bulk", CHAPTER),
    "electrostatic_energy_eV": Column("eV", "z e phi of the grid", CHAPTER),
    "electrochemical_potential_eV": Column("eV", "their sum, the same everywhere in equilibrium", CHAPTER),
}
CONVERGENCE = {
    "problem": Column("", "wall with its packing fraction, or junction"),
    "intervals": Column("", "of the grid, in a junction on each side"),
    "largest_error": Column("", "largest error of z e phi/kT on the grid against closed form or quadrature"),
    "order": Column("", "log2 of the error of the grid before over this one", optional=True),
    "extrapolated_error": Column("", "largest error of this grid and the one before together", optional=True),
    "extrapolated_order": Column("", "log2 of its ratio to the one before", optional=True),
    "charge_error": Column("", "relative error of the charge of the wall, or of the first solid"),
}
VALUES = {
    "quantity": Column("", "what"),
    "case": Column("", "of which wall or junction, and how it was found"),
    "value": Column("in the column unit", "its value"),
    "unit": Column("", "unit of the value"),
    "equation": Column("", "where it comes from"),
}


def solve_space_charge(job: Job) -> None:
    """Write steps, profiles, charges of walls, errors of the grids, and one row a spot value."""
    settings = job.parameters["fundamentals.electrochemical_equilibrium"]
    job.write("steps", nernst_steps(settings["nernst"]), STEPS, "Steps of the potential that hold steps of ions")
    walls, junctions = _walls(settings["wall"]), _junctions(settings["junctions"])
    start, count = settings["wall"]["potential_V"], settings["intervals"]
    profiles = {name: _extrapolated(lambda n, w=wall: wall_profile(w, start, n), count) for name, wall in walls.items()}
    built_in = {name: _extrapolated(lambda n, j=one: junction_profile(j, n), count) for name, one in junctions.items()}
    table = stack(_wall_rows(wall, profiles[name], start) for name, wall in walls.items())
    job.write("walls", table, WALLS, "Potential before a wall")
    potentials = grid(settings["wall"]["potentials_V"])
    charges = stack(
        {
            "packing_fraction": np.full(potentials.size, wall.packing_fraction),
            "wall_potential_V": potentials,
            "surface_charge_C_per_m2": wall.surface_charge_C_per_m2(potentials),
        }
        for wall in walls.values()
    )
    job.write("charges", charges, CHARGES, "Charge of walls")
    table = stack(_junction_rows(name, one, built_in[name]) for name, one in junctions.items())
    job.write("junctions", table, JUNCTIONS, "Built-in potential of junctions")
    job.write(
        "convergence",
        stack(convergence(walls, junctions, start, settings["convergence_intervals"])),
        CONVERGENCE,
        "Errors of the grids against closed forms",
    )
    rows = [*wall_values(walls, profiles, start), *junction_values(junctions, built_in, table)]
    values = {name: np.array(column) for name, column in zip(VALUES, zip(*rows, strict=True), strict=True)}
    job.write("values", values, VALUES, "Spot values of space charge")


def nernst_steps(settings: Mapping) -> dict[str, np.ndarray]:
    """Rows of the steps, dilute ones first."""
    ratios = grid(settings["concentration_ratios"], settings["marked_ratios"], logarithmic=True)
    fractions = grid(settings["site_fractions"], settings["marked_site_fractions"])
    blocks = []
    for name, first, second, sites in (
        ("dilute", 1.0, ratios, None),
        ("limited sites", settings["reference_site_fraction"], fractions, 1.0),
    ):
        for temperature, charge in product(settings["temperatures_K"], settings["charge_numbers"]):
            step = nernst_step_V(first, second, charge, temperature, sites)
            columns = (name, float(temperature), charge, first, second, step)
            blocks.append(dict(zip(STEPS, map(np.array, np.broadcast_arrays(*columns)), strict=True)))
    return stack(blocks)


def _walls(settings: Mapping) -> dict[str, Electrolyte]:
    shared = {
        key: settings[key]
        for key in ("concentration_per_m3", "relative_permittivity", "temperature_K", "charge_number")
    }
    return {
        f"wall, packing fraction {packing:g}": Electrolyte(**shared, packing_fraction=packing)
        for packing in settings["packing_fractions"]
    }


def _junctions(settings: Sequence[Mapping]) -> dict[str, Junction]:
    return {
        one["name"]: Junction(
            IonPhase(**one["first"]), IonPhase(**one["second"]), one["charge_number"], one["temperature_K"]
        )
        for one in settings
    }


def _extrapolated(profile: Callable[[int], PotentialProfile], intervals: int) -> PotentialProfile:
    return extrapolated_profile(profile(intervals), profile(2 * intervals))


def _wall_rows(wall: Electrolyte, profile: PotentialProfile, start: float) -> dict[str, np.ndarray]:
    exact = wall.potential_V(profile.position_m, start)
    columns = (
        np.full(exact.size, wall.packing_fraction),
        profile.position_m * 1e9,
        exact,
        profile.potential_V,
        *wall.concentrations_per_m3(exact),
    )
    return dict(zip(WALLS, columns, strict=True))


def _junction_rows(name: str, junction: Junction, profile: PotentialProfile) -> dict[str, np.ndarray]:
    x, potential = profile.position_m, profile.potential_V
    concentration = junction.concentration_per_m3(x, potential)
    left = x < 0
    first, second = junction.first, junction.second
    chemical = np.empty_like(x)
    for phase, inside in ((first, left), (second, ~left)):
        thermal = thermal_energy_eV(junction.temperature_K)
        entropy = np.log(odds(concentration[inside], phase.site_density_per_m3))
        chemical[inside] = phase.standard_potential_eV + thermal * entropy
    bulk = odds(first.concentration_per_m3, first.site_density_per_m3)
    chemical -= first.standard_potential_eV + thermal_energy_eV(junction.temperature_K) * np.log(bulk)
    electric = junction.charge_number * potential
    columns = (
        np.full(x.size, name),
        x * 1e9,
        junction.potential_V(x),
        potential,
        concentration,
        np.where(left, first.concentration_per_m3, second.concentration_per_m3),
        chemical,
        electric,
        chemical + electric,
    )
    return dict(zip(JUNCTIONS, columns, strict=True))


def convergence(
    walls: Mapping[str, Electrolyte], junctions: Mapping[str, Junction], start: float, intervals: Sequence[int]
) -> Iterator[dict[str, np.ndarray]]:
    """A block of rows for each problem, from the coarsest grid to the finest."""
    problems = [
        *(
            (name, lambda n, w=w: wall_profile(w, start, n), w, w.surface_charge_C_per_m2(start))
            for name, w in walls.items()
        ),
        *(
            (f"junction, {name}", lambda n, j=j: junction_profile(j, n), j, j.interface_charge_C_per_m2)
            for name, j in junctions.items()
        ),
    ]
    for name, solve, problem, charge in problems:
        profiles = [solve(n) for n in intervals]
        finest = profiles[-1].position_m
        arguments = (finest, start) if isinstance(problem, Electrolyte) else (finest,)
        exact = problem.potential_V(*arguments) / problem.thermal_V
        errors, extrapolated = [], [np.nan]
        for level, profile in enumerate(profiles):
            stride = (finest.size - 1) // (profile.position_m.size - 1)
            errors.append(np.abs(profile.potential_V / problem.thermal_V - exact[::stride]).max())
            if level:
                better = extrapolated_profile(profiles[level - 1], profile).potential_V / problem.thermal_V
                extrapolated.append(np.abs(better - exact[:: 2 * stride]).max())
        columns = (
            np.full(len(intervals), name),
            np.array(intervals),
            np.array(errors),
            _order(errors),
            np.array(extrapolated),
            _order(extrapolated),
            np.array([abs(profile.charge_C_per_m2 / charge - 1) if charge else 0.0 for profile in profiles]),
        )
        yield dict(zip(CONVERGENCE, columns, strict=True))


def _order(errors: Sequence[float]) -> np.ndarray:
    before = np.array([np.nan, *errors[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        order = np.log2(before / np.array(errors))
    return np.where(np.isfinite(order), order, np.nan)


def wall_values(
    walls: Mapping[str, Electrolyte], profiles: Mapping[str, PotentialProfile], start: float
) -> Iterator[Row]:
    """What is read off the profile before each wall."""
    for name, wall in walls.items():
        length, profile = wall.debye_length_m, profiles[name]
        yield "debye_length", name, length, "m", "sqrt(eps kT/(2 z^2 e^2 c))"
        at = float(wall.potential_V(length, start))
        yield "potential_at_debye_length", f"{name}, closed form", at, "V", "Chapman 1913; Kilic et al. 2007"
        at = float(CubicSpline(profile.position_m, profile.potential_V)(length))
        yield "potential_at_debye_length", f"{name}, grid", at, "V", "Poisson-Boltzmann"
        charge = float(wall.surface_charge_C_per_m2(start))
        yield "surface_charge", f"{name}, closed form", charge, "C/m^2", "Grahame 1947; Kilic et al. 2007"
        yield "surface_charge", f"{name}, grid", profile.charge_C_per_m2, "C/m^2", "Poisson-Boltzmann"
        crowded = float(max(concentration.max() for concentration in wall.concentrations_per_m3(np.array([start]))))
        share = crowded * wall.packing_fraction / (2 * wall.concentration_per_m3)
        yield "filled_sites_at_wall", name, share, "", "Bikerman 1942"


def junction_values(
    junctions: Mapping[str, Junction], profiles: Mapping[str, PotentialProfile], table: Mapping[str, np.ndarray]
) -> Iterator[Row]:
    """Steps of each junction, its middle, and how constant the electrochemical potential is."""
    for name, junction in junctions.items():
        profile, rows = profiles[name], table["junction"] == name
        potential = profile.potential_V
        for side, length in zip(("first", "second"), junction.debye_lengths_m, strict=True):
            yield "debye_length", f"{name}, {side}", length, "m", "sqrt(eps kT/(z^2 e^2 c (1 - c/n_s)))"
        yield "step", f"{name}, Nernst", junction.step_V, "V", CHAPTER
        yield "step", f"{name}, grid", float(potential[-1] - potential[0]), "V", "Poisson-Boltzmann"
        yield "interface_potential", f"{name}, closed form", junction.interface_V, "V", "first integral"
        middle = float(potential[potential.size // 2])
        yield "interface_potential", f"{name}, grid", middle, "V", "Poisson-Boltzmann"
        charge = junction.interface_charge_C_per_m2
        yield "charge_of_first_solid", f"{name}, closed form", charge, "C/m^2", "first integral"
        yield "charge_of_first_solid", f"{name}, grid", profile.charge_C_per_m2, "C/m^2", "Poisson-Boltzmann"
        chemical, electric, both = (
            table[f"{column}_eV"][rows]
            for column in ("chemical_potential", "electrostatic_energy", "electrochemical_potential")
        )
        yield "chemical_potential_step", name, float(chemical[-1] - chemical[0]), "eV", CHAPTER
        yield "electrostatic_energy_step", name, float(electric[-1] - electric[0]), "eV", CHAPTER
        yield "electrochemical_potential_spread", name, float(np.ptp(both)), "eV", CHAPTER


if __name__ == "__main__":
    run(solve_space_charge)
