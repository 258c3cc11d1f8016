"""Averages over phonon channels and their initial phases: hopping matrix, escape rates and densities in a window.

Each channel is a static hopping matrix that acts once per period (module `phonon_channels`); an ion spends a window
tau in one channel, and what is observed is the average over channels. Hopping matrices act on columns of densities,
frequencies are ordinary ones (1 THz is one kick per ps), and leading axes "..." are carried through.

Source: J. Hu, Z. Guo, J. Liang, B. Monserrat, "Microscopic Theory of Superionic Phase Transitions",
arXiv:2604.00665 (2026), Sec. II B, Eqs. (4)-(9).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.kick_sequences import KICK_COUNT_TOLERANCE
from superion.stochastic_matrices import (
    COLUMN_SUM_TOLERANCE,
    close_columns,
    leaving_probability,
    square_matrices,
    stochastic_matrices,
)
from superion.validity import finite_array, one_of

__all__ = [
    "averaged_hopping_matrix",
    "conservation_error",
    "equilibrium_hopping_matrix",
    "escape_rate_per_ps",
    "evolve",
    "initial_escape_rate_per_ps",
    "saturated_escape_rate_per_ps",
]

Phases = Literal["floor", "random"]

_BLOCK_DOUBLES = 2**22  # of matrix powers at once, 32 MiB
_LARGEST_KICK_EXPONENT = 1200  # kick numbers up to 2^1200: any rate that floating point can hold


def averaged_hopping_matrix(
    matrices: ArrayLike,
    frequencies_THz: ArrayLike,
    durations_ps: ArrayLike,
    *,
    phases: Phases = "random",
    weights: ArrayLike | None = None,
) -> NDArray:
    """Hopping matrix P(tau) of a window, (..., T, N, N). Hu et al. (2026), Eq. (7).

    The average over modes of P_m to the number of kicks in the window. It is not a semigroup: P(2 tau) differs from
    P(tau)^2, because each window is spent in one channel. Modes that drive no hop dilute the rates; weights over
    active modes, or leaving the inert ones out, avoid that.

    Parameters
    ----------
    matrices : (..., M, N, N) static hopping matrices, columns summing to one
    frequencies_THz : (M,) ordinary frequencies nu_m above 0
    durations_ps : (T,) windows tau, at least 0
    phases : "random" (corrected): initial phases uniform over a period, so that a window holds floor(nu tau) kicks,
        or one more with the fractional part of nu tau as probability; linear in tau from zero on.
        "floor" (printed): floor(nu tau) kicks; the rate over tau is a sawtooth, too low by up to 1/(nu tau).
        A kick due less than 1e-9 tau after the end of the window counts: rounding of nu tau loses no whole period.
    weights : (M,) weight of every mode, at least 0 and of sum 1; 1/M as printed unless given

    Raises
    ------
    ValueError
        Shapes do not fit, columns or weights do not sum to one, a frequency is not above 0, a duration is negative,
        or the option is unknown.
    """
    matrix, frequency, weight = _channels(matrices, frequencies_THz, weights)
    count, fraction = _kick_counts(frequency, _durations("durations_ps", durations_ps, at_least=0), phases)
    lead, (n_modes, n_sites) = matrix.shape[:-3], matrix.shape[-3:-1]
    n_durations = count.shape[1]
    flat = matrix.reshape(-1, n_modes, n_sites, n_sites)
    total = np.zeros((len(flat), n_durations, n_sites, n_sites))
    block = max(1, _BLOCK_DOUBLES // max(1, total.size))
    for first in range(0, n_modes, block):
        part = slice(first, first + block)
        base = flat[:, part]
        power = _matrix_powers(base, count[part])
        if phases == "random":
            share = fraction[part, :, None, None]
            power = (1.0 - share) * power + share * (base[:, :, None] @ power)
        total += np.einsum("m,lmtij->ltij", weight[part], power)
    close_columns(total)
    return total.reshape(*lead, n_durations, n_sites, n_sites)


def conservation_error(matrices: ArrayLike, frequencies_THz: ArrayLike, durations_ps: ArrayLike) -> NDArray:
    """Largest |sum over j of P_ji(tau) - 1| of the averaged hopping matrix, (..., T). Hu et al. (2026), Eq. (9).

    Kicks counted as printed, powers by plain squaring of the matrices: nothing is normalised on the way, so that lost
    ions would show. Arguments and errors as in `averaged_hopping_matrix`.
    """
    base, frequency, weight = _channels(matrices, frequencies_THz, None)
    count, _ = _kick_counts(frequency, _durations("durations_ps", durations_ps, at_least=0), "floor")
    left, base = count.copy(), base[..., None, :, :]
    power = np.broadcast_to(np.eye(base.shape[-1]), (*base.shape[:-3], count.shape[1], *base.shape[-2:]))
    while left.any():
        power = np.where((left % 2 == 1)[..., None, None], power @ base, power)
        left //= 2
        base = base @ base
    return np.abs(np.einsum("m,...mtij->...tj", weight, power) - 1).max(-1)


def escape_rate_per_ps(matrix: ArrayLike, durations_ps: ArrayLike) -> NDArray:
    """Escape rate (1 - P_ii(tau))/tau of every site over a window in 1/ps, (..., T, N).

    Text after Eq. (9) of Hu et al. (2026). It is constant only for windows long against the period and short against
    the inverse rate; beyond, it falls as 1/tau, see `saturated_escape_rate_per_ps`.

    Parameters
    ----------
    matrix : (..., T, N, N) P(tau); summed off the diagonal, so that slow rates keep their digits
    durations_ps : (T,) windows tau above 0

    Raises
    ------
    ValueError
        Shapes do not fit, or a duration is not above 0.
    """
    full = square_matrices("matrix", matrix)
    duration = _durations("durations_ps", durations_ps, above=0)
    if full.ndim < 3 or full.shape[-3] != duration.size:
        raise ValueError(f"matrix must have shape (..., {duration.size}, N, N), got {full.shape!r}")
    return leaving_probability(full) / duration[:, None]


def initial_escape_rate_per_ps(
    matrices: ArrayLike, frequencies_THz: ArrayLike, weights: ArrayLike | None = None
) -> NDArray:
    """Escape rate of every site before any return, the sum over modes of w_m nu_m (1 - P_ii) in 1/ps, (..., N).

    The plateau that the rate over a window has while few ions hopped. With one mode and a constant density it is
    nu exp(-barrier/kT), the attempt frequency being nu. Arguments and errors as in `averaged_hopping_matrix`.
    """
    matrix, frequency, weight = _channels(matrices, frequencies_THz, weights)
    return np.einsum("m,...mi->...i", weight * frequency, leaving_probability(matrix))


def equilibrium_hopping_matrix(matrices: ArrayLike, weights: ArrayLike | None = None) -> NDArray:
    """Hopping matrix of an infinite window, (..., N, N): the average of every channel's own stationary projector.

    Modes whose stationary densities differ keep them: the average is not the projector of one density. A channel
    without a limit (an ion that must hop at every kick) enters with its mean over kicks; one that falls into parts,
    or drives no hop, keeps what it cannot mix. Arguments as in `averaged_hopping_matrix`.

    Raises
    ------
    ValueError
        As `averaged_hopping_matrix`, or the powers of a channel do not settle, as can happen with a negative diagonal.
    """
    matrix, _, weight = _channels(matrices, None, weights)
    # The mean with the unit matrix has the same projector and cannot oscillate.
    power = 0.5 * matrix
    close_columns(power)
    # Slow hops double at each squaring until they settle, so their change counts relative to themselves;
    # the diagonal is a difference from 1 and counts absolutely.
    absolute = 1e-12 * np.eye(power.shape[-1])
    for _ in range(_LARGEST_KICK_EXPONENT):
        square = power @ power
        close_columns(square)
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
    close_columns(average)
    return average


def saturated_escape_rate_per_ps(
    matrices: ArrayLike, durations_ps: ArrayLike, weights: ArrayLike | None = None
) -> NDArray:
    """Escape rate of every site in windows so long that every channel has settled, in 1/ps, (..., T, N).

    (1 - P_ii of an infinite window)/tau: the rate of Hu et al. (2026) does not stay constant, but ends so.
    Arguments and errors as in `equilibrium_hopping_matrix` and `escape_rate_per_ps`.
    """
    duration = _durations("durations_ps", durations_ps, above=0)
    return leaving_probability(equilibrium_hopping_matrix(matrices, weights))[..., None, :] / duration[:, None]


def evolve(
    matrices: ArrayLike,
    frequencies_THz: ArrayLike,
    initial_density: ArrayLike,
    times_ps: ArrayLike,
    *,
    phases: Phases = "random",
    weights: ArrayLike | None = None,
) -> tuple[NDArray, NDArray]:
    """Ionic density through one window, channel by channel and on average. Hu et al. (2026), Eqs. (4)-(8), Fig. 2.

    The average at the end of a window is the initial density of the next, in all channels.

    Parameters
    ----------
    matrices, frequencies_THz, phases, weights : as `averaged_hopping_matrix`
    initial_density : (..., N) density on every site, broadcast against the leading axes of the matrices
    times_ps : (T,) times since the start of the window, at least 0

    Returns
    -------
    channel_density (..., M, T, N), average_density (..., T, N)

    Raises
    ------
    ValueError
        As `averaged_hopping_matrix`, or the initial density does not fit or is not finite.
    """
    matrix, frequency, weight = _channels(matrices, frequencies_THz, weights)
    count, fraction = _kick_counts(frequency, _durations("times_ps", times_ps, at_least=0), phases)
    start = finite_array("initial_density", initial_density)
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
            close_columns(base)
    if phases == "random":
        share = fraction[..., None]
        density = (1.0 - share) * density + share * (density @ np.swapaxes(matrix, -1, -2))
    return density, np.einsum("m,...mti->...ti", weight, density)


def _matrix_powers(base: NDArray, count: NDArray) -> NDArray:
    """Matrices (L, M, N, N) to integer powers (M, T) by repeated squaring: (L, M, T, N, N)."""
    n_lead, n_modes, n_sites, _ = base.shape
    result = np.zeros((n_lead, n_modes, count.shape[1], n_sites, n_sites))
    site = np.arange(n_sites)
    result[..., site, site] = 1.0
    remaining = count.copy()
    while np.any(remaining):
        mode, duration = np.nonzero(remaining & 1)
        if mode.size:
            result[:, mode, duration] = base[:, mode] @ result[:, mode, duration]
        remaining >>= 1
        if np.any(remaining):
            base = base @ base
            close_columns(base)
    return result


def _kick_counts(frequency: NDArray, duration: NDArray, phases: str) -> tuple[NDArray, NDArray]:
    """Whole kicks (M, T) and the fractional part of nu tau (M, T)."""
    one_of("phases", phases, ("floor", "random"))
    periods = frequency[:, None] * duration
    if np.any(periods > 2.0**53):
        raise ValueError(
            f"durations_ps must hold fewer than 2**53 periods of every mode, got {float(periods.max())!r} periods"
        )
    whole = np.floor(periods * (1.0 + KICK_COUNT_TOLERANCE))
    return whole.astype(np.int64), np.maximum(periods - whole, 0.0)


def _channels(
    matrices: ArrayLike, frequencies_THz: ArrayLike | None, weights: ArrayLike | None
) -> tuple[NDArray, NDArray, NDArray]:
    matrix = stochastic_matrices("matrices", matrices)
    if matrix.ndim < 3 or matrix.shape[-3] == 0:
        raise ValueError(f"matrices must have shape (..., M, N, N) with at least one mode, got {matrix.shape!r}")
    n_modes = matrix.shape[-3]
    frequency = finite_array(
        "frequencies_THz", np.ones(n_modes) if frequencies_THz is None else frequencies_THz, above=0
    )
    weight = finite_array("weights", np.full(n_modes, 1.0 / n_modes) if weights is None else weights, at_least=0)
    for name, array in (("frequencies_THz", frequency), ("weights", weight)):
        if array.shape != (n_modes,):
            raise ValueError(f"{name} must have one value per mode ({n_modes}), got shape {array.shape!r}")
    if abs(weight.sum() - 1.0) > COLUMN_SUM_TOLERANCE:
        raise ValueError(f"weights must sum to 1 (ions are conserved), got {float(weight.sum())!r}")
    return matrix, frequency, weight


def _durations(name: str, value: ArrayLike, **bounds: float) -> NDArray:
    duration = finite_array(name, value, **bounds)
    if duration.ndim != 1:
        raise ValueError(f"{name} must be a list (T,), got shape {duration.shape!r}")
    return duration
