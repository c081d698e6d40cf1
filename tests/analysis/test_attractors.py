"""Scores with and without attractors: of the labels of each condition, and of nothing else."""

import numpy as np
import pytest

from probing.analysis.attractors import Attractors
from probing.analysis.study_options import Options
from probing.data.grammar import Grammar
from probing.errors import ConfigError
from probing.probe.mdl import Mdl
from probing.task.verb_agreement import WITH, WITHOUT, VerbAgreement


def test_another_task_is_refused_before_anything_runs(study):
    with pytest.raises(ConfigError, match="analysis=attractors: task=pos has no attractors; type task=agreement"):
        Attractors().check(study)


def test_every_condition_is_scored_on_its_own_labels(make):
    corpus = Grammar(train=80, dev=40, test=60, modifiers=20).load()
    study = make(
        corpus=corpus, task=VerbAgreement("agreement", verbs="all"), options=Options(resamples=50, layers=(0, 2))
    )
    analysis = Attractors()
    analysis.check(study)
    found = analysis(study)
    value = {
        (row.target, row.layer): row
        for row in found.rows
        if (row.split, row.metric, row.draw) == ("test", "accuracy", None)
    }
    [task] = [p for p in study.predictions if (p.target, p.layer) == ("task", 2)]
    gold, predicted = task.gold.values["test"], task.predicted["test"]
    labelled = zip(corpus.splits["test"], study.items.words["test"], strict=True)
    conditions = [np.array(study.task.conditions(sentence), dtype=object)[at] for sentence, at in labelled]
    for condition in (WITH, WITHOUT):
        which = [of_sentence == condition for of_sentence in conditions]
        right = np.concatenate([(g == p)[chosen] for g, p, chosen in zip(gold, predicted, which, strict=True)])
        row = value[f"task, {condition}", 2]
        assert (row.value, row.n_items) == (pytest.approx(right.mean()), len(right))
        assert found.facts["labels"][condition] == len(right) > 5
        control, selectivity = (value[f"{name}, {condition}", 2].value for name in ("control", "selectivity"))
        assert selectivity == pytest.approx(row.value - control)
        assert (f"surface, {condition}", None) in value
    assert sum(found.facts["labels"].values()) == sum(map(len, gold))


def test_a_code_length_is_of_all_labels_so_that_no_condition_has_one(make):
    study = make(
        corpus=Grammar(train=80, dev=40, test=60, modifiers=20).load(),
        task=VerbAgreement("agreement", verbs="all"),
        probe=Mdl("mdl", [1e-2], fractions=[0.1, 1.0]),
        options=Options(resamples=10, layers=(2,)),
    )
    assert any(p.fit is not None and p.fit.codelength_bits is not None for p in study.predictions)
    assert {row.metric for row in Attractors()(study).rows} == {"accuracy", "macro_f1"}
