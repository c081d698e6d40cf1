"""Edits that should change the label: which of them the probes of all layers give the answer of the text."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from probing.attention.interventions.layer_answers import Answer
from probing.data.text_edits import text_edits
from probing.diagnosis.edited_texts import EditedText
from probing.diagnosis.untold_edits import flipping, moved_by, named, untold

TEXT = "It was not boring"


def answers(*of_label: float) -> list[Answer]:
    """One layer per probability that its probe gives to the label, class 1."""
    return [Answer(layer, np.log([1 - share, share]), None) for layer, share in enumerate(of_label)]


def edited(kind: str, *of_label: float) -> EditedText:
    [edit] = [one for one in text_edits(TEXT, True).edits if one.kind == kind]
    return EditedText(replace(edit, sure="likely"), 0, 0, np.log([0.9, 0.1]), answers(*of_label))


@pytest.mark.parametrize(
    ("of_label", "said"),
    [
        ((0.2, 0.2), "the label loses nothing in any of them"),
        ((0.2, 0.1), "the label loses 0.8 nats of log-odds at most (layer 1)"),  # ln 4 / 1 - ln 9 / 1
        ((0.05, 0.2), None),  # 1.6 nats: told apart a little
        ((0.2, 0.6), None),  # another answer
    ],
)
def test_an_edit_is_untold_if_no_probe_answers_otherwise_or_moves_much(of_label, said):
    edit = edited("drop negation", *of_label)
    found = SimpleNamespace(edits=[edit], label=1, below=answers(0.2, 0.2))
    assert flipping(found) == [edit]
    assert untold(found) == ([] if said is None else [edit])
    if said is not None:
        assert moved_by(edit, found) == said


def test_an_added_clause_is_not_asked():
    found = SimpleNamespace(edits=[edited("add contrast", 0.2, 0.2)], label=1, below=answers(0.2, 0.2))
    assert found.edits[0].should_differ(1) and flipping(found) == untold(found) == []
    assert named(edited("drop negation", 0.2)) == "“It was boring” (drop negation)"
