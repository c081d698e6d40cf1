"""Tasks on the surface of a sentence: how long it is, and which of some words it has (Conneau et al. 2018).

Conneau et al. balance the classes of every task and filter their sentences; here the sentences are those of the corpus,
and the most frequent class stands beside each score.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import ClassVar

from probing.axes import Corpus, Labels, Sentence
from probing.errors import ConfigError, DataError, not_negative, positive
from probing.task.labels import Gold, labels_of
from probing.task.sentences import SentenceTask

SENTEVAL_BINS = (5, 9, 13, 17, 21, 26, 29)


@dataclass(frozen=True)
class Length(SentenceTask):
    """Predict how many words a sentence has, as one of several ranges.

    ``bins``: ascending; a range begins with each number and ends before the next one. The defaults are the six ranges
    of SentEval: 5 to 8 words, 9 to 12, …, 26 to 28. A shorter or longer sentence has no label. Punctuation counts as
    words. Raises ConfigError for bins that do not ascend, and for fewer than three numbers.
    """

    bins: list[int] = field(default_factory=lambda: list(SENTEVAL_BINS))
    surface: ClassVar[str] = "sentence length"

    def __post_init__(self) -> None:
        super().__post_init__()
        ascending = all(low < high for low, high in pairwise([0, *self.bins]))
        if len(self.bins) < 3 or not ascending:
            raise ConfigError(
                f"task.bins={self.bins}: at least three numbers of words are expected, each larger than the last; "
                f"type 'task.bins=[5,9,13,17,21,26,29]'"
            )

    def gold(self, sentence: Sentence) -> Gold | None:
        """The range of the sentence's number of words, such as ``05-08``, (1,)."""
        n, digits = len(sentence.words), len(str(self.bins[-1] - 1))
        ranges = ((low, high - 1) for low, high in pairwise(self.bins))
        return [next((f"{low:0{digits}}-{high:0{digits}}" for low, high in ranges if low <= n <= high), None)]

    def labels(self, corpus: Corpus) -> Labels:
        """(1,) class index per sentence, -1 for a sentence outside of all ranges."""
        return labels_of(self, corpus, "words")


@dataclass(frozen=True)
class WordContent(SentenceTask):
    """Predict which one of some words of middle frequency a sentence has.

    The words are the ``n_words`` most frequent ones of train after the first ``skip``, or those in ``words`` if it is
    not empty. Only words of letters count; upper and lower case are one. A sentence with none of the words, or with
    several of them, has no label. (Conneau et al. take 1,000 words after the first 2,000 of a corpus of books; a
    treebank is too small for that.)
    """

    words: list[str] = field(default_factory=list)
    n_words: int = 100
    skip: int = 200

    def __post_init__(self) -> None:
        super().__post_init__()
        positive("task.n_words", self.n_words)
        not_negative("task.skip", self.skip)

    def gold(self, sentence: Sentence) -> Gold | None:
        """The only one of ``words`` in the sentence, (1,); None if the words are not chosen yet."""
        if not self.words:
            return None
        found = {word.casefold() for word in self.words} & {word.casefold() for word in sentence.words}
        return [found.pop() if len(found) == 1 else None]

    def labels(self, corpus: Corpus) -> Labels:
        """(1,) class index per sentence, -1 for none. Raises DataError if train has too few different words."""
        chosen = self if self.words else replace(self, words=self._of_train(corpus))
        return labels_of(chosen, corpus, "words")

    def _of_train(self, corpus: Corpus) -> list[str]:
        ranked = by_frequency(corpus.splits["train"])
        found = ranked[self.skip : self.skip + self.n_words]
        if len(found) < self.n_words:
            raise DataError(
                f"task={self.name}: train of {corpus.name} has {len(ranked):,} different words, and {self.n_words:,} "
                f"after the first {self.skip:,} are expected; type task.skip=… and task.n_words=… with lower numbers"
            )
        return found


def by_frequency(sentences: Sequence[Sentence]) -> list[str]:
    """The words of letters, in lower case, from the most frequent to the rarest; words of equal number by alphabet."""
    counts = Counter(word.casefold() for s in sentences for word in s.words if word.isalpha())
    return sorted(counts, key=lambda word: (-counts[word], word))
