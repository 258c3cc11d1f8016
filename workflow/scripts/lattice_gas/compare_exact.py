"""Hold the Monte Carlo of lattice gases against what is exact for the same periodic piece."""

from collections.abc import Iterator
from math import comb

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from pipeline.lattice_gas_runs import lattice_gas_of, lattice_gas_runs
from superion.correlation_factors import finite_cell_correlation_factor
from superion.exclusion_transport import exclusion_diffusion, ring_conductivity_factor
from superion.lattice import BUILDERS
from superion.lattice_gas_moves import LatticeGas
from superion.lattice_gas_states import exact_transport, state_count

MOST_STATES = 20_000  # of cells whose states are all taken: some seconds
CHARGE_MOVES = 1e-10  # D_sigma over D* below which it is nothing but roundings: ions exchange, and charge stays
FAR = 3  # standard errors beyond which a deviation is told of
COMPARISON = {
    "family": Column("", "family of the run"),
    "run": Column("", "name of the run in its family"),
    "estimator": Column("", "what diffusion is read from: 'displacement', 'drift' or 'Green-Kubo'"),
    "quantity": Column("", "column of lattice_gas/diffusion"),
    "value": Column("", "by Monte Carlo, in the unit of that column"),
    "error": Column("", "its standard error; 0 where the estimator has no noise"),
    "exact": Column("", "exact for the same periodic piece"),
    "by": Column("", "what it follows from: 'exclusion alone', 'one vacancy', 'ring' or 'all states'"),
    "deviation": Column("", "value less exact, in standard errors; 0 where both agree to rounding"),
    "relative_error": Column("", "standard error over the exact value"),
}


def compare_exact(job: Job) -> None:
    """A row for each number of a run that is known exactly."""
    runs = lattice_gas_runs(job.parameters["lattice_gas.simulations"])
    table = job.table("diffusion")
    rows, known = [], {}
    for row in [*table.to_dict("records"), *green_kubo_values(job.table("green_kubo"))]:
        name = f"{row['family']}/{row['run']}"
        if row.get("moves_per_ion", 1) < 1:
            continue  # blocks so short that ions have not forgotten their last move
        if name not in known:
            known[name] = list(exact_values(runs[name]))
        for quantity, exact, by in known[name]:
            if quantity not in row:
                continue
            value, error = row[quantity], row[f"{quantity}_error"]
            same = abs(value - exact) <= 1e-9 * abs(exact)
            rows.append(
                {key: row[key] for key in ("family", "run", "estimator")}
                | {"quantity": quantity, "value": value, "error": error, "exact": exact, "by": by}
                | {"deviation": 0.0 if same else (value - exact) / error, "relative_error": error / abs(exact)}
            )
    columns = {name: np.array([row[name] for row in rows]) for name in COMPARISON}
    for index in np.flatnonzero(np.abs(columns["deviation"]) > FAR):
        about = f"{columns['family'][index]}/{columns['run'][index]}: {columns['quantity'][index]}"
        job.warn(f"{about} is {columns['deviation'][index]:.1f} standard errors from the exact value")
    job.write("comparison", columns, COMPARISON, "Monte Carlo of lattice gases beside exact values")


def green_kubo_values(table) -> list[dict]:
    """Charge diffusion of runs whose drift was correlated, by the integral as far as it is known."""
    last = table.sort_values("time").groupby(["family", "run"], sort=False).tail(1)
    return last.assign(estimator="Green-Kubo").to_dict("records")


def exact_values(settings: dict) -> Iterator[tuple[str, float, str]]:
    """Quantities of a run that are known exactly, each with what it follows from."""
    gas = lattice_gas_of(settings)
    lattice = gas.lattice
    if excludes_alone(gas):
        tensors = exclusion_diffusion(lattice, gas.ion_count)
        static, charge = (gas.hop_rate * float(np.trace(part)) / lattice.dimension for part in tensors)
        yield "charge_correlation", charge / static, "exclusion alone"
        yield "charge_D", charge, "exclusion alone"
        if gas.vacancy_count == 1:
            small, cells = lattice, 1
            if "builder" in settings:
                small, cells = BUILDERS[settings["builder"]](**settings.get("builder_options", {})), settings["repeat"]
            tracer = finite_cell_correlation_factor(small, cells).tracer
            square = small.displacement.T @ small.displacement
            yield "tracer_correlation", float(np.trace(tracer @ square) / np.trace(square)), "one vacancy"
            return
    elif is_ring(gas, settings):
        lone = gas.hop_rate * float((lattice.displacement**2).sum()) / (2 * gas.site_count)
        factor = float(ring_conductivity_factor(gas.site_count, gas.ion_count, gas.repulsion_over_kT))
        yield "charge_D", lone * factor, "ring"
        return
    # At least so many; to count them all takes the translations of the lattice.
    if comb(gas.site_count - 1, gas.ion_count - 1) > MOST_STATES:
        return
    if state_count(gas, tagged=True) <= MOST_STATES:
        exact = exact_transport(gas)
        tracer, charge = (float(np.trace(a) / len(a)) for a in (exact.tracer, exact.charge))
        yield "tracer_D", tracer, "all states"
        if charge > CHARGE_MOVES * tracer:
            yield "haven_ratio", tracer / charge, "all states"
        if not excludes_alone(gas) and charge > CHARGE_MOVES * tracer:
            yield "charge_D", charge, "all states"


def excludes_alone(gas: LatticeGas) -> bool:
    """Whether ions but exclude each other."""
    alike = np.ptp(gas.site_energy_over_kT) == 0 and gas.repulsion_over_kT == 0
    return bool(alike and gas.push_rate == gas.exchange_rate == 0)


def is_ring(gas: LatticeGas, settings: dict) -> bool:
    """Whether it is a ring of equal sites and bonds whose ions pay for what they find at their destination."""
    equal = np.ptp(np.abs(gas.lattice.displacement)) < 1e-9 and np.ptp(gas.site_energy_over_kT) == 0
    plain = gas.push_rate == gas.exchange_rate == 0 and gas.rule == "final_state_barrier"
    return bool(gas.lattice.dimension == 1 and "builder" in settings and equal and plain and gas.site_count > 2)


if __name__ == "__main__":
    run(compare_exact)
