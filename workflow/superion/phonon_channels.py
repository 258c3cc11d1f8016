"""Phonon channels of ion hopping: the hopping matrix of one kick of every mode.

Every phonon mode (s, q) is a channel through which mobile ions take up thermal energy once per period. At each such
kick an ion on site i hops to site j with the probability P_ji that Boltzmann statistics and the density of states
of the mode allow. What is observed over a window is the average over channels, module `channel_averages`.

Conventions
-----------
- A hopping matrix acts on a column of densities: element [j, i] is the probability to go from i to j, so that its
  columns sum to one, Eq. (9).
- A hop list is a pair of integer arrays `origin`, `destination` (H,); any lattice can be written so.
- A frequency is an ordinary one, nu = 1/period, in THz: 1 THz is one kick per ps.
- Leading axes "..." (temperatures, say) are carried through.

Source: J. Hu, Z. Guo, J. Liang, B. Monserrat, "Microscopic Theory of Superionic Phase Transitions",
arXiv:2604.00665 (2026), Sec. II B, Eqs. (1)-(3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.densities_of_states import (
    ConstantDensity,
    DensityOfStates,
    activation_ratio,
    share_among_open_destinations,
)
from superion.stochastic_matrices import close_columns
from superion.validity import finite_array, integer_array, one_of

__all__ = ["PhononMode", "channel_matrix", "hop_probability", "mode_hopping_matrices", "threshold_degeneracy"]

DestinationSharing = Literal["degenerate", "open"]

_SUM_TOLERANCE = 1e-12  # hops out of one site may add up to 1 plus rounding of, say, three times 1/3


@dataclass(frozen=True, eq=False)
class PhononMode:
    """One phonon channel (s, q) as mobile ions see it.

    Attributes
    ----------
    frequency_THz : ordinary frequency nu = 1/period above 0, kicks per ps. Hu et al. (2026) write omega but mean
        1/period: divide an angular frequency by 2 pi.
    threshold_eV : least energies E_ji of the hops on the scale of the site energies, one for all or one per hop (H,);
        inf is a hop that this mode does not drive
    density : density of states of the mode

    Raises
    ------
    ValueError
        The frequency is not above 0, or a threshold is NaN.
    """

    frequency_THz: float
    threshold_eV: float | NDArray
    density: DensityOfStates = field(default_factory=ConstantDensity)

    def __post_init__(self) -> None:
        finite_array("frequency_THz", self.frequency_THz, above=0)
        if np.any(np.isnan(np.asarray(self.threshold_eV, float))):
            raise ValueError("threshold_eV must be a number, or inf for a closed hop, got nan")


def threshold_degeneracy(origin: ArrayLike, threshold_eV: ArrayLike, tolerance_eV: float = 1e-9) -> NDArray:
    """Number of hops from the same origin with the same threshold, lambda of Hu et al. (2026), Eq. (2), (H,) int.

    Take it from thresholds at zero field and keep it: counted anew in a field that splits the thresholds, lambda
    would jump, and the hop probabilities with it, at an arbitrarily weak field.

    Parameters
    ----------
    origin : (H,) origin sites
    threshold_eV : thresholds, one or (H,)
    tolerance_eV : thresholds next to each other, once sorted, and no further apart than this count as equal

    Raises
    ------
    ValueError
        The shapes do not fit, or an origin is no site index.
    """
    sites = _site_list("origin", origin)
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


def hop_probability(
    mode: PhononMode,
    origin: ArrayLike,
    site_energy_eV: ArrayLike,
    thermal_energy_eV: ArrayLike,
    *,
    degeneracy: ArrayLike | None = None,
    destination_sharing: DestinationSharing = "degenerate",
) -> NDArray:
    """Probabilities (..., H) of all hops at one kick of a mode. Hu et al. (2026), Eq. (2).

    Parameters
    ----------
    mode : the channel
    origin : (H,) origin sites
    site_energy_eV : site energies E_ii, one for all or (..., N)
    thermal_energy_eV : kT (...)
    degeneracy : lambda of every hop, one or (H,), for "degenerate" only; see `threshold_degeneracy`. As printed,
        1/lambda of the origin leaves a stationary density proportional to lambda times the Boltzmann factor; where
        coordinations differ, one common value for all hops restores Boltzmann's.
    destination_sharing : "degenerate" divides R by `degeneracy` as printed; "open" shares each excitation among all
        destinations open at its energy, see `superion.densities_of_states.open_destination_probability`

    Raises
    ------
    ValueError
        A shape does not fit, the degeneracy is missing, below 1 or of no use, the option is unknown, or as
        `superion.densities_of_states.activation_ratio`.
    """
    one_of("destination_sharing", destination_sharing, ("degenerate", "open"))
    sites = _site_list("origin", origin)
    threshold = _per_hop("threshold_eV", mode.threshold_eV, sites.size)
    energy = np.asarray(site_energy_eV, float)
    if energy.ndim:
        if sites.size and sites.max() >= energy.shape[-1]:
            raise ValueError(
                f"site_energy_eV must hold every origin site up to {sites.max()}, got {energy.shape[-1]} energies"
            )
        energy = energy[..., sites]
    ratio = activation_ratio(mode.density, threshold, energy, np.asarray(thermal_energy_eV, float)[..., None])
    if destination_sharing == "degenerate":
        if degeneracy is None:
            raise ValueError("degeneracy must be given for destination_sharing='degenerate', got None")
        return ratio / _per_hop("degeneracy", finite_array("degeneracy", degeneracy, at_least=1), sites.size)
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
    return share_among_open_destinations(by_site)[..., sites, slot]


def channel_matrix(
    n_sites: int,
    origin: ArrayLike,
    destination: ArrayLike,
    hop_probability: ArrayLike,
    *,
    allow_negative: bool = False,
) -> NDArray:
    """Hopping matrix (..., N, N) of one channel. Hu et al. (2026), Eqs. (1)-(2).

    P[j, i] is the sum over hops from i to j and P[i, i] = 1 - sum over j of P[j, i]. Hops onto a periodic image of
    the origin add to the bound on the sum but leave P[i, i] as it is.

    Parameters
    ----------
    n_sites : number of sites N
    origin, destination : (H,) sites of every hop, from 0 to N - 1; parallel hops add up
    hop_probability : (..., H) probability of every hop per kick, at least 0; one number serves all hops
    allow_negative : Eq. (2) taken literally can let the hops out of a site add up to more than one. By default that
        is refused; with True the matrix comes back with its negative diagonal, for the caller to flag.

    Raises
    ------
    ValueError
        A site is out of range, a shape does not fit, a probability is negative or not finite, or the hops out of a
        site add up to more than one; the site and the sum are told.
    """
    integer_array("n_sites", n_sites, at_least=1)
    start = _site_list("origin", origin, n_sites)
    end = _site_list("destination", destination, n_sites)
    if start.shape != end.shape:
        raise ValueError(f"destination must have as many hops as origin ({start.size}), got {end.size}")
    probability = finite_array("hop_probability", hop_probability, at_least=0)
    if probability.ndim == 0:
        probability = np.full(start.shape, float(probability))
    if probability.shape[-1] != start.size:
        raise ValueError(f"hop_probability must end in {start.size} hops, got shape {probability.shape!r}")

    flat = probability.reshape(-1, start.size)
    rows = np.arange(flat.shape[0])[:, None]
    leaving = np.zeros((flat.shape[0], n_sites))
    np.add.at(leaving, (rows, start), flat)
    if not allow_negative and np.any(leaving > 1.0 + _SUM_TOLERANCE):
        row, site = np.unravel_index(np.argmax(leaving), leaving.shape)
        raise ValueError(
            f"hop_probability out of site {int(site)} must add up to at most 1, got {float(leaving[row, site])!r}; "
            "lower the temperature, use destination_sharing='open', or pass allow_negative=True and flag it"
        )
    matrix = np.zeros((flat.shape[0], n_sites, n_sites))
    np.add.at(matrix, (rows, end, start), flat)
    close_columns(matrix)
    if not allow_negative:
        site = np.arange(n_sites)
        matrix[:, site, site] = np.maximum(matrix[:, site, site], 0.0)
    return matrix.reshape(*probability.shape[:-1], n_sites, n_sites)


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
) -> NDArray:
    """Hopping matrices (..., M, N, N) of all modes on one hop list. Hu et al. (2026), Eqs. (1)-(2).

    Parameters
    ----------
    modes : the M channels
    n_sites, origin, destination, allow_negative : as `channel_matrix`
    site_energy_eV, thermal_energy_eV, destination_sharing : as `hop_probability`
    degeneracy : as `hop_probability`: one, (H,), or (M, H) where it differs between modes

    Raises
    ------
    ValueError
        There is no mode, or as `hop_probability` and `channel_matrix`.
    """
    if not modes:
        raise ValueError("modes must hold at least one PhononMode, got none")
    rows = list(degeneracy) if np.ndim(degeneracy) == 2 else [degeneracy] * len(modes)
    if len(rows) != len(modes):
        raise ValueError(f"degeneracy must have one row per mode ({len(modes)}), got {len(rows)}")
    sites = _site_list("origin", origin, n_sites)
    probability = [
        hop_probability(
            mode, sites, site_energy_eV, thermal_energy_eV, degeneracy=row, destination_sharing=destination_sharing
        )
        for mode, row in zip(modes, rows, strict=True)
    ]
    return channel_matrix(n_sites, sites, destination, np.stack(probability, axis=-2), allow_negative=allow_negative)


def _site_list(name: str, value: ArrayLike, n_sites: int | None = None) -> NDArray:
    sites = integer_array(name, value, at_least=0, at_most=None if n_sites is None else n_sites - 1)
    if sites.ndim != 1:
        raise ValueError(f"{name} must be a list of sites (H,), got shape {sites.shape!r}")
    return sites


def _per_hop(name: str, value: ArrayLike, n_hops: int) -> NDArray:
    array = np.asarray(value, float)
    if array.shape not in ((), (1,), (n_hops,)):
        raise ValueError(f"{name} must be one value or one per hop ({n_hops}), got shape {array.shape!r}")
    return np.broadcast_to(array, (n_hops,))
