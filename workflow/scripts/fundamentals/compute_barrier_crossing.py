"""Compute how an ion crosses the barriers of a periodic potential: rates, diffusion at any friction, unstable modes."""

from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from pipeline.artifacts import Column
from pipeline.grids import grid
from pipeline.job import Job, run
from superion.barrier_crossing import (
    bridged_diffusion,
    energy_diffusion,
    harmonic_energy_above,
    kramers_transmission,
    overdamped_diffusion,
    probability_above_barrier,
    transition_state_diffusion,
    transition_state_over_vineyard,
    transition_state_rate,
    unstable_fraction,
    vineyard_rate,
)
from superion.klein_kramers import ExactDiffusion, exact_diffusion
from superion.periodic_potentials import COSINE, PeriodicPotential, reduced_time_ps
from superion.units import inverse_thermal_energy_per_eV

CHAPTER = "textbook chapter, 'The Kinetics of Ionic Motion'"
UNITS = "; reduced units: lengths a/2pi, energies kT, masses m"
STATUS = Column("", "'ok', or 'not converged': the largest basis did not do")
BARRIER = Column("", "E/kT: height of the barrier over the thermal energy")
FRICTION = Column("", "gamma (a/2pi) sqrt(m/kT): friction rate gamma" + UNITS)
RATES = {
    "reduced_barrier": BARRIER,
    "transition_state_rate": Column("", "exact classical rate k of one direction" + UNITS, CHAPTER),
    "vineyard_rate": Column("", "its harmonic approximation nu exp(-E/kT)" + UNITS, "Vineyard 1957"),
    "exact_over_vineyard": Column("", "ratio of the two"),
    "probability_above_barrier": Column("", "probability that the energy of the ion exceeds the barrier"),
    "above_over_boltzmann": Column("", "the same over exp(-E/kT)", CHAPTER),
    "unstable_fraction": Column("", "f_u: share of configurations with negative curvature", "Xu et al."),
}
TURNOVER = {
    "reduced_barrier": BARRIER,
    "reduced_friction": FRICTION,
    "diffusion": Column("", "D of the Klein-Kramers equation" + UNITS, "Risken, Ch. 11"),
    "transmission": Column("", "D/(a^2 k): diffusion over that of transition state theory"),
    "kramers_transmission": Column("", "recrossing of a parabolic top", "Kramers 1940"),
    "energy_diffusion_transmission": Column("", "limit of low friction over a^2 k", "Kramers 1940"),
    "bridged_transmission": Column("", "approximation at any friction over a^2 k", "Mel'nikov and Meshkov 1986"),
    "overdamped_transmission": Column("", "limit of high friction over a^2 k", "Lifson and Jackson 1962"),
    "relative_change": Column("", "of D from the last basis but one", optional=True),
    "hermite_orders": Column("", "Hermite orders of the last basis"),
    "harmonics": Column("", "its highest harmonic"),
    "status": STATUS,
}
UNSTABLE = {
    "reduced_barrier": BARRIER,
    "reduced_friction": FRICTION,
    "unstable_fraction": Column("", "f_u: share of configurations with negative curvature", "Xu et al."),
    "diffusion": Column("", "D of the Klein-Kramers equation" + UNITS, "Risken, Ch. 11"),
    "exponent": Column("", "d ln D/d ln f_u to the next barrier; empty at the last", optional=True),
    "status": STATUS,
}
HOPS = {
    "temperature_K": Column("K", "temperature"),
    "reduced_barrier": BARRIER,
    "reduced_friction": FRICTION,
    "transition_state_rate_per_s": Column("1/s", "exact classical rate of one direction", CHAPTER),
    "vineyard_rate_per_s": Column("1/s", "nu exp(-E/kT)", "Vineyard 1957"),
    "hop_rate_per_s": Column("1/s", "D/a^2: transition state rate times the transmission"),
    "diffusion_cm2_per_s": Column("cm^2/s", "D of the Klein-Kramers equation"),
    "status": STATUS,
}
VALUES = {
    "quantity": Column("", "what"),
    "case": Column("", "of which barrier, friction or number of modes"),
    "value": Column("in the column unit", "its value"),
    "unit": Column("", "unit of the value"),
    "equation": Column("", "where it comes from"),
}
Row = tuple[str, str, float, str, str]


def compute_barrier_crossing(job: Job) -> None:
    """Write rates, the turnover with friction, D against unstable configurations, rates in SI, and spot values."""
    settings = job.parameters["fundamentals.barrier_crossing"]
    potential = PeriodicPotential(tuple(settings["potential"]["cosines"]), tuple(settings["potential"]["sines"]))
    barriers = grid(settings["reduced_barrier"], settings["marked_barriers"])
    job.write("rates", _rates(barriers, potential), RATES, "Rates over the barriers of a periodic potential")
    turnover = _turnover(settings, potential)
    job.write("turnover", turnover, TURNOVER, "Diffusion in a periodic potential at any friction")
    unstable = _unstable(settings, potential)
    job.write("unstable", unstable, UNSTABLE, "Diffusion against the share of unstable configurations")
    hops = _hops(settings, potential)
    job.write("hops", hops, HOPS, "Hop rates of an ion in a periodic potential")
    for name, table in {"turnover": turnover, "unstable": unstable, "hops": hops}.items():
        if (bad := table["status"] != "ok").any():
            job.warn(f"D has not converged in {int(bad.sum())} of {bad.size} rows of {name}: the friction is too low")
    rows = [*_spot_rows(settings, potential), *_ion_rows(settings, potential)]
    values = {name: np.array(column) for name, column in zip(VALUES, zip(*rows, strict=True), strict=True)}
    job.write("values", values, VALUES, "Spot values of barrier crossing")


def _rates(barriers: np.ndarray, potential: PeriodicPotential) -> dict[str, np.ndarray]:
    above = probability_above_barrier(barriers, potential)
    return {
        "reduced_barrier": barriers,
        "transition_state_rate": transition_state_rate(barriers, potential),
        "vineyard_rate": vineyard_rate(barriers, potential),
        "exact_over_vineyard": transition_state_over_vineyard(barriers, potential),
        "probability_above_barrier": above,
        "above_over_boltzmann": above * np.exp(barriers),
        "unstable_fraction": unstable_fraction(barriers, potential),
    }


def _turnover(settings: Mapping, potential: PeriodicPotential) -> dict[str, np.ndarray]:
    own = settings["turnover"]
    frictions = grid(own["reduced_friction"], own["marked_frictions"], logarithmic=True)
    b, g = (part.ravel() for part in np.meshgrid(own["reduced_barriers"], frictions, indexing="ij"))
    exact = exact_diffusion(b, g, potential, tolerance=settings["tolerance"])
    unit = transition_state_diffusion(b, potential)
    return {
        "reduced_barrier": b.astype(float),
        "reduced_friction": g,
        "diffusion": exact.diffusion,
        "transmission": exact.diffusion / unit,
        "kramers_transmission": kramers_transmission(b, g, potential),
        "energy_diffusion_transmission": energy_diffusion(b, g, potential) / unit,
        "bridged_transmission": bridged_diffusion(b, g, potential) / unit,
        "overdamped_transmission": overdamped_diffusion(b, g, potential) / unit,
        "relative_change": exact.change,
        "hermite_orders": exact.orders,
        "harmonics": exact.harmonics,
        "status": exact.status,
    }


def _unstable(settings: Mapping, potential: PeriodicPotential) -> dict[str, np.ndarray]:
    own = settings["unstable_modes"]
    barriers = grid(own["reduced_barrier"], own["marked_barriers"])
    b, g = np.meshgrid(barriers, np.array(own["reduced_frictions"], float))
    exact = exact_diffusion(b, g, potential, tolerance=settings["tolerance"])
    share = unstable_fraction(b, potential)
    exponent = np.full(b.shape, np.nan)
    exponent[:, :-1] = np.diff(np.log(exact.diffusion)) / np.diff(np.log(share))
    columns = (b, g, share, exact.diffusion, exponent, exact.status)
    return {name: column.ravel() for name, column in zip(UNSTABLE, columns, strict=True)}


def _hops(settings: Mapping, potential: PeriodicPotential) -> dict[str, np.ndarray]:
    ion = settings["ion"]
    temperature = grid(settings["temperature_K"])
    b, g, time_ps = _reduced(ion, temperature)
    exact = exact_diffusion(b, g, potential, tolerance=settings["tolerance"])
    per_s = 1e12 / time_ps
    area_cm2 = (ion["period_A"] / (2 * np.pi) * 1e-8) ** 2
    return {
        "temperature_K": temperature,
        "reduced_barrier": b,
        "reduced_friction": g,
        "transition_state_rate_per_s": transition_state_rate(b, potential) * per_s,
        "vineyard_rate_per_s": vineyard_rate(b, potential) * per_s,
        "hop_rate_per_s": exact.diffusion / (2 * np.pi) ** 2 * per_s,
        "diffusion_cm2_per_s": exact.diffusion * area_cm2 * per_s,
        "status": exact.status,
    }


def _reduced(ion: Mapping, temperature: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reduced barrier and friction of the ion, and the unit of time in ps."""
    time_ps = reduced_time_ps(ion["period_A"], ion["mass_u"], temperature)
    return ion["barrier_eV"] * inverse_thermal_energy_per_eV(temperature), ion["friction_per_ps"] * time_ps, time_ps


def _spot_rows(settings: Mapping, potential: PeriodicPotential) -> Iterator[Row]:
    """Values at marked barriers and frictions."""
    yield "potential_is_cosine", "", float(potential == COSINE), "", ""
    marked, frictions = settings["marked_barriers"], settings["turnover"]["marked_frictions"]
    for b in marked:
        case = f"E/kT = {b:g}"
        yield "exact_over_vineyard", case, float(transition_state_over_vineyard(b, potential)), "", CHAPTER
        above = float(probability_above_barrier(b, potential) * np.exp(b))
        yield "above_barrier_over_boltzmann", case, above, "", CHAPTER
        yield "unstable_fraction", case, float(unstable_fraction(b, potential)), "", "Xu et al."
        for modes in settings["harmonic_modes"]:
            ratio = float(harmonic_energy_above(b, modes) * np.exp(b))
            yield "harmonic_energy_over_boltzmann", f"{case}, {modes} modes", ratio, "", CHAPTER
    pairs = list(product(marked, frictions))
    exact = exact_diffusion(*np.array(pairs, float).T, potential, tolerance=settings["tolerance"])
    for (b, g), value in zip(pairs, _converged(exact), strict=True):
        case = f"E/kT = {b:g}, friction {g:g}"
        unit = float(transition_state_diffusion(b, potential))
        yield "diffusion", case, value, "", "Risken, Ch. 11"
        yield "transmission", case, value / unit, "", "D/(a^2 k)"
        yield "kramers_transmission", case, float(kramers_transmission(b, g, potential)), "", "Kramers 1940"
        bridged = float(bridged_diffusion(b, g, potential)) / value
        yield "bridged_over_exact", case, bridged, "", "Mel'nikov and Meshkov 1986"
        yield "overdamped_over_exact", case, float(overdamped_diffusion(b, g, potential)) / value, "", "Lifson 1962"


def _ion_rows(settings: Mapping, potential: PeriodicPotential) -> Iterator[Row]:
    """The ion in SI units, how D follows the share of unstable configurations, and two quoted coefficients."""
    ion = settings["ion"]
    b, _, time_ps = _reduced(ion, np.array([300.0]))
    attempt = float((vineyard_rate(b, potential) * np.exp(b) / time_ps)[0])
    yield "attempt_frequency", "ion", attempt, "THz", "Vineyard 1957"
    own = settings["unstable_modes"]
    low, high = own["exponent_between"]
    for g in own["reduced_frictions"]:
        first, last = _converged(exact_diffusion([low, high], g, potential, tolerance=settings["tolerance"]))
        shares = unstable_fraction([low, high], potential)
        case = f"E/kT = {low:g} to {high:g}, friction {g:g}"
        yield "unstable_exponent", case, float(np.log(last / first) / np.log(shares[1] / shares[0])), "", "Xu et al."
    quoted = settings["quoted_diffusion"]
    ratio = quoted["with_vacancies_cm2_per_s"] / quoted["pristine_cm2_per_s"]
    yield "quoted_diffusion_ratio", "", ratio, "", "Xu et al."
    thermal = float(1 / inverse_thermal_energy_per_eV(quoted["temperature_K"]))
    yield "barrier_change_of_that_ratio", "", float(thermal * np.log(ratio)), "eV", "kT ln ratio"


def _converged(exact: ExactDiffusion) -> list[float]:
    if (exact.status != "ok").any():
        raise ValueError("marked barriers and frictions: D has not converged at one of them; choose a higher friction")
    return exact.diffusion.tolist()


if __name__ == "__main__":
    run(compute_barrier_crossing)
