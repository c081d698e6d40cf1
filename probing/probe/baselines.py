"""Predictions that read no vector: the baselines that a probe's score is compared with."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Split
from probing.probe.fit import Target

Predicted = Mapping[Split, Sequence[NDArray[Any]]]


def baselines(target: Target, words: Mapping[Split, Sequence[Sequence[str]]]) -> dict[str, Predicted]:
    """Predictions for dev and test by name; ``words[split][i]`` are the words that ``target`` labels.

    ``majority`` is the most frequent training class, or the training mean of a number. ``type_majority`` is the same
    per word type; a type that is not in train gets ``majority``. Word pairs have only ``chain``: the number of words
    from one word to the other, as if each word depended on the one before it.
    """
    if target.level == "pair":
        return {"chain": _for_splits(target, lambda split, i: _chain(target.values[split][i]))}
    train = target.flat("train")
    summary = _most_frequent if target.kind == "class" else _mean
    overall = summary(train)
    found = {"majority": _for_splits(target, lambda split, i: np.full_like(target.values[split][i], overall, float))}
    if target.level == "word":
        groups = defaultdict(list)
        for word, value in zip((w for ws in words["train"] for w in ws), train, strict=True):
            groups[word].append(value)
        by_type = {word: summary(np.array(values)) for word, values in groups.items()}
        found["type_majority"] = _for_splits(
            target, lambda split, i: np.array([by_type.get(w, overall) for w in words[split][i]])
        )
    return found


def _for_splits(target: Target, predict: Any) -> Predicted:
    return {s: [predict(s, i) for i in range(len(target.values[s]))] for s in SPLITS if s != "train"}


def _chain(like: NDArray[Any]) -> NDArray[Any]:
    place = np.arange(len(like))
    return np.asarray(np.abs(place[:, None] - place[None, :]), dtype=float)


def _most_frequent(values: NDArray[Any]) -> float:
    counts = Counter(values.tolist())
    return float(min(counts, key=lambda v: (-counts[v], v)))


def _mean(values: NDArray[Any]) -> float:
    return float(values.mean())
