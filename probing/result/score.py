"""From predictions to measurements: every metric of every target and layer, with its interval over sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
ON_DISK = ("s0", "s1", "s2", "s3")
Arrays = Sequence[NDArray[Any]]


@dataclass(frozen=True)
class Prediction:
    """What one target's predictor says: a probe on a layer, or a baseline (``layer`` None).

    ``draw`` counts the draws of a control task; it is 0 for every other target.
    """

    target: str
    layer: int | None
    seed: int
    gold: Target
    predicted: Mapping[Split, Arrays]
    fit: Fit | None = None
    draw: int = 0


@dataclass(frozen=True)
class Scores:
    """Measurements, test statistics per sentence (so that runs can be paired), and notes on what is unusual."""

    rows: list[Measurement]
    sentences: pd.DataFrame
    notes: list[str]


def score(
    predictions: Sequence[Prediction],
    names: Sequence[str],
    sentence_ids: Sequence[str],
    resamples: int,
    keep: Mapping[Split, Arrays] | None = None,
) -> Scores:
    """Score every prediction on dev and test by every metric of ``names``.

    ``sentence_ids`` are those of test. ``keep`` (W,) bool per sentence removes words (punctuation) from root accuracy
    and UUAS. Selectivity is task minus control on the same layer and the same resamples, one for every draw of the
    control. Code lengths are of the training labels.
    """
    rows, notes, tables = [], [], []
    for split, metric in product(SCORED, names):
        found = [measure(metric, p.gold, split, p.predicted[split], keep) for p in predictions]
        task = {p.layer: s for p, s in zip(predictions, found, strict=True) if p.target == TASK}
        for p, statistics in zip(predictions, found, strict=True):
            counts = counts_of(len(statistics.values), resamples, "bootstrap", split)
            rows.append(_measurement(p, split, p.target, metric, interval(statistics, counts)))
            if p.target == "control":
                gap = paired(task[p.layer], statistics, counts)
                rows.append(_measurement(p, split, "selectivity", metric, gap))
            if statistics.constant_predicted and p.fit is not None:
                notes.append(
                    f"{metric} on {split}, {p.target}, layer {p.layer}: "
                    f"{statistics.constant_predicted} constant predictions count as correlation 0"
                )
            if split == "test" and metric != "macro_f1":
                tables.append(_on_disk(metric, p, statistics, sentence_ids))
    rows.extend(_code_lengths(predictions, resamples))
    return Scores(rows, pd.concat(tables, ignore_index=True), notes)


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


def _code_lengths(predictions: Sequence[Prediction], resamples: int) -> Iterator[Measurement]:
    for p in predictions:
        if p.fit is None or p.fit.codelength_bits is None or p.fit.uniform_bits is None:
            continue
        bits = p.fit.codelength_bits
        items = np.array([np.size(v) for v in p.gold.values["train"]])
        columns = np.column_stack([bits, items, p.fit.uniform_bits, np.zeros(len(bits))])
        counts = counts_of(len(bits), resamples, "bootstrap", "train")
        for metric in ("codelength_bits", "compression"):
            yield _measurement(p, "train", p.target, metric, interval(Statistics(metric, columns), counts))


def _measurement(p: Prediction, split: Split, target: str, metric: str, score: Score) -> Measurement:
    return Measurement(split, target, p.layer, None, p.seed, metric, **vars(score), draw=p.draw)


def _on_disk(metric: str, p: Prediction, found: Statistics, ids: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame(found.values, columns=list(ON_DISK))
    table.insert(0, "sentence", list(ids))
    table.insert(0, "layer", pd.Series([p.layer] * len(table), dtype="Int64"))
    table.insert(0, "target", p.target)
    table.insert(0, "metric", metric)
    table["seed"], table["draw"] = p.seed, p.draw
    return table[table["s1"] > 0]
