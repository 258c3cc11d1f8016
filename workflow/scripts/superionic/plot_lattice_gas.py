"""Draw the mean field beside the exact lattice gas behind it."""

from pipeline.figure_style import BLACK, GREEN, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run

CURVES = {"mean field": (RED, "--"), "Bragg-Williams": (PURPLE, ":"), "Bethe": (GREEN, "-."), "exact": (BLACK, "-")}


def plot_lattice_gas(job: Job) -> None:
    """Three panels: order parameter and critical temperature of the honeycomb, conductivity of the chain."""
    chain, order, critical = job.table("chain"), job.table("order"), job.table("critical")
    with figure(job, 1, 3, width=7.2, height=2.6) as (_, (left, middle, right)):
        for name, (colour, dashes) in CURVES.items():
            part = order[order["approximation"] == name]
            left.plot(part["reduced_temperature"], part["polarization"], dashes, color=colour, label=name)
            part = critical[critical["approximation"].str.startswith(name)]
            first = part[part["approximation"] == part["approximation"].iloc[0]]
            if name == "exact":
                middle.plot(first["filling"], first["critical_temperature"], "*", color=colour, ms=9, label=name)
            else:
                middle.plot(first["filling"], first["critical_temperature"], dashes, color=colour, label=name)
        left.set(
            xlabel=r"temperature $k_\mathrm{B}T/K_0$",
            ylabel=r"polarization $\gamma$, honeycomb, $n_0$ = 1",
            ylim=(0, 1.04),
        )
        left.legend(loc="upper right", bbox_to_anchor=(1.06, 1.0))
        middle.set(xlabel=r"filling $n_0$", ylabel=r"critical $k_\mathrm{B}T/K_0$, honeycomb", ylim=(0, 1.02))
        middle.legend(loc="upper left")
        for column, colour, dashes, label in (
            ("conductivity_factor_mean_field", RED, "--", "mean field"),
            ("conductivity_factor_exact", BLACK, "-", "exact"),
        ):
            right.plot(1 / chain["reduced_temperature"], chain[column], dashes, color=colour, label=label)
        right.set(
            yscale="log",
            xlabel=r"inverse temperature $K_0/k_\mathrm{B}T$",
            xlim=(0.8, 8),
            ylim=(3e-4, 1),
            ylabel=r"$e^{\Lambda_0/k_\mathrm{B}T}P_0(1-\gamma^2)$, chain",
        )
        right.legend(loc="lower left")
        panel_letters((left, middle, right))


if __name__ == "__main__":
    run(plot_lattice_gas)
