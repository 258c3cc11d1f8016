"""Locate the transitions between roots of the scattering, and the states on their two sides."""

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from scripts.quasi_ion.doping_columns import MATERIAL, STATE
from scripts.quasi_ion.static_potential import conductor_of
from superion.exchange_bond_orders import bond_order_state, inter_cell_share
from superion.interstitial_bands import PHASES
from superion.ion_doping import DopingCurve, Transition, transitions

BESIDE_eV = 1e-6  # how near to the mirror image of a transition roots are counted
BEYOND_eV = np.linspace(1e-4, 0.1, 200)  # from a transition on, where the conductivity of the small root is followed

TRANSITIONS = {
    **MATERIAL,
    "mean_energy_of": Column("", "what U0 is the mean of: 'potential' or 'sites'"),
    "event": Column("", "low fold (the small root begins), equal grand potential, high fold (the large root ends)"),
    "chemical_potential_eV": Column("eV", "mu of the event"),
    "mirror_eV": Column("eV", "its mirror image about the mean site energy"),
    "roots_below_mirror": Column("", "roots just below the mirror image"),
    "roots_above_mirror": Column("", "roots just above it"),
    **{
        f"{name}_{side}": Column(column.unit, f"{column.description}, {meaning}", column.equation)
        for side, meaning in (("before", "on the large root"), ("after", "on the small root"))
        for name, column in STATE.items()
    },
    "inter_cell_share_before": Column("", "|I1/I0|: integral taken as 0 over the one kept", "Hu (2023), App. 5.1"),
    "inter_cell_share_after": Column("", "the same on the small root", "Hu (2023), App. 5.1"),
    "grand_potential_step_eV": Column("eV", "Omega of the small root less that of the large one"),
    "conductivity_decades": Column("", "log10 of the conductivity after over that before"),
    "largest_log_slope_beyond_per_eV": Column("1/eV", "largest d ln(sigma)/d(mu) on the small root beyond the event"),
}
BONDS = {
    "shallowness": Column("", "alpha of the static potential"),
    "chemical_potential_eV": Column("eV", "mu, at the mean site energy"),
    "scattering_eV": Column("eV", "|S| with one scattering for both bonds", "Hu (2023), Eq. (42)"),
    "inner_bond_eV": Column("eV", "t1: hopping inside the cell with its own exchange", "Hu (2023), App. 5.1"),
    "outer_bond_eV": Column("eV", "t2: hopping between cells with its own exchange", "Hu (2023), App. 5.1"),
    "dimerization_eV": Column("eV", "|t1 - t2|"),
}


def locate_doping_transitions(job: Job) -> None:
    """Write one row a transition, in both readings of the mean energy, and the bond orders of each conductor."""
    static = job.parameters["quasi_ion.static_potential"]
    rows, bonds = [], []
    for shallowness in static["shallownesses"]:
        for phase in PHASES:
            for reading in ("potential", "sites"):
                curve = DopingCurve(conductor_of(static, shallowness, phase, reading))
                told = {"shallowness": shallowness, "phase": phase, "mean_energy_of": reading}
                rows += [told | _row(curve, transition) for transition in transitions(curve)]
        bonds.append(_bonds(DopingCurve(conductor_of(static, shallowness)), shallowness))
    if not rows:
        job.warn("no conductor has a transition at this repulsion and temperature: the table is empty")
    for name, columns, table, description in (
        ("transitions", TRANSITIONS, rows, "Where roots of the scattering appear, end or exchange stability"),
        ("bonds", BONDS, bonds, "One scattering for both bonds beside a bond order for each"),
    ):
        job.write(name, {key: np.array([row[key] for row in table]) for key in columns}, columns, description)


def _row(curve: DopingCurve, transition: Transition) -> dict:
    mu, conductor = transition.chemical_potential_eV, curve.conductor
    sides = {"before": transition.large, "after": transition.small}
    states = {f"{name}_{side}": getattr(state, name)[0] for side, state in sides.items() for name in STATE}
    shares = {
        f"inter_cell_share_{side}": inter_cell_share(conductor, mu, state.scattering_eV[0])
        for side, state in sides.items()
    }
    mirror = 2 * conductor.middle_eV - mu
    beyond = curve.states(mu + BEYOND_eV)
    sigma = beyond.reduced_conductivity_eV[beyond.root == 0]
    return {
        "event": transition.event,
        "chemical_potential_eV": mu,
        "mirror_eV": mirror,
        "roots_below_mirror": curve.states(mirror - BESIDE_eV).point.size,
        "roots_above_mirror": curve.states(mirror + BESIDE_eV).point.size,
        **states,
        **shares,
        "grand_potential_step_eV": states["grand_potential_eV_after"] - states["grand_potential_eV_before"],
        "conductivity_decades": np.log10(
            states["reduced_conductivity_eV_after"] / states["reduced_conductivity_eV_before"]
        ),
        "largest_log_slope_beyond_per_eV": (np.diff(np.log(sigma)) / np.diff(BEYOND_eV)).max(),
    }


def _bonds(curve: DopingCurve, shallowness: float) -> dict:
    middle = curve.conductor.middle_eV
    state = bond_order_state(curve.conductor, middle)
    scattering = curve.states(middle).scattering_eV[-1]
    values = (shallowness, middle, scattering, state.inner_eV, state.outer_eV, abs(state.inner_eV - state.outer_eV))
    return dict(zip(BONDS, values, strict=True))


if __name__ == "__main__":
    run(locate_doping_transitions)
