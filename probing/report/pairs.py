"""Differences with paired intervals: between models, and between each layer and the one below it."""

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from probing.report.gather import Condition
from probing.report.load import Run
from probing.report.metric_format import measure, records, scored_in
from probing.result.bootstrap import paired
from probing.result.resampling import counts_of
from probing.result.score import ON_DISK
from probing.result.statistics import METRICS, Statistics

RESAMPLES = 1000
COLUMNS = ["s0", "s1", "s2", "s3", "unit"]
Side = tuple[Condition, int]  # a condition at one of its layers


def pair_models(conditions: Sequence[Condition]) -> tuple[pd.DataFrame, list[str]]:
    """Every two conditions of one task, data, probe and metric, each at its layer chosen on dev.

    One line per pair: the difference first − second, its 95 % interval, the number of common sentences and of those
    that only one side has. Also a note for each pair that cannot be compared, with the reason.
    """
    lines, notes = [], []
    for first, second in combinations(conditions, 2):
        if first.block != second.block or first.best is None or second.best is None:
            continue
        found = difference((first, first.best), (second, second.best))
        if isinstance(found, str):
            notes.append(f"{first.model} and {second.model}, {first.task} on {first.data}: not paired, {found}")
            continue
        sides = {"first": first.model, "first_layer": first.best, "second": second.model, "second_layer": second.best}
        lines.append({**_where(first), **sides, **found})
    return pd.DataFrame(lines), notes


def pair_layers(conditions: Iterable[Condition]) -> pd.DataFrame:
    """Each layer minus the one below it: one line per condition and layer, with the difference and its interval."""
    lines = []
    for condition in conditions:
        layers = condition.table["layer"].tolist()
        for below, layer in zip(layers, layers[1:], strict=False):
            found = difference((condition, layer), (condition, below)) if layer == below + 1 else ""
            if not isinstance(found, str):
                lines.append({**_where(condition), "model": condition.model, "from": below, "to": layer, **found})
    return pd.DataFrame(lines)


def difference(a: Side, b: Side) -> dict[str, float] | str:
    """a − b on their common sentences and seeds with its 95 % interval; or the reason why it cannot be computed.

    With several seeds, the statistics of a sentence are averaged over seeds before sentences are resampled: the
    interval is that of the difference between the means over seeds.
    """
    metric = a[0].metric
    if metric not in METRICS or metric == "macro_f1":
        return f"{measure(metric).label} is not a sum over sentences"
    joined, left_out = common_sentences(a, b)
    if joined.empty:
        return f"they have no statistics of {measure(metric).label} per sentence for a common seed on the same data"
    first, second = (Statistics(metric, joined[[f"{c}_{side}" for c in ON_DISK]].to_numpy(float)) for side in "ab")
    units = joined["unit_a"].to_numpy(np.int64)
    score = paired(first, second, counts_of(units, RESAMPLES, "paired", str(len(units))))
    return {
        "difference": score.value,
        "ci_low": score.ci_low,
        "ci_high": score.ci_high,
        "sentences": len(units),
        "left_out": left_out,
    }


def common_sentences(a: Side, b: Side) -> tuple[pd.DataFrame, int]:
    """Statistics and units of both sides per sentence, (n, 10), and how many sentences only one side has."""
    joined, left_out = [], 0
    for seed in a[0].seeds:
        left, right = sentence_statistics(*a, seed), sentence_statistics(*b, seed)
        if left is None or right is None or left[0] != right[0]:
            continue
        both = left[1].add_suffix("_a").join(right[1].add_suffix("_b"), how="inner")
        left_out += len(left[1]) + len(right[1]) - 2 * len(both)
        joined.append(both)
    if not joined:
        return pd.DataFrame(), 0
    return pd.concat(joined).groupby(level=[0, 1], sort=True).mean(), left_out


def sentence_statistics(condition: Condition, layer: int, seed: int) -> tuple[str, pd.DataFrame] | None:
    """The data's fingerprint and the task's statistics per sentence (index: id, and a count for repeated ids)."""
    for run in condition.runs:
        table = _statistics(run, condition.metric, layer) if run.seed == seed else None
        if table is not None:
            numbered = table.assign(repeat=table.groupby("sentence").cumcount()).set_index(["sentence", "repeat"])
            return str(run.manifest["data"].get("fingerprint")), numbered[COLUMNS]
    return None


def _statistics(run: Run, metric: str, layer: int) -> pd.DataFrame | None:
    if run.sentences is None:
        return None
    table = run.sentences
    table = table[(table["metric"] == metric) & (table["target"] == "task") & (table["layer"] == layer)]
    return None if table.empty else table


def _where(condition: Condition) -> dict[str, str]:
    return dict(zip(("task", "data", "probe", "metric"), condition.block, strict=True))


def verdict(low: float, high: float, words: tuple[str, str, str] = ("higher", "lower", "not clear")) -> str:
    """The word for an interval of a difference: above zero, below zero, or neither (also if it is NaN)."""
    if np.isnan(low) or low <= 0 <= high:
        return words[2]
    return words[0] if low > 0 else words[1]


def shown_pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Differences between models as text."""
    lines = records(table)
    shown = pd.DataFrame({name: table[name] for name in ("task", "data", "probe")})
    shown["metric"] = [measure(line["metric"]).label for line in lines]
    for side in ("first", "second"):
        shown[side] = [f"{line[side]}, layer {line[f'{side}_layer']}" for line in lines]
    return _shown_difference(shown, table)


def shown_steps(table: pd.DataFrame) -> pd.DataFrame:
    """Differences between adjacent layers as text."""
    shown = pd.DataFrame({name: table[name] for name in ("task", "data", "probe", "model")})
    shown["metric"] = [measure(metric).label for metric in table["metric"]]
    shown["layers"] = [f"{below} → {layer}" for below, layer in zip(table["from"], table["to"], strict=True)]
    return _shown_difference(shown, table)


def _shown_difference(shown: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    lines = records(table)
    shown["difference"] = [scored_in(line, ("difference", "ci_low", "ci_high"), signed=True) for line in lines]
    shown["verdict"] = [verdict(line["ci_low"], line["ci_high"]) for line in lines]
    shown["sentences"] = [f"{line['sentences']:,}" for line in lines]
    shown["left out"] = [f"{line['left_out']:,}" for line in lines]
    return shown
