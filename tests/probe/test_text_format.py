"""The format of texts: what is read, in deviations, and that no linear reader finds it after it is taken out."""

from types import SimpleNamespace

import numpy as np

from probing.probe.text_format import NUMBERS, format_of, scaled, without_format
from probing.probe.text_windows import Texts
from probing.rng import generator

TRAIN = [["User:", "so", "good", "!"], ["So", "bad", "."], ["so", "1st", "!"], ["[INST]", "so", "so"]] * 20


def test_marks_are_frequent_signs_and_first_and_last_words_the_most_frequent_first():
    form = format_of(TRAIN, 200)
    assert form.marks[0] == ("any", "!")
    assert set(form.marks) == {
        ("any", "!"), ("last", "!"), ("any", "User:"), ("first", "User:"), ("any", "."), ("last", "."),
        ("any", "[INST]"), ("first", "[INST]"), ("first", "So"), ("first", "so"), ("last", "so"),
    }  # fmt: skip
    assert len(format_of(TRAIN, 4 * (len(NUMBERS) + 3)).marks) == 3
    assert ("last", "rare") not in format_of([*TRAIN, ["a", "rare"]], 200).marks


def test_the_features_of_a_text_are_those_by_hand():
    form = format_of(TRAIN, 200)
    [x] = form.of_texts([["User:", "1st", "!"]], np.array([8]))
    assert np.allclose(x[:4], [np.log(8), 2 / 3, 1 / 3, 1 / 3])
    assert {mark for mark, there in zip(form.marks, x[4:], strict=True) if there} == {
        ("any", "!"), ("last", "!"), ("any", "User:"), ("first", "User:"),
    }  # fmt: skip
    words = form.of_words(["User:", "1st", "!"])
    assert words[1].sum() == 0 and words[0].sum() == words[2].sum() == 2


def test_features_are_in_deviations_of_train_and_constant_ones_are_zero():
    x = scaled({"train": np.array([[1.0, 5], [3, 5]]), "test": np.array([[2.0, 9]])})
    assert np.allclose(x["train"], [[-1, 0], [1, 0]]) and np.allclose(x["test"], [[0, 0]])


def test_no_feature_of_text_or_subword_covaries_with_the_vectors_that_are_left():
    rng = generator(0, "format")
    lengths = rng.integers(3, 9, 60)
    text = np.repeat(np.arange(60), lengths)
    of_texts, of_subwords = rng.normal(size=(60, 3)), rng.normal(size=(len(text), 2))
    x = rng.normal(size=(len(text), 12)) + of_texts[text] @ rng.normal(size=(3, 12))
    x += of_subwords @ rng.normal(size=(2, 12))
    windows = [text < 30, text >= 30]
    halves = [
        Texts(np.unique(text[half]), x[half].astype(np.float32), lengths[np.unique(text[half])], np.flatnonzero(half))
        for half in windows
    ]
    layer = SimpleNamespace(windows=lambda split: iter(halves))
    erased = without_format(layer, of_texts, lambda window: of_subwords[window.rows])  # type: ignore[arg-type]
    assert erased.rank == 5
    left = erased(x)
    means = np.stack([left[text == i].mean(0) for i in range(60)])
    assert np.abs(np.cov(means.T, of_texts.T)[:12, 12:]).max() < 1e-6
    weights = 1 / lengths[text]
    z = of_subwords - np.average(of_subwords, axis=0, weights=weights)
    assert np.abs((weights[:, None] * z).T @ left).max() < 1e-5
    assert np.abs(left - x).max() > 0.1
