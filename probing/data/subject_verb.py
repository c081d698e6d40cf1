"""Subjects and their verbs in a tree with Penn tags, and the nouns between them that have another number."""

from collections.abc import Iterator
from typing import NamedTuple

from probing.axes import Sentence

SUBJECT = ("nsubj", "nsubj:pass")
WITH_VERB = ("aux", "aux:pass", "cop")
NUMBERS = {"NN": "Sing", "NNP": "Sing", "NNS": "Plur", "NNPS": "Plur"}
FINITE = ("VBD", "VBZ", "VBP", "MD")
UNMARKED = ("VBD", "MD")  # forms that are the same for both numbers
MARKED_PAST = ("was", "were")


class Agreement(NamedTuple):
    """A noun as subject, and the finite verb that agrees with it, which stands after it. Positions from 0.

    number: of the subject. attractors: nouns between the two that have the other number. marked: whether the form of
    the verb tells the number.
    """

    subject: int
    verb: int
    number: str
    attractors: tuple[int, ...]
    marked: bool


def agreements(sentence: Sentence) -> Iterator[Agreement]:
    """Every noun that is the subject of a finite verb behind it, unless it is coordinated.

    None for a sentence without a tree or XPOS. The finite verb is the first one of the subject's head, and of the
    head's auxiliaries and copula.
    """
    if not (sentence.heads and sentence.deprel and sentence.xpos):
        return
    rows = list(zip(sentence.heads, sentence.deprel, strict=True))
    for subject, (head, relation) in enumerate(rows):
        number = NUMBERS.get(sentence.xpos[subject])
        if relation not in SUBJECT or number is None or (subject + 1, "conj") in rows:
            continue
        with_verb = [head - 1, *(i for i, (of, other) in enumerate(rows) if of == head and other in WITH_VERB)]
        verb = min((i for i in with_verb if sentence.xpos[i] in FINITE), default=-1)
        if verb > subject:
            between = range(subject + 1, verb)
            others = tuple(i for i in between if NUMBERS.get(sentence.xpos[i], number) != number)
            word = sentence.words[verb].lower()
            marked = sentence.xpos[verb] not in UNMARKED or word in MARKED_PAST
            yield Agreement(subject, verb, number, others, marked)
