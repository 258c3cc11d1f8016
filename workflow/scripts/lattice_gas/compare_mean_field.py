"""Put the mean field of the superionic model to the test: its lattice gas by Monte Carlo, exact and approximated."""

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from pipeline.lattice_gas_runs import lattice_gas_of, lattice_gas_runs
from superion import lattice_gas, mean_field
from superion.binder_crossings import critical_coupling
from superion.lattice_gas_moves import LatticeGas
from superion.lattice_gas_states import exact_transport
from superion.units import thermal_energy_eV

SOURCE = "Hu et al. (2026), Eqs. (43), (49), (50)"
SHARED = {
    "sites": Column("", "number of sites of the periodic piece; 0 of a curve for the infinite lattice"),
    "method": Column("", "'Monte Carlo', 'exact', 'Bethe', 'Bragg-Williams' or 'mean field'"),
    "reduced_temperature": Column("", "kT/K0"),
}
ORDER = SHARED | {
    "polarization": Column(
        "", "order parameter gamma of the honeycomb at n0 = 1; of a finite piece its mean magnitude"
    ),
    "polarization_error": Column("", "standard error; 0 of what is no simulation"),
    "binder_cumulant": Column("", "1 - <m^4>/(3 <m^2>^2)", optional=True),
    "binder_cumulant_error": Column("", "its standard error", optional=True),
}
CONDUCTION = {
    "lattice": Column("", "'chain' or 'honeycomb'"),
    **SHARED,
    "conductivity_factor": Column("", "exp(Lambda0/kT) P0 (1 - gamma^2): D_sigma over that of a lone ion", SOURCE),
    "conductivity_factor_error": Column("", "standard error; 0 of what is no simulation"),
}
CRITICAL = {
    "method": Column("", "'Monte Carlo', 'exact', 'Bethe', 'Bragg-Williams' or 'mean field'"),
    "critical_temperature": Column("", "kTc/K0 of the honeycomb at n0 = 1"),
    "critical_temperature_error": Column("", "standard error; 0 of what is no simulation"),
    "lower": Column("", "of Monte Carlo: highest temperature at which the larger piece has the larger Binder cumulant"),
    "upper": Column("", "of Monte Carlo: next temperature, at which it has the smaller one; the crossing lies between"),
}
BUILDERS = {"two_site_chain": "chain", "honeycomb": "honeycomb"}
CURVE = np.linspace(0.1, 1.2, 221)


def compare_mean_field(job: Job) -> None:
    """Tables of order, conduction and critical temperatures."""
    runs = lattice_gas_runs(job.parameters["lattice_gas.simulations"])
    table = job.table("diffusion")
    # Of displacements and drift the one that tells D_sigma with less noise.
    table = table.sort_values("charge_D_error", kind="stable").drop_duplicates(["family", "run"]).sort_index()
    table = table[table["repulsion_over_kT"] >= 0]
    table = table[
        table["lattice"].isin(BUILDERS) & (table["rule"] == "final_state_barrier") & (table["filling"] == 0.5)
    ]
    for other in ("push_rate", "exchange_rate", "sublattice_energy_over_kT"):
        table = table[table[other] == 0]
    order, conduction = [], []
    for row in table.to_dict("records"):
        lattice = BUILDERS[row["lattice"]]
        alone = lone_diffusion(lattice_gas_of(runs[f"{row['family']}/{row['run']}"]))
        repulsion = row["repulsion_over_kT"]
        shared = (row["sites"], "Monte Carlo", 1 / repulsion if repulsion else np.inf)
        conduction.append((lattice, *shared, row["charge_D"] / alone, row["charge_D_error"] / alone))
        if lattice == "honeycomb" and repulsion:
            order.append((*shared, *(row[key] for key in ("polarization_magnitude", "polarization_magnitude_error"))))
            order[-1] += (row["binder_cumulant"], row["binder_cumulant_error"])
    found = crossing(order)
    if not np.isfinite(found[0]):
        job.warn("no two honeycombs whose Binder cumulants cross: no critical temperature by Monte Carlo")
    order += [
        (0, name, t, value, 0.0, np.nan, np.nan)
        for name, values in order_curves(1 / CURVE).items()
        for t, value in zip(CURVE, values, strict=True)
    ]
    conduction += [
        (lattice, 0, name, t, value, 0.0)
        for lattice, curves in conduction_curves(1 / CURVE).items()
        for name, values in curves.items()
        for t, value in zip(CURVE, values, strict=True)
    ]
    finite = [row for row in conduction if np.isfinite(row[3])]
    job.write("order", as_columns(order, ORDER), ORDER, "Order of the honeycomb lattice gas beside its approximations")
    job.write("conduction", as_columns(finite, CONDUCTION), CONDUCTION, "Conduction of chain and honeycomb lattice gas")
    job.write("critical", as_columns(critical_rows(found), CRITICAL), CRITICAL, "Critical temperature of the honeycomb")


def as_columns(rows: list[tuple], columns: dict) -> dict[str, np.ndarray]:
    """Rows as columns."""
    return {name: np.array([row[index] for row in rows]) for index, name in enumerate(columns)}


def lone_diffusion(gas: LatticeGas) -> float:
    """D of an ion alone on the same piece."""
    tracer = exact_transport(LatticeGas(gas.lattice, 1, rule=gas.rule, hop_rate=gas.hop_rate)).tracer
    return float(np.trace(tracer) / len(tracer))


def order_curves(x: np.ndarray) -> dict[str, np.ndarray]:
    """Order parameters of the infinite honeycomb at half filling."""
    parameters = mean_field.MeanFieldParameters(0.0, 1.0, 1.0, 0.0)
    return {
        "exact": lattice_gas.honeycomb_order_parameter(x),
        "Bethe": lattice_gas.bethe_order_parameter(x, 3),
        "Bragg-Williams": lattice_gas.bragg_williams_order_parameter(1, 3, x),
        "mean field": mean_field.solve(1 / x / thermal_energy_eV(1.0), parameters).polarization,
    }


def conduction_curves(x: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Conductivity factors: exact on the chain, and the mean field, which does not tell lattices apart."""
    parameters = mean_field.MeanFieldParameters(0.0, 1.0, 1.0, 0.0)
    polarization = mean_field.solve(1 / x / thermal_energy_eV(1.0), parameters).polarization
    factor = lattice_gas.mean_field_conductivity_factor(1, x, polarization)
    return {
        "chain": {"exact": lattice_gas.chain_conductivity_factor(1, x), "mean field": factor},
        "honeycomb": {"mean field": factor},
    }


def crossing(order: list[tuple]) -> tuple[float, float, float, float]:
    """Where the Binder cumulants of the two largest pieces cross, its error, and the temperatures around it; or NaN."""
    sizes = sorted({row[0] for row in order})[-2:]
    nothing = (np.nan,) * 4
    if len(sizes) < 2:
        return nothing
    found = [{1 / row[2]: row[5:7] for row in order if row[0] == size} for size in sizes]
    common = np.array(sorted(set(found[0]) & set(found[1])))
    if len(common) < 2:
        return nothing
    values, errors = np.moveaxis([[part[x] for x in common] for part in found], 2, 0)
    try:  # sites grow as the square of lengths
        crossings = critical_coupling(np.sqrt(sizes), common, values, errors)
    except ValueError:
        return nothing
    x, error = crossings.coupling[0], crossings.error[0]
    above = np.searchsorted(common, x)
    return 1 / x, error / x**2, 1 / common[above], 1 / common[above - 1]


def critical_rows(found: tuple[float, float, float, float]) -> list[tuple]:
    """Critical temperatures by each method; of Monte Carlo only where the cumulants cross."""
    rows = [
        ("exact", lattice_gas.honeycomb_critical_temperature()),
        ("Bethe", lattice_gas.bethe_critical_temperature(1, 3)),
        ("Bragg-Williams", lattice_gas.bragg_williams_critical_temperature(1, 3)),
        ("mean field", lattice_gas.mean_field_critical_temperature(1)),
    ]
    known = [(name, float(value), 0.0, float(value), float(value)) for name, value in rows]
    return ([("Monte Carlo", *found)] if np.isfinite(found[0]) else []) + known


if __name__ == "__main__":
    run(compare_mean_field)
