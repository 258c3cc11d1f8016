"""Time of lattices, fields and phonon channels on whole grids beside the loop over points that one would write.

    python tests/benchmarks/bench_lattices.py [--points N] [--reference N] [--json FILE]

Times are medians of interleaved repeats in one process. A loop runs over the first --reference points, and its time is
scaled to all of them; "deviation" is the largest one between both over the largest value, on those points.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from stopwatch import deviation, duration, median_times, print_table

from superion import channel_averages, hopping, lattice, phonon_channels, spectrum, transport


class Loop:
    """One point after the other with numpy, from nothing but the hops of a lattice."""

    def __init__(self, cell: lattice.Lattice) -> None:
        self.hops = list(zip(cell.origin.tolist(), cell.destination.tolist(), cell.displacement, strict=True))
        self.sites, self.dimension = cell.site_count, cell.dimension

    def matrix(self, probability: np.ndarray, k: np.ndarray) -> np.ndarray:
        matrix = np.eye(self.sites, dtype=complex)
        for p, (start, end, d) in zip(probability, self.hops, strict=True):
            matrix[end, start] += p * np.exp(-1j * k @ d)
            matrix[start, start] -= p
        return matrix

    def population(self, probability: np.ndarray) -> np.ndarray:
        matrix = self.matrix(probability, np.zeros(self.dimension)).real
        equations = np.vstack([matrix - np.eye(self.sites), np.ones(self.sites)])
        return np.linalg.lstsq(equations, np.eye(self.sites + 1)[-1], rcond=None)[0]

    def diffusion(self, probability: np.ndarray) -> np.ndarray:
        population = self.population(probability)
        matrix = self.matrix(probability, np.zeros(self.dimension)).real
        projector = np.outer(population, np.ones(self.sites))
        response = np.linalg.inv(np.eye(self.sites) - matrix + projector) - projector
        tensor = np.zeros((self.dimension, self.dimension))
        moments = np.zeros((self.dimension, self.sites, self.sites))
        for p, (start, end, d) in zip(probability, self.hops, strict=True):
            tensor += p * population[start] * np.outer(d, d) / 2
            moments[:, end, start] += p * d
        for m in range(self.dimension):
            for n in range(self.dimension):
                tensor[m, n] += (moments[m] @ response @ moments[n] @ population).sum() / 2
                tensor[m, n] += (moments[n] @ response @ moments[m] @ population).sum() / 2
        return tensor

    def drift(self, probability: np.ndarray, field: np.ndarray) -> np.ndarray:
        dressed = np.array([p * np.exp(field @ d / 2) for p, (_, _, d) in zip(probability, self.hops, strict=True)])
        population = self.population(dressed)
        return sum(p * population[start] * d for p, (start, _, d) in zip(dressed, self.hops, strict=True))

    def mobility(self, probability: np.ndarray, field: np.ndarray, step: float = 1e-5) -> np.ndarray:
        slopes = []
        for axis in np.eye(self.dimension):
            ahead, behind = (self.drift(probability, field + sign * step * axis) for sign in (1, -1))
            slopes.append((ahead - behind) / (2 * step))
        return np.stack(slopes, axis=-1)


def grid_case(name: str, points: int, few: int, repeats: int) -> list[dict]:
    """Matrices, spectra, diffusion tensors and exact drift and mobility in fields, on random (P0, gamma)."""
    random = np.random.default_rng(1)
    cell = lattice.BUILDERS[name]()
    probability = hopping.polarized_probability(
        cell, random.uniform(0.05, 0.5, points), random.uniform(-0.9, 0.9, points)
    )
    fields = random.uniform(-1, 1, (points, cell.dimension))
    k = cell.wave_vectors([0.13 * np.arange(1, cell.dimension + 1)])
    loop = Loop(cell)

    def sorted_spectrum(p: np.ndarray) -> np.ndarray:
        value = np.linalg.eig(loop.matrix(p, k[0]))[0]
        return value[np.argsort(-value.real)]

    def of_few(calculate) -> np.ndarray:
        return np.array([calculate(p) for p in probability[:few]])

    def in_fields(calculate) -> np.ndarray:
        return np.array([calculate(p, f) for p, f in zip(probability[:few], fields[:few], strict=True)])

    cases = {
        "hopping matrix": (
            lambda: hopping.hopping_matrix(cell, probability, k)[:, 0],
            lambda: of_few(lambda p: loop.matrix(p, k[0])),
        ),
        "spectrum": (
            lambda: spectrum.density_wave_spectrum(cell, probability, k).eigenvalue[:, 0],
            lambda: of_few(sorted_spectrum),
        ),
        "diffusion tensor": (
            lambda: transport.diffusion_tensor(cell, probability).total,
            lambda: of_few(loop.diffusion),
        ),
        "mobility (loop: 2 D)": (
            lambda: transport.drift_mobility(cell, probability),
            lambda: of_few(lambda p: 2 * 0.5 * loop.diffusion(p)),
        ),
        "drift in a field": (
            lambda: transport.drift_velocity(cell, probability, fields),
            lambda: in_fields(loop.drift),
        ),
        "mobility in a field (loop: difference)": (
            lambda: transport.drift_mobility(cell, probability, fields),
            lambda: in_fields(loop.mobility),
        ),
    }
    return [measured(f"{name}: {case}", points, few, repeats, *calls) for case, calls in cases.items()]


def channel_case(points: int, few: int, repeats: int) -> list[dict]:
    """Averaged hopping matrices of a ring of 12 sites with three modes, on thermal energies and windows."""
    sites, windows = 12, np.geomspace(0.1, 1e4, 25)
    ring = np.arange(sites)
    origin, destination = np.tile(ring, 2), np.concatenate([(ring + 1) % sites, (ring - 1) % sites])
    modes = [phonon_channels.PhononMode(nu, e) for nu, e in ((6.0, 0.42), (3.5, 0.30), (1.2, 0.36))]
    thermal = np.linspace(0.03, 0.09, max(1, points // windows.size))
    frequency = np.array([mode.frequency_THz for mode in modes])
    matrices = phonon_channels.mode_hopping_matrices(
        modes, sites, origin, destination, np.resize([0.0, 0.06], sites), thermal, degeneracy=2
    )
    count = max(1, min(few // windows.size, thermal.size))

    def by_loop() -> np.ndarray:
        averaged = []
        for of_modes in matrices[:count]:
            for tau in windows:
                total = np.zeros((sites, sites))
                for matrix, nu in zip(of_modes, frequency, strict=True):
                    kicks = int(np.floor(nu * tau))
                    power, rest = np.linalg.matrix_power(matrix, kicks), nu * tau - kicks
                    total += ((1 - rest) * power + rest * power @ matrix) / frequency.size
                averaged.append(total)
        return np.array(averaged).reshape(count, windows.size, sites, sites)

    return [
        measured(
            "ring of 12 sites: averaged hopping matrix",
            thermal.size * windows.size,
            count * windows.size,
            repeats,
            lambda: channel_averages.averaged_hopping_matrix(matrices, frequency, windows),
            by_loop,
        )
    ]


def measured(name: str, points: int, few: int, repeats: int, whole, loop) -> dict:
    found, reference = whole(), loop()
    times = median_times({"whole": whole, "loop": loop}, repeats)
    scaled = times["loop"] * points / few
    return {
        "case": name,
        "points": points,
        "one_call_s": times["whole"],
        "per_point_s": times["whole"] / points,
        "loop_s": scaled,
        "ratio": scaled / times["whole"],
        "deviation": deviation(found[: len(reference)], reference),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--reference", type=int, default=250, help="points given to the loops")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    options = parser.parse_args()

    few = min(options.reference, options.points)
    results = [
        *grid_case("honeycomb", options.points, few, options.repeats),
        *grid_case("fcc_octahedral_tetrahedral", options.points, few, options.repeats),
        *channel_case(options.points, few, options.repeats),
    ]
    print_table(
        [("", "points", "one call", "per point", "loop, scaled", "ratio", "deviation")]
        + [
            (
                result["case"],
                f"{result['points']:,}",
                duration(result["one_call_s"]),
                duration(result["per_point_s"]),
                duration(result["loop_s"]),
                f"{result['ratio']:,.0f}",
                f"{result['deviation']:.1e}",
            )
            for result in results
        ]
    )
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
