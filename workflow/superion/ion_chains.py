"""Rings of ions on a periodic row of wells, joined by springs: hops in which several ions move together.

The Frenkel-Kontorova model with the energy sum (E/2)(1 - cos 2 pi x/a) + sum (K/2)(x_next - x - a)^2. One ion more
than wells makes an interstitial, spread over the more ions the stiffer the springs are. It moves by one well when each
ion in it moves a little: the saddle is a concerted hop, over the Peierls-Nabarro barrier.

Units: E of energy, the distance of wells a of length.

Source: O. M. Braun and Y. S. Kivshar, Phys. Rep. 306, 1 (1998), Sec. 2 and 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.validity import finite_array, integer_array

__all__ = ["IonChain"]


@dataclass(frozen=True)
class IonChain:
    """Energy surface of ions on a ring of wells; positions are (ions, 1), in the order of the ions.

    Attributes
    ----------
    ions : how many
    wells : how many
    stiffness : K a^2/E of the springs; they are relaxed where ions are one well apart
    translations : 0, as the wells hold the ions

    Raises
    ------
    ValueError
        Fewer than 3 ions or wells, or a stiffness below 0.
    """

    ions: int
    wells: int
    stiffness: float
    translations: int = 0

    def __post_init__(self) -> None:
        for name in ("ions", "wells"):
            object.__setattr__(self, name, int(integer_array(name, getattr(self, name), at_least=3)))
        object.__setattr__(self, "stiffness", float(finite_array("stiffness", self.stiffness, at_least=0)))

    @property
    def interstitial_width(self) -> float:
        """Width of a single interstitial where it is wide, in wells: a root of K a^2/(2 pi^2 E)."""
        return float(np.sqrt(self.stiffness / (2 * np.pi**2)))

    def interstitial(self, centre: float) -> NDArray:
        """Positions (ions, 1) near those of an interstitial, of the shape that it has where it is wide.

        Parameters
        ----------
        centre : ion in its middle; half an odd number for the middle between two ions, where it is most stable
        """
        number = np.arange(self.ions)
        apart = (number - centre + self.ions / 2) % self.ions - self.ions / 2
        width = max(self.interstitial_width, 0.1)
        # From whole wells behind the middle to whole wells, less one, ahead of it.
        behind = 2 / np.pi * np.arctan(np.exp(np.clip(apart / width, -500, 500)))
        return (number - (self.ions - self.wells) * (behind + (number - centre > self.ions / 2)))[:, None].astype(float)

    def energy(self, positions: ArrayLike) -> float:
        """Energy in units of E.

        Raises
        ------
        ValueError
            Positions of another shape or not finite; so for all methods.
        """
        x, stretch = self._at(positions)
        return float((1 - np.cos(2 * np.pi * x)).sum() / 2 + self.stiffness / 2 * (stretch**2).sum())

    def gradient(self, positions: ArrayLike) -> NDArray:
        """Derivative (ions, 1) of the energy."""
        x, stretch = self._at(positions)
        return (np.pi * np.sin(2 * np.pi * x) + self.stiffness * (np.roll(stretch, 1) - stretch))[:, None]

    def hessian(self, positions: ArrayLike) -> NDArray:
        """Second derivatives (ions, ions) of the energy."""
        x, _ = self._at(positions)
        shift = np.roll(np.eye(self.ions), 1, axis=0)
        return np.diag(2 * np.pi**2 * np.cos(2 * np.pi * x) + 2 * self.stiffness) - self.stiffness * (shift + shift.T)

    def _at(self, positions: ArrayLike) -> tuple[NDArray, NDArray]:
        x = finite_array("positions", positions)
        if x.shape != (self.ions, 1):
            raise ValueError(f"positions must have shape {(self.ions, 1)}, got {x.shape}")
        x = x[:, 0]
        ahead = np.append(x[1:], x[0] + self.wells)
        return x, ahead - x - 1
