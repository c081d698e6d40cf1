"""Figures of one run: scores by layer, and figures of the predictions by class or by value."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from probing.report.load import Run, heading, shown_predictions
from probing.report.metric_format import measure, number
from probing.report.null_bands import UNTRAINED, draw_bands, ranges
from probing.report.prediction_figures import write_classes, write_confusion, write_lengths, write_values
from probing.report.section_parts import Section
from probing.report.style import (
    BLUE,
    GREEN,
    GREY,
    VERMILION,
    figure,
    interval_band,
    label_ends,
    layer_ticks,
    save,
    titled,
)
from probing.report.tables import CONSTANT, NAMES, layer_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DASHES = {"majority": (0, (1, 1.5)), "type_majority": (0, (4, 2)), "chain": (0, (5, 1.5, 1, 1.5))}


@dataclass(frozen=True)
class Curve:
    """How one column of a layer table is drawn; ``low`` and ``high`` are the columns of its interval, if it has one."""

    column: str
    name: str
    colour: str
    marker: str = "o"
    low: str = ""
    high: str = ""


CURVES = (
    Curve("control", "control task", VERMILION, "s", "control_low", "control_high"),
    Curve("untrained", "untrained", GREEN, "^"),
)


def write_figures(run: Run, of_analyses: Sequence[Section]) -> list[Path]:
    """Write the figures of a run into its folder, in figures/, each as PNG and PDF; returns their paths.

    layers (always); for classes: classes (F1 by class and layer) and confusion (at the best layer); for values: values
    (predicted against gold at the best layer); for NSpr and DSpr: lengths (by sentence length); and the figures of
    the sections in ``of_analyses``. The same run gives the same bytes.
    """
    target = run.folder / "figures"
    paths = write_layers(run, target / "layers")
    if not shown_predictions(run).empty:
        if run.manifest["kind"] == "class":
            paths += write_classes(run, target / "classes") + write_confusion(run, target / "confusion")
        else:
            paths += write_values(run, target / "values")
    paths += write_lengths(run, target / "lengths")
    figures = [made for section in of_analyses for made in section.figures]
    return paths + [path for made in figures for path in made.write(run, target / made.name)]


def write_layers(run: Run, stem: Path) -> list[Path]:
    """Score by layer with its interval, the control task, and every baseline of the run."""
    table = layer_table(run.rows, run.metric)
    probe = Curve("score", f"{run.name('probe')} probe", BLUE, "o", "ci_low", "ci_high")
    with figure(6.4, 3.9) as made:
        axes = made.subplots()
        curves = [curve for curve in (probe, *CURVES) if table[curve.column].notna().any()]
        draw_bands(axes, run.rows, run.metric, {UNTRAINED: GREEN, "control": VERMILION})
        labels = [draw_curve(axes, table, curve) for curve in curves] + draw_constants(axes, table.iloc[0])
        axes.margins(y=0.12)
        layer_ticks(axes, table["layer"].tolist())
        mark_best(axes, table, run.metric)
        label_ends(axes, labels)
        axes.set_ylabel(measure(run.metric).axis)
        titled(made, heading(run), "; ".join([counted(run), *ranges(run.rows, run.metric)]))
        return save(made, stem)


def draw_curve(axes: "Axes", table: pd.DataFrame, curve: Curve) -> tuple[float, str, str]:
    """Draw a column over layers with its interval; returns (height, text, colour) of the label at its right end."""
    known = table[table[curve.column].notna()]
    layers, values = known["layer"].tolist(), known[curve.column].tolist()
    if curve.low:
        interval_band(axes, layers, (known[curve.low], known[curve.high]), curve.colour)
    axes.plot(layers, values, color=curve.colour, marker=curve.marker, markersize=4.5, linewidth=1.6)
    return float(values[-1]), curve.name, curve.colour


def draw_constants(axes: "Axes", first: "pd.Series[float]") -> list[tuple[float, str, str]]:
    """Draw the baselines that read no layer as dashed lines; returns their labels."""
    present = [name for name in CONSTANT if pd.notna(first[name])]
    for name in present:
        axes.axhline(first[name], color=GREY, linewidth=1.1, linestyle=DASHES[name])
    return [(float(first[name]), NAMES[name], GREY) for name in present]


def mark_best(axes: "Axes", table: pd.DataFrame, metric: str) -> None:
    """Draw a ring at the layer that was chosen on dev, with its score and its selectivity."""
    chosen = table[table["best"]]
    if chosen.empty:
        return
    line = chosen.iloc[0]
    layer, score = int(line["layer"]), float(line["score"])
    top = score if pd.isna(line["ci_high"]) else float(line["ci_high"])
    axes.plot([layer], [score], "o", markersize=10, markerfacecolor="none", color=BLUE)
    text = f"layer {layer}: {number(score, metric)}"
    axes.annotate(
        text, (layer, top), (0, 7), textcoords="offset points", ha="center", fontsize=8.5, color=BLUE, fontweight="bold"
    )
    low, high = axes.get_ylim()
    if pd.notna(line["selectivity"]) and abs(line["selectivity"]) >= 0.15 * (high - low):
        mark_gap(axes, layer, (score, float(line["control"])), number(line["selectivity"], metric, signed=True))


def mark_gap(axes: "Axes", layer: int, ends: tuple[float, float], gap: str) -> None:
    """An arrow between score and control task, with the selectivity next to it, on the side of the figure's middle."""
    arrow = {"arrowstyle": "<->", "color": GREY, "linewidth": 0.8, "shrinkA": 7, "shrinkB": 5}
    axes.annotate("", (layer, ends[1]), (layer, ends[0]), arrowprops=arrow)
    side, offset_points = ("right", -5) if layer > sum(axes.get_xlim()) / 2 else ("left", 5)
    middle = (layer, sum(ends) / 2)
    text = axes.annotate(
        f"selectivity\n{gap}", middle, (offset_points, 0), textcoords="offset points", ha=side, va="center", fontsize=8
    )
    text.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1})  # lines may pass behind it


def counted(run: Run) -> str:
    """The sample of a run's scores, and what the bands are, in one line."""
    task = run.shown_rows.iloc[0]
    return (
        f"{run.split}: {task['n_sentences']:,} sentences, {task['n_items']:,} items · "
        f"bands: 95 % bootstrap interval over {run.resampled}"
    )
