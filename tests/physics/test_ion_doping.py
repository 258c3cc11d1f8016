"""Roots of the self-consistent scattering against published values, a scan with adaptive quadrature, thermodynamics."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq

from superion.interstitial_bands import PHASES, band_edges, reduced_boltzmann_conductivity
from superion.ion_doping import (
    RULES,
    DopedConductor,
    DopingCurve,
    conductor_of_potential,
    equal_potential_eV,
    selected,
    sweep,
    transitions,
)
from superion.potential_wells import TwoSitePotential

REFERENCE = 1e-9  # eV or relative: references are double precision, folds and roots are well conditioned to that
KINK = 2e-6  # F10: references at |S| < |J0| were integrated across a kink of |h|
BISECTED = 1e-6  # F10: its ends of the large root were bisected to the tolerance it states
ROUNDING = 1e-13  # residual over K: some hundred roundings in a sum over nodes, times its slope in S
QUADRATURE = 1e-10  # roots by quad (1e-12), over a slope that near a fold is small
CLOSE_TO_FOLD = 1e-3  # kT: there two roots merge, and a scan in S may step over both

REPULSION, THERMAL = 1.5, 0.026
# F4*, reading A, phase ka/2+pi: at the fold
# mu_t, |S| before and after, n after, E_t before and after, E_c before, E_v after
FOLDS = {
    0.5: (
        *(-0.24597824857204648, 0.7354440498318399, 0.035311286082713104, 1.8525928937398655),
        *(0.546563320654524, 0.04294911497670589, 0.3005850720824774, -0.28892736354875237),
    ),
    0.6: (
        *(-0.15233114572000467, 0.7313052260214643, 0.04080933416241118, 1.897120766328062),
        *(0.4854628298273094, 0.041366820891674094, 0.3331316841073047, -0.19369796661167876),
    ),
    0.7: (
        *(0.00968610241338693, 0.729712171647212, 0.036258134095685964, 1.9390015942796242),
        *(0.35964245193584216, 0.03654998059476341, 0.36932855434922907, -0.026863878181376477),
    ),
}
BEFORE = {0.5: 1.000000000439838, 0.6: 1.0000000014876385, 0.7: 1.0000000657596488}  # n before
# F4d: reduced conductivity before and after, decades of the jump
CONDUCTIVITY = {
    0.5: (1.323470106103389e-12, 2.6987749832254892e-05, 7.309452539615577),
    0.6: (1.0566061336404345e-10, 0.0006040448970840779, 6.757156092343737),
    0.7: (3.8760394619896024e-08, 0.002719139408969534, 4.846043284270563),
}
# F4Om: Omega of the smallest less that of the largest root at mu_t; mu of equal Omega; high fold; decades at both
POTENTIAL = {
    0.5: (0.19725055315397888, -0.04541214928392043, 0.2018101249066426, -0.5113737673234089, -9.181233012168278),
    0.6: (0.18689991473662315, 0.03631223353134486, 0.2653309700108737, -0.12999064370848504, -8.161846694426973),
    0.7: (0.16421938446574924, 0.17473815186745378, 0.33555583701177494, -1.1069467609184112, -6.762093645577538),
}
# F10 at mu = Ubar: roots of phase ka/2, onset of its small and end of its large root, E_c of ka/2 and of ka/2+pi,
# Omega of ka/2 less that of ka/2+pi, largest |S| of either phase
STRICT = {
    0.5: (
        (0.7342020283682251,),
        *(-0.3102169409394263, 0.17144996039569382, 0.27647867182041763, 0.3005850724115491),
        *(0.029163583305944152, 0.7342020283682251, 0.7354440501676863),
    ),
    0.6: (
        (0.7236079893006214,),
        *(-0.26129844456911094, 0.14222061105072503, 0.23257407035818983, 0.33313168521173925),
        *(0.11904692347959828, 0.7236079893006214, 0.7313052271586617),
    ),
    0.7: (
        (0.22350532820243763, 0.25355998563444276, 0.6943477470308557),
        *(None, 0.015144682154059386, 0.09245154028168412, 0.36932860214507823),
        *(0.3164143518081618, 0.6943477470308557, 0.729712221382922),
    ),
}

conductors = st.builds(
    lambda shallowness, mean, repulsion, thermal, phase: conductor_of_potential(
        TwoSitePotential(shallowness, mean), repulsion, thermal, phase
    ),
    st.floats(0.2, 0.78),
    st.floats(-0.6, -0.1),
    st.floats(0.05, 2.5),
    st.floats(0.01, 0.1),
    st.sampled_from(sorted(PHASES)),
).filter(lambda conductor: abs(conductor.hopping_eV) > 1e-6)
distances = st.floats(-1.0, 1.0)  # of mu from Ubar, in units of 0.6 K + 10 kT


def paper(shallowness, phase="ka/2+pi", **reading):
    return conductor_of_potential(TwoSitePotential(shallowness, -0.3), REPULSION, THERMAL, phase, **reading)


def chemical_potential(conductor, distance):
    return conductor.middle_eV + distance * (0.6 * conductor.repulsion_eV + 10 * conductor.thermal_energy_eV)


def integrand(p, scattering, m, conductor):
    """Integrand of Eq. (42) at p, from Fermi functions; numbers or arrays."""
    h = abs(conductor.hopping_eV) * np.cos(p / 2) + PHASES[conductor.phase] * scattering
    energy = np.hypot(conductor.energy_difference_eV, h)
    x = energy / conductor.thermal_energy_eV
    down = np.exp(-2 * x)
    return np.abs(h) / (2 * energy) * (1 - down) / (1 + down + np.exp(m - x) + np.exp(-m - x))


def excess_by_quadrature(scattering, m, conductor):
    """Right side of (42) less |S| by adaptive quadrature."""
    sign, ratio = PHASES[conductor.phase], scattering / abs(conductor.hopping_eV)
    cuts = [2 * math.acos(ratio)] if sign < 0 and ratio < 1 else []
    # where the Fermi edge is
    square = (m * conductor.thermal_energy_eV) ** 2 - conductor.energy_difference_eV**2
    for side in (-1, 1) if square > 0 else ():
        cosine = (side * math.sqrt(square) - sign * scattering) / abs(conductor.hopping_eV)
        cuts += [2 * math.acos(cosine)] if abs(cosine) < 1 else []
    total = quad(
        integrand, 0, np.pi, (scattering, m, conductor), points=cuts or None, epsabs=1e-14, epsrel=1e-12, limit=100
    )
    return conductor.repulsion_eV * total[0] / np.pi - scattering


def excess_of_many(scattering, m, conductor, pieces=6):
    """The same for many |S| by a composite rule, accurate enough to see where the sign changes."""
    node, weight = np.polynomial.legendre.leggauss(24)
    ratio = np.minimum(scattering / abs(conductor.hopping_eV), 1.0)
    kink = 2 * np.arccos(ratio) if PHASES[conductor.phase] < 0 else np.full(scattering.size, np.pi)
    total = 0.0
    for low, high in ((np.zeros_like(kink), kink), (kink, np.full_like(kink, np.pi))):
        width = (high - low) / pieces
        for piece in range(pieces):
            p = (low + piece * width)[:, None] + width[:, None] * (1 + node) / 2
            total = total + integrand(p, scattering[:, None], m, conductor) @ weight * width / 2
    return conductor.repulsion_eV * total / np.pi - scattering


def roots_by_scan(conductor, mu, linear=1500):
    """Every |S| at which (42) changes its sign on a fine grid, by brentq on the adaptive quadrature."""
    m = abs(mu - conductor.middle_eV) / conductor.thermal_energy_eV
    top = conductor.repulsion_eV / 2
    grid = np.unique(
        np.concatenate(
            [
                np.geomspace(1e-200, 1e-8, 150) * top,
                np.geomspace(1e-8, 1, 300) * top,
                np.linspace(0, 1, linear + 1)[1:] * top,
                np.linspace(0.05, 5, 200) * abs(conductor.hopping_eV),
            ]
        )
    )
    grid = grid[grid <= top]
    excess = excess_of_many(grid, m, conductor)
    change = np.flatnonzero((excess[:-1] > 0) != (excess[1:] > 0))
    return np.array(
        [brentq(excess_by_quadrature, grid[i], grid[i + 1], (m, conductor), xtol=1e-300, rtol=1e-13) for i in change]
    )


def distance_to_folds(curve, mu):
    middle = curve.conductor.middle_eV
    gaps = [abs(abs(mu - middle) - (fold.chemical_potential_eV - middle)) for fold in curve.folds]
    return min(gaps, default=np.inf) / curve.conductor.thermal_energy_eV


# ---- the folds of Fig. 4 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("shallowness", FOLDS)
def test_fold_of_f4b(shallowness):
    mu, before, after, density, *_ = FOLDS[shallowness]
    curve = DopingCurve(paper(shallowness))
    fold = curve.fold("low")
    assert fold.chemical_potential_eV == pytest.approx(mu, abs=REFERENCE)
    assert fold.scattering_eV == pytest.approx(after, abs=REFERENCE)
    states = curve.states(fold.chemical_potential_eV)
    assert states.scattering_eV[-1] == pytest.approx(before, abs=REFERENCE)
    assert states.density[-1] == pytest.approx(BEFORE[shallowness], abs=REFERENCE)
    double = curve.state_at(fold.chemical_potential_eV, fold.scattering_eV)
    assert double.density[0] == pytest.approx(density, abs=REFERENCE)
    # one root below the fold, three above it
    either = curve.states(fold.chemical_potential_eV + np.array([-1e-9, 1e-9]))
    np.testing.assert_array_equal(np.bincount(either.point), [1, 3])
    assert either.scattering_eV[0] == pytest.approx(before, abs=1e-7)


@pytest.mark.parametrize("shallowness", FOLDS)
def test_carriers_of_f4c(shallowness):
    mu, *_, formation_before, formation_after, bottom, top = FOLDS[shallowness]
    curve = DopingCurve(paper(shallowness))
    fold = curve.fold("low")
    large = curve.states(fold.chemical_potential_eV)
    assert large.formation_energy_eV[-1] == pytest.approx(formation_before, abs=REFERENCE)
    assert large.bottom_eV[-1] == pytest.approx(bottom, abs=REFERENCE)
    assert large.carrier[-1] == "quasi-ion"
    small = curve.state_at(fold.chemical_potential_eV, fold.scattering_eV)
    assert small.formation_energy_eV[0] == pytest.approx(formation_after, abs=REFERENCE)
    assert small.top_eV[0] == pytest.approx(top, abs=REFERENCE)
    assert small.carrier[0] == "quasi-vacancy"
    assert small.top_eV[0] + formation_after == pytest.approx(mu, abs=REFERENCE)


@pytest.mark.parametrize("shallowness", FOLDS)
def test_jump_of_conductivity_of_f4d(shallowness):
    before, after, decades = CONDUCTIVITY[shallowness]
    curve = DopingCurve(paper(shallowness))
    fold = curve.fold("low")
    large = curve.states(fold.chemical_potential_eV).reduced_conductivity_eV[-1]
    small = curve.state_at(fold.chemical_potential_eV, fold.scattering_eV).reduced_conductivity_eV[0]
    assert large == pytest.approx(before, rel=1e-8)  # REFERENCE of |S| over kT
    assert small == pytest.approx(after, rel=1e-8)
    assert np.log10(small / large) == pytest.approx(decades, abs=1e-8)


@pytest.mark.parametrize("shallowness", POTENTIAL)
def test_smallest_root_is_not_of_lowest_omega_f4om(shallowness):
    """The source: the smallest root has the lowest free energy. It does only from mu of equal Omega upwards."""
    difference, equal, high, at_equal, at_high = POTENTIAL[shallowness]
    curve = DopingCurve(paper(shallowness))
    low = curve.fold("low")
    large = curve.states(low.chemical_potential_eV).grand_potential_eV[-1]
    small = curve.state_at(low.chemical_potential_eV, low.scattering_eV).grand_potential_eV[0]
    assert small - large == pytest.approx(difference, abs=REFERENCE)
    found = equal_potential_eV(curve)
    assert found == pytest.approx(equal, abs=REFERENCE)
    states = curve.states(found)
    assert states.grand_potential_eV[0] == pytest.approx(states.grand_potential_eV[-1], abs=1e-12)
    sigma = states.reduced_conductivity_eV
    assert np.log10(sigma[0] / sigma[-1]) == pytest.approx(at_equal, abs=1e-7)
    end = curve.fold("high")
    assert end.chemical_potential_eV == pytest.approx(high, abs=REFERENCE)
    after = curve.states(end.chemical_potential_eV).reduced_conductivity_eV[0]
    before = curve.state_at(end.chemical_potential_eV, end.scattering_eV).reduced_conductivity_eV[0]
    assert np.log10(after / before) == pytest.approx(at_high, abs=1e-7)


@pytest.mark.parametrize("shallowness", FOLDS)
def test_transitions_put_the_three_events_side_by_side(shallowness):
    mu, large, small, _, formation_large, formation_small, *_ = FOLDS[shallowness]
    before, after, decades = CONDUCTIVITY[shallowness]
    difference, equal, high, at_equal, at_high = POTENTIAL[shallowness]
    curve = DopingCurve(paper(shallowness))
    low, middle, end = transitions(curve)
    assert [event.event for event in (low, middle, end)] == ["low fold", "equal grand potential", "high fold"]
    for event, value, jump in ((low, mu, decades), (middle, equal, at_equal), (end, high, at_high)):
        assert event.chemical_potential_eV == pytest.approx(value, abs=REFERENCE)
        for state in (event.large, event.small):
            assert state.scattering_eV.size == 1
            assert state.chemical_potential_eV[0] == event.chemical_potential_eV
            assert abs(state.residual_eV[0]) < 1e-11  # the step off the fold at which the other root is looked for
        ratio = event.small.reduced_conductivity_eV[0] / event.large.reduced_conductivity_eV[0]
        assert np.log10(ratio) == pytest.approx(jump, abs=1e-7)
    found = low.small.grand_potential_eV[0] - low.large.grand_potential_eV[0]
    assert found == pytest.approx(difference, abs=REFERENCE)
    for state, scattering, formation, sigma in (
        (low.large, large, formation_large, before),
        (low.small, small, formation_small, after),
    ):
        assert state.scattering_eV[0] == pytest.approx(scattering, abs=REFERENCE)
        assert state.formation_energy_eV[0] == pytest.approx(formation, abs=REFERENCE)
        assert state.reduced_conductivity_eV[0] == pytest.approx(sigma, rel=1e-8)


def test_no_transition_without_a_fold():
    assert transitions(DopingCurve(DopedConductor(-0.6, -0.3, -0.1, 0.05, THERMAL))) == ()
    assert [event.event for event in transitions(DopingCurve(paper(0.7, "ka/2")))] == ["high fold"]


def test_order_peak_and_decline_of_f4():
    """F4-order, F4-peak, F4-nonmono: mu_t and the optimum grow with alpha; beyond mu_t sigma falls, as exp(-mu/kT)."""
    found = []
    for shallowness, values in FOLDS.items():
        curve = DopingCurve(paper(shallowness))
        mu = values[0] + np.linspace(1e-6, 0.8, 200)
        states = curve.states(mu)
        sigma = states.reduced_conductivity_eV[selected(states, "smallest")]
        assert np.all(np.diff(sigma) < 0)
        slope = np.log(sigma[-1] / sigma[-2]) / (mu[-1] - mu[-2])
        assert slope == pytest.approx(-1 / THERMAL, rel=1e-6)
        found.append((curve.fold("low").chemical_potential_eV, sigma.max()))
    assert np.all(np.diff(found, axis=0) > 0)


def test_mirror_transition_of_f4_low():
    mirror = {0.5: -0.6540217514279534, 0.6: -0.6876688542799954, 0.7: -0.789686102413387}
    for shallowness, mu in mirror.items():
        curve = DopingCurve(paper(shallowness))
        assert 2 * curve.conductor.middle_eV - curve.fold("low").chemical_potential_eV == pytest.approx(
            mu, abs=REFERENCE
        )
        either = curve.states(mu + np.array([-1e-8, 1e-8]))
        np.testing.assert_array_equal(np.bincount(either.point), [3, 1])
        assert either.density[0] == pytest.approx(2 - FOLDS[shallowness][3], abs=1e-2)  # square root of 1e-8


def test_both_readings_of_the_mean_energy():
    """T2-Ebar: -0.3 eV as the mean of U(x) (A) or of the site energies (B), which moves mu_t, J0 and the jump."""
    reading_b = {0.5: (-0.099475, 7.274), 0.6: (-0.043401, 6.859), 0.7: (0.070275, 5.311)}
    site_mean = {0.5: -0.45, 0.6: -0.42, 0.7: -0.39}
    for shallowness, (mu, decades) in reading_b.items():
        a, b = (paper(shallowness, mean_energy=mean) for mean in ("potential", "sites"))
        assert a.middle_eV == pytest.approx(site_mean[shallowness], abs=1e-12)
        assert b.middle_eV == pytest.approx(-0.3, abs=1e-12)
        assert b.energy_difference_eV == pytest.approx(a.energy_difference_eV, rel=1e-12)
        assert abs(b.hopping_eV) < abs(a.hopping_eV)
        curve = DopingCurve(b)
        fold = curve.fold("low")
        assert fold.chemical_potential_eV == pytest.approx(mu, abs=6e-7)  # its six decimals
        large = curve.states(fold.chemical_potential_eV).reduced_conductivity_eV[-1]
        small = curve.state_at(fold.chemical_potential_eV, fold.scattering_eV).reduced_conductivity_eV[0]
        assert np.log10(small / large) == pytest.approx(decades, abs=6e-4)  # its three decimals


def test_thermalization_lowers_the_barriers():
    potential = TwoSitePotential(0.5, -0.3)
    cold, warm = (
        conductor_of_potential(potential, REPULSION, THERMAL, thermalization=alpha).hopping_eV for alpha in (0.0, 2.0)
    )
    jump = np.exp(-np.array([0.46875, 0.16875]) / THERMAL)  # off A, off B
    raised = jump * np.exp(2.0)
    expected = np.sqrt(raised) @ [-0.3, -0.6] / np.sqrt(np.prod(1 + 2 * raised))
    assert warm == pytest.approx(expected, rel=1e-12)
    assert abs(warm) > abs(cold)


# ---- Fig. 10 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shallowness", STRICT)
def test_strict_phase_of_f10(shallowness):
    roots, onset, end, bottom_0, bottom_pi, difference, large_0, large_pi = STRICT[shallowness]
    zero, pi = (DopingCurve(paper(shallowness, phase)) for phase in ("ka/2", "ka/2+pi"))
    middle = zero.conductor.middle_eV
    at_zero, at_pi = zero.states(middle), pi.states(middle)
    hopping = abs(zero.conductor.hopping_eV)
    assert at_zero.scattering_eV.size == len(roots)
    for found, root in zip(at_zero.scattering_eV, roots, strict=True):
        assert found == pytest.approx(root, abs=KINK if root < hopping else REFERENCE)
    np.testing.assert_array_equal(at_zero.consistent, np.array(roots) > hopping)  # Eq. (44)
    assert at_pi.consistent.all()
    assert at_zero.scattering_eV[-1] == pytest.approx(large_0, abs=REFERENCE)
    assert at_pi.scattering_eV[-1] == pytest.approx(large_pi, abs=REFERENCE)
    assert at_zero.bottom_eV[-1] == pytest.approx(bottom_0, abs=REFERENCE)
    assert at_pi.bottom_eV[-1] == pytest.approx(bottom_pi, abs=REFERENCE)
    assert bottom_0 < bottom_pi  # the edge is lower, but
    found = at_zero.grand_potential_eV[-1] - at_pi.grand_potential_eV[-1]
    assert found == pytest.approx(difference, abs=REFERENCE)
    assert found > 0  # free energy takes the other phase
    fold = zero.fold("high")
    assert fold.chemical_potential_eV == pytest.approx(end, abs=BISECTED)
    near = fold.scattering_eV + np.linspace(-3e-4, 3e-4, 61)
    for side in (-1, 1):  # the large root exists below the fold and not above it, by adaptive quadrature
        m = (fold.chemical_potential_eV + side * REFERENCE - middle) / THERMAL
        assert (max(excess_by_quadrature(s, m, zero.conductor) for s in near) > 0) == (side < 0)
    if onset is None:
        assert zero.fold("low") is None  # small roots are there at mid-gap
        assert at_zero.scattering_eV[0] < hopping
    else:
        # the fold lies where |S| < |J0|
        assert zero.fold("low").scattering_eV < hopping
        assert zero.fold("low").chemical_potential_eV == pytest.approx(onset, abs=KINK)


# ---- every root --------------------------------------------------------------------------------------------------


def random_conductors(count, seed):
    random = np.random.default_rng(seed)
    while count:
        potential = TwoSitePotential(random.uniform(0.2, 0.78), -random.uniform(0.1, 0.6))
        repulsion, thermal = 10 ** random.uniform(-1.3, 0.4), 10 ** random.uniform(-2, -1)
        conductor = conductor_of_potential(potential, repulsion, thermal, str(random.choice(sorted(PHASES))))
        if abs(conductor.hopping_eV) > 1e-6:
            count -= 1
            yield random, conductor


def test_roots_are_those_of_a_scan_with_adaptive_quadrature():
    several = 0
    for random, conductor in random_conductors(16, seed=11):
        curve = DopingCurve(conductor)
        mu = chemical_potential(conductor, random.uniform(-1, 1, 4))
        states = curve.states(mu)
        for i, value in enumerate(mu):
            if distance_to_folds(curve, value) < CLOSE_TO_FOLD:
                continue
            found, expected = states.scattering_eV[states.point == i], roots_by_scan(conductor, value)
            np.testing.assert_allclose(found, expected, rtol=QUADRATURE)
            several += expected.size > 1
    assert several >= 4  # the sample has mu with three roots


@pytest.mark.parametrize("phase", sorted(PHASES))
def test_no_root_is_missed_through_the_folds(phase):
    for shallowness in (0.5, 0.7):
        curve = DopingCurve(paper(shallowness, phase))
        folds = [fold.chemical_potential_eV for fold in curve.folds]
        mu = np.concatenate([np.linspace(-1.3, 0.6, 8), *(fold + np.array([-1e-3, 1e-3]) for fold in folds)])
        states = curve.states(mu)
        counted = np.bincount(states.point, minlength=mu.size)
        m = np.abs(mu - curve.conductor.middle_eV) / THERMAL
        grid = np.unique(np.concatenate([np.geomspace(1e-20, 1, 500), np.linspace(0, 1, 4001)[1:]])) * REPULSION / 2
        expected = [np.count_nonzero(np.diff(excess_of_many(grid, value, curve.conductor) > 0)) for value in m]
        np.testing.assert_array_equal(counted, expected)


@pytest.mark.parametrize(("hopping", "phase"), [(-0.1, "ka/2+pi"), (-0.12, "ka/2+pi"), (-0.1, "ka/2"), (-0.02, "ka/2")])
def test_roots_at_low_temperature(hopping, phase):
    """kT = 2 meV: the curve is steep, and its large fold lies close to its end."""
    conductor = DopedConductor(-0.6, -0.3, hopping, REPULSION, 0.002, phase)
    curve = DopingCurve(conductor)
    mu = np.array([-0.44, -0.25, -0.1])
    states = curve.states(mu)
    grid = np.unique(np.concatenate([np.geomspace(1e-100, 1, 400), np.linspace(0, 1, 3001)[1:]])) * REPULSION / 2
    for i, value in enumerate(mu):
        m = abs(value - conductor.middle_eV) / conductor.thermal_energy_eV
        found = states.scattering_eV[states.point == i]
        assert found.size == np.count_nonzero(np.diff(excess_of_many(grid, m, conductor, pieces=12) > 0))
        for root in found:
            # of 1e-11 eV: the quadrature, and the rounding of |S| times the slope of (42), K/4kT at most
            assert excess_by_quadrature(root, m, conductor) == pytest.approx(0, abs=1e-11)


def test_residuals_where_newton_steps_go_round_in_circles():
    """kT = 2 meV: (42) bends within kT, and a Newton step from either side leads to the other one."""
    curve = DopingCurve(DopedConductor(-0.6, -0.3, -0.25, REPULSION, 0.002, "ka/2"))
    states = curve.states(np.linspace(-0.2167, -0.2159, 9))
    assert np.abs(states.residual_eV).max() < 1e-12  # rounding of |S| times the slope K/4kT of (42)


@pytest.mark.parametrize("hopping", [-1e-3, -1e-6, -1e-9, -1e-12])
def test_small_roots_of_a_tiny_hopping(hopping):
    """Phase ka/2: between 1 < K/2|dU| < 3 two of three roots lie near |J0|, however small that is."""
    conductor = DopedConductor(-0.6, -0.3, hopping, 0.5, THERMAL, "ka/2")
    found = DopingCurve(conductor).states(conductor.middle_eV).scattering_eV
    assert found.size == 3
    np.testing.assert_allclose(found, roots_by_scan(conductor, conductor.middle_eV), rtol=QUADRATURE)
    assert np.all((found[:2] > 0.1 * abs(hopping)) & (found[:2] < 3 * abs(hopping)))


@settings(max_examples=40)
@given(conductors, st.lists(distances, min_size=1, max_size=6))
def test_roots_satisfy_the_equation_in_order(conductor, chosen):
    mu = chemical_potential(conductor, np.array(chosen))
    states = DopingCurve(conductor).states(mu)
    assert np.abs(states.residual_eV).max() < ROUNDING * conductor.repulsion_eV
    np.testing.assert_array_equal(np.unique(states.point), np.arange(mu.size))  # a root at every mu
    np.testing.assert_array_equal(states.chemical_potential_eV, mu[states.point])
    same = np.diff(states.point) == 0
    assert np.all(np.diff(states.scattering_eV)[same] >= 0)
    assert np.all(np.diff(states.root)[same] == 1)
    assert np.all(np.bincount(states.point) % 2 == 1)
    assert np.all((states.scattering_eV > 0) & (states.scattering_eV < conductor.repulsion_eV / 2))
    full = 2 * (1 + 1e-14)  # a full lattice may round up
    assert np.all((states.density > 0) & (states.density <= full))
    for i in np.unique(states.point):
        of_mu = states.point == i
        lowest = states.grand_potential_eV[of_mu].min()
        np.testing.assert_array_equal(states.lowest[of_mu], states.grand_potential_eV[of_mu] == lowest)


@settings(max_examples=25)
@given(conductors, distances)
def test_mirror_image_about_the_mean_site_energy(conductor, distance):
    """2 Ubar - mu has the same |S|, n -> 2 - n, Omega -> Omega + 2 (mu - Ubar)."""
    curve = DopingCurve(conductor)
    # through Ubar + x and Ubar - x with one rounding of each
    mu = chemical_potential(conductor, distance)
    one, other = curve.states(mu), curve.states(2 * conductor.middle_eV - mu)
    if distance_to_folds(curve, mu) < 1e-9:
        return
    tolerance = 1e-12 / np.sqrt(min(1.0, distance_to_folds(curve, mu)))  # a root moves as the square root near a fold
    np.testing.assert_allclose(other.scattering_eV, one.scattering_eV, rtol=1e2 * tolerance)
    np.testing.assert_allclose(other.density, 2 - one.density, atol=1e2 * tolerance)
    shift = 2 * (mu - conductor.middle_eV)
    np.testing.assert_allclose(other.grand_potential_eV, one.grand_potential_eV + shift, atol=1e-11)


@settings(max_examples=25)
@given(conductors.filter(lambda conductor: conductor.repulsion_eV / conductor.thermal_energy_eV > 4))
def test_folds_are_double_roots(conductor):
    """There (42) and its derivative by |S| vanish, and the number of roots changes by two."""
    curve = DopingCurve(conductor)
    for fold in curve.folds:
        m = (fold.chemical_potential_eV - conductor.middle_eV) / conductor.thermal_energy_eV
        assert m >= 0
        excess = excess_by_quadrature(fold.scattering_eV, m, conductor)
        assert excess == pytest.approx(0, abs=1e-12 * conductor.repulsion_eV)
        step = 1e-4 * fold.scattering_eV
        around = [excess_by_quadrature(fold.scattering_eV + side * step, m, conductor) for side in (-1, 1)]
        # of the second order in the step, the kink of |h| near by aside; a slope of 1 would give 2 step
        assert abs(around[1] - around[0]) < 2e-3 * 2 * step
        # beyond the fold the roots are gone: the difference keeps its sign
        assert np.sign(around[0]) == np.sign(around[1])
        state = curve.state_at(fold.chemical_potential_eV, fold.scattering_eV)
        assert state.residual_eV[0] == pytest.approx(0, abs=1e-12 * conductor.repulsion_eV)
    kinds = [fold.kind for fold in curve.folds]
    assert all(one != other for one, other in itertools.pairwise(kinds))  # by ascending |S| they alternate
    assert kinds[-1:] in ([], ["high"])


# ---- thermodynamics ----------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(conductors, distances, st.floats(0.02, 0.98))
def test_omega_is_stationary_where_the_equation_holds(conductor, distance, share):
    """dOmega/d|S| = (2/K) (|S| - right side of (42)): for the phase ka/2 where |S| > |J0|."""
    scattering = share * conductor.repulsion_eV / 2
    step = 1e-5 * scattering
    if conductor.phase == "ka/2" and scattering - 2 * step < abs(conductor.hopping_eV):
        return
    curve = DopingCurve(conductor)
    mu = chemical_potential(conductor, distance)
    around = [curve.state_at(mu, scattering + side * step).grand_potential_eV[0] for side in (-1, 1)]
    slope = (around[1] - around[0]) / (2 * step)
    residual = curve.state_at(mu, scattering).residual_eV[0]
    m = (mu - conductor.middle_eV) / conductor.thermal_energy_eV
    assert residual == pytest.approx(-excess_by_quadrature(scattering, m, conductor), abs=1e-11)
    # the difference: step^2 times a third derivative of 1/kT^2, and the rounding of Omega over the step
    tolerance = step**2 / conductor.thermal_energy_eV**2 + 1e-15 * (1 + abs(mu)) / step
    assert slope == pytest.approx(2 * residual / conductor.repulsion_eV, abs=10 * tolerance)


def test_omega_is_not_stationary_at_the_inconsistent_roots():
    """Phase ka/2 with |S| < |J0|: h changes its sign and (42), with |h|, is no longer dOmega/d|S| = 0."""
    curve = DopingCurve(paper(0.7, "ka/2"))
    states = curve.states(curve.conductor.middle_eV)
    step = 1e-5
    slopes = []
    for scattering in states.scattering_eV:
        around = [
            curve.state_at(curve.conductor.middle_eV, scattering + side * step).grand_potential_eV[0]
            for side in (-1, 1)
        ]
        slopes.append((around[1] - around[0]) / (2 * step))
    assert abs(slopes[-1]) < 1e-8
    assert np.all(np.abs(slopes[:-1]) > 1e-3)


@settings(max_examples=25)
@given(conductors.filter(lambda conductor: conductor.phase == "ka/2+pi"), distances)
def test_density_is_the_slope_of_omega(conductor, distance):
    """n = -dOmega/dmu along a branch, Omega being stationary in |S|; and at fixed |S|."""
    curve = DopingCurve(conductor)
    mu = chemical_potential(conductor, distance)
    if distance_to_folds(curve, mu) < 0.1:
        return
    step = 1e-3 * conductor.thermal_energy_eV
    at, below, above = (curve.states(mu + side * step) for side in (0, -1, 1))
    slope = -(above.grand_potential_eV - below.grand_potential_eV) / (2 * step)
    # (step/kT)^2, larger where a fold is near
    np.testing.assert_allclose(slope, at.density, atol=2e-4)
    scattering = at.scattering_eV[0]
    fixed = [curve.state_at(mu + side * step, scattering).grand_potential_eV[0] for side in (-1, 1)]
    assert -(fixed[1] - fixed[0]) / (2 * step) == pytest.approx(at.density[0], abs=1e-6)


@settings(max_examples=25)
@given(conductors, distances)
def test_conductivity_and_edges_are_those_of_the_bands(conductor, distance):
    states = DopingCurve(conductor).states(chemical_potential(conductor, distance))
    common = (conductor.energy_difference_eV, conductor.hopping_eV)
    expected = reduced_boltzmann_conductivity(
        conductor.middle_eV,
        *common,
        states.chemical_potential_eV,
        conductor.thermal_energy_eV,
        states.scattering_eV,
        conductor.phase,
    )
    np.testing.assert_allclose(states.reduced_conductivity_eV, expected, rtol=1e-9)  # two Gauss-Legendre sums
    bottom, top = band_edges(*common, states.scattering_eV, conductor.phase)
    np.testing.assert_allclose(states.bottom_eV, conductor.middle_eV + bottom, atol=1e-15)
    np.testing.assert_allclose(states.top_eV, conductor.middle_eV + top, atol=1e-15)


def test_density_and_omega_by_quadrature():
    for random, conductor in random_conductors(6, seed=3):
        curve = DopingCurve(conductor)
        mu = chemical_potential(conductor, random.uniform(-1, 1))
        scattering = random.uniform(0.0, 0.5) * conductor.repulsion_eV
        state = curve.state_at(mu, scattering)
        thermal = conductor.thermal_energy_eV

        def levels(p, conductor=conductor, scattering=scattering):
            h = abs(conductor.hopping_eV) * math.cos(p / 2) + PHASES[conductor.phase] * scattering
            split = math.hypot(conductor.energy_difference_eV, h)
            return conductor.middle_eV - split, conductor.middle_eV + split

        def ions(p, levels=levels, mu=mu, thermal=thermal):
            return sum(1 / (1 + np.exp((e - mu) / thermal)) for e in levels(p))

        def logarithms(p, levels=levels, mu=mu, thermal=thermal):
            return sum(np.logaddexp(0, (mu - e) / thermal) for e in levels(p))

        density, sums = (quad(f, 0, np.pi, epsabs=0, epsrel=1e-11, limit=400)[0] / np.pi for f in (ions, logarithms))
        assert state.density[0] == pytest.approx(density, rel=1e-9)
        # Omega of the library counts both levels and mu from Ubar: Ubar n drops out
        expected = scattering**2 / conductor.repulsion_eV - thermal * sums
        assert state.grand_potential_eV[0] == pytest.approx(expected, abs=1e-10)


# ---- selection, sweeps -------------------------------------------------------------------------------------------


def test_rules_select_one_state_at_each_chemical_potential():
    curve = DopingCurve(paper(0.6))
    mu = np.linspace(-1.2, 0.5, 341)
    states = curve.states(mu)
    counts = np.bincount(states.point)
    assert set(counts) == {1, 3}
    for rule in RULES:
        np.testing.assert_array_equal(states.point[selected(states, rule)], np.arange(mu.size))
    chosen = {rule: states.scattering_eV[selected(states, rule)] for rule in RULES}
    for i in range(mu.size):
        roots = states.scattering_eV[states.point == i]
        assert chosen["smallest"][i] == roots.min()
        assert chosen["largest"][i] == roots.max()
        assert chosen["lowest_omega"][i] == roots[np.argmin(states.grand_potential_eV[states.point == i])]
    # lowest Omega: the large root between the two mu of equal Omega, else the small one; never the middle one
    equal = equal_potential_eV(curve)
    inside = np.abs(mu - curve.conductor.middle_eV) < equal - curve.conductor.middle_eV
    np.testing.assert_array_equal(chosen["lowest_omega"], np.where(inside, chosen["largest"], chosen["smallest"]))
    assert RULES[0] == "smallest"


def test_states_of_no_chemical_potential_are_empty():
    states = DopingCurve(paper(0.5)).states(np.array([]))
    for rule in RULES:
        assert selected(states, rule).size == 0
    assert states.scattering_eV.size == 0


def test_sweep_takes_one_grid_or_one_for_each_conductor():
    materials = [paper(alpha) for alpha in (0.5, 0.6)]
    mu = np.linspace(-0.6, 0.3, 7)
    shared = sweep(materials, mu)
    own = sweep(materials, [mu, mu[:3]])
    listed = sweep(iter(materials), mu.tolist())
    for one, same, other, conductor in zip(shared, own, listed, materials, strict=True):
        expected = DopingCurve(conductor).states(mu)
        np.testing.assert_array_equal(one.scattering_eV, expected.scattering_eV)
        np.testing.assert_array_equal(other.scattering_eV, expected.scattering_eV)
        part = same.scattering_eV
        np.testing.assert_array_equal(part, one.scattering_eV[: part.size])
    assert own[1].point.max() == 2
    with pytest.raises(ValueError, match=r"zip|chemical_potential_eV"):
        sweep(materials, [mu])


def test_equal_potential_needs_both_folds():
    weak = DopingCurve(DopedConductor(-0.6, -0.3, -0.1, 0.05, THERMAL))
    assert weak.folds == ()
    assert weak.fold("low") is None
    assert equal_potential_eV(weak) is None


# ---- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"regular_energy_eV": -0.3}, r"regular_energy_eV .*below -0.3 \(U_B\), got -0.3"),
        ({"interstitial_energy_eV": float("nan")}, "interstitial_energy_eV|regular_energy_eV"),
        ({"hopping_eV": 0.0}, "hopping_eV must not be 0"),
        ({"hopping_eV": float("inf")}, "hopping_eV must be finite"),
        ({"repulsion_eV": 0.0}, "repulsion_eV must be finite and above 0, got 0.0"),
        ({"thermal_energy_eV": -0.026}, "thermal_energy_eV"),
        ({"phase": "pi"}, "phase must be"),
    ],
)
def test_bad_conductors_are_refused(change, message):
    good = {
        "regular_energy_eV": -0.6,
        "interstitial_energy_eV": -0.3,
        "hopping_eV": -0.1,
        "repulsion_eV": 1.5,
        "thermal_energy_eV": 0.026,
    }
    assert DopedConductor(**good).energy_difference_eV == pytest.approx(0.15)
    with pytest.raises(ValueError, match=message):
        DopedConductor(**{**good, **change})


def test_bad_arguments_are_refused():
    curve = DopingCurve(paper(0.5))
    with pytest.raises(ValueError, match="chemical_potential_eV must be finite, got nan"):
        curve.states([0.0, float("nan")])
    with pytest.raises(ValueError, match=r"chemical_potential_eV must lie within .* eV of the mean .*, got 30.0"):
        curve.states([0.0, 30.0])
    with pytest.raises(ValueError, match="rule must be 'smallest', 'lowest_omega' or 'largest', got 'first'"):
        selected(curve.states(0.0), "first")
    with pytest.raises(ValueError, match="mean_energy must be"):
        conductor_of_potential(TwoSitePotential(0.5, -0.3), 1.5, 0.026, mean_energy="both")
    with pytest.raises(ValueError, match="activation_from_interstitial_eV"):  # barrier below alpha kT
        conductor_of_potential(TwoSitePotential(0.7, -0.3), 1.5, 0.026, thermalization=1.3)
