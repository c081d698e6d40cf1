import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from probing.probe.bag_of_words import STRENGTHS, bag_of_words
from probing.probe.fit import Target
from probing.probe.strengths import choose
from probing.rng import generator

WORDS = ("good", "bad", "a", "film", "very")


def sentences(seed: int, n: int) -> list[list[str]]:
    rng = generator(seed, "sentences")
    return [[WORDS[i] for i in rng.integers(len(WORDS), size=rng.integers(2, 9))] for _ in range(n)]


FORMS = {"train": sentences(0, 300), "dev": sentences(1, 100), "test": sentences(2, 100)}


def test_a_class_that_words_tell_is_found_and_sentences_without_a_label_are_left_out() -> None:
    gold = {s: [np.array([int(w.count("good") > w.count("bad"))]) for w in rows] for s, rows in FORMS.items()}
    gold["train"][0] = gold["test"][5] = np.array([], int)
    gold["dev"][0] = np.array([2])  # a class that train does not have
    found = bag_of_words(Target("sentence", "class", 2, gold), FORMS)["test"]
    assert [len(v) for v in found] == [len(v) for v in gold["test"]]
    assert np.mean(np.concatenate(found) == np.concatenate(gold["test"])) > 0.95


def test_numbers_are_those_of_ridge_regression_on_counts_of_the_words_of_train() -> None:
    noise = generator(3, "noise")
    gold = {s: [np.array([len(w) + noise.standard_normal()]) for w in rows] for s, rows in FORMS.items()}
    forms = {**FORMS, "test": [[*words, "new"] for words in FORMS["test"]]}
    found = bag_of_words(Target("sentence", "scalar", 0, gold), forms)["test"]
    counts = CountVectorizer(analyzer=lambda words: words).fit(FORMS["train"])
    x = {split: counts.transform(rows) for split, rows in forms.items()}
    flat = {split: np.concatenate(rows) for split, rows in gold.items()}

    def solve(strength: float) -> tuple[float, Ridge]:
        model = Ridge(alpha=300 * strength, tol=1e-10).fit(x["train"], flat["train"])
        return float(((model.predict(x["dev"]) - flat["dev"]) ** 2).mean()), model

    assert np.concatenate(found) == pytest.approx(choose(STRENGTHS, solve).solved.predict(x["test"]), abs=1e-3)


def test_classes_are_those_of_logistic_regression_with_the_penalty_of_a_mean_loss(monkeypatch) -> None:
    monkeypatch.setattr("probing.probe.bag_of_words.STRENGTHS", (1.0,))
    forms = {"train": [["good"]] * 40 + [["bad"]] * 10, "dev": [["good"]], "test": [["good"], ["bad"]]}
    gold = {s: [np.array([int(words == ["bad"])]) for words in rows] for s, rows in forms.items()}
    found = bag_of_words(Target("sentence", "class", 2, gold), forms)["test"]
    x, y = np.repeat([[0.0, 1.0], [1.0, 0.0]], [40, 10], axis=0), np.repeat([0, 1], [40, 10])
    said = {c: LogisticRegression(C=c).fit(x, y).predict([[0.0, 1.0], [1.0, 0.0]]).tolist() for c in (1 / 50, 1.0)}
    assert said == {1 / 50: [0, 0], 1.0: [0, 1]}  # the penalty decides
    assert np.concatenate(found).tolist() == said[1 / 50]
