"""Draw Fig. 3(c): eigenvalue of the '+' branch in a field, its decay rate and its frequency."""

import numpy as np

from pipeline.figure_style import BLACK, BLUE, RED, figure, panel_letters
from pipeline.job import Job, run


def plot_dispersion(job: Job) -> None:
    """Three panels: both parts of the eigenvalue as printed, and what they mean."""
    spectrum = job.table("spectrum")
    plus = spectrum[spectrum["branch"] == 0]
    ka = plus["wave_vector_x"]
    with figure(job, 1, 3, width=7.2, height=2.4) as (_, axes):
        for axis, column, label, colour in (
            (axes[0], "eigenvalue_real", r"Re $p_{k,+}$", BLUE),
            (axes[1], "eigenvalue_imaginary", r"Im $p_{k,+}$", RED),
        ):
            axis.plot(ka, plus[column], color=colour)
            axis.set_ylabel(label)
        if (spectrum["status"] != "ok").any():
            axes[0].text(
                0.5,
                0.06,
                "parameters of no\nstochastic matrix",
                transform=axes[0].transAxes,
                ha="center",
                fontsize=6.5,
                style="italic",
            )
        axes[2].plot(ka, plus["decay_rate_per_step"], color=BLUE, label=r"decay rate $\kappa\tau$")
        axes[2].plot(ka, plus["frequency_per_step"], color=RED, ls="--", label=r"frequency $\omega\tau$")
        slope = plus.loc[ka.abs().idxmin(), "group_velocity_x"]
        near = np.abs(ka) < 1.3
        axes[2].plot(ka[near], slope * ka[near], color=BLACK, lw=0.7, label=rf"$\omega = vk$, $v\tau/a$ = {slope:.4f}")
        axes[2].set_ylabel("rate per time step")
        axes[2].set_ylim(top=2 * plus["decay_rate_per_step"].max())
        axes[2].legend(loc="upper center")
        for axis in axes:
            axis.set_xlabel(r"wave number $ka$")
            axis.set_xticks([-np.pi, 0, np.pi], [r"$-\pi$", "0", r"$\pi$"])
        panel_letters(axes)


if __name__ == "__main__":
    run(plot_dispersion)
