"""Monte Carlo of a lattice gas in continuous time.

Moves come one by one with their rates (module `lattice_gas_moves`). Three schemes lead to the same statistics:

- 'pick ions', where all hops are alike: an ion (or a free site, where these are fewer) and a way are picked, and the
  ion hops if it can. The number of picks within a time is a Poisson number, which makes the time continuous.
- 'pick moves': the same for any moves; a move is made with a probability that is its rate over the largest rate.
- 'draw moves': a move is drawn by its rate, none is refused (A. B. Bortz, M. H. Kalos, J. L. Lebowitz 1975). Slower a
  move, it takes over where fewer than `least_acceptance` of the picks lead to one. It also follows the drift of each
  ion, the mean velocity in the state that it is in, from which diffusion is read with less noise (module
  `lattice_gas_diffusion`).

Lengths are those of the lattice, times the inverse of the unit of rates.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from superion import lattice_gas_kernels as kernels
from superion.lattice_gas_moves import EXCHANGE, HOP, PUSH, LatticeGas, Moves, moves_of, rule_factor
from superion.validity import finite_array, one_of

__all__ = ["SCHEMES", "LatticeGasMotion"]

SCHEMES = ("pick ions", "pick moves", "draw moves")
_PICKS_A_DRAW = 20  # that take as long as drawing a move ...
_PICKS_A_RATE = 0.5  # ... and as looking whether the rate of another move has changed with it; both as measured
_FIRST_LOOK = 20_000  # picks after which the acceptance is known well enough to choose a scheme
_CHUNK = 2_000_000  # picks between two looks at how far the equilibration is
_LARGEST_RATES = 50_000_000  # entries of a table of rates


class LatticeGasMotion:
    """Ions of a lattice gas on their way, from a random arrangement.

    Parameters
    ----------
    gas : the model
    seed : of the arrangement and of the moves
    scheme : one of `SCHEMES`, or 'automatic'
    follow_drift : whether the drift of ions is wanted, which 'draw moves' alone tells

    Raises
    ------
    ValueError
        An unknown scheme, one that cannot tell what is wanted, or a gas in which nothing can move.
    """

    def __init__(
        self,
        gas: LatticeGas,
        seed: np.random.SeedSequence,
        scheme: str = "automatic",
        *,
        follow_drift: bool = False,
    ) -> None:
        one_of("scheme", scheme, ("automatic", *SCHEMES))
        self.gas, self.moves = gas, moves_of(gas)
        if gas.vacancy_count == 0 and not gas.exchange_rate:
            raise ValueError(f"{gas.ion_count} ions on {gas.site_count} sites: no site is free, nothing can move")
        alike = _hops_are_alike(gas, self.moves)
        if scheme == "pick ions" and not alike:
            raise ValueError("scheme 'pick ions' needs hops alone, of one rate, and no energies")
        if follow_drift and scheme not in ("automatic", "draw moves"):
            raise ValueError(f"the drift of ions is followed by the scheme 'draw moves', got {scheme!r}")
        self._choose = scheme == "automatic" and not alike and not follow_drift
        if scheme == "automatic":
            scheme = "draw moves" if follow_drift else "pick ions" if alike else "pick moves"
        self.scheme = scheme
        own, kernel = seed.spawn(2)
        self._generator = np.random.default_rng(own)
        self._arrange(kernel)
        self._require_moves()
        self._tabulate()

    def _arrange(self, seed: np.random.SeedSequence) -> None:
        gas, lattice = self.gas, self.gas.lattice
        sites = self._generator.permutation(gas.site_count).astype(np.int32)
        position = np.concatenate([[0], sites[: gas.ion_count]]).astype(np.int32)
        holds = np.zeros(gas.site_count, np.int32)
        holds[position[1:]] = np.arange(1, gas.ion_count + 1)
        self._vacancies = sites[gas.ion_count :].copy()
        before = lattice.sites[position].copy()
        winding = np.zeros(len(position), np.int64)
        random = seed.generate_state(1, np.uint64)
        self._ions = kernels.Ions(holds, position, winding, before, np.zeros_like(before), random)
        cell = np.zeros((3, lattice.dimension))
        cell[: lattice.dimension] = lattice.cell
        self._piece = kernels.Piece(lattice.sites.copy(), lattice.site_polarity.copy(), cell)
        self._last_drifted = np.zeros_like(before)

    def _require_moves(self) -> None:
        """Refuse an arrangement that no move leads out of; once there is one, there is always the one back."""
        moves, taken = self.moves, self._ions.holds > 0
        there, last = taken[moves.destination], taken[moves.filled]
        may = np.select([moves.kind == HOP, moves.kind == PUSH], [~there, there & ~last], there)
        if not np.any(taken[moves.origin] & may):
            raise ValueError("nothing moves: the ions are stuck in their arrangement")

    def _tabulate(self) -> None:
        gas, moves = self.gas, self.moves
        if gas.site_count >= 1 << kernels.SITE_BITS:
            raise ValueError(f"a piece must have fewer than {1 << kernels.SITE_BITS} sites, got {gas.site_count}")
        self._table = _move_table(gas, moves)
        if self.scheme == "pick ions":
            self._largest_rate = gas.hop_rate
            return
        self._rates = _rate_table(gas, moves)
        self._largest_rate = float(self._rates.max())
        self._around = _surroundings(gas, self._ions.holds)
        self._affected = _affected(gas, moves)

    @property
    def holds(self) -> NDArray:
        """What each site holds (N,): 0, or the number of its ion from 1 up."""
        return self._ions.holds.copy()

    @property
    def picks_per_time(self) -> float:
        """Picks a unit of time of the two schemes that refuse some."""
        pickers = self.gas.vacancy_count if self._picks_vacancies else self.gas.ion_count
        return pickers * self._table.ways * self._largest_rate

    @property
    def least_acceptance(self) -> float:
        """Moves a pick below which drawing moves by their rates is faster: 0.1 % to 5 %, by how far moves reach."""
        sites = 2 * len(self._affected[1]) / self.gas.site_count
        rates = sites * self._table.ways * self.gas.ion_count / self.gas.site_count
        return 1 / (_PICKS_A_DRAW + _PICKS_A_RATE * rates)

    @property
    def _picks_vacancies(self) -> bool:
        return self.scheme == "pick ions" and self.gas.vacancy_count < self.gas.ion_count

    def run(self, durations: NDArray) -> Mapping[str, NDArray]:
        """Go on for blocks of time, and say what the ions did in each.

        Parameters
        ----------
        durations : (B,) times, at least 0

        Returns
        -------
        columns (B,) or (B, d):

        duration, moves
        displacement : of all ions together (B, d)
        squares, products : sums over the ions of squared displacements, and of displacement times that of the block
            before (B, d)
        tracer_square, charge_square : squared displacements of single moves, summed over the ions of a move, and of
            their sum; those made, or those expected of 'pick ions', and of 'draw moves' in the states seen
        polarity : sum over the ions of the polarity of their sites, at the end of the block
        bonds : between ions at the end of the block, where they repel each other
        drifted, drift_squares, drift_products, drift : of the scheme 'draw moves': integrals of the drift, as
            displacement, squares, products; and total drift at the end of the block (B, d)
        """
        durations = np.atleast_1d(finite_array("durations", durations, at_least=0))
        dimension = self.gas.lattice.dimension
        if self.scheme == "draw moves":
            out = np.zeros((len(durations), 7 * dimension + 5))
            around = (self._table, self._rates, self._around, self._affected)
            kernels.draw_moves(durations, *around, self._ions, self._last_drifted, self._piece, out)
        else:
            out = self._pick(self._generator.poisson(durations * self.picks_per_time))
        columns = {"duration": durations, **_blocks(out, dimension)}
        if self.scheme == "pick ions":
            # With exclusion alone every hop is as frequent as any other.
            square = float((self.moves.displacement**2).sum(axis=1).mean())
            columns |= dict.fromkeys(("tracer_square", "charge_square"), square * columns["moves"])
        elif not self._around.interacting:
            columns.pop("bonds")
        return columns

    def _pick(self, attempts: NDArray) -> NDArray:
        dimension, ways = self.gas.lattice.dimension, self._table.ways
        if self.scheme == "pick moves":
            out = np.zeros((len(attempts), 3 * dimension + 5))
            probabilities = self._rates / self._largest_rate
            kernels.pick_moves(attempts, self._table, probabilities, self._around, self._ions, self._piece, out)
            return out
        out = np.zeros((len(attempts), 3 * dimension + 2))
        tables = (ways, np.ascontiguousarray(self._table.codes[:, 1]), self._table.steps)
        if self._picks_vacancies:
            kernels.pick_vacancies(attempts, *tables, self._vacancies, self._ions, self._piece, out)
        else:
            kernels.pick_ions(attempts, *tables, self._ions, self._piece, out)
        return out

    def equilibrate(self, moves_per_ion: float) -> float:
        """Let ions move so often on average, choose the scheme on the way, and say how often an ion moves in the end.

        Raises
        ------
        ValueError
            moves_per_ion is not above 0, or nothing moves.
        """
        wanted = float(finite_array("moves_per_ion", moves_per_ion, above=0)) * self.gas.ion_count
        if self.scheme == "pick moves":
            self._look(np.array([_FIRST_LOOK]))
        frequency = self._frequency()
        done, late_moves, late_time = 0.0, 0.0, 0.0
        while done < wanted:
            # A few steps, the first guess of the frequency being rough, and order setting in on the way.
            chunk = min(wanted - done, max(wanted / 10, 100)) / frequency
            if self.scheme == "pick moves":
                chunk = min(chunk, _CHUNK / self.picks_per_time)
                moves = self._look(self._generator.poisson(np.array([chunk * self.picks_per_time])))
            else:
                moves = float(self.run(np.array([chunk]))["moves"][0])
            if done >= wanted / 2:
                late_moves, late_time = late_moves + moves, late_time + chunk
            done, frequency = done + moves, max(moves, 1.0) / chunk
        return (late_moves / late_time if late_moves else frequency) / self.gas.ion_count

    def _look(self, attempts: NDArray) -> float:
        """Moves that so many picks lead to; where they are few, moves are drawn by their rates from now on."""
        moves = float(self._pick(attempts)[0, 3 * self.gas.lattice.dimension + 1])
        if self._choose and attempts[0] >= _FIRST_LOOK and moves < self.least_acceptance * attempts[0]:
            self.scheme = "draw moves"
        return moves

    def _frequency(self) -> float:
        """Moves a unit of time of all ions, roughly: enough to begin with."""
        duration = 1 / self._largest_rate
        for _ in range(60):
            moves = float(self.run(np.array([duration]))["moves"][0])
            if moves >= 10:
                return moves / duration
            duration *= 4 if moves == 0 else 2
        raise ValueError("nothing moves: all rates are next to 0")


def _hops_are_alike(gas: LatticeGas, moves: Moves) -> bool:
    """Whether exclusion is all there is: hops of one rate between sites of one energy."""
    even = np.ptp(gas.site_energy_over_kT) == 0 and gas.repulsion_over_kT == 0
    even &= gas.rule in ("metropolis", "symmetric") or gas.site_energy_over_kT[0] == 0  # else it scales rates
    return bool(even and np.all(moves.kind == HOP))


def _padded(site: NDArray, count: int) -> tuple[int, NDArray]:
    """Largest number of entries of a site, and where each entry, sorted by site, goes in a table (N ways,)."""
    per_site = np.bincount(site, minlength=count)
    ways = int(per_site.max())
    first = np.cumsum(per_site) - per_site
    return ways, site * ways + np.arange(len(site)) - first[site]


def _ways_around(gas: LatticeGas, start: NDArray, end: NDArray, displacement: NDArray) -> NDArray:
    """Code of the ways around the piece that hops (K,) take, 0 to WINDINGS^d - 1."""
    lattice, reach = gas.lattice, kernels.WINDINGS // 2
    between = lattice.sites[end] - lattice.sites[start]
    windings = np.rint((displacement - between) @ np.linalg.inv(lattice.cell)).astype(np.int64)
    if np.abs(windings).max(initial=0) > reach:
        raise ValueError(f"a hop goes around the periodic piece more than {reach} times: the piece must be larger")
    return (windings + reach) @ kernels.WINDINGS ** np.arange(lattice.dimension)


def _move_table(gas: LatticeGas, moves: Moves) -> kernels.MoveTable:
    lattice, dimension = gas.lattice, gas.lattice.dimension
    ways, place = _padded(moves.origin, gas.site_count)
    size = gas.site_count * ways
    itself = np.repeat(np.arange(gas.site_count), ways).astype(np.int32)
    still = int(_ways_around(gas, np.zeros(1, int), np.zeros(1, int), np.zeros((1, dimension)))[0])
    targets = itself | np.int32(still << kernels.SITE_BITS)
    finals = targets.copy()
    code = _ways_around(gas, moves.origin, moves.destination, moves.displacement)
    targets[place] = moves.destination | (code << kernels.SITE_BITS)
    pushes = moves.kind == PUSH
    if pushes.any():
        path = moves.destination[pushes], moves.pushed_to[pushes]
        code = _ways_around(gas, *path, moves.pushed_displacement[pushes])
        finals[place[pushes]] = path[1] | (code << kernels.SITE_BITS)
    # A hop ends where it leads to.
    finals[place[~pushes]] = targets[place[~pushes]]
    vectors, number = _vectors(moves)
    codes = np.column_stack([np.full(size, kernels.NOTHING), targets, finals, np.zeros(size)]).astype(np.int32)
    codes[place, 0], codes[place, 3] = moves.kind + 4 * number, _classes(gas, moves)[1]
    squares = np.column_stack([(vectors**2).sum(axis=(1, 2)), (vectors.sum(axis=1) ** 2).sum(axis=1)])
    around = np.indices((kernels.WINDINGS,) * lattice.dimension)[::-1].reshape(dimension, -1).T
    steps = kernels.pack(around - kernels.WINDINGS // 2)
    return kernels.MoveTable(ways, bool(np.all(moves.kind == HOP)), codes, vectors, squares, steps)


def _vectors(moves: Moves) -> tuple[NDArray, NDArray]:
    """Different displacements (V, 2, 3) of the two ions of a move, and which of them each move has.

    Few, so that they stay close to the processor. Those that differ by roundings alone count as one.
    """
    both = np.stack([moves.displacement, moves.pushed_displacement], axis=1).reshape(len(moves.kind), -1)
    unit = 1e-9 * np.abs(both).max()
    _, first, number = np.unique(np.rint(both / unit), axis=0, return_index=True, return_inverse=True)
    vectors = np.zeros((len(first), 2, 3))
    vectors[:, :, : moves.displacement.shape[1]] = both[first].reshape(len(first), 2, -1)
    return vectors, number.ravel()


def _bonds_between(gas: LatticeGas, one: NDArray, other: NDArray) -> NDArray:
    """Number of bonds (K,) between pairs of sites."""
    keys, counts = np.unique(gas.lattice.origin * gas.site_count + gas.lattice.destination, return_counts=True)
    wanted = one * gas.site_count + other
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, counts[place], 0)


def _classes(gas: LatticeGas, moves: Moves) -> tuple[NDArray, NDArray]:
    """Rate laws (C, 5): kind, rate, energies of both sites, bonds between them; and which of them each move has."""
    energies = gas.site_energy_over_kT
    filled = np.where(moves.kind == EXCHANGE, moves.origin, moves.filled)
    bonds = _bonds_between(gas, moves.origin, filled)
    law = np.column_stack([moves.kind, moves.rate, energies[moves.origin], energies[filled], bonds])
    laws, number = np.unique(law, axis=0, return_inverse=True)
    return laws, number.ravel()


def _rate_table(gas: LatticeGas, moves: Moves) -> NDArray:
    """Rates (C, K, K) by class and numbers of ions next to the site left and the site filled; 0 where it cannot be."""
    laws = _classes(gas, moves)[0]
    kind, rate, before, after, bonds = (column[:, None, None] for column in laws.T)
    most = int(gas.lattice.coordination.max()) if gas.repulsion_over_kT else 0
    if len(laws) * (most + 1) ** 2 > _LARGEST_RATES:
        raise ValueError(f"{len(laws)} different pairs of site energies are too many for a table of rates")
    near = np.arange(most + 1)
    left, filled = near[None, :, None], near[None, None, :]
    repulsion = gas.repulsion_over_kT
    # Of the ions next to the site that is filled, one is that which leaves, on each bond between the two.
    possible = (filled >= bonds) & (left + bonds <= most) if repulsion else np.ones((1, 1, 1), bool)
    others = np.where(possible, filled - bonds, 0) if repulsion else 0
    with np.errstate(over="ignore"):
        rates = rate * rule_factor(gas.rule, before + repulsion * left, after + repulsion * others)
    rates = np.where(possible, np.where(kind == EXCHANGE, rate, rates), 0.0)
    if not np.isfinite(rates).all():
        raise ValueError("a rate overflows: energies of hundreds of kT under this rule")
    if not rates.any():
        raise ValueError("all rates are 0 in double precision: energies of hundreds of kT under this rule")
    return np.broadcast_to(rates, (len(laws), most + 1, most + 1)).copy()


def _surroundings(gas: LatticeGas, holds: NDArray) -> kernels.Surroundings:
    lattice = gas.lattice
    order = np.argsort(lattice.origin, kind="stable")
    ways, place = _padded(lattice.origin[order], gas.site_count)
    neighbours = np.full(gas.site_count * ways, -1, np.int32)
    neighbours[place] = lattice.destination[order]
    interacting = gas.repulsion_over_kT != 0
    near = np.zeros(gas.site_count, np.int32)
    if interacting:
        np.add.at(near, lattice.origin, (holds[lattice.destination] > 0).astype(np.int32))
    return kernels.Surroundings(neighbours.reshape(-1, ways), near, interacting)


def _affected(gas: LatticeGas, moves: Moves) -> tuple[NDArray, NDArray]:
    """Sites (L,) whose moves may change in rate when a site is filled or freed, and where those of each begin."""
    filled = np.where(moves.kind == EXCHANGE, moves.destination, moves.filled)
    pairs = [(end, moves.origin) for end in (moves.origin, moves.destination, filled)]
    if gas.repulsion_over_kT:
        lattice = gas.lattice
        first = np.concatenate([[0], np.cumsum(lattice.coordination)])
        around = lattice.destination[np.argsort(lattice.origin, kind="stable")]
        for end in (moves.origin, filled):
            ways = lattice.coordination[end]
            number = np.arange(ways.sum()) - np.repeat(np.cumsum(ways) - ways, ways)
            pairs.append((around[np.repeat(first[end], ways) + number], np.repeat(moves.origin, ways)))
    keys = np.unique(np.concatenate([changed * gas.site_count + site for changed, site in pairs]))
    changed, site = np.divmod(keys, gas.site_count)
    start = np.searchsorted(changed, np.arange(gas.site_count + 1))
    return start.astype(np.int64), site.astype(np.int32)


def _blocks(out: NDArray, dimension: int) -> dict[str, NDArray]:
    """Columns of what the kernels write."""
    vectors = ("displacement", "squares", "products")
    columns = {name: out[:, dimension * i : dimension * (i + 1)] for i, name in enumerate(vectors)}
    rest = out[:, 3 * dimension :]
    for index, name in enumerate(("polarity", "moves", "tracer_square", "charge_square", "bonds")[: rest.shape[1]]):
        columns[name] = rest[:, index]
    drifts = rest[:, 5:]
    for index, name in enumerate(("drifted", "drift_squares", "drift_products", "drift")):
        if drifts.shape[1]:
            columns[name] = drifts[:, dimension * index : dimension * (index + 1)]
    return columns
