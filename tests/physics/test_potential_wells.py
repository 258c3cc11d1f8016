"""Densities in wells against closed forms, quadrature and the motion itself; the static potential of Eq. (45)."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ellipk

from superion.potential_wells import (
    SinusoidalWell,
    SymmetricWell,
    TabulatedWell,
    TwoSitePotential,
    TwoSiteWell,
    de_broglie_wavelength_A,
    density_at_energy,
    hopping_weights,
    next_well_probability,
    thermal_density,
)

ROUNDING = 1e-12  # some thousand roundings of sums of positive terms
PRINTED_DIGITS = 1e-9  # E05 gives ten digits
NEAR_TOP = 1e-8  # Gauss-Chebyshev of a generic well towards the barrier top, where its period diverges
CUBIC = 1e-6  # a monotone cubic through 321 points: h^2 in the slopes at its ends

BARRIER, THERMAL, THERMALIZATION, LOSS = 0.2, 0.026, 0.5, 0.1  # inputs of E04, E05
WELL = SinusoidalWell(BARRIER)
# E05: x/d, rho_00 d
E05 = np.array(
    [
        (0.0, 2.457777044),
        (0.05, 2.761754168),
        (0.1, 3.721498511),
        (0.15, 1.534807128),
        (0.2, 0.4987918563),
        (0.3, 0.03854690617),
        (0.4, 0.003361009705),
    ]
)
# T2: alpha; U_A, U_B, U of the saddle, its x/a, E_a^AB, E_a^BA with U0 = -0.3 eV
TABLE_2 = {
    0.5: (-0.6, -0.3, -0.13125, 0.2097846883724169, 0.46875, 0.16874999999999998),
    0.6: (-0.6, -0.24, -0.14625, 0.18882135323043847, 0.45375, 0.09375),
    0.7: (-0.6, -0.18000000000000002, -0.14875, 0.1508740702426332, 0.45125, 0.03125000000000003),
}

shallownesses = st.floats(0.02, 0.78)
barriers = st.floats(0.05, 1.0)
thermal_energies = st.floats(0.01, 0.1)
fractions = st.floats(0.01, 0.99)


def generic(barrier=BARRIER, width=1.0):
    return SymmetricWell(lambda x: barrier * np.sin(np.pi * x / width) ** 2, width / 2)


def tabulated(points=321):
    x = np.linspace(0, 0.5, points)
    return TabulatedWell(x, BARRIER * np.sin(np.pi * x) ** 2)


def sinusoidal_turning_point(energy, barrier=BARRIER):
    return np.arcsin(np.sqrt(energy / barrier)) / np.pi


def integral_over_x(function, breaks):
    """Twice the integral over the right half, by Gauss-Legendre in an angle, which takes square roots at the breaks."""
    node, weight = np.polynomial.legendre.leggauss(80)
    angle = np.pi / 2 * (1 + node)
    total = 0.0
    for low, high in itertools.pairwise(breaks):
        x = (low + high) / 2 + (high - low) / 2 * np.cos(angle)
        total += np.sum(weight * function(x) * np.sin(angle)) * np.pi / 2 * (high - low) / 2
    return 2 * total


def density_by_quadrature(x, thermal, least, top, lowest, loss=0.0):
    """Integral of g(E + loss) rho_E(x) over E from `lowest` to `top` with E = U + v^2, by adaptive quadrature."""
    potential = top * np.sin(np.pi * x) ** 2
    norm = thermal * (np.exp(-least / thermal) - np.exp(-top / thermal))

    def integrand(v):
        energy = potential + v**2
        own = np.pi * np.sqrt(top) / (2 * ellipk(energy / top))
        return 2 * np.exp(-(energy + loss) / thermal) / norm * own

    start = max(lowest - potential, 0.0)
    return quad(integrand, np.sqrt(start), np.sqrt(top - potential), epsabs=0, epsrel=1e-12, limit=400)[0]


# ---- one energy ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [1e-6, 0.01, 0.3, 0.7, 0.99, 1 - 1e-9])
def test_density_at_one_energy_is_the_closed_form(ratio):
    """E05: rho d = pi/(2 K(eps))/sqrt(eps - sin^2(pi x/d))."""
    width = 3.7
    well = SinusoidalWell(BARRIER, width)
    x = np.linspace(-0.99, 0.99, 41) * sinusoidal_turning_point(ratio * BARRIER) * width
    expected = np.pi / (2 * ellipk(ratio)) / np.sqrt(ratio - np.sin(np.pi * x / width) ** 2) / width
    # 1e-6: where eps - sin^2 is of the order 1e-9, it has lost that many digits
    np.testing.assert_allclose(density_at_energy(well, x, ratio * BARRIER), expected, rtol=1e-6)
    if 0.01 <= ratio <= 0.99:
        np.testing.assert_allclose(density_at_energy(well, x, ratio * BARRIER), expected, rtol=ROUNDING)


@pytest.mark.parametrize("well", [WELL, generic(), tabulated()], ids=["sinusoidal", "generic", "tabulated"])
@pytest.mark.parametrize("energy", [0.001, 0.05, 0.15, 0.19])
def test_density_at_one_energy_is_normalised(well, energy):
    """E02: it integrates to 1; with the full period in (2), as printed, to 1/2."""
    turn = brentq(lambda x: float(well.energy_eV(np.array(x))) - energy, 0, 0.5, xtol=1e-16)
    angle = (np.arange(1000) + 0.5) * np.pi / 1000
    x = turn * np.cos(angle)
    # a tabulated potential has jumps in its second derivative, at which the sum over nodes converges slowly
    tolerance = 1e-4 if isinstance(well, TabulatedWell) else 1e-10
    for form, total in (("corrected", 1.0), ("printed", 0.5)):
        density = density_at_energy(well, x, energy, form=form)
        assert np.mean(density * np.sin(angle)) * np.pi * turn == pytest.approx(total, rel=tolerance)


def test_density_at_one_energy_is_the_share_of_time():
    """The motion itself: from the centre to x1 it takes a share of a quarter period that is the integral."""
    energy, near = 0.12, 0.1
    turn = sinusoidal_turning_point(energy)

    def passes_near(t, y):
        return y[0] - near

    def turns(t, y):
        return y[1]

    turns.terminal, turns.direction = True, -1
    motion = solve_ivp(
        lambda t, y: (y[1], -BARRIER * np.pi * np.sin(2 * np.pi * y[0])),
        (0, 100),
        (0.0, np.sqrt(2 * energy)),
        events=(passes_near, turns),
        rtol=1e-11,
        atol=1e-13,
    )
    share = motion.t_events[0][0] / motion.t_events[1][0]
    assert motion.y_events[1][0][0] == pytest.approx(turn, abs=1e-9)  # the integrator's tolerance
    by_density = 2 * quad(lambda x: float(density_at_energy(WELL, x, energy)), 0, near, epsabs=0, epsrel=1e-12)[0]
    assert by_density == pytest.approx(share, rel=1e-8)


def test_density_at_one_energy_vanishes_outside():
    turn = sinusoidal_turning_point(0.05)
    x = np.array([turn * 1.001, 0.5, 0.7, 1.0, -1.0])  # a next well at 1 does not belong to this one
    np.testing.assert_array_equal(density_at_energy(WELL, x, 0.05), 0.0)


# ---- a temperature ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("well", "tolerance"),
    [(WELL, PRINTED_DIGITS), (generic(), PRINTED_DIGITS), (tabulated(), CUBIC)],
    ids=["sinusoidal", "generic", "tabulated"],
)
def test_thermal_density_of_e05(well, tolerance):
    density = thermal_density(well, E05[:, 0], THERMAL, thermalization=THERMALIZATION)
    assert density.total == 1
    np.testing.assert_allclose(density.own, E05[:, 1], rtol=tolerance)
    np.testing.assert_array_equal(density.next, 0.0)


def test_kink_of_e05_lies_where_the_least_energy_turns():
    kink = 0.082059335
    assert sinusoidal_turning_point(THERMALIZATION * THERMAL) == pytest.approx(kink, abs=1e-9)
    step = 1e-7
    x = kink + step * np.array([-2, -1, 1, 2])
    own = thermal_density(WELL, x, THERMAL, thermalization=THERMALIZATION).own
    inner, outer = (own[1] - own[0]) / step, (own[3] - own[2]) / step
    assert inner > 0 > outer
    assert inner > 100 * abs(outer)  # a square root on the inner side alone


@pytest.mark.parametrize("x", [0.0, 0.05, 0.0820, 0.0821, 0.2, 0.3, 0.45, 0.499])
def test_thermal_density_by_adaptive_quadrature(x):
    least = THERMALIZATION * THERMAL
    own = density_by_quadrature(x, THERMAL, least, BARRIER, least)
    beyond = density_by_quadrature(x, THERMAL, least, BARRIER, BARRIER - LOSS, LOSS)
    chosen = {"thermalization": THERMALIZATION, "energy_loss_eV": LOSS, "form": "printed"}
    found = thermal_density(WELL, x, THERMAL, **chosen)
    assert float(found.own) == pytest.approx(own, rel=1e-11)  # the quadrature's own tolerance
    assert float(found.next) == pytest.approx(beyond, rel=1e-11)
    found = thermal_density(generic(), x, THERMAL, **chosen)
    tolerance = 2 * NEAR_TOP if x > 0.49 else 1e-9
    assert float(found.own) == pytest.approx(own, rel=tolerance)
    assert float(found.next) == pytest.approx(beyond, rel=tolerance)


def test_densities_of_e04():
    """E04: (8) reaches beyond the range of Z, so that (9) integrates to 1 + 2r; corrected, to 1."""
    breaks = [0, *(sinusoidal_turning_point(e) for e in (THERMALIZATION * THERMAL, BARRIER - LOSS)), 0.5]

    def integrals(form):
        def density(x):
            return thermal_density(WELL, x, THERMAL, thermalization=THERMALIZATION, energy_loss_eV=LOSS, form=form)

        return [integral_over_x(lambda x, f=f: getattr(density(x), f), breaks) for f in ("own", "next")], density(0.0)

    (own, beyond), printed = integrals("printed")
    assert own == pytest.approx(1.0, rel=1e-7)  # logarithm in the density at the barrier top
    assert beyond == pytest.approx(0.0007368337546, abs=1e-10)
    assert printed.total == pytest.approx(1.001473668, abs=1e-9)
    assert next_well_probability(BARRIER - THERMALIZATION * THERMAL, THERMAL, energy_loss_eV=LOSS) == pytest.approx(
        0.0007368337546, abs=1e-13
    )
    (own, beyond), corrected = integrals("corrected")
    assert own + 2 * beyond == pytest.approx(1.0, rel=1e-7)
    assert corrected.total == 1


def test_two_site_wells_are_the_sides_of_the_potential():
    potential = TwoSitePotential(0.6, -0.3, 4.0)
    for site, barrier, centre in (("A", 0.45375, 2.0), ("B", 0.09375, 0.0)):
        well = TwoSiteWell(potential, site)
        assert well.barrier_eV == pytest.approx(barrier, rel=ROUNDING)
        assert centre + (1 if site == "B" else -1) * well.half_width == pytest.approx(
            potential.saddle_position, rel=ROUNDING
        )
        x = np.linspace(-1, 1, 21) * well.half_width
        np.testing.assert_allclose(
            well.energy_eV(x), potential.energy_eV(centre + x) - potential.energy_eV(centre), atol=1e-15
        )
        turn = float(well.turning_point(np.array(barrier / 3)))
        angle = (np.arange(1000) + 0.5) * np.pi / 1000
        density = density_at_energy(well, turn * np.cos(angle), barrier / 3)
        assert np.mean(density * np.sin(angle)) * np.pi * turn == pytest.approx(1.0, rel=1e-10)


@settings(max_examples=30)
@given(barriers, thermal_energies, fractions, st.just(0.0) | st.floats(1e-3, 1.0), st.floats(0.1, 10.0))
def test_thermal_densities_are_densities(barrier, thermal, share, loss, width):
    well = SinusoidalWell(barrier, width)
    thermalization = min(share * barrier / thermal, 3.0)
    energy_loss = loss * barrier
    x = np.arange(-24, 25) / 40 * width
    chosen = {"thermalization": thermalization, "energy_loss_eV": energy_loss}
    found = thermal_density(well, x, thermal, **chosen)
    for density in (found.own, found.next):
        assert np.all(density >= 0)
        np.testing.assert_array_equal(density, density[::-1])  # mirror image
        np.testing.assert_array_equal(density[np.abs(x) > width / 2], 0.0)
    assert found.own[24] > 0
    turns = [sinusoidal_turning_point(e, barrier) for e in (thermalization * thermal, barrier - energy_loss)]
    breaks = np.unique([0.0, *turns, 0.5]) * width
    own, beyond = (
        integral_over_x(lambda x, f=f: getattr(thermal_density(well, x, thermal, **chosen), f), breaks)
        for f in ("own", "next")
    )
    # 1e-6: the logarithm at the barrier top, which weighs most where kT is large against the barrier
    assert own + 2 * beyond == pytest.approx(1.0, rel=1e-6)
    r = next_well_probability(barrier - thermalization * thermal, thermal, energy_loss_eV=energy_loss)
    assert beyond / own == pytest.approx(r, rel=1e-5, abs=1e-300)


@settings(max_examples=30)
@given(barriers, fractions, st.floats(0.1, 10.0))
def test_generic_well_has_the_half_period_of_the_closed_form(barrier, share, width):
    energy = np.array([share * barrier])
    closed = SinusoidalWell(barrier, width).half_period(energy, barrier - energy)
    np.testing.assert_allclose(generic(barrier, width).half_period(energy, barrier - energy), closed, rtol=1e-10)


# ---- weights and wave lengths ----------------------------------------------------------------------------------


def test_weights_of_e07_and_e08_sum_to_one():
    weights = hopping_weights(80, 0.17, 0.04, 0.031)
    assert weights[0] + 2 * weights[1:].sum() == pytest.approx(1.0, abs=ROUNDING)
    numerator = np.exp(-(0.17 + np.arange(80) * 0.04) / 0.031)
    denominator = 1 + 2 * np.exp(-0.17 / 0.031) / (1 - np.exp(-0.04 / 0.031))
    np.testing.assert_allclose(weights, np.r_[1.0, numerator] / denominator, rtol=ROUNDING)
    nearest = hopping_weights(3, 0.17, np.inf, 0.031)
    jump = np.exp(-0.17 / 0.031)
    np.testing.assert_allclose(nearest, np.array([1, jump, 0, 0]) / (1 + 2 * jump), rtol=ROUNDING)


@given(st.floats(0.0, 1.0), st.floats(0.02, 1.0), thermal_energies)
def test_weights_sum_to_one_whatever_the_energies(activation, loss, thermal):
    reach = int(np.ceil(40 * thermal / loss)) + 1  # e^-40 is left out
    weights = hopping_weights(reach, activation, loss, thermal)
    assert weights[0] + 2 * weights[1:].sum() == pytest.approx(1.0, abs=ROUNDING)
    assert np.all(weights > 0)
    assert np.all(np.diff(weights[1:]) < 0)


def test_de_broglie_wavelengths_of_e01():
    """E01: about 0.1 angstrom at 0.1 eV for heavy ions, 0.9 for protons; standard atomic weights."""
    mass = [1.008, 6.94, 15.999, 22.98977, 107.8682]  # H, Li, O, Na, Ag
    expected = [0.904755, 0.344811, 0.227099, 0.189449, 0.08746]
    np.testing.assert_allclose(de_broglie_wavelength_A(mass, 0.1), expected, rtol=1e-4)  # of E01: four digits of Ag
    assert de_broglie_wavelength_A(7.0, 0.4) == pytest.approx(float(de_broglie_wavelength_A(7.0, 0.1)) / 2)


# ---- the static potential --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shallowness", TABLE_2)
def test_static_parameters_of_table_2(shallowness):
    regular, interstitial, saddle, position, from_regular, from_interstitial = TABLE_2[shallowness]
    potential = TwoSitePotential(shallowness, -0.3)
    for found, expected in (
        (potential.regular_energy_eV, regular),
        (potential.interstitial_energy_eV, interstitial),
        (potential.saddle_energy_eV, saddle),
        (potential.saddle_position, position),
        (potential.saddle_energy_eV - potential.regular_energy_eV, from_regular),
        (potential.saddle_energy_eV - potential.interstitial_energy_eV, from_interstitial),
    ):
        assert found == pytest.approx(expected, abs=ROUNDING)


@given(shallownesses, st.floats(-2.0, -0.01), st.floats(0.5, 10.0))
def test_sites_and_saddle_are_extrema_of_the_potential(shallowness, mean, constant):
    potential = TwoSitePotential(shallowness, mean, constant)
    assert potential.energy_eV(0.0) == pytest.approx(potential.interstitial_energy_eV, rel=ROUNDING)
    assert potential.energy_eV(constant / 2) == pytest.approx(potential.regular_energy_eV, rel=ROUNDING)
    top = minimize_scalar(
        lambda x: -float(potential.energy_eV(x)),
        bounds=(0, constant / 2),
        method="bounded",
        options={"xatol": 1e-10 * constant},
    )
    # where site B all but vanishes, the maximum is as flat as a fourth power and is found to that much
    assert top.x == pytest.approx(potential.saddle_position, abs=1e-4 * constant)
    assert -top.fun == pytest.approx(potential.saddle_energy_eV, abs=ROUNDING * abs(mean) * 10)
    assert potential.energy_eV(potential.saddle_position) == pytest.approx(potential.saddle_energy_eV, rel=1e-10)
    x = np.linspace(0, constant / 2, 2001)
    assert potential.energy_eV(x).max() <= potential.saddle_energy_eV + ROUNDING * abs(mean)
    cell = np.arange(64) / 64 * constant
    assert potential.energy_eV(cell).mean() == pytest.approx(mean, rel=ROUNDING)  # the mean over the cell


def test_interstitial_site_ends_at_shallowness_0_8():
    step = 1e-3
    for shallowness, minimum in ((0.79, True), (0.8, False), (0.81, False)):
        u = -0.6 * (shallowness * np.sin(np.pi * step) ** 2 + (1 - shallowness) * np.cos(2 * np.pi * step) ** 2)
        assert (u > -0.6 * (1 - shallowness)) is np.bool_(minimum)
    assert TwoSitePotential(0.8 - 1e-9, -0.3).saddle_position < 1e-4


# ---- errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TwoSitePotential(0.8, -0.3), r"shallowness must be .*below 0.8 \(site B .*\), got 0.8"),
        (lambda: TwoSitePotential(0.0, -0.3), "shallowness"),
        (lambda: TwoSitePotential(0.5, 0.0), "mean_energy_eV must be finite and below 0, got 0.0"),
        (lambda: TwoSitePotential(0.5, -0.3, 0.0), "lattice_constant"),
        (lambda: TwoSitePotential(float("nan"), -0.3), "shallowness"),
        (lambda: TwoSiteWell(TwoSitePotential(0.5, -0.3), "C"), "site must be 'A' or 'B', got 'C'"),
        (lambda: SinusoidalWell(0.0), "barrier_eV"),
        (lambda: SinusoidalWell(0.2, -1.0), "width"),
        (lambda: density_at_energy(WELL, 0.0, 0.2), r"energy_eV .*below 0.2 \(the barrier\), got 0.2"),
        (lambda: density_at_energy(WELL, 0.0, [0.1, 0.0]), r"energy_eV .*got 0.0 at index \(1,\)"),
        (lambda: density_at_energy(WELL, 0.0, 0.1, form="other"), "form must be 'corrected' or 'printed'"),
        (lambda: density_at_energy(WELL, np.inf, 0.1), "x must be finite"),
        (lambda: thermal_density(WELL, 0.0, 0.0), "thermal_energy_eV"),
        (lambda: thermal_density(WELL, 0.0, 0.026, thermalization=7.7), "thermalization"),
        (lambda: thermal_density(WELL, 0.0, 0.026, thermalization=-0.1), "thermalization"),
        (lambda: thermal_density(WELL, 0.0, 0.026, energy_loss_eV=0.21), "energy_loss_eV .*the barrier"),
        (lambda: thermal_density(WELL, 0.0, 0.026, form="other"), "form"),
        (lambda: hopping_weights(0, 0.1, 0.1, 0.026), "reach must be an integer and at least 1, got 0"),
        (lambda: hopping_weights(2, -0.1, 0.1, 0.026), "activation_energy_eV"),
        (lambda: hopping_weights(2, 0.1, 0.0, 0.026), "energy_loss_eV must be above 0, got 0.0"),
        (lambda: hopping_weights(2, 0.1, float("nan"), 0.026), "energy_loss_eV"),
        (lambda: hopping_weights(2, 0.1, 0.1, 0.0), "thermal_energy_eV"),
        (lambda: next_well_probability(0.0, 0.026, energy_loss_eV=0.1), "activation_energy_eV"),
        (lambda: next_well_probability(0.1, 0.026, energy_loss_eV=-0.1), "energy_loss_eV"),
        (lambda: de_broglie_wavelength_A(0.0, 0.1), "mass_u"),
        (lambda: de_broglie_wavelength_A(1.0, -0.1), "energy_eV"),
        (lambda: SymmetricWell(lambda x: np.cos(3 * x), 1.0), "must rise from its centre to its edge"),
        (lambda: SymmetricWell(lambda x: np.sin(np.pi * x) ** 2, 0.7), "does not at x = 0.5"),
        (lambda: SymmetricWell(lambda x: x**2, 0.0), "half_width"),
        (lambda: TabulatedWell([0, 1], [0, 1]), r"at least 3, got shapes \(2,\), \(2,\)"),
        (lambda: TabulatedWell([0, 1, 2], [0, 1]), "equally many"),
        (lambda: TabulatedWell([0, 2, 1], [0, 1, 2]), "x must ascend from 0"),
        (lambda: TabulatedWell([0.1, 1, 2], [0, 1, 2]), "x must ascend from 0"),
        (lambda: TabulatedWell([0, 1, 2], [0, 1, 1]), "energy_eV must rise"),
        (lambda: TabulatedWell([0, 1, 2], [0, np.nan, 1]), "energy_eV must be finite"),
    ],
)
def test_bad_values_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
