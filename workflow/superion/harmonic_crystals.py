"""Harmonic crystals: atoms on a lattice, joined by force constants.

A `HarmonicCrystal` is what lattice dynamics needs: cell, atoms, masses and the force constants between them. It is
built of central springs, shell by shell, or of any table of force constants; either must not resist a uniform shift
(the acoustic sum rule). Units: angstrom, ps, meV, so that a mass of 1 is 1 meV ps^2/A^2 = 9.6485 Da.

Source: A. Rodin, B. A. Olsen, A. Ustyuzhanin, A. Maevskiy, "Time-local stochastic equation of motion for solid ionic
electrolytes", Secs. II, III, Eqs. (1), (13), (21).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.units import ELEMENTARY_CHARGE_C, ATOMIC_MASS_kg
from superion.validity import finite_array, integer_array

__all__ = [
    "DALTON_PER_MASS_UNIT",
    "STRUCTURES",
    "HarmonicCrystal",
    "bcc_crystal",
    "crystal_of_force_constants",
    "fcc_crystal",
    "simple_cubic_crystal",
    "spring_crystal",
]

DALTON_PER_MASS_UNIT = 1e-3 * ELEMENTARY_CHARGE_C * 1e-24 / 1e-20 / ATOMIC_MASS_kg
"""Daltons in 1 meV ps^2/A^2."""
SUM_RULE_TOLERANCE = 1e-8  # of the largest force constant: rounding of typed tables is told, not passed over
SHELL_TOLERANCE_A = 1e-6


@dataclass(frozen=True)
class HarmonicCrystal:
    """Atoms of a unit cell and the force constants between them and their periodic images.

    The potential energy is one half of the sum over pairs of r_a(0) . Phi_ab(L) . r_b(L), in meV.

    Attributes
    ----------
    cell : (3, 3) cell vectors as rows, A
    positions : (A, 3) Cartesian positions of the atoms of a cell, A
    masses : (A,) masses in meV ps^2/A^2
    origin, destination : (B,) indices of the atoms that bond b joins: both directions, and each atom with itself
    translation : (B, 3) whole cells from the origin's cell to that of the destination
    force_constants : (B, 3, 3) Phi in meV/A^2

    Raises
    ------
    ValueError
        Shapes that do not fit, a flat cell, a mass that is not positive, Phi_ba(-L) that is not the transpose of
        Phi_ab(L), or force constants that resist a uniform shift.
    """

    cell: NDArray
    positions: NDArray
    masses: NDArray
    origin: NDArray
    destination: NDArray
    translation: NDArray
    force_constants: NDArray

    def __post_init__(self) -> None:
        cell = finite_array("cell", self.cell)
        if cell.shape != (3, 3):
            raise ValueError(f"cell must hold 3 vectors of 3 components, got shape {cell.shape}")
        if abs(np.linalg.det(cell)) < 1e-9 * np.abs(cell).max() ** 3:
            raise ValueError(f"cell vectors must span a volume, got {cell.tolist()!r}")
        positions = np.atleast_2d(finite_array("positions", self.positions))
        masses = np.atleast_1d(finite_array("masses", self.masses, above=0))
        if positions.shape != (len(masses), 3):
            raise ValueError(f"positions must be ({len(masses)}, 3), one for each mass, got {positions.shape}")
        last = len(masses) - 1
        origin = integer_array("origin", self.origin, at_least=0, at_most=last, meaning="index of an atom").ravel()
        destination = integer_array("destination", self.destination, at_least=0, at_most=last).ravel()
        translation = integer_array("translation", self.translation).reshape(-1, 3)
        phi = finite_array("force_constants", self.force_constants)
        if not len(origin) == len(destination) == len(translation) or phi.shape != (len(origin), 3, 3):
            raise ValueError(
                f"origin, destination, translation and force_constants must have one entry a bond, got "
                f"{len(origin)}, {len(destination)}, {len(translation)} and shape {phi.shape}"
            )
        for name, value in {
            "cell": cell,
            "positions": positions,
            "masses": masses,
            "origin": origin,
            "destination": destination,
            "translation": translation,
            "force_constants": phi,
        }.items():
            value = value.copy()
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        self._check_bonds()

    def _check_bonds(self) -> None:
        scale = np.abs(self.force_constants).max(initial=0.0)
        if scale == 0:
            raise ValueError("force_constants must not all vanish")
        bonds: dict[tuple[int, ...], NDArray] = {}
        for a, b, shift, phi in zip(self.origin, self.destination, self.translation, self.force_constants, strict=True):
            key = (int(a), int(b), *map(int, shift))
            if key in bonds:
                raise ValueError(f"the bond of atoms {key[0]} and {key[1]} over cells {key[2:]} is listed twice")
            bonds[key] = phi
        for (a, b, *shift), phi in bonds.items():
            partner = bonds.get((b, a, *(-x for x in shift)))
            if partner is None or np.abs(partner - phi.T).max() > SUM_RULE_TOLERANCE * scale:
                raise ValueError(
                    f"force constants of atoms {b} and {a} over cells {tuple(-x for x in shift)} must be the transpose "
                    f"of those of {a} and {b} over {tuple(shift)}: each force has its reaction"
                )
        excess = np.zeros((self.atom_count, 3, 3))
        np.add.at(excess, self.origin, self.force_constants)
        worst = np.abs(excess).max(axis=(1, 2))
        if worst.max() > SUM_RULE_TOLERANCE * scale:
            atom = int(worst.argmax())
            raise ValueError(
                f"force constants of atom {atom} must add up to 0 (acoustic sum rule: a uniform shift costs nothing), "
                f"got {worst[atom]:.6g} meV/A^2"
            )

    @property
    def atom_count(self) -> int:
        """Number of atoms A in a unit cell."""
        return len(self.masses)

    @property
    def volume_A3(self) -> float:
        """Volume of the unit cell in cubic angstrom."""
        return float(abs(np.linalg.det(self.cell)))

    @property
    def density(self) -> float:
        """Mass density in meV ps^2/A^5."""
        return float(self.masses.sum() / self.volume_A3)

    @property
    def shortest_bond_A(self) -> float:
        """Smallest distance between two atoms that a force constant joins, A."""
        steps = self.translation @ self.cell + self.positions[self.destination] - self.positions[self.origin]
        lengths = np.linalg.norm(steps, axis=1)
        return float(lengths[lengths > 0].min())

    def doubled(self) -> HarmonicCrystal:
        """The same crystal in a cell twice as long along the first cell vector."""
        positions = np.concatenate([self.positions, self.positions + self.cell[0]])
        bonds = []
        for half in (0, 1):
            first = self.translation[:, 0] + half
            translation = np.column_stack([first // 2, self.translation[:, 1:]])
            ends = (self.origin + half * self.atom_count, self.destination + first % 2 * self.atom_count)
            bonds.append((*ends, translation))
        origin, destination, translation = (np.concatenate(parts) for parts in zip(*bonds, strict=True))
        return HarmonicCrystal(
            np.diag([2, 1, 1]) @ self.cell,
            positions,
            np.tile(self.masses, 2),
            origin,
            destination,
            translation,
            np.tile(self.force_constants, (2, 1, 1)),
        )

    def scaled(self, stiffness: float = 1.0, mass: float = 1.0) -> HarmonicCrystal:
        """The crystal with all force constants and all masses multiplied."""
        stiffness = float(finite_array("stiffness", stiffness, above=0))
        mass = float(finite_array("mass", mass, above=0))
        bonds = (self.origin, self.destination, self.translation)
        return HarmonicCrystal(self.cell, self.positions, self.masses * mass, *bonds, self.force_constants * stiffness)


def crystal_of_force_constants(
    cell: ArrayLike,
    positions: ArrayLike,
    masses: ArrayLike,
    bonds: Sequence[tuple[int, int, Sequence[int], ArrayLike]],
) -> HarmonicCrystal:
    """Crystal of force constants between different atoms; the reactions and each atom's own term are added.

    Parameters
    ----------
    cell, positions, masses : as `HarmonicCrystal`
    bonds : (origin, destination, translation, (3, 3) force constants in meV/A^2), each pair once or in both directions

    Raises
    ------
    ValueError
        As `HarmonicCrystal`.
    """
    count = np.atleast_1d(np.asarray(masses)).size
    table: dict[tuple[int, ...], NDArray] = {}
    for a, b, shift, phi in bonds:
        block = finite_array("force constants of a bond", phi)
        if block.shape != (3, 3) or len(shift) != 3:
            raise ValueError(f"a bond needs 3 whole cells and 3 x 3 force constants, got {shift!r}, {block.shape}")
        if a == b and not any(shift):
            raise ValueError(f"atom {a} must not be bonded to itself: its own term follows from the acoustic sum rule")
        table[(int(a), int(b), *map(int, shift))] = block
    for (a, b, *shift), block in list(table.items()):
        table.setdefault((b, a, *(-x for x in shift)), block.T)
    own = np.zeros((count, 3, 3))
    for (a, _, *_), block in table.items():
        if not 0 <= a < count:
            raise ValueError(f"a bond names atom {a}, must be 0 to {count - 1}")
        own[a] -= block
    for atom in range(count):
        table[(atom, atom, 0, 0, 0)] = own[atom]
    keys = np.array(list(table), int).reshape(-1, 5)
    return HarmonicCrystal(
        np.asarray(cell),
        np.asarray(positions),
        np.asarray(masses),
        keys[:, 0],
        keys[:, 1],
        keys[:, 2:],
        np.array(list(table.values())),
    )


def spring_crystal(
    cell: ArrayLike,
    positions: ArrayLike,
    masses: ArrayLike,
    spring_constants: ArrayLike,
    *,
    transverse: ArrayLike = 0.0,
) -> HarmonicCrystal:
    """Crystal of springs between all pairs of the nearest shells of neighbours. Rodin et al., Sec. III.

    Parameters
    ----------
    cell, positions, masses : as `HarmonicCrystal`
    spring_constants : (S,) stiffness along the bond of the first, second, ... shell of distances, meV/A^2; 0 skips one
    transverse : (S,) or number, stiffness across the bond, meV/A^2

    Raises
    ------
    ValueError
        As `HarmonicCrystal`.
    """
    cell, positions = finite_array("cell", cell), np.atleast_2d(finite_array("positions", positions))
    along = np.atleast_1d(finite_array("spring_constants", spring_constants))
    across = np.broadcast_to(finite_array("transverse", transverse), along.shape)
    reach = len(along) + 1  # cells, enough for that many shells of any cell that is not very oblique
    shifts = np.array(list(product(range(-reach, reach + 1), repeat=3)))
    vectors = positions[None, :, None] + (shifts @ cell)[None, None] - positions[:, None, None]
    distances = np.linalg.norm(vectors, axis=-1)
    shells = _shells(distances, len(along))
    bonds = []
    for a, b in product(range(len(positions)), repeat=2):
        for radius, k_along, k_across in zip(shells, along, across, strict=True):
            if k_along == 0 and k_across == 0:
                continue
            for index in np.flatnonzero(np.abs(distances[a, b] - radius) < SHELL_TOLERANCE_A):
                unit = vectors[a, b, index] / radius
                projector = np.outer(unit, unit)
                bonds.append((a, b, shifts[index], -k_along * projector - k_across * (np.eye(3) - projector)))
    return crystal_of_force_constants(cell, positions, masses, bonds)


def _shells(distances: NDArray, count: int) -> list[float]:
    shells: list[float] = []
    for distance in np.sort(distances[distances > SHELL_TOLERANCE_A].ravel()):
        if not shells or distance - shells[-1] > SHELL_TOLERANCE_A:
            if len(shells) == count:
                break
            shells.append(float(distance))
    return shells


def simple_cubic_crystal(lattice_constant_A: float, spring_constants: ArrayLike, mass: float) -> HarmonicCrystal:
    """Simple cubic crystal of one atom a cell; springs as `spring_crystal`. Rodin et al., Eq. (21)."""
    return spring_crystal(lattice_constant_A * np.eye(3), np.zeros((1, 3)), [mass], spring_constants)


def bcc_crystal(lattice_constant_A: float, spring_constants: ArrayLike, mass: float) -> HarmonicCrystal:
    """Body-centred cubic crystal in its cubic cell of two atoms; springs as `spring_crystal`."""
    positions = lattice_constant_A * np.array([[0, 0, 0], [0.5, 0.5, 0.5]])
    return spring_crystal(lattice_constant_A * np.eye(3), positions, [mass] * 2, spring_constants)


def fcc_crystal(lattice_constant_A: float, spring_constants: ArrayLike, mass: float) -> HarmonicCrystal:
    """Face-centred cubic crystal in its cubic cell of four atoms; springs as `spring_crystal`."""
    positions = lattice_constant_A * np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    return spring_crystal(lattice_constant_A * np.eye(3), positions, [mass] * 4, spring_constants)


STRUCTURES = {"simple_cubic": simple_cubic_crystal, "bcc": bcc_crystal, "fcc": fcc_crystal}
"""Builders by name."""
