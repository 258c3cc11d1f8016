"""Simulate Langevin dynamics in a periodic potential and hold it to the exact diffusion coefficient."""

import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from superion.barrier_crossing import relaxation_time, transition_state_diffusion
from superion.klein_kramers import exact_diffusion
from superion.langevin_kernels import LANES
from superion.langevin_motion import (
    Crossings,
    Estimate,
    LangevinMotion,
    crossings_from_the_top,
    diffusion_of_displacements,
    fastest_frequency,
    transmitted_diffusion,
)
from superion.periodic_potentials import PeriodicPotential

UNITS = "; reduced units: lengths a/2pi, energies kT, masses m"
SETTING = {
    "method": Column("", "'from the top' (pairs started at a barrier), or 'squared displacements' (in equilibrium)"),
    "reduced_barrier": Column("", "E/kT"),
    "reduced_friction": Column("", "friction rate" + UNITS),
    "time_step": Column("", "time step" + UNITS),
    "time_step_ratio": Column("", "time step times the largest frequency of the potential"),
}
DIFFUSION = {
    **SETTING,
    "duration": Column("", "time that each particle moves" + UNITS),
    "particles": Column("", "number of particles"),
    "diffusion": Column("", "D" + UNITS, "Chandler 1978"),
    "standard_error": Column("", "of D, from independent batches" + UNITS),
    "exact_diffusion": Column("", "D of the Klein-Kramers equation" + UNITS, "Risken, Ch. 11"),
    "relative_deviation": Column("", "of D from it"),
    "relative_error": Column("", "standard error over the exact D"),
    "deviation_in_errors": Column("", "deviation over the standard error"),
    "transmission": Column("", "D/(a^2 k)"),
    "transmission_error": Column("", "its standard error"),
    "net_passage": Column(
        "", "probability to stay across, of those that cross, less that of the others", optional=True
    ),
    "net_passage_error": Column("", "its standard error", optional=True),
    "uncaught": Column("", "share of particles that kept too much energy to the end", optional=True),
}
PASSAGES = {
    "reduced_barrier": SETTING["reduced_barrier"],
    "reduced_friction": SETTING["reduced_friction"],
    "well": Column("", "well in which a particle that crossed to the right is caught: 0 the next, -1 the one it left"),
    "share": Column("", "share of these particles"),
    "standard_error": Column("", "its standard error"),
}


@dataclass(frozen=True)
class Simulation:
    """One run: what it is called, which decides its random numbers, and how it goes."""

    method: str
    motion: LangevinMotion
    time_step_ratio: float
    batches: int
    relaxation_times: float

    @property
    def name(self) -> str:
        """Method, barrier, friction and time step."""
        motion = self.motion
        numbers = (motion.reduced_barrier, motion.reduced_friction, self.time_step_ratio)
        return " ".join([self.method, *(f"{number:g}" for number in numbers)])

    @property
    def duration(self) -> float:
        """Time that each particle moves."""
        motion = self.motion
        slowest = relaxation_time(motion.reduced_barrier, motion.reduced_friction, motion.potential)
        return self.relaxation_times * float(slowest)


def simulate_langevin(job: Job) -> None:
    """Write D of every run beside the exact one, where particles that cross end, and D at several time steps."""
    settings = job.parameters["fundamentals.barrier_crossing"]
    potential = PeriodicPotential(tuple(settings["potential"]["cosines"]), tuple(settings["potential"]["sines"]))
    langevin = settings["langevin"]
    groups = {
        "diffusion": [*_crossing_runs(langevin, potential), *_displacement_runs(langevin, potential)],
        "time_steps": list(_time_step_runs(langevin, potential)),
    }
    total, begin = sum(map(len, groups.values())), time.monotonic()
    tables: dict[str, list[dict]] = {name: [] for name in groups}
    passages, done = [], 0
    for name, simulations in groups.items():
        for simulation in simulations:
            seed = np.random.SeedSequence([langevin["seed"], zlib.crc32(simulation.name.encode())])
            estimate, crossings = _simulate(simulation, seed, langevin)
            tables[name].append(_row(simulation, estimate, crossings))
            if name == "diffusion" and crossings is not None:
                passages.append(_passages(simulation.motion, crossings))
            done += 1
            spent = time.monotonic() - begin
            told = f"D = {estimate.value:.4g} +- {estimate.standard_error:.1g}"
            job.tell(f"run {done} of {total} ({simulation.name}): {told}; {spent:.1f} s")
    job.write("diffusion", stack(tables["diffusion"]), DIFFUSION, "Diffusion coefficients of Langevin dynamics")
    job.write("passages", stack(passages), PASSAGES, "Wells in which particles end that crossed a barrier top")
    job.write("time_steps", stack(tables["time_steps"]), DIFFUSION, "Langevin dynamics with several time steps")


def _motion(potential: PeriodicPotential, barrier: float, friction: float, ratio: float) -> LangevinMotion:
    return LangevinMotion(barrier, friction, ratio / fastest_frequency(barrier, potential), potential)


def _crossing_runs(langevin: Mapping, potential: PeriodicPotential) -> Iterator[Simulation]:
    own, ratio = langevin["crossings"], langevin["time_step_ratio"]
    for barrier in own["reduced_barriers"]:
        for friction in own["reduced_frictions"]:
            motion = _motion(potential, barrier, friction, ratio)
            yield Simulation("from the top", motion, ratio, own["batches"], langevin["relaxation_times"])


def _displacement_runs(langevin: Mapping, potential: PeriodicPotential) -> Iterator[Simulation]:
    """As many batches as a fixed number of steps allows, whatever the relaxation time."""
    own, ratio = langevin["displacements"], langevin["time_step_ratio"]
    for friction in own["reduced_frictions"]:
        motion = _motion(potential, own["reduced_barrier"], friction, ratio)
        one = Simulation("squared displacements", motion, ratio, 2, own["relaxation_times"])
        batches = max(2, round(own["steps"] * motion.time_step / one.duration / LANES))
        yield Simulation(one.method, motion, ratio, batches, own["relaxation_times"])


def _time_step_runs(langevin: Mapping, potential: PeriodicPotential) -> Iterator[Simulation]:
    own = langevin["time_steps"]
    for ratio in own["ratios"]:
        motion = _motion(potential, own["reduced_barrier"], own["reduced_friction"], ratio)
        yield Simulation("from the top", motion, ratio, own["batches"], langevin["relaxation_times"])


def _simulate(
    simulation: Simulation, seed: np.random.SeedSequence, langevin: Mapping
) -> tuple[Estimate, Crossings | None]:
    motion, duration = simulation.motion, simulation.duration
    if simulation.method == "from the top":
        caught_below = langevin["crossings"]["caught_below"]
        crossings = crossings_from_the_top(motion, seed, simulation.batches, duration, caught_below=caught_below)
        return transmitted_diffusion(motion, crossings), crossings
    first = langevin["displacements"]["first_share"] * duration
    return diffusion_of_displacements(motion, seed, simulation.batches, (first, duration)), None


def _row(simulation: Simulation, estimate: Estimate, crossings: Crossings | None) -> dict[str, np.ndarray]:
    motion = simulation.motion
    exact = exact_diffusion(motion.reduced_barrier, motion.reduced_friction, motion.potential, tolerance=1e-8)
    if exact.status != "ok":
        raise ValueError(f"friction {motion.reduced_friction:g} is too low: the exact D has not converged")
    expected = float(exact.diffusion)
    unit = float(transition_state_diffusion(motion.reduced_barrier, motion.potential))
    deviation = estimate.value - expected
    passage = Estimate(np.nan, np.nan) if crossings is None else crossings.net_passage
    values = (
        simulation.method,
        float(motion.reduced_barrier),
        float(motion.reduced_friction),
        motion.time_step,
        float(simulation.time_step_ratio),
        simulation.duration,
        simulation.batches * LANES,
        estimate.value,
        estimate.standard_error,
        expected,
        deviation / expected,
        estimate.standard_error / expected,
        deviation / estimate.standard_error,
        estimate.value / unit,
        estimate.standard_error / unit,
        passage.value,
        passage.standard_error,
        np.nan if crossings is None else crossings.uncaught,
    )
    return {name: np.array([value]) for name, value in zip(DIFFUSION, values, strict=True)}


def _passages(motion: LangevinMotion, crossings: Crossings) -> dict[str, np.ndarray]:
    count = crossings.wells.size
    columns = (
        np.full(count, float(motion.reduced_barrier)),
        np.full(count, float(motion.reduced_friction)),
        crossings.wells,
        crossings.shares,
        crossings.share_errors,
    )
    return dict(zip(PASSAGES, columns, strict=True))


if __name__ == "__main__":
    run(simulate_langevin)
