"""Diffusion of one particle in a periodic potential at any friction: the Klein-Kramers equation, solved exactly.

In reduced units (`superion.periodic_potentials`) the backward operator of the motion is

    L = v d/dx - b s'(x) d/dv - g v d/dv + g d^2/dv^2,

and D = <v f> with -L f = v. Hermite polynomials of v turn that into a chain of equations between neighbouring orders n.
Eliminated from the highest order down it is a matrix continued fraction,

    S_n = n g + (n + 1) W^T S_(n+1)^-1 W,    W = d/dx + b s'/2,

of symmetric positive matrices among the harmonics of x; order 0, which is left, has the solution exp(b s/2), so that

    D = L^2 / (int exp(-b s) dx  <exp(b s/2), S_1 exp(b s/2)>),    L = 2 pi.

High friction leaves S_1 = g: the overdamped D of Lifson and Jackson. A potential without sines needs cosines in odd
orders and sines in even ones alone, half of all harmonics.

Source: H. Risken, "The Fokker-Planck Equation", Chs. 9-11; H. A. Kramers, Physica 7, 284 (1940). The textbook
chapter's 'Kinetics' stops short of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.periodic_potentials import COSINE, HIGHEST_BARRIER, PeriodicPotential
from superion.validity import finite_array

__all__ = ["ExactDiffusion", "diffusion_at_orders", "exact_diffusion"]

LOWEST_FRICTION, HIGHEST_FRICTION = 1e-4, 1e8
FIRST_ORDERS, FIRST_HARMONICS = 24, 16
MORE_ORDERS, MORE_HARMONICS = 2.0, 1.15  # from one basis to the next: the layers in v are the finer ones
LEVELS = 9


@dataclass(frozen=True)
class ExactDiffusion:
    """Diffusion coefficients of the Klein-Kramers equation; arrays of one shape.

    Attributes
    ----------
    diffusion : D in reduced units, NaN where the basis did not do
    change : relative change of D from the last basis but one; the error is below it
    orders, harmonics : Hermite orders and harmonics of the last basis
    status : "ok", or "not converged"
    """

    diffusion: NDArray
    change: NDArray
    orders: NDArray
    harmonics: NDArray
    status: NDArray


def exact_diffusion(
    reduced_barrier: ArrayLike,
    reduced_friction: ArrayLike,
    potential: PeriodicPotential = COSINE,
    *,
    tolerance: float = 1e-10,
    levels: int = LEVELS,
) -> ExactDiffusion:
    """D of the Klein-Kramers equation on broadcast arrays, the basis enlarged until D no longer changes.

    Parameters
    ----------
    reduced_barrier : b = E/kT, 0 to 300
    reduced_friction : g, friction rate in reduced units, 1e-4 to 1e8; low ones need many Hermite orders
    tolerance : relative change of D at which a basis counts as large enough
    levels : sizes of basis tried; each has twice the Hermite orders of the one before

    Raises
    ------
    ValueError
        A barrier, friction or tolerance out of range.
    """
    b, g = _checked(reduced_barrier, reduced_friction)
    limit = float(finite_array("tolerance", tolerance, above=0, below=1))
    shape = b.shape
    b, g = b.ravel(), g.ravel()
    last, change = np.full(b.size, np.nan), np.full(b.size, np.inf)
    orders, harmonics = np.zeros(b.size, int), np.zeros(b.size, int)
    for level in range(levels):
        left = np.flatnonzero(change > limit)
        if not left.size:
            break
        count = round(FIRST_ORDERS * MORE_ORDERS**level)
        widest = FIRST_HARMONICS + int(b[left].max() / 4) + potential.harmonics
        width = round(widest * MORE_HARMONICS**level)
        now = diffusion_at_orders(b[left], g[left], count, width, potential)
        change[left] = np.where(np.isnan(last[left]), np.inf, np.abs(now / last[left] - 1))
        last[left], orders[left], harmonics[left] = now, count, width
    good = change <= limit
    fields = (
        np.where(good, last, np.nan),
        np.where(np.isfinite(change), change, np.nan),
        orders,
        harmonics,
        np.where(good, "ok", "not converged"),
    )
    return ExactDiffusion(*(field.reshape(shape) for field in fields))


def diffusion_at_orders(
    reduced_barrier: ArrayLike,
    reduced_friction: ArrayLike,
    orders: int,
    harmonics: int,
    potential: PeriodicPotential = COSINE,
    *,
    closed: bool = True,
) -> NDArray:
    """D in one basis, in reduced units on broadcast arrays; see `exact_diffusion` for one that is large enough.

    Parameters
    ----------
    orders : Hermite orders N, at least 2
    harmonics : highest harmonic M, at least that of the potential
    closed : S_N = N g/2 + sqrt((N g/2)^2 + (N + 1) W^T W) stands for the orders beyond N, as if S varied slowly with n;
        without it S_N = N g, and the D of odd and of even N lie on either side of their limit

    Raises
    ------
    ValueError
        As `exact_diffusion`, or too small a basis.
    """
    b, g = _checked(reduced_barrier, reduced_friction)
    finite_array("orders", orders, at_least=2)
    finite_array("harmonics", harmonics, at_least=potential.harmonics)
    shape = b.shape
    b, g = b.reshape(-1, 1, 1), g.reshape(-1, 1, 1)
    ladders = _ladders(b, harmonics, potential)
    ladder = ladders[orders % 2]
    if closed:
        square, modes = np.linalg.eigh(ladder.mT @ ladder)
        half = orders * g[:, :, 0] / 2
        root = half + np.sqrt(half**2 + (orders + 1) * np.maximum(square, 0))
        s = (modes * root[:, None, :]) @ modes.mT
    else:
        s = orders * g * np.eye(ladder.shape[-1])
    for n in range(orders - 1, 0, -1):
        ladder = ladders[n % 2]
        s = (n + 1) * (ladder.mT @ np.linalg.solve(s, ladder))
        diagonal = np.einsum("bii->bi", s)
        diagonal += n * g[:, :, 0]
    edge = _half_boltzmann(b[:, 0, 0], harmonics, potential)
    friction = np.einsum("bi,bij,bj->b", edge, s, edge)
    partition = 2 * np.pi * potential.boltzmann_mean(b[:, 0, 0])
    return ((2 * np.pi) ** 2 * np.exp(-b[:, 0, 0]) / (partition * friction)).reshape(shape)


def _checked(reduced_barrier: ArrayLike, reduced_friction: ArrayLike) -> tuple[NDArray, NDArray]:
    b = finite_array("reduced_barrier", reduced_barrier, at_least=0, at_most=HIGHEST_BARRIER)
    g = finite_array("reduced_friction", reduced_friction, at_least=LOWEST_FRICTION, at_most=HIGHEST_FRICTION)
    return tuple(np.broadcast_arrays(b, g))


def _ladders(b: NDArray, harmonics: int, potential: PeriodicPotential) -> tuple[NDArray, NDArray]:
    """W (B, out, in) from even to odd and from odd to even orders, in an orthonormal real basis of the harmonics."""
    count = harmonics + 1
    frequencies = np.arange(-harmonics, count)
    cosines, sines = potential.scaled_coefficients
    k = np.arange(1, potential.harmonics + 1)
    # s' = sum_k k (-c_k sin kx + s_k cos kx): its Fourier coefficients at k and -k
    ahead = k * (sines + 1j * cosines) / 2
    apart = frequencies[:, None] - frequencies
    slope = np.zeros(apart.shape, complex)
    for step, value in zip(k, ahead, strict=True):
        slope[apart == step] = value
        slope[apart == -step] = np.conj(value)
    # Columns of the basis: 1, cos x, cos 2x, ..., then sin x, sin 2x, ...
    basis = np.zeros((2 * harmonics + 1, 2 * harmonics + 1), complex)
    up, down = harmonics + np.arange(1, count), harmonics - np.arange(1, count)
    basis[harmonics, 0] = 1
    basis[up, np.arange(1, count)] = basis[down, np.arange(1, count)] = np.sqrt(0.5)
    basis[up, count + np.arange(harmonics)] = -1j * np.sqrt(0.5)
    basis[down, count + np.arange(harmonics)] = 1j * np.sqrt(0.5)
    derivative, slope = ((basis.conj().T @ m @ basis).real for m in (np.diag(1j * frequencies), slope))
    whole = derivative + b / 2 * slope
    if not potential.is_even:
        return whole, whole
    return whole[:, :count, count:], whole[:, count:, :count]


def _half_boltzmann(b: NDArray, harmonics: int, potential: PeriodicPotential) -> NDArray:
    """Coefficients of exp(b (s - 1)/2) (B, .) in the real basis of odd orders."""
    points = 8 * (harmonics + 1)
    x = 2 * np.pi * np.arange(points) / points
    values = np.exp(np.multiply.outer(b / 2, potential.shape(x) - 1))
    fourier = np.fft.rfft(values)[:, : harmonics + 1] / points
    cosines = np.sqrt(2 * np.pi) * np.hstack([fourier[:, :1].real, np.sqrt(2) * fourier[:, 1:].real])
    if potential.is_even:
        return cosines
    return np.hstack([cosines, -np.sqrt(4 * np.pi) * fourier[:, 1:].imag])
