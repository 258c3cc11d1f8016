"""What a result depends on besides its inputs: the code of a script and of every module of ours that it imports."""

from __future__ import annotations

import ast
import atexit
import contextlib
import hashlib
import json
import os
import sys
from functools import cache
from pathlib import Path

__all__ = ["imported_modules", "source_hash"]

ROOT = Path(__file__).resolve().parents[1]


def source_hash(module: str) -> str:
    """Hash of the syntax trees of a module and of all modules under workflow/ that it imports, directly or not.

    Comments, docstrings and formatting do not count, so that editing them makes no result stale.
    """
    digest = hashlib.sha256()
    for name in sorted(imported_modules(module)):
        digest.update(f"{name}\0{_digest(_file_of(name))['code']}\0".encode())
    return digest.hexdigest()[:16]


@cache
def imported_modules(module: str) -> frozenset[str]:
    """Dotted names of a module and of all modules under workflow/ that it imports, directly or not."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting.extend(_direct_imports(_file_of(name)))
    return frozenset(seen)


def _file_of(name: str) -> Path:
    stem = ROOT.joinpath(*name.split("."))
    path = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
    if not path.is_file():
        raise FileNotFoundError(f"no module {name!r} under {ROOT.name}/")
    return path


def _is_ours(name: str) -> bool:
    stem = ROOT.joinpath(*name.split("."))
    return stem.with_suffix(".py").is_file() or (stem / "__init__.py").is_file()


@cache
def _direct_imports(path: Path) -> tuple[str, ...]:
    found: list[str] = []
    for level, module, names in _digest(path)["imports"]:
        package = path.relative_to(ROOT).with_suffix("").parts[:-level] if level else ()
        module = ".".join([*package, *filter(None, [module])])
        inner = [f"{module}.{name}" for name in names]
        submodules = [name for name in inner if _is_ours(name)]
        found += submodules
        # A package's face hands names on lazily: it counts only where a name is taken from it.
        if (not names or len(submodules) < len(inner)) and _is_ours(module):
            found.append(module)
    return tuple(found)


class _Digests:
    """What was found in a file, by its content: parsing all of them takes longer than all else before a run.

    Kept between runs where that is possible, with what no file has any more left out.
    """

    def __init__(self, store: Path) -> None:
        self.store, self.used = store, {}
        try:
            known = json.loads(store.read_text())
            self.known = known if isinstance(known, dict) else {}
        except (OSError, ValueError):
            self.known = {}

    def of(self, content: bytes) -> dict:
        key = hashlib.sha256(content + FORM).hexdigest()
        found = self.used.get(key) or self.known.get(key)
        if not (isinstance(found, dict) and set(found) == {"code", "imports"}):
            found = _read(content)
            if not self.used.keys() - self.known.keys():
                atexit.register(self.keep)
        self.used[key] = found
        return found

    def keep(self) -> None:
        with contextlib.suppress(OSError):
            self.store.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self.store.with_suffix(f".{os.getpid()}")
            unfinished.write_text(json.dumps(self.used))
            unfinished.replace(self.store)


FORM = f"\0{sys.version_info[:2]}, 1".encode()  # how a tree is written depends on the version of Python
_digests = _Digests(ROOT.parent / ".snakemake" / "module_digests.json")


@cache
def _digest(path: Path) -> dict:
    return _digests.of(path.read_bytes())


def _read(content: bytes) -> dict:
    """Hash of the code of a module, and what it imports: (level, module, names)."""
    tree = ast.parse(content)
    imports: list[tuple[int, str | None, list[str]]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [(0, alias.name, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imports.append((node.level, node.module, [alias.name for alias in node.names]))
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and body:
            node.body = [
                statement
                for statement in body
                if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            ]
    return {"code": hashlib.sha256(ast.dump(tree).encode()).hexdigest(), "imports": imports}
