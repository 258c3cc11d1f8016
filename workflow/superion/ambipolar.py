"""Ions and electrons that move together: ambipolarons, their Onsager matrix, and what reciprocity asks of it.

Coulomb attraction mixes an electron and an ion band. With xi = 1/sqrt(1 + (S/dJ)^2), 1 without coupling, j = |J0e/J0i|
and r = rho_e/rho_i, everything here depends on u = (1 - xi)/(1 + xi), j and r alone. The Onsager matrix is given over
tau_- a^2 rho_i |J0i|/hbar^2.

Source: J. Hu, "A Novel Quasiparticle Method for Solid State Ion Transport" (2023), Secs. 3.3, 5.3.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from superion.units import ELEMENTARY_CHARGE_C, PLANCK_J_S, ELECTRON_MASS_kg
from superion.validity import finite_array, one_of

__all__ = [
    "ambipolaron_energies",
    "ambipolaron_weights",
    "coupling_parameter",
    "cross_ratios",
    "electron_hopping_eV",
    "entropy_margin",
    "interference_saturation",
    "least_entropic_coupling",
    "least_saturation_coupling",
    "onsager_matrix",
    "relaxation_time_ratio",
]


def _coupling(xi: ArrayLike) -> tuple[NDArray, NDArray]:
    xi = finite_array("coupling_parameter", xi, above=0, at_most=1)
    return xi, (1 - xi) / (1 + xi)


def _ratios(hopping_ratio: ArrayLike, density_ratio: ArrayLike) -> tuple[NDArray, NDArray]:
    return (
        finite_array("hopping_ratio", hopping_ratio, above=0),
        finite_array("density_ratio", density_ratio, above=0),
    )


def coupling_parameter(scattering_eV: ArrayLike, half_difference_eV: ArrayLike) -> NDArray:
    """xi = 1/sqrt(1 + (S/dJ)^2) below Eq. (35), in (0, 1]; dJ must not be 0."""
    difference = finite_array("half_difference_eV", half_difference_eV)
    if np.any(difference == 0):
        raise ValueError(f"half_difference_eV must not be 0, got {half_difference_eV!r}")
    return 1 / np.hypot(1, finite_array("scattering_eV", scattering_eV) / difference)


def ambipolaron_energies(
    electron_energy_eV: ArrayLike,
    ion_energy_eV: ArrayLike,
    scattering_eV: ArrayLike,
    repulsion_eV: ArrayLike = 0.0,
    *,
    form: Literal["corrected", "printed"] = "corrected",
) -> tuple[NDArray, NDArray]:
    """Energies E_k- and E_k+ of Eq. (34).

    Parameters
    ----------
    electron_energy_eV, ion_energy_eV : J_ke, J_ki with their on-site energies, eV
    scattering_eV : |S|, eV
    repulsion_eV : Kbar = K_a + K_0, the shift of the ion level, eV
    form : 'printed' leaves Kbar out of dJ_k, though Jbar_k has it
    """
    one_of("form", form, ("corrected", "printed"))
    electron, ion, shift = (np.asarray(e, float) for e in (electron_energy_eV, ion_energy_eV, repulsion_eV))
    middle = (electron + ion + shift) / 2
    half = (electron - ion - (shift if form == "corrected" else 0.0)) / 2
    split = np.hypot(half, scattering_eV)
    return middle - split, middle + split


def ambipolaron_weights(
    coupling_parameter: ArrayLike, *, form: Literal["corrected", "printed"] = "corrected"
) -> NDArray:
    """Share of the electron in the electronic branch, Eq. (35): (1 + xi)/2; as printed (1 + 1/xi)/2, above 1."""
    one_of("form", form, ("corrected", "printed"))
    xi, _ = _coupling(coupling_parameter)
    return (1 + (xi if form == "corrected" else 1 / xi)) / 2


def relaxation_time_ratio(
    hopping_ratio: ArrayLike,
    density_ratio: ArrayLike,
    coupling_parameter: ArrayLike,
    *,
    form: Literal["exact", "mobile_electrons"] = "exact",
) -> NDArray:
    """tau_+/tau_- that reciprocity L_ei = L_ie asks for, Eq. (39): (r + j + u j r)/(r + j + u).

    Parameters
    ----------
    hopping_ratio : j = |J0e/J0i|, > 0
    density_ratio : r = rho_e/rho_i, > 0
    coupling_parameter : xi, 0 < xi <= 1
    form : 'mobile_electrons' is Eq. (46), 1 + j u r/(r + j), for j r >> 1
    """
    one_of("form", form, ("exact", "mobile_electrons"))
    j, r = _ratios(hopping_ratio, density_ratio)
    _, u = _coupling(coupling_parameter)
    if form == "mobile_electrons":
        return 1 + j * u * r / (r + j)
    return (r + j + u * j * r) / (r + j + u)


def onsager_matrix(
    hopping_ratio: ArrayLike,
    density_ratio: ArrayLike,
    coupling_parameter: ArrayLike,
    time_ratio: ArrayLike | None = None,
) -> NDArray:
    """Transport coefficients of Eq. (38), over tau_- a^2 rho_i |J0i|/hbar^2.

    Parameters
    ----------
    hopping_ratio, density_ratio, coupling_parameter : as in `relaxation_time_ratio`
    time_ratio : tau_+/tau_-, > 0; None: the one of Eq. (39), for which the matrix is symmetric

    Returns
    -------
    shape (..., 2, 2): [[L_ee, L_ei], [L_ie, L_ii]]
    """
    j, r = _ratios(hopping_ratio, density_ratio)
    xi, _ = _coupling(coupling_parameter)
    time = relaxation_time_ratio(j, r, xi) if time_ratio is None else finite_array("time_ratio", time_ratio, above=0)
    j, r, xi, time = np.broadcast_arrays(j, r, xi, time)
    large, small, mixed = (1 + xi) ** 2 / (4 * xi), (1 - xi) ** 2 / (4 * xi), (1 - xi**2) / (4 * xi)
    matrix = np.empty((*j.shape, 2, 2))
    matrix[..., 0, 0] = time * r * large * j
    matrix[..., 0, 1] = -time * small - (time - 1) * mixed * j
    matrix[..., 1, 0] = r * (-small * j + (time - 1) * mixed)
    matrix[..., 1, 1] = large
    return matrix


def cross_ratios(
    hopping_ratio: ArrayLike, density_ratio: ArrayLike, coupling_parameter: ArrayLike
) -> tuple[NDArray, NDArray]:
    """alpha_i* = |L_ie/L_ii| and alpha_e* = |L_ei/L_ee|, Eqs. (40), (41).

    alpha_i* is the number of electrons (of ions, for alpha_e*) that an ion (an electron) drags along.
    Parameters as in `relaxation_time_ratio`.
    """
    j, r = _ratios(hopping_ratio, density_ratio)
    _, u = _coupling(coupling_parameter)
    ion = r * u**2 * (1 + j**2 + j * u) / (r + j + u)
    return ion, ion / (j * r * relaxation_time_ratio(j, r, coupling_parameter))


def interference_saturation(hopping_ratio: ArrayLike, coupling_parameter: ArrayLike) -> NDArray:
    """alpha_i* where electrons are in large excess (r -> infinity): u^2 (1 + j^2 + j u)."""
    j, _ = _ratios(hopping_ratio, 1.0)
    _, u = _coupling(coupling_parameter)
    return u**2 * (1 + j**2 + j * u)


def least_saturation_coupling(hopping_ratio: float) -> float:
    """xi below which the saturation of alpha_i* exceeds 1; 0 if it never does."""
    return _threshold(lambda xi: float(interference_saturation(hopping_ratio, xi)) - 1)


def entropy_margin(hopping_ratio: ArrayLike, density_ratio: ArrayLike, coupling_parameter: ArrayLike) -> NDArray:
    """1 - alpha_i* alpha_e*: the determinant of the Onsager matrix over L_ee L_ii.

    Below 0 the matrix is not positive semidefinite: some gradient would destroy entropy.
    """
    ion, electron = cross_ratios(hopping_ratio, density_ratio, coupling_parameter)
    return 1 - ion * electron


def least_entropic_coupling(hopping_ratio: float) -> float:
    """xi below which some density ratio makes the Onsager matrix indefinite; 0 if none does.

    Over r, alpha_i* alpha_e* is largest at r^2 = j (j + u)/(1 + u j), where it is
    u^4 (1 + j^2 + j u)^2/(j [sqrt((j + u)(1 + u j)) + sqrt(j)]^2).
    """
    j = float(finite_array("hopping_ratio", hopping_ratio, above=0))

    def excess(xi: float) -> float:
        u = (1 - xi) / (1 + xi)
        return u**2 * (1 + j**2 + j * u) / (np.sqrt(j) * (np.sqrt((j + u) * (1 + u * j)) + np.sqrt(j))) - 1

    return _threshold(excess)


def _threshold(excess) -> float:
    """xi where a function that falls from xi = 0 to below 0 at xi = 1 vanishes."""
    smallest = 1e-15
    return float(brentq(excess, smallest, 1.0, xtol=1e-15)) if excess(smallest) > 0 else 0.0


def electron_hopping_eV(effective_mass: ArrayLike, lattice_constant_A: ArrayLike) -> NDArray:
    """|J0e| = hbar^2/(m* a^2), eV, Sec. 5.3.

    Parameters
    ----------
    effective_mass : m*/m0, > 0
    lattice_constant_A : a, angstrom, > 0
    """
    mass = finite_array("effective_mass", effective_mass, above=0) * ELECTRON_MASS_kg
    constant = finite_array("lattice_constant_A", lattice_constant_A, above=0) * 1e-10
    return (PLANCK_J_S / (2 * np.pi)) ** 2 / (mass * constant**2) / ELEMENTARY_CHARGE_C
