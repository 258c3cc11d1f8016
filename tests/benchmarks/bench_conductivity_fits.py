"""Fits of ln sigma(T) by superion.conductivity_fits beside lmfit from many starts: series a second, and optima missed.

    python tests/benchmarks/bench_conductivity_fits.py [--series N] [--reference M] [--starts K] [--json FILE]

Everything runs on one core of one process. lmfit fits the same models to the same data within the same bounds (for the
quasi-ion curve those of the midpoint), each series from --starts random starts within the bounds of which it keeps the
best; its own default method is used. It runs over the first --reference series, and its time is for these; where a
model is linear, one start would do, so the ratio to one start is printed, too. An optimum is missed if its sum of
squares exceeds the other one's by more than 1e-6 of it.
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
from pathlib import Path

import lmfit
import numpy as np
from stopwatch import duration, print_table, time_of

from superion.conductivity_fits import Fit, fit, fit_many, leave_one_out_rmse
from superion.conductivity_models import MODELS, log_conductivity
from superion.fit_intervals import bootstrap, bootstrap_intervals, identifiability, profile_intervals
from superion.units import BOLTZMANN_eV_PER_K

FITTED = ("arrhenius_power", "vogel_tammann_fulcher", "two_segment", "quasi_ion")
MISSED = 1e-6


def random_series(count: int, seed: int = 1) -> list[tuple[np.ndarray, np.ndarray]]:
    """Garnet-like curves of 8 to 24 points with noise of 2 to 20 %, in windows from 250-330 to 450-700 K."""
    random = np.random.default_rng(seed)
    series = []
    for _ in range(count):
        temperature = np.linspace(random.uniform(250, 330), random.uniform(450, 700), random.integers(8, 25))
        beta = 1.0 / (BOLTZMANN_eV_PER_K * temperature)
        migration = random.uniform(0.1, 0.8)
        middle = random.uniform(beta.min(), beta.max())
        parameters = [random.uniform(-2, 5), random.uniform(0.1, 0.4), migration, middle - np.log(2) / migration]
        noise = random.choice([0.02, 0.05, 0.2])
        curve = log_conductivity("quasi_ion", parameters, temperature)
        series.append((temperature, curve + random.normal(0, noise, temperature.size)))
    return series


def curve_by_hand(model: str, p: list[float], beta: np.ndarray, temperature: np.ndarray) -> np.ndarray:
    """The models as a user of lmfit would write them; p[3] of quasi_ion is the midpoint."""
    if model == "arrhenius_power":
        return p[0] - p[1] * beta - p[2] * np.log(beta)
    if model == "vogel_tammann_fulcher":
        return p[0] - p[1] / (BOLTZMANN_eV_PER_K * (temperature - p[2]))
    if model == "two_segment":
        return p[0] - p[1] * np.minimum(beta, p[3]) - p[2] * np.maximum(beta - p[3], 0.0)
    return p[0] - p[1] * beta - np.log(2.0) - np.logaddexp(0.0, p[2] * (beta - p[3]))


def best_of_lmfit(found: Fit, starts: int, random: np.random.Generator) -> tuple[float, int]:
    """Smallest sum of squares over random starts, and how many of the starts arrived there."""
    temperature, values = found.temperature_K, found.log_conductivity
    beta = 1.0 / (BOLTZMANN_eV_PER_K * temperature)

    def residual(parameters: lmfit.Parameters) -> np.ndarray:
        p = [parameter.value for parameter in parameters.values()]
        return curve_by_hand(found.model, p, beta, temperature) - values

    squares = []
    for _ in range(starts):
        # an infinite bound gets a start of the size that Arrhenius fits of garnets have
        inside = [random.uniform(max(low, -50.0), min(high, 50.0)) for low, high in found.bounds.values()]
        guess = [0.0, *inside]
        guess[0] = float((values - curve_by_hand(found.model, guess, beta, temperature)).mean())
        parameters = lmfit.Parameters()
        parameters.add("p0", value=guess[0])
        for j, (low, high) in enumerate(found.bounds.values(), start=1):
            parameters.add(f"p{j}", value=guess[j], min=low, max=high)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                squares.append(float(lmfit.minimize(residual, parameters, nan_policy="omit").chisqr))
        except (ValueError, TypeError):  # a start that leads nowhere is a start that missed
            squares.append(np.inf)
    best = min(squares)
    return best, sum(value <= found.rss * (1 + MISSED) for value in squares)


def whole_analysis(temperature: np.ndarray, values: np.ndarray) -> None:
    """What an experimenter wants of one series: all models, intervals, 200 replicas, verdicts."""
    for model in MODELS:
        found = fit(temperature, values, model)
        leave_one_out_rmse(found)
        identifiability(found, profile_intervals(found))
        bootstrap_intervals(bootstrap(found, np.random.SeedSequence(0), 200))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=400)
    parser.add_argument("--reference", type=int, default=30, help="series given to lmfit")
    parser.add_argument("--starts", type=int, default=20, help="random starts of lmfit for each series")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    series = random_series(options.series)
    few = series[: min(options.reference, len(series))]
    first = time_of(lambda: fit_many(few[:1], "quasi_ion"))
    usual = min(series, key=lambda pair: abs(pair[0].size - 15))
    whole_analysis(*usual)
    whole = float(np.median([time_of(lambda: whole_analysis(*usual)) for _ in range(options.repeats)]))
    random = np.random.default_rng(2)
    rows = [
        (
            "model",
            "superion",
            "lmfit",
            "ratio",
            "to one start",
            "optimum: same",
            "superion better",
            "lmfit better",
            "starts home",
        )
    ]
    result: dict = {
        "lmfit": lmfit.__version__,
        "starts": options.starts,
        "reference_series": len(few),
        "whole_analysis_s": whole,
        "models": {},
    }
    for model in FITTED:
        ours = float(np.median([time_of(lambda m=model: fit_many(series, m)) for _ in range(options.repeats)]))
        ours /= len(series)
        fits = fit_many(few, model)
        outcomes: list[tuple[float, int]] = []
        theirs = time_of(lambda fs=fits, out=outcomes: out.extend(best_of_lmfit(f, options.starts, random) for f in fs))
        theirs /= len(few)
        better = sum(found.rss < best * (1 - MISSED) for found, (best, _) in zip(fits, outcomes, strict=True))
        worse = sum(found.rss > best * (1 + MISSED) for found, (best, _) in zip(fits, outcomes, strict=True))
        home = sum(arrived for _, arrived in outcomes) / (len(few) * options.starts)
        result["models"][model] = {
            "series_per_s": 1 / ours,
            "lmfit_series_per_s": 1 / theirs,
            "ratio": theirs / ours,
            "same": len(few) - better - worse,
            "better": better,
            "worse": worse,
            "share_of_starts_at_the_optimum": home,
        }
        rows.append(
            (
                model,
                f"{1 / ours:,.0f} series/s",
                f"{1 / theirs:,.2f} series/s",
                f"{theirs / ours:,.0f}",
                f"{theirs / ours / options.starts:,.1f}",
                f"{len(few) - better - worse} of {len(few)}",
                str(better),
                str(worse),
                f"{100 * home:.0f} %",
            )
        )
    print(f"lmfit {lmfit.__version__}, the best of {options.starts} random starts within the bounds; one core")
    print_table(rows)
    size = usual[0].size
    print(
        f"\nall {len(MODELS)} models of one series of {size} points, profile intervals, 200 replicas: {duration(whole)}"
    )
    print(f"first call (imports, compiles or loads): {duration(first)}")
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
