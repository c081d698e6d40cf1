import warnings

import numpy as np
import pandas as pd

from probing.report.prediction_figures import MOST_CLASSES, _heat, confusion
from probing.report.style import INK, figure


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


def test_a_heatmap_of_ones_alone_is_drawn_without_a_warning():
    with warnings.catch_warnings(), figure(3, 2) as made:
        warnings.simplefilter("error", RuntimeWarning)
        axes = made.subplots()
        _heat(axes, np.ones((1, 2)), np.array([["1", "1"]]), (["layer 1"], ["a", "b"]), vmin=1.0, bar="recall")
        assert {text.get_color() for text in axes.texts} == {INK}
