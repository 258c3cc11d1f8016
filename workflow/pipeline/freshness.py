"""Which artifacts on disk must not be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["untrusted"]


def untrusted(
    results: Path, expectations: Sequence[tuple[Any, str | Callable[[Any], str], str]] | None
) -> Iterator[tuple[Path, str]]:
    """Artifacts below `results` that cannot be read to their end, or that other parameters or other code made.

    Parameters
    ----------
    expectations : (output pattern with .match(path), parameters or a function of the wildcards, source hash) of every
        rule; None checks only that files are whole
    """
    for path in sorted(results.rglob("*.parquet")):
        try:
            metadata = pq.read_schema(path).metadata or {}
        except (pa.ArrowInvalid, OSError):
            yield path, "cut short or not a Parquet file"
            continue
        for pattern, parameters, source in expectations or ():
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
