"""Tasks on the main clause of a sentence: number of its subject, number of its object, tense (Conneau et al. 2018).

Number and tense come from the column FEATS. A sentence without it takes them from the Penn tags of XPOS, which tell the
number of nouns and names and the tense of finite verbs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from probing.axes import SPLITS, Corpus, Labels, Sentence
from probing.data.subject_verb import NUMBERS, SUBJECT, WITH_VERB
from probing.errors import one_of
from probing.task.labels import HEADS, Gold, check_annotated, labels_of
from probing.task.sentences import SentenceTask

ROLES = {"subject": SUBJECT, "object": ("obj",)}
PLURAL_ONLY = "Ptan"  # of nouns such as *scissors*, which agree as plurals do
TENSES = {"VBD": "Past", "VBZ": "Pres", "VBP": "Pres"}
NEEDS = "FEATS (or the Penn Treebank's tags as XPOS)"


@dataclass(frozen=True)
class MainClauseNumber(SentenceTask):
    """Predict the number of the subject, or of the object, of the main clause. ``role``: subject or object.

    It is the number of the word that depends on the root as nsubj (of a passive nsubj:pass), or as obj; the first one,
    if there are several. No label: a clause without such a word, a word without a number, and a coordination, whose
    number is not that of its first part.
    """

    role: str = "subject"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("task.role", self.role, ROLES)

    def gold(self, sentence: Sentence) -> Gold | None:
        """``Sing``, ``Plur`` or another number of FEATS, (1,); None for a sentence without a tree."""
        if not sentence.heads or not sentence.deprel:
            return None
        root = sentence.heads.index(0)
        word = next(dependents(sentence, root, ROLES[self.role]), None)
        if word is None or any(dependents(sentence, word, ("conj",))):
            return [None]
        return [number_of(sentence, word)]

    def labels(self, corpus: Corpus) -> Labels:
        """(1,) class index per sentence, -1 for none."""
        return labels_with_forms(self, corpus)


@dataclass(frozen=True)
class MainTense(SentenceTask):
    """Predict the tense of the main clause: that of its finite verb.

    The finite verb is the root, or else the first auxiliary or copula of the root that is finite (*has seen* and *is
    old* are present). No label: a clause without a finite verb, and one whose finite verb has no tense (*could see*).
    """

    def gold(self, sentence: Sentence) -> Gold | None:
        """``Past``, ``Pres`` or another tense of FEATS, (1,); None for a sentence without a tree."""
        if not sentence.heads or not sentence.deprel:
            return None
        root = sentence.heads.index(0)
        verbs = (root, *dependents(sentence, root, WITH_VERB))
        return [next((tense_of(sentence, verb) for verb in verbs if is_finite(sentence, verb)), None)]

    def labels(self, corpus: Corpus) -> Labels:
        """(1,) class index per sentence, -1 for none."""
        return labels_with_forms(self, corpus)


def labels_with_forms(task: SentenceTask, corpus: Corpus) -> Labels:
    """The labels of a task that reads trees and the forms of words. Raises DataError if the corpus has one not."""
    annotated = {split: [bool(s.feats or s.xpos) for s in corpus.splits[split]] for split in SPLITS}
    check_annotated(corpus, task.name, NEEDS, annotated, partly=True)
    return labels_of(task, corpus, HEADS)


def dependents(sentence: Sentence, head: int, relations: tuple[str, ...]) -> Iterator[int]:
    """The words that depend on the word ``head`` with one of the relations, in their order; positions from 0."""
    for word, (of, relation) in enumerate(zip(sentence.heads, sentence.deprel, strict=True)):
        if of == head + 1 and relation in relations:
            yield word


def number_of(sentence: Sentence, word: int) -> str | None:
    """The number of a word: ``Sing``, ``Plur`` … (also of a noun without singular); None if the annotation has none."""
    if sentence.feats:
        found = feature(sentence.feats[word], "Number")
        return "Plur" if found == PLURAL_ONLY else found
    return NUMBERS.get(sentence.xpos[word]) if sentence.xpos else None


def tense_of(sentence: Sentence, word: int) -> str | None:
    """The tense of a word: ``Past``, ``Pres`` …; None if the annotation has none."""
    if sentence.feats:
        return feature(sentence.feats[word], "Tense")
    return TENSES.get(sentence.xpos[word]) if sentence.xpos else None


def is_finite(sentence: Sentence, word: int) -> bool:
    """Whether a word is a finite verb form."""
    if sentence.feats:
        return feature(sentence.feats[word], "VerbForm") == "Fin"
    return bool(sentence.xpos) and sentence.xpos[word] in (*TENSES, "MD")


def feature(feats: str, name: str) -> str | None:
    """One feature of a cell of FEATS; None if it is not there, or has several values.

    >>> feature("Number=Sing|Person=3", "Number"), feature("Number=Plur,Sing", "Number"), feature("_", "Number")
    ('Sing', None, None)
    """
    found = dict(pair.split("=", 1) for pair in feats.split("|") if "=" in pair)
    value = found.get(name)
    return None if value is None or "," in value else value
