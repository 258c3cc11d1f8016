"""Hopping probabilities and the hopping matrix P_k of a lattice, without and with an electric field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.lattice import Lattice
from superion.units import thermal_energy_eV
from superion.validity import finite_array, one_of

__all__ = [
    "FIELD_SHIFT",
    "FieldSplit",
    "detailed_balance_defect",
    "dressed_probability",
    "field_share",
    "hop_array",
    "hopping_matrix",
    "hopping_matrix_gradient",
    "largest_admissible_scale",
    "polarized_probability",
    "require_probability",
    "stay_probability",
    "thermal_probability",
]

FieldSplit = Literal["thermodynamic", "paper"]

FIELD_SHIFT: Mapping[str, float] = {"thermodynamic": 0.5, "paper": 1.0}
"""Share s of the potential drop along a hop by which the field lowers its barrier.

The saddle halfway along the hop lies half the drop lower (s = 1/2), so that forward and backward rates differ by
the Boltzmann factor of the whole drop. Hu et al. (2026), Eq. (30) shifts the barrier by the whole drop (s = 1),
which doubles every mobility and breaks the Einstein relation by that factor.
"""


def polarized_probability(
    lattice: Lattice,
    hopping_probability: ArrayLike,
    polarization: ArrayLike = 0.0,
    *,
    polarization_complement: ArrayLike | None = None,
) -> NDArray:
    """Hop probabilities P0 (1 -+ gamma)/z of a lattice with two sublattices. Hu et al. (2026), Eqs. (24), (A1).

    Parameters
    ----------
    hopping_probability : P0, at least 0, any shape
    polarization : gamma from -1 to 1, broadcast against P0
    polarization_complement : 1 - gamma, where it is known to more digits than gamma has (low temperature)

    Returns
    -------
    (..., H) array: P0 (1 - polarity gamma)/z with the largest coordination z as the common prefactor, because a
    prefactor 1/z_i of each site's own would break detailed balance where coordinations differ.

    Raises
    ------
    ValueError
        P0 negative, gamma outside -1 to 1, or a value not finite.
    """
    p0 = finite_array("hopping_probability", hopping_probability, at_least=0)[..., None]
    gamma = finite_array("polarization", polarization, at_least=-1, at_most=1)[..., None]
    polarity = lattice.site_polarity[lattice.origin]
    mobile = 1 - polarity * gamma
    if polarization_complement is not None:
        complement = finite_array("polarization_complement", polarization_complement, at_least=0, at_most=2)[..., None]
        mobile = np.where(polarity == 1, complement, mobile)
    return p0 * mobile / lattice.coordination.max()


def thermal_probability(
    lattice: Lattice, site_energy_eV: ArrayLike, saddle_energy_eV: ArrayLike, temperature_K: ArrayLike
) -> NDArray:
    """Hop probabilities exp[-(E_saddle - E_site)/kT]/z. Hu et al. (2026), Eq. (3).

    Parameters
    ----------
    site_energy_eV : (N,)
    saddle_energy_eV : one or (H,), equal for a hop and its reverse, not below the sites
    temperature_K : (...), above 0

    Returns
    -------
    (..., H) array, in detailed balance with site populations exp(-E_site/kT)

    Raises
    ------
    ValueError
        A shape does not fit, a value is not finite, a temperature not above 0, or a saddle below a site it joins.
    """
    temperature = finite_array("temperature_K", temperature_K, above=0)
    site = finite_array("site_energy_eV", site_energy_eV)
    saddle = finite_array("saddle_energy_eV", saddle_energy_eV)
    if site.shape != (lattice.site_count,):
        raise ValueError(f"site_energy_eV must have one value for each of {lattice.site_count} sites, got {site.shape}")
    if saddle.shape not in ((), (lattice.hop_count,)):
        raise ValueError(f"saddle_energy_eV must be one or one per hop ({lattice.hop_count}), got shape {saddle.shape}")
    barrier = saddle - site[lattice.origin]
    if np.any(barrier < 0):
        raise ValueError(
            f"saddle_energy_eV must not lie below the site left, got a barrier of {barrier.min().item()!r}"
        )
    return np.exp(-barrier / thermal_energy_eV(temperature)[..., None]) / lattice.coordination.max()


def dressed_probability(
    lattice: Lattice, probability: ArrayLike, field: ArrayLike, field_split: FieldSplit = "thermodynamic"
) -> NDArray:
    """Hop probabilities in a field: P exp(s f.d). Hu et al. (2026), Eq. (30) for `field_split="paper"`.

    Parameters
    ----------
    probability : (..., H)
    field : (..., d), reduced field f = ZE/kT in 1/length
    field_split : share s of the drop that shifts the barrier, see `FIELD_SHIFT`

    Raises
    ------
    ValueError
        A shape does not fit, a probability is negative, a value not finite, or the split unknown.
    """
    field = np.atleast_1d(finite_array("field", field))
    if field.shape[-1] != lattice.dimension:
        raise ValueError(f"field must have {lattice.dimension} components on its last axis, got shape {field.shape}")
    drop = field @ lattice.displacement.T
    return hop_array(lattice, probability) * np.exp(field_share(field_split) * drop)


def field_share(field_split: FieldSplit) -> float:
    """Share s of the drop along a hop that lowers its barrier, by its name in `FIELD_SHIFT`."""
    return FIELD_SHIFT[one_of("field_split", field_split, FIELD_SHIFT)]


def hop_array(lattice: Lattice, probability: ArrayLike) -> NDArray:
    """Hop probabilities as an array (..., H), or a ValueError where they are negative, not finite or not one a hop."""
    probability = np.atleast_1d(finite_array("probability", probability, at_least=0))
    if probability.shape[-1] != lattice.hop_count:
        raise ValueError(
            f"probability must have {lattice.hop_count} hops on its last axis, got shape {probability.shape}"
        )
    return probability


def stay_probability(lattice: Lattice, probability: ArrayLike) -> NDArray:
    """Probability (..., N) that the ion stays on its site: 1 - sum of the hops that leave it."""
    return 1 - np.asarray(probability, float) @ _one_hot(lattice.origin, lattice.site_count)


def largest_admissible_scale(lattice: Lattice, probability: ArrayLike) -> NDArray:
    """Factor (...) by which all hop probabilities may be multiplied before a site's stay probability reaches 0.

    Inf where no ion hops.
    """
    leaving = (1 - stay_probability(lattice, probability)).max(axis=-1)
    return np.divide(1, leaving, out=np.full(leaving.shape, np.inf), where=leaving > 0)[()]


def require_probability(lattice: Lattice, probability: ArrayLike) -> None:
    """Refuse hop probabilities that are negative or leave a site more often than always.

    Raises
    ------
    ValueError
        Names the site, its stay probability and the largest admissible scale of the hop probabilities.
    """
    probability = hop_array(lattice, probability)
    stay = stay_probability(lattice, probability)
    if np.any(stay < -1e-12):  # rounding of sums that are exactly 1
        site = np.unravel_index(np.argmin(stay), stay.shape)[-1]
        scale = float(largest_admissible_scale(lattice, probability).min())
        raise ValueError(
            f"site {lattice.site_names[site]!r} would stay with probability {stay.min():.6g}, must be at least 0: "
            f"multiply the hop probabilities (or P0) by {scale:.9g} at most"
        )


def hopping_matrix(
    lattice: Lattice,
    probability: ArrayLike,
    wave_vectors: ArrayLike | None = None,
    *,
    fourier_sign: Literal[-1, 1] = -1,
    diagonal_probability: ArrayLike | None = None,
    allow_negative: bool = False,
) -> NDArray:
    """Hopping matrix P_k with elements [destination, origin]. Hu et al. (2026), Eq. (12).

    Parameters
    ----------
    probability : (..., H), dressed by the field where there is one
    wave_vectors : (K, d); None stands for the Gamma point alone and gives no K axis
    fourier_sign : -1 is Eq. (12), exp(-i k.d); +1 is the phase of Eqs. (31) and (A1), which is (12) with k -> -k
    diagonal_probability : (..., H) whose sum leaves the diagonal; default `probability`. The undressed
        probabilities give the matrix (A1) as printed, which does not conserve ions under a field.
    allow_negative : compute, rather than refuse, a matrix whose diagonal is negative (the caption of Fig. 3)

    Returns
    -------
    (..., K, N, N) complex array, or (..., N, N) real at Gamma; its columns sum to 1 at k = 0

    Raises
    ------
    ValueError
        As `require_probability`, or the wave vectors do not fit the lattice, or the sign is not -1 or +1.
    """
    probability = hop_array(lattice, probability)
    diagonal = probability if diagonal_probability is None else hop_array(lattice, diagonal_probability)
    if not allow_negative:
        require_probability(lattice, diagonal)
    count = lattice.site_count
    scatter = _one_hot(lattice.destination * count + lattice.origin, count * count)
    stay = stay_probability(lattice, diagonal)[..., None] * np.eye(count)
    if wave_vectors is None:
        return (probability @ scatter).reshape(*probability.shape[:-1], count, count) + stay
    phase = _phase(lattice, wave_vectors, fourier_sign)
    hops = (probability[..., None, :] * phase) @ scatter
    return hops.reshape(*hops.shape[:-1], count, count) + stay[..., None, :, :]


def hopping_matrix_gradient(
    lattice: Lattice, probability: ArrayLike, wave_vectors: ArrayLike, *, fourier_sign: Literal[-1, 1] = -1
) -> NDArray:
    """Gradient dP_k/dk of the hopping matrix, (..., K, d, N, N) complex; arguments as in `hopping_matrix`."""
    probability = hop_array(lattice, probability)
    count = lattice.site_count
    scatter = _one_hot(lattice.destination * count + lattice.origin, count * count)
    weight = 1j * fourier_sign * lattice.displacement.T * _phase(lattice, wave_vectors, fourier_sign)[:, None]
    gradient = (probability[..., None, None, :] * weight) @ scatter
    return gradient.reshape(*gradient.shape[:-1], count, count)


def _phase(lattice: Lattice, wave_vectors: ArrayLike, fourier_sign: int) -> NDArray:
    if fourier_sign not in (-1, 1):
        raise ValueError(f"fourier_sign must be -1 (Eq. 12) or +1 (Eq. 31), got {fourier_sign!r}")
    k = np.atleast_2d(finite_array("wave_vectors", wave_vectors))
    if k.ndim != 2 or k.shape[1] != lattice.dimension:
        raise ValueError(f"wave_vectors must have shape (K, {lattice.dimension}), got {np.shape(wave_vectors)}")
    return np.exp(1j * fourier_sign * k @ lattice.displacement.T)


def _one_hot(index: NDArray, size: int) -> NDArray:
    matrix = np.zeros((len(index), size))
    matrix[np.arange(len(index)), index] = 1
    return matrix


def detailed_balance_defect(lattice: Lattice, probability: ArrayLike, population: ArrayLike) -> NDArray:
    """Largest net flow |pi_i P_ij - pi_j P_ji| on any bond over the largest flow, (...); 0 in detailed balance.

    Parameters
    ----------
    probability : (..., H)
    population : (..., N) stationary populations pi
    """
    flow = np.asarray(probability, float) * np.asarray(population, float)[..., lattice.origin]
    reverse = lattice.reverse_hop()
    back = np.where(reverse >= 0, flow[..., reverse], 0)
    largest = flow.max(axis=-1)
    return np.divide(np.abs(flow - back).max(axis=-1), largest, out=np.zeros(largest.shape), where=largest > 0)[()]
