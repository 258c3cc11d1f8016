"""Monte Carlo of lattice gases against all states of the same small cell, closed forms, and its own bookkeeping."""

from dataclasses import replace

import numpy as np
import pytest

from superion.correlation_factors import finite_cell_correlation_factor
from superion.lattice import chain, fcc_octahedral_tetrahedral, honeycomb, kagome, simple_cubic, square, two_site_chain
from superion.lattice_gas_diffusion import LEAST_BATCHES, batch_sums, drift_correlation, estimates, green_kubo
from superion.lattice_gas_motion import LEAST_ACCEPTANCE, LatticeGasMotion
from superion.lattice_gas_moves import RULES, LatticeGas
from superion.lattice_gas_states import equilibrium_of_states, exact_transport, states_of

SIGMAS = (
    4  # standard errors: of the hundred or so numbers here one in 16,000 lies farther by chance, and seeds are fixed
)
ROUNDING = 1e-9  # of sums that are exact but for roundings


def sums_of(motion: LatticeGasMotion, duration: float, blocks: int, batches: int = 40) -> dict[str, np.ndarray]:
    rows = [batch_sums(motion.run(np.full(blocks // batches, duration)), motion.gas.ion_count) for _ in range(batches)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def sampled(gas: LatticeGas, scheme: str, blocks: int, moves: float = 5.0, seed: int = 1) -> dict[str, np.ndarray]:
    motion = LatticeGasMotion(gas, np.random.SeedSequence(seed), scheme)
    return sums_of(motion, moves / motion.equilibrate(30), blocks)


def scalar(tensor: np.ndarray) -> float:
    return float(np.trace(tensor) / len(tensor))


def near(estimate, exact: float) -> bool:
    return abs(estimate.value - exact) <= SIGMAS * estimate.error + ROUNDING * abs(exact)


SMALL = {
    "repulsion, symmetric": LatticeGas(square().repeat(4), 8, repulsion_over_kT=1.0, rule="symmetric"),
    "attraction, metropolis": LatticeGas(square().repeat(4), 5, repulsion_over_kT=-0.5),
    "one vacancy": LatticeGas(honeycomb().repeat(3), 17),
    "site energies, initial": LatticeGas(
        honeycomb().repeat(2), 4, np.tile([0.0, 1.0], 4), 0.7, rule="initial_state_barrier"
    ),
    "final state, chain": LatticeGas(two_site_chain().repeat(5), 5, repulsion_over_kT=2.0, rule="final_state_barrier"),
    "pushes": LatticeGas(square().repeat(5), 23, push_rate=1.0),
    "turning pushes and repulsion": LatticeGas(
        kagome().repeat(2), 9, repulsion_over_kT=0.5, push_rate=0.5, push_angle_deg=70.0
    ),
    "exchange": LatticeGas(square().repeat(5), 23, exchange_rate=0.1),
}


@pytest.mark.parametrize("scheme", ["pick moves", "draw moves"])
@pytest.mark.parametrize("name", SMALL)
def test_small_cells_diffuse_as_all_their_states_say(name, scheme):
    gas = SMALL[name]
    exact = exact_transport(gas)
    sums = sampled(gas, scheme, 4000 if scheme == "draw moves" else 12000)
    found = [estimates(sums)] + ([estimates(sums, of_drift=True)] if scheme == "draw moves" else [])
    for estimate in found:
        assert near(estimate.tracer_D, scalar(exact.tracer))
        assert near(estimate.charge_D, scalar(exact.charge))
        assert near(estimate.tracer_static_D, scalar(exact.tracer_static))
        assert near(estimate.charge_static_D, scalar(exact.charge_static))


def test_the_drift_leaves_less_noise():
    gas = SMALL["repulsion, symmetric"]
    sums = sampled(gas, "draw moves", 8000)
    plain, drift = estimates(sums), estimates(sums, of_drift=True)
    assert drift.charge_D.error < plain.charge_D.error / 3
    assert drift.charge_D.error < 0.005 * drift.charge_D.value
    assert drift.tracer_D.error < plain.tracer_D.error


@pytest.mark.parametrize("ions", [3, 15, 62])
def test_with_exclusion_alone_charge_is_known_without_noise(ions):
    gas = LatticeGas(simple_cubic().repeat(4), ions)
    estimate = estimates(sampled(gas, "draw moves", 80, 2.0), of_drift=True)
    assert estimate.charge_correlation.value == pytest.approx(1, abs=ROUNDING)
    assert estimate.charge_correlation.error < ROUNDING


@pytest.mark.parametrize("ions", [2, 20, 50, 63])
def test_ions_and_vacancies_picked_tell_the_same(ions):
    """Fewer ions than vacancies are picked themselves, else the vacancies are."""
    gas = LatticeGas(simple_cubic().repeat(4), ions)
    sums = sampled(gas, "pick ions", 8000, 4.0)
    free = (64 - ions) / 63
    found = estimates(sums)
    assert near(found.charge_D, free)
    assert near(found.charge_static_D, free)
    assert near(found.move_rate, 6 * free)
    other = estimates(sampled(gas, "pick moves", 4000, 4.0, seed=2))
    error = np.hypot(found.tracer_D.error, other.tracer_D.error)
    assert abs(found.tracer_D.value - other.tracer_D.value) < SIGMAS * error


@pytest.mark.parametrize(("build", "repeats"), [(square, 6), (honeycomb, 4), (simple_cubic, 4)])
def test_one_vacancy_in_a_periodic_piece(build, repeats):
    lattice = build()
    piece = lattice.repeat(repeats)
    gas = LatticeGas(piece, piece.site_count - 1)
    found = estimates(sampled(gas, "pick ions", 20000, 5.0)).tracer_correlation
    exact = finite_cell_correlation_factor(lattice, (repeats,) * lattice.dimension)
    value = float(np.trace(np.atleast_2d(exact.tracer)) / lattice.dimension)
    assert near(found, value)
    assert found.error < 0.005 * value


def test_equilibrium_is_boltzmanns():
    gas = LatticeGas(honeycomb().repeat(2), 4, np.tile([0.0, 1.0], 4), 0.7)
    states = states_of(gas)
    exact = equilibrium_of_states(states)
    for scheme in ("pick moves", "draw moves"):
        found = estimates(sampled(gas, scheme, 8000, 2.0))
        polarization = float(exact.occupation @ gas.lattice.site_polarity) / gas.ion_count
        assert near(found.polarization, polarization)
        energy = found.bonds.value * 0.7 * 4
        sites = float(states.probability @ (states.occupation @ gas.site_energy_over_kT))
        assert energy == pytest.approx(float(states.probability @ states.energy) - sites, abs=0.05)


@pytest.mark.parametrize("scheme", ["pick moves", "draw moves"])
@pytest.mark.parametrize("name", ["pushes", "exchange", "repulsion, symmetric", "turning pushes and repulsion"])
def test_books_are_kept(name, scheme):
    """After many moves each ion is on one site, neighbours are counted right, and displacements lead to positions."""
    gas = SMALL[name]
    motion = LatticeGasMotion(gas, np.random.SeedSequence(3), scheme)
    start = motion._ions.position.copy()
    columns = motion.run(np.full(200, 3.0))
    holds, ions = motion.holds, motion._ions
    assert sorted(holds[holds > 0]) == list(range(1, gas.ion_count + 1))
    assert np.array_equal(holds[ions.position[1:]], np.arange(1, gas.ion_count + 1))
    lattice = gas.lattice
    if gas.repulsion_over_kT:
        counted = np.zeros(gas.site_count, int)
        np.add.at(counted, lattice.origin, holds[lattice.destination] > 0)
        assert np.array_equal(motion._around.near, counted)
    gone = columns["displacement"].sum(axis=0)
    between = (lattice.sites[ions.position[1:]] - lattice.sites[start[1:]]).sum(axis=0)
    windings = (gone - between) @ np.linalg.inv(lattice.cell)
    np.testing.assert_allclose(windings, np.rint(windings), atol=1e-9)
    assert (columns["squares"] >= 0).all()


def test_hops_that_wind_around_the_piece_twice_a_turn():
    """On a ring of two sites every other hop leaves the piece: one ion is a free walker all the same."""
    found = estimates(sampled(LatticeGas(chain([1.0]).repeat(2), 1), "pick ions", 8000))
    assert near(found.tracer_D, 1.0)
    assert near(found.haven_ratio, 1.0)


@pytest.mark.parametrize("rule", RULES)
def test_one_ion_between_two_kinds_of_sites(rule):
    """D of a walker over sites of two energies: a chain of equal bonds in series."""
    energy = 1.3
    gas = LatticeGas(two_site_chain(2.0).repeat(4), 1, np.tile([0.0, energy], 4), rule=rule)
    exact = scalar(exact_transport(gas).tracer)
    assert near(estimates(sampled(gas, "draw moves", 4000), of_drift=True).tracer_D, exact)


def test_time_is_continuous():
    """The number of moves within a time is a Poisson number where nothing is refused."""
    gas = LatticeGas(square().repeat(4), 1)
    for scheme in ("pick ions", "pick moves", "draw moves"):
        moves = LatticeGasMotion(gas, np.random.SeedSequence(5), scheme).run(np.full(20000, 0.5))["moves"]
        assert moves.mean() == pytest.approx(2, abs=SIGMAS * np.sqrt(2 / 20000))
        assert moves.var() == pytest.approx(2, rel=SIGMAS * np.sqrt((2 + 1 / 2) / 20000))


def test_moves_are_drawn_where_few_are_made():
    few = LatticeGas(square().repeat(6), 18, repulsion_over_kT=6.0)
    many = LatticeGas(square().repeat(6), 18, repulsion_over_kT=0.5)
    for gas, scheme in ((few, "draw moves"), (many, "pick moves"), (LatticeGas(square().repeat(6), 18), "pick ions")):
        motion = LatticeGasMotion(gas, np.random.SeedSequence(1))
        frequency = motion.equilibrate(20)
        assert motion.scheme == scheme
        if scheme != "pick ions":
            below = frequency * gas.ion_count / (gas.ion_count * 4 * motion._largest_rate) < LEAST_ACCEPTANCE
            assert below == (scheme == "draw moves")


def test_green_and_kubo_meet_einstein():
    gas = SMALL["repulsion, symmetric"]
    motion = LatticeGasMotion(gas, np.random.SeedSequence(2), "draw moves")
    motion.equilibrate(30)
    correlations, statics = [], []
    for _ in range(LEAST_BATCHES):
        columns = motion.run(np.full(4000, 0.05))
        row = batch_sums(columns, 8)
        correlations.append(drift_correlation(columns, 8, 60))
        statics.append(row["charge_static"] / row["time"])
    found = green_kubo(0.05, np.array(correlations), np.array(statics))
    exact = exact_transport(gas)
    assert abs(found.charge_D[-1] - scalar(exact.charge)) < SIGMAS * found.charge_D_error[-1]
    assert found.charge_D[0] == pytest.approx(scalar(exact.charge_static), rel=0.02)
    assert found.charge_D_error[-1] < 0.02 * found.charge_D[-1]


def test_error_bars_are_fair():
    """Of independent seeds the deviations over the error bars scatter by one."""
    gas = LatticeGas(square().repeat(4), 8)
    found = [estimates(sampled(gas, "pick ions", 400, 5.0, seed)) for seed in range(60)]
    for name, exact in (("charge_D", 8 / 15), ("haven_ratio", None)):
        values = np.array([getattr(estimate, name) for estimate in found])
        middle = values[:, 0].mean() if exact is None else exact
        square_sum = float((((values[:, 0] - middle) / values[:, 1]) ** 2).mean())
        assert 0.6 < square_sum < 1.6  # chi-square over 60, three standard deviations of it and of the error bars


def test_a_seed_leads_to_the_same_motion():
    gas = SMALL["pushes"]
    runs = [LatticeGasMotion(gas, np.random.SeedSequence(seed)).run(np.ones(5)) for seed in (1, 1, 2)]
    assert all(np.array_equal(runs[0][name], runs[1][name]) for name in runs[0])
    assert not np.array_equal(runs[0]["moves"], runs[2]["moves"])


def test_a_lattice_of_three_kinds_of_sites_with_uneven_coordination():
    piece = fcc_octahedral_tetrahedral().repeat(2)
    gas = LatticeGas(piece, 1, np.where(piece.site_polarity > 0, 1.0, 0.0), rule="symmetric")
    exact = scalar(exact_transport(gas).tracer)
    for scheme in ("pick moves", "draw moves"):
        assert near(estimates(sampled(gas, scheme, 8000)).tracer_D, exact)


@pytest.mark.parametrize(
    ("gas", "options", "words"),
    [
        (LatticeGas(square().repeat(3), 9), {}, "9 ions on 9 sites: no site is free, nothing can move"),
        (LatticeGas(square().repeat(3), 4, push_rate=1.0), {"scheme": "pick ions"}, "'pick ions' needs hops alone"),
        (
            LatticeGas(square().repeat(3), 4),
            {"scheme": "pick ions", "follow_drift": True},
            "drift of ions is followed by the scheme 'draw moves', got 'pick ions'",
        ),
        (LatticeGas(square().repeat(3), 4), {"scheme": "pick"}, "scheme must be 'automatic'"),
        (
            LatticeGas(square().repeat(3), 4, repulsion_over_kT=400.0, rule="initial_state_barrier"),
            {},
            "a rate overflows",
        ),
    ],
)
def test_what_cannot_move_is_refused(gas, options, words):
    with pytest.raises(ValueError, match=words):
        LatticeGasMotion(gas, np.random.SeedSequence(1), **options)


def test_hops_farther_than_twice_around_are_refused():
    """The same ring, its hops going around three times on their way."""
    ring = chain([1.0]).repeat(2)
    wide = replace(ring, displacement=7 * ring.displacement)
    with pytest.raises(ValueError, match="goes around the periodic piece more than 2 times"):
        LatticeGasMotion(LatticeGas(wide, 1), np.random.SeedSequence(1))


def test_sums_and_estimates_refuse_too_little():
    motion = LatticeGasMotion(LatticeGas(square().repeat(3), 4), np.random.SeedSequence(1))
    with pytest.raises(ValueError, match="two blocks or more, got 1"):
        batch_sums(motion.run(np.ones(1)), 4)
    few = sums_of(motion, 1.0, 30, batches=10)
    with pytest.raises(ValueError, match=f"needs {LEAST_BATCHES} batches, got 10"):
        estimates(few)
    with pytest.raises(ValueError, match="drift of ions was not followed"):
        estimates(sums_of(motion, 1.0, 60, batches=20), of_drift=True)
    with pytest.raises(ValueError, match="drift of ions was not followed"):
        drift_correlation(motion.run(np.ones(3)), 4, 2)
    drawn = LatticeGasMotion(motion.gas, np.random.SeedSequence(1), "draw moves").run(np.ones(3))
    with pytest.raises(ValueError, match="3 blocks is too short for 3 lags"):
        drift_correlation(drawn, 4, 3)
    with pytest.raises(ValueError, match="2 batches of 3 times"):
        green_kubo(0.1, np.ones((1, 5)), np.ones(1))
    for bad in (0, -1, np.nan):
        with pytest.raises(ValueError, match="moves_per_ion must be finite and above 0"):
            motion.equilibrate(bad)
    with pytest.raises(ValueError, match="durations must be finite and at least 0"):
        motion.run(np.array([-1.0]))
