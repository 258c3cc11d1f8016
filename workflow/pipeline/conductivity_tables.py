"""Measured sigma(T) from the CSV files of experimenters: series of temperature and ln sigma, and all that is wrong.

One broken series or file does not stop the others, and nothing is dropped in silence: a series with a faulty row is not
used, and each of its faulty rows is told.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.conductivity_cells import SEPARATORS, RowReader, Table, UnreadableTable, decimal_mark, read_cells
from pipeline.conductivity_headers import Columns, check_declared, understand_columns

__all__ = [
    "ConductivitySeries",
    "Reading",
    "SeriesFault",
    "read_conductivity_folder",
    "read_conductivity_table",
    "read_conductivity_tables",
    "tables_in",
]

SUFFIXES = (".csv", ".txt", ".tsv", ".dat")
NOT_EXCLUDED = ("", "0", "no", "false")
PLAUSIBLE_S_PER_CM = (1e-20, 1e3)
COLDEST_USUAL_K = 150
LONGEST_SLUG = 100


@dataclass(frozen=True, eq=False)
class ConductivitySeries:
    """One measured sigma(T), n points in the order of the file."""

    name: str
    slug: str
    """The name as [a-z0-9_-]+, unique in the folder; for names of files."""
    file: str
    """Name of the file, without its folder."""
    temperature_K: np.ndarray
    """(n,), above 0."""
    log_conductivity: np.ndarray
    """(n,), ln of sigma in S/cm."""
    rows: tuple[int, ...]
    """Line of the file of each point, from 1."""
    excluded_rows: tuple[int, ...] = ()
    """Lines that the column `exclude` keeps out."""
    said: tuple[str, ...] = ()
    """How each column was understood, and why rows are kept out."""
    warnings: tuple[str, ...] = ()
    """What looks wrong but is used."""


class SeriesFault(NamedTuple):
    """One thing wrong; row (line of the file) and series are None where it concerns more than one."""

    file: str
    row: int | None
    series: str | None
    reason: str

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}:{self.row}"
        return ": ".join(part for part in (place, self.series, self.reason) if part)


class Reading(NamedTuple):
    """What a file or a folder holds."""

    series: tuple[ConductivitySeries, ...]
    faults: tuple[SeriesFault, ...]
    notes: tuple[str, ...] = ()
    """Series whose rows are all excluded, by file and name: no fault, but not there either."""
    skipped: tuple[str, ...] = ()
    """Names in a folder that are no tables; hidden ones are not listed."""


def read_conductivity_table(path: str | Path, declared: Mapping[str, Any] | None = None) -> Reading:
    """Series of one file.

    Parameters
    ----------
    path : table with one header line, cells separated by comma, semicolon or tab
    declared : what the columns mean where the headers do not say it (or not rightly), each part optional:
        ``{"temperature": {"column", "unit"}, "conductivity": {"column", "quantity", "scale", "unit"},
        "series": [column, ...]}``, with the choices of `pipeline.conductivity_headers`; no series column at all, [],
        makes the file one series

    Raises
    ------
    ValueError
        An unknown key or choice in `declared`. What is wrong with the file is in the faults.
    """
    path = Path(path)
    return _reading([_read(path, path.stem, check_declared(declared))])


def read_conductivity_folder(folder: str | Path, declared: Mapping[str, Any] | None = None) -> Reading:
    """Series of all tables (.csv, .txt, .tsv, .dat) of a folder, by name; arguments as of `read_conductivity_table`.

    Raises
    ------
    ValueError
        The folder is missing, cannot be read or holds no table; or as `read_conductivity_table`.
    """
    tables, skipped = tables_in(folder)
    return read_conductivity_tables(tables, declared)._replace(skipped=skipped)


def tables_in(folder: str | Path) -> tuple[list[Path], tuple[str, ...]]:
    """Tables (.csv, .txt, .tsv, .dat) of a folder by name, and the names of other files; hidden ones are not looked at.

    Raises
    ------
    ValueError
        The folder is missing, cannot be read or holds no table.
    """
    folder = Path(folder)
    looked = f"{folder}" if folder.is_absolute() else f"{folder} (looked for from {Path.cwd()})"
    try:
        found = sorted((path for path in folder.iterdir() if not path.name.startswith((".", "~$"))), key=_by_name)
    except OSError as error:
        cure = "; give the folder that holds the file" if folder.is_file() else ""
        raise ValueError(f"folder {looked}: cannot be read: {error.strerror}{cure}") from None
    tables = [path for path in found if path.suffix.lower() in SUFFIXES and not path.is_dir()]
    skipped = tuple(path.name for path in found if path not in tables)
    if not tables:
        there = f"it holds only {', '.join(skipped)}" if skipped else "it is empty"
        raise ValueError(f"folder {looked}: no table ({', '.join(f'*{suffix}' for suffix in SUFFIXES)}); {there}")
    return tables, skipped


def read_conductivity_tables(paths: Sequence[Path], declared: Mapping[str, Any] | None = None) -> Reading:
    """Series of several files, named apart; arguments and errors as of `read_conductivity_table`."""
    declared = check_declared(declared)
    taken = Counter(name.casefold() for path in paths for name in (path.stem, path.name))
    labels = [path.stem if taken[path.stem.casefold()] == 1 else path.name for path in paths]
    return _reading([_read(path, label, declared) for path, label in zip(paths, labels, strict=True)])


def _by_name(path: Path) -> tuple[str, str]:
    return path.name.casefold(), path.name


# Names ----------------------------------------------------------------------------------------------------------------


class _File(NamedTuple):
    """One file; `names` are those of all its series, the faulty ones too, so that mending one renames no other."""

    names: tuple[str, ...] = ()
    series: tuple[ConductivitySeries, ...] = ()
    faults: tuple[SeriesFault, ...] = ()
    notes: tuple[str, ...] = ()


def _reading(files: Iterable[_File]) -> Reading:
    files = list(files)
    # By name, not by place in the file: the order of rows must not decide who gets a suffix.
    slugs = _slugs((number, name) for number, file in enumerate(files) for name in sorted(file.names))
    return Reading(
        tuple(
            replace(series, slug=slugs[number, series.name])
            for number, file in enumerate(files)
            for series in file.series
        ),
        tuple(fault for file in files for fault in file.faults),
        tuple(note for file in files for note in file.notes),
    )


def _slugs(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """Slug of each series by file and name; the first of several that would be equal keeps it bare."""
    slugs: dict[tuple[int, str], str] = {}
    taken: set[str] = set()
    for number, name in keys:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9_]+", "-", plain)[:LONGEST_SLUG].strip("-") or "series"
        slugs[number, name] = next(slug for slug in _numbered(stem, "-{}") if slug not in taken)
        taken.add(slugs[number, name])
    return slugs


def _numbered(stem: str, suffix: str) -> Iterable[str]:
    yield stem
    number = 2
    while True:
        yield stem + suffix.format(number)
        number += 1


# Series of a file -----------------------------------------------------------------------------------------------------


def _read(path: Path, label: str, declared: Mapping[str, Any]) -> _File:
    try:
        table = read_cells(path)
        columns, problems = understand_columns(table.names, declared)
        if columns is None:
            raise UnreadableTable(*problems, row=table.header_row)
    except UnreadableTable as error:
        return _File(faults=tuple(SeriesFault(path.name, error.row, None, reason) for reason in error.reasons))
    return _Sorter(path.name, label, table, columns).file()


class _Sorter:
    """Sorts the rows of one understood file into its series."""

    def __init__(self, file_name: str, label: str, table: Table, columns: Columns) -> None:
        self.file_name, self.label, self.table, self.columns = file_name, label, table, columns
        self.faults: list[SeriesFault] = []
        width = len(table.names)
        self.rows = {
            row: [*cells, *[""] * (width - len(cells))] for row, cells in table.rows if isinstance(cells, list)
        }
        self.excluded = {row: reason for row, cells in self.rows.items() if (reason := self.reason_to_exclude(cells))}
        self.names = self.series_names()

    def reason_to_exclude(self, cells: Sequence[str]) -> str:
        reason = "" if self.columns.exclude is None else cells[self.columns.exclude]
        return "" if len(cells) > len(self.table.names) or reason.casefold() in NOT_EXCLUDED else reason

    def key(self, cells: Sequence[str]) -> tuple[str, ...]:
        return tuple(cells[column] for column in self.columns.series)

    def series_names(self) -> dict[tuple[str, ...], str]:
        """Name of each series by its cells; a row with too many cells names none of its own, as they may have moved."""
        if not self.columns.series:
            return {(): self.label}
        width = len(self.table.names)
        keys = dict.fromkeys(self.key(cells) for cells in self.rows.values() if not any(cells[width:]))
        names: dict[tuple[str, ...], str] = {}
        taken: set[str] = set()
        for key in sorted(key for key in keys if all(key)):
            stem = f"{self.label}: {', '.join(key)}"
            names[key] = next(name for name in _numbered(stem, " ({})") if name not in taken)
            taken.add(names[key])
        return {key: names[key] for key in keys if key in names}

    def fault(self, row: int | None, series: str | None, reason: str) -> None:
        self.faults.append(SeriesFault(self.file_name, row, series, reason))

    def file(self) -> _File:
        usable = [cells for row, cells in self.rows.items() if row not in self.excluded]
        reader = RowReader(self.table, self.columns, decimal_mark(self.table, self.columns, usable))
        members: dict[str, list[int]] = {name: [] for name in self.names.values()}
        broken: set[str] = set()
        units: dict[tuple[str, int], dict[int, str]] = {}
        points: dict[int, tuple[float, float]] = {}
        for row, cells in self.table.rows:
            name, wrong = self.owner(row, cells)
            if name is not None and not wrong:
                members[name].append(row)
                if row not in self.excluded:
                    points[row], wrong, carried = reader.point(self.rows[row])
                    for column, unit in carried:
                        units.setdefault((name, column), {})[row] = unit
            if wrong and name is not None:
                broken.add(name)
            for reason in wrong:
                self.fault(row, name, reason)
        self.tell_mixed_units(units)
        good = [name for name in members if name not in broken]
        series = [self.series(name, members[name], points) for name in good]
        notes = [f"{self.file_name}: {name}" for name in good if self.all_out(members[name])]
        return _File(tuple(members), tuple(filter(None, series)), tuple(self.faults), tuple(notes))

    def all_out(self, rows: Sequence[int]) -> bool:
        return bool(rows) and all(row in self.excluded for row in rows)

    def owner(self, row: int, cells: Sequence[str] | str) -> tuple[str | None, list[str]]:
        """Series of a row, None if it cannot be told; and what is wrong with the row as a whole."""
        alone = None if self.columns.series else self.label
        if isinstance(cells, str):
            return alone, [cells]
        width, key = len(self.table.names), self.key(self.rows[row])
        if any(cells[width:]):
            word = SEPARATORS[self.table.separator]
            hint = " or a decimal comma; with decimal commas separate by semicolons" if word == "comma" else ""
            return self.names.get(key), [
                f"{len(cells)} cells but {width} columns; is there a {word} inside a cell{hint}?"
            ]
        if not all(key):
            empty = next(self.table.names[i] for i, cell in zip(self.columns.series, key, strict=True) if not cell)
            return None, [f'"{empty}" is missing, so that the row belongs to no series; write it']
        return self.names[key], []

    def tell_mixed_units(self, units: Mapping[tuple[str, int], Mapping[int, str]]) -> None:
        for (name, column), by_row in units.items():
            rows_of: dict[str, list[int]] = {}
            for row, unit in by_row.items():
                rows_of.setdefault(unit, []).append(row)
            if len(rows_of) > 1:
                told = "; ".join(f"{unit} in {_rows(rows)}" for unit, rows in rows_of.items())
                self.fault(None, name, f'"{self.table.names[column]}" mixes units ({told}); convert them to one')

    def series(
        self, name: str, rows: Sequence[int], points: Mapping[int, tuple[float, float]]
    ) -> ConductivitySeries | None:
        """The series, or None with a fault if no line can be laid through it, or without one if all is excluded."""
        used = [row for row in rows if row not in self.excluded]
        if not used:
            return None
        temperature, log_conductivity = np.array([points[row] for row in used]).T
        if len(np.unique(temperature)) < 2:
            count = "only one point" if len(used) == 1 else "all points at one temperature"
            self.fault(
                None, name, f"{count}, {temperature[0]:g} K ({_rows(used)}); two temperatures are needed at least"
            )
            return None
        excluded = tuple(row for row in rows if row in self.excluded)
        said = (*self.columns.said, *(f"row {row} excluded: {self.excluded[row]}" for row in excluded))
        warnings = tuple(_warnings(used, temperature, log_conductivity))
        return ConductivitySeries(
            name, "", self.file_name, temperature, log_conductivity, tuple(used), excluded, said, warnings
        )


def _warnings(rows: Sequence[int], temperature_K: np.ndarray, log_conductivity: np.ndarray) -> Iterable[str]:
    low, high = np.log(PLAUSIBLE_S_PER_CM)
    far = (log_conductivity < low) | (log_conductivity > high)
    if far.any():
        first = int(np.argmax(far))
        yield (
            f"sigma is outside 1e-20 to 1e3 S/cm in {_rows(np.array(rows)[far])} "
            f"(10^{log_conductivity[first] / math.log(10):.4g} S/cm in row {rows[first]}): "
            "is the unit, the scale or the base of the logarithm right?"
        )
    if temperature_K.min() < COLDEST_USUAL_K:
        lowest, highest = temperature_K.min(), temperature_K.max()
        yield f"temperatures from {lowest:g} to {highest:g} K, some below {COLDEST_USUAL_K} K: are they in degC?"
    seen: dict[tuple[float, float], list[int]] = {}
    for row, *point in zip(rows, temperature_K.tolist(), log_conductivity.tolist(), strict=True):
        seen.setdefault(tuple(point), []).append(row)
    for same in seen.values():
        if len(same) > 1:
            yield f"{_rows(same)} hold the same point; it counts {len(same)} times"


def _rows(rows: Iterable[int]) -> str:
    rows = [str(row) for row in rows]
    return f"row{'s' if len(rows) > 1 else ''} {', '.join(rows)}"
