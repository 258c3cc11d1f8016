"""Time of ions on their way through a vibrating lattice beside what one would otherwise run, in one process.

    OPENBLAS_NUM_THREADS=1 python tests/benchmarks/bench_ion_motion.py [--mesh 20] [--seconds 2] [--json FILE]

The other side, compiled as well: the direct sum over all modes at every stage of the Runge-Kutta method, as the source
has it for its time-local motion, and the Runge-Kutta stencil of all atoms, as it has it for the full one. Each row runs
for some --seconds; steps are those of one ion. A full step of ours is 0.01 ps, a step of the others 0.005 ps.
"""

from __future__ import annotations

import argparse
import json
import math
from functools import partial
from pathlib import Path

import numba
import numpy as np
from stopwatch import print_table, time_of

from superion.harmonic_crystals import simple_cubic_crystal
from superion.ion_equations import Equation
from superion.ion_motion import IonMotion, IonSystem, ion_system, whole_lattice_motion
from superion.lattice_stencils import stencil_motion
from superion.pair_interactions import PairInteraction
from superion.phonons import phonon_mesh
from superion.thermal_vibrations import Vibration, sample_vibration, vibration_field

THERMAL_meV = 25.0
SPRINGS = (520.0, 170.0)  # meV/A^2
STAGES = np.array([0.0, 0.25, 0.25, 0.5, 0.75, 1.0])  # Butcher's fifth-order method
TABLE = np.array(
    [
        [0, 0, 0, 0, 0],
        [1 / 4, 0, 0, 0, 0],
        [1 / 8, 1 / 8, 0, 0, 0],
        [0, -1 / 2, 1, 0, 0],
        [3 / 16, 0, 0, 9 / 16, 0],
        [-3 / 7, 2 / 7, 12 / 7, -12 / 7, 8 / 7],
    ]
)
FINAL = np.array([7.0, 0.0, 32.0, 12.0, 32.0, 7.0]) / 90


@numba.njit
def direct_sum(waves, rates, frequencies, turns, corners, time, moved, moving):
    """r_H and its velocity at some atoms: every mode, with its phase now, at every atom."""
    moved[:], moving[:] = 0.0, 0.0
    for mode in range(frequencies.shape[0]):
        phase = complex(math.cos(frequencies[mode] * time), -math.sin(frequencies[mode] * time))
        for n in range(corners.shape[0]):
            wave = phase
            for axis in range(3):
                wave *= turns[mode, axis, corners[n, axis]]
            for i in range(3):
                moved[n, i] += waves[mode, i].real * wave.real - waves[mode, i].imag * wave.imag
                moving[n, i] += rates[mode, i].real * wave.real - rates[mode, i].imag * wave.imag


@numba.njit
def direct_stage(R, V, moved, moving, rest, U0, length, W, loss):
    """Acceleration times mass by Eqs. (18)-(20), eight corners."""
    count = rest.shape[0]
    slopes, drag = np.zeros((count, 3)), np.zeros(3)
    for n in range(count):
        d = R - rest[n] - moved[n]
        distance = math.sqrt(d[0] ** 2 + d[1] ** 2 + d[2] ** 2)
        energy = U0 * math.exp(-distance / length) / distance
        across = -energy * (1 / length + 1 / distance) / distance
        along = energy * (1 / length**2 + 2 / (length * distance) + 2 / distance**2)
        velocity = V - moving[n]
        tilt = (along - across) / distance**2 * (d[0] * velocity[0] + d[1] * velocity[1] + d[2] * velocity[2])
        for i in range(3):
            slopes[n, i] = across * d[i]
            drag[i] += across * velocity[i] + tilt * d[i]
    force = np.zeros(3)
    for n in range(count):
        d = np.zeros(3)
        for i in range(3):
            push = moved[n, i]
            for m in range(count):
                for j in range(3):
                    push += W[n, m, i, j] * slopes[m, j]
            d[i] = R[i] + loss[i, 0] * drag[0] + loss[i, 1] * drag[1] + loss[i, 2] * drag[2] - rest[n, i] - push
        distance = math.sqrt(d[0] ** 2 + d[1] ** 2 + d[2] ** 2)
        across = -U0 * math.exp(-distance / length) / distance * (1 / length + 1 / distance) / distance
        force -= across * d
    return force


@numba.njit
def direct_steps(steps, step, R, V, mass, a, waves, rates, frequencies, turns, mesh, offsets, U0, length, W, loss):
    """The source's time-local motion, stage by stage."""
    moved, moving = np.zeros((8, 3)), np.zeros((8, 3))
    velocities, accelerations = np.zeros((6, 3)), np.zeros((6, 3))
    corners = np.zeros((8, 3), np.int64)
    rest = np.zeros((8, 3))
    for number in range(steps):
        for n in range(8):
            for i in range(3):
                cell = math.floor(R[i] / a) + offsets[n, i]
                rest[n, i] = a * cell
                corners[n, i] = cell % mesh
        for stage in range(6):
            place, speed = R.copy(), V.copy()
            for earlier in range(stage):
                place += step * TABLE[stage, earlier] * velocities[earlier]
                speed += step * TABLE[stage, earlier] * accelerations[earlier]
            time = (number + STAGES[stage]) * step
            direct_sum(waves, rates, frequencies, turns, corners, time, moved, moving)
            velocities[stage] = speed
            accelerations[stage] = direct_stage(place, speed, moved, moving, rest, U0, length, W, loss) / mass
        for stage in range(6):
            R += step * FINAL[stage] * velocities[stage]
            V += step * FINAL[stage] * accelerations[stage]


def whole_modes(vibration: Vibration) -> tuple[np.ndarray, ...]:
    """The modes as waves: complex amplitudes, their rates, frequencies, and turns from cell to cell."""
    mesh = vibration.mesh
    shape = np.array(mesh.shape)
    index = np.stack(np.meshgrid(*[np.arange(n) for n in mesh.frequencies.shape[:3]], indexing="ij"), -1)
    index = np.repeat(index.reshape(-1, 3), 3, axis=0)
    p, q = vibration.displacement.ravel(), vibration.velocity.ravel()
    modes = np.swapaxes(mesh.modes, -1, -2).reshape(-1, 3) / np.sqrt(mesh.crystal.masses[0] * mesh.cell_count)
    # P cos + Q sin is a wave of q and one of -q; where the half mesh holds both, each is there already.
    twice = np.repeat(np.broadcast_to(mesh.multiplicity == 2, mesh.frequencies.shape[:3]).ravel(), 3)
    forward, backward = (p + 1j * q)[:, None] * modes, ((p - 1j * q)[:, None] * modes).conj()[twice]
    waves = np.concatenate([forward, backward])
    frequencies = np.concatenate([mesh.frequencies.ravel(), mesh.frequencies.ravel()[twice]])
    index = np.concatenate([index, -index[twice]])
    turns = np.exp(2j * np.pi * index[:, :, None] * np.arange(shape.max()) / shape[:, None])
    kept = frequencies > 0
    rates = -1j * frequencies[:, None] * waves
    return waves[kept], rates[kept], frequencies[kept], np.ascontiguousarray(turns[kept])


def direct_motion(system: IonSystem, vibration: Vibration, R: np.ndarray, V: np.ndarray):
    """A call that makes so many steps of the direct sum."""
    modes = whole_modes(vibration)
    interaction = system.interaction

    def steps(count: int, step: float = 0.005) -> np.ndarray:
        place, speed = R.copy(), V.copy()
        direct_steps(
            count, step, place, speed, system.ion_mass, system.crystal.cell[0, 0], *modes, system.mesh.shape[0],
            system.neighbours.offsets, interaction.strength, interaction.length_A, system.recoil, system.loss,
        )  # fmt: skip
        return place

    return steps


@numba.njit
def lattice_force(r, k1, k2, force):
    """Springs of the simple cubic crystal, written out; arrays (3, n, n, n)."""
    n = r.shape[1]
    for x in range(n):
        for y in range(n):
            for z in range(n):
                steps = ((x - 1) % n, (x + 1) % n), ((y - 1) % n, (y + 1) % n), ((z - 1) % n, (z + 1) % n)
                a, b, c = r[0, x, y, z], r[1, x, y, z], r[2, x, y, z]
                fx = k1 * (r[0, steps[0][0], y, z] + r[0, steps[0][1], y, z] - 2 * a)
                fy = k1 * (r[1, x, steps[1][0], z] + r[1, x, steps[1][1], z] - 2 * b)
                fz = k1 * (r[2, x, y, steps[2][0]] + r[2, x, y, steps[2][1]] - 2 * c)
                for i in range(2):
                    for j in range(2):
                        sign = 1.0 if i == j else -1.0
                        xs, ys = steps[0][i], steps[1][j]
                        stretch = 0.5 * k2 * (r[0, xs, ys, z] - a + sign * (r[1, xs, ys, z] - b))
                        fx += stretch
                        fy += sign * stretch
                        zs = steps[2][j]
                        stretch = 0.5 * k2 * (r[0, xs, y, zs] - a + sign * (r[2, xs, y, zs] - c))
                        fx += stretch
                        fz += sign * stretch
                        ys = steps[1][i]
                        stretch = 0.5 * k2 * (r[1, x, ys, zs] - b + sign * (r[2, x, ys, zs] - c))
                        fy += stretch
                        fz += sign * stretch
                force[0, x, y, z], force[1, x, y, z], force[2, x, y, z] = fx, fy, fz


@numba.njit
def stencil_steps(steps, step, r, v, R, V, ion_mass, mass, k1, k2, a, offsets, U0, length):
    """The source's full motion: ion and all atoms by the Runge-Kutta method, six forces of the lattice a step."""
    n = r.shape[1]
    speeds, forces = np.zeros((6, *r.shape)), np.zeros((6, *r.shape))
    place = np.zeros(r.shape)
    own_speeds, own_forces = np.zeros((6, 3)), np.zeros((6, 3))
    for _ in range(steps):
        for stage in range(6):
            own_place, own_speed = R.copy(), V.copy()
            place[:] = r
            speeds[stage] = v
            for earlier in range(stage):
                weight = step * TABLE[stage, earlier]
                if weight != 0:
                    own_place += weight * own_speeds[earlier]
                    own_speed += weight * own_forces[earlier] / ion_mass
                    place += weight * speeds[earlier]
                    speeds[stage] += weight / mass * forces[earlier]
            lattice_force(place, k1, k2, forces[stage])
            own_speeds[stage] = own_speed
            own_forces[stage] = 0.0
            for k in range(offsets.shape[0]):
                cell = np.zeros(3, np.int64)
                d = np.zeros(3)
                for i in range(3):
                    cell[i] = math.floor(own_place[i] / a) + offsets[k, i]
                for i in range(3):
                    d[i] = own_place[i] - a * cell[i] - place[i, cell[0] % n, cell[1] % n, cell[2] % n]
                distance = math.sqrt(d[0] ** 2 + d[1] ** 2 + d[2] ** 2)
                across = -U0 * math.exp(-distance / length) / distance * (1 / length + 1 / distance) / distance
                for i in range(3):
                    own_forces[stage, i] -= across * d[i]
                    forces[stage, i, cell[0] % n, cell[1] % n, cell[2] % n] += across * d[i]
        for stage in range(6):
            if FINAL[stage] != 0:
                R += step * FINAL[stage] * own_speeds[stage]
                V += step * FINAL[stage] * own_forces[stage] / ion_mass
                r += step * FINAL[stage] * speeds[stage]
                v += step / mass * FINAL[stage] * forces[stage]


def stencil_motion_of_source(system: IonSystem, vibration: Vibration, R: np.ndarray, V: np.ndarray):
    """A call that makes so many steps of the Runge-Kutta stencil."""
    fields = [np.ascontiguousarray(np.moveaxis(field[:, :, :, 0], -1, 0)) for field in vibration_field(vibration)]
    interaction = system.interaction

    def steps(count: int, step: float = 0.005) -> np.ndarray:
        r, v = (field.copy() for field in fields)
        place, speed = R.copy(), V.copy()
        stencil_steps(
            count, step, r, v, place, speed, system.ion_mass, system.crystal.masses[0], *SPRINGS,
            system.crystal.cell[0, 0], system.neighbours.offsets, interaction.strength, interaction.length_A,
        )  # fmt: skip
        return place

    return steps


def timed(call, least: float) -> float:
    """Steps a second of call(steps), of as many steps as take some seconds."""
    call(2)
    steps = 4
    while (seconds := time_of(partial(call, steps))) < least / 4:
        steps *= 4
    return steps / seconds


def advance(system: IonSystem, equation: Equation, ions: int, step: float):
    """A call that goes on by so many steps."""
    generator = np.random.default_rng(1)
    vibration = sample_vibration(system.mesh, THERMAL_meV, generator)
    places = (generator.integers(0, system.mesh.shape, (ions, 3)) + 0.5) @ system.crystal.cell
    velocities = system.thermal_velocities(ions, THERMAL_meV, generator)
    motion = IonMotion(system, equation, places, velocities, step, vibration)

    def steps(count: int) -> None:
        for _ in range(max(1, count // motion.steps_per_interval)):
            motion.advance()

    return steps


def system_of(mesh: int) -> IonSystem:
    """The source's ion and crystal."""
    crystal = simple_cubic_crystal(3.0, SPRINGS, 3.5)
    return ion_system(phonon_mesh(crystal, mesh), PairInteraction("screened_coulomb", 4000.0, 0.5), 0.7)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mesh", type=int, default=20, help="unit cells along each axis")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement")
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    options = parser.parse_args()
    system = system_of(options.mesh)
    generator = np.random.default_rng(1)
    vibration = sample_vibration(system.mesh, THERMAL_meV, generator)
    R, V = np.full(3, 1.5), system.thermal_velocities(1, THERMAL_meV, generator)[0]
    direct = direct_motion(system, vibration, R, V)
    # The same motion: over a time in which chaos has not set in.
    ours = IonMotion(system, Equation("time_local"), R, V, 0.005, vibration)
    for _ in range(100 // ours.steps_per_interval):
        ours.advance()
    print(f"After 0.5 ps, ours and the direct sum differ by {np.abs(ours.positions[0] - direct(100)).max():.1e} A.")
    stencil = stencil_motion_of_source(system, vibration, R, V)
    ours = IonMotion(system, Equation("full"), R, V, 0.005, vibration)
    for _ in range(100 // ours.steps_per_interval):
        ours.advance()
    apart = np.abs(ours.positions[0] - stencil(100)).max()
    print(f"Of the full motion, ours and the Runge-Kutta stencil by {apart:.1e} A: an error of leapfrog.\n")
    found: dict[str, float] = {}
    found["time-local, direct sum over modes"] = timed(direct, options.seconds)
    for ions in (1, 8, 64, 512):
        name = f"time-local, {ions} ion{'s' * (ions > 1)} a bath"
        found[name] = ions * timed(advance(system, Equation("time_local"), ions, 0.005), options.seconds)
    found["self-consistent, 64 ions a bath"] = 64 * timed(
        advance(system, Equation("self_consistent"), 64, 0.005), options.seconds
    )
    found["full, Runge-Kutta stencil"] = timed(stencil, options.seconds)
    r, v = vibration_field(vibration)
    full = (system.crystal, system.mesh.shape, system.interaction, system.ion_mass, R, V)

    def leapfrog(count: int) -> None:
        stencil_motion(*full, step_ps=0.01, steps=count, displacements=r, velocities=v, record_every=count)

    found["full, leapfrog stencil"] = timed(leapfrog, options.seconds)
    found["full, modes and kicks"] = timed(
        lambda count: whole_lattice_motion(system, R, V, 0.01, count, vibration), options.seconds
    )
    for memory in (0.5, 1.0):
        for ions in (1, 64):
            name = f"full, kernel of {memory:g} ps, {ions} ion{'s' * (ions > 1)} a bath"
            found[name] = ions * timed(advance(system, Equation("full", memory), ions, 0.01), options.seconds)
    for taper in (0.05, 0.2):
        name = f"quasi-time-local, tau {taper:g} ps, 64 ions a bath"
        equation = Equation("quasi_time_local", taper_ps=taper)
        found[name] = 64 * timed(advance(system, equation, 64, 0.01), options.seconds)
    table = [("motion", "steps/s of an ion", "ps/s", "times the other side")]
    for name, rate in found.items():
        other = found[
            "full, Runge-Kutta stencil" if name.startswith(("full", "quasi")) else "time-local, direct sum over modes"
        ]
        step = 0.01 if name.startswith(("full, kernel", "full, leap", "full, modes", "quasi")) else 0.005
        table.append((name, f"{rate:,.0f}", f"{rate * step:,.2f}", f"{rate / other:,.1f}"))
    print_table(table)
    print("\nCost against the size of the lattice, steps/s of an ion:\n")
    sizes = [("cells along an axis", "time-local, 1 ion", "time-local, 64 ions", "full, 0.5 ps, 64 ions")]
    for mesh in (12, 20, 30, 40):
        at = system_of(mesh)
        memory = min(0.5, 0.9 * at.mesh.revival_ps)
        rates = (
            timed(advance(at, Equation("time_local"), 1, 0.005), options.seconds),
            64 * timed(advance(at, Equation("time_local"), 64, 0.005), options.seconds),
            64 * timed(advance(at, Equation("full", memory), 64, 0.01), options.seconds),
        )
        sizes.append((str(mesh), *(f"{rate:,.0f}" for rate in rates)))
        found |= {f"size {mesh}: {name}": rate for name, rate in zip(sizes[0][1:], rates, strict=True)}
    print_table(sizes)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
