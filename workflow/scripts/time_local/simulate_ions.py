"""Move ions through the vibrating lattice: one bath of one run, reduced to segments as it goes."""

import time
import zlib

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.crystal_settings import crystal_of
from pipeline.job import Job, run
from superion.ion_diffusion import SegmentProtocol, run_segments
from superion.ion_motion import Equation, IonMotion, ion_system
from superion.pair_interactions import PairInteraction
from superion.phonons import phonon_mesh
from superion.thermal_vibrations import sample_vibration

SEGMENTS = {
    "ion": Column("", "number of the ion in its bath"),
    "segment": Column("", "number of the segment of its trajectory"),
    "diffusion_A2_per_ps": Column(
        "A^2/ps", "slope over 6 of the line through the origin, fitted to |Delta R|^2", "Sec. VI"
    ),
    "kinetic_temperature_meV": Column("meV", "two thirds of the mean kinetic energy"),
    "closest_A": Column("A", "smallest distance to an atom"),
    "memory_ps": Column("ps", "how far back the lattice remembers forces", optional=True),
    "unconverged": Column("", "steps' stages so far in which the self-consistent push was not found", "(16)"),
    "status": Column("", "ok, penetrated (pushed through an atom) or runaway; these start anew in the next segment"),
}
DISPLACEMENTS = {
    "lag_ps": Column("ps", "time since the start of the segment"),
    "mean_squared_displacement_A2": Column("A^2", "mean of |Delta R|^2 over ions and segments that are ok", "Fig. 6"),
    "standard_error_A2": Column("A^2", "standard error of that mean"),
    "segments": Column("", "number of segments"),
}
PATHS = {
    "ion": Column("", "number of the ion in its bath"),
    "time_ps": Column("ps", "time since the end of equilibration"),
    "x_A": Column("A", "position", "Fig. 5"),
    "y_A": Column("A", "position"),
    "z_A": Column("A", "position"),
}


def simulate_ions(job: Job) -> None:
    """One bath: thermal state of the lattice, ions in random cells, segments of their trajectories."""
    settings = job.parameters["time_local.run"]
    thermal = settings["thermal_energy_meV"]
    crystal = crystal_of(job.parameters["time_local.crystal"]).scaled(settings["stiffness"], settings["mass"])
    mesh = phonon_mesh(crystal, settings["mesh"])
    interaction = job.parameters["time_local.interaction"]
    pair = PairInteraction(interaction["kind"], settings["strength"], interaction["length_A"])
    system = ion_system(mesh, pair, job.parameters["time_local.ion_mass"], reach_A=settings["reach_A"])
    # Keyed by what the run is, so that other runs and more baths change nothing.
    key = zlib.crc32(settings["name"].encode())
    generator = np.random.default_rng(np.random.SeedSequence([settings["seed"], key, settings["bath_number"]]))
    vibration = sample_vibration(mesh, thermal, generator, settings["bath"])
    ions = settings["ions"]
    cells = generator.integers(0, mesh.shape, (ions, 3))
    velocities = system.thermal_velocities(ions, thermal, generator)
    protocol = SegmentProtocol(
        **{
            key: settings[key]
            for key in ("segment_ps", "record_ps", "fit_from_ps", "equilibration_ps", "penetration_A")
        },
        thermal_energy_meV=thermal,
        start=tuple(settings["start"]),
    )
    memory = settings.get("memory_ps")
    if "memory_periods" in settings:
        memory = settings["memory_periods"] * 2 * np.pi / mesh.largest_frequency
    equation = Equation(settings["equation"], memory, settings.get("taper_ps"), settings.get("window_ps"))
    step = settings["step_ps"]
    motion = IonMotion(
        system,
        equation,
        (cells + np.array(settings["start"])) @ crystal.cell,
        velocities,
        step,
        vibration,
        steps_per_record=round(settings["record_ps"] / step),
    )
    rows, squares, paths = [], [], []
    thinning = max(1, round(settings["path_every_ps"] / settings["record_ps"]))
    begin = time.monotonic()
    for number, batch in enumerate(run_segments(motion, protocol, settings["segments"], generator)):
        good = batch.status == "ok"
        rows.append(
            {
                "ion": np.arange(ions),
                "segment": np.full(ions, number),
                "diffusion_A2_per_ps": np.where(good, batch.diffusion_A2_per_ps, np.nan),
                "kinetic_temperature_meV": np.where(good, batch.kinetic_energy_meV * 2 / 3, np.nan),
                "closest_A": np.where(np.isfinite(batch.closest_A), batch.closest_A, np.nan),
                "memory_ps": np.full(ions, motion.memory_steps * step if equation.remembers else np.nan),
                "unconverged": motion.unconverged.copy(),
                "status": batch.status,
            }
        )
        squares.append(batch.squared_displacements_A2[good])
        paths += [
            path_rows(ion, number, batch.positions[ion], protocol, thinning) for ion in range(settings["path_ions"])
        ]
        tell(job, settings, number + 1, time.monotonic() - begin)
    status = np.concatenate([row["status"] for row in rows])
    for fault in ("penetrated", "runaway"):
        if count := int((status == fault).sum()):
            job.warn(f"{count} of {status.size} segments are left out, as an ion is '{fault}'")
    job.write("segments", stack(rows), SEGMENTS, "Segments of the trajectories of ions in one bath")
    squared = displacement_rows(protocol.lags_ps, squares)
    job.write("displacements", squared, DISPLACEMENTS, "Mean squared displacement of ions in one bath")
    empty = {name: np.empty(0, int if name == "ion" else float) for name in PATHS}
    job.write("path", stack(paths) if paths else empty, PATHS, "Thinned paths of ions in one bath")


def path_rows(ion: int, segment: int, positions: np.ndarray, protocol: SegmentProtocol, thinning: int) -> dict:
    """One ion's positions in one segment; the last is the first of the next."""
    kept = positions[:-1:thinning]
    times = segment * protocol.segment_ps + protocol.lags_ps[:-1:thinning]
    return {"ion": np.full(len(kept), ion), "time_ps": times} | {f"{x}_A": kept[:, i] for i, x in enumerate("xyz")}


def displacement_rows(lags: np.ndarray, squares: list[np.ndarray]) -> dict:
    """Mean squared displacement over all good segments."""
    together = np.concatenate(squares)
    if len(together) < 2:
        raise ValueError(f"a mean needs two segments without a fault or more, got {len(together)}")
    return {
        "lag_ps": lags,
        "mean_squared_displacement_A2": together.mean(axis=0),
        "standard_error_A2": together.std(axis=0, ddof=1) / np.sqrt(len(together)),
        "segments": np.full(len(lags), len(together)),
    }


def tell(job: Job, settings: dict, done: int, elapsed: float) -> None:
    """Say how far it is: ps of all ions, ps/s, time to go."""
    all_ps = settings["segments"] * settings["segment_ps"] * settings["ions"]
    done_ps = done * settings["segment_ps"] * settings["ions"]
    spent = done_ps + settings["equilibration_ps"] * settings["ions"]
    rate = spent / max(elapsed, 1e-9)
    job.tell(f"{done_ps:g} of {all_ps:g} ps of all ions done, {rate:.0f} ps/s, {(all_ps - done_ps) / rate:.0f} s to go")


if __name__ == "__main__":
    run(simulate_ions)
