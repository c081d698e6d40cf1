"""Errors by phenomenon in tables, sentences and rows: what is coloured and said is what survives the correction."""

import numpy as np
import pytest

from probing.analysis.slice_errors import slice_errors
from probing.diagnosis.group_means import Estimate
from probing.diagnosis.phenomenon_errors import Loss
from probing.report.diagnosed.phenomenon_tables import (
    difference_table,
    error_table,
    failing,
    losses_in_words,
    lost_in,
    phenomena_as_json,
    rows_of_losses,
    rows_of_phenomena,
)

LOST = (Loss("negation", 4, 2, Estimate(0.25, 0.1, 0.4, 60)),)


@pytest.fixture(scope="module")
def found():
    """Negated sentences (the first 60 of 240) fail in the classifier, others not; nothing is a question."""
    inside = np.zeros((240, 3), dtype=bool)
    inside[:60, 0] = inside[::2, 1] = True
    wrong = np.zeros((240, 2), dtype=bool)
    wrong[:30, 0] = wrong[::13, 1] = True
    return slice_errors(("negation", "short", "question"), inside, wrong, (None, 3), np.random.default_rng(0))


def shown(rows):
    return [[cell.text.replace("\u00a0", " ") for cell in row] for row in rows]


def test_the_table_has_the_classifier_before_the_layers_and_all_sentences_below(found):
    table = error_table(found)
    assert table.head == ["phenomenon", "sentences", "classifier", "layer 3"]
    rows = shown(table.rows)
    assert rows[0] == ["negation", "60", "50.0 % [37.7, 62.3]", "8.3 % [3.6, 18.1]"]
    assert rows[2] == ["question", "0", "–", "–"]
    assert shown(table.foot)[0][:2] == ["all sentences", "240"]
    assert shown(table.foot)[0][2].startswith("12.5 % [") and shown(table.foot)[0][3].startswith("7.9 % [")


def test_only_what_survives_the_correction_is_coloured_and_named(found):
    tones = [[cell.tone for cell in row[-2:]] for row in error_table(found).rows]
    assert tones == [["for3", ""], ["", ""], ["", ""]]
    assert [[cell.tone for cell in row[1:]] for row in difference_table(found).rows] == tones
    apart, low, high = found.difference[0, 0], found.joint_low[0, 0], found.joint_high[0, 0]
    assert apart == 0.5 and low > 0
    assert failing(found) == (
        "The classifier is wrong more often than in the other sentences in: "
        f"negation +50.0 [+{100 * low:.1f}, +{100 * high:.1f}] (percentage points; intervals corrected for all 4 "
        "differences)."
    )
    assert shown(difference_table(found).rows)[0][1] == f"+50.0 [+{100 * low:.1f}, +{100 * high:.1f}]"


def test_nothing_is_said_where_nothing_fails(found):
    even = slice_errors(("a",), np.eye(40, 1, dtype=bool), np.zeros((40, 1), bool), (None,), np.random.default_rng(0))
    assert failing(even) == "" and losses_in_words(()) == "" and lost_in(LOST, "short") == ""


def test_what_is_lost_is_said_with_its_interval():
    assert lost_in(LOST, "negation") == "from layer 4 on"
    assert losses_in_words(LOST) == (
        "Lost between layers: negation from layer 4 on (layer 2 is right more often by +0.250 [+0.100, +0.400])."
    )


def test_json_and_rows_have_the_numbers_of_the_record(found):
    first, second, third = phenomena_as_json(found, LOST, {"negation": "it has a negation"})
    assert first["rule"] == "it has a negation" and first["n"] == 60 and "lost" not in second
    assert first["lost"] == {"layer": 4, "instead": 2, "value": 0.25, "low": 0.1, "high": 0.4, "n": 60}
    assert (third["name"], third["n"]) == ("question", 0)
    rows = [*rows_of_phenomena(found), *rows_of_losses(LOST)]
    assert len(rows) == 3 * 3 * 2 + 1
    by_what = {(one.what, one.method, one.layer): one for one in rows if one.name == "negation"}
    rate = by_what["error rate", "classifier", None]
    assert (rate.value, rate.low, rate.high, rate.n) == (0.5, found.low[0, 0], found.high[0, 0], 60)
    apart = by_what["error rate minus that of the rest", "probe", 3]
    assert (apart.value, apart.low) == (found.difference[0, 1], found.joint_low[0, 1])
    assert by_what["adjusted p of that difference", "classifier", None].value == found.p[0, 0] < 0.01
    lost = by_what["lost from this layer on", "layer 2 instead", 4]
    assert (lost.value, lost.low, lost.high, lost.n) == (0.25, 0.1, 0.4, 60)
