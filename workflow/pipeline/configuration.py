"""The configuration of a run: files and overlays read strictly, merged, and held to a schema; blocks of it for rules.

All faults are told at once, each with file, line, key path, value and what would be right.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.schema_faults import schema_faults, schema_keys
from pipeline.strict_yaml import (
    ConfigurationError,
    Fault,
    KeyPath,
    Place,
    dotted,
    read_leniently,
    read_yaml,
    shown,
    shown_file,
)

__all__ = [
    "Check",
    "ConfigurationError",
    "Fault",
    "KeyPath",
    "Place",
    "canonical_json",
    "load",
    "merge",
    "read_yaml",
    "schema_keys",
    "section",
    "validate",
]

Check = Callable[[Mapping[str, Any]], Iterable[tuple[KeyPath, str]]]
LARGEST_EXACT_INTEGER = 2**53  # beyond it a float no longer names one integer


def load(
    paths: Sequence[Path | str],
    schema_path: Path | str,
    checks: Iterable[Check] = (),
    overrides: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Read the configuration files, later ones over earlier ones, then the overrides of `--config`, and validate.

    Raises ConfigurationError with the faults of all files and of the merged result.
    """
    schema, _ = read_yaml(schema_path)
    config: dict[str, Any] = {}
    sources: dict[KeyPath, Place] = {(): Place(shown_file(paths[0]))} if paths else {}
    faults: list[Fault] = []
    all_readable = True
    for path in paths:
        data, lines, found = read_leniently(path)
        faults += found
        all_readable &= data is not None
        config = merge(config, data or {})
        _note(sources, {key_path: Place(shown_file(path), line) for key_path, line in lines.items()})
    if overrides:
        given = _from_command_line(overrides)
        config = merge(config, given)
        _note(sources, dict.fromkeys(_key_paths(given), Place("--config")))
    if all_readable:  # else every key of the unreadable file would be called missing
        told = {fault.path for fault in faults}
        faults += [fault for fault in _faults(config, schema, sources, checks) if fault.path not in told]
    if faults:
        raise ConfigurationError(faults)
    return config


def merge(base: Mapping[str, Any], *overlays: Mapping[str, Any]) -> dict[str, Any]:
    """Lay overlays over a mapping, key by key; lists and scalars are replaced whole. The arguments are left alone."""
    merged = copy.deepcopy(dict(base))
    for overlay in overlays:
        for key, value in overlay.items():
            if isinstance(value, Mapping):
                below = merged.get(key)
                merged[key] = merge(below if isinstance(below, Mapping) else {}, value)
            else:
                merged[key] = copy.deepcopy(value)
    return merged


def validate(
    data: Mapping[str, Any],
    schema: Mapping[str, Any],
    sources: Mapping[KeyPath, Place] | None = None,
    checks: Iterable[Check] = (),
) -> None:
    """Raise ConfigurationError with every breach of the JSON Schema (draft 2020-12) and of the checks.

    sources: the place where each key path was written. Each check yields (key path, message) for what no schema can
    say; one with the attribute needs_sound_values is not heard on mappings in which something else is wrong.
    Stricter than JSON Schema: 8.0 is no integer, and non-finite numbers are refused everywhere.
    """
    if faults := _faults(data, schema, sources or {}, checks):
        raise ConfigurationError(faults)


def section(config: Mapping[str, Any], *dotted_paths: str) -> dict[str, Any]:
    """Copies of the sub-trees at the dotted paths, keyed by those paths: the block of parameters a rule depends on.

    Raises LookupError for a path that the configuration does not hold.
    """
    block = {}
    for dotted_path in dotted_paths:
        node: Any = config
        steps = dotted_path.split(".")
        for depth, key in enumerate(steps):
            if not isinstance(node, Mapping) or key not in node:
                above = repr(".".join(steps[:depth])) if depth else "the top level"
                holds = f"holds {', '.join(node) or 'nothing'}" if isinstance(node, Mapping) else f"is {shown(node)}"
                raise LookupError(f"no section {dotted_path!r} in the configuration: {above} {holds}")
            node = node[key]
        block[dotted_path] = copy.deepcopy(node)
    return block


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, and numbers by value, so that 2 and 2.0 are the same.

    Raises ValueError for non-finite numbers, keys that are not text, and what JSON does not know.
    """
    return json.dumps(_canonical(value, ()), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _faults(
    data: Mapping[str, Any],
    schema: Mapping[str, Any],
    sources: Mapping[KeyPath, Place],
    checks: Iterable[Check],
) -> list[Fault]:
    """The faults of schema and checks, in the order of the files and lines that they stand in."""
    found = schema_faults(data, schema)
    broken = {path for path, _ in found}
    for check in checks:
        needs_sound_values = getattr(check, "needs_sound_values", False)
        told = {path[:n] for path, _ in found for n in range(len(path) + 1)} if needs_sound_values else broken
        try:
            for path, message in check(data):
                if tuple(path) not in told:
                    found.append((tuple(path), message))
        except Exception:
            if not found:  # otherwise the check stumbled over a fault that is told already
                raise
    files = list(dict.fromkeys(place.file for place in sources.values()))

    def place(path: KeyPath) -> Place | None:
        return next((sources[path[:n]] for n in range(len(path), -1, -1) if path[:n] in sources), None)

    def position(fault: Fault) -> tuple[int, int]:
        return (files.index(fault.place.file), fault.place.line or 0) if fault.place else (-1, 0)

    return sorted((Fault(place(path), path, message) for path, message in found), key=position)


def _note(sources: dict[KeyPath, Place], places: Mapping[KeyPath, Place]) -> None:
    """Let later places take over, and stand after the earlier ones, so that faults come in the order of the files."""
    for path, place in places.items():
        sources.pop(path, None)
        sources[path] = place


def _from_command_line(value: Any) -> Any:
    """Plain data from what Snakemake's `--config` gives, where `'study={cells: 8}'` leaves every scalar as text."""
    if isinstance(value, Mapping):
        return {str(key): _from_command_line(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_from_command_line(item) for item in value]
    if isinstance(value, str):
        words = {"true": True, "false": False, "null": None}
        if value.lower() in words:
            return words[value.lower()]
        for number in (int, float):
            try:
                return number(value)
            except ValueError:
                continue
    return value


def _key_paths(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    """The paths of all keys and list items of a tree."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    return [below for key, item in items for below in [(*path, key), *_key_paths(item, (*path, key))]]


def _canonical(value: Any, path: KeyPath) -> Any:
    where = dotted(path) or "the top level"
    if isinstance(value, Mapping):
        if unnamed := [key for key in value if not isinstance(key, str)]:
            raise ValueError(f"canonical_json: got the key {unnamed[0]!r} at {where}, must be text")
        return {key: _canonical(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item, (*path, index)) for index, item in enumerate(value)]
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return _canonical_number(value)
    raise ValueError(f"canonical_json: got {value!r} at {where}, must be a mapping, list, text, finite number or null")


def _canonical_number(value: float) -> int | float:
    """The same Python object for all numbers of the same value."""
    if abs(value) <= LARGEST_EXACT_INTEGER:
        return int(value) if value == int(value) else float(value)
    try:
        return float(value) if float(value) == value else value
    except OverflowError:
        return value
