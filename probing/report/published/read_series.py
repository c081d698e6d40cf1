"""What a paper asks of runs: values with intervals by layer, by setting or by relation, read from their rows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from probing.report.load import Run, best_layer, shown_split
from probing.report.published.paper_data import Paper, Series
from probing.report.published.some_rows import numbers_in, of_heads
from probing.report.sentence_scores import statistics_by_layer

NEAR = 0.03  # of the whole: how far a number may be from the share that a claim is about
Made = Mapping[str, Run | str]  # the finished runs of a paper by name, or why there is none


class Missing(Exception):
    """A number that no run has; its text says why."""


@dataclass(frozen=True)
class Point:
    """One value. x: layer, setting or relation. statistics: per sentence, to pair it with another point."""

    x: float | str
    value: float
    low: float = math.nan
    high: float = math.nan
    metric: str = ""
    statistics: pd.DataFrame | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Values:
    """The points of a series, in order, and the runs that they are from.

    chosen: the place of the layer that dev chose, or of the one that the output of an analysis reads.
    """

    points: Sequence[Point]
    runs: Sequence[Run]
    chosen: int | None = None

    def at(self, place: str) -> Point:
        """The point at ``best``, ``first``, ``last``, ``highest``, ``lowest``, ``mean``, at a layer, setting or
        relation, or at a share of the way to the last one: ``20%``. Raises: Missing.
        """
        values = [point.value for point in self.points]
        places = {"first": 0, "last": -1, "highest": int(np.argmax(values)), "lowest": int(np.argmin(values))}
        if place == "mean":
            return mean_of(self.points)
        if place == "best":
            if self.chosen is None:
                raise Missing("no layer was chosen on dev")
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
    best = layer_of(series, run)
    chosen = next((place for place, one in enumerate(points) if one.x == best), None)
    return Values(points, (run,), chosen)


def layer_of(series: Series, run: Run) -> int | None:
    """The layer that the output of an analysis reads, if it names one; else the layer that dev chose."""
    read = None if series.analysis == "probes" else run.facts(series.analysis).get("layer")
    return best_layer(run.rows, run.metric) if read is None else int(read)


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
        best = best_layer(run.rows, run.metric)
        point = next((one for one in of_run if one.x == best), of_run[0])
        x = float(setting) if setting.replace(".", "", 1).isdigit() else setting
        points.append(Point(x, point.value, point.low, point.high, point.metric, point.statistics))
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
    if series.heads:
        rows = of_heads(rows, series.heads)
    statistics = {} if series.analysis != "probes" else sentences_of(series, run, str(rows["metric"].iloc[0]))
    return [
        point_of(line, math.nan if pd.isna(line["layer"]) else float(line["layer"]), statistics)
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


def sentences_of(series: Series, run: Run, metric: str) -> dict[int, pd.DataFrame]:
    """Statistics per sentence by layer, of a series with one draw."""
    of_layers = statistics_by_layer([run], metric, series.target)
    draws = {layer: [*seeds.values()][0] for layer, seeds in of_layers.items()}
    return {layer: tables[0] for layer, tables in draws.items() if len(tables) == 1}


def point_of(line: "pd.Series[float]", x: float | str, statistics: Mapping[int, pd.DataFrame] | None = None) -> Point:
    """A row as a point."""
    table = (statistics or {}).get(int(x)) if isinstance(x, float) and not math.isnan(x) else None
    ends = (float(line["value"]), float(line["ci_low"]), float(line["ci_high"]))
    return Point(x, *ends, str(line["metric"]), table)
