"""The progress filter: one line a finished job, errors and warnings unchanged, chatter gone."""

import io

from pipeline.progress import Progress

LOG = """Using workflow specific profile workflow/profiles/default for setting default command line arguments.
Assuming unrestricted shared filesystem usage.
Building DAG of jobs...
Job stats:
job                             count
----------------------------  -------
build_hopping_matrices              1
total                               2

Select jobs to execute...
Execute 1 jobs...

[Sat Nov 21 14:08:52 2026]
Job 1: Hopping matrices of fcc
[Sat Nov 21 14:08:53 2026]
Finished jobid: 1 (Rule: build_hopping_matrices)
1 of 2 steps (50%) done
results/x.parquet is cut short: it is made again
"""

FAILURE = """RuleException:
CalledProcessError in file "lattices.smk", line 33:
Command 'set -euo pipefail; python -m x' returned non-zero exit status 1.
Error in rule build_hopping_matrices:
    message: None
    jobid: 40
    shell:
        python -m x
Logfile results/logs/x.log:
================================================================================
mine: site 'a' would stay with probability -0.4
================================================================================
Exiting because a job execution failed. Look above for error messages
WorkflowError:
At least one job did not complete successfully.
"""


class Terminal(io.StringIO):
    def isatty(self):
        return True


def told(text, out=None):
    out = out or io.StringIO()
    Progress(out).feed(text.splitlines(keepends=True))
    return out.getvalue()


def test_lines_in_a_log():
    assert told(LOG) == "[1/2] Hopping matrices of fcc\nresults/x.parquet is cut short: it is made again\n"


def test_a_bar_on_a_terminal_that_a_message_does_not_break():
    shown = told(LOG, Terminal())
    assert "[###############...............] 1/2" in shown
    assert shown.endswith("\r\x1b[Kresults/x.parquet is cut short: it is made again\n")


def test_a_failure_is_told_in_a_few_lines():
    assert told(FAILURE).splitlines() == [
        "Failed, see results/logs/x.log:",
        "mine: site 'a' would stay with probability -0.4",
    ]


def test_jobs_that_an_interrupt_stops_are_no_failures():
    said = told("Terminating processes on user request, this might take some time.\n" + FAILURE)
    assert said == "Interrupted. What is finished stays; the next run goes on from here.\n"


def test_nothing_to_do():
    text = "Nothing to be done (all requested files are present and up to date).\n"
    assert told(text) == "Nothing to do: all results are up to date.\n"
