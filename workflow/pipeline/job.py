"""The command line that all scripts share: parameters and files in, tables or figures out.

A rule calls `python -m scripts.verb_noun --parameters JSON --source HASH --input name=path ... --output name=path ...`;
the script is a function of a `Job`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.artifacts import Column, Provenance, read_columns, read_table, write_table

__all__ = ["Job", "run"]


@dataclass(frozen=True)
class Job:
    """One run of a script.

    Attributes
    ----------
    parameters : the sections of the configuration that the rule depends on, by dotted path
    inputs : files by name, several where a rule reads many of a kind
    output : file by name
    provenance : what goes into the metadata of every artifact
    """

    parameters: dict
    inputs: dict[str, list[Path]]
    output: dict[str, Path]
    provenance: Provenance

    def path(self, name: str) -> Path:
        """The one input file of that name."""
        (path,) = self.inputs[name]
        return path

    def columns(self, name: str) -> dict:
        """Input artifact as numpy arrays by column name."""
        return read_columns(self.path(name))

    def table(self, name: str):
        """Input artifact as a pandas DataFrame."""
        return read_table(self.path(name))

    def write(self, name: str, data: Mapping[str, object], columns: Mapping[str, Column], description: str) -> None:
        """Write an output artifact; see `pipeline.artifacts.write_table`."""
        write_table(self.output[name], data, columns, description=description, provenance=self.provenance)

    def warn(self, message: str) -> None:
        """Tell the log what a reader of the results must know."""
        print(f"warning: {message}", file=sys.stderr)

    def tell(self, message: str) -> None:
        """Tell the log how the work goes."""
        print(message, file=sys.stderr, flush=True)


def _named_path(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r} must be name=path")
    return name, Path(path)


def run(script: Callable[[Job], None], argv: list[str] | None = None) -> None:
    """Parse the command line, call the script, and turn a fault into one message and exit status 1."""
    parser = argparse.ArgumentParser(prog=script.__name__, description=script.__doc__)
    parser.add_argument("--parameters", required=True, help="configuration sections as canonical JSON")
    parser.add_argument("--source", default="", help="hash of the code that makes the artifact")
    parser.add_argument("--study", default="", help="study that the artifact belongs to")
    parser.add_argument("--input", nargs="*", type=_named_path, default=[], metavar="NAME=PATH")
    parser.add_argument("--output", nargs="+", type=_named_path, required=True, metavar="NAME=PATH")
    arguments = parser.parse_args(argv)
    inputs: dict[str, list[Path]] = {}
    for name, path in arguments.input:
        inputs.setdefault(name, []).append(path)
    job = Job(
        json.loads(arguments.parameters),
        inputs,
        dict(arguments.output),
        Provenance(arguments.study, arguments.parameters, arguments.source),
    )
    try:
        script(job)
    except ValueError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("interrupted: the next run makes this again", file=sys.stderr)
        raise SystemExit(130) from None
