"""Pruning on a small study: what is chosen on dev, and what is scored on test."""

from dataclasses import replace

import numpy as np
import pytest

from probing.analysis.pruning import IMPORTANCE, KEPT, PRUNED, RANDOM, Pruning, best_heads, removals
from probing.axes import Tally
from probing.errors import ConfigError
from probing.task.trees import Depth
from probing.task.words import WordTask


@pytest.fixture(scope="module")
def found(study):
    return Pruning(sentences=6, replacement="zero", steps=4, orders=2)(study)


def rows_of(found, probe, metric):
    return [row for row in found.rows if (row.probe, row.metric) == (probe, metric)]


def test_one_head_per_layer_is_kept_and_scored_with_intervals_of_both_kinds(found):
    for metric in ("accuracy_change", "effect_nats"):
        single, joint = (rows_of(found, name, metric) for name in (KEPT, f"{KEPT}_adjusted"))
        assert [row.layer for row in single] == [row.layer for row in joint] == [1, 2]
        assert [(row.head, row.value) for row in single] == [(row.head, row.value) for row in joint]
        assert all(row.split == "test" and row.n_sentences == 6 for row in single + joint)


def test_the_curve_begins_with_all_heads_and_ends_without_any(found):
    accuracy = {row.target: row for row in rows_of(found, PRUNED, "accuracy")}
    change = {row.target: row for row in rows_of(found, PRUNED, "accuracy_change")}
    numbers = (0, 6, 12, 18, 24)
    assert set(accuracy) == {f"{k} heads {order}" for k in numbers for order in (IMPORTANCE, RANDOM)}
    for k in (0, 24):  # any order removes the same heads
        assert accuracy[f"{k} heads {IMPORTANCE}"].value == pytest.approx(accuracy[f"{k} heads {RANDOM}"].value)
    intact = accuracy[f"0 heads {IMPORTANCE}"].value
    nats = {row.target: row.value for row in rows_of(found, PRUNED, "effect_nats")}
    assert nats[f"24 heads {RANDOM}"] > nats[f"0 heads {RANDOM}"] == 0
    assert intact > accuracy[f"24 heads {IMPORTANCE}"].value
    assert change[f"0 heads {IMPORTANCE}"].value == 0
    for target, row in change.items():
        assert row.value == pytest.approx(accuracy[target].value - intact)
        assert row.n_items == accuracy[target].n_items


def test_the_accuracy_of_the_intact_model_is_that_of_the_probe_on_these_sentences(found, study):
    test = study.sample("test", 6)
    [best] = [p for p in study.predictions if (p.target, p.layer) == ("task", 2)]
    gold, predicted = (
        np.concatenate([found[i] for i in test.sentences])
        for found in (best.gold.values["test"], best.predicted["test"])
    )
    known = gold < best.gold.n_classes  # a readout has no label that train does not have
    expected = np.mean(gold[known] == predicted[known])
    [intact] = [row for row in rows_of(found, PRUNED, "accuracy") if row.target == f"0 heads {IMPORTANCE}"]
    assert intact.value == pytest.approx(expected)
    assert found.facts["output"] == "the linear probe of pos on layer 2"


def test_importance_is_kept_for_every_head_that_can_matter(found):
    weights = found.arrays["pruning/importance"]
    assert weights.shape == (2, 12) and np.allclose(np.linalg.norm(weights, axis=1), 1)
    assert found.facts["heads"] == 24 and "heads were chosen on 6 of the 30 sentences of dev" in found.facts["sample"]


def test_each_order_removes_its_own_heads():
    order, drawn = [(1, 0), (1, 1)], [[(1, 1), (1, 0)], [(1, 0), (1, 1)]]
    sets = removals({1: {(1, 1)}}, order, 2, drawn)
    assert sets[KEPT, 1, 0] == [(1, 1)]
    assert sets[IMPORTANCE, 1, 0] == [(1, 0)]
    assert [sets[RANDOM, 1, draw] for draw in (0, 1)] == [[(1, 1)], [(1, 0)]]


def test_the_best_head_is_the_one_that_loses_least():
    sums = np.array([[[3.0, 1.0], [0.5, 0.2]], [[1.0, 2.0], [-1.0, 0.1]]])
    assert best_heads(Tally("effect_nats", "x", "y", "dev", (3, 5), sums, np.ones(2))) == {3: 1, 5: 0}


def test_a_task_that_no_readout_reads_is_skipped(make):
    [note] = Pruning()(make(task=Depth("depth"))).notes
    assert note.kind == "skipped"


@pytest.mark.parametrize("option", ["sentences", "steps", "orders"])
def test_impossible_numbers_are_refused(option):
    with pytest.raises(ConfigError, match=rf"analysis\.pruning\.{option}=0: must be greater than 0"):
        Pruning(**{option: 0})


def test_another_replacement_is_refused():
    with pytest.raises(ConfigError, match=r"replacement=noise: .*choose one of zero, mean, uniform"):
        Pruning(replacement="noise")


class Rare(WordTask):
    """UPOS tags of every fifth sentence of dev and test alone."""

    def labels(self, corpus):
        found = super().labels(corpus)
        few = {
            split: [of if split == "train" or i % 5 == 0 else of * 0 - 1 for i, of in enumerate(values)]
            for split, values in found.values.items()
        }
        return replace(found, values=few)


def test_heads_are_scored_on_sentences_with_labels_where_many_have_none(make):
    found = Pruning(sentences=4, replacement="zero", steps=1, orders=1)(make(task=Rare("pos")))
    assert {row.n_sentences for row in found.rows} == {4}
    assert found.facts["sample"] == (
        "4 of the 6 sentences of test that have 3 to 512 subwords and a label (test has 30 sentences), drawn at "
        "random (the same in every run); heads were chosen on 4 of the 6 sentences of dev that have 3 to 512 "
        "subwords and a label (dev has 30 sentences), drawn at random (the same in every run)"
    )
