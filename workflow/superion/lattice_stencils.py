"""Full motion of one ion and of all atoms of a periodic piece of crystal, step by step, for large pieces.

The lattice's own force is a stencil: each component of a displacement is pulled by a few of its neighbourhood, the same
everywhere. Time goes on by leapfrog (velocity Verlet), which keeps momentum to rounding and energy without drift.

Source: A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes", Eqs. (2), (3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray

from superion.harmonic_crystals import HarmonicCrystal
from superion.ion_barriers import CLOSEST_START, neighbourhood
from superion.pair_interactions import PairInteraction
from superion.phonons import phonon_frequencies_rad_per_ps
from superion.validity import finite_array, integer_array

__all__ = ["StencilMotion", "lattice_forces_meV_per_A", "lattice_motion", "stencil_motion"]

GROUP = 10  # couplings summed at a time, as `_sweep` writes them out; the 19 of a simple cubic crystal are two groups
STRIP = 512  # elements of a plane whose force is added up while it stays in the first-level cache
FREQUENCY_MESH = 16  # wave vectors along an axis among which the fastest mode is sought; zone boundaries are there


@dataclass(frozen=True)
class StencilMotion:
    """Motion of an ion and of the atoms it interacts with, at T recorded times; positions and velocities on the step.

    Attributes
    ----------
    times_ps : (T,) times
    positions, velocities : (T, 3) of the ion, A and A/ps; positions are not folded back into the piece
    cells : (T, K, 3) cell of each of the K interacting atoms, not folded back
    atoms : (T, K) its index in the cell
    displacements, atom_velocities : (T, K, 3) of these atoms, A and A/ps
    pair_forces : (T, K, 3) force of each on the ion in meV/A, before any constraint
    distances : (T, K) from the ion, A
    ion_energy_meV : (T,) kinetic energy of the ion
    interaction_energy_meV : (T,) of ion and atoms
    kinetic_energy_meV, potential_energy_meV : (T,) of the lattice
    final_displacements, final_velocities : (n1, n2, n3, A, 3) of all atoms at the last step, A and A/ps
    """

    times_ps: NDArray
    positions: NDArray
    velocities: NDArray
    cells: NDArray
    atoms: NDArray
    displacements: NDArray
    atom_velocities: NDArray
    pair_forces: NDArray
    distances: NDArray
    ion_energy_meV: NDArray
    interaction_energy_meV: NDArray
    kinetic_energy_meV: NDArray
    potential_energy_meV: NDArray
    final_displacements: NDArray
    final_velocities: NDArray

    @property
    def energy_meV(self) -> NDArray:
        """Energy (T,) of ion, lattice and interaction."""
        return self.ion_energy_meV + self.interaction_energy_meV + self.kinetic_energy_meV + self.potential_energy_meV

    @property
    def forces(self) -> NDArray:
        """Force (T, 3) on the ion in meV/A, before any constraint."""
        return self.pair_forces.sum(axis=1)


def stencil_motion(
    crystal: HarmonicCrystal,
    shape: ArrayLike,
    interaction: PairInteraction,
    ion_mass: float,
    position: ArrayLike,
    velocity: ArrayLike,
    *,
    step_ps: float,
    steps: int,
    atoms: ArrayLike | None = None,
    reach_A: float = 0.0,
    displacements: ArrayLike | None = None,
    velocities: ArrayLike | None = None,
    constrained_to: ArrayLike | None = None,
    record_every: int = 1,
    tell: Callable[[int], None] | None = None,
) -> StencilMotion:
    """Move an ion and the whole piece of crystal. Rodin et al., Eqs. (2), (3), Figs. 3, 4.

    Parameters
    ----------
    shape : unit cells of the periodic piece along the three cell vectors, or one number for all
    interaction : of the ion with one atom
    ion_mass : meV ps^2/A^2
    position, velocity : (3,) of the ion at the start, A and A/ps
    step_ps : time step, below 2/Omega_max
    steps : number of steps, at least 1
    atoms : (K, 4) cell (three whole numbers, any) and index of each atom that the ion interacts with: always these, not
        their periodic images; None is, anew at each step, the neighbourhood of the ion's cell in the periodic piece,
        whose change makes the energy jump at cell faces
    reach_A : of this neighbourhood, as `superion.ion_barriers.neighbourhood` has it
    displacements, velocities : (n1, n2, n3, A, 3) of all atoms at the start, A and A/ps; None is a lattice at rest
    constrained_to : (3,) direction of the line that the ion stays on; None leaves it free
    record_every : steps between records
    tell : called with the number of steps done at each record

    Raises
    ------
    ValueError
        A step too large for the fastest mode, a shape too small for the bonds or the neighbourhood, an unstable
        lattice, an ion that starts on top of an atom or moves off its line, an atom named twice or not there, or arrays
        that do not fit.
    """
    lattice = _Lattice(crystal, shape, displacements, velocities)
    step, count = _checked_step(crystal, step_ps), _whole_number("steps", steps)
    every = _whole_number("record_every", record_every)
    mass = float(finite_array("ion_mass", ion_mass, above=0))
    place, speed = _vector("position", position).copy(), _vector("velocity", velocity).copy()
    along = _projection(constrained_to, speed)
    surroundings = _Surroundings(crystal, lattice.shape, atoms, reach_A)
    _refuse_start_on_atom(crystal, lattice, surroundings, place)
    records: list[tuple] = []
    for number in range(count + 1):
        first, last = number == 0, number == count
        kick = step / 2 if first or last else step
        to_step = 0.0 if first else step / 2  # velocities come in half a step behind, but for the first
        cells, indices, rest = surroundings.at(place)
        moved = lattice.displacements_of(cells, indices)
        relative = place - (rest + moved)
        gradients = interaction.gradient_meV_per_A(relative)
        acceleration = -along(gradients.sum(axis=0)) / mass
        record = number % every == 0 or last
        lattice.kick(cells, indices, kick * gradients)
        kicked = lattice.velocities_of(cells, indices)
        kinetic, potential = lattice.sweep(kick, 0.0 if last else step, to_step, measure=record)
        if record:
            # The sweep took the whole of the ion's kick into its velocities on the step.
            counted = kicked + to_step / kick * (lattice.velocities_of(cells, indices) - kicked)
            masses = crystal.masses[indices][:, None]
            on_step = counted + (to_step - kick) * gradients / masses
            kinetic += float((0.5 * masses * (on_step**2 - counted**2)).sum())
            distances = np.linalg.norm(relative, axis=1)
            now = speed + to_step * acceleration
            pair, own = float(interaction.energy_meV(distances).sum()), float(0.5 * mass * now @ now)
            atomic = (cells, indices, moved, on_step, -gradients, distances)
            records.append((number * step, place.copy(), now, *atomic, own, pair, kinetic, potential))
            if tell is not None:
                tell(number)
        speed += kick * acceleration
        if not last:
            place += step * speed
    return StencilMotion(*map(np.array, zip(*records, strict=True)), *lattice.fields())


def lattice_motion(
    crystal: HarmonicCrystal, displacements: ArrayLike, velocities: ArrayLike, *, step_ps: float, steps: int
) -> tuple[NDArray, NDArray, NDArray]:
    """Move a periodic piece of crystal on its own. Rodin et al., Eq. (3) without an ion.

    Parameters
    ----------
    displacements, velocities : (n1, n2, n3, A, 3) of all atoms at the start, A and A/ps
    step_ps, steps : as `stencil_motion`

    Returns
    -------
    displacements, velocities : (n1, n2, n3, A, 3) at the end, A and A/ps
    energies : (steps + 1,) of the lattice at each step, meV

    Raises
    ------
    ValueError
        As `stencil_motion`.
    """
    field = finite_array("displacements", displacements)
    if field.ndim != 5:
        raise ValueError(f"displacements must be (n1, n2, n3, A, 3), got shape {field.shape}")
    lattice = _Lattice(crystal, field.shape[:3], field, velocities)
    step, count = _checked_step(crystal, step_ps), _whole_number("steps", steps)
    energies = []
    for number in range(count + 1):
        ends = number in (0, count)
        kick, drift = step / 2 if ends else step, step if number < count else 0.0
        energies.append(sum(lattice.sweep(kick, drift, step / 2 if number else 0.0, measure=True)))
    return *lattice.fields(), np.array(energies)


def lattice_forces_meV_per_A(crystal: HarmonicCrystal, displacements: ArrayLike) -> NDArray:
    """Forces (n1, n2, n3, A, 3) of the lattice on its atoms in meV/A, -V r of Rodin et al., Eq. (3).

    Parameters
    ----------
    displacements : (n1, n2, n3, A, 3) of all atoms of a periodic piece, A

    Raises
    ------
    ValueError
        Displacements that do not fit the crystal, or a piece too small for its bonds.
    """
    field = finite_array("displacements", displacements)
    if field.ndim != 5:
        raise ValueError(f"displacements must be (n1, n2, n3, A, 3), got shape {field.shape}")
    lattice = _Lattice(crystal, field.shape[:3], field, None)
    lattice.sweep(1.0, 0.0, 0.0, measure=False)
    return lattice.fields()[1] * crystal.masses[:, None]


class _Lattice:
    """Displacements and velocities of all atoms, in planes with a margin of periodic images.

    A plane is one row of (n2 + 2 h2)(n3 + 2 h3) elements, h being the reach of the bonds: a shift within a plane is
    then a shift along memory. Margins of velocities hold no meaning.
    """

    def __init__(
        self, crystal: HarmonicCrystal, shape: ArrayLike, displacements: ArrayLike | None, velocities: ArrayLike | None
    ) -> None:
        given = integer_array("shape", shape, at_least=1).ravel()
        if given.size not in (1, 3):
            raise ValueError(f"shape must be one number or three, got {given.tolist()!r}")
        self.shape: tuple[int, int, int] = tuple(int(n) for n in np.broadcast_to(given, 3))
        bonded = np.abs(crystal.force_constants).max(axis=(1, 2)) > 0
        self.reach: tuple[int, int, int] = tuple(map(int, np.abs(crystal.translation[bonded]).max(axis=0)))
        least = tuple(2 * h + 1 for h in self.reach)
        if any(n < m for n, m in zip(self.shape, least, strict=True)):
            raise ValueError(
                f"shape must be at least {least} cells for bonds that reach {self.reach} cells, got {self.shape}: "
                "an atom must not meet itself around the piece"
            )
        self.masses = np.repeat(crystal.masses, 3)
        self.width = self.shape[2] + 2 * self.reach[2]
        self._couplings = _couplings(crystal, self.width)
        planes = (3 * crystal.atom_count, self.shape[0], (self.shape[1] + 2 * self.reach[1]) * self.width)
        self.displacements, self.velocities = np.zeros(planes), np.zeros(planes)
        for name, value, padded in (
            ("displacements", displacements, self.displacements),
            ("velocities", velocities, self.velocities),
        ):
            if value is not None:
                field = finite_array(name, value)
                if field.shape != (wanted := (*self.shape, crystal.atom_count, 3)):
                    raise ValueError(f"{name} must have shape {wanted}, got {field.shape}")
                self._inner(padded)[:] = np.moveaxis(field.reshape(*self.shape, -1), -1, 0)
        for plane in range(self.shape[0]):
            _drift(self.displacements, self.velocities, plane, 0.0, *self.shape[1:], *self.reach[1:])
        self._rows_per_strip = max(1, STRIP // self.width)

    def _inner(self, padded: NDArray) -> NDArray:
        """The elements (3A, n1, n2, n3) that stand for atoms."""
        (_, h2, h3), (n1, n2, n3) = self.reach, self.shape
        planes = padded.reshape(len(padded), n1, n2 + 2 * h2, self.width)
        return planes[:, :, h2 : h2 + n2, h3 : h3 + n3]

    def fields(self) -> tuple[NDArray, NDArray]:
        """Displacements and velocities (n1, n2, n3, A, 3)."""
        shape = (*self.shape, len(self.masses) // 3, 3)
        return tuple(
            np.ascontiguousarray(np.moveaxis(self._inner(padded), 0, -1)).reshape(shape)
            for padded in (self.displacements, self.velocities)
        )

    def _elements(self, cells: NDArray, atoms: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Index (K, 3) of the three components of each atom."""
        x, y, z = (cells % self.shape).T
        inside = (y + self.reach[1]) * self.width + z + self.reach[2]
        return 3 * atoms[:, None] + np.arange(3), x[:, None], inside[:, None]

    def displacements_of(self, cells: NDArray, atoms: NDArray) -> NDArray:
        """Displacements (K, 3) of some atoms."""
        return self.displacements[self._elements(cells, atoms)]

    def velocities_of(self, cells: NDArray, atoms: NDArray) -> NDArray:
        """Velocities (K, 3) of some atoms."""
        return self.velocities[self._elements(cells, atoms)]

    def kick(self, cells: NDArray, atoms: NDArray, impulses: NDArray) -> None:
        """Give impulses (K, 3) in meV ps/A to atoms, none of them twice."""
        self.velocities[self._elements(cells, atoms)] += impulses / self.masses[3 * atoms][:, None]

    def sweep(self, kick: float, drift: float, to_step: float, *, measure: bool) -> tuple[float, float]:
        """Kick all atoms by the lattice's force for a time, then let them drift; energies on the step if measured."""
        size = self._rows_per_strip * self.width
        kinetic, potential = np.zeros((2, size))
        _sweep(
            self.displacements, self.velocities, self._couplings, self.masses, (kick, drift, to_step), self.shape[1:],
            self.reach, self._rows_per_strip, np.zeros(size), measure, kinetic, potential,
        )  # fmt: skip
        # A strip starts at an atom, so that margins have the same columns in all of them.
        inside = np.arange(size) % self.width < self.shape[2]
        return float(kinetic[inside].sum()), float(potential[inside].sum())


def _couplings(crystal: HarmonicCrystal, width: int) -> tuple[NDArray, ...]:
    """Couplings by component, in groups: where each's begin, source, shift of planes and of memory, strength."""
    pulls: list[list[tuple[int, int, int, float]]] = [[] for _ in range(3 * crystal.atom_count)]
    for a, b, shift, phi in zip(
        crystal.origin, crystal.destination, crystal.translation, crystal.force_constants, strict=True
    ):
        for i, j in zip(*np.nonzero(phi), strict=True):
            x, y, z = map(int, shift)
            pulls[3 * a + i].append((x, int(3 * b + j), y * width + z, -float(phi[i, j])))
    first, table = [0], []
    for component, own in enumerate(pulls):
        own.sort()
        own += [(0, component, 0, 0.0)] * (-len(own) % GROUP)
        table += own
        first.append(len(table))
    planes, rows, offsets = np.array([entry[:3] for entry in table], np.int64).reshape(-1, 3).T.copy()
    return np.array(first), rows, planes, offsets, np.array([entry[3] for entry in table])


@numba.njit(cache=True, boundscheck=False)
def _sweep(
    r, v, couplings, masses, times, rows_and_columns, reach, rows_per_strip, force, measure, kinetic, potential
):  # pragma: no cover - compiled
    """One pass over the piece: v += kick f(r)/m, then r += drift v, a plane drifting once no force needs it."""
    first, rows, planes, offsets, coefficients = couplings
    kick, drift, to_step = times
    n2, n3 = rows_and_columns
    h1, h2, h3 = reach
    count, n1, length = r.shape
    width = n3 + 2 * h3
    flat = r.reshape(count * n1 * length)
    for x in range(n1):
        for y in range(0, n2, rows_per_strip):
            low = (y + h2) * width + h3
            size = (min(y + rows_per_strip, n2) - y) * width - 2 * h3
            f = force[:size]
            for i in range(count):
                f[:] = 0.0
                for g in range(first[i], first[i + 1], GROUP):
                    s0 = _source(flat, rows[g], x + planes[g], n1, length, low + offsets[g], size)
                    s1 = _source(flat, rows[g + 1], x + planes[g + 1], n1, length, low + offsets[g + 1], size)
                    s2 = _source(flat, rows[g + 2], x + planes[g + 2], n1, length, low + offsets[g + 2], size)
                    s3 = _source(flat, rows[g + 3], x + planes[g + 3], n1, length, low + offsets[g + 3], size)
                    s4 = _source(flat, rows[g + 4], x + planes[g + 4], n1, length, low + offsets[g + 4], size)
                    s5 = _source(flat, rows[g + 5], x + planes[g + 5], n1, length, low + offsets[g + 5], size)
                    s6 = _source(flat, rows[g + 6], x + planes[g + 6], n1, length, low + offsets[g + 6], size)
                    s7 = _source(flat, rows[g + 7], x + planes[g + 7], n1, length, low + offsets[g + 7], size)
                    s8 = _source(flat, rows[g + 8], x + planes[g + 8], n1, length, low + offsets[g + 8], size)
                    s9 = _source(flat, rows[g + 9], x + planes[g + 9], n1, length, low + offsets[g + 9], size)
                    c = coefficients[g : g + GROUP]
                    c0, c1, c2, c3, c4 = c[0], c[1], c[2], c[3], c[4]
                    c5, c6, c7, c8, c9 = c[5], c[6], c[7], c[8], c[9]
                    for k in range(size):
                        f[k] += (
                            ((c0 * s0[k] + c1 * s1[k]) + (c2 * s2[k] + c3 * s3[k]))
                            + ((c4 * s4[k] + c5 * s5[k]) + (c6 * s6[k] + c7 * s7[k]))
                            + (c8 * s8[k] + c9 * s9[k])
                        )
                w = v[i, x, low : low + size]
                if measure:
                    q = r[i, x, low : low + size]
                    half_mass, late = 0.5 * masses[i], to_step / masses[i]
                    for k in range(size):
                        now = w[k] + late * f[k]
                        kinetic[k] += half_mass * now * now
                        potential[k] -= 0.5 * q[k] * f[k]
                push = kick / masses[i]
                for k in range(size):
                    w[k] += push * f[k]
        if drift != 0.0 and x >= 2 * h1:
            _drift(r, v, x - h1, drift, n2, n3, h2, h3)
    if drift != 0.0:
        # The planes at both ends, which the last planes needed.
        for x in range(h1):
            _drift(r, v, x, drift, n2, n3, h2, h3)
        for x in range(max(n1 - h1, h1), n1):
            _drift(r, v, x, drift, n2, n3, h2, h3)


@numba.njit(cache=True, boundscheck=False)
def _source(flat, row, plane, n1, length, start, size):  # pragma: no cover - compiled
    """Elements that pull on a strip."""
    if plane < 0:
        plane += n1
    elif plane >= n1:
        plane -= n1
    begin = (row * n1 + plane) * length + start
    return flat[begin : begin + size]


@numba.njit(cache=True, boundscheck=False)
def _drift(r, v, x, drift, n2, n3, h2, h3):  # pragma: no cover - compiled
    """Move a plane along its velocities, and copy its margins."""
    width = n3 + 2 * h3
    low, size = h2 * width + h3, n2 * width - 2 * h3
    for i in range(r.shape[0]):
        plane = r[i, x]
        q, w = plane[low : low + size], v[i, x, low : low + size]
        for k in range(size):
            q[k] += drift * w[k]
        for y in range(h2, h2 + n2):
            start = y * width
            for z in range(h3):
                plane[start + z] = plane[start + z + n3]
                plane[start + h3 + n3 + z] = plane[start + h3 + z]
        for k in range(h2 * width):
            plane[k] = plane[n2 * width + k]
            plane[(h2 + n2) * width + k] = plane[h2 * width + k]


class _Surroundings:
    """The atoms that an ion interacts with: always the same, or those around its cell."""

    def __init__(
        self, crystal: HarmonicCrystal, shape: tuple[int, int, int], atoms: ArrayLike | None, reach_A: float
    ) -> None:
        self.crystal = crystal
        self._inverse = np.linalg.inv(crystal.cell)
        self._fixed: tuple[NDArray, NDArray, NDArray] | None = None
        if atoms is None:
            self._near = neighbourhood(crystal, reach_A)
            spread = np.ptp(self._near.offsets, axis=0) + 1
            if np.any(spread > shape):
                raise ValueError(
                    f"shape must be at least {tuple(map(int, spread))} cells to hold the neighbourhood of an ion, "
                    f"got {shape}"
                )
            return
        table = integer_array("atoms", atoms)
        if table.ndim != 2 or table.shape[1] != 4 or not len(table):
            raise ValueError(f"atoms must be (K, 4), three whole cells and an index for each, got shape {table.shape}")
        cells, indices = table[:, :3], table[:, 3]
        integer_array("index of an atom in its cell", indices, at_least=0, at_most=crystal.atom_count - 1)
        folded, times = np.unique(np.column_stack([cells % shape, indices]), axis=0, return_counts=True)
        if np.any(times > 1):
            twice = folded[times.argmax()].tolist()
            raise ValueError(f"atoms must differ within the periodic piece of {shape} cells, got {twice} twice")
        self._fixed = cells, indices, cells @ crystal.cell + crystal.positions[indices]

    def at(self, place: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Cells (K, 3), indices (K,) and rest positions (K, 3) of the atoms."""
        if self._fixed is not None:
            return self._fixed
        cell = np.floor(place @ self._inverse).astype(np.int64)
        return cell + self._near.offsets, self._near.atom, self._near.vectors + cell @ self.crystal.cell


def _vector(name: str, value: ArrayLike) -> NDArray:
    vector = finite_array(name, value)
    if vector.shape != (3,):
        raise ValueError(f"{name} must have 3 components, got shape {vector.shape}")
    return vector


def _whole_number(name: str, value: int) -> int:
    number = integer_array(name, value, at_least=1)
    if number.ndim:
        raise ValueError(f"{name} must be one whole number, got shape {number.shape}")
    return int(number)


def _checked_step(crystal: HarmonicCrystal, step_ps: float) -> float:
    step = float(finite_array("step_ps", step_ps, above=0))
    axis = np.arange(FREQUENCY_MESH) / FREQUENCY_MESH
    q = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    fastest = float(phonon_frequencies_rad_per_ps(crystal, q).max())
    if step * fastest >= 2:
        raise ValueError(
            f"step_ps must be below 2/Omega_max = {2 / fastest:.4g} ps for a lattice whose fastest mode has "
            f"Omega_max = {fastest:.4g} rad/ps, got {step:g}: leapfrog grows without bound beyond"
        )
    return step


def _projection(constrained_to: ArrayLike | None, velocity: NDArray) -> Callable[[NDArray], NDArray]:
    """What is left of a force on an ion that may be held to a line."""
    if constrained_to is None:
        return lambda force: force
    direction = _vector("constrained_to", constrained_to)
    length = np.linalg.norm(direction)
    if length == 0:
        raise ValueError("constrained_to must have a length above 0, got 0")
    line = direction / length
    across = velocity - line * (line @ velocity)
    if np.linalg.norm(across) > 1e-9 * np.linalg.norm(velocity):
        raise ValueError(
            f"velocity must lie along constrained_to, {line.tolist()}, got {velocity.tolist()} A/ps, which has "
            f"{np.linalg.norm(across):.4g} A/ps across it"
        )
    return lambda force: line * (line @ force)


def _refuse_start_on_atom(
    crystal: HarmonicCrystal, lattice: _Lattice, surroundings: _Surroundings, place: NDArray
) -> None:
    cells, indices, rest = surroundings.at(place)
    distances = np.linalg.norm(place - (rest + lattice.displacements_of(cells, indices)), axis=1)
    least = CLOSEST_START * crystal.shortest_bond_A
    if distances.min() < least:
        atom = int(distances.argmin())
        raise ValueError(
            f"position must not be on top of an atom: {place.tolist()} A is {distances[atom]:.3g} A from atom "
            f"{indices[atom]} of cell {cells[atom].tolist()}, must be at least {least:.3g}"
        )
