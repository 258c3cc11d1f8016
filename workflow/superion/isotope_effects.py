"""Isotope effects on hopping: exponents alpha = -d ln k/d ln M of rates, diffusion or conductivity, k ~ M^-alpha.

Classically only the unstable mode of the saddle depends on masses, and alpha is half the share that the substituted
atoms have in it: 1/2 for every hop in which mobile ions alone move, one or many, less where the framework takes part.
A zero-point energy that differs by dZPE ~ M^-1/2 between saddle and minimum makes it 1/2 - dZPE/2kT where the attempt
frequency stays classical. With all vibrations quantized it is (1/2)[sum x coth x (minimum) - sum x coth x (saddle)],
x = hbar omega/2kT: 1/2 at high and -dZPE/2kT at low temperature.

Sources: textbook chapter, "Collective phenomena" (isotope effect); G. H. Vineyard, J. Phys. Chem. Solids 3, 121 (1957);
A. D. Le Claire, Phil. Mag. 14, 1271 (1966) for the share of the jumping atom.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.saddle_points import normal_curvatures
from superion.validity import finite_array

__all__ = [
    "classical_exponent",
    "classical_rate_ratio",
    "explaining_zero_point_energy",
    "exponent_of_ratio",
    "harmonic_exponent",
    "moving_atoms",
    "ratio_of_exponent",
    "zero_point_exponent",
    "zero_point_ratio",
]


def exponent_of_ratio(
    ratio: ArrayLike, light_mass: ArrayLike, heavy_mass: ArrayLike, ratio_error: ArrayLike = 0.0
) -> tuple[NDArray, NDArray]:
    """Exponent alpha = ln(k_light/k_heavy)/ln(m_heavy/m_light), and its standard error; arguments broadcast.

    Parameters
    ----------
    ratio : measured k_light/k_heavy
    ratio_error : its standard error

    Raises
    ------
    ValueError
        A ratio or mass not above 0, a heavy mass not above the light one, or an error below 0.
        Textbook chapter, "Collective phenomena" (isotope effect).
    """
    r = finite_array("ratio", ratio, above=0)
    error = finite_array("ratio_error", ratio_error, at_least=0)
    logarithm = 2 * np.log(_root_mass_ratio(light_mass, heavy_mass))
    return np.log(r) / logarithm, error / r / logarithm


def ratio_of_exponent(exponent: ArrayLike, light_mass: ArrayLike, heavy_mass: ArrayLike) -> NDArray:
    """Ratio k_light/k_heavy = (m_heavy/m_light)^alpha; arguments broadcast, errors as of `exponent_of_ratio`."""
    return _root_mass_ratio(light_mass, heavy_mass) ** (2 * finite_array("exponent", exponent))


def classical_exponent(unstable_mode: ArrayLike, substituted: ArrayLike) -> float:
    """Classical alpha = 1/2 sum over substituted atoms of |e|^2, the limit of a small change of mass.

    Parameters
    ----------
    unstable_mode : (N, d) eigenvector of the unstable mode in mass-weighted displacements, of any norm above 0
    substituted : (N,) True for the atoms whose isotope is exchanged

    Raises
    ------
    ValueError
        A mode without displacement, or not as many atoms as flags. Vineyard 1957.
    """
    shares = _shares(unstable_mode)
    chosen = np.asarray(substituted)
    if chosen.dtype != bool or chosen.shape != shares.shape:
        raise ValueError(f"substituted must be True or False for each of {shares.size} atoms, got {chosen!r}")
    return float(shares[chosen].sum() / 2)


def moving_atoms(unstable_mode: ArrayLike) -> float:
    """How many atoms the unstable mode moves: 1 over the sum of squared shares, 1 for a single atom, m for m alike.

    Raises
    ------
    ValueError
        A mode without displacement.
    """
    return float(1 / (_shares(unstable_mode) ** 2).sum())


def classical_rate_ratio(
    saddle_hessian: ArrayLike, light_masses: ArrayLike, heavy_masses: ArrayLike, translations: int
) -> float:
    """Classical k_light/k_heavy of a whole substitution: the ratio of the unstable frequencies. Vineyard 1957.

    Parameters
    ----------
    saddle_hessian : (N d, N d)
    light_masses, heavy_masses : (N,) of all atoms, before and after
    translations : d, or 0 where something holds the system

    Raises
    ------
    ValueError
        A Hessian without exactly one unstable mode, a mass not above 0, or translations that cost energy.
    """
    squares = []
    for masses in (light_masses, heavy_masses):
        values = normal_curvatures(saddle_hessian, translations, masses)
        if (values < 0).sum() != 1:
            raise ValueError(f"saddle_hessian must have exactly one unstable mode, got {int((values < 0).sum())}")
        squares.append(values[0])
    return float(np.sqrt(squares[0] / squares[1]))


def zero_point_exponent(zero_point_energy: ArrayLike, thermal_energy: ArrayLike) -> NDArray:
    """alpha = 1/2 - dZPE/2kT of a rate M^-1/2 exp(-(E_m + dZPE)/kT) with dZPE ~ M^-1/2; arguments broadcast.

    Parameters
    ----------
    zero_point_energy : dZPE, of the saddle less that of the minimum, for the mass at which alpha is wanted
    thermal_energy : kT in the same unit

    Raises
    ------
    ValueError
        A thermal energy not above 0. Textbook chapter, "Collective phenomena" (isotope effect).
    """
    kT = finite_array("thermal_energy", thermal_energy, above=0)
    return 0.5 - finite_array("zero_point_energy", zero_point_energy) / (2 * kT)


def zero_point_ratio(
    heavy_zero_point_energy: ArrayLike, thermal_energy: ArrayLike, light_mass: ArrayLike, heavy_mass: ArrayLike
) -> NDArray:
    """k_light/k_heavy of the same rate for two whole isotopes; arguments broadcast, errors as above.

    Parameters
    ----------
    heavy_zero_point_energy : dZPE of the heavy isotope; that of the light one is larger by the root of the mass ratio
    """
    kT = finite_array("thermal_energy", thermal_energy, above=0)
    energy = finite_array("heavy_zero_point_energy", heavy_zero_point_energy)
    root = _root_mass_ratio(light_mass, heavy_mass)
    return root * np.exp(-energy * (root - 1) / kT)


def explaining_zero_point_energy(
    ratio: ArrayLike, thermal_energy: ArrayLike, light_mass: ArrayLike, heavy_mass: ArrayLike
) -> NDArray:
    """dZPE of the heavy isotope that alone explains a measured ratio: the inverse of `zero_point_ratio`.

    Raises
    ------
    ValueError
        A ratio, mass or thermal energy not above 0, or a heavy mass not above the light one.
    """
    kT = finite_array("thermal_energy", thermal_energy, above=0)
    root = _root_mass_ratio(light_mass, heavy_mass)
    return kT * np.log(root / finite_array("ratio", ratio, above=0)) / (root - 1)


def harmonic_exponent(
    minimum_frequencies: ArrayLike, saddle_frequencies: ArrayLike, planck: float, thermal_energy: ArrayLike
) -> NDArray:
    """alpha of the harmonic rate with quantized vibrations, all masses exchanged alike; of the shape of kT.

    That of the classical rate times `superion.transition_states.quantum_rate_ratio`, without tunnelling.

    Parameters
    ----------
    minimum_frequencies : (n,) angular frequencies of all modes at the minimum
    saddle_frequencies : (n - 1,) those of the stable modes at the saddle
    planck : hbar, in the same units

    Raises
    ------
    ValueError
        A frequency or thermal energy not above 0, hbar below 0, or not one frequency fewer at the saddle.
    """
    well = finite_array("minimum_frequencies", minimum_frequencies, above=0)
    top = finite_array("saddle_frequencies", saddle_frequencies, above=0)
    if well.ndim != 1 or top.ndim != 1 or well.size != top.size + 1:
        raise ValueError(f"saddle_frequencies must be one fewer than the {well.size} at the minimum, got {top.shape}")
    kT = finite_array("thermal_energy", thermal_energy, above=0)
    half = finite_array("planck", planck, at_least=0) / (2 * kT[..., None])
    # Of the excess over the classical 1 of each mode, so that the limit 1/2 is exact.
    return 0.5 + (_excess(half * well).sum(axis=-1) - _excess(half * top).sum(axis=-1)) / 2


def _excess(x: NDArray) -> NDArray:
    """x coth x - 1."""
    small = x < 1e-4
    y = np.where(small, 1.0, x)
    return np.where(small, x * x / 3, y / np.tanh(y) - 1)


def _shares(unstable_mode: ArrayLike) -> NDArray:
    mode = finite_array("unstable_mode", unstable_mode)
    squares = (mode**2).sum(axis=-1) if mode.ndim == 2 else np.zeros(0)
    if not squares.sum() > 0:
        raise ValueError(f"unstable_mode must be displacements (N, d), not all 0, got shape {mode.shape}")
    return squares / squares.sum()


def _root_mass_ratio(light_mass: ArrayLike, heavy_mass: ArrayLike) -> NDArray:
    light, heavy = finite_array("light_mass", light_mass, above=0), finite_array("heavy_mass", heavy_mass, above=0)
    if np.any(heavy <= light):
        raise ValueError(f"heavy_mass must be above light_mass {light.tolist()!r}, got {heavy.tolist()!r}")
    return np.sqrt(heavy / light)
