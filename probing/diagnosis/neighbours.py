"""The training sentences, or words, whose vectors are nearest to that of a text in the layer that is read."""

from dataclasses import dataclass

import numpy as np

from probing.axes import Sentence
from probing.diagnosis.subject import Subject
from probing.model.subwords import Subwords
from probing.probe.nearest import nearest

NEIGHBOURS = 10


@dataclass(frozen=True)
class Neighbour:
    """A sentence of train that is near to the text in the layer that the classifier reads. distance: 1 − cosine.

    For a classifier of words, a ``word`` of train: its sentence with the word in brackets (``marked``).
    """

    text: str
    label: str
    distance: float
    word: str = ""


def neighbours(subject: Subject, subwords: Subwords, word: int | None = None) -> list[Neighbour]:
    """The sentences, or words, of train whose vectors in the layer that is read are nearest to that of the text."""
    vectors = subject.train_vectors
    scale = vectors.mean(axis=0), np.where((spread := vectors.std(axis=0)) > 0, spread, 1)
    found = nearest(vectors, subject.vector(subwords, word), scale, NEIGHBOURS)
    train, classes = subject.study.corpus.splits["train"], subject.classes
    items, gold = subject.with_vector("train").at(found.items), subject.gold("train")[found.items]
    places = [None] * len(items) if items.words is None else items.words.tolist()
    return [
        Neighbour(
            marked(train[number], place),
            classes[label],
            float(distance),
            "" if place is None else train[number].words[place],
        )
        for number, place, label, distance in zip(items.sentences, places, gold, found.distances, strict=True)
    ]


def marked(sentence: Sentence, word: int | None) -> str:
    """The words between spaces, the given one in brackets.

    >>> marked(Sentence("s", ("They", "watch", "us")), 1)
    'They [watch] us'
    """
    return " ".join(f"[{form}]" if at == word else form for at, form in enumerate(sentence.words))
