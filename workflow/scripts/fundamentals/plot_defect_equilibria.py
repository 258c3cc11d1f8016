"""Draw formation energies and numbers of defects against the chemical potential and against dopants."""

import math

from pipeline.artifacts import parameters_of
from pipeline.figure_style import BLACK, BLUE, CYAN, GREEN, GREY, ORANGE, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run
from superion.point_defects import kroger_vink_mathtext

COLOURS = (RED, BLUE, GREEN, PURPLE, ORANGE, CYAN)
BAND_COLOURS = {"e'": BLACK, "h•": GREY}
COLUMNS = 3
DECADES = 11  # of numbers that are shown below the largest


def plot_defect_equilibria(job: Job) -> None:
    """A panel of energies, one of numbers for each set, and two for each dopant that is swept."""
    settings = parameters_of(job.path("concentrations"))["fundamentals.point_defects"]
    table = job.table("concentrations")
    temperature = settings["potential_temperatures_K"][0]
    over_potential = table[(table["sweep"] == "chemical potential") & (table["temperature_K"] == temperature)]
    over_dopant = table[(table["sweep"] == "dopant") & (table["temperature_K"] == settings["dopant_temperatures_K"][0])]
    drawn = settings["drawn_sets"]
    dopants = [
        (name, dopant, potential)
        for name in drawn
        for dopant in sorted(over_dopant[over_dopant["set"] == name]["dopant"].unique())
        for potential in {settings["dopant_potentials_eV"][0]: 0, settings["dopant_potentials_eV"][-1]: 0}
    ]
    panels = 1 + len(drawn) + len(dopants)
    rows = math.ceil(panels / COLUMNS)
    colours = species_colours(table[table["set"].isin(drawn)]["species"].unique())
    with figure(job, rows, COLUMNS, width=7.2, height=2.35 * rows + 0.4, squeeze=False) as (drawing, grid):
        axes = grid.ravel()
        draw_energies(axes[0], over_potential[over_potential["set"] == drawn[0]], colours)
        for axis, name in zip(axes[1:], drawn, strict=False):
            draw_numbers(axis, over_potential[over_potential["set"] == name], "chemical_potential_eV", colours)
            axis.set(xlabel=r"$\Delta\mu$ (eV)", yscale="log")
            axis.set_title(words(name), loc="right")
        for axis, (name, dopant, potential) in zip(axes[1 + len(drawn) :], dopants, strict=False):
            part = over_dopant[(over_dopant["set"] == name) & (over_dopant["dopant"] == dopant)]
            part = part[part["chemical_potential_eV"] == potential]
            draw_numbers(axis, part, "dopant_per_formula_unit", colours)
            ends = part["dopant_per_formula_unit"].agg(["min", "max"])
            axis.plot(ends, ends, color=GREY, lw=0.8, ls=":", zorder=0)
            axis.set(xlabel=f"{kroger_vink_mathtext(dopant)} per formula unit", xscale="log", yscale="log")
            axis.set_title(rf"$\Delta\mu$ = {potential:g} eV".replace("-", "−"), loc="right")
            axis.annotate(words(name), (0.03, 0.03), xycoords="axes fraction", fontsize=6.5)
        for axis in axes[panels:]:
            axis.set_axis_off()
        handles = [axes[0].plot([], [], color=colour)[0] for colour in colours.values()]
        handles += [axes[0].plot([], [], color=BLACK, lw=0.9, ls=(0, (4, 2)))[0]]
        names = [*map(kroger_vink_mathtext, colours), f"Fermi level held at {settings['fixed_fermi_level_eV']:g}"]
        drawing.legend(handles, names, loc="outside lower center", ncols=len(handles))
        panel_letters(axes[:panels])


def words(name: str) -> str:
    """Name of a set as text."""
    return name.replace("_", " ")


def species_colours(labels) -> dict[str, str]:
    """A colour for each species, the same in all panels."""
    defects = [label for label in labels if label not in BAND_COLOURS]
    colours = {label: COLOURS[index % len(COLOURS)] for index, label in enumerate(defects)}
    return colours | {label: colour for label, colour in BAND_COLOURS.items() if label in labels}


def draw_energies(axis, table, colours) -> None:
    """Formation energies at the neutral crystal's Fermi level and at the one that is held."""
    for (species, condition), part in table.groupby(["species", "condition"]):
        held = condition != "neutral"
        axis.plot(
            part["chemical_potential_eV"],
            part["formation_energy_eV"],
            color=colours[species],
            lw=0.9 if held else 1.4,
            ls=(0, (4, 2)) if held else "-",
        )
    axis.set(xlabel=r"$\Delta\mu$ (eV)", ylabel="formation energy (eV)")
    axis.set_xlim(*table["chemical_potential_eV"].agg(["min", "max"]))
    axis.set_title(words(table["set"].iloc[0]), loc="right")


def draw_numbers(axis, table, column: str, colours) -> None:
    """Numbers of all species of one set; dashed those at the Fermi level that is held."""
    for (species, condition), part in table.groupby(["species", "condition"], sort=False):
        held = condition != "neutral"
        behind = 1.5 if species in BAND_COLOURS else 2
        axis.plot(
            part[column],
            part["per_formula_unit"],
            color=colours[species],
            lw=0.8 if held else {1.5: 2.4, 2: 1.4}[behind],
            ls=(0, (4, 2)) if held else "-",
            zorder=behind,
        )
    top = table["per_formula_unit"].max()
    axis.set(ylabel=f"per formula unit at {table['temperature_K'].iloc[0]:g} K", ylim=(top * 10.0**-DECADES, 3 * top))
    axis.set_xlim(*table[column].agg(["min", "max"]))


if __name__ == "__main__":
    run(plot_defect_equilibria)
