"""Networks: dimensions and copies of known ones, the garnet with and without full tetrahedra, known thresholds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superion import lattice as lattices
from superion.lattice import Lattice, from_neighbours
from superion.network_percolation import (
    first_wrap_fractions,
    network_diffusion_tensor,
    network_parts,
    open_network,
    threshold_of_large_cells,
    wrap_statistics,
)
from superion.transport import diffusion_tensor

ROUNDING = 1e-14
SIGMAS = 4  # standard errors of a mean of random samples, at seeds that are fixed


def full_tetrahedra(network):
    """Those whose -4 axis is along c: the coordinate along it is in odd eighths."""
    return [site for site in range(24) if abs(network.sites[site, 2] * 8 % 2 - 1) < 1e-6]


@pytest.fixture(scope="module")
def garnet():
    return lattices.garnet(conventional=True)


@pytest.mark.parametrize("name", sorted(set(lattices.BUILDERS) - {"chain"}))
def test_builders_are_one_network_in_all_dimensions(name):
    lattice = lattices.BUILDERS[name]()
    (part,) = network_parts(lattice)
    assert part.dimension == lattice.dimension
    assert part.copies == 1
    assert part.sites.tolist() == list(range(lattice.site_count))


@pytest.mark.parametrize(
    ("cell", "steps", "dimension", "copies"),
    [
        (np.eye(2), [[1, 1], [1, -1]], 2, 2),  # bishops' moves: two colours
        (np.eye(2), [[2, 0], [0, 3]], 2, 6),
        (np.eye(2), [[2, 2]], 1, 2),  # diagonals two cells long: (1, 1) is another
        (np.eye(3), [[1, 1, 0], [0, 1, 1], [1, 0, 1]], 3, 2),
        (np.eye(3), [[1, -1, 0], [0, 1, -1], [1, 0, -1]], 2, 1),  # planes
        (np.eye(3), [[6, 10, 15]], 1, 1),
        (np.eye(3), [[4, 0, 0], [6, 0, 0]], 1, 2),
    ],
)
def test_translations_of_one_site(cell, steps, dimension, copies):
    steps = np.array([*steps, *(-np.array(steps))], float)
    zeros = np.zeros(len(steps), int)
    (part,) = network_parts(Lattice(cell, np.zeros((1, len(cell))), zeros, zeros, steps))
    assert (part.dimension, part.copies) == (dimension, copies)


def test_chains_and_clusters_of_one_cell():
    """An endless chain, a pair that ends, and a site alone."""
    lattice = Lattice(
        np.eye(2),
        [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 0]],
        [0, 0, 1, 2],
        [0, 0, 2, 1],
        [[1, 0], [-1, 0], [0.5, 0], [-0.5, 0]],
    )
    parts = network_parts(lattice)
    assert [(part.sites.tolist(), part.dimension) for part in parts] == [([0], 1), ([1, 2], 0), ([3], 0)]
    np.testing.assert_array_equal(parts[0].translations, [[1, 0]])
    np.testing.assert_allclose(network_diffusion_tensor(lattice), [[1 / 4, 0], [0, 0]], atol=ROUNDING)


@given(st.integers(0, 2**32 - 1), st.integers(2, 3))
@settings(max_examples=30, deadline=None)
def test_parts_do_not_depend_on_the_cell(seed, dimension):
    """Sheared cell vectors and shifted sites: the same dimension and number in each part."""
    rng = np.random.default_rng(seed)
    shear = np.eye(dimension, dtype=int)
    for _ in range(4):
        one, other = rng.permutation(dimension)[:2]
        shear[one] += rng.integers(-2, 3) * shear[other]
    steps = rng.integers(-2, 3, (3, dimension)).astype(float)
    steps = np.unique(np.vstack([steps, -steps]), axis=0)
    steps = steps[np.abs(steps).sum(axis=1) > 0]
    zeros = np.zeros(len(steps), int)
    if not len(steps):
        return
    plain, sheared = (
        network_parts(Lattice(cell, np.full((1, dimension), 0.3), zeros, zeros, steps))
        for cell in (np.eye(dimension), shear.astype(float))
    )
    assert [(p.dimension, p.copies) for p in plain] == [(p.dimension, p.copies) for p in sheared]
    whole = np.linalg.matrix_rank(steps)
    assert plain[0].dimension == whole


def test_cubic_garnet(garnet):
    np.testing.assert_allclose(network_diffusion_tensor(garnet), np.eye(3) / 96, atol=ROUNDING)
    expected = diffusion_tensor(garnet, np.full(garnet.hop_count, 0.1)).total / 0.1
    np.testing.assert_allclose(network_diffusion_tensor(garnet), expected, atol=ROUNDING)


def test_garnet_without_the_tetrahedra_that_are_full(garnet):
    ordered = open_network(garnet, full_tetrahedra(garnet))
    assert ordered.site_count == 64
    parts = network_parts(ordered)
    assert [(len(part.sites), part.dimension, part.copies) for part in parts] == [(16, 1, 1)] * 4
    for part in parts:
        np.testing.assert_array_equal(np.abs(part.translations), [[0, 0, 1]])
    np.testing.assert_allclose(network_diffusion_tensor(ordered), np.diag([0, 0, 1 / 128]), atol=ROUNDING)


def test_all_tetrahedra_of_another_axis_do_the_same_along_it(garnet):
    others = [site for site in range(24) if abs(garnet.sites[site, 0] * 8 % 2 - 1) < 1e-6]
    parts = network_parts(open_network(garnet, others))
    assert len(parts) == 4
    for part in parts:
        np.testing.assert_array_equal(np.abs(part.translations), [[1, 0, 0]])


def test_blocked_sites_leave_the_rest_in_order(garnet):
    left = open_network(garnet, [0, 30])
    kept = [name for number, name in enumerate(garnet.site_names) if number not in (0, 30)]
    assert left.site_names == tuple(kept)
    lost = ((garnet.origin == 0) | (garnet.destination == 0) | (garnet.origin == 30) | (garnet.destination == 30)).sum()
    assert left.hop_count == garnet.hop_count - lost


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("triangular", (12, 16, 24, 32, 48), 1 / 2),
        ("kagome", (8, 12, 16, 24, 32), 1 - 2 * np.sin(np.pi / 18)),
        ("simple_cubic", (4, 6, 8, 10, 12), 0.311608),  # Deng and Bloete, Phys. Rev. E 72, 016126 (2005)
    ],
)
def test_thresholds_of_known_lattices(name, cells, expected):
    lattice = lattices.BUILDERS[name]()
    every = np.arange(lattice.site_count)
    statistics = [
        wrap_statistics(first_wrap_fractions(lattice, every, size, 400, np.random.SeedSequence(1, spawn_key=(size,))))
        for size in cells
    ]
    mean, error = [s.mean for s in statistics], [s.error for s in statistics]
    limit, margin = threshold_of_large_cells(cells, mean, error, lattice.dimension)
    assert margin < 0.01
    assert abs(limit - expected) < SIGMAS * margin


def test_bonds_as_sites_halfway_have_the_threshold_of_bonds():
    """Sites of the square lattice always open, sites on its bonds at random: 1/2."""
    bonds = from_neighbours(np.eye(2), [[0, 0], [0.5, 0], [0, 0.5]], 0.5)
    cells = (8, 12, 16, 24, 32)
    found = [
        wrap_statistics(first_wrap_fractions(bonds, [1, 2], size, 400, np.random.SeedSequence(2))) for size in cells
    ]
    limit, margin = threshold_of_large_cells(cells, [s.mean for s in found], [s.error for s in found], 2)
    assert abs(limit - 1 / 2) < SIGMAS * margin


def test_garnet_threshold(garnet):
    """First wrap from 0.425 to 0.430 at sizes from four cells on."""
    found = wrap_statistics(first_wrap_fractions(garnet, range(24), 4, 400, np.random.SeedSequence(3)))
    assert 0.425 - 2 * found.error < found.mean < 0.430 + 2 * found.error


def test_first_wrap_of_a_ring_needs_all_its_sites():
    ring = lattices.chain([1.0])
    np.testing.assert_array_equal(first_wrap_fractions(ring, [0], 5, 3, np.random.SeedSequence(0)), 1)


def test_longer_runs_begin_with_shorter_ones():
    square, seed = lattices.square(), np.random.SeedSequence(5)
    long, short = (first_wrap_fractions(square, [0], 6, count, seed) for count in (8, 3))
    np.testing.assert_array_equal(long[:3], short)
    assert len(np.unique(long)) > 1


def test_limit_of_a_known_series():
    size = np.array([2.0, 3, 4, 6, 8])
    series = 0.4 + 0.3 * size**-0.75 - 0.2 * size**-2.25
    limit, margin = threshold_of_large_cells(size, series, np.full(5, 1e-3), 2)
    assert limit == pytest.approx(0.4, abs=1e-12)
    assert margin > 1e-3


def test_refuses(garnet):
    square, seed = lattices.square(), np.random.SeedSequence(0)
    with pytest.raises(ValueError, match="blocked must be an integer, at least 0 and at most 71"):
        open_network(garnet, [72])
    with pytest.raises(ValueError, match="blocked must leave some hops, got 24 of 72 sites"):
        open_network(garnet, range(24))
    with pytest.raises(ValueError, match=r"blockable must name sites, each once, got \[0, 0\]"):
        first_wrap_fractions(square, [0, 0], 2, 1, seed)
    with pytest.raises(ValueError, match=r"cells must be an integer and at least 2 .*, got 1"):
        first_wrap_fractions(square, [0], 1, 1, seed)
    with pytest.raises(ValueError, match="got a network that percolates without"):
        first_wrap_fractions(from_neighbours(np.eye(2), [[0, 0], [0.5, 0.5]], 1.0), [1], 2, 1, seed)
    pair = Lattice([[2.0]], [[0.0], [1.0]], [0, 1], [1, 0], [[1.0], [-1.0]])
    with pytest.raises(ValueError, match="lattice must percolate with all its sites open"):
        first_wrap_fractions(pair, [0], 3, 1, seed)
    one_way = Lattice([[1.0]], [[0.0]], [0], [0], [[1.0]])
    with pytest.raises(ValueError, match="every hop must have its reverse, got none for hop 0"):
        network_diffusion_tensor(one_way)
    with pytest.raises(ValueError, match="at least two samples, got 1"):
        wrap_statistics([0.4])
    with pytest.raises(ValueError, match="each of at least 4 sizes, got"):
        threshold_of_large_cells([2, 3, 4], [0.4] * 3, [0.1] * 3, 3)
    with pytest.raises(ValueError, match="error must be finite and above 0, got 0"):
        threshold_of_large_cells([2, 3, 4, 5], [0.4] * 4, [0.0] * 4, 3)
    with pytest.raises(ValueError, match="dimension must be 2 or 3, got 1"):
        threshold_of_large_cells([2, 3, 4, 5], [0.4] * 4, [0.1] * 4, 1)
