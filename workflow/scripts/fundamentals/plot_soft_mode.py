"""Draw a mode that softens towards its critical temperature, and how far ions swing in it."""

from pipeline.artifacts import parameters_of
from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

ACCOUNTS = {
    "harmonic": (BLUE, "-", "harmonic"),
    "quantum": (PURPLE, (0, (4, 1.5)), "harmonic, quantum"),
    "branch": (GREEN, "-", "whole branch"),
    "quartic": (RED, "-", "quartic term"),
}


def plot_soft_mode(job: Job) -> None:
    """Two panels: the frequency, and the amplitude against Lindemann's criterion."""
    settings = parameters_of(job.path("amplitudes"))["fundamentals.soft_mode"]
    table, values = job.table("amplitudes"), job.table("values")
    critical = settings["critical_temperature_K"]
    with figure(job, 1, 2, width=6.6, height=2.8, width_ratios=[1, 1.5]) as (_, axes):
        own = table[table["account"] == "harmonic"]
        axes[0].plot(own["temperature_K"], own["frequency_THz"], color=BLACK)
        axes[0].set(xlabel="temperature (K)", ylabel=r"$\omega/2\pi$ (THz)", ylim=(0, None))
        draw_amplitudes(axes[1], table, values)
        for axis in axes:
            axis.axvline(critical, color=GREY, lw=0.8, zorder=0)
            axis.set_xlim(0, table["temperature_K"].max())
        axes[0].annotate("$T_c$", (critical, 0), (3, 4), textcoords="offset points", fontsize=7)
        panel_letters(axes)


def draw_amplitudes(axis, table, values) -> None:
    """Root mean squares over Lindemann's amplitude, and where each reaches it below the critical temperature."""
    reached = values[(values["quantity"] == "lindemann_temperature") & (values["status"] == "ok")]
    for account, (colour, style, label) in ACCOUNTS.items():
        part = table[table["account"] == account]
        # A mode that diverges leaves a gap at the critical temperature.
        axis.plot(part["temperature_K"], part["over_lindemann"], color=colour, ls=style, label=label)
        for temperature in reached[reached["case"] == account]["value"]:
            axis.plot(temperature, 1, "o", color=colour, ms=3.5, zorder=4)
    axis.axhline(1, color=BLACK, lw=0.8, ls=(0, (4, 1.5)), zorder=0)
    axis.text(table["temperature_K"].max(), 1.05, "Lindemann", ha="right", va="bottom", fontsize=7)
    largest = table[table["account"] == "branch"]["over_lindemann"].max()
    axis.set(xlabel="temperature (K)", ylabel=r"$\sqrt{\langle u^2\rangle}\,/\,c_L a$", ylim=(0, 2 * largest))
    axis.legend(loc="upper right")


if __name__ == "__main__":
    run(plot_soft_mode)
