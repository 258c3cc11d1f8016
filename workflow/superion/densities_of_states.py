"""Densities of states of phonon channels, and how often their thermal energy lifts an ion over a threshold.

Only the Boltzmann-weighted tail of a density counts, Hu et al. (2026), Eq. (2); here it is carried as a logarithm,
so that ratios of tails keep their digits where the tails themselves leave the range of floating point.

Source: J. Hu, Z. Guo, J. Liang, B. Monserrat, "Microscopic Theory of Superionic Phase Transitions",
arXiv:2604.00665 (2026), Sec. II B.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from superion.validity import finite_array

__all__ = [
    "ConstantDensity",
    "DensityOfStates",
    "GaussianDensity",
    "PowerLawDensity",
    "TabulatedDensity",
    "activation_ratio",
    "open_destination_probability",
    "share_among_open_destinations",
]

_CONTINUED_FRACTION_LEVELS = 80  # exact to rounding beyond twice the exponent


class DensityOfStates(ABC):
    """Density of states g(E) of one phonon channel; its normalisation cancels in `activation_ratio`.

    A density of one's own needs `log_scaled_tail` alone.
    """

    @abstractmethod
    def log_scaled_tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> NDArray:
        """Logarithm of the integral over u from 0 to infinity of exp(-u/kT) g(E + u) du.

        It equals ln[exp(E/kT) tail(E)]: finite wherever the tail is not zero, and -inf where it is.

        Parameters
        ----------
        threshold_eV : finite lower ends E, any shape
        thermal_energy_eV : kT above 0, broadcast against the thresholds
        """

    def tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> NDArray:
        """Integral of exp(-E'/kT) g(E') dE' from the threshold E to infinity, Hu et al. (2026), Eq. (2).

        Far out it is 0 or inf for want of range; `activation_ratio` does not form it.

        Returns
        -------
        array in units of g times eV

        Raises
        ------
        ValueError
            A threshold is not finite, or kT is not above 0.
        """
        threshold = finite_array("threshold_eV", threshold_eV)
        thermal = finite_array("thermal_energy_eV", thermal_energy_eV, above=0)
        with np.errstate(over="ignore", under="ignore"):
            return np.exp(self.log_scaled_tail(threshold, thermal) - threshold / thermal)


@dataclass(frozen=True)
class ConstantDensity(DensityOfStates):
    """g(E) = 1 at all energies: the activation ratio is exp[-(E_ji - E_ii)/kT], Hu et al. (2026), Eq. (3)."""

    def log_scaled_tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> NDArray:
        """Logarithm of kT, broadcast; see `DensityOfStates.log_scaled_tail`."""
        return np.log(np.broadcast_arrays(np.asarray(threshold_eV), np.asarray(thermal_energy_eV, float))[1])


@dataclass(frozen=True)
class PowerLawDensity(DensityOfStates):
    """g(E) = E^exponent for E > 0 and 0 below: 2 is the Debye density. The tail is (kT)^(p+1) Gamma(p+1, E/kT).

    Attributes
    ----------
    exponent : power p, above -1 (integrable at 0) and at most 1000
    """

    exponent: float

    def __post_init__(self) -> None:
        finite_array("exponent", self.exponent, above=-1, at_most=1000, meaning="integrable at 0")

    def log_scaled_tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> NDArray:
        """Logarithm of the scaled incomplete gamma function; see `DensityOfStates.log_scaled_tail`."""
        thermal = np.asarray(thermal_energy_eV, float)
        scaled = np.asarray(threshold_eV, float) / thermal
        shape = self.exponent + 1.0
        positive = np.maximum(scaled, 0.0)
        # Past this point the continued fraction is exact to rounding and gammaincc heads for underflow.
        split = max(30.0, 2.0 * shape)
        near = np.minimum(positive, split)
        far = np.maximum(positive, split)
        log_near = special.gammaln(shape) + np.log(special.gammaincc(shape, near)) + near
        fraction = np.zeros_like(far)
        for level in range(_CONTINUED_FRACTION_LEVELS, 0, -1):
            fraction = level * (level - shape) / (far + 2 * level + 1 - shape - fraction)
        log_far = shape * np.log(far) - np.log(far + 1.0 - shape - fraction)
        log_gamma = np.where(positive <= split, log_near, log_far)
        return shape * np.log(thermal) + log_gamma + np.minimum(scaled, 0.0)


@dataclass(frozen=True)
class GaussianDensity(DensityOfStates):
    """g(E) = exp[-(E - m)^2/(2 s^2)]/(sqrt(2 pi) s); its tail goes as erfc[(E - m + s^2/kT)/(sqrt(2) s)].

    Attributes
    ----------
    mean_eV : centre m
    width_eV : standard deviation s, above 0
    """

    mean_eV: float
    width_eV: float

    def __post_init__(self) -> None:
        finite_array("mean_eV", self.mean_eV)
        finite_array("width_eV", self.width_eV, above=0)

    def log_scaled_tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> NDArray:
        """Logarithm of the scaled complementary error function; see `DensityOfStates.log_scaled_tail`."""
        distance = (np.asarray(threshold_eV, float) - self.mean_eV) / self.width_eV
        width = self.width_eV / np.asarray(thermal_energy_eV, float)
        argument = distance + width
        # Above the shifted centre erfcx carries the decay; below it the logarithm of the normal integral does.
        above = -0.5 * distance**2 + np.log(0.5 * special.erfcx(np.maximum(argument, 0.0) / np.sqrt(2.0)))
        below = width * (distance + 0.5 * width) + special.log_ndtr(-np.minimum(argument, 0.0))
        return np.where(argument > 0.0, above, below)


@dataclass(frozen=True, eq=False)
class TabulatedDensity(DensityOfStates):
    """Piecewise linear g(E) through given points, zero outside them; every segment is integrated exactly.

    Attributes
    ----------
    energy_eV : (S,) energies, at least two, strictly ascending
    density : (S,) g at these energies in any unit, at least 0 and not all 0

    Raises
    ------
    ValueError
        The table is not as said above.
    """

    energy_eV: NDArray
    density: NDArray

    def __post_init__(self) -> None:
        energy = finite_array("energy_eV", self.energy_eV).copy()
        density = finite_array("density", self.density, at_least=0).copy()
        if energy.ndim != 1 or energy.size < 2:
            raise ValueError(f"energy_eV must be a list of at least two energies, got shape {energy.shape!r}")
        if density.shape != energy.shape:
            raise ValueError(f"density must have the shape of energy_eV {energy.shape!r}, got {density.shape!r}")
        if np.any(np.diff(energy) <= 0.0):
            place = int(np.argmax(np.diff(energy) <= 0.0))
            raise ValueError(
                f"energy_eV must ascend strictly, got {float(energy[place + 1])!r} after {float(energy[place])!r} "
                f"at index {place + 1}"
            )
        if not np.any(density):
            raise ValueError(f"density must be above 0 somewhere, got {density.size} zeros")
        for name, values in (("energy_eV", energy), ("density", density)):
            values.setflags(write=False)
            object.__setattr__(self, name, values)

    def log_scaled_tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> NDArray:
        """Logarithm of the sum over segments, work (..., S - 1); see `DensityOfStates.log_scaled_tail`."""
        threshold = np.asarray(threshold_eV, float)[..., None]
        thermal = np.asarray(thermal_energy_eV, float)[..., None]
        left, right = self.energy_eV[:-1], self.energy_eV[1:]
        start = np.clip(threshold, left, right)
        share = (start - left) / (right - left)
        height = self.density[:-1] * (1.0 - share) + self.density[1:] * share
        length = (right - start) / thermal
        safe = np.where(length > 0.0, length, 1.0)
        # Both ends' weights are positive: no cancellation in steps that are small against kT.
        weight_right = special.gammainc(2.0, safe) / safe
        weight_left = -np.expm1(-safe) - weight_right
        integral = np.where(length > 0.0, thermal * (height * weight_left + self.density[1:] * weight_right), 0.0)
        log_integral = np.log(integral, out=np.full(integral.shape, -np.inf), where=integral > 0.0)
        exponent = log_integral - (start - threshold) / thermal
        peak = np.max(exponent, axis=-1)
        base = np.where(np.isfinite(peak), peak, 0.0)
        total = np.sum(np.exp(exponent - base[..., None]), axis=-1)
        return base + np.log(total, out=np.full(total.shape, -np.inf), where=total > 0.0)


def activation_ratio(
    density: DensityOfStates, threshold_eV: ArrayLike, site_energy_eV: ArrayLike, thermal_energy_eV: ArrayLike
) -> NDArray:
    """Chance R = tail(E_ji)/tail(E_ii) that one kick lifts an ion over the threshold.

    Hu et al. (2026), Eq. (2) without the degeneracy 1/lambda. The three energies broadcast.

    Parameters
    ----------
    density : density of states g of the channel
    threshold_eV : least energy E_ji for the hop, not below the site energy; inf is a closed hop with R = 0
    site_energy_eV : energy E_ii of the origin site, on the same scale
    thermal_energy_eV : kT

    Returns
    -------
    array from 0 to 1, accurate also where both tails are out of the range of floating point

    Raises
    ------
    ValueError
        A threshold lies below its site energy or is NaN, kT is not above 0, or no states lie above a site energy.
    """
    threshold, site, thermal = np.broadcast_arrays(
        np.asarray(threshold_eV, float),
        finite_array("site_energy_eV", site_energy_eV),
        finite_array("thermal_energy_eV", thermal_energy_eV, above=0),
    )
    if np.any(np.isnan(threshold)):
        raise ValueError("threshold_eV must be a number, or inf for a closed hop, got nan")
    if np.any(threshold < site):
        place = np.unravel_index(np.argmin(threshold - site), threshold.shape)
        raise ValueError(
            "threshold_eV must not lie below site_energy_eV (R would exceed 1), "
            f"got {float(threshold[place])!r} for a site at {float(site[place])!r}"
        )
    log_site = density.log_scaled_tail(site, thermal)
    if np.any(np.isneginf(log_site)):
        place = np.unravel_index(np.argmin(log_site), site.shape)
        raise ValueError(f"site_energy_eV must have states above it, got {float(site[place])!r} above all of them")
    open_hop = np.isfinite(threshold)
    height = np.where(open_hop, threshold, site)
    with np.errstate(under="ignore"):
        ratio = np.exp(density.log_scaled_tail(height, thermal) - log_site - (height - site) / thermal)
    return np.where(open_hop, np.minimum(ratio, 1.0), 0.0)


def open_destination_probability(
    threshold_eV: ArrayLike, density: DensityOfStates, site_energy_eV: ArrayLike, thermal_energy_eV: ArrayLike
) -> NDArray:
    """Hop probabilities of one site when an excited ion picks evenly among the open destinations.

    P_j is the integral over E > E_j of w(E)/m(E), with w the normalised Boltzmann weight above the site energy and
    m(E) the number of destinations whose threshold lies below E. Equal thresholds give R/lambda, as Hu et al. (2026),
    Eq. (2) does; unequal ones add up to R of the lowest threshold, never above 1, where Eq. (2) can exceed 1.
    Hops between sites that see different sets of thresholds then do not obey local detailed balance.

    Parameters
    ----------
    threshold_eV : (..., K) thresholds of all destinations of the site
    density : density of states of the channel
    site_energy_eV, thermal_energy_eV : E_ii and kT, broadcast against the leading axes

    Returns
    -------
    (..., K) probabilities in the order given

    Raises
    ------
    ValueError
        As `activation_ratio`.
    """
    return share_among_open_destinations(
        activation_ratio(
            density,
            np.atleast_1d(np.asarray(threshold_eV, float)),
            np.asarray(site_energy_eV, float)[..., None],
            np.asarray(thermal_energy_eV, float)[..., None],
        )
    )


def share_among_open_destinations(ratio: NDArray) -> NDArray:
    """Hop probabilities (..., K) from the activation ratios (..., K) of one site's destinations.

    Between the k-th and the next threshold k destinations are open, each taken by 1/k of the excited ions.
    """
    order = np.argsort(-ratio, axis=-1, kind="stable")
    falling = np.take_along_axis(ratio, order, axis=-1)
    following = np.concatenate((falling[..., 1:], np.zeros_like(falling[..., :1])), axis=-1)
    window = (falling - following) / np.arange(1, ratio.shape[-1] + 1)
    shared = np.cumsum(window[..., ::-1], axis=-1)[..., ::-1]
    result = np.empty_like(ratio)
    np.put_along_axis(result, order, shared, axis=-1)
    return result
