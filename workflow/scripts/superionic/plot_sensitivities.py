"""Draw Table I made quantitative: the change of both transition temperatures with each parameter."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, GREY, ORANGE, RED, figure
from pipeline.job import Job, run

SYMBOLS = {
    "barrier_eV": r"barrier $\Lambda_0$",
    "repulsion_eV": r"repulsion $K_0$",
    "filling": r"filling $n_0$",
    "concerted_coupling_eV": r"coupling $M_0$",
}


def plot_sensitivities(job: Job) -> None:
    """Grouped bars: type I on either side of Tp, and type II."""
    table = job.table("sensitivities")
    type_one = table[(table["transition"] == "type I") & (table["status"] == "ok")]
    groups = [
        (f"type I, {part['regime'].iloc[0]} $T_\\mathrm{{p}}$ ($M_0$ = {coupling:g} eV)", part)
        for coupling, part in type_one.groupby("concerted_coupling_eV")
    ]
    groups.append(("type II", table[table["transition"] == "type II"].drop_duplicates("parameter")))
    with figure(job, width=4.6, height=2.7) as (_, axis):
        width = 0.8 / len(groups)
        for i, ((label, part), colour) in enumerate(zip(groups, (BLUE, RED, BLACK, ORANGE), strict=False)):
            value = part.set_index("parameter")["sensitivity"].reindex(SYMBOLS)
            place = np.arange(len(SYMBOLS)) + (i - (len(groups) - 1) / 2) * width
            bars = axis.bar(place, value, 0.92 * width, color=colour, label=label)
            axis.bar_label(bars, [f"{x:+.2f}" if x else "0" for x in value], fontsize=5.2, padding=1)
        axis.axhline(0, color=GREY, lw=0.8)
        axis.set_xticks(range(len(SYMBOLS)), SYMBOLS.values())
        axis.set_ylabel(r"$\mathrm{d}\ln T\,/\,\mathrm{d}\ln$ parameter")
        axis.margins(y=0.14)
        axis.legend(loc="lower left")


if __name__ == "__main__":
    run(plot_sensitivities)
