"""Draw Fig. 4: static potential, scattering, conduction band and conductivity, by the rule of the smallest root."""

from itertools import cycle

import numpy as np

from pipeline.figure_style import BLACK, PALETTE, figure, panel_letters
from pipeline.job import Job, run

DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
RULE = "smallest root, phase $ka/2 + \\pi$"
SIGMA = r"$\sigma\,/\,[(ze)^2 n_0 \tau a^2/\hbar^2]$ (eV)"


def plot_doping(job: Job) -> None:
    """Four panels; bands stand relative to the chemical potential, before and after the fold."""
    potential, states, bands = (job.table(name) for name in ("potential", "states", "bands"))
    looks = looks_of(states["shallowness"])
    chosen = states[states["smallest"] & (states["phase"] == "ka/2+pi")]
    with figure(job, 2, 2, width=7.2, height=5.0) as (_, ((well, root), (band, sigma))):
        for alpha, look in looks.items():
            part = potential[potential["shallowness"] == alpha]
            well.plot(part["position"], part["potential_eV"], **look, label=rf"$\alpha$ = {alpha:g}")
            part = chosen[chosen["shallowness"] == alpha].sort_values("chemical_potential_eV")
            root.plot(part["chemical_potential_eV"], part["scattering_eV"], **look)
            sigma.plot(part["chemical_potential_eV"], part["reduced_conductivity_eV"], **look)
            for _, part in bands[bands["shallowness"] == alpha].groupby("side"):
                above = part["conduction_eV"] - part["chemical_potential_eV"]
                band.plot(part["reduced_wave_number"], above, **look)
        for at, name in ((0, "B"), (-0.5, "A"), (0.5, "A")):
            well.text(at, potential["potential_eV"].max() + 0.02, name, ha="center", fontsize=7)
        well.set(xlabel="position $x/a$", ylabel="$U$ (eV)")
        well.margins(x=0, y=0.09)
        well.legend(loc="lower center", handlelength=2.8)
        root.set(xlabel=r"chemical potential $\mu$ (eV)", ylabel="$|S|$ (eV)", title=RULE)
        band.axhline(0, color=BLACK, lw=0.7)
        band.text(0, 0.01, r"$\mu$", ha="center", va="bottom", fontsize=7)
        for where, side in (("max", "before"), ("min", "after")):
            rows = bands[bands["side"] == side]
            if len(rows):
                at = getattr(rows["conduction_eV"] - rows["chemical_potential_eV"], where)()
                up = where == "max"
                words = f"{side} the transition"
                band.annotate(words, (0, at), (0, 3 if up else -3), textcoords="offset points", ha="center",
                              va="bottom" if up else "top", fontsize=7)  # fmt: skip
        band.set(xlabel=r"wave number $ka$", ylabel=r"$E_{k,+} - \mu$ (eV)")
        band.set_xticks([-np.pi, 0, np.pi], [r"$-\pi$", "0", r"$\pi$"])
        band.margins(x=0, y=0.14)
        sigma.set(xlabel=r"chemical potential $\mu$ (eV)", ylabel=SIGMA, yscale="log", title=RULE)
        panel_letters((well, root, band, sigma))


def looks_of(values) -> dict:
    """Colour and dashes of each value, in ascending order."""
    styles = zip(cycle(PALETTE), cycle(DASHES))
    return {value: {"color": c, "ls": d} for value, (c, d) in zip(sorted(set(values)), styles, strict=False)}


if __name__ == "__main__":
    run(plot_doping)
