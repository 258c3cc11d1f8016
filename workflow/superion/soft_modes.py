"""Soft modes: how far ions swing in a mode whose frequency falls to 0 at a critical temperature, and what limits it.

Near T_c the squared frequency is proportional to the distance from it, omega^2 = omega_0^2 |1 - T/T_c|. A harmonic mode
then swings without limit, <u^2> = 3kT/(M omega^2) for three directions, and on the way up to T_c it meets Lindemann's
criterion <u^2> = (c_L a)^2 before T_c is reached. Two things limit it: the quartic term of the potential, which holds a
mode that has no stiffness left, and the other wave vectors of the mode's branch, which stay stiff, so that the ions'
displacements, a sum over all of the branch, remain finite in three dimensions.

Units: temperatures in K, frequencies in THz, masses in u, amplitudes in A.

Source: textbook chapter, 'Collective Phenomena'; W. Cochran, Phys. Rev. Lett. 3, 412 (1959); G. N. Watson, Q. J. Math.
10, 266 (1939), for the lattice sum; R. H. Lyddane, R. G. Sachs, E. Teller, Phys. Rev. 59, 673 (1941).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import i0e

from superion.quadrature import gauss_legendre, tanh_sinh
from superion.space_charge import VACUUM_PERMITTIVITY_F_PER_M
from superion.thermal_amplitudes import Statistics, mean_square_amplitude_A2, stiffness_eV_per_A2
from superion.units import ELEMENTARY_CHARGE_C, thermal_energy_eV
from superion.validity import finite_array, integer_array, one_of

__all__ = [
    "SIDES",
    "branch_mean_square_A2",
    "harmonic_mean_square_A2",
    "ionic_susceptibility",
    "lindemann_temperature_K",
    "longitudinal_frequency_THz",
    "quartic_mean_square_A2",
    "soft_frequency_THz",
    "temperature_of_amplitude_K",
    "watson_integral",
]

SIDES = ("below", "above")
"""Sides of T_c on which a mode may soften towards it."""
Side = Literal["below", "above"]

NODES, PANELS = 24, 8
EXPONENT = 60.0  # beyond which a Boltzmann factor is left out
BISECTIONS = 80
SUM_NODES = 481  # of the lattice sum: exp(-s t) falls off anywhere between its ends


def soft_frequency_THz(
    temperature_K: ArrayLike, critical_temperature_K: ArrayLike, frequency_scale_THz: ArrayLike
) -> NDArray:
    """Frequency omega/2pi = nu_0 sqrt|1 - T/T_c|, THz, on broadcast arrays; nu_0 is what it would be at T = 0.

    Raises
    ------
    ValueError
        A negative temperature, or a critical temperature or scale that is not above 0.
    """
    temperature = finite_array("temperature_K", temperature_K, at_least=0)
    critical = finite_array("critical_temperature_K", critical_temperature_K, above=0)
    scale = finite_array("frequency_scale_THz", frequency_scale_THz, above=0)
    return scale * np.sqrt(np.abs(1 - temperature / critical))


def harmonic_mean_square_A2(
    temperature_K: ArrayLike,
    frequency_THz: ArrayLike,
    mass_u: ArrayLike,
    components: int = 3,
    statistics: Statistics = "classical",
) -> NDArray:
    """<u^2> = d kT/(M omega^2), A^2, of d = `components` directions; by quantum mechanics times x coth x.

    Raises
    ------
    ValueError
        A temperature, frequency or mass that is not above 0, or fewer than one direction.
    """
    d = integer_array("components", components, at_least=1)
    return d * mean_square_amplitude_A2(mass_u, frequency_THz, temperature_K, statistics)


def quartic_mean_square_A2(
    temperature_K: ArrayLike, stiffness_eV_per_A2: ArrayLike, quartic_eV_per_A4: ArrayLike, components: int = 3
) -> NDArray:
    """<u^2>, A^2, of a classical ion in V = k u^2/2 + B u^4/4, u the distance in d = `components` directions.

    The ratio of two integrals, by quadrature to rounding; at k = 0 it is sqrt(4kT/B) Gamma(d/4 + 1/2)/Gamma(d/4).

    Parameters
    ----------
    stiffness_eV_per_A2, quartic_eV_per_A4 : k, at least 0, and B, above 0

    Raises
    ------
    ValueError
        A temperature or quartic term that is not above 0, a negative stiffness, or fewer than one direction.
    """
    thermal = thermal_energy_eV(finite_array("temperature_K", temperature_K, above=0))
    stiffness = finite_array("stiffness_eV_per_A2", stiffness_eV_per_A2, at_least=0)
    quartic = finite_array("quartic_eV_per_A4", quartic_eV_per_A4, above=0)
    d = int(integer_array("components", components, at_least=1))
    unit = np.sqrt(thermal / quartic)
    reduced = (stiffness / np.sqrt(thermal * quartic))[..., None]
    # In t = u^2/unit: k t/2 + t^2/4 reaches the exponent at the upper end.
    end = 4 * EXPONENT / (reduced + np.sqrt(reduced**2 + 4 * EXPONENT))
    node, weight = gauss_legendre(NODES, PANELS)
    radius = np.sqrt(end) * node
    boltzmann = weight * np.exp(-reduced * radius**2 / 2 - radius**4 / 4)
    moments = [(boltzmann * radius**power).sum(axis=-1) for power in (d + 1, d - 1)]
    return unit * moments[0] / moments[1]


def watson_integral(softness: ArrayLike) -> NDArray:
    """Mean of 1/(s + 3 - cos x - cos y - cos z) over the simple cubic Brillouin zone, for s >= 0 of any shape.

    Finite at s = 0: 0.5054620197 (Watson 1939); in one and in two dimensions it is not.

    Raises
    ------
    ValueError
        A negative s.
    """
    s = finite_array("softness", softness, at_least=0)
    # int_0^inf exp(-s t) [exp(-t) I0(t)]^3 dt; with t = (y/(1 - y))^2 the integrand stays finite at both ends.
    node, complement, weight = tanh_sinh(SUM_NODES)
    root = node / complement
    tail = 2 * root * i0e(root**2) ** 3 / complement**2
    return np.exp(-np.multiply.outer(s, root**2)) @ (weight * tail)


def branch_mean_square_A2(
    temperature_K: ArrayLike, frequency_THz: ArrayLike, band_frequency_THz: ArrayLike, mass_u: ArrayLike
) -> NDArray:
    """<u^2>, A^2, of an ion in three classical branches on a simple cubic lattice of which q = 0 alone is soft.

    omega_q^2 = omega^2 + omega_b^2 (3 - cos q_x - cos q_y - cos q_z)/6: from omega^2 to omega^2 + omega_b^2.

    Raises
    ------
    ValueError
        A temperature, mass or width of the band that is not above 0, or a negative frequency.
    """
    thermal = thermal_energy_eV(finite_array("temperature_K", temperature_K, above=0))
    frequency = finite_array("frequency_THz", frequency_THz, at_least=0)
    band = finite_array("band_frequency_THz", band_frequency_THz, above=0)
    return 3 * thermal * 6 / stiffness_eV_per_A2(mass_u, band) * watson_integral(6 * (frequency / band) ** 2)


def lindemann_temperature_K(
    critical_temperature_K: ArrayLike,
    frequency_scale_THz: ArrayLike,
    mass_u: ArrayLike,
    amplitude_A: ArrayLike,
    side: Side = "below",
) -> NDArray:
    """Temperature at which a classical harmonic soft mode has <u^2> = amplitude^2, K, on broadcast arrays.

    With r = M omega_0^2 amplitude^2/(3 k T_c) it is T_c r/(1 + r) on the way up to a T_c that is approached from below.
    A mode that softens on cooling has it at T_c r/(r - 1) if r > 1; if not, <u^2> exceeds the criterion at all
    temperatures above T_c, and the value is NaN.

    Raises
    ------
    ValueError
        A value that is not above 0, or an unknown side.
    """
    one_of("side", side, SIDES)
    critical = finite_array("critical_temperature_K", critical_temperature_K, above=0)
    amplitude = finite_array("amplitude_A", amplitude_A, above=0)
    scale = finite_array("frequency_scale_THz", frequency_scale_THz, above=0)
    r = stiffness_eV_per_A2(mass_u, scale) * amplitude**2 / (3 * thermal_energy_eV(critical))
    if side == "below":
        return critical * r / (1 + r)
    return np.where(r > 1, critical * r / np.where(r > 1, r - 1, 1.0), np.nan)


def temperature_of_amplitude_K(
    mean_square_A2: Callable[[float], float], amplitude_A: float, highest_temperature_K: float
) -> float:
    """Lowest temperature, up to a highest one, at which a mean square that grows with it is amplitude^2; NaN if none.

    Parameters
    ----------
    mean_square_A2 : <u^2> at a temperature in K, above 0

    Raises
    ------
    ValueError
        An amplitude or temperature that is not above 0.
    """
    wanted = float(finite_array("amplitude_A", amplitude_A, above=0)) ** 2
    low, high = 0.0, float(finite_array("highest_temperature_K", highest_temperature_K, above=0))
    if not mean_square_A2(high) >= wanted:
        return float("nan")
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if mean_square_A2(middle) >= wanted else (middle, high)
    return high


def ionic_susceptibility(
    born_charge: ArrayLike, reduced_mass_u: ArrayLike, frequency_THz: ArrayLike, cell_volume_A3: ArrayLike
) -> NDArray:
    """What a transverse optical mode adds to the static dielectric constant: (Z* e)^2/(eps_0 V M omega_TO^2).

    Raises
    ------
    ValueError
        A mass, frequency or volume that is not above 0.
    """
    charge = finite_array("born_charge", born_charge)
    frequency = finite_array("frequency_THz", frequency_THz, above=0)
    volume = finite_array("cell_volume_A3", cell_volume_A3, above=0)
    coulomb_eV_A = ELEMENTARY_CHARGE_C / VACUUM_PERMITTIVITY_F_PER_M * 1e10  # e^2/eps_0
    return charge**2 * coulomb_eV_A / (volume * stiffness_eV_per_A2(reduced_mass_u, frequency))


def longitudinal_frequency_THz(
    frequency_THz: ArrayLike, susceptibility: ArrayLike, electronic_constant: ArrayLike
) -> NDArray:
    """Frequency of the longitudinal mode, nu_TO sqrt(1 + chi/eps_inf), THz: Lyddane, Sachs and Teller.

    Raises
    ------
    ValueError
        A negative frequency or susceptibility, or an electronic dielectric constant below 1.
    """
    frequency = finite_array("frequency_THz", frequency_THz, at_least=0)
    ionic = finite_array("susceptibility", susceptibility, at_least=0)
    electronic = finite_array("electronic_constant", electronic_constant, at_least=1)
    return frequency * np.sqrt(1 + ionic / electronic)
