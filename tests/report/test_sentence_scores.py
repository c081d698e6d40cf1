import numpy as np
import pandas as pd
import pytest

from probing.report.load import load_run
from probing.report.sentence_scores import has_statistics, side_by_side, statistics_by_layer, together
from probing.result.bootstrap import resample_counts
from probing.rng import generator


def table(ids, units, values, data="d"):
    index = pd.MultiIndex.from_tuples([(data, name, 0) for name in ids], names=["data", "sentence", "repeat"])
    zeros = np.zeros(len(ids))
    return pd.DataFrame({"s0": values, "s1": zeros + 10, "s2": zeros, "s3": zeros, "unit": units}, index=index)


def test_sentences_of_one_document_are_drawn_together():
    base = together([table("abcd", [0, 0, 1, 1], [1.0, 2, 3, 4])])
    assert (base.counts[:, 0] == base.counts[:, 1]).all() and (base.counts[:, 2] == base.counts[:, 3]).all()
    assert (base.counts[:, 0] != base.counts[:, 2]).any()


def test_a_score_of_some_of_the_sentences_is_that_of_these_alone():
    whole, part = table("abcd", range(4), [1.0, 2, 3, 4]), table("bd", [1, 3], [2.0, 4])
    base = together([whole, part])
    found = base.resampled(part, "uuas")
    assert found.value == pytest.approx(6 / 20)
    totals = base.counts[:, [1, 3]] @ np.array([[2.0, 10], [4, 10]])
    expected = np.divide(totals[:, 0], totals[:, 1], out=np.full(1000, np.nan), where=totals[:, 1] > 0)
    assert found.values == pytest.approx(expected, nan_ok=True)


def test_the_same_id_in_two_corpora_is_two_sentences_and_two_units():
    base = together([table("ab", [0, 0], [1.0, 2]), table("ab", [0, 0], [3.0, 4], data="e")])
    assert len(base.keys) == 4
    assert (base.counts[:, 0] == base.counts[:, 1]).all() and (base.counts[:, 0] != base.counts[:, 2]).any()


def test_where_runs_resampled_differently_documents_are_drawn():
    base = together([table("abcd", range(4), [1.0] * 4), table("abc", [0, 0, 1], [1.0] * 3)])
    assert (base.counts[:, 0] == base.counts[:, 1]).all()
    expected = resample_counts(3, 1000, generator(0, "paired", "4"))[:, [0, 0, 1, 2]]  # d is by itself
    assert (base.counts == expected).all()


def test_statistics_are_found_by_layer_and_seed_and_of_equal_seeds_the_first_counts(make_run):
    runs = [
        load_run(make_run("distance", (0.4, 0.5), seed=seed, name=name))
        for seed, name in ((0, "a"), (1, "b"), (0, "c"))
    ]
    found = statistics_by_layer(runs, "uuas")
    assert {layer: [*seeds] for layer, seeds in found.items()} == {0: [0, 1], 1: [0, 1]}
    [draw] = found[1][0]
    own = runs[0].sentences.query("target == 'task' and layer == 1").sort_values("sentence", kind="stable")
    assert draw["s0"].tolist() == own["s0"].tolist()
    assert statistics_by_layer(runs, "uuas", "control") == {}
    assert statistics_by_layer(runs, "macro_f1") == {} and not has_statistics("entropy_nats")


def test_places_stand_side_by_side(make_run):
    found = statistics_by_layer([load_run(make_run("distance", (0.4, 0.5)))], "uuas")
    draws = [draws for seeds in found.values() for draws in seeds.values()]
    base = together([draw for of in draws for draw in of])
    family = side_by_side([base.over([of], "uuas") for of in draws])
    assert family.value.shape == (2,) and family.values.shape == (1000, 2) and family.items.shape == (150, 2)
    assert family.value.tolist() == [float(base.over([of], "uuas").value) for of in draws]
