"""Draw Fig. 8: levels of closed percolation regions of three sizes, and how the gap falls with their size."""

import matplotlib as mpl
import numpy as np

from pipeline.figure_style import BLACK, RED, figure, panel_letters
from pipeline.job import Job, run

MARKERS = "osD^vP*X<>h8"


def plot_percolation(job: Job) -> None:
    """Levels for every energy loss, and the gap against the number of sites with its limit."""
    levels, gaps = job.table("levels"), job.table("gaps")
    sizes = np.sort(levels["sites"].unique())
    usual = sizes[sizes > 2] if (sizes > 2).any() else sizes
    middle = usual[np.abs(usual - (usual[0] + usual[-1]) / 2).argmin()]
    losses = [np.nan, *np.sort(gaps["energy_loss_eV"].dropna().unique())[::-1]]
    shown = list(dict.fromkeys((usual[0], middle, usual[-1])))
    drawn = levels[levels["sites"].isin(shown)]["energy_eV"]
    edge = 0.04 * (drawn.max() - drawn.min())
    with figure(job, 2, 2, width=7.2, height=5.4) as (_, axes):
        for axis, sites in zip(axes.flat, shown, strict=False):
            part = levels[levels["sites"] == sites]
            for occupied, colour, label in ((False, BLACK, "empty"), (True, RED, "occupied")):
                rows = part[part["occupied"] == occupied]
                at = [place(loss, losses) for loss in rows["energy_loss_eV"]]
                axis.plot(at, rows["energy_eV"], "_", color=colour, ms=11, mew=0.8 if sites < 50 else 0.5, label=label)
            axis.set_title(f"$n$ = {sites} sites")
            axis.set_xticks(range(len(losses)), [name(loss) for loss in losses], fontsize=7 if len(losses) < 10 else 5)
            axis.set(xlabel="energy loss $E_s$ (eV)", ylabel="energy (eV)", xlim=(-0.6, len(losses) - 0.4))
            axis.set_ylim(drawn.min() - edge, drawn.max() + edge)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        axes[0, 0].legend(handles, labels, loc="upper left", handlelength=1)
        draw_gaps(axes[1, 1], gaps, losses)
        for spare in axes.flat[len(shown) : 3]:
            spare.set_visible(False)
        panel_letters([axis for axis in axes.flat if axis.get_visible()])


def place(loss: float, losses: list) -> int:
    """Column of an energy loss; the infinite one comes first."""
    return 0 if np.isnan(loss) else losses.index(loss)


def name(loss: float) -> str:
    """Energy loss in words."""
    return r"$\infty$" if np.isnan(loss) else f"{loss:g}"


def draw_gaps(axis, gaps, losses: list) -> None:
    """Gap against size; ticks at the right edge tell the limit of endlessly many sites."""
    shades = mpl.colormaps["viridis"](np.linspace(0, 0.88, max(len(losses), 2)))
    for loss, colour, marker in zip(losses, shades, MARKERS * len(losses), strict=False):
        part = gaps[gaps["energy_loss_eV"].isna() if np.isnan(loss) else gaps["energy_loss_eV"] == loss]
        part = part.sort_values("sites")
        axis.plot(part["sites"], part["gap_eV"], color=colour, marker=marker, label=name(loss))
        limit = part["infinite_gap_eV"].iloc[0]
        if not np.isnan(limit):
            axis.axhline(max(limit, 0), xmin=0.93, color=colour, lw=2)
    axis.plot([], [], color=BLACK, lw=2, label=r"$n \to \infty$")
    most = gaps["sites"].max()
    axis.set(xscale="log", xlabel="percolation sites $n$", ylabel="gap (eV)")
    axis.set_xlim(right=most**1.12 if most > 1 else None)
    ticks = [n for n in (1, 2, 3, 5, 10, 20, 30, 60, 100, 200, 500, 1000, 2000) if gaps["sites"].min() <= n <= most]
    axis.set_xticks(ticks, ticks)
    axis.minorticks_off()
    axis.set_ylim(bottom=0)
    axis.legend(loc="best", ncols=3, fontsize=6.5, title="$E_s$ (eV)", title_fontsize=6.5, alignment="left")


if __name__ == "__main__":
    run(plot_percolation)
