"""Move ions through the vibrating lattice: one bath of one run, reduced to segments as it goes."""

import time
import zlib

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.crystal_settings import crystal_of
from pipeline.job import Job, run
from superion.ion_diffusion import SegmentBatch, SegmentProtocol, run_segments
from superion.ion_equations import Equation
from superion.ion_motion import IonMotion, ion_system
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
    "unconverged": Column("", "stages of steps so far in which no self-consistent push was found", "(16)"),
    "status": Column("", "ok, penetrated (pushed through an atom), runaway, or started anew (the segment after these)"),
}
DISPLACEMENTS = {
    "lag_ps": Column("ps", "time since the start of the segment"),
    "mean_squared_displacement_A2": Column("A^2", "mean of |Delta R|^2 over ions and segments that are ok", "Fig. 6"),
    "standard_error_A2": Column("A^2", "standard error of that mean"),
    "segments": Column("", "number of segments that are ok"),
    "status": Column("", "ok, or too few segments (fewer than two are ok)"),
}
PATHS = {
    "ion": Column("", "number of the ion in its bath"),
    "segment": Column("", "number of the segment of its trajectory"),
    "time_ps": Column("ps", "time since the end of equilibration"),
    "x_A": Column("A", "position", "Fig. 5"),
    "y_A": Column("A", "position"),
    "z_A": Column("A", "position"),
    "status": Column("", "that of the segment; a runaway has no position"),
}
TIMES = ("segment_ps", "record_ps", "fit_from_ps", "equilibration_ps")


def simulate_ions(job: Job) -> None:
    """One bath: segments of the trajectories of its ions, as they come."""
    settings = job.parameters["time_local.run"]
    # Keyed by what the run is, so that other runs and more baths change nothing.
    key = [settings["seed"], zlib.crc32(settings["name"].encode()), settings["bath_number"]]
    generator = np.random.default_rng(np.random.SeedSequence(key))
    motion = start_motion(job.parameters, generator)
    remembers = motion.equation.remembers
    protocol = SegmentProtocol(
        **{name: settings[name] for name in TIMES},
        penetration_A=0.0 if remembers else settings["penetration_A"],
        thermal_energy_meV=settings["thermal_energy_meV"],
        start=tuple(settings["start"]),
    )
    memory = motion.memory_steps * motion.step_ps if remembers else np.nan
    rows, squares, paths = [], [], []
    begin = time.monotonic()
    for number, batch in enumerate(run_segments(motion, protocol, settings["segments"], generator)):
        rows.append(segment_rows(number, batch, memory, motion.unconverged))
        squares.append(batch.squared_displacements_A2[batch.status == "ok"])
        paths += [path_rows(ion, number, batch, protocol, settings) for ion in range(settings["path_ions"])]
        tell(job, settings, number + 1, time.monotonic() - begin)
    status = np.concatenate([row["status"] for row in rows])
    for fault in ("penetrated", "runaway"):
        if count := int((status == fault).sum()):
            job.warn(f"{count} of {status.size} segments are left out, as an ion is '{fault}', and as many after them")
    job.write("segments", stack(rows), SEGMENTS, "Segments of the trajectories of ions in one bath")
    squared = displacement_rows(protocol.lags_ps, np.concatenate(squares))
    job.write("displacements", squared, DISPLACEMENTS, "Mean squared displacement of ions in one bath")
    empty = {name: np.empty(0, {"ion": int, "segment": int, "status": str}.get(name, float)) for name in PATHS}
    job.write("path", stack(paths) if paths else empty, PATHS, "Thinned paths of ions in one bath")


def start_motion(parameters: dict, generator: np.random.Generator) -> IonMotion:
    """Ions in random cells, with velocities of Maxwell's, in a thermal state of the lattice."""
    settings, interaction = parameters["time_local.run"], parameters["time_local.interaction"]
    thermal, step = settings["thermal_energy_meV"], settings["step_ps"]
    crystal = crystal_of(parameters["time_local.crystal"]).scaled(settings["stiffness"], settings["mass"])
    mesh = phonon_mesh(crystal, settings["mesh"])
    pair = PairInteraction(interaction["kind"], settings["strength"], interaction["length_A"])
    system = ion_system(mesh, pair, parameters["time_local.ion_mass"], reach_A=settings["reach_A"])
    memory = settings.get("memory_ps")
    if "memory_periods" in settings:
        memory = settings["memory_periods"] * 2 * np.pi / mesh.largest_frequency
    equation = Equation(settings["equation"], memory, settings.get("taper_ps"), settings.get("window_ps"))
    vibration = sample_vibration(mesh, thermal, generator, settings["bath"])
    cells = generator.integers(0, mesh.shape, (settings["ions"], 3))
    velocities = system.thermal_velocities(settings["ions"], thermal, generator)
    positions = (cells + np.array(settings["start"])) @ crystal.cell
    steps = round(settings["record_ps"] / step)
    return IonMotion(system, equation, positions, velocities, step, vibration, steps_per_record=steps)


def segment_rows(number: int, batch: SegmentBatch, memory_ps: float, unconverged: np.ndarray) -> dict:
    """One segment of every ion."""
    good, ions = batch.status == "ok", len(batch.status)
    return {
        "ion": np.arange(ions),
        "segment": np.full(ions, number),
        "diffusion_A2_per_ps": np.where(good, batch.diffusion_A2_per_ps, np.nan),
        "kinetic_temperature_meV": np.where(good, batch.kinetic_energy_meV * 2 / 3, np.nan),
        "closest_A": np.where(np.isfinite(batch.closest_A), batch.closest_A, np.nan),
        "memory_ps": np.full(ions, memory_ps),
        "unconverged": unconverged.copy(),
        "status": batch.status,
    }


def path_rows(ion: int, segment: int, batch: SegmentBatch, protocol: SegmentProtocol, settings: dict) -> dict:
    """One ion's thinned positions in one segment; its last is the first of the next."""
    thinning = max(1, round(settings["path_every_ps"] / settings["record_ps"]))
    kept = batch.positions[ion, :-1:thinning]
    if batch.status[ion] == "runaway":
        kept = np.full_like(kept, np.nan)
    return {
        "ion": np.full(len(kept), ion),
        "segment": np.full(len(kept), segment),
        "time_ps": segment * protocol.segment_ps + protocol.lags_ps[:-1:thinning],
        **{f"{x}_A": kept[:, i] for i, x in enumerate("xyz")},
        "status": np.full(len(kept), batch.status[ion]),
    }


def displacement_rows(lags: np.ndarray, squares: np.ndarray) -> dict:
    """Mean squared displacement over all good segments."""
    enough = len(squares) > 1
    mean, error = np.full(len(lags), np.nan), np.full(len(lags), np.nan)
    if enough:
        mean, error = squares.mean(axis=0), squares.std(axis=0, ddof=1) / np.sqrt(len(squares))
    return {
        "lag_ps": lags,
        "mean_squared_displacement_A2": mean,
        "standard_error_A2": error,
        "segments": np.full(len(lags), len(squares)),
        "status": np.full(len(lags), "ok" if enough else "too few segments"),
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
