"""The task bigram shift: are two adjacent words of a sentence swapped? (Conneau et al. 2018).

The task changes the text that the model reads. So the corpus is rewritten first (``read_by``), and everything that is
computed later, the fingerprint and the key of the store as well, is that of the rewritten text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, Protocol, runtime_checkable

from probing.axes import Corpus, Labels, Sentence, Surface
from probing.data.corpus import REPEATED, unique_ids
from probing.errors import DataError, not_negative
from probing.rng import generator
from probing.task.labels import Gold, labels_of
from probing.task.sentences import SentenceTask

INTACT, SWAPPED = "intact", "swapped"
UNLABELLED = "_"  # as in corpora
N_SWAPPED = "sentences with two adjacent words swapped, because the task asks for it"


@runtime_checkable
class Rewriting(Protocol):
    """A task that changes the text of a corpus before a model reads it."""

    def rewritten(self, corpus: Corpus) -> Corpus:
        """The corpus as the model is to read it, under another name."""


def read_by(task: object, corpus: Corpus) -> Corpus:
    """The corpus that a run of ``task`` is about: ``corpus`` itself, unless the task rewrites it."""
    return task.rewritten(corpus) if isinstance(task, Rewriting) else corpus


@dataclass(frozen=True)
class BigramShift(SentenceTask):
    """Predict whether two adjacent words of a sentence are swapped, which is so in half of the sentences.

    Each sentence has a coin and a place of its own, drawn from ``text_seed`` and its id, so that they do not depend on
    the other sentences. The first word, punctuation and two equal words are never swapped: the result could be told
    from a capital or from a full stop; nor, in text as it is written, are words that are written as one with another
    word (*don't*, *du*): *doknow n't* is no order of words. A sentence without two words that can be swapped has no
    label. The annotation of the corpus is left out of every sentence, because it is not that of the new text.
    """

    text_seed: int = 0
    surface: ClassVar[str] = "bag of word pairs"

    def __post_init__(self) -> None:
        super().__post_init__()
        not_negative("task.text_seed", self.text_seed)

    def rewritten(self, corpus: Corpus) -> Corpus:
        """The corpus with two words swapped in half of its sentences, which are counted, and with the task's labels.

        Raises: DataError for conversations, whose messages would no longer say what their template says.
        """
        if chats := [s.id for sentences in corpus.splits.values() for s in sentences if s.messages]:
            raise DataError(f"task={self.name}: {chats[0]} is a conversation; choose a corpus of sentences")
        splits = {split: tuple(map(self._rewritten, sentences)) for split, sentences in corpus.splits.items()}
        n = sum(s.label == SWAPPED for sentences in splits.values() for s in sentences)
        others = {reason: of for reason, of in corpus.skipped.items() if reason != REPEATED}  # is counted anew
        skipped = {**others, N_SWAPPED: n}
        return unique_ids(replace(corpus, name=f"{corpus.name}-swapped", splits=splits, skipped=skipped))

    def _rewritten(self, sentence: Sentence) -> Sentence:
        rng = generator(self.text_seed, "bigram shift", sentence.id)
        new = Sentence(sentence.id, sentence.words, document=sentence.document, surface=sentence.surface)
        places = swappable(sentence)
        if not places:
            return replace(new, label=UNLABELLED)
        swap, place = rng.random() < 0.5, places[int(rng.random() * len(places))]
        return replace(swapped(new, place), label=SWAPPED) if swap else replace(new, label=INTACT)

    def gold(self, sentence: Sentence) -> Gold | None:
        """``intact`` or ``swapped``, (1,); None for a sentence that was not rewritten."""
        return super().gold(sentence) if sentence.label in (INTACT, SWAPPED, UNLABELLED) else None

    def labels(self, corpus: Corpus) -> Labels:
        """(1,) class index per sentence, -1 for none. Raises DataError for a corpus that was not rewritten."""
        if any(self.gold(s) is None for sentences in corpus.splits.values() for s in sentences):
            raise DataError(
                f"task={self.name}: the text of {corpus.name} is unchanged, and this task needs sentences with swapped "
                "words; read the corpus through BigramShift(…).rewritten(corpus) before vectors are computed"
            )
        return labels_of(self, corpus, "label")


def swappable(sentence: Sentence) -> list[int]:
    """The places from 1 of words that can be swapped with the next one; the first word of a sentence has place 0.

    >>> swappable(Sentence("s", ("We", "saw", "the", "the", "sea", ".")))
    [1, 3]
    """
    words = sentence.words
    plain = [any(map(str.isalnum, word)) for word in words]
    return [
        place
        for place in range(1, len(words) - 1)
        if plain[place] and plain[place + 1] and words[place].casefold() != words[place + 1].casefold()
        if sentence.surface is None or _alone(sentence.surface, plain, place)
    ]


def _alone(surface: Surface, plain: Sequence[bool], place: int) -> bool:
    """Whether something stands between a word and the next one in the text as it is written, and whether neither is
    written as one with the word before or after them; punctuation (not ``plain``) may be.
    """
    apart = [left[1] < right[0] for left, right in pairwise(surface.spans)]
    after = place + 2
    return (
        apart[place]
        and (apart[place - 1] or not plain[place - 1])
        and (after == len(plain) or apart[after - 1] or not plain[after])
    )


def swapped(sentence: Sentence, place: int) -> Sentence:
    """The sentence with the word at ``place`` and the next one in each other's place."""
    words, surface = list(sentence.words), sentence.surface
    words[place : place + 2] = words[place + 1], words[place]
    if surface is not None:
        (a, b), (c, d) = surface.spans[place : place + 2]
        text = surface.text
        text = text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]
        ends = [a + d - c, a + d - b]
        surface = Surface(text, (*surface.spans[:place], (a, ends[0]), (ends[1], d), *surface.spans[place + 2 :]))
    return replace(sentence, words=tuple(words), surface=surface)
