"""Draw how one ion crosses barriers: the turnover with friction, harmonic rates, diffusion against unstable modes."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

COLOURS = (BLUE, RED, GREEN, PURPLE)
LIMITS = {  # style, name, and the transmissions between which it is drawn
    "kramers_transmission": ((0, (4, 1.5)), "Kramers", (0, np.inf)),
    "energy_diffusion_transmission": ((0, (1, 1.2)), "low friction", (0.5, np.inf)),
    "bridged_transmission": ((0, (5, 1.2, 1, 1.2)), "Mel'nikov-Meshkov", (0, np.inf)),
    "overdamped_transmission": ((0, (2.5, 1, 1, 1, 1, 1)), "overdamped", (0, 2.5)),
}
METHODS = {"from the top": ("o", "from the top"), "squared displacements": ("s", "squared displ.")}


def plot_barrier_crossing(job: Job) -> None:
    """Three panels."""
    with figure(job, 1, 3, width=7.2, height=3.1, width_ratios=[1.35, 1, 1]) as (_, axes):
        draw_turnover(axes[0], job.table("turnover"), job.table("simulated"))
        draw_harmonic(axes[1], job.table("rates"))
        draw_unstable(axes[2], job.table("unstable"))
        panel_letters(axes)


def draw_turnover(axis, table, simulated) -> None:
    """Transmission against friction by barrier: exact, limits and simulation."""
    good = table[table["status"] == "ok"]
    low, high = good["transmission"].min(), good["transmission"].max()
    barriers = sorted(table["reduced_barrier"].unique())[: len(COLOURS)]
    for barrier, colour in zip(barriers, COLOURS, strict=False):
        part = good[good["reduced_barrier"] == barrier]
        axis.plot(part["reduced_friction"], part["transmission"], color=colour, label=rf"exact, $E={barrier:g}\,kT$")
    # Limits of one barrier are enough: the others' lie next to them.
    drawn = table[table["reduced_barrier"] == barriers[-1]]
    for name, (style, label, (lowest, highest)) in LIMITS.items():
        part = drawn[drawn[name].between(lowest, highest)]
        axis.plot(part["reduced_friction"], part[name], color=BLACK, ls=style, lw=0.9, label=label)
    for method, (mark, label) in METHODS.items():
        own = simulated[simulated["method"] == method]
        for barrier, colour in zip(barriers, COLOURS, strict=False):
            part = own[own["reduced_barrier"] == barrier]
            axis.errorbar(
                part["reduced_friction"],
                part["transmission"],
                part["transmission_error"],
                fmt=mark,
                color=colour,
                mfc="white",
                mew=0.8,
                ms=3.6 if mark == "o" else 5.6,
                elinewidth=0.8,
                zorder=3 if mark == "o" else 2.5,
            )
        if not own.empty:
            axis.plot([], [], mark, color=BLACK, mfc="white", mew=0.8, ms=3.6 if mark == "o" else 5.6, label=label)
    axis.axhline(1, color=GREY, lw=0.8, zorder=0)
    axis.set(xscale="log", yscale="log", xlim=(good["reduced_friction"].min(), good["reduced_friction"].max()))
    axis.set(ylim=(0.5 * low, 2.2 * high), xlabel=r"friction $\gamma\,(a/2\pi)\sqrt{m/kT}$")
    axis.set_ylabel(r"transmission $D/(a^2 k_\mathrm{TST})$")
    axis.legend(loc="lower left", fontsize=6, labelspacing=0.3, handlelength=2.4)


def draw_harmonic(axis, table) -> None:
    """Exact transition state theory over Vineyard's rate, and energies above the barrier over Boltzmann's factor."""
    barrier = table["reduced_barrier"].to_numpy()
    axis.plot(barrier, table["exact_over_vineyard"], color=BLUE, label=r"$k_\mathrm{TST}/k_\mathrm{Vineyard}$")
    axis.plot(barrier, 1 - 1 / (4 * barrier), color=BLACK, ls=(0, (4, 1.5)), lw=0.9, label=r"$1-kT/4E$")
    axis.plot(barrier, table["above_over_boltzmann"], color=RED, label=r"$P(H>E)\,/\,e^{-E/kT}$")
    axis.axhline(1, color=GREY, lw=0.8, zorder=0)
    axis.set(xlabel="barrier $E/kT$", ylabel="ratio", xlim=(0, barrier.max()), ylim=(0.6, 2.3))
    axis.legend(loc="upper left", labelspacing=0.3)


def draw_unstable(axis, table) -> None:
    """D against the share of unstable configurations, and the slopes 1 and 2 through one point."""
    good = table[table["status"] == "ok"]
    for (friction, part), colour in zip(good.groupby("reduced_friction"), COLOURS, strict=False):
        axis.plot(part["unstable_fraction"], part["diffusion"], color=colour, label=rf"friction {friction:g}")
    share, value = good["unstable_fraction"], good["diffusion"]
    x = np.geomspace(share.min(), share.max(), 50)
    frictions = sorted(good["reduced_friction"].unique())
    middle = good[good["reduced_friction"] == frictions[len(frictions) // 2]]
    anchor = middle.sort_values("unstable_fraction").iloc[0]
    for power, style in ((1, (0, (1, 1.2))), (2, (0, (4, 1.5)))):
        line = anchor["diffusion"] * (x / anchor["unstable_fraction"]) ** power
        label = r"$\propto f_u$" if power == 1 else r"$\propto f_u^{\,2}$"
        axis.plot(x, line, color=BLACK, ls=style, lw=0.9, label=label, zorder=1)
    axis.set(xscale="log", yscale="log", ylim=(0.3 * value.min(), 3 * value.max()))
    axis.set(xlabel="unstable configurations $f_u$", ylabel=r"$D$ in $(a/2\pi)\sqrt{kT/m}$")
    axis.legend(loc="upper left", labelspacing=0.3)


if __name__ == "__main__":
    run(plot_barrier_crossing)
