"""Figures of one run: scores by layer, and figures of the predictions by class or by value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from probing.report.baseline_columns import CEILING, NAMES, drawn, names_in
from probing.report.best_layers import as_good, has_bands, shown_ends
from probing.report.curve_labels import Label, label_ends, label_of, name_heights, note_above, set_heights
from probing.report.length_figure import write_lengths
from probing.report.load import Run, heading, shown_predictions
from probing.report.look import AUTO, FIGURES, PROBE, look, write_look
from probing.report.measured_on import population
from probing.report.metric_format import gap, measure, number
from probing.report.null_bands import draw_bands, ranges
from probing.report.plain_names import is_mix
from probing.report.prediction_figures import write_classes, write_confusion, write_values
from probing.report.section_parts import Section
from probing.report.style import (
    BLUE,
    GREEN,
    GREY,
    LAYER_AXIS,
    VERMILION,
    figure,
    good_layers,
    interval_band,
    layer_ticks,
    save,
    titled,
)
from probing.result.rows import UNTRAINED
from probing.result.score import MEMORISATION

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MIXED_AXIS = "mix of layers 0 to …"
DASHES = {
    "majority": (0, (1, 1.5)),
    "type_majority": (0, (4, 2)),
    "chain": (0, (5, 1.5, 1, 1.5)),
    "surface": (0, (5, 1.5, 1, 1.5)),
    "word_types": (0, (4, 2)),
}


@dataclass(frozen=True)
class Curve:
    """How one column of a layer table is drawn; ``target``: whose band belongs to it, if it has one."""

    column: str
    name: str
    colour: str
    marker: str = "o"
    target: str = ""


CURVES = (
    Curve("control", "control task", VERMILION, "s", "control"),
    Curve(MEMORISATION, NAMES[MEMORISATION], VERMILION, "s"),  # no band: its intervals are of each layer alone
    Curve(UNTRAINED, UNTRAINED, GREEN, "^"),
)


def write_figures(run: Run, of_analyses: Sequence[Section], table: pd.DataFrame) -> list[Path]:
    """Write the figures of a run into its folder, in figures/, each as PNG, PDF and CSV; returns their paths.

    layers (always); for classes: classes (F1 by class and layer) and confusion (at the best layer); for numbers: values
    (predicted against gold at the best layer); for NSpr and DSpr: lengths (by sentence length); and the figures of
    the sections in ``of_analyses``. table: that of ``banded``. The same run gives the same bytes.
    """
    target = run.folder / FIGURES
    paths = [write_look(target), *write_layers(run, target / "layers", table)]
    if not shown_predictions(run).empty:
        if run.manifest["kind"] == "class":
            paths += write_classes(run, target / "classes") + write_confusion(run, target / "confusion")
        elif run.manifest["kind"] == "scalar":
            paths += write_values(run, target / "values")
    paths += write_lengths(run, target / "lengths")
    figures = [made for section in of_analyses for made in section.figures]
    return paths + [path for made in figures for path in made.write(run, target / made.name)]


def write_layers(run: Run, stem: Path, table: pd.DataFrame) -> list[Path]:
    """Score by layer with its band, control task, ceiling and baselines; layers that may be the best are shaded."""
    probe = Curve("score", f"{run.name('probe')} probe", BLUE, "o", "task")
    with figure(6.4, 3.9) as made:
        axes = made.subplots()
        curves = [curve for curve in (probe, *CURVES) if table[curve.column].notna().any()]
        draw_bands(axes, run.rows, run.metric, {UNTRAINED: GREEN, "control": VERMILION})
        labels = [draw_curve(axes, table, curve) for curve in curves]
        labels += draw_constants(axes, table.iloc[0], names_in([run]))
        n_shown = 1 if look().axis == PROBE else len(curves)
        set_heights(axes, labels[:n_shown], labels[n_shown:])
        if measure(run.metric).decimals == 0:
            axes.yaxis.set_major_formatter("{x:,.0f}")
        layer_ticks(axes, table["layer"].tolist(), MIXED_AXIS if is_mix(run.name("probe")) else LAYER_AXIS)
        good_layers(axes, as_good(table))
        mark_best(axes, table, run.metric)
        label_ends(axes, labels, partial(number, metric=run.metric))
        name_heights(axes, measure(run.metric).axis)
        titled(made, heading(run), " · ".join([population(run), described(run, table), *ranges(run.rows, run.metric)]))
        return save(made, stem, table)


def draw_curve(axes: "Axes", table: pd.DataFrame, curve: Curve) -> Label:
    """Draw a column over layers with its interval; returns the label of its right end."""
    known = table[table[curve.column].notna()]
    layers, values = known["layer"].tolist(), known[curve.column]
    ends = [known[end] for end in shown_ends(table, curve.target)] if curve.target else []
    if curve.target:
        interval_band(axes, layers, (ends[0], ends[1]), curve.colour)
    axes.plot(layers, values, color=curve.colour, marker=curve.marker, markersize=4.5, linewidth=1.6)
    return label_of(curve.name, curve.colour, values, *ends)


def draw_constants(axes: "Axes", first: "pd.Series[float]", names: Mapping[str, str]) -> list[Label]:
    """Draw the baselines that read no layer as dashed lines, and the control's ceiling; returns their labels."""
    labels = []
    for name in drawn(first):
        axes.axhline(first[name], color=GREY, linewidth=1.1, linestyle=DASHES[name])
        labels.append(Label(*3 * (float(first[name]),), names[name], GREY))
    if pd.notna(first[CEILING]):
        axes.axhline(first[CEILING], color=VERMILION, linewidth=0.8, linestyle=(0, (1, 1.5)))
        labels.append(Label(*3 * (float(first[CEILING]),), names[CEILING], VERMILION))
    return labels


def mark_best(axes: "Axes", table: pd.DataFrame, metric: str) -> None:
    """Draw a ring at the layer that was chosen on dev, and write its score, above all that is drawn."""
    chosen = table[table["best"]]
    if chosen.empty:
        return
    line = chosen.iloc[0]
    layer, score = int(line["layer"]), float(line["score"])
    axes.plot([layer], [score], "o", markersize=10, markerfacecolor="none", color=BLUE)
    text = f"layer {layer}: {number(score, metric)}"
    if pd.notna(line["selectivity"]) and look().width == AUTO:
        text += f"; {gap(metric)} {number(line['selectivity'], metric, signed=True)}"
    note_above(axes, layer, text, BLUE)


def described(run: Run, table: pd.DataFrame) -> str:
    """What bands, ring and shading are, as far as the figure has them."""
    kind = "bands: 95 %, for all layers at once" if has_bands(table) else "bands: 95 %, for each layer separately"
    parts = [f"{kind}, over {run.resampled}", f"ring: layer chosen on {run.chosen_on}"]
    return " · ".join([*parts, *(["grey: layers that may be the best"] if as_good(table) else [])])
