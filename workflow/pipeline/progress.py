"""Progress of a run for the eye: `snakemake ... 2>&1 | python -m pipeline.progress`.

One line a finished job (one updating bar on a terminal) takes the place of Snakemake's own chatter. Warnings and errors
pass unchanged. What Snakemake writes in full stands in .snakemake/log.
"""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterable
from typing import TextIO

__all__ = ["Progress"]

CHATTER = re.compile(
    r"Assuming unrestricted|Building DAG|Using shell|Provided cores|Rules claiming|Conda environments|Select jobs|"
    r"Execute \d+ jobs|Using workflow specific profile|Complete log|Elapsed time|Unlocked working directory|"
    r"WorkflowError:$|At least one job did not complete|Removing output files of failed job|"
    r"Job stats|(job|total) +(count|\d+)$|-+  -+$|\w+ +\d+$|\[\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}\]$"
)
STARTED = re.compile(r"(?:local)?[Jj]ob (\d+): (.*)")
FINISHED = re.compile(r"Finished jobid: (\d+)")
STEPS = re.compile(r"(\d+) of (\d+) steps")
FAILURE = re.compile(r"RuleException:|CalledProcessError in file|Command 'set -euo|Exiting because a job|={20,}$")
FAILED_JOB = re.compile(r"Error in rule (\w+)|Error in group")
LOG = re.compile(r"Logfile (\S+?):?$")
NOTHING_TO_DO = re.compile(r"Nothing to be done")
WIDTH = 30


class Progress:
    """Turns lines of Snakemake into progress.

    Parameters
    ----------
    out : where progress is written; a bar if it is a terminal, lines otherwise
    """

    def __init__(self, out: TextIO) -> None:
        self.out = out
        self.is_terminal = out.isatty()
        self.messages: dict[str, str] = {}
        self.last = ""
        self.bar_shown = False
        self.in_failed_job = False
        self.interrupted = False

    def feed(self, lines: Iterable[str]) -> None:
        """Read lines until there are no more."""
        for line in lines:
            self._line(line.rstrip("\n"))
        self._clear()

    def _line(self, line: str) -> None:
        if self.interrupted:
            return  # jobs that were stopped are no failures
        if self.in_failed_job and line.startswith("    "):
            return  # the command and its files: they stand in .snakemake/log
        self.in_failed_job = bool(FAILED_JOB.match(line))
        if self.in_failed_job or FAILURE.match(line):
            return
        if match := LOG.match(line):
            self._write(f"Failed, see {match[1]}:")
        elif match := STARTED.match(line):
            self.messages[match[1]] = match[2]
        elif match := FINISHED.match(line):
            self.last = self.messages.pop(match[1], "")
        elif match := STEPS.match(line):
            self._step(int(match[1]), int(match[2]))
        elif line.startswith("Terminating processes on user request"):
            self._write("Interrupted. What is finished stays; the next run goes on from here.")
            self.interrupted = True
        elif NOTHING_TO_DO.match(line):
            self._write("Nothing to do: all results are up to date.")
        elif line.strip() and not CHATTER.match(line):
            self._write(line)

    def _step(self, done: int, total: int) -> None:
        if self.is_terminal:
            filled = WIDTH * done // total
            running = next(iter(self.messages.values()), self.last)
            self.out.write(f"\r\033[K[{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total} {running[:60]}")
            self.bar_shown = True
        elif self.last:
            self.out.write(f"[{done:>{len(str(total))}}/{total}] {self.last}\n")
        self.out.flush()

    def _clear(self) -> None:
        if self.bar_shown:
            self.out.write("\r\033[K")
            self.bar_shown = False
        self.out.flush()

    def _write(self, line: str) -> None:
        self._clear()
        self.out.write(line + "\n")
        self.out.flush()


if __name__ == "__main__":
    # An interrupt is for Snakemake, which then says what it leaves; this filter ends with its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Progress(sys.stdout).feed(sys.stdin)
