"""Runs of lattice gases: names, what they are built of, and settings that are refused."""

from __future__ import annotations

import copy

import pytest
import yaml
from checkouts import ROOT

from pipeline.fundamentals_checks import lattice_gases_can_be_built, simulations_can_run
from pipeline.lattice_gas_runs import lattice_gas_of, lattice_gas_runs

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
    (run,) = lattice_gas_runs(simulations(a=family)).values()
    assert lattice_gas_of(run).ion_count == ions


def test_a_list_of_sites_has_its_sublattices():
    family = {"site_list": SITES, "cell_lengths": [49.0672], "first_sublattice": "T", "ions": [8]}
    (run,) = lattice_gas_runs(simulations(a=family | {"sublattice_energies_over_kT": [1.5]})).values()
    gas = lattice_gas_of(run)
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
        ({"site_list": "none.dat", "cell_lengths": [1.0], "ions": [1]}, "site list none.dat: cannot be read"),
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
