"""Draw energies of an ion from cell to cell, and of one that meets an atom head-on."""

from pipeline.artifacts import parameters_of
from pipeline.figure_style import BLACK, BLUE, GREY, RED, figure, panel_letters
from pipeline.job import Job, run

LOOKS = {
    "unrelaxed": (BLACK, "lattice at rest"),
    "relaxed": (BLUE, "relaxed lattice"),
    "effective": (RED, "first-order push (time-local)"),
}
LATTICES = {"whole lattice": "-", "cell corners": (0, (3, 1.5))}
INSET = (0.365, 0.1, 0.29, 0.4)  # below the hill: a part of the axes
CLOSE_UP = 2 / 15  # of the path, on either side of its middle
HEAD_ON = {"unrelaxed": "rest_meV", "relaxed": "relaxed_meV", "effective": "pushed_meV"}
HEAD_ON_CEILING = 2.6  # of the larger limit


def plot_barriers(job: Job) -> None:
    """A panel with a close-up of the top for each of the two weakest interactions, and one for head-on encounters."""
    common = parameters_of(job.path("profiles"))["time_local.interaction"]
    tables = {name: job.table(name) for name in ("profiles", "head_on", "limits")}
    drawn = {name: table[table["interaction_length_A"] == common["length_A"]] for name, table in tables.items()}
    strengths = sorted(drawn["profiles"]["interaction_strength"].unique())[:2]
    panels = len(strengths) + 1
    with figure(job, 1, panels, width=2.4 * max(panels, 3), height=3.0) as (drawing, axes):
        for axis, strength in zip(axes, strengths, strict=False):
            draw_hop(axis, drawn["profiles"][drawn["profiles"]["interaction_strength"] == strength])
            axis.set_title(strength_label(common["kind"], strength), loc="right")
        draw_head_on(axes[-1], common["kind"], drawn["head_on"], drawn["limits"], strengths)
        handles = [axes[0].plot([], [], color=colour)[0] for colour, _ in LOOKS.values()]
        handles += [axes[0].plot([], [], color=GREY, ls=style)[0] for style in LATTICES.values()]
        labels = [*(label for _, label in LOOKS.values()), "whole lattice", "corners of the ion's cell"]
        drawing.legend(handles, labels, loc="outside lower center", ncols=5, handlelength=2.2, columnspacing=1.4)
        panel_letters(axes)


def strength_label(kind: str, strength: float) -> str:
    """U0 in thousands of its unit."""
    return rf"$U_0$ = {strength / 1000:g} eV" + (" Å" if kind == "screened_coulomb" else "")


def draw_hop(axis, table) -> None:
    """Energies along the path, and a close-up of the top."""
    length, top = table["path_A"].max(), table["energy_meV"].max()
    close = axis.inset_axes(INSET)
    for (lattice, relaxation), part in table.groupby(["lattice", "relaxation"]):
        good = part["status"] != "not converged"
        colour = LOOKS[relaxation][0]
        for place, width in ((axis, 1.1), (close, 0.9)):
            place.plot(part["path_A"], part["energy_meV"].where(good), color=colour, ls=LATTICES[lattice], lw=width)
    middle = table["path_A"].sub(length / 2).abs()
    near = table[middle <= CLOSE_UP * length]["energy_meV"]
    at_top = table[middle <= 1e-6 * length]["energy_meV"]
    low = at_top.min() - 0.7 * (at_top.max() - at_top.min())
    close.set(
        xlim=((0.5 - CLOSE_UP) * length, (0.5 + CLOSE_UP) * length), ylim=(max(low, near.min()), top + 0.02 * top)
    )
    close.set_xticks([(0.5 - CLOSE_UP / 2) * length, (0.5 + CLOSE_UP / 2) * length])
    close.xaxis.set_major_formatter("{x:.3g}")
    close.locator_params(axis="y", nbins=4, integer=True)
    close.tick_params(labelsize=6, pad=2, length=2)
    for side in ("top", "right"):
        close.spines[side].set_visible(True)
    bottom = min(0.0, 1.06 * table["energy_meV"].min())
    bottom = 0.0 if bottom > -1e-3 * top else bottom  # rounding
    axis.set(xlabel="path of the ion (Å)", ylabel="energy (meV)", xlim=(0, length), ylim=(bottom, 1.06 * top))


def draw_head_on(axis, kind: str, table, limits, strengths) -> None:
    """Energies against the distance, and the limit of the first-order push; weaker interactions are thinner."""
    for strength, width in zip(strengths, (0.9, 1.9), strict=False):
        part = table[table["interaction_strength"] == strength]
        for relaxation, column in HEAD_ON.items():
            axis.plot(part["distance_A"], part[column], color=LOOKS[relaxation][0], lw=width)
    chosen = limits[limits["interaction_strength"].isin(strengths)].sort_values("penetration_limit_meV")
    ceiling = HEAD_ON_CEILING * chosen["penetration_limit_meV"].max()
    for offset, align, (_, row) in zip((-3, 3), ("top", "bottom"), chosen.iterrows(), strict=False):
        level = row["penetration_limit_meV"]
        axis.plot(0, level, "o", color=RED, clip_on=False, ms=3)
        axis.annotate(
            f"{level:.0f} meV", (0, level), (5, offset), textcoords="offset points", va=align, color=RED, fontsize=6.5
        )
    length = table["interaction_length_A"].iloc[0]
    axis.set(xlabel="distance from the atom's site (Å)", ylabel="energy (meV)")
    axis.set(xlim=(0, 6 * length), ylim=(0, ceiling))
    names = " and ".join(f"{strength / 1000:g}" for strength in strengths)
    unit = "eV Å" if kind == "screened_coulomb" else "eV"
    axis.set_title(rf"$U_0$ = {names} {unit}", loc="right")


if __name__ == "__main__":
    run(plot_barriers)
