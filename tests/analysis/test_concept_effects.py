"""Changes that are measured many at a time have the effects that they have one by one."""

import runpy
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch

from probing.analysis.concept_builds import own_and_wanted
from probing.analysis.concept_effects import Effects
from probing.analysis.usage import Usage
from probing.analysis.usage_rows import EFFECT
from probing.attention.interventions import passes
from probing.attention.interventions.changed_layer import layer_pass, pooled_items
from probing.model.batches import batch_of

planted = runpy.run_path(str(Path(__file__).parents[1] / "planted_network.py"))["planted"]
METHODS = ["mean_projection", "leace", "probe_subspace", "mean_swap"]
DRAWS = 2


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """What Usage gave to Effects, on a network with a head of its own."""
    given = []

    class Kept(Effects):
        def found(self):
            given.append(self)
            return super().found()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("probing.analysis.usage.Effects", Kept)
        with closing(planted(tmp_path_factory.mktemp("planted"), seed=3)) as study:
            Usage(concepts=["all"], methods=METHODS, sentences=12, draws=DRAWS)(study)
            [effects] = given
            yield effects


def alone(effects, sentence, layer, concept, change):
    """Nats lost, changed predictions, and items that a layer above decodes: one sentence, one change, one pass."""
    on, made = effects.on, effects.made
    batch = batch_of(on.subwords, [sentence], on.encoder.pad)
    pooled = pooled_items(batch, [on.words[sentence]], on.subwords.n_words[[sentence]], on.pooling)
    numbers = on.first[sentence] + np.arange(len(on.words[sentence]))
    passed = layer_pass(on.encoder, batch)
    own = concept.control if change.against == "control" else concept.gold
    before = made[layer].standardised(pooled.vectors(passed.states[layer]))
    if change.method == "mean_swap":
        wanted = own_and_wanted(change, concept, effects.seed)[1][numbers]
    else:
        wanted = np.zeros(len(numbers), np.int64)  # a removal takes no notice of it
    by = made[layer].as_stored(change.apply(before, own.of["test"][numbers], wanted) - before)
    with torch.inference_mode():
        above = passed.above(layer, pooled.moved(passed.states[layer], [by]))
        one, other = on.readout(passed.states[2], batch), on.readout(above[2], batch)
    lost = float((one.of_gold() - other.of_gold()).double().sum())
    changed = int((one.logits.argmax(1) != other.logits.argmax(1)).sum())
    reads = made[2]
    said = reads.readers[concept.name].predicted(reads.standardised(pooled.vectors(above[2])))
    return lost, changed, int((said == concept.gold.of["test"][numbers]).sum())


def test_many_at_a_time_are_as_one_by_one(measured):
    found, compared = measured.found(), 0
    for layer in (0, 1, 2):
        for concept in measured.known:
            for change in measured.made[layer].changes[concept.name]:
                for sentence in (0, 5):
                    lost, changed, right = alone(measured, sentence, layer, concept, change)
                    read = {
                        metric: found[metric, concept.name, change.name][layer][0][sentence]
                        for metric in (EFFECT, "prediction_change")
                    }
                    assert read[EFFECT] == pytest.approx(lost, abs=1e-4)
                    assert read["prediction_change"] == changed
                    if not change.against and layer < 2:
                        key = "decodable_above", f"{concept.name} on layer 2", change.name
                        assert found[key][layer][0][sentence] == right
                    compared += abs(lost) > 1e-3
    assert compared > 100


def test_a_removal_that_is_shared_is_measured_once_and_stands_for_all(measured, monkeypatch):
    found = measured.found()
    one = found[EFFECT, "pos", "mean_projection_random0"]
    assert (one[1][0] == found[EFFECT, "xpos", "probe_subspace_random0"][1][0]).all()
    assert (one[1][0] != found[EFFECT, "pos", "mean_projection_random1"][1][0]).any()

    rows = []
    forward = passes.forward

    def counted(encoder, batch, *more):
        rows.append(len(batch.ids))
        return forward(encoder, batch, *more)

    monkeypatch.setattr("probing.attention.interventions.changed_layer.forward", counted)
    measured.found()
    n_changes = sum(len(of) for of in measured.made[0].changes.values())
    assert sum(rows) < 12 * (1 + 2 * n_changes)  # the batch, and less than one pass for each change of two layers
    assert len(rows) < 10  # and few passes, of many copies


def test_a_small_budget_changes_no_number(measured, monkeypatch):
    whole = measured.found()
    monkeypatch.setattr(passes, "BUDGET", 20)
    for key, of_key in measured.found().items():
        for layer, (sums, items) in of_key.items():
            assert (items == whole[key][layer][1]).all()
            np.testing.assert_allclose(sums, whole[key][layer][0], atol=1e-4)
