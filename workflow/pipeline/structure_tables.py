"""Sites of crystal structures from a CSV table: one row a site of the asymmetric unit, several structures in a file."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Structure", "StructureSite", "read_structures"]

TEXTS = ("composition", "space_group", "element", "label")
NUMBERS = ("a_A", "c_A", "multiplicity", "x", "y", "z", "occupancy")


@dataclass(frozen=True)
class StructureSite:
    """A site: element, label of the source, positions in a cell, fractional coordinates of one, occupancy of each."""

    element: str
    label: str
    multiplicity: int
    position: tuple[float, float, float]
    occupancy: float


@dataclass(frozen=True)
class Structure:
    """Composition, space group with its setting, cell edges in angstrom (a = b, all at right angles), and sites."""

    composition: str
    space_group: str
    a_A: float
    c_A: float
    sites: tuple[StructureSite, ...]


def read_structures(path: str | Path) -> tuple[Structure, ...]:
    """Structures of a table in the order of the file; lines with # are comments.

    Raises
    ------
    ValueError
        A file that cannot be read, a column that is missing, a cell that is no number where one is due, or rows of one
        composition that differ in cell or space group; the line is told.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"structures {path}: cannot be read ({error})") from None
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    reader = csv.DictReader(line for _, line in filled)
    missing = [name for name in (*TEXTS, *NUMBERS) if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"{path.name}: must have the columns {', '.join((*TEXTS, *NUMBERS))}, lacks {missing}")
    heads: dict[str, tuple] = {}
    sites: dict[str, list[StructureSite]] = {}
    for (line, _), row in zip(filled[1:], reader, strict=True):
        value = {name: _number(row, name, f"{path.name}:{line}") for name in NUMBERS}
        name, head = row["composition"], (row["space_group"], value["a_A"], value["c_A"])
        if heads.setdefault(name, head) != head:
            raise ValueError(
                f"{path.name}:{line}: {name} must have one space group and cell, got {head} and {heads[name]}"
            )
        position = (value["x"], value["y"], value["z"])
        site = StructureSite(row["element"], row["label"], int(value["multiplicity"]), position, value["occupancy"])
        sites.setdefault(name, []).append(site)
    return tuple(Structure(name, *heads[name], tuple(sites[name])) for name in heads)


def _number(row: Mapping[str, str | None], name: str, place: str) -> float:
    text = (row[name] or "").strip()
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{place}: {name} must be a number, got {text!r}")
    return value
