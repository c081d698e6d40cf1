"""Edges and heads go through the probes as words do: scores, baselines, predictions; readouts refuse them."""

from dataclasses import replace

import numpy as np
import pytest

from probing.analysis.items import input_size
from probing.analysis.probes import Probes
from probing.analysis.readers import probe_reader
from probing.analysis.study_options import Options
from probing.analysis.train_sample import items_of
from probing.axes import SPLITS
from probing.probe.bilinear import Bilinear
from probing.probe.linear import Linear
from probing.task.arcs import Arc
from probing.task.heads import Head

OPTIONS = Options(resamples=20, layers=(1,))


@pytest.fixture
def arcs(make):
    return make(task=Arc("arc"), probe=Linear("linear", [1.0], tolerance=1e-2), options=OPTIONS, names={"task": "arc"})


def values(found, split="test") -> dict[str, float]:
    metric = found.facts["metric"]
    return {r.target: r.value for r in found.rows if r.split == split and r.metric == metric and r.draw is None}


def test_edges_have_scores_baselines_and_predictions_with_their_text(arcs, corpus):
    found = Probes()(replace(arcs, names={"task": "arc", "run_id": "r", "model": "m", "data": "d", "probe": "linear"}))
    scores = values(found)
    assert {"task", "control", "selectivity", "majority", "type_majority", "surface", "control_ceiling"} <= set(scores)
    assert scores["majority"] < scores["task"]
    test = corpus.splits["test"]
    n_edges = sum(len(s.words) - 1 for s in test)
    table = found.tables["predictions"]
    table = table[table["target"] == "task"]
    assert len(table) == n_edges
    assert np.mean(table["gold"] == table["predicted"]) == pytest.approx(scores["task"])
    row, first = table.iloc[0], test[0]
    assert row["gold"] == first.deprel[row["word"] - 1]
    assert f"[{first.words[row['word'] - 1]}]" in row["form"]
    assert f"{{{first.words[first.heads[row['word'] - 1] - 1]}}}" in row["form"]
    assert not found.files  # a page of one sentence has no place for them
    assert probe_reader(arcs.predictions, arcs.task, arcs.labels, arcs.encoder) is None


def test_the_size_that_is_known_before_vectors_are_computed_is_that_of_the_vectors(make, study):
    for task in (Arc("arc"), Arc("arc", product=True), Head("head")):
        made = make(task=task)
        size = input_size(task, made.labels, None, made.hidden.width, (1,))
        vectors = made.items.vectors
        assert (size.n_items, size.width) == (sum(b - a for a, b in map(vectors.bounds, SPLITS)), vectors.width)
        assert size.part_width == made.hidden.width
    inside = items_of(study.labels, 10, 0)
    assert input_size(study.task, study.labels, inside, 384, (1,)).n_items == inside.sum()


def test_labels_of_edges_are_found_by_the_probes_of_pairs(make):
    study = make(task=Arc("arc"), probe=Bilinear(name="bilinear", rank=16, epochs=6), options=OPTIONS)
    found = Probes()(replace(study, names={"task": "arc", "run_id": "r"}))
    scores = values(found)
    assert scores["task"] > scores["type_majority"] > scores["majority"]
    assert {"control", "selectivity", "surface", "control_ceiling"} <= set(scores)
    assert any("trained by gradient descent" in note.text for note in found.notes)
    assert any("these probes read pairs of words or mentions" in note.text for note in found.notes)


def test_heads_are_scored_by_uas_and_predicted_as_words(make, corpus):
    probe = Bilinear(name="bilinear", epochs=3, rank=8)
    study = make(task=Head("head"), probe=probe, options=OPTIONS, names={"task": "head", "run_id": "r"})
    found = Probes()(study)
    scores, table = values(found), found.tables["predictions"]
    assert found.facts["metric"] == "uas"
    assert {"task", "control", "majority", "type_majority", "surface", "control_ceiling"} <= set(scores)
    assert scores["control_ceiling"] > scores["type_majority"]
    table = table[table["target"] == "task"]
    assert np.mean(table["gold"] == table["predicted"]) == pytest.approx(scores["task"])
    gold = [f"{s.words[h - 1]} ({h})" if h else "root" for s in corpus.splits["test"] for h in s.heads]
    assert table["gold"].tolist() == gold
