"""What every task does with a corpus: turn annotation into labels, and draw the control beside them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Corpus, Kind, Labels, Level, Sentence
from probing.errors import DataError

WORD_VECTORS = ("mean", "first", "last")  # over a word's subwords
SENTENCE_VECTORS = ("mean", "cls", "last")  # over a sentence


class Task(Protocol):
    """What an option of conf/task builds."""

    @property
    def name(self) -> str:
        """What rows call it."""

    @property
    def level(self) -> Level:
        """What one label is attached to."""

    @property
    def kind(self) -> Kind:
        """What one label is."""

    @property
    def vector(self) -> str:
        """Which vector represents a word or a sentence."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is measured; the first one chooses the best layer."""

    @property
    def control_note(self) -> str:
        """What the control of this task measures, for the report."""

    def labels(self, corpus: Corpus) -> Labels:
        """The labels of every split; DataError if the corpus lacks the annotation."""

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator) -> Labels:
        """Random labels with the shape of ``labels``, one draw, fixed over all splits."""


def annotated(corpus: Corpus, column: str, task: str, *, partly: bool = False) -> None:
    """Raise DataError unless every sentence (``partly``: some of every split) carries ``column``."""
    for split in SPLITS:
        lacking = [s for s in corpus.splits[split] if not getattr(s, column)]
        if lacking and not (partly and len(lacking) < len(corpus.splits[split])):
            raise DataError(
                f"task={task} needs {column}, and corpus {corpus.name} has none for sentence {lacking[0].id} "
                f"({split}); choose a corpus with it, e.g. {_example(column)}"
            )


def _example(column: str) -> str:
    return "data=sst2 or data=labelled" if column == "label" else "data=ewt or data=conllu"


def classes_of(train: Iterable[str], task: str, corpus: str) -> tuple[str, ...]:
    """The sorted classes of train, ``_`` (no annotation) left out; DataError if there are fewer than two."""
    classes = tuple(sorted(set(train) - {"_"}))
    if len(classes) < 2:
        seen = f"one class only ({classes[0]})" if classes else "no label"
        raise DataError(f"task={task}: train of {corpus} has {seen}; a probe needs two classes to tell apart")
    return classes


def encode(values: Sequence[str], classes: tuple[str, ...], where: str) -> NDArray[np.int64]:
    """Strings to indices into ``classes``; ``_`` (no annotation) to -1; DataError for a label not in train."""
    index = {c: i for i, c in enumerate(classes)} | {"_": -1}
    unseen = sorted(set(values) - index.keys())
    if unseen:
        raise DataError(
            f"{where}: label {', '.join(map(repr, unseen))} does not occur in train, so no probe can predict it; "
            "correct it, write _ for no label, or add it to train (raise data.max_sentences if that left it out)"
        )
    return np.array([index[v] for v in values], dtype=np.int64)


def by_type(
    corpus: Corpus, rng: np.random.Generator, draw: Callable[[np.random.Generator, int], NDArray[Any]]
) -> Callable[[Sentence], NDArray[Any]]:
    """One random value per word type (surface form), drawn once for all splits (Hewitt & Liang 2019, §2).

    Returns a function from a sentence to its words' values, (W,).
    """
    types = sorted({word for split in SPLITS for s in corpus.splits[split] for word in s.words})
    value = dict(zip(types, draw(rng, len(types)), strict=True))
    return lambda sentence: np.array([value[word] for word in sentence.words])


def from_train(labels: Labels) -> Callable[[np.random.Generator, int], NDArray[Any]]:
    """A draw from the distribution of the training labels, so that a control is as skewed as its task."""
    flat = np.concatenate([np.ravel(v) for v in labels.values["train"]])
    present = flat[flat >= 0]
    return lambda rng, n: rng.choice(present, size=n)


def shuffled(labels: Labels, rng: np.random.Generator) -> Labels:
    """The labels (1,) of each split on other sentences: with no type to go by, only memorising predicts them.

    Sentences without a label stay so.
    """
    values = {}
    for split, rows in labels.values.items():
        column = np.stack(rows)  # S × (1,) -> (S, 1) for S sentences
        present = column >= 0
        column[present] = rng.permutation(column[present])
        values[split] = list(column)
    return Labels(labels.level, labels.kind, values, labels.classes)
