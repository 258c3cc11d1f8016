"""Tabulate fitted series for reading: what became of each file, the models side by side, the preferred parameters."""

import math

from pipeline.job import Job, run
from scripts.conductivity_fits.preference import preference
from superion.conductivity_models import MODELS


def tabulate_fits(job: Job) -> None:
    """Write one Markdown page."""
    tables = {name: job.table(name) for name in ("status", "comparison", "parameters")}
    status = tables["status"]
    fitted, faults = status[status["status"] == "fitted"], status[status["status"] == "not used"]
    confidence = job.parameters["conductivity_fits"]["confidence"]
    lines = ["# Fitted conductivities", ""]
    lines += [f"Series fitted: {len(fitted)}; faults: {len(faults)}. Conductivities in S/cm, fits of ln σ.", ""]
    if len(faults):
        lines += ["## Not used", "", "| file | row | series | what is wrong |", "|---|---|---|---|"]
        lines += [_row(row.file, row.row or "", row.series, row.remark) for row in faults.itertuples()] + [""]
    lines += [
        "## Which model",
        "",
        "ΔAICc of each model, lower is better; RMSE of ln σ where AICc compares no two models.",
        "",
    ]
    models = list(dict.fromkeys(tables["comparison"]["model"]))
    lines.append(_row("series", "points", *(MODELS[model].label for model in models), "preferred"))
    lines.append("|---" * (len(models) + 3) + "|")
    for series, part in tables["comparison"].groupby("series", sort=False):
        by_model = part.set_index("model")
        cells = [_criterion(by_model.loc[model]) for model in models]
        chosen, why = preference(part)
        told = f"{MODELS[chosen].label}: {why}" if chosen else why
        lines.append(_row(series, by_model["points"].iloc[0], *cells, told))
    lines += ["", "## Parameters of the preferred model", ""]
    lines += [f"Profile-likelihood intervals at {100 * confidence:g} %; * an end that the data leave open.", ""]
    lines += [
        "| series | model | parameter | estimate | interval | unit | determined |",
        "|---|---|---|---|---|---|---|",
    ]
    for series, part in tables["comparison"].groupby("series", sort=False):
        chosen, _ = preference(part)
        own = tables["parameters"]
        for row in own[(own["series"] == series) & (own["model"] == chosen)].itertuples():
            ends = f"{_end(row.low, row.low_open)} to {_end(row.high, row.high_open)}"
            told = "yes" if row.identifiable else "no"
            unit = "" if row.unit == "1" else row.unit
            lines.append(_row(series, MODELS[chosen].label, row.parameter, f"{row.estimate:.5g}", ends, unit, told))
    lines += ["", "## How the files were understood", "", "| file | series | points | rows kept out | columns |"]
    lines += ["|---|---|---|---|---|"]
    lines += [_row(row.file, row.series, row.points, row.excluded_rows, row.remark) for row in fitted.itertuples()]
    if len(empty := status[status["status"] == "empty"]):
        lines += ["", f"Without a row to fit, as all are excluded: {'; '.join(empty['remark'])}."]
    lines += ["", "## The models", "", "β = 1/kT in 1/eV, T in K, σ in S/cm.", ""]
    lines += ["| model | ln σ | parameters |", "|---|---|---|"]
    lines += [_row(MODELS[m].label, MODELS[m].formula, ", ".join(MODELS[m].parameter_names)) for m in models]
    job.output["page"].write_text("\n".join([*lines, ""]), encoding="utf-8")


def _criterion(row) -> str:
    if row["status"] == "too few points":
        return "too few points"
    if math.isnan(row["delta_aicc"]):
        return "exact" if row["status"] == "exact" else f"RMSE {row['rmse']:.3g}"
    return f"{row['delta_aicc']:.1f}"


def _end(value: float, is_open: bool) -> str:
    return ("unbounded" if math.isnan(value) else f"{value:.4g}") + ("*" if is_open else "")


def _row(*cells) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    run(tabulate_fits)
