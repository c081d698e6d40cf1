import numpy as np
import pytest

from probing.probe.baselines import Read, by_type, in_train, simple
from probing.probe.fit import Target

FORMS = {
    "train": [["the", "dog"], ["the", "light"], ["light"]],
    "dev": [["the"]],
    "test": [["light", "cat", "the"]],
}
READ = Read(FORMS, {split: [np.arange(len(words)) for words in rows] for split, rows in FORMS.items()})


def words_target(kind: str) -> Target:
    values = {"train": [np.array([0, 1]), np.array([0, 1]), np.array([2])], "dev": [np.array([0])]}
    return Target("word", kind, 3, {**values, "test": [np.array([1, 1, 0])]})  # type: ignore[arg-type]


def test_majority_classes_ties_go_to_the_more_frequent_and_then_to_the_first() -> None:
    found = simple(words_target("class"), READ)
    assert [a.tolist() for a in found["majority"]["test"]] == [[0, 0, 0]]
    # light: once 1, once 2, and train has 1 more often; cat is not in train and falls back on the overall majority
    assert [a.tolist() for a in found["type_majority"]["test"]] == [[1, 0, 0]]


def test_of_equally_frequent_classes_of_a_type_the_more_frequent_of_all_wins() -> None:
    values = {"train": [np.array([2, 2]), np.array([2, 1]), np.array([2])], "dev": [np.array([2])]}
    target = Target("word", "class", 3, {**values, "test": [np.array([1, 1, 2])]})
    assert simple(target, READ)["type_majority"]["test"][0].tolist() == [2, 2, 2]


def test_means_for_numbers() -> None:
    found = simple(words_target("scalar"), READ)
    assert [a.tolist() for a in found["majority"]["test"]] == [[0.8, 0.8, 0.8]]
    assert [a.tolist() for a in found["type_majority"]["test"]] == [[1.5, 0.8, 0.0]]


def test_pairs_have_the_chain() -> None:
    pairs = {s: [np.zeros((3, 3), int)] for s in ("train", "dev", "test")}
    found = simple(Target("pair", "scalar", 0, pairs), READ)
    assert found["chain"]["test"][0].tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]


def test_sentences_have_no_type() -> None:
    one = {s: [np.array([1])] for s in ("train", "dev", "test")}
    assert set(simple(Target("sentence", "class", 2, one), READ)) == {"majority"}


def test_what_is_read_of_items_are_their_forms_and_places() -> None:
    some = Read(FORMS, {**READ.items, "test": [np.array([0, 2])]})
    assert some.types("test") == ["light", "the"]
    assert some.places("test").tolist() == [[0, 2], [2, 0]]
    assert in_train(some, "test") == 1
    assert in_train(READ, "test") == pytest.approx(2 / 3)


def test_labels_drawn_per_type_are_all_found_where_train_has_the_type() -> None:
    """So the score of this lookup is what a control task with such labels can reach: its ceiling."""
    label = {"the": 1, "dog": 0, "light": 2, "cat": 0}
    values = {split: [np.array([label[w] for w in words]) for words in rows] for split, rows in FORMS.items()}
    assert by_type(Target("word", "class", 3, values), READ)["test"][0].tolist() == [2, 1, 1]  # cat: the most frequent
