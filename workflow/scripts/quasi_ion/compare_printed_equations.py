"""Compare each printed equation of the quasi-ion paper with its exact value, and with its corrected form."""

import numpy as np

from pipeline.artifacts import Column
from pipeline.job import Job, run
from scripts.quasi_ion.band_equations import band_rows
from scripts.quasi_ion.density_equations import density_rows
from scripts.quasi_ion.equation_rows import Row
from scripts.quasi_ion.garnet_equations import garnet_rows
from scripts.quasi_ion.interference_equations import interference_rows, percolation_rows

EQUATIONS = {
    "equation": Column("", "number of the equation in Hu (2023), or where the statement stands"),
    "quantity": Column("", "what is compared, with its unit"),
    "case": Column("", "the point at which it is compared"),
    "exact": Column("", "value by an independent route: quadrature, diagonalisation, finite differences"),
    "printed": Column("", "value of the formula as printed"),
    "corrected": Column("", "value of the corrected formula; the printed one where it is right"),
    "printed_error": Column("", "|printed - exact|"),
    "corrected_error": Column("", "|corrected - exact|"),
}


def compare_printed_equations(job: Job) -> None:
    """Write one row an equation, quantity and point."""
    wells, bands, static, printed, percolation, garnets = (
        job.parameters[f"quasi_ion.{name}"]
        for name in ("wells", "bands", "static_potential", "printed_equations", "percolation", "garnets")
    )
    rows = [
        *density_rows(wells, static),
        *band_rows(bands, static, printed),
        *interference_rows(printed),
        *percolation_rows(percolation),
        *garnet_rows(garnets),
    ]
    columns = {name: np.array([getattr(row, name) for row in rows]) for name in Row._fields}
    for form in ("printed", "corrected"):
        columns[f"{form}_error"] = np.abs(columns[form] - columns["exact"])
    job.write("equations", columns, EQUATIONS, "Printed equations beside what they stand for")


if __name__ == "__main__":
    run(compare_printed_equations)
