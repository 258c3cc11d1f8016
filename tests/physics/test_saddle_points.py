"""Minima, saddle points and paths on surfaces whose stationary points are published or known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from physics.reference_surfaces import MuellerBrown, Quartic, numerical_gradient, numerical_hessian

from superion.descent_paths import descent_path
from superion.ion_chains import IonChain
from superion.pair_crystals import PairCrystal, fcc_positions, lennard_jones
from superion.saddle_points import (
    HeldAtoms,
    find_minimum,
    find_saddle,
    migration_energy,
    normal_modes,
    symmetric_directions,
)

PRINTED = 6e-4  # half of the last digit of published positions
PRINTED_ENERGY = 6e-3  # and energies
MACHINE = 1e-11  # of the largest curvature: what rounding leaves of the gradient
DIFFERENCE = 1e-6  # of derivatives by central differences

# Mueller and Brown 1979, Table 1
MINIMA = {"A": (-0.558, 1.442, -146.70), "B": (0.623, 0.028, -108.17), "C": (-0.050, 0.467, -80.77)}
SADDLES = {"A C": (-0.822, 0.624, -40.66), "C B": (0.212, 0.293, -72.25)}


def at(x, y):
    return np.array([[x, y]], float)


@pytest.mark.parametrize("name", MINIMA)
def test_published_minima(name):
    x, y, energy = MINIMA[name]
    found = find_minimum(MuellerBrown(), at(x + 0.05, y - 0.05))
    np.testing.assert_allclose(found.positions[0], (x, y), atol=PRINTED)
    assert found.energy == pytest.approx(energy, abs=PRINTED_ENERGY)
    assert found.largest_force < MACHINE * np.abs(found.curvatures).max()
    assert found.unstable_modes == 0


@pytest.mark.parametrize("name", SADDLES)
def test_published_saddles(name):
    x, y, energy = SADDLES[name]
    found = find_saddle(MuellerBrown(), at(x + 0.03, y - 0.03))
    np.testing.assert_allclose(found.positions[0], (x, y), atol=PRINTED)
    assert found.energy == pytest.approx(energy, abs=PRINTED_ENERGY)
    assert found.largest_force < MACHINE * np.abs(found.curvatures).max()
    np.testing.assert_allclose(
        found.hessian @ found.mode.ravel(), found.curvatures[0] * found.mode.ravel(), atol=MACHINE * 1e3
    )


def test_climb_from_the_minimum_along_a_direction():
    """From inside the well, where all curvatures are positive."""
    surface = MuellerBrown()
    start = find_minimum(surface, at(*MINIMA["B"][:2])).positions
    found = find_saddle(surface, start + 0.02 * at(-1, 0.6), along=at(-1, 0.6), trust_radius=0.05)
    np.testing.assert_allclose(found.positions[0], SADDLES["C B"][:2], atol=PRINTED)


@pytest.mark.parametrize("name", SADDLES)
def test_path_from_a_saddle_ends_in_the_minima_that_it_joins(name):
    surface = MuellerBrown()
    saddle = find_saddle(surface, at(*SADDLES[name][:2]))
    ends = []
    for sign in (-1, 1):
        path = descent_path(surface, saddle, sign * saddle.mode, step=0.05)
        ends.append(path.positions[-1, 0])
        assert np.all(np.diff(path.energy) < 0)
        lengths = np.linalg.norm(np.diff(path.positions[:, 0], axis=0), axis=1)
        np.testing.assert_allclose(np.diff(path.arc_length), lengths, rtol=1e-12)
        np.testing.assert_allclose(lengths[:-1], 0.05, rtol=1e-6)
    wanted = [MINIMA[letter][:2] for letter in name.split()]
    for end in wanted:
        assert min(np.abs(np.array(end) - found).max() for found in ends) < PRINTED


def test_path_follows_the_gradient():
    """Against plain small steps of steepest descent."""
    surface = MuellerBrown()
    saddle = find_saddle(surface, at(*SADDLES["A C"][:2]))
    path = descent_path(surface, saddle, saddle.mode, step=0.01)
    x = path.positions[1].copy()
    for _ in range(20000):
        gradient = surface.gradient(x)
        x -= 2e-5 * gradient / np.linalg.norm(gradient)
        if np.linalg.norm(x - path.positions[25]) < 2e-3:
            break
    else:
        raise AssertionError("the small steps never came near the path's 25th point")


def test_separate_double_wells():
    """Three wells (x^2 - 1)^2: minima at 1, a saddle with one particle on top, curvatures 8 and -4."""
    surface = Quartic(3)
    minimum = find_minimum(surface, np.array([[0.9], [-1.2], [1.1]]))
    np.testing.assert_allclose(minimum.positions.ravel(), [1, -1, 1], atol=1e-14)
    saddle = find_saddle(surface, np.array([[0.9], [-0.1], [1.1]]))
    np.testing.assert_allclose(saddle.positions.ravel(), [1, 0, 1], atol=1e-14)
    np.testing.assert_allclose(saddle.curvatures, [-4, 8, 8], atol=1e-12)
    assert migration_energy(minimum, saddle) == pytest.approx(1, abs=1e-14)
    assert np.argmax(np.abs(saddle.mode)) == 1


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1.6, 1.6).filter(lambda x: abs(x) > 0.05), min_size=2, max_size=5))
def test_minimum_is_downhill_and_stationary(start):
    surface = Quartic(len(start), spring=0.3)
    x = np.array(start)[:, None]
    found = find_minimum(surface, x)
    assert found.energy <= surface.energy(x)
    assert found.largest_force < 1e-12 and found.curvatures[0] > 0


def test_saddle_by_symmetry_is_that_found_by_following():
    """A chain's saddle has an ion on a top, and turns into itself by inversion there."""
    chain = IonChain(13, 12, 8.0)
    start = chain.interstitial(6.0)
    saddle = find_saddle(chain, start)
    mirrored = (12 - np.arange(13)) % 13
    held = find_minimum(chain, saddle.positions, directions=symmetric_directions([[-1.0]], mirrored))
    assert held.energy == pytest.approx(saddle.energy, abs=1e-13)
    assert held.unstable_modes == 1


def test_symmetric_directions_are_all_of_them():
    mirror = np.diag([1.0, -1.0])
    images = np.array([1, 0, 2])
    directions = symmetric_directions(mirror, images)
    assert directions.shape == (6, 3)  # two for the pair, one for the atom that is its own image
    for column in directions.T:
        u = column.reshape(3, 2)
        np.testing.assert_allclose(u[images], u @ mirror, atol=1e-12)


def test_normal_modes_leave_out_translations_of_unequal_masses():
    cell, sites = fcc_positions(1.55, 2)
    crystal = PairCrystal(cell, len(sites), lennard_jones(cutoff=1.5))
    rng = np.random.default_rng(1)
    masses = rng.uniform(0.5, 5, len(sites))
    hessian = crystal.hessian(sites)
    values, vectors = normal_modes(hessian, 3, masses)
    roots = np.repeat(np.sqrt(masses), 3)
    every = np.linalg.eigvalsh(hessian / np.outer(roots, roots))
    zero = np.argsort(np.abs(every))[:3]
    assert np.abs(every[zero]).max() < 1e-10 * every.max()
    np.testing.assert_allclose(values, np.delete(every, zero), rtol=1e-9)
    shifts = np.repeat(np.sqrt(masses), 3).reshape(-1, 3, 1) * np.eye(3)
    assert np.abs(vectors.T @ shifts.reshape(-1, 3)).max() < 1e-12


def test_modes_of_two_masses_on_a_spring():
    values, vectors = normal_modes([[3.0, -3.0], [-3.0, 3.0]], 1, [2.0, 6.0])
    assert values == pytest.approx([3 / 1.5], rel=1e-14)
    np.testing.assert_allclose(np.abs(vectors[:, 0]) ** 2, [0.75, 0.25], rtol=1e-13)


def test_held_atoms_feel_the_others():
    cell, sites = fcc_positions(1.55, 2)
    crystal = PairCrystal(cell, len(sites), lennard_jones())
    surface = HeldAtoms(crystal, sites, np.array([3, 5]))
    x = sites[[3, 5]] + 0.03
    np.testing.assert_allclose(surface.gradient(x), numerical_gradient(surface, x), rtol=DIFFERENCE, atol=1e-5)
    hessian = surface.hessian(x)
    np.testing.assert_allclose(hessian, numerical_hessian(surface, x), atol=DIFFERENCE * np.abs(hessian).max())


class Trough:
    """A valley without any slope along it."""

    translations = 0

    def energy(self, positions):
        return float(positions[0, 0] ** 2)

    def gradient(self, positions):
        return np.array([[2 * positions[0, 0], 0.0]])

    def hessian(self, positions):
        return np.diag([2.0, 0.0])


BALL = Quartic(2)
TOP, WELL = np.zeros((2, 1)), np.ones((2, 1))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: find_minimum(BALL, TOP), "the minimum must have no unstable mode, got 2 with curvatures down to -4"),
        (lambda: find_saddle(BALL, WELL), "the saddle must have exactly one unstable mode, got 0 with curvatures from"),
        (lambda: find_saddle(BALL, TOP), "the saddle must have exactly one unstable mode, got 2"),
        (lambda: find_minimum(Trough(), np.ones((1, 2))), "a stationary point must have no flat mode"),
        (lambda: find_minimum(BALL, np.ones(2)), r"start must be positions \(N, d\), got shape \(2,\)"),
        (lambda: find_minimum(BALL, WELL, trust_radius=0), "trust_radius must be finite and above 0, got 0"),
        (lambda: find_minimum(BALL, WELL, directions=np.ones((2, 1))), "directions must be orthonormal columns of 2"),
        (lambda: find_saddle(BALL, WELL, along=TOP), r"along must be displacements \(2, 1\), not all 0"),
        (
            lambda: find_minimum(BALL, 1e4 * WELL, trust_radius=1e-3),
            "the minimum must be found within 200 steps, got a force of .* left; start nearer",
        ),
        (lambda: symmetric_directions([[2.0]], [0, 1]), "operation must be a matrix that undoes itself"),
        (lambda: symmetric_directions([[1.0]], [1, 2, 0]), "images must name each atom once"),
        (lambda: normal_modes([[1.0, 2.0], [0.0, 1.0]], 0), "hessian must be square and symmetric"),
        (lambda: normal_modes(np.eye(2), 0, [1.0, 0.0]), r"masses must be finite and above 0, got 0.0 at index \(1,\)"),
        (lambda: normal_modes(np.eye(3), 0, [1.0, 1.0]), "masses must be those of the atoms of 3 coordinates"),
        (lambda: normal_modes(np.eye(2), 1), "translations must cost no energy, got 0.7.* of the largest stiffness"),
    ],
)
def test_bad_input_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_migration_energy_and_path_ask_for_the_right_points():
    minimum = find_minimum(BALL, WELL)
    saddle = find_saddle(BALL, np.array([[1.0], [0.1]]))
    with pytest.raises(ValueError, match="minimum must have no unstable mode, got 1"):
        migration_energy(saddle, saddle)
    with pytest.raises(ValueError, match="saddle must have exactly one unstable mode, got 0"):
        migration_energy(minimum, minimum)
    deeper = find_minimum(Quartic(2, height=-1.0), np.full((2, 1), 0.02))
    with pytest.raises(ValueError, match="saddle must lie above the minimum, got an energy of"):
        migration_energy(deeper, find_saddle(Quartic(2, height=-5.0), np.array([[0.1], [0.98]])))
    with pytest.raises(ValueError, match="saddle must have exactly one unstable mode, got 0"):
        descent_path(BALL, minimum, WELL)
    with pytest.raises(ValueError, match="towards must tell a side of the saddle"):
        descent_path(BALL, saddle, TOP)
    with pytest.raises(ValueError, match="the path must end within 'points' pieces of 'step', got no end after 3"):
        descent_path(BALL, saddle, saddle.mode, step=0.01, points=3)
