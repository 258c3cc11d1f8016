"""Mean fields against published values, arbitrary-precision roots and the equations themselves."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from superion import self_consistency
from superion.mean_field import (
    MeanFieldParameters,
    Status,
    activation_energy_eV,
    branches,
    ordering_factor,
    polarization_transition_K,
    residuals,
    solve,
    status_label,
)
from superion.units import thermal_energy_eV

PRINTED_DIGITS = 1e-11  # reference values carry 12 to 13 digits, errors relative
ROUNDING = 1e-13  # a few hundred roundings: what a well conditioned root loses at most

CAPTION = {"barrier_eV": 0.25, "repulsion_eV": 0.5, "filling": 1.0}
RATIOS = np.array([0.5, 0.75, 0.9, 0.99, 1.0, 1.1, 1.5, 2.0])
GAMMA = np.array([0.9575040240773, 0.7755163138519, 0.525429512658, 0.1725110699751, 0, 0, 0, 0])
# columns: P0, P0 (1-gamma^2), activation energy; T/T_p of RATIOS
TABLES = {
    0.0: [
        (0.06350337934621, 0.005282594900558, 0.7749469945325),
        (0.1100592769977, 0.04386681546102, 0.8208852919718),
        (0.1273663536694, 0.09220353820841, 0.852785603502),
        (0.1346473585862, 0.1306402438685, 0.8727525973943),
        (0.1353352832366, 0.1353352832366, 0.5),
        (0.1623206111818, 0.1623206111818, 0.5),
        (0.2635971381157, 0.2635971381157, 0.5),
        (0.3678794411714, 0.3678794411714, 0.5),
    ],
    0.25: [
        (0.06367177833924, 0.005296603346581, 0.7766728207541),
        (0.111704836058, 0.0445226932534, 0.8304269044218),
        (0.13075980509, 0.09466013854832, 0.869738673548),
        (0.1393229659026, 0.1351767047872, 0.8948502419786),
        (0.1401615471771, 0.1401615471771, 0.5090782003502),
        (0.1686635822032, 0.1686635822032, 0.5089686336062),
        (0.2760060986672, 0.2760060986672, 0.5060273932726),
        (0.3860681051549, 0.3860681051549, 0.5),
    ],
    2.0: [
        (0.06488942720914, 0.005397894738897, 0.7892900659406),
        (0.1258049664248, 0.05014264491628, 0.9186500902549),
        (0.1664827439841, 0.1205208251924, 1.082424514739),
        (0.1988077995998, 0.1928912657135, 1.271965699216),
        (0.20318786998, 0.20318786998, 0.6711418178616),
        (0.260800718655, 0.260800718655, 0.7029056276504),
        (0.5456050165607, 0.5456050165607, 0.8336707482861),
        (1.0, 1.0, 0.0),  # the touching of both roots: the upper side
    ],
}

energies = st.floats(0.0, 2.0)
parameters = st.builds(
    MeanFieldParameters,
    barrier_eV=energies,
    repulsion_eV=energies,
    filling=st.floats(0.05, 2.0),
    concerted_coupling_eV=energies,
)
temperatures = st.floats(20.0, 20000.0)
barriers = st.sampled_from(["repulsive", "bare"])
polarizations = st.sampled_from(["self_consistent", "zero"])


def caption(coupling_eV):
    return MeanFieldParameters(**CAPTION, concerted_coupling_eV=coupling_eV)


def random_points(size, seed=0):
    random = np.random.default_rng(seed)
    chosen = MeanFieldParameters(
        random.uniform(0.0, 0.6, size),
        random.uniform(0.0, 1.0, size),
        random.uniform(0.1, 2.0, size),
        random.uniform(0.0, 4.0, size),
    )
    return random.uniform(100.0, 8000.0, size), chosen


def at(chosen, index):
    return MeanFieldParameters(
        chosen.barrier_eV[index],
        chosen.repulsion_eV[index],
        chosen.filling[index],
        chosen.concerted_coupling_eV[index],
    )


def exact_roots(temperature_K, chosen, barrier="repulsive"):
    """gamma and P0 of the four roots by Lambert's function with 60 digits; None where a root does not exist."""
    with mpmath.workdps(60):
        thermal = mpmath.mpf(float(thermal_energy_eV(temperature_K)))
        energy = mpmath.mpf(chosen.filling) * chosen.repulsion_eV / 2
        concerted = mpmath.mpf(chosen.filling) * chosen.concerted_coupling_eV / 4
        height = chosen.barrier_eV + (energy if barrier == "repulsive" else 0)
        t = energy / thermal
        u = mpmath.mpf(0)
        if t > 1:
            u = mpmath.findroot(
                lambda v: v * mpmath.coth(v) - t, (mpmath.sqrt(3 * (t - 1)) * 0.9, t), solver="anderson"
            )
        gamma = mpmath.tanh(u)
        roots = []
        for v in (u, mpmath.mpf(0)):
            mobile = mpmath.sech(v) ** 2
            weight = mpmath.exp(-height / thermal) * (mpmath.cosh(v) if barrier == "repulsive" else 1)
            b = concerted / thermal * mobile
            for branch in (0, -1):
                if b == 0:
                    roots.append(weight if branch == 0 else None)
                elif b * weight > mpmath.exp(-1):
                    roots.append(None)
                else:
                    roots.append(mpmath.re(-mpmath.lambertw(-b * weight, branch) / b))
        return gamma, roots


@pytest.mark.parametrize("coupling_eV", TABLES)
def test_table_of_the_figure_captions(coupling_eV):
    chosen = caption(coupling_eV)
    solution = solve(RATIOS * polarization_transition_K(chosen), chosen)
    probability, mobile, slope = np.array(TABLES[coupling_eV]).T
    np.testing.assert_allclose(solution.polarization, GAMMA, rtol=PRINTED_DIGITS)
    np.testing.assert_allclose(solution.hopping_probability, probability, rtol=PRINTED_DIGITS)
    np.testing.assert_allclose(solution.reduced_conductivity, mobile, rtol=PRINTED_DIGITS)
    np.testing.assert_allclose(activation_energy_eV(solution), slope, rtol=PRINTED_DIGITS)


def test_marginal_caption_keeps_its_root_at_every_temperature():
    # A = B: P0 = 1 exactly from 2 T_p upwards, as the lower root there and the upper one below
    chosen = caption(2.0)
    transition = polarization_transition_K(chosen)
    ratio = np.array([1.5, 1.9, 1.99])
    expected = [0.5456050165607, 0.9016951100311, 0.9900166945094]
    np.testing.assert_allclose(solve(ratio * transition, chosen).hopping_probability, expected, rtol=PRINTED_DIGITS)
    ratio = np.concatenate([2.0 + np.array([0, 1e-15, 1e-12, 1e-8, 1e-4, 0.5, 1, 10]), 2.0 * np.logspace(0, 3, 500)])
    solution = solve(ratio * transition, chosen)
    np.testing.assert_allclose(solution.hopping_probability, 1.0, rtol=0, atol=4e-15)
    assert not np.any(solution.status & (Status.NO_SOLUTION | Status.NOT_A_PROBABILITY))
    assert np.all(np.abs(activation_energy_eV(solution)[4:8]) < ROUNDING)
    ratio = 2.0 - np.array([1e-12, 1e-8, 1e-4])
    below = solve(ratio * transition, chosen)
    np.testing.assert_allclose(below.hopping_probability_unstable, 1.0, rtol=0, atol=4e-15)
    # slope dP0/dlnT = 2 and activation energy 1 eV just below, with the rounding of T over the distance
    np.testing.assert_allclose((1 - below.hopping_probability) / np.log(2.0 / ratio), 2.0, rtol=1e-3)
    np.testing.assert_allclose(activation_energy_eV(below)[1:], 1.0, rtol=1e-4)


def test_marginal_root_survives_rounded_energies():
    # B = A up to rounding, with either sign: no loss of the root where both touch
    filling = np.random.default_rng(7).uniform(0.1, 2.0, 300)
    chosen = MeanFieldParameters(0.19, 0.37, filling, 4 * 0.19 / filling + 2 * 0.37)
    assert np.any(chosen.concerted_energy_eV > chosen.mean_barrier_eV)
    touching = chosen.mean_barrier_eV / thermal_energy_eV(1.0)
    solution = solve(touching * np.array([1 - 1e-9, 1.0, 1 + 1e-15, 1 + 1e-9])[:, None], chosen)
    # the square root of a rounding is what a rounded difference A - B costs where the roots touch
    np.testing.assert_allclose(solution.hopping_probability, 1.0, rtol=0, atol=1e-7)
    np.testing.assert_array_equal(solution.status[1], Status.MARGINAL)


def test_nearly_touching_roots_keep_their_distance():
    # A - B of 1e-13 eV near kT = A: the roots lie 1e-6 apart, and a rounding of A/kT would move them by 1e-9
    difference = np.array([1e-13, 1e-11, 1e-9])
    chosen = caption(2.0 - 4 * difference)
    temperature = 0.5 * (1 - 3e-7) / thermal_energy_eV(1.0)
    solution = solve(temperature, chosen)
    for i in range(difference.size):
        _, roots = exact_roots(temperature, caption(float(chosen.concerted_coupling_eV[i])))
        assert solution.hopping_probability[i] == pytest.approx(float(roots[0]), rel=4e-15, abs=0)
        assert solution.hopping_probability_unstable[i] == pytest.approx(float(roots[1]), rel=4e-15, abs=0)


def test_every_root_against_sixty_digits():
    temperature, chosen = random_points(150)
    for barrier in ("repulsive", "bare"):
        solution = solve(temperature, chosen, barrier=barrier)
        for i in range(temperature.size):
            gamma, exact = exact_roots(temperature[i], at(chosen, i), barrier)
            found = (
                solution.hopping_probability[i],
                solution.hopping_probability_unstable[i],
                solution.depolarized_hopping_probability[i],
                solution.depolarized_hopping_probability_unstable[i],
            )
            assert solution.polarization[i] == pytest.approx(float(gamma), rel=ROUNDING, abs=0)
            for value, root in zip(found, exact, strict=True):
                if root is None:
                    assert np.isnan(value)
                else:
                    assert value == pytest.approx(float(root), rel=1e-12, abs=0)


@pytest.mark.parametrize("excess", np.concatenate([np.logspace(-14, 2.4, 60), [0.1499999, 0.15, 0.1500001]]))
def test_polarization_keeps_its_relative_accuracy_towards_the_transition(excess):
    # K = 1 + s, kT = 1 up to one rounding of T: compare at the t that the solver sees
    temperature = 1.0 / thermal_energy_eV(1.0)
    energy = float(thermal_energy_eV(temperature)) * (1.0 + excess)
    solution = solve(temperature, MeanFieldParameters(0.1, 2.0 * energy, 1.0, 0.0))
    with mpmath.workdps(60):
        t = mpmath.mpf(energy) / mpmath.mpf(float(thermal_energy_eV(temperature)))
        start = mpmath.sqrt(3 * (t - 1))
        u = mpmath.findroot(
            lambda v: v * mpmath.coth(v) - t,
            (start * 0.99 if t < 1.5 else t * 0.9, t if t > 1.5 else start * 1.05),
            solver="anderson",
            tol=1e-90,
        )
        assert float(solution.polarization) == pytest.approx(float(mpmath.tanh(u)), rel=4e-15, abs=0)
        mobile = mpmath.sech(u) ** 2
        assert float(solution.reduced_conductivity / solution.hopping_probability) == pytest.approx(
            float(mobile), rel=1e-13, abs=1e-300
        )


def test_concerted_roots_against_lambert():
    distance = np.concatenate([[0.0], np.logspace(-18, 5, 300)])
    lower_exponential, upper = self_consistency.concerted_roots(distance)
    for i, delta in enumerate(distance):
        with mpmath.workdps(60):
            argument = -mpmath.exp(-1 - mpmath.mpf(delta))
            lower = mpmath.exp(-mpmath.re(mpmath.lambertw(argument, 0)))
            above = -mpmath.re(mpmath.lambertw(argument, -1))
        assert lower_exponential[i] == pytest.approx(float(lower), rel=1e-15, abs=0)
        assert upper[i] == pytest.approx(float(above), rel=1e-15, abs=0)


def test_series_of_the_polarization_is_the_inverse_of_its_equation():
    # the first coefficients by hand: u coth u - 1 = w/3 - w^2/45 + 2 w^3/945 inverts to w = 3 s + 3 s^2/5 + 12 s^3/175
    s = np.array([1e-3, 1e-4])
    u, e = self_consistency.polarization_parameter(s)
    np.testing.assert_allclose(u**2, 3 * s + 0.6 * s**2 + 12 / 175 * s**3, rtol=1e-14)
    np.testing.assert_allclose(e, np.exp(-2 * u), rtol=1e-15)


def test_compiled_status_bits_are_those_of_the_enumeration():
    for status in Status:
        assert getattr(self_consistency, status.name) == status.value
    table = status_label(np.array([0, 1, 6, 48]))
    assert list(table) == ["ok", "no solution", "ok", "double occupation; not a probability"]
    assert status_label(6, flags=Status.DEPOLARIZED_NO_SOLUTION) == "no depolarized solution"


@pytest.mark.parametrize("temperature", [1e-60, 1e-40, 1e-8, 1e12, 1e250])
def test_extreme_temperatures_give_numbers(temperature):
    solution = solve(temperature, caption(0.25))
    assert solution.polarization == (1.0 if temperature < 1 else 0.0)
    assert solution.hopping_probability == (0.0 if temperature < 1 else pytest.approx(1.0, abs=1e-7))
    assert not np.isnan(solution.hopping_probability_unstable)
    assert not solution.status & Status.NO_SOLUTION


def test_critical_exponent_of_the_polarization():
    # gamma = sqrt(3 eps) (1 - 2 eps/5 + ...) with eps = 1 - T/T_p: exponent 1/2
    distance = np.array([0.01, 0.0001, 1e-06])
    chosen = caption(0.0)
    gamma = solve((1.0 - distance) * polarization_transition_K(chosen), chosen).polarization
    expected = [0.9959931268829, 0.9999599993143, 0.9999995999999]
    # 1e-9: 1 - T/T_p itself carries a rounding of 1e-16/1e-6
    np.testing.assert_allclose(gamma / np.sqrt(3 * distance), expected, rtol=1e-9)


def test_brentq_finds_the_same_roots():
    temperature, chosen = random_points(60, seed=3)
    solution = solve(temperature, chosen)
    for i in np.flatnonzero(~np.isnan(solution.hopping_probability)):
        one = at(chosen, i)
        thermal = thermal_energy_eV(temperature[i])
        gamma = solution.polarization[i]

        def residual(p, one=one, thermal=thermal, gamma=gamma):
            barrier = one.mean_barrier_eV - one.concerted_energy_eV * p * (1 - gamma**2)
            return p - np.exp(-barrier / thermal) * np.cosh(one.polarization_energy_eV * gamma / thermal)

        gain = one.concerted_energy_eV * (1 - gamma**2) / thermal
        fold = 1.0 / gain if gain > 0 else 2.0
        lower = brentq(residual, 0.0, min(fold, 1e3), xtol=1e-300, rtol=1e-14)
        assert solution.hopping_probability[i] == pytest.approx(lower, rel=1e-10)


@settings(deadline=None, max_examples=200)
@given(temperatures, parameters, barriers, polarizations)
def test_solution_satisfies_its_equations(temperature, chosen, barrier, polarization):
    solution = solve(temperature, chosen, barrier=barrier, polarization=polarization)
    thermal = thermal_energy_eV(temperature)
    energy, concerted = chosen.polarization_energy_eV, chosen.concerted_energy_eV
    gamma = float(solution.polarization)
    if polarization == "zero":
        assert gamma == 0.0
    else:
        assert gamma == pytest.approx(np.tanh(energy * gamma / thermal), abs=1e-15, rel=1e-13)
        assert (gamma > 0) == (energy > thermal)
    logarithm = np.log(float(solution.hopping_probability)) if solution.hopping_probability > 0 else None
    if logarithm is not None and gamma < 0.999999:  # beyond, 1 - gamma^2 from gamma is lost to rounding
        mobile = 1 - gamma**2
        height = chosen.mean_barrier_eV if barrier == "repulsive" else chosen.barrier_eV
        factor = np.log(np.cosh(energy * gamma / thermal)) if barrier == "repulsive" else 0.0
        drop = concerted * float(solution.hopping_probability) * mobile
        assert logarithm == pytest.approx(-(height - drop) / thermal + factor, abs=1e-10 * (1 + height / thermal))
        assert float(solution.hopping_loop_gain) <= 1.0 + 1e-9
    assert np.isnan(solution.hopping_probability) == bool(solution.status & Status.NO_SOLUTION)
    assert np.isnan(solution.depolarized_hopping_probability) == bool(solution.status & Status.DEPOLARIZED_NO_SOLUTION)
    if not solution.status & (Status.NO_SOLUTION | Status.NO_UPPER_ROOT):
        assert solution.hopping_probability <= solution.hopping_probability_unstable
    assert (concerted == 0.0) == bool(solution.status & Status.NO_UPPER_ROOT)


@settings(deadline=None, max_examples=150)
@given(st.floats(300.0, 8000.0), parameters, barriers, polarizations)
def test_activation_energy_is_the_slope_of_the_conductivity(temperature, chosen, barrier, polarization):
    step = 1e-5
    around = temperature * (1.0 + step * np.array([-1.0, 0.0, 1.0]))
    solution = solve(around, chosen, barrier=barrier, polarization=polarization)
    ratio = polarization_transition_K(chosen) / around
    if np.any(np.isnan(solution.hopping_probability)) or np.any(solution.reduced_conductivity < 1e-290):
        return
    if np.abs(ratio - 1).min() < 0.01 or solution.hopping_loop_gain.max() > 0.9:  # kink or fold inside the stencil
        return
    inverse = 1.0 / thermal_energy_eV(around)
    slope = -np.diff(np.log(solution.reduced_conductivity[[0, 2]])) / np.diff(inverse[[0, 2]])
    # second order in the step, and the rounding of the conductivity over it
    assert activation_energy_eV(solution)[1] == pytest.approx(slope[0], rel=1e-6, abs=1e-8)


def test_activation_energy_at_the_fold_is_infinite_and_beyond_it_absent():
    # gamma = 0, B = e kT e^{..}: choose A/kT = 2 so that B/kT = e puts the double root at P0 = 1/e
    thermal = 0.1
    chosen = MeanFieldParameters(0.2, 0.0, 1.0, 4 * thermal * np.e)
    temperature = thermal / thermal_energy_eV(1.0)
    solution = solve(temperature * np.array([1 - 1e-6, 1 + 1e-6]), chosen)
    slope = activation_energy_eV(solution)
    assert slope[0] > 50.0
    assert np.isnan(slope[1])
    assert list(status_label(solution.status)) == ["ok", "no solution"]


def test_transition_temperature():
    assert polarization_transition_K(caption(0.0)) == pytest.approx(2901.129530388, rel=1e-12)


def test_positive_feedback_of_the_polarization():
    # the loop gain is +1 at T_p, above 1 for gamma = 0 below it
    chosen = caption(0.25)
    solution = solve(polarization_transition_K(chosen) * np.array([0.5, 1.0, 2.0]), chosen)
    np.testing.assert_allclose(solution.depolarized_polarization_loop_gain, [2.0, 1.0, 0.5], rtol=ROUNDING)
    gain = solution.polarization_loop_gain
    assert 0 < gain[0] < 1
    np.testing.assert_allclose(gain[1:], [1.0, 0.5], rtol=ROUNDING)


def test_one_kelvin_neither_overflows_nor_gives_nan():
    solution = solve(np.array([1.0, 0.1, 10.0, 50.0]), MeanFieldParameters(0.0, 0.5, 1.0, [[2.0], [0.3]]))
    for name in (
        "polarization",
        "hopping_probability",
        "hopping_probability_unstable",
        "depolarized_hopping_probability",
        "depolarized_hopping_probability_unstable",
        "reduced_conductivity",
    ):
        assert not np.any(np.isnan(getattr(solution, name))), name
    np.testing.assert_array_equal(solution.polarization[:, :3], 1.0)
    # without a barrier P0 -> exp(0) cosh u exp(-t) = 1/2
    np.testing.assert_allclose(solution.hopping_probability, 0.5, rtol=1e-12)


def test_without_concerted_hopping_the_probability_is_explicit():
    temperature, chosen = random_points(200, seed=1)
    chosen = MeanFieldParameters(chosen.barrier_eV, chosen.repulsion_eV, chosen.filling, 0.0)
    solution = solve(temperature, chosen)
    thermal = thermal_energy_eV(temperature)
    u = chosen.polarization_energy_eV * solution.polarization / thermal
    expected = -chosen.mean_barrier_eV / thermal + np.logaddexp(u, -u) - np.log(2)
    np.testing.assert_allclose(np.log(solution.hopping_probability), expected, rtol=1e-12, atol=1e-12)
    assert np.all(np.isnan(solution.hopping_probability_unstable))
    assert np.all(solution.status & Status.NO_UPPER_ROOT)
    bare = solve(temperature, chosen, barrier="bare")
    np.testing.assert_allclose(bare.hopping_probability, np.exp(-chosen.barrier_eV / thermal), rtol=1e-12)


def test_without_repulsion_both_barriers_agree():
    temperature, chosen = random_points(200, seed=2)
    chosen = MeanFieldParameters(chosen.barrier_eV, 0.0, chosen.filling, chosen.concerted_coupling_eV)
    repulsive, bare = solve(temperature, chosen), solve(temperature, chosen, barrier="bare")
    np.testing.assert_array_equal(repulsive.polarization, 0.0)
    np.testing.assert_array_equal(repulsive.hopping_probability, bare.hopping_probability)
    np.testing.assert_array_equal(repulsive.hopping_probability, repulsive.depolarized_hopping_probability)


def test_branches_agree_above_the_transition():
    temperature, chosen = random_points(500, seed=4)
    solution = solve(temperature, chosen)
    above = solution.polarization == 0
    assert 50 < above.sum() < 450
    np.testing.assert_array_equal(solution.hopping_probability[above], solution.depolarized_hopping_probability[above])
    np.testing.assert_array_equal(
        solution.hopping_probability_unstable[above], solution.depolarized_hopping_probability_unstable[above]
    )


def test_scalars_slices_and_threads_give_the_same_bits():
    temperature, chosen = random_points(80_000, seed=5)
    names = (
        "polarization",
        "hopping_probability",
        "hopping_probability_unstable",
        "depolarized_hopping_probability",
        "depolarized_hopping_probability_unstable",
        "reduced_conductivity",
        "status",
    )
    whole = solve(temperature, chosen, threads=1)
    shared = solve(temperature, chosen, threads=3)
    for name in names:
        np.testing.assert_array_equal(getattr(whole, name), getattr(shared, name))
    for i in (0, 1, 255, 256, 40_001, 79_999):
        one = solve(temperature[i], at(chosen, i))
        few = solve(temperature[i : i + 5], at(chosen, slice(i, i + 5)))
        for name in names:
            assert getattr(one, name).shape == ()
            np.testing.assert_array_equal(getattr(one, name), getattr(whole, name)[i])
            np.testing.assert_array_equal(getattr(few, name), getattr(whole, name)[i : i + 5])


def test_everything_broadcasts():
    temperature = np.linspace(500.0, 6000.0, 7)[:, None]
    coupling = np.array([0.0, 0.25, 2.0, 3.0])
    grid = solve(temperature, caption(coupling))
    assert grid.hopping_probability.shape == grid.temperature_K.shape == (7, 4)
    for j, value in enumerate(coupling):
        column = solve(temperature[:, 0], caption(value))
        np.testing.assert_array_equal(grid.hopping_probability[:, j], column.hopping_probability)
        np.testing.assert_array_equal(grid.status[:, j], column.status)
    strided = solve(np.repeat(temperature[:, 0], 2)[::2], caption(0.25))
    np.testing.assert_array_equal(strided.hopping_probability, grid.hopping_probability[:, 1])
    assert solve(np.array([]), caption(0.25)).polarization.shape == (0,)


def test_arrays_of_the_caller_stay_writable_and_unchanged():
    temperature = np.linspace(500.0, 6000.0, 7)
    before = temperature.copy()
    solve(temperature, caption(2.0))
    assert temperature.flags.writeable
    np.testing.assert_array_equal(temperature, before)


def test_status_of_double_occupation():
    # n0 = 1.3: gamma exceeds 2/n0 - 1 below .894474587012 T_p
    chosen = MeanFieldParameters(0.25, 0.5, 1.3, 0.25)
    limit = 0.894474587012 * polarization_transition_K(chosen)
    status = solve(limit * np.array([1 - 1e-9, 1 + 1e-9]), chosen).status
    assert [bool(bits & Status.DOUBLE_OCCUPATION) for bits in status] == [True, False]
    full = MeanFieldParameters(0.25, 0.5, 2.0, 0.25)
    status = solve(polarization_transition_K(full) * np.array([0.9, 1.1]), full).status
    assert list(status_label(status)) == ["double occupation", "ok"]
    single = solve(1.0, caption(0.25))
    assert single.polarization == 1.0
    assert not single.status & Status.DOUBLE_OCCUPATION


def test_status_where_positivity_is_lost():
    # Eq. (54) with gamma of Eq. (50): P0 (1 + gamma) = 1 at .7968716112152 T_p
    chosen = caption(2.0)
    limit = 0.7968716112152 * polarization_transition_K(chosen)
    solution = solve(limit * np.array([1 - 1e-9, 1 + 1e-9]), chosen, barrier="bare")
    assert list(status_label(solution.status)) == ["ok", "not a probability"]


@given(temperatures, parameters)
def test_probability_is_one_where_the_effective_barrier_is_not_negative(temperature, chosen):
    solution = solve(temperature, chosen)
    if solution.status & Status.NO_SOLUTION:
        return
    gamma = float(solution.polarization)
    drop = chosen.concerted_energy_eV * float(solution.reduced_conductivity) / chosen.filling
    barrier = chosen.barrier_eV + chosen.polarization_energy_eV * (1 - gamma) - drop
    if abs(barrier) > 1e-9:
        assert (barrier > 0) == (not solution.status & Status.NOT_A_PROBABILITY)


def test_branches_are_tidy():
    chosen = caption([2.0, 0.0])
    solution = solve(np.array([[1000.0], [5000.0]]), chosen)
    table = branches(solution)
    assert {len(column) for column in table.values()} == {16}
    np.testing.assert_array_equal(np.bincount(table["point"]), [6, 6, 2, 2])
    first = {name: column[table["point"] == 0] for name, column in table.items()}
    gamma = float(solution.polarization[0, 0])
    np.testing.assert_array_equal(first["polarization"], [gamma, gamma, -gamma, -gamma, 0.0, 0.0])
    assert list(first["root"]) == ["lower", "upper"] * 3
    assert list(first["stable"]) == [True, False, True, False, False, False]
    assert first["hopping_probability"][0] == solution.hopping_probability[0, 0]
    np.testing.assert_allclose(first["reduced_conductivity"][0], solution.reduced_conductivity[0, 0], rtol=1e-12)
    assert first["hopping_probability"][4] == solution.depolarized_hopping_probability[0, 0]
    second = {name: column[table["point"] == 1] for name, column in table.items()}
    assert list(second["status"]) == ["ok", "no upper root"] * 3
    lost = branches(solve(3500.0, caption(2.7)))
    assert list(lost["status"]) == ["no solution", "no solution"]
    assert not np.any(lost["stable"])


def test_ordering_factor_limits():
    # 3/2 - O(s) just below T_p, 1 - O(t e^{-2t}) at low temperature, 0 without polarization
    chosen = caption(0.0)
    transition = polarization_transition_K(chosen)
    ratio = np.array([1e-9, 1e-6, 19.0])
    gamma = solve(transition / (1 + ratio), chosen).polarization
    np.testing.assert_allclose(ordering_factor(ratio, gamma), [1.5, 1.5, 1.0], rtol=2e-6)
    assert ordering_factor(-0.5, 0.0) == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"barrier_eV": -0.1}, r"barrier_eV must be finite and at least 0, got -0\.1"),
        ({"repulsion_eV": float("nan")}, "repulsion_eV must be finite and at least 0, got nan"),
        ({"concerted_coupling_eV": float("inf")}, "concerted_coupling_eV must be finite and at least 0, got inf"),
        ({"filling": 0.0}, r"filling must be finite, above 0 and at most 2, got 0\.0"),
        ({"filling": [1.0, 2.5]}, r"filling must be finite, above 0 and at most 2, got 2\.5 at index \(1,\)"),
        ({"barrier_eV": "high"}, "barrier_eV must be a real number or an array of them, got 'high'"),
        ({"barrier_eV": [0.1, 0.2], "filling": [1.0, 1.0, 1.0]}, r"shapes must broadcast .* filling \(3,\)"),
    ],
)
def test_bad_parameters_are_named_with_their_value(change, message):
    with pytest.raises(ValueError, match=message):
        MeanFieldParameters(**{**CAPTION, "concerted_coupling_eV": 0.25, **change})


@pytest.mark.parametrize(
    ("temperature", "options", "message"),
    [
        (0.0, {}, r"temperature_K must be finite and above 0, got 0\.0"),
        ([300.0, -1.0], {}, r"temperature_K must be finite and above 0, got -1\.0 at index \(1,\)"),
        (float("nan"), {}, "temperature_K must be finite and above 0, got nan"),
        (float("inf"), {}, "temperature_K must be finite and above 0, got inf"),
        (300.0, {"barrier": "soft"}, "barrier must be 'repulsive' or 'bare', got 'soft'"),
        (300.0, {"polarization": "one"}, "polarization must be 'self_consistent' or 'zero', got 'one'"),
        (300.0, {"threads": 0}, "threads must be an integer and at least 1, got 0"),
    ],
)
def test_bad_arguments_are_named_with_their_value(temperature, options, message):
    with pytest.raises(ValueError, match=message):
        solve(temperature, caption(0.25), **options)


def test_shapes_that_do_not_match_are_described():
    with pytest.raises(ValueError, match=r"shapes must broadcast .* temperature_K \(2,\)"):
        solve(np.array([300.0, 400.0]), caption([0.1, 0.2, 0.3]))


@pytest.mark.parametrize("barrier", ["repulsive", "bare"])
@pytest.mark.parametrize("polarization", ["self_consistent", "zero"])
def test_residuals_vanish_on_a_grid(barrier, polarization):
    """1e-11: exponents up to 60 are evaluated from rounded energies."""
    temperature = np.linspace(500, 6000, 400)
    solution = solve(temperature, MeanFieldParameters(0.25, 0.5, 1.0, 2.0), barrier=barrier, polarization=polarization)
    order, hopping = residuals(solution)
    assert np.abs(order).max() < 1e-13
    solved = np.isfinite(solution.hopping_probability)
    assert solved.sum() > 20
    assert np.abs(hopping[solved]).max() < 1e-11
    assert np.isnan(hopping[~solved]).all()


def test_the_polarization_complement_keeps_its_digits_at_low_temperature():
    """1 - gamma -> 2 exp(-2 Tp/T); sigma from it agrees with the reduced conductivity where gamma rounds to 1."""
    parameters = MeanFieldParameters(0.25, 0.5, 1.0, 0.25)
    reduced = np.array([0.02, 0.05, 0.1, 0.5, 0.9, 1.0, 2.0])
    temperature = reduced * 0.25 / thermal_energy_eV(1.0)
    solution = solve(temperature, parameters)
    complement = solution.polarization_complement
    np.testing.assert_allclose(complement[:2], 2 * np.exp(-2 / reduced[:2]), rtol=1e-11)  # exponents up to 100
    np.testing.assert_allclose(complement[3:], 1 - solution.polarization[3:], rtol=1e-13)
    mobile = complement * (2 - complement)
    np.testing.assert_allclose(solution.hopping_probability * mobile, solution.reduced_conductivity, rtol=1e-11)


def test_branches_are_stable_where_both_loop_gains_are_below_one():
    parameters = MeanFieldParameters(0.25, 0.5, 1.0, 2.0)
    temperature = np.array([0.5, 0.9, 1.5, 2.0, 2.4]) * 0.25 / thermal_energy_eV(1.0)
    table = branches(solve(temperature, parameters))
    gains = np.maximum(table["polarization_loop_gain"], table["hopping_loop_gain"])
    np.testing.assert_array_equal(table["stable"], gains < 1)
    upper = table["root"] == "upper"
    assert (table["hopping_loop_gain"][upper] >= 1 - 1e-12).all()
    # by iterating the loop itself from a little beside the branch
    step = 1e-6
    for row in np.flatnonzero(np.abs(gains - 1) > 0.02):
        thermal = thermal_energy_eV(table["temperature_K"][row])
        gamma = np.tanh((table["polarization"][row] + step) * 0.25 / thermal)
        gain = (gamma - table["polarization"][row]) / step
        np.testing.assert_allclose(gain, table["polarization_loop_gain"][row], atol=1e-4)
