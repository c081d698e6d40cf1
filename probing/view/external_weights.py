"""Attention weights from any library as a view; no model is loaded."""

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, SupportsIndex

import numpy as np

from probing.attention.flow.attention_rollout import rollout
from probing.attention.flow.augmented import Rollout
from probing.errors import ModelError, shown
from probing.view.given_maps import checked_maps
from probing.view.given_tokens import checked_names, read_tokens
from probing.view.record import View

if TYPE_CHECKING:
    from probing.view.given_maps import Weights

NO_MODEL = "only weights were given; give show a text and a model instead"


def weights_view(
    attention: "Weights", tokens: Sequence[str], sentence_b_start: int | None = None, prefix: str = ""
) -> View:
    """The view of what BertViz takes: ``attention`` per layer (H, S, S) or (1, H, S, S); ``tokens`` (S).

    sentence_b_start: position of the second text's first subword. prefix: of the arguments' names, in messages.
    Rollout is computed as in Abnar and Zuidema (2020). Where the weights of a query do not sum to 1, a note says so.
    Raises: ModelError for shapes that do not fit each other, weights that are negative or not finite or sum to more
    than 1, a query without weight in every head (padding), tokens that are not strings.
    """
    import torch

    tokens, sentence_b_start = checked_names(tokens, f"{prefix}tokens"), _whole(sentence_b_start)
    if sentence_b_start is not None and not 0 < sentence_b_start < len(tokens):
        raise ModelError(f"sentence_b_start={sentence_b_start}: a position in {len(tokens)} tokens is expected")
    maps, notes = checked_maps(attention, tokens, tokens, f"{prefix}attention")
    rolled = rollout([torch.tensor(layer)[None] for layer in maps], np.array([len(tokens)]), Rollout())
    found = read_tokens(tokens, sentence_b_start)
    texts = [" ".join(f for f, b in zip(found.forms, found.form_segment, strict=True) if b == side) for side in (0, 1)]
    return View(
        tokens=found,
        attention=maps,
        rollout=rolled[0].numpy(),
        missing=dict.fromkeys(("norm", "flow", "neurons"), NO_MODEL),
        notes=notes,
        about={
            "model": "given weights",
            "text": texts[0],
            "text_b": texts[1] or None,
            "causal": len(tokens) > 1 and not np.triu(maps, 1).any(),
        },
    )


def _whole(sentence_b_start: SupportsIndex | None) -> int | None:
    try:
        return None if sentence_b_start is None else operator.index(sentence_b_start)
    except TypeError as error:
        raise ModelError(
            f"sentence_b_start={shown(repr(sentence_b_start))}: not a whole number; give a position"
        ) from error
