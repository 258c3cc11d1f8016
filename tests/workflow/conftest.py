"""Runs of the whole workflow, shared by the tests: one undisturbed, one interrupted, killed and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkouts import LIMIT_s, command, copy_checkout, copy_sources, environment, finish, products, run, times

from pipeline.freshness import recorded


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Iterator[Path]:
    """A checkout after one complete run; not to be changed."""
    checkout = copy_sources(tmp_path_factory.mktemp("finished") / "checkout")
    finish(checkout)
    made = times(checkout)
    yield checkout
    assert times(checkout) == made, "a test has changed the shared run: take the fixture `checkout` instead"


@pytest.fixture
def checkout(finished, tmp_path) -> Path:
    """A copy of the finished checkout, to be edited."""
    return copy_checkout(finished, tmp_path / "checkout")


@pytest.fixture
def sources(tmp_path) -> Path:
    """A checkout in which nothing has run."""
    return copy_sources(tmp_path / "checkout")


@dataclass
class Stage:
    """What is there after a run was stopped."""

    status: int
    said: str
    times: dict[Path, int]
    unfinished: set[str]
    """Files that Snakemake has marked as incomplete."""


@dataclass
class Resumed:
    """A run that was interrupted, then killed, then finished."""

    checkout: Path
    interrupted: Stage
    killed: Stage
    locked: subprocess.CompletedProcess
    last_words: str
    times: dict[Path, int]


def _stopped(checkout: Path, number: signal.Signals, ready: Callable[[], bool]) -> Stage:
    """Start a run in a process group of its own, and send it a signal as soon as it is far enough."""
    with (checkout.parent / "said.txt").open("w+") as said:
        process = subprocess.Popen(
            command(), cwd=checkout, env=environment(), stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
        end = time.monotonic() + LIMIT_s
        while not ready():
            assert process.poll() is None, "the run ended before it could be stopped"
            assert time.monotonic() < end, "the run makes no progress"
            time.sleep(0.02)
        os.killpg(process.pid, number)
        status = process.wait(LIMIT_s)
        while _group_lives(process.pid):
            assert time.monotonic() < end, "jobs outlive the run"
            time.sleep(0.02)
        said.seek(0)
        unfinished = recorded(checkout / ".snakemake/incomplete")
        return Stage(status, said.read(), times(checkout), set(unfinished))


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="session")
def resumed(tmp_path_factory) -> Resumed:
    """A checkout in another folder, whose run is interrupted by Ctrl-C, killed the next time, and then finished."""
    checkout = copy_sources(tmp_path_factory.mktemp("resumed") / "elsewhere" / "copy")

    def made() -> int:
        return sum(1 for _ in products(checkout))

    interrupted = _stopped(checkout, signal.SIGINT, lambda: made() >= 30)
    before = made()
    killed = _stopped(checkout, signal.SIGKILL, lambda: made() >= before + 30)
    locked = run(checkout)
    finish(checkout, "--unlock")
    last_words = finish(checkout)
    return Resumed(checkout, interrupted, killed, locked, last_words, times(checkout))
