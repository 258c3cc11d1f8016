"""Lattices: coordination and hop lengths of the builders, and what a lattice refuses."""

import numpy as np
import pytest

from superion import lattice as lattices
from superion.lattice import Lattice

EXACT = 1e-12  # geometry is a few additions and square roots


@pytest.mark.parametrize(
    ("name", "dimension", "coordination", "hop_length"),
    [
        ("two_site_chain", 1, [2, 2], 1 / 2),
        ("honeycomb", 2, [3, 3], 1 / np.sqrt(3)),
        ("square", 2, [4], 1),
        ("triangular", 2, [6], 1),
        ("kagome", 2, [4, 4, 4], 1 / 2),
        ("simple_cubic", 3, [6], 1),
        ("bcc", 3, [8], np.sqrt(3) / 2),
        ("fcc", 3, [12], 1 / np.sqrt(2)),
        ("fcc_octahedral_tetrahedral", 3, [8, 4, 4], np.sqrt(3) / 4),
        ("bcc_tetrahedral", 3, [4] * 6, 1 / np.sqrt(8)),
        ("hcp", 3, [12, 12], 1),
        ("diamond", 3, [4, 4], np.sqrt(3) / 4),
        ("garnet", 3, [4] * 12 + [2] * 24, np.sqrt(6) / 16),
    ],
)
def test_coordination_and_hop_length(name, dimension, coordination, hop_length):
    lattice = lattices.BUILDERS[name]()
    assert lattice.dimension == dimension
    assert lattice.coordination.tolist() == coordination
    np.testing.assert_allclose(np.linalg.norm(lattice.displacement, axis=1), hop_length, rtol=EXACT)


@pytest.mark.parametrize("name", sorted(lattices.BUILDERS))
def test_every_hop_has_its_reverse_and_scales_with_the_lattice_constant(name):
    options = {"spacings": [0.2, 0.5, 0.3]} if name == "chain" else {"lattice_constant": 3.7}
    lattice = lattices.BUILDERS[name](**options)
    reverse = lattice.reverse_hop()
    assert (reverse >= 0).all()
    np.testing.assert_array_equal(reverse[reverse], np.arange(lattice.hop_count))
    np.testing.assert_allclose(lattice.displacement[reverse], -lattice.displacement, atol=EXACT)
    assert len(np.unique(lattice.components())) == 1
    if name != "chain":
        np.testing.assert_allclose(
            lattice.volume, lattices.BUILDERS[name]().volume * 3.7**lattice.dimension, rtol=EXACT
        )


def test_reciprocal_cell():
    lattice = lattices.fcc(4.2)
    np.testing.assert_allclose(lattice.cell @ lattice.reciprocal_cell.T, 2 * np.pi * np.eye(3), atol=EXACT)


def test_honeycomb_hops_from_b_are_the_published_vectors():
    lattice = lattices.honeycomb()
    found = lattice.displacement[lattice.origin == lattice.site_names.index("b")]
    expected = np.array([[0.5, 0.5 / np.sqrt(3)], [-0.5, 0.5 / np.sqrt(3)], [0, -1 / np.sqrt(3)]])
    for vector in expected:
        assert np.abs(found - vector).sum(1).min() < EXACT


def test_kagome_triangles_close():
    lattice = lattices.kagome()
    for kind in (0, 1):
        hops = lattice.displacement[(lattice.hop_kind == kind) & (lattice.origin == 0)]
        np.testing.assert_allclose(np.linalg.norm(hops[0] - hops[1]), 0.5, rtol=EXACT)  # third side of the triangle


def test_hcp_is_close_packed():
    lattice = lattices.hcp()
    np.testing.assert_allclose(lattice.volume / lattice.site_count, lattices.fcc(np.sqrt(2)).volume, rtol=EXACT)
    np.testing.assert_array_equal(np.abs(lattice.displacement[:, 2]) > EXACT, lattice.hop_kind == 1)
    second_moment = lattice.displacement.T @ lattice.displacement
    np.testing.assert_allclose(second_moment, 8 * np.eye(3), atol=1e-12)  # 24 hops of length 1: isotropic


def test_hcp_of_another_axial_ratio():
    stretched, ideal = lattices.hcp(2.0, axial_ratio=1.8), lattices.hcp(2.0)
    np.testing.assert_allclose(stretched.volume / ideal.volume, 1.8 / np.sqrt(8 / 3), rtol=EXACT)
    length = np.linalg.norm(stretched.displacement, axis=1)
    np.testing.assert_allclose(length[stretched.hop_kind == 0], 2, rtol=EXACT)
    np.testing.assert_allclose(length[stretched.hop_kind == 1], 2 * np.sqrt(1 / 3 + 1.8**2 / 4), rtol=EXACT)
    with pytest.raises(ValueError, match="axial_ratio must be finite and above 0, got 0"):
        lattices.hcp(1.0, 0.0)


def test_diamond_is_two_fcc_lattices():
    lattice = lattices.diamond()
    np.testing.assert_allclose(lattice.cell, lattices.fcc().cell, rtol=EXACT)
    assert lattice.origin.tolist() == (1 - lattice.destination).tolist()
    bonds = lattice.displacement[lattice.origin == 0]
    np.testing.assert_allclose(bonds @ bonds.T, (4 * np.eye(4) - 1) / 16, atol=EXACT)  # cosines of -1/3


@pytest.mark.parametrize(("conventional", "sites"), [(False, 36), (True, 72)])
def test_garnet_network(conventional, sites):
    lattice = lattices.garnet(2.0, conventional=conventional)
    assert lattice.site_count == sites
    np.testing.assert_allclose(lattice.volume, 8 * sites / 72, rtol=EXACT)
    tetrahedral = np.array([name.startswith("tetrahedral") for name in lattice.site_names])
    assert tetrahedral.sum() == sites / 3
    assert [name.startswith("octahedral") for name in lattice.site_names] == (~tetrahedral).tolist()
    np.testing.assert_array_equal(lattice.site_polarity, np.where(tetrahedral, -1, 1))
    assert not np.any(tetrahedral[lattice.origin] == tetrahedral[lattice.destination])
    for site in range(sites):
        bonds = lattice.displacement[lattice.origin == site]
        np.testing.assert_allclose(bonds.sum(axis=0), 0, atol=EXACT)  # no site has an axis that points one way
        if not tetrahedral[site]:
            np.testing.assert_allclose(bonds[0], -bonds[1], atol=EXACT)  # halfway on a straight line


def test_garnet_tetrahedra_are_those_of_the_international_tables():
    """24d of Ia-3d in eighths: 3/8, 0, 1/4 and so on, to which the body-centred ones are added."""
    expected = np.array(
        [
            [3, 0, 2], [1, 0, 6], [2, 3, 0], [6, 1, 0], [0, 2, 3], [0, 6, 1],
            [6, 5, 0], [6, 3, 4], [1, 4, 2], [7, 0, 2], [0, 2, 7], [4, 2, 1],
        ]
    )  # fmt: skip
    lattice = lattices.garnet(8.0, conventional=True)
    found = {tuple(row) for row in np.rint(lattice.sites[:24] % 8).astype(int).tolist()}
    np.testing.assert_allclose(lattice.sites[:24] % 1, 0, atol=EXACT)
    assert found == {tuple((row + shift) % 8) for row in expected for shift in (0, 4)}


def test_path_has_its_corners_at_the_told_points():
    lattice = lattices.square()
    k, distance, corners = lattice.path([[0, 0], [0.5, 0], [0.5, 0.5]], 10)
    np.testing.assert_allclose(k[corners], [[0, 0], [np.pi, 0], [np.pi, np.pi]], atol=EXACT)
    np.testing.assert_allclose(distance[corners], [0, np.pi, 2 * np.pi], rtol=EXACT)
    assert len(k) == 21


GOOD = {
    "cell": [[1.0]],
    "sites": [[0.0], [0.5]],
    "origin": [0, 1],
    "destination": [1, 0],
    "displacement": [[0.5], [-0.5]],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell": [[0.0]]}, "span a volume"),
        (
            {"cell": [[1.0, 0.0], [2.0, 0.0]], "sites": [[0, 0], [0.5, 0]], "displacement": [[0.5, 0], [-0.5, 0]]},
            "volume",
        ),
        (
            {"origin": [0, 2]},
            r"origin must be an integer, at least 0 and at most 1 \(index of a site\), got 2 at index \(1,\)",
        ),
        ({"destination": [1, -1]}, "destination must be .* got -1"),
        ({"displacement": [[0.5], [-0.4]]}, "hop 1 from .b. to .a. by .* must join its two sites"),
        ({"displacement": [[0.5], [np.nan]]}, "displacement must be finite, got nan"),
        ({"origin": [0, 0], "destination": [1, 1], "displacement": [[0.5], [0.5]]}, "listed twice"),
        ({"site_names": ("a", "a")}, "each once"),
        ({"origin": []}, "needs sites and hops"),
        ({"sites": [[0.0], [np.nan]]}, r"sites must be finite, got nan at index \(1, 0\)"),
        ({"origin": [0, 0.5]}, "origin must be an integer, .* got 0.5"),
        ({"displacement": [[0.5], [0.0]]}, "displacement must have a length above 0"),
        ({"displacement": [[0.5, 0.0], [-0.5, 0.0]]}, "displacement must hold vectors of 1 components"),
        ({"site_polarity": [1.0]}, "site_polarity must have one entry for each of 2 sites"),
        ({"site_polarity": [1.0, -2.0]}, "site_polarity must be finite, at least -1 and at most 1, got -2.0"),
        ({"hop_kind": [0]}, "hop_kind must have one entry for each of 2 hops"),
    ],
)
def test_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        Lattice(**(GOOD | change))


def test_refuses_a_distance_without_pairs():
    with pytest.raises(ValueError, match=r"no two sites lie at the distance 0\.3"):
        lattices.from_neighbours([[1.0]], [[0.0]], 0.3)


@pytest.mark.parametrize("name", sorted(set(lattices.BUILDERS) - {"chain"}))
@pytest.mark.parametrize("length", [0.0, -1.0, np.nan])
def test_refuses_a_lattice_constant_that_is_no_length(name, length):
    with pytest.raises(ValueError, match="lattice_constant must be finite and above 0, got"):
        lattices.BUILDERS[name](length)


def test_arrays_of_the_caller_stay_his_own():
    sites = np.array([[0.0], [0.5]])
    lattice = Lattice(**(GOOD | {"sites": sites}))
    sites[1] = 0.4
    assert lattice.sites[1, 0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        lattice.sites[1] = 0.4


def test_vectors_of_another_dimension_are_refused():
    """Four vectors of three components must not pass as six of two."""
    with pytest.raises(ValueError, match=r"fractional must hold vectors of 2 components, got shape \(4, 3\)"):
        lattices.square().wave_vectors(np.zeros((4, 3)))
    assert lattices.square().wave_vectors([0.5, 0.5]).shape == (1, 2)
    assert lattices.two_site_chain().wave_vectors([0.1, 0.2, 0.3]).shape == (3, 1)
