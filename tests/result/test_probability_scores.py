"""Rows of calibration and ranking: values on all items, intervals from resampled sentences."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from probing.result.confidence import ends, widening
from probing.result.probability_scores import calibration_rows, information_rows, ranking_rows
from probing.result.resampling import Resampling
from probing.rng import generator

SENTENCE = np.repeat(np.arange(40), 3)


def alone(n_sentences: int, n_resamples: int) -> Resampling:
    """Each sentence by itself."""
    return Resampling(n_resamples, np.arange(n_sentences))


def test_a_ranking_has_the_interval_of_the_resampled_sentences() -> None:
    rng = generator(0, "rows")
    gold = rng.integers(2, size=len(SENTENCE))
    margin = (gold + rng.normal(size=len(gold)))[:, None]
    auroc, precision = ranking_rows([3], margin, gold, SENTENCE, (0, alone(40, 100)))
    assert (auroc.metric, precision.metric, auroc.layer, auroc.n_items) == ("auroc", "average_precision", 3, 120)
    assert auroc.value == pytest.approx(roc_auc_score(gold, margin[:, 0]))
    counts = alone(40, 100).counts("bootstrap", "test")
    each = [roc_auc_score(gold, margin[:, 0], sample_weight=row[SENTENCE]) for row in counts]
    low, high = ends(np.array([auroc.value]), np.array(each)[:, None], widening(np.array([40.0]), np.array([39.0])))
    assert (auroc.ci_low, auroc.ci_high) == pytest.approx((low[0], high[0]))


def test_items_of_an_unknown_class_are_not_ranked() -> None:
    gold = np.array([0, 1, 2, 0, 1])
    found, _ = ranking_rows(
        [0], np.array([[0.0], [1], [9], [0], [1]]), gold, np.array([0, 0, 1, 2, 2]), (0, alone(3, 10))
    )
    assert (found.value, found.n_items, found.n_sentences) == (1.0, 4, 2)


def test_the_calibration_error_of_a_layer() -> None:
    gaps = np.zeros((4, 2, 3))
    gaps[:, 0, 1] = [0.5, -0.5, 0.5, -0.5]  # they cancel in their bin
    gaps[:, 1, 2] = 0.5
    items = np.full(4, 2.0)
    first, second = calibration_rows([0, 1], gaps, items, (0, alone(4, 50)))
    assert (first.value, second.value) == (0.0, 0.25)
    assert first.ci_low <= first.ci_high
    assert (second.ci_low, second.ci_high, second.n_items) == (0.25, 0.25, 8)


def test_the_information_of_task_and_control_and_their_paired_difference() -> None:
    items = np.array([1.0, 2, 1])
    task, draws = np.array([[1.0, 2], [2, 4], [1, 2]]), [np.array([[k, 0.0], [2 * k, 0], [k, 0]]) for k in (0.25, 0.75)]
    rows = information_rows([0, 3], (task, items), [(draw, items) for draw in draws], (7, alone(3, 60)))
    found = {(row.target, row.layer): row for row in rows}
    assert {key: row.value for key, row in found.items()} == {
        **{("task", 0): 1, ("task", 3): 2, ("control", 0): 0.5, ("control", 3): 0},
        **{("selectivity", 0): 0.5, ("selectivity", 3): 2},
    }
    same = found["selectivity", 3]  # of the second layer nothing varies
    assert (same.ci_low, same.ci_high, same.seed, same.n_items, same.n_sentences) == (2, 2, 7, 4, 3)
    assert found["selectivity", 0].ci_low < 0.5 < found["selectivity", 0].ci_high  # draws differ
