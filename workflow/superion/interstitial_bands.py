"""Bands of quasi-ions on regular (A) and interstitial (B) sites, and the transport at their edges.

Hopping J0 mixes the sites of energy U_A < U_B into a valence band (mostly A) and a conduction band (mostly B):

    E_k+- = Ubar +- sqrt(dU^2 + h_k^2),   h_k = |J0| cos(ka/2) + s |S|,                             Eqs. (18), (29)

with dU = (U_A - U_B)/2 and, where repulsion scatters ions between the sites (Sec. 3.2), |S| with s = +1 for the phase
ka/2 + pi and s = -1 for the phase ka/2 of Eq. (44), J0 < 0. Without repulsion, |S| = 0.

Printed formulas that are not right stand beside the right ones: `form='printed'`.

Source: J. Hu, "A Novel Quasiparticle Method for Solid State Ion Transport" (2023), Secs. 3.1, 3.2.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.quadrature import gauss_legendre
from superion.units import ELEMENTARY_CHARGE_C, ATOMIC_MASS_kg, REDUCED_PLANCK_eV_PS
from superion.validity import finite_array, one_of

__all__ = [
    "PHASES",
    "FARTHEST_kT",
    "band_edges",
    "band_energies",
    "bloch_matrix",
    "carrier_formation_energy_eV",
    "diffusivity_cm2_per_s",
    "drift_time_ps",
    "hopping_energy_eV",
    "inverse_effective_mass",
    "narrow_band_ratio",
    "reduced_boltzmann_conductivity",
    "reduced_edge_conductivity",
    "site_weights",
    "zone_quadrature",
]

Form = Literal["corrected", "printed"]
Phase = Literal["ka/2+pi", "ka/2"]
PHASES: dict[Phase, int] = {"ka/2+pi": 1, "ka/2": -1}
"""Phase of the scattering S_0k by Eq. (44), and the sign it gives |S| in h_k."""
FARTHEST_kT = 600
"""Largest energy over kT at which the exponentials of occupations stay floats."""
_NODES_OF_A_PANEL = 64
_MOST_PANELS = 256


def hopping_energy_eV(
    regular_energy_eV: ArrayLike,
    interstitial_energy_eV: ArrayLike,
    activation_from_regular_eV: ArrayLike,
    activation_from_interstitial_eV: ArrayLike,
    thermal_energy_eV: ArrayLike,
    *,
    form: Literal["full", "approximate"] = "full",
) -> NDArray:
    """Hopping J0 between neighbouring sites, Eq. (16), with the phase difference 0: negative for bound ions.

    The overlap of the two densities is neglected, as in the source, so that J0 depends on the zero of energy.

    Parameters
    ----------
    regular_energy_eV, interstitial_energy_eV : U_A, U_B, eV, counted from the free ion
    activation_from_regular_eV, activation_from_interstitial_eV : E_a^AB, E_a^BA, eV, >= 0
    thermal_energy_eV : kT, eV, > 0
    form : 'approximate' keeps the hop off the interstitial site alone

    Returns
    -------
    J0, eV, of the common shape

    Raises
    ------
    ValueError
        A value out of range.
    """
    one_of("form", form, ("full", "approximate"))
    regular, interstitial = (
        finite_array("regular_energy_eV", regular_energy_eV),
        finite_array("interstitial_energy_eV", interstitial_energy_eV),
    )
    thermal = finite_array("thermal_energy_eV", thermal_energy_eV, above=0)
    from_regular = finite_array("activation_from_regular_eV", activation_from_regular_eV, at_least=0) / thermal
    from_interstitial = (
        finite_array("activation_from_interstitial_eV", activation_from_interstitial_eV, at_least=0) / thermal
    )
    top = regular * np.exp(-from_interstitial / 2)
    bottom = 1 + 2 * np.exp(-from_interstitial)
    if form == "full":
        top = top + interstitial * np.exp(-from_regular / 2)
        bottom = bottom * (1 + 2 * np.exp(-from_regular))
    return top / np.sqrt(bottom)


def _mixing(reduced_wave_number, hopping_eV, scattering_eV, phase) -> NDArray:
    one_of("phase", phase, PHASES)
    ka = finite_array("reduced_wave_number", reduced_wave_number)
    hopping = np.abs(finite_array("hopping_eV", hopping_eV))
    scattering = finite_array("scattering_eV", scattering_eV, at_least=0)
    # Inside the first zone cos(ka/2) is not negative; further out the bands repeat.
    return hopping * np.abs(np.cos(ka / 2)) + PHASES[phase] * scattering


def bloch_matrix(
    reduced_wave_number: ArrayLike,
    regular_energy_eV: float,
    interstitial_energy_eV: float,
    hopping_eV: float,
    scattering_eV: float = 0.0,
    phase: Phase = "ka/2+pi",
) -> NDArray:
    """Hamiltonian of Eqs. (17), (28) in the basis (A, B), the exponents of (28) corrected to e^{+-ika}.

    Parameters as in `band_energies`, but the sign of J0 counts: (29) and (44) are those of J0 < 0. |ka| <= pi.

    Returns
    -------
    shape (..., 2, 2), complex, Hermitian
    """
    ka = finite_array("reduced_wave_number", reduced_wave_number, at_least=-np.pi, at_most=np.pi)
    one_of("phase", phase, PHASES)
    off = hopping_eV / 2 * (1 + np.exp(1j * ka)) - PHASES[phase] * scattering_eV * np.exp(0.5j * ka)
    matrix = np.empty((*np.shape(ka), 2, 2), complex)
    matrix[..., 0, 0], matrix[..., 1, 1] = regular_energy_eV, interstitial_energy_eV
    matrix[..., 0, 1], matrix[..., 1, 0] = off, np.conj(off)
    return matrix


def band_energies(
    reduced_wave_number: ArrayLike,
    regular_energy_eV: ArrayLike,
    interstitial_energy_eV: ArrayLike,
    hopping_eV: ArrayLike,
    scattering_eV: ArrayLike = 0.0,
    phase: Phase = "ka/2+pi",
) -> tuple[NDArray, NDArray]:
    """Valence and conduction band, Eqs. (18), (29).

    Parameters
    ----------
    reduced_wave_number : ka, any shape
    regular_energy_eV, interstitial_energy_eV : U_A, U_B, eV
    hopping_eV : J0, eV; its magnitude counts
    scattering_eV : |S|, eV, >= 0
    phase : of the scattering, Eq. (44)

    Returns
    -------
    E_k-, E_k+, eV, of the common shape
    """
    h = _mixing(reduced_wave_number, hopping_eV, scattering_eV, phase)
    regular, interstitial = np.asarray(regular_energy_eV, float), np.asarray(interstitial_energy_eV, float)
    middle, split = (regular + interstitial) / 2, np.hypot((regular - interstitial) / 2, h)
    return middle - split, middle + split


def site_weights(
    reduced_wave_number: ArrayLike,
    energy_difference_eV: ArrayLike,
    hopping_eV: ArrayLike,
    scattering_eV: ArrayLike = 0.0,
    phase: Phase = "ka/2+pi",
    *,
    form: Form = "corrected",
) -> tuple[NDArray, NDArray]:
    """Occupation of site A in the conduction and in the valence band, Eq. (19); of site B: 1 minus that.

    The printed form is the same function, but 0/0 in the valence band at ka = pi. The corrected one,
    (1 -+ 1/sqrt(1 + chi^2))/2, is not.

    Parameters
    ----------
    reduced_wave_number : ka, any shape
    energy_difference_eV : dU = (U_A - U_B)/2, eV, not 0; its magnitude counts, A being the lower site
    hopping_eV, scattering_eV, phase : as in `band_energies`

    Returns
    -------
    rho_ka+, rho_ka- of the common shape
    """
    one_of("form", form, ("corrected", "printed"))
    difference = np.abs(finite_array("energy_difference_eV", energy_difference_eV))
    if np.any(difference == 0):
        raise ValueError(f"energy_difference_eV must not be 0, got {energy_difference_eV!r}")
    chi = np.abs(_mixing(reduced_wave_number, hopping_eV, scattering_eV, phase)) / difference
    root = np.hypot(1, chi)
    if form == "corrected":
        upper = chi**2 / (2 * root * (1 + root))  # (1 - 1/root)/2 without loss where chi is small
        return upper, 1 - upper
    with np.errstate(divide="ignore", invalid="ignore"):
        return chi**2 / (2 * (root**2 + root)), chi**2 / (2 * (root**2 - root))


def band_edges(
    energy_difference_eV: ArrayLike, hopping_eV: ArrayLike, scattering_eV: ArrayLike = 0.0, phase: Phase = "ka/2+pi"
) -> tuple[NDArray, NDArray]:
    """Bottom and top of the conduction band, counted from Ubar; the valence band is its mirror image.

    Parameters as in `site_weights`.

    Returns
    -------
    E_c - Ubar, E_v - Ubar (the source's names: minimum and maximum of the conduction band), eV
    """
    one_of("phase", phase, PHASES)
    difference = finite_array("energy_difference_eV", energy_difference_eV)
    hopping = np.abs(finite_array("hopping_eV", hopping_eV))
    scattering = finite_array("scattering_eV", scattering_eV, at_least=0)
    if phase == "ka/2+pi":
        lowest, highest = scattering, hopping + scattering
    else:
        lowest = np.maximum(scattering - hopping, 0.0)  # h changes its sign in between where |S| < |J0|
        highest = np.maximum(np.abs(scattering - hopping), scattering)
    return np.hypot(difference, lowest), np.hypot(difference, highest)


def carrier_formation_energy_eV(
    bottom_eV: ArrayLike, top_eV: ArrayLike, chemical_potential_eV: ArrayLike
) -> tuple[NDArray, NDArray]:
    """Carrier formation energy E_t below Eq. (24), and the carrier.

    Parameters
    ----------
    bottom_eV, top_eV : edges of the conduction band, eV
    chemical_potential_eV : mu, on the same scale

    Returns
    -------
    E_t >= 0, eV: distance of mu from the nearer edge, 0 inside the band; and 'quasi-ion' below the band,
    'quasi-vacancy' above it, 'metallic' inside.
    """
    bottom, top, mu = np.broadcast_arrays(bottom_eV, top_eV, chemical_potential_eV)
    carrier = np.where(mu < bottom, "quasi-ion", np.where(mu > top, "quasi-vacancy", "metallic"))
    return np.maximum(np.maximum(bottom - mu, mu - top), 0.0), carrier


def inverse_effective_mass(
    energy_difference_eV: ArrayLike,
    hopping_eV: ArrayLike,
    edge: Literal["bottom", "top"] = "bottom",
    *,
    form: Form = "corrected",
) -> NDArray:
    """|d2E/d(ka)2| at an edge of the conduction band without scattering: hbar^2/(m* a^2), eV; Eqs. (20), (21).

    Parameters
    ----------
    energy_difference_eV : dU, eV, not 0
    hopping_eV : J0, eV
    edge : 'bottom' (k = pi/a, where the quasi-ions are) or 'top' (k = 0, where the quasi-vacancies are)
    form : 'printed' is Eq. (21) at either edge: without 1/4, and with the denominator of the top

    Raises
    ------
    ValueError
        dU = 0 at the bottom, where the band has a cusp and no mass.
    """
    one_of("edge", edge, ("bottom", "top"))
    one_of("form", form, ("corrected", "printed"))
    difference = np.abs(finite_array("energy_difference_eV", energy_difference_eV))
    hopping = np.abs(finite_array("hopping_eV", hopping_eV))
    if form == "printed":
        return hopping**2 / np.hypot(difference, hopping)
    if edge == "bottom" and np.any(difference == 0):
        raise ValueError(f"energy_difference_eV must not be 0 at the bottom edge, got {energy_difference_eV!r}")
    return hopping**2 / (4 * (difference if edge == "bottom" else np.hypot(difference, hopping)))


def diffusivity_cm2_per_s(
    inverse_mass_eV: ArrayLike,
    thermal_energy_eV: ArrayLike,
    lattice_constant_A: ArrayLike,
    relaxation_time_ps: ArrayLike,
) -> NDArray:
    """D = kT tau/m*, Eq. (20).

    Parameters
    ----------
    inverse_mass_eV : hbar^2/(m* a^2), eV, from `inverse_effective_mass`
    thermal_energy_eV : kT, eV, > 0
    lattice_constant_A : a, angstrom, > 0
    relaxation_time_ps : tau, ps, > 0
    """
    thermal = finite_array("thermal_energy_eV", thermal_energy_eV, above=0)
    constant = finite_array("lattice_constant_A", lattice_constant_A, above=0)
    time = finite_array("relaxation_time_ps", relaxation_time_ps, above=0)
    square_angstrom_per_ps = thermal * time * constant**2 * np.asarray(inverse_mass_eV) / REDUCED_PLANCK_eV_PS**2
    return square_angstrom_per_ps * 1e-4


def drift_time_ps(mass_u: ArrayLike, lattice_constant_A: ArrayLike, activation_energy_eV: ArrayLike) -> NDArray:
    """Relaxation time tau = sqrt(m a^2/(2 E_a)) below Eq. (20): a over the speed at the bottom of the well.

    Parameters
    ----------
    mass_u : m, atomic mass units, > 0
    lattice_constant_A : a, angstrom, > 0
    activation_energy_eV : E_a^BA, eV, > 0; without a barrier there is no such time
    """
    mass = finite_array("mass_u", mass_u, above=0) * ATOMIC_MASS_kg
    constant = finite_array("lattice_constant_A", lattice_constant_A, above=0) * 1e-10
    energy = finite_array("activation_energy_eV", activation_energy_eV, above=0) * ELEMENTARY_CHARGE_C
    return np.sqrt(mass * constant**2 / (2 * energy)) * 1e12


def reduced_edge_conductivity(
    formation_energy_eV: ArrayLike,
    inverse_mass_eV: ArrayLike,
    thermal_energy_eV: ArrayLike,
) -> NDArray:
    """Conductivity of carriers at a band edge, Eqs. (23), (24), over (ze)^2 n0 tau a^2/hbar^2, eV.

    Parameters
    ----------
    formation_energy_eV : E_t, eV
    inverse_mass_eV : from `inverse_effective_mass`
    thermal_energy_eV : kT, eV, > 0
    """
    thermal = finite_array("thermal_energy_eV", thermal_energy_eV, above=0)
    return np.exp(-np.asarray(formation_energy_eV) / thermal) * np.asarray(inverse_mass_eV)


def reduced_boltzmann_conductivity(
    middle_eV: ArrayLike,
    energy_difference_eV: ArrayLike,
    hopping_eV: ArrayLike,
    chemical_potential_eV: ArrayLike,
    thermal_energy_eV: ArrayLike,
    scattering_eV: ArrayLike = 0.0,
    phase: Phase = "ka/2+pi",
) -> NDArray:
    """Conductivity of the conduction band by Eq. (30), over (ze)^2 n0 tau a^2/hbar^2, eV.

    -(1/2 pi) int (dE/d(ka))^2 f'(E) d(ka) over the zone, by Gauss-Legendre sums on [0, pi], in as many panels as kT and
    dU ask for beside J0.

    Parameters
    ----------
    middle_eV : Ubar, eV
    chemical_potential_eV : mu, eV
    thermal_energy_eV : kT, eV, > 0
    energy_difference_eV, hopping_eV, scattering_eV, phase : as in `site_weights`

    Returns
    -------
    of the common shape
    """
    one_of("phase", phase, PHASES)
    thermal = finite_array("thermal_energy_eV", thermal_energy_eV, above=0)
    columns = (middle_eV, energy_difference_eV, np.abs(hopping_eV), chemical_potential_eV, scattering_eV)
    values = np.broadcast_arrays(*(np.asarray(value, float) for value in columns), thermal)
    flat = np.stack([value.ravel() for value in values])
    panels = _panels(flat[2], flat[1], flat[5])
    sigma = np.empty(flat.shape[1])
    for count in np.unique(panels):  # each point has the nodes that it needs, whatever stands beside it
        own = panels == count
        sigma[own] = _boltzmann_sum(flat[:, own, None], PHASES[phase], *gauss_legendre(_NODES_OF_A_PANEL, int(count)))
    return sigma.reshape(values[0].shape)[()]


def _boltzmann_sum(columns: NDArray, sign: int, node: NDArray, weight: NDArray) -> NDArray:
    middle, difference, hopping, mu, scattering, thermal = columns
    half = np.pi / 2 * node  # ka/2
    h = hopping * np.cos(half) + sign * scattering
    split = np.hypot(difference, h)
    velocity = h / split * (-hopping * np.sin(half) / 2)
    slope = 1 / (4 * thermal * np.cosh(np.minimum(np.abs(middle + split - mu) / (2 * thermal), 350.0)) ** 2)
    return np.sum(weight * velocity**2 * slope, axis=-1)


def _panels(hopping_eV: NDArray, energy_difference_eV: NDArray, thermal_energy_eV: NDArray) -> NDArray:
    finest = np.minimum(np.abs(energy_difference_eV), thermal_energy_eV)
    wanted = np.divide(np.abs(hopping_eV), 16 * finest, out=np.full(np.shape(finest), np.inf), where=finest > 0)
    return np.ceil(np.clip(wanted, 1, _MOST_PANELS)).astype(int)


def zone_quadrature(
    hopping_eV: float, energy_difference_eV: float, thermal_energy_eV: float
) -> tuple[NDArray, NDArray]:
    """Nodes and weights on [0, 1] for means over half of the zone, ka/pi.

    Bands bend over a width of dU/|J0| of ka, and Fermi edges have kT/|J0|: a panel holds sixteen of them.
    """
    finest = (np.atleast_1d(value) for value in (hopping_eV, energy_difference_eV, thermal_energy_eV))
    return gauss_legendre(_NODES_OF_A_PANEL, int(_panels(*finest)[0]))


def narrow_band_ratio(energy_difference_eV: ArrayLike, hopping_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> NDArray:
    """Eq. (30) over the effective-mass form of Eq. (24) where the band is much narrower than kT: J0^2/(8 |dU| kT).

    That small factor is why (30) does not degrade into (24): sigma goes with J0^4, not with J0^2.
    """
    return np.asarray(hopping_eV) ** 2 / (8 * np.abs(energy_difference_eV) * np.asarray(thermal_energy_eV))
