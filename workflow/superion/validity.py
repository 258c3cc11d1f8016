"""What an argument must be: each check names the parameter, the first bad value and what would be right."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["finite_array", "integer_array", "one_of"]

Choice = TypeVar("Choice")


def finite_array(
    name: str,
    value: ArrayLike,
    *,
    above: float = -np.inf,
    at_least: float = -np.inf,
    below: float = np.inf,
    at_most: float = np.inf,
    meaning: str = "",
) -> NDArray:
    """Array of finite floats within bounds.

    Parameters
    ----------
    name : what the caller knows the value as
    value : number or array of any shape; an empty one is in order
    above, below : bounds that are excluded
    at_least, at_most : bounds that are included
    meaning : what the bounds stand for, told in the error

    Raises
    ------
    ValueError
        A value is no real number, not finite or out of bounds; the first such one and its index are told.
    """
    try:
        array = np.asarray(value)
        array = array.astype(float, casting="same_kind" if array.dtype.kind == "c" else "unsafe", copy=False)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a real number or an array of them, got {value!r}") from None
    if array.size:
        smallest, largest = array.min(), array.max()  # NaN propagates and fails the comparisons
        if not (above < smallest >= at_least and below > largest <= at_most):
            good = (array > above) & (array >= at_least) & (array < below) & (array <= at_most)
            _refuse(name, _wanted("finite", above, at_least, below, at_most, meaning), array, good)
    return array


def integer_array(
    name: str, value: ArrayLike, *, at_least: int | None = None, at_most: int | None = None, meaning: str = ""
) -> NDArray:
    """Array of whole numbers within bounds, as integers; arguments and errors as in `finite_array`."""
    low, high = -np.inf if at_least is None else at_least, np.inf if at_most is None else at_most
    array = finite_array(name, value)
    good = (array % 1 == 0) & (array >= low) & (array <= high)
    if not np.all(good):
        _refuse(name, _wanted("an integer", -np.inf, low, np.inf, high, meaning), np.asarray(value), good)
    return array.astype(np.intp)


def one_of(name: str, value: Choice, choices: Collection[Choice]) -> Choice:
    """Value if it is among the choices.

    Raises
    ------
    ValueError
        It is not; the choices are told.
    """
    if value not in choices:
        *others, last = map(repr, choices)
        raise ValueError(f"{name} must be {', '.join(others)}{' or ' if others else ''}{last}, got {value!r}")
    return value


def _wanted(kind: str, above: float, at_least: float, below: float, at_most: float, meaning: str) -> str:
    bounds = {"above": above, "at least": at_least, "below": below, "at most": at_most}
    words = [kind, *(f"{word} {bound:g}" for word, bound in bounds.items() if np.isfinite(bound))]
    text = " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else kind
    return text + (f" ({meaning})" if meaning else "")


def _refuse(name: str, wanted: str, array: NDArray, good: NDArray) -> None:
    index = np.unravel_index(np.argmin(good), array.shape)
    where = f" at index {tuple(map(int, index))}" if array.ndim else ""
    raise ValueError(f"{name} must be {wanted}, got {array[index].item()!r}{where}")
