"""Kicks of one phonon channel one by one: their times, and the product of hopping matrices that change in time.

For channels that many-body effects, the host or a field change in time; static channels need no sequence, module
`channel_averages`.

Source: J. Hu, Z. Guo, J. Liang, B. Monserrat, "Microscopic Theory of Superionic Phase Transitions",
arXiv:2604.00665 (2026), Sec. II B, Eqs. (4)-(5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.stochastic_matrices import close_columns, stochastic_matrices
from superion.validity import finite_array, one_of

__all__ = ["kick_times_ps", "time_ordered_product"]

# A kick due within this fraction of the window after its end counts: nu tau = 0.9999999999999999 is a whole period.
KICK_COUNT_TOLERANCE = 1e-9


def kick_times_ps(
    frequency_THz: float,
    duration_ps: float,
    *,
    offset_ps: float = 0.0,
    start_ps: float = 0.0,
    form: Literal["corrected", "printed"] = "corrected",
) -> NDArray:
    """Times of the kicks of one channel in a window in ps, ascending. Hu et al. (2026), Eqs. (4)-(5).

    Parameters
    ----------
    frequency_THz : ordinary frequency nu above 0
    duration_ps : window tau, at least 0
    offset_ps : initial phase X of the channel, 0 <= X < 1/nu
    start_ps : start t of the window
    form : "corrected" is t + X + l/nu for all l before t + tau: the period of the mode is kept, and X decides between
        floor(nu tau) kicks and one more. "printed" is t + X + l tau/N, l < N = floor(nu tau): the kicks are stretched
        evenly over the window.

    Raises
    ------
    ValueError
        A value is out of range, or the form is unknown.
    """
    one_of("form", form, ("corrected", "printed"))
    frequency = _number("frequency_THz", frequency_THz, above=0)
    duration = _number("duration_ps", duration_ps, at_least=0)
    offset = _number("offset_ps", offset_ps, at_least=0, below=1 / frequency, meaning="within one period")
    start = _number("start_ps", start_ps)
    if form == "corrected":
        slack = KICK_COUNT_TOLERANCE * frequency * duration
        number = max(0, int(np.ceil(frequency * (duration - offset) - slack)))
        spacing = 1.0 / frequency
    else:
        number = int(np.floor(frequency * duration * (1.0 + KICK_COUNT_TOLERANCE)))
        spacing = duration / max(number, 1)
    return start + offset + spacing * np.arange(number)


def time_ordered_product(
    matrix_of_time: Callable[[float], ArrayLike],
    frequency_THz: float,
    duration_ps: float,
    *,
    offset_ps: float = 0.0,
    start_ps: float = 0.0,
    form: Literal["corrected", "printed"] = "corrected",
) -> NDArray:
    """Product (N, N) of the hopping matrices at the kicks of one channel, later kicks to the left.

    Hu et al. (2026), Eqs. (4)-(5); the unit matrix if no kick falls into the window.

    Parameters
    ----------
    matrix_of_time : hopping matrix (N, N) of the channel at a time in ps
    frequency_THz, duration_ps, offset_ps, start_ps, form : as `kick_times_ps`

    Raises
    ------
    ValueError
        As `kick_times_ps`, or columns do not sum to one.
    """
    times = kick_times_ps(frequency_THz, duration_ps, offset_ps=offset_ps, start_ps=start_ps, form=form)
    first = stochastic_matrices("matrix_of_time", matrix_of_time(float(times[0] if times.size else start_ps)))
    if not times.size:
        return np.eye(first.shape[-1])
    product = first.copy()
    for time in times[1:]:
        product = stochastic_matrices("matrix_of_time", matrix_of_time(float(time))) @ product
        close_columns(product)
    return product


def _number(name: str, value: float, **bounds: float | str) -> float:
    array = finite_array(name, value, **bounds)
    if array.ndim:
        raise ValueError(f"{name} must be one number, got shape {array.shape!r}")
    return float(array)
