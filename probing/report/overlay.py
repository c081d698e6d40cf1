"""Figures that compare conditions: layer curves of one task, and the layers at which tasks become decodable."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from probing.report.baseline_columns import CONSTANT, drawn, names_in
from probing.report.best_layers import has_bands, shown_ends
from probing.report.figures import DASHES
from probing.report.gather import Condition
from probing.report.metric_format import measure
from probing.report.style import (
    GREY,
    MARKERS,
    SERIES,
    figure,
    interval_band,
    label_ends,
    layer_ticks,
    save,
    short,
    titled,
)
from probing.report.summary import layer_scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Look = tuple[str, str]  # colour, marker
MARKS = (("expected_layer", "D", 44), ("centre_of_gravity", "o", 48), ("best_layer", "o", 120))  # column, marker, size
MOST_BANDS = 4  # bands of more curves than this hide each other


def looks(conditions: Sequence[Condition]) -> dict[str, Look]:
    """A colour and a marker for each model, the same in every figure of a comparison."""
    models = sorted({one.model for one in conditions})
    return {model: (SERIES[i % len(SERIES)], MARKERS[i % len(MARKERS)]) for i, model in enumerate(models)}


def write_overlay(block: Sequence[Condition], look: Mapping[str, Look], stem: Path) -> list[Path]:
    """Layer curves of all conditions of one task, data, probe and metric; rings mark the layers chosen on dev."""
    task, data, probe, metric = block[0].block
    with figure(7.0, 4.1) as made:
        axes = made.subplots()
        labels = [draw_condition(axes, one, look[one.model], band=len(block) <= MOST_BANDS) for one in block]
        labels += draw_baselines(axes, block)
        axes.margins(y=0.1)
        layer_ticks(axes, sorted({layer for one in block for layer in one.table["layer"].tolist()}))
        label_ends(axes, labels)
        axes.set_ylabel(measure(metric).axis)
        titled(made, f"{task} · {data} · {probe} probe", "; ".join(described(block)))
        return save(made, stem)


def draw_condition(axes: "Axes", condition: Condition, look: Look, *, band: bool) -> tuple[float, str, str]:
    """Draw one condition: its curve, its control task (dotted), and single seeds as dots where there are several.

    ``band``: whether to draw bands. Returns the label for the right end.
    """
    (colour, marker), table = look, condition.table
    layers = table["layer"].tolist()
    if band:
        low, high = shown_ends(table, "task")
        interval_band(axes, layers, (table[low], table[high]), colour)
    for seed in condition.seeds if len(condition.seeds) > 1 else ():
        single = layer_scores(condition, seed)
        axes.plot([*single], [*single.values()], ".", color=colour, markersize=3.5, alpha=0.6)
    axes.plot(layers, table["score"], color=colour, marker=marker, markersize=4.5, linewidth=1.6)
    axes.plot(layers, table["control"], color=colour, linestyle=(0, (1, 1.2)), linewidth=1.3)
    chosen = table[table["best"]]
    axes.plot(chosen["layer"].tolist(), chosen["score"], "o", markersize=10, markerfacecolor="none", color=colour)
    return float(table["score"].iloc[-1]), condition.model, colour


def draw_baselines(axes: "Axes", block: Sequence[Condition]) -> list[tuple[float, str, str]]:
    """Draw the baselines that read no layer: a line per value; on the same data all conditions have the same value."""
    labels, names = [], names_in([run for one in block for run in one.runs])
    lines = [one.table.iloc[0] for one in block]
    for name in CONSTANT:
        for value in sorted({float(line[name]) for line in lines if name in drawn(line)}):
            axes.axhline(value, color=GREY, linewidth=1.1, linestyle=DASHES[name])
            labels.append((value, names[name], GREY))
    return labels


def described(block: Sequence[Condition]) -> list[str]:
    """What rings, dots, bands and lines of an overlay show."""
    run = block[0].runs[0]
    texts = [f"rings: chosen on {run.chosen_on}"]
    if any(one.table["control"].notna().any() for one in block):
        texts.append("dotted: control task")
    if len(block) <= MOST_BANDS and any(one.table[shown_ends(one.table, "task")[0]].notna().any() for one in block):
        kind = "simultaneous 95 % bands" if all(has_bands(one.table) for one in block) else "bands: 95 %"
        texts.append(f"{kind}, by {run.resampled.removesuffix('s')}")
    if any(len(one.seeds) > 1 for one in block):
        texts.append("lines: means over seeds; dots: single seeds")
    return texts


def write_tasks(table: pd.DataFrame, look: Mapping[str, Look], stem: Path) -> list[Path]:
    """Best layer, centre of gravity and expected layer of each task, grouped by model."""
    lines = table.dropna(subset=["centre_of_gravity"])
    lines = lines.sort_values(["model", "expected_layer", "task"], ascending=[False, False, False], kind="stable")
    if lines.empty:
        return []
    with figure(7.0, 1.5 + 0.3 * len(lines)) as made:
        axes = made.subplots()
        hues = [look[model][0] for model in lines["model"]]
        heights = range(len(lines))
        axes.hlines(heights, lines["expected_layer"], lines["centre_of_gravity"], color=hues, alpha=0.35, linewidth=2)
        for column, marker, size in MARKS:
            # The best layer is a ring, as in the layer curves; the second call makes a grey entry in the legend.
            ring = column == "best_layer"
            faces, grey = ("none", "none") if ring else (hues, GREY)
            axes.scatter(lines[column], heights, marker=marker, s=size, facecolors=faces, edgecolors=hues)
            name = "chosen on dev" if ring else column.replace("_", " ")
            axes.scatter([], [], marker=marker, s=size, facecolors=grey, edgecolors=GREY, label=name)
        axes.set_yticks(
            heights, [" · ".join(map(short, map(str, (one.task, one.data, one.model)))) for one in lines.itertuples()]
        )
        axes.set(ylim=(-0.7, len(lines) - 0.3))
        layer_ticks(axes, range(int(lines["last_layer"].max()) + 1))
        axes.grid(axis="x", color="#e6e6e6", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)
        titled(
            made,
            "Where tasks become decodable",
            "single-layer probes; ring: layer chosen on dev; the others: from test scores",
        )
        return save(made, stem)
