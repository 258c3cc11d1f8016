"""Draw Fig. 5 as data: the honeycomb lattice and its hops, its conductivity tensor, and drift in strong fields."""

import numpy as np

from pipeline.figure_style import BLUE, PALETTE, RED, figure
from pipeline.job import Job, run
from scripts.superionic.readings import COMBINED


def draw_lattice(axis, geometry, hops) -> None:
    """Sites of a few cells, and the hops that leave one site of each kind."""
    vectors = geometry[geometry["kind"] == "cell vector"][["x", "y"]].to_numpy()
    sites = geometry[geometry["kind"] == "site"]
    for site, colour, marker in zip(sites.itertuples(), (BLUE, RED), "os", strict=False):
        shifts = np.array([(i, j) for i in range(-2, 3) for j in range(-2, 3)]) @ vectors
        axis.plot(
            site.x + shifts[:, 0], site.y + shifts[:, 1], marker, color=colour, ms=5, ls="", label=f"site {site.name}"
        )
    names = dict(zip(sites["name"], sites[["x", "y"]].to_numpy(), strict=True))
    leaving = hops[hops["origin"] == "b"]
    angle = np.degrees(np.arctan2(leaving["displacement_y"], leaving["displacement_x"])) % 360
    numbered = leaving.iloc[np.argsort(angle)]  # a_1, a_2, a_3 of Eq. (A2) go round from the x axis
    for number, hop in enumerate(numbered.itertuples(), start=1):
        start, step = names["b"], np.array([hop.displacement_x, hop.displacement_y])
        axis.annotate("", start + 0.93 * step, start, arrowprops={"arrowstyle": "-|>", "color": "k", "lw": 1})
        across = np.array([-step[1], step[0]])
        axis.text(*(start + 0.5 * step + 0.22 * across), f"$a_{number}$", fontsize=7, ha="center", va="center")
    axis.set(xlim=(-1.05, 1.05), ylim=(-1.0, 1.1), aspect="equal", xlabel="$x/a$", ylabel="$y/a$")
    axis.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.16), handletextpad=0.1, columnspacing=1)


def plot_honeycomb(job: Job) -> None:
    """Three panels: lattice, conductivity against temperature beside the chain, drift against direction."""
    conductivity, directions = job.table("conductivity"), job.table("directions")
    with figure(job, width=7.2, height=2.7) as (drawing, blank):
        blank.remove()
        structure, arrhenius, turning = (drawing.add_subplot(1, 3, i) for i in (1, 2, 3))
        draw_lattice(structure, job.table("geometry"), job.table("hops"))
        coupling = sorted(conductivity["concerted_coupling_eV"].unique())[:2][-1]
        chosen = conductivity[
            (conductivity["concerted_coupling_eV"] == coupling)
            & (conductivity["reading"] == COMBINED)
            & (conductivity["field_split"] == "paper")
        ]
        for lattice, style, label in (
            ("two_site_chain", "--", r"chain $\sigma$, Eq. (38)"),
            ("honeycomb", "-", r"honeycomb $\sigma_{xx} = \sigma_{yy}$, Eq. (A8)"),
        ):
            part = chosen[chosen["lattice"] == lattice]
            arrhenius.plot(1000 / part["temperature_K"], part["conductivity_S_per_cm"], style, label=label)
        arrhenius.set_ylim(bottom=chosen["conductivity_S_per_cm"].min() / 30)
        arrhenius.set(yscale="log", xlabel=r"1000 K / $T$", ylabel=r"conductivity (S cm$^{-1}$)")
        title = rf"$M_0$ = {coupling:g} eV"
        arrhenius.legend(loc="lower left", fontsize=6.5, title=title, title_fontsize=6.5, alignment="left")
        paper = directions[directions["field_split"] == "paper"]
        for (strength, part), colour in zip(paper.groupby("reduced_field"), PALETTE, strict=False):
            relative = part["drift_along"] / part["drift_along"].max()
            turning.plot(part["direction_deg"], relative, color=colour, label=rf"$|f|a$ = {strength:g}")
        turning.set(xlabel="direction of the field (degrees)", ylabel="drift along the field / largest", xlim=(0, 360))
        turning.set_xticks(range(0, 361, 60))
        low = (paper["drift_along"] / paper.groupby("reduced_field")["drift_along"].transform("max")).min()
        turning.set_ylim(low - 0.35 * (1 - low), 1 + 0.1 * (1 - low))
        turning.legend(loc="lower left", ncols=2)
        for axis, letter in zip((structure, arrhenius, turning), "abc", strict=True):
            axis.set_title(f"({letter})", loc="left", fontweight="bold")


if __name__ == "__main__":
    run(plot_honeycomb)
