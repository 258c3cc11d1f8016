"""Draw the exact phase diagram: regimes of the type-I transition, and both transitions against the filling."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from pipeline.figure_style import BLACK, GREY, PALETTE, figure, panel_letters
from pipeline.job import Job, run

REGIMES = {
    "none": ("#F2F2F2", "none"),
    "above": ("#BBDDF5", r"above $T_\mathrm{p}$"),
    "below": ("#F5C9CE", r"below $T_\mathrm{p}$"),
}


def draw_regimes(axis, regimes) -> None:
    """Regimes in the plane of reduced couplings, with lines of equal T_I."""
    x = np.sort(regimes["barrier_over_repulsion"].unique())
    y = np.sort(regimes["coupling_over_repulsion"].unique())
    square = (y.size, x.size)
    code = regimes["regime"].replace("marginal", "none").map({name: i for i, name in enumerate(REGIMES)})
    axis.pcolormesh(
        x,
        y,
        code.to_numpy(float).reshape(square),
        cmap=ListedColormap([colour for colour, _ in REGIMES.values()]),
        vmin=-0.5,
        vmax=2.5,
        shading="nearest",
        rasterized=True,
    )
    level = axis.contour(
        x,
        y,
        regimes["reduced_transition_temperature"].to_numpy().reshape(square),
        [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2],
        colors=BLACK,
        linewidths=0.7,
    )
    axis.clabel(level, fontsize=6, fmt="%g")
    marks = [Patch(facecolor=colour, edgecolor=GREY, lw=0.5, label=label) for colour, label in REGIMES.values()]
    axis.legend(
        handles=marks,
        loc="lower right",
        fontsize=6.5,
        title="type-I transition, $T_\\mathrm{I}/T_\\mathrm{p}$",
        title_fontsize=6.5,
    )
    axis.set(xlabel=r"barrier $\Lambda_0/K$,  $K = n_0K_0/2$", ylabel=r"coupling $B/K$,  $B = n_0M_0/4$")


def plot_phase_diagram(job: Job) -> None:
    """Two panels."""
    regimes, fillings = job.table("regimes"), job.table("fillings")
    with figure(job, 1, 2, width=7.2, height=2.9) as (_, (plane, filling)):
        draw_regimes(plane, regimes)
        once = fillings[fillings["concerted_coupling_eV"] == fillings["concerted_coupling_eV"].min()]
        filling.plot(
            once["filling"], once["polarization_transition_K"], color=BLACK, lw=1.8, label=r"type II, $T_\mathrm{p}$"
        )
        crowded = once[once["double_occupation_limit_K"] > 0]
        filling.fill_between(
            crowded["filling"],
            crowded["double_occupation_limit_K"],
            color=GREY,
            alpha=0.45,
            lw=0,
            label="double occupation",
        )
        couplings = np.sort(fillings["concerted_coupling_eV"].unique())[::-1]
        for coupling, colour in zip(couplings[:: max(1, len(couplings) // 4)], PALETTE, strict=False):
            part = fillings[
                (fillings["concerted_coupling_eV"] == coupling) & fillings["transition_temperature_K"].notna()
            ]
            filling.plot(
                part["filling"],
                part["transition_temperature_K"],
                color=colour,
                ls="--",
                label=rf"type I, $M_0$ = {coupling:g} eV",
            )
        filling.set(
            xlabel=r"filling $n_0$ (ions per two-site cell)",
            ylabel="transition temperature (K)",
            ylim=(0, 1.08 * once["polarization_transition_K"].max()),
        )
        filling.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=6.5)
        panel_letters((plane, filling))


if __name__ == "__main__":
    run(plot_phase_diagram)
