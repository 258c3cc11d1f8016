"""The reference ring of the phonon channels: 12 sites a, b, a, b, ... and three modes."""

import numpy as np

from superion.densities_of_states import (
    ConstantDensity,
    GaussianDensity,
    PowerLawDensity,
)
from superion.phonon_channels import (
    PhononMode,
    mode_hopping_matrices,
)

N_RING = 12
SITE_ENERGY_eV = np.where(np.arange(N_RING) % 2 == 0, 0.0, 0.06)
RING_ORIGIN = np.repeat(np.arange(N_RING), 2)
RING_DESTINATION = (RING_ORIGIN + np.tile([1, -1], N_RING)) % N_RING
MODES = (
    PhononMode(6.0, 0.42, ConstantDensity()),
    PhononMode(3.5, 0.30, PowerLawDensity(2.0)),
    PhononMode(1.2, 0.36, GaussianDensity(0.2, 0.08)),
)
FREQUENCIES_THz = np.array([mode.frequency_THz for mode in MODES])
DURATIONS_ps = np.array([0.1, 1 / 6, 0.25, 0.5, 0.8333333333333334, 1.0, 2.0, 5.0, 10.0, 100.0, 1000.0])


def ring_matrices(thermal_energy_eV, modes=MODES):
    return mode_hopping_matrices(
        modes, N_RING, RING_ORIGIN, RING_DESTINATION, SITE_ENERGY_eV, thermal_energy_eV, degeneracy=2
    )
