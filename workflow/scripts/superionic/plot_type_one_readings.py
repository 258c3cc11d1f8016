"""Draw Fig. 4(e), (f) in every reading of its caption, with the phase diagram that explains it."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, GREY, PALETTE, RED, figure, panel_letters
from pipeline.job import Job, run
from scripts.superionic.readings import COMBINED, in_print


def plot_type_one_readings(job: Job) -> None:
    """P0 and conductivity for each reading; below, the type-I temperature against the coupling."""
    fields, transitions = job.table("mean_fields"), job.table("transitions")
    shown = fields["concerted_coupling_eV"].max()
    readings = list(fields["reading"].unique())
    mosaic = [[f"P{i}" for i in range(len(readings))], [f"S{i}" for i in range(len(readings))], ["D"] * len(readings)]
    with figure(job, width=7.2, height=6.2) as (drawing, blank):
        blank.remove()
        axes = drawing.subplot_mosaic(mosaic, height_ratios=[1, 1, 1.15])
        for i, reading in enumerate(readings):
            part = fields[(fields["concerted_coupling_eV"] == shown) & (fields["reading"] == reading)]
            draw_reading(axes[f"P{i}"], axes[f"S{i}"], part)
            axes[f"P{i}"].set_title(in_print(reading))
            if i:
                axes[f"P{i}"].tick_params(labelleft=False)
                axes[f"S{i}"].tick_params(labelleft=False)
        axes["P0"].set_ylabel(rf"$P_0$ at $M_0$ = {shown:g} eV")
        axes["S0"].set_ylabel(r"$\sigma T$ ($Z^2a^2/4V\tau k_\mathrm{B}$)")
        axes[f"P{len(readings) - 1}"].legend(loc="upper right", fontsize=6.5)
        draw_transitions(axes["D"], transitions, shown)
        panel_letters([axes["P0"], axes["S0"], axes["D"]])
        axes["P0"].set_title("(a)", loc="left", fontweight="bold", x=-0.28)


def draw_reading(top, bottom, part) -> None:
    """P0 with its unstable root above, conductivity below; lines break and grey stands where there is no solution."""
    temperature = part["reduced_temperature"]
    top.plot(temperature, part["hopping_probability"], color=BLUE, label="stable")
    unstable = part["hopping_probability_unstable"].where(part["hopping_probability_unstable"] <= 2)
    top.plot(temperature, unstable, color=RED, ls=":", label="unstable")
    crowded = part["hopping_probability"].where(part["status"].str.contains("not a probability"))
    top.plot(temperature, crowded, color=BLACK, lw=2.6, alpha=0.35, label=r"$P_0(1+\gamma) > 1$")
    bottom.plot(temperature, part["reduced_conductivity"], color=BLUE)
    lost = part["status"].str.contains("no solution").to_numpy()
    for axis in (top, bottom):
        axis.fill_between(
            temperature, 0, 1, where=lost, transform=axis.get_xaxis_transform(), color=GREY, alpha=0.3, lw=0
        )
    if lost.any():
        bottom.text(0.97, 0.1, "no solution", transform=bottom.transAxes, ha="right", fontsize=6.5, style="italic")
    limits = (temperature.min(), temperature.max())
    top.set(ylim=(0, 1.6), xlim=limits)
    bottom.set(xlabel=r"temperature $T/T_\mathrm{p}$", yscale="log", ylim=(1e-5, 2), xlim=limits)


def draw_transitions(axis, transitions, shown: float) -> None:
    """Type-I temperature of every reading against the coupling, and the caption's value."""
    for (reading, part), colour, dashes in zip(
        transitions.groupby("reading", sort=False), PALETTE, ("-", "--", "-.", ":"), strict=False
    ):
        line = part[part["reduced_transition_temperature"].notna()]
        axis.plot(
            line["concerted_coupling_eV"],
            line["reduced_transition_temperature"],
            dashes,
            color=colour,
            label=in_print(reading),
        )
    axis.axvline(shown, color=GREY, lw=0.9, zorder=0)
    axis.axhline(1, color=GREY, lw=0.9, ls=":", zorder=0)
    regime = transitions[transitions["reading"] == COMBINED].set_index("concerted_coupling_eV")["regime"].get(shown)
    told = {"marginal": "exactly marginal, no transition", "none": "no type-I transition"}.get(
        regime, rf"type I {regime} $T_\mathrm{{p}}$"
    )
    axis.annotate(
        f"above: $M_0$ = {shown:g} eV\nEq. (55): {told}",
        (shown, 1.75), (6, 0), textcoords="offset points", fontsize=6.5, va="center",
    )  # fmt: skip
    axis.text(
        0.995,
        1.0,
        r"type II at $T_\mathrm{p}$",
        transform=axis.get_yaxis_transform(),
        ha="right",
        va="bottom",
        fontsize=6.5,
    )
    finite, couplings = transitions["reduced_transition_temperature"].dropna(), transitions["concerted_coupling_eV"]
    axis.set(
        xlabel=r"concerted-hopping coupling $M_0$ (eV)",
        ylabel=r"type-I temperature $T_\mathrm{I}/T_\mathrm{p}$",
        ylim=(0, min(2.1, np.ceil(10 * finite.max()) / 10)),
        xlim=(min(shown, couplings.min()) - 0.1, couplings.max()),
    )
    axis.legend(loc="upper right", ncols=2)


if __name__ == "__main__":
    run(plot_type_one_readings)
