"""Draw space charge: potentials before a wall and in a junction, charges of walls, and errors of the grids."""

import numpy as np

from pipeline.artifacts import parameters_of
from pipeline.figure_style import BLACK, BLUE, CYAN, GREEN, GREY, ORANGE, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

COLOURS = (BLACK, BLUE, RED, GREEN, PURPLE, ORANGE)
DRAWN_DEBYE_LENGTHS, MARKS = 4, 13
CHARGE_CEILING = 1.6  # of the largest charge with room for the ions


def plot_space_charge(job: Job) -> None:
    """Four panels: wall, charge of walls, junction, convergence."""
    settings = parameters_of(job.path("walls"))["fundamentals.electrochemical_equilibrium"]
    with figure(job, 2, 2, width=6.9, height=5.4) as (_, axes):
        values = job.table("values")
        length = values[values["quantity"] == "debye_length"]["value"].iloc[0] * 1e9
        draw_walls(axes[0, 0], job.table("walls"), length, settings["wall"]["potential_V"])
        draw_charges(axes[0, 1], job.table("charges"))
        first = settings["junctions"][0]
        table = job.table("junctions")
        draw_junction(axes[1, 0], table[table["junction"] == first["name"]], first["charge_number"])
        draw_convergence(axes[1, 1], job.table("convergence"))
        panel_letters(axes.ravel())


def packing_label(packing: float) -> str:
    """Legend of a packing fraction."""
    return "points" if packing == 0 else rf"$\nu$ = {packing:g}"


def draw_walls(axis, table, length: float, start: float) -> None:
    """Closed forms as lines, the grid as open circles."""
    for colour, (packing, part) in zip(COLOURS, table.groupby("packing_fraction"), strict=False):
        axis.plot(part["distance_nm"], 1e3 * part["potential_V"], color=colour, label=packing_label(packing))
        wanted = np.linspace(0, DRAWN_DEBYE_LENGTHS * length, MARKS)
        rows = np.unique(np.searchsorted(part["distance_nm"], wanted).clip(max=len(part) - 1))
        marks = part.iloc[rows]
        axis.plot(
            marks["distance_nm"], 1e3 * marks["numerical_potential_V"], "o", mfc="none", color=colour, ms=3.5, mew=0.7
        )
    axis.axvline(length, color=GREY, lw=0.8, ls=":")
    axis.annotate(r"$\lambda_\mathrm{D}$", (length, 1e3 * start), (3, -8), textcoords="offset points")
    axis.plot([], [], "o", mfc="none", color=BLACK, ms=3.5, mew=0.7, label="grid")
    axis.set(xlabel="distance from the wall (nm)", ylabel="potential (mV)", xlim=(0, DRAWN_DEBYE_LENGTHS * length))
    axis.legend(loc="upper right")


def draw_charges(axis, table) -> None:
    """Grahame's exponential and the square root of crowded ions."""
    crowded = table[table["packing_fraction"] > 0]["surface_charge_C_per_m2"].abs().max()
    for colour, (packing, part) in zip(COLOURS, table.groupby("packing_fraction"), strict=False):
        label = "points (Grahame)" if packing == 0 else packing_label(packing)
        axis.plot(part["wall_potential_V"], part["surface_charge_C_per_m2"], color=colour, label=label)
    ceiling = CHARGE_CEILING * (crowded if np.isfinite(crowded) else table["surface_charge_C_per_m2"].abs().max())
    low = table["surface_charge_C_per_m2"].min()
    axis.set(xlabel="potential of the wall (V)", ylabel=r"surface charge (C/m$^2$)")
    axis.set(xlim=tuple(table["wall_potential_V"].agg(["min", "max"])), ylim=(max(low, -ceiling), ceiling))
    axis.legend(loc="upper right")


def draw_junction(axis, table, charge_number: int) -> None:
    """Chemical, electrostatic and electrochemical potential of the ions over the position on a symmetric log scale."""
    x = table["position_nm"]
    shown = table["chemical_potential_eV"].abs().max()
    for column, colour, label in (
        ("chemical_potential_eV", BLUE, r"$\mu$"),
        ("electrostatic_energy_eV", RED, r"$ze\phi$"),
        ("electrochemical_potential_eV", BLACK, r"$\mu + ze\phi$"),
    ):
        axis.plot(x, 1e3 * table[column], color=colour, label=label)
    rows = np.unique(np.linspace(0, len(table) - 1, 4 * MARKS).astype(int))
    marks = table.iloc[rows]
    axis.plot(
        marks["position_nm"], 1e3 * charge_number * marks["potential_V"], "o", mfc="none", color=RED, ms=3, mew=0.6
    )
    axis.axvline(0, color=GREY, lw=0.8, ls=":")
    axis.set_xscale("symlog", linthresh=1.0, linscale=0.6)
    axis.set(xlabel="position (nm)", ylabel="energy (meV)", ylim=(-1.15e3 * shown, 1.3e3 * shown))
    axis.set_xlim(x.min(), x.max())
    other = axis.twinx()
    other.spines["right"].set_visible(True)
    other.plot(x, table["concentration_per_m3"], color=GREEN, lw=1.1, ls=(0, (4, 1.5)), label="ions")
    other.plot(x, table["background_per_m3"], color=GREEN, lw=0.7, label="background")
    other.set(yscale="log", ylabel=r"concentration (m$^{-3}$)")
    low, high = table["background_per_m3"].agg(["min", "max"])
    other.set_ylim(low / 300, high * 30)
    handles = axis.get_legend_handles_labels(), other.get_legend_handles_labels()
    axis.legend(
        handles[0][0] + handles[1][0], handles[0][1] + handles[1][1], loc="upper left", ncols=2, columnspacing=1
    )


def draw_convergence(axis, table) -> None:
    """Errors against the number of intervals, with slopes of 2 and 4."""
    for colour, (problem, part) in zip(
        (BLACK, BLUE, RED, GREEN, PURPLE, CYAN), table.groupby("problem", sort=False), strict=False
    ):
        label = problem.replace("packing fraction 0", "points", 1) if problem.endswith(" 0") else problem
        label = label.replace("packing fraction ", r"$\nu$ = ").replace("_", " ")
        axis.plot(part["intervals"], part["largest_error"], "o-", color=colour, lw=1, label=label)
        axis.plot(part["intervals"], part["extrapolated_error"], "s--", color=colour, lw=1, mfc="none")
    ends = np.array([table["intervals"].min(), table["intervals"].max()], float)
    for order, column, factor in ((2, "largest_error", 3.0), (4, "extrapolated_error", 3.0)):
        known = table[table[column].notna()]
        top = known[known["intervals"] == known["intervals"].min()][column].max()
        line = np.array([known["intervals"].min(), ends[1]], float)
        level = factor * top * (line / line[0]) ** -order
        axis.plot(line, level, color=GREY, lw=0.8)
        axis.annotate(
            f"slope −{order}",
            tuple(np.sqrt(line[0] * line[1]) for line in (line, level)),
            (5, 3),
            textcoords="offset points",
            ha="left",
            fontsize=6.5,
            color="#777777",
        )
    axis.set(xscale="log", yscale="log", xlabel="intervals of the grid", ylabel=r"largest error of $ze\phi/kT$")
    axis.set_xticks(sorted(table["intervals"].unique()), labels=[f"{n:d}" for n in sorted(table["intervals"].unique())])
    axis.minorticks_off()
    axis.legend(loc="lower left", fontsize=6)


if __name__ == "__main__":
    run(plot_space_charge)
