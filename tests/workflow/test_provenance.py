"""The hash of the code that makes a result: it changes with the code, and with nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import ROOT

from pipeline import provenance

FILES = {
    "library/__init__.py": '"""A package that hands names on."""\n\nfrom library.ground import constant\n',
    "library/ground.py": '"""Ground."""\n\nimport math\n\nconstant = 1\n',
    "library/middle.py": '"""Middle."""\n\nfrom library.ground import constant\n\ntwice = 2 * constant\n',
    "library/apart.py": "value = 3\n",
    "library/sibling.py": "from . import apart\nfrom .ground import constant\n",
    "scripts/__init__.py": "",
    "scripts/of_middle.py": '"""Script."""\n\nimport numpy as np\n\nfrom library import middle\n\n\n'
    'def work(x: int = 1) -> int:\n    """Do the work."""\n    # now\n    return middle.twice * x\n',
    "scripts/by_name.py": "import library.apart as other\n",
    "scripts/late.py": "def work():\n    from library import apart as late\n\n    return late.value\n",
    "scripts/by_face.py": "from library import constant\n",
    "scripts/relative.py": "from library import sibling\n",
}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A small tree of modules; each call of the result hashes a script in it anew."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    store = tmp_path / "kept" / "digests.json"
    caches = (provenance.imported_modules, provenance._direct_imports, provenance._digest)

    def forget() -> None:
        # As the next run would: what this one has found out is kept, and read.
        provenance._digests.keep()
        monkeypatch.setattr(provenance, "_digests", provenance._Digests(store))
        for cached in caches:
            cached.cache_clear()

    monkeypatch.setattr(provenance, "_digests", provenance._Digests(store))

    class Tree:
        root = tmp_path

        def hash(self, script: str) -> str:
            forget()
            return provenance.source_hash(f"scripts.{script}")

        def modules(self, script: str) -> set[str]:
            forget()
            return set(provenance.imported_modules(f"scripts.{script}"))

        def replace(self, name: str, old: str, new: str) -> None:
            text = (tmp_path / name).read_text(encoding="utf-8")
            assert old in text
            (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")

    yield Tree()
    forget()


@pytest.mark.parametrize(
    ("script", "modules"),
    [
        ("of_middle", {"library.middle", "library.ground"}),
        ("by_name", {"library.apart"}),
        ("late", {"library.apart"}),
        ("by_face", {"library", "library.ground"}),
        ("relative", {"library.sibling", "library.apart", "library.ground"}),
    ],
)
def test_imports_are_found_in_every_form(tree, script, modules):
    assert tree.modules(script) == {f"scripts.{script}", *modules}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("scripts/of_middle.py", "# now", "# later"),
        ("scripts/of_middle.py", '"""Script."""', '"""Another text."""'),
        ("scripts/of_middle.py", '    """Do the work."""\n', ""),
        ("scripts/of_middle.py", "middle.twice * x", "(\n        middle.twice\n        * x\n    )"),
        ("library/ground.py", '"""Ground."""', '"""Floor."""'),
        ("library/ground.py", "constant = 1", "constant = 1  # one"),
        ("library/apart.py", "value = 3", "value = 4"),
        ("library/__init__.py", "from library.ground import constant", "pass"),
    ],
)
def test_what_changes_no_result_changes_no_hash(tree, name, old, new):
    before = tree.hash("of_middle")
    tree.replace(name, old, new)
    assert tree.hash("of_middle") == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("scripts/of_middle.py", "x: int = 1", "x: int = 2"),
        ("scripts/of_middle.py", "numpy as np", "numpy"),
        ("library/middle.py", "2 * constant", "3 * constant"),
        ("library/ground.py", "constant = 1", "constant = 2"),
        ("library/ground.py", "constant = 1", 'constant = "1"'),
    ],
)
def test_code_of_the_script_and_of_what_it_imports_changes_the_hash(tree, name, old, new):
    before = tree.hash("of_middle")
    tree.replace(name, old, new)
    assert tree.hash("of_middle") != before


def test_a_new_import_joins_in(tree):
    tree.replace("library/ground.py", "import math", "import math\n\nfrom library.apart import value")
    before = tree.hash("of_middle")
    assert "library.apart" in tree.modules("of_middle")
    tree.replace("library/apart.py", "value = 3", "value = 4")
    assert tree.hash("of_middle") != before


def test_an_absent_script_is_named(tree):
    with pytest.raises(FileNotFoundError, match=r"no module 'scripts\.none'"):
        tree.hash("none")


@pytest.mark.parametrize(
    ("script", "needs", "is_free_of"),
    [
        ("superionic.solve_mean_fields", {"superion.mean_field", "superion.units"}, {"superion.lattice"}),
        ("superionic.compare_lattice_gas", {"superion.lattice_gas", "superion.mean_field"}, {"superion.lattice"}),
        ("superionic.compare_printed_equations", {"superion.lattice", "superion.two_site"}, {"superion.mean_field"}),
        ("lattices.compute_spectrum", {"superion.spectrum", "superion.lattice"}, {"superion.mean_field"}),
        ("superionic.plot_honeycomb", {"pipeline.figure_style"}, {"superion", "superion.lattice"}),
        ("claims.check_claims", {"pipeline.ledger"}, {"superion", "pipeline.figure_style"}),
    ],
)
def test_scripts_depend_on_what_they_use(script, needs, is_free_of):
    modules = provenance.imported_modules(f"scripts.{script}")
    assert needs | {f"scripts.{script}", "pipeline.artifacts"} <= modules
    assert not is_free_of & modules


def test_imports_at_run_time_are_among_those_found():
    """What a script really loads of ours, beside packages' faces, is in its hash."""
    for script in ("superionic.compare_printed_equations", "lattices.build_hopping_matrices", "claims.check_claims"):
        code = f"import sys, scripts.{script}; print(*sys.modules)"
        said = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT / "workflow", capture_output=True, text=True, check=True
        ).stdout
        ours = {name for name in said.split() if name.startswith(("superion.", "pipeline.", f"scripts.{script}"))}
        assert f"scripts.{script}" in ours
        assert ours <= provenance.imported_modules(f"scripts.{script}"), script


def test_every_script_has_a_hash():
    scripts = sorted(Path(ROOT / "workflow/scripts").rglob("[!_]*.py"))
    names = [".".join(path.relative_to(ROOT / "workflow").with_suffix("").parts) for path in scripts]
    hashes = [provenance.source_hash(name) for name in names]
    assert len(set(hashes)) == len(names) >= 20
    assert all(len(value) == 16 for value in hashes)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"%s": {}}', '{"%s": null}'])
def test_what_is_kept_between_runs_need_not_be_whole(tmp_path, content):
    module = b'"""A module."""\n\nfrom . import other\n\nvalue = 1\n'
    store = tmp_path / "kept" / "digests.json"
    digests = provenance._Digests(store)
    found = digests.of(module)
    digests.keep()
    (key,) = json.loads(store.read_text(encoding="utf-8"))
    store.write_text(content.replace("%s", key), encoding="utf-8")
    assert provenance._Digests(store).of(module) == found == {"code": found["code"], "imports": [(1, None, ["other"])]}


def test_a_kept_digest_is_that_of_the_content_alone(tree):
    first = tree.hash("of_middle")
    tree.replace("library/middle.py", "2 * constant", "3 * constant")
    changed = tree.hash("of_middle")
    tree.replace("library/middle.py", "3 * constant", "2 * constant")
    assert changed != first
    assert tree.hash("of_middle") == first
