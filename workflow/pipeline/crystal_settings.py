"""Crystals of the time-local study from their settings in the configuration."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from superion.harmonic_crystals import STRUCTURES, HarmonicCrystal, crystal_of_force_constants

__all__ = ["crystal_of"]


def crystal_of(settings: Mapping[str, Any]) -> HarmonicCrystal:
    """Crystal of `time_local.crystal`: a structure with springs, or cell, atoms and force constants written out.

    Raises
    ------
    ValueError
        A crystal that cannot be, see `superion.harmonic_crystals`.
    """
    if settings.get("structure") is not None:
        build = STRUCTURES[settings["structure"]]
        return build(settings["lattice_constant_A"], settings["spring_constants_meV_per_A2"], settings["atom_mass"])
    cell = np.array(settings["cell"], float)
    names = [atom["name"] for atom in settings["atoms"]]
    return crystal_of_force_constants(
        cell,
        np.array([atom["at"] for atom in settings["atoms"]], float) @ cell,
        [atom["mass"] for atom in settings["atoms"]],
        [
            (names.index(bond["from"]), names.index(bond["to"]), bond["cell"], bond["force_constants_meV_per_A2"])
            for bond in settings["bonds"]
        ],
    )
