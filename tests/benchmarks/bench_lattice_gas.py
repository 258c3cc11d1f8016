"""Hops a second of lattice gases, beside lattice_mc on the same work; cost against size; both cores.

lattice_mc is no dependency of the project: to have it measured as well, install it beside, `uv pip install lattice_mc`.
"""

from __future__ import annotations

import importlib
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from stopwatch import duration, median_times, print_table

import superion

LENGTHS = (10, 16, 32, 64)
REPULSIONS = (0.5, 1.0, 1.5, 2.0)
SCHEMES = ("pick moves", "draw moves")
REPEATS = 5


def motion_of(length: int, ions: int, scheme: str, repulsion: float = 0.0, moves: float = 2.0):
    """A motion, equilibrated, and the time in which its ions make a number of moves of all."""
    gas = superion.LatticeGas(superion.simple_cubic().repeat(length), ions, repulsion_over_kT=repulsion)
    motion = superion.LatticeGasMotion(gas, np.random.SeedSequence(1), scheme)
    return motion, motion.equilibrate(moves) * ions


def rates(cases: dict[str, tuple], moves: float) -> dict[str, float]:
    """Moves a second of each case; the cases take turns."""
    counted = dict.fromkeys(cases, 0.0)
    calls = {}
    for name, (motion, frequency) in cases.items():

        def call(motion=motion, time=moves / frequency, name=name) -> None:
            counted[name] = float(motion.run(np.array([time]))["moves"][0])

        call()
        calls[name] = call
    times = median_times(calls, REPEATS)
    return {name: counted[name] / times[name] for name in cases}


def exclusion_alone() -> dict[str, float]:
    cases = {"half filling": motion_of(10, 500, "pick ions"), "one vacancy": motion_of(10, 999, "pick ions")}
    found = rates(cases, 3e7)
    print("Simple cubic, 10 cells along each edge, exclusion alone, one core")
    rows = [("", "hops/s", "lattice_mc", "ratio")]
    for name, ions, hops in (("half filling", 500, 100), ("one vacancy", 999, 1000)):
        theirs = lattice_mc_rate(ions, hops)
        told = (f"{theirs:.3g}", f"{found[name] / theirs:.3g}") if theirs else ("not installed", "")
        rows.append((name, f"{found[name]:.3g}", *told))
    print_table(rows)
    return found


def lattice_mc_rate(ions: int, hops: int) -> float | None:
    """Hops a second of lattice_mc on the same lattice, or None where it is not installed."""
    try:
        init_lattice = importlib.import_module("lattice_mc.init_lattice")
        simulation = importlib.import_module("lattice_mc.simulation").Simulation()
    except ImportError:
        return None
    simulation.lattice = init_lattice.cubic_lattice(10, 10, 10, 1.0)
    simulation.set_number_of_atoms(ions)
    simulation.set_number_of_equilibration_jumps(10)
    simulation.set_number_of_jumps(hops)
    start = time.perf_counter()
    simulation.run()
    return (hops + 10) / (time.perf_counter() - start)


def sizes() -> None:
    print("\nHalf filling against the size of the piece")
    cases = {str(length): motion_of(length, length**3 // 2, "pick ions", moves=1) for length in LENGTHS}
    found = rates(cases, 2e7)
    print_table([("cells", "hops/s"), *((name, f"{rate:.3g}") for name, rate in found.items())])


def repulsion() -> None:
    print("\nHalf filling with repulsion V: moves a second by scheme")
    rows = [("V/kT", "acceptance", *SCHEMES)]
    for strength in REPULSIONS:
        cases = {scheme: motion_of(10, 500, scheme, strength, moves=20) for scheme in SCHEMES}
        motion, frequency = cases["pick moves"]
        found = rates(cases, 2e5)
        accepted = frequency / motion.picks_per_time
        rows.append((f"{strength:g}", f"{100 * accepted:.2g} %", *(f"{found[scheme]:.3g}" for scheme in SCHEMES)))
    print_table(rows)


def replica(seed: int) -> float:
    gas = superion.LatticeGas(superion.simple_cubic().repeat(10), 500)
    motion = superion.LatticeGasMotion(gas, np.random.SeedSequence(seed))
    return float(motion.run(np.full(10, 4000.0))["moves"].sum())


def both_cores() -> None:
    print("\nReplicas, one after the other and two at a time")
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(replica, (1, 2)))  # both processes have started
        start = time.perf_counter()
        alone = next(iter(pool.map(replica, (1,))))
        one = time.perf_counter() - start
        start = time.perf_counter()
        both = sum(pool.map(replica, (1, 2)))
        two = time.perf_counter() - start
    print(f"one: {alone / one:.3g} hops/s ({duration(one)}); two: {both / two:.3g} hops/s ({duration(two)})")


if __name__ == "__main__":
    exclusion_alone()
    sizes()
    repulsion()
    both_cores()
