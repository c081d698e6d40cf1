"""Scores sentence by sentence: selectivity paired with selectivity, baselines that read no layer, by brute force."""

import numpy as np
import pandas as pd
import pytest

from probing.report.load import load_run
from probing.report.published.of_sentences import of_layers
from probing.report.published.read_series import Point
from probing.report.published.weighing import difference
from probing.report.sentence_scores import together


@pytest.fixture
def with_control(ours):
    """A run whose control task has statistics: those of the task, with a third of the right answers taken away."""

    def make(scores, name):
        folder = ours(scores, name=name)
        table = pd.read_parquet(folder / "sentences.parquet")
        control = table[table["target"] == "task"].assign(target="control", draw=0)
        pd.concat([table, control.assign(s0=control["s0"] // 3)]).to_parquet(folder / "sentences.parquet")
        return load_run(folder)

    return make


def sums(run, target, layer):
    table = run.sentences[(run.sentences["target"] == target) & (run.sentences["layer"] == layer)]
    return table.sort_values("sentence")[["s0", "s1"]].to_numpy(float).T


def test_selectivity_is_paired_with_selectivity_on_the_same_sentences(with_control):
    runs = [with_control(scores, name) for scores, name in (((0.5, 0.9), "one"), ((0.5, 0.6), "two"))]
    of = [of_layers(run, "accuracy", "selectivity")[1] for run in runs]
    parts = [(sums(run, "task", 1), sums(run, "control", 1)) for run in runs]
    expected = [task[0].sum() / task[1].sum() - control[0].sum() / control[1].sum() for task, control in parts]
    first, second = (
        Point(1.0, value, metric="accuracy", measured=one) for value, one in zip(expected, of, strict=True)
    )
    value, low, high, how = difference(first, second)
    assert value == pytest.approx(expected[0] - expected[1])
    assert how == "paired by sentence"
    counts = np.random.default_rng(0).multinomial(150, np.full(150, 1 / 150), size=8000)
    (a, b), (c, d) = (tuple((counts @ right) / (counts @ n) for right, n in (task, control)) for task, control in parts)
    drawn = a - b - (c - d)
    assert [low, high] == pytest.approx(np.percentile(drawn, [2.5, 97.5]).tolist(), abs=0.006)
    base = together([table for one in of for table in one.tables])
    assert [float(one.over(base).value) for one in of] == pytest.approx(expected)


def test_a_baseline_has_its_sentences_under_no_layer(with_control):
    run = with_control((0.5, 0.9), "one")
    assert list(of_layers(run, "accuracy", "majority")) == [None]
    assert sorted(of_layers(run, "accuracy", "task")) == [0, 1]
    assert of_layers(run, "accuracy", "no such target") == {}
