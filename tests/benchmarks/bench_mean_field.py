"""Time and memory of superion.mean_field.solve beside numpy.tanh and beside a parallel loop of scipy's brentq.

    python tests/benchmarks/bench_mean_field.py [--points N] [--json FILE]

Times are medians of interleaved repeats in one process. A "pass" is one numpy.tanh over an array of as many points,
into an array that exists already. The loop of brentq runs on every core over the first --reference points, finds the
same five quantities (gamma, and both roots at gamma and at 0), and its time is scaled to all points.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import tracemalloc
from pathlib import Path

import numpy as np
from scipy.optimize import brentq
from stopwatch import duration, median_times, print_table, time_of

from superion.mean_field import MeanFieldParameters, solve
from superion.units import BOLTZMANN_eV_PER_K

NAMES = (
    "polarization",
    "hopping_probability",
    "hopping_probability_unstable",
    "depolarized_hopping_probability",
    "depolarized_hopping_probability_unstable",
)


def random_points(size: int, seed: int = 1) -> tuple[np.ndarray, MeanFieldParameters]:
    random = np.random.default_rng(seed)
    temperature = random.uniform(200.0, 6000.0, size)
    return temperature, MeanFieldParameters(
        barrier_eV=random.uniform(0.05, 0.5, size),
        repulsion_eV=random.uniform(0.05, 1.0, size),
        filling=random.uniform(0.2, 2.0, size),
        concerted_coupling_eV=random.uniform(0.0, 3.0, size),
    )


def roots_by_brentq(point: tuple[float, ...]) -> tuple[float, ...]:
    """The five quantities of NAMES at one point, as one would write it with scipy."""
    temperature, barrier, repulsion, filling, coupling = point
    thermal = BOLTZMANN_eV_PER_K * temperature
    energy, concerted = filling * repulsion / 2, filling * coupling / 4
    t = energy / thermal
    gamma = brentq(lambda g: math.tanh(t * g) - g, 1e-9, 1.0, xtol=1e-15, rtol=1e-14) if t > 1 + 1e-12 else 0.0
    found = [gamma]
    for g in (gamma, 0.0):
        mobile = 1 / math.cosh(t * g) ** 2
        gain = concerted * mobile / thermal
        free = -(barrier + energy) / thermal + math.log(math.cosh(t * g))

        def residual(p, gain=gain, free=free):
            return math.log(p) - gain * p - free

        fold = 1 / gain
        if residual(fold) < 0:
            found += [math.nan, math.nan]
            continue
        far = 2 * fold
        while residual(far) > 0:
            far *= 2
        found += [brentq(residual, math.exp(free), fold, xtol=1e-300, rtol=1e-14)]
        found += [brentq(residual, fold, far, xtol=1e-300, rtol=1e-14)]
    return tuple(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--reference", type=int, default=4000, help="points given to brentq")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()

    size, cores = options.points, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    temperature, parameters = random_points(size)
    values = np.random.default_rng(0).normal(size=size)
    scratch = np.empty(size)

    first = time_of(lambda: solve(1000.0, MeanFieldParameters(0.25, 0.5, 1.0, 2.0)))
    median = median_times(
        {
            "tanh": lambda: np.tanh(values, out=scratch),
            "solve": lambda: solve(temperature, parameters),
            "one thread": lambda: solve(temperature, parameters, threads=1),
        },
        options.repeats,
    )
    caption = MeanFieldParameters(0.25, 0.5, 1.0, 2.0)
    scalar = time_of(lambda: [solve(1000.0, caption) for _ in range(2000)]) / 2000

    few = min(options.reference, size)
    columns = (temperature, *(getattr(parameters, name) for name in MeanFieldParameters.__dataclass_fields__))
    points = list(zip(*(column[:few].tolist() for column in columns), strict=True))
    with multiprocessing.Pool(cores) as pool:
        pool.map(roots_by_brentq, points[:cores], chunksize=1)  # start the workers outside the timing
        results = []
        chunk = max(1, few // (8 * cores))
        loop = time_of(lambda: results.extend(pool.map(roots_by_brentq, points, chunksize=chunk))) * size / few
    reference = np.array(results)
    solution = solve(temperature, parameters)
    found = np.stack([getattr(solution, name)[:few] for name in NAMES], axis=1)
    same_missing = bool(np.all(np.isnan(found) == np.isnan(reference)))
    scale = np.where(reference == 0, 1.0, np.abs(reference))
    deviation = np.nanmax(np.abs(found - reference) / scale, axis=0)
    del solution, found

    memory = {}
    for count in (100_000, 1_000_000, 4_000_000):
        some_temperature, some = random_points(count)
        tracemalloc.start()
        solve(some_temperature, some)
        memory[count] = tracemalloc.get_traced_memory()[1] / count
        tracemalloc.stop()

    result = {
        "points": size,
        "cores": cores,
        "first_call_s": first,
        "solve_s": median["solve"],
        "solve_one_thread_s": median["one thread"],
        "tanh_s": median["tanh"],
        "passes_of_tanh": median["solve"] / median["tanh"],
        "ns_per_point": 1e9 * median["solve"] / size,
        "scalar_call_us": 1e6 * scalar,
        "brentq_s": loop,
        "ratio_to_brentq": loop / median["solve"],
        "same_roots_missing": same_missing,
        "largest_relative_deviation": dict(zip(NAMES, deviation.tolist(), strict=True)),
        "peak_bytes_per_point": memory,
    }
    rows = [
        (f"solve, {size:,} points, all branches", duration(median["solve"]), f"on {cores} cores"),
        ("  the same on one thread", duration(median["one thread"]), ""),
        ("  per point", duration(median["solve"] / size), ""),
        ("  in passes of numpy.tanh", f"{result['passes_of_tanh']:.1f}", f"one pass {duration(median['tanh'])}"),
        (f"brentq in a pool of {cores}, scaled up", duration(loop), f"{loop / median['solve']:,.0f} times as long"),
        ("  largest relative deviation", f"{deviation.max():.1e}", "" if same_missing else "DIFFERENT ROOTS EXIST"),
        ("solve, one point", duration(scalar), f"first call {duration(first)} (imports, compiles or loads)"),
        *((f"peak memory, {count:,} points", f"{bytes_:.1f} B/point", "") for count, bytes_ in memory.items()),
    ]
    print_table(rows, left=(0, 2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
