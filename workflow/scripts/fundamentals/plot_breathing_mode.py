"""Draw barriers of a breathing bottleneck: against temperature, against how far it is lowered, and of softer modes."""

from pipeline.artifacts import parameters_of
from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, PALETTE, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

DASHED, DOTTED = (0, (4, 1.5)), (0, (1, 1.2))


def plot_breathing_mode(job: Job) -> None:
    """Four panels."""
    settings = parameters_of(job.path("temperatures"))["fundamentals.breathing_mode"]
    with figure(job, 2, 2, width=6.6, height=5.2) as (_, axes):
        draw_temperatures(axes[0, 0], job.table("temperatures"), settings["barrier_eV"])
        draw_frequencies(axes[0, 1], job.table("frequencies"))
        draw_lowerings(axes[1, 0], job.table("lowerings"), settings["barrier_eV"])
        draw_quenched(axes[1, 1], job.table("quenched"), settings["barrier_eV"])
        panel_letters(axes.ravel())


def draw_temperatures(axis, table, barrier: float) -> None:
    """Averaged and quenched barriers against temperature."""
    temperature = table["temperature_K"]
    axis.axhline(barrier, color=GREY, lw=0.8)
    axis.text(temperature.max(), barrier, "static $E_0$", ha="right", va="bottom", fontsize=7)
    for statistics, colour in (("classical", BLUE), ("quantum", RED)):
        part = table[table["statistics"] == statistics]
        axis.plot(part["temperature_K"], part["effective_barrier_eV"], color=colour, label=f"averaged, {statistics}")
        axis.plot(part["temperature_K"], part["quenched_line_barrier_eV"], color=colour, ls=DASHED)
    axis.plot([], [], color=BLACK, ls=DASHED, label="fixed widths on a line")
    axis.set(xlabel="temperature (K)", ylabel="effective barrier (eV)", xlim=(0, temperature.max()))
    lowest, highest = table["effective_barrier_eV"].min(), table["quenched_line_barrier_eV"].max()
    axis.set_ylim(max(0.0, lowest - 0.05 * (highest - lowest)), highest + 0.1 * (highest - lowest))
    axis.legend(loc="lower right")


def draw_frequencies(axis, table) -> None:
    """Lowering against frequency."""
    classical = table[table["statistics"] == "classical"]
    axis.plot(
        classical["frequency_THz"], classical["lowering_eV"], color=BLUE, label=r"classical, $\propto \omega^{-2}$"
    )
    quantum = table[table["statistics"] == "quantum"]
    for (temperature, part), colour in zip(quantum.groupby("temperature_K"), (RED, PURPLE, GREEN), strict=False):
        axis.plot(part["frequency_THz"], part["lowering_eV"], color=colour, label=f"quantum, {temperature:g} K")
    axis.set(xscale="log", yscale="log", xlabel="frequency of the mode (THz)", ylabel="lowering $s$ (eV)")
    axis.legend()


def draw_lowerings(axis, table, barrier: float) -> None:
    """What becomes of the formula where the lowering is large."""
    share = table["lowering_over_barrier"]
    for name, colour, style, label in (
        ("effective_barrier_eV", BLACK, DASHED, "$E_0-s$"),
        ("relaxed_barrier_eV", BLUE, "-", "relaxed path"),
        ("exact_barrier_eV", GREEN, DOTTED, "exact rate in $x$, $Q$"),
        ("capped_barrier_eV", RED, "-", r"averaged, rates up to $\nu$"),
        ("twice_counted_barrier_eV", GREY, "-", "relaxed path less $s$"),
    ):
        axis.plot(share, table[name] / barrier, color=colour, ls=style, label=label, zorder=3 if style == DOTTED else 2)
    axis.set(xlabel=r"lowering $s/E_0$", ylabel=r"effective barrier$/E_0$", xlim=(0, share.max()), ylim=(0, 1.02))
    axis.legend(loc="upper right")


def draw_quenched(axis, table, barrier: float) -> None:
    """Bottlenecks that keep their widths, by dimension."""
    share = table["lowering_over_barrier"]
    for (dimension, part), colour in zip(table.groupby("dimension"), PALETTE, strict=False):
        label = f"{dimension:g} dimension" + ("s" if dimension != 1 else "")
        axis.plot(part["lowering_over_barrier"], part["effective_barrier_eV"] / barrier, color=colour, label=label)
    first = table[table["dimension"] == table["dimension"].min()]
    axis.plot(first["lowering_over_barrier"], first["averaged_barrier_eV"] / barrier, color=BLACK, ls=DASHED)
    axis.plot([], [], color=BLACK, ls=DASHED, label="averaged, $E_0-s$")
    axis.set(xlabel=r"lowering $s/E_0$", ylabel=r"effective barrier$/E_0$", xlim=(0, share.max()))
    axis.set_ylim(0, 1 + 1.4 * share.max())
    axis.legend(loc="upper left", ncols=2, columnspacing=1.2)


if __name__ == "__main__":
    run(plot_breathing_mode)
