"""Hops through a bottleneck that breathes: a barrier E0 - lambda Q, lowered while the lattice coordinate Q is positive.

Averaged over the thermal distribution of Q the rate has the barrier E0 - s, where

    s = lambda^2 <Q^2>/2kT    (classically lambda^2/(2 M omega^2)).

What that is, and where it ends:

- V(x, Q) = E0 g(x) - lambda Q g(x) + M omega^2 Q^2/2, g from 0 in the well to 1 on top, has its relaxed saddle at the
  same energy as long as s <= E0/2. The barrier of a relaxed path, as of a nudged elastic band, contains it already.
- Beyond s = E0/2 the average is over bottlenecks that have no barrier left, and on the relaxed path the top becomes a
  minimum: the ion is trapped in the bottleneck, and barriers of E0^2/4s lead into and out of it.
- Bottlenecks that keep their Q for as long as an ion needs to pass many of them do not average rates. In one dimension
  they add up resistances, and the sign turns: E0 + s.

Energies in eV; s is called the lowering.

Source: textbook chapter, 'The Role of Lattice Dynamics and "Softness"'. For rates that differ from bond to bond:
A. M. Dykhne, Sov. Phys. JETP 32, 63 (1971) (two dimensions); S. Kirkpatrick, Rev. Mod. Phys. 45, 574 (1973) (effective
medium).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtr

from superion.periodic_potentials import COSINE, PeriodicPotential
from superion.quadrature import gauss_legendre
from superion.thermal_amplitudes import Statistics, mean_square_amplitude_A2
from superion.units import thermal_energy_eV
from superion.validity import finite_array

__all__ = [
    "barrier_lowering_eV",
    "capped_barrier_eV",
    "hop_share_above",
    "log_rate_ratio",
    "quenched_barrier_eV",
    "relaxed_barrier_eV",
]

REACH = 9.0  # standard deviations of a Gaussian on either side: 1e-19 is beyond
NODES, PANELS = 24, 24
BISECTIONS = 60


def barrier_lowering_eV(
    coupling_eV_per_A: ArrayLike,
    mass_u: ArrayLike,
    frequency_THz: ArrayLike,
    temperature_K: ArrayLike,
    statistics: Statistics = "classical",
) -> NDArray:
    """Lowering s = lambda^2 <Q^2>/2kT of the averaged rate's barrier, eV, on broadcast arrays.

    Classically it does not depend on the temperature. By quantum mechanics it is larger by x coth x,
    x = hbar omega/2kT, and the barrier falls on cooling; that holds for hops that are fast against the mode.

    Raises
    ------
    ValueError
        A mass, frequency or temperature that is not above 0, or unknown statistics.
    """
    coupling = finite_array("coupling_eV_per_A", coupling_eV_per_A)
    square = mean_square_amplitude_A2(mass_u, frequency_THz, temperature_K, statistics)
    return coupling**2 * square / (2 * thermal_energy_eV(np.asarray(temperature_K, float)))


def capped_barrier_eV(barrier_eV: ArrayLike, lowering_eV: ArrayLike, temperature_K: ArrayLike) -> NDArray:
    """Effective barrier of the averaged rate if no rate exceeds the attempt frequency: -kT ln <min(1, exp(-E(Q)/kT))>.

    Exact for a Gaussian Q. It is E0 - s while E0 - 2s is many times sqrt(2 s kT), the spread of the barrier.

    Raises
    ------
    ValueError
        A barrier or lowering below 0, or a temperature that is not above 0.
    """
    barrier, lowering, thermal = _checked(barrier_eV, lowering_eV, temperature_K)
    spread = np.sqrt(2 * lowering * thermal)
    safe = np.where(spread > 0, spread, 1.0)
    with_barrier = (lowering - barrier) / thermal + log_ndtr((barrier - 2 * lowering) / safe)
    without = log_ndtr(-barrier / safe)
    return np.where(spread > 0, -thermal * np.logaddexp(with_barrier, without), barrier)


def hop_share_above(lowering_eV: ArrayLike, temperature_K: ArrayLike, deviations: ArrayLike) -> NDArray:
    """Share of all hops that are made while Q exceeds its mean by so many standard deviations.

    The rate weights Q by exp(lambda Q/kT), which moves its Gaussian by sqrt(2s/kT) standard deviations.

    Raises
    ------
    ValueError
        As `capped_barrier_eV`.
    """
    _, lowering, thermal = _checked(0.0, lowering_eV, temperature_K)
    return ndtr(np.sqrt(2 * lowering / thermal) - finite_array("deviations", deviations))


def relaxed_barrier_eV(barrier_eV: ArrayLike, lowering_eV: ArrayLike) -> NDArray:
    """Highest point of the path on which Q follows the ion, E0 g - s g^2: E0 - s up to s = E0/2, E0^2/4s beyond.

    Raises
    ------
    ValueError
        A barrier or lowering below 0.
    """
    barrier, lowering, _ = _checked(barrier_eV, lowering_eV, 1.0)
    inside = 2 * lowering > barrier
    return np.where(inside, barrier**2 / (4 * np.where(inside, lowering, 1.0)), barrier - lowering)


def log_rate_ratio(
    barrier_eV: ArrayLike,
    lowering_eV: ArrayLike,
    temperature_K: ArrayLike,
    profile: PeriodicPotential = COSINE,
) -> NDArray:
    """ln(k/k0) of classical transition state theory of V(x, Q) against lambda = 0: exact, on broadcast arrays.

    Q is integrated out, what remains is an integral over x. The ratio falls short of s/kT: the coupling also widens the
    well, in fourth order of x.

    Parameters
    ----------
    profile : g(x), 0 in the well and 1 on top

    Raises
    ------
    ValueError
        As `capped_barrier_eV`.
    """
    barrier, lowering, thermal = _checked(barrier_eV, lowering_eV, temperature_K)
    steepest = float((barrier / thermal).max(initial=0.0))
    points = 128 * profile.harmonics * (1 + int(np.sqrt(steepest)))
    g = profile.shape(2 * np.pi * np.arange(points) / points)
    bare = np.multiply.outer(barrier / thermal, g)
    coupled = bare - np.multiply.outer(lowering / thermal, g**2)
    # Beyond s = E0/2 the lowest point lies on top.
    lowest = np.minimum(coupled.min(axis=-1), 0)
    wells = np.log(np.exp(-bare).mean(axis=-1)) - np.log(np.exp(lowest[..., None] - coupled).mean(axis=-1)) + lowest
    return (barrier - relaxed_barrier_eV(barrier, lowering)) / thermal + wells


def quenched_barrier_eV(
    barrier_eV: ArrayLike, lowering_eV: ArrayLike, temperature_K: ArrayLike, dimension: float
) -> NDArray:
    """Effective barrier of diffusion if every bond keeps a Q of its own, on broadcast arrays.

    E0 + s on a line (bonds in series, the mean of resistances), E0 on the square lattice (exactly, as the logarithms of
    the rates are symmetrically distributed), and by the effective medium <(k - K)/(k + (d - 1) K)> = 0 elsewhere. The
    latter is exact in both these cases, and tends to E0 - s as d grows.

    Parameters
    ----------
    dimension : d, half the number of bonds of a site, at least 1

    Raises
    ------
    ValueError
        As `capped_barrier_eV`, or a dimension below 1.
    """
    barrier, lowering, thermal = _checked(barrier_eV, lowering_eV, temperature_K)
    others = float(finite_array("dimension", dimension, at_least=1)) - 1
    spread = np.sqrt(2 * lowering / thermal)
    if others == 0:
        return barrier + lowering
    # Between the mean of resistances and that of rates: ln K from -spread^2/2 to spread^2/2.
    low, high = -(spread**2) / 2, spread**2 / 2
    node, weight = gauss_legendre(NODES, PANELS)
    deviation = REACH * (2 * node - 1)
    density = weight * np.exp(-(deviation**2) / 2)
    logarithm = spread[..., None] * deviation
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        ratio = logarithm - middle[..., None]
        # (k - K)/(k + (d-1) K), without overflow on either side
        small = np.exp(-np.abs(ratio))
        excess = np.where(ratio > 0, (1 - small) / (1 + others * small), (small - 1) / (small + others))
        faster = excess @ density > 0
        low, high = np.where(faster, middle, low), np.where(faster, high, middle)
    return barrier - thermal * (low + high) / 2


def _checked(barrier_eV: ArrayLike, lowering_eV: ArrayLike, temperature_K: ArrayLike) -> tuple[NDArray, ...]:
    barrier = finite_array("barrier_eV", barrier_eV, at_least=0)
    lowering = finite_array("lowering_eV", lowering_eV, at_least=0)
    temperature = finite_array("temperature_K", temperature_K, above=0)
    return tuple(np.broadcast_arrays(barrier, lowering, thermal_energy_eV(temperature)))
