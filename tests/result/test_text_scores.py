"""Scores of probabilities of texts: by hand, paired over the same resamples, and means over sources."""

import numpy as np
import pytest

from probing.result.bootstrap import resample_counts, scores
from probing.result.text_scores import RECALL, ScoredTexts, loses_half, mean_of, measured
from probing.rng import generator

GOLD = np.array([0, 1, 1, 0, 1])
P = np.array([0.1, 0.9, 0.4, 0.6, 0.8])  # of class 1
LOG_P = np.log(np.column_stack([1 - P, P]))


@pytest.fixture
def of():
    """Five texts among seven sentences, of which two have no label."""
    counts = resample_counts(7, 300, generator(0, "texts"))
    return ScoredTexts(GOLD, np.array([0, 1, 3, 4, 6]), counts, 10)


def test_scores_are_those_by_hand(of):
    found = measured(LOG_P, of)
    assert found["accuracy"].value == pytest.approx(3 / 5)
    assert found["brier"].value == pytest.approx(np.mean(2 * np.array([0.1, 0.1, 0.6, 0.6, 0.2]) ** 2))
    assert found["auroc"].value == pytest.approx(5 / 6)
    assert found[RECALL].value == pytest.approx(2 / 3)
    [accuracy] = scores(found["accuracy"])
    assert (accuracy.n_items, accuracy.n_sentences) == (5, 5)
    assert 0 <= accuracy.ci_low < accuracy.value < accuracy.ci_high <= 1


def test_a_resample_counts_a_text_as_often_as_its_sentence_is_drawn(of):
    found, drawn = measured(LOG_P, of), of.counts[0, of.text].astype(float)
    right = np.array([1, 1, 0, 0, 1])
    assert found["accuracy"].values[0] == pytest.approx((right * drawn).sum() / drawn.sum())


def test_more_classes_have_no_ranking_and_an_unknown_class_is_an_error(of):
    three = np.log(np.full((5, 3), 1 / 3))
    assert set(measured(three, of)) == {"accuracy", "brier", "ece"}
    unknown = ScoredTexts(np.array([0, 1, 1, 0, 2]), of.text, of.counts, 10)
    found = measured(LOG_P, unknown)
    assert found["accuracy"].value == pytest.approx(2 / 5)
    assert found["auroc"].value == pytest.approx(3 / 4)
    [auroc] = scores(found["auroc"])
    assert auroc.n_items == 4


def test_the_mean_over_sources_has_the_texts_of_all(of):
    parts = [measured(LOG_P[kept], of.some(kept)) for kept in (np.arange(5) < 2, np.arange(5) >= 2)]
    whole = mean_of([part["accuracy"] for part in parts])
    assert whole.value == pytest.approx((1 + 1 / 3) / 2)
    [score] = scores(whole)
    assert score.n_items == 5


@pytest.mark.parametrize("left, lost", [(0.5, True), (0.95, False)])
def test_half_is_lost_only_where_the_interval_says_so(left, lost):
    n = 400
    counts = resample_counts(n, 300, generator(1, "texts"))
    gold = np.arange(n) % 2
    of = ScoredTexts(gold, np.arange(n), counts, 10)

    def right_in(share: float):
        p = np.where((np.arange(n) // 2) % 20 < 20 * share, gold, 1 - gold)
        return measured(np.log(np.column_stack([1 - 0.9 * p - 0.05, 0.9 * p + 0.05])), of)["accuracy"]

    assert (loses_half(right_in(left), right_in(1.0), 0.5).ci_high < 0) == lost
