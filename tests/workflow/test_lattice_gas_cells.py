"""Small cells of lattice gases in the configuration: their axes, and the faults that are told of them."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from pipeline.fundamentals_checks import exact_cells_can_be_enumerated
from pipeline.lattice_gas_cells import lattice_gases, piece_of_lattice

CELL = {"builder": "two_site_chain", "repeats": [3], "ions": [1, 2], "site_energies_over_kT": [0, 0.5]}


def faults(**cells):
    return list(exact_cells_can_be_enumerated({"lattice_gas": {"exact_cells": cells}}))


def test_lists_are_axes_of_a_product():
    settings = {**CELL, "repulsions_over_kT": [0, 1], "push_rates": [0.5], "rule": "symmetric", "hop_rate": 2}
    gases = list(lattice_gases(settings))
    assert [(gas.ion_count, gas.repulsion_over_kT) for gas in gases] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    for gas in gases:
        assert (gas.push_rate, gas.hop_rate, gas.exchange_rate, gas.rule) == (0.5, 2, 0, "symmetric")
        np.testing.assert_array_equal(gas.site_energy_over_kT, [0, 0.5] * 3)
        assert gas.site_count == 6


def test_builder_options_reach_the_builder():
    lattice, piece = piece_of_lattice({**CELL, "builder_options": {"lattice_constant": 3.0, "spacing": 0.2}})
    np.testing.assert_allclose([lattice.volume, piece.volume], [3, 9], rtol=1e-12)


def test_sound_cells_have_no_faults():
    many = {"builder": "square", "repeats": [4, 5], "ions": [10]}  # 184756 states, 92378 with an ion tagged
    assert faults(one=CELL, many=many, other=None) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"builder": "chain"}, "builder_options of 'chain': chain() missing 1 required positional argument"),
        ({"builder_options": {"axial_ratio": 1.6}}, "unexpected keyword argument 'axial_ratio'"),
        ({"repeats": [2, 2]}, "repeats must hold 1 numbers of cells"),
        ({"ions": [1, 7]}, "ion_count must be an integer, at least 1 and at most 6 (6 sites), got 7"),
        ({"site_energies_over_kT": [0]}, "site_energies_over_kT must hold 2 energies, got 1"),
        ({"hop_rate": 0}, "nothing moves"),
        ({"builder": "square", "repeats": [1, 3], "site_energies_over_kT": [0]}, "site 'a_0' is its own neighbour"),
        ({"repeats": [12], "ions": [12]}, "12 ions on 24 sites have 2704156 states, must be at most 200000"),
    ],
)
def test_faults_are_told_with_their_cell(change, message):
    settings = copy.deepcopy(CELL) | change
    ((path, told),) = faults(good=CELL, bad=settings)
    assert path == ("lattice_gas", "exact_cells", "bad")
    assert message in told


def test_one_cell_must_stay():
    ((path, told),) = faults(one=None)
    assert path == ("lattice_gas", "exact_cells")
    assert "one cell must stay" in told
