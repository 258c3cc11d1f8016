"""Diffusion, correlation factors and order of all runs of the lattice gas, from the sums of their replicas."""

import numpy as np

from pipeline.artifacts import Column, parameters_of, read_columns, stack
from pipeline.job import Job, run
from superion.lattice_gas_diffusion import Estimates, estimates, green_kubo

SETTINGS = {
    "family": Column("", "family of the run"),
    "run": Column("", "name of the run in its family"),
    "lattice": Column("", "builder of the library, or 'site list'"),
    "sites": Column("", "number of sites of the periodic piece"),
    "ions": Column("", "number of ions"),
    "filling": Column("", "ions a site"),
    "repulsion_over_kT": Column("", "V of two ions on neighbouring sites, over kT"),
    "sublattice_energy_over_kT": Column("", "energy of the first sublattice above the other, over kT"),
    "push_rate": Column("", "rate of pushes over the unit of rates"),
    "exchange_rate": Column("", "rate of exchanges of a pair"),
    "rule": Column("", "how rates depend on energies"),
    "scheme": Column("", "how moves are made: 'pick ions', 'pick moves' or 'draw moves'"),
    "replicas": Column("", "number of replicas"),
    "blocks": Column("", "blocks of all replicas"),
    "moves_per_ion": Column("", "moves in a block over the number of ions; a push or an exchange counts once"),
}
LENGTH2 = "length^2 rate"
MEANINGS = {
    "tracer_D": (LENGTH2, "D*, of a single ion, from the slope between blocks and pairs of blocks"),
    "charge_D": (LENGTH2, "D_sigma, of all ions together, likewise"),
    "tracer_static_D": (LENGTH2, "D0 of single ions: moves without memory"),
    "charge_static_D": (LENGTH2, "D0 of all ions together"),
    "tracer_correlation": ("", "f = D*/D0"),
    "charge_correlation": ("", "f_I = D_sigma/D0; absent where moves carry no charge"),
    "haven_ratio": ("", "D*/D_sigma; absent where no charge moves"),
    "tracer_D_of_block": (LENGTH2, "<r^2>/(2 d tau) of one block, with the bias of a finite time"),
    "charge_D_of_block": (LENGTH2, "the same of all ions together"),
    "move_rate": ("rate", "moves a unit of time over the number of ions; a push or an exchange counts once"),
    "polarization": ("", "mean polarity of the sites of ions"),
    "polarization_magnitude": ("", "mean magnitude of that"),
    "binder_cumulant": ("", "1 - <m^4>/(3 <m^2>^2) of the polarization m; absent where no site has a polarity"),
    "bonds": ("", "bonds between ions, per ion; where they repel each other"),
}
OPTIONAL = {"charge_correlation", "haven_ratio", "binder_cumulant", "bonds"}
DIFFUSION = SETTINGS | {
    "estimator": Column("", "what diffusion is read from: 'displacement' or 'drift' of ions"),
    **{
        key: column
        for name, (unit, meaning) in MEANINGS.items()
        for key, column in {
            name: Column(unit, meaning, "", name in OPTIONAL),
            f"{name}_error": Column(unit, "its standard error, by jackknife over batches", "", name in OPTIONAL),
        }.items()
    },
}
GREEN_KUBO = {
    "family": SETTINGS["family"],
    "run": SETTINGS["run"],
    "time": Column("1/rate", "time t"),
    "drift_correlation": Column("length^2 rate^2", "<v(0) v(t)> of the total drift, per ion and dimension"),
    "drift_correlation_error": Column("length^2 rate^2", "its standard error"),
    "charge_D": Column(LENGTH2, "D0 less the integral of the correlation up to t"),
    "charge_D_error": Column(LENGTH2, "its standard error"),
}


def reduce_lattice_gas(job: Job) -> None:
    """A row a run and estimator; a curve for each run whose drift was correlated."""
    runs: dict[str, list[tuple[dict, dict, dict]]] = {}
    for sums, correlations in zip(job.inputs["sums"], job.inputs["correlations"], strict=True):
        settings = parameters_of(sums)["lattice_gas.run"]
        runs.setdefault(settings["name"], []).append((settings, read_columns(sums), read_columns(correlations)))
    rows = [row for name, replicas in runs.items() for row in run_rows(name, replicas)]
    table = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    job.write("diffusion", table, DIFFUSION, "Diffusion, correlation factors and order of lattice gases by Monte Carlo")
    curves = [green_kubo_rows(name, replicas) for name, replicas in runs.items() if len(replicas[0][2]["lag"])]
    empty = {name: np.empty(0, str if name in ("family", "run") else float) for name in GREEN_KUBO}
    job.write("green_kubo", stack(curves) if curves else empty, GREEN_KUBO, "Charge diffusion by Green and Kubo")


def run_rows(name: str, replicas: list) -> list[dict]:
    """Estimates of a run from displacements, and from the drift of ions where it was followed."""
    settings, first, _ = replicas[0]
    family, run_name = name.split("/")
    numbers = [key for key in first if key not in ("batch", "scheme", "sites", "ions")]
    sums = {key: np.concatenate([replica[1][key] for replica in replicas]) for key in numbers}
    sites, ions = int(first["sites"][0]), int(first["ions"][0])
    common = {
        "family": family,
        "run": run_name,
        "lattice": settings.get("builder", "site list"),
        "sites": sites,
        "ions": ions,
        "filling": ions / sites,
        "repulsion_over_kT": float(settings.get("repulsion_over_kT", 0)),
        "sublattice_energy_over_kT": float(settings.get("sublattice_energy_over_kT", 0)),
        "push_rate": float(settings.get("push_rate", 0)),
        "exchange_rate": float(settings.get("exchange_rate", 0)),
        "rule": settings.get("rule", "metropolis"),
        "scheme": " and ".join(sorted({str(replica[1]["scheme"][0]) for replica in replicas})),
        "replicas": len(replicas),
        "blocks": int(sums["blocks"].sum()),
        "moves_per_ion": sums["moves"].sum() / sums["blocks"].sum(),
    }
    drifts = [False] + [True] * bool(not np.isnan(sums["drift_tracer_square"]).any())
    return [
        common | {"estimator": "drift" if of_drift else "displacement"} | flat(estimates(sums, of_drift=of_drift))
        for of_drift in drifts
    ]


def flat(found: Estimates) -> dict[str, float]:
    """Values and errors by column."""
    pairs = found._asdict().items()
    return {key: x for name, pair in pairs for key, x in ((name, pair.value), (f"{name}_error", pair.error))}


def green_kubo_rows(name: str, replicas: list) -> dict[str, np.ndarray]:
    """Correlation of the drift and its integral, of one run."""
    family, run_name = name.split("/")
    times = int(replicas[0][2]["lag"].max()) + 1
    columns = {
        key: np.concatenate([replica[2][key] for replica in replicas]).reshape(-1, times)
        for key in ("drift_correlation", "static", "step")
    }
    step = float(columns["step"].mean())
    found = green_kubo(step, columns["drift_correlation"], columns["static"][:, 0])
    return {
        "family": np.full(times, family),
        "run": np.full(times, run_name),
        "time": found.time,
        "drift_correlation": found.correlation,
        "drift_correlation_error": found.correlation_error,
        "charge_D": found.charge_D,
        "charge_D_error": found.charge_D_error,
    }


if __name__ == "__main__":
    run(reduce_lattice_gas)
