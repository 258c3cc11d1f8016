"""Measured sigma(T) as experimenters write it: conventions, faults, and the data that the project ships."""

import csv
import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.conductivity_headers import read_heading
from pipeline.conductivity_tables import read_conductivity_folder, read_conductivity_table

RESOURCES = Path(__file__).resolve().parents[2] / "workflow/resources"
GARNETS = RESOURCES / "garnets/garnet_llto_conductivity.csv"
EXAMPLES = RESOURCES / "examples/my_conductivity"
BY_PAPER = {"series": ["composition", "doi"]}

TEMPERATURE_K = np.array([298.15, 323.15, 373.15, 423.15, 473.15])
SIGMA = np.array([2.06e-6, 1.32e-5, 1.95e-4, 1.16e-3, 7.08e-2])  # S/cm

TEMPERATURES = {
    "K": (
        TEMPERATURE_K,
        ["T_K", "T (K)", "T/K", "T [K]", "T, K", "temperature in kelvin", "temperature_k", "Temp. (K)"],
    ),
    "degC": (
        TEMPERATURE_K - 273.15,
        [
            "T (°C)",
            "temperature [°C]",
            "T_degC",
            "T / deg C",
            "T (C)",
            "Temp(celsius)",
            "sample temperature (ºC)",
            "T (℃)",
        ],
    ),
    "1000/K": (
        1000 / TEMPERATURE_K,
        [
            "1000/T",
            "1000/T [1/K]",
            "1000/T (1000/K)",
            "1000/T (K^-1)",
            "1000/T (kK^-1)",
            "10^3/T",
            "10³/T (K⁻¹)",
            "1000/T_K",
            "1/T (1000/K)",
            "1000 K/T",
            "10^3 T^{-1} / K^{-1}",
            "inverse_temperature_1000_per_K",
        ],
    ),
    "1/K": (1 / TEMPERATURE_K, ["1/T (1/K)", "1/T (K⁻¹)"]),
}
SIGMA_T = SIGMA * TEMPERATURE_K
CONDUCTIVITIES = {
    ("sigma", "linear", "S/cm"): (
        SIGMA,
        [
            "sigma_S_cm",
            "sigma_S_per_cm",
            "conductivity (S/cm)",
            "σ [S cm⁻¹]",
            "sigma (S·cm^-1)",
            "sigma / S cm-1",
            "σ (Ω⁻¹cm⁻¹)",
            "sigma (ohm^-1 cm^-1)",
            "sigma 1/(ohm cm)",
            "σ(T) (S/cm)",
            "total ionic conductivity, S/cm",
        ],
    ),
    ("sigma", "linear", "S/m"): (100 * SIGMA, ["sigma (S/m)", "conductivity_S_per_m", "σ / S m⁻¹"]),
    ("sigma", "linear", "mS/cm"): (1e3 * SIGMA, ["conductivity_mS_per_cm", "sigma (mS/cm)", "σ [mS cm^-1]"]),
    ("sigma", "linear", "uS/cm"): (1e6 * SIGMA, ["sigma (µS/cm)"]),
    ("sigma", "ln", "S/cm"): (
        np.log(SIGMA),
        ["ln(sigma / S cm^-1)", "ln σ (S/cm)", "ln_sigma_S_per_cm", "ln(σ/(S cm⁻¹))", "log_e(sigma) [S/cm]"],
    ),
    ("sigma", "log10", "S/cm"): (
        np.log10(SIGMA),
        ["lg σ (S/cm)", "log10(sigma / S cm^-1)", "log₁₀(σ) / S cm⁻¹", "log10_conductivity_S_per_cm"],
    ),
    ("sigma_T", "linear", "S/cm"): (
        SIGMA_T,
        ["sigma T (S K/cm)", "σT (S cm^-1 K)", "sigmaT_S_K_per_cm", "T·σ (S K cm⁻¹)"],
    ),
    ("sigma_T", "linear", "S/m"): (100 * SIGMA_T, ["sigma_T (S K/m)"]),
    ("sigma_T", "ln", "S/cm"): (np.log(SIGMA_T), ["ln(σT / S K cm⁻¹)", "ln(sigma*T) (S K/cm)", "ln(σ·T) [Ω⁻¹ cm⁻¹ K]"]),
    ("sigma_T", "log10", "S/cm"): (np.log10(SIGMA_T), ["log10(sigma T / S K cm^-1)", "lg σ·T (S·K/cm)"]),
}
LAYOUTS = [(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ",")]


def cell(value, separator):
    return f'"{value}"' if separator in value else value


def table(columns, separator=",", decimal="."):
    """Text of a table; numbers with all their digits, texts as they are."""
    lines = [separator.join(cell(header, separator) for header in columns)]
    for row in zip(*columns.values(), strict=True):
        texts = [x if isinstance(x, str) else repr(float(x)).replace(".", decimal) for x in row]
        lines.append(separator.join(cell(text, separator) for text in texts))
    return "\n".join(lines) + "\n"


def read(tmp_path, text, declared=None, name="my.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_conductivity_table(path, declared)


def assert_same_numbers(series):
    np.testing.assert_allclose(series.temperature_K, TEMPERATURE_K, rtol=1e-12)
    np.testing.assert_allclose(series.log_conductivity, np.log(SIGMA), rtol=1e-12)


def only_series(reading):
    assert [str(fault) for fault in reading.faults] == []
    (series,) = reading.series
    return series


def reasons(reading):
    return [str(fault) for fault in reading.faults]


# Conventions ----------------------------------------------------------------------------------------------------------


def test_every_header_in_every_unit_gives_the_same_numbers(tmp_path):
    plain = {"sigma (S/cm)": SIGMA}
    for unit, (values, headers) in TEMPERATURES.items():
        for header in headers:
            series = only_series(read(tmp_path, table({header: values} | plain)))
            assert_same_numbers(series)
            assert series.said[0] == f'temperature from column "{header}" in {unit}'
    for values, headers in CONDUCTIVITIES.values():
        for header in headers:
            assert_same_numbers(only_series(read(tmp_path, table({header: values, "T (K)": TEMPERATURE_K}))))


@pytest.mark.parametrize(("separator", "decimal"), LAYOUTS)
def test_every_unit_with_every_conductivity_in_every_layout(tmp_path, separator, decimal):
    for (temperature, headers), (conductivity, others) in itertools.product(
        TEMPERATURES.values(), CONDUCTIVITIES.values()
    ):
        text = table({"note": ["x, y"] * 5, others[0]: conductivity, headers[0]: temperature}, separator, decimal)
        assert_same_numbers(only_series(read(tmp_path, text)))


@pytest.mark.parametrize("unit", TEMPERATURES)
def test_declared_columns_override_headers(tmp_path, unit):
    for (quantity, scale, conductivity_unit), (values, _) in CONDUCTIVITIES.items():
        declared = {
            "temperature": {"column": "x", "unit": unit},
            "conductivity": {"column": "y", "quantity": quantity, "scale": scale, "unit": conductivity_unit},
        }
        text = table({"T (°C)": [0] * 5, "x": TEMPERATURES[unit][0], "y": values, "sigma (S/m)": [1] * 5})
        series = only_series(read(tmp_path, text, declared))
        assert_same_numbers(series)
        assert series.said[-1] == 'ignored: "T (°C)", "sigma (S/m)"'


def test_a_declaration_may_hold_only_what_the_header_lacks(tmp_path):
    text = table({"T": TEMPERATURE_K, "log(sigma T)": np.log10(SIGMA_T)})
    declared = {"temperature": {"unit": "K"}, "conductivity": {"scale": "log10", "unit": "S/cm"}}
    series = only_series(read(tmp_path, text, declared))
    assert_same_numbers(series)
    assert series.said == (
        'temperature from column "T" in K (unit declared)',
        'conductivity from column "log(sigma T)" as log10 of sigma*T in S K/cm '
        "(scale, unit declared; the header says log)",
    )
    declared = {"temperature": {"unit": "K"}}
    series = only_series(read(tmp_path, table({"T (°C)": TEMPERATURE_K, "sigma_S_cm": SIGMA}), declared))
    assert_same_numbers(series)
    assert series.said[0] == 'temperature from column "T (°C)" in K (unit declared; the header says degC)'


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: ("# a comment, with commas\n\n" + text.replace("\n", "\n  # more\n\n,,\n", 2)).encode(),
        lambda text: text.replace(",", " , ").encode(),
        lambda text: text.replace("e-", "E-").replace("-", "−").encode(),
        lambda text: text.rstrip("\n").encode(),
        lambda text: ("sep=,\n" + text).encode(),
        lambda text: text.replace("\n", ",\n").encode(),
        lambda text: text.replace("T (K)", '"T (K)"').encode(),
    ],
    ids=[
        "BOM",
        "CRLF",
        "CR",
        "comments",
        "spaces",
        "minus signs",
        "no last line end",
        "separator named",
        "trailing commas",
        "quotes",
    ],
)
def test_what_editors_and_spreadsheets_do_to_a_file(tmp_path, change):
    text = table({"T (K)": TEMPERATURE_K, "sigma (S/cm)": SIGMA})
    assert_same_numbers(only_series(read(tmp_path, change(text))))


def test_rows_are_lines_of_the_file(tmp_path):
    text = "# from the lab book\r\nT_K,sigma_S_cm\r\n\r\n300,1e-5\r\n# the next day\r\n310,2e-5\r\n"
    series = only_series(read(tmp_path, text))
    assert series.rows == (4, 6)
    assert (series.name, series.slug, series.file) == ("my", "my", "my.csv")


@given(st.randoms(use_true_random=False), st.sampled_from(LAYOUTS))
def test_the_order_of_rows_does_not_matter(tmp_path_factory, chance, layout):
    rows = [(t, s, name) for name in ("a b", "A-b", "c") for t, s in zip(TEMPERATURE_K, SIGMA, strict=True)]
    chance.shuffle(rows)
    temperature, sigma, name = zip(*rows, strict=True)
    text = table({"sample": name, "T_K": temperature, "sigma_S_cm": sigma}, *layout)
    reading = read(tmp_path_factory.mktemp("rows"), text)
    assert not reading.faults
    slugs = {"my: A-b": "my-a-b", "my: a b": "my-a-b-2", "my: c": "my-c"}
    assert {series.name: series.slug for series in reading.series} == slugs
    for series in reading.series:
        order = np.argsort(series.temperature_K)
        assert_same_numbers(
            type(series)(series.name, "", "", series.temperature_K[order], series.log_conductivity[order], ())
        )


# Series ---------------------------------------------------------------------------------------------------------------

SERIES = (
    "Composition,doi,T_K,sigma_S_cm\nA,1,300,1e-5\nA,1,310,2e-5\n"
    "A,2,300,1e-6\nA,2,310,2e-6\nB,2,300,1e-7\nB,2,310,2e-7\n"
)


def test_series_columns(tmp_path):
    def names(declared):
        return [series.name for series in read(tmp_path, SERIES, declared).series]

    assert names(None) == ["my: A", "my: B"]
    assert names({"series": ["Composition", "doi"]}) == ["my: A, 1", "my: A, 2", "my: B, 2"]
    assert names({"series": "doi"}) == ["my: 1", "my: 2"]
    assert names({"series": []}) == ["my"]
    assert (
        'a series for each "Composition" and "doi"'
        in read(tmp_path, SERIES, {"series": ["Composition", "doi"]}).series[0].said
    )


def test_names_and_slugs_are_unique(tmp_path):
    text = 'series,sample,T_K,sigma_S_cm\n"a, b",c,300,1\n"a, b",c,310,2\na,"b, c",300,1\na,"b, c",310,2\n'
    for name in ("x.csv", "x.txt", "X!.csv", "α.csv", "β.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    series = read_conductivity_folder(tmp_path).series
    assert len(series) == 10
    assert len({one.name for one in series}) == len({one.slug for one in series}) == 10
    assert all(re.fullmatch("[a-z0-9_-]+", one.slug) for one in series)


def test_excluded_rows_are_kept_out_and_told(tmp_path):
    text = "T_K,sigma_S_cm,Exclude\n300,1e-5,\n310,2e-5,0\n320,bad,cracked\n330,5e-5,No\n340,1,yes\n350,1e-4,false\n"
    series = only_series(read(tmp_path, text))
    assert series.rows == (2, 3, 5, 7)
    assert series.excluded_rows == (4, 6)
    assert series.said[-2:] == ("row 4 excluded: cracked", "row 6 excluded: yes")
    reading = read(tmp_path, "T_K,sigma_S_cm,exclude\n300,1e-5,why\n")
    assert reading.series == reading.faults == ()
    assert reading.notes == ("my.csv: my",)


def test_other_columns_are_ignored_and_told(tmp_path):
    text = "T_K,sigma_S_cm,sigma_err (S/cm),T_g (K),,pressure (bar)\n300,1,x,y,z,1\n310,2,x,y,z,1\n"
    said = only_series(read(tmp_path, text)).said
    assert said[-1] == 'ignored: "sigma_err (S/cm)", "T_g (K)", "(no name, column 5)", "pressure (bar)"'


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            "T_K,ln(sigma / S cm^-1)\n300,9.5\n310,9.9\n",
            "sigma is outside 1e-20 to 1e3 S/cm in rows 2, 3 \\(10^4.126 S/cm in row 2\\)",
        ),
        (
            "T_K,log10(sigma / S cm^-1)\n300,-9.5\n310,-21.5\n",
            r"in row 3 \(10^-21.5 S/cm in row 3\): .* base .* right\?",
        ),
        ("T_K,sigma_S_cm\n25,1e-5\n100,1e-4\n", r"from 25 to 100 K, some below 150 K: are they in degC\?"),
        ("T_K,sigma_S_cm\n300,1e-5\n310,2e-5\n300,1e-5\n", "rows 2, 4 hold the same point; it counts 2 times"),
    ],
)
def test_warnings(tmp_path, text, warning):
    (told,) = only_series(read(tmp_path, text)).warnings
    assert re.search(warning.replace("^", r"\^"), told)


# Faults of a file -----------------------------------------------------------------------------------------------------

POINTS = "\n300,1e-5\n310,2e-5\n"


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        ("T_K,sigma_S_cm\n", 1, "no rows below the header"),
        ("", None, "no header: the file is empty or holds only comments"),
        ("# T_K,sigma_S_cm\n", None, "no header: the file is empty or holds only comments"),
        (
            "# T_K,sigma_S_cm" + POINTS,
            2,
            "no header: the first line is '300,1e-5'; name the columns there, not in a com",
        ),
        (
            "T_K sigma_S_cm\n300 1e-5\n",
            1,
            "only one column, 'T_K sigma_S_cm'; separate the cells by commas, semicolons",
        ),
        ("T (°C),sigma_S_cm".encode("latin-1"), 1, "byte 0xb0 at position 4 is not UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbfT_K,sigma\r\n3\xb5,1\n", 2, "byte 0xb5 at position 16 is not UTF-8; save the file as UTF-8"),
        (f"T_K,sigma_S_cm{POINTS}".encode("utf-16"), 1, "the file begins with the mark of UTF-16; save it as UTF-8"),
        (
            f"T_K,sigma_S_cm{POINTS}".encode("utf-16-le"),
            1,
            "byte 0x00 at position 2 is NUL, as in UTF-16; save the file",
        ),
        (b"PK\x03\x04\x14\x00", None, "a workbook or an archive, no text; save it as CSV"),
        (
            f"T,sigma_S_cm{POINTS}",
            1,
            r'column "T" does not say its unit \(K, degC or 1000/K\); write it into the header',
        ),
        (f"T,sigma_S_cm{POINTS}", 1, r'as "T \(K\)" or .*, or declare temperature: \{column: "T", unit: K\}'),
        (
            f"T (F),sigma_S_cm{POINTS}",
            1,
            """column "T (F)": 'F' is not one of K, degC (°C), 1000/K and 1/K; convert the numbers""",
        ),
        (f"1000/T (°C),sigma_S_cm{POINTS}", 1, """column "1000/T (°C)": '°C' is not one of K"""),
        (f"1/T,sigma_S_cm{POINTS}", 1, 'column "1/T" does not say its unit'),
        (
            f"T_K,sigma{POINTS}",
            1,
            r'column "sigma" does not say its unit \(S/cm, S/m, mS/cm, uS/cm\); write .* "sigma \(S',
        ),
        (f"T_K,sigma{POINTS}", 1, r'or declare conductivity: \{column: "sigma", unit: S/cm\}'),
        (
            f"T_K,sigma T{POINTS}",
            1,
            r'\(S/cm, S/m, mS/cm, uS/cm \(times K\)\); write it into the header, as "sigma T \(S K',
        ),
        (
            f"T_K,sigma (S/mm){POINTS}",
            1,
            """'S/mm' is not one of S/cm, S/m, mS/cm, uS/cm; convert the numbers to one of these""",
        ),
        (f"T_K,sigma (MS/cm){POINTS}", 1, """'MS/cm' is not one of S/cm"""),
        (f"T_K,sigma (S cm){POINTS}", 1, """'S cm' is not one of S/cm"""),
        (
            f"T_K,log(sigma / S cm^-1){POINTS}",
            1,
            r"does not say the base of its logarithm; write ln\(...\) or log10\(...\)",
        ),
        (f"T_K,log σ (S/cm){POINTS}", 1, r'or declare conductivity: \{column: "log σ \(S/cm\)", scale: log10\}'),
        (
            f"T_K,sigma_T (S/cm){POINTS}",
            1,
            "'S/cm' is the unit of sigma, but the header names sigma*T; mend the header",
        ),
        (f"T_K,sigma (S K/cm){POINTS}", 1, r"is the unit of sigma*T, but .* sigma; .* declare .* quantity: sigma_T\}"),
        (
            f"time (s),sigma_S_cm{POINTS}",
            1,
            'no column is understood as the temperature; the columns are "time (s)", "sig',
        ),
        (f"t,sigma_S_cm{POINTS}", 1, r"or declare temperature: \{column: ..., unit: K\}"),
        (
            f"T_K,rho (ohm cm){POINTS}",
            1,
            'no column is understood as the conductivity; the columns are "T_K", "rho (ohm',
        ),
        (
            "T (K),1000/T,sigma_S_cm\n300,3.3,1\n",
            1,
            '2 columns could be the temperature: "T (K)", "1000/T"; declare which',
        ),
        ("T_K,sigma_S_m,sigma_S_cm\n3,1,1\n", 1, r'declare which, as in conductivity: \{column: "sigma_S_m"\}'),
        ("T_K,exclude,exclude,sigma_S_cm\n3,,,1\n", 1, 'the column "exclude" occurs twice; keep one'),
    ],
)
def test_faults_of_a_file(tmp_path, text, row, message):
    reading = read(tmp_path, text)
    assert reading.series == ()
    pattern = message if "\\" in message or ".*" in message else re.escape(message)
    pattern = pattern.replace("sigma*T", r"sigma\*T")
    found = [fault for fault in reading.faults if re.search(pattern, fault.reason)]
    assert [(fault.file, fault.row, fault.series) for fault in found] == [("my.csv", row, None)], reasons(reading)


def test_both_columns_are_told_at_once(tmp_path):
    assert [fault.reason.split(" does")[0] for fault in read(tmp_path, "T,log σ\n1,2\n").faults] == [
        'column "T"',
        'column "log σ"',
        'column "log σ"',
    ]


def test_a_missing_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (fault,) = read_conductivity_table("none.csv").faults
    assert str(fault) == f"none.csv: cannot be read: No such file or directory (looked for from {tmp_path})"


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (
            {"temperature": {"column": "T_k"}},
            '"T_k", declared for the temperature, is not there; .* did you mean "T_K"',
        ),
        (
            {"series": ["doi"]},
            '"doi", declared for the series, is not there; the columns are "T_K", "sigma_S_cm", "x", "x"$',
        ),
        ({"conductivity": {"column": "x"}}, '"x", declared for the conductivity, occurs 2 times; rename all but one'),
        (
            {"conductivity": {"column": "T_K", "unit": "S/m"}},
            '"T_K" cannot be both the temperature and the conductivity',
        ),
    ],
)
def test_declared_columns_that_are_not_there(tmp_path, declared, message):
    reading = read(tmp_path, "T_K,sigma_S_cm,x,x\n300,1,1,1\n", declared)
    assert reading.series == ()
    assert re.search(message, reading.faults[0].reason)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"temperature": {"unit": "F"}}, r"temperature.unit must be 'K', 'degC', '1000/K' or '1/K', got 'F'"),
        ({"conductivity": {"scale": "log"}}, r"conductivity.scale must be 'linear', 'ln' or 'log10', got 'log'"),
        ({"conductivity": {"quantity": "rho"}}, r"conductivity.quantity must be 'sigma' or 'sigma_T', got 'rho'"),
        ({"conductivity": {"base": 10}}, r"a key of conductivity must be 'column', .* got 'base'"),
        ({"temprature": {}}, r"a key of the declared columns must be 'temperature', .* got 'temprature'"),
    ],
)
def test_a_wrong_declaration(tmp_path, declared, message):
    with pytest.raises(ValueError, match=message):
        read(tmp_path, SERIES, declared)


# Faults of rows -------------------------------------------------------------------------------------------------------

HEAD = "T_K,sigma_S_cm\n300,1e-5\n310,2e-5\n"
CELSIUS = "T (°C),sigma_S_cm\n20,1e-5\n30,2e-5\n"
INVERSE = "1000/T,sigma_S_cm\n3.3,1e-5\n3.2,2e-5\n"


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        (HEAD + "n.a.,3e-5\n", 4, "\"T_K\" must be a number such as 1.5e-4, got 'n.a.'"),
        (HEAD + "320,1.5x10^-4\n", 4, "\"sigma_S_cm\" must be a number such as 1.5e-4, got '1.5x10^-4'"),
        (HEAD + "3_20,1\n", 4, "must be a number such as 1.5e-4, got '3_20'"),
        (CELSIUS + "25 C,3e-5\n", 4, "\"T (°C)\" must be a number alone, got '25 C'; the unit belongs into the header"),
        (HEAD + "320,3e-5 S/cm\n", 4, "\"sigma_S_cm\" must be a number alone, got '3e-5 S/cm'; the unit belongs into"),
        (
            HEAD + '320,"1,5e-4"\n',
            4,
            "must have a decimal point, got '1,5e-4'; write 1.5e-4, or separate by semicolons",
        ),
        (
            HEAD + "320,1,5e-4\n",
            4,
            "3 cells but 2 columns; is there a comma inside a cell or a decimal comma; with decimal",
        ),
        (HEAD.replace(",", ";") + "320;1;5e-4\n", 4, "3 cells but 2 columns; is there a semicolon inside a cell?"),
        (
            HEAD.replace(",", ";") + "320.5;1\n330;1,5e-4\n",
            5,
            "is '1,5e-4', while most cells have decimal points; write",
        ),
        ("T_K;sigma_S_cm\n300,5;1,5\n310;1.5\n", 3, "is '1.5', while most cells have decimal commas; write 1,5"),
        ("T_K;sigma_S_cm\n300,5;1,5\n1.310,5;1,6\n", 3, "must be a number such as 1.5e-4, got '1.310,5'"),
        (HEAD + "nan,3e-5\n", 4, "\"T_K\" must be a finite number, got 'nan'"),
        (HEAD + "320,-inf\n", 4, "\"sigma_S_cm\" must be a finite number, got '-inf'"),
        (HEAD + "1e999,1\n", 4, "\"T_K\" must be a finite number, got '1e999'"),
        (HEAD + "0,3e-5\n", 4, "\"T_K\" must be above 0 K, got '0'"),
        (CELSIUS + "-273.15,3e-5\n", 4, "\"T (°C)\" must be above -273.15 degC, got '-273.15'"),
        (INVERSE + "0,3e-5\n", 4, "\"1000/T\" must be above 0, got '0'"),
        (INVERSE + "-3.1,3e-5\n", 4, "\"1000/T\" must be above 0, got '-3.1'"),
        (INVERSE + "1e-310,3e-5\n", 4, "\"1000/T\" must be the inverse of a temperature, got '1e-310'"),
        (
            HEAD + "320,0\n",
            4,
            "\"sigma_S_cm\" must be above 0 on a linear scale, got '0'; where it is a logarithm, write ln(",
        ),
        (HEAD + "320,-4.5\n", 4, "must be above 0 on a linear scale, got '-4.5'"),
        (
            HEAD.replace("sigma_S_cm", "log10(sigma / S cm^-1)") + "320,1e308\n",
            4,
            "must be the logarithm of a conductivity",
        ),
        (HEAD + "320\n", 4, '"sigma_S_cm" is missing; write it, or say why the row is kept out in a column "exclude"'),
        (HEAD + ",3e-5\n", 4, '"T_K" is missing'),
        (HEAD + '320,"3e-5\n330,1\n', 4, 'a quotation mark is not closed in its line; write a cell as "..."'),
        ("T_K,sigma_S_cm\n300,1e-5\n", None, "only one point, 300 K (row 2); two temperatures are needed at least"),
        ("T_K,sigma_S_cm\n300,1e-5\n300,2e-5\n", None, "all points at one temperature, 300 K (rows 2, 3)"),
    ],
)
def test_faults_of_rows(tmp_path, text, row, message):
    reading = read(tmp_path, text)
    assert reading.series == ()
    (fault,) = reading.faults
    assert (fault.file, fault.row, fault.series) == ("my.csv", row, "my")
    assert message in fault.reason
    assert str(fault).startswith("my.csv:4: my: " if row == 4 else "my.csv:")


def test_cells_with_units_of_their_own(tmp_path):
    text = "T_K,sigma_S_cm\n298 K,1e-5\n310,2e-5\n25 °C,2e-5\n320 K,3e-5\n"
    assert reasons(read(tmp_path, text)) == [
        "my.csv:2: my: \"T_K\" must be a number alone, got '298 K'; the unit belongs into the header",
        "my.csv:4: my: \"T_K\" must be a number alone, got '25 °C'; the unit belongs into the header",
        "my.csv:5: my: \"T_K\" must be a number alone, got '320 K'; the unit belongs into the header",
        'my.csv: my: "T_K" mixes units (K in rows 2, 5; °C in row 4); convert them to one',
    ]


def test_all_faulty_cells_of_a_series_are_told_and_the_others_go_on(tmp_path):
    text = SERIES + "B,2,-1,0\nB,2,x,1e-5\n,2,300,1\nC,2,300,1\nA,1,300,1,9\nZ,1,300,1,9\n"
    reading = read(tmp_path, text)
    assert [series.name for series in reading.series] == []
    assert [(fault.row, fault.series) for fault in reading.faults] == [
        (8, "my: B"),
        (8, "my: B"),
        (9, "my: B"),
        (10, None),
        (12, "my: A"),
        (13, None),
        (None, "my: C"),
    ]
    reading = read(tmp_path, SERIES + "B,2,x,1e-5\n,2,300,1\n")
    assert [series.name for series in reading.series] == ["my: A"]
    assert reading.faults[1].reason == '"Composition" is missing, so that the row belongs to no series; write it'


def test_mending_a_series_renames_no_other(tmp_path):
    text = "sample,T_K,sigma_S_cm\na b,300,{}\na b,310,1\na-b,300,1\na-b,310,2\n"
    mended, broken = (read(tmp_path, text.format(cell)).series[-1] for cell in ("2", "x"))
    assert (mended.name, mended.slug) == (broken.name, broken.slug) == ("my: a-b", "my-a-b-2")


# Folders --------------------------------------------------------------------------------------------------------------


def test_a_folder(tmp_path):
    good = table({"T_K": TEMPERATURE_K, "sigma_S_cm": SIGMA})
    for name in ("b.CSV", "a.tsv", "c.dat", "d.txt", ".hidden.csv", "notes.md", "~$b.csv"):
        (tmp_path / name).write_text(good.replace(",", "\t") if name == "a.tsv" else good, encoding="utf-8")
    (tmp_path / "bad.csv").write_text("T,sigma\n1,2\n", encoding="utf-8")
    (tmp_path / "old.csv").mkdir()
    reading = read_conductivity_folder(tmp_path)
    assert [series.file for series in reading.series] == ["a.tsv", "b.CSV", "c.dat", "d.txt"]
    assert {fault.file for fault in reading.faults} == {"bad.csv"}
    assert reading.skipped == ("notes.md", "old.csv")
    for series in reading.series:
        assert_same_numbers(series)


def test_folders_without_tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    looked = rf"\(looked for from {re.escape(str(tmp_path))}\)"
    with pytest.raises(ValueError, match=rf"folder none {looked}: cannot be read: No such file or directory"):
        read_conductivity_folder("none")
    Path("empty").mkdir()
    with pytest.raises(ValueError, match=rf"folder empty {looked}: no table \(\*.csv, .*\); it is empty"):
        read_conductivity_folder("empty")
    Path("empty/data.xlsx").touch()
    with pytest.raises(ValueError, match=r"it holds only data.xlsx"):
        read_conductivity_folder("empty")
    with pytest.raises(ValueError, match="cannot be read: Not a directory"):
        read_conductivity_folder("empty/data.xlsx")


# What the project ships -----------------------------------------------------------------------------------------------


def test_the_garnets():
    reading = read_conductivity_table(GARNETS, BY_PAPER)
    assert reading.faults == ()
    with GARNETS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    kept: dict[tuple[str, str], set[float]] = {}
    for row in rows:
        if not row["exclude"]:
            kept.setdefault((row["composition"], row["doi"]), set()).add(float(row["T_degC"]))
    counts = [len(np.unique(series.temperature_K)) for series in reading.series]
    assert sorted(counts) == sorted(map(len, kept.values()))
    assert [sum(count >= least for count in counts) for least in (2, 3, 4)] == [38, 25, 13]
    assert len(rows) == 203
    assert sum(len(series.rows) for series in reading.series) == sum(not row["exclude"] for row in rows) == 126
    assert not any(series.warnings for series in reading.series)

    (tantalum,) = (one for one in read_conductivity_table(GARNETS).series if one.name.endswith(": Li5La3Ta2O12"))
    assert len(tantalum.rows) == 10
    coldest = int(np.argmin(tantalum.temperature_K))
    assert tantalum.temperature_K[coldest] == pytest.approx(288.15)
    assert math.exp(tantalum.log_conductivity[coldest]) == pytest.approx(1.31e-6)


def test_quoted_numbers_are_numbers():
    path = GARNETS.with_name("garnet_quoted.csv")
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    assert len(rows) == 28
    for row in rows:
        assert float(row["value"]) > 0
        assert row["unit"] in ("S/cm", "eV", "degC")
        assert row["doi"].startswith("10.")
        assert row["obtained_from"] and row["licence"]
        assert row["temperature_degC"] == "" or math.isfinite(float(row["temperature_degC"]))


def test_the_examples():
    reading = read_conductivity_folder(EXAMPLES)
    assert reading.faults == reading.skipped == ()
    assert [series.slug for series in reading.series] == [
        "pellet_a",
        "pellet_b",
        "two_samples-sintered-6-h",
        "two_samples-sintered-24-h",
    ]
    assert not any(series.warnings for series in reading.series)
    assert all("Synthetic" in path.read_text(encoding="utf-8").splitlines()[0] for path in EXAMPLES.iterdir())
    straight = reading.series[1]
    slope = np.polyfit(
        1 / (8.617333262e-5 * straight.temperature_K), straight.log_conductivity + np.log(straight.temperature_K), 1
    )[0]
    assert slope == pytest.approx(-0.38, abs=0.005)


@pytest.mark.parametrize(
    "header", ["time (s)", "t", "t_c", "log T", "T_g (K)", "dT (K)", "sigma_err (S/cm)", "-log10(sigma)"]
)
def test_headers_that_name_something_else(header):
    assert read_heading(header).role == "other"


@given(st.text(max_size=30))
def test_no_header_breaks_the_reading(header):
    assert read_heading(header).role in ("temperature", "conductivity", "series", "exclude", "other")


@given(st.binary(max_size=200), st.integers(0, 5))
def test_no_bytes_break_the_reading(tmp_path_factory, content, position):
    good = SERIES.encode()
    for mixed in (content, good[: 12 * position] + content + good[12 * position :]):
        reading = read(tmp_path_factory.getbasetemp(), mixed)
        assert reading.series or reading.faults or reading.notes
        assert all(np.isfinite(one.log_conductivity).all() for one in reading.series)


def test_long_tables_are_read(tmp_path):
    rows = [f"{300 + 0.01 * i},{1e-5 + 1e-8 * i}" for i in range(20_000)]
    assert len(only_series(read(tmp_path, "T_K,sigma_S_cm\n" + "\n".join(rows))).rows) == 20_000
