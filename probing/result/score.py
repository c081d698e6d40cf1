"""From predictions to measurements: every metric of every target and layer, with its interval over sentences."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.fit import TASK, Fit, Target
from probing.result import metrics
from probing.result.bootstrap import Resampled, mean_over_draws, resampled, scores
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.statistics import MEANS, Statistics

SCORED: tuple[Split, ...] = ("dev", "test")
CONTROL = "control"
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
    resampling: Mapping[Split, Resampling],
    keep: Mapping[Split, Arrays] | None = None,
) -> Scores:
    """Score every prediction on dev and test by every metric of ``names``.

    ``sentence_ids`` are those of test; ``resampling`` is how the sentences of each split are resampled. ``keep`` (W,)
    bool per sentence removes words (punctuation) from root accuracy and UUAS. Selectivity is task minus control on the
    same layer and the same resamples; where the control has several draws, for each of them and over all: then draws
    are resampled too. Beside NSpr and DSpr stand the means over all sentences alike (``MEANS``). Code lengths are of
    the training labels.
    """
    rows: list[Measurement] = []
    notes, tables = [], []
    for split, metric in product(SCORED, names):
        found = [(p, measure(metric, p.gold, split, p.predicted[split], keep)) for p in predictions]
        rows += _measured(found, split, metric, resampling[split])
        if metric in MEANS:  # of the same correlations
            means = [(p, replace(statistics, metric=MEANS[metric])) for p, statistics in found]
            rows += _measured(means, split, MEANS[metric], resampling[split])
        for p, statistics in found:
            if statistics.constant_predicted and p.fit is not None:
                notes.append(
                    f"{metric} on {split}, {p.target}, layer {p.layer}: "
                    f"{statistics.constant_predicted} constant predictions count as correlation 0"
                )
            if split == "test" and metric != "macro_f1":
                tables.append(_on_disk(metric, p, statistics, sentence_ids, resampling["test"]))
    rows += _code_lengths(predictions, resampling["train"])
    return Scores(rows, pd.concat(tables, ignore_index=True), notes)


def by_layer(found: Iterable[Scored], target: str) -> dict[int | None, list[Scored]]:
    """The predictions of one target, with their statistics, by layer: several if a control has several draws."""
    layers: dict[int | None, list[Scored]] = {}
    for p, statistics in found:
        if p.target == target:
            layers.setdefault(p.layer, []).append((p, statistics))
    return layers


def _measured(found: Sequence[Scored], split: Split, metric: str, resampling: Resampling) -> Iterator[Measurement]:
    """Every score; for each control over all its draws too, with the selectivity, on the same resamples."""
    counts = resampling.counts("bootstrap", split)
    for p, statistics in found:
        if p.target != CONTROL:
            yield _measurement(p, split, p.target, metric, resampled(statistics, counts))
    task = {layer: resampled(of_layer[0][1], counts) for layer, of_layer in by_layer(found, TASK).items()}
    for layer, of_layer in by_layer(found, CONTROL).items():
        draws = [(p, resampled(statistics, counts)) for p, statistics in of_layer]
        together = (replace(of_layer[0][0], draw=None), mean_over_draws([draw for _, draw in draws]))
        for p, control in [*(draws if len(draws) > 1 else []), together]:
            yield _measurement(p, split, CONTROL, metric, control)
            yield _measurement(p, split, "selectivity", metric, task[layer] - control)


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


def _code_lengths(predictions: Sequence[Prediction], resampling: Resampling) -> Iterator[Measurement]:
    coded = [(p, _code(p.fit, p.gold)) for p in predictions if p.fit is not None and p.fit.codelength_bits is not None]
    if not coded:
        return
    counts = resampling.counts("bootstrap", "train")
    for target, metric in product((TASK, CONTROL), ("codelength_bits", "compression")):
        for of_layer in by_layer(coded, target).values():
            draws = [(p, resampled(Statistics(metric, s.values), counts)) for p, s in of_layer]
            together = (replace(of_layer[0][0], draw=None), mean_over_draws([draw for _, draw in draws]))
            for p, code in [*(draws if len(draws) > 1 else []), together]:
                yield _measurement(p, "train", target, metric, code)


def _code(fit: Fit, gold: Target) -> Statistics:
    """Bits and labels of each training sentence, and bits of the uniform code."""
    items = np.array([np.size(v) for v in gold.values["train"]])
    bits, uniform = np.asarray(fit.codelength_bits), np.asarray(fit.uniform_bits)
    return Statistics("codelength_bits", np.column_stack([bits, items, uniform, np.zeros(len(bits))]))


def _measurement(p: Prediction, split: Split, target: str, metric: str, found: Resampled) -> Measurement:
    [score] = scores(found)
    return Measurement(split, target, p.layer, None, p.seed, metric, **vars(score), draw=p.draw)


def _on_disk(metric: str, p: Prediction, found: Statistics, ids: Sequence[str], resampling: Resampling) -> pd.DataFrame:
    table = pd.DataFrame(found.values, columns=list(ON_DISK))
    table.insert(0, "unit", resampling.units)
    table.insert(0, "sentence", list(ids))
    table.insert(0, "layer", pd.Series([p.layer] * len(table), dtype="Int64"))
    table.insert(0, "target", p.target)
    table.insert(0, "metric", metric)
    table["seed"] = p.seed
    table["draw"] = pd.Series([p.draw] * len(table), dtype="Int64")
    return table[table["s1"] > 0]
