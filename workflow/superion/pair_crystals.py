"""Atoms in a periodic box that act on each other in pairs: energy, gradient and Hessian of any arrangement.

A pair potential u(r) is handed in as three functions: u, u' and u''. `smoothly_cut` multiplies it by (1 - r^2/rc^2)^3,
so that energy, force and stiffness all end at the cutoff rc without a jump. All periodic images within the cutoff
count, also where the box is so small that an atom meets two images of another, or itself. The common rule that only the
nearest image counts is there for comparison: in a box below twice the cutoff it drops bonds, and the energy jumps where
a pair is half a box apart.

Units: those of the potentials, an energy and a length; masses do not enter. In Lennard-Jones units u = 4(r^-12 - r^-6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.units import BOLTZMANN_J_PER_K, PLANCK_J_S, ATOMIC_MASS_kg
from superion.validity import finite_array, integer_array, one_of

__all__ = ["IMAGES", "PairCrystal", "PairPotential", "ReducedUnits", "fcc_positions", "lennard_jones", "smoothly_cut"]

IMAGES = ("all", "nearest")
"""Which periodic images of an atom count."""
Images = Literal["all", "nearest"]

Radial = Callable[[NDArray], NDArray]
JUMP = 1e-9  # of the energy at half the cutoff: what a potential may still be at its cutoff


@dataclass(frozen=True)
class PairPotential:
    """Energy of two atoms at the distance r.

    Attributes
    ----------
    energy, slope, curvature : u(r), u'(r) and u''(r), functions of an array of distances above 0 and below the cutoff
    cutoff : distance from which on there is no interaction

    Raises
    ------
    ValueError
        A cutoff not above 0, or an energy or slope that jumps there: see `smoothly_cut`.
    """

    energy: Radial
    slope: Radial
    curvature: Radial
    cutoff: float

    def __post_init__(self) -> None:
        cutoff = float(finite_array("cutoff", self.cutoff, above=0))
        object.__setattr__(self, "cutoff", cutoff)
        ends, inside = np.array([cutoff * (1 - 1e-12)]), np.array([cutoff / 2])
        for name, scale in (("energy", 1.0), ("slope", cutoff)):
            jump = abs(scale * getattr(self, name)(ends)[0])
            if not jump <= JUMP * max(abs(self.energy(inside)[0]), abs(cutoff * self.slope(inside)[0])):
                raise ValueError(
                    f"{name} must vanish at the cutoff {cutoff:g}, got {jump / scale:.3g}; smoothly_cut makes it so"
                )


def smoothly_cut(energy: Radial, slope: Radial, curvature: Radial, cutoff: float) -> PairPotential:
    """Pair potential u(r) (1 - r^2/rc^2)^3, whose first two derivatives end at the cutoff rc without a jump.

    Parameters
    ----------
    energy, slope, curvature : u, u' and u'' as functions of an array of distances
    cutoff : rc

    Raises
    ------
    ValueError
        The cutoff is not above 0.
    """
    rc2 = float(finite_array("cutoff", cutoff, above=0)) ** 2

    def cut(r: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        s = 1 - r * r / rc2
        return s**3, -6 * r / rc2 * s**2, -6 / rc2 * s**2 + 24 * r * r / rc2**2 * s

    def cut_energy(r: NDArray) -> NDArray:
        return energy(r) * cut(r)[0]

    def cut_slope(r: NDArray) -> NDArray:
        c, c1, _ = cut(r)
        return slope(r) * c + energy(r) * c1

    def cut_curvature(r: NDArray) -> NDArray:
        c, c1, c2 = cut(r)
        return curvature(r) * c + 2 * slope(r) * c1 + energy(r) * c2

    return PairPotential(cut_energy, cut_slope, cut_curvature, cutoff)


def lennard_jones(energy: float = 1.0, length: float = 1.0, cutoff: float | None = None) -> PairPotential:
    """Lennard-Jones potential 4 epsilon [(sigma/r)^12 - (sigma/r)^6] (1 - r^2/rc^2)^3.

    Parameters
    ----------
    energy, length : epsilon and sigma
    cutoff : rc; without one, 2.5 sigma

    Raises
    ------
    ValueError
        One of them is not above 0.
    """
    epsilon, sigma = (float(finite_array(n, v, above=0)) for n, v in (("energy", energy), ("length", length)))

    def u(r: NDArray) -> NDArray:
        p = (sigma / r) ** 6
        return 4 * epsilon * (p * p - p)

    def u1(r: NDArray) -> NDArray:
        p = (sigma / r) ** 6
        return 4 * epsilon * (6 * p - 12 * p * p) / r

    def u2(r: NDArray) -> NDArray:
        p = (sigma / r) ** 6
        return 4 * epsilon * (156 * p * p - 42 * p) / r**2

    return smoothly_cut(u, u1, u2, 2.5 * sigma if cutoff is None else cutoff)


@dataclass(frozen=True)
class ReducedUnits:
    """Lennard-Jones units of a substance.

    Attributes
    ----------
    energy_K : epsilon over Boltzmann's constant
    length_A : sigma
    mass_u : of an atom

    Raises
    ------
    ValueError
        One of them is not above 0.
    """

    energy_K: float
    length_A: float
    mass_u: float

    def __post_init__(self) -> None:
        for name in ("energy_K", "length_A", "mass_u"):
            object.__setattr__(self, name, float(finite_array(name, getattr(self, name), above=0)))

    @property
    def time_ps(self) -> float:
        """sigma root(m/epsilon)."""
        mass_over_energy = self.mass_u * ATOMIC_MASS_kg / (BOLTZMANN_J_PER_K * self.energy_K)
        return float(1e2 * self.length_A * np.sqrt(mass_over_energy))

    @property
    def planck(self) -> float:
        """hbar in units of sigma root(m epsilon)."""
        return PLANCK_J_S / (2 * np.pi) / (BOLTZMANN_J_PER_K * self.energy_K * self.time_ps * 1e-12)


class _Pairs(NamedTuple):
    first: NDArray  # (p,) atom
    second: NDArray  # (p,) atom, above or, for its own images, equal to the first
    vectors: NDArray  # (p, d) from the second to the first
    distances: NDArray  # (p,)
    kinds: NDArray  # (p,) number of the potential


class PairCrystal:
    """Energy surface of N atoms in a periodic box of d dimensions.

    Positions are arrays (N, d), in any image of the box; every method takes them.

    Attributes
    ----------
    cell : (d, d) vectors of the box, a row each
    species : (N,) number of the species of each atom
    potentials : pair potential by (species, species), the smaller first
    translations : d, the directions in which the whole crystal moves at no cost
    """

    def __init__(
        self,
        cell: ArrayLike,
        species: ArrayLike | int,
        potentials: PairPotential | Mapping[tuple[int, int], PairPotential],
        images: Images = "all",
    ) -> None:
        """Box and atoms.

        Parameters
        ----------
        cell : vectors of the box, a row each
        species : species of each atom, or how many atoms there are of a single one
        potentials : of two atoms; by pair of species where there are several
        images : "all" within the cutoff, or only the "nearest" one

        Raises
        ------
        ValueError
            A cell without volume, fewer than two atoms, a pair of species without a potential, or unknown images.
        """
        one_of("images", images, IMAGES)
        self.cell = finite_array("cell", cell)
        if self.cell.ndim != 2 or self.cell.shape[0] != self.cell.shape[1] or not abs(np.linalg.det(self.cell)) > 0:
            raise ValueError(f"cell must be rows of independent vectors, got {np.asarray(cell).tolist()}")
        kinds = integer_array("species", species, at_least=0)
        self.species = np.zeros(int(kinds), np.intp) if kinds.ndim == 0 else kinds
        if self.species.ndim != 1 or self.species.size < 2:
            raise ValueError(f"species must be of at least 2 atoms, got {np.asarray(species).tolist()}")
        self.potentials = {(0, 0): potentials} if isinstance(potentials, PairPotential) else dict(potentials)
        present = [int(kind) for kind in np.unique(self.species)]
        self._kinds = list(combinations_with_replacement(present, 2))
        for pair in self._kinds:
            if pair not in self.potentials:
                raise ValueError(f"potentials must have one of species {pair}, got those of {sorted(self.potentials)}")
        self.translations = len(self.cell)
        self._inverse = np.linalg.inv(self.cell)
        self._first, self._second = np.triu_indices(self.species.size)
        lower = np.minimum(self.species[self._first], self.species[self._second])
        upper = np.maximum(self.species[self._first], self.species[self._second])
        number = {pair: index for index, pair in enumerate(self._kinds)}
        self._kind_of_pair = np.array([number[pair] for pair in zip(lower.tolist(), upper.tolist(), strict=True)])
        self._cutoffs = np.array([self.potentials[pair].cutoff for pair in self._kinds])
        # Differences are wrapped to half a box; image n of one is then at least (|n| - 1/2) box heights away.
        heights = 1 / np.linalg.norm(self._inverse, axis=0)
        layers = (np.ceil(self._cutoffs.max() / heights + 0.5).astype(int) - 1) * (images == "all")
        self._images = np.array(list(product(*(range(-n, n + 1) for n in layers)))) @ self.cell

    def __len__(self) -> int:
        return self.species.size

    def wrapped(self, vectors: ArrayLike) -> NDArray:
        """Vectors (..., d) moved by whole boxes to within half a box in each direction."""
        vectors = np.asarray(vectors, float)
        return vectors - np.round(vectors @ self._inverse) @ self.cell

    def energy(self, positions: ArrayLike) -> float:
        """Energy of the box.

        Raises
        ------
        ValueError
            Positions of another shape or not finite, or two atoms at one place; so for all methods.
        """
        pairs = self._pairs(positions)
        shares = np.where(pairs.first == pairs.second, 0.5, 1.0)  # an atom and its image: half belongs to another box
        return float(shares @ self._radial("energy", pairs))

    def gradient(self, positions: ArrayLike) -> NDArray:
        """Derivative (N, d) of the energy by the positions: minus the forces."""
        pairs = self._pairs(positions)
        along = (self._radial("slope", pairs) / pairs.distances)[:, None] * pairs.vectors
        return np.stack(
            [
                np.bincount(pairs.first, component, len(self)) - np.bincount(pairs.second, component, len(self))
                for component in along.T
            ],
            axis=1,
        )

    def hessian(self, positions: ArrayLike) -> NDArray:
        """Second derivatives (N d, N d) of the energy, atom by atom."""
        pairs = self._pairs(positions)
        count, d = len(self), len(self.cell)
        units = pairs.vectors / pairs.distances[:, None]
        across = self._radial("slope", pairs) / pairs.distances
        along = self._radial("curvature", pairs) - across
        place = pairs.first * count + pairs.second
        matrix = np.zeros((count, d, count, d))
        for a, b in combinations_with_replacement(range(d), 2):
            stiffness = along * units[:, a] * units[:, b] + (across if a == b else 0)
            between = np.bincount(place, stiffness, count * count).reshape(count, count)
            between += between.T
            np.fill_diagonal(between, 0)  # an atom moves with its images
            block = np.diag(between.sum(axis=1)) - between
            matrix[:, a, :, b] = matrix[:, b, :, a] = block
        return matrix.reshape(count * d, count * d)

    def _radial(self, name: str, pairs: _Pairs) -> NDArray:
        values = np.empty_like(pairs.distances)
        for number, key in enumerate(self._kinds):
            chosen = slice(None) if len(self._kinds) == 1 else pairs.kinds == number
            values[chosen] = getattr(self.potentials[key], name)(pairs.distances[chosen])
        return values

    def _pairs(self, positions: ArrayLike) -> _Pairs:
        x = finite_array("positions", positions)
        if x.shape != (len(self), len(self.cell)):
            raise ValueError(f"positions must have shape {(len(self), len(self.cell))}, got {x.shape}")
        apart = self.wrapped(x[self._first] - x[self._second])
        reach = self._cutoffs[self._kind_of_pair]
        found = []
        for image in self._images:
            vectors = apart + image
            squares = np.einsum("pi,pi->p", vectors, vectors)
            near = squares < reach**2
            if not image.any():
                near &= self._first != self._second
            index = np.flatnonzero(near)
            found.append((index, vectors[index], squares[index]))
        index, vectors, squares = (np.concatenate(part) for part in zip(*found, strict=True))
        if squares.size and squares.min() == 0:
            where = int(index[np.argmin(squares)])
            raise ValueError(f"atoms {self._first[where]} and {self._second[where]} are at one place, must be apart")
        return _Pairs(self._first[index], self._second[index], vectors, np.sqrt(squares), self._kind_of_pair[index])


def fcc_positions(lattice_constant: float, cells: int) -> tuple[NDArray, NDArray]:
    """Box (3, 3) of cells^3 cubic cells of a face-centred cubic crystal, and its 4 cells^3 sites (n, 3).

    Sites go cell by cell, the last axis fastest, those of a cell at the corner and then opposite the axes x, y, z.

    Raises
    ------
    ValueError
        A lattice constant not above 0, or no whole number of cells.
    """
    a = float(finite_array("lattice_constant", lattice_constant, above=0))
    n = int(integer_array("cells", cells, at_least=1))
    corners = np.array(list(product(range(n), repeat=3)), float)
    basis = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    return n * a * np.eye(3), a * (corners[:, None] + basis).reshape(-1, 3)
