"""Sweep the chemical potential of mobile ions: every root of the scattering by their repulsion."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from scripts.quasi_ion.doping_columns import MATERIAL, STATE
from scripts.quasi_ion.static_potential import conductor_of
from superion.interstitial_bands import PHASES
from superion.ion_doping import RULES, DopingCurve, selected, transitions

CLOSE_eV = 1e-9  # how near to a transition the states on its two sides are taken

STATES = {
    **MATERIAL,
    "chemical_potential_eV": Column("eV", "mu"),
    "root": Column("", "0 for the smallest |S| at that mu, and so on"),
    **STATE,
    "residual_eV": Column("eV", "|S| less the right side of its equation", "Hu (2023), Eq. (42)"),
    **{rule: Column("", f"whether the rule '{rule}' selects this root") for rule in RULES},
    "phase_matches": Column("", "whether the phase may go with this root", "Hu (2023), Eq. (44)"),
}


def sweep_doping(job: Job) -> None:
    """Write every root on the grid of chemical potentials, with points on both sides of each transition."""
    static, settings = job.parameters["quasi_ion.static_potential"], job.parameters["quasi_ion.doping"]
    blocks = []
    for shallowness in static["shallownesses"]:
        curves = {phase: DopingCurve(conductor_of(static, shallowness, phase)) for phase in PHASES}
        events = [event.chemical_potential_eV for curve in curves.values() for event in transitions(curve)]
        middle = next(iter(curves.values())).conductor.middle_eV
        # The middle of the bands belongs to the sweep, and the way from there to the grid.
        spacing, step = settings["chemical_potential_eV"], _step(settings["chemical_potential_eV"])
        way = np.r_[np.arange(spacing["start"], middle, -step)[1:], np.arange(spacing["stop"], middle, step)[1:]]
        # Both phases on one grid, so that their grand potentials can be compared point by point.
        marked = [middle, *way, *(mu + shift for mu in events for shift in (-CLOSE_eV, CLOSE_eV))]
        chemical_potentials = grid(settings["chemical_potential_eV"], marked)
        for phase, curve in curves.items():
            states = curve.states(chemical_potentials)
            size = states.point.size
            blocks.append(
                {
                    "shallowness": np.full(size, shallowness),
                    "phase": np.full(size, phase),
                    "chemical_potential_eV": states.chemical_potential_eV,
                    "root": states.root,
                    **{name: getattr(states, name) for name in (*STATE, "residual_eV")},
                    **{rule: selected(states, rule) for rule in RULES},
                    "phase_matches": states.consistent,
                }
            )
    job.write("states", stack(blocks), STATES, "Roots of the scattering by repulsion, Figs. 4, 9, 10")


def _step(spacing: dict) -> float:
    return (spacing["stop"] - spacing["start"]) / (spacing["count"] - 1)


if __name__ == "__main__":
    run(sweep_doping)
