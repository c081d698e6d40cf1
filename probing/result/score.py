"""From predictions to measurements: every metric of every target and layer, with its interval over sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.fit import TASK, Fit, Target
from probing.result import metrics
from probing.result.bootstrap import Score, counts_of, interval, paired
from probing.result.rows import Measurement
from probing.result.statistics import Statistics

SCORED: tuple[Split, ...] = ("dev", "test")
CODE_LENGTH = "codelength_bits"
ON_DISK = ("s0", "s1", "s2", "s3")
Arrays = Sequence[NDArray[Any]]


@dataclass(frozen=True)
class Prediction:
    """What one target's predictor says: a probe on a layer, or a baseline (``layer`` None).

    ``draw`` numbers the draws of a control task; it is None for every other target.
    """

    target: str
    layer: int | None
    seed: int
    gold: Target
    predicted: Mapping[Split, Arrays]
    fit: Fit | None = None
    draw: int | None = None


Scored = tuple[Prediction, Statistics]


@dataclass(frozen=True)
class Scores:
    """Measurements, statistics per sentence (so that runs can be paired), and notes on what is unusual.

    Statistics are of test; of a code length, of train.
    """

    rows: list[Measurement]
    sentences: pd.DataFrame
    notes: list[str]


def score(
    predictions: Sequence[Prediction],
    names: Sequence[str],
    sentence_ids: Mapping[Split, Sequence[str]],
    resamples: int,
    keep: Mapping[Split, Arrays] | None = None,
) -> Scores:
    """Score every prediction on dev and test by every metric of ``names``.

    ``sentence_ids`` are those of every split. ``keep`` (W,) bool per sentence removes words (punctuation) from root
    accuracy and UUAS. Selectivity is task minus control on the same layer and the same resamples; where the control has
    several draws, over all of them and for each. Code lengths are of the training labels, and so are their statistics.
    """
    rows: list[Measurement] = []
    notes, tables = [], []
    for split, metric in product(SCORED, names):
        found = [(p, measure(metric, p.gold, split, p.predicted[split], keep)) for p in predictions]
        rows += _measured(over_draws(found), split, metric, resamples)
        for p, statistics in found:
            if statistics.constant_predicted and p.fit is not None:
                notes.append(
                    f"{metric} on {split}, {p.target}, layer {p.layer}: "
                    f"{statistics.constant_predicted} constant predictions count as correlation 0"
                )
            if split == "test" and metric != "macro_f1":
                tables.append(_on_disk(metric, p, statistics, sentence_ids[split]))
    coded = [(p, _code(p.fit, p.gold)) for p in predictions if p.fit is not None and p.fit.codelength_bits is not None]
    for metric in (CODE_LENGTH, "compression") if coded else ():
        found = [(p, Statistics(metric, statistics.values)) for p, statistics in coded]
        rows += _measured(over_draws(found), "train", metric, resamples)
        tables += [_on_disk(metric, p, statistics, sentence_ids["train"]) for p, statistics in found]
    return Scores(rows, pd.concat(tables, ignore_index=True), notes)


def over_draws(found: Sequence[Scored]) -> list[Scored]:
    """The same, with one entry per layer for the control over all its draws (``draw`` None), after the single draws.

    Its statistics are the mean of those of the draws, so that its interval is of the score over all draws. Of a single
    draw only this entry is left.
    """
    draws: dict[int | None, list[Scored]] = {}
    for p, statistics in found:
        if p.target == "control":
            draws.setdefault(p.layer, []).append((p, statistics))
    single = [(p, s) for p, s in found if p.target != "control" or len(draws[p.layer]) > 1]
    return single + [(replace(of_layer[0][0], draw=None), _mean(of_layer)) for of_layer in draws.values()]


def _mean(of_layer: Sequence[Scored]) -> Statistics:
    values = [statistics.values for _, statistics in of_layer]
    return Statistics(of_layer[0][1].metric, np.mean(values, axis=0) if len(values) > 1 else values[0])


def _measured(found: Sequence[Scored], split: Split, metric: str, resamples: int) -> Iterator[Measurement]:
    """Every score, and beside each control the selectivity, on the same resamples."""
    task = {p.layer: statistics for p, statistics in found if p.target == TASK}
    for p, statistics in found:
        counts = counts_of(len(statistics.values), resamples, "bootstrap", split)
        yield _measurement(p, split, p.target, metric, interval(statistics, counts))
        if p.target == "control":
            yield _measurement(p, split, "selectivity", metric, paired(task[p.layer], statistics, counts))


def measure(
    metric: str, gold: Target, split: Split, predicted: Arrays, keep: Mapping[Split, Arrays] | None
) -> Statistics:
    """One metric's statistics per sentence. Gold classes that the probe does not know are errors."""
    values = gold.values[split]
    if metric == "macro_f1":
        return metrics.macro_f1(values, [p.astype(np.int64) for p in predicted], gold.n_classes)
    if metric in ("root_accuracy", "uuas"):
        words = keep[split] if keep is not None else None
        return (metrics.uuas if metric == "uuas" else metrics.root_accuracy)(values, predicted, words)
    plain = {"accuracy": metrics.accuracy, "r2": metrics.r2, "nspr": metrics.nspr, "dspr": metrics.dspr}
    return plain[metric](values, predicted)


def _code(fit: Fit, gold: Target) -> Statistics:
    """Bits and labels of each training sentence, and bits of the uniform code."""
    items = np.array([np.size(v) for v in gold.values["train"]])
    bits, uniform = np.asarray(fit.codelength_bits), np.asarray(fit.uniform_bits)
    return Statistics(CODE_LENGTH, np.column_stack([bits, items, uniform, np.zeros(len(bits))]))


def _measurement(p: Prediction, split: Split, target: str, metric: str, score: Score) -> Measurement:
    return Measurement(split, target, p.layer, None, p.seed, metric, **vars(score), draw=p.draw)


def _on_disk(metric: str, p: Prediction, found: Statistics, ids: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame(found.values, columns=list(ON_DISK))
    table.insert(0, "sentence", list(ids))
    table.insert(0, "layer", pd.Series([p.layer] * len(table), dtype="Int64"))
    table.insert(0, "target", p.target)
    table.insert(0, "metric", metric)
    table["seed"] = p.seed
    table["draw"] = pd.Series([p.draw] * len(table), dtype="Int64")
    return table[table["s1"] > 0]
