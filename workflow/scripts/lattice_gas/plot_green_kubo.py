"""Draw velocity autocorrelations of small lattice gases, and the diffusion coefficients that they build up.

Where Monte Carlo has correlated the drift of the same gas, its values are drawn as well.
"""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, RED, figure, panel_letters
from pipeline.job import Job, run

LOOKS = {"charge": (RED, r"charge, $D_\sigma$"), "tracer": (BLUE, "one ion, $D^*$")}
MOST = 2  # gases that are drawn
MARKED = (1, 2, 3, 5, 8, 12, 20, 32, 50, 80, 128, 200)  # steps whose sums are drawn
DEEP = 1e-7  # of the largest velocity autocorrelation
GAS = ["cell", "ion_count", "repulsion_over_kT", "push_rate", "exchange_rate"]
SAME = {"lattice": "lattice", "sites": "site_count", "ions": "ion_count", "rule": "rule"} | {
    name: name for name in GAS[2:]
}
"""Columns of Monte Carlo, and what they are called of exact cells: equal where the gas is the same."""
RUN = ["family", "run"]
MOST_NOISE = 0.3  # relative error of a value of C that is drawn


def plot_green_kubo(job: Job) -> None:
    """A row for each of the first two gases: velocity autocorrelation, running diffusion coefficients."""
    table, diffusion = job.table("correlations"), job.table("diffusion").set_index(GAS)
    simulations = job.table("simulations")[[*RUN, *SAME]].drop_duplicates(RUN)
    simulated = job.table("simulated").merge(simulations, on=RUN)
    groups = list(table.groupby(GAS, sort=False))[:MOST]
    with figure(job, max(len(groups), 1), 2, width=7.0, height=0.6 + 2.2 * max(len(groups), 1), squeeze=False) as (
        drawing,
        axes,
    ):
        for (left, right), (gas, rows) in zip(axes, groups, strict=False):
            draw_autocorrelation(left, rows)
            draw_diffusion(right, rows, diffusion.loc[gas])
            draw_simulated(left, right, of_gas(simulated, rows.iloc[0], diffusion.loc[gas]))
            left.set_title(gas[0].replace("_", " "), loc="right")
        for axis in axes[len(groups) :].ravel():
            axis.set_axis_off()
        handles = [axes[0, 0].plot([], [], color=colour)[0] for colour, _ in LOOKS.values()]
        ways = {"ls": "-"}, {"ls": (0, (4, 1.5))}, {"ls": "", "marker": "o", "mfc": "none"}, {"ls": (0, (1, 1))}
        handles += [axes[0, 0].plot([], [], color=BLACK, **way)[0] for way in ways]
        handles.append(axes[0, 0].plot([], [], "s", color=BLACK, ms=3)[0])
        labels = [label for _, label in LOOKS.values()]
        labels += [
            r"Green-Kubo, $D_0-\int_0^t C$",
            r"Einstein, $\langle r^2\rangle/2dt$",
            "sum over steps",
            "exact limit",
            "Monte Carlo, charge",
        ]
        drawing.legend(handles, labels, loc="outside lower center", ncols=3, columnspacing=1.6)
        panel_letters(axes.ravel())


def of_gas(simulated, row, limits):
    """Monte Carlo of the gas of a row, where there is any."""
    exact = {**row, "rule": limits["rule"]}
    same = np.logical_and.reduce([simulated[name] == exact[other] for name, other in SAME.items()])
    return simulated[same]


def draw_simulated(left, right, rows) -> None:
    """Drift correlations of Monte Carlo as far as they stand out from noise, and their integral."""
    if rows.empty:
        return
    clear = rows[rows["drift_correlation_error"] < MOST_NOISE * rows["drift_correlation"]]
    clear = clear[clear["time"].rank().isin(MARKED)]
    looks = {"fmt": "s", "color": LOOKS["charge"][0], "ms": 3, "elinewidth": 0.8}
    left.errorbar(clear["time"], clear["drift_correlation"], clear["drift_correlation_error"], **looks)
    few = rows[rows["time"] > 0]
    few = few[few["time"].rank().isin(MARKED)]
    right.errorbar(few["time"], few["charge_D"], few["charge_D_error"], **looks)


def draw_autocorrelation(axis, rows) -> None:
    """C(t) of charge and of one ion, where it is more than rounding."""
    top = rows["velocity_autocorrelation"].max()
    last = 0.0
    for motion, (colour, _) in LOOKS.items():
        part = rows[(rows["motion"] == motion) & (rows["velocity_autocorrelation"] > DEEP * top)]
        if part.empty:
            words = f"{motion}: 0 at all times"
            axis.text(0.97, 0.92, words, transform=axis.transAxes, ha="right", color=colour, fontsize=7)
            continue
        axis.plot(part["time"], part["velocity_autocorrelation"], color=colour)
        last = max(last, part["time"].max())
    if not last:
        return
    axis.set(
        yscale="log",
        ylim=(DEEP * top, 2 * top),
        xlim=(0, last),
        xlabel="time (over the unit of rates)",
        ylabel=r"$C = \langle v(0)\,v(t)\rangle$",
    )


def draw_diffusion(axis, rows, limits) -> None:
    """The integral of C, the mean slope of squared displacements and the sum over discrete steps."""
    for motion, (colour, _) in LOOKS.items():
        part = rows[(rows["motion"] == motion) & (rows["time"] > 0)]
        axis.plot(part["time"], part["running_diffusion"], color=colour)
        axis.plot(part["time"], part["einstein_diffusion"], color=colour, ls=(0, (4, 1.5)), lw=1.0)
        few = part[part["time"].rank().isin(MARKED)]
        # The displacements of two steps are as far apart as their middles.
        middle = few["time"] + part["time"].min() / 2
        axis.plot(middle, few["step_sum"], "o", color=colour, mfc="none", ms=4, mew=0.8)
        axis.axhline(limits[f"{motion}_diffusion"], color=colour, ls=(0, (1, 1)), lw=0.8)
    axis.set(
        xscale="log",
        ylim=(0, None),
        xlabel="time (over the unit of rates)",
        ylabel=r"$D$ ($a^2$ times rate)",
    )


if __name__ == "__main__":
    run(plot_green_kubo)
