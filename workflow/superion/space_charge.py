"""Space charge in closed form: Nernst steps, Debye lengths, and profiles of walls and junctions by quadrature.

In equilibrium the electrochemical potential mu + z e phi of every mobile ion is the same everywhere, so that a step of
the concentration holds a step of the potential. Two settings:

- a wall at a given potential in an electrolyte of ions of charge z and -z, with or without room for them all
  (Gouy-Chapman; Bikerman, whose packing fraction is that of the bulk);
- a junction of two solids in which one kind of ions moves on a fixed background of opposite charge, with or without a
  limit to the sites (c -> c/(n_s - c)).

Reduced potentials u = z e phi/kT; positions in m.

Source: textbook chapter, "The Thermodynamic Driving Force for Ionic Transport"; D. L. Chapman, Phil. Mag. 25, 475
(1913); D. C. Grahame, Chem. Rev. 41, 441 (1947); J. J. Bikerman, Phil. Mag. 33, 384 (1942); M. S. Kilic et al., Phys.
Rev. E 75, 021502 (2007).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.quadrature import gauss_legendre
from superion.units import ELEMENTARY_CHARGE_C, thermal_energy_eV
from superion.validity import finite_array

__all__ = [
    "VACUUM_PERMITTIVITY_F_PER_M",
    "Electrolyte",
    "IonPhase",
    "Junction",
    "nernst_step_V",
    "odds",
]

VACUUM_PERMITTIVITY_F_PER_M = 8.8541878128e-12  # CODATA 2018
LARGEST = 600.0  # |u| whose exponential is still a float
SERIES_BELOW = 3e-3  # of |u|: the first five cumulants are then exact to 1e-13
FARTHEST = 45.0  # in ln of the potential: profiles end where it is exp(-45) of that at the wall
PANELS, NODES = 900, 8


def odds(concentration: ArrayLike, site_density: ArrayLike | None = None) -> NDArray:
    """What enters the chemical potential kT ln(...) (...): c, or c/(n_s - c) where sites are limited.

    Raises
    ------
    ValueError
        A concentration not above 0 or not below the density of sites.
    """
    c = finite_array("concentration", concentration, above=0)
    if site_density is None:
        return c
    left = finite_array("site_density", site_density, above=0) - c
    if np.any(left <= 0):
        raise ValueError(f"concentration must be below site_density, got {concentration!r} and {site_density!r}")
    return c / left


def nernst_step_V(
    concentration_1: ArrayLike,
    concentration_2: ArrayLike,
    charge_number: ArrayLike,
    temperature_K: ArrayLike,
    site_density: ArrayLike | None = None,
) -> NDArray:
    """Potential phi_2 - phi_1 (...) that holds a step of the concentration, -(kT/ze) ln(c_2/c_1), in V.

    Textbook chapter, "The Thermodynamic Driving Force for Ionic Transport": grad mu = -z e grad phi.

    Parameters
    ----------
    concentration_1, concentration_2 : in any unit, or as fractions of the sites
    charge_number : z of the mobile ion, not 0
    temperature_K : above 0
    site_density : sites that the ions share, in the same unit; None: dilute ions

    Raises
    ------
    ValueError
        A value out of bounds, a charge number of 0, or more ions than sites.
    """
    z = finite_array("charge_number", charge_number)
    if np.any(z == 0):
        raise ValueError(f"charge_number must not be 0, got {charge_number!r}")
    ratio = odds(concentration_2, site_density) / odds(concentration_1, site_density)
    return -thermal_energy_eV(finite_array("temperature_K", temperature_K, above=0)) / z * np.log(ratio)


def _thermal_V(charge_number: int, temperature_K: float) -> float:
    """kT/ze."""
    return float(thermal_energy_eV(temperature_K)) / charge_number


def _debye_length_m(permittivity: float, thermal_V: float, charge_per_m3: float) -> float:
    """sqrt(eps kT/(ze sum of |charge| in e)) for carriers of that total number times charge number."""
    return float(
        np.sqrt(permittivity * VACUUM_PERMITTIVITY_F_PER_M * thermal_V / (ELEMENTARY_CHARGE_C * charge_per_m3))
    )


class _Decay:
    """Profile of a potential that falls monotonically from u_0 at x = 0 to 0, from du/dx as a function of u.

    With u = u_0 exp(-t) the integrand of x = int u/|du/dx| dt tends to the Debye length, so that a rule of panels in t
    is exact to rounding.
    """

    def __init__(self, start: float, slope: Callable[[NDArray], NDArray]) -> None:
        self.start, self.slope = start, slope  # slope: |du/dx| of u
        self.edges = np.linspace(0, FARTHEST, PANELS + 1)
        nodes, weights = gauss_legendre(NODES)
        width = self.edges[1]
        inside = self.pace(self.edges[:-1, None] + width * nodes)
        self.reached = np.concatenate([[0.0], np.cumsum(width * inside @ weights)])

    def pace(self, t: NDArray) -> NDArray:
        """dx/dt."""
        u = self.start * np.exp(-t)
        return np.abs(u) / self.slope(u)

    def at(self, distance: NDArray) -> NDArray:
        """Reduced potential at distances, 0 beyond the farthest that is told apart from it."""
        nodes, weights = gauss_legendre(NODES)
        inside = np.minimum(distance, self.reached[-1])
        t = np.interp(inside, self.reached, self.edges)
        panel = np.minimum(np.searchsorted(self.edges, t, side="right") - 1, PANELS - 1)
        for _ in range(4):
            part = t - self.edges[panel]
            travelled = self.reached[panel] + part * (
                self.pace(self.edges[panel, None] + part[:, None] * nodes) @ weights
            )
            t = t - (travelled - inside) / self.pace(t)
        return np.where(distance <= self.reached[-1], self.start * np.exp(-t), 0.0)


@dataclass(frozen=True)
class Electrolyte:
    """Ions of charge z and -z in a medium, before a wall.

    Attributes
    ----------
    concentration_per_m3 : of each kind of ions in the bulk
    relative_permittivity : of the medium
    temperature_K : above 0
    charge_number : z, 1 or more
    packing_fraction : nu, ions of both kinds over sites in the bulk; 0: points
    """

    concentration_per_m3: float
    relative_permittivity: float
    temperature_K: float
    charge_number: int = 1
    packing_fraction: float = 0.0

    def __post_init__(self) -> None:
        for name in ("concentration_per_m3", "relative_permittivity", "temperature_K", "charge_number"):
            finite_array(name, getattr(self, name), above=0)
        finite_array("packing_fraction", self.packing_fraction, at_least=0, below=1)

    @property
    def thermal_V(self) -> float:
        """kT/ze, the unit of reduced potentials."""
        return _thermal_V(self.charge_number, self.temperature_K)

    @property
    def debye_length_m(self) -> float:
        """sqrt(eps kT/(2 z^2 e^2 c_0))."""
        return _debye_length_m(
            self.relative_permittivity, self.thermal_V, 2 * self.charge_number * self.concentration_per_m3
        )

    def concentrations_per_m3(self, potential_V: ArrayLike) -> tuple[NDArray, NDArray]:
        """Concentrations (...) of the ions of charge z and -z at a potential (...). Kilic et al. (2007), Eq. (10)."""
        u = finite_array("potential_V", potential_V) / self.thermal_V
        crowding = self._log_crowding(u)
        return tuple(self.concentration_per_m3 * np.exp(sign * u - crowding) for sign in (-1, 1))

    def reduced_charge(self, u: NDArray) -> tuple[NDArray, NDArray]:
        """Charge density (...) over -2 z e c_0 and its slope, sinh u over the crowding, as functions of u."""
        crowding = self._log_crowding(u)
        plus, minus = np.exp(u - crowding) / 2, np.exp(-u - crowding) / 2
        value = plus - minus
        return value, plus + minus - self.packing_fraction * value**2

    def surface_charge_C_per_m2(self, potential_V: ArrayLike) -> NDArray:
        """Charge (...) of the wall at a potential (...): Grahame's equation, or Bikerman's where ions take room."""
        u = finite_array("potential_V", potential_V) / self.thermal_V
        permittivity = self.relative_permittivity * VACUUM_PERMITTIVITY_F_PER_M
        return np.sign(u) * permittivity * self.thermal_V / self.debye_length_m * self._slope(u)

    def potential_V(self, distance_m: ArrayLike, wall_potential_V: float) -> NDArray:
        """Potential (...) at distances (...) from the wall: Gouy-Chapman in closed form, else by quadrature.

        Raises
        ------
        ValueError
            A negative distance, or a wall potential that is not finite.
        """
        x = finite_array("distance_m", distance_m, at_least=0) / self.debye_length_m
        u0 = float(finite_array("wall_potential_V", wall_potential_V)) / self.thermal_V
        if self.packing_fraction == 0:
            # 4 artanh(tanh(u_0/4) exp(-x)), in sums of positive terms
            faded, missing = np.exp(-x), 2 / (np.exp(min(abs(u0), LARGEST) / 2) + 1)
            ratio = (1 + (1 - missing) * faded) / (missing * faded - np.expm1(-x))
            return 2 * self.thermal_V * np.sign(u0) * np.log(ratio)
        if u0 == 0:
            return np.zeros_like(x)
        return self.thermal_V * _Decay(u0, self._slope).at(x.ravel()).reshape(x.shape)

    def _slope(self, u: NDArray) -> NDArray:
        """|du/dx| in Debye lengths, sqrt((2/nu) ln(1 + 2 nu sinh^2(u/2)))."""
        if self.packing_fraction == 0:
            return 2 * np.sinh(np.abs(u) / 2)
        return np.sqrt(2 / self.packing_fraction * self._log_crowding(u))

    def _log_crowding(self, u: NDArray) -> NDArray:
        """ln(1 + 2 nu sinh^2(u/2)), without overflow and without cancellation."""
        value = np.log1p(2 * self.packing_fraction * np.sinh(np.clip(u, -LARGEST, LARGEST) / 2) ** 2)
        if self.packing_fraction == 0:
            return value
        return np.where(np.abs(u) < LARGEST, value, np.abs(u) + np.log(self.packing_fraction / 2))


@dataclass(frozen=True)
class IonPhase:
    """A solid in which one kind of ions moves on a fixed background that neutralises them in the bulk.

    Attributes
    ----------
    concentration_per_m3 : of the mobile ions in the bulk
    relative_permittivity : of the solid
    site_density_per_m3 : sites of the ions; None: as many as one likes
    standard_potential_eV : mu_0 of the ions, of mu = mu_0 + kT ln(c or c/(n_s - c))
    """

    concentration_per_m3: float
    relative_permittivity: float
    site_density_per_m3: float | None = None
    standard_potential_eV: float = 0.0

    def __post_init__(self) -> None:
        finite_array("relative_permittivity", self.relative_permittivity, above=0)
        finite_array("standard_potential_eV", self.standard_potential_eV)
        odds(self.concentration_per_m3, self.site_density_per_m3)

    @property
    def occupation(self) -> float:
        """Share of the sites that is filled in the bulk; 0 where sites are not limited."""
        return self.concentration_per_m3 / self.site_density_per_m3 if self.site_density_per_m3 else 0.0

    def relative_concentration(self, u: NDArray) -> tuple[NDArray, NDArray]:
        """c over that of the bulk (...) and its slope, as functions of u against the bulk: exp(-u), or Fermi's."""
        theta = self.occupation
        if theta == 0:
            value = np.exp(-u)
            return value, -value
        value = np.exp(-np.logaddexp(np.log1p(-theta) + u, np.log(theta)))
        return value, -value * (1 - theta * value)

    def potential_energy(self, u: NDArray) -> NDArray:
        """W(u) = int_0^u (1 - c/c_b) du (...), 0 or above: half the square of the field over what belongs to it."""
        theta = self.occupation
        cumulants = (
            1,
            -(1 - 2 * theta),
            1 - 6 * theta * (1 - theta),
            -(1 - 2 * theta) * (1 - 12 * theta * (1 - theta)),
        )
        near = sum(k * u**n / f for n, (k, f) in enumerate(zip(cumulants, (2, 6, 24, 120), strict=True), 2))
        with np.errstate(over="ignore", invalid="ignore"):
            mixed = np.logaddexp(np.log1p(-theta), np.log(theta) - u) / theta if theta else np.expm1(-u)
        return np.where(np.abs(u) < SERIES_BELOW, (1 - theta) * near, u + mixed)


@dataclass(frozen=True)
class Junction:
    """Two solids that share a kind of mobile ions, the first at x < 0, the second at x > 0, in equilibrium.

    Attributes
    ----------
    first, second : the solids
    charge_number : z of the mobile ions, not 0
    temperature_K : above 0
    """

    first: IonPhase
    second: IonPhase
    charge_number: int
    temperature_K: float

    def __post_init__(self) -> None:
        finite_array("temperature_K", self.temperature_K, above=0)
        if not self.charge_number:
            raise ValueError(f"charge_number must not be 0, got {self.charge_number!r}")

    @property
    def thermal_V(self) -> float:
        """kT/ze, the unit of reduced potentials; negative for anions."""
        return _thermal_V(self.charge_number, self.temperature_K)

    @property
    def debye_lengths_m(self) -> tuple[float, float]:
        """sqrt(eps kT/(z^2 e^2 c (1 - c/n_s))) of each solid."""
        return tuple(
            _debye_length_m(
                phase.relative_permittivity,
                abs(self.thermal_V),
                abs(self.charge_number) * phase.concentration_per_m3 * (1 - phase.occupation),
            )
            for phase in (self.first, self.second)
        )

    @property
    def step_V(self) -> float:
        """phi of the second bulk against the first: -(kT/ze) ln(ratio of c or c/(n_s - c)) - (mu_0 step)/ze."""
        first, second = (
            np.log(odds(phase.concentration_per_m3, phase.site_density_per_m3)) for phase in (self.first, self.second)
        )
        standard = self.second.standard_potential_eV - self.first.standard_potential_eV
        return float(-self.thermal_V * (second - first) - standard / self.charge_number)

    @property
    def interface_V(self) -> float:
        """Potential where the solids meet, against the first bulk: there the displacement eps dphi/dx is one.

        With the same permittivity and unlimited sites it is (kT/ze)(1 + r ln r/(1 - r)), r = c_2/c_1.
        """
        from scipy.optimize import brentq  # not above: records of solids are read where nothing is solved

        step = self.step_V / self.thermal_V
        weights = [phase.relative_permittivity * phase.concentration_per_m3 for phase in (self.first, self.second)]

        def excess(u: float) -> float:
            energies = self.first.potential_energy(u), self.second.potential_energy(u - step)
            return float(weights[0] * energies[0] - weights[1] * energies[1])

        if abs(step) < 1e-12:
            return 0.0
        return self.thermal_V * float(brentq(excess, *sorted((0.0, step)), xtol=1e-15, rtol=1e-15, maxiter=500))

    @property
    def interface_charge_C_per_m2(self) -> float:
        """Charge per area that the first solid holds before the second, -eps dphi/dx where they meet."""
        u = self.interface_V / self.thermal_V
        field = np.sqrt(2 * self.first.potential_energy(u) / (1 - self.first.occupation)) / self.debye_lengths_m[0]
        permittivity = self.first.relative_permittivity * VACUUM_PERMITTIVITY_F_PER_M
        return float(-permittivity * self.thermal_V * np.sign(u) * field)

    def potential_V(self, position_m: ArrayLike) -> NDArray:
        """Potential (...) at positions (...) by quadrature of the first integral of Poisson's equation.

        Raises
        ------
        ValueError
            A position that is not finite.
        """
        x = finite_array("position_m", position_m)
        step, meeting = self.step_V / self.thermal_V, self.interface_V / self.thermal_V
        if step == 0:
            return np.zeros_like(x)
        sides = []
        for phase, length, start, base in zip(
            (self.first, self.second), self.debye_lengths_m, (meeting, meeting - step), (0.0, step), strict=True
        ):
            free = 1 - phase.occupation
            decay = _Decay(start, lambda u, p=phase, f=free: np.sqrt(2 * p.potential_energy(u) / f))
            sides.append(base + decay.at(np.abs(x).ravel() / length).reshape(x.shape))
        return self.thermal_V * np.where(x < 0, *sides)

    def concentration_per_m3(self, position_m: ArrayLike, potential_V: ArrayLike) -> NDArray:
        """Mobile ions (...) where the potential (...) against the first bulk is known; x < 0 is the first solid."""
        x, u = np.asarray(position_m, float), finite_array("potential_V", potential_V) / self.thermal_V
        first, second = (
            phase.concentration_per_m3 * phase.relative_concentration(u - base)[0]
            for phase, base in ((self.first, 0.0), (self.second, self.step_V / self.thermal_V))
        )
        return np.where(x < 0, first, second)
