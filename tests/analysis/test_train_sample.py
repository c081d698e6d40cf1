"""A sample of the training sentences: its size, its seed, and that dev and test stay whole."""

from dataclasses import replace

import numpy as np

from probing.analysis.train_sample import drawn, items_of
from probing.probe.fit import TASK


def test_a_sample_has_its_share_and_depends_on_its_seed_alone():
    half = drawn(101, 0.5, 1)
    assert half.sum() == 50
    assert (half == drawn(101, 0.5, 1)).all()
    assert (half != drawn(101, 0.5, 2)).any()
    assert not (drawn(101, 0.2, 1) & ~half).any()  # a smaller sample is a part of it
    assert drawn(3, 1e-6, 0).sum() == 1


def test_only_sentences_of_train_are_left_out(study):
    inside = items_of(study.labels, 0.5, 3)
    sizes = {split: sum(map(len, values)) for split, values in study.labels.values.items()}
    assert inside[sizes["train"] :].all()
    assert 0 < inside[: sizes["train"]].sum() < sizes["train"]


def test_probes_learn_from_the_sample_and_are_tested_on_everything(make, study):
    options = replace(study.options, train_share=0.3, train_seed=1)
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
