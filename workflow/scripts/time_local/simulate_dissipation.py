"""Simulate how an ion on a line of atoms comes to rest: all atoms of a large crystal, and the time-local equations."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.crystal_settings import crystal_of
from pipeline.job import Job, run
from superion.harmonic_crystals import HarmonicCrystal
from superion.lattice_stencils import StencilMotion, stencil_motion
from superion.line_motion import IonLine, ion_line
from superion.pair_interactions import PairInteraction

METHODS = {"time-local": "effective", "linearised": "linearised"}
LEVELS = {"half": 0.5, "tenth": 0.1, "hundredth": 0.01}
TOLD = 10  # lines of progress

METHOD = Column(
    "",
    "'full' motion of ion and lattice, 'time-local', or 'linearised' in the push of the atoms",
    "Rodin et al., Eqs. (2), (3); (17)-(20); (27)",
)
DISSIPATION = {
    "method": METHOD,
    "time_ps": Column("ps", "time since the start"),
    "position_A": Column("A", "place of the ion along the line, from the first atom", "Rodin et al., Fig. 4(b)"),
    "speed_A_per_ps": Column("A/ps", "its velocity along the line", "Rodin et al., Fig. 4(c)"),
    "energy_meV": Column(
        "meV", "kinetic energy of the ion and its interaction with the atoms at rest, less that at its starting point"
    ),
}
SUMMARY = {
    "method": METHOD,
    "position_difference_A": Column("A", "largest difference of the position from that of the full motion"),
    "speed_difference_A_per_ps": Column("A/ps", "largest difference of the speed from that of the full motion"),
    "start_energy_meV": Column("meV", "energy at the start"),
    "end_energy_meV": Column("meV", "energy at the end"),
    **{
        f"{name}_time_ps": Column("ps", f"time after which the energy stays below a {name} of its start",
                                  optional=True)
        for name in LEVELS
    },
    "phase_difference_cycles": Column(
        "",
        "largest difference between the times of the same reversal in this and in the full motion, in its periods, "
        "until its energy is a hundredth",
    ),
    "recoil_A2_per_meV": Column("A^2/meV", "static recoil of an atom along the line", "Rodin et al., Eq. (22)"),
    "loss_ps_A2_per_meV": Column("ps A^2/meV", "loss along the line", "Rodin et al., Eq. (15)"),
    "energy_error_meV": Column("meV", "full motion: largest change of the total energy", optional=True),
    "energy_drift_meV_per_ps": Column("meV/ps", "full motion: slope of the total energy in time", optional=True),
    "step_ps": Column("ps", "full motion: time step", optional=True),
    "status": Column("", "'ok', or 'still moving' where the energy has not fallen below a hundredth at the end"),
}  # fmt: skip


def simulate_dissipation(job: Job) -> None:
    """Write the trajectories of Fig. 4, and how fast each comes to rest."""
    settings = job.parameters["time_local.dissipation"]
    crystal = crystal_of(job.parameters["time_local.crystal"])
    shared = job.parameters["time_local.interaction"]
    interaction = PairInteraction(shared["kind"], settings["strength"], shared["length_A"])
    spacing = np.array(settings["direction"])
    atoms = np.column_stack(
        [np.outer(np.arange(settings["atom_count"]), spacing), np.zeros(settings["atom_count"], int)]
    )
    line = ion_line(crystal, interaction, job.parameters["time_local.ion_mass"], atoms, spacing @ crystal.cell)
    motion = full_motion(job, crystal, line, atoms, settings)
    first = line.places[0]
    paths = {"full": (motion.positions @ line.direction - first, motion.velocities @ line.direction)}
    for method, form in METHODS.items():
        places, speeds = line.motion(
            motion.positions[0] @ line.direction, settings["speed_A_per_ps"], motion.times_ps, form
        )
        paths[method] = places - first, speeds
    blocks = {}
    for method, (places, speeds) in paths.items():
        kinetic = 0.5 * line.ion_mass * speeds**2
        potential = line.energy_at_rest_meV(places + first)
        columns = (method, motion.times_ps, places, speeds, kinetic + potential - potential[0])
        blocks[method] = {
            key: np.broadcast_to(value, places.shape) for key, value in zip(DISSIPATION, columns, strict=True)
        }
    job.write("dissipation", stack(blocks.values()), DISSIPATION, "An ion on a line of atoms comes to rest, Fig. 4")
    rows = [summary_of(block, blocks["full"], line, motion, settings["step_ps"]) for block in blocks.values()]
    job.write(
        "summary",
        {key: np.array([row[key] for row in rows]) for key in SUMMARY},
        SUMMARY,
        "How fast the ion of Fig. 4 comes to rest, and how the methods differ",
    )


def full_motion(
    job: Job, crystal: HarmonicCrystal, line: IonLine, atoms: np.ndarray, settings: Mapping[str, Any]
) -> StencilMotion:
    """Motion of the ion and all atoms; tells how it goes."""
    step, duration = settings["step_ps"], settings["duration_ps"]
    steps = round(duration / step)
    every = max(1, round(settings["record_ps"] / step))
    began, due = perf_counter(), 1

    def tell(done: int) -> None:
        nonlocal due
        if done * TOLD < due * steps or not done:
            return
        due = done * TOLD // steps + 1
        rate = done * step / (perf_counter() - began)
        job.tell(f"{done * step:.1f} of {duration:g} ps, {rate:.2f} ps/s, {(steps - done) * step / rate:.0f} s to go")

    return stencil_motion(
        crystal,
        settings["shape"],
        line.interaction,
        line.ion_mass,
        crystal.positions[0] + settings["start_in_spacings"] * np.array(settings["direction"]) @ crystal.cell,
        settings["speed_A_per_ps"] * line.direction,
        step_ps=step,
        steps=steps,
        atoms=atoms,
        constrained_to=line.direction,
        record_every=every,
        tell=tell,
    )


def summary_of(block: Mapping, full: Mapping, line: IonLine, motion: StencilMotion, step_ps: float) -> dict[str, Any]:
    """How one method comes to rest, and how far it is from the full motion."""
    times, energies = block["time_ps"], block["energy_meV"]
    own = block["method"][0] == "full"
    total = motion.energy_meV
    row = {
        "method": block["method"][0],
        "position_difference_A": np.abs(block["position_A"] - full["position_A"]).max(),
        "speed_difference_A_per_ps": np.abs(block["speed_A_per_ps"] - full["speed_A_per_ps"]).max(),
        "start_energy_meV": energies[0],
        "end_energy_meV": energies[-1],
        "phase_difference_cycles": phase_difference_cycles(block, full),
        "recoil_A2_per_meV": line.recoil[0, 0],
        "loss_ps_A2_per_meV": line.loss,
        "energy_error_meV": np.abs(total - total[0]).max() if own else np.nan,
        "energy_drift_meV_per_ps": np.polyfit(times, total, 1)[0] if own else np.nan,
        "step_ps": step_ps if own else np.nan,
    }
    for name, level in LEVELS.items():
        above = np.flatnonzero(energies >= level * energies[0])
        row[f"{name}_time_ps"] = times[above[-1] + 1] if above[-1] + 1 < times.size else np.nan
    row["status"] = "ok" if np.isfinite(row["hundredth_time_ps"]) else "still moving"
    return row


def phase_difference_cycles(block: Mapping, full: Mapping) -> float:
    """Largest difference of the times of reversals, in periods of the full motion, as long as that has energy."""
    own, of_full = reversals(block), reversals(full)
    above = np.flatnonzero(full["energy_meV"] >= LEVELS["hundredth"] * full["energy_meV"][0])
    count = min(own.size, (of_full <= full["time_ps"][above[-1]]).sum())
    if count < 2:
        return 0.0
    apart = np.abs(own[:count] - of_full[:count])
    return float((apart[:-1] / (2 * np.diff(of_full[:count]))).max())


def reversals(block: Mapping) -> np.ndarray:
    """Times at which the speed changes its sign."""
    times, speeds = block["time_ps"], block["speed_A_per_ps"]
    before = np.flatnonzero(speeds[:-1] * speeds[1:] < 0)
    share = speeds[before] / (speeds[before] - speeds[before + 1])
    return times[before] + share * (times[before + 1] - times[before])


if __name__ == "__main__":
    run(simulate_dissipation)
