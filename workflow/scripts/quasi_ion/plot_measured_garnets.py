"""Draw what measured garnets decide: every model fitted to one of them, and Akaike's criterion for all."""

import pandas as pd
from matplotlib.lines import Line2D

from pipeline.figure_style import BLACK, GREY, figure
from pipeline.job import Job, run
from scripts.conductivity_fits.drawing import COLOURS, DASHES, draw_fits
from scripts.quasi_ion.plot_garnet_curves import formula
from superion.conductivity_models import MODELS

SHOWN = "Li5La3Ta2O12"
MARKERS = dict(zip(MODELS, "oPs^Dv*", strict=True))


def plot_measured_garnets(job: Job) -> None:
    """Three panels: pooled series with its residuals at the left, all series at the right."""
    tables = {name: job.table(name) for name in ("points", "curves", "comparison", "residuals")}
    sizes = tables["points"].groupby("series").size()
    named = [series for series in sizes.index if composition(series) == SHOWN]
    chosen = named[0] if named else sizes.idxmax()
    own = {name: table[table["series"] == chosen] for name, table in tables.items()}
    with figure(job, width=7.2, height=4.6) as (drawing, blank):
        blank.remove()
        axes = drawing.subplot_mosaic([["F", "A"], ["D", "A"]], height_ratios=(2.6, 1), width_ratios=(1.15, 1))
        draw_fits(axes["F"], axes["D"], own["points"], own["curves"], own["comparison"], own["residuals"])
        axes["F"].tick_params(labelbottom=False)
        words = f"{formula(composition(chosen))}, {sizes[chosen]} points"
        axes["F"].text(0.97, 0.95, words, transform=axes["F"].transAxes, ha="right", va="top")
        looks = {model: {"color": COLOURS[model], "ls": DASHES[model], "marker": MARKERS[model]} for model in MODELS}
        keys = [Line2D([], [], **look, label=MODELS[model].label) for model, look in looks.items()]
        drawing.legend(handles=keys, loc="outside lower center", ncols=3, handlelength=3.2)
        draw_criteria(axes["A"], rows_of(tables["comparison"], job.table("single")))
        axes["A"].set_title("series, number of its points", loc="right", fontsize=7)
        for name, letter in zip("FDA", "abc", strict=True):
            axes[name].set_title(f"({letter})", loc="left", fontweight="bold", y=1.0)


def composition(series: str) -> str:
    """Chemical formula in the name of a series: file: formula, DOI."""
    return series.split(": ", 1)[-1].split(", ")[0]


def rows_of(pooled, single):
    """Rows with a defined AICc: pooled series, and those of one paper where pooling adds points."""
    pooled = pooled.assign(composition=pooled["series"].map(composition), origin="")
    single = single.assign(composition=single["series"].map(composition), origin=", one paper")
    most = pooled.groupby("composition")["points"].max()
    new = single[single["points"] < single["composition"].map(most)]
    both = pd.concat([pooled, new])
    return both[both["delta_aicc"].notna()]


def draw_criteria(axis, rows) -> None:
    """A line a series, a mark a model, on an axis that is linear up to 10 and logarithmic beyond."""
    order = rows.drop_duplicates("series").sort_values(["points", "composition"], kind="stable")
    places = {series: i for i, series in enumerate(order["series"])}
    for place in places.values():
        axis.axhline(place, color=GREY, lw=0.4, zorder=0)
    for model, marker in MARKERS.items():
        part = rows[rows["model"] == model]
        at = part["series"].map(places) + 0.12 * (list(MODELS).index(model) - 2.5)
        axis.plot(part["delta_aicc"], at, marker, color=COLOURS[model], ls="", ms=5 if marker == "*" else 3.5)
    for level in (2, 10):
        axis.vlines(level, -0.6, len(places) - 0.4, color=BLACK, lw=0.6, ls=":", zorder=0)
    axis.set_xscale("symlog", linthresh=10, linscale=1.5)
    axis.set_xticks([0, 2, 5, 10, 20, 50], [0, 2, 5, 10, 20, 50])
    axis.minorticks_off()
    axis.set(
        xlabel=r"$\Delta$AICc", xlim=(-0.8, max(1.35 * rows["delta_aicc"].max(), 12)), ylim=(-2.6, len(places) - 0.4)
    )
    labels = [f"{formula(row.composition)}, {row.points}{row.origin}" for row in order.itertuples()]
    axis.set_yticks(range(len(labels)), labels, fontsize=6)
    note = "6 points or fewer: AICc of the\nquasi-ion form is not defined"
    axis.text(0.98, 0.02, note, transform=axis.transAxes, ha="right", va="bottom", fontsize=6, style="italic")


if __name__ == "__main__":
    run(plot_measured_garnets)
