"""Figures of one run: the layer curve, and what the predictions say class by class or value by value."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from probing.report.load import Run, heading, load_run, shown_predictions
from probing.report.metric_format import measure, number
from probing.report.prediction_figures import write_classes, write_confusion, write_lengths, write_values
from probing.report.sections import sections
from probing.report.style import BLUE, GREEN, GREY, INK, VERMILION, figure, label_ends, layer_ticks, save, titled
from probing.report.tables import CONSTANT, NAMES, layer_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DASHES = {"majority": (0, (1, 1.5)), "type_majority": (0, (4, 2)), "chain": (0, (5, 1.5, 1, 1.5))}


@dataclass(frozen=True)
class Curve:
    """How one column of a layer table is drawn; ``low`` and ``high`` name its interval, if it has one."""

    column: str
    name: str
    colour: str
    marker: str = "o"
    low: str = ""
    high: str = ""


CURVES = (
    Curve("control", "control task", VERMILION, "s", "control_low", "control_high"),
    Curve("untrained", "untrained twin", GREEN, "^"),
)


def write_figures(folder: Path) -> list[Path]:
    """Write the figures of a run into ``folder``/figures, each as PNG and PDF.

    layers (always); for classes: classes (F1 by class and layer) and confusion (at the best layer); for values: values
    (predicted against gold at the best layer); for NSpr and DSpr: lengths (by sentence length); and the figures of
    every further analysis. The same files in the folder give the same bytes.
    Raises: DataError if it holds no finished run.
    """
    run, target = load_run(folder), folder / "figures"
    paths = write_layers(run, target / "layers")
    if not shown_predictions(run).empty:
        if run.manifest["kind"] == "class":
            paths += write_classes(run, target / "classes") + write_confusion(run, target / "confusion")
        else:
            paths += write_values(run, target / "values")
    figures = [made for section in sections(run) for made in section.figures]
    of_analyses = [path for made in figures for path in made.write(run, target / made.name)]
    return paths + write_lengths(run, target / "lengths") + of_analyses


def write_layers(run: Run, stem: Path) -> list[Path]:
    """Score against layer with its interval, the control, and every baseline the run has."""
    table = layer_table(run.rows, run.metric)
    probe = Curve("score", f"{run.name('probe')} probe", BLUE, "o", "ci_low", "ci_high")
    with figure(6.4, 3.9) as made:
        axes = made.subplots()
        curves = [curve for curve in (probe, *CURVES) if table[curve.column].notna().any()]
        labels = [draw_curve(axes, table, curve) for curve in curves] + draw_constants(axes, table.iloc[0])
        axes.margins(y=0.12)
        layer_ticks(axes, table["layer"].tolist())
        mark_best(axes, table, run.metric)
        label_ends(axes, labels)
        axes.set_ylabel(measure(run.metric).axis)
        titled(made, heading(run), counted(run))
        return save(made, stem)


def draw_curve(axes: "Axes", table: pd.DataFrame, curve: Curve) -> tuple[float, str, str]:
    """Draw a column over layers with its interval (a band; for a single layer a bar).

    Returns (height, text, colour) of the label for its right end.
    """
    known = table[table[curve.column].notna()]
    layers, values = known["layer"].tolist(), known[curve.column].tolist()
    if curve.low and len(known) > 1:
        low, high = (known[side].to_numpy(dtype=float) for side in (curve.low, curve.high))
        axes.fill_between(layers, low, high, color=curve.colour, alpha=0.18, linewidth=0)
    elif curve.low:
        axes.vlines(layers, known[curve.low], known[curve.high], color=curve.colour, linewidth=1.2)
    axes.plot(layers, values, color=curve.colour, marker=curve.marker, markersize=4.5, linewidth=1.6)
    return float(values[-1]), curve.name, curve.colour


def draw_constants(axes: "Axes", first: "pd.Series[float]") -> list[tuple[float, str, str]]:
    """Draw the baselines that read no layer as dashed lines; returns their labels."""
    present = [name for name in CONSTANT if pd.notna(first[name])]
    for name in present:
        axes.axhline(first[name], color=GREY, linewidth=1.1, linestyle=DASHES[name])
    return [(float(first[name]), NAMES[name], GREY) for name in present]


def mark_best(axes: "Axes", table: pd.DataFrame, metric: str) -> None:
    """Ring the layer that dev chose, say its score, and span the gap to the control: its selectivity."""
    chosen = table[table["best"]]
    if chosen.empty:
        return
    line = chosen.iloc[0]
    layer, score = int(line["layer"]), float(line["score"])
    top = score if pd.isna(line["ci_high"]) else float(line["ci_high"])
    axes.plot([layer], [score], "o", markersize=10, markerfacecolor="none", color=BLUE)
    style: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8.5, "color": BLUE, "fontweight": "bold"}
    axes.annotate(f"layer {layer}: {number(score, metric)}", (layer, top), (0, 7), ha="center", **style)
    low, high = axes.get_ylim()
    if pd.notna(line["selectivity"]) and abs(line["selectivity"]) >= 0.15 * (high - low):
        mark_gap(axes, layer, (score, float(line["control"])), number(line["selectivity"], metric, signed=True))


def mark_gap(axes: "Axes", layer: int, ends: tuple[float, float], gap: str) -> None:
    """An arrow from the score to the control, with the selectivity beside it, towards the middle."""
    arrow = {"arrowstyle": "<->", "color": GREY, "linewidth": 0.8, "shrinkA": 7, "shrinkB": 5}
    axes.annotate("", (layer, ends[1]), (layer, ends[0]), arrowprops=arrow)
    side, offset_points = ("right", -5) if layer > sum(axes.get_xlim()) / 2 else ("left", 5)
    place: dict[str, Any] = {"textcoords": "offset points", "ha": side, "va": "center", "fontsize": 8, "color": INK}
    axes.annotate(f"selectivity\n{gap}", (layer, sum(ends) / 2), (offset_points, 0), **place)


def counted(run: Run) -> str:
    """What the numbers of a run were measured on, in one line."""
    task = run.shown_rows.iloc[0]
    return (
        f"{run.split}: {task['n_sentences']:,} sentences, {task['n_items']:,} items · "
        "bands: 95 % bootstrap interval over sentences"
    )
