"""Motion of ions in a vibrating lattice.

Thermal motion against sums over modes, forces against plain evaluations of the printed equations, the full motion
against the motion of all atoms, and what goes wrong when it must.
"""

from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import root

from superion import ion_motion
from superion import ion_motion_kernels as kernels
from superion.harmonic_crystals import simple_cubic_crystal, spring_crystal
from superion.ion_barriers import head_on_limit_meV
from superion.ion_equations import EQUATIONS, Equation
from superion.ion_motion import IonMotion, ion_system, whole_lattice_motion
from superion.lattice_stencils import stencil_motion
from superion.pair_interactions import PairInteraction
from superion.phonons import largest_step_ps, loss_matrix, phonon_mesh
from superion.recoil_kernels import recoil_kernel, response_kernel, static_recoil
from superion.thermal_vibrations import (
    Vibration,
    sample_vibration,
    vibration_at,
    vibration_covariance,
    vibration_field,
)

STANDARD_ERRORS = 3.0  # seeds are fixed: a sample either stays within or not
THERMAL_A = 1e-5  # of displacements at any time: what is asked of the thermal motion
SINGLE_A = 2e-5  # frames, kernel and remembered forces are kept in single precision, and a picosecond amplifies them
REPULSION = PairInteraction("screened_coulomb", 4000.0, 0.5)
SOFT = PairInteraction("gaussian", 120.0, 0.9)


@cache
def cubic(shape=(6, 7, 8), strength=4000.0):
    """The printed crystal: one atom a cell, eight corners, real eigenvectors where all are."""
    mesh = phonon_mesh(simple_cubic_crystal(3.0, [520.0, 170.0], 3.5), shape)
    return ion_system(mesh, PairInteraction("screened_coulomb", strength, 0.5), 0.7)


@cache
def bcc(shape=(4, 5, 4)):
    """Two atoms a cell, neither at its corner; complex eigenvectors; an ion meets atoms beyond its cell."""
    positions = 3.5 * np.array([[0.1, 0.2, 0.35], [0.6, 0.7, 0.85]])
    crystal = spring_crystal(3.5 * np.eye(3), positions, [2.0, 2.0], [400.0, 150.0])
    return ion_system(phonon_mesh(crystal, shape), SOFT, 0.7, reach_A=1.8)


SYSTEMS = {"cubic": cubic, "bcc": bcc}
# In cells on both sides of the origin; the last one leaves its cell within 0.03 ps.
STARTS = {
    "cubic": (
        [[1.5, 1.4, 1.7], [-4.3, 7.4, 1.6], [0.4, 1.5, -1.5]],
        [[4.0, -3.0, 6.0], [-5.0, 2.0, 1.0], [-18.0, 3.0, 4.0]],
    ),
    "bcc": (
        [[2.1, 1.5, 1.2], [-4.9, 8.6, 1.3], [0.5, 1.6, -2.3]],
        [[4.0, -3.0, 6.0], [-5.0, 2.0, 1.0], [-30.0, 9.0, 14.0]],
    ),
}


@cache
def vibration_of(name, thermal=20.0, seed=1, bath="quantum"):
    return sample_vibration(SYSTEMS[name]().mesh, thermal, np.random.default_rng(seed), bath)


def at_rest(mesh):
    zero = np.zeros(mesh.frequencies.shape, complex)
    return Vibration(mesh, zero, zero)


class DirectSum:
    """r_H and its velocity of some atoms at any time: the sum over all modes, term by term."""

    def __init__(self, vibration, cells, atoms):
        mesh = vibration.mesh
        n1, n2, n3 = mesh.shape
        q = np.stack(
            np.meshgrid(np.arange(n1) / n1, np.arange(n2) / n2, np.arange(n3 // 2 + 1) / n3, indexing="ij"), axis=-1
        )
        phases = np.exp(2j * np.pi * np.tensordot(np.asarray(cells), q, (1, 3)))
        rows = 3 * np.asarray(atoms)[:, None] + np.arange(3)
        eta = np.moveaxis(mesh.modes[..., rows, :], (3, 4), (0, 1))  # (n, 3, q..., branch)
        roots = np.sqrt(mesh.crystal.masses[atoms] * mesh.cell_count)[:, None, None, None, None, None]
        waves = eta * (phases[:, None] * mesh.multiplicity)[..., None] / roots
        self.waves = waves.reshape(3 * len(rows), -1)
        self.frequencies = mesh.frequencies.ravel()
        self.p, self.q = vibration.displacement.ravel(), vibration.velocity.ravel()

    def __call__(self, time):
        c, s = np.cos(self.frequencies * time), np.sin(self.frequencies * time)
        r = self.waves @ (self.p * c + self.q * s)
        v = self.waves @ (self.frequencies * (self.q * c - self.p * s))
        return r.real.reshape(-1, 3), v.real.reshape(-1, 3)


def cells_of(crystal, position):
    return np.floor(position @ np.linalg.inv(crystal.cell)).astype(int)


class Printed:
    """The equations as they are printed.

    `apart`: ion minus rest positions; `moved`, `moving`: displacements and velocities r_H.
    """

    def __init__(self, system):
        self.system, self.loss = system, loss_matrix(system.crystal)
        near = system.neighbours
        table = static_recoil(system.crystal, near.offsets[:, None] - near.offsets[None])
        self.recoil = np.empty((len(near), 3, len(near), 3))
        for n, a in enumerate(near.atom):
            for k, b in enumerate(near.atom):
                self.recoil[n, :, k] = table[n, k, 3 * a : 3 * a + 3, 3 * b : 3 * b + 3]

    def time_local(self, apart, velocity, moved, moving):
        """Eqs. (18)-(20)."""
        u = self.system.interaction
        pushed = moved + np.tensordot(self.recoil, u.gradient_meV_per_A(apart - moved), 2)
        drag = np.einsum("nij,nj->i", u.hessian_meV_per_A2(apart - moved), velocity - moving)
        return -u.gradient_meV_per_A(apart + self.loss @ drag - pushed).sum(axis=0)

    def missing(self, r, apart, velocity, moved, moving):
        """What Eq. (16) lacks at r, rdot being that of r_H."""
        u = self.system.interaction
        push = np.tensordot(self.recoil, u.gradient_meV_per_A(apart - r), 2)
        drag = np.einsum("nij,nj->i", u.hessian_meV_per_A2(apart - r), velocity - moving)
        return moved + push - self.loss @ drag - r

    def self_consistent(self, apart, velocity, moved, moving):
        """Eqs. (2), (16): iterated where the atoms are far, a root by Powell's method where that fails."""
        r = moved
        for _ in range(100):
            lacking = self.missing(r, apart, velocity, moved, moving)
            r = r + lacking
            if not np.abs(lacking).max() > 1e-13:
                break
        else:
            found = root(
                lambda x: self.missing(x.reshape(-1, 3), apart, velocity, moved, moving).ravel(),
                moved.ravel(),
                tol=1e-13,
            )
            r = found.x.reshape(-1, 3)
        assert np.abs(self.missing(r, apart, velocity, moved, moving)).max() < 1e-12
        return -self.system.interaction.gradient_meV_per_A(apart - r).sum(axis=0)


PRINTED = {}


def printed(system):
    """The same tables for the same system."""
    if id(system) not in PRINTED:
        PRINTED[id(system)] = Printed(system)
    return PRINTED[id(system)]


def integrated(system, equation, position, velocity, step, steps, vibration=None):
    """Trajectory (steps + 1, 6) by tight integration of each step, with the neighbours of its start."""
    force = getattr(printed(system), equation)
    near, state, path, sums = system.neighbours, np.concatenate([position, velocity]), [], {}
    still = np.zeros((len(near), 3))
    path.append(state)
    for number in range(steps):
        cell = cells_of(system.crystal, state[:3])
        if vibration is not None and tuple(cell) not in sums:
            sums[tuple(cell)] = DirectSum(vibration, cell + near.offsets, near.atom)
        thermal = sums.get(tuple(cell), lambda _: (still, still))
        rest = near.vectors + cell @ system.crystal.cell

        def rates(t, y, thermal=thermal, rest=rest):
            return np.concatenate([y[3:], force(y[:3] - rest, y[3:], *thermal(t)) / system.ion_mass])

        times = number * step, (number + 1) * step
        state = solve_ivp(rates, times, state, "DOP853", rtol=1e-11, atol=1e-11).y[:, -1]
        path.append(state)
    return np.array(path)


def followed(motion, intervals):
    """Positions (intervals + 1, I, 3)."""
    path = [motion.positions.copy()]
    for _ in range(intervals):
        motion.advance()
        path.append(motion.positions.copy())
    return np.array(path)


def remembered(system, kernel, position, velocity, step, steps, vibration=None):
    """Leapfrog of one ion whose past forces move all atoms by a table of G (M, n1, n2, n3, 3A, 3A), latest first."""
    mesh, near, u = system.mesh, system.neighbours, system.interaction
    place, speed, kicks, path = np.array(position, float), np.array(velocity, float), [], [np.array(position, float)]
    for number in range(steps):
        cell = cells_of(system.crystal, place)
        field = np.zeros((*mesh.shape, mesh.crystal.atom_count, 3))
        if vibration is not None:
            field += vibration_field(vibration_at(vibration, number * step))[0]
        moved = field[(*((cell + near.offsets) % mesh.shape).T, near.atom)]
        for past, (origin, impulse) in enumerate(reversed(kicks[-len(kernel) :])):
            for n, a in enumerate(near.atom):
                for k, b in enumerate(near.atom):
                    at = tuple((cell + near.offsets[n] - origin - near.offsets[k]) % mesh.shape)
                    block = kernel[(past, *at)][3 * a : 3 * a + 3, 3 * b : 3 * b + 3]
                    moved[n] += block @ impulse[k]
        gradient = u.gradient_meV_per_A(place - near.vectors - cell @ system.crystal.cell - moved)
        share = 1.0 if number else 0.5
        kicks.append((cell, share * step * gradient))
        speed = speed - share * step * gradient.sum(axis=0) / system.ion_mass
        place = place + step * speed
        path.append(place)
    return np.array(path)


# ---- thermal motion ----------------------------------------------------------------------------------------------


def now(motion):
    """Displacements (n, 3A) and, at each node of each step, displacements and velocities (S, 5, n, 3A) as used."""
    frames = motion._window[motion._order].astype(float)
    values, slopes = (np.einsum("snf,fct->sntc", w, frames) for w in (motion._values, motion._slopes))
    return values, slopes


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("name", SYSTEMS)
def test_thermal_motion_is_the_sum_over_modes_at_any_time(name, steps):
    """At every node of every step, at once and after thousands of frames, in a hot lattice and at the largest step.

    Reached: displacements 2e-6 to 3e-6 A (of a width of 0.2 A), velocities 6e-4 A/ps (of 3.8 A/ps), after 4000 frames
    as after none: the recurrence of a mode drifts by roundings.
    """
    system, vibration = SYSTEMS[name](), vibration_of(name, 50.0)
    mesh = system.mesh
    step = 0.999 * largest_step_ps(mesh.largest_frequency) / steps
    free = ion_system(mesh, PairInteraction("gaussian", 0.0, 1.0), 0.7)
    motion = IonMotion(free, Equation("time_local"), [[1.0, 1.2, 1.4]], [[0.0, 0.0, 0.0]], step, vibration)
    assert motion.steps_per_interval == steps
    cells = np.stack(np.unravel_index(np.arange(0, mesh.cell_count, 5), mesh.shape), axis=-1)
    kinds = mesh.crystal.atom_count
    sums = [DirectSum(vibration, cells, np.full(len(cells), a)) for a in range(kinds)]
    frame = 0
    for wanted in (0, 1, 17, 4000):
        for _ in range(wanted - frame):
            motion.advance()
        frame = wanted
        values, slopes = now(motion)
        for s in range(steps):
            for node, share in enumerate(ion_motion.NODES):
                time = (frame * steps + s + share) * step
                for a in range(kinds):
                    r, v = sums[a](time)
                    at = np.s_[s, node, ::5, 3 * a : 3 * a + 3]
                    np.testing.assert_allclose(values[at], r, atol=THERMAL_A)
                    np.testing.assert_allclose(slopes[at], v, atol=1e-3)


@pytest.mark.parametrize("name", SYSTEMS)
def test_direct_sum_is_the_field_of_the_vibration(name):
    vibration = vibration_of(name)
    mesh, time = vibration.mesh, 0.37
    cells = np.stack(np.unravel_index(np.arange(mesh.cell_count), mesh.shape), axis=-1)
    for a in range(mesh.crystal.atom_count):
        r, v = DirectSum(vibration, cells, np.full(len(cells), a))(time)
        for mine, field in zip((r, v), vibration_field(vibration_at(vibration, time)), strict=True):
            np.testing.assert_allclose(mine, field[..., a, :].reshape(-1, 3), atol=1e-12)


@pytest.mark.parametrize("bath", ["quantum", "classical"])
def test_frames_have_the_covariance_of_eq_24(bath):
    """Over independent lattices, a component with itself and with that of a neighbour, at several lags."""
    thermal, step, lags, draws = 20.0, 0.02, (0, 3, 9), 150
    system = ion_system(phonon_mesh(cubic().crystal, (4, 4, 5)), PairInteraction("gaussian", 0.0, 1.0), 0.7)
    generator = np.random.default_rng(5)
    products = np.zeros((draws, len(lags), 3))
    for draw in range(draws):
        vibration = sample_vibration(system.mesh, thermal, generator, bath)
        motion = IonMotion(system, Equation("time_local"), [[1.5] * 3], [[0.0] * 3], step, vibration)
        first = vibration_field(vibration)[0][..., 0, :]
        for index in range(lags[-1] + 1):
            if index in lags:
                later = motion._window[motion._order[3]].reshape(3, *system.mesh.shape)
                own = later[0] * first[..., 0]
                along = np.roll(later[0], -1, axis=0) * first[..., 0]
                mixed = np.roll(later[0], (-1, -1), axis=(0, 1)) * first[..., 1]
                products[draw, lags.index(index)] = own.mean(), along.mean(), mixed.mean()
            motion.advance()
    expected = vibration_covariance(system.mesh, step * np.array(lags), thermal, bath)
    wanted = np.stack([expected[:, 0, 0, 0, 0, 0], expected[:, 1, 0, 0, 0, 0], expected[:, 1, 1, 0, 0, 1]], axis=1)
    error = products.std(axis=0, ddof=1) / np.sqrt(draws)
    assert np.abs(wanted / error).max() > 30  # the sample can tell
    np.testing.assert_array_less(np.abs(products.mean(axis=0) - wanted), STANDARD_ERRORS * error)


# ---- without memory ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("equation", ["time_local", "self_consistent"])
def test_motion_without_memory_solves_the_printed_equations(name, equation):
    """In a vibrating lattice, through cells on both sides of the origin; reached: 5e-9 A and 2e-7 A/ps in 0.036 ps."""
    system, vibration = SYSTEMS[name](), vibration_of(name)
    step, steps = 0.003, 12
    motion = IonMotion(system, Equation(equation), *STARTS[name], step, vibration, steps_per_record=4)
    path = followed(motion, 3)
    crossed = 0
    for ion, (position, velocity) in enumerate(zip(*STARTS[name], strict=True)):
        expected = integrated(system, equation, np.array(position), np.array(velocity), step, steps, vibration)
        crossed += len(np.unique(cells_of(system.crystal, expected[:, :3]), axis=0)) > 1
        np.testing.assert_allclose(path[:, ion], expected[::4, :3], atol=1e-7)
        np.testing.assert_allclose(motion.velocities[ion], expected[-1, 3:], atol=4e-6)
    assert crossed
    assert not motion.unconverged.any()


@pytest.mark.parametrize("equation", ["time_local", "self_consistent"])
def test_runge_kutta_steps_are_of_fifth_order(equation):
    """Halving the step divides the error by 32; a lattice at rest has no thermal motion to err in."""
    system, position, velocity, duration = cubic(), np.array([1.5, 1.4, 1.7]), np.array([10.0, 8.0, -6.0]), 0.16
    expected = integrated(system, equation, position, velocity, duration, 1)[-1]
    errors = []
    for steps in (8, 16, 32):
        motion = IonMotion(system, Equation(equation), [position], [velocity], duration / steps)
        followed(motion, steps // motion.steps_per_interval)
        errors.append(np.abs(np.concatenate([motion.positions[0], motion.velocities[0]]) - expected).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(orders - 5) < 0.5)


def accelerations(system, equation, position, velocity):
    """Acceleration at the start, in a lattice at rest, from one tiny step."""
    step = 1e-6
    motion = IonMotion(system, Equation(equation), [position], [velocity], step, steps_per_record=1)
    motion.advance()
    return (motion.velocities[0] - velocity) / step


def test_self_consistent_push_is_the_first_order_one_where_the_interaction_is_weak():
    """r differs by the second order in the strength, and the force on the ion by the third."""
    position, velocity = np.array([1.1, 1.0, 0.8]), np.array([30.0, -20.0, 10.0])
    differences, forces = [], []
    for strength in (200.0, 100.0, 50.0):
        system = cubic(strength=strength)
        first, consistent = (accelerations(system, e, position, velocity) for e in ("time_local", "self_consistent"))
        differences.append(np.abs(first - consistent).max())
        forces.append(np.abs(first).max())
    orders = np.log2(np.array(differences[:-1]) / differences[1:])
    assert np.all(np.abs(orders - 3) < 0.2)
    assert differences[-1] < 0.01 * forces[-1]


def test_push_that_is_not_there_is_counted():
    """A fast ion close to an atom: as the interaction is switched on, the root of Eq. (16) is lost on the way."""
    position, velocity = np.array([0.9, 0.8, 0.7]), np.array([-40.0, 30.0, 20.0])
    motion = IonMotion(cubic(), Equation("self_consistent"), [position, [1.5] * 3], [velocity, [0.0] * 3], 0.002)
    motion.advance()
    assert motion.unconverged[0] > 0 == motion.unconverged[1]
    assert np.isfinite(motion.positions).all()


# ---- with memory -------------------------------------------------------------------------------------------------


def free_piece(system, position, velocity, path, times):
    """Ion mass and positions of an ion in a piece that may move as a whole, from those in one that may not.

    A piece of mass P = N m at the place s accelerates as F/P, and what the ion sees of it is R - s: an ion of the mass
    M' in a free piece moves, against that piece, as one of the reduced mass M = M' P/(M' + P) in a piece that is held.
    """
    weight = system.crystal.masses.sum() * system.mesh.cell_count
    mass = 1 / (1 / system.ion_mass - 1 / weight)
    share = mass / weight
    return mass, (path + share * (position + np.outer(times, velocity))) / (1 + share)


@pytest.mark.parametrize("name", SYSTEMS)
def test_motion_of_all_modes_is_that_of_all_atoms(name):
    """Against leapfrog of every atom, whose error is of second order in the step; the piece as a whole is let go."""
    system, vibration = SYSTEMS[name](), vibration_of(name)
    position, velocity = np.array(STARTS[name][0][0]), np.array(STARTS[name][1][0])
    field, moving = vibration_field(vibration)
    errors = []
    for step in (0.008, 0.004, 0.002):
        steps = round(0.24 / step)
        path, _, _ = whole_lattice_motion(system, position, velocity, step, steps, vibration)
        mass, expected = free_piece(system, position, velocity, path, step * np.arange(steps + 1))
        atoms = stencil_motion(
            system.crystal, system.mesh.shape, system.interaction, mass, position, velocity, step_ps=step, steps=steps,
            reach_A=system.neighbours.reach_A, displacements=field, velocities=moving,
        )  # fmt: skip
        errors.append(np.abs(atoms.positions - expected).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert errors[-1] < 1e-3
    assert np.all(np.abs(orders - 2) < 0.3)


@pytest.mark.parametrize("name", SYSTEMS)
def test_motion_of_all_modes_keeps_energy(name):
    """Within a cell it wavers with the square of the step: 0.19, 0.05, 0.012 meV.

    A line through it rises by 4e-3 meV/ps at the smallest step, with the square of the step as well.
    """
    system, vibration = SYSTEMS[name](), vibration_of(name)
    position, velocity = np.array(STARTS[name][0][1]), np.array(STARTS[name][1][1])
    spreads, drifts = [], []
    for step in (0.008, 0.004, 0.002):
        path, _, energy = whole_lattice_motion(system, position, velocity, step, round(0.4 / step), vibration)
        cells = np.unique(np.floor(path / system.crystal.cell[0, 0]), axis=0)
        spreads.append(np.ptp(energy))
        drifts.append(np.polyfit(step * np.arange(len(energy)), energy, 1)[0])
    assert len(cells) == 1
    orders = np.log2(np.array(spreads[:-1]) / spreads[1:])
    assert np.all(np.abs(orders - 2) < 0.3)
    assert spreads[-1] < 0.02
    assert abs(drifts[-1]) < 0.3 * abs(drifts[-2]) < 0.3 * 0.3 * abs(drifts[-3])


# Ions of one bath: one stays in its cell, two leave theirs and come back, two cross several cells.
WANDERERS = [[25.5, 25.4, 25.7], [21.8, 12.7, 7.8], [-10.6, 12.9, -10.7], [-1.6, 13.2, 16.9], [10.4, 16.8, 18.6]]
SPEEDS = [[4.0, -3.0, 6.0], [4.0, -3.0, -16.0], [-13.0, -13.0, 8.0], [1.0, 16.0, 1.0], [0.0, -3.0, 12.0]]


def test_memory_is_the_motion_of_all_modes():
    """Over a picosecond, shorter than the memory, with all ions at once; reached: 9e-6 A."""
    system = cubic((16, 16, 16))
    vibration = sample_vibration(system.mesh, 20.0, np.random.default_rng(8), "classical")
    step, steps = 0.01, 100
    motion = IonMotion(system, Equation("full"), WANDERERS, SPEEDS, step, vibration, steps_per_record=2)
    assert motion.memory_steps >= steps
    path, crossings, returned = followed(motion, steps // 2), [], 0
    for ion, start in enumerate(zip(WANDERERS, SPEEDS, strict=True)):
        expected, speeds, _ = whole_lattice_motion(system, *start, step, steps, vibration)
        cells = np.floor(expected / 3)
        crossings.append(np.abs(cells - cells[0]).max())
        returned += crossings[-1] > 0 and bool(np.all(cells[-1] == cells[0]))
        np.testing.assert_allclose(path[:, ion], expected[::2], atol=SINGLE_A)
        np.testing.assert_allclose(motion.velocities[ion], speeds[-1], atol=30 * SINGLE_A)  # Omega_max
    assert returned == 2
    assert min(crossings) == 0
    assert max(crossings) >= 4


@pytest.mark.parametrize("name", SYSTEMS)
def test_memory_is_the_motion_of_all_modes_in_a_small_piece(name):
    """Until the revival; reached: 6e-9 A in a lattice at rest, 2e-8 A in a vibrating one."""
    system = SYSTEMS[name]()
    steps = int(0.9 * system.mesh.revival_ps / 0.004)
    for vibration, tolerance in ((at_rest(system.mesh), 1e-7), (vibration_of(name), 1e-6)):
        motion = IonMotion(system, Equation("full"), *STARTS[name], 0.004, vibration, steps_per_record=1)
        path = followed(motion, steps)
        for ion, start in enumerate(zip(*STARTS[name], strict=True)):
            expected, _, _ = whole_lattice_motion(system, *start, 0.004, steps, vibration)
            np.testing.assert_allclose(path[:, ion], expected, atol=tolerance)


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize(
    ("equation", "length"),
    [
        (Equation("full", memory_ps=0.08), 8),
        (Equation("quasi_time_local", taper_ps=0.03), 9),
        (Equation("quasi_time_local", window_ps=0.06), 6),
    ],
)
def test_memory_is_the_plain_sum_over_past_forces(name, equation, length):
    """A memory that is cut, tapered or windowed, and shorter than the motion; an ion that leaves its cell."""
    system, vibration = SYSTEMS[name](), vibration_of(name)
    step, steps = 0.01, 14
    motion = IonMotion(system, equation, *STARTS[name], step, vibration, steps_per_record=1)
    assert motion.memory_steps == length
    times = step * np.arange(1, length + 1)
    kernel = response_kernel(system.mesh, times, taper_ps=equation.taper_ps or np.inf)
    if equation.window_ps:  # W falls to 0 at once: what it still was is a kick, of one step here
        kernel[-1] = kernel[-1] / 2 + recoil_kernel(system.mesh, times[-1:])[0] / step
    path, crossed = followed(motion, steps), False
    for ion, start in enumerate(zip(*STARTS[name], strict=True)):
        expected = remembered(system, kernel, *start, step, steps, vibration)
        crossed |= len(np.unique(np.floor(expected @ np.linalg.inv(system.crystal.cell)), axis=0)) > 1
        np.testing.assert_allclose(path[:, ion], expected, atol=SINGLE_A)
    assert crossed


def test_memory_beyond_the_elapsed_time_changes_nothing():
    """Nothing has happened before the start; sums of more zeros are ordered otherwise, in single precision."""
    vibration = vibration_of("cubic")
    paths = [
        followed(IonMotion(cubic(), Equation("full", memory_ps=m), *STARTS["cubic"], 0.01, vibration), 10)
        for m in (0.2, 0.35)
    ]
    np.testing.assert_allclose(*paths, atol=1e-6)
    shorter = followed(IonMotion(cubic(), Equation("full", memory_ps=0.1), *STARTS["cubic"], 0.01, vibration), 10)
    assert np.abs(shorter - paths[0]).max() > 1e-3


def test_a_small_piece_is_as_good_as_a_large_one_until_sound_comes_back():
    """Pieces that may move as a whole, and ions of one mass; a precursor of 1e-5 of W(0, 0) runs ahead of the sound."""
    position, velocity, step, steps = np.array([1.5, 1.4, 1.7]), np.array([14.0, -9.0, 11.0]), 0.005, 160
    paths, revivals = [], []
    for size in (6, 12):
        mesh = phonon_mesh(cubic().crystal, size)
        weight = 3.5 * mesh.cell_count
        system = ion_system(mesh, REPULSION, 1 / (1 / 0.7 + 1 / weight))
        path, _, _ = whole_lattice_motion(system, position, velocity, step, steps, at_rest(mesh))
        mass, free = free_piece(system, position, velocity, path, step * np.arange(steps + 1))
        assert mass == pytest.approx(0.7)
        paths.append(free)
        revivals.append(int(mesh.revival_ps / step))
    difference = np.abs(paths[0] - paths[1]).max(axis=1)
    assert difference[: 3 * revivals[0] // 4].max() < 3e-5
    assert difference[2 * revivals[0] :].min() > 5e-3


@pytest.mark.parametrize("tail", [{"window_ps": 0.1}, {"window_ps": 0.3}, {"taper_ps": 0.1}])
def test_an_ion_that_stays_finds_the_lattice_relaxed(tail):
    """Both kinds of quasi-time-local memory keep W(0) of the piece; reached: 2e-4 of the displacements."""
    mesh, strength = cubic().mesh, 400.0
    system = ion_system(mesh, PairInteraction("screened_coulomb", strength, 0.5), 1e15)
    position = np.array([0.8, 0.9, 1.0])
    motion = IonMotion(system, Equation("quasi_time_local", **tail), [position], [[0.0] * 3], 0.002)
    for _ in range(round(1.2 / 0.002 / motion.steps_per_interval)):
        _, closest = motion.advance()
    static, offsets = recoil_kernel(mesh, [0.0])[0], system.neighbours.offsets
    apart = (offsets[:, None] - offsets) % mesh.shape
    blocks, r = static[tuple(np.moveaxis(apart, -1, 0))], np.zeros((8, 3))
    for _ in range(50):
        r = np.einsum("nkij,kj->ni", blocks, system.interaction.gradient_meV_per_A(position - 3.0 * offsets - r))
    rest = np.linalg.norm(position - 3.0 * offsets, axis=1).min()
    yielded = np.linalg.norm(position - 3.0 * offsets - r, axis=1).min() - rest
    assert yielded > 0.02
    assert closest[0] - rest == pytest.approx(yielded, rel=1e-3)


def test_wide_taper_approaches_the_full_memory():
    """The taper lacks (t/tau)^2/2 of the kernel: half of it, a quarter of the difference."""
    system, start = cubic((12, 12, 12)), ([[1.5, 1.4, 1.7]], [[14.0, -9.0, 11.0]])
    step, intervals = 0.005, 5
    full = followed(IonMotion(system, Equation("full"), *start, step), intervals)
    differences = []
    for tau in (0.125, 0.25):
        tapered = followed(IonMotion(system, Equation("quasi_time_local", taper_ps=tau), *start, step), intervals)
        differences.append(np.abs(tapered - full).max())
    assert differences[0] / differences[1] == pytest.approx(4, abs=0.2)


# ---- all equations -----------------------------------------------------------------------------------------------

ALL = [
    Equation("full", memory_ps=0.1),
    Equation("quasi_time_local", taper_ps=0.03),
    Equation("time_local"),
    Equation("self_consistent"),
]


def motion_of(name, equation, starts=None, **options):
    return IonMotion(SYSTEMS[name](), equation, *(starts or STARTS[name]), 0.01, vibration_of(name), **options)


def test_all_equations_are_covered():
    assert tuple(sorted(e.name for e in ALL)) == tuple(sorted(EQUATIONS))


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("equation", ALL, ids=lambda e: e.name)
def test_ions_of_a_bath_do_not_see_each_other(name, equation):
    together = followed(motion_of(name, equation), 20)
    for ion, (position, velocity) in enumerate(zip(*STARTS[name], strict=True)):
        alone = followed(motion_of(name, equation, ([position], [velocity])), 20)
        np.testing.assert_array_equal(alone[:, 0], together[:, ion])


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("equation", ALL, ids=lambda e: e.name)
def test_ions_far_away_move_as_those_near_the_origin(name, equation):
    """By whole pieces in any direction; positions of 1e4 A are rounded to 2e-12 A, which 0.2 ps amplify."""
    system = SYSTEMS[name]()
    far = np.array([700, -500, 300]) * system.mesh.shape @ system.crystal.cell
    positions, velocities = STARTS[name]
    near_path = followed(motion_of(name, equation), 20)
    far_path = followed(motion_of(name, equation, (np.array(positions) + far, velocities)), 20)
    np.testing.assert_allclose(far_path - far, near_path, atol=1e-7)


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("equation", ALL, ids=lambda e: e.name)
def test_a_restart_is_a_start(name, equation):
    """The lattice forgets the ion, whose bath goes on; the others go on as if nothing had happened."""
    system, vibration, (positions, velocities) = SYSTEMS[name](), vibration_of(name), STARTS[name]
    motion, untouched = motion_of(name, equation), motion_of(name, equation)
    for _ in range(12):
        motion.advance()
        untouched.advance()
    motion.restart(1, positions[0], velocities[2])
    later = vibration_at(vibration, 12 * motion.step_ps * motion.steps_per_interval)
    fresh = IonMotion(system, equation, [positions[0]], [velocities[2]], 0.01, later)
    for _ in range(12):
        motion.advance()
        untouched.advance()
        fresh.advance()
        np.testing.assert_allclose(motion.positions[1], fresh.positions[0], atol=SINGLE_A)
    np.testing.assert_allclose(motion.velocities[1], fresh.velocities[0], atol=30 * SINGLE_A)
    np.testing.assert_array_equal(motion.positions[[0, 2]], untouched.positions[[0, 2]])


def test_frames_advance_alike_for_all_equations():
    motions = [motion_of("bcc", equation, steps_per_record=1) for equation in ALL]
    for _ in range(9):
        for motion in motions:
            motion.advance()
        for motion in motions[1:]:
            np.testing.assert_array_equal(motion._window, motions[0]._window)
            np.testing.assert_array_equal(motion._order, motions[0]._order)


@pytest.mark.parametrize(("steps_per_record", "expected"), [(0, 4), (1, 1), (20, 4), (10, 2), (7, 1), (9, 3), (4, 4)])
def test_steps_of_an_interval_divide_those_of_a_record(steps_per_record, expected):
    """Four steps fit the fastest mode here."""
    step = largest_step_ps(cubic().mesh.largest_frequency) / 4.5
    motion = IonMotion(cubic(), ALL[2], [[1.5] * 3], [[0.0] * 3], step, steps_per_record=steps_per_record)
    assert motion.steps_per_interval == expected


@pytest.mark.parametrize("equation", ALL, ids=lambda e: e.name)
def test_intervals_of_one_step_and_of_many_are_the_same_motion(equation):
    """Frames lie closer, that is all: the interpolation of both is good to 4e-6 A."""
    vibration = vibration_of("cubic")
    paths = []
    for record in (1, 4):
        motion = IonMotion(cubic(), equation, *STARTS["cubic"], 0.005, vibration, steps_per_record=record)
        paths.append(followed(motion, 24 // motion.steps_per_interval)[:: 4 // motion.steps_per_interval])
    np.testing.assert_allclose(*paths, atol=SINGLE_A)


@pytest.mark.parametrize("equation", ALL, ids=lambda e: e.name)
def test_kinetic_energy_and_distance_are_those_of_the_steps(equation):
    """A lattice at rest; kinetic energy on the step, which leapfrog has as the mean of its half steps."""
    motion = IonMotion(cubic(), equation, [[1.5, 1.5, 1.5]], [[6.0, 0.0, 0.0]], 0.002, steps_per_record=1)
    for _ in range(30):
        before = motion.velocities[0].copy()
        kinetic, closest = motion.advance()
        after = motion.velocities[0]
        speed = (before + after) / 2 if equation.remembers else after
        assert kinetic[0] == pytest.approx(0.35 * speed @ speed, rel=1e-12)
        middle = np.abs(motion.positions[0] - 1.5)
        assert closest[0] == pytest.approx(np.linalg.norm(1.5 - middle), abs=0.05)  # the atoms are pushed that far


# ---- what goes wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("equation", ALL, ids=lambda e: e.name)
@pytest.mark.parametrize(
    "velocity", [[1500.0, 0.0, 0.0], [150.0, 150.0, 150.0], [300.0, 300.0, 300.0], [9e9, 0.0, 1.0]]
)
def test_an_ion_that_runs_away_is_stopped_and_told(equation, velocity):
    """Too fast, or, in the middle two, on an atom after a step or half of one, where the force is none."""
    step, others = 0.01, ([[1.5, 1.4, 1.7], [-4.3, 7.4, 1.6]], [[4.0, -3.0, 6.0], [-5.0, 2.0, 1.0]])
    positions, velocities = ([[1.5] * 3, *others[0]], [velocity, *others[1]])
    motion = IonMotion(cubic(), equation, positions, velocities, step)
    alone = IonMotion(cubic(), equation, *others, step)
    for _ in range(4):
        kinetic, closest = motion.advance()
        expected = alone.advance()
        for value in (motion.positions, motion.velocities, kinetic):
            assert np.isfinite(value).all()
        assert not np.isnan(closest).any()
        np.testing.assert_array_equal(motion.positions[1:], alone.positions)
        np.testing.assert_array_equal([kinetic[1:], closest[1:]], expected)
    if np.linalg.norm(velocity) > 1000:
        assert motion.stopped[0]
    assert not motion.stopped[1:].any()
    motion.restart(0, *(x[0] for x in others))
    fresh = IonMotion(cubic(), equation, *others, step)
    for _ in range(4):
        motion.advance()
        fresh.advance()
    assert not motion.stopped.any()
    np.testing.assert_allclose(motion.positions[0], fresh.positions[0], atol=1e-7)


@pytest.mark.parametrize("equation", ALL, ids=lambda e: e.name)
def test_an_ion_that_falls_into_an_atom_leaves_the_others_alone(equation):
    """A deep and narrow well, for which the step is far too long; what comes of it is finite, or stopped and told."""
    system = ion_system(cubic().mesh, PairInteraction("gaussian", -20_000.0, 0.3), 0.7)
    motion = IonMotion(system, equation, [[0.4, 0.4, 0.5], [1.5] * 3], [[0.0] * 3, [1.0, 0.0, 0.0]], 0.01)
    for _ in range(100):
        kinetic, _ = motion.advance()
        for value in (motion.positions, motion.velocities, kinetic):
            assert np.isfinite(value).all()
    assert not motion.stopped[1]
    assert motion.positions[1] == pytest.approx([1.5 + 0.02 * 100, 1.5, 1.5], abs=1e-2)


def test_slow_ions_penetrate_atoms_in_the_time_local_motion_alone():
    """Head-on and heavy, so that drag is small: above the limit of the first-order push the ion is through; the full
    motion has the atom recede and push back."""
    system = ion_system(cubic((12, 12, 12)).mesh, REPULSION, 35.0)
    limit = head_on_limit_meV(REPULSION, system.recoil[0, 0, 0, 0])
    diagonal = np.ones(3) / np.sqrt(3)
    for name, energy, through in (("time_local", 0.7, False), ("time_local", 1.3, True), ("full", 1.3, False)):
        speed = np.sqrt(2 * energy * limit / system.ion_mass)
        motion = IonMotion(system, Equation(name), [[1.5] * 3], [speed * diagonal], 0.005)
        path = followed(motion, int(5 / speed / 0.005 / motion.steps_per_interval))
        if through:
            assert motion.positions[0].min() > 4.0
        else:
            assert path.max() < 2.6
            assert motion.velocities[0] @ diagonal < 0


def test_the_full_motion_alone_takes_the_temperature_of_the_bath():
    """In a classical bath the full motion is as warm as the bath; the time-local one loses more than it is given."""
    thermal, ions, step = 20.0, 32, 0.01
    system = cubic((10, 10, 10))
    temperatures = {}
    for name in ("full", "time_local"):
        generator = np.random.default_rng(1)
        vibration = sample_vibration(system.mesh, thermal, generator, "classical")
        starts = 3 * generator.integers(0, 10, (ions, 3)) + 1.5, system.thermal_velocities(ions, thermal, generator)
        motion = IonMotion(system, Equation(name), *starts, step, vibration)
        intervals = round(4.0 / step / motion.steps_per_interval)
        followed(motion, intervals)  # 4 ps to settle, 24 ps to look
        kinetic = np.mean([motion.advance()[0] for _ in range(6 * intervals)], axis=0) / 1.5
        temperatures[name] = kinetic.mean(), kinetic.std(ddof=1) / np.sqrt(ions)
    warm, warm_error = temperatures["full"]
    cold, cold_error = temperatures["time_local"]
    assert abs(warm - thermal) < STANDARD_ERRORS * warm_error
    assert thermal - cold > 5 * cold_error


def test_velocities_of_ions_are_maxwells():
    velocities = cubic().thermal_velocities(40_000, 20.0, np.random.default_rng(2))
    energies = 0.35 * velocities**2
    error = energies.std(axis=0) / np.sqrt(len(energies))
    assert np.all(np.abs(energies.mean(axis=0) - 10.0) < STANDARD_ERRORS * error)
    assert np.all(np.abs(velocities.mean(axis=0)) < STANDARD_ERRORS * velocities.std() / 200)


# ---- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "fulll"}, r"equation must be 'full', .* or 'self_consistent', got 'fulll'"),
        (
            {"name": "time_local", "memory_ps": 0.2},
            r"memory_ps belongs to the equation 'full', got 0.2 with 'time_local'",
        ),
        ({"name": "full", "memory_ps": 0.0}, r"memory_ps must be finite and above 0, got 0.0"),
        ({"name": "full", "memory_ps": np.inf}, r"memory_ps must be finite and above 0, got inf"),
        ({"name": "full", "taper_ps": 0.1}, r"'quasi_time_local', and it alone, needs .* got taper_ps with 'full'"),
        ({"name": "quasi_time_local"}, r"either taper_ps or window_ps; got neither with"),
        ({"name": "quasi_time_local", "taper_ps": 0.1, "window_ps": 0.2}, r"got taper_ps and window_ps with"),
        ({"name": "self_consistent", "window_ps": 0.2}, r"got window_ps with 'self_consistent'"),
        ({"name": "quasi_time_local", "window_ps": np.nan}, r"window_ps must be finite and above 0, got nan"),
        ({"name": "quasi_time_local", "taper_ps": -0.1}, r"taper_ps must be finite and above 0, got -0.1"),
        ({"name": "quasi_time_local", "taper_ps": 0.1, "memory_ps": 0.2}, r"memory_ps belongs to the equation 'full'"),
    ],
)
def test_wrong_equations_are_told(arguments, words):
    with pytest.raises(ValueError, match=words):
        Equation(**arguments)


def test_wrong_systems_are_told():
    mesh = phonon_mesh(cubic().crystal, (2, 6, 6))
    with pytest.raises(ValueError, match=r"ion_mass must be finite and above 0, got 0"):
        ion_system(mesh, REPULSION, 0)
    with pytest.raises(ValueError, match=r"reach_A must be finite and at least 0, got -1"):
        ion_system(mesh, REPULSION, 0.7, reach_A=-1.0)
    assert len(ion_system(mesh, REPULSION, 0.7).neighbours) == 8
    with pytest.raises(
        ValueError, match=r"piece of \(2, 6, 6\) cells must hold the neighbours of an ion, \(4, 4, 4\) cells"
    ):
        ion_system(mesh, REPULSION, 0.7, reach_A=3.0)


ON_ATOM = ([[1.5, 1.5, 1.5], [3.0, 6.1, 0.05]], [[0.0, 0.0, 0.0]] * 2)
INSIDE = ([[1.5, 1.4, 1.7]], [[4.0, -3.0, 6.0]])


@pytest.mark.parametrize(
    ("equation", "start", "step", "words"),
    [
        (ALL[2], INSIDE, 0.03, r"step_ps must be at most 0.0204 .* Omega_max = 31.35 rad/ps, got 0.03"),
        (ALL[2], INSIDE, 0.0, r"step_ps must be finite and above 0, got 0"),
        (Equation("full", memory_ps=0.5), INSIDE, 0.01, r"revival time .* 0.3828 ps .*; got 0.5 ps"),
        (Equation("quasi_time_local", taper_ps=0.2), INSIDE, 0.01, r"revival time .* 0.3828 ps .*; got 0.6 ps"),
        (Equation("full", memory_ps=0.004), INSIDE, 0.01, r"memory must be at least one step of 0.01 ps, got 0.004 ps"),
        (ALL[0], ON_ATOM, 0.01, r"ion 1 at \[3.0, 6.1, 0.05\] A is 0.112 A .* at least 0.15"),
        (ALL[2], ([[-3.0, 6.1, 0.05]], [[0.0] * 3]), 0.01, r"ion 0 .* is 0.112 A from the nearest one"),
        (ALL[2], (INSIDE[0], [[0.0] * 3] * 2), 0.01, r"both be \(ions, 3\), got \(1, 3\) and \(2, 3\)"),
        (ALL[2], ([[1.0, 2.0]], [[1.0, 2.0]]), 0.01, r"both be \(ions, 3\), got \(1, 2\)"),
        (ALL[2], ([[1.5, 1.5, np.nan]], [[0.0] * 3]), 0.01, r"positions must be finite, got nan at index \(0, 2\)"),
        (ALL[2], (INSIDE[0], [[np.inf] * 3]), 0.01, r"velocities must be finite, got inf"),
    ],
)  # fmt: skip
def test_wrong_motions_are_told(equation, start, step, words):
    with pytest.raises(ValueError, match=words):
        IonMotion(cubic(), equation, *start, step)


def test_a_table_that_is_too_large_is_told():
    with pytest.raises(
        ValueError, match=r"1.27\d* ps in a piece of \(20, 20, 20\) cells needs a table of 1.2 GB, .* 1 GB"
    ):
        IonMotion(cubic((20, 20, 20)), Equation("full"), *INSIDE, 3e-4)


def test_an_ion_on_the_very_corner_of_the_piece_has_its_cell():
    """Faces belong to the cell above them, on either side of the origin."""
    starts = [[0.0, 1.5, 1.5], [-3.0, 1.5, 1.5], [18.0, 1.5, 1.5], [1.5, -21.0, 24.0 + 1.5]]
    motion = IonMotion(cubic(), ALL[0], starts, np.zeros((4, 3)), 0.01)
    followed(motion, 2)
    moved = motion.positions - np.array(starts)
    np.testing.assert_allclose(moved[:3], moved[[0, 0, 0]], atol=1e-12)
    assert np.all(moved[:3, 0] != 0)


def test_the_coupled_solver_finds_pushes_that_satisfy_the_equation():
    """Hot ions near atoms, where the simple iteration often fails: what is found solves Eq. (16), to CONVERGED_A.

    More than half of these states, far hotter than any run's, have one; the rest are told, as is an ion on an atom.
    """
    system = ion_system(
        phonon_mesh(simple_cubic_crystal(3.0, [520, 170], 3.5), 6),
        PairInteraction("screened_coulomb", 4000.0, 0.5),
        0.7,
    )
    generator = np.random.default_rng(6)
    count = 3 * len(system.neighbours)
    recoil = np.ascontiguousarray(system.recoil.transpose(0, 2, 1, 3).reshape(count, count))
    pair = (0, 4000.0, 2.0)
    corners = system.neighbours.vectors.ravel()
    tried = found = 0
    for _ in range(400):
        place = generator.uniform(0, 1, 3) * 1.5
        if np.linalg.norm(place) < 1.2:
            continue
        relative = np.tile(place, count // 3) - corners
        velocity, moving = generator.normal(0, 12, 3), generator.normal(0, 4, count)
        moved = generator.normal(0, 0.2, count)
        pushed, slopes, wanted = np.zeros((3, count))
        shift, drag = np.zeros((2, 3))
        surroundings = (pair, relative, velocity, moved, moving, recoil, system.loss)
        tried += 1
        if kernels._consistent_push(*surroundings, pushed, shift, slopes, drag, wanted):
            found += 1
            result = np.zeros(count + 3)
            state = np.concatenate([pushed, shift])
            # The simple iteration stops where its last move is that small; one more of it is smaller than ten.
            assert kernels._mismatch(*surroundings, state, slopes, drag, result) < 10 * kernels.CONVERGED_A
    assert tried > 150
    assert found > 0.5 * tried
    on_an_atom = np.zeros(count)
    on_an_atom[3:] = 2.0
    arguments = (pair, on_an_atom, np.ones(3), np.zeros(count), np.zeros(count), recoil, system.loss)
    scratch = [np.zeros(size) for size in (count, 3, count, 3, count)]
    assert not kernels._consistent_push(*arguments, *scratch)
