"""Classical ions in one-dimensional potential wells: where they are found, at one energy and at a temperature.

An ion of energy E spends at x a time in proportion to 1/v(x). Averaged over the energies that a temperature gives it,
that is the density of a quasi-ion: rho_00 in its own well, rho_01 in the next one, which it enters with an energy above
the barrier top and with the loss E_s. Every well here is symmetric about its centre and rises to its edges.

Source: J. Hu, "A Novel Quasiparticle Method for Solid State Ion Transport" (2023), Secs. 2.1, 2.2, 2.5 and Eq. (45).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ellipkm1

from superion.quadrature import tanh_sinh
from superion.units import ELEMENTARY_CHARGE_C, PLANCK_J_S, ATOMIC_MASS_kg
from superion.validity import finite_array, integer_array, one_of

__all__ = [
    "SinusoidalWell",
    "SymmetricWell",
    "TabulatedWell",
    "TwoSitePotential",
    "TwoSiteWell",
    "Well",
    "WellDensity",
    "de_broglie_wavelength_A",
    "density_at_energy",
    "hopping_weights",
    "next_well_probability",
    "thermal_density",
]

_CHEBYSHEV_NODES = 400
_BISECTIONS = 60
_BLOCK = 4096


class Well(Protocol):
    """A symmetric well centred at 0: depth 0 at the centre, `barrier_eV` at +-`half_width`."""

    barrier_eV: float
    half_width: float

    def energy_eV(self, x: NDArray) -> NDArray:
        """U(x) - U(0), eV."""
        ...

    def half_period(self, excess_eV: NDArray, complement_eV: NDArray) -> NDArray:
        """Integral of dx/sqrt(E - U) between the turning points, E - U(0) = excess, barrier top - E = complement."""
        ...


@dataclass(frozen=True)
class SinusoidalWell:
    """U(x) = E_b sin^2(pi x/d) on |x| <= d/2.

    Attributes
    ----------
    barrier_eV : E_b, eV, > 0
    width : d, > 0, any unit of length
    """

    barrier_eV: float
    width: float = 1.0

    def __post_init__(self) -> None:
        """Check both values."""
        finite_array("barrier_eV", self.barrier_eV, above=0)
        finite_array("width", self.width, above=0)

    @property
    def half_width(self) -> float:
        """d/2."""
        return self.width / 2

    def energy_eV(self, x: NDArray) -> NDArray:
        """U(x) - U(0), eV, at positions of any shape."""
        return self.barrier_eV * np.sin(np.pi * x / self.width) ** 2

    def half_period(self, excess_eV: NDArray, complement_eV: NDArray) -> NDArray:
        """2 d K(m)/(pi sqrt(E_b)) with m = E/E_b; the complement keeps it exact up to the barrier top."""
        return 2 * self.width / np.pi * ellipkm1(complement_eV / self.barrier_eV) / np.sqrt(self.barrier_eV)


class SymmetricWell:
    """A symmetric well given by U(x), which must rise from the centre to the edge.

    The half period is a Gauss-Chebyshev sum between the turning points, where 1/sqrt(E - U) is singular.
    """

    def __init__(self, energy_eV, half_width: float) -> None:
        """energy_eV: U(x) of an array; half_width: position of the barrier top, > 0.

        Raises
        ------
        ValueError
            The potential does not rise all the way from the centre to the edge.
        """
        self.half_width = float(finite_array("half_width", half_width, above=0))
        self._energy_eV = energy_eV
        self._bottom_eV = float(energy_eV(np.array(0.0)))
        self.barrier_eV = float(energy_eV(np.array(self.half_width))) - self._bottom_eV
        x = np.linspace(0, self.half_width, 513)
        falls = np.flatnonzero(np.diff(self.energy_eV(x)) < 0)
        if self.barrier_eV <= 0 or falls.size:
            at = x[falls[0]] if falls.size else self.half_width
            raise ValueError(f"a well must rise from its centre to its edge, this one does not at x = {at:g}")

    def energy_eV(self, x: NDArray) -> NDArray:
        """U(x) - U(0), eV, at positions of any shape."""
        return self._energy_eV(np.asarray(x, float)) - self._bottom_eV

    def turning_point(self, excess_eV: NDArray) -> NDArray:
        """x > 0 where U(x) - U(0) = excess, by bisection."""
        low, high = np.zeros_like(excess_eV), np.full_like(excess_eV, self.half_width)
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            inside = self.energy_eV(middle) < excess_eV
            low, high = np.where(inside, middle, low), np.where(inside, high, middle)
        return (low + high) / 2

    def half_period(self, excess_eV: NDArray, complement_eV: NDArray) -> NDArray:
        """Integral of dx/sqrt(E - U) between the turning points."""
        excess = np.asarray(excess_eV, float)
        blocks = np.array_split(excess.ravel(), excess.size // _BLOCK + 1)  # bounds the memory
        return np.concatenate([self._half_period(block) for block in blocks]).reshape(excess.shape)

    def _half_period(self, excess_eV: NDArray) -> NDArray:
        turn = self.turning_point(excess_eV)[:, None]
        angle = (np.arange(_CHEBYSHEV_NODES) + 0.5) * np.pi / _CHEBYSHEV_NODES
        x = turn * np.cos(angle)
        kinetic = excess_eV[:, None] - self.energy_eV(x)
        # A node may fall within rounding of a turning point: the limit there is finite, its neighbours stand for it.
        ratio = np.where(kinetic > 0, turn**2 * np.sin(angle) ** 2 / np.where(kinetic > 0, kinetic, 1.0), np.nan)
        return np.pi * np.nanmean(np.sqrt(ratio), axis=-1)


class TabulatedWell(SymmetricWell):
    """A symmetric well through points (x, U), interpolated by a monotone cubic."""

    def __init__(self, x: ArrayLike, energy_eV: ArrayLike) -> None:
        """x: ascending from 0 (the centre) to the barrier top; energy_eV: U there, rising.

        Raises
        ------
        ValueError
            Fewer than three points, positions that do not ascend from 0, or energies that do not rise.
        """
        x, energy = finite_array("x", x), finite_array("energy_eV", energy_eV)
        if x.ndim != 1 or x.shape != energy.shape or x.size < 3:
            raise ValueError(f"x and energy_eV must be equally many, at least 3, got shapes {x.shape}, {energy.shape}")
        if x[0] != 0 or np.any(np.diff(x) <= 0):
            raise ValueError(f"x must ascend from 0, the centre of the well, got {x.tolist()!r}")
        if np.any(np.diff(energy) <= 0):
            raise ValueError(f"energy_eV must rise from the centre to the edge, got {energy.tolist()!r}")
        from scipy.interpolate import PchipInterpolator  # slow to import, and seldom wanted

        interpolant = PchipInterpolator(np.concatenate([-x[:0:-1], x]), np.concatenate([energy[:0:-1], energy]))
        super().__init__(interpolant, x[-1])


class TwoSiteWell(SymmetricWell):
    """One of the two wells of a `TwoSitePotential`, centred at its site."""

    def __init__(self, potential: TwoSitePotential, site: Literal["A", "B"]) -> None:
        """site: 'A' (regular, deep) or 'B' (interstitial, shallow)."""
        one_of("site", site, ("A", "B"))
        saddle = potential.saddle_position
        centre = potential.lattice_constant / 2 if site == "A" else 0.0
        super().__init__(lambda x: potential.energy_eV(centre + x), abs(centre - saddle))


@dataclass(frozen=True)
class TwoSitePotential:
    """Static potential of a regular site A (x = a/2) and an interstitial site B (x = 0) in a cell, Eq. (45).

    U(x) = 2 U0 [alpha sin^2(pi x/a) + (1 - alpha) cos^2(2 pi x/a)] with U0 < 0; U0 is its mean over the cell.

    Attributes
    ----------
    shallowness : alpha, 0 < alpha < 0.8: larger makes site B shallower; from 0.8 on it is no minimum
    mean_energy_eV : U0, eV, < 0
    lattice_constant : a, > 0, any unit of length

    Raises
    ------
    ValueError
        A value is out of range.
    """

    shallowness: float
    mean_energy_eV: float
    lattice_constant: float = 1.0

    def __post_init__(self) -> None:
        """Check every value."""
        finite_array(
            "shallowness", self.shallowness, above=0, below=0.8, meaning="site B of Eq. (45) is no minimum from 0.8 on"
        )
        finite_array("mean_energy_eV", self.mean_energy_eV, below=0)
        finite_array("lattice_constant", self.lattice_constant, above=0)

    def energy_eV(self, x: NDArray) -> NDArray:
        """U(x), eV, at positions of any shape."""
        phase = np.pi * np.asarray(x, float) / self.lattice_constant
        alpha = self.shallowness
        return 2 * self.mean_energy_eV * (alpha * np.sin(phase) ** 2 + (1 - alpha) * np.cos(2 * phase) ** 2)

    @property
    def regular_energy_eV(self) -> float:
        """U_A = 2 U0, eV."""
        return 2 * self.mean_energy_eV

    @property
    def interstitial_energy_eV(self) -> float:
        """U_B = 2 U0 (1 - alpha), eV."""
        return 2 * self.mean_energy_eV * (1 - self.shallowness)

    @property
    def saddle_energy_eV(self) -> float:
        """Energy of the barrier top between the sites, eV."""
        alpha = self.shallowness
        return self.mean_energy_eV * (alpha - alpha**2 / (8 * (1 - alpha)))

    @property
    def barriers_eV(self) -> tuple[float, float]:
        """Barrier from the regular site and from the interstitial one, eV."""
        return (
            self.saddle_energy_eV - self.regular_energy_eV,
            self.saddle_energy_eV - self.interstitial_energy_eV,
        )

    @property
    def saddle_position(self) -> float:
        """Distance of the barrier top from site B: sin^2(pi x/a) = 1/2 - alpha/[8 (1 - alpha)]."""
        sine_squared = 0.5 - self.shallowness / (8 * (1 - self.shallowness))
        return self.lattice_constant / np.pi * np.arcsin(np.sqrt(sine_squared))


@dataclass(frozen=True)
class WellDensity:
    """Density of an ion of one well, in its own well and in the next one, per unit of length.

    Attributes
    ----------
    own : rho_00 at the positions, Eq. (7)
    next : rho_01 at the same distances from the centre of the next well, Eq. (8); both sides are alike
    total : what they integrate to: 1 where the density is normalised, else 1 + 2r, Eq. (9) as printed
    """

    own: NDArray
    next: NDArray
    total: float


def density_at_energy(
    well: Well, x: ArrayLike, energy_eV: ArrayLike, *, form: Literal["corrected", "printed"] = "corrected"
) -> NDArray:
    """Density of an ion that moves to and fro with one energy, Eqs. (1)-(4).

    Parameters
    ----------
    well : the well
    x : distances from its centre, any shape that broadcasts with energy_eV
    energy_eV : energy above the bottom of the well, 0 < E < barrier
    form : 'printed' takes W of Eq. (2) as the full period, which counts each passage of x once where there are two

    Returns
    -------
    rho_E(x) per unit of length; 0 beyond the turning points. It integrates to 1 (printed: 1/2).

    Raises
    ------
    ValueError
        An energy outside the well, or an unknown form.
    """
    one_of("form", form, ("corrected", "printed"))
    x = finite_array("x", x)
    energy = finite_array("energy_eV", energy_eV, above=0, below=well.barrier_eV, meaning="the barrier")
    kinetic = np.where(np.abs(x) <= well.half_width, energy - well.energy_eV(x), -1.0)
    inside = kinetic > 0
    density = np.where(inside, 1 / np.sqrt(np.where(inside, kinetic, 1.0)), 0.0)
    density = density / well.half_period(energy, well.barrier_eV - energy)
    return density if form == "corrected" else density / 2


def thermal_density(
    well: Well,
    x: ArrayLike,
    thermal_energy_eV: float,
    *,
    thermalization: float = 0.0,
    energy_loss_eV: float = 0.0,
    form: Literal["corrected", "printed"] = "corrected",
) -> WellDensity:
    """Densities rho_00 and rho_01 of an ion at a temperature, Eqs. (5)-(9).

    Parameters
    ----------
    well : the well; the next one is taken as equal
    x : distances from the centre, any shape
    thermal_energy_eV : kT, eV, > 0
    thermalization : alpha: the least kinetic energy is alpha kT, 0 <= alpha kT < barrier
    energy_loss_eV : E_s, lost on the way into the next well, 0 <= E_s <= E_a + alpha kT
    form : 'printed' leaves the sum of Eq. (9) at 1 + 2r; 'corrected' divides by it

    Returns
    -------
    WellDensity of the shape of x

    Raises
    ------
    ValueError
        A value out of range.
    """
    one_of("form", form, ("corrected", "printed"))
    x = finite_array("x", x)
    thermal = float(finite_array("thermal_energy_eV", thermal_energy_eV, above=0))
    top = well.barrier_eV
    least = float(finite_array("thermalization", thermalization, at_least=0, below=top / thermal)) * thermal
    loss = float(finite_array("energy_loss_eV", energy_loss_eV, at_least=0, at_most=top, meaning="the barrier"))
    normalisation = thermal * -np.expm1(-(top - least) / thermal)  # Z, energies from the least one up
    inside = np.abs(x) <= well.half_width
    potential = np.where(inside, well.energy_eV(x), top)

    def integral(lowest: float) -> NDArray:
        """Integral of exp(-(E - least)/kT) rho_E(x)/Z over E from `lowest` to the top of the barrier."""
        start = np.minimum(np.maximum(lowest, potential), top)[..., None]
        span = top - start
        node, complement, weight = tanh_sinh()
        energy = start + span * node
        kinetic = (start - potential[..., None]) + span * node
        period = well.half_period(energy, span * complement)
        good = (span > 0) & (kinetic > 0) & np.isfinite(period)
        rate = np.exp(-(energy - least) / thermal) / (np.sqrt(np.where(good, kinetic, 1.0)) * period)
        return np.where(inside, np.sum(np.where(good, rate, 0.0) * weight * span, axis=-1), 0.0) / normalisation

    own = integral(least)
    beyond = np.exp(-loss / thermal) * integral(top - loss) if loss > 0 else np.zeros_like(own)
    total = 1 + 2 * next_well_probability(top - least, thermal, energy_loss_eV=loss)
    return WellDensity(own, beyond, total) if form == "printed" else WellDensity(own / total, beyond / total, 1.0)


def next_well_probability(activation_energy_eV: float, thermal_energy_eV: float, *, energy_loss_eV: float) -> float:
    """r, the integral of rho_01 of Eq. (8) over one of the two next wells, in closed form.

    Parameters
    ----------
    activation_energy_eV : E_a, barrier less the least kinetic energy, > 0
    thermal_energy_eV : kT, > 0
    energy_loss_eV : E_s, >= 0
    """
    activation = finite_array("activation_energy_eV", activation_energy_eV, above=0)
    thermal = finite_array("thermal_energy_eV", thermal_energy_eV, above=0)
    loss = finite_array("energy_loss_eV", energy_loss_eV, at_least=0)
    factor = np.exp(-activation / thermal) * -np.expm1(-loss / thermal)
    return float(factor / -np.expm1(-activation / thermal))


def hopping_weights(
    reach: int, activation_energy_eV: float, energy_loss_eV: float, thermal_energy_eV: float
) -> NDArray:
    """Weights of an ion on its own site and on the sites 1, 2, ... reach away on one side, Eqs. (12), (13).

    Parameters
    ----------
    reach : farthest site, >= 1; the weights are those of an unbounded chain
    activation_energy_eV : E_a, >= 0
    energy_loss_eV : E_s, > 0; infinite: nearest neighbours alone, Eq. (13)
    thermal_energy_eV : kT, > 0

    Returns
    -------
    shape (reach + 1,); the first entry plus twice the others adds up to 1 as reach grows.

    Raises
    ------
    ValueError
        A value out of range.
    """
    reach = int(integer_array("reach", reach, at_least=1))
    activation = float(finite_array("activation_energy_eV", activation_energy_eV, at_least=0))
    thermal = float(finite_array("thermal_energy_eV", thermal_energy_eV, above=0))
    if not energy_loss_eV > 0:
        raise ValueError(f"energy_loss_eV must be above 0, got {energy_loss_eV!r}")
    loss = np.exp(-energy_loss_eV / thermal)
    far = np.exp(-activation / thermal) * loss ** np.arange(reach)
    return np.concatenate([[1.0], far]) / (1 + 2 * np.exp(-activation / thermal) / (1 - loss))


def de_broglie_wavelength_A(mass_u: ArrayLike, energy_eV: ArrayLike) -> NDArray:
    """h/sqrt(2 m E) in angstrom of a particle of mass in atomic mass units and kinetic energy in eV, Sec. 2.1."""
    mass = finite_array("mass_u", mass_u, above=0) * ATOMIC_MASS_kg
    energy = finite_array("energy_eV", energy_eV, above=0) * ELEMENTARY_CHARGE_C
    return PLANCK_J_S / np.sqrt(2 * mass * energy) * 1e10
