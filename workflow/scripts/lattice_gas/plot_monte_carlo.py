"""Draw lattice gases by Monte Carlo: against the filling, and in standard errors from what is exact."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

QUANTITIES = {
    "tracer_correlation": (BLUE, "o", "$f$"),
    "charge_correlation": (RED, "s", r"$f_\mathrm{I}$"),
    "haven_ratio": (GREEN, "^", r"$H_\mathrm{R}$"),
    "tracer_D": (PURPLE, "v", "$D^*$"),
    "charge_D": (ORANGE, "D", r"$D_\sigma$"),
}

ROUNDING = 1e-10  # relative error below which an estimator has no noise


def plot_monte_carlo(job: Job) -> None:
    """Two panels: correlation factors of the simple cubic lattice, and deviations from exact values."""
    diffusion, comparison = job.table("diffusion"), job.table("comparison")
    plain = (diffusion["repulsion_over_kT"] == 0) & (diffusion["push_rate"] == 0) & (diffusion["exchange_rate"] == 0)
    cubic = diffusion[plain & (diffusion["lattice"] == "simple_cubic") & (diffusion["estimator"] == "displacement")]
    cubic = cubic[cubic["sites"] == cubic["sites"].max()].sort_values("filling")
    with figure(job, 1, 2, width=6.4, height=2.8) as (_, (left, right)):
        for name in ("tracer_correlation", "charge_correlation", "haven_ratio"):
            colour, marker, label = QUANTITIES[name]
            left.errorbar(
                cubic["filling"],
                cubic[name],
                cubic[f"{name}_error"],
                fmt=marker,
                color=colour,
                ms=4,
                lw=0.8,
                label=label,
            )
        left.axhline(1, color=BLACK, lw=0.8)
        if cubic.empty:
            left.text(0.5, 0.5, "no run without interactions", transform=left.transAxes, ha="center")
        left.set(xlabel="ions a site, simple cubic", ylabel="correlation factors", xlim=(0, 1.02), ylim=(0.5, 1.1))
        left.legend(loc="lower left")
        noisy = comparison[comparison["relative_error"] > ROUNDING]
        for name, (colour, marker, label) in QUANTITIES.items():
            part = noisy[noisy["quantity"] == name]
            if len(part):
                right.plot(100 * part["relative_error"], part["deviation"], marker, color=colour, ms=4, label=label)
        for level in (-3, 0, 3):
            right.axhline(level, color=BLACK, lw=0.8, ls="-" if level == 0 else (0, (3, 1.5)))
        reach = max([3.6, *(1.1 * np.abs(noisy["deviation"]))])
        right.set(xlabel="relative standard error (%)", ylabel="deviation from exact, in standard errors", xscale="log")
        right.set_ylim(-reach, 1.6 * reach)
        right.legend(loc="upper left", ncols=3)
        panel_letters((left, right))


if __name__ == "__main__":
    run(plot_monte_carlo)
