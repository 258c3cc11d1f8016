"""Small cells of lattice gases as the configuration writes them: lists of numbers are axes of a product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from superion.lattice import BUILDERS, Lattice
from superion.lattice_gas_moves import LatticeGas

__all__ = ["AXES", "lattice_gases", "piece_of_lattice"]

AXES = {
    "ions": "ion_count",
    "repulsions_over_kT": "repulsion_over_kT",
    "push_rates": "push_rate",
    "exchange_rates": "exchange_rate",
}
"""Lists of a cell, and what each of their numbers is in a lattice gas."""
OPTIONS = ("rule", "hop_rate", "push_angle_deg")


def piece_of_lattice(settings: Mapping[str, Any]) -> tuple[Lattice, Lattice]:
    """Lattice of a builder, and the periodic piece of it that is told by its repeats.

    Raises
    ------
    ValueError
        Options that the builder does not know or lacks, or a number of repeats that does not fit.
    """
    name = settings["builder"]
    try:
        lattice = BUILDERS[name](**settings.get("builder_options", {}))
    except TypeError as error:
        raise ValueError(f"builder_options of {name!r}: {error}") from None
    return lattice, lattice.repeat(settings["repeats"])


def lattice_gases(settings: Mapping[str, Any]) -> Iterator[LatticeGas]:
    """Lattice gases of a cell, the last axis running fastest.

    Raises
    ------
    ValueError
        As `piece_of_lattice` and `LatticeGas` do, or site energies for another number of sites.
    """
    lattice, piece = piece_of_lattice(settings)
    energies = np.asarray(settings.get("site_energies_over_kT", [0.0] * lattice.site_count), float)
    if len(energies) != lattice.site_count:
        raise ValueError(f"site_energies_over_kT must hold {lattice.site_count} energies, got {len(energies)}")
    options = {key: settings[key] for key in OPTIONS if key in settings}
    options["site_energy_over_kT"] = np.tile(energies, piece.site_count // lattice.site_count)
    given = {name: settings[key] for key, name in AXES.items() if key in settings}
    for numbers in product(*given.values()):
        yield LatticeGas(piece, **options, **dict(zip(given, numbers, strict=True)))
