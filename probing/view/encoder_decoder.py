"""Attention of an encoder-decoder, from any library, as up to three views: encoder, decoder, cross-attention."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from probing.errors import ConfigError
from probing.view.external_weights import NO_MODEL, weights_view
from probing.view.given_maps import checked_maps
from probing.view.given_tokens import checked_names, read_tokens
from probing.view.record import Tokens, View

if TYPE_CHECKING:
    from probing.view.given_maps import Weights

PARTS = ("encoder", "decoder", "cross-attention")
_NO_ROLLOUT = "a decoder also reads the encoder, and rollout and flow follow one stack of layers only"


@dataclass(frozen=True)
class GivenWeights:
    """What BertViz takes of an encoder-decoder: weights per layer, tokens as ``convert_ids_to_tokens`` gives them.

    In cross_attention the decoder's tokens are the queries, and the encoder's the keys.
    """

    encoder_attention: "Weights | None" = None
    decoder_attention: "Weights | None" = None
    cross_attention: "Weights | None" = None
    encoder_tokens: Sequence[str] | None = None
    decoder_tokens: Sequence[str] | None = None


def encoder_decoder_views(given: GivenWeights) -> list[View]:
    """A view of each part whose weights are given. Raises: ConfigError if its tokens are missing, or if no weights are
    given; ModelError as ``checked_maps`` and ``checked_names``.
    """
    for part, weights, wanted in (
        ("encoder_attention", given.encoder_attention, ("encoder_tokens",)),
        ("decoder_attention", given.decoder_attention, ("decoder_tokens",)),
        ("cross_attention", given.cross_attention, ("encoder_tokens", "decoder_tokens")),
    ):
        lacking = [name for name in wanted if getattr(given, name) is None]
        if weights is not None and lacking:
            raise ConfigError(f"{part}=… needs {' and '.join(f'{name}=[…]' for name in lacking)}, one per subword")
    found = []
    if given.encoder_attention is not None and given.encoder_tokens is not None:
        found.append(_part(weights_view(given.encoder_attention, given.encoder_tokens, prefix="encoder_"), PARTS[0]))
    if given.decoder_attention is not None and given.decoder_tokens is not None:
        view = weights_view(given.decoder_attention, given.decoder_tokens, prefix="decoder_")
        missing = {**view.missing, "rollout": _NO_ROLLOUT, "flow": _NO_ROLLOUT}
        found.append(_part(replace(view, rollout=None, missing=missing), PARTS[1]))
    if given.cross_attention is not None and given.encoder_tokens is not None and given.decoder_tokens is not None:
        found.append(_cross(given.cross_attention, given.encoder_tokens, given.decoder_tokens))
    if not found:
        raise ConfigError("only tokens are given: add encoder_attention=…, decoder_attention=… or cross_attention=…")
    return found


def _part(view: View, part: str) -> View:
    return replace(view, about={**view.about, "part": part})


def _cross(attention: "Weights", encoder_tokens: Sequence[str], decoder_tokens: Sequence[str]) -> View:
    """The view whose queries are the decoder's subwords and whose keys are the encoder's."""
    keys = checked_names(encoder_tokens, "encoder_tokens")
    queries = checked_names(decoder_tokens, "decoder_tokens")
    maps, notes = checked_maps(attention, queries, keys, "cross_attention")
    of_queries, of_keys = read_tokens(queries), read_tokens(keys)
    text, text_b = (" ".join(side.forms) for side in (of_queries, of_keys))
    about = {"model": "given weights", "text": text, "text_b": text_b, "causal": False, "part": PARTS[2]}
    missing = {**dict.fromkeys(("norm", "neurons"), NO_MODEL), **dict.fromkeys(("rollout", "flow"), _NO_ROLLOUT)}
    tokens = joined(of_queries, of_keys)
    return View(tokens, maps, missing=missing, notes=notes, about=about, n_queries=len(queries))


def joined(first: Tokens, second: Tokens) -> Tokens:
    """The tokens of two texts, one after the other, as the first and the second text of one input."""
    n = len(first.forms)
    return Tokens(
        labels=first.labels + second.labels,
        special=first.special + second.special,
        word=np.concatenate([first.word, np.where(second.word >= 0, second.word + n, -1)]),
        segment=np.repeat([0, 1], [len(first.labels), len(second.labels)]),
        forms=first.forms + second.forms,
        form_segment=np.repeat([0, 1], [n, len(second.forms)]),
        vocabulary=first.vocabulary + second.vocabulary,
        surface=first.surface + second.surface,
    )
