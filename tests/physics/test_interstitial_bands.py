"""Bands, weights, masses and conductivity of quasi-ions against matrices, derivatives, quadrature and SI units."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from superion.interstitial_bands import (
    PHASES,
    band_edges,
    band_energies,
    bloch_matrix,
    carrier_formation_energy_eV,
    diffusivity_cm2_per_s,
    drift_time_ps,
    hopping_energy_eV,
    inverse_effective_mass,
    narrow_band_ratio,
    reduced_boltzmann_conductivity,
    reduced_edge_conductivity,
    site_weights,
)

ROUNDING = 1e-12  # a few thousand roundings
EIGENVALUES = 1e-13  # LAPACK on matrices with elements of the order 1
PRINTED_DIGITS = 1e-9  # reference values carry ten digits
DIFFERENCE = 1e-6  # five-point second differences with a step of 0.01: step^4, and rounding over step^2
QUADRATURE = 1e-11  # tolerance given to scipy.integrate.quad, and the Gauss-Legendre sum at kT not far below J0

ELEMENTARY_CHARGE_C, PLANCK_J_S, ATOMIC_MASS_kg = 1.602176634e-19, 6.62607015e-34, 1.66053906660e-27
HBAR_J_S = PLANCK_J_S / (2 * math.pi)

THERMAL = 0.026
# E09, T2 at U0 = -0.3 eV: U_A, U_B, E_a^AB, E_a^BA; J0 in full and approximately; overlap of the two densities
HOPPING = {
    0.5: (-0.6, -0.3, 0.46875, 0.16875, -0.023377675514471206, -0.023341238340453818, 0.039),
    0.6: (-0.6, -0.24, 0.45375, 0.09375, -0.09634973522670671, -0.09631179880883506, 0.161),
    0.7: (-0.6, -0.18, 0.45125, 0.03125, -0.2599982463747947, -0.25997402756029847, 0.433),
}

phases = st.sampled_from(sorted(PHASES))
wave_numbers = st.floats(-np.pi, np.pi)
differences = st.floats(0.01, 1.0)
hoppings = st.floats(-1.0, -0.001)
scatterings = st.floats(0.0, 1.5)


def boltzmann_by_quadrature(middle, difference, hopping, mu, thermal, scattering=0.0, phase="ka/2+pi"):
    """Eq. (30) by adaptive quadrature, cut where the Fermi edge and the sign of h are."""
    j, s = abs(hopping), PHASES[phase] * scattering

    def integrand(ka):
        h = j * math.cos(ka / 2) + s
        e = math.hypot(difference, h)
        x = min(abs(middle + e - mu) / (2 * thermal), 350.0)
        return (h / e * j * math.sin(ka / 2) / 2) ** 2 / (4 * thermal * math.cosh(x) ** 2)

    square = (mu - middle) ** 2 - difference**2
    edges = [(side * math.sqrt(square) - s) / j for side in (-1, 1)] if square > 0 and mu > middle else []
    cuts = sorted({2 * math.acos(c) for c in (*edges, -s / j) if abs(c) < 1})
    return quad(integrand, 0, np.pi, points=cuts or None, epsabs=0, epsrel=1e-12, limit=400)[0] / np.pi


def second_derivative(function, at, step=0.01):
    weights = np.array([-1, 16, -30, 16, -1]) / 12
    return float(np.sum(weights * function(at + step * np.arange(-2, 3)))) / step**2


# ---- hopping -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shallowness", HOPPING)
def test_hopping_of_e09(shallowness):
    *energies, full, approximate, _ = HOPPING[shallowness]
    assert hopping_energy_eV(*energies, THERMAL) == pytest.approx(full, abs=ROUNDING)
    assert hopping_energy_eV(*energies, THERMAL, form="approximate") == pytest.approx(approximate, abs=ROUNDING)
    assert full < 0  # E10


@pytest.mark.parametrize("shallowness", HOPPING)
def test_hopping_depends_on_the_zero_of_energy_by_the_overlap(shallowness):
    """E09: the overlap that the source neglects is the change of J0 with a shift of U."""
    regular, interstitial, *barriers, full, _, overlap = HOPPING[shallowness]
    shift = 0.37
    shifted = hopping_energy_eV(regular + shift, interstitial + shift, *barriers, THERMAL)
    change = (shifted - full) / shift
    assert change == pytest.approx(overlap, abs=6e-4)  # its three digits
    jump = np.exp(-np.array(barriers) / THERMAL)
    assert change == pytest.approx(np.sqrt(jump).sum() / np.sqrt(np.prod(1 + 2 * jump)), rel=1e-10)


# ---- bands -------------------------------------------------------------------------------------------------------


@given(wave_numbers, differences, hoppings, scatterings, phases, st.floats(-2.0, 2.0))
def test_bands_and_weights_are_those_of_the_matrix(ka, difference, hopping, scattering, phase, middle):
    regular, interstitial = middle - difference, middle + difference
    matrix = bloch_matrix(ka, regular, interstitial, hopping, scattering, phase)
    np.testing.assert_array_equal(matrix, matrix.conj().T)
    level, vector = np.linalg.eigh(matrix)
    lower, upper = band_energies(ka, regular, interstitial, hopping, scattering, phase)
    np.testing.assert_allclose([lower, upper], level, rtol=0, atol=10 * EIGENVALUES)
    above, below = site_weights(ka, difference, hopping, scattering, phase)
    # of vectors: the rounding of the elements over the gap
    tolerance = 10 * EIGENVALUES / difference
    np.testing.assert_allclose([below, above], np.abs(vector[0]) ** 2, rtol=0, atol=tolerance)
    assert above + below == pytest.approx(1.0, abs=1e-15)
    assert above <= 0.5 <= below  # site A is the lower one


def test_matrix_has_arrays_of_wave_numbers():
    ka = np.linspace(-np.pi, np.pi, 12).reshape(3, 4)
    matrix = bloch_matrix(ka, -0.6, -0.3, -0.1, 0.05, "ka/2")
    assert matrix.shape == (3, 4, 2, 2)
    level = np.linalg.eigvalsh(matrix)
    expected = np.stack(band_energies(ka, -0.6, -0.3, -0.1, 0.05, "ka/2"), axis=-1)
    np.testing.assert_allclose(level, expected, atol=EIGENVALUES)


def test_bands_of_e13_e15_e16_e17():
    lower, upper = band_energies([0, np.pi / 2, np.pi], -0.1, 0.1, 0.1)
    np.testing.assert_allclose(upper, [0.1414213562, 0.1224744871, 0.1], atol=PRINTED_DIGITS)  # E13
    np.testing.assert_allclose(lower, -upper, atol=1e-16)
    assert upper[0] - 0.1 == pytest.approx(0.0414213562, abs=PRINTED_DIGITS)  # E15: not J0 = 0.1
    bottom, top = band_edges(0.1, 0.1)
    assert top - bottom == pytest.approx(0.0414213562, abs=PRINTED_DIGITS)  # E17
    above, _ = site_weights(0.0, 0.1, 0.1)
    assert above == pytest.approx(0.1464466094, abs=PRINTED_DIGITS)  # E16
    assert 1 - above == pytest.approx(0.8535533906, abs=PRINTED_DIGITS)


@given(differences, hoppings, scatterings, phases)
def test_band_edges_are_the_extrema_over_the_zone(difference, hopping, scattering, phase):
    ka = 2 * np.arccos(np.clip(np.append(np.linspace(0, 1, 401), scattering / abs(hopping)), 0, 1))
    _, upper = band_energies(ka, -difference, difference, hopping, scattering, phase)
    bottom, top = band_edges(difference, hopping, scattering, phase)
    assert upper.min() == pytest.approx(float(bottom), rel=ROUNDING)
    assert upper.max() == pytest.approx(float(top), rel=ROUNDING)


@given(wave_numbers.filter(lambda ka: abs(np.cos(ka / 2)) > 1e-3), differences, hoppings)
def test_printed_weights_are_the_same_function_off_the_edge(ka, difference, hopping):
    right, printed = (site_weights(ka, difference, hopping, form=form) for form in ("corrected", "printed"))
    chi = abs(hopping * np.cos(ka / 2) / difference)
    # 1 + chi^2 - sqrt(1 + chi^2) loses the digits that chi^2/2 lacks to 1
    np.testing.assert_allclose(printed, right, rtol=1e-15 * (10 + 10 / chi**2))


def test_printed_weights_are_0_over_0_at_the_edge():
    edge = 2 * np.arccos(0.0)
    _, printed = site_weights(edge, 0.1, 0.0, form="printed")
    assert np.isnan(printed)
    above, below = site_weights(edge, 0.1, 0.0)
    assert (above, below) == (0, 1)
    chi = np.array([1e-9, 1e-6, 1e-3])
    above, _ = site_weights(0.0, 1.0, chi)
    np.testing.assert_allclose(above, chi**2 / 4 * (1 - 3 * chi**2 / 4), rtol=1e-11)  # its own series: no loss


def test_scattering_makes_a_cusp_at_the_edge():
    """E30: with |S| the slope of the band at k = pi jumps; without it the band is flat there."""
    step = 1e-6
    slopes = {}
    for scattering in (0.0, 0.05):
        below, at, above = band_energies(np.pi + step * np.array([-1, 0, 1]), -0.1, 0.1, -0.1, scattering)[1]
        slopes[scattering] = ((at - below) / step, (above - at) / step)
    expected = 0.05 / np.hypot(0.1, 0.05) * 0.1 / 2
    np.testing.assert_allclose(slopes[0.05], [-expected, expected], rtol=1e-5)  # one-sided difference: step
    np.testing.assert_allclose(slopes[0.0], 0, atol=1e-6)


# ---- masses and diffusion ----------------------------------------------------------------------------------------


@given(differences, hoppings)
def test_masses_are_the_curvature_of_the_band(difference, hopping):
    def upper(ka):
        return band_energies(ka, -difference, difference, hopping)[1]

    scale = hopping**2 / difference
    top = second_derivative(upper, 0.0)
    # the curvature changes over ka of the order dU/J0 at the bottom of a band that is wide against its gap
    bottom = second_derivative(upper, np.pi, step=0.01 * min(1.0, difference / abs(hopping)))
    rounding = 1e-15 / (0.01 * min(1.0, difference / abs(hopping))) ** 2
    assert inverse_effective_mass(difference, hopping, "top") == pytest.approx(
        -top, rel=DIFFERENCE, abs=1e-7 * scale + rounding
    )
    assert inverse_effective_mass(difference, hopping, "bottom") == pytest.approx(
        bottom, rel=DIFFERENCE, abs=1e-7 * scale + rounding
    )


def test_printed_mass_is_neither_of_the_edges():
    """E19, E20: printed |J|^2/sqrt(dU^2 + J^2); right: a quarter of that at k = 0, and J^2/(4 |dU|) at k = pi."""
    difference, hopping = 0.15, 0.1
    printed = inverse_effective_mass(difference, hopping, form="printed")
    assert printed == inverse_effective_mass(difference, hopping, "top", form="printed")
    assert printed == pytest.approx(hopping**2 / math.sqrt(difference**2 + hopping**2), rel=ROUNDING)
    assert printed / inverse_effective_mass(difference, hopping, "top") == pytest.approx(4, rel=ROUNDING)
    ratio = 4 * difference / math.hypot(difference, hopping)
    assert printed / inverse_effective_mass(difference, hopping, "bottom") == pytest.approx(ratio, rel=ROUNDING)


def test_conductivity_of_e21_follows_from_the_mass_and_the_hopping():
    """sigma0 = n0 (ze)^2 tau a^2 U_A^2/(4 |dU| hbar^2) times exp(-(E_a + E_t)/kT)/(1 + 2 exp(-E_a/kT))."""
    regular, interstitial, _, activation, *_ = HOPPING[0.5]
    difference, formation = (interstitial - regular) / 2, 0.2
    hopping = hopping_energy_eV(regular, interstitial, 0.4, activation, THERMAL, form="approximate")
    found = reduced_edge_conductivity(formation, inverse_effective_mass(difference, hopping), THERMAL)
    boltzmann = np.exp(-(activation + formation) / THERMAL) / (1 + 2 * np.exp(-activation / THERMAL))
    assert found == pytest.approx(regular**2 / (4 * difference) * boltzmann, rel=ROUNDING)
    # its slope: -d ln sigma/d beta = E_t + E_a/(1 + 2 exp(-E_a beta))
    beta, step = 1 / THERMAL, 1e-3

    def logarithm(beta):
        hopping = hopping_energy_eV(regular, interstitial, 0.4, activation, 1 / beta, form="approximate")
        return np.log(reduced_edge_conductivity(formation, inverse_effective_mass(difference, hopping), 1 / beta))

    slope = -(logarithm(beta + step) - logarithm(beta - step)) / (2 * step)
    assert slope == pytest.approx(formation + activation / (1 + 2 * np.exp(-activation * beta)), rel=1e-8)  # step^2


@pytest.mark.parametrize(
    ("inverse_mass", "thermal", "constant", "time"), [(0.01, 0.026, 3.0, 0.1), (0.3, 0.05, 5.5, 2)]
)
def test_diffusivity_in_si_units(inverse_mass, thermal, constant, time):
    mass_kg = HBAR_J_S**2 / (inverse_mass * ELEMENTARY_CHARGE_C * (constant * 1e-10) ** 2)
    square_metre_per_s = thermal * ELEMENTARY_CHARGE_C * time * 1e-12 / mass_kg
    found = diffusivity_cm2_per_s(inverse_mass, thermal, constant, time)
    assert found == pytest.approx(square_metre_per_s * 1e4, rel=ROUNDING)


def test_drift_time_of_e18_is_the_lattice_constant_over_the_largest_speed():
    mass, constant, activation = 6.94, 5.0, 0.16875
    speed = math.sqrt(2 * activation * ELEMENTARY_CHARGE_C / (mass * ATOMIC_MASS_kg))
    assert drift_time_ps(mass, constant, activation) == pytest.approx(constant * 1e-10 / speed * 1e12, rel=ROUNDING)
    assert drift_time_ps(mass, constant, 4 * activation) == pytest.approx(
        float(drift_time_ps(mass, constant, activation)) / 2, rel=ROUNDING
    )


def test_conductivity_of_e35_in_si_units_is_beyond_any_ion_conductor():
    """E35: a = 5 A, n0 = 1e28/m^3, Li, alpha = 0.7: about 1e6 S/m at the peak."""
    peak_eV = 0.002719139408969534  # F4d-0.7
    time_s = float(drift_time_ps(6.94, 5.0, 0.03125)) * 1e-12
    assert time_s == pytest.approx(5.4e-13, rel=0.01)  # two digits
    scale = ELEMENTARY_CHARGE_C**2 * 1e28 * time_s * (5e-10) ** 2 / HBAR_J_S**2
    conductivity = scale * peak_eV * ELEMENTARY_CHARGE_C
    assert 0.5e6 < conductivity < 2e6  # 'about'
    # the same through a density of carriers, a mass and (ze)^2 n tau/m*
    mass_kg = HBAR_J_S**2 / (peak_eV * ELEMENTARY_CHARGE_C * (5e-10) ** 2)
    assert conductivity == pytest.approx(1e28 * ELEMENTARY_CHARGE_C**2 * time_s / mass_kg, rel=ROUNDING)


# ---- conductivity ------------------------------------------------------------------------------------------------


@given(
    st.floats(0.05, 0.5),
    st.floats(-0.3, -0.001),
    st.floats(0.0, 0.8),
    phases,
    st.floats(-0.8, 0.8),
    st.floats(0.015, 0.1),
)
def test_boltzmann_conductivity_against_quadrature(difference, hopping, scattering, phase, mu, thermal):
    expected = boltzmann_by_quadrature(-0.3, difference, hopping, mu - 0.3, thermal, scattering, phase)
    found = reduced_boltzmann_conductivity(-0.3, difference, hopping, mu - 0.3, thermal, scattering, phase)
    assert found == pytest.approx(expected, rel=QUADRATURE)
    assert found > 0


def test_boltzmann_conductivity_takes_arrays():
    mu = np.linspace(-0.5, 0.3, 4)[:, None]
    scattering = np.array([0.0, 0.05, 0.4])
    found = reduced_boltzmann_conductivity(-0.45, 0.15, -0.1, mu, THERMAL, scattering, "ka/2")
    assert found.shape == (4, 3)
    for (i, k), value in np.ndenumerate(found):
        expected = boltzmann_by_quadrature(-0.45, 0.15, -0.1, mu[i, 0], THERMAL, scattering[k], "ka/2")
        assert value == pytest.approx(expected, rel=QUADRATURE)


def test_boltzmann_conductivity_far_from_the_band_is_a_number():
    found = reduced_boltzmann_conductivity(0.0, 0.15, -0.1, [-50.0, 50.0], THERMAL)
    assert np.all(np.isfinite(found))
    assert np.all(found < 1e-300)


def test_narrow_bands_of_e22():
    """E22: (30) over (24) is 1.3e-4 and 1.7e-2, tends to J^2/(8 |dU| kT), and sigma goes as J^4."""
    difference, hopping = 0.15, np.array([0.002, 0.0234])
    by_mass = reduced_edge_conductivity(difference, inverse_effective_mass(difference, hopping), THERMAL)
    found = reduced_boltzmann_conductivity(0.0, difference, hopping, 0.0, THERMAL) / by_mass
    np.testing.assert_allclose(found, [0.0001273645, 0.0166478], rtol=2e-4)
    hopping = 1e-3
    by_mass = reduced_edge_conductivity(difference, inverse_effective_mass(difference, hopping), THERMAL)
    ratio = reduced_boltzmann_conductivity(0.0, difference, hopping, 0.0, THERMAL) / by_mass
    # 0.7 %: left out are J^2/(dU kT) and the 2 exp(-dU/kT) = 0.6 % by which f' is below Boltzmann's law
    assert ratio == pytest.approx(float(narrow_band_ratio(difference, hopping, THERMAL)), rel=0.007)
    step = 1e-4
    around = reduced_boltzmann_conductivity(0.0, difference, hopping * np.exp([-step, step]), 0.0, THERMAL)
    assert np.log(around[1] / around[0]) / (2 * step) == pytest.approx(3.99983, abs=1e-5)


# ---- carriers ----------------------------------------------------------------------------------------------------


def test_carriers_below_above_and_inside_the_band():
    energy, carrier = carrier_formation_energy_eV(0.1, 0.3, [-0.2, 0.1, 0.2, 0.3, 0.45])
    np.testing.assert_allclose(energy, [0.3, 0, 0, 0, 0.15], atol=1e-16)
    assert list(carrier) == ["quasi-ion", "metallic", "metallic", "metallic", "quasi-vacancy"]
    # below (24): E_t = Ubar + |dU| - mu, and mu - Ubar - sqrt(dU^2 + J^2)
    bottom, top = band_edges(0.15, -0.1)
    energy, _ = carrier_formation_energy_eV(-0.45 + bottom, -0.45 + top, [-0.4, 0.2])
    np.testing.assert_allclose(energy, [-0.45 + 0.15 + 0.4, 0.2 + 0.45 - math.hypot(0.15, 0.1)], atol=1e-15)


# ---- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hopping_energy_eV(-0.6, -0.3, -0.1, 0.1, 0.026), "activation_from_regular_eV"),
        (lambda: hopping_energy_eV(-0.6, -0.3, 0.1, [0.1, -0.1], 0.026), r"activation_from_interstitial_eV.*\(1,\)"),
        (lambda: hopping_energy_eV(-0.6, -0.3, 0.1, 0.1, 0.0), "thermal_energy_eV"),
        (lambda: hopping_energy_eV(np.nan, -0.3, 0.1, 0.1, 0.026), "regular_energy_eV"),
        (lambda: hopping_energy_eV(-0.6, -0.3, 0.1, 0.1, 0.026, form="other"), "form"),
        (lambda: band_energies(0.0, -0.6, -0.3, -0.1, -0.1), "scattering_eV must be finite and at least 0, got -0.1"),
        (lambda: band_energies(0.0, -0.6, -0.3, -0.1, 0.1, "pi"), "phase must be 'ka/2[+]pi' or 'ka/2', got 'pi'"),
        (lambda: band_energies(np.inf, -0.6, -0.3, -0.1), "reduced_wave_number"),
        (lambda: bloch_matrix(3.2, -0.6, -0.3, -0.1), "reduced_wave_number"),
        (lambda: bloch_matrix(0.0, -0.6, -0.3, -0.1, 0.1, "pi"), "phase"),
        (lambda: site_weights(0.0, 0.0, -0.1), "energy_difference_eV must not be 0"),
        (lambda: site_weights(0.0, 0.1, -0.1, form="other"), "form"),
        (lambda: band_edges(0.1, np.nan), "hopping_eV"),
        (lambda: band_edges(0.1, -0.1, -0.1), "scattering_eV"),
        (lambda: band_edges(0.1, -0.1, 0.1, "pi"), "phase"),
        (lambda: inverse_effective_mass(0.0, 0.1), "energy_difference_eV must not be 0 at the bottom edge, got 0.0"),
        (lambda: inverse_effective_mass(0.1, 0.1, "middle"), "edge must be 'bottom' or 'top'"),
        (lambda: inverse_effective_mass(0.1, 0.1, form="other"), "form"),
        (lambda: diffusivity_cm2_per_s(0.1, 0.026, 0.0, 1.0), "lattice_constant_A"),
        (lambda: diffusivity_cm2_per_s(0.1, 0.026, 5.0, 0.0), "relaxation_time_ps"),
        (lambda: diffusivity_cm2_per_s(0.1, 0.0, 5.0, 1.0), "thermal_energy_eV"),
        (lambda: drift_time_ps(7.0, 5.0, 0.0), "activation_energy_eV must be finite and above 0, got 0.0"),
        (lambda: drift_time_ps(0.0, 5.0, 0.1), "mass_u"),
        (lambda: drift_time_ps(7.0, -5.0, 0.1), "lattice_constant_A"),
        (lambda: reduced_edge_conductivity(0.1, 0.1, -0.026), "thermal_energy_eV"),
        (lambda: reduced_boltzmann_conductivity(0.0, 0.1, -0.1, 0.0, 0.0), "thermal_energy_eV"),
        (lambda: reduced_boltzmann_conductivity(0.0, 0.1, -0.1, 0.0, 0.026, 0.1, "pi"), "phase"),
    ],
)
def test_bad_values_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_bottom_without_a_gap_has_no_mass_but_the_top_has():
    assert inverse_effective_mass(0.0, 0.1, "top") == pytest.approx(0.1 / 4, rel=ROUNDING)
