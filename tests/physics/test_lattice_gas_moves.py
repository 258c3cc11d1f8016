"""Moves of a lattice gas: numbers and directions of hops, pushes and exchanges, rates, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superion import lattice as lattices
from superion.lattice import Lattice
from superion.lattice_gas_moves import EXCHANGE, HOP, PUSH, RULES, LatticeGas, moves_of, rule_factor

EXACT = 1e-12  # a few additions and exponentials

ENERGIES = st.floats(-20, 20)
PIECES = {
    "chain": (lambda: lattices.chain([0.4, 0.6]), [3]),
    "honeycomb": (lattices.honeycomb, [3, 2]),
    "square": (lattices.square, [3, 5]),
    "triangular": (lattices.triangular, [4, 3]),
    "kagome": (lattices.kagome, [2, 3]),
    "simple_cubic": (lattices.simple_cubic, [3, 4, 3]),
    "fcc": (lattices.fcc, [3, 3, 3]),
    "fcc_octahedral_tetrahedral": (lattices.fcc_octahedral_tetrahedral, [2, 2, 3]),
}


def piece(name: str) -> Lattice:
    build, repeats = PIECES[name]
    return build().repeat(repeats)


def one_way() -> Lattice:
    return Lattice(np.eye(2), [[0, 0], [0.5, 0]], [0, 1, 0], [1, 0, 1], [[0.5, 0], [-0.5, 0], [-0.5, 0]])


# ---- repeated lattices -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PIECES)
def test_repeats_keep_coordination_volume_a_site_and_bonds(name):
    build, repeats = PIECES[name]
    lattice, many = build(), np.prod(repeats)
    large = lattice.repeat(repeats)
    assert large.site_count == many * lattice.site_count
    np.testing.assert_allclose(large.volume, many * lattice.volume, rtol=EXACT)
    np.testing.assert_array_equal(large.coordination, np.tile(lattice.coordination, many))
    np.testing.assert_array_equal(large.site_polarity, np.tile(lattice.site_polarity, many))
    np.testing.assert_array_equal(large.hop_kind, np.tile(lattice.hop_kind, many))
    reverse = large.reverse_hop()
    np.testing.assert_allclose(large.displacement[reverse], -large.displacement, atol=EXACT)
    assert len(np.unique(large.components())) == 1


def test_repeats_follow_one_another_with_the_last_vector_running_fastest():
    lattice = lattices.honeycomb()
    large = lattice.repeat([2, 3])
    for number, (i, j) in enumerate(np.ndindex(2, 3)):
        np.testing.assert_allclose(large.sites[2 * number : 2 * number + 2], lattice.sites + [i, j] @ lattice.cell)
    assert large.site_names[:4] == ("a_0", "b_0", "a_1", "b_1")


@pytest.mark.parametrize("name", PIECES)
def test_waves_of_a_repeated_lattice_are_those_of_the_lattice(name):
    """Hops summed with phases of a wave that fits into the piece: one sum for each kind of site, as in one cell."""
    build, repeats = PIECES[name]
    lattice = build()
    large = lattice.repeat(repeats)
    q = np.arange(1, lattice.dimension + 1) @ large.reciprocal_cell
    small_sum = np.exp(1j * lattice.displacement @ q)
    matrix = np.zeros((large.site_count, large.site_count), complex)
    np.add.at(matrix, (large.destination, large.origin), 1.0)
    wave = np.exp(1j * large.sites @ q)
    expected = np.zeros(lattice.site_count, complex)
    np.add.at(expected, lattice.origin, small_sum)
    found = (matrix.T @ wave) / wave
    np.testing.assert_allclose(found, np.tile(expected, np.prod(repeats)), atol=1e-10)


def test_one_number_of_repeats_is_that_of_all_vectors():
    assert lattices.square().repeat(3).site_count == 9
    np.testing.assert_array_equal(lattices.square().repeat(3).sites, lattices.square().repeat([3, 3]).sites)


@pytest.mark.parametrize(
    ("repeats", "message"),
    [
        ([2, 0], "repeats must be an integer and at least 1"),
        (1.5, "repeats must be an integer"),
        ([2, 2, 2], r"repeats must hold 2 numbers of cells, got \(3,\)"),
        ([[2, 2]], r"repeats must hold 2 numbers of cells, got \(1, 2\)"),
    ],
)
def test_repeats_that_do_not_fit(repeats, message):
    with pytest.raises(ValueError, match=message):
        lattices.square().repeat(repeats)


# ---- rates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
@given(before=ENERGIES, after=ENERGIES)
def test_rates_forth_and_back_keep_detailed_balance(rule, before, after):
    forth, back = rule_factor(rule, before, after), rule_factor(rule, after, before)
    np.testing.assert_allclose(np.log(forth) - np.log(back), before - after, atol=1e-11)


def test_rates_of_each_rule():
    before, after = np.array([0.0, 1.0, 2.0]), 1.0
    np.testing.assert_allclose(rule_factor("metropolis", before, after), [np.exp(-1), 1, 1])
    np.testing.assert_allclose(rule_factor("symmetric", before, after), np.exp([-0.5, 0, 0.5]))
    np.testing.assert_allclose(rule_factor("initial_state_barrier", before, after), np.exp([0, 1, 2]))
    np.testing.assert_allclose(rule_factor("final_state_barrier", before, after), np.exp([-1, -1, -1]))
    for rule in RULES:
        assert rule_factor(rule, 0, 0) == 1


def test_unknown_rule():
    with pytest.raises(ValueError, match=r"rule must be 'metropolis', .* or 'final_state_barrier', got 'glauber'"):
        rule_factor("glauber", 0, 0)


# ---- moves -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "angle", "ways"),
    [
        ("square", 0, 1),
        ("square", 90, 3),
        ("square", 180, 3),
        ("honeycomb", 0, 0),
        ("honeycomb", 59, 0),
        ("honeycomb", 61, 2),
        ("triangular", 0, 1),
        ("triangular", 60, 3),
        ("triangular", 120, 5),
        ("simple_cubic", 0, 1),
        ("simple_cubic", 90, 5),
        ("fcc", 0, 1),
        ("fcc", 60, 5),
        ("fcc", 180, 11),
        ("chain", 0, 1),
        ("fcc_octahedral_tetrahedral", 0, None),
    ],
)
def test_number_of_pushes_by_their_angle(name, angle, ways):
    """On each hop follow as many second hops as make no larger angle; the way back is none."""
    lattice = piece(name)
    moves = moves_of(LatticeGas(lattice, 2, push_rate=0.7, push_angle_deg=angle))
    assert (moves.kind == HOP).sum() == lattice.hop_count
    pushes = moves.kind == PUSH
    if ways is None:  # octahedral to tetrahedral to octahedral never goes straight on; the other way around it does
        ways = 1 / 2
        first = moves.origin[pushes] % 3
        assert set(first.tolist()) <= {1, 2}
    assert pushes.sum() == ways * lattice.hop_count
    one, two = moves.displacement[pushes], moves.pushed_displacement[pushes]
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
    turn = np.degrees(np.arccos(np.clip((one * two).sum(axis=1) / lengths, -1, 1)))
    assert np.all(turn <= angle + 1e-4)
    assert np.all(moves.rate[pushes] == 0.7)
    assert np.all(moves.pushed_to[pushes] != moves.origin[pushes])


@pytest.mark.parametrize("name", PIECES)
def test_displacements_lead_from_site_to_site(name):
    lattice = piece(name)
    moves = moves_of(LatticeGas(lattice, 2, push_rate=1, push_angle_deg=180, exchange_rate=1))

    def whole(start, end, vector):
        cells = (lattice.sites[end] - lattice.sites[start] - vector) @ np.linalg.inv(lattice.cell)
        np.testing.assert_allclose(cells, np.rint(cells), atol=1e-9)

    whole(moves.origin, moves.destination, moves.displacement)
    push, swap, hop = (moves.kind == kind for kind in (PUSH, EXCHANGE, HOP))
    assert push.any()
    assert swap.any()
    whole(moves.destination[push], moves.pushed_to[push], moves.pushed_displacement[push])
    whole(moves.destination[swap], moves.origin[swap], moves.pushed_displacement[swap])
    assert not moves.pushed_displacement[hop].any()
    np.testing.assert_array_equal(moves.filled[hop], moves.destination[hop])
    np.testing.assert_array_equal(moves.filled[push], moves.pushed_to[push])
    assert np.all(moves.filled[swap] == -1)
    assert np.all(np.diff(moves.origin) >= 0)


@pytest.mark.parametrize("name", PIECES)
@pytest.mark.parametrize("angle", [0, 75, 180])
def test_every_move_has_one_back_with_the_same_rate(name, angle):
    moves = moves_of(LatticeGas(piece(name), 2, hop_rate=0.3, push_rate=2, push_angle_deg=angle, exchange_rate=5))

    def keys(kind, start, end, last, first_vector, second_vector, rate):
        vectors = np.rint(1e6 * np.hstack([first_vector, second_vector])).astype(int)
        return sorted(map(tuple, np.column_stack([kind, start, end, last, vectors, 1e3 * rate]).tolist()))

    forth = keys(
        moves.kind,
        moves.origin,
        moves.destination,
        moves.pushed_to,
        moves.displacement,
        moves.pushed_displacement,
        moves.rate,
    )
    push = moves.kind == PUSH
    back = keys(
        moves.kind,
        np.where(push, moves.pushed_to, moves.destination),
        np.where(push, moves.destination, moves.origin),
        np.where(push, moves.origin, moves.pushed_to),
        np.where(push[:, None], -moves.pushed_displacement, -moves.displacement),
        np.where(push[:, None], -moves.displacement, -moves.pushed_displacement),
        moves.rate,
    )
    assert forth == back


def test_a_pair_exchanges_at_its_rate_whichever_end_it_is_seen_from():
    lattice = piece("square")
    moves = moves_of(LatticeGas(lattice, 5, hop_rate=0, exchange_rate=0.6))
    assert set(moves.kind.tolist()) == {EXCHANGE}
    total = np.zeros((lattice.site_count, lattice.site_count))
    np.add.at(total, (moves.origin, moves.destination), moves.rate)
    both = total + total.T
    np.testing.assert_allclose(both[both > 0], 0.6, rtol=EXACT)
    assert (both > 0).sum() == lattice.hop_count


def test_moves_of_no_rate_are_left_out():
    assert set(moves_of(LatticeGas(piece("square"), 5, push_rate=1, hop_rate=0)).kind.tolist()) == {PUSH}
    assert set(moves_of(LatticeGas(piece("square"), 5)).kind.tolist()) == {HOP}


# ---- the lattice gas ---------------------------------------------------------------------------------------------


def test_ions_vacancies_and_energies_of_all_sites():
    gas = LatticeGas(piece("square"), 4, site_energy_over_kT=1.5)
    assert (gas.site_count, gas.ion_count, gas.vacancy_count) == (15, 4, 11)
    np.testing.assert_array_equal(gas.site_energy_over_kT, np.full(15, 1.5))
    with pytest.raises(ValueError, match="read-only"):
        gas.site_energy_over_kT[0] = 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ion_count": 0}, "ion_count must be an integer, at least 1 and at most 15 .*got 0"),
        ({"ion_count": 16}, r"ion_count must be .*at most 15 \(15 sites\), got 16"),
        ({"ion_count": 2.5}, "ion_count must be an integer.*got 2.5"),
        (
            {"site_energy_over_kT": [0, 1]},
            r"site_energy_over_kT must have one entry for each of 15 sites, got \(2,\)",
        ),
        ({"site_energy_over_kT": np.nan}, "site_energy_over_kT must be finite"),
        ({"repulsion_over_kT": np.inf}, "repulsion_over_kT must be finite"),
        ({"rule": "kawasaki"}, "rule must be .*got 'kawasaki'"),
        ({"hop_rate": -1}, "hop_rate must be finite and at least 0, got -1"),
        ({"push_rate": -0.5}, "push_rate must be"),
        ({"exchange_rate": np.nan}, "exchange_rate must be"),
        ({"push_angle_deg": 181}, "push_angle_deg must be .*at most 180, got 181"),
        ({"hop_rate": 0}, "hop_rate, push_rate and exchange_rate are all 0: nothing moves"),
        ({"ion_count": [1, 2]}, r"ion_count must be one number, got \[1, 2\]"),
        ({"repulsion_over_kT": [0, 1]}, r"repulsion_over_kT must be one number, got \[0.0, 1.0\]"),
        ({"repulsion_over_kT": [1]}, r"repulsion_over_kT must be one number, got \[1.0\]"),
        ({"hop_rate": [1, 2]}, r"hop_rate must be one number, got \[1.0, 2.0\]"),
        ({"push_rate": [[1.0]]}, "push_rate must be one number"),
        ({"exchange_rate": []}, r"exchange_rate must be one number, got \[\]"),
        ({"push_angle_deg": [0, 60]}, "push_angle_deg must be one number"),
    ],
)
def test_what_a_lattice_gas_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        LatticeGas(**{"lattice": piece("square"), "ion_count": 4, **change})


def test_pushes_that_no_two_hops_make():
    """No bond of the honeycomb lattice goes straight on, and each turns by 60 degrees."""
    honeycomb = piece("honeycomb")
    with pytest.raises(ValueError, match=r"hop_rate and exchange_rate are 0, and no two .*push_angle_deg, 59: noth"):
        LatticeGas(honeycomb, 4, hop_rate=0, push_rate=1, push_angle_deg=59)
    for sound in ({"push_angle_deg": 61}, {"exchange_rate": 0.1}, {"hop_rate": 1}):
        assert len(moves_of(LatticeGas(honeycomb, 4, **{"hop_rate": 0, "push_rate": 1, **sound})).kind)


def test_lattices_that_a_lattice_gas_refuses():
    with pytest.raises(ValueError, match="site 'a' is its own neighbour: the periodic piece must be larger"):
        LatticeGas(lattices.square(), 1)
    with pytest.raises(ValueError, match="site 'a_0' is its own neighbour"):
        LatticeGas(lattices.square().repeat([1, 4]), 1)
    with pytest.raises(ValueError, match="every bond must be two hops; there is none back from the one of site 'a'"):
        LatticeGas(one_way(), 1)
