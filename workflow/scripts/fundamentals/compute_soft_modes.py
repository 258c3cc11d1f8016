"""Compute a mode that softens towards a critical temperature: how far ions swing in it, and what limits them."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from superion.soft_modes import (
    branch_mean_square_A2,
    harmonic_mean_square_A2,
    ionic_susceptibility,
    lindemann_temperature_K,
    longitudinal_frequency_THz,
    quartic_mean_square_A2,
    soft_frequency_THz,
    temperature_of_amplitude_K,
)
from superion.thermal_amplitudes import stiffness_eV_per_A2

CHAPTER = "textbook chapter, 'Collective Phenomena'"
AMPLITUDES = {
    "account": Column(
        "",
        "'harmonic' (one classical mode), 'quantum' (one quantum mode), 'quartic' (one classical mode with a quartic "
        "term), 'branch' (classical modes of all wave vectors, the longest of them soft)",
    ),
    "temperature_K": Column("K", "temperature"),
    "frequency_THz": Column("THz", "nu_0 sqrt|1 - T/T_c|", "Cochran 1959"),
    "mean_square_amplitude_A2": Column("A^2", "<u^2> of an ion in three directions", CHAPTER),
    "over_lindemann": Column("", "root mean square over the amplitude of Lindemann's criterion", CHAPTER),
    "status": Column("", "'ok', or 'diverges': a harmonic mode at T_c"),
}
VALUES = {
    "quantity": Column("", "what"),
    "case": Column("", "of which account, side of T_c or distance from it"),
    "value": Column("in the column unit", "its value", optional=True),
    "unit": Column("", "unit of the value"),
    "equation": Column("", "where it comes from"),
    "status": Column("", "'ok', or 'not reached': the criterion is met at no temperature there, or at all of them"),
}
Row = tuple[str, str, float, str, str]
MeanSquare = Callable[[np.ndarray], np.ndarray]


def compute_soft_modes(job: Job) -> None:
    """Write amplitudes against temperature by each account, and spot values."""
    settings = job.parameters["fundamentals.soft_mode"]
    accounts = _accounts(settings)
    amplitudes = stack(_rows(settings, name, account) for name, account in accounts.items())
    job.write("amplitudes", amplitudes, AMPLITUDES, "How far ions swing in a soft mode")
    rows = [*_lindemann_rows(settings, accounts), *_approach_rows(settings, accounts), *_screening_rows(settings)]
    values = {name: np.array(column) for name, column in zip(VALUES, zip(*rows, strict=True), strict=False)}
    values["status"] = np.where(np.isnan(values["value"]), "not reached", "ok")
    job.write("values", values, VALUES, "Spot values of the soft mode")


def _accounts(settings: Mapping) -> dict[str, MeanSquare]:
    """<u^2> at temperatures by each account."""
    critical, scale, mass = (settings[name] for name in ("critical_temperature_K", "frequency_scale_THz", "mass_u"))

    def frequency(temperature: np.ndarray) -> np.ndarray:
        return soft_frequency_THz(temperature, critical, scale)

    return {
        "harmonic": lambda t: harmonic_mean_square_A2(t, frequency(t), mass),
        "quantum": lambda t: harmonic_mean_square_A2(t, frequency(t), mass, statistics="quantum"),
        "quartic": lambda t: quartic_mean_square_A2(
            t, stiffness_eV_per_A2(mass, frequency(t)), settings["quartic_eV_per_A4"]
        ),
        "branch": lambda t: branch_mean_square_A2(t, frequency(t), settings["band_frequency_THz"], mass),
    }


def _rows(settings: Mapping, name: str, account: MeanSquare) -> dict[str, np.ndarray]:
    critical = settings["critical_temperature_K"]
    temperature = grid(settings["temperature_K"], [critical])
    at_critical = temperature == critical
    diverges = at_critical & (name in ("harmonic", "quantum"))
    square = np.full(temperature.size, np.nan)
    square[~diverges] = account(temperature[~diverges])
    columns = (
        np.full(temperature.size, name),
        temperature,
        soft_frequency_THz(temperature, critical, settings["frequency_scale_THz"]),
        square,
        np.sqrt(square) / settings["lindemann_amplitude_A"],
        np.where(diverges, "diverges", "ok"),
    )
    return dict(zip(AMPLITUDES, columns, strict=True))


def _lindemann_rows(settings: Mapping, accounts: Mapping[str, MeanSquare]) -> Iterator[Row]:
    """Where Lindemann's criterion is met."""
    critical, amplitude = settings["critical_temperature_K"], settings["lindemann_amplitude_A"]
    mode = (critical, settings["frequency_scale_THz"], settings["mass_u"], amplitude)
    for side in ("below", "above"):
        value = float(lindemann_temperature_K(*mode, side))
        yield "lindemann_temperature", f"harmonic, closed form, {side}", value, "K", CHAPTER
    yield "critical_temperature", "", float(critical), "K", CHAPTER
    for name, account in accounts.items():
        highest = critical * (1 - 1e-9) if name in ("harmonic", "quantum") else critical
        value = temperature_of_amplitude_K(lambda t, a=account: float(a(np.asarray(t))), amplitude, highest)
        yield "lindemann_temperature", name, value, "K", CHAPTER


def _approach_rows(settings: Mapping, accounts: Mapping[str, MeanSquare]) -> Iterator[Row]:
    """How <u^2> grows as the temperature comes closer to T_c from below."""
    critical, distances = settings["critical_temperature_K"], settings["distances"]
    for name, account in accounts.items():
        squares = [float(account(np.asarray(critical * (1 - distance)))) for distance in distances]
        for distance, square in zip(distances, squares, strict=True):
            yield "mean_square_amplitude", f"{name}, 1 - T/Tc = {distance:g}", square, "A^2", CHAPTER
        yield "growth_from_first_to_last_distance", name, squares[-1] / squares[0], "", CHAPTER


def _screening_rows(settings: Mapping) -> Iterator[Row]:
    """Softer transverse optical modes screen better."""
    mode = settings["optical_mode"]
    charge, mass, frequency, volume, electronic = (
        mode[name]
        for name in ("born_charge", "reduced_mass_u", "frequency_THz", "cell_volume_A3", "electronic_constant")
    )
    ionic = float(ionic_susceptibility(charge, mass, frequency, volume))
    where = "textbook chapter, 'The Role of Lattice Dynamics and \"Softness\"'"
    yield "ionic_susceptibility", "", ionic, "", where
    longitudinal = float(longitudinal_frequency_THz(frequency, ionic, electronic))
    yield "longitudinal_frequency", "", longitudinal, "THz", "Lyddane, Sachs and Teller 1941"
    for name, values in {
        "half frequency": (charge, mass, frequency / 2, volume),
        "double charge": (2 * charge, mass, frequency, volume),
    }.items():
        yield "susceptibility_ratio", name, float(ionic_susceptibility(*values)) / ionic, "", where


if __name__ == "__main__":
    run(compute_soft_modes)
