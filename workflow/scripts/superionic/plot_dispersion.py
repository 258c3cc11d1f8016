"""Draw Fig. 3(c): eigenvalue of the '+' branch in a field, its decay rate and its frequency."""

import numpy as np

from pipeline.figure_style import BLUE, GREY, RED, figure, panel_letters
from pipeline.job import Job, run


def plot_dispersion(job: Job) -> None:
    """Two panels: the eigenvalue as printed, and what it means."""
    spectrum = job.table("spectrum")
    plus = spectrum[spectrum["branch"] == 0]
    ka = plus["wave_vector_x"]
    flagged = (spectrum["status"] != "ok").any()
    with figure(job, 1, 2, width=5.6, height=2.5) as (_, (left, right)):
        left.plot(ka, plus["eigenvalue_real"], color=BLUE, label=r"Re $p_{k,+}$")
        left.plot(ka, plus["eigenvalue_imaginary"], color=RED, ls="--", label=r"Im $p_{k,+}$")
        left.set_ylabel(r"eigenvalue $p_{k,+}$")
        left.legend(loc="center", bbox_to_anchor=(0.5, 0.62))
        if flagged:
            left.text(
                0.5,
                0.3,
                "caption parameters:\nnot a stochastic matrix",
                transform=left.transAxes,
                ha="center",
                fontsize=6.5,
                style="italic",
            )
        right.plot(ka, plus["decay_rate_per_step"], color=BLUE, label=r"decay rate $\kappa\tau$")
        right.plot(ka, plus["frequency_per_step"], color=RED, ls="--", label=r"frequency $\omega\tau$")
        slope = plus.loc[(ka - 0).abs().idxmin(), "group_velocity_x"]
        near = np.abs(ka) < 0.9
        right.plot(
            ka[near],
            slope * ka[near],
            color=GREY,
            lw=1,
            zorder=0,
            label=rf"drift: $\omega = vk$, $v\tau/a$ = {slope:.4f}",
        )
        right.set_ylabel("rate per time step")
        right.legend(loc="upper center", bbox_to_anchor=(0.5, 1.0))
        right.set_ylim(top=1.9 * plus["decay_rate_per_step"].max())
        for axis in (left, right):
            axis.set_xlabel(r"wave number $ka$")
            axis.set_xticks([-np.pi, 0, np.pi], [r"$-\pi$", "0", r"$\pi$"])
        panel_letters((left, right))


if __name__ == "__main__":
    run(plot_dispersion)
