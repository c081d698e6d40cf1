import pandas as pd
import pytest

from probing.report.length_figure import cut, heights, length_scores
from probing.result.bootstrap import Score


def test_scores_by_length_take_each_sentence_into_its_bin():
    lengths, rho = [4, 5, 9, 10, 50, 51], [0.9, 0.2, 0.4, 0.5, 0.7, 0.9]
    table = pd.DataFrame({"metric": "nspr", "s0": rho, "s1": 1, "s2": lengths, "s3": 0, "unit": range(6)})
    scores = length_scores(table)
    assert {name: score.value for name, score in scores.items()} == pytest.approx(
        {"5–9": 0.3, "10–14": 0.5, "45–50": 0.7}
    )
    assert [score.n_sentences for score in scores.values()] == [2, 1, 1]


def test_the_interval_of_few_sentences_does_not_hide_the_curve():
    scores = {"5–9": score(0.8, 0.7, 0.9, 60), "45–50": score(0.75, -0.9, 1.0, 2)}
    low, high = heights(scores)
    assert 0.6 < low < 0.7
    assert 0.9 < high < 1.0
    assert cut(scores) and not cut({"5–9": score(0.8, 0.7, 0.9, 60)})  # the figure says so


def score(value, low, high, n_sentences):
    return Score(value, low, high, n_items=n_sentences, n_sentences=n_sentences)
