"""How the lattice answers a force: recoil kernel W(t), response kernel G(t) = -dW/dt, and the static W(0).

A force F on atom b at time 0 moves atom a at time t by G_ab(t) F dt; a constant force by W_ab(0) F in the end.

Source: A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes", Eqs. (9)-(11), (22).
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from superion.harmonic_crystals import HarmonicCrystal
from superion.phonons import PhononMesh, dynamical_matrices, phonon_mesh
from superion.validity import finite_array, integer_array

__all__ = ["recoil_at_offsets", "recoil_kernel", "response_kernel", "static_recoil"]

SAFE_SHARE = 0.75  # of the time in which sound crosses the piece: its front is not sharp, 1e-5 of W(0, 0) run ahead
PROBED_MESH = 8  # wave vectors along each axis, to see whether the lattice is stable
CLUSTERED_MESHES = (32, 40, 48, 64)  # wave vectors along each axis, denser towards q = 0
CLUSTERED_POWERS = (3, 5, 7)  # what these meshes err by, in powers of their spacing


def recoil_kernel(mesh: PhononMesh, times_ps: ArrayLike, *, taper_ps: float = np.inf) -> NDArray:
    """Recoil kernel W (T, n1, n2, n3, 3A, 3A) in A^2/meV: the cell at each offset answers one at 0. Eqs. (10), (22).

    Parameters
    ----------
    mesh : modes of the periodic piece; its uniform shift is left out
    times_ps : (T,) times at least 0
    taper_ps : tau of a Gaussian factor exp(-t^2/2 tau^2), for the quasi-time-local motion

    Raises
    ------
    ValueError
        A time is negative, or tau not positive.
    """
    times = _times(times_ps)
    tau = _taper(taper_ps)
    inverse = _nonzero(mesh) ** -2.0
    return np.stack(
        [_real_space(mesh, inverse * np.cos(mesh.frequencies * t)) * np.exp(-0.5 * (t / tau) ** 2) for t in times]
    )


def response_kernel(
    mesh: PhononMesh, times_ps: ArrayLike, *, taper_ps: float = np.inf, uniform_shift: bool = False
) -> NDArray:
    """Response kernel G = -dW/dt (T, n1, n2, n3, 3A, 3A) in A^2/(meV ps), 0 at t = 0. Eq. (9).

    Parameters
    ----------
    mesh, times_ps, taper_ps : as `recoil_kernel`
    uniform_shift : count the recoil of the periodic piece as a whole, as a simulation of all its atoms does; not with
        a taper, for W(0) of a free piece is infinite

    Raises
    ------
    ValueError
        As `recoil_kernel`.
    """
    times = _times(times_ps)
    tau = _taper(taper_ps)
    inverse = 1 / _nonzero(mesh)
    kernels = []
    for t in times:
        weights = inverse * np.sin(mesh.frequencies * t)
        if np.isfinite(tau):
            cosines = np.cos(mesh.frequencies * t)
            weights = (weights + inverse**2 * cosines * t / tau**2) * np.exp(-0.5 * (t / tau) ** 2)
        elif uniform_shift:
            weights[0, 0, 0, :3] = t
        kernels.append(_real_space(mesh, weights))
    return np.stack(kernels)


def _times(times_ps: ArrayLike) -> NDArray:
    return np.atleast_1d(finite_array("times_ps", times_ps, at_least=0)).ravel()


def _taper(taper_ps: float) -> float:
    if not taper_ps > 0:
        raise ValueError(f"taper_ps must be above 0, got {taper_ps!r}")
    return float(taper_ps)


def _nonzero(mesh: PhononMesh) -> NDArray:
    """Frequencies with the uniform shift at infinity, where it counts for nothing."""
    frequencies = mesh.frequencies.copy()
    frequencies[0, 0, 0, :3] = np.inf
    return frequencies


def _real_space(mesh: PhononMesh, weights: NDArray) -> NDArray:
    """Sum over modes of weight eta eta^dagger e^{i q L}/N over the roots of the masses, as (n1, n2, n3, 3A, 3A)."""
    spectrum = (mesh.modes * weights[..., None, :]) @ np.swapaxes(mesh.modes.conj(), -1, -2)
    kernel = scipy.fft.irfftn(spectrum, s=mesh.shape, axes=(0, 1, 2))
    roots = np.repeat(np.sqrt(mesh.crystal.masses), 3)
    return kernel / (roots[:, None] * roots)


def recoil_at_offsets(mesh: PhononMesh, times_ps: ArrayLike, offsets: ArrayLike, *, infinite: bool = False) -> NDArray:
    """Recoil kernel W (T, ..., 3A, 3A) in A^2/meV at many times and a few offsets. Rodin et al., Eq. (22), Fig. 1(c).

    As `recoil_kernel`, or for the infinite lattice: W(t) - W(0) has the weights (cos(Omega t) - 1)/Omega^2, analytic in
    the dynamical matrix, so that a mesh sums them to rounding, its uniform shift -t^2/2 included, until sound has
    crossed the piece (1e-5 of W(0, 0) shortly before); `static_recoil` adds W(0).

    Parameters
    ----------
    mesh : modes of the periodic piece
    times_ps : (T,) times at least 0
    offsets : (..., 3) whole cells from the second atom to the first; infinite: up to 8 along each axis
    infinite : of the infinite lattice

    Raises
    ------
    ValueError
        A time is negative or, for the infinite lattice, too long for the mesh.
    """
    times = _times(times_ps)
    cells = integer_array("offsets", offsets)
    if cells.shape[-1:] != (3,):
        raise ValueError(f"offsets must have 3 components, got shape {cells.shape}")
    if infinite:
        latest = SAFE_SHARE * mesh.revival_ps * (1 - np.abs(cells / np.array(mesh.shape)).max(initial=0.0))
        if times.max(initial=0.0) > latest:
            raise ValueError(
                f"times_ps must be at most {latest:.6g} ps, before sound has crossed the piece of {mesh.shape} cells, "
                f"got {times.max():.6g}; take a larger mesh"
            )
    kernel = _recoil_of_mesh(mesh, times, cells)
    if infinite:
        uniform = np.tile(np.eye(3), (mesh.crystal.atom_count,) * 2) / (2 * mesh.crystal.masses.sum() * mesh.cell_count)
        kernel -= _recoil_of_mesh(mesh, np.zeros(1), cells)
        kernel -= (times**2).reshape(-1, *[1] * cells.ndim, 1) * uniform
        kernel += static_recoil(mesh.crystal, cells)
    return kernel


def _recoil_of_mesh(mesh: PhononMesh, times: NDArray, cells: NDArray) -> NDArray:
    n1, n2, n3 = mesh.shape
    size = 3 * mesh.crystal.atom_count
    flat = cells.reshape(-1, 3)
    inverse = _nonzero(mesh) ** -2.0
    total = np.zeros((times.size, len(flat) * size * size))
    half = np.arange(n3 // 2 + 1)
    cross = np.exp(2j * np.pi * (np.arange(n2)[:, None, None] * flat[:, 1] / n2 + half[:, None] * flat[:, 2] / n3))
    cross = cross * mesh.multiplicity[:, None]
    for plane in range(n1):
        modes, frequencies = mesh.modes[plane], mesh.frequencies[plane]
        phases = cross * np.exp(2j * np.pi * plane * flat[:, 0] / n1)
        pairs = np.einsum("jkal,jkbl,jkl->jklab", modes, modes.conj(), inverse[plane])
        waves = (phases[:, :, None, :, None, None] * pairs[:, :, :, None]).real.reshape(frequencies.size, -1)
        total += np.cos(times[:, None] * frequencies.ravel()) @ waves
    roots = np.repeat(np.sqrt(mesh.crystal.masses), 3)
    return total.reshape(times.size, *cells.shape[:-1], size, size) / (mesh.cell_count * roots[:, None] * roots)


def static_recoil(crystal: HarmonicCrystal, offsets: ArrayLike) -> NDArray:
    """Static recoil W(0) (..., 3A, 3A) in A^2/meV of the infinite lattice: the inverse of its force constants.

    The integral over the Brillouin zone of the inverse dynamical matrix, in t of q = t - sin(2 pi t)/(2 pi): this takes
    the singularity 1/q^2 away, and equally spaced t err by the odd powers of their spacing from 3 on. Four meshes are
    extrapolated (Richardson) to 1e-8 of W(0, 0) or better, 1e-9 in a simple cubic crystal.

    Parameters
    ----------
    offsets : (..., 3) whole cells between the two atoms, up to 8 along each axis

    Raises
    ------
    ValueError
        The lattice is unstable, or an offset is too far for the meshes.
    """
    limit = CLUSTERED_MESHES[0] // 4
    cells = integer_array("offsets", offsets, at_least=-limit, at_most=limit, meaning="in reach of the meshes")
    if cells.shape[-1:] != (3,):
        raise ValueError(f"offsets must have 3 components, got shape {cells.shape}")
    phonon_mesh(crystal, PROBED_MESH)  # an unstable lattice has no static answer
    values, places = zip(*(np.unique(cells[..., axis], return_inverse=True) for axis in range(3)), strict=True)
    spacings = 1 / np.array(CLUSTERED_MESHES)
    conditions = (spacings / spacings[0]) ** np.array([[0], *([power] for power in CLUSTERED_POWERS)])
    shares = np.linalg.solve(conditions, np.eye(len(CLUSTERED_MESHES))[0])
    levels = [_clustered_recoil(crystal, values, n) for n in CLUSTERED_MESHES]
    recoil = np.tensordot(shares, levels, 1)
    return recoil[tuple(place.reshape(cells.shape[:-1]) for place in places)]


def _clustered_recoil(crystal: HarmonicCrystal, values: tuple[NDArray, ...], n: int) -> NDArray:
    """The sum over one mesh for all offsets whose components are among the values, plane by plane of wave vectors."""
    t = np.arange(-((n - 1) // 2), n // 2 + 1) / n
    q, weights = t - np.sin(2 * np.pi * t) / (2 * np.pi), (1 - np.cos(2 * np.pi * t)) / n
    half = t >= 0  # -q is the complex conjugate of q
    both = weights[half] * np.where(np.isin(t[half], (0, 0.5)), 1, 2)
    phases = [np.exp(2j * np.pi * np.outer(cells, q)) * weights for cells in values[:2]]
    phases.append(np.exp(2j * np.pi * np.outer(values[2], q[half])) * both)
    total = 0.0
    for index, along in enumerate(q):
        if along == 0:
            continue  # of weight 0, as are the other planes through q = 0
        plane = np.stack(np.meshgrid([along], q, q[half], indexing="ij"), axis=-1)[0]
        inverses = np.linalg.inv(dynamical_matrices(crystal, plane))
        folded = np.tensordot(phases[1], np.tensordot(phases[2], inverses, (1, 1)), (1, 1))
        total = total + phases[0][:, index, None, None, None, None] * folded
    roots = np.repeat(np.sqrt(crystal.masses), 3)
    return total.real / (roots[:, None] * roots)
