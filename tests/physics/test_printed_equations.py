"""Symbolic proofs: each printed equation of Sec. III and Appendix A that is wrong or imprecise, and its right form.

Source: J. Hu, Z. Guo, J. Liang, B. Monserrat, "Microscopic Theory of Superionic Phase Transitions",
arXiv:2604.00665 (2026). Each test derives the right form from the hop probabilities (24), (30) and holds the
library's named option to it.
"""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from superion import two_site

P0, gamma = sp.symbols("P_0 gamma", positive=True)
k, f, x, t = sp.symbols("k f x t", real=True)
NUMBERS = {P0: sp.Rational(3, 10), gamma: sp.Rational(2, 5)}
PRINTED = {"field_split": "paper"}  # Eq. (30) lowers the barrier by the whole drop


def is_zero(expression: sp.Expr) -> bool:
    return sp.simplify(sp.expand_trig(sp.expand_complex(expression))) == 0


def chain_matrix(k: sp.Expr, f: sp.Expr, fourier_sign: int = 1, share: sp.Expr | int = 1) -> sp.Matrix:
    """Hopping matrix of the chain hop by hop from Eq. (30), a = tau = 1; fourier_sign -1 is Eq. (12)."""
    leave = {0: P0 * (1 - gamma) / 2, 1: P0 * (1 + gamma) / 2}
    matrix = sp.eye(2)
    for origin, probability in leave.items():
        for step in (sp.Rational(1, 2), -sp.Rational(1, 2)):
            hop = probability * sp.exp(share * f * step)
            matrix[1 - origin, origin] += hop * sp.exp(fourier_sign * sp.I * k * step)
            matrix[origin, origin] -= hop
    return matrix


def omega(k: sp.Expr, f: sp.Expr) -> sp.Expr:
    """Structure factor (32)."""
    return sp.cosh((f + sp.I * k) / 2)


def matrix_31(k: sp.Expr, f: sp.Expr) -> sp.Matrix:
    return sp.Matrix(
        [
            [1 - P0 * (1 - gamma) * omega(0, -f), P0 * (1 + gamma) * omega(k, f)],
            [P0 * (1 - gamma) * omega(-k, -f), 1 - P0 * (1 + gamma) * omega(0, f)],
        ]
    )


def stable_branch(k: sp.Expr, f: sp.Expr) -> sp.Expr:
    """p+ of Eq. (33)."""
    ratio = omega(k, f) / omega(0, f)
    return 1 - P0 * omega(0, f) * (1 - sp.sqrt(gamma**2 + (1 - gamma**2) * ratio**2))


HOPS = [
    sp.Matrix([sp.Rational(1, 2), 1 / (2 * sp.sqrt(3))]),
    sp.Matrix([-sp.Rational(1, 2), 1 / (2 * sp.sqrt(3))]),
    sp.Matrix([0, -1 / sp.sqrt(3)]),
]


def honeycomb_omega(q: sp.Matrix) -> sp.Expr:
    """Structure factor (A2) at q = f + i k."""
    return sum(sp.exp(q.dot(hop)) for hop in HOPS) / 3


def test_eq2_degeneracy_prefactor_must_stay_frozen_in_a_field():
    """(2) has the prefactor 1/lambda(E) of degenerate thresholds; (30) keeps its zero-field value 1/2.

    Right: 1/2 throughout, which makes the columns of (31) sum to 1; taken literally (2) doubles every hop as soon as
    the field splits the two thresholds.
    """
    gap = chain_matrix(0, f).T * sp.ones(2, 1) - sp.ones(2, 1)
    assert all(is_zero(element) for element in gap)
    literal_leave = 2 * (P0 * (1 - gamma) / 2) * (sp.exp(f / 2) + sp.exp(-f / 2))
    kept_leave = 1 - chain_matrix(0, f)[0, 0]
    assert sp.simplify(literal_leave / kept_leave) == 2


def test_eq12_phase_is_opposite_to_eq31():
    """(12) with the hops (30) gives (31) at -k, not (31): printed phases e^{-ik.d} against e^{+ik.d} of (31).

    With (12) the mode moves with -d omega/dk (its density goes as e^{ikr + i omega t}), with (31) with +d omega/dk.
    """
    with_31 = chain_matrix(k, f, fourier_sign=1) - matrix_31(k, f)
    with_12 = chain_matrix(k, f, fourier_sign=-1) - matrix_31(-k, f)
    assert all(is_zero(element.rewrite(sp.exp)) for element in with_31)
    assert all(is_zero(element.rewrite(sp.exp)) for element in with_12)
    literal = chain_matrix(k, f, fourier_sign=-1) - matrix_31(k, f)
    assert complex(literal[0, 1].subs({**NUMBERS, k: 1, f: 1}).evalf()) != pytest.approx(0)


def test_eq12_taken_literally_gives_a_negative_conductivity():
    """(12) with v = +d omega/dk, as (20) reads, moves positive ions against the field; with (31) it is along it."""
    slope_12 = slope_of_phase(chain_matrix(k, f, fourier_sign=-1)).subs(f, 1)
    slope_31 = slope_of_phase(chain_matrix(k, f, fourier_sign=1)).subs(f, 1)
    assert is_zero(slope_12 + slope_31)
    assert slope_31.subs(NUMBERS).evalf() > 0
    assert float(slope_31.subs(NUMBERS)) == pytest.approx(two_site.chain_group_velocity(0.3, 0.4, 1.0, **PRINTED))


def slope_of_phase(matrix: sp.Matrix) -> sp.Expr:
    """d arg p+/dk at k = 0 from the characteristic polynomial, by implicit differentiation at p = 1."""
    p = sp.Symbol("p")
    polynomial = (matrix - p * sp.eye(2)).det()
    slope = (-polynomial.diff(k) / polynomial.diff(p)).subs({k: 0, p: 1})
    return sp.simplify((slope / sp.I).rewrite(sp.cosh))


def test_eq17_current_has_the_sign_of_the_motion_of_the_charge():
    """Printed J = -d/dt(Z r n), then -iZ d/dt Re[...]. Right: J = +d/dt(Z r n) = Z d/dt Re[i e^{ikr} grad_k n_k].

    A density wave packet n_k = exp(-k^2/2 + i omega t), omega = -v k, moves with velocity v; so does its current.
    """
    v = sp.Symbol("v", positive=True)
    packet = sp.exp(-(k**2) / 2 - sp.I * v * k * t)
    density = sp.exp(-((x - v * t) ** 2) / 2) / sp.sqrt(2 * sp.pi)
    transform = sp.integrate(density * sp.exp(-sp.I * k * x), (x, -sp.oo, sp.oo))
    assert sp.simplify(transform - packet) == 0
    current = sp.diff(sp.integrate(x * density, (x, -sp.oo, sp.oo)), t)  # + d/dt, Z = 1
    assert sp.simplify(current - v) == 0

    # Integration by parts over k: the transform of x n is i dn_k/dk. With the i of (17) outside Re, as printed, the
    # real density would have an imaginary current.
    transform = sp.integrate(x * density * sp.exp(-sp.I * k * x), (x, -sp.oo, sp.oo))
    assert sp.simplify(transform - sp.I * packet.diff(k)) == 0


def test_eq22_lacks_the_volume():
    """(20)-(22) as printed: n0 Z dv/dE with n0 ions a cell, in S m^2. Right: over the cell volume V, as (38) has."""
    units = sp.physics.units
    mobility = units.meter / units.second / (units.volt / units.meter)
    printed = units.coulomb * mobility
    conductivity = units.siemens / units.meter

    def same(one: sp.Expr, other: sp.Expr) -> bool:
        base = [units.meter, units.kilogram, units.second, units.ampere]
        return not (units.convert_to(one, base) / units.convert_to(other, base)).has(*base)

    assert not same(printed, conductivity)
    assert same(printed / units.meter**3, conductivity)


def test_eq26_and_eq33_are_the_eigenvalues():
    """(26), (33) as printed are right: they solve the characteristic polynomial, p+ = 1 at k = 0 in any field."""
    root = sp.Symbol("S")
    plus, minus = (1 - P0 * omega(0, f) * (1 - sign * root) for sign in (1, -1))
    matrix = matrix_31(k, f)
    assert sp.expand(plus + minus - matrix.trace()) == 0
    square = gamma**2 + (1 - gamma**2) * (omega(k, f) / omega(0, f)) ** 2
    assert sp.simplify(sp.expand(plus * minus).subs(root**2, square) - matrix.det()) == 0
    assert sp.simplify(plus.subs(root, sp.sqrt(square)) - stable_branch(k, f)) == 0
    assert sp.simplify(stable_branch(0, f)) == 1


def test_eq27_remainder_is_of_fourth_order():
    """Printed o[(ka)^4], so no fourth order. Right: O[(ka)^4], it is -P0 (1 - g^2)(1 + 3 g^2)(ka/2)^4/24."""
    kappa = 1 - stable_branch(k, sp.Integer(0))
    series = sp.series(kappa, k, 0, 6).removeO()
    leading = P0 * (1 - gamma**2) / 2 * (k / 2) ** 2
    quartic = -P0 * (1 - gamma**2) * (1 + 3 * gamma**2) * (k / 2) ** 4 / 24
    assert sp.simplify(series - leading - quartic) == 0
    values = {**NUMBERS, k: sp.Rational(1, 2)}
    for order, formula in ((2, leading), (4, leading + quartic)):
        assert two_site.chain_decay_rate_expansion(0.3, 0.4, 0.5, order=order) == pytest.approx(
            float(formula.subs(values)), rel=1e-14
        )


def test_eq29_polarization_coefficient():
    """Printed k^2 term g (1 - g^2)(ka/2)^2. Right: g (1 - g^2)(ka/4)^2, a quarter; and O[(ka)^4], not o."""
    root = sp.sqrt(sp.cos(k / 2) ** 2 + gamma**2 * sp.sin(k / 2) ** 2)
    ratio = (1 - gamma) * sp.cos(k / 2) / (gamma + root)  # second row of P u = p u
    p = 1 - P0 + P0 * root
    row = P0 * (1 - gamma) * sp.cos(k / 2) + (1 - P0 * (1 + gamma) - p) * ratio
    assert sp.simplify(row) == 0
    u = sp.Symbol("u", positive=True)  # sin^2(k/2)
    in_u = ratio.subs({sp.sin(k / 2) ** 2: u, sp.cos(k / 2) ** 2: 1 - u, sp.cos(k / 2): sp.sqrt(1 - u)})
    taylor = [sp.simplify(sp.diff((1 - in_u) / (1 + in_u), u, n).subs(u, 0)) / sp.factorial(n) for n in range(3)]
    sine = (k / 2) ** 2 - (k / 2) ** 4 / 3
    series = sp.expand(taylor[0] + taylor[1] * sine + taylor[2] * (k / 2) ** 4)
    bend = gamma * (1 - gamma**2)
    right = gamma + bend * (k / 4) ** 2 + bend * (5 - 6 * gamma**2) / 48 * (k / 2) ** 4
    printed = gamma + bend * (k / 2) ** 2
    assert sp.simplify(series - right) == 0
    assert sp.simplify((series - printed).coeff(k, 2) / (series - gamma).coeff(k, 2)) == -3

    library = two_site.chain_microscopic_polarization_expansion
    values = {**NUMBERS, k: sp.Rational(1, 2)}
    assert library(0.4, 0.5, order=4) == pytest.approx(float(right.subs(values)), rel=1e-14)
    assert library(0.4, 0.5, form="printed") == pytest.approx(float(printed.subs(values)), rel=1e-14)


def test_eq30_breaks_the_einstein_relation_by_a_factor_of_two():
    """Printed: rates P e^{+-fa/2} over a hop of length a/2. Right (local detailed balance): e^{+-fa/4}.

    The two rates on a bond must differ by the Boltzmann factor of the drop f a/2 between its ends; those of (30)
    differ by its square. So the mobility kT/Z from (36) is twice the D of (27); with s = 1/2 they are equal.
    """
    diffusion = P0 * (1 - gamma**2) / 8
    assert sp.simplify(-sp.diff(stable_branch(k, sp.Integer(0)), k, 2).subs(k, 0) / 2 - diffusion) == 0
    for share, ratio, name in ((sp.Integer(1), 2, "paper"), (sp.Rational(1, 2), 1, "thermodynamic")):
        forward_over_backward = sp.exp(share * f / 2) / sp.exp(-share * f / 2)
        assert (sp.simplify(forward_over_backward - sp.exp(f / 2)) == 0) is (ratio == 1)
        velocity = slope_of_phase(chain_matrix(k, f, share=share))
        assert sp.simplify(velocity.diff(f).subs(f, 0) / diffusion) == ratio
        assert two_site.chain_conductivity(0.3, 0.4, field_split=name) == pytest.approx(
            ratio * two_site.chain_diffusion_coefficient(0.3, 0.4), rel=1e-14
        )
        assert two_site.honeycomb_conductivity(0.3, 0.4, field_split=name) == pytest.approx(
            ratio * two_site.honeycomb_diffusion_coefficient(0.3, 0.4), rel=1e-14
        )


def test_eq34_drops_the_k2_term():
    """(34) keeps i P0 (1 - g^2) ka fa/4 alone. The dropped -P0 (1 - g^2)(ka)^2/8 is of the same order for k ~ f."""
    p, origin, y = stable_branch(k, f), {k: 0, f: 0}, P0 * (1 - gamma**2)
    assert all(sp.simplify(sp.diff(p, variable).subs(origin)) == 0 for variable in (k, f))
    assert sp.simplify(sp.diff(p, k, f).subs(origin) - sp.I * y / 4) == 0  # kept
    assert sp.simplify(sp.diff(p, k, 2).subs(origin) / 2 + y / 8) == 0  # dropped
    assert sp.simplify(sp.diff(p, f, 2).subs(origin)) == 0


def test_eq35_lacks_the_wave_number():
    """Printed omega_{0,+} = (a/tau) P0 (1 - g^2) fa/4, a velocity. Right: k times that, 0 at k = 0."""
    frequency = sp.diff(slope_of_phase(chain_matrix(k, f)), f).subs(f, 0) * k * f
    assert sp.simplify(frequency - k * P0 * (1 - gamma**2) * f / 4) == 0
    library = two_site.chain_weak_field_frequency
    values = {**NUMBERS, k: sp.Rational(1, 5), f: sp.Rational(1, 10)}
    assert library(0.3, 0.4, 0.2, 0.1, **PRINTED) == pytest.approx(float(frequency.subs(values)), rel=1e-14)
    assert library(0.3, 0.4, 0.0, 0.1, **PRINTED) == 0
    printed = library(0.3, 0.4, [0.0, 0.2], 0.1, form="printed", **PRINTED)
    velocity = two_site.chain_group_velocity(0.3, 0.4, 0.1, limit="weak", **PRINTED)
    np.testing.assert_allclose(printed, [velocity, velocity], rtol=1e-14)


def test_eq37_is_the_weak_field_form_of_tanh():
    """(37) is right to first order in f; to first order in k at any field the phase is g (ka/2) tanh(fa/2)."""
    w = omega(k, f) / omega(0, f)
    ratio = (1 - gamma) * w / (gamma + sp.sqrt(gamma**2 + (1 - gamma**2) * w**2))
    first = sp.simplify((sp.diff(ratio, k).subs(k, 0) / ratio.subs(k, 0)).rewrite(sp.tanh))
    assert is_zero((first - sp.I * gamma / 2 * sp.tanh(f / 2)).rewrite(sp.exp))
    assert sp.simplify(sp.diff(sp.tanh(f / 2) / 2, f).subs(f, 0)) == sp.Rational(1, 4)


def test_eq40_remainder_is_of_second_order():
    """Printed o[(ka)^2]. Right: O[(ka)^2], the next term of Omega(k,f)/Omega(0,f) is -(ka/2)^2/2 at every field."""
    ratio = omega(k, f) / omega(0, f)
    assert is_zero((sp.diff(ratio, k).subs(k, 0) - sp.I / 2 * sp.tanh(f / 2)).rewrite(sp.exp))
    assert sp.simplify(sp.diff(ratio, k, 2).subs(k, 0) / 2) == -sp.Rational(1, 8)


def test_eq41_42_strong_field():
    """(41) lacks 1/tau: its right side is omega tau. (42) lacks Z: printed cosh(Ea/2kT), right cosh(ZEa/2kT).

    With Z the enhancement is that of dJ/dE and exact at all fields; J/E grows as sinh(x)/x with x = ZEa/2kT.
    """
    phase = k * slope_of_phase(chain_matrix(k, f))  # arg p+ = omega tau
    assert is_zero((phase - P0 * (1 - gamma**2) * sp.sinh(f / 2) * k / 2).rewrite(sp.exp))

    charge, field, thermal = sp.symbols("Z E kT", positive=True)
    current = charge * (phase / k).subs(f, charge * field / thermal)  # a = tau = n0/V = 1
    weak = sp.limit(current.diff(field), field, 0)
    enhancement = current.diff(field) / weak
    assert is_zero((enhancement - sp.cosh(charge * field / (2 * thermal))).rewrite(sp.exp))
    assert not is_zero((enhancement - sp.cosh(field / (2 * thermal))).rewrite(sp.exp))

    library = two_site.field_enhancement
    values = {charge: 2, field: sp.Rational(3, 2), thermal: 1, **NUMBERS}
    right = float(enhancement.subs(values))
    assert library(3.0, charge_number=2, **PRINTED) == pytest.approx(right, rel=1e-14)
    assert library(3.0, charge_number=2, form="printed", **PRINTED) == pytest.approx(np.cosh(0.75), rel=1e-14)
    chord = float((current / field / weak).subs(values))
    assert library(3.0, kind="chord", **PRINTED) == pytest.approx(chord, rel=1e-14)


def test_a1_diagonals_must_feel_the_field():
    """Printed (A1): 1 - P0 (1 -+ g). Right: 1 - P0 (1 - g) Omega(0, -f) and 1 - P0 (1 + g) Omega(0, f), as in (31).

    With the printed ones the columns at k = 0 do not sum to 1: p+ = 1 + P0 (1 - g^2) f^2/12 + ... > 1.
    """
    fx, fy = sp.symbols("f_x f_y", real=True)
    field = sp.Matrix([fx, fy])
    forward, backward = honeycomb_omega(field), honeycomb_omega(-field)
    off = sp.Matrix([[0, P0 * (1 + gamma) * forward], [P0 * (1 - gamma) * backward, 0]])
    dressed = off + sp.diag(1 - P0 * (1 - gamma) * backward, 1 - P0 * (1 + gamma) * forward)
    undressed = off + sp.diag(1 - P0 * (1 - gamma), 1 - P0 * (1 + gamma))
    assert all(sp.expand(sum(dressed[:, column]) - 1) == 0 for column in (0, 1))
    assert all(sp.expand(sum(undressed[:, column]) - 1) != 0 for column in (0, 1))

    literal = 1 - P0 + P0 * sp.sqrt(gamma**2 + (1 - gamma**2) * forward * backward)
    origin = {fx: 0, fy: 0}
    for one, other in ((fx, fx), (fy, fy), (fx, fy)):
        growth = sp.diff(literal, one, other).subs(origin) / 2
        assert sp.simplify(growth - int(one == other) * P0 * (1 - gamma**2) / 12) == 0

    at = {**NUMBERS, fx: 1, fy: sp.Rational(1, 2)}
    library = two_site.honeycomb_eigenvalues(0.3, 0.4, [0, 0], [1, 0.5], diagonal="undressed", **PRINTED)[0]
    assert library.real == pytest.approx(float(literal.subs(at)), rel=1e-14)
    assert two_site.honeycomb_eigenvalues(0.3, 0.4, [0, 0], [1, 0.5], **PRINTED)[0] == pytest.approx(1, abs=1e-15)


def test_a4_drops_terms_of_the_order_it_keeps():
    """Printed Omega Omega' = 1 + i a^2 k.f/3. Right: 1 + w/6 + w^2/96 + O(6), w = a^2 (f^2 - k^2 + 2i k.f)."""
    scale, kx, ky, fx, fy = sp.symbols("epsilon k_x k_y f_x f_y", real=True)
    qx, qy = sp.symbols("q_x q_y")
    q = scale * sp.Matrix([qx, qy])
    product = sp.expand(honeycomb_omega(q) * honeycomb_omega(-q))
    series = sp.series(product, scale, 0, 6).removeO().subs(scale, 1)
    w = qx**2 + qy**2
    assert sp.simplify(sp.expand(series - (1 + w / 6 + w**2 / 96))) == 0

    wave = fx**2 + fy**2 - kx**2 - ky**2 + 2 * sp.I * (kx * fx + ky * fy)
    assert sp.expand(w.subs({qx: fx + sp.I * kx, qy: fy + sp.I * ky}) - wave) == 0
    printed = 1 + sp.I * (kx * fx + ky * fy) / 3
    assert sp.expand((1 + wave / 6) - printed - (fx**2 + fy**2 - kx**2 - ky**2) / 6) == 0

    at = {kx: sp.Rational(1, 5), ky: -sp.Rational(1, 10), fx: sp.Rational(3, 10), fy: sp.Rational(1, 2)}
    arguments = ([0.2, -0.1], [0.3, 0.5])
    library = two_site.honeycomb_structure_product_expansion
    right = complex(sp.expand((1 + wave / 6 + wave**2 / 96).subs(at)))
    assert library(*arguments, order=4, **PRINTED) == pytest.approx(right, rel=1e-14)
    assert library(*arguments, form="printed", **PRINTED) == pytest.approx(complex(printed.subs(at)), rel=1e-14)


def test_a7_a8_hold_for_the_printed_hop_rule():
    """(A5)-(A8) are right given (30)'s whole drop: v = P0 (1 - g^2) f/6, isotropic; twice the D = P0 (1 - g^2)/12."""
    fx, fy, kx, ky = sp.symbols("f_x f_y k_x k_y", real=True)
    q = sp.Matrix([fx + sp.I * kx, fy + sp.I * ky])
    product = honeycomb_omega(q) * honeycomb_omega(-q)
    p = 1 - P0 + P0 * sp.sqrt(gamma**2 + (1 - gamma**2) * product)
    origin = {kx: 0, ky: 0, fx: 0, fy: 0}
    for wave, field, right in ((kx, fx, 1), (ky, fy, 1), (kx, fy, 0)):
        slope = sp.diff(p, wave, field).subs(origin) / sp.I
        assert sp.simplify(slope - right * P0 * (1 - gamma**2) / 6) == 0
    curvature = -sp.diff(p, kx, 2).subs(origin) / 2
    assert sp.simplify(curvature - P0 * (1 - gamma**2) / 12) == 0


def test_fig5_labels_reverse_the_hops_of_a1():
    """Fig. 5 labels a hop a -> b by +a_j, without 1/3; (A1) has a_j for b -> a and Omega (A2) the mean of three.

    Which it is shows only beyond linear response: reversing a_j is f -> -f, and v(f) + v(-f) does not vanish.
    """
    s, angle_up = sp.Symbol("s", positive=True), sp.Matrix([0, 1])
    leave_a, leave_b = 1 - gamma, 1 + gamma

    def speed(up: sp.Matrix) -> sp.Expr:
        forward, backward = honeycomb_omega(up), honeycomb_omega(-up)
        first_forward = sum(sp.exp(up.dot(hop)) * hop[1] for hop in HOPS) / 3
        first_backward = sum(sp.exp(-up.dot(hop)) * hop[1] for hop in HOPS) / 3
        flow = first_forward * backward - first_backward * forward
        return P0 * leave_a * leave_b * flow / (leave_a * backward + leave_b * forward)

    even = speed(s * angle_up) + speed(-s * angle_up)
    second, fourth = (sp.simplify(sp.diff(even.subs(NUMBERS), s, n).subs(s, 0)) for n in (2, 4))
    assert second == 0
    assert fourth != 0
    v = two_site.honeycomb_drift_velocity(0.3, 0.4, [[0, 3], [0, -3]], **PRINTED)[:, 1]
    assert v.sum() == pytest.approx(float(even.subs({**NUMBERS, s: 3})), rel=1e-12)


def test_fig3_caption_is_not_a_probability():
    """Caption P0 = 0.60, g = 0.88: 1 - P0 (1 + g) = -0.128 is the chance to stay on b. Right: P0 <= 1/(1 + |g|)."""
    stay = matrix_31(0, 0)[1, 1].subs({P0: sp.Rational(3, 5), gamma: sp.Rational(88, 100)})
    assert stay == -sp.Rational(128, 1000)
    assert two_site.largest_hopping_probability(0.88) < 0.60
