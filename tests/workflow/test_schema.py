"""The schema is a valid one, describes every key, and config.yaml keeps to it."""

from __future__ import annotations

import yaml
from checkouts import ROOT
from jsonschema import Draft202012Validator

from pipeline.configuration import load, schema_keys
from pipeline.studies import CHECKS

SCHEMA = ROOT / "workflow/schemas/config.schema.yaml"
NAMED = {
    ("lattices",),
    ("time_local", "diffusion", "families"),
    ("lattice_gas", "exact_cells"),
    ("lattice_gas", "simulations", "families"),
    ("fundamentals", "point_defects", "sets"),
    ("fundamentals", "point_defects", "sets", "*", "sublattices"),
    ("fundamentals", "point_defects", "sets", "*", "chemical_potentials"),
    ("fundamentals", "point_defects", "sets", "*", "defects[]", "atoms"),
}
"""Mappings whose keys are names of the user's."""
DATA = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))


def keys_of(node, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Key paths of the configuration in the schema's form: `*` for the names of lattices, `[]` for list items."""
    found: set[tuple[str, ...]] = set()
    if isinstance(node, dict):
        for key, value in node.items():
            below = (*path, "*" if path in NAMED else key)
            found |= {below} | keys_of(value, below)
    elif isinstance(node, list):
        for value in node:
            found |= keys_of(value, (*path[:-1], f"{path[-1]}[]"))
    return found


def test_the_schema_is_valid():
    Draft202012Validator.check_schema(DATA)


def test_the_default_configuration_passes():
    config = load([ROOT / "config.yaml"], SCHEMA, CHECKS)
    assert set(config) == set(DATA["properties"])


def test_every_key_of_the_schema_has_a_description():
    bare = [key for key, description in schema_keys(DATA) if not description and not key.endswith("*")]
    assert bare == []
    assert len(list(schema_keys(DATA))) > 80


def test_every_key_of_the_configuration_is_described():
    described = {key for key, description in schema_keys(DATA) if description}
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    written = {".".join(path) for path in keys_of(config)}
    assert {key for key in written if not key.endswith("*")} <= described
    assert "superionic.phonon_channels.modes[].density.kind" in written


def test_every_object_refuses_unknown_keys():
    def objects(node, path):
        if isinstance(node, dict):
            if node.get("type") == "object":
                yield path, node
            for key, value in node.items():
                yield from objects(value, f"{path}/{key}")
        elif isinstance(node, list):
            for index, value in enumerate(node):
                yield from objects(value, f"{path}/{index}")

    found = list(objects(DATA, ""))
    open_ones = [path for path, node in found if "additionalProperties" not in node]
    assert open_ones == []
    assert len(found) > 15


def test_required_keys_exist_and_the_configuration_needs_all_sections():
    def walk(node):
        if isinstance(node, dict):
            if isinstance(node.get("required"), list):
                assert set(node["required"]) <= set(node["properties"])
            for value in node.values():
                walk(value)

    walk(DATA)
    assert set(DATA["required"]) == set(DATA["properties"])


def test_examples_pass():
    examples = sorted((ROOT / "workflow/resources/examples").glob("*.yaml"))
    assert examples
    for overlay in examples:
        load([ROOT / "config.yaml", overlay], SCHEMA, CHECKS)
