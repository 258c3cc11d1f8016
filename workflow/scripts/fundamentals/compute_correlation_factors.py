"""Compute how far an ion's hops undo each other: few vacancies in infinite and periodic lattices, and other ways."""

from collections.abc import Iterator, Mapping

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from superion.correlation_factors import (
    VacancyCorrelation,
    bardeen_herring_factor,
    chain_haven_ratio,
    coordination_estimate,
    finite_cell_correlation_factor,
    vacancy_correlation_factor,
)
from superion.interstitialcy import interstitialcy_correlation, silver_halide_interstitialcy
from superion.lattice import BUILDERS, Lattice

CHAPTER = "textbook chapter, 'Microscopic mechanisms and macroscopic transport properties'"
WHERE = {
    "lattice": Column("", "name of the lattice"),
    "direction": Column("", "'all' where they are equal, else 'basal' and 'axial'"),
}
INFINITE = {
    **WHERE,
    "dimension": Column("", "number of dimensions"),
    "coordination": Column("", "z: neighbours of a site, in the mean over the sites"),
    "correlation_factor": Column("", "f = D*/D_0 with few vacancies in the infinite lattice", "Bardeen, Herring 1952"),
    "error": Column("", "change of f without the largest of the periodic cells that lead to the infinite lattice"),
    "haven_ratio": Column("", "H_R = D*/D_sigma", CHAPTER),
    "mean_cosine": Column("", "mean cosine between successive hops of an ion, over all directions"),
    "bardeen_herring_factor": Column("", "(1 + cos)/(1 - cos) of it", "Bardeen, Herring 1952"),
    "coordination_estimate": Column("", "1 - 2/z"),
}
FINITE = {
    **WHERE,
    "cells": Column("", "unit cells along each edge of the periodic cell"),
    "sites": Column("", "N: sites of the periodic cell, one of them vacant"),
    "correlation_factor": Column("", "f of the periodic cell, exact"),
    "excess": Column("", "the same less f of the infinite lattice"),
    "excess_times_sites": Column("", "N times it"),
}
MECHANISMS = {
    "mechanism": Column("", "'collinear' or 'non-collinear' interstitialcy of a silver halide, or 'chain'"),
    "ions": Column("", "m: ions that move at a time"),
    "correlation_factor": Column("", "f between successive moves of one ion"),
    "uncorrelated_haven_ratio": Column("", "D*/D_sigma of as many independent moves"),
    "haven_ratio": Column("", "H_R = D*/D_sigma", CHAPTER),
    "error": Column("", "change of it without the largest periodic cell; 0: closed form"),
}
SAME = 1e-9  # directions of one lattice that differ by no more than this are equal by symmetry


def compute_correlation_factors(job: Job) -> None:
    """Write f of each lattice, f of its periodic cells, and the Haven ratios of other mechanisms."""
    settings = job.parameters["fundamentals.correlation_factors"]
    infinite, finite = [], []
    for name in settings["lattices"]:
        lattice = BUILDERS[name]()
        limit = vacancy_correlation_factor(lattice)
        infinite.append(infinite_rows(name, lattice, limit))
        finite += [finite_rows(name, lattice, limit, cells) for cells in settings["periodic_cells"]]
    job.write("infinite", stack(infinite), INFINITE, "Correlation of the hops of an ion with few vacancies")
    job.write("finite", stack(finite), FINITE, "The same in periodic cells with one vacancy")
    rows = [*interstitialcy_rows(), *chain_rows(settings["chain_ions"])]
    table = {name: np.array(column) for name, column in zip(MECHANISMS, zip(*rows, strict=True), strict=True)}
    job.write("mechanisms", table, MECHANISMS, "Haven ratios of mechanisms in which several ions move at a time")


def directions(tensor: np.ndarray) -> Mapping[str, int]:
    """Axes of the tensor's diagonal that stand for all, by name."""
    values = np.diag(tensor)
    if np.ptp(values) < SAME:
        return {"all": 0}
    if np.ptp(values[:-1]) < SAME:
        return {"basal": 0, "axial": len(values) - 1}
    return {"xyz"[axis]: axis for axis in range(len(values))}


def infinite_rows(name: str, lattice: Lattice, limit: VacancyCorrelation) -> dict[str, np.ndarray]:
    """Rows of the infinite lattice, one a direction."""
    axes = directions(limit.tracer)
    own = list(axes.values())
    columns = {
        "lattice": name,
        "direction": list(axes),
        "dimension": lattice.dimension,
        "coordination": lattice.coordination.mean(),
        "correlation_factor": np.diag(limit.tracer)[own],
        "error": limit.error,
        "haven_ratio": np.diag(limit.haven)[own],
        "mean_cosine": limit.mean_cosine,
        "bardeen_herring_factor": bardeen_herring_factor(limit.mean_cosine),
        "coordination_estimate": coordination_estimate(lattice),
    }
    return dict(zip(columns, np.broadcast_arrays(*columns.values()), strict=True))


def finite_rows(name: str, lattice: Lattice, limit: VacancyCorrelation, cells: int) -> dict[str, np.ndarray]:
    """Rows of one periodic cell, one a direction."""
    axes = directions(limit.tracer)
    own = list(axes.values())
    cell = finite_cell_correlation_factor(lattice, cells)
    factor = np.diag(cell.tracer)[own]
    excess = factor - np.diag(limit.tracer)[own]
    columns = (name, list(axes), cells, cell.sites, factor, excess, excess * cell.sites)
    return dict(zip(FINITE, np.broadcast_arrays(*columns), strict=True))


def interstitialcy_rows() -> Iterator[tuple]:
    """Interstitialcies of silver halides."""
    for kind in ("collinear", "non-collinear"):
        found = interstitialcy_correlation(silver_halide_interstitialcy(kind))
        yield kind, 2, found.tracer[0, 0], found.uncorrelated_haven[0, 0], found.haven[0, 0], found.error


def chain_rows(ions: list[int]) -> Iterator[tuple]:
    """Chains of ions that move together by equal vectors, each move independent of the last."""
    for count in ions:
        haven = float(chain_haven_ratio(1.0, count))
        yield "chain", count, 1.0, haven, haven, 0.0


if __name__ == "__main__":
    run(compute_correlation_factors)
