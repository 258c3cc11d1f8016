"""Compute the levels of closed percolation regions, and how the gap falls with their size."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from superion.percolation_levels import PercolationRegion, far_hop_factor

LEVELS = {
    "energy_loss_eV": Column("eV", "E_s; empty: infinite, nearest neighbours alone", "Hu (2023), App. 5.2", True),
    "sites": Column("", "n, percolation sites"),
    "level": Column("", "number of the level, from below"),
    "energy_eV": Column("eV", "energy", "Hu (2023), App. 5.2"),
    "occupied": Column("", "whether one ion a site fills the level"),
}
GAPS = {
    "energy_loss_eV": LEVELS["energy_loss_eV"],
    "finite_loss": Column("", "whether the energy loss is finite"),
    "sites": LEVELS["sites"],
    "gap_eV": Column("eV", "lowest unoccupied less highest occupied level", "Hu (2023), Fig. 8(d)"),
    "infinite_gap_eV": Column("eV", "gap for endlessly many sites, closed form; without cross hops", optional=True),
}


def compute_percolation(job: Job) -> None:
    """Write all levels, and the gaps."""
    settings = job.parameters["quasi_ion.percolation"]
    levels, gaps = [], []
    for loss in (None, *settings["energy_losses_eV"]):
        factor = far_hop_factor(loss, settings["thermal_energy_eV"])
        names = ("regular_energy_eV", "interstitial_energy_eV", "hop_eV")
        region = PercolationRegion(*(settings[name] for name in names), factor, settings["cross_hop_eV"])
        limit = np.nan if settings["cross_hop_eV"] else region.infinite_gap_eV
        told = np.nan if loss is None else float(loss)
        for sites in settings["sites"]:
            energy = region.levels_eV(sites)
            count = np.arange(energy.size)
            columns = (np.full(energy.size, told), np.full(energy.size, sites), count, energy, count < sites)
            levels.append(dict(zip(LEVELS, columns, strict=True)))
            gaps.append((told, loss is not None, sites, energy[sites] - energy[sites - 1], limit))
    job.write("levels", stack(levels), LEVELS, "Levels of closed percolation regions, Fig. 8(a)-(c)")
    table = {name: np.array([row[i] for row in gaps]) for i, name in enumerate(GAPS)}
    job.write("gaps", table, GAPS, "Gap of closed percolation regions against their size, Fig. 8(d)")


if __name__ == "__main__":
    run(compute_percolation)
