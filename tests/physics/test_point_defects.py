"""Names and records of point defects, and what they refuse."""

import matplotlib.mathtext
import numpy as np
import pytest

from superion.point_defects import VACANCY, Band, Defect, DefectSet, Dopant, Hopping, kroger_vink, kroger_vink_mathtext

VACANCIES = Defect(VACANCY, "Li", -1, 1.0)


@pytest.mark.parametrize(
    ("parts", "text", "mathtext"),
    [
        ((VACANCY, "Li", -1), "V_Li'", r"$\mathrm{V}_{\mathrm{Li}}^{\prime}$"),
        (("Li", "i", 1), "Li_i•", r"$\mathrm{Li}_{\mathrm{i}}^{\bullet}$"),
        ((VACANCY, "S", 2), "V_S••", r"$\mathrm{V}_{\mathrm{S}}^{\bullet\bullet}$"),
        (("Mg", "Al", -3), "Mg_Al'''", r"$\mathrm{Mg}_{\mathrm{Al}}^{\prime\prime\prime}$"),
        (("Li", "Li", 0), "Li_Li×", r"$\mathrm{Li}_{\mathrm{Li}}^{\times}$"),
        (("e", "", -1), "e'", r"$\mathrm{e}^{\prime}$"),
        (("h", "", 1), "h•", r"$\mathrm{h}^{\bullet}$"),
    ],
)
def test_labels(parts, text, mathtext):
    assert kroger_vink(*parts) == text
    assert kroger_vink_mathtext(text) == mathtext
    matplotlib.mathtext.MathTextParser("path").parse(mathtext)


def test_vanadium_is_no_vacancy():
    assert kroger_vink("V", "Nb", 0) == "V_Nb×"
    assert kroger_vink(VACANCY, "V", -5) == "V_V'''''"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Li+", "i", 1), r"species must be letters and digits beginning with a letter, got 'Li\+'"),
        (("Li", "2a site", 1), "site must be letters and digits"),
        (("Li", "i", 1.5), "charge must be an integer, at least -8 and at most 8, got 1.5"),
        (("Li", "i", 9), "charge must be an integer"),
    ],
)
def test_labels_that_are_none(arguments, words):
    with pytest.raises(ValueError, match=words):
        kroger_vink(*arguments)


def test_text_that_is_no_label():
    with pytest.raises(ValueError, match="label must be in Kröger-Vink notation such as V_Li' or Li_i•, got 'V_Li-'"):
        kroger_vink_mathtext("V_Li-")


def test_diffusion_of_a_lone_defect():
    """Z a^2 nu/6 exp(-E_m/kT): a hop of 3 A at 10/ps in six directions is 90 A^2/ps without a barrier."""
    assert np.exp(Hopping(0.0, 10.0, 3.0).log_diffusion(20.0)) == pytest.approx(90.0)
    plane = Hopping(0.2, 10.0, 3.0, directions=4, dimension=2)
    assert plane.log_diffusion(20.0) == pytest.approx(np.log(90.0) - 4.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"barrier_eV": -0.1}, "barrier_eV must be finite and at least 0, got -0.1"),
        ({"attempt_THz": 0.0}, "attempt_THz must be finite and above 0"),
        ({"length_A": np.inf}, "length_A must be"),
        ({"haven_ratio": 0.0}, "haven_ratio must be"),
        ({"directions": 0}, "directions must be an integer and at least 1, got 0"),
        ({"dimension": 4}, "dimension must be an integer, at least 1 and at most 3, got 4"),
    ],
)
def test_hopping_that_cannot_be(change, words):
    with pytest.raises(ValueError, match=words):
        Hopping(**({"barrier_eV": 0.2, "attempt_THz": 10.0, "length_A": 3.0} | change))


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Defect(VACANCY, "Li", -1, np.nan), "formation_energy_eV of V_Li' must be finite, got nan"),
        (lambda: Defect(VACANCY, "Li", -1, 1.0, np.inf), "formation_entropy_kB of V_Li' must be finite"),
        (lambda: Defect(VACANCY, "Li", -1, 1.0, atoms={"Li": 0.5}), "atoms of Li in V_Li' must be an integer, got 0.5"),
        (lambda: Band(2, 0.5, 1.0), r"charge of a band must be -1 \(electrons\) or 1 \(holes\), got 2"),
        (lambda: Band(-1, 0.5), "e' must have either states_per_formula_unit or effective_mass"),
        (lambda: Band(1, 0.5, 1.0, 1.0), "h• must have either"),
        (lambda: Band(1, 0.5, 0.0), "states_per_formula_unit of h• must be finite and above 0"),
        (lambda: Dopant("Al", "Li", 2, -1e-3), "per_formula_unit of Al_Li•• must be finite and at least 0"),
        (lambda: DefectSet({"Li": 1}, ()), "must have at least one defect or band, got none"),
        (lambda: DefectSet({"Li": 0}, (VACANCIES,)), "sites of sublattice Li must be finite and above 0, got 0"),
        (lambda: DefectSet({"S": 1}, (VACANCIES,)), "V_Li' needs a sublattice 'Li'; the set has S"),
        (lambda: DefectSet({"Li": 1}, (VACANCIES,) * 2), "must be named once, got V_Li' repeatedly"),
        (
            lambda: DefectSet({"Li": 1}, (VACANCIES,), (Band(1, 0.0, effective_mass=1.0),)),
            "formula_volume_A3 must be given where a band has an effective mass, got None",
        ),
        (lambda: DefectSet({"Li": 1}, (VACANCIES,), formula_volume_A3=0), "formula_volume_A3 must be"),
    ],
)
def test_records_that_cannot_be(build, words):
    with pytest.raises(ValueError, match=words):
        build()


def test_sets_that_no_fermi_level_makes_neutral():
    electrons = Band(-1, 0.5, 1.0)
    with pytest.raises(
        ValueError,
        match=r"cannot be neutral: all of its charges \(V_Li', e'\) are negative; add a positive defect, holes",
    ):
        DefectSet({"Li": 1}, (VACANCIES,), (electrons,)).require_neutral()
    positive = (Defect("Li", "i", 1, 1.0), Defect(VACANCY, "S", 2, 1.0))
    with pytest.raises(
        ValueError, match=r"\(Li_i•, V_S••, D_M•\) are positive; add a negative defect, electrons or an"
    ):
        DefectSet({"i": 1, "S": 1, "M": 1}, positive, dopants=(Dopant("D", "M", 1, 0.1),)).require_neutral()
    with pytest.raises(ValueError, match="has no charges, so that neutrality fixes no Fermi level"):
        DefectSet({"Li": 1}, (Defect("Na", "Li", 0, 0.1),)).require_neutral()


def test_dopants_that_nothing_can_compensate():
    few = DefectSet({"Li": 0.1, "M": 1}, (VACANCIES,), dopants=(Dopant("D", "M", 1, 0.05),))
    few.require_neutral()
    with pytest.raises(
        ValueError,
        match=r"dopants bring the charge 0.2 per formula unit, of which less than 0.1 can be compensated; dope",
    ):
        few.require_neutral({"D_M•": np.array([0.01, 0.2])})
    band = DefectSet({"Li": 0.1, "M": 1}, (VACANCIES,), (Band(-1, 0.5, 1.0),), dopants=few.dopants)
    band.require_neutral({"D_M•": 0.5})  # electrons take the rest
    own = DefectSet({"Li": 1}, (VACANCIES,), dopants=(Dopant("Al", "Li", 2, 0.4),))
    with pytest.raises(
        ValueError, match=r"charge 0\.8 per formula unit, of which less than 0\.6"
    ):  # Al sits there itself
        own.require_neutral()
    with pytest.raises(ValueError, match="fewer than the 1 sites per formula unit of sublattice Li, got 1"):
        own.require_neutral({"Al_Li••": 1.0})
