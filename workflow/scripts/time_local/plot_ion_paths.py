"""Draw Fig. 5: paths of ions through the vibrating lattice."""

from itertools import product
from string import ascii_lowercase

import numpy as np

from pipeline.figure_style import BLACK, GREY, figure, panel_letters
from pipeline.job import Job, run
from scripts.time_local.drawing import run_labels, run_looks, say_missing, strength_unit

AXES = ["x_A", "y_A", "z_A"]
CUBE_A = 10.0
COLUMNS = 3
RASTER = 8000  # points of a figure from which on paths are pixels
VIEW = {"turn": 24, "tilt": 16}  # degrees: of the crystal about its third axis, and of the eye above its first two


def plot_ion_paths(job: Job) -> None:
    """A panel for each run whose paths were kept, with one ion each."""
    table = job.table("paths")
    unit = strength_unit(job.path("paths"))
    runs = [part for _, part in table.groupby(["strength_meV_A", "thermal_energy_meV", "family", "run"])]
    if not runs:
        with figure(job) as (_, axis):
            say_missing(axis, "no run kept the path of an ion\n(path_ions in time_local.diffusion.families)")
        return
    columns = 2 if len(runs) == 4 else min(len(runs), COLUMNS)
    rows = -(-len(runs) // columns)
    looks = run_looks([index for index, _ in enumerate(runs)])
    paths = [one_ion(part) for part in runs]
    raster = sum(map(len, paths)) > RASTER
    with figure(job, rows, columns, width=min(3.5 * columns, 7.2), height=2.7 * rows, squeeze=False) as (drawing, axes):
        drawing.get_layout_engine().set(wspace=0.06)
        for axis in axes.ravel():
            axis.set_axis_off()
        labels = run_labels(runs, unit)
        for axis, path, look, label in zip(axes.ravel(), paths, looks.values(), labels, strict=False):
            draw_path(axis, path, look["color"], raster)
            strength, temperature, further = label
            words = rf"$U_0$ = {strength}, $\hbar\Omega_T$ = {temperature}"
            words += "\n" if columns == COLUMNS or further else ", "
            words += f"{further}, {duration(path):.3g} ps" if further else f"{duration(path):.3g} ps"
            axis.set_title(words, loc="right", fontsize=7.5)
        panel_letters(axes.ravel()[: len(runs)], ascii_lowercase)


def one_ion(paths):
    """Path of the first ion that never started anew elsewhere; up to there of the first ion, if all did."""
    ions = [ion for _, ion in paths.groupby(["bath_number", "ion"])]
    ends = [first_fault(ion) for ion in ions]
    whole = next((ion for ion, end in zip(ions, ends, strict=True) if end is None), None)
    return ions[0].iloc[: ends[0]] if whole is None else whole


def first_fault(path) -> int | None:
    """First point of a segment after which the ion was put elsewhere."""
    faulty = (path["status"] != "ok").to_numpy()
    return int(faulty.argmax()) if faulty.any() else None


def duration(path) -> float:
    """Time from the first point of a path to one step after the last."""
    time = path["time_ps"].to_numpy()
    return time[-1] - time[0] + (time[1] - time[0] if len(time) > 1 else 0)


def draw_path(axis, path, colour: str, raster: bool) -> None:
    """The path seen from afar, its ends, and beside it a cube of 1 nm on the same scale."""
    points = seen(path[AXES].to_numpy())
    low, high = points.min(axis=0), points.max(axis=0)
    axis.plot(*points.T, color=colour, lw=0.55, rasterized=raster, solid_joinstyle="round", zorder=2)
    axis.plot(*points[0], marker="o", ms=6, mfc="white", mec=BLACK, mew=1.2, zorder=3)
    axis.plot(*points[-1], marker="X", ms=7, mfc=BLACK, mec="white", mew=0.6, zorder=3)
    cube = seen(CUBE_A * np.array(list(product((0, 1), repeat=3))))
    gap = 0.06 * max((high - low).max(), CUBE_A)
    shift = np.array([low[0] - gap, low[1]]) - [cube[:, 0].max(), cube[:, 1].min()]
    for edge, hidden in cube_edges():
        axis.plot(*(seen(CUBE_A * edge) + shift).T, color=GREY, lw=0.9, ls=(0, (2, 1.5)) if hidden else "-", zorder=1)
    middle, bottom = (cube[:, 0].min() + cube[:, 0].max()) / 2 + shift[0], low[1]
    axis.annotate(
        "1 nm",
        (middle, bottom),
        (0, -2),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=6.5,
        color="#777777",
    )
    axis.set_aspect("equal", adjustable="datalim")


def seen(points) -> np.ndarray:
    """Places on the page of points in space: the third axis upwards, parallel lines kept."""
    turn, tilt = np.radians(VIEW["turn"]), np.radians(VIEW["tilt"])
    across = np.array([np.cos(turn), np.sin(turn), 0])
    upwards = np.array([-np.sin(turn) * np.sin(tilt), np.cos(turn) * np.sin(tilt), np.cos(tilt)])
    return np.asarray(points) @ np.transpose([across, upwards])


def cube_edges() -> list:
    """The twelve edges of a unit cube, and whether the cube hides them: those at the corner that lies farthest back."""
    corners = [np.array(bits) for bits in product((0, 1), repeat=3)]
    pairs = [(a, b) for a, b in product(corners, repeat=2) if (b - a).sum() == 1 and (b >= a).all()]
    back = (0, 1, 0)
    return [(np.array([a, b]), tuple(a) == back or tuple(b) == back) for a, b in pairs]


if __name__ == "__main__":
    run(plot_ion_paths)
