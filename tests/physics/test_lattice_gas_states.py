"""States of small lattice gases: dense matrices of labelled ions, closed forms, limits, published numbers."""

from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from superion import lattice as lattices
from superion.lattice_gas_moves import RULES, LatticeGas
from superion.lattice_gas_states import (
    LARGEST_STATE_COUNT,
    equilibrium_of_states,
    exact_transport,
    require_enumerable,
    state_count,
    states_of,
)
from superion.reversible_chains import reversible_chain, step_correlation

SOLVED = 1e-10  # relative, of a diffusion coefficient from conjugate gradients
PRINTED = 6e-11  # half of the last of ten decimals, and some
ROUNDING = 1e-12  # of sums over some thousand states
SMALL_WAVE = 0.02  # k a of the twisted generator; the errors of D after two extrapolations are of order (ka)^6
TWISTED = 1e-8
CHARACTERISTIC = 1e-6  # relative, of <X^2>(t) from <exp(ikX)>: rounding over k^2, and k^4 <X^6>/360


def square(ions, side=4, **options):
    return LatticeGas(lattices.square().repeat(side), ions, **options)


def ring(sites, ions, **options):
    return LatticeGas(lattices.chain([1.0]).repeat(sites), ions, **options)


def scalar(tensor):
    return np.trace(tensor) / len(tensor)


def alone(lattice):
    """Diffusion coefficient of one ion on an empty lattice of equal sites with hops at rate 1."""
    return (lattice.displacement**2).sum() / lattice.site_count / (2 * lattice.dimension)


# ---- labelled ions, one by one -----------------------------------------------------------------------------------


class Labelled:
    """Generator of labelled ions written out move by move, with phases of their displacements along x."""

    def __init__(self, gas):
        self.gas, self.lattice = gas, gas.lattice
        sites = range(gas.site_count)
        self.states = [order for some in combinations(sites, gas.ion_count) for order in permutations(some)]
        self.number = {state: index for index, state in enumerate(self.states)}
        self.weight = np.exp(-np.array([self.energy(state) for state in self.states]))
        self.weight /= self.weight.sum()
        self.jumps = [jump for state in self.states for jump in self.moves(state)]

    def energy(self, occupied):
        bonds = np.isin(self.lattice.origin, occupied) & np.isin(self.lattice.destination, occupied)
        return self.gas.site_energy_over_kT[list(occupied)].sum() + self.gas.repulsion_over_kT * bonds.sum() / 2

    def rate(self, state, after, left, entered):
        rest = [site for site in state if site != left]
        base = self.energy(rest)
        before, later = self.energy(state) - base, self.energy(after) - base
        assert set(after) == {*rest, entered}
        return {
            "metropolis": min(1.0, np.exp(before - later)),
            "symmetric": np.exp((before - later) / 2),
            "initial_state_barrier": np.exp(before),
            "final_state_barrier": np.exp(-later),
        }[self.gas.rule]

    def moves(self, state):
        """(state, state reached, rate, displacement along x of each ion)."""
        gas, lattice = self.gas, self.lattice
        x = lattice.displacement[:, 0]
        for ion, site in enumerate(state):
            for first in np.flatnonzero(lattice.origin == site):
                there = lattice.destination[first]
                moved, after = np.zeros(gas.ion_count), list(state)
                after[ion], moved[ion] = there, x[first]
                if there not in state:
                    yield state, tuple(after), gas.hop_rate * self.rate(state, after, site, there), moved
                    continue
                other = state.index(there)
                swapped, back = list(after), moved.copy()
                swapped[other], back[other] = site, -x[first]
                if ion < other:
                    yield state, tuple(swapped), gas.exchange_rate, back
                for second in np.flatnonzero(lattice.origin == there):
                    end = lattice.destination[second]
                    one, two = lattice.displacement[[first, second]]
                    cosine = one @ two / np.linalg.norm(one) / np.linalg.norm(two)
                    straight = np.degrees(np.arccos(np.clip(cosine, -1, 1))) <= gas.push_angle_deg + 1e-3
                    if end in state or not straight:
                        continue
                    pushed, onwards = list(after), moved.copy()
                    pushed[other], onwards[other] = end, x[second]
                    yield state, tuple(pushed), gas.push_rate * self.rate(state, pushed, site, end), onwards

    def twisted(self, wave, which):
        """Generator (S, S) with the phases exp(i k X) of X, the displacement of ion 0 or of all."""
        matrix = np.zeros((len(self.states),) * 2, complex)
        for state, after, rate, moved in self.jumps:
            x = moved[0] if which == "tracer" else moved.sum()
            start, end = self.number[state], self.number[after]
            matrix[start, end] += rate * np.exp(1j * wave * x)
            matrix[start, start] -= rate
        return matrix

    def diffusion(self, which):
        """D along x from the decay -D k^2 of the slowest mode, to k -> 0."""
        root = np.sqrt(self.weight)
        values = []
        for wave in SMALL_WAVE * np.array([1, 2, 4]):
            hermitian = root[:, None] * self.twisted(wave, which) / root
            np.testing.assert_allclose(hermitian, hermitian.conj().T, atol=ROUNDING)
            values.append(-np.linalg.eigvalsh(hermitian)[-1] / wave**2)
        once = [(4 * a - b) / 3 for a, b in pairwise(values)]
        value = (16 * once[0] - once[1]) / 15
        return value / (1 if which == "tracer" else self.gas.ion_count)


UNEVEN = np.array([0.3, -0.8, 0.5, 0.0, 1.1])
SMALL_GASES = {
    "ring": lambda: ring(5, 3),
    "repelling ring": lambda: ring(5, 3, repulsion_over_kT=0.7, push_rate=0.4),
    "uneven ring": lambda: ring(5, 3, site_energy_over_kT=UNEVEN, repulsion_over_kT=-0.6, rule="symmetric"),
    "uneven ring, exchanges": lambda: ring(
        5,
        3,
        site_energy_over_kT=UNEVEN,
        repulsion_over_kT=0.6,
        rule="initial_state_barrier",
        push_rate=0.3,
        exchange_rate=0.2,
    ),
    "final state": lambda: ring(
        5, 2, site_energy_over_kT=UNEVEN, repulsion_over_kT=1.2, rule="final_state_barrier", exchange_rate=0.5
    ),
    "exchanges alone but for pushes": lambda: ring(5, 3, hop_rate=0, push_rate=1, exchange_rate=0.3),
    "square": lambda: square(2, 3, repulsion_over_kT=1.0, rule="symmetric", push_rate=0.8, push_angle_deg=90),
    "doubled bonds": lambda: LatticeGas(
        lattices.square().repeat([2, 4]), 2, repulsion_over_kT=0.5, push_rate=0.5, push_angle_deg=180
    ),
    "honeycomb": lambda: LatticeGas(
        lattices.honeycomb().repeat([2, 2]),
        2,
        site_energy_over_kT=np.tile([0.0, 0.9], 4),
        push_rate=2.0,
        push_angle_deg=60,
        exchange_rate=0.1,
    ),
}


@pytest.mark.parametrize("name", SMALL_GASES)
def test_diffusion_of_labelled_ions(name):
    gas = SMALL_GASES[name]()
    exact, labelled = exact_transport(gas), Labelled(gas)
    np.testing.assert_allclose(exact.charge[0, 0], labelled.diffusion("charge"), rtol=TWISTED, atol=TWISTED)
    np.testing.assert_allclose(exact.tracer[0, 0], labelled.diffusion("tracer"), rtol=TWISTED, atol=TWISTED)


@pytest.mark.parametrize("name", ["uneven ring", "square"])
def test_charge_drifts_in_a_field_as_its_fluctuations_tell(name):
    """Current n D_sigma f in a weak field f (kT over charge and length) that tilts all rates: Nernst and Einstein."""
    gas = SMALL_GASES[name]()
    labelled = Labelled(gas)
    start, end = (np.array([labelled.number[jump[i]] for jump in labelled.jumps]) for i in (0, 1))
    rate, moved = (
        np.array([value(jump) for jump in labelled.jumps]) for value in (lambda j: j[2], lambda j: j[3].sum())
    )

    def current(field):
        tilted = rate * np.exp(field * moved / 2)
        matrix = np.zeros((len(labelled.states),) * 2)
        np.add.at(matrix, (end, start), tilted)
        matrix -= np.diag(matrix.sum(axis=0))
        # Evolved, not solved for: the orders of labelled ions on a ring do not mix.
        steady = scipy.linalg.expm(300 * matrix) @ labelled.weight
        return steady[start] @ (tilted * moved)

    slopes = [(current(field) - current(-field)) / (2 * field) for field in (0.02, 0.04)]
    found = (4 * slopes[0] - slopes[1]) / 3
    np.testing.assert_allclose(found, gas.ion_count * exact_transport(gas).charge[0, 0], rtol=1e-6)


@pytest.mark.parametrize("name", ["uneven ring", "square"])
def test_equilibrium_of_labelled_ions(name):
    gas = SMALL_GASES[name]()
    labelled, found = Labelled(gas), equilibrium_of_states(states_of(gas))
    occupied = np.zeros((len(labelled.states), gas.site_count))
    for row, state in zip(occupied, labelled.states, strict=True):
        row[list(state)] = 1
    energy = np.array([labelled.energy(state) for state in labelled.states])
    pairs = occupied.T @ (labelled.weight[:, None] * occupied)
    np.testing.assert_allclose(found.occupation, labelled.weight @ occupied, rtol=ROUNDING)
    np.testing.assert_allclose(
        found.pair_probability, pairs[gas.lattice.origin, gas.lattice.destination], rtol=ROUNDING
    )
    np.testing.assert_allclose(found.energy, labelled.weight @ energy, rtol=ROUNDING)
    np.testing.assert_allclose(found.energy_variance, labelled.weight @ (energy - found.energy) ** 2, rtol=ROUNDING)
    np.testing.assert_allclose(
        found.free_energy, -np.log(np.exp(-energy).sum() / np.prod(range(1, gas.ion_count + 1))), rtol=ROUNDING
    )


# ---- published numbers -------------------------------------------------------------------------------------------


def test_repelling_ions_on_the_square():
    exact = exact_transport(square(8, repulsion_over_kT=1, rule="symmetric"))
    for found, expected in (
        (scalar(exact.charge_static), 0.4968398405),
        (scalar(exact.tracer_static), 0.4968398405),
        (scalar(exact.charge), 0.4446771166),
        (scalar(exact.tracer), 0.3410097244),
        (exact.haven_ratio, 0.7668704139),
    ):
        np.testing.assert_allclose(found, expected, atol=PRINTED)
    np.testing.assert_allclose(exact.charge, exact.charge[0, 0] * np.eye(2), atol=SOLVED)


@pytest.mark.parametrize(
    ("options", "expected", "accuracy"),
    [
        ({}, 0.533514074, 6e-10),
        ({"push_rate": 1}, 0.3925985452, PRINTED),
        ({"push_rate": 10}, 0.3432671106, PRINTED),
        ({"exchange_rate": 0.1}, 1.7412659759, PRINTED),
        ({"exchange_rate": 1}, 12.0, 1e-9),
    ],
)
def test_haven_ratios_of_two_vacancies(options, expected, accuracy):
    np.testing.assert_allclose(exact_transport(square(23, 5, **options)).haven_ratio, expected, atol=accuracy)


# ---- closed forms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lattice", "ions"),
    [
        (lattices.square().repeat(4), 5),
        (lattices.square().repeat([3, 5]), 12),
        (lattices.triangular().repeat(3), 4),
        (lattices.honeycomb().repeat([2, 3]), 7),
        (lattices.simple_cubic().repeat(3), 25),
        (lattices.fcc().repeat(3), 3),
        (lattices.chain([1.0]).repeat(9), 4),
    ],
)
def test_exclusion_alone_leaves_charge_without_memory(lattice, ions):
    """D_sigma = (N - n)/(N - 1) times that of an ion alone: a hop needs a free site, and opposite drifts cancel."""
    exact = exact_transport(LatticeGas(lattice, ions))
    count = lattice.site_count
    np.testing.assert_allclose(scalar(exact.charge), (count - ions) / (count - 1) * alone(lattice), rtol=SOLVED)
    np.testing.assert_allclose(exact.collective_correlation_factor, 1, rtol=SOLVED)
    np.testing.assert_allclose(exact.haven_ratio, exact.tracer_correlation_factor, rtol=SOLVED)
    assert exact.haven_ratio < 1


@pytest.mark.parametrize("rule", RULES)
def test_one_ion_on_an_uneven_ring(rule):
    """D = L^2/sum_s 1/(p_s q_s,s+1), resistances in series; with one ion, charge and tracer are the same."""
    energies = np.array([0.0, 1.3, -0.4, 0.8, 2.0, -1.1])
    exact = exact_transport(ring(6, 1, site_energy_over_kT=energies, rule=rule))
    weight = np.exp(-energies) / np.exp(-energies).sum()
    after = np.roll(energies, -1)
    rate = {
        "metropolis": np.minimum(1, np.exp(energies - after)),
        "symmetric": np.exp((energies - after) / 2),
        "initial_state_barrier": np.exp(energies),
        "final_state_barrier": np.exp(-after),
    }[rule]
    expected = 6**2 / (1 / (weight * rate)).sum()
    np.testing.assert_allclose([exact.charge[0, 0], exact.tracer[0, 0]], expected, rtol=SOLVED)
    np.testing.assert_allclose(exact.haven_ratio, 1, rtol=SOLVED)


@pytest.mark.parametrize("ions", [2, 5, 7])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"push_rate": 3.0},
        {"repulsion_over_kT": 1.0, "push_rate": 0.5, "rule": "symmetric"},
        {"site_energy_over_kT": np.sin(np.arange(8.0)), "rule": "initial_state_barrier"},
    ],
)
def test_single_file(ions, options):
    """Ions that cannot pass share the motion of all: D* = D_sigma/n, which vanishes in a long ring."""
    exact = exact_transport(ring(8, ions, **options))
    np.testing.assert_allclose(exact.tracer, exact.charge / ions, rtol=SOLVED)
    np.testing.assert_allclose(exact.haven_ratio, 1 / ions, rtol=SOLVED)


@pytest.mark.parametrize("ions", [3, 10, 16])
def test_exchanges_as_fast_as_hops_let_an_ion_walk_freely(ions):
    gas = square(ions, exchange_rate=1.0)
    exact = exact_transport(gas)
    np.testing.assert_allclose(exact.tracer, np.eye(2), atol=SOLVED)
    if ions < 16:
        np.testing.assert_allclose(exact.haven_ratio, 15 / (16 - ions), rtol=SOLVED)


@pytest.mark.parametrize(
    "lattice",
    [
        lattices.square().repeat(3),
        lattices.square().repeat(6),
        lattices.triangular().repeat(4),
        lattices.simple_cubic().repeat(3),
        lattices.fcc().repeat(3),
    ],
)
def test_one_vacancy_by_its_returns_to_the_tagged_ion(lattice):
    """f = (1 + c)/(1 - c), c the mean cosine of successive hops of the tagged ion: from the walk of the vacancy."""
    count = lattice.site_count
    step = np.zeros((count, count))
    np.add.at(step, (lattice.origin, lattice.destination), 1 / lattice.coordination[lattice.origin])
    # The ion, on site 0, has hopped there from the site where the vacancy is now.
    first = np.flatnonzero(lattice.origin == 0)[0]
    start = lattice.destination[first]
    away = step[1:, 1:]
    visits = np.linalg.solve(np.eye(count - 1) - away.T, np.eye(count - 1)[start - 1])
    back = visits * step[1:, 0]  # the vacancy comes from there onto site 0, and the ion goes there
    hops = np.flatnonzero(lattice.origin == 0)
    last = -lattice.displacement[first]
    length = last @ last
    cosine = sum(back[lattice.destination[hop] - 1] * (lattice.displacement[hop] @ last) / length for hop in hops)
    assert len(np.unique(lattice.destination[hops])) == len(hops)
    exact = exact_transport(LatticeGas(lattice, count - 1))
    np.testing.assert_allclose(exact.tracer_correlation_factor, (1 + cosine) / (1 - cosine), rtol=SOLVED)


def test_ions_far_from_each_other_are_independent():
    """Of two ions the Haven ratio tends to 1 as the piece grows."""
    ratios = [1 - exact_transport(square(2, side)).haven_ratio for side in (4, 6, 9)]
    assert ratios[0] > 1.9 * ratios[1] > 3.5 * ratios[2] > 0


def test_lengths_and_rates_scale():
    small = exact_transport(square(8, repulsion_over_kT=1, rule="symmetric"))
    gas = LatticeGas(lattices.square(3.0).repeat(4), 8, repulsion_over_kT=1, rule="symmetric", hop_rate=0.5)
    large = exact_transport(gas)
    np.testing.assert_allclose(large.tracer, 4.5 * small.tracer, rtol=SOLVED, atol=SOLVED)
    np.testing.assert_allclose(large.charge, 4.5 * small.charge, rtol=SOLVED, atol=SOLVED)


# ---- invariants --------------------------------------------------------------------------------------------------

GASES = st.builds(
    lambda lattice, ions, energies, **options: LatticeGas(
        lattice, ions, site_energy_over_kT=energies[: lattice.site_count], **options
    ),
    lattice=st.sampled_from(
        [
            lattices.chain([0.3, 0.7]).repeat(3),
            lattices.square().repeat([3, 2]),
            lattices.honeycomb().repeat([2, 2]),
            lattices.triangular().repeat([3, 2]),
        ]
    ),
    ions=st.integers(1, 5),
    energies=st.lists(st.floats(-2, 2), min_size=8, max_size=8),
    repulsion_over_kT=st.floats(-2, 3),
    rule=st.sampled_from(RULES),
    hop_rate=st.floats(0.1, 2),
    push_rate=st.sampled_from([0, 0.5]),
    push_angle_deg=st.sampled_from([0, 60, 180]),
    exchange_rate=st.sampled_from([0, 0.4]),
)


@given(GASES)
@settings(max_examples=25, deadline=None)
def test_invariants_of_any_lattice_gas(gas):
    """Detailed balance; D symmetric, positive and at most D0; the Green-Kubo sum rule of one ion with all others."""
    for tagged in (False, True):
        chain = states_of(gas, tagged=tagged).chain
        assert chain.detailed_balance_error < 1e-11
        assert chain.reversal_error < 1e-11
        assert chain.set_count == 1
        found = chain.diffusion()
        largest = np.sqrt(2 * np.diag(found.static) * chain.largest_rate)
        assert np.all(np.abs(chain.probability @ chain.drift) <= 1e-12 * largest)
        assert found.solver_error < 1e-10
        scale = np.trace(found.static)
        assert np.linalg.eigvalsh(found.tensor).min() > -1e-10 * scale
        assert np.linalg.eigvalsh(found.static - found.tensor).min() > -1e-10 * scale
    exact = exact_transport(gas)
    np.testing.assert_allclose(exact.tracer_with_all, exact.charge, rtol=1e-8, atol=1e-10 * scale)


@pytest.mark.parametrize("options", [{}, {"push_rate": 1.0, "push_angle_deg": 180}, {"exchange_rate": 0.3}])
def test_translations_are_left_out_rightly(options):
    """One site a trifle higher than the others breaks them all: N times as many states, and the same motion."""
    gas = LatticeGas(lattices.honeycomb().repeat([2, 3]), 3, repulsion_over_kT=0.8, **options)
    nudged = np.zeros(12)
    nudged[5] = 1e-12
    whole = LatticeGas(gas.lattice, 3, repulsion_over_kT=0.8, site_energy_over_kT=nudged, **options)
    assert state_count(whole, tagged=True) == 6 * state_count(gas, tagged=True) == 12 * 55
    np.testing.assert_allclose(exact_transport(gas).tracer, exact_transport(whole).tracer, rtol=SOLVED, atol=SOLVED)


def test_site_energies_of_a_shorter_period_keep_its_translations():
    gas = ring(8, 3, site_energy_over_kT=np.tile([0.0, 1.0], 4))
    assert state_count(gas, tagged=True) == 2 * 21
    assert state_count(gas) == 56


def test_energy_is_the_derivative_of_the_free_energy():
    def of(scale):
        energies = scale * np.linspace(-1, 1, 9)
        return equilibrium_of_states(
            states_of(square(4, 3, site_energy_over_kT=energies, repulsion_over_kT=0.5 * scale))
        )

    step = 1e-3
    slope = (of(1 + step).free_energy - of(1 - step).free_energy) / (2 * step)
    np.testing.assert_allclose(slope, of(1).energy, rtol=1e-6)
    bend = (of(1 + step).free_energy - 2 * of(1).free_energy + of(1 - step).free_energy) / step**2
    np.testing.assert_allclose(-bend, of(1).energy_variance, rtol=1e-5)


def test_equilibrium_without_interaction():
    found = equilibrium_of_states(states_of(square(5)))
    np.testing.assert_allclose(found.occupation, 5 / 16, rtol=ROUNDING)
    np.testing.assert_allclose(found.pair_probability, 5 * 4 / (16 * 15), rtol=ROUNDING)
    np.testing.assert_allclose(found.free_energy, -np.log(4368), rtol=ROUNDING)


def test_strong_repulsion_orders_a_ring():
    """Eight sites, four ions, V = 200 kT: two states without a pair, and no overflow on the way."""
    gas = ring(8, 4, repulsion_over_kT=200, rule="symmetric")
    found = equilibrium_of_states(states_of(gas))
    np.testing.assert_allclose(found.free_energy, -np.log(2), rtol=ROUNDING)
    assert found.pair_probability.max() < 1e-80
    exact = exact_transport(gas)
    assert np.all(np.isfinite(exact.tracer))
    assert 0 < scalar(exact.charge_static) < 1e-40
    assert np.isnan(exact.haven_ratio)  # what the four ions gain together is lost in rounding of what they try


def test_rarely_broken_order_still_moves():
    exact = exact_transport(ring(8, 4, repulsion_over_kT=12, rule="symmetric"))
    assert scalar(exact.charge) < 0.05 * scalar(exact.charge_static)
    np.testing.assert_allclose(exact.haven_ratio, 1 / 4, rtol=1e-8)


@pytest.mark.parametrize("gas", [square(16), square(1, hop_rate=0, push_rate=1)])
def test_nothing_moves(gas):
    exact = exact_transport(gas)
    assert not exact.charge.any()
    assert not exact.tracer.any()
    assert np.isnan([exact.haven_ratio, exact.tracer_correlation_factor, exact.collective_correlation_factor]).all()


def test_exchanges_alone_move_ions_and_no_charge():
    exact = exact_transport(square(9, hop_rate=0, exchange_rate=1))
    assert not exact.charge.any()
    assert scalar(exact.tracer) > 0
    assert np.isnan(exact.haven_ratio)
    assert exact.set_count == state_count(square(9))


def test_what_cannot_be_enumerated():
    gas = square(12, 5)
    message = "12 ions on 25 sites have 5200300 states, must be at most 200000: .*Monte Carlo"
    with pytest.raises(ValueError, match=message):
        states_of(gas)
    with pytest.raises(ValueError, match="with one of them tagged have 6435 states, must be at most 6000"):
        states_of(square(8), tagged=True, largest=6000)
    with pytest.raises(ValueError, match=f"must be at most {LARGEST_STATE_COUNT}"):
        require_enumerable(gas)
    require_enumerable(square(8), tagged=True)
    assert states_of(square(8), tagged=True).chain.state_count == 6435
    with pytest.raises(ValueError, match="states must have no tagged ion"):
        equilibrium_of_states(states_of(square(2), tagged=True))


def test_rates_that_overflow():
    gas = ring(5, 2, site_energy_over_kT=[0, 0, 900, 0, 0], rule="initial_state_barrier")
    with pytest.raises(ValueError, match="rates be finite with rule 'initial_state_barrier', got up to 900 kT"):
        exact_transport(gas)


# ---- correlations in time ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def uneven_chain():
    gas = SMALL_GASES["uneven ring, exchanges"]()
    return states_of(gas, tagged=True).chain


TIMES = np.array([0, 0.01, 0.1, 0.5, 2.0, 7.0])


def test_velocity_autocorrelation_against_matrix_exponentials(uneven_chain):
    found = uneven_chain.green_kubo(TIMES)
    dense = uneven_chain.generator.toarray()
    weighted = uneven_chain.probability[:, None] * uneven_chain.drift
    for time, value in zip(TIMES, found.velocity_autocorrelation, strict=True):
        expected = weighted.T @ scipy.linalg.expm(time * dense) @ uneven_chain.drift
        np.testing.assert_allclose(value, (expected + expected.T) / 2, atol=1e-11)


def test_running_diffusion_is_the_integral_of_the_autocorrelation(uneven_chain):
    running = uneven_chain.green_kubo(TIMES).running_diffusion
    np.testing.assert_allclose(running[0], uneven_chain.static, rtol=ROUNDING)

    def charge(time):
        return uneven_chain.green_kubo(time).velocity_autocorrelation[0, 1, 1]

    for time, value in zip(TIMES[1:], running[1:, 1, 1], strict=True):
        integral = scipy.integrate.quad(charge, 0, time, epsabs=1e-11)[0]
        np.testing.assert_allclose(value, uneven_chain.static[1, 1] - integral, atol=1e-10)
    late = uneven_chain.green_kubo([60.0]).running_diffusion[0]
    np.testing.assert_allclose(late, uneven_chain.diffusion().tensor, rtol=SOLVED, atol=SOLVED)


@pytest.mark.parametrize(("component", "which"), [(0, "tracer"), (1, "charge")])
def test_mean_squared_displacement_against_the_characteristic_function(uneven_chain, component, which):
    """<exp(ikX)> after a time, from labelled ions and their twisted generator."""
    gas = SMALL_GASES["uneven ring, exchanges"]()
    labelled = Labelled(gas)
    found = uneven_chain.mean_squared_displacement(TIMES)[:, component, component]
    for time, value in zip(TIMES, found, strict=True):
        spread = []
        for wave in (SMALL_WAVE / 4, SMALL_WAVE / 2):
            evolved = scipy.linalg.expm(time * labelled.twisted(wave, which)).sum(axis=1)
            spread.append(2 * (1 - (labelled.weight @ evolved).real) / wave**2)
        expected = (4 * spread[0] - spread[1]) / 3
        np.testing.assert_allclose(value, expected, rtol=CHARACTERISTIC, atol=1e-9)


def test_einstein_and_green_kubo_agree_at_all_times(uneven_chain):
    """d<RR>/dt = 2 (D0 - int C); the one is carried forward, the other from symmetric matrices."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    for time in TIMES[1:]:
        running = uneven_chain.green_kubo(time * (nodes + 1) / 2).running_diffusion
        integral = np.tensordot(weights * time, running, 1)
        np.testing.assert_allclose(uneven_chain.mean_squared_displacement(time)[0], integral, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("step", [0.02, 0.3, 4.0])
def test_discrete_green_kubo_sum_needs_half_of_its_first_term(uneven_chain, step):
    count = int(40 / step)
    correlation = step_correlation(uneven_chain.mean_squared_displacement(step * np.arange(count + 1)))
    limit = uneven_chain.diffusion().tensor
    half = (correlation.sum(axis=0) - correlation[0] / 2) / step
    np.testing.assert_allclose(half, limit, rtol=1e-8, atol=1e-9)
    # With the whole term it is too large by <u_0 u_0>/2h: D0 for short steps, D for long ones.
    assert np.all(np.diag(correlation.sum(axis=0) / step - limit) >= np.diag(limit))


def test_a_trapezoidal_sum_of_the_autocorrelation_converges_as_the_square_of_its_step(uneven_chain):
    limit = uneven_chain.diffusion().tensor[0, 0]
    errors = []
    for step in (0.02, 0.01):
        values = uneven_chain.green_kubo(step * np.arange(int(30 / step))).velocity_autocorrelation[:, 0, 0]
        errors.append(uneven_chain.static[0, 0] - step * (values.sum() - values[0] / 2) - limit)
    np.testing.assert_allclose(errors[0] / errors[1], 4, rtol=0.01)


def test_two_states():
    """Two states with steps of length 1 at the rates a out of the one and b out of the other."""
    a, b = 0.8, 0.3
    p = np.array([b, a]) / (a + b)
    # Forwards as often as back from either state: without memory.
    chain = reversible_chain(p, [0, 0, 1, 1], [1, 1, 0, 0], [a / 2, a / 2, b / 2, b / 2], [[1], [-1], [1], [-1]])
    np.testing.assert_allclose(chain.diffusion().tensor, a * b / (a + b), rtol=ROUNDING)
    # To and fro over the same bond: nothing is gained, and <R^2> ends as that of two places.
    chain = reversible_chain(p, [0, 1], [1, 0], [a, b], [[1], [-1]])
    np.testing.assert_allclose(chain.diffusion().tensor, 0, atol=ROUNDING)
    np.testing.assert_allclose(
        chain.mean_squared_displacement([0.4, 30.0])[:, 0, 0],
        2 * p.prod() * (1 - np.exp(-(a + b) * np.array([0.4, 30.0]))),
        rtol=ROUNDING,
    )
    found = chain.green_kubo([0.7])
    # <v^2> = (b a^2 + a b^2)/(a + b)
    np.testing.assert_allclose(found.velocity_autocorrelation[0], a * b * np.exp(-0.7 * (a + b)), rtol=ROUNDING)


def test_broken_detailed_balance_is_told():
    p = np.full(3, 1 / 3)
    ring_of_three = ([0, 1, 2, 1, 2, 0], [1, 2, 0, 0, 1, 2])
    moved = np.repeat([[1.0], [-1.0]], 3, axis=0)
    chain = reversible_chain(p, *ring_of_three, [1.0, 1, 1, 0.9, 0.9, 0.9], moved)
    np.testing.assert_allclose(chain.detailed_balance_error, 0.1, rtol=1e-9)
    assert chain.reversal_error > 0.01
    one_way = reversible_chain(p, [0, 1, 2], [1, 2, 0], np.ones(3), np.ones((3, 1)))
    assert one_way.detailed_balance_error == 1
    still = reversible_chain([1.0], [], [], [], np.zeros((0, 2)))
    assert still.detailed_balance_error == 0
    np.testing.assert_array_equal(still.mean_squared_displacement([0.0, 3.0]), np.zeros((2, 2, 2)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probability": [0.5, 0.6]}, r"probability must be \(S,\) with a sum of 1"),
        ({"probability": [1.5, -0.5]}, "probability must be finite and at least 0"),
        ({"origin": [0, 2]}, r"origin must be an integer, .*at most 1 \(index of a state\), got 2"),
        ({"destination": [1]}, r"origin, destination and rate must be \(J,\) and displacement \(J, m\)"),
        ({"rate": [1, np.inf]}, "rate must be finite"),
        ({"rate": [1, -1]}, "rate must be finite and at least 0, got -1"),
        ({"displacement": [1, -1, 0]}, r"displacement \(J, m\), got \(2,\), \(2,\), \(2,\), \(3,\)"),
    ],
)
def test_what_a_chain_refuses(change, message):
    sound = {
        "probability": [0.5, 0.5],
        "origin": [0, 1],
        "destination": [1, 0],
        "rate": [1.0, 1.0],
        "displacement": [[1.0], [-1.0]],
    }
    with pytest.raises(ValueError, match=message):
        reversible_chain(**{**sound, **change})


def test_times_and_steps_that_are_refused(uneven_chain):
    with pytest.raises(ValueError, match="times must be finite and at least 0, got -1"):
        uneven_chain.green_kubo([1.0, -1.0])
    with pytest.raises(ValueError, match=r"times must be at most .*200000 jumps at the fastest rate, got 1e[+]09"):
        uneven_chain.mean_squared_displacement(1e9)
    with pytest.raises(ValueError, match=r"mean_squares must be known after 0 and 1 steps at least, got shape \(1,\)"):
        step_correlation([0.0])
