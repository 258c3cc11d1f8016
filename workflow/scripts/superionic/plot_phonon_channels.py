"""Draw Fig. 2 as data: densities in each phonon channel and on average, and the escape rate against the time window."""

from pipeline.figure_style import BLACK, GREY, PALETTE, figure, panel_letters
from pipeline.job import Job, run

STYLES = {"floor": "-", "random": "--"}


def plot_phonon_channels(job: Job) -> None:
    """Three panels: evolution, rates at low and at high temperature."""
    rates, evolution = job.table("rates"), job.table("evolution")
    energies = sorted(rates["thermal_energy_eV"].unique())
    with figure(job, 1, 1 + len(energies), width=7.2, height=2.5) as (_, axes):
        here = evolution[(evolution["site_index"] == 0) & (evolution["phases"] == "floor")]
        for (channel, part), colour in zip(here.groupby("channel", sort=False), PALETTE, strict=False):
            is_average = channel == "average"
            axes[0].plot(
                part["time_ps"],
                part["density"],
                color=BLACK if is_average else colour,
                lw=1.8 if is_average else 1,
                label=channel,
            )
        smooth = evolution[(evolution["site_index"] == 0) & (evolution["phases"] == "random")]
        smooth = smooth[smooth["channel"] == "average"]
        axes[0].plot(smooth["time_ps"], smooth["density"], color=BLACK, ls=":", label="average, random phases")
        axes[0].set(xlabel="time (ps)", ylabel="density on the first site", ylim=(0, 1.02))
        axes[0].legend(loc="lower left")
        site = rates["site"].iloc[0]
        chosen = rates[(rates["variant"] == "all modes") & (rates["site"] == site)]
        for axis, kt in zip(axes[1:], energies, strict=True):
            part = chosen[chosen["thermal_energy_eV"] == kt]
            for phases, label in (("floor", "kicks as printed"), ("random", "random phases")):
                line = part[part["phases"] == phases]
                axis.plot(line["duration_ps"], line["escape_rate_per_ps"], STYLES[phases], label=label)
            line = part[part["phases"] == "floor"]
            axis.plot(line["duration_ps"], line["initial_rate_per_ps"], color=GREY, lw=0.9, zorder=0)
            late = line[line["saturated_rate_per_ps"] < 3 * line["initial_rate_per_ps"]]
            axis.plot(late["duration_ps"], late["saturated_rate_per_ps"], color=GREY, lw=0.9, ls=":", zorder=0)
            top = line["initial_rate_per_ps"].iloc[0]
            axis.set(xscale="log", yscale="log", xlabel=r"time window $\tau$ (ps)", ylim=(top * 1e-5, top * 6))
            axis.set_ylabel(rf"escape rate from {site} (ps$^{{-1}}$)")
            axis.text(0.97, 0.96, rf"$k_\mathrm{{B}}T$ = {kt:g} eV", transform=axis.transAxes, ha="right", va="top")
        axes[1].plot([], [], color=GREY, lw=0.9, label=r"$\frac{1}{N}\sum_m \nu_m R_m$")
        axes[1].plot([], [], color=GREY, lw=0.9, ls=":", label=r"$(1-P_{ii}^\mathrm{eq})/\tau$")
        axes[1].legend(loc="lower left", bbox_to_anchor=(0.19, 0), fontsize=6.5, borderpad=0.1)
        panel_letters(axes)


if __name__ == "__main__":
    run(plot_phonon_channels)
