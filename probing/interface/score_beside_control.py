"""A score with what it must be read beside: its interval, the control task, the baselines, the size of the sample."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from probing.report.metric_format import measure, scored
from probing.result.rows import Measurement
from probing.result.score import CONTROL, MEMORISATION

_SHOWN = (CONTROL, MEMORISATION, "selectivity", "majority", "type_majority", "surface")


class Score(float):
    """A number, so that it can be compared and averaged, that shows its interval, control and baselines.

    metric, split: what was measured, and where. rows: of this metric: of the task, its control, their difference
    (selectivity) and the baselines. notes: what to know before the number is quoted.
    """

    metric: str
    split: str
    rows: tuple[Measurement, ...]
    notes: tuple[str, ...]

    def __new__(cls, rows: Iterable[Measurement], notes: Sequence[str] = ()) -> "Score":
        """The score of the task among ``rows``, which are all of one metric and at most one layer."""
        order = ("task", *_SHOWN)
        place = {name: order.index(name) for name in order}
        found = tuple(sorted(map(_of_several, rows), key=lambda row: place.get(row.target, len(order))))
        task = next(row for row in found if row.target == "task")
        made = super().__new__(cls, task.value)
        made.metric, made.split, made.rows, made.notes = task.metric, task.split, found, tuple(notes)
        return made

    def __getnewargs__(self) -> tuple[tuple[Measurement, ...], tuple[str, ...]]:  # type: ignore[override]
        """What a copy is made of."""
        return self.rows, self.notes

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval, from a bootstrap over sentences (or documents); NaN for one sentence, which has none."""
        return self._row("task").ci_low, self._row("task").ci_high

    @property
    def control(self) -> float | None:
        """The same probe on the control task: random labels. None if there is none, or if only memorising predicts it
        (``to_frame`` then has the target memorisation).
        """
        return self._value(CONTROL)

    @property
    def selectivity(self) -> float | None:
        """The score minus that on the control task; None if there is none."""
        return self._value("selectivity")

    @property
    def n_items(self) -> int:
        """Words or sentences that were scored."""
        return self._row("task").n_items

    @property
    def n_sentences(self) -> int:
        """Sentences that they come from."""
        return self._row("task").n_sentences

    def to_frame(self) -> pd.DataFrame:
        """One line per number: target (task, control, selectivity, baselines …), value, ci_low, ci_high, n_items …"""
        columns = ["target", "split", "layer", "metric", "value", "ci_low", "ci_high", "n_items", "n_sentences", "draw"]
        table = pd.DataFrame([[getattr(row, name) for name in columns] for row in self.rows], columns=columns)
        return table.astype({"layer": "Int64", "draw": "Int64"})

    def __repr__(self) -> str:
        """The score, a line for each number beside it, and the notes."""
        layer = self._row("task").layer
        where = f"{_number(self.n_items, 'item')} in {_number(self.n_sentences, 'sentence')} of {self.split}"
        head = f"{measure(self.metric).label} {self._text('task')} on {where}"
        known = {row.target for row in self.rows}
        beside = [f"  {name.replace('_', ' ')} {self._text(name)}" for name in _SHOWN if name in known]
        head += "" if layer is None else f", layer {layer}"
        return "\n".join([head, *beside, *(f"  note: {note}" for note in self.notes)])

    __str__ = __repr__

    def _row(self, target: str) -> Measurement:
        return next(row for row in self.rows if row.target == target and row.draw is None)

    def _value(self, target: str) -> float | None:
        return self._row(target).value if any(row.target == target for row in self.rows) else None

    def _text(self, target: str) -> str:
        row = self._row(target)
        return scored(row.value, row.ci_low, row.ci_high, row.metric)


def _of_several(row: Measurement) -> Measurement:
    """The row without its interval if it is of a single sentence: nothing can be drawn again."""
    return replace(row, ci_low=math.nan, ci_high=math.nan) if row.n_sentences == 1 else row


def _number(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def beside(rows: Iterable[Measurement], metric: str, split: str, layer: int) -> list[Measurement]:
    """The rows of one metric and layer on ``split``, with those that read no layer; memorisation is scored on train."""
    return [
        row
        for row in rows
        if row.metric == metric
        and row.layer in (layer, None)
        and (row.split == split or (row.target == MEMORISATION and row.split == "train"))
    ]
