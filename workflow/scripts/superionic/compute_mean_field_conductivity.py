"""Compute conductivities from the solved mean fields, on the chain and on the honeycomb, for both field shares."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from superion import lattice as lattices
from superion.hopping import FIELD_SHIFT, polarized_probability
from superion.transport import drift_mobility, nernst_einstein_conductivity_S_per_cm

CONDUCTIVITY = {
    "concerted_coupling_eV": Column("eV", "M0", "Hu et al. (2026), Eq. (52)"),
    "reading": Column("", "equation solved for P0, and whether the polarization is self-consistent or 0"),
    "lattice": Column("", "two_site_chain or honeycomb, with the same P0 and gamma"),
    "field_split": Column("", "share of the drop that shifts a barrier: half (thermodynamic), all (paper)"),
    "temperature_K": Column("K", "temperature"),
    "reduced_temperature": Column("", "T/Tp", "Hu et al. (2026), Eq. (51)"),
    "mobility": Column("a^2/time step", "dv/df along x, general lattice formula", "Hu et al. (2026), Eqs. (38), (A8)"),
    "anisotropy": Column("", "largest difference between the tensor and mobility times the unit tensor"),
    "conductivity_S_per_cm": Column(
        "S/cm", "conductivity of the configured material", "Hu et al. (2026), Eqs. (38), (A8)"
    ),
    "conductivity_times_temperature_S_K_per_cm": Column(
        "S K/cm", "sigma T, for Arrhenius plots", "Hu et al. (2026), Eq. (39)"
    ),
    "status": Column("", "'ok', or what limits the mean-field solution"),
}


def compute_mean_field_conductivity(job: Job) -> None:
    """Write the conductivity at every solved point."""
    material = job.parameters["superionic.material"]
    fields = job.columns("mean_fields")
    p0, gamma, temperature = fields["hopping_probability"], fields["polarization"], fields["temperature_K"]
    solved = np.isfinite(p0)
    blocks = []
    for name in ("two_site_chain", "honeycomb"):
        lattice = lattices.BUILDERS[name]()
        probability = polarized_probability(
            lattice, np.where(solved, p0, 0.5), gamma, polarization_complement=fields["polarization_complement"]
        )
        for split in FIELD_SHIFT:
            tensor = drift_mobility(lattice, probability, field_split=split)
            mobility = np.where(solved, tensor[:, 0, 0], np.nan)
            uneven = np.abs(tensor - tensor[:, :1, :1] * np.eye(lattice.dimension)).max((-1, -2))
            sigma = nernst_einstein_conductivity_S_per_cm(
                tensor[:, 0, 0] * material["lattice_constant_A"] ** 2 / material["time_step_ps"],
                material["filling"],
                material["cell_volume_A3"],
                temperature,
                material["charge_number"],
            )
            blocks.append(
                {
                    **{key: fields[key] for key in CONDUCTIVITY if key in fields},
                    "lattice": np.full(p0.size, name),
                    "field_split": np.full(p0.size, split),
                    "mobility": mobility,
                    "anisotropy": np.where(solved, uneven, np.nan),
                    "conductivity_S_per_cm": np.where(solved, sigma, np.nan),
                    "conductivity_times_temperature_S_K_per_cm": np.where(solved, sigma * temperature, np.nan),
                }
            )
    job.write(
        "conductivity",
        stack(blocks),
        CONDUCTIVITY,
        "Conductivity from mean fields, Fig. 4(c), (f)",
    )


if __name__ == "__main__":
    run(compute_mean_field_conductivity)
