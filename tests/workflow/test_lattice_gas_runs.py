"""Runs of lattice gases: names, what they are built of, and settings that are refused."""

from __future__ import annotations

import copy

import pytest
import yaml
from checkouts import ROOT

from pipeline.artifacts import read_columns, read_table
from pipeline.configuration import canonical_json
from pipeline.fundamentals_checks import lattice_gases_can_be_built, simulations_can_run
from pipeline.job import run
from pipeline.lattice_gas_runs import lattice_gas_of, lattice_gas_runs
from scripts.lattice_gas.reduce_lattice_gas import reduce_lattice_gas
from scripts.lattice_gas.simulate_lattice_gas import simulate_lattice_gas

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
PLAIN = {"builders": ["square"], "repeats": [3], "ions": [4]}
SITES = "workflow/resources/garnet_lattice_gas_cc-by-sa/llzo_lattice_site_list.dat"


def simulations(**families) -> dict:
    return CONFIG["lattice_gas"]["simulations"] | {"families": families}


def faults(check, **families) -> list[str]:
    config = copy.deepcopy(CONFIG)
    config["lattice_gas"]["simulations"]["families"] = families
    return [f"{'.'.join(map(str, path[2:]))}: {message}" for path, message in check(config)]


def test_lists_are_axes_and_names_hold_their_values():
    runs = lattice_gas_runs(simulations(a=PLAIN | {"ions": [4, 5], "push_rates": [0, 0.5]}, b=None))
    assert list(runs) == [f"a/square_L3_n{ions}_push{push}" for ions in (4, 5) for push in ("0", "0.5")]
    assert runs["a/square_L3_n5_push0.5"]["push_rate"] == 0.5
    assert runs["a/square_L3_n5_push0.5"]["blocks"] == CONFIG["lattice_gas"]["simulations"]["blocks"]


@pytest.mark.parametrize(("key", "value", "ions"), [("vacancies", 2, 7), ("fillings", 0.5, 4), ("ions", 9, 9)])
def test_ions_are_told_in_three_ways(key, value, ions):
    family = {name: x for name, x in PLAIN.items() if name != "ions"} | {key: [value]}
    (settings,) = lattice_gas_runs(simulations(a=family)).values()
    assert lattice_gas_of(settings).ion_count == ions


def test_a_list_of_sites_has_its_sublattices():
    family = {"site_list": SITES, "cell_lengths": [49.0672], "first_sublattice": "T", "ions": [8]}
    (settings,) = lattice_gas_runs(simulations(a=family | {"sublattice_energies_over_kT": [1.5]})).values()
    gas = lattice_gas_of(settings)
    assert (gas.lattice.site_polarity > 0).sum() == 192
    assert sorted(set(gas.site_energy_over_kT)) == [0, 1.5]


def test_the_default_can_run():
    assert list(simulations_can_run(CONFIG)) == []
    assert list(lattice_gases_can_be_built(CONFIG)) == []


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ({"builders": ["square"], "repeats": [3]}, "must have one of ions, vacancies, fillings, got none"),
        (PLAIN | {"vacancies": [1]}, "must have one of ions, vacancies, fillings, got ions and vacancies"),
        (PLAIN | {"site_list": SITES, "cell_lengths": [49.0]}, "must have either 'builders' or 'site_list'"),
        ({"builders": ["square"], "ions": [4]}, "needs 'repeats' beside it"),
        ({"site_list": SITES, "ions": [4]}, "needs 'cell_lengths' beside it"),
        (PLAIN | {"correlation_lags": 3}, "needs 'block_duration' beside it"),
        (PLAIN | {"correlation_lags": 3, "follow_drift": False}, "needs 'follow_drift: true' beside it"),
        (PLAIN | {"follow_drift": True, "scheme": "pick moves"}, "the drift is followed by 'draw moves' alone"),
        (PLAIN | {"batches": 3}, "has 3 batches in all its replicas, must have 20 or more for error bars"),
        (PLAIN | {"moves_in_block": 5, "block_duration": 1}, "must have one of them at most"),
        (
            PLAIN | {"correlation_lags": 300, "follow_drift": True, "block_duration": 1},
            "got 300, must be below the blocks of a batch, 250",
        ),
    ],
)
def test_families_that_are_not_whole_are_told(family, words):
    assert any(words in fault for fault in faults(simulations_can_run, a=family)), faults(simulations_can_run, a=family)


def test_one_family_must_stay():
    assert faults(simulations_can_run, a=None) == ["families: got nothing but null: one family must stay"]


@pytest.mark.parametrize(
    ("family", "words"),
    [
        (PLAIN | {"ions": [10]}, "ion_count must be an integer, at least 1 and at most 9 (9 sites), got 10"),
        (PLAIN | {"ions": [9]}, "9 ions on 9 sites: no site is free, nothing can move"),
        ({"builders": ["square"], "repeats": [3], "fillings": [0.01]}, "no ion is left on 9 sites"),
        (PLAIN | {"repeats": [1], "ions": [1]}, "is its own neighbour: the periodic piece must be larger"),
        (PLAIN | {"sublattice_energies_over_kT": [1]}, "need a lattice of two sublattices"),
        ({"site_list": "none.dat", "cell_lengths": [1.0], "ions": [1]}, "site list none.dat (looked for from "),
        (
            {"site_list": SITES, "cell_lengths": [49.0672], "first_sublattice": "X", "ions": [1]},
            "first_sublattice must be a label of the site list (O, T), got 'X'",
        ),
        ({"builders": ["chain"], "repeats": [5], "ions": [1]}, "builder_options of 'chain'"),
    ],
)
def test_lattice_gases_that_cannot_be_are_told(family, words):
    (fault,) = faults(lattice_gases_can_be_built, a=family)
    assert words in fault


SHORT = {"replicas": 2, "batches": 10, "blocks": 4, "moves_per_block": 2, "equilibration_moves": 2}


def simulated(folder, settings: dict, replica: int = 1) -> dict:
    """The artifacts of one replica of a run, as its rule has them made."""
    folder.mkdir(exist_ok=True)
    settings = {key: value for key, value in settings.items() if key != "replicas"} | {"replica_number": replica}
    outputs = {name: folder / f"{name}_{replica}.parquet" for name in ("sums", "correlations")}
    written = [f"{name}={path}" for name, path in outputs.items()]
    run(simulate_lattice_gas, ["--parameters", canonical_json({"lattice_gas.run": settings}), "--output", *written])
    return outputs


def settings_of(family: dict, others: dict | None = None) -> list[dict]:
    """Runs of a family, named."""
    runs = lattice_gas_runs(simulations(mine=family, **(others or {})))
    return [settings | {"name": name} for name, settings in runs.items() if name.startswith("mine/")]


def test_other_runs_and_more_replicas_change_nothing(tmp_path):
    family = PLAIN | SHORT | {"repulsions_over_kT": [1]}
    ((alone,), (first, second)) = (
        settings_of(family),
        settings_of(family | {"repulsions_over_kT": [1, 2], "replicas": 5}, {"more": PLAIN}),
    )
    assert {key: x for key, x in alone.items() if key != "replicas"} == {
        key: x for key, x in first.items() if key != "replicas"
    }
    made = {name: simulated(tmp_path / name, one)["sums"].read_bytes() for name, one in (("a", alone), ("b", first))}
    assert made["a"] == made["b"]
    seen = {
        tuple(read_columns(simulated(tmp_path / "c", one, replica)["sums"])["tracer_square"])
        for one in (first, second, first | {"seed": 2}, first | {"name": "mine/other"})
        for replica in (1, 2)
    }
    assert len(seen) == 8  # each has random numbers of its own


def test_sums_and_estimates_of_replicas(tmp_path):
    """Exchanges alone move no charge: what cannot be told is left empty, the rest is there."""
    shared = PLAIN | SHORT | {"follow_drift": True}
    exchange = shared | {"builders": ["honeycomb"], "ions": [9], "hop_rate": 0, "exchange_rates": [1]}
    hops = shared | {"block_duration": 0.5, "correlation_lags": 2, "blocks": 12, "moves_per_block": 1}
    made = [
        simulated(tmp_path / str(number), settings, replica)
        for number, family in enumerate((exchange, hops))
        for settings in settings_of(family)
        for replica in (1, 2)
    ]
    inputs = [f"{name}={paths[name]}" for name in ("sums", "correlations") for paths in made]
    written = [f"{name}={tmp_path / name}.parquet" for name in ("diffusion", "green_kubo")]
    run(reduce_lattice_gas, ["--parameters", "{}", "--input", *inputs, "--output", *written])
    table = read_table(tmp_path / "diffusion.parquet").set_index(["run", "estimator"])
    assert set(table["scheme"]) == {"draw moves"}
    assert set(table["replicas"]) == {2}
    of_exchange, of_hops = "honeycomb_L3_n9_exchange1", "square_L3_n4"
    for estimator in ("displacement", "drift"):
        row = table.loc[of_exchange, estimator]
        assert row[["haven_ratio", "haven_ratio_error", "charge_correlation"]].isna().all()
        assert row["charge_D"] == row["charge_static_D"] == 0
        assert row["tracer_D"] > 0
        assert (
            not table.loc[of_hops, estimator]
            .drop(["bonds", "bonds_error"])
            .isna()
            .drop(["binder_cumulant", "binder_cumulant_error"])
            .any()
        )
    assert table.loc[(of_hops, "drift"), "charge_correlation"] == pytest.approx(1, abs=1e-12)
    assert table.loc[(of_hops, "displacement"), "blocks"] == 2 * 10 * 12
    curve = read_table(tmp_path / "green_kubo.parquet")
    assert list(curve["time"]) == [0, 0.5, 1]
    assert set(curve["run"]) == {of_hops}
    assert abs(curve["drift_correlation"]).max() < 1e-20  # together, ions that exclude each other never drift


def test_an_arrangement_that_cannot_move_is_told(tmp_path, capsys):
    """One ion has none to push."""
    (settings,) = settings_of(PLAIN | SHORT | {"ions": [1], "hop_rate": 0, "push_rates": [1]})
    with pytest.raises(SystemExit):
        simulated(tmp_path, settings)
    assert "nothing moves: the ions are stuck in their arrangement" in capsys.readouterr().err
