"""Differences with paired intervals: between models, and between each layer and the one below it.

All differences of one task, data, probe and metric are one family: their intervals are simultaneous and their p-values
are adjusted, because many comparisons find some difference by chance. They share their resamples.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, groupby
from typing import Any

import numpy as np
import pandas as pd

from probing.report.gather import Condition
from probing.report.metric_format import measure, records, scored_in
from probing.report.sentence_scores import (
    RESAMPLES,
    BySeed,
    Together,
    has_statistics,
    side_by_side,
    statistics_by_layer,
    together,
)
from probing.result.bootstrap import Resampled, mean_over_draws, scores
from probing.result.simultaneous import jointly

Side = tuple[Condition, int]  # a condition at one of its layers
Pair = tuple[dict[str, Any], Side, Side]  # what its line says of it, and its sides
JOINT = ("difference", "joint_low", "joint_high")
FAMILY = (
    "Intervals are simultaneous: with 95 % probability, all of them contain the true values (from the largest "
    "studentised difference over shared resamples). p is adjusted in the same way"
)


def pair_models(conditions: Sequence[Condition]) -> tuple[pd.DataFrame, list[str]]:
    """Every two conditions of one task, data, probe and metric, each at its layer chosen on dev.

    One line per pair: the difference first − second; ci_low and ci_high, its 95 % interval by itself; joint_low,
    joint_high and p_adjusted, which hold for all pairs of these four; the number of common sentences and of those that
    only one side has. Also a note for each pair that cannot be compared, with the reason.
    """
    lines: list[dict[str, Any]] = []
    notes: list[str] = []
    for block in _blocks(conditions):
        pairs: list[Pair] = []
        for first, second in combinations([one for one in block if one.best is not None], 2):
            sides = {"first": first.model, "first_layer": first.best, "second": second.model}
            line = {**sides, "second_layer": second.best}
            pairs.append((line, (first, first.best or 0), (second, second.best or 0)))
        found, missing = differences(pairs)
        lines += found
        notes += missing
    return pd.DataFrame(lines), notes


def pair_layers(conditions: Iterable[Condition]) -> pd.DataFrame:
    """Each layer minus the one below it: one line per condition and layer, with the columns of ``pair_models``."""
    lines: list[dict[str, Any]] = []
    for block in _blocks(conditions):
        pairs: list[Pair] = []
        for one in block:
            layers = one.table["layer"].tolist()
            for below, layer in zip(layers, layers[1:], strict=False):
                if layer == below + 1:
                    pairs.append(({"model": one.model, "from": below, "to": layer}, (one, layer), (one, below)))
        lines += differences(pairs)[0]
    return pd.DataFrame(lines)


def _blocks(conditions: Iterable[Condition]) -> list[list[Condition]]:
    return [[*block] for _, block in groupby(sorted(conditions, key=lambda one: one.block), key=lambda one: one.block)]


def differences(pairs: Sequence[Pair]) -> tuple[list[dict[str, Any]], list[str]]:
    """One family of differences as lines, and a note for each pair that cannot be compared.

    With several seeds, a difference is the mean over the seeds of both sides; resamples draw sentences and seeds.
    """
    statistics = {id(side[0]): _statistics(side[0]) for _, *sides in pairs for side in sides}
    lines, found, notes = [], [], []
    matched = [_matched(*(statistics[id(one)].get(layer, {}) for one, layer in sides)) for _, *sides in pairs]
    tables = [table for seeds in matched for both in seeds for table in both]
    base = together(tables) if tables else None
    for (line, first, second), seeds in zip(pairs, matched, strict=True):
        if not seeds or base is None:
            one, reason = first[0], _reason(first[0].metric)
            notes.append(f"{one.model} and {second[0].model}, {one.task} on {one.data}: not paired, {reason}")
            continue
        difference, sentences = _difference(base, seeds, first[0].metric)
        found.append(difference)
        lines.append({**_where(first[0]), **line, **sentences})
    return _with_intervals(lines, found), notes


def _with_intervals(lines: Sequence[dict[str, Any]], found: Sequence[Resampled]) -> list[dict[str, Any]]:
    if not found:
        return []
    family = side_by_side(found)
    joint = jointly(family.value, family.values, family.n_units)
    made = []
    for at, (line, score) in enumerate(zip(lines, scores(family), strict=True)):
        alone = {"difference": score.value, "ci_low": score.ci_low, "ci_high": score.ci_high}
        of_family = {"joint_low": joint.low[at], "joint_high": joint.high[at], "p_adjusted": joint.p[at]}
        made.append({**line, **alone, **{name: float(value) for name, value in of_family.items()}})
    return made


def _difference(
    base: Together, seeds: Sequence[tuple[pd.DataFrame, pd.DataFrame]], metric: str
) -> tuple[Resampled, dict[str, int]]:
    """first − second over the sentences that both have, and how many these are."""
    of_seeds, common, left_out = [], 0, 0
    for first, second in seeds:
        both = first.index.intersection(second.index)
        left_out += len(first) + len(second) - 2 * len(both)
        common = max(common, len(both))
        one, other = (base.resampled(table.loc[both], metric) for table in (first, second))
        of_seeds.append(one - other)
    return mean_over_draws(of_seeds), {"sentences": common, "left_out": left_out}


def _statistics(condition: Condition) -> dict[int, BySeed]:
    return statistics_by_layer(condition.runs, condition.metric)


def _matched(first: BySeed, second: BySeed) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """The tables of both sides for each seed that both have on the same data; the index names the data."""
    both = [(first[seed][0], second[seed][0]) for seed in sorted(first.keys() & second.keys())]
    return [(one, other) for one, other in both if len(one.index.intersection(other.index))]


def _reason(metric: str) -> str:
    label = measure(metric).label
    if not has_statistics(metric):
        return f"{label} is not a sum over sentences"
    return f"they have no statistics of {label} per sentence for a common seed on the same data"


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
    return _shown_difference(shown, lines)


def shown_steps(table: pd.DataFrame) -> pd.DataFrame:
    """Differences between adjacent layers as text."""
    shown = pd.DataFrame({name: table[name] for name in ("task", "data", "probe", "model")})
    shown["metric"] = [measure(metric).label for metric in table["metric"]]
    shown["layers"] = [f"{below} → {layer}" for below, layer in zip(table["from"], table["to"], strict=True)]
    return _shown_difference(shown, records(table))


def _shown_difference(shown: pd.DataFrame, lines: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    shown["difference"] = [scored_in(line, JOINT, signed=True) for line in lines]
    least = 1 / RESAMPLES  # resamples cannot tell smaller ones apart
    shown["p"] = [f"≤ {least:.3f}" if line["p_adjusted"] <= least else f"{line['p_adjusted']:.3f}" for line in lines]
    shown["verdict"] = [verdict(line["joint_low"], line["joint_high"]) for line in lines]
    shown["sentences"] = [f"{line['sentences']:,}" for line in lines]
    shown["left out"] = [f"{line['left_out']:,}" for line in lines]
    return shown
