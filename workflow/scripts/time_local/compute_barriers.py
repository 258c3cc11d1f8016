"""Compute what it costs an ion to hop, with the lattice at rest, relaxed or pushed to first order."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np

from pipeline.artifacts import Column, stack
from pipeline.crystal_settings import crystal_of
from pipeline.grids import grid
from pipeline.job import Job, run
from superion.ion_barriers import (
    RELAXATIONS,
    StaticLattice,
    head_on_limit_meV,
    head_on_potential_meV,
    head_on_relaxed_meV,
    hop_profile,
    hop_top,
    static_lattice,
)
from superion.pair_interactions import PairInteraction

INTERACTION = {
    "interaction_strength": Column("", "U0 in meV A (of a Gaussian interaction in meV)"),
    "interaction_length_A": Column("A", "lambda: screening length, or width of the Gaussian"),
}
SETTING = {
    **INTERACTION,
    "lattice": Column(
        "",
        "atoms that the ion feels: 'cell corners' (all of its own closed cell), 'whole lattice', or 'within reach' in "
        "between",
    ),
    "reach_A": Column("A", "largest distance of such an atom from the ion's cell"),
    "relaxation": Column(
        "",
        "'unrelaxed' (lattice at rest), 'relaxed' (least energy), or 'effective' (first-order push, as the time-local "
        "motion takes it)",
        "Rodin et al., Eqs. (11), (19)",
    ),
}
STATUS = Column(
    "",
    "'ok', 'saddle' (the relaxed lattice would rather go elsewhere), or 'not converged' (no relaxed lattice was found)",
)
BARRIERS = {
    **SETTING,
    "atom_count": Column("", "number of such atoms"),
    "centre_interaction_meV": Column("meV", "U at the start of the path (cell centre)"),
    "centre_deformation_meV": Column("meV", "energy of the displaced lattice there"),
    "face_interaction_meV": Column("meV", "U half-way (face centre)"),
    "face_deformation_meV": Column("meV", "energy of the displaced lattice there"),
    "interaction_barrier_meV": Column("meV", "U half-way minus U at the start", "Rodin et al., Secs. IV, VI"),
    "deformation_barrier_meV": Column(
        "meV", "the same of the energy of the displaced lattice", "Rodin et al., Sec. VI"
    ),
    "barrier_meV": Column(
        "meV",
        "energy half-way against the start; of the effective lattice the work of its force, which is not the sum of "
        "the two parts",
        "Rodin et al., Sec. VI",
    ),
    "top_meV": Column("meV", "highest energy on the path against the start"),
    "top_fraction": Column("", "part of the path up to there"),
    "face_displacement_A": Column("A", "largest displacement of an atom with the ion half-way"),
    "status": STATUS,
}
PROFILES = {
    **SETTING,
    "path_A": Column("A", "length of the path behind the ion"),
    "energy_meV": Column("meV", "energy against the start; of the effective lattice the work of its force"),
    "interaction_meV": Column("meV", "U"),
    "deformation_meV": Column("meV", "energy of the displaced lattice"),
    "status": STATUS,
}
PAIRS = {
    **INTERACTION,
    "place": Column(
        "",
        "'next atom' (the ion on a site of the lattice: distance of nearest atoms), 'centre' (start of the path: "
        "distance of the nearest atom) or 'face' (half-way)",
    ),
    "distance_A": Column("A", "distance of ion and atom"),
    "energy_meV": Column("meV", "u", "Rodin et al., Sec. IV"),
    "slope_meV_per_A": Column("meV/A", "u'"),
    "curvature_meV_per_A2": Column("meV/A^2", "u''"),
}
LIMITS = {
    **INTERACTION,
    "recoil_A2_per_meV": Column("A^2/meV", "w: static recoil of the atom along the line"),
    "penetration_limit_meV": Column(
        "meV",
        "energy with which an ion reaches one atom that it pushes to first order",
        "Rodin et al., Eqs. (19), (26)",
    ),
    "relaxed_limit_meV": Column("meV", "energy of an ion at the rest position of one atom that has fully yielded"),
}
HEAD_ON = {
    **INTERACTION,
    "distance_A": Column("A", "distance of the ion from the rest position of the atom"),
    "rest_meV": Column("meV", "energy with the atom held at rest"),
    "relaxed_meV": Column("meV", "energy with the atom fully yielded"),
    "pushed_meV": Column("meV", "work against the atom pushed to first order", "Rodin et al., Eqs. (19), (26)"),
}


def compute_barriers(job: Job) -> None:
    """Write barriers, profiles, pair energies and what the first-order push can bear."""
    settings, common = job.parameters["time_local.barriers"], job.parameters["time_local.interaction"]
    crystal = crystal_of(job.parameters["time_local.crystal"])
    path = np.array([settings["hop"]["start"], settings["hop"]["end"]], float) @ crystal.cell
    lengths = sorted({*map(float, settings["interaction_lengths_A"]), float(common["length_A"])})
    interactions = [
        PairInteraction(common["kind"], strength, length)
        for strength, length in product(settings["interaction_strengths"], lengths)
    ]
    whole = static_lattice(crystal, settings["reach_A"])
    job.tell(f"static recoil of {len(whole.near)} atoms within {whole.near.reach_A:g} A of the cell is known")
    between = [(whole.nearer(reach), "within reach") for reach in settings["convergence_reaches_A"]]
    ends = [(whole.nearer(0.0), "cell corners"), (whole, "whole lattice")]
    cases = list(product(interactions, RELAXATIONS))
    points = 2 * int(settings["half_path_points"]) + 1
    barriers = stack(
        _barrier(*case, *lattice, path, points) for lattice in (ends[0], *between, ends[1]) for case in cases
    )
    profiles = stack(_profile(*case, *lattice, path, points) for lattice in ends for case in cases)
    for name, table in {"path": profiles, "barrier": barriers}.items():
        if (bad := table["status"] != "ok").any():
            job.warn(
                f"the relaxed lattice is no minimum, or was not found, at {int(bad.sum())} of {bad.size} {name} rows"
            )
    job.write("barriers", barriers, BARRIERS, "Barriers of an ion in a harmonic crystal, Secs. IV, VI")
    job.write("profiles", profiles, PROFILES, "Energy of an ion along its path")
    pairs = stack(_pairs(interaction, whole, path) for interaction in interactions)
    job.write("pairs", pairs, PAIRS, "Interaction of an ion with one atom, Sec. IV")
    recoil = _recoil_along(whole, path[1] - path[0])
    distances = grid(settings["head_on_distance_A"])
    limits = stack(
        _of(
            interaction,
            recoil_A2_per_meV=recoil,
            penetration_limit_meV=head_on_limit_meV(interaction, recoil),
            relaxed_limit_meV=head_on_relaxed_meV(interaction, recoil, 0.0),
        )
        for interaction in interactions
    )
    job.write("limits", limits, LIMITS, "Energies of an ion that runs head-on through an atom")
    head_on = stack(
        _of(
            interaction,
            distance_A=distances,
            rest_meV=interaction.energy_meV(distances),
            relaxed_meV=head_on_relaxed_meV(interaction, recoil, distances),
            pushed_meV=head_on_potential_meV(interaction, recoil, distances),
        )
        for interaction in interactions
    )
    job.write("head_on", head_on, HEAD_ON, "Energy of an ion that meets one atom head-on")


def _of(interaction: PairInteraction, **columns: Any) -> dict[str, np.ndarray]:
    values = {"interaction_strength": interaction.strength, "interaction_length_A": interaction.length_A, **columns}
    arrays = np.broadcast_arrays(*map(np.atleast_1d, values.values()))
    return dict(zip(values, arrays, strict=True))


def _setting(lattice: StaticLattice, name: str, relaxation: str) -> Mapping[str, Any]:
    return {"lattice": name, "reach_A": lattice.near.reach_A, "relaxation": relaxation}


def _barrier(
    interaction: PairInteraction, relaxation: str, lattice: StaticLattice, name: str, path: np.ndarray, points: int
) -> dict[str, np.ndarray]:
    profile = hop_profile(lattice, interaction, *path, [0.0, 0.5], relaxation)
    top = hop_top(lattice, interaction, *path, relaxation, points)
    u, deformation = profile.at.interaction_meV, profile.at.deformation_meV
    statuses = [*profile.at.status, top.status]
    return _of(
        interaction,
        **_setting(lattice, name, relaxation),
        atom_count=len(lattice.near),
        centre_interaction_meV=u[0],
        centre_deformation_meV=deformation[0],
        face_interaction_meV=u[1],
        face_deformation_meV=deformation[1],
        interaction_barrier_meV=u[1] - u[0],
        deformation_barrier_meV=deformation[1] - deformation[0],
        barrier_meV=profile.energy_meV[1],
        top_meV=top.energy_meV,
        top_fraction=top.fraction,
        face_displacement_A=profile.at.largest_displacement_A[1],
        status=next((word for word in ("not converged", "saddle") if word in statuses), "ok"),
    )


def _profile(
    interaction: PairInteraction, relaxation: str, lattice: StaticLattice, name: str, path: np.ndarray, points: int
) -> dict[str, np.ndarray]:
    profile = hop_profile(lattice, interaction, *path, np.linspace(0, 1, points), relaxation)
    return _of(
        interaction,
        **_setting(lattice, name, relaxation),
        path_A=profile.fraction * np.linalg.norm(path[1] - path[0]),
        energy_meV=profile.energy_meV,
        interaction_meV=profile.at.interaction_meV,
        deformation_meV=profile.at.deformation_meV,
        status=profile.at.status,
    )


def _pairs(interaction: PairInteraction, lattice: StaticLattice, path: np.ndarray) -> dict[str, np.ndarray]:
    sites = lattice.near.vectors
    between = np.linalg.norm(sites - lattice.crystal.positions[0], axis=1)
    inverse = np.linalg.inv(lattice.crystal.cell)
    distances = [between[between > 1e-6].min()]
    for place in (path[0], path.mean(axis=0)):
        home = place - np.floor(place @ inverse) @ lattice.crystal.cell
        distances.append(np.linalg.norm(home - sites, axis=1).min())
    return _of(
        interaction,
        place=["next atom", "centre", "face"],
        distance_A=distances,
        energy_meV=interaction.energy_meV(distances),
        slope_meV_per_A=interaction.slope_meV_per_A(distances),
        curvature_meV_per_A2=interaction.curvature_meV_per_A2(distances),
    )


def _recoil_along(lattice: StaticLattice, direction: np.ndarray) -> float:
    """Static recoil of the first atom along a direction."""
    home = int(np.flatnonzero((lattice.near.offsets == 0).all(axis=1) & (lattice.near.atom == 0))[0])
    unit = direction / np.linalg.norm(direction)
    own = slice(3 * home, 3 * home + 3)
    return float(unit @ lattice.recoil[own, own] @ unit)


if __name__ == "__main__":
    run(compute_barriers)
