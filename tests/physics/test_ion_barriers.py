"""Ions in a harmonic crystal at rest: neighbourhoods, relaxation, barriers of the paper, head-on encounters."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import lsq_linear, minimize, minimize_scalar

from superion.harmonic_crystals import bcc_crystal, fcc_crystal, simple_cubic_crystal, spring_crystal
from superion.ion_barriers import (
    RELAXATIONS,
    StaticLattice,
    head_on_limit_meV,
    head_on_potential_meV,
    head_on_relaxed_meV,
    hop_profile,
    hop_top,
    ion_energies,
    neighbourhood,
    static_lattice,
)
from superion.pair_interactions import PairInteraction
from superion.phonons import phonon_mesh
from superion.recoil_kernels import recoil_kernel, static_recoil

ROUNDING = 1e-11  # some roundings, relative
SOLVED = 1e-9  # meV, of a relaxed energy: second order in what Newton leaves
DESCENDED = 1e-6  # meV, what a descent in all coordinates leaves
STEP = 1e-4  # A, of central differences
DIFFERENCE = 1e-5  # meV/A, what they err by where forces are some 100 meV/A

a, k1, k2, m = 3.0, 520.0, 170.0, 3.5  # of the paper
CENTRE, NEXT = np.full(3, a / 2), np.array([1.5, 0.5, 0.5]) * a
FACE = (CENTRE + NEXT) / 2


@pytest.fixture(scope="module")
def crystal():
    return simple_cubic_crystal(a, [k1, k2], m)


@pytest.fixture(scope="module")
def whole(crystal):
    return static_lattice(crystal, 9.0)


@pytest.fixture(scope="module")
def corners(whole):
    return whole.nearer(0.0)


def coulomb(strength, length=0.5):
    return PairInteraction("screened_coulomb", strength, length)


def oblique():
    cell = np.array([[3.0, 0, 0], [1.9, 2.4, 0], [-0.8, 1.1, 2.9]])
    return spring_crystal(
        cell, np.array([[0.0, 0, 0], [1.2, 1.4, -2.0]]), [1.0, 2.0], [100.0, 50.0, 30.0], transverse=20.0
    )


# Neighbourhoods


def test_an_ion_of_a_simple_cubic_crystal_meets_the_corners_of_its_cell(crystal):
    near = neighbourhood(crystal)
    np.testing.assert_array_equal(near.offsets, list(product((0, 1), repeat=3)))
    np.testing.assert_allclose(near.vectors, a * near.offsets)
    assert not near.atom.any()
    assert len(near) == 8


@pytest.mark.parametrize(("build", "count"), [(bcc_crystal, 9), (fcc_crystal, 14)])
def test_centred_cells_also_hold_their_centres(build, count):
    crystal = build(a, [k1, k2], m)
    near = neighbourhood(crystal)
    assert len(near) == count
    keys = [(*offset, atom) for offset, atom in zip(near.offsets.tolist(), near.atom.tolist(), strict=True)]
    assert keys == sorted(keys)
    np.testing.assert_allclose(near.vectors, near.offsets @ crystal.cell + crystal.positions[near.atom], atol=1e-12)


@pytest.mark.parametrize("reach", [0.0, 1.7, 4.0])
def test_oblique_cells_reach_as_far_as_their_nearest_points(reach):
    crystal = oblique()
    near = neighbourhood(crystal, reach)
    expected = []
    middle = crystal.cell.sum(axis=0) / 2
    radius = max(np.linalg.norm(corner @ crystal.cell - middle) for corner in product((0, 1), repeat=3))
    for offset in product(range(-6, 7), repeat=3):
        for atom, position in enumerate(crystal.positions):
            vector = offset @ crystal.cell + position
            if np.linalg.norm(vector - middle) > radius + reach + 1e-6:
                continue
            nearest = lsq_linear(crystal.cell.T, vector, bounds=(0, 1), tol=1e-14).x @ crystal.cell
            if np.linalg.norm(vector - nearest) <= reach + 1e-6:
                expected.append((*offset, atom))
    found = [(*offset, atom) for offset, atom in zip(near.offsets.tolist(), near.atom.tolist(), strict=True)]
    assert found == sorted(expected)
    assert len(found) > 8


def test_a_smaller_reach_is_a_part_of_a_larger_one(crystal, whole, corners):
    alone = static_lattice(crystal)
    np.testing.assert_array_equal(corners.near.offsets, alone.near.offsets)
    np.testing.assert_allclose(corners.recoil, alone.recoil, rtol=0, atol=1e-8 * alone.recoil.max())
    for reach in (-1.0, 9.1):
        with pytest.raises(ValueError, match="reach_A must be finite, at least 0 and at most 9"):
            whole.nearer(reach)


def test_recoil_among_atoms_is_that_of_the_lattice():
    """Both atoms of the cell, in both directions, of a crystal in which the order matters."""
    crystal = oblique()
    lattice = static_lattice(crystal)
    near, n = lattice.near, len(lattice.near)
    blocks = static_recoil(crystal, near.offsets[:, None] - near.offsets)
    assert set(near.atom) == {0, 1}
    for i, j in product(range(n), repeat=2):
        rows, columns = 3 * near.atom[i] + np.arange(3), 3 * near.atom[j] + np.arange(3)
        own = lattice.recoil[3 * i : 3 * i + 3, 3 * j : 3 * j + 3]
        block = blocks[i, j][np.ix_(rows, columns)]
        np.testing.assert_allclose(own, block, rtol=0, atol=1e-9 * lattice.recoil.max())
    assert np.linalg.eigvalsh(lattice.recoil).min() > 0


# Relaxation


def finite_crystal(crystal, n):
    """Force constants (3An^3, 3An^3) of a periodic piece, and the place of each atom's coordinates."""
    count = crystal.atom_count
    cells = np.array(list(product(range(n), repeat=3)))
    number = np.arange(n**3).reshape(n, n, n)
    matrix = np.zeros((n**3, count, 3, n**3, count, 3))
    for bond, (origin, destination) in enumerate(zip(crystal.origin, crystal.destination, strict=True)):
        there = number[tuple(((cells + crystal.translation[bond]) % n).T)]
        for here, other in zip(number.ravel(), there, strict=True):
            matrix[here, origin, :, other, destination, :] += crystal.force_constants[bond]
    return matrix.reshape(3 * count * n**3, -1), number


@pytest.mark.parametrize("build", [simple_cubic_crystal, bcc_crystal])
def test_relaxation_is_the_least_energy_of_a_finite_crystal(build):
    """A descent in all coordinates of the piece but its uniform shift, which costs nothing, with no recoil at all."""
    crystal, n = build(a, [k1, k2], m), 5 if build is simple_cubic_crystal else 4
    matrix, number = finite_crystal(crystal, n)
    near = neighbourhood(crystal)
    size = crystal.atom_count
    place = number[tuple((near.offsets % n).T)] * size + near.atom
    kernel = recoil_kernel(phonon_mesh(crystal, n), 0.0)[0].reshape(n, n, n, size, 3, size, 3)
    between = (near.offsets[:, None] - near.offsets) % n
    recoil = kernel[(*np.moveaxis(between, -1, 0), near.atom[:, None], slice(None), near.atom[None, :], slice(None))]
    recoil = recoil.transpose(0, 2, 1, 3).reshape(3 * len(near), -1)
    lattice = StaticLattice(crystal, near, recoil)
    interaction = coulomb(14_000)
    for position in np.array([[1.4, 0.7, 0.4], [1.6, 1.3, 0.1]]):

        def energy(flat, position=position):
            moved = flat.reshape(-1, 3) - flat.reshape(-1, 3).mean(axis=0)
            vectors = position - near.vectors - moved[place]
            slope = np.zeros_like(moved)
            np.subtract.at(slope, place, interaction.gradient_meV_per_A(vectors))
            push = matrix @ moved.ravel()
            value = interaction.energy_meV(np.linalg.norm(vectors, axis=1)).sum() + moved.ravel() @ push / 2
            slope = slope + push.reshape(-1, 3)
            return value, (slope - slope.mean(axis=0)).ravel()

        options = {"gtol": 1e-9, "ftol": 1e-15, "maxiter": 5000, "maxfun": 10_000}
        least = minimize(energy, np.zeros(len(matrix)), jac=True, method="L-BFGS-B", options=options)
        own = ion_energies(lattice, interaction, position, "relaxed")
        assert own.status[0] == "ok"
        assert own.total_meV[0] == pytest.approx(least.fun, abs=DESCENDED)
        moved = least.x.reshape(-1, 3) - least.x.reshape(-1, 3).mean(axis=0)
        assert own.deformation_meV[0] == pytest.approx(moved.ravel() @ matrix @ moved.ravel() / 2, abs=1e3 * DESCENDED)
        assert own.largest_displacement_A[0] > 0.1


def test_force_of_the_relaxed_lattice_is_the_slope_of_its_energy(corners):
    interaction, position = coulomb(8000), np.array([1.2, 0.9, 1.9])
    shifted = np.concatenate([position + STEP * np.eye(3), position - STEP * np.eye(3)])
    up, down = np.split(ion_energies(corners, interaction, shifted, "relaxed").total_meV, 2)
    own = ion_energies(corners, interaction, position, "relaxed")
    np.testing.assert_allclose(own.force_meV_per_A[0], (down - up) / (2 * STEP), rtol=0, atol=DIFFERENCE)


def test_a_weak_ion_relaxes_by_its_first_order_push(corners):
    position, energies = [1.1, 0.8, 1.7], {}
    for scale in (1.0, 0.5):
        interaction = coulomb(100 * scale)
        for relaxation in RELAXATIONS:
            energies[relaxation, scale] = ion_energies(corners, interaction, position, relaxation)
    gained = {
        scale: energies["unrelaxed", scale].total_meV - energies["relaxed", scale].total_meV for scale in (1, 0.5)
    }
    assert gained[1] == pytest.approx(energies["effective", 1].deformation_meV, rel=0.05)
    assert gained[1] / gained[0.5] == pytest.approx(4, rel=0.05)
    excess = [energies["effective", s].total_meV - energies["relaxed", s].total_meV for s in (1, 0.5)]
    assert 0 < excess[0] < 1e-3 * gained[1]
    assert excess[0] / excess[1] == pytest.approx(16, rel=0.2)  # second order in an error of second order


@settings(max_examples=15, deadline=None)
@given(
    st.tuples(*[st.floats(0.25, 0.75)] * 3),
    st.tuples(*[st.integers(-5, 5)] * 3),
    st.sampled_from(list(permutations(range(3)))),
    st.tuples(*[st.sampled_from([-1, 1])] * 3),
    st.sampled_from(RELAXATIONS),
)
def test_energies_have_the_symmetries_of_the_lattice(corners, fractions, cells, order, signs, relaxation):
    position = a * np.array(fractions)
    image = CENTRE + np.array(signs) * (position - CENTRE)[list(order)] + a * np.array(cells)
    here, there = (ion_energies(corners, coulomb(8000), place, relaxation) for place in (position, image))
    np.testing.assert_allclose(there.total_meV, here.total_meV, rtol=ROUNDING)
    np.testing.assert_allclose(there.deformation_meV, here.deformation_meV, rtol=1e-8)
    rotated = np.array(signs) * here.force_meV_per_A[0][list(order)]
    np.testing.assert_allclose(there.force_meV_per_A[0], rotated, rtol=0, atol=1e-8)


def test_what_does_not_relax_is_told(corners):
    pulled = ion_energies(corners, PairInteraction("gaussian", -1e5, 1.0), CENTRE, "relaxed")
    assert pulled.status[0] == "not converged"
    assert np.isnan(pulled.total_meV[0])
    assert np.isnan(pulled.force_meV_per_A).all()
    # Pulled evenly by eight atoms, of which it would rather have fewer and nearer ones.
    poised = ion_energies(corners, PairInteraction("gaussian", -5000, 1.0), [CENTRE, FACE], "relaxed")
    assert poised.status.tolist() == ["saddle", "ok"]
    top = hop_top(corners, PairInteraction("gaussian", -1e5, 1.0), CENTRE, NEXT, "relaxed")
    assert top.status == "not converged"
    assert np.isnan(top.energy_meV)


# Barriers


def test_potential_differences_of_the_paper_are_sums_over_the_whole_lattice(whole, corners):
    """Sec. IV: 0.654 - 0.098 and 401.4 - 242.1 meV; the eight corners alone would give 389.1 - 238.7 meV."""
    for length, face, centre in ((0.2, 0.654, 0.098), (0.5, 401.4, 242.1)):
        own = ion_energies(whole, coulomb(14_000, length), [FACE, CENTRE], "unrelaxed").total_meV
        half = 0.5 if length == 0.2 else 50
        np.testing.assert_allclose(own, [face, centre], rtol=0, atol=half * 1e-3 * 1.001)
    own = ion_energies(corners, coulomb(14_000), [FACE, CENTRE], "unrelaxed").total_meV
    np.testing.assert_allclose(own, [389.147, 238.729], rtol=0, atol=5e-4)


def test_printed_difference_of_the_narrow_potential_is_one_of_rounded_numbers(whole):
    """Sec. IV prints 0.654 - 0.098 = 0.556 meV; without rounding first it is 0.555 meV."""
    face, centre = ion_energies(whole, coulomb(14_000, 0.2), [FACE, CENTRE], "unrelaxed").total_meV
    assert face - centre == pytest.approx(0.5554, abs=5e-5)


@pytest.mark.parametrize(
    ("rule", "strength", "relaxation", "barrier"),
    [
        ("whole", 4000, "unrelaxed", 45.52),
        ("whole", 4000, "relaxed", 42.33),
        ("whole", 8000, "unrelaxed", 91.03),
        ("whole", 8000, "relaxed", 79.255),  # the paper: 79.3
        ("corners", 4000, "unrelaxed", 42.98),
        ("corners", 4000, "relaxed", 39.78),
        ("corners", 4000, "effective", 39.56),
        ("corners", 8000, "unrelaxed", 85.95),
        ("corners", 8000, "relaxed", 74.12),
        ("corners", 8000, "effective", 72.53),
    ],
)
def test_barriers_from_centre_to_centre(whole, corners, rule, strength, relaxation, barrier):
    lattice = whole if rule == "whole" else corners
    profile = hop_profile(lattice, coulomb(strength), CENTRE, NEXT, [0, 0.5, 1], relaxation)
    np.testing.assert_allclose(profile.energy_meV, [0, barrier, 0], rtol=0, atol=6e-3)
    assert set(profile.at.status) == {"ok"}


def test_parts_of_the_relaxed_barrier_are_those_of_the_paper(whole):
    """Sec. VI: 39.4 meV of interaction and 2.9 meV of deformation; together 42.3."""
    at = ion_energies(whole, coulomb(4000), [CENTRE, FACE], "relaxed")
    assert np.diff(at.interaction_meV)[0] == pytest.approx(39.4, abs=0.05)
    assert np.diff(at.deformation_meV)[0] == pytest.approx(2.9, abs=0.05)


def test_reach_of_the_whole_lattice_is_enough(whole):
    barriers = [
        [hop_profile(whole.nearer(reach), coulomb(8000), CENTRE, NEXT, 0.5, kind).energy_meV[0] for kind in RELAXATIONS]
        for reach in (3.0, 6.0, 9.0)
    ]
    steps = np.abs(np.diff(barriers, axis=0)).max(axis=1)
    # Beyond 9 A the sum falls on by exp(-3/0.5) for every 3 A.
    assert steps[0] < 0.2
    assert steps[1] < 0.02 * steps[0]


def test_work_of_the_effective_force_is_its_integral_and_reverses(corners):
    interaction = coulomb(8000)

    def force(x):
        return ion_energies(corners, interaction, [x, *CENTRE[1:]], "effective").force_meV_per_A[0, 0]

    fractions = np.array([0.1, 0.3, 0.5])
    forth = hop_profile(corners, interaction, CENTRE, NEXT, fractions, "effective")
    expected = [-quad(force, CENTRE[0], CENTRE[0] + t * a, epsabs=1e-10)[0] for t in fractions]
    np.testing.assert_allclose(forth.energy_meV, expected, rtol=0, atol=1e-8)
    back = hop_profile(corners, interaction, NEXT, CENTRE, 1 - fractions, "effective")
    np.testing.assert_allclose(back.energy_meV, forth.energy_meV, rtol=0, atol=1e-8)


def test_jumps_at_faces_of_cells_do_not_spoil_the_work(corners):
    """A slanting path that leaves its cell where no point of the profile lies."""
    interaction, start, end = coulomb(8000), np.array([1.5, 1.2, 1.0]), np.array([4.4, 1.3, 1.6])

    def force(t):
        return ion_energies(corners, interaction, start + t * (end - start), "effective").force_meV_per_A[0] @ (
            end - start
        )

    left = (a - start[0]) / (end[0] - start[0])
    assert abs(force(left - 1e-9) - force(left + 1e-9)) > 1
    expected = -quad(force, 0, 0.9, points=[left], epsabs=1e-10)[0]
    own = hop_profile(corners, interaction, start, end, [0.9], "effective").energy_meV[0]
    assert own == pytest.approx(expected, abs=1e-7)


def test_top_of_the_whole_lattice_is_the_face(whole):
    for relaxation in RELAXATIONS:
        top = hop_top(whole, coulomb(4000), CENTRE, NEXT, relaxation)
        assert top.fraction == pytest.approx(0.5, abs=1e-3)
        own = hop_profile(whole, coulomb(4000), CENTRE, NEXT, 0.5, relaxation).energy_meV[0]
        assert top.energy_meV == pytest.approx(own, abs=1e-6)


def test_eight_corners_have_their_top_before_the_face(corners):
    """The corners that stay behind push the ion on until it changes cells, where the other four push it back."""
    interaction = coulomb(4000)
    top = hop_top(corners, interaction, CENTRE, NEXT, "unrelaxed")
    least = minimize_scalar(
        lambda x: -ion_energies(corners, interaction, [x, *CENTRE[1:]], "unrelaxed").total_meV[0],
        bounds=(2.5, 2.999),
        method="bounded",
        options={"xatol": 1e-8},
    )
    start = ion_energies(corners, interaction, CENTRE, "unrelaxed").total_meV[0]
    assert top.fraction == pytest.approx((least.x - CENTRE[0]) / a, abs=1e-4)
    assert top.energy_meV == pytest.approx(-least.fun - start, abs=1e-5)
    face = hop_profile(corners, interaction, CENTRE, NEXT, 0.5, "unrelaxed").energy_meV[0]
    assert 0.1 < top.energy_meV - face < 0.15


def test_a_hop_between_tetrahedral_sites_of_a_bcc_crystal():
    """Its top is half-way by symmetry, and lower where the lattice relaxes."""
    lattice = static_lattice(bcc_crystal(3.5, [300, 300], 1), 4.0)
    start, end = 3.5 * np.array([0.5, 0.25, 0.0]), 3.5 * np.array([0.75, 0.5, 0.0])
    tops = {kind: hop_top(lattice, coulomb(2000), start, end, kind) for kind in ("unrelaxed", "relaxed")}
    assert tops["unrelaxed"].fraction == pytest.approx(0.5, abs=1e-3)
    assert 0 < tops["relaxed"].energy_meV < tops["unrelaxed"].energy_meV


# Head-on encounters


@pytest.mark.parametrize(("strength", "limit"), [(4000, 139), (8000, 150)])
def test_first_order_push_lets_an_ion_through(corners, strength, limit):
    w, interaction = corners.recoil[0, 0], coulomb(strength)
    assert head_on_limit_meV(interaction, w) == pytest.approx(limit, abs=0.5)

    def force(log):
        d = np.exp(log)
        return -d * interaction.slope_meV_per_A(d - w * interaction.slope_meV_per_A(d))

    for distance in (0.3, 1.5, 2.5):
        expected = quad(force, np.log(distance), np.log(30), epsabs=1e-9, limit=500)[0]
        assert head_on_potential_meV(interaction, w, distance) == pytest.approx(expected, abs=1e-7)
    assert head_on_potential_meV(interaction, w, 1e-9) == pytest.approx(head_on_limit_meV(interaction, w), rel=ROUNDING)


def test_an_atom_that_yields_in_full_keeps_ahead_of_the_ion(corners):
    w, interaction = corners.recoil[0, 0], coulomb(4000)
    distances = np.array([0.0, 0.5, 1.0, 2.0, 4.0])
    own = head_on_relaxed_meV(interaction, w, distances)
    for d, energy in zip(distances, own, strict=True):
        least = minimize_scalar(
            lambda r, d=d: float(interaction.energy_meV(d + r)) + r**2 / (2 * w),
            bounds=(1e-3, 3),
            method="bounded",
            options={"xatol": 1e-10},
        )
        assert energy == pytest.approx(least.fun, abs=1e-6 + 0.01 * (least.x < 2e-3))
    assert own[0] > 5 * head_on_limit_meV(interaction, w)
    assert np.all(own[1:] <= interaction.energy_meV(distances[1:]))
    assert own[-1] == pytest.approx(interaction.energy_meV(4.0), rel=1e-3)


def test_a_stiff_lattice_shows_the_interaction_itself():
    interaction, distances = PairInteraction("gaussian", 300.0, 0.7), np.array([[0.0, 0.5], [1.0, 3.0]])
    for energies in (head_on_potential_meV, head_on_relaxed_meV):
        np.testing.assert_allclose(
            energies(interaction, 1e-12, distances), interaction.energy_meV(distances), rtol=0, atol=1e-6
        )
    assert head_on_limit_meV(interaction, 1e-12) == pytest.approx(300, abs=1e-6)


# Bad input


def test_bad_input_is_refused(crystal, corners):
    with pytest.raises(ValueError, match="reach_A must be finite and at least 0, got -1"):
        neighbourhood(crystal, -1)
    with pytest.raises(ValueError, match="relaxation must be 'unrelaxed', 'relaxed' or 'effective', got 'frozen'"):
        ion_energies(corners, coulomb(1), CENTRE, "frozen")
    with pytest.raises(ValueError, match=r"positions_A must be \(N, 3\) or \(3,\), got shape \(2,\)"):
        ion_energies(corners, coulomb(1), [0.0, 1.0], "relaxed")
    with pytest.raises(ValueError, match="the ion is not on the atom"):
        ion_energies(corners, coulomb(1), np.zeros(3), "unrelaxed")
    with pytest.raises(ValueError, match="end_A must have 3 components"):
        hop_profile(corners, coulomb(1), CENTRE, [1, 2], 0.5, "relaxed")
    with pytest.raises(ValueError, match=r"fractions must be finite, at least 0 and at most 1, got 1\.5"):
        hop_profile(corners, coulomb(1), CENTRE, NEXT, 1.5, "relaxed")
    with pytest.raises(ValueError, match="points must be an integer and at least 3"):
        hop_top(corners, coulomb(1), CENTRE, NEXT, "relaxed", points=2)
    with pytest.raises(ValueError, match="repulsive"):
        head_on_limit_meV(PairInteraction("gaussian", -1, 1), 1e-3)
    with pytest.raises(ValueError, match="recoil_A2_per_meV must be finite and above 0"):
        head_on_limit_meV(coulomb(1), 0)
