"""An edit of a text that should flip its label, or keep it: the record that all ways of making minimal pairs share."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from probing.axes import Sentence, Surface

Kind = Literal[
    "drop negation",
    "add negation",
    "drop intensifier",
    "add intensifier",
    "drop contrast",
    "add contrast",
    "drop concession",
    "add concession",
    "swap antonym",
    "swap synonym",
    "swap name",
    "shorten",
    "lengthen",
]
Sure = Literal["exact", "likely", "open"]
NOWHERE = -1  # the source of a word that the original text does not have


@dataclass(frozen=True)
class Edit:
    """A text that differs from an original in one respect.

    surface: the new text and where its W words are. source (W,): for each new word the original word that it
    corresponds to; NOWHERE: it is new. flips: whether the label is expected to change, if that of the original is
    right. sure: ``exact`` (it follows from the derivation of the text), ``likely`` (a rule over words, and nothing in
    the text speaks against it), ``open`` (the rule cannot know; ``why`` says what it did not see).
    """

    kind: Kind
    surface: Surface
    source: tuple[int, ...]
    flips: bool
    sure: Sure
    why: str

    @property
    def text(self) -> str:
        """The new text."""
        return self.surface.text

    @property
    def words(self) -> tuple[str, ...]:
        """Its words, (W,)."""
        return tuple(self.text[start:end] for start, end in self.surface.spans)

    def sentence(self, name: str) -> Sentence:
        """The new text as a sentence that models read as it is written."""
        return Sentence(name, self.words, surface=self.surface)


def spelt_out(gaps: Sequence[str], words: Sequence[str]) -> Surface:
    """The surface of words, each with the white space in front of it."""
    pieces = [part for pair in zip(gaps, words, strict=True) for part in pair]
    ends = [0, *accumulate(map(len, pieces))]
    return Surface("".join(pieces), tuple(zip(ends[1::2], ends[2::2], strict=True)))
