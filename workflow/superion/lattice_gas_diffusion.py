"""Diffusion coefficients from a lattice gas on its way, each with an error bar.

With displacements X of successive blocks of time tau, the slope of the mean squared displacement from tau to 2 tau,

    D = [<X_b^2> + 2 <X_b X_(b-1)>]/(2 d tau),

is free of the 1/tau bias of <X^2>/(2 d tau). X is that of one ion for tracer diffusion D*, and that of all ions
together, per ion, for charge diffusion D_sigma.

Moves that keep detailed balance let the same be read from the drift A of ions, the integral of their mean velocity in
the states that they see: reversing time shows that <X A> = 0, so that <X^2> = 2 d D0 tau - <A^2>, with D0 from the
rates of single moves. What is left to be averaged is the correction alone: with exclusion and nothing else, and hops
from each site that add up to 0, the ions together never drift, and D_sigma = D0 without any noise. Where D_sigma is far
below D0, displacements are less noisy.

Error bars are those of a jackknife over batches of blocks, in which whatever is computed from sums over blocks, ratios
included, takes part with its correlations. What is kept of a batch is a few sums: of all batches of all replicas
together, estimates follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from superion.validity import integer_array

__all__ = [
    "LEAST_BATCHES",
    "Estimate",
    "Estimates",
    "GreenKubo",
    "batch_sums",
    "drift_correlation",
    "estimates",
    "green_kubo",
]

LEAST_BATCHES = 20
"""Batches of a jackknife: the relative error of an error bar is 1/sqrt(2 batches)."""


class Estimate(NamedTuple):
    """A value and its standard error."""

    value: float
    error: float


class Estimates(NamedTuple):
    """What a lattice gas did on average. Diffusion coefficients are in squared lengths of the lattice times rates.

    Attributes
    ----------
    tracer_D, charge_D : D* and D_sigma
    tracer_static_D, charge_static_D : D0 of each, what moves would lead to if each forgot the last one
    tracer_correlation, charge_correlation : f = D*/D0 and f_I = D_sigma/D0
    haven_ratio : D*/D_sigma
    tracer_D_of_block, charge_D_of_block : <X^2>/(2 d tau), with the bias of blocks of a finite length
    move_rate : moves a unit of time over the number of ions; a push or an exchange counts once
    polarization, polarization_magnitude, binder_cumulant : mean and mean magnitude of the polarity per ion, m, and
        1 - <m^4>/(3 <m^2>^2)
    bonds : between ions, per ion
    """

    tracer_D: Estimate
    charge_D: Estimate
    tracer_static_D: Estimate
    charge_static_D: Estimate
    tracer_correlation: Estimate
    charge_correlation: Estimate
    haven_ratio: Estimate
    tracer_D_of_block: Estimate
    charge_D_of_block: Estimate
    move_rate: Estimate
    polarization: Estimate
    polarization_magnitude: Estimate
    binder_cumulant: Estimate
    bonds: Estimate


def batch_sums(columns: Mapping[str, NDArray], ion_count: int) -> dict[str, float]:
    """Sums over a batch of blocks, from which `estimates` follow.

    Parameters
    ----------
    columns : what `LatticeGasMotion.run` tells of two blocks or more
    ion_count : n

    Raises
    ------
    ValueError
        Fewer than two blocks.
    """
    ions = int(integer_array("ion_count", ion_count, at_least=1))
    duration, total = columns["duration"], columns["displacement"]
    blocks, dimension = total.shape
    if blocks < 2:
        raise ValueError(f"a batch must have two blocks or more, got {blocks}")
    scale = 1 / (2 * dimension * ions)
    polarization = columns["polarity"] / ions
    sums = {
        "blocks": float(blocks),
        "time": duration.sum(),
        "pair_time": duration[1:].sum(),
        "moves": columns["moves"].sum() / ions,
        "tracer_static": scale * columns["tracer_square"].sum(),
        "charge_static": scale * columns["charge_square"].sum(),
        "polarization": polarization.sum(),
        "polarization_magnitude": np.abs(polarization).sum(),
        "polarization_square": (polarization**2).sum(),
        "polarization_fourth": (polarization**4).sum(),
        "bonds": columns["bonds"].sum() / ions if "bonds" in columns else np.nan,
    }
    sources = {"": ("displacement", "squares", "products"), "drift_": ("drifted", "drift_squares", "drift_products")}
    for prefix, (whole, squares, products) in sources.items():
        known = whole in columns
        together = columns[whole] if known else np.full((2, 1), np.nan)
        sums |= {
            f"{prefix}tracer_square": scale * columns[squares].sum() if known else np.nan,
            f"{prefix}tracer_product": scale * columns[products][1:].sum() if known else np.nan,
            f"{prefix}charge_square": scale * (together**2).sum(),
            f"{prefix}charge_product": scale * (together[1:] * together[:-1]).sum(),
        }
    return {name: float(value) for name, value in sums.items()}


def estimates(sums: Mapping[str, NDArray], *, of_drift: bool = False) -> Estimates:
    """Averages over batches of one lattice gas.

    Parameters
    ----------
    sums : columns (B,) of `batch_sums`, `LEAST_BATCHES` or more, of all replicas together
    of_drift : take diffusion from the drift of ions

    Raises
    ------
    ValueError
        Too few batches, or no drift where it is asked for.
    """
    count = len(sums["time"])
    if count < LEAST_BATCHES:
        raise ValueError(f"an error bar needs {LEAST_BATCHES} batches, got {count}")
    if of_drift and np.isnan(sums["drift_tracer_square"]).any():
        raise ValueError("the drift of ions was not followed: it is told by the scheme 'draw moves'")
    whole = {key: np.sum(column) for key, column in sums.items()}
    values = _values(whole, of_drift)
    without = _values({key: whole[key] - np.asarray(column) for key, column in sums.items()}, of_drift)
    found = []
    for name in Estimates._fields:
        spread = without[name] - np.mean(without[name])
        found.append(Estimate(float(values[name]), float(np.sqrt((count - 1) / count * (spread**2).sum()))))
    return Estimates(*found)


def _values(sums: Mapping[str, NDArray], of_drift: bool) -> dict[str, NDArray]:
    time, pair_time, blocks = sums["time"], sums["pair_time"], sums["blocks"]
    prefix = "drift_" if of_drift else ""
    values = {}
    for kind in ("tracer", "charge"):
        static = sums[f"{kind}_static"] / time
        # Where moves carry no charge, roundings alone are left of displacements.
        square, product = (np.where(static == 0, 0.0, sums[f"{prefix}{kind}_{name}"]) for name in ("square", "product"))
        square = square / time
        slope = square + 2 * product / pair_time
        values[f"{kind}_static_D"] = static
        values[f"{kind}_D_of_block"] = static - square if of_drift else square
        values[f"{kind}_D"] = static - slope if of_drift else slope
        values[f"{kind}_correlation"] = values[f"{kind}_D"] / _or_nan(static)
    values["haven_ratio"] = values["tracer_D"] / _or_nan(values["charge_D"])
    values["move_rate"] = sums["moves"] / time
    values["polarization"] = sums["polarization"] / blocks
    values["polarization_magnitude"] = sums["polarization_magnitude"] / blocks
    second = sums["polarization_square"] / blocks
    values["binder_cumulant"] = 1 - sums["polarization_fourth"] / blocks / _or_nan(3 * second**2)
    values["bonds"] = sums["bonds"] / blocks
    return values


def _or_nan(value: NDArray) -> NDArray:
    """What can be divided by: the ratio to nothing is told as not a number."""
    return np.where(value == 0, np.nan, value)


class GreenKubo(NamedTuple):
    """Autocorrelation (K,) of the total drift per ion at times (K,), and D_sigma from its integral up to there.

    `value` and `error` of both: `correlation` in squared lengths times squared rates.
    """

    time: NDArray
    correlation: NDArray
    correlation_error: NDArray
    charge_D: NDArray
    charge_D_error: NDArray


def drift_correlation(columns: Mapping[str, NDArray], ion_count: int, lags: int) -> NDArray:
    """Autocorrelation (lags + 1,) of the total drift at the ends of the blocks of a batch, per ion and dimension.

    Raises
    ------
    ValueError
        No drift, or no more blocks than lags.
    """
    if "drift" not in columns:
        raise ValueError("the drift of ions was not followed: it is told by the scheme 'draw moves'")
    velocity = columns["drift"]
    blocks = len(velocity)
    if blocks <= lags:
        raise ValueError(f"a batch of {blocks} blocks is too short for {lags} lags")
    products = [np.mean((velocity[: blocks - lag] * velocity[lag:]).sum(axis=1)) for lag in range(lags + 1)]
    return np.array(products) / (ion_count * velocity.shape[1])


def green_kubo(step: float, correlations: NDArray, statics: NDArray) -> GreenKubo:
    """Charge diffusion by the route of Green and Kubo: D_sigma(t) = D0 - int_0^t <v v>, by Simpson's rule.

    The jumps themselves add a delta function at t = 0 to the autocorrelation of the current, half of which counts: the
    term D0. A sum over discrete times counts half of its first term likewise.

    Parameters
    ----------
    step : time between drifts
    correlations : (B, K) of `drift_correlation`, of batches, K at least 3
    statics : (B,) D0 of charge of each

    Raises
    ------
    ValueError
        Fewer than two batches or three times.
    """
    if np.ndim(correlations) != 2 or len(correlations) < 2 or np.shape(correlations)[1] < 3:
        raise ValueError(f"correlations must hold 2 batches of 3 times or more, got shape {np.shape(correlations)}")
    from scipy.integrate import cumulative_simpson  # takes longer to import than all else here

    charge = np.asarray(statics)[:, None] - cumulative_simpson(correlations, dx=step, axis=1, initial=0)
    columns = []
    for batches in (np.asarray(correlations), charge):
        columns += [batches.mean(axis=0), batches.std(axis=0, ddof=1) / np.sqrt(len(batches))]
    return GreenKubo(step * np.arange(charge.shape[1]), *columns)
