"""The face of the library: what it offers exists, is described, and is imported only when it is used."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import superion

MODULES = sorted(module.name for module in pkgutil.iter_modules(superion.__path__))


@pytest.mark.parametrize("module", MODULES)
def test_public_names_of_a_module_exist_and_are_described(module):
    library = importlib.import_module(f"superion.{module}")
    assert library.__doc__
    assert sorted(set(library.__all__)) == sorted(library.__all__)
    for name in library.__all__:
        value = getattr(library, name)
        if inspect.isfunction(value) or inspect.isclass(value):
            assert inspect.getdoc(value), f"{module}.{name} has no docstring"
            members = vars(value).items() if inspect.isclass(value) else ()
            missing = [key for key, m in members if not key.startswith("_") and inspect.isfunction(m) and not m.__doc__]
            assert not missing, f"{module}.{name} has no docstring for {missing}"


@pytest.mark.parametrize("module", MODULES)
def test_what_a_module_defines_in_public_is_listed(module):
    """A function or class without an underscore is either listed or comes from another module."""
    library = importlib.import_module(f"superion.{module}")
    own = {
        name
        for name, value in vars(library).items()
        if (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == library.__name__
    }
    assert {name for name in own if not name.startswith("_")} <= set(library.__all__)


def test_face_hands_on_the_names_of_its_modules():
    for name in superion.__all__:
        assert getattr(superion, name) is getattr(importlib.import_module(f"superion.{superion._HOME[name]}"), name)
    assert {*superion.__all__, *MODULES, "__version__"} <= set(dir(superion))
    assert superion.lattice is importlib.import_module("superion.lattice")
    assert superion.__version__[0].isdigit()


def test_face_tells_editors_the_same_names():
    tree = ast.parse(Path(superion.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    told = {(line.module, alias.name) for line in block.body for alias in line.names}
    assert told == {(f"superion.{module}", name) for name, module in superion._HOME.items()}


def test_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="module 'superion' has no attribute 'conductor'"):
        superion.conductor  # noqa: B018
    with pytest.raises(ImportError, match="conductor"):
        from superion import conductor  # noqa: F401


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import superion", ("numpy", "scipy", "numba")),
        ("import superion.lattice, superion.transport, superion.spectrum, superion.two_site", ("scipy", "numba")),
        (
            "from superion import MeanFieldParameters, honeycomb, hopping_matrix, concerted_transition",
            ("scipy", "numba"),
        ),
    ],
)
def test_heavy_packages_wait_until_they_are_needed(statement, absent):
    code = f"import sys; {statement}; print(*[name for name in {absent!r} if name in sys.modules])"
    environment = {"PYTHONPATH": str(Path(superion.__file__).parents[1])}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert found.stdout.strip() == ""
