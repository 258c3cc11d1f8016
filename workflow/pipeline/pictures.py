"""Copy the pictures of the README from the figures of a run."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

__all__ = ["PICTURES"]

PICTURES = {
    "type_one_readings.png": "figures/superionic/type_one_readings.png",
    "claims.png": "figures/claims/claims.png",
    "measured_garnets.png": "figures/quasi_ion/measured_garnets.png",
    "kinetic_temperatures.png": "figures/time_local/kinetic_temperatures.png",
    "lieb.png": "figures/lattices/lieb.png",
}
"""Name below workflow/report/pictures, and the figure below results/."""
FOLDER = Path("workflow/report/pictures")


if __name__ == "__main__":
    for name, figure in PICTURES.items():
        shutil.copyfile(Path(sys.argv[1], figure), FOLDER / name)
        print(FOLDER / name)
