"""Phonons of a harmonic crystal: dispersion, group and sound velocities, loss matrix, modes on a mesh.

Wave vectors are fractional, in units of the reciprocal cell vectors, and phases are those of whole cells. Units: meV,
angstrom, ps; angular frequencies in rad/ps.

Source: A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes", Eqs. (4), (12)-(15),
(21).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.harmonic_crystals import HarmonicCrystal
from superion.validity import finite_array, integer_array

__all__ = [
    "PhononMesh",
    "acoustic_tensor",
    "dynamical_matrices",
    "group_velocities_A_per_ps",
    "largest_step_ps",
    "loss_matrix",
    "phonon_frequencies_rad_per_ps",
    "phonon_mesh",
    "sound_velocities_A_per_ps",
]

STABILITY_TOLERANCE = 1e-9  # of the largest force constant over a mass: rounding of zero modes, not an instability
ZERO_TOLERANCE = 1e-14  # of the same: squared frequencies that are nothing but rounding
LARGEST_PHASE = (
    0.64  # rad of the fastest mode in a step: thermal motion between frames is then good to 3e-6 of its width
)
POLAR_NODES = 48  # Gauss-Legendre in cos(theta), twice as many in phi: the integrand is analytic, L good to rounding


def dynamical_matrices(crystal: HarmonicCrystal, wave_vectors: ArrayLike) -> NDArray:
    """Dynamical matrices (..., 3A, 3A) in 1/ps^2, Hermitian; real where all of them are. Rodin et al., Eq. (13).

    Parameters
    ----------
    wave_vectors : (..., 3) fractional wave vectors

    Raises
    ------
    ValueError
        The wave vectors are not finite or have no 3 components.
    """
    q = finite_array("wave_vectors", wave_vectors)
    if q.shape[-1:] != (3,):
        raise ValueError(f"wave_vectors must have 3 components, got shape {q.shape}")
    return _weighted_sum(crystal, np.exp(2j * np.pi * (q @ crystal.translation.T)))


def _weighted_sum(crystal: HarmonicCrystal, weights: NDArray) -> NDArray:
    """Sum over bonds of weight (..., B) times force constants over the root of both masses, as (..., 3A, 3A)."""
    count = crystal.atom_count
    blocks = np.zeros((len(crystal.origin), count, 3, count, 3))
    roots = np.sqrt(crystal.masses[crystal.origin] * crystal.masses[crystal.destination])
    index = np.arange(len(crystal.origin))
    blocks[index, crystal.origin, :, crystal.destination, :] = crystal.force_constants / roots[:, None, None]
    matrices = weights @ blocks.reshape(len(index), -1)
    matrices = matrices.reshape(*weights.shape[:-1], 3 * count, 3 * count)
    if np.iscomplexobj(matrices):
        scale = np.abs(blocks).max(initial=0.0) * np.abs(weights).max(initial=0.0)
        if np.abs(matrices.imag).max(initial=0.0) <= 1e-12 * scale:
            matrices = np.ascontiguousarray(matrices.real)
    return matrices


def phonon_frequencies_rad_per_ps(crystal: HarmonicCrystal, wave_vectors: ArrayLike) -> NDArray:
    """Angular frequencies (..., 3A) in rad/ps, ascending. Rodin et al., Eq. (21), Fig. 1(b).

    Raises
    ------
    ValueError
        The lattice is unstable: an eigenvalue is negative. Where, and by how much, is told.
    """
    q = finite_array("wave_vectors", wave_vectors)
    return np.sqrt(_stable(crystal, np.linalg.eigvalsh(dynamical_matrices(crystal, q)), q))


def _stiffness(crystal: HarmonicCrystal) -> float:
    """Largest force constant over a mass in rad^2/ps^2, what squared frequencies are compared with."""
    return float(np.abs(crystal.force_constants).max() / crystal.masses.min())


def _stable(crystal: HarmonicCrystal, squares: NDArray, wave_vectors: NDArray) -> NDArray:
    if squares.min(initial=0.0) < -STABILITY_TOLERANCE * _stiffness(crystal):
        worst = np.unravel_index(squares.argmin(), squares.shape)
        where = np.round(wave_vectors[worst[:-1]], 6).tolist()
        raise ValueError(
            f"the lattice must be stable: at the wave vector {where} (fractional) the squared frequency is "
            f"{squares[worst]:.6g} rad^2/ps^2; stiffen its force constants"
        )
    return np.where(squares > ZERO_TOLERANCE * _stiffness(crystal), squares, 0.0)


def group_velocities_A_per_ps(crystal: HarmonicCrystal, wave_vectors: ArrayLike) -> NDArray:
    """Group velocities (..., 3A, 3) in A/ps, by the Hellmann-Feynman theorem; 0 where the frequency is 0.

    At degenerate points they are those of one choice of modes; branches are ordered as the frequencies.
    """
    q = finite_array("wave_vectors", wave_vectors)
    squares, modes = np.linalg.eigh(dynamical_matrices(crystal, q))
    frequencies = np.sqrt(_stable(crystal, squares, q))
    steps = crystal.translation @ crystal.cell
    phases = np.exp(2j * np.pi * (q @ crystal.translation.T))
    velocities = np.zeros((*frequencies.shape, 3))
    safe = np.where(frequencies > 0, frequencies, np.inf)
    for axis in range(3):
        slope = _weighted_sum(crystal, 1j * steps[:, axis] * phases)
        slopes = np.einsum("...ib,...ij,...jb->...b", modes.conj(), slope, modes).real
        velocities[..., axis] = slopes / (2 * safe)
    return velocities


def acoustic_tensor(crystal: HarmonicCrystal, directions: ArrayLike) -> NDArray:
    """Acoustic (Christoffel) tensors (..., 3, 3) in A^2/ps^2: their eigenvalues are squared speeds of sound.

    Atoms of a cell relax against each other: second-order perturbation in the wave vector. Rodin et al., text below
    Eq. (13).

    Parameters
    ----------
    directions : (..., 3) Cartesian directions of the wave vector, of any length above 0
    """
    n = finite_array("directions", directions)
    lengths = np.linalg.norm(n, axis=-1, keepdims=True)
    if np.any(lengths == 0):
        raise ValueError("directions must have a length above 0")
    count = crystal.atom_count
    steps = (
        crystal.translation @ crystal.cell + crystal.positions[crystal.destination] - crystal.positions[crystal.origin]
    )
    along = (n / lengths) @ steps.T
    zeroth = _weighted_sum(crystal, np.ones(len(steps)))
    first = _weighted_sum(crystal, along)  # times i
    second = _weighted_sum(crystal, -(along**2) / 2)
    uniform = np.kron(np.sqrt(crystal.masses / crystal.masses.sum())[:, None], np.eye(3))
    tensor = uniform.T @ second @ uniform
    if count > 1:
        relaxed = np.linalg.pinv(zeroth, rcond=1e-10, hermitian=True)
        left = first @ uniform
        # (i D1)^dagger = i D1 as D1 is antisymmetric: the sign makes relaxation lower the stiffness.
        tensor = tensor - np.swapaxes(left, -1, -2) @ relaxed @ left
    return (tensor + np.swapaxes(tensor, -1, -2)) / 2


def sound_velocities_A_per_ps(crystal: HarmonicCrystal, directions: ArrayLike) -> NDArray:
    """Speeds of sound (..., 3) in A/ps along Cartesian directions, ascending.

    Raises
    ------
    ValueError
        A speed is not positive: the lattice does not resist that shear.
    """
    squares = np.linalg.eigvalsh(acoustic_tensor(crystal, directions))
    if np.any(squares <= STABILITY_TOLERANCE * squares.max()):
        raise ValueError(
            f"every speed of sound must be above 0, got the square {squares.min():.6g} A^2/ps^2: the lattice does not "
            "resist some shear; join more shells of neighbours by springs"
        )
    return np.sqrt(squares)


def loss_matrix(crystal: HarmonicCrystal) -> NDArray:
    """Loss matrix L (3, 3) in ps A^2/meV, the time-local response of the lattice. Rodin et al., Eq. (15).

    L = sum over branches of the integral over directions of psi psi^T/(16 pi^2 rho v^3). As psi and v^2 are
    eigenvectors and eigenvalues of the acoustic tensor, the sum over branches is its power -3/2, smooth where branches
    cross.

    Raises
    ------
    ValueError
        As `sound_velocities_A_per_ps`.
    """
    nodes, weights = np.polynomial.legendre.leggauss(POLAR_NODES)
    azimuths = np.arange(2 * POLAR_NODES) * np.pi / POLAR_NODES
    sines = np.sqrt(1 - nodes**2)[:, None]
    directions = np.stack(
        [sines * np.cos(azimuths), sines * np.sin(azimuths), np.repeat(nodes[:, None], azimuths.size, axis=1)], axis=-1
    )
    sound_velocities_A_per_ps(crystal, directions)
    squares, modes = np.linalg.eigh(acoustic_tensor(crystal, directions))
    powers = (modes * squares[..., None, :] ** -1.5) @ np.swapaxes(modes, -1, -2)
    solid_angle = weights[:, None, None, None] * (np.pi / POLAR_NODES)
    return (powers * solid_angle).sum(axis=(0, 1)) / (16 * np.pi**2 * crystal.density)


def largest_step_ps(largest_frequency: float) -> float:
    """Largest time step in ps for motion in a lattice whose fastest mode has that angular frequency in rad/ps."""
    return LARGEST_PHASE / float(finite_array("largest_frequency", largest_frequency, above=0))


@dataclass(frozen=True)
class PhononMesh:
    """Modes of a periodic piece of crystal: the half of the wave vectors that a real field needs.

    Attributes
    ----------
    crystal : the crystal
    shape : (n1, n2, n3) unit cells
    frequencies : (n1, n2, n3//2 + 1, 3A) angular frequencies in rad/ps
    modes : (n1, n2, n3//2 + 1, 3A, 3A) eigenvectors as columns, real where all of them are; those of -q are the
        complex conjugates of those of q wherever both are there

    The last axis of wave vectors stops at n3//2, as in numpy.fft.rfftn.
    """

    crystal: HarmonicCrystal
    shape: tuple[int, int, int]
    frequencies: NDArray
    modes: NDArray

    @property
    def cell_count(self) -> int:
        """Number of unit cells N."""
        return int(np.prod(self.shape))

    @property
    def mode_count(self) -> int:
        """Number of modes without the three uniform shifts: 3 A N - 3."""
        return 3 * self.crystal.atom_count * self.cell_count - 3

    @property
    def multiplicity(self) -> NDArray:
        """How often (n3//2 + 1,) each plane of the half mesh stands for, in the whole mesh: 1 or 2."""
        planes = np.full(self.shape[2] // 2 + 1, 2)
        planes[0] = 1
        if self.shape[2] % 2 == 0:
            planes[-1] = 1
        return planes

    @property
    def largest_frequency(self) -> float:
        """Largest angular frequency on the mesh in rad/ps."""
        return float(self.frequencies.max())

    @property
    def revival_ps(self) -> float:
        """Time in ps in which the fastest sound crosses the piece: longer memories come back around it."""
        axes = np.eye(3) @ np.linalg.inv(self.crystal.cell).T
        heights = np.array(self.shape) / np.linalg.norm(axes, axis=1)
        fastest = sound_velocities_A_per_ps(self.crystal, axes)[:, -1]
        return float((heights / fastest).min())


def phonon_mesh(crystal: HarmonicCrystal, shape: ArrayLike) -> PhononMesh:
    """Modes of a periodic piece of crystal. Rodin et al., Eq. (12), text below Eq. (21).

    Parameters
    ----------
    shape : unit cells along the three cell vectors, or one number for all, at least 2

    Raises
    ------
    ValueError
        The lattice is unstable, or the shape does not fit.
    """
    given = integer_array("shape", shape, at_least=2).ravel()
    if given.size not in (1, 3):
        raise ValueError(f"shape must be one number or three, got {given.tolist()!r}")
    n1, n2, n3 = (int(n) for n in np.broadcast_to(given, 3))
    axes = [np.arange(n1) / n1, np.arange(n2) / n2, np.arange(n3 // 2 + 1) / n3]
    q = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    matrices = dynamical_matrices(crystal, q)
    squares, modes = np.linalg.eigh(matrices)
    squares = _stable(crystal, squares, q)
    _pair_conjugates(matrices, modes, (n1, n2, n3))
    frequencies = np.sqrt(squares)
    frequencies[0, 0, 0, :3] = 0.0
    soft = frequencies.copy()
    soft[0, 0, 0, :3] = np.inf
    if soft.min() <= np.sqrt(STABILITY_TOLERANCE) * frequencies.max():
        where = np.unravel_index(soft.argmin(), soft.shape)
        raise ValueError(
            f"the lattice must be stable: a mode at the wave vector {np.round(q[where[:-1]], 6).tolist()} (fractional) "
            "costs no energy; join more shells of neighbours by springs"
        )
    return PhononMesh(crystal, (n1, n2, n3), frequencies, modes)


def _pair_conjugates(matrices: NDArray, modes: NDArray, shape: tuple[int, int, int]) -> None:
    """Make eigenvectors of -q the conjugates of those of q in the planes that hold both; real where q = -q.

    Real ones need it too: where branches meet, rounding decides which of their mixtures are found.
    """
    n1, n2, n3 = shape
    i, j = np.arange(n1)[:, None], np.arange(n2)[None, :]
    here, opposite = i * n2 + j, (-i % n1) * n2 + (-j % n2)
    second, own = np.nonzero(opposite < here), np.argwhere(opposite == here)
    for plane in {0, n3 // 2} if n3 % 2 == 0 else {0}:
        modes[*second, plane] = modes[-second[0] % n1, -second[1] % n2, plane].conj()
        for k, m in own:
            modes[k, m, plane] = np.linalg.eigh(matrices[k, m, plane].real)[1]
