"""Strict reading of YAML mappings: what YAML 1.1 would change in silence is refused, with file and line."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

__all__ = [
    "ConfigurationError",
    "Fault",
    "KeyPath",
    "Place",
    "dotted",
    "read_leniently",
    "read_yaml",
    "shown",
    "shown_file",
]

KeyPath = tuple[str | int, ...]
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LONGEST_VALUE_SHOWN = 60
STANDARD_TAG = "tag:yaml.org,2002:"


class Place(NamedTuple):
    """Where a value was written: the file as shown to the user, and the line (None on the command line)."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


class Fault(NamedTuple):
    """One thing wrong: the place and the key path it belongs to (either may be unknown) and the message."""

    place: Place | None
    path: KeyPath
    message: str

    def __str__(self) -> str:
        return ": ".join(str(part) for part in (self.place, dotted(self.path), self.message) if part)


class ConfigurationError(ValueError):
    """All faults of a configuration; str() is the whole message, a line for each fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        count = f"{len(self.faults)} fault{'s' if len(self.faults) != 1 else ''}"
        return "\n  ".join([f"{count} in the configuration:", *map(str, self.faults)])


def read_yaml(path: Path | str) -> tuple[dict[str, Any], dict[KeyPath, int]]:
    """Read a YAML mapping strictly.

    Returns the data and the line of every key and list item, by key path. Raises ConfigurationError with all faults:
    unreadable file, bad syntax, no mapping at the top, duplicate or non-text keys, and scalars that YAML 1.1 changes.
    """
    data, lines, faults = read_leniently(path)
    if faults:
        raise ConfigurationError(faults)
    return data or {}, lines


def read_leniently(path: Path | str) -> tuple[dict[str, Any] | None, dict[KeyPath, int], list[Fault]]:
    """As read_yaml, but hand the faults back; the data are None where the file as a whole cannot be read."""
    file = shown_file(path)

    def unreadable(message: str, line: int | None = None) -> tuple[None, dict[KeyPath, int], list[Fault]]:
        return None, {}, [Fault(Place(file, line), (), message)]

    try:
        raw = Path(path).read_bytes()
        text = raw.decode("utf-8-sig")
        node = Loader(text).get_single_node()
    except OSError as error:
        return unreadable(f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return unreadable(f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8", line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = ", ".join(words for words in (error.context, error.problem) if words)
        # The scanners report a tab as a character that cannot start a token, libyaml without naming it.
        line = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
        tab = "; indent with spaces, not tabs" if re.match(r" *\t", line) else ""
        return unreadable(f"not valid YAML: {words}{tab}", mark.line + 1 if mark else None)
    except yaml.reader.ReaderError:
        character = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
        at = character.start() if character else 0
        return unreadable(f"not valid YAML: control character {text[at]!r}", text.count("\n", 0, at) + 1)
    if node is None:
        return unreadable("the file is empty or holds only comments; at least one key is needed")
    if not isinstance(node, yaml.MappingNode):
        return unreadable("the top level must be a mapping (key: value)", node.start_mark.line + 1)
    builder = _Builder(file)
    return builder.build(node, ()), builder.lines, builder.faults


class _Builder:
    """Turns YAML nodes into plain data, noting lines and faults on the way; a refused value becomes None."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[KeyPath, int] = {}
        self.faults: list[Fault] = []
        self.open_nodes: list[yaml.Node] = []
        self.scalars = yaml.SafeLoader("")

    def fault(self, node: yaml.Node, path: KeyPath, message: str) -> None:
        self.faults.append(Fault(Place(self.file, node.start_mark.line + 1), path, message))

    def build(self, node: yaml.Node, path: KeyPath) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, path)
        if any(node is other for other in self.open_nodes):
            return self.fault(node, path, "an alias (*) stands inside its own anchor (&)")
        if node.tag not in (f"{STANDARD_TAG}map", f"{STANDARD_TAG}seq"):
            return self.fault(node, path, f"the tag {_shown_tag(node)} is not allowed")
        self.open_nodes.append(node)
        value = self.mapping(node, path) if isinstance(node, yaml.MappingNode) else self.sequence(node, path)
        self.open_nodes.pop()
        return value

    def sequence(self, node: yaml.SequenceNode, path: KeyPath) -> list[Any]:
        for index, item in enumerate(node.value):
            self.lines[(*path, index)] = item.start_mark.line + 1
        return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]

    def mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = key_node.value, key_node.start_mark.line + 1
            if key_node.tag == f"{STANDARD_TAG}merge":
                self.fault(key_node, path, "merge keys (<<) are not supported; write the keys out")
            elif key_node.tag != f"{STANDARD_TAG}str":
                written = repr(key) if isinstance(key, str) else "that is a list or mapping"
                self.fault(key_node, path, f"the key {written} is not text in YAML; quote or rename it")
            elif key in data:
                first = self.lines[(*path, key)]
                where = f"twice in line {line}" if first == line else f"in line {first} and again in line {line}"
                self.fault(key_node, (*path, key), f"duplicate key, {where}; keep one")
            else:
                self.lines[(*path, key)] = line
                data[key] = self.build(value_node, (*path, key))
        return data

    def scalar(self, node: yaml.ScalarNode, path: KeyPath) -> Any:
        kind, text = node.tag.removeprefix(STANDARD_TAG), node.value
        if kind == "timestamp":
            return self.fault(node, path, f"got {text}, which YAML reads as a date; quote it if text is meant")
        if kind not in ("str", "int", "float", "bool", "null"):
            return self.fault(node, path, f"the tag {_shown_tag(node)} is not allowed")
        try:
            value = self.scalars.construct_object(node)
        except (ValueError, LookupError, yaml.YAMLError):
            return self.fault(node, path, f"got {shown(text)}, which YAML cannot read as {kind}")
        if kind in ("int", "float") and ":" in text:
            meant = f"write {value} or '{text}'"
            return self.fault(node, path, f"got {text}, which YAML reads in base 60 as {value}; {meant}")
        if kind == "int" and re.fullmatch(r"[-+]?0[0-7_]+", text):
            meant = f"write {int(text.lstrip('0_') or 0)} or {value}" if value else "write 0"
            return self.fault(node, path, f"got {text}, which YAML reads in base 8 as {value}; {meant}")
        if kind == "float" and not math.isfinite(value):
            return self.fault(node, path, f"got {text}, must be a finite number")
        return value


def shown(value: Any) -> str:
    """A value as the user would know it from the file, cut where it is long."""
    if value is None or isinstance(value, bool):
        return {None: "nothing (null)", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        text = f"[{', '.join(map(shown, value))}]" if value else "an empty list"
    else:
        text = "an empty text" if value == "" else repr(value)
    return text if len(text) <= LONGEST_VALUE_SHOWN else f"{text[: LONGEST_VALUE_SHOWN - 3]}..."


def dotted(path: KeyPath) -> str:
    """A key path as text: a.b[3].c."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def shown_file(path: Path | str) -> str:
    """The path relative to the working directory where it lies inside, else as given."""
    relative = os.path.relpath(path)
    return os.fspath(path) if relative.startswith("..") else relative


def _shown_tag(node: yaml.Node) -> str:
    return node.tag.replace(STANDARD_TAG, "!!")
