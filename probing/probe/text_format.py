"""What the format of a text tells without its content, and vectors without it.

Format, of a text: the logarithm of its number of subwords; which share of its words are signs, begin with a capital, or
have a digit; whether it has each frequent sign, and whether it begins or ends with each frequent first or last word.
A sign is a word without letters and digits, in brackets (``<|user|>``, ``[INST]``), or with a colon at its end. Of a
subword: which of these signs, first words and last words its word is. ``LEAST`` is the share of the texts of train
below which a word is not frequent.

``without_format`` takes out of every vector the subspace along which it co-varies with these features over the subwords
of train, all texts with equal weight (LEACE, Belrose et al. 2023, for numbers in place of classes). After it no
feature of the format has a linear relation to the vectors of subwords, or to their mean in a text.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probing.axes import IntArray, Split
from probing.probe.erasure.subspaces import Erasure, oblique, row_space, whitened_by
from probing.probe.text_windows import LayerTexts, Texts

LEAST = 0.02
SHARE = 4  # features of the format are at most one in so many features of the vectors
NUMBERS = ("length", "signs", "capitals", "digits")
_SIGN = re.compile(r"[\W_]+|[<\[{(].*[>\]})]|\w+:")
Words = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Format:
    """The features: ``NUMBERS``, then ``marks``: a place (any, first, last) and a word, the most frequent first."""

    marks: tuple[tuple[str, str], ...]

    def of_texts(self, texts: Words, lengths: IntArray) -> NDArray[np.float64]:
        """The features of texts, (N, K); lengths (N,): their subwords."""
        there = np.array([np.any(self.of_words(words), axis=0) for words in texts]).reshape(len(texts), -1)
        shares = [[np.mean([bool(test(w)) for w in words]) for test in _TESTS] for words in texts]
        return np.column_stack([np.log(lengths), np.array(shares), there])

    def of_words(self, words: Sequence[str]) -> NDArray[np.float64]:
        """The marks of each word, (W, M)."""
        number = {mark: at for at, mark in enumerate(self.marks)}
        found = np.zeros((len(words), len(self.marks)))
        for at in range(len(words)):
            for mark in _marks_at(words, at):
                if mark in number:
                    found[at, number[mark]] = 1
        return found


_TESTS: tuple[Callable[[str], object], ...] = (
    _SIGN.fullmatch,
    lambda word: word[:1].isupper(),
    lambda word: any(sign.isdigit() for sign in word),
)


def _marks_at(words: Sequence[str], at: int) -> list[tuple[str, str]]:
    word = words[at]
    found = [("any", word)] if _SIGN.fullmatch(word) else []
    found += [("first", word)] if at == 0 else []
    return found + ([("last", word)] if at == len(words) - 1 else [])


def format_of(train: Words, width: int) -> Format:
    """The format that texts of train have, for vectors of ``width`` features."""
    counts = Counter(mark for words in train for mark in {m for at in range(len(words)) for m in _marks_at(words, at)})
    often = [mark for mark, n in counts.items() if LEAST * len(train) <= n < len(train)]
    most = max(1, width // SHARE - len(NUMBERS))
    return Format(tuple(sorted(often, key=lambda mark: (-counts[mark], mark))[:most]))


def scaled(x: Mapping[Split, NDArray[np.float64]]) -> dict[Split, NDArray[np.float64]]:
    """Features (N, K) per split, less the mean of train and divided by its deviation; constant ones are 0."""
    mean, deviation = x["train"].mean(axis=0), x["train"].std(axis=0)
    deviation[deviation == 0] = np.inf
    return {split: (of - mean) / deviation for split, of in x.items()}


def without_format(
    texts: LayerTexts, of_texts: NDArray[np.float64], of_subwords: Callable[[Texts], NDArray[np.float64]]
) -> Erasure:
    """What takes the format out of the (standardised) vectors of a layer.

    of_texts (N, K): the features of the texts of train. of_subwords: those of the subwords of some of them, (S, M).
    Raises: ConfigError if nothing of the vectors is left.
    """
    sums: list[NDArray[np.float64]] = []
    for window in texts.windows("train"):
        weight = np.repeat(1 / window.lengths, window.lengths)[:, None]
        z = np.hstack([np.repeat(of_texts[window.places], window.lengths, axis=0), of_subwords(window)])
        x = window.x.astype(np.float64)
        even = weight * x
        part = [np.array(weight.sum()), even.sum(0), (weight * z).sum(0), x.T @ even, z.T @ even]
        sums = [one + of for one, of in zip(sums, part, strict=True)] if sums else part
    n, x_mean, z_mean = sums[0], sums[1] / sums[0], sums[2] / sums[0]
    white = whitened_by(x_mean, sums[3] / n - np.outer(x_mean, x_mean))
    return oblique(white, row_space((sums[4] / n - np.outer(z_mean, x_mean)) @ white.to))
