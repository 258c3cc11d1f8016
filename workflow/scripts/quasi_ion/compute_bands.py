"""Compute the bands of regular and interstitial sites, their site weights and the mass at their edges."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from superion.interstitial_bands import band_energies, inverse_effective_mass, site_weights

BANDS = {
    "hopping_eV": Column("eV", "|J0|", "Hu (2023), Eq. (16)"),
    "reduced_wave_number": Column("", "ka"),
    "valence_eV": Column("eV", "E_k- less the mean site energy", "Hu (2023), Eq. (18)"),
    "conduction_eV": Column("eV", "E_k+ less the mean site energy", "Hu (2023), Eq. (18)"),
    "valence_regular_weight": Column("", "rho_ka-: share of the regular site A", "Hu (2023), Eq. (19)"),
    "conduction_regular_weight": Column("", "rho_ka+: share of the regular site A", "Hu (2023), Eq. (19)"),
}
EDGES = {
    "hopping_eV": Column("eV", "|J0|"),
    "edge": Column("", "edge of the conduction band: bottom (k = pi/a) or top (k = 0)"),
    "energy_eV": Column("eV", "energy less the mean site energy", "Hu (2023), Eq. (18)"),
    "inverse_mass_eV": Column("eV", "hbar^2/(m* a^2)", "Hu (2023), Eq. (20)"),
    "inverse_mass_printed_eV": Column("eV", "the same as printed, for either edge", "Hu (2023), Eq. (21)"),
}


def compute_bands(job: Job) -> None:
    """Write bands across the zone, and the edges of the conduction band."""
    settings = job.parameters["quasi_ion.bands"]
    difference = settings["energy_difference_eV"]
    hoppings = sorted({settings["hopping_eV"], *settings["weak_hoppings_eV"]})
    # Symmetric halves, so that 0 and +-pi are exactly among them.
    half = np.linspace(0, np.pi, settings["wave_number_count"] // 2 + 1)
    ka = np.concatenate([-half[:0:-1], half])
    blocks, edges = [], []
    for hopping in hoppings:
        valence, conduction = band_energies(ka, -difference, difference, hopping)
        upper, lower = site_weights(ka, difference, hopping)
        columns = (np.full(ka.size, hopping), ka, valence, conduction, lower, upper)
        blocks.append(dict(zip(BANDS, columns, strict=True)))
        for edge, at in (("bottom", np.pi), ("top", 0.0)):
            printed = inverse_effective_mass(difference, hopping, edge, form="printed")
            mass = inverse_effective_mass(difference, hopping, edge)
            edges.append((hopping, edge, band_energies(at, -difference, difference, hopping)[1], mass, printed))
    job.write("bands", stack(blocks), BANDS, "Bands of quasi-ions on regular and interstitial sites, Fig. 3(c), (d)")
    table = {name: np.array([row[i] for row in edges]) for i, name in enumerate(EDGES)}
    job.write("edges", table, EDGES, "Edges of the conduction band and their effective masses")


if __name__ == "__main__":
    run(compute_bands)
