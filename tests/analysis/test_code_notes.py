"""Notes on online codes: what chose the layer, and the items of classes that the code had not seen."""

from dataclasses import replace

from probing.analysis.code_notes import code_notes
from probing.probe.fit import Fit, Target
from probing.probe.mdl import UNSEEN, UNSEEN_BITS
from probing.result.score import Prediction

GOLD = Target("word", "class", 2, {})


def coded(target: str, layer: int, unseen: int, bits: float, draw: int | None = None) -> Prediction:
    fit = Fit(layer, target, {}, 0.5, True, {UNSEEN: unseen, UNSEEN_BITS: bits})
    return Prediction(target, layer, 0, GOLD, {}, fit, draw)


def test_unseen_items_are_counted_once_and_not_per_layer():
    found = [coded("task", 0, 3, 20.4), coded("task", 1, 3, 20.4), coded("control", 0, 1200, 9000.0, draw=1)]
    choice, unseen = code_notes(found)
    assert "the shortest code" in choice
    assert unseen.endswith("on every layer: task: 3 (20 bits), control draw 1: 1,200 (9,000 bits)")


def test_nothing_is_said_where_every_class_was_seen():
    assert len(code_notes([replace(coded("task", 0, 0, 0.0))])) == 1
