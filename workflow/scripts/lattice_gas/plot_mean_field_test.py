"""Draw order and conduction of the superionic model's lattice gas beside the mean field."""

from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

CURVES = {"mean field": (RED, "--"), "Bragg-Williams": (PURPLE, ":"), "Bethe": (GREEN, "-."), "exact": (BLACK, "-")}
PIECES = ((ORANGE, "s"), (BLUE, "o"), (GREY, "^"))
SPAN = (0.15, 1.05)  # of kT/K0


def plot_mean_field_test(job: Job) -> None:
    """Three panels: order of the honeycomb, conduction of the chain and of the honeycomb."""
    order, conduction = job.table("order"), job.table("conduction")
    with figure(job, 1, 3, width=7.2, height=2.7) as (_, axes):
        draw(axes[0], order, "polarization")
        axes[0].set(ylabel=r"order $\gamma$ of the honeycomb", ylim=(0, 1.04), xlim=SPAN)
        for axis, lattice in zip(axes[1:], ("chain", "honeycomb"), strict=True):
            draw(axis, conduction[conduction["lattice"] == lattice], "conductivity_factor")
            shown = conduction["conductivity_factor"][
                (conduction["lattice"] == lattice)
                & (conduction["method"] == "Monte Carlo")
                & conduction["reduced_temperature"].between(*SPAN)
            ]
            lowest = shown[shown > 0].min() if (shown > 0).any() else 1e-2
            axis.set(ylabel=rf"$D_\sigma$ over that of a lone ion, {lattice}", yscale="log", xlim=SPAN)
            axis.set_ylim(min(5e-3, lowest / 2), 1.3)
        for axis in axes:
            axis.set_xlabel(r"temperature $k_\mathrm{B}T/K_0$")
        axes[0].legend(loc="upper right", bbox_to_anchor=(1.06, 1.02))
        axes[1].legend(loc="lower right")
        axes[2].legend(loc="lower right")
        panel_letters(axes)


def draw(axis, table, column: str) -> None:
    """Curves of the infinite lattice, points of periodic pieces."""
    for method, (colour, dashes) in CURVES.items():
        part = table[table["method"] == method]
        if len(part):
            axis.plot(part["reduced_temperature"], part[column], dashes, color=colour, label=method)
    points = table[table["method"] == "Monte Carlo"]
    for (colour, marker), (sites, part) in zip(PIECES, list(points.groupby("sites"))[-len(PIECES) :], strict=False):
        axis.errorbar(
            part["reduced_temperature"],
            part[column],
            part[f"{column}_error"],
            fmt=marker,
            color=colour,
            ms=3.5,
            mfc="white",
            lw=0.8,
            label=f"{sites} sites",
        )


if __name__ == "__main__":
    run(plot_mean_field_test)
