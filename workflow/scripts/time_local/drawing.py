"""How runs of the diffusion study are told apart in its figures, and which of them a figure shows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.artifacts import parameters_of
from pipeline.figure_style import BLACK, BLUE, CYAN, GREEN, GREY, ORANGE, PURPLE, RED

# One colour and marker an equation of motion; open markers stand for a classical bath.
EQUATIONS = {
    "full": {"color": BLACK, "marker": "o", "label": "full motion"},
    "time_local": {"color": GREEN, "marker": "s", "label": "time-local"},
    "quasi_time_local": {"color": PURPLE, "marker": "D", "label": "quasi-time-local"},
    "self_consistent": {"color": BLUE, "marker": "^", "label": "time-local, self-consistent"},
}
WINDOWED = {"color": ORANGE, "marker": "P", "label": "quasi-time-local, window"}
CUT = {"color": RED, "marker": "v", "label": "full motion, memory cut short"}
SIZES = {"o": 4.2, "s": 3.8, "D": 3.5, "^": 4.4, "v": 4.4, "P": 4.4}

# What else than the temperature tells one run from another.
SETTING = ("family", "equation", "bath", "strength_meV_A", "memory_ps", "taper_ps", "window_ps", "stiffness", "mass")
MANY = (BLUE, RED, GREEN, PURPLE, ORANGE, CYAN)
DASHES = ("-", (0, (4, 1)), (0, (1, 1)))


def look(equation: str, bath: str = "quantum", *, cut: bool = False, windowed: bool = False) -> dict[str, Any]:
    """Colour, marker and label of an equation of motion in a bath; `cut`: with a memory shorter than others have."""
    own = CUT if cut else WINDOWED if windowed else EQUATIONS[equation]
    label = own["label"] + ("" if bath == "quantum" else f", {bath} bath")
    face = own["color"] if bath == "quantum" else "white"
    return own | {"label": label, "markersize": SIZES[own["marker"]], "markerfacecolor": face, "markeredgewidth": 0.9}


def run_looks(names: list) -> dict[Any, dict[str, Any]]:
    """A colour, and where there are many a dash, for each run that is no matter of its equation."""
    return {
        name: {"color": MANY[i % len(MANY)], "ls": DASHES[i // len(MANY) % len(DASHES)]} for i, name in enumerate(names)
    }


def same_crystal(table):
    """Runs in the crystal as it is, neither stiffer nor heavier."""
    return table[(table["stiffness"] == 1) & (table["mass"] == 1)]


def remembered(table):
    """Memory in ps of each run; infinite where the run does not give it, and so is not cut short."""
    return table["memory_ps"].where(table["memory_ps"].notna(), np.inf)


def is_cut(table):
    """Which runs are of the full motion with less memory than those at most temperatures have."""
    full = temperature_series(table, "full")
    longest = 0 if full.empty else remembered(full).iloc[0]
    return (table["equation"] == "full") & (remembered(table) < longest)


def temperature_series(table, equation: str, bath: str = "quantum", strength: float | None = None):
    """Runs that differ in temperature alone: those at most temperatures, then with the longest memory or taper."""
    chosen = same_crystal(table)
    chosen = chosen[(chosen["equation"] == equation) & (chosen["bath"] == bath)]
    if strength is not None:
        chosen = chosen[chosen["strength_meV_A"] == strength]
    if chosen.empty:
        return chosen
    groups = [part for _, part in chosen.groupby(list(SETTING), dropna=False, sort=False)]
    best = max(
        groups,
        key=lambda part: (
            part["thermal_energy_meV"].nunique(),
            remembered(part).iloc[0],
            part["taper_ps"].fillna(0).iloc[0],
        ),
    )
    return best.sort_values("thermal_energy_meV", kind="stable")


def main_strength(table) -> float | None:
    """Strength of most runs in the crystal as it is."""
    counts = same_crystal(table)["strength_meV_A"].value_counts()
    return None if counts.empty else float(min(counts[counts == counts.max()].index))


def activation_of(activation, series, temperature: str):
    """Arrhenius line of a series of runs over the temperature of the bath or the kinetic one; None if there is none."""
    if series.empty or activation.empty:
        return None
    keys = [name for name in SETTING if name in activation.columns]
    run, lines = series.iloc[0], activation[activation["temperature"] == temperature]
    for name in keys:
        lines = lines[lines[name].isna() if run[name] != run[name] else lines[name] == run[name]]
    if "coldest_meV" in lines.columns:
        lines = lines[lines["coldest_meV"] == lines["coldest_meV"].min()]
    return lines.iloc[0] if len(lines) == 1 else None


def of_run(table, run):
    """Rows of a table that belong to a run of another."""
    return table[(table["family"] == run["family"]) & (table["run"] == run["run"])]


def strength_unit(path: Path) -> str:
    """Unit of U0 in thousands, of the interaction that an artifact was made with."""
    interaction: Mapping[str, Any] = parameters_of(path).get("time_local.interaction", {})
    return "eV" if interaction.get("kind") == "gaussian" else "eV Å"


def run_labels(runs: list, unit: str) -> list[tuple[str, str, str]]:
    """Strength, temperature and, only where both are another's too, family and further values of each run."""
    firsts = [rows.iloc[0] for rows in runs]
    pairs = [(first["strength_meV_A"], first["thermal_energy_meV"]) for first in firsts]
    labels = []
    for first, pair in zip(firsts, pairs, strict=True):
        further = [first["family"], *first["run"].split("_")[2:]] if pairs.count(pair) > 1 else []
        labels.append((f"{pair[0] / 1000:g} {unit}", f"{pair[1]:g} meV", " ".join(further).replace("_", " ")))
    return labels


def draw_displacements(axis, curve, line: Mapping[str, Any], label: str, *, fit: bool = True) -> None:
    """Mean squared displacement with the band of its standard error, and the line 6Dt."""
    lag, mean, error = (
        curve[name].to_numpy() for name in ("lag_ps", "mean_squared_displacement_A2", "standard_error_A2")
    )
    later = lag > 0  # a logarithm has no 0
    axis.fill_between(lag[later], (mean - error)[later], (mean + error)[later], color=line["color"], alpha=0.25, lw=0)
    axis.plot(lag[later], mean[later], **line, lw=1.2, label=label)
    if fit:
        axis.plot(lag[later], curve["fitted_A2"].to_numpy()[later], color=BLACK, ls=(0, (4, 2)), lw=0.7, zorder=3)


def say_missing(axis, words: str) -> None:
    """An empty panel that says what is not there."""
    axis.text(0.5, 0.5, words, transform=axis.transAxes, ha="center", va="center", color="#555555", fontsize=7)
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set(visible=True, color=GREY)
