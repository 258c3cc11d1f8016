"""Grids of a configuration: {start, stop, count} ranges and extra points marked for tables and claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

__all__ = ["grid"]


def grid(spacing: Mapping[str, float], marked: Sequence[float] = (), *, logarithmic: bool = False) -> np.ndarray:
    """Ascending points of a range, ends included, with the marked points added exactly as written."""
    space = np.geomspace if logarithmic else np.linspace
    points = space(spacing["start"], spacing["stop"], int(spacing["count"]))
    # A grid point within rounding of a marked one is that one.
    near = np.isclose(points[:, None], np.asarray(marked, float)[None, :], rtol=1e-12, atol=0).any(axis=1)
    return np.unique(np.concatenate([points[~near], np.asarray(marked, float)]))
