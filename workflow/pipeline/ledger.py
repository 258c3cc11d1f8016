"""The claims ledger: statements of a source as data, each with the way its value is read off artifacts of the run.

A claim compares a *value* with a *target* by a *relation*. Both are numbers or readings:

    {artifact: superionic/printed_equations, where: {equation: "29"}, column: exact, reduce: max}
    {artifact: ..., where: {...}, which: {status: no solution}, reduce: count}   how many of the rows are such
    {artifact: ..., where: {...}, arrhenius: reduced_conductivity}   -d ln y/d(1/kT) by least squares over temperature_K
    {artifact: ..., parameter: superionic.material.barrier_eV}       a parameter the artifact was made with
    {ratio: [reading, reading]}, {difference: [...]}, {sum: [...]}, {product: [...]}

The verdict follows from the numbers: 'reproduced' where the relation holds, 'corrected' where it holds for the claim's
`corrected` form instead, 'not reproduced' otherwise; 'not testable' where the claim says what is missing, where the run
has no such rows, or where it was made with other parameters than the statement is about (`provided`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from pipeline.artifacts import parameters_of, read_columns
from superion.units import thermal_energy_eV

__all__ = [
    "VERDICTS",
    "Artifacts",
    "ClaimError",
    "Outcome",
    "artifacts_of",
    "evaluate",
    "quantity",
    "read_claims",
    "summary",
]

VERDICTS = ("reproduced", "corrected", "not reproduced", "not testable")

REDUCTIONS: dict[str, Callable[[np.ndarray], float]] = {
    "only": lambda a: _only(a),
    "max": lambda a: float(np.nanmax(a)),
    "min": lambda a: float(np.nanmin(a)),
    "mean": lambda a: float(np.nanmean(a)),
    "spread": lambda a: float(np.nanmax(a) - np.nanmin(a)),
    "largest_step": lambda a: float(np.nanmax(np.abs(np.diff(a)))),
    "largest_magnitude": lambda a: float(np.nanmax(np.abs(a))),
}
OPERATIONS: dict[str, Callable[..., float]] = {
    "ratio": lambda a, b: a / b,
    "difference": lambda a, b: a - b,
    "sum": lambda *parts: sum(parts),
    "product": lambda *parts: math.prod(parts),
}
RELATIONS: dict[str, Callable[[float, float, float], bool]] = {
    "equal": lambda value, target, margin: abs(value - target) <= margin,
    "above": lambda value, target, margin: value > target + margin,
    "below": lambda value, target, margin: value < target - margin,
    "at least": lambda value, target, margin: value >= target - margin,
    "at most": lambda value, target, margin: value <= target + margin,
}
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast
KEYS = {
    "id",
    "location",
    "kind",
    "statement",
    "value",
    "target",
    "relation",
    "tolerance",
    "provided",
    "corrected",
    "note",
    "not_testable",
}


class ClaimError(ValueError):
    """A claim that is not written as it should be."""


class NoRows(LookupError):
    """The run has no rows, or no number, that a reading asks for."""


def _only(values: np.ndarray) -> float:
    if np.isnan(values).any():
        raise NoRows("this run has rows without a value")
    if np.ptp(values) > 1e-12 * np.abs(values).max():
        found = f"{values.min()!r} to {values.max()!r}"
        raise ClaimError(f"{values.size} rows with different values ({found}): name a reduction")
    return float(values[0])


class Artifacts:
    """Reads each artifact below a results folder once."""

    def __init__(self, results: Path, declared: Iterable[str] | None = None) -> None:
        """Artifacts below `results`; those not `declared`, where names are given, count as absent."""
        self.results = results
        self.declared = None if declared is None else frozenset(declared)
        self._columns: dict[str, dict[str, np.ndarray]] = {}

    def path(self, name: str) -> Path:
        """File of an artifact.

        Raises
        ------
        NoRows
            The run does not make it.
        """
        path = self.results / f"{name}.parquet"
        if not path.is_file() or (self.declared is not None and name not in self.declared):
            raise NoRows(f"this run has no artifact {name}")
        return path

    def columns(self, name: str) -> dict[str, np.ndarray]:
        """Columns of results/<name>.parquet."""
        if name not in self._columns:
            self._columns[name] = read_columns(self.path(name))
        return self._columns[name]

    def read(self, reading: Any) -> float:
        """Number that a reading stands for.

        Raises
        ------
        NoRows
            No row fits, or the value is missing in this run.
        ClaimError
            A column, key or reduction that does not exist.
        """
        if isinstance(reading, int | float) and not isinstance(reading, bool):
            return float(reading)
        if not isinstance(reading, Mapping):
            raise ClaimError(f"a reading must be a number or a mapping, got {reading!r}")
        for operation, apply in OPERATIONS.items():
            if operation in reading:
                return apply(*(self.read(part) for part in reading[operation]))
        if "parameter" in reading:
            return self._parameter(reading["artifact"], reading["parameter"])
        artifact, columns = reading["artifact"], self.columns(reading["artifact"])
        where = reading.get("where", {})
        chosen = self._rows(artifact, where)
        if not chosen.any():
            raise NoRows(f"this run has no rows of {artifact} with {_conditions(where)}")
        if "arrhenius" in reading:
            return self._arrhenius(columns, artifact, reading["arrhenius"], chosen)
        reduction = reading.get("reduce", "only")
        if reduction == "count":
            return float((chosen & self._rows(artifact, reading["which"])).sum())
        if reduction not in REDUCTIONS:
            raise ClaimError(f"reduce must be count or one of {sorted(REDUCTIONS)}, got {reduction!r}")
        values = self._column(columns, artifact, reading["column"])[chosen].astype(float)
        if not np.isfinite(values).any():
            raise NoRows(f"this run has no value of {reading['column']} with {_conditions(where)}")
        return REDUCTIONS[reduction](values)

    def _rows(self, artifact: str, where: Mapping[str, Any]) -> np.ndarray:
        columns = self.columns(artifact)
        chosen = np.ones(len(next(iter(columns.values()))), bool)
        for name, wanted in where.items():
            chosen &= self._fits(columns, artifact, name, wanted)
        return chosen

    def _arrhenius(self, columns: Mapping[str, np.ndarray], artifact: str, name: str, chosen: np.ndarray) -> float:
        value = self._column(columns, artifact, name)[chosen].astype(float)
        temperature = self._column(columns, artifact, "temperature_K")[chosen].astype(float)
        solved = np.isfinite(value) & (value > 0)
        if np.unique(temperature[solved]).size < 2:
            raise NoRows(f"this run has too few values of {name} for a slope")
        return float(-np.polyfit(1 / thermal_energy_eV(temperature[solved]), np.log(value[solved]), 1)[0])

    def _fits(self, columns: Mapping[str, np.ndarray], artifact: str, name: str, wanted: Any) -> np.ndarray:
        column = self._column(columns, artifact, name)
        if isinstance(wanted, Mapping):
            low, high = wanted.get("from", -math.inf), wanted.get("to", math.inf)
            return (column >= low) & (column <= high)
        if isinstance(wanted, bool | str):
            return column == wanted
        return np.isclose(column.astype(float), float(wanted), rtol=1e-9, atol=0)

    @staticmethod
    def _column(columns: Mapping[str, np.ndarray], artifact: str, name: str) -> np.ndarray:
        if name not in columns:
            raise ClaimError(f"{artifact} has no column {name!r}; it has {', '.join(columns)}")
        return columns[name]

    def _parameter(self, artifact: str, path: str) -> float:
        parameters = parameters_of(self.path(artifact))
        section = max((key for key in parameters if path.startswith(f"{key}.")), key=len, default=None)
        if section is None:
            raise ClaimError(f"{artifact} does not depend on {path}")
        value = parameters[section]
        for key in path[len(section) + 1 :].split("."):
            value = value[int(key) if isinstance(value, list) else key]
        return float(value)


@dataclass(frozen=True)
class Outcome:
    """What the run says of a claim; numbers are NaN where there are none."""

    verdict: str
    value: float
    target: float
    corrected_value: float
    corrected_target: float
    reason: str


def quantity(reading: Any) -> str:
    """What a reading is, in words."""
    if not isinstance(reading, Mapping):
        return f"{reading:g}"
    for operation, sign in (("ratio", " / "), ("difference", " - "), ("sum", " + "), ("product", " x ")):
        if operation in reading:
            return sign.join(quantity(part) for part in reading[operation])
    if "parameter" in reading:
        return reading["parameter"].rpartition(".")[2]
    if "arrhenius" in reading:
        return f"Arrhenius slope of {reading['arrhenius']}"
    if reading.get("reduce") == "count":
        return f"rows with {_conditions(reading['which'])}"
    return " ".join(filter(None, (reading.get("reduce", "").replace("_", " "), reading["column"])))


def _conditions(where: Mapping[str, Any]) -> str:
    told = []
    for name, wanted in where.items():
        if isinstance(wanted, Mapping):
            told += [f"{name} {sign} {wanted[end]:g}" for end, sign in (("from", ">="), ("to", "<=")) if end in wanted]
        else:
            told.append(f"{name} = {wanted}")
    return ", ".join(told) or "anything"


def evaluate(claim: Mapping[str, Any], artifacts: Artifacts) -> Outcome:
    """Verdict on one claim."""
    nothing = math.nan
    if "not_testable" in claim:
        return Outcome("not testable", nothing, nothing, nothing, nothing, claim["not_testable"])
    try:
        for condition in claim.get("provided", []):
            found, wanted = artifacts.read(condition["value"]), artifacts.read(condition["target"])
            if not math.isclose(found, wanted, rel_tol=1e-9):
                told = condition["value"].get("parameter", "a value")
                raise NoRows(f"the statement is about {told} = {wanted:g}, this run has {found:g}")
        value, target, holds = _compare(claim, claim["value"], claim["target"], artifacts)
        if holds or "corrected" not in claim:
            return Outcome("reproduced" if holds else "not reproduced", value, target, nothing, nothing, "")
        right = claim["corrected"]
        better_value, better_target, holds = _compare(
            claim, right.get("value", claim["value"]), right.get("target", claim["target"]), artifacts
        )
    except NoRows as error:
        return Outcome("not testable", nothing, nothing, nothing, nothing, str(error))
    except ClaimError as error:
        raise ClaimError(f"claim {claim['id']}: {error}") from None
    except KeyError as error:
        raise ClaimError(f"claim {claim['id']}: no key {error} in a reading or among its parameters") from None
    return Outcome("corrected" if holds else "not reproduced", value, target, better_value, better_target, "")


def _compare(claim: Mapping[str, Any], value: Any, target: Any, artifacts: Artifacts) -> tuple[float, float, bool]:
    value, target = artifacts.read(value), artifacts.read(target)
    tolerance = claim.get("tolerance", {})
    margin = max(tolerance.get("absolute", 0.0), tolerance.get("relative", 0.0) * abs(target))
    return value, target, RELATIONS[claim.get("relation", "equal")](value, target, margin)


def summary(kinds: Sequence[str], verdicts: Sequence[str]) -> str:
    """Counts of verdicts in words, statements of the sources apart from those that go beyond them."""
    words = []
    for kind, name in (("source", "statements of the sources"), ("beyond", "statements beyond them")):
        chosen = [verdict for own, verdict in zip(kinds, verdicts, strict=True) if own == kind]
        counts = [f"{chosen.count(verdict)} {verdict}" for verdict in VERDICTS if chosen.count(verdict)]
        if chosen:
            words.append(f"{len(chosen)} {name}: {', '.join(counts)}")
    return "; ".join(words)


def read_claims(path: Path) -> dict[str, Any]:
    """Claims of one source: {source, citation, claims: [...]}.

    Raises
    ------
    ClaimError
        A claim without id, statement or reading, an unknown key, or an id that stands twice.
    """
    ledger = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    seen: set[str] = set()
    for claim in ledger["claims"]:
        name = claim.get("id", "?")
        unknown = set(claim) - KEYS
        missing = {"id", "location", "statement"} - set(claim)
        if "not_testable" not in claim:
            missing |= {"value", "target"} - set(claim)
        if unknown or missing:
            raise ClaimError(
                f"{path.name}: claim {name}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}"
            )
        if name in seen:
            raise ClaimError(f"{path.name}: claim {name} stands twice")
        if claim.get("relation", "equal") not in RELATIONS:
            raise ClaimError(f"{path.name}: claim {name}: relation must be one of {sorted(RELATIONS)}")
        seen.add(name)
    return ledger


def artifacts_of(ledger: Mapping[str, Any]) -> list[str]:
    """Names of all artifacts that the claims are read off, sorted."""

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, Mapping):
            if "artifact" in value:
                yield value["artifact"]
            for inner in value.values():
                yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    return sorted(set(walk(ledger["claims"])))
