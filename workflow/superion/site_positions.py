"""Positions of sites in crystals: symmetry operations, orbits, and the site of a lattice that each lies nearest to.

Operations are written as in the International Tables for Crystallography, Vol. A: 'x, y, z' triplets of fractional
coordinates, by which a list of general positions or of generators stands for a space group.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.lattice import Lattice
from superion.validity import finite_array

__all__ = ["IA_3D", "SymmetryGroup", "nearest_sites", "operations_along_c", "symmetry_group"]

IA_3D = (
    "x+1/2, y+1/2, z+1/2",
    "-x+1/2, -y, z+1/2",
    "-x, y+1/2, -z+1/2",
    "z, x, y",
    "y+3/4, x+1/4, -z+1/4",
    "-x, -y, -z",
)
"""Generators of Ia-3d (No. 230), the space group of cubic garnets; International Tables for Crystallography, Vol. A."""

LARGEST_GROUP = 192  # operations in a cell, centring included: no space group has more
_GRID = 24  # translations of space groups are whole 24ths of a cell
_TERM = re.compile(r"([+-]?)(?:(\d+)/(\d+)|([xyz]))")


@dataclass(frozen=True)
class SymmetryGroup:
    """Operations r -> W r + w in fractional coordinates, up to cell translations.

    Attributes
    ----------
    rotations : (n, 3, 3) int, W
    translations : (n, 3), w, from 0 to below 1
    """

    rotations: NDArray
    translations: NDArray

    def orbit(self, position: ArrayLike, tolerance: float = 1e-4) -> NDArray:
        """Positions (m, 3), from 0 to below 1, that the operations make of one; equal within the tolerance counts once.

        Raises
        ------
        ValueError
            A position that is not three finite numbers.
        """
        start = finite_array("position", position)
        if start.shape != (3,):
            raise ValueError(f"position must be 3 fractional coordinates, got shape {start.shape}")
        images = self.rotations @ start + self.translations
        images -= np.floor(images + tolerance)
        apart = images[:, None] - images
        same = np.abs(apart - np.rint(apart)).max(axis=-1) < tolerance
        return images[np.unique(np.argmax(same, axis=1))]


def symmetry_group(generators: Sequence[str]) -> SymmetryGroup:
    """All products of generators, sorted.

    Parameters
    ----------
    generators : 'x, y, z' triplets with whole numbers and fractions

    Raises
    ------
    ValueError
        Text that is no triplet, or operations that form no space group.
    """
    given = [_operation(text) for text in generators]
    group, waiting = {_IDENTITY}, [_IDENTITY]
    while waiting:
        product = waiting.pop()
        for operation in given:
            new = _multiply(operation, product)
            if new not in group:
                group.add(new)
                waiting.append(new)
        if len(group) > LARGEST_GROUP:
            raise ValueError(f"generators must make a space group, got more than {LARGEST_GROUP} operations")
    operations = sorted(group, reverse=True)
    rotations = np.array([rotation for rotation, _ in operations]).reshape(-1, 3, 3)
    return SymmetryGroup(rotations, np.array([shift for _, shift in operations]) / _GRID)


_Operation = tuple[tuple[int, ...], tuple[int, ...]]
_IDENTITY: _Operation = ((1, 0, 0, 0, 1, 0, 0, 0, 1), (0, 0, 0))


def _operation(text: str) -> _Operation:
    parts = text.replace(" ", "").split(",")
    if len(parts) != 3 or not all(_TERM.match(part) and not _TERM.sub("", part) for part in parts):
        raise ValueError(f"generators must be triplets such as '-x+1/2, y, z', got {text!r}")
    rotation, shift = np.zeros((3, 3), int), []
    for row, part in enumerate(parts):
        constant = Fraction(0)
        for sign, above, below, axis in _TERM.findall(part):
            factor = -1 if sign == "-" else 1
            if axis:
                rotation[row, "xyz".index(axis)] += factor
            else:
                constant += factor * Fraction(int(above), int(below))
        if (constant * _GRID).denominator != 1:
            raise ValueError(f"generators must have translations in whole 24ths, got {text!r}")
        shift.append(int(constant * _GRID) % _GRID)
    if abs(round(np.linalg.det(rotation))) != 1:
        raise ValueError(f"generators must be rotations or reflections, got {text!r}")
    return tuple(rotation.ravel().tolist()), tuple(shift)


def _multiply(first: _Operation, second: _Operation) -> _Operation:
    w = np.reshape(first[0], (3, 3))
    shift = (w @ np.array(second[1]) + np.array(first[1])) % _GRID
    return tuple((w @ np.reshape(second[0], (3, 3))).ravel().tolist()), tuple(shift.tolist())


def operations_along_c(group: SymmetryGroup) -> SymmetryGroup:
    """The subgroup that leaves the c axis where it is, up to its sign: I4_1/acd of Ia-3d."""
    kept = (group.rotations[:, :2, 2] == 0).all(axis=1) & (group.rotations[:, 2, :2] == 0).all(axis=1)
    return SymmetryGroup(group.rotations[kept], group.translations[kept])


def nearest_sites(lattice: Lattice, fractions: ArrayLike) -> tuple[NDArray, NDArray]:
    """Site of a lattice that each position lies nearest to, and how far away, over all cells.

    Parameters
    ----------
    fractions : (m, d) positions in fractions of the lattice's cell

    Returns
    -------
    site numbers (m,), distances (m,) in the lattice's unit of length

    Raises
    ------
    ValueError
        Positions that do not fit the lattice or are not finite.
    """
    positions = np.atleast_2d(finite_array("fractions", fractions))
    d = lattice.dimension
    if positions.ndim != 2 or positions.shape[1] != d:
        raise ValueError(f"fractions must have shape (m, {d}), got {np.shape(fractions)}")
    apart = positions[:, None] - lattice.sites @ np.linalg.inv(lattice.cell)
    apart -= np.rint(apart)
    # In a skewed cell the nearest image need not be the one of least fractions: those around it count too.
    distance = np.full(apart.shape[:2], np.inf)
    for image in product((-1, 0, 1), repeat=d):
        np.minimum(distance, np.linalg.norm((apart + image) @ lattice.cell, axis=-1), out=distance)
    site = distance.argmin(axis=1)
    return site, distance[np.arange(len(site)), site]
