"""Eigenvalues, decay rates, frequencies and group velocities of ionic density waves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.hopping import hopping_matrix, hopping_matrix_gradient
from superion.lattice import Lattice
from superion.validity import finite_array

__all__ = ["DensityWaveSpectrum", "density_wave_spectrum"]

ROUNDING = 1e-13  # imaginary part of an eigenvalue that stands for 0
DEGENERACY_TOLERANCE = 1e-9  # eigenvalues closer than this share their eigenvectors: no velocity of their own
LARGEST_CONDITION = 1e6  # of an eigenvalue; the velocity then has four digits left


@dataclass(frozen=True)
class DensityWaveSpectrum:
    """Eigenmodes of P_k, branches sorted at each k by falling real part of the eigenvalue, also where they cross.

    Attributes
    ----------
    eigenvalue : (..., K, N) complex, p
    right, left : (..., K, N, N) complex; right[..., :, n] is the density pattern u of branch n, normalised to a
        unit sum of squares, left[..., n, :] its dual, so that left @ right = 1
    group_velocity : (..., K, N, d), the drift velocity of a wave packet in length per time step, positive along
        the motion of the ions whatever the Fourier sign
    degenerate : (..., K, N) bool, where another branch has the same eigenvalue and the velocity is not defined
    time_step : tau, in the unit of time that rates are wanted in
    """

    eigenvalue: NDArray
    right: NDArray
    left: NDArray
    group_velocity: NDArray
    degenerate: NDArray
    time_step: float

    @property
    def decay_rate(self) -> NDArray:
        """Kappa = (1 - |p|)/tau, Hu et al. (2026), below Eq. (15)."""
        return (1 - np.abs(self.eigenvalue)) / self.time_step

    @property
    def frequency(self) -> NDArray:
        """Omega = arg(p)/tau, Hu et al. (2026), below Eq. (15); pi/tau on a branch with p < 0."""
        return np.angle(self.eigenvalue) / self.time_step


def density_wave_spectrum(
    lattice: Lattice,
    probability: ArrayLike,
    wave_vectors: ArrayLike,
    *,
    fourier_sign: Literal[-1, 1] = -1,
    time_step: float = 1.0,
    allow_negative: bool = False,
) -> DensityWaveSpectrum:
    """Solve P_k u = p u along wave vectors. Hu et al. (2026), Eqs. (14), (15).

    Parameters
    ----------
    probability : (..., H) hop probabilities, dressed by the field where there is one
    wave_vectors : (K, d)
    fourier_sign, allow_negative : as in `superion.hopping.hopping_matrix`
    time_step : tau above 0

    Raises
    ------
    ValueError
        As `superion.hopping.hopping_matrix`, or the time step is not above 0.
    """
    finite_array("time_step", time_step, above=0)
    matrix = hopping_matrix(
        lattice, probability, wave_vectors, fourier_sign=fourier_sign, allow_negative=allow_negative
    )
    value, right = np.linalg.eig(matrix)
    # Eigenvalues of a real spectrum are real: rounding would throw arg p of negative ones to +pi or -pi.
    value = np.where(np.abs(value.imag) < ROUNDING, value.real, value)
    order = np.lexsort((value.imag, -np.round(value.real, 12)), axis=-1)
    value = np.take_along_axis(value, order, -1)
    right = np.take_along_axis(right, order[..., None, :], -1)
    # A common phase is free: make the largest component of each pattern real and positive.
    pivot = np.take_along_axis(right, np.abs(np.round(right, 9)).argmax(-2)[..., None, :], -2)
    right = right * (np.abs(pivot) / pivot)
    left = _dual(right)
    gradient = hopping_matrix_gradient(lattice, probability, wave_vectors, fourier_sign=fourier_sign)
    slope = np.einsum("...kna,...kdan->...knd", left, gradient @ right[..., None, :, :])
    with np.errstate(divide="ignore", invalid="ignore"):
        velocity = fourier_sign * (slope / value[..., None]).imag / time_step
    gap = np.abs(value[..., :, None] - value[..., None, :]) + np.diag(np.full(lattice.site_count, np.inf))
    # Where branches merge and share their pattern too, rounding parts them by the root of what it is elsewhere.
    merging = np.linalg.norm(left, axis=-1) > LARGEST_CONDITION
    degenerate = (gap.min(-1) < DEGENERACY_TOLERANCE) | merging
    # A branch that decays within one step (p = 0) has no phase and so no velocity.
    undefined = degenerate | (np.abs(value) < DEGENERACY_TOLERANCE)
    velocity = np.where(undefined[..., None], np.nan, velocity)
    return DensityWaveSpectrum(value, right, left, velocity, undefined, time_step)


def _dual(right: NDArray) -> NDArray:
    """Inverse of the eigenvectors; the pseudo-inverse where merged branches share one."""
    try:
        return np.linalg.inv(right)
    except np.linalg.LinAlgError:
        return np.linalg.pinv(right)
