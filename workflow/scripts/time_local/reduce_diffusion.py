"""Diffusion coefficients, kinetic temperatures and activation of all runs, from the segments of their baths."""

from collections.abc import Iterator

import numpy as np

from pipeline.artifacts import parameters_of, read_columns, stack
from pipeline.job import Job, run
from scripts.time_local.diffusion_columns import ACTIVATION, DIFFUSION, DISPLACEMENTS, PATHS, REFERENCE
from superion.ion_diffusion import ArrheniusLine, arrhenius_line, clustered_mean

OPTIONAL = ("taper_ps", "window_ps")
MEANS = (
    "diffusion_A2_per_ps",
    "diffusion_error_A2_per_ps",
    "bath_chi_square",
    "kinetic_temperature_meV",
    "kinetic_temperature_error_meV",
    "temperature_deviation",
    "first_segment_deviation",
)
UNSETTLED = 4  # standard errors beyond which first segments are told of
SETTING = ("family", "equation", "bath", "strength_meV_A", "memory_ps", *OPTIONAL, "stiffness", "mass")


def reduce_diffusion(job: Job) -> None:
    """One row a run; a line for each family with three temperatures or more."""
    runs: dict[str, list[tuple[dict, dict, dict, dict]]] = {}
    for files in zip(*(job.inputs[name] for name in ("segments", "displacements", "path")), strict=True):
        settings = parameters_of(files[0])["time_local.run"]
        runs.setdefault(settings["name"], []).append((settings, *(read_columns(path) for path in files)))
    rows = [run_row(name, baths) for name, baths in runs.items()]
    table = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    lines = list(activation_lines(table))
    job.write(
        "activation", activation_table(lines), ACTIVATION, "Arrhenius lines of the diffusion coefficients, Fig. 7"
    )
    table |= reference_columns(table, lines, job.parameters["time_local.diffusion"]["reference_family"])
    job.write("diffusion", table, DIFFUSION, "Diffusion coefficients and kinetic temperatures of all runs")
    curves = stack(
        [displacement_curve(name, baths, row) for (name, baths), row in zip(runs.items(), rows, strict=True)]
    )
    job.write("displacements", curves, DISPLACEMENTS, "Mean squared displacements of all runs, Figs. 6, 7")
    paths = stack([path_rows(name, *bath) for name, baths in runs.items() for bath in baths])
    job.write("paths", paths, PATHS, "Thinned paths of ions, Fig. 5")
    for row in np.flatnonzero(np.abs(np.nan_to_num(table["first_segment_deviation"])) > UNSETTLED):
        where = f"{table['family'][row]}/{table['run'][row]}"
        by = f"by {table['first_segment_deviation'][row]:.1f} standard errors"
        job.warn(
            f"{where}: first segments differ in kinetic temperature {by}; raise time_local.diffusion.equilibration_ps"
        )
    faults = int(table["penetrated"].sum() + table["runaway"].sum())
    if faults:
        job.warn(f"{faults} segments, and as many after them, are left out: ions were pushed through atoms or ran away")


def run_row(name: str, baths: list) -> dict:
    """Means over all baths of a run."""
    settings = baths[0][0]
    segments = stack(
        [bath[1] | {"bath_number": np.full(len(bath[1]["ion"]), bath[0]["bath_number"])} for bath in baths]
    )
    good = segments["status"] == "ok"
    clusters = segments["bath_number"] * (segments["ion"].max() + 1) + segments["ion"]
    enough = len(np.unique(clusters[good])) > 1
    family, run_name = name.split("/")
    last = segments["segment"] == segments["segment"].max()
    row = {
        "family": family,
        "run": run_name,
        "equation": settings["equation"],
        "bath": settings["bath"],
        "strength_meV_A": float(settings["strength"]),
        "thermal_energy_meV": float(settings["thermal_energy_meV"]),
        "memory_ps": float(segments["memory_ps"][0]),
        **{key: np.nan if settings.get(key) is None else settings[key] for key in OPTIONAL},
        "stiffness": float(settings["stiffness"]),
        "mass": float(settings["mass"]),
        "baths": len(baths),
        "ions": len(np.unique(clusters)),
        "segments": int(good.sum()),
        "penetrated": int((segments["status"] == "penetrated").sum()),
        "runaway": int((segments["status"] == "runaway").sum()),
        "started_anew": int((segments["status"] == "started anew").sum()),
        "unconverged": int(segments["unconverged"][last].sum()),
        "total_ps": float(good.sum() * settings["segment_ps"]),
        "closest_A": float(segments["closest_A"][good].min()) if enough else np.nan,
        "status": "ok" if enough else "too few segments",
    }
    return row | (
        means(segments, good, clusters, row["thermal_energy_meV"]) if enough else dict.fromkeys(MEANS, np.nan)
    )


def means(segments: dict, good: np.ndarray, clusters: np.ndarray, thermal_meV: float) -> dict:
    """Diffusion coefficient and kinetic temperature with their errors, and how much baths differ."""
    diffusion = clustered_mean(segments["diffusion_A2_per_ps"][good], clusters[good])
    temperature = clustered_mean(segments["kinetic_temperature_meV"][good], clusters[good])
    spread = np.nan
    each = [good & (segments["bath_number"] == number) for number in np.unique(segments["bath_number"])]
    if len(each) > 1 and all(len(np.unique(clusters[at])) > 1 for at in each):
        parts = [clustered_mean(segments["diffusion_A2_per_ps"][at], clusters[at]) for at in each]
        spread = sum(((mean - diffusion[0]) / error) ** 2 for mean, error in parts)
    first = good & (segments["segment"] == segments["segment"].min())
    unsettled = np.nan
    if first.sum() > 1 and first.sum() < good.sum():
        early = clustered_mean(segments["kinetic_temperature_meV"][first], clusters[first])
        unsettled = (early[0] - temperature[0]) / early[1]
    values = (*diffusion, spread, *temperature, (temperature[0] - thermal_meV) / temperature[1], unsettled)
    return dict(zip(MEANS, values, strict=True))


def activation_lines(table: dict) -> Iterator[tuple[dict, str, ArrheniusLine]]:
    """Lines over the temperature of the bath, and over that of the ion, for runs that differ in temperature alone.

    Where five temperatures or more remain, lines without the coldest are drawn as well.
    """
    groups: dict[tuple, list[int]] = {}
    for row in np.flatnonzero((table["status"] == "ok") & (table["diffusion_A2_per_ps"] > 0)):
        groups.setdefault(tuple(str(table[name][row]) for name in SETTING), []).append(row)
    for rows in groups.values():
        kept = np.array(rows)[np.argsort(table["thermal_energy_meV"][rows], kind="stable")]
        for chosen in (kept, kept[1:]) if len(kept) > 5 else (kept,):
            if len(np.unique(table["thermal_energy_meV"][chosen])) < 3:
                continue
            about = {name: table[name][chosen[0]] for name in SETTING}
            about["coldest_meV"] = table["thermal_energy_meV"][chosen[0]]
            values, errors = (table[f"diffusion_{name}A2_per_ps"][chosen] for name in ("", "error_"))
            for which, temperature in (("bath", "thermal_energy_meV"), ("kinetic", "kinetic_temperature_meV")):
                yield about, which, arrhenius_line(table[temperature][chosen], values, errors)


def activation_table(lines: list) -> dict:
    """Table of Arrhenius lines."""
    rows = [
        about
        | {
            "temperature": which,
            "prefactor_A2_per_ps": line.prefactor,
            "prefactor_low_A2_per_ps": line.prefactor_low,
            "prefactor_high_A2_per_ps": line.prefactor_high,
            "activation_energy_meV": line.activation_energy_meV,
            "activation_energy_low_meV": line.activation_energy_interval_meV[0],
            "activation_energy_high_meV": line.activation_energy_interval_meV[1],
            "chi_square": line.chi_square,
            "degrees_of_freedom": line.degrees_of_freedom,
        }
        for about, which, line in lines
    ]
    return {name: np.array([row[name] for row in rows]) for name in ACTIVATION}


def reference_columns(table: dict, lines: list, family: str) -> dict:
    """Lines of the reference family at the temperatures of runs that differ from it by their equation alone."""
    chosen: dict[str, tuple[dict, ArrheniusLine]] = {}
    for about, which, line in lines:
        if about["family"] == family:
            chosen.setdefault(which, (about, line))  # the first is that of all temperatures
    if not chosen:
        return {name: np.full(len(table["run"]), np.nan) for name in REFERENCE}
    about = chosen["bath"][0]
    alike = (table["strength_meV_A"] == about["strength_meV_A"]) & (table["stiffness"] == 1) & (table["mass"] == 1)
    alike &= table["bath"] == about["bath"]
    lines_at = (
        chosen["bath"][1].at(table["thermal_energy_meV"]),
        chosen["kinetic"][1].at(table["kinetic_temperature_meV"]),
    )
    values = [np.where(alike, line, np.nan) for line in lines_at]
    ratios = [table["diffusion_A2_per_ps"] / value for value in values]
    return dict(zip(REFERENCE, (*values, *ratios), strict=True))


def displacement_curve(name: str, baths: list, row: dict) -> dict:
    """Mean squared displacement of all baths, weighted by their segments."""
    curves = [bath[2] for bath in baths if bath[2]["status"][0] == "ok"] or [baths[0][2]]
    weights = np.array([curve["segments"] for curve in curves], float)
    weights /= np.maximum(weights.sum(axis=0), 1)
    means = np.array([curve["mean_squared_displacement_A2"] for curve in curves])
    errors = np.array([curve["standard_error_A2"] for curve in curves])
    lags = curves[0]["lag_ps"]
    return about_run(name, baths[0][0], len(lags)) | {
        "lag_ps": lags,
        "mean_squared_displacement_A2": (weights * means).sum(axis=0),
        "standard_error_A2": np.sqrt(((weights * errors) ** 2).sum(axis=0)),
        "fitted_A2": 6 * row["diffusion_A2_per_ps"] * lags,
        "status": np.full(len(lags), "ok" if row["status"] == curves[0]["status"][0] == "ok" else "too few segments"),
    }


def path_rows(name: str, settings: dict, _segments: dict, _displacements: dict, path: dict) -> dict:
    """Thinned paths of a bath."""
    count = len(path["ion"])
    return about_run(name, settings, count) | {"bath_number": np.full(count, settings["bath_number"])} | path


def about_run(name: str, settings: dict, count: int) -> dict:
    """Columns that tell the rows of a run from those of others."""
    family, run_name = name.split("/")
    return {
        "family": np.full(count, family),
        "run": np.full(count, run_name),
        "strength_meV_A": np.full(count, float(settings["strength"])),
        "thermal_energy_meV": np.full(count, float(settings["thermal_energy_meV"])),
    }


if __name__ == "__main__":
    run(reduce_diffusion)
