"""Lattices as the configuration writes them: tables of hops, builders, and what is refused."""

import numpy as np
import pytest

from pipeline.lattice_settings import build_lattice

PATH = {"corners": [{"label": "G", "at": [0]}, {"label": "X", "at": [0.5]}]}
CHAIN = {"cell": [[1.0]], "sites": [{"name": "a", "at": [0]}, {"name": "b", "at": [0.5]}], "path": PATH}
HOPS = [
    {"from": "a", "to": "b", "cell": [0], "probability": 0.1, "reverse_probability": 0.2},
    {"from": "a", "to": "b", "cell": [-1], "probability": 0.1, "reverse_probability": 0.2},
]
TABLE = "# two-site chain\nfrom,to,cell_x,probability,reverse_probability\na,b,0,0.1,0.2\na,b,-1,0.1,0.2\n"


def test_hops_and_table_give_the_same_lattice(tmp_path):
    (tmp_path / "hops.csv").write_text(TABLE, encoding="utf-8")
    listed = build_lattice(CHAIN | {"hops": HOPS})
    tabled = build_lattice(CHAIN | {"hops_table": str(tmp_path / "hops.csv")})
    np.testing.assert_array_equal(listed.probability, tabled.probability)
    np.testing.assert_array_equal(listed.lattice.displacement, tabled.lattice.displacement)
    assert listed.lattice.hop_count == 4
    np.testing.assert_allclose(sorted(listed.lattice.displacement[:, 0]), [-0.5, -0.5, 0.5, 0.5])


def test_the_field_dresses_the_hops():
    built = build_lattice(CHAIN | {"hops": HOPS, "field": [0.4], "field_split": "paper"})
    np.testing.assert_allclose(
        built.dressed_probability, built.probability * np.exp(0.4 * built.lattice.displacement[:, 0])
    )


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            "from,to,probability\na,b,0.1\n",
            "columns must be from, to, cell_x, probability and, .* got from, to, probability",
        ),
        ("from,to,cell_x\na,b,0\n", "columns must be .* got from, to, cell_x$"),
        (
            "from,to,cell_x,probability\na,b,0,much\n",
            "data row 1: probability must be a number from 0 to 1, got 'much'",
        ),
        ("from,to,cell_x,probability\na,c,0,0.1\n", "hop 1: to must be one of the sites"),
        ("from,to,cell_x,probability\n", "no rows"),
        ("from,to,cell_x,probability\na,b,0.5,0.1\n", "data row 1: cell_x must be a whole number, got '0.5'"),
        ("from;to;cell_x;probability\na;b;0;0.1\n", "separated by commas; got from;to;cell_x;probability"),
        (
            TABLE.replace("reverse_probability", "reverse_probabilty"),
            "got from, to, cell_x, probability, reverse_probabilty",
        ),
        ("from,to,cell_x,probability\na,b,0,-0.1\nb,a,x,0.1\n", "row 1: probability must .*; data row 2: cell_x must"),
        ("from,to,cell_x,probability\na,b,0,0.1\n", "no hop leaves site 'b': is a way back"),
        ("from,to,cell_x,probability\na,b,0,nan\n", "from 0 to 1, got 'nan'"),
        ("from,to,cell_x,probability\na,b,0,0.1\na,b,0,0.1\n", "listed twice"),
        ("\xff\xfe", "cannot be read|columns must be"),
    ],
)
def test_faulty_tables(tmp_path, table, message):
    (tmp_path / "hops.csv").write_bytes(table.encode("latin-1"))
    with pytest.raises(ValueError, match=message):
        build_lattice(CHAIN | {"hops_table": str(tmp_path / "hops.csv")})


def test_a_missing_table(tmp_path):
    with pytest.raises(ValueError, match=r"none\.csv \(looked for from .*\): cannot be read"):
        build_lattice(CHAIN | {"hops_table": str(tmp_path / "none.csv")})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (CHAIN | {"hops": [HOPS[0] | {"probability": 0.95}, HOPS[1]]}, "site 'a' would stay with probability -0.05"),
        (CHAIN | {"hops": HOPS, "field": [1, 2]}, "field must have 1 components"),
        (CHAIN | {"hops": HOPS[:1], "sites": [*CHAIN["sites"], {"name": "c", "at": [0.7]}]}, "no hop joins"),
        ({"builder": "square", "hopping_probability": 0.5, "polarization": 0.2, "path": PATH}, "no sublattices"),
        ({"builder": "chain", "hopping_probability": 0.5, "path": PATH}, "unknown or missing: spacings"),
        ({"builder": "kagome", "probability_by_kind": [0.1], "path": PATH}, "must hold 2 probabilities, got 1"),
        ({"builder": "honeycomb", "hopping_probability": 0.5, "path": PATH}, "corner 'G' must have 2 fractions"),
        (
            {
                "builder": "honeycomb",
                "site_energies_eV": [0],
                "saddle_energy_eV": 1,
                "temperature_K": 300,
                "path": PATH,
            },
            "must hold 2 energies, got 1",
        ),
    ],
)
def test_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        build_lattice(settings)
