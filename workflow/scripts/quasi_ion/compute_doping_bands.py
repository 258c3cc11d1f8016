"""Compute the bands on both sides of the transition that the rule of the source makes."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from scripts.quasi_ion.static_potential import conductor_of
from superion.interstitial_bands import band_energies, site_weights
from superion.ion_doping import DopingCurve, transitions

BANDS = {
    "shallowness": Column("", "alpha of the static potential"),
    "side": Column("", "before or after the low fold, just at it"),
    "chemical_potential_eV": Column("eV", "mu of the fold"),
    "reduced_wave_number": Column("", "ka"),
    "valence_eV": Column("eV", "E_k-", "Hu (2023), Eq. (29)"),
    "conduction_eV": Column("eV", "E_k+", "Hu (2023), Eq. (29)"),
    "conduction_regular_weight": Column(
        "", "share of the regular site A in the conduction band", "Hu (2023), Eq. (19)"
    ),
}


def compute_doping_bands(job: Job) -> None:
    """Write both bands of each conductor that has a transition, before and after it."""
    static = job.parameters["quasi_ion.static_potential"]
    ka = np.linspace(-np.pi, np.pi, job.parameters["quasi_ion.doping"]["wave_number_count"])
    blocks = []
    for shallowness in static["shallownesses"]:
        conductor = conductor_of(static, shallowness)
        energies = (conductor.regular_energy_eV, conductor.interstitial_energy_eV, conductor.hopping_eV)
        for event in transitions(DopingCurve(conductor)):
            if event.event != "low fold":
                continue
            for side, state in (("before", event.large), ("after", event.small)):
                scattering = state.scattering_eV[0]
                valence, conduction = band_energies(ka, *energies, scattering)
                weight = site_weights(ka, conductor.energy_difference_eV, conductor.hopping_eV, scattering)[0]
                told = (np.full(ka.size, value) for value in (shallowness, side, event.chemical_potential_eV))
                blocks.append(dict(zip(BANDS, (*told, ka, valence, conduction, weight), strict=True)))
    if not blocks:
        job.warn("no conductor has a transition at this repulsion and temperature: the table is empty")
        blocks = [{name: np.empty(0, "U1" if name == "side" else float) for name in BANDS}]
    job.write("bands", stack(blocks), BANDS, "Bands on both sides of the transition, Figs. 4(c), 9")


if __name__ == "__main__":
    run(compute_doping_bands)
