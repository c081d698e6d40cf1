"""Gold labels from a manifest: a task of the project is built, and nothing else."""

import sys

import pytest
from hydra.core.hydra_config import HydraConfig

from pipelines.viewing.run_task import gold_of
from probing.axes import Sentence
from probing.errors import ConfigError

WORDS = {"_target_": "probing.task.words.WordTask", "name": "anything", "column": "deprel", "vector": "mean"}
TREE = Sentence("s", ("Foxes", "may", "sleep"), ("NOUN", "_", "VERB"), (), (3, 3, 0), ("nsubj", "_", "root"), "calm")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (WORDS, ["nsubj", None, "root"]),  # the column decides, not the name
        ({**WORDS, "column": "xpos"}, None),  # not annotated
        ({"_target_": "probing.task.trees.Depth", "name": "x", "vector": "mean"}, [1, 1, 0]),
        ({"_target_": "probing.task.trees.TreeDepth", "name": "depth", "vector": "mean"}, [1]),
        ({"_target_": "probing.task.sentences.SentenceTask", "name": "pos", "vector": "cls"}, ["calm"]),
    ],
)
def test_labels_are_those_of_the_task_in_the_manifest(options, expected):
    found = gold_of(options)(TREE)
    assert found is expected if expected is None else list(found) == expected


@pytest.mark.parametrize(
    "target",
    [
        None,
        "subprocess.Popen",
        "probing.data.grammar.Grammar",
        "probing.task",
        "probing.task.words.Gone",
        "probing.task.words.np.memmap",  # of a library that the task's module imports
        "probing.task.words.Corpus",
        "probing.task.words.WordTask.labels",
    ],
)
def test_a_class_that_is_no_task_of_the_project_is_refused(target):
    with pytest.raises(ConfigError, match="not a task of this version"):
        gold_of({**WORDS, "_target_": target})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({**WORDS, "colour": "red"}, "task.colour: no such option"),
        ({**WORDS, "column": "lemma"}, "task.column=lemma"),
        ({**WORDS, "vector": ["mean"]}, "task.vector"),
    ],
)
def test_options_of_another_version_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        gold_of(options)


def test_a_task_from_elsewhere_needs_an_option_of_this_program(tmp_path, monkeypatch):
    (tmp_path / "task_in_test.py").write_text(
        "from dataclasses import dataclass\nfrom probing.task.words import WordTask\n"
        "@dataclass(frozen=True)\nclass Mine(WordTask):\n    def gold(self, sentence):\n        return ['x']\n"
    )
    (tmp_path / "conf" / "task").mkdir(parents=True)
    (tmp_path / "conf" / "task" / "mine.yaml").write_text("_target_: task_in_test.Mine\nname: mine\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(HydraConfig, "initialized", lambda: False)
    options = {**WORDS, "_target_": "task_in_test.Mine"}
    monkeypatch.setattr(sys, "argv", ["view.py"])
    with pytest.raises(ConfigError, match="for a task of your own type --config-dir"):
        gold_of(options)
    assert "task_in_test" not in sys.modules  # what a manifest names is not even imported
    monkeypatch.setattr(sys, "argv", ["view.py", "--config-dir", str(tmp_path / "conf")])
    assert gold_of(options)(TREE) == ["x"]
    del sys.modules["task_in_test"]
