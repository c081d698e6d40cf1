import numpy as np
import pytest

from probing.analysis.samples import describe_stored_maps, draw, with_labels
from probing.axes import Labels
from probing.errors import DataError
from probing.model.subwords import Subwords


def of_lengths(*lengths: int) -> Subwords:
    n = sum(lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Subwords(np.arange(n, dtype=np.int32), np.zeros(n, np.int32), offsets, np.array(lengths, dtype=np.int32))


def test_a_sample_states_how_many_of_how_many_and_how_they_were_chosen():
    found = draw("test", of_lengths(5, 2, 9, 40, 7, 6), 2, 32)
    assert len(found.sentences) == 2
    assert set(found.sentences) <= {0, 2, 4, 5}
    assert found.description == (
        "2 of the 4 sentences of test that have 3 to 32 subwords (test has 6 sentences), drawn at random "
        "(the same in every run)"
    )
    assert np.diff(found.subwords.offsets).tolist() == [(5, 2, 9, 40, 7, 6)[i] for i in found.sentences]


def test_the_limits_themselves_are_lengths_that_fit():
    assert draw("test", of_lengths(8, 9, 3, 2), 9, 8).sentences.tolist() == [0, 2]


def test_a_sample_of_everything_is_said_to_be_that():
    found = draw("dev", of_lengths(5, 6), 10, None)
    assert found.sentences.tolist() == [0, 1]
    assert found.description == "2 of the 2 sentences of dev"


def test_only_sentences_with_a_label_are_drawn_where_some_have_none_and_that_is_said():
    subwords, labelled = of_lengths(5, 6, 40, 7, 6, 8), np.array([False, True, True, False, True, True])
    found = draw("test", subwords, 2, 32, labelled)
    assert set(found.sentences) <= {1, 4, 5}
    assert found.description == (
        "2 of the 3 sentences of test that have 3 to 32 subwords and a label (test has 6 sentences), drawn at random "
        "(the same in every run)"
    )
    assert draw("test", subwords, 9, 32, labelled).sentences.tolist() == [1, 4, 5]
    with pytest.raises(DataError, match="none of the 6 sentences of test has 3 to 32 subwords and a label; choose"):
        draw("test", subwords, 2, 32, np.array([False, False, True, False, False, False]))


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("class", [[-1, 1], [-1], [2], [0]], [True, False, False, True]),  # 2 is a class that train does not have
        ("position", [[-1, 7], [-1], [2], [0]], [True, False, True, True]),
        ("scalar", [[np.nan, -3.5], [np.nan], [2.0], []], [True, False, True, False]),
    ],
)
def test_a_sentence_has_a_label_if_one_of_its_items_has_one_that_train_has(kind, values, expected):
    labels = Labels("word", kind, {"test": [np.array(one) for one in values]}, ("A", "B"))
    assert with_labels(labels, "test").tolist() == expected


def test_where_all_have_labels_the_sample_is_the_one_without_labels():
    subwords = of_lengths(5, 6, 7, 6, 8, 40)
    every, some = (draw("test", subwords, 3, 32, of) for of in (None, np.array([True] * 5 + [False])))
    assert every.sentences.tolist() == some.sentences.tolist()
    assert every.description == some.description


def test_a_split_without_a_short_sentence_says_how_long_the_shortest_is():
    with pytest.raises(DataError, match=r"none of the 2 sentences of test has 3 to 8 subwords .*has 40"):
        draw("test", of_lengths(40, 50), 2, 8)


def test_without_a_limit_sentences_of_two_subwords_are_left_out_and_that_is_said():
    found = draw("test", of_lengths(5, 2), 2, None)
    assert found.sentences.tolist() == [0]
    assert found.description == "1 of the 1 sentences of test that have at least 3 subwords (test has 2 sentences)"
    with pytest.raises(DataError, match=r"none of the 2 sentences of test has at least 3 subwords; raise"):
        draw("test", of_lengths(2, 1), 2, None)


@pytest.mark.parametrize(
    ("stored", "requested", "reason"),
    [
        (30, "all", ""),
        (30, 200, ""),
        (28, "all", "; the others are longer than one input, or have no words"),
        (28, 200, "; the others are longer than one input, or have no words"),
        (20, 20, ", drawn at random (the same in every run)"),
    ],
)
def test_stored_maps_are_said_to_be_drawn_only_if_they_were(stored, requested, reason):
    assert describe_stored_maps(stored, 30, requested) == f"{stored} of the 30 sentences of test{reason}"
