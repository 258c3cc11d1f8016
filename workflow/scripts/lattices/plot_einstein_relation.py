"""Draw the Einstein relation for every lattice, with both shares of the field."""

import numpy as np

from pipeline.artifacts import parameters_of, read_table
from pipeline.figure_style import BLUE, GREY, RED, figure
from pipeline.job import Job, run

SPLITS = {"paper": (RED, "s", "whole drop shifts the barrier, Eq. (30)"), "thermodynamic": (BLUE, "o", "half the drop")}


def plot_einstein_relation(job: Job) -> None:
    """One row a lattice: mobility kT/Z over D."""
    tables = {next(iter(parameters_of(path))): read_table(path) for path in job.inputs["conductivity"]}
    with figure(job, width=4.6, height=0.9 + 0.2 * len(tables)) as (_, axis):
        for split, (colour, marker, label) in SPLITS.items():
            ratio = [table[table["field_split"] == split]["einstein_ratio"].iloc[0] for table in tables.values()]
            axis.plot(ratio, np.arange(len(tables)), marker, color=colour, label=label, ms=5)
        axis.axvline(1, color=GREY, lw=0.9, zorder=0)
        axis.set_yticks(range(len(tables)), [name.replace("_", " ") for name in tables])
        axis.set(xlabel=r"mobility $\times\ k_\mathrm{B}T/Z$ over diffusion coefficient", xlim=(0.7, 2.3))
        axis.invert_yaxis()
        axis.grid(axis="y", color=GREY, lw=0.3)
        axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


if __name__ == "__main__":
    run(plot_einstein_relation)
