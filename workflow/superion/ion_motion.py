"""Motion of ions through a vibrating lattice, by equations of motion that differ in what they remember.

`IonMotion` takes the same inputs for each equation of `ion_equations`, and gives the same outputs.
`whole_lattice_motion` is the full motion by all modes, exact between kicks: what the others are held against.

Source: A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes", Eqs. (2), (9)-(20).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from superion.harmonic_crystals import HarmonicCrystal
from superion.ion_barriers import CLOSEST_START, Neighbourhood, neighbourhood
from superion.ion_equations import LARGEST_TABLE, TAPER_REACH, Equation
from superion.ion_motion_kernels import advance_with_memory, advance_without_memory
from superion.pair_interactions import PairInteraction
from superion.phonons import PhononMesh, largest_step_ps, loss_matrix
from superion.recoil_kernels import recoil_kernel, response_kernel, static_recoil
from superion.thermal_vibrations import Vibration, vibration_at, vibration_field, vibration_frames
from superion.validity import finite_array

__all__ = ["IonMotion", "IonSystem", "ion_system", "whole_lattice_motion"]

FRAMES = 8  # that interpolation takes
NODES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of a Runge-Kutta step


@dataclass(frozen=True)
class IonSystem:
    """Ions of one kind in a crystal: what all equations of motion share. Made by `ion_system`.

    Attributes
    ----------
    mesh : modes of the periodic piece that vibrates
    interaction : of an ion and an atom
    ion_mass : meV ps^2/A^2
    neighbours : atoms that an ion in a cell interacts with
    """

    mesh: PhononMesh
    interaction: PairInteraction
    ion_mass: float
    neighbours: Neighbourhood

    @property
    def crystal(self) -> HarmonicCrystal:
        """The crystal."""
        return self.mesh.crystal

    @cached_property
    def recoil(self) -> NDArray:
        """Static recoil W(0) (n, n, 3, 3) between the neighbours in A^2/meV, of the infinite lattice."""
        offsets, atom = self.neighbours.offsets, self.neighbours.atom
        apart = offsets[:, None] - offsets[None]
        kinds = self.crystal.atom_count
        recoil = static_recoil(self.crystal, apart).reshape(*apart.shape[:2], kinds, 3, kinds, 3)
        index = np.arange(len(atom))
        return recoil[index[:, None], index[None], atom[:, None], :, atom[None], :]

    @cached_property
    def loss(self) -> NDArray:
        """Loss matrix L (3, 3) in ps A^2/meV."""
        return loss_matrix(self.crystal)

    def thermal_velocities(self, count: int, thermal_energy_meV: float, generator: np.random.Generator) -> NDArray:
        """Velocities (count, 3) in A/ps of Maxwell's distribution."""
        return generator.normal(0.0, np.sqrt(thermal_energy_meV / self.ion_mass), (count, 3))


def ion_system(mesh: PhononMesh, interaction: PairInteraction, ion_mass: float, *, reach_A: float = 0.0) -> IonSystem:
    """Prepare ions in a crystal.

    Parameters
    ----------
    mesh : modes of the periodic piece
    interaction : of an ion and an atom
    ion_mass : meV ps^2/A^2
    reach_A : an ion interacts with the atoms within this distance of its unit cell; 0 in a simple cubic crystal are the
        eight corners of the paper

    Raises
    ------
    ValueError
        The mass is not positive, or the piece too small for the neighbours.
    """
    mass = float(finite_array("ion_mass", ion_mass, above=0))
    neighbours = neighbourhood(mesh.crystal, reach_A)
    spread = np.ptp(neighbours.offsets, axis=0) + 1
    if np.any(spread > mesh.shape):
        raise ValueError(
            f"the periodic piece of {mesh.shape} cells must hold the neighbours of an ion, "
            f"{tuple(map(int, spread))} cells"
        )
    return IonSystem(mesh, interaction, mass, neighbours)


class IonMotion:
    """Ions on their way, all in the same thermal motion of the lattice, none seeing another.

    Parameters
    ----------
    system : what moves where
    equation : how
    positions, velocities : (I, 3) at the start, A and A/ps; each ion in any cell
    step_ps : time step
    vibration : thermal motion of the lattice at the start; None is a lattice at rest
    steps_per_record : whole numbers of `advance` make that many steps

    Attributes
    ----------
    positions : (I, 3) now; they are not folded back into the piece
    unconverged : (I,) stages so far in which the self-consistent push was not found
    stopped : (I,) ions that have run away, faster than 1000 A/ps, and been stopped

    Raises
    ------
    ValueError
        The step is too large for the fastest mode, the memory longer than the revival of the piece or shorter than a
        step, or an ion starts on top of an atom.
    """

    def __init__(
        self,
        system: IonSystem,
        equation: Equation,
        positions: ArrayLike,
        velocities: ArrayLike,
        step_ps: float,
        vibration: Vibration | None = None,
        *,
        steps_per_record: int = 0,
    ) -> None:
        if not isinstance(equation, Equation):
            raise ValueError(f"equation must be an Equation, such as Equation('full'), got {equation!r}")
        self.system, self.equation = system, equation
        self.positions = np.atleast_2d(finite_array("positions", positions)).copy()
        self._velocities = np.atleast_2d(finite_array("velocities", velocities)).copy()
        if self.positions.shape != self._velocities.shape or self.positions.shape[1] != 3:
            shapes = f"{self.positions.shape} and {self._velocities.shape}"
            raise ValueError(f"positions and velocities must both be (ions, 3), got {shapes}")
        self.step_ps = float(finite_array("step_ps", step_ps, above=0))
        self.steps_per_interval = self._steps_of_interval(steps_per_record)
        ions, coordinates = len(self.positions), 3 * len(system.neighbours.atom)
        self.stopped = np.zeros(ions, bool)
        self.unconverged = np.zeros(ions, np.int64)
        self._window = np.zeros((FRAMES, 3 * system.crystal.atom_count, system.mesh.cell_count), np.float32)
        self._order = np.arange(FRAMES)
        self._frames = None
        if vibration is not None:
            interval = self.step_ps * self.steps_per_interval
            self._frames = vibration_frames(vibration, interval, start_ps=-interval * (FRAMES // 2 - 1))
            for frame in range(FRAMES):
                self._window[frame] = next(self._frames).reshape(self._window.shape[1:])
        self._refuse_starts_on_atoms()
        self._values, self._slopes = _interpolation(self.steps_per_interval, self.step_ps)
        if equation.remembers:
            self._lay_out_memory(ions, coordinates)
            for ion in range(ions):
                self._half_step_back(ion)
        else:
            self._recoil = np.ascontiguousarray(system.recoil.transpose(0, 2, 1, 3).reshape(coordinates, coordinates))

    def _steps_of_interval(self, steps_per_record: int) -> int:
        fastest = self.system.mesh.largest_frequency
        largest = largest_step_ps(fastest)
        if self.step_ps > largest:
            raise ValueError(
                f"step_ps must be at most {largest:.3g} for a lattice whose fastest mode has "
                f"Omega_max = {fastest:.4g} rad/ps, got {self.step_ps!r}"
            )
        most = int(largest / self.step_ps)
        return max(steps for steps in range(1, most + 1) if steps_per_record % steps == 0)

    def _refuse_starts_on_atoms(self) -> None:
        nearest = _nearest_distance(self.system, self.positions)
        least = CLOSEST_START * self.system.crystal.shortest_bond_A
        if nearest.min() < least:
            ion = int(nearest.argmin())
            raise ValueError(
                f"an ion must not start on top of an atom: ion {ion} at {np.round(self.positions[ion], 6).tolist()} A "
                f"is {nearest[ion]:.3g} A from the nearest one, must be at least {least:.3g}"
            )

    def _lay_out_memory(self, ions: int, coordinates: int) -> None:
        system, mesh = self.system, self.system.mesh
        taper, window = self.equation.taper_ps, self.equation.window_ps
        memory = taper * TAPER_REACH if taper is not None else window or self.equation.memory_ps
        revival = mesh.revival_ps
        if memory is None:
            memory = np.floor(revival / self.step_ps) * self.step_ps
        if memory > revival:
            raise ValueError(
                f"the memory must be at most the revival time of the periodic piece, {revival:.4g} ps for {mesh.shape} "
                f"cells (sound comes back around it); got {memory:.4g} ps: shorten it or enlarge the piece"
            )
        count = round(memory / self.step_ps)
        if count < 1:
            raise ValueError(f"the memory must be at least one step of {self.step_ps:g} ps, got {memory:g} ps")
        kinds = system.crystal.atom_count
        size = mesh.cell_count * (3 * kinds) ** 2 * count * 4
        if size > LARGEST_TABLE:
            raise ValueError(
                f"a memory of {memory:.4g} ps in a piece of {mesh.shape} cells needs a table of {size / 1e9:.1f} GB, "
                f"must be at most {LARGEST_TABLE / 1e9:g} GB: shorten the memory, or make the piece smaller or the "
                "step longer"
            )
        times = self.step_ps * np.arange(1, count + 1)
        kernel = response_kernel(mesh, times, taper_ps=np.inf if taper is None else taper) * self.step_ps
        if window is not None:
            # W(t) ends in a step: its derivative there is a kick, and half a slot of the sum lies beyond it.
            kernel[-1] = kernel[-1] / 2 + recoil_kernel(mesh, times[-1:])[0]
        kernel = kernel.astype(np.float32).reshape(count, *mesh.shape, kinds, 3, kinds, 3)
        self._blocks = np.ascontiguousarray(kernel.transpose(1, 2, 3, 4, 6, 5, 7, 0)).reshape(-1, 3, 3, count)
        offsets, atom = system.neighbours.offsets, system.neighbours.atom
        shifts = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), axis=-1)
        apart = shifts[:, :, :, None, None] + offsets[:, None] - offsets[None]
        self._near_pairs = self._numbers(apart, atom[:, None], atom[None])
        opposite = self._numbers(-apart, atom[:, None], atom[None])
        # Where inversion maps the crystal onto itself, opposite offsets share a block: half the memory to look through.
        scale = np.abs(self._blocks).max()
        same = np.abs(self._blocks[self._near_pairs] - self._blocks[opposite]).max(axis=(-3, -2, -1)) < 1e-6 * scale
        self._near_pairs = np.where(same, np.minimum(self._near_pairs, opposite), self._near_pairs)
        self._history = np.zeros((ions, coordinates, 2 * count), np.float32)
        # No forces yet, from the cells where the ions are: those of other cells take longer.
        self._history_cells = np.repeat(self._cells(self.positions)[:, None], 2 * count, axis=1)
        self._fresh = np.ones(ions, bool)
        self._head = count

    def _numbers(self, apart: NDArray, to: NDArray, origin: NDArray) -> NDArray:
        """Numbers of the blocks between atoms so many cells apart."""
        shape, kinds = self.system.mesh.shape, self.system.crystal.atom_count
        site = np.ravel_multi_index(tuple(np.moveaxis(apart % shape, -1, 0)), shape)
        return (site * kinds + to) * kinds + origin

    @property
    def memory_steps(self) -> int:
        """Steps that the lattice remembers; 0 without memory."""
        return self._history.shape[2] // 2 if self.equation.remembers else 0

    @property
    def velocities(self) -> NDArray:
        """Velocities (I, 3) now in A/ps; of motions with memory half a step back, as leapfrog has them."""
        return self._velocities

    def restart(self, ion: int, position: ArrayLike, velocity: ArrayLike) -> None:
        """Put one ion elsewhere; the lattice forgets what it did before."""
        self.positions[ion] = finite_array("position", position)
        self._velocities[ion] = finite_array("velocity", velocity)
        self.stopped[ion] = False
        if self.equation.remembers:
            self._history[ion] = 0.0
            self._history_cells[ion] = self._cells(self.positions[ion])
            self._fresh[ion] = True
            self._half_step_back(ion)

    def _cells(self, positions: NDArray) -> NDArray:
        return np.floor(positions @ np.linalg.inv(self.system.crystal.cell)).astype(np.int64)

    def _half_step_back(self, ion: int) -> None:
        """Leapfrog's velocity of half a step before, from that of now."""
        moved = self._displacements_now(ion)
        relative = self.positions[ion] - moved
        force = -self.system.interaction.gradient_meV_per_A(relative).sum(axis=0)
        self._velocities[ion] -= 0.5 * self.step_ps * force / self.system.ion_mass

    def _displacements_now(self, ion: int) -> NDArray:
        """Places (n, 3) of the neighbouring atoms now, as the thermal motion has them."""
        neighbours, mesh = self.system.neighbours, self.system.mesh
        cell = self._cells(self.positions[ion])
        sites = np.ravel_multi_index(tuple(((cell + neighbours.offsets) % mesh.shape).T), mesh.shape)
        frame = self._window[self._order[FRAMES // 2 - 1]].reshape(mesh.crystal.atom_count, 3, -1)
        return neighbours.vectors + cell @ mesh.crystal.cell + frame[neighbours.atom, :, sites]

    def advance(self) -> tuple[NDArray, NDArray]:
        """Go on by `steps_per_interval` steps of `step_ps` each, the most that one frame of thermal motion serves.

        Returns
        -------
        kinetic : (I,) mean kinetic energy over these steps, meV
        closest : (I,) smallest distance to an atom, A
        """
        system, neighbours = self.system, self.system.neighbours
        kinetic, closest = np.zeros(len(self.positions)), np.full(len(self.positions), np.inf)
        lattice = (
            np.array(system.mesh.shape),
            neighbours.offsets,
            neighbours.atom,
            neighbours.vectors,
            system.crystal.cell,
            np.linalg.inv(system.crystal.cell),
        )
        pair = (system.interaction.kind_index, float(system.interaction.strength), 1.0 / system.interaction.length_A)
        frames, pace = (self._window, self._order), (self.step_ps, system.ion_mass)
        state = (self.positions, self._velocities, kinetic, closest, self.stopped)
        if self.equation.remembers:
            memory = (self._blocks, self._near_pairs, self._history, self._history_cells, self._fresh)
            now = self._values[:, 0].copy()
            self._head = advance_with_memory(frames, now, lattice, pair, pace, memory, self._head, state)
        else:
            push = (self._recoil, system.loss, self.equation.name == "self_consistent")
            nodes = (self._values, self._slopes)
            advance_without_memory(frames, nodes, lattice, pair, pace, push, state, self.unconverged)
        if self._frames is not None:
            self._window[self._order[0]] = next(self._frames).reshape(self._window.shape[1:])
            self._order = np.roll(self._order, -1)
        return kinetic / self.steps_per_interval, closest


def _interpolation(steps: int, step_ps: float) -> tuple[NDArray, NDArray]:
    """Weights (S, 5, F) of the frames around an interval for values and slopes at the nodes of its steps (Lagrange)."""
    places = np.arange(FRAMES) - (FRAMES // 2 - 1)
    basis = [
        np.poly1d(np.poly(np.delete(places, f)) / np.prod(places[f] - np.delete(places, f))) for f in range(FRAMES)
    ]
    at = (np.arange(steps)[:, None] + np.array(NODES)) / steps
    values = np.stack([polynomial(at) for polynomial in basis], axis=-1)
    slopes = np.stack([polynomial.deriv()(at) for polynomial in basis], axis=-1)
    return values, slopes / (steps * step_ps)


def _nearest_distance(system: IonSystem, positions: NDArray) -> NDArray:
    """Distance (I,) of each ion to the nearest atom at rest."""
    cells = np.floor(positions @ np.linalg.inv(system.crystal.cell)) @ system.crystal.cell
    relative = (positions - cells)[:, None] - system.neighbours.vectors[None]
    return np.linalg.norm(relative, axis=-1).min(axis=1)


def whole_lattice_motion(
    system: IonSystem,
    position: ArrayLike,
    velocity: ArrayLike,
    step_ps: float,
    steps: int,
    vibration: Vibration,
) -> tuple[NDArray, NDArray, NDArray]:
    """Full motion of one ion and all modes: exact between kicks of one step. Rodin et al., Eqs. (2), (3).

    The kernel of infinite memory in another form; slow, and meant for comparison. The uniform shift is left out.

    Parameters
    ----------
    system, position, velocity, step_ps, vibration : as `IonMotion`, for one ion
    steps : number of steps

    Returns
    -------
    positions : (steps + 1, 3) in A
    velocities : (steps, 3) half way between them, A/ps
    energies : (steps,) of ion, lattice and interaction in meV; the neighbours' choice makes it jump at cell faces
    """
    mesh, crystal, neighbours = system.mesh, system.crystal, system.neighbours
    place, speed = finite_array("position", position).copy(), finite_array("velocity", velocity).copy()
    step = float(finite_array("step_ps", step_ps, above=0))
    roots = np.repeat(np.sqrt(crystal.masses * mesh.cell_count), 3)
    inverse = np.divide(1.0, mesh.frequencies, out=np.zeros_like(mesh.frequencies), where=mesh.frequencies > 0)
    inverse[0, 0, 0, :3] = 0.0
    weights = mesh.multiplicity[:, None] / 2
    state, places, speeds, energies = vibration, [place.copy()], [], []
    for number in range(steps):
        field, _ = vibration_field(state)
        cell = np.floor(place @ np.linalg.inv(crystal.cell)).astype(int)
        sites = tuple(((cell + neighbours.offsets) % mesh.shape).T)
        relative = place - (neighbours.vectors + cell @ crystal.cell + field[(*sites, neighbours.atom)])
        gradient = system.interaction.gradient_meV_per_A(relative)
        kick = np.zeros((*mesh.shape, crystal.atom_count, 3))
        np.add.at(kick, (*sites, neighbours.atom), gradient)
        spectrum = scipy.fft.rfftn(kick.reshape(*mesh.shape, -1), axes=(0, 1, 2)) / roots
        push = (np.swapaxes(mesh.modes.conj(), -1, -2) @ spectrum[..., None])[..., 0] * inverse
        force = -gradient.sum(axis=0)
        # Energies on the step: half of the kick is done, and nothing before the first.
        done = 0.5 * step if number else 0.0
        middle = state.velocity + done * push
        lattice = weights * mesh.frequencies**2 * (np.abs(state.displacement) ** 2 + np.abs(middle) ** 2)
        on_step = speed + done * force / system.ion_mass
        pair = system.interaction.energy_meV(np.linalg.norm(relative, axis=1)).sum()
        energies.append(0.5 * system.ion_mass * on_step @ on_step + lattice.sum() + pair)
        share = 1.0 if number else 0.5  # the first kick is half of one
        speed = speed + share * step * force / system.ion_mass
        state = Vibration(mesh, state.displacement, state.velocity + share * step * push)
        place = place + step * speed
        state = vibration_at(state, step)
        places.append(place.copy())
        speeds.append(speed.copy())
    return np.array(places), np.array(speeds), np.array(energies)
