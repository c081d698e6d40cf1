"""Effects of heads and layers on one text, against passes with one part replaced, and what heads attend to."""

import numpy as np
import pytest

from probing.analysis.text_parts import ATTENTION, FEED_FORWARD, HEAD, reference, text_parts
from probing.attention.interventions.head_ablation import Ablation, ablated, head_means
from probing.attention.interventions.logit_difference import LogitDifference
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.readouts import ProbeReadout
from probing.errors import ConfigError
from probing.model.batches import batch_of
from probing.model.maps import maps

TEXT = ("the", "quick", "foxes", "saw", "Newtown")
OTHERS = [("she", "left"), ("the", "dog", "sleeps", "and", "the", "fox", "watched")]


def difference(encoder):
    rng, d = np.random.default_rng(1), encoder.width
    weights = rng.normal(size=(3, d + 1))
    probe = ProbeReadout("p", 2, weights, np.zeros(d), np.ones(d), [np.array([0])], "sentence", "cls")
    return LogitDifference(probe, 2, 0)


def test_parts_are_ordered_by_the_effect_of_each_alone(tiny_encoder):
    encoder = tiny_encoder("bert")
    text, others, explained = encoder.tokenize([TEXT]), encoder.tokenize(OTHERS), difference(encoder)
    means = reference(encoder, others)
    found = text_parts(encoder, text, explained, means, strongest=2)
    assert means.notes == ()
    sizes = [abs(part.effect) for part in found]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] > 0
    assert sorted(part.name for part in found) == sorted(
        [f"{HEAD} {layer}.{head}" for layer in (1, 2) for head in (0, 1)]
        + [f"{kind} {layer}" for kind in (ATTENTION, FEED_FORWARD) for layer in (1, 2)]
    )
    batch = batch_of(text, [0], encoder.pad)

    def logits():
        return float(explained(hidden(encoder, batch, 2), batch).of_gold())

    intact = logits()
    for part in found:
        if part.kind == FEED_FORWARD:
            continue
        heads = {(part.layer, 0), (part.layer, 1)} if part.head is None else {(part.layer, part.head)}
        for how, effect in (
            (Ablation("mean", head_means(encoder, others)), part.effect),
            (Ablation("zero"), part.with_zeros),
        ):
            with ablated(encoder, batch, heads, how):
                assert effect == pytest.approx(intact - logits(), abs=1e-4)


def test_the_strongest_heads_say_what_they_attend_to(tiny_encoder):
    encoder = tiny_encoder("bert")
    text = encoder.tokenize([TEXT])
    found = text_parts(encoder, text, difference(encoder), reference(encoder, encoder.tokenize(OTHERS)), strongest=2)
    heads = [part for part in found if part.kind == HEAD]
    assert [len(part.attends_to) for part in heads] == [3, 3, 0, 0]
    [seen] = maps(encoder, text, [0])
    for part in heads[:2]:
        row = seen.attention[part.layer - 1][0, part.head, 0].double().numpy()  # of [CLS], which is read
        weights = np.array([row[text.words == word].sum() for word in range(5)])
        assert [word for word, _ in part.attends_to] == np.argsort(-weights)[:3].tolist()
        assert [weight for _, weight in part.attends_to] == pytest.approx(np.sort(weights)[::-1][:3].tolist(), abs=1e-6)


def test_impossible_values_are_refused(tiny_encoder):
    encoder = tiny_encoder("bert")
    means = reference(encoder, encoder.tokenize(OTHERS))
    with pytest.raises(ConfigError, match="strongest=0"):
        text_parts(encoder, encoder.tokenize([TEXT]), difference(encoder), means, strongest=0)
