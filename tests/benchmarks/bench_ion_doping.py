"""Time of superion.ion_doping.sweep beside a scan with scipy's brentq and quad, every root at every point.

    python tests/benchmarks/bench_ion_doping.py [--points N] [--json FILE]

A point is one material at one chemical potential; the materials are the three of the source's Fig. 4, all with their
curve followed anew in each call. The scans look at --scan values of |S| for changes of sign and refine each by brentq
on scipy.integrate.quad of Eq. (42). One looks by quad too, as is written first; the other by a sum that is vectorised
over |S|. They run in one process, as the sweep does, on a few points, and their times are scaled to all points. A
coarser scan is faster and loses roots that lie close together; the table tells at how many points.
"""

from __future__ import annotations

import argparse
import json
import math
from functools import partial
from pathlib import Path

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from stopwatch import duration, median_times, print_table, time_of

from superion.ion_doping import DopedConductor, States, conductor_of_potential, sweep
from superion.potential_wells import TwoSitePotential

SHALLOWNESSES = (0.5, 0.6, 0.7)


def right_side(scattering: np.ndarray, mu: float, conductor: DopedConductor, nodes: int = 40) -> np.ndarray:
    """Eq. (42) for many |S| at once, phase ka/2+pi."""
    node, weight = np.polynomial.legendre.leggauss(nodes)
    h = abs(conductor.hopping_eV) * np.cos(np.pi / 4 * (1 + node)) + scattering[:, None]
    energy = np.hypot(conductor.energy_difference_eV, h)
    lower, upper = (
        1 / (1 + np.exp(np.minimum((side * energy + conductor.middle_eV - mu) / conductor.thermal_energy_eV, 700)))
        for side in (-1, 1)
    )
    return conductor.repulsion_eV * (h / energy / 2 * (lower - upper)) @ weight / 2


def excess(scattering: float, mu: float, conductor: DopedConductor) -> float:
    """Right side of Eq. (42) less |S|, as one would write it with scipy."""
    hopping, difference = abs(conductor.hopping_eV), conductor.energy_difference_eV
    middle, thermal = conductor.middle_eV, conductor.thermal_energy_eV

    def integrand(p: float) -> float:
        h = hopping * math.cos(p / 2) + scattering
        energy = math.sqrt(difference * difference + h * h)
        lower = 1 / (1 + math.exp(min((middle - energy - mu) / thermal, 700)))
        upper = 1 / (1 + math.exp(min((middle + energy - mu) / thermal, 700)))
        return h / (2 * energy) * (lower - upper)

    total = quad(integrand, 0, math.pi, epsabs=1e-14, epsrel=1e-11)[0]
    return conductor.repulsion_eV * total / math.pi - scattering


def roots_by_scan(mu: float, conductor: DopedConductor, grid: np.ndarray, vectorised: bool) -> list[float]:
    """Every |S| at which Eq. (42) changes its sign on a grid."""
    if vectorised:
        change = np.diff(right_side(grid, mu, conductor) > grid)
    else:
        change = np.diff([excess(s, mu, conductor) > 0 for s in grid.tolist()])
    return [
        brentq(excess, grid[i], grid[i + 1], (mu, conductor), xtol=1e-15, rtol=1e-13) for i in np.flatnonzero(change)
    ]


def compared(states: States, points: np.ndarray, scanned: list[list[float]]) -> tuple[int, float]:
    """How many points have other numbers of roots, and the largest deviation of |S| in eV at the others."""
    other, largest = 0, 0.0
    for point, roots in zip(points, scanned, strict=True):
        found = states.scattering_eV[states.point == point]
        if found.size != len(roots):
            other += 1
        else:
            largest = max(largest, float(np.abs(found - roots).max()))
    return other, largest


def scan_all(found: list, materials: list[DopedConductor], mu: np.ndarray, grid: np.ndarray, vectorised: bool) -> None:
    """Append the roots of each material at each chemical potential."""
    for material in materials:
        found.append([roots_by_scan(value, material, grid, vectorised) for value in mu.tolist()])


def scan_rows(name: str, scan: dict) -> list[tuple[str, str, str]]:
    other = scan["points_with_other_roots"]
    return [
        (
            f"scan {name} + brentq of quad, scaled up",
            duration(scan["scan_s"]),
            f"{scan['ratio']:,.0f} times as long, from {scan['points']} points",
        ),
        (
            "  largest deviation of |S|",
            f"{scan['largest_deviation_eV']:.1e} eV",
            f"OTHER ROOTS at {other} points" if other else "the same roots",
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=2000, help="chemical potentials of each material")
    parser.add_argument("--reference", type=int, default=40, help="of them, those given to the vectorised scan")
    parser.add_argument("--slow", type=int, default=8, help="of them, those given to the scan by quad")
    parser.add_argument("--scan", type=int, default=400, help="values of |S| in the scan")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()

    materials = [conductor_of_potential(TwoSitePotential(alpha, -0.3), 1.5, 0.026) for alpha in SHALLOWNESSES]
    mu = np.linspace(-1.3, 0.5, options.points)
    first = time_of(lambda: sweep(materials, mu[:1]))
    times = median_times(
        {
            "sweep": lambda: sweep(materials, mu),
            "curves": lambda: sweep(materials, mu[:1]),
        },
        options.repeats,
    )
    results = sweep(materials, mu)
    roots = sum(states.scattering_eV.size for states in results)

    top = materials[0].repulsion_eV / 2
    half = options.scan // 2
    shares = np.concatenate([np.geomspace(1e-25, 1, half), np.linspace(0, 1, options.scan - half + 1)[1:]])
    grid = np.unique(shares) * top
    scans = {}
    for name, vectorised, count in (("vectorised", True, options.reference), ("by quad", False, options.slow)):
        few = np.unique(np.linspace(0, mu.size - 1, min(count, mu.size)).astype(int))
        found: list[list[list[float]]] = []
        call = partial(scan_all, found, materials, mu[few], grid, vectorised)
        seconds = time_of(call) * mu.size / few.size
        compare = [compared(states, few, roots_) for states, roots_ in zip(results, found, strict=True)]
        scans[name] = {
            "points": few.size * len(materials),
            "scan_s": seconds,
            "ratio": seconds / times["sweep"],
            "points_with_other_roots": sum(count for count, _ in compare),
            "largest_deviation_eV": max(value for _, value in compare),
        }

    points = mu.size * len(materials)
    result = {
        "points": points,
        "roots": roots,
        "first_call_s": first,
        "sweep_s": times["sweep"],
        "curves_s": times["curves"],
        "per_root_s": times["sweep"] / roots,
        "scans": scans,
    }
    print_table(
        [
            (f"sweep, {len(materials)} materials x {mu.size:,}", duration(times["sweep"]), f"{roots:,} roots"),
            ("  per root", duration(times["sweep"] / roots), ""),
            ("  of it the curves", duration(times["curves"]), f"{duration(times['curves'] / len(materials))} each"),
            *(row for name, scan in scans.items() for row in scan_rows(name, scan)),
            ("first call, 3 points", duration(first), "imports, compiles or loads"),
        ],
        left=(0, 2),
    )
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
