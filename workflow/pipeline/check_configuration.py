"""Check config.yaml and overlays before Snakemake reads them: `... -m pipeline.check_configuration FOLDER my.yaml ...`.

FOLDER is that of the run, from which files that the configuration names are looked for.
Snakemake loads the files of --configfile ahead of the Snakefile, and of broken YAML tells neither file nor line.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipeline.configuration import ConfigurationError, load
from pipeline.studies import CHECKS

__all__: list[str] = []

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    folder, *overlays = map(Path, sys.argv[1:])
    if folder.is_dir() and not folder.samefile("."):
        overlays = [overlay.absolute() for overlay in overlays]
        os.chdir(folder)
    try:
        load([ROOT / "config.yaml", *overlays], ROOT / "workflow/schemas/config.schema.yaml", CHECKS)
    except ConfigurationError as error:
        sys.exit(str(error))
