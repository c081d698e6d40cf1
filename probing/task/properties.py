"""Further properties of words and sentences: concepts that an intervention on a task's concept should leave alone."""

from collections.abc import Callable
from dataclasses import dataclass

from probing.axes import Corpus, Labels, Sentence
from probing.task.labels import HEADS, Gold, Task, labels_of
from probing.task.main_clause import MainClauseNumber, MainTense
from probing.task.sentences import SentenceTask
from probing.task.surface_properties import Length
from probing.task.words import WordTask

LETTERS = (3, 5, 8)  # where the ranges of word lengths begin, after the first


def head_sides(sentence: Sentence) -> Gold | None:
    """Whether the head of each word stands before it, after it, or is the root; None without a tree."""
    pairs = enumerate(sentence.heads, start=1)
    return ["root" if head == 0 else "before" if head < place else "after" for place, head in pairs] or None


def quarters(sentence: Sentence) -> Gold:
    """In which quarter of its sentence each word stands."""
    n = len(sentence.words)
    return [f"quarter {1 + 4 * place // n}" for place in range(n)]


def word_lengths(sentence: Sentence) -> Gold:
    """How many characters each word has, as one of four ranges."""
    return [f"from {max((low for low in LETTERS if len(word) >= low), default=1)}" for word in sentence.words]


def coordination(sentence: Sentence) -> Gold | None:
    """Whether a word of the sentence is coordinated; None without relations."""
    return ["conj" if "conj" in sentence.deprel else "none"] if sentence.deprel else None


@dataclass(frozen=True)
class WordProperty(WordTask):
    """A property of words that is computed from their sentence; ``name`` is one of COMPUTED."""

    def gold(self, sentence: Sentence) -> Gold | None:
        """The property of each word, (W,)."""
        return COMPUTED[self.name](sentence)

    def labels(self, corpus: Corpus) -> Labels:
        """(W,) class indices per sentence. Raises DataError if the corpus has no trees for a property of trees."""
        return labels_of(self, corpus, HEADS if self.name == "head_side" else "words", partly=True)


@dataclass(frozen=True)
class Coordination(SentenceTask):
    """Whether a sentence coordinates words or clauses."""

    def gold(self, sentence: Sentence) -> Gold | None:
        """``conj`` or ``none``, (1,)."""
        return coordination(sentence)

    def labels(self, corpus: Corpus) -> Labels:
        """(1,) class index per sentence. Raises DataError if the corpus has no relations."""
        return labels_of(self, corpus, "deprel", partly=True)


COMPUTED: dict[str, Callable[[Sentence], Gold | None]] = {
    "head_side": head_sides,
    "quarter": quarters,
    "word_length": word_lengths,
}
OF_WORDS: tuple[Task, ...] = (
    *(WordTask(name, column=column) for name, column in (("pos", "upos"), ("xpos", "xpos"), ("deprel", "deprel"))),
    *map(WordProperty, COMPUTED),
)
OF_SENTENCES: tuple[Task, ...] = (
    SentenceTask("sentiment"),
    Length("length"),
    MainClauseNumber("subject_number", role="subject"),
    MainClauseNumber("object_number", role="object"),
    MainTense("tense"),
    Coordination("coordination"),
)
PROPERTIES: dict[str, tuple[Task, ...]] = {"word": OF_WORDS, "sentence": OF_SENTENCES}
