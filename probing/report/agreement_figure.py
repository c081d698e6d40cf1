"""The figure of agreement: do attention scores rank tokens as interventions and gradients do?"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from probing.report.curve_labels import wrapped
from probing.report.load import Run, heading
from probing.report.section_parts import drawn, pick
from probing.report.style import (
    GREY,
    INK,
    LAYERS_OF_ATTENTION,
    ROWS,
    SERIES,
    columns_for,
    figure,
    interval_band,
    layer_ticks,
    save,
    titled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCORES = ("raw", "rollout", "flow", "norm", "value zeroing")


def write_explain(run: Run, stem: Path) -> list[Path]:
    """Rank correlation of attention scores with every reference, layer by layer: a panel per score and reference.

    Grey, in each panel: the other scores with the same reference.
    """
    table = pick(run, "agreement", "spearman", "explain")
    references = sorted({reference_of(target) for target in table["target"]})
    scores = [score for score in SCORES if any(str(target).startswith(f"{score} × ") for target in table["target"])]
    wide = columns_for(len(scores), 1.4, most=len(scores)) == len(scores)
    lines, columns = (references, scores) if wide else (scores, references)
    with figure(7.2, 1.3 + 1.25 * len(lines), lower=ROWS) as made:
        panels = made.subplots(len(lines), len(columns), sharex=True, sharey=True, squeeze=False)
        for (i, j), axes in np.ndenumerate(panels):
            score, reference = (columns[j], lines[i]) if wide else (lines[i], columns[j])
            of_reference = table[table["target"].map(reference_of) == reference]
            draw_agreement(axes, of_reference, f"{score} × {reference}", SERIES[SCORES.index(score)])
            axes.axvline(int(run.facts("agreement")["layer"]), color=GREY, linewidth=1.0, linestyle=":")
        for axes, name in zip(panels[:, 0], lines, strict=True):
            axes.set_ylabel(wrapped(name, 15, 4), fontsize=7.5)
        for axes, name in zip(panels[0], columns, strict=True):
            axes.set_title(wrapped(name, 13, 4), fontsize=7.5, color=INK)
        for axes in panels[-1]:
            layer_ticks(axes, sorted(table["layer"].unique()), "")
        made.supxlabel(LAYERS_OF_ATTENTION, fontsize=9)
        subtitle = (
            f"Do attention scores ({'columns' if wide else 'rows'}) rank tokens as interventions and gradients do? "
            "Spearman ρ, mean over sentences; bands: 95 % intervals; grey: the other scores; dotted: the layer that "
            "the output reads"
        )
        titled(made, heading(run), subtitle)
        return save(made, stem, drawn(table))


def draw_agreement(axes: "Axes", of_reference: pd.DataFrame, target: str, colour: str) -> None:
    """One score with its band, in front of all other scores with the same reference."""
    for other, line in of_reference.sort_values("layer").groupby("target", sort=False):
        layers, mine = line["layer"].to_list(), other == target
        if mine:
            interval_band(axes, layers, (line["ci_low"], line["ci_high"]), colour)
        look: Any = {"color": colour, "marker": "o", "markersize": 3, "zorder": 3} if mine else {"color": "#cccccc"}
        axes.plot(layers, line["value"], linewidth=1.4 if mine else 0.7, **look)
    axes.axhline(0, color=GREY, linewidth=0.8)


def reference_of(target: object) -> str:
    """``blank-out`` of the target ``rollout × blank-out``."""
    return str(target).partition(" × ")[2]
