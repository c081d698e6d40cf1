"""What a word's type alone says about its label, as features of a probe."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.fit import Target

Words = Mapping[Split, Sequence[Sequence[str]]]


def type_features(
    words: Words, target: Target, folds: int, rng: np.random.Generator
) -> dict[Split, NDArray[np.float32]]:
    """log p(y | word type) of every item in nats, (N, C) per split; ``words[split][i]`` are those that target labels.

    p(y | type) = (n(type, y) + q(y)) / (n(type) + 1) from counts of train, where q(y) = (n(y) + 1) / (n + C): a type
    that was not counted has q. Counts for items of train leave out their own fold of sentences (of ``folds``, drawn
    with ``rng``): a feature never contains the label that it is to predict, and is as reliable in train as in test.
    """
    types: dict[str, int] = {}
    places = {split: _places(of_split, types) for split, of_split in words.items()}
    y, n_classes = target.flat("train"), target.n_classes
    lengths = [len(of_sentence) for of_sentence in words["train"]]
    fold = np.repeat(rng.permutation(len(lengths)) % folds, lengths)

    def counts(kept: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How often each type has each class, (types, C)."""
        cells = places["train"][kept] * n_classes + y[kept]
        return np.bincount(cells, minlength=len(types) * n_classes).reshape(-1, n_classes).astype(np.float64)

    everything = counts(np.ones(len(y), dtype=bool))
    found = {split: _log_p(everything, of_split) for split, of_split in places.items() if split != "train"}
    train = np.empty((len(y), n_classes), np.float32)
    for number in range(folds):
        inside = fold == number
        train[inside] = _log_p(everything - counts(inside), places["train"][inside])
    return {"train": train, **found}


def _places(sentences: Sequence[Sequence[str]], types: dict[str, int]) -> NDArray[np.int64]:
    """The number of each word's type, (N,); new types are added to ``types``."""
    return np.array([types.setdefault(word, len(types)) for words in sentences for word in words], dtype=np.int64)


def _log_p(counts: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float32]:
    """(types, C) and (N,) -> (N, C)."""
    totals = counts.sum(axis=0)
    prior = (totals + 1) / (totals.sum() + len(totals))
    of_items = counts[places]
    log_p = np.log((of_items + prior) / (of_items.sum(axis=1, keepdims=True) + 1))
    return np.asarray(log_p, np.float32)
