"""The data sets that conductivity models are fitted to: those of the project, and a folder of the user's.

`python -m pipeline.fit_datasets FOLDER DIRECTORY` checks the folder and prints it as Snakemake's --config takes it;
`python -m pipeline.fit_datasets --said FOLDER RESULTS` tells what became of its files.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np

from pipeline.artifacts import ArtifactError, read_columns
from pipeline.conductivity_tables import tables_in

__all__ = ["MEASURED", "dataset_name", "fit_words"]

MEASURED = {
    "garnets": {"series": ["composition", "doi"]},
    "garnets_pooled": {"series": ["composition"]},
}
"""Data sets of the project: a series for each composition and paper, and one for each composition."""
TOLD_FAULTS = 20
TOLD_OF_A_FILE = 3


def dataset_name(folder: str | Path) -> str:
    """Name of the results of a user's folder: its own as [a-z0-9_-]+, with 'own_' before it where it is taken."""
    plain = unicodedata.normalize("NFKD", Path(folder).resolve().name).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-") or "data"
    return f"own_{name}" if name in MEASURED else name


def fit_words(folder: str | Path, results: Path) -> str:
    """A few lines for the terminal: what was fitted, what was not and why, and where to look."""
    name = dataset_name(folder)
    status = read_columns(results / "fits" / name / "status.parquet")
    fitted, faulty = (status["status"] == which for which in ("fitted", "not used"))
    faults = int(faulty.sum())
    lines = [f"{int(fitted.sum())} series fitted; {faults or 'no'} {'fault' if faults == 1 else 'faults'}"]
    by_file = Counter()
    for row in np.flatnonzero(faulty):
        by_file[status["file"][row]] += 1
        if by_file[status["file"][row]] <= TOLD_OF_A_FILE and len(lines) <= TOLD_FAULTS:
            place = f"{status['file'][row]}:{status['row'][row]}" if status["row"][row] else status["file"][row]
            lines.append("  " + ": ".join(filter(None, (place, status["series"][row], status["remark"][row]))))
    if faults > len(lines) - 1:
        lines.append(f"  and {faults - len(lines) + 1} more, all in fits.md")
    for row in np.flatnonzero(fitted):
        if "are they in degC?" in status["remark"][row] or "is the unit" in status["remark"][row]:
            lines.append(f"  look at {status['series'][row]}: {status['remark'][row].split('; ')[-1]}")
    lines.append(
        f"Models, parameters, status of each file: {results / 'fits' / name / 'fits.md'}, and Parquet beside it"
    )
    lines.append(f"Figures (PNG, PDF): {results / 'figures' / 'fits' / name}")
    return "\n".join(lines)


def _as_config(folder: str, directory: str) -> str:
    if not folder:
        raise ValueError("say which folder holds your CSV files: make fit DATA=folder")
    tables_in(folder)
    return f"conductivity_fits={json.dumps({'data': os.path.relpath(folder, directory)})}"


if __name__ == "__main__":
    try:
        if sys.argv[1] == "--said":
            print(fit_words(sys.argv[2], Path(sys.argv[3])))
        else:
            print(_as_config(sys.argv[1], sys.argv[2]))
    except (ArtifactError, ValueError) as error:
        sys.exit(f"{error}")
