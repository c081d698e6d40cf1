"""The names that ``import probing`` gives: light, documented, typed, of one version; their examples run."""

import ast
import doctest
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import probing
from probing.errors import ConfigError, DataError, ProbingError

ROOT = Path(probing.__file__).parent
NAMES = [name for name in probing.__all__ if name != "__version__"]
# where a name is defined: ``report`` is a package that can be called
PLACES = {name: getattr(probing, name) for name in NAMES if name != "report"}
MODULES = sorted({found.__module__ for found in PLACES.values()} | {"probing.report.of_probe"})


def test_the_interface_is_about_a_dozen_names_and_dir_lists_them():
    assert dir(probing) == sorted(probing.__all__)
    assert 10 <= len(NAMES) <= 15
    with pytest.raises(AttributeError, match="no attribute 'load_modle'"):
        _ = probing.load_modle


def test_what_type_checkers_see_is_what_is_there():
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    assert sorted([*seen, "__version__"]) == sorted(probing.__all__)
    assert {name: found.__module__ for name, found in PLACES.items()} == {
        name: module for name, module in seen.items() if name != "report"
    }
    assert (ROOT / "py.typed").is_file()


def test_importing_the_package_loads_only_its_version():
    program = "import sys, probing; print(*sorted(m for m in sys.modules if m.startswith(('probing.', 'numpy'))))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT.parent, capture_output=True, text=True)
    assert done.stdout.split() == ["probing.distribution", "probing.errors"]


def test_every_name_says_what_goes_in_and_out():
    for name in NAMES:
        found = import_module("probing.report.of_probe").report if name == "report" else PLACES[name]
        assert len(inspect.getdoc(found) or "") > 60, name
        if inspect.isfunction(found) and name != "show":
            parts = (
                ("Args:", "Returns:", "Raises:") if name not in ("load_model", "load_corpus") else ("Args:", "Raises:")
            )
            assert all(part in found.__doc__ for part in parts), name


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_run(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = import_module(module)
    if module == "probing.report.of_probe":
        monkeypatch.setattr(found, "write_report", lambda folder: [])  # figures take seconds
    failed, tried = doctest.testmod(found, verbose=False)
    assert failed == 0
    if module.startswith("probing.interface") and "score" not in module and "estimator" not in module:
        assert tried > 0


def test_impossible_values_are_value_errors_as_in_other_libraries():
    assert issubclass(ConfigError, ValueError)
    assert issubclass(DataError, ValueError)
    assert issubclass(ConfigError, ProbingError)
