"""The logit difference, what explains it exactly, and integrated gradients: held against plain arithmetic."""

import numpy as np
import pytest
import torch

from probing.attention.interventions.attribution import Attribution, by_word
from probing.attention.interventions.gradients import gradients
from probing.attention.interventions.head_ablation import Ablation
from probing.attention.interventions.head_effects import effects
from probing.attention.interventions.integrated_gradients import integrated_gradients
from probing.attention.interventions.logit_difference import LogitDifference, contrast, only_place
from probing.attention.interventions.passes import forward, hidden
from probing.attention.interventions.readouts import HeadReadout, ProbeReadout
from probing.attention.interventions.token_effects import blank_out, special_token
from probing.attention.interventions.word_shares import probe_shares
from probing.errors import ConfigError
from probing.model.batches import batch_of
from probing.model.subwords import Subwords

TEXT = ("the", "quick", "naïve", "fox", "saw", "New", "York")


def sentence_probe(encoder, layer=2, vector="mean", label=0):
    rng = np.random.default_rng(1)
    d = encoder.width
    weights, mean, deviation = rng.normal(size=(3, d + 1)), rng.normal(size=d), rng.uniform(1, 2, d)
    place = encoder.cls_position
    return ProbeReadout("p", layer, weights, mean, deviation, [np.array([label])], "sentence", vector, place)


@pytest.fixture
def text(encoder):
    return encoder.tokenize([TEXT])


def logits_of(encoder, subwords, probe):
    """The logits of a probe on the mean of a text's subwords, in plain numpy."""
    batch = batch_of(subwords, [0], encoder.pad)
    states = hidden(encoder, batch, probe.layer)[0].double().numpy()
    x = (states[batch.words[0] >= 0].mean(0) - probe.mean) / probe.deviation
    return probe.weights[:, :-1] @ x + probe.weights[:, -1]


def test_the_difference_is_that_of_the_logits_and_the_classes_are_those_of_the_prediction(encoder, text):
    probe = sentence_probe(encoder)
    logits = logits_of(encoder, text, probe)
    first, second, third = np.argsort(-logits).tolist()
    for label, other in ((None, second), (first, second), (second, second), (third, third)):
        found = contrast(encoder, text, probe, label)
        assert (found.one, found.other) == (first, other)
        batch = only_place(encoder, text, found)
        reading = found(hidden(encoder, batch, probe.layer), batch)
        assert reading.of_gold().tolist() == pytest.approx([logits[first] - logits[other]], abs=1e-4)
        assert reading.scores().tolist() == pytest.approx([logits[first] - logits[other]], abs=1e-4)


def test_interventions_explain_the_difference(encoder, text):
    probe = sentence_probe(encoder)
    explained = LogitDifference(probe, 2, 0)
    [losses] = blank_out(encoder, text, explained, special_token(encoder)[1])
    blank = special_token(encoder)[1]
    other = Subwords(text.ids.copy(), text.words, text.offsets, text.n_words)
    place = int(np.flatnonzero(text.words == 3)[0])
    other.ids[place] = blank
    before, after = logits_of(encoder, text, probe), logits_of(encoder, other, probe)
    assert losses[place, 0] == pytest.approx((before - after)[2] - (before - after)[0], abs=1e-4)
    tally = effects(encoder, text, explained, Ablation("zero"), "test")
    both = [
        effects(encoder, text, LogitDifference(probe, *pair), Ablation("zero"), "test") for pair in ((2, 1), (1, 0))
    ]
    np.testing.assert_allclose(tally.sums, both[0].sums + both[1].sums, atol=1e-4)
    assert np.abs(tally.sums).min() > 0


@pytest.mark.parametrize("vector", ["mean", "last"])
def test_the_shares_of_a_probe_add_up_without_remainder(encoder, text, vector):
    probe = sentence_probe(encoder, vector=vector)
    found = probe_shares(encoder, text, LogitDifference(probe, 1, 2))
    assert abs(found.error) < 1e-5
    states = hidden(encoder, batch_of(text, [0], encoder.pad), 2)[0].double().numpy()
    pooled = np.flatnonzero(text.words >= 0) if vector == "mean" else np.flatnonzero(text.words >= 0)[-1:]
    slope = (probe.weights[1] - probe.weights[2])[:-1] / probe.deviation
    expected = np.zeros(len(states))
    expected[pooled] = (states[pooled] - probe.mean) @ slope / len(pooled)
    np.testing.assert_allclose(found.values, expected, atol=1e-6)
    assert found.constant == pytest.approx(probe.weights[1, -1] - probe.weights[2, -1])


def test_a_word_that_is_the_mean_of_train_has_no_share(encoder, text):
    probe = sentence_probe(encoder)
    states = hidden(encoder, batch_of(text, [0], encoder.pad), 2)[0].double().numpy()
    there = ProbeReadout("p", 2, probe.weights, states[2], probe.deviation, probe.gold, "sentence")
    assert probe_shares(encoder, text, LogitDifference(there, 1, 2)).values[2] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("baseline", ["mean", "zero"])
def test_integrated_gradients_are_the_mean_of_gradients_along_the_line(encoder, text, baseline):
    """Held against differences of the score, which use no gradient."""
    llama = type(encoder.network).__name__ == "LlamaModel"
    if llama:
        baseline = "mean"  # at zero it jumps
    explained = LogitDifference(sentence_probe(encoder), 0, 2)
    found = integrated_gradients(encoder, text, explained, baseline, steps=400 if llama else 48)
    assert abs(found.error) < 1e-3
    batch, table = batch_of(text, [0], encoder.pad), encoder.network.get_input_embeddings().weight
    there = table[torch.from_numpy(batch.ids)]
    start = there.clone()
    start[0, text.words >= 0] = 0 if baseline == "zero" else table.mean(0)

    def scores(at):
        with torch.no_grad():
            many = batch.repeat(len(at))
            return explained(forward(encoder, many, at).hidden_states[2], many).of_gold().double()

    assert found.total == pytest.approx(float(scores(there) - scores(start)), abs=1e-4)
    place, width, steps = int(np.flatnonzero(text.words == 3)[0]), 0.005, 400
    shares = (torch.arange(steps)[:, None, None] + 0.5) / steps
    nudge = torch.zeros_like(there)
    nudge[0, place] = (there - start)[0, place] * width
    line = start + shares * (there - start)
    added = float((scores(line + nudge) - scores(line - nudge)).mean()) / (2 * width)
    assert found.values[place] == pytest.approx(added, abs=5e-3 * max(1, np.abs(found.values).max()))
    assert (found.values[text.words < 0] == 0).all()


def test_what_is_missing_of_the_sum_is_reported(encoder_of):
    """Llama divides by the length of the embedding, so that a line from zero begins with a jump."""
    encoder = encoder_of("llama")
    explained = LogitDifference(sentence_probe(encoder), 0, 2)
    found = integrated_gradients(encoder, encoder.tokenize([TEXT]), explained, "zero", steps=48)
    assert abs(found.error) > 0.1 and found.error == pytest.approx(found.values.sum() - found.total)
    assert "zero" in found.setting and "of the baseline" in found.total_is


def test_of_a_bert_the_blank_is_the_embedding_of_its_token(encoder_of):
    encoder = encoder_of("bert")
    text, explained = encoder.tokenize([TEXT]), LogitDifference(sentence_probe(encoder), 0, 2)
    for role in ("mask", "pad"):
        found = integrated_gradients(encoder, text, explained, role, steps=32)
        other = Subwords(text.ids.copy(), text.words, text.offsets, text.n_words)
        other.ids[text.words >= 0] = encoder.special[role][1]
        before, after = (logits_of(encoder, of, explained.readout) for of in (other, text))
        assert found.total == pytest.approx((after - before)[0] - (after - before)[2], abs=1e-4)
        assert abs(found.error) < 1e-3 and encoder.special[role][0] in found.setting


def test_of_a_linear_score_all_gradients_agree(by_hand, one_subword_each, tiny_network):
    """On layer 0 of GPT-2, a probe is linear in the embeddings: gradient x input and integrated gradients from zero are
    the same, and equal to the embedding's own share."""
    encoder, subwords = by_hand(tiny_network("GPT2"), causal=True), one_subword_each([[3, 8, 5, 11]])
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(2, 17))
    probe = ProbeReadout("p", 0, weights, np.zeros(16), np.ones(16), [np.array([0])], "sentence")
    explained = LogitDifference(probe, 0, 1)
    rows = encoder.network.get_input_embeddings().weight[[3, 8, 5, 11]].double().numpy()
    expected = rows @ (weights[0] - weights[1])[:-1] / 4
    np.testing.assert_allclose(
        integrated_gradients(encoder, subwords, explained, "zero", 4).values, expected, atol=1e-5
    )
    np.testing.assert_allclose(gradients(encoder, subwords, explained, "input")[0], expected, atol=1e-5)


def test_sums_over_words():
    subwords = Subwords(
        np.zeros(7, np.int32),
        np.array([-1, 0, 0, 1, 3, 4, -1], np.int32),
        np.array([0, 7]),
        np.array([6], np.int32),
        last_words=np.array([-1, 0, 0, 1, 4, 4, -1], np.int32),
    )
    words, special = by_word(np.array([1.0, 2, 3, np.nan, 5, 6, 7]), subwords)
    # word 1 was not measured, 2 and 5 have no subword, 3 and 4 share one
    np.testing.assert_array_equal(words, [5, np.nan, np.nan, 11, np.nan, np.nan])
    assert special == 8


def test_the_error_of_an_attribution():
    assert Attribution("m", np.array([1.0, np.nan, 2]), "logit", 0.5, 4.0).error == -0.5
    assert Attribution("m", np.ones(2), "share").error is None


def test_what_cannot_be_explained_is_refused(encoder_of):
    encoder = encoder_of("bert")
    text, probe = encoder.tokenize([TEXT]), sentence_probe(encoder)
    with pytest.raises(ConfigError, match="give two classes"):
        LogitDifference(probe, 1, 1)
    with pytest.raises(ConfigError, match="p has 3 classes, 0 to 2"):
        integrated_gradients(encoder, text, LogitDifference(probe, 0, 3))
    with pytest.raises(ConfigError, match="label 7: p has the classes 0 to 2"):
        contrast(encoder, text, probe, 7)
    with pytest.raises(ConfigError, match="one text is explained at a time"):
        only_place(encoder, encoder.tokenize([TEXT, TEXT]), probe)
    with pytest.raises(ConfigError, match="1 to 64 subwords; shorten it"):
        only_place(encoder, encoder.tokenize([TEXT * 20]), probe)
    words = ProbeReadout("p", 2, probe.weights, probe.mean, probe.deviation, [np.zeros(7, int)])
    with pytest.raises(ConfigError, match="p reads 7 places of the text"):
        only_place(encoder, text, words)
    head = HeadReadout("the head", 3, lambda vectors: vectors[:, :2], [np.array([0, *[-1] * 10])], level="sentence")
    with pytest.raises(ConfigError, match="exact shares exist for linear probes"):
        probe_shares(encoder, text, LogitDifference(head, 0, 1))
    with pytest.raises(ConfigError, match="baseline=noise"):
        integrated_gradients(encoder, text, LogitDifference(probe, 0, 1), "noise")
    with pytest.raises(ConfigError, match="steps=0"):
        integrated_gradients(encoder, text, LogitDifference(probe, 0, 1), steps=0)
