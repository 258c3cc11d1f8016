"""Compute hops through a bottleneck that breathes: averaged, relaxed and quenched, beside exact rates."""

from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from superion.breathing_modes import (
    barrier_lowering_eV,
    capped_barrier_eV,
    hop_share_above,
    log_rate_ratio,
    quenched_barrier_eV,
    relaxed_barrier_eV,
)
from superion.thermal_amplitudes import STATISTICS, mean_square_amplitude_A2, quantum_factor, stiffness_eV_per_A2
from superion.units import thermal_energy_eV

CHAPTER = "textbook chapter, 'The Role of Lattice Dynamics and \"Softness\"'"
TEMPERATURES = {
    "statistics": Column("", "'classical' or 'quantum' amplitude of the mode"),
    "temperature_K": Column("K", "temperature"),
    "mean_square_amplitude_A2": Column("A^2", "<Q^2>", CHAPTER),
    "lowering_eV": Column("eV", "s = lambda^2 <Q^2>/2kT", CHAPTER),
    "effective_barrier_eV": Column("eV", "E0 - s of the averaged rate", CHAPTER),
    "capped_barrier_eV": Column("eV", "the same if no rate exceeds the attempt frequency"),
    "quenched_line_barrier_eV": Column("eV", "E0 + s: each bond of a line keeps its Q"),
}
FREQUENCIES = {
    "statistics": TEMPERATURES["statistics"],
    "temperature_K": Column("K", "temperature; without a meaning if classical"),
    "frequency_THz": Column("THz", "frequency of the mode"),
    "lowering_eV": TEMPERATURES["lowering_eV"],
}
LOWERINGS = {
    "temperature_K": Column("K", "temperature"),
    "lowering_over_barrier": Column("", "s/E0"),
    "lowering_eV": Column("eV", "s", CHAPTER),
    "effective_barrier_eV": Column("eV", "E0 - s", CHAPTER),
    "relaxed_barrier_eV": Column("eV", "highest point of the relaxed path"),
    "twice_counted_barrier_eV": Column("eV", "relaxed barrier less s: what counts the effect twice"),
    "capped_barrier_eV": Column("eV", "of the averaged rate if no rate exceeds the attempt frequency"),
    "exact_barrier_eV": Column("eV", "E0 - kT ln(k/k0) of classical transition state theory in x and Q"),
}
QUENCHED = {
    "dimension": Column("", "half the number of bonds of a site"),
    "lowering_over_barrier": Column("", "s/E0"),
    "effective_barrier_eV": Column("eV", "of diffusion with a Q for each bond", "Kirkpatrick 1973"),
    "averaged_barrier_eV": Column("eV", "E0 - s, of averaged rates", CHAPTER),
}
VALUES = {
    "quantity": Column("", "what"),
    "case": Column("", "of which temperature, statistics or dimension"),
    "value": Column("in the column unit", "its value"),
    "unit": Column("", "unit of the value"),
    "equation": Column("", "where it comes from"),
}
Row = tuple[str, str, float, str, str]


def compute_breathing_modes(job: Job) -> None:
    """Write barriers against temperature, frequency, lowering and dimension, and spot values."""
    settings = job.parameters["fundamentals.breathing_mode"]
    temperatures = stack(_temperature_rows(settings, statistics) for statistics in STATISTICS)
    job.write("temperatures", temperatures, TEMPERATURES, "Barriers of a breathing bottleneck against temperature")
    job.write("frequencies", stack(_frequency_rows(settings)), FREQUENCIES, "What softer modes do to a barrier")
    job.write(
        "lowerings", _lowering_rows(settings), LOWERINGS, "Barriers of a breathing bottleneck against the lowering"
    )
    job.write("quenched", stack(_quenched_rows(settings)), QUENCHED, "Bottlenecks that keep their widths")
    rows = [*_mode_rows(settings), *_rate_rows(settings["exact_rate"]), *_quenched_values(settings)]
    values = {name: np.array(column) for name, column in zip(VALUES, zip(*rows, strict=True), strict=True)}
    job.write("values", values, VALUES, "Spot values of the breathing mode")


def _mode(settings: Mapping) -> tuple[float, float, float]:
    return settings["coupling_eV_per_A"], settings["mass_u"], settings["frequency_THz"]


def _temperature_rows(settings: Mapping, statistics: str) -> dict[str, np.ndarray]:
    temperature = grid(settings["temperature_K"], settings["marked_temperatures_K"])
    coupling, mass, frequency = _mode(settings)
    barrier = settings["barrier_eV"]
    lowering = barrier_lowering_eV(coupling, mass, frequency, temperature, statistics)
    columns = (
        np.full(temperature.size, statistics),
        temperature,
        mean_square_amplitude_A2(mass, frequency, temperature, statistics),
        lowering,
        barrier - lowering,
        capped_barrier_eV(barrier, lowering, temperature),
        barrier + lowering,
    )
    return dict(zip(TEMPERATURES, columns, strict=True))


def _frequency_rows(settings: Mapping) -> Iterator[dict[str, np.ndarray]]:
    coupling, mass, own = _mode(settings)
    frequency = grid(settings["frequencies_THz"], [own / 2, own, 2 * own], logarithmic=True)
    marked = settings["marked_temperatures_K"]
    for statistics, temperature in [("classical", marked[0]), *(("quantum", value) for value in marked)]:
        columns = (
            np.full(frequency.size, statistics),
            np.full(frequency.size, float(temperature)),
            frequency,
            barrier_lowering_eV(coupling, mass, frequency, temperature, statistics),
        )
        yield dict(zip(FREQUENCIES, columns, strict=True))


def _lowering_rows(settings: Mapping) -> dict[str, np.ndarray]:
    share, barrier = grid(settings["lowering_over_barrier"]), settings["barrier_eV"]
    temperature = settings["marked_temperatures_K"][-1]
    lowering = share * barrier
    relaxed = relaxed_barrier_eV(barrier, lowering)
    columns = (
        np.full(share.size, float(temperature)),
        share,
        lowering,
        barrier - lowering,
        relaxed,
        relaxed - lowering,
        capped_barrier_eV(barrier, lowering, temperature),
        barrier - thermal_energy_eV(temperature) * log_rate_ratio(barrier, lowering, temperature),
    )
    return dict(zip(LOWERINGS, columns, strict=True))


def _quenched_rows(settings: Mapping) -> Iterator[dict[str, np.ndarray]]:
    share, barrier = grid(settings["lowering_over_barrier"]), settings["barrier_eV"]
    for dimension in settings["dimensions"]:
        effective = quenched_barrier_eV(barrier, share * barrier, settings["marked_temperatures_K"][-1], dimension)
        columns = (np.full(share.size, dimension), share, effective, barrier * (1 - share))
        yield dict(zip(QUENCHED, columns, strict=True))


def _mode_rows(settings: Mapping) -> Iterator[Row]:
    """What the mode does, classically and by quantum mechanics."""
    coupling, mass, frequency = _mode(settings)
    barrier, own = settings["barrier_eV"], f"{frequency:g} THz"
    yield "stiffness", own, float(stiffness_eV_per_A2(mass, frequency)), "eV/A^2", "M omega^2"
    for temperature in settings["marked_temperatures_K"]:
        for statistics in STATISTICS:
            case = f"{statistics}, {temperature:g} K"
            lowering = float(barrier_lowering_eV(coupling, mass, frequency, temperature, statistics))
            yield "lowering", case, lowering, "eV", CHAPTER
            yield "effective_barrier", case, barrier - lowering, "eV", CHAPTER
            capped = float(capped_barrier_eV(barrier, lowering, temperature))
            yield "averaged_barrier", case, capped, "eV", "-kT ln <min(1, exp(-E(Q)/kT))>"
            softer = float(barrier_lowering_eV(coupling, mass, frequency / 2, temperature, statistics))
            yield "lowering_at_half_frequency_over_lowering", case, softer / lowering, "", CHAPTER
            looser = float(barrier_lowering_eV(coupling, mass, frequency / np.sqrt(2), temperature, statistics))
            yield "lowering_at_half_stiffness_over_lowering", case, looser / lowering, "", CHAPTER
            wide = settings["wide_deviations"]
            share = float(hop_share_above(lowering, temperature, wide))
            yield "hops_above_deviations", f"{case}, {wide:g}", share, "", CHAPTER
            yield "time_above_deviations", f"{case}, {wide:g}", float(hop_share_above(0.0, temperature, wide)), "", ""
        yield "quantum_factor", f"{temperature:g} K", float(quantum_factor(frequency, temperature)), "", "x coth x"
    classical = float(barrier_lowering_eV(coupling, mass, frequency, 300.0))
    relaxed = float(relaxed_barrier_eV(barrier, classical))
    yield "relaxed_barrier", "", relaxed, "eV", "saddle of V(x, Q)"
    yield "relaxed_less_effective_barrier", "", relaxed - (barrier - classical), "eV", "saddle of V(x, Q)"
    yield "twice_counted_barrier", "", relaxed - classical, "eV", "relaxed barrier - s"


def _rate_rows(settings: Mapping) -> Iterator[Row]:
    """The exact rate in two dimensions beside the formula."""
    barrier, coupling = settings["barrier_eV"], settings["coupling_eV_per_A"]
    temperature = settings["temperature_K"]
    lowering = coupling**2 / (2 * settings["stiffness_eV_per_A2"])
    exact = float(np.exp(log_rate_ratio(barrier, lowering, temperature)))
    formula = float(np.exp(lowering / thermal_energy_eV(temperature)))
    yield "rate_ratio", "exact", exact, "", "partition functions of V(x, Q)"
    yield "rate_ratio", "formula", formula, "", CHAPTER
    yield "rate_ratio", "exact over formula", exact / formula, "", ""


def _quenched_values(settings: Mapping) -> Iterator[Row]:
    coupling, mass, frequency = _mode(settings)
    barrier, temperature = settings["barrier_eV"], settings["marked_temperatures_K"][-1]
    lowering = float(barrier_lowering_eV(coupling, mass, frequency, temperature))
    for dimension in settings["dimensions"]:
        quenched = float(quenched_barrier_eV(barrier, lowering, temperature, dimension))
        change = (quenched - barrier) / lowering
        yield "quenched_barrier_change_over_lowering", f"dimension {dimension:g}", change, "", "Kirkpatrick 1973"


if __name__ == "__main__":
    run(compute_breathing_modes)
