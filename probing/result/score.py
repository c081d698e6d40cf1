"""From predictions to measurements: every metric of every target and layer, with its interval."""

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
from probing.result.bootstrap import Resampled, mean_over_draws, resampled, scores
from probing.result.gains import gains
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.statistics import MEANS, Statistics

TRAIN: Split = "train"
CONTROL, MEMORISATION = "control", "memorisation"
CODE_LENGTH = "codelength_bits"
ON_DISK = ("s0", "s1", "s2", "s3")
Arrays = Sequence[NDArray[Any]]


@dataclass(frozen=True, eq=False)
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
    resampling: Mapping[Split, Resampling],
    keep: Mapping[Split, Arrays] | None = None,
) -> Scores:
    """Score every prediction on the splits that it predicts (dev and test; train for what can only be memorised).

    ``sentence_ids`` are those of every split; ``resampling`` is how its sentences are resampled. ``keep`` (W,) bool per
    sentence removes words (punctuation) from root accuracy, UUAS and UAS. Selectivity is task minus control on the same
    layer and the same resamples; where the control has several draws, for each of them and over all: then draws are
    resampled too. ``gains`` says what the task is compared with besides. Beside NSpr and DSpr stand the means over all
    sentences alike (``MEANS``). Code lengths are of the training labels, and so are their statistics.
    """
    rows: list[Measurement] = []
    notes, tables = [], []
    for split, metric in product((*SCORED, TRAIN), names):
        predicting = [p for p in predictions if split in p.predicted]
        found = [(p, measure(metric, p.gold, split, p.predicted[split], keep)) for p in predicting]
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
                tables.append(_on_disk(metric, p, statistics, sentence_ids[split], resampling[split]))
    coded = [(p, _code(p.fit, p.gold)) for p in predictions if p.fit is not None and p.fit.codelength_bits is not None]
    for metric in (CODE_LENGTH, "compression") if coded else ():
        found = [(_of_code(p), Statistics(metric, statistics.values)) for p, statistics in coded]
        rows += _measured(found, "train", metric, resampling["train"])
        tables += [_on_disk(metric, p, s, sentence_ids["train"], resampling["train"]) for p, s in found]
    return Scores(rows, pd.concat(tables, ignore_index=True), notes)


def _measured(found: Sequence[Scored], split: Split, metric: str, resampling: Resampling) -> Iterator[Measurement]:
    """Every score, the scores over all draws, beside each control the selectivity, and the gains: resampled alike."""
    counts = resampling.counts("bootstrap", split)
    single = [(p, resampled(statistics, counts)) for p, statistics in found]
    task = {p.layer: score for p, score in single if p.target == TASK}
    for p, score in over_draws(single):
        yield _measurement(p, split, p.target, metric, score)
        if p.target == CONTROL:
            yield _measurement(p, split, "selectivity", metric, task[p.layer] - score)
    for p, name, gain in gains(single):
        yield _measurement(p, split, name, metric, gain)


def over_draws(found: Sequence[tuple[Prediction, Resampled]]) -> list[tuple[Prediction, Resampled]]:
    """The same, with one entry per layer for what has draws over all of them (``draw`` None), after the single draws.

    Of a single draw only this entry is left.
    """
    draws: dict[tuple[str, int | None], list[tuple[Prediction, Resampled]]] = {}
    for p, score in found:
        if p.draw is not None:
            draws.setdefault((p.target, p.layer), []).append((p, score))
    single = [(p, score) for p, score in found if p.draw is None or len(draws[p.target, p.layer]) > 1]
    whole = [(replace(some[0][0], draw=None), mean_over_draws([draw for _, draw in some])) for some in draws.values()]
    return single + whole


def measure(
    metric: str, gold: Target, split: Split, predicted: Arrays, keep: Mapping[Split, Arrays] | None
) -> Statistics:
    """One metric's statistics per sentence. Gold classes that the probe does not know are errors."""
    values = gold.values[split]
    if metric == "macro_f1":
        return metrics.macro_f1(values, [p.astype(np.int64) for p in predicted], gold.n_classes)
    of_words = {"root_accuracy": metrics.root_accuracy, "uuas": metrics.uuas, "uas": metrics.uas}
    if metric in of_words:
        return of_words[metric](values, predicted, keep[split] if keep is not None else None)
    plain = {"accuracy": metrics.accuracy, "r2": metrics.r2, "nspr": metrics.nspr, "dspr": metrics.dspr}
    return plain[metric](values, predicted)


def _of_code(p: Prediction) -> Prediction:
    """Of a code, shuffled labels are a proper control: it codes labels that its probe has not been trained on."""
    return replace(p, target=CONTROL) if p.target == MEMORISATION else p


def _code(fit: Fit, gold: Target) -> Statistics:
    """Bits and labels of each training sentence, and bits of the uniform code."""
    items = np.array([np.size(v) for v in gold.values["train"]])
    bits, uniform = np.asarray(fit.codelength_bits), np.asarray(fit.uniform_bits)
    return Statistics(CODE_LENGTH, np.column_stack([bits, items, uniform, np.zeros(len(bits))]))


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
