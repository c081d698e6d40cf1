"""Counts of a validation, by hand."""

import json

from pipelines.validating.fault_outcomes import Outcome
from pipelines.validating.repairs import Gain
from pipelines.validating.validation_table import lines, markdown, record
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
    assert healthy.cells == ("healthy", "1 of 1", "–", "–", "–")
    assert cut.cells == ("cut negation", "2 of 4", "1 of 4", "2 of 3", "1 of 3")
    assert everything.cells == ("all", "3 of 5", "1 of 4", "2 of 3", "1 of 3")


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
