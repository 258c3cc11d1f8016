"""Proofs, symbolic or numerical: each equation of the time-local paper that is wrong as printed, and its right form.

Source: A. Rodin, B. A. Olsen, A. Ustyuzhanin, A. Maevskiy, "Time-local stochastic equation of motion for solid ionic
electrolytes". Equations whose factors and signs were doubted, and are right, have their proofs below.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import sympy as sp

from superion.harmonic_crystals import DALTON_PER_MASS_UNIT, simple_cubic_crystal, spring_crystal
from superion.phonons import acoustic_tensor, dynamical_matrices, loss_matrix, phonon_frequencies_rad_per_ps
from superion.units import ELEMENTARY_CHARGE_C, ATOMIC_MASS_kg

A, SPRINGS, MASS = 3.0, (520.0, 170.0), 3.5
t, s, Omega, v, rho, sigma = sp.symbols("t s Omega v rho sigma", positive=True)


# ---- wrong as printed ----------------------------------------------------------------------------------------------


def test_sec3_mass_unit():
    """Printed: 1 meV ps^2/A^2 is about 9.66 Da. Right: 9.6485 Da."""
    kilograms = 1e-3 * ELEMENTARY_CHARGE_C * (1e-12) ** 2 / (1e-10) ** 2
    assert pytest.approx(9.64853, abs=1e-5) == kilograms / ATOMIC_MASS_kg
    assert pytest.approx(kilograms / ATOMIC_MASS_kg, rel=1e-12) == DALTON_PER_MASS_UNIT


def test_below_eq13_speed_of_sound_of_two_atoms():
    """Printed: v^2 = eta D1 eta, D1 the part of D(q) in q^2. Right: the part linear in q adds to it in second order.

    A chain of two atoms a cell: printed k a^2/(m1 + m2), right half of that.
    """
    k, a, q, m1, m2 = sp.symbols("k a q m_1 m_2", positive=True)
    root = sp.sqrt(m1 * m2)
    back = -k * (1 + sp.exp(-sp.I * q * a)) / root
    dynamical = sp.Matrix([[2 * k / m1, back], [back.subs(q, -q), 2 * k / m2]])
    parts = [
        dynamical.applyfunc(lambda entry, n=n: sp.diff(entry, q, n).subs(q, 0) / sp.factorial(n)) for n in (0, 1, 2)
    ]
    eta = sp.Matrix([sp.sqrt(m1), sp.sqrt(m2)]) / sp.sqrt(m1 + m2)
    optical = sp.Matrix([sp.sqrt(m2), -sp.sqrt(m1)]) / sp.sqrt(m1 + m2)
    assert sp.simplify(parts[0] * eta) == sp.zeros(2, 1)
    printed = sp.simplify((eta.T * parts[2] * eta)[0])
    gap = sp.simplify((optical.T * parts[0] * optical)[0])
    mixed = (optical.T * parts[1] * eta)[0]
    right = sp.simplify(printed - sp.Abs(mixed) ** 2 / gap)
    assert sp.simplify((eta.T * parts[1] * eta)[0]) == 0
    assert sp.simplify(printed - k * a**2 / (m1 + m2)) == 0
    assert sp.simplify(right - k * a**2 / (2 * (m1 + m2))) == 0


def test_below_eq13_speed_of_sound_does_not_depend_on_the_cell():
    """The same crystal in a cell of two atoms: the library keeps its sound, the printed form makes it faster."""
    one = simple_cubic_crystal(A, SPRINGS, MASS)
    two = spring_crystal(np.diag([2 * A, A, A]), [[0, 0, 0], [A, 0, 0]], [MASS] * 2, SPRINGS)
    np.testing.assert_allclose(acoustic_tensor(two, [1, 0, 0]), acoustic_tensor(one, [1, 0, 0]), atol=1e-9)
    along = two.translation @ two.cell @ [1, 0, 0]
    printed = -np.einsum("b,bij->ij", along**2, two.force_constants) / (2 * two.masses.sum())
    assert printed[0, 0] == pytest.approx(2 * acoustic_tensor(one, [1, 0, 0])[0, 0], rel=1e-12)
    small = phonon_frequencies_rad_per_ps(two, [1e-4, 0, 0])[2] / (2 * np.pi * 1e-4 / (2 * A))
    assert small**2 == pytest.approx(acoustic_tensor(one, [1, 0, 0])[0, 0], rel=1e-6)


def test_below_eq24_norm_of_maxwell_boltzmann():
    """Printed: 4 pi r^2 exp(-r^2/2 sigma^2)/(2 pi sigma)^(3/2), of norm sigma^(3/2). Right: (2 pi sigma^2)^(3/2)."""
    r = sp.Symbol("r", positive=True)
    shape = 4 * sp.pi * r**2 * sp.exp(-(r**2) / (2 * sigma**2))
    assert sp.simplify(sp.integrate(shape, (r, 0, sp.oo)) / (2 * sp.pi * sigma**2) ** sp.Rational(3, 2)) == 1
    printed = sp.integrate(shape, (r, 0, sp.oo)) / (2 * sp.pi * sigma) ** sp.Rational(3, 2)
    assert sp.simplify(printed - sigma ** sp.Rational(3, 2)) == 0


def test_sec4_difference_of_face_and_centre():
    """Printed: 0.654 meV - 0.098 meV = 0.556 meV, for U0 = 14000 and lambda = 0.2 A. Right: 0.5554 meV."""
    sites = A * np.array(list(itertools.product(range(-3, 5), repeat=3)))
    energies = []
    for place in ([0.5, 0.5, 1.0], [0.5, 0.5, 0.5]):
        distances = np.linalg.norm(sites - A * np.array(place), axis=1)
        energies.append((14000 * np.exp(-distances / 0.2) / distances).sum())
    assert [round(energy, 3) for energy in energies] == [0.654, 0.098]
    assert energies[0] - energies[1] == pytest.approx(0.55536, abs=1e-5)


# ---- right as printed ----------------------------------------------------------------------------------------------


def test_eq8_response_of_a_mode():
    """The causal inverse transform of 1/[(omega + i0)^2 - Omega^2] is -sin(Omega t)/Omega."""
    frequency = sp.Symbol("nu", real=True)
    laplace = sp.laplace_transform(-sp.sin(Omega * t) / Omega, t, s, noconds=True)
    assert sp.simplify(laplace.subs(s, -sp.I * frequency) - 1 / (frequency**2 - Omega**2)) == 0


def test_eq11_integration_by_parts():
    """Eqs. (9) and (11) are one, whatever the mode and the force; for a force that grows from 1 and oscillates."""
    force = 1 + s * sp.cos(s)
    kernel = sp.cos(2 * (t - s)) / 4
    remembered = -sp.integrate(sp.diff(kernel, s) * force, (s, 0, t))
    by_parts = -kernel.subs(s, t) * force.subs(s, t) + kernel.subs(s, 0) * force.subs(s, 0)
    by_parts += sp.integrate(kernel * sp.diff(force, s), (s, 0, t))
    assert sp.simplify(remembered - by_parts) == 0


def test_eqs15_and_16_share_of_the_delta_function():
    """The integral of W over positive times is L with 16 pi^2 below: 2 L delta(t), half of which counts."""
    cutoff = sp.Symbol("Q", positive=True)
    of_direction = sp.integrate(sp.sin(cutoff * v * t) / (v * t), (t, 0, sp.oo)) / (8 * sp.pi**3 * rho * v**2)
    assert sp.simplify(of_direction - 1 / (16 * sp.pi**2 * rho * v**3)) == 0


def test_eq15_inverse_in_density_and_cube_of_speed():
    """L is proportional to 1/(rho v^3); with given springs it grows as the root of the mass."""
    crystal = simple_cubic_crystal(A, SPRINGS, MASS)
    loss = loss_matrix(crystal)[0, 0]
    assert loss_matrix(crystal.scaled(stiffness=4))[0, 0] == pytest.approx(loss / 8, rel=1e-12)
    assert loss_matrix(crystal.scaled(mass=4))[0, 0] == pytest.approx(loss / (4 / 2**3), rel=1e-12)


def test_eq21_dynamical_matrix():
    """Central springs along the bonds give the printed matrix."""
    crystal = simple_cubic_crystal(A, SPRINGS, MASS)
    k1, k2 = SPRINGS
    for q in ([0.1, 0.23, 0.37], [0.45, 0.05, 0.3]):
        c, sine = np.cos(2 * np.pi * np.array(q)), np.sin(2 * np.pi * np.array(q))
        printed = 2 * k2 / MASS * np.outer(sine, sine)
        for i in range(3):
            printed[i, i] = 2 / MASS * (k1 * (1 - c[i]) + k2 * (2 - c[i] * (c.sum() - c[i])))
        np.testing.assert_allclose(dynamical_matrices(crystal, q), printed, atol=1e-10)


def test_eqs25_to_27_signs_of_relaxation_and_drag():
    """Eq. (26) is Eq. (25) with r and its rate at zero; to first order in it -U'(R - r) is (27); for a Gaussian U."""
    place, speed, recoil, loss, x, r = sp.symbols("R V w_0 l x r", real=True)
    energy = sp.exp(-(x**2) / 2)
    slope, curvature = (sp.diff(energy, x, order) for order in (1, 2))
    eq_25 = -recoil * slope.subs(x, -place) + loss * curvature.subs(x, -place) * (0 - speed)
    eq_26 = recoil * slope.subs(x, place) - loss * curvature.subs(x, place) * speed
    assert sp.simplify(eq_25 - eq_26) == 0
    force = -slope.subs(x, place - r)
    first_order = force.subs(r, 0) + sp.diff(force, r).subs(r, 0) * eq_26
    slope, curvature = (part.subs(x, place) for part in (slope, curvature))
    eq_27 = -slope + recoil * curvature * slope - loss * curvature**2 * speed
    assert sp.simplify(first_order - eq_27) == 0
