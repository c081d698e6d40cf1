"""Tasks and probes in words."""

from probing.report.plain_names import probe_in_words, task_in_words


def test_options_stand_in_brackets_and_unknown_names_stay():
    assert probe_in_words("structural,rank=128") == "a structural probe (rank=128)"
    assert probe_in_words("mdl") == "an online-code probe"
    assert task_in_words("pos") == "part of speech"
    assert task_in_words("my_task,vector=cls,x=1") == "my task (vector=cls, x=1)"
