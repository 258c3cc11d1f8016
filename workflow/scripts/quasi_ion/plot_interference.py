"""Draw Fig. 6: relaxation times and cross ratios of ions and electrons, and where they would destroy entropy."""

import numpy as np

from pipeline.figure_style import BLACK, GREY, PALETTE, figure, panel_letters
from pipeline.job import Job, run

MARKERS = "osD^vP"
RATIOS = {
    "ion_cross_ratio": r"$\alpha_i^* = |L_{ie}/L_{ii}|$",
    "electron_cross_ratio": r"$\alpha_e^* = |L_{ei}/L_{ee}|$",
}


def plot_interference(job: Job) -> None:
    """A panel for each density ratio, and two for the cross ratios."""
    table = job.table("interference")
    times = table[table["panel"] == "relaxation times"]
    cross = table[table["panel"] == "cross ratios"]
    densities = sorted(times["density_ratio"].unique(), reverse=True)
    rows, columns = (2, 2) if len(densities) == 2 else (1, 3)
    with figure(job, rows, columns, width=7.2, height=2.6 * rows + 0.3) as (drawing, axes):
        axes = axes.ravel()
        for axis, density in zip(axes, densities, strict=False):
            part = times[times["density_ratio"] == density]
            draw(axis, part, "hopping_ratio", "relaxation_time_ratio")
            axis.set(xlabel=r"hopping ratio $j = |J_{0e}/J_{0i}|$", ylabel=r"$\tau_+/\tau_-$")
            axis.set_title(rf"$\rho_e/\rho_i$ = {in_powers(density)}", loc="right")
        for axis, (name, label) in zip(axes[len(densities) :], RATIOS.items(), strict=True):
            draw(axis, cross, "density_ratio", name)
            axis.set(xlabel=r"density ratio $\rho_e/\rho_i$", ylabel=label)
            axis.set_title(rf"$j$ = {cross['hopping_ratio'].iloc[0]:g}", loc="right")
        ion = axes[len(densities)]
        ion.axhline(1, color=GREY, lw=0.8, zorder=0)
        for level in cross["ion_saturation"].unique():
            ion.axhline(level, xmin=0.955, color=BLACK, lw=1)
        ion.plot([], [], color=BLACK, lw=1, label=r"saturation, $\rho_e/\rho_i \to \infty$")
        ion.legend(*(x[-1:] for x in ion.get_legend_handles_labels()), loc="lower right", fontsize=6.5)
        drawing.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, handlelength=2.2)
        panel_letters(axes)


def in_powers(value: float) -> str:
    """A power of ten as such, any other number as it is."""
    power = round(np.log10(value))
    return f"$10^{{{power}}}$" if value == 10.0**power else f"{value:g}"


def draw(axis, table, x: str, y: str) -> None:
    """A curve for each coupling; thin and dotted where the Onsager matrix is not positive semidefinite."""
    for (xi, part), colour, marker in zip(table.groupby("coupling_parameter"), PALETTE, MARKERS, strict=False):
        good = part["status"] == "ok"
        look = {"color": colour, "marker": marker, "markevery": 12}
        axis.plot(part[x], part[y].where(good), **look, label=rf"$\xi_0$ = {xi:g}")
        if not good.all():
            axis.plot(part[x], part[y].where(~good), color=colour, lw=1, ls=":")
    if (table["status"] != "ok").any():
        axis.plot([], [], color=GREY, lw=1, ls=":", label="Onsager matrix not positive semidefinite")
    axis.set(xscale="log", yscale="log")


if __name__ == "__main__":
    run(plot_interference)
