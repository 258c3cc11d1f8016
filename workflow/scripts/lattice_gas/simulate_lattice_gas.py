"""Let ions of a lattice gas move: one replica of one run, kept as sums over batches of blocks."""

import time
import zlib

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from pipeline.lattice_gas_runs import lattice_gas_of
from superion.lattice_gas_diffusion import batch_sums, drift_correlation
from superion.lattice_gas_motion import LatticeGasMotion

LONG_s = 3.0  # between two lines of progress
SUMS = {
    "batch": Column("", "number of the batch"),
    "scheme": Column("", "how moves are made: 'pick ions', 'pick moves' or 'draw moves'"),
    "sites": Column("", "number of sites"),
    "ions": Column("", "number of ions"),
    "blocks": Column("", "blocks in the batch"),
    "time": Column("time unit", "sum of their durations; the time unit is that of the inverse rates"),
    "pair_time": Column("time unit", "the same without the first"),
    "moves": Column("", "moves an ion"),
    "tracer_static": Column("length^2", "D0 times time, of single ions"),
    "charge_static": Column("length^2", "D0 times time, of all ions together"),
    "polarization": Column("", "sum over blocks of the polarity per ion"),
    "polarization_magnitude": Column("", "sum of its magnitude"),
    "polarization_square": Column("", "sum of its square"),
    "polarization_fourth": Column("", "sum of its fourth power"),
    "bonds": Column("", "sum over blocks of the bonds between ions, per ion; where they repel each other", "", True),
    "tracer_square": Column("length^2", "squared displacements of ions in a block, over 2 d"),
    "tracer_product": Column("length^2", "products of their displacements in two successive blocks, over 2 d"),
    "charge_square": Column("length^2", "squared displacement of all ions together, over 2 d n"),
    "charge_product": Column("length^2", "products of these in two successive blocks"),
    "drift_tracer_square": Column("length^2", "as tracer_square, of the drift of ions", "", True),
    "drift_tracer_product": Column("length^2", "as tracer_product, of the drift", "", True),
    "drift_charge_square": Column("length^2", "as charge_square, of the drift", "", True),
    "drift_charge_product": Column("length^2", "as charge_product, of the drift", "", True),
}
CORRELATIONS = {
    "batch": Column("", "number of the batch"),
    "step": Column("time unit", "time between two drifts"),
    "lag": Column("", "steps between two drifts"),
    "drift_correlation": Column("length^2/time unit^2", "<v(0) v(t)> of the total drift, per ion and dimension"),
    "static": Column("length^2/time unit", "D0 of charge in the batch"),
}


def simulate_lattice_gas(job: Job) -> None:
    """One replica: sums over batches, and correlations of the drift where lags are asked for."""
    settings = job.parameters["lattice_gas.run"]
    gas = lattice_gas_of(settings)
    # Keyed by what the run is, so that other runs and more replicas change nothing.
    key = [settings["seed"], zlib.crc32(settings["name"].encode()), settings["replica_number"]]
    follow = settings.get("follow_drift", False)
    motion = LatticeGasMotion(
        gas, np.random.SeedSequence(key), settings.get("scheme", "automatic"), follow_drift=follow
    )
    frequency = motion.equilibrate(settings["equilibration_moves"])
    moves = settings.get("moves_in_block", settings["moves_per_block"] * gas.ion_count) / gas.ion_count
    duration = settings.get("block_duration", moves / frequency)
    durations, lags = np.full(settings["blocks"], duration), settings.get("correlation_lags", 0)
    rows, correlations = [], []
    begin = told = time.monotonic()
    for batch in range(settings["batches"]):
        columns = motion.run(durations)
        row = batch_sums(columns, gas.ion_count)
        rows.append(row)
        if lags:
            correlations.append((drift_correlation(columns, gas.ion_count, lags), row["charge_static"] / row["time"]))
        if (now := time.monotonic()) - told > LONG_s:
            told, done = now, batch + 1
            left = (now - begin) * (settings["batches"] / done - 1)
            rate = sum(row["moves"] for row in rows) * gas.ion_count / (now - begin)
            job.tell(f"batch {done} of {settings['batches']}, {rate:.3g} moves/s, {left:.0f} s to go")
    seconds = max(time.monotonic() - begin, 1e-9)
    made = sum(row["moves"] for row in rows) * gas.ion_count
    job.tell(
        f"{len(rows)} batches, {made:.3g} moves in {seconds:.1f} s, {made / seconds:.3g} moves/s ({motion.scheme})"
    )
    table = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    count = len(rows)
    table |= {
        "batch": np.arange(count),
        "scheme": [motion.scheme] * count,
        "sites": np.full(count, gas.site_count),
        "ions": np.full(count, gas.ion_count),
    }
    job.write("sums", table, SUMS, "Sums over batches of blocks of a lattice gas")
    job.write("correlations", correlation_rows(correlations, duration, lags), CORRELATIONS, "Correlations of the drift")


def correlation_rows(correlations: list, step: float, lags: int) -> dict[str, np.ndarray]:
    """A row for each batch and lag."""
    batches = len(correlations)
    return {
        "batch": np.repeat(np.arange(batches), lags + 1),
        "step": np.full(batches * (lags + 1), step),
        "lag": np.tile(np.arange(lags + 1), batches),
        "drift_correlation": np.concatenate([values for values, _ in correlations] or [np.empty(0)]),
        "static": np.repeat([static for _, static in correlations], lags + 1),
    }


if __name__ == "__main__":
    run(simulate_lattice_gas)
