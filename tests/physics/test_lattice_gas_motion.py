"""Monte Carlo of lattice gases: every move kept account of, equilibrium, time, schemes, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_lattice_gases import GASES, around_twice, bonds_of, exclusion, expected, expected_of, runs

from superion import lattice as lattices
from superion import lattice_gas_kernels as kernels
from superion import lattice_gas_motion
from superion.lattice_gas_motion import SCHEMES, LatticeGasMotion
from superion.lattice_gas_moves import HOP, LatticeGas
from superion.lattice_gas_states import exact_transport, states_of

ROUNDING = 1e-9  # of sums of displacements that are differences of unwrapped positions
UNLIKELY = 1e-3  # probability of a chi-square beyond which frequencies are not those expected
SIGMAS = 4  # standard errors of 40 batches: one number in 3,700 lies farther by chance; seeds are fixed


def moving(gas, scheme="automatic", seed=1, **options):
    return LatticeGasMotion(gas, np.random.SeedSequence(seed), scheme, **options)


def half_filled(**options):
    return LatticeGas(lattices.simple_cubic().repeat(6), 108, **options)


def frequencies_fit(counts, probability):
    """Neither too far from what is expected nor too near to it."""
    rare = probability * counts.sum() < 5
    counts = np.append(counts[~rare], counts[rare].sum())
    wanted = counts.sum() * np.append(probability[~rare], probability[rare].sum())
    if wanted[-1] == 0:
        counts, wanted = counts[:-1], wanted[:-1]
    tail = scipy.stats.chisquare(counts, wanted * counts.sum() / wanted.sum()).pvalue
    assert UNLIKELY < tail < 1 - UNLIKELY


# ---- every move --------------------------------------------------------------------------------------------------

WATCHED = {
    "square": lambda: LatticeGas(lattices.square().repeat(4), 5),
    "square, few vacancies": lambda: LatticeGas(lattices.square().repeat(4), 12),
    "garnet, ions alone": lambda: LatticeGas(lattices.garnet(), 20),
    "garnet, vacancies alone": lambda: LatticeGas(lattices.garnet(), 30),
    "twice around": lambda: LatticeGas(around_twice(), 2),
    "twice around, few vacancies": lambda: LatticeGas(around_twice(), 4),
    "honeycomb, all moves": lambda: LatticeGas(
        lattices.honeycomb().repeat(3), 11, repulsion_over_kT=0.5, push_rate=1, push_angle_deg=61, exchange_rate=0.5
    ),
    "chain, all moves": lambda: LatticeGas(
        lattices.two_site_chain().repeat(4), 5, repulsion_over_kT=-0.5, push_rate=1, exchange_rate=0.5
    ),
    "sites of two coordinations": lambda: LatticeGas(
        lattices.fcc_octahedral_tetrahedral().repeat(3), 30, np.tile([0.5, 0, 0], 27), 0.5, push_rate=1, exchange_rate=1
    ),
}


def watched():
    alike = {name: all(word not in name for word in ("all moves", "coordinations")) for name in WATCHED}
    return [(name, scheme) for name in WATCHED for scheme in SCHEMES[0 if alike[name] else 1 :]]


class Account:
    """What single moves must have done, from where ions are before and after them."""

    def __init__(self, gas, holds):
        self.gas, self.lattice = gas, gas.lattice
        self.hops = {}
        ends = zip(self.lattice.origin, self.lattice.destination, self.lattice.displacement, strict=True)
        for start, end, vector in ends:
            self.hops.setdefault((int(start), int(end)), []).append(vector)
        self.bonds = bonds_of(self.lattice)
        self.sites, self.last = self.sites_of(holds), {}

    def sites_of(self, holds):
        sites = np.full(self.gas.ion_count + 1, -1)
        sites[holds] = np.arange(len(holds))
        return sites[1:]

    def enter(self, holds, columns):
        """Check a block with one move or none; any number of moves is gone along with."""
        here, there = self.sites, self.sites_of(holds)
        self.sites, last, self.last = there, self.last, None
        assert np.all(there >= 0)
        assert np.count_nonzero(holds) == self.gas.ion_count
        np.testing.assert_allclose(columns["polarity"], self.lattice.site_polarity[there].sum())
        if "bonds" in columns:
            assert columns["bonds"] == self.bonds[np.ix_(there, there)].sum() / 2
        if columns["moves"] > 1:
            return 0
        went = {ion: self.hops[here[ion], there[ion]] for ion in np.flatnonzero(here != there)}
        assert len(went) in ((0,) if columns["moves"] == 0 else (1, 2))
        options = [{}]
        for ion, vectors in went.items():
            options = [{**option, ion: vector} for option in options for vector in vectors]
        if len(went) == 2 and there[min(went)] == here[max(went)] and there[max(went)] == here[min(went)]:
            options = [o for o in options if not np.any(np.round(sum(o.values()), 9))]  # they take one bond
        for option in options:
            total = sum(option.values(), np.zeros(self.lattice.dimension))
            if np.allclose(columns["displacement"], total, atol=ROUNDING):
                break
        else:
            raise AssertionError(f"{columns['displacement']} is none of the ways {options}")
        self.last = option
        squares = sum((vector**2 for vector in option.values()), np.zeros(self.lattice.dimension))
        np.testing.assert_allclose(columns["squares"], squares, atol=ROUNDING)
        if last is not None:
            products = sum((option[ion] * last[ion] for ion in option if ion in last), np.zeros(len(total)))
            np.testing.assert_allclose(columns["products"], products, atol=ROUNDING)
        return len(went)


@pytest.mark.parametrize(("name", "scheme"), watched())
def test_single_moves(name, scheme):
    """Time in steps so short that two moves seldom fall into one; every kind of move comes by, and many ways."""
    gas = WATCHED[name]()
    motion = moving(gas, scheme)
    duration = 0.4 / (motion.equilibrate(20) * gas.ion_count)
    account = Account(gas, motion.holds)
    account.last = None
    ions_moved, ways = np.zeros(3, int), set()
    for _ in range(200):
        columns = {key: column[0] for key, column in motion.run([duration]).items()}
        moved = account.enter(motion.holds, columns)
        ions_moved[moved] += 1
        if moved and scheme == "pick moves":
            squares = columns["squares"].sum()
            np.testing.assert_allclose(columns["tracer_square"], squares, atol=ROUNDING)
            np.testing.assert_allclose(columns["charge_square"], (columns["displacement"] ** 2).sum(), atol=ROUNDING)
        ways.update(map(tuple, np.round([columns["displacement"]] if moved == 1 else [], 6).tolist()))
    assert ions_moved[1] > 15
    assert (ions_moved[2] > 2) == bool(gas.push_rate)
    assert len(ways) > 0.3 * len(np.unique(np.round(gas.lattice.displacement, 6), axis=0))


@pytest.mark.parametrize(("name", "scheme"), runs())
def test_what_stays_through_many_moves(name, scheme):
    """One ion a site, each ion once; neighbours counted; displacements lead from site to site, around the piece too."""
    gas = GASES[name]()
    motion, lattice = moving(gas, scheme), gas.lattice
    before = Account(gas, motion.holds).sites
    columns = motion.run([0.0, 800.0, 40.0])
    sites = Account(gas, motion.holds).sites
    assert columns["moves"][0] == 0
    assert columns["moves"].sum() > 500
    np.testing.assert_array_equal(np.sort(motion.holds[motion.holds > 0]), np.arange(1, gas.ion_count + 1))
    np.testing.assert_array_equal(motion._ions.position[1:], sites)
    if scheme == "pick ions":
        free = np.sort(motion._vacancies) if gas.vacancy_count < gas.ion_count else np.flatnonzero(motion.holds == 0)
        np.testing.assert_array_equal(free, np.flatnonzero(motion.holds == 0))
    elif gas.repulsion_over_kT:
        np.testing.assert_array_equal(motion._around.near, bonds_of(lattice) @ (motion.holds > 0))
    shift = columns["displacement"].sum(axis=0) - (lattice.sites[sites] - lattice.sites[before]).sum(axis=0)
    around = shift @ np.linalg.inv(lattice.cell)
    np.testing.assert_allclose(around, np.rint(around), atol=ROUNDING)
    # Ions went around, else the last check would be one of sites alone.
    assert np.any(np.sqrt(columns["squares"][1] / gas.ion_count) > np.abs(lattice.cell).sum(axis=0) / 2)


@settings(max_examples=20)
@given(st.lists(st.integers(-500_000, 500_000), min_size=3, max_size=3), st.integers(1, 3))
def test_far_away_ions_are_found_again(windings, dimension):
    gas = LatticeGas([lattices.chain([1.0]), lattices.square(), lattices.simple_cubic()][dimension - 1].repeat(3), 2)
    motion = moving(gas, "pick moves")
    motion._ions.winding[2] += kernels.pack(np.array(windings[:dimension]))
    columns = motion.run([0.0])
    np.testing.assert_allclose(columns["displacement"][0], 3.0 * np.array(windings[:dimension]), rtol=1e-12)
    np.testing.assert_allclose(columns["squares"][0], 9.0 * np.array(windings[:dimension]) ** 2, rtol=1e-12)


def test_random_numbers_are_those_of_splitmix():
    """The first numbers from the seed 1234567, as widely printed."""
    published = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    with np.errstate(over="ignore"):
        counters = np.uint64(1234567) + np.arange(1, 6, dtype=np.uint64) * kernels._GOLDEN
        assert [int(kernels._mixed.py_func(counter)) for counter in counters] == published


# ---- equilibrium and time ----------------------------------------------------------------------------------------

TINY = {
    "square": lambda: LatticeGas(lattices.square().repeat(3), 4),
    "square, few vacancies": lambda: LatticeGas(lattices.square().repeat(3), 6),
    "honeycomb": lambda: LatticeGas(
        lattices.honeycomb().repeat(2),
        4,
        np.tile([0.0, 0.7], 4),
        0.5,
        rule="symmetric",
        push_rate=1,
        push_angle_deg=61,
        exchange_rate=0.2,
    ),
    "ring": lambda: LatticeGas(
        lattices.chain([1.0]).repeat(6), 3, [0.3, -0.8, 0.5, 0.0, 1.1, -0.2], 1.0, rule="initial_state_barrier"
    ),
}


@pytest.mark.parametrize(
    ("name", "scheme"), [(name, scheme) for name in TINY for scheme in SCHEMES[0 if name.startswith("square") else 1 :]]
)
def test_states_are_as_frequent_as_boltzmann_has_them(name, scheme):
    """Sites with the polarities 1/2, 1/4, ...: their sum over the ions is the number of a state."""
    gas = TINY[name]()
    digits = 0.5 ** np.arange(1, gas.site_count + 1)
    states = states_of(gas)
    gap = np.sort(np.linalg.eigvals(-states.chain.generator.toarray()).real)[1]
    motion = moving(replace(gas, lattice=replace(gas.lattice, site_polarity=digits)), scheme)
    motion.run([20 / gap])
    found = motion.run(np.full(8_000, 5 / gap))["polarity"]
    code, which = np.unique(states.occupation @ digits, return_inverse=True)
    assert len(code) == len(states.energy)
    place = np.searchsorted(code, found)
    np.testing.assert_array_equal(code[place], found)
    frequencies_fit(np.bincount(place, minlength=len(code)), states.probability[np.argsort(which)])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_moves_of_a_lone_ion_are_a_poisson_process(scheme):
    gas = LatticeGas(lattices.simple_cubic().repeat(3), 1, hop_rate=0.25)
    moves = moving(gas, scheme).run(np.full(20_000, 2.0))["moves"].astype(int)
    counts = np.bincount(moves)
    probability = scipy.stats.poisson.pmf(np.arange(len(counts)), 3.0)
    frequencies_fit(np.append(counts, 0), np.append(probability, 1 - probability.sum()))


@pytest.mark.parametrize(("name", "scheme"), runs())
def test_moves_a_time(name, scheme):
    """Mean of equilibrium, and rate per ion that equilibration tells."""
    gas = GASES[name]()
    exact = expected(name, 1.0)["move_rate"] * gas.ion_count
    motion = moving(gas, scheme)
    told = motion.equilibrate(2000)
    moves = motion.run(np.full(40, 1000 / exact))["moves"]
    assert abs(moves.mean() / 1000 - 1) < SIGMAS * moves.std(ddof=1) / np.sqrt(40) / 1000
    assert moves.std(ddof=1) / np.sqrt(40) < 0.02 * 1000
    np.testing.assert_allclose(told, exact / gas.ion_count, rtol=0.1)


@pytest.mark.parametrize("energy", [30.0, 40.0])
def test_rates_of_many_orders_of_magnitude(energy):
    """Four ions on a ring of eight sites keep apart, but for exp(-V) of the time: roundings must not be what counts."""
    gas = LatticeGas(lattices.chain([1.0]).repeat(8), 4, repulsion_over_kT=energy)
    motion = moving(gas, "draw moves")
    motion.equilibrate(20)
    exact = expected_of(gas, 1.0)
    duration = np.full(400, 20 / exact["move_rate"])
    columns = motion.run(duration)
    for name, total in (("move_rate", columns["moves"]), ("charge_static_D", columns["charge_square"] / 2)):
        rate = total / duration / gas.ion_count
        error = rate.std(ddof=1) / np.sqrt(len(rate))
        assert error < 0.03 * exact[name]
        assert abs(rate.mean() - exact[name]) < SIGMAS * error
    # Ions drift in the short times between two long ones, and not by what roundings have left.
    drifted = columns["drift_squares"][:, 0].mean() / (2 * duration[0] * gas.ion_count)
    forgotten = exact["tracer_static_D"] - np.trace(exact_transport(gas).tracer)
    np.testing.assert_allclose(drifted, forgotten, rtol=0.3)


# ---- schemes, seeds ----------------------------------------------------------------------------------------------


def test_scheme_by_the_gas():
    assert moving(exclusion(4)).scheme == "pick ions"
    assert moving(LatticeGas(lattices.square().repeat(3), 4, site_energy_over_kT=2.0)).scheme == "pick ions"
    for options in (
        {"repulsion_over_kT": 0.1},
        {"exchange_rate": 0.1},
        {"push_rate": 0.1},
        {"site_energy_over_kT": np.arange(9) / 9},
        {"site_energy_over_kT": 2.0, "rule": "final_state_barrier"},  # scales all rates
    ):
        assert moving(LatticeGas(lattices.square().repeat(3), 4, **options)).scheme == "pick moves"
    assert moving(exclusion(4), follow_drift=True).scheme == "draw moves"
    # Pushes of which the lattice has none.
    assert moving(LatticeGas(lattices.honeycomb().repeat(3), 4, push_rate=1)).scheme == "pick ions"


@pytest.mark.parametrize(("energy", "scheme"), [(0.5, "pick moves"), (1.0, "pick moves"), (1.6, "draw moves")])
def test_scheme_changes_where_few_picks_lead_to_a_move(energy, scheme):
    gas = half_filled(repulsion_over_kT=energy)
    motion = moving(gas)
    assert motion.scheme == "pick moves"
    acceptance = motion.equilibrate(20) * gas.ion_count / motion.picks_per_time
    assert motion.scheme == scheme
    assert (acceptance < motion.least_acceptance) == (scheme == "draw moves")
    # One that is asked for stays.
    other = moving(gas, "draw moves")
    other.equilibrate(5)
    assert other.scheme == "draw moves"


def test_draws_take_over_the_later_the_more_rates_change_with_a_move():
    least = [
        moving(LatticeGas(lattice, lattice.site_count // 2, repulsion_over_kT=0.1, **options)).least_acceptance
        for lattice, options in (
            (lattices.chain([1.0]).repeat(12), {}),
            (lattices.square().repeat(6), {}),
            (lattices.simple_cubic().repeat(6), {}),
            (lattices.simple_cubic().repeat(6), {"push_rate": 1}),
        )
    ]
    assert 0.05 > least[0] > least[1] > least[2] > least[3] > 0.001


def test_scheme_that_is_asked_for_stays_where_moves_are_few():
    motion = moving(LatticeGas(lattices.square().repeat(4), 8, repulsion_over_kT=3.0), "pick moves")
    assert motion.equilibrate(2) * 8 / motion.picks_per_time < motion.least_acceptance
    assert motion.scheme == "pick moves"


@pytest.mark.parametrize(("name", "scheme"), runs())
def test_a_seed_tells_all(name, scheme):
    gas = GASES[name]()
    runs_of = [moving(gas, scheme, seed).run(np.full(6, 3.0)) for seed in (5, 5, 6)]
    for key in runs_of[0]:
        np.testing.assert_array_equal(runs_of[0][key], runs_of[1][key])
    assert np.any(runs_of[0]["squares"] != runs_of[2]["squares"])
    pieces = moving(gas, scheme, 5)
    parts = [pieces.run([3.0]) for _ in range(6)]
    for key in runs_of[0]:
        np.testing.assert_array_equal(np.concatenate([part[key] for part in parts]), runs_of[0][key])


def test_ions_begin_anywhere():
    first = np.array([moving(exclusion(4), seed=seed).holds for seed in range(80)])
    assert np.all(np.sort(first, axis=1)[:, -4:] == [1, 2, 3, 4])
    taken = (first > 0).mean(axis=0)
    np.testing.assert_allclose(taken, 1 / 3, atol=SIGMAS * np.sqrt(2 / 9 / 80))


# ---- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gas", "options", "message"),
    [
        (exclusion(4), {"scheme": "fast"}, "scheme must be 'automatic', 'pick ions', .* or 'draw moves', got 'fast'"),
        (exclusion(12), {}, "12 ions on 12 sites: no site is free, nothing can move"),
        (GASES["twice around"](), {"scheme": "pick ions"}, "scheme 'pick ions' needs hops alone, of one rate, and no"),
        (
            exclusion(4),
            {"scheme": "pick moves", "follow_drift": True},
            "the drift of ions is followed by the scheme 'draw moves', got 'pick moves'",
        ),
        (
            LatticeGas(lattices.square().repeat(3), 1, hop_rate=0, push_rate=1),
            {},
            "nothing moves: the ions are stuck in their arrangement",
        ),
        (
            LatticeGas(lattices.square().repeat(3), 1, hop_rate=0, exchange_rate=1),
            {"scheme": "pick moves"},
            "nothing moves: the ions are stuck",
        ),
        (
            LatticeGas(lattices.chain([1.0]).repeat(4), 1, [0, 0, 0, 800], rule="initial_state_barrier"),
            {"scheme": "draw moves"},
            "a rate overflows: energies of hundreds of kT under this rule",
        ),
        (
            LatticeGas(lattices.chain([1.0]).repeat(4), 1, 800, rule="final_state_barrier"),
            {},
            "all rates are 0 in double precision: energies of hundreds of kT",
        ),
        (
            LatticeGas(replace(around_twice(), displacement=around_twice().displacement * [5 / 3, 1]), 2),
            {},
            "a hop goes around the periodic piece more than 2 times: the piece must be larger",
        ),
    ],
)
def test_what_cannot_move(gas, options, message):
    with pytest.raises(ValueError, match=message):
        moving(gas, **options)


def test_a_full_lattice_exchanges():
    gas = LatticeGas(lattices.square().repeat(3), 9, exchange_rate=1)
    for scheme in SCHEMES[1:]:
        columns = moving(gas, scheme).run(np.full(3, 5.0))
        assert np.all(columns["moves"] > 0)
        np.testing.assert_allclose(columns["displacement"], 0, atol=ROUNDING)
        assert np.all(columns["squares"] > 0)


def test_what_is_too_large(monkeypatch):
    monkeypatch.setattr(kernels, "SITE_BITS", 3)
    with pytest.raises(ValueError, match="a piece must have fewer than 8 sites, got 12"):
        moving(exclusion(4))
    monkeypatch.undo()
    monkeypatch.setattr(lattice_gas_motion, "_LARGEST_RATES", 24)
    with pytest.raises(ValueError, match="1 different pairs of site energies are too many for a table of rates"):
        moving(LatticeGas(lattices.square().repeat(3), 4, repulsion_over_kT=1))


def test_times_that_are_refused():
    motion = moving(exclusion(4))
    for wrong in (-1.0, [1.0, np.nan]):
        with pytest.raises(ValueError, match="durations must be finite and at least 0"):
            motion.run(wrong)
    with pytest.raises(ValueError, match="moves_per_ion must be finite and above 0, got 0"):
        motion.equilibrate(0)


def test_ions_that_wait_for_ever():
    """Both ions in the two wells of 200 kT, where the first moves lead them."""
    energies = np.zeros(8)
    energies[[0, 4]] = -200
    motion = moving(LatticeGas(lattices.chain([1.0]).repeat(8), 2, energies), "draw moves")
    with pytest.raises(ValueError, match="nothing moves: all rates are next to 0"):
        for _ in range(3):
            motion.equilibrate(10)


def test_hops_that_are_told_by_their_kind():
    assert np.all(moving(exclusion(4)).moves.kind == HOP)
