"""Polarization and concerted-hopping mean fields of a superionic conductor.

Two mean fields act on the ions of the two-site chain. Repulsion K0 between neighbouring ions polarizes the two
sublattices, n_a, n_b = n0 (1 +- gamma)/2, below a critical temperature T_p. Concerted hopping, of strength M0, lowers
the barrier in proportion to the hopping probability P0 itself. Together they give

    gamma = tanh(K gamma / kT),                                        Eq. (50)
    P0 = exp(-[A - B P0 (1-gamma^2)] / kT) cosh(K gamma / kT),         Eq. (55)

with K = n0 K0/2, A = Lambda0 + K, B = n0 M0/4. `solve` returns every root at every point of whole arrays.

Source: J. Hu, Z. Guo, J. Liang, B. Monserrat, "Microscopic Theory of Superionic Phase Transitions",
arXiv:2604.00665 (2026), Sec. IV and Eq. (55).
"""

from __future__ import annotations

import enum
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from superion.units import thermal_energy_eV
from superion.validity import finite_array, integer_array, one_of

__all__ = [
    "Barrier",
    "MeanFieldParameters",
    "MeanFieldSolution",
    "Polarization",
    "Status",
    "activation_energy_eV",
    "branches",
    "check_forms",
    "ordering_factor",
    "polarization_transition_K",
    "residuals",
    "solve",
    "status_label",
]

Barrier = Literal["repulsive", "bare"]
Polarization = Literal["self_consistent", "zero"]
FloatOrArray = float | np.ndarray

_POINTS_PER_THREAD = 32768  # below this a second thread costs more than it saves


class Status(enum.IntFlag):
    """What limits a solution; the bits of `MeanFieldSolution.status`.

    Where a root does not exist its value is NaN and one of the first three bits is set.
    """

    OK = 0
    NO_SOLUTION = 1
    """Beyond the type-I transition: no hopping probability solves Eq. (55) at the stable polarization."""
    DEPOLARIZED_NO_SOLUTION = 2
    """The same at gamma = 0, which loses its root first."""
    NO_UPPER_ROOT = 4
    """Without concerted hopping (B = 0) the lower root is the only one."""
    MARGINAL = 8
    """Lower and upper root agree within rounding."""
    DOUBLE_OCCUPATION = 16
    """A site holds one ion or more on average, |gamma| >= 2/n0 - 1 with n0 > 1: excluded below Eq. (47)."""
    NOT_A_PROBABILITY = 32
    """P0 (1 + gamma) > 1: hopping off the crowded or empty sublattice, Eq. (48), is no probability."""
    STABLE_BRANCH = NO_SOLUTION | MARGINAL | DOUBLE_OCCUPATION | NOT_A_PROBABILITY
    """The bits that concern the stable branch."""


_LABELS = {
    Status.NO_SOLUTION: "no solution",
    Status.DEPOLARIZED_NO_SOLUTION: "no depolarized solution",
    Status.NO_UPPER_ROOT: "no upper root",
    Status.MARGINAL: "double root",
    Status.DOUBLE_OCCUPATION: "double occupation",
    Status.NOT_A_PROBABILITY: "not a probability",
}


def _checked(name: str, value: FloatOrArray, **bounds: float) -> FloatOrArray:
    array = finite_array(name, value, **bounds)
    return float(array) if array.ndim == 0 else array


@dataclass(frozen=True)
class MeanFieldParameters:
    """Energies and filling of the mean-field model; floats or arrays that broadcast against each other.

    Attributes
    ----------
    barrier_eV : Lambda0, barrier of a single ion in the adiabatic limit, eV, >= 0
    repulsion_eV : K0, repulsion between ions on neighbouring sites, Eq. (43), eV, >= 0
    filling : n0, ions per unit cell of two sites, 0 < n0 <= 2
    concerted_coupling_eV : M0, strength of concerted hopping, Eq. (52), eV, >= 0

    Raises
    ------
    ValueError
        A value is not finite or out of range, or the shapes do not broadcast.
    """

    barrier_eV: FloatOrArray
    repulsion_eV: FloatOrArray
    filling: FloatOrArray
    concerted_coupling_eV: FloatOrArray

    def __post_init__(self) -> None:
        """Check every value and keep floats or float arrays."""
        for name in ("barrier_eV", "repulsion_eV", "concerted_coupling_eV"):
            object.__setattr__(self, name, _checked(name, getattr(self, name), at_least=0))
        object.__setattr__(self, "filling", _checked("filling", self.filling, above=0, at_most=2))
        _broadcast_shape(self)

    @property
    def shape(self) -> tuple[int, ...]:
        """Common shape of the parameters."""
        return _broadcast_shape(self)

    @property
    def polarization_energy_eV(self) -> FloatOrArray:
        """K = n0 K0/2, eV: the thermal energy at T_p, Eq. (51)."""
        return self.filling * self.repulsion_eV / 2.0

    @property
    def mean_barrier_eV(self) -> FloatOrArray:
        """A = Lambda0 + n0 K0/2, eV: the barrier in Eq. (49)."""
        return self.barrier_eV + self.polarization_energy_eV

    @property
    def concerted_energy_eV(self) -> FloatOrArray:
        """B = n0 M0/4, eV: the drop of the barrier at P0 (1-gamma^2) = 1, Eq. (53)."""
        return self.filling * self.concerted_coupling_eV / 4.0


def _broadcast_shape(parameters: MeanFieldParameters, *others: FloatOrArray) -> tuple[int, ...]:
    names = ("barrier_eV", "repulsion_eV", "filling", "concerted_coupling_eV")
    shapes = [np.shape(getattr(parameters, name)) for name in names] + [np.shape(other) for other in others]
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        labels = (*names, "temperature_K")
        described = ", ".join(f"{name} {shape}" for name, shape in zip(labels, shapes, strict=False))
        raise ValueError(f"shapes must broadcast against each other, got {described}") from None


@dataclass(frozen=True, eq=False)
class MeanFieldSolution:
    """All roots of the mean-field equations at every point; arrays of one shape.

    The stable branch has the polarization gamma >= 0 of Eq. (50), its mirror image -gamma the same P0. The depolarized
    branch gamma = 0 is the stable one from T_p upwards and unstable below.

    Attributes
    ----------
    temperature_K : temperature, K
    polarization : gamma >= 0 of the stable branch
    hopping_probability : P0, lower root at the stable polarization
    hopping_probability_unstable : upper root (Lambert W_-1) there; inf where it exceeds the largest float
    depolarized_hopping_probability : lower root at gamma = 0
    depolarized_hopping_probability_unstable : upper root at gamma = 0
    reduced_conductivity : n0 P0 (1-gamma^2) on the stable branch: sigma T in units of Z^2 a^2/(4 V tau k), Eq. (38)
    status : bits of `Status`, uint8
    parameters : what was solved
    barrier_form : the reading of the barrier
    polarization_form : the reading of the polarization
    """

    temperature_K: np.ndarray
    polarization: np.ndarray
    hopping_probability: np.ndarray
    hopping_probability_unstable: np.ndarray
    depolarized_hopping_probability: np.ndarray
    depolarized_hopping_probability_unstable: np.ndarray
    reduced_conductivity: np.ndarray
    status: np.ndarray
    parameters: MeanFieldParameters
    barrier_form: Barrier
    polarization_form: Polarization

    @property
    def polarization_complement(self) -> np.ndarray:
        """1 - gamma of the stable branch with all its digits, also where gamma rounds to 1."""
        ratio = np.broadcast_to(
            self.parameters.polarization_energy_eV / thermal_energy_eV(self.temperature_K), self.polarization.shape
        )
        # gamma = tanh(u), u = gamma Tp/T: 1 - gamma = 2/(1 + exp(2u)); exp(-2u) keeps it from overflow.
        inverse = np.exp(-2.0 * self.polarization * ratio)
        return np.where(self.polarization > 0.0, 2.0 * inverse / (1.0 + inverse), 1.0)

    @property
    def polarization_loop_gain(self) -> np.ndarray:
        """Derivative t (1-gamma^2) of the right side of Eq. (50) by gamma: stable below 1, 0 where gamma is held."""
        if self.polarization_form == "zero":
            return np.zeros(self.polarization.shape)
        ratio = self.parameters.polarization_energy_eV / thermal_energy_eV(self.temperature_K)
        return ratio * (1.0 - self.polarization) * (1.0 + self.polarization)

    @property
    def depolarized_polarization_loop_gain(self) -> np.ndarray:
        """Gain t = T_p/T at gamma = 0: above 1 below T_p, where the depolarized branch is unstable."""
        ratio = self.parameters.polarization_energy_eV / thermal_energy_eV(self.temperature_K)
        return np.broadcast_to(ratio, self.polarization.shape)

    @property
    def hopping_loop_gain(self) -> np.ndarray:
        """Derivative B P0 (1-gamma^2)/kT of the right side of Eq. (55) by P0; stable below 1, 1 at T_I."""
        mobile_probability = self.reduced_conductivity / self.parameters.filling
        return self.parameters.concerted_energy_eV * mobile_probability / thermal_energy_eV(self.temperature_K)


def check_forms(barrier: str, polarization: str) -> None:
    """Raise ValueError unless both options are among `Barrier` and `Polarization`."""
    one_of("barrier", barrier, get_args(Barrier))
    one_of("polarization", polarization, get_args(Polarization))


def solve(
    temperature_K: FloatOrArray,
    parameters: MeanFieldParameters,
    *,
    barrier: Barrier = "repulsive",
    polarization: Polarization = "self_consistent",
    threads: int | None = None,
) -> MeanFieldSolution:
    """Solve Eqs. (50) and (55) of Hu et al. (2026) for all their branches.

    The results are accurate to rounding also at T_p, where roots merge and at low temperature, and do not depend on the
    number of threads or on where a point stands in the array. Memory: 49 bytes a point, and 8 more for each input that
    is neither a single value nor a contiguous array of the full shape.

    Parameters
    ----------
    temperature_K : temperature, K, > 0; broadcasts against the parameters
    parameters : energies and filling
    barrier : "repulsive" is Eq. (55), "bare" is Eq. (54) as printed, without K in the barrier and without cosh
    polarization : "self_consistent" is Eq. (50), "zero" holds gamma at 0
    threads : number of threads for large arrays; NUMBA_NUM_THREADS, or else all cores, by default

    Raises
    ------
    ValueError
        A temperature is not finite or <= 0, the shapes do not broadcast, or an option is not known.
    """
    check_forms(barrier, polarization)
    if threads is not None:
        integer_array("threads", threads, at_least=1)
    temperature = _checked("temperature_K", temperature_K, above=0)
    shape = _broadcast_shape(parameters, temperature)
    size = int(np.prod(shape))

    inputs, strides = [], np.empty(5, dtype=np.int64)
    for row, value in enumerate(
        (
            temperature,
            parameters.barrier_eV,
            parameters.repulsion_eV,
            parameters.filling,
            parameters.concerted_coupling_eV,
        )
    ):
        array = np.asarray(value)
        strides[row] = int(array.size != 1)
        flat = np.require(array if array.size == 1 else np.broadcast_to(array, shape), requirements="CA").reshape(-1)
        flat.flags.writeable = False  # one type for the compiled loop, whatever the user's array allows
        inputs.append(flat)
    outputs = [np.empty(size) for _ in range(6)]
    status = np.empty(size, dtype=np.uint8)
    _fill(tuple(inputs), strides, barrier == "repulsive", polarization == "self_consistent", outputs, status, threads)
    return MeanFieldSolution(
        np.broadcast_to(np.asarray(temperature), shape),
        *(output.reshape(shape) for output in outputs),
        status.reshape(shape),
        parameters,
        barrier,
        polarization,
    )


def _fill(inputs, strides, repulsive, self_consistent, outputs, status, threads) -> None:
    """Run the compiled loop over all points, in slices on several threads where there are many."""
    import numba  # costs half a second: only who solves pays

    from superion.self_consistency import fill_mean_fields

    def run(start: int, stop: int) -> None:
        fill_mean_fields(inputs, strides, repulsive, self_consistent, *outputs, status, start, stop)

    size = status.size
    workers = min(int(threads or numba.config.NUMBA_NUM_THREADS), max(1, size // _POINTS_PER_THREAD))
    if workers == 1:
        run(0, size)
        return
    edges = [size * k // workers for k in range(workers + 1)]
    with ThreadPoolExecutor(workers - 1) as pool:
        others = [pool.submit(run, start, stop) for start, stop in pairwise(edges[1:])]
        run(edges[0], edges[1])
        for other in others:
            other.result()


def polarization_transition_K(parameters: MeanFieldParameters) -> FloatOrArray:
    """Critical temperature T_p = n0 K0/2k of the polarization, K; Eq. (51). Shape of n0 K0."""
    return parameters.polarization_energy_eV / thermal_energy_eV(1.0)


def activation_energy_eV(solution: MeanFieldSolution) -> np.ndarray:
    """Local slope -d ln(sigma T)/d(1/kT) of the stable branch, eV, of the shape of the solution.

    With y = P0 (1-gamma^2), t = T_p/T:

        E = [A - B y + c K gamma^2 / (1 - t (1-gamma^2))] / (1 - B y/kT),

    c = 1 with the repulsive barrier; with the bare one A = Lambda0 and c = 2. Exactly at T_p it is the value of the
    upper side, and so it is where the roots of A = B touch; inf at a saddle-node, NaN where there is no solution.
    """
    parameters = solution.parameters
    repulsive = solution.barrier_form == "repulsive"
    thermal = thermal_energy_eV(solution.temperature_K)
    energy = parameters.polarization_energy_eV
    ordering = energy * ordering_factor((energy - thermal) / thermal, solution.polarization)
    barrier = parameters.mean_barrier_eV if repulsive else parameters.barrier_eV
    drop = parameters.concerted_energy_eV * (solution.reduced_conductivity / parameters.filling)
    numerator = np.asarray(barrier - drop + (1.0 if repulsive else 2.0) * ordering)
    denominator = np.asarray(1.0 - drop / thermal)
    slope = np.full(denominator.shape, np.inf)
    slope[numerator == 0.0] = 0.0
    slope[np.isnan(denominator)] = np.nan
    return np.divide(numerator, denominator, out=slope, where=denominator != 0.0)


def ordering_factor(excess: FloatOrArray, polarization: FloatOrArray) -> np.ndarray:
    """Derivative gamma^2/(1 - t (1-gamma^2)) of ln cosh(t gamma) by t = T_p/T along Eq. (50), free of cancellation.

    Parameters
    ----------
    excess : t - 1
    polarization : gamma at that t

    Returns
    -------
    3/2 just below T_p, 1 at T -> 0, and 0 where gamma = 0.
    """
    excess, polarization = np.broadcast_arrays(excess, polarization)
    gamma_squared = polarization**2
    damping = np.where(
        excess < 1.0,
        (1.0 + excess) * gamma_squared - excess,
        1.0 - (1.0 + excess) * (1.0 - polarization) * (1.0 + polarization),
    )
    return np.divide(gamma_squared, damping, out=np.zeros(damping.shape), where=gamma_squared > 0.0)


def residuals(solution: MeanFieldSolution) -> tuple[np.ndarray, np.ndarray]:
    """How well the stable branch satisfies the equations as they are written, evaluated anew.

    Returns
    -------
    gamma - tanh(gamma T_p/T) of Eq. (50), 0 where gamma is held at 0, and P0 over the right side of Eq. (55) or
    (54), minus 1; both of the shape of the solution, the second NaN where there is no solution.
    """
    parameters, gamma = solution.parameters, solution.polarization
    thermal = thermal_energy_eV(solution.temperature_K)
    energy = np.asarray(parameters.polarization_energy_eV) / thermal
    held = solution.polarization_form == "zero"
    polarization = np.zeros(gamma.shape) if held else gamma - np.tanh(gamma * energy)
    drop = parameters.concerted_energy_eV * (solution.reduced_conductivity / parameters.filling)
    repulsive = solution.barrier_form == "repulsive"
    barrier = parameters.mean_barrier_eV if repulsive else parameters.barrier_eV
    # ln cosh without overflow
    softening = np.logaddexp(energy * gamma, -energy * gamma) - np.log(2.0) if repulsive else 0.0
    return polarization, np.expm1(np.log(solution.hopping_probability) + (barrier - drop) / thermal - softening)


def status_label(status: np.ndarray, *, flags: Status = Status.STABLE_BRANCH) -> np.ndarray:
    """Words for status bits, for tables: "ok", or what is wrong, joined by "; ".

    Parameters
    ----------
    status : bits of `Status`, any shape
    flags : the bits to report; by default those of the stable branch

    Returns
    -------
    Array of str of the shape of status.
    """
    table = [
        "; ".join(label for bit, label in _LABELS.items() if bit & code & flags) or "ok"
        for code in range(2 * int(Status.NOT_A_PROBABILITY))
    ]
    return np.asarray(table)[np.asarray(status)]


def branches(solution: MeanFieldSolution) -> dict[str, np.ndarray]:
    """Every branch of a solution as tidy columns, one row a branch, sorted by point.

    A point above T_p has two branches (gamma = 0, lower and upper root), one below has six (also +gamma and -gamma).
    Above P0 = 1 an upper root is no probability; its status says so.

    Returns
    -------
    point (index into the flattened solution), temperature_K, polarization, root ("lower" or "upper"),
    hopping_probability (NaN where the root does not exist), reduced_conductivity n0 P0 (1-gamma^2), both loop gains
    (how much of a small change of gamma, of P0 comes back after one round), stable (both below 1), status (words for
    the branch itself).
    """
    gamma, state = solution.polarization.ravel(), solution.status.ravel()
    filling = np.broadcast_to(solution.parameters.filling, solution.polarization.shape).ravel()
    thermal = thermal_energy_eV(solution.temperature_K)
    shape = solution.polarization.shape
    ratio = np.broadcast_to(solution.parameters.polarization_energy_eV / thermal, shape).ravel()
    coupling = np.broadcast_to(solution.parameters.concerted_energy_eV / thermal, shape).ravel()
    if solution.polarization_form == "zero":
        ratio = np.zeros_like(ratio)
    polarized = gamma > 0.0
    columns: list[dict[str, np.ndarray]] = []
    for order, (sign, root) in enumerate((sign, root) for sign in (1, -1, 0) for root in ("lower", "upper")):
        point = np.flatnonzero(polarized) if sign else np.arange(gamma.size)
        name = ("" if sign else "depolarized_") + "hopping_probability" + ("" if root == "lower" else "_unstable")
        probability = getattr(solution, name).ravel()[point]
        lower = root == "lower"
        on_stable_polarization = np.full(point.size, True) if sign else ~polarized
        flags = state[point]
        missing = Status.NO_SOLUTION if sign else Status.DEPOLARIZED_NO_SOLUTION
        own = np.where(flags & missing, Status.NO_SOLUTION, 0)
        own |= np.where(on_stable_polarization, flags & Status.MARGINAL, 0)
        own |= flags & Status.DOUBLE_OCCUPATION if sign else 0
        own |= 0 if lower else flags & Status.NO_UPPER_ROOT
        size = np.abs(sign * gamma[point])
        mobile = (1.0 - size) * (1.0 + size)
        hopping_gain = coupling[point] * probability * mobile
        own |= np.where(probability * (1.0 + size) > 1.0 + 64.0 * np.finfo(float).eps, Status.NOT_A_PROBABILITY, 0)
        columns.append(
            {
                "point": point,
                "order": np.full(point.size, order),
                "temperature_K": solution.temperature_K.ravel()[point],
                "polarization": sign * gamma[point] + 0.0,
                "root": np.full(point.size, root),
                "hopping_probability": probability,
                "reduced_conductivity": filling[point] * probability * mobile,
                "polarization_loop_gain": ratio[point] * mobile,
                "hopping_loop_gain": hopping_gain,
                "stable": (ratio[point] * mobile < 1.0) & (hopping_gain < 1.0),
                "status": status_label(own, flags=Status.STABLE_BRANCH | Status.NO_UPPER_ROOT),
            }
        )
    table = {key: np.concatenate([column[key] for column in columns]) for key in columns[0]}
    position = np.lexsort((table.pop("order"), table["point"]))
    return {key: column[position] for key, column in table.items()}
