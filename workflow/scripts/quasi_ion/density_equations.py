"""Equations (1)-(16) of the quasi-ion paper: densities of classical ions, weights, hopping."""

from collections.abc import Iterator, Mapping

import numpy as np
from scipy.integrate import quad

from scripts.quasi_ion.equation_rows import Row
from scripts.quasi_ion.static_potential import conductor_of, potential_of
from superion.interstitial_bands import drift_time_ps, hopping_energy_eV
from superion.potential_wells import (
    SinusoidalWell,
    de_broglie_wavelength_A,
    density_at_energy,
    hopping_weights,
    next_well_probability,
    thermal_density,
)
from superion.units import ELEMENTARY_CHARGE_C, ATOMIC_MASS_kg

MASSES_u = {"H": 1.008, "Li": 6.94, "O": 15.999, "Na": 22.990, "Ag": 107.868}
ENERGY_eV = 0.1  # of the estimate of the wavelength in Sec. 2.1
ESTIMATED_A = 0.1


def density_rows(wells: Mapping, static: Mapping) -> Iterator[Row]:
    """Rows of the sections `wells` and `static_potential` of the configuration."""
    for ion, mass in MASSES_u.items():
        wavelength = float(de_broglie_wavelength_A(mass, ENERGY_eV))
        yield Row("Sec. 2.1", "de Broglie wavelength at 0.1 eV (A)", ion, wavelength, ESTIMATED_A, wavelength)
    well, thermal = SinusoidalWell(wells["barrier_eV"]), wells["thermal_energy_eV"]
    for energy in wells["single_energies_eV"]:
        turn = well.width / np.pi * np.arcsin(np.sqrt(energy / well.barrier_eV))
        # x = turn sin(angle) takes the singularities of 1/sqrt(E - U) at the turning points away.
        integrals = [
            quad(
                lambda angle, f=form, e=energy, t=turn: (
                    float(density_at_energy(well, t * np.sin(angle), e, form=f)) * t * np.cos(angle)
                ),
                -np.pi / 2,
                np.pi / 2,
            )[0]
            for form in ("printed", "corrected")
        ]
        yield Row("3", "integral of the density", f"E = {energy:g} eV", 1.0, *integrals)
    top, least = well.barrier_eV, wells["thermalization"] * thermal
    summed = quad(lambda e: np.exp(-(e - least) / thermal), least, top, epsabs=0)[0]
    closed = thermal * (1 - np.exp(-(top - least) / thermal))
    yield Row("6", "Z exp(E_min/kT) (eV)", "sinusoidal well", summed, closed, closed)
    options = {"thermalization": wells["thermalization"], "energy_loss_eV": wells["energy_loss_eV"]}
    printed = thermal_density(well, 0.0, thermal, **options, form="printed").total
    corrected = thermal_density(well, 0.0, thermal, **options).total
    yield Row("9", "integral over all wells", "sinusoidal well", 1.0, printed, corrected)
    share = next_well_probability(top - least, thermal, energy_loss_eV=wells["energy_loss_eV"])
    scaling = np.exp(-(top - least) / thermal)
    yield Row("9", "rho_01 over rho_00", "sinusoidal well", share, scaling, share)
    for x in (-3.0, 0.2, 5.0):  # (E - mu)/kT
        occupation = np.exp(-x) / (1 + np.exp(-x))
        fermi = 1 / (np.exp(x) + 1)
        yield Row("11", "occupation", f"(E - mu)/kT = {x:g}", occupation, fermi, fermi)
    weights = wells["weights"]
    energies = (weights["activation_energy_eV"], weights["energy_loss_eV"], weights["thermal_energy_eV"])
    for equation, loss in (("12", energies[1]), ("13", np.inf)):
        far = hopping_weights(weights["reach"], energies[0], loss, energies[2])
        total = far[0] + 2 * far[1:].sum()
        yield Row(equation, "sum of the weights", "chain", 1.0, total, total)
    yield from _hopping_rows(static)
    mass, constant, barrier = MASSES_u["Li"], 5.0, 0.2
    speed = np.sqrt(2 * barrier * ELEMENTARY_CHARGE_C / (mass * ATOMIC_MASS_kg))
    time = float(drift_time_ps(mass, constant, barrier))
    yield Row("below 20", "relaxation time (ps)", "Li, 5 A, 0.2 eV", constant * 1e-10 / speed * 1e12, time, time)


def _hopping_rows(static: Mapping) -> Iterator[Row]:
    thermal = static["thermal_energy_eV"]
    for shallowness in static["shallownesses"]:
        case = f"alpha = {shallowness:g}"
        potential, conductor = potential_of(static, shallowness), conductor_of(static, shallowness)
        sites = np.array([conductor.regular_energy_eV, conductor.interstitial_energy_eV])
        barriers = np.array(potential.barriers_eV) - static["thermalization"] * thermal
        # Eq. (15) with the densities of Eq. (13): a quasi-ion of A on A and B, one of B on B and A.
        (own_a, far_a), (own_b, far_b) = (hopping_weights(1, barrier, np.inf, thermal) for barrier in barriers)
        overlap = np.sqrt(own_a * far_b) + np.sqrt(far_a * own_b)
        integral = np.sqrt(own_a * far_b) * sites[0] + np.sqrt(far_a * own_b) * sites[1]
        yield Row("16", "J0 (eV)", case, integral, conductor.hopping_eV, conductor.hopping_eV)
        approximate = float(hopping_energy_eV(*sites, *barriers, thermal, form="approximate"))
        yield Row("16", "approximate J0 (eV)", case, integral, approximate, conductor.hopping_eV)
        yield Row("16", "change of J0 with the zero of energy", case, overlap, 0.0, overlap)
        step = 1e-4
        moved = [hopping_energy_eV(*sites, *(barriers + s), thermal, form="approximate") for s in (step, -step)]
        slope = float(np.log(moved[0] / moved[1]) / (2 * step / thermal))
        # The square root of 1 + 2 exp(-E_a/kT) adds to the exponent; its share is told apart.
        share = 2 * np.exp(-barriers[1] / thermal) / (1 + 2 * np.exp(-barriers[1] / thermal)) / 2
        yield Row("below 21", "d ln|J0|/d(E_a/kT)", case, slope - share, -1.0, -0.5)
