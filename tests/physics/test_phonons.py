"""Phonons: closed forms of cubic crystals, two atoms a cell, velocities against differences, the loss matrix."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from superion.harmonic_crystals import (
    HarmonicCrystal,
    bcc_crystal,
    crystal_of_force_constants,
    simple_cubic_crystal,
    spring_crystal,
)
from superion.phonons import (
    acoustic_tensor,
    dynamical_matrices,
    group_velocities_A_per_ps,
    loss_matrix,
    phonon_frequencies_rad_per_ps,
    phonon_mesh,
    sound_velocities_A_per_ps,
)

ROUNDING = 1e-12  # some roundings, relative
SMALL_q = 1e-3  # of the zone: dispersion bends the branches by some q^2
BENT = 1e-4  # relative, what is left of that
STEP = 1e-5  # rad/A, of finite differences: rounding over STEP and curvature times STEP^2 stay below DIFFERENCE
DIFFERENCE = 1e-5  # A/ps, where speeds are some 10

a, k1, k2, m = 3.0, 520.0, 170.0, 3.5  # of the paper


@pytest.fixture(scope="module")
def crystal():
    return simple_cubic_crystal(a, [k1, k2], m)


def zincblende(along=(300.0, 40.0)):
    """No atom is a centre of inversion: atoms of a cell relax against each other under strain."""
    cell = 2.5 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    return spring_crystal(cell, np.array([[0, 0, 0], [1.25, 1.25, 1.25]]), [2.0, 5.0], along)


def caesium_chloride(masses=(1.5, 4.0), along=(400.0, 90.0), across=(25.0, 7.0)):
    positions = 3.2 * np.array([[0, 0, 0], [0.5, 0.5, 0.5]])
    return spring_crystal(3.2 * np.eye(3), positions, masses, along, transverse=across)


# ---- simple cubic ------------------------------------------------------------------------------------------------


def test_speeds_of_sound_in_closed_form(crystal):
    """C11 = (k1 + 2 k2)/a, C12 = C44 = k2/a."""
    unit = a * a / m
    squares = {
        (1, 0, 0): [k2, k2, k1 + 2 * k2],
        (1, 1, 0): [k2, (k1 + k2) / 2, (k1 + 5 * k2) / 2],
        (1, 1, 1): [(k1 + 2 * k2) / 3] * 2 + [(k1 + 8 * k2) / 3],
    }
    for direction, expected in squares.items():
        np.testing.assert_allclose(
            sound_velocities_A_per_ps(crystal, direction), np.sqrt(unit * np.array(expected)), rtol=ROUNDING
        )
    speeds = sound_velocities_A_per_ps(crystal, [1, 0, 0])
    np.testing.assert_allclose(speeds, [20.91, 20.91, 47.03], atol=0.005)
    assert speeds[2] == pytest.approx(15 * np.pi, rel=3e-3)  # as Sec. III rounds it


def test_largest_frequency_is_at_X(crystal):
    at_x = phonon_frequencies_rad_per_ps(crystal, [0.5, 0, 0])[-1]
    assert at_x == pytest.approx(np.sqrt((4 * k1 + 8 * k2) / m), rel=ROUNDING)
    assert at_x == pytest.approx(31.35, abs=0.005)
    mesh = phonon_mesh(crystal, 16)
    assert mesh.largest_frequency == pytest.approx(at_x, rel=ROUNDING)


def test_loss_matrix_against_a_quadrature_over_directions(crystal):
    """Sum over branches of psi psi^T/(16 pi^2 rho v^3) at the centres of equal patches of the sphere."""
    cosines = (np.arange(300) + 0.5) / 150 - 1
    azimuths = (np.arange(600) + 0.5) * np.pi / 300
    z, phi = (grid.ravel() for grid in np.meshgrid(cosines, azimuths, indexing="ij"))
    n = np.stack([np.sqrt(1 - z * z) * np.cos(phi), np.sqrt(1 - z * z) * np.sin(phi), z], axis=1)
    # Eq. (21) to second order in q
    tensor = 2 * k2 * a * a / m * n[:, :, None] * n[:, None, :]
    diagonal = a * a / m * (k1 * n**2 + k2 * (n**2 + 1))
    tensor[:, range(3), range(3)] = diagonal
    squares, psi = np.linalg.eigh(tensor)
    outer = np.einsum("pau,pbu,pu->ab", psi, psi, squares**-1.5)
    expected = outer * (4 * np.pi / len(n)) / (16 * np.pi**2 * (m / a**3))
    loss = loss_matrix(crystal)
    np.testing.assert_allclose(loss, expected, atol=2e-5 * loss[0, 0])  # midpoint rule with 300 cosines
    np.testing.assert_allclose(loss, loss[0, 0] * np.eye(3), atol=ROUNDING * loss[0, 0])
    assert loss[0, 0] == pytest.approx(3.29077e-5, rel=2e-6)


def test_isotropic_crystal_has_the_loss_matrix_of_two_speeds():
    """k1 = k2 makes C11 - C12 = 2 C44: l = (1/v_L^3 + 2/v_T^3)/(12 pi rho)."""
    crystal = simple_cubic_crystal(2.0, [300, 300], 1.7)
    directions = np.random.default_rng(3).normal(size=(50, 3))
    speeds = sound_velocities_A_per_ps(crystal, directions)
    transverse, longitudinal = 2 * np.sqrt(300 / 1.7), 2 * np.sqrt(900 / 1.7)
    np.testing.assert_allclose(speeds, np.broadcast_to([transverse] * 2 + [longitudinal], (50, 3)), rtol=ROUNDING)
    expected = (longitudinal**-3 + 2 * transverse**-3) / (12 * np.pi * crystal.density)
    np.testing.assert_allclose(loss_matrix(crystal), expected * np.eye(3), atol=ROUNDING * expected)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.1, 10), st.floats(0.1, 10))
def test_loss_matrix_scales_as_the_root_of_mass_over_stiffness_cubed(stiffness, mass):
    """l ~ 1/(rho v^3), v^2 ~ k/m."""
    crystal = bcc_crystal(2.8, [200, 90], 2.0)
    expected = loss_matrix(crystal) * (mass / stiffness**3) ** 0.5
    scaled = loss_matrix(crystal.scaled(stiffness, mass))
    np.testing.assert_allclose(scaled, expected, atol=ROUNDING * 10 * expected.max())


def test_loss_matrix_of_a_tetragonal_crystal_is_symmetric_and_positive():
    cell = np.diag([2.0, 2.0, 3.0])
    loss = loss_matrix(spring_crystal(cell, np.zeros((1, 3)), [1.0], [90, 40, 30, 20]))
    np.testing.assert_allclose(loss, loss.T, atol=ROUNDING * loss.max())
    assert np.linalg.eigvalsh(loss).min() > 0
    assert loss[0, 0] == pytest.approx(loss[1, 1], rel=ROUNDING * 10)
    assert loss[0, 0] != pytest.approx(loss[2, 2], rel=0.01)


# ---- two atoms a cell --------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)
@given(st.floats(0.3, 20), st.floats(0.3, 20), st.floats(10, 500), st.floats(0, 50))
def test_optical_frequency_at_the_centre_in_closed_form(first, second, along, across):
    """Eight neighbours along <111>: (8/3) (k + 2 k') (1/m_A + 1/m_B); springs within a sublattice rest."""
    crystal = caesium_chloride((first, second), (along, 60.0), (across, 5.0))
    frequencies = phonon_frequencies_rad_per_ps(crystal, [0, 0, 0])
    expected = np.sqrt(8 / 3 * (along + 2 * across) * (1 / first + 1 / second))
    np.testing.assert_allclose(frequencies[3:], expected, rtol=ROUNDING * 10)
    np.testing.assert_allclose(frequencies[:3], 0, atol=1e-7 * expected)  # the root of a square good to rounding


@pytest.mark.parametrize("build", [caesium_chloride, zincblende, lambda: bcc_crystal(2.8, [200, 90], 2.0)])
def test_speeds_of_sound_are_slopes_of_the_dispersion(build):
    crystal = build()
    directions = np.random.default_rng(4).normal(size=(20, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    q = SMALL_q * directions  # Cartesian, rad/A
    slopes = phonon_frequencies_rad_per_ps(crystal, q @ crystal.cell.T / (2 * np.pi))[:, :3] / SMALL_q
    np.testing.assert_allclose(sound_velocities_A_per_ps(crystal, directions), slopes, rtol=BENT)


def test_relaxation_within_the_cell_lowers_the_acoustic_tensor():
    """Without it C44 of zincblende would count the bonds as rigid."""
    crystal = zincblende()
    n = np.array([0.0, 0.0, 1.0])
    steps = (
        crystal.translation @ crystal.cell + crystal.positions[crystal.destination] - crystal.positions[crystal.origin]
    ) @ n
    rigid = -(crystal.force_constants * (steps**2 / 2)[:, None, None]).sum(axis=0) / crystal.masses.sum()
    lowered = np.linalg.eigvalsh(rigid - acoustic_tensor(crystal, n))
    assert lowered.min() > -ROUNDING * rigid.max()
    assert lowered.max() > 0.05 * rigid.max()


def test_loss_matrix_of_two_atoms_against_the_spectrum():
    """Powers -3/2 of slopes of the dispersion along directions, with the density of all atoms."""
    crystal = zincblende()
    nodes, weights = np.polynomial.legendre.leggauss(14)
    azimuths = np.arange(28) * np.pi / 14
    total = np.zeros((3, 3))
    for z, weight in zip(nodes, weights, strict=True):
        for phi in azimuths:
            n = np.array([np.sqrt(1 - z * z) * np.cos(phi), np.sqrt(1 - z * z) * np.sin(phi), z])
            q = SMALL_q * n @ crystal.cell.T / (2 * np.pi)
            squares, modes = np.linalg.eigh(dynamical_matrices(crystal, q))
            # the same displacement of both atoms: psi is that of the first, over the root of its share of the mass
            psi = modes[:3, :3] * np.sqrt(crystal.masses.sum() / crystal.masses[0])
            total += weight * np.pi / 14 * (psi * (squares[:3] / SMALL_q**2) ** -1.5 @ psi.conj().T).real
    expected = total / (16 * np.pi**2 * crystal.density)
    loss = loss_matrix(crystal)
    np.testing.assert_allclose(loss, expected, atol=2e-3 * loss.max())  # 14 x 28 directions


# ---- group velocities --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [lambda: simple_cubic_crystal(a, [k1, k2], m), zincblende, caesium_chloride])
def test_group_velocities_against_finite_differences(build):
    crystal = build()

    @settings(deadline=None, max_examples=25)
    @given(st.integers(0, 10**9))
    def at_random(seed):
        q = np.random.default_rng(seed).uniform(-1, 1, 3)
        frequencies = phonon_frequencies_rad_per_ps(crystal, q)
        assume(np.diff(frequencies).min() > 0.05)  # branches that keep their order and do not bend sharply
        velocities = group_velocities_A_per_ps(crystal, q)
        for axis in range(3):
            shift = STEP * np.eye(3)[axis] @ crystal.cell.T / (2 * np.pi)
            ahead, behind = (phonon_frequencies_rad_per_ps(crystal, q + sign * shift) for sign in (1, -1))
            np.testing.assert_allclose(velocities[:, axis], (ahead - behind) / (2 * STEP), atol=DIFFERENCE)

    at_random()


def test_group_velocity_near_the_centre_is_the_speed_of_sound(crystal):
    q = 1e-5 * np.array([1.0, 0, 0])
    speeds = np.linalg.norm(group_velocities_A_per_ps(crystal, q), axis=-1)
    np.testing.assert_allclose(np.sort(speeds), sound_velocities_A_per_ps(crystal, [1, 0, 0]), rtol=1e-6)
    np.testing.assert_array_equal(group_velocities_A_per_ps(crystal, [0, 0, 0]), np.zeros((3, 3)))


# ---- meshes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 4, 4), (3, 5, 4), (4, 2, 5)])
@pytest.mark.parametrize("build", [zincblende, lambda: simple_cubic_crystal(a, [k1, k2], m)])
def test_mesh_modes_diagonalise_and_pair_up(build, shape):
    mesh = phonon_mesh(build(), shape)
    n1, n2, n3 = shape
    axes = [np.arange(n1) / n1, np.arange(n2) / n2, np.arange(n3 // 2 + 1) / n3]
    matrices = dynamical_matrices(mesh.crystal, np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1))
    rebuilt = (mesh.modes * mesh.frequencies[..., None, :] ** 2) @ np.swapaxes(mesh.modes.conj(), -1, -2)
    np.testing.assert_allclose(rebuilt, matrices, atol=ROUNDING * mesh.largest_frequency**2)
    planes = {0, n3 // 2} if n3 % 2 == 0 else {0}
    for plane in planes:
        here = mesh.modes[:, :, plane]
        there = here[-np.arange(n1)[:, None], -np.arange(n2)[None, :]]
        np.testing.assert_allclose(here, there.conj(), atol=1e-9)
    assert mesh.multiplicity.sum() * n1 * n2 == mesh.cell_count
    assert mesh.mode_count == 3 * mesh.crystal.atom_count * mesh.cell_count - 3
    assert np.count_nonzero(mesh.frequencies == 0) == 3


def test_revival_is_the_crossing_of_the_fastest_sound(crystal):
    """20 cells at 47.03 A/ps: 1.276 ps."""
    mesh = phonon_mesh(crystal, 20)
    assert mesh.revival_ps == pytest.approx(20 * a / np.sqrt(a * a * (k1 + 2 * k2) / m), rel=ROUNDING)
    assert phonon_mesh(crystal, (4, 6, 8)).revival_ps == pytest.approx(mesh.revival_ps / 5, rel=ROUNDING)


# ---- refused -----------------------------------------------------------------------------------------------------


def test_unstable_lattices_are_refused():
    crystal = simple_cubic_crystal(a, [k1, -200.0], m)
    with pytest.raises(ValueError, match=r"must be stable: at the wave vector \[.*\] \(fractional\).*stiffen"):
        phonon_mesh(crystal, 4)
    with pytest.raises(ValueError, match="must be stable"):
        phonon_frequencies_rad_per_ps(crystal, [0, 0.5, 0.5])


def test_lattices_without_shear_stiffness_are_refused():
    """Without second neighbours each row of atoms is a chain of its own (text below Eq. (21))."""
    crystal = simple_cubic_crystal(a, [k1], m)
    with pytest.raises(ValueError, match="costs no energy; join more shells"):
        phonon_mesh(crystal, 4)
    with pytest.raises(ValueError, match="every speed of sound must be above 0"):
        sound_velocities_A_per_ps(crystal, [1, 0, 0])
    with pytest.raises(ValueError, match="every speed of sound must be above 0"):
        loss_matrix(crystal)


@pytest.mark.parametrize("shape", [1, (4, 4), (4, 4, 1), 2.5])
def test_faulty_mesh_shapes_are_refused(crystal, shape):
    with pytest.raises(ValueError, match="shape must be"):
        phonon_mesh(crystal, shape)


def test_faulty_wave_vectors_and_directions_are_refused(crystal):
    with pytest.raises(ValueError, match="wave_vectors must have 3 components"):
        dynamical_matrices(crystal, [0.1, 0.2])
    with pytest.raises(ValueError, match="wave_vectors must be finite, got nan"):
        phonon_frequencies_rad_per_ps(crystal, [0.1, 0.2, np.nan])
    with pytest.raises(ValueError, match="directions must have a length above 0"):
        acoustic_tensor(crystal, [0, 0, 0])


def test_crystal_of_written_out_force_constants_has_the_same_spectrum(crystal):
    """As a crystal of the configuration is given: only half of the bonds, no own terms."""
    bonds = [
        (0, 0, shift, phi)
        for shift, phi in zip(crystal.translation.tolist(), crystal.force_constants, strict=True)
        if tuple(shift) > (0, 0, 0)
    ]
    other = crystal_of_force_constants(crystal.cell, crystal.positions, crystal.masses, bonds)
    assert isinstance(other, HarmonicCrystal)
    q = [0.12, 0.23, 0.41]
    np.testing.assert_allclose(
        phonon_frequencies_rad_per_ps(other, q), phonon_frequencies_rad_per_ps(crystal, q), rtol=ROUNDING
    )
