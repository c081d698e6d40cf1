"""Causes in words, and cells that are coloured only where the whole interval is beyond the margin."""

import pytest

from probing.diagnosis.cause import Cause
from probing.diagnosis.compared import Comparison
from probing.diagnosis.group_means import Estimate
from probing.report.diagnosed.cause_tables import (
    cause_in_words,
    cell,
    layer_loss_table,
    left_out,
    phenomenon_table,
    rows_of_split,
    taken_out_table,
)

FOUND = {
    Comparison("right", "all sentences"): Estimate(0.8, 0.7, 0.9, 100),
    Comparison("right", "negation"): Estimate(0.4, 0.3, 0.5, 30),
    Comparison("weak", "negation"): Estimate(0.5, 0.3, 0.6, 30),
    Comparison("lost", "negation", "1"): Estimate(0.2, 0.1, 0.3, 30),
    Comparison("lost", "not negation", "1"): Estimate(0.0, -0.1, 0.1, 70),
    Comparison("outweighed", "with “sunday”", "sunday"): Estimate(0.3, 0.2, 0.4, 25),
}


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_tables_have_a_row_per_phenomenon_and_a_column_per_layer():
    cause = Cause("lost", "negation", evidence=FOUND)
    texts = [[spaced(one.text) for one in row] for row in phenomenon_table(cause).rows]
    assert texts[1] == ["negation", "30", "40.0 % [30.0, 50.0]", "+0.500 [+0.300, +0.600]", "–", "–"]
    losses = layer_loss_table(cause)
    assert losses.head == ["phenomenon", "layer 1"]
    assert [[spaced(one.text) for one in row] for row in losses.rows] == [
        ["all sentences", "–"],
        ["negation", "+0.200 [+0.100, +0.300]"],
    ]
    assert [[spaced(one.text) for one in row] for row in taken_out_table(cause).rows] == [
        ["sunday", "25", "+0.300 [+0.200, +0.400]"]
    ]
    assert layer_loss_table(Cause("healthy", evidence={})).rows == []
    of_words = phenomenon_table(cause, "words")
    assert of_words.head[1] == "words" and [row[0].text for row in of_words.rows] == ["all words", "negation"]
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
    assert left_out(("names",)) == "Too few sentences to say anything: names." and left_out(()) == ""
