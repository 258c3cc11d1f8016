"""Nodes and weights of quadrature rules on [0, 1], computed once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["gauss_legendre", "tanh_sinh"]


@lru_cache(maxsize=32)
def gauss_legendre(count: int, panels: int = 1) -> tuple[NDArray, NDArray]:
    """Nodes and weights for integrands that are smooth up to both ends; the weights add up to 1.

    Parameters
    ----------
    count : nodes of a panel; a rule of more than some hundred costs more than several panels
    panels : equal parts of [0, 1], each with its own rule
    """
    node, weight = np.polynomial.legendre.leggauss(count)
    start = np.arange(panels)[:, None]
    return _read_only(((start + (1 + node) / 2) / panels).ravel(), np.tile(weight / (2 * panels), panels))


@lru_cache(maxsize=4)
def tanh_sinh(count: int = 121) -> tuple[NDArray, NDArray, NDArray]:
    """Nodes, their distances from 1, and weights: either end of the integrand may be singular."""
    t = np.linspace(-3.6, 3.6, count)
    s = np.pi / 2 * np.sinh(t)
    node, complement = 1 / (1 + np.exp(-2 * s)), 1 / (1 + np.exp(2 * s))
    return _read_only(node, complement, (t[1] - t[0]) * np.pi * np.cosh(t) * node * complement)


def _read_only(*arrays: NDArray) -> tuple[NDArray, ...]:
    for array in arrays:
        array.flags.writeable = False
    return arrays
