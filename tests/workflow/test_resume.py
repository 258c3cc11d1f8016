"""An interrupted or killed run goes on where it stopped, and damaged artifacts are made again."""

from __future__ import annotations

import re
import time

import pyarrow.parquet as pq
import pytest
from checkouts import finish, jobs_done, planned_jobs, products, run, times

TRUNCATED = "results/lattices/two_site_chain/hops.parquet"


def kept(before: dict, after: dict) -> int:
    """How many files are still the ones of before."""
    return sum(after.get(path) == stamp for path, stamp in before.items())


def test_an_interrupt_leaves_only_whole_files(resumed):
    stage = resumed.interrupted
    assert stage.status != 0
    assert "Traceback" not in stage.said
    assert len(stage.times) >= 28  # the outputs of interrupted jobs are gone, those of finished jobs are there
    assert stage.incomplete == 0


def test_files_made_before_the_interrupt_are_kept(resumed):
    before = resumed.interrupted.times
    assert kept(before, resumed.times) == len(before)


def test_a_killed_run_must_be_unlocked_and_says_so(resumed):
    assert resumed.killed.status == -9
    assert resumed.locked.returncode == 1
    assert "--unlock" in resumed.locked.stdout


def test_after_a_kill_only_unfinished_jobs_are_redone(resumed):
    before = resumed.killed.times
    redone = len(before) - kept(before, resumed.times)
    assert redone <= resumed.killed.incomplete <= 12  # two jobs at most were running
    done_at_last = len(jobs_done(resumed.last_words))
    assert 0 < done_at_last < 65


def test_nothing_half_written_is_left(resumed):
    assert not list(resumed.checkout.rglob("*.unfinished"))
    for path in products(resumed.checkout, ".parquet"):
        pq.read_table(resumed.checkout / path)


def test_the_resumed_run_makes_the_same_files(resumed, finished):
    assert list(products(resumed.checkout)) == list(products(finished))


@pytest.mark.parametrize("damage", ["cut short", "garbage", "empty"])
def test_a_damaged_artifact_is_told_by_a_dry_run_and_made_again(checkout, damage):
    path = checkout / TRUNCATED
    whole = path.read_bytes()
    broken = {"cut short": whole[:-100], "garbage": b"PAR1 no table at all", "empty": b""}[damage]
    path.write_bytes(broken)
    others = {name: stamp for name, stamp in times(checkout).items() if str(name) != TRUNCATED}
    for dry in ("--dry-run", "-np", "--summary", "--rulegraph"):
        said = finish(checkout, dry)
        assert f"{TRUNCATED} is cut short or not a Parquet file: a real run makes it again" in said
        assert path.read_bytes() == broken
        if damage != "cut short":
            break
    said = finish(checkout, TRUNCATED)
    assert f"{TRUNCATED} is cut short or not a Parquet file: it is made again" in said
    assert jobs_done(said) == ["build_hopping_matrices"]
    assert path.read_bytes() == whole
    siblings = {"geometry.parquet", "hopping_matrices.parquet"}  # of the same job
    untouched = {name: stamp for name, stamp in others.items() if name.name not in siblings}
    assert kept(untouched, times(checkout)) == len(untouched)


def test_a_damaged_artifact_is_never_read_as_data(checkout):
    (checkout / TRUNCATED).write_bytes((checkout / TRUNCATED).read_bytes()[:-100])
    said = finish(checkout, "results/lattices/two_site_chain/conductivity.parquet")
    assert jobs_done(said) == ["build_hopping_matrices", "compute_lattice_conductivity"]


def test_a_run_with_nothing_to_do(finished, capsys):
    before, start = times(finished), time.perf_counter()
    done = run(finished)
    with capsys.disabled():
        print(f"\na run with nothing to do takes {time.perf_counter() - start:.1f} s")
    assert done.returncode == 0
    assert re.search("Nothing to be done", done.stdout)
    assert times(finished) == before
    assert planned_jobs(finished) == set()
