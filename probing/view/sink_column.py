"""A sink in a view: one more column, since the weights of the subwords alone do not sum to 1."""

from dataclasses import replace

import numpy as np

from probing.model.map_facts import MapFacts
from probing.view.record import Float32, Tokens, View

LABEL = "[sink]"
NOTE = (
    f"{LABEL} is no subword: heads of this model can give weight to a learned sink, which carries no vector; its row "
    "means nothing, and flow leaves it out"
)


def with_sink(view: View, facts: MapFacts) -> View:
    """``view`` with its blocks numbered, and with a sink as its last subword if ``facts`` has one.

    Its column holds what the subwords leave of 1: in attention, and what reached sinks on the way in rollout.
    """
    numbered = replace(view, layers=facts.layers)
    if not any(facts.sinks):
        return numbered
    return replace(
        numbered,
        tokens=_one_more(view.tokens),
        attention=_wider(view.attention, 1 - view.attention.sum(-1)),
        rollout=None if view.rollout is None else _wider(view.rollout, 1 - view.rollout.sum(-1)),
        norm=None if view.norm is None else _wider(view.norm, np.zeros(view.norm.shape[:-1], np.float32)),
        flow=None if view.flow is None else _wider(view.flow, np.zeros(view.flow.shape[:-1], np.float32)),
        queries=_longer(view.queries),
        keys=_longer(view.keys),
        notes=(*view.notes, NOTE),
    )


def _one_more(tokens: Tokens) -> Tokens:
    return replace(
        tokens,
        labels=(*tokens.labels, LABEL),
        special=(*tokens.special, True),
        word=np.append(tokens.word, -1),
        segment=np.append(tokens.segment, tokens.segment[-1]),
        last_word=None if tokens.last_word is None else np.append(tokens.last_word, -1),
        vocabulary=(*tokens.vocabulary, LABEL) if tokens.vocabulary else (),
        surface=(*tokens.surface, "") if tokens.surface else (),
    )


def _longer(vectors: Float32 | None) -> Float32 | None:
    """Zeros for the sink, whose score is no product: (L, H, S, d) -> (L, H, S + 1, d)."""
    return None if vectors is None else np.pad(vectors, ((0, 0), (0, 0), (0, 1), (0, 0)))


def _wider(array: Float32, column: Float32) -> Float32:
    """Add the column, and a row in which the sink keeps to itself: (..., S, S) -> (..., S + 1, S + 1)."""
    found = np.zeros((*array.shape[:-2], array.shape[-2] + 1, array.shape[-1] + 1), dtype=np.float32)
    found[..., :-1, :-1] = array
    found[..., :-1, -1] = np.maximum(column, 0)
    found[..., -1, -1] = 1
    return found
