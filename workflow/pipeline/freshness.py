"""Which artifacts on disk must not be trusted."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["is_run", "recorded", "untrusted"]

OTHER_MODES = frozenset(
    {
        *("dryrun", "touch", "summary", "detailed_summary", "unlock", "lint", "print_compilation", "export_cwl"),
        *("list_rules", "list_target_rules", "list_changes", "list_input_changes", "list_params_changes"),
        *("list_untracked", "list_conda_envs", "dag", "rulegraph", "filegraph", "d3dag", "report", "reporter"),
        *("cleanup_metadata", "cleanup_shadow", "conda_cleanup_envs", "conda_create_envs_only", "containerize"),
        *("container_cleanup_images", "generate_unit_tests", "archive", "delete_all_output", "delete_temp_output"),
    }
)
"""Options of the snakemake command with which it runs no job."""


def is_run(command_line: Sequence[str]) -> bool:
    """Whether snakemake with these arguments runs jobs, so that untrusted artifacts may be removed."""
    from snakemake.cli import get_argument_parser  # not above: it costs 0.1 s and is rarely needed

    arguments, _ = get_argument_parser().parse_known_args(list(command_line))
    if getattr(arguments, "report_after_run", False):
        return not arguments.dryrun
    return not any(getattr(arguments, mode, None) not in (None, False) for mode in OTHER_MODES)


def recorded(metadata: Path) -> frozenset[str]:
    """Paths of the files that Snakemake's folder of records, .snakemake/metadata, knows."""
    found = set()
    for record in metadata.rglob("*"):
        if record.is_file():
            # The name is the path in base64; where it is long, its beginning stands in folders marked by @.
            parts = record.relative_to(metadata).parts
            with suppress(ValueError):  # no record
                found.add(urlsafe_b64decode("".join(part.removeprefix("@") for part in parts)).decode())
    return frozenset(found)


def untrusted(
    results: Path,
    expectations: Sequence[tuple[Any, str | Callable[[Any], str], str]],
    records: Collection[str] = (),
) -> Iterator[tuple[Path, str]]:
    """Artifacts below `results` that cannot be read to their end, or that other parameters or other code made.

    Parameters
    ----------
    expectations : (output pattern with .match(path), parameters or a function of the wildcards, source hash) of every
        rule
    records : paths that Snakemake keeps records of, and hence compares itself; they must only be whole
    """
    for path in sorted(results.rglob("*.parquet")):
        try:
            metadata = pq.read_schema(path).metadata or {}
        except (pa.ArrowInvalid, OSError):
            yield path, "cut short or not a Parquet file"
            continue
        if str(path) in records:
            continue
        for pattern, parameters, source in expectations:
            match = pattern.match(str(path))
            if match:
                expected = _parameters(parameters, match)
                if expected is None:
                    break
                found = (metadata.get(b"parameters", b"").decode(), metadata.get(b"source", b"").decode())
                if found != (expected, source):
                    yield path, "from other parameters or other code"
                break


class _Wildcards(dict):
    __getattr__ = dict.__getitem__


def _parameters(parameters: str | Callable[[Any], str], match: Any) -> str | None:
    if isinstance(parameters, str):
        return parameters
    try:
        return parameters(_Wildcards(match.groupdict()))
    except KeyError:  # a value that is no longer in the configuration: its file stays and is not read
        return None
