"""The same inputs give the same bytes, in whatever folder, at whatever time, in one go or in pieces."""

from __future__ import annotations

import shutil
from pathlib import Path

from checkouts import PICTURES, finish, products

KINDS = (".parquet", *PICTURES, ".md", ".html")
LIGHTENED = ("results/time_local", "results/figures/time_local", "results/figures/claims", "results/claims")
"""What the resumed run makes from other parameters."""


def of_both(path: Path) -> bool:
    return not str(path).startswith(LIGHTENED)


def test_two_runs_in_different_folders_give_the_same_bytes(finished, resumed):
    names = list(filter(of_both, products(finished, *KINDS)))
    assert {path.suffix for path in names} == set(KINDS)
    assert len(names) >= 200
    different = [
        str(path) for path in names if (finished / path).read_bytes() != (resumed.checkout / path).read_bytes()
    ]
    assert different == []


def test_the_time_local_study_made_anew_gives_the_same_bytes(checkout, finished):
    """Ions in a bath of each kind, thermal states of the lattice, and figures of both."""
    runs = sorted((checkout / "results/time_local/runs").glob("*/*/bath_1"))
    families = {path.parts[-3]: path for path in runs}
    anew = [families[name].relative_to(checkout) for name in ("time_local", "full", "self_consistent")]
    for path in anew:
        shutil.rmtree(checkout / path)
    anew += [Path("results/time_local/vibration_fits.parquet"), Path("results/time_local/speed_distributions.parquet")]
    anew += [Path(f"results/figures/time_local/{name}.svg") for name in ("diffusion", "ion_paths", "lattice_dynamics")]
    for path in anew[3:]:
        (checkout / path).unlink()
    finish(checkout)
    files = [file for path in anew for file in products(checkout) if file.is_relative_to(path)]
    assert len(files) == 3 * 3 + len(anew[3:])
    assert [str(file) for file in files if (checkout / file).read_bytes() != (finished / file).read_bytes()] == []
