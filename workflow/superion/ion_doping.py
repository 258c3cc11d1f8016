"""Doping with mobile ions: their repulsion as a self-consistent scattering between the two sites of a cell.

The repulsion K/a1 of neighbouring ions scatters them between regular and interstitial sites. Its strength |S|,
Eq. (42), may have several roots at one chemical potential mu. All of them lie on one curve mu(|S|), symmetric about the
mean site energy; its extrema are the folds. `DopingCurve` follows that curve; `sweep` gives every root on a grid of mu
for many materials; `selected` says which a rule takes: the smallest (the rule of the source), the one of lowest grand
potential, the largest.

Source: J. Hu, "A Novel Quasiparticle Method for Solid State Ion Transport" (2023), Sec. 3.2, App. 5.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar

from superion.interstitial_bands import (
    PHASES,
    FARTHEST_kT,
    Phase,
    band_edges,
    carrier_formation_energy_eV,
    hopping_energy_eV,
    zone_quadrature,
)
from superion.potential_wells import TwoSitePotential
from superion.scattering_self_consistency import excess_at, fill_curve, fill_observables, fill_roots
from superion.validity import finite_array, one_of

__all__ = [
    "RULES",
    "DopedConductor",
    "DopingCurve",
    "Fold",
    "States",
    "Transition",
    "conductor_of_potential",
    "equal_potential_eV",
    "selected",
    "sweep",
    "transitions",
]

Rule = Literal["smallest", "lowest_omega", "largest"]
RULES: tuple[Rule, ...] = ("smallest", "lowest_omega", "largest")
"""Which root is taken where there are several; the first is the rule of the source."""

# |S| over its upper bound at which the curve is looked at: where it bends, and far down, where it is log-linear.
_GRID = (np.geomspace(1e-280, 1e-9, 40), np.geomspace(1e-8, 1, 160), np.linspace(0, 1, 193)[1:])
_CLOSE_eV = 1e-9  # how near to a fold the root that does not take part in it is looked up
_ROUNDING = 4 * np.finfo(float).eps


@dataclass(frozen=True)
class DopedConductor:
    """What the self-consistency depends on.

    Attributes
    ----------
    regular_energy_eV, interstitial_energy_eV : U_A < U_B, eV
    hopping_eV : J0, eV, not 0; its magnitude counts
    repulsion_eV : K/a1, eV, > 0
    thermal_energy_eV : kT, eV, > 0
    phase : of the scattering, Eq. (44)

    Raises
    ------
    ValueError
        A value is not finite or out of range.
    """

    regular_energy_eV: float
    interstitial_energy_eV: float
    hopping_eV: float
    repulsion_eV: float
    thermal_energy_eV: float
    phase: Phase = "ka/2+pi"

    def __post_init__(self) -> None:
        """Check every value."""
        finite_array("regular_energy_eV", self.regular_energy_eV, below=self.interstitial_energy_eV, meaning="U_B")
        finite_array("interstitial_energy_eV", self.interstitial_energy_eV)
        if finite_array("hopping_eV", self.hopping_eV) == 0:
            raise ValueError("hopping_eV must not be 0: without hopping |S| = 0 is a root at every mu")
        finite_array("repulsion_eV", self.repulsion_eV, above=0)
        widest = self.energy_difference_eV + abs(self.hopping_eV) + self.repulsion_eV / 2
        least = widest / FARTHEST_kT
        finite_array("thermal_energy_eV", self.thermal_energy_eV, at_least=least, meaning="below, floats overflow")
        one_of("phase", self.phase, PHASES)

    @property
    def middle_eV(self) -> float:
        """Ubar, mean of the site energies, eV."""
        return (self.regular_energy_eV + self.interstitial_energy_eV) / 2

    @property
    def energy_difference_eV(self) -> float:
        """|dU|, half the difference of the site energies, eV."""
        return (self.interstitial_energy_eV - self.regular_energy_eV) / 2

    @property
    def _arguments(self) -> tuple[float, ...]:
        return (
            self.energy_difference_eV,
            abs(self.hopping_eV),
            float(PHASES[self.phase]),
            self.repulsion_eV,
            self.thermal_energy_eV,
        )

    @property
    def _nodes(self) -> tuple[NDArray, NDArray, NDArray]:
        """p/pi, cos(p/2) and weights of the mean over p in [0, pi]."""
        node, weight = zone_quadrature(self.hopping_eV, self.energy_difference_eV, self.thermal_energy_eV)
        return node, np.cos(np.pi / 2 * node), weight


def conductor_of_potential(
    potential: TwoSitePotential,
    repulsion_eV: float,
    thermal_energy_eV: float,
    phase: Phase = "ka/2+pi",
    *,
    thermalization: float = 0.0,
    mean_energy: Literal["potential", "sites"] = "potential",
) -> DopedConductor:
    """Conductor whose site energies and hopping follow from the static potential of Eq. (45): Table 2.

    Parameters
    ----------
    potential : the static potential
    repulsion_eV, thermal_energy_eV, phase : as in `DopedConductor`
    thermalization : alpha of E_a = (barrier) - alpha kT, >= 0
    mean_energy : what the value -0.3 eV of the source is the mean of: 'potential' (of U(x), reading A) or 'sites'
        (of U_A and U_B, reading B: both shifted, which changes J0)

    Raises
    ------
    ValueError
        A value out of range, among them a barrier below alpha kT.
    """
    one_of("mean_energy", mean_energy, ("potential", "sites"))
    regular, interstitial = potential.regular_energy_eV, potential.interstitial_energy_eV
    least = finite_array("thermalization", thermalization, at_least=0) * thermal_energy_eV
    barriers = [barrier - least for barrier in potential.barriers_eV]
    if mean_energy == "sites":
        shift = potential.mean_energy_eV - (regular + interstitial) / 2
        regular, interstitial = regular + shift, interstitial + shift
    hopping = float(hopping_energy_eV(regular, interstitial, *barriers, thermal_energy_eV))
    return DopedConductor(regular, interstitial, hopping, repulsion_eV, thermal_energy_eV, phase)


@dataclass(frozen=True)
class Fold:
    """A point where two roots appear or merge.

    Attributes
    ----------
    chemical_potential_eV : mu, eV; its mirror image about Ubar is a fold too
    scattering_eV : |S| of the double root, eV
    kind : 'low' where the roots that merge are the large ones of a smaller mu, so that the small root begins there;
        'high' where the large root ends
    """

    chemical_potential_eV: float
    scattering_eV: float
    kind: Literal["low", "high"]


@dataclass(frozen=True)
class States:
    """Roots of the self-consistency with what follows from them; flat arrays of one length.

    Attributes
    ----------
    point : index of the chemical potential that the root belongs to
    chemical_potential_eV : mu, eV
    root : 0 for the smallest |S| at that mu, and so on
    scattering_eV : |S|, eV
    residual_eV : |S| less the right side of Eq. (42), eV
    grand_potential_eV : Omega per cell, eV
    density : ions per cell, 0 to 2
    bottom_eV, top_eV : edges of the conduction band, eV
    formation_energy_eV : E_t, eV
    carrier : 'quasi-ion', 'quasi-vacancy' or 'metallic'
    reduced_conductivity_eV : Eq. (30) over (ze)^2 n0 tau a^2/hbar^2
    lowest : whether Omega is the lowest at that mu
    consistent : whether the phase may go with this root by Eq. (44)
    """

    point: NDArray
    chemical_potential_eV: NDArray
    root: NDArray
    scattering_eV: NDArray
    residual_eV: NDArray
    grand_potential_eV: NDArray
    density: NDArray
    bottom_eV: NDArray
    top_eV: NDArray
    formation_energy_eV: NDArray
    carrier: NDArray
    reduced_conductivity_eV: NDArray
    lowest: NDArray
    consistent: NDArray


def _brackets(part: _Part, m: NDArray) -> NDArray:
    """Ends and a guess of |S| for each m on a part, (3, n): neighbours on the curve, and between them in ln |S|."""
    order = slice(None) if part.m[-1] > part.m[0] else slice(None, None, -1)
    along, s = part.m[order], part.scattering[order]
    after = np.clip(np.searchsorted(along, m), 1, along.size - 1)
    width = along[after] - along[after - 1]
    share = np.divide(m - along[after - 1], width, out=np.full(m.size, 0.5), where=width > 0)
    guess = s[after - 1] ** (1 - share) * s[after] ** share
    ends = np.sort([s[after - 1], s[after]], axis=0)
    return np.vstack([ends, np.clip(guess, *ends)])


class _Part(NamedTuple):
    """A monotonic part of the curve: |S| ascending, and m = |mu - Ubar|/kT there; both ends are exact."""

    scattering: NDArray
    m: NDArray


class DopingCurve:
    """The curve mu(|S|) of one conductor: its monotonic parts, its folds, and the roots at any mu."""

    def __init__(self, conductor: DopedConductor) -> None:
        """Follow the curve from the largest |S| down to vanishing ones."""
        self.conductor = conductor
        self._arguments = (*conductor._arguments, *conductor._nodes)
        top = conductor.repulsion_eV / 2  # the integral of Eq. (42) is below 1/2
        # The curve bends where |S| is about |J0|, too.
        near = abs(conductor.hopping_eV) * np.geomspace(1e-3, 1e3, 121)
        grid = np.unique(np.concatenate([*(part * top for part in _GRID), near[near < top]]))
        self._parts, self._folds = self._follow(grid)

    def _curve(self, scattering: NDArray) -> tuple[NDArray, NDArray]:
        m, slope = np.empty(scattering.size), np.empty(scattering.size)
        fill_curve(np.ascontiguousarray(scattering, float), *self._arguments, m, slope)
        return m, slope

    def _point(self, scattering: float) -> tuple[float, float]:
        m, slope = self._curve(np.array([scattering]))
        return float(m[0]), float(slope[0])

    def _follow(self, grid: NDArray) -> tuple[list[_Part], list[Fold]]:
        """Monotonic parts of the curve with m >= 0, by ascending |S|, and the folds between them."""
        m, slope = self._curve(grid)
        parts, folds = [], []
        begin, low, m_low = 0, grid[0], m[0]

        def close(i: int, high: float, m_high: float) -> None:
            """End the part that began at `low` at `high`, between the points i and i + 1."""
            inner = slice(begin, i + 1)
            parts.append(_Part(np.r_[low, grid[inner], high], np.r_[m_low, m[inner], m_high]))

        for i in range(grid.size - 1):
            here, there = np.isfinite(m[i]), np.isfinite(m[i + 1])
            stops: list[tuple[float, bool]] = []  # where a part ends, and whether at a fold
            if here and there and slope[i] < 0 < slope[i + 1] and (dip := self._dip(grid[i], grid[i + 1])):
                stops = [(dip[0], False), (dip[1], False)]
            elif here and there and (slope[i] > 0) != (slope[i + 1] > 0):
                stops = [(self._fold(grid[i], grid[i + 1]), True)]
            elif here and not there:  # down to m = 0, over a fold if the curve still rises
                zero = self._zero(grid[i], grid[i + 1])
                stops = [(self._fold(grid[i], zero), True)] if slope[i] > 0 else []
                stops.append((zero, False))
            elif there and not here:  # up from m = 0, over a fold if it already falls
                zero = self._zero(grid[i], grid[i + 1])
                stops = [(zero, False)] + ([(self._fold(zero, grid[i + 1]), True)] if slope[i + 1] < 0 else [])
            exists = here
            for s, is_fold in stops:
                m_here = self._point(s)[0] if is_fold else 0.0
                if exists:
                    close(i, s, m_here)
                begin, low, m_low = i + 1, s, m_here
                exists = exists if is_fold else not exists
                if is_fold:
                    kind = "high" if parts[-1].m[0] < m_here else "low"
                    mu = self.conductor.middle_eV + self.conductor.thermal_energy_eV * m_here
                    folds.append(Fold(mu, s, kind))
        return parts, folds

    def _fold(self, low: float, high: float) -> float:
        """|S| between two values at which the slope of the curve changes its sign."""

        def slope(s: float) -> float:
            return self._point(s)[1]

        # At m = 0 the slope is that of the curve beside it.
        return brentq(slope, low, high * (1 - _ROUNDING), xtol=1e-300, rtol=_ROUNDING)

    def _zero(self, low: float, high: float) -> float:
        """|S| between two values at which the curve reaches m = 0."""
        return brentq(lambda s: excess_at(s, 0.0, *self._arguments)[0], low, high, xtol=1e-300, rtol=_ROUNDING)

    def _dip(self, low: float, high: float) -> tuple[float, float] | None:
        """Ends of a stretch without roots that begins and ends between two values, or None."""
        found = minimize_scalar(lambda s: excess_at(s, 0.0, *self._arguments)[0], bounds=(low, high), method="bounded")
        return (self._zero(low, found.x), self._zero(found.x, high)) if found.fun < 0 else None

    @property
    def folds(self) -> tuple[Fold, ...]:
        """Folds with mu >= Ubar, by ascending |S|."""
        return tuple(self._folds)

    def fold(self, kind: Literal["low", "high"]) -> Fold | None:
        """The only fold of a kind, the one of smallest |S| if there are several, or None."""
        return next((fold for fold in self.folds if fold.kind == kind), None)

    def states(self, chemical_potential_eV: ArrayLike) -> States:
        """Every root at every chemical potential.

        Parameters
        ----------
        chemical_potential_eV : mu, eV, flat

        Raises
        ------
        ValueError
            A chemical potential that is not finite, or so far from the bands that |S| leaves the curve's range.
        """
        mu = np.atleast_1d(finite_array("chemical_potential_eV", chemical_potential_eV)).ravel()
        m = np.abs(mu - self.conductor.middle_eV) / self.conductor.thermal_energy_eV
        farthest = max(part.m.max() for part in self._parts)
        if m.size and m.max() > farthest:
            reach, middle = farthest * self.conductor.thermal_energy_eV, self.conductor.middle_eV
            raise ValueError(
                f"chemical_potential_eV must lie within {reach:.4g} eV of the mean site energy {middle:.4g} eV, "
                f"got {mu[np.argmax(m)].item()!r}: |S| vanishes beyond"
            )
        found = []
        for part in self._parts:
            rises = part.m[-1] > part.m[0]
            lowest, highest = sorted((part.m[0], part.m[-1]))
            # A double root, at a fold, belongs to the falling part beside it; m = 0 to every part that reaches it.
            above = m > lowest if rises and lowest > 0 else m >= lowest
            inside = np.flatnonzero(above & (m < highest if rises else m <= highest))
            root, residual = np.empty(inside.size), np.empty(inside.size)
            fill_roots(_brackets(part, m[inside]), m[inside], rises, *self._arguments, root, residual)
            found.append((inside, root, residual))
        point, root, residual = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((root, point))
        return self._describe(mu, point[order], root[order], residual[order])

    def state_at(self, chemical_potential_eV: float, scattering_eV: float) -> States:
        """The state of a given |S|, which need not be a root."""
        mu, s = np.array([float(chemical_potential_eV)]), float(scattering_eV)
        m = abs(mu[0] - self.conductor.middle_eV) / self.conductor.thermal_energy_eV
        residual = -excess_at(s, m, *self._arguments)[0]
        return self._describe(mu, np.zeros(1, np.intp), np.array([s]), np.array([residual]))

    def _describe(self, mu: NDArray, point: NDArray, scattering: NDArray, residual: NDArray) -> States:
        conductor = self.conductor
        node, cosine, weight = conductor._nodes
        sine = np.sin(np.pi / 2 * node)
        signed = (mu[point] - conductor.middle_eV) / conductor.thermal_energy_eV
        omega, density, sigma = (np.empty(point.size) for _ in range(3))
        fill_observables(scattering, signed, *conductor._arguments, cosine, sine, weight, omega, density, sigma)
        edges = band_edges(conductor.energy_difference_eV, conductor.hopping_eV, scattering, conductor.phase)
        bottom, top = (conductor.middle_eV + edge for edge in edges)
        formation, carrier = carrier_formation_energy_eV(bottom, top, mu[point])
        first = np.r_[True, point[1:] != point[:-1]][: point.size]
        start, group = np.flatnonzero(first), np.cumsum(first) - 1
        best = np.minimum.reduceat(omega, start) if start.size else omega
        return States(
            point=point,
            chemical_potential_eV=mu[point],
            root=np.arange(point.size) - start[group],
            scattering_eV=scattering,
            residual_eV=residual,
            grand_potential_eV=omega,
            density=density,
            bottom_eV=bottom,
            top_eV=top,
            formation_energy_eV=formation,
            carrier=carrier,
            reduced_conductivity_eV=sigma,
            lowest=omega == best[group],
            consistent=(scattering > abs(conductor.hopping_eV)) | (conductor.phase == "ka/2+pi"),
        )


def selected(states: States, rule: Rule) -> NDArray:
    """Which of the states a rule selects, one at each chemical potential, as a mask.

    Parameters
    ----------
    states : roots of one conductor
    rule : 'smallest' (the source's), 'lowest_omega', 'largest'
    """
    one_of("rule", rule, RULES)
    if rule == "smallest":
        return states.root == 0
    if rule == "lowest_omega":
        return states.lowest
    return np.r_[states.point[1:] != states.point[:-1], True] if states.point.size else np.zeros(0, bool)


def sweep(conductors: Iterable[DopedConductor], chemical_potential_eV: ArrayLike | Sequence[ArrayLike]) -> list[States]:
    """Every root for each conductor, at chemical potentials that all share or at each conductor's own.

    Parameters
    ----------
    conductors : as many as there are materials
    chemical_potential_eV : mu, eV: one flat array, or one for each conductor
    """
    conductors = list(conductors)
    own = isinstance(chemical_potential_eV, list | tuple) and any(np.ndim(one) == 1 for one in chemical_potential_eV)
    mu = chemical_potential_eV if own else [chemical_potential_eV] * len(conductors)
    if len(mu) != len(conductors):
        raise ValueError(f"chemical_potential_eV must be one list or {len(conductors)} of them, got {len(mu)}")
    return [DopingCurve(conductor).states(values) for conductor, values in zip(conductors, mu, strict=True)]


def equal_potential_eV(curve: DopingCurve) -> float | None:
    """Chemical potential at which the smallest and the largest root have the same grand potential, eV, or None.

    There the lowest Omega changes from one to the other: the transition that thermodynamics selects.
    """
    low, high = curve.fold("low"), curve.fold("high")
    if low is None or high is None or not low.chemical_potential_eV < high.chemical_potential_eV:
        return None

    def difference(mu: float) -> float:
        states = curve.states(mu)
        return states.grand_potential_eV[0] - states.grand_potential_eV[-1]

    below, above = low.chemical_potential_eV, high.chemical_potential_eV
    width = above - below
    below, above = below + 1e-9 * width, above - 1e-9 * width
    if not difference(below) > 0 > difference(above):
        return None
    return float(brentq(difference, below, above, xtol=1e-14, rtol=1e-14))


@dataclass(frozen=True)
class Transition:
    """A chemical potential above Ubar at which a rule changes the root; its mirror image about Ubar is one too.

    Attributes
    ----------
    event : 'low fold' (the small root begins, where the rule of the source changes), 'equal grand potential' (where the
        lowest Omega changes), 'high fold' (the large root ends)
    chemical_potential_eV : mu, eV
    large, small : states of one root each, on the largest and on the smallest |S|; at a fold one of them
        is the double root
    """

    event: Literal["low fold", "equal grand potential", "high fold"]
    chemical_potential_eV: float
    large: States
    small: States


def transitions(curve: DopingCurve) -> tuple[Transition, ...]:
    """The transitions of a conductor, by ascending chemical potential; none where its curve has no fold."""
    found = []
    low, high, equal = curve.fold("low"), curve.fold("high"), equal_potential_eV(curve)
    if low is not None:
        mu = low.chemical_potential_eV
        large = curve.states(mu - _CLOSE_eV).scattering_eV[0]  # the smallest root before the smaller one appears
        found.append(("low fold", mu, large, low.scattering_eV))
    if equal is not None:
        roots = curve.states(equal).scattering_eV
        found.append(("equal grand potential", equal, roots[-1], roots[0]))
    if high is not None:
        mu = high.chemical_potential_eV
        small = curve.states(mu + _CLOSE_eV).scattering_eV[0]
        found.append(("high fold", mu, high.scattering_eV, small))
    found.sort(key=lambda event: event[1])
    return tuple(
        Transition(event, mu, curve.state_at(mu, large), curve.state_at(mu, small)) for event, mu, large, small in found
    )
