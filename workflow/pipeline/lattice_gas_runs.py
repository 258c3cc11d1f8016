"""Runs of the lattice-gas study: families of the configuration, spread over their axes.

A family is a lattice, a rule and lists of values; each combination of these is a run, with a name made of its values,
and each replica of a run is a job of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.site_lists import read_site_list
from superion.lattice import BUILDERS, Lattice
from superion.lattice_gas_moves import LatticeGas

__all__ = ["AXES", "FILLINGS", "lattice_gas_of", "lattice_gas_runs", "site_list_path"]

ROOT = Path(__file__).resolve().parents[2]

# key in the configuration: (key of a run, letters in its name)
AXES = {
    "builders": ("builder", ""),
    "repeats": ("repeat", "L"),
    "ions": ("ions", "n"),
    "vacancies": ("vacancies", "v"),
    "fillings": ("filling", "x"),
    "repulsions_over_kT": ("repulsion_over_kT", "V"),
    "sublattice_energies_over_kT": ("sublattice_energy_over_kT", "E"),
    "push_rates": ("push_rate", "push"),
    "exchange_rates": ("exchange_rate", "exchange"),
}
FILLINGS = ("ions", "vacancies", "fillings")
OPTIONS = ("repulsion_over_kT", "push_rate", "exchange_rate", "rule", "hop_rate", "push_angle_deg")


def lattice_gas_runs(simulations: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Settings of each run by 'family/run', in the order of the configuration; `replicas` says how many jobs it is.

    Parameters
    ----------
    simulations : section `lattice_gas.simulations`
    """
    shared = {key: value for key, value in simulations.items() if key != "families"}
    runs = {}
    for family, given in simulations["families"].items():
        if given is None:
            continue
        axes = [axis for axis in AXES if axis in given]
        fixed = {key: value for key, value in given.items() if key not in AXES}
        for values in product(*(given[axis] for axis in axes)):
            point = dict(zip(axes, values, strict=True))
            name = "_".join(f"{AXES[axis][1]}{_printed(value)}" for axis, value in point.items())
            runs[f"{family}/{name}"] = shared | fixed | {AXES[axis][0]: value for axis, value in point.items()}
    return runs


def _printed(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.12g}"


def lattice_gas_of(run: Mapping[str, Any]) -> LatticeGas:
    """Lattice gas of a run.

    Raises
    ------
    ValueError
        A site list that cannot be read, or a lattice gas that cannot be.
    """
    lattice = _piece(run)
    count = lattice.site_count
    if "filling" in run:
        ions = round(run["filling"] * count)
    else:
        ions = run["ions"] if "ions" in run else count - run["vacancies"]
    if ions < 1:
        raise ValueError(f"no ion is left on {count} sites")
    energies = run.get("sublattice_energy_over_kT", 0.0) * (lattice.site_polarity > 0)
    if "sublattice_energy_over_kT" in run and not (lattice.site_polarity > 0).any():
        raise ValueError("sublattice_energies_over_kT need a lattice of two sublattices")
    return LatticeGas(lattice, ions, energies, **{key: run[key] for key in OPTIONS if key in run})


def _piece(run: Mapping[str, Any]) -> Lattice:
    if "site_list" not in run:
        options = {key: tuple(x) if isinstance(x, list) else x for key, x in run.get("builder_options", {}).items()}
        return _built(run["builder"], tuple(sorted(options.items())), run["repeat"])
    return _listed(str(site_list_path(run["site_list"])), tuple(run["cell_lengths"]), run.get("first_sublattice"))


def site_list_path(text: str) -> Path:
    """A file of sites: where the run is, or, of the project's own, in its checkout."""
    path = Path(text)
    return path if path.exists() or path.is_absolute() or not (ROOT / path).exists() else ROOT / path


@lru_cache(maxsize=8)
def _built(builder: str, options: tuple[tuple[str, Any], ...], repeat: int) -> Lattice:
    try:
        return BUILDERS[builder](**dict(options)).repeat(repeat)
    except TypeError as error:
        raise ValueError(f"builder_options of {builder!r}: {error}") from None


@lru_cache(maxsize=8)
def _listed(path: str, cell_lengths: tuple[float, ...], first: str | None) -> Lattice:
    listed = read_site_list(path, cell_lengths)
    if first is None:
        return listed.lattice
    if first not in listed.labels:
        labels = ", ".join(sorted(set(listed.labels)))
        raise ValueError(f"first_sublattice must be a label of the site list ({labels}), got {first!r}")
    return replace(listed.lattice, site_polarity=np.where(np.array(listed.labels) == first, 1.0, -1.0))
