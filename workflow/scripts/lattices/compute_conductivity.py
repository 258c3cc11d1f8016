"""Compute the diffusion, mobility and conductivity tensor of a lattice, and check the Einstein relation."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.job import Job, run
from pipeline.lattice_tables import read_lattice
from superion.hopping import FIELD_SHIFT, detailed_balance_defect, stay_probability
from superion.transport import (
    diffusion_tensor,
    drift_mobility,
    drift_velocity,
    einstein_ratio,
    nernst_einstein_conductivity_S_per_cm,
    series_diffusion,
)

DETAILED_BALANCE_TOLERANCE = 1e-9  # of the largest flow: probabilities typed with ten digits pass

TENSOR = {
    "field_split": Column("", "share of the potential drop that shifts a barrier: half (thermodynamic), all (paper)"),
    "row": Column("", "Cartesian component of the current"),
    "column": Column("", "Cartesian component of the field or gradient"),
    "diffusion": Column("length unit^2/time step", "diffusion tensor D", "Hu et al. (2026), Eq. (27), any lattice"),
    "direct": Column("length unit^2/time step", "part of D from independent hops"),
    "correction": Column(
        "length unit^2/time step",
        "part of D from the correlation of successive hops, and minus half the square of the drift",
    ),
    "series_diffusion": Column(
        "length unit^2/time step", "chains: D from the bonds in series, a^2/sum 1/(pi P), for comparison", optional=True
    ),
    "mobility": Column(
        "length unit^2/time step", "dv/df without field, f = ZE/kT", "Hu et al. (2026), Eqs. (36), (A7)"
    ),
    "einstein_ratio": Column("", "mobility kT/Z over D, traces of both: 1 where the Einstein relation holds"),
    "zero_field_drift": Column(
        "length unit/time step", "drift without field: 0 unless hops drive a current by themselves"
    ),
    "detailed_balance_defect": Column("", "largest net flow on a bond over the largest flow, without field"),
    "conductivity_S_per_cm": Column(
        "S/cm", "conductivity, lengths in angstrom", "Hu et al. (2026), Eqs. (38), (A8)", True
    ),
    "status": Column(
        "",
        "'ok'; 'no detailed balance': D and mobility need not be related; 'negative stay probability': not stochastic",
    ),
}


def compute_conductivity(job: Job) -> None:
    """Write the transport tensors of one lattice, for both shares of the field."""
    (name, settings), *_ = job.parameters.items()
    hops = job.columns("hops")
    lattice = read_lattice(job.columns("geometry"), hops)
    probability = hops["probability"]
    tensor = diffusion_tensor(lattice, probability)
    defect = float(detailed_balance_defect(lattice, probability, tensor.population))
    if defect > DETAILED_BALANCE_TOLERANCE:
        job.warn(f"{name}: hops are not in detailed balance (net flow {defect:.3g} of the largest flow)")
    drift = drift_velocity(lattice, probability, np.zeros(lattice.dimension))
    is_chain = lattice.dimension == 1 and np.all(lattice.coordination == 2)
    series = series_diffusion(lattice, probability) if is_chain and defect <= DETAILED_BALANCE_TOLERANCE else np.nan
    status = "ok" if defect <= DETAILED_BALANCE_TOLERANCE else "no detailed balance"
    if np.any(stay_probability(lattice, probability) < 0):
        status = "negative stay probability"
    axes = np.array(list("xyz"[: lattice.dimension]))
    blocks = []
    for split in FIELD_SHIFT:
        mobility = drift_mobility(lattice, probability, field_split=split)
        sigma = np.full(mobility.shape, np.nan)
        if "conductivity" in settings:
            si = settings["conductivity"]
            sigma = nernst_einstein_conductivity_S_per_cm(
                mobility / si["time_step_ps"],
                si["filling"],
                si.get("cell_volume_A3", lattice.volume),
                settings.get("temperature_K", si.get("temperature_K")),
                si["charge_number"],
            )
        blocks.append(
            {
                "field_split": np.full(mobility.size, split),
                "row": np.repeat(axes, len(axes)),
                "column": np.tile(axes, len(axes)),
                "diffusion": tensor.total.ravel(),
                "direct": tensor.direct.ravel(),
                "correction": (tensor.correction + tensor.ballistic).ravel(),
                "series_diffusion": np.full(mobility.size, series),
                "mobility": mobility.ravel(),
                "einstein_ratio": np.full(mobility.size, einstein_ratio(lattice, probability, field_split=split)),
                "zero_field_drift": np.full(mobility.size, np.linalg.norm(drift)),
                "detailed_balance_defect": np.full(mobility.size, defect),
                "conductivity_S_per_cm": sigma.ravel(),
                "status": np.full(mobility.size, status),
            }
        )
    job.write(
        "conductivity", stack(blocks), TENSOR, f"Diffusion, mobility and conductivity tensor of the lattice {name}"
    )


if __name__ == "__main__":
    run(compute_conductivity)
