from collections import Counter

import numpy as np
import pytest

from probing.errors import ConfigError, DataError
from probing.rng import generator
from probing.task.sentences import SentenceTask

TASK = SentenceTask("sentiment")


def test_every_sentence_has_its_class(reviews):
    labels = TASK.labels(reviews(["pos", "neg", "_", "pos"], ["neg"], ["_", "pos"]))
    assert (labels.level, labels.kind) == ("sentence", "class")
    assert labels.classes == ("neg", "pos")
    assert [v.tolist() for v in labels.values["train"]] == [[1], [0], [-1], [1]]
    assert [v.tolist() for v in labels.values["test"]] == [[-1], [1]]


def test_a_label_seen_only_in_test_has_a_number_of_its_own(reviews):
    labels = TASK.labels(reviews(["pos", "neg"], ["pos"], ["pos", "meh"]))
    assert (labels.classes, labels.unseen) == (("neg", "pos"), ("meh",))
    assert [v.tolist() for v in labels.values["test"]] == [[1], [2]]


def test_one_class_is_an_error(reviews):
    with pytest.raises(DataError, match=r"task=sentiment: train of toy has one class only \(pos\)"):
        TASK.labels(reviews(["pos", "pos", "_"], ["pos"], ["pos"]))


def test_the_control_keeps_the_labels_and_changes_whose_they_are(reviews):
    corpus = reviews(["pos", "neg", "neg"] * 20, ["pos"] * 3 + ["neg"] * 5, ["neg"] * 4 + ["pos"] * 4)
    labels = TASK.labels(corpus)
    control = TASK.control(corpus, labels, generator(0))
    for split, values in labels.values.items():
        assert Counter(np.concatenate(control.values[split])) == Counter(np.concatenate(values))
    assert control.values["train"] != labels.values["train"]
    again, other = (TASK.control(corpus, labels, generator(seed)) for seed in (0, 1))
    assert again.values["train"] == control.values["train"] != other.values["train"]


@pytest.mark.parametrize("vector", ["first", "max"])
def test_an_impossible_vector_names_the_possible_ones(vector):
    with pytest.raises(ConfigError, match=rf"task\.vector={vector}: .* mean, cls, last"):
        SentenceTask("sentiment", vector=vector)
