"""Scores of ways to read texts, and paired differences between them, as lines that become rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from probing.analysis.text_readings import NO_FORMAT
from probing.probe.aggregations import MEAN
from probing.probe.fit import TASK, Fit
from probing.result.bootstrap import Resampled
from probing.result.text_scores import ScoredTexts, mean_of, measured

SURFACE, LEFT_OUT, WITHIN, PAIR = "surface", "left out", "within", "pair"
Floats = NDArray[np.float64]
Scored = Mapping[str, Resampled]  # by metric


class Line(NamedTuple):
    """One score: its target, probe, layer and metric as in rows."""

    target: str
    probe: str
    layer: int | None
    metric: str
    found: Resampled


@dataclass(frozen=True, eq=False, kw_only=True)
class Compared:
    """What was measured. chosen: of each aggregation the layer that dev chose. every: by aggregation and layer.
    surface: what reads no vector. again: log-probabilities of aggregations trained anew, by condition; outputs: of the
    chosen ones. sources: of each one that is left out, which texts of test come from it.
    """

    chosen: Mapping[str, Fit]
    every: Mapping[tuple[str, int], Scored]
    surface: Mapping[str, Scored]
    again: Mapping[tuple[str, str], Floats]
    outputs: Mapping[str, Floats]
    of: ScoredTexts
    sources: Mapping[str, NDArray[np.bool_]]

    @property
    def best(self) -> str:
        """The aggregation with the highest score on dev; of equal ones that with the lower loss."""
        return max(self.chosen, key=lambda name: (self.chosen[name].dev_score, -self.chosen[name].chosen["dev_nats"]))

    @property
    def metric(self) -> str:
        """By which aggregations and confounds are compared: AUROC of two classes, else accuracy."""
        return "auroc" if "auroc" in self.scored(self.best) else "accuracy"

    def scored(self, name: str) -> Scored:
        """The scores of an aggregation at its chosen layer."""
        return self.every[name, self.chosen[name].layer]

    @cached_property
    def without_format(self) -> Mapping[str, Scored]:
        """The scores of aggregations that read vectors without the format."""
        return {name: measured(self.again[name, NO_FORMAT], self.of) for name in self.chosen}

    @cached_property
    def left_out(self) -> Mapping[tuple[str, str], tuple[Scored, Scored]]:
        """By aggregation and source: the scores on its texts without and with texts of this source in train."""
        found = {}
        for name in self.chosen:
            for source, there in self.sources.items():
                of = self.of.some(there)
                without, within = self.again[name, source][there], self.outputs[name][there]
                found[name, source] = measured(without, of), measured(within, of)
        return found

    def over_sources(self, name: str, metric: str) -> tuple[Resampled, Resampled]:
        """The means over sources of what ``left_out`` has."""
        found = [self.left_out[name, source] for source in self.sources]
        without, within = (mean_of([pair[side][metric] for pair in found]) for side in (0, 1))
        return without, within

    def lines(self) -> Iterator[Line]:
        """All scores and differences."""
        for (name, layer), found in self.every.items():
            yield from _lines(TASK, name, layer, found)
            if name != MEAN and (MEAN, layer) in self.every:
                yield from _differences("over_mean", name, layer, found, self.every[MEAN, layer])
        for name, found in self.surface.items():
            yield from _lines(name, SURFACE, None, found)
        for name in self.chosen:
            yield from self._confounds(name)
        for one, other in combinations(self.chosen, 2):
            yield from _differences(PAIR, f"{one} − {other}", None, self.scored(one), self.scored(other))

    def _confounds(self, name: str) -> Iterator[Line]:
        """Those of one aggregation, at its chosen layer."""
        layer, whole = self.chosen[name].layer, self.scored(name)
        yield from _lines(NO_FORMAT, name, layer, self.without_format[name])
        yield from _differences("over_format_removed", name, layer, whole, self.without_format[name])
        if layer and (name, 0) in self.every:
            yield from _differences("over_layer0", name, layer, whole, self.every[name, 0])
        for source in self.sources:
            for target, found in zip((LEFT_OUT, WITHIN), self.left_out[name, source], strict=True):
                yield from _lines(f"{target}: {source}", name, layer, found)
        for metric in whole if self.sources else ():
            without, within = self.over_sources(name, metric)
            yield Line(LEFT_OUT, name, layer, metric, without)
            yield Line(WITHIN, name, layer, metric, within)
            yield Line("over_left_out", name, layer, metric, within - without)


def _lines(target: str, probe: str, layer: int | None, found: Scored) -> Iterator[Line]:
    return (Line(target, probe, layer, metric, one) for metric, one in found.items())


def _differences(target: str, probe: str, layer: int | None, one: Scored, other: Scored) -> Iterator[Line]:
    return (Line(target, probe, layer, metric, one[metric] - other[metric]) for metric in one)
