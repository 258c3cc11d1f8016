"""The exchange field with two bond orders against a minimisation of its grand potential; what one |S| stands for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize

from superion.exchange_bond_orders import bond_order_state, inter_cell_share
from superion.interstitial_bands import PHASES
from superion.ion_doping import DopedConductor, DopingCurve, conductor_of_potential, equal_potential_eV
from superion.potential_wells import TwoSitePotential

CONVERGED = 1e-13  # a step changes the field by less; the fixed point is a contraction
FOUR_DIGITS = 5e-5  # E27 gives four
STATED = 0.01  # relative, as E28 states it, beyond half a unit of its last digit

SHALLOWNESSES = (0.5, 0.6, 0.7)


def paper(shallowness, **change):
    return conductor_of_potential(TwoSitePotential(shallowness, -0.3), 1.5, 0.026, **change)


def grand_potential(bonds, conductor, mu, gamma=1.0):
    """Omega of the trial field h_p = t1 + t2 e^{ip}, counted from Ubar, by a sum over 2048 wave numbers."""
    t1, t2 = bonds
    p = 2 * np.pi * (np.arange(2048) + 0.25) / 2048
    h = np.abs(t1 + t2 * np.exp(1j * p))
    split = np.hypot(conductor.energy_difference_eV, h)
    thermal, half = conductor.thermal_energy_eV, abs(conductor.hopping_eV) / 2
    shifted = mu - conductor.middle_eV
    logs = np.mean(np.logaddexp(0, (shifted - split) / thermal) + np.logaddexp(0, (shifted + split) / thermal))
    field = (t1 - half) ** 2 / conductor.repulsion_eV + (t2 - half) ** 2 / (gamma * conductor.repulsion_eV)
    return field - thermal * logs


def test_dimerised_state_of_e27():
    """E27: with a bond order for each bond t1 - t2 = 0.7229 eV; the single |S| of the source is 0.7354 eV."""
    conductor = paper(0.5)
    state = bond_order_state(conductor, conductor.middle_eV)
    assert abs(state.inner_eV - state.outer_eV) == pytest.approx(0.7229, abs=FOUR_DIGITS)
    assert state.residual_eV < CONVERGED
    single = DopingCurve(conductor).states(conductor.middle_eV)
    assert single.scattering_eV[-1] == pytest.approx(0.7354, abs=FOUR_DIGITS)


@pytest.mark.parametrize("shallowness", SHALLOWNESSES)
@pytest.mark.parametrize("distance_ratio", [1.0, 0.7])
def test_state_is_the_minimum_of_the_grand_potential(shallowness, distance_ratio):
    conductor = paper(shallowness)
    mu = conductor.middle_eV + 0.05
    state = bond_order_state(conductor, mu, distance_ratio=distance_ratio)
    bonds = (state.inner_eV, state.outer_eV)
    assert state.grand_potential_eV == pytest.approx(grand_potential(bonds, conductor, mu, distance_ratio), abs=1e-12)
    step = 1e-5
    for direction in np.eye(2):
        around = [grand_potential(bonds + side * step * direction, conductor, mu, distance_ratio) for side in (-1, 1)]
        assert (around[1] - around[0]) / (2 * step) == pytest.approx(0, abs=1e-9)  # step^2, rounding over step
    found = [
        minimize(grand_potential, start, (conductor, mu, distance_ratio), method="Nelder-Mead").fun
        for start in ((0.9, 0.05), (0.05, 0.9), (0.4, 0.4), (0.02, 0.02))
    ]
    assert state.grand_potential_eV <= min(found) + 1e-9  # the simplex stops short of the minimum


def test_dimerised_state_lies_below_the_uniform_one():
    conductor = paper(0.6)
    mu = conductor.middle_eV
    state = bond_order_state(conductor, mu)
    uniform = min(grand_potential((t, t), conductor, mu) for t in np.linspace(0.01, 1.0, 400))
    assert state.grand_potential_eV < uniform - 0.01
    assert abs(state.inner_eV - state.outer_eV) > 0.5


@settings(max_examples=15)
@given(st.floats(0.3, 3.0), st.floats(-0.4, 0.4))
def test_interchange_of_the_bonds(distance_ratio, shift):
    """a1 <-> a2: with K/a1 for K/a2 and gamma for 1/gamma the bonds change places, Omega stays."""
    conductor = DopedConductor(-0.6, -0.3, -0.05, 1.0, 0.04)
    other = DopedConductor(-0.6, -0.3, -0.05, distance_ratio, 0.04)
    mu = conductor.middle_eV + shift
    one = bond_order_state(conductor, mu, distance_ratio=distance_ratio)
    swapped = bond_order_state(other, mu, distance_ratio=1 / distance_ratio)
    assert one.grand_potential_eV == pytest.approx(swapped.grand_potential_eV, abs=1e-11)
    # where both orders of the bonds are equally good either may be found
    np.testing.assert_allclose(
        sorted([one.inner_eV, one.outer_eV]), sorted([swapped.inner_eV, swapped.outer_eV]), atol=1e-9
    )


def test_weak_repulsion_leaves_the_hopping():
    conductor = DopedConductor(-0.6, -0.3, -0.1, 1e-6, 0.026)
    state = bond_order_state(conductor, conductor.middle_eV)
    assert state.inner_eV == pytest.approx(0.05, abs=1e-6)  # K
    assert state.outer_eV == pytest.approx(0.05, abs=1e-6)


def test_field_is_even_about_the_mean_site_energy():
    conductor = paper(0.5)
    one, other = (bond_order_state(conductor, conductor.middle_eV + side * 0.1) for side in (-1, 1))
    np.testing.assert_allclose([one.inner_eV, one.outer_eV], [other.inner_eV, other.outer_eV], atol=1e-12)
    assert one.grand_potential_eV - other.grand_potential_eV == pytest.approx(2 * 0.1, abs=1e-12)


@pytest.mark.parametrize(
    ("shallowness", "high", "low"), [(0.5, 0.0003, 0.343), (0.6, 0.0013, 0.463), (0.7, 0.0034, 0.758)]
)
def test_integral_of_e28_is_not_zero(shallowness, high, low):
    """App. 5.1: the integral with e^{ipa} equals zero. It is small only where |S| >> |J0|."""
    curve = DopingCurve(paper(shallowness))
    mu = {"high": curve.fold("low").chemical_potential_eV, "low": equal_potential_eV(curve)}
    large = inter_cell_share(curve.conductor, mu["high"], curve.states(mu["high"]).scattering_eV[-1])
    small = inter_cell_share(curve.conductor, mu["low"], curve.states(mu["low"]).scattering_eV[0])
    assert large == pytest.approx(high, rel=STATED, abs=5e-5)
    assert small == pytest.approx(low, rel=STATED, abs=5e-4)


@settings(max_examples=30)
@given(st.floats(0.01, 0.7), st.floats(-0.5, 0.5), st.sampled_from(sorted(PHASES)))
def test_share_against_adaptive_quadrature(scattering, shift, phase):
    conductor = paper(0.6, phase=phase)
    mu = conductor.middle_eV + shift
    sign = PHASES[phase]

    def integrand(p, wave):
        h = abs(conductor.hopping_eV) * np.cos(p / 2) + sign * scattering
        split = np.hypot(conductor.energy_difference_eV, h)
        filling = [1 / (1 + np.exp((side * split - shift) / conductor.thermal_energy_eV)) for side in (-1, 1)]
        return abs(h) / split * (filling[0] - filling[1]) * np.cos(wave * p)

    ratio = scattering / abs(conductor.hopping_eV)
    cut = [2 * np.arccos(ratio)] if phase == "ka/2" and ratio < 1 else None
    whole, wave = (quad(integrand, 0, np.pi, n, points=cut, epsabs=1e-13, epsrel=1e-12)[0] for n in (0, 1))
    # 1e-4: 400 nodes across a kink of |h|, where it is inside; else both are exact
    assert inter_cell_share(conductor, mu, scattering) == pytest.approx(abs(wave) / whole, abs=1e-4 if cut else 1e-11)


@pytest.mark.parametrize("distance_ratio", [0.0, -1.0, np.nan])
def test_bad_distance_ratio_is_refused(distance_ratio):
    with pytest.raises(ValueError, match="distance_ratio must be finite and above 0"):
        bond_order_state(paper(0.5), -0.4, distance_ratio=distance_ratio)


def test_bad_chemical_potential_is_refused():
    with pytest.raises(ValueError, match="chemical_potential_eV must be finite, got inf"):
        bond_order_state(paper(0.5), np.inf)
