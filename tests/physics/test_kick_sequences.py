"""Kicks one by one, Hu et al. (2026), Eqs. (4)-(5): their times and the order of their matrices."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from physics.reference_ring import (
    ring_matrices,
)

from superion.kick_sequences import kick_times_ps, time_ordered_product

REFERENCE = 1e-9  # reference tables carry 13 digits
QUADRATURE = 1e-9  # adaptive quadrature asked for 1e-11
ROUNDING = 1e-12  # a few hundred roundings


def test_static_product_is_a_power():
    matrix = ring_matrices(0.07)[0]
    for form, number in (("printed", 7), ("corrected", 8)):  # 7.5 periods, the first kick at once
        product = time_ordered_product(lambda _: matrix, 6.0, 1.25, form=form)
        np.testing.assert_allclose(product, np.linalg.matrix_power(matrix, number), rtol=ROUNDING)


def test_later_kicks_stand_to_the_left():
    up = np.array([[0.5, 0.0], [0.5, 1.0]])
    down = np.array([[1.0, 0.8], [0.0, 0.2]])
    product = time_ordered_product(lambda time: up if time < 5.4 else down, 2.0, 1.0, start_ps=5.0)
    np.testing.assert_allclose(product, down @ up, atol=ROUNDING)
    assert np.max(np.abs(down @ up - up @ down)) > 0.1
    none = time_ordered_product(lambda _: up, 2.0, 0.1, offset_ps=0.3)
    np.testing.assert_array_equal(none, np.eye(2))


def test_kick_times_keep_the_period_where_the_printed_ones_stretch():
    """Printed: t + X + l tau/N, which stretches the period. Right: t + X + l/nu."""
    printed = kick_times_ps(2.0, 1.75, offset_ps=0.1, start_ps=3.0, form="printed")
    np.testing.assert_allclose(printed, 3.1 + np.arange(3) * 1.75 / 3)
    np.testing.assert_allclose(kick_times_ps(2.0, 1.75, offset_ps=0.1, start_ps=3.0), [3.1, 3.6, 4.1, 4.6])
    np.testing.assert_allclose(kick_times_ps(2.0, 1.75, offset_ps=0.3), [0.3, 0.8, 1.3])
    # A kick on the end of the window belongs to the next.
    np.testing.assert_allclose(kick_times_ps(10.0, 0.3), [0.0, 0.1, 0.2])
    whole = [kick_times_ps(6.0, 1 / 6).size, kick_times_ps(1.1, 0.1 * 3 / 0.33, form="printed").size]
    assert whole == [1, 1]
    assert 4.9 * (5 / 4.9) > 5.0
    assert kick_times_ps(4.9, 5 / 4.9).size == 5


@settings(max_examples=50, deadline=None)
@given(
    frequency=st.floats(0.2, 20.0),
    phase=st.floats(0.0, 0.999),
    durations=st.lists(st.floats(0.01, 5.0), min_size=2, max_size=5),
)
def test_windows_join_without_losing_a_kick(frequency, phase, durations):
    """Kicks of joined windows, the offset carried on, are the kicks of the whole window."""
    whole = kick_times_ps(frequency, sum(durations), offset_ps=phase / frequency)
    edge = np.concatenate(([0.0], np.cumsum(durations)))
    # Kicks at an edge may fall on either side by rounding: leave those cases to the test above.
    if np.min(np.abs(edge[1:, None] - (phase + np.arange(110)) / frequency)) < 1e-6:
        return
    counted = [np.sum((whole >= a) & (whole < b)) for a, b in pairwise(edge)]
    joined = []
    for start, duration in zip(edge[:-1], durations, strict=True):
        offset = (phase / frequency - start) % (1.0 / frequency)
        if offset >= 1.0 / frequency:
            offset = 0.0
        joined.append(kick_times_ps(frequency, duration, offset_ps=offset, start_ps=start).size)
    assert joined == counted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"offset_ps": 0.5}, r"offset_ps must be finite, at least 0 and below 0\.5 \(within one period\), got 0\.5"),
        ({"form": "even"}, "form must be 'corrected' or 'printed', got 'even'"),
        ({"duration_ps": -1.0}, "duration_ps must be finite and at least 0, got -1.0"),
    ],
)
def test_bad_window_is_told(options, message):
    with pytest.raises(ValueError, match=message):
        kick_times_ps(**({"frequency_THz": 2.0, "duration_ps": 1.0} | options))
