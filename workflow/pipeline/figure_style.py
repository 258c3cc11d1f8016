"""The one style of all figures: colour-blind safe, readable in print, and the same bytes from the same data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import matplotlib as mpl

mpl.use("agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.job import Job

__all__ = [
    "BLACK",
    "BLUE",
    "CYAN",
    "GREEN",
    "GREY",
    "ORANGE",
    "PALETTE",
    "PURPLE",
    "RED",
    "COLUMN_in",
    "figure",
    "panel_letters",
    "settle",
]

# Paul Tol's 'bright' colours: distinct for colour-blind readers and in grey print.
BLUE, RED, GREEN, ORANGE, CYAN, PURPLE, GREY = (
    "#4477AA",
    "#EE6677",
    "#228833",
    "#CCBB44",
    "#66CCEE",
    "#AA3377",
    "#BBBBBB",
)
BLACK = "#222222"
PALETTE = (BLUE, RED, GREEN, PURPLE, ORANGE, CYAN)

COLUMN_in = 3.4
"""Width of one journal column."""

STYLE = {
    "font.size": 8,
    "font.family": "DejaVu Sans",
    "mathtext.fontset": "dejavusans",
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.linewidth": 0.7,
    "axes.prop_cycle": mpl.cycler(color=PALETTE),
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "lines.linewidth": 1.4,
    "lines.markersize": 3.5,
    "figure.constrained_layout.use": True,
    "savefig.transparent": False,
    "svg.hashsalt": "superion",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}

NO_DATE = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None, "ModDate": None}}


@contextmanager
def figure(
    job: Job, rows: int = 1, columns: int = 1, *, width: float = COLUMN_in, height: float = 2.6, **options
) -> Iterator[tuple[Figure, Axes]]:
    """Figure with subplots in the house style; saved to every output of the job when the block ends.

    Parameters
    ----------
    rows, columns, options : as in `matplotlib.pyplot.subplots`
    width, height : of the whole figure, inch
    """
    with mpl.rc_context(STYLE):
        drawing, axes = plt.subplots(rows, columns, figsize=(width, height), **options)
        yield drawing, axes
        settle(drawing)
        for path in job.output.values():
            path.parent.mkdir(parents=True, exist_ok=True)
            kind = path.suffix[1:]
            drawing.savefig(path, dpi=job.parameters["figures"]["dpi"], metadata=NO_DATE[kind])
        plt.close(drawing)


def settle(drawing: Figure) -> None:
    """Lay the figure out and round where its axes stand.

    The solver of the layout works in an order that changes from run to run, and so do its last bits, which SVG and PDF
    would show.
    """
    for _ in range(2):  # the second pass knows the ticks that the first one leads to
        drawing.draw_without_rendering()
    drawing.set_layout_engine("none")
    for axis in drawing.axes:
        axis.set_position([round(value, 7) for value in axis.get_position().bounds])


def panel_letters(axes: Iterable[Axes], letters: str = "abcdefghij") -> None:
    """Bold (a), (b), ... above the upper left corner of each panel."""
    for axis, letter in zip(axes, letters, strict=False):
        axis.set_title(f"({letter})", loc="left", fontweight="bold")
