"""Diffusion from trajectories: known walks, honest errors, ions that penetrate or run away, Arrhenius lines."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from superion.harmonic_crystals import simple_cubic_crystal
from superion.ion_diffusion import SegmentProtocol, arrhenius_line, clustered_mean, run_segments
from superion.ion_equations import Equation
from superion.ion_motion import IonMotion, ion_system
from superion.pair_interactions import PairInteraction
from superion.phonons import phonon_mesh
from superion.thermal_vibrations import sample_vibration

STANDARD_ERRORS = 3.0  # seeds are fixed: a sample either stays within or not
ROUNDING = 1e-12
CUBIC = simple_cubic_crystal(3.0, [520.0, 170.0], 3.5)


class Walkers:
    """What `run_segments` asks of a motion: ions that take steps they are told, or random ones."""

    def __init__(self, ions, step, *, interval=0.1, kinetic=None, closest=None, stop=None):
        self.positions, self.stopped = np.full((ions, 3), 1.5), np.zeros(ions, bool)
        self.step_ps, self.steps_per_interval = interval / 4, 4
        self.system = SimpleNamespace(crystal=CUBIC, thermal_velocities=self.velocities)
        self.step, self.kinetic, self.closest, self.stop = step, kinetic, closest, stop
        self.number, self.restarts = 0, []

    def velocities(self, count, thermal, generator):
        return generator.normal(0.0, np.sqrt(thermal), (count, 3))

    def advance(self):
        number, ions = self.number, len(self.positions)
        self.positions += np.where(self.stopped[:, None], 0.0, self.step(number))
        self.number += 1
        if self.stop:
            self.stopped |= self.stop(number)
        kinetic = self.kinetic(number) if self.kinetic else np.ones(ions)
        return kinetic, self.closest(number) if self.closest else np.full(ions, 2.0)

    def restart(self, ion, position, velocity):
        self.restarts.append((self.number, ion, position, velocity))
        self.positions[ion], self.stopped[ion] = position, False


def protocol(**changes):
    return SegmentProtocol(
        **{
            "segment_ps": 2.0,
            "record_ps": 0.1,
            "fit_from_ps": 0.4,
            "equilibration_ps": 0.0,
            "penetration_A": 0.8,
            "thermal_energy_meV": 20.0,
            **changes,
        }
    )


def batches(motion, segments=1, seed=0, **changes):
    return list(run_segments(motion, protocol(**changes), segments, np.random.default_rng(seed)))


# ---- walks -------------------------------------------------------------------------------------------------------


def test_brownian_walks_have_their_diffusion_and_an_honest_error():
    """<x^2> = 6 D t, so that the slope is D without bias; 300 experiments of 20 ions and 4 segments each."""
    diffusion, experiments, ions = 1.7, 300, 20
    generator = np.random.default_rng(3)
    width = np.sqrt(2 * diffusion * 0.1)
    motion = Walkers(experiments * ions, lambda _: generator.normal(0, width, (experiments * ions, 3)))
    values = np.array([b.diffusion_A2_per_ps for b in batches(motion, 4)]).reshape(4, experiments, ions)
    clusters = np.broadcast_to(np.arange(ions), (4, ions))
    means, errors = np.array([clustered_mean(values[:, e], clusters) for e in range(experiments)]).T
    assert abs(means.mean() - diffusion) < STANDARD_ERRORS * means.std() / np.sqrt(experiments)
    # The scatter of 300 means is known to 1/sqrt(600) of itself, 4 %.
    assert errors.mean() == pytest.approx(means.std(ddof=1), rel=0.12)
    # A normal interval on 20 clusters covers 93.5 %, with a binomial error of 1.4 %.
    assert np.mean(np.abs(means - diffusion) < 1.96 * errors) == pytest.approx(0.935, abs=0.045)


def test_segments_of_a_walk_are_independent():
    generator = np.random.default_rng(5)
    motion = Walkers(4000, lambda _: generator.normal(0, 0.3, (4000, 3)))
    first, second = (b.diffusion_A2_per_ps for b in batches(motion, 2))
    assert abs(np.corrcoef(first, second)[0, 1]) < STANDARD_ERRORS / np.sqrt(4000)


@pytest.mark.parametrize(("from_ps", "first"), [(0.0, 0), (0.05, 1), (0.4, 4), (0.41, 5), (1.9, 19), (1.99, 20)])
def test_slope_of_a_ballistic_walk(from_ps, first):
    """x^2 = v^2 t^2: the slope through the origin is v^2 sum t^3/sum t^2, over six for D."""
    velocity = np.array([3.0, -1.0, 2.0])
    (batch,) = batches(Walkers(2, lambda _: 0.1 * velocity), fit_from_ps=from_ps)
    k = np.arange(first, 21)
    expected = 0.1 * velocity @ velocity * (k**3).sum() / (k**2).sum() / 6
    np.testing.assert_allclose(batch.diffusion_A2_per_ps, expected, rtol=ROUNDING)
    np.testing.assert_allclose(
        batch.squared_displacements_A2[0], (0.1 * np.arange(21)) ** 2 * (velocity @ velocity), atol=ROUNDING * 100
    )


def test_slope_is_linear_least_squares():
    """Of any walk, against a solver; the mean of the slopes is the slope of the mean."""
    generator = np.random.default_rng(6)
    (batch,) = batches(Walkers(7, lambda _: generator.normal(0, 1, (7, 3))))
    times = protocol().lags_ps
    assert times[-1] == pytest.approx(2.0)
    squares, fitted = batch.squared_displacements_A2, times > 0.39
    slopes = [np.linalg.lstsq(times[fitted, None], s[fitted], rcond=None)[0][0] / 6 for s in squares]
    np.testing.assert_allclose(batch.diffusion_A2_per_ps, slopes, rtol=ROUNDING)
    whole = np.linalg.lstsq(times[fitted, None], squares.mean(axis=0)[fitted], rcond=None)[0][0] / 6
    assert batch.diffusion_A2_per_ps.mean() == pytest.approx(whole, rel=ROUNDING)


@pytest.mark.parametrize("record", [0.1, 0.2, 0.5])
def test_records_are_whole_numbers_of_intervals(record):
    """Ions go on from segment to segment; the kinetic energy is the mean of all intervals, the distance the least."""
    motion = Walkers(
        3,
        lambda n: np.full((3, 3), 0.01 * (n + 1)),
        kinetic=lambda n: np.array([1.0, n, n % 2]),
        closest=lambda n: np.array([2.0, 1.0 + (n - 27) ** 2, 1.5]),
    )
    settled, *rest = batches(motion, 3, record_ps=record, equilibration_ps=1.0)
    per_record = round(record / 0.1)
    walked = np.concatenate([[0.0], np.cumsum(0.01 * np.arange(1, 71))])
    np.testing.assert_allclose(settled.positions[0, :, 0], 1.5 + walked[10:31:per_record], rtol=ROUNDING)
    for before, after in pairwise([settled, *rest]):
        np.testing.assert_array_equal(before.positions[:, -1], after.positions[:, 0])
    np.testing.assert_allclose(settled.kinetic_energy_meV, [1.0, np.arange(10, 30).mean(), 0.5], rtol=ROUNDING)
    np.testing.assert_allclose([b.closest_A[1] for b in (settled, *rest)], [1.0, 1.0 + 9, 1.0 + 23**2])
    assert all(np.all(b.status == "ok") for b in (settled, *rest))


# ---- ions that start anew ----------------------------------------------------------------------------------------


def faulty(seed, penetrating=(), running=(), equilibration=0.0, segments=2, **changes):
    """Four ions; at the given intervals, which are tenths of a picosecond, some come too close or run away."""
    motion = Walkers(
        4,
        lambda _: np.array([[0.4, 0.0, -0.3]] * 4),
        closest=lambda n: np.where([(n, i) in penetrating for i in range(4)], 0.79, 0.81),
        stop=lambda n: np.array([(n, i) in running for i in range(4)]),
    )
    return motion, batches(motion, segments, seed, equilibration_ps=equilibration, **changes)


def test_ions_that_penetrate_or_run_away_are_told_and_start_anew():
    motion, (first, second) = faulty(1, penetrating={(7, 1), (30, 3)}, running={(12, 2), (25, 1)})
    assert first.status.tolist() == ["ok", "penetrated", "runaway", "ok"]
    assert second.status.tolist() == ["ok", "runaway", "started anew", "penetrated"]
    assert [(n, i) for n, i, *_ in motion.restarts] == [(20, 1), (20, 2), (40, 1), (40, 3)]
    # From the centre of the cell where each was: (9.5, 1.5, -4.5) but for ion 2, which stood still after 13 intervals.
    np.testing.assert_allclose(motion.restarts[0][2], [10.5, 1.5, -4.5])
    np.testing.assert_allclose(motion.restarts[1][2], [7.5, 1.5, -1.5])
    np.testing.assert_allclose(second.positions[1, 0], [10.5, 1.5, -4.5])
    np.testing.assert_array_equal(second.positions[[0, 3], 0], first.positions[[0, 3], -1])
    assert np.isfinite(second.diffusion_A2_per_ps).all()


def test_a_runaway_counts_as_one_however_close_it_came():
    _, (batch,) = faulty(1, penetrating={(3, 0)}, running={(4, 0)}, segments=1)
    assert batch.status[0] == "runaway"


def test_the_limit_of_penetration_is_the_protocols():
    _, (batch,) = faulty(1, penetrating={(3, 0)}, segments=1, penetration_A=0.79)
    assert batch.status.tolist() == ["ok"] * 4


def test_what_happens_before_the_first_segment_is_not_held_against_it():
    motion, (batch,) = faulty(1, penetrating={(2, 0)}, running={(5, 3)}, equilibration=0.8, segments=1)
    assert [(n, i) for n, i, *_ in motion.restarts] == [(8, 0), (8, 3)]
    assert batch.status.tolist() == ["ok"] * 4


def test_new_velocities_are_maxwells_and_those_of_an_ion_whatever_others_do():
    one, _ = faulty(9, penetrating={(3, 2), (24, 2)})
    two, _ = faulty(9, penetrating={(3, 2), (24, 2), (4, 0), (5, 1), (29, 3)})
    of_third = [[v for _, i, _, v in motion.restarts if i == 2] for motion in (one, two)]
    assert len(of_third[0]) == 2
    np.testing.assert_array_equal(*of_third)
    walkers = Walkers(3000, lambda _: np.zeros((3000, 3)), closest=lambda _: np.zeros(3000))
    batches(walkers)
    velocities = np.array([v for *_, v in walkers.restarts])
    error = np.sqrt(2 / velocities.size) * 20.0
    assert velocities.var() == pytest.approx(20.0, abs=STANDARD_ERRORS * error)


def test_ions_start_anew_where_the_protocol_says():
    motion, _ = faulty(1, penetrating={(7, 1)}, segments=1, start=(0.25, 0.5, 0.75))
    np.testing.assert_allclose(motion.restarts[0][2], [9.75, 1.5, -3.75])


def test_ions_in_a_vibrating_lattice():
    """The whole of it on a small piece: segments that follow from the positions, ions that run away and start anew."""
    system = ion_system(phonon_mesh(CUBIC, 6), PairInteraction("screened_coulomb", 4000.0, 0.5), 0.7)
    generator = np.random.default_rng(4)
    vibration = sample_vibration(system.mesh, 50.0, generator)
    velocities = system.thermal_velocities(6, 50.0, generator)
    velocities[5] = 900.0, 700.0, 300.0  # faster than any ion
    motion = IonMotion(
        system, Equation("time_local"), np.full((6, 3), 1.5), velocities, 0.005, vibration, steps_per_record=20
    )
    rules = protocol(penetration_A=0.3)
    first, second = run_segments(motion, rules, 2, generator)
    assert first.status.tolist() == ["ok"] * 5 + ["runaway"]
    assert second.status.tolist() == ["ok"] * 5 + ["started anew"]
    for batch in (first, second):
        for values in (batch.positions, batch.diffusion_A2_per_ps, batch.kinetic_energy_meV):
            assert np.isfinite(values).all()
        assert np.all(batch.closest_A[batch.status == "ok"] > 0.3)
    assert np.ptp(second.positions[5], axis=0).min() > 0.1
    assert second.kinetic_energy_meV.max() < 10 * 75.0


# ---- protocols ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"segment_ps": -1.0}, "segment_ps must be finite and above 0, got -1"),
        ({"segment_ps": np.inf}, "segment_ps must be finite and above 0, got inf"),
        ({"record_ps": 0.0}, "record_ps must be finite and above 0, got 0"),
        ({"fit_from_ps": 2.0}, r"fit_from_ps must be finite, at least 0 and below 2 \(within the segment\), got 2"),
        ({"fit_from_ps": -0.1}, "fit_from_ps must be finite, at least 0"),
        ({"equilibration_ps": -1.0}, "equilibration_ps must be finite and at least 0, got -1"),
        ({"penetration_A": -1.0}, "penetration_A must be finite and at least 0, got -1"),
        ({"thermal_energy_meV": np.nan}, "thermal_energy_meV must be finite and at least 0, got nan"),
        ({"start": (0.5, 0.5)}, r"start must have 3 components, got shape \(2,\)"),
        ({"start": (0.5, 0.5, 1.0)}, r"start must be finite, at least 0 and below 1 .* got 1.0 at index \(2,\)"),
        ({"record_ps": 0.3}, "segment_ps must be a whole number of record_ps = 0.3, got 2"),
        ({"equilibration_ps": 0.25}, "equilibration_ps must be a whole number of record_ps = 0.1, got 0.25"),
    ],
)
def test_wrong_protocols_are_told(changes, words):
    with pytest.raises(ValueError, match=words):
        protocol(**changes)


@pytest.mark.parametrize(("interval", "record"), [(0.1, 0.25), (0.1, 0.05), (0.3, 0.1)])
def test_records_that_do_not_fit_the_motion_are_told(interval, record):
    motion = Walkers(1, lambda _: np.zeros((1, 3)), interval=interval)
    words = rf"record_ps must be a whole number of intervals of {interval:g} ps .* got {record:g}"
    with pytest.raises(ValueError, match=words):
        batches(motion, record_ps=record)


@pytest.mark.parametrize("segments", [0, 1.5])
def test_segments_are_counted_in_whole_numbers(segments):
    with pytest.raises(ValueError, match="segments must be an integer and at least 1"):
        batches(Walkers(1, lambda _: np.zeros((1, 3))), segments)


# ---- means of clusters -------------------------------------------------------------------------------------------


def test_mean_of_clusters_by_hand():
    """Deviations of the sums from their share, -2 and 2: (4 + 4) 2/1 under the root, over 3 values."""
    assert clustered_mean([1, 3, 5], ["a", "a", "b"]) == pytest.approx((3.0, 4 / 3), rel=ROUNDING)


def test_clusters_of_one_size_count_by_their_means():
    values = np.random.default_rng(1).normal(size=(8, 5))
    mean, error = clustered_mean(values, np.repeat(np.arange(8)[::-1], 5))
    means = values.mean(axis=1)
    assert mean == pytest.approx(means.mean(), rel=ROUNDING)
    assert error == pytest.approx(means.std(ddof=1) / np.sqrt(8), rel=ROUNDING)
    shuffled = np.random.default_rng(2).permutation(40)
    again = clustered_mean(values.ravel()[shuffled], np.repeat(np.arange(8), 5)[shuffled])
    assert again == pytest.approx((mean, error), rel=ROUNDING)


def test_error_of_correlated_clusters_is_that_of_the_mean():
    """Variance s^2/k between clusters and t^2/km within them; an error from all values would be near half of it."""
    experiments, k, m, between, within = 3000, 24, 6, 1.0, 1.5
    generator = np.random.default_rng(7)
    values = generator.normal(0, between, (experiments, k, 1)) + generator.normal(0, within, (experiments, k, m))
    labels = np.repeat(np.arange(k), m)
    means, errors = np.array([clustered_mean(v, labels) for v in values]).T
    expected = between**2 / k + within**2 / (k * m)
    # Variances of 24 clusters scatter by sqrt(2/23); 3000 of them are known to 0.5 %.
    assert np.mean(errors**2) == pytest.approx(expected, rel=0.016)
    assert means.var() == pytest.approx(expected, rel=STANDARD_ERRORS * np.sqrt(2 / experiments))
    assert values[0].std() / np.sqrt(k * m) < 0.65 * np.sqrt(expected)


@pytest.mark.parametrize(
    ("values", "clusters", "words"),
    [
        ([1.0, 2.0], [0, 0], "two clusters or more, got 1"),
        ([], [], "two clusters or more, got 0"),
        ([1.0, np.nan], [0, 1], "values must be finite, got nan"),
        ([1.0, 2.0], [0, 1, 2], "one length, got 2 and 3"),
    ],
)
def test_wrong_clusters_are_told(values, clusters, words):
    with pytest.raises(ValueError, match=words):
        clustered_mean(values, clusters)


# ---- Arrhenius lines ---------------------------------------------------------------------------------------------

THERMAL = np.array([10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0])
PREFACTOR, ENERGY = 9.8, 42.0


def test_exact_parameters_come_back():
    values = PREFACTOR * np.exp(-ENERGY / THERMAL)
    line = arrhenius_line(THERMAL, values, 0.1 * values)
    assert (line.prefactor, line.activation_energy_meV) == pytest.approx((PREFACTOR, ENERGY), rel=1e-11)
    assert line.chi_square < 1e-20
    assert line.degrees_of_freedom == 5
    np.testing.assert_allclose(line.at(THERMAL), values, rtol=1e-11)
    low, high = line.activation_energy_interval_meV
    assert (low + high) / 2 == pytest.approx(ENERGY)
    assert line.prefactor_low * line.prefactor_high == pytest.approx(PREFACTOR**2)


def test_errors_are_those_of_a_weighted_line():
    """Straight from the inverse of the normal equations, where chi-square is below the degrees of freedom."""
    relative = np.linspace(0.05, 0.2, 7)
    values = PREFACTOR * np.exp(-ENERGY / THERMAL)
    line = arrhenius_line(THERMAL, values, relative * values)
    x, w = -1 / THERMAL, relative**-2
    determinant = w.sum() * (w * x**2).sum() - (w * x).sum() ** 2
    assert line.activation_energy_error_meV == pytest.approx(np.sqrt(w.sum() / determinant), rel=1e-9)
    half = 1.959963984540054 * np.sqrt((w * x**2).sum() / determinant)
    assert line.prefactor_high == pytest.approx(PREFACTOR * np.exp(half), rel=1e-9)
    assert line.prefactor_low == pytest.approx(PREFACTOR * np.exp(-half), rel=1e-9)


def test_intervals_of_points_that_scatter_more_than_their_errors_tell():
    """Errors a third of the true ones: chi-square tells, and Student's intervals hold what they promise.

    500 sets of 7 points: 0.95 within 3 sigma of a binomial, 0.029, and 0.01 for the skew of ln D.
    """
    generator, truth = np.random.default_rng(2), PREFACTOR * np.exp(-ENERGY / THERMAL)
    hits = 0
    for _ in range(500):
        values = truth * np.exp(generator.normal(0, 0.15, len(THERMAL)))
        low, high = arrhenius_line(THERMAL, values, 0.05 * values).activation_energy_interval_meV
        hits += low <= ENERGY <= high
    assert abs(hits / 500 - 0.95) < 0.04


def test_errors_grow_with_the_root_of_chi_square_above_its_degrees():
    signs = np.array([1, -1, 1, -1, 1, -1, 1])
    values = PREFACTOR * np.exp(-ENERGY / THERMAL + 0.3 * signs)
    line = arrhenius_line(THERMAL, values, 0.1 * values)
    assert line.chi_square > 40
    claimed = arrhenius_line(THERMAL, values, 1.0 * values)  # errors so large that nothing is scaled
    assert claimed.chi_square < 1
    assert claimed.activation_energy_meV == pytest.approx(line.activation_energy_meV)
    factor = 0.1 * np.sqrt(line.chi_square / 5)
    assert line.activation_energy_error_meV == pytest.approx(factor * claimed.activation_energy_error_meV)
    widths = [np.log(one.prefactor_high / one.prefactor_low) for one in (line, claimed)]
    student = stats.t.ppf(0.975, 5) / stats.norm.ppf(0.975)
    assert widths[0] == pytest.approx(factor * student * widths[1])


def test_intervals_cover_what_they_say():
    """Of 500 sets with known errors, at least 95 % but for the binomial error of 1 %; more, as errors only grow."""
    generator = np.random.default_rng(11)
    truth = PREFACTOR * np.exp(-ENERGY / THERMAL)
    relative = np.array([0.12, 0.1, 0.08, 0.06, 0.06, 0.05, 0.05])
    energies = prefactors = 0
    pulls = []
    for _ in range(500):
        values = truth * np.exp(relative * generator.normal(size=7))
        line = arrhenius_line(THERMAL, values, relative * values)
        low, high = line.activation_energy_interval_meV
        energies += low < ENERGY < high
        prefactors += line.prefactor_low < PREFACTOR < line.prefactor_high
        pulls.append((line.activation_energy_meV - ENERGY) / line.activation_energy_error_meV)
    assert 0.93 < energies / 500 < 0.99
    assert 0.93 < prefactors / 500 < 0.99
    assert abs(np.mean(pulls)) < STANDARD_ERRORS / np.sqrt(500)


def test_two_temperatures_make_a_line_without_a_test_of_it():
    line = arrhenius_line([10.0, 20.0], [0.1, 1.0], [0.01, 0.1])
    assert line.degrees_of_freedom == 0
    assert line.chi_square < 1e-20
    assert line.activation_energy_meV == pytest.approx(20 * np.log(10))
    assert line.prefactor == pytest.approx(10.0)
    assert line.activation_energy_error_meV == pytest.approx(20 * 0.1 * np.sqrt(2))


@pytest.mark.parametrize(
    ("thermal", "diffusion", "error", "words"),
    [
        ([10.0, 10.0], [1.0, 2.0], [0.1, 0.1], "two temperatures or more, got 1"),
        ([10.0, 20.0], [1.0, -2.0], [0.1, 0.1], r"diffusion must be finite and above 0, got -2.0 at index \(1,\)"),
        ([10.0, 20.0], [1.0, 2.0], [0.1, 0.0], "standard_error must be finite and above 0, got 0"),
        ([0.0, 20.0], [1.0, 2.0], [0.1, 0.1], "thermal_energy_meV must be finite and above 0, got 0"),
        ([10.0, 20.0], [1.0, 2.0], [0.1], "one length, got 2, 2 and 1"),
        ([10.0, 20.0, 30.0], [1.0, 2.0], [0.1, 0.1], "one length, got 3, 2 and 2"),
    ],
)
def test_wrong_points_are_told(thermal, diffusion, error, words):
    with pytest.raises(ValueError, match=words):
        arrhenius_line(thermal, diffusion, error)
