"""A result depends on code from outside of the project: on the file of a class, and on what it imports beside it."""

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.running.identity import described
from pipelines.running.own_code import own_code
from probing.task.words import WordTask

FILES = {
    "study_in_test/__init__.py": "",
    "study_in_test/tasks.py": "from dataclasses import dataclass\nimport numpy\nfrom . import helpers\n"
    "import beside_in_test\n@dataclass(frozen=True)\nclass Mine:\n    name: str = 'mine'\n    size: int = 1\n",
    "study_in_test/helpers.py": "def f():\n    from study_in_test.deep import more\n",
    "study_in_test/deep.py": "import study_in_test.tasks\n",  # a circle
    "study_in_test/unused.py": "",
    "beside_in_test.py": "",  # another package: not beside the file of the class
}


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The class Mine in a package of its own."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("study_in_test.tasks").Mine
    for name in [name for name in sys.modules if "_in_test" in name]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "file, counts",
    [
        ("study_in_test/tasks.py", True),
        ("study_in_test/helpers.py", True),
        ("study_in_test/deep.py", True),
        ("study_in_test/__init__.py", True),
        ("study_in_test/unused.py", False),
        ("beside_in_test.py", False),
    ],
)
def test_a_change_of_what_the_class_reaches_changes_the_digest(file, counts, mine, tmp_path):
    before = own_code(mine)
    assert before == own_code(mine) and len(before) == 12
    with (tmp_path / file).open("a") as opened:
        opened.write("# changed\n")
    assert (own_code(mine) != before) is counts


def test_a_single_file_and_the_files_beside_it_count(tmp_path, monkeypatch):
    (tmp_path / "alone_in_test.py").write_text("import next_in_test\nclass Mine: ...\n")
    (tmp_path / "next_in_test.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    cls = importlib.import_module("alone_in_test").Mine
    before = own_code(cls)
    (tmp_path / "next_in_test.py").write_text("x = 2\n")
    assert own_code(cls) != before
    for name in ("alone_in_test", "next_in_test"):
        del sys.modules[name]


def test_the_identity_has_the_code_of_a_class_from_outside_alone(mine):
    assert described(mine(size=2)) == {"class": "study_in_test.tasks.Mine", "code": own_code(mine), "size": 2}
    assert described(WordTask("pos")) == {"class": "probing.task.words.WordTask", "name": "pos"}


def test_a_class_without_a_file_has_no_code_to_digest():
    @dataclass(frozen=True)
    class Typed:
        x: int = 1

    Typed.__module__ = "typed_in_a_notebook"
    assert own_code(Typed) == own_code(type("Other", (), {"__module__": "also_typed"}))
    assert not Path("typed_in_a_notebook.py").exists()
