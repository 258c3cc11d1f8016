"""Crossings of Binder cumulants: closed forms of scaling functions, exact cumulants of small pieces, noise."""

import numpy as np
import pytest
from scipy.optimize import brentq

from superion.binder_crossings import critical_coupling
from superion.lattice import honeycomb
from superion.lattice_gas import honeycomb_critical_temperature
from superion.lattice_gas_moves import LatticeGas
from superion.lattice_gas_states import states_of

ROUNDING = 1e-9
INTERPOLATED = 0.01  # of a coupling near 3: a cubic through points 0.2 to 0.6 apart
SAMPLES = 4000  # error bars from so many are known to 1 %
SPREAD = 0.06  # relative: that, and what the linear error leaves out

COUPLINGS = np.array([2.0, 2.6, 2.8, 3.2])
CRITICAL, SHIFT = 2.6, 2.0


def cumulants(sizes, couplings, shift=SHIFT):
    """2/3 of a logistic function of (x - xc) L - shift/L: what a fixed number of ions leads to."""
    sizes = np.asarray(sizes, float)[:, None]
    height = 2.4 + 0.5 * ((couplings - CRITICAL) * sizes - shift / sizes)
    return (2 / 3) / (1 + np.exp(-height))


def test_crossing_of_straight_lines_and_its_limit():
    found = critical_coupling([3, 6, 12], COUPLINGS, cumulants([3, 6, 12], COUPLINGS), np.full((3, 4), 0.001))
    # (x - xc)(rL - L) = shift (1/(rL) - 1/L): below xc by shift/(r L^2)
    expected = CRITICAL - SHIFT / (2 * np.array([3.0, 6.0]) ** 2)
    assert found.coupling == pytest.approx(expected, abs=ROUNDING)
    assert found.limit == pytest.approx(CRITICAL, abs=ROUNDING)


def test_error_is_the_spread_of_noisy_cumulants():
    sizes, spread = [4, 8, 16], np.array([[2e-3] * 4, [1e-3] * 4, [5e-4] * 4])
    exact = cumulants(sizes, COUPLINGS)
    told = critical_coupling(sizes, COUPLINGS, exact, spread)
    noise = np.random.default_rng(1).standard_normal((SAMPLES, 3, 4)) * 0.1 * spread
    found = [critical_coupling(sizes, COUPLINGS, exact + part, spread) for part in noise]
    assert np.std([one.coupling for one in found], axis=0) == pytest.approx(0.1 * told.error, rel=SPREAD)
    assert np.std([one.limit for one in found]) == pytest.approx(0.1 * told.limit_error, rel=SPREAD)


def exact_cumulant(cells, couplings):
    piece = honeycomb().repeat(cells)
    states = states_of(LatticeGas(piece, piece.site_count // 2, repulsion_over_kT=1.0))
    weight = np.exp(-np.multiply.outer(couplings, states.energy - states.energy.min()))
    square = (states.occupation @ piece.site_polarity) ** 2
    return 1 - (weight @ square**2) * weight.sum(axis=-1) / (3 * (weight @ square) ** 2)


def test_exact_cumulants_of_small_honeycombs():
    both = np.array([exact_cumulant(cells, COUPLINGS + 0.4) for cells in (2, 3)])
    found = critical_coupling([2, 3], COUPLINGS + 0.4, both, np.full((2, 4), 1e-4))
    exact = brentq(lambda x: float(exact_cumulant(3, x) - exact_cumulant(2, x)), 2.5, 3.6)
    assert found.coupling[0] == pytest.approx(exact, abs=INTERPOLATED)
    assert found.coupling[0] > 1 / honeycomb_critical_temperature()


def test_the_change_of_sign_that_stands_out():
    couplings = np.array([1.0, 1.5, 2.0, 2.6, 2.8, 3.2, 6.0, 7.0, 8.0])
    noisy = cumulants([6, 12], couplings)
    error = np.full(noisy.shape, 1e-3)
    noisy[:, 6:] = [[0.66660, 0.66661, 0.66660], [0.66661, 0.66660, 0.66661]]
    found = critical_coupling([6, 12], couplings, noisy, error)
    assert 2.0 < found.coupling[0] < 2.8


def test_no_limit_without_three_sizes_of_one_ratio():
    for sizes in ([6, 12], [4, 6, 12]):
        found = critical_coupling(sizes, COUPLINGS, cumulants(sizes, COUPLINGS), np.full((len(sizes), 4), 1e-3))
        assert np.isnan(found.limit)
        assert np.isnan(found.limit_error)


def test_couplings_without_order_are_left_out():
    wide = np.array([1.0, *COUPLINGS])
    told = cumulants([6, 12], wide)
    told[1, 0] = -0.02
    found = critical_coupling([6, 12], wide, told, np.full((2, 5), 1e-3))
    alone = critical_coupling([6, 12], COUPLINGS, told[:, 1:], np.full((2, 4), 1e-3))
    assert found.coupling == pytest.approx(alone.coupling, abs=ROUNDING)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [12, 6]}, r"sizes must be two or more ascending numbers, got \[12.0, 6.0\]"),
        ({"couplings": [2.0, 2.0, 3.0, 4.0]}, "couplings must be two or more ascending numbers"),
        ({"errors": np.zeros((2, 3))}, r"errors must have shape \(2, 4\), got \(2, 3\)"),
        ({"cumulants": np.zeros((4, 2))}, r"cumulants must have shape \(2, 4\), got \(4, 2\)"),
        ({"cumulants": cumulants([12, 6], COUPLINGS)}, "sizes 6 and 12 do not cross"),
    ],
)
def test_bad_input_is_told(change, message):
    given = {"sizes": [6, 12], "couplings": COUPLINGS, "cumulants": cumulants([6, 12], COUPLINGS)}
    given["errors"] = np.full((2, 4), 1e-3)
    with pytest.raises(ValueError, match=message):
        critical_coupling(**(given | change))
