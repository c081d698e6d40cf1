"""What interventions are measured on: probes on pooled vectors, and the model's own head."""

import numpy as np
import pytest

from probing.attention.interventions.model_head import head_readout
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.readouts import ProbeReadout
from probing.errors import ConfigError, ModelError
from probing.model.batches import batch_of
from probing.model.checkpoint import Model, resolve
from probing.model.encoder import load

SENTENCES = [("the", "quick", "naïve", "fox"), ("New", "York")]
HEADS = {
    "bert": ("BertForMaskedLM", "masked"),
    "distilbert": ("DistilBertForMaskedLM", "masked"),
    "roberta": ("RobertaForMaskedLM", "masked"),
    "gpt2": ("GPT2LMHeadModel", "next"),
    "llama": ("LlamaForCausalLM", "next"),
}
CLASSIFIERS = {
    "bert": "BertForSequenceClassification",
    "distilbert": "DistilBertForSequenceClassification",
    "roberta": "RobertaForSequenceClassification",
    "gpt2": "GPT2ForSequenceClassification",
    "llama": "LlamaForSequenceClassification",
}


NAMES = ["no", "perhaps", "yes"]


@pytest.fixture
def classifier(saved):
    """An encoder with a tiny classifier of these class names."""

    def classifier(id2label=None, **options):
        named = {"id2label": id2label, "num_labels": len(id2label)} if id2label else {}
        folder, _ = saved("bert", CLASSIFIERS["bert"], **named, **options)
        model = Model(checkpoint=str(folder))
        return load(model, resolve(model), head=True)

    return classifier


@pytest.mark.parametrize("vector", ["mean", "first", "last"])
def test_words_are_pooled_as_the_probe_was_trained(encoder, subwords, vector):
    rng = np.random.default_rng(0)
    weights, mean, deviation = rng.normal(size=(3, 17)), rng.normal(size=16), rng.uniform(1, 2, 16)
    gold = [rng.integers(-1, 3, n) for n in subwords.n_words]
    gold[2][:] = -1
    batch = batch_of(subwords, [1, 0, 2], encoder.pad)
    states = hidden(encoder, batch, 2)
    reading = ProbeReadout("p", 2, weights, mean, deviation, gold, vector=vector)(states, batch)
    expected = []
    for row, sentence in enumerate(batch.sentences):
        scores = []
        for word, label in enumerate(gold[sentence]):
            own = states[row].numpy()[batch.words[row] == word]
            if label >= 0 and len(own):
                pooled = {"mean": own.mean(0), "first": own[0], "last": own[-1]}[vector]
                logits = weights[:, :16] @ ((pooled - mean) / deviation) + weights[:, 16]
                scores.append(logits[label] - np.log(np.exp(logits).sum()))
        expected.append(np.mean(scores) if scores else 0)
    np.testing.assert_allclose(reading.scores(), expected, atol=1e-4)
    assert reading.defined().tolist() == [True, True, False]


def test_a_word_of_a_class_that_training_does_not_know_is_no_place(encoder, subwords):
    rng = np.random.default_rng(0)
    gold = [rng.integers(0, 3, n) for n in subwords.n_words]
    gold[1][:], gold[0][0] = 3, 4
    without = [np.where(of_sentence < 3, of_sentence, -1) for of_sentence in gold]
    batch = batch_of(subwords, [0, 1], encoder.pad)
    states = hidden(encoder, batch, 2)
    weights = rng.normal(size=(3, 17))
    found, expected = (
        ProbeReadout("p", 2, weights, np.zeros(16), np.ones(16), g)(states, batch) for g in (gold, without)
    )
    assert found.defined().tolist() == [True, False]
    assert found.gold.tolist() == expected.gold.tolist()
    np.testing.assert_array_equal(found.scores(), expected.scores())


@pytest.mark.parametrize(("position", "column"), [("first", 0), ("last", -1)])
def test_sentences_are_read_at_their_cls_position(encoder, subwords, position, column):
    weights = np.zeros((2, 17))
    weights[0, 0] = 1
    gold = [np.array([0])] * 4
    probe = ProbeReadout(
        "p", 3, weights, np.zeros(16), np.ones(16), gold, level="sentence", vector="cls", cls_position=position
    )
    batch = batch_of(subwords, [0, 1], encoder.pad)
    states = hidden(encoder, batch, 3)
    x = np.array([states[row, : batch.real[row].sum()][column, 0] for row in range(2)])
    np.testing.assert_allclose(probe(states, batch).scores(), -np.log1p(np.exp(-x)), atol=1e-5)


def test_total_variation_by_hand():
    import torch

    from probing.attention.interventions.readouts import Reading

    def reading(*rows):
        return Reading(torch.tensor(rows).log(), torch.tensor([0, 0, 1]), torch.tensor([0, 0, 2]), 3)

    p, q = reading([0.5, 0.5], [1.0, 0.0], [0.2, 0.8]), reading([0.25, 0.75], [0.0, 1.0], [0.2, 0.8])
    np.testing.assert_allclose(p.moved(q), [(0.25 + 1) / 2, 0, 0], atol=1e-6)
    assert p.defined().tolist() == [True, False, True]


@pytest.mark.parametrize("family", HEADS)
def test_own_head_says_what_the_whole_model_says(saved, family):
    import torch

    folder, full = saved(family, HEADS[family][0])
    checkpoint = resolve(Model(checkpoint=str(folder)))
    encoder = load(Model(checkpoint=str(folder)), checkpoint, maps=True, head=True)
    assert encoder.head.kind == HEADS[family][1]
    subwords, output = head_readout(encoder, encoder.tokenize(SENTENCES), np.random.default_rng(0))
    batch = batch_of(subwords, [0, 1], encoder.pad)
    reading = output(hidden(encoder, batch, output.layer), batch)
    with torch.no_grad():
        mask = torch.from_numpy(batch.real.astype(int))
        whole = full(input_ids=torch.from_numpy(batch.ids), attention_mask=mask).logits.log_softmax(-1)
    plain = encoder.tokenize(SENTENCES)
    for row, score in enumerate(reading.scores()):
        start, stop = plain.offsets[row : row + 2]
        ids, words = plain.ids[start:stop], plain.words[start:stop]
        if encoder.head.kind == "masked":
            changed = np.flatnonzero(ids != batch.ids[row, : len(ids)])
            assert len(changed) and len(set(words[changed])) == 1
            expected = [whole[row, at, ids[at]] for at in changed]
        else:
            expected = [whole[row, at - 1, ids[at]] for at in range(1, len(ids)) if words[at] >= 0]
        np.testing.assert_allclose(score, np.mean(expected), atol=1e-5)


@pytest.mark.parametrize("family", CLASSIFIERS)
def test_own_classifier_says_what_the_whole_model_says(saved, family):
    import torch

    folder, full = saved(family, CLASSIFIERS[family], id2label=dict(enumerate(NAMES)))
    checkpoint = resolve(Model(checkpoint=str(folder)))
    encoder = load(Model(checkpoint=str(folder)), checkpoint, head=True)
    subwords, output = head_readout(encoder, encoder.tokenize(SENTENCES), np.random.default_rng(0), [2, 1], NAMES)
    assert output.notes == ()
    both = batch_of(subwords, [0, 1], encoder.pad)
    scores = output(hidden(encoder, both, output.layer), both).scores()
    for row, label in enumerate([2, 1]):
        alone = torch.from_numpy(batch_of(subwords, [row], encoder.pad).ids)
        with torch.no_grad():
            whole = full(input_ids=alone).logits.log_softmax(-1)
        np.testing.assert_allclose(scores[row], whole[0, label], atol=1e-5)
    with pytest.raises(ConfigError, match="no labels"):
        head_readout(encoder, subwords, np.random.default_rng(0))


def test_a_classifier_is_judged_on_the_class_of_the_right_name(classifier):
    """The checkpoint numbers its classes in another order than the corpus, in other case, and has one more."""
    encoder = classifier({0: "POSITIVE", 1: "neutral", 2: "NEGATIVE"})
    subwords = encoder.tokenize(SENTENCES)
    _, output = head_readout(encoder, subwords, np.random.default_rng(0), [0, 1], ["negative", "positive"])
    assert [row[0] for row in output.gold] == [2, 0]
    assert all((row[1:] == -1).all() for row in output.gold)
    assert output.notes == (
        "the model's own classifier also has the classes neutral, which no item of this corpus has",
    )
    batch = batch_of(subwords, [0, 1], encoder.pad)
    states = hidden(encoder, batch, output.layer)
    expected = encoder.head.logits(states[:, 0]).log_softmax(1)
    np.testing.assert_array_equal(output(states, batch).scores(), [expected[0, 2], expected[1, 0]])


def test_a_label_that_training_does_not_know_is_none(classifier):
    encoder = classifier({0: "positive", 1: "negative"})
    subwords = encoder.tokenize([*SENTENCES, SENTENCES[0]])
    _, output = head_readout(encoder, subwords, np.random.default_rng(0), [2, -1, 1], ["negative", "positive"])
    assert [row[0] for row in output.gold] == [-1, -1, 0]


def test_a_classifier_that_cannot_be_matched_is_refused(classifier):
    rng, two = np.random.default_rng(0), ["negative", "positive"]
    for options, message in (
        ({}, r"0 = LABEL_0, 1 = LABEL_1, 2 = LABEL_2; the corpus has negative, positive.*model\.config\.id2label = "),
        ({"num_labels": 1}, "one output for each class"),
        ({"problem_type": "multi_label_classification"}, "trained for multi_label_classification"),
    ):
        encoder = classifier(**options)
        with pytest.raises(ModelError, match=message):
            head_readout(encoder, encoder.tokenize(SENTENCES), rng, [0, 1], two)


def test_no_head_is_refused(encoder_of):
    encoder = encoder_of("bert")
    with pytest.raises(ModelError, match="no head was loaded"):
        head_readout(encoder, encoder.tokenize(SENTENCES), np.random.default_rng(0))
