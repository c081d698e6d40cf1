"""Random labels for control tasks: one per word type, or those of other sentences."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Corpus, Labels, Sentence
from probing.task.labels import Form


def by_type(
    corpus: Corpus, rng: np.random.Generator, draw: Callable[[np.random.Generator, int], NDArray[Any]], form: Form = str
) -> Callable[[Sentence], NDArray[Any]]:
    """One random value per word type, drawn once for all splits (Hewitt & Liang 2019, §2).

    Words of one ``form`` are one type: a model that reads *The* as *the* could not tell their labels apart. Types are
    sorted before values are drawn. Returns a function from a sentence to its words' values, (W,).
    """
    forms = {word: form(word) for word in {word for split in SPLITS for s in corpus.splits[split] for word in s.words}}
    types = sorted(set(forms.values()))
    value = dict(zip(types, draw(rng, len(types)), strict=True))
    return lambda sentence: np.array([value[forms[word]] for word in sentence.words])


def from_train(labels: Labels) -> Callable[[np.random.Generator, int], NDArray[Any]]:
    """A draw from the distribution of the training labels, so that a control is as skewed as its task."""
    flat = np.concatenate([np.ravel(v) for v in labels.values["train"]])
    present = flat[flat >= 0]
    return lambda rng, n: rng.choice(present, size=n)


def shuffled(labels: Labels, rng: np.random.Generator) -> Labels:
    """The labels (1,) of each split on other sentences: with no type to go by, only memorising predicts them.

    Sentences without a label stay without one.
    """
    values = {}
    for split, rows in labels.values.items():
        column = np.stack(rows)  # S × (1,) -> (S, 1) for S sentences
        present = column >= 0
        column[present] = rng.permutation(column[present])
        values[split] = list(column)
    return replace(labels, values=values)
