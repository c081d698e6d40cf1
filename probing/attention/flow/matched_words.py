"""Mass on the gold head against mass at the same distance: words are matched in signed distance and sentence length.

Attention falls off with distance, and heads are near, so that more mass on the head than on just any other word says
little about syntax. The baseline of a word whose head stands k words to its right, in a sentence of n words, is the
mean mass of other words, in sentences of about n words, on the word k to their right where that is not their head.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_WIDER = 1.2  # the longest sentence of a group has at most so many times the words of the shortest


@dataclass(frozen=True, eq=False)
class PairsBySentence:
    """Pairs of words of one sentence by signed distance: K distances that occur, L layers.

    length: the group of the sentence's length. distances (K,): of the second word minus the first. n_heads (K,),
    on_heads (K, L): pairs of a word and its head, and their summed mass. n_others (K,), on_others (K, L): other pairs.
    """

    length: int
    distances: Ints
    n_heads: Ints
    on_heads: Floats
    n_others: Ints
    on_others: Floats

    @classmethod
    def of(cls, mass: Floats, queries: Ints, heads: Ints, there: NDArray[np.bool_]) -> "PairsBySentence":
        """From mass (L, W, W) from words to words: ``queries`` (Q,) have the ``heads`` (Q,); ``there`` (W,) counts."""
        n = len(there)
        distance = np.arange(n) - np.arange(n)[:, None]  # (W, W)
        is_head = np.zeros((n, n), dtype=bool)
        is_head[queries, heads] = True
        is_other = there[:, None] & there & ~is_head & (distance != 0)
        (n_heads, on_heads), (n_others, on_others) = (_by_distance(mass, distance, of) for of in (is_head, is_other))
        kept = np.flatnonzero(n_heads + n_others)
        group = int(np.log(n) / np.log(_WIDER))
        return cls(group, kept - (n - 1), n_heads[kept], on_heads[kept], n_others[kept], on_others[kept])


def _by_distance(mass: Floats, distance: Ints, chosen: NDArray[np.bool_]) -> tuple[Ints, Floats]:
    """Of the chosen pairs the number, (2 W - 1,), and the summed mass, (2 W - 1, L), at distances 1 - W to W - 1."""
    n = len(distance)
    at = distance[chosen] + n - 1
    sums = [np.bincount(at, weights=of_layer[chosen], minlength=2 * n - 1) for of_layer in mass]
    return np.bincount(at, minlength=2 * n - 1), np.stack(sums, axis=1)


def matched(pairs: Mapping[int, PairsBySentence], n_sentences: int) -> tuple[Floats, Floats, Floats, int]:
    """Mass on heads and on matched words, (N, L) each, the words counted, (N,), and how many words have no match.

    pairs: by number of the sentence. The mean mass on matched words is sum_c N_c S_c / C_c divided by sum_c N_c: over
    cells c of distance and length, N_c words have their head there, and C_c have another word there, with mass S_c.
    Both S_c / C_c and N_c vary with the sample, so that sentence i has the share

        sum_c n_ic S_c / C_c  +  N_c (s_ic - c_ic S_c / C_c) / C_c

    of the numerator. The second part is zero in total; where sentences are resampled, it makes the numerator vary, to
    first order, as it does where S_c / C_c is estimated anew (linearisation: Efron & Tibshirani 1993, ch. 22).
    """
    numbers = np.repeat([*pairs], [len(of.distances) for of in pairs.values()])
    keys = np.concatenate([np.stack([np.full(len(of.distances), of.length), of.distances]) for of in pairs.values()], 1)
    _, cell = np.unique(keys, axis=1, return_inverse=True)
    names = ("n_heads", "on_heads", "n_others", "on_others")
    n_heads, on_heads, n_others, on_others = (
        np.concatenate([getattr(of, name) for of in pairs.values()]).astype(np.float64) for name in names
    )
    total_heads, total_others = (_summed(cell, values)[cell] for values in (n_heads, n_others))
    known = total_others > 0
    count = np.where(known, total_others, 1)[:, None]
    mean = _summed(cell, on_others)[cell] / count
    share = n_heads[:, None] * mean + total_heads[:, None] * (on_others - n_others[:, None] * mean) / count
    on_head, on_matched = (_summed(numbers[known], part[known], n_sentences) for part in (on_heads, share))
    items = _summed(numbers[known], n_heads[known], n_sentences)
    return on_head, on_matched, items, int(n_heads[~known].sum())


def _summed(group: Ints, values: Floats, n_groups: int = 0) -> Floats:
    """Sums of values (E,) or (E, L) over the groups (E,): (G,) or (G, L)."""
    found = np.zeros((max(n_groups, int(group.max(initial=-1)) + 1), *values.shape[1:]))
    np.add.at(found, group, values)
    return found
