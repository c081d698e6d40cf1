"""Usage: what can be decoded from a layer, and what removing it, or moving it to another class, does to an output."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from probing.report.load import Run, heading
from probing.report.plain_names import task_in_words
from probing.report.section_parts import Figure, Section, drawn, pick, sample_of
from probing.report.style import (
    BLUE,
    GREY,
    MARKERS,
    ROWS,
    SERIES,
    figure,
    interval_band,
    layer_ticks,
    legend_below,
    save,
    titled,
)
from probing.report.usage_tables import (
    KINDS,
    NAME,
    above_table,
    effects,
    effects_tables,
    further_table,
    reliability_table,
)
from probing.report.usage_words import METHODS, concepts_of, conclusions, output_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

READING = (
    "above: what can be decoded, an association. Below: what the output loses when it is taken away or changed, beyond "
    "random subspaces of equal rank, an intervention. A filled point: used; a hollow one: not shown to be used."
)


def section(run: Run) -> Section:
    """Per concept a table and a figure of effects by layer; how reliable methods are, and what layers above decode."""
    if pick(run, NAME, "decodable").empty:
        return Section("Usage")
    measured = [one for one in concepts_of(run) if not effects(run, one).empty]
    further = [reliability_table(run), further_table(run), above_table(run)]
    tables = [
        *(table for one in measured for table in effects_tables(run, one)),
        *(table for table in further if table is not None),
    ]
    figures = [Figure(f"usage_{one}", caption(run, one), partial(write_usage, one), READING) for one in measured]
    return Section("Decodable and used", conclusions(run), tables, figures, sample_of(run, NAME))


def caption(run: Run, concept: str) -> str:
    """What the figure of one concept shows."""
    return f"{task_in_words(concept)}: what can be decoded from each layer, and what {output_of(run)} loses without it."


def write_usage(concept: str, run: Run, stem: Path) -> list[Path]:
    """Decodability of one concept, and the effects of removing and of moving it, over the same layers."""
    rows, before = effects(run, concept), pick(run, NAME, "decodable", target=concept).sort_values("layer")
    kinds = {kind: rows[rows["method"].isin(methods)] for kind, methods in KINDS.items()}
    kinds = {kind: of for kind, of in kinds.items() if len(of)}
    with figure(5.8, 1.2 + 1.8 * (1 + len(kinds)), lower=ROWS) as made:
        axes = made.subplots(1 + len(kinds), 1, sharex=True, squeeze=False)[:, 0]
        draw_decodable(axes[0], run, concept, before)
        for place, (kind, of) in enumerate(kinds.items(), start=1):
            draw_effects(axes[place], of)
            axes[place].set_ylabel(f"loss (nats) when it is\n{kind}", fontsize=7.5)
        layer_ticks(axes[-1], before["layer"].to_list())
        legend_below(made)
        shows = f"{task_in_words(concept)}; effects on {output_of(run)} beyond random subspaces"
        titled(made, heading(run), f"{shows}; bars: 95 % intervals for all layers and methods at once")
        return save(made, stem, drawn(pd.concat([before, rows])))


def draw_decodable(axes: "Axes", run: Run, concept: str, before: pd.DataFrame) -> None:
    """Accuracy of the validation probes with its interval, and that of the most frequent class."""
    layers = before["layer"].to_list()
    interval_band(axes, layers, (before["ci_low"], before["ci_high"]), BLUE)
    axes.plot(layers, before["value"], "o-", color=BLUE, markersize=4.5, linewidth=1.6, label="decodable")
    majority = pick(run, NAME, "majority", target=concept).sort_values("layer")
    axes.plot(layers, majority["value"], "--", color=GREY, linewidth=1.1, label="most frequent class")
    axes.set_ylabel("accuracy", fontsize=7.5)


def draw_effects(axes: "Axes", rows: pd.DataFrame) -> None:
    """One line per method; a point is filled where the method calls the concept used."""
    axes.axhline(0, color=GREY, linewidth=0.8)
    for number, method in enumerate(METHODS):
        of = rows[rows["method"] == method]
        if of.empty:
            continue
        colour, marker = SERIES[number], MARKERS[number]
        layers = of["layer"].astype(float) + 0.05 * (number % 4 - 1.5)  # side by side, so that bars can be told apart
        axes.vlines(layers, of["ci_low"], of["ci_high"], color=colour, linewidth=1.1)
        axes.plot(layers, of["value"], color=colour, linewidth=1.0, label=METHODS[method])
        for used, face in ((True, colour), (False, "white")):
            there = (of["used"] == used).to_numpy()
            axes.plot(layers[there], of["value"][there], marker, color=colour, markerfacecolor=face, markersize=4.5)
