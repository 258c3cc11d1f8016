"""Rows of the tables of point defects."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from pipeline.artifacts import Column
from pipeline.defect_settings import dopant_sweeps
from pipeline.grids import grid
from scripts.fundamentals.defect_columns import CARRIERS, CONCENTRATIONS, CONDUCTIVITY, DISORDER, KINETICS, TRANSPORT
from superion.defect_conductivity import DefectConductivity, mobile_ion_diffusion
from superion.defect_equilibrium import DefectEquilibrium, solve_defect_equilibrium
from superion.intrinsic_disorder import (
    NeutralPair,
    frenkel_site_fractions,
    frenkel_thermal_energy_eV,
    schottky_site_fraction,
    schottky_thermal_energy_eV,
)
from superion.point_defects import Defect, DefectSet
from superion.transport import nernst_einstein_conductivity_S_per_cm

__all__ = [
    "Row",
    "concentration_rows",
    "conductivity_rows",
    "crossing_rows",
    "disorder_rows",
    "empty",
    "nernst_einstein_rows",
    "sweeps",
    "tracer_deviation",
]

ION_COLUMNS = ("charge_diffusion_cm2_per_s", "tracer_diffusion_cm2_per_s", "haven_ratio")
Row = tuple[str, str, float, str, str]
Table = dict[str, np.ndarray]


def sweeps(
    settings: Mapping[str, Any], one: Mapping[str, Any], defects: DefectSet
) -> Iterator[tuple[dict[str, str], Table]]:
    """What is swept, and temperature, chemical potential and number of the dopant at every point of the sweep (P,)."""
    potentials = grid(settings["chemical_potential_eV"], settings["marked_potentials_eV"])
    temperatures = grid(settings["temperature_K"])
    cases = [
        ("chemical potential", "", settings["potential_temperatures_K"], potentials, [0.0]),
        ("temperature", "", temperatures, settings["temperature_potentials_eV"], [0.0]),
    ]
    for label, numbers in dopant_sweeps(one, defects).items():
        axes = settings["dopant_temperatures_K"], settings["dopant_potentials_eV"]
        cases.append(("dopant", label, *axes, numbers))
    for sweep, dopant, *axes in cases:
        points = [axis.ravel() for axis in np.meshgrid(*(np.asarray(axis, float) for axis in axes), indexing="ij")]
        names = ("temperature_K", "chemical_potential_eV", "dopant_per_formula_unit")
        yield {"sweep": sweep, "dopant": dopant}, dict(zip(names, points, strict=True))


def concentration_rows(
    point: Mapping[str, Any],
    one: Mapping[str, Any],
    equilibrium: DefectEquilibrium,
    conductivity: DefectConductivity | None,
) -> Table:
    """Rows of all species, one species after the other."""
    defects, shape = equilibrium.defects, equilibrium.log_per_formula_unit.shape
    gap = np.full(shape, np.nan)
    barriers = np.array([defect.hopping.barrier_eV if defect.hopping else np.nan for defect in defects.defects])
    both = gap.copy()
    both[: barriers.size] = equilibrium.formation_energy_eV[: barriers.size] + barriers[:, None]
    still = np.array(
        [not (getattr(one, "hopping", None) or getattr(one, "mobility_cm2_per_V_s", None)) for one in defects.species]
    )
    energies = np.where(still[:, None], np.nan, conductivity.thermal_energies_eV) if conductivity else gap
    columns = {
        "species": np.repeat(defects.labels, shape[1]).reshape(shape),
        "charge": np.repeat([species.charge for species in defects.species], shape[1]).reshape(shape),
        "formation_energy_eV": equilibrium.formation_energy_eV,
        "per_formula_unit": equilibrium.per_formula_unit,
        "site_fraction": equilibrium.site_fraction,
        "thermal_energy_eV": equilibrium.thermal_energies_eV(),
        "potential_slope": equilibrium.potential_slopes(one.get("chemical_potentials", {})),
        "dopant_slope": equilibrium.dopant_slopes(point["dopant"]) if point["dopant"] else gap,
        "formation_and_migration_eV": both,
        "conductivity_S_per_cm": conductivity.conductivity_S_per_cm if conductivity else gap,
        "activation_energy_eV": energies,
    }
    rows = {name: np.broadcast_to(np.asarray(value), shape) for name, value in point.items()} | columns
    return {name: rows[name].ravel() for name in CONCENTRATIONS}


def conductivity_rows(point: Mapping[str, Any], one: Mapping[str, Any], conductivity: DefectConductivity) -> Table:
    """Rows of the totals."""
    shape = conductivity.equilibrium.temperature_K.shape
    columns: Table = {
        "conductivity_S_per_cm": conductivity.total_S_per_cm,
        "ionic_conductivity_S_per_cm": conductivity.ionic_S_per_cm,
        "ionic_transference": conductivity.ionic_transference,
        "activation_energy_eV": conductivity.ionic_thermal_energy_eV,
        "dominant_carrier": conductivity.dominant,
        **dict.fromkeys(ION_COLUMNS, np.full(shape, np.nan)),
        "status": np.full(shape, "ok", dtype="U12"),
    }
    if (mobile := one.get("mobile_ion")) is not None:
        ions = mobile_ion_diffusion(
            conductivity, mobile["element"], mobile["charge_number"], mobile["per_formula_unit"]
        )
        columns["charge_diffusion_cm2_per_s"] = ions.charge_diffusion_cm2_per_s
        columns["tracer_diffusion_cm2_per_s"] = ions.tracer_diffusion_cm2_per_s
        columns["haven_ratio"] = ions.haven_ratio
        columns["status"][np.isnan(ions.charge_diffusion_cm2_per_s)] = "no ions left"
    rows = {name: np.broadcast_to(np.asarray(value), shape) for name, value in point.items()} | columns
    return {name: rows[name] for name in CONDUCTIVITY}


def tracer_deviation(one: Mapping[str, Any], conductivity: DefectConductivity) -> float:
    """Largest relative difference of n q^2 D*/(H_R kT) and what the carriers of the mobile ion conduct."""
    mobile, defects = one["mobile_ion"], conductivity.equilibrium.defects
    ions = mobile_ion_diffusion(conductivity, mobile["element"], mobile["charge_number"], mobile["per_formula_unit"])
    moving = [row for row, one in enumerate(defects.defects) if one.hopping and one.atoms.get(mobile["element"])]
    by_carriers = conductivity.conductivity_S_per_cm[moving].sum(axis=0)
    # Elsewhere it is too small for a float, or no ions are left.
    told = (by_carriers > 0) & (ions.tracer_diffusion_cm2_per_s > 0)
    by_tracer = nernst_einstein_conductivity_S_per_cm(
        (ions.tracer_diffusion_cm2_per_s / ions.haven_ratio)[told] * 1e4,  # A^2/ps
        ions.per_formula_unit[told],
        defects.formula_volume_A3,
        conductivity.equilibrium.temperature_K[told],
        mobile["charge_number"],
    )
    return float(np.abs(by_tracer / by_carriers[told] - 1).max(initial=0.0))


def disorder_rows(name: str, defects: DefectSet, pair: NeutralPair, temperature_K: np.ndarray) -> Iterator[Table]:
    """Blocks of rows of the two defects of a pair."""
    equilibrium = solve_defect_equilibrium(defects, temperature_K)
    thermal = equilibrium.thermal_energies_eV()
    closed = closed_forms(pair, temperature_K)
    for place, (defect, dilute) in enumerate(
        zip((pair.positive, pair.negative), pair.dilute_site_fractions(temperature_K), strict=True)
    ):
        row = equilibrium.row(defect.label)
        columns = (
            np.full(temperature_K.size, name),
            np.full(temperature_K.size, defect.label),
            temperature_K,
            np.full(temperature_K.size, pair.enthalpy_eV),
            equilibrium.site_fraction[row],
            closed[0][place],
            dilute,
            thermal[row],
            closed[1],
            np.full(temperature_K.size, pair.dilute_thermal_energy_eV),
        )
        yield dict(zip(DISORDER, columns, strict=True))


def closed_forms(pair: NeutralPair, temperature_K: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """Site fractions of the positive and the negative defect, and their thermal energy; NaN where no form is closed."""
    free_energy = pair.free_energy_eV(temperature_K)
    counts = pair.positive_count, pair.negative_count
    if counts == (1, 1):
        negative, positive = frenkel_site_fractions(free_energy, temperature_K, pair.sites[1], pair.sites[0])
        return (positive, negative), frenkel_thermal_energy_eV(pair.enthalpy_eV, negative, positive)
    if counts[0] * pair.sites[1] == counts[1] * pair.sites[0]:
        both = schottky_site_fraction(free_energy, temperature_K, counts)
        return (both, both), schottky_thermal_energy_eV(pair.enthalpy_eV, both, counts)
    gap = np.full(temperature_K.shape, np.nan)
    return (gap, gap), gap


def crossing_rows(name: str, one: Mapping[str, Any], defects: DefectSet, level_eV: float) -> Iterator[Row]:
    """Chemical potentials at which two mobile defects cost as much, to form alone or to form and to move."""
    moving = [defect for defect in defects.defects if defect.hopping]
    slopes = one.get("chemical_potentials", {})

    def slope(defect: Defect) -> float:
        return sum(count * slopes.get(element, 0.0) for element, count in defect.atoms.items())

    for a, b in combinations(moving, 2):
        if slope(a) == slope(b):
            continue
        case = f"{name}, {a.label} and {b.label}"
        formed = [defect.formation_energy_eV + defect.charge * level_eV for defect in (a, b)]
        moved = [energy + defect.hopping.barrier_eV for energy, defect in zip(formed, (a, b), strict=True)]
        for words, energies, source in (
            ("formation_energies", formed, CARRIERS),
            ("activation_energies", moved, KINETICS),
        ):
            potential = (energies[0] - energies[1]) / (slope(a) - slope(b))
            yield f"potential_of_equal_{words}", case, float(potential), "eV", source
            yield f"energy_where_{words}_are_equal", case, float(energies[0] - slope(a) * potential), "eV", source


def nernst_einstein_rows(settings: Mapping[str, Any]) -> Iterator[Row]:
    """Conductivity of so many carriers of each charge, in S/m."""
    for charge in settings["charge_numbers"]:
        value = 100 * nernst_einstein_conductivity_S_per_cm(
            settings["diffusion_m2_per_s"] * 1e8,  # A^2/ps
            1.0,
            1e30 / settings["density_per_m3"],
            settings["temperature_K"],
            charge,
        )
        yield "nernst_einstein_conductivity", f"z = {charge}", float(value), "S/m", TRANSPORT


def empty(columns: Mapping[str, Column]) -> Table:
    """A table without rows."""
    return {name: np.array([], float) for name in columns}
