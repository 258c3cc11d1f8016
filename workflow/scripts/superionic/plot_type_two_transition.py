"""Draw Fig. 4(b), (c): polarization, conductivity and activation energy through the type-II transition."""

from pipeline.figure_style import BLUE, GREY, PALETTE, RED, figure, panel_letters
from pipeline.job import Job, run
from scripts.superionic.readings import COMBINED


def plot_type_two_transition(job: Job) -> None:
    """Three panels at the weakest couplings of the configuration, below the type-I threshold."""
    fields, branches = job.table("mean_fields"), job.table("branches")
    couplings = sorted(fields["concerted_coupling_eV"].unique())[:2]
    shown = couplings[-1]
    with figure(job, 1, 3, width=7.2, height=2.5) as (_, (left, middle, right)):
        part = branches[(branches["concerted_coupling_eV"] == shown) & (branches["root"] == "lower")]
        for sign, label in ((1, r"stable $\pm\gamma$"), (-1, None)):
            line = part[part["stable"] & (sign * part["polarization"] >= 0)]
            left.plot(line["reduced_temperature"], line["polarization"], color=BLUE, label=label)
        unstable = part[~part["stable"]]
        left.plot(
            unstable["reduced_temperature"], unstable["polarization"], color=RED, ls=":", label=r"unstable $\gamma = 0$"
        )
        left.set(xlabel=r"temperature $T/T_\mathrm{p}$", ylabel=r"polarization $\gamma$", ylim=(-1.08, 1.08))
        left.legend(loc="upper right")
        for coupling, colour, dashes in zip(couplings, PALETTE, ("--", "-"), strict=False):
            line = fields[(fields["concerted_coupling_eV"] == coupling) & (fields["reading"] == COMBINED)]
            label = rf"$M_0$ = {coupling:g} eV"
            middle.plot(
                1 / line["reduced_temperature"], line["reduced_conductivity"], dashes, color=colour, label=label
            )
            for side, name in ((line["reduced_temperature"] < 1, label), (line["reduced_temperature"] >= 1, None)):
                part = line[side]
                right.plot(part["reduced_temperature"], part["activation_energy_eV"], dashes, color=colour, label=name)
        middle.set(
            yscale="log",
            xlabel=r"inverse temperature $T_\mathrm{p}/T$",
            ylabel=r"$\sigma T$ ($Z^2a^2/4V\tau k_\mathrm{B}$)",
        )
        right.set(xlabel=r"temperature $T/T_\mathrm{p}$", ylabel="local activation energy (eV)")
        for axis in (middle, right):
            axis.axvline(1, color=GREY, lw=0.8, zorder=0)
            axis.legend()
        panel_letters((left, middle, right))


if __name__ == "__main__":
    run(plot_type_two_transition)
