"""Rates of hops by harmonic transition state theory, classical and quantum.

A hop leads from a minimum of the energy over a saddle point with one unstable mode. With the frequencies of all modes
of the whole system, translations left out, the classical rate is

    k = nu exp(-E_m/kT),   nu = product of the 3N - 3 nu_i at the minimum / product of the 3N - 4 nu_j at the saddle.

Masses enter through the unstable mode alone: 2 pi nu is its |omega| times the root of |det H(minimum)|/|det H(saddle)|.
With quantized vibrations, partition functions 1/(2 sinh(hbar omega/2kT)) replace kT/(hbar omega): at low temperature
the difference of zero-point energies adds to E_m, and the attempt frequency becomes kT/h.

Units: one of energy, length and mass each; frequencies are angular unless called cycles.

Sources: textbook chapter, "Kinetics of ionic motion"; G. H. Vineyard, J. Phys. Chem. Solids 3, 121 (1957), Eq. (10) and
the text on masses; E. Wigner, Z. Phys. Chem. B 19, 203 (1932) and R. P. Bell, Trans. Faraday Soc. 55, 1 (1959) for
tunnelling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.saddle_points import StationaryPoint, migration_energy, normal_curvatures, normal_modes
from superion.validity import finite_array

__all__ = [
    "HarmonicTransition",
    "harmonic_transition",
    "hop_rate",
    "parabolic_tunnelling",
    "quantum_rate_ratio",
    "tunnelling_crossover",
    "vineyard_prefactor",
    "zero_point_difference",
]


@dataclass(frozen=True)
class HarmonicTransition:
    """A hop in the harmonic approximation.

    Attributes
    ----------
    energy : E_m, of the saddle above the minimum
    minimum_frequencies : (n,) angular frequencies at the minimum, ascending; n = 3N - 3 of a crystal of N atoms
    saddle_frequencies : (n - 1,) those of the stable modes at the saddle, ascending
    unstable_frequency : |omega| of the unstable mode
    unstable_mode : (N, d) its eigenvector in mass-weighted displacements, of norm 1
    static_ratio : |det H(minimum)|/|det H(saddle)| without masses, translations left out
    """

    energy: float
    minimum_frequencies: NDArray
    saddle_frequencies: NDArray
    unstable_frequency: float
    unstable_mode: NDArray
    static_ratio: float

    @property
    def prefactor(self) -> float:
        """Vineyard's attempt frequency nu in cycles per unit of time."""
        return vineyard_prefactor(self.minimum_frequencies, self.saddle_frequencies)

    @property
    def participation(self) -> NDArray:
        """Share (N,) of each atom in the unstable mode, |e|^2; they add up to 1."""
        return (self.unstable_mode**2).sum(axis=1)


def harmonic_transition(
    minimum: StationaryPoint, saddle: StationaryPoint, masses: ArrayLike, translations: int
) -> HarmonicTransition:
    """Frequencies at a minimum and a saddle, for atoms of any masses. Vineyard 1957, Eq. (10).

    Parameters
    ----------
    masses : (N,) of the atoms
    translations : d, directions in which the whole system moves freely, or 0 where something holds it

    Raises
    ------
    ValueError
        A minimum with an unstable mode, a saddle with other than one, a saddle that is not the higher one, a mass not
        above 0, or translations that cost energy.
    """
    energy = migration_energy(minimum, saddle)
    squares = normal_curvatures(minimum.hessian, translations, masses)
    saddle_squares, modes = normal_modes(saddle.hessian, translations, masses)
    logarithms = [np.log(np.abs(point.curvatures)).sum() for point in (minimum, saddle)]
    return HarmonicTransition(
        energy=energy,
        minimum_frequencies=np.sqrt(squares),
        saddle_frequencies=np.sqrt(saddle_squares[1:]),
        unstable_frequency=float(np.sqrt(-saddle_squares[0])),
        unstable_mode=modes[:, 0].reshape(saddle.positions.shape),
        static_ratio=float(np.exp(logarithms[0] - logarithms[1])),
    )


def vineyard_prefactor(minimum_frequencies: ArrayLike, saddle_frequencies: ArrayLike) -> float:
    """Attempt frequency nu in cycles: product of nu_i = omega_i/2 pi at the minimum over that at the saddle.

    Parameters
    ----------
    minimum_frequencies : (n,) angular frequencies at the minimum
    saddle_frequencies : (n - 1,) those of the stable modes at the saddle

    Raises
    ------
    ValueError
        A frequency not above 0, or not one fewer at the saddle. Textbook chapter, "Kinetics of ionic motion".
    """
    well, top = _spectra(minimum_frequencies, saddle_frequencies)
    return float(np.exp(np.log(well).sum() - np.log(top).sum()) / (2 * np.pi))


def hop_rate(prefactor: ArrayLike, energy: ArrayLike, thermal_energy: ArrayLike) -> NDArray:
    """Rate k = nu exp(-E_m/kT), in the unit of the prefactor; arguments broadcast.

    Raises
    ------
    ValueError
        A prefactor below 0 or a thermal energy not above 0. Textbook chapter, "Kinetics of ionic motion".
    """
    kT = finite_array("thermal_energy", thermal_energy, above=0)
    return finite_array("prefactor", prefactor, at_least=0) * np.exp(-finite_array("energy", energy) / kT)


def zero_point_difference(minimum_frequencies: ArrayLike, saddle_frequencies: ArrayLike, planck: float) -> float:
    """Zero-point energy of the stable modes at the saddle less that of all modes at the minimum: hbar/2 (sum - sum).

    Parameters
    ----------
    planck : hbar, in the units of the frequencies and the energy

    Raises
    ------
    ValueError
        As of `vineyard_prefactor`, or hbar below 0. Textbook chapter, "Collective phenomena" (isotope effect).
    """
    well, top = _spectra(minimum_frequencies, saddle_frequencies)
    return float(finite_array("planck", planck, at_least=0) / 2 * (top.sum() - well.sum()))


def quantum_rate_ratio(
    minimum_frequencies: ArrayLike, saddle_frequencies: ArrayLike, planck: float, thermal_energy: ArrayLike
) -> NDArray:
    """Rate with quantized vibrations over the classical one, of the shape of the thermal energy.

    It is the product of sinh(x)/x over the minimum, divided by that over the stable modes of the saddle, with
    x = hbar omega/2kT; 1 at high temperature. Motion along the unstable mode stays classical: see
    `parabolic_tunnelling`.

    Raises
    ------
    ValueError
        As of `vineyard_prefactor`, hbar below 0 or a thermal energy not above 0.
    """
    well, top = _spectra(minimum_frequencies, saddle_frequencies)
    kT = finite_array("thermal_energy", thermal_energy, above=0)
    half = finite_array("planck", planck, at_least=0) / (2 * kT[..., None])
    return np.exp(_log_sinhc(half * well).sum(axis=-1) - _log_sinhc(half * top).sum(axis=-1))


def tunnelling_crossover(unstable_frequency: float, planck: float) -> float:
    """Thermal energy hbar omega/2 pi at and below which the rate over a parabolic barrier diverges.

    Raises
    ------
    ValueError
        A frequency not above 0 or hbar below 0.
    """
    omega = finite_array("unstable_frequency", unstable_frequency, above=0)
    return float(finite_array("planck", planck, at_least=0) * omega / (2 * np.pi))


def parabolic_tunnelling(unstable_frequency: float, planck: float, thermal_energy: ArrayLike) -> NDArray:
    """Factor x/sin x, x = hbar omega/2kT, by which tunnelling through a parabolic barrier raises the rate. Bell 1959.

    Its start 1 + x^2/6 is Wigner's.

    Raises
    ------
    ValueError
        A thermal energy at or below `tunnelling_crossover`, where the parabola has no rate.
    """
    least = tunnelling_crossover(unstable_frequency, planck)
    meaning = "the crossover hbar omega/2 pi: below it the top of the barrier alone does not tell the rate"
    kT = finite_array("thermal_energy", thermal_energy, above=least, meaning=meaning)
    # numpy's sinc(y) is sin(pi y)/(pi y), and x = pi (crossover)/kT.
    return 1 / np.sinc(least / kT)


def _spectra(minimum_frequencies: ArrayLike, saddle_frequencies: ArrayLike) -> tuple[NDArray, NDArray]:
    well = finite_array("minimum_frequencies", minimum_frequencies, above=0, meaning="all modes are stable")
    top = finite_array("saddle_frequencies", saddle_frequencies, above=0, meaning="stable modes alone")
    if well.ndim != 1 or top.ndim != 1 or well.size != top.size + 1:
        raise ValueError(
            f"saddle_frequencies must be one fewer than the {well.size} at the minimum, got shape {top.shape}"
        )
    return well, top


def _log_sinhc(x: NDArray) -> NDArray:
    """ln(sinh(x)/x) without overflow, and without loss near 0."""
    small = x < 1e-4
    y = np.where(small, 1.0, x)
    return np.where(small, x * x / 6, y + np.log(-np.expm1(-2 * y) / (2 * y)))
