"""Draw Fig. 1(b)-(e): phonons, the recoil kernel in time, and how far and how fast atoms move."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, ORANGE, PALETTE, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run
from superion.thermal_vibrations import REDUCED_PLANCK_meV_PS

NEIGHBOURS = ((RED, "--"), (GREEN, "-."), (PURPLE, ":"), (ORANGE, (0, (5, 1, 1, 1, 1, 1))))


def plot_lattice_dynamics(job: Job) -> None:
    """Four panels, lettered as in the source."""
    properties = job.table("properties").set_index(["quantity", "case"])["value"]
    with figure(job, 2, 2, width=7.2, height=5.2) as (drawing, axes):
        drawing.get_layout_engine().set(wspace=0.07)
        draw_dispersion(axes[0, 0], job.table("dispersion"))
        draw_recoil(axes[0, 1], job.table("recoil"), properties["fastest_period", ""])
        draw_distribution(axes[1, 0], job.table("displacements"), "displacement_A", "per_A")
        axes[1, 0].set(xlabel=r"displacement $|\mathbf{r}_H|$ (Å)", ylabel="probability density (1/Å)")
        draw_distribution(axes[1, 1], job.table("speeds"), "speed_A_per_ps", "ps_per_A")
        axes[1, 1].set(xlabel=r"speed $|\dot{\mathbf{r}}_H|$ (Å/ps)", ylabel="probability density (ps/Å)")
        panel_letters(axes.ravel(), "bcde")


def draw_dispersion(axis, table) -> None:
    """All branches along the path, with energies on the right."""
    for _, branch in table.groupby(["segment", "branch"]):
        axis.plot(branch["distance_per_A"], branch["frequency_rad_per_ps"], color=BLUE)
    segments = table.groupby("segment").agg({"start": "first", "end": "last", "distance_per_A": ["min", "max"]})
    places = [*segments["distance_per_A", "min"], segments["distance_per_A", "max"].iloc[-1]]
    names = [*segments["start", "first"], segments["end", "last"].iloc[-1]]
    for place in places[1:-1]:
        axis.axvline(place, color=GREY, lw=0.6, zorder=0)
    axis.set_xticks(places, ["Γ" if name in ("G", "Gamma") else name for name in names])
    axis.tick_params(axis="x", length=0)
    axis.set(xlim=(places[0], places[-1]), ylim=(0, None), ylabel=r"angular frequency $\Omega$ (rad/ps)")
    energies = axis.secondary_yaxis(
        "right", functions=(lambda x: x * REDUCED_PLANCK_meV_PS, lambda x: x / REDUCED_PLANCK_meV_PS)
    )
    energies.set_yticks(range(0, 1000, 5))
    energies.set_ylabel(r"energy $\hbar\Omega$ (meV)")


def draw_recoil(axis, table, period: float) -> None:
    """The diagonal element and the answers of neighbours; the period of the fastest mode."""
    axis.axhline(0, color=GREY, lw=0.6, zorder=0)
    axis.axvline(period, color=GREY, lw=0.8, zorder=0)
    axis.text(period, 1.0, " period of the\n fastest mode", fontsize=6.5, va="top", color="#555555")
    offsets = table.groupby(["offset_1", "offset_2", "offset_3"], sort=False)
    for index, (offset, part) in enumerate(offsets):
        if index == 0:
            axis.plot(part["time_ps"], part["ratio"], color=BLUE, lw=1.6, label="the pushed atom", zorder=3)
        elif index <= len(NEIGHBOURS):
            colour, dashes = NEIGHBOURS[index - 1]
            name = "neighbour [" + " ".join(map(str, offset)) + "]"
            axis.plot(part["time_ps"], part["ratio"], color=colour, ls=dashes, lw=1.0, label=name)
    axis.set(
        xlabel="time $t$ (ps)", ylabel=r"recoil $W(t)/W_d(0)$", xlim=(0, table["time_ps"].max()), ylim=(None, 1.04)
    )
    axis.legend(loc="upper right", fontsize=6.5, handlelength=2.6)


def draw_distribution(axis, table, length: str, per: str) -> None:
    """Histograms and Maxwell-Boltzmann, and the printed form where it does not dwarf them."""
    table = table[table["atom"] == 0]
    right, printed = f"maxwell_boltzmann_{per}", f"printed_{per}"
    shown = table[printed].max() < table[right].max()
    for (thermal, part), colour in zip(table.groupby("thermal_energy_meV"), PALETTE, strict=False):
        width = part[length].iloc[1] - part[length].iloc[0]
        edges = np.append(part[length] - width / 2, part[length].iloc[-1] + width / 2)
        axis.stairs(part[f"density_{per}"], edges, fill=True, color=colour, alpha=0.3, lw=0)
        axis.plot(part[length], part[right], color=colour, lw=1.2, label=rf"$\hbar\Omega_T$ = {thermal:g} meV")
        if shown:
            axis.plot(part[length], part[printed], color=colour, lw=1.2, ls=":", zorder=4)
    axis.plot([], [], color=BLACK, lw=1.2, label="Maxwell-Boltzmann")
    if shown:
        axis.plot([], [], color=BLACK, lw=1.0, ls=":", label="as printed")
    axis.fill_between([], [], [], color=BLACK, alpha=0.3, lw=0, label="sampled")
    axis.set(xlim=(0, 0.8 * table[length].max()), ylim=(0, None))
    axis.legend(loc="upper right", fontsize=6.5)


if __name__ == "__main__":
    run(plot_lattice_dynamics)
