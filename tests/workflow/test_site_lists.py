"""Site lists: what the format says, its faults with their lines, and the published list against the ideal network."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.site_lists import read_site_list
from superion.correlation_factors import finite_cell_correlation_factor
from superion.lattice import garnet
from superion.network_percolation import network_diffusion_tensor, network_parts
from superion.site_positions import nearest_sites

RESOURCES = Path(__file__).resolve().parents[2] / "workflow/resources"
FOLDER = RESOURCES / "garnet_lattice_gas_cc-by-sa"
EDGE = 49.0672  # bohr: twice the distance of equal sites
OFF_THE_MIDDLE = 0.01  # of the lattice constant: octahedra of the list lie no further from the ideal ones
PUBLISHED = 5e-4  # half of the last digit

SQUARE = """4

site: 1
centre: 0 0 0
neighbours: -2 3
label: a

site: -2
centre: 3 0 0
neighbours: 1 -4
label: b

site: 3
label: a
neighbours: 1 -4
centre: 0 3 0.5

site: -4
centre: 3 3 0
vertices: 1 2 3
neighbours: -2 3
label: b
"""


@pytest.fixture(scope="module")
def published():
    return read_site_list(FOLDER / "llzo_lattice_site_list.dat", EDGE)


def read(tmp_path, text, lengths=10.0):
    path = tmp_path / "sites.dat"
    path.write_text(text, encoding="utf-8")
    return read_site_list(path, lengths)


def test_a_list(tmp_path):
    """Lines in any order, numbers of either sign, the nearest image of a neighbour."""
    found = read(tmp_path, SQUARE, [7, 10, 10])
    assert found.numbers.tolist() == [1, -2, 3, -4]
    assert found.labels == ("a", "b", "a", "b")
    lattice = found.lattice
    assert lattice.site_names == ("a_1", "b_-2", "a_3", "b_-4")
    np.testing.assert_array_equal(lattice.cell, np.diag([7, 10, 10]))
    hop = np.flatnonzero((lattice.origin == 0) & (lattice.destination == 2))[0]
    np.testing.assert_allclose(lattice.displacement[hop], [0, 3, 0.5])
    across = read(tmp_path, SQUARE.replace("centre: 3", "centre: 6"), [7, 10, 10]).lattice
    hop = np.flatnonzero((across.origin == 0) & (across.destination == 1))[0]
    np.testing.assert_allclose(across.displacement[hop], [-1, 0, 0])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("4\n\nsite: 1\n", "site: 1\n", "sites.dat:1: must be the number of sites, got 'site: 1'"),
        ("4\n\nsite: 1\n", "5\n\nsite: 1\n", "sites.dat:1: must be the number of sites, got 5 where 4 are listed"),
        ("centre: 0 0 0", "centre: 0 0", "sites.dat:4: centre: must be three coordinates, got '0 0'"),
        ("centre: 0 0 0", "centre: 0 0 nan", "sites.dat:4: centre: must be three coordinates, got '0 0 nan'"),
        ("neighbours: -2 3", "neighbours: -2 x", "sites.dat:5: neighbours: must be whole numbers, got '-2 x'"),
        ("site: -2", "site: two", "sites.dat:8: site: must be one whole number, got 'two'"),
        ("label: a\n\n", "label: a b\n\n", "sites.dat:6: label: must be one word, got 'a b'"),
        (
            "centre: 0 0 0",
            "center: 0 0 0",
            "sites.dat:4: must be one of site:, centre:, neighbours:, label:, got 'center",
        ),
        ("centre: 0 0 0\n", "", "sites.dat:3: site 1 must have a line centre:"),
        ("site: -2\n", "", "sites.dat:8: centre: stands twice in one block; is a line site: missing"),
        ("site: 1\n", "", "sites.dat:3: must come after a line site:, got 'centre: 0 0 0'"),
        ("neighbours: -2 3", "neighbours: -2 7", "sites.dat:5: neighbour 7 of site 1 is not in the list"),
        ("neighbours: 1 -4", "neighbours: -4", "sites.dat:5: neighbour -2 of site 1 does not name it in return"),
        ("neighbours: -2 3", "neighbours: -2 3 1", "sites.dat:5: site 1 must not be its own neighbour"),
        ("neighbours: -2 3", "neighbours: -2 3 3", "sites.dat:5: neighbour 3 of site 1 stands 2 times"),
        ("site: 3\n", "site: 1\n", "sites.dat:13: site 1 stands twice, first in line 3"),
        ("centre: 3 0 0", "centre: 5 0 0", r"sites.dat:5: neighbour -2 of site 1 is 5 away, must be nearer than half"),
        ("centre: 3 0 0", "centre: 10 0 0", "sites.dat:9: site -2 lies where site 1 does: is the cell right?"),
    ],
)
def test_faults_are_told_with_their_line(tmp_path, old, new, message):
    assert old in SQUARE
    with pytest.raises(ValueError) as caught:
        read(tmp_path, SQUARE.replace(old, new, 1))
    assert message in str(caught.value)


def test_several_faults_are_told_at_once(tmp_path):
    with pytest.raises(ValueError, match=r"sites\.dat:4: .*; sites\.dat:9: "):
        read(tmp_path, SQUARE.replace("centre: 0 0 0", "centre: 0").replace("centre: 3 0 0", "centre: 3"))
    with pytest.raises(ValueError, match=r"and 10 more$"):
        read(tmp_path, "4\n" + "x\n" * 19)


def test_a_cell_that_is_none(tmp_path):
    with pytest.raises(ValueError, match="cell_lengths must be finite and above 0, got 0"):
        read(tmp_path, SQUARE, 0.0)
    with pytest.raises(ValueError, match="cell_lengths must be 3 lengths or one"):
        read(tmp_path, SQUARE, [10.0, 10.0])


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match=r"site list .*absent\.dat: cannot be read"):
        read_site_list(tmp_path / "absent.dat", 1.0)


def test_half_the_edge_is_told(tmp_path):
    """With one cell of the two along each edge, sites of both would fall together."""
    with pytest.raises(ValueError, match=r"lies where site .* does: is the cell right"):
        read_site_list(FOLDER / "llzo_lattice_site_list.dat", EDGE / 2)


def test_published_list(published):
    lattice = published.lattice
    labels = np.array(published.labels)
    assert lattice.site_count == 576
    assert {kind: np.unique(lattice.coordination[labels == kind]).tolist() for kind in "TO"} == {"T": [4], "O": [2]}
    assert np.all(published.numbers[labels == "O"] < 0)
    (part,) = network_parts(lattice)
    assert (part.dimension, part.copies) == (3, 1)


def test_published_list_is_the_garnet_network(published):
    """Site by site: the nearest sites of the ideal network are as many, and every bond goes over into a bond."""
    lattice, ideal = published.lattice, garnet(EDGE / 2, conventional=True).repeat(2)
    site, distance = nearest_sites(ideal, lattice.sites / EDGE)
    assert sorted(site.tolist()) == list(range(576))
    assert distance.max() < OFF_THE_MIDDLE * EDGE / 2
    bonds = set(zip(site[lattice.origin].tolist(), site[lattice.destination].tolist(), strict=True))
    assert bonds == set(zip(ideal.origin.tolist(), ideal.destination.tolist(), strict=True))
    kinds = {(published.labels[number], ideal.site_names[site[number]].partition("_")[0]) for number in range(576)}
    assert kinds == {("T", "tetrahedral"), ("O", "octahedral")}
    np.testing.assert_allclose(
        network_diffusion_tensor(lattice), np.eye(3) * (EDGE / 2) ** 2 / 96, rtol=1e-9, atol=1e-9
    )


def test_published_monte_carlo_with_one_vacancy(published):
    """One vacancy among 576 sites: the exact factor, from the list and from the builder."""
    rows = np.loadtxt(FOLDER / "garnet_data_noninteracting.csv")
    (row,) = rows[rows[:, 0] == 575]
    listed = finite_cell_correlation_factor(published.lattice, 1).haven
    built = finite_cell_correlation_factor(garnet(conventional=True), 2).haven
    np.testing.assert_allclose(listed, built, atol=1e-9)
    assert built[0, 0] == pytest.approx(row[3], abs=PUBLISHED)
