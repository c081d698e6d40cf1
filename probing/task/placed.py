"""Labels of items that stand at places in a sentence: edges, mentions, pairs of mentions."""

from dataclasses import replace
from typing import Protocol

import numpy as np

from probing.axes import SPLITS, Corpus, Labels, Places, Sentence
from probing.task.control_labels import by_type, from_train
from probing.task.labels import Form, Task, labels_of


class PlacedTask(Task, Protocol):
    """A task whose items are neither all words nor all sentences."""

    def places(self, sentence: Sentence) -> Places:
        """Where the items of one sentence are: as many as ``gold`` has labels; none without the annotation."""


def no_places(parts: int) -> Places:
    """The places of a sentence without items, which would have that many ``parts``."""
    return Places(np.zeros(0, np.int64), np.zeros((0, parts, 2), np.int64))


def placed_labels(task: PlacedTask, corpus: Corpus, needs: str, *, partly: bool = False) -> Labels:
    """The labels of every split, (N,) per sentence, with their places. Raises: as ``labels_of``."""
    found = labels_of(task, corpus, needs, partly=partly)
    return replace(found, places={split: [task.places(s) for s in corpus.splits[split]] for split in SPLITS})


def control_by_word(corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
    """One random class per type of the word by which an item is known, from the training distribution."""
    assert labels.places is not None  # only placed tasks ask
    of_words = by_type(corpus, rng, from_train(labels), form)
    values = {
        split: [of_words(s)[at.words] for s, at in zip(corpus.splits[split], labels.places[split], strict=True)]
        for split in SPLITS
    }
    return replace(labels, values=values)
