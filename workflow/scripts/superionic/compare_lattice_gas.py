"""Compare the mean field with the exact lattice gas behind it, and with Bragg-Williams and Bethe in between."""

import numpy as np

from pipeline.artifacts import Column
from pipeline.grids import grid
from pipeline.job import Job, run
from superion import lattice_gas, mean_field
from superion.units import thermal_energy_eV

CHAIN = {
    "reduced_temperature": Column("", "kT/K0"),
    "conductivity_factor_exact": Column("", "exp(Lambda0/kT) P0 (1 - gamma^2), exact lattice gas on the chain"),
    "conductivity_factor_mean_field": Column("", "the same in the mean field", "Hu et al. (2026), Eqs. (49), (50)"),
    "activation_exact_eV": Column("eV", "local activation energy, exact"),
    "activation_mean_field_eV": Column("eV", "local activation energy, mean field", "Hu et al. (2026), Eq. (39)"),
    "status": Column("", "'ok', or 'no vacancies' at n0 = 2, where the exact chain does not conduct"),
}
ORDER = {
    "approximation": Column("", "'mean field' (Eq. 50), 'Bragg-Williams', 'Bethe' or 'exact'"),
    "reduced_temperature": Column("", "kT/K0"),
    "polarization": Column("", "order parameter gamma of the honeycomb lattice at n0 = 1"),
}
CRITICAL = {
    "approximation": Column("", "approximation"),
    "filling": Column("", "n0, ions in a cell of two sites"),
    "critical_temperature": Column("", "kTc/K0 of the honeycomb lattice; 0 where there is no order", optional=True),
    "over_exact": Column("", "the same over the exact value at n0 = 1"),
}


def chain_table(material: dict, reduced: np.ndarray) -> dict[str, np.ndarray]:
    """Conductivity and activation energy on the chain."""
    filling, repulsion, barrier = material["filling"], material["repulsion_eV"], material["barrier_eV"]
    x = 1 / reduced
    temperature = reduced * repulsion / thermal_energy_eV(1.0)
    parameters = mean_field.MeanFieldParameters(barrier, repulsion, filling, 0.0)
    solution = mean_field.solve(temperature, parameters)
    full = filling >= 2
    excess = np.full(x.shape, np.nan) if full else lattice_gas.chain_activation_excess(filling, x)
    return {
        "reduced_temperature": reduced,
        "conductivity_factor_exact": lattice_gas.chain_conductivity_factor(filling, x),
        "conductivity_factor_mean_field": lattice_gas.mean_field_conductivity_factor(filling, x, solution.polarization),
        "activation_exact_eV": barrier + repulsion * excess,
        "activation_mean_field_eV": mean_field.activation_energy_eV(solution),
        "status": "no vacancies" if full else "ok",
    }


def order_table(reduced: np.ndarray) -> dict[str, np.ndarray]:
    """Order parameter of the honeycomb lattice at half filling."""
    x = 1 / reduced
    parameters = mean_field.MeanFieldParameters(0.0, 1.0, 1.0, 0.0)
    curves = {
        "mean field": mean_field.solve(reduced / thermal_energy_eV(1.0), parameters).polarization,
        "Bragg-Williams": lattice_gas.bragg_williams_order_parameter(1, 3, x),
        "Bethe": lattice_gas.bethe_order_parameter(x, 3),
        "exact": lattice_gas.honeycomb_order_parameter(x),
    }
    return {
        "approximation": np.repeat(list(curves), reduced.size),
        "reduced_temperature": np.tile(reduced, len(curves)),
        "polarization": np.concatenate(list(curves.values())),
    }


def critical_table(fillings: np.ndarray) -> dict[str, np.ndarray]:
    """Critical temperature against filling; the exact one is known at half filling alone."""
    exact = float(lattice_gas.honeycomb_critical_temperature())
    curves = {
        "mean field, Eq. (51)": lattice_gas.mean_field_critical_temperature(fillings),
        "mean field, two other neighbours": lattice_gas.mean_field_critical_temperature(
            fillings, destination_neighbours=2
        ),
        "mean field, two neighbours and exclusion": lattice_gas.mean_field_critical_temperature(
            fillings, destination_neighbours=2, site_exclusion=True
        ),
        "Bragg-Williams": lattice_gas.bragg_williams_critical_temperature(fillings, 3),
        "Bethe": lattice_gas.bethe_critical_temperature(fillings, 3),
        "exact": np.where(fillings == 1, exact, np.nan),
    }
    value = np.concatenate([np.broadcast_to(curve, fillings.shape) for curve in curves.values()])
    known = np.isfinite(value)
    return {
        "approximation": np.repeat(list(curves), fillings.size)[known],
        "filling": np.tile(fillings, len(curves))[known],
        "critical_temperature": value[known],
        "over_exact": value[known] / exact,
    }


def compare_lattice_gas(job: Job) -> None:
    """Write the comparison on the chain and on the honeycomb lattice."""
    material, settings = job.parameters["superionic.material"], job.parameters["superionic.lattice_gas"]
    reduced = grid(settings["reduced_temperature"], settings["marked_reduced_temperatures"])
    fillings = grid(settings["fillings"], [1.0])
    job.write("chain", chain_table(material, reduced), CHAIN, "Chain: mean field beside the exact lattice gas")
    job.write("order", order_table(reduced), ORDER, "Honeycomb: order parameter beside the exact one")
    job.write("critical", critical_table(fillings), CRITICAL, "Honeycomb: critical temperatures beside the exact one")


if __name__ == "__main__":
    run(compare_lattice_gas)
