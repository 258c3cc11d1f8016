"""Draw the hop of a vacancy: energy along its path, vibrations at both ends of the climb, the unstable mode, rates."""

import numpy as np

from pipeline.artifacts import parameters_of
from pipeline.figure_style import BLACK, BLUE, GREY, PURPLE, RED, figure, panel_letters
from pipeline.job import Job, run
from scripts.fundamentals.vacancy_hops import case_name

STATES = {"minimum": (BLUE, "minimum"), "saddle": (RED, "saddle")}
BINS = 24
LEAST_SHARE = 1e-6


def plot_transition_state(job: Job) -> None:
    """A panel each; all of the supercell that the configuration draws."""
    drawn = case_name(parameters_of(job.path("paths"))["fundamentals.transition_states"]["path"])
    tables = {name: job.table(name) for name in ("paths", "modes", "participation", "rates")}
    tables = {name: table[table["case"] == drawn] for name, table in tables.items()}
    with figure(job, 2, 2, width=6.8, height=5.0) as (_, axes):
        draw_paths(axes[0, 0], tables["paths"])
        draw_modes(axes[0, 1], tables["modes"])
        draw_participation(axes[1, 0], tables["participation"])
        draw_rates(axes[1, 1], tables["rates"])
        panel_letters(axes.flat)


def draw_paths(axis, table) -> None:
    """Energy against where the jumping atom is."""
    for neighbours, style, colour in (("stationary", (0, (3, 1.5)), GREY), ("relaxed", "-", BLACK)):
        part = table[table["neighbours"] == neighbours]
        label = f"{neighbours} neighbours"
        axis.plot(part["jumper_progress"], part["energy_epsilon"], ls=style, color=colour, label=label)
    relaxed = table[table["neighbours"] == "relaxed"]
    top = relaxed.loc[relaxed["energy_epsilon"].idxmax()]
    axis.plot(relaxed["jumper_progress"].iloc[[0, -1]], relaxed["energy_epsilon"].iloc[[0, -1]], "o", color=BLUE)
    axis.plot(top["jumper_progress"], top["energy_epsilon"], "o", color=RED)
    axis.annotate(
        rf"$E_m$ = {top['energy_epsilon']:.3f} $\epsilon$",
        (top["jumper_progress"], top["energy_epsilon"]),
        xytext=(0, -11),
        textcoords="offset points",
        ha="center",
        fontsize=7,
    )
    highest = table["energy_epsilon"].max()
    axis.set(xlabel="jumping atom along the hop", ylabel=r"energy ($\epsilon$)", ylim=(-0.02 * highest, 1.3 * highest))
    axis.legend(loc="upper left")


def draw_modes(axis, table) -> None:
    """Histograms of both spectra, the unstable mode apart at an imaginary frequency."""
    stable = table[table["stable"]]
    edges = np.linspace(0, 1.02 * stable["frequency_per_tau"].max(), BINS + 1)
    for state, (colour, label) in STATES.items():
        values = stable.loc[stable["state"] == state, "frequency_per_tau"]
        axis.stairs(np.histogram(values, edges)[0], edges, color=colour, lw=1.2, label=f"{label}, {len(values)} modes")
    unstable = table.loc[~table["stable"], "frequency_per_tau"].item()
    axis.plot([-unstable, -unstable], [0, 1], color=RED, lw=1.2)
    axis.plot(-unstable, 1, "o", color=RED)
    axis.annotate(
        f"unstable mode\n{unstable:.2f}i",
        (-unstable, 1),
        xytext=(0, 5),
        textcoords="offset points",
        ha="center",
        fontsize=7,
    )
    axis.axvline(0, color=GREY, lw=0.6)
    axis.set(xlabel=r"frequency ($1/\tau$)", ylabel="modes in an interval", xlim=(-2.3 * unstable, 1.05 * edges[-1]))
    axis.set_ylim(0, 1.35 * axis.get_ylim()[1])
    axis.set_xticks([tick for tick in axis.get_xticks() if 0 <= tick <= edges[-1]])
    axis.legend(loc="upper right")


def draw_participation(axis, table) -> None:
    """Shares of the atoms in the unstable mode against their distance."""
    seen = table[table["share"] > LEAST_SHARE]
    for role, colour in (("neighbour", BLUE), ("jumping atom", RED)):
        part = seen[seen["role"] == role]
        axis.semilogy(part["distance_sigma"], part["share"], "o", color=colour, label=role, alpha=0.8, mew=0)
    jumper = table[table["role"] == "jumping atom"].iloc[0]
    axis.annotate(
        f"{100 * jumper['share']:.1f} %",
        (jumper["distance_sigma"], jumper["share"]),
        xytext=(6, -3),
        textcoords="offset points",
        fontsize=7,
    )
    axis.set(xlabel=r"distance of the site from the middle of the hop ($\sigma$)", ylabel="share of the unstable mode")
    axis.set(ylim=(LEAST_SHARE, 3), xlim=(0, None))
    axis.legend(loc="upper right")


def draw_rates(axis, table) -> None:
    """Rate of one direction against inverse temperature."""
    inverse = 100 / table["temperature_K"]
    axis.semilogy(inverse, table["classical_rate_Hz"], color=BLACK, ls=(0, (3, 1.5)), label="classical vibrations")
    axis.semilogy(inverse, table["quantum_rate_Hz"], color=BLUE, label="quantized vibrations")
    above = table[table["status"] == "ok"]
    tunnelling = above["quantum_rate_Hz"] * above["tunnelling"]
    axis.semilogy(100 / above["temperature_K"], tunnelling, color=PURPLE, ls=":", label="and tunnelling")
    warm = table["temperature_K"] >= 0.2 * table["temperature_K"].max()
    axis.set(xlabel="100 K / temperature", ylabel="rate of a hop (1/s)", xlim=(0, inverse[warm].max()))
    low = table.loc[warm, "quantum_rate_Hz"].min()
    axis.set_ylim(low / 3, 30 * table["classical_rate_Hz"].max())
    axis.legend(loc="upper right")


if __name__ == "__main__":
    run(plot_transition_state)
