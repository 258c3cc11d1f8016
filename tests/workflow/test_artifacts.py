"""Artifacts carry what they are; and the one function that writes them makes no dishonest, half or changing file."""

from __future__ import annotations

import json
import platform
import re
import shlex
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from checkouts import PICTURES, ROOT, environment, products

from pipeline import artifacts
from pipeline.artifacts import (
    ArtifactError,
    Column,
    Provenance,
    parameters_of,
    read_columns,
    read_metadata,
    read_table,
    write_table,
)
from pipeline.freshness import is_run, recorded, untrusted

COLUMNS = {
    "temperature_K": Column("K", "temperature"),
    "gap_eV": Column("eV", "gap", "Eq. (1)"),
    "label": Column("", "a name"),
    "status": Column("", "'ok', or what is wrong"),
}
PROVENANCE = Provenance("study", '{"a":1}', "0123")
DATE = re.compile(rb"\b20\d\d-\d\d-\d\d\b|\b\d\d:\d\d:\d\d\b|\b20\d{6}\b")


def rows(**changed) -> dict:
    return {"temperature_K": [1.0, 2.0], "gap_eV": [0.5, 0.25], "label": ["a", "b"], "status": "ok"} | changed


def write(path: Path, data: dict | None = None, columns=COLUMNS) -> Path:
    write_table(path, data or rows(), columns, description="a table", provenance=PROVENANCE)
    return path


# Artifacts of a run


def passed_by_rule(checkout: Path, artifact: Path) -> dict[str, str]:
    """Options of the command that made an artifact, by the record that Snakemake compares with the rules."""
    name = urlsafe_b64encode(str(artifact).encode()).decode()
    record = json.loads((checkout / ".snakemake/metadata" / name).read_text(encoding="utf-8"))
    words = shlex.split(record["shellcmd"])
    options = {key: words[words.index(f"--{key}") + 1] for key in ("study", "parameters", "source")}
    return options | {"script": words[words.index("-m") + 1]}


def test_metadata_are_what_the_rules_ask_for_now(finished):
    scripts, sources = {}, {}
    for path in products(finished, ".parquet"):
        asked = passed_by_rule(finished, path)
        scripts[asked.pop("script")] = asked["source"]
        found = read_metadata(finished / path)[0]
        assert {key: found[key] for key in asked} == asked, path
        assert found["description"], path
        assert found["package"].startswith("superion "), path
    code = f"from pipeline.provenance import source_hash; print(*map(source_hash, {sorted(scripts)}))"
    own = environment() | {"PYTHONPATH": str(finished / "workflow")}
    said = subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, text=True, check=True).stdout
    sources = dict(zip(sorted(scripts), said.split(), strict=True))
    assert scripts == sources
    assert len(scripts) >= 12


def test_parameters_are_those_of_the_configuration(finished):
    parameters = parameters_of(finished / "results/superionic/mean_fields.parquet")
    assert set(parameters) == {"superionic.material", "superionic.mean_field"}
    assert parameters["superionic.material"]["barrier_eV"] == 0.25
    assert set(parameters_of(finished / "results/lattices/square/hops.parquet")) == {"square"}


def test_every_column_has_unit_and_description(finished):
    for path in products(finished, ".parquet"):
        for field in pq.read_schema(finished / path):
            assert set(field.metadata) >= {b"unit", b"description", b"equation"}, (path, field.name)
            assert field.metadata[b"description"], (path, field.name)
        for name, column in read_metadata(finished / path)[1].items():
            suffix = re.search(r"_(K|eV|meV|ps|THz|A|A2|A3|S_per_cm|degree)$", name)
            if suffix:
                assert column.unit, f"{path}: {name} has no unit"


def test_no_number_is_missing_without_a_status(finished):
    missing = 0
    for path in products(finished, ".parquet"):
        table, (_, columns) = read_table(finished / path), read_metadata(finished / path)
        unexplained = table["status"] == "ok" if "status" in table else np.ones(len(table), bool)
        for name, column in columns.items():
            if table[name].dtype.kind == "f":
                missing += int(table[name].isna().sum())
                assert not np.isinf(table[name]).any(), (path, name)
                assert column.optional or not table.loc[unexplained, name].isna().any(), (path, name)
    assert missing > 0  # the run has points without a solution


def test_no_place_host_or_date_is_in_any_file(finished):
    words = [str(finished), str(ROOT), str(Path.home()) + "/", str(finished.parent)]
    words += [platform.node()] if len(platform.node()) > 5 else []
    for path in products(finished, ".parquet", *PICTURES, ".md", ".html"):
        content = (finished / path).read_bytes()
        for word in words:
            assert word.encode() not in content, (path, word)
        if path.suffix == ".parquet":
            schema = pq.read_schema(finished / path)
            texts = [*schema.metadata.values(), *(text for field in schema for text in field.metadata.values())]
            assert not any(DATE.search(text) for text in texts), path
        if path.suffix in PICTURES:
            assert not re.search(rb"CreationDate|ModDate|<dc:date>|tIME|Creation Time", content), path


def test_figures_come_in_three_formats(finished):
    names = {kind: {path.with_suffix("") for path in products(finished, kind)} for kind in PICTURES}
    assert names[".png"] == names[".svg"] == names[".pdf"]


# Writing


def test_a_table_comes_back_with_its_columns(tmp_path):
    path = write(tmp_path / "new" / "a.parquet")
    table = read_table(path)
    assert table["gap_eV"].tolist() == [0.5, 0.25]
    assert table["status"].tolist() == ["ok", "ok"]
    file, columns = read_metadata(path)
    assert columns == COLUMNS
    assert (file["study"], file["parameters"], file["source"]) == PROVENANCE
    assert read_columns(path)["label"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"extra": [1, 2]}, r"a\.parquet: columns .* differ from the declared .*'extra'"),
        ({"gap_eV": [0.5, 0.25, 0.1]}, r"column temperature_K has shape \(2,\), must be \(3,\)"),
        ({"gap_eV": [[0.5], [0.25]]}, r"column gap_eV has shape \(2, 1\)"),
        ({"gap_eV": [0.5, np.nan]}, r"gap_eV is nan in row 1, and no status says why \(1 such rows\)"),
        ({"gap_eV": [0.5, np.nan], "status": ["no solution", "ok"]}, "gap_eV is nan in row 1"),
        ({"gap_eV": [np.inf, 1.0]}, "gap_eV is inf in row 0"),
        ({"gap_eV": [-np.inf, 1.0], "status": "no solution"}, "gap_eV is -inf in row 0"),
    ],
)
def test_dishonest_tables_are_refused_and_nothing_is_written(tmp_path, changed, words):
    with pytest.raises(ArtifactError, match=words):
        write(tmp_path / "a.parquet", rows(**changed))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_column_is_refused(tmp_path):
    data = rows()
    del data["label"]
    with pytest.raises(ArtifactError, match="'label'"):
        write(tmp_path / "a.parquet", data)


def test_a_gap_needs_a_status_or_an_optional_column(tmp_path):
    explained = write(tmp_path / "a.parquet", rows(gap_eV=[0.5, np.nan], status=["ok", "no solution"]))
    assert np.isnan(read_columns(explained)["gap_eV"][1])
    assert pq.read_table(explained)["gap_eV"].null_count == 1
    optional = COLUMNS | {"gap_eV": Column("eV", "gap", optional=True)}
    write(tmp_path / "b.parquet", rows(gap_eV=[0.5, np.nan]), optional)
    with pytest.raises(ArtifactError, match="inf"):
        write(tmp_path / "c.parquet", rows(gap_eV=[0.5, np.inf]), optional)


def test_the_same_table_gives_the_same_bytes(tmp_path):
    first, second = write(tmp_path / "a.parquet"), write(tmp_path / "deeper" / "b.parquet")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_the_old_file_and_no_half_one(tmp_path, monkeypatch, error):
    path = write(tmp_path / "a.parquet")
    whole = path.read_bytes()

    def half(table, target, **options) -> None:
        Path(target).write_bytes(b"PAR1 half a ta")
        raise error

    monkeypatch.setattr(artifacts.pq, "write_table", half)
    with pytest.raises(type(error)):
        write(path, rows(gap_eV=[1.0, 2.0]))
    assert path.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("read", [read_table, read_columns, read_metadata, parameters_of])
def test_a_broken_file_is_named_with_the_cure(tmp_path, read):
    path = write(tmp_path / "a.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ArtifactError, match=r"a\.parquet: not a readable Parquet file .*; delete it and run again"):
        read(path)


@pytest.mark.parametrize("read", [read_table, read_columns])
def test_a_missing_artifact_is_named(tmp_path, read):
    with pytest.raises(ArtifactError, match=r"none\.parquet: no such artifact; run the workflow"):
        read(tmp_path / "none.parquet")


# Which files to trust


class Pattern:
    """The pattern of an output, as Snakemake's are asked."""

    def __init__(self, text: str) -> None:
        self.text = text

    def match(self, path: str):
        return re.fullmatch(self.text, path)


def test_untrusted_artifacts_are_those_with_other_metadata_and_no_record(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("good", "other_parameters", "unknown"):
        write(Path(f"results/{name}.parquet"))
    Path("results/short.parquet").write_bytes(b"PAR1")
    right = {"good": PROVENANCE.parameters, "other_parameters": "{}"}
    expectations = [(Pattern(r"results/(?P<name>\w+)\.parquet"), lambda wildcards: right[wildcards.name], "0123")]
    found = {str(path): reason for path, reason in untrusted(Path("results"), expectations)}
    assert found == {
        "results/other_parameters.parquet": "from other parameters or other code",
        "results/short.parquet": "cut short or not a Parquet file",
    }
    records = {"results/other_parameters.parquet", "results/short.parquet"}
    assert [str(path) for path, _ in untrusted(Path("results"), expectations, records)] == ["results/short.parquet"]
    other_code = [(Pattern(r"results/good\.parquet"), PROVENANCE.parameters, "4567")]
    assert "results/good.parquet" in {str(path) for path, _ in untrusted(Path("results"), other_code)}


def test_records_of_snakemake_are_found_whatever_their_length(finished, tmp_path):
    assert recorded(finished / ".snakemake/metadata") == {str(path) for path in products(finished)}
    long = "results/" + "x" * 300 + ".parquet"
    name = urlsafe_b64encode(long.encode()).decode()
    (tmp_path / f"@{name[:254]}").mkdir()
    (tmp_path / f"@{name[:254]}" / name[254:]).touch()
    (tmp_path / "no record").touch()
    assert recorded(tmp_path) == {long}
    assert recorded(tmp_path / "none") == frozenset()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("--cores 2", True),
        ("-c2 --workflow-profile workflow/profiles/default results/a.parquet", True),
        ("-F --configfile n.yaml", True),
        ("--report r.html --report-after-run", True),
        ("-n", False),
        ("-np", False),
        ("-c2 --dry-run", False),
        ("--dryrun", False),
        ("--touch", False),
        ("--summary", False),
        ("--unlock", False),
        ("--rulegraph mermaid-js", False),
        ("--report r.html", False),
        ("--lint", False),
    ],
)
def test_only_a_run_removes_untrusted_files(arguments, expected):
    assert is_run(arguments.split()) is expected
