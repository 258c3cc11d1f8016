"""Interstitialcies: published ratios of silver halides, all states of a small cell, geometry of the moves."""

import numpy as np
import pytest

from superion import lattice as lattices
from superion.correlation_factors import chain_haven_ratio
from superion.interstitialcy import (
    Interstitialcy,
    finite_cell_interstitialcy_correlation,
    interstitialcy_correlation,
    silver_halide_interstitialcy,
)

DETERMINISTIC = 1e-9  # what is left of the periodic cells with the default ladder
ENUMERATED = 1e-10  # pseudo-inverse of some hundred states


@pytest.mark.parametrize(("kind", "tracer", "haven"), [("collinear", 2 / 3, 1 / 3), ("non-collinear", 32 / 33, 8 / 11)])
def test_silver_halides(kind, tracer, haven):
    """K. Compaan and Y. Haven (1958); McCombie and Lidiard (1956)."""
    found = interstitialcy_correlation(silver_halide_interstitialcy(kind))
    np.testing.assert_allclose(found.tracer, tracer * np.eye(3), atol=DETERMINISTIC)
    np.testing.assert_allclose(found.haven, haven * np.eye(3), atol=DETERMINISTIC)
    np.testing.assert_allclose(found.haven, found.uncorrelated_haven @ found.tracer, atol=DETERMINISTIC)
    assert found.error < DETERMINISTIC


def test_collinear_moves_are_chains_of_two():
    found = interstitialcy_correlation(silver_halide_interstitialcy("collinear"))
    np.testing.assert_allclose(np.diag(found.haven), chain_haven_ratio(np.diag(found.tracer), 2), atol=DETERMINISTIC)


@pytest.mark.parametrize("kind", ["collinear", "non-collinear"])
def test_moves_in_the_rocksalt_structure(kind):
    """Interstitials in the middle of small cubes, silver at fcc sites, and both ions of a move going sqrt(3)/4 a."""
    moves = silver_halide_interstitialcy(kind)
    pushed = moves.lattice.displacement - moves.to_regular
    for part in (moves.to_regular, pushed):
        np.testing.assert_allclose(np.linalg.norm(part, axis=1), np.sqrt(3) / 4, rtol=1e-12)
    cosine = np.einsum("hd,hd->h", moves.to_regular, pushed) * 16 / 3
    np.testing.assert_allclose(cosine, {"collinear": 1, "non-collinear": 1 / 3}[kind], rtol=1e-12)
    halves = 2 * (moves.lattice.sites[moves.lattice.origin] + moves.to_regular + 0.25)  # a corner at the origin
    np.testing.assert_allclose(halves, np.rint(halves), atol=1e-12)
    assert np.all(np.rint(halves).sum(axis=1) % 2 == np.rint(halves[0]).sum() % 2)  # one of two fcc lattices


def test_single_file_of_interstitials():
    chain = lattices.chain([1.0])
    found = interstitialcy_correlation(Interstitialcy(chain, chain.displacement / 2))
    np.testing.assert_allclose(found.haven, 0, atol=DETERMINISTIC)


@pytest.mark.parametrize("bend", [0.0, 0.3])
@pytest.mark.parametrize("repeats", [(3, 3), (2, 4)])
def test_periodic_cells_against_all_their_states(bend, repeats):
    """Collinear and bent moves on the square lattice."""
    square = lattices.square()
    d = square.displacement
    sideways = np.stack([np.abs(d[:, 1]), np.abs(d[:, 0])], axis=1)  # off the middle of the bond, the same both ways
    moves = Interstitialcy(square, d / 2 + bend * sideways)
    found = finite_cell_interstitialcy_correlation(moves, repeats)
    np.testing.assert_allclose(found.haven, enumerated(moves, repeats), atol=ENUMERATED)


def test_infinite_lattice_is_the_limit_of_cells():
    moves = silver_halide_interstitialcy("collinear")
    excess = [finite_cell_interstitialcy_correlation(moves, cells).haven[0, 0] - 1 / 3 for cells in (4, 8)]
    assert excess[0] / excess[1] == pytest.approx(8, rel=0.05)
    assert abs(excess[0]) > 1e-4


def enumerated(moves, cells):
    """H_R of one interstitial in a periodic cell, from all places of a tracer and of the interstitial."""
    piece = moves.lattice.repeat(cells)
    first = np.tile(moves.to_regular, (piece.hop_count // moves.lattice.hop_count, 1))
    place = (piece.sites[piece.origin] + first) @ np.linalg.inv(piece.cell)
    key = np.rint((place - np.floor(place + 1e-9)) * 1e6).astype(int)
    regular = np.unique(key, axis=0, return_inverse=True)[1].ravel()
    count, nodes, d = regular.max() + 1, piece.site_count, piece.dimension

    def state(tracer, interstitial):  # tracer -1: it is the interstitial
        return interstitial * (count + 1) + tracer + 1

    size = nodes * (count + 1)
    rates, velocity, square = np.zeros((size, size)), np.zeros((size, d)), np.zeros((d, d))
    for hop in range(piece.hop_count):
        start, end, site = piece.origin[hop], piece.destination[hop], regular[hop]
        for tracer in range(-1, count):
            moved = np.zeros(d)
            after = tracer
            if tracer == -1:
                moved, after = first[hop], site
            elif tracer == site:
                moved, after = piece.displacement[hop] - first[hop], -1
            rates[state(tracer, start), state(after, end)] += 1
            velocity[state(tracer, start)] += moved
            square += np.outer(moved, moved) / 2
    generator = np.diag(rates.sum(axis=1)) - rates
    tracer = (square - velocity.T @ np.linalg.pinv(generator, rcond=1e-10, hermitian=True) @ velocity) / size
    charge = piece.displacement.T @ piece.displacement / (2 * nodes)  # hops of the interstitial are independent
    return (count + 1) * tracer @ np.linalg.inv(charge)


def test_refuses():
    square = lattices.square()
    with pytest.raises(ValueError, match="kind must be 'collinear' or 'non-collinear', got 'bent'"):
        silver_halide_interstitialcy("bent")
    with pytest.raises(ValueError, match=r"to_regular must have shape \(4, 2\), got \(2, 2\)"):
        Interstitialcy(square, np.zeros((2, 2)))
    with pytest.raises(ValueError, match="a hop and its reverse by one regular site, not so hop 0"):
        Interstitialcy(square, square.displacement / 3)
    with pytest.raises(ValueError, match="cells must be at least 3"):
        interstitialcy_correlation(Interstitialcy(square, square.displacement / 2), cells=[3])
