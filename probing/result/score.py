"""From predictions to measurements: every metric of every target and layer, with its interval over sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.fit import SCORED, TASK, Fit, Target
from probing.result import metrics
from probing.result.bootstrap import Score, counts_of, interval, paired
from probing.result.gains import gains
from probing.result.rows import Measurement
from probing.result.statistics import Statistics

TRAIN: Split = "train"
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
    """Score every prediction on the splits that it predicts (dev and test; train for what can only be memorised).

    ``sentence_ids`` are those of test. ``keep`` (W,) bool per sentence removes words (punctuation) from root accuracy
    and UUAS. Selectivity is task minus control on the same layer and the same resamples; where the control has several
    draws, over all of them and for each. ``gains`` says what the task is compared with besides. Code lengths are of the
    training labels.
    """
    rows: list[Measurement] = []
    notes, tables = [], []
    for split, metric in product((*SCORED, TRAIN), names):
        predicting = [p for p in predictions if split in p.predicted]
        found = [(p, measure(metric, p.gold, split, p.predicted[split], keep)) for p in predicting]
        rows += _measured(over_draws(found), split, metric, resamples) if found else ()
        for p, statistics in found:
            if statistics.constant_predicted and p.fit is not None:
                notes.append(
                    f"{metric} on {split}, {p.target}, layer {p.layer}: "
                    f"{statistics.constant_predicted} constant predictions count as correlation 0"
                )
            if split == "test" and metric != "macro_f1":
                tables.append(_on_disk(metric, p, statistics, sentence_ids))
    rows += _code_lengths(predictions, resamples)
    return Scores(rows, pd.concat(tables, ignore_index=True), notes)


def over_draws(found: Sequence[Scored]) -> list[Scored]:
    """The same, with one entry per layer for what has draws over all of them (``draw`` None), after the single draws.

    Its statistics are the mean of those of the draws, so that its interval is of the score over all draws. Of a single
    draw only this entry is left.
    """
    draws: dict[tuple[str, int | None], list[Scored]] = {}
    for p, statistics in found:
        if p.draw is not None:
            draws.setdefault((p.target, p.layer), []).append((p, statistics))
    single = [(p, s) for p, s in found if p.draw is None or len(draws[p.target, p.layer]) > 1]
    return single + [(replace(of_layer[0][0], draw=None), _mean(of_layer)) for of_layer in draws.values()]


def _mean(of_layer: Sequence[Scored]) -> Statistics:
    values = [statistics.values for _, statistics in of_layer]
    return Statistics(of_layer[0][1].metric, np.mean(values, axis=0) if len(values) > 1 else values[0])


def _measured(found: Sequence[Scored], split: Split, metric: str, resamples: int) -> Iterator[Measurement]:
    """Every score, beside each control the selectivity, and the gains, all on the same resamples."""
    task = {p.layer: statistics for p, statistics in found if p.target == TASK}
    for p, statistics in found:
        counts = counts_of(len(statistics.values), resamples, "bootstrap", split)
        yield _measurement(p, split, p.target, metric, interval(statistics, counts))
        if p.target == "control":
            yield _measurement(p, split, "selectivity", metric, paired(task[p.layer], statistics, counts))
    for p, name, score in gains(found, counts_of(len(found[0][1].values), resamples, "bootstrap", split)):
        yield _measurement(p, split, name, metric, score)


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
    coded = [(p, _code(p.fit, p.gold)) for p in predictions if p.fit is not None and p.fit.codelength_bits is not None]
    for p, statistics in over_draws(coded):
        # of a code, shuffled labels are a proper control: it codes labels that its probe has not been trained on
        target = "control" if p.target == "memorisation" else p.target
        counts = counts_of(len(statistics.values), resamples, "bootstrap", "train")
        for metric in ("codelength_bits", "compression"):
            score = interval(Statistics(metric, statistics.values), counts)
            yield _measurement(p, "train", target, metric, score)


def _code(fit: Fit, gold: Target) -> Statistics:
    """Bits and labels of each training sentence, and bits of the uniform code."""
    items = np.array([np.size(v) for v in gold.values["train"]])
    bits, uniform = np.asarray(fit.codelength_bits), np.asarray(fit.uniform_bits)
    return Statistics("codelength_bits", np.column_stack([bits, items, uniform, np.zeros(len(bits))]))


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
