"""Displacements that a reversible Markov chain gathers: diffusion tensor, velocity autocorrelation, mean squares.

A chain jumps from state x to y at the rate q_xy, in detailed balance with probabilities p_x. A jump adds d_xy to a
displacement R, and the jump back takes it away again. With the drift v_x = sum_y q_xy d_xy and C(t) = <v(0) v(t)>,

    <R R>(t) = 2 D0 t - 2 int_0^t (t - s) C(s) ds,    D0 = 1/2 sum_xy p_x q_xy d_xy d_xy,

so that D = lim <R R>/2t = D0 - int_0^inf C(s) ds. The minus sign is that of jumps: what carries R into a state of
positive drift has gone against it. In the language of Green and Kubo the velocity autocorrelation is
2 D0 delta(t) - C(t), half of whose delta function counts in an integral from 0. R. Kubo, J. Phys. Soc. Jpn. 12, 570
(1957); H. Spohn, "Large Scale Dynamics of Interacting Particles" (Springer, 1991), Part II.

C(t) and <R R>(t) come from powers of one transition matrix, exact at all times (uniformisation: A. Jensen, Skand.
Aktuarietidskr. 36, 87 (1953)); the latter from moments carried forward, which never asks for the jump back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import gammainc, gammaln, xlogy

from superion.validity import finite_array, integer_array

__all__ = ["ChainDiffusion", "GreenKubo", "ReversibleChain", "reversible_chain", "step_correlation"]

SOLVED = 1e-12  # relative residual that the solver stops at ...
UNKNOWN = 1e-15  # ... or what is left over the largest drift that D0 allows: rounding
NO_DRIFT = 1e-13  # of the largest drift that D0 allows: what sums of opposite jumps leave by rounding
MOST_JUMPS = 200_000  # at the fastest rate within the times asked for; each is a product with the matrix of rates
TAIL = 8.5  # standard deviations of the number of jumps beyond which nothing counts in double precision


@dataclass(frozen=True)
class ChainDiffusion:
    """Long-time diffusion of the displacements of a chain.

    Attributes
    ----------
    static : (m, m) D0, of jumps without memory
    tensor : (m, m) D
    solver_error : bound on what the linear system behind it leaves open, over D0; the largest of all components
    """

    static: NDArray
    tensor: NDArray
    solver_error: float


@dataclass(frozen=True)
class GreenKubo:
    """Velocity autocorrelation of a chain, without its delta function, and its integral with it.

    Attributes
    ----------
    times : (T,)
    velocity_autocorrelation : (T, m, m) C(t)
    running_diffusion : (T, m, m) D0 - int_0^t C(s) ds, half of the growth rate of <R R>
    """

    times: NDArray
    velocity_autocorrelation: NDArray
    running_diffusion: NDArray


@dataclass(frozen=True)
class ReversibleChain:
    """Rates and displacements of a chain of S states with m components of displacement; see `reversible_chain`.

    Attributes
    ----------
    probability : (S,) p
    generator : (S, S) sparse; row x holds the rates q_xy that leave x, the diagonal minus their sum
    drift : (S, m) v
    inflow : (S, m) sum_x p_x q_xy d_xy of the jumps that end in y: -p_y v_y where they are reversible
    static : (m, m) D0
    largest_rate : of all jumps from one state, those that lead back to it included
    """

    probability: NDArray
    generator: sp.csr_array
    drift: NDArray
    inflow: NDArray
    static: NDArray
    largest_rate: float

    @property
    def state_count(self) -> int:
        """Number S of states."""
        return len(self.probability)

    @property
    def set_count(self) -> int:
        """Number of sets of states that no jump joins."""
        return int(connected_components(self.generator, directed=False)[0])

    @property
    def detailed_balance_error(self) -> float:
        """Largest relative difference of the flux p_x q_xy and that back; 1 if there is no way back."""
        flux = sp.csr_array(sp.diags_array(self.probability) @ self._jumps)
        back = sp.csr_array(flux.T)
        inverse = sp.csr_array(flux.maximum(back))
        inverse.eliminate_zeros()
        inverse.data = 1 / inverse.data
        # Entries of the difference are among those of the larger flux.
        return float(abs(flux - back).multiply(inverse).max()) if inverse.nnz else 0.0

    @property
    def reversal_error(self) -> float:
        """Largest |sum_x p_x q_xy d_xy + p_y v_y| over the largest drift that D0 allows."""
        return float(np.max(np.abs(self.inflow + self.probability[:, None] * self.drift) / self._drift_scale))

    def diffusion(self, iterations: int = 20_000) -> ChainDiffusion:
        """Diffusion tensor, from the linear system that the drift is the right-hand side of.

        In detailed balance sqrt(p) turns -q into a symmetric matrix whose null space, the sets of states, the drift
        is at right angles to: conjugate gradients find the rest.

        Parameters
        ----------
        iterations : at most so many for each component; the error tells whether they were enough
        """
        right = self._weighted_drift
        least = np.maximum(SOLVED * np.linalg.norm(right, axis=0), UNKNOWN * self._drift_scale)
        solution, rest = _conjugate_gradients(self._symmetric, right, least, iterations)
        memory = right.T @ solution
        left = np.linalg.norm(solution, axis=0) * rest
        error = np.divide(left, np.diag(self.static), out=np.zeros_like(left), where=left > 0)
        return ChainDiffusion(self.static, self.static - (memory + memory.T) / 2, float(error.max(initial=0.0)))

    def green_kubo(self, times: ArrayLike) -> GreenKubo:
        """Velocity autocorrelation and the integral that it builds up, at times (T,) from 0 up."""
        times, count = self._jump_numbers(times)
        number, jumps = np.arange(count), self._pace * times[:, None]
        powers, step = np.empty((count, *self.static.shape)), self._symmetric / self._pace
        now = self._weighted_drift
        for k in range(0, count, 2):
            later = now - step @ now
            powers[k] = now.T @ now
            powers[k + 1 : k + 2] = (now.T @ later + later.T @ now) / 2
            now = later
        just = np.exp(xlogy(number, jumps) - jumps - gammaln(number + 1))
        more = gammainc(number + 1, jumps) / self._pace
        return GreenKubo(times, np.tensordot(just, powers, 1), self.static - np.tensordot(more, powers, 1))

    def mean_squared_displacement(self, times: ArrayLike) -> NDArray:
        """<R R>(t), (T, m, m), at times (T,) from 0 up: first moments carried forward, no use made of jumps back."""
        times, count = self._jump_numbers(times)
        forward = sp.csr_array(self.generator.T) / self._pace
        carried, moments = self.inflow.copy(), np.empty((count, *self.static.shape))
        for k in range(count):
            moments[k] = carried.T @ self.drift
            carried = carried + forward @ carried
        weights, jumps = np.arange(count), self._pace * times[:, None]
        integral = times[:, None] * gammainc(weights + 1, jumps)
        integral = integral - (weights + 1) / self._pace * gammainc(weights + 2, jumps)
        gathered = np.tensordot(integral, moments, 1) / self._pace
        return 2 * self.static * times[:, None, None] + gathered + gathered.swapaxes(1, 2)

    @cached_property
    def _jumps(self) -> sp.csr_array:
        return sp.csr_array(self.generator - sp.diags_array(self.generator.diagonal()))

    @cached_property
    def _symmetric(self) -> sp.csr_array:
        """Matrix -sqrt(p_x) q_xy/sqrt(p_y), from rates alone: tiny probabilities lose no digits."""
        both_ways = self._jumps.multiply(self._jumps.T).sqrt()
        return sp.csr_array(sp.diags_array(-self.generator.diagonal()) - both_ways)

    @cached_property
    def _drift_scale(self) -> NDArray:
        """Bound (m,) on the root of the mean squared drift; 1 for a displacement that never changes."""
        bound = np.sqrt(2 * np.diag(self.static) * self.largest_rate)
        return np.where(bound > 0, bound, 1.0)

    @cached_property
    def _weighted_drift(self) -> NDArray:
        drift = np.sqrt(self.probability)[:, None] * self.drift
        return drift * (np.linalg.norm(drift, axis=0) > NO_DRIFT * self._drift_scale)

    @property
    def _pace(self) -> float:
        """Rate of the jumps that uniformisation counts."""
        return self.largest_rate or 1.0

    def _jump_numbers(self, times: ArrayLike) -> tuple[NDArray, int]:
        times = np.atleast_1d(finite_array("times", times, at_least=0))
        most = self._pace * times.max(initial=0.0)
        if most > MOST_JUMPS:
            raise ValueError(
                f"times must be at most {MOST_JUMPS / self._pace:.4g}, {MOST_JUMPS} jumps at the fastest rate, "
                f"got {times.max():.4g}"
            )
        return times, int(most + TAIL * np.sqrt(most) + 40)


def _conjugate_gradients(
    matrix: sp.csr_array, right: NDArray, least: NDArray, iterations: int
) -> tuple[NDArray, NDArray]:
    """Solutions (S, m) side by side, preconditioned by the diagonal, and the norms (m,) of what is left of each."""
    leaving = matrix.diagonal()[:, None]
    scale = np.divide(1.0, leaving, out=np.ones_like(leaving), where=leaving > 0)
    solution, rest = np.zeros_like(right), right.copy()
    direction, square = np.zeros_like(right), np.ones(right.shape[1])
    for _ in range(iterations):
        going = np.linalg.norm(rest, axis=0) > least
        if not going.any():
            break
        # A column that has come to its end stays: what is left of it is rounding, along the null space too.
        step = scale * np.where(going, rest, 0.0)
        last, square = square, _products(rest, step)
        direction = step + _quotient(square, last) * direction
        image = matrix @ direction
        curvature = _products(direction, image)
        least = np.where(going & (curvature <= 0), np.inf, least)
        length = np.where(going, _quotient(square, curvature), 0.0)
        solution += length * direction
        rest -= length * image
    return solution, np.linalg.norm(right - matrix @ solution, axis=0)


def _products(left: NDArray, right: NDArray) -> NDArray:
    return np.einsum("sm,sm->m", left, right)


def _quotient(above: NDArray, below: NDArray) -> NDArray:
    """Quotient, 0 over what is not above 0."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def reversible_chain(
    probability: ArrayLike, origin: ArrayLike, destination: ArrayLike, rate: ArrayLike, displacement: ArrayLike
) -> ReversibleChain:
    """Chain of a list of jumps; several of one origin and destination add up, each with its own displacement.

    Parameters
    ----------
    probability : (S,) of the states in equilibrium, with a sum of 1
    origin, destination : (J,) states that a jump leaves and reaches; both may be one state, where its displacement
        alone counts
    rate : (J,)
    displacement : (J, m) added to R by a jump

    Raises
    ------
    ValueError
        Arrays that do not fit, states out of range, negative probabilities or rates, or a rate that is not finite.
    """
    probability = finite_array("probability", probability, at_least=0)
    if probability.ndim != 1 or abs(probability.sum() - 1) > 1e-9:
        raise ValueError(f"probability must be (S,) with a sum of 1, got {probability.shape}, {probability.sum()!r}")
    count = len(probability)
    start = integer_array("origin", origin, at_least=0, at_most=count - 1, meaning="index of a state")
    end = integer_array("destination", destination, at_least=0, at_most=count - 1, meaning="index of a state")
    rate = finite_array("rate", rate, at_least=0)
    moved = finite_array("displacement", displacement)
    if not start.shape == end.shape == rate.shape == (start.size,) or moved.shape[:-1] != rate.shape:
        raise ValueError(
            "origin, destination and rate must be (J,) and displacement (J, m), got "
            f"{start.shape}, {end.shape}, {rate.shape}, {moved.shape}"
        )
    leads = start != end
    jumps = sp.coo_array((rate[leads], (start[leads], end[leads])), shape=(count, count)).tocsr()
    generator = sp.csr_array(jumps - sp.diags_array(np.asarray(jumps.sum(axis=1)).ravel()))
    flux = probability[start] * rate
    carried = rate[:, None] * moved

    def gather(states: NDArray, weights: NDArray) -> NDArray:
        columns = [np.bincount(states, weights=weight, minlength=count) for weight in weights.T]
        return np.column_stack(columns) if columns else np.zeros((count, 0))

    return ReversibleChain(
        probability,
        generator,
        gather(start, carried),
        gather(end, probability[start][:, None] * carried),
        moved.T @ (flux[:, None] * moved) / 2,
        float(np.bincount(start, weights=rate, minlength=count).max(initial=0.0)),
    )


def step_correlation(mean_squares: ArrayLike) -> NDArray:
    """Correlations <u_0 u_k> of the displacements u in equal steps of time, (K, ...), k from 0 up.

    <u_0 u_0> holds the delta function of the velocity autocorrelation. The discrete Green-Kubo sum over steps of length
    h, D = [<u_0 u_0>/2 + sum_k>0 <u_0 u_k>]/h, is exact for any h with the half weight of its first term.

    Parameters
    ----------
    mean_squares : (K + 1, ...) mean squared displacements after 0, 1, ... steps

    Raises
    ------
    ValueError
        Fewer than two of them.
    """
    squares = finite_array("mean_squares", mean_squares)
    if squares.ndim == 0 or len(squares) < 2:
        raise ValueError(f"mean_squares must be known after 0 and 1 steps at least, got shape {squares.shape}")
    return np.concatenate([squares[1:2], (squares[2:] - 2 * squares[1:-1] + squares[:-2]) / 2])
