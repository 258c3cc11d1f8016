"""Rates of crossing the barriers of a periodic potential: transition state theory and what it leaves out.

Transition state theory counts every passage of the top. Friction turns some back before they are through (recrossing);
where there is little of it, a particle that has crossed flies on over further wells. What diffusion makes of both is

    transmission = D/(a^2 k),    k = rate of transition state theory per direction,

below 1 at high friction, above 1 at low friction. All quantities here are in the reduced units of
`superion.periodic_potentials`, with b = E/kT and the reduced friction g, on broadcast arrays; the exact D is that of
`superion.klein_kramers`.

Source: textbook chapter, 'The Kinetics of Ionic Motion'; G. H. Vineyard, J. Phys. Chem. Solids 3, 121 (1957);
H. A. Kramers, Physica 7, 284 (1940); S. Lifson, J. L. Jackson, J. Chem. Phys. 36, 2410 (1962); V. I. Mel'nikov,
S. V. Meshkov, J. Chem. Phys. 85, 1018 (1986); R. Ferrando et al., Phys. Rev. E 48, 2437 (1993), for long jumps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfc, gammaincc

from superion.periodic_potentials import COSINE, HIGHEST_BARRIER, PeriodicPotential
from superion.quadrature import gauss_legendre, tanh_sinh
from superion.validity import finite_array, integer_array

__all__ = [
    "bridged_diffusion",
    "energy_diffusion",
    "harmonic_energy_above",
    "kramers_transmission",
    "overdamped_diffusion",
    "probability_above_barrier",
    "relaxation_time",
    "transition_state_diffusion",
    "transition_state_over_vineyard",
    "transition_state_rate",
    "unstable_fraction",
    "vineyard_rate",
]

NODES = 24  # of each panel of Gauss and Legendre


def _barrier(value: ArrayLike, *, above: float = -np.inf) -> NDArray:
    return finite_array("reduced_barrier", value, above=above, at_least=0, at_most=HIGHEST_BARRIER)


def _friction(value: ArrayLike) -> NDArray:
    return finite_array("reduced_friction", value, above=0)


def _well_frequency(b: NDArray, potential: PeriodicPotential) -> NDArray:
    """Angular frequency at the lowest point."""
    return np.sqrt(b * potential.curvature(potential.bottom))


def _top_frequency(b: NDArray, potential: PeriodicPotential) -> NDArray:
    """Root of minus the curvature at the highest point."""
    return np.sqrt(-b * potential.curvature(potential.top))


def transition_state_rate(reduced_barrier: ArrayLike, potential: PeriodicPotential = COSINE) -> NDArray:
    """Exact rate of classical transition state theory in one direction, per period.

    k = sqrt(kT/2 pi m) exp(-b)/int exp(-b s) dx; for the cosine the integral is a exp(-b/2) I0(b/2).

    Raises
    ------
    ValueError
        A barrier below 0 or above 300 kT.
    """
    b = _barrier(reduced_barrier)
    return np.exp(-b) / (np.sqrt(2 * np.pi) * 2 * np.pi * potential.boltzmann_mean(b))


def transition_state_diffusion(reduced_barrier: ArrayLike, potential: PeriodicPotential = COSINE) -> NDArray:
    """D = a^2 k if every passage of a top led to the next well and no further."""
    return (2 * np.pi) ** 2 * transition_state_rate(reduced_barrier, potential)


def vineyard_rate(reduced_barrier: ArrayLike, potential: PeriodicPotential = COSINE) -> NDArray:
    """Harmonic rate nu exp(-b) of one direction, nu the frequency of the well. Chapter, 'Kinetics'; Vineyard 1957.

    One degree of freedom has one frequency in the well and none at the saddle.
    """
    b = _barrier(reduced_barrier)
    return _well_frequency(b, potential) / (2 * np.pi) * np.exp(-b)


def transition_state_over_vineyard(reduced_barrier: ArrayLike, potential: PeriodicPotential = COSINE) -> NDArray:
    """Exact classical rate over its harmonic approximation; 1 - 1/(4b) + ... for the cosine.

    Raises
    ------
    ValueError
        A barrier that is not above 0, or above 300 kT.
    """
    b = _barrier(reduced_barrier, above=0)
    mean = potential.boltzmann_mean(b)
    return 1 / (np.sqrt(2 * np.pi) * mean * _well_frequency(b, potential))


def probability_above_barrier(reduced_barrier: ArrayLike, potential: PeriodicPotential = COSINE) -> NDArray:
    """Probability that the particle's energy, kinetic and potential, exceeds the barrier.

    exp(-b) if the well were harmonic throughout; more, since the wells flatten towards their tops.
    """
    b = _barrier(reduced_barrier)
    # From top to top, where the root of the depth has its kink.
    node, weight = gauss_legendre(NODES, 4 * potential.harmonics * (1 + int(np.sqrt(b.max(initial=0.0)))))
    shape = potential.shape(potential.top + 2 * np.pi * node)
    depth = np.sqrt(np.maximum(1 - shape, 0))
    above = np.exp(-np.multiply.outer(b, shape)) * erfc(np.multiply.outer(np.sqrt(b), depth))
    return above @ weight / potential.boltzmann_mean(b)


def harmonic_energy_above(reduced_barrier: ArrayLike, modes: ArrayLike) -> NDArray:
    """Probability that the energy of N classical harmonic modes together exceeds b: Gamma(N, b)/Gamma(N).

    It is exp(-b), the Boltzmann factor of a rate, for N = 1 alone.

    Raises
    ------
    ValueError
        A barrier out of range, or less than one mode.
    """
    return gammaincc(integer_array("modes", modes, at_least=1), _barrier(reduced_barrier))


def kramers_transmission(
    reduced_barrier: ArrayLike, reduced_friction: ArrayLike, potential: PeriodicPotential = COSINE
) -> NDArray:
    """Recrossing at a parabolic top: sqrt(1 + (g/2w)^2) - g/2w with the frequency w of the top. Kramers 1940.

    Raises
    ------
    ValueError
        A barrier or friction that is not above 0.
    """
    ratio = _friction(reduced_friction) / (2 * _top_frequency(_barrier(reduced_barrier, above=0), potential))
    return 1 / (np.sqrt(1 + ratio**2) + ratio)


def overdamped_diffusion(
    reduced_barrier: ArrayLike, reduced_friction: ArrayLike, potential: PeriodicPotential = COSINE
) -> NDArray:
    """D = 1/(g <exp(bs)><exp(-bs)>) at high friction; kT/(m gamma I0(b/2)^2) for the cosine. Lifson and Jackson 1962.

    It is an upper bound of D at any friction.
    """
    b, g = _barrier(reduced_barrier), _friction(reduced_friction)
    return 1 / (g * potential.boltzmann_mean(b) * potential.boltzmann_mean(-b))


def energy_diffusion(
    reduced_barrier: ArrayLike, reduced_friction: ArrayLike, potential: PeriodicPotential = COSINE
) -> NDArray:
    """D as g goes to 0: above the barrier the energy diffuses slowly, and D = 2 a^2 k/g int_b^inf exp(b - e)/A(e) de.

    A(e) = int v dx over a period at energy e. It leaves out a layer about the barrier top, of relative size sqrt(g).
    """
    b, g = np.broadcast_arrays(_barrier(reduced_barrier), _friction(reduced_friction))
    node, complement, weight = tanh_sinh()
    excess = -np.log(complement)  # e - b, which turns exp(b - e) de into the weights
    depth = _depth_from_top(potential, node)
    barriers, where = np.unique(b, return_inverse=True)
    squares = 2 * (excess[:, None] + barriers[:, None, None] * depth)
    actions = 2 * np.pi * np.sqrt(squares) @ weight
    mean_inverse = (1 / actions) @ weight
    return transition_state_diffusion(b, potential) * 2 / g * mean_inverse[where].reshape(b.shape)


def bridged_diffusion(
    reduced_barrier: ArrayLike, reduced_friction: ArrayLike, potential: PeriodicPotential = COSINE
) -> NDArray:
    """D at any friction over high barriers: Kramers' transmission, and long jumps from the loss of energy in a well.

    D = a^2 k kappa exp[(1/2 pi) int ln coth(Delta (l^2 + 1/4)/2)/(l^2 + 1/4) dl], Delta = g A(b) the energy that
    is lost from top to top, in kT. Mel'nikov and Meshkov 1986; for a periodic potential Ferrando et al. 1993.
    """
    b, g = np.broadcast_arrays(_barrier(reduced_barrier, above=0), _friction(reduced_friction))
    node, complement, weight = tanh_sinh()
    loss = g * 2 * np.pi * np.sqrt(2 * b) * (np.sqrt(_depth_from_top(potential, node)) @ weight)
    # l = tan(phi)/2: dl/(l^2 + 1/4) = 2 dphi, and l^2 + 1/4 = 1/(4 cos^2 phi)
    half = loss[..., None] / (8 * np.sin(np.pi / 2 * complement) ** 2)
    log_coth = np.log1p(2 / np.expm1(np.minimum(2 * half, 700.0)))
    factor = np.exp(log_coth @ weight)
    return transition_state_diffusion(b, potential) * kramers_transmission(b, g, potential) * factor


def _depth_from_top(potential: PeriodicPotential, part: NDArray) -> NDArray:
    """1 - s where a part of the way from a top to the next is behind."""
    return np.maximum(1 - potential.shape(potential.top + 2 * np.pi * part), 0)


def unstable_fraction(reduced_barrier: ArrayLike, potential: PeriodicPotential = COSINE) -> NDArray:
    """Share of configurations in which the curvature of the potential is negative, in thermal equilibrium.

    For the cosine (I0 - L0)/(2 I0) at b/2, L0 Struve's modified function: it is activated with the energy of the
    inflection, E/2, and not with the barrier.
    """
    b = _barrier(reduced_barrier)
    return potential.unstable_mean(b) / potential.boltzmann_mean(b)


def relaxation_time(
    reduced_barrier: ArrayLike, reduced_friction: ArrayLike, potential: PeriodicPotential = COSINE
) -> NDArray:
    """Longest of the times in which a particle leaves the top, comes to rest in the well, and loses its energy."""
    b, g = np.broadcast_arrays(_barrier(reduced_barrier, above=0), _friction(reduced_friction))
    top, well = _top_frequency(b, potential), _well_frequency(b, potential)
    leaving = top * kramers_transmission(b, g, potential)
    settling = g / 2 - np.sqrt(np.maximum(g**2 / 4 - well**2, 0))
    return 1 / np.minimum(leaving, settling)
