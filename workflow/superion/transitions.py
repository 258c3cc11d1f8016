"""Transition temperatures, phase diagram and sensitivities of the superionic mean fields.

Type II: the polarization vanishes at T_p, Eq. (51). Type I: on heating, the hopping probability loses its root at the
saddle-node T_I where the loop gain of concerted hopping reaches 1,

    (B/kT) exp(1 - A/kT) sqrt(1 - gamma^2) = 1,

a limit of metastability: P0 stays finite there, only its slope diverges. With K = n0 K0/2, A = Lambda0 + K and
B = n0 M0/4 the repulsive barrier, Eq. (55), has no such transition for B < A, one at or above T_p for
A < B <= K exp(Lambda0/K) and one below T_p for larger B. At B = A the two roots only touch.

Source: J. Hu, Z. Guo, J. Liang, B. Monserrat, "Microscopic Theory of Superionic Phase Transitions",
arXiv:2604.00665 (2026), Sec. IV, V and Table I.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superion.mean_field import (
    Barrier,
    MeanFieldParameters,
    Polarization,
    check_forms,
    ordering_factor,
    polarization_transition_K,
    solve,
)
from superion.units import BOLTZMANN_eV_PER_K

__all__ = [
    "ActivationEnergyLimits",
    "ConcertedTransition",
    "activation_energy_limits_eV",
    "concerted_coupling_window_eV",
    "concerted_transition",
    "double_occupation_limit_K",
    "minimum_filling",
    "polarization_transition_K",
    "transition_sensitivities",
]

_EPSILON = np.finfo(float).eps
_NEWTON_STEPS = 50  # five suffice near T_p, ten far below


@dataclass(frozen=True, eq=False)
class ConcertedTransition:
    """Type-I transition on heating; arrays of the shape of the parameters.

    Attributes
    ----------
    temperature_K : T_I, smallest temperature at which the stable root is lost, K; inf where it never is
    regime : "none", "above" or "below" T_p, or "marginal" where the roots touch without being lost (A = B)
    polarization : gamma at T_I; NaN without T_I, as the next one
    hopping_probability : P0 at T_I, finite
    admissible : whether P0 (1 + gamma) <= 1 still holds at T_I, that is Lambda0 + K (1-gamma) >= kT_I with the
        repulsive barrier; False without T_I.
    reentrant_temperature_K : temperature from which a root exists again, with P0 > 1, K; where the roots touch in
        the marginal regime; NaN otherwise.
    """

    temperature_K: np.ndarray
    regime: np.ndarray
    polarization: np.ndarray
    hopping_probability: np.ndarray
    admissible: np.ndarray
    reentrant_temperature_K: np.ndarray


@dataclass(frozen=True, eq=False)
class ActivationEnergyLimits:
    """Limits of the local activation energy, eV; arrays of the shape of the parameters.

    Attributes
    ----------
    zero_temperature_eV : T -> 0: Lambda0 + n0 K0, every hop starting on the crowded sublattice; NaN for n0 > 1, where
        the polarization would put more than one ion on a site
    below_transition_eV : T -> T_p from below; NaN where no solution reaches T_p or T_p = 0
    above_transition_eV : T -> T_p from above; NaN likewise
    """

    zero_temperature_eV: np.ndarray
    below_transition_eV: np.ndarray
    above_transition_eV: np.ndarray


def double_occupation_limit_K(parameters: MeanFieldParameters) -> np.ndarray:
    """Temperature below which the polarization would put more than one ion on a site, K.

    T_p g/artanh(g) with g = 2/n0 - 1, where gamma of Eq. (50) reaches the bound g below Eq. (47); 0 for n0 <= 1, where
    the bound never binds, and T_p for n0 = 2. Shape of n0 K0.
    """
    filling, transition = np.broadcast_arrays(parameters.filling, polarization_transition_K(parameters))
    bound = 2.0 / filling - 1.0
    interior = (bound > 0.0) & (bound < 1.0)
    inside = np.where(interior, bound, 0.5)
    ratio = np.where(bound >= 1.0, 0.0, np.where(interior, inside / np.arctanh(inside), 1.0))
    return transition * ratio


def concerted_transition(
    parameters: MeanFieldParameters,
    *,
    barrier: Barrier = "repulsive",
    polarization: Polarization = "self_consistent",
) -> ConcertedTransition:
    """Type-I transition from the exact criterion of Eq. (55) of Hu et al. (2026), on heating.

    Where gamma = 0 it is kT_I = A/[-W_-1(-A/(e B))]; below T_p the criterion, monotonic in T, is solved by Newton's
    method. Without any barrier (A = 0 < B) no root exists down to T = 0, and T_I = 0.

    Parameters
    ----------
    parameters : energies and filling
    barrier : "repulsive", Eq. (55), or "bare", Eq. (54), where A = Lambda0 and the criterion has 1-gamma^2 in place
        of its square root.
    polarization : "self_consistent", Eq. (50), or "zero"

    Raises
    ------
    ValueError
        An option is not known.
    """
    from superion.self_consistency import concerted_roots  # compiled: only who calls pays

    check_forms(barrier, polarization)
    repulsive = barrier == "repulsive"
    polarized = polarization == "self_consistent"
    single, energy, concerted = np.broadcast_arrays(
        parameters.barrier_eV, parameters.polarization_energy_eV, parameters.concerted_energy_eV
    )
    single, energy, concerted = (np.broadcast_to(a, parameters.shape) for a in (single, energy, concerted))
    height = single + energy if repulsive else single

    # (B/kT) exp(1 - A/kT) = 1 is v - ln v = 1 + ln(B/A) with v = A/kT
    equal = np.abs(concerted - height) <= 4.0 * _EPSILON * height
    lost = (concerted > height) & ~equal
    bounded = lost & (height > 0.0)
    safe = np.where(bounded, height, 1.0)
    lower_exponential, upper = concerted_roots(np.log1p(np.where(bounded, (concerted - height) / safe, 0.0)))
    thermal = np.where(bounded, height / upper, 0.0)
    reentrant = np.e * concerted / np.where(bounded, lower_exponential, 1.0)

    # at gamma = 0 and T_p the logarithm of the criterion: positive if the root is lost below T_p
    ordered = np.where(energy > 0.0, energy, 1.0)
    positive = np.where(concerted > 0.0, concerted, 1.0)
    at_transition = np.log(positive) - np.log(ordered) - (single / ordered if repulsive else single / ordered - 1.0)
    touching = equal & (concerted > 0.0)
    below = np.zeros(height.shape, dtype=bool)
    gamma = np.zeros(height.shape)
    mobile = np.ones(height.shape)
    if polarized:
        below = lost & (energy > 0.0) & (concerted > 0.0) & (at_transition > 0.0)
        excess, gamma_below, mobile_below = _ordered_saddle_node(
            at_transition[below], height[below] / energy[below], 1.0 if repulsive else 2.0
        )
        thermal[below] = energy[below] / (1.0 + excess)
        gamma[below], mobile[below] = gamma_below, mobile_below
        # with the bare barrier K may exceed every kT at which gamma = 0 would lose the root
        lost &= below | (height >= energy)
        touching &= height >= energy

    probability = np.divide(thermal, concerted * mobile, out=np.full(height.shape, np.nan), where=lost)
    beneath = below if polarized else lost & (thermal < energy)
    regime = np.select([touching, beneath, lost], ["marginal", "below", "above"], "none")
    return ConcertedTransition(
        temperature_K=np.where(lost, thermal / BOLTZMANN_eV_PER_K, np.inf),
        regime=regime,
        polarization=np.where(lost, gamma, np.nan),
        hopping_probability=probability,
        admissible=np.asarray(lost & (probability * (1.0 + gamma) <= 1.0 + 8.0 * _EPSILON)),
        reentrant_temperature_K=np.asarray(
            np.select([lost, touching], [reentrant, height], np.nan) / BOLTZMANN_eV_PER_K
        ),
    )


def _ordered_saddle_node(
    at_transition: np.ndarray, height: np.ndarray, power: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Root s = T_p/T - 1 of f(s) = f(0) + ln(1+s) - (A/K) s - power ln cosh u(s), with gamma and 1-gamma^2 there.

    f falls monotonically from f(0) > 0 and is nearly straight in s, its slope between those at T_p and at T = 0.
    """
    from superion.self_consistency import polarization_parameter

    s = at_transition / (height - 1.0 + 1.5 * power)
    for _ in range(_NEWTON_STEPS):
        u, e = polarization_parameter(s)
        value = at_transition + np.log1p(s) - height * s - power * (u + np.log1p(0.5 * (e - 1.0)))
        slope = 1.0 / (1.0 + s) - height - power * ordering_factor(s, u / (1.0 + s))
        step = value / slope
        s = np.maximum(s - step, 0.0)
        if np.all(np.abs(step) <= 4.0 * _EPSILON * (1.0 + s)):
            break
    u, e = polarization_parameter(s)
    return s, np.minimum(u / (1.0 + s), 1.0), 4.0 * e / (1.0 + e) ** 2


def concerted_coupling_window_eV(parameters: MeanFieldParameters) -> tuple[np.ndarray, np.ndarray]:
    """Couplings M0 between which the type-I transition lies above T_p, eV.

    Below 2 K0 + 4 Lambda0/n0 (B = A) there is none, above 2 K0 exp(2 Lambda0/(n0 K0)) it lies below T_p. The upper
    end is inf without repulsion or beyond the largest float. Shape of the other parameters.
    """
    energy = np.asarray(parameters.polarization_energy_eV)
    lower = 4.0 * np.asarray(parameters.mean_barrier_eV) / parameters.filling
    exponent = np.divide(
        parameters.barrier_eV, energy, out=np.full(lower.shape, np.inf), where=np.broadcast_to(energy > 0, lower.shape)
    )
    with np.errstate(over="ignore"):
        upper = 4.0 * np.where(energy > 0.0, energy, 1.0) / parameters.filling * np.exp(exponent)
    return lower, upper


def minimum_filling(parameters: MeanFieldParameters) -> np.ndarray:
    """Filling 4 Lambda0/(M0 - 2 K0) above which a type-I transition exists, B > A; inf for M0 <= 2 K0.

    Values above 2 cannot be reached. The filling of the parameters plays no part. Shape of the three energies.
    """
    excess = np.asarray(parameters.concerted_coupling_eV - 2.0 * np.asarray(parameters.repulsion_eV))
    barrier, excess = np.broadcast_arrays(4.0 * np.asarray(parameters.barrier_eV), excess)
    return np.divide(barrier, excess, out=np.full(excess.shape, np.inf), where=excess > 0.0)


def activation_energy_limits_eV(parameters: MeanFieldParameters) -> ActivationEnergyLimits:
    """Local activation energy at T -> 0 and on both sides of T_p, Eq. (55) of Hu et al. (2026).

    With y = P0(T_p): [A - B y + 3 K/2]/(1 - B y/K) below and [A - B y]/(1 - B y/K) above.
    """
    shape = parameters.shape
    energy = np.broadcast_to(parameters.polarization_energy_eV, shape)
    ordered = np.where(energy > 0.0, energy, 1.0)
    at_transition = solve(ordered / BOLTZMANN_eV_PER_K, parameters, polarization="zero")
    drop = parameters.concerted_energy_eV * at_transition.hopping_probability
    drop = np.where(energy > 0.0, drop, np.nan)
    gain = 1.0 - drop / ordered
    numerator = parameters.mean_barrier_eV - drop
    nan = np.full(shape, np.nan)
    return ActivationEnergyLimits(
        zero_temperature_eV=np.where(
            np.asarray(parameters.filling) > 1.0, np.nan, parameters.barrier_eV + 2.0 * energy
        ),
        below_transition_eV=np.divide(numerator + 1.5 * energy, gain, out=nan.copy(), where=gain != 0.0),
        above_transition_eV=np.divide(numerator, gain, out=nan.copy(), where=gain != 0.0),
    )


def transition_sensitivities(
    parameters: MeanFieldParameters,
    *,
    barrier: Barrier = "repulsive",
    polarization: Polarization = "self_consistent",
) -> dict[str, dict[str, np.ndarray]]:
    """Logarithmic derivatives of both transition temperatures by the parameters (Table I made quantitative).

    By implicit differentiation of the criterion, with w = T_p/T_I gamma^2/(1 - (T_p/T_I)(1-gamma^2)) below T_p and 0
    above it:

        (A/kT_I - 1 + w) dln T_I = dA/kT_I - dln B + w dln K.

    Returns
    -------
    {"concerted": T_I, "polarization": T_p}, each a dictionary by parameter name, arrays of the shape of the
    parameters; NaN for T_I where there is no transition.

    Raises
    ------
    ValueError
        An option is not known.
    """
    transition = concerted_transition(parameters, barrier=barrier, polarization=polarization)
    shape = parameters.shape
    repulsive = barrier == "repulsive"
    exists = np.isfinite(transition.temperature_K) & (transition.temperature_K > 0.0)
    thermal = np.where(exists, BOLTZMANN_eV_PER_K * transition.temperature_K, 1.0)
    single = parameters.barrier_eV / thermal
    repulsion = parameters.polarization_energy_eV / thermal
    height = single + repulsion if repulsive else single
    gamma = np.where(exists, transition.polarization, 0.0)
    ordering = (1.0 if repulsive else 2.0) * repulsion * ordering_factor(repulsion - 1.0, gamma)
    by_repulsion = ordering + (repulsion if repulsive else 0.0)
    stiffness = np.where(exists, height - 1.0 + ordering, np.nan)
    ones, zeros = np.ones(shape), np.zeros(shape)
    return {
        "concerted": {
            "barrier_eV": single / stiffness,
            "repulsion_eV": by_repulsion / stiffness,
            "filling": (by_repulsion - 1.0) / stiffness,
            "concerted_coupling_eV": -1.0 / stiffness,
        },
        "polarization": {
            "barrier_eV": zeros,
            "repulsion_eV": ones,
            "filling": ones.copy(),
            "concerted_coupling_eV": zeros.copy(),
        },
    }
