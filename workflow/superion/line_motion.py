"""Time-local motion of an ion on a line of atoms, in a lattice at rest: one dimension says it all.

An ion on a line of high symmetry, or held to one, meets atoms whose displacements along that line alone push it. R is
the place of the ion, r the displacement of an atom at 0, U(x) = u(|x|) the interaction; primes are derivatives in x.

Source: A. Rodin et al., "Time-local stochastic equation of motion for solid ionic electrolytes", Eqs. (17)-(20),
(25)-(27).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from superion.harmonic_crystals import HarmonicCrystal
from superion.pair_interactions import PairInteraction
from superion.phonons import loss_matrix
from superion.recoil_kernels import static_recoil
from superion.validity import finite_array, integer_array, one_of

__all__ = ["FORMS", "IonLine", "ion_line", "time_local_deflection_A"]

FORMS = ("effective", "linearised")
Form = Literal["effective", "linearised"]
TOLERANCE = 1e-11  # relative, of the integration


def time_local_deflection_A(
    interaction: PairInteraction, recoil: float, loss: float, separation_A: ArrayLike, closing_speed_A_per_ps: ArrayLike
) -> NDArray:
    """Displacement of an atom that an ion pushes head-on, r = -w U'(r - R) + l U''(r - R)(rdot - Rdot), in A. Eq. (25).

    Parameters
    ----------
    recoil, loss : w in A^2/meV and l in ps A^2/meV along the line
    separation_A : r - R to be inserted, any shape but not 0
    closing_speed_A_per_ps : rdot - Rdot to be inserted

    Raises
    ------
    ValueError
        Values that are not finite, or a separation of 0.
    """
    x, speed = (
        finite_array("separation_A", separation_A),
        finite_array("closing_speed_A_per_ps", closing_speed_A_per_ps),
    )
    slope = np.sign(x) * interaction.slope_meV_per_A(np.abs(x))
    return -recoil * slope + loss * interaction.curvature_meV_per_A2(np.abs(x)) * speed


@dataclass(frozen=True)
class IonLine:
    """An ion on a line of atoms. Made by `ion_line`.

    Attributes
    ----------
    interaction : of the ion with one atom
    ion_mass : meV ps^2/A^2
    direction : (3,) of length 1
    places : (K,) rest positions of the atoms along it, A
    recoil : (K, K) static recoil W(0) between them along the line, A^2/meV
    loss : l along the line, ps A^2/meV
    """

    interaction: PairInteraction
    ion_mass: float
    direction: NDArray
    places: NDArray
    recoil: NDArray
    loss: float

    def energy_at_rest_meV(self, positions: ArrayLike) -> NDArray:
        """Interaction energy of the ion at positions of any shape with all atoms at rest, meV."""
        distances = np.abs(finite_array("positions", positions)[..., None] - self.places)
        return self.interaction.energy_meV(distances).sum(axis=-1)

    def force_meV_per_A(self, position: float, velocity: float, form: Form = "effective") -> float:
        """Force on the ion. Effective, Eqs. (18)-(20) with r_H = 0; linearised, Eq. (27) for all atoms of the line.

        Raises
        ------
        ValueError
            An unknown form, or a value that is not finite.
        """
        one_of("form", form, FORMS)
        slopes, curvatures = self._derivatives(position - self.places)
        pushed = self.recoil @ slopes
        if form == "linearised":
            return float(-slopes.sum() + curvatures @ pushed - self.loss * curvatures.sum() ** 2 * velocity)
        shifted = position + self.loss * curvatures.sum() * velocity
        return float(-self._derivatives(shifted - self.places - pushed)[0].sum())

    def motion(
        self, position: float, velocity: float, times_ps: ArrayLike, form: Form = "effective"
    ) -> tuple[NDArray, NDArray]:
        """Time-local motion: positions in A and velocities in A/ps at times (T,), from the first of them on.

        Raises
        ------
        ValueError
            Times that do not ascend, an unknown form, or a motion that comes to no end.
        """
        one_of("form", form, FORMS)
        times = finite_array("times_ps", times_ps)
        if times.ndim != 1 or times.size < 2 or np.any(np.diff(times) <= 0):
            raise ValueError(f"times_ps must ascend, at least two of them, got shape {times.shape}")
        start = finite_array("position and velocity", [position, velocity])
        solution = solve_ivp(
            lambda _, state: (state[1], self.force_meV_per_A(state[0], state[1], form) / self.ion_mass),
            (times[0], times[-1]),
            start,
            method="DOP853",
            t_eval=times,
            rtol=TOLERANCE,
            atol=TOLERANCE,
        )
        if not solution.success:
            raise ValueError(f"the motion from {position:g} A at {velocity:g} A/ps was not found: {solution.message}")
        return solution.y[0], solution.y[1]

    def _derivatives(self, separations: NDArray) -> tuple[NDArray, NDArray]:
        distances = np.abs(separations)
        slopes = np.sign(separations) * self.interaction.slope_meV_per_A(distances)
        return slopes, self.interaction.curvature_meV_per_A2(distances)


def ion_line(
    crystal: HarmonicCrystal,
    interaction: PairInteraction,
    ion_mass: float,
    atoms: ArrayLike,
    direction: ArrayLike,
) -> IonLine:
    """Prepare an ion on a line of atoms, by the infinite lattice's static recoil and loss along it. Eqs. (15), (22).

    Parameters
    ----------
    atoms : (K, 4) cell and index of each atom; they must stand on one line
    direction : (3,) of the line; places along it count from the origin's foot

    Raises
    ------
    ValueError
        Atoms off the line, or farther apart than the recoil is known, or a crystal that does not resist.
    """
    mass = float(finite_array("ion_mass", ion_mass, above=0))
    line = finite_array("direction", direction)
    if line.shape != (3,) or not np.any(line):
        raise ValueError(f"direction must have 3 components, not all 0, got {line.tolist()!r}")
    line = line / np.linalg.norm(line)
    table = integer_array("atoms", atoms)
    if table.ndim != 2 or table.shape[1] != 4 or not len(table):
        raise ValueError(f"atoms must be (K, 4), three whole cells and an index for each, got shape {table.shape}")
    cells, indices = table[:, :3], table[:, 3]
    integer_array("index of an atom in its cell", indices, at_least=0, at_most=crystal.atom_count - 1)
    at = cells @ crystal.cell + crystal.positions[indices]
    across = at - at[0] - np.outer((at - at[0]) @ line, line)
    if np.abs(across).max() > 1e-9 * np.linalg.norm(crystal.cell, axis=1).max():
        far = int(np.linalg.norm(across, axis=1).argmax())
        raise ValueError(
            f"atoms must stand on one line along {line.tolist()}, {table[far].tolist()} is "
            f"{np.linalg.norm(across[far]):.4g} A off that of {table[0].tolist()}"
        )
    count = len(table)
    blocks = static_recoil(crystal, cells[:, None] - cells[None])
    blocks = blocks.reshape(count, count, crystal.atom_count, 3, crystal.atom_count, 3)
    n, k = np.indices((count, count))
    recoil = np.einsum("i,nkij,j->nk", line, blocks[n, k, indices[n], :, indices[k], :], line)
    return IonLine(interaction, mass, line, at @ line, recoil, float(line @ loss_matrix(crystal) @ line))
