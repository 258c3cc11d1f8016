"""Distort supercells at random: bands, gap and conductivity of an ensemble for each kind and strength of distortion."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from superion.distorted_supercells import Ensemble, SupercellModel, distorted_supercells

KINDS = {"sites and barriers": (1, 1), "sites": (1, 0), "barriers": (0, 1)}
"""What is distorted: factors of the strength for site energies and for barriers."""

CELLS = {
    "distorted": Column("", "what is distorted: site energies, barriers or both"),
    "distortion": Column("", "largest relative change"),
    "realisation": Column("", "number of the supercell; the seed is keyed by it"),
    "mean_width_eV": Column("eV", "mean width of the bands of the supercell", "Hu (2023), Fig. 7"),
    "gap_eV": Column("eV", "gap between the lower and the upper half of the bands", "Hu (2023), Fig. 7"),
    "spread_eV": Column("eV", "from the lowest to the highest energy of the upper half"),
    "reduced_conductivity_eV": Column("eV", "sigma, mu in the middle of the gap", "Hu (2023), Eq. (30)"),
    "conductivity_at_fixed_mu_eV": Column("eV", "sigma, mu at the mean site energy", "Hu (2023), Eq. (30)"),
    "conductivity_decades": Column("", "log10 of sigma over that without distortion, mu in the middle of the gap"),
}
SUMMARY = {
    "distorted": CELLS["distorted"],
    "distortion": CELLS["distortion"],
    "width_ratio_mean": Column("", "mean of the band width over that without distortion"),
    "gap_mean_eV": Column("eV", "mean gap"),
    "gap_deviation_eV": Column("eV", "standard deviation of the gap over the ensemble"),
    "flatter_fraction": Column("", "share of supercells whose bands are flatter than without distortion"),
    "smaller_gap_fraction": Column("", "share of supercells with a smaller gap than without distortion"),
    "higher_conductivity_fraction": Column("", "share of supercells that conduct better than without distortion"),
    "conductivity_decades_mean": Column("", "mean log10 of sigma over that without distortion"),
    "conductivity_decades_deviation": Column("", "standard deviation of that over the ensemble"),
    "spread_ratio_mean": Column("", "mean spread of the upper half of the bands over that without distortion"),
    "gap_gain_decades": Column("", "log10 of exp(-gap/2kT) over that without distortion, at the mean gap"),
}
BANDS = {
    "distortion": Column("", "largest relative change of site energies and barriers"),
    "band": Column("", "number of the band, from below"),
    "reduced_wave_number": Column("", "K times the length of the supercell"),
    "energy_eV": Column("eV", "energy", "Hu (2023), Fig. 7(d)-(f)"),
}
SITES = {
    "distortion": BANDS["distortion"],
    "site": Column("", "number of the site; even: regular"),
    "energy_eV": Column("eV", "site energy", "Hu (2023), Fig. 7(a)-(c)"),
    "barrier_eV": Column("eV", "energy of the barrier top on the way to the next site"),
}


def distort_supercells(job: Job) -> None:
    """Write every supercell, the statistics of each ensemble, and one supercell of each strength in full."""
    settings = job.parameters["quasi_ion.distorted_supercells"]
    names = ("regular_energy_eV", "interstitial_energy_eV", "hopping_eV", "activation_energy_eV", "thermal_energy_eV")
    model = SupercellModel(*(settings[name] for name in names), settings["sites"])
    clean = distorted_supercells(model, 0, 0, 1, settings["seed"])
    cells, summary, bands, sites = [], [], [], []
    for kind, (by_site, by_barrier) in KINDS.items():
        for distortion in settings["distortions"]:
            count = settings["realisations"] if distortion else 1
            strengths = (by_site * distortion, by_barrier * distortion)
            ensemble = distorted_supercells(model, *strengths, count, settings["seed"])
            told = {"distorted": np.full(count, kind), "distortion": np.full(count, float(distortion))}
            fields = {name: getattr(ensemble, name) for name in list(CELLS)[3:-1]}
            decades = np.log10(ensemble.reduced_conductivity_eV / clean.reduced_conductivity_eV)
            cells.append({**told, "realisation": np.arange(count), **fields, "conductivity_decades": decades})
            if distortion:
                statistics = _statistics(ensemble, clean, decades, model.thermal_energy_eV)
                summary.append((kind, float(distortion), *statistics))
            if kind == next(iter(KINDS)):
                bands.append(_bands(distortion, ensemble))
                sites.append(_sites(distortion, ensemble, model))
    job.write("cells", stack(cells), CELLS, "Distorted supercells, one a row, Fig. 7")
    table = {name: np.array([row[i] for row in summary]) for i, name in enumerate(SUMMARY)}
    job.write("summary", table, SUMMARY, "What distortion does on average")
    job.write("bands", stack(bands), BANDS, "Bands of the first supercell of each strength, Fig. 7(d)-(f)")
    job.write("sites", stack(sites), SITES, "Sites and barriers of the first supercell of each strength, Fig. 7(a)-(c)")


def _statistics(ensemble: Ensemble, clean: Ensemble, decades: np.ndarray, thermal_energy_eV: float) -> tuple:
    gap, before = ensemble.gap_eV, clean.gap_eV[0]
    return (
        np.mean(ensemble.mean_width_eV / clean.mean_width_eV),
        gap.mean(),
        gap.std(ddof=1),
        np.mean(ensemble.mean_width_eV < clean.mean_width_eV),
        np.mean(gap < before),
        np.mean(decades > 0),
        decades.mean(),
        decades.std(ddof=1),
        np.mean(ensemble.spread_eV / clean.spread_eV),
        (before - gap.mean()) / (2 * thermal_energy_eV) / np.log(10),
    )


def _bands(distortion: float, ensemble: Ensemble) -> dict:
    energy = ensemble.band_energy_eV[0]
    points, count = energy.shape
    columns = (
        np.full(energy.size, float(distortion)),
        np.repeat(np.arange(count), points),
        np.tile(ensemble.wave_number, count),
        energy.T.ravel(),
    )
    return dict(zip(BANDS, columns, strict=True))


def _sites(distortion: float, ensemble: Ensemble, model: SupercellModel) -> dict:
    energy, hop = ensemble.site_energy_eV[0], ensemble.bond_hop_eV[0]
    raised = -2 * model.thermal_energy_eV * np.log(hop / (model.hopping_eV / 2))  # change of the barrier, Eq. (16)
    top = model.interstitial_energy_eV + model.activation_energy_eV + raised
    columns = (np.full(energy.size, float(distortion)), np.arange(energy.size), energy, top)
    return dict(zip(SITES, columns, strict=True))


if __name__ == "__main__":
    run(distort_supercells)
