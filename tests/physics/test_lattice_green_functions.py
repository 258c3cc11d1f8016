"""Green functions on lattices: equations of the network, known resistances, the infinite lattice from finite ones."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superion import lattice as lattices
from superion.lattice_green_functions import (
    bond_conductances,
    cell_ladder,
    infinite_potentials,
    periodic_potentials,
    shape_of_cell,
    walker_diffusion,
)
from superion.transport import diffusion_tensor

ROUNDING = 1e-11  # of some thousand waves and an inversion
LADDER = 1e-8  # what is left of the periodic cells with the default ladder


def resistance(potential):
    """Between two places: potential difference of a unit current from one to the other."""
    return potential[0, 0] + potential[1, 1] - potential[0, 1] - potential[1, 0]


def pair(lattice, vector):
    return [(np.array([0, 0]), np.array([np.zeros(lattice.dimension), vector]))]


@pytest.mark.parametrize(
    ("name", "vector", "expected"),
    [
        ("square", [1, 0], 1 / 2),
        ("square", [1, 1], 2 / np.pi),
        ("square", [2, 0], 2 - 4 / np.pi),
        ("triangular", [1, 0], 1 / 3),
        ("simple_cubic", [1, 0, 0], 1 / 3),
        ("simple_cubic", [1, 1, 0], 0.3950791523),  # M. L. Glasser and J. Boersma, J. Phys. A 33, 5017 (2000)
        ("simple_cubic", [2, 0, 0], 2 - 4 * 0.3950791523),  # by the equation of the site between
        ("bcc", [0.5, 0.5, 0.5], 1 / 4),
        ("fcc", [0.5, 0.5, 0], 1 / 6),
    ],
)
def test_resistances_of_infinite_lattices(name, vector, expected):
    """Between neighbours 2/z by symmetry; J. Cserti, Am. J. Phys. 68, 896 (2000)."""
    lattice = lattices.BUILDERS[name]()
    fine, _ = infinite_potentials(lattice, np.ones(lattice.hop_count), pair(lattice, vector))
    assert resistance(fine[0]) == pytest.approx(expected, abs=LADDER)


@pytest.mark.parametrize(("name", "repeats"), [("kagome", (3, 4)), ("fcc_octahedral_tetrahedral", 2)])
def test_periodic_cell_against_the_inverse_of_its_whole_network(name, repeats):
    lattice = lattices.BUILDERS[name]()
    rng = np.random.default_rng(1)
    conductance = rng.uniform(0.2, 2, lattice.hop_count)
    conductance += conductance[lattice.reverse_hop()]
    piece = lattice.repeat(repeats)
    cells = piece.site_count // lattice.site_count
    network = np.zeros((piece.site_count, piece.site_count))
    for start, end, c in zip(piece.origin, piece.destination, np.tile(conductance, cells), strict=True):
        network[start, start] += c
        network[start, end] -= c
    whole = np.linalg.pinv(network, hermitian=True)
    sites = np.arange(lattice.site_count)
    (potential,) = periodic_potentials(lattice, conductance, [(sites, lattice.sites)], repeats)
    expected = whole[: lattice.site_count, : lattice.site_count]
    np.testing.assert_allclose(potential - potential[0, 0], expected - expected[0, 0], atol=ROUNDING)


def test_errors_shrink_with_the_ladder():
    lattice = lattices.simple_cubic()
    place = pair(lattice, [1, 1, 1])
    exact = resistance(infinite_potentials(lattice, np.ones(6), place)[0][0])
    errors = [
        abs(resistance(infinite_potentials(lattice, np.ones(6), place, cells)[0][0]) - exact)
        for cells in ((4, 6, 8), (4, 6, 8, 10), (4, 6, 8, 10, 12))
    ]
    assert errors[0] < 1e-3
    assert all(second < first / 3 for first, second in pairwise(errors))


def test_ladder_of_a_large_cell_stays_affordable():
    assert cell_ladder(lattices.garnet(conventional=True))[-1] <= 10
    assert len(cell_ladder(lattices.garnet(conventional=True))) >= 3


@given(st.integers(0, 2**32 - 1), st.sampled_from(["honeycomb", "kagome", "bcc_tetrahedral", "hcp"]))
@settings(max_examples=15, deadline=None)
def test_conductances_and_walker_of_energies_and_saddles(seed, name):
    """Rates over random wells and saddles: conductances are the saddles', the walker that of `transport`."""
    lattice = lattices.BUILDERS[name]()
    rng = np.random.default_rng(seed)
    wells = rng.uniform(-1, 1, lattice.site_count)
    saddles = rng.uniform(2, 3, lattice.hop_count)
    saddles = np.maximum(saddles, saddles[lattice.reverse_hop()])
    rate = np.exp(wells[lattice.origin] - saddles)
    conductance = bond_conductances(lattice, rate)
    np.testing.assert_allclose(conductance * np.exp(-wells).sum(), np.exp(-saddles), rtol=1e-10)
    expected = diffusion_tensor(lattice, rate).total
    np.testing.assert_allclose(walker_diffusion(lattice, conductance), expected, rtol=1e-9, atol=1e-12)


def test_refuses():
    square, honeycomb = lattices.square(), lattices.honeycomb()
    with pytest.raises(ValueError, match="rate must be finite and above 0"):
        bond_conductances(square, [1, 1, 0, 1])
    with pytest.raises(ValueError, match="must have one value for each of 4 hops, got shape"):
        bond_conductances(square, np.ones((2, 4)))
    driven = np.where(square.displacement[:, 0] > 0.5, 2.0, 1.0)
    with pytest.raises(ValueError, match="rate must be in detailed balance, got a net flow of"):
        bond_conductances(square, driven)
    one_way = lattices.Lattice([[1.0]], [[0.0]], [0], [0], [[1.0]])
    with pytest.raises(ValueError, match="every hop must have its reverse, got none for hop 0"):
        bond_conductances(one_way)
    apart = lattices.Lattice([[1.0]], [[0.0], [0.5]], [0, 0, 1, 1], [0, 0, 1, 1], [[1.0], [-1.0], [1.0], [-1.0]])
    with pytest.raises(ValueError, match="one network, got 2 sets"):
        bond_conductances(apart)
    with pytest.raises(ValueError, match=r"repeats must keep every hop .* got \(1, 3\)"):
        shape_of_cell(square, (1, 3))
    with pytest.raises(ValueError, match="repeats must hold 2 numbers of cells, got shape"):
        shape_of_cell(square, (2, 3, 4))
    with pytest.raises(ValueError, match="repeats must be an integer and at least 1"):
        shape_of_cell(honeycomb, 0)
    for cells in ((4, 8), (4, 8, 8)):
        with pytest.raises(ValueError, match=r"cells must be at least 3 ascending numbers, got \[4, 8"):
            infinite_potentials(square, np.ones(4), pair(square, [1, 0]), cells)
