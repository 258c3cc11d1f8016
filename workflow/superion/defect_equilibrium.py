"""Equilibrium of charged point defects: exact site statistics and the Fermi level that makes a crystal neutral.

A defect d has the weight w = exp(S/k - beta (E - sum n mu + q E_F)); on its sublattice s it takes the share
x = w/(1 + sum_s w) of the sites that dopants leave, which is 1/(1 + exp(beta G)) where it is alone. Neutrality is one
equation for eta = beta E_F: ln of all positive charge minus ln of all negative charge falls monotonically. Both sides
are sums of positive terms, taken as logarithms and counted from the most frequent state of each sublattice, so that no
number of defects is the small difference of larger ones.

Logarithmic slopes are exact too. With g the change of ln w along a parameter at fixed eta, neutrality makes eta change
by sum_s N Cov_s(q, g)/sum_s N Var_s(q), and ln x by g - q eta' minus its mean on the sublattice.

Source: textbook chapter, "The Carriers of Transport: Intrinsic Point Defects"; G. Brouwer, Philips Res. Rep. 9, 366
(1954).
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.band_carriers import effective_states_per_A3, log_fermi_integral, log_level_occupation
from superion.point_defects import DefectSet
from superion.units import inverse_thermal_energy_per_eV
from superion.validity import finite_array

__all__ = ["DefectEquilibrium", "solve_defect_equilibrium"]

ITERATIONS, DOUBLINGS = 200, 60
CONVERGED = 2e-15  # of the reduced Fermi level, or of 1 where it is small
SMALLEST = -700.0  # ln of numbers that are still floats
POINTWISE = ("temperature", "log_weights", "sites", "net_dopants")  # what the search for the level reads


@dataclass(frozen=True)
class DefectEquilibrium:
    """Defects of a crystal at each point of a grid (...); species S as in `DefectSet.species`.

    Attributes
    ----------
    defects : what the crystal may have
    temperature_K : (...)
    fermi_level_eV : (...) the one that makes the crystal neutral, or the one that was given
    neutral : whether the Fermi level follows from neutrality
    formation_energy_eV : (S, ...) at this Fermi level and chemical potential, without entropy; of bands the edge
    log_per_formula_unit : (S, ...) ln of the number per formula unit
    log_site_fraction : (S, ...) ln of the share of all sites of the sublattice; of a level's states for bands, NaN for
        parabolic ones
    log_free_fraction : (S, ...) ln of the share of the sublattice's sites that are as in the perfect crystal; bands: 0
    dopants_per_formula_unit : (K, ...) numbers of the dopants
    charge_per_formula_unit : (...) effective charge that is left, 0 up to rounding where neutral
    """

    defects: DefectSet
    temperature_K: NDArray
    fermi_level_eV: NDArray
    neutral: bool
    formation_energy_eV: NDArray
    log_per_formula_unit: NDArray
    log_site_fraction: NDArray
    log_free_fraction: NDArray
    dopants_per_formula_unit: NDArray
    charge_per_formula_unit: NDArray
    _filling: NDArray  # (S, ...) d ln n/d(-beta energy) at fixed eta: 1 for a dilute species
    _sites: NDArray  # (S, ...) sites that dopants leave

    @property
    def per_formula_unit(self) -> NDArray:
        """Numbers (S, ...) per formula unit."""
        return np.exp(self.log_per_formula_unit)

    @property
    def site_fraction(self) -> NDArray:
        """Shares (S, ...) of the sites of each sublattice."""
        return np.exp(self.log_site_fraction)

    def row(self, label: str) -> int:
        """Row of a species.

        Raises
        ------
        ValueError
            The set has none of that label.
        """
        if label not in self.defects.labels:
            raise ValueError(f"label must be one of {', '.join(self.defects.labels)}, got {label!r}")
        return self.defects.labels.index(label)

    def thermal_energies_eV(self) -> NDArray:
        """Activation energies -d ln n/d beta (S, ...) of the numbers of defects, at fixed chemical potentials.

        Frenkel pairs have half their energy in the dilute limit, Schottky defects of M2X a third.
        """
        return -self._thermal_responses()[0]

    def free_thermal_energies_eV(self) -> NDArray:
        """The same of the free sites of each defect's sublattice, -d ln x_0/d beta (S, ...); 0 of bands."""
        return -self._thermal_responses()[1]

    def _thermal_responses(self) -> tuple[NDArray, NDArray]:
        change = -self._energies_at_level_0()
        beta = inverse_thermal_energy_per_eV(self.temperature_K)
        for row, band in enumerate(self.defects.bands, len(self.defects.defects)):
            if band.effective_mass is not None:  # the density of states goes as T^1.5
                change[row] = change[row] - 1.5 / beta / self._filling[row]
        # At a given Fermi level eta = beta E_F changes with beta.
        return self._response(change, None if self.neutral else self.fermi_level_eV)

    def potential_slopes(self, change: Mapping[str, float]) -> NDArray:
        """d ln n/d(beta mu) (S, ...) along a change of the elements' chemical potentials, by element."""
        atoms = [
            sum((count * change.get(element, 0.0) for element, count in getattr(one, "atoms", {}).items()), 0.0)
            for one in self.defects.species
        ]
        weights = np.array(atoms, float).reshape(-1, *(1,) * self.temperature_K.ndim)
        weights = np.broadcast_to(weights, self.log_per_formula_unit.shape)
        return self._response(weights, None if self.neutral else 0.0)[0]

    def dopant_slopes(self, label: str) -> NDArray:
        """d ln n/d ln(number of a dopant) (S, ...).

        Raises
        ------
        ValueError
            The set has no such dopant.
        """
        if label not in self.defects.dopant_labels:
            known = ", ".join(self.defects.dopant_labels) or "no dopants"
            raise ValueError(f"dopant must be one of {known}, got {label!r}")
        place = self.defects.dopant_labels.index(label)
        dopant, number = self.defects.dopants[place], self.dopants_per_formula_unit[place]
        lost = np.zeros_like(self.log_per_formula_unit)
        for row, defect in enumerate(self.defects.defects):
            if defect.site == dopant.site:
                lost[row] = -number / self._sites[row]
        charge = dopant.charge * number + np.sum(self._charges() * self.per_formula_unit * lost, axis=0)
        return lost + self._response(np.zeros_like(lost), None if self.neutral else 0.0, charge)[0]

    def _charges(self) -> NDArray:
        charges = np.array([one.charge for one in self.defects.species], float)
        return charges.reshape(-1, *(1,) * self.temperature_K.ndim)

    def _energies_at_level_0(self) -> NDArray:
        return self.formation_energy_eV - self._charges() * self.fermi_level_eV

    def _response(self, g: NDArray, level: ArrayLike | None, charge: ArrayLike = 0.0) -> tuple[NDArray, NDArray]:
        """d ln n and d ln x_0 (S, ...) of changes g (S, ...) of ln w, with eta moved to keep the crystal neutral.

        Covariances are sums over pairs of states of a sublattice, the perfect site among them: no term cancels another
        where a sublattice is nearly full.
        """
        q, n, groups = self._charges(), self.log_per_formula_unit, list(self.defects.groups())
        terms = []  # ln of the number of pairs of states, what their charges differ by, what their g do
        for _, rows in groups:
            for place, a in enumerate(rows):
                terms.append((n[a] + self._log_free(a), q[a], g[a]))
                terms += [(n[a] + n[b] - np.log(self._sites[a]), q[a] - q[b], g[a] - g[b]) for b in rows[:place]]
        for row in range(len(self.defects.defects), len(self.defects.species)):
            with np.errstate(divide="ignore"):
                terms.append((n[row] + np.log(self._filling[row]), q[row], g[row]))
        if level is None:
            # Over the largest that has a charge: at low temperatures all are too small for floats.
            terms = [term for term in terms if np.any(term[1] != 0)]
            scale = np.max([log for log, _, _ in terms], axis=0)
            moved = sum(np.exp(log - scale) * charges * changes for log, charges, changes in terms)
            stiffness = sum(np.exp(log - scale) * charges**2 for log, charges, _ in terms)
            eta = (moved + charge * np.exp(-np.maximum(scale, SMALLEST))) / stiffness
        else:
            eta = np.broadcast_to(level, self.fermi_level_eV.shape)
        change = g - q * eta
        response, free = self._filling * change, np.zeros_like(change)
        for _, rows in groups:
            for a in rows:
                response[a] = change[a] * np.exp(self._log_free(a))
                for b in rows:
                    share = np.exp(n[b] - np.log(self._sites[b]))
                    free[a] -= share * change[b]
                    if b != a:
                        response[a] += share * (change[a] - change[b])
        return response, free

    def _log_free(self, row: int) -> NDArray:
        """ln of the share of the sites that dopants leave that are as in the perfect crystal."""
        sites = self.defects.sublattices[self.defects.defects[row].site]
        return self.log_free_fraction[row] + np.log(sites / self._sites[row])


def solve_defect_equilibrium(
    defects: DefectSet,
    temperature_K: ArrayLike,
    chemical_potential_eV: Mapping[str, ArrayLike] | None = None,
    dopants_per_formula_unit: Mapping[str, ArrayLike] | None = None,
    fermi_level_eV: ArrayLike | None = None,
) -> DefectEquilibrium:
    """Equilibrium of a set of defects on a grid, as one array.

    Textbook chapter, "The Carriers of Transport: Intrinsic Point Defects", mass action with exact site statistics.

    Parameters
    ----------
    temperature_K : (...) above 0
    chemical_potential_eV : chemical potentials (...) by element against the reference; 0 where an element is missing
    dopants_per_formula_unit : numbers (...) of dopants by label, in place of those of the set
    fermi_level_eV : (...) a Fermi level held by something outside, in place of neutrality

    Raises
    ------
    ValueError
        A value not finite or out of bounds, an element or dopant that the set does not have, grids that do not fit each
        other, or a crystal that no Fermi level makes neutral.
    """
    temperature = finite_array("temperature_K", temperature_K, above=0)
    potentials = _named("chemical_potential_eV", chemical_potential_eV, _elements(defects), "element")
    given = _named("dopants_per_formula_unit", dopants_per_formula_unit, defects.dopant_labels, "dopant", at_least=0)
    level = None if fermi_level_eV is None else finite_array("fermi_level_eV", fermi_level_eV)
    arrays = [temperature, *potentials.values(), *given.values(), *([] if level is None else [level])]
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        told = ", ".join(str(array.shape) for array in arrays)
        raise ValueError(f"temperature, chemical potentials, dopants and Fermi level must fit, got {told}") from None
    if level is None:
        defects.require_neutral(given)

    def flat(array: ArrayLike) -> NDArray:
        return np.broadcast_to(array, shape).ravel()

    amounts = [flat(number) for number in defects.dopant_numbers(given)]
    statistics = _Statistics(
        defects,
        flat(temperature),
        {element: flat(potential) for element, potential in potentials.items()},
        np.array(amounts).reshape(len(amounts), int(np.prod(shape))),
    )
    if level is None:
        eta = statistics.neutral_level()
    else:
        eta = inverse_thermal_energy_per_eV(statistics.temperature) * flat(level)
    return statistics.at(eta, shape, neutral=level is None)


def _elements(defects: DefectSet) -> tuple[str, ...]:
    return tuple(dict.fromkeys(element for defect in defects.defects for element in defect.atoms))


def _named(name: str, given: Mapping | None, known: tuple[str, ...], kind: str, **bounds: float) -> dict[str, NDArray]:
    unknown = [key for key in given or {} if key not in known]
    if unknown:
        raise ValueError(
            f"{name} must be given by {kind}, one of {', '.join(known) or 'none in this set'}; got {unknown[0]!r}"
        )
    return {key: finite_array(f"{name} of {key}", value, **bounds) for key, value in (given or {}).items()}


class _Statistics:
    """Numbers of all species as functions of eta, at the points of a grid in one row (P,)."""

    def __init__(
        self, defects: DefectSet, temperature: NDArray, potentials: Mapping[str, NDArray], dopants: NDArray
    ) -> None:
        self.defects, self.temperature, self.dopants = defects, temperature, dopants
        self.count = len(defects.defects)
        shape = (len(defects.species), temperature.size)
        beta = inverse_thermal_energy_per_eV(temperature)
        self.energies, self.log_weights = np.empty((2, *shape))
        self.sites = np.ones(shape)
        for row, one in enumerate(defects.species):
            atoms = getattr(one, "atoms", {}).items()
            exchanged = sum((count * potentials[element] for element, count in atoms if element in potentials), 0.0)
            self.energies[row] = one.formation_energy_eV - exchanged
            self.log_weights[row] = getattr(one, "formation_entropy_kB", 0.0) - beta * self.energies[row]
        left = defects.sites_left(dict(zip(defects.dopant_labels, dopants, strict=True)))
        for name, rows in defects.groups():
            self.sites[rows] = left[name]
        for row, band in enumerate(defects.bands, self.count):
            if band.effective_mass is None:
                self.sites[row] = band.states_per_formula_unit
            else:
                density = effective_states_per_A3(band.effective_mass, temperature)
                self.sites[row] = density * defects.formula_volume_A3
        self.charges = np.array([[one.charge] for one in defects.species], float)
        # Summed once: what cancels between dopants never enters the equation.
        self.net_dopants = np.array([one.charge for one in defects.dopants], float) @ dopants

    def logarithms(self, eta: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """ln n, ln of the share of sites, ln of the free share (of what dopants leave), d ln n/d ln w: all (S, P)."""
        log_weight = self.log_weights - self.charges * eta
        share, free, filling = np.empty_like(log_weight), np.zeros_like(log_weight), np.ones_like(log_weight)
        for _, rows in self.defects.groups():
            perfect = -np.logaddexp.reduce([np.zeros_like(eta), *log_weight[rows]], axis=0)
            share[rows], free[rows] = log_weight[rows] + perfect, perfect
        for row, band in enumerate(self.defects.bands, self.count):
            statistics = log_level_occupation if band.effective_mass is None else log_fermi_integral
            share[row], filling[row] = statistics(log_weight[row])
        return np.log(self.sites) + share, share, free, filling

    def imbalance(self, eta: NDArray) -> tuple[NDArray, NDArray]:
        """ln of the positive charge minus ln of the negative charge (P,), and its slope, which is negative.

        The charge of a sublattice is counted from that of its most frequent state, be it a defect, so that the few
        sites that are otherwise are never the difference of many.
        """
        log_numbers, share, free, filling = self.logarithms(eta)
        constant = self.net_dopants
        terms: list[
            tuple[NDArray, NDArray, NDArray]
        ] = []  # charge against the reference, ln number, -d ln number/d eta
        for _, rows in self.defects.groups():
            charges = np.append(self.charges[rows, 0], 0.0)
            states = np.concatenate([share[rows], free[rows[:1]]])
            reference = charges[np.argmax(states, axis=0)]
            mean = charges @ np.exp(states)
            sites = self.sites[rows[0]]
            constant = constant + sites * reference
            terms += [
                (q - reference, np.log(sites) + state, q - mean) for q, state in zip(charges, states, strict=True)
            ]
        for row, band in enumerate(self.defects.bands, self.count):
            charge, states = float(band.charge), np.log(self.sites[row])
            # A level that is more than half full is counted by its empty states.
            full = (share[row] > -np.log(2)) & (band.effective_mass is None)
            constant = constant + np.where(full, self.sites[row] * charge, 0.0)
            empty = states + share[row] - (self.log_weights[row] - charge * eta)
            steepness = np.where(full, -charge * np.exp(share[row]), charge * filling[row])
            terms.append((np.where(full, -charge, charge), np.where(full, empty, log_numbers[row]), steepness))
        value, slope = np.zeros_like(eta), np.zeros_like(eta)
        for sign in (1, -1):
            with np.errstate(divide="ignore", invalid="ignore"):
                logs = [np.log(np.maximum(sign * charge, 0)) + number for charge, number, _ in terms]
                total = np.logaddexp.reduce([np.log(np.maximum(sign * constant, 0)), *logs], axis=0)
            value = value + sign * total
            for log, (_, _, steepness) in zip(logs, terms, strict=True):
                slope = slope - sign * np.exp(log - total) * steepness
        return value, slope

    def neutral_level(self) -> NDArray:
        """Reduced Fermi level (P,) of the neutral crystal: Newton's steps between bounds that close in on the root."""
        width = 1 + np.max(np.abs(self.log_weights), axis=0)
        low, high = -width, width
        for _ in range(DOUBLINGS):
            short = self.imbalance(low)[0] <= 0, self.imbalance(high)[0] >= 0
            if not np.any(short):
                break
            low, high = np.where(short[0], 2 * low, low), np.where(short[1], 2 * high, high)
        else:
            raise ValueError("the defect set cannot be neutral: no Fermi level balances its charges")
        eta, last, open_ = np.zeros_like(low), high - low, np.arange(low.size)
        for _ in range(ITERATIONS):
            value, slope = self._at(open_).imbalance(eta[open_])
            here = eta[open_]
            low[open_] = np.where(value >= 0, here, low[open_])
            high[open_] = np.where(value <= 0, here, high[open_])
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                newton = here - value / slope
            # A step that does not halve the last one may crawl along a bend.
            good = (newton >= low[open_]) & (newton <= high[open_]) & (2 * np.abs(newton - here) < last[open_])
            eta[open_] = np.where(good, newton, (low[open_] + high[open_]) / 2)
            last[open_] = np.abs(eta[open_] - here)
            open_ = open_[(last[open_] > CONVERGED * np.maximum(1, np.abs(here))) & (value != 0)]
            if not open_.size:
                break
        return eta

    def _at(self, points: NDArray) -> _Statistics:
        """The same at some points of the grid."""
        if points.size == self.temperature.size:
            return self
        part = copy(self)
        for name in POINTWISE:
            setattr(part, name, getattr(self, name)[..., points])
        return part

    def at(self, eta: NDArray, shape: tuple[int, ...], *, neutral: bool) -> DefectEquilibrium:
        """The equilibrium at reduced Fermi levels (P,), on the grid."""
        level = eta / inverse_thermal_energy_per_eV(self.temperature)
        log_numbers, share, free, filling = self.logarithms(eta)
        for name, rows in self.defects.groups():
            left = np.log(self.sites[rows] / self.defects.sublattices[name])
            share[rows], free[rows] = share[rows] + left, free[rows] + left
        for row, band in enumerate(self.defects.bands, self.count):
            if band.effective_mass is not None:
                share[row] = np.nan
        columns = {
            "temperature_K": self.temperature,
            "fermi_level_eV": level,
            "formation_energy_eV": self.energies + self.charges * level,
            "log_per_formula_unit": log_numbers,
            "log_site_fraction": share,
            "log_free_fraction": free,
            "dopants_per_formula_unit": self.dopants,
            "charge_per_formula_unit": self.net_dopants + np.sum(self.charges * np.exp(log_numbers), axis=0),
            "_filling": filling,
            "_sites": self.sites,
        }
        on_grid = {name: array.reshape((*array.shape[:-1], *shape)) for name, array in columns.items()}
        return DefectEquilibrium(self.defects, neutral=neutral, **on_grid)
