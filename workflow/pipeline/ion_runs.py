"""Runs of the diffusion study: families of the configuration, spread over their axes.

A family names an equation of motion and lists of values; each combination of these is a run, with a name made of its
values, and each bath of a run is a job of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

__all__ = ["AXES", "ion_runs"]

# key in the configuration: (key of a run, letters in its name)
AXES = {
    "strengths": ("strength", "U"),
    "thermal_energies_meV": ("thermal_energy_meV", "T"),
    "memories_ps": ("memory_ps", "memory"),
    "tapers_ps": ("taper_ps", "tau"),
    "windows_ps": ("window_ps", "window"),
    "stiffnesses": ("stiffness", "k"),
    "masses": ("mass", "m"),
}
DEFAULTS = {"stiffnesses": [1], "masses": [1], "bath": "quantum", "baths": 1, "path_ions": 0}


def ion_runs(diffusion: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Settings of each run by 'family/run', in the order of the configuration; `baths` says how many jobs it is.

    Parameters
    ----------
    diffusion : section `time_local.diffusion`
    """
    shared = {key: value for key, value in diffusion.items() if key != "families"}
    runs = {}
    for family, given in diffusion["families"].items():
        if given is None:
            continue
        settings = DEFAULTS | given
        axes = [axis for axis in AXES if axis in settings]
        fixed = {key: value for key, value in settings.items() if key not in AXES}
        for values in product(*(settings[axis] for axis in axes)):
            point = dict(zip(axes, values, strict=True))
            # Every axis that the family gives: a name, and with it a seed, stays when an axis gets more values.
            name = "_".join(f"{AXES[axis][1]}{point[axis]:.12g}" for axis in axes if axis in given)
            runs[f"{family}/{name}"] = shared | fixed | {AXES[axis][0]: value for axis, value in point.items()}
    return runs
