"""Time-local motion on a line of atoms: signs of the equations, limits, and the full motion."""

import numpy as np
import pytest
import sympy

from superion.harmonic_crystals import bcc_crystal, simple_cubic_crystal
from superion.lattice_stencils import stencil_motion
from superion.line_motion import FORMS, IonLine, ion_line, time_local_deflection_A
from superion.pair_interactions import PairInteraction
from superion.phonons import loss_matrix
from superion.recoil_kernels import static_recoil

CUBIC = simple_cubic_crystal(3.0, [520.0, 170.0], 3.5)
SOFT = PairInteraction("screened_coulomb", 150.0, 0.5)
LINE = ion_line(CUBIC, SOFT, 0.7, [[0, 0, z, 0] for z in range(8)], [0, 0, 1])
BUMP = PairInteraction("gaussian", 40.0, 0.9)


def test_equations_25_to_27_have_the_signs_of_equations_16_to_18():
    """Printed right: sympy derives them from Eq. (16) for one atom, and the library says the same."""
    t, w, loss = sympy.symbols("t w l", positive=True)
    height, width = sympy.Rational(40), sympy.Rational(9, 10)
    r, R = sympy.Function("r")(t), sympy.Function("R")(t)
    x = sympy.Symbol("x", real=True)
    shape = height * sympy.exp(-(x**2) / (2 * width**2))
    slope, curvature = (sympy.diff(shape, x, n) for n in (1, 2))
    # Eq. (16): r = -W grad_r U - L grad_R dU/dt, with U(r - R); a derivative by R is minus one by its argument.
    rate = slope.subs(x, r - R) * (r - R).diff(t)
    by_place = -curvature.subs(x, r - R) * (r - R).diff(t)
    assert sympy.simplify(shape.subs(x, r - R).diff(t) - rate) == 0
    eq_16 = -w * slope.subs(x, r - R) - loss * by_place
    eq_25 = -w * slope.subs(x, r - R) + loss * curvature.subs(x, r - R) * (r.diff(t) - R.diff(t))
    assert sympy.simplify(eq_16 - eq_25) == 0
    place, speed = sympy.symbols("p s", real=True)
    at_rest = {r.diff(t): 0, R.diff(t): speed}
    eq_26 = w * slope.subs(x, place) - loss * curvature.subs(x, place) * speed
    assert sympy.simplify(eq_25.subs(at_rest).subs({r: 0, R: place}) - eq_26) == 0
    moved = sympy.Symbol("moved")
    to_first_order = sympy.series(-slope.subs(x, place - moved), moved, 0, 2).removeO()
    eq_27 = (-slope + w * curvature * slope - loss * curvature**2 * speed).subs(x, place)
    assert sympy.simplify(to_first_order.subs(moved, eq_26) - eq_27) == 0

    numbers = {place: -1.1, speed: 3.0, w: 9e-4, loss: 3e-5}
    line = IonLine(BUMP, 0.7, np.array([1.0, 0, 0]), np.zeros(1), np.array([[9e-4]]), 3e-5)
    assert time_local_deflection_A(BUMP, 9e-4, 3e-5, 1.1, -3.0) == pytest.approx(float(eq_26.subs(numbers)), rel=1e-12)
    assert line.force_meV_per_A(-1.1, 3.0, "linearised") == pytest.approx(float(eq_27.subs(numbers)), rel=1e-12)
    effective = -slope.subs(x, place - eq_26).subs(numbers)
    assert line.force_meV_per_A(-1.1, 3.0) == pytest.approx(float(effective), rel=1e-12)


def test_an_atom_goes_out_of_the_ions_way_and_lags_behind():
    resting = time_local_deflection_A(SOFT, 9e-4, 3e-5, [0.9, -0.9], 0.0)
    np.testing.assert_allclose(resting, -np.array([1, -1]) * SOFT.slope_meV_per_A(0.9) * 9e-4)
    assert resting[0] > 0 > resting[1]
    approached = time_local_deflection_A(SOFT, 9e-4, 3e-5, 0.9, -2.0)
    assert approached < resting[0]


def test_constants_of_a_line():
    np.testing.assert_allclose(LINE.places, 3.0 * np.arange(8))
    kernel = static_recoil(CUBIC, [[0, 0, 0], [0, 0, 3]])
    np.testing.assert_allclose(LINE.recoil[2, [2, 5]], kernel[:, 2, 2], rtol=1e-12)
    np.testing.assert_allclose(LINE.recoil, LINE.recoil.T)
    assert LINE.loss == pytest.approx(loss_matrix(CUBIC)[0, 0])
    body = bcc_crystal(3.0, [400.0, 150.0], 2.0)
    diagonal = ion_line(body, SOFT, 0.7, [[0, 0, 0, 0], [0, 0, 0, 1], [1, 1, 1, 0]], [1, 1, 1])
    np.testing.assert_allclose(diagonal.places, np.sqrt(27) * np.array([0, 0.5, 1]))
    assert diagonal.recoil[0, 1] == pytest.approx(diagonal.recoil[1, 2])  # the same bond of one lattice of one atom
    assert diagonal.recoil[0, 1] > diagonal.recoil[0, 2] > 0


@pytest.mark.parametrize("form", FORMS)
def test_the_force_is_drag_and_relaxation(form):
    """Halfway between atoms nothing pushes; motion is slowed; a relaxed lattice pushes less."""
    assert LINE.force_meV_per_A(10.5, 0.0, form) == pytest.approx(0, abs=1e-9)
    curvature = SOFT.curvature_meV_per_A2(np.abs(10.5 - LINE.places)).sum()
    drag = LINE.force_meV_per_A(10.5, 1e-3, form) / 1e-3
    assert drag == pytest.approx(-LINE.loss * curvature**2, rel=0.03)  # softer by relaxation
    stiff = IonLine(SOFT, 0.7, LINE.direction, LINE.places, np.zeros((8, 8)), 0.0)
    assert 0 > LINE.force_meV_per_A(10.9, 0.0, form) > stiff.force_meV_per_A(10.9, 0.0, form)


def test_without_recoil_and_loss_energy_is_kept():
    stiff = IonLine(SOFT, 0.7, LINE.direction, LINE.places, np.zeros((8, 8)), 0.0)
    places, speeds = stiff.motion(10.5, 7.5, np.linspace(0, 3, 200))
    energy = 0.35 * speeds**2 + stiff.energy_at_rest_meV(places)
    assert np.ptp(energy) < 1e-7 * energy[0]
    assert np.ptp(places) > 1


def test_the_motion_is_that_of_the_whole_lattice():
    """For 3 ps in a piece of 20 x 20 x 20 cells; a slower ion is followed more closely."""
    errors = []
    for speed in (7.5, 2.0):
        motion = stencil_motion(
            CUBIC, 20, SOFT, 0.7, [0, 0, 10.5], [0, 0, speed], step_ps=0.01, steps=300,
            atoms=[[0, 0, z, 0] for z in range(8)], constrained_to=[0, 0, 1],
        )  # fmt: skip
        places, _ = LINE.motion(10.5, speed, motion.times_ps)
        errors.append(abs(places - motion.positions[:, 2]).max() / np.ptp(places))
    assert errors[0] < 0.1
    assert errors[1] < 0.08
    energies = [0.35 * motion.velocities[n, 2] ** 2 + LINE.energy_at_rest_meV(motion.positions[n, 2]) for n in (0, -1)]
    assert energies[1] - LINE.energy_at_rest_meV(10.5) < 0.6 * (energies[0] - LINE.energy_at_rest_meV(10.5))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"atoms must stand on one line along .*, \[0, 1, 0, 0\] is 3 A off"):
        ion_line(CUBIC, SOFT, 0.7, [[0, 0, 0, 0], [0, 1, 0, 0]], [0, 0, 1])
    with pytest.raises(ValueError, match="atoms must be"):
        ion_line(CUBIC, SOFT, 0.7, [0, 0, 0, 0], [0, 0, 1])
    with pytest.raises(ValueError, match="index of an atom"):
        ion_line(CUBIC, SOFT, 0.7, [[0, 0, 0, 2]], [0, 0, 1])
    with pytest.raises(ValueError, match="direction must have 3 components, not all 0"):
        ion_line(CUBIC, SOFT, 0.7, [[0, 0, 0, 0]], [0, 0, 0])
    with pytest.raises(ValueError, match="ion_mass must be"):
        ion_line(CUBIC, SOFT, 0.0, [[0, 0, 0, 0]], [0, 0, 1])
    with pytest.raises(ValueError, match="times_ps must ascend"):
        LINE.motion(10.5, 1.0, [0.0, 1.0, 0.5])
    with pytest.raises(ValueError, match="form must be 'effective' or 'linearised'"):
        LINE.motion(10.5, 1.0, [0.0, 1.0], "exact")
    with pytest.raises(ValueError, match="distance_A must be"):
        time_local_deflection_A(SOFT, 1e-3, 3e-5, 0.0, 1.0)
