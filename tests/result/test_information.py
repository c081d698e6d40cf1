"""Bits, calibration and ranking of predicted probabilities, against sums by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score, roc_curve

from probing.result.information import (
    calibration_error,
    gold_bits,
    label_bits,
    overconfidence,
    ranking,
    recall_at,
    squared_errors,
)
from probing.rng import generator

LOG_P = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]]))
GOLD = np.array([0, 1, 3])  # the last is of a class that train does not have


def test_bits_of_labels_with_and_without_vectors() -> None:
    train = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    np.testing.assert_allclose(label_bits(train, GOLD, 3), [1, 2, np.nan])
    np.testing.assert_allclose(gold_bits(LOG_P, GOLD), [1, -np.log2(0.8), np.nan])


def test_a_perfect_probe_has_all_the_information_and_the_frequencies_have_none() -> None:
    gold = np.array([0, 1, 1, 1])
    frequencies = np.log(np.tile([0.25, 0.75], (4, 1)))
    without = label_bits(gold, gold, 2)
    assert without.mean() == pytest.approx(-(0.25 * np.log2(0.25) + 0.75 * np.log2(0.75)))
    np.testing.assert_allclose(without - gold_bits(frequencies, gold), 0, atol=1e-12)


def test_brier_scores_and_a_class_that_train_does_not_have() -> None:
    expected = [0.25 + 0.0625 + 0.0625, 0.01 + 0.04 + 0.01, 0.04 + 0.04 + 0.36 + 1]
    np.testing.assert_allclose(squared_errors(LOG_P, GOLD), expected)
    p = generator(0, "p").random(50)
    gold = generator(0, "gold").integers(2, size=50)
    two = np.log(np.column_stack([1 - p, p]))
    # scikit-learn's score of two classes is of one of them, and ours of both
    assert squared_errors(two, gold).mean() == pytest.approx(2 * brier_score_loss(gold, p))


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    gaps = overconfidence(LOG_P, GOLD, bins=5)
    assert [np.flatnonzero(row).tolist() for row in gaps] == [[2], [3], [2]]  # 0.6 is the upper edge of the third bin
    # third bin: 0.5 - 1 and 0.6 - 0; fourth: 0.8 - 1
    assert calibration_error(gaps.sum(axis=0), np.array(3.0)) == pytest.approx((abs(0.1) + abs(-0.2)) / 3)


def test_probabilities_that_say_how_often_they_are_right_have_a_small_calibration_error() -> None:
    rng = generator(0, "calibrated")
    p = rng.uniform(0.5, 1, size=20_000)
    log_p = np.log(np.column_stack([p, 1 - p]))
    honest, boastful = (np.where(rng.random(len(p)) < right, 0, 1) for right in (p, 0.5))
    errors = [
        float(calibration_error(overconfidence(log_p, gold, 15).sum(axis=0), np.array(len(p))))
        for gold in (honest, boastful)
    ]
    assert errors[0] < 0.01
    assert errors[1] == pytest.approx(0.25, abs=0.01)


def test_rankings_are_those_of_scikit_learn_with_ties_and_weights() -> None:
    rng = generator(0, "ranking")
    gold = rng.random(80) < 0.3
    score = np.round(gold + rng.normal(size=80), 1)  # rounded, so that there are ties
    weights = rng.integers(0, 3, size=(20, 80)).astype(np.uint8)
    auroc, precision = ranking(score, gold, weights)
    for row, found in zip(weights, zip(auroc, precision, strict=True), strict=True):
        wanted = [score_of(gold, score, sample_weight=row) for score_of in (roc_auc_score, average_precision_score)]
        np.testing.assert_allclose(found, wanted)


def test_without_one_of_the_classes_there_is_no_ranking() -> None:
    weights = np.array([[1, 1, 0], [0, 0, 1]])
    auroc, precision = ranking(np.array([0.1, 0.2, 0.3]), np.array([True, True, False]), weights)
    assert np.isnan(auroc).all()
    assert np.isnan(precision).all()


def test_recall_at_few_false_positives_is_that_of_the_roc_curve() -> None:
    rng = generator(3, "recall")
    score, positive = rng.normal(size=400).round(1), rng.random(400) < 0.4
    score[positive] += 1
    weights = np.vstack([np.ones(400), rng.integers(0, 3, size=(4, 400))])
    for share in (0.0, 0.01, 0.1, 1.0):
        found = recall_at(score, positive, weights, share)
        for row, value in zip(weights, found, strict=True):
            false, true, _ = roc_curve(positive, score, sample_weight=row, drop_intermediate=False)
            assert value == pytest.approx(true[false <= share + 1e-12].max())


def test_recall_needs_both_classes() -> None:
    score, weights = np.arange(4.0), np.ones((1, 4))
    assert np.isnan(recall_at(score, np.ones(4, bool), weights, 0.01)).all()
    assert np.isnan(recall_at(score, np.zeros(4, bool), weights, 0.01)).all()
