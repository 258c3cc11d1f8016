"""Correlation factors: published values, closed forms, the full master equation of small cells, limits."""

from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superion import lattice as lattices
from superion.correlation_factors import (
    bardeen_herring_factor,
    chain_haven_ratio,
    coordination_estimate,
    finite_cell_correlation_factor,
    relative_tensor,
    vacancy_correlation_factor,
)
from superion.transport import diffusion_tensor

DETERMINISTIC = 1e-9  # what is left of the periodic cells with the default ladder
ENUMERATED = 1e-9  # pseudo-inverse of some thousand states
DIGITS = {5: 5e-6, 6: 5e-7, 8: 5e-9}  # half of the last digit of a published value

PUBLISHED = {
    "simple_cubic": (0.653108838737060, DETERMINISTIC),
    "bcc": (0.727194140088, DETERMINISTIC),
    "fcc": (0.781451421945, DETERMINISTIC),
    "diamond": (1 / 2, DETERMINISTIC),
    "honeycomb": (1 / 3, DETERMINISTIC),
    "square": (1 / (np.pi - 1), DETERMINISTIC),
    "triangular": (0.560057002032, DETERMINISTIC),
    "kagome": (0.37365, DIGITS[5]),
    "garnet": (0.249471, DIGITS[6]),
}


@cache
def few_vacancies(name):
    """Equal rates in the infinite lattice."""
    return vacancy_correlation_factor(lattices.BUILDERS[name]())


def random_rates(lattice, seed):
    """Rates of ions over random wells and saddles, in detailed balance."""
    rng = np.random.default_rng(seed)
    wells, saddles = rng.uniform(-1, 1, lattice.site_count), rng.uniform(0, 2, lattice.hop_count)
    saddles = np.maximum(saddles, saddles[lattice.reverse_hop()])
    return np.exp(wells[lattice.origin] - saddles)


def enumerated(lattice, repeats, rate):
    """D* and D_sigma of one vacancy in a periodic cell, from all places of tracer and vacancy (small cells)."""
    piece = lattice.repeat(repeats)
    rate = np.tile(rate, piece.hop_count // lattice.hop_count)
    number = {state: index for index, state in enumerate(product(range(piece.site_count), repeat=2))}
    size, d = len(number), lattice.dimension
    generator = np.zeros((size, size))  # [from, to]
    moves = {name: ([], []) for name in ("tracer", "charge")}
    for hop in range(piece.hop_count):
        ion, vacancy = piece.origin[hop], piece.destination[hop]
        for tracer in range(piece.site_count):
            if tracer == vacancy:
                continue
            start = number[tracer, vacancy]
            end = number[vacancy if tracer == ion else tracer, ion]
            generator[start, end] += rate[hop]
            generator[start, start] -= rate[hop]
            moves["charge"][0].append(start)
            moves["charge"][1].append((rate[hop], piece.displacement[hop], end))
            if tracer == ion:
                moves["tracer"][0].append(start)
                moves["tracer"][1].append((rate[hop], piece.displacement[hop], end))
    kept = [index for (tracer, vacancy), index in number.items() if tracer != vacancy]
    generator = generator[np.ix_(kept, kept)]
    place = {state: index for index, state in enumerate(kept)}
    stationary = np.linalg.svd(generator.T)[2][-1]
    stationary /= stationary.sum()
    found = []
    for starts, steps in moves.values():
        velocity, square = np.zeros((len(kept), d)), np.zeros((d, d))
        for start, (strength, vector, _) in zip(starts, steps, strict=True):
            velocity[place[start]] += strength * vector
            square += stationary[place[start]] * strength * np.outer(vector, vector) / 2
        balance = np.sqrt(stationary)
        symmetric = balance[:, None] * generator / balance
        response = np.linalg.pinv(-symmetric, rcond=1e-10, hermitian=True)
        weighted = balance[:, None] * velocity
        found.append(square - weighted.T @ response @ weighted)
    tracer, charge = found
    return tracer, charge / (piece.site_count - 1)


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_published_values(name):
    expected, margin = PUBLISHED[name]
    found = few_vacancies(name)
    np.testing.assert_allclose(found.tracer, expected * np.eye(len(found.tracer)), atol=margin)
    np.testing.assert_allclose(found.haven, found.tracer, atol=DETERMINISTIC)  # the vacancy's own hops are independent
    assert found.error < DETERMINISTIC


def test_hcp_has_two_factors():
    found = vacancy_correlation_factor(lattices.hcp())
    np.testing.assert_allclose(found.tracer, np.diag([0.78120488, 0.78120488, 0.78145142]), atol=DIGITS[8])


@pytest.mark.parametrize("name", ["simple_cubic", "bcc", "fcc", "diamond", "honeycomb", "square", "triangular"])
def test_closed_form_of_the_mean_cosine(name):
    found = few_vacancies(name)
    np.testing.assert_allclose(bardeen_herring_factor(found.mean_cosine), found.tracer[0, 0], atol=DETERMINISTIC)


def test_where_the_closed_form_is_none():
    for name in ("kagome", "garnet"):
        found = few_vacancies(name)
        assert abs(bardeen_herring_factor(found.mean_cosine) - found.tracer[0, 0]) > 0.01


@pytest.mark.parametrize(
    ("name", "repeats"),
    [
        ("chain", 6), ("two_site_chain", 4), ("square", (2, 3)), ("honeycomb", (3, 2)), ("kagome", 2),
        ("simple_cubic", (2, 2, 3)), ("hcp", (2, 2, 1)), ("bcc_tetrahedral", (1, 1, 2)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", [None, 7])
def test_periodic_cells_against_all_their_states(name, repeats, seed):
    """Also with unequal rates, polar sites and hops that reach one site by two ways."""
    lattice = lattices.chain([1.0]) if name == "chain" else lattices.BUILDERS[name]()
    rate = np.ones(lattice.hop_count) if seed is None else random_rates(lattice, seed)
    tracer, charge = enumerated(lattice, repeats, rate)
    found = finite_cell_correlation_factor(lattice, repeats, rate)
    np.testing.assert_allclose(found.haven, relative_tensor(tracer, charge), atol=ENUMERATED)
    assert found.sites == lattice.site_count * np.prod(np.broadcast_to(repeats, lattice.dimension))
    assert found.error == 0


def test_single_file():
    """Ions on a ring stay in order: D* is D_sigma over their number, and 0 in the end."""
    for cells in (3, 5, 12):
        found = finite_cell_correlation_factor(lattices.chain([1.0]), cells)
        np.testing.assert_allclose(found.haven, 1 / (cells - 1), rtol=1e-12)
    np.testing.assert_allclose(vacancy_correlation_factor(lattices.two_site_chain()).haven, 0, atol=DETERMINISTIC)


@pytest.mark.parametrize("name", ["square", "diamond", "garnet"])
def test_bias_of_periodic_cells_goes_as_one_over_sites(name):
    lattice = lattices.BUILDERS[name]()
    limit = few_vacancies(name).tracer[0, 0]
    cells = [finite_cell_correlation_factor(lattice, count) for count in (6, 9)]
    small, large = (cell.sites * (cell.tracer[0, 0] - limit) for cell in cells)
    assert 0.5 < large < 2
    assert large == pytest.approx(small, rel=0.05)


def test_choice_of_the_cell_does_not_matter():
    small = vacancy_correlation_factor(lattices.square())
    double = vacancy_correlation_factor(lattices.square().repeat((1, 2)))
    np.testing.assert_allclose(double.tracer, small.tracer, atol=DETERMINISTIC)
    assert double.mean_cosine == pytest.approx(small.mean_cosine, abs=DETERMINISTIC)


def test_independent_planes_in_the_limit_of_slow_hops_between_them():
    """With hops along z rare, basal hops of the simple cubic lattice are those of the square lattice."""
    lattice = lattices.simple_cubic()
    along = np.abs(lattice.displacement[:, 2]) > 0.5
    rates = [np.where(along, slow, 1.0) for slow in (0.1, 0.01)]
    basal = [vacancy_correlation_factor(lattice, rate).tracer[0, 0] for rate in rates]
    square = 1 / (np.pi - 1)
    assert 0 < basal[1] - square < basal[0] - square < 0.653 - square


@given(st.integers(0, 2**32 - 1), st.sampled_from(["honeycomb", "kagome", "triangular"]))
@settings(max_examples=8, deadline=None)
def test_bounds_and_scale_of_unequal_rates(seed, name):
    """0 < H_R < 1 along every direction, whatever the rates; a common factor of them drops out."""
    lattice = lattices.BUILDERS[name]()
    rate = random_rates(lattice, seed)
    found = vacancy_correlation_factor(lattice, rate, cells=(8, 12, 16, 24))
    values = np.linalg.eigvalsh(found.haven)
    assert 0 < values.min() <= values.max() < 1
    scaled = vacancy_correlation_factor(lattice, 1e6 * rate, cells=(8, 12, 16, 24))
    np.testing.assert_allclose(scaled.haven, found.haven, rtol=1e-8)


def test_infinite_lattice_of_unequal_rates_is_the_limit_of_cells():
    """Polar sites too: their excess falls as 1/N."""
    lattice = lattices.kagome()
    rate = random_rates(lattice, 3)
    limit = vacancy_correlation_factor(lattice, rate).haven
    small, large = (finite_cell_correlation_factor(lattice, count, rate) for count in (10, 20))
    np.testing.assert_allclose(
        small.sites * (small.haven - limit), large.sites * (large.haven - limit), rtol=0.05, atol=0.01
    )


def test_haven_ratio_differs_from_f_where_the_vacancy_is_correlated():
    lattice = lattices.kagome()
    rate = np.where(lattice.hop_kind == 0, 1.0, 0.2)
    found = vacancy_correlation_factor(lattice, rate)
    share = diffusion_tensor(lattice, rate)
    vacancy = relative_tensor(share.total, share.direct)
    np.testing.assert_allclose(found.tracer, found.haven @ vacancy, atol=1e-9)
    assert np.all(np.diag(found.haven) > np.diag(found.tracer) + 0.05)


def test_estimates():
    assert coordination_estimate(lattices.simple_cubic()) == pytest.approx(2 / 3)
    assert coordination_estimate(lattices.garnet()) == pytest.approx(1 / 4)
    np.testing.assert_allclose(bardeen_herring_factor([-1, 0, -1 / 3]), [0, 1, 1 / 2])
    np.testing.assert_allclose(chain_haven_ratio(0.6, [1, 2, 3]), [0.6, 0.3, 0.2])


def test_refuses():
    square = lattices.square()
    with pytest.raises(ValueError, match="hop_rate must be finite and above 0"):
        vacancy_correlation_factor(square, [1, 1, 1, 0])
    with pytest.raises(ValueError, match=r"hop_rate must have one value for each of 4 hops, got shape \(2,\)"):
        vacancy_correlation_factor(square, [1, 1])
    with pytest.raises(ValueError, match="detailed balance"):
        finite_cell_correlation_factor(square, 3, np.where(square.displacement[:, 1] > 0.5, 2.0, 1.0))
    with pytest.raises(ValueError, match="repeats must keep every hop"):
        finite_cell_correlation_factor(square, 1)
    with pytest.raises(ValueError, match="cells must be at least 3"):
        vacancy_correlation_factor(square, cells=[4])
    with pytest.raises(ValueError, match="mean_cosine must be finite, at least -1 and below 1, got 1"):
        bardeen_herring_factor(1.0)
    with pytest.raises(ValueError, match="ions must be an integer and at least 1"):
        chain_haven_ratio(1.0, 0)
    with pytest.raises(ValueError, match=r"tracer_correlation must be finite, at least 0 and at most 1, got 1\.5"):
        chain_haven_ratio(1.5, 2)
