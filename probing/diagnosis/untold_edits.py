"""Edits that should change the label of a text, and whether the probes of a classifier tell them from the text."""

import numpy as np

from probing.attention.interventions.layer_answers import Answer
from probing.diagnosis.edited_texts import EditedText
from probing.diagnosis.one_text import TextEvidence

MOVED = 1.0  # nats: an edit that moves the log-odds of the label by more is told apart a little


def untold(found: TextEvidence) -> list[EditedText]:
    """The edits that should change the label and that no probe up to the layer that is read tells from the text.

    A text that is wrong in every layer has the same answer as any edit that is right there. So its probes must also
    move by MOVED nats at most.
    """
    return [
        edit for edit in flipping(found) if not edit.told_apart(found.below) and _most_moved(edit, found)[0] <= MOVED
    ]


def flipping(found: TextEvidence) -> list[EditedText]:
    """Those that should change the label; no added clause, which speaks for the answer that the text has anyway."""
    return [edit for edit in found.edits if edit.should_differ(found.label) and edit.edit.kind != "add contrast"]


def _most_moved(edit: EditedText, found: TextEvidence) -> tuple[float, int]:
    """By how many nats the log-odds of the label fall from the text to the edit, at most, and in which layer."""
    of_edit = {answer.layer: _log_odds(answer, found.label) for answer in edit.answers}
    return max((_log_odds(answer, found.label) - of_edit[answer.layer], answer.layer) for answer in found.below)


def moved_by(edit: EditedText, found: TextEvidence) -> str:
    """The same in words."""
    fall, layer = _most_moved(edit, found)
    if fall <= 0:
        return "the label loses nothing in any of them"
    return f"the label loses {fall:.1f} nats of log-odds at most (layer {layer})"


def _log_odds(answer: Answer, label: int) -> float:
    others = np.delete(answer.log_probabilities, label)
    return float(answer.log_probabilities[label] - np.logaddexp.reduce(others))


def named(edit: EditedText) -> str:
    """The edit with its kind."""
    return f"“{edit.edit.text}” ({edit.edit.kind})"
