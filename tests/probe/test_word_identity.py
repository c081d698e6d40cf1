"""Features of word identity: smoothed, normalised, and blind to the label that they are to predict."""

import numpy as np

from probing.probe.fit import Target
from probing.probe.word_identity import type_features
from probing.rng import generator

WORDS = {
    "train": [["the", "light"], ["light"], ["the"], ["a"]],
    "dev": [["the"]],
    "test": [["light", "unheard"]],
}
VALUES = {
    "train": [np.array([0, 1]), np.array([2]), np.array([0]), np.array([1])],
    "dev": [np.array([0])],
    "test": [np.array([1, 5])],
}
TARGET = Target("word", "class", 3, VALUES)


def test_types_of_test_have_the_smoothed_shares_of_train() -> None:
    found = type_features(WORDS, TARGET, 2, generator(0, "folds"))
    prior = np.array([2 + 1, 2 + 1, 1 + 1]) / (5 + 3)
    light, unheard = np.exp(found["test"])
    np.testing.assert_allclose(light, (np.array([0, 1, 1]) + prior) / 3, rtol=1e-6)
    np.testing.assert_allclose(unheard, prior, rtol=1e-6)
    for split in ("train", "dev", "test"):
        np.testing.assert_allclose(np.exp(found[split]).sum(axis=1), 1, rtol=1e-6)


def test_an_item_of_train_does_not_see_its_own_label() -> None:
    """Another label of one sentence changes the features of others, and never its own."""
    whole = type_features(WORDS, TARGET, 2, generator(0, "folds"))["train"]
    changed = {**VALUES, "train": [np.array([0, 0]), *VALUES["train"][1:]]}
    other = type_features(WORDS, Target("word", "class", 3, changed), 2, generator(0, "folds"))["train"]
    np.testing.assert_array_equal(whole[:2], other[:2])
    assert (whole[2:] != other[2:]).any()


def test_random_labels_of_rare_words_give_nothing_away() -> None:
    """Every type occurs once: without folds, the features of train would be the labels themselves."""
    rng = generator(0, "rare")
    words = {"train": [[f"w{i}"] for i in range(300)], "dev": [["x"]], "test": [["y"]]}
    labels = rng.integers(3, size=300)
    values = {"train": [np.array([y]) for y in labels], "dev": [np.array([0])], "test": [np.array([0])]}
    found = type_features(words, Target("word", "class", 3, values), 10, rng)["train"]
    assert abs((found.argmax(axis=1) == labels).mean() - 1 / 3) < 0.1
