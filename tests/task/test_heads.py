import numpy as np
import pytest

from probing.axes import Corpus, Sentence
from probing.errors import DataError
from probing.rng import generator
from probing.task.heads import Head, habit_places

CAT = Sentence("s", ("the", "cat", "saw", "it"), heads=(2, 3, 0, 3))


def test_labels_are_the_places_of_heads_and_the_root_is_its_own():
    corpus = Corpus("toy", dict.fromkeys(("train", "dev", "test"), (CAT,)))
    found = Head("head").labels(corpus)
    assert (found.level, found.kind) == ("word", "position")
    assert found.values["test"][0].tolist() == [1, 2, 2, 2]
    with pytest.raises(DataError, match="task=head needs heads"):
        Head("head").labels(Corpus("toy", dict.fromkeys(("train", "dev", "test"), (Sentence("t", ("a",)),))))


def test_each_type_has_one_habit_in_all_splits():
    corpus = Corpus(
        "toy", {"train": (CAT,), "dev": (CAT,), "test": (Sentence("t", CAT.words[::-1], heads=(2, 0, 2, 3)),)}
    )
    task = Head("head")
    found = task.control(corpus, task.labels(corpus), generator(3, "control"))
    habits = {}
    for split, sentences in corpus.splits.items():
        for word, place in zip(sentences[0].words, found.values[split][0].tolist(), strict=True):
            own = sentences[0].words.index(word)
            habits.setdefault(word, []).append({"own": own == place, "first": place == 0, "last": place == 3})
    for seen in habits.values():
        assert any(all(one[rule] for one in seen) for rule in ("own", "first", "last"))


def test_habits_by_hand():
    assert habit_places(np.array([1, 0, 2])).tolist() == [0, 1, 2]
    assert habit_places(np.array([2, 1, 1])).tolist() == [2, 0, 0]
