"""An interrupted or killed run goes on where it stopped, and damaged artifacts are made again."""

from __future__ import annotations

import re
import time

import pyarrow.parquet as pq
import pytest
from checkouts import finish, jobs_done, planned_jobs, products, run, times

MOST_AT_ONCE = 12
"""Outputs of two jobs, of at most six each."""
DAMAGED = "results/lattices/square/hops.parquet"


def changed(before: dict, after: dict) -> set[str]:
    """Files that are no longer the ones of before."""
    return {str(path) for path, stamp in before.items() if after.get(path) != stamp}


def test_an_interrupt_leaves_only_whole_files(resumed):
    stage = resumed.interrupted
    assert stage.status == 1
    assert "on user request" in stage.said
    assert len(stage.times) >= 20


def test_files_made_before_the_interrupt_are_kept(resumed):
    stage = resumed.interrupted
    assert changed(stage.times, resumed.times) <= stage.unfinished
    assert len(stage.unfinished) <= MOST_AT_ONCE


def test_a_killed_run_must_be_unlocked_and_says_so(resumed):
    assert resumed.killed.status == -9
    assert resumed.locked.returncode == 1
    assert "--unlock" in resumed.locked.stdout


def test_after_a_kill_only_unfinished_jobs_are_redone(resumed):
    stage = resumed.killed
    assert len(stage.times) >= 50
    assert changed(stage.times, resumed.times) <= stage.unfinished
    assert len(stage.unfinished) <= MOST_AT_ONCE
    assert 0 < len(jobs_done(resumed.last_words)) < 165  # five fewer than all


def test_nothing_half_written_is_left(resumed):
    assert not list(resumed.checkout.rglob("*.unfinished"))
    for path in products(resumed.checkout, ".parquet"):
        pq.read_table(resumed.checkout / path)


def test_the_resumed_run_makes_the_same_files(resumed, finished):
    assert list(products(resumed.checkout)) == list(products(finished))


@pytest.mark.parametrize("damage", ["cut short", "garbage", "empty"])
def test_a_damaged_artifact_is_told_by_a_dry_run_and_made_again(checkout, damage):
    path = checkout / DAMAGED
    whole = path.read_bytes()
    broken = {"cut short": whole[:-100], "garbage": b"PAR1 no table at all", "empty": b""}[damage]
    path.write_bytes(broken)
    others = {name: stamp for name, stamp in times(checkout).items() if str(name) != DAMAGED}
    for dry in ("--dry-run", "-np", "--summary", "--rulegraph"):
        said = finish(checkout, dry)
        assert f"{DAMAGED} is cut short or not a Parquet file: a real run makes it again" in said
        assert path.read_bytes() == broken
        if damage != "cut short":
            break
    said = finish(checkout, DAMAGED)
    assert f"{DAMAGED} is cut short or not a Parquet file: removed, to be made again" in said
    assert jobs_done(said) == ["build_hopping_matrices"]
    assert path.read_bytes() == whole
    siblings = {"geometry.parquet", "hopping_matrices.parquet"}  # of the same job
    untouched = {name: stamp for name, stamp in others.items() if name.name not in siblings}
    assert changed(untouched, times(checkout)) == set()


def test_a_full_run_makes_a_damaged_artifact_again(checkout):
    """Also one that no target of old needs any more, as all that reads it is there."""
    whole = (checkout / DAMAGED).read_bytes()
    (checkout / DAMAGED).write_bytes(whole[:-100])
    done = jobs_done(finish(checkout))
    assert "build_hopping_matrices" in done
    assert len(done) == 5  # and what reads it
    assert (checkout / DAMAGED).read_bytes() == whole


def test_a_run_with_nothing_to_do(finished, capsys):
    before, start = times(finished), time.perf_counter()
    done = run(finished)
    with capsys.disabled():
        print(f"\na run with nothing to do takes {time.perf_counter() - start:.1f} s")
    assert done.returncode == 0
    assert re.search("Nothing to be done", done.stdout)
    assert times(finished) == before
    assert planned_jobs(finished) == set()
