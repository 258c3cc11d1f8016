"""Closed forms of intrinsic disorder: Schottky and Frenkel defects, exact and dilute, and what limits a neutral pair.

Site fractions obey mass action in their odds x/(1 - x), which is what the entropy of mixing of a sublattice says;
the dilute laws put x for the odds. Free energies are those of the reaction per mole of reactions, G = H - T S.

Source: textbook chapter, "The Carriers of Transport: Intrinsic Point Defects"; J. Maier, Physical Chemistry of Ionic
Materials (2004), Sec. 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.point_defects import Defect, DefectSet
from superion.units import inverse_thermal_energy_per_eV, thermal_energy_eV
from superion.validity import finite_array, integer_array

__all__ = [
    "NeutralPair",
    "dilute_frenkel_site_fractions",
    "dilute_schottky_site_fraction",
    "frenkel_site_fractions",
    "frenkel_thermal_energy_eV",
    "neutral_pair",
    "schottky_site_fraction",
    "schottky_thermal_energy_eV",
]


def _reduced(free_energy_eV: ArrayLike, temperature_K: ArrayLike) -> NDArray:
    beta = inverse_thermal_energy_per_eV(finite_array("temperature_K", temperature_K, above=0))
    return beta * finite_array("free_energy_eV", free_energy_eV)


def _vacancies(stoichiometry: Sequence[int]) -> int:
    counts = integer_array("stoichiometry", stoichiometry, at_least=1, meaning="vacancies of each sublattice")
    if counts.ndim != 1 or counts.size < 2:
        raise ValueError(f"stoichiometry must have a count for each of two or more sublattices, got {stoichiometry!r}")
    return int(counts.sum())


def schottky_site_fraction(
    free_energy_eV: ArrayLike, temperature_K: ArrayLike, stoichiometry: Sequence[int]
) -> NDArray:
    """Share of empty sites (...), the same on every sublattice: 1/(1 + exp(G/n kT)) with n vacancies a reaction.

    The sites of a sublattice are in number as its vacancies in the reaction, so that neutrality and stoichiometry make
    the site fractions equal. For Li2S, (2, 1), n is 3.

    Parameters
    ----------
    free_energy_eV : of one neutral group of vacancies
    stoichiometry : vacancies of each sublattice in the group

    Raises
    ------
    ValueError
        A temperature not above 0, an energy that is not finite, or a count that is no whole number from 1 up.
    """
    return np.exp(-np.logaddexp(0, _reduced(free_energy_eV, temperature_K) / _vacancies(stoichiometry)))


def dilute_schottky_site_fraction(
    free_energy_eV: ArrayLike, temperature_K: ArrayLike, stoichiometry: Sequence[int]
) -> NDArray:
    """The same in the dilute limit (...), exp(-G/n kT). Arguments and errors as `schottky_site_fraction`."""
    return np.exp(-_reduced(free_energy_eV, temperature_K) / _vacancies(stoichiometry))


def schottky_thermal_energy_eV(
    enthalpy_eV: ArrayLike, site_fraction: ArrayLike, stoichiometry: Sequence[int]
) -> NDArray:
    """-d ln x/d beta (...) of a Schottky site fraction, (H/n)(1 - x); errors as `schottky_site_fraction`."""
    x = finite_array("site_fraction", site_fraction, at_least=0, at_most=1)
    return finite_array("enthalpy_eV", enthalpy_eV) / _vacancies(stoichiometry) * (1 - x)


def frenkel_site_fractions(
    free_energy_eV: ArrayLike,
    temperature_K: ArrayLike,
    vacancy_sites: ArrayLike = 1.0,
    interstitial_sites: ArrayLike = 1.0,
) -> tuple[NDArray, NDArray]:
    """Shares (...) of empty regular and of filled interstitial sites, exact for any energy.

    With r = N_v/N_i the mass action x_v x_i = K (1 - x_v)(1 - x_i) and N_v x_v = N_i x_i have the one root
    x_v = 2/(1 + r + sqrt((1 - r)^2 + 4 r/K)), in which nothing cancels.

    Parameters
    ----------
    free_energy_eV : of one pair
    vacancy_sites, interstitial_sites : regular and interstitial sites per formula unit, N_v and N_i

    Raises
    ------
    ValueError
        A temperature or number of sites not above 0, or an energy that is not finite.
    """
    ratio = _sites_ratio(vacancy_sites, interstitial_sites)
    half = _reduced(free_energy_eV, temperature_K) / 2
    few, many = np.exp(-np.maximum(half, 0)), np.exp(np.minimum(half, 0))  # exp(half) is many over few
    empty = 2 * few / ((1 + ratio) * few + np.hypot((1 - ratio) * few, 2 * np.sqrt(ratio) * many))
    return empty, ratio * empty


def dilute_frenkel_site_fractions(
    free_energy_eV: ArrayLike,
    temperature_K: ArrayLike,
    vacancy_sites: ArrayLike = 1.0,
    interstitial_sites: ArrayLike = 1.0,
) -> tuple[NDArray, NDArray]:
    """The same in the dilute limit (...), from N_v x_v N_i x_i = N_v N_i K; arguments and errors as there."""
    ratio = _sites_ratio(vacancy_sites, interstitial_sites)
    empty = np.exp(-_reduced(free_energy_eV, temperature_K) / 2) / np.sqrt(ratio)
    return empty, ratio * empty


def frenkel_thermal_energy_eV(
    enthalpy_eV: ArrayLike, vacancy_fraction: ArrayLike, interstitial_fraction: ArrayLike
) -> NDArray:
    """-d ln x/d beta (...) of Frenkel pairs, H/(1/(1 - x_v) + 1/(1 - x_i)): half the enthalpy where they are few.

    Raises
    ------
    ValueError
        A fraction outside 0 to 1, or an enthalpy that is not finite.
    """
    empty = finite_array("vacancy_fraction", vacancy_fraction, at_least=0, below=1)
    filled = finite_array("interstitial_fraction", interstitial_fraction, at_least=0, below=1)
    return finite_array("enthalpy_eV", enthalpy_eV) / (1 / (1 - empty) + 1 / (1 - filled))


def _sites_ratio(vacancy_sites: ArrayLike, interstitial_sites: ArrayLike) -> NDArray:
    return finite_array("vacancy_sites", vacancy_sites, above=0) / finite_array(
        "interstitial_sites", interstitial_sites, above=0
    )


@dataclass(frozen=True)
class NeutralPair:
    """The two kinds of defects of a crystal that has no others, and the reaction that forms them.

    Attributes
    ----------
    positive, negative : the defects
    positive_count, negative_count : how many of each a neutral group has
    sites : sites per formula unit of each
    """

    positive: Defect
    negative: Defect
    positive_count: int
    negative_count: int
    sites: tuple[float, float]

    @property
    def enthalpy_eV(self) -> float:
        """Energy of a neutral group at the reference chemical potentials; no Fermi level enters."""
        return (
            self.positive_count * self.positive.formation_energy_eV
            + self.negative_count * self.negative.formation_energy_eV
        )

    @property
    def entropy_kB(self) -> float:
        """Entropy of a neutral group, k_B."""
        return (
            self.positive_count * self.positive.formation_entropy_kB
            + self.negative_count * self.negative.formation_entropy_kB
        )

    def free_energy_eV(self, temperature_K: ArrayLike) -> NDArray:
        """Free energy (...) of a neutral group, H - T S.

        Raises
        ------
        ValueError
            A temperature not above 0.
        """
        return self.enthalpy_eV - self.entropy_kB * thermal_energy_eV(
            finite_array("temperature_K", temperature_K, above=0)
        )

    @property
    def dilute_thermal_energy_eV(self) -> float:
        """-d ln x/d beta where the defects are few: the enthalpy over the number of defects in a group."""
        return self.enthalpy_eV / (self.positive_count + self.negative_count)

    def dilute_site_fractions(self, temperature_K: ArrayLike) -> tuple[NDArray, NDArray]:
        """Site fractions (...) of the positive and the negative defect by mass action where they are few.

        Raises
        ------
        ValueError
            A temperature not above 0.
        """
        beta = inverse_thermal_energy_per_eV(finite_array("temperature_K", temperature_K, above=0))
        log_constant = self.entropy_kB - beta * self.enthalpy_eV
        charge = self.sites[0] * self.positive.charge, self.sites[1] * -self.negative.charge
        log_ratio = np.log(charge[0] / charge[1])  # of negative over positive site fractions
        total = self.positive_count + self.negative_count
        log_positive = (log_constant - self.negative_count * log_ratio) / total
        return np.exp(log_positive), np.exp(log_positive + log_ratio)


def neutral_pair(defects: DefectSet) -> NeutralPair | None:
    """The pair of a set that has two kinds of charged defects of opposite sign on two sublattices and nothing else."""
    if len(defects.defects) != 2 or defects.bands or defects.dopants:
        return None
    negative, positive = sorted(defects.defects, key=lambda defect: defect.charge)
    if not negative.charge < 0 < positive.charge or positive.site == negative.site:
        return None
    common = gcd(positive.charge, negative.charge)
    return NeutralPair(
        positive,
        negative,
        -negative.charge // common,
        positive.charge // common,
        (defects.sublattices[positive.site], defects.sublattices[negative.site]),
    )
