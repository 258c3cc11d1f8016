"""Draw Fig. 3: displacement of a struck atom and force on the ion, in four approximations."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, RED, figure, panel_letters
from pipeline.job import Job, run

LOOKS = {
    "full": {"color": BLACK, "lw": 2.0, "label": "full motion"},
    "time-local": {"color": GREEN, "ls": "-", "label": "time-local"},
    "quasistatic": {"color": BLUE, "ls": "--", "label": r"quasistatic, $\dot r \to 0$"},
    "homogeneous": {"color": RED, "ls": ":", "label": r"homogeneous, $r, \dot r \to 0$"},
}
ROWS = {"displacement_A": "displacement $r$ (Å)", "force_meV_per_A": "force on the ion (meV/Å)"}
SHOWN = 0.01  # of the largest force: the time around the collision in which it is larger
AFTER = 2.2  # drawn beyond the collision, in its durations before the closest approach


def plot_collisions(job: Job) -> None:
    """A column for each speed and interaction length, a row for displacements and one for forces."""
    table = job.table("collisions")
    cases = list(dict.fromkeys(zip(table["launch_speed_A_per_ps"], table["interaction_length_A"], strict=True)))
    with figure(job, 2, len(cases), width=1.85 * len(cases) + 0.2, height=3.9, sharex="col", squeeze=False) as (
        drawing,
        axes,
    ):
        for column, (speed, length) in enumerate(cases):
            part = table[(table["launch_speed_A_per_ps"] == speed) & (table["interaction_length_A"] == length)]
            for axis, name in zip(axes[:, column], ROWS, strict=True):
                draw(axis, part, name)
            axes[0, column].set_title(rf"$\lambda$ = {length:g} Å, {speed:g} Å/ps", loc="right", fontsize=7.5)
            axes[1, column].set_xlabel("time (ps)")
        for axis, label in zip(axes[:, 0], ROWS.values(), strict=True):
            axis.set_ylabel(label)
        drawing.align_ylabels(axes[:, 0])
        handles = axes[0, 0].get_legend_handles_labels()
        drawing.legend(*handles, loc="outside lower center", ncols=4, handlelength=2.6)
        panel_letters(axes.ravel())


def draw(axis, part, name: str) -> None:
    """The four curves of a panel around the collision, and the peak of the full motion."""
    full = part[part["approximation"] == "full"]
    time, force = full["time_ps"].to_numpy(), np.abs(full["force_meV_per_A"].to_numpy())
    middle, begin = time[force.argmax()], time[np.argmax(force > SHOWN * force.max())]
    axis.set_xlim(begin, min(middle + AFTER * (middle - begin), time[-1]))
    peak = full[name].iloc[full[name].abs().argmax()]
    axis.axhline(0, color=GREY, lw=0.6, zorder=0)
    axis.axhline(peak, color=BLACK, lw=0.7, ls=(0, (6, 3)), zorder=0)
    for approximation, look in LOOKS.items():
        rows = part[part["approximation"] == approximation]
        shown = rows["time_ps"].between(*axis.get_xlim())
        axis.plot(rows["time_ps"][shown], rows[name][shown], **look)


if __name__ == "__main__":
    run(plot_collisions)
