"""Draw how warm ions get: kinetic temperature over that of the bath, by equation of motion and by memory."""

from pipeline.figure_style import GREY, figure, panel_letters
from pipeline.job import Job, run
from scripts.time_local.drawing import (
    EQUATIONS,
    is_cut,
    look,
    main_strength,
    remembered,
    same_crystal,
    say_missing,
    strength_unit,
    temperature_series,
)
from superion.ion_equations import TAPER_REACH


def plot_kinetic_temperatures(job: Job) -> None:
    """Against the temperature of the bath, and at one temperature against the memory."""
    table = job.table("diffusion")
    with figure(job, 1, 2, width=7.0, height=3.3) as (drawing, axes):
        drawing.get_layout_engine().set(wspace=0.05)
        panel_letters(axes)
        draw_temperatures(axes[0], table, strength_unit(job.path("diffusion")))
        draw_memories(axes[1], table, main_strength(table))


def ratio(table) -> tuple:
    """Kinetic temperature over that of the bath, and its standard error."""
    bath = table["thermal_energy_meV"]
    return table["kinetic_temperature_meV"] / bath, table["kinetic_temperature_error_meV"] / bath


def draw_temperatures(axis, table, unit: str) -> None:
    """A line for each equation of motion, bath and strength of interaction."""
    main, found = main_strength(table), []
    for equation in EQUATIONS:
        own = same_crystal(table[table["equation"] == equation])
        for bath, strength in own[["bath", "strength_meV_A"]].drop_duplicates().itertuples(index=False):
            series = temperature_series(own, equation, bath, strength)
            if series["thermal_energy_meV"].nunique() > 1:
                found.append((strength != main, equation, bath, strength, series))
    for other, equation, bath, strength, series in sorted(found, key=lambda item: item[0]):
        style = look(equation, bath)
        if other:
            style["label"] += f", {strength / 1000:g} {unit}"
        axis.errorbar(
            series["thermal_energy_meV"], *ratio(series), lw=0.9, elinewidth=0.7, ls=":" if other else "-", **style
        )
    if not found:
        say_missing(axis, "no equation of motion at two temperatures or more")
        return
    axis.axhline(1, color=GREY, lw=0.9, zorder=0)
    axis.set(xlabel=r"$\hbar\Omega_T$ = $k_\mathrm{B}T$ of the bath (meV)", ylabel=r"$T_\mathrm{kin}$ of the ion / $T$")
    low, high = axis.get_ylim()
    axis.set_ylim(max(low - 0.1 * (len(found) + 0.5) * (high - low), 0) if low > 0 else low, high)
    axis.set_title(f"$U_0$ = {main / 1000:g} {unit}", loc="right")
    axis.legend(loc="lower left", fontsize=6.2, handlelength=2.2, labelspacing=0.35)


def draw_memories(axis, table, strength: float | None) -> None:
    """Memories that end at once beside tapered ones, at the temperature that most of them have."""
    own = same_crystal(table)
    own = own[(own["strength_meV_A"] == strength) & (own["bath"] == "quantum")]
    faded, short = own[own["equation"] == "quasi_time_local"], own[is_cut(own)]
    tapered, windowed = faded[faded["window_ps"].isna()], faded[faded["window_ps"].notna()]
    counts = faded["thermal_energy_meV"].value_counts().add(short["thermal_energy_meV"].value_counts(), fill_value=0)
    if counts.empty:
        say_missing(axis, "no run with a memory cut short or tapered")
        return
    level = min(counts[counts == counts.max()].index)
    for rows, memory, style in (
        (short, short["memory_ps"], look("full", cut=True) | {"label": "Eq. (9) cut short"}),
        (windowed, windowed["window_ps"], look("quasi_time_local", windowed=True) | {"label": "Eq. (11) cut short"}),
        (
            tapered,
            TAPER_REACH * tapered["taper_ps"],
            look("quasi_time_local") | {"label": rf"Gaussian taper, memory {TAPER_REACH:g}$\tau$"},
        ),
    ):
        at = rows[rows["thermal_energy_meV"] == level].assign(memory=memory).sort_values("memory", kind="stable")
        if len(at):
            axis.errorbar(at["memory"], *ratio(at), lw=0.9, elinewidth=0.7, **style)
    for equation in ("full", "time_local"):
        rows = temperature_series(own, equation)
        rows = rows[rows["thermal_energy_meV"] == level]
        if rows.empty:
            continue
        value, error = (column.iloc[0] for column in ratio(rows))
        memory = remembered(rows).iloc[0]
        colour, words = EQUATIONS[equation]["color"], EQUATIONS[equation]["label"]
        if equation == "full":
            words += f", {memory:g} ps" if memory < float("inf") else ""
        axis.axhspan(value - error, value + error, color=colour, alpha=0.15, lw=0)
        axis.axhline(value, color=colour, lw=0.9, ls="--" if equation == "full" else "-.", label=words)
    axis.axhline(1, color=GREY, lw=0.9, zorder=0, label="bath")
    axis.set(xscale="log", xlabel="memory of the lattice's answer (ps)", ylabel=r"$T_\mathrm{kin}$ of the ion / $T$")
    memories = sorted({*short["memory_ps"], *windowed["window_ps"], *(TAPER_REACH * tapered["taper_ps"])})
    axis.set_xticks(ticks(memories), [f"{value:g}" for value in ticks(memories)])
    axis.minorticks_off()
    axis.set_title(rf"$k_\mathrm{{B}}T$ = {level:g} meV", loc="right")
    axis.legend(loc="upper right", fontsize=6.5, handlelength=2.2, labelspacing=0.35)


def ticks(values: list[float]) -> list[float]:
    """Values that stand apart on a logarithmic axis."""
    kept: list[float] = []
    for value in values:
        if not kept or value > 1.15 * kept[-1]:
            kept.append(round(value, 6))
    return kept


if __name__ == "__main__":
    run(plot_kinetic_temperatures)
