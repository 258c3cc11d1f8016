"""Matrices whose columns sum to one: element [j, i] is the probability to go from site i to site j."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.validity import finite_array

__all__ = ["close_columns", "leaving_probability", "square_matrices", "stochastic_matrices"]

COLUMN_SUM_TOLERANCE = 1e-9  # a matrix handed in may have been typed or stored with ten digits


def square_matrices(name: str, value: ArrayLike) -> NDArray:
    """Finite square matrices (..., N, N), or a ValueError that tells the shape."""
    matrix = finite_array(name, value)
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2] or matrix.shape[-1] == 0:
        raise ValueError(f"{name} must be square, (..., N, N), got shape {matrix.shape!r}")
    return matrix


def stochastic_matrices(name: str, value: ArrayLike) -> NDArray:
    """Square matrices (..., N, N) whose columns sum to one, or a ValueError that tells the first column that does not.

    Elements may be negative: Eq. (2) of Hu et al. (2026) taken literally can give such diagonals.
    """
    matrix = square_matrices(name, value)
    total = matrix.sum(axis=-2)
    deviation = np.abs(total - 1.0)
    if np.any(deviation > COLUMN_SUM_TOLERANCE):
        place = np.unravel_index(np.argmax(deviation), deviation.shape)
        raise ValueError(
            f"{name} must have columns (not rows) that sum to 1, got {float(total[place])!r} in column {int(place[-1])}"
        )
    return matrix


def leaving_probability(matrix: NDArray) -> NDArray:
    """Sums (..., N) of the columns off the diagonal: slow hops keep the digits that 1 - P_ii loses."""
    return np.sum(np.where(np.eye(matrix.shape[-1], dtype=bool), 0.0, matrix), axis=-2)


def close_columns(matrix: NDArray) -> None:
    """Set the diagonal in place so that columns sum to one.

    The elements off the diagonal of a product are sums of positive terms and keep their relative precision; with
    the diagonal taken from them, rounding neither makes nor loses ions over millions of kicks.
    """
    site = np.arange(matrix.shape[-1])
    matrix[..., site, site] = 1.0 - leaving_probability(matrix)
