"""Exclusion alone, and rings: all states of small pieces, limits, counting."""

from math import comb

import numpy as np
import pytest

from superion import lattice as lattices
from superion.exclusion_transport import exclusion_diffusion, ring_conductivity_factor
from superion.lattice import Lattice
from superion.lattice_gas import chain_conductivity_factor
from superion.lattice_gas_moves import LatticeGas
from superion.lattice_gas_states import exact_transport

SOLVED = 1e-8  # relative, of linear systems over all states
LONG = 2e-3  # of a ring of 4000 sites: 1/N times a few
X = np.array([-1.0, 0.0, 0.7, 2.0, 6.0])


def off_centre():
    """A chain of two sites a cell in two dimensions, one of them off the middle between the others."""
    sites = np.array([[0.0, 0.0], [1.0, 0.3]])
    hops = np.array([[1.0, 0.3], [-1.0, 0.3], [-1.0, -0.3], [1.0, -0.3]])
    across = np.array([[0.0, 1.5], [0.0, -1.5]])
    origin = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    end = np.array([1, 1, 0, 0, 0, 0, 1, 1])
    return Lattice(np.diag([2.0, 1.5]), sites, origin, end, np.vstack([hops, across, across]), ("T", "O"))


@pytest.mark.parametrize("ions", [1, 4, 11])
@pytest.mark.parametrize(
    "lattice", [lattices.square().repeat([3, 4]), off_centre().repeat([3, 2])], ids=["square", "off"]
)
def test_all_states(lattice, ions):
    static, charge = exclusion_diffusion(lattice, ions)
    exact = exact_transport(LatticeGas(lattice, ions))
    assert static == pytest.approx(exact.charge_static, rel=SOLVED, abs=SOLVED)
    assert charge == pytest.approx(exact.charge, rel=SOLVED, abs=SOLVED)


def test_sites_off_the_middle_move_ions_for_nothing():
    static, charge = exclusion_diffusion(off_centre().repeat([3, 2]), 5)
    # Of hops (1, 0.3) up and down in turn what goes along x alone is left, and all of the steps across.
    assert charge[0, 0] == pytest.approx(static[0, 0], rel=SOLVED)
    assert charge[1, 1] / static[1, 1] == pytest.approx(1.5**2 / (1.5**2 + 0.3**2), rel=SOLVED)


@pytest.mark.parametrize(("sites", "ions"), [(8, 1), (8, 4), (9, 6), (7, 6), (10, 5)])
def test_ring_beside_all_states(sites, ions):
    ring = lattices.chain([1.0]).repeat(sites)
    exact = []
    for x in X:
        gas = LatticeGas(ring, ions, repulsion_over_kT=x, rule="final_state_barrier")
        exact.append(float(exact_transport(gas).charge[0, 0]))
    assert ring_conductivity_factor(sites, ions, X) == pytest.approx(np.array(exact), rel=SOLVED)


@pytest.mark.parametrize("filling", [0.25, 0.5, 0.8])
def test_long_rings_are_the_infinite_chain(filling):
    sites, x = 4000, np.array([0.0, 1.0, 3.0])
    found = ring_conductivity_factor(sites, round(filling * sites), x)
    assert found == pytest.approx(chain_conductivity_factor(2 * filling, x), rel=LONG)


def test_ring_without_repulsion_counts_free_sites():
    assert ring_conductivity_factor(30, 11, 0.0) == pytest.approx(19 / 29, rel=SOLVED)
    assert sum(30 // 1 * comb(10, k - 1) * comb(18, k - 1) / k for k in range(1, 12)) == pytest.approx(comb(30, 11))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exclusion_diffusion(lattices.square().repeat(3), 10), "ion_count must be .*9 sites.*10"),
        (lambda: ring_conductivity_factor(6, 6, 1.0), "ion_count must be .*6 sites.*6"),
        (lambda: ring_conductivity_factor(1, 1, 1.0), "site_count must be"),
        (lambda: ring_conductivity_factor(6, 3, np.inf), "repulsion_over_kT must be"),
    ],
)
def test_bad_input_is_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()
