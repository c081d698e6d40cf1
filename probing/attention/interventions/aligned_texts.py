"""Two texts side by side: which subwords of one stand where those of the other do."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from probing.axes import IntArray
from probing.errors import ConfigError
from probing.model.subwords import Subwords, linked

Int64 = NDArray[np.int64]
Weights = NDArray[np.float32]


class Aligned(NamedTuple):
    """A word of the clean text (-1: a special subword), and its positions in the clean and in the corrupted text.

    The latter are empty where the corrupted text has nothing that corresponds to it.
    """

    word: int
    positions: tuple[Int64, Int64]

    def weights(self, into: int, lengths: tuple[int, int]) -> Weights:
        """Weights (T, S) of the positions of text ``into`` over those of the other: what is taken from there.

        Where both have as many subwords, each takes the state of its own; otherwise each takes the mean of the other's.
        Rows of other positions are 0. lengths: subwords of both texts.
        """
        here, there = self.positions[into], self.positions[1 - into]
        weights = np.zeros((lengths[into], lengths[1 - into]), dtype=np.float32)
        weights[np.ix_(here, there)] = np.eye(len(here)) if len(here) == len(there) else 1 / max(1, len(there))
        return weights


@dataclass(frozen=True, eq=False)
class AlignedTexts:
    """A clean text and a corrupted one.

    subwords: of two sentences, first the clean one. partner (W,): for each word of the corrupted text the word of the
    clean text that it corresponds to; negative: none. Raises: ConfigError for other numbers of sentences or words, for
    a partner that the clean text does not have, and for one that two words have.
    """

    subwords: Subwords
    partner: IntArray

    def __post_init__(self) -> None:
        if len(self.subwords) != 2:
            raise ConfigError(f"subwords of {len(self.subwords)} texts; expected: a clean and a corrupted one")
        n_clean, n_corrupted = self.subwords.n_words.tolist()
        some = np.asarray(self.partner)[np.asarray(self.partner) >= 0]
        if len(self.partner) != n_corrupted or some.max(initial=-1) >= n_clean or len(set(some.tolist())) < len(some):
            raise ConfigError(
                f"partner={np.asarray(self.partner).tolist()}: expected for each of the {n_corrupted} words of the "
                f"corrupted text another one of the {n_clean} words of the clean text, or -1"
            )

    @property
    def lengths(self) -> tuple[int, int]:
        """Subwords of the clean and of the corrupted text."""
        clean, corrupted = np.diff(self.subwords.offsets).tolist()
        return clean, corrupted

    def whole(self, into: int) -> Weights:
        """The weights of all units at once, (T, S), as ``Aligned.weights``."""
        found: Weights = np.sum([unit.weights(into, self.lengths) for unit in self.partners()], axis=0)
        return found

    def units(self, text: int) -> list[tuple[int, Int64]]:
        """What is patched as one in a text (0 clean, 1 corrupted), in order: word and positions; -1: a special subword.

        All subwords of a word are one unit; words that share subwords are one, known by the first of them.
        """
        start, end = self.subwords.offsets[text : text + 2]
        last = None if self.subwords.last_words is None else self.subwords.last_words[start:end]
        words = linked(self.subwords.words[start:end], last)
        starts = [at for at, word in enumerate(words) if at == 0 or word < 0 or word != words[at - 1]]
        ends = [*starts[1:], len(words)]
        return [(int(words[at]), np.arange(at, end)) for at, end in zip(starts, ends, strict=True)]

    def partners(self) -> list[Aligned]:
        """The units of the clean text, each with the positions of its partner; special subwords are paired in order."""
        clean, corrupted = self.units(0), self.units(1)
        nothing = np.zeros(0, dtype=np.int64)
        special = iter([at for word, at in corrupted if word < 0])
        of_word = {int(self.partner[word]): at for word, at in corrupted if word >= 0}
        return [
            Aligned(word, (at, next(special, nothing) if word < 0 else of_word.get(word, nothing)))
            for word, at in clean
        ]
