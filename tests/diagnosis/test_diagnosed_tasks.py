"""Which tasks are refused, in one line that says what to type."""

import pytest

from probing.diagnosis.diagnosed_tasks import refuse_other_tasks
from probing.errors import ConfigError


def test_sentences_and_words_with_classes_can_be_diagnosed():
    refuse_other_tasks("sentiment", "sentence", "class", prompted=True)
    refuse_other_tasks("pos", "word", "class", prompted=False)


@pytest.mark.parametrize(
    ("level", "kind"),
    [("pair", "scalar"), ("edge", "class"), ("span", "class"), ("word", "scalar"), ("word", "position")],
)
def test_all_others_are_refused(level, kind):
    with pytest.raises(
        ConfigError, match=r"task=t: a diagnosis is of .* type task=sentiment or task=pos, or data=labelled"
    ):
        refuse_other_tasks("t", level, kind, prompted=False)


def test_a_prompt_is_about_a_whole_text():
    with pytest.raises(ConfigError, match="task=pos: the answer to a prompt is about a whole text; leave prompt= out"):
        refuse_other_tasks("pos", "word", "class", prompted=True)
