"""Diffusion of lattice gases by Monte Carlo: all states of small cells, closed forms, error bars, Green and Kubo."""

import numpy as np
import pytest
import scipy.stats
from reference_lattice_gases import ALIKE, GASES, expected, runs

from superion import lattice as lattices
from superion.correlation_factors import finite_cell_correlation_factor
from superion.lattice_gas_diffusion import (
    LEAST_BATCHES,
    Estimates,
    batch_sums,
    drift_correlation,
    estimates,
    green_kubo,
)
from superion.lattice_gas_motion import LatticeGasMotion
from superion.lattice_gas_moves import LatticeGas
from superion.lattice_gas_states import exact_transport, states_of

SIGMAS = 3  # seeds are fixed; what is compared most closely: D*, D_sigma, their ratios
MANY_SIGMAS = 4  # of all that estimates tell, some 300 numbers
PRECISION = 5e-3  # relative, of the closest comparisons
UNLIKELY = 1e-3  # probability of a chi-square beyond which error bars are wrong
EXACT = 1e-11  # of what has no noise: sums of some 10^5 roundings
CLOSEST = ("tracer_D", "charge_D", "tracer_correlation", "charge_correlation", "haven_ratio")
DURATION = 1.0  # of a block; what is expected is that of this duration, bias and all


def sampled(gas, scheme, blocks, batches=40, seed=1, duration=DURATION, **options):
    motion = LatticeGasMotion(gas, np.random.SeedSequence(seed), scheme, **options)
    motion.equilibrate(20)
    return stacked([batch_sums(motion.run(np.full(blocks, duration)), gas.ion_count) for _ in range(batches)])


def stacked(rows):
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def compare(found, exact, closest):
    """Deviations within sigmas; numbers without noise to rounding."""
    for name, value in exact.items():
        estimate = getattr(found, name)
        if estimate.error <= EXACT:
            np.testing.assert_allclose(estimate.value, value, atol=EXACT, err_msg=name)
            continue
        sigmas = SIGMAS if name in closest else MANY_SIGMAS
        assert abs(estimate.value - value) < sigmas * estimate.error, (name, estimate, value)


# ---- against all states of small cells ---------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "scheme"), runs())
def test_schemes_against_all_states(name, scheme):
    gas = GASES[name]()
    exact = expected(name, DURATION)
    chain = gas.lattice.dimension == 1  # fewer axes, less to average
    if scheme != "draw moves":
        found = estimates(sampled(gas, scheme, 3500 if chain else 2500))
        compare(found, exact, CLOSEST)
        assert found.tracer_D.error < PRECISION * exact["tracer_D"]
        assert found.charge_D.error < 1.5 * PRECISION * exact["charge_D"]
        return
    sums = sampled(gas, scheme, 1500 if chain else 800, follow_drift=True)
    drift, jumps = estimates(sums, of_drift=True), estimates(sums)
    compare(drift, exact, CLOSEST)
    compare(jumps, exact, CLOSEST)
    assert drift.charge_D.error < 0.5 * PRECISION * exact["charge_D"]
    for which in ("tracer_D", "charge_D"):
        # The drift leaves less to chance.
        assert getattr(drift, which).error < min(PRECISION * exact[which], getattr(jumps, which).error)


def test_each_axis_of_an_uneven_lattice():
    """Squared displacements along x and y apart, over blocks that forget: D of the exact tensor."""
    gas = GASES["twice around"]()
    exact = exact_transport(gas)
    motion = LatticeGasMotion(gas, np.random.SeedSequence(1), "pick moves")
    columns = motion.run(np.full(30_000, 4.0))
    pairs = {
        "tracer": (columns["squares"] + 2 * columns["products"]) / gas.ion_count,
        "charge": columns["displacement"] ** 2 / gas.ion_count,
    }
    pairs["charge"][1:] += 2 * columns["displacement"][1:] * columns["displacement"][:-1] / gas.ion_count
    for name, squares in pairs.items():
        batches = np.array([part.mean(axis=0) for part in np.array_split(squares[1:], 40)]) / 8
        error = batches.std(axis=0, ddof=1) / np.sqrt(40)
        wanted = np.diag(getattr(exact, name))
        assert np.all(np.abs(batches.mean(axis=0) - wanted) < SIGMAS * error)
        assert np.all(error < 0.03 * wanted)


@pytest.mark.parametrize(("builder", "repeats"), [("simple_cubic", 4), ("kagome", [3, 4])])
def test_one_vacancy_against_its_exact_walk(builder, repeats):
    """Tracer correlation in the same periodic cell, from lattice Green functions."""
    lattice = lattices.BUILDERS[builder]()
    exact = finite_cell_correlation_factor(lattice, repeats)
    factor = np.trace(exact.tracer) / lattice.dimension
    piece = lattice.repeat(repeats)
    # Blocks of several visits of the vacancy to each ion, after which nothing is left of the bias.
    gas = LatticeGas(piece, piece.site_count - 1)
    found = estimates(sampled(gas, "pick ions", 250, batches=100, duration=1.5 * piece.site_count))
    assert abs(found.tracer_correlation.value - factor) < SIGMAS * found.tracer_correlation.error
    assert found.tracer_correlation.error < PRECISION * factor
    assert abs(found.charge_correlation.value - 1) < SIGMAS * found.charge_correlation.error


def test_half_filling_of_a_large_cell_has_charge_free_of_correlation():
    """Exclusion alone: D_sigma = (N - n)/(N - 1) of a lone ion, whatever the size."""
    piece = lattices.simple_cubic().repeat(8)
    found = estimates(sampled(LatticeGas(piece, 256), "automatic", 200))
    np.testing.assert_allclose(found.charge_static_D.value, 256 / 511, rtol=MANY_SIGMAS * 1e-3)
    assert abs(found.charge_D.value - 256 / 511) < SIGMAS * found.charge_D.error


# ---- drift -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALIKE[:2])
def test_with_exclusion_alone_ions_together_never_drift(name):
    """On sites whose hops add up to nothing."""
    gas = GASES[name]()
    found = estimates(sampled(gas, "draw moves", 50, batches=20), of_drift=True)
    np.testing.assert_allclose(found.charge_correlation.value, 1, rtol=EXACT)
    assert found.charge_correlation.error < EXACT
    assert found.tracer_correlation.error > 1e-4


def test_a_lone_ion_has_no_noise_at_all():
    gas = LatticeGas(lattices.fcc().repeat(3), 1, hop_rate=0.5)
    found = estimates(sampled(gas, "draw moves", 20, batches=20), of_drift=True)
    for name in ("tracer_D", "charge_D", "tracer_static_D", "charge_static_D", "haven_ratio"):
        np.testing.assert_allclose(getattr(found, name).value, 1 if name == "haven_ratio" else 0.5, rtol=EXACT)
        assert getattr(found, name).error < EXACT


@pytest.mark.parametrize(
    "name", ["kagome, attraction, site energies", "honeycomb, turning pushes, exchange", "chain, pushes, exchange"]
)
def test_displacements_and_drifts_are_uncorrelated(name):
    """<X A> = 0 by reversal of time, though each has its own spread, and X = A + jumps."""
    gas = GASES[name]()
    motion = LatticeGasMotion(gas, np.random.SeedSequence(2), follow_drift=True)
    motion.equilibrate(20)
    columns = motion.run(np.full(8_000, DURATION))
    products = (columns["displacement"] * columns["drifted"]).sum(axis=1)
    error = products.std() / np.sqrt(len(products))
    assert abs(products.mean()) < SIGMAS * error
    square = (columns["drifted"] ** 2).sum(axis=1).mean()
    assert square > 10 * error
    # Of single moves, <M A> = -<A A>, with M = X - A.
    apart = ((columns["displacement"] - columns["drifted"]) * columns["drifted"]).sum(axis=1)
    np.testing.assert_allclose(apart.mean(), -square, atol=SIGMAS * error)


def test_drifts_of_a_state_that_is_known():
    """One ion in a row of sites of alternating spacings: it drifts to where it need not climb."""
    gas = LatticeGas(lattices.two_site_chain(spacing=0.3).repeat(4), 1, np.tile([0.0, 1.0], 4), rule="symmetric")
    motion = LatticeGasMotion(gas, np.random.SeedSequence(1), "draw moves")
    up, down = np.exp(-0.5), np.exp(0.5)
    for _ in range(20):
        columns = motion.run([0.05])
        on_b = gas.lattice.site_polarity[motion.holds > 0][0] < 0
        # Bonds of 0.3 and 0.7 from an a-site to the right and left, from a b-site likewise the other way around.
        wanted = (-0.3 + 0.7) * down if on_b else (0.3 - 0.7) * up
        np.testing.assert_allclose(columns["drift"], wanted, rtol=1e-12)
        if columns["moves"][0] == 0:
            np.testing.assert_allclose(columns["drifted"], 0.05 * wanted, rtol=1e-12)
            np.testing.assert_allclose(columns["drift_squares"], (0.05 * wanted) ** 2, rtol=1e-12)
            rate = (0.3**2 + 0.7**2) * (down if on_b else up)
            np.testing.assert_allclose(columns["tracer_square"], 0.05 * rate, rtol=1e-12)


# ---- sums and error bars -----------------------------------------------------------------------------------------


def noise(blocks, ions=3, dimension=2, seed=0, **more):
    """Columns of blocks without any motion behind them."""
    random = np.random.default_rng(seed)
    columns = {
        "duration": np.full(blocks, 0.5),
        "moves": random.integers(0, 9, blocks).astype(float),
        "displacement": random.normal(0, 1, (blocks, dimension)),
        "squares": random.uniform(1, 2, (blocks, dimension)),
        "products": random.normal(0, 0.1, (blocks, dimension)),
        "tracer_square": random.uniform(1, 2, blocks),
        "charge_square": random.uniform(1, 2, blocks),
        "polarity": random.integers(-ions, ions + 1, blocks).astype(float),
    }
    return columns | more


def test_sums_of_a_batch():
    columns = noise(4, bonds=np.array([1.0, 2, 3, 4]))
    sums = batch_sums(columns, 3)
    x, scale = columns["displacement"], 1 / (2 * 2 * 3)
    assert (sums["blocks"], sums["time"], sums["pair_time"]) == (4, 2.0, 1.5)
    np.testing.assert_allclose(sums["moves"], columns["moves"].sum() / 3)
    np.testing.assert_allclose(sums["charge_square"], scale * (x**2).sum())
    np.testing.assert_allclose(sums["charge_product"], scale * sum(x[i] @ x[i + 1] for i in range(3)))
    np.testing.assert_allclose(sums["tracer_square"], scale * columns["squares"].sum())
    np.testing.assert_allclose(sums["tracer_product"], scale * columns["products"][1:].sum())
    np.testing.assert_allclose(sums["tracer_static"], scale * columns["tracer_square"].sum())
    np.testing.assert_allclose(sums["polarization_fourth"], ((columns["polarity"] / 3) ** 4).sum())
    np.testing.assert_allclose(sums["polarization_magnitude"], np.abs(columns["polarity"]).sum() / 3)
    assert sums["bonds"] == 10 / 3
    assert np.isnan([sums[f"drift_{name}"] for name in ("tracer_square", "charge_square", "charge_product")]).all()
    assert np.isnan(batch_sums(noise(4), 3)["bonds"])


def test_error_of_a_mean_is_that_of_its_batches():
    """What is no ratio: standard deviation of the batches over the root of their number."""
    sums = stacked([batch_sums(noise(5, seed=seed), 3) for seed in range(30)])
    found = estimates(sums)
    for name, batches in (
        ("move_rate", sums["moves"] / sums["time"]),
        ("tracer_static_D", sums["tracer_static"] / sums["time"]),
        ("tracer_D_of_block", sums["tracer_square"] / sums["time"]),
        ("charge_D", sums["charge_square"] / sums["time"] + 2 * sums["charge_product"] / sums["pair_time"]),
        ("polarization", sums["polarization"] / 5),
    ):
        np.testing.assert_allclose(getattr(found, name).value, batches.mean(), rtol=1e-12)
        np.testing.assert_allclose(getattr(found, name).error, batches.std(ddof=1) / np.sqrt(30), rtol=1e-10)
    # Of a ratio, its linear part.
    top, below = sums["tracer_square"] / sums["time"], sums["tracer_static"] / sums["time"]
    top = top + 2 * sums["tracer_product"] / sums["pair_time"]
    ratio = top.mean() / below.mean()
    linear = (top - ratio * below).std(ddof=1) / below.mean() / np.sqrt(30)
    np.testing.assert_allclose(found.tracer_correlation.value, ratio, rtol=1e-12)
    np.testing.assert_allclose(found.tracer_correlation.error, linear, rtol=0.02)
    mean_square = sums["polarization_square"].sum() / 150
    binder = 1 - sums["polarization_fourth"].sum() / 150 / (3 * mean_square**2)
    np.testing.assert_allclose(found.binder_cumulant.value, binder, rtol=1e-12)


@pytest.mark.parametrize(("scheme", "of_drift"), [("pick moves", False), ("draw moves", False), ("draw moves", True)])
def test_error_bars_are_as_large_as_they_say(scheme, of_drift):
    """Of 40 seeds, the squares of deviations over errors are Student's t squared, of 19 degrees of freedom."""
    name = "kagome, attraction, site energies"
    gas, exact = GASES[name](), expected(name, DURATION)
    found = [estimates(sampled(gas, scheme, 30, 20, seed), of_drift=of_drift) for seed in range(40)]
    for quantity in (*CLOSEST, "tracer_D_of_block", "move_rate", "bonds"):
        values = np.array([getattr(one, quantity) for one in found])
        t = (values[:, 0] - exact[quantity]) / values[:, 1]
        # Each t to the normal deviate of the same probability.
        normal = scipy.stats.norm.ppf(scipy.stats.t.cdf(t, 19))
        tail = scipy.stats.chi2.sf((normal**2).sum(), len(t))
        assert UNLIKELY < tail < 1 - UNLIKELY, (quantity, tail)
        assert abs(normal.mean()) < MANY_SIGMAS / np.sqrt(len(t))


def test_where_no_charge_moves():
    """Exchanges alone, on a full lattice: f of ions, and nothing that could be divided by."""
    # Of the honeycomb, bonds that add up to nothing leave roundings.
    gas = LatticeGas(lattices.honeycomb(np.sqrt(3)).repeat(3), 18, hop_rate=0, exchange_rate=4 / 3)
    for scheme, of_drift in (("pick moves", False), ("draw moves", False), ("draw moves", True)):
        found = estimates(sampled(gas, scheme, 50, batches=20), of_drift=of_drift)
        assert abs(found.tracer_static_D.value - 1) < 0.02
        assert found.charge_D.value == found.charge_static_D.value == 0
        assert np.isnan([found.haven_ratio.value, found.charge_correlation.value, found.binder_cumulant.value]).all()
        assert abs(found.tracer_correlation.value - 1) < 0.1


# ---- Green and Kubo ----------------------------------------------------------------------------------------------


def test_green_kubo_against_all_states():
    """Square lattice, 4 by 4 sites, 8 ions, V = 1 kT."""
    gas = LatticeGas(lattices.square().repeat(4), 8, repulsion_over_kT=1.0, rule="symmetric")
    chain = states_of(gas).chain
    step, lags, batches = 0.1, 40, 40
    times = step * np.arange(lags + 1)
    exact = chain.green_kubo(times)
    wanted = np.trace(exact.velocity_autocorrelation, 0, 1, 2) / (2 * gas.ion_count)
    running = np.trace(exact.running_diffusion, 0, 1, 2) / (2 * gas.ion_count)
    motion = LatticeGasMotion(gas, np.random.SeedSequence(3), follow_drift=True)
    motion.equilibrate(50)
    correlations, statics = [], []
    for _ in range(batches):
        columns = motion.run(np.full(1500, step))
        correlations.append(drift_correlation(columns, gas.ion_count, lags))
        statics.append(columns["charge_square"].sum() / columns["duration"].sum() / (4 * gas.ion_count))
    found = green_kubo(step, np.array(correlations), np.array(statics))
    np.testing.assert_allclose(found.time, times)
    for values, errors, reference in (
        (found.correlation, found.correlation_error, wanted),
        (found.charge_D, found.charge_D_error, running),
    ):
        deviations = (values - reference) / errors
        assert np.all(np.abs(deviations) < MANY_SIGMAS)
    assert np.all(found.charge_D_error < 2 * PRECISION * running[-1])
    assert found.correlation_error[0] < 0.02 * wanted[0]
    assert abs(found.charge_D[-1] - running[-1]) < SIGMAS * found.charge_D_error[-1]
    # Far from what moves without memory would do.
    assert found.charge_D[0] - found.charge_D[-1] > 10 * found.charge_D_error[-1]


def test_correlations_of_known_drifts():
    drift = np.array([[1.0, 2], [3, -1], [0, 1], [2, 2]])
    found = drift_correlation({"drift": drift}, 5, 2)
    expected_values = [
        (5 + 10 + 1 + 8) / 4,
        ((3 - 2) + (0 - 1) + (0 + 2)) / 3,
        ((0 + 2) + (6 - 2)) / 2,
    ]
    np.testing.assert_allclose(found, np.array(expected_values) / 10)


def test_integral_of_a_known_correlation():
    """D0 = 2, C = exp(-t): D(t) = 1 + exp(-t), the error of Simpson's rule; batches that differ by a factor."""
    time = 0.05 * np.arange(41)
    factors = np.array([0.9, 1.0, 1.1])
    found = green_kubo(0.05, factors[:, None] * np.exp(-time), 2 * factors)
    np.testing.assert_allclose(found.time, time)
    np.testing.assert_allclose(found.correlation, np.exp(-time))
    np.testing.assert_allclose(found.correlation_error, 0.1 / np.sqrt(3) * np.exp(-time))
    np.testing.assert_allclose(found.charge_D, 1 + np.exp(-time), rtol=2e-7)
    np.testing.assert_allclose(found.charge_D_error, 0.1 / np.sqrt(3) * (1 + np.exp(-time)), rtol=2e-7)


# ---- what is refused ---------------------------------------------------------------------------------------------


def test_blocks_and_batches_that_are_too_few():
    with pytest.raises(ValueError, match="a batch must have two blocks or more, got 1"):
        batch_sums(noise(1), 3)
    with pytest.raises(ValueError, match="ion_count must be an integer and at least 1, got 0"):
        batch_sums(noise(4), 0)
    sums = stacked([batch_sums(noise(4, seed=seed), 3) for seed in range(LEAST_BATCHES)])
    assert len(estimates(sums)) == len(Estimates._fields)
    with pytest.raises(ValueError, match=f"an error bar needs {LEAST_BATCHES} batches, got {LEAST_BATCHES - 1}"):
        estimates({name: column[1:] for name, column in sums.items()})
    with pytest.raises(ValueError, match="the drift of ions was not followed: it is told by the scheme 'draw moves'"):
        estimates(sums, of_drift=True)


def test_correlations_that_are_refused():
    with pytest.raises(ValueError, match="the drift of ions was not followed"):
        drift_correlation(noise(4), 3, 2)
    with pytest.raises(ValueError, match="a batch of 4 blocks is too short for 4 lags"):
        drift_correlation({"drift": np.ones((4, 2))}, 3, 4)
    for shape in ((1, 5), (4, 2), (5,)):
        with pytest.raises(ValueError, match="correlations must hold 2 batches of 3 times or more, got shape"):
            green_kubo(0.1, np.ones(shape), np.ones(4))
