import numpy as np
import pytest

from probing.axes import Corpus, Sentence
from probing.errors import ConfigError, DataError
from probing.rng import generator
from probing.task.arcs import Arc

CAT = Sentence("s", ("the", "cat", "saw", "it"), heads=(2, 3, 0, 3), deprel=("det", "nsubj", "root", "_"))
BARE = Sentence("t", ("no", "tree"))


def corpus(*sentences: Sentence) -> Corpus:
    return Corpus("toy", dict.fromkeys(("train", "dev", "test"), sentences))


def test_every_word_but_the_root_is_the_dependent_of_an_edge():
    found = Arc("arc").places(CAT)
    assert found.words.tolist() == [0, 1, 3]
    assert found.spans.tolist() == [[[0, 1], [1, 2]], [[1, 2], [2, 3]], [[3, 4], [2, 3]]]
    assert Arc("arc").gold(CAT) == ["det", "nsubj", None]


def test_labels_stand_beside_their_places():
    found = Arc("arc").labels(corpus(CAT))
    assert found.classes == ("det", "nsubj")
    assert [values.tolist() for values in found.values["test"]] == [[0, 1, -1]]
    assert [len(places.words) for places in found.places["test"]] == [3]


def test_a_type_of_dependent_has_one_control_label_in_all_splits():
    task, whole = Arc("arc"), corpus(*[CAT] * 20)
    labels = task.labels(whole)
    control = task.control(whole, labels, generator(0, "control"))
    for place in range(3):
        assert len({int(values[place]) for rows in control.values.values() for values in rows}) == 1
    assert control.places is labels.places
    drawn = [task.control(whole, labels, generator(seed, "control")).values["train"][0] for seed in range(9)]
    assert len({tuple(values.tolist()) for values in drawn}) > 1
    assert set(np.concatenate(drawn).tolist()) == {0, 1}


def test_a_corpus_without_trees_is_refused_with_one_that_has_them():
    with pytest.raises(DataError, match="task=arc needs heads, and corpus toy has none .* data=ewt"):
        Arc("arc").labels(corpus(CAT, BARE))
    with pytest.raises(ConfigError, match="task.vector"):
        Arc("arc", vector="ends")
