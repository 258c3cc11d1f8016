"""Draw what defects conduct: Arrhenius plots, activation energies, and intrinsic disorder beside its dilute laws."""

from pipeline.artifacts import parameters_of
from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run
from scripts.fundamentals.plot_defect_equilibria import words
from superion.point_defects import kroger_vink_mathtext

COLOURS = (BLACK, BLUE, RED, GREEN, PURPLE)
STYLES = ("-", (0, (4, 1.5)))
WIDE = {"lw": 3.2, "zorder": 1.5}  # crystals whose Fermi level is held lie below the others
DECADES = 9  # of sigma T that are shown below the largest


def plot_defect_conductivity(job: Job) -> None:
    """Four panels: sigma T, its activation energy against temperature and chemical potential, intrinsic disorder."""
    settings = parameters_of(job.path("conductivity"))["fundamentals.point_defects"]
    table, disorder = job.table("conductivity"), job.table("disorder")
    with figure(job, 2, 2, width=7.0, height=5.6) as (drawing, axes):
        cases = list(arrhenius_cases(settings, table))
        if cases:
            draw_temperatures(axes[0], cases)
            draw_potentials(axes[1, 0], table, settings)
            handles = [axes[0, 0].plot([], [], color=colour, ls=style)[0] for colour, style, _ in cases]
            names = [case_label(part) for *_, part in cases]
            drawing.legend(handles, names, loc="outside lower center", ncols=3, handlelength=2.6)
        if not disorder.empty:
            draw_disorder(axes[1, 1], disorder)
        panel_letters(axes.ravel())


def arrhenius_cases(settings, table):
    """Colour, style and rows of each line: drawn sets at the extreme chemical potentials; the first also held."""
    ends = settings["temperature_potentials_eV"][0], settings["temperature_potentials_eV"][-1]
    swept = table[table["sweep"] == "temperature"]
    for index, name in enumerate(settings["drawn_sets"]):
        for end, potential in enumerate(dict.fromkeys(ends)):
            for condition in ("fixed Fermi level", "neutral") if index == 0 else ("neutral",):
                chosen = (swept["set"] == name) & (swept["condition"] == condition)
                part = swept[chosen & (swept["chemical_potential_eV"] == potential)]
                if part.empty:
                    continue
                colour = GREY if condition != "neutral" else COLOURS[index % len(COLOURS)]
                yield colour, STYLES[end], part


def case_label(part) -> str:
    """Set, chemical potential and who holds the Fermi level."""
    row = part.iloc[0]
    held = ", level held" if row["condition"] != "neutral" else ""
    return rf"{words(row['set'])}, $\Delta\mu$ = {row['chemical_potential_eV']:g} eV{held}".replace("-", "−")


def draw_temperatures(axes, cases) -> None:
    """sigma T against the reciprocal temperature, and its local activation energy against temperature."""
    products = []
    for colour, style, part in cases:
        look = {"color": colour, "ls": style} | (WIDE if colour == GREY else {})
        products.append(part["ionic_conductivity_S_per_cm"] * part["temperature_K"])
        axes[0].plot(1000 / part["temperature_K"], products[-1], **look)
        axes[1].plot(part["temperature_K"], part["activation_energy_eV"], **look)
    top = max(product.max() for product in products)
    coldest, hottest = cases[0][2]["temperature_K"].agg(["min", "max"])
    axes[0].set(xlabel="1000/T (1/K)", ylabel=r"$\sigma T$ (S K/cm)", yscale="log")
    axes[0].set(ylim=(top * 10.0**-DECADES, 3 * top), xlim=(1000 / hottest, 1000 / coldest))
    axes[1].set(xlabel="T (K)", ylabel=r"activation energy of $\sigma T$ (eV)", ylim=(0, None), xlim=(coldest, hottest))


def draw_potentials(axis, table, settings) -> None:
    """Activation energies against the chemical potential at one temperature."""
    temperature = settings["potential_temperatures_K"][0]
    swept = table[(table["sweep"] == "chemical potential") & (table["temperature_K"] == temperature)]
    for index, name in enumerate(settings["drawn_sets"]):
        for condition in ("fixed Fermi level", "neutral") if index == 0 else ("neutral",):
            part = swept[(swept["set"] == name) & (swept["condition"] == condition)]
            colour = GREY if condition != "neutral" else COLOURS[index % len(COLOURS)]
            look = {"color": colour} | (WIDE if colour == GREY else {})
            axis.plot(part["chemical_potential_eV"], part["activation_energy_eV"], **look)
    axis.set(xlabel=r"$\Delta\mu$ (eV)", ylabel=r"activation energy of $\sigma T$ (eV)", ylim=(0, None))
    axis.set_xlim(*swept["chemical_potential_eV"].agg(["min", "max"]))
    axis.set_title(f"{temperature:g} K", loc="right")


def draw_disorder(axis, table) -> None:
    """Activation energy of the number of each defect over the enthalpy of its reaction, against temperature."""
    dilute = {}
    for colour, (name, part) in zip((BLUE, RED, BLACK, GREEN, PURPLE), table.groupby("set", sort=False), strict=False):
        enthalpy = part["reaction_enthalpy_eV"].iloc[0]
        dilute[name] = part["dilute_thermal_energy_eV"].iloc[0] / enthalpy
        rows = part[part["species"] == part["species"].iloc[0]]  # neutrality makes both numbers go together
        label = f"{words(name)}: {', '.join(map(kroger_vink_mathtext, part['species'].unique()))}"
        axis.plot(rows["temperature_K"], rows["thermal_energy_eV"] / enthalpy, color=colour, label=label)
    for level in sorted(set(dilute.values())):
        axis.axhline(level, color=GREY, lw=0.7, zorder=0)
    axis.set(xlabel="T (K)", ylabel="activation energy of the number\nover the enthalpy of the reaction")
    axis.set(xlim=tuple(table["temperature_K"].agg(["min", "max"])), ylim=(0, 1.15 * max(dilute.values())))
    axis.legend(loc="lower left", ncols=1, fontsize=6.5)


if __name__ == "__main__":
    run(plot_defect_conductivity)
