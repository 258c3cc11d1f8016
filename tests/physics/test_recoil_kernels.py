"""Recoil kernels: the infinite lattice, inverses of small lattices, sums over modes, a lattice kicked once."""

from itertools import product

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg

from superion.harmonic_crystals import bcc_crystal, simple_cubic_crystal, spring_crystal
from superion.phonons import acoustic_tensor, dynamical_matrices, loss_matrix, phonon_mesh
from superion.recoil_kernels import recoil_at_offsets, recoil_kernel, response_kernel, static_recoil

ROUNDING = 1e-12  # some roundings, relative to W(0, 0) or the largest entry
STATIC = 1e-9  # relative to W(0, 0), of static_recoil in a simple cubic crystal
STATIC_SEVERAL = 2e-8  # the same with several atoms a cell, whose cells are larger
ELASTIC = 1.5  # c of the relative correction c/d^2 at d lattice constants
PRINTED_W = 5e-9  # half of the last digit of w in 1e-4 A^2/meV
PRINTED_RATIO = 5e-4  # half of the last digit of W(t)/W(0)
STEP = 1e-4  # ps, of finite differences: curvature (Omega STEP)^2/6 is some 1e-6 relative
DIFFERENCE = 1e-5

# W_d(t)/W_d(0) of the infinite lattice of the paper, t in ps
RATIOS = {0.15: -0.354, 0.2: -0.245, 0.4: 0.064, 0.45: 0.104, 0.6: -0.096, 1.5: -0.026}


@pytest.fixture(scope="module")
def crystal():
    return simple_cubic_crystal(3.0, [520, 170], 3.5)


def zincblende():
    cell = 2.5 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    return spring_crystal(cell, np.array([[0, 0, 0], [1.25, 1.25, 1.25]]), [2.0, 5.0], [300.0, 40.0])


def whole_lattice(crystal, shape):
    """Force constants and masses of all atoms of a periodic piece, (3AN, 3AN) and (3AN,), cell by cell."""
    cells = list(product(*map(range, shape)))
    number = {cell: index for index, cell in enumerate(cells)}
    count = crystal.atom_count
    matrix = np.zeros((len(cells) * count, 3, len(cells) * count, 3))
    for cell in cells:
        for a, b, shift, phi in zip(
            crystal.origin, crystal.destination, crystal.translation, crystal.force_constants, strict=True
        ):
            other = number[tuple((np.array(cell) + shift) % shape)]
            matrix[number[cell] * count + a, :, other * count + b] += phi
    size = 3 * count * len(cells)
    return matrix.reshape(size, size), np.tile(np.repeat(crystal.masses, 3), len(cells))


def kernel_as_matrix(kernel, shape):
    """(n1, n2, n3, 3A, 3A) as the matrix of all pairs of cells."""
    cells = np.array(list(product(*map(range, shape))))
    apart = (cells[:, None] - cells[None]) % shape
    blocks = kernel[apart[..., 0], apart[..., 1], apart[..., 2]]
    return blocks.transpose(0, 2, 1, 3).reshape(len(cells) * kernel.shape[-1], -1)


# ---- static ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cells", "expected"), [(20, 9.152e-4), (50, 9.350e-4)])
def test_static_recoil_of_finite_meshes(crystal, cells, expected):
    kernel = recoil_at_offsets(phonon_mesh(crystal, cells), 0.0, [0, 0, 0])[0]
    np.testing.assert_allclose(kernel, expected * np.eye(3), atol=PRINTED_W * 10)


def test_static_recoil_of_the_infinite_lattice(crystal):
    np.testing.assert_allclose(static_recoil(crystal, [0, 0, 0]), 9.4825e-4 * np.eye(3), atol=PRINTED_W)


def test_static_recoil_against_shifted_meshes(crystal):
    """Meshes shifted by half their spacing miss the singularity; they err by odd powers too and are extrapolated."""
    offsets = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 1], [2, 1, 0]])
    sizes = np.array([24, 32, 40, 48, 56])
    powers = np.array([0, 1, 3, 5, 7])
    shares = np.linalg.solve((sizes[0] / sizes) ** powers[:, None], np.eye(5)[0])
    total = np.zeros((len(offsets), 3, 3))
    for n, share in zip(sizes, shares, strict=True):
        axis = (np.arange(n) + 0.5) / n
        q = np.stack(np.meshgrid(axis, axis, axis[: n // 2], indexing="ij"), axis=-1).reshape(-1, 3)
        inverses = np.linalg.inv(dynamical_matrices(crystal, q)) / 3.5
        phases = np.cos(2 * np.pi * q @ offsets.T)
        total += share * np.tensordot(phases, inverses, (0, 0)) * 2 / n**3
    recoil = static_recoil(crystal, offsets)
    np.testing.assert_allclose(recoil, total, atol=1e-8 * recoil[0, 0, 0])  # of the power 9


@pytest.mark.parametrize(
    ("build", "tolerance"),
    [
        (lambda: simple_cubic_crystal(3.0, [520, 170], 3.5), STATIC),
        (lambda: bcc_crystal(2.8, [200, 90], 2.0), STATIC_SEVERAL),
        (zincblende, STATIC_SEVERAL),
    ],
)
def test_static_recoil_is_the_inverse_of_the_force_constants(build, tolerance):
    """Sum over L' of Phi(L - L') W(L') = 1 at L = 0 and 0 elsewhere, out to offset 7 along an axis and a diagonal."""
    crystal = build()
    places = np.array([[0, 0, 0], [1, 0, 0], [7, 0, 0], [6, 6, 6]])
    recoil = static_recoil(crystal, places[:, None] + crystal.translation)
    assert np.abs(places[:, None] + crystal.translation).max() <= 8
    size = 3 * crystal.atom_count
    scale = tolerance * np.abs(crystal.force_constants).sum() * recoil.max()
    for place, around in zip(places, recoil, strict=True):
        total = np.zeros((size, size))
        for a, b, phi, w in zip(crystal.origin, crystal.destination, crystal.force_constants, around, strict=True):
            total[3 * a : 3 * a + 3] += phi @ w[3 * b : 3 * b + 3]
        np.testing.assert_allclose(total, 0.0 if place.any() else np.eye(size), atol=scale)


def test_static_recoil_far_away_is_the_elastic_response(crystal):
    """W(x) to the integral of the inverse acoustic tensor around x over 8 pi^2 rho |x|; the lattice adds 1/|x|^3."""
    offsets = np.array([[6, 0, 0], [8, 0, 0], [5, 5, 0], [4, 4, 4]])
    recoil = static_recoil(crystal, offsets)
    angles = np.arange(64) * np.pi / 32
    for offset, w in zip(offsets, recoil, strict=True):
        across = scipy.linalg.null_space(offset[None].astype(float))
        circle = np.cos(angles)[:, None] * across[:, 0] + np.sin(angles)[:, None] * across[:, 1]
        mean = np.linalg.inv(acoustic_tensor(crystal, circle)).mean(axis=0)
        distance = 3.0 * np.linalg.norm(offset)
        expected = mean / (4 * np.pi * crystal.density * distance)
        np.testing.assert_allclose(w, expected, atol=ELASTIC / np.dot(offset, offset) * expected.max())


def test_static_recoil_of_two_atoms_follows_from_meshes():
    """Meshes without q = 0 err by odd powers of their spacing."""
    crystal, sizes = zincblende(), np.array([8, 12, 16, 20])
    shares = np.linalg.solve((sizes[0] / sizes) ** np.array([[0], [1], [3], [5]]), np.eye(4)[0])
    kernels = [recoil_at_offsets(phonon_mesh(crystal, n), 0.0, [1, 0, 0])[0] for n in sizes]
    recoil = static_recoil(crystal, [1, 0, 0])
    np.testing.assert_allclose(np.tensordot(shares, kernels, 1), recoil, atol=1e-4 * recoil.max())  # the power 7
    assert np.abs(kernels[-1] - recoil).max() > 5e-3 * recoil.max()


def test_static_recoil_scales_as_the_inverse_of_the_stiffness(crystal):
    w = static_recoil(crystal, [0, 0, 0])
    np.testing.assert_allclose(static_recoil(crystal.scaled(2.5, 4.0), [0, 0, 0]), w / 2.5, atol=ROUNDING * w.max())


def test_static_recoil_keeps_the_shape_of_the_offsets(crystal):
    offsets = np.array([[[0, 0, 0], [1, 0, 0]], [[-1, 0, 0], [0, 1, 0]], [[0, 0, -1], [2, 0, 0]]])
    recoil = static_recoil(crystal, offsets)
    assert recoil.shape == (3, 2, 3, 3)
    np.testing.assert_allclose(recoil[0, 1], recoil[1, 0], atol=ROUNDING * recoil.max())
    assert recoil[0, 1, 0, 0] == pytest.approx(recoil[1, 1, 1, 1], rel=1e-9)
    assert recoil[0, 1, 0, 0] == pytest.approx(recoil[2, 0, 2, 2], rel=1e-9)


# ---- in time -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 3, 3), (4, 3, 2)])
@pytest.mark.parametrize("build", [lambda: simple_cubic_crystal(3.0, [520, 170], 3.5), zincblende])
def test_kernel_at_time_0_is_the_pseudo_inverse(build, shape):
    crystal = build()
    force_constants, masses = whole_lattice(crystal, shape)
    roots = np.sqrt(masses)
    expected = np.linalg.pinv(force_constants / roots[:, None] / roots, hermitian=True) / roots[:, None] / roots
    kernel = recoil_kernel(phonon_mesh(crystal, shape), 0.0)[0]
    np.testing.assert_allclose(kernel_as_matrix(kernel, shape), expected, atol=ROUNDING * 10 * expected.max())


@pytest.mark.parametrize("build", [lambda: simple_cubic_crystal(3.0, [520, 170], 3.5), zincblende])
def test_kernel_is_the_sum_of_eq_22_over_all_modes(build):
    crystal, (n1, n2, n3), time = build(), (3, 4, 5), 0.37
    expected = np.zeros((n1, n2, n3, 3 * crystal.atom_count, 3 * crystal.atom_count), complex)
    roots = np.repeat(np.sqrt(crystal.masses), 3)
    cells = np.array(list(product(range(n1), range(n2), range(n3)))).reshape(n1, n2, n3, 3)
    for q in cells.reshape(-1, 3) / [n1, n2, n3]:
        squares, modes = np.linalg.eigh(dynamical_matrices(crystal, q))
        phase = np.exp(2j * np.pi * cells @ q)
        for square, eta in zip(squares, modes.T, strict=True):
            if square > 1e-6:
                block = np.outer(eta, eta.conj()) * np.cos(np.sqrt(square) * time) / square
                expected += phase[..., None, None] * block / (n1 * n2 * n3) / (roots[:, None] * roots)
    kernel = recoil_kernel(phonon_mesh(crystal, (n1, n2, n3)), time)[0]
    assert np.abs(expected.imag).max() < ROUNDING
    np.testing.assert_allclose(kernel, expected.real, atol=ROUNDING * 10 * np.abs(kernel).max())


@pytest.mark.parametrize("taper", [np.inf, 0.15])
@pytest.mark.parametrize("build", [lambda: simple_cubic_crystal(3.0, [520, 170], 3.5), zincblende])
def test_response_is_the_slope_of_the_recoil(build, taper):
    mesh = phonon_mesh(build(), 4)
    times = np.array([0.05, 0.21, 0.5])
    ahead, behind = (recoil_kernel(mesh, times + sign * STEP, taper_ps=taper) for sign in (1, -1))
    response = response_kernel(mesh, times, taper_ps=taper)
    np.testing.assert_allclose(response, (behind - ahead) / (2 * STEP), atol=DIFFERENCE * np.abs(response).max())
    np.testing.assert_array_equal(response_kernel(mesh, 0.0, taper_ps=taper), 0)


def test_a_wide_taper_changes_nothing_and_a_narrow_one_the_factor(crystal):
    mesh = phonon_mesh(crystal, 4)
    times = [0.0, 0.1, 0.3]
    bare = recoil_kernel(mesh, times)
    np.testing.assert_array_equal(recoil_kernel(mesh, times, taper_ps=np.inf), bare)
    factor = np.exp(-(np.array(times) ** 2) / (2 * 0.2**2))
    tapered = recoil_kernel(mesh, times, taper_ps=0.2)
    np.testing.assert_allclose(tapered, bare * factor[:, None, None, None, None, None], rtol=ROUNDING)


@pytest.mark.parametrize("build", [lambda: simple_cubic_crystal(3.0, [520, 170], 3.5), zincblende])
def test_response_is_the_motion_of_a_lattice_kicked_once(build):
    """All atoms at rest, one given a momentum: exact by the exponential of the equations of motion (3)."""
    crystal, shape = build(), (3, 3, 3)
    force_constants, masses = whole_lattice(crystal, shape)
    size = len(masses)
    generator = np.zeros((2 * size, 2 * size))
    generator[:size, size:] = np.eye(size)
    generator[size:, :size] = -force_constants / masses[:, None]
    mesh, time = phonon_mesh(crystal, shape), 0.31
    moved = scipy.linalg.expm(generator * time)[:size, size:] / masses  # unit momentum of each coordinate
    response = response_kernel(mesh, time, uniform_shift=True)[0]
    np.testing.assert_allclose(kernel_as_matrix(response, shape), moved, atol=1e-10 * np.abs(moved).max())
    without = response_kernel(mesh, time)[0]
    np.testing.assert_allclose(response - without, shifted(crystal, mesh, time), atol=ROUNDING * np.abs(moved).max())


def shifted(crystal, mesh, time):
    """A unit momentum moves the whole piece by t over its mass."""
    blocks = np.tile(np.eye(3), (crystal.atom_count, crystal.atom_count))
    return np.broadcast_to(time / (crystal.masses.sum() * mesh.cell_count) * blocks, (*mesh.shape, *blocks.shape))


@pytest.mark.parametrize("build", [zincblende, lambda: bcc_crystal(2.8, [200, 90], 2.0)])
def test_action_and_reaction(build):
    """W_ab(d) = W_ba(-d)^T."""
    kernel = recoil_kernel(phonon_mesh(build(), (3, 4, 5)), 0.2)[0]
    n1, n2, n3 = kernel.shape[:3]
    i, j, k = np.ogrid[:n1, :n2, :n3]
    reversed_kernel = np.swapaxes(kernel[-i, -j, -k], -1, -2)
    np.testing.assert_allclose(kernel, reversed_kernel, atol=ROUNDING * kernel.max())


def test_kernel_at_offsets_is_the_kernel(crystal):
    for build in (crystal, zincblende()):
        mesh, times = phonon_mesh(build, (4, 5, 6)), [0.0, 0.3]
        offsets = np.array([[0, 0, 0], [1, 2, 3], [-1, 0, 2]])
        kernel = recoil_kernel(mesh, times)
        expected = kernel[:, offsets[:, 0], offsets[:, 1], offsets[:, 2]]
        np.testing.assert_allclose(
            recoil_at_offsets(mesh, times, offsets), expected, atol=ROUNDING * 10 * np.abs(kernel).max()
        )


def test_infinite_kernel_is_the_same_on_every_mesh(crystal):
    times, offsets = [0.0, 0.2, 0.45, 0.7], [[0, 0, 0], [1, 1, 0]]
    small, large = (recoil_at_offsets(phonon_mesh(crystal, n), times, offsets, infinite=True) for n in (24, 40))
    np.testing.assert_allclose(small, large, atol=1e-11 * large.max())  # sound is still far from the border
    mesh = phonon_mesh(crystal, 40)
    of_mesh = recoil_at_offsets(mesh, times, offsets)
    static = recoil_at_offsets(mesh, 0.0, offsets) - static_recoil(crystal, offsets)
    uniform = np.square(times)[:, None, None, None] / (2 * 3.5 * 40**3) * np.eye(3)
    np.testing.assert_allclose(of_mesh - static - uniform, large, atol=ROUNDING * 10 * large.max())


def test_infinite_kernel_of_two_atoms():
    crystal = zincblende()
    times, offsets = [0.0, 0.15, 0.3], [[0, 0, 0], [1, 0, -1]]
    small, large = (recoil_at_offsets(phonon_mesh(crystal, n), times, offsets, infinite=True) for n in (12, 18))
    np.testing.assert_allclose(small, large, atol=1e-6 * large.max())


def test_decay_of_the_diagonal_element(crystal):
    """Fig. 1(c): it is not small beyond the period of the fastest mode, 0.2 ps."""
    times = np.array([0.0, *RATIOS])
    kernel = recoil_at_offsets(phonon_mesh(crystal, 44), times, [0, 0, 0], infinite=True)[:, 0, 0]
    np.testing.assert_allclose(kernel[1:] / kernel[0], list(RATIOS.values()), atol=PRINTED_RATIO)


def test_area_under_the_kernel_is_the_loss_matrix():
    """Eq. (15) puts it all at t = 0: exact to first order in the frequency."""
    crystal = simple_cubic_crystal(3.0, [400, 400], 3.5)
    mesh = phonon_mesh(crystal, 40)
    times = np.linspace(0, 1.5, 301)
    for offset in ([0, 0, 0], [1, 0, 0]):
        kernel = recoil_at_offsets(mesh, times, offset, infinite=True)
        area = scipy.integrate.simpson(kernel * np.exp(-0.5 * (times / 0.45) ** 2)[:, None, None], x=times, axis=0)
        # a taper of 0.45 ps blurs the frequency by 2.2/ps of 30
        np.testing.assert_allclose(area, loss_matrix(crystal), atol=0.03 * loss_matrix(crystal).max())


# ---- refused -----------------------------------------------------------------------------------------------------


def test_times_must_not_be_negative(crystal):
    mesh = phonon_mesh(crystal, 4)
    for kernel in (recoil_kernel, response_kernel):
        with pytest.raises(ValueError, match=r"times_ps must be finite and at least 0, got -0\.1"):
            kernel(mesh, [0.0, -0.1])
        with pytest.raises(ValueError, match="taper_ps must be above 0, got 0"):
            kernel(mesh, 0.1, taper_ps=0)
    with pytest.raises(
        ValueError, match=r"times_ps must be at most .* before sound has crossed the piece.*larger mesh"
    ):
        recoil_at_offsets(mesh, [0.5], [0, 0, 0], infinite=True)


def test_offsets_must_be_in_reach(crystal):
    with pytest.raises(ValueError, match=r"offsets must be an integer, at least -8 and at most 8 \(in reach"):
        static_recoil(crystal, [9, 0, 0])
    with pytest.raises(ValueError, match="offsets must have 3 components"):
        static_recoil(crystal, [1, 0])
    with pytest.raises(ValueError, match="offsets must have 3 components"):
        recoil_at_offsets(phonon_mesh(crystal, 4), 0.0, [1, 0])


def test_unstable_lattices_have_no_static_answer():
    with pytest.raises(ValueError, match="must be stable"):
        static_recoil(simple_cubic_crystal(3.0, [520, -200], 3.5), [0, 0, 0])
    with pytest.raises(ValueError, match=r"must be stable.*costs no energy"):
        static_recoil(simple_cubic_crystal(3.0, [520], 3.5), [0, 0, 0])
