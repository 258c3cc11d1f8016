"""Draw correlation factors of the vacancy mechanism: by lattice, and against the size of a periodic cell."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, GREY, PALETTE, RED, figure, panel_letters
from pipeline.job import Job, run

NAMES = {
    "two_site_chain": "chain",
    "simple_cubic": "simple cubic",
    "fcc_octahedral_tetrahedral": "fcc, interstitial",
    "bcc_tetrahedral": "bcc, tetrahedral",
    "garnet": "garnet Li",
}
DRAWN = ("square", "simple_cubic", "fcc", "hcp", "diamond", "garnet")
MARKS = "osD^vP"


def plot_correlation_factors(job: Job) -> None:
    """A row a lattice with its estimate; the excess of periodic cells."""
    infinite, finite = job.table("infinite"), job.table("finite")
    rows = len(infinite)
    with figure(job, 1, 2, width=6.8, height=max(1.2 + 0.19 * rows, 2.6), width_ratios=[1.25, 1]) as (_, axes):
        draw_lattices(axes[0], infinite)
        draw_cells(axes[1], finite)
        panel_letters(axes)


def label(lattice: str, direction: str) -> str:
    """Name of a row."""
    name = NAMES.get(lattice, lattice.replace("_", " "))
    return name if direction == "all" else f"{name}, {direction}"


def draw_lattices(axis, table) -> None:
    """Exact values, 1 - 2/z and the closed form of the mean cosine, the smallest f below."""
    table = table.sort_values(["correlation_factor", "lattice"], ascending=False)
    place = np.arange(len(table))[::-1]
    axis.hlines(place, table["coordination_estimate"], table["correlation_factor"], color=GREY, lw=0.9, zorder=1)
    axis.plot(table["coordination_estimate"], place, "o", mfc="none", mec=RED, mew=1.2, ms=6.2, label=r"$1-2/z$")
    axis.plot(
        table["bardeen_herring_factor"],
        place,
        "|",
        color=BLACK,
        ms=8,
        mew=1.1,
        label=r"$(1+\langle\cos\rangle)/(1-\langle\cos\rangle)$",
    )
    axis.plot(table["correlation_factor"], place, "o", color=BLUE, ms=4.2, label="exact")
    axis.set_yticks(place, [label(*row) for row in table[["lattice", "direction"]].itertuples(index=False)])
    for height, z, value in zip(place, table["coordination"], table["correlation_factor"], strict=True):
        axis.text(1.0, height, f"{value:.5f}", ha="right", va="center", fontsize=6.5)
        axis.text(0.02, height, f"{z:.3g}", ha="left", va="center", fontsize=6.5, color=BLACK)
    top = len(table) - 0.35
    axis.text(0.02, top, "$z$", ha="left", va="bottom", fontsize=7)
    axis.text(1.0, top, "$f$", ha="right", va="bottom", fontsize=7)
    axis.set(xlabel="correlation factor $f$ = Haven ratio", xlim=(0, 1.0), ylim=(-0.7, len(table) + 0.25))
    axis.tick_params(axis="y", length=0)
    axis.legend(loc="upper center", bbox_to_anchor=(0.45, -0.16), ncols=3, handletextpad=0.3, columnspacing=1.0)


def draw_cells(axis, table) -> None:
    """N times the excess of f; two directions of a lattice as full and open marks."""
    there = table["lattice"].unique()
    drawn = [name for name in DRAWN if name in there] or list(there)
    for name, colour, mark in zip(drawn, PALETTE, MARKS, strict=False):
        own = table[table["lattice"] == name]
        for number, (direction, part) in enumerate(own.groupby("direction", sort=False)):
            face, style = (colour, "-") if number == 0 else ("white", ":")
            axis.plot(
                part["sites"],
                part["excess_times_sites"],
                mark,
                ls=style,
                color=colour,
                mfc=face,
                ms=3.4,
                lw=0.9,
                label=label(name, direction),
            )
    axis.axhline(0, color=GREY, lw=0.7, zorder=0)
    axis.set(xscale="log", xlabel="sites $N$ of the periodic cell", ylabel=r"$N\,(f_N-f)$")
    low, high = axis.get_ylim()
    axis.set_ylim(low, high + 0.3 * (high - low))  # room for the legend
    axis.legend(loc="upper right", fontsize=6.5, labelspacing=0.25, ncols=2, columnspacing=1.0)


if __name__ == "__main__":
    run(plot_correlation_factors)
