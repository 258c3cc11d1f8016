"""Cells of measured sigma(T): text, separators, lines, and the two numbers of a row with all that can be wrong."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.conductivity_headers import CONDUCTIVITY_UNITS, Columns, conductivity_unit, temperature_unit

__all__ = ["SEPARATORS", "RowReader", "Table", "UnreadableTable", "decimal_mark", "read_cells"]

SEPARATORS = {"\t": "tab", ";": "semicolon", ",": "comma"}
ZERO_CELSIUS_K = 273.15

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
WITH_COMMA = re.compile(r"[-+]?(\d+,\d*|,\d+)([eE][-+]?\d+)?")
WITH_UNIT = re.compile(rf"({NUMBER.pattern}|{WITH_COMMA.pattern})\s*(?P<unit>[^\d\s.,].*)")
NOT_FINITE = re.compile(r"(?i)[-+]?(nan|inf|infinity|∞)")


class UnreadableTable(Exception):
    """The file as a whole cannot be used: what is wrong, and in which line."""

    def __init__(self, *reasons: str, row: int | None = None) -> None:
        self.reasons, self.row = reasons, row


class Table(NamedTuple):
    """Cells of a file, stripped, below its one header."""

    separator: str
    header_row: int
    names: list[str]
    rows: list[tuple[int, list[str] | str]]
    """Line and cells, or what is wrong with the line."""


def read_cells(path: Path) -> Table:
    """Cells of a file with its own line numbers.

    Raises
    ------
    UnreadableTable
        No file, no UTF-8 text, no header, no rows, or no separator.
    """
    return _table(_text(path))


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        looked = "" if path.is_absolute() else f" (looked for from {Path.cwd()})"
        raise UnreadableTable(f"cannot be read: {error.strerror}{looked}") from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableTable("the file begins with the mark of UTF-16; save it as UTF-8", row=1)
    if raw.startswith(b"PK\x03\x04"):
        raise UnreadableTable("the file is a workbook or an archive, no text; save it as CSV (UTF-8)")
    end = raw.find(b"\0")
    try:
        text = raw.decode().removeprefix("\ufeff")  # not utf-8-sig, which counts positions from behind the mark
    except UnicodeDecodeError as error:
        end = error.start
    if end >= 0:
        row = len(re.findall(rb"\r\n|\n|\r", raw[:end])) + 1
        what = "NUL, as in UTF-16" if raw[end] == 0 else "not UTF-8"
        raise UnreadableTable(f"byte 0x{raw[end]:02x} at position {end + 1} is {what}; save the file as UTF-8", row=row)
    return text


def _cells(line: str, separator: str) -> list[str] | str:
    try:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error as error:
        wrong = "a quotation mark is not closed in its line" if "unexpected end" in str(error) else str(error)
        return f'{wrong}; write a cell as "..." and a quotation mark inside it twice'
    return [cell.strip() for cell in cells]


def _table(text: str) -> Table:
    lines = enumerate(re.split(r"\r\n|\n|\r", text), start=1)
    # Spreadsheets leave lines of empty cells behind: they are blank.
    kept = [(row, line) for row, line in lines if line.strip(' \t,;"') and not line.lstrip().startswith("#")]
    if not kept:
        raise UnreadableTable("no header: the file is empty or holds only comments")
    if re.fullmatch("sep=.", kept[0][1].strip()) and len(kept) > 1:  # some spreadsheets name their separator first
        kept = kept[1:]
    (header_row, header), *body = kept
    best, most = None, -1
    for separator in SEPARATORS:
        names = _cells(header, separator)
        if isinstance(names, str) or len(names) < 2:
            continue
        rows = [(row, _cells(line, separator)) for row, line in body]
        fitting = sum(len(cells) == len(names) for _, cells in rows if not isinstance(cells, str))
        if fitting > most:
            best, most = Table(separator, header_row, names, rows), fitting
    if best is None:
        raise UnreadableTable(
            f"only one column, {header.strip()!r}; separate the cells by commas, semicolons or tabs", row=header_row
        )
    if all(NUMBER.fullmatch(name) or WITH_COMMA.fullmatch(name) for name in best.names if name):
        raise UnreadableTable(
            f"no header: the first line is {header.strip()!r}; name the columns there, not in a comment", row=header_row
        )
    if not best.rows:
        raise UnreadableTable("no rows below the header", row=header_row)
    return best


class _WrongCell(Exception):
    """What is wrong with one cell."""


class RowReader(NamedTuple):
    """Turns the cells of one file into numbers."""

    table: Table
    columns: Columns
    decimal: str
    """Decimal mark, of `decimal_mark`."""

    def point(self, cells: Sequence[str]) -> tuple[tuple[float, float] | None, list[str], list[tuple[int, str]]]:
        """T in K and ln sigma of a row, or None; all that is wrong; and the units that its cells carry, by column."""
        values, wrong, units = [], [], []
        meanings = {self.columns.temperature: self.temperature_K, self.columns.conductivity: self.log_conductivity}
        for column, meaning in meanings.items():
            try:
                values.append(meaning(self.number(cells[column], column, units), cells[column]))
            except _WrongCell as error:
                wrong.append(str(error))
        if wrong:
            return None, wrong, units
        temperature_K, log_conductivity = values
        if self.columns.quantity == "sigma_T":
            log_conductivity -= math.log(temperature_K)
        return (temperature_K, log_conductivity), [], []

    def number(self, text: str, column: int, units: list[tuple[int, str]]) -> float:
        """Number in a cell; a unit beside it is refused and added to `units`."""
        name, text = self.quoted(column), text.replace("−", "-")
        if not text:
            raise _WrongCell(f'{name} is missing; write it, or say why the row is kept out in a column "exclude"')
        if NOT_FINITE.fullmatch(text):
            raise _WrongCell(f"{name} must be a finite number, got {text!r}")
        if unit := _own_unit(text):
            units.append((column, unit))
            raise _WrongCell(f"{name} must be a number alone, got {text!r}; the unit belongs into the header")
        if WITH_COMMA.fullmatch(text) and self.decimal == ".":
            right = text.replace(",", ".")
            if self.table.separator == ",":
                raise _WrongCell(
                    f"{name} must have a decimal point, got {text!r}; write {right}, or separate by semicolons"
                )
            raise _WrongCell(f"{name} is {text!r}, while most cells have decimal points; write {right}")
        if NUMBER.fullmatch(text) and "." in text and self.decimal == ",":
            right = text.replace(".", ",")
            raise _WrongCell(f"{name} is {text!r}, while most cells have decimal commas; write {right}")
        if WITH_COMMA.fullmatch(text):
            text = text.replace(",", ".")
        if not NUMBER.fullmatch(text):
            raise _WrongCell(f"{name} must be a number such as 1.5e-4, got {text!r}")
        value = float(text)
        if math.isinf(value):
            raise _WrongCell(f"{name} must be a finite number, got {text!r}")
        return value

    def temperature_K(self, value: float, text: str) -> float:
        """Temperature in K of a number in the unit of the column."""
        name, unit = self.quoted(self.columns.temperature), self.columns.temperature_unit
        if unit == "degC":
            if value <= -ZERO_CELSIUS_K:
                raise _WrongCell(f"{name} must be above -273.15 degC, got {text!r}")
            return value + ZERO_CELSIUS_K
        if value <= 0:
            raise _WrongCell(f"{name} must be above 0{' K' if unit == 'K' else ''}, got {text!r}")
        kelvin = value if unit == "K" else (1000.0 if unit == "1000/K" else 1.0) / value
        if not 0 < kelvin < math.inf:
            raise _WrongCell(f"{name} must be the inverse of a temperature, got {text!r}")
        return kelvin

    def log_conductivity(self, value: float, text: str) -> float:
        """Ln of sigma in S/cm, or of sigma*T in S K/cm, of a number on the scale of the column."""
        name, scale = self.quoted(self.columns.conductivity), self.columns.scale
        if scale == "linear":
            if value <= 0:
                raise _WrongCell(
                    f"{name} must be above 0 on a linear scale, got {text!r}; where it is a logarithm, write "
                    "ln(...) or log10(...) into the header, or declare the scale"
                )
            log = math.log(value)
        else:
            log = value if scale == "ln" else value * math.log(10)
        log += math.log(CONDUCTIVITY_UNITS[self.columns.conductivity_unit])
        if math.isinf(log):
            raise _WrongCell(f"{name} must be the logarithm of a conductivity, got {text!r}")
        return log

    def quoted(self, column: int) -> str:
        """Header of a column, for messages."""
        return f'"{self.table.names[column]}"'


def _own_unit(text: str) -> str:
    """Unit that stands behind a number in its cell, "" if none does."""
    match = WITH_UNIT.fullmatch(text)
    unit = match["unit"] if match else ""
    return unit if temperature_unit(unit) or conductivity_unit(unit) else ""


def decimal_mark(table: Table, columns: Columns, rows: Sequence[Sequence[str]]) -> str:
    """Decimal mark of a file: a comma where most of its numbers with a mark have one, and commas separate nothing."""
    if table.separator == ",":
        return "."
    numbers = [cells[column] for cells in rows for column in (columns.temperature, columns.conductivity)]
    commas = sum(bool(WITH_COMMA.fullmatch(number)) for number in numbers)
    points = sum("." in number for number in numbers if NUMBER.fullmatch(number))
    return "," if commas > points else "."
