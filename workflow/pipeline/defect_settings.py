"""Sets of point defects from their settings in the configuration."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from superion.point_defects import Band, Defect, DefectSet, Dopant, Hopping

__all__ = ["chemical_potentials", "defect_set", "dopant_sweeps", "sets_of"]

BANDS = {"electrons": -1, "holes": 1}


def defect_set(settings: Mapping[str, Any]) -> DefectSet:
    """Defect set of one entry under `fundamentals.point_defects.sets`.

    Raises
    ------
    ValueError
        Defects that cannot be, see `superion.point_defects`, a chemical potential of an element that no defect
        exchanges, or a mobile ion that no mobile defect holds.
    """
    defects = []
    for given in settings["defects"]:
        values = dict(given)
        hopping = values.pop("hopping", None)
        defects.append(Defect(**values, hopping=Hopping(**hopping) if hopping else None))
    exchanged = {element for defect in defects for element in defect.atoms}
    for element in settings.get("chemical_potentials", {}):
        if element not in exchanged:
            known = ", ".join(sorted(exchanged)) or "none"
            raise ValueError(f"chemical_potentials: no defect exchanges {element!r}; defects exchange {known}")
    mobile = settings.get("mobile_ion")
    if mobile and not any(d.hopping and d.charge and d.atoms.get(mobile["element"], 0) for d in defects):
        raise ValueError(f"mobile_ion: no charged defect with 'hopping' has {mobile['element']!r} among its 'atoms'")
    if mobile:
        taken = dict.fromkeys(settings["sublattices"], 0.0)
        for defect in defects:
            taken[defect.site] = max(taken.get(defect.site, 0.0), -defect.atoms.get(mobile["element"], 0))
        most = sum(settings["sublattices"].get(name, 0.0) * count for name, count in taken.items())
        if mobile["per_formula_unit"] < most * (1 - 1e-9):
            raise ValueError(
                f"mobile_ion: per_formula_unit must be at least {most:g}, what defects can take of "
                f"{mobile['element']}, got {mobile['per_formula_unit']!r}"
            )
    return DefectSet(
        settings["sublattices"],
        tuple(defects),
        tuple(Band(charge, **settings[name]) for name, charge in BANDS.items() if settings.get(name)),
        tuple(
            Dopant(**{key: value for key, value in dopant.items() if key != "sweep_per_formula_unit"})
            for dopant in settings.get("dopants", [])
        ),
        settings.get("formula_volume_A3"),
    )


def sets_of(settings: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Sets of `fundamentals.point_defects` that are not left out by null, by name."""
    return {name: one for name, one in settings["sets"].items() if one is not None}


def chemical_potentials(settings: Mapping[str, Any], swept_eV: np.ndarray | float) -> dict[str, np.ndarray]:
    """Chemical potentials by element where the swept one is so far from its reference."""
    return {element: slope * np.asarray(swept_eV) for element, slope in settings.get("chemical_potentials", {}).items()}


def dopant_sweeps(settings: Mapping[str, Any], defects: DefectSet) -> dict[str, np.ndarray]:
    """Numbers per formula unit of each dopant that is swept, by label."""
    sweeps = {}
    for dopant, given in zip(defects.dopants, settings.get("dopants", []), strict=True):
        if (spacing := given.get("sweep_per_formula_unit")) is not None:
            sweeps[dopant.label] = np.geomspace(spacing["start"], spacing["stop"], int(spacing["count"]))
    return sweeps
