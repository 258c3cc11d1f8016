"""Symmetry operations and orbits of known space groups, and nearest sites in skewed cells."""

import itertools

import numpy as np
import pytest

from superion import lattice as lattices
from superion.site_positions import IA_3D, nearest_sites, operations_along_c, symmetry_group

ROUNDING = 1e-12


def test_order_of_groups():
    assert len(symmetry_group(["-x, -y, -z"]).rotations) == 2
    assert len(symmetry_group(["x+1/2, y+1/2, z", "-x, -y, z"]).rotations) == 4
    group = symmetry_group(IA_3D)
    assert len(group.rotations) == 96
    assert len(operations_along_c(group).rotations) == 32


@pytest.mark.parametrize(
    ("position", "multiplicity"),
    [
        ([0, 0, 0], 16),
        ([1 / 8, 1 / 8, 1 / 8], 16),
        ([1 / 8, 0, 1 / 4], 24),
        ([3 / 8, 0, 1 / 4], 24),
        ([0.07, 0.07, 0.07], 32),
        ([0.07, 0, 1 / 4], 48),
        ([1 / 8, 0.07, 0.18], 48),
        ([0.03, 0.05, 0.65], 96),
    ],
)
def test_wyckoff_positions_of_cubic_garnets(position, multiplicity):
    """16a, 16b, 24c, 24d, 32e, 48f, 48g, 96h of Ia-3d."""
    assert len(symmetry_group(IA_3D).orbit(position)) == multiplicity


@pytest.mark.parametrize(
    ("position", "multiplicity"),
    [
        ([0, 0, 0], 8),
        ([0, 0, 1 / 4], 8),
        ([0, 1 / 4, 1 / 8], 16),
        ([0, 0, 0.1], 16),
        ([0.17, 1 / 4, 7 / 8], 16),
        ([0.17, 0.33, 0.5], 16),
        ([0.08, 0.16, 0.43], 32),
    ],
)
def test_wyckoff_positions_of_tetragonal_garnets(position, multiplicity):
    """8a, 8b, 16c, 16d, 16e, 16f, 32g of I4_1/acd with origin choice 1."""
    group = operations_along_c(symmetry_group(IA_3D))
    assert len(group.orbit(np.add(position, [0, 1 / 4, -1 / 8]))) == multiplicity


def test_operations_carry_the_network_onto_itself():
    network = lattices.garnet(conventional=True)
    group = symmetry_group(IA_3D)
    for rotation, translation in zip(group.rotations[::5], group.translations[::5], strict=True):
        sites, distance = nearest_sites(network, network.sites @ rotation.T + translation)
        assert distance.max() < ROUNDING
        assert len(np.unique(sites)) == 72


def test_nearest_sites_by_brute_force():
    """In a cell so skewed that the nearest image is not the one of least fractions."""
    lattice = lattices.from_neighbours([[1.0, 0], [0.9, 0.5]], [[0, 0], [0.4, 0.1]], 1.0)
    positions = np.random.default_rng(1).uniform(-1, 1, (40, 2))
    site, distance = nearest_sites(lattice, positions)
    images = np.array(list(itertools.product(range(-6, 7), repeat=2))) @ lattice.cell
    everything = (positions @ lattice.cell)[:, None, None] - lattice.sites[:, None] - images
    lengths = np.linalg.norm(everything, axis=-1).min(axis=-1)
    np.testing.assert_array_equal(site, lengths.argmin(axis=1))
    np.testing.assert_allclose(distance, lengths.min(axis=1), atol=ROUNDING)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x, y", "triplets such as"),
        ("x, y, q", "triplets such as"),
        ("x, x, z", "rotations or reflections"),
        ("x+1/7, y, z", "whole 24ths"),
    ],
)
def test_refuses_what_is_no_operation(text, message):
    with pytest.raises(ValueError, match=f"generators must .*{message}.*, got '{text.replace('+', '.')}'"):
        symmetry_group([text])


def test_refuses():
    with pytest.raises(ValueError, match="more than 192 operations"):
        symmetry_group(["x+1/24, y, z", "x, y+1/24, z"])
    with pytest.raises(ValueError, match=r"position must be 3 fractional coordinates, got shape \(2,\)"):
        symmetry_group(IA_3D).orbit([0, 0])
    with pytest.raises(ValueError, match=r"fractions must have shape \(m, 2\), got \(1, 3\)"):
        nearest_sites(lattices.square(), [[0, 0, 0]])
