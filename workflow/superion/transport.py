"""Diffusion, drift and conductivity of any lattice from second-order perturbation theory at the Gamma point.

Near k = 0 the stable eigenvalue of P_k is p = 1 - tau k.D.k - i tau k.v. Its curvature is the diffusion tensor and
its slope in a field the drift velocity, so no sum over the Brillouin zone is needed. Both depend on the hop
probabilities alone, and are defined also where a step is so long that the diagonal of P is negative. Hops that drive
a current by themselves move ions a fixed way each step, which is no diffusion: the square of the drift is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.hopping import FieldSplit, dressed_probability, field_share, hop_array, hopping_matrix
from superion.lattice import Lattice
from superion.stochastic_matrices import leaving_probability, square_matrices
from superion.units import BOLTZMANN_J_PER_K, ELEMENTARY_CHARGE_C
from superion.validity import finite_array

__all__ = [
    "DiffusionTensor",
    "diffusion_tensor",
    "drift_mobility",
    "drift_velocity",
    "einstein_ratio",
    "nernst_einstein_conductivity_S_per_cm",
    "series_diffusion",
    "stationary_population",
]

_SINGULAR = 1e14  # condition number of equations whose solution is rounding alone


def stationary_population(matrix: ArrayLike) -> NDArray:
    """Stationary populations pi (..., N) of Gamma-point hopping matrices: P pi = pi, sum pi = 1.

    Elimination of site after site without a subtraction (W. K. Grassmann, M. I. Taksar, D. P. Heyman, Oper. Res. 33,
    1107 (1985)) uses the elements off the diagonal alone: populations and hops of any smallness keep their digits.

    Parameters
    ----------
    matrix : (..., N, N), elements [destination, origin]

    Raises
    ------
    ValueError
        The shape does not fit, or there are several sets of sites that no hop joins, so that pi is not unique.
    """
    rates = square_matrices("matrix", matrix).copy()
    count = rates.shape[-1]
    stuck = np.zeros(rates.shape[:-2], bool)
    for site in range(count - 1, 0, -1):
        leaving = rates[..., :site, site].sum(-1)
        stuck |= leaving == 0  # the site keeps its ions: no way on in this order of elimination
        rates[..., site, :site] /= np.where(leaving > 0, leaving, 1)[..., None]
        rates[..., :site, :site] += rates[..., :site, site, None] * rates[..., site, None, :site]
    population = np.zeros(rates.shape[:-1])
    population[..., 0] = 1
    for site in range(1, count):
        population[..., site] = (rates[..., site, :site] * population[..., :site]).sum(-1)
    if np.any(stuck):
        population[stuck] = _solved_population(np.asarray(matrix, float)[stuck])
    return population / population.sum(-1, keepdims=True)


def _solved_population(matrix: NDArray) -> NDArray:
    """Stationary populations (M, N) from linear equations, for sites that hops may reach but not leave."""
    outflow, scale = _outflow(matrix)
    uniform = np.full(matrix.shape[-1], 1 / matrix.shape[-1])
    equations = outflow / scale[..., None, None] + uniform[:, None]
    if np.any(np.linalg.cond(equations) > _SINGULAR):
        raise ValueError("matrix must have hops that join all sites, got sets of sites that no hop joins")
    return np.linalg.solve(equations, np.broadcast_to(uniform, matrix.shape[:-1])[..., None])[..., 0]


def _outflow(matrix: NDArray) -> tuple[NDArray, NDArray]:
    """Exact 1 - P (..., N, N) of a diagonal close to 1, and its largest element (...), or 1 where that is 0."""
    leaving = leaving_probability(matrix)
    unit = np.eye(matrix.shape[-1])
    outflow = unit * leaving[..., None, :] - np.where(unit > 0, 0.0, matrix)
    largest = leaving.max(-1)
    return outflow, np.where(largest > 0, largest, 1.0)


@dataclass(frozen=True)
class _Perturbation:
    """What the second order at Gamma is made of; sums over hops, elements [direction, site]."""

    population: NDArray  # (..., N)
    drift: NDArray  # (..., d) mean displacement a step
    direct: NDArray  # (..., d, d) mean square displacement a step
    leaving: NDArray  # (..., d, N) mean displacement of a hop that leaves the site
    arriving: NDArray  # (..., d, N) the same of one that arrives, weighted with the populations
    matrix: NDArray  # (..., N, N)

    @property
    def response(self) -> NDArray:
        """Group inverse of 1 - P (..., N, N): the response of all decaying modes."""
        outflow, scale = _outflow(self.matrix)
        projector = self.population[..., :, None] * np.ones(self.matrix.shape[-1])
        scale = scale[..., None, None]
        return np.linalg.inv(outflow + scale * projector) - projector / scale


def _perturbation(lattice: Lattice, probability: NDArray) -> _Perturbation:
    sets = np.unique(lattice.components())
    if sets.size > 1:
        apart = ", ".join(repr(lattice.site_names[site]) for site in sets)
        raise ValueError(f"no hop joins the sets of sites around {apart}: treat each set as a lattice of its own")
    probability = hop_array(lattice, probability)
    matrix = hopping_matrix(lattice, probability, allow_negative=True)
    population = stationary_population(matrix)
    flow = probability * population[..., lattice.origin]
    d, sites = lattice.displacement, np.arange(lattice.site_count)
    return _Perturbation(
        population,
        flow @ d,
        _sum_over_hops(flow, d[:, :, None] * d[:, None, :]),
        _sum_over_hops(probability, d[:, :, None] * (lattice.origin[:, None, None] == sites)),
        _sum_over_hops(flow, d[:, :, None] * (lattice.destination[:, None, None] == sites)),
        matrix,
    )


def _sum_over_hops(weight: NDArray, value: NDArray) -> NDArray:
    """Sum of weight (..., H) times value (H, m, n) as one product of matrices."""
    return (weight @ value.reshape(len(value), -1)).reshape(*weight.shape[:-1], *value.shape[1:])


@dataclass(frozen=True)
class DiffusionTensor:
    """Diffusion tensor in length^2 per time step, and its parts.

    Attributes
    ----------
    direct : (..., d, d), mean square of independent hops
    correction : (..., d, d), correlation of successive hops through unequal sites (pseudo-inverse term)
    ballistic : (..., d, d), minus half the square of the drift in a step; 0 in detailed balance
    population : (..., N), stationary populations
    """

    direct: NDArray
    correction: NDArray
    ballistic: NDArray
    population: NDArray

    @property
    def total(self) -> NDArray:
        """Symmetric, positive semidefinite tensor D (..., d, d)."""
        return self.direct + self.correction + self.ballistic


def diffusion_tensor(lattice: Lattice, probability: ArrayLike, *, time_step: float = 1.0) -> DiffusionTensor:
    """Diffusion tensor of one ion from the curvature of the stable branch at Gamma.

    D = (1/2 tau) [sum pi P d d + 1^T X_mu G X_nu pi + 1^T X_nu G X_mu pi - v_mu v_nu], v the displacement in a step,
    so that |p| = 1 - tau k.D.k also where hops drive a current by themselves. For the two-site chain this is the
    P0 (1 - gamma^2) a^2/8 tau of Hu et al. (2026), Eq. (27), whatever the a-b distance.

    Parameters
    ----------
    probability : (..., H) hop probabilities without field
    time_step : tau above 0

    Raises
    ------
    ValueError
        Probabilities that are negative, not finite or not one a hop; sites that no hop joins; no time step above 0.
    """
    time_step = float(finite_array("time_step", time_step, above=0))
    of = _perturbation(lattice, probability)
    half = of.leaving @ of.response @ np.swapaxes(of.arriving, -1, -2)
    correction = half + np.swapaxes(half, -1, -2)
    ballistic = -of.drift[..., :, None] * of.drift[..., None, :]
    double = 2 * time_step
    return DiffusionTensor(of.direct / double, correction / double, ballistic / double, of.population)


def series_diffusion(lattice: Lattice, probability: ArrayLike) -> NDArray:
    """Diffusion coefficient (...) of a chain in detailed balance from its bonds in series, a^2/sum 1/(pi P).

    Length^2 per time step; an independent route to `diffusion_tensor`, as for conductors one after the other.

    Raises
    ------
    ValueError
        A lattice that is no chain: another dimension, or sites with other than two hops.
    """
    if lattice.dimension != 1 or np.any(lattice.coordination != 2):
        raise ValueError(
            f"lattice must be a chain with two hops a site, got coordinations {lattice.coordination.tolist()!r}"
        )
    of = _perturbation(lattice, probability)
    flow = np.asarray(probability, float) * of.population[..., lattice.origin]
    return lattice.volume**2 / (1 / flow[..., lattice.displacement[:, 0] > 0]).sum(-1)


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
    field_split : share s of the drop that lowers a barrier, see `superion.hopping.FIELD_SHIFT`

    Raises
    ------
    ValueError
        As `diffusion_tensor`, or a field that does not fit the lattice or is not finite, or an unknown split.
    """
    time_step = float(finite_array("time_step", time_step, above=0))
    return _perturbation(lattice, dressed_probability(lattice, probability, field, field_split)).drift / time_step


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
    relation and s = 1 (paper) its double. Arguments and errors as in `drift_velocity`.
    """
    time_step = float(finite_array("time_step", time_step, above=0))
    field = np.zeros(lattice.dimension) if field is None else field
    of = _perturbation(lattice, dressed_probability(lattice, probability, field, field_split))
    # The field moves probability off the diagonal too, hence the second term.
    change = of.arriving - of.leaving * of.population[..., None, :]
    correction = of.leaving @ of.response @ np.swapaxes(change, -1, -2)
    return field_share(field_split) * (of.direct + correction) / time_step


def einstein_ratio(lattice: Lattice, probability: ArrayLike, *, field_split: FieldSplit = "thermodynamic") -> NDArray:
    """Mobility times kT/Z over the diffusion coefficient, traces of both (...): 1 if the Einstein relation holds.

    NaN where ions do not diffuse at all.
    """
    mobility = drift_mobility(lattice, probability, field_split=field_split)
    diffusion = diffusion_tensor(lattice, probability).total
    mobility, diffusion = (np.trace(tensor, axis1=-2, axis2=-1) for tensor in (mobility, diffusion))
    return np.divide(mobility, diffusion, out=np.full(diffusion.shape, np.nan), where=diffusion > 0)[()]


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
    temperature_K : above 0
    charge_number : Z in units of the elementary charge

    Raises
    ------
    ValueError
        A value not finite, a negative filling, or a volume or temperature not above 0.
    """
    charge_C = charge_number * ELEMENTARY_CHARGE_C
    mobility_m2_per_s = finite_array("mobility_A2_per_ps", mobility_A2_per_ps) * 1e-8  # 1e-20 m^2 / 1e-12 s
    volume_m3 = finite_array("cell_volume_A3", cell_volume_A3, above=0) * 1e-30
    density_per_m3 = finite_array("filling", filling, at_least=0) / volume_m3
    thermal_energy_J = BOLTZMANN_J_PER_K * finite_array("temperature_K", temperature_K, above=0)
    return density_per_m3 * charge_C**2 * mobility_m2_per_s / thermal_energy_J / 100  # S/m to S/cm
