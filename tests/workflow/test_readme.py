"""The README keeps what it promises: its example, its diagram, its commands and pictures, and the catalogue."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from checkouts import edit_config
from matplotlib.image import imread

from pipeline.catalogue import catalogue
from pipeline.pictures import FOLDER, PICTURES

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = "workflow/resources/examples/lieb_lattice.yaml"
PROFILE = ("--workflow-profile", "workflow/profiles/default")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def run_python(code, folder):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT / "workflow"), "MPLBACKEND": "agg", "PATH": "/usr/bin:/bin", "HOME": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_example_draws_its_figure(tmp_path):
    (code,) = (block for block in blocks("python") if "material.png" in block)
    run_python(code, tmp_path)
    picture = imread(tmp_path / "material.png")
    assert picture[..., :3].std() > 0.05  # something is drawn


def test_the_python_example_fits_its_curve(tmp_path):
    (code,) = (block for block in blocks("python") if "quasi_ion" in block)
    said = run_python(code, tmp_path).splitlines()
    assert said[-1] == "all parameters are determined"
    number = r"(-?[0-9.]+)"
    found = [re.match(rf"(\w+): {number} \({number} to {number}\)", line) for line in said[:-1]]
    ranges = {match[1]: (float(match[3]), float(match[4])) for match in found}
    low, high = ranges["migration_energy_eV"]
    assert 0.5 < low < 0.57 < high < 0.65


def test_the_python_example_moves_its_ions(tmp_path):
    (code,) = (block for block in blocks("python") if "IonMotion" in block)
    numbers = [float(word) for word in re.findall(r"-?[0-9.]+", run_python(code, tmp_path))]
    assert len(numbers) == 24
    assert 0.2 < max(abs(number - 1.5) for number in numbers) < 30


@pytest.mark.parametrize("name", ["my_ion.yaml", "my_crystal.yaml"])
def test_the_overlays_of_ions_shown_are_valid(tmp_path, name):
    from pipeline.configuration import load
    from pipeline.ion_runs import ion_runs
    from pipeline.studies import CHECKS

    overlay = tmp_path / name
    overlay.write_text(next(block for block in blocks("yaml") if name in block), encoding="utf-8")
    config = load([ROOT / "config.yaml", overlay], ROOT / "workflow/schemas/config.schema.yaml", CHECKS)
    families = {run.split("/")[0] for run in ion_runs(config["time_local"]["diffusion"])}
    assert (families == {"time_local", "full"}) == (name == "my_ion.yaml")


def test_the_columns_shown_are_valid(tmp_path):
    from pipeline.configuration import load
    from pipeline.studies import CHECKS

    overlay = tmp_path / "my_columns.yaml"
    overlay.write_text(next(block for block in blocks("yaml") if "my_columns.yaml" in block), encoding="utf-8")
    config = load([ROOT / "config.yaml", overlay], ROOT / "workflow/schemas/config.schema.yaml", CHECKS)
    assert config["conductivity_fits"]["columns"]["conductivity"]["quantity"] == "sigma_T"


def test_the_own_lattice_shown_is_the_example_file():
    shown = next(yaml.safe_load(block) for block in blocks("yaml") if "lieb" in block)
    assert shown == yaml.safe_load((ROOT / EXAMPLE).read_text(encoding="utf-8"))


def test_the_overlay_shown_is_valid(tmp_path):
    from pipeline.configuration import load
    from pipeline.studies import CHECKS

    overlay = tmp_path / "silver.yaml"
    overlay.write_text(next(block for block in blocks("yaml") if "silver.yaml" in block), encoding="utf-8")
    config = load([ROOT / "config.yaml", overlay], ROOT / "workflow/schemas/config.schema.yaml", CHECKS)
    assert config["superionic"]["material"]["repulsion_eV"] == 0.115
    assert config["superionic"]["material"]["filling"] == 1


def test_every_make_target_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", README))
    assert named and named <= targets, named - targets


def test_files_and_modules_named_exist():
    for path in re.findall(r"\]\(([^)#]+)\)", README):
        if not path.startswith("http"):
            assert (ROOT / path).exists(), path
    for module in re.findall(r"^\| .*? \| (.*?) \| .*? \| .*? \|$", README, flags=re.MULTILINE):
        for name in re.findall(r"`([a-z_]+)(?:\.\w+)?`", module):
            assert (ROOT / f"workflow/superion/{name}.py").is_file(), name


def test_the_diagram_is_the_rule_graph(finished):
    done = subprocess.run(
        ["snakemake", *PROFILE, "--cores", "1", "--rulegraph", "mermaid-js"],
        cwd=finished, capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = dict(re.findall(r"^\s*(id\d+)\[(\w+)\]", done.stdout, flags=re.MULTILINE))
    edges = {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", done.stdout)}
    (diagram,) = blocks("mermaid")
    shown = set(re.findall(r"(\w+) --> (\w+)", diagram))
    assert shown == {(a, b) for a, b in edges if b != "all"}


def test_the_pictures_are_those_of_a_run(checkout):
    """Pixel by pixel to 2 of 255 grey levels on average: another platform may hint fonts a little differently."""
    edit_config(checkout, lambda config: config["figures"].update(dpi=200))
    wanted = [f"results/{figure}" for figure in PICTURES.values()]
    subprocess.run(
        ["snakemake", *PROFILE, "--cores", "2", "--configfile", EXAMPLE, "--", *wanted],
        cwd=checkout, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name, figure in PICTURES.items():
        committed, drawn = imread(ROOT / FOLDER / name), imread(checkout / "results" / figure)
        assert committed.shape == drawn.shape, name
        if name in ("kinetic_temperatures.png", "claims.png"):
            continue  # of the diffusion study, which is short here
        assert np.abs(committed - drawn).mean() < 2 / 255, f"{name}: run `make pictures`"


def test_the_catalogue_is_that_of_a_run(finished):
    written = (ROOT / "results/README.md").read_text(encoding="utf-8")
    assert written == catalogue(finished / "results"), "run `make catalogue`"
