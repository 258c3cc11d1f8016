"""Compile every kernel of the library once, at set-up: several jobs would otherwise do so at a time."""

from __future__ import annotations

import numpy as np

import superion
from superion.conductivity_models import MODELS
from superion.ion_doping import transitions

__all__ = ["compile_kernels"]


def compile_kernels() -> None:
    """Call each compiled function on a small case; numba keeps what it compiles."""
    material = superion.MeanFieldParameters(0.1, 0.1, 1, 1)
    superion.solve(300, material)
    superion.transition_sensitivities(material)
    for phase in ("ka/2+pi", "ka/2"):
        transitions(superion.DopingCurve(superion.DopedConductor(-0.6, -0.3, -0.02, 1.5, 0.026, phase)))
    temperature_K = np.linspace(300, 600, 9)
    logarithm = 10 - 5000 / temperature_K + 0.1 * np.sin(temperature_K)
    for model in MODELS:
        fitted = superion.fit(
            temperature_K, logarithm, model, start=superion.fit(temperature_K, logarithm, model).parameters
        )
        superion.profile_intervals(fitted)
        superion.leave_one_out_rmse(fitted)
        superion.bootstrap(fitted, np.random.SeedSequence(0), 2)
    compile_motion()
    compile_lattice_gas()
    langevin = superion.LangevinMotion(5.0, 1.0, 0.1)
    superion.diffusion_of_displacements(langevin, np.random.SeedSequence(0), 2, (1.0, 2.0))
    superion.first_wrap_fractions(superion.square(), [0], 2, 1, np.random.SeedSequence(0))


def compile_motion() -> None:
    """The kernels of vibrating lattices and of ions in them; crystals of several atoms have complex modes."""
    for crystal in (superion.simple_cubic_crystal(3.0, [500, 200], 3.0), superion.bcc_crystal(3.0, [500, 200], 3.0)):
        mesh = superion.phonon_mesh(crystal, 4)
        vibration = superion.sample_vibration(mesh, 20.0, np.random.default_rng(0))
        system = superion.ion_system(mesh, superion.PairInteraction("screened_coulomb", 4000.0, 0.5), 0.7)
        start = np.full((1, 3), 0.3) @ crystal.cell
        for equation in (superion.Equation("time_local"), superion.Equation("full", memory_ps=0.05)):
            superion.IonMotion(system, equation, start, np.zeros((1, 3)), 0.005, vibration).advance()
    superion.lattice_stencils.lattice_forces_meV_per_A(crystal, np.zeros((4, 4, 4, 2, 3)))


def compile_lattice_gas() -> None:
    """The kernels of lattice gases, one for each way to make moves."""
    piece = superion.square().repeat(4)
    for ions, scheme, repulsion in (
        (4, "pick ions", 0),
        (12, "pick ions", 0),
        (8, "pick moves", 1),
        (8, "draw moves", 1),
    ):
        gas = superion.LatticeGas(piece, ions, repulsion_over_kT=repulsion)
        superion.LatticeGasMotion(gas, np.random.SeedSequence(0), scheme).run(np.ones(2))


if __name__ == "__main__":
    compile_kernels()
