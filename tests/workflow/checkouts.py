"""Copies of the checkout in which tests run Snakemake, and what they ask of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PROFILE = ("--workflow-profile", "workflow/profiles/default", "--cores", "2")
PICTURES = (".png", ".svg", ".pdf")
CLAIMS = {"check_claims", "tabulate_claims", "plot_claims"}
LIMIT_s = 2400


def copy_sources(target: Path) -> Path:
    """What a clean clone of the working tree would hold: no results, no records."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        source = ROOT / name
        if name and not name.startswith("results/") and source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    # Kernels that set-up has compiled; numba takes them for files of the same time and size.
    for kernel in (ROOT / "workflow/superion/__pycache__").glob("*.nb[ic]"):
        (target / "workflow/superion/__pycache__").mkdir(exist_ok=True)
        shutil.copy2(kernel, target / "workflow/superion/__pycache__" / kernel.name)
    return target


def copy_checkout(source: Path, target: Path) -> Path:
    """A copy with results, records and times of the files."""
    return shutil.copytree(source, target, symlinks=True)


def environment() -> dict[str, str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith(("SNAKEMAKE", "PYTHON", "MAKE"))}
    return own | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}


def command(*arguments: str) -> list[str]:
    return [str(BIN / "snakemake"), *arguments, *PROFILE]


def run(checkout: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run snakemake with the default profile; stdout holds everything that it says."""
    return subprocess.run(
        command(*map(str, arguments)),
        cwd=checkout,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT_s,
    )


def finish(checkout: Path, *arguments: str | Path) -> str:
    """Run snakemake, which must succeed; all that it says."""
    done = run(checkout, *arguments)
    assert done.returncode == 0, "\n".join(["snakemake failed:", *logs_shown(done.stdout), done.stdout[-1500:]])
    return done.stdout


def logs_shown(said: str) -> list[str]:
    """The logs of failed jobs in what snakemake says."""
    return re.findall(r"^Logfile [^\n]*:\n=+\n.*?\n=+$", said, flags=re.MULTILINE | re.DOTALL)


def planned_jobs(checkout: Path, *arguments: str | Path) -> set[str]:
    """Jobs that a run would do, as 'rule' or 'rule lattice', by Snakemake's table of outputs and plans."""
    said = finish(checkout, "--summary", *arguments)
    lines = [line.split("\t") for line in said.splitlines() if line.startswith("results/")]
    assert lines, said
    jobs = set()
    for path, _date, rule, *_rest, plan in lines:
        assert plan in ("update pending", "no update"), path
        if plan == "update pending":
            lattice = re.match(r"results/(?:figures/)?lattices/([a-z0-9_]+)", path)
            of_one = lattice and lattice[1] != "einstein_relation"
            jobs.add(f"{rule} {lattice[1]}" if of_one else rule)
    return jobs


def jobs_done(said: str) -> list[str]:
    """Rules of the jobs that a run finished, one a job."""
    return sorted(rule for rule in re.findall(r"Finished jobid: \d+ \(Rule: (\w+)\)", said) if rule != "all")


def edit(checkout: Path, name: str, change: Callable[[str], str]) -> None:
    path = checkout / name
    text = path.read_text(encoding="utf-8")
    changed = change(text)
    assert changed != text, f"nothing to change in {name}"
    path.write_text(changed, encoding="utf-8")


def edit_config(checkout: Path, change: Callable[[dict], None], *, sort_keys: bool = False) -> None:
    """Change config.yaml as data; comments and formatting are lost on the way."""

    def rewrite(text: str) -> str:
        config = yaml.safe_load(text)
        change(config)
        return yaml.safe_dump(config, sort_keys=sort_keys)

    edit(checkout, "config.yaml", rewrite)


FEWER = {
    "time_local": {"thermal_energies_meV": [20, 30, 50]},
    "full": {"thermal_energies_meV": [20, 30, 50]},
    "paths": {"strengths": [4000], "thermal_energies_meV": [25, 50]},
    "windowed": {"windows_ps": [0.2], "thermal_energies_meV": [20]},
    "self_consistent": {"thermal_energies_meV": [20]},
    "stiffness": {"stiffnesses": [0.5, 1]},
}
"""Families of the diffusion study that tests keep, and the values on their axes."""

FEWER_GASES = {
    "vacancy": {"builders": ["simple_cubic"], "repeats": [3]},
    "concentration": {"repeats": [4], "ions": [32]},
    "pushes": {"push_rates": [1]},
    "repulsion": {"replicas": 2},
    "green_kubo": {"correlation_lags": 4},
    "chain": {"repeats": [5], "ions": [5], "repulsions_over_kT": [2]},
    "honeycomb": {"repeats": [2, 3], "repulsions_over_kT": [2.4, 2.8]},
    "garnet": {"ions": [192, 575], "moves_in_block": 400},
}
"""The same of lattice gases."""


def lighten(config: dict) -> None:
    """Make simulations short, for they are most of the time of a run: fewer families, temperatures, ions, pixels."""
    simulations = config["lattice_gas"]["simulations"]
    simulations |= {"batches": 20, "blocks": 6, "moves_per_block": 2, "equilibration_moves": 5}
    simulations["families"] = {
        name: {key: value for key, value in simulations["families"][name].items() if key not in ("blocks", "batches")}
        | fewer
        for name, fewer in FEWER_GASES.items()
    }
    langevin = config["fundamentals"]["barrier_crossing"]["langevin"]
    langevin["crossings"]["batches"], langevin["time_steps"]["batches"] = 24, 24
    langevin["displacements"]["steps"] = 4.0e6
    config["time_local"]["dissipation"]["shape"] = 50
    config["time_local"]["collisions"]["shape"] = 30
    config["figures"]["dpi"] = 60
    families = config["time_local"]["diffusion"]["families"]
    for name in set(families) - set(FEWER):
        del families[name]
    for name, family in families.items():
        family.update(FEWER[name], baths=1, ions=4, segments=1)


def add_statement(text: str) -> str:
    return f"{text}\nADDED_BY_A_TEST = 1\n"


def products(checkout: Path, *suffixes: str) -> Iterator[Path]:
    """Paths, relative to the checkout, of the files under results that are no logs, nor being written."""
    for path in sorted((checkout / "results").rglob("*")):
        relative = path.relative_to(checkout)
        kept = relative.parts[1] != "logs" and path.suffix != ".unfinished"
        if kept and path.is_file() and (not suffixes or path.suffix in suffixes):
            yield relative


def times(checkout: Path) -> dict[Path, int]:
    return {path: (checkout / path).stat().st_mtime_ns for path in products(checkout)}
