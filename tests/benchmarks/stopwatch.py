"""Timing and printing shared by the benchmarks; importing it finds the library in its source tree."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "workflow"))


def time_of(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def median_times(calls: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each call; the calls take turns, so that a busy machine slows all of them alike."""
    series = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            series[name].append(time_of(call))
    return {name: float(np.median(times)) for name, times in series.items()}


def duration(seconds: float) -> str:
    """Seconds in the unit that suits them."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"


def deviation(found: np.ndarray, reference: np.ndarray) -> float:
    """Largest deviation over the largest magnitude of the reference."""
    return float(np.abs(np.asarray(found) - reference).max() / np.abs(reference).max())


def print_table(rows: Sequence[Sequence[str]], left: Collection[int] = (0,)) -> None:
    """Aligned columns, those of `left` to the left and the others to the right."""
    width = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        aligned = (
            text.ljust(size) if column in left else text.rjust(size)
            for column, (text, size) in enumerate(zip(row, width, strict=True))
        )
        print("  ".join(aligned).rstrip())
