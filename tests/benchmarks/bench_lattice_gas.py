"""Hops a second of lattice gases beside lattice_mc on the same work, by scheme, by size, and on two cores.

    python tests/benchmarks/bench_lattice_gas.py [--seconds 1] [--json FILE]

Simple cubic lattice, all but the last table on one core of one process; each number is the best of some --seconds, for
other work on the machine can only slow it down. lattice_mc 1.0.4 (B. J. Morgan) makes its own hops on the same piece.
It is no dependency, for it asks for an old `coverage` that numba does not bear: install it beside, without what it asks
for, `uv pip install --no-deps lattice_mc`. Else its columns stay empty.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from stopwatch import print_table, time_of

from superion.lattice import simple_cubic
from superion.lattice_gas_motion import LatticeGasMotion
from superion.lattice_gas_moves import LatticeGas

LENGTHS = (10, 16, 32, 64)
LONGEST = 32  # cells along an edge, of ions that repel each other: tables of more take half a minute
REPULSIONS = (0.0, 0.5, 1.0, 1.2, 1.3, 1.6)
CALLS = 5  # that share the seconds of a measurement


def motion_of(length: int, ions: int, scheme: str = "pick ions", repulsion: float = 0.0) -> LatticeGasMotion:
    """Ions on a simple cubic piece, equilibrated."""
    gas = LatticeGas(simple_cubic().repeat(length), ions, repulsion_over_kT=repulsion)
    # Order sets in by the scheme that is best at it.
    motion = LatticeGasMotion(gas, np.random.SeedSequence(1), "draw moves" if scheme == "pick moves" else scheme)
    motion.equilibrate(20 if length < 32 else 2)
    motion.scheme = scheme
    return motion


def hops_per_second(motion: LatticeGasMotion, seconds: float) -> tuple[float, float]:
    """Best rate of several blocks that share the time, and hops a pick (1 where none is refused)."""
    duration, share = 1e-3, seconds / CALLS

    def call() -> float:
        return float(motion.run(np.array([duration]))["moves"][0])

    call()
    while time_of(call) < share / 2:
        duration *= 2
    best = hops = 0.0
    for _ in range(CALLS):
        start = time.perf_counter()
        made = call()
        best = max(best, made / (time.perf_counter() - start))
        hops += made
    drawn = motion.scheme == "draw moves"
    return best, 1.0 if drawn else hops / (CALLS * duration * motion.picks_per_time)


def lattice_mc_rate(ions: int, hops: int) -> float | None:
    """Hops a second of lattice_mc, or None where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes in its regular expressions
            build = importlib.import_module("lattice_mc.init_lattice").cubic_lattice
            simulation = importlib.import_module("lattice_mc.simulation").Simulation()
    except ImportError:
        return None
    simulation.lattice = build(10, 10, 10, 1.0)
    simulation.set_number_of_atoms(ions)
    simulation.set_number_of_jumps(hops)
    return hops / time_of(simulation.run)


def exclusion_alone(seconds: float) -> dict[str, float]:
    """Beside lattice_mc."""
    print("Exclusion alone, 10 cells along each edge")
    found, rows = {}, [("", "hops/s", "lattice_mc", "times as many")]
    for name, ions, hops in (("half filling", 500, 400), ("one vacancy", 999, 4000)):
        ours, theirs = hops_per_second(motion_of(10, ions), seconds)[0], lattice_mc_rate(ions, hops)
        found |= {name: ours} | ({f"{name}, lattice_mc": theirs} if theirs else {})
        rows.append((name, f"{ours:.3g}", *((f"{theirs:,.0f}", f"{ours / theirs:,.0f}") if theirs else ("-", "-"))))
    print_table(rows)
    return found


def schemes(seconds: float) -> dict[str, float]:
    """Picks and draws as moves become rare."""
    print("\nHalf filling with repulsion V, 10 cells along each edge: moves a second by scheme")
    rows, found = [("V/kT", "moves a pick", "pick moves", "draw moves", "equally fast at moves a pick of")], {}
    for strength in REPULSIONS:
        picked, accepted = hops_per_second(motion_of(10, 500, "pick moves", strength), seconds)
        drawn = hops_per_second(motion_of(10, 500, "draw moves", strength), seconds)[0]
        even = drawn * accepted / picked
        numbers = {"pick moves": picked, "draw moves": drawn, "moves a pick": accepted, "even at": even}
        found |= {f"V {strength:g}, {name}": number for name, number in numbers.items()}
        percent = [f"{100 * share:.2g} %" for share in (accepted, even)]
        rows.append((f"{strength:g}", percent[0], f"{picked:.3g}", f"{drawn:.3g}", percent[1]))
    print_table(rows)
    print(f"The automatic choice changes at {100 * motion_of(10, 500, 'pick moves', 1.0).least_acceptance:.2g} %.")
    return found


def sizes(seconds: float) -> dict[str, float]:
    """Larger pieces leave the processor's caches."""
    print("\nHalf filling against the size of the piece; repulsion of 0.5 kT in the last two columns")
    rows, found = [("cells along an edge", "sites", "pick ions", "pick moves", "draw moves")], {}
    for length in LENGTHS:
        told = []
        for scheme, repulsion in (("pick ions", 0.0), ("pick moves", 0.5), ("draw moves", 0.5)):
            if repulsion and length > LONGEST:
                told.append("-")
                continue
            rate = hops_per_second(motion_of(length, length**3 // 2, scheme, repulsion), seconds)[0]
            found[f"{scheme}, {length} cells"] = rate
            told.append(f"{rate:.3g}")
        rows.append((f"{length}", f"{length**3}", *told))
    print_table(rows)
    return found


def replica(seed: int, seconds: float) -> tuple[float, float]:
    """Hops of a replica and the seconds that they took."""
    motion = LatticeGasMotion(LatticeGas(simple_cubic().repeat(10), 500), np.random.SeedSequence(seed))
    motion.run(np.array([10.0]))
    hops, start = 0.0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        hops += float(motion.run(np.full(10, 100.0))["moves"].sum())
    return hops, spent


def both_cores(seconds: float) -> dict[str, float]:
    """Replicas side by side."""
    print("\nReplicas in processes of their own, half filling")
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(replica, (1, 2), (0.1, 0.1)))  # both have started, and have their kernels
        hops, spent = pool.submit(replica, 1, seconds).result()
        together = list(pool.map(replica, (1, 2), (seconds, seconds)))
    one, two = hops / spent, sum(made / took for made, took in together)
    print_table([("processes", "hops/s", ""), ("1", f"{one:.3g}", ""), ("2", f"{two:.3g}", f"{two / one:.2f} times")])
    return {"one process": one, "two processes": two}


def main() -> None:
    """Run all and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement")
    parser.add_argument("--json", type=Path, help="write the numbers here as well")
    options = parser.parse_args()
    found: dict[str, float] = {}
    for part in (exclusion_alone, schemes, sizes, both_cores):
        found |= part(options.seconds)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
