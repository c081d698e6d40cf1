"""A probe that was fitted to arrays: what it learnt, and its score on other arrays."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from probing.analysis.items import Items, control, control_name, fit_probes, paired
from probing.axes import SPLITS, Corpus, Split, no_progress
from probing.errors import ConfigError
from probing.interface.given_rows import GIVEN, ArrayVectors, Rows, labels_of_rows, rows_of_arrays
from probing.interface.score_beside_control import Score, beside
from probing.probe.baselines import Read, simple
from probing.probe.fit import TASK, Setting
from probing.probe.linear import Linear
from probing.probe.saved import Saved, folded
from probing.result.few_units import few_units
from probing.result.resampling import Resampling, units_of
from probing.result.score import Prediction, score


class Options(Protocol):
    """The options of a probe."""

    @property
    def linear(self) -> Linear:
        """The solver."""

    seed: int
    controls: int
    resamples: int


@dataclass(frozen=True, eq=False)
class RowsFit:
    """saved: the weights, as of layer 0. classes (C,): as y had them. train, dev: what it was fitted to."""

    options: Options
    saved: Saved
    classes: NDArray[Any]
    train: Rows
    dev: Rows
    layer: int = 0

    def score(
        self,
        x: ArrayLike | None,
        y: ArrayLike | None,
        words: Sequence[str] | None,
        sentences: Sequence[Hashable] | None,
    ) -> Score:
        """Accuracy on ``x`` and ``y``, beside that of the control and of the majority class.

        The probe is fitted again, together with the control, whose labels are drawn for the words of all splits.
        Raises: ConfigError without arrays, or with words where it was fitted without (or the reverse); DataError.
        """
        if x is None or y is None:
            raise ConfigError(
                "this probe was fitted to arrays: give others to score, as in probe.score(X_test, y_test)"
            )
        test = rows_of_arrays(x, y, words, sentences, "test")
        if test.by_word != self.train.by_word:
            fitted, now = (("with" if rows.by_word else "without") for rows in (self.train, test))
            raise ConfigError(f"this probe was fitted {fitted} words=… and is scored {now}; do both alike")
        splits, o = {"train": self.train, "dev": self.dev, "test": test}, self.options
        task, items, _ = _items(splits, o.seed, o.controls)
        read = Read({split: [s.words for s in splits[split].sentences] for split in SPLITS}, items.words)
        target = items.targets[TASK]
        plain = [Prediction(name, None, o.seed, target, found) for name, found in simple(target, read).items()]
        ids = {split: [s.id for s in splits[split].sentences] for split in SPLITS}
        resampling = {split: Resampling(o.resamples, units_of(splits[split].sentences)) for split in SPLITS}
        found = score([*_predictions(o, items), *plain], task.metrics, ids, resampling)
        few = few_units(resampling["test"].units)
        notes = [*filter(None, [few]), *found.notes, *(note.text for note in items.notes)]
        rows = beside(found.rows, task.metrics[0], "test", self.layer)
        return Score((replace(row, layer=None) for row in rows), notes)  # arrays are of no layer that is known

    def __str__(self) -> str:
        """What it was fitted to, in words."""
        return f"fitted to {len(self.train.x) + len(self.dev.x):,} items, {len(self.classes)} classes"


def fit_rows(
    options: Options,
    x: ArrayLike,
    y: ArrayLike | None,
    words: Sequence[str] | None,
    sentences: Sequence[Hashable] | None,
) -> RowsFit:
    """A probe fitted to most of the rows, its strength chosen on the others. Raises: DataError."""
    train, dev = rows_of_arrays(x, y, words, sentences, "train").held_out()
    _, items, names = _items({"train": train, "dev": dev, "test": dev}, options.seed, controls=0)
    fits = [prediction.fit for prediction in _predictions(options, items) if prediction.fit is not None]
    weights, intercepts = folded(fits, "class")
    level = "word" if train.by_word else "sentence"
    saved = Saved(GIVEN, level, "class", "mean", "none", names, "", "", weights, intercepts)
    known = {str(label): label for label in labels_of_rows(y).tolist()}
    return RowsFit(options, saved, np.array([known[name] for name in names]), train, dev)


def _items(rows: Mapping[Split, Rows], seed: int, controls: int) -> "tuple[Any, Items, tuple[str, ...]]":
    """The task, the items of all splits with ``controls`` draws of the control task, and the classes."""
    task = rows["train"].task
    corpus = Corpus(GIVEN, {split: rows[split].sentences for split in SPLITS})
    labels = task.labels(corpus)
    drawn = {control_name(n): control(task, corpus, labels, (seed, n)) for n in range(controls)}
    vectors = ArrayVectors({split: rows[split].x for split in SPLITS})
    return task, paired(task, labels, vectors, drawn), labels.classes


def _predictions(options: Options, items: Items) -> tuple[Prediction, ...]:
    return fit_probes(options.linear, items, (0,), Setting(options.seed, "cpu", no_progress))
