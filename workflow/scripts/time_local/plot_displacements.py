"""Draw Fig. 6: mean squared displacements of the ions whose paths were kept."""

from pipeline.figure_style import BLACK, GREY, figure, panel_letters
from pipeline.job import Job, run
from scripts.time_local.drawing import draw_displacements, run_labels, run_looks, say_missing, strength_unit


def plot_displacements(job: Job) -> None:
    """All curves on linear axes, as in the source, and on logarithmic ones, where the first picosecond is seen."""
    keys = ["strength_meV_A", "thermal_energy_meV", "family", "run"]
    kept = job.table("paths")[keys[2:]].drop_duplicates()
    curves = job.table("displacements").merge(kept, on=keys[2:])
    groups = [part for _, part in curves.groupby(keys)]
    unit = strength_unit(job.path("displacements"))
    with figure(job, 1, 2, width=7.0, height=2.9) as (drawing, axes):
        panel_letters(axes)
        if not groups:
            for axis in axes:
                say_missing(axis, "no run kept the path of an ion\n(path_ions in time_local.diffusion.families)")
            return
        looks = run_looks(list(range(len(groups)))).values()
        for look, curve, words in zip(looks, groups, run_labels(groups, unit), strict=True):
            label = ", ".join(word for word in words if word)
            for axis in axes:
                draw_displacements(axis, curve, look, label)
        top = (curves["mean_squared_displacement_A2"] + curves["standard_error_A2"]).max()
        last = curves["lag_ps"].max()
        label = r"$\langle|\Delta\mathbf{R}|^2\rangle$ (Å$^2$)"
        axes[0].set(xlim=(0, last), ylim=(0, 1.03 * top), xlabel="time (ps)", ylabel=label)
        early = curves[curves["lag_ps"] > 0]
        first, smallest = early["lag_ps"].min(), early["mean_squared_displacement_A2"].min()
        axes[1].set(xscale="log", yscale="log", xlabel="time (ps)", ylabel=label)
        axes[1].set(xlim=(0.9 * first, last), ylim=(0.5 * smallest, 2 * top))
        draw_power(axes[1], first, early[early["lag_ps"] == first]["mean_squared_displacement_A2"].max())
        handles, labels = axes[0].get_legend_handles_labels()
        handles += axes[0].plot([], [], color=BLACK, ls=(0, (4, 2)), lw=0.7)
        drawing.legend(
            handles,
            [*labels, "fit, $6Dt$"],
            loc="outside right center",
            title=r"$U_0$, $\hbar\Omega_T$",
            title_fontsize=7,
            alignment="left",
            handlelength=2.2,
        )


def draw_power(axis, lag: float, height: float) -> None:
    """A guide that grows with the square of the time, above the first points."""
    ends = (lag, 3 * lag)
    axis.plot(ends, [1.8 * height * (end / lag) ** 2 for end in ends], color=GREY, lw=1.0)
    axis.annotate(
        r"$\propto t^2$",
        (1.7 * lag, 1.8 * height * 1.7**2),
        (-4, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=7,
        color="#555555",
    )


if __name__ == "__main__":
    run(plot_displacements)
