"""Lattices written out site by site, in the 'sites' format of the program lattice_mc.

The first line is the number of sites; then comes a block for each, its lines in any order:

    site: -415
    centre: 39.8671 32.03855 13.63835
    neighbours: 429 574
    label: O

A site's number is its name, whole and of either sign (in the LLZO list octahedral sites are negative). Centres are
Cartesian. The file does not tell its periodic cell, nor which image of a neighbour is meant: it is the nearest one.
A line `vertices:` (atoms around the site) is allowed and not used.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from superion.lattice import GEOMETRY_TOLERANCE, Lattice
from superion.validity import finite_array

__all__ = ["SiteList", "read_site_list"]

NEEDED = ("site", "centre", "neighbours", "label")
IGNORED = ("vertices",)
FAULTS_TOLD = 10


@dataclass(frozen=True)
class SiteList:
    """Sites of a file as a lattice whose cell is the whole periodic cell.

    Attributes
    ----------
    lattice : its sites in the order of the file, named label_number
    numbers : (N,) numbers of the file
    labels : N labels of the file
    """

    lattice: Lattice
    numbers: np.ndarray
    labels: tuple[str, ...]


@dataclass
class _Block:
    line: int
    lines: dict[str, int] = field(default_factory=dict)
    number: int = 0
    centre: tuple[float, ...] = ()
    neighbours: tuple[int, ...] = ()
    label: str = ""


def read_site_list(path: str | Path, cell_lengths: Sequence[float] | float) -> SiteList:
    """Lattice of a site list.

    Parameters
    ----------
    path : file in the format above
    cell_lengths : edges of the periodic cell, a box, in the file's unit of length; 3 or one number for all

    Raises
    ------
    ValueError
        A file that cannot be read, or faults, each with its line: a line that is not understood, a number of sites that
        does not fit, a site that stands twice or lies where another does, a neighbour that is not there, that does not
        name the site in return, or that is not nearer than half the cell, so that its image is not sure.
    """
    path = Path(path)
    lengths = finite_array("cell_lengths", cell_lengths, above=0)
    if lengths.size not in (1, 3) or lengths.ndim > 1:
        raise ValueError(f"cell_lengths must be 3 lengths or one, got {cell_lengths!r}")
    lengths = np.broadcast_to(lengths.ravel(), 3)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        looked = "" if Path(path).is_absolute() else f" (looked for from {Path.cwd()})"
        raise ValueError(f"site list {path}{looked}: cannot be read ({error})") from None
    faults: list[tuple[int, str]] = []
    blocks = _blocks(lines, faults)
    _refuse(path, faults)
    origin, destination = _bonds(blocks, faults)
    _refuse(path, faults)
    sites = np.array([block.centre for block in blocks])
    displacement = _nearest_images(sites, origin, destination, lengths)
    _check_geometry(blocks, sites, lengths, origin, destination, displacement, faults)
    _refuse(path, faults)
    names = tuple(f"{block.label}_{block.number}" for block in blocks)
    lattice = Lattice(np.diag(lengths), sites, origin, destination, displacement, names)
    return SiteList(lattice, np.array([block.number for block in blocks]), tuple(block.label for block in blocks))


def _refuse(path: Path, faults: list[tuple[int, str]]) -> None:
    if faults:
        told = [f"{path.name}:{line}: {reason}" for line, reason in sorted(faults)[:FAULTS_TOLD]]
        if len(faults) > FAULTS_TOLD:
            told.append(f"and {len(faults) - FAULTS_TOLD} more")
        raise ValueError("; ".join(told))


def _blocks(lines: Sequence[str], faults: list[tuple[int, str]]) -> list[_Block]:
    """Blocks of the file; what is wrong with a line is added to the faults."""
    filled = [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]
    if not filled or not filled[0][1].isdigit():
        faults.append((filled[0][0] if filled else 1, f"must be the number of sites, got {_first(filled)!r}"))
        return []
    blocks: list[_Block] = []
    for number, text in filled[1:]:
        key, colon, value = (part.strip() for part in text.partition(":"))
        if not colon or key not in (*NEEDED, *IGNORED):
            faults.append((number, f"must be one of {', '.join(f'{name}:' for name in NEEDED)}, got {text!r}"))
        elif key == "site":
            blocks.append(_Block(number))
            _fill(blocks[-1], number, key, value, faults)
        elif not blocks:
            faults.append((number, f"must come after a line site:, got {text!r}"))
        else:
            _fill(blocks[-1], number, key, value, faults)
    for block in blocks:
        if missing := [f"{name}:" for name in NEEDED if name not in block.lines]:
            faults.append((block.line, f"site {block.number} must have a line {' and '.join(missing)}"))
    if len(blocks) != int(filled[0][1]):
        faults.append((filled[0][0], f"must be the number of sites, got {filled[0][1]} where {len(blocks)} are listed"))
    return blocks


def _first(filled: Sequence[tuple[int, str]]) -> str:
    return filled[0][1] if filled else ""


def _fill(block: _Block, number: int, key: str, value: str, faults: list[tuple[int, str]]) -> None:
    if key in block.lines:
        faults.append((number, f"{key}: stands twice in one block; is a line site: missing?"))
        return
    block.lines[key] = number
    words = value.split()
    try:
        if key == "site":
            (block.number,) = map(int, words)
        elif key == "centre":
            block.centre = tuple(map(float, words))
            if len(words) != 3 or not all(map(math.isfinite, block.centre)):
                raise ValueError
        elif key == "neighbours":
            block.neighbours = tuple(map(int, words))
        elif key == "label":
            (block.label,) = words
    except ValueError:
        wanted = {
            "site": "one whole number",
            "centre": "three coordinates",
            "neighbours": "whole numbers",
            "label": "one word",
        }
        faults.append((number, f"{key}: must be {wanted[key]}, got {value!r}"))


def _bonds(blocks: Sequence[_Block], faults: list[tuple[int, str]]) -> tuple[np.ndarray, np.ndarray]:
    index = {block.number: place for place, block in enumerate(blocks)}
    first: dict[int, int] = {}
    for block in blocks:
        if block.number in first:
            where = first[block.number]
            faults.append((block.line, f"site {block.number} stands twice, first in line {where}"))
        first.setdefault(block.number, block.line)
    named = {block.number: set(block.neighbours) for block in blocks}
    origin, destination = [], []
    for place, block in enumerate(blocks):
        line = block.lines["neighbours"]
        for neighbour, times in Counter(block.neighbours).items():
            here = f"neighbour {neighbour} of site {block.number}"
            if neighbour not in index:
                faults.append((line, f"{here} is not in the list"))
            elif neighbour == block.number:
                faults.append((line, f"site {block.number} must not be its own neighbour"))
            elif times > 1:
                faults.append((line, f"{here} stands {times} times"))
            elif block.number not in named[neighbour]:
                faults.append((line, f"{here} does not name it in return: every bond must stand at both ends"))
            else:
                origin.append(place)
                destination.append(index[neighbour])
    return np.array(origin, int), np.array(destination, int)


def _nearest_images(sites: np.ndarray, start: np.ndarray, end: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    apart = sites[end] - sites[start]
    return apart - lengths * np.rint(apart / lengths)


def _check_geometry(
    blocks: Sequence[_Block],
    sites: np.ndarray,
    lengths: np.ndarray,
    origin: np.ndarray,
    destination: np.ndarray,
    displacement: np.ndarray,
    faults: list[tuple[int, str]],
) -> None:
    distance = np.linalg.norm(displacement, axis=1)
    half = lengths.min() / 2
    for hop in np.flatnonzero(distance >= half * (1 - GEOMETRY_TOLERANCE)):
        block, other = blocks[origin[hop]], blocks[destination[hop]].number
        far = f"{distance[hop]:.6g} away, must be nearer than half the cell ({half:.6g}), or its image is not sure"
        faults.append((block.lines["neighbours"], f"neighbour {other} of site {block.number} is {far}"))
    first, second = np.triu_indices(len(sites), 1)
    between = np.linalg.norm(_nearest_images(sites, first, second, lengths), axis=1)
    for pair in np.flatnonzero(between < GEOMETRY_TOLERANCE * lengths.min()):
        block, other = blocks[second[pair]], blocks[first[pair]].number
        faults.append((block.lines["centre"], f"site {block.number} lies where site {other} does: is the cell right?"))
