"""Harmonic crystals: the simple cubic dynamical matrix written out, other cells of the same crystal, refused input."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superion.harmonic_crystals import (
    DALTON_PER_MASS_UNIT,
    STRUCTURES,
    HarmonicCrystal,
    bcc_crystal,
    crystal_of_force_constants,
    fcc_crystal,
    simple_cubic_crystal,
    spring_crystal,
)
from superion.phonons import (
    acoustic_tensor,
    dynamical_matrices,
    loss_matrix,
    phonon_frequencies_rad_per_ps,
    sound_velocities_A_per_ps,
)
from superion.recoil_kernels import static_recoil

ROUNDING = 1e-12  # some roundings, relative to the largest eigenvalue
ROOT_OF_ROUNDING = 1e-7  # a frequency near 0 is the root of a square good to rounding

fractions = st.floats(-1.5, 1.5)
stiffnesses = st.floats(1.0, 1000.0)

# (cubic, primitive, cells of the one in the other): bodies and faces centred
SPRINGS, CONSTANT, MASS = [520.0, 170.0], 3.0, 3.5
PRIMITIVE = {
    bcc_crystal: CONSTANT / 2 * np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1]]),
    fcc_crystal: CONSTANT / 2 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]),
}


def printed_matrix(q, k1, k2, m):
    """Eq. (21), q a the phases; the equation is cut off at the last entry, which symmetry gives."""
    c, s = np.cos(q), np.sin(q)
    first = np.diag(1 - c)
    second = np.array(
        [
            [2 - c[0] * c[1] - c[0] * c[2], s[0] * s[1], s[0] * s[2]],
            [s[1] * s[0], 2 - c[1] * c[0] - c[1] * c[2], s[1] * s[2]],
            [s[2] * s[0], s[2] * s[1], 2 - c[2] * c[0] - c[2] * c[1]],
        ]
    )
    return 2 * k1 / m * first + 2 * k2 / m * second


@settings(deadline=None)
@given(st.tuples(fractions, fractions, fractions), stiffnesses, stiffnesses, st.floats(0.1, 50.0))
def test_simple_cubic_has_the_dynamical_matrix_of_eq_21(q, k1, k2, m):
    matrix = dynamical_matrices(simple_cubic_crystal(2.5, [k1, k2], m), q)
    assert np.isrealobj(matrix)
    np.testing.assert_allclose(
        matrix, printed_matrix(2 * np.pi * np.array(q), k1, k2, m), atol=ROUNDING * (k1 + k2) * 8 / m
    )


def test_transverse_springs_of_a_simple_cubic_crystal():
    """Nearest neighbours with k along and k' across: 2/m [k (1 - cos x) + k' (2 - cos y - cos z)]."""
    crystal = spring_crystal(np.eye(3), np.zeros((1, 3)), [2.0], [100.0], transverse=[30.0])
    q = np.array([0.11, 0.23, 0.37])
    c = 1 - np.cos(2 * np.pi * q)
    expected = np.diag(2 / 2.0 * (100 * c + 30 * (c.sum() - c)))
    np.testing.assert_allclose(dynamical_matrices(crystal, q), expected, atol=ROUNDING * 400)


def primitive_of(build):
    return spring_crystal(PRIMITIVE[build], np.zeros((1, 3)), [MASS], SPRINGS)


@pytest.mark.parametrize("build", PRIMITIVE)
def test_cubic_cell_folds_the_bands_of_the_primitive_cell(build):
    cubic, primitive = build(CONSTANT, SPRINGS, MASS), primitive_of(build)
    assert cubic.density == pytest.approx(primitive.density)
    generator = np.random.default_rng(1)
    for q in generator.uniform(-0.5, 0.5, (5, 3)):
        folded = {}
        for shift in product(range(2), repeat=3):  # reciprocal vectors of the cubic cell modulo those of the primitive
            at = (q + shift) / CONSTANT @ PRIMITIVE[build].T
            folded[tuple(np.round(at % 1, 9))] = phonon_frequencies_rad_per_ps(primitive, at)
        assert len(folded) == cubic.atom_count
        together = np.sort(np.concatenate(list(folded.values())))
        np.testing.assert_allclose(phonon_frequencies_rad_per_ps(cubic, q), together, rtol=1e-9)


@pytest.mark.parametrize("build", PRIMITIVE)
def test_properties_do_not_depend_on_the_cell(build):
    cubic, primitive = build(CONSTANT, SPRINGS, MASS), primitive_of(build)
    directions = np.random.default_rng(2).normal(size=(20, 3))
    np.testing.assert_allclose(
        sound_velocities_A_per_ps(cubic, directions), sound_velocities_A_per_ps(primitive, directions), rtol=1e-9
    )
    np.testing.assert_allclose(acoustic_tensor(cubic, [1, 2, 3]), acoustic_tensor(primitive, [1, 2, 3]), rtol=1e-9)
    np.testing.assert_allclose(loss_matrix(cubic), loss_matrix(primitive), atol=ROUNDING * loss_matrix(cubic).max())
    # W(0) of each atom on itself; both are good to 1e-8 of it
    own = static_recoil(cubic, [0, 0, 0])
    expected = static_recoil(primitive, [0, 0, 0])
    for atom in range(cubic.atom_count):
        block = own[3 * atom : 3 * atom + 3, 3 * atom : 3 * atom + 3]
        np.testing.assert_allclose(block, expected, atol=2e-8 * expected[0, 0])


@pytest.mark.parametrize("build", PRIMITIVE)
def test_largest_frequency_does_not_depend_on_the_cell(build):
    """Both meshes hold the same wave vectors: 8 cubic cells are 8 primitive ones times the cells in a cube."""
    cubic, primitive = build(CONSTANT, SPRINGS, MASS), primitive_of(build)
    axes = np.arange(8) / 8
    mesh = np.stack(np.meshgrid(axes, axes, axes, indexing="ij"), axis=-1)
    whole = np.stack(np.meshgrid(*[np.arange(16) / 8] * 3, indexing="ij"), axis=-1)
    highest = phonon_frequencies_rad_per_ps(primitive, whole / CONSTANT @ PRIMITIVE[build].T).max()
    assert phonon_frequencies_rad_per_ps(cubic, mesh).max() == pytest.approx(highest, rel=ROUNDING)


def test_scaled_crystal():
    crystal = simple_cubic_crystal(3.0, [520, 170], 3.5)
    q = [0.1, 0.2, 0.3]
    np.testing.assert_allclose(
        phonon_frequencies_rad_per_ps(crystal.scaled(stiffness=4, mass=0.25), q),
        4 * phonon_frequencies_rad_per_ps(crystal, q),
        rtol=ROUNDING * 100,
    )


def test_mass_unit_in_daltons():
    """Sec. III prints 9.66; 1 meV ps^2/A^2 is 1.602176634e-26 kg, 9.6485 Da."""
    assert pytest.approx(9.6485, abs=5e-5) == DALTON_PER_MASS_UNIT
    assert pytest.approx(1.602176634e-26 / 1.66053906660e-27, rel=ROUNDING) == DALTON_PER_MASS_UNIT


def test_structures_by_name():
    assert {name: build(3.0, [520, 170], 3.5).atom_count for name, build in STRUCTURES.items()} == {
        "simple_cubic": 1,
        "bcc": 2,
        "fcc": 4,
    }


def test_arrays_of_a_crystal_cannot_be_written():
    crystal = simple_cubic_crystal(3.0, [520, 170], 3.5)
    with pytest.raises(ValueError, match="read-only"):
        crystal.masses[0] = 1.0


def test_bonds_in_one_or_both_directions_are_the_same_crystal():
    block = np.array([[-5.0, 1, 0], [0.5, -4, 0], [0, 0, -3]])
    once = [(0, 1, (0, 0, 0), block), (1, 0, (1, 0, 0), block)]
    both = [*once, (1, 0, (0, 0, 0), block.T), (0, 1, (-1, 0, 0), block.T)]
    q = [0.3, 0.2, 0.1]
    one, two = (crystal_of_force_constants(np.eye(3), np.zeros((2, 3)), [1, 2], bonds) for bonds in (once, both))
    np.testing.assert_array_equal(dynamical_matrices(one, q), dynamical_matrices(two, q))


# ---- refused -----------------------------------------------------------------------------------------------------


def arguments(**changed):
    """Two atoms of a chain with one bond each way."""
    unit = np.eye(3)
    keys = [(0, 1, 0, 0, 0), (1, 0, 0, 0, 0), (0, 0, 0, 0, 0), (1, 1, 0, 0, 0)]
    table = {
        "cell": np.eye(3),
        "positions": np.zeros((2, 3)),
        "masses": [1.0, 2.0],
        "origin": [key[0] for key in keys],
        "destination": [key[1] for key in keys],
        "translation": [key[2:] for key in keys],
        "force_constants": np.array([-unit, -unit, unit, unit]),
    }
    return table | changed


def test_the_arguments_below_are_in_order_before_they_are_changed():
    assert HarmonicCrystal(**arguments()).atom_count == 2


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"masses": [1.0, 0.0]}, r"masses must be finite and above 0, got 0.0 at index \(1,\)"),
        ({"cell": [[1, 0, 0], [0, 1, 0], [1, 1, 0]]}, "cell vectors must span a volume"),
        ({"cell": np.eye(2)}, "cell must hold 3 vectors of 3 components"),
        ({"positions": np.zeros((3, 3))}, r"positions must be \(2, 3\), one for each mass"),
        ({"origin": [0, 1, 0, 2]}, "origin must be an integer, at least 0 and at most 1"),
        ({"origin": [0, 1, 0]}, "one entry a bond"),
        ({"force_constants": np.zeros((4, 3, 3))}, "force_constants must not all vanish"),
        ({"force_constants": np.array([-1, -1, 1, 1.5])[:, None, None] * np.eye(3)}, "acoustic sum rule.*got 0.5"),
        ({"force_constants": np.array([-1, -2, 1, 2])[:, None, None] * np.eye(3)}, "each force has its reaction"),
        ({"translation": [[0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]}, "each force has its reaction"),
        ({"destination": [1, 0, 1, 1]}, "is listed twice"),
    ],
)
def test_faulty_crystals_are_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        HarmonicCrystal(**arguments(**changed))


@pytest.mark.parametrize(
    ("bond", "message"),
    [
        ((0, 0, (0, 0, 0), -np.eye(3)), "must not be bonded to itself"),
        ((0, 2, (0, 0, 0), -np.eye(3)), "names atom 2, must be 0 to 1"),
        ((0, 1, (0, 0), -np.eye(3)), "3 whole cells and 3 x 3 force constants"),
        ((0, 1, (0, 0, 0), [1, 2, 3]), "3 whole cells and 3 x 3 force constants"),
    ],
)
def test_faulty_bonds_are_refused(bond, message):
    with pytest.raises(ValueError, match=message):
        crystal_of_force_constants(np.eye(3), np.zeros((2, 3)), [1, 1], [bond])


def test_scaling_by_nothing_is_refused():
    with pytest.raises(ValueError, match="stiffness must be finite and above 0"):
        simple_cubic_crystal(3.0, [520, 170], 3.5).scaled(stiffness=0)


def test_a_doubled_cell_holds_the_same_crystal():
    """Its modes at q are those of the single cell at q/2 and (q + 1)/2 along the doubled vector; to rounding."""
    crystal = simple_cubic_crystal(3.0, [520, 170], 3.5)
    q = np.array([0.3, 0.11, 0.27])
    folded = [phonon_frequencies_rad_per_ps(crystal, [(q[0] + n) / 2, *q[1:]]) for n in (0, 1)]
    own = phonon_frequencies_rad_per_ps(crystal.doubled(), q)
    np.testing.assert_allclose(own, np.sort(np.concatenate(folded)), rtol=1e-12)
    assert crystal.doubled().shortest_bond_A == crystal.shortest_bond_A == 3.0
