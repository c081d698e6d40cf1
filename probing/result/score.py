"""From predictions to rows: every metric of every target and layer, with its interval over sentences."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.fit import TASK, Fit, Target
from probing.result import metrics
from probing.result.bootstrap import Counts, Score, interval, paired, resample_counts
from probing.result.rows import Row
from probing.result.statistics import Statistics
from probing.rng import generator

SCORED: tuple[Split, ...] = ("dev", "test")
ON_DISK = ("s0", "s1", "s2", "s3")
Arrays = Sequence[NDArray[Any]]


@dataclass(frozen=True)
class Prediction:
    """What one target's predictor says: a probe on a layer, or a baseline (``layer`` None)."""

    target: str
    layer: int | None
    seed: int
    gold: Target
    predicted: Mapping[Split, Arrays]
    fit: Fit | None = None


@dataclass(frozen=True)
class Scores:
    """Rows without their identity (which run they belong to), and test statistics per sentence for pairing."""

    rows: list[dict[str, Any]]
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

    ``keep`` (W,) bool per sentence removes words (punctuation) from root accuracy and UUAS. Selectivity is
    task minus control on the same layer and resamples; code lengths are of the training labels.
    """
    draws = _Draws(resamples)
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    tables: list[pd.DataFrame] = []
    for split, metric in product(SCORED, names):
        found = [measure(metric, p.gold, split, p.predicted[split], keep) for p in predictions]
        task = {p.layer: s for p, s in zip(predictions, found, strict=True) if p.target == TASK}
        for p, statistics in zip(predictions, found, strict=True):
            counts = draws.of(split, len(statistics.values))
            rows.append(_row(split, p.target, p.layer, p.seed, metric, interval(statistics, counts)))
            if p.target == "control":
                gap = paired(task[p.layer], statistics, counts)
                rows.append(_row(split, "selectivity", p.layer, p.seed, metric, gap))
            if statistics.constant_predicted and p.fit is not None:
                notes.append(
                    f"{metric} on {split}, {p.target}, layer {p.layer}: "
                    f"{statistics.constant_predicted} constant predictions count as correlation 0"
                )
            if split == "test" and metric != "macro_f1":
                tables.append(_on_disk(metric, p, statistics, sentence_ids))
    rows.extend(_code_rows(predictions, draws))
    return Scores(rows, pd.concat(tables, ignore_index=True), notes)


@dataclass
class _Draws:
    """Bootstrap counts by split: the same for every metric, layer and run, so that all of them can be paired."""

    resamples: int
    known: dict[tuple[Split, int], Counts] = field(default_factory=dict)

    def of(self, split: Split, n_sentences: int) -> Counts:
        """(R, n_sentences)."""
        if (split, n_sentences) not in self.known:
            rng = generator(0, "bootstrap", split)
            self.known[split, n_sentences] = resample_counts(n_sentences, self.resamples, rng)
        return self.known[split, n_sentences]


def measure(
    metric: str, gold: Target, split: Split, predicted: Arrays, keep: Mapping[Split, Arrays] | None
) -> Statistics:
    """One metric's per-sentence statistics."""
    values = gold.values[split]
    if metric == "macro_f1":
        return metrics.macro_f1(values, [p.astype(np.int64) for p in predicted], gold.n_classes)
    if metric in ("root_accuracy", "uuas"):
        words = keep[split] if keep is not None else None
        return (metrics.uuas if metric == "uuas" else metrics.root_accuracy)(values, predicted, words)
    plain = {"accuracy": metrics.accuracy, "r2": metrics.r2, "nspr": metrics.nspr, "dspr": metrics.dspr}
    return plain[metric](values, predicted)


def _code_rows(predictions: Sequence[Prediction], draws: _Draws) -> Iterator[dict[str, Any]]:
    for p in predictions:
        if p.fit is None or p.fit.codelength_bits is None or p.fit.uniform_bits is None:
            continue
        bits = p.fit.codelength_bits
        items = np.array([np.size(v) for v in p.gold.values["train"]])
        columns = np.column_stack([bits, items, p.fit.uniform_bits, np.zeros(len(bits))])
        for metric in ("codelength_bits", "compression"):
            score = interval(Statistics(metric, columns), draws.of("train", len(bits)))
            yield _row("train", p.target, p.layer, p.seed, metric, score)


def _row(split: Split, target: str, layer: int | None, seed: int, metric: str, s: Score) -> dict[str, Any]:
    return {
        "split": split,
        "target": target,
        "layer": layer,
        "head": None,
        "seed": seed,
        "metric": metric,
        "value": s.value,
        "ci_low": s.ci_low,
        "ci_high": s.ci_high,
        "n_items": s.n_items,
        "n_sentences": s.n_sentences,
    }


def _on_disk(metric: str, p: Prediction, found: Statistics, ids: Sequence[str]) -> pd.DataFrame:
    table = pd.DataFrame(found.values, columns=list(ON_DISK))
    table.insert(0, "sentence", list(ids))
    table.insert(0, "layer", pd.Series([p.layer] * len(table), dtype="Int64"))
    table.insert(0, "target", p.target)
    table.insert(0, "metric", metric)
    table["seed"] = p.seed
    return table[table["s1"] > 0]


def rows_of(rows: Iterable[Mapping[str, Any]], identity: Mapping[str, Any]) -> list[Row]:
    """Complete rows: ``identity`` gives tag, model, checkpoint, data, task, probe and run_id, unless a row does."""
    return [Row(**{**identity, **row}) for row in rows]
