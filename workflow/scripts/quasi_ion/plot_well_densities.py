"""Draw Fig. 1(c): where a classical ion is found in its well and in the next one, and the weights of far hops."""

import numpy as np

from pipeline.artifacts import parameters_of
from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, ORANGE, PALETTE, PURPLE, RED, figure
from pipeline.job import Job, run

THERMAL = {"own well": (BLUE, r"$\rho_{00}$, thermal"), "next well": (RED, r"$\rho_{01}$, thermal, next well")}
SINGLE = ((GREEN, "-."), (PURPLE, ":"), (ORANGE, (0, (3, 1, 1, 1, 1, 1))))
DECADES = 6


def plot_well_densities(job: Job) -> None:
    """Three panels: two wells, the densities in them on a logarithmic axis, weights against the distance."""
    densities, weights = job.table("densities"), job.table("weights")
    with figure(job, width=7.2, height=3.9) as (drawing, blank):
        blank.remove()
        axes = drawing.subplot_mosaic([["U", "W"], ["D", "W"]], width_ratios=(1.5, 1), height_ratios=(1, 1.9))
        draw_densities(axes["U"], axes["D"], densities)
        draw_weights(axes["W"], weights, parameters_of(job.path("weights"))["quasi_ion.wells"]["weights"])
        for name, letter in zip("UDW", "abc", strict=True):
            axes[name].set_title(f"({letter})", loc="left", fontweight="bold")


def draw_densities(wells, axis, densities) -> None:
    """The well twice, with the energies of single ions; below, what each of them and a thermal ion leave behind."""
    first = densities[densities["density"] == "own well"]
    for shift in (0, 1):
        wells.plot(first["position"] + shift, first["potential_eV"], color=BLACK)
    single = densities[densities["density"] == "single energy"]
    styles = list(SINGLE) + [(colour, "--") for colour in PALETTE]
    for (energy, part), (colour, dashes) in zip(single.groupby("energy_eV"), styles, strict=False):
        inside = part[part["density_corrected"] > 0]
        ends = inside["position"].min(), inside["position"].max()
        wells.plot(ends, (energy, energy), ls=dashes, color=colour, marker="|", ms=5)
        axis.plot(
            inside["position"], inside["density_corrected"], ls=dashes, color=colour, label=f"$E$ = {energy:g} eV"
        )
        axis.plot(inside["position"], inside["density_printed"], color=colour, ls=dashes, lw=0.6)
    for name, (colour, label) in THERMAL.items():
        part = densities[densities["density"] == name]
        x = part["position"] + (name == "next well")
        axis.plot(x, part["density_corrected"], color=colour, lw=1.8, label=label)
        if np.abs(part["density_printed"] / part["density_corrected"] - 1).max() > 0.02:
            axis.plot(x, part["density_printed"], color=colour, lw=0.6)
    axis.plot([], [], color=GREY, lw=0.6, label="thin: as printed")
    top = densities["density_corrected"].max()
    axis.set(yscale="log", ylim=(top / 10**DECADES, 2 * top), xlabel="position $x/d$", ylabel=r"density $\rho\,d$")
    axis.legend(loc="upper right", handlelength=2.8)
    highest = first["potential_eV"].max()
    for shift, name in ((0, "own well"), (1, "next well")):
        wells.text(shift, 1.06 * highest, name, ha="center", va="bottom", fontsize=7)
    wells.set(ylabel="$U$ (eV)", ylim=(-0.04 * highest, 1.25 * highest))
    wells.tick_params(labelbottom=False)
    for panel in (wells, axis):
        panel.set_xlim(-0.5, 1.5)
        panel.axvline(0.5, color=GREY, lw=0.7, zorder=0)


def draw_weights(axis, weights, settings) -> None:
    """Weight of each site with a finite energy loss, and with nearest neighbours alone."""
    least = weights["weight"].max() * 1e-16
    shown = weights[weights["weight"] > least]
    axis.plot(
        shown["distance"],
        shown["weight"],
        "o",
        color=BLUE,
        label=rf"Eq. (12), $E_s$ = {settings['energy_loss_eV']:g} eV",
    )
    near = weights[weights["weight_nearest"] > 0]
    axis.plot(
        near["distance"], near["weight_nearest"], "s", color=RED, mfc="none", ms=6, label=r"Eq. (13), $E_s \to \infty$"
    )
    axis.set(yscale="log", xlabel="distance (sites)", ylabel="weight of a site")
    axis.set_ylim(top=30)
    words = (
        rf"$E_a$ = {settings['activation_energy_eV']:g} eV, $k_\mathrm{{B}}T$ = {settings['thermal_energy_eV']:g} eV"
    )
    axis.legend(loc="upper right", title=words, title_fontsize=7, alignment="left")


if __name__ == "__main__":
    run(plot_well_densities)
