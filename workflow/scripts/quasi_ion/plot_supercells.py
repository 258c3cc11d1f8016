"""Draw Fig. 7: a supercell with each distortion, its bands, and gap and conductivity of an ensemble of them."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, RED, figure
from pipeline.job import Job, run

KINDS = {"sites and barriers": (BLUE, ""), "sites": (RED, "//"), "barriers": (GREEN, "..")}


def plot_supercells(job: Job) -> None:
    """Potential above, the upper and the lower half of the bands below it, and the distributions in the last row."""
    sites, bands, cells, summary = (job.table(name) for name in ("sites", "bands", "cells", "summary"))
    distortions = sorted(bands["distortion"].unique())
    wide = len(distortions)
    rows = [[f"{row}{i}" for i in range(wide) for _ in (0, 1)] for row in "SUL"]
    rows.append(["gap"] * wide + ["sigma"] * wide)
    with figure(job, width=7.2, height=7.0) as (drawing, blank):
        blank.remove()
        axes = drawing.subplot_mosaic(rows, height_ratios=(1, 0.65, 0.65, 1.1))
        for i, distortion in enumerate(distortions):
            draw_sites(axes[f"S{i}"], sites[sites["distortion"] == distortion])
            draw_bands(axes[f"U{i}"], axes[f"L{i}"], bands[bands["distortion"] == distortion])
            axes[f"S{i}"].set_title(f"{100 * distortion:g} %")
            for row in "SUL":
                axes[f"{row}{i}"].sharey(axes[f"{row}0"])
                axes[f"{row}{i}"].tick_params(labelleft=i == 0)
        for row, label in zip("SUL", (r"$U - \bar{U}_0$ (eV)", "upper bands (eV)", "lower bands (eV)"), strict=True):
            axes[f"{row}0"].autoscale(axis="y")
            axes[f"{row}0"].set_ylabel(label)
        spans = cells.groupby(["distorted", "distortion"])
        draw_boxes(axes["gap"], {key: part["gap_eV"] for key, part in spans if key[1] > 0}, "gap (eV)")
        undistorted = cells[cells["distortion"] == 0]
        if len(undistorted):
            axes["gap"].axhline(undistorted["gap_eV"].iloc[0], color=GREY, lw=1, zorder=0)
        sigma = axes["sigma"]
        decades = {key: part["conductivity_decades"] for key, part in spans if key[1] > 0}
        where = draw_boxes(sigma, decades, r"log$_{10}$ $\sigma/\sigma$(undistorted)")
        gains = [(where[row.distorted, row.distortion], row.gap_gain_decades) for row in summary.itertuples()]
        sigma.plot(*zip(*gains, strict=True), "*", color=BLACK, ms=6, mfc="white", label="gain of the mean gap alone")
        sigma.axhline(0, color=GREY, lw=1, zorder=0, label="undistorted")
        drawing.legend(*sigma.get_legend_handles_labels(), loc="outside lower center", ncols=5)
        for name, letter in zip(("S0", "U0", "gap", "sigma"), "abcd", strict=True):
            axes[name].set_title(f"({letter})", loc="left", fontweight="bold")


def draw_sites(axis, part) -> None:
    """Site energies (A filled, B open) joined over the barriers between neighbours."""
    energy, top = part["energy_eV"].to_numpy(), part["barrier_eV"].to_numpy()
    site = part["site"].to_numpy()
    knots = np.ravel(np.column_stack([energy, top]))
    ease = (1 - np.cos(np.pi * np.linspace(0, 1, 9)[:-1])) / 2
    line = (knots[:-1, None] + np.diff(knots)[:, None] * ease).ravel()
    axis.plot(np.arange(line.size) / (2 * ease.size), line, color=BLACK, lw=0.8)
    for kind, face in ((0, BLUE), (1, "white")):
        own = site % 2 == kind
        axis.plot(site[own], energy[own], "o", color=BLUE, mfc=face, ms=3)
    axis.set(xlabel="site")


def draw_bands(upper, lower, part) -> None:
    """Every band of the supercell across half its zone."""
    for band, rows in part.groupby("band"):
        axis = upper if band > part["band"].max() / 2 else lower
        axis.plot(rows["reduced_wave_number"], rows["energy_eV"], color=BLUE, lw=0.9)
    for axis in (upper, lower):
        axis.set_xticks([0, np.pi], ["0", r"$\pi$"])
        axis.set_xlim(0, np.pi)
    upper.tick_params(labelbottom=False)
    lower.set_xlabel("$KL$")


def draw_boxes(axis, groups, label: str) -> dict:
    """A box a kind and strength: quartiles, the whole range, and the median; where they stand."""
    strengths = sorted({strength for _, strength in groups})
    where = {key: strengths.index(key[1]) + 0.27 * (list(KINDS).index(key[0]) - 1) for key in groups}
    for key in sorted(groups, key=where.get):
        colour, hatch = KINDS[key[0]]
        look = {"facecolor": colour, "alpha": 0.75, "hatch": hatch, "edgecolor": BLACK, "linewidth": 0.7}
        options = {"widths": 0.2, "whis": (0, 100), "patch_artist": True, "manage_ticks": False}
        box = axis.boxplot(groups[key], positions=[where[key]], boxprops=look, medianprops={"color": BLACK}, **options)
        box["boxes"][0].set_label(f"distorted: {key[0]}" if key[1] == strengths[0] else None)
    axis.set_xticks(range(len(strengths)), [f"{100 * strength:g} %" for strength in strengths])
    axis.set(xlim=(-0.6, len(strengths) - 0.4), xlabel="largest relative change", ylabel=label)
    return where


if __name__ == "__main__":
    run(plot_supercells)
