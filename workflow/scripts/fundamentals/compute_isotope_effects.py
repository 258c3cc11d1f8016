"""Compute isotope effects: measured exponents, what zero-point energy and what the unstable mode make of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from scripts.fundamentals.vacancy_hops import vacancy_hop
from superion.ion_chains import IonChain
from superion.isotope_effects import (
    classical_exponent,
    classical_rate_ratio,
    explaining_zero_point_energy,
    exponent_of_ratio,
    harmonic_exponent,
    moving_atoms,
    ratio_of_exponent,
    zero_point_exponent,
    zero_point_ratio,
)
from superion.pair_crystals import PairCrystal, fcc_positions, lennard_jones
from superion.saddle_points import StationaryPoint, find_minimum, find_saddle, normal_modes
from superion.transition_states import harmonic_transition, quantum_rate_ratio, zero_point_difference
from superion.units import REDUCED_PLANCK_eV_PS, thermal_energy_eV

ISOTOPES = 'textbook chapter, "Collective phenomena" (isotope effect)'
VINEYARD = "Vineyard 1957"
MEASURED = {
    "ratio": Column("", "measured sigma of the light over that of the heavy isotope", ISOTOPES),
    "ratio_error": Column("", "its standard error"),
    "exponent": Column("", "alpha of sigma ~ M^-alpha", ISOTOPES),
    "exponent_error": Column("", "its standard error"),
    "temperature_K": Column("K", "temperature"),
    "zero_point_difference_eV": Column(
        "eV", "dZPE of the heavy isotope that explains the ratio, with a classical attempt frequency", ISOTOPES
    ),
    "local_zero_point_difference_eV": Column("eV", "the same from the derivative, (1/2 - alpha) 2kT", ISOTOPES),
}
EXPONENTS = {
    "treatment": Column(
        "",
        "'zero-point energy in E_m' (attempt frequency ~ M^-1/2 times exp(-(E_m + dZPE)/kT)) or 'all vibrations "
        "quantized' (an ion of three equal modes in the well and two at the saddle)",
        ISOTOPES,
    ),
    "well_frequency_THz": Column("THz", "of the three modes of the heavy isotope in the well", "", True),
    "zero_point_difference_eV": Column("eV", "dZPE of the heavy isotope"),
    "temperature_K": Column("K", "temperature"),
    "exponent": Column("", "alpha = -d ln k/d ln M at the heavy mass"),
    "ratio": Column("", "k of the light over that of the heavy isotope, of the whole change of mass"),
    "ratio_exponent": Column("", "alpha that this ratio gives"),
}
MODELS = {
    "model": Column("", "'vacancy' or 'interstitial ion' in a Lennard-Jones crystal, or 'chain'"),
    "case": Column("", "which one of them"),
    "parameter": Column("", "size of the ion over that of the framework's atoms, or stiffness of the chain", "", True),
    "mass_ratio": Column("", "mass of a framework atom over that of the ion"),
    "substituted": Column("", "whose isotope is exchanged"),
    "migration_energy": Column("", "E_m in units of the model: epsilon, or E of the chain"),
    "moving_atoms": Column("", "how many atoms the unstable mode moves: 1/sum of squared shares"),
    "share": Column("", "of the substituted atoms in the unstable mode"),
    "exponent": Column("", "classical alpha = half the share", VINEYARD),
    "ratio": Column("", "classical k_light/k_heavy of the whole change of mass", VINEYARD),
    "ratio_exponent": Column("", "alpha that this ratio gives"),
}
SUMMARY = {
    "quantity": Column("", "what"),
    "case": Column("", "of which hop or setting"),
    "value": Column("in the column unit", "its value"),
    "unit": Column("", "unit of the value"),
    "equation": Column("", "where the source has it"),
}


def compute_isotope_effects(job: Job) -> None:
    """Write measured exponents, exponents with zero-point energies, those of model hops, and numbers read off them."""
    settings, crystal = (job.parameters[f"fundamentals.{name}"] for name in ("isotope_effects", "transition_states"))
    masses = float(settings["light_mass_u"]), float(settings["heavy_mass_u"])
    measured = _measured(settings, masses)
    job.write("measured", measured, MEASURED, "Measured isotope effects and the zero-point energies that explain them")
    exponents = stack(_exponents(settings, masses, measured))
    job.write("exponents", exponents, EXPONENTS, "Isotope exponents with zero-point energies")
    hops = [*_vacancies(crystal, settings), *_interstitials(crystal, settings), *_chains(settings["chain"])]
    job.tell(f"{len(hops)} saddles are known")
    rows = [_row(hop, *case, masses) for hop in hops for case in hop.cases]
    models = {name: np.array([row[name] for row in rows]) for name in MODELS}
    job.write("models", models, MODELS, "Classical isotope exponents of model hops")
    table = [*_classical(masses), *(row for hop in hops for row in _prefactor_checks(hop, masses))]
    summary = dict(zip(SUMMARY, map(np.array, zip(*table, strict=True)), strict=True))
    job.write("summary", summary | {"value": summary["value"].astype(float)}, SUMMARY, "Spot values of isotope effects")


def _measured(settings: Mapping[str, Any], masses: tuple[float, float]) -> dict[str, np.ndarray]:
    ratios = np.array(settings["ratios"], float)
    kT = thermal_energy_eV(float(settings["temperature_K"]))
    exponent, error = exponent_of_ratio(ratios, *masses, settings["ratio_error"])
    return {
        "ratio": ratios,
        "ratio_error": np.full(ratios.size, float(settings["ratio_error"])),
        "exponent": exponent,
        "exponent_error": error,
        "temperature_K": np.full(ratios.size, float(settings["temperature_K"])),
        "zero_point_difference_eV": explaining_zero_point_energy(ratios, kT, *masses),
        "local_zero_point_difference_eV": (0.5 - exponent) * 2 * kT,
    }


def _exponents(
    settings: Mapping[str, Any], masses: tuple[float, float], measured: Mapping[str, np.ndarray]
) -> Iterator[dict[str, np.ndarray]]:
    """Exponents over the temperatures, for the energies asked for and for the one that explains the smallest ratio."""
    explained = float(measured["zero_point_difference_eV"][np.argmin(measured["ratio"])])
    marked = [float(settings["temperature_K"])]
    temperature = grid(settings["zero_point"]["temperature_K"], marked)
    kT = thermal_energy_eV(temperature)

    def block(treatment: str, frequency: float, energy: float, alpha: np.ndarray, ratio: np.ndarray) -> dict[str, Any]:
        values = (treatment, frequency, energy, temperature, alpha, ratio, exponent_of_ratio(ratio, *masses)[0])
        return dict(zip(EXPONENTS, map(np.array, np.broadcast_arrays(*values)), strict=True))

    for energy in [*map(float, settings["zero_point"]["energies_eV"]), explained]:
        yield block(
            "zero-point energy in E_m",
            np.nan,
            energy,
            zero_point_exponent(energy, kT),
            zero_point_ratio(energy, kT, *masses),
        )
    root = np.sqrt(masses[1] / masses[0])
    for frequency in map(float, settings["zero_point"]["well_frequencies_THz"]):
        well = np.full(3, 2 * np.pi * frequency)
        # Two modes at the saddle, as stiff as that dZPE asks.
        top = np.full(2, 1.5 * well[0] + explained / REDUCED_PLANCK_eV_PS)
        heavy, light = (quantum_rate_ratio(well * f, top * f, REDUCED_PLANCK_eV_PS, kT) for f in (1.0, root))
        ratio = root * light / heavy
        alpha = harmonic_exponent(well, top, REDUCED_PLANCK_eV_PS, kT)
        yield block(
            "all vibrations quantized", frequency, zero_point_difference(well, top, REDUCED_PLANCK_eV_PS), alpha, ratio
        )


@dataclass(frozen=True)
class _Hop:
    """A hop whose isotope effect is told; `cases` are (name of the atoms, which ones, framework mass over ion mass)."""

    model: str
    case: str
    parameter: float
    minimum: StationaryPoint
    saddle: StationaryPoint
    translations: int
    mobile: np.ndarray
    cases: tuple[tuple[str, np.ndarray, float], ...]


def _vacancies(crystal: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[_Hop]:
    for supercell in crystal["supercells"]:
        if supercell["cells"] > settings["largest_supercell"]:
            continue
        hop = vacancy_hop(crystal, supercell)
        every = np.ones(len(hop.crystal), bool)
        jumper = np.arange(every.size) == hop.jumper
        cases = (("all atoms", every, 1.0), ("jumping atom", jumper, 1.0))
        yield _Hop("vacancy", hop.name, np.nan, hop.minimum, hop.saddle, 3, every, cases)


def _interstitials(crystal: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[_Hop]:
    """An ion of another size that hops from an octahedral to a tetrahedral site between the atoms of the framework."""
    own = settings["interstitial"]
    a = float(crystal["lattice_constant"])
    cell, sites = fcc_positions(a, own["cells"])
    ion = np.arange(len(sites) + 1) == len(sites)
    ratios = grid(own["mass_ratios"], logarithmic=True)
    octahedral, gate = np.full(3, a / 2), np.full(3, a / 3)
    climb = np.where(ion[:, None], gate - octahedral, 0.0)
    framework = lennard_jones(cutoff=crystal["cutoff"])
    for length in map(float, own["lengths"]):
        of_ion = lennard_jones(length=length)
        potentials = {(0, 0): framework, (0, 1): of_ion, (1, 1): of_ion}
        surface = PairCrystal(cell, ion.astype(int), potentials)
        try:
            minimum = find_minimum(surface, np.vstack([sites, octahedral]))
            saddle = find_saddle(surface, np.vstack([sites, gate]), along=climb)
        except ValueError as error:
            raise ValueError(f"interstitial ion, lengths {length:g}, lattice_constant {a:g}: {error}") from None
        cases = tuple(("ion", ion, ratio) for ratio in ratios.tolist())
        yield _Hop("interstitial ion", f"size {length:g}", length, minimum, saddle, 3, ion, cases)


def _chains(own: Mapping[str, Any]) -> Iterator[_Hop]:
    for stiffness in map(float, own["stiffnesses"]):
        chain = IonChain(own["wells"] + 1, own["wells"], stiffness)
        middle = own["wells"] // 2
        minimum = find_minimum(chain, chain.interstitial(middle + 0.5))
        saddle = find_saddle(chain, chain.interstitial(middle + 1.0))
        every = np.ones(chain.ions, bool)
        largest = np.arange(chain.ions) == np.argmax(np.abs(saddle.mode[:, 0]))
        cases = (("all ions", every, 1.0), ("ion that moves most", largest, 1.0))
        yield _Hop("chain", f"stiffness {stiffness:g}", stiffness, minimum, saddle, 0, every, cases)


def _masses(hop: _Hop, substituted: np.ndarray, mass_ratio: float, masses: tuple[float, float]) -> tuple:
    """Masses of all atoms with the light and with the heavy isotope; what is not substituted stays heavy."""
    heavy = np.where(hop.mobile, masses[1], mass_ratio * masses[1])
    return np.where(substituted, heavy * masses[0] / masses[1], heavy), heavy


def _row(hop: _Hop, name: str, substituted: np.ndarray, mass_ratio: float, masses: tuple[float, float]) -> dict:
    light, heavy = _masses(hop, substituted, mass_ratio, masses)
    _, modes = normal_modes(hop.saddle.hessian, hop.translations, heavy)
    unstable = modes[:, 0].reshape(hop.saddle.positions.shape)
    exponent = classical_exponent(unstable, substituted)
    ratio = classical_rate_ratio(hop.saddle.hessian, light, heavy, hop.translations)
    return {
        "model": hop.model,
        "case": hop.case,
        "parameter": hop.parameter,
        "mass_ratio": mass_ratio,
        "substituted": name,
        "migration_energy": hop.saddle.energy - hop.minimum.energy,
        "moving_atoms": moving_atoms(unstable),
        "share": 2 * exponent,
        "exponent": exponent,
        "ratio": ratio,
        "ratio_exponent": float(exponent_of_ratio(ratio, *masses)[0]),
    }


def _classical(masses: tuple[float, float]) -> Iterator[tuple]:
    yield "classical_ratio", "single ion over a barrier without mass", ratio_of_exponent(0.5, *masses), "", ISOTOPES
    yield "mass_ratio", "heavy over light", masses[1] / masses[0], "", ISOTOPES


def _prefactor_checks(hop: _Hop, masses: tuple[float, float]) -> Iterator[tuple]:
    """Ratios of whole Vineyard prefactors, all 6N - 7 frequencies, against the unstable mode alone."""
    name, substituted, mass_ratio = hop.cases[-1]
    of_light, of_heavy = (
        harmonic_transition(hop.minimum, hop.saddle, own, hop.translations)
        for own in _masses(hop, substituted, mass_ratio, masses)
    )
    label = f"{hop.model}, {hop.case}, {name}"
    ratio = of_light.prefactor / of_heavy.prefactor
    yield "prefactor_ratio", label, ratio, "", VINEYARD
    from_mode = of_light.unstable_frequency / of_heavy.unstable_frequency
    yield "prefactor_ratio_error", label, ratio / from_mode - 1, "", VINEYARD


if __name__ == "__main__":
    run(compute_isotope_effects)
