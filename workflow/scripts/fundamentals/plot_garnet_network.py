"""Draw the lithium network of garnets, whole and with the tetrahedra blocked that are always full; random blocking."""

from itertools import product

import numpy as np
from matplotlib.colors import to_rgb

from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, ORANGE, PALETTE, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

AXES = "xyz"
ELEVATION, TURN = np.radians(16), np.radians(24)
LOOK = np.array(
    [
        [np.cos(TURN), np.sin(TURN), 0],
        [-np.sin(TURN) * np.sin(ELEVATION), np.cos(TURN) * np.sin(ELEVATION), np.cos(ELEVATION)],
        [-np.sin(TURN) * np.cos(ELEVATION), np.cos(TURN) * np.cos(ELEVATION), -np.sin(ELEVATION)],
    ]
)
"""Rows: to the right, upwards, away from the eye."""
CORNER = np.array([15 / 16, 3 / 4, 7 / 8])  # of the drawn cell, so that it cuts no chain
COLOURS = (BLUE, RED, GREEN, PURPLE)
FAINTEST = 0.45  # of lines at the back
MARGIN = 0.1  # around the drawn cell, for bonds that leave it
LABELS = {"a": (0.72, 0, -0.07), "b": (1.06, 0.5, -0.05), "c": (-0.07, 0, 0.5)}
CURVES = 3  # sizes drawn


def plot_garnet_network(job: Job) -> None:
    """Two pictures of a cubic cell, and the share of pieces that percolate."""
    bonds, wraps, values = (job.table(name) for name in ("bonds", "wraps", "values"))
    whole, ordered = (bonds[bonds["network"] == name] for name in ("cubic", "tetragonal"))
    with figure(job, 1, 3, width=7.0, height=2.6, width_ratios=[1, 1, 1.05]) as (_, axes):
        draw_network(axes[0], whole)
        draw_network(axes[1], ordered)
        draw_full(axes[1], whole, ordered)
        axes[0].set_title("cubic", loc="center")
        axes[1].set_title("8a tetrahedra full", loc="center")
        draw_wraps(axes[2], wraps, values)
        panel_letters(axes)


def ends(bonds) -> np.ndarray:
    """Tetrahedral and octahedral end of each bond, (n, 2, 3), the first of them in the drawn cell."""
    given = np.stack([bonds[[f"{axis}_{end}" for axis in AXES]].to_numpy() for end in ("start", "end")], axis=1)
    return given - np.floor(given[:, :1] - CORNER + 1e-6) - CORNER


def draw_network(axis, bonds) -> None:
    """Bonds of a cell, far ones first and paler; each of several parts in its colour; blind ends thin."""
    for corner, direction in product(product((0, 1), repeat=3), range(3)):
        if corner[direction] == 0:
            edge = np.array([corner, np.add(corner, np.eye(3)[direction])]) @ LOOK.T
            axis.plot(*edge.T[:2], color=GREY, lw=0.6, zorder=0)
    lines = ends(bonds) @ LOOK.T
    depth = lines[:, :, 2].mean(axis=1)
    nearness = 1 - (depth - depth.min()) / np.ptp(depth)
    parts, on_walk = bonds["part"].to_numpy(), bonds["on_walk"].to_numpy()
    for number in np.argsort(nearness, kind="stable"):
        strength = FAINTEST + (1 - FAINTEST) * nearness[number]
        axis.plot(
            *lines[number].T[:2],
            color=1 - strength * (1 - np.array(to_rgb(COLOURS[parts[number] % len(COLOURS)]))),
            lw=1.7 if on_walk[number] else 0.7,
            solid_capstyle="round",
        )
    cube = np.array(list(product((-MARGIN, 1 + MARGIN), repeat=3))) @ LOOK.T
    axis.set(aspect="equal", xlim=(cube[:, 0].min(), cube[:, 0].max()), ylim=(cube[:, 1].min(), cube[:, 1].max()))
    axis.set_axis_off()
    for name, place in LABELS.items():
        axis.text(*(LOOK @ place)[:2], f"${name}$", ha="center", va="center")


def draw_full(axis, whole, ordered) -> None:
    """Tetrahedra of the whole network that the other one lacks."""
    places, left = (np.unique(np.round(ends(bonds)[:, 0], 6), axis=0) for bonds in (whole, ordered))
    full = places[~(places[:, None] == left).all(axis=-1).any(axis=1)]
    axis.plot(*(full @ LOOK.T).T[:2], "D", color=BLACK, ms=3.2, mfc="white", mew=0.9)


def draw_wraps(axis, table, values) -> None:
    """Share of percolating pieces, and the threshold of large ones with its standard error."""
    sizes = np.sort(table["cells"].unique())
    shown = sizes[np.unique(np.linspace(0, len(sizes) - 1, CURVES).round().astype(int))]
    for size, colour in zip(shown, PALETTE, strict=False):
        part = table[table["cells"] == size]
        axis.plot(part["blocked_fraction"], part["probability"], color=colour, label=f"$L={size}$")
    named = values.drop_duplicates("quantity").set_index("quantity")["value"]
    limit, error = 1 - named["threshold_open_fraction"], named["threshold_open_fraction_error"]
    axis.axvline(limit, color=BLACK, lw=0.8, ls=(0, (3, 2)), zorder=0)
    axis.text(limit + 0.02, 0.98, f"{limit:.4f} ± {error:.4f}", fontsize=6.5, va="top")
    ordered = named["full_tetrahedra"] / named["tetrahedral_sites"]
    axis.plot(ordered, 0, "v", color=ORANGE, mec=BLACK, mew=0.6, ms=5, clip_on=False)
    axis.text(ordered, 0.06, "8a full:\nchains\nalong c", ha="center", va="bottom", fontsize=6.5)
    axis.set(xlabel="share of tetrahedra blocked", ylabel="share of pieces that percolate", xlim=(0, 1), ylim=(0, 1.02))
    axis.legend(loc="center right", bbox_to_anchor=(1.0, 0.62))


if __name__ == "__main__":
    run(plot_garnet_network)
