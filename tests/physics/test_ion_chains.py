"""Chains of ions over wells: derivatives, and an interstitial against the continuum."""

import numpy as np
import pytest
from physics.reference_surfaces import numerical_gradient, numerical_hessian

from superion.ion_chains import IonChain
from superion.saddle_points import find_minimum, find_saddle

DIFFERENCE = 1e-6  # of central differences
CONTINUUM = 0.4  # c of the correction -c/K relative to the energy of a wide interstitial; it is some 0.28


def test_derivatives_against_differences():
    chain = IonChain(6, 5, 3.0)
    x = np.arange(6)[:, None] * 5 / 6 + 0.1 * np.random.default_rng(0).normal(size=(6, 1))
    np.testing.assert_allclose(chain.gradient(x), numerical_gradient(chain, x), atol=DIFFERENCE * 10)
    np.testing.assert_allclose(chain.hessian(x), numerical_hessian(chain, x), atol=DIFFERENCE * 20)


def test_ions_in_their_wells_cost_nothing_and_those_on_tops_one_each():
    chain = IonChain(5, 5, 7.0)
    x = np.arange(5.0)[:, None]
    assert chain.energy(x) == 0
    assert chain.energy(x + 0.5) == pytest.approx(5, rel=1e-14)


def test_a_shift_by_a_well_and_by_an_ion_change_nothing():
    chain = IonChain(6, 5, 3.0)
    x = np.arange(6)[:, None] * 5 / 6 + 0.1 * np.random.default_rng(1).normal(size=(6, 1))
    turned = np.vstack([x[1:], x[:1] + 5])
    for other in (x + 1, turned):
        assert chain.energy(other) == pytest.approx(chain.energy(x), rel=1e-13)


@pytest.mark.parametrize("stiffness", [20.0, 50.0, 100.0])
def test_energy_of_a_wide_interstitial(stiffness):
    """The integral of root(2 K V) over a well, V = (1 - cos 2 pi x)/2: root(K) 2 root(2)/pi."""
    chain = IonChain(41, 40, stiffness)
    energy = find_minimum(chain, chain.interstitial(20.5)).energy
    limit = np.sqrt(stiffness) * 2 * np.sqrt(2) / np.pi
    assert 0 < 1 - energy / limit < CONTINUUM / stiffness


def test_interstitial_goes_from_one_stable_place_to_the_next():
    """Minima half-way between ions, saddles on an ion; both the same one ion further on."""
    chain = IonChain(31, 30, 15.0)
    minima = [find_minimum(chain, chain.interstitial(centre)).energy for centre in (14.5, 15.5)]
    saddles = [find_saddle(chain, chain.interstitial(centre)).energy for centre in (14.0, 15.0)]
    assert minima[0] == pytest.approx(minima[1], abs=1e-12)
    assert saddles[0] == pytest.approx(saddles[1], abs=1e-12)
    assert saddles[0] > minima[0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: IonChain(2, 3, 1.0), "ions must be an integer and at least 3, got 2"),
        (lambda: IonChain(4, 3.5, 1.0), "wells must be an integer and at least 3, got 3.5"),
        (lambda: IonChain(4, 3, -1.0), "stiffness must be finite and at least 0, got -1"),
        (lambda: IonChain(4, 3, 1.0).energy(np.zeros(4)), r"positions must have shape \(4, 1\), got \(4,\)"),
    ],
)
def test_bad_input_is_told(make, message):
    with pytest.raises(ValueError, match=message):
        make()
