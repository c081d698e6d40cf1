"""The obvious explanation of a score: what can be predicted from the surface of the text, without any model.

Each task names one (``Task.surface``), by the names under which reports show them. All are fitted on train; what has a
strength gets it from dev, by the rule of the probes.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split
from probing.errors import one_of
from probing.probe.attachment_rules import by_rule
from probing.probe.bag_of_words import bag_of_words
from probing.probe.baselines import Predicted, Read, by_type, simple, summary_of, table
from probing.probe.fit import SCORED, Target
from probing.probe.item_surface import ITEM_SURFACES
from probing.probe.one_hot import one_hot
from probing.probe.strengths import choose

LONGEST_SUFFIX, RARE = 5, 10  # Brants 2000, §2.3: suffixes are learnt from words that are not frequent
STRENGTHS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)  # of ridge regression, on standardised features
DEGREE, ENDS = 4, 2  # of the polynomial of a position; how many first and last words have a feature of their own


def baselines(target: Target, read: Read, surface: str) -> dict[str, Predicted]:
    """Predictions for dev and test by name: those of ``simple``, the surface baseline and the probe on one-hot types.

    ``surface`` (one of SURFACES) has the name ``surface``, or ``chain`` for word pairs. ``word_types`` is the linear
    probe on one-hot word types (of edges and mentions: of the words by which they are known), of a sentence on how
    often it has each type; it is left out where ``surface`` is just that, and for pairs and places of words.
    """
    one_of("the task's surface baseline", surface, SURFACES)
    found = simple(target, read)
    if target.level == "pair":
        return found
    found["surface"] = SURFACES[surface](target, read)
    if target.kind == "position":
        return found
    if target.level != "sentence":
        found["word_types"] = one_hot(target, {split: read.types(split) for split in target.values})
    elif surface != "bag of words":
        found["word_types"] = bag_of_words(target, read.forms)
    return found


def word_type_and_suffix(target: Target, read: Read) -> Predicted:
    """The most frequent class (or mean) of each word's type; of its longest known suffix for a type not in train.

    A suffix has up to five characters and is learnt from types that occur at most ten times in train; words that begin
    with a capital have suffixes of their own (Brants 2000, TnT, §2.3; there suffixes of several lengths are mixed).
    """
    train, values, summary = read.types("train"), target.flat("train"), summary_of(target)
    often = Counter(train)
    rare = [i for i, form in enumerate(train) if often[form] <= RARE]
    cut = [(suffix, values[i]) for i in rare for suffix in suffixes(train[i])]
    by_suffix = table([suffix for suffix, _ in cut], np.array([value for _, value in cut]), summary) if cut else {}
    new = {form for split in SCORED for form in read.types(split)} - often.keys()
    guessed = {form: next((by_suffix[s] for s in suffixes(form) if s in by_suffix), None) for form in new}
    flat = {split: np.array([guessed.get(form) for form in read.types(split)], float) for split in SCORED}
    by_known = target.by_sentence(flat), by_type(target, read)  # the first: NaN where the type, or no suffix, is known
    pairs = {split: zip(*(found[split] for found in by_known), strict=True) for split in SCORED}
    return {split: [np.where(np.isnan(new), old, new) for new, old in pairs[split]] for split in SCORED}


def suffixes(form: str) -> list[tuple[bool, str]]:
    """The suffixes of a word, the longest first, each with whether the word begins with a capital.

    >>> suffixes("Was")
    [(True, 'Was'), (True, 'as'), (True, 's')]
    """
    return [(form[:1].isupper(), form[-n:]) for n in range(min(LONGEST_SUFFIX, len(form)), 0, -1)]


def position_in_the_sentence(target: Target, read: Read) -> Predicted:
    """Ridge regression on how many words stand before and after a word: a polynomial of both logarithms.

    The first two and the last two words of a sentence have a feature of their own.
    """
    return _ridge(target, {split: _of_places(read.places(split)) for split in target.values})


def _of_places(places: NDArray[np.int64]) -> NDArray[np.float64]:
    before, after = np.log1p(places).T
    powers = [(i, j) for i in range(DEGREE + 1) for j in range(DEGREE + 1) if 0 < i + j <= DEGREE]
    ends = [side == place for side in places.T for place in range(ENDS)]
    return np.column_stack([*(before**i * after**j for i, j in powers), *ends])


def sentence_length(target: Target, read: Read) -> Predicted:
    """What the number of words of a sentence says of its label.

    Of numbers: ridge regression on the number of words, its root and powers of its logarithm. Of classes: the most
    frequent class of the sentences of train of that length, or of the nearest length that train has.
    """
    words = {split: [len(read.forms[split][i]) for i in at] for split, at in _labelled(target)}
    if target.kind == "scalar":
        return _ridge(target, {split: _of_lengths(counts) for split, counts in words.items()})
    known = table(words["train"], target.flat("train"), summary_of(target))
    lengths = sorted(set(words["train"]))
    nearest = {n: min(lengths, key=lambda of: abs(of - n)) for split in SCORED for n in words[split]}
    return target.by_sentence({split: np.array([known[nearest[n]] for n in words[split]], float) for split in SCORED})


def _of_lengths(lengths: Sequence[int]) -> NDArray[np.float64]:
    n = np.array(lengths, float)
    return np.column_stack([n, np.sqrt(n), *(np.log(n) ** power for power in range(1, DEGREE + 1))])


def _labelled(target: Target) -> list[tuple[str, list[int]]]:
    """Per split the numbers of the sentences that have a label."""
    return [(split, [i for i, v in enumerate(rows) if len(v)]) for split, rows in target.values.items()]


def _ridge(target: Target, features: Mapping[str, NDArray[np.float64]]) -> Predicted:
    """Ridge regression on standardised features (N, D) per split, its strength chosen on dev."""
    from sklearn.linear_model import Ridge

    mean, deviation = features["train"].mean(axis=0), features["train"].std(axis=0)
    deviation[deviation == 0] = 1
    x = {split: (f - mean) / deviation for split, f in features.items()}

    def solve(strength: float) -> tuple[float, dict[Split, NDArray[np.float64]]]:
        model = Ridge(alpha=len(x["train"]) * strength).fit(x["train"], target.flat("train"))
        predicted = {split: model.predict(x[split]) for split in SCORED}
        return float(((predicted["dev"] - target.flat("dev")) ** 2).mean()), predicted

    return target.by_sentence(choose(STRENGTHS, solve).solved)


def of_words(target: Target, read: Read) -> Predicted:
    """The linear probe on a bag of words."""
    return bag_of_words(target, read.forms)


def of_word_pairs(target: Target, read: Read) -> Predicted:
    """The linear probe on how often each pair of adjacent words of train occurs in a sentence."""
    pairs = {split: [[f"{a} {b}" for a, b in pairwise(s)] for s in of] for split, of in read.forms.items()}
    return bag_of_words(target, pairs)


def usual_place(target: Target, read: Read) -> Predicted:
    """Where words of the same type attach most often, such as to the next word; for types not in train, those with the
    same last letters, as in ``word_type_and_suffix``.
    """
    often = Counter(read.types("train"))
    keys = {
        split: [(form, *(suffixes(form) if often[form] <= RARE else ())) for form in read.types(split)]
        for split in target.values
    }
    return by_rule(target, keys)


def of_words_before(target: Target, read: Read) -> Predicted:
    """The linear probe on how often each word type stands before the labelled word in its sentence."""
    before = {
        split: [of[:place] for of, at in zip(read.forms[split], read.items[split], strict=True) for place in at]
        for split in target.values
    }
    alone = {split: list(target.flat(split)[:, None]) for split in target.values}  # each item as a text of its own
    found = bag_of_words(Target("sentence", target.kind, target.n_classes, alone), before)
    return target.by_sentence({split: np.concatenate(found[split]) for split in SCORED})


SURFACES: dict[str, Callable[[Target, Read], Any]] = {
    "word type and suffix": word_type_and_suffix,
    "position in the sentence": position_in_the_sentence,
    "sentence length": sentence_length,
    "bag of words": of_words,
    "bag of word pairs": of_word_pairs,
    "bag of the words before": of_words_before,
    "distance in the text": lambda target, read: simple(target, read)["chain"],
    "usual place of the head": usual_place,
    **ITEM_SURFACES,
}
