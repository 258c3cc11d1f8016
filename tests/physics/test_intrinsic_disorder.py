"""Schottky and Frenkel disorder: closed forms against the combinatorics of sites, limits, and the dilute laws."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import digamma

from superion.intrinsic_disorder import (
    dilute_frenkel_site_fractions,
    dilute_schottky_site_fraction,
    frenkel_site_fractions,
    frenkel_thermal_energy_eV,
    neutral_pair,
    schottky_site_fraction,
    schottky_thermal_energy_eV,
)
from superion.point_defects import VACANCY, Band, Defect, DefectSet
from superion.units import thermal_energy_eV

EXACT = 1e-12  # closed forms: rounding
COUNTING = 1e-5  # 1e5 or more defects are counted one by one: half of one is the error
REFERENCE = 1e-9


def thermal_slope(function, temperature):
    """-d ln x/d beta by a central difference."""
    step = 1e-4
    beta = [1 / thermal_energy_eV(temperature * (1 + sign * step)) for sign in (1, -1)]
    logs = [np.log(function(temperature * (1 + sign * step))) for sign in (1, -1)]
    return -(logs[0] - logs[1]) / (beta[0] - beta[1])


def test_reference_values():
    assert schottky_site_fraction(3.0, 1200.0, (2, 1)) == pytest.approx(6.31186109249404e-05, rel=REFERENCE)
    assert dilute_schottky_site_fraction(3.0, 1200.0, (2, 1)) == pytest.approx(6.312259513546333e-05, rel=REFERENCE)
    assert frenkel_site_fractions(0.3, 900.0, 1, 2)[0] == pytest.approx(0.177055339153745, rel=REFERENCE)
    assert dilute_frenkel_site_fractions(0.3, 900.0, 1, 2)[0] == pytest.approx(0.204433454297922, rel=REFERENCE)


@pytest.mark.parametrize("sites", [(1, 1), (1, 2), (3, 2)])
def test_frenkel_pairs_are_the_best_number_on_counted_sites(sites):
    """n minimises n G - kT ln of the ways to empty n of the regular and to fill n of the interstitial sites."""
    temperature, energy, cells = 900.0, 0.3, 1e7
    kT = thermal_energy_eV(temperature)

    def change(n):
        ways = sum(digamma(count * cells - n + 1) - digamma(n + 1) for count in sites)
        return energy - kT * ways

    n = brentq(change, 1.0, min(sites) * cells - 1)
    fractions = frenkel_site_fractions(energy, temperature, *sites)
    np.testing.assert_allclose(fractions, [n / cells / count for count in sites], rtol=COUNTING)


@pytest.mark.parametrize("stoichiometry", [(1, 1), (2, 1), (2, 3), (1, 1, 3)])
def test_schottky_defects_are_the_best_number_on_counted_sites(stoichiometry):
    temperature, energy, cells = 1500.0, 1.1, 1e7
    kT = thermal_energy_eV(temperature)

    def change(groups):
        ways = sum(
            count * (digamma(count * (cells - groups) + 1) - digamma(count * groups + 1)) for count in stoichiometry
        )
        return energy - kT * ways

    groups = brentq(change, 1.0, cells - 1)
    assert schottky_site_fraction(energy, temperature, stoichiometry) == pytest.approx(groups / cells, rel=COUNTING)


def test_frenkel_fractions_obey_mass_action_and_neutrality():
    energy = np.linspace(0.01, 3, 13)[:, None]
    ratio = np.array([0.2, 1.0, 5.0])
    empty, filled = frenkel_site_fractions(energy, 700.0, 1.0, 1 / ratio)
    np.testing.assert_allclose(filled, ratio * empty, rtol=EXACT)
    constant = np.exp(-energy / thermal_energy_eV(700.0))
    np.testing.assert_allclose(empty * filled / ((1 - empty) * (1 - filled)), constant + 0 * ratio, rtol=EXACT)


def test_frenkel_fractions_of_extreme_energies_lose_no_digits():
    """Far below 0 the scarcer sublattice is full of defects, far above the dilute law is exact."""
    empty, filled = frenkel_site_fractions(np.array([-40.0, 8.0]), 300.0, 1, 2)
    assert empty[0] == pytest.approx(1.0, rel=EXACT)
    assert filled[0] == pytest.approx(0.5, rel=EXACT)
    dilute = dilute_frenkel_site_fractions(8.0, 300.0, 1, 2)
    assert empty[1] == pytest.approx(dilute[0], rel=EXACT)
    assert filled[1] == pytest.approx(dilute[1], rel=EXACT)


def test_activation_energies_are_slopes():
    """Half the enthalpy of a Frenkel pair, a third of that of Schottky defects of Li2S; less where they are many."""
    for temperature in (300.0, 900.0, 3000.0):
        fractions = frenkel_site_fractions(0.3, temperature, 1, 2)
        slope = thermal_slope(lambda t: frenkel_site_fractions(0.3, t, 1, 2)[0], temperature)
        assert frenkel_thermal_energy_eV(0.3, *fractions) == pytest.approx(slope, rel=1e-6)
        x = schottky_site_fraction(0.6, temperature, (2, 1))
        slope = thermal_slope(lambda t: schottky_site_fraction(0.6, t, (2, 1)), temperature)
        assert schottky_thermal_energy_eV(0.6, x, (2, 1)) == pytest.approx(slope, rel=1e-6)
    assert frenkel_thermal_energy_eV(2.1, 1e-12, 1e-12) == pytest.approx(1.05, rel=1e-11)
    assert schottky_thermal_energy_eV(3.0, 1e-12, (2, 1)) == pytest.approx(1.0, rel=1e-11)


def test_the_neutral_pair_of_a_set():
    sulfide = DefectSet(
        {"Li": 2, "S": 1},
        (Defect(VACANCY, "Li", -1, 1.0, formation_entropy_kB=2.0), Defect(VACANCY, "S", 2, 1.2)),
    )
    pair = neutral_pair(sulfide)
    assert (pair.positive.label, pair.positive_count, pair.negative_count) == ("V_S••", 1, 2)
    assert pair.enthalpy_eV == pytest.approx(3.2)
    assert pair.entropy_kB == pytest.approx(4.0)
    assert pair.dilute_thermal_energy_eV == pytest.approx(3.2 / 3)
    assert pair.free_energy_eV(1000.0) == pytest.approx(3.2 - 4.0 * thermal_energy_eV(1000.0))
    expected = dilute_schottky_site_fraction(pair.free_energy_eV(1000.0), 1000.0, (2, 1))
    np.testing.assert_allclose(pair.dilute_site_fractions(1000.0), expected, rtol=EXACT)


def test_the_dilute_law_of_a_pair_is_that_of_frenkel():
    pair = neutral_pair(DefectSet({"Li": 1, "i": 2}, (Defect(VACANCY, "Li", -1, 0.1), Defect("Li", "i", 1, 0.2))))
    filled, empty = pair.dilute_site_fractions(900.0)
    np.testing.assert_allclose((empty, filled), dilute_frenkel_site_fractions(0.3, 900.0, 1, 2), rtol=EXACT)


def test_sets_that_are_no_pair():
    vacancy, interstitial = Defect(VACANCY, "Li", -1, 1.0), Defect("Li", "i", 1, 1.0)
    sites = {"Li": 1, "i": 1}
    assert neutral_pair(DefectSet(sites, (vacancy,))) is None
    assert neutral_pair(DefectSet(sites, (vacancy, interstitial), (Band(-1, 0.5, 1.0),))) is None
    assert neutral_pair(DefectSet(sites, (vacancy, Defect("Mg", "Li", 1, 1.0)))) is None  # they share their sites
    assert neutral_pair(DefectSet(sites, (vacancy, Defect(VACANCY, "i", -1, 1.0)))) is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: schottky_site_fraction(1.0, 0.0, (1, 1)), "temperature_K must be finite and above 0, got 0"),
        (lambda: schottky_site_fraction(np.nan, 300.0, (1, 1)), "free_energy_eV must be finite, got nan"),
        (
            lambda: schottky_site_fraction(1.0, 300.0, (2, 0)),
            r"stoichiometry must be an integer and at least 1 \(vacanc",
        ),
        (lambda: schottky_site_fraction(1.0, 300.0, (2,)), "a count for each of two or more sublattices, got"),
        (lambda: frenkel_site_fractions(1.0, 300.0, 0, 1), "vacancy_sites must be finite and above 0, got 0"),
        (lambda: frenkel_site_fractions(1.0, 300.0, 1, -1), "interstitial_sites must be finite and above 0, got -1"),
        (lambda: frenkel_thermal_energy_eV(1.0, 1.0, 0.1), "vacancy_fraction must be finite, at least 0 and below 1"),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
