"""A breathing bottleneck: averages over Q, saddles, partition functions, networks whose bonds keep their widths."""

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from superion.breathing_modes import (
    barrier_lowering_eV,
    capped_barrier_eV,
    hop_share_above,
    log_rate_ratio,
    quenched_barrier_eV,
    relaxed_barrier_eV,
)
from superion.thermal_amplitudes import mean_square_amplitude_A2, stiffness_eV_per_A2
from superion.units import thermal_energy_eV

MASS_UNIT = 3e-9  # the references rest on another value of the mass unit (CODATA 2022 against 2018: 1.4e-9)
PARTITION = 1e-8
ROUNDING = 1e-12
MEDIUM = 0.02  # what an effective medium in three dimensions misses of ln K at a spread of 1, and a finite piece adds
T = 300.0
THERMAL = float(thermal_energy_eV(T))


def test_lowerings():
    classical = barrier_lowering_eV(0.5, 16.0, 5.0, [100.0, 300.0])
    np.testing.assert_allclose(classical, 0.0763750628482641, rtol=MASS_UNIT)
    quantum = barrier_lowering_eV(0.5, 16.0, 5.0, [300.0, 100.0], "quantum")
    np.testing.assert_allclose(quantum, [0.08040434447725783, 0.10992798222411476], rtol=MASS_UNIT)
    assert classical[0] == pytest.approx(0.25 / (2 * stiffness_eV_per_A2(16.0, 5.0)), rel=ROUNDING)


def test_average_over_a_gaussian():
    """The rate exp(-(E0 - lambda Q)/kT) averaged by Gauss-Hermite quadrature."""
    barrier, coupling = 0.6, 0.5
    for statistics in ("classical", "quantum"):
        spread = np.sqrt(mean_square_amplitude_A2(16.0, 5.0, T, statistics))
        node, weight = np.polynomial.hermite_e.hermegauss(60)
        mean = np.exp(-(barrier - coupling * spread * node) / THERMAL) @ weight / np.sqrt(2 * np.pi)
        lowering = barrier_lowering_eV(coupling, 16.0, 5.0, T, statistics)
        assert -THERMAL * np.log(mean) == pytest.approx(barrier - lowering, rel=1e-10)


@given(barrier=st.floats(0.05, 1.5), share=st.floats(1e-3, 2), temperature=st.floats(100, 2000))
@settings(max_examples=40, deadline=None)
def test_capped_average(barrier, share, temperature):
    lowering, thermal = share * barrier, float(thermal_energy_eV(temperature))
    deviation = np.linspace(-40, 40, 80001)
    energies = barrier - np.sqrt(2 * lowering * thermal) * deviation
    exponent = -np.maximum(energies, 0) / thermal - deviation**2 / 2
    step = deviation[1] - deviation[0]
    mean = np.exp(exponent - exponent.max()).sum() * step / np.sqrt(2 * np.pi)
    expected = -thermal * (np.log(mean) + exponent.max())
    found = float(capped_barrier_eV(barrier, lowering, temperature))
    assert found == pytest.approx(expected, abs=1e-5 * thermal)  # the grid's, at the kink
    assert found >= barrier - lowering - 1e-12


def test_capped_average_without_coupling():
    assert capped_barrier_eV(0.4, 0.0, T) == 0.4
    # far from the limit of the formula
    assert capped_barrier_eV(0.6, 0.1, 100.0) == pytest.approx(0.5, abs=1e-9)


def test_share_of_hops_through_wide_bottlenecks():
    lowering, limit = 0.05, 0.7
    spread = np.sqrt(2 * lowering / THERMAL)
    q = np.linspace(-12, 16, 280001)
    weight = np.exp(-(q**2) / 2 + spread * q)
    inside = weight * (q > limit)
    assert hop_share_above(lowering, T, limit) == pytest.approx(inside.sum() / weight.sum(), abs=1e-4)
    assert hop_share_above(0.0, T, 0.0) == pytest.approx(0.5)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.49, 0.51, 0.8, 3.0])
def test_saddle_of_the_surface(share):
    """V = E0 g - lambda Q g + K Q^2/2 minimised over Q at each x, then maximised along x."""
    barrier, stiffness = 0.6, 2.0
    coupling = np.sqrt(2 * stiffness * share * barrier)

    def energy(q, g):
        return barrier * g - coupling * q * g + stiffness * q**2 / 2

    along = []
    for g in (1 - np.cos(np.linspace(0, np.pi, 401))) / 2:
        best = minimize_scalar(energy, args=(g,), bounds=(-5, 5), method="bounded", options={"xatol": 1e-9})
        along.append(best.fun)
    assert relaxed_barrier_eV(barrier, share * barrier) == pytest.approx(max(along), abs=3e-6)  # the grid's


def test_two_dimensional_partition_functions():
    ratio = np.exp(log_rate_ratio(0.6, 0.25, 300.0))
    assert ratio == pytest.approx(15599.553610147985, rel=PARTITION)
    assert np.exp(0.25 / THERMAL) == pytest.approx(15842.187696085128, rel=PARTITION)


@pytest.mark.parametrize("coupling", [0.4, 1.0, 1.4])
def test_rates_by_integrals_over_both_coordinates(coupling):
    barrier, stiffness = 0.6, 2.0
    x = np.arange(1600) / 1600
    q = np.linspace(-3, 4, 3001)

    def rate(coupled):
        g = (1 - np.cos(2 * np.pi * x[:, None])) / 2
        energy = barrier * g - coupled * q * g + stiffness * q**2 / 2
        slices = np.exp(-energy / THERMAL).sum(axis=1)
        return slices.min() / slices.sum()  # the best dividing line

    lowering = coupling**2 / (2 * stiffness)
    expected = np.log(rate(coupling) / rate(0.0))
    assert log_rate_ratio(barrier, lowering, T) == pytest.approx(expected, abs=2e-5)  # lines lie on a grid


def test_exact_rate_falls_short_of_the_formula():
    lowering = np.linspace(0.01, 0.29, 8)
    assert (log_rate_ratio(0.6, lowering, T) < lowering / THERMAL).all()
    assert log_rate_ratio(0.6, 0.0, T) == pytest.approx(0, abs=1e-12)


def test_bottlenecks_in_series():
    """A line of many bottlenecks: its resistance is the sum of theirs."""
    barrier, lowering = 0.4, 0.03
    spread = np.sqrt(2 * lowering * THERMAL)
    own = barrier - spread * np.random.default_rng(5).standard_normal(1_000_000)
    resistance = np.exp(own / THERMAL)
    error = THERMAL * resistance.std() / resistance.mean() / 1000
    found = float(quenched_barrier_eV(barrier, lowering, T, 1))
    assert found == pytest.approx(THERMAL * np.log(resistance.mean()), abs=4 * error)
    assert found == pytest.approx(barrier + lowering)


def network_conductivity(dimension, side, spread, seed):
    """Of a periodic piece with lognormal bonds, along the first axis: potential differences from Kirchhoff's laws."""
    generator = np.random.default_rng(seed)
    sites = np.arange(side**dimension).reshape((side,) * dimension)
    laplacian = scipy.sparse.csr_matrix((sites.size, sites.size))
    source, own = np.zeros(sites.size), 0.0
    for axis in range(dimension):
        a, b = sites.ravel(), np.roll(sites, -1, axis).ravel()
        k = np.exp(spread * generator.standard_normal(a.size))
        part = scipy.sparse.csr_matrix(
            (np.r_[k, k, -k, -k], (np.r_[a, b, a, b], np.r_[a, b, b, a])), shape=[sites.size] * 2
        )
        laplacian = laplacian + part
        if axis == 0:
            np.add.at(source, a, k)
            np.add.at(source, b, -k)
            own = k.sum()
    potential = np.zeros(sites.size)
    potential[1:] = scipy.sparse.linalg.spsolve(laplacian[1:, 1:].tocsc(), source[1:])
    return (own - source @ potential) / sites.size


def test_square_lattice_of_bottlenecks():
    """Rates and resistances are alike in two dimensions: no change for a symmetric distribution of logarithms."""
    found = [np.log(network_conductivity(2, 40, 1.0, seed)) for seed in range(12)]
    error = np.std(found, ddof=1) / np.sqrt(12)
    assert error < 0.02
    assert np.mean(found) == pytest.approx(0, abs=4 * error)
    assert quenched_barrier_eV(0.4, 0.1, T, 2) == pytest.approx(0.4, abs=1e-12)


def test_cubic_lattice_of_bottlenecks():
    spread = 1.0
    lowering = spread**2 * THERMAL / 2
    medium = (0.4 - float(quenched_barrier_eV(0.4, lowering, T, 3))) / THERMAL
    found = np.mean([np.log(network_conductivity(3, 11, spread, seed)) for seed in range(5)])
    assert medium == pytest.approx(found, abs=MEDIUM)


def test_quenched_barriers_between_series_and_average():
    lowering = 0.08
    barriers = np.array(
        [float(quenched_barrier_eV(0.4, lowering, T, d)) for d in (1, 1 + 1e-9, 1.5, 2, 3, 6, 100, 1e6)]
    )
    assert (np.diff(barriers) < 1e-12).all()
    assert barriers[1] == pytest.approx(0.48, abs=1e-6)
    assert barriers[-1] == pytest.approx(0.32, abs=1e-4)
    np.testing.assert_allclose(quenched_barrier_eV([0.3, 0.5], 0.0, T, 3), [0.3, 0.5], atol=1e-12)


def test_refused():
    with pytest.raises(ValueError, match=r"lowering_eV must be finite and at least 0, got -0\.1"):
        relaxed_barrier_eV(0.4, -0.1)
    with pytest.raises(ValueError, match=r"barrier_eV must be finite and at least 0, got -0\.4"):
        capped_barrier_eV(-0.4, 0.1, T)
    with pytest.raises(ValueError, match=r"temperature_K must be finite and above 0, got 0\.0"):
        log_rate_ratio(0.4, 0.1, 0.0)
    with pytest.raises(ValueError, match=r"dimension must be finite and at least 1, got 0\.5"):
        quenched_barrier_eV(0.4, 0.1, T, 0.5)
    with pytest.raises(ValueError, match=r"coupling_eV_per_A must be finite, got nan"):
        barrier_lowering_eV(np.nan, 16.0, 5.0, T)
