"""Phonon channels of ion hopping: thermal activation, channel matrices and their average over a window.

Every phonon mode (s, q) is a channel through which mobile ions take up thermal energy once per period.
At each such kick an ion on site i hops to site j with the probability P_ji that Boltzmann statistics and
the density of states of the mode allow. What is observed over a window tau is the average over channels:
Hu et al. (2026), Sec. II B, Eqs. (1)-(9).

Conventions
-----------
- A hopping matrix P acts on a column of densities: element [j, i] is the probability to go from i to j,
  so that its columns, not its rows, sum to one, Eq. (9).
- A hop list is a pair of integer arrays `origin`, `destination` (H,); any lattice can be written so.
- A frequency is an ordinary one, nu = 1/period, in THz; 1 THz is one kick per ps. Divide an angular
  frequency by 2 pi first.
- Leading axes "..." (temperatures, say) are carried through.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

__all__ = [
    "ConstantDensity",
    "DensityOfStates",
    "GaussianDensity",
    "PhononMode",
    "PowerLawDensity",
    "TabulatedDensity",
    "activation_ratio",
    "averaged_hopping_matrix",
    "channel_matrix",
    "equilibrium_hopping_matrix",
    "escape_rate_per_ps",
    "evolve",
    "hop_probability",
    "initial_escape_rate_per_ps",
    "kick_times_ps",
    "mode_hopping_matrices",
    "open_destination_probability",
    "saturated_escape_rate_per_ps",
    "threshold_degeneracy",
    "time_ordered_product",
]

DestinationSharing = Literal["degenerate", "open"]
Phases = Literal["floor", "random"]

# A kick that is due within this fraction of the window after its end still counts: it keeps
# nu tau = 0.9999999999999999 at one whole period.
KICK_COUNT_TOLERANCE = 1e-9
# Hop probabilities out of one site may exceed 1 by this much: rounding of, say, three times 1/3.
STOCHASTIC_TOLERANCE = 1e-12
# Column sums of a matrix handed in may differ from 1 by this much.
COLUMN_SUM_TOLERANCE = 1e-9
# Largest number of doubles in one block of matrix powers (32 MiB).
BLOCK_DOUBLES = 2**22


# ---------------------------------------------------------------------------------------------------
# Densities of states
# ---------------------------------------------------------------------------------------------------


class DensityOfStates(ABC):
    """Density of states g(E) of one phonon channel, known by its Boltzmann-weighted tail.

    A density of one's own needs `log_scaled_tail` alone. Its normalisation cancels in `activation_ratio`.
    """

    @abstractmethod
    def log_scaled_tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> np.ndarray:
        """Return ln of the integral over u from 0 to infinity of e^{-u/kT} g(E + u) du.

        This is ln[e^{E/kT} tail(E)], finite wherever the tail is not zero; -inf where it is.

        Parameters
        ----------
        threshold_eV
            Finite lower ends E in eV, any shape.
        thermal_energy_eV
            kT > 0 in eV, broadcast against `threshold_eV`.
        """

    def tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> np.ndarray:
        """Return the integral of e^{-E'/kT} g(E') dE' from the threshold E to infinity, Eq. (2).

        Parameters
        ----------
        threshold_eV
            Finite lower ends E in eV, any shape.
        thermal_energy_eV
            kT > 0 in eV, broadcast against `threshold_eV`.

        Returns
        -------
        np.ndarray
            The tail, in units of g times eV. Far out it is 0 or inf for want of range;
            `activation_ratio` takes ratios without forming it.

        Raises
        ------
        ValueError
            If a threshold is not finite or a thermal energy is not positive.
        """
        threshold = _finite("threshold_eV", threshold_eV)
        thermal = _positive("thermal_energy_eV", thermal_energy_eV)
        with np.errstate(over="ignore", under="ignore"):
            return np.exp(self.log_scaled_tail(threshold, thermal) - threshold / thermal)


@dataclass(frozen=True)
class ConstantDensity(DensityOfStates):
    """g(E) = 1 at all energies: the activation ratio is e^{-(E_ji - E_ii)/kT}, Eq. (3)."""

    def log_scaled_tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> np.ndarray:
        """Return ln kT, broadcast; see `DensityOfStates.log_scaled_tail`."""
        _, thermal = np.broadcast_arrays(np.asarray(threshold_eV, float), np.asarray(thermal_energy_eV, float))
        return np.log(thermal)


@dataclass(frozen=True)
class PowerLawDensity(DensityOfStates):
    """g(E) = E^exponent for E > 0 and 0 below: 2 is the Debye density.

    Parameters
    ----------
    exponent
        Power p, -1 < p <= 1000. The tail is (kT)^{p+1} Gamma(p+1, E/kT).

    Raises
    ------
    ValueError
        If the exponent is out of range.
    """

    exponent: float

    def __post_init__(self) -> None:
        if not -1.0 < self.exponent <= 1000.0:
            raise ValueError(f"exponent must be above -1 (integrable at 0) and at most 1000, got {self.exponent!r}")

    def log_scaled_tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> np.ndarray:
        """Return ln of the scaled incomplete gamma function; see `DensityOfStates.log_scaled_tail`."""
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
        for level in range(80, 0, -1):
            fraction = level * (level - shape) / (far + 2 * level + 1 - shape - fraction)
        log_far = shape * np.log(far) - np.log(far + 1.0 - shape - fraction)
        log_gamma = np.where(positive <= split, log_near, log_far)
        return shape * np.log(thermal) + log_gamma + np.minimum(scaled, 0.0)


@dataclass(frozen=True)
class GaussianDensity(DensityOfStates):
    """g(E) = exp(-(E - mean)^2 / 2 width^2) / (sqrt(2 pi) width) at all energies.

    Parameters
    ----------
    mean_eV
        Centre m in eV.
    width_eV
        Standard deviation s > 0 in eV. The tail goes as erfc((E - m + s^2/kT) / (sqrt(2) s)).

    Raises
    ------
    ValueError
        If the mean is not finite or the width is not positive.
    """

    mean_eV: float
    width_eV: float

    def __post_init__(self) -> None:
        _finite("mean_eV", self.mean_eV)
        _positive("width_eV", self.width_eV)

    def log_scaled_tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> np.ndarray:
        """Return ln of the scaled complementary error function; see `DensityOfStates.log_scaled_tail`."""
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

    Parameters
    ----------
    energy_eV
        At least two energies in eV, strictly ascending (S,).
    density
        g at these energies, not negative, not all zero (S,), any unit.

    Raises
    ------
    ValueError
        If the table is not as said above.
    """

    energy_eV: np.ndarray
    density: np.ndarray

    def __post_init__(self) -> None:
        energy = np.array(_finite("energy_eV", self.energy_eV))
        density = np.array(_finite("density", self.density))
        if energy.ndim != 1 or energy.size < 2:
            raise ValueError(f"energy_eV must be a list of at least two energies, got shape {energy.shape!r}")
        if density.shape != energy.shape:
            raise ValueError(f"density must have the shape of energy_eV {energy.shape!r}, got {density.shape!r}")
        steps = np.diff(energy)
        if np.any(steps <= 0.0):
            place = int(np.argmax(steps <= 0.0))
            raise ValueError(
                f"energy_eV must ascend strictly, got {energy[place + 1]!r} after {energy[place]!r} "
                f"at index {place + 1}"
            )
        if np.any(density < 0.0):
            place = int(np.argmin(density))
            raise ValueError(f"density must not be negative, got {density[place]!r} at index {place}")
        if not np.any(density > 0.0):
            raise ValueError(f"density must be positive somewhere, got {density.size} zeros")
        for name, values in (("energy_eV", energy), ("density", density)):
            values.setflags(write=False)
            object.__setattr__(self, name, values)

    def log_scaled_tail(self, threshold_eV: ArrayLike, thermal_energy_eV: ArrayLike) -> np.ndarray:
        """Return ln of the sum over segments, work (..., S - 1); see `DensityOfStates.log_scaled_tail`."""
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
    density: DensityOfStates,
    threshold_eV: ArrayLike,
    site_energy_eV: ArrayLike,
    thermal_energy_eV: ArrayLike,
) -> np.ndarray:
    """Return R = tail(E_ji) / tail(E_ii): the chance that one kick lifts an ion over the threshold.

    Hu et al. (2026), Eq. (2) without the degeneracy 1/lambda. All three energies broadcast.

    Parameters
    ----------
    density
        Density of states g of the channel.
    threshold_eV
        Least energy E_ji for the hop in eV, not below the site energy; inf is a closed hop with R = 0.
    site_energy_eV
        Energy E_ii of the origin site in eV, on the same scale.
    thermal_energy_eV
        kT in eV.

    Returns
    -------
    np.ndarray
        Ratio in [0, 1], accurate also where both tails are out of the range of floating point.

    Raises
    ------
    ValueError
        If a threshold lies below its site energy, a thermal energy is not positive, a value is NaN,
        or the density has no states above a site energy.
    """
    threshold, site, thermal = np.broadcast_arrays(
        np.asarray(threshold_eV, float),
        _finite("site_energy_eV", site_energy_eV),
        _positive("thermal_energy_eV", thermal_energy_eV),
    )
    if np.any(np.isnan(threshold)):
        raise ValueError("threshold_eV must be a number or inf (a closed hop), got nan")
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


# ---------------------------------------------------------------------------------------------------
# One channel: hop probabilities and hopping matrix
# ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PhononMode:
    """One phonon channel (s, q) as mobile ions see it.

    Parameters
    ----------
    frequency_THz
        Ordinary frequency nu = 1/period in THz, kicks per ps. The source writes omega but means 1/period:
        an angular frequency must be divided by 2 pi first.
    threshold_eV
        Least energies E_ji of the hops in eV, on the scale of the site energies: one for all hops, or one
        per hop (H,). inf is a hop that this mode does not drive.
    density
        Density of states of the mode; constant unless given.

    Raises
    ------
    ValueError
        If the frequency is not positive or a threshold is NaN.
    """

    frequency_THz: float
    threshold_eV: float | np.ndarray
    density: DensityOfStates = field(default_factory=ConstantDensity)

    def __post_init__(self) -> None:
        _positive("frequency_THz", self.frequency_THz)
        if np.any(np.isnan(np.asarray(self.threshold_eV, float))):
            raise ValueError("threshold_eV must be a number or inf (a closed hop), got nan")


def threshold_degeneracy(origin: ArrayLike, threshold_eV: ArrayLike, tolerance_eV: float = 1e-9) -> np.ndarray:
    """Count, for every hop, the hops from the same origin with the same threshold: lambda of Eq. (2).

    Take it from thresholds at zero field and keep it: counted anew in a field that splits the thresholds,
    lambda would jump, and the hop probabilities with it, at an arbitrarily weak field.

    Parameters
    ----------
    origin
        Origin sites (H,), integers.
    threshold_eV
        Thresholds in eV, one or (H,).
    tolerance_eV
        Thresholds next to each other, once sorted, and no further apart than this count as equal.

    Returns
    -------
    np.ndarray
        Degeneracy (H,), integers.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    sites = _site_indices("origin", origin)
    threshold = _per_hop("threshold_eV", threshold_eV, sites.size)
    order = np.lexsort((threshold, sites))
    sorted_sites, sorted_threshold = sites[order], threshold[order]
    # Two infinite thresholds are equal; their difference is not a number.
    same = sorted_threshold[1:] == sorted_threshold[:-1]
    gap = np.subtract(sorted_threshold[1:], sorted_threshold[:-1], out=np.zeros(same.shape), where=~same)
    new_group = np.concatenate(([True], (np.diff(sorted_sites) != 0) | (gap > tolerance_eV)))[: sites.size]
    group = np.cumsum(new_group) - 1
    degeneracy = np.empty(sites.size, dtype=np.int64)
    degeneracy[order] = np.bincount(group)[group] if sites.size else 0
    return degeneracy


def open_destination_probability(
    threshold_eV: ArrayLike,
    density: DensityOfStates,
    site_energy_eV: ArrayLike,
    thermal_energy_eV: ArrayLike,
) -> np.ndarray:
    """Return hop probabilities of one site when an excited ion picks evenly among the open destinations.

    P_j = integral over E > E_j of w(E) / m(E), with w the normalised Boltzmann weight above the site energy
    and m(E) the number of destinations whose threshold lies below E. Equal thresholds give R/lambda, as
    Eq. (2) does; unequal ones add up to R of the lowest threshold, never above 1, where Eq. (2) can exceed 1.
    Hops between sites that see different sets of thresholds then do not obey local detailed balance.

    Parameters
    ----------
    threshold_eV
        Thresholds of all destinations of the site, in eV (..., K).
    density
        Density of states of the channel.
    site_energy_eV, thermal_energy_eV
        E_ii and kT in eV, broadcast against the leading axes (...).

    Returns
    -------
    np.ndarray
        Probabilities (..., K) in the order given.

    Raises
    ------
    ValueError
        As `activation_ratio`.
    """
    ratio = activation_ratio(
        density,
        np.atleast_1d(np.asarray(threshold_eV, float)),
        np.asarray(site_energy_eV, float)[..., None],
        np.asarray(thermal_energy_eV, float)[..., None],
    )
    return _share_among_open(ratio)


def _share_among_open(ratio: np.ndarray) -> np.ndarray:
    """Share R(E) of sorted thresholds: between the k-th and the next threshold, k destinations are open."""
    order = np.argsort(-ratio, axis=-1, kind="stable")
    falling = np.take_along_axis(ratio, order, axis=-1)
    following = np.concatenate((falling[..., 1:], np.zeros_like(falling[..., :1])), axis=-1)
    window = (falling - following) / np.arange(1, ratio.shape[-1] + 1)
    shared = np.cumsum(window[..., ::-1], axis=-1)[..., ::-1]
    result = np.empty_like(ratio)
    np.put_along_axis(result, order, shared, axis=-1)
    return result


def hop_probability(
    mode: PhononMode,
    origin: ArrayLike,
    site_energy_eV: ArrayLike,
    thermal_energy_eV: ArrayLike,
    *,
    degeneracy: ArrayLike | None = None,
    destination_sharing: DestinationSharing = "degenerate",
) -> np.ndarray:
    """Return the probabilities of all hops at one kick of a mode, Hu et al. (2026), Eq. (2).

    Parameters
    ----------
    mode
        The channel.
    origin
        Origin sites (H,), integers.
    site_energy_eV
        Site energies E_ii in eV: one for all, or (..., N).
    thermal_energy_eV
        kT in eV (...).
    degeneracy
        lambda of every hop, one or (H,), for "degenerate" only. It does not follow the thresholds: see
        `threshold_degeneracy`. As printed, 1/lambda of the origin leaves a stationary density
        proportional to lambda times the Boltzmann factor; where coordinations differ, one common value
        for all hops restores Boltzmann's.
    destination_sharing
        "degenerate" divides R by `degeneracy` as printed; "open" shares each excitation among all
        destinations open at its energy, see `open_destination_probability`.

    Returns
    -------
    np.ndarray
        Hop probabilities (..., H).

    Raises
    ------
    ValueError
        If a shape does not fit, the degeneracy is missing, below 1 or of no use, the option is unknown,
        or as `activation_ratio`.
    """
    sites = _site_indices("origin", origin)
    threshold = _per_hop("threshold_eV", mode.threshold_eV, sites.size)
    energy = np.asarray(site_energy_eV, float)
    if energy.ndim:
        if sites.size and sites.max() >= energy.shape[-1]:
            raise ValueError(
                f"site_energy_eV must hold every origin site up to {sites.max()}, got {energy.shape[-1]} energies"
            )
        energy = energy[..., sites]
    thermal = np.asarray(thermal_energy_eV, float)[..., None]
    ratio = activation_ratio(mode.density, threshold, energy, thermal)
    if destination_sharing == "degenerate":
        if degeneracy is None:
            raise ValueError("degeneracy must be given for destination_sharing='degenerate', got None")
        share = _per_hop("degeneracy", degeneracy, sites.size)
        if not np.all((share >= 1.0) & np.isfinite(share)):
            bad = share[~((share >= 1.0) & np.isfinite(share))][0]
            raise ValueError(f"degeneracy must be at least 1 and finite, got {float(bad)!r}")
        return ratio / share
    if destination_sharing == "open":
        if degeneracy is not None:
            raise ValueError(
                f"degeneracy must be left out for destination_sharing='open', which counts, got {degeneracy!r}"
            )
        if not sites.size:
            return ratio
        # One row per site, one slot per hop; an empty slot has R = 0 and takes no share.
        order = np.argsort(sites, kind="stable")
        coordination = np.bincount(sites)
        slot = np.empty(sites.size, dtype=np.intp)
        slot[order] = np.arange(sites.size) - np.repeat(np.cumsum(coordination) - coordination, coordination)
        by_site = np.zeros((*ratio.shape[:-1], coordination.size, coordination.max()))
        by_site[..., sites, slot] = ratio
        return _share_among_open(by_site)[..., sites, slot]
    raise ValueError(f"destination_sharing must be 'degenerate' or 'open', got {destination_sharing!r}")


def channel_matrix(
    n_sites: int,
    origin: ArrayLike,
    destination: ArrayLike,
    hop_probability: ArrayLike,
    *,
    allow_negative: bool = False,
) -> np.ndarray:
    """Build the hopping matrix of one channel, Hu et al. (2026), Eqs. (1)-(2).

    P[j, i] is the sum over hops from i to j and P[i, i] = 1 - sum over j of P[j, i], so that columns sum to
    one. Hops onto a periodic image of the origin add to the bound on the sum but leave P[i, i] as it is.

    Parameters
    ----------
    n_sites
        Number of sites N.
    origin, destination
        Sites of every hop (H,), integers in 0 .. N - 1. Parallel hops add up.
    hop_probability
        Probability of every hop per kick (..., H), not negative.
    allow_negative
        Eq. (2) taken literally can let the hops out of a site add up to more than one. By default that is
        refused; with True the matrix comes back with its negative diagonal, for the caller to flag.

    Returns
    -------
    np.ndarray
        Hopping matrix (..., N, N).

    Raises
    ------
    ValueError
        If a site is out of range, a shape does not fit, a probability is negative or not finite, or
        the hops out of a site add up to more than one; the site and the sum are told.
    """
    if n_sites < 1:
        raise ValueError(f"n_sites must be at least 1, got {n_sites!r}")
    start = _site_indices("origin", origin, n_sites)
    end = _site_indices("destination", destination, n_sites)
    if start.shape != end.shape:
        raise ValueError(f"destination must have as many hops as origin ({start.size}), got {end.size}")
    probability = _finite("hop_probability", hop_probability)
    if probability.ndim == 0:
        probability = np.full(start.shape, float(probability))
    if probability.shape[-1] != start.size:
        raise ValueError(f"hop_probability must end in {start.size} hops, got shape {probability.shape!r}")
    if np.any(probability < 0.0):
        raise ValueError(f"hop_probability must not be negative, got {float(probability.min())!r}")

    lead = probability.shape[:-1]
    flat = probability.reshape(-1, start.size)
    rows = np.arange(flat.shape[0])[:, None]
    leaving = np.zeros((flat.shape[0], n_sites))
    np.add.at(leaving, (rows, start), flat)
    if not allow_negative and np.any(leaving > 1.0 + STOCHASTIC_TOLERANCE):
        row, site = np.unravel_index(np.argmax(leaving), leaving.shape)
        raise ValueError(
            f"hop_probability out of site {int(site)} must add up to at most 1, got {float(leaving[row, site])!r}; "
            "lower the temperature, use destination_sharing='open', or pass allow_negative=True and flag it"
        )
    matrix = np.zeros((flat.shape[0], n_sites, n_sites))
    np.add.at(matrix, (rows, end, start), flat)
    _close_columns(matrix)
    if not allow_negative:
        diagonal = np.arange(n_sites)
        matrix[:, diagonal, diagonal] = np.maximum(matrix[:, diagonal, diagonal], 0.0)
    return matrix.reshape(*lead, n_sites, n_sites)


def mode_hopping_matrices(
    modes: Sequence[PhononMode],
    n_sites: int,
    origin: ArrayLike,
    destination: ArrayLike,
    site_energy_eV: ArrayLike,
    thermal_energy_eV: ArrayLike,
    *,
    degeneracy: ArrayLike | None = None,
    destination_sharing: DestinationSharing = "degenerate",
    allow_negative: bool = False,
) -> np.ndarray:
    """Build the hopping matrices of all modes on one hop list, Hu et al. (2026), Eqs. (1)-(2).

    Parameters
    ----------
    modes
        The M channels.
    n_sites, origin, destination, allow_negative
        As `channel_matrix`.
    site_energy_eV, thermal_energy_eV, destination_sharing
        As `hop_probability`.
    degeneracy
        As `hop_probability`: one, (H,), or (M, H) where it differs between modes.

    Returns
    -------
    np.ndarray
        Hopping matrices (..., M, N, N) with the leading axes of the thermal energy.

    Raises
    ------
    ValueError
        If there is no mode, or as `hop_probability` and `channel_matrix`.
    """
    if not modes:
        raise ValueError("modes must hold at least one PhononMode, got none")
    sites = _site_indices("origin", origin, n_sites)
    if np.ndim(degeneracy) == 2 and len(np.asarray(degeneracy)) != len(modes):
        raise ValueError(f"degeneracy must have one row per mode ({len(modes)}), got {len(np.asarray(degeneracy))}")
    rows = np.asarray(degeneracy) if np.ndim(degeneracy) == 2 else [degeneracy] * len(modes)
    probability = np.stack(
        [
            hop_probability(
                mode,
                sites,
                site_energy_eV,
                thermal_energy_eV,
                degeneracy=row,
                destination_sharing=destination_sharing,
            )
            for mode, row in zip(modes, rows, strict=True)
        ],
        axis=-2,
    )
    return channel_matrix(n_sites, sites, destination, probability, allow_negative=allow_negative)


# ---------------------------------------------------------------------------------------------------
# Average over channels and initial phases
# ---------------------------------------------------------------------------------------------------


def averaged_hopping_matrix(
    matrices: ArrayLike,
    frequencies_THz: ArrayLike,
    durations_ps: ArrayLike,
    *,
    phases: Phases = "random",
    weights: ArrayLike | None = None,
) -> np.ndarray:
    """Return the full hopping matrix P(tau) of static channels, Hu et al. (2026), Eq. (7).

    The average over modes of P_m to the number of kicks in the window. It is not a semigroup: P(2 tau)
    differs from P(tau)^2, because each window is spent in one channel. Adding modes that drive no hop
    dilutes the rates; weights over active modes, or leaving the inert ones out, avoid that.

    Parameters
    ----------
    matrices
        Static hopping matrices (..., M, N, N), columns summing to one.
    frequencies_THz
        Ordinary frequencies nu_m in THz (M,).
    durations_ps
        Windows tau >= 0 in ps (T,).
    phases
        "random" (corrected): initial phases uniform over a period, so that a window holds floor(nu tau) kicks,
        or one more with the fractional part of nu tau as probability; linear in tau from zero on.
        "floor" (printed): floor(nu tau) kicks; the rate over tau is a sawtooth, too low by up to 1/(nu tau).
        A kick due less than 1e-9 tau after the end of the window counts, so that rounding of nu tau at a
        whole number loses none.
    weights
        Weight of every mode (M,), not negative and of sum 1. 1/M as printed unless given.

    Returns
    -------
    np.ndarray
        P(tau) (..., T, N, N).

    Raises
    ------
    ValueError
        If shapes do not fit, columns do not sum to one, a frequency is not positive, a duration is
        negative, weights are no weights, or the option is unknown.
    """
    matrix, frequency, weight = _channels(matrices, frequencies_THz, weights)
    count, fraction = _kick_counts(frequency, _durations(durations_ps), phases)
    lead, (n_modes, n_sites) = matrix.shape[:-3], matrix.shape[-3:-1]
    n_durations = count.shape[1]
    flat = matrix.reshape(-1, n_modes, n_sites, n_sites)
    n_lead = flat.shape[0]
    total = np.zeros((n_lead, n_durations, n_sites, n_sites))
    block = max(1, BLOCK_DOUBLES // max(1, n_lead * n_durations * n_sites**2))
    for first in range(0, n_modes, block):
        part = slice(first, first + block)
        base = flat[:, part]
        power = _matrix_powers(base, count[part])
        if phases == "random":
            share = fraction[part, :, None, None]
            power = (1.0 - share) * power + share * (base[:, :, None] @ power)
        total += np.einsum("m,lmtij->ltij", weight[part], power)
    _close_columns(total)
    return total.reshape(*lead, n_durations, n_sites, n_sites)


def escape_rate_per_ps(matrix: ArrayLike, durations_ps: ArrayLike) -> np.ndarray:
    """Return the escape rate of every site over a window, (1 - P_ii(tau)) / tau.

    Text after Eq. (9) of Hu et al. (2026). It is constant only for windows long against the period and short
    against the inverse rate; beyond, it falls as 1/tau, see `saturated_escape_rate_per_ps`.

    Parameters
    ----------
    matrix
        P(tau) (..., T, N, N).
    durations_ps
        Windows tau > 0 in ps (T,).

    Returns
    -------
    np.ndarray
        Rates in 1/ps (..., T, N), summed from the elements off the diagonal, so that slow rates keep their digits.

    Raises
    ------
    ValueError
        If shapes do not fit or a duration is not positive.
    """
    full = _square("matrix", matrix)
    duration = _positive("durations_ps", _durations(durations_ps))
    if full.ndim < 3 or full.shape[-3] != duration.size:
        raise ValueError(f"matrix must have shape (..., {duration.size}, N, N), got {full.shape!r}")
    return _leaving(full) / duration[:, None]


def initial_escape_rate_per_ps(
    matrices: ArrayLike, frequencies_THz: ArrayLike, weights: ArrayLike | None = None
) -> np.ndarray:
    """Return the escape rate of every site before any return, sum over modes of w_m nu_m (1 - P_ii).

    For weights 1/M: (1/M) sum nu_m R_m, the plateau that the rate over a window has while few ions hopped.
    With one mode and a constant density it is nu e^{-barrier/kT}, the attempt frequency being nu.

    Parameters
    ----------
    matrices, frequencies_THz, weights
        As `averaged_hopping_matrix`.

    Returns
    -------
    np.ndarray
        Rates in 1/ps (..., N).

    Raises
    ------
    ValueError
        As `averaged_hopping_matrix`.
    """
    matrix, frequency, weight = _channels(matrices, frequencies_THz, weights)
    return np.einsum("m,...mi->...i", weight * frequency, _leaving(matrix))


def equilibrium_hopping_matrix(matrices: ArrayLike, weights: ArrayLike | None = None) -> np.ndarray:
    """Return P(tau) for an infinite window: the average of every channel's own stationary projector.

    Modes whose stationary densities differ keep them: the average is not the projector of one density.
    A channel without a limit (an ion that must hop at every kick) enters with its mean over kicks; one
    that falls into parts, or drives no hop, keeps what it cannot mix.

    Parameters
    ----------
    matrices, weights
        As `averaged_hopping_matrix`.

    Returns
    -------
    np.ndarray
        P of tau to infinity (..., N, N).

    Raises
    ------
    ValueError
        As `averaged_hopping_matrix`, or if the powers of a channel do not settle, as can happen
        with a negative diagonal.
    """
    matrix, _, weight = _channels(matrices, None, weights)
    # The mean with the unit matrix has the same projector and cannot oscillate.
    power = 0.5 * matrix
    _close_columns(power)
    # Slow hops double at each squaring until they settle, so their change counts relative to themselves;
    # the diagonal is a difference from 1 and counts absolutely.
    absolute = 1e-12 * np.eye(power.shape[-1])
    for _ in range(1200):  # kick numbers up to 2^1200: any rate that floating point can hold
        square = power @ power
        _close_columns(square)
        with np.errstate(under="ignore"):
            settled = np.all(np.abs(square - power) <= 1e-12 * np.abs(square) + absolute)
        power = square
        if settled:
            break
        if not np.all(np.abs(power) < 1e6):
            raise ValueError("matrices must have bounded powers, got a channel whose powers grow")
    else:
        raise ValueError("matrices must have powers that settle, got a channel whose powers do not")
    average = np.einsum("m,...mij->...ij", weight, power)
    _close_columns(average)
    return average


def saturated_escape_rate_per_ps(
    matrices: ArrayLike, durations_ps: ArrayLike, weights: ArrayLike | None = None
) -> np.ndarray:
    """Return the escape rate of every site in windows so long that every channel has settled.

    (1 - P_ii at infinite tau) / tau: the rate of Hu et al. (2026) does not stay constant, but ends so.

    Parameters
    ----------
    matrices, weights
        As `averaged_hopping_matrix`.
    durations_ps
        Windows tau > 0 in ps (T,).

    Returns
    -------
    np.ndarray
        Rates in 1/ps (..., T, N).

    Raises
    ------
    ValueError
        As `equilibrium_hopping_matrix`, or if a duration is not positive.
    """
    duration = _positive("durations_ps", _durations(durations_ps))
    return _leaving(equilibrium_hopping_matrix(matrices, weights))[..., None, :] / duration[:, None]


def evolve(
    matrices: ArrayLike,
    frequencies_THz: ArrayLike,
    initial_density: ArrayLike,
    times_ps: ArrayLike,
    *,
    phases: Phases = "random",
    weights: ArrayLike | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Follow the ionic density through one window, channel by channel and on average.

    Hu et al. (2026), Eqs. (4)-(8) and Fig. 2, for static channels. The average at the end of a window is the
    initial density of the next, in all channels.

    Parameters
    ----------
    matrices, frequencies_THz, phases, weights
        As `averaged_hopping_matrix`.
    initial_density
        n(t) on every site (..., N), broadcast against the leading axes of the matrices.
    times_ps
        Times since the start of the window in ps (T,).

    Returns
    -------
    channel_density
        n_m of every channel (..., M, T, N).
    average_density
        Their weighted average (..., T, N).

    Raises
    ------
    ValueError
        As `averaged_hopping_matrix`, or if the initial density does not fit or is not finite.
    """
    matrix, frequency, weight = _channels(matrices, frequencies_THz, weights)
    count, fraction = _kick_counts(frequency, _durations(times_ps, "times_ps"), phases)
    start = _finite("initial_density", initial_density)
    n_sites = matrix.shape[-1]
    if start.ndim < 1 or start.shape[-1] != n_sites:
        raise ValueError(f"initial_density must end in {n_sites} sites, got shape {start.shape!r}")
    lead = np.broadcast_shapes(start.shape[:-1], matrix.shape[:-3])
    density = np.broadcast_to(start[..., None, None, :], (*lead, *count.shape, n_sites)).copy()
    base, remaining = matrix, count.copy()
    while np.any(remaining):
        hit = ((remaining & 1) == 1)[..., None]
        # Densities are rows here, so the matrix acts from the right, transposed.
        density = np.where(hit, density @ np.swapaxes(base, -1, -2), density)
        remaining >>= 1
        if np.any(remaining):
            base = base @ base
            _close_columns(base)
    if phases == "random":
        share = fraction[..., None]
        density = (1.0 - share) * density + share * (density @ np.swapaxes(matrix, -1, -2))
    return density, np.einsum("m,...mti->...ti", weight, density)


# ---------------------------------------------------------------------------------------------------
# One channel whose matrix depends on time
# ---------------------------------------------------------------------------------------------------


def kick_times_ps(
    frequency_THz: float,
    duration_ps: float,
    *,
    offset_ps: float = 0.0,
    start_ps: float = 0.0,
    form: Literal["corrected", "printed"] = "corrected",
) -> np.ndarray:
    """Return the times of the kicks of one channel in a window, Hu et al. (2026), Eqs. (4)-(5).

    Parameters
    ----------
    frequency_THz
        Ordinary frequency nu in THz.
    duration_ps
        Window tau >= 0 in ps.
    offset_ps
        Initial phase X of the channel in ps, 0 <= X < 1/nu.
    start_ps
        Start t of the window in ps.
    form
        "corrected": t + X + l/nu for all l before t + tau: the period of the mode is kept, and X decides
        between floor(nu tau) kicks and one more. "printed": t + X + l tau/N, l < N = floor(nu tau): the
        kicks are stretched evenly over the window.

    Returns
    -------
    np.ndarray
        Times in ps, ascending.

    Raises
    ------
    ValueError
        If a value is out of range or the form is unknown.
    """
    frequency = float(_positive("frequency_THz", frequency_THz))
    duration = float(_durations([duration_ps], "duration_ps")[0])
    start = float(_finite("start_ps", start_ps))
    if not 0.0 <= offset_ps < 1.0 / frequency:
        raise ValueError(f"offset_ps must lie in [0, {1.0 / frequency!r}), one period, got {offset_ps!r}")
    if form == "corrected":
        slack = KICK_COUNT_TOLERANCE * frequency * duration
        number = max(0, int(np.ceil(frequency * (duration - offset_ps) - slack)))
        spacing = 1.0 / frequency
    elif form == "printed":
        number = int(np.floor(frequency * duration * (1.0 + KICK_COUNT_TOLERANCE)))
        spacing = duration / max(number, 1)
    else:
        raise ValueError(f"form must be 'corrected' or 'printed', got {form!r}")
    return start + offset_ps + spacing * np.arange(number)


def time_ordered_product(
    matrix_of_time: Callable[[float], np.ndarray],
    frequency_THz: float,
    duration_ps: float,
    *,
    offset_ps: float = 0.0,
    start_ps: float = 0.0,
    form: Literal["corrected", "printed"] = "corrected",
) -> np.ndarray:
    """Return the product of the hopping matrices at the kicks of one channel, later kicks to the left.

    Hu et al. (2026), Eqs. (4)-(5). For a channel that many-body effects, the host or a field change in time.

    Parameters
    ----------
    matrix_of_time
        Hopping matrix (N, N) of the channel at a time in ps.
    frequency_THz, duration_ps, offset_ps, start_ps, form
        As `kick_times_ps`.

    Returns
    -------
    np.ndarray
        Product (N, N); the unit matrix if no kick falls into the window.

    Raises
    ------
    ValueError
        As `kick_times_ps`, or if columns do not sum to one.
    """
    times = kick_times_ps(frequency_THz, duration_ps, offset_ps=offset_ps, start_ps=start_ps, form=form)
    if not times.size:
        return np.eye(_stochastic("matrix_of_time", matrix_of_time(float(start_ps))).shape[-1])
    product = _stochastic("matrix_of_time", matrix_of_time(float(times[0])))
    for time in times[1:]:
        product = _stochastic("matrix_of_time", matrix_of_time(float(time))) @ product
        _close_columns(product)
    return product


# ---------------------------------------------------------------------------------------------------
# Kernels and checks
# ---------------------------------------------------------------------------------------------------


def _close_columns(matrix: np.ndarray) -> None:
    """Set the diagonal in place so that columns sum to one.

    The elements off the diagonal of a product are sums of positive terms and keep their relative precision;
    with the diagonal taken from them, rounding neither makes nor loses ions over millions of kicks.
    """
    diagonal = np.arange(matrix.shape[-1])
    matrix[..., diagonal, diagonal] = 1.0 - _leaving(matrix)


def _leaving(matrix: np.ndarray) -> np.ndarray:
    """Sum the columns off the diagonal."""
    return np.sum(np.where(np.eye(matrix.shape[-1], dtype=bool), 0.0, matrix), axis=-2)


def _matrix_powers(base: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Raise matrices (L, M, N, N) to integer powers (M, T) by repeated squaring: (L, M, T, N, N)."""
    n_lead, n_modes, n_sites, _ = base.shape
    result = np.zeros((n_lead, n_modes, count.shape[1], n_sites, n_sites))
    diagonal = np.arange(n_sites)
    result[..., diagonal, diagonal] = 1.0
    remaining = count.copy()
    while np.any(remaining):
        mode, duration = np.nonzero(remaining & 1)
        if mode.size:
            result[:, mode, duration] = base[:, mode] @ result[:, mode, duration]
        remaining >>= 1
        if np.any(remaining):
            base = base @ base
            _close_columns(base)
    return result


def _kick_counts(frequency: np.ndarray, duration: np.ndarray, phases: str) -> tuple[np.ndarray, np.ndarray]:
    """Return whole kicks (M, T) and the fractional part of nu tau (M, T)."""
    if phases not in ("floor", "random"):
        raise ValueError(f"phases must be 'floor' or 'random', got {phases!r}")
    periods = frequency[:, None] * duration
    if np.any(periods > 2.0**53):
        raise ValueError(
            f"durations_ps must hold fewer than 2**53 periods of every mode, got {float(periods.max())!r} periods"
        )
    whole = np.floor(periods * (1.0 + KICK_COUNT_TOLERANCE))
    return whole.astype(np.int64), np.maximum(periods - whole, 0.0)


def _channels(
    matrices: ArrayLike, frequencies_THz: ArrayLike | None, weights: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    matrix = _stochastic("matrices", matrices)
    if matrix.ndim < 3:
        raise ValueError(f"matrices must have shape (..., M, N, N), got {matrix.shape!r}")
    n_modes = matrix.shape[-3]
    if n_modes == 0:
        raise ValueError(f"matrices must hold at least one mode, got shape {matrix.shape!r}")
    frequency = np.ones(n_modes) if frequencies_THz is None else _positive("frequencies_THz", frequencies_THz)
    if frequency.shape != (n_modes,):
        raise ValueError(f"frequencies_THz must have one value per mode ({n_modes}), got shape {frequency.shape!r}")
    if weights is None:
        return matrix, frequency, np.full(n_modes, 1.0 / n_modes)
    weight = _finite("weights", weights)
    if weight.shape != (n_modes,):
        raise ValueError(f"weights must have one value per mode ({n_modes}), got shape {weight.shape!r}")
    if np.any(weight < 0.0):
        raise ValueError(f"weights must not be negative, got {float(weight.min())!r}")
    if abs(weight.sum() - 1.0) > COLUMN_SUM_TOLERANCE:
        raise ValueError(f"weights must sum to 1 (ions are conserved), got {float(weight.sum())!r}")
    return matrix, frequency, weight


def _square(name: str, values: ArrayLike) -> np.ndarray:
    matrix = _finite(name, values)
    if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2] or matrix.shape[-1] == 0:
        raise ValueError(f"{name} must be square, (..., N, N), got shape {matrix.shape!r}")
    return matrix


def _stochastic(name: str, values: ArrayLike) -> np.ndarray:
    matrix = _square(name, values)
    total = matrix.sum(axis=-2)
    deviation = np.abs(total - 1.0)
    if np.any(deviation > COLUMN_SUM_TOLERANCE):
        place = np.unravel_index(np.argmax(deviation), deviation.shape)
        raise ValueError(
            f"{name} must have columns (not rows) that sum to 1, got {float(total[place])!r} in column {int(place[-1])}"
        )
    return matrix


def _durations(values: ArrayLike, name: str = "durations_ps") -> np.ndarray:
    duration = _finite(name, values)
    if duration.ndim != 1:
        raise ValueError(f"{name} must be a list (T,), got shape {duration.shape!r}")
    if np.any(duration < 0.0):
        raise ValueError(f"{name} must not be negative, got {float(duration.min())!r}")
    return duration


def _site_indices(name: str, values: ArrayLike, n_sites: int | None = None) -> np.ndarray:
    sites = np.asarray(values)
    if sites.ndim != 1:
        raise ValueError(f"{name} must be a list of sites (H,), got shape {sites.shape!r}")
    if sites.size == 0:
        return sites.astype(np.intp)
    if not np.issubdtype(sites.dtype, np.integer):
        raise ValueError(f"{name} must hold integers, got dtype {sites.dtype}")
    if sites.min() < 0 or (n_sites is not None and sites.max() >= n_sites):
        bad = sites.min() if sites.min() < 0 else sites.max()
        bound = "at least 0" if n_sites is None else f"in 0 .. {n_sites - 1}"
        raise ValueError(f"{name} must be {bound}, got {int(bad)}")
    return sites.astype(np.intp)


def _per_hop(name: str, values: ArrayLike, n_hops: int) -> np.ndarray:
    array = np.asarray(values, float)
    if array.shape not in ((), (1,), (n_hops,)):
        raise ValueError(f"{name} must be one value or one per hop ({n_hops}), got shape {array.shape!r}")
    return np.broadcast_to(array, (n_hops,))


def _finite(name: str, values: ArrayLike) -> np.ndarray:
    array = np.asarray(values, float)
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} must be finite, got {float(array[~np.isfinite(array)].flat[0])!r}")
    return array


def _positive(name: str, values: ArrayLike) -> np.ndarray:
    array = _finite(name, values)
    if not np.all(array > 0.0):
        raise ValueError(f"{name} must be positive, got {float(array.min())!r}")
    return array
