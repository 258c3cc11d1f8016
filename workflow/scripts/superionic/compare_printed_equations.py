"""Compare each printed closed form with the hopping matrix it stands for, and with its corrected form."""

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from scripts.superionic.two_site_equations import chain_rows, honeycomb_rows

EQUATIONS = {
    "equation": Column("", "number of the equation in Hu et al. (2026)"),
    "quantity": Column("", "what is compared"),
    "hopping_probability": Column("", "P0"),
    "polarization": Column("", "gamma"),
    "reduced_wave_number": Column("", "ka; on the honeycomb k a = (ka, 0)"),
    "reduced_field": Column("", "fa = ZEa/kT; on the honeycomb f a = (fa, fa/2)"),
    "exact": Column(
        "", "value from the hopping matrix: diagonalisation, perturbation theory at Gamma, or its elements"
    ),
    "printed": Column("", "value of the formula as printed"),
    "corrected": Column("", "value of the corrected formula; the printed one where it is right"),
    "printed_error": Column("", "|printed - exact|"),
    "corrected_error": Column("", "|corrected - exact|"),
}


def compare_printed_equations(job: Job) -> None:
    """Write one row an equation, quantity and point of the configured product of parameters."""
    settings = job.parameters["superionic.printed_equations"]
    axes = ("hopping_probabilities", "polarizations", "reduced_wave_numbers", "reduced_fields")
    mesh = np.meshgrid(*(np.array(settings[axis], float) for axis in axes), indexing="ij")
    p0, gamma, ka, fa = (array.ravel() for array in mesh)
    rows = [*chain_rows(p0, gamma, ka, fa), *honeycomb_rows(p0, gamma, ka, fa)]
    exact, printed, corrected = (np.concatenate([row[i] for row in rows]) for i in (2, 3, 4))
    told = np.isfinite(exact)
    names = {
        "equation": np.repeat([row[0] for row in rows], p0.size),
        "quantity": np.repeat([row[1] for row in rows], p0.size),
    }
    points = {"hopping_probability": p0, "polarization": gamma, "reduced_wave_number": ka, "reduced_field": fa}
    columns = {
        **names,
        **{name: np.tile(value, len(rows)) for name, value in points.items()},
        "exact": exact,
        "printed": printed,
        "corrected": corrected,
        "printed_error": np.abs(printed - exact),
        "corrected_error": np.abs(corrected - exact),
    }
    job.write(
        "equations",
        {name: column[told] for name, column in columns.items()},
        EQUATIONS,
        "Printed equations beside the hopping matrices they stand for",
    )


if __name__ == "__main__":
    run(compare_printed_equations)
