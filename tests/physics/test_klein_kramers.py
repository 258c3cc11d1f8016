"""Diffusion by the Klein-Kramers equation: references, another way of solving it, bounds, limits, invariants."""

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from superion.barrier_crossing import energy_diffusion, overdamped_diffusion
from superion.klein_kramers import diffusion_at_orders, exact_diffusion
from superion.periodic_potentials import COSINE, PeriodicPotential

REFERENCE = 1e-11  # what the printed digits of the references allow
ROUNDING = 1e-11
DIRECT = 1e-9  # of the direct solution in a basis of fixed size
UNEVEN = PeriodicPotential((1.0, 0.3), (0.2, -0.5))
REFERENCES = {(5, 1): 0.0469245810257, (10, 1): 4.99429972395e-4, (2, 1): 0.482665523398, (5, 10): 0.0090690506259}


def direct(b, g, potential, orders, harmonics):
    """-L f = v in plane waves and Hermite polynomials, not symmetrised, as one sparse system; D = <v f>."""
    waves = np.arange(-harmonics, harmonics + 1)
    cosines, sines = (b * part for part in potential.scaled_coefficients)
    slope = scipy.sparse.csr_matrix((waves.size, waves.size), dtype=complex)
    for k, (c, s) in enumerate(zip(cosines, sines, strict=True), 1):
        slope = slope + k * (s + 1j * c) / 2 * scipy.sparse.eye(waves.size, k=-k)
        slope = slope + k * (s - 1j * c) / 2 * scipy.sparse.eye(waves.size, k=k)
    ahead = scipy.sparse.diags(1j * waves.astype(complex))
    root = np.sqrt(np.arange(1, orders))
    up, down = scipy.sparse.diags(root, -1), scipy.sparse.diags(root, 1)  # v = up + down, d/dv = down
    number = scipy.sparse.diags(np.arange(orders, dtype=float))
    one = scipy.sparse.eye(waves.size)
    operator = scipy.sparse.kron(up + down, ahead) - scipy.sparse.kron(down, slope) - g * scipy.sparse.kron(number, one)
    source = np.zeros((orders, waves.size), complex)
    source[1, harmonics] = 1
    # A constant may be added to f: its mean over the waves is set to 0.
    matrix = (-operator).tolil()
    matrix[harmonics, :] = 0
    matrix[harmonics, harmonics] = 1
    f = scipy.sparse.linalg.spsolve(matrix.tocsc(), source.ravel()).reshape(orders, waves.size)
    x = 2 * np.pi * np.arange(512) / 512
    weight = np.exp(-b * potential.shape(x))
    return float((np.exp(1j * np.outer(x, waves)) @ f[1]).real @ weight / weight.sum())


def test_references():
    b, g = np.array(list(REFERENCES)).T
    found = exact_diffusion(b, g)
    np.testing.assert_allclose(found.diffusion, list(REFERENCES.values()), rtol=REFERENCE)
    assert (found.status == "ok").all() and (found.change <= 1e-10).all()


@pytest.mark.parametrize("potential", [COSINE, UNEVEN])
@pytest.mark.parametrize(("b", "g"), [(3.0, 0.4), (6.0, 2.0)])
def test_another_way_of_solving_it(potential, b, g):
    assert exact_diffusion(b, g, potential).diffusion == pytest.approx(direct(b, g, potential, 90, 40), rel=DIRECT)


def test_free_motion():
    g = np.array([0.01, 1.0, 300.0])
    np.testing.assert_allclose(exact_diffusion(0.0, g).diffusion, 1 / g, rtol=ROUNDING)


def test_truncated_chains_bound_it():
    """Without a stand-in for the rest, even numbers of orders lie below and odd ones above: S_N is too small."""
    exact = float(exact_diffusion(4.0, 0.5).diffusion)
    even, odd = (
        np.array([float(diffusion_at_orders(4.0, 0.5, n, 24, closed=False)) for n in orders])
        for orders in ((4, 6, 8, 10, 12, 16), (5, 7, 9, 11, 13, 17))
    )
    below, above = (even, odd) if even[0] < odd[0] else (odd, even)
    assert (np.diff(below) > 0).all() and (below < exact).all()
    assert (np.diff(above) < 0).all() and (above > exact).all()
    stand_in = [abs(float(diffusion_at_orders(4.0, 0.5, n, 24)) / exact - 1) for n in (12, 24)]
    without = [abs(float(diffusion_at_orders(4.0, 0.5, n, 24, closed=False)) / exact - 1) for n in (12, 24)]
    assert (np.array(stand_in) < np.array(without) / 3).all()


@given(
    b=st.floats(0.1, 12),
    g=st.floats(0.3, 50),
    shift=st.floats(0, 6),
    second=st.floats(-0.8, 0.8),
    sine=st.floats(-0.8, 0.8),
)
@settings(max_examples=8, deadline=None)
def test_mirror_images_and_origins(b, g, shift, second, sine):
    """D does not see where x = 0 is nor which way x runs, and stays below the overdamped one."""
    one = PeriodicPotential((1.0, second), (0.0, sine))
    mirrored = PeriodicPotential((1.0, second), (0.0, -sine))
    cosines = (np.cos(shift), second * np.cos(2 * shift) + sine * np.sin(2 * shift))
    sines = (np.sin(shift), second * np.sin(2 * shift) - sine * np.cos(2 * shift))
    moved = PeriodicPotential(cosines, tuple(-value for value in sines))
    values = [float(exact_diffusion(b, g, potential, tolerance=1e-9).diffusion) for potential in (one, mirrored, moved)]
    np.testing.assert_allclose(values, values[0], rtol=1e-8)
    assert 0 < values[0] <= overdamped_diffusion(b, g, one) * (1 + 1e-8)


def test_high_friction():
    """Overdamped, with a correction of second order in 1/g."""
    g = np.array([30.0, 60.0, 120.0])
    missing = (1 - exact_diffusion(6.0, g).diffusion / overdamped_diffusion(6.0, g)) * g**2
    assert (missing > 0).all()
    assert missing[2] == pytest.approx(missing[1], rel=0.02)


def test_low_friction():
    """The limit of energy diffusion, from which D rises with the root of the friction."""
    g = np.array([0.01, 0.02, 0.04])
    excess = exact_diffusion(5.0, g, tolerance=1e-6).diffusion / energy_diffusion(5.0, g) - 1
    assert (np.diff(excess) > 0).all()
    slope = excess / np.sqrt(g)  # from 2.08 at g = 0, with a correction in the root of g again
    np.testing.assert_allclose(slope - 2.0 * np.sqrt(g), 2.08, rtol=0.01)


def test_friction_slows_diffusion():
    d = exact_diffusion(7.0, np.geomspace(0.05, 1000, 25), tolerance=1e-7).diffusion
    assert (np.diff(d) < 0).all()


def test_a_period_of_two_equal_wells_is_a_shorter_period():
    """cos 2x: half the period, so that lengths, times and frictions in the reduced units are twice as large."""
    doubled = exact_diffusion(5.0, 1.0, PeriodicPotential((0.0, -1.0))).diffusion
    # x' = 2x at the same mass and kT: g' = g/2 in units of the longer length, D = D'/2
    assert doubled == pytest.approx(float(exact_diffusion(5.0, 0.5).diffusion) / 2, rel=1e-9)


def test_what_has_not_converged_is_told():
    found = exact_diffusion([5.0, 5.0], [0.01, 1.0], levels=4)
    assert found.status.tolist() == ["not converged", "ok"]
    assert np.isnan(found.diffusion[0]) and np.isfinite(found.diffusion[1])
    assert found.orders[0] > found.orders[1]


def test_refused():
    with pytest.raises(ValueError, match=r"reduced_barrier must be finite, at least 0 and at most 300, got 301\.0"):
        exact_diffusion(301.0, 1.0)
    with pytest.raises(
        ValueError, match=r"reduced_friction must be finite, at least 0\.0001 and at most 1e\+08, got 0\.0"
    ):
        exact_diffusion(1.0, 0.0)
    with pytest.raises(ValueError, match=r"tolerance must be finite, above 0 and below 1, got 0\.0"):
        exact_diffusion(1.0, 1.0, tolerance=0)
    with pytest.raises(ValueError, match=r"orders must be finite and at least 2, got 1"):
        diffusion_at_orders(1.0, 1.0, 1, 10)
    with pytest.raises(ValueError, match=r"harmonics must be finite and at least 2, got 1"):
        diffusion_at_orders(1.0, 1.0, 10, 1, UNEVEN)
