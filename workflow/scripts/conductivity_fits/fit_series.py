"""Fit every conductivity model to every measured series, with intervals, and say what the data can decide."""

import numpy as np

from pipeline.artifacts import stack
from pipeline.conductivity_tables import ConductivitySeries, Reading, read_conductivity_tables
from pipeline.job import Job, run
from scripts.conductivity_fits import columns
from superion.conductivity_fits import Fit, fit, leave_one_out_rmse
from superion.conductivity_models import MODELS, knot_temperature_K
from superion.fit_intervals import (
    bootstrap,
    bootstrap_intervals,
    compare_models,
    confidence_band,
    identifiability,
    profile_intervals,
)

BAND_POINTS = 81  # temperatures of a drawn curve


def fit_series(job: Job) -> None:
    """Write points, parameters, comparison, curves and the status of every file and series."""
    settings = job.parameters["conductivity_fits"]
    reading = read_conductivity_tables(job.inputs["data"], settings["columns"])
    if not reading.series:
        raise ValueError("\n  ".join(["no series can be used:", *map(str, reading.faults), *reading.notes]))
    for fault in reading.faults:
        job.warn(str(fault))
    tables: dict[str, list[dict]] = {name: [] for name in columns.TABLES}
    for number, series in enumerate(reading.series, start=1):
        _fit_one(series, settings, tables)
        if number % 25 == 0 or number == len(reading.series):
            job.tell(f"{number} of {len(reading.series)} series fitted")
    tables["status"] = _status(reading, job)
    for name, (declared, description) in columns.TABLES.items():
        job.write(name, stack(tables[name]), declared, description)


def _fit_one(series: ConductivitySeries, settings: dict, tables: dict[str, list[dict]]) -> None:
    temperature, logarithm = series.temperature_K, series.log_conductivity
    told = {"series": series.name, "file": series.file}
    fits: dict[str, Fit] = {}
    refused: dict[str, str] = {}
    for model in settings["models"]:
        try:
            fits[model] = fit(temperature, logarithm, model)
        except ValueError as error:  # too few points or temperatures for this model
            refused[model] = str(error)
    comparison = compare_models(list(fits.values())) if fits else None
    for model in settings["models"]:
        if model in refused:
            row = columns.empty_row(model, len(temperature), "too few points", refused[model])
        else:
            index = comparison.models.index(model)
            row, parameters = _judged(fits[model], series.name, settings)
            row |= {
                "delta_aicc": comparison.delta_aicc[index],
                "akaike_weight": comparison.akaike_weights[index],
                "support": comparison.support[index],
            }
            tables["parameters"] += [_column_of_one(told | {"model": model} | one) for one in parameters]
            tables["curves"].append(_curve(fits[model], settings["confidence"], told | {"model": model}))
            residual = logarithm - fits[model].curve(temperature)
            at_points = {"row": np.array(series.rows), "temperature_K": temperature, "residual": residual}
            tables["residuals"].append(_repeated(told | {"model": model}, temperature.size) | at_points)
        tables["comparison"].append(_column_of_one(told | row))
    points = {
        **_repeated(told | {"slug": series.slug}, temperature.size),
        "row": np.array(series.rows),
        "temperature_K": temperature,
        "log_conductivity": logarithm,
        "conductivity_S_per_cm": np.exp(logarithm),
    }
    tables["points"].append(points)


def _judged(fitted: Fit, name: str, settings: dict) -> tuple[dict, list[dict]]:
    """Row of the comparison, and rows of the parameters, of one fit."""
    intervals = profile_intervals(fitted, settings["confidence"])
    verdict = identifiability(fitted, intervals)
    if fitted.degrees_of_freedom:
        # Keyed by the name of the series: other series beside it leave its replicas alone.
        seed = np.random.SeedSequence([settings["bootstrap"]["seed"], *f"{name}\0{fitted.model}".encode()])
        resampled = bootstrap_intervals(
            bootstrap(fitted, seed, settings["bootstrap"]["samples"]), settings["confidence"]
        )
    else:
        resampled = [None] * fitted.parameters.size
    rows = []
    for index, parameter in enumerate(MODELS[fitted.model].parameters):
        interval, again = intervals[index], resampled[index]
        rows.append(
            {
                "parameter": parameter.name,
                "unit": parameter.unit,
                "estimate": fitted.parameters[index],
                "standard_error": _finite(fitted.standard_errors[index]),
                "low": _finite(interval.low),
                "high": _finite(interval.high),
                "low_open": interval.low_open,
                "high_open": interval.high_open,
                "bootstrap_low": again.low if again else np.nan,
                "bootstrap_high": again.high if again else np.nan,
                "at_bound": fitted.at_bound[index],
                "identifiable": verdict.identifiable[parameter.name],
            }
        )
    status = "exact" if fitted.exact else "ok"
    row = columns.empty_row(fitted.model, fitted.points, status, "; ".join(verdict.reasons))
    row |= {
        "degrees_of_freedom": fitted.degrees_of_freedom,
        "rmse": fitted.rmse,
        "leave_one_out_rmse": leave_one_out_rmse(fitted),
        "aicc": fitted.aicc,
        "bic": fitted.bic,
        "criteria_reason": fitted.criteria_reason,
        "arrhenius_p_value": verdict.arrhenius_p_value,
        "identifiable": all(verdict.identifiable.values()),
    }
    return row, rows


def _finite(value: float) -> float:
    return value if np.isfinite(value) else np.nan


def _repeated(values: dict, length: int) -> dict:
    return {name: np.full(length, value) for name, value in values.items()}


def _column_of_one(row: dict) -> dict:
    """A table of one row; None is an empty cell."""
    return {name: np.array([np.nan if value is None else value]) for name, value in row.items()}


def _curve(fitted: Fit, confidence: float, told: dict) -> dict:
    coldest, hottest = fitted.temperature_K[-1], fitted.temperature_K[0]
    # Evenly spaced in 1/T, as drawn
    temperature = 1 / np.linspace(1 / hottest, 1 / coldest, BAND_POINTS)
    temperature[[0, -1]] = hottest, coldest
    if fitted.model == "two_segment":  # the knot is a corner
        temperature = np.sort(np.append(temperature, knot_temperature_K(fitted.parameters)))[::-1]
    if fitted.degrees_of_freedom:
        band = confidence_band(fitted, temperature, confidence)
        curve, low, high = band.log_conductivity, band.low, band.high
    else:
        curve = fitted.curve(temperature)
        low = high = np.full(temperature.size, np.nan)
    return {
        **_repeated(told, temperature.size),
        "temperature_K": temperature,
        "log_conductivity": curve,
        "low": low,
        "high": high,
    }


def _status(reading: Reading, job: Job) -> list[dict]:
    """What became of every series and file: fitted, not used, or empty; each fault is a row."""
    rows = []
    for series in reading.series:
        told = "; ".join((*series.said, *series.warnings))
        excluded = ", ".join(map(str, series.excluded_rows))
        rows.append((series.file, series.name, "fitted", 0, len(series.rows), excluded, told))
        for warning in series.warnings:
            job.warn(f"{series.file}: {series.name}: {warning}")
    for fault in reading.faults:
        rows.append((fault.file, fault.series or "", "not used", fault.row or 0, 0, "", fault.reason))
    for note in reading.notes:
        rows.append(("", "", "empty", 0, 0, "", note))
    return [_column_of_one(dict(zip(columns.STATUS, row, strict=True))) for row in rows]


if __name__ == "__main__":
    run(fit_series)
