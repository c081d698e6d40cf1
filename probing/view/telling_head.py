"""The head that a page opens with: one whose attention says something about this text."""

import numpy as np
from numpy.typing import NDArray

from probing.view.record import Tokens, View

FAR = 2  # subwords: a weight on a neighbour or on the subword itself says little about the text


def telling_heads(view: View) -> tuple[int, list[int]]:
    """The position of the most telling layer, and of each layer its most telling head, from 0.

    A head is telling if each query has a key of its own: a subword of the text, at least two places away, to which it
    gives much more weight than the other queries do on average. The largest such difference is averaged over queries.
    Where a text is too short for that, neighbours count too.
    """
    counted, allowed = _allowed(view.tokens, view.n_queries)
    own = (layer - layer.mean(axis=-2, keepdims=True) for layer in view.attention)
    strongest = np.stack([np.where(allowed, layer, 0).max(axis=-1) for layer in own])  # (L, H, queries)
    means = strongest[..., counted].mean(axis=-1) if counted.any() else strongest.mean(axis=-1)  # (L, H)
    return int(means.max(axis=1).argmax()), [int(head) for head in means.argmax(axis=1)]


def _allowed(tokens: Tokens, n_queries: int | None) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The queries (Q,) that count, and the keys that count for each (Q, K)."""
    ordinary = ~np.array(tokens.special, dtype=bool)
    if n_queries is not None:
        queries, keys = ordinary[:n_queries], ordinary[n_queries:]
        return queries, np.broadcast_to(keys, (len(queries), len(keys)))
    places = np.arange(len(ordinary))
    distance = np.abs(places[:, None] - places)
    for least in (FAR, 1, 0):
        allowed = (distance >= least) & ordinary
        if allowed[ordinary].any():
            return ordinary, allowed
    return ordinary, np.ones_like(allowed)
