"""Draw Fig. 10: the strict match of phases, as the source chooses and as the grand potential does."""

import pandas as pd

from pipeline.figure_style import BLACK, figure, panel_letters
from pipeline.job import Job, run
from scripts.quasi_ion.plot_doping import SIGMA, looks_of

PANELS = {
    "scattering_eV": "$|S|$ (eV)",
    "bottom_eV": "bottom of the band $E_c$ (eV)",
    "reduced_conductivity_eV": SIGMA,
    "formation_energy_eV": "carrier formation energy $E_t$ (eV)",
}
CHOICES = {
    r"lowest $\Omega$ (wide, pale)": {"ls": "-", "lw": 4, "alpha": 0.35, "solid_capstyle": "butt"},
    "the source's (thin)": {"lw": 1.3},
}


def plot_phase_match(job: Job) -> None:
    """Four panels, both choices of phase and root for each shallowness."""
    states = job.table("states")
    looks = looks_of(states["shallowness"])
    with figure(job, 2, 2, width=7.2, height=5.4) as (drawing, axes):
        for alpha, look in looks.items():
            rows = states[states["shallowness"] == alpha]
            for choice, style in zip((of_lowest_omega(rows), of_the_source(rows)), CHOICES.values(), strict=True):
                for axis, name in zip(axes.flat, PANELS, strict=True):
                    axis.plot(choice["chemical_potential_eV"], choice[name], **(look | style))
            axes[0, 0].plot([], [], **look, label=rf"$\alpha$ = {alpha:g}")
        for label, style in CHOICES.items():
            axes[0, 0].plot([], [], **({"color": BLACK} | style), label=f"choice: {label}")
        drawing.legend(loc="outside lower center", ncols=5, handlelength=2.8)
        for axis, label in zip(axes.flat, PANELS.values(), strict=True):
            axis.set(xlabel=r"chemical potential $\mu$ (eV)", ylabel=label)
        axes[1, 0].set_yscale("log")
        panel_letters(axes.flat)


def of_the_source(rows):
    """Phase ka/2 where its smallest root exceeds |J0|, else ka/2+pi; the smallest root of either."""
    plain, turned = (
        rows[rows["smallest"] & (rows["phase"] == phase)].sort_values("chemical_potential_eV")
        for phase in ("ka/2", "ka/2+pi")
    )
    near = pd.merge_asof(turned, plain, on="chemical_potential_eV", direction="nearest", suffixes=("", "_plain"))
    kept = near[~near["phase_matches_plain"]]
    return pd.concat([plain[plain["phase_matches"]], kept]).sort_values("chemical_potential_eV")


def of_lowest_omega(rows):
    """Phase and root of lowest grand potential among those that match."""
    both = rows.groupby("chemical_potential_eV")["phase"].transform("nunique") == 2
    matching = rows[rows["phase_matches"] & both]
    lowest = matching.groupby("chemical_potential_eV")["grand_potential_eV"].idxmin()
    return matching.loc[lowest].sort_values("chemical_potential_eV")


if __name__ == "__main__":
    run(plot_phase_match)
