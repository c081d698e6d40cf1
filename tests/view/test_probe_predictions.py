"""What probes predict, from which vectors, and the gold labels beside it."""

import numpy as np
import pytest

from probing.axes import Sentence
from probing.errors import DataError
from probing.model.pooling import Pooling
from probing.view.probe_predictions import fitting_gold, pooling
from probing.view.probe_selection import Probes, select_probes
from probing.view.record import CorpusSentence, Predicted

WORDS = ("the", "foxes", "…", "sleep")


def probes(folder, gold=None) -> Probes:
    return select_probes([folder], "sha256-1", "float32", gold_of=gold and (lambda options: gold))


def place(split: str = "test", words: tuple[str, ...] = WORDS) -> CorpusSentence:
    return CorpusSentence("ewt", split, 0, Sentence("s", words, upos=("A", "B", "C", "_")[: len(words)]))


def test_words_are_classified_layer_by_layer(run, tmp_path, hidden, tokens):
    run("a")
    [found] = probes(tmp_path)(hidden, tokens)
    assert found.predicted == [["A", "A", None, "A"], ["B", "B", None, "B"]]
    assert found.probability is not None
    sure = 1 / (1 + np.exp(-4))
    assert found.probability[0] == [pytest.approx(sure), pytest.approx(sure), None, pytest.approx(sure)]
    assert found.gold is None
    assert (found.task, found.level, found.kind, found.layers) == ("pos", "word", "class", (0, 1))


@pytest.mark.parametrize(
    ("level", "vector", "cls_position", "expected"),
    [
        ("word", "mean", "first", [1, 2.5, None, 5]),
        ("word", "first", "first", [1, 2, None, 5]),
        ("word", "last", "first", [1, 3, None, 5]),
        ("sentence", "mean", "first", [2.75]),  # of subwords 1, 2, 3 and 5, of both texts
        ("sentence", "last", "first", [5]),
        ("sentence", "cls", "first", [0]),
        ("sentence", "cls", "last", [6]),
    ],
)
def test_numbers_are_read_from_the_vector_that_the_run_probed(
    run, tmp_path, hidden, tokens, level, vector, cls_position, expected
):
    run("a", (), level=level, vector=vector, cls_position=cls_position)
    [found] = probes(tmp_path)(hidden, tokens)
    assert found.predicted == [expected, expected]
    assert found.probability is None


def test_pooling_weights_are_distributions_or_zero(tokens):
    for level, vector in (("word", "mean"), ("word", "last"), ("sentence", "mean"), ("sentence", "cls")):
        total = pooling(tokens, Pooling(level, vector)).sum(axis=1)
        assert total.tolist() == ([1, 1, 0, 1] if level == "word" else [1])


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float32", 1 + 2**-12 + 2**-20), ("float16", 1.0), ("bfloat16", 1.0)],
)
def test_hidden_states_are_rounded_as_those_of_the_training_were(run, tmp_path, tokens, dtype, expected):
    run("a", (), dtype=dtype)
    hidden = np.full((2, 7, 2), 1 + 2**-12 + 2**-20, np.float32)
    [found] = probes(tmp_path)(hidden, tokens)
    assert found.predicted[0][0] == pytest.approx(expected, abs=2**-22)


@pytest.mark.parametrize(
    ("hidden", "message"),
    [
        (np.zeros((2, 7, 3), np.float32), "width 2 up to layer 1, not 2 layers of width 3"),
        (np.zeros((1, 7, 2), np.float32), "width 2 up to layer 1, not 1 layers of width 2"),
    ],
)
def test_hidden_states_that_the_probes_cannot_read_are_refused_by_the_runs_name(run, tmp_path, tokens, hidden, message):
    run("a")
    with pytest.raises(DataError, match=f"main/m/ewt/pos/linear/a: .*{message}"):
        probes(tmp_path)(hidden, tokens)


def test_gold_labels_of_a_corpus_sentence_come_from_the_runs_task(run, tmp_path, hidden, tokens):
    run("a")
    found = probes(tmp_path, lambda sentence: [None if tag == "_" else tag for tag in sentence.upos])
    [of_sentence] = found(hidden, tokens, place())
    assert of_sentence.gold == ["A", "B", None, None]  # C is none of the probes' classes
    [of_text] = found(hidden, tokens)
    assert of_text.gold is None


@pytest.mark.parametrize("labels", [None, ["A", "B", "A"]])
def test_a_sentence_without_annotation_or_with_other_words_has_no_gold(run, tmp_path, hidden, tokens, labels):
    run("a")
    [found] = probes(tmp_path, lambda sentence: labels)(hidden, tokens, place())
    assert found.gold is None


def test_gold_numbers_are_kept_as_they_are():
    fixed = ("run", "data", "accuracy", (0.5,), (0.4,), (0.6,), (0.1,))
    numbers = Predicted("depth", "word", "scalar", (0,), [[1.0] * 3], None, None, *fixed)
    assert fitting_gold([1, 0, None], numbers) == [1, 0, None]
