"""Equilibrium of charged defects: closed forms, a bracketed root in many digits, invariants, slopes, refusals."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superion.band_carriers import effective_states_per_A3
from superion.defect_equilibrium import solve_defect_equilibrium
from superion.intrinsic_disorder import frenkel_site_fractions, schottky_site_fraction
from superion.point_defects import VACANCY, Band, Defect, DefectSet, Dopant
from superion.units import inverse_thermal_energy_per_eV, thermal_energy_eV

EXACT = 1e-11  # rounding of exponentials of some tens
REFERENCE = 1e-9
SLOPE = 2e-7  # central differences over 2e-4 of the variable
STEP = 1e-4

LITHIUM = (
    Defect(VACANCY, "Li", -1, 1.6, atoms={"Li": -1}),
    Defect("Li", "i", 1, 0.5, atoms={"Li": 1}),
)
BANDS = (Band(-1, 0.5, 1.0), Band(1, -0.5, 1.0))
PAIR = DefectSet({"Li": 1, "i": 1}, LITHIUM)
ELECTRONIC = DefectSet({"Li": 1, "i": 1}, LITHIUM, BANDS)
SULFIDE = DefectSet(
    {"Li": 2, "S": 1},
    (Defect(VACANCY, "Li", -1, 1.0, atoms={"Li": -1}), Defect(VACANCY, "S", 2, 1.0, atoms={"S": -1})),
)
CROWDED = DefectSet(
    {"Li": 1.0, "i": 2.0, "M": 0.5},
    (
        Defect(VACANCY, "Li", -1, 0.1, 0.7, {"Li": -1}),
        Defect("Mg", "Li", 1, 0.15, 0.0, {"Li": -1, "Mg": 1}),
        Defect("Na", "Li", 0, 0.05, 0.0, {"Li": -1, "Na": 1}),
        Defect("Li", "i", 1, 0.2, -0.4, {"Li": 1}),
        Defect("O", "i", -2, 0.3, 0.0, {"O": 1}),
    ),
    (Band(-1, 0.2, effective_mass=0.4), Band(1, -0.3, 2.0)),
    (Dopant("Al", "Li", 2, 0.05), Dopant("A", "M", -1, 0.02)),
    formula_volume_A3=40.0,
)
"""Defects that share sublattices, of several charges and in such numbers that nothing is dilute."""


# ---- closed forms --------------------------------------------------------------------------------------------------


def test_schottky_defects_of_lithium_sulfide():
    potential = np.array([-1.0, 0.0, 0.7])
    equilibrium = solve_defect_equilibrium(SULFIDE, 1200.0, {"Li": potential, "S": -2 * potential})
    np.testing.assert_allclose(equilibrium.site_fraction, 6.31186109249404e-05, rtol=REFERENCE)
    np.testing.assert_allclose(equilibrium.site_fraction, schottky_site_fraction(3.0, 1200.0, (2, 1)), rtol=EXACT)
    np.testing.assert_allclose(equilibrium.thermal_energies_eV(), 1 - equilibrium.site_fraction, rtol=EXACT)
    np.testing.assert_allclose(equilibrium.potential_slopes({"Li": 1.0, "S": -2.0}), 0.0, atol=EXACT)


@pytest.mark.parametrize("sites", [(1, 2), (3, 1)])
def test_frenkel_pairs_at_all_temperatures(sites):
    defects = DefectSet({"Li": sites[0], "i": sites[1]}, (Defect(VACANCY, "Li", -1, 0.2), Defect("Li", "i", 1, 0.1)))
    temperature = np.array([40.0, 300.0, 900.0, 3000.0, 1e6])
    equilibrium = solve_defect_equilibrium(defects, temperature)
    np.testing.assert_allclose(equilibrium.site_fraction, frenkel_site_fractions(0.3, temperature, *sites), rtol=EXACT)


def test_a_pair_alone_does_not_know_the_chemical_potential():
    """The Fermi level follows it: 1.05 eV each, the same number of both."""
    potential = np.linspace(-1, 0, 7)
    equilibrium = solve_defect_equilibrium(PAIR, 600.0, {"Li": potential})
    np.testing.assert_allclose(equilibrium.formation_energy_eV, 1.05, rtol=EXACT)
    np.testing.assert_allclose(equilibrium.fermi_level_eV, 0.55 + potential, atol=EXACT)
    dilute = np.exp(-1.05 / thermal_energy_eV(600.0))
    assert dilute == pytest.approx(1.5149146855899907e-09, rel=REFERENCE)
    np.testing.assert_allclose(equilibrium.per_formula_unit, dilute / (1 + dilute), rtol=EXACT)
    np.testing.assert_allclose(equilibrium.thermal_energies_eV(), 1.05 * (1 - dilute), rtol=EXACT)


def test_a_given_fermi_level_switches_the_carriers():
    energies = solve_defect_equilibrium(PAIR, 600.0, {"Li": [0.0, -1.0]}, fermi_level_eV=0.0).formation_energy_eV
    np.testing.assert_allclose(energies, [[1.6, 0.6], [0.5, 1.5]], rtol=EXACT)


def test_electrons_and_holes_let_the_carriers_switch():
    """Numbers of few defects: E_F from [Li_i] + p = n + [V] with Boltzmann factors, to four digits."""
    equilibrium = solve_defect_equilibrium(ELECTRONIC, 700.0, {"Li": [0.0, -0.55, -1.0]})
    vacancies, interstitials = equilibrium.per_formula_unit[:2]
    np.testing.assert_allclose(interstitials[:2], [1.7768e-4, 2.7563e-8], rtol=4e-4)
    np.testing.assert_allclose(vacancies, [4.2758e-12, 2.7563e-8, 4.388e-5], rtol=4e-4)


def test_a_dopant_fixes_the_number_of_its_counterpart():
    doped = DefectSet({"Li": 1, "i": 1, "M": 1}, LITHIUM, dopants=(Dopant("D", "M", 1, 1e-4),))
    equilibrium = solve_defect_equilibrium(doped, 400.0)
    assert equilibrium.per_formula_unit[0] == pytest.approx(1e-4, rel=1e-9)  # pairs are 1e-9 of it
    assert equilibrium.thermal_energies_eV()[0] == pytest.approx(0.0, abs=1e-8)
    # Mass action in odds: what sites the vacancies fill counts.
    np.testing.assert_allclose(equilibrium.dopant_slopes("D_M•"), [1.0, -1 / (1 - 1e-4)], atol=1e-8)


def test_dopants_that_nearly_cancel_leave_the_electrons_exact():
    """Their difference counts, not their sum: electrons of 1e-9 beside 0.1 of each keep nine digits and more."""
    bands = (Band(-1, 0.5, 1.0), Band(1, -0.5, 1.0))
    pure = DefectSet({"M": 1}, (), bands)
    doped = DefectSet({"M": 1}, (), bands, (Dopant("D", "M", 1, 0.1), Dopant("A", "M", -1, 0.1)))
    numbers = [solve_defect_equilibrium(one, 300.0).per_formula_unit for one in (pure, doped)]
    np.testing.assert_allclose(*numbers, rtol=EXACT)


# ---- against an independent root, and invariants -------------------------------------------------------------------


def many_digits(defects, temperature):
    """Numbers of species by bisection of the charge itself in 60 digits; bands by their definition."""
    with mpmath.workdps(60):
        beta = 1 / (mpmath.mpf(temperature) * mpmath.mpf(float(thermal_energy_eV(1.0))))
        left = {name: mpmath.mpf(float(sites)) for name, sites in defects.sites_left().items()}
        net = sum(one.charge * mpmath.mpf(one.per_formula_unit) for one in defects.dopants)

        def numbers(level):
            weights = [
                mpmath.exp(one.formation_entropy_kB - beta * (one.formation_energy_eV + one.charge * level))
                for one in defects.defects
            ]
            found = []
            for one, weight in zip(defects.defects, weights, strict=True):
                together = sum(w for other, w in zip(defects.defects, weights, strict=True) if other.site == one.site)
                found.append(left[one.site] * weight / (1 + together))
            for band in defects.bands:
                xi = -beta * (band.formation_energy_eV + band.charge * level)
                if band.effective_mass is None:
                    found.append(band.states_per_formula_unit / (1 + mpmath.exp(-xi)))
                else:
                    states = (
                        float(effective_states_per_A3(band.effective_mass, temperature)) * defects.formula_volume_A3
                    )
                    found.append(-states * mpmath.re(mpmath.polylog(mpmath.mpf(3) / 2, -mpmath.exp(xi))))
            return found

        def charge(level):
            return net + sum(one.charge * n for one, n in zip(defects.species, numbers(level), strict=True))

        level = mpmath.findroot(charge, (-3, 3), solver="anderson", tol=1e-40)
        return float(level), np.array([float(n) for n in numbers(level)])


@pytest.mark.parametrize("temperature", [250.0, 900.0])
@pytest.mark.parametrize("defects", [CROWDED, ELECTRONIC], ids=["crowded", "electronic"])
def test_numbers_are_those_of_sixty_digits(defects, temperature):
    equilibrium = solve_defect_equilibrium(defects, temperature)
    level, numbers = many_digits(defects, temperature)
    assert equilibrium.fermi_level_eV == pytest.approx(level, abs=1e-13)
    np.testing.assert_allclose(equilibrium.per_formula_unit, numbers, rtol=EXACT)


@settings(max_examples=40)
@given(
    energies=st.lists(st.floats(-0.5, 4.0), min_size=5, max_size=5),
    temperature=st.floats(100.0, 2500.0),
    donors=st.floats(0.0, 0.3),
)
def test_every_crystal_is_neutral_and_no_sublattice_overfull(energies, temperature, donors):
    vacancy, magnesium, interstitial, electron, hole = energies
    defects = DefectSet(
        {"Li": 1, "i": 3, "M": 1},
        (
            Defect(VACANCY, "Li", -1, vacancy, atoms={"Li": -1}),
            Defect("Mg", "Li", 1, magnesium, atoms={"Li": -1, "Mg": 1}),
            Defect("Li", "i", 1, interstitial, atoms={"Li": 1}),
        ),
        (Band(-1, electron, 2.0), Band(1, -hole, 2.0)),
        (Dopant("D", "M", 1, donors),),
    )
    equilibrium = solve_defect_equilibrium(defects, temperature)
    numbers = equilibrium.per_formula_unit
    assert abs(equilibrium.charge_per_formula_unit) <= 1e-13 * (numbers.sum() + donors)
    for _, rows in defects.groups():
        free = np.exp(equilibrium.log_free_fraction[rows[0]])
        assert equilibrium.site_fraction[rows].sum() + free == pytest.approx(1.0, abs=1e-13)
    # Mass action of a reaction that needs no Fermi level: V_Li' + Li_i•, in odds against the perfect sites.
    log_odds = equilibrium.log_site_fraction - np.append(equilibrium.log_free_fraction[:3], [0.0, 0.0])
    beta = inverse_thermal_energy_per_eV(temperature)
    assert log_odds[0] + log_odds[2] == pytest.approx(-beta * (vacancy + interstitial), abs=1e-10 * (1 + 8 * beta))


def test_all_points_of_a_grid_are_solved_as_each_alone():
    temperature, potential = np.array([[300.0], [900.0]]), np.array([-1.0, -0.3, 0.0])
    together = solve_defect_equilibrium(ELECTRONIC, temperature, {"Li": potential})
    assert together.per_formula_unit.shape == (4, 2, 3)
    for i, j in np.ndindex(2, 3):
        alone = solve_defect_equilibrium(ELECTRONIC, temperature[i, 0], {"Li": potential[j]})
        np.testing.assert_allclose(together.per_formula_unit[:, i, j], alone.per_formula_unit, rtol=EXACT)


# ---- slopes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [None, 0.1], ids=["neutral", "held"])
@pytest.mark.parametrize("defects", [CROWDED, ELECTRONIC, SULFIDE], ids=["crowded", "electronic", "sulfide"])
def test_slopes_are_derivatives(defects, level):
    temperature = 800.0
    here = solve_defect_equilibrium(defects, temperature, fermi_level_eV=level)
    beta = inverse_thermal_energy_per_eV(temperature)

    def difference(ends):
        low, high = (one.log_per_formula_unit for one in ends)
        return high - low

    ends = [
        solve_defect_equilibrium(defects, temperature / (1 + sign * STEP), fermi_level_eV=level) for sign in (-1, 1)
    ]
    np.testing.assert_allclose(here.thermal_energies_eV(), -difference(ends) / (2 * STEP * beta), atol=SLOPE)
    ends = [solve_defect_equilibrium(defects, temperature, {"Li": s * STEP}, fermi_level_eV=level) for s in (-1, 1)]
    np.testing.assert_allclose(here.potential_slopes({"Li": 1.0}), difference(ends) / (2 * STEP * beta), atol=SLOPE)
    for dopant in defects.dopants:
        numbers = [{dopant.label: dopant.per_formula_unit * (1 + sign * STEP)} for sign in (-1, 1)]
        ends = [solve_defect_equilibrium(defects, temperature, None, one, level) for one in numbers]
        np.testing.assert_allclose(here.dopant_slopes(dopant.label), difference(ends) / (2 * STEP), atol=SLOPE)


def test_nearly_full_sublattices_keep_their_digits():
    """Each site all but surely a defect: the few that are not obey the mirrored law, with slopes of their own."""
    defects = DefectSet({"Li": 1, "i": 1}, (Defect(VACANCY, "Li", -1, -1.0), Defect("Li", "i", 1, -1.2)))
    equilibrium = solve_defect_equilibrium(defects, 300.0)
    free = np.exp(equilibrium.log_free_fraction)
    np.testing.assert_allclose(free, 1 / (1 + np.exp(1.1 / thermal_energy_eV(300.0))), rtol=EXACT)
    np.testing.assert_allclose(equilibrium.thermal_energies_eV() / free, -1.1, rtol=1e-9)


def test_a_nearly_full_level_keeps_its_digits():
    """A donor level of electrons below an empty one: as many are missing in the lower as are found in the upper."""
    levels = DefectSet({"M": 1}, (), (Band(-1, 0.6, 1.0), Band(1, -0.6, 1.0)), (Dopant("D", "M", 1, 1 - 1e-12),))
    equilibrium = solve_defect_equilibrium(levels, 300.0)
    electrons, holes = equilibrium.per_formula_unit
    assert 1 - electrons == pytest.approx(1e-12, rel=1e-3)
    gap = np.exp(-1.2 / thermal_energy_eV(300.0))
    assert holes == pytest.approx(gap * 1e-12, rel=1e-3)  # n p/((1 - n)(1 - p)) = exp(-gap/kT)


def test_brouwer_slopes():
    """Electrons and holes in large number: defects go with the first power of exp(mu/kT). Ions alone: not at all."""
    many = DefectSet({"Li": 1, "i": 1}, LITHIUM, (Band(-1, 0.1, 1.0), Band(1, -0.1, 1.0)))
    slopes = solve_defect_equilibrium(many, 500.0, {"Li": -0.5}).potential_slopes({"Li": 1.0})
    np.testing.assert_allclose(slopes, [-1.0, 1.0, 0.0, 0.0], atol=1e-7)
    # Interstitials that electrons compensate: half a power.
    half = DefectSet({"Li": 1, "i": 1}, LITHIUM, (Band(-1, 0.5, 1.0), Band(1, -3.0, 1.0)))
    slopes = solve_defect_equilibrium(half, 300.0).potential_slopes({"Li": 1.0})
    np.testing.assert_allclose(slopes[[1, 2]], 0.5, atol=1e-6)


# ---- refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: solve_defect_equilibrium(PAIR, 0.0), "temperature_K must be finite and above 0, got 0"),
        (lambda: solve_defect_equilibrium(PAIR, [300.0, np.nan]), r"temperature_K must be .* got nan at index \(1,\)"),
        (lambda: solve_defect_equilibrium(PAIR, 300.0, {"Na": 0.1}), "must be given by element, one of Li; got 'Na'"),
        (
            lambda: solve_defect_equilibrium(PAIR, 300.0, {"Li": np.inf}),
            "chemical_potential_eV of Li must be finite, got inf",
        ),
        (
            lambda: solve_defect_equilibrium(PAIR, 300.0, None, {"D_M•": 1}),
            "by dopant, one of none in this set; got 'D_M•'",
        ),
        (
            lambda: solve_defect_equilibrium(CROWDED, 300.0, None, {"A_M'": -0.1}),
            "dopants_per_formula_unit of A_M' must be finite and at least 0",
        ),
        (lambda: solve_defect_equilibrium(PAIR, np.ones(2), {"Li": np.ones(3)}), r"must fit, got \(2,\), \(3,\)"),
        (
            lambda: solve_defect_equilibrium(PAIR, 300.0, fermi_level_eV=np.nan),
            "fermi_level_eV must be finite, got nan",
        ),
        (
            lambda: solve_defect_equilibrium(DefectSet({"Li": 1}, LITHIUM[:1]), 300.0),
            r"the defect set cannot be neutral: all of its charges \(V_Li'\) are negative",
        ),
        (lambda: solve_defect_equilibrium(PAIR, 300.0).row("e'"), "label must be one of V_Li', Li_i•, got \"e'\""),
        (
            lambda: solve_defect_equilibrium(PAIR, 300.0).dopant_slopes("D_M•"),
            "dopant must be one of no dopants, got 'D_M•'",
        ),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_set_of_one_sign_is_in_order_at_a_given_fermi_level():
    alone = DefectSet({"Li": 1}, LITHIUM[:1])
    equilibrium = solve_defect_equilibrium(alone, 600.0, fermi_level_eV=0.4)
    assert equilibrium.site_fraction[0] == pytest.approx(1 / (1 + np.exp(1.2 / thermal_energy_eV(600.0))), rel=EXACT)
    assert not equilibrium.neutral
