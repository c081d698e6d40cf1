"""Scores of the best layer against a number (training sentences, training steps), with their control and intervals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from probing.report.curve_labels import Label, label_ends, label_of, name_heights, set_heights
from probing.report.metric_format import measure, records, scored_in
from probing.report.style import SERIES, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLOCK = ["task", "data", "probe", "metric"]
TASK, CONTROL = ("score", "ci_low", "ci_high"), ("control", "control_low", "control_high")
DOTTED = (0, (1, 1.2))


def shown_best_layers(table: pd.DataFrame, curve: tuple[str, str], x: tuple[str, str]) -> pd.DataFrame:
    """The table as text. curve, x: its columns with the name of a curve and a place on it, and the headings of both."""
    lines = records(table)
    shown = table[["task", "data", "probe", curve[0]]].rename(columns={curve[0]: curve[1]})
    shown[x[1]] = [f"{n:,}" for n in table[x[0]]]
    shown["metric"] = [measure(str(metric)).label for metric in table["metric"]]
    shown["best layer"] = table["best_layer"].astype(str)
    for name, columns in (("score", TASK), ("control", CONTROL)):
        shown[name] = ["–" if pd.isna(line[name]) else scored_in(line, columns) for line in lines]
    return shown


def draw_best_layers(axes: "Axes", block: pd.DataFrame, curve: str, x: str) -> list[Label]:
    """Draw a curve for each value of ``curve``, with the best layer as a number in each point; returns their names.

    block: lines of one task, data, probe and metric, with the columns of TASK and CONTROL and ``best_layer``.
    """
    labels = []
    for place, (name, line) in enumerate(block.groupby(curve, sort=False)):
        colour, at = SERIES[place % len(SERIES)], line[x].tolist()
        for (middle, low, high), style in ((TASK, "solid"), (CONTROL, DOTTED)):
            axes.fill_between(at, line[low], line[high], color=colour, alpha=0.18, linewidth=0)
            axes.plot(at, line[middle], color=colour, linestyle=style, linewidth=1.6)
        axes.plot(at, line["score"], color=colour, marker="o", markersize=11, linestyle="none")
        for value, score, layer in line[[x, "score", "best_layer"]].itertuples(index=False):
            axes.text(value, score, str(layer), fontsize=6.5, color="white", ha="center", va="center_baseline")
        ends = [line[column] for column in (*TASK[1:], *CONTROL) if line[column].notna().any()]
        labels.append(label_of(str(name), colour, line["score"], *ends))
    set_heights(axes, labels, [])
    return labels


def name_best_layers(made: "Figure", axes: "Axes", block: pd.DataFrame, labels: Sequence[Label]) -> None:
    """Write names, axis and title, once the axes have their scale."""
    task, data, probe, metric = block.iloc[0][BLOCK]
    name_heights(axes, measure(metric).axis)
    label_ends(axes, labels)
    subtitle = "numbers: the layer chosen on dev at each point; bands: 95 % intervals; dotted: control task"
    titled(made, f"{task} · {data} · {probe} probe", subtitle)
