"""Pair crystals: closed forms of the potential, lattice sums, derivatives by differences, images."""

from itertools import product

import numpy as np
import pytest
import scipy.constants
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from physics.reference_surfaces import numerical_gradient, numerical_hessian

from superion.pair_crystals import PairCrystal, PairPotential, ReducedUnits, fcc_positions, lennard_jones, smoothly_cut

ROUNDING = 1e-12  # relative, of sums over some thousand pairs
DIFFERENCE = 1e-6  # of central differences over 1e-5: curvature of the third derivative, and rounding
ARGON_TIME_ps = 2.156  # A. Rahman, Phys. Rev. 136, A405 (1964), to its four digits

LATTICE_CONSTANT = 1.55


def yukawa(cutoff=1.9):
    return smoothly_cut(
        lambda r: np.exp(-r) / r,
        lambda r: -np.exp(-r) * (1 / r + 1 / r**2),
        lambda r: np.exp(-r) * (1 / r + 2 / r**2 + 2 / r**3),
        cutoff,
    )


def disordered(d, count=7, seed=0):
    """A skewed box of two species, smaller than the cutoff in places."""
    rng = np.random.default_rng(seed)
    cell = 2.2 * np.eye(d) + 0.3 * rng.normal(size=(d, d))
    grid = np.array([*product((0.0, 1.0), repeat=d), (0.5,) * d])[:count] / 2
    positions = (grid + 0.03 * rng.normal(size=grid.shape)) @ cell
    potentials = {(0, 0): lennard_jones(), (0, 1): yukawa(), (1, 1): lennard_jones(0.5, 0.8)}
    return PairCrystal(cell, np.arange(len(positions)) % 2, potentials), positions


def test_potential_and_its_derivatives_are_those_of_the_formula():
    r = sympy.symbols("r", positive=True)
    formula = 4 * (r**-12 - r**-6) * (1 - r**2 / sympy.Rational(25, 4)) ** 3
    at = np.linspace(0.8, 2.49, 60)
    potential = lennard_jones()
    for order, name in enumerate(("energy", "slope", "curvature")):
        expected = sympy.lambdify(r, sympy.diff(formula, r, order) if order else formula)(at)
        np.testing.assert_allclose(getattr(potential, name)(at), expected, rtol=1e-10, atol=1e-10)


def test_scaled_potential():
    at = np.linspace(0.7, 1.8, 9)
    expected = 3 * lennard_jones().energy(at / 0.75)
    np.testing.assert_allclose(lennard_jones(3.0, 0.75).energy(at), expected, rtol=ROUNDING)


@pytest.mark.parametrize("cells", [1, 2, 3])
def test_energy_per_atom_is_the_lattice_sum_in_every_box(cells):
    """Boxes of 1 and 2 cells are below twice the cutoff; in that of 1 cell atoms meet images of themselves."""
    shells = np.array(list(product(range(-5, 6), repeat=3))) / 2
    shells = LATTICE_CONSTANT * shells[(np.round(2 * shells.sum(axis=1)) % 2 == 0)]
    distances = np.linalg.norm(shells, axis=1)
    expected = lennard_jones().energy(distances[(distances > 0) & (distances < 2.5)]).sum() / 2
    cell, sites = fcc_positions(LATTICE_CONSTANT, cells)
    crystal = PairCrystal(cell, len(sites), lennard_jones())
    assert crystal.energy(sites) / len(sites) == pytest.approx(expected, rel=ROUNDING)
    assert np.abs(crystal.gradient(sites)).max() < 1e-11


def test_nearest_images_alone_lose_bonds_in_small_boxes_only():
    for cells, same in ((2, False), (3, False), (4, True)):
        cell, sites = fcc_positions(LATTICE_CONSTANT, cells)
        every, nearest = (PairCrystal(cell, len(sites), lennard_jones(), images) for images in ("all", "nearest"))
        assert (every.energy(sites) == pytest.approx(nearest.energy(sites), rel=ROUNDING)) is same


@pytest.mark.parametrize("d", [1, 2, 3])
def test_derivatives_against_differences(d):
    crystal, positions = disordered(d)
    gradient, hessian = crystal.gradient(positions), crystal.hessian(positions)
    expected = numerical_gradient(crystal, positions)
    np.testing.assert_allclose(gradient, expected, atol=DIFFERENCE * np.abs(gradient).max())
    expected = numerical_hessian(crystal, positions)
    np.testing.assert_allclose(hessian, expected, atol=DIFFERENCE * np.abs(hessian).max())
    np.testing.assert_array_equal(hessian, hessian.T)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_energy_does_not_change_with_the_choice_of_images_origin_or_order(seed, d):
    crystal, positions = disordered(d)
    rng = np.random.default_rng(seed)
    energy, scale = crystal.energy(positions), np.abs(crystal.hessian(positions)).max()
    whole = rng.integers(-3, 4, size=positions.shape) @ crystal.cell
    assert crystal.energy(positions + whole + rng.normal(size=d)) == pytest.approx(energy, abs=1e-11 * scale)
    order = rng.permutation(len(positions))
    again = PairCrystal(crystal.cell, crystal.species[order], crystal.potentials)
    assert again.energy(positions[order]) == pytest.approx(energy, abs=1e-11 * scale)
    assert np.abs(crystal.gradient(positions).sum(axis=0)).max() < 1e-11 * scale


def test_fcc_sites():
    cell, sites = fcc_positions(1.5, 3)
    assert np.linalg.det(cell) == pytest.approx(4.5**3)
    crystal = PairCrystal(cell, len(sites), lennard_jones())
    apart = np.linalg.norm(crystal.wrapped(sites[:, None] - sites), axis=-1)
    neighbours = np.isclose(apart, 1.5 / np.sqrt(2)).sum(axis=1)
    np.testing.assert_array_equal(neighbours, np.full(108, 12))


def test_argon_units():
    argon = ReducedUnits(119.8, 3.405, 39.948)
    assert argon.time_ps == pytest.approx(ARGON_TIME_ps, abs=5e-4)
    energy = 119.8 * scipy.constants.k
    root = np.sqrt(39.948 * scipy.constants.atomic_mass * energy)
    assert argon.planck == pytest.approx(scipy.constants.hbar / (3.405e-10 * root), rel=1e-8)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: lennard_jones(length=0), "length must be finite and above 0, got 0"),
        (lambda: lennard_jones(cutoff=-1), "cutoff must be finite and above 0, got -1"),
        (lambda: ReducedUnits(1, 1, 0), "mass_u must be finite and above 0, got 0"),
        (
            lambda: PairPotential(lambda r: 1 / r, lambda r: -1 / r**2, lambda r: 2 / r**3, 2.0),
            "energy must vanish at the cutoff 2, got 0.5; smoothly_cut makes it so",
        ),
        (lambda: fcc_positions(1.5, 0), "cells must be an integer and at least 1, got 0"),
        (lambda: PairCrystal([[1, 0], [2, 0]], 3, lennard_jones()), "cell must be rows of independent vectors"),
        (lambda: PairCrystal(np.eye(3), 1, lennard_jones()), "species must be of at least 2 atoms, got 1"),
        (
            lambda: PairCrystal(np.eye(3), [0, 1], {(0, 0): lennard_jones()}),
            r"potentials must have one of species \(0, 1\), got those of \[\(0, 0\)\]",
        ),
        (
            lambda: PairCrystal(np.eye(3), 2, lennard_jones(), "some"),
            "images must be 'all' or 'nearest', got 'some'",
        ),
        (
            lambda: PairCrystal(np.eye(3), 2, lennard_jones()).energy(np.zeros((3, 3))),
            r"positions must have shape \(2, 3\), got \(3, 3\)",
        ),
        (
            lambda: PairCrystal(4 * np.eye(3), 2, lennard_jones()).energy(np.array([[0, 0, 0], [4, 0, 0]])),
            "atoms 0 and 1 are at one place, must be apart",
        ),
        (
            lambda: PairCrystal(4 * np.eye(3), 2, lennard_jones()).energy(np.array([[0, 0, np.nan], [1, 0, 0]])),
            r"positions must be finite, got nan at index \(0, 2\)",
        ),
    ],
)
def test_bad_input_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()
