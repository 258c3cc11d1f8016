"""Enumerate all states of small lattice gases: equilibrium, exact diffusion of charge and of an ion, correlations."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.integrate import cumulative_trapezoid

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from pipeline.lattice_gas_cells import lattice_gases, piece_of_lattice
from superion.lattice_gas_moves import LatticeGas
from superion.lattice_gas_states import ExactTransport, equilibrium_of_states, exact_transport, states_of
from superion.reversible_chains import step_correlation

SOLVED = 1e-8  # error of the linear systems, over D0, up to which they count as solved

CELL = {
    "cell": Column("", "name of the cell in the configuration"),
    "lattice": Column("", "builder of the library"),
    "site_count": Column("", "N, sites of the periodic piece"),
    "ion_count": Column("", "n, ions on them"),
    "repulsion_over_kT": Column("", "V/kT of two ions on neighbouring sites"),
    "hop_rate": Column("", "rate of a hop between equal energies, in the unit of all rates"),
    "push_rate": Column("", "rate of a push of two ions"),
    "push_angle_deg": Column("deg", "largest angle by which a push turns"),
    "exchange_rate": Column("", "rate at which two neighbouring ions swap their sites"),
}
DIFFUSION = {
    **CELL,
    "rule": Column("", "how rates depend on energies"),
    "state_count": Column("", "states of all ions"),
    "tagged_state_count": Column("", "states with one ion tagged, translations of the lattice left out"),
    "charge_static": Column(
        "", "D0 of the charge, per ion: of moves without memory; squared length of the lattice times rate"
    ),
    "tracer_static": Column("", "D0 of one ion"),
    "charge_diffusion": Column("", "D_sigma, charge diffusion coefficient", "D_sigma = lim <R^2>/(2 d n t)"),
    "tracer_diffusion": Column("", "D*, tracer diffusion coefficient", "D* = lim <r^2>/(2 d t)"),
    "cross_diffusion": Column(
        "", "what one ion's displacement has in common with that of all others", "lim <r.(R - r)>/(2 d t)"
    ),
    "haven_ratio": Column("", "H_R", "H_R = D*/D_sigma"),
    "tracer_correlation_factor": Column("", "f, tracer correlation factor", "f = D*/D0 of one ion"),
    "collective_correlation_factor": Column("", "f_I, collective correlation factor", "f_I = D_sigma/D0 of the charge"),
    "solver_error": Column("", "bound on what the linear systems leave open of D, over D0"),
    "status": Column(
        "",
        "'ok', 'nothing moves', 'no charge moves' (a Haven ratio there is not), 'states fall apart' (into sets that no "
        "move joins: averages over them) or 'not solved'",
    ),
}
TENSORS = {
    **CELL,
    "component": Column("", "Cartesian component: xx, xy, ..."),
    "charge_static": Column("", "D0 of the charge, per ion"),
    "tracer_static": Column("", "D0 of one ion"),
    "charge_diffusion": Column("", "D_sigma"),
    "tracer_diffusion": Column("", "D*"),
}
AVERAGES = {
    **CELL,
    "quantity": Column(
        "",
        "'free energy' (-ln Z), 'energy', 'energy variance' (over kT, of the piece), 'pair probability' (that both "
        "ends of a bond hold ions, mean over bonds), 'occupation' (of one site of the builder's cell)",
    ),
    "case": Column("", "name of that site; empty for what is of the whole piece"),
    "value": Column("", "value"),
}
CORRELATIONS = {
    **CELL,
    "motion": Column("", "'charge' (all ions together, per ion) or 'tracer' (one ion)"),
    "time": Column("", "time, over the unit that rates are in"),
    "velocity_autocorrelation": Column(
        "", "C(t) of drift velocities over the dimension; without 2 D0 delta(t), to which it adds with a minus sign"
    ),
    "running_diffusion": Column("", "integral of Green and Kubo up to the time", "D0 - int_0^t C(s) ds"),
    "green_kubo_sum": Column(
        "", "the same by the trapezoidal rule on the grid", "D0 - h [C(0)/2 + C(h) + ... + C(t)/2]"
    ),
    "mean_squared_displacement": Column("", "mean squared displacement", "<r^2>(t) or <R^2>(t)/n"),
    "einstein_diffusion": Column("", "its mean growth rate from 0 to the time; D0 at 0", "<r^2>/(2 d t)"),
    "step_correlation": Column(
        "",
        "<u_0 u_k>/(d h) of displacements u in a step h of the grid and in the k-th after it, k h = time; at 0 the "
        "mean square",
    ),
    "step_sum": Column("", "their sum up to the time with half of the first one", "<u_0 u_0>/2dh + sum_k <u_0 u_k>/dh"),
}


def enumerate_states(job: Job) -> None:
    """Write what all states of each cell tell."""
    cells = job.parameters["lattice_gas.exact_cells"]
    gases = [
        ({"cell": name, "lattice": settings["builder"]}, gas)
        for name, settings in cells.items()
        if settings
        for gas in lattice_gases(settings)
    ]
    diffusion, tensors, averages = [], [], []
    for cell, gas in gases:
        result = exact_transport(gas)
        row = diffusion_row(gas, result)
        if row["status"] != "ok":
            job.warn(f"cell {cell['cell']}, {gas.ion_count} ions: {row['status']}")
        diffusion.append(rows(cell, gas, **row))
        tensors.append(tensor_rows(cell, gas, result))
        averages.append(average_rows(cell, gas, cells[cell["cell"]]))
    correlations = [
        correlation_rows(cell, gas, motion, cells[cell["cell"]]["correlation_times"])
        for cell, gas in gases
        if "correlation_times" in cells[cell["cell"]]
        for motion in ("charge", "tracer")
    ]
    job.write("diffusion", stack(diffusion), DIFFUSION, "Exact diffusion of charge and of one ion in small cells")
    job.write("tensors", stack(tensors), TENSORS, "The same as tensors")
    job.write("averages", stack(averages), AVERAGES, "Equilibrium of the same cells")
    empty = {name: np.zeros(0, object if name in ("cell", "lattice", "motion") else float) for name in CORRELATIONS}
    about = "Velocity autocorrelations and mean squared displacements in small cells"
    job.write("correlations", stack(correlations) if correlations else empty, CORRELATIONS, about)


def rows(cell: Mapping[str, str], gas: LatticeGas, **columns: Any) -> dict[str, np.ndarray]:
    """Rows of one lattice gas."""
    of_gas = {key: getattr(gas, key) for key in CELL if key not in cell}
    values = {**cell, **of_gas, **columns}
    return dict(zip(values, np.broadcast_arrays(*map(np.atleast_1d, values.values())), strict=True))


def diffusion_row(gas: LatticeGas, result: ExactTransport) -> Mapping[str, Any]:
    """Scalars and status of one lattice gas."""
    d = gas.lattice.dimension
    charge, tracer = np.trace(result.charge) / d, np.trace(result.tracer) / d
    status = "ok"
    if not np.trace(result.tracer_static):
        status = "nothing moves"
    elif np.isnan(result.haven_ratio) or np.isnan(result.collective_correlation_factor):
        status = "no charge moves"
    elif result.set_count > 1:
        status = "states fall apart"
    elif result.solver_error > SOLVED:
        status = "not solved"
    return {
        "rule": gas.rule,
        "state_count": result.state_count,
        "tagged_state_count": result.tagged_state_count,
        "charge_static": np.trace(result.charge_static) / d,
        "tracer_static": np.trace(result.tracer_static) / d,
        "charge_diffusion": charge,
        "tracer_diffusion": tracer,
        "cross_diffusion": np.trace(result.tracer_with_all) / d - tracer,
        "haven_ratio": result.haven_ratio,
        "tracer_correlation_factor": result.tracer_correlation_factor,
        "collective_correlation_factor": result.collective_correlation_factor,
        "solver_error": result.solver_error,
        "status": status,
    }


def tensor_rows(cell: Mapping[str, str], gas: LatticeGas, result: ExactTransport) -> dict[str, np.ndarray]:
    """A row for each component on and above the diagonal."""
    i, j = np.triu_indices(gas.lattice.dimension)
    components = [f"{'xyz'[a]}{'xyz'[b]}" for a, b in zip(i, j, strict=True)]
    return rows(
        cell,
        gas,
        component=components,
        charge_static=result.charge_static[i, j],
        tracer_static=result.tracer_static[i, j],
        charge_diffusion=result.charge[i, j],
        tracer_diffusion=result.tracer[i, j],
    )


def average_rows(cell: Mapping[str, str], gas: LatticeGas, settings: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Equilibrium averages, occupations of the sites of the builder's cell at the end."""
    result, (lattice, _) = equilibrium_of_states(states_of(gas)), piece_of_lattice(settings)
    of_piece = {
        "free energy": result.free_energy,
        "energy": result.energy,
        "energy variance": result.energy_variance,
        "pair probability": result.pair_probability.mean(),
    }
    occupation = result.occupation.reshape(-1, lattice.site_count).mean(axis=0)
    return rows(
        cell,
        gas,
        quantity=[*of_piece, *["occupation"] * lattice.site_count],
        case=[*[""] * len(of_piece), *lattice.site_names],
        value=[*of_piece.values(), *occupation],
    )


def correlation_rows(
    cell: Mapping[str, str], gas: LatticeGas, motion: str, grid: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """Velocity autocorrelation, what it adds up to, and mean squared displacement on a grid of times from 0."""
    d, tagged = gas.lattice.dimension, motion == "tracer"
    chain = states_of(gas, tagged=tagged).chain
    step = grid["stop"] / (grid["count"] - 1)
    times = step * np.arange(grid["count"])

    def scalar(tensors: np.ndarray) -> np.ndarray:
        return np.trace(tensors[..., :d, :d], axis1=-2, axis2=-1) / d / (1 if tagged else gas.ion_count)

    result, static = chain.green_kubo(times), scalar(chain.static)
    autocorrelation = scalar(result.velocity_autocorrelation)
    squares = scalar(chain.mean_squared_displacement([*times, step * len(times)]))
    correlation, squares = step_correlation(squares) / step, squares[:-1]
    return rows(
        cell,
        gas,
        motion=motion,
        time=times,
        velocity_autocorrelation=autocorrelation,
        running_diffusion=scalar(result.running_diffusion),
        green_kubo_sum=static - cumulative_trapezoid(autocorrelation, dx=step, initial=0),
        mean_squared_displacement=d * squares,
        einstein_diffusion=np.concatenate([[static], squares[1:] / (2 * times[1:])]),
        step_correlation=correlation,
        step_sum=np.cumsum(correlation) - correlation[0] / 2,
    )


if __name__ == "__main__":
    run(enumerate_states)
