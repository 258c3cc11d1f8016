"""What a result depends on besides its inputs: the code of a script and of every module of ours that it imports."""

from __future__ import annotations

import ast
import hashlib
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
        digest.update(f"{name}\0{_code(_file_of(name))}\0".encode())
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
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if _is_ours(alias.name)]
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).with_suffix("").parts[: -node.level] if node.level else ()
            module = ".".join([*package, *filter(None, [node.module])])
            inner = [f"{module}.{alias.name}" for alias in node.names]
            submodules = [name for name in inner if _is_ours(name)]
            found += submodules
            # A package's face hands names on lazily: it counts only where a name is taken from it.
            if len(submodules) < len(inner) and _is_ours(module):
                found.append(module)
    return tuple(found)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


@cache
def _code(path: Path) -> str:
    tree = _tree(path)  # imports stay in it, whatever is taken away here
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and body:
            node.body = [
                statement
                for statement in body
                if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            ]
    return ast.dump(tree)
