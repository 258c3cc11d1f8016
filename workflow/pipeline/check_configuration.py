"""Check config.yaml and overlays before Snakemake reads them: `python -m pipeline.check_configuration my.yaml ...`.

Snakemake loads the files of --configfile ahead of the Snakefile, and of broken YAML tells neither file nor line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.configuration import ConfigurationError, load
from pipeline.studies import CHECKS

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    try:
        load([ROOT / "config.yaml", *sys.argv[1:]], ROOT / "workflow/schemas/config.schema.yaml", CHECKS)
    except ConfigurationError as error:
        sys.exit(str(error))
