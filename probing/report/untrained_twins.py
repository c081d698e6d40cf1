"""Scores, masses and entropies beside those of untrained twins: where the model lies among them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from probing.report.curve_labels import wrapped
from probing.report.load import Run, heading
from probing.report.null_bands import described, draw_band
from probing.report.section_parts import Figure, Section, Table
from probing.report.style import (
    BLUE,
    GREEN,
    INK,
    ROWS,
    columns_for,
    figure,
    interval_band,
    layer_ticks,
    save,
    short,
    titled,
)
from probing.report.untrained_tables import WHAT, of_others, of_probes, sentences, shown, shown_others

MOST_PANELS, MOST_HEADS = 12, 24
NOTE = (
    "A twin has the architecture and tokenizer of the model, and random weights. Mean: over all twins, with a 95 % "
    "interval for other twins and other test sentences (with one twin: only for other test sentences). Range: "
    "where the single twins lie. p: (1 + number of twins that are as good) ÷ (1 + number of twins), for each layer "
    "separately: not corrected for the number of layers (Phipson & Smyth 2010)."
)
READING = "what is outside the green range was learned in training; what is inside it comes with the architecture."
SAMPLE = "for each analysis the same as for the model"
NOTE_OTHERS = (
    "What other analyses find in the model and in its twins; where a head is chosen, each twin chooses its own. p: "
    "two-sided, because neither side is better; for each line separately, not corrected for the number of lines."
)


def section(run: Run) -> Section:
    """The score of each layer among those of the twins, and the same for every other analysis; empty without twins."""
    own, others = of_probes(run), of_others(run)
    if own.empty and others.empty:
        return Section("Untrained twins")
    tables, figures = [], []
    if not own.empty:
        tables.append(Table("untrained", "Scores of untrained twins", NOTE, own, shown(own, run.metric)))
    if not others.empty:
        text = shown_others(others)
        tables.append(Table("untrained_others", "Other analyses of untrained twins", NOTE_OTHERS, others, text, True))
    if len(curves(others)):
        caption = "What analyses find in the model (blue) and in untrained twins (green, dashed), layer by layer."
        figures.append(Figure("untrained", caption, write_curves, READING))
    if not chosen_heads(others).empty:
        caption = "Heads chosen on dev: that of the model (blue), and the range of those of untrained twins (green)."
        figures.append(Figure("untrained_heads", caption, write_heads, READING))
    return Section("Untrained twins", sentences=sentences(run, own), tables=tables, figures=figures, sample=SAMPLE)


def curves(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The curves over two layers or more, with their names, in the order of the analyses."""
    if table.empty:
        return []
    of_layers = table[~table["chosen"] & table["layer"].notna()]
    groups = [lines.sort_values("layer") for _, lines in of_layers.groupby(WHAT, sort=False)]
    return [(name_of(lines[WHAT].iloc[0].tolist()), lines) for lines in groups if len(lines) > 1]


def name_of(what: Sequence[str]) -> str:
    """The name of a curve: analysis, method, target and metric, without what goes without saying."""
    analysis, probe, target, metric = what
    parts = [name for name in (probe, target) if name not in (analysis, "attention", "explain", "all")]
    return f"{analysis}: {' '.join([*parts, metric.replace('_', ' ')])}"


def write_curves(run: Run, stem: Path) -> list[Path]:
    """A panel per curve, at most MOST_PANELS: the model with its interval, and the range of the twins."""
    table = of_others(run)
    every = curves(table)
    found = every[:MOST_PANELS]
    columns = columns_for(len(found), 2.9, most=3)
    lines = -(-len(found) // columns)
    with figure(0.5 + 2.9 * columns, 0.7 + 2.1 * lines) as made:
        panels = made.subplots(lines, columns, squeeze=False).flat
        for (name, line), axes in zip(found, panels, strict=False):
            layers = line["layer"].astype(int).tolist()
            draw_band(axes, line.assign(layer=layers, n=line["twins"]), GREEN)
            axes.plot(layers, line["mean"], color=GREEN, linewidth=1.2)
            interval_band(axes, layers, (line["ci_low"], line["ci_high"]), BLUE)
            axes.plot(layers, line["value"], "o-", color=BLUE, markersize=3.5)
            axes.set_title(wrapped(name, 40), fontsize=7, color=INK)
            layer_ticks(axes, layers, "layer")
        for axes in [*panels]:
            axes.set_visible(False)
        left_out = f"; {len(every) - len(found)} further curves: in the table" if len(every) > len(found) else ""
        subtitle = f"blue: model, 95 % interval; green: mean and {described(int(table['twins'].max()))}{left_out}"
        titled(made, heading(run), subtitle)
        return save(made, stem, pd.concat([line for _, line in found], ignore_index=True))


def chosen_heads(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracies of chosen heads, the relations with most cases first, at most MOST_HEADS."""
    if table.empty:
        return table
    heads = table[table["chosen"] & (table["metric"] == "head_accuracy") & (table["probe"] == "attention")]
    return heads.sort_values("n_items", ascending=False, kind="stable").head(MOST_HEADS)


def write_heads(run: Run, stem: Path) -> list[Path]:
    """For each relation the accuracy of the model's head, and the range of those of the twins' heads."""
    table = chosen_heads(of_others(run)).iloc[::-1]
    heights = range(len(table))
    with figure(6.4, 1.1 + 0.24 * len(table), lower=ROWS) as made:
        axes = made.subplots()
        axes.hlines(heights, table["low"], table["high"], color=GREEN, linewidth=5, alpha=0.35)
        axes.plot(table["mean"], heights, "|", color=GREEN, markersize=8)
        axes.hlines(heights, table["ci_low"], table["ci_high"], color=BLUE, linewidth=1.2)
        axes.plot(table["value"], heights, "o", color=BLUE, markersize=4)
        axes.set_yticks(heights, [short(str(target)) for target in table["target"]])
        axes.set(xlabel="accuracy of the head chosen on dev, on test", ylim=(-0.7, len(table) - 0.3))
        subtitle = f"blue: model, 95 % interval; green: mean and {described(int(table['twins'].max()))}"
        titled(made, heading(run), subtitle)
        return save(made, stem, table)
