"""Channel matrices of Hu et al. (2026), Eqs. (1)-(3), against closed forms and reference values."""

import numpy as np
import pytest
from physics.reference_ring import MODES, RING_ORIGIN, SITE_ENERGY_eV

from superion.channel_averages import equilibrium_hopping_matrix
from superion.densities_of_states import PowerLawDensity
from superion.phonon_channels import (
    PhononMode,
    channel_matrix,
    hop_probability,
    mode_hopping_matrices,
    threshold_degeneracy,
)

REFERENCE = 1e-9  # reference tables carry 13 digits
QUADRATURE = 1e-9  # adaptive quadrature asked for 1e-11
ROUNDING = 1e-12  # a few hundred roundings


def test_equation_2_taken_literally_exceeds_one_and_is_refused():
    origin, destination = [0, 0, 0], [1, 2, 3]
    mode = PhononMode(1.0, np.array([0.01, 0.02, 0.03]))
    probability = hop_probability(mode, origin, 0.0, 0.05, degeneracy=threshold_degeneracy(origin, mode.threshold_eV))
    assert probability.sum() == pytest.approx(2.037862435208, rel=ROUNDING)
    with pytest.raises(ValueError, match=r"out of site 0 must add up to at most 1, got 2\.0378"):
        channel_matrix(4, origin, destination, probability)
    flagged = channel_matrix(4, origin, destination, probability, allow_negative=True)
    assert flagged[0, 0] == pytest.approx(-1.037862435208, rel=ROUNDING)
    np.testing.assert_allclose(flagged.sum(axis=0), 1.0, atol=ROUNDING)


def test_degenerate_and_open_agree_for_equal_thresholds():
    common = {"site_energy_eV": SITE_ENERGY_eV, "thermal_energy_eV": np.array([0.03, 0.07])}
    printed = hop_probability(MODES[1], RING_ORIGIN, **common, degeneracy=2)
    shared = hop_probability(MODES[1], RING_ORIGIN, **common, destination_sharing="open")
    assert printed.shape == (2, 24)
    np.testing.assert_allclose(shared, printed, rtol=ROUNDING)


def test_recounted_degeneracy_jumps_in_a_field_and_a_frozen_one_does_not():
    """Printed: lambda of the current thresholds; it falls from 2 to 1 at any field. Right: kept from zero field."""
    origin, weak = [0, 0], 1e-6
    frozen = threshold_degeneracy(origin, [0.3, 0.3])
    np.testing.assert_array_equal(frozen, [2, 2])
    split = PhononMode(1.0, np.array([0.3 - weak, 0.3 + weak]))
    recounted = threshold_degeneracy(origin, split.threshold_eV)
    zero_field = hop_probability(PhononMode(1.0, 0.3), origin, 0.0, 0.05, degeneracy=frozen)
    kept = hop_probability(split, origin, 0.0, 0.05, degeneracy=frozen)
    jumped = hop_probability(split, origin, 0.0, 0.05, degeneracy=recounted)
    np.testing.assert_allclose(kept / zero_field, 1.0, atol=1e-4)
    np.testing.assert_allclose(jumped / zero_field, 2.0, atol=1e-4)


def test_threshold_degeneracy_counts_per_origin():
    counted = threshold_degeneracy([1, 0, 1, 0, 1, 2, 1], [0.2, 0.2, 0.3, 0.2, 0.2, np.inf, 0.2 + 1e-12])
    np.testing.assert_array_equal(counted, [3, 2, 1, 2, 3, 1, 3])
    np.testing.assert_array_equal(threshold_degeneracy([0, 0, 1], 0.2), [2, 2, 1])
    assert threshold_degeneracy([], 0.2).shape == (0,)


def octahedral_tetrahedral_hops():
    """One O site with eight T neighbours, two T sites with four O neighbours each, periodic: parallel hops."""
    origin = np.array([0] * 8 + [1] * 4 + [2] * 4)
    destination = np.array([1] * 4 + [2] * 4 + [0] * 8)
    return origin, destination


@pytest.mark.parametrize(("common", "ratio"), [(False, 0.5), (True, 1.0)])
def test_degeneracy_of_unequal_coordination_breaks_boltzmann(common, ratio):
    """Printed 1/lambda_i puts n ~ lambda_i; one common prefactor gives equal sites equal occupation."""
    origin, destination = octahedral_tetrahedral_hops()
    degeneracy = 8 if common else threshold_degeneracy(origin, 0.1)
    mode = PhononMode(5.0, 0.1, PowerLawDensity(2.0))
    matrix = mode_hopping_matrices([mode], 3, origin, destination, 0.0, 0.08, degeneracy=degeneracy)
    stationary = equilibrium_hopping_matrix(matrix)[:, 0]
    assert stationary[1] / stationary[0] == pytest.approx(ratio, rel=ROUNDING)


def test_channel_matrix_keeps_columns_and_periodic_images():
    matrix = channel_matrix(2, [0, 0, 1], [1, 0, 0], [0.2, 0.3, 0.1])
    np.testing.assert_allclose(matrix, [[0.8, 0.1], [0.2, 0.9]], atol=ROUNDING)
    with pytest.raises(ValueError, match="out of site 0"):
        channel_matrix(2, [0, 0, 1], [1, 0, 0], [0.8, 0.3, 0.1])
    parallel = channel_matrix(2, [0, 0, 1], [1, 1, 0], [0.2, 0.3, 0.1])
    np.testing.assert_allclose(parallel, [[0.5, 0.1], [0.5, 0.9]], atol=ROUNDING)
    thirds = channel_matrix(4, [0, 0, 0], [1, 2, 3], [1 / 3 + 1e-16] * 3)
    assert thirds[0, 0] == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"destination": [1, 4]}, r"destination must be an integer, at least 0 and at most 3, got 4 at index \(1,\)"),
        ({"origin": [-1, 0]}, "origin must be .*got -1"),
        ({"origin": [0.5, 1.0]}, "origin must be an integer, .* got 0.5"),
        ({"destination": [1]}, "destination must have as many hops"),
        ({"hop_probability": [0.1, -0.1]}, "hop_probability must be finite and at least 0, got -0.1"),
        ({"hop_probability": [0.1, 0.1, 0.1]}, "hop_probability must end in 2 hops"),
        ({"n_sites": 0}, "n_sites must be an integer and at least 1, got 0"),
    ],
)
def test_bad_hop_list_is_told(change, message):
    arguments = {"n_sites": 4, "origin": [0, 1], "destination": [1, 2], "hop_probability": [0.1, 0.1]}
    with pytest.raises(ValueError, match=message):
        channel_matrix(**(arguments | change))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "degeneracy must be given"),
        ({"degeneracy": 0.5}, "degeneracy must be finite and at least 1, got 0.5"),
        ({"degeneracy": [2, 2, 2]}, "one per hop"),
        ({"degeneracy": 2, "destination_sharing": "open"}, "degeneracy must be left out"),
        ({"degeneracy": 2, "destination_sharing": "even"}, "must be 'degenerate' or 'open', got 'even'"),
    ],
)
def test_bad_sharing_is_told(options, message):
    with pytest.raises(ValueError, match=message):
        hop_probability(MODES[0], [0, 0], 0.0, 0.03, **options)
