"""Draw correlation factors of lithium on the network of LLZO beside published ones, and with interactions."""

from itertools import cycle

from pipeline.figure_style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

CELLS = 8  # cubic cells in the published network of 576 sites
SITES = 72  # of a cubic cell
KINDS = {"f": (BLUE, "tracers, $f$"), "f_I": (RED, r"charge, $f_\mathrm{I}$")}
LOOKS = ((GREEN, "^"), (PURPLE, "v"), (ORANGE, "D"), (GREY, "P"))


def plot_garnet_lattice_gas(job: Job) -> None:
    """Two panels: without interactions, and tracers with them."""
    comparison, diffusion = job.table("comparison"), job.table("diffusion")
    with figure(job, 1, 2, width=6.4, height=3.0) as (_, (left, right)):
        for quantity, (colour, label) in KINDS.items():
            part = comparison[comparison["quantity"] == quantity]
            lithium = part["ions"] / CELLS
            left.errorbar(
                lithium, part["value"], part["error"], fmt="o", color=colour, ms=3.5, lw=0.8, label=f"{label}, this run"
            )
            left.plot(lithium, part["published"], "x", color=BLACK, ms=5, mew=0.8, label="_published", zorder=3)
        tracers = comparison[comparison["quantity"] == "f"]
        tracers = tracers[tracers["ions"] > 1]  # of an ion alone f is 1, but for noise
        left.plot(tracers["ions"] / CELLS, tracers["long_time_value"], "-", color=BLUE, lw=0.9, label="$f$, long times")
        left.plot([], [], "x", color=BLACK, ms=5, mew=0.8, label="Morgan (2017)")
        left.set(ylabel="correlation factor", ylim=(0, 1.12))
        left.legend(loc="lower left")
        ours = diffusion[diffusion["family"].str.startswith("garnet") & (diffusion["estimator"] == "displacement")]
        plain = ours[ours["family"] == "garnet"].sort_values("ions")
        ours, plain = ours.drop(plain.index), plain[plain["ions"] > 1]
        right.plot(plain["ions"] / CELLS, plain["tracer_correlation"], "-", color=BLUE, lw=0.9, label="none")
        other = ours.groupby(["repulsion_over_kT", "sublattice_energy_over_kT"])
        for (colour, marker), ((repulsion, energy), part) in zip(cycle(LOOKS), other, strict=False):
            terms = [rf"$V$ = {repulsion:g} kT"] * (repulsion != 0) + [f"tetrahedra at {energy:+g} kT"] * (energy != 0)
            name = ", ".join(terms).replace("-", "−")
            right.errorbar(
                part["ions"] / CELLS,
                part["tracer_correlation"],
                part["tracer_correlation_error"],
                fmt=marker,
                color=colour,
                ms=4,
                lw=0.8,
                label=name,
            )
        right.set(ylabel="$f$ at long times", ylim=(0, 1.12))
        right.legend(loc="upper right", title="interactions")
        for axis in (left, right):
            axis.set(xlabel=f"lithium ions on the {SITES} sites of a cubic cell", xlim=(-0.02 * SITES, 1.02 * SITES))
        panel_letters((left, right))


if __name__ == "__main__":
    run(plot_garnet_lattice_gas)
