"""Derive Table 2 from the static potential: site energies, barriers, hopping, in both readings of its mean energy."""

import numpy as np
from scipy.optimize import minimize_scalar

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from scripts.quasi_ion.static_potential import conductor_of, potential_of
from superion.interstitial_bands import hopping_energy_eV

PARAMETERS = {
    "shallowness": Column("", "alpha", "Hu (2023), Eq. (45)"),
    "mean_energy_of": Column("", "what U0 is the mean of: 'potential' (U(x)) or 'sites' (U_A and U_B)"),
    "regular_energy_eV": Column("eV", "U_A", "Hu (2023), Eq. (45)"),
    "interstitial_energy_eV": Column("eV", "U_B", "Hu (2023), Eq. (45)"),
    "mean_site_energy_eV": Column("eV", "Ubar = (U_A + U_B)/2", "Hu (2023), Eq. (18)"),
    "mean_potential_eV": Column("eV", "mean of U(x) over the cell, by quadrature"),
    "saddle_energy_eV": Column("eV", "energy of the barrier top, closed form"),
    "saddle_energy_found_eV": Column("eV", "the same, as the largest U(x) between the sites"),
    "saddle_position": Column("", "distance of the barrier top from site B over a"),
    "activation_from_regular_eV": Column("eV", "E_a^AB, less alpha kT of the thermalisation"),
    "activation_from_interstitial_eV": Column("eV", "E_a^BA, less alpha kT of the thermalisation"),
    "hopping_eV": Column("eV", "J0", "Hu (2023), Eq. (16)"),
    "hopping_approximate_eV": Column("eV", "J0, hop off the interstitial site alone", "Hu (2023), Eq. (16)"),
    "overlap": Column("", "overlap of the densities of two neighbours, neglected in J0", "Hu (2023), Eqs. (13), (15)"),
}
POTENTIAL = {
    "shallowness": Column("", "alpha"),
    "position": Column("", "x/a; site B at 0, site A at 1/2"),
    "potential_eV": Column("eV", "U(x), in the configured reading of its mean", "Hu (2023), Eq. (45)"),
}


def tabulate_static_parameters(job: Job) -> None:
    """Write one row a potential and reading, and U(x) for the figure."""
    settings = job.parameters["quasi_ion.static_potential"]
    thermal = settings["thermal_energy_eV"]
    x = np.linspace(-0.75, 0.75, 601)
    rows, curves = [], []
    for shallowness in settings["shallownesses"]:
        potential = potential_of(settings, shallowness)
        top = minimize_scalar(lambda x, u=potential: -u.energy_eV(x), bounds=(0, 0.5), options={"xatol": 1e-12})
        # Periodic and band-limited: the mean over equidistant points is exact.
        mean = potential.energy_eV(np.arange(64) / 64).mean()
        least = settings["thermalization"] * thermal
        for reading in ("potential", "sites"):
            conductor = conductor_of(settings, shallowness, mean_energy=reading)
            shift = conductor.regular_energy_eV - potential.regular_energy_eV
            energies = (conductor.regular_energy_eV, conductor.interstitial_energy_eV)
            barriers = [barrier - least for barrier in potential.barriers_eV]
            approximate = hopping_energy_eV(*energies, *barriers, thermal, form="approximate")
            weights = np.exp(-np.array(barriers) / thermal)
            overlap = np.sum(np.sqrt(weights)) / np.sqrt(np.prod(1 + 2 * weights))
            rows.append(
                (
                    shallowness,
                    reading,
                    *energies,
                    conductor.middle_eV,
                    mean + shift,
                    potential.saddle_energy_eV + shift,
                    -top.fun + shift,
                    potential.saddle_position,
                    *barriers,
                    conductor.hopping_eV,
                    float(approximate),
                    overlap,
                )
            )
        # U(x) on the scale of the site energies of the configured reading
        shift = conductor_of(settings, shallowness).regular_energy_eV - potential.regular_energy_eV
        columns = (np.full(x.size, shallowness), x, potential.energy_eV(x) + shift)
        curves.append(dict(zip(POTENTIAL, columns, strict=True)))
    table = {name: np.array([row[i] for row in rows]) for i, name in enumerate(PARAMETERS)}
    job.write("parameters", table, PARAMETERS, "Static parameters that follow from Eq. (45): Table 2")
    job.write("potential", stack(curves), POTENTIAL, "Static potential of Eq. (45), Fig. 4(a)")


if __name__ == "__main__":
    run(tabulate_static_parameters)
