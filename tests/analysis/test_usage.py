"""Usage end to end on a small study: what is measured, what is compared with what, and what is refused."""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from probing.analysis.study_options import Options
from probing.analysis.usage import Usage
from probing.analysis.usage_output import highest_probe, output, sample_of_test
from probing.data.grammar import Grammar
from probing.errors import ConfigError, DataError
from probing.model.checkpoint import Model
from probing.probe.fit import TASK
from probing.probe.mlp import Mlp
from probing.result.simultaneous import ADJUSTED
from probing.store.key import Store
from probing.task.sentences import SentenceTask
from probing.task.trees import Depth

SMALL = {"methods": ["leace", "mean_swap"], "sentences": 12, "items": 300, "draws": 3}


@pytest.fixture(scope="module")
def found(study):
    return Usage(**SMALL)(study)


def value(found, metric, method, layer, target="pos"):
    rows = [r for r in found.rows if (r.metric, r.target, r.probe, r.layer) == (metric, target, method, layer)]
    assert len(rows) == 1
    assert rows[0].ci_low <= rows[0].value <= rows[0].ci_high
    return rows[0].value


def test_a_removal_is_complete_in_the_eyes_of_new_probes_and_beyond_random_subspaces(found):
    for layer in (0, 2):
        majority = value(found, "majority", "validation", layer)
        assert value(found, "decodable", "validation", layer) > majority + 0.3
        assert abs(value(found, "refitted", "leace", layer) - majority) <= 0.005
        assert value(found, "decodable_after", "leace", layer) < value(found, "decodable", "validation", layer) - 0.3
        for method in SMALL["methods"]:
            whole, random = (value(found, "completeness", f"{method}{of}", layer) for of in ("", "_random"))
            assert value(found, "completeness", f"{method}_minus_random", layer) == pytest.approx(whole - random)
            assert whole > random + 0.1
            parts = [value(found, metric, method, layer) for metric in ("completeness", "selectivity")]
            harmonic = 2 * parts[0] * parts[1] / sum(parts)
            assert value(found, "reliability", method, layer) == pytest.approx(harmonic)


@pytest.mark.slow
def test_after_leace_new_probes_know_only_frequencies_on_nearly_all_layers_and_concepts(make, monkeypatch):
    monkeypatch.setattr("probing.analysis.usage.output", lambda *_: (None, []))  # scores alone
    larger = Grammar(name="grammar", train=500, dev=60, test=200).load()
    found = Usage(methods=["leace"], concepts=["all"], sentences=200)(
        make(corpus=larger, options=Options(resamples=20))
    )
    cells = {(row.target, row.layer) for row in found.rows if row.metric == "refitted"}
    assert len(cells) == 7 * 6
    gaps = {
        (target, layer): value(found, "refitted", "leace", layer, target)
        - value(found, "majority", "validation", layer, target)
        for target, layer in cells
    }
    assert np.mean([abs(gap) <= 0.005 for gap in gaps.values()]) >= 0.95, gaps


def test_the_output_is_the_highest_probe_and_its_own_layer_has_nothing_above_it(found, study):
    assert found.facts["output"] == "the linear probe of pos on layer 2"
    assert found.facts["own_head"] is False
    assert {row.layer for row in found.rows if row.metric == "effect_nats"} == {0}
    assert any("layers [2] have no layer above them" in note.text for note in found.notes)
    assert value(found, "effect_nats", "leace_minus_control", 0) > 0
    assert value(found, "effect_nats", "mean_swap_minus_random", 0) > 0
    assert 0 < value(found, "prediction_change", "mean_swap", 0) <= 1
    # 300 vectors do not tell a covariance of 384 features, and what random subspaces take from whitened ones hurts too
    assert found.facts["used"] == {"pos": {"leace": [], "mean_swap": [0]}}
    assert value(found, "decodable_above", "leace", 0, "pos on layer 2") < value(found, "decodable", "validation", 2)


def test_simultaneous_intervals_are_wider_and_of_the_same_values(found):
    adjusted = [row for row in found.rows if (row.probe or "").endswith(ADJUSTED)]
    assert len(adjusted) == 4  # two methods on one layer, against random subspaces and against the control task
    for row in adjusted:
        assert row.value == value(found, "effect_nats", row.probe.removesuffix(ADJUSTED), 0)


def test_what_is_stated_with_the_numbers(found):
    assert found.facts["built_on"] == [300, 300]
    assert found.facts["properties"]["pos"] == ["head_side", "quarter", "word_length"]  # xpos and deprel are told by it
    ranks = found.facts["ranks"]["pos"]
    assert ranks["leace"] == ranks["mean_swap"]
    assert any("12 of the 30 sentences of test" in note.text for note in found.notes)


def test_the_same_study_gives_the_same_rows(found, study):
    again = Usage(**SMALL)(study)
    assert [replace(row) for row in again.rows] == [*found.rows]


def test_sentences_are_changed_too_and_other_properties_can_be_chosen(make):
    larger = Grammar(name="grammar", train=120, dev=40, test=40).load()
    small = {**SMALL, "methods": ["mean_projection"], "sentences": 8, "concepts": ["task", "coordination"]}
    found = Usage(**small)(make(corpus=larger, task=SentenceTask("sentiment")))
    assert {*found.facts["ranks"]} == {"sentiment", "coordination"}
    assert found.facts["ranks"]["sentiment"]["mean_projection"] == [1, 1]
    assert {row.target for row in found.rows if row.metric == "effect_nats"} == {"sentiment", "coordination"}


@pytest.fixture
def with_a_head(make, tmp_path):
    """A study of sentiment, and a tiny BERT with random weights and a head for it."""
    import torch
    from transformers import AutoConfig, BertForSequenceClassification

    folder = tmp_path / "tiny"
    runpy.run_path(str(Path(__file__).parents[1] / "model" / "conftest.py"))["build"]("bert", folder)
    config = AutoConfig.from_pretrained(folder)
    config.id2label, config.num_labels = {0: "positive", 1: "negative"}, 2
    torch.manual_seed(0)
    BertForSequenceClassification(config).save_pretrained(folder)
    return make(
        corpus=Grammar(name="grammar", train=60, dev=30, test=30).load(),
        task=SentenceTask("sentiment", vector="cls"),
        model=Model(str(folder)),
        store=Store(str(tmp_path)),
        options=Options(resamples=20, layers=(0, 3)),
        with_head=True,
    )


def test_the_models_own_head_is_read_where_there_is_one_and_its_own_layer_too(with_a_head):
    found = Usage(**SMALL)(with_a_head)
    assert (found.facts["output"], found.facts["own_head"]) == ("the model's own classifier", True)
    assert {row.layer for row in found.rows if row.metric == "effect_nats"} == {0, 3}
    assert {row.target for row in found.rows if row.metric == "decodable_above"} == {"sentiment on layer 3"}
    assert value(found, "prediction_change", "leace", 0, "sentiment") == 0  # [CLS] of layer 0 is the same in all texts


def test_without_a_probe_or_a_head_no_effect_is_measured_and_that_is_said(make):
    study = make(probe=Mlp(name="mlp", width=4, epochs=1))
    assert highest_probe(study) is None
    read, notes = output(study, sample_of_test(study, 5), concept=None)
    assert read is None
    assert "has no head of its own for this task" in notes[0].text


def test_what_cannot_be_measured_is_refused_before_anything_is_computed(make):
    with pytest.raises(ConfigError, match="changes classes of words or of sentences, and task=depth has scalar labels"):
        Usage().check(make(task=Depth("depth")))
    with pytest.raises(ConfigError, match=r"analysis.usage.concepts"):
        Usage(concepts=["sentiment"]).check(make())
    few = Grammar(name="grammar", train=39, dev=30, test=30).load()
    with pytest.raises(DataError, match="at least 40 sentences of train.* has 39"):
        Usage().check(make(corpus=few))
    for wrong in ({"methods": ["magic"]}, {"draws": 2}, {"alpha": -1.0}):
        with pytest.raises(ConfigError, match=f"analysis.usage.{next(iter(wrong))}"):
            Usage(**wrong)


def test_a_concept_with_one_frequent_class_is_refused_with_what_is_needed(make):
    with pytest.raises(
        DataError, match=r"0 of \d+ classes have 5 items in each half of train \(8 items\), and two are"
    ):
        Usage(items=8)(make())


def test_a_concept_that_the_corpus_does_not_have_is_refused_with_those_that_it_has(make):
    bare = Grammar(name="grammar", train=60, dev=30, test=30).load()
    plain = replace(bare, splits={split: tuple(replace(s, xpos=()) for s in of) for split, of in bare.splits.items()})
    with pytest.raises(DataError, match=r"concepts=xpos: grammar does not have it.*it has pos, deprel"):
        Usage(concepts=["xpos"], **SMALL)(make(corpus=plain))


def test_probes_of_the_study_are_left_as_they_are(study, found):
    [top] = [p for p in study.predictions if p.target == TASK and p.layer == 2]
    assert np.isfinite(top.fit.weights).all()
