"""From defects to conductivity: diffusion of carriers, Nernst-Einstein, activation energies, tracers.

A carrier d diffuses with D_d = x_0 (Z/2d) a^2 nu exp(-E_m/kT); x_0, the free share of its sublattice, makes lattice
gases with no interaction but exclusion exact. Its conductivity is n_d q^2 D_d/kT, and the activation energy of sigma T
is -d ln(n_d x_0)/d beta + E_m, whatever fixes n_d: the formation energy at a given Fermi level, half that of a pair in
a crystal of two defects, or 0 where a dopant does.

Source: textbook chapter, "The Kinetics of Ionic Motion: Activated Hopping" and "Microscopic Mechanisms and Macroscopic
Transport Properties".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superion.defect_equilibrium import DefectEquilibrium
from superion.point_defects import Band, Defect
from superion.transport import nernst_einstein_conductivity_S_per_cm
from superion.units import inverse_thermal_energy_per_eV
from superion.validity import finite_array

__all__ = ["DefectConductivity", "IonDiffusion", "carrier_conductivity", "mobile_ion_diffusion"]

CM2_PER_S = 1e-4
"""A^2/ps in cm^2/s."""
ROUNDING = 1e-12  # of the ions of the perfect crystal: as good as none


@dataclass(frozen=True)
class DefectConductivity:
    """What the carriers of a crystal conduct at each point of a grid (...); species S as in `DefectSet.species`.

    Attributes
    ----------
    equilibrium : the defects
    log_diffusion : (S, ...) ln of the diffusion coefficient of each species in A^2/ps, -inf for those that do not move
    conductivity_S_per_cm : (S, ...) conductivity of each species
    thermal_energies_eV : (S, ...) activation energy -d ln(sigma T)/d beta of each
    """

    equilibrium: DefectEquilibrium
    log_diffusion: NDArray
    conductivity_S_per_cm: NDArray
    thermal_energies_eV: NDArray

    @property
    def diffusion_cm2_per_s(self) -> NDArray:
        """Diffusion coefficients (S, ...), 0 for what does not move."""
        return np.exp(self.log_diffusion) * CM2_PER_S

    @property
    def total_S_per_cm(self) -> NDArray:
        """Conductivity (...) of all carriers."""
        return self.conductivity_S_per_cm.sum(axis=0)

    @property
    def ionic_S_per_cm(self) -> NDArray:
        """Conductivity (...) of the defects, bands left out."""
        return self.conductivity_S_per_cm[: self._count].sum(axis=0)

    @property
    def ionic_transference(self) -> NDArray:
        """Share (...) of the conductivity that is ionic."""
        return self._shares(len(self.equilibrium.defects.species))[: self._count].sum(axis=0)

    @property
    def ionic_thermal_energy_eV(self) -> NDArray:
        """Activation energy (...) of sigma T of all defects together."""
        return np.sum(self._shares(self._count) * self.thermal_energies_eV[: self._count], axis=0)

    @property
    def dominant(self) -> NDArray:
        """Label (...) of the defect that conducts most."""
        return np.array(self.equilibrium.defects.labels)[np.argmax(self._log_weights(self._count), axis=0)]

    @property
    def _count(self) -> int:
        return len(self.equilibrium.defects.defects)

    def _log_weights(self, rows: int) -> NDArray:
        """ln of n q^2 D (rows, ...): shares need it where conductivities are too small for floats."""
        charges = np.array([one.charge for one in self.equilibrium.defects.species[:rows]], float)
        with np.errstate(divide="ignore"):
            squares = 2 * np.log(np.abs(charges)).reshape(-1, *(1,) * self.equilibrium.temperature_K.ndim)
        return self.equilibrium.log_per_formula_unit[:rows] + self.log_diffusion[:rows] + squares

    def _shares(self, rows: int) -> NDArray:
        """Shares (rows, ...) of the first species in what they conduct together."""
        weights = self._log_weights(rows)
        return np.exp(weights - np.logaddexp.reduce(weights, axis=0))


def carrier_conductivity(equilibrium: DefectEquilibrium) -> DefectConductivity:
    """Conductivity of each species on the grid of an equilibrium. Textbook chapter, Nernst-Einstein relation.

    Raises
    ------
    ValueError
        The set has no volume, or none of its charged defects moves.
    """
    defects = equilibrium.defects
    if defects.formula_volume_A3 is None:
        raise ValueError("formula_volume_A3 of the defect set must be given for conductivities, got None")
    if not any(defect.hopping and defect.charge for defect in defects.defects):
        raise ValueError(f"no charged defect of {', '.join(defects.labels)} moves; give one its hopping")
    beta = inverse_thermal_energy_per_eV(equilibrium.temperature_K)
    thermal, free = equilibrium.thermal_energies_eV(), equilibrium.free_thermal_energies_eV()
    log_diffusion, conductivity, energies = np.zeros((3, *equilibrium.log_per_formula_unit.shape))
    for row, one in enumerate(defects.species):
        energies[row], log_diffusion[row] = thermal[row], _log_diffusion(one, equilibrium, row, beta)
        if isinstance(one, Defect) and one.hopping is not None:
            energies[row] += one.hopping.barrier_eV + free[row]
        elif isinstance(one, Band):
            energies[row] += 1 / beta  # the mobility does not depend on temperature: sigma T goes as n T
        conductivity[row] = nernst_einstein_conductivity_S_per_cm(
            np.exp(log_diffusion[row]),
            equilibrium.per_formula_unit[row],
            defects.formula_volume_A3,
            equilibrium.temperature_K,
            one.charge,
        )
    return DefectConductivity(equilibrium, log_diffusion, conductivity, energies)


def _log_diffusion(one: Defect | Band, equilibrium: DefectEquilibrium, row: int, beta: NDArray) -> NDArray | float:
    """ln of the diffusion coefficient (...) of a species in A^2/ps."""
    if isinstance(one, Band):
        return np.log(one.mobility_cm2_per_V_s / beta / CM2_PER_S) if one.mobility_cm2_per_V_s else -np.inf
    if one.hopping is None:
        return -np.inf
    return equilibrium.log_free_fraction[row] + one.hopping.log_diffusion(beta)


@dataclass(frozen=True)
class IonDiffusion:
    """Diffusion of one kind of mobile ions on the grid (...) of a conductivity.

    Attributes
    ----------
    per_formula_unit : (...) ions, those of the perfect crystal and what defects add or take
    charge_diffusion_cm2_per_s : (...) D_sigma of sigma = n q^2 D_sigma/kT; NaN where defects have taken all ions
    tracer_diffusion_cm2_per_s : (...) D*; NaN there
    haven_ratio : (...) D*/D_sigma, that of each mechanism weighted with what it conducts
    """

    per_formula_unit: NDArray
    charge_diffusion_cm2_per_s: NDArray
    tracer_diffusion_cm2_per_s: NDArray
    haven_ratio: NDArray


def mobile_ion_diffusion(
    conductivity: DefectConductivity, element: str, charge_number: int, perfect_per_formula_unit: float
) -> IonDiffusion:
    """Charge and tracer diffusion coefficients of the ions of an element. Textbook chapter, Haven ratio.

    Parameters
    ----------
    element : what moves where a defect that takes up or gives up this element hops
    charge_number : of the ion, z
    perfect_per_formula_unit : ions of the perfect crystal

    Raises
    ------
    ValueError
        No mobile charged defect holds the element, a charge number of 0, or defects that take more ions than there are.
    """
    equilibrium = conductivity.equilibrium
    perfect = float(finite_array("perfect_per_formula_unit", perfect_per_formula_unit, above=0))
    if not charge_number:
        raise ValueError(f"charge_number must not be 0, got {charge_number!r}")
    numbers = equilibrium.per_formula_unit
    ions = perfect + sum(
        (defect.atoms[element] * numbers[row] for row, defect in _holding(equilibrium, element)),
        np.zeros(equilibrium.temperature_K.shape),
    )
    if np.any(ions < -ROUNDING * perfect):
        raise ValueError(f"defects take more {element} than the {perfect:g} per formula unit that there are")
    moved = [(row, defect) for row, defect in _holding(equilibrium, element) if defect.hopping is not None]
    if not any(defect.charge for _, defect in moved):
        raise ValueError(f"no mobile charged defect of {', '.join(equilibrium.defects.labels)} holds {element!r}")
    logs = [equilibrium.log_per_formula_unit[row] + conductivity.log_diffusion[row] for row, _ in moved]
    charge = _log_sum(logs, [(defect.charge / charge_number) ** 2 for _, defect in moved])
    tracer = _log_sum(logs, [defect.hopping.haven_ratio for _, defect in moved])
    unit = CM2_PER_S / np.where(ions > ROUNDING * perfect, ions, np.nan)
    return IonDiffusion(ions, unit * np.exp(charge), unit * np.exp(tracer), np.exp(tracer - charge))


def _log_sum(logs: list[NDArray], factors: list[float]) -> NDArray:
    """ln of the sum of factors times exponentials."""
    return np.logaddexp.reduce(
        [log + np.log(factor) for log, factor in zip(logs, factors, strict=True) if factor], axis=0
    )


def _holding(equilibrium: DefectEquilibrium, element: str) -> Iterator[tuple[int, Defect]]:
    for row, defect in enumerate(equilibrium.defects.defects):
        if defect.atoms.get(element, 0):
            yield row, defect
