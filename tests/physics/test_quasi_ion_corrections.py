"""Proofs, symbolic or numerical: each equation of the quasi-ion paper that is wrong as printed, and its right form.

Source: J. Hu, "A Novel Quasiparticle Method for Solid State Ion Transport" (2023). Each test derives the right form
and, where the library has it, holds the library to it; where it also has the printed form, to that as well.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import quad

from superion import (
    ambipolar,
    exchange_bond_orders,
    interstitial_bands,
    ion_doping,
    percolation_levels,
    potential_wells,
)

ka, x, t = sp.symbols("ka x t", real=True)
dU, J0, S, Ea, Et, Es, thermal, UA = sp.symbols("dU J_0 S E_a E_t E_s kT U_A", positive=True)
PHASE = sp.exp(sp.I * ka)

NUMBERS = {dU: sp.Rational(3, 20), J0: sp.Rational(1, 10), S: sp.Rational(1, 5)}
THERMAL = 0.026
EXACT = 1e-12  # a symbolic result as a float against the library's


def is_zero(expression: sp.Expr) -> bool:
    return sp.simplify(sp.expand(expression.rewrite(sp.exp))) == 0


def split(h: sp.Expr) -> sp.Expr:
    """E_+ - Ubar of Eqs. (18), (29)."""
    return sp.sqrt(dU**2 + h**2)


# ---- Fock space of a few sites -----------------------------------------------------------------------------------


def annihilators(count: int) -> list[np.ndarray]:
    """Fermionic annihilation operators of `count` sites as matrices (Jordan-Wigner)."""
    lower, sign, one = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([1.0, -1.0]), np.eye(2)
    found = []
    for site in range(count):
        matrix = np.eye(1)
        for factor in [sign] * site + [lower] + [one] * (count - site - 1):
            matrix = np.kron(matrix, factor)
        found.append(matrix)
    return found


def number(c: np.ndarray) -> np.ndarray:
    return c.T @ c


# ---- Sec. 2: densities -------------------------------------------------------------------------------------------


def test_eq3_counts_each_passage_once():
    """Printed: rho_E = 1/(W v), W the period, of which the integral is 1/2. Right: 2/(W v), or W the half period.

    In a harmonic well of frequency w and amplitude A: v = w sqrt(A^2 - x^2), period 2 pi/w.
    """
    w, amplitude = sp.symbols("omega A", positive=True)
    angle = sp.Symbol("theta", real=True)
    speed, place = w * amplitude * sp.cos(angle), amplitude * sp.sin(angle)
    whole = sp.integrate(sp.simplify(place.diff(angle) / speed), (angle, -sp.pi / 2, sp.pi / 2)) / (2 * sp.pi / w)
    assert whole == sp.Rational(1, 2)

    well, energy = potential_wells.SinusoidalWell(0.2), 0.05
    turn = np.arcsin(np.sqrt(energy / 0.2)) / np.pi
    nodes = turn * np.cos((np.arange(400) + 0.5) * np.pi / 400)
    weight = np.sqrt(turn**2 - nodes**2) * np.pi / 400
    for form, total in (("printed", 0.5), ("corrected", 1.0)):
        density = potential_wells.density_at_energy(well, nodes, energy, form=form)
        assert weight @ density == pytest.approx(total, rel=EXACT)


def test_eq8_and_eq9_integrate_to_more_than_one():
    """(8) takes energies beyond the range that (6) is normalised over, so (9) integrates to 1 + 2r. Right: over that.

    rho_E is normalised for each E: the integral of (8) over x is that of g(E) from the barrier top to E_s above it.
    """
    energy, top, least = sp.symbols("E E_max E_min", positive=True)
    boltzmann = sp.exp(-energy / thermal)
    norm = sp.integrate(boltzmann, (energy, least, top))
    assert sp.simplify(norm - thermal * (sp.exp(-least / thermal) - sp.exp(-top / thermal))) == 0  # (6)
    own = sp.integrate(boltzmann, (energy, least, top)) / norm
    beyond = (sp.integrate(boltzmann, (energy, top, top + Es)) / norm).subs(top, least + Ea)
    r = sp.exp(-Ea / thermal) * (1 - sp.exp(-Es / thermal)) / (1 - sp.exp(-Ea / thermal))
    assert sp.simplify(own) == 1
    assert sp.simplify(beyond - r) == 0

    found = potential_wells.next_well_probability(0.187, THERMAL, energy_loss_eV=0.1)
    values = {Ea: sp.Rational(187, 1000), Es: sp.Rational(1, 10), thermal: sp.Rational(26, 1000)}
    assert found == pytest.approx(float(r.subs(values)), rel=EXACT)
    assert found == pytest.approx(0.0007368337546, abs=1e-13)  # E04
    well, chosen = potential_wells.SinusoidalWell(0.2), {"thermalization": 0.5, "energy_loss_eV": 0.1}
    assert potential_wells.thermal_density(well, 0.0, THERMAL, form="printed", **chosen).total == pytest.approx(
        1 + 2 * found, rel=EXACT
    )
    assert potential_wells.thermal_density(well, 0.0, THERMAL, **chosen).total == 1


def test_eq12_is_normalised_as_printed():
    """(12) is right: the sum of its weights, from j = 1 above and from j = 0 below, is 1."""
    q = sp.Symbol("q", positive=True)
    ratio = sp.Symbol("e", positive=True)  # exp(-E_a/kT), q = exp(-E_s/kT)
    terms = 40
    partial = sum(ratio * q ** (j - 1) for j in range(1, terms))
    assert sp.simplify(partial - sum(ratio * q**j for j in range(terms - 1))) == 0
    weights = potential_wells.hopping_weights(200, 0.17, 0.04, 0.031)
    assert weights[0] + 2 * weights[1:].sum() == pytest.approx(1, rel=EXACT)


# ---- Sec. 3.1: interstitial bands --------------------------------------------------------------------------------


def test_eq16_decays_with_half_the_activation_energy():
    """Text: |J0| ~ U_A exp(-E_a/kT). Right, from (16): exp(-E_a/2kT); only |J0|^2 goes with exp(-E_a/kT)."""
    beta = sp.Symbol("beta", positive=True)
    hopping = UA * sp.exp(-Ea * beta / 2) / sp.sqrt(1 + 2 * sp.exp(-Ea * beta))
    slope = sp.simplify(sp.diff(sp.log(hopping), beta))
    assert sp.limit(slope.subs(Ea, 1), beta, sp.oo) == -sp.Rational(1, 2)
    for cold, warm in ((0.005, 0.00501),):
        found = [
            interstitial_bands.hopping_energy_eV(-0.6, -0.3, 0.47, 0.17, kT, form="approximate") for kT in (cold, warm)
        ]
        measured = np.log(found[1] / found[0]) / (1 / cold - 1 / warm)
        assert measured == pytest.approx(0.17 / 2, rel=1e-6)


def test_eq18_gap_and_shift():
    """Printed: E_g = 2 dU0 with dU0 = (U_A - U_B)/2 < 0, and E_0+- off U by J0. Right: 2 |dU0|; J0^2/(2 |dU0|)."""
    regular, interstitial = -0.6, -0.3
    wave = np.linspace(-np.pi, np.pi, 401)
    lower, upper = np.linalg.eigvalsh(interstitial_bands.bloch_matrix(wave, regular, interstitial, -0.1)).T
    gap = upper.min() - lower.max()
    assert gap == pytest.approx(interstitial - regular, rel=EXACT)

    shift = split(J0) - dU
    assert sp.limit(shift / J0**2, J0, 0) == 1 / (2 * dU)
    assert sp.limit(shift / J0, J0, 0) == 0
    assert upper.max() - interstitial == pytest.approx(float(shift.subs(NUMBERS)), rel=1e-10)


def test_eq18_are_the_eigenvalues_of_eq17():
    """(17) and (18) as printed agree: the 1/2 in (17) is what makes |J0 cos(ka/2)| of a sum of two bonds."""
    off = -J0 / 2 * (1 + PHASE)
    matrix = sp.Matrix([[-dU, off], [sp.conjugate(off), dU]])
    square = sp.expand(matrix.det() + split(J0 * sp.cos(ka / 2)) ** 2)
    assert is_zero(square)
    assert matrix.trace() == 0


def test_eq19_is_0_over_0_at_the_edge():
    """Printed: chi^2/[2 (1 + chi^2 - sqrt(1 + chi^2))], 0/0 at ka = pi. Right: (1 + 1/sqrt(1 + chi^2))/2, 1 there."""
    chi = sp.Symbol("chi", nonnegative=True)
    root = sp.sqrt(1 + chi**2)
    for sign in (1, -1):
        printed = chi**2 / (2 * (1 + chi**2 + sign * root))
        assert sp.simplify(printed - (1 - sign / root) / 2) == 0
    printed = chi**2 / (2 * (1 + chi**2 - root))
    assert printed.subs(chi, 0) is sp.nan
    assert sp.limit(printed, chi, 0) == 1
    assert np.isnan(interstitial_bands.site_weights(0.0, 0.1, 0.0, form="printed")[1])
    assert interstitial_bands.site_weights(0.0, 0.1, 0.0)[1] == 1


def test_eq21_lacks_a_quarter_and_has_the_denominator_of_the_other_edge():
    """Printed: J^2/sqrt(dU^2 + J^2) for 1/m*. Right: a quarter of it at k = 0, the top; J^2/(4 |dU|) at k = pi.

    Quasi-ions below the band move at its bottom, k = pi, to which the printed denominator does not belong.
    """
    curvature = sp.diff(split(J0 * sp.cos(ka / 2)), ka, 2)
    top, bottom = (sp.simplify(curvature.subs(ka, edge)) for edge in (0, sp.pi))
    assert sp.simplify(top + J0**2 / (4 * split(J0))) == 0
    assert sp.simplify(bottom - J0**2 / (4 * dU)) == 0
    printed = J0**2 / split(J0)
    assert sp.simplify(printed / -top) == 4
    library = interstitial_bands.inverse_effective_mass
    for edge, form, value in (("top", "corrected", -top), ("bottom", "corrected", bottom), ("top", "printed", printed)):
        assert library(0.15, 0.1, edge, form=form) == pytest.approx(float(value.subs(NUMBERS)), rel=EXACT)


def test_eq22_has_a_spurious_root_of_two():
    """Printed: J0^2/dU0 = sqrt(2) (U_A^2/dU0) exp(-E_a/kT)/(1 + 2 exp(-E_a/kT)). Right: without sqrt(2), as in (24)."""
    hopping = UA * sp.exp(-Ea / (2 * thermal)) / sp.sqrt(1 + 2 * sp.exp(-Ea / thermal))  # (16)
    right = UA**2 / dU * sp.exp(-Ea / thermal) / (1 + 2 * sp.exp(-Ea / thermal))
    assert sp.simplify(hopping**2 / dU / right) == 1
    found = interstitial_bands.hopping_energy_eV(-0.6, -0.3, 0.47, 0.17, THERMAL, form="approximate") ** 2 / 0.15
    values = {UA: 0.6, Ea: 0.17, thermal: THERMAL, dU: 0.15}
    assert found == pytest.approx(float(right.subs(values)), rel=EXACT)


def test_eq24_does_not_follow_from_eq30():
    """Text: with S = 0 (30) simplifies to (24), sigma ~ J0^2. Right, for bands narrower than kT: sigma ~ J0^4.

    There (30) is <v^2> exp(-E_t/kT)/kT = J0^4/(32 dU^2 kT) exp(-E_t/kT), and J0^2/(8 dU kT) times (24).
    """
    energy = dU + J0**2 * sp.cos(ka / 2) ** 2 / (2 * dU)  # narrow: to the first order in J0^2
    assert sp.simplify(sp.series(split(J0 * sp.cos(ka / 2)), J0, 0, 4).removeO() - energy) == 0
    square = sp.integrate(sp.expand_trig(sp.diff(energy, ka)) ** 2, (ka, -sp.pi, sp.pi)) / (2 * sp.pi)
    assert sp.simplify(square - J0**4 / (32 * dU**2)) == 0
    by_30 = square * sp.exp(-Et / thermal) / thermal
    by_24 = J0**2 / (4 * dU) * sp.exp(-Et / thermal)
    ratio = sp.simplify(by_30 / by_24)
    assert sp.simplify(ratio - J0**2 / (8 * dU * thermal)) == 0

    hopping = np.array([1e-4, 2e-4])
    sigma = interstitial_bands.reduced_boltzmann_conductivity(0.0, 0.15, hopping, -0.5, THERMAL)
    assert np.log2(sigma[1] / sigma[0]) == pytest.approx(4, abs=1e-4)  # J0^2/(dU kT)
    edge = interstitial_bands.reduced_edge_conductivity(
        0.65, interstitial_bands.inverse_effective_mass(0.15, hopping), THERMAL
    )
    np.testing.assert_allclose(sigma / edge, interstitial_bands.narrow_band_ratio(0.15, hopping, THERMAL), rtol=1e-4)


# ---- Sec. 3.2: doping --------------------------------------------------------------------------------------------


def test_eq25_counts_each_pair_twice():
    """Printed: the sum over i != j of K/|r_j - r_i| n_i n_j. Right: over i < j, as (26) has it."""
    place = [0.0, 0.4, 1.0, 1.4]  # A, B, A, B; a1 = 0.4, a2 = 0.6
    near = {(0, 1): 0.4, (1, 2): 0.6, (2, 3): 0.4}
    for filling in itertools.product((0, 1), repeat=4):
        bonds = sum(filling[i] * filling[j] / distance for (i, j), distance in near.items())  # (26) with K = 1
        twice = sum(
            filling[i] * filling[j] / abs(place[i] - place[j])
            for i, j in itertools.permutations(range(4), 2)
            if abs(i - j) == 1
        )
        assert twice == pytest.approx(2 * bonds, rel=EXACT)


def test_eq27_appendix_has_k_over_a1_twice():
    """App. 5.1 prints (K/a1 + K/a1) C_A^+ C_A. Right: (K/a1 + K/a2), from n_A n_B = n_A - C_A^+ C_B C_B^+ C_A."""
    a, inside, outside = annihilators(3)  # site A, and B in its own and in the cell before
    over_a1, over_a2 = 1.5, 0.7
    repulsion = over_a1 * number(a) @ number(inside) + over_a2 * number(a) @ number(outside)
    exchange = over_a1 * a.T @ inside @ inside.T @ a + over_a2 * a.T @ outside @ outside.T @ a
    np.testing.assert_allclose(repulsion, (over_a1 + over_a2) * number(a) - exchange, atol=1e-15)
    assert not np.allclose(repulsion, (over_a1 + over_a1) * number(a) - exchange)


def test_eq27_drops_the_direct_term():
    """The decoupling keeps <C_A^+ C_B> C_B^+ C_A alone. By Wick <n_A n_B> = <n_A><n_B> - |<C_A^+ C_B>|^2.

    With it the mean repulsion is K (<n_A><n_B> - |<C_A^+ C_B>|^2); with (27) it is K (<n_A> - |<C_A^+ C_B>|^2).
    """
    a, b = annihilators(2)
    h = -0.3 * number(a) + 0.2 * number(b) - 0.25 * (a.T @ b + b.T @ a)
    level, vector = np.linalg.eigh(h)
    state = vector @ np.diag(np.exp(-level / 0.3)) @ vector.T
    state /= np.trace(state)

    def mean(operator: np.ndarray) -> float:
        return float(np.trace(state @ operator))

    both, order = mean(number(a) @ number(b)), mean(a.T @ b)
    assert both == pytest.approx(mean(number(a)) * mean(number(b)) - order**2, rel=EXACT)
    assert both - (mean(number(a)) - order**2) == pytest.approx(-mean(number(a)) * (1 - mean(number(b))), rel=EXACT)
    assert abs(order) > 0.1
    assert mean(number(b)) < 0.9


def test_eq28_is_not_hermitian():
    """Printed: 1 + e^{-ikx} in both corners. Right: 1 + e^{ika} in the upper right, 1 + e^{-ika} in the lower left."""
    scattering = S * sp.exp(sp.I * ka / 2)
    corners = {
        "printed": (J0 / 2 * (1 + 1 / PHASE) + scattering, J0 / 2 * (1 + 1 / PHASE) + sp.conjugate(scattering)),
        "right": (J0 / 2 * (1 + PHASE) + scattering, J0 / 2 * (1 + 1 / PHASE) + sp.conjugate(scattering)),
    }
    for name, (upper, lower) in corners.items():
        assert is_zero(upper - sp.conjugate(lower)) is (name == "right")
    upper, lower = corners["right"]
    assert is_zero(upper * lower - (J0 * sp.cos(ka / 2) + S) ** 2)  # (29)
    matrix = interstitial_bands.bloch_matrix(np.linspace(-3, 3, 7), -0.6, -0.3, -0.1, 0.2)
    np.testing.assert_array_equal(matrix, np.conj(np.swapaxes(matrix, -1, -2)))


def test_eq28_scattering_is_not_periodic_in_k():
    """S e^{i(ka/2 + pi)} changes its sign from k to k + 2 pi/a. (29) holds in one zone, with a cusp at its edge."""
    scattering = S * sp.exp(sp.I * (ka / 2 + sp.pi))
    assert is_zero(scattering.subs(ka, ka + 2 * sp.pi) + scattering)
    inside = sp.diff(split(J0 * sp.cos(ka / 2) + S), ka).subs(ka, sp.pi)
    assert sp.simplify(inside + J0 * S / (2 * split(S))) == 0  # not 0: the repeated zone has +- that
    step = 1e-6
    below, at, above = interstitial_bands.band_energies(np.pi + step * np.array([-1, 0, 1]), -0.15, 0.15, 0.1, 0.2)[1]
    slope = float(inside.subs(NUMBERS))
    assert (at - below) / step == pytest.approx(slope, rel=1e-4)  # step, rounding over step
    assert (above - at) / step == pytest.approx(-slope, rel=1e-4)


def test_eq29_and_eq44_agree_for_negative_hopping_alone():
    """(29) has |J0| cos + |S|, (44) the phase ka/2 + pi. Right: they agree for J0 < 0; else a difference."""
    scattering = S * sp.exp(sp.I * (ka / 2 + sp.pi))
    for sign, expected in ((-1, J0 * sp.cos(ka / 2) + S), (1, J0 * sp.cos(ka / 2) - S)):
        off = sign * J0 / 2 * (1 + PHASE) + scattering
        assert is_zero(off * sp.conjugate(off) - expected**2)
    wave = np.linspace(-3, 3, 13)
    for phase in interstitial_bands.PHASES:
        level = np.linalg.eigvalsh(interstitial_bands.bloch_matrix(wave, -0.6, -0.3, -0.1, 0.2, phase))
        expected = interstitial_bands.band_energies(wave, -0.6, -0.3, -0.1, 0.2, phase)
        np.testing.assert_allclose(level.T, expected, atol=EXACT)


def test_app51_projection_exchanges_the_sites():
    """App. 5.1 gives C_kA the amplitude |nu|/sqrt(1 + |nu|^2) in the upper band. Right: that is the one of C_kB.

    With nu_+ = sqrt((E - Ubar - dU)/(E - Ubar + dU)) and dU = (U_A - U_B)/2 < 0, |nu_+| > 1, but the upper band is
    mostly B. |<C_A^+ C_B>|, and so (42), is the same either way.
    """
    r = sp.sqrt(dU**2 + J0**2)
    lower_a = -dU  # (U_A - U_B)/2
    nu = sp.sqrt((r - lower_a) / (r + lower_a))
    printed_a = sp.sqrt(1 + nu**2) / (nu + 1 / nu)
    assert sp.simplify(printed_a**2 - nu**2 / (1 + nu**2)) == 0
    vector = sp.Matrix([[lower_a, -J0], [-J0, dU]])
    amplitude = sp.Matrix([-J0, r + dU])  # (A, B) of the level +r
    assert all(sp.simplify(row) == 0 for row in vector * amplitude - r * amplitude)
    share_a, share_b = (sp.simplify(part**2 / (amplitude.dot(amplitude))) for part in amplitude)
    assert sp.simplify(printed_a**2 - share_b) == 0
    assert sp.simplify(printed_a**2 - share_a) != 0
    assert share_a.subs(NUMBERS) < sp.Rational(1, 2) < share_b.subs(NUMBERS)
    assert sp.simplify(share_a * share_b - (1 - (dU / r) ** 2) / 4) == 0  # sqrt(1 - g^2)/2 of (42)
    above, _ = interstitial_bands.site_weights(0.0, 0.15, 0.1)
    assert above == pytest.approx(float(share_a.subs(NUMBERS)), rel=EXACT)


def test_app51_phase_lacks_a_half():
    """App. 5.1: phi_j is the phase of J0 (1 + e^{ika}) + S. Right: of (J0/2)(1 + e^{ika}) + S, the corner of (28).

    At k = 0, J0 < 0 and S > 0 they differ for |J0| < |S| < 2 |J0|; (44) turns at |S| = |J0|, as the half has it.
    """
    hopping = -sp.Rational(1, 10)
    right, printed = ((hopping * factor * (1 + PHASE) + S).subs(ka, 0) for factor in (sp.Rational(1, 2), 1))
    assert sp.solve(right, S) == [sp.Rational(1, 10)]
    assert sp.solve(printed, S) == [sp.Rational(1, 5)]
    between = {S: sp.Rational(3, 20)}
    assert sp.arg(right.subs(between)) == 0
    assert sp.arg(printed.subs(between)) == sp.pi
    matrix = interstitial_bands.bloch_matrix(0.0, -0.6, -0.3, -0.1, 0.15, "ka/2")
    assert matrix[0, 1].real == pytest.approx(0.05, rel=EXACT)  # J0 + |S|, of the phase 0


def test_app51_gamma_integral_is_not_zero():
    """App. 5.1: the integral including gamma e^{ipa} equals zero. Right: only where |h_p| does not depend on p, J0 = 0.

    Then it is the integral of cos p over the zone. At small |S| it is nearly as large as the other one.
    """
    assert sp.integrate(sp.cos(ka), (ka, -sp.pi, sp.pi)) == 0
    # to the first order in J0, at zero temperature: |h| / 2 sqrt(dU^2 + h^2) with h = S + J0 cos(ka/2)
    first = sp.diff((S + J0 * sp.cos(ka / 2)) / (2 * split(S + J0 * sp.cos(ka / 2))), J0).subs(J0, 0)
    integral = sp.integrate(first * sp.cos(ka), (ka, -sp.pi, sp.pi))
    assert sp.simplify(integral - 2 * dU**2 / (3 * (dU**2 + S**2) ** sp.Rational(3, 2))) == 0

    conductor = ion_doping.conductor_of_potential(potential_wells.TwoSitePotential(0.7, -0.3), 1.5, THERMAL)
    mu, scattering = 0.1, 3e-4

    def integrand(p: float, wave: int) -> float:
        h = abs(conductor.hopping_eV) * np.cos(p / 2) + scattering
        energy = np.hypot(conductor.energy_difference_eV, h)
        filling = [1 / (1 + np.exp((side * energy - mu + conductor.middle_eV) / THERMAL)) for side in (-1, 1)]
        return h / energy * (filling[0] - filling[1]) * np.cos(wave * p)

    whole, wave = (quad(integrand, 0, np.pi, n, epsabs=1e-13, epsrel=1e-12)[0] for n in (0, 1))
    assert abs(wave / whole) > 0.7
    share = exchange_bond_orders.inter_cell_share(conductor, mu, scattering)
    assert share == pytest.approx(abs(wave / whole), rel=1e-9)


def test_app51_phase_depends_on_the_summed_wave_number():
    """App. 5.1 takes e^{i phi_j} out of the sum over p. Right: it is the phase of h_p at the p that is summed over.

    S_0k = (K/a1) sum_p (1 + gamma e^{i(k-p)a}) <C_A^+ C_B>_p then is a bond order inside the cell and another between
    cells: h_k = t1 + t2 e^{ika}, in the state of lowest Omega with t1 != t2 and so without the phase ka/2 of (44).
    """
    conductor = ion_doping.conductor_of_potential(potential_wells.TwoSitePotential(0.5, -0.3), 1.5, THERMAL)
    p = 2 * np.pi * (np.arange(400) + 0.5) / 400
    state = exchange_bond_orders.bond_order_state(conductor, conductor.middle_eV)
    h = state.inner_eV + state.outer_eV * np.exp(1j * p)
    energy = np.hypot(conductor.energy_difference_eV, np.abs(h))
    order = h / (2 * energy) * np.tanh(energy / (2 * THERMAL))  # <C_A^+ C_B>_p at mu = Ubar
    half = abs(conductor.hopping_eV) / 2
    field = [half + 1.5 * np.mean(order * turn) for turn in (1.0, np.exp(-1j * p))]
    np.testing.assert_allclose(field, [state.inner_eV, state.outer_eV], atol=1e-10)
    assert np.ptp(np.angle(h * np.exp(-0.5j * p))) > 1
    assert abs(state.inner_eV - state.outer_eV) == pytest.approx(0.7229, abs=5e-5)  # E27


def test_eq42_is_stationarity_and_not_the_least_omega():
    """App. 5.1: the smallest solution has the lowest free energy. Right: at the fold it has the higher one."""
    s, k = sp.symbols("s K", positive=True)
    omega = s**2 / k - thermal * sp.log(
        (1 + sp.exp(-split(s) / thermal)) * (1 + sp.exp(split(s) / thermal))
    )  # J0 = mu = 0
    fermi = [1 / (1 + sp.exp(sign * split(s) / thermal)) for sign in (-1, 1)]
    right_side = k * s / (2 * split(s)) * (fermi[0] - fermi[1])
    difference = sp.diff(omega, s) - 2 / k * (s - right_side)
    values = {s: sp.Rational(1, 5), dU: sp.Rational(3, 20), thermal: sp.Rational(1, 10), k: sp.Rational(3, 2)}
    assert abs(sp.N(difference.subs(values), 30)) < sp.Float("1e-25")
    assert sp.simplify(difference.rewrite(sp.exp)) == 0

    curve = ion_doping.DopingCurve(
        ion_doping.conductor_of_potential(potential_wells.TwoSitePotential(0.5, -0.3), 1.5, THERMAL)
    )
    fold = curve.fold("low")
    states = curve.states(fold.chemical_potential_eV + 1e-6)
    assert states.grand_potential_eV[0] - states.grand_potential_eV[-1] == pytest.approx(0.19725, abs=1e-4)


def test_liquid_like_above_the_inverse_of_beta0():
    """Text: liquid-like if kT > beta0. Right: kT > 1/beta0, where E_a = E_a0 - alpha kT < 0, beta0 = alpha/E_a0."""
    beta, beta0, start, alpha = sp.symbols("beta beta_0 E_a0 alpha", positive=True)
    activation = (start - alpha * thermal).subs(alpha, beta0 * start)
    assert sp.solve(activation, thermal) == [1 / beta0]
    assert sp.simplify((activation * beta).subs(thermal, 1 / beta) - start * (beta - beta0)) == 0


# ---- Sec. 3.3: ambipolarons --------------------------------------------------------------------------------------


def test_eq32_gamma_is_the_ratio_of_the_two_interactions():
    """Printed: gamma = Kbar/K_0. Right: K_a/K_0, so that K_0 (1 + gamma e^{iq}) is the transform of the interaction."""
    k0, k_a, gamma, q = sp.symbols("K_0 K_a gamma q")
    transform = k0 + k_a * sp.exp(sp.I * q)  # in the cell, and one cell away
    solved = sp.solve(transform - k0 * (1 + gamma * sp.exp(sp.I * q)), gamma)
    assert [sp.simplify(value - k_a / k0) for value in solved] == [0]
    assert sp.simplify((k0 + k_a) / k0 - k_a / k0) == 1  # the printed one is larger by 1


def test_eq33_counts_the_site_energies_twice():
    """Printed: J_ke + U_0e on the diagonal, with J_ke = J_0e cos(ka) + U_0e. Right: J_ke; (34) has U_0e once."""
    j_e, j_i, u_e, u_i = sp.symbols("J_0e J_0i U_0e U_0i", real=True)
    levels = [j * sp.cos(ka) + u for j, u in ((j_e, u_e), (j_i, u_i))]
    middle = (j_e + j_i) / 2 * sp.cos(ka) + (u_e + u_i) / 2  # Jbar_k of (34) without Kbar
    assert sp.simplify(sum(levels) / 2 - middle) == 0
    assert sp.simplify((levels[0] + u_e + levels[1] + u_i) / 2 - middle - (u_e + u_i) / 2) == 0


def test_eq34_lacks_the_shift_in_the_difference():
    """Printed: Jbar_k has Kbar/2, dJ_k has not. Right: Kbar shifts the ion level, so dJ_k has -Kbar/2."""
    electron, ion, shift = sp.symbols("E_e E_i Kbar", real=True)
    matrix = sp.Matrix([[electron, S], [S, ion + shift]])
    middle = (electron + ion + shift) / 2
    right, printed = (electron - ion - shift) / 2, (electron - ion) / 2
    assert sp.simplify(matrix.trace() - 2 * middle) == 0
    assert sp.simplify(middle**2 - right**2 - S**2 - matrix.det()) == 0
    assert sp.simplify(middle**2 - printed**2 - S**2 - matrix.det()) != 0
    values = {electron: 0.3, ion: 0.1, shift: 0.1, S: 0.05}
    for form, half in (("corrected", right), ("printed", printed)):
        expected = [float((middle + sign * sp.sqrt(half**2 + S**2)).subs(values)) for sign in (-1, 1)]
        found = ambipolar.ambipolaron_energies(0.3, 0.1, 0.05, 0.1, form=form)
        np.testing.assert_allclose(found, expected, rtol=EXACT)


def test_eq35_weights_leave_the_unit_interval():
    """Printed: weights (1 +- 1/xi)/2, above 1 and below 0. Right: (1 +- xi)/2, the squares of the eigenvector."""
    r = sp.sqrt(dU**2 + S**2)  # dJ = dU here
    vector = sp.Matrix([dU + r, S])
    matrix = sp.Matrix([[dU, S], [S, -dU]])
    assert all(sp.simplify(row) == 0 for row in matrix * vector - r * vector)
    xi = dU / r
    assert sp.simplify(vector[0] ** 2 / vector.dot(vector) - (1 + xi) / 2) == 0
    found = float(ambipolar.coupling_parameter(0.2, 0.15))
    assert found == pytest.approx(float(xi.subs(NUMBERS)), rel=EXACT)
    assert ambipolar.ambipolaron_weights(found) == pytest.approx((1 + found) / 2, rel=EXACT)
    assert ambipolar.ambipolaron_weights(found, form="printed") > 1


def test_eq36_and_eq37_are_the_curvatures_of_eq34():
    """(36), (37) are right for J_0e, J_0i of one sign: |d2E/dk2| = |J0e| (1 +- xi)/2 + |J0i| (1 -+ xi)/2 at k = 0."""
    j_e, j_i, offset = sp.symbols("j_e j_i offset", positive=True)
    half = (j_e - j_i) / 2 * sp.cos(ka) + offset
    xi = (half / sp.sqrt(half**2 + S**2)).subs(ka, 0)
    for sign in (1, -1):
        energy = (j_e + j_i) / 2 * sp.cos(ka) + sign * sp.sqrt(half**2 + S**2)
        curvature = -sp.diff(energy, ka, 2).subs(ka, 0)
        assert sp.simplify(curvature - j_e * (1 + sign * xi) / 2 - j_i * (1 - sign * xi) / 2) == 0


def test_eq38_follows_from_the_printed_weights():
    """(38) is right given (35) as printed: the sum of a column is the flux by that gradient, rho grad mu = kT grad rho.

    With the corrected weights of (35) the columns would be different ones.
    """
    xi, j, r, time = sp.symbols("xi j r tau", positive=True)  # over tau_- a^2 rho_i |J0i|/hbar^2
    plus = time * (j * (1 + xi) / 2 + (1 - xi) / 2)  # D_+, (36)
    minus = j * (1 - xi) / 2 + (1 + xi) / 2
    column_e = time * r * (1 + xi) ** 2 / (4 * xi) * j + r * (
        -((1 - xi) ** 2) / (4 * xi) * j + (time - 1) * (1 - xi**2) / (4 * xi)
    )
    column_i = -time * (1 - xi) ** 2 / (4 * xi) - (time - 1) * (1 - xi**2) / (4 * xi) * j + (1 + xi) ** 2 / (4 * xi)
    for weight, same in (((1 + 1 / xi) / 2, True), ((1 + xi) / 2, False)):
        by_e = r * (plus * weight + minus * (1 - weight))
        by_i = plus * (1 - weight) + minus * weight
        assert (sp.simplify(by_e - column_e) == 0) is same
        assert (sp.simplify(by_i - column_i) == 0) is same
    values = {xi: 0.4, j: 5.0, r: 20.0, time: 3.0}
    matrix = ambipolar.onsager_matrix(5.0, 20.0, 0.4, 3.0)
    np.testing.assert_allclose(
        matrix.sum(axis=0), [float(column.subs(values)) for column in (column_e, column_i)], rtol=1e-10
    )


def test_eq38_degrades_in_the_diagonal():
    """Text: without coupling L_ee and L_ei degrade into the free form. Right: L_ee and L_ii do; L_ei is 0."""
    matrix = ambipolar.onsager_matrix(5.0, 20.0, 1.0, 3.0)
    np.testing.assert_allclose(matrix, [[3 * 20 * 5, 0], [0, 1]], atol=0)


def test_eq39_is_symmetric_and_positive():
    """(39) is right: L_ei = L_ie of (38) has this one solution, (r + j + u j r)/(r + j + u); 1 at j r = 1."""
    xi, j, r, time = sp.symbols("xi j r tau", positive=True)
    u = (1 - xi) / (1 + xi)
    cross = -time * (1 - xi) ** 2 - (time - 1) * (1 - xi**2) * j - r * (-((1 - xi) ** 2) * j + (time - 1) * (1 - xi**2))
    (solution,) = sp.solve(cross, time)
    closed = (r + j + u * j * r) / (r + j + u)
    assert sp.simplify(solution - closed) == 0
    assert sp.simplify(closed - 1 - (j * r - 1) / (((1 + xi) / (1 - xi)) * (r + j) + 1)) == 0
    assert sp.simplify(closed.subs(r, 1 / j)) == 1
    # (40): L_ie/L_ii with it
    ratio = r * (-((1 - xi) ** 2) * j + (closed - 1) * (1 - xi**2)) / (1 + xi) ** 2
    assert sp.simplify(-ratio - r * u**2 * (1 + j**2 + j * u) / (r + j + u)) == 0


def test_eq46_needs_a_large_product():
    """Text: j >> 1 makes (39) into (46). Right: j r >> 1 and r + j >> u; at j r = 1 the ratio is 1 at any j."""
    u, j, r, scale = sp.symbols("u j r lambda", positive=True)
    exact, approximate = (r + j + u * j * r) / (r + j + u), 1 + j * u * r / (r + j)
    assert sp.limit((exact / approximate).subs({j: scale * j, r: scale * r}), scale, sp.oo) == 1
    assert sp.simplify(exact.subs(r, 1 / j)) == 1
    few = (exact - 1).subs(r, 1 / j**2) / (approximate - 1).subs(r, 1 / j**2)
    assert sp.limit(few, j, sp.oo) == -sp.oo  # tau_+ < tau_- where (46) says tau_+ > tau_-
    exact, approximate = (
        float(ambipolar.relaxation_time_ratio(10.0, 1e-3, 0.1, form=form)) for form in ("exact", "mobile_electrons")
    )
    assert exact < 1 < approximate


# ---- App. 5.2, Eq. (45) ------------------------------------------------------------------------------------------


def test_app52_last_entry_of_the_second_row():
    """Printed: P_{n-2} in the second row too. Right: P_{n-3}; |i - j| - 1 between the second site and the last."""
    region = percolation_levels.PercolationRegion(-0.25, 0.25, 0.05, 0.3)
    n = 6
    right, printed = region.matrix(n), region.matrix(n, form="printed")
    assert right[1, n - 1] == pytest.approx(0.05 * 0.3 ** (n - 3), rel=EXACT)
    assert printed[1, n - 1] == pytest.approx(0.05 * 0.3 ** (n - 2), rel=EXACT)
    np.testing.assert_array_equal(right, right.T)
    assert np.any(printed != printed.T)


def test_app52_distance_is_not_symmetric():
    """Printed: exp(-(E_a + |i - j - 1| E_s)/kT). Right: |i - j| - 1, which is 0 between neighbours on either side."""
    printed = {(i, j): abs(i - j - 1) for i, j in itertools.permutations(range(5), 2)}
    right = {(i, j): abs(i - j) - 1 for i, j in itertools.permutations(range(5), 2)}
    assert any(printed[i, j] != printed[j, i] for i, j in printed)
    assert all(right[i, j] == right[j, i] for i, j in right)
    assert printed[1, 2] == 2
    assert right[1, 2] == right[2, 1] == 0
    factor = 0.3
    matrix = percolation_levels.PercolationRegion(-0.25, 0.25, 1.0, factor).matrix(5)
    for (i, j), distance in right.items():
        assert matrix[i, j] == pytest.approx(factor**distance, rel=EXACT)


def test_app52_site_energies_are_exchanged():
    """Printed: U_0A = +0.25 eV, U_0B = -0.25 eV. Right: U_0A < U_0B, Sec. 3.1; the levels are the same."""
    with pytest.raises(ValueError, match="regular_energy_eV"):
        percolation_levels.PercolationRegion(0.25, -0.25, 0.05)
    region = percolation_levels.PercolationRegion(-0.25, 0.25, 0.05, 0.3)
    n = 5
    hops = region.matrix(n)[:n, :n] + 0.25 * np.eye(n)
    printed = np.kron(np.eye(2), hops) + np.kron(np.diag([0.25, -0.25]), np.eye(n))
    np.testing.assert_allclose(np.linalg.eigvalsh(printed), region.levels_eV(n), atol=EXACT)


def test_eq45_mean_energy_is_not_the_mean_of_the_sites():
    """Ubar_0 = -0.3 eV is the mean of (45) over the cell; the one that (29) needs is Ubar_0 (2 - alpha)."""
    mean, alpha, place = sp.symbols("Ubar_0 alpha x", real=True)
    potential = 2 * mean * (alpha * sp.sin(sp.pi * place) ** 2 + (1 - alpha) * sp.cos(2 * sp.pi * place) ** 2)
    assert sp.simplify(sp.integrate(potential, (place, 0, 1)) - mean) == 0
    sites = (potential.subs(place, sp.Rational(1, 2)) + potential.subs(place, 0)) / 2
    assert sp.simplify(sites - mean * (2 - alpha)) == 0
    for shallowness, middle in ((0.5, -0.45), (0.6, -0.42), (0.7, -0.39)):
        well = potential_wells.TwoSitePotential(shallowness, -0.3)
        conductor = ion_doping.conductor_of_potential(well, 1.5, THERMAL)
        assert conductor.middle_eV == pytest.approx(middle, rel=EXACT)


def test_eq45_saddle():
    """The saddle of (45): sin^2(pi x/a) = 1/2 - alpha/[8 (1 - alpha)], which ends at alpha = 0.8, as site B does."""
    alpha = sp.Symbol("alpha", positive=True)
    s = sp.Symbol("s", nonnegative=True)  # sin^2(pi x/a)
    shape = alpha * s + (1 - alpha) * (1 - 2 * s) ** 2
    (place,) = sp.solve(sp.diff(shape, s), s)
    assert sp.simplify(place - (sp.Rational(1, 2) - alpha / (8 * (1 - alpha)))) == 0
    assert sp.solve(place, alpha) == [sp.Rational(4, 5)]
    level = sp.simplify(2 * shape.subs(s, place))
    well = potential_wells.TwoSitePotential(0.6, -0.3)
    value = -0.3 * float(level.subs(alpha, sp.Rational(3, 5)))
    assert well.saddle_energy_eV == pytest.approx(value, rel=EXACT)
    assert value == pytest.approx(-0.14625, rel=EXACT)  # T2-0.6
