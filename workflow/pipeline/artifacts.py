"""Artifacts: Parquet tables that carry their own units, descriptions and provenance.

Everything a rule leaves behind goes through `write_table`, which makes the same bytes from the same inputs,
replaces files in one step, and lets no number be missing in silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = [
    "ArtifactError",
    "Column",
    "Provenance",
    "parameters_of",
    "read_columns",
    "read_metadata",
    "read_table",
    "stack",
    "write_table",
]

OK_STATUSES = frozenset({"ok"})
"""Rows of these statuses have a number in every column."""


class ArtifactError(ValueError):
    """An artifact that cannot be read, or columns that would make a dishonest one."""


class Column(NamedTuple):
    """What a column holds: unit ("" if dimensionless), meaning, and the equation that defines it."""

    unit: str
    description: str
    equation: str = ""
    optional: bool = False
    """Empty cells mean 'does not apply to this row'; otherwise they need a status that explains them."""


class Provenance(NamedTuple):
    """Where a table comes from; written into its file metadata."""

    study: str
    parameters: str
    source: str


def write_table(
    path: str | Path,
    data: Mapping[str, object],
    columns: Mapping[str, Column],
    *,
    description: str,
    provenance: Provenance,
) -> None:
    """Write one tidy table; arrays of length 1 or scalars are repeated down the column.

    Raises
    ------
    ArtifactError
        Names that differ from `columns`, unequal lengths, or a number that is missing or infinite in a row whose
        status does not say why (unless the column is optional).
    """
    path = Path(path)
    if set(data) != set(columns):
        raise ArtifactError(
            f"{path.name}: columns {sorted(data)} differ from the declared {sorted(columns)}: "
            f"{sorted(set(data) ^ set(columns))}"
        )
    arrays = {name: np.atleast_1d(np.asarray(data[name])) for name in columns}
    length = max(array.size for array in arrays.values())
    for name, array in arrays.items():
        if array.ndim != 1 or array.size not in (1, length):
            raise ArtifactError(f"{path.name}: column {name} has shape {array.shape}, must be ({length},)")
        arrays[name] = np.broadcast_to(array, (length,))
    _refuse_silent_gaps(path.name, arrays, columns)
    fields = [
        pa.field(
            name,
            _arrow_type(arrays[name]),
            metadata={
                "unit": column.unit,
                "description": column.description,
                "equation": column.equation,
                "optional": "yes" if column.optional else "no",
            },
        )
        for name, column in columns.items()
    ]
    metadata = {
        "description": description,
        "study": provenance.study,
        "parameters": provenance.parameters,
        "source": provenance.source,
        "package": f"superion {_version()}",
    }
    table = pa.table(
        [_arrow_array(arrays[field.name], field.type) for field in fields], schema=pa.schema(fields, metadata)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        pq.write_table(table, unfinished, compression="zstd")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def stack(blocks: Iterable[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """One table of blocks of rows with the same columns."""
    blocks = list(blocks)
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _arrow_type(array: np.ndarray) -> pa.DataType:
    if array.dtype.kind in "UO":
        return pa.string()
    return pa.from_numpy_dtype(array.dtype)


def _arrow_array(array: np.ndarray, kind: pa.DataType) -> pa.Array:
    if pa.types.is_string(kind):
        return pa.array([None if value is None else str(value) for value in array.tolist()], kind)
    # NaN is written as null: an empty cell reads the same in every tool. Adding 0 leaves no -0.0.
    return pa.array(np.ascontiguousarray(array + 0.0 if array.dtype.kind == "f" else array), kind, from_pandas=True)


def _refuse_silent_gaps(file: str, arrays: Mapping[str, np.ndarray], columns: Mapping[str, Column]) -> None:
    if "status" in arrays:
        accounted = ~np.isin(arrays["status"].astype(str), list(OK_STATUSES))
    else:
        accounted = np.zeros(next(iter(arrays.values())).size, bool)
    for name, array in arrays.items():
        if array.dtype.kind != "f":
            continue
        gap = np.isinf(array) | (np.isnan(array) & ~(accounted | columns[name].optional))
        if gap.any():
            row = int(np.argmax(gap))
            raise ArtifactError(
                f"{file}: {name} is {array[row]} in row {row}, and no status says why ({int(gap.sum())} such rows)"
            )


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("superion")
    except PackageNotFoundError:
        return "(not installed)"


def _open(path: str | Path) -> pa.Table:
    try:
        return pq.read_table(path, partitioning=None)
    except FileNotFoundError:
        raise ArtifactError(f"{path}: no such artifact; run the workflow to make it") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise ArtifactError(f"{path}: not a readable Parquet file ({error}); delete it and run again") from None


def read_table(path: str | Path):
    """Artifact as a pandas DataFrame."""
    return _open(path).to_pandas()


def read_columns(path: str | Path) -> dict[str, np.ndarray]:
    """Artifact as numpy arrays by column name, without loading pandas; empty cells of numbers are NaN."""
    table = _open(path)
    return {name: table[name].to_numpy() for name in table.column_names}


def read_metadata(path: str | Path) -> tuple[dict[str, str], dict[str, Column]]:
    """File metadata and columns of an artifact."""
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise ArtifactError(f"{path}: not a readable Parquet file ({error}); delete it and run again") from None
    file = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items() if key != b"ARROW:schema"}
    columns = {}
    for field in schema:
        own = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        columns[field.name] = Column(
            own.get("unit", ""), own.get("description", ""), own.get("equation", ""), own.get("optional") == "yes"
        )
    return file, columns


def parameters_of(path: str | Path) -> dict:
    """Parameters (a dict) that an artifact was made with."""
    return json.loads(read_metadata(path)[0]["parameters"])
