"""Checks of arguments: every bound, what is told, and what passes unchanged."""

import numpy as np
import pytest

from superion.validity import finite_array, integer_array, one_of


@pytest.mark.parametrize(
    ("value", "bounds", "message"),
    [
        (np.nan, {}, "x must be finite, got nan"),
        ([1.0, -np.inf], {}, r"x must be finite, got -inf at index \(1,\)"),
        ([[1.0, 2.0], [np.nan, 2.0]], {"above": 0}, r"x must be finite and above 0, got nan at index \(1, 0\)"),
        (0, {"above": 0}, "x must be finite and above 0, got 0"),
        (-1e-300, {"at_least": 0}, "x must be finite and at least 0, got -1e-300"),
        (2.0, {"at_least": 0, "below": 2}, "x must be finite, at least 0 and below 2, got 2"),
        (2.1, {"above": 0, "at_most": 2, "meaning": "ions"}, r"finite, above 0 and at most 2 \(ions\), got 2\.1"),
        ("high", {}, "x must be a real number or an array of them, got 'high'"),
        (1j, {}, "x must be a real number or an array of them, got 1j"),
        (np.array([1 + 1j]), {}, "x must be a real number"),
        ([[1.0], [1.0, 2.0]], {}, "x must be a real number"),
        (None, {}, "x must be"),
    ],
)
def test_finite_array_refuses(value, bounds, message):
    with pytest.raises(ValueError, match=message):
        finite_array("x", value, **bounds)


@pytest.mark.parametrize("value", [0.5, 1, [0.1, 1.0], np.zeros((2, 0)), np.float32(0.25), np.ones((2, 3), int)])
def test_finite_array_passes_values_and_shape(value):
    array = finite_array("x", value, at_least=0, at_most=1)
    assert array.dtype == float
    assert array.shape == np.shape(value)
    np.testing.assert_array_equal(array, value)


def test_finite_array_takes_its_own_bounds_when_included():
    assert finite_array("x", [0.0, 1.0], at_least=0, at_most=1).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([0, 1.5], r"n must be an integer, at least 0 and at most 3, got 1\.5 at index \(1,\)"),
        (4, "got 4"),
        ([-1], "got -1"),
        (np.nan, "n must be finite, got nan"),
    ],
)
def test_integer_array_refuses(value, message):
    with pytest.raises(ValueError, match=message):
        integer_array("n", value, at_least=0, at_most=3)


def test_integer_array_makes_indices():
    indices = integer_array("n", [0.0, 3.0], at_least=0, at_most=3)
    assert indices.dtype == np.intp
    assert integer_array("n", []).shape == (0,)


def test_one_of():
    assert one_of("form", "printed", ("corrected", "printed")) == "printed"
    with pytest.raises(ValueError, match="order must be 1, 2 or 4, got 3"):
        one_of("order", 3, (1, 2, 4))
    with pytest.raises(ValueError, match="form must be 'printed', got 'x'"):
        one_of("form", "x", ("printed",))
