"""Draw each fitted series: points, every model, the band of the preferred one, residuals, and what the data decide."""

from matplotlib import pyplot as plt

from pipeline.figure_style import BLACK, NO_DATE, STYLE, settle
from pipeline.job import Job, run
from scripts.conductivity_fits.drawing import draw_fits, parameter_words
from scripts.conductivity_fits.preference import preference
from superion.conductivity_models import MODELS

KINDS = ("png", "pdf")
TELL_EVERY = 10


def plot_series(job: Job) -> None:
    """Write one figure a series, named by the series, into the output folder."""
    folder = job.output["folder"]
    tables = {name: job.table(name) for name in ("points", "curves", "comparison", "parameters", "residuals")}
    folder.mkdir(parents=True, exist_ok=True)
    names = list(tables["points"].groupby("series", sort=False))
    for number, (series, points) in enumerate(names, start=1):
        own = {name: table[table["series"] == series] for name, table in tables.items()}
        with plt.rc_context(STYLE):
            drawing = _draw(series, own)
            settle(drawing)
            for kind in KINDS:
                path = folder / f"{points['slug'].iloc[0]}.{kind}"
                drawing.savefig(path, dpi=job.parameters["figures"]["dpi"], metadata=NO_DATE[kind])
            plt.close(drawing)
        if number % TELL_EVERY == 0 or number == len(names):
            job.tell(f"{number} of {len(names)} figures drawn")


def _draw(series: str, tables: dict):
    drawing = plt.figure(figsize=(6.4, 3.6))
    grid = drawing.add_gridspec(2, 2, height_ratios=(3, 1), width_ratios=(1.25, 1))
    axis, residuals = drawing.add_subplot(grid[0, 0]), drawing.add_subplot(grid[1, 0])
    draw_fits(axis, residuals, tables["points"], tables["curves"], tables["comparison"], tables["residuals"])
    axis.tick_params(labelbottom=False)
    words = drawing.add_subplot(grid[:, 1])
    words.axis("off")
    handles, labels = axis.get_legend_handles_labels()
    words.legend(handles, labels, loc="upper left", borderaxespad=0)
    words.text(0, 0.52, _verdict(tables), va="top", fontsize=6.5, color=BLACK, linespacing=1.5, wrap=True)
    drawing.suptitle(_in_lines(series, 90), x=0.02, ha="left", fontsize=8, fontweight="bold")
    return drawing


def _verdict(tables: dict) -> str:
    chosen, why = preference(tables["comparison"])
    if not chosen:
        return why
    comparison = tables["comparison"].set_index("model")
    row = comparison.loc[chosen]
    lines = [MODELS[chosen].label, _in_lines(f"({why})", 52)]
    lines.append(parameter_words(tables["parameters"][tables["parameters"]["model"] == chosen]))
    lines.append(f"RMSE of ln $\\sigma$: {row['rmse']:.3g}")
    others = comparison[(comparison["support"] == "as good")].index
    if len(others):
        lines.append("as good by AICc: " + ", ".join(MODELS[model].label for model in others))
    if row["reasons"]:
        lines += [_in_lines(reason, 52) for reason in row["reasons"].split("; ")]
    lines.append("[ ]: profile likelihood; * end left open by the data")
    return "\n".join(lines)


def _in_lines(text: str, width: int) -> str:
    from textwrap import wrap

    return "\n".join(wrap(text, width))


if __name__ == "__main__":
    run(plot_series)
