"""Static energetics of one ion in a harmonic crystal: energies at rest, barriers on its path, what a push can bear.

The ion at R feels the atoms at x_n + r_n through a pair interaction u; U is the sum of u(|R - x_n - r_n|). The lattice

- "unrelaxed" stays at rest, r = 0;
- "relaxed" lies where U + r V r/2 is least: r = -W(0) g with g = grad_r U(r), and the deformation costs g W(0) g/2. The
  atoms of a neighbourhood feel the ion, all others of the infinite lattice follow;
- "effective" takes the first-order push r = -W(0) grad_r U(0), as the time-local motion does. Its force -grad_R U(r) is
  not the gradient of an energy: what counts along a path is its work.

Units: meV, angstrom.

Source: A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes", Eqs. (1), (11),
(16)-(19) and Secs. IV, VI.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.harmonic_crystals import HarmonicCrystal
from superion.pair_interactions import PairInteraction
from superion.recoil_kernels import static_recoil
from superion.validity import finite_array, integer_array, one_of

__all__ = [
    "RELAXATIONS",
    "HopProfile",
    "HopTop",
    "IonEnergies",
    "Neighbourhood",
    "StaticLattice",
    "head_on_limit_meV",
    "head_on_potential_meV",
    "head_on_relaxed_meV",
    "hop_profile",
    "hop_top",
    "ion_energies",
    "neighbourhood",
    "static_lattice",
]

RELAXATIONS = ("unrelaxed", "relaxed", "effective")
"""What the lattice may do about the ion."""
Relaxation = Literal["unrelaxed", "relaxed", "effective"]

CLOSEST_START = 0.05  # of the shortest bond: an ion nearer to an atom starts on top of it
CLOSED_CELL_TOLERANCE = 1e-9  # of the longest cell vector: corners belong to the cell in spite of rounding
CONVERGED_A = 1e-12
NEWTON_STEPS, HALVINGS = 60, 40
STRONG = 1e-2  # of the largest Hessian: Newton's step takes such atoms into account, the rest is iterated
WORK_NODES = 6  # Gauss-Legendre in each interval of a path
ZOOMS, ZOOM_POINTS = 5, 11
HEAD_ON_PANELS, HEAD_ON_NODES = 100, 8  # composite Gauss-Legendre in the logarithm of the distance
HEAD_ON_RANGE = (1e-7, 60.0)  # of the length: outside it the force is below 1e-20 of its largest


@dataclass(frozen=True)
class Neighbourhood:
    """Atoms within reach of the unit cell at the origin.

    Attributes
    ----------
    offsets : (n, 3) whole cells from the origin to the cell of each atom, ascending
    atom : (n,) its index in that cell, ascending among atoms of one cell
    vectors : (n, 3) its rest position from the origin of the unit cell, A
    reach_A : largest distance from the closed unit cell, A
    """

    offsets: NDArray
    atom: NDArray
    vectors: NDArray
    reach_A: float

    def __len__(self) -> int:
        return len(self.atom)


def neighbourhood(crystal: HarmonicCrystal, reach_A: float = 0.0) -> Neighbourhood:
    """All atoms within reach of the closed unit cell; at reach 0 those in it, corners, edges and faces included.

    An ion in a simple cubic crystal then meets the eight corners of its cell. Rodin et al., Sec. VI.

    Parameters
    ----------
    reach_A : distance from the nearest point of the unit cell, A

    Raises
    ------
    ValueError
        The reach is negative.
    """
    reach = float(finite_array("reach_A", reach_A, at_least=0))
    inverse = np.linalg.inv(crystal.cell)
    slack = CLOSED_CELL_TOLERANCE * np.linalg.norm(crystal.cell, axis=1).max()
    # Planes of constant fractional coordinate i are 1/|column i of the inverse| apart.
    margin = (reach + slack) * np.linalg.norm(inverse, axis=0)
    fractions = crystal.positions @ inverse
    low = np.floor(-margin - fractions.max(axis=0)).astype(int)
    high = np.ceil(1 + margin - fractions.min(axis=0)).astype(int)
    offsets = np.array(list(product(*(range(a, b + 1) for a, b in zip(low, high, strict=True)))))
    vectors = (offsets @ crystal.cell)[:, None] + crystal.positions
    cell, atom = np.nonzero(_distances_from_cell(crystal.cell, vectors @ inverse) <= reach + slack)
    fields = (offsets[cell], atom, vectors[cell, atom])
    for array in fields:
        array.setflags(write=False)
    return Neighbourhood(*fields, reach)


def _distances_from_cell(cell: NDArray, fractions: NDArray) -> NDArray:
    """Distances (...) of points of fractional coordinates (..., 3) from the closed parallelepiped.

    The nearest point lies inside a face, an edge, ... of the cell, where it is also the nearest of the whole plane or
    line: of the 27 candidates, the nearest that belongs to the cell.
    """
    squares = np.full(fractions.shape[:-1], np.inf)
    metric = cell @ cell.T
    for held in product((0.0, 1.0, None), repeat=3):
        free = [i for i in range(3) if held[i] is None]
        fixed = [i for i in range(3) if held[i] is not None]
        excess = np.zeros_like(fractions)
        excess[..., fixed] = fractions[..., fixed] - np.array([held[i] for i in fixed])
        if free and fixed:
            excess[..., free] = (
                -excess[..., fixed] @ np.linalg.solve(metric[np.ix_(free, free)], metric[np.ix_(free, fixed)]).T
            )
        nearest = fractions - excess
        inside = np.all((nearest >= -CLOSED_CELL_TOLERANCE) & (nearest <= 1 + CLOSED_CELL_TOLERANCE), axis=-1)
        square = np.einsum("...i,ij,...j->...", excess, metric, excess)
        squares = np.where(inside, np.minimum(squares, square), squares)
    return np.sqrt(np.maximum(squares, 0))


@dataclass(frozen=True)
class StaticLattice:
    """The atoms that an ion meets, and how they yield.

    Attributes
    ----------
    crystal : the crystal
    near : the n atoms that interact with an ion in the unit cell at the origin; they change with the ion's cell
    recoil : (3n, 3n) static recoil W(0) among them in the infinite lattice, A^2/meV
    """

    crystal: HarmonicCrystal
    near: Neighbourhood
    recoil: NDArray

    def nearer(self, reach_A: float) -> StaticLattice:
        """The same for a smaller reach, without another sum over the lattice.

        Raises
        ------
        ValueError
            The reach is negative or above the present one.
        """
        reach = float(finite_array("reach_A", reach_A, at_least=0, at_most=self.near.reach_A))
        near = neighbourhood(self.crystal, reach)
        place = {key: index for index, key in enumerate(_keys(self.near))}
        atoms = np.array([place[key] for key in _keys(near)])
        rows = (3 * atoms[:, None] + np.arange(3)).ravel()
        return StaticLattice(self.crystal, near, self.recoil[np.ix_(rows, rows)])


def _keys(near: Neighbourhood) -> list[tuple[int, ...]]:
    return [tuple(row) for row in np.column_stack([near.offsets, near.atom]).tolist()]


def static_lattice(crystal: HarmonicCrystal, reach_A: float = 0.0) -> StaticLattice:
    """Atoms within reach of the unit cell at the origin, with their static recoil. Rodin et al., Eq. (22) at t = 0.

    Raises
    ------
    ValueError
        The lattice is unstable, the reach negative, or so large that `superion.recoil_kernels.static_recoil` cannot
        tell the recoil of the outermost atoms on each other.
    """
    near = neighbourhood(crystal, reach_A)
    between = near.offsets[:, None] - near.offsets
    cells, index = np.unique(between.reshape(-1, 3), axis=0, return_inverse=True)
    blocks = static_recoil(crystal, cells).reshape(len(cells), crystal.atom_count, 3, crystal.atom_count, 3)
    recoil = blocks[index.reshape(between.shape[:2]), near.atom[:, None], :, near.atom[None, :], :]
    size = 3 * len(near)
    recoil = recoil.transpose(0, 2, 1, 3).reshape(size, size)
    return StaticLattice(crystal, near, (recoil + recoil.T) / 2)


@dataclass(frozen=True)
class IonEnergies:
    """Energies of an ion at N positions.

    Attributes
    ----------
    interaction_meV : (N,) U at the displaced atoms
    deformation_meV : (N,) r V r/2 of the displaced lattice
    force_meV_per_A : (N, 3) force -grad_R U on the ion with the atoms held where they are
    largest_displacement_A : (N,) largest displacement of an atom that feels the ion
    status : (N,) "ok", "saddle" where the relaxed lattice would rather go elsewhere, or "not converged", with NaN
    """

    interaction_meV: NDArray
    deformation_meV: NDArray
    force_meV_per_A: NDArray
    largest_displacement_A: NDArray
    status: NDArray

    @property
    def total_meV(self) -> NDArray:
        """Interaction and deformation together (N,), meV."""
        return self.interaction_meV + self.deformation_meV


def ion_energies(
    lattice: StaticLattice, interaction: PairInteraction, positions_A: ArrayLike, relaxation: Relaxation
) -> IonEnergies:
    """Energies of an ion held at positions. Rodin et al., Eqs. (1), (11) at rest, (19).

    Parameters
    ----------
    positions_A : (N, 3) or (3,) positions of the ion, in any cell
    relaxation : one of `RELAXATIONS`, see the module's text

    Raises
    ------
    ValueError
        An unknown relaxation, positions without 3 components, or an ion on top of an atom that repels it.
    """
    one_of("relaxation", relaxation, RELAXATIONS)
    rest = _at_home(lattice.crystal, positions_A)[:, None] - lattice.near.vectors
    status = np.full(len(rest), "ok", dtype="U13")
    moved = np.zeros_like(rest)
    if relaxation == "effective":
        moved = _pushed(lattice.recoil, interaction, rest)
    elif relaxation == "relaxed":
        for i, vectors in enumerate(rest):
            moved[i], status[i] = _relaxed(lattice.recoil, interaction, vectors)
    found = status != "not converged"
    gradient = interaction.gradient_meV_per_A(rest - moved)
    source = (interaction.gradient_meV_per_A(rest) if relaxation == "effective" else gradient).reshape(len(rest), -1)
    deformation = 0 * source[:, 0] if relaxation == "unrelaxed" else (source @ lattice.recoil * source).sum(axis=1) / 2
    return IonEnergies(
        np.where(found, interaction.energy_meV(np.linalg.norm(rest - moved, axis=-1)).sum(axis=1), np.nan),
        np.where(found, deformation, np.nan),
        np.where(found[:, None], -gradient.sum(axis=1), np.nan),
        np.where(found, np.linalg.norm(moved, axis=-1).max(axis=1, initial=0.0), np.nan),
        status,
    )


def _at_home(crystal: HarmonicCrystal, positions_A: ArrayLike) -> NDArray:
    """Positions (N, 3) shifted into the unit cell at the origin."""
    positions = np.atleast_2d(finite_array("positions_A", positions_A))
    if positions.ndim != 2 or positions.shape[1] != 3:
        raise ValueError(f"positions_A must be (N, 3) or (3,), got shape {np.shape(positions_A)}")
    return positions - np.floor(positions @ np.linalg.inv(crystal.cell)) @ crystal.cell


def _pushed(recoil: NDArray, interaction: PairInteraction, rest: NDArray) -> NDArray:
    """First-order displacements (..., n, 3); the gradient with respect to an atom is minus that of u."""
    gradient = interaction.gradient_meV_per_A(rest)
    return (gradient.reshape(*gradient.shape[:-2], -1) @ recoil).reshape(gradient.shape)


def _relaxed(recoil: NDArray, interaction: PairInteraction, rest: NDArray) -> tuple[NDArray, str]:
    """Displacements (n, 3) that solve r = -W grad_r U(r), and whether they are a minimum: damped Newton from r = 0."""
    moved = np.zeros_like(rest)
    residual = -_pushed(recoil, interaction, rest)
    for _ in range(NEWTON_STEPS):
        hessians = interaction.hessian_meV_per_A2(rest - moved)
        sizes = np.linalg.norm(hessians, axis=(1, 2))
        strong = np.flatnonzero(sizes >= STRONG * sizes.max())
        rows = (3 * strong[:, None] + np.arange(3)).ravel()
        # W times the block-diagonal Hessian of the strong atoms
        stiffness = np.einsum("imj,mjk->imk", recoil[:, rows].reshape(-1, strong.size, 3), hessians[strong])
        stiffness = stiffness.reshape(-1, rows.size)
        matrix = np.eye(rows.size) + stiffness[rows]
        error = np.abs(residual).max()
        if error < CONVERGED_A:
            # Its eigenvalues are real, W being positive; one below 0 is a direction in which the energy falls.
            return moved, "ok" if np.linalg.eigvals(matrix).real.min() > 0 else "saddle"
        flat = residual.ravel()
        step = -flat + stiffness @ np.linalg.solve(matrix, flat[rows])
        step = step.reshape(-1, 3)
        for halving in range(HALVINGS):
            trial = moved + step / 2.0**halving
            trial_residual = trial - _pushed(recoil, interaction, rest - trial)
            if np.abs(trial_residual).max() < error:
                break
        else:
            break
        moved, residual = trial, trial_residual
    return np.zeros_like(rest), "not converged"


@dataclass(frozen=True)
class HopProfile:
    """Energies of an ion along a straight path.

    Attributes
    ----------
    fraction : (P,) part of the path behind it
    energy_meV : (P,) energy against the start of the path: the work of the force if the lattice is "effective"
    at : what the ion's energies consist of there
    """

    fraction: NDArray
    energy_meV: NDArray
    at: IonEnergies


def hop_profile(
    lattice: StaticLattice,
    interaction: PairInteraction,
    start_A: ArrayLike,
    end_A: ArrayLike,
    fractions: ArrayLike,
    relaxation: Relaxation,
) -> HopProfile:
    """Energies along the straight path from start to end. Rodin et al., Secs. IV, VI.

    Parameters
    ----------
    start_A, end_A : (3,) positions, such as the centres of neighbouring cells
    fractions : (P,) of the path, 0 to 1
    relaxation : one of `RELAXATIONS`

    Raises
    ------
    ValueError
        As `ion_energies`.
    """
    t = np.atleast_1d(finite_array("fractions", fractions, at_least=0, at_most=1))
    start, end = finite_array("start_A", start_A), finite_array("end_A", end_A)
    for name, value in {"start_A": start, "end_A": end}.items():
        if value.shape != (3,):
            raise ValueError(f"{name} must have 3 components, got shape {value.shape}")
    at = ion_energies(lattice, interaction, start + t[:, None] * (end - start), relaxation)
    if relaxation == "effective":
        energy = _work(lattice, interaction, start, end, t)
    else:
        energy = at.total_meV - ion_energies(lattice, interaction, start, relaxation).total_meV
    return HopProfile(t, energy, at)


def _work(lattice: StaticLattice, interaction: PairInteraction, start: NDArray, end: NDArray, t: NDArray) -> NDArray:
    """Work (P,) against the effective force from 0 to t; faces of cells, where it jumps, end intervals."""
    inverse = np.linalg.inv(lattice.crystal.cell)
    low, change = start @ inverse, (end - start) @ inverse
    faces = [
        (plane - low[i]) / change[i]
        for i in np.flatnonzero(np.abs(change) > CLOSED_CELL_TOLERANCE)
        for plane in range(*np.sort([np.floor(low[i]), np.ceil(low[i] + change[i]) + 1]).astype(int))
    ]
    ends = np.unique(np.concatenate([t, np.clip(faces, 0, 1), np.linspace(0, 1, ZOOM_POINTS)]))
    nodes, weights = np.polynomial.legendre.leggauss(WORK_NODES)
    middle, half = (ends[1:] + ends[:-1]) / 2, np.diff(ends) / 2
    points = middle[:, None] + half[:, None] * nodes
    positions = start + points.reshape(-1, 1) * (end - start)
    force = ion_energies(lattice, interaction, positions, "effective").force_meV_per_A @ (start - end)
    work = np.concatenate([[0.0], np.cumsum((force.reshape(points.shape) * weights).sum(axis=1) * half)])
    return work[np.searchsorted(ends, t)]


@dataclass(frozen=True)
class HopTop:
    """The highest point of a path.

    Attributes
    ----------
    fraction : of the path
    energy_meV : against the start, meV
    status : "ok", "saddle", or "not converged" with NaN, of the worst point that was looked at
    """

    fraction: float
    energy_meV: float
    status: str


def hop_top(
    lattice: StaticLattice,
    interaction: PairInteraction,
    start_A: ArrayLike,
    end_A: ArrayLike,
    relaxation: Relaxation,
    points: int = 61,
) -> HopTop:
    """Highest point of the straight path from start to end; among equal ones the first.

    Where the ion meets only the atoms of its own cell, the energy has a kink at the face of the cell, and the top may
    lie just before it.

    Parameters
    ----------
    start_A, end_A, relaxation : as `hop_profile`
    points : of the grid on which the top is sought before it is closed in on, at least 3

    Raises
    ------
    ValueError
        As `hop_profile`.
    """
    count = int(integer_array("points", points, at_least=3))
    grid = np.linspace(0, 1, count)
    statuses: set[str] = set()
    tie = 1e-9  # of the range: rounding must not choose between the two sides of a path with a mirror plane
    for _ in range(ZOOMS):
        profile = hop_profile(lattice, interaction, start_A, end_A, grid, relaxation)
        statuses.update(profile.at.status.tolist())
        if "not converged" in statuses:
            return HopTop(np.nan, np.nan, "not converged")
        level = profile.energy_meV.max() - tie * np.ptp(profile.energy_meV)
        best = int(np.argmax(profile.energy_meV >= level))
        top = HopTop(float(grid[best]), float(profile.energy_meV[best]), "saddle" if "saddle" in statuses else "ok")
        grid = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)], ZOOM_POINTS)
        tie = 0.0
    return top


def head_on_potential_meV(interaction: PairInteraction, recoil_A2_per_meV: float, distance_A: ArrayLike) -> NDArray:
    """Work (...) in meV to bring an ion from afar to distances from the rest position of one atom that it pushes away.

    To first order the atom recedes by -w u'(d), so that the force -u'(d - w u'(d)) fades as the ion comes close:
    however strong the repulsion, an ion of the energy `head_on_limit_meV` reaches the atom. Rodin et al., Eqs. (18),
    (19), (26) at rest.

    Parameters
    ----------
    interaction : repulsive or none
    recoil_A2_per_meV : static recoil w of the atom along the line, above 0
    distance_A : distances from the rest position, at least 0

    Raises
    ------
    ValueError
        An attractive interaction, a recoil not above 0, or a negative distance.
    """
    w = _head_on(interaction, recoil_A2_per_meV)
    shape = np.shape(distance_A)
    distances = finite_array("distance_A", distance_A, at_least=0).ravel()
    low, high = (bound * interaction.length_A for bound in HEAD_ON_RANGE)
    nodes, weights = np.polynomial.legendre.leggauss(HEAD_ON_NODES)
    ends = np.unique(np.concatenate([np.clip(distances, low, high), np.geomspace(low, high, HEAD_ON_PANELS + 1)]))
    logs = np.log(ends)
    middle, half = (logs[1:] + logs[:-1]) / 2, np.diff(logs) / 2
    d = np.exp(middle[:, None] + half[:, None] * nodes)
    force = -interaction.slope_meV_per_A(d - w * interaction.slope_meV_per_A(d))
    pieces = (force * d * weights).sum(axis=1) * half
    work = np.concatenate([np.cumsum(pieces[::-1])[::-1], [0.0]])
    return work[np.searchsorted(ends, np.clip(distances, low, high))].reshape(shape)


def head_on_limit_meV(interaction: PairInteraction, recoil_A2_per_meV: float) -> float:
    """Energy in meV with which an ion penetrates an atom that is pushed to first order; as `head_on_potential_meV`."""
    return float(head_on_potential_meV(interaction, recoil_A2_per_meV, 0.0))


def head_on_relaxed_meV(interaction: PairInteraction, recoil_A2_per_meV: float, distance_A: ArrayLike) -> NDArray:
    """Energy (...) in meV of an ion at distances from the rest position of one atom that has fully yielded to it.

    The same atom as in `head_on_potential_meV`, displaced along the line until its spring holds the repulsion, at the
    least u(d + r) + r^2/2w.

    Raises
    ------
    ValueError
        As `head_on_potential_meV`.
    """
    w = _head_on(interaction, recoil_A2_per_meV)
    d = finite_array("distance_A", distance_A, at_least=0)
    # d + r is the root y of y + w u'(y) = d; u' weakens beyond one length, and so does the push.
    low, high = d.copy(), d + interaction.length_A - w * interaction.slope_meV_per_A(d + interaction.length_A)
    for _ in range(200):
        middle = (low + high) / 2
        above = middle + w * interaction.slope_meV_per_A(middle) > d
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    y = (low + high) / 2
    return interaction.energy_meV(y) + w * interaction.slope_meV_per_A(y) ** 2 / 2


def _head_on(interaction: PairInteraction, recoil_A2_per_meV: float) -> float:
    finite_array("strength of a head-on interaction", interaction.strength, at_least=0, meaning="repulsive")
    return float(finite_array("recoil_A2_per_meV", recoil_A2_per_meV, above=0))
