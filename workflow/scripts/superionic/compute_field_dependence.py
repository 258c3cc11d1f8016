"""Compute drift and conductivity in strong fields, on the chain and on the honeycomb lattice."""

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.grids import grid
from pipeline.job import Job, run
from superion import lattice as lattices
from superion import two_site
from superion.hopping import FIELD_SHIFT, polarized_probability
from superion.transport import diffusion_tensor, drift_mobility, drift_velocity

FIELDS = {
    "lattice": Column("", "two_site_chain or honeycomb (field along x)"),
    "field_split": Column("", "share of the drop that shifts a barrier: half (thermodynamic), all (paper)"),
    "reduced_field": Column("", "fa = ZEa/kT"),
    "drift_velocity": Column(
        "a/time step", "steady drift velocity along the field", "Hu et al. (2026), Eqs. (36), (A7)"
    ),
    "differential_enhancement": Column("", "dv/df over its weak-field value", "Hu et al. (2026), Eq. (42)"),
    "chord_enhancement": Column("", "(v/f) over its weak-field value"),
    "closed_form_enhancement": Column("", "cosh(s fa/2), exact on the chain", "Hu et al. (2026), Eq. (42)", True),
    "einstein_ratio": Column("", "dv/df over the diffusion coefficient without field"),
}
DIRECTIONS = {
    "field_split": Column("", "share of the drop that shifts a barrier: half (thermodynamic), all (paper)"),
    "reduced_field": Column("", "|f|a"),
    "direction_deg": Column("degree", "direction of the field from the x axis"),
    "drift_along": Column("a/time step", "drift velocity along the field", "Hu et al. (2026), Eq. (A7), any field"),
    "drift_across": Column("a/time step", "drift velocity across the field, counter-clockwise"),
    "drift_even_part": Column("a/time step", "|v(f) + v(-f)|/2: drift that survives reversing the field"),
}


def field_rows(settings: dict):
    """Blocks of `FIELDS`."""
    fa = grid(settings["reduced_field"])
    for lattice in (lattices.two_site_chain(), lattices.honeycomb()):
        is_chain = lattice.dimension == 1
        probability = polarized_probability(lattice, settings["hopping_probability"], settings["polarization"])
        diffusion = diffusion_tensor(lattice, probability).total[0, 0]
        field = fa[:, None] * np.eye(lattice.dimension)[0]
        for split in FIELD_SHIFT:
            velocity = drift_velocity(lattice, probability, field, field_split=split)[:, 0]
            rest = drift_mobility(lattice, probability, field_split=split)[0, 0]
            slope = drift_mobility(lattice, probability, field, field_split=split)[:, 0, 0]
            chord = np.divide(velocity, fa, out=np.full_like(fa, rest), where=fa > 0)
            yield {
                "lattice": np.full(fa.size, "two_site_chain" if is_chain else "honeycomb"),
                "field_split": np.full(fa.size, split),
                "reduced_field": fa,
                "drift_velocity": velocity,
                "differential_enhancement": slope / rest,
                "chord_enhancement": chord / rest,
                "closed_form_enhancement": two_site.field_enhancement(fa, field_split=split)
                if is_chain
                else np.full(fa.size, np.nan),
                "einstein_ratio": slope / diffusion,
            }


def direction_rows(settings: dict):
    """Blocks of `DIRECTIONS`."""
    honeycomb = lattices.honeycomb()
    probability = polarized_probability(honeycomb, settings["hopping_probability"], settings["polarization"])
    degrees = np.arange(settings["direction_count"] + 1) * 360 / settings["direction_count"]
    along = np.column_stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    across = np.column_stack([-along[:, 1], along[:, 0]])
    for split in FIELD_SHIFT:
        for strength in settings["direction_fields"]:
            velocity = drift_velocity(honeycomb, probability, strength * along, field_split=split)
            reverse = drift_velocity(honeycomb, probability, -strength * along, field_split=split)
            yield {
                "field_split": np.full(degrees.size, split),
                "reduced_field": np.full(degrees.size, float(strength)),
                "direction_deg": degrees,
                "drift_along": (velocity * along).sum(-1),
                "drift_across": (velocity * across).sum(-1),
                "drift_even_part": np.linalg.norm(velocity + reverse, axis=-1) / 2,
            }


def compute_field_dependence(job: Job) -> None:
    """Write drift and conductivity against the strength and the direction of the field."""
    settings = job.parameters["superionic.field_dependence"]
    for name, blocks, columns, about in (
        ("fields", field_rows(settings), FIELDS, "Drift and conductivity against the field"),
        (
            "directions",
            direction_rows(settings),
            DIRECTIONS,
            "Drift on the honeycomb against the direction of the field",
        ),
    ):
        job.write(name, stack(blocks), columns, about)


if __name__ == "__main__":
    run(compute_field_dependence)
