"""A score is a number with what belongs to it."""

import copy
import math
import pickle

from probing.interface.score_beside_control import Score, beside
from probing.result.rows import Measurement


def row(target, value, layer=3, split="test", metric="accuracy", n_sentences=150, draw=None):
    return Measurement(
        split, target, layer, None, 0, metric, value, value - 0.1, value + 0.1, 900, n_sentences, draw=draw
    )


ROWS = [
    row("majority", 0.2, layer=None),
    row("task", 0.9),
    row("control", 0.55, draw=0),
    row("control", 0.6),
    row("selectivity", 0.3),
    row("task", 0.5, layer=2),
    row("task", 0.8, split="dev"),
    row("task", 0.7, metric="macro_f1"),
    row("memorisation", 0.4, split="train"),
]


def test_only_what_stands_beside_the_number_is_kept():
    kept = beside(ROWS, "accuracy", "test", 3)
    assert [(one.target, one.value) for one in kept] == [
        ("majority", 0.2),
        ("task", 0.9),
        ("control", 0.55),
        ("control", 0.6),
        ("selectivity", 0.3),
        ("memorisation", 0.4),
    ]
    score = Score(kept, ["few"])
    assert (score, score.control, score.selectivity, score.n_items) == (0.9, 0.6, 0.3, 900)
    assert score.to_frame()["target"].tolist()[0] == "task"
    assert repr(score).splitlines() == [
        "accuracy 0.900 [0.800, 1.000] on 900 items in 150 sentences of test, layer 3",
        "  control 0.600 [0.500, 0.700]",
        "  memorisation 0.400 [0.300, 0.500]",
        "  selectivity 0.300 [0.200, 0.400]",
        "  majority 0.200 [0.100, 0.300]",
        "  note: few",
    ]


def test_it_counts_as_a_number_and_can_be_copied():
    score = Score(beside(ROWS, "accuracy", "test", 3))
    assert score > 0.8
    assert max(score, 0.5) is score
    for copied in (copy.deepcopy(score), pickle.loads(pickle.dumps(score))):  # noqa: S301
        assert (copied, copied.rows, copied.notes) == (score, score.rows, score.notes)


def test_one_sentence_has_no_interval():
    score = Score([row("task", 0.9, n_sentences=1)])
    assert all(map(math.isnan, score.interval))
    assert repr(score) == "accuracy 0.900 on 900 items in 1 sentence of test, layer 3"
    assert score.control is None
