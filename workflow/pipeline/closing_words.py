"""What `make` says at the end: where the figures are, and what the ledger found."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.artifacts import ArtifactError, read_table
from pipeline.ledger import summary

__all__ = ["closing_words"]


def closing_words(results: Path) -> str:
    """A few lines for the terminal."""
    studies = ", ".join(sorted({str(path.parent) for path in (results / "figures").rglob("*.png")}))
    lines = [f"Figures (PNG, SVG, PDF): {studies}"]
    if pages := sorted(map(str, (results / "fits").glob("*/fits.md"))):
        lines.append(f"Fits to measured conductivities: {', '.join(pages)}")
    claims = read_table(results / "claims.parquet")
    lines.append(f"Ledger, {results / 'claims.md'}: {summary(list(claims['kind']), list(claims['verdict']))}")
    return "\n".join(lines)


if __name__ == "__main__":
    try:
        print(closing_words(Path(sys.argv[1])))
    except ArtifactError as error:
        sys.exit(str(error))
