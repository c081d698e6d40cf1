"""The figure of a paper: our values with their intervals; published points over them only where they are comparable.

Where they are not, the paper's numbers have a panel of their own beside ours, which names the paper's model and data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from probing.report.published.numbers_beside import Beside
from probing.report.published.paper_data import Panel, Paper, Published
from probing.report.published.read_series import Made, Missing, Point, Values, values_of
from probing.report.style import INK, MARKERS, SERIES, figure, legend_below, save, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 3  # places with a published number that make a panel
LINE = 30  # characters that fit beside a panel


@dataclass(frozen=True)
class Drawn:
    """What one panel shows: our values by series, comparable published points, and those for a panel beside it."""

    panel: Panel
    ours: dict[str, Values]
    over: list[Beside]
    apart: list[Published]


def drawn(paper: Paper, panel: Panel, made: Made, rows: Sequence[Beside]) -> Drawn:
    """What there is to draw of a panel."""
    ours = {}
    for name in panel.series:
        try:
            ours[name] = values_of(paper, name, made)
        except Missing:
            continue
    numbers = [one for one in rows if one.number.series in panel.series]
    over = [one for one in numbers if one.ours is not None]
    return Drawn(panel, ours, over, [] if over else apart([one.number for one in numbers]))


def apart(numbers: Sequence[Published]) -> list[Published]:
    """The numbers of one model, that with the most places; of each of its data sets with FEWEST places or more."""
    sets: dict[tuple[str, str], list[Published]] = {}
    for number in numbers:
        if number.x:
            sets.setdefault((number.model, number.data), []).append(number)
    groups: dict[str, list[Published]] = {}
    for (model, _), of_set in sets.items():
        if len({one.x for one in of_set}) >= FEWEST:
            groups.setdefault(model, []).extend(of_set)
    return max(groups.values(), key=lambda group: len({one.x for one in group}), default=[])


def write_figure(paper: Paper, made: Made, rows: Sequence[Beside], stem: Path, model: str) -> list[Path]:
    """Write the figure of a paper as PNG, PDF and CSV; returns the paths, none if there is nothing of ours to draw."""
    panels = [found for panel in paper.figure if (found := drawn(paper, panel, made, rows)).ours]
    if not panels:
        return []
    wide = 2 if any(one.apart for one in panels) else 1
    with figure(4.4 * wide + 0.4, 3.0 * len(panels) + 0.3) as whole:
        grid = whole.subplots(len(panels), wide, squeeze=False)
        for line, one in zip(grid, panels, strict=True):
            draw_ours(line[0], paper, one)
            line[0].set_title(f"{model}, {data_names(one)}", fontsize=8.5, loc="left")
            if wide == 2:
                draw_apart(line[1], paper, one) if one.apart else line[1].set_axis_off()
        legend_below(whole)
        bands = "bands and bars: 95 % intervals"
        over = "; hollow: published" if any(one.over for one in panels) else ""
        titled(whole, f"After {paper.cited}", f"{bands}{over}")
        return save(whole, stem, data_of(panels))


def data_names(one: Drawn) -> str:
    """The corpora that our values of a panel are from."""
    names = [run.name("data") for values in one.ours.values() for run in values.runs]
    return ", ".join(dict.fromkeys(names))


def look_of_series(paper: Paper, name: str) -> tuple[str, str, str]:
    """Label, colour and marker of a series: the same in all panels; a colour that comes again has another marker."""
    place = [*paper.series].index(name)
    marker = MARKERS[(place + 3 * (place // len(SERIES))) % len(MARKERS)]
    return paper.series[name].label, SERIES[place % len(SERIES)], marker


def draw_ours(axes: "Axes", paper: Paper, one: Drawn) -> None:
    """Our values, and the published points that may be compared with them."""
    names = place_names([point.x for values in one.ours.values() for point in values.points])
    for name, values in one.ours.items():
        label, colour, marker = look_of_series(paper, name)
        draw_points(axes, names, values.points, (label, colour, marker))
        published = [beside.number for beside in one.over if beside.number.series == name]
        draw_published(axes, names, published, colour, marker, values)
    dress(axes, one.panel, names)


def draw_points(axes: "Axes", names: list[str], points: Sequence[Point], style: tuple[str, str, str]) -> None:
    """A curve with its band; a line across for a value that has no place (a baseline)."""
    label, colour, marker = style
    if len(points) == 1 and isinstance(points[0].x, float) and np.isnan(points[0].x):
        axes.axhline(points[0].value, color=colour, linestyle="--", linewidth=1.1, label=label)
        return
    xs = [names.index(key(one.x)) for one in points]
    low, high = [one.low for one in points], [one.high for one in points]
    if isinstance(points[0].x, str):
        axes.vlines(xs, low, high, color=colour, linewidth=1.4)
        axes.plot(xs, [one.value for one in points], marker, color=colour, markersize=5, label=label)
        return
    axes.fill_between(xs, low, high, color=colour, alpha=0.18, linewidth=0)
    axes.plot(xs, [one.value for one in points], color=colour, marker=marker, markersize=4, linewidth=1.5, label=label)


def draw_published(
    axes: "Axes", names: list[str], numbers: Sequence[Published], colour: str, marker: str, values: Values
) -> None:
    """Published numbers as hollow marks at their layer or setting; without one at the layer that dev chose."""
    best = values.points[values.chosen].x if values.chosen is not None else None
    places = [(one.x or (key(best) if best is not None else ""), one.value) for one in numbers]
    known = [(names.index(x), value) for x, value in places if x in names]
    if known:
        xs, ys = zip(*known, strict=True)
        axes.plot(xs, ys, marker, markerfacecolor="none", markeredgecolor=INK, markersize=8, label="published")
        axes.plot(xs, ys, marker, markerfacecolor="none", markeredgecolor=colour, markersize=6)


def draw_apart(axes: "Axes", paper: Paper, one: Drawn) -> None:
    """The paper's own numbers, of its model; curves on several data sets name theirs."""
    names = place_names([number.x for number in sorted(one.apart, key=lambda number: order_in(paper, number))])
    data = list(dict.fromkeys(number.data for number in one.apart))
    for name, of in dict.fromkeys((number.series, number.data) for number in one.apart):
        label, colour, marker = look_of_series(paper, name)
        points = [(names.index(n.x), n.value) for n in one.apart if (n.series, n.data) == (name, of)]
        own = f"{label}, published" + (f" ({of})" if len(data) > 1 else "")
        xs, ys = zip(*points, strict=True)
        line = "" if not names[0].replace(".", "", 1).isdigit() else "--"
        axes.plot(xs, ys, f"{marker}{line}", color=colour, markerfacecolor="none", markersize=5, label=own)
    dress(axes, one.panel, names)
    axes.set_title(f"published: {', '.join([one.apart[0].model, *data])}", fontsize=8.5, loc="left")


def order_in(paper: Paper, number: Published) -> int:
    """The place of a number among the relations of its series, so that both panels have one order; 0 if it has none."""
    relations = [*paper.series[number.series].relations]
    return relations.index(number.x) if number.x in relations else 0


def dress(axes: "Axes", panel: Panel, names: list[str]) -> None:
    """Ticks and names of the axes."""
    words = any(not name.replace(".", "", 1).isdigit() for name in names)
    axes.set_xticks(range(len(names)), names, rotation=60 if words else 0, ha="right" if words else "center")
    axes.set_xlabel(panel.x)
    axes.set_ylabel(fill(panel.y, LINE))


def key(x: float | str) -> str:
    """The name of a place on the horizontal axis."""
    return x if isinstance(x, str) else f"{x:g}"


def place_names(xs: Sequence[float | str]) -> list[str]:
    """The places of a panel, in order: numbers ascending, names as they come."""
    names = [key(x) for x in xs if not (isinstance(x, float) and np.isnan(x))]
    found = list(dict.fromkeys(names))
    numeric = all(name.replace(".", "", 1).isdigit() for name in found)
    return sorted(found, key=float) if numeric else found


def data_of(panels: Sequence[Drawn]) -> pd.DataFrame:
    """All that is drawn: ours and the paper's."""
    ours = [
        {"of": "ours", "series": name, "x": key(point.x), "value": point.value, "low": point.low, "high": point.high}
        for one in panels
        for name, values in one.ours.items()
        for point in values.points
    ]
    numbers = [number for one in panels for number in (*(beside.number for beside in one.over), *one.apart)]
    theirs = [{"of": "published", "series": n.series, "x": n.x, "value": n.value} for n in numbers]
    return pd.DataFrame([*ours, *theirs])
