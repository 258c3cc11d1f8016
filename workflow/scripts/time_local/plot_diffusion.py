"""Draw Fig. 7: displacements at all temperatures, and diffusion over the bath's temperature and the ion's own."""

import matplotlib as mpl
import numpy as np

from pipeline.figure_style import figure, panel_letters
from pipeline.job import Job, run
from scripts.time_local.drawing import (
    EQUATIONS,
    activation_of,
    draw_displacements,
    is_cut,
    look,
    main_strength,
    of_run,
    same_crystal,
    say_missing,
    strength_unit,
    temperature_series,
)

PANELS = {"time_local": "time-local, Eqs. (18)–(20)", "full": "full motion, Eqs. (2), (3)"}
OVER = {"bath": (r"k_\mathrm{B}T", "of the bath"), "kinetic": (r"k_\mathrm{B}T_\mathrm{kin}", "of the ion")}
ROUND = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 50, 70, 100, 150, 200, 300, 500, 1000)


def plot_diffusion(job: Job) -> None:
    """Two panels of displacements above two of diffusion coefficients."""
    table, curves, activation = (job.table(name) for name in ("diffusion", "displacements", "activation"))
    strength = main_strength(table)
    series = {equation: temperature_series(table, equation, strength=strength) for equation in PANELS}
    with figure(job, 2, 2, width=7.0, height=6.0) as (drawing, axes):
        drawing.get_layout_engine().set(hspace=0.05, wspace=0.05)
        panel_letters(axes.ravel())
        colours = temperature_colours([run for part in series.values() for run in part["thermal_energy_meV"]])
        for axis, (equation, name) in zip(axes[0], PANELS.items(), strict=True):
            axis.set_title(name, loc="right")
            if series[equation].empty:
                say_missing(axis, f"no run of the equation '{equation}'\nwith a quantum bath, in the crystal as it is")
            else:
                draw_temperatures(axis, series[equation], curves, colours, strength_unit(job.path("diffusion")))
        shown = same_crystal(table)
        shown = shown[(shown["strength_meV_A"] == strength) & (shown["diffusion_A2_per_ps"] > 0)]
        for axis, over in zip(axes[1], OVER, strict=True):
            if shown.empty:
                say_missing(axis, "no run in the crystal as it is")
                continue
            draw_coefficients(axis, shown, is_cut(table), over)
            lines = {equation: activation_of(activation, series[equation], over) for equation in PANELS}
            draw_lines(axis, lines)
        if not shown.empty:
            share_frame(axes[1], shown, activation_lines=len(PANELS))
            handles = axes[1, 1].get_legend_handles_labels()
            drawing.legend(*handles, loc="outside lower center", ncols=3, handlelength=1.2, columnspacing=1.6)


def temperature_colours(temperatures) -> dict:
    """From cold to hot."""
    levels = sorted(set(temperatures))
    shades = mpl.colormaps["plasma"](np.linspace(0.0, 0.86, max(len(levels), 2)))
    return {level: mpl.colors.to_hex(shade) for level, shade in zip(levels, shades, strict=False)}


def draw_temperatures(axis, series, curves, colours: dict, unit: str) -> None:
    """A curve for each temperature, the hottest first in the legend, as they lie."""
    for _, run_ in series[::-1].iterrows():
        level = run_["thermal_energy_meV"]
        draw_displacements(axis, of_run(curves, run_), {"color": colours[level]}, f"{level:g}")
    axis.margins(x=0)
    axis.set(xlabel="time (ps)", ylabel=r"$\langle|\Delta\mathbf{R}|^2\rangle$ (Å$^2$)", xlim=(0, None), ylim=(0, None))
    title = f"$U_0$ = {series['strength_meV_A'].iloc[0] / 1000:g} {unit},\n" + r"$\hbar\Omega_T$ (meV):"
    axis.legend(loc="upper left", title=title, alignment="left", title_fontsize=6.5, fontsize=6.5, labelspacing=0.3)


def draw_coefficients(axis, table, cut, over: str) -> None:
    """D of every run, an equation of motion a marker."""
    kinds = table.assign(cut=cut[table.index], windowed=table["window_ps"].notna())
    order = list(EQUATIONS)
    for (short, windowed, equation, bath), part in sorted(
        kinds.groupby(["cut", "windowed", "equation", "bath"]),
        key=lambda kind: (order.index(kind[0][2]), *kind[0][:2], kind[0][3] != "quantum"),
    ):
        kelvin = part["kinetic_temperature_meV" if over == "kinetic" else "thermal_energy_meV"] / 1000
        error = part["kinetic_temperature_error_meV"] / 1000 / kelvin**2 if over == "kinetic" else None
        axis.errorbar(
            1 / kelvin,
            part["diffusion_A2_per_ps"],
            part["diffusion_error_A2_per_ps"],
            error,
            ls="",
            elinewidth=0.7,
            zorder=4 if equation != "full" or short else 3,
            **look(equation, bath, cut=short, windowed=windowed),
        )
    axis.set(yscale="log", xlabel="1/${}$ {} (1/eV)".format(*OVER[over]), ylabel=r"$D$ (Å$^2$/ps)")


def draw_lines(axis, lines: dict) -> None:
    """Arrhenius lines, and in words what they say."""
    found = {equation: line for equation, line in lines.items() if line is not None}
    for index, (equation, line) in enumerate(reversed(found.items())):
        colour = look(equation)["color"]
        inverse = np.array([0, 1e4])
        axis.plot(
            inverse,
            line["prefactor_A2_per_ps"] * np.exp(-line["activation_energy_meV"] / 1000 * inverse),
            color=colour,
            lw=0.9,
            zorder=1,
            ls="-" if equation == "full" else (0, (5, 1.5)),
        )
        axis.text(
            0.025,
            0.03 + 0.065 * index,
            words(line),
            transform=axis.transAxes,
            color=colour,
            fontsize=6.5,
        )


def words(line) -> str:
    """D0 and E_a with their 95 % intervals."""
    prefactor = [line[f"prefactor_{end}A2_per_ps"] for end in ("", "low_", "high_")]
    energy = [line[f"activation_energy_{end}meV"] for end in ("", "low_", "high_")]
    d, low, high = (f"{value:#.3g}".rstrip(".") for value in prefactor)
    barrier = "{:.0f} [{:.0f}, {:.0f}]".format(*energy)
    return rf"$D_0$ = {d} [{low}, {high}] Å$^2$/ps, $E_\mathrm{{a}}$ = {barrier} meV"


def share_frame(axes, table, activation_lines: int) -> None:
    """The same axes for both temperatures, with room for the words below, and the temperatures on top."""
    levels = np.concatenate([table["thermal_energy_meV"], table["kinetic_temperature_meV"]])
    inverse = 1000 / levels
    margin = max(0.05 * np.ptp(inverse), 0.03 * inverse.max())
    window = max(inverse.min() - margin, 0), inverse.max() + margin
    low, high = table["diffusion_A2_per_ps"].min(), table["diffusion_A2_per_ps"].max()
    room = (high / low) ** (0.04 + 0.09 * activation_lines)
    for axis, (symbol, _) in zip(axes, OVER.values(), strict=True):
        axis.yaxis.set_major_locator(mpl.ticker.LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter(mpl.ticker.NullFormatter())
        axis.set(xlim=window, ylim=(0.75 * low / room, 1.6 * high))
        top = axis.secondary_xaxis("top", functions=(reciprocal, reciprocal))
        top.set_xticks(spaced([level for level in ROUND if window[0] < 1000 / level < window[1]], np.ptp(window)))
        top.minorticks_off()
        top.set_xlabel(f"${symbol}$ (meV)", labelpad=2)
        axis.spines["top"].set_visible(True)


def spaced(levels: list, width: float) -> list:
    """Those that stand far enough from the one before, from hot to cold."""
    kept: list = []
    for level in levels[::-1]:
        if not kept or 1000 / level - 1000 / kept[-1] > 0.05 * width:
            kept.append(level)
    return kept


def reciprocal(value):
    """1/kT in 1/eV of kT in meV, and the other way."""
    return 1000 / np.maximum(value, 1e-9)


if __name__ == "__main__":
    run(plot_diffusion)
