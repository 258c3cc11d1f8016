"""Pair interactions of a mobile ion with an atom of the lattice: energy, its derivatives, gradient and Hessian.

A `PairInteraction` is a function u of the distance d alone. It is repulsive for a positive strength. A Gaussian may
attract as well, its well having a bottom; a screened Coulomb attraction may not, as the ion would fall into the atom.
Units: meV, angstrom.

Source: A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes", text below Eq. (24).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.validity import finite_array, one_of

__all__ = ["KINDS", "PairInteraction"]

KINDS = ("screened_coulomb", "gaussian")
"""Kinds of interaction; the place of a kind is its number in compiled kernels."""
Kind = Literal["screened_coulomb", "gaussian"]


@dataclass(frozen=True)
class PairInteraction:
    """Interaction of the ion with one atom at the distance d.

    Attributes
    ----------
    kind : "screened_coulomb", u = strength exp(-d/length)/d, or "gaussian", u = strength exp(-d^2/(2 length^2))
    strength : in meV A of a screened Coulomb interaction, at least 0; in meV of a Gaussian one, of either sign
    length_A : screening length, or width of the Gaussian, A

    Raises
    ------
    ValueError
        An unknown kind, a strength that is not finite or lets the ion fall into the atom, a length not above 0.
    """

    kind: Kind
    strength: float
    length_A: float

    def __post_init__(self) -> None:
        one_of("kind", self.kind, KINDS)
        if self.kind == "screened_coulomb":
            meaning = "else the ion falls into the atom"
            strength = finite_array("strength of a screened Coulomb", self.strength, at_least=0, meaning=meaning)
        else:
            strength = finite_array("strength", self.strength)
        length = finite_array("length_A", self.length_A, above=0)
        for name, value in {"strength": strength, "length_A": length}.items():
            if value.ndim:
                raise ValueError(f"{name} must be one number, got an array of shape {value.shape}")
            object.__setattr__(self, name, float(value))

    @property
    def kind_index(self) -> int:
        """Number of the kind in `KINDS`."""
        return KINDS.index(self.kind)

    def energy_meV(self, distance_A: ArrayLike) -> NDArray:
        """Energy u in meV at distances of any shape.

        Raises
        ------
        ValueError
            A distance is not finite or not above 0 (a Gaussian also takes 0); so for every method below.
        """
        return self._energy(self._distances(distance_A))

    def slope_meV_per_A(self, distance_A: ArrayLike) -> NDArray:
        """First derivative u' in meV/A."""
        d = self._distances(distance_A)
        return self._slope_over_distance(d, self._energy(d)) * d

    def curvature_meV_per_A2(self, distance_A: ArrayLike) -> NDArray:
        """Second derivative u'' in meV/A^2."""
        d = self._distances(distance_A)
        u = self._energy(d)
        return self._slope_over_distance(d, u) + self._anisotropy(d, u) * d**2

    def third_derivative_meV_per_A3(self, distance_A: ArrayLike) -> NDArray:
        """Third derivative u''' in meV/A^3."""
        d, c = self._distances(distance_A), 1 / self.length_A
        if self.kind == "gaussian":
            return self._energy(d) * c**4 * d * (3 - (d * c) ** 2)
        return -self._energy(d) * (6 / d**3 + 6 * c / d**2 + 3 * c**2 / d + c**3)

    def gradient_meV_per_A(self, vectors_A: ArrayLike) -> NDArray:
        """Gradient (..., 3) of u(|x|) in meV/A at vectors (..., 3) from the atom to the ion."""
        x, d = self._vectors(vectors_A)
        return self._slope_over_distance(d, self._energy(d))[..., None] * x

    def hessian_meV_per_A2(self, vectors_A: ArrayLike) -> NDArray:
        """Hessian (..., 3, 3) of u(|x|) in meV/A^2 at vectors (..., 3) from the atom to the ion."""
        x, d = self._vectors(vectors_A)
        u = self._energy(d)
        isotropic = self._slope_over_distance(d, u)[..., None, None] * np.eye(3)
        return isotropic + self._anisotropy(d, u)[..., None, None] * (x[..., :, None] * x[..., None, :])

    def _distances(self, distance_A: ArrayLike) -> NDArray:
        if self.kind == "gaussian":
            return finite_array("distance_A", distance_A, at_least=0)
        return finite_array("distance_A", distance_A, above=0, meaning="the ion is not on the atom")

    def _vectors(self, vectors_A: ArrayLike) -> tuple[NDArray, NDArray]:
        x = finite_array("vectors_A", vectors_A)
        if x.shape[-1:] != (3,):
            raise ValueError(f"vectors_A must have 3 components, got shape {x.shape}")
        return x, self._distances(np.linalg.norm(x, axis=-1))

    def _energy(self, d: NDArray) -> NDArray:
        if self.kind == "gaussian":
            return self.strength * np.exp(-0.5 * (d / self.length_A) ** 2)
        return self.strength * np.exp(-d / self.length_A) / d

    def _slope_over_distance(self, d: NDArray, u: NDArray) -> NDArray:
        """u'/d, which has a limit at the centre of a Gaussian."""
        c = 1 / self.length_A
        return -u * c**2 if self.kind == "gaussian" else -u * (1 / d + c) / d

    def _anisotropy(self, d: NDArray, u: NDArray) -> NDArray:
        """(u'' - u'/d)/d^2."""
        c = 1 / self.length_A
        return u * c**4 if self.kind == "gaussian" else u * (3 / d**2 + 3 * c / d + c**2) / d**2
