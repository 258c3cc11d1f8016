"""Levels of percolation regions against published gaps, closed forms and the matrix of App. 5.2."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superion.percolation_levels import PercolationRegion, far_hop_factor

REFERENCE = 1e-12  # eigenvalues of up to 122 x 122 matrices with elements below 1 eV

THERMAL = 0.026
SITES = (2, 3, 5, 7, 11, 21, 31, 41, 61)
# P5: E_s; gaps in eV for the numbers of sites above
P5 = {
    None: (
        0.4,
        0.35857864376269044,
        0.3267949192431123,
        0.31522409349774266,
        0.30681483474218635,
        0.30203571162381343,
        0.3009630546655606,
        0.30055924056376393,
        0.3002566985657894,
    ),
    0.2: (
        0.4,
        0.35857864192216665,
        0.3267949057180788,
        0.31522407104526523,
        0.3068148031604853,
        0.3020356733718498,
        0.30096301469042863,
        0.3005591999071832,
        0.30025665738268914,
    ),
    0.1: (
        0.4,
        0.35857461044864875,
        0.3267652777371822,
        0.31517488152315787,
        0.30674560488476005,
        0.3019518518018663,
        0.30087541471003,
        0.3004701056016227,
        0.30016640843851977,
    ),
    0.05: (
        0.4,
        0.35838995675469376,
        0.32540217157032647,
        0.31290084816998887,
        0.30352859900255225,
        0.2980368745450796,
        0.29677851736639693,
        0.2963010178895402,
        0.29594141943397956,
    ),
    0.026: (
        0.4,
        0.35738745424019835,
        0.3177925036989053,
        0.2998058419462544,
        0.2842968988786688,
        0.2738571139960779,
        0.2712287728388352,
        0.27019447197804825,
        0.269396971967687,
    ),
    0.02: (
        0.4,
        0.3566934128141549,
        0.3123135595640829,
        0.28994737166314033,
        0.26898312482322034,
        0.25358042302131734,
        0.24945428659392122,
        0.24778970373198073,
        0.2464851680513681,
    ),
    0.013: (
        0.4,
        0.3553635640548046,
        0.301320631778601,
        0.26904183498464007,
        0.233932104483495,
        0.20329167514366048,
        0.19392168114739566,
        0.1899204363776324,
        0.1866624093001495,
    ),
    0.01: (
        0.4,
        0.3545406468353515,
        0.29418472982328114,
        0.25464172058830353,
        0.20758543932025875,
        0.16143836045042137,
        0.14586208113628718,
        0.138894663042605,
        0.13303374206752638,
    ),
}

factors = st.floats(0.0, 0.95)
hops = st.floats(-0.2, 0.2)
numbers = st.integers(2, 25)


def region(loss, **change):
    return PercolationRegion(-0.25, 0.25, 0.05, far_hop_factor(loss, THERMAL), **change)


def matrix_by_loops(chain, n):
    """App. 5.2 with P_l = P_0 q^l for l = |i - j| - 1, regular states first."""
    matrix = np.zeros((2 * n, 2 * n))
    for i in range(n):
        for k in range(n):
            if i == k:
                block = np.diag([chain.regular_energy_eV, chain.interstitial_energy_eV])
            else:
                weak = 1.0
                for _ in range(abs(i - k) - 1):
                    weak *= chain.far_factor
                block = weak * np.array([[chain.hop_eV, chain.cross_hop_eV], [chain.cross_hop_eV, chain.hop_eV]])
            matrix[i::n, k::n] = block
    return matrix


@pytest.mark.parametrize("loss", P5)
def test_gaps_of_p5(loss):
    chain = region(loss)
    np.testing.assert_allclose([chain.gap_eV(n) for n in SITES], P5[loss], atol=REFERENCE)


def test_gap_falls_with_the_sites_and_saturates_p6():
    chain = region(None)
    for sites, gap in ((3, 0.3585786438), (31, 0.3009630547), (61, 0.3002566986)):
        assert chain.gap_eV(sites) == pytest.approx(gap, abs=1e-9)
    gaps = np.array([chain.gap_eV(n) for n in range(2, 62)])
    assert np.all(np.diff(gaps) < 0)
    assert (gaps[0] - gaps[9]) / (gaps[0] - chain.infinite_gap_eV) > 0.9  # nearly all of it by 11 sites
    n = np.arange(2, 62)
    np.testing.assert_allclose(gaps, 0.5 - 0.2 * np.cos(np.pi / (n + 1)), atol=REFERENCE)  # plain tight binding


@given(factors, st.floats(0.001, 0.1))
def test_gap_of_the_endless_chain(factor, hop):
    """0.5 - 4P/(1 - q^2): the extrema over k of the sum of 2P q^(l-1) cos(l k); 0 where the bands overlap."""
    chain = PercolationRegion(-0.25, 0.25, hop, factor)
    k = np.linspace(0, np.pi, 1001)
    length = np.arange(1, 900)[:, None]  # 0.95^900 is left out
    band = (2 * hop * factor ** (length - 1.0) * np.cos(length * k)).sum(0)
    assert chain.infinite_gap_eV == pytest.approx(max(0.5 - np.ptp(band), 0.0), abs=1e-12)
    assert band.max() == pytest.approx(2 * hop / (1 - factor), rel=1e-10)
    assert band.min() == pytest.approx(-2 * hop / (1 + factor), rel=1e-10)


@pytest.mark.parametrize("loss", [None, 0.05, 0.026])
def test_gap_tends_to_that_of_the_endless_chain(loss):
    chain = region(loss)
    excess = np.array([chain.gap_eV(n) - chain.infinite_gap_eV for n in (50, 100, 200)])
    assert np.all(excess > 0)
    np.testing.assert_allclose(excess[:-1] / excess[1:], 4, rtol=0.12)  # as 1/n^2, to the next order 1/n


@given(numbers, factors, hops, hops, st.floats(-1.0, 0.0), st.floats(0.01, 1.0))
def test_matrix_and_levels(n, factor, hop, cross, regular, gap):
    chain = PercolationRegion(regular, regular + gap, hop, factor, cross)
    matrix = chain.matrix(n)
    np.testing.assert_allclose(matrix, matrix_by_loops(chain, n), rtol=1e-12, atol=1e-300)
    np.testing.assert_array_equal(matrix, matrix.T)
    levels = chain.levels_eV(n)
    assert levels.shape == (2 * n,)
    assert np.all(np.diff(levels) >= 0)
    assert levels.sum() == pytest.approx(n * (2 * regular + gap), abs=1e-11)
    assert chain.gap_eV(n) == pytest.approx(levels[n] - levels[n - 1], abs=1e-15)
    # cross hops couple each level of the chain of hops to itself: 2 x 2 problems
    reach = np.linalg.eigvalsh(matrix_by_loops(PercolationRegion(0.0, 1.0, 1.0, factor), n)[:n, :n])
    split = np.hypot(gap / 2, cross * reach)
    expected = regular + gap / 2 + hop * reach + np.array([-1, 1])[:, None] * split
    np.testing.assert_allclose(levels, np.sort(expected.ravel()), atol=1e-12)


@given(st.integers(3, 12), st.floats(0.01, 0.95))
def test_printed_matrix_of_p1_is_not_symmetric(n, factor):
    """P1: P_{n-2} as the last entry of the second row, where the distance n - 2 makes it P_{n-3}."""
    chain = PercolationRegion(-0.25, 0.25, 0.05, factor)
    right, printed = chain.matrix(n), chain.matrix(n, form="printed")
    rows, columns = np.nonzero(right != printed)
    np.testing.assert_array_equal(np.c_[rows, columns], [(1, n - 1), (n + 1, 2 * n - 1)])
    assert printed[1, n - 1] == pytest.approx(0.05 * factor ** (n - 2), rel=1e-12)
    assert right[1, n - 1] == pytest.approx(0.05 * factor ** (n - 3), rel=1e-12)
    assert np.any(printed != printed.T)


def test_printed_matrix_of_two_sites_has_no_such_entry():
    chain = region(0.05)
    np.testing.assert_array_equal(chain.matrix(2), chain.matrix(2, form="printed"))


def test_spectrum_does_not_tell_the_sites_apart_p4():
    """P4: U_A = +0.25, U_B = -0.25 as printed is refused; the levels are the same ones."""
    chain = region(0.05)
    n = 7
    swapped = chain.matrix(n)[np.ix_(np.r_[n : 2 * n, :n], np.r_[n : 2 * n, :n])]
    np.testing.assert_allclose(np.linalg.eigvalsh(swapped), chain.levels_eV(n), atol=REFERENCE)
    with pytest.raises(ValueError, match=r"regular_energy_eV .*below -0.25 \(U_B\), got 0.25"):
        PercolationRegion(0.25, -0.25, 0.05)


def test_far_hop_factor_of_p3():
    """P3: q = exp(-E_s/kT) as printed; for an amplitude, by (15) and (16), exp(-E_s/2kT)."""
    assert far_hop_factor(None, THERMAL) == 0
    assert far_hop_factor(0.05, THERMAL) == pytest.approx(np.exp(-0.05 / THERMAL), rel=1e-15)
    assert far_hop_factor(0.05, THERMAL, amplitude=True) ** 2 == pytest.approx(far_hop_factor(0.05, THERMAL), rel=1e-14)


def test_one_site_has_two_levels():
    np.testing.assert_allclose(region(0.05, cross_hop_eV=0.1).levels_eV(1), [-0.25, 0.25])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PercolationRegion(0.25, 0.25, 0.05), "regular_energy_eV"),
        (lambda: PercolationRegion(-0.25, 0.25, np.nan), "hop_eV must be finite, got nan"),
        (lambda: PercolationRegion(-0.25, 0.25, 0.05, 1.0), "far_factor must be .*below 1, got 1.0"),
        (lambda: PercolationRegion(-0.25, 0.25, 0.05, -0.1), "far_factor"),
        (lambda: PercolationRegion(-0.25, 0.25, 0.05, 0.1, np.inf), "cross_hop_eV"),
        (lambda: region(0.05).matrix(0), "sites must be an integer and at least 1, got 0"),
        (lambda: region(0.05).matrix(2.5), "sites"),
        (lambda: region(0.05).matrix(3, form="other"), "form must be 'corrected' or 'printed'"),
        (lambda: region(0.05, cross_hop_eV=0.01).infinite_gap_eV, "cross_hop_eV must be 0 for the closed form"),
        (lambda: far_hop_factor(0.0, THERMAL), "energy_loss_eV must be finite and above 0, got 0.0"),
        (lambda: far_hop_factor(0.1, 0.0), "thermal_energy_eV"),
    ],
)
def test_bad_values_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
