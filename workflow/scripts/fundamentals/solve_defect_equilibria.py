"""Solve the equilibrium of point defects, and from it carriers, activation energies and conductivity."""

import numpy as np

from pipeline.artifacts import stack
from pipeline.defect_settings import chemical_potentials, defect_set, sets_of
from pipeline.grids import grid
from pipeline.job import Job, run
from scripts.fundamentals.defect_columns import CARRIERS, CONCENTRATIONS, CONDUCTIVITY, DISORDER, TRANSPORT, VALUES
from scripts.fundamentals.defect_rows import (
    Row,
    concentration_rows,
    conductivity_rows,
    crossing_rows,
    disorder_rows,
    empty,
    nernst_einstein_rows,
    sweeps,
    tracer_deviation,
)
from superion.defect_conductivity import carrier_conductivity
from superion.defect_equilibrium import solve_defect_equilibrium
from superion.intrinsic_disorder import neutral_pair


def solve_defect_equilibria(job: Job) -> None:
    """Write numbers of defects, conductivities, closed forms beside them, and one row a spot value."""
    settings = job.parameters["fundamentals.point_defects"]
    levels = {"neutral": None, "fixed Fermi level": float(settings["fixed_fermi_level_eV"])}
    temperature = grid(settings["temperature_K"], settings["potential_temperatures_K"])
    concentrations, conductivities, disorder = [], [], []
    rows: list[Row] = [*nernst_einstein_rows(settings["nernst_einstein"])]
    for name, one in sets_of(settings).items():
        defects = defect_set(one)
        moves = defects.formula_volume_A3 is not None and any(d.hopping and d.charge for d in defects.defects)
        net_charge, deviation = [], []
        for about, grids in sweeps(settings, one, defects):
            dopants = {about["dopant"]: grids["dopant_per_formula_unit"]} if about["dopant"] else None
            potentials = chemical_potentials(one, grids["chemical_potential_eV"])
            for condition, level in levels.items():
                equilibrium = solve_defect_equilibrium(defects, grids["temperature_K"], potentials, dopants, level)
                level_eV = {"fermi_level_eV": equilibrium.fermi_level_eV}
                point = {"set": name, "condition": condition, **about, **grids, **level_eV}
                conductivity = carrier_conductivity(equilibrium) if moves else None
                concentrations.append(concentration_rows(point, one, equilibrium, conductivity))
                if conductivity is not None:
                    conductivities.append(conductivity_rows(point, one, conductivity))
                    deviation += [tracer_deviation(one, conductivity)] if one.get("mobile_ion") else []
                if equilibrium.neutral:
                    sizes = np.abs([species.charge for species in defects.species]) @ equilibrium.per_formula_unit
                    known = sizes > 0  # else too small for a float
                    net_charge.append(
                        np.abs(equilibrium.charge_per_formula_unit[known] / sizes[known]).max(initial=0.0)
                    )
        job.tell(f"{name}: {len(net_charge)} sweeps of {', '.join(defects.labels)}")
        rows.append(("largest_net_charge", name, float(max(net_charge)), "", "over all charges by their size"))
        if deviation:
            rows.append(("largest_deviation_of_tracer_route", name, max(deviation), "", TRANSPORT))
        rows += crossing_rows(name, one, defects, levels["fixed Fermi level"])
        if (pair := neutral_pair(defects)) is not None:
            rows.append(("reaction_enthalpy", name, pair.enthalpy_eV, "eV", CARRIERS))
            disorder += disorder_rows(name, defects, pair, temperature)
    for name, blocks, columns, about in (
        ("concentrations", concentrations, CONCENTRATIONS, "Point defects in equilibrium"),
        ("conductivity", conductivities, CONDUCTIVITY, "Conductivity of crystals with point defects"),
        ("disorder", disorder, DISORDER, "Schottky and Frenkel disorder, exact and dilute"),
    ):
        job.write(name, stack(blocks) if blocks else empty(columns), columns, about)
    table = {name: np.array(column) for name, column in zip(VALUES, zip(*rows, strict=True), strict=True)}
    job.write("values", table, VALUES, "Spot values of point defects")


if __name__ == "__main__":
    run(solve_defect_equilibria)
