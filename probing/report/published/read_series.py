"""What a paper asks of runs: values with intervals by layer, by setting or by relation, read from their rows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from probing.report.load import Run, best_layer, shown_split
from probing.report.published.of_sentences import OfSentences, of_layers
from probing.report.published.paper_data import EACH, Paper, Series
from probing.report.published.some_rows import numbers_in, of_heads
from probing.result.simultaneous import ADJUSTED

NEAR = 0.03  # of the whole: how far a number may be from the share that a claim is about
Made = Mapping[str, Run | str]  # the finished runs of a paper by name, or why there is none


class Missing(Exception):
    """A number that no run has; its text says why."""


@dataclass(frozen=True)
class Point:
    """One value. x: layer, setting, relation or head. measured: sentence by sentence, to pair it with another point."""

    x: float | str
    value: float
    low: float = math.nan
    high: float = math.nan
    metric: str = ""
    measured: OfSentences | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Values:
    """The points of a series, in order, and the runs that they are from.

    chosen: the place of the layer that dev chose, or of the one that the output of an analysis reads; why: which of the
    two, in words. at_once: the intervals hold for all points at once.
    """

    points: Sequence[Point]
    runs: Sequence[Run]
    chosen: int | None = None
    why: str = ""
    at_once: bool = False

    def at(self, place: str) -> Point:
        """The point at ``best``, ``first``, ``last``, ``mean``, at a layer, setting or relation, or at a share of the
        way to the last one: ``20%``. Raises: Missing.
        """
        places = {"first": 0, "last": -1}
        if place == "mean":
            return mean_of(self.points)
        if place == "best":
            if self.chosen is None:
                raise Missing("no layer was chosen on dev, and these numbers cannot both choose a layer and test it")
            return self.points[self.chosen]
        if place in places:
            return self.points[places[place]]
        if place.endswith("%"):
            return self.at_share(float(place[:-1]) / 100)
        for point in self.points:
            if name_of(point.x) == place:
                return point
        raise Missing(f"there is no value at {place}")

    def at_share(self, share: float) -> Point:
        """The point nearest to this share of the way to the last one. Raises: Missing if it is far from it."""
        last = float(self.points[-1].x)
        far, found = min((abs(float(one.x) - share * last), place) for place, one in enumerate(self.points))
        if far > NEAR * last:
            raise Missing(f"no number is near {share:.0%} of {last:g}")
        return self.points[found]


def name_of(x: float | str) -> str:
    """A place as the files of a paper write it: 8, not 8.0."""
    return x if isinstance(x, str) else f"{x:g}"


def mean_of(points: Sequence[Point]) -> Point:
    """The mean over points; its interval is the mean of theirs, which is wide enough however they go together."""
    value, low, high = (float(np.mean([getattr(one, name) for one in points])) for name in ("value", "low", "high"))
    return Point("mean", value, low, high, points[0].metric)


def values_of(paper: Paper, name: str, made: Made) -> Values:
    """The values of a series of ``paper``. Raises: Missing, with the reason, where a run or its rows are not there."""
    series = paper.series[name]
    needed = paper.runs[series.run]
    if needed.sweep:
        [(_, settings)] = needed.sweep.items()
        return swept(series, {str(setting): found(made, f"{series.run} {setting}") for setting in settings})
    run = found(made, series.run)
    points = points_of(series, run)
    best, why = layer_of(series, run)
    chosen = next((place for place, one in enumerate(points) if one.x == best), None)
    return Values(points, (run,), chosen, why, series.method.endswith(ADJUSTED))


def layer_of(series: Series, run: Run) -> tuple[int | None, str]:
    """The layer that the output of an analysis reads, if it names one; else the layer that dev chose; and which.

    None where dev has no scores: the numbers that a claim is tested on choose no layer.
    """
    read = None if series.analysis == "probes" else run.facts(series.analysis).get("layer")
    if read is not None:  # of a pool in every layer dev chose one
        return int(read), "chosen on dev" if series.analysis == "explanation" else "which the output reads"
    return (best_layer(run.rows, run.metric), "chosen on dev") if run.chosen_on == "dev" else (None, "")


def found(made: Made, name: str) -> Run:
    """The run of this name. Raises: Missing."""
    run = made.get(name, f"the run {name} was not made")
    if isinstance(run, str):
        raise Missing(run)
    return run


def swept(series: Series, runs: Mapping[str, Run]) -> Values:
    """One point for each setting: that of the layer that dev chose, or the only value of the run."""
    points = []
    for setting, run in runs.items():
        of_run = points_of(series, run)
        best, _ = layer_of(series, run)
        point = of_run[0] if len(of_run) == 1 else next((one for one in of_run if one.x == best), None)
        if point is None:
            raise Missing("no layer was chosen on dev")
        points.append(replace(point, x=float(setting) if setting.replace(".", "", 1).isdigit() else setting))
    return Values(points, tuple(runs.values()))


def points_of(series: Series, run: Run) -> list[Point]:
    """The values of a series in one run, by layer or by relation. Raises: Missing."""
    if series.fact:
        return [fact_of(series, run)]
    rows = rows_of(series, run)
    if series.relations:
        lines = {str(line["target"]): line for _, line in rows.iterrows()}
        there = {label: target for label, target in series.relations.items() if target in lines}
        return [point_of(lines[target], label) for label, target in there.items()]
    if series.numbered:
        xs = numbers_in(rows["target"], series.numbered)
        return sorted((point_of(line, xs[str(line["target"])]) for _, line in rows.iterrows()), key=lambda one: one.x)
    if series.heads == EACH:
        ordered = rows.sort_values(["layer", "head"])
        return [point_of(line, f"{line['layer']:g}.{line['head']:g}") for _, line in ordered.iterrows()]
    if series.heads:
        rows = of_heads(rows, series.heads)
    measured = {} if series.analysis != "probes" else of_layers(run, str(rows["metric"].iloc[0]), series.target)
    return [
        point_of(line, math.nan if pd.isna(line["layer"]) else float(line["layer"]), measured)
        for _, line in rows.sort_values("layer").iterrows()
    ]


def fact_of(series: Series, run: Run) -> Point:
    """A fact of an analysis, without an interval. Raises: Missing."""
    found: object = run.facts(series.analysis)
    for name in series.fact.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, int | float):
        raise Missing(f"the run does not say its {series.fact.rpartition('.')[2].replace('_', ' ')}")
    return Point(math.nan, float(found), metric=series.fact.rpartition(".")[2])


def rows_of(series: Series, run: Run) -> pd.DataFrame:
    """The rows of a series on the split that is shown, without single draws. Raises: Missing."""
    table = run.rows if series.analysis == "probes" else run.of(series.analysis)
    metric = series.metric or run.metric
    targets = [*series.relations.values()] or [series.target]
    if series.numbered:
        targets = list(numbers_in(table["target"], series.numbered)) or [series.numbered]
    wanted = (table["metric"] == metric) & table["target"].isin(targets) & table["draw"].isna()
    if series.method:
        wanted &= table["probe"] == series.method
    rows = table[wanted]
    rows = rows[rows["head"].notna()] if series.heads else rows
    if rows.empty:
        failed = run.manifest.get("failed", {}).get(series.analysis)
        raise Missing(f"{series.analysis} failed: {failed}" if failed else f"the run has no {metric} of {targets[0]}")
    split = shown_split(rows.assign(target="task"))
    return rows[rows["split"] == split]


def point_of(
    line: "pd.Series[float]", x: float | str, measured: Mapping[int | None, OfSentences] | None = None
) -> Point:
    """A row as a point."""
    layer = None if pd.isna(line["layer"]) else int(line["layer"])
    ends = (float(line["value"]), float(line["ci_low"]), float(line["ci_high"]))
    return Point(x, *ends, str(line["metric"]), (measured or {}).get(layer))
