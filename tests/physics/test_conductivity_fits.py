"""Fits of ln sigma(T) against published refits, scipy from many starts, and what must not matter: order and start."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares, nnls

from superion.conductivity_fits import default_bounds, fit, fit_many, held_optima, leave_one_out_rmse, refit
from superion.conductivity_models import (
    MODELS,
    log_conductivity,
    log_conductivity_derivatives,
    midpoint_inverse_temperature_per_eV,
    mirror_parameters,
)
from superion.units import BOLTZMANN_eV_PER_K

REFERENCE = 1e-6  # of the notes on the source, for refits of exact curves
CONVERGED = 1e-10  # of a parameter that the data determine
NO_WORSE = 1e-9  # of a sum of squares: what another optimiser leaves at its own tolerance

GARNETS = {
    "Li5La3Sb2O12": [0.0, 0.16, 0.57, 27.41],
    "Li5La3Nb2O12": [0.0, 0.17, 0.52, 28.40],
    "Li5.5La2.75K0.25Nb2O12": [0.0, 0.18, 0.64, 28.89],
}
ANTIMONY = GARNETS["Li5La3Sb2O12"]
FEW = np.linspace(298.0, 573.0, 15)
MANY = np.linspace(298.0, 573.0, 60)
CURVES = {
    "arrhenius": [5.0, 0.4],
    "arrhenius_sigma_T": [11.0, 0.43],
    "arrhenius_power": [-78.0, 1.73, -36.2],
    "vogel_tammann_fulcher": [-0.8, 0.09, 213.0],
    "quadratic": [-11.8, 0.84, -0.022],
    "two_segment": [0.5, 0.22, 0.68, 28.6],
    "quasi_ion": ANTIMONY,
}


def beta_of(temperature):
    return 1.0 / (BOLTZMANN_eV_PER_K * np.asarray(temperature))


def noisy(model="quasi_ion", noise=0.05, seed=0, temperature=FEW):
    curve = log_conductivity(model, CURVES[model], temperature)
    return curve + np.random.default_rng(seed).normal(0.0, noise, temperature.size)


@pytest.mark.parametrize(
    ("garnet", "energy", "exponent", "prefactor", "rmse"),
    [
        ("Li5La3Sb2O12", 1.7652611413140522, -37.15616895304867, -80.19222321269689, 0.09347141151585234),
        ("Li5La3Nb2O12", 1.5367286160316282, -32.240678944628606, -70.25761465974874, 0.10705202742943215),
        ("Li5.5La2.75K0.25Nb2O12", 1.9241862752158554, -41.81751194298731, -91.53202665112009, 0.1645507654858683),
    ],
)
def test_table_1_of_the_source_refitted_by_its_arrhenius_formula(garnet, energy, exponent, prefactor, rmse):
    found = fit(MANY, log_conductivity("quasi_ion", GARNETS[garnet], MANY), "arrhenius_power")
    np.testing.assert_allclose(found.parameters, [prefactor, energy, exponent], rtol=REFERENCE)
    assert found.rmse == pytest.approx(rmse, rel=REFERENCE)


@pytest.mark.parametrize(
    ("garnet", "hot_to_cold", "printed"),
    [
        ("Li5La3Sb2O12", (560.48, 298.49), (1.84, -39.36)),
        ("Li5La3Nb2O12", (541.28, 338.72), (1.57, -33.73)),
        ("Li5.5La2.75K0.25Nb2O12", (634.83, 318.02), (1.61, -32.90)),
    ],
)
def test_windows_on_which_table_1_agrees_with_itself(garnet, hot_to_cold, printed):
    """200 points uniform in 1/kT (another number of points moves the windows); half of the last printed digits."""
    beta = np.linspace(*beta_of(hot_to_cold), 200)
    temperature = 1.0 / (BOLTZMANN_eV_PER_K * beta)
    found = fit(temperature, log_conductivity("quasi_ion", GARNETS[garnet], temperature), "arrhenius_power")
    assert found.parameters[1] == pytest.approx(printed[0], abs=0.005)
    assert found.parameters[2] == pytest.approx(printed[1], abs=0.005)


@pytest.mark.parametrize(
    ("model", "rmse"),
    [
        ("arrhenius", 0.6602),
        ("arrhenius_power", 0.0988),
        ("quadratic", 0.0922),
        ("vogel_tammann_fulcher", 0.2073),
        ("two_segment", 0.0816),
    ],
)
def test_how_close_the_other_models_come_to_a_quasi_ion_curve(model, rmse):
    found = fit(FEW, log_conductivity("quasi_ion", ANTIMONY, FEW), model)
    assert found.rmse == pytest.approx(rmse, abs=5.1e-5)  # four printed digits
    assert not found.exact
    assert found.rmse == pytest.approx(np.sqrt(found.rss / 15))


@pytest.mark.parametrize("model", MODELS)
def test_exact_curves_give_their_parameters_back_and_no_criteria(model):
    found = fit(FEW, log_conductivity(model, CURVES[model], FEW), model)
    # 1e-9: the rounding of ln sigma, 1e-15, times the condition of the parameters, up to some 1e5
    np.testing.assert_allclose(found.parameters, CURVES[model], rtol=1e-9, atol=1e-9)
    assert found.exact
    assert found.aicc is None
    assert found.bic is None
    assert "all points to rounding" in found.criteria_reason


@settings(max_examples=60)
@given(
    st.floats(-5, 10), st.floats(0.05, 0.6), st.floats(0.2, 1.5), st.floats(0.25, 0.75), st.integers(8, 40), st.data()
)
def test_synthetic_quasi_ion_parameters_are_recovered(prefactor, formation, migration, place, points, data):
    temperature = np.linspace(data.draw(st.floats(200, 350)), data.draw(st.floats(500, 800)), points)
    beta = beta_of(temperature)
    middle = beta[-1] + place * (beta[0] - beta[-1])
    parameters = [prefactor, formation, migration, middle - np.log(2) / migration]
    found = fit(temperature, log_conductivity("quasi_ion", parameters, temperature), "quasi_ion")
    # 1e-6: a weak bend loses up to nine of fifteen digits
    np.testing.assert_allclose(found.parameters, parameters, rtol=1e-6, atol=1e-6)
    assert found.exact


def test_order_of_rows_and_start_do_not_matter():
    random = np.random.default_rng(3)
    values = noisy()
    reference = fit(FEW, values, "quasi_ion")
    alone = fit(FEW, values, "vogel_tammann_fulcher")
    for _ in range(300):
        order = random.permutation(FEW.size)
        start = random.uniform([-50, 0, 0.01, -60], [50, 5, 5, 100])
        found = fit(FEW[order], values[order], "quasi_ion", start=start)
        np.testing.assert_array_equal(found.parameters, reference.parameters)
        assert found.rss == reference.rss
        start = random.uniform([-50, 0, 0], [50, 5, 400])
        found = fit(FEW[order], values[order], "vogel_tammann_fulcher", start=start)
        np.testing.assert_array_equal(found.parameters, alone.parameters)
    for model in MODELS:
        reversed_rows = fit(FEW[::-1], values[::-1], model, start=CURVES[model])
        np.testing.assert_array_equal(reversed_rows.parameters, fit(FEW, values, model).parameters)


def test_start_in_the_mirror_image_is_refused():
    with pytest.raises(ValueError, match="migration_energy_eV must be finite and above 0"):
        fit(FEW, noisy(), "quasi_ion", start=mirror_parameters(ANTIMONY))


def random_series(random):
    """A curve of some model, or no curve at all, in a random window."""
    coldest = random.uniform(200, 450)
    temperature = random.uniform(coldest, coldest + random.uniform(40, 500), random.integers(6, 25))
    beta = beta_of(temperature)
    model = random.choice(["quasi_ion", "vogel_tammann_fulcher", "two_segment", "none"])
    if model == "quasi_ion":
        parameters = random.uniform([-5, 0, 0.02, beta.min() - 20], [10, 0.6, 1.5, beta.max() + 5])
    elif model == "vogel_tammann_fulcher":
        parameters = random.uniform([2, 0.02, 0], [2, 0.3, coldest - 20])
    else:
        parameters = random.uniform([2, 0, 0, beta.min()], [2, 0.6, 1, beta.max()])
    if model == "none":
        return temperature, random.normal(0, 2, temperature.size)
    noise = random.choice([0.01, 0.05, 0.3, 1.0])
    return temperature, log_conductivity(model, parameters, temperature) + random.normal(0, noise, temperature.size)


def best_of_scipy(found, starts, random):
    """Smallest sum of squares of scipy's least_squares from random starts in the box of the fit.

    The midpoint stands for beta0, as in the bounds; everything else is written anew, derivatives too.
    """
    model = found.model
    low, high = np.array([(-np.inf, np.inf), *found.bounds.values()]).T

    def reported(p):
        return [*p[:3], p[3] - np.log(2) / p[2]] if model == "quasi_ion" else p

    def residuals(p):
        return log_conductivity(model, reported(p), found.temperature_K) - found.log_conductivity

    def jacobian(p):
        derivatives = log_conductivity_derivatives(model, reported(p), found.temperature_K)
        if model == "quasi_ion":
            derivatives[:, 2] += derivatives[:, 3] * np.log(2) / p[2] ** 2
        return derivatives

    best = np.inf
    for _ in range(starts):
        p = np.array([0.0, *random.uniform(low[1:], high[1:])])
        p[0] = -residuals(p).mean()
        result = least_squares(
            residuals, p, jacobian, (low, high), x_scale="jac", xtol=1e-10, ftol=1e-10, gtol=1e-10, max_nfev=60
        )
        best = min(best, 2 * result.cost)
    return best


@pytest.mark.parametrize(("model", "count"), [("quasi_ion", 26), ("vogel_tammann_fulcher", 7), ("two_segment", 7)])
def test_no_start_of_scipy_finds_a_better_optimum(model, count):
    random = np.random.default_rng(11)
    reached = 0
    for _ in range(count):
        found = fit(*random_series(random), model)
        residuals = found.curve(found.temperature_K) - found.log_conductivity
        assert found.rss == pytest.approx((residuals**2).sum(), rel=1e-8)  # of the parameters that are reported
        best = best_of_scipy(found, 30, random)
        assert found.rss <= best * (1 + NO_WORSE)
        reached += best <= found.rss * (1 + 1e-6)
    assert reached >= count // 2  # the comparison means something: scipy often arrives at the same optimum


@pytest.mark.parametrize("seed", range(8))
def test_narrow_and_curved_valleys_are_followed_to_their_end(seed):
    """No parameter that is at no bound has a gradient by which, within the box, the sum of squares could still fall."""
    random = np.random.default_rng(100 + seed)
    for _ in range(25):
        found = fit(*random_series(random), "quasi_ion")
        jacobian = log_conductivity_derivatives("quasi_ion", found.parameters, found.temperature_K)
        jacobian[:, 2] += jacobian[:, 3] * np.log(2) / found.parameters[2] ** 2
        residuals = found.log_conductivity - found.curve(found.temperature_K)
        free = np.array([not side for side in found.at_bound])
        scale = np.linalg.norm(jacobian, axis=0)
        free &= scale > 0  # a weight that rounds to 0 at all points has no gradient
        gradient = np.abs(jacobian.T @ residuals)[free]
        width = np.array([np.inf, *np.ptp(list(found.bounds.values()), axis=1)])[free]
        gain = gradient * np.minimum(gradient / scale[free] ** 2, width) / found.rss
        rounding = 1e-13 * (1 + np.abs(found.log_conductivity).max() + np.abs(found.parameters).max()) / found.rmse
        assert gain.max() <= 1e-12 + rounding


def test_optimum_is_converged():
    """Gauss-Newton steps from the optimum, which converge to it linearly, stay within the tolerance."""
    for model in ("vogel_tammann_fulcher", "quasi_ion"):
        found = fit(FEW, noisy(model), model)
        jacobian = log_conductivity_derivatives(model, found.parameters, FEW)
        scale = np.linalg.norm(jacobian, axis=0)
        step, *_ = np.linalg.lstsq(jacobian / scale, noisy(model) - found.curve(FEW), rcond=None)
        np.testing.assert_array_less(np.abs(step / scale), CONVERGED * np.maximum(np.abs(found.parameters), 1))


def test_two_segments_against_every_knot():
    beta = beta_of(FEW)
    for seed in range(10):
        values = noisy("two_segment", noise=0.4, seed=seed)
        found = fit(FEW, values, "two_segment")
        knots = np.linspace(*found.bounds["knot_inverse_temperature_per_eV"], 4001)
        best = np.inf
        for knot in knots:
            one = np.ones(15)  # of either sign, so that only the slopes are held at 0 and above
            columns = np.stack([one, -one, -np.minimum(beta, knot), -np.maximum(beta - knot, 0)], axis=1)
            best = min(best, nnls(columns, values)[1] ** 2)
        assert found.rss <= best * (1 + NO_WORSE)
        assert found.rss == pytest.approx(best, rel=1e-3)  # the scan misses the best knot by up to 1/8000 of the range


def test_standard_errors_of_the_notes():
    """Noise 0.05: errors of Et, Ea0, beta0 of .011, .009, .23, correlation of Et with ln s0 of .996, to their digits.

    6 %: half the last printed digit, as the notes round.
    """
    spread = []
    for seed in range(40):
        found = fit(FEW, noisy(seed=seed), "quasi_ion")
        scale = 0.05 / np.sqrt(found.rss / found.degrees_of_freedom)
        spread.append(found.standard_errors * scale)
        correlation = found.covariance / np.outer(found.standard_errors, found.standard_errors)
        assert correlation[0, 1] == pytest.approx(0.996, abs=2e-3)
    np.testing.assert_allclose(np.median(spread, axis=0)[1:], [0.011, 0.009, 0.23], rtol=0.06)


@pytest.mark.parametrize("model", ["arrhenius", "arrhenius_power", "quadratic"])
def test_linear_models_have_the_covariance_of_the_textbook(model):
    found = fit(FEW, noisy(), model)
    beta = beta_of(found.temperature_K)
    columns = {
        "arrhenius": [beta**0, -beta],
        "arrhenius_power": [beta**0, -beta, -np.log(beta)],
        "quadratic": [beta**0, beta, beta**2],
    }[model]
    design = np.stack(columns, axis=1)
    solution, rss, *_ = np.linalg.lstsq(design, found.log_conductivity, rcond=None)
    np.testing.assert_allclose(found.parameters, solution, rtol=1e-8)  # condition of the uncentred columns
    assert found.rss == pytest.approx(rss[0], rel=1e-9)
    expected = np.linalg.inv(design.T @ design) * rss[0] / found.degrees_of_freedom
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-5)  # the normal equations square the condition


def test_criteria():
    found = fit(FEW, noisy(), "quasi_ion")
    n, k = 15, 5
    assert found.aicc == pytest.approx(n * np.log(found.rss / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1))
    assert found.bic == pytest.approx(n * np.log(found.rss / n) + k * np.log(n))
    assert found.criteria_reason == ""
    few = fit(FEW[::3], noisy()[::3], "quasi_ion")
    assert (few.points, few.degrees_of_freedom) == (5, 1)
    assert few.aicc is None
    assert few.bic == pytest.approx(5 * np.log(few.rss / 5) + k * np.log(5))
    assert few.criteria_reason == "AICc needs 7 points or more for 4 parameters and the noise, got 5"


def test_as_many_points_as_parameters_leave_no_error():
    temperature = np.array([300.0, 350.0, 420.0, 500.0])
    values = log_conductivity("quasi_ion", ANTIMONY, temperature)
    values[1:3] += [0.01, -0.01]
    found = fit(temperature, values, "quasi_ion")
    assert found.degrees_of_freedom == 0
    assert np.all(found.standard_errors == np.inf)
    assert found.aicc is None
    assert found.criteria_reason
    assert leave_one_out_rmse(found) is None


def test_parameters_at_bounds_are_told_and_have_no_error():
    # bent the other way: no formation energy is small enough
    beta = beta_of(FEW)
    found = fit(FEW, 3 - 0.3 * beta + 0.003 * (beta - 28) ** 2, "vogel_tammann_fulcher")
    assert found.at_bound == ("", "", "lower")
    assert found.values["vogel_temperature_K"] == 0.0
    assert np.isinf(found.standard_errors[2])
    assert np.isfinite(found.standard_errors[:2]).all()
    assert not np.isnan(found.covariance).any()
    line = fit(FEW, -1 + 0.1 * beta, "arrhenius")
    assert line.at_bound == ("", "lower")
    assert line.values["activation_energy_eV"] == 0.0
    assert line.values["log_prefactor"] == pytest.approx((-1 + 0.1 * beta).mean(), rel=1e-14)


def test_bounds_of_the_caller_hold():
    values = noisy()
    narrow = {"carrier_formation_energy_eV": (0.2, 0.3), "midpoint_inverse_temperature_per_eV": (20.0, 29.0)}
    found = fit(FEW, values, "quasi_ion", bounds=narrow)
    assert found.values["carrier_formation_energy_eV"] == 0.2
    assert found.at_bound[1] == "lower"
    assert 20.0 <= midpoint_inverse_temperature_per_eV(found.parameters) <= 29.0
    assert found.bounds["migration_energy_eV"] == default_bounds(FEW, "quasi_ion")["migration_energy_eV"]
    assert found.rss > fit(FEW, values, "quasi_ion").rss
    assert list(found.bounds) == [p.bounded_by for p in MODELS["quasi_ion"].parameters[1:]]
    assert found.rss <= best_of_scipy(found, 20, np.random.default_rng(0)) * (1 + NO_WORSE)


@pytest.mark.parametrize("model", MODELS)
def test_many_series_are_fitted_as_each_alone(model):
    random = np.random.default_rng(5)
    series = [random_series(random) for _ in range(12)]
    together = fit_many(series, model)
    for (temperature, values), found in zip(series, together, strict=True):
        alone = fit(temperature, values, model)
        np.testing.assert_array_equal(found.parameters, alone.parameters)
        assert found.rss == alone.rss
        np.testing.assert_array_equal(found.standard_errors, alone.standard_errors)
    assert fit_many([], model) == []


@pytest.mark.parametrize("model", MODELS)
def test_refits_and_held_optima_agree_with_the_fit(model):
    found = fit(FEW, noisy(), model)
    parameters, squares = refit(found, np.stack([found.log_conductivity, found.log_conductivity + 1]))
    np.testing.assert_array_equal(parameters[0], found.parameters)
    assert squares[0] == found.rss
    np.testing.assert_allclose(parameters[1] - parameters[0], [1, *[0] * (MODELS[model].size - 1)], atol=1e-8)
    for j, value in enumerate(found.parameters):
        shift = found.standard_errors[j]
        held, squares = held_optima(found, [j] * 3, value + np.array([-shift, 0.0, shift]))
        np.testing.assert_allclose(held[:, j], value + np.array([-shift, 0, shift]), rtol=1e-12)
        assert squares[1] == pytest.approx(found.rss, rel=1e-7)  # beta0 is held by bisection: flat at the bottom
        assert min(squares[0], squares[2]) > found.rss * (1 + 0.3 / found.degrees_of_freedom)
        residuals = log_conductivity(model, held, found.temperature_K) - found.log_conductivity
        np.testing.assert_allclose((residuals**2).sum(axis=1), squares, rtol=1e-8)


def test_leave_one_out_by_hand():
    values = noisy()
    for model in MODELS:
        found = fit(FEW, values, model)
        errors = []
        for i in range(15):
            rest = np.delete(np.arange(15), i)
            bounds = found.bounds if model != "two_segment" else None
            one = fit(FEW[rest], values[rest], model, bounds=bounds)
            errors.append(values[i] - one.curve(FEW[i]))
        # two segments: the knot of the fit of all points bounds it too, which here it does not reach
        assert leave_one_out_rmse(found) == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-9)
        assert leave_one_out_rmse(found) > found.rmse


def test_repeated_temperatures_are_points_like_others():
    twice = np.concatenate([FEW, FEW])
    values = np.concatenate([noisy(seed=1), noisy(seed=2)])
    for model in MODELS:
        found = fit(twice, values, model)
        mean = fit(FEW, 0.5 * (noisy(seed=1) + noisy(seed=2)), model)
        # 1e-7: the same optimum by way of sums that differ in rounding, conditions up to 1e5
        np.testing.assert_allclose(found.parameters, mean.parameters, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(
    ("temperature", "values", "model", "options", "message"),
    [
        ([300.0, 400.0, 500.0], [1.0, 2.0, 3.0], "quasi_ion", {}, "quasi_ion has 4 parameters .* points, got 3"),
        ([300.0] * 5, [1.0] * 5, "arrhenius", {}, "2 parameters .* different temperatures, got 5 points all at 300 K"),
        ([300.0, 400.0] * 3, [1.0] * 6, "quadratic", {}, "3 parameters .* got 6 points at 2 temperatures"),
        ([300.0, 0.0], [1.0, 2.0], "arrhenius", {}, r"temperature_K must be finite and above 0, got 0\.0"),
        ([300.0, 400.0], [1.0, np.inf], "arrhenius", {}, "log_conductivity must be finite, got inf"),
        ([300.0, 400.0], [1.0, 2.0, 3.0], "arrhenius", {}, r"one length, got the shapes \(2,\) and \(3,\)"),
        ([300.0, 400.0], [1.0, 2.0], "line", {}, "model must be 'arrhenius'"),
        (
            FEW,
            FEW,
            "quasi_ion",
            {"bounds": {"beta0": (1, 2)}},
            "bounds must be 'carrier_formation_energy_eV', .*'beta0'",
        ),
        (FEW, FEW, "arrhenius", {"bounds": {"activation_energy_eV": (2, 1)}}, "the lower one first, got 2.0 and 1.0"),
        (FEW, FEW, "arrhenius", {"bounds": {"activation_energy_eV": 2}}, "must be two numbers, got 2"),
        (FEW, FEW, "quasi_ion", {"bounds": {"migration_energy_eV": (-1, 1)}}, "above 0, got -1"),
        (
            FEW,
            FEW,
            "vogel_tammann_fulcher",
            {"bounds": {"vogel_temperature_K": (0, 298)}},
            r"upper bound of vogel_temperature_K must be finite and below 298 \(the coldest point\), got 298",
        ),
        (FEW, FEW, "two_segment", {"bounds": {"knot_inverse_temperature_per_eV": (1, 2)}}, "must reach into 20"),
        (FEW, FEW, "quasi_ion", {"start": [1.0, 2.0]}, "quasi_ion has 4 parameters"),
        (FEW, FEW, "quasi_ion", {"start": np.ones((2, 4))}, "start must be one set"),
    ],
)
def test_bad_arguments_are_named_with_their_value(temperature, values, model, options, message):
    with pytest.raises(ValueError, match=message):
        fit(temperature, values, model, **options)


def test_the_bad_one_of_many_series_is_named():
    good = (FEW, noisy())
    with pytest.raises(ValueError, match="log_conductivity of series 1 must be finite, got nan"):
        fit_many([good, (FEW, np.full(15, np.nan))], "arrhenius")
    with pytest.raises(ValueError, match="starts must be as many as series, 1, got 2"):
        fit_many([good], "arrhenius", starts=[None, None])


def test_a_line_of_sigma_T_is_found_as_one():
    """ln(sigma T) = ln A - Ea beta: the straight line through ln(sigma T), and its residuals, for one and for many."""
    generator = np.random.default_rng(7)
    beta = 1 / (BOLTZMANN_eV_PER_K * FEW)
    values = 12.0 - 0.38 * beta - np.log(FEW) + generator.normal(0, 0.03, FEW.size)
    found = fit(FEW, values, "arrhenius_sigma_T")
    slope, intercept = np.polyfit(beta, values + np.log(FEW), 1)
    np.testing.assert_allclose(found.parameters, [intercept, -slope], rtol=1e-11)  # rounding of the sums
    assert found.rss == pytest.approx(np.sum((values + np.log(FEW) - intercept - slope * beta) ** 2), rel=1e-9)
    again = fit_many([(FEW, values), (FEW[::-1], values[::-1])], "arrhenius_sigma_T")
    assert all(np.array_equal(one.parameters, found.parameters) for one in again)
    # the power of T = -1 is the same curve with its exponent free
    power = fit(FEW, 12.0 - 0.38 * beta - np.log(FEW), "arrhenius_power")
    np.testing.assert_allclose(power.parameters[1:], [0.38, -1.0], atol=1e-9)  # noise-free: rounding
