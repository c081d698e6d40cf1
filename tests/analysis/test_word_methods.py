"""All methods for the words of one text: each says what it should, and what does not exist is a note."""

import numpy as np
import pytest

from probing.analysis.word_methods import word_methods
from probing.attention.flow.augmented import Rollout
from probing.attention.interventions.logit_difference import LogitDifference
from probing.attention.interventions.readouts import ProbeReadout
from probing.model.maps import maps

TEXT = ("the", "quick", "foxes", "saw", "Newtown")
ALL = {
    *("share in the probe", "decomposition", "gradient × input", "integrated gradients", "blank-out"),
    *("attention", "rollout", "norm-based attention"),
}


def difference(encoder, vector="mean", layer=2):
    rng, d = np.random.default_rng(1), encoder.width
    weights, mean = rng.normal(size=(3, d + 1)), rng.normal(size=d)
    gold, place = [np.array([0])], encoder.cls_position
    probe = ProbeReadout("p", layer, weights, mean, np.full(d, 2.0), gold, "sentence", vector, place)
    return LogitDifference(probe, 2, 0)


@pytest.mark.parametrize("family", ["bert", "llama"])
def test_every_method_has_one_number_per_word_and_what_adds_up_does(tiny_encoder, family):
    encoder = tiny_encoder(family)
    text, explained = encoder.tokenize([TEXT]), difference(encoder)
    found, notes = word_methods(encoder, text, explained)
    by_name = {scores.method: scores for scores in found}
    assert by_name.keys() == ALL and notes == ()
    for scores in found:
        assert scores.values.shape == (5,) and np.isfinite(scores.values).all()
        of = scores.of
        assert of.setting and (of.total is None) == (of.total_is == "")
        if of.total is not None and scores.method != "integrated gradients":
            assert scores.values.sum() + scores.special + of.constant == pytest.approx(of.total, abs=1e-4)
    total = by_name["share in the probe"].of.total
    assert by_name["decomposition"].of.total == pytest.approx(total, abs=1e-5)
    gap = by_name["integrated gradients"].of
    assert gap.error == pytest.approx(gap.values.sum() - gap.total)
    assert {scores.of.unit for scores in found} == {"logit", "share", "length"}


def test_attention_is_that_of_the_positions_that_are_read(tiny_encoder):
    encoder = tiny_encoder("bert")
    text = encoder.tokenize([TEXT])
    [seen] = maps(encoder, text, [0])
    weights = [layer[0].mean(0).double().numpy() for layer in seen.attention]
    for vector, rows in (("cls", [0]), ("mean", np.flatnonzero(text.words >= 0))):
        found, _ = word_methods(encoder, text, difference(encoder, vector), Rollout(residual_weight=0.25))
        by_name = {scores.method: scores for scores in found}
        assert ("share in the probe" in by_name) == (vector == "mean")
        np.testing.assert_allclose(by_name["attention"].of.values, weights[1][rows].mean(0), atol=1e-6)
        one, two = (0.25 * np.eye(len(text.ids)) + 0.75 * each for each in weights[:2])
        np.testing.assert_allclose(by_name["rollout"].of.values, (two @ one)[rows].mean(0), atol=1e-5)


def test_what_a_model_does_not_allow_is_a_note(tiny_encoder):
    encoder = tiny_encoder("albert")
    found, notes = word_methods(encoder, encoder.tokenize([TEXT]), difference(encoder))
    assert {scores.method for scores in found} == ALL - {"decomposition", "norm-based attention"}
    assert [note.text.split(":")[1] for note in notes] == [
        " decomposition left out",
        " norm-based attention left out",
    ]
    assert all("block 1: several layers share its modules" in note.text for note in notes)


def test_before_all_attention_there_is_none_to_show(tiny_encoder):
    encoder = tiny_encoder("bert")
    found, notes = word_methods(encoder, encoder.tokenize([TEXT]), difference(encoder, layer=0))
    assert {scores.method for scores in found} == ALL - {"attention", "rollout", "norm-based attention"}
    assert all("no attention comes before layer 0" in note.text for note in notes) and len(notes) == 3


def test_a_word_counts_for_its_own_label_by_every_method(tiny_encoder):
    """Gradient × input of the classified word's own subwords too, against the slope of the difference along them."""
    import torch

    from probing.attention.interventions.passes import forward
    from probing.model.batches import batch_of

    encoder = tiny_encoder("bert")
    text, d = encoder.tokenize([TEXT]), encoder.width
    gold = [np.array([-1, -1, 0, -1, -1])]
    rng = np.random.default_rng(1)
    probe = ProbeReadout("p", 2, rng.normal(size=(3, d + 1)), np.zeros(d), np.ones(d), gold, "word", "mean")
    explained = LogitDifference(probe, 2, 0)
    found, notes = word_methods(encoder, text, explained)
    assert {scores.method for scores in found} == ALL - {"share in the probe"}
    assert [note.text for note in notes] == [
        "words: share in the probe left out: it reads the vector of one word alone"
    ]
    assert all(np.isfinite(scores.values).all() for scores in found)
    batch, step = batch_of(text, [0], encoder.pad), 1e-3
    embedded = encoder.network.get_input_embeddings()(torch.from_numpy(batch.ids))
    for word in (0, 2):
        along = torch.from_numpy((text.words == word).astype(np.float32))[None, :, None] * embedded
        with torch.inference_mode():
            up, down = (
                float(
                    explained(forward(encoder, batch, embedded + sign * step * along).hidden_states[2], batch).of_gold()
                )
                for sign in (1, -1)
            )
        [values] = [scores.values for scores in found if scores.method == "gradient × input"]
        assert values[word] == pytest.approx((up - down) / (2 * step), rel=0.02, abs=2e-3)
