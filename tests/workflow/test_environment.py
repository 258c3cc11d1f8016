"""The environments agree with each other, and every rule says what it is and where it writes its log."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml
from checkouts import ROOT

COLLECTING = ("all", "fit")
"""Rules that make nothing themselves."""
CONDA_NAMES = {"matplotlib-base": "matplotlib"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "envs/superion.yaml").read_text(encoding="utf-8"))
RULES = [
    (path.name, name or "(unnamed)", body)
    for path in [ROOT / "Snakefile", *sorted((ROOT / "workflow/rules").glob("*.smk"))]
    for name, body in re.findall(
        r"^[ ]*rule ?(\w*):\n((?:(?:[ ]{4,}.*)?\n)+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
]


def locked_versions() -> dict[str, set[str]]:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    versions: dict[str, set[str]] = {}
    for package in lock["package"]:
        versions.setdefault(package["name"], set()).add(package.get("version", ""))
    return versions


def pinned_versions() -> dict[str, str]:
    pins = dict(line.split("=") for line in ENVIRONMENT["dependencies"])
    return {CONDA_NAMES.get(name, name): version for name, version in pins.items()}


def test_conda_pins_are_the_versions_of_the_lock_file():
    locked = locked_versions()
    for name, version in pinned_versions().items():
        if name != "python":
            assert locked[name] == {version}, name


def test_the_conda_environment_has_what_jobs_import():
    needed = {re.match(r"[a-z0-9-]+", line)[0] for line in PROJECT["dependencies"]} - {"snakemake"}
    assert needed <= set(pinned_versions())


def test_the_python_of_conda_is_one_the_project_allows():
    least = re.match(r">=(\d+)\.(\d+)", PROJECT["requires-python"]).groups()
    own = pinned_versions()["python"].split(".")
    assert tuple(map(int, own[:2])) >= tuple(map(int, least))


def test_the_rules_are_found():
    names = {name for _, name, _ in RULES}
    assert {"all", "build_hopping_matrices", "solve_mean_fields", "plot_lattice", "check_claims", "(unnamed)"} <= names
    assert len(RULES) >= 16


@pytest.mark.parametrize(("file", "name", "body"), RULES, ids=[name for _, name, _ in RULES])
def test_every_rule_has_log_environment_and_message(file, name, body):
    wanted = ("message",) if name in COLLECTING else ("output", "log", "conda", "params", "message", "shell")
    missing = [key for key in wanted if not re.search(rf"^\s+{key}:$", body, flags=re.MULTILINE)]
    assert missing == [], f"{file}: rule {name}"


def test_logs_have_a_name_of_their_own():
    logs = [re.search(r'log:\n\s+f?"(.*)"', body)[1] for _, name, body in RULES if name not in COLLECTING]
    assert len(set(logs)) == len(logs)
    assert all(log.startswith("results/logs/") and log.endswith(".log") for log in logs)


def test_every_figure_has_a_caption(finished):
    for path in (finished / "results/figures").rglob("*.png"):
        lattice = path.parent.name == "lattices" and path.stem != "einstein_relation"
        name = "lattice" if lattice else path.stem
        caption = ROOT / f"workflow/report/{name}.rst"
        assert caption.is_file() and caption.read_text(encoding="utf-8").strip(), caption.name
