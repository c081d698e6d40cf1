"""Predictions that read no vector: the baselines that a probe's score is compared with."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import IntArray, Places, Split
from probing.probe.attachment_rules import by_rule
from probing.probe.fit import SCORED, Target

Predicted = Mapping[Split, Sequence[NDArray[Any]]]


@dataclass(frozen=True, eq=False)
class Read:
    """What baselines read of a corpus. forms: per split and sentence its words, as the model reads them.

    items: per split and sentence the positions of the labelled words (0 for a sentence); of edges and mentions the
    words by which they are known. parts: where the parts of edges and mentions are.
    """

    forms: Mapping[Split, Sequence[Sequence[str]]]
    items: Mapping[Split, Sequence[IntArray]]
    parts: Mapping[Split, Sequence[Places]] | None = None

    def types(self, split: Split) -> list[str]:
        """The forms of the labelled words of a split, in item order."""
        return [of[i] for of, at in zip(self.forms[split], self.items[split], strict=True) for i in at]

    def places(self, split: Split) -> NDArray[np.int64]:
        """Words before and words after each item in its sentence, (N, 2)."""
        each = zip(self.forms[split], self.items[split], strict=True)
        return np.concatenate([np.column_stack([at, len(of) - 1 - at]) for of, at in each])


def simple(target: Target, read: Read) -> dict[str, Predicted]:
    """Predictions for dev and test by name.

    ``majority`` is the most frequent training class, or the training mean of a number. ``type_majority`` is the same
    per word type; a type that is not in train gets ``majority``. Of the places of other words they are rules (the next
    word, the first word …). Word pairs have only ``chain``: the number of words
    from one word to the other, as if each word depended on the one before it.
    """
    if target.level == "pair":
        return {"chain": {split: [_chain(gold) for gold in target.values[split]] for split in SCORED}}
    if target.kind == "position":
        nothing = {split: [()] * len(target.flat(split)) for split in target.values}
        return {"majority": by_rule(target, nothing), "type_majority": by_type(target, read)}
    overall = summary_of(target)(target.flat("train"))
    found: dict[str, Predicted] = {
        "majority": {split: [np.full_like(gold, overall, float) for gold in target.values[split]] for split in SCORED}
    }
    if target.level != "sentence":
        found["type_majority"] = by_type(target, read)
    return found


def by_type(target: Target, read: Read) -> Predicted:
    """The most frequent training class, or the mean, of each word type; of all words for a type not in train.

    Of the places of other words: those that ``by_rule`` gives.
    """
    if target.kind == "position":
        return by_rule(target, {split: [(form,) for form in read.types(split)] for split in target.values})
    summary, train = summary_of(target), target.flat("train")
    known, overall = table(read.types("train"), train, summary), summary(train)
    flat = {split: np.array([known.get(form, overall) for form in read.types(split)], float) for split in SCORED}
    return target.by_sentence(flat)


def in_train(read: Read, split: Split) -> float:
    """The share of the items of ``split`` whose word type train has."""
    known = set(read.types("train"))
    return float(np.mean([form in known for form in read.types(split)]))


def table(keys: Sequence[Hashable], values: NDArray[Any], summary: Callable[..., float]) -> dict[Hashable, float]:
    """``summary`` of the values of each key."""
    groups = defaultdict(list)
    for key, value in zip(keys, values.tolist(), strict=True):
        groups[key].append(value)
    return {key: summary(np.array(found)) for key, found in groups.items()}


def summary_of(target: Target) -> Callable[[NDArray[Any]], float]:
    """The best guess for values of which nothing else is known: the most frequent class, or the mean."""
    if target.kind == "scalar":
        return lambda values: float(values.mean())
    overall = Counter(target.flat("train").tolist())
    return lambda values: _most_frequent(values, overall)


def _most_frequent(values: NDArray[Any], overall: Mapping[int, int]) -> float:
    """The most frequent class; of equal ones that which train has more often, then the lower number."""
    counts = Counter(values.tolist())
    return float(min(counts, key=lambda v: (-counts[v], -overall[v], v)))


def _chain(like: NDArray[Any]) -> NDArray[Any]:
    place = np.arange(len(like))
    return np.asarray(np.abs(place[:, None] - place[None, :]), dtype=float)
