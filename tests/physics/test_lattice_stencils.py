"""Full motion of an ion and a lattice by stencils: against dense matrices, phonons, kernels and conservation laws."""

from itertools import product

import numpy as np
import pytest

from superion.harmonic_crystals import bcc_crystal, crystal_of_force_constants, simple_cubic_crystal, spring_crystal
from superion.lattice_stencils import lattice_forces_meV_per_A, lattice_motion, stencil_motion
from superion.pair_interactions import PairInteraction
from superion.phonons import phonon_mesh
from superion.recoil_kernels import response_kernel

CUBIC = simple_cubic_crystal(3.0, [520.0, 170.0], 3.5)
DIATOMIC = spring_crystal(
    4.0 * np.eye(3), [[0, 0, 0], [2.0, 2.0, 2.0]], [3.5, 1.25], [430.0, 120.0, 40.0], transverse=[30.0, 12.0, 5.0]
)
LOW = crystal_of_force_constants(  # bonds reach two cells along one axis alone, and nothing is symmetric in x, y, z
    [[3.0, 0.2, 0.0], [0.0, 2.5, 0.3], [0.4, 0.0, 4.0]],
    [[0, 0, 0], [1.1, 0.9, 1.7]],
    [2.0, 5.0],
    [
        (0, 1, (0, 0, 0), [[-300, 20, 5], [20, -250, 0], [5, 0, -280]]),
        (0, 1, (-1, 0, 0), -200 * np.eye(3)),
        (0, 1, (0, -1, 0), -210 * np.eye(3)),
        (1, 0, (0, 0, 1), -220 * np.eye(3)),
        (0, 0, (0, 0, 2), [[-20, 1, 0], [-1, -20, 2], [0, -2, -30]]),
        (1, 1, (1, 0, 0), -50 * np.eye(3)),
    ],
)
CRYSTALS = {
    "cubic": (CUBIC, (3, 4, 5)),
    "bcc": (bcc_crystal(3.0, [400.0, 150.0], 2.0), (4, 3, 3)),
    "diatomic": (DIATOMIC, (3, 3, 4)),
    "low": (LOW, (3, 4, 6)),
}
REPULSION = PairInteraction("screened_coulomb", 14000.0, 0.5)
ROUNDING = 1e-12


def dense_matrix(crystal, shape):
    """Force constants V of the whole piece, (N A 3, N A 3)."""
    size = (*shape, crystal.atom_count, 3)
    matrix = np.zeros(size * 2)
    for cell in product(*map(range, shape)):
        for a, b, shift, phi in zip(
            crystal.origin, crystal.destination, crystal.translation, crystal.force_constants, strict=True
        ):
            other = tuple((np.array(cell) + shift) % shape)
            matrix[(*cell, a, slice(None), *other, b, slice(None))] += phi
    return matrix.reshape(np.prod(size), np.prod(size))


def random_state(crystal, shape, seed=1):
    rng = np.random.default_rng(seed)
    size = (*shape, crystal.atom_count, 3)
    return 0.1 * rng.normal(size=size), rng.normal(size=size)


@pytest.mark.parametrize("name", CRYSTALS)
def test_forces_are_those_of_the_dense_matrix(name):
    crystal, shape = CRYSTALS[name]
    field, _ = random_state(crystal, shape)
    expected = -(dense_matrix(crystal, shape) @ field.ravel()).reshape(field.shape)
    np.testing.assert_allclose(lattice_forces_meV_per_A(crystal, field), expected, atol=ROUNDING * abs(expected).max())


@pytest.mark.parametrize("name", CRYSTALS)
def test_motion_is_leapfrog_with_the_dense_matrix(name):
    """All of the pass over the piece: the order in which planes drift, margins, first and last half kicks, energies."""
    crystal, shape = CRYSTALS[name]
    field, velocity = random_state(crystal, shape)
    step, steps = 0.004, 7
    matrix = dense_matrix(crystal, shape)
    masses = np.broadcast_to(crystal.masses[:, None], field.shape).ravel()
    r, v = field.ravel(), velocity.ravel()
    energies = []
    for number in range(steps + 1):
        energies.append(0.5 * masses @ v**2 + 0.5 * r @ matrix @ r)
        if number < steps:
            v = v - 0.5 * step * (matrix @ r) / masses
            r = r + step * v
            v = v - 0.5 * step * (matrix @ r) / masses
    moved, moving, told = lattice_motion(crystal, field, velocity, step_ps=step, steps=steps)
    np.testing.assert_allclose(moved.ravel(), r, atol=ROUNDING * 10)
    np.testing.assert_allclose(moving.ravel(), v, atol=ROUNDING * 100)
    np.testing.assert_allclose(told, energies, rtol=ROUNDING)


@pytest.mark.parametrize("strip", [1, 40, 10**6])
def test_strips_of_any_length_agree(strip, monkeypatch):
    shape = (5, 7, 6)
    field, velocity = random_state(DIATOMIC, shape)
    expected = lattice_motion(DIATOMIC, field, velocity, step_ps=0.01, steps=5)
    monkeypatch.setattr("superion.lattice_stencils.STRIP", strip)
    for value, wanted in zip(lattice_motion(DIATOMIC, field, velocity, step_ps=0.01, steps=5), expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize("name", ["cubic", "diatomic"])
def test_a_plane_wave_moves_with_its_phonon_frequency(name):
    """Leapfrog turns Omega into 2/dt arcsin(Omega dt/2), and nothing else."""
    crystal, shape = CRYSTALS[name]
    mesh = phonon_mesh(crystal, shape)
    step, steps, (x, y, z), branch = 0.01, 40, (1, 1, 1), 2
    omega = mesh.frequencies[x, y, z, branch]
    phase = np.exp(2j * np.pi * sum(np.ix_(*[np.arange(n) * k / n for n, k in zip(shape, (x, y, z), strict=True)])))
    eta = mesh.modes[x, y, z, :, branch].reshape(-1, 3) / np.sqrt(crystal.masses)[:, None]
    wave = phase[..., None, None] * eta
    shifted = 2 / step * np.arcsin(omega * step / 2)
    moved, moving, _ = lattice_motion(crystal, wave.real, np.zeros(wave.shape), step_ps=step, steps=steps)
    time = step * steps
    np.testing.assert_allclose(moved, wave.real * np.cos(shifted * time), atol=1e-11)
    # On-step velocities of leapfrog are smaller by the cosine of half a step's phase.
    speed = np.sin(shifted * step) / step
    np.testing.assert_allclose(moving, -wave.real * speed * np.sin(shifted * time), atol=1e-9)
    assert abs(shifted - omega) < omega * (omega * step) ** 2 / 20


def test_a_kicked_lattice_answers_by_the_response_kernel():
    """Its uniform shift counted; the limit of small steps by Richardson's extrapolation."""
    shape, impulse = (6, 6, 6), np.array([0.3, -0.2, 0.5])
    velocity = np.zeros((*shape, 2, 3))
    velocity[0, 0, 0, 1] = impulse / DIATOMIC.masses[1]
    coarse, fine = (
        lattice_motion(DIATOMIC, np.zeros(velocity.shape), velocity, step_ps=0.3 / steps, steps=steps)[0]
        for steps in (300, 600)
    )
    kernel = response_kernel(phonon_mesh(DIATOMIC, shape), [0.3], uniform_shift=True)[0]
    expected = (kernel[..., 3:] @ impulse).reshape(velocity.shape)
    np.testing.assert_allclose((4 * fine - coarse) / 3, expected, atol=1e-6 * abs(expected).max())
    assert abs(fine - expected).max() < 2e-4 * abs(expected).max()


def collide(step_ps, *, steps=None, **options):
    settings = {
        "ion_mass": 0.7,
        "position": [-6.0, 0.0, 0.0],
        "velocity": [10.0, 0.0, 0.0],
        "atoms": [[0, 0, 0, 0]],
    } | options
    steps = round(1.0 / step_ps) if steps is None else steps
    return stencil_motion(CUBIC, settings.pop("shape", 8), REPULSION, step_ps=step_ps, steps=steps, **settings)


def test_a_collision_is_that_of_the_explicit_memory_kernel():
    """r(t_i) = sum over j of G(t_i - t_j) f_j dt, Eq. (9): the same motion in the limit of small steps."""
    shape, steps = 8, 500
    mesh = phonon_mesh(CUBIC, shape)
    differences = []
    for step in (0.002, 0.001):
        count = round(steps * 0.002 / step)
        kernel = response_kernel(mesh, step * np.arange(1, count + 1), uniform_shift=True)[:, 0, 0, 0, 0, 0]
        place, speed, impulses = -6.0, 10.0, np.zeros(count)
        places = [place]
        for i in range(count):
            moved = impulses[:i][::-1] @ kernel[:i]
            force = -REPULSION.slope_meV_per_A(abs(place - moved)) * np.sign(place - moved)
            share = step if i else step / 2
            impulses[i] = -force * share
            speed += share * force / 0.7
            place += step * speed
            places.append(place)
        motion = collide(step, shape=shape, steps=count)
        differences.append(abs(motion.positions[:, 0] - places).max())
    assert differences[1] < 5e-6
    assert 3.5 < differences[0] / differences[1] < 4.5  # both are of second order


def test_motion_converges_with_the_square_of_the_step():
    fine = collide(0.0005)
    errors = [abs(collide(h).positions[-1] - fine.positions[-1]).max() for h in (0.008, 0.004, 0.002)]
    assert 3.4 < errors[0] / errors[1] < 4.6
    assert 3.4 < errors[1] / errors[2] < 4.9


def test_the_fastest_collision_of_fig_3_is_good_to_a_ten_thousandth():
    """Steps of 0.0125 A of flight, as the study takes them: ion and atom within 1e-4 A of the limit of small steps."""
    hard = PairInteraction("screened_coulomb", 14000.0, 0.2)
    fine, finer, chosen = (
        stencil_motion(
            CUBIC, 12, hard, 0.7, [-4.8, 0, 0], [10.0, 0, 0], step_ps=0.72 / steps, steps=steps, atoms=[[0, 0, 0, 0]],
            record_every=steps // 72,
        )
        for steps in (1152, 2304, 576)
    )  # fmt: skip
    for name in ("positions", "displacements"):
        limit = (4 * getattr(finer, name) - getattr(fine, name)) / 3
        assert abs(getattr(chosen, name) - limit).max() < 1e-4
    assert np.ptp(chosen.energy_meV) < 0.01


def test_energy_is_kept():
    """By the free motion of an ion among all atoms of its cell, the lattice vibrating."""
    size = (6, 6, 6, 1, 3)
    drifts = []
    for step in (0.01, 0.005):
        rng = np.random.default_rng(3)
        motion = stencil_motion(
            CUBIC, 6, PairInteraction("screened_coulomb", 4000.0, 0.5), 0.7, [1.4, 1.6, 1.5], [1.0, 2.0, -1.5],
            step_ps=step, steps=round(0.5 / step), displacements=0.02 * rng.normal(size=size),
            velocities=0.5 * rng.normal(size=size), record_every=round(0.05 / step),
        )  # fmt: skip
        assert np.ptp(motion.cells, axis=0).max() == 0, "the ion must not leave its cell in this test"
        drifts.append(np.ptp(motion.energy_meV))
    assert drifts[0] < 2e-3 * motion.kinetic_energy_meV.mean()
    assert 3.5 < drifts[0] / drifts[1] < 4.5


def test_energy_of_a_collision_on_the_step():
    """Counted with the on-step velocities of struck atoms, it errs by the square of the step."""
    wobbles = [np.ptp(collide(h, shape=6).energy_meV) for h in (0.004, 0.002)]
    assert wobbles[1] < 0.02
    assert 3 < wobbles[0] / wobbles[1] < 5


def test_momentum_is_kept():
    motion = stencil_motion(
        DIATOMIC,
        5,
        PairInteraction("gaussian", 500.0, 0.8),
        0.7,
        [1.0, 0.7, 0.8],
        [5.0, 3.0, 4.0],
        step_ps=0.01,
        steps=60,
    )
    momentum = 0.7 * motion.velocities[-1] + (DIATOMIC.masses[:, None] * motion.final_velocities).sum(axis=(0, 1, 2, 3))
    np.testing.assert_allclose(momentum, [3.5, 2.1, 2.8], atol=1e-11)
    assert abs(motion.final_displacements).max() > 1e-3


def test_moving_the_piece_by_cells_moves_the_motion():
    """Any cell is as good as any other, beyond the piece too: an ion crosses faces and the piece's own border."""
    options = {"step_ps": 0.01, "steps": 150, "reach_A": 1.0}
    soft = PairInteraction("screened_coulomb", 300.0, 0.5)
    first = stencil_motion(CUBIC, (5, 6, 7), soft, 0.7, [1.5, 1.4, 1.6], [19.0, 3.0, -18.0], **options)
    shift = np.array([-4, 9, 3])
    second = stencil_motion(
        CUBIC, (5, 6, 7), soft, 0.7, [1.5, 1.4, 1.6] + shift @ CUBIC.cell, [19.0, 3.0, -18.0], **options
    )
    assert abs(first.positions[-1]).max() > 16
    np.testing.assert_allclose(second.positions - shift @ CUBIC.cell, first.positions, atol=1e-9)
    np.testing.assert_array_equal(second.cells - shift, first.cells)
    turned = np.roll(first.final_displacements, shift, axis=(0, 1, 2))
    np.testing.assert_allclose(second.final_displacements, turned, atol=1e-10)


def test_a_constrained_ion_stays_on_its_line():
    start, line = np.array([1.0, 0.5, 0.8]), np.array([1.0, 2.0, 2.0])
    motion = stencil_motion(CUBIC, 6, REPULSION, 0.7, start, line, step_ps=0.001, steps=400, constrained_to=-line)
    along = (motion.positions - start) @ line / 3
    np.testing.assert_allclose(motion.positions, start + along[:, None] * line / 3, atol=ROUNDING)
    assert np.ptp(along) > 0.1
    assert abs(np.cross(motion.forces, line)).max() > 100
    assert np.ptp(motion.energy_meV) < 1


def test_records_hang_together():
    every = collide(0.005, record_every=1)
    some = collide(0.005, record_every=7)
    np.testing.assert_allclose(some.times_ps, np.append(0.005 * np.arange(0, 200, 7), 1.0))
    index = np.append(np.arange(0, 200, 7), 200)
    for name in ("positions", "velocities", "displacements", "atom_velocities", "pair_forces", "energy_meV"):
        np.testing.assert_array_equal(getattr(some, name), getattr(every, name)[index])
    np.testing.assert_array_equal(every.final_displacements[0, 0, 0], every.displacements[-1])
    np.testing.assert_allclose(every.final_velocities[0, 0, 0], every.atom_velocities[-1], atol=ROUNDING)
    # Velocities on the step are the slopes of the path.
    slopes = (every.positions[2:] - every.positions[:-2]) / 0.01
    np.testing.assert_allclose(every.velocities[1:-1], slopes, atol=1e-9)
    slopes = (every.displacements[2:] - every.displacements[:-2]) / 0.01
    np.testing.assert_allclose(every.atom_velocities[1:-1], slopes, atol=1e-9)
    np.testing.assert_allclose(
        every.distances[:, 0], np.linalg.norm(every.positions - every.displacements[:, 0], axis=1)
    )
    told = []
    collide(0.005, record_every=50, tell=told.append)
    assert told == [0, 50, 100, 150, 200]


def test_an_ion_kept_in_its_start_moves_with_the_free_lattice():
    """No interaction: the ion flies straight and the lattice goes its own way."""
    field, velocity = random_state(CUBIC, (4, 4, 4))
    nothing = PairInteraction("gaussian", 0.0, 1.0)
    motion = stencil_motion(
        CUBIC, 4, nothing, 0.7, [1.5, 1.5, 1.5], [2.0, 0.0, 1.0], step_ps=0.01, steps=30, displacements=field,
        velocities=velocity,
    )  # fmt: skip
    moved, moving, energies = lattice_motion(CUBIC, field, velocity, step_ps=0.01, steps=30)
    np.testing.assert_array_equal(motion.final_displacements, moved)
    np.testing.assert_array_equal(motion.final_velocities, moving)
    np.testing.assert_allclose(motion.kinetic_energy_meV + motion.potential_energy_meV, energies, rtol=ROUNDING)
    np.testing.assert_allclose(motion.positions[-1], [2.1, 1.5, 1.8])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step_ps": 0.064}, r"below 2/Omega_max = 0\.06379 ps .* Omega_max = 31\.35 rad/ps, got 0\.064"),
        ({"step_ps": 0.0}, "step_ps must be finite and above 0"),
        ({"steps": 0}, "steps must be an integer and at least 1"),
        ({"record_every": 1.5}, "record_every must be an integer"),
        ({"shape": (2, 4, 4)}, r"at least \(3, 3, 3\) cells for bonds that reach \(1, 1, 1\)"),
        ({"shape": (4, 4)}, "shape must be one number or three"),
        ({"position": [0.1, 0.0, 0.0]}, r"0\.1 A from atom 0 of cell \[0, 0, 0\], must be at least 0\.15"),
        ({"position": [1.0, 0.0]}, "position must have 3 components"),
        ({"velocity": [0.0, np.nan, 0.0]}, "velocity must be finite"),
        ({"ion_mass": -1.0}, "ion_mass must be finite and above 0"),
        ({"atoms": [[0, 0, 0, 1]]}, "index of an atom in its cell must be .* at most 0"),
        ({"atoms": [[0, 0, 0]]}, r"atoms must be \(K, 4\)"),
        ({"atoms": [[0, 0, 0, 0], [8, 0, 0, 0]]}, r"\[0, 0, 0, 0\] twice"),
        ({"constrained_to": [0.0, 0.0, 1.0]}, "10 A/ps across it"),
        ({"constrained_to": [0.0, 0.0, 0.0]}, "constrained_to must have a length above 0"),
        ({"displacements": np.zeros((8, 8, 8, 3))}, r"displacements must have shape \(8, 8, 8, 1, 3\)"),
        ({"atoms": None, "reach_A": 12.0}, "to hold the neighbourhood of an ion"),
    ],
)
def test_bad_input_is_named(options, message):
    step = options.pop("step_ps", 0.005)
    with pytest.raises(ValueError, match=message):
        collide(step, **({"steps": 5} | options))


def test_an_unstable_lattice_is_refused():
    unstable = simple_cubic_crystal(3.0, [-520.0, 170.0], 3.5)
    with pytest.raises(ValueError, match="lattice must be stable"):
        stencil_motion(unstable, 4, REPULSION, 0.7, [1.5, 1.5, 1.5], [0.0, 0.0, 0.0], step_ps=0.005, steps=5)
    with pytest.raises(ValueError, match=r"displacements must be \(n1, n2, n3, A, 3\)"):
        lattice_forces_meV_per_A(CUBIC, np.zeros((3, 3)))
