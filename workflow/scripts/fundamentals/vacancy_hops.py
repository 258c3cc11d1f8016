"""Hops of a neighbour into the vacancy of a face-centred cubic Lennard-Jones crystal, as the configuration has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from superion.pair_crystals import PairCrystal, fcc_positions, lennard_jones
from superion.saddle_points import StationaryPoint, find_minimum, find_saddle


@dataclass(frozen=True)
class VacancyHop:
    """A relaxed vacancy and the saddle half-way through a hop, which `hop` (3,) leads from site to vacancy."""

    name: str
    crystal: PairCrystal
    sites: np.ndarray
    jumper: int
    hop: np.ndarray
    minimum: StationaryPoint
    saddle: StationaryPoint

    @property
    def half_way(self) -> np.ndarray:
        """Sites (N, 3) but for the jumper, which is half-way to the vacancy."""
        positions = self.sites.copy()
        positions[self.jumper] += self.hop / 2
        return positions


def case_name(supercell: Mapping[str, Any]) -> str:
    """What rows about a supercell are labelled with."""
    return f"{4 * int(supercell['cells']) ** 3 - 1} atoms, {supercell['images']} images"


def vacancy_hop(settings: Mapping[str, Any], supercell: Mapping[str, Any]) -> VacancyHop:
    """Vacancy in that supercell, at the minimum and at the saddle."""
    a = float(settings["lattice_constant"])
    cell, sites = fcc_positions(a, supercell["cells"])
    vacancy, sites = sites[0], sites[1:]
    crystal = PairCrystal(cell, len(sites), lennard_jones(cutoff=settings["cutoff"]), supercell["images"])
    hop = -np.array([a / 2, a / 2, 0.0])
    jumper = int(np.argmin(np.linalg.norm(crystal.wrapped(sites - vacancy + hop), axis=1)))
    unrelaxed = sites.copy()
    unrelaxed[jumper] += hop / 2
    try:
        minimum, saddle = find_minimum(crystal, sites), find_saddle(crystal, unrelaxed)
    except ValueError as error:
        raise ValueError(f"vacancy in {case_name(supercell)}, lattice_constant {a:g}: {error}") from None
    return VacancyHop(
        name=case_name(supercell),
        crystal=crystal,
        sites=sites,
        jumper=jumper,
        hop=hop,
        minimum=minimum,
        saddle=saddle,
    )
