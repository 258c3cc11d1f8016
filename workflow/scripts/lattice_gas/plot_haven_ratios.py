"""Draw exact Haven ratios of small cells against the rates of pushes and exchanges, and against the filling."""

from collections.abc import Iterator

import numpy as np

from pipeline.figure_style import BLACK, BLUE, CYAN, GREEN, ORANGE, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

COLOURS = (BLUE, RED, GREEN, PURPLE, ORANGE, CYAN, BLACK)
MARKERS = "osD^vPX"
FEWEST = 3  # points that make a curve
GAS = ("cell", "ion_count", "repulsion_over_kT", "push_rate", "exchange_rate")
SIGNS = {"ion_count": "n = {:g}", "repulsion_over_kT": "V = {:g} kT", "push_rate": "pushes {:g}"}
SIGNS["exchange_rate"] = "exchanges {:g}"


def plot_haven_ratios(job: Job) -> None:
    """Three panels: pushes, exchanges, filling."""
    table = job.table("diffusion")
    table = table[table["haven_ratio"].notna()]
    with figure(job, 1, 3, width=7.2, height=3.1) as (_, (left, middle, right)):
        for axis, name in ((left, "push_rate"), (middle, "exchange_rate")):
            for look, label, curve in curves(table, name):
                moving = curve[curve[name] > 0]
                rate = moving[name] / np.where(moving["hop_rate"] > 0, moving["hop_rate"], 1.0)
                axis.plot(rate, moving["haven_ratio"], **look, label=label)
                for _, still in curve[curve[name] == 0].iterrows():
                    axis.axhline(still["haven_ratio"], color=look["color"], lw=0.7, ls=(0, (1, 1.5)), zorder=1)
            axis.set(xscale="log", ylabel=r"Haven ratio $H_\mathrm{R} = D^*/D_\sigma$")
        for _, _, curve in curves(table, "exchange_rate"):
            # Exchanges as fast as hops: an ion no longer feels the others, while charge still waits for free sites.
            free = curve[(curve["repulsion_over_kT"] == 0) & (curve["push_rate"] == 0) & (curve["hop_rate"] > 0)]
            if len(free):
                closed = (free["site_count"] - 1) / (free["site_count"] - free["ion_count"])
                middle.plot([1.0], [closed.iloc[0]], "*", color=BLACK, ms=8, mfc="none", mew=0.8, zorder=3)
        for look, label, curve in curves(table, "ion_count"):
            right.plot(curve["ion_count"] / curve["site_count"], curve["haven_ratio"], **look, label=label)
        left.set(xlabel="push rate over hop rate", ylim=(0, 1.04))
        middle.set(xlabel="exchange rate over hop rate", yscale="log")
        right.set(xlabel="ions a site", ylabel=r"$H_\mathrm{R}$", xlim=(0, 1), ylim=(0, 1.04))
        for axis in (left, middle, right):
            axis.axhline(1.0, color=BLACK, lw=0.7, zorder=1)
            axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.07), fontsize=6.5, borderaxespad=0)
        panel_letters((left, middle, right))


def curves(table, name: str) -> Iterator[tuple[dict, str, object]]:
    """Look, label and rows of what differs along one axis alone."""
    others = [key for key in GAS if key != name]
    groups = [part for _, part in table.groupby(others, sort=False) if part[name].nunique() >= FEWEST]
    cells = [part["cell"].iloc[0] for part in groups]
    for number, (part, cell) in enumerate(zip(groups, cells, strict=True)):
        label = [cell.replace("_", " ")]
        same = [other for other, name_of in zip(groups, cells, strict=True) if name_of == cell]
        label += [
            SIGNS[key].format(part[key].iloc[0])
            for key in others[1:]
            if len({other[key].iloc[0] for other in same}) > 1
        ]
        look = {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)], "lw": 1.0}
        yield look, ", ".join(label), part.sort_values(name)


if __name__ == "__main__":
    run(plot_haven_ratios)
