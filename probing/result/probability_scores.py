"""Rows of scores that are no ratio of sums: calibration error, area under the ROC curve, average precision."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from probing.probe.fit import TASK
from probing.result.bootstrap import Score, Sums, counts_of, intervals
from probing.result.information import calibration_error, ranking
from probing.result.rows import Measurement
from probing.result.statistics import Floats

_PURPOSE = ("bootstrap", "test")  # the resamples of the probes' scores
_TAILS = (0.025, 0.975)


def calibration_rows(layers: Sequence[int], gaps: Floats, items: Floats, run: tuple[int, int]) -> list[Measurement]:
    """ECE of each layer from gaps (n_sentences, L, bins) and items (n_sentences,). run: its seed and resamples.

    ECE is biased upwards: a gap of a bin by chance counts as miscalibration. Its interval has the same bias.
    """
    per_layer = np.repeat(items[:, None], len(layers), axis=1)
    sums = Sums("ece", (gaps, per_layer), calibration_error, per_layer)
    scores = intervals(sums, counts_of(len(items), run[1], *_PURPOSE))
    return [_row("ece", layer, run[0], score) for layer, score in zip(layers, scores, strict=True)]


def ranking_rows(
    layers: Sequence[int],
    margin: Floats,
    gold: NDArray[np.int64],
    sentence: NDArray[np.int64],
    run: tuple[int, int],
) -> list[Measurement]:
    """AUROC and average precision of each layer: ``margin`` (N, L) ranks items for class 1 against class 0.

    sentence (N,): of each item, from 0. Items of another class, which train does not have, are left out. In each
    resample an item counts as often as its sentence was drawn.
    """
    counts = counts_of(int(sentence.max()) + 1, run[1], *_PURPOSE)
    kept = gold < 2
    weights = np.vstack([np.ones((1, int(kept.sum())), counts.dtype), counts[:, sentence[kept]]])
    n = int(kept.sum()), len(np.unique(sentence[kept]))
    rows = []
    for place, layer in enumerate(layers):
        found = ranking(margin[kept, place], gold[kept] == 1, weights)
        for metric, values in zip(("auroc", "average_precision"), found, strict=True):
            rows.append(_row(metric, layer, run[0], _score(values, n)))
    return rows


def _score(values: Floats, n: tuple[int, int]) -> Score:
    """The score from its value on all items, followed by those of the resamples."""
    defined = values[1:][np.isfinite(values[1:])]
    low, high = np.quantile(defined, _TAILS) if len(defined) else (np.nan, np.nan)
    return Score(float(values[0]), float(low), float(high), *n)


def _row(metric: str, layer: int, seed: int, score: Score) -> Measurement:
    return Measurement("test", TASK, layer, None, seed, metric, **vars(score))
