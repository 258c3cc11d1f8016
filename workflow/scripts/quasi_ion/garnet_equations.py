"""The form in which the quasi-ion paper fits its conductivity to measurements."""

from collections.abc import Iterator, Mapping

import numpy as np
from scipy.optimize import brentq

from scripts.quasi_ion.equation_rows import Row
from superion.conductivity_models import log_conductivity, mirror_parameters
from superion.units import inverse_thermal_energy_per_eV


def garnet_rows(garnets: Mapping) -> Iterator[Row]:
    """Rows of the section `garnets` of the configuration."""
    temperature_K = np.array([300.0, 420.0, 600.0])
    beta = inverse_thermal_energy_per_eV(temperature_K)
    for material in garnets["materials"]:
        case, formation = material["name"], material["carrier_formation_energy_eV"]
        migration = material["migration_energy_eV"]
        start = material["characteristic_inverse_temperature_per_eV"]
        parameters = np.array([0.0, formation, migration, start])
        activated = migration * (beta - start)
        printed = -formation * beta - activated - np.log(1 + 2 * np.exp(-activated))
        compact = log_conductivity("quasi_ion", parameters, temperature_K)
        worst = int(np.argmax(np.abs(printed - compact)))
        yield Row("fit", "ln(sigma/sigma0)", case, compact[worst], printed[worst], printed[worst])
        prefactor, *other = mirror_parameters(parameters)
        mirrored = prefactor - other[0] * beta - np.logaddexp(np.log(2), other[1] * (beta - other[2]))
        worst = int(np.argmax(np.abs(mirrored - compact)))
        yield Row("fit", "ln(sigma/sigma0) of the mirror image", case, compact[worst], mirrored[worst], mirrored[worst])
        # E_a = Ea0 - alpha kT with alpha = Ea0 beta0 vanishes at kT = 1/beta0, not at kT = beta0.
        alpha = migration * start
        vanishing = brentq(lambda thermal, a=alpha, e=migration: e - a * thermal, 1e-3, 1.0)
        yield Row("fit", "kT at which the local barrier vanishes (eV)", case, vanishing, start, 1 / start)
