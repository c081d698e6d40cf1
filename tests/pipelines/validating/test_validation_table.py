"""Counts of a validation, by hand."""

import json
from dataclasses import replace

from pipelines.validating.fault_outcomes import Outcome
from pipelines.validating.fault_texts import TextOutcome
from pipelines.validating.repairs import Gain
from pipelines.validating.validation_table import cuts_in_words, lines, markdown, record, text_lines
from probing.diagnosis.cause import Cause
from probing.diagnosis.group_means import Estimate

CUT = {"kind": "lost", "group": "negation", "layer": 4}
PREDICTED = Estimate(0.3, 0.2, 0.4, 100)


def lost(layer: int, measured: float) -> Outcome:
    told = Cause("lost", "negation", layer=layer, instead=2, gain=PREDICTED)
    return Outcome(layer, "cut negation", CUT, told, Gain(PREDICTED, measured, 0.01, 90))


FOUND = [
    lost(4, 0.31),
    lost(5, -0.1),
    lost(2, 0.6),
    Outcome(1, "cut negation", CUT, Cause("healthy"), None),
    Outcome(1, "healthy", {"kind": "healthy"}, Cause("healthy"), None),
]


def test_layer_counts_as_named_if_it_is_next_to_the_planted_one():
    healthy, cut, everything = lines(FOUND)
    assert healthy.cells == ("healthy", "1 of 1", "–", "–", "–", "–")
    assert cut.cells == ("cut negation", "2 of 4", "1 of 4", "2 of 3", "1 of 3", "0.102")  # √(0.1² + 0.0196²)
    assert everything.cells == ("all", "3 of 5", "1 of 4", "2 of 3", "1 of 3", "0.102")


def test_single_texts_are_counted_by_verdict_and_by_repair():
    unsure = replace(PREDICTED, low=-0.1)
    gains = [Gain(PREDICTED, 0.31, 0.01, 90), Gain(PREDICTED, -0.31, 0.01, 90), Gain(unsure, -0.05, 0.01, 90)]
    texts = [TextOutcome("a text", "lost", True, gain, layer=2) for gain in gains]
    texts += [
        TextOutcome("another", "outweighed", False, gains[0], word="so"),
        TextOutcome("x", "undecided", False, None),
    ]
    one = replace(FOUND[0], texts=texts)
    cut, everything = text_lines([one])
    # the sign counts only where the interval predicts one
    assert cut.cells == ("cut negation: 5", "3 of 5", "4 (2)", "2 of 3", "3 of 4", "0.102")
    assert everything.fault == "all"
    healthy, *_ = text_lines([replace(FOUND[-1], texts=[replace(texts[0], fits=None)])])
    assert healthy.cells[1] == "–"
    assert "| cut negation: 5 | 3 of 5 |" in markdown([one], "Title")
    assert json.loads(json.dumps(record(one)))["texts"][3]["word"] == "so"


def test_how_many_layers_could_be_cut_is_said():
    assert cuts_in_words([replace(FOUND[0], n_cuts=3), replace(FOUND[1], n_cuts=5)]).endswith(
        "3 to 5 layers could be cut."
    )
    assert cuts_in_words([replace(FOUND[0], n_cuts=3)]) == "Of the encoder, 3 layers could be cut."
    assert cuts_in_words(FOUND[-1:]) == ""


def test_everything_that_is_not_as_planted_is_listed():
    shown = markdown(FOUND, "Title").splitlines()
    wrong = [line for line in shown if line.startswith("- ")]
    assert [line.partition(",")[0] for line in wrong] == ["- seed 5", "- seed 2", "- seed 1"]
    assert "kind healthy, group all sentences was named" in wrong[-1]
    assert "+0.300 was predicted" in wrong[0]
    assert "-0.100 was measured" in wrong[0]


def test_record_is_json_and_keeps_all_numbers():
    found = json.loads(json.dumps(record(FOUND[0])))
    assert found["named"] == {"kind": "lost", "group": "negation", "layer": 4, "instead": 2}
    assert found["gain"]["measured"] == 0.31
    assert found["gain"]["predicted"] == {"value": 0.3, "low": 0.2, "high": 0.4, "n": 100}
    assert json.loads(json.dumps(record(FOUND[-1])))["gain"] is None
