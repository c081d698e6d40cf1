"""Causes in words, and cells that are coloured only where the whole interval is beyond the margin."""

import pytest

from probing.diagnosis.cause import Cause
from probing.diagnosis.compared import Comparison
from probing.diagnosis.group_means import Estimate
from probing.diagnosis.phenomenon_errors import losses
from probing.report.diagnosed.cause_tables import (
    accuracy,
    accuracy_table,
    cause_in_words,
    cell,
    explanation_table,
    layer_loss_table,
    left_out,
    rows_of_split,
    taken_out_table,
)

FOUND = {
    Comparison("right", "all sentences"): Estimate(0.8, 0.7, 0.9, 100),
    Comparison("right", "negation"): Estimate(0.4, 0.3, 0.5, 30),
    Comparison("weak", "negation"): Estimate(0.5, 0.3, 0.6, 30),
    Comparison("unused", "negation"): Estimate(0.15, 0.05, 0.25, 30),
    Comparison("lost", "negation", "1"): Estimate(0.2, 0.1, 0.3, 30),
    Comparison("lost", "not negation", "1"): Estimate(0.0, -0.1, 0.1, 70),
    Comparison("outweighed", "with “sunday”", "sunday"): Estimate(0.3, 0.2, 0.4, 25),
}


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_tables_have_a_row_per_phenomenon_and_a_column_per_layer():
    cause = Cause("lost", "negation", evidence=FOUND)
    texts = [[spaced(one.text) for one in row] for row in explanation_table(cause).rows]
    assert texts[1] == ["negation", "+0.150 [+0.050, +0.250]", "–"]
    zeros = {key: Estimate(0.0, 0.0, 0.0, 30) if key.what == "unused" else one for key, one in FOUND.items()}
    probe = explanation_table(Cause("healthy", evidence=zeros))  # where the classifier is the probe on its layer
    assert probe.head == ["phenomenon", "as trained: right on train − right here"]
    assert {len(row) for row in probe.rows} == {2}
    shown = layer_loss_table(cause, losses(cause, (1, 2)))
    assert shown.head == ["phenomenon", "layer 1", "lost"]
    assert [[spaced(one.text) for one in row] for row in shown.rows] == [
        ["all sentences", "–", "–"],
        ["negation", "+0.200 [+0.100, +0.300]", "from layer 2 on"],
    ]
    assert [[spaced(one.text) for one in row] for row in taken_out_table(cause).rows] == [
        ["sunday", "25", "+0.300 [+0.200, +0.400]"]
    ]
    assert layer_loss_table(Cause("healthy", evidence={}), ()).rows == []
    of_words = accuracy_table(cause, "words")
    assert of_words.head[1] == "words"
    assert [[spaced(one.text) for one in row] for row in of_words.rows] == [
        ["all words", "100", "80.0 % [70.0, 90.0]", "–"],
        ["negation", "30", "40.0 % [30.0, 50.0]", "+0.500 [+0.300, +0.600]"],
    ]
    assert spaced(accuracy(Estimate(0.9, 0.7, 1.02, 30))) == "90.0 % [70.0, 100.0]"
    assert {row.name for row in rows_of_split(cause, "words")} >= {"all words", "negation"}


@pytest.mark.parametrize(
    ("low", "high", "tone"), [(0.03, 0.3, "for3"), (0.01, 0.3, ""), (-0.3, -0.03, "against3"), (-0.3, -0.01, "")]
)
def test_a_cell_is_coloured_if_its_whole_interval_is_beyond_the_margin(low, high, tone):
    assert cell(Estimate((low + high) / 2, low, high, 50)).tone == tone


def test_causes_in_words():
    says, gain = cause_in_words(Cause("lost", "negation", 3, 2, gain=Estimate(0.25, 0.1, 0.4, 30)))
    assert says == "Lost in sentences of the group negation from layer 3 on: layer 2 still has it."
    assert gain == ("Its repair should add +0.250 [+0.100, +0.400] to the accuracy on these 30 sentences.")
    assert cause_in_words(Cause("healthy"))[1] == ""
    assert cause_in_words(Cause("outweighed", "with “sunday”", word="sunday"))[0].startswith("Outweighed with “sunday”")
    says, gain = cause_in_words(Cause("lost", "new", 3, 2, gain=Estimate(0.25, 0.1, 0.4, 30)), "words")
    assert says == "Lost in words of the group “new” from layer 3 on: layer 2 still has it."
    assert gain.endswith("to the accuracy on these 30 words.")
    for kind in ("healthy", "undecided"):  # no word is taken out of the sentence of a word
        said = [cause_in_words(Cause(kind), items)[0] for items in ("sentences", "words")]
        assert ["shorter text" in one for one in said] == [True, False]
    assert left_out(("names",)) == "Too few sentences, inside or outside, to look for a cause: names."
    assert left_out(()) == ""
    hard = cause_in_words(Cause("undecided", "negation", evidence=FOUND))[0]
    assert "of the group negation: they are harder than the rest by +0.500 [+0.300, +0.600], and no rule" in hard
    assert cause_in_words(Cause("undecided", evidence=FOUND))[0].startswith("Undecided: no rule explains the errors.")
