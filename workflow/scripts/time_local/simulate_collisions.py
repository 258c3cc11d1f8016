"""Simulate head-on collisions of an ion with an atom of a lattice at rest, and what time-local formulas say."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.crystal_settings import crystal_of
from pipeline.job import Job, run
from superion.harmonic_crystals import HarmonicCrystal
from superion.lattice_stencils import StencilMotion, stencil_motion
from superion.line_motion import ion_line, time_local_deflection_A
from superion.pair_interactions import PairInteraction
from superion.phonons import phonon_mesh
from superion.recoil_kernels import recoil_kernel

APPROXIMATIONS = ("full", "time-local", "quasistatic", "homogeneous")
CASE = {
    "interaction_length_A": Column("A", "lambda: screening length, or width of a Gaussian"),
    "launch_speed_A_per_ps": Column("A/ps", "speed of the ion at the start"),
    "approximation": Column(
        "",
        "'full' motion of ion and lattice, or its positions and velocities put into the right-hand side: 'time-local', "
        "'quasistatic' (rdot -> 0), 'homogeneous' (r, rdot -> 0)",
        "Rodin et al., Eqs. (2), (3), (25)",
    ),
}
COLLISIONS = {
    **CASE,
    "time_ps": Column("ps", "time since the start"),
    "ion_position_A": Column("A", "R, along the flight, from the atom's rest position"),
    "ion_speed_A_per_ps": Column("A/ps", "Rdot"),
    "displacement_A": Column("A", "displacement r of the atom along the flight", "Rodin et al., Eq. (25)"),
    "force_meV_per_A": Column("meV/A", "force on the ion along the flight, -U'(R - r)", "Rodin et al., Fig. 3"),
}
SUMMARY = {
    **CASE,
    "peak_displacement_A": Column("A", "largest displacement of the atom"),
    "peak_force_meV_per_A": Column("meV/A", "largest force on the ion, against its flight"),
    "peak_displacement_ratio": Column("", "peak_displacement_A over that of the full motion"),
    "peak_force_ratio": Column("", "peak_force_meV_per_A over that of the full motion"),
    "displacement_error_A": Column("A", "largest difference of the displacement from the full motion"),
    "force_error_meV_per_A": Column("meV/A", "largest difference of the force from the full motion"),
    "displacement_error_ratio": Column("", "displacement_error_A over the full motion's peak displacement"),
    "force_error_ratio": Column("", "force_error_meV_per_A over the full motion's peak force"),
    "piece_peak_displacement_A": Column("A", "peak_displacement_A with the recoil of the finite piece in place of w"),
    "recoil_A2_per_meV": Column(
        "A^2/meV", "w, static recoil of an atom of the infinite lattice", "Rodin et al., Eq. (22)"
    ),
    "piece_recoil_A2_per_meV": Column("A^2/meV", "the same of the periodic piece that moved"),
    "loss_ps_A2_per_meV": Column("ps A^2/meV", "l, along the flight", "Rodin et al., Eq. (15)"),
    "closest_approach_A": Column("A", "smallest distance of ion and atom in the full motion"),
    "final_speed_A_per_ps": Column("A/ps", "speed of the ion at the end of the full motion, along its flight"),
    "energy_lost_meV": Column("meV", "energy that the ion left in the lattice"),
    "energy_error_meV": Column("meV", "largest departure of the energy of ion and lattice from its start"),
    "step_ps": Column("ps", "time step of the full motion"),
}


def simulate_collisions(job: Job) -> None:
    """Write the trajectories of Fig. 3, and their peaks."""
    settings = job.parameters["time_local.collisions"]
    crystal = crystal_of(job.parameters["time_local.crystal"])
    kind, ion_mass = job.parameters["time_local.interaction"]["kind"], job.parameters["time_local.ion_mass"]
    direction = np.array(settings["direction"]) @ crystal.cell
    direction = direction / np.linalg.norm(direction)
    piece_recoil = recoil_of_piece(crystal, settings["shape"], direction)
    blocks, summaries = [], []
    cases = [(speed, length) for speed in settings["speeds_A_per_ps"] for length in settings["lengths_A"]]
    for number, (speed, length) in enumerate(cases, 1):
        interaction = PairInteraction(kind, settings["strength"], length)
        line = ion_line(crystal, interaction, ion_mass, [[0, 0, 0, 0]], direction)
        recoil, loss = float(line.recoil[0, 0]), line.loss
        motion = collide(crystal, interaction, ion_mass, direction, speed, settings)
        case = {"interaction_length_A": float(length), "launch_speed_A_per_ps": float(speed)}
        rows = deflections(motion, interaction, direction, recoil, loss)
        piece = deflections(motion, interaction, direction, piece_recoil, loss)
        blocks += [case | {"approximation": name} | rows[name] for name in APPROXIMATIONS]
        constants = {
            "recoil_A2_per_meV": recoil,
            "piece_recoil_A2_per_meV": piece_recoil,
            "loss_ps_A2_per_meV": loss,
            "closest_approach_A": motion.distances.min(),
            "final_speed_A_per_ps": motion.velocities[-1] @ direction,
            "energy_lost_meV": motion.ion_energy_meV[0] - motion.ion_energy_meV[-1],
            "energy_error_meV": np.abs(motion.energy_meV - motion.energy_meV[0]).max(),
            "step_ps": motion.times_ps[1],
        }
        for name in APPROXIMATIONS:
            own = errors(rows[name], rows["full"], piece[name])
            summaries.append(case | {"approximation": name} | own | constants)
        job.tell(f"{number} of {len(cases)} collisions: {speed:g} A/ps, lambda = {length:g} A")
    table = stack(
        [{key: np.broadcast_to(block[key], block["time_ps"].shape) for key in COLLISIONS} for block in blocks]
    )
    job.write("collisions", table, COLLISIONS, "Head-on collisions of an ion with an atom, Fig. 3")
    summary = {key: np.array([row[key] for row in summaries]) for key in SUMMARY}
    job.write("summary", summary, SUMMARY, "Peaks of the collisions of Fig. 3, and how the energy is kept")


def recoil_of_piece(crystal: HarmonicCrystal, shape: int, direction: np.ndarray) -> float:
    """Static recoil of an atom of the periodic piece along the flight, its uniform shift left out."""
    kernel = recoil_kernel(phonon_mesh(crystal, shape), [0.0])[0, 0, 0, 0, :3, :3]
    return float(direction @ kernel @ direction)


def collide(
    crystal: HarmonicCrystal,
    interaction: PairInteraction,
    ion_mass: float,
    direction: np.ndarray,
    speed: float,
    settings: Mapping[str, Any],
) -> StencilMotion:
    """Full motion of an ion launched at the atom at the origin, which alone it interacts with."""
    start = settings["start_in_lengths"] * interaction.length_A
    duration = settings["duration_in_flights"] * start / speed
    steps = int(np.ceil(duration / min(settings["step_ps"], settings["step_A"] / speed)))
    origin = crystal.positions[0]
    motion = stencil_motion(
        crystal,
        settings["shape"],
        interaction,
        ion_mass,
        origin - start * direction,
        speed * direction,
        step_ps=duration / steps,
        steps=steps,
        atoms=[[0, 0, 0, 0]],
        constrained_to=direction,
    )
    if (motion.positions[-1] - origin) @ direction > 0:
        raise ValueError(
            f"the ion at {speed:g} A/ps must bounce off the atom, but went through it: raise "
            f"time_local.collisions.strength from {interaction.strength:g}"
        )
    return motion


def deflections(
    motion: StencilMotion, interaction: PairInteraction, direction: np.ndarray, recoil: float, loss: float
) -> dict[str, dict[str, np.ndarray]]:
    """Displacements of the atom and forces on the ion in each approximation, Eq. (25)."""
    atom, atom_speed = motion.displacements[:, 0] @ direction, motion.atom_velocities[:, 0] @ direction
    # The ion comes from below and stays there; places count from the atom's rest position.
    ion, ion_speed = atom - motion.distances[:, 0], motion.velocities @ direction
    displacements = {
        "full": atom,
        "time-local": time_local_deflection_A(interaction, recoil, loss, atom - ion, atom_speed - ion_speed),
        "quasistatic": time_local_deflection_A(interaction, recoil, loss, atom - ion, -ion_speed),
        "homogeneous": time_local_deflection_A(interaction, recoil, loss, -ion, -ion_speed),
    }
    shared = {"time_ps": motion.times_ps, "ion_position_A": ion, "ion_speed_A_per_ps": ion_speed}
    rows = {}
    for name, moved in displacements.items():
        apart = ion - moved
        force = -np.sign(apart) * interaction.slope_meV_per_A(np.abs(apart))
        rows[name] = shared | {"displacement_A": moved, "force_meV_per_A": force}
    return rows


def errors(rows: Mapping, full: Mapping, piece: Mapping) -> dict[str, float]:
    """Peaks of an approximation, and how far it is from the full motion."""
    peaks = {key: np.abs(full[key]).max() for key in ("displacement_A", "force_meV_per_A")}
    off = {key: np.abs(rows[key] - full[key]).max() for key in peaks}
    peak, peak_force = rows["displacement_A"].max(), np.abs(rows["force_meV_per_A"]).max()
    return {
        "peak_displacement_A": peak,
        "peak_force_meV_per_A": peak_force,
        "peak_displacement_ratio": peak / full["displacement_A"].max(),
        "peak_force_ratio": peak_force / peaks["force_meV_per_A"],
        "displacement_error_A": off["displacement_A"],
        "force_error_meV_per_A": off["force_meV_per_A"],
        "displacement_error_ratio": off["displacement_A"] / peaks["displacement_A"],
        "force_error_ratio": off["force_meV_per_A"] / peaks["force_meV_per_A"],
        "piece_peak_displacement_A": piece["displacement_A"].max(),
    }


if __name__ == "__main__":
    run(simulate_collisions)
