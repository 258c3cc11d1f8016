"""Least squares of the models of `superion.conductivity_models` on measured ln sigma(T).

Every fit is bounded, global within its bounds and deterministic: the order of the rows and the start do not matter.
The linear parameters follow from the nonlinear ones, of which there are two at most; these are searched on a grid over
the whole box, and each local minimum of the grid is refined. Bounds are data (`default_bounds`), and parameters at a
bound are reported. Residuals are those of ln sigma, all of one weight; the RMSE is sqrt(RSS/n).

For quasi_ion the midpoint beta_mid = beta0 + ln 2/Ea0 is bounded in the place of beta0: it is where the curve bends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.conductivity_models import (
    MODELS,
    log_conductivity,
    log_conductivity_derivatives,
    log_temperature_offset,
    parameter_array,
)
from superion.units import BOLTZMANN_eV_PER_K, inverse_thermal_energy_per_eV
from superion.validity import finite_array, one_of

__all__ = [
    "Fit",
    "default_bounds",
    "fit",
    "fit_many",
    "held_optima",
    "leave_one_out_rmse",
    "refit",
]

Bounds = Mapping[str, tuple[float, float]]

_LARGEST_ENERGY_eV = 5.0
_SMALLEST_MIGRATION_ENERGY_eV = 0.01
_BELOW_COLDEST_K = 1.0
_EXACT = 1e-11  # an RMSE below this times the magnitude of ln sigma is rounding


@dataclass(frozen=True, eq=False)
class Fit:
    """Optimum of one model on one series.

    Attributes
    ----------
    model : a key of `MODELS`
    parameters : (p,) in the order of the model
    rss : sum of the squared residuals of ln sigma
    rmse : sqrt(rss/n)
    points : n
    degrees_of_freedom : n - p
    standard_errors : (p,) from the Jacobian at the optimum; inf where there are no degrees of freedom, the parameter is
        at a bound, or the data do not determine it. Those of other parameters hold the ones at bounds.
    covariance : (p, p); inf on the diagonal where the standard error is, with 0 beside it
    at_bound : (p,) "", "lower" or "upper"; of beta0 it is the bound of the midpoint
    exact : whether the curve meets the points to rounding
    aicc, bic : n ln(RSS/n) + 2k + 2k(k+1)/(n-k-1) and n ln(RSS/n) + k ln n, with k = p + 1 counting the variance of the
        noise; None where not defined
    criteria_reason : why one of them is not defined, or ""
    bounds : key (`ModelParameter.bounded_by`) to (low, high), the ones used
    temperature_K, log_conductivity : (n,) the data, sorted by 1/T, then ln sigma
    """

    model: str
    parameters: NDArray
    rss: float
    rmse: float
    points: int
    degrees_of_freedom: int
    standard_errors: NDArray
    covariance: NDArray
    at_bound: tuple[str, ...]
    exact: bool
    aicc: float | None
    bic: float | None
    criteria_reason: str
    bounds: dict[str, tuple[float, float]]
    temperature_K: NDArray = field(repr=False)
    log_conductivity: NDArray = field(repr=False)

    @property
    def values(self) -> dict[str, float]:
        """Parameters by name."""
        return dict(zip(MODELS[self.model].parameter_names, self.parameters.tolist(), strict=True))

    def curve(self, temperature_K: ArrayLike) -> NDArray:
        """Fitted ln sigma at temperatures in K; shape and errors as in `log_conductivity`."""
        return log_conductivity(self.model, self.parameters, temperature_K)


def _sorted_series(temperature_K: ArrayLike, log_conductivity: ArrayLike, model: str, which: str) -> tuple:
    temperature = finite_array(f"temperature_K{which}", temperature_K, above=0.0)
    logarithm = finite_array(f"log_conductivity{which}", log_conductivity)
    if temperature.ndim != 1 or temperature.shape != logarithm.shape:
        raise ValueError(
            f"temperature_K{which} and log_conductivity{which} must be two lists of one length, got the shapes "
            f"{temperature.shape} and {logarithm.shape}"
        )
    size, needed = temperature.size, MODELS[model].size
    if size < needed:
        raise ValueError(f"{model} has {needed} parameters and needs as many points{which}, got {size}")
    distinct = np.unique(inverse_thermal_energy_per_eV(temperature)).size
    if distinct < needed:
        at = f"all at {temperature[0]:g} K" if distinct == 1 else f"at {distinct} temperatures"
        raise ValueError(
            f"{model} has {needed} parameters and needs as many different temperatures{which}, got {size} points {at}"
        )
    beta = inverse_thermal_energy_per_eV(temperature)
    order = np.lexsort((logarithm, beta))
    return temperature[order], beta[order], logarithm[order]


def default_bounds(temperature_K: ArrayLike, model: str) -> dict[str, tuple[float, float]]:
    """Bounds that a fit uses where the caller gives none; keys and rules as in `ModelParameter`.

    The prefactor of every model is free. Energies reach from 0 to 5 eV (that beside a power: from 0), migration
    energies of quasi-ions from 0.01 to 5 eV, their midpoints over the window of 1/kT and its width on either side;
    T0 from 0 to 1 K below the coldest point (half its temperature, if that is below 2 K); the knot from the second to
    the last but one different temperature.

    Raises
    ------
    ValueError
        The model is not known, or a temperature is not finite or <= 0.
    """
    temperature = finite_array("temperature_K", temperature_K, above=0.0)
    return _default_bounds(
        np.sort(inverse_thermal_energy_per_eV(np.ravel(temperature))), one_of("model", model, MODELS)
    )


def _default_bounds(beta: NDArray, model: str) -> dict[str, tuple[float, float]]:
    energy, free = (0.0, _LARGEST_ENERGY_eV), (-np.inf, np.inf)
    if model in ("arrhenius", "arrhenius_sigma_T"):
        return {"activation_energy_eV": energy}
    if model == "arrhenius_power":
        return {"activation_energy_eV": (0.0, np.inf), "temperature_exponent": free}
    if model == "vogel_tammann_fulcher":
        coldest = inverse_thermal_energy_per_eV(float(beta[-1]))
        highest = coldest - _BELOW_COLDEST_K if coldest > 2.0 * _BELOW_COLDEST_K else coldest / 2.0
        return {"pseudo_activation_energy_eV": energy, "vogel_temperature_K": (0.0, highest)}
    if model == "quadratic":
        return {"linear_coefficient_eV": free, "quadratic_coefficient_eV2": free}
    if model == "two_segment":
        return {
            "hot_activation_energy_eV": energy,
            "cold_activation_energy_eV": energy,
            "knot_inverse_temperature_per_eV": _knot_bounds(beta),
        }
    width = float(beta[-1] - beta[0])
    return {
        "carrier_formation_energy_eV": energy,
        "migration_energy_eV": (_SMALLEST_MIGRATION_ENERGY_eV, _LARGEST_ENERGY_eV),
        "midpoint_inverse_temperature_per_eV": (float(beta[0]) - width, float(beta[-1]) + width),
    }


def _knot_bounds(beta: NDArray) -> tuple[float, float]:
    distinct = beta[np.concatenate([[True], np.diff(beta) > 0.0])]
    return float(distinct[min(1, distinct.size - 1)]), float(distinct[max(distinct.size - 2, 0)])


def _bounds_of(beta: NDArray, model: str, bounds: Bounds | None) -> dict[str, tuple[float, float]]:
    found = _default_bounds(beta, model)
    for name, pair in (bounds or {}).items():
        one_of("bounds", name, found)
        try:
            low, high = map(float, pair)
        except (TypeError, ValueError):
            raise ValueError(f"bounds of {name} must be two numbers, got {pair!r}") from None
        if not low < high:
            raise ValueError(f"bounds of {name} must be two numbers, the lower one first, got {low!r} and {high!r}")
        found[name] = low, high
        if name.endswith("temperature_per_eV") or name in ("vogel_temperature_K", "migration_energy_eV"):
            above = 0.0 if name == "migration_energy_eV" else -np.inf
            finite_array(f"bounds of {name}", pair, above=above)
        if name == "vogel_temperature_K":
            coldest = float(inverse_thermal_energy_per_eV(beta[-1]))
            finite_array(f"upper bound of {name}", high, below=coldest, meaning="the coldest point")
        if name == "knot_inverse_temperature_per_eV":  # two temperatures on either side whatever the caller says
            first, last = _knot_bounds(beta)
            if high < first or low > last:
                raise ValueError(f"bounds of {name} must reach into {first!r} to {last!r}, got {low!r} and {high!r}")
            found[name] = max(low, first), min(high, last)
    return found


def _box(bounds: Mapping[str, tuple[float, float]]) -> NDArray:
    """(2, p) lower and upper bounds in the order of the model; the prefactor is free."""
    return np.array([(-np.inf, np.inf), *bounds.values()]).T


def _reported(model: str, found: NDArray) -> NDArray:
    """Parameters (..., p) from the optima (..., 4) of the kernel."""
    parameters = found[..., : MODELS[model].size].copy()
    if model == "quasi_ion":
        parameters[..., 3] -= np.log(2.0) / parameters[..., 2]
    return parameters


def _optima(
    model: str,
    beta: NDArray,
    logarithm: NDArray,
    begins: tuple[NDArray, NDArray],
    size: NDArray,
    boxes: NDArray,
    starts: NDArray | None = None,
    characteristic: NDArray | None = None,
) -> tuple[NDArray, NDArray]:
    """Optima (s, 4) of the kernel and their sums of squares (s,), for series that begin in beta and logarithm."""
    from superion.variable_projection import MODEL_CODES, optima  # the compiler costs half a second: only who fits pays

    series = size.size
    if model == "arrhenius_sigma_T":  # a line of ln(sigma T)
        model, logarithm = "arrhenius", np.array(logarithm, dtype=float)
        places = zip(begins[0].tolist(), begins[1].tolist(), size.tolist(), strict=True)
        for at_beta, at, count in dict.fromkeys(places):  # series may share their points
            logarithm[at : at + count] -= log_temperature_offset(beta[at_beta : at_beta + count])
    none = np.full(series, np.nan)
    return optima(
        MODEL_CODES[model],
        BOLTZMANN_eV_PER_K,
        np.require(beta, requirements="CW"),  # one type for the compiled function, also of arrays that are read-only
        np.require(logarithm, requirements="CW"),
        begins[0],
        begins[1],
        size,
        np.ascontiguousarray(boxes[:, 0]),
        np.ascontiguousarray(boxes[:, 1]),
        np.full((series, 2), np.nan) if starts is None else starts,
        none if characteristic is None else characteristic,
    )


def _start_of(model: str, start: ArrayLike | Mapping[str, float] | None) -> NDArray:
    nonlinear = np.full(2, np.nan)
    if start is None:
        return nonlinear
    values = parameter_array(model, start)
    if values.ndim != 1:
        raise ValueError(f"start must be one set of parameters of {model}, got the shape {values.shape}")
    if model == "vogel_tammann_fulcher":
        nonlinear[0] = values[2]
    elif model == "quasi_ion":
        nonlinear[:] = values[2], values[3] + np.log(2.0) / values[2]
    return nonlinear


def fit(
    temperature_K: ArrayLike,
    log_conductivity: ArrayLike,
    model: str,
    *,
    start: ArrayLike | Mapping[str, float] | None = None,
    bounds: Bounds | None = None,
) -> Fit:
    """Least squares of one model on one series, the global optimum within the bounds.

    Parameters
    ----------
    temperature_K : (n,) temperatures, K, > 0, in any order; n and the number of different ones at least p
    log_conductivity : (n,) ln sigma, sigma in S/cm
    model : a key of `MODELS`
    start : parameters of the model (array or mapping) as one more candidate; it cannot make the result worse
    bounds : key (`ModelParameter.bounded_by`) to (low, high), in the place of those of `default_bounds`

    Raises
    ------
    ValueError
        Data are not finite, not of one length, too few, at too few temperatures or at a temperature <= 0; the model or
        the key of a bound is not known; bounds are not in order or leave the model's validity; start does not fit.
    """
    return fit_many([(temperature_K, log_conductivity)], model, starts=[start], bounds=bounds, _label=False)[0]


def fit_many(
    series: Sequence[tuple[ArrayLike, ArrayLike]],
    model: str,
    *,
    starts: Sequence[ArrayLike | Mapping[str, float] | None] | None = None,
    bounds: Bounds | None = None,
    _label: bool = True,
) -> list[Fit]:
    """Least squares of one model on many series of any lengths, in one compiled call.

    Parameters
    ----------
    series : pairs of temperature_K and log_conductivity; arguments and errors as in `fit`, which name the series
    starts : one start or None for each series
    """
    one_of("model", model, MODELS)
    if starts is not None and len(starts) != len(series):
        raise ValueError(f"starts must be as many as series, {len(series)}, got {len(starts)}")
    data = [_sorted_series(*pair, model, f" of series {i}" if _label else "") for i, pair in enumerate(series)]
    if not data:
        return []
    used = [_bounds_of(beta, model, bounds) for _, beta, _ in data]
    size = np.array([beta.size for _, beta, _ in data])
    begin = np.concatenate([[0], np.cumsum(size)[:-1]])
    found, squares = _optima(
        model,
        np.concatenate([beta for _, beta, _ in data]),
        np.concatenate([logarithm for *_, logarithm in data]),
        (begin, begin),
        size,
        np.stack([_box(one) for one in used]),
        None if starts is None else np.stack([_start_of(model, one) for one in starts]),
    )
    return [
        _record(model, temperature, logarithm, one, *optimum)
        for (temperature, _, logarithm), one, *optimum in zip(data, used, found, squares, strict=True)
    ]


def _record(
    model: str,
    temperature: NDArray,
    logarithm: NDArray,
    bounds: dict[str, tuple[float, float]],
    found: NDArray,
    squares: float,
) -> Fit:
    size, rss = temperature.size, float(squares)
    parameters = _reported(model, found)
    count = parameters.size
    low, high = _box(bounds)
    at_bound = tuple(
        "lower" if value <= lowest else "upper" if value >= highest else ""
        for value, lowest, highest in zip(found[:count].tolist(), low.tolist(), high.tolist(), strict=True)
    )
    exact = bool(np.sqrt(rss / size) <= _EXACT * (1.0 + np.abs(logarithm).max()))
    covariance = _covariance(model, parameters, temperature, at_bound, rss)
    aicc, bic, reason = _criteria(size, count + 1, rss, exact)
    errors = np.sqrt(np.diag(covariance))
    for array in (parameters, errors, covariance, temperature, logarithm):
        array.flags.writeable = False
    return Fit(
        model=model,
        parameters=parameters,
        rss=rss,
        rmse=float(np.sqrt(rss / size)),
        points=size,
        degrees_of_freedom=size - count,
        standard_errors=errors,
        covariance=covariance,
        at_bound=at_bound,
        exact=exact,
        aicc=aicc,
        bic=bic,
        criteria_reason=reason,
        bounds=bounds,
        temperature_K=temperature,
        log_conductivity=logarithm,
    )


def _criteria(size: int, count: int, rss: float, exact: bool) -> tuple[float | None, float | None, str]:
    if exact:
        return None, None, "the curve meets all points to rounding: no noise to compare models by"
    spread = size * float(np.log(rss / size))
    bic = spread + count * float(np.log(size))
    if size <= count + 1:
        return None, bic, f"AICc needs {count + 2} points or more for {count - 1} parameters and the noise, got {size}"
    return spread + 2.0 * count + 2.0 * count * (count + 1) / (size - count - 1), bic, ""


def _covariance(
    model: str, parameters: NDArray, temperature: NDArray, at_bound: tuple[str, ...], rss: float
) -> NDArray:
    """Covariance of the free parameters; inf on the diagonal of the others and of what the data do not determine."""
    count = parameters.size
    covariance = np.diag(np.full(count, np.inf))
    free = np.flatnonzero([not side for side in at_bound])
    freedom = temperature.size - count
    if not freedom or not free.size:
        return covariance
    jacobian = log_conductivity_derivatives(model, parameters, temperature)
    to_reported = np.eye(count)
    if model == "quasi_ion":  # the bounds are those of (Ea0, beta_mid): beta0 = beta_mid - ln 2/Ea0
        to_reported[3, 2] = np.log(2.0) / parameters[2] ** 2
        jacobian = jacobian @ to_reported
    jacobian = jacobian[:, free]
    scale = np.sqrt((jacobian**2).sum(axis=0))
    known = scale > 0.0
    _, singular, right = np.linalg.svd(jacobian[:, known] / scale[known], full_matrices=False)
    small = singular <= 1e-10 * singular[0]
    undetermined = (np.abs(right[small]) > 1e-4).any(axis=0)
    right = right[~small] / singular[~small, None]
    block = np.zeros((count, count))
    inside = free[known]
    block[np.ix_(inside, inside)] = right.T @ right / np.outer(scale[known], scale[known]) * (rss / freedom)
    block = to_reported @ block @ to_reported.T
    good = inside[~undetermined]
    if model == "quasi_ion" and 2 in inside[undetermined]:
        good = good[good != 3]  # beta0 follows from the midpoint by way of Ea0
    covariance[np.ix_(good, good)] = block[np.ix_(good, good)]
    return covariance


def refit(fitted: Fit, log_conductivity: ArrayLike) -> tuple[NDArray, NDArray]:
    """The same model, temperatures and bounds with other ln sigma, in one compiled call.

    Parameters
    ----------
    fitted : the fit
    log_conductivity : (r, n) ln sigma at `fitted.temperature_K`

    Returns
    -------
    (r, p) parameters and (r,) sums of squares.

    Raises
    ------
    ValueError
        A value is not finite or the shape does not fit.
    """
    logarithm = finite_array("log_conductivity", log_conductivity)
    if logarithm.ndim != 2 or logarithm.shape[1] != fitted.points:
        raise ValueError(f"log_conductivity must be of shape (r, {fitted.points}), got {logarithm.shape}")
    beta = inverse_thermal_energy_per_eV(fitted.temperature_K)
    rows = len(logarithm)
    begins = np.zeros(rows, dtype=np.int64), np.arange(rows) * fitted.points
    boxes = np.broadcast_to(_box(fitted.bounds), (rows, 2, MODELS[fitted.model].size))
    found, squares = _optima(fitted.model, beta, logarithm.ravel(), begins, np.full(rows, fitted.points), boxes)
    return _reported(fitted.model, found), squares


def held_optima(fitted: Fit, parameter: ArrayLike, value: ArrayLike) -> tuple[NDArray, NDArray]:
    """Optima with one parameter held each time and the others free within their bounds, in one compiled call.

    Parameters
    ----------
    fitted : the fit whose data, model and bounds are used
    parameter : (h,) index of the held parameter
    value : (h,) its value, in K, eV, 1/eV or a number

    Returns
    -------
    (h, p) parameters and (h,) sums of squares; NaN and inf where the bounds do not allow the value.

    Raises
    ------
    ValueError
        A value is not finite.
    """
    index = np.asarray(parameter, dtype=np.int64)
    held = finite_array("value", value)
    boxes = np.repeat(_box(fitted.bounds)[None], held.size, axis=0)
    rows = np.arange(held.size)
    allowed = (held >= boxes[rows, 0, index]) & (held <= boxes[rows, 1, index])
    characteristic = np.full(held.size, np.nan)
    if fitted.model == "quasi_ion":
        of_beta0 = index == 3
        characteristic[of_beta0] = held[of_beta0]
        allowed |= of_beta0  # its bounds are those of the midpoint, which the kernel keeps
        boxes[rows[~of_beta0], :, index[~of_beta0]] = held[~of_beta0, None]
    else:
        boxes[rows, :, index] = held[:, None]
    parameters, squares = np.full((held.size, MODELS[fitted.model].size), np.nan), np.full(held.size, np.inf)
    size = np.full(int(allowed.sum()), fitted.points)
    begin = np.zeros(size.size, dtype=np.int64)
    beta = inverse_thermal_energy_per_eV(fitted.temperature_K)
    found, squares[allowed] = _optima(
        fitted.model,
        beta,
        fitted.log_conductivity,
        (begin, begin),
        size,
        boxes[allowed],
        characteristic=characteristic[allowed],
    )
    parameters[allowed] = _reported(fitted.model, found)
    return parameters, squares


def leave_one_out_rmse(fitted: Fit) -> float | None:
    """Root mean square of ln sigma at each point minus the curve fitted to the others.

    The bounds are those of the fit; the knot of two segments keeps two of the other temperatures on either side.

    Returns
    -------
    The RMSE, or None where the points without one of them are too few for the model, or at too few temperatures.
    """
    beta = inverse_thermal_energy_per_eV(fitted.temperature_K)
    needed, size = MODELS[fitted.model].size, fitted.points
    rest = [np.delete(np.arange(size), i) for i in range(size)]
    if size - 1 < needed or min(np.unique(beta[others]).size for others in rest) < needed:
        return None
    boxes = np.repeat(_box(fitted.bounds)[None], size, axis=0)
    if fitted.model == "two_segment":
        for box, others in zip(boxes, rest, strict=True):
            first, last = _knot_bounds(beta[others])
            box[0, 3] = min(max(box[0, 3], first), last)
            box[1, 3] = max(min(box[1, 3], last), first)
    begin = np.arange(size) * (size - 1)
    order = np.concatenate(rest)
    found, _ = _optima(
        fitted.model,
        beta[order],
        fitted.log_conductivity[order],
        (begin, begin),
        np.full(size, size - 1),
        boxes,
    )
    predicted = log_conductivity(fitted.model, _reported(fitted.model, found), fitted.temperature_K[:, None])[:, 0]
    return float(np.sqrt(np.mean((fitted.log_conductivity - predicted) ** 2)))
