"""The configuration is read strictly: every trap is refused in words, all faults at once, each with its place."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline import configuration, strict_yaml
from pipeline.configuration import (
    ConfigurationError,
    Place,
    canonical_json,
    load,
    merge,
    read_yaml,
    schema_keys,
    section,
    validate,
)
from pipeline.schema_faults import _yaml_number

SCHEMA = """\
type: object
additionalProperties: false
required: [superionic]
properties:
  superionic:
    description: The mean-field study
    type: object
    additionalProperties: false
    required: [mean_field]
    properties:
      mean_field:
        type: object
        additionalProperties: false
        required: [tolerance, filling]
        properties:
          tolerance: {type: number, exclusiveMinimum: 0, maximum: 2}
          filling: {type: number, description: mean occupancy of a site}
          cells: {type: integer, minimum: 1}
          form: {enum: [corrected, printed], description: which form of the equation}
          temperature_K: {$ref: "#/$defs/range_K"}
  solver:
    type: object
    additionalProperties: false
    properties:
      step: {type: number}
      method: {type: string}
      damped: {type: boolean}
      values: {type: array, minItems: 1, maxItems: 3, uniqueItems: true, items: {type: number, minimum: 0}}
      start:
        description: first guess
        anyOf: [{const: auto}, {type: number, minimum: 0}]
  lattices:
    type: object
    propertyNames: {pattern: "^[a-z][a-z0-9_]*$"}
    additionalProperties:
      oneOf:
        - type: object
          additionalProperties: false
          required: [kind, sites]
          properties: {kind: {const: ring}, sites: {type: integer, minimum: 2}}
        - type: object
          additionalProperties: false
          required: [kind, edge_angstrom]
          properties: {kind: {const: cube}, edge_angstrom: {type: number, exclusiveMinimum: 0}}
$defs:
  range_K:
    type: object
    additionalProperties: false
    required: [start, stop]
    properties:
      start: {type: number, exclusiveMinimum: 0, description: temperature in K}
      stop: {type: number, exclusiveMinimum: 0, description: temperature in K}
"""

CONFIG = """\
superionic:
  mean_field:
    tolerance: 1.0e-9
    filling: 0.5
    temperature_K:
      start: 100
      stop: 900
"""


PARSERS = ["libyaml", "pure Python"] if yaml.__with_libyaml__ else ["pure Python"]


@pytest.fixture(params=PARSERS)
def write(request, tmp_path, monkeypatch):
    """Write a file in a fresh working directory; both YAML parsers must give the same answers."""
    if request.param == "pure Python":
        monkeypatch.setattr(strict_yaml, "Loader", yaml.SafeLoader)
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, text: str | bytes) -> Path:
        path = Path(name)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    write_file("schema.yaml", SCHEMA)
    write_file("config.yaml", CONFIG)
    return write_file


def told(call, *arguments, **options) -> list[str]:
    """The fault lines that a call raises."""
    with pytest.raises(ConfigurationError) as caught:
        call(*arguments, **options)
    head, *lines = str(caught.value).split("\n")
    assert head == f"{len(lines)} fault{'s' * (len(lines) != 1)} in the configuration:"
    assert all(line.startswith("  ") for line in lines)
    assert not any(word in str(caught.value) for word in ("Traceback", "<unicode string>", "<byte string>", "Error("))
    return [line.removeprefix("  ") for line in lines]


def told_of(text: str, schema: str = SCHEMA) -> list[str]:
    """The faults of one piece of YAML without a file, by a schema of which nothing is required."""
    rules = {key: value for key, value in yaml.safe_load(schema).items() if key != "required"}
    return told(validate, yaml.safe_load(text), rules)


# Reading


def test_lines_of_keys_and_items_are_kept(write):
    data, lines = read_yaml(write("a.yaml", "# head\na:\n  b: [1,\n    2]\n  c:\n    - d: x\n"))
    assert data == {"a": {"b": [1, 2], "c": [{"d": "x"}]}}
    assert lines[("a",)] == 2
    assert lines[("a", "b", 0)] == 3
    assert lines[("a", "b", 1)] == 4
    assert lines[("a", "c", 0, "d")] == 6


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: duplicate key, in line 1 and again in line 3; keep one"),
        ("s:\n  a: 1\n  a: 1\n", "f.yaml:3: s.a: duplicate key, in line 2 and again in line 3; keep one"),
        ("s: [{a: 1, a: 2}]\n", "f.yaml:1: s[0].a: duplicate key, twice in line 1; keep one"),
        ("a: 010\n", "f.yaml:1: a: got 010, which YAML reads in base 8 as 8; write 10 or 8"),
        ("a: -0_17\n", "f.yaml:1: a: got -0_17, which YAML reads in base 8 as -15; write -17 or -15"),
        ("a: 00\n", "f.yaml:1: a: got 00, which YAML reads in base 8 as 0; write 0"),
        ("t:\n- 1:30\n", "f.yaml:2: t[0]: got 1:30, which YAML reads in base 60 as 90; write 90 or '1:30'"),
        ("a: 1:30.5\n", "f.yaml:1: a: got 1:30.5, which YAML reads in base 60 as 90.5; write 90.5 or '1:30.5'"),
        ("a: .nan\n", "f.yaml:1: a: got .nan, must be a finite number"),
        ("a: [0, -.inf]\n", "f.yaml:1: a[1]: got -.inf, must be a finite number"),
        ("a: 1.0e+999\n", "f.yaml:1: a: got 1.0e+999, must be a finite number"),
        ("a: 2020-01-31\n", "f.yaml:1: a: got 2020-01-31, which YAML reads as a date; quote it if text is meant"),
        ("a: !!python/name:os.system x\n", "f.yaml:1: a: the tag !!python/name:os.system is not allowed"),
        ("a: !mine {b: 1}\n", "f.yaml:1: a: the tag !mine is not allowed"),
        ("a: !!int x\n", "f.yaml:1: a: got 'x', which YAML cannot read as int"),
        ("s:\n  on: 1\n", "f.yaml:2: s: the key 'on' is not text in YAML; quote or rename it"),
        ("300: 1\n", "f.yaml:1: the key '300' is not text in YAML; quote or rename it"),
        ("? [1, 2]\n: 1\n", "f.yaml:1: the key that is a list or mapping is not text in YAML; quote or rename it"),
        ("a: &x {b: 1}\nc: {<<: *x}\n", "f.yaml:2: c: merge keys (<<) are not supported; write the keys out"),
        ("a: &x [*x]\n", "f.yaml:1: a[0]: an alias (*) stands inside its own anchor (&)"),
        ("- 1\n- 2\n", "f.yaml:1: the top level must be a mapping (key: value)"),
        ("just text\n", "f.yaml:1: the top level must be a mapping (key: value)"),
        ("", "f.yaml: the file is empty or holds only comments; at least one key is needed"),
        ("# a: 1\n", "f.yaml: the file is empty or holds only comments; at least one key is needed"),
        (b"a: 1\nb: caf\xe9\n", "f.yaml:2: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), "f.yaml:1: byte 0xff is not UTF-8; save the file as UTF-8"),
        ("a: 1\nb: \x07\n", "f.yaml:2: not valid YAML: control character '\\x07'"),
    ],
)
def test_what_yaml_hides_is_refused(write, text, line):
    assert told(read_yaml, write("f.yaml", text)) == [line]


@pytest.mark.parametrize(
    ("text", "number", "words"),
    [
        ("a: [1, 2\nb: 3\n", 2, "flow sequence"),
        ("a: 1\n b: 2\n", 2, "mapping values are not allowed"),
        ("a:\n\tb: 1\n", 2, "indent with spaces, not tabs"),
        ("a: 'open\n", 2, "quoted scalar"),
        ("a: *nowhere\n", 1, "undefined alias"),
        ("a: 1\n---\nb: 2\n", 2, "single document"),
    ],
)
def test_syntax_errors_take_one_line(write, text, number, words):
    (line,) = told(read_yaml, write("f.yaml", text))
    assert line.startswith(f"f.yaml:{number}: not valid YAML: ")
    assert words in line


def test_missing_file_and_directory_are_named(write):
    assert told(read_yaml, "no/such.yaml") == ["no/such.yaml: cannot be read: No such file or directory"]
    assert told(read_yaml, ".") == [".: cannot be read: Is a directory"]


def test_harmless_yaml_is_read_as_usual(write):
    text = "\ufeffa: &x [1, 2.5e-3, 0x10, 1_000]\nb: *x\nc: null\nd: 'on'\ne: {}\nf: '010'\ng: Å — σ(T)\nh: 2.0e+3\n"
    data, _ = read_yaml(write("f.yaml", text))
    assert data == yaml.safe_load(text)


def test_all_faults_of_a_file_are_told_in_one_message(write):
    lines = told(read_yaml, write("f.yaml", "a: 010\na: 1\nb: .inf\nc: 1:30\n"))
    assert [line.split(":")[1] for line in lines] == ["1", "2", "3", "4"]


# Merging


def test_merge_goes_into_mappings_and_replaces_lists():
    base = {"a": {"b": [1, 2, 3], "c": 1}, "d": 1}
    overlays = {"a": {"b": [9]}, "e": {"f": 1}}, {"d": {"x": 1}, "a": {"c": None}}
    assert merge(base, *overlays) == {"a": {"b": [9], "c": None}, "d": {"x": 1}, "e": {"f": 1}}
    assert base == {"a": {"b": [1, 2, 3], "c": 1}, "d": 1}


def test_merge_shares_nothing_with_its_arguments():
    base, overlay = {"a": {"b": [1]}}, {"c": {"d": [2]}}
    merged = merge(base, overlay)
    merged["a"]["b"].append(5)
    merged["c"]["d"].append(5)
    assert (base, overlay) == ({"a": {"b": [1]}}, {"c": {"d": [2]}})


def test_merge_agrees_with_snakemake():
    snakemake_utils = pytest.importorskip("snakemake.utils")
    base = {"a": {"b": {"c": 1, "d": [1, 2]}}, "e": 5, "f": {"g": 1}}
    overlay = {"a": {"b": {"d": [3], "h": {"i": 1}}}, "e": {"j": 1}, "f": 2}
    theirs = merge(base)
    snakemake_utils.update_config(theirs, overlay)
    assert merge(base, overlay) == theirs


# Loading


def test_good_configuration_comes_back_merged(write):
    write("overlay.yaml", "superionic: {mean_field: {temperature_K: {stop: 500}}}\n")
    config = load(["config.yaml", "overlay.yaml"], "schema.yaml", overrides={"solver": {"values": ["1", "2.5"]}})
    assert config["superionic"]["mean_field"]["temperature_K"] == {"start": 100, "stop": 500}
    assert config["solver"] == {"values": [1, 2.5]}


def test_each_fault_names_the_file_that_set_the_value(write):
    write("config.yaml", CONFIG.replace("1.0e-9", "1e-9").replace("100", "-5"))
    write("overlay.yaml", "superionic:\n  mean_field:\n    filing: 0.5\n    cells: 8.0\n")
    overrides = {"superionic": {"mean_field": {"form": "printd"}}}
    assert told(load, ["config.yaml", "overlay.yaml"], "schema.yaml", overrides=overrides) == [
        "config.yaml:3: superionic.mean_field.tolerance: got '1e-9' (text in YAML: write 1.0e-9), "
        "must be a number > 0 and <= 2",
        "config.yaml:6: superionic.mean_field.temperature_K.start: got -5, must be > 0 (temperature in K)",
        "overlay.yaml:3: superionic.mean_field.filing: unknown key; did you mean 'filling'?",
        "overlay.yaml:4: superionic.mean_field.cells: got 8.0 (write 8), must be a whole number >= 1",
        "--config: superionic.mean_field.form: got 'printd', must be one of 'corrected', 'printed'; "
        "did you mean 'printed'? (which form of the equation)",
    ]


def test_the_last_file_answers_for_a_value(write):
    write("overlay.yaml", "superionic:\n  mean_field: {tolerance: 3}\n")
    (line,) = told(load, ["config.yaml", "overlay.yaml"], "schema.yaml")
    assert line == "overlay.yaml:2: superionic.mean_field.tolerance: got 3, must be > 0 and <= 2"
    overridden = {"superionic": {"mean_field": {"tolerance": 1}}}
    assert load(["config.yaml", "overlay.yaml"], "schema.yaml", overrides=overridden)["superionic"]


def test_faults_of_reading_and_of_validation_come_together_and_once(write):
    write("config.yaml", CONFIG + "solver:\n  step: .nan\n  values: []\n  values: [1]\n  method: 010\n")
    assert told(load, ["config.yaml"], "schema.yaml") == [
        "config.yaml:9: solver.step: got .nan, must be a finite number",
        "config.yaml:11: solver.values: duplicate key, in line 10 and again in line 11; keep one",
        "config.yaml:12: solver.method: got 010, which YAML reads in base 8 as 8; write 10 or 8",
    ]


def test_unreadable_files_are_all_named_without_calling_their_keys_missing(write):
    write("overlay.yaml", "")
    lines = told(load, ["nothing.yaml", "overlay.yaml"], "schema.yaml")
    assert [line.split(":")[0] for line in lines] == ["nothing.yaml", "overlay.yaml"]


def test_a_broken_schema_is_named(write):
    write("schema.yaml", "type: object\ntype: object\n")
    assert told(load, ["config.yaml"], "schema.yaml")[0].startswith("schema.yaml:2: type: duplicate key")


def test_missing_keys_name_the_file_and_what_is_wanted(write):
    write("config.yaml", "superionic:\n  mean_field:\n    tolerance: 1\n")
    assert told(load, ["config.yaml"], "schema.yaml") == [
        "config.yaml:2: superionic.mean_field.filling: missing; must be a number (mean occupancy of a site)"
    ]
    write("config.yaml", "solver: {}\n")
    assert told(load, ["config.yaml"], "schema.yaml") == [
        "config.yaml: superionic: missing; must be a mapping of keys (The mean-field study)"
    ]


def test_a_misspelt_key_is_not_called_missing_too(write):
    write("config.yaml", CONFIG.replace("filling", "filing"))
    assert told(load, ["config.yaml"], "schema.yaml") == [
        "config.yaml:4: superionic.mean_field.filing: unknown key; did you mean 'filling'?"
    ]


def test_command_line_text_is_read_as_numbers_booleans_and_null(write):
    # Snakemake's --config leaves every scalar inside a mapping as text.
    given_values = {"step": "1e-3", "damped": "True", "values": ["3", "0.5"], "method": "newton"}
    config = load(["config.yaml"], "schema.yaml", overrides={"solver": given_values})
    assert config["solver"] == {"step": 1e-3, "damped": True, "values": [3, 0.5], "method": "newton"}
    assert isinstance(config["solver"]["values"][0], int)
    assert told(load, ["config.yaml"], "schema.yaml", overrides={"solver": {"step": "nan", "method": "null"}}) == [
        "--config: solver.step: got nan, must be a finite number",
        "--config: solver.method: got nothing (null), must be text",
    ]
    assert told(load, ["config.yaml"], "schema.yaml", overrides={"solvr": 1}) == [
        "--config: solvr: unknown key; did you mean 'solver'?"
    ]


def test_files_inside_the_working_directory_are_named_relative_to_it(write):
    path = write("f.yaml", "a: .nan\n").resolve()
    assert told(read_yaml, path) == ["f.yaml:1: a: got .nan, must be a finite number"]


# Schema faults in words


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("solver: {step: true}", "solver.step: got true, must be a number"),
        ("solver: {step: fast}", "solver.step: got 'fast', must be a number"),
        ("solver: {step: 1e3}", "solver.step: got '1e3' (text in YAML: write 1000), must be a number"),
        ("solver: {step: 1.5e30}", "solver.step: got '1.5e30' (text in YAML: write 1.5e+30), must be a number"),
        ("solver: {step: '5'}", "solver.step: got '5' (text in YAML: write 5), must be a number"),
        ("solver: {step: }", "solver.step: got nothing (null), must be a number"),
        ("solver: {step: [1]}", "solver.step: got [1], must be a number"),
        ("solver: {damped: 1}", "solver.damped: got 1, must be true or false"),
        (
            "solver: {method: no}",
            "solver.method: got false (YAML reads yes, no, on and off as true and false: quote text), must be text",
        ),
        ("solver: {method: 5}", "solver.method: got 5 (a number in YAML: write '5'), must be text"),
        ("solver: {values: []}", "solver.values: got an empty list; at least 1 value is needed"),
        ("solver: {values: [1, 2, 3, 4]}", "solver.values: got [1, 2, 3, 4] (4); at most 3 values are allowed"),
        ("solver: {values: [1, 2, 1]}", "solver.values: got [1, 2, 1], holds 1 more than once; the values must differ"),
        ("solver: {values: [1, -2]}", "solver.values[1]: got -2, must be >= 0"),
        ("solver: {values: 5}", "solver.values: got 5 (write [5]), must be a list"),
        ("solver: {zzz: 1}", "solver.zzz: unknown key; known here: step, method, damped, values, start"),
        ("solver: {Step: 1}", "solver.Step: unknown key; did you mean 'step'?"),
        ("solver: {tolerance: 1}", "solver.tolerance: unknown key here; it belongs to superionic.mean_field.tolerance"),
        ("solver: 3", "solver: got 3, must be a mapping of keys"),
        (
            "solver: {start: atuo}",
            "solver.start: got 'atuo', must be 'auto' or a number >= 0; did you mean 'auto'? (first guess)",
        ),
        ("solver: {start: -1}", "solver.start: got -1, must be >= 0 (first guess)"),
        (
            "solver: {start: 1e-3}",
            "solver.start: got '1e-3' (text in YAML: write 0.001), must be 'auto' or a number >= 0 (first guess)",
        ),
        (
            "lattices: {Big-1: {kind: ring, sites: 4}}",
            "lattices.Big-1: this name is not allowed; must be lower-case letters, digits and underscores, "
            "beginning with a letter",
        ),
        ("lattices: {a: {kind: ring, sites: 1}}", "lattices.a.sites: got 1, must be >= 2"),
        ("lattices: {a: {kind: cube, edge_angstrom: x}}", "lattices.a.edge_angstrom: got 'x', must be a number > 0"),
        (
            "lattices: {a: {kind: cub, edge_angstrom: 1}}",
            "lattices.a.kind: got 'cub', must be one of 'ring', 'cube'; did you mean 'cube'?",
        ),
        ("lattices: {a: {edge_angstrom: 1}}", "lattices.a.kind: missing; must be 'cube'"),
        ("lattices: {a: 5}", "lattices.a: got 5, must be a mapping of keys"),
    ],
)
def test_a_breach_of_the_schema_is_told_in_words(text, line):
    assert told_of(text) == [line]


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        ("{type: integer}", 8.0, "got 8.0 (write 8), must be a whole number"),
        ("{type: integer}", 8.5, "got 8.5, must be a whole number"),
        ("{type: integer}", True, "got true, must be a whole number"),
        ("{type: integer}", "1e6", "got '1e6' (text in YAML: write 1000000), must be a whole number"),
        ("{type: [number, 'null']}", "x", "got 'x', must be a number or null"),
        ("{enum: [300, 400]}", "300", "got '300' (text in YAML: write 300), must be one of 300, 400"),
        ("{enum: ['1', '2']}", 1, "got 1 (a number in YAML: write '1'), must be one of '1', '2'"),
        ("{type: string, enum: [bcc, fcc]}", "BCC", "got 'BCC', must be one of 'bcc', 'fcc'; did you mean 'bcc'?"),
        ("{const: 2}", 3, "got 3, must be 2"),
        ("{exclusiveMinimum: 0, exclusiveMaximum: 1}", 1.5, "got 1.5, must be > 0 and < 1"),
        ("{type: number, multipleOf: 5}", 3, "got 3, must be a multiple of 5"),
        ("{type: string, minLength: 1}", "", "got an empty text; at least 1 character is needed"),
        ("{type: string, pattern: '^a+$'}", "b", "got 'b', must be of the form ^a+$"),
        ("{type: object, minProperties: 1}", {}, "got an empty mapping; at least 1 key is needed"),
        ("{type: array, minItems: 2}", [1], "got [1] (1); at least 2 values are needed"),
        ("{prefixItems: [{}, {}], items: false}", [1, 2, 3], "got [1, 2, 3] (3); at most 2 values are allowed"),
        ("{type: object, additionalProperties: false}", 5, "got 5, must be a mapping of keys"),
        ("false", 5, "got 5, but this key is not allowed here"),
        ("{not: {type: number}}", 5, "got 5, breaks the rule not: a mapping"),
        ("{oneOf: [{type: number}, {type: integer}]}", 5, "got 5, which fits more than one of the forms allowed here"),
        ("{type: number}", math.inf, "got inf, must be a finite number"),
        ("{}", math.nan, "got nan, must be a finite number"),
        ("{type: number, maximum: 3}", math.inf, "got inf, must be a finite number"),
    ],
)  # fmt: skip
def test_each_rule_has_its_words(rule, value, message):
    schema = {"properties": {"x": yaml.safe_load(rule)}}
    assert told(validate, {"x": value}, schema) == [f"x: {message}"]


def test_names_by_pattern_are_explained():
    schema = {"patternProperties": {"^[a-z][a-z0-9_]*$": {"type": "number"}}, "additionalProperties": False}
    assert told(validate, {"bcc": 1, "3d": 1, "fcc": "x"}, schema) == [
        "fcc: got 'x', must be a number",
        "3d: this name is not allowed; must be lower-case letters, digits and underscores, beginning with a letter",
    ]


def test_a_key_that_is_not_allowed_anywhere():
    schema = {"type": "object", "properties": {"x": {"type": "object", "additionalProperties": False}}}
    assert told(validate, {"x": {"y": 1}}, schema) == ["x.y: unknown key; no keys are allowed here"]


def test_unevaluated_keys_get_a_line_each():
    schema = {"allOf": [{"properties": {"a": {}}}], "properties": {"b": {}}, "unevaluatedProperties": False}
    assert told(validate, {"a": 1, "b": 1, "x": 1, "y": 1}, schema) == [
        "x: unknown key; known here: b",
        "y: unknown key; known here: b",
    ]


def test_the_description_beside_a_reference_goes_first():
    schema = {
        "$defs": {"positive": {"type": "number", "exclusiveMinimum": 0, "description": "any"}},
        "properties": {
            "a": {"$ref": "#/$defs/positive", "description": "barrier in eV"},
            "b": {"$ref": "#/$defs/positive"},
        },
    }
    assert told(validate, {"a": -1, "b": -1}, schema) == [
        "a: got -1, must be > 0 (barrier in eV)",
        "b: got -1, must be > 0 (any)",
    ]


def test_rules_under_if_and_then_are_told():
    schema = {
        "if": {"properties": {"kind": {"const": "ring"}}},
        "then": {"properties": {"n": {"minimum": 3, "description": "sites"}}, "required": ["n"]},
    }
    assert told(validate, {"kind": "ring", "n": 2}, schema) == ["n: got 2, must be >= 3 (sites)"]
    assert told(validate, {"kind": "ring"}, schema) == ["n: missing; must be >= 3 (sites)"]


def test_a_long_description_is_shown_by_its_first_clause_or_not_at_all():
    def schema(description):
        return {"properties": {"x": {"type": "number", "description": description}}}

    long = "words " * 20
    assert told(validate, {"x": "a"}, schema(f"barrier in eV; {long}")) == [
        "x: got 'a', must be a number (barrier in eV)"
    ]
    assert told(validate, {"x": "a"}, schema(long)) == ["x: got 'a', must be a number"]


def test_a_key_that_another_value_forbids():
    schema = {"properties": {"kind": {}}, "if": {"required": ["kind"]}, "then": {"properties": {"n": False}}}
    assert told(validate, {"kind": 1, "n": 2}, schema) == ["n: got 2, but this key is not allowed here"]
    assert validate({"n": 2}, schema) is None


def test_long_values_are_cut():
    (line,) = told(validate, {"x": list(range(1000))}, {"properties": {"x": {"type": "number"}}})
    assert "[0, 1, 2" in line
    assert len(line) < 100


def test_sources_may_be_given_by_hand():
    schema = {"properties": {"x": {"type": "array", "items": {"type": "number"}}}}
    sources = {("x",): Place("mine.yaml", 4)}
    assert told(validate, {"x": [1, "a"]}, schema, sources) == ["mine.yaml:4: x[1]: got 'a', must be a number"]


def test_good_data_pass_in_silence():
    assert validate(yaml.safe_load(CONFIG), yaml.safe_load(SCHEMA)) is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_number_that_a_hint_shows_is_read_back_by_yaml(number):
    read = yaml.safe_load(_yaml_number(number))
    assert type(read) in (int, float)
    assert read == number


# Semantic checks


def start_below_stop(data):
    span = data["superionic"]["mean_field"]["temperature_K"]
    if span["start"] >= span["stop"]:
        path = ("superionic", "mean_field", "temperature_K", "stop")
        yield path, f"got {span['stop']}, must be > start ({span['start']})"


def test_checks_speak_for_what_a_schema_cannot_say(write):
    assert load(["config.yaml"], "schema.yaml", checks=[start_below_stop])
    write("config.yaml", CONFIG.replace("900", "50"))
    assert told(load, ["config.yaml"], "schema.yaml", checks=[start_below_stop]) == [
        "config.yaml:7: superionic.mean_field.temperature_K.stop: got 50, must be > start (100)"
    ]


def test_checks_run_beside_schema_faults_and_do_not_stumble_over_them(write):
    write("config.yaml", CONFIG.replace("900", "50").replace("0.5", "half"))
    lines = told(load, ["config.yaml"], "schema.yaml", checks=[start_below_stop])
    assert [line.split(":")[1] for line in lines] == ["4", "7"]
    write("config.yaml", CONFIG.replace("900", "hot"))
    assert told(load, ["config.yaml"], "schema.yaml", checks=[start_below_stop]) == [
        "config.yaml:7: superionic.mean_field.temperature_K.stop: got 'hot', must be a number > 0 (temperature in K)"
    ]


def test_a_check_that_fails_on_sound_data_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        validate({}, {}, checks=[lambda data: [1 / 0]])


# Sections, keys, canonical text


def test_section_copies_what_a_rule_depends_on():
    config = {"a": {"b": {"c": [1]}, "d": 2}}
    block = section(config, "a.b", "a.d")
    assert block == {"a.b": {"c": [1]}, "a.d": 2}
    block["a.b"]["c"].append(5)
    assert config["a"]["b"]["c"] == [1]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("a.x.c", "no section 'a.x.c' in the configuration: 'a' holds b, d"),
        ("z", "no section 'z' in the configuration: the top level holds a"),
        ("a.d.e", "no section 'a.d.e' in the configuration: 'a.d' is 2"),
    ],
)
def test_an_absent_section_is_named_with_what_there_is(path, message):
    with pytest.raises(LookupError) as caught:
        section({"a": {"b": {}, "d": 2}}, path)
    assert str(caught.value) == message


def test_schema_keys_follow_references_and_alternatives():
    keys = dict(schema_keys(yaml.safe_load(SCHEMA)))
    assert keys["superionic"] == "The mean-field study"
    assert keys["superionic.mean_field.temperature_K.start"] == "temperature in K"
    assert keys["superionic.mean_field.tolerance"] is None
    assert {"lattices.*", "lattices.*.sites", "lattices.*.edge_angstrom"} <= keys.keys()


def test_schema_keys_go_into_lists_and_stop_at_recursion():
    schema = {
        "$defs": {"tree": {"properties": {"leaf": {"description": "l"}, "below": {"$ref": "#/$defs/tree"}}}},
        "properties": {"forest": {"items": {"$ref": "#/$defs/tree"}}},
    }
    assert dict(schema_keys(schema)) == {"forest": None, "forest[].leaf": "l", "forest[].below": None}


def test_error_survives_pickling():
    with pytest.raises(ConfigurationError) as caught:
        validate({"x": "a"}, {"properties": {"x": {"type": "number"}}})
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert isinstance(again, ValueError)


def test_canonical_json_writes_numbers_by_value():
    assert canonical_json({"b": [2.0, 1e-9, True], "a": None}) == '{"a":null,"b":[2,1e-09,true]}'
    assert canonical_json(2) == canonical_json(2.0) != canonical_json(2.5)
    assert canonical_json(-0.0) == canonical_json(0)
    assert canonical_json(10**300) != canonical_json(1e300)  # different numbers: 1e300 is no power of ten
    assert canonical_json(2**60) == canonical_json(2.0**60)
    assert canonical_json(10**400) == str(10**400)
    assert canonical_json(True) != canonical_json(1)
    assert canonical_json(("a", 1)) == canonical_json(["a", 1.0])


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": [1, math.nan]}, r"got nan at a\[1\], must be"),
        (math.inf, "got inf at the top level"),
        ({"a": {1: 2}}, "got the key 1 at a, must be text"),
        ({"a": Path("x")}, "got PosixPath"),
        ({"a": {1, 2}}, "got {1, 2} at a"),
    ],
)
def test_canonical_json_refuses_what_has_no_canonical_text(value, words):
    with pytest.raises(ValueError, match=words):
        canonical_json(value)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
TREES = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4), max_leaves=15
)


def reversed_keys(value):
    if isinstance(value, dict):
        return {key: reversed_keys(item) for key, item in reversed(value.items())}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


@given(TREES)
def test_canonical_json_round_trips_and_ignores_key_order(tree):
    text = canonical_json(tree)
    assert json.loads(text) == tree
    assert canonical_json(json.loads(text)) == text
    assert canonical_json(reversed_keys(tree)) == text


@given(st.integers(min_value=-(2**80), max_value=2**80) | st.floats(allow_nan=False, allow_infinity=False).map(
    lambda number: int(number)))  # fmt: skip
def test_equal_numbers_have_one_canonical_text(whole):
    as_float = float(whole)
    assert (canonical_json(whole) == canonical_json(as_float)) == (whole == as_float)


# Cost


def test_the_module_alone_imports_no_validator():
    """jsonschema costs more than all the rest; jobs that only want canonical_json must not pay for it."""
    workflow = Path(configuration.__file__).parents[1]
    code = "import sys, pipeline.configuration; print({'jsonschema', 'numpy', 'snakemake'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], cwd=workflow, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
