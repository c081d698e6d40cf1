"""What a value of a paper is made of, sentence by sentence, so that it can be paired with another on the same ones."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from probing.report.load import Run
from probing.report.sentence_scores import Draws, Together, side_by_side, statistics_by_layer, statistics_without_layer
from probing.result.bootstrap import Resampled

APART = {"selectivity": ("task", "control")}  # a target of rows that is the difference of two others


@dataclass(frozen=True, eq=False)
class OfSentences:
    """A score: the mean over ``draws``, one table of statistics per sentence each, without the scores in ``minus``."""

    metric: str
    draws: Draws
    minus: tuple["OfSentences", ...] = ()

    @property
    def tables(self) -> list[pd.DataFrame]:
        """All tables that the score is made of."""
        return [*self.draws, *(table for one in self.minus for table in one.tables)]

    def less(self, other: "OfSentences") -> "OfSentences":
        """This score without the other one, both on the same resamples."""
        return replace(self, minus=(*self.minus, other))

    def over(self, base: Together) -> Resampled:
        """The score on all sentences of ``base``, and in each resample of them."""
        found = base.over([self.draws], self.metric)
        for one in self.minus:
            found = found - one.over(base)
        return found


def of_layers(run: Run, metric: str, target: str) -> Mapping[int | None, OfSentences]:
    """The scores of a target of the probes by layer (None: it reads none); empty where the run has no statistics."""
    if target in APART:
        first, second = (of_layers(run, metric, one) for one in APART[target])
        return {layer: one.less(second[layer]) for layer, one in first.items() if layer in second}
    draws: dict[int | None, Draws] = {
        layer: [*seeds.values()][0] for layer, seeds in statistics_by_layer([run], metric, target).items()
    }
    if alone := statistics_without_layer(run, metric, target):
        draws[None] = alone
    return {layer: OfSentences(metric, tables) for layer, tables in draws.items()}


def resampled_together(found: Sequence[OfSentences], base: Together) -> Resampled:
    """K scores of one metric on the same resamples: (K,) and (R, K)."""
    return side_by_side([one.over(base) for one in found])


def tables_of(found: Iterable[OfSentences]) -> list[pd.DataFrame]:
    """All tables of several scores."""
    return [table for one in found for table in one.tables]
