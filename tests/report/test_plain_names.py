"""Tasks and probes in words."""

from pathlib import Path

from probing.report.plain_names import TASKS, probe_in_words, task_in_words

CONF = Path(__file__).resolve().parents[2] / "conf"


def test_options_stand_in_brackets_and_unknown_names_stay():
    assert probe_in_words("structural,rank=128") == "a structural probe (rank=128)"
    assert probe_in_words("mdl") == "an online-code probe"
    assert task_in_words("pos") == "part of speech"
    assert task_in_words("my_task,vector=cls,x=1") == "my task (vector=cls, x=1)"


def test_every_task_has_words_and_no_probe_is_said_with_an_underscore():
    assert {path.stem for path in (CONF / "task").glob("*.yaml")} == set(TASKS)
    assert not [path.stem for path in (CONF / "probe").glob("*.yaml") if "_" in probe_in_words(path.stem)]
