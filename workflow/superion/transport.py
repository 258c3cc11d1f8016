"""Diffusion, drift and conductivity of any lattice from second-order perturbation theory at the Gamma point.

Near k = 0 the stable eigenvalue of P_k is p = 1 - tau k.D.k - i tau k.v. Its curvature is the diffusion tensor and
its slope in a field the drift velocity, so no sum over the Brillouin zone is needed. Both depend on the hop
probabilities per step as rates alone; a step too long for the diagonal of P to stay positive does not change them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.hopping import FieldSplit, _shift, dressed_probability, hopping_matrix
from superion.lattice import Lattice
from superion.units import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C

__all__ = [
    "DiffusionTensor",
    "diffusion_tensor",
    "drift_mobility",
    "drift_velocity",
    "einstein_ratio",
    "nernst_einstein_conductivity_S_per_cm",
    "stationary_population",
]


def stationary_population(matrix: ArrayLike) -> NDArray:
    """Stationary populations pi (..., N) of a Gamma-point hopping matrix (..., N, N): P pi = pi, sum pi = 1.

    Raises
    ------
    numpy.linalg.LinAlgError
        Several sets of sites that no hop joins, so that pi is not unique.
    """
    matrix = np.asarray(matrix, float)
    count = matrix.shape[-1]
    uniform = np.full(count, 1 / count)
    return np.linalg.solve(
        np.eye(count) - matrix + uniform[:, None], np.broadcast_to(uniform, matrix.shape[:-1])[..., None]
    )[..., 0]


def _gamma_matrix(lattice: Lattice, probability: NDArray) -> NDArray:
    sets = np.unique(lattice.components())
    if sets.size > 1:
        apart = ", ".join(repr(lattice.site_names[site]) for site in sets)
        raise ValueError(f"no hop joins the sets of sites around {apart}: treat each set as a lattice of its own")
    if not np.all(probability >= 0):
        raise ValueError(f"hop probabilities must be numbers of at least 0, got {probability.min()!r}")
    return hopping_matrix(lattice, probability, allow_negative=True)


def _pseudo_inverse(matrix: NDArray, population: NDArray) -> NDArray:
    """Group inverse G = (1 - P + pi 1^T)^-1 - pi 1^T of 1 - P: the response of all decaying modes."""
    projector = population[..., :, None] * np.ones(matrix.shape[-1])
    return np.linalg.inv(np.eye(matrix.shape[-1]) - matrix + projector) - projector


def _moments(lattice: Lattice, probability: NDArray) -> NDArray:
    """X_mu (..., d, N, N): first moments of the hop displacements, elements [destination, origin]."""
    count = lattice.site_count
    scatter = np.zeros((lattice.hop_count, count * count))
    scatter[np.arange(lattice.hop_count), lattice.destination * count + lattice.origin] = 1
    moments = (probability[..., None, :] * lattice.displacement.T) @ scatter
    return moments.reshape(*moments.shape[:-1], count, count)


@dataclass(frozen=True)
class DiffusionTensor:
    """Diffusion tensor in length^2 per time step, and its two parts.

    Attributes
    ----------
    direct : (..., d, d), mean square of independent hops
    correction : (..., d, d), backward correlation of successive hops through unequal sites (pseudo-inverse term)
    population : (..., N), stationary populations
    """

    direct: NDArray
    correction: NDArray
    population: NDArray

    @property
    def total(self) -> NDArray:
        """Symmetric, positive semidefinite tensor D (..., d, d)."""
        return self.direct + self.correction


def diffusion_tensor(lattice: Lattice, probability: ArrayLike, *, time_step: float = 1.0) -> DiffusionTensor:
    """Diffusion tensor of one ion from the curvature of the stable branch at Gamma.

    D = (1/2 tau) [sum pi P d d + 1^T X_mu G X_nu pi + 1^T X_nu G X_mu pi]; for the two-site chain this is the
    P0 (1 - gamma^2) a^2/8 tau of Hu et al. (2026), Eq. (27), whatever the a-b distance.

    Parameters
    ----------
    probability : (..., H) hop probabilities without field
    """
    probability = np.asarray(probability, float)
    matrix = _gamma_matrix(lattice, probability)
    population = stationary_population(matrix)
    flow = probability * population[..., lattice.origin]
    direct = np.einsum("...h,hm,hn->...mn", flow, lattice.displacement, lattice.displacement)
    moments = _moments(lattice, probability)
    inverse = _pseudo_inverse(matrix, population)
    half = np.einsum("...mba,...ac,...ncd,...d->...mn", moments, inverse, moments, population, optimize=True)
    correction = half + np.swapaxes(half, -1, -2)
    return DiffusionTensor(direct / (2 * time_step), correction / (2 * time_step), population)


def drift_velocity(
    lattice: Lattice,
    probability: ArrayLike,
    field: ArrayLike,
    *,
    field_split: FieldSplit = "thermodynamic",
    time_step: float = 1.0,
) -> NDArray:
    """Steady drift velocity (..., d) of an ion in a field of any strength, in length per time.

    Parameters
    ----------
    probability : (..., H) hop probabilities without field
    field : (..., d) reduced field f = ZE/kT in 1/length
    """
    dressed = dressed_probability(lattice, probability, field, field_split)
    population = stationary_population(_gamma_matrix(lattice, dressed))
    return (dressed * population[..., lattice.origin]) @ lattice.displacement / time_step


def drift_mobility(
    lattice: Lattice,
    probability: ArrayLike,
    field: ArrayLike | None = None,
    *,
    field_split: FieldSplit = "thermodynamic",
    time_step: float = 1.0,
) -> NDArray:
    """Differential mobility dv_mu/df_nu (..., d, d) at a field, in closed form; without field if None.

    Times Z/kT this is the mobility dv/dE. Without field it is 2 s D, with s = 1/2 (thermodynamic) the Einstein
    relation and s = 1 (paper) its double.
    """
    probability = np.asarray(probability, float)
    field = np.zeros(lattice.dimension) if field is None else np.asarray(field, float)
    shift = _shift(field_split)
    dressed = dressed_probability(lattice, probability, field, field_split)
    matrix = _gamma_matrix(lattice, dressed)
    population = stationary_population(matrix)
    flow = dressed * population[..., lattice.origin]
    direct = np.einsum("...h,hm,hn->...mn", flow, lattice.displacement, lattice.displacement)
    moments = _moments(lattice, dressed)
    inverse = _pseudo_inverse(matrix, population)
    # dP/df_nu moves probability off the diagonal too: s (X_nu - diag(column sums)).
    leaving = moments.sum(-2)
    response = moments - leaving[..., :, None] * np.eye(lattice.site_count)
    shifted = np.einsum("...ac,...ncd,...d->...na", inverse, response, population, optimize=True)
    correction = np.einsum("...ma,...na->...mn", leaving, shifted)
    return shift * (direct + correction) / time_step


def einstein_ratio(lattice: Lattice, probability: ArrayLike, *, field_split: FieldSplit = "thermodynamic") -> NDArray:
    """Mobility times kT/Z over the diffusion coefficient, traces of both (...): 1 if the Einstein relation holds."""
    mobility = drift_mobility(lattice, probability, field_split=field_split)
    diffusion = diffusion_tensor(lattice, probability).total
    return np.trace(mobility, axis1=-2, axis2=-1) / np.trace(diffusion, axis1=-2, axis2=-1)


def nernst_einstein_conductivity_S_per_cm(
    mobility_A2_per_ps: ArrayLike,
    filling: ArrayLike,
    cell_volume_A3: ArrayLike,
    temperature_K: ArrayLike,
    charge_number: float = 1.0,
) -> NDArray:
    """Conductivity in S/cm from dv/df. Hu et al. (2026), Eqs. (38), (A8); equal to n Z^2 D/(V kT) where Einstein holds.

    Parameters
    ----------
    mobility_A2_per_ps : differential mobility dv/df of `drift_mobility`, in square angstrom per ps
    filling : mobile ions in a cell, n0
    cell_volume_A3 : volume of the cell (1D and 2D models: times the cross-section or layer distance)
    charge_number : Z in units of the elementary charge
    """
    charge = charge_number * ELEMENTARY_CHARGE_C
    mobility_m2_per_s = np.asarray(mobility_A2_per_ps, float) * 1e-8  # 1e-20 m^2 / 1e-12 s
    density_per_m3 = np.asarray(filling, float) / np.asarray(cell_volume_A3, float) * 1e30
    sigma_S_per_m = (
        density_per_m3 * charge**2 * mobility_m2_per_s / (BOLTZMANN_J_PER_K * np.asarray(temperature_K, float))
    )
    return sigma_S_per_m / 100
