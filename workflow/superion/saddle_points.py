"""Minima and saddle points of an energy surface.

Newton's method with the analytic Hessian, mode by mode: a minimum takes every mode downhill, a saddle point one mode
uphill and all others downhill (eigenvector following: Cerjan and Miller, J. Chem. Phys. 75, 2800 (1981)). Steps are
kept within a trust radius; the last step is a full one, so that what is left of the gradient is rounding. Where
symmetry fixes the saddle, it is the minimum among the symmetric arrangements, which `symmetric_directions` gives.

Source: textbook chapter, "Kinetics of ionic motion" (saddle point, migration energy).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from superion.validity import finite_array, integer_array

__all__ = [
    "EnergySurface",
    "HeldAtoms",
    "StationaryPoint",
    "find_minimum",
    "find_saddle",
    "migration_energy",
    "normal_curvatures",
    "normal_modes",
    "symmetric_directions",
]

STEPS = 200
NEARLY_THERE = 1e-8  # of the trust radius: Newton's next step is then below rounding
SYMMETRY = 1e-9  # of the largest element: what rounding may leave of a Hessian's symmetry and of translations
FLAT = 1e-9  # of the largest curvature: a mode this soft is neither stable nor unstable
SHRINK, GROW = 0.3, 1.5
ROUNDING = 1e-12  # of the energy


class EnergySurface(Protocol):
    """An energy of positions (N, d), with its derivatives, such as `superion.pair_crystals.PairCrystal`.

    Attributes
    ----------
    translations : d where the whole system moves at no cost, 0 where something holds it
    """

    translations: int

    def energy(self, positions: NDArray) -> float:
        """Energy."""
        ...

    def gradient(self, positions: NDArray) -> NDArray:
        """First derivatives (N, d)."""
        ...

    def hessian(self, positions: NDArray) -> NDArray:
        """Second derivatives (N d, N d)."""
        ...


@dataclass(frozen=True)
class HeldAtoms:
    """Energy surface of a few atoms among others that stand still; positions are those of the free ones, (n, d).

    Attributes
    ----------
    surface : of all atoms
    positions : (N, d) of all atoms
    free : (n,) those that move
    translations : 0, as the others hold the free ones
    """

    surface: EnergySurface
    positions: NDArray
    free: NDArray
    translations: int = 0

    def energy(self, positions: NDArray) -> float:
        """Energy of all atoms."""
        return self.surface.energy(self._all(positions))

    def gradient(self, positions: NDArray) -> NDArray:
        """First derivatives (n, d)."""
        return self.surface.gradient(self._all(positions))[self.free]

    def hessian(self, positions: NDArray) -> NDArray:
        """Second derivatives (n d, n d)."""
        d = self.positions.shape[1]
        rows = (d * np.asarray(self.free)[:, None] + np.arange(d)).ravel()
        return self.surface.hessian(self._all(positions))[np.ix_(rows, rows)]

    def _all(self, positions: NDArray) -> NDArray:
        places = self.positions.copy()
        places[self.free] = positions
        return places


@dataclass(frozen=True)
class StationaryPoint:
    """Where the gradient vanishes.

    Attributes
    ----------
    positions : (N, d)
    energy : of the surface there
    hessian : (N d, N d)
    curvatures : eigenvalues of the Hessian but for translations, ascending, over all directions
    mode : (N, d) eigenvector of the lowest of them
    largest_force : largest component of the gradient that is left
    steps : of the search
    """

    positions: NDArray
    energy: float
    hessian: NDArray
    curvatures: NDArray
    mode: NDArray
    largest_force: float
    steps: int

    @property
    def unstable_modes(self) -> int:
        """How many curvatures are negative."""
        return int((self.curvatures < 0).sum())


def normal_modes(hessian: ArrayLike, translations: int, masses: ArrayLike | None = None) -> tuple[NDArray, NDArray]:
    """Eigenvalues (k,), ascending, and eigenvectors (N d, k) of a (mass-weighted) Hessian, translations left out.

    Parameters
    ----------
    hessian : (N d, N d)
    translations : d, or 0 where something holds the system and nothing is left out; k is N d less this
    masses : (N,), for M^-1/2 H M^-1/2; without them H itself

    Raises
    ------
    ValueError
        A Hessian that is not square and symmetric, a mass not above 0, or translations that are no modes of the Hessian
        at eigenvalue 0: something holds the system.
    """
    matrix, d = _lifted(hessian, translations, masses)
    values, vectors = scipy.linalg.eigh(matrix, driver="evd")
    return values[: len(values) - d], vectors[:, : len(values) - d]


def normal_curvatures(hessian: ArrayLike, translations: int, masses: ArrayLike | None = None) -> NDArray:
    """Eigenvalues (k,) of `normal_modes` alone, in a third of the time."""
    matrix, d = _lifted(hessian, translations, masses)
    return scipy.linalg.eigvalsh(matrix)[: len(matrix) - d]


def find_minimum(
    surface: EnergySurface, start: ArrayLike, *, trust_radius: float = 0.1, directions: ArrayLike | None = None
) -> StationaryPoint:
    """Minimum of the energy near a start.

    Parameters
    ----------
    start : positions (N, d)
    trust_radius : largest displacement of an atom in a step, in the surface's unit of length
    directions : orthonormal columns (N d, k) to which the search is held, as `symmetric_directions` gives them; the
        point found may then be a saddle of the whole surface

    Raises
    ------
    ValueError
        The search ends where a mode is flat or, without `directions`, unstable, or does not end at all.
    """
    point = _search(surface, start, trust_radius, directions, None, downhill=True)
    if directions is None and point.unstable_modes:
        raise ValueError(
            f"the minimum must have no unstable mode, got {point.unstable_modes} with curvatures down to "
            f"{point.curvatures[0]:.6g}; start elsewhere, or displaced along the mode"
        )
    return point


def find_saddle(
    surface: EnergySurface, start: ArrayLike, *, along: ArrayLike | None = None, trust_radius: float = 0.1
) -> StationaryPoint:
    """Saddle point with exactly one unstable mode near a start.

    Parameters
    ----------
    start : positions (N, d), on the slope towards the saddle or close to it
    along : (N, d) direction of the climb: the mode most like it is followed, and whatever it turns into; without one,
        the softest mode is
    trust_radius : largest displacement of an atom in a step, in the surface's unit of length

    Raises
    ------
    ValueError
        The search ends where a mode is flat or there is not exactly one unstable mode, or does not end at all.
    """
    uphill = None
    if along is not None:
        uphill = finite_array("along", along).ravel()
        if uphill.size != np.size(start) or not np.any(uphill):
            raise ValueError(f"along must be displacements {np.shape(start)}, not all 0, got shape {np.shape(along)}")
    point = _search(surface, start, trust_radius, None, uphill, downhill=False)
    if point.unstable_modes != 1:
        raise ValueError(
            f"the saddle must have exactly one unstable mode, got {point.unstable_modes} with curvatures from "
            f"{point.curvatures[0]:.6g}; start nearer to it, or give 'along'"
        )
    return point


def migration_energy(minimum: StationaryPoint, saddle: StationaryPoint) -> float:
    """E_m = E(saddle) - E(minimum), in the surface's unit of energy. Textbook chapter, "Kinetics of ionic motion".

    Raises
    ------
    ValueError
        The minimum has an unstable mode, the saddle not exactly one, or the saddle does not lie above the minimum.
    """
    if minimum.unstable_modes:
        raise ValueError(f"minimum must have no unstable mode, got {minimum.unstable_modes}")
    if saddle.unstable_modes != 1:
        raise ValueError(f"saddle must have exactly one unstable mode, got {saddle.unstable_modes}")
    energy = saddle.energy - minimum.energy
    if not energy > 0:
        raise ValueError(f"saddle must lie above the minimum, got an energy of {energy:.6g} from it")
    return energy


def symmetric_directions(operation: ArrayLike, images: ArrayLike) -> NDArray:
    """Orthonormal displacements (N d, k) that a symmetry turns into themselves.

    Displacements u are symmetric where u[images[i]] = operation u[i] for each atom i. At a saddle half-way between two
    equivalent sites, with the mirror plane between them, the unstable mode is odd, so that among symmetric
    displacements the saddle is a minimum.

    Parameters
    ----------
    operation : (d, d) orthogonal matrix of order 2, such as a mirror
    images : (N,) atom at whose place each atom arrives

    Raises
    ------
    ValueError
        An operation that is not of order 2, or images that are no permutation of order 2.
    """
    matrix, places = finite_array("operation", operation), integer_array("images", images, at_least=0)
    d = len(matrix)
    if matrix.shape != (d, d) or np.abs(matrix @ matrix - np.eye(d)).max() > 1e-9:
        raise ValueError(f"operation must be a matrix that undoes itself, got {matrix.tolist()}")
    if places.max() >= places.size or np.any(places[places] != np.arange(places.size)):
        raise ValueError("images must name each atom once, the image of an atom's image being the atom itself")
    moved = np.zeros((places.size, d, places.size, d))
    moved[places, :, np.arange(places.size), :] = matrix
    projector = (np.eye(places.size * d) + moved.reshape(places.size * d, -1)) / 2
    values, vectors = np.linalg.eigh((projector + projector.T) / 2)
    return vectors[:, values > 0.5]


def _lifted(hessian: ArrayLike, translations: int, masses: ArrayLike | None) -> tuple[NDArray, int]:
    """Mass-weighted Hessian whose translations are lifted above all other modes, and how many there are."""
    matrix = finite_array("hessian", hessian)
    scale = np.abs(matrix).max(initial=0.0)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or np.abs(matrix - matrix.T).max() > SYMMETRY * scale:
        raise ValueError(f"hessian must be square and symmetric, got shape {matrix.shape}")
    d = int(integer_array("translations", translations, at_least=0))
    if masses is not None:
        weights = finite_array("masses", masses, above=0)
        if weights.ndim != 1 or weights.size == 0 or len(matrix) % weights.size:
            raise ValueError(f"masses must be those of the atoms of {len(matrix)} coordinates, got {weights.shape}")
        roots = np.repeat(np.sqrt(weights), len(matrix) // weights.size)
        matrix = matrix / (roots[:, None] * roots)
    else:
        roots = np.ones(len(matrix))
    if d:
        shifts = roots[:, None] * np.tile(np.eye(d), (len(matrix) // d, 1))
        shifts /= np.linalg.norm(shifts, axis=0)
        residual = np.abs(matrix @ shifts).max() / np.abs(matrix).max()
        if residual > SYMMETRY:
            raise ValueError(f"translations must cost no energy, got {residual:.3g} of the largest stiffness")
        matrix = matrix + 2 * np.abs(matrix).sum(axis=1).max() * (shifts @ shifts.T)
    return matrix, d


def _newton_step(hessian: NDArray, gradient: NDArray, translations: int, unstable: int) -> NDArray | None:
    """Newton's step (N d,) where so many modes are unstable, 0 or 1; None where they are more or fewer."""
    matrix, _ = _lifted(hessian, translations, None)
    if unstable:
        _, blocks, _ = scipy.linalg.ldl(matrix)
        # Sylvester: as many negative eigenvalues as the matrix has.
        signs = scipy.linalg.eigvalsh_tridiagonal(np.diag(blocks), np.diag(blocks, 1))
        return np.linalg.solve(matrix, -gradient) if (signs < 0).sum() == unstable and signs.all() else None
    try:
        return -scipy.linalg.cho_solve(scipy.linalg.cho_factor(matrix), gradient)
    except np.linalg.LinAlgError:
        return None


def _search(
    surface: EnergySurface,
    start: ArrayLike,
    trust_radius: float,
    directions: ArrayLike | None,
    uphill: NDArray | None,
    *,
    downhill: bool,
) -> StationaryPoint:
    x = finite_array("start", start).copy()
    if x.ndim != 2:
        raise ValueError(f"start must be positions (N, d), got shape {x.shape}")
    held = None if directions is None else _held(directions, x.size)
    radius = largest = float(finite_array("trust_radius", trust_radius, above=0))
    energy = surface.energy(x)
    for count in range(1, STEPS + 1):
        gradient, hessian = surface.gradient(x).ravel(), surface.hessian(x)
        # With the right number of unstable modes, following them is Newton's step.
        step = None
        if held is None and uphill is None:
            step = _newton_step(hessian, gradient, surface.translations, 0 if downhill else 1)
        if step is None:
            step, uphill = _step_by_modes(surface, hessian, gradient, held, uphill, downhill)
        move = step.reshape(x.shape)
        size = np.linalg.norm(move, axis=1).max()
        if size < NEARLY_THERE * largest:
            return _point(surface, x + move, count)
        if size > radius:
            move *= radius / size
        there = surface.energy(x + move)
        if downhill and there > energy + ROUNDING * max(abs(energy), 1.0):
            radius = SHRINK * min(radius, size)
            continue
        x, energy = x + move, there
        radius = min(largest, GROW * radius)
    kind, left = ("minimum" if downhill else "saddle"), np.abs(gradient).max()
    raise ValueError(f"the {kind} must be found within {STEPS} steps, got a force of {left:.3g} left; start nearer")


def _step_by_modes(
    surface: EnergySurface,
    hessian: NDArray,
    gradient: NDArray,
    held: NDArray | None,
    uphill: NDArray | None,
    downhill: bool,
) -> tuple[NDArray, NDArray | None]:
    """Step down along all modes, or up along one, the one most like `uphill`, else the lowest; and which it is."""
    if held is None:
        curvature, modes = normal_modes(hessian, surface.translations)
    else:
        curvature, vectors = np.linalg.eigh(held.T @ hessian @ held)
        modes = held @ vectors
    step = -(modes.T @ gradient) / np.maximum(np.abs(curvature), FLAT * np.abs(curvature).max())
    if not downhill:
        followed = 0 if uphill is None else int(np.argmax(np.abs(modes.T @ uphill)))
        # One that already leans down is the transition mode.
        uphill = None if followed == 0 and curvature[0] < 0 else modes[:, followed]
        step[followed] *= -1
    return modes @ step, uphill


def _held(directions: ArrayLike, size: int) -> NDArray:
    held = finite_array("directions", directions)
    if held.ndim != 2 or len(held) != size or np.abs(held.T @ held - np.eye(held.shape[1])).max() > SYMMETRY:
        raise ValueError(f"directions must be orthonormal columns of {size} components, got shape {held.shape}")
    return held


def _point(surface: EnergySurface, x: NDArray, steps: int) -> StationaryPoint:
    hessian = surface.hessian(x)
    curvature, modes = normal_modes(hessian, surface.translations)
    if np.abs(curvature).min() <= FLAT * np.abs(curvature).max():
        softest = curvature[np.argmin(np.abs(curvature))]
        raise ValueError(f"a stationary point must have no flat mode, got a curvature of {softest:.3g}")
    force = float(np.abs(surface.gradient(x)).max())
    return StationaryPoint(x, surface.energy(x), hessian, curvature, modes[:, 0].reshape(x.shape), force, steps)
