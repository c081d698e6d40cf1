import numpy as np

from probing.probe.baselines import baselines
from probing.probe.fit import Target

WORDS = {
    "train": [["the", "dog"], ["the", "light"], ["light"]],
    "dev": [["the"]],
    "test": [["light", "cat", "the"]],
}


def words_target(kind: str) -> Target:
    values = {"train": [np.array([0, 1]), np.array([0, 1]), np.array([2])], "dev": [np.array([0])]}
    return Target("word", kind, 3, {**values, "test": [np.array([1, 1, 0])]})  # type: ignore[arg-type]


def test_majority_classes_ties_go_to_the_first() -> None:
    found = baselines(words_target("class"), WORDS)
    assert [a.tolist() for a in found["majority"]["test"]] == [[0, 0, 0]]
    # light: once 1, once 2, the lower wins; cat is not in train and falls back on the overall majority
    assert [a.tolist() for a in found["type_majority"]["test"]] == [[1, 0, 0]]


def test_means_for_numbers() -> None:
    found = baselines(words_target("scalar"), WORDS)
    assert [a.tolist() for a in found["majority"]["test"]] == [[0.8, 0.8, 0.8]]
    assert [a.tolist() for a in found["type_majority"]["test"]] == [[1.5, 0.8, 0.0]]


def test_pairs_have_the_chain() -> None:
    pairs = {s: [np.zeros((3, 3), int)] for s in ("train", "dev", "test")}
    found = baselines(Target("pair", "scalar", 0, pairs), WORDS)
    assert found["chain"]["test"][0].tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]


def test_sentences_have_no_type() -> None:
    one = {s: [np.array([1])] for s in ("train", "dev", "test")}
    assert set(baselines(Target("sentence", "class", 2, one), {s: [[]] for s in one})) == {"majority"}
