import numpy as np
import pandas as pd
import pytest

from probing.report.prediction_figures import MOST_CLASSES, confusion, length_scores


def test_confusion_counts_gold_down_and_predicted_across():
    counts = confusion(pd.DataFrame({"gold": list("bba"), "predicted": list("bac")}))
    assert counts.index.tolist() == counts.columns.tolist() == ["b", "a", "c"]
    assert counts.to_numpy().tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_rare_classes_become_one_and_no_item_is_lost():
    names = [f"tag{i:02}" for i in range(40)]
    gold = np.repeat(names, range(40, 0, -1))
    counts = confusion(pd.DataFrame({"gold": gold, "predicted": np.roll(gold, 3)}))
    assert counts.shape == (MOST_CLASSES, MOST_CLASSES)
    assert counts.index[-1] == "17 rarer classes"
    assert counts.to_numpy().sum() == len(gold)


def test_scores_by_length_take_each_sentence_into_its_bin():
    lengths, rho = [4, 5, 9, 10, 50, 51], [0.9, 0.2, 0.4, 0.5, 0.7, 0.9]
    table = pd.DataFrame({"metric": "nspr", "s0": rho, "s1": 1, "s2": lengths, "s3": 0})
    scores = length_scores(table)
    assert {name: score.value for name, score in scores.items()} == pytest.approx(
        {"5–9": 0.3, "10–14": 0.5, "45–50": 0.7}
    )
    assert [score.n_sentences for score in scores.values()] == [2, 1, 1]
