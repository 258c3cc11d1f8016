"""What defects conduct: Nernst-Einstein by hand, activation energies as slopes, tracers and Haven ratios."""

import numpy as np
import pytest

from superion.defect_conductivity import carrier_conductivity, mobile_ion_diffusion
from superion.defect_equilibrium import solve_defect_equilibrium
from superion.point_defects import VACANCY, Band, Defect, DefectSet, Dopant, Hopping
from superion.units import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C, inverse_thermal_energy_per_eV, thermal_energy_eV

EXACT = 1e-12
SLOPE = 2e-7  # central differences over 2e-4 of the variable
STEP = 1e-4

VACANCIES = Defect(VACANCY, "Li", -1, 1.6, atoms={"Li": -1}, hopping=Hopping(0.35, 10.0, 3.0, haven_ratio=0.65))
INTERSTITIALS = Defect("Li", "i", 1, 0.5, atoms={"Li": 1}, hopping=Hopping(0.2, 10.0, 3.0, haven_ratio=0.4))
HOST = DefectSet({"Li": 1, "i": 1}, (VACANCIES, INTERSTITIALS), formula_volume_A3=40.0)
MIXED = DefectSet(
    {"Li": 1, "i": 2},
    (
        Defect(VACANCY, "Li", -1, 0.2, atoms={"Li": -1}, hopping=Hopping(0.35, 10.0, 3.0)),
        Defect("Na", "Li", 0, 0.1, atoms={"Li": -1, "Na": 1}),
        Defect("Li", "i", 1, 0.25, atoms={"Li": 1}, hopping=Hopping(0.2, 10.0, 3.0)),
    ),
    (Band(-1, 0.5, effective_mass=0.5, mobility_cm2_per_V_s=2.0), Band(1, -0.5, 1.0)),
    formula_volume_A3=40.0,
)


def test_conductivity_by_hand():
    """n e^2 D/kT of 3 A hops at 10 THz, in S/m from SI units all the way."""
    temperature = 700.0
    equilibrium = solve_defect_equilibrium(HOST, temperature, fermi_level_eV=0.0)
    result = carrier_conductivity(equilibrium)
    x = 1 / (1 + np.exp(0.5 / thermal_energy_eV(temperature)))
    diffusion_m2_per_s = (1 - x) * (3e-10) ** 2 * 1e13 * np.exp(-0.2 / thermal_energy_eV(temperature))
    density_per_m3 = x / 40e-30
    expected = density_per_m3 * ELEMENTARY_CHARGE_C**2 * diffusion_m2_per_s / (BOLTZMANN_J_PER_K * temperature)
    assert result.conductivity_S_per_cm[1] * 100 == pytest.approx(expected, rel=EXACT)
    assert result.diffusion_cm2_per_s[1] * 1e-4 == pytest.approx(diffusion_m2_per_s, rel=EXACT)
    assert result.total_S_per_cm == pytest.approx(result.conductivity_S_per_cm.sum(), rel=EXACT)
    assert result.ionic_transference == pytest.approx(1.0, rel=EXACT)


def test_twice_the_charge_conducts_four_times_as_much():
    host = [
        DefectSet({"i": 1}, (Defect("Mg", "i", z, 0.0, hopping=Hopping(0.2, 10.0, 3.0)),), formula_volume_A3=40.0)
        for z in (1, 2)
    ]
    single, double = (carrier_conductivity(solve_defect_equilibrium(one, 300.0, fermi_level_eV=0.0)) for one in host)
    assert double.total_S_per_cm / single.total_S_per_cm == pytest.approx(4.0, rel=EXACT)


@pytest.mark.parametrize("level", [None, 0.05], ids=["neutral", "held"])
def test_activation_energies_are_slopes_of_sigma_t(level):
    """Each carrier and all defects together, where sites are far from empty."""
    temperature = 800.0
    here = carrier_conductivity(solve_defect_equilibrium(MIXED, temperature, fermi_level_eV=level))
    beta = inverse_thermal_energy_per_eV(temperature)
    ends = []
    for sign in (-1, 1):
        t = temperature / (1 + sign * STEP)
        result = carrier_conductivity(solve_defect_equilibrium(MIXED, t, fermi_level_eV=level))
        carriers = result.conductivity_S_per_cm[[0, 2, 3]]
        ends.append(np.log(np.append(carriers, result.ionic_S_per_cm) * t))
    slopes = -(ends[1] - ends[0]) / (2 * STEP * beta)
    expected = np.append(here.thermal_energies_eV[[0, 2, 3]], here.ionic_thermal_energy_eV)
    np.testing.assert_allclose(expected, slopes, atol=SLOPE)


def test_formation_and_migration_add_up_only_where_something_holds_the_fermi_level():
    """0.70 and 0.95 eV held, half a pair and a barrier in a crystal of its own, a barrier alone with a dopant."""
    potential = {"Li": np.array([0.0, -1.0])}
    held = carrier_conductivity(solve_defect_equilibrium(HOST, 400.0, potential, fermi_level_eV=0.0))
    np.testing.assert_allclose(held.ionic_thermal_energy_eV, [0.70, 0.95], atol=1e-6)
    assert held.dominant.tolist() == ["Li_i•", "V_Li'"]
    alone = carrier_conductivity(solve_defect_equilibrium(HOST, 400.0, potential))
    np.testing.assert_allclose(alone.thermal_energies_eV[1], 1.05 + 0.20, atol=1e-9)
    assert alone.dominant.tolist() == ["Li_i•", "Li_i•"]
    acceptor = DefectSet(
        {"Li": 1, "i": 1, "M": 1}, HOST.defects, (), (Dopant("A", "M", -1, 1e-4),), formula_volume_A3=40.0
    )
    doped = carrier_conductivity(solve_defect_equilibrium(acceptor, 400.0, potential))
    np.testing.assert_allclose(doped.ionic_thermal_energy_eV, 0.20, atol=1e-6)


def test_electrons_take_their_share():
    equilibrium = solve_defect_equilibrium(MIXED, 700.0)
    result = carrier_conductivity(equilibrium)
    electrons = equilibrium.per_formula_unit[3] / 40e-24 * ELEMENTARY_CHARGE_C * 2.0  # n e mobility, cm
    assert result.conductivity_S_per_cm[3] == pytest.approx(electrons, rel=EXACT)
    assert result.conductivity_S_per_cm[4] == 0  # no mobility was given
    share = result.ionic_S_per_cm / result.total_S_per_cm
    assert 0 < result.ionic_transference == pytest.approx(share, rel=EXACT)


def test_shares_are_known_where_conductivities_are_too_small_for_floats():
    host = DefectSet(HOST.sublattices, (*HOST.defects, Defect("Na", "Li", 0, 0.001)), formula_volume_A3=40.0)
    result = carrier_conductivity(solve_defect_equilibrium(host, 12.0))
    assert result.total_S_per_cm == 0
    assert result.ionic_thermal_energy_eV == pytest.approx(1.25, abs=1e-3)
    assert result.dominant == "Li_i•"
    assert mobile_ion_diffusion(result, "Li", 1, 1.0).haven_ratio == pytest.approx(0.4, abs=1e-12)


def test_tracers_lag_behind_the_charge():
    """H_R is that of each mechanism, weighted with what it conducts; sigma = n q^2 D*/(H_R kT) is the same sigma."""
    temperature, potential = 600.0, np.array([0.0, -0.625, -1.0])
    equilibrium = solve_defect_equilibrium(HOST, temperature, {"Li": potential}, fermi_level_eV=0.0)
    result = carrier_conductivity(equilibrium)
    ions = mobile_ion_diffusion(result, "Li", 1, 1.0)
    weight = result.conductivity_S_per_cm / result.total_S_per_cm
    np.testing.assert_allclose(ions.haven_ratio, 0.65 * weight[0] + 0.4 * weight[1], rtol=EXACT)
    vacancies, interstitials = equilibrium.per_formula_unit
    np.testing.assert_allclose(ions.per_formula_unit, 1 - vacancies + interstitials, rtol=EXACT)
    density_per_cm3 = ions.per_formula_unit / 40e-24
    sigma = density_per_cm3 * ELEMENTARY_CHARGE_C**2 * ions.tracer_diffusion_cm2_per_s / ions.haven_ratio
    np.testing.assert_allclose(sigma / (BOLTZMANN_J_PER_K * temperature), result.ionic_S_per_cm, rtol=EXACT)


def test_neutral_carriers_move_tracers_and_no_charge():
    """An associate that hops without a charge shows in D* alone, and takes the Haven ratio above that of the others."""
    neutral = Defect("Li2", "i", 0, 0.4, atoms={"Li": 1}, hopping=Hopping(0.1, 10.0, 3.0))
    host = DefectSet(HOST.sublattices, (*HOST.defects, neutral), formula_volume_A3=40.0)
    result = carrier_conductivity(solve_defect_equilibrium(host, 600.0, fermi_level_eV=0.0))
    ions = mobile_ion_diffusion(result, "Li", 1, 1.0)
    by_charge = [number * diffusion for number, diffusion in zip(*_movers(result), strict=True)]
    assert ions.charge_diffusion_cm2_per_s * ions.per_formula_unit == pytest.approx(sum(by_charge[:2]), rel=EXACT)
    tracer = 0.65 * by_charge[0] + 0.4 * by_charge[1] + by_charge[2]
    assert ions.tracer_diffusion_cm2_per_s * ions.per_formula_unit == pytest.approx(tracer, rel=EXACT)
    assert ions.haven_ratio > 1


def _movers(result):
    return result.equilibrium.per_formula_unit, result.diffusion_cm2_per_s


def test_a_full_sublattice_does_not_conduct_but_through_its_few_free_sites():
    """Exclusion alone: n (1 - n) hops, the same for a few particles and for as few holes."""
    conductivity = []
    for energy in (0.3, -0.3):
        sites = DefectSet(
            {"i": 1}, (Defect("Li", "i", 1, energy, hopping=Hopping(0.2, 10.0, 3.0)),), formula_volume_A3=40
        )
        conductivity.append(
            carrier_conductivity(solve_defect_equilibrium(sites, 300.0, fermi_level_eV=0.0)).total_S_per_cm
        )
    assert conductivity[0] == pytest.approx(conductivity[1], rel=EXACT)


def test_what_is_refused():
    no_volume = DefectSet({"Li": 1, "i": 1}, HOST.defects)
    with pytest.raises(
        ValueError, match="formula_volume_A3 of the defect set must be given for conductivities, got None"
    ):
        carrier_conductivity(solve_defect_equilibrium(no_volume, 300.0))
    still = DefectSet({"Li": 1}, (Defect(VACANCY, "Li", -1, 1.0),), formula_volume_A3=40.0)
    with pytest.raises(ValueError, match="no charged defect of V_Li' moves; give one its hopping"):
        carrier_conductivity(solve_defect_equilibrium(still, 300.0, fermi_level_eV=0.0))
    result = carrier_conductivity(solve_defect_equilibrium(HOST, 300.0))
    with pytest.raises(ValueError, match="no mobile charged defect of V_Li', Li_i• holds 'Na'"):
        mobile_ion_diffusion(result, "Na", 1, 1.0)
    with pytest.raises(ValueError, match="charge_number must not be 0, got 0"):
        mobile_ion_diffusion(result, "Li", 0, 1.0)
    emptied = solve_defect_equilibrium(HOST, 20.0, {"Li": -3.0}, fermi_level_eV=0.0)
    assert np.isnan(mobile_ion_diffusion(carrier_conductivity(emptied), "Li", 1, 1.0).tracer_diffusion_cm2_per_s)
    crowded = carrier_conductivity(solve_defect_equilibrium(HOST, 300.0, fermi_level_eV=3.0))
    with pytest.raises(ValueError, match=r"defects take more Li than the 0\.5 per formula unit that there are"):
        mobile_ion_diffusion(crowded, "Li", 1, 0.5)
