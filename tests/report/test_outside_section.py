"""The section of an analysis from elsewhere: a function beside its class, of a module that is loaded already."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from probing.report.outside_section import outside_section


def run_of(analysis: object) -> SimpleNamespace:
    return SimpleNamespace(manifest={"config": {"analysis": analysis}})


@pytest.fixture
def module(monkeypatch) -> ModuleType:
    """A loaded module with a section."""
    found = ModuleType("study_of_test")
    found.section = lambda run: "made"
    monkeypatch.setitem(sys.modules, "study_of_test", found)
    return found


def test_the_section_is_that_of_the_module_of_the_class(module):
    assert outside_section(run_of({"mine": {"_target_": "study_of_test.Mine"}}), "mine") is module.section


@pytest.mark.parametrize(
    "analysis",
    [None, [], {}, {"mine": None}, {"mine": {}}, {"mine": {"_target_": 3}}, {"mine": {"_target_": "os.path.join"}}],
)
def test_a_manifest_that_names_none_gives_none(analysis):
    assert outside_section(run_of(analysis), "mine") is None


def test_what_a_manifest_names_is_never_imported():
    name = next(name for name in ("this", "antigravity", "turtledemo") if name not in sys.modules)
    assert outside_section(run_of({"mine": {"_target_": f"{name}.Mine"}}), "mine") is None
    assert name not in sys.modules


def test_what_is_no_function_is_no_section(module):
    module.section = "text"
    assert outside_section(run_of({"mine": {"_target_": "study_of_test.Mine"}}), "mine") is None
