"""Draw every root of the scattering: which is stable, which lies lowest, what densities they skip, and three rules."""

import numpy as np

from pipeline.artifacts import parameters_of
from pipeline.figure_style import BLACK, BLUE, GREEN, PURPLE, RED, figure
from pipeline.job import Job, run
from scripts.quasi_ion.plot_doping import SIGMA

BRANCHES = {2: (PURPLE, "large root"), 1: ("#777777", "middle root, unstable"), 0: (BLUE, "small root")}
QUANTITIES = {
    "scattering_eV": "$|S|$ (eV)",
    "above_lowest_eV": r"$\Omega$ above lowest (eV)",
    "density": "density $n$ (ions/cell)",
}
RULES = {
    "smallest": ({"color": BLUE, "lw": 2.6, "alpha": 0.55}, "smallest root (source)"),
    "lowest_omega": ({"color": BLACK, "ls": "--"}, r"lowest $\Omega$"),
    "largest": ({"color": PURPLE, "ls": ":", "lw": 1.8}, "largest root"),
}
EVENTS = {"low fold": (RED, ":"), "equal grand potential": (GREEN, "-"), "high fold": (RED, ":")}
MOST_COLUMNS = 4


def plot_doping_branches(job: Job) -> None:
    """Four rows, a column for each shallowness (four of them at most, evenly chosen)."""
    states, transitions = job.table("states"), job.table("transitions")
    reading = parameters_of(job.path("states"))["quasi_ion.static_potential"]["mean_energy_of"]
    states = states[states["phase"] == "ka/2+pi"]
    events = transitions[(transitions["phase"] == "ka/2+pi") & (transitions["mean_energy_of"] == reading)]
    found = np.sort(states["shallowness"].unique())
    shown = found[np.unique(np.linspace(0, found.size - 1, min(found.size, MOST_COLUMNS)).round().astype(int))]
    options = {"sharex": True, "sharey": "row", "squeeze": False}
    with figure(job, 4, shown.size, width=7.2, height=7.6, **options) as (drawing, axes):
        for alpha, column in zip(shown, axes.T, strict=True):
            draw_column(
                column, branched(states[states["shallowness"] == alpha]), events[events["shallowness"] == alpha]
            )
            column[0].set_title(rf"$\alpha$ = {alpha:g}")
            column[-1].set_xlabel(r"$\mu$ (eV)")
        for axis, label, letter in zip(axes[:, 0], (*QUANTITIES.values(), SIGMA), "abcd", strict=True):
            axis.set_ylabel(label)
            axis.set_title(f"({letter})", loc="left", fontweight="bold")
        axes[0, 0].set_ylim(bottom=-0.02)
        handles = {
            label: line for axis in axes[:, 0] for line, label in zip(*axis.get_legend_handles_labels(), strict=True)
        }
        drawing.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3)


def branched(rows):
    """Rows with the branch of each root (small 0, middle 1, large 2), and its Omega above the lowest at that mu."""
    mu = rows["chemical_potential_eV"]
    by_mu = rows.groupby("chemical_potential_eV")
    several = by_mu["root"].transform("max") >= 2
    first = mu[several].min() if several.any() else -np.inf
    branch = np.where(several, rows["root"], np.where(mu < first, 2, 0))
    above = rows["grand_potential_eV"] - by_mu["grand_potential_eV"].transform("min")
    return rows.assign(branch=branch, above_lowest_eV=above).sort_values("chemical_potential_eV")


def draw_column(column, rows, events) -> None:
    """All quantities of one shallowness: thick where a root lies lowest, thin where it does not."""
    for axis, name in zip(column, QUANTITIES, strict=False):
        for branch, (colour, label) in BRANCHES.items():
            part = rows[rows["branch"] == branch]
            mu = part["chemical_potential_eV"]
            axis.plot(mu, part[name], color=colour, lw=1, ls="--" if branch == 1 else "-", label=label)
            lowest = part[name].where(part["lowest_omega"])
            axis.plot(mu, lowest, color=colour, lw=2.8, solid_capstyle="butt")
        axis.plot([], [], color=BLACK, lw=2.8, label=r"thick: lowest $\Omega$")
    for rule, (look, label) in RULES.items():
        part = rows[rows[rule]]
        column[3].plot(part["chemical_potential_eV"], part["reduced_conductivity_eV"], **look, label=f"rule: {label}")
    column[3].set_yscale("log")
    for event in events.itertuples():
        colour, dashes = EVENTS[event.event]
        label = "fold" if dashes == ":" else r"equal $\Omega$"
        for axis in column:
            axis.axvline(event.chemical_potential_eV, color=colour, ls=dashes, lw=0.8, zorder=0, label=label)
        if event.event == "low fold":
            skipped = event.density_before, event.density_after
            middle = sum(skipped) / 2
            column[2].annotate("", (event.chemical_potential_eV, skipped[1]), (event.chemical_potential_eV, skipped[0]),
                               arrowprops={"arrowstyle": "->", "color": BLACK, "lw": 0.9})  # fmt: skip
            words = f"skips\n{skipped[0]:.2f}\nto {skipped[1]:.2f}"
            column[2].annotate(words, (event.chemical_potential_eV, middle), (-3, 0), textcoords="offset points",
                               ha="right", va="center", fontsize=6)  # fmt: skip


if __name__ == "__main__":
    run(plot_doping_branches)
