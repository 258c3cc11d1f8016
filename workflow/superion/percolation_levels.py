"""Levels of an ion that hops far within a closed region of n percolation sites.

Where the loss E_s of a hop to the next site is not large against kT, an ion reaches sites further on, with amplitudes
P_l = P_0 q^l, q = exp(-E_s/kT). Each site has a regular and an interstitial state.

Source: J. Hu, "A Novel Quasiparticle Method for Solid State Ion Transport" (2023), Sec. 3.4, App. 5.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from superion.validity import finite_array, integer_array, one_of

__all__ = ["PercolationRegion", "far_hop_factor"]


def far_hop_factor(energy_loss_eV: float | None, thermal_energy_eV: float, *, amplitude: bool = False) -> float:
    """q = exp(-E_s/kT) of App. 5.2, by which each further site weakens the hop.

    Parameters
    ----------
    energy_loss_eV : E_s, eV, > 0; None: infinite, nearest neighbours alone
    thermal_energy_eV : kT, eV, > 0
    amplitude : exp(-E_s/2kT), which Eqs. (15), (16) give for an amplitude, instead of the printed one
    """
    thermal = float(finite_array("thermal_energy_eV", thermal_energy_eV, above=0))
    if energy_loss_eV is None:
        return 0.0
    loss = float(finite_array("energy_loss_eV", energy_loss_eV, above=0))
    return float(np.exp(-loss / (2 * thermal if amplitude else thermal)))


@dataclass(frozen=True)
class PercolationRegion:
    """A closed chain of percolation sites.

    Attributes
    ----------
    regular_energy_eV, interstitial_energy_eV : U_A < U_B, eV
    hop_eV : P_AA = P_BB, eV
    far_factor : q, 0 <= q < 1
    cross_hop_eV : P_AB = P_BA, eV

    Raises
    ------
    ValueError
        A value out of range.
    """

    regular_energy_eV: float
    interstitial_energy_eV: float
    hop_eV: float
    far_factor: float = 0.0
    cross_hop_eV: float = 0.0

    def __post_init__(self) -> None:
        """Check every value."""
        finite_array("regular_energy_eV", self.regular_energy_eV, below=self.interstitial_energy_eV, meaning="U_B")
        for name in ("interstitial_energy_eV", "hop_eV", "cross_hop_eV"):
            finite_array(name, getattr(self, name))
        finite_array("far_factor", self.far_factor, at_least=0, below=1)

    def matrix(self, sites: int, *, form: Literal["corrected", "printed"] = "corrected") -> NDArray:
        """Hamiltonian of App. 5.2, shape (2n, 2n), regular states first.

        form: 'printed' has P_{n-2} as the last entry of the second row, one site too far; it is not symmetric.
        """
        one_of("form", form, ("corrected", "printed"))
        n = int(integer_array("sites", sites, at_least=1))
        distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        if form == "printed" and n > 2:
            distance[1, n - 1] = n - 1
        # 0^0 = 1: the nearest neighbour hops also where q = 0.
        reach = np.where(distance > 0, self.far_factor ** np.maximum(distance - 1, 0).astype(float), 0.0)
        hops = np.array([[self.hop_eV, self.cross_hop_eV], [self.cross_hop_eV, self.hop_eV]])
        energies = np.diag([self.regular_energy_eV, self.interstitial_energy_eV])
        return np.kron(hops, reach) + np.kron(energies, np.eye(n))

    def levels_eV(self, sites: int) -> NDArray:
        """Eigen-energies, ascending, shape (2n,): the lower half occupied, one ion a site."""
        return np.linalg.eigvalsh(self.matrix(sites))

    def gap_eV(self, sites: int) -> float:
        """Lowest unoccupied less highest occupied level, eV."""
        levels = self.levels_eV(sites)
        return float(levels[sites] - levels[sites - 1])

    @property
    def infinite_gap_eV(self) -> float:
        """Gap of the endless chain without cross hops: U_B - U_A - 4P/(1 - q^2), eV, or 0 where the bands overlap.

        The band of a hop P q^(l-1) over l sites reaches from -2P/(1 + q) to 2P/(1 - q).
        """
        if self.cross_hop_eV:
            raise ValueError(f"cross_hop_eV must be 0 for the closed form, got {self.cross_hop_eV!r}")
        width = 4 * abs(self.hop_eV) / (1 - self.far_factor**2)
        return max(self.interstitial_energy_eV - self.regular_energy_eV - width, 0.0)
