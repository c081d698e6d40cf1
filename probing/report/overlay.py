"""Figures that compare conditions: layer curves of one task, and the layers at which tasks become decodable."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from probing.report.baseline_columns import CONSTANT, drawn, names_in
from probing.report.best_layers import has_bands, shown_ends
from probing.report.condition_styles import Style
from probing.report.curve_labels import Label, label_ends, label_of, name_heights, set_heights, wrapped
from probing.report.figures import DASHES
from probing.report.gather import Condition
from probing.report.look import PROBE, look
from probing.report.metric_format import measure, number
from probing.report.null_bands import DRAWS, draw_bands, ranges
from probing.report.style import GREY, ROWS, figure, interval_band, layer_ticks, legend_below, save, short, titled
from probing.report.summary import layer_scores

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKS = (("expected_layer", "D", 44), ("centre_of_gravity", "o", 48), ("best_layer", "o", 120))  # column, marker, size
MOST_BANDS = 4  # bands of more curves than this hide each other


def write_overlay(block: Sequence[Condition], styles: Mapping[str, Style], stem: Path) -> list[Path]:
    """Layer curves of all conditions of one task, data, probe and metric; rings mark the layers chosen on dev."""
    task, data, probe, metric = block[0].block
    with figure(7.0, 4.1) as made:
        axes = made.subplots()
        labels = [draw_condition(axes, one, styles[one.model], band=len(block) <= MOST_BANDS) for one in block]
        controls = [label for one in block for label in draw_control(axes, one, styles[one.model])]
        baselines = draw_baselines(axes, block)
        set_heights(axes, labels if look().axis == PROBE else [*labels, *controls], [*controls, *baselines])
        layer_ticks(axes, sorted({layer for one in block for layer in one.table["layer"].tolist()}))
        # the dotted line of one model is named, which says what those of the others are
        label_ends(axes, [*labels, *controls[:1], *baselines], partial(number, metric=metric))
        name_heights(axes, measure(metric).axis)
        titled(made, f"{task} · {data} · {probe} probe", "; ".join(described(block)))
        return save(made, stem, overlay_data(block))


def overlay_data(block: Sequence[Condition]) -> pd.DataFrame:
    """The layer tables of the conditions of a block, one below the other."""
    tables = [pd.concat({one.model: one.table}, names=["model"]).reset_index("model") for one in block]
    return pd.concat(tables, ignore_index=True)


def draw_condition(axes: "Axes", condition: Condition, style: Style, *, band: bool) -> Label:
    """Draw one condition: its curve with a band, and single seeds as dots where there are several.

    ``band``: whether to draw bands. Returns the label for the right end.
    """
    (colour, marker), table = style, condition.table
    layers, ends = table["layer"].tolist(), []
    if band:
        ends = [table[end] for end in shown_ends(table, "task")]
        interval_band(axes, layers, (ends[0], ends[1]), colour)
        draw_bands(axes, condition.rows, condition.metric, dict.fromkeys(DRAWS, colour))
    for seed in condition.seeds if len(condition.seeds) > 1 else ():
        single = layer_scores(condition, seed)
        axes.plot([*single], [*single.values()], ".", color=colour, markersize=3.5, alpha=0.6)
    axes.plot(layers, table["score"], color=colour, marker=marker, markersize=4.5, linewidth=1.6)
    chosen = table[table["best"]]
    axes.plot(chosen["layer"].tolist(), chosen["score"], "o", markersize=10, markerfacecolor="none", color=colour)
    return label_of(condition.model, colour, table["score"], *ends)


def draw_control(axes: "Axes", condition: Condition, style: Style) -> list[Label]:
    """Draw the control task of one condition, dotted; returns where it lies, nothing if it was not measured."""
    table = condition.table[condition.table["control"].notna()]
    if table.empty:
        return []
    axes.plot(table["layer"], table["control"], color=style[0], linestyle=(0, (1, 1.2)), linewidth=1.3)
    return [label_of("control task", style[0], table["control"])]


def draw_baselines(axes: "Axes", block: Sequence[Condition]) -> list[Label]:
    """Draw the baselines that read no layer: a line per value; on the same data all conditions have the same value."""
    labels, names = [], names_in([run for one in block for run in one.runs])
    lines = [one.table.iloc[0] for one in block]
    for name in CONSTANT:
        for value in sorted({float(line[name]) for line in lines if name in drawn(line)}):
            axes.axhline(value, color=GREY, linewidth=1.1, linestyle=DASHES[name])
            labels.append(Label(value, value, value, names[name], GREY))
    return labels


def described(block: Sequence[Condition]) -> list[str]:
    """What rings, dots, bands and lines of an overlay show."""
    run = block[0].runs[0]
    texts = [f"rings: layers chosen on {run.chosen_on}"]
    if any(one.table["control"].notna().any() for one in block):
        texts.append("dotted: control task")
    if len(block) <= MOST_BANDS and any(one.table[shown_ends(one.table, "task")[0]].notna().any() for one in block):
        kind = "for all layers at once" if all(has_bands(one.table) for one in block) else "for each layer separately"
        texts.append(f"bands: 95 %, {kind}, over {run.resampled}")
    if len(block) <= MOST_BANDS:
        texts += sorted({text for one in block for text in ranges(one.rows, one.metric)})
    if any(len(one.seeds) > 1 for one in block):
        texts.append("lines: means over seeds; dots: single seeds")
    return texts


def write_tasks(table: pd.DataFrame, styles: Mapping[str, Style], stem: Path) -> list[Path]:
    """Best layer, centre of gravity and expected layer of each task; a panel per model, named above it."""
    lines = table.dropna(subset=["centre_of_gravity"])
    lines = lines.sort_values(["model", "expected_layer", "task"], ascending=[True, False, False], kind="stable")
    if lines.empty:
        return []
    groups = [(str(model), group) for model, group in lines.groupby("model", sort=False)]
    sizes = [len(group) for _, group in groups]
    with figure(7.0, 1.9 + 0.3 * len(lines) + 0.3 * len(groups), lower=ROWS) as made:
        panels = made.subplots(
            len(groups), 1, sharex=True, squeeze=False, height_ratios=[size + 0.4 for size in sizes]
        )[:, 0]
        letters = int(11 * made.get_size_inches()[0])
        for axes, (model, group) in zip(panels, groups, strict=True):
            draw_tasks(axes, group, styles[model][0])
            axes.set_title(wrapped(model, letters), fontsize=8.5, loc="left", color=styles[model][0])
        layer_ticks(axes, range(int(lines["last_layer"].max()) + 1))
        legend_below(made)
        titled(made, "In which layers tasks become decodable", "probes of single layers, scores on test")
        return save(made, stem, lines)


def draw_tasks(axes: "Axes", lines: pd.DataFrame, colour: str) -> None:
    """The tasks of one model, one below the other; the best layer is a ring, as in the layer curves."""
    heights = range(len(lines))
    axes.hlines(heights, lines["expected_layer"], lines["centre_of_gravity"], color=colour, alpha=0.35, linewidth=2)
    for column, marker, size in MARKS:
        ring = column == "best_layer"
        axes.scatter(
            lines[column], heights, marker=marker, s=size, facecolors="none" if ring else colour, edgecolors=colour
        )
        name = "layer chosen on dev" if ring else column.replace("_", " ")
        # drawn nowhere: an entry of the legend that has no model's colour
        axes.scatter([], [], marker=marker, s=size, facecolors="none" if ring else GREY, edgecolors=GREY, label=name)
    names = [" · ".join(map(short, map(str, pair))) for pair in zip(lines["task"], lines["data"], strict=True)]
    axes.set_yticks(heights, names)
    axes.set(ylim=(-0.7, len(lines) - 0.3))
    axes.grid(axis="x", color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
