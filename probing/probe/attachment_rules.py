"""Where words attach by rule: so many words before or after them, to themselves, to the first word or to the last."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.fit import SCORED, Target

FARTHEST = 8  # words from a word to its head that a rule of its own stands for
_OFFSETS = np.arange(-FARTHEST, FARTHEST + 1)

Keys = Mapping[Split, Sequence[Sequence[Hashable]]]  # what is known of each word, the best first


def by_rule(target: Target, keys: Keys) -> dict[Split, list[NDArray[np.int64]]]:
    """The head (its place) of every word of dev and test, by the rule that is most often right in train.

    It is that for words with the same key: the first of a word's keys that train has counts, without one all words.
    Of rules that are right equally often, that which is so for more words of train. A rule that leads out of the
    sentence is not taken.
    """
    right = np.concatenate([_right(v) for v in target.values["train"]]).astype(np.int64)
    overall = right.sum(axis=0)
    counts: defaultdict[Hashable, NDArray[np.int64]] = defaultdict(lambda: np.zeros_like(overall))
    for of_word, hits in zip(keys["train"], right, strict=True):
        for key in of_word:
            counts[key] = counts[key] + hits
    size = 1 + int(overall.max(initial=0))
    found: dict[Split, NDArray[np.int64]] = {}
    for split in SCORED:
        places = [rules(len(v)) for v in target.values[split]]
        known = [next((counts[k] for k in of if k in counts), 0 * overall) for of in keys[split]]
        flat = np.concatenate(places)
        votes = np.where(flat >= 0, np.array(known).reshape(-1, len(overall)) * size + overall, -1)
        chosen = flat[np.arange(len(flat)), votes.argmax(axis=1)]
        found[split] = chosen
    return target.by_sentence(found)


def _right(places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rules give each word's head, (n, R); none gives a head without a vector, whose place is -1."""
    found = rules(len(places))
    return np.asarray((found == places[:, None]) & (found >= 0))


def rules(n: int) -> NDArray[np.int64]:
    """The place to which each rule attaches each of n words, -1 outside of the sentence, (n, R).

    >>> rules(2)[:, FARTHEST - 1 : FARTHEST + 2].tolist()
    [[-1, 0, 1], [0, 1, -1]]
    """
    own = np.arange(n)[:, None]
    offsets = own + _OFFSETS
    inside = (offsets >= 0) & (offsets < n)
    return np.hstack([np.where(inside, offsets, -1), np.zeros_like(own), np.full_like(own, n - 1)])
