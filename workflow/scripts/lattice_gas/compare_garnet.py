"""Hold lattice gases on the lithium network of LLZO against published ones without interactions."""

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run

FAMILY = "garnet"
PUBLISHED = ("n_Li", "E_nn", "E_site", "f", "f_I", "D_t", "D_coll", "n_oct", "n_tet")
ROUNDING = 0.0005 / np.sqrt(3)  # standard deviation of what the third digit leaves open
COMPARISON = {
    "ions": Column("", "lithium ions on the 576 sites"),
    "quantity": Column("", "'f' of tracers or 'f_I' of charge"),
    "published": Column("", "as published", "Morgan (2017), Zenodo 821864"),
    "published_error": Column(
        "",
        "its standard error, inferred: f_I is 1 without interactions, so that the scatter of the published f_I is its "
        "error; f averages over the ions of a simulation, which takes as many times less, and rounding comes to both",
    ),
    "value": Column("", "of this run, from displacements in one block, as published"),
    "error": Column("", "its standard error"),
    "deviation": Column("", "value less published, over both errors"),
    "long_time_value": Column("", "of this run, at long times"),
    "long_time_error": Column("", "its standard error"),
    "moves_per_ion": Column("", "moves an ion makes in a block"),
}


def compare_garnet(job: Job) -> None:
    """Two rows for each number of ions that both have, of the family that repeats what was published."""
    lines = job.path("published").read_text(encoding="utf-8").splitlines()
    numbers = np.array([list(map(float, line.split())) for line in lines if line.strip() and line[:1] != "#"])
    published = dict(zip(PUBLISHED, numbers.T, strict=True))
    table = job.table("diffusion")
    table = table[(table["family"] == FAMILY) & (table["estimator"] == "displacement")]
    ours = {int(row["ions"]): row for row in table.to_dict("records")}
    scatter = float(np.sqrt(np.mean((published["f_I"] - 1) ** 2)))
    rows = []
    for ions, f, f_i in zip(published["n_Li"].astype(int), published["f"], published["f_I"], strict=True):
        if ions not in ours:
            continue
        row = ours[ions]
        for quantity, kind, theirs, noise in (
            ("f", "tracer", f, f * scatter / np.sqrt(ions)),
            ("f_I", "charge", f_i, f_i * scatter),
        ):
            static = row[f"{kind}_static_D"]
            value, error = row[f"{kind}_D_of_block"] / static, row[f"{kind}_D_of_block_error"] / static
            their_error = float(np.hypot(noise, ROUNDING))
            deviation = (value - theirs) / np.hypot(error, their_error)
            late = (row[f"{kind}_correlation"], row[f"{kind}_correlation_error"])
            rows.append((ions, quantity, theirs, their_error, value, error, deviation, *late, row["moves_per_ion"]))
    columns = {name: np.array([row[index] for row in rows]) for index, name in enumerate(COMPARISON)}
    job.write("comparison", columns, COMPARISON, "Lattice gases on the lithium network of LLZO beside published ones")


if __name__ == "__main__":
    run(compare_garnet)
