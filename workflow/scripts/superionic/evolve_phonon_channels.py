"""Evolve ions through phonon channels: activation, escape rates against the time window, densities in each channel."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from superion import channel_averages as averages
from superion import densities_of_states as densities
from superion import phonon_channels as channels

DENSITIES = {
    "constant": densities.ConstantDensity,
    "power_law": densities.PowerLawDensity,
    "gaussian": densities.GaussianDensity,
    "tabulated": densities.TabulatedDensity,
}

ACTIVATION = {
    "thermal_energy_eV": Column("eV", "kT"),
    "mode": Column("", "name of the phonon mode"),
    "site": Column("", "site that is left"),
    "barrier_eV": Column("eV", "saddle energy minus site energy, Lambda", "Hu et al. (2026), below Eq. (3)"),
    "activation_ratio": Column("", "chance that one kick lifts an ion over the saddle", "Hu et al. (2026), Eq. (2)"),
    "boltzmann_factor": Column("", "exp(-Lambda/kT), its value for a constant density", "Hu et al. (2026), Eq. (3)"),
}
RATES = {
    "variant": Column("", "'all modes', 'first mode alone', or 'with inert modes'"),
    "thermal_energy_eV": Column("eV", "kT"),
    "phases": Column("", "'floor': kicks as printed; 'random': initial phases averaged", "Hu et al. (2026), Eq. (6)"),
    "site": Column("", "site that is left"),
    "duration_ps": Column("ps", "time window tau"),
    "escape_rate_per_ps": Column("1/ps", "(1 - P_ii(tau))/tau", "Hu et al. (2026), below Eq. (9)"),
    "initial_rate_per_ps": Column("1/ps", "limit of small windows, (1/N) sum of nu_m R_m"),
    "saturated_rate_per_ps": Column("1/ps", "limit of long windows, (1 - P_ii at equilibrium)/tau"),
    "attempt_form_per_ps": Column("1/ps", "nu exp(-Lambda/kT) of the first mode", "Hu et al. (2026), below Eq. (9)"),
    "largest_column_error": Column(
        "", "largest |sum over j of P_ji(tau) - 1|, kicks as printed, nothing normalised", "Hu et al. (2026), Eq. (9)"
    ),
    "semigroup_defect": Column("", "largest |P(tau)^2 - P(2 tau)|", "Hu et al. (2026), Eq. (7)"),
}
EVOLUTION = {
    "channel": Column("", "phonon mode, or 'average'"),
    "phases": Column("", "'floor' or 'random'", "Hu et al. (2026), Eq. (6)"),
    "time_ps": Column("ps", "time since all ions stood on one site"),
    "site_index": Column("", "distance along the ring from that site"),
    "density": Column("", "ionic density", "Hu et al. (2026), Eqs. (4)-(8)"),
}


def ring(sites: int) -> tuple[np.ndarray, np.ndarray]:
    """Origins and destinations of the hops of a ring, both ways."""
    index = np.arange(sites)
    return np.concatenate([index, index]), np.concatenate([(index + 1) % sites, (index - 1) % sites])


def modes_of(settings: dict) -> list[channels.PhononMode]:
    """Phonon modes of the configuration."""
    modes = []
    for mode in settings["modes"]:
        options = {key: value for key, value in mode["density"].items() if key != "kind"}
        modes.append(
            channels.PhononMode(
                mode["frequency_THz"], mode["saddle_energy_eV"], DENSITIES[mode["density"]["kind"]](**options)
            )
        )
    return modes


def activation_table(settings: dict, modes: list[channels.PhononMode]) -> dict[str, np.ndarray]:
    """One row a thermal energy, mode and site."""
    kt = np.array(settings["thermal_energies_eV"])[:, None, None]
    site_energy = np.array(settings["site_energies_eV"], float)
    saddle = np.array([mode["saddle_energy_eV"] for mode in settings["modes"]])
    ratio = np.stack(
        [densities.activation_ratio(m.density, m.threshold_eV, site_energy, kt[:, 0]) for m in modes], axis=1
    )
    shape = ratio.shape
    barrier = saddle[:, None] - site_energy
    return {
        "thermal_energy_eV": np.broadcast_to(kt, shape).ravel(),
        "mode": np.tile(np.repeat([m["name"] for m in settings["modes"]], shape[2]), shape[0]),
        "site": np.tile(settings["site_names"], shape[0] * shape[1]),
        "barrier_eV": np.broadcast_to(barrier, shape).ravel(),
        "activation_ratio": ratio.ravel(),
        "boltzmann_factor": np.exp(-barrier / kt).ravel(),
    }


def rate_blocks(settings: dict, modes: list[channels.PhononMode], tau: np.ndarray):
    """Columns of `RATES` for every variant, thermal energy and phase average."""
    sites = settings["ring_sites"]
    origin, destination = ring(sites)
    names = settings["site_names"]
    site_energy = np.resize(settings["site_energies_eV"], sites)
    inert = channels.PhononMode(modes[0].frequency_THz, np.inf, densities.ConstantDensity())
    variants = {
        "all modes": modes,
        "first mode alone": modes[:1],
        "with inert modes": modes + [inert] * settings["inert_modes"],
    }
    for variant, chosen in variants.items():
        frequency = np.array([mode.frequency_THz for mode in chosen])
        for kt in settings["thermal_energies_eV"]:
            matrices = channels.mode_hopping_matrices(chosen, sites, origin, destination, site_energy, kt, degeneracy=2)
            initial = averages.initial_escape_rate_per_ps(matrices, frequency)[: len(names)]
            saturated = averages.saturated_escape_rate_per_ps(matrices, tau)[:, : len(names)]
            conservation = averages.conservation_error(matrices, frequency, tau)
            barrier = settings["modes"][0]["saddle_energy_eV"] - site_energy[: len(names)]
            for phases in ("floor", "random"):
                matrix = averages.averaged_hopping_matrix(matrices, frequency, tau, phases=phases)
                double = averages.averaged_hopping_matrix(matrices, frequency, 2 * tau, phases=phases)
                rate = averages.escape_rate_per_ps(matrix, tau)[:, : len(names)]
                yield {
                    "variant": np.full(rate.size, variant),
                    "thermal_energy_eV": np.full(rate.size, kt),
                    "phases": np.full(rate.size, phases),
                    "site": np.tile(names, len(tau)),
                    "duration_ps": np.repeat(tau, len(names)),
                    "escape_rate_per_ps": rate.ravel(),
                    "initial_rate_per_ps": np.tile(initial, len(tau)),
                    "saturated_rate_per_ps": saturated.ravel(),
                    "attempt_form_per_ps": np.tile(frequency[0] * np.exp(-barrier / kt), len(tau)),
                    "largest_column_error": np.repeat(conservation, len(names)),
                    "semigroup_defect": np.repeat(np.abs(matrix @ matrix - double).max((-1, -2)), len(names)),
                }


def evolution_blocks(settings: dict, modes: list[channels.PhononMode]):
    """Columns of `EVOLUTION` for every channel and phase average."""
    sites = settings["ring_sites"]
    origin, destination = ring(sites)
    site_energy = np.resize(settings["site_energies_eV"], sites)
    evolution = settings["evolution"]
    time = np.linspace(0, evolution["stop_ps"], evolution["count"])
    matrices = channels.mode_hopping_matrices(
        modes, sites, origin, destination, site_energy, evolution["thermal_energy_eV"], degeneracy=2
    )
    start = np.eye(sites)[0]
    for phases in ("floor", "random"):
        each, average = averages.evolve(
            matrices, np.array([mode.frequency_THz for mode in modes]), start, time, phases=phases
        )
        for name, density in zip([m["name"] for m in settings["modes"]] + ["average"], [*each, average], strict=True):
            yield {
                "channel": np.full(density.size, name),
                "phases": np.full(density.size, phases),
                "time_ps": np.repeat(time, sites),
                "site_index": np.tile(np.arange(sites), len(time)),
                "density": density.ravel(),
            }


def evolve_phonon_channels(job: Job) -> None:
    """Write activation ratios, escape rates and the evolution of the density."""
    settings = job.parameters["superionic.phonon_channels"]
    modes = modes_of(settings)
    tau = grid(settings["duration_ps"], settings["marked_durations_ps"], logarithmic=True)
    job.write("activation", activation_table(settings, modes), ACTIVATION, "Activation by one kick of a phonon mode")
    job.write("rates", stack(rate_blocks(settings, modes, tau)), RATES, "Escape rates against the time window")
    job.write(
        "evolution", stack(evolution_blocks(settings, modes)), EVOLUTION, "Densities in each channel, Fig. 2 as data"
    )


if __name__ == "__main__":
    run(evolve_phonon_channels)
