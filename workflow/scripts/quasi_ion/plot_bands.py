"""Draw Fig. 3(c), (d): bands of quasi-ions, the mass at their edges as printed and corrected, and site weights."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

COUPLINGS = ((BLUE, "-"), (RED, "--"), (GREEN, "-."), (PURPLE, ":"))
MASSES = {
    "inverse_mass_eV": (BLACK, "--", "its edges, corrected mass"),
    "inverse_mass_printed_eV": (RED, ":", "printed mass, Eq. (21)"),
}


def plot_bands(job: Job) -> None:
    """Three panels: both bands, the conduction band of the strongest hopping with its masses, site weights."""
    bands, edges = job.table("bands"), job.table("edges")
    strongest = bands["hopping_eV"].max()
    with figure(job, 1, 3, width=7.2, height=3.0) as (drawing, axes):
        order = sorted(bands["hopping_eV"].unique(), reverse=True)
        for hopping, (colour, dashes) in zip(order, COUPLINGS, strict=False):
            part = bands[bands["hopping_eV"] == hopping]
            style, label = {"color": colour, "ls": dashes}, rf"$|J_0|$ = {hopping:g} eV"
            ka = part["reduced_wave_number"]
            axes[0].plot(ka, part["conduction_eV"], **style, label=label)
            axes[0].plot(ka, part["valence_eV"], **style)
            axes[2].plot(ka, part["valence_regular_weight"], **style)
            axes[2].plot(ka, part["conduction_regular_weight"], **style, lw=0.8)
        drawing.legend(loc="outside lower center", ncols=4, handlelength=2.8)
        axes[0].set_ylabel(r"$E_{k,\pm} - \bar{U}_0$ (eV)")
        axes[0].text(0.5, 0.97, "conduction, $+$", transform=axes[0].transAxes, ha="center", va="top", fontsize=6.5)
        axes[0].text(0.5, 0.03, "valence, $-$", transform=axes[0].transAxes, ha="center", fontsize=6.5)
        low, high = axes[0].get_ylim()
        axes[0].set_ylim(low - 0.12 * (high - low), high + 0.12 * (high - low))
        draw_masses(axes[1], bands[bands["hopping_eV"] == strongest], edges[edges["hopping_eV"] == strongest])
        axes[1].set_title(rf"$|J_0|$ = {strongest:g} eV", loc="right")
        axes[2].set(ylim=(-0.02, 1.02), ylabel="share of a site")
        axes[2].set_title("thick: A in $-$, B in $+$\nthin: B in $-$, A in $+$", loc="right", fontsize=6.5)
        for axis in axes:
            axis.set_xlabel(r"wave number $ka$")
            axis.set_xticks([-np.pi, 0, np.pi], [r"$-\pi$", "0", r"$\pi$"])
        panel_letters(axes)


def draw_masses(axis, band, edges) -> None:
    """Conduction band, and at both edges the parabolas of either mass as far as they stay near the band."""
    low, high = band["conduction_eV"].min(), band["conduction_eV"].max()
    axis.plot(band["reduced_wave_number"], band["conduction_eV"], color=BLUE, label="band, Eq. (18)")
    for edge in edges.itertuples():
        for column, (colour, dashes, label) in MASSES.items():
            curvature = getattr(edge, column)
            reach = min(np.sqrt(1.1 * (high - low) / curvature), 2.0)
            for centre in (0,) if edge.edge == "top" else (-np.pi, np.pi):
                ka = np.clip(centre + np.linspace(-reach, reach, 101), -np.pi, np.pi)
                bent = (0.5 if edge.edge == "bottom" else -0.5) * curvature * (ka - centre) ** 2
                shown = label if edge.edge == "top" else None
                axis.plot(ka, edge.energy_eV + bent, ls=dashes, color=colour, lw=1.1, label=shown)
    axis.axhline(low, color=GREY, lw=0.6, zorder=0)
    axis.set(ylabel=r"$E_{k,+} - \bar{U}_0$ (eV)", ylim=(low - 0.06 * (high - low), high + 0.6 * (high - low)))
    axis.legend(loc="upper center", fontsize=6.5, handlelength=2.8)


if __name__ == "__main__":
    run(plot_bands)
