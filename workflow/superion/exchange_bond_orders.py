"""Exchange between neighbouring sites with a bond order for each bond: what the one scattering |S| stands for.

The decoupling of App. 5.1 takes a phase that depends on p out of a sum over p, and so joins two bond orders, inside the
cell and between cells, in one |S|. Kept apart they give the exchange (Fock) field

    h_p = t1 + t2 e^{ip},   t_i = |J0|/2 + (K/a_i) chi_i,
    chi_1 = <h_p/2R (f- - f+)>,   chi_2 = <h_p e^{-ip}/2R (f- - f+)>,

whose state of lowest grand potential is dimerised, t1 != t2.

Source: J. Hu, "A Novel Quasiparticle Method for Solid State Ion Transport" (2023), App. 5.1, Eqs. (27), (42).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superion.interstitial_bands import PHASES, zone_quadrature
from superion.ion_doping import DopedConductor
from superion.validity import finite_array

__all__ = ["BondOrderState", "bond_order_state", "inter_cell_share"]

_WAVE_NUMBERS = 512
_ITERATIONS = 20000
_TOLERANCE = 1e-14


@dataclass(frozen=True)
class BondOrderState:
    """A self-consistent exchange field.

    Attributes
    ----------
    inner_eV, outer_eV : t1 (inside the cell), t2 (between cells), eV
    grand_potential_eV : per cell, counted as in `ion_doping.States`, eV
    residual_eV : largest change of t1 and t2 in one more step, eV
    """

    inner_eV: float
    outer_eV: float
    grand_potential_eV: float
    residual_eV: float


def bond_order_state(
    conductor: DopedConductor, chemical_potential_eV: float, *, distance_ratio: float = 1.0
) -> BondOrderState:
    """State of lowest grand potential among those that iteration reaches from bonds of every kind.

    Parameters
    ----------
    conductor : its phase plays no part
    chemical_potential_eV : mu, eV
    distance_ratio : gamma = a1/a2, > 0

    Raises
    ------
    ValueError
        A value out of range, or no convergence.
    """
    gamma = float(finite_array("distance_ratio", distance_ratio, above=0))
    mu = float(finite_array("chemical_potential_eV", chemical_potential_eV)) - conductor.middle_eV
    thermal, repulsion, half = conductor.thermal_energy_eV, conductor.repulsion_eV, abs(conductor.hopping_eV) / 2
    # Midpoints of the zone: the integrand is smooth and periodic where the gap is open, so that the sum converges fast.
    phase = np.exp(1j * 2 * np.pi * (np.arange(_WAVE_NUMBERS) + 0.5) / _WAVE_NUMBERS)

    def step(t1: float, t2: float) -> tuple[float, float, float]:
        h = t1 + t2 * phase
        r = np.hypot(conductor.energy_difference_eV, np.abs(h))
        down = np.exp(-r / thermal)
        filling = (1 - down**2) / (1 + down**2 + down * (np.exp(mu / thermal) + np.exp(-mu / thermal)))
        chi_1, chi_2 = (np.mean((h * turn).real / (2 * r) * filling) for turn in (1.0, phase.conj()))
        logs = sum(np.mean(np.logaddexp(0, (mu - branch * r) / thermal)) for branch in (-1, 1))
        omega = (t1 - half) ** 2 / repulsion + (t2 - half) ** 2 / (gamma * repulsion) - thermal * logs
        return half + repulsion * chi_1, half + gamma * repulsion * chi_2, omega

    found = []
    for start in (
        (half + repulsion / 2, half),
        (half, half + gamma * repulsion / 2),
        (half, half),
        (repulsion / 2,) * 2,
    ):
        t1, t2 = start
        for _ in range(_ITERATIONS):
            new_1, new_2, _ = step(t1, t2)
            change = max(abs(new_1 - t1), abs(new_2 - t2))
            t1, t2 = new_1, new_2
            if change < _TOLERANCE:
                break
        else:
            raise ValueError(f"exchange field did not converge: it changes by {change:.1e} eV a step")
        found.append(BondOrderState(float(t1), float(t2), float(step(t1, t2)[2]), float(change)))
    return min(found, key=lambda state: state.grand_potential_eV)


def inter_cell_share(conductor: DopedConductor, chemical_potential_eV: float, scattering_eV: float) -> float:
    """|I1/I0|: the integral of Eq. (42) with e^{ip} over that without, which App. 5.1 takes as zero.

    Parameters
    ----------
    conductor, chemical_potential_eV : as in `bond_order_state`
    scattering_eV : |S|, eV
    """
    node, weight = zone_quadrature(conductor.hopping_eV, conductor.energy_difference_eV, conductor.thermal_energy_eV)
    sign = PHASES[conductor.phase]
    kink = 2 * np.arccos(min(scattering_eV / abs(conductor.hopping_eV), 1.0)) if sign < 0 else 0.0  # h changes its sign
    p = np.concatenate([kink * node, kink + (np.pi - kink) * node])
    weight = np.concatenate([kink * weight, (np.pi - kink) * weight])
    h = abs(conductor.hopping_eV) * np.cos(p / 2) + sign * scattering_eV
    r = np.hypot(conductor.energy_difference_eV, h) / conductor.thermal_energy_eV
    m = (chemical_potential_eV - conductor.middle_eV) / conductor.thermal_energy_eV
    filling = (1 - np.exp(-2 * r)) / (1 + np.exp(-2 * r) + np.exp(m - r) + np.exp(-m - r))
    integrand = weight * np.abs(h) / r * filling
    return float(abs(np.sum(integrand * np.cos(p))) / np.sum(integrand))
