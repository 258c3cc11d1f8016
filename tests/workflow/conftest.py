"""Runs of the whole workflow, shared by the tests: one undisturbed, one interrupted, killed and resumed."""

from __future__ import annotations

import fcntl
import os
import pickle
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from checkouts import (
    LIMIT_s,
    command,
    copy_checkout,
    copy_sources,
    edit_config,
    environment,
    finish,
    lighten,
    products,
    run,
    times,
)

from pipeline.freshness import recorded


def _made_once(tmp_path_factory, name: str, make: Callable[[Path], object]) -> tuple[Path, object]:
    """A folder, and what `make` returns of it: made by the first of the processes that tests run in."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / name
    shared.mkdir(exist_ok=True)
    told = shared / "told.pickle"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # held until the file is closed
        if not told.exists():
            told.write_bytes(pickle.dumps(make(shared)))
    return shared, pickle.loads(told.read_bytes())


def _finished(folder: Path) -> dict[Path, int]:
    checkout = copy_sources(folder / "checkout")
    edit_config(checkout, lighten)
    finish(checkout)
    return times(checkout)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Iterator[Path]:
    """A checkout after one complete run, of a short diffusion study; not to be changed."""
    folder, made = _made_once(tmp_path_factory, "finished", _finished)
    checkout = folder / "checkout"
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
            command(),
            cwd=checkout,
            env=environment(),
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Processes that run tests side by side ignore Ctrl-C, and so would what they start.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
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
    """The same checkout elsewhere, whose run is interrupted by Ctrl-C, killed the next time, and then finished."""
    return _made_once(tmp_path_factory, "resumed", _resumed)[1]


def _resumed(folder: Path) -> Resumed:
    checkout = copy_sources(folder / "elsewhere" / "copy")
    edit_config(checkout, lighten)

    def made() -> int:
        return sum(1 for _ in products(checkout))

    interrupted = _stopped(checkout, signal.SIGINT, lambda: made() >= 30)
    before = made()
    killed = _stopped(checkout, signal.SIGKILL, lambda: made() >= before + 30)
    locked = run(checkout)
    finish(checkout, "--unlock")
    last_words = finish(checkout)
    return Resumed(checkout, interrupted, killed, locked, last_words, times(checkout))
