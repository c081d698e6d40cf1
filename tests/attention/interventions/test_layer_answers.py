"""The answer of each layer's probe is the one that the probe gives by itself."""

from dataclasses import replace

import numpy as np
import pytest

from probing.attention.interventions.layer_answers import (
    Answer,
    layer_answers,
    layer_answers_of_each,
    settled_from,
)
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.readouts import ProbeReadout
from probing.errors import ConfigError
from probing.model.batches import batch_of

TEXT = ("the", "quick", "fox")


def probes(encoder, layers=(0, 1, 2, 3)):
    rng, d = np.random.default_rng(1), encoder.width
    gold = [np.array([0])]
    return [
        ProbeReadout("p", layer, rng.normal(size=(3, d + 1)), rng.normal(size=d), np.ones(d), gold, "sentence")
        for layer in layers
    ]


def test_answers_are_those_of_each_probe_with_its_own_error(encoder):
    text = encoder.tokenize([TEXT])
    found = layer_answers(encoder, text, probes(encoder), {0: 0.3, 2: 0.1})
    assert [(answer.layer, answer.error) for answer in found] == [(0, 0.3), (1, None), (2, 0.1), (3, None)]
    batch = batch_of(text, [0], encoder.pad)
    for answer, probe in zip(found, probes(encoder), strict=True):
        states = hidden(encoder, batch, probe.layer)[0].double().numpy()
        x = states[text.words >= 0].mean(0) - probe.mean
        logits = probe.weights[:, :-1] @ x + probe.weights[:, -1]
        np.testing.assert_allclose(answer.log_probabilities, logits - np.logaddexp.reduce(logits), atol=1e-4)
        assert answer.predicted == logits.argmax()


def test_answers_for_many_texts_are_those_for_each(encoder):
    texts = [TEXT, ("the", "lazy", "dog", "jumps", "over", "the", "fox"), (), ("fox",)]
    given = [replace(probe, gold=[np.array([0])] * len(texts)) for probe in probes(encoder)]
    found = layer_answers_of_each(encoder, encoder.tokenize(texts), given, {2: 0.1})
    assert found[2] == []  # nothing can be read
    for text, answers in zip(texts, found, strict=True):
        alone = layer_answers(encoder, encoder.tokenize([text]), probes(encoder), {2: 0.1}) if text else []
        assert [(one.layer, one.error) for one in answers] == [(one.layer, one.error) for one in alone]
        for one, other in zip(answers, alone, strict=True):
            np.testing.assert_allclose(one.log_probabilities, other.log_probabilities, atol=1e-4)


@pytest.mark.parametrize(("predicted", "layer"), [("0000", 2), ("0111", None), ("1000", 3), ("1010", 5), ("0", 2)])
def test_from_which_layer_the_answer_stays(predicted, layer):
    answers = [Answer(n, np.log(np.eye(2)[int(c)] * 0.8 + 0.1)) for n, c in enumerate(predicted, start=2)]
    assert settled_from(answers, 0) == layer


def test_what_cannot_be_answered_is_refused(encoder_of):
    encoder = encoder_of("bert")
    text = encoder.tokenize([TEXT])
    with pytest.raises(ConfigError, match="no probe was trained; type layers=all"):
        layer_answers(encoder, text, [], {})
    with pytest.raises(ConfigError, match="layer 4: the model has layers 0 to 3"):
        layer_answers(encoder, text, probes(encoder, (1, 4)), {})
