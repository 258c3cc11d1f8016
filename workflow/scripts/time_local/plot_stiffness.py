"""Draw diffusion and kinetic temperature in stiffer and heavier crystals."""

import numpy as np

from pipeline.figure_style import BLACK, GREY, figure, panel_letters
from pipeline.job import Job, run
from scripts.time_local.drawing import SETTING, look, run_looks, say_missing, strength_unit

AXES = {"stiffness": "factor on the force constants", "mass": "factor on the masses"}
ROWS = {"diffusion": r"$D$ (Å$^2$/ps)", "temperature": r"$T_\mathrm{kin}$ of the ion / $T$"}


def plot_stiffness(job: Job) -> None:
    """A column for each factor that families vary alone, and one for maps of both; diffusion above temperature."""
    groups = varied_groups(job.table("diffusion"))
    unit = strength_unit(job.path("diffusion"))
    columns = [kind for kind in (*AXES, "map") if groups[kind]]
    if not columns:
        with figure(job) as (_, axis):
            say_missing(axis, "no family has two stiffnesses or masses")
        return
    with figure(
        job,
        2,
        len(columns),
        width=3.4 * len(columns) + (0.6 if "map" in columns else 0),
        height=4.4,
        squeeze=False,
    ) as (drawing, axes):
        for column, kind in enumerate(columns):
            if kind == "map":
                draw_maps(drawing, axes[:, column], max(groups[kind], key=len), unit)
            else:
                draw_lines(axes[:, column], groups[kind], kind, unit)
        drawing.align_ylabels(axes[:, 0])
        panel_letters(axes.ravel())


def varied_groups(table) -> dict[str, list]:
    """Runs that differ in stiffness, in mass, or in both, alone."""
    table = table.assign(
        ratio=table["kinetic_temperature_meV"] / table["thermal_energy_meV"],
        ratio_error=table["kinetic_temperature_error_meV"] / table["thermal_energy_meV"],
    )
    found: dict[str, list] = {kind: [] for kind in (*AXES, "map")}
    others = [name for name in (*SETTING, "thermal_energy_meV") if name not in (*AXES, "memory_ps")]
    for _, alike in table.groupby(others, dropna=False, sort=False):
        # A memory in periods of the fastest mode goes with the stiffness; one that does not sets runs apart.
        apart = alike.duplicated(list(AXES)).any()
        parts = [part for _, part in alike.groupby("memory_ps", dropna=False, sort=False)] if apart else [alike]
        for part in parts:
            several = [name for name in AXES if part[name].nunique() > 1]
            if several:
                found["map" if len(several) == 2 else several[0]].append(part)
    return found


def name_of(group, unit: str) -> str:
    """Equation, temperature and strength of a group."""
    first = group.iloc[0]
    values = f"{first['thermal_energy_meV']:g} meV, $U_0$ = {first['strength_meV_A'] / 1000:g} {unit}"
    return f"{look(first['equation'], first['bath'])['label']}, {values}"


def draw_lines(axes, groups: list, name: str, unit: str) -> None:
    """A line for each group; one group in the colour of its equation."""
    many = run_looks(list(range(len(groups))))
    for index, group in enumerate(groups):
        group = group.sort_values(name, kind="stable")
        style = look(group["equation"].iloc[0], group["bath"].iloc[0]) | {"label": name_of(group, unit)}
        if len(groups) > 1:
            style |= many[index] | {"markerfacecolor": many[index]["color"]}
        values = (
            ("diffusion_A2_per_ps", "diffusion_error_A2_per_ps"),
            ("ratio", "ratio_error"),
        )
        for axis, (value, error) in zip(axes, values, strict=True):
            axis.errorbar(group[name], group[value], group[error], lw=0.9, elinewidth=0.8, capsize=1.5, **style)
    factors = sorted({factor for group in groups for factor in group[name]})
    for axis, label in zip(axes, ROWS.values(), strict=True):
        axis.set(xscale="log", ylabel=label)
        axis.set_xticks(factors, [f"{factor:g}" for factor in factors])
        axis.minorticks_off()
        axis.locator_params(axis="y", nbins=5)
    axes[0].set_ylim(0, None)
    axes[1].axhline(1, color=GREY, lw=0.9, zorder=0)
    axes[1].set_xlabel(AXES[name])
    axes[0].legend(loc="best", fontsize=6.5)


def draw_maps(drawing, axes, group, unit: str) -> None:
    """Maps over stiffness and mass with the values written in."""
    grids = {value: group.pivot_table(index="mass", columns="stiffness", values=value) for value in MAPS}
    for axis, (value, (label, colours)) in zip(axes, MAPS.items(), strict=True):
        grid = grids[value]
        numbers = grid.to_numpy()
        image = axis.imshow(numbers, origin="lower", aspect="auto", cmap=colours, interpolation="nearest")
        drawing.colorbar(image, ax=axis, label=label)
        for (row, column), number in np.ndenumerate(numbers):
            if np.isfinite(number):
                shade = image.cmap(image.norm(number))
                ink = "white" if np.dot(shade[:3], (0.299, 0.587, 0.114)) < 0.5 else BLACK
                axis.text(column, row, f"{number:.3g}", ha="center", va="center", fontsize=6.5, color=ink)
        axis.set_xticks(range(grid.shape[1]), [f"{factor:g}" for factor in grid.columns])
        axis.set_yticks(range(grid.shape[0]), [f"{factor:g}" for factor in grid.index])
        axis.set(ylabel=AXES["mass"])
    axes[0].set_title(name_of(group, unit), loc="right")
    axes[1].set_xlabel(AXES["stiffness"])


MAPS = {"diffusion_A2_per_ps": (ROWS["diffusion"], "viridis"), "ratio": (ROWS["temperature"], "cividis")}


if __name__ == "__main__":
    run(plot_stiffness)
