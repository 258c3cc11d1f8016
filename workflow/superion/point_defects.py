"""Point defects of an ionic crystal and the names that the field gives them: records without statistics.

A crystal is a set of sublattices, each with so many sites per formula unit; a defect sits on one of them and carries an
effective charge, that against the perfect crystal. Defects of one sublattice exclude each other. Electrons and holes
are bands, and dopants are defects whose number is fixed. Energies are those at Fermi level 0 and at the reference
chemical potentials.

Source: textbook chapter, "The Carriers of Transport: Intrinsic Point Defects"; F. A. Kröger, H. J. Vink, Solid State
Phys. 3, 307 (1956).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.validity import finite_array, integer_array

__all__ = [
    "VACANCY",
    "Band",
    "Defect",
    "DefectSet",
    "Dopant",
    "Hopping",
    "kroger_vink",
    "kroger_vink_mathtext",
]

VACANCY = "vacancy"
"""Species of an empty site; the letter V alone would be vanadium."""

LARGEST_CHARGE = 8
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LABEL = re.compile(r"(?P<species>[A-Za-z0-9]+)(_(?P<site>[A-Za-z0-9]+))?(?P<charge>'+|•+|×|)")


def kroger_vink(species: str, site: str, charge: int) -> str:
    """Label of a defect in Kröger-Vink notation as plain text: V_Li', Li_i•, V_S••, Zr_Zr×; e' and h• without a site.

    Parameters
    ----------
    species : element, "vacancy", or "e" and "h"
    site : sublattice, "i" for interstitial sites; empty for electrons and holes
    charge : effective charge, -8 to 8

    Raises
    ------
    ValueError
        A name with other characters than letters and digits, or a charge that is no whole number within bounds.
    """
    for name, value in {"species": species, "site": site or "i"}.items():
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise ValueError(f"{name} must be letters and digits beginning with a letter, got {value!r}")
    charge = int(integer_array("charge", charge, at_least=-LARGEST_CHARGE, at_most=LARGEST_CHARGE))
    marks = "'" * -charge if charge < 0 else "•" * charge or "×"
    return ("V" if species == VACANCY else species) + (f"_{site}" if site else "") + marks


def kroger_vink_mathtext(label: str) -> str:
    """A label of `kroger_vink` as matplotlib mathtext, with sub- and superscripts.

    Raises
    ------
    ValueError
        The text is no such label.
    """
    parts = _LABEL.fullmatch(label)
    if not parts:
        raise ValueError(f"label must be in Kröger-Vink notation such as V_Li' or Li_i•, got {label!r}")
    marks = parts["charge"].replace("'", r"\prime").replace("•", r"\bullet").replace("×", r"\times")
    site = rf"_{{\mathrm{{{parts['site']}}}}}" if parts["site"] else ""
    return rf"$\mathrm{{{parts['species']}}}{site}^{{{marks}}}$" if marks else rf"$\mathrm{{{parts['species']}}}{site}$"


@dataclass(frozen=True)
class Hopping:
    """How a defect moves from site to site. Textbook chapter, "The Kinetics of Ionic Motion: Activated Hopping".

    Attributes
    ----------
    barrier_eV : migration barrier E_m, 0 or above
    attempt_THz : attempt frequency nu of one hop
    length_A : length of a hop of the defect
    directions : neighbouring sites that it may hop to
    dimension : 1, 2 or 3 directions of space that the hops lead into
    haven_ratio : tracer over charge diffusion coefficient of the ions that this defect moves
    """

    barrier_eV: float
    attempt_THz: float
    length_A: float
    directions: int = 6
    dimension: int = 3
    haven_ratio: float = 1.0

    def __post_init__(self) -> None:
        finite_array("barrier_eV", self.barrier_eV, at_least=0)
        for name in ("attempt_THz", "length_A", "haven_ratio"):
            finite_array(name, getattr(self, name), above=0)
        integer_array("directions", self.directions, at_least=1)
        integer_array("dimension", self.dimension, at_least=1, at_most=3)

    def log_diffusion(self, inverse_thermal_energy_per_eV: ArrayLike) -> NDArray:
        """ln of the diffusion coefficient (...) of a lone defect in A^2/ps, Z a^2 nu exp(-beta E_m)/2d, from beta."""
        beta = finite_array("inverse_thermal_energy_per_eV", inverse_thermal_energy_per_eV, above=0)
        paths = self.directions / (2 * self.dimension)
        return np.log(paths * self.length_A**2 * self.attempt_THz) - beta * self.barrier_eV


def _frozen(mapping: Mapping) -> Mapping:
    return MappingProxyType(dict(mapping))


@dataclass(frozen=True)
class Defect:
    """A kind of point defect.

    Attributes
    ----------
    species : what sits on the site: an element, or "vacancy"
    site : its sublattice
    charge : effective charge
    formation_energy_eV : at Fermi level 0 and the reference chemical potentials
    formation_entropy_kB : vibrational and internal (ln of the ways to sit on one site), in k_B
    atoms : atoms that the crystal takes up from reservoirs to form it, by element: {"Li": -1} for a lithium vacancy
    hopping : how it moves; None where it does not
    """

    species: str
    site: str
    charge: int
    formation_energy_eV: float
    formation_entropy_kB: float = 0.0
    atoms: Mapping[str, int] = field(default_factory=dict)
    hopping: Hopping | None = None

    def __post_init__(self) -> None:
        kroger_vink(self.species, self.site, self.charge)
        finite_array(f"formation_energy_eV of {self.label}", self.formation_energy_eV)
        finite_array(f"formation_entropy_kB of {self.label}", self.formation_entropy_kB)
        for element, count in self.atoms.items():
            integer_array(f"atoms of {element} in {self.label}", count)
        object.__setattr__(self, "atoms", _frozen(self.atoms))

    @property
    def label(self) -> str:
        """Kröger-Vink label as text."""
        return kroger_vink(self.species, self.site, self.charge)


@dataclass(frozen=True)
class Band:
    """Electrons of a conduction band or holes of a valence band.

    Either a level with so many states, or a parabolic band of an effective mass.

    Attributes
    ----------
    charge : -1 electrons, 1 holes
    edge_eV : band edge on the scale of the Fermi level
    states_per_formula_unit : states of a level at the edge (small polarons: one per site)
    effective_mass : density-of-states mass in electron masses, in place of the states
    mobility_cm2_per_V_s : drift mobility; None where carriers do not count in transport
    """

    charge: int
    edge_eV: float
    states_per_formula_unit: float | None = None
    effective_mass: float | None = None
    mobility_cm2_per_V_s: float | None = None

    def __post_init__(self) -> None:
        if self.charge not in (-1, 1):
            raise ValueError(f"charge of a band must be -1 (electrons) or 1 (holes), got {self.charge!r}")
        finite_array(f"edge_eV of {self.label}", self.edge_eV)
        if (self.states_per_formula_unit is None) == (self.effective_mass is None):
            raise ValueError(f"{self.label} must have either states_per_formula_unit or effective_mass")
        for name in ("states_per_formula_unit", "effective_mass", "mobility_cm2_per_V_s"):
            if getattr(self, name) is not None:
                finite_array(f"{name} of {self.label}", getattr(self, name), above=0)

    @property
    def label(self) -> str:
        """Kröger-Vink label as text."""
        return "e'" if self.charge < 0 else "h•"

    @property
    def formation_energy_eV(self) -> float:
        """Energy of a carrier at the edge with the Fermi level at 0."""
        return -self.charge * self.edge_eV


@dataclass(frozen=True)
class Dopant:
    """An immobile impurity in fixed number.

    Attributes
    ----------
    species, site, charge : as of a `Defect`; it takes its sites from the defects of the same sublattice
    per_formula_unit : its number
    """

    species: str
    site: str
    charge: int
    per_formula_unit: float

    def __post_init__(self) -> None:
        kroger_vink(self.species, self.site, self.charge)
        finite_array(f"per_formula_unit of {self.label}", self.per_formula_unit, at_least=0)

    @property
    def label(self) -> str:
        """Kröger-Vink label as text."""
        return kroger_vink(self.species, self.site, self.charge)


@dataclass(frozen=True)
class DefectSet:
    """Defects that a crystal may have.

    Attributes
    ----------
    sublattices : sites per formula unit by name of the sublattice
    defects : kinds of defects
    bands : electrons and holes
    dopants : impurities in fixed number
    formula_volume_A3 : volume of a formula unit; effective masses and conductivities need it
    """

    sublattices: Mapping[str, float]
    defects: tuple[Defect, ...]
    bands: tuple[Band, ...] = ()
    dopants: tuple[Dopant, ...] = ()
    formula_volume_A3: float | None = None

    def __post_init__(self) -> None:
        for name in ("defects", "bands", "dopants"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "sublattices", _frozen(self.sublattices))
        for name, sites in self.sublattices.items():
            finite_array(f"sites of sublattice {name}", sites, above=0)
        if not self.defects and not self.bands:
            raise ValueError("a defect set must have at least one defect or band, got none")
        for defect in (*self.defects, *self.dopants):
            if defect.site not in self.sublattices:
                known = ", ".join(self.sublattices) or "none"
                raise ValueError(f"{defect.label} needs a sublattice {defect.site!r}; the set has {known}")
        repeated = [label for label, count in Counter(self.labels + self.dopant_labels).items() if count > 1]
        if repeated:
            raise ValueError(f"every defect, band and dopant must be named once, got {', '.join(repeated)} repeatedly")
        if self.formula_volume_A3 is not None:
            finite_array("formula_volume_A3", self.formula_volume_A3, above=0)
        elif any(band.effective_mass is not None for band in self.bands):
            raise ValueError("formula_volume_A3 must be given where a band has an effective mass, got None")

    @property
    def species(self) -> tuple[Defect | Band, ...]:
        """All that has an equilibrium: defects, then bands; the order of rows everywhere."""
        return (*self.defects, *self.bands)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of `species`."""
        return tuple(one.label for one in self.species)

    @property
    def dopant_labels(self) -> tuple[str, ...]:
        """Labels of the dopants."""
        return tuple(dopant.label for dopant in self.dopants)

    def groups(self) -> Iterator[tuple[str, list[int]]]:
        """Sublattices that bear defects, each with the indices of these."""
        for name in self.sublattices:
            indices = [index for index, defect in enumerate(self.defects) if defect.site == name]
            if indices:
                yield name, indices

    def require_neutral(self, dopants_per_formula_unit: Mapping[str, ArrayLike] | None = None) -> None:
        """Refuse a set that no Fermi level makes neutral.

        Parameters
        ----------
        dopants_per_formula_unit : numbers (...) of dopants that replace their own, by label

        Raises
        ------
        ValueError
            All charges have one sign, or dopants outnumber whatever could compensate them.
        """
        numbers = self.dopant_numbers(dopants_per_formula_unit)
        net = sum((one.charge * number for one, number in zip(self.dopants, numbers, strict=True)), np.zeros(()))
        if all(one.charge == 0 for one in (*self.species, *self.dopants)):
            raise ValueError(
                "the defect set has no charges, so that neutrality fixes no Fermi level; give one or add some"
            )
        for sign, kind, remedy in (
            (1, "positive", "a negative defect, electrons or an acceptor"),
            (-1, "negative", "a positive defect, holes or a donor"),
        ):
            most = self._most_charge(-sign, dopants_per_formula_unit)
            if np.all(most == 0) and np.all(sign * net >= 0):
                charged = ", ".join(one.label for one in (*self.species, *self.dopants) if sign * one.charge > 0)
                raise ValueError(
                    f"the defect set cannot be neutral: all of its charges ({charged}) are {kind}; add {remedy}"
                )
            if np.any(sign * net >= most):
                worst = int(np.argmax(np.ravel(sign * net - most)))
                found, bound = (float(np.broadcast_to(a, np.shape(net - most)).ravel()[worst]) for a in (net, most))
                raise ValueError(
                    f"the defect set cannot be neutral: dopants bring the charge {found:.6g} per formula unit, of "
                    f"which less than {bound:.6g} can be compensated; dope less or add {remedy}"
                )

    def dopant_numbers(self, given: Mapping[str, ArrayLike] | None = None) -> list[NDArray]:
        """Numbers (...) of the dopants per formula unit, those given by label in place of the set's own."""
        return [np.asarray((given or {}).get(one.label, one.per_formula_unit), float) for one in self.dopants]

    def sites_left(self, dopants_per_formula_unit: Mapping[str, ArrayLike] | None = None) -> dict[str, NDArray]:
        """Sites (...) per formula unit that dopants leave to defects, by sublattice.

        Raises
        ------
        ValueError
            They leave none.
        """
        left = {}
        for name, sites in self.sublattices.items():
            numbers = zip(self.dopants, self.dopant_numbers(dopants_per_formula_unit), strict=True)
            taken = sum((number for one, number in numbers if one.site == name), np.zeros(()))
            if np.any(taken >= sites):
                raise ValueError(
                    f"dopants must be fewer than the {sites:g} sites per formula unit of sublattice {name}, got "
                    f"{float(np.max(taken)):g}"
                )
            left[name] = sites - taken
        return left

    def _most_charge(self, sign: int, dopants: Mapping[str, ArrayLike] | None) -> NDArray:
        """Largest charge (...) of one sign per formula unit that defects and bands can take up, by its size."""
        most, left = np.zeros(()), self.sites_left(dopants)
        for name, indices in self.groups():
            most = most + left[name] * max(0, *(sign * self.defects[i].charge for i in indices))
        for band in self.bands:
            if sign * band.charge > 0:
                most = most + (band.states_per_formula_unit or np.inf)
        return most
