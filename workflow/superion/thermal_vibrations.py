"""Thermal vibrations of a harmonic crystal: variances, covariances, samples, and their motion in time.

Each mode has an amplitude and a phase; what the lattice does by itself, r_H(t), is the sum of its modes. A quantum bath
draws the excitation of a mode from its Bose distribution, zero-point motion included; a classical bath draws its energy
from Boltzmann's. `sample_vibration` draws a state,
`vibration_frames` follows the exact motion of all atoms frame by frame.

Source: A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes", Eqs. (23), (24).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numba
import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from superion.phonons import PhononMesh
from superion.units import REDUCED_PLANCK_eV_PS
from superion.validity import finite_array, one_of

__all__ = [
    "BATHS",
    "Vibration",
    "mode_variances",
    "sample_vibration",
    "vibration_at",
    "vibration_covariance",
    "vibration_field",
    "vibration_frames",
]

REDUCED_PLANCK_meV_PS = REDUCED_PLANCK_eV_PS * 1e3
BATHS = ("quantum", "classical")
Bath = Literal["quantum", "classical"]


@dataclass(frozen=True)
class Vibration:
    """One state of the lattice: the mode amplitudes of its displacements and velocities.

    Attributes
    ----------
    mesh : modes
    displacement : (n1, n2, n3//2 + 1, 3A) complex P, so that r_a(L) = sum of eta_a P e^{i q L}/sqrt(m_a N)
    velocity : likewise, dP/dt over the frequency
    """

    mesh: PhononMesh
    displacement: NDArray
    velocity: NDArray


def mode_variances(mesh: PhononMesh, thermal_energy_meV: float, bath: Bath = "quantum") -> NDArray:
    """Mean squares of the normal coordinates in meV ps^2 on the half mesh, 0 for the uniform shift. Eqs. (23), (24).

    hbar coth(Omega/2 Omega_T)/(2 Omega) for a quantum bath, kT/Omega^2 for a classical one.

    Parameters
    ----------
    thermal_energy_meV : kT = hbar Omega_T, at least 0; a quantum bath at 0 has its zero-point motion

    Raises
    ------
    ValueError
        The thermal energy is negative, or the bath unknown.
    """
    one_of("bath", bath, BATHS)
    thermal = float(finite_array("thermal_energy_meV", thermal_energy_meV, at_least=0))
    frequencies = mesh.frequencies.copy()
    frequencies[0, 0, 0, :3] = np.inf
    if bath == "classical":
        return thermal / frequencies**2
    if thermal == 0:
        return REDUCED_PLANCK_meV_PS / (2 * frequencies)
    return REDUCED_PLANCK_meV_PS / (2 * frequencies * np.tanh(REDUCED_PLANCK_meV_PS * frequencies / (2 * thermal)))


def vibration_covariance(
    mesh: PhononMesh,
    times_ps: ArrayLike,
    thermal_energy_meV: float,
    bath: Bath = "quantum",
    *,
    of: Literal["displacements", "velocities"] = "displacements",
) -> NDArray:
    """Covariance (T, n1, n2, n3, 3A, 3A) of two atoms at a time lag in A^2 (or A^2/ps^2). Rodin et al., Eq. (24).

    Parameters
    ----------
    times_ps : (T,) lags
    of : displacements, or velocities

    Raises
    ------
    ValueError
        As `mode_variances`.
    """
    one_of("of", of, ("displacements", "velocities"))
    variances = mode_variances(mesh, thermal_energy_meV, bath)
    if of == "velocities":
        variances = variances * mesh.frequencies**2
    roots = np.repeat(np.sqrt(mesh.crystal.masses), 3)
    covariances = []
    for time in np.atleast_1d(finite_array("times_ps", times_ps)).ravel():
        weights = variances * np.cos(mesh.frequencies * time)
        spectrum = (mesh.modes * weights[..., None, :]) @ np.swapaxes(mesh.modes.conj(), -1, -2)
        covariances.append(scipy.fft.irfftn(spectrum, s=mesh.shape, axes=(0, 1, 2)) / (roots[:, None] * roots))
    return np.stack(covariances)


def sample_vibration(
    mesh: PhononMesh, thermal_energy_meV: float, generator: np.random.Generator, bath: Bath = "quantum"
) -> Vibration:
    """Draw a thermal state of the lattice. Rodin et al., text below Eq. (23).

    Every mode of every wave vector is a wave of amplitude sqrt(2 hbar (n + 1/2)/Omega), n geometric, in a quantum bath,
    and sqrt(2 E)/Omega, E exponential, in a classical one; phases are uniform. The uniform shift is left out.

    Raises
    ------
    ValueError
        As `mode_variances`.
    """
    one_of("bath", bath, BATHS)
    thermal = float(finite_array("thermal_energy_meV", thermal_energy_meV, at_least=0))
    shape = (*mesh.shape, 3 * mesh.crystal.atom_count)
    frequencies = _whole(mesh, mesh.frequencies)
    frequencies[0, 0, 0, :3] = np.inf
    phases = generator.uniform(0, 2 * np.pi, shape)
    uniform = generator.random(shape)
    if bath == "classical":
        amplitudes = np.sqrt(-2 * thermal * np.log1p(-uniform)) / frequencies
    else:
        excitations = np.zeros(shape)
        if thermal > 0:
            finite = np.isfinite(frequencies)
            quanta = REDUCED_PLANCK_meV_PS * np.where(finite, frequencies, 1.0) / thermal
            excitations = np.where(finite, np.floor(-np.log1p(-uniform) / quanta), 0.0)
        amplitudes = np.sqrt(2 * REDUCED_PLANCK_meV_PS * (excitations + 0.5) / frequencies)
    waves = amplitudes * np.exp(-1j * phases)
    return _folded(mesh, waves)


def _whole(mesh: PhononMesh, half: NDArray) -> NDArray:
    """A real array of the half mesh on the whole mesh, where it is even in q."""
    n1, n2, n3 = mesh.shape
    whole = np.empty((n1, n2, n3, *half.shape[3:]))
    whole[:, :, : n3 // 2 + 1] = half
    rest = np.arange(n3 // 2 + 1, n3)
    whole[:, :, rest] = half[-np.arange(n1)[:, None, None], -np.arange(n2)[None, :, None], (n3 - rest)[None, None, :]]
    return whole


def _folded(mesh: PhononMesh, waves: NDArray) -> Vibration:
    """Waves of q and -q, which run against each other, as one complex oscillator of q."""
    n1, n2, n3 = mesh.shape
    half = np.arange(n3 // 2 + 1)
    forward = waves[:, :, half]
    backward = waves[-np.arange(n1)[:, None, None], -np.arange(n2)[None, :, None], (-half)[None, None, :]].conj()
    return Vibration(mesh, (forward + backward) / 2, (forward - backward) / 2j)


def vibration_at(vibration: Vibration, time_ps: float) -> Vibration:
    """The state a time later (or earlier), by the exact rotation of every mode."""
    angles = vibration.mesh.frequencies * time_ps
    cosines, sines = np.cos(angles), np.sin(angles)
    p, q = vibration.displacement, vibration.velocity
    return Vibration(vibration.mesh, p * cosines + q * sines, q * cosines - p * sines)


def vibration_field(vibration: Vibration) -> tuple[NDArray, NDArray]:
    """Displacements in A and velocities in A/ps of all atoms, (n1, n2, n3, A, 3) each."""
    mesh = vibration.mesh
    roots = np.repeat(np.sqrt(mesh.crystal.masses * mesh.cell_count), 3)
    fields = []
    for amplitudes in (vibration.displacement, vibration.velocity * mesh.frequencies):
        spectrum = (mesh.modes @ amplitudes[..., None])[..., 0] / roots
        field = scipy.fft.irfftn(spectrum, s=mesh.shape, axes=(0, 1, 2), norm="forward")
        fields.append(field.reshape(*mesh.shape, mesh.crystal.atom_count, 3))
    return fields[0], fields[1]


def vibration_frames(vibration: Vibration, step_ps: float, *, start_ps: float = 0.0) -> Iterator[NDArray]:
    """Displacements of all atoms at times t, t + h, t + 2h, ...: endless, exact, one Fourier transform a frame.

    Each mode is followed by P(t + h) = 2 cos(Omega h) P(t) - P(t - h), in double precision; the transform is done in
    single precision, good to some 1e-7 of a displacement.

    Parameters
    ----------
    step_ps : time h between frames
    start_ps : time of the first frame

    Yields
    ------
    (3A, n1, n2, n3) float32 : displacements in A; each frame is an array of its own

    Raises
    ------
    ValueError
        The step is not positive.
    """
    step = float(finite_array("step_ps", step_ps, above=0))
    mesh = vibration.mesh
    coordinates = 3 * mesh.crystal.atom_count
    now, before = (
        _interleaved(vibration_at(vibration, time).displacement, coordinates) for time in (start_ps, start_ps - step)
    )
    doubled = _interleaved(2 * np.cos(mesh.frequencies * step) * (1 + 1j), coordinates)
    roots = np.repeat(np.sqrt(mesh.crystal.masses * mesh.cell_count), 3)
    modes = mesh.modes.reshape(-1, coordinates, coordinates).transpose(1, 2, 0) / roots[:, None, None]
    real = np.repeat(modes.real, 2, axis=2).astype(np.float32)
    turned = np.repeat(modes.imag, 2, axis=2).astype(np.float32) if np.iscomplexobj(modes) else real[:0]
    spectrum = np.zeros((coordinates, *mesh.frequencies.shape[:3]), np.complex64)
    flat = spectrum.view(np.float32).reshape(coordinates, -1)
    single = np.empty(now.shape, np.float32)
    while True:
        _assemble(now, real, turned, single, flat)
        yield scipy.fft.irfftn(spectrum, s=mesh.shape, axes=(1, 2, 3), norm="forward")
        _recur(now, before, doubled)
        now, before = before, now


def _interleaved(amplitudes: NDArray, coordinates: int) -> NDArray:
    """Complex (..., 3A) as real (3A, 2 x points), real and imaginary parts side by side."""
    flat = np.ascontiguousarray(amplitudes.reshape(-1, coordinates).T, complex)
    return flat.view(float).copy()


@numba.njit(cache=True, boundscheck=False)
def _recur(now, before, doubled):  # pragma: no cover - compiled
    """Put the next state in place of the one before."""
    for b in range(now.shape[0]):
        for i in range(now.shape[1]):
            before[b, i] = doubled[b, i] * now[b, i] - before[b, i]


@numba.njit(cache=True, boundscheck=False)
def _assemble(now, real, turned, single, spectrum):  # pragma: no cover - compiled
    """Sum over branches of eigenvector times amplitude; `turned` holds the imaginary parts of complex eigenvectors."""
    count, length = now.shape
    for b in range(count):
        for i in range(length):
            single[b, i] = now[b, i]
    for c in range(count):
        for i in range(length):
            spectrum[c, i] = real[c, 0, i] * single[0, i]
        for b in range(1, count):
            for i in range(length):
                spectrum[c, i] += real[c, b, i] * single[b, i]
        if turned.shape[0]:
            for b in range(count):
                for i in range(length // 2):
                    spectrum[c, 2 * i] -= turned[c, b, 2 * i] * single[b, 2 * i + 1]
                    spectrum[c, 2 * i + 1] += turned[c, b, 2 * i] * single[b, 2 * i]
