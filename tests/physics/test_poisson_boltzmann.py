"""Poisson's equation on grids: orders of convergence, another solver, steps that are found and not given."""

import numpy as np
import pytest
from scipy.integrate import solve_bvp

from superion.poisson_boltzmann import extrapolated_profile, junction_profile, wall_profile
from superion.space_charge import Electrolyte, IonPhase, Junction

ORDER = 0.06  # of 2 and of 4
EXTRAPOLATED = 2e-6  # of kT/ze, from 200 and 400 intervals
STEP = 1e-13  # V: the ends lie 40 Debye lengths out

WALLS = [
    (Electrolyte(1e24, 12.0, 300.0), 0.15),
    (Electrolyte(1e24, 12.0, 300.0), -0.15),
    (Electrolyte(1e24, 12.0, 300.0, 2, 0.05), 0.4),
    (Electrolyte(1e26, 80.0, 300.0, packing_fraction=0.5), 0.02),
]
JUNCTIONS = [
    Junction(IonPhase(1e22, 12.0), IonPhase(1e25, 12.0), 1, 300.0),
    Junction(IonPhase(2e25, 12.0, 1e26), IonPhase(9e25, 30.0, 1e26, 0.1), 1, 400.0),
    Junction(IonPhase(1e26, 12.0, 1e27), IonPhase(1e23, 8.0), -2, 400.0),
]


@pytest.mark.parametrize(("wall", "start"), WALLS)
def test_walls_converge_at_second_order_and_at_fourth_together(wall, start):
    profiles = [wall_profile(wall, start, n) for n in (100, 200, 400)]
    errors = [
        np.abs(profile.potential_V - wall.potential_V(profile.position_m, start)).max() / wall.thermal_V
        for profile in [*profiles, *map(extrapolated_profile, profiles[:2], profiles[1:])]
    ]
    np.testing.assert_allclose(np.log2(np.divide(errors[:2], errors[1:3])), 2, atol=ORDER)
    assert np.log2(errors[3] / errors[4]) == pytest.approx(4, abs=4 * ORDER)
    assert errors[4] < EXTRAPOLATED
    charges = np.array([profile.charge_C_per_m2 for profile in profiles]) / wall.surface_charge_C_per_m2(start) - 1
    np.testing.assert_allclose(np.log2(charges[:2] / charges[1:]), 2, atol=ORDER)
    assert np.abs(charges[-1]) < 1e-3


@pytest.mark.parametrize("junction", JUNCTIONS, ids=["dilute", "limited", "anions"])
def test_junctions_find_their_step(junction):
    """No end is held: without a field there, the potential settles at Nernst's step by itself."""
    profiles = [junction_profile(junction, n) for n in (100, 200, 400)]
    for profile in profiles:
        ends = profile.potential_V[[0, -1]]
        assert ends[0] == pytest.approx(0, abs=STEP)
        assert ends[1] == pytest.approx(junction.step_V, abs=STEP)
    errors = [
        np.abs(profile.potential_V - junction.potential_V(profile.position_m)).max() / abs(junction.thermal_V)
        for profile in [*profiles, *map(extrapolated_profile, profiles[:2], profiles[1:])]
    ]
    np.testing.assert_allclose(np.log2(np.divide(errors[:2], errors[1:3])), 2, atol=ORDER)
    assert errors[4] < EXTRAPOLATED
    charge = extrapolated_profile(*profiles[1:]).charge_C_per_m2
    assert charge == pytest.approx(junction.interface_charge_C_per_m2, rel=1e-6)


def test_a_wall_by_collocation():
    wall, start = Electrolyte(1e24, 12.0, 300.0, packing_fraction=0.1), 0.2
    length, u0 = wall.debye_length_m, 0.2 / wall.thermal_V
    profile = extrapolated_profile(wall_profile(wall, start, 200), wall_profile(wall, start, 400))

    def right(x, y):
        return np.vstack([y[1], wall.reduced_charge(y[0])[0]])

    x = np.linspace(0, 25, 200)
    found = solve_bvp(
        right, lambda a, b: [a[0] - u0, b[0]], x, [u0 * np.exp(-x), -u0 * np.exp(-x)], tol=1e-8, max_nodes=20000
    )
    assert found.success
    inside = profile.position_m < 20 * length
    expected = found.sol(profile.position_m[inside] / length)[0] * wall.thermal_V
    np.testing.assert_allclose(profile.potential_V[inside], expected, atol=1e-6 * start)


def test_a_wall_without_potential_and_equal_solids_are_flat():
    wall = wall_profile(Electrolyte(1e24, 12.0, 300.0), 0.0, 20)
    np.testing.assert_array_equal(wall.potential_V, 0)
    assert wall.charge_C_per_m2 == 0
    flat = junction_profile(Junction(IonPhase(1e24, 12.0), IonPhase(1e24, 12.0), 1, 300.0), 20)
    np.testing.assert_allclose(flat.potential_V, 0, atol=1e-15)


def test_strong_walls_and_deep_steps_converge():
    """Exponentials of forty in the ions, and a depleted solid beside one with ten million times as many."""
    wall = Electrolyte(1e24, 12.0, 300.0)
    profile = wall_profile(wall, 1.0, 3200)
    np.testing.assert_allclose(
        profile.potential_V, wall.potential_V(profile.position_m, 1.0), atol=1e-3 * wall.thermal_V
    )
    junction = Junction(IonPhase(1e27, 12.0), IonPhase(1e20, 30.0), 1, 200.0)
    profile = extrapolated_profile(junction_profile(junction, 400), junction_profile(junction, 800))
    expected = junction.potential_V(profile.position_m)
    np.testing.assert_allclose(profile.potential_V, expected, atol=EXTRAPOLATED * junction.thermal_V)


def test_what_is_refused():
    wall, junction = WALLS[0][0], JUNCTIONS[0]
    with pytest.raises(ValueError, match="intervals must be an integer and at least 4, got 3"):
        wall_profile(wall, 0.1, 3)
    with pytest.raises(ValueError, match=r"intervals must be an integer and at least 4, got 2\.5"):
        junction_profile(junction, 2.5)
    with pytest.raises(ValueError, match="wall_potential_V must be finite, got nan"):
        wall_profile(wall, np.nan, 20)
    with pytest.raises(
        ValueError, match=r"wall_potential_V must be at most 1\.584 V where ions take so little room, got 2"
    ):
        wall_profile(wall, 2, 20)
    with pytest.raises(ValueError, match="must have twice the intervals of the coarse one, got 20 and 30"):
        extrapolated_profile(wall_profile(wall, 0.1, 20), wall_profile(wall, 0.1, 30))
