"""Lattices as the configuration writes them: a builder of the library, or cell, sites and hops."""

from __future__ import annotations

import csv
import inspect
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from superion.hopping import dressed_probability, polarized_probability, require_probability, thermal_probability
from superion.lattice import BUILDERS, Lattice

__all__ = ["BuiltLattice", "build_lattice"]


class BuiltLattice(NamedTuple):
    """A lattice with the probabilities (H,) of its hops, without field and in the field of the configuration."""

    lattice: Lattice
    probability: np.ndarray
    dressed_probability: np.ndarray


def build_lattice(settings: Mapping[str, Any]) -> BuiltLattice:
    """Lattice of one entry under `lattices`.

    Raises
    ------
    ValueError
        Sizes that do not fit, hops that do not join their sites, or that leave a site more often than always where
        `allow_negative` is not set.
    """
    lattice, probability = _lattice(settings)
    field = np.array(settings.get("field", [0] * lattice.dimension), float)
    if field.shape != (lattice.dimension,):
        raise ValueError(f"field must have {lattice.dimension} components, got {field.tolist()!r}")
    for corner in settings["path"]["corners"]:
        if len(corner["at"]) != lattice.dimension:
            raise ValueError(
                f"path corner {corner['label']!r} must have {lattice.dimension} fractions, got {corner['at']!r}"
            )
    dressed = dressed_probability(lattice, probability, field, settings.get("field_split", "thermodynamic"))
    if not settings.get("allow_negative", False):
        require_probability(lattice, dressed)
    if len(np.unique(lattice.components())) > 1:
        raise ValueError("the sites fall into sets that no hop joins: write each set as a lattice of its own")
    for name, ends in (("leaves", lattice.origin), ("reaches", lattice.destination)):
        ways = np.bincount(ends, weights=probability, minlength=lattice.site_count)
        if np.any(ways == 0):
            site = lattice.site_names[int(np.argmin(ways))]
            raise ValueError(f"no hop {name} site {site!r}: is a way back (reverse_probability) missing?")
    return BuiltLattice(lattice, probability, dressed)


def _hops(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Hops of the configuration: a list, or a CSV table with the same keys as columns."""
    if "hops" in settings:
        return settings["hops"]
    path = Path(settings["hops_table"])
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader((line for line in file if not line.startswith("#")), skipinitialspace=True)
            rows = list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"hops_table {path} (looked for from {Path.cwd()}): cannot be read ({error})") from None
    axes = [f"cell_{axis}" for axis in "xyz"[: len(settings["cell"])]]
    needed = ["from", "to", *axes, "probability"]
    found = [(name or "").strip() for name in reader.fieldnames or []]
    missing = [name for name in needed if name not in found]
    unknown = [name for name in found if name not in (*needed, "reverse_probability")]
    if missing or unknown:
        raise ValueError(
            f"hops_table {path}: columns must be {', '.join(needed)} and, optionally, reverse_probability, "
            f"separated by commas; got {', '.join(found) or 'nothing'}"
        )
    hops, faults = [], []
    for number, row in enumerate(rows, start=1):
        cells = {name: row[key] for name, key in zip(found, reader.fieldnames, strict=True)}
        try:
            hop = {"from": cells["from"], "to": cells["to"], "cell": [_number(cells, axis, int) for axis in axes]}
            hop["probability"] = _number(cells, "probability", float)
            if (cells.get("reverse_probability") or "").strip():
                hop["reverse_probability"] = _number(cells, "reverse_probability", float)
            hops.append(hop)
        except ValueError as error:
            faults.append(f"data row {number}: {error}")
    if faults:
        raise ValueError(f"hops_table {path}: {'; '.join(faults)}")
    if not hops:
        raise ValueError(f"hops_table {path}: no rows")
    return hops


def _number(cells: Mapping[str, str | None], name: str, kind: type) -> float:
    text = (cells[name] or "").strip()
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    if kind is int and math.isnan(value):
        raise ValueError(f"{name} must be a whole number, got {text!r}")
    if kind is float and not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1, got {text!r}")
    return value


def _own_lattice(settings: Mapping[str, Any]) -> tuple[Lattice, np.ndarray]:
    """Lattice written out as cell, sites and hops, with the probability of each hop."""
    cell = np.array(settings["cell"], float)
    names = [site["name"] for site in settings["sites"]]
    fractions = [site["at"] for site in settings["sites"]]
    for name, fraction in zip(names, fractions, strict=True):
        if len(fraction) != len(cell):
            raise ValueError(f"site {name!r} must have {len(cell)} fractional coordinates, got {fraction!r}")
    sites = np.array(fractions, float) @ cell
    origin, destination, displacement, probability = [], [], [], []
    for number, hop in enumerate(_hops(settings), start=1):
        for end in ("from", "to"):
            if hop[end] not in names:
                raise ValueError(f"hop {number}: {end} must be one of the sites {names}, got {hop[end]!r}")
        if len(hop["cell"]) != len(cell):
            raise ValueError(f"hop {number}: cell must hold {len(cell)} whole numbers, got {hop['cell']!r}")
        start, stop = names.index(hop["from"]), names.index(hop["to"])
        vector = sites[stop] - sites[start] + np.array(hop["cell"], float) @ cell
        ways = [(start, stop, vector, hop["probability"])]
        if "reverse_probability" in hop:
            ways.append((stop, start, -vector, hop["reverse_probability"]))
        for way in ways:
            for column, value in zip((origin, destination, displacement, probability), way, strict=True):
                column.append(value)
    return Lattice(cell, sites, origin, destination, displacement, tuple(names)), np.array(probability)


def _lattice(settings: Mapping[str, Any]) -> tuple[Lattice, np.ndarray]:
    """Lattice and field-free hop probabilities of one entry under `lattices`."""
    if "cell" in settings:
        return _own_lattice(settings)
    lattice = _builder_lattice(settings["builder"], settings.get("builder_options", {}))
    if "site_energies_eV" in settings:
        energies = np.array(settings["site_energies_eV"], float)
        if len(energies) != lattice.site_count:
            raise ValueError(f"site_energies_eV must hold {lattice.site_count} energies, got {len(energies)}")
        return lattice, thermal_probability(lattice, energies, settings["saddle_energy_eV"], settings["temperature_K"])
    if "probability_by_kind" in settings:
        by_kind = np.array(settings["probability_by_kind"], float)
        kinds = int(lattice.hop_kind.max()) + 1
        if len(by_kind) != kinds:
            raise ValueError(f"probability_by_kind must hold {kinds} probabilities, got {len(by_kind)}")
        return lattice, by_kind[lattice.hop_kind]
    polarization = settings.get("polarization", 0)
    if polarization and not lattice.site_polarity.any():
        raise ValueError(f"polarization must be 0 as {settings['builder']!r} has no sublattices, got {polarization!r}")
    return lattice, polarized_probability(lattice, settings["hopping_probability"], polarization)


def _builder_lattice(name: str, options: Mapping[str, Any]) -> Lattice:
    known = inspect.signature(BUILDERS[name]).parameters
    needed = [key for key, parameter in known.items() if parameter.default is parameter.empty]
    wrong = [key for key in options if key not in known] + [key for key in needed if key not in options]
    if wrong:
        raise ValueError(f"builder_options of {name!r} are {', '.join(known)}; unknown or missing: {', '.join(wrong)}")
    return BUILDERS[name](**options)
