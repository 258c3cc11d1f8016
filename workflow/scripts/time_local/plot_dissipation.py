"""Draw Fig. 4(b), (c): how an ion on a line of atoms comes to rest; its energy too."""

from pipeline.figure_style import BLACK, BLUE, RED, figure, panel_letters
from pipeline.job import Job, run

LOOKS = {
    "full": {"color": BLACK, "lw": 1.5, "label": "full motion"},
    "time-local": {"color": RED, "lw": 1.0, "ls": (0, (3.5, 1.2)), "label": "time-local, Eqs. (18)–(20)"},
    "linearised": {"color": BLUE, "lw": 0.9, "label": "linearised, Eq. (27)"},
}
PANELS = {
    "position_A": "position (Å)",
    "speed_A_per_ps": "velocity (Å/ps)",
    "energy_meV": "energy (meV)",
}


def plot_dissipation(job: Job) -> None:
    """Positions and velocities of the two methods, and the energy of the ion in all."""
    table = job.table("dissipation")
    with figure(job, 3, 1, width=7.0, height=5.6, sharex=True) as (drawing, axes):
        for axis, (name, label) in zip(axes, PANELS.items(), strict=True):
            for method, look in LOOKS.items():
                if method == "linearised" and name != "energy_meV":
                    continue
                rows = table[table["method"] == method]
                axis.plot(rows["time_ps"], rows[name], **look)
            axis.set_ylabel(label)
            axis.margins(x=0)
        start = table["energy_meV"].iloc[0]
        axes[2].set(yscale="log", ylim=(start * 4e-5, start * 2), xlabel="time (ps)")
        drawing.align_ylabels(axes)
        drawing.legend(*axes[2].get_legend_handles_labels(), loc="outside upper center", ncols=3, handlelength=2.6)
        panel_letters(axes, "bcd")


if __name__ == "__main__":
    run(plot_dissipation)
