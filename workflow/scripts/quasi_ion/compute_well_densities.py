"""Compute where a classical ion is found in its well and in the next one, and the weights of far hops."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from superion.potential_wells import SinusoidalWell, density_at_energy, hopping_weights, thermal_density

DENSITIES = {
    "density": Column("", "'single energy', 'own well' (rho_00) or 'next well' (rho_01)"),
    "energy_eV": Column("eV", "energy above the bottom of the well, of an ion of single energy", optional=True),
    "position": Column("", "distance from the centre of the well over its width"),
    "potential_eV": Column("eV", "U there, from the bottom of the well", "Hu (2023), Fig. 1(c)"),
    "density_printed": Column("", "density times width, as printed", "Hu (2023), Eqs. (3), (7), (8)"),
    "density_corrected": Column("", "density times width, normalised to 1 over all wells", "Hu (2023), Eqs. (3), (9)"),
}
WEIGHTS = {
    "distance": Column("", "sites away from its own that the ion is found"),
    "weight": Column("", "probability, on one side", "Hu (2023), Eq. (12)"),
    "weight_nearest": Column("", "the same for an infinite energy loss", "Hu (2023), Eq. (13)"),
}


def compute_well_densities(job: Job) -> None:
    """Write densities of both normalisations, and weights."""
    settings = job.parameters["quasi_ion.wells"]
    well, thermal = SinusoidalWell(settings["barrier_eV"]), settings["thermal_energy_eV"]
    # Midpoints: an odd number of them has one at the centre, and none at the edges.
    count = settings["position_count"]
    x = (np.arange(count) + 0.5) / count - 0.5
    energy = well.energy_eV(x)

    def block(name, single, printed, corrected):
        columns = (np.full(count, name), np.full(count, single), x, energy, printed, corrected)
        return dict(zip(DENSITIES, columns, strict=True))

    blocks = [
        block(
            "single energy",
            single,
            density_at_energy(well, x, single, form="printed"),
            density_at_energy(well, x, single),
        )
        for single in settings["single_energies_eV"]
    ]
    options = {"thermalization": settings["thermalization"], "energy_loss_eV": settings["energy_loss_eV"]}
    printed = thermal_density(well, x, thermal, **options, form="printed")
    corrected = thermal_density(well, x, thermal, **options)
    blocks.append(block("own well", np.nan, printed.own, corrected.own))
    blocks.append(block("next well", np.nan, printed.next, corrected.next))
    job.write("densities", stack(blocks), DENSITIES, "Densities of a classical ion in a sinusoidal well, Fig. 1(c)")
    weights = settings["weights"]
    energies = (weights["activation_energy_eV"], weights["energy_loss_eV"], weights["thermal_energy_eV"])
    far = hopping_weights(weights["reach"], *energies)
    nearest = hopping_weights(weights["reach"], energies[0], np.inf, energies[2])
    job.write(
        "weights",
        {"distance": np.arange(far.size), "weight": far, "weight_nearest": nearest},
        WEIGHTS,
        "Weights of the sites that an ion is found on, in the tight-binding limit",
    )


if __name__ == "__main__":
    run(compute_well_densities)
