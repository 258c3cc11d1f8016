"""The claims ledger: relations, readings and verdicts, and what the ledgers of the sources say on the default run."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import yaml
from checkouts import ROOT

from pipeline.artifacts import Column, Provenance, write_table
from pipeline.ledger import RELATIONS, VERDICTS, Artifacts, ClaimError, artifacts_of, evaluate, read_claims, summary
from superion.units import thermal_energy_eV

CLAIMS_OF = {
    source: ROOT / f"workflow/resources/claims/{source}.yaml"
    for source in ("superionic", "quasi_ion", "time_local", "fundamentals", "collective_modes")
}
LEDGER = CLAIMS_OF["superionic"]

# What was found in the superionic source before its ledger was written: S statistics, F foundations, N non-interacting
# ions, T type-II transition, I type-I transition, D dependence on parameters, H honeycomb, G lattices in general,
# X exact lattice gas.
FOUND = {"S": 13, "F": 4, "N": 17, "T": 9, "I": 10, "D": 3, "H": 5, "G": 3, "X": 6}
FOUND_IDS = {f"{letter}{number:02d}" for letter, count in FOUND.items() for number in range(1, count + 1)}
SPLIT_OFF = {
    "N02-order",
    "N12-chord",
    "N13-half",
    "N15-alone",
    "N16-minus",
    "T01-gamma",
    "T02-below",
    "T05-root",
    "D04",
    "D05",
    "D06",
    "H03-y",
    "H03-isotropy",
}
BEYOND = {
    "S03",
    "S11",
    "F04",
    "N12-chord",
    "N13",
    "N13-half",
    "N16-minus",
    "T05-root",
    "T06",
    "T09",
    "I10",
    "H05",
    "G01",
    "G02",
    "G03",
} | {f"X{number:02d}" for number in range(1, 7)}
"""Statements of ours about the model, the source's being silent or too vague to test."""

EXPECTED_SUPERIONIC = {
    "reproduced": """
        S03 S07 S08 S10 S11 S12 S13
        F04
        N01 N02 N04 N05 N06 N08 N09 N10 N12-chord N13 N13-half N15 N15-alone N16 N16-minus N17
        T01 T01-gamma T02 T02-below T03 T04 T05 T05-root T06 T07 T09
        I01 I02 I05 I07 I10
        D01 D04 D05 D06
        H03 H03-y H03-isotropy H05
        G01 G02 G03
        X01 X02 X03 X04 X05
    """,
    "corrected": "S02 S04 S06 F01 F02 N02-order N03 N07 N11 N12 H01 H02 H04",
    "not reproduced": "S09 N14 T08 I03 I04 I06 I08 I09 D02 D03",
    "not testable": "S01 S05 F03 X06",
}
# What was found in the quasi-ion source: E densities, bands, repulsion, T2 Table 2, F figures, G garnets, O ions and
# electrons, P percolation and disorder. What was found of several materials or in several parts has an ending.
FOUND_QUASI_ION = (
    *(f"E{number:02d}" for number in range(1, 36)),
    *("T2-0.5", "T2-0.6", "T2-0.7", "T2-mean"),
    *(f"F4{panel}-{shallowness}" for shallowness in (0.5, 0.6, 0.7) for panel in ("b", "c", "d", "Om")),
    *("F4-order", "F4-peak", "F4-falls", "F4-fill", "F4-low", "F10"),
    *("G1", "G2", "G3-Sb", "G3-Nb", "G3-K-Nb", "G4", "G5", "G6"),
    *(f"O{number}" for number in range(1, 17)),
    *(f"P{number}" for number in range(1, 8)),
)
BEYOND_QUASI_ION = """
    E01-H E05-sum E09-zero E10 E28-large T2-0.5 T2-0.6 T2-0.7 F4Om-leap-0.5 F4Om-leap-0.6 F4Om-leap-0.7 F4-fill
    F4-low F4-one F4-dens F4-read F10-turn-0.5 F10-turn-0.6 G1-mirror G3-Sb G3-Nb G3-K-Nb G4-Nb G4-Sb G4-K-Nb
    G4-free G4-slope G5-Ta G5-Ba G5-aicc G5-loo G5-long G5-count G6 O10-psd O13 O15-if P6-gain P6-limit P7-bar
"""
EXPECTED_QUASI_ION = {
    "reproduced": """
        E01-H E03 E04-share E05-sum E06 E07 E08 E09 E09-near E09-zero E10 E13 E15-edge E16 E17 E17-top E18 E21
        E25 E28-large E30 E33 E33-roots E34 E34-pi T2-0.5 T2-0.6 T2-0.7 F4b-0.5 F4c-0.5 F4c-ion-0.5 F4d-0.5
        F4Om-leap-0.5 F4b-0.6 F4c-0.6 F4c-ion-0.6 F4d-0.6 F4Om-leap-0.6 F4b-0.7 F4c-0.7 F4c-ion-0.7 F4d-0.7
        F4Om-leap-0.7 F4-order F4-order-2 F4-peak F4-peak-2 F4-falls F4-fill F4-low F4-one F4-dens F4-read
        F10-edge-0.5 F10-edge-0.6 F10-edge-0.7 F10-turn-0.5 F10-turn-0.6 G1 G1-mirror G3-Sb G3-Nb G3-K-Nb G4-Nb
        G4-Sb G4-K-Nb G4-free G4-slope G5-Ta G5-Ba G5-aicc G5-loo G5-long G5-count G6 O6 O7 O9 O9-sign O10
        O10-psd O11 O11-e O12 O12-e O13 O14 O14-above O15 O15-if O16 P6 P6-sat P6-gain P6-limit P7 P7-gap P7-bar
    """,
    "corrected": """
        E02 E04 E11 E14 E15 E19 E20 E21-front E23 E24 E29 E31 E32 T2-mean G2 O2 O3 O4 O5 O8 P1 P2
    """,
    "not reproduced": """
        E01 E22 E22-power E22-weak E26 E27 E28 F4Om-0.5 F4Om-0.6 F4Om-0.7 F10-0.5 F10-0.6 F10-0.7 G2-bend P3
        P7-cond P7-sigma
    """,
    "not testable": """
        E05 E12 E35 G5 O1 P4 P5
    """,
}
# What was found in the time-local source: K the answer of the lattice, M model system, W recoil kernel, V vibrations,
# C collisions, L dissipation, B barriers, R random walks, A activation, Y discussion. Further parts have an ending.
FOUND_TIME_LOCAL = {"K": 11, "M": 20, "W": 8, "V": 7, "C": 26, "L": 9, "B": 14, "R": 7, "A": 9, "Y": 20}
SPLIT_OFF_TIME_LOCAL = """
    C12-narrow C13-slow C14-trend C15-distance C16-local C17-low C17-narrow C18-slow C19-narrow C21-narrow
    C24-peak R01-cold R02-strong R05-walls R06-cold R06-full R06-full-cold A02-warm A02-cold A03-both A04-both
    A05-both A06-both A07-corners A08-corners Y02-low Y03-full Y03-classical Y03-zero Y05-heavy Y08-soft Y09-flat
    Y10-hot Y10-colder Y10-short Y10-short-hot Y11-cold Y11-third Y12-cold Y12-hot Y12-diffusion
    Y12-diffusion-cold Y12-diffusion-hot Y14-bath
"""
BEYOND_TIME_LOCAL = """
    K09 M20 W03 W08 V06 V07 C14-trend C15-distance C17-narrow C26 L08 L09 B09 B10 B12 B13 B14 R05-walls A02-warm
    A02-cold A07-corners A08-corners A09 Y02 Y02-low Y03-full Y03-classical Y03-zero Y05-heavy Y08-soft Y09-flat
    Y10-colder Y10-short Y10-short-hot Y11 Y11-cold Y11-third Y12 Y12-cold Y12-hot Y12-diffusion
    Y12-diffusion-cold Y12-diffusion-hot Y13 Y14 Y14-bath Y15
"""
EXPECTED_TIME_LOCAL = {
    "reproduced": """
        K01 K02 K05 K06 K07 K08 K09 K10 K11 M02 M03 M04 M05 M06 M07 M08 M09 M10 M11 M12 M13 M14 M15 M16 M17 M18
        M20 W01 W03 W04 W05 W07 W08 V01 V02 V04 V05 V06 V07 C01 C02 C03 C04 C05 C07 C08 C09 C10 C11 C12
        C12-narrow C13 C13-slow C14-trend C15 C15-distance C16 C16-local C17 C17-low C17-narrow C18-slow C19
        C19-narrow C20 C21 C22 C23 C24-peak C25 C26 L01 L02 L03 L04 L08 L09 B01 B02 B03 B04 B05 B06 B07 B08 B09 B10
        B11 B12 B13 B14 R01 R01-cold R02 R02-strong R05 R05-walls R06 R06-cold R06-full R06-full-cold A01 A02-warm
        A02-cold A03 A03-both A04 A04-both A05 A05-both A06 A06-both A07 A07-corners A08-corners A09 Y02 Y02-low
        Y03-full Y03-classical Y03-zero Y04 Y05 Y05-heavy Y06 Y07 Y08-soft Y09-flat Y10 Y10-hot Y10-colder Y10-short
        Y10-short-hot Y11 Y11-cold Y11-third Y12 Y12-cold Y12-hot Y12-diffusion Y12-diffusion-cold Y12-diffusion-hot
        Y13 Y14 Y14-bath Y15
    """,
    "corrected": """
        K03 M01 V03 C06
    """,
    "not reproduced": """
        K04 W02 C14 C18 C21-narrow C24 L05 L06 R03 R04 R07 A02 A08 Y01 Y03
    """,
    "not testable": """
        M19 W06 L07 Y08 Y09 Y16 Y17 Y18 Y19 Y20
    """,
}
LANGEVIN = ("langevin_diffusion", "langevin_passages", "langevin_time_steps")
BEYOND_FUNDAMENTALS = """
    Q01-step Q01-sites Q01-sites-junction Q02 Q02-profile Q02-charge Q02-order Q02-extrapolated
    Q02-crowding Q03-exact Q03-dilute Q04-exact Q04-dilute Q04-slope Q05-held Q05-electronic-switch
    Q05-crossing Q05-crossing-energy Q05-sum Q05-pair Q05-pair-everywhere Q05-electronic-rich
    Q05-electronic-rich-vacancies Q05-electronic-crossing Q05-electronic-poor Q05-dopant Q06-pair
    Q06-held Q06-electronic Q06-switch Q06-switch-energy Q06-doped Q10-univalent Q10-divalent Q13-mixed
    Q07-sites Q07-quantized Q07-typical Q07-vibration Q07-size Q07-reference-energy
    Q07-reference-prefactor Q07-reference-large-energy Q07-reference-large-prefactor Q07-images
    Q21-together Q22-opposite Q22-energy Q22-framework Q23-all Q23-jumper Q23-exponent Q23-zero-point
    Q08-modes Q09-turnover Q09-kramers Q09-overdamped Q09-simulated Q09-precision Q09-step Q18-quantum
    Q18-relaxed Q18-trapped Q18-quenched Q18-plane Q19 Q20-quartic Q20-side Q20-quantum Q11-simple-cubic
    Q11-bcc Q11-fcc Q11-hcp-basal Q11-hcp-axial Q11-diamond Q11-honeycomb Q11-square Q11-triangular
    Q11-kagome Q11-garnet Q11-closed-form Q11-no-closed-form Q11-cells Q12-silver-halide-collinear
    Q12-silver-halide-non-collinear Q15-links Q15-tetrahedra Q15-diffusion Q15-threshold
    Q15-published-list Q15-published-correlation Q16-chains Q16-along Q16-across Q16-random Q17-cages
    Q17-split Q11-charge Q11-vacancies Q12-three-dimensions Q12-turning Q12-exchange Q12-closed-form
    Q12-single-file Q14-einstein Q14-swaps Q14-half-weight Q14-whole-weight Q11-simulated
    Q11-simulated-precision Q12-simulated Q12-simulated-exact Q15-published-lattice-gas
    Q15-garnet-charge Q11-mean-field-critical Q11-mean-field-chain Q11-mean-field-ring Q24-barrier
    Q25-exponent Q25-square
"""
EXPECTED_FUNDAMENTALS = {
    "reproduced": """
        Q01 Q01-apart Q01-junction Q01-step Q01-sites Q01-sites-junction Q02 Q02-profile Q02-charge
        Q02-order Q02-extrapolated Q02-crowding Q03 Q03-neutral Q03-exact Q03-dilute Q04 Q04-mass-action
        Q04-neutral Q04-energy Q04-exact Q04-dilute Q04-slope Q05 Q05-vacancy Q05-held Q05-electronic-switch
        Q05-crossing Q05-crossing-energy Q05-sum Q05-pair Q05-pair-everywhere Q05-electronic-rich
        Q05-electronic-rich-vacancies Q05-electronic-crossing Q05-electronic-poor Q05-dopant Q06 Q06-poor
        Q06-pair Q06-held Q06-electronic Q06-mechanism Q06-switch Q06-switch-energy Q06-doped Q10
        Q10-univalent Q10-divalent Q13 Q13-mixed Q07-barrier Q07-sites Q07-modes-minimum Q07-modes-saddle
        Q07-prefactor Q07-softer Q07-arrhenius Q07-quantized Q07-typical Q07-vibration Q07-size
        Q07-reference-energy Q07-reference-prefactor Q07-reference-large-energy
        Q07-reference-large-prefactor Q07-images Q21-classical Q21-exponent Q21-ratio Q21-together
        Q22-exponent Q22-zero-point Q22-opposite Q22-energy Q22-framework Q22-neighbours Q23-all Q23-jumper
        Q23-exponent Q23-zero-point Q08 Q08-arrhenius Q08-modes Q08-attempt Q09-turnover Q09-kramers
        Q09-overdamped Q09-simulated Q09-precision Q09-step Q18 Q18-lower Q18-wide Q18-soft Q18-compliance
        Q18-quantum Q18-relaxed Q18-trapped Q18-quenched Q18-plane Q19 Q20 Q20-divergence Q20-quartic
        Q20-side Q20-quantum Q20-screening Q11 Q11-backward Q11-lattice Q11-simple-cubic Q11-bcc Q11-fcc
        Q11-hcp-basal Q11-hcp-axial Q11-diamond Q11-honeycomb Q11-square Q11-triangular Q11-kagome
        Q11-garnet Q11-closed-form Q11-no-closed-form Q11-cells Q12-silver-halide-collinear
        Q12-silver-halide-non-collinear Q15 Q15-links Q15-tetrahedra Q15-diffusion Q15-threshold
        Q15-published-list Q15-published-correlation Q16 Q16-chains Q16-along Q16-across Q16-random
        Q17-cages Q17-split Q11-independent Q11-lattice-gas Q11-below-one Q11-charge Q11-vacancies
        Q12-enhancement Q12-three-dimensions Q12-turning Q12-exchange Q12-closed-form Q12-single-file
        Q13-lattice-gas Q14 Q14-einstein Q14-tracer Q14-cross Q14-swaps Q14-half-weight Q14-whole-weight
        Q11-simulated Q11-simulated-precision Q12-simulated Q12-simulated-exact Q15-published-lattice-gas
        Q15-garnet-charge Q11-mean-field-critical Q11-mean-field-chain Q11-mean-field-ring
    """,
    "not reproduced": """
        Q05-rich Q05-switch Q06-measured Q06-measured-poor Q06-mechanism-poor Q07-neighbours Q21-single-ions
        Q22-prefactor Q08-boltzmann Q09 Q20-cations Q12-interstitialcy-collinear
        Q12-interstitialcy-non-collinear Q16-preference Q17 Q12
    """,
    "not testable": """
        Q18-sulfides
    """,
}
EXPECTED_COLLECTIVE_MODES = {
    "reproduced": """
        Q24 Q24-barrier Q25-monotonic Q25-exponent Q25-square
    """,
    "not reproduced": """
        Q25
    """,
}
EXPECTED = {
    "superionic": EXPECTED_SUPERIONIC,
    "quasi_ion": EXPECTED_QUASI_ION,
    "time_local": EXPECTED_TIME_LOCAL,
    "fundamentals": EXPECTED_FUNDAMENTALS,
    "collective_modes": EXPECTED_COLLECTIVE_MODES,
}
EXPECTED_VERDICTS = {
    (source, claim): verdict
    for source, expected in EXPECTED.items()
    for verdict, claims in expected.items()
    for claim in claims.split()
}


PARAMETERS = '{"study.material":{"energy_eV":0.25,"list":[7,8]},"study":{"deep":{"n":3}}}'


@pytest.fixture
def artifacts(tmp_path) -> Artifacts:
    """A results folder with one small table."""
    write_table(
        tmp_path / "study" / "table.parquet",
        {
            "kind": ["a", "a", "b", "b", "c"],
            "flag": [True, False, True, False, True],
            "x": [0.1, 0.2, 0.3, 0.1 + 0.2, 9.0],
            "y": [1.0, 3.0, 2.0, 2.0, np.nan],
            "status": ["ok", "ok", "ok", "ok", "no solution"],
        },
        {name: Column("", name) for name in ("kind", "flag", "x", "y", "status")},
        description="a table",
        provenance=Provenance(
            "study", '{"study.material":{"energy_eV":0.25,"list":[7,8]},"study":{"deep":{"n":3}}}', ""
        ),
    )
    return Artifacts(tmp_path)


def reading(**keys) -> dict:
    return {"artifact": "study/table", "column": "y"} | keys


def claim(**keys) -> dict:
    return {"id": "Z01", "location": "Eq. (0)", "statement": "So it is.", "value": 1, "target": 1} | keys


# Relations


@pytest.mark.parametrize(
    ("relation", "below", "just_below", "same", "just_above", "above"),
    [
        ("equal", False, True, True, True, False),
        ("above", False, False, False, False, True),
        ("below", True, False, False, False, False),
        ("at least", False, True, True, True, True),
        ("at most", True, True, True, True, False),
    ],
)
def test_relations_with_their_margin(relation, below, just_below, same, just_above, above):
    values = (9.0, 9.9, 10.0, 10.1, 11.0)
    found = tuple(RELATIONS[relation](value, 10.0, 0.5) for value in values)
    assert found == (below, just_below, same, just_above, above)


def test_strict_relations_are_strict_without_margin():
    assert not RELATIONS["above"](1.0, 1.0, 0.0)
    assert not RELATIONS["below"](1.0, 1.0, 0.0)
    assert RELATIONS["at least"](1.0, 1.0, 0.0)
    assert set(RELATIONS) == {"equal", "above", "below", "at least", "at most"}


# Readings


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (3, 3.0),
        (reading(where={"kind": "a"}, reduce="max"), 3.0),
        (reading(where={"kind": "a"}, reduce="min"), 1.0),
        (reading(where={"kind": "a"}, reduce="mean"), 2.0),
        (reading(where={"kind": "a"}, reduce="spread"), 2.0),
        (reading(where={"kind": "a"}, reduce="largest_step"), 2.0),
        (reading(where={"kind": "a"}, which={"flag": True}, reduce="count"), 1.0),
        (reading(where={"kind": "a"}, which={"kind": "b"}, reduce="count"), 0.0),
        (reading(column="x", where={"kind": "a"}, reduce="largest_magnitude"), 0.2),
        ({"sum": [1, 2, reading(where={"x": 0.2})]}, 6.0),
        ({"product": [2, 2, reading(where={"x": 0.2})]}, 12.0),
        (reading(where={"kind": "b"}), 2.0),
        (reading(where={"x": 0.3}), 2.0),
        (reading(where={"x": {"from": 0.15, "to": 0.25}}), 3.0),
        (reading(where={"x": {"from": 0.25}}, reduce="max"), 2.0),
        (reading(where={"flag": True, "kind": "a"}), 1.0),
        (reading(reduce="max"), 3.0),
        (reading(column="x", where={"kind": "c"}), 9.0),
        ({"ratio": [reading(where={"x": 0.2}), reading(where={"x": 0.1})]}, 3.0),
        ({"difference": [reading(where={"x": 0.2}), 1]}, 2.0),
        ({"artifact": "study/table", "parameter": "study.material.energy_eV"}, 0.25),
        ({"artifact": "study/table", "parameter": "study.material.list.1"}, 8.0),
        ({"artifact": "study/table", "parameter": "study.deep.n"}, 3.0),
    ],
)
def test_readings(artifacts, asked, value):
    assert artifacts.read(asked) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (reading(column="z"), r"study/table has no column 'z'; it has kind, flag, x, y, status"),
        (reading(where={"w": 1}), "study/table has no column 'w'"),
        (reading(where={"kind": "a"}), r"2 rows with different values .*: name a reduction"),
        (reading(reduce="median"), r"reduce must be count or one of \[.*'max'.*\], got 'median'"),
        (reading(reduce="count"), "no key 'which'"),
        ({"artifact": "study/table", "reduce": "max"}, "no key 'column'"),
        ({"artifact": "study/table", "parameter": "study.material.mass_u"}, "no key 'mass_u'"),
        ({"artifact": "study/table", "parameter": "other.energy_eV"}, "study/table does not depend on other.energy_eV"),
        ("0.5", "a reading must be a number or a mapping, got '0.5'"),
        (True, "a reading must be a number or a mapping, got True"),
    ],
)
def test_faulty_readings_are_named_with_their_claim(artifacts, asked, words):
    with pytest.raises(ClaimError, match=f"claim Z01: {words}"):
        evaluate(claim(value=asked), artifacts)


def test_artifacts_of_a_ledger_are_found_at_any_depth():
    ledger = {"claims": [claim(value={"ratio": [reading(artifact="b/b"), 1]}), claim(corrected={"target": reading()})]}
    assert artifacts_of(ledger) == ["b/b", "study/table"]


# Verdicts


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [
        ({"value": reading(where={"x": 0.2}), "target": 3}, "reproduced"),
        ({"value": reading(where={"x": 0.2}), "target": 3.1}, "not reproduced"),
        ({"value": reading(where={"x": 0.2}), "target": 3.1, "tolerance": {"absolute": 0.2}}, "reproduced"),
        ({"value": reading(where={"x": 0.2}), "target": 3.1, "tolerance": {"relative": 0.04}}, "reproduced"),
        ({"value": reading(where={"x": 0.2}), "target": 3.1, "tolerance": {"relative": 0.03}}, "not reproduced"),
        ({"value": 3, "target": reading(where={"x": 0.2}), "relation": "at most"}, "reproduced"),
        ({"value": 1, "target": 4, "corrected": {"target": 1}}, "corrected"),
        ({"value": 1, "target": 4, "corrected": {"value": 4}}, "corrected"),
        ({"value": 1, "target": 4, "corrected": {"value": 5, "target": 5}}, "corrected"),
        ({"value": 1, "target": 4, "corrected": {"target": 2}}, "not reproduced"),
        ({"value": 1, "target": 1, "corrected": {"target": 2}}, "reproduced"),
        ({"value": reading(where={"kind": "none"})}, "not testable"),
        ({"value": reading(where={"kind": "c"})}, "not testable"),
        ({"target": reading(where={"kind": "none"})}, "not testable"),
        ({"value": 1, "target": 4, "corrected": {"target": reading(where={"kind": "c"})}}, "not testable"),
        ({"not_testable": "no data"}, "not testable"),
    ],
)
def test_verdicts_follow_from_the_numbers(artifacts, keys, verdict):
    assert evaluate(claim(**keys), artifacts).verdict == verdict


def test_an_outcome_tells_all_its_numbers(artifacts):
    corrected = evaluate(claim(value=reading(where={"x": 0.2}), target=1, corrected={"target": 3}), artifacts)
    assert (corrected.value, corrected.target, corrected.corrected_value, corrected.corrected_target) == (3, 1, 3, 3)
    missing = evaluate(claim(value=reading(where={"kind": "none"})), artifacts)
    assert missing.reason == "this run has no rows of study/table with kind = none"
    assert np.isnan(missing.value)
    assert evaluate(claim(not_testable="no data"), artifacts).reason == "no data"


def test_an_arrhenius_slope_is_an_energy(tmp_path):
    temperature = np.array([300.0, 400.0, 500.0, 600.0])
    value = np.exp(-0.3 / thermal_energy_eV(temperature))
    value[1] = np.nan
    data = {"temperature_K": temperature, "y": value, "one": [1.0, np.nan, np.nan, np.nan]}
    columns = {name: Column("", name, optional=True) for name in data}
    write_table(tmp_path / "a.parquet", data, columns, description="", provenance=Provenance("", "{}", ""))
    artifacts = Artifacts(tmp_path)
    assert artifacts.read({"artifact": "a", "arrhenius": "y"}) == pytest.approx(0.3, rel=1e-9)
    assert evaluate(claim(value={"artifact": "a", "arrhenius": "one"}), artifacts).verdict == "not testable"


def test_a_statement_about_other_parameters_is_not_testable(artifacts):
    energy = {"artifact": "study/table", "parameter": "study.material.energy_eV"}
    assert evaluate(claim(provided=[{"value": energy, "target": 0.25}]), artifacts).verdict == "reproduced"
    other = evaluate(claim(provided=[{"value": energy, "target": 0.5}]), artifacts)
    assert other.verdict == "not testable"
    assert other.reason == "the statement is about study.material.energy_eV = 0.5, this run has 0.25"


def test_artifacts_that_the_run_does_not_make_are_absent(artifacts):
    outcome = evaluate(claim(value=reading(artifact="study/none")), artifacts)
    assert (outcome.verdict, outcome.reason) == ("not testable", "this run has no artifact study/none")
    undeclared = Artifacts(artifacts.results, declared=["study/other"])
    assert evaluate(claim(value=reading(where={"x": 0.2}), target=3), undeclared).verdict == "not testable"
    declared = Artifacts(artifacts.results, declared=["study/table"])
    assert evaluate(claim(value=reading(where={"x": 0.2}), target=3), declared).verdict == "reproduced"


def test_a_summary_keeps_claims_beyond_the_source_apart():
    verdicts = ["reproduced", "reproduced", "not testable", "corrected"]
    assert summary(["source", "source", "beyond", "source"], verdicts) == (
        "3 statements of the sources: 2 reproduced, 1 corrected; 1 statements beyond them: 1 not testable"
    )


# Ledgers as files


def written(tmp_path, *claims: dict):
    path = tmp_path / "source.yaml"
    path.write_text(yaml.safe_dump({"source": "s", "citation": "c", "claims": list(claims)}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ([claim(), claim()], "source.yaml: claim Z01 stands twice"),
        ([claim(targets=1)], r"claim Z01: unknown keys \['targets'\]"),
        ([{"id": "Z01", "location": "a", "statement": "b"}], r"missing keys \['target', 'value'\]"),
        ([{"location": "a", "statement": "b", "value": 1, "target": 1}], r"claim \?: .*missing keys \['id'\]"),
        ([{"id": "Z01", "location": "a", "not_testable": "no data"}], r"missing keys \['statement'\]"),
        ([claim(relation="near")], r"relation must be one of \['above'"),
    ],
)
def test_faulty_ledgers_are_refused(tmp_path, claims, words):
    with pytest.raises(ClaimError, match=words):
        read_claims(written(tmp_path, *claims))


def test_a_claim_that_cannot_be_tested_needs_no_reading(tmp_path):
    ledger = read_claims(written(tmp_path, {"id": "Z", "location": "a", "statement": "b", "not_testable": "no data"}))
    assert ledger["claims"][0]["id"] == "Z"


# The superionic ledger


def test_the_superionic_ledger_holds_all_that_was_found():
    claims = {entry["id"]: entry for entry in read_claims(LEDGER)["claims"]}
    assert len(FOUND_IDS) == 70
    assert set(claims) == FOUND_IDS | SPLIT_OFF
    for name, entry in claims.items():
        assert entry.get("kind", "source") == ("beyond" if name in BEYOND else "source"), name
        assert len(entry["statement"]) > 15, name


def test_the_quasi_ion_ledger_holds_all_that_was_found():
    claims = {entry["id"]: entry for entry in read_claims(CLAIMS_OF["quasi_ion"])["claims"]}
    assert len(FOUND_QUASI_ION) == 88
    for found in FOUND_QUASI_ION:
        assert any(name == found or name.startswith(f"{found}-") for name in claims), found
    for name, entry in claims.items():
        assert entry.get("kind", "source") == ("beyond" if name in BEYOND_QUASI_ION.split() else "source"), name
        assert len(entry["statement"]) > 15, name


def test_the_time_local_ledger_holds_all_that_was_found():
    claims = {entry["id"]: entry for entry in read_claims(CLAIMS_OF["time_local"])["claims"]}
    found = {f"{letter}{number:02d}" for letter, count in FOUND_TIME_LOCAL.items() for number in range(1, count + 1)}
    assert set(claims) == found | set(SPLIT_OFF_TIME_LOCAL.split())
    for name, entry in claims.items():
        assert entry.get("kind", "source") == ("beyond" if name in BEYOND_TIME_LOCAL.split() else "source"), name
        assert len(entry["statement"]) > 15, name


@pytest.mark.parametrize(("source", "numbers"), [("fundamentals", range(1, 24)), ("collective_modes", (24, 25))])
def test_the_ledgers_of_the_fundamentals_hold_all_that_was_found(source, numbers):
    """The twenty-five statements that were found in the chapter and in the release, each in its parts."""
    claims = {entry["id"]: entry for entry in read_claims(CLAIMS_OF[source])["claims"]}
    assert {name[:3] for name in claims} == {f"Q{number:02d}" for number in numbers}
    beyond = {name for name, entry in claims.items() if entry.get("kind") == "beyond"}
    assert beyond == set(BEYOND_FUNDAMENTALS.split()) & set(claims)
    assert all(len(entry["statement"]) > 15 for entry in claims.values())


def test_no_claim_of_two_sources_has_the_same_name():
    names = [entry["id"] for path in CLAIMS_OF.values() for entry in read_claims(path)["claims"]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("source", CLAIMS_OF)
def test_claims_that_are_not_reproduced_or_corrected_say_why(source):
    for entry in read_claims(CLAIMS_OF[source])["claims"]:
        if EXPECTED_VERDICTS[source, entry["id"]] in ("corrected", "not reproduced"):
            assert entry.get("note", "").strip(), entry["id"]
        assert len(entry.get("not_testable", "a reason is given")) > 10


SAMPLED = {
    *(f"time_local/{name}" for name in ("diffusion", "activation", "displacements", "paths")),
    *(f"lattice_gas/{name}" for name in ("diffusion", "exact_comparison", "garnet_comparison")),
    *(f"lattice_gas/mean_field_{name}" for name in ("order", "conduction", "critical")),
    *(f"fundamentals/{name}" for name in LANGEVIN),
}
"""Artifacts of simulations that are too short in tests to decide anything."""


def sampled_claims() -> set[tuple[str, str]]:
    return {
        (source, claim["id"])
        for source in ("time_local", "fundamentals")
        for claim in read_claims(CLAIMS_OF[source])["claims"]
        if SAMPLED & set(artifacts_of({"claims": [claim]}))
    }


OF_A_LARGE_PIECE = ("time_local", "L09")
"""Of the piece of the default run alone, which tests make smaller."""


def test_the_verdicts_of_the_default_run(finished):
    """But for those that rest on sampled trajectories."""
    table = pd.read_parquet(finished / "results/claims.parquet")
    assert all(set(expected) <= set(VERDICTS) for expected in EXPECTED.values())
    found = dict(zip(zip(table["source"], table["claim"], strict=True), table["verdict"], strict=True))
    assert found.keys() == EXPECTED_VERDICTS.keys()
    sampled = sampled_claims()
    assert 30 < len(sampled) < 100
    assert found[OF_A_LARGE_PIECE] == "not testable"
    decided = found.keys() - sampled - {OF_A_LARGE_PIECE}
    assert {claim: found[claim] for claim in decided} == {claim: EXPECTED_VERDICTS[claim] for claim in decided}


def test_every_tested_claim_has_its_numbers(finished):
    table = pd.read_parquet(finished / "results/claims.parquet").set_index("claim")
    assert table.index.is_unique
    tested = table["verdict"] != "not testable"
    assert np.isfinite(table.loc[tested, ["value", "target"]]).all(axis=None)
    corrected = table["verdict"] == "corrected"
    assert np.isfinite(table.loc[corrected, ["corrected_value", "corrected_target"]]).all(axis=None)
    assert (table.loc[~tested, "reason"].str.len() > 10).all()
    assert (table.loc[tested & (table["artifacts"] == "")].index).tolist() == []


def test_the_tables_for_reading_hold_every_claim(finished):
    for name in ("claims.md", "claims.html"):
        text = (finished / "results" / name).read_text(encoding="utf-8")
        missing = [claim for _, claim in EXPECTED_VERDICTS if not re.search(rf"\b{re.escape(claim)}\b", text)]
        assert missing == [], name
