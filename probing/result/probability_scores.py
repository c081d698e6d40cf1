"""Rows of what probabilities are worth: V-information, calibration error, AUROC, average precision."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from probing.probe.fit import TASK
from probing.result.bootstrap import Resampled, Score, Sums, mean_over_draws, n_units_in, resampled, scores
from probing.result.information import calibration_error, ranking
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.score import CONTROL
from probing.result.statistics import Floats

_INFORMATION = "v_information_bits"
_PURPOSE = ("bootstrap", "test")  # the resamples of the probes' scores
SeedAndResampling = tuple[int, Resampling]  # its seed, and how its sentences are resampled


def information_rows(
    layers: Sequence[int],
    task: tuple[Floats, Floats],
    controls: Sequence[tuple[Floats, Floats]],
    run: SeedAndResampling,
) -> list[Measurement]:
    """V-information of the task, of the control over all its draws, and their paired difference, per layer.

    task, and each draw in controls: bits (n_sentences, L) and items (n_sentences,).
    """
    counts, (seed, _) = run[1].counts(*_PURPOSE), run
    found = {TASK: resampled(_bits(*task), counts)}
    if controls:
        found[CONTROL] = mean_over_draws([resampled(_bits(*draw), counts) for draw in controls])
        found["selectivity"] = found[TASK] - found[CONTROL]
    return [
        replace(_row(_INFORMATION, layer, seed, score), target=target)
        for target, of_layers in found.items()
        for layer, score in zip(layers, scores(of_layers), strict=True)
    ]


def _bits(bits: Floats, items: Floats) -> Sums:
    per_layer = np.repeat(items[:, None], bits.shape[1], axis=1)
    return Sums(_INFORMATION, (bits, per_layer), _ratio, per_layer)


def _ratio(bits: Floats, items: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(bits / items)


def calibration_rows(layers: Sequence[int], gaps: Floats, items: Floats, run: SeedAndResampling) -> list[Measurement]:
    """ECE of each layer from gaps (n_sentences, L, bins) and items (n_sentences,).

    ECE is biased upwards: a gap of a bin by chance counts as miscalibration. Its interval has the same bias.
    """
    per_layer = np.repeat(items[:, None], len(layers), axis=1)
    sums = Sums("ece", (gaps, per_layer), calibration_error, per_layer)
    found = scores(resampled(sums, run[1].counts(*_PURPOSE)))
    return [_row("ece", layer, run[0], score) for layer, score in zip(layers, found, strict=True)]


def ranking_rows(
    layers: Sequence[int],
    margin: Floats,
    gold: NDArray[np.int64],
    sentence: NDArray[np.int64],
    run: SeedAndResampling,
) -> list[Measurement]:
    """AUROC and average precision of each layer: ``margin`` (N, L) ranks items for class 1 against class 0.

    sentence (N,): of each item, from 0. Items of another class, which train does not have, are left out. In each
    resample an item counts as often as its sentence was drawn.
    """
    counts = run[1].counts(*_PURPOSE)
    kept = gold < 2
    weights = np.vstack([np.ones((1, int(kept.sum())), counts.dtype), counts[:, sentence[kept]]])
    items = np.bincount(sentence[kept], minlength=counts.shape[1]).astype(float)
    n_units = n_units_in(counts, items)
    rows = []
    for place, layer in enumerate(layers):
        found = ranking(margin[kept, place], gold[kept] == 1, weights)
        for metric, values in zip(("auroc", "average_precision"), found, strict=True):
            [score] = scores(Resampled(metric, np.asarray(values[0]), values[1:], items, n_units))
            rows.append(_row(metric, layer, run[0], score))
    return rows


def _row(metric: str, layer: int, seed: int, score: Score) -> Measurement:
    return Measurement("test", TASK, layer, None, seed, metric, **vars(score))
