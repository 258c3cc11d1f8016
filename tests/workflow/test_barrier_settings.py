"""Barrier crossing and soft lattices in the configuration: faults that are told, and scripts under other settings."""

import copy

import numpy as np
import pytest
import yaml
from checkouts import ROOT

from pipeline.artifacts import read_columns
from pipeline.configuration import canonical_json
from pipeline.fundamentals_checks import barriers_can_be_crossed
from pipeline.job import run
from scripts.fundamentals.compute_barrier_crossing import compute_barrier_crossing
from scripts.fundamentals.compute_soft_modes import compute_soft_modes
from scripts.fundamentals.simulate_langevin import simulate_langevin

FUNDAMENTALS = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["fundamentals"]


def settings_with(name, **changes):
    """A section of the configuration with values at dotted paths (a__b) replaced."""
    own = copy.deepcopy(FUNDAMENTALS[name])
    for path, value in changes.items():
        *folders, last = path.split("__")
        inner = own
        for folder in folders:
            inner = inner[folder]
        inner[last] = value
    return own


def made(tmp_path, script, name, settings, outputs):
    """Artifacts of a script, as columns by name."""
    files = {output: tmp_path / f"{output}.parquet" for output in outputs}
    parameters = canonical_json({f"fundamentals.{name}": settings})
    run(script, ["--parameters", parameters, "--output", *(f"{key}={path}" for key, path in files.items())])
    return {output: read_columns(path) for output, path in files.items()}


@pytest.mark.parametrize(
    ("changes", "where", "told"),
    [
        ({"potential": {"cosines": [0], "sines": []}}, ("potential",), "must have a coefficient other than 0"),
        (
            {"unstable_modes__exponent_between": [7, 5]},
            ("unstable_modes", "exponent_between"),
            "got [7, 5], must ascend",
        ),
        (
            {"ion__barrier_eV": 5},
            ("ion", "barrier_eV"),
            "got 5, must be at most 1.293: 300 kT at the lowest temperature",
        ),
    ],
)
def test_faults(changes, where, told):
    settings = settings_with("barrier_crossing", temperature_K={"start": 50, "stop": 100, "count": 2}, **changes)
    ((path, message),) = barriers_can_be_crossed({"fundamentals": {"barrier_crossing": settings}})
    assert path == ("fundamentals", "barrier_crossing", *where)
    assert message == told


def test_the_configuration_has_no_faults():
    assert list(barriers_can_be_crossed({"fundamentals": FUNDAMENTALS})) == []


def test_other_potentials(tmp_path, capsys):
    """A potential of two harmonics; a friction that is too low for its basis leaves rows that say so."""
    settings = settings_with(
        "barrier_crossing",
        potential={"cosines": [-1, 0.2], "sines": [0, 0.3]},
        reduced_barrier={"start": 2, "stop": 6, "count": 3},
        marked_barriers=[4],
        turnover__reduced_barriers=[4],
        turnover__reduced_friction={"start": 0.5, "stop": 5, "count": 3},
        turnover__marked_frictions=[1],
        unstable_modes__reduced_barrier={"start": 5, "stop": 7, "count": 2},
        unstable_modes__reduced_frictions=[1],
        temperature_K={"start": 300, "stop": 400, "count": 2},
    )
    outputs = ("rates", "turnover", "unstable", "hops", "values")
    tables = made(tmp_path, compute_barrier_crossing, "barrier_crossing", settings, outputs)
    assert (tables["turnover"]["status"] == "ok").all()
    values = {(q, c): v for q, c, v in zip(*(tables["values"][k] for k in ("quantity", "case", "value")), strict=True)}
    assert values["potential_is_cosine", ""] == 0
    assert values["diffusion", "E/kT = 4, friction 1"] == pytest.approx(
        tables["turnover"]["diffusion"][tables["turnover"]["reduced_friction"] == 1][0], rel=1e-9
    )
    assert np.isnan(tables["unstable"]["exponent"]).sum() == 1  # the last barrier of the one friction
    assert capsys.readouterr().err == ""


def test_simulation_tells_how_far_it_is(tmp_path, capsys):
    settings = settings_with(
        "barrier_crossing",
        langevin__crossings={"reduced_barriers": [4], "reduced_frictions": [1], "batches": 4, "caught_below": 0.5},
        langevin__displacements={
            "reduced_barrier": 2,
            "reduced_frictions": [1],
            "steps": 1e5,
            "relaxation_times": 10,
            "first_share": 0.5,
        },
        langevin__time_steps={"reduced_barrier": 4, "reduced_friction": 1, "ratios": [1, 0.5], "batches": 4},
    )
    tables = made(tmp_path, simulate_langevin, "barrier_crossing", settings, ("diffusion", "passages", "time_steps"))
    assert tables["diffusion"]["method"].tolist() == ["from the top", "squared displacements"]
    assert np.isnan(tables["diffusion"]["net_passage"]).tolist() == [False, True]
    assert tables["time_steps"]["time_step_ratio"].tolist() == [1, 0.5]
    assert tables["passages"]["share"].sum() == pytest.approx(1, abs=0.01)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" (")[0] for line in lines] == [f"run {number} of 4" for number in range(1, 5)]


def test_heavy_ions_meet_the_criterion_on_either_side(tmp_path):
    settings = settings_with("soft_mode", mass_u=100, temperature_K={"start": 400, "stop": 600, "count": 3})
    tables = made(tmp_path, compute_soft_modes, "soft_mode", settings, ("amplitudes", "values"))
    own = tables["values"]["case"] == "harmonic, closed form, above"
    assert tables["values"]["status"][own].tolist() == ["ok"]
    diverges = tables["amplitudes"]["status"] == "diverges"
    assert set(tables["amplitudes"]["account"][diverges]) == {"harmonic", "quantum"}
    assert (tables["amplitudes"]["temperature_K"][diverges] == 500).all()
