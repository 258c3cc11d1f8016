"""Poisson's equation with mobile ions in equilibrium, solved on a grid: walls and junctions of space charge.

Boxes around the nodes of a graded grid hold d(kappa du/dx)/dx = source(u); a node where two solids meet shares its box
between them. The scheme is of second order, and two grids of which one has half the intervals extrapolate to fourth.
Newton's method with a search along its step: the source rises with u, so that there is one solution.

Source: textbook chapter, "The Thermodynamic Driving Force for Ionic Transport"; W. van Roosbroeck, Bell Syst. Tech. J.
29, 560 (1950) for the equations; D. L. Scharfetter, H. K. Gummel, IEEE Trans. Electron Devices 16, 64 (1969) for boxes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_banded

from superion.space_charge import VACUUM_PERMITTIVITY_F_PER_M, Electrolyte, IonPhase, Junction
from superion.validity import finite_array, integer_array

__all__ = ["PotentialProfile", "extrapolated_profile", "junction_profile", "wall_profile"]

Source = Callable[[NDArray], tuple[NDArray, NDArray]]
REACH = 40.0  # Debye lengths to the ends: exp(-40) of the step is left there
NEWTON_STEPS, HALVINGS = 1000, 40
STEEPEST = 2e13  # du/dx in Debye lengths at the wall: 60 kT/ze before points
SETTLED = 1e-8  # of a Newton step in u, against its largest value or 1: from here on steps are whole


@dataclass(frozen=True)
class PotentialProfile:
    """A solution on a grid.

    Attributes
    ----------
    position_m : (N+1,) nodes
    potential_V : (N+1,) potential, 0 in the bulk (in the first one of a junction)
    charge_C_per_m2 : charge that the wall bears, or that the first solid of a junction holds
    newton_steps : steps it took
    """

    position_m: NDArray
    potential_V: NDArray
    charge_C_per_m2: float
    newton_steps: int


def wall_profile(electrolyte: Electrolyte, wall_potential_V: float, intervals: int) -> PotentialProfile:
    """Potential before a wall at a given potential, from x = 0 to 40 Debye lengths.

    Parameters
    ----------
    electrolyte : ions before the wall
    wall_potential_V : against the bulk
    intervals : of the grid, which is finest at the wall; grids of N and 2N intervals share their nodes

    Raises
    ------
    ValueError
        Fewer than 4 intervals, a potential that is not finite, or no convergence.
    """
    count = int(integer_array("intervals", intervals, at_least=4))
    start = float(finite_array("wall_potential_V", wall_potential_V)) / electrolyte.thermal_V
    unit = electrolyte.relative_permittivity * VACUUM_PERMITTIVITY_F_PER_M * electrolyte.thermal_V
    length = electrolyte.debye_length_m
    # At the wall the potential decays within u/(du/dx), far from it within a Debye length.
    slope = abs(electrolyte.surface_charge_C_per_m2(wall_potential_V)) * length / unit
    if slope > STEEPEST:
        limit = 2 * np.arcsinh(STEEPEST / 2) * electrolyte.thermal_V
        raise ValueError(
            f"wall_potential_V must be at most {limit:.4g} V where ions take so little room, got {wall_potential_V!r}"
        )
    x = _graded(count, min(1.0, abs(start) / slope) if start else 1.0)
    step = np.diff(x)

    def source(u: NDArray) -> tuple[NDArray, NDArray]:
        return electrolyte.reduced_charge(u)

    guess = start * np.exp(-x)
    guess[-1] = 0.0
    u, steps = _solve(guess, step, np.ones(count), [source] * 2, np.zeros(count, int), held=(True, True))
    # The half box at the wall: its charge and the field at its far side.
    field = (u[0] - u[1]) / step[0] + step[0] / 2 * source(u[:1])[0][0]
    return PotentialProfile(x * length, u * electrolyte.thermal_V, float(unit * field / length), steps)


def junction_profile(junction: Junction, intervals: int) -> PotentialProfile:
    """Built-in potential of a junction between ends without a field: the step between them is found, not given.

    Parameters
    ----------
    junction : two solids
    intervals : of the grid in each of them, which is finest where they meet at x = 0

    Raises
    ------
    ValueError
        Fewer than 4 intervals, or no convergence.
    """
    count = int(integer_array("intervals", intervals, at_least=4))
    phases, lengths = (junction.first, junction.second), np.array(junction.debye_lengths_m)
    unit, step = lengths.max(), junction.step_V / junction.thermal_V
    sides = [_graded(count, lengths.min() / length) * length / unit for length in lengths]
    x = np.concatenate([-sides[0][::-1], sides[1][1:]])
    permittivity = np.array([phase.relative_permittivity for phase in phases])
    kappa = permittivity / permittivity.max()

    def source_of(phase: IonPhase, base: float, factor: float) -> Source:
        def source(u: NDArray) -> tuple[NDArray, NDArray]:
            value, slope = phase.relative_concentration(u - base)
            return factor * (1 - value), -factor * slope

        return source

    factors = [
        k * (unit / length) ** 2 / (1 - phase.occupation)
        for k, length, phase in zip(kappa, lengths, phases, strict=True)
    ]
    sources = [source_of(*one) for one in zip(phases, (0.0, step), factors, strict=True)]
    gaps, of = np.diff(x), np.repeat([0, 1], count)
    u, steps = _solve(np.where(x < 0, 0.0, step), gaps, kappa[of], sources, of, held=(False, False))
    # The half box where the first solid ends: the field at its near side and its charge.
    gap, ahead = gaps[count - 1], u[count : count + 1]
    field = kappa[0] * (u[count] - u[count - 1]) / gap + gap / 2 * sources[0](ahead)[0][0]
    charge = -field * permittivity.max() * VACUUM_PERMITTIVITY_F_PER_M * junction.thermal_V / unit
    return PotentialProfile(x * unit, u * junction.thermal_V, float(charge), steps)


def extrapolated_profile(coarse: PotentialProfile, fine: PotentialProfile) -> PotentialProfile:
    """Fourth-order profile on the nodes of the coarse grid, from one with twice as many intervals. Richardson (1911).

    Raises
    ------
    ValueError
        The second grid does not halve the intervals of the first.
    """
    if fine.position_m.size != 2 * coarse.position_m.size - 1:
        sizes = coarse.position_m.size - 1, fine.position_m.size - 1
        raise ValueError(
            f"the fine grid must have twice the intervals of the coarse one, got {sizes[0]} and {sizes[1]}"
        )
    return PotentialProfile(
        coarse.position_m,
        (4 * fine.potential_V[::2] - coarse.potential_V) / 3,
        (4 * fine.charge_C_per_m2 - coarse.charge_C_per_m2) / 3,
        coarse.newton_steps + fine.newton_steps,
    )


def _graded(count: int, finest: float) -> NDArray:
    """Nodes (N+1,) from 0 to `REACH` Debye lengths whose spacing grows with the distance from a scale at 0."""
    growth = np.log1p(REACH / finest)
    return finest * np.expm1(growth * np.arange(count + 1) / count)


def _solve(
    u: NDArray, step: NDArray, kappa: NDArray, sources: list[Source], of: NDArray, held: tuple[bool, bool]
) -> tuple[NDArray, int]:
    """Solution (N+1,) of d(kappa du/dx)/dx = source on intervals of length `step`, and the Newton steps it took.

    sources : of the left and the right solid; of: (N,) which one an interval belongs to; held: ends whose value stays,
    the others have no field.
    """
    conduct = kappa / step
    share = np.zeros((2, u.size))
    for kind in (0, 1):
        half = np.where(of == kind, step / 2, 0.0)
        share[kind, :-1] += half
        share[kind, 1:] += half
    ends = [place for place, stays in zip((0, -1), held, strict=True) if stays]

    def residual(u: NDArray) -> tuple[NDArray, NDArray]:
        flow = conduct * np.diff(u)
        value = np.zeros_like(u)
        value[:-1] -= flow
        value[1:] += flow
        slope = np.zeros_like(u)
        for kind, source in enumerate(sources):
            inside = share[kind] > 0
            density, change = source(u[inside])
            value[inside] += share[kind][inside] * density
            slope[inside] += share[kind][inside] * change
        value[ends] = 0.0
        return value, slope

    value, slope = residual(u)
    last = np.inf
    for count in range(NEWTON_STEPS):
        bands = np.zeros((3, u.size))
        bands[0, 1:], bands[2, :-1] = -conduct, -conduct
        bands[1] = slope
        bands[1, :-1] += conduct
        bands[1, 1:] += conduct
        for place, off in zip((0, -1), ((0, 1), (2, -2)), strict=True):
            if place in ends:
                bands[1, place], bands[off] = 1.0, 0.0
        change = solve_banded((1, 1), bands, -value)
        size, length = np.linalg.norm(value), np.abs(change).max() / max(1, np.abs(u).max())
        if length == 0 or (length < SETTLED and length > last / 2):
            return u, count  # rounding moves it to and fro
        last = length
        for halving in range(HALVINGS):
            trial = u + change / 2.0**halving
            with np.errstate(over="ignore", invalid="ignore"):
                trial_value, trial_slope = residual(trial)
            if np.linalg.norm(trial_value) < size or length < SETTLED:
                break
        else:
            break
        u, value, slope = trial, trial_value, trial_slope
    raise ValueError("the potential did not converge on this grid; take more intervals or a smaller step of potential")
