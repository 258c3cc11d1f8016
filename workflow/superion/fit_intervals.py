"""What data can say about the parameters of a fitted conductivity model, and which model they prefer.

Profile-likelihood intervals by the F statistic, in which the other parameters are optimised anew and globally at each
held value; bootstrap intervals; a confidence band of the curve; identifiability in plain words; comparison by AICc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtrc, fdtri, stdtrit

from superion.conductivity_fits import Fit, fit, held_optima, refit
from superion.conductivity_models import (
    MODELS,
    log_conductivity,
    log_conductivity_derivatives,
    midpoint_inverse_temperature_per_eV,
    midpoint_temperature_K,
)
from superion.validity import finite_array, integer_array, one_of

__all__ = [
    "Band",
    "BandMethod",
    "Bootstrap",
    "Identifiability",
    "Interval",
    "ModelComparison",
    "arrhenius_p_value",
    "bootstrap",
    "bootstrap_intervals",
    "compare_models",
    "confidence_band",
    "identifiability",
    "profile_intervals",
]

BandMethod = Literal["delta", "bootstrap"]

_DOUBLINGS = 12  # of the first step from the optimum to the farthest look
_END_TOLERANCE = 1e-6  # of an interval's end, over its distance from the optimum
_SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Interval:
    """Confidence interval of one parameter.

    Attributes
    ----------
    parameter : its name, which tells the unit
    estimate, low, high : optimum and ends; an end may be infinite
    confidence : probability
    low_open, high_open : whether the data do not close the interval there: it ends at a bound of its own, or where
        another parameter rests on a bound other than 0
    low_rests_on, high_rests_on : other parameters (`ModelParameter.bounded_by`) that are at a bound at that end
    """

    parameter: str
    estimate: float
    low: float
    high: float
    confidence: float
    low_open: bool = False
    high_open: bool = False
    low_rests_on: tuple[str, ...] = ()
    high_rests_on: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Replicas of a fit: parameters (r, p) and sums of squares (r,)."""

    fitted: Fit
    parameters: NDArray = field(repr=False)
    rss: NDArray = field(repr=False)


@dataclass(frozen=True, eq=False)
class Band:
    """Pointwise confidence band of ln sigma: temperatures in K, curve and ends, all (m,)."""

    temperature_K: NDArray
    log_conductivity: NDArray
    low: NDArray
    high: NDArray
    confidence: float
    method: BandMethod


@dataclass(frozen=True)
class Identifiability:
    """Whether the data determine each parameter, and the reasons where they do not; no reason is no doubt.

    Attributes
    ----------
    identifiable : name of each parameter to whether it is determined
    reasons : plain words
    arrhenius_p_value : of the F test against a plain Arrhenius line, None where there is none
    """

    identifiable: dict[str, bool]
    reasons: tuple[str, ...]
    arrhenius_p_value: float | None


@dataclass(frozen=True)
class ModelComparison:
    """Models of the same data side by side, in the order given; None where a criterion is not defined.

    Attributes
    ----------
    models : keys of `MODELS`
    delta_aicc, delta_bic : distance from the smallest that is defined; None for all where only one is
    akaike_weights : exp(-delta_aicc/2), normalised over those that are defined
    best : the model of the smallest AICc, None where fewer than two are defined
    support : "best", "as good" (delta AICc < 2), "weaker" (< 10), "none" (from 10), or "undefined"
    """

    models: tuple[str, ...]
    delta_aicc: tuple[float | None, ...]
    delta_bic: tuple[float | None, ...]
    akaike_weights: tuple[float | None, ...]
    best: str | None
    support: tuple[str, ...]


def _checked_confidence(confidence: float) -> float:
    return float(finite_array("confidence", confidence, above=0.0, below=1.0))


def _own_bounds(fitted: Fit) -> NDArray:
    """(p, 2) bounds of each parameter; those of beta0 follow from the box of (Ea0, beta_mid)."""
    bounds = [(-np.inf, np.inf), *fitted.bounds.values()]
    if fitted.model == "quasi_ion":
        energies, midpoints = bounds[2], bounds[3]
        bounds[3] = midpoints[0] - np.log(2.0) / energies[0], midpoints[1] - np.log(2.0) / energies[1]
    return np.array(bounds)


def profile_intervals(fitted: Fit, confidence: float = 0.95) -> tuple[Interval, ...]:
    """Profile-likelihood interval of each parameter, by the F statistic.

    All values theta for which RSS(theta), optimised over the other parameters within their bounds, is at most
    RSS_min [1 + F(confidence; 1, n-p)/(n-p)]; where these are several stretches, from the first to the last. Without
    degrees of freedom an interval is all that the bounds allow, and open; that of an exact fit is its optimum.

    Parameters
    ----------
    fitted : the fit
    confidence : probability, between 0 and 1

    Raises
    ------
    ValueError
        The confidence is not between 0 and 1.
    """
    confidence = _checked_confidence(confidence)
    names = MODELS[fitted.model].parameter_names
    bounds, estimate, freedom = _own_bounds(fitted), fitted.parameters, fitted.degrees_of_freedom
    if not freedom:
        return tuple(
            Interval(name, value, low, high, confidence, True, True)
            for name, value, (low, high) in zip(names, estimate.tolist(), bounds.tolist(), strict=True)
        )
    if fitted.exact:
        return tuple(Interval(name, v, v, v, confidence) for name, v in zip(names, estimate.tolist(), strict=True))
    limit = fitted.rss * (1.0 + float(fdtri(1, freedom, confidence)) / freedom)
    ends, reached = _profile_ends(fitted, bounds, limit)
    count = len(names)
    index = np.repeat(np.arange(count), 2)
    finite = np.isfinite(ends.ravel())
    parameters = np.full((2 * count, count), np.nan)
    parameters[finite] = held_optima(fitted, index[finite], ends.ravel()[finite])[0]
    rests = [_resting(fitted, index[row], parameters[row]) for row in range(2 * count)]
    intervals = []
    for j, name in enumerate(names):
        sides = rests[2 * j], rests[2 * j + 1]
        is_open = [bool(reached[j, side]) or any(not zero for _, zero in sides[side]) for side in (0, 1)]
        intervals.append(
            Interval(
                name,
                float(estimate[j]),
                float(ends[j, 0]),
                float(ends[j, 1]),
                confidence,
                *is_open,
                tuple(key for key, _ in sides[0]),
                tuple(key for key, _ in sides[1]),
            )
        )
    return tuple(intervals)


def _resting(fitted: Fit, held: int, parameters: NDArray) -> list[tuple[str, bool]]:
    """Keys of the parameters other than the held one that are at a bound, and whether that bound is 0."""
    if np.isnan(parameters).any():
        return []
    values = list(parameters[1:])
    if fitted.model == "quasi_ion":
        values[2] = float(midpoint_inverse_temperature_per_eV(parameters))
    found = []
    for j, (value, (key, pair)) in enumerate(zip(values, fitted.bounds.items(), strict=True), start=1):
        near = [bound for bound in pair if np.isfinite(bound) and abs(value - bound) <= 1e-9 * (1.0 + abs(bound))]
        if near and j != held:
            found.append((key, near[0] == 0.0))
    return found


def _profile_ends(fitted: Fit, bounds: NDArray, limit: float) -> tuple[NDArray, NDArray]:
    """Ends (p, 2) of the intervals, and whether the sum of squares is still below the limit at the bound there."""
    count = fitted.parameters.size
    estimate = np.repeat(fitted.parameters, 2)
    sign = np.tile([-1.0, 1.0], count)
    bound = bounds.ravel()
    index = np.repeat(np.arange(count), 2)
    step = _first_steps(fitted, bounds)
    looks = estimate[:, None] + sign[:, None] * np.repeat(step, 2)[:, None] * 2.0 ** np.arange(_DOUBLINGS)
    looks = np.column_stack([looks, np.where(np.isfinite(bound), bound, looks[:, -1])])
    looks = np.where(sign[:, None] > 0, np.minimum(looks, bound[:, None]), np.maximum(looks, bound[:, None]))
    looks[:, :-1] = np.where(looks[:, :-1] == bound[:, None], np.nan, looks[:, :-1])  # the bound is looked at once
    wanted = np.isfinite(looks)
    squares = np.full(looks.shape, np.inf)
    rows, columns = np.nonzero(wanted)
    squares[rows, columns] = held_optima(fitted, index[rows], looks[rows, columns])[1]

    # the farthest look within the limit and the next one beyond it enclose an end
    within = squares <= limit
    inside, at_inside = estimate.copy(), np.full(2 * count, fitted.rss)
    outside, at_outside = np.empty(2 * count), np.full(2 * count, np.inf)
    reached = np.zeros(2 * count, dtype=bool)
    for row in range(2 * count):
        places = np.flatnonzero(wanted[row])
        last = np.flatnonzero(within[row, places])
        following = 0
        if last.size:
            inside[row], at_inside[row] = looks[row, places[last[-1]]], squares[row, places[last[-1]]]
            following = last[-1] + 1
        if following == places.size or estimate[row] == bound[row]:
            reached[row] = True
        else:
            outside[row], at_outside[row] = looks[row, places[following]], squares[row, places[following]]
    ends = np.where(np.isfinite(bound), bound, sign * np.inf)
    open_rows = reached.copy()
    active = np.flatnonzero(~open_rows)

    def height(values: NDArray) -> NDArray:
        # nearly linear in the distance from the optimum; inf stays inf
        return np.sqrt(np.maximum(values - fitted.rss, 0.0) / (limit - fitted.rss)) - 1.0

    low, high = height(at_inside), height(at_outside)
    side = np.zeros(2 * count, dtype=int)
    for turn in range(60):
        if not active.size:
            break
        a, b, fa, fb = inside[active], outside[active], low[active], high[active]
        weight = np.full(active.size, 0.5)
        if turn % 3 != 2:
            np.divide(-fa, fb - fa, out=weight, where=np.isfinite(fb) & (fb > fa))
        middle = a + np.clip(weight, 1e-3, 1.0 - 1e-3) * (b - a)
        value = height(held_optima(fitted, index[active], middle)[1])
        below = value <= 0.0
        inside[active] = np.where(below, middle, a)
        outside[active] = np.where(below, b, middle)
        # Illinois: the end that stays twice is pulled in
        low[active] = np.where(below, value, np.where(side[active] == 1, 0.5 * fa, fa))
        high[active] = np.where(below, np.where(side[active] == -1, 0.5 * fb, fb), value)
        side[active] = np.where(below, -1, 1)
        ends[active] = np.where(below, middle, inside[active])
        far = np.maximum(np.abs(inside[active] - estimate[active]), 1e-3 * np.repeat(step, 2)[active])
        active = active[np.abs(outside[active] - inside[active]) > _END_TOLERANCE * far]
    return ends.reshape(count, 2), reached.reshape(count, 2)


def _first_steps(fitted: Fit, bounds: NDArray) -> NDArray:
    """Standard errors, or where there are none a part of the range."""
    width = bounds[:, 1] - bounds[:, 0]
    part = np.where(np.isfinite(width), width / 256.0, 1e-3 * (1.0 + np.abs(fitted.parameters)))
    errors = fitted.standard_errors
    return np.where(np.isfinite(errors) & (errors > 0.0), np.minimum(errors, width / 4.0), part)


def _leverages(fitted: Fit) -> NDArray:
    """(n,) diagonal of the projector onto the tangent of the curve, parameters at bounds held."""
    jacobian = _free_derivatives(fitted, fitted.temperature_K)
    left, singular, _ = np.linalg.svd(jacobian, full_matrices=False)
    return (left[:, singular > 1e-12 * singular[0]] ** 2).sum(axis=1)


def _free_derivatives(fitted: Fit, temperature_K: NDArray) -> NDArray:
    """Derivatives by the parameters that are not at a bound, (m, free), in units that make them comparable."""
    jacobian = log_conductivity_derivatives(fitted.model, fitted.parameters, temperature_K)
    own = jacobian
    if temperature_K is not fitted.temperature_K:
        own = log_conductivity_derivatives(fitted.model, fitted.parameters, fitted.temperature_K)
    if fitted.model == "quasi_ion":  # what is bounded is beta_mid = beta0 + ln 2/Ea0
        turn = np.eye(4)
        turn[3, 2] = np.log(2.0) / fitted.parameters[2] ** 2
        jacobian, own = jacobian @ turn, own @ turn
    scale = np.sqrt((own**2).sum(axis=0))
    free = np.array([not side for side in fitted.at_bound]) & (scale > 0.0)
    return jacobian[:, free] / scale[free]


def bootstrap(fitted: Fit, seed: np.random.SeedSequence, replicas: int = 200) -> Bootstrap:
    """Fits to the curve plus residuals drawn anew, in one compiled call.

    Residuals are divided by sqrt(1 - leverage), so that their spread is that of the noise, and centred. Replica i
    draws from the i-th child of the seed: more replicas leave the first ones as they are, and the seed is not changed.

    Parameters
    ----------
    fitted : a fit with degrees of freedom
    seed : numpy SeedSequence
    replicas : how many, >= 1

    Raises
    ------
    ValueError
        The fit has no degrees of freedom, or replicas is not a whole number >= 1.
    """
    replicas = int(integer_array("replicas", replicas, at_least=1))
    if not fitted.degrees_of_freedom:
        raise ValueError(f"residuals say nothing without degrees of freedom: {fitted.points} points for {fitted.model}")
    curve = fitted.curve(fitted.temperature_K)
    spare = 1.0 - _leverages(fitted)
    residuals = np.where(spare > 1e-9, fitted.log_conductivity - curve, 0.0) / np.sqrt(np.maximum(spare, 1e-9))
    residuals -= residuals.mean()
    drawn = np.empty((replicas, fitted.points), dtype=np.int64)
    for i in range(replicas):
        child = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, i), pool_size=seed.pool_size)
        drawn[i] = np.random.default_rng(child).integers(fitted.points, size=fitted.points)
    parameters, rss = refit(fitted, curve + residuals[drawn])
    return Bootstrap(fitted, parameters, rss)


def bootstrap_intervals(replicas: Bootstrap, confidence: float = 0.95) -> tuple[Interval, ...]:
    """Percentile intervals of each parameter; open where the end is at a bound of its own.

    Raises
    ------
    ValueError
        The confidence is not between 0 and 1.
    """
    confidence = _checked_confidence(confidence)
    fitted = replicas.fitted
    tails = [0.5 * (1.0 - confidence), 0.5 * (1.0 + confidence)]
    ends = np.quantile(replicas.parameters, tails, axis=0).T
    bounds = _own_bounds(fitted)
    if fitted.model == "quasi_ion":
        middles = np.quantile(midpoint_inverse_temperature_per_eV(replicas.parameters), tails)
        at_midpoint = np.abs(middles - fitted.bounds["midpoint_inverse_temperature_per_eV"]) <= 1e-9
    intervals = []
    for j, name in enumerate(MODELS[fitted.model].parameter_names):
        is_open = np.abs(ends[j] - bounds[j]) <= 1e-9 * (1.0 + np.abs(ends[j]))
        if fitted.model == "quasi_ion" and j == 3:
            is_open = is_open | at_midpoint
        intervals.append(Interval(name, float(fitted.parameters[j]), *ends[j].tolist(), confidence, *is_open.tolist()))
    return tuple(intervals)


def confidence_band(
    fitted: Fit,
    temperature_K: ArrayLike,
    confidence: float = 0.95,
    *,
    method: BandMethod = "delta",
    replicas: Bootstrap | None = None,
) -> Band:
    """Pointwise confidence band of the curve ln sigma(T); of the curve, not of new points.

    The delta method (curve -+ t times its standard error, parameters at bounds held) is the default. On synthetic
    quasi-ion curves of 15 points its 95 % band held the true curve in 95 % of cases, the percentiles of 200 bootstrap
    replicas in 92 % (8 points: 96 and 87 %).

    Parameters
    ----------
    fitted : the fit
    temperature_K : (m,) temperatures, K, > 0, above T0
    method : "delta" or "bootstrap"
    replicas : for "bootstrap"; those of this fit

    Raises
    ------
    ValueError
        As in `log_conductivity`; the fit has no degrees of freedom; the method is not known or lacks its replicas.
    """
    confidence = _checked_confidence(confidence)
    one_of("method", method, get_args(BandMethod))
    temperature = np.atleast_1d(finite_array("temperature_K", temperature_K, above=0.0))
    curve = fitted.curve(temperature)
    if not fitted.degrees_of_freedom:
        raise ValueError(f"no band without degrees of freedom: {fitted.points} points for {fitted.model}")
    if method == "bootstrap":
        if replicas is None or replicas.fitted is not fitted:
            raise ValueError("replicas of this fit are needed for a band by bootstrap")
        curves = log_conductivity(fitted.model, replicas.parameters, temperature)
        low, high = np.quantile(curves, [0.5 * (1.0 - confidence), 0.5 * (1.0 + confidence)], axis=0)
        return Band(temperature, curve, low, high, confidence, method)
    own = _free_derivatives(fitted, fitted.temperature_K)
    _, singular, right = np.linalg.svd(own, full_matrices=False)
    known = singular > 1e-12 * singular[0]
    spread = _free_derivatives(fitted, temperature) @ (right[known].T / singular[known])
    variance = (spread**2).sum(axis=1) * fitted.rss / fitted.degrees_of_freedom
    half = float(stdtrit(fitted.degrees_of_freedom, 0.5 * (1.0 + confidence))) * np.sqrt(variance)
    return Band(temperature, curve, curve - half, curve + half, confidence, method)


def arrhenius_p_value(fitted: Fit) -> float | None:
    """Probability by the F test that a plain Arrhenius line would look as bent as this fit.

    Every other model contains the line, at most as a limit. Where the line leaves parameters undefined (quasi_ion,
    two_segment) or a bound cuts the bend to one side, the F distribution is an approximation: on straight lines of 15
    points p < 0.05 came in 1.5 % (quasi_ion), 3 % (vogel_tammann_fulcher) and 6 % (two_segment) of cases. None for the
    line itself, for an exact fit and without degrees of freedom.
    """
    if fitted.parameters.size < 3 or fitted.exact or not fitted.degrees_of_freedom:
        return None
    line = fit(fitted.temperature_K, fitted.log_conductivity, "arrhenius")
    more = fitted.parameters.size - 2
    ratio = max(line.rss - fitted.rss, 0.0) / more / (fitted.rss / fitted.degrees_of_freedom)
    return float(fdtrc(more, fitted.degrees_of_freedom, ratio))


def _words(name: str) -> str:
    for unit in ("_per_eV", "_eV2", "_eV", "_K"):
        name = name.removesuffix(unit)
    return name.replace("_", " ")


def identifiability(fitted: Fit, intervals: Sequence[Interval] | None = None) -> Identifiability:
    """What the data do not determine, and why.

    A parameter counts as identifiable if there are degrees of freedom, it is at no bound, its profile interval is
    closed at both ends and, where a plain Arrhenius line leaves it undefined (quasi_ion, two_segment), the fit is
    better than that line at 5 %. Where the window misses the midpoint of a quasi-ion curve, the slope of the side it
    shows is all that counts.

    Parameters
    ----------
    fitted : the fit
    intervals : its `profile_intervals`, computed at 95 % if not given
    """
    intervals = profile_intervals(fitted) if intervals is None else intervals
    model = MODELS[fitted.model]
    reasons: list[str] = []
    good = dict.fromkeys(model.parameter_names, True)
    if not fitted.degrees_of_freedom:
        reasons.append(f"no degrees of freedom: {fitted.points} points for {model.size} parameters")
        good = dict.fromkeys(good, False)
    if fitted.exact and fitted.degrees_of_freedom:
        reasons.append("the curve meets all points to rounding: no noise to judge by")
    for parameter, side, error in zip(model.parameters, fitted.at_bound, fitted.standard_errors, strict=True):
        if side:
            low, high = fitted.bounds[parameter.bounded_by]
            bound = low if side == "lower" else high
            reasons.append(f"{_words(parameter.bounded_by)} at its {side} bound ({bound:.4g} {parameter.unit})")
        elif fitted.degrees_of_freedom and not np.isfinite(error):
            reasons.append(f"the curve does not depend on {_words(parameter.name)}")
        if side or not np.isfinite(error):
            good[parameter.name] = False
    if fitted.model == "quasi_ion":
        _judge_midpoint(fitted, reasons, good)
    if fitted.degrees_of_freedom:
        for one in intervals:
            if one.low_open or one.high_open:
                where = "at both ends" if one.low_open and one.high_open else "below" if one.low_open else "above"
                reasons.append(f"interval of {_words(one.parameter)} is open {where}")
                good[one.parameter] = False
    p_value = arrhenius_p_value(fitted)
    if p_value is not None and p_value > _SIGNIFICANCE:
        reasons.append(f"not better than a plain Arrhenius line (F test p = {p_value:.2g})")
        if fitted.model in ("quasi_ion", "two_segment"):
            good = dict.fromkeys(good, False)
    return Identifiability(good, tuple(reasons), p_value)


def _judge_midpoint(fitted: Fit, reasons: list[str], good: dict[str, bool]) -> None:
    coldest, hottest = fitted.temperature_K[-1], fitted.temperature_K[0]
    middle = float(midpoint_temperature_K(fitted.parameters))
    if coldest <= middle <= hottest:
        return
    told = f"T_mid = {middle:.0f} K" if 0.0 < middle < np.inf else "1/kT of the midpoint is not positive"
    reasons.append(f"the window misses the midpoint ({told}, data from {coldest:.0f} to {hottest:.0f} K)")
    # beyond the hot end Et never shows, beyond the cold end Et + Ea0 never does: either way the split is open
    for name in ("migration_energy_eV", "characteristic_inverse_temperature_per_eV"):
        good[name] = False
    if not 0.0 < middle < hottest:
        good["carrier_formation_energy_eV"] = good["log_prefactor"] = False


def compare_models(fits: Sequence[Fit]) -> ModelComparison:
    """Models of the same data by AICc and BIC, with Akaike weights.

    Raises
    ------
    ValueError
        There is no fit, or the fits are not of the same data.
    """
    if not fits:
        raise ValueError("fits must hold one fit or more")
    for other in fits[1:]:
        if not (
            np.array_equal(other.temperature_K, fits[0].temperature_K)
            and np.array_equal(other.log_conductivity, fits[0].log_conductivity)
        ):
            raise ValueError(f"criteria compare fits of the same data; {other.model} and {fits[0].model} differ")
    # A criterion that only one model has, because the others have too many parameters for it, compares nothing.
    delta_aicc = _distances([one.aicc for one in fits])
    likelihood = [None if delta is None else float(np.exp(-0.5 * delta)) for delta in delta_aicc]
    total = sum(value for value in likelihood if value is not None)
    best = next((one.model for one, delta in zip(fits, delta_aicc, strict=True) if delta == 0.0), None)
    return ModelComparison(
        tuple(one.model for one in fits),
        delta_aicc,
        _distances([one.bic for one in fits]),
        tuple(None if value is None else value / total for value in likelihood),
        best,
        tuple(_support(one.model == best, delta) for one, delta in zip(fits, delta_aicc, strict=True)),
    )


def _distances(values: list[float | None]) -> tuple[float | None, ...]:
    known = [value for value in values if value is not None]
    return tuple(None if value is None or len(known) < 2 else value - min(known) for value in values)


def _support(best: bool, delta: float | None) -> str:
    if delta is None:
        return "undefined"
    return "best" if best else "as good" if delta < 2.0 else "weaker" if delta < 10.0 else "none"
