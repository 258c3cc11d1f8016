"""Space charge in closed form: published values, limits, Poisson's equation itself, first integrals."""

import numpy as np
import pytest
from scipy.integrate import quad

from superion.space_charge import (
    VACUUM_PERMITTIVITY_F_PER_M,
    Electrolyte,
    IonPhase,
    Junction,
    nernst_step_V,
    odds,
)
from superion.units import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C, thermal_energy_eV

EXACT = 1e-12
REFERENCE = 1e-9  # values known with another digit of the vacuum permittivity
PROFILE = 1e-11  # of kT/ze: quadrature and Newton's inversion
DIFFERENCE = 1e-5  # Poisson's equation by second differences

POINTS = Electrolyte(1e24, 12.0, 300.0)
DILUTE = Junction(IonPhase(1e22, 12.0), IonPhase(1e25, 12.0), 1, 300.0)
LIMITED = Junction(IonPhase(2e25, 12.0, 1e26), IonPhase(9e25, 30.0, 1e26, 0.1), 1, 400.0)
ANIONS = Junction(IonPhase(1e26, 12.0, 1e27), IonPhase(1e23, 8.0), -2, 400.0)


def test_nernst_steps():
    assert nernst_step_V(1.0, 1000.0, 1, 300.0) == pytest.approx(-0.17857928799699513, rel=EXACT)
    assert nernst_step_V(0.2, 0.9, 1, 400.0, 1.0) == pytest.approx(-0.12352150777554008, rel=EXACT)
    np.testing.assert_allclose(
        nernst_step_V(1.0, [10, 0.1], [[2], [-1]], 300.0)[:, 0] * [2, -1], -0.05952643, rtol=1e-7
    )
    assert nernst_step_V(3.0, 3.0, 1, 300.0) == 0


def test_few_ions_do_not_feel_the_limit_of_sites():
    assert nernst_step_V(1.0, 5.0, 1, 300.0, 1e14) == pytest.approx(nernst_step_V(1.0, 5.0, 1, 300.0), rel=1e-13)


def test_gouy_chapman_and_grahame():
    assert POINTS.debye_length_m == pytest.approx(2.927803092980201e-09, rel=REFERENCE)
    assert POINTS.potential_V(POINTS.debye_length_m, 0.15) == pytest.approx(0.03539874655734985, rel=REFERENCE)
    assert POINTS.surface_charge_C_per_m2(0.15) == pytest.approx(0.017018172921906872, rel=REFERENCE)
    grahame = np.sqrt(8 * 12 * VACUUM_PERMITTIVITY_F_PER_M * BOLTZMANN_J_PER_K * 300 * 1e24) * np.sinh(
        0.15 / (2 * thermal_energy_eV(300.0))
    )
    assert POINTS.surface_charge_C_per_m2(0.15) == pytest.approx(grahame, rel=EXACT)


def test_strong_walls_in_closed_form():
    """The potential at the wall itself, and 2 ln coth(x/2) where the profile has forgotten the wall."""
    x = np.array([0.5, 2.0]) * POINTS.debye_length_m
    for start in (1.0, 5.0, -14.0):
        assert POINTS.potential_V(0.0, start) == pytest.approx(start, rel=EXACT)
        expected = 2 * np.log(1 / np.tanh([0.25, 1.0])) * POINTS.thermal_V * np.sign(start)
        np.testing.assert_allclose(POINTS.potential_V(x, start), expected, rtol=1e-7)


def test_small_potentials_decay_within_a_debye_length():
    x = np.linspace(0, 5, 6) * POINTS.debye_length_m
    np.testing.assert_allclose(POINTS.potential_V(x, 1e-6), 1e-6 * np.exp(-np.arange(6)), rtol=1e-9)


@pytest.mark.parametrize("start", [-0.3, 0.02, 0.15, 2.0])
def test_ions_that_take_no_room_are_points(start):
    """The quadrature for ions of vanishing size is Gouy-Chapman's closed form, also far up an exponential."""
    crowded = Electrolyte(1e24, 12.0, 300.0, packing_fraction=1e-60)
    x = np.geomspace(1e-6, 40, 50) * POINTS.debye_length_m
    np.testing.assert_allclose(crowded.potential_V(x, start), POINTS.potential_V(x, start), atol=PROFILE)
    charges = (one.surface_charge_C_per_m2(start) for one in (crowded, POINTS))
    np.testing.assert_allclose(*charges, rtol=1e-9)


@pytest.mark.parametrize("packing", [1e-3, 0.2, 0.9])
def test_crowded_walls_obey_poisson_and_gauss(packing):
    wall = Electrolyte(1e24, 12.0, 300.0, 2, packing)
    x, step = np.linspace(0.02, 4, 9) * wall.debye_length_m, 1e-3 * wall.debye_length_m
    behind, here, ahead = (wall.potential_V(x + s * step, 0.3) for s in (-1, 0, 1))
    cations, anions = wall.concentrations_per_m3(here)
    density = 2 * ELEMENTARY_CHARGE_C * (cations - anions)
    curvature = (behind - 2 * here + ahead) / step**2
    scale = np.abs(density).max()
    np.testing.assert_allclose(-12 * VACUUM_PERMITTIVITY_F_PER_M * curvature, density, atol=DIFFERENCE * scale)
    # The wall holds what the ions before it lack.

    def charge(t):
        both = wall.concentrations_per_m3(wall.potential_V(t * wall.debye_length_m, 0.3))
        return 2 * ELEMENTARY_CHARGE_C * float(both[0] - both[1]) * wall.debye_length_m

    counter = quad(charge, 0, 3, limit=200)[0] + quad(charge, 3, 40, limit=200)[0]
    assert wall.surface_charge_C_per_m2(0.3) == pytest.approx(-counter, rel=1e-7)
    assert np.all(cations + anions <= 2e24 / packing)  # no more ions than sites


def test_crowded_walls_charge_as_the_root_of_the_potential():
    """All sites filled in a layer: sigma^2 = 2 eps (ze/a^3) phi (Kilic et al. 2007)."""
    wall = Electrolyte(1e24, 12.0, 300.0, packing_fraction=0.01)
    potential = 40.0
    layer = 2 * 12 * VACUUM_PERMITTIVITY_F_PER_M * ELEMENTARY_CHARGE_C * (2e24 / 0.01) * potential
    assert wall.surface_charge_C_per_m2(potential) == pytest.approx(np.sqrt(layer), rel=5e-3)
    assert wall.surface_charge_C_per_m2(-potential) == -wall.surface_charge_C_per_m2(potential)


def test_a_wall_without_potential():
    for wall in (POINTS, Electrolyte(1e24, 12.0, 300.0, packing_fraction=0.1)):
        np.testing.assert_array_equal(wall.potential_V([0.0, 1e-9], 0.0), 0)
        assert wall.surface_charge_C_per_m2(0.0) == 0
    x, slope = Electrolyte(1e24, 12.0, 300.0, packing_fraction=0.1).reduced_charge(np.array([0.0]))
    assert (x, slope) == (0, 1)  # Debye-Hückel


@pytest.mark.parametrize("junction", [DILUTE, LIMITED, ANIONS], ids=["dilute", "limited", "anions"])
def test_junctions_obey_poisson(junction):
    """Second differences in both solids, and one displacement where they meet."""
    shortest, displacements = min(junction.debye_lengths_m), []
    for side, phase in zip((-1, 1), (junction.first, junction.second), strict=True):
        permittivity = VACUUM_PERMITTIVITY_F_PER_M * phase.relative_permittivity
        x, step = side * np.geomspace(0.02, 6, 9) * shortest, 1e-3 * shortest
        behind, here, ahead = (junction.potential_V(x + s * step) for s in (-1, 0, 1))
        excess = junction.concentration_per_m3(x, here) - phase.concentration_per_m3
        density = junction.charge_number * ELEMENTARY_CHARGE_C * excess
        curvature = (behind - 2 * here + ahead) / step**2
        np.testing.assert_allclose(-permittivity * curvature, density, atol=DIFFERENCE * np.abs(density).max())
        points = junction.potential_V(side * np.array([1e-12, 1, 2, 3]) * step)
        field = side * (np.array([-11, 18, -9, 2]) @ points) / (6 * step)
        displacements.append(-permittivity * field)
    np.testing.assert_allclose(displacements, junction.interface_charge_C_per_m2, rtol=1e-6)


@pytest.mark.parametrize("junction", [DILUTE, LIMITED, ANIONS], ids=["dilute", "limited", "anions"])
def test_junctions_end_in_their_bulks_with_one_electrochemical_potential(junction):
    x = np.concatenate([-np.geomspace(60, 1e-3, 40) * junction.debye_lengths_m[0], [0.0]])
    x = np.concatenate([x, np.geomspace(1e-3, 60, 40) * junction.debye_lengths_m[1]])
    potential = junction.potential_V(x)
    assert potential[0] == pytest.approx(0, abs=1e-15)
    assert potential[-1] == pytest.approx(junction.step_V, rel=EXACT)
    ions = junction.concentration_per_m3(x, potential)
    thermal = thermal_energy_eV(junction.temperature_K)
    first, second = (
        phase.standard_potential_eV
        + thermal * np.log(odds(ions[inside], phase.site_density_per_m3))
        + junction.charge_number * potential[inside]
        for phase, inside in ((junction.first, x < 0), (junction.second, x >= 0))
    )
    np.testing.assert_allclose(np.concatenate([first, second]), first[0], atol=1e-13)


def test_interface_of_dilute_solids_in_closed_form():
    """kT/e (1 + r ln r/(1 - r)) from the balance of the first integrals."""
    for ratio in (1e3, 1.5, 0.2, 1e-4):
        junction = Junction(IonPhase(1e24, 12.0), IonPhase(ratio * 1e24, 12.0), 1, 300.0)
        expected = thermal_energy_eV(300.0) * (1 + ratio * np.log(ratio) / (1 - ratio))
        assert junction.interface_V == pytest.approx(expected, rel=1e-9)


def test_equal_solids_have_no_junction():
    junction = Junction(IonPhase(1e24, 12.0), IonPhase(1e24, 30.0), 1, 300.0)
    np.testing.assert_array_equal(junction.potential_V([-1e-9, 0.0, 1e-9]), 0)
    assert junction.interface_V == junction.step_V == junction.interface_charge_C_per_m2 == 0


@pytest.mark.parametrize("theta", [None, 1e-4, 0.3, 0.5, 0.97])
def test_energy_of_a_solid_is_an_integral(theta):
    """int_0^u (1 - c/c_b) du, by the series near 0 and by the closed form beyond."""
    phase = IonPhase(1e24, 12.0, None if theta is None else 1e24 / theta)
    for u in (-8.0, -0.5, -3.1e-3, -2.9e-3, 1e-4, 2.9e-3, 3.1e-3, 0.7, 30.0):
        expected = quad(
            lambda v: 1 - float(phase.relative_concentration(np.array(v))[0]), 0, u, epsabs=0, epsrel=1e-12
        )[0]
        assert phase.potential_energy(np.array(u)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: nernst_step_V(0.0, 1.0, 1, 300.0), "concentration must be finite and above 0, got 0"),
        (
            lambda: nernst_step_V(0.2, 1.2, 1, 300.0, 1.0),
            r"concentration must be below site_density, got 1\.2 and 1\.0",
        ),
        (lambda: nernst_step_V(1.0, 2.0, 0, 300.0), "charge_number must not be 0, got 0"),
        (lambda: nernst_step_V(1.0, 2.0, 1, -300.0), "temperature_K must be finite and above 0, got -300"),
        (lambda: Electrolyte(0.0, 12.0, 300.0), "concentration_per_m3 must be finite and above 0"),
        (lambda: Electrolyte(1e24, 12.0, 300.0, packing_fraction=1.0), "packing_fraction must be .* below 1, got 1"),
        (lambda: POINTS.potential_V(-1e-9, 0.1), "distance_m must be finite and at least 0"),
        (lambda: POINTS.potential_V(1e-9, np.inf), "wall_potential_V must be finite, got inf"),
        (lambda: IonPhase(1e24, 12.0, 1e24), "concentration must be below site_density"),
        (lambda: Junction(DILUTE.first, DILUTE.second, 0, 300.0), "charge_number must not be 0, got 0"),
        (lambda: DILUTE.potential_V(np.nan), "position_m must be finite, got nan"),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
