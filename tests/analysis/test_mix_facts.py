"""What a probe of mixed layers says about layers, on a small model and by hand."""

from dataclasses import replace

import numpy as np
import pytest

from probing.analysis.mix_facts import expected_layer, mix_facts
from probing.analysis.probes import Probes
from probing.analysis.study_options import Options
from probing.analysis.training_notes import training_notes
from probing.probe.mix import Mix
from probing.probe.mlp import Mlp


def test_the_expected_layer_by_hand():
    # layer 1 adds 0.3, layer 2 takes 0.1, layer 3 adds 0.2: (0.3 - 0.2 + 0.6) / 0.4
    assert expected_layer(np.array([0.5, 0.8, 0.7, 0.9])) == pytest.approx(1.75)
    several = expected_layer(np.array([[0.5, 0.9, 0.9], [0.5, 0.5, 0.9], [0.5, 0.9, 0.5]]))
    assert several[:2] == pytest.approx([1, 2])
    assert np.isnan(several[2])


def test_expected_layers_of_the_paper_follow_from_its_scores():
    """Tenney et al. 2019, BERT-base: POS and SPR; the scores are rounded to 0.1."""
    pos = [88.4, 93.5, 95.0, 95.4, 96.0, 96.4, 96.4, 96.4, 96.6, 96.5, 96.6, 96.4, 96.5]
    deps = [85.2, 90.2, 91.3, 92.6, 93.7, 94.1, 94.6, 94.9, 95.2, 95.2, 95.1, 95.3, 95.2]
    assert expected_layer(np.array(pos)) == pytest.approx(1.76, abs=0.06)
    assert expected_layer(np.array(deps)) == pytest.approx(2.52, abs=0.06)


def test_weights_centre_of_gravity_and_expected_layer_of_a_run(make):
    study = make(probe=Mix(name="mix", epochs=4, learning_rate=0.02), options=Options(resamples=50))
    facts = mix_facts(study, "accuracy")["mix"]
    last = study.hidden.n_layers - 1
    weights = np.array(facts["weights"][str(last)])
    assert [len(w) for w in facts["weights"].values()] == list(range(1, last + 2))
    assert weights.sum() == pytest.approx(1)
    assert facts["centre_of_gravity"] == pytest.approx((np.arange(last + 1) * weights).sum())
    assert 0 <= facts["uneven_bits"] < np.log2(last + 1)
    rows = [row for row in Probes()(study).rows if (row.target, row.metric, row.split) == ("task", "accuracy", "test")]
    scores = np.array([row.value for row in sorted(rows, key=lambda row: row.layer)])
    if "expected_layer" in facts:
        assert facts["expected_layer"]["value"] == pytest.approx(expected_layer(scores))
        assert facts["expected_layer"]["ci_low"] <= facts["expected_layer"]["value"]
    else:
        assert "not clearly better" in facts["missing"][0]
    assert any("cumulative" in note.text for note in training_notes(study))


def test_some_layers_give_neither_and_the_facts_say_why(make, study):
    partial = make(probe=Mix(name="mix", epochs=1), options=replace(study.options, layers=(0, 1)))
    facts = mix_facts(partial, "accuracy")["mix"]
    assert not {"centre_of_gravity", "expected_layer"} & facts.keys()
    assert [text.partition(":")[0] for text in facts["missing"]] == ["centre of gravity", "expected layer"]


def test_other_probes_have_no_such_facts_and_an_mlp_says_that_it_is_not_saved(make, study):
    assert mix_facts(study, "accuracy") == {}
    assert training_notes(study) == []
    mlp = make(probe=Mlp(name="mlp", epochs=2, width=4))
    texts = [note.text for note in training_notes(mlp)]
    assert "probes were trained by gradient descent: 2 epochs for the task, 2 epochs for the control" in texts[0]
    assert "not written to probes.safetensors" in texts[1]
    assert not Probes()(mlp).files
