"""Sets of point defects and junctions of one's own: what passes, what is told, and what becomes of them."""

import numpy as np
import pytest
import yaml
from checkouts import ROOT

from pipeline.artifacts import read_table
from pipeline.configuration import ConfigurationError, canonical_json, load, merge, section
from pipeline.defect_settings import chemical_potentials, defect_set, dopant_sweeps, sets_of
from pipeline.fundamentals_checks import defects_are_whole, junctions_are_whole
from pipeline.job import run
from pipeline.strict_yaml import dotted
from scripts.fundamentals.solve_defect_equilibria import solve_defect_equilibria

SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
SETS = "fundamentals: {point_defects: {sets: {mine: {sublattices: {Na: 1, i: 1}, defects: [%s]%s}}}}"
VACANCIES = "{species: vacancy, site: Na, charge: -1, formation_energy_eV: 1, atoms: {Na: -1}}"
INTERSTITIALS = "{species: Na, site: i, charge: 1, formation_energy_eV: 1.2, atoms: {Na: 1}}"
PAIR = f"{VACANCIES}, {INTERSTITIALS}"
ALONE = """\
fundamentals:
  point_defects:
    chemical_potential_eV: {start: -1, stop: 0, count: 3}
    temperature_K: {start: 500, stop: 700, count: 3}
    drawn_sets: [mine]
    sets:
      li2s_schottky: null
      lithium_frenkel: null
      oxide_host: null
      oxide_host_electronic: null
      oxide_host_donor: null
      oxide_host_acceptor: null
      mine:
        sublattices: {Na: 1, i: 1}
        chemical_potentials: {Na: 1}
        defects:
          - {species: vacancy, site: Na, charge: -1, formation_energy_eV: 1, atoms: {Na: -1}}
          - {species: Na, site: i, charge: 1, formation_energy_eV: 1.2, atoms: {Na: 1}}
"""


CHECKED = (junctions_are_whole, defects_are_whole)
DEFAULTS = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def merged(text):
    """The configuration under an overlay."""
    return merge(DEFAULTS, yaml.safe_load(text))


def test_the_sets_of_the_configuration_are_built():
    settings = DEFAULTS["fundamentals"]["point_defects"]
    sets = {name: defect_set(one) for name, one in sets_of(settings).items()}
    assert sets["li2s_schottky"].labels == ("V_Li'", "V_S••")
    assert sets["oxide_host_electronic"].labels == ("V_Li'", "Li_i•", "e'", "h•")
    assert sets["oxide_host_donor"].dopant_labels == ("D_M•",)
    swept = dopant_sweeps(settings["sets"]["oxide_host_donor"], sets["oxide_host_donor"])
    assert swept["D_M•"][[0, -1]] == pytest.approx([1e-7, 1e-2])
    potentials = chemical_potentials(settings["sets"]["li2s_schottky"], np.array([0.0, -0.5]))
    np.testing.assert_array_equal([potentials["Li"], potentials["S"]], [[0, -0.5], [0, 1]])


def test_a_set_of_ones_own_stands_beside_the_others(tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(SETS % (PAIR, ""), encoding="utf-8")
    settings = load([ROOT / "config.yaml", overlay], SCHEMA, CHECKED)["fundamentals"]["point_defects"]
    assert len(sets_of(settings)) == 7
    assert defect_set(settings["sets"]["mine"]).labels == ("V_Na'", "Na_i•")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            SETS % (VACANCIES, ""),
            "sets.mine: the defect set cannot be neutral: all of its charges (V_Na') are negative",
        ),
        (SETS % (f"{PAIR}, {VACANCIES}", ""), "every defect, band and dopant must be named once, got V_Na'"),
        (SETS % (PAIR.replace("site: i", "site: X"), ""), "Na_X• needs a sublattice 'X'; the set has Na, i"),
        (SETS % (PAIR, ", chemical_potentials: {K: 1}"), "no defect exchanges 'K'; defects exchange Na"),
        (
            SETS % (PAIR, ", mobile_ion: {element: Na, charge_number: 1, per_formula_unit: 1}"),
            "no charged defect with 'hopping' has 'Na'",
        ),
        (
            SETS
            % (
                PAIR.replace("}}", "}, hopping: {barrier_eV: 0.3, attempt_THz: 10, length_A: 3}}"),
                ", mobile_ion: {element: Na, charge_number: 1, per_formula_unit: 0.9}",
            ),
            "mobile_ion: per_formula_unit must be at least 1, what defects can take of Na, got 0.9",
        ),
        (SETS % (PAIR, ", electrons: {edge_eV: 1}"), "e' must have either states_per_formula_unit or effective_mass"),
        (SETS % (PAIR, ", electrons: {edge_eV: 1, effective_mass: 1}"), "formula_volume_A3 must be given"),
        (
            SETS % (PAIR, ", dopants: [{species: D, site: Na, charge: 1, per_formula_unit: 1}]"),
            "fewer than the 1 sites",
        ),
        (
            SETS
            % (
                PAIR,
                ", dopants: [{species: D, site: Na, charge: 1, per_formula_unit: 0.1, sweep_per_formula_unit: "
                "{start: 0.1, stop: 0.6, count: 3}}]",
            ),
            "dopants bring the charge 0.6 per formula unit, of which less than 0.4 can be compensated",
        ),
        ("fundamentals: {point_defects: {drawn_sets: [oxide]}}", "drawn_sets[0]: got 'oxide', must be one of the sets"),
        (
            "fundamentals: {point_defects: {sets: {oxide_host: null}}}",
            "drawn_sets[0]: got 'oxide_host', must be one of",
        ),
        (
            "fundamentals: {electrochemical_equilibrium: {wall: {potential_V: -2}}}",
            "wall.potential_V: got -2, must be within 1.551 V of 0, 60 kT/ze, before points",
        ),
        (
            "fundamentals: {electrochemical_equilibrium: {convergence_intervals: [50, 100, 300]}}",
            "convergence_intervals: got [50, 100, 300], each must be twice the one before",
        ),
        (
            "fundamentals: {electrochemical_equilibrium: {junctions: [{name: a, temperature_K: 300, charge_number: 1, "
            "first: {concentration_per_m3: 1.0e+24, relative_permittivity: 9}, second: {concentration_per_m3: 1.0e+24, "
            "relative_permittivity: 9, site_density_per_m3: 1.0e+23}}]}}",
            "junctions[0].second: concentration must be below site_density",
        ),
    ],
)
def test_faults_are_told(text, words):
    config = merged(text)
    faults = [f"{dotted(path)}: {told}" for check in CHECKED for path, told in check(config)]
    assert len(faults) == 1
    assert words in faults[0]


def test_values_out_of_bounds_are_told(tmp_path):
    overlay = tmp_path / "overlay.yaml"
    wrong = PAIR.replace("charge: -1", "charge: -1.5").replace("vacancy", "V-")
    wall = "electrochemical_equilibrium: {wall: {packing_fractions: [1]}}, point_defects"
    overlay.write_text((SETS % (wrong, "")).replace("point_defects", wall), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load([ROOT / "config.yaml", overlay], SCHEMA)
    for words in ("defects[0].charge: got -1.5", "defects[0].species: got 'V-'", "packing_fractions[0]: got 1"):
        assert words in str(caught.value)


def test_a_set_that_does_not_move_has_numbers_and_no_conductivity(tmp_path):
    parameters = section(merged(ALONE), "fundamentals.point_defects")
    names = ("concentrations", "conductivity", "disorder", "values")
    outputs = [f"{name}={tmp_path / name}.parquet" for name in names]
    run(solve_defect_equilibria, ["--parameters", canonical_json(parameters), "--output", *outputs])
    tables = {name: read_table(tmp_path / f"{name}.parquet") for name in names}
    assert len(tables["conductivity"]) == 0
    numbers = tables["concentrations"]
    assert set(numbers["species"]) == {"V_Na'", "Na_i•"}
    neutral = numbers[(numbers["condition"] == "neutral") & (numbers["temperature_K"] == 600)]
    dilute = np.exp(-1.1 / (8.617333262e-5 * 600))
    np.testing.assert_allclose(neutral["per_formula_unit"], dilute, rtol=1e-8)
    values = tables["values"].set_index("quantity")["value"]
    assert values["reaction_enthalpy"] == pytest.approx(2.2)
