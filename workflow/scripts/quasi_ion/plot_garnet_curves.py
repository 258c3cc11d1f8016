"""Draw Fig. 5 reconstructed from Table 1: curves, local activation energies, and how well other forms follow them."""

import re

import numpy as np
import pandas as pd
from matplotlib.ticker import MultipleLocator

from pipeline.figure_style import BLACK, BLUE, GREY, RED, figure
from pipeline.job import Job, run
from scripts.conductivity_fits.drawing import COLOURS
from superion.conductivity_models import MODELS

CURVES = {
    "quasi-ion": ({"color": BLUE, "lw": 2}, "quasi-ion, Table 1"),
    "Arrhenius with a power": ({"color": RED, "ls": "--"}, r"Arrhenius with $b$, Table 1"),
    "refit": ({"color": BLACK, "ls": ":"}, r"Arrhenius with $b$, refitted"),
}
HATCHES = ("", "//", "..", "xx", "\\\\", "--")


def plot_garnet_curves(job: Job) -> None:
    """A column a material: curves above, slopes below; then the misfit of every model."""
    curves, table, refits = job.table("curves"), job.table("table"), job.table("refits")
    quoted = pd.read_csv(job.path("quoted"), comment="#") if job.inputs.get("quoted") else None
    materials = list(table["material"])
    size = 8 if len(materials) <= 3 else 5.5
    rows = [[f"{row}{i}" for i in range(len(materials))] for row in "CS"]
    with figure(job, width=7.2, height=6.4) as (drawing, blank):
        blank.remove()
        axes = drawing.subplot_mosaic([*rows, ["R"] * len(materials)], height_ratios=(1.2, 1, 0.9))
        drawing.suptitle(
            "reconstructed from the parameters of Table 1: the measured points are not published", fontsize=8
        )
        for i, material in enumerate(materials):
            implied = table.set_index("material").loc[material]
            draw_material(axes[f"C{i}"], axes[f"S{i}"], curves[curves["material"] == material], implied)
            axes[f"C{i}"].set_title(formula(material), loc="right", fontsize=size)
            if quoted is not None:
                own = quoted[(quoted["material"] == material) & (quoted["quantity"] == "activation energy")]
                for k, value in enumerate(sorted(set(own["value"].astype(float)))):
                    label = None if k else "quoted $E_a$ of measurements"
                    axes[f"S{i}"].axhline(value, xmin=0.8, color=BLACK, lw=1.6, label=label)
            for row in "CS":
                axes[f"{row}{i}"].sharey(axes[f"{row}0"])
                axes[f"{row}{i}"].tick_params(labelleft=i == 0)
        for row, label in (("C0", r"ln $\sigma/\sigma$(midpoint)"), ("S0", "local activation\nenergy (eV)")):
            axes[row].autoscale(axis="y")
            axes[row].set_ylabel(label)
        handles = {}
        for axis in axes.values():
            handles |= dict(zip(*axis.get_legend_handles_labels()[::-1], strict=True))
        draw_misfit(axes["R"], refits, materials, size)
        drawing.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3)
        for name, letter in zip(("C0", "S0", "R"), "abc", strict=True):
            axes[name].set_title(f"({letter})", loc="left", fontweight="bold")


def draw_material(above, below, part, implied) -> None:
    """Curves and slopes of one material; grey: the window in which the refit has the printed E_a and b."""
    for curve, (look, label) in CURVES.items():
        rows = part[part["curve"] == curve]
        inverse = 1000 / rows["temperature_K"]
        above.plot(inverse, rows["log_conductivity_ratio"], **look, label=label)
        below.plot(inverse, rows["local_activation_energy_eV"], **look)
    window = 1000 / implied["window_high_K"], 1000 / implied["window_low_K"]
    for axis in (above, below):
        axis.axvspan(*window, color=GREY, alpha=0.25, lw=0, label="a window that gives Table 1")
        characteristic = 1000 / implied["characteristic_temperature_K"]
        axis.axvline(characteristic, color=BLACK, lw=0.7, ls="-.", label=r"$T = 1/k_\mathrm{B}\beta_0$")
        middle = 1000 / implied["midpoint_temperature_K"]
        axis.axvline(middle, color=BLACK, lw=0.7, ls=":", label="midpoint of the bend")
        axis.xaxis.set_major_locator(MultipleLocator(0.5))
    below.axhline(0, color=GREY, lw=0.7, zorder=0)
    above.tick_params(labelbottom=False)
    below.set_xlabel(r"1000 K / $T$")


def draw_misfit(axis, refits, materials: list, size: float) -> None:
    """RMSE of each model refitted to the noise-free quasi-ion curves, bars grouped by material."""
    models = list(dict.fromkeys(refits["model"]))
    width = 0.8 / len(models)
    for i, model in enumerate(models):
        own = refits[refits["model"] == model].set_index("material").reindex(materials)
        at = np.arange(len(materials)) + (i - (len(models) - 1) / 2) * width
        label = f"{MODELS[model].label} ({own['parameters'].iloc[0]:g})"
        look = {"color": COLOURS[model], "hatch": HATCHES[i % len(HATCHES)], "edgecolor": "white", "lw": 0}
        bars = axis.bar(at, own["rmse"], 0.9 * width, label=label, **look)
        axis.bar_label(bars, [f"{value:.2f}" for value in own["rmse"]], fontsize=0.75 * size, padding=1)
    axis.set_xticks(range(len(materials)), [formula(material) for material in materials], fontsize=size)
    axis.set(ylabel=r"RMSE of ln $\sigma$", ylim=(0, 1.85 * refits["rmse"].max()))
    axis.legend(loc="upper center", ncols=3, title="refitted to the quasi-ion curve (number of parameters)")


def formula(name: str) -> str:
    """Chemical formula with its numbers set low."""
    return re.sub(r"(\d+(?:\.\d+)?)", r"$_{\1}$", name)


if __name__ == "__main__":
    run(plot_garnet_curves)
