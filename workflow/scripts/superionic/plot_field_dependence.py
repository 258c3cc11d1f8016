"""Draw the conductivity in strong fields, Eq. (42), with both shares of the field and on both lattices."""

from pipeline.figure_style import BLUE, GREY, RED, figure, panel_letters
from pipeline.job import Job, run

SPLITS = {"paper": (RED, "whole drop, Eq. (30)"), "thermodynamic": (BLUE, "half the drop")}


def plot_field_dependence(job: Job) -> None:
    """Two panels: chain and honeycomb."""
    fields = job.table("fields")
    with figure(job, 1, 2, width=5.6, height=2.6, sharey=True) as (_, axes):
        for axis, lattice in zip(axes, ("two_site_chain", "honeycomb"), strict=True):
            for split, (colour, label) in SPLITS.items():
                part = fields[(fields["lattice"] == lattice) & (fields["field_split"] == split)]
                axis.plot(
                    part["reduced_field"], part["differential_enhancement"], color=colour, label=f"dJ/dE, {label}"
                )
                axis.plot(
                    part["reduced_field"], part["chord_enhancement"], color=colour, ls="--", label=f"J/E, {label}"
                )
                if lattice == "two_site_chain":
                    every = part.iloc[::10]
                    axis.plot(
                        every["reduced_field"],
                        every["closed_form_enhancement"],
                        "o",
                        color=colour,
                        mfc="white",
                        label=r"$\cosh(sZEa/2k_\mathrm{B}T)$" if split == "thermodynamic" else None,
                    )
            axis.axhline(1, color=GREY, lw=0.8, zorder=0)
            axis.set(yscale="log", ylim=(0.8, 15), xlabel=r"reduced field $ZEa/k_\mathrm{B}T$")
            axis.set_title(lattice.replace("_", " ").replace("two site", "two-site"))
        axes[0].set_ylabel("conductivity / weak-field value")
        axes[0].legend(loc="upper left", fontsize=6.5)
        panel_letters(axes)


if __name__ == "__main__":
    run(plot_field_dependence)
