"""The exact lattice gas against enumeration, master equation and series; each approximation against its equations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from superion import lattice_gas

REFERENCE = 1e-9  # digits of the reference values
ROUND = 1e-12

fillings = st.floats(0.01, 1.99)
repulsions = st.floats(0, 1000)


# ---- chain ---------------------------------------------------------------------------------------------------


def transfer_matrix_state(rho, x):
    """p11 and P(n_i, n_i+1, n_i+2 = 1, 0, n) of the infinite chain, at the fugacity that gives the density rho."""

    def left_and_matrix(mu):
        matrix = np.exp(np.array([[0, mu / 2], [mu / 2, mu - x]]))
        values, vectors = np.linalg.eigh(matrix)
        return vectors[:, -1], matrix / values[-1]

    mu = brentq(lambda m: left_and_matrix(m)[0][1] ** 2 - rho, -40, 40 + 2 * x, xtol=1e-14, rtol=1e-14)
    edge, bond = left_and_matrix(mu)
    pair = edge[1] ** 2 * bond[1, 1]
    triples = [edge[1] * bond[1, 0] * bond[0, n] * edge[n] for n in (0, 1)]
    return pair, triples


def ring_states(sites, ions=None):
    states = np.array(list(itertools.product((0, 1), repeat=sites)))
    return states if ions is None else states[states.sum(1) == ions]


def boltzmann(states, x):
    weight = np.exp(-x * (states * np.roll(states, 1, axis=1)).sum(1))
    return weight / weight.sum()


def paper_rate(x, n, origin, step):
    """exp(-x) for each ion that meets the hopping one at its destination, Eq. (43) without its bare barrier."""
    return np.exp(-x * n[(origin + 2 * step) % len(n)])


def metropolis_rate(x, n, origin, step):
    size = len(n)
    gain = n[(origin + 2 * step) % size] - n[(origin - step) % size]
    return np.exp(-x * max(gain, 0))


def ring_response(sites, ions, x, rate):
    """Exact linear response of the current in a ring and its instantaneous part, both per ion, from all states.

    The hop along the field is faster by exp(theta/2), against it slower; the current is d/dtheta at theta = 0.
    """
    states = ring_states(sites, ions)
    index = {state.tobytes(): i for i, state in enumerate(states)}
    generator, driven = np.zeros((2, len(states), len(states)))
    forward, total = np.zeros((2, len(states)))
    for i, state in enumerate(states):
        for origin in np.flatnonzero(state):
            for step in (1, -1):
                target = (origin + step) % sites
                if state[target]:
                    continue
                after = state.copy()
                after[[origin, target]] = 0, 1
                j, w = index[after.tobytes()], rate(x, state, origin, step)
                generator[j, i] += w
                generator[i, i] -= w
                driven[j, i] += step * w / 2
                driven[i, i] -= step * w / 2
                forward[i] += step * w
                total[i] += w
    equilibrium = boltzmann(states, x)
    assert np.abs(generator @ equilibrium).max() < ROUND  # detailed balance with H
    shifted = np.linalg.lstsq(generator, -driven @ equilibrium, rcond=None)[0]
    shifted -= equilibrium * shifted.sum()
    instantaneous = total @ equilibrium / 2
    return (instantaneous + forward @ shifted) / ions, instantaneous / ions


@pytest.mark.parametrize(("rho", "x"), [(0.3, 2.0), (0.5, 1.0), (0.5, 6.0), (0.72, 3.3), (0.05, 9.0)])
def test_chain_agrees_with_the_transfer_matrix(rho, x):
    pair, (free, blocked) = transfer_matrix_state(rho, x)
    assert lattice_gas.chain_pair_probability(2 * rho, x) == pytest.approx(pair, rel=1e-10)
    factor = (free + np.exp(-x) * blocked) / rho
    assert lattice_gas.chain_conductivity_factor(2 * rho, x) == pytest.approx(factor, rel=1e-10)


def test_chain_agrees_with_all_states_of_a_ring():
    x, sites = 1.0, 14
    states = ring_states(sites)
    weight = boltzmann(states, x) * np.exp(x * states.sum(1))  # chemical potential of half filling
    weight /= weight.sum()
    ahead, next_ahead = np.roll(states, -1, axis=1), np.roll(states, -2, axis=1)
    pair = weight @ (states * ahead).mean(1)
    factor = weight @ (states * (1 - ahead) * np.exp(-x * next_ahead)).mean(1) / 0.5
    # a ring of 14 differs from the chain by tanh(x/4)^14 = 3e-9
    assert lattice_gas.chain_pair_probability(1.0, x) == pytest.approx(pair, abs=1e-8)
    assert lattice_gas.chain_conductivity_factor(1.0, x) == pytest.approx(factor, abs=1e-8)


@pytest.mark.parametrize("x", [0.0, 1.0, 4.0])
def test_dc_response_of_the_ring_is_the_instantaneous_one(x):
    """Master equation of the hop rule, 10 sites and 5 ions, 252 states: its current is a lattice gradient."""
    response, instantaneous = ring_response(10, 5, x, paper_rate)
    assert response == pytest.approx(instantaneous, rel=1e-9)
    states = ring_states(10, 5)
    hops = states * (1 - np.roll(states, -1, axis=1)) * np.exp(-x * np.roll(states, -2, axis=1))
    assert instantaneous == pytest.approx(boltzmann(states, x) @ hops.sum(1) / 5, rel=ROUND)


def test_dc_response_of_another_hop_rule_is_not_the_instantaneous_one():
    """Metropolis rates have the same equilibrium and no gradient current, so that the test above can fail."""
    response, instantaneous = ring_response(8, 4, 2.0, metropolis_rate)
    assert response < 0.95 * instantaneous


def test_rings_approach_the_chain():
    chain = lattice_gas.chain_conductivity_factor(1.0, 2.0)
    errors = []
    for sites in (6, 10, 14):
        states = ring_states(sites, sites // 2)
        hops = states * (1 - np.roll(states, -1, axis=1)) * np.exp(-2.0 * np.roll(states, -2, axis=1))
        errors.append(abs(boltzmann(states, 2.0) @ hops.sum(1) / (sites // 2) - chain))
    # canonical corrections fall as 1/N
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.05 * chain


def test_chain_reference_values():
    assert lattice_gas.chain_conductivity_factor(0.6, 2) == pytest.approx(0.6060784472254, rel=1e-10)
    kT = np.array([0.15, 0.2, 0.3, 0.5, 0.7, 1])
    exact = [0.03444519566621, 0.07585818002124, 0.1588691048809, 0.26894142137, 0.3286525465173, 0.3775406687981]
    np.testing.assert_allclose(lattice_gas.chain_conductivity_factor(1.0, 1 / kT), exact, rtol=REFERENCE)


def test_chain_closed_form_at_half_filling():
    x = np.array([0.0, 1e-8, 1.0, 30.0, 600.0, 1000.0])
    e = np.exp(-x / 2)
    np.testing.assert_allclose(lattice_gas.chain_conductivity_factor(1.0, x), e / (1 + e), rtol=ROUND)
    np.testing.assert_allclose(lattice_gas.chain_pair_probability(1.0, x), e / (2 * (1 + e)), rtol=ROUND)
    np.testing.assert_allclose(lattice_gas.chain_activation_excess(1.0, x), 1 / (2 * (1 + e)), rtol=ROUND)


@given(fillings, repulsions)
def test_pair_probability_solves_its_equation(filling, x):
    rho = filling / 2
    p11 = lattice_gas.chain_pair_probability(filling, x)
    assert max(0, 2 * rho - 1) <= p11 <= rho
    p00 = lattice_gas.chain_pair_probability(2 - filling, x)  # particle-hole
    assert p00 == pytest.approx(1 - 2 * rho + p11, abs=1e-15)
    # products of probabilities of the two sides, each to rounding
    assert p11 * p00 == pytest.approx(np.exp(-x) * (rho - p11) ** 2, rel=1e-10, abs=1e-300)


@given(fillings, repulsions, repulsions)
def test_conductivity_factor_is_a_fraction_that_repulsion_lowers(filling, one, other):
    factor = lattice_gas.chain_conductivity_factor(filling, sorted([one, other]))
    assert 0 <= factor[1] <= factor[0] * (1 + ROUND)
    assert factor[0] <= 1 - filling / 2 + ROUND


@given(st.floats(0.02, 1.98), st.floats(0, 40))
def test_activation_excess_is_the_slope_of_the_factor(filling, x):
    step = 1e-4
    factor = lattice_gas.chain_conductivity_factor(filling, [max(x - step, 0), x + step])
    slope = -np.log(factor[1] / factor[0]) / (x + step - max(x - step, 0))
    # at x < step the difference is one-sided, of first order
    tolerance = 1e-6 if x >= step else 2e-4
    assert lattice_gas.chain_activation_excess(filling, x) == pytest.approx(slope, abs=tolerance)


@given(fillings, repulsions)
def test_activation_excess_lies_between_the_cost_of_no_and_one_neighbour(filling, x):
    assert -ROUND <= lattice_gas.chain_activation_excess(filling, x) <= 1 + ROUND


def test_activation_limits():
    excess = lattice_gas.chain_activation_excess([0.5, 1.0, 1.5], [[0.0], [1000.0]])
    # hot: expand Q = (1 - rho)[1 - x rho^2 + ...]; cold: vacancies wait for nobody, then half, then a full neighbour
    np.testing.assert_allclose(excess[0], np.array([0.25, 0.5, 0.75]) ** 2, rtol=ROUND)
    np.testing.assert_allclose(excess[1], [0, 0.5, 1], atol=ROUND)


def test_empty_and_full_chain():
    assert lattice_gas.chain_conductivity_factor([0.0, 2.0], 3.0).tolist() == [1, 0]
    assert lattice_gas.chain_pair_probability([0.0, 2.0], 3.0).tolist() == [0, 1]
    assert lattice_gas.chain_activation_excess(0.0, 3.0) == 0


def test_mean_field_factor_values():
    kT = np.array([0.15, 0.2, 0.3, 0.5, 0.7, 1])
    gamma = [brentq(lambda g, T=T: np.tanh(g / (2 * T)) - g, 1e-3, 1, xtol=1e-15) if T < 0.5 else 0.0 for T in kT]
    expected = [0.002563984451589, 0.01386862032739, 0.07940597819056, 0.3678794411714, 0.489541659557, 0.6065306597126]
    found = lattice_gas.mean_field_conductivity_factor(1.0, 1 / kT, gamma)
    np.testing.assert_allclose(found, expected, rtol=REFERENCE)


@given(fillings, st.floats(0, 100), st.floats(-1, 1))
def test_mean_field_factor_is_that_of_eqs_49_and_50(filling, x, gamma):
    half = filling * x / 2
    expected = np.exp(-half) / np.cosh(half * gamma)
    assert lattice_gas.mean_field_conductivity_factor(filling, x, gamma) == pytest.approx(expected, rel=1e-12)


# ---- exact order ---------------------------------------------------------------------------------------------


def test_exact_critical_temperatures():
    assert lattice_gas.honeycomb_critical_temperature() == pytest.approx(0.3796628587501, rel=REFERENCE)
    assert lattice_gas.honeycomb_critical_temperature(0.5) / 8.617333262e-5 == pytest.approx(2202.902262223, rel=1e-8)
    # Kramers-Wannier: sinh(2J/kT) = 1 with J = K0/4; honeycomb: cosh(2J/kT) = 2
    assert np.sinh(0.5 / lattice_gas.square_critical_temperature()) == pytest.approx(1, rel=ROUND)
    assert np.cosh(0.5 / lattice_gas.honeycomb_critical_temperature()) == pytest.approx(2, rel=ROUND)


def test_honeycomb_order_reference_values():
    expected = [0.9985321117409, 0.9683602633301, 0.9156063714553, 0.8521090571726, 0.785927000572]
    found = lattice_gas.honeycomb_order_parameter(1 / np.array([0.2, 0.3, 0.34, 0.36, 0.37]))
    np.testing.assert_allclose(found, expected, rtol=REFERENCE)


def test_honeycomb_order_low_temperature_series():
    """Overturned clusters, weight z for each cut bond: 1 site cuts 3, a pair 4 (3/2 a site), three in a row 5 (3).

    z^6: four sites in 7 ways and the hexagon in 1/2, less the 4/2 ways in which two single sites touch or coincide.
    """
    z = sp.Symbol("z", positive=True)
    closed = (1 - 16 * z**3 * (1 + z**3) / ((1 - z) ** 3 * (1 - z**2) ** 3)) ** sp.Rational(1, 8)
    half = sp.Rational(1, 2)
    sixth = 4 * 7 + 6 * half - 2 * 2
    counted = 1 - 2 * (z**3 + 2 * 3 * half * z**4 + 3 * 3 * z**5 + sixth * z**6)
    assert sp.expand(sp.series(closed, z, 0, 7).removeO() - counted) == 0
    value = 0.02
    found = lattice_gas.honeycomb_order_parameter(-2 * np.log(value))
    assert found == pytest.approx(float(counted.subs(z, value)), abs=200 * value**7)


def test_square_order_low_temperature_series():
    """Overturned clusters in u = z^2 = exp(-K0/kT): 1 - 2u^2 - 8u^3 - 34u^4, counted as for the honeycomb."""
    u = np.array([0.01, 0.03])
    found = lattice_gas.square_order_parameter(-np.log(u))
    # the next coefficient is -152
    np.testing.assert_allclose(found, 1 - 2 * u**2 - 8 * u**3 - 34 * u**4 - 152 * u**5, rtol=0, atol=2e3 * 0.03**6)
    assert abs(found[1] - (1 - 2 * u[1] ** 2 - 8 * u[1] ** 3 - 34 * u[1] ** 4)) < 200 * u[1] ** 5


@given(st.floats(1.77, 100))
def test_square_order_is_onsager_and_yang(x):
    expected = (1 - np.sinh(x / 2) ** -4) ** 0.125
    assert lattice_gas.square_order_parameter(x) == pytest.approx(expected, rel=1e-9)


EXACT = {
    "honeycomb": (lattice_gas.honeycomb_order_parameter, lattice_gas.honeycomb_critical_temperature()),
    "square": (lattice_gas.square_order_parameter, lattice_gas.square_critical_temperature()),
}


@pytest.mark.parametrize("name", EXACT)
def test_exact_order_vanishes_with_exponent_one_eighth(name):
    order, critical = EXACT[name]
    assert np.all(order(1 / (critical * np.array([1 + 1e-12, 1.1, 50]))) == 0)
    distance = np.array([1e-9, 1e-7])
    slope = np.diff(np.log(order(1 / (critical * (1 - distance))))) / np.diff(np.log(distance))
    assert slope == pytest.approx(0.125, abs=1e-6)
    temperatures = critical * np.linspace(0.05, 0.999, 60)
    assert np.all(np.diff(order(1 / temperatures)) <= 0)
    assert order(1e3) == 1


# ---- approximations ------------------------------------------------------------------------------------------


@given(fillings, st.sampled_from([2, 3, 4, 6]), st.floats(0, 60))
def test_bragg_williams_order_solves_its_equation(filling, z, x):
    rho = filling / 2
    gamma = lattice_gas.bragg_williams_order_parameter(filling, z, x)
    m = rho * gamma
    critical = lattice_gas.bragg_williams_critical_temperature(filling, z)
    assert (gamma > 0) == (x * critical > 1) or abs(x * critical - 1) < 1e-9
    assert 0 <= m <= min(rho, 1 - rho) * (1 + ROUND)
    assert m / (rho * (1 - rho) + m**2) == pytest.approx(np.tanh(z * x * m), abs=1e-12)


def test_bragg_williams_at_half_filling_is_a_tanh():
    x = np.array([1.0, 4 / 3, 1.4, 2.0, 6.0])
    gamma = lattice_gas.bragg_williams_order_parameter(1.0, 3, x)
    np.testing.assert_allclose(gamma, np.tanh(0.75 * x * gamma), atol=1e-13)
    assert (gamma > 0).tolist() == [False, False, True, True, True]
    assert lattice_gas.bragg_williams_critical_temperature(1.0, 3) == pytest.approx(0.75)


def test_bragg_williams_minimises_the_free_energy():
    rho, z, x = 0.35, 3, 4.0

    def free_energy(m):  # of one site of each sublattice, over kT
        densities = np.array([rho + m, rho - m])
        entropy = -(densities * np.log(densities) + (1 - densities) * np.log(1 - densities)).sum(0)
        return z * x * densities.prod(0) - entropy

    grid = np.linspace(0, rho - 1e-9, 200_001)
    best = grid[np.argmin(free_energy(grid))]
    found = rho * lattice_gas.bragg_williams_order_parameter(2 * rho, z, x)
    assert found == pytest.approx(best, abs=2 * grid[1])


def test_bragg_williams_keeps_its_digits_close_to_the_transition():
    distance = np.array([1e-10, 1e-6])
    gamma = lattice_gas.bragg_williams_order_parameter(1.0, 3, 4 / 3 / (1 - distance))
    np.testing.assert_allclose(gamma, np.sqrt(3 * distance), rtol=1e-4)


@given(fillings, st.sampled_from([3, 4, 6]), st.floats(0.1, 20))
def test_approximations_are_particle_hole_symmetric(filling, z, x):
    # The Bethe temperature vanishes at 2/z with a slope beyond bounds, where the rounding of a filling is seen.
    filling = round(filling, 6)
    hole = 2 - filling
    for critical in (lattice_gas.bragg_williams_critical_temperature, lattice_gas.bethe_critical_temperature):
        assert critical(filling, z) == pytest.approx(critical(hole, z), rel=1e-9, abs=1e-9)
    order = lattice_gas.bragg_williams_order_parameter
    assert filling * order(filling, z, x) == pytest.approx(hole * order(hole, z, x), abs=1e-7)


@given(fillings, st.sampled_from([3, 4, 6]))
def test_correlations_lower_the_critical_temperature(filling, z):
    bethe = lattice_gas.bethe_critical_temperature(filling, z)
    assert 0 <= bethe < lattice_gas.bragg_williams_critical_temperature(filling, z)
    assert bethe <= lattice_gas.bethe_critical_temperature(1.0, z) + ROUND


def test_bethe_critical_temperature_values():
    assert lattice_gas.bethe_critical_temperature(1.0, 3) == pytest.approx(0.4551196133134, rel=REFERENCE)
    edge = np.array([0.66, 2 / 3 + 1e-9, 4 / 3 - 1e-9, 1.34])
    assert (lattice_gas.bethe_critical_temperature(edge, 3) > 0).tolist() == [False, True, True, False]
    assert lattice_gas.bethe_critical_temperature([0.5, 1.0, 1.5], 2).tolist() == [0, 0, 0]


def test_bethe_critical_temperature_has_the_marginal_pair_correlation():
    """(z - 1)|c| = 1 with the correlation c of neighbours on the tree, from the same p11 as on the chain."""
    filling, z = np.array([0.8, 0.9, 1.0, 1.2]), 3
    rho = filling / 2
    p11 = lattice_gas.chain_pair_probability(filling, 1 / lattice_gas.bethe_critical_temperature(filling, z))
    np.testing.assert_allclose((p11 - rho**2) / (rho * (1 - rho)), -1 / (z - 1), rtol=1e-12)


@pytest.mark.parametrize("rho", [0.36, 0.42, 0.5])
def test_bethe_critical_temperature_is_where_the_recursion_orders(rho):
    """Partition functions of the branches of the tree, z = 3, iterated from a broken symmetry at fixed fugacity."""
    critical = lattice_gas.bethe_critical_temperature(2 * rho, 3)

    def staggered(kT):
        q = np.exp(-1 / kT)
        p11 = lattice_gas.chain_pair_probability(2 * rho, 1 / kT)
        p00, p10 = 1 - 2 * rho + p11, rho - p11
        ratio = p10 / p00  # weight of a branch with its root occupied; as fixed point it gives the fugacity
        fugacity = ratio * ((1 + ratio) / (1 + q * ratio)) ** 2
        a, b = ratio * 1.001, ratio / 1.001
        for _ in range(4000):
            a, b = (fugacity * ((1 + q * r) / (1 + r)) ** 2 for r in (b, a))
        return abs(np.log(a / b))

    assert staggered(0.98 * critical) > 0.1
    assert staggered(1.02 * critical) < 1e-9


@pytest.mark.parametrize("z", [3, 4, 5, 6, 12])
def test_bethe_order_is_the_fixed_point_of_the_recursion(z):
    kT = lattice_gas.bethe_critical_temperature(1.0, z) * np.array([0.2, 0.6, 0.9, 0.99])
    t = np.tanh(0.25 / kT)
    branch = np.full(kT.shape, 5.0)
    for _ in range(6000):
        branch = np.arctanh(t * np.tanh((z - 1) * branch))
    np.testing.assert_allclose(lattice_gas.bethe_order_parameter(1 / kT, z), np.tanh(z * branch), rtol=1e-10)


@pytest.mark.parametrize("z", [3, 4, 6])
def test_bethe_order_vanishes_at_its_critical_temperature_with_exponent_one_half(z):
    critical = lattice_gas.bethe_critical_temperature(1.0, z)
    assert lattice_gas.bethe_order_parameter(1 / (critical * (1 + 1e-9)), z) == 0
    distance = np.array([1e-8, 1e-6])
    gamma = lattice_gas.bethe_order_parameter(1 / (critical * (1 - distance)), z)
    assert np.diff(np.log(gamma)) / np.diff(np.log(distance)) == pytest.approx(0.5, abs=1e-4)
    assert lattice_gas.bethe_order_parameter(2000.0, z) == pytest.approx(1, abs=ROUND)


def test_bethe_order_of_mixed_coordination():
    x = 4.0
    mixed = lattice_gas.bethe_order_parameter(x, [2, 3, 4, 6])
    np.testing.assert_array_equal(mixed[1:], [lattice_gas.bethe_order_parameter(x, z) for z in (3, 4, 6)])
    assert mixed[0] == 0


def test_order_of_the_approximations_at_half_filling():
    """Each step towards the exact lattice lowers the polarization: Bragg-Williams, Bethe, exact."""
    x = 1 / np.array([0.2, 0.3, 0.36, 0.42, 0.6, 0.8])
    gamma = [
        lattice_gas.bragg_williams_order_parameter(1.0, 3, x),
        lattice_gas.bethe_order_parameter(x),
        lattice_gas.honeycomb_order_parameter(x),
    ]
    assert np.all(np.diff(gamma, axis=0) <= 0)


def test_mean_field_critical_temperatures_at_half_filling():
    critical = lattice_gas.mean_field_critical_temperature
    assert critical(1.0) == 0.5
    assert critical(1.0, destination_neighbours=2) == 1.0
    assert critical(1.0, destination_neighbours=2, site_exclusion=True) == 0.5
    assert critical(1.0) / lattice_gas.honeycomb_critical_temperature() == pytest.approx(1.316957896925, rel=REFERENCE)


@pytest.mark.parametrize(("neighbours", "exclusion"), [(1, False), (2, False), (1, True), (2, True)])
def test_mean_field_critical_temperature_is_where_the_loop_gain_is_one(neighbours, exclusion):
    """Hop rates of (47) at densities rho (1 +- gamma): the stationary polarization first departs from 0."""
    filling, small = 0.8, 1e-5
    rho = filling / 2
    kT = lattice_gas.mean_field_critical_temperature(
        filling, destination_neighbours=neighbours, site_exclusion=exclusion
    )
    a, b = rho * (1 + small), rho * (1 - small)
    leave_a = np.exp(-neighbours * a / kT) * (1 - b if exclusion else 1)
    leave_b = np.exp(-neighbours * b / kT) * (1 - a if exclusion else 1)
    next_gamma = (leave_b - leave_a) / (leave_b + leave_a)
    assert next_gamma / small == pytest.approx(1, rel=1e-8)


def test_everything_broadcasts():
    filling, x = np.linspace(0, 1.9, 5)[:, None], np.linspace(0, 9, 4)
    for function in (
        lattice_gas.chain_pair_probability,
        lattice_gas.chain_conductivity_factor,
        lattice_gas.chain_activation_excess,
    ):
        grid = function(filling, x)
        assert grid.shape == (5, 4)
        assert grid[2, 3] == function(filling[2, 0], x[3])
    assert lattice_gas.bragg_williams_order_parameter(filling, 3, x).shape == (5, 4)
    assert lattice_gas.bethe_order_parameter(x, [[3], [4], [6]]).shape == (3, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: lattice_gas.chain_conductivity_factor(2.5, 1),
            r"filling must be finite, at least 0 and at most 2 \(ions a cell .* got 2\.5",
        ),
        (lambda: lattice_gas.chain_pair_probability(1, -1), r"repulsion_over_kT must be .* at least 0, got -1\.0"),
        (lambda: lattice_gas.chain_pair_probability(1, np.inf), r"repulsion_over_kT must be finite .* got inf"),
        (lambda: lattice_gas.chain_activation_excess(2.0, 1), r"filling must be below 2 .* got 2\.0"),
        (lambda: lattice_gas.mean_field_conductivity_factor(1, 1, np.nan), r"polarization must be .* got nan"),
        (
            lambda: lattice_gas.bethe_critical_temperature(1, 2.5),
            r"coordination must be an integer and at least 2, got 2\.5",
        ),
        (
            lambda: lattice_gas.bethe_critical_temperature(1, 1),
            r"coordination must be an integer and at least 2, got 1",
        ),
        (lambda: lattice_gas.honeycomb_critical_temperature(-1), r"repulsion must be .* got -1\.0"),
    ],
)
def test_refusals_name_the_parameter_and_its_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()
