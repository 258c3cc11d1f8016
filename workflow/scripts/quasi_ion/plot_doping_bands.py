"""Draw Fig. 9: bands on both sides of the transition, the sites they occupy, and the carrier formation energy."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, RED, figure, panel_letters
from pipeline.job import Job, run
from scripts.quasi_ion.plot_doping import looks_of

SIDES = {"before": (BLUE, "-"), "after": (RED, "--")}
MOST_COLUMNS = 5


def plot_doping_bands(job: Job) -> None:
    """Bands of each shallowness (five of them at most, evenly chosen); below, site weights, and E_t against mu."""
    bands, states = job.table("bands"), job.table("states")
    looks = looks_of(states["shallowness"])
    found = np.sort(bands["shallowness"].unique())
    shown = found[np.unique(np.linspace(0, found.size - 1, min(found.size, MOST_COLUMNS)).round().astype(int))]
    with figure(job, width=7.2, height=5.2) as (drawing, blank):
        blank.remove()
        above, below = drawing.subfigures(2, 1)
        tops = above.subplots(1, max(shown.size, 1), sharey=True, squeeze=False)[0]
        *weights, energy = below.subplots(1, 3)
        if not shown.size:
            tops[0].text(0.5, 0.5, "no transition with these parameters", transform=tops[0].transAxes, ha="center")
        for axis, alpha in zip(tops, shown, strict=False):
            draw_bands(axis, bands[bands["shallowness"] == alpha])
            axis.set_title(rf"$\alpha$ = {alpha:g}")
        tops[0].set_ylabel("energy (eV)")
        above.legend(*tops[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, handlelength=2.8)
        for axis, side in zip(weights, SIDES, strict=True):
            for alpha in shown:
                part = bands[(bands["shallowness"] == alpha) & (bands["side"] == side)]
                axis.plot(part["reduced_wave_number"], part["conduction_regular_weight"], **looks[alpha])
            axis.set(ylim=(0, 0.52), ylabel=r"share of site A, $\rho_{ka+}$", title=f"{side} the transition")
        for axis in (*tops, *weights):
            axis.set_xlabel(r"wave number $ka$")
            axis.set_xticks([-np.pi, 0, np.pi], [r"$-\pi$", "0", r"$\pi$"])
        chosen = states[states["smallest"] & (states["phase"] == "ka/2+pi")].sort_values("chemical_potential_eV")
        for alpha, look in looks.items():
            part = chosen[chosen["shallowness"] == alpha]
            label = rf"$\alpha$ = {alpha:g}"
            energy.plot(part["chemical_potential_eV"], part["formation_energy_eV"], **look, label=label)
        energy.set(
            xlabel=r"chemical potential $\mu$ (eV)", ylabel="carrier formation\nenergy $E_t$ (eV)", ylim=(0, None)
        )
        energy.set_title("smallest root", loc="right")
        below.legend(*energy.get_legend_handles_labels(), loc="outside lower center", ncols=7, handlelength=2.8)
        panel_letters((*tops, *weights, energy))


def draw_bands(axis, part) -> None:
    """Both bands on either side of the transition, and mu, which is the same."""
    for side, (colour, dashes) in SIDES.items():
        rows = part[part["side"] == side]
        for name in ("conduction_eV", "valence_eV"):
            label = side if name == "conduction_eV" else None
            axis.plot(rows["reduced_wave_number"], rows[name], ls=dashes, color=colour, label=label)
    mu = part["chemical_potential_eV"].iloc[0]
    axis.axhline(mu, color=BLACK, lw=0.8, ls=":", label=r"$\mu$")


if __name__ == "__main__":
    run(plot_doping_bands)
