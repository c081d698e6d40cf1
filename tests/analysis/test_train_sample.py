"""A sample of the training sentences: its size and seed, and that dev and test stay whole."""

from dataclasses import replace

import numpy as np
import pytest

from probing.analysis.probes import Probes
from probing.analysis.train_sample import drawn, items_of
from probing.errors import ConfigError
from probing.probe.fit import TASK


def test_a_sample_has_its_size_and_depends_on_its_seed_alone():
    half = drawn(101, 50, 1)
    assert half.sum() == 50
    assert (half == drawn(101, 50, 1)).all()
    assert (half != drawn(101, 50, 2)).any()
    assert not (drawn(101, 20, 1) & ~half).any()  # a smaller sample is a part of it
    assert drawn(101, 101, 0).all()


def test_only_sentences_of_train_are_left_out(study):
    inside = items_of(study.labels, 30, 3)
    sizes = {split: sum(map(len, values)) for split, values in study.labels.values.items()}
    assert inside[sizes["train"] :].all()
    assert 0 < inside[: sizes["train"]].sum() < sizes["train"]


def test_probes_learn_from_the_sample_and_are_tested_on_everything(make, study):
    options = replace(study.options, train_sentences=18, train_seed=1)
    part = make(options=options)
    for name in (TASK, "control0"):
        values, whole = (one.items.targets[name].values for one in (part, study))
        assert sum(len(v) > 0 for v in values["train"]) == 18
        kept = [i for i, v in enumerate(values["train"]) if len(v)]
        assert all(np.array_equal(values["train"][i], whole["train"][i]) for i in kept)
        assert all(np.array_equal(a, b) for a, b in zip(values["test"], whole["test"], strict=True))
    assert part.items.notes[0].text == "probes: trained on 18 of the 60 sentences of train (train_seed=1)"
    assert any(
        not np.array_equal(a, b)
        for one, other in zip(part.predictions, study.predictions, strict=True)
        for a, b in zip(one.predicted["test"], other.predicted["test"], strict=True)
    )


def test_more_sentences_than_there_are_are_refused_before_the_model_runs(make, study):
    options = replace(study.options, train_sentences=61)
    with pytest.raises(ConfigError, match=r"data.train_sentences=61: train has 60 sentences.*data.train_sentences=60"):
        Probes().check(make(options=options))
    Probes().check(make(options=replace(options, train_sentences=60)))
