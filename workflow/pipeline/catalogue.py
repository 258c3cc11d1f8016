"""The catalogue of artifacts, results/README.md: written from the artifacts themselves."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.artifacts import read_metadata

__all__ = ["catalogue"]

HEAD = """# Catalogue of artifacts

Written by `make catalogue` from the artifacts' own metadata; a test holds it to what the workflow makes. All else in
this folder is made by the workflow and may be deleted.

Every table is Parquet, one observation a row. Each column bears its unit, its meaning and the equation that defines it
in the field metadata; each file bears the study, the parameters (canonical JSON), the hash of the code that made it,
and the package version. An empty cell is explained by the `status` of its row; in columns marked *optional* it means
that the value does not apply. Open one with `pandas.read_parquet("results/superionic/mean_fields.parquet")`.

Beside them: `figures/` (PNG, SVG, PDF), `claims.md` and `claims.html` (the claims ledger for reading),
`fits/<data set>/fits.md` (fitted conductivities for reading), `report.html` (`make report`), and `logs/`, one a job.
"""


SHARED = {
    "lattices": ("<lattice>",),
    "fits": ("<data set>",),
    "time_local/runs": ("<family>", "<run>", "<bath>"),
    "lattice_gas/runs": ("<family>", "<run>", "<replica>"),
}
"""Folders whose subfolders hold the same tables, and the names that stand for these."""


def catalogue(results: Path) -> str:
    """Markdown that lists every artifact with its columns; lattices share one entry, and so do data sets and runs."""
    entries: dict[str, Path] = {}
    for path in sorted(results.rglob("*.parquet")):
        entries.setdefault(_shared_name(path.relative_to(results)), path)
    lines = [HEAD]
    for name, path in entries.items():
        file, columns = read_metadata(path)
        description = file["description"]
        if name != str(path.relative_to(results)):
            description = description.replace(path.parent.name, Path(name).parts[-2])
        lines += [
            f"## {name}",
            "",
            f"{description}.",
            "",
            "| column | unit | meaning | defined by |",
            "|---|---|---|---|",
        ]
        for column, about in columns.items():
            meaning = about.description + (" (*optional*)" if about.optional else "")
            cells = (f"`{column}`", about.unit, meaning, about.equation)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _shared_name(path: Path) -> str:
    """Path of an artifact with the names of folders that hold the same tables put for these."""
    for folder, names in SHARED.items():
        if path.is_relative_to(folder):
            depth = len(Path(folder).parts)
            return str(Path(folder, *names, *path.parts[depth + len(names) :]))
    return str(path)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "README.md").write_text(catalogue(folder), encoding="utf-8")
