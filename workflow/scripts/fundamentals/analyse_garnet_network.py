"""Analyse the lithium network of garnets: real sites on it, what hangs together, and how much blocking it bears."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from pipeline.site_lists import SiteList, read_site_list
from pipeline.structure_tables import Structure, read_structures
from superion.correlation_factors import finite_cell_correlation_factor
from superion.lattice import Lattice, garnet
from superion.network_percolation import (
    first_wrap_fractions,
    network_diffusion_tensor,
    network_parts,
    open_network,
    threshold_of_large_cells,
    wrap_statistics,
)
from superion.site_positions import IA_3D, nearest_sites, operations_along_c, symmetry_group

CHAPTER = "textbook chapter, 'Structural control of diffusion pathways'"
SETTINGS = {"Ia-3d": (False, (0, 0, 0)), "I41/acd:1": (True, (0, 1 / 4, -1 / 8))}
"""Of each space group whether c is an axis of its own, and where its origin lies in that of Ia-3d (Tables, Vol. A)."""
MOBILE = "Li"
KINDS = ("tetrahedral", "octahedral")
VALUES = {
    "quantity": Column("", "what"),
    "case": Column("", "of which network, structure or list"),
    "value": Column("in the column unit", "its value"),
    "unit": Column("", "unit of the value"),
    "equation": Column("", "where the source has it"),
}
SITES = {
    "structure": Column("", "composition"),
    "space_group": Column("", "its setting"),
    "label": Column("", "site of the source, by element and its number there"),
    "multiplicity": Column("", "positions in a cell as the source has it"),
    "positions": Column("", "positions that the operations of the space group make of it"),
    "kind": Column("", "of the sites of the ideal network that they lie nearest to"),
    "network_sites": Column("", "how many such sites these are"),
    "distance_A": Column("A", "how far from them"),
    "occupancy": Column("", "of each position"),
    "ions_per_cell": Column("", "multiplicity times occupancy"),
}
BONDS = {
    "network": Column("", "'cubic', or 'tetragonal': without the tetrahedra that are always full"),
    "part": Column("", "number of the connected part"),
    "on_walk": Column("", "whether it lies on a way through: not a blind end"),
    **{f"{axis}_{end}": Column("a", f"{axis} of its {end}") for end in ("start", "end") for axis in "xyz"},
}
WRAPS = {
    "cells": Column("", "L: cubic cells along each edge of a periodic piece"),
    "blocked_fraction": Column("", "share of the tetrahedra that is blocked at random"),
    "probability": Column("", "share of the random orders in which the open network wraps round the piece"),
}
THRESHOLDS = {
    "cells": Column("", "L: cubic cells along each edge of a periodic piece"),
    "samples": Column("", "random orders in which tetrahedra open"),
    "open_fraction": Column("", "mean share of open tetrahedra at which the network first wraps round the piece"),
    "error": Column("", "its standard error"),
    "spread": Column("", "standard deviation of the samples"),
}


class Row(NamedTuple):
    """A row of the table of values."""

    quantity: str
    case: str
    value: float
    unit: str = ""
    equation: str = ""


def analyse_garnet_network(job: Job) -> None:
    """Write where real sites lie on the network, its parts and diffusion, its threshold, and its picture."""
    settings = job.parameters["fundamentals.garnet_network"]
    network = garnet(conventional=True)
    structures = read_structures(job.path("structures"))
    sites = stack(site_rows(network, structures))
    job.write("sites", sites, SITES, "Lithium sites of real garnets on the ideal network")
    (ordered,) = (structure for structure in structures if structure.space_group == "I41/acd:1")
    blocked = full_tetrahedra(network, ordered)
    networks = {"cubic": network, "tetragonal": open_network(network, blocked)}
    job.write("bonds", stack(bond_rows(name, own) for name, own in networks.items()), BONDS, "Bonds of a cubic cell")
    tetrahedra = numbers_of(network, "tetrahedral")
    largest = max(settings["cells"])
    fractions = {}
    for cells in sorted(settings["cells"]):
        count = round(settings["samples"] * (largest / cells) ** 2)
        own = np.random.SeedSequence(settings["seed"], spawn_key=(cells,))
        fractions[cells] = first_wrap_fractions(network, tetrahedra, cells, count, own)
        job.tell(f"{count} random orders in {cells} cells along an edge")
    shares = grid(settings["blocked_fractions"])
    curves = stack(wrap_rows(cells, found, shares) for cells, found in fractions.items())
    job.write("wraps", curves, WRAPS, "Percolation with tetrahedra blocked at random")
    thresholds = stack(threshold_row(cells, found) for cells, found in fractions.items())
    job.write("thresholds", thresholds, THRESHOLDS, "Thresholds of random blocking")
    limit, error = threshold_of_large_cells(
        thresholds["cells"], thresholds["open_fraction"], thresholds["error"], network.dimension
    )
    listed = read_site_list(job.path("site_list"), settings["site_list_cell"])
    published = np.loadtxt(job.path("published"))
    rows = [
        *(row for name, own in networks.items() for row in network_rows(name, own)),
        *count_rows(network, blocked, ordered, sites),
        Row("threshold_open_fraction", "large cells", limit),
        Row("threshold_open_fraction_error", "large cells", error),
        *list_rows(network, listed, settings["site_list_cell"]),
        *published_rows(network, published),
    ]
    table = {name: np.array(column) for name, column in zip(VALUES, zip(*rows, strict=True), strict=True)}
    job.write("values", table, VALUES, "Numbers of the lithium network of garnets")


def numbers_of(network: Lattice, kind: str) -> np.ndarray:
    """Sites of one kind."""
    return np.array([number for number, name in enumerate(network.site_names) if name.startswith(kind)])


def places(network: Lattice, structure: Structure) -> list[tuple[np.ndarray, np.ndarray]]:
    """Sites of the network, stretched to the structure's cell, nearest to the positions of each lithium site, in A."""
    along_c, origin = SETTINGS[structure.space_group]
    group = symmetry_group(IA_3D)
    group = operations_along_c(group) if along_c else group
    cell = np.diag([structure.a_A, structure.a_A, structure.c_A])
    stretch = np.linalg.inv(network.cell) @ cell
    own = replace(network, cell=cell, sites=network.sites @ stretch, displacement=network.displacement @ stretch)
    positions = (site.position for site in structure.sites if site.element == MOBILE)
    return [nearest_sites(own, group.orbit(np.add(position, origin))) for position in positions]


def site_rows(network: Lattice, structures: Sequence[Structure]) -> Iterator[dict[str, np.ndarray]]:
    """One row for each lithium site of a structure."""
    for structure in structures:
        if structure.space_group not in SETTINGS:
            known = ", ".join(SETTINGS)
            raise ValueError(f"{structure.composition}: space group must be {known}, got {structure.space_group!r}")
        mobile = [site for site in structure.sites if site.element == MOBILE]
        for site, (nearest, distance) in zip(mobile, places(network, structure), strict=True):
            kinds = {network.site_names[number].partition("_")[0] for number in nearest}
            columns = (
                structure.composition,
                structure.space_group,
                site.label,
                site.multiplicity,
                len(nearest),
                " and ".join(sorted(kinds)),
                len(np.unique(nearest)),
                distance.max(),
                site.occupancy,
                site.multiplicity * site.occupancy,
            )
            yield dict(zip(SITES, map(np.atleast_1d, columns), strict=True))


def full_tetrahedra(network: Lattice, structure: Structure) -> np.ndarray:
    """Tetrahedra of the network that the structure's fully occupied lithium sites lie in."""
    mobile = [site for site in structure.sites if site.element == MOBILE]
    full = [near for site, (near, _) in zip(mobile, places(network, structure), strict=True) if site.occupancy == 1]
    return np.intersect1d(np.concatenate(full), numbers_of(network, "tetrahedral"))


def network_rows(name: str, network: Lattice) -> Iterator[Row]:
    """Parts, coordination and diffusion of a network."""
    parts = network_parts(network)
    endless = [part for part in parts if part.dimension]
    yield Row("percolation_dimension", name, max(part.dimension for part in parts), "", CHAPTER)
    yield Row("components_per_cell", name, sum(part.copies for part in endless))
    yield Row("sites_of_percolating_components", name, sum(len(part.sites) for part in endless))
    for kind in KINDS:
        coordination = network.coordination[numbers_of(network, kind)]
        yield Row(f"{kind}_sites", name, len(coordination))
        yield Row(f"least_{kind}_coordination", name, coordination.min())
        yield Row(f"largest_{kind}_coordination", name, coordination.max())
    diffusion = np.diag(network_diffusion_tensor(network))
    for axis, value in zip("abc", diffusion, strict=True):
        yield Row(f"D_{axis}{axis}", name, value, "a^2 k")


def count_rows(network: Lattice, blocked: np.ndarray, ordered: Structure, sites: dict) -> Iterator[Row]:
    """Sites and ions of a cell."""
    lithium = sites["ions_per_cell"][sites["structure"] == ordered.composition].sum()
    split = max(sites["multiplicity"])
    tetrahedra = len(numbers_of(network, "tetrahedral"))
    yield Row("ions_per_cell", ordered.composition, lithium)
    yield Row("sites_per_cell", "24d and 48g", network.site_count)
    yield Row("sites_per_cell", "24d and 96h", tetrahedra + split)
    yield Row("occupancy", "24d and 48g", lithium / network.site_count)
    yield Row("occupancy", "24d and 96h", lithium / (tetrahedra + split))
    yield Row("full_tetrahedra", ordered.composition, len(blocked))
    own = sites["structure"] == ordered.composition
    for kind in KINDS:
        chosen = own & (sites["kind"] == kind)
        yield Row(f"filled_{kind}_sites", ordered.composition, sites["network_sites"][chosen].sum())
    axis = np.abs(network.sites[blocked] * 8 % 2 - 1) < 1e-6  # the coordinate of the -4 axis is in odd eighths
    yield Row(
        "full_tetrahedra_with_axis_along_c", ordered.composition, int((axis == [False, False, True]).all(1).sum())
    )


def list_rows(network: Lattice, listed: SiteList, edge: float) -> Iterator[Row]:
    """The published list of sites against the builder's network, repeated twice along each edge."""
    case, lattice = "published list", listed.lattice
    ideal = garnet(edge / 2, conventional=True).repeat(2)
    parts = network_parts(lattice)
    nearest, distance = nearest_sites(ideal, lattice.sites / edge)
    bonds = set(zip(nearest[lattice.origin].tolist(), nearest[lattice.destination].tolist(), strict=True))
    common = bonds & set(zip(ideal.origin.tolist(), ideal.destination.tolist(), strict=True))
    yield Row("sites", case, lattice.site_count)
    yield Row("sites_of_the_network", case, len(np.unique(nearest)))
    yield Row("bonds", case, lattice.hop_count / 2)
    yield Row("bonds_of_the_network", case, len(common) / 2)
    yield Row("largest_distance", case, 2 * distance.max() / edge, "a")
    yield Row("percolation_dimension", case, max(part.dimension for part in parts))
    yield Row("components_per_cell", case, sum(part.copies for part in parts))
    diffusion = network_diffusion_tensor(lattice)
    yield Row("D_mean", case, np.trace(diffusion) / 3 * (2 / edge) ** 2, "a^2 k")


def published_rows(network: Lattice, published: np.ndarray) -> Iterator[Row]:
    """Published Monte Carlo of the list with one vacancy beside the exact value of its cell."""
    exact = finite_cell_correlation_factor(network, 2)
    (row,) = published[published[:, 0] == exact.sites - 1]
    yield Row("correlation_factor", "576 sites, one vacancy, exact", exact.haven[0, 0])
    yield Row("correlation_factor", "576 sites, one vacancy, published", row[3])


def bond_rows(name: str, network: Lattice) -> dict[str, np.ndarray]:
    """Bonds of one cell, each once, from a place in the cell."""
    once = network.reverse_hop() > np.arange(network.hop_count)
    start = network.sites[network.origin[once]] % 1
    end = start + network.displacement[once]
    part = np.unique(network.components(), return_inverse=True)[1].ravel()[network.origin[once]]
    # Every site of this network with one neighbour is a blind end, and what lies behind the others goes on.
    blind = (network.coordination[network.origin[once]] < 2) | (network.coordination[network.destination[once]] < 2)
    return dict(zip(BONDS, (np.full(len(part), name), part, ~blind, *start.T, *end.T), strict=True))


def wrap_rows(cells: int, found: np.ndarray, blocked: np.ndarray) -> dict[str, np.ndarray]:
    """Percolation probability against the blocked share."""
    share = (found[:, None] <= 1 - blocked + 1e-12).mean(axis=0)
    return dict(zip(WRAPS, (np.full(len(blocked), cells), blocked, share), strict=True))


def threshold_row(cells: int, found: np.ndarray) -> dict[str, np.ndarray]:
    """Mean first-wrap fraction of one size."""
    of = wrap_statistics(found)
    return dict(zip(THRESHOLDS, map(np.atleast_1d, (cells, len(found), of.mean, of.error, of.spread)), strict=True))


if __name__ == "__main__":
    run(analyse_garnet_network)
