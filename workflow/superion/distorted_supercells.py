"""Chains of regular and interstitial sites with random distortions: bands, gap and conductivity of many supercells.

A distortion of strength d changes each site energy U_i to U_i (1 + d x_i) about the mean of the two site energies, and
each barrier E_a to E_a (1 + d y_i), which changes the hop to (J0/2) exp(-E_a d y_i/2kT), with x_i and y_i uniform
between -1 and 1. The supercell is repeated: k is still a good quantum number of the supercell.

Source: J. Hu, "A Novel Quasiparticle Method for Solid State Ion Transport" (2023), Sec. 3.4, Fig. 7, which shows such
supercells without stating the model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superion.quadrature import gauss_legendre
from superion.validity import finite_array, integer_array

__all__ = ["Ensemble", "SupercellModel", "distorted_supercells"]

_NODES = 24


@dataclass(frozen=True)
class SupercellModel:
    """An undistorted chain of alternating sites, and how it is distorted.

    Attributes
    ----------
    regular_energy_eV, interstitial_energy_eV : U_A < U_B, eV
    hopping_eV : J0, eV; the hop between neighbours is J0/2
    activation_energy_eV : E_a, eV, >= 0, that barrier distortion scales
    thermal_energy_eV : kT, eV, > 0
    sites : sites of the supercell, even, >= 2

    Raises
    ------
    ValueError
        A value out of range.
    """

    regular_energy_eV: float
    interstitial_energy_eV: float
    hopping_eV: float
    activation_energy_eV: float
    thermal_energy_eV: float
    sites: int = 20

    def __post_init__(self) -> None:
        """Check every value."""
        finite_array("regular_energy_eV", self.regular_energy_eV, below=self.interstitial_energy_eV, meaning="U_B")
        finite_array("interstitial_energy_eV", self.interstitial_energy_eV)
        finite_array("hopping_eV", self.hopping_eV)
        finite_array("activation_energy_eV", self.activation_energy_eV, at_least=0)
        finite_array("thermal_energy_eV", self.thermal_energy_eV, above=0)
        sites = integer_array("sites", self.sites, at_least=2)
        if sites % 2:
            raise ValueError(f"sites must be even, as regular and interstitial sites alternate, got {self.sites!r}")


@dataclass(frozen=True)
class Ensemble:
    """Distorted supercells, first axis: realisation.

    Attributes
    ----------
    site_energy_eV, bond_hop_eV : what was drawn, shape (realisations, sites)
    wave_number : K times the length of the supercell, shape (n,)
    band_energy_eV : shape (realisations, n, sites), ascending
    mean_width_eV : mean width of the bands of the supercell, shape (realisations,)
    gap_eV : between the lower and the upper half of the bands
    spread_eV : from the lowest to the highest energy of the upper half
    reduced_conductivity_eV : Eq. (30) of the upper half with mu in the middle of the gap
    conductivity_at_fixed_mu_eV : the same with mu at the mean site energy
    """

    site_energy_eV: NDArray
    bond_hop_eV: NDArray
    wave_number: NDArray
    band_energy_eV: NDArray
    mean_width_eV: NDArray
    gap_eV: NDArray
    spread_eV: NDArray
    reduced_conductivity_eV: NDArray
    conductivity_at_fixed_mu_eV: NDArray


def distorted_supercells(
    model: SupercellModel,
    site_distortion: float,
    barrier_distortion: float,
    realisations: int,
    seed: int,
    *,
    wave_numbers: int = 33,
) -> Ensemble:
    """Draw supercells and solve their bands.

    Parameters
    ----------
    model : the undistorted chain
    site_distortion, barrier_distortion : d, 0 <= d < 1
    realisations : number of supercells, >= 1; realisation i is keyed by i, so that more leave the first ones unchanged
    seed : of the ensemble
    wave_numbers : points of the bands between K = 0 and pi, ends included, where the edges of each band are

    Raises
    ------
    ValueError
        A value out of range.
    """
    by_site = float(finite_array("site_distortion", site_distortion, at_least=0, below=1))
    by_barrier = float(finite_array("barrier_distortion", barrier_distortion, at_least=0, below=1))
    count = int(integer_array("realisations", realisations, at_least=1))
    n = model.sites
    children = [np.random.SeedSequence(seed, spawn_key=(i,)) for i in range(count)]
    drawn = np.array([np.random.default_rng(child).uniform(-1, 1, (2, n)) for child in children])
    middle = (model.regular_energy_eV + model.interstitial_energy_eV) / 2
    energies = np.where(np.arange(n) % 2, model.interstitial_energy_eV, model.regular_energy_eV)
    sites = middle + (energies - middle) * (1 + by_site * drawn[:, 0])
    raised = model.activation_energy_eV * by_barrier * drawn[:, 1]
    bonds = model.hopping_eV / 2 * np.exp(-raised / (2 * model.thermal_energy_eV))
    wave_number = np.linspace(0, np.pi, int(integer_array("wave_numbers", wave_numbers, at_least=2)))
    bands = np.linalg.eigvalsh(_hamiltonian(sites, bonds, wave_number))
    lower, upper = bands[..., : n // 2], bands[..., n // 2 :]
    floor, ceiling = upper.min((1, 2)), lower.max((1, 2))
    at_gap = (floor + ceiling) / 2
    # Bands of a longer supercell are flatter: the fewer sites, the more nodes for the Fermi edges inside them.
    edges = abs(model.hopping_eV) / (2 * n * model.thermal_energy_eV)
    node, weight = gauss_legendre(_NODES, int(np.ceil(np.clip(edges, 1, 64))))
    inner = np.pi * node
    energy, vector = np.linalg.eigh(_hamiltonian(sites, bonds, inner))
    # Only the bond that closes the supercell carries K: dE/dK = 2 Re(i t c*_last c_first e^{iK}).
    hop = 1j * bonds[:, None, -1, None] * np.exp(1j * inner)[:, None]
    velocity = 2 * (hop * vector[..., -1, :].conj() * vector[..., 0, :]).real[..., n // 2 :] * (n // 2)
    energy = energy[..., n // 2 :]

    def conductivity(mu: NDArray | float) -> NDArray:
        x = np.abs(energy - np.reshape(mu, (-1, 1, 1))) / model.thermal_energy_eV
        decay = np.exp(-x)
        slope = decay / (1 + decay) ** 2 / model.thermal_energy_eV
        return np.einsum("rkb,k->r", velocity**2 * slope, weight) / (n // 2)

    return Ensemble(
        sites,
        bonds,
        wave_number,
        bands,
        np.abs(bands[:, -1] - bands[:, 0]).mean(-1),
        floor - ceiling,
        upper.max((1, 2)) - floor,
        conductivity(at_gap),
        conductivity(middle),
    )


def _hamiltonian(sites: NDArray, bonds: NDArray, wave_number: NDArray) -> NDArray:
    """Shape (realisations, wave numbers, n, n); bond i joins site i to i + 1, the last one to the next supercell."""
    count, n = sites.shape
    matrix = np.zeros((count, wave_number.size, n, n), complex)
    index = np.arange(n)
    matrix[..., index, index] = sites[:, None]
    following = (index + 1) % n
    phases = np.where(index == n - 1, np.exp(1j * wave_number)[:, None], 1.0)
    hop = bonds[:, None] * phases
    # += : for two sites both bonds join the same pair
    np.add.at(matrix, (slice(None), slice(None), index, following), hop)
    np.add.at(matrix, (slice(None), slice(None), following, index), hop.conj())
    return matrix
