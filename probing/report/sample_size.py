"""How many sentences tell two layers or two models apart, from the statistics per sentence of finished runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from probing.errors import DataError
from probing.report.load import UNIT, Run, best_layer
from probing.report.metric_format import number, records
from probing.report.sentence_scores import has_statistics, statistics_by_layer
from probing.result.power import Spread, spread_of
from probing.result.score import CODE_LENGTH, ON_DISK
from probing.result.statistics import METRICS, Statistics

FEWEST = 30  # units: the normal distribution is a poor guide for fewer
Side = tuple[Run, int]  # a run at one of its layers


@dataclass(frozen=True)
class Goal:
    """What is to be found: a true difference (in the metric's unit) with this power, at a two-sided level."""

    difference: float
    power: float = 0.8
    level: float = 0.05


def plans(runs: Sequence[Run], layers: Sequence[int], metric: str, goal: Goal) -> pd.DataFrame:
    """One line per pair: the sentences (and documents) that find ``goal``, and what the sentences of the run find.

    One run: its two ``layers``, or, without any, its best layer and each other one. Two runs: one layer of each, their
    best ones unless ``layers`` names them. Raises: DataError for runs or a metric that cannot be compared.
    """
    return pd.DataFrame([_plan(first, second, metric, goal) for first, second in _pairs(runs, layers, metric)])


def _pairs(runs: Sequence[Run], layers: Sequence[int], metric: str) -> list[tuple[Side, Side]]:
    if metric == CODE_LENGTH or not has_statistics(metric):
        known = ", ".join(name for name in METRICS if name != CODE_LENGTH and has_statistics(name))
        raise DataError(
            f"metric={metric}: its value per sentence is not known, or grows with the corpus; type one of {known}"
        )
    best = [best_layer(run.rows, run.metric) or 0 for run in runs]
    if len(runs) == 2:
        one, other = layers or best
        return [((runs[0], one), (runs[1], other))]
    [run] = runs
    if layers:
        return [((run, layers[0]), (run, layers[1]))]
    others = sorted(set(run.shown_rows["layer"].dropna().astype(int)) - {best[0]})
    if not others:
        raise DataError(f"{run.folder}: it has one layer; name a second run, or run it with layers=all")
    return [((run, best[0]), (run, other)) for other in others]


def _plan(first: Side, second: Side, metric: str, goal: Goal) -> dict[str, object]:
    values, units = _common(first, second, metric)
    sides = [Statistics(metric, values[:, i : i + 4]) for i in (0, 4)]
    difference, spread = spread_of(sides[0], sides[1], units)
    n_units = len(np.unique(units))
    line = {"first": _name(first, second), "second": _name(second, first), "metric": metric, "difference": difference}
    line |= {"deviation": spread.deviation, "design_effect": spread.design_effect}
    return (
        line | {"n_sentences": len(units), "n_units": n_units} | needed(spread, goal, len(units), len(units) / n_units)
    )


def needed(spread: Spread, goal: Goal, n_sentences: float | None, per_document: float | None) -> dict[str, float]:
    """Sentences and documents for ``goal``; the difference and the power of ``n_sentences``; NaN: unknown."""
    sentences = spread.sentences(goal.difference, goal.power, goal.level)
    return {
        "sentences_needed": float(np.ceil(sentences)),
        "documents_needed": float(np.ceil(sentences / per_document)) if per_document else float("nan"),
        "separable": spread.difference(n_sentences, goal.power, goal.level) if n_sentences else float("nan"),
        "power_here": spread.power(goal.difference, n_sentences, goal.level) if n_sentences else float("nan"),
    }


def _common(first: Side, second: Side, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Statistics of both sides on their common sentences, (n, 8), and the unit of each, (n,)."""
    if first[0].manifest["data"].get("fingerprint") != second[0].manifest["data"].get("fingerprint"):
        raise DataError(
            f"{first[0].folder} and {second[0].folder} are of different data; name two runs on the same corpus"
        )
    one, other = (_of(side, metric) for side in (first, second))
    joined = one.join(other[list(ON_DISK)].add_suffix("_b"), how="inner")
    columns = [*ON_DISK, *(f"{name}_b" for name in ON_DISK)]
    return joined[columns].to_numpy(float), joined[UNIT].to_numpy(np.int64)


def _of(side: Side, metric: str) -> pd.DataFrame:
    run, layer = side
    found = statistics_by_layer([run], metric)
    if layer not in found:
        raise DataError(
            f"{run.folder} has no statistics of {metric} per sentence in layer {layer}; type another layers=…"
        )
    return found[layer][run.seed][0]


def _name(side: Side, other: Side) -> str:
    run, layer = side
    return str(layer) if run is other[0] else f"{run.name('model')}, layer {layer}"


def shown_plans(table: pd.DataFrame) -> pd.DataFrame:
    """The lines of ``plans`` as text."""
    lines = records(table)
    kind = "pair" if any("," in line["first"] for line in lines) else "layers"
    shown = pd.DataFrame({kind: [f"{line['first']} − {line['second']}" for line in lines]})
    shown["measured"] = [number(line["difference"], line["metric"], signed=True) for line in lines]
    shown["deviation"] = [f"{line['deviation']:.3g}" for line in lines]
    shown["design effect"] = [f"{line['design_effect']:.2f}" for line in lines]
    shown["sentences"] = [_text(line["sentences_needed"], ",.0f") for line in lines]
    if (table["n_units"] < table["n_sentences"]).any():
        shown["documents"] = [_text(line["documents_needed"], ",.0f") for line in lines]
    shown["found here"] = [_text(line["separable"], ".2g") for line in lines]
    shown["power here"] = [_text(line["power_here"], ".2f") for line in lines]
    return shown


def _text(value: float, form: str) -> str:
    return "–" if np.isnan(value) else format(value, form)
