"""Diffusion of ions from their trajectories: segments, mean squared displacement, diffusion coefficient, activation.

A trajectory is cut into segments of equal length. The slope of a line through the origin is linear in the squared
displacements, so that each segment has a diffusion coefficient of its own, and their mean has an honest error.

Source: A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes", Sec. VI, Figs. 5-7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from superion.ion_motion import IonMotion
from superion.validity import finite_array, integer_array

__all__ = ["ArrheniusLine", "SegmentBatch", "SegmentProtocol", "arrhenius_line", "clustered_mean", "run_segments"]

NORMAL_QUANTILE_95 = 1.959963984540054


@dataclass(frozen=True)
class SegmentProtocol:
    """How trajectories are cut and read.

    Attributes
    ----------
    segment_ps : length of a segment
    record_ps : time between recorded positions, a whole number of steps
    fit_from_ps : the line is fitted from here to the end of the segment
    equilibration_ps : time before the first segment
    penetration_A : an ion this close to an atom has been pushed through it, in motions without memory: its segment does
        not count, and it starts anew in its cell, with a velocity of Maxwell's; 0 for motions that cannot do so
    thermal_energy_meV : of these velocities
    start : where in its cell, in cell vectors

    Raises
    ------
    ValueError
        A time is not positive, the segment is not a whole number of records, or the start outside the cell.
    """

    segment_ps: float
    record_ps: float
    fit_from_ps: float
    equilibration_ps: float
    penetration_A: float
    thermal_energy_meV: float
    start: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def __post_init__(self) -> None:
        finite_array("segment_ps", self.segment_ps, above=0)
        finite_array("record_ps", self.record_ps, above=0)
        finite_array("fit_from_ps", self.fit_from_ps, at_least=0, below=self.segment_ps, meaning="within the segment")
        finite_array("equilibration_ps", self.equilibration_ps, at_least=0)
        finite_array("penetration_A", self.penetration_A, at_least=0)
        finite_array("thermal_energy_meV", self.thermal_energy_meV, at_least=0)
        start = finite_array("start", self.start, at_least=0, below=1, meaning="within the cell")
        if start.shape != (3,):
            raise ValueError(f"start must have 3 components, got shape {start.shape}")
        for name in ("segment_ps", "equilibration_ps"):
            ratio = getattr(self, name) / self.record_ps
            if abs(ratio - round(ratio)) > 1e-9 * max(ratio, 1):
                raise ValueError(
                    f"{name} must be a whole number of record_ps = {self.record_ps:g}, got {getattr(self, name):g}"
                )

    @property
    def lags_ps(self) -> NDArray:
        """Times (K,) since the start of a segment, its start included."""
        return self.record_ps * np.arange(round(self.segment_ps / self.record_ps) + 1)


@dataclass(frozen=True)
class SegmentBatch:
    """One segment of every ion.

    Attributes
    ----------
    positions : (I, K, 3) in A
    diffusion_A2_per_ps : (I,) slope over 6 of the line through the origin
    kinetic_energy_meV : (I,) mean over the segment
    closest_A : (I,) smallest distance to an atom
    status : (I,) 'ok', 'penetrated' (came closer than the protocol allows), 'runaway' (faster than any ion is), or
        'started anew' (the segment after either of these, in which the ion finds its temperature)
    """

    positions: NDArray
    diffusion_A2_per_ps: NDArray
    kinetic_energy_meV: NDArray
    closest_A: NDArray
    status: NDArray

    @property
    def squared_displacements_A2(self) -> NDArray:
        """Squared distance (I, K) from the start of the segment."""
        return ((self.positions - self.positions[:, :1]) ** 2).sum(axis=-1)


def run_segments(
    motion: IonMotion, protocol: SegmentProtocol, segments: int, generator: np.random.Generator
) -> Iterator[SegmentBatch]:
    """Follow ions for a number of segments, after equilibration; ions that penetrate an atom start anew.

    Parameters
    ----------
    motion : made with `steps_per_record` that fits the protocol
    generator : of the velocities with which ions start anew

    Raises
    ------
    ValueError
        A record is not a whole number of intervals of the motion.
    """
    interval = motion.step_ps * motion.steps_per_interval
    per_record = round(protocol.record_ps / interval)
    if per_record < 1 or abs(per_record * interval - protocol.record_ps) > 1e-9 * protocol.record_ps:
        raise ValueError(
            f"record_ps must be a whole number of intervals of {interval:g} ps (steps of {motion.step_ps:g} ps), "
            f"got {protocol.record_ps:g}"
        )
    count = int(integer_array("segments", segments, at_least=1))
    rounds = round(protocol.equilibration_ps / protocol.record_ps)
    if rounds:
        _, _, closest = _follow(motion, rounds, per_record)
        _start_anew(motion, (closest < protocol.penetration_A) | motion.stopped, protocol, generator)
    lags = protocol.lags_ps
    fitted = lags >= protocol.fit_from_ps * (1 - 1e-12)
    weights = np.where(fitted, lags, 0.0) / (lags[fitted] ** 2).sum() / 6
    anew = np.zeros(len(motion.positions), bool)
    for _ in range(count):
        positions, kinetic, closest = _follow(motion, len(lags) - 1, per_record)
        faults = (motion.stopped, closest < protocol.penetration_A, anew)
        status = np.select(faults, ("runaway", "penetrated", "started anew"), "ok")
        anew = faults[0] | faults[1]
        squares = ((positions - positions[:, :1]) ** 2).sum(axis=-1)
        yield SegmentBatch(positions, squares @ weights, kinetic, closest, status)
        _start_anew(motion, anew, protocol, generator)


def _follow(motion: IonMotion, records: int, per_record: int) -> tuple[NDArray, NDArray, NDArray]:
    positions = np.empty((len(motion.positions), records + 1, 3))
    positions[:, 0] = motion.positions
    kinetic, closest = np.zeros(len(positions)), np.full(len(positions), np.inf)
    for record in range(1, records + 1):
        for _ in range(per_record):
            energy, distance = motion.advance()
            kinetic += energy
            closest = np.minimum(closest, distance)
        positions[:, record] = motion.positions
    return positions, kinetic / (records * per_record), closest


def _start_anew(motion: IonMotion, which: NDArray, protocol: SegmentProtocol, generator: np.random.Generator) -> None:
    cell = motion.system.crystal.cell
    # Drawn for all, so that what one ion does leaves the others' numbers alone.
    velocities = motion.system.thermal_velocities(len(which), protocol.thermal_energy_meV, generator)
    for ion in np.flatnonzero(which):
        corner = np.floor(motion.positions[ion] @ np.linalg.inv(cell))
        motion.restart(ion, (corner + np.array(protocol.start)) @ cell, velocities[ion])


def clustered_mean(values: ArrayLike, clusters: ArrayLike) -> tuple[float, float]:
    """Mean of values and its standard error from the means of clusters of them, such as the segments of an ion.

    Parameters
    ----------
    values : (n,)
    clusters : (n,) labels; values of one cluster may depend on each other, clusters not

    Raises
    ------
    ValueError
        Lengths differ, or there are fewer than two clusters.
    """
    data, labels = finite_array("values", values).ravel(), np.asarray(clusters).ravel()
    if len(data) != len(labels):
        raise ValueError(f"values and clusters must be of one length, got {len(data)} and {len(labels)}")
    _, index = np.unique(labels, return_inverse=True)
    sizes = np.bincount(index)
    if len(sizes) < 2:
        raise ValueError(f"a standard error needs two clusters or more, got {len(sizes)}")
    mean = data.mean()
    # Ratio estimator: clusters of different sizes count by their values.
    deviations = np.bincount(index, data - mean)
    return float(mean), float(np.sqrt((deviations**2).sum() * len(sizes) / (len(sizes) - 1)) / len(data))


@dataclass(frozen=True)
class ArrheniusLine:
    """D = D0 exp(-E_a/kT), fitted to ln D with weights.

    Attributes
    ----------
    prefactor, prefactor_low, prefactor_high : D0 with its 95 % interval, in the unit of D
    activation_energy_meV, activation_energy_error_meV : E_a and its standard error
    quantile : half-width of a 95 % interval in standard errors
    chi_square : weighted sum of squares
    degrees_of_freedom : points less two
    """

    prefactor: float
    prefactor_low: float
    prefactor_high: float
    activation_energy_meV: float
    activation_energy_error_meV: float
    quantile: float
    chi_square: float
    degrees_of_freedom: int

    @property
    def activation_energy_interval_meV(self) -> tuple[float, float]:
        """95 % interval of E_a."""
        half = self.quantile * self.activation_energy_error_meV
        return self.activation_energy_meV - half, self.activation_energy_meV + half

    def at(self, thermal_energy_meV: ArrayLike) -> NDArray:
        """D at thermal energies."""
        return self.prefactor * np.exp(-self.activation_energy_meV / np.asarray(thermal_energy_meV, float))


def arrhenius_line(thermal_energy_meV: ArrayLike, diffusion: ArrayLike, standard_error: ArrayLike) -> ArrheniusLine:
    """Weighted line of ln D over 1/kT.

    Where the points scatter more than their errors tell, the errors grow by the root of chi-square per degree of
    freedom, and intervals are Student's: wide where there are few degrees of freedom.

    Parameters
    ----------
    thermal_energy_meV : (n,) kT, at least two different ones
    diffusion, standard_error : (n,) D above 0 and its standard error above 0

    Raises
    ------
    ValueError
        A value is out of range, lengths differ, or all temperatures are one.
    """
    thermal = finite_array("thermal_energy_meV", thermal_energy_meV, above=0).ravel()
    values = finite_array("diffusion", diffusion, above=0).ravel()
    errors = finite_array("standard_error", standard_error, above=0).ravel()
    if not len(thermal) == len(values) == len(errors):
        raise ValueError(
            "thermal_energy_meV, diffusion and standard_error must be of one length, got "
            f"{len(thermal)}, {len(values)} and {len(errors)}"
        )
    if len(np.unique(thermal)) < 2:
        raise ValueError(f"an Arrhenius line needs D at two temperatures or more, got {len(np.unique(thermal))}")
    errors = errors / values
    design = np.column_stack([np.ones_like(thermal), -1 / thermal]) / errors[:, None]
    covariance = np.linalg.inv(design.T @ design)
    solution = covariance @ design.T @ (np.log(values) / errors)
    chi_square = float((((np.log(values) / errors) - design @ solution) ** 2).sum())
    freedom = len(thermal) - 2
    quantile = NORMAL_QUANTILE_95
    if freedom and chi_square > freedom:
        covariance = covariance * chi_square / freedom
        quantile = float(stdtrit(freedom, 0.975))
    half = quantile * np.sqrt(covariance[0, 0])
    return ArrheniusLine(
        *(float(np.exp(solution[0] + side)) for side in (0.0, -half, half)),
        float(solution[1]),
        float(np.sqrt(covariance[1, 1])),
        quantile,
        chi_square,
        freedom,
    )
