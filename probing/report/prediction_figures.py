"""Figures of one run's predictions: by class and by value."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.report.figure_ranges import lowest, span
from probing.report.load import Run, best_layer, heading, shown_predictions, shown_split
from probing.report.style import (
    GREY,
    INK,
    LAYER_AXIS,
    MAP,
    ROWS,
    VERMILION,
    figure,
    legend_below,
    save,
    short,
    titled,
)
from probing.report.tables import class_layers, class_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CLASSES = 24  # a larger confusion matrix cannot be read; the rarest classes are merged
LETTER, USUAL_LETTERS = 0.075, 16  # width of a letter in inches; letters of a row's name for which there is room
NARROWEST_CELL = 0.17  # inches; a number in a narrower one cannot be read


def write_classes(run: Run, stem: Path) -> list[Path]:
    """Heatmap of F1 over classes (sorted by support) and layers, with a frame around the layer chosen on dev."""
    from matplotlib.patches import Rectangle

    items = shown_predictions(run)
    table = class_table(items)
    layers, best = class_layers(table), best_layer(run.rows, run.metric)
    scores = table[layers].to_numpy(dtype=float)
    names = [f"{short(str(name))}  ({n:,})" for name, n in zip(table["class"], table["support"], strict=True)]
    text = np.char.mod("%.2f", scores)
    with figure(max(4.8, 2.4 + 0.42 * len(layers)), 1.5 + 0.23 * max(4, len(names)), lower=ROWS) as made:
        axes = made.subplots()
        _heat(axes, scores, text, (names, layers), vmin=lowest(scores), bar="F1")
        if best in layers:
            frame = Rectangle((layers.index(best), 0), 1, len(names), fill=False, clip_on=False)
            frame.set(edgecolor=VERMILION, linewidth=1.6)
            axes.add_patch(frame)
        axes.set(xlabel=LAYER_AXIS, ylabel="class  (gold items)")
        titled(made, heading(run), f"F1 of each class, {shown_split(items)}; frame: layer chosen on {run.chosen_on}")
        return save(made, stem, table)


def write_confusion(run: Run, stem: Path) -> list[Path]:
    """Confusion matrix at the layer chosen on dev: the share of each gold class that is predicted as each class."""
    best = best_layer(run.rows, run.metric)
    items = shown_predictions(run, best)
    counts = confusion(items)
    totals = counts.sum(axis=1)
    shares = counts.to_numpy(dtype=float) / np.maximum(totals.to_numpy()[:, None], 1)
    text = np.where(shares >= 0.005, np.char.mod("%.2f", shares), "")
    names = [f"{short(str(name))}  ({n:,})" for name, n in totals.items()]
    width = max(4.8, 2.6 + 0.33 * len(names)) + LETTER * max(0, max(map(len, names)) - USUAL_LETTERS)
    with figure(width, max(3.4, 1.8 + 0.33 * len(names)), lower=MAP) as made:
        axes = made.subplots()
        _heat(
            axes,
            shares,
            text,
            (names, [short(str(name)) for name in counts.columns]),
            vmin=0,
            bar="share of the gold class",
        )
        axes.set(xlabel="predicted", ylabel="gold  (items)", aspect="equal")
        axes.tick_params(axis="x", rotation=90 if len(names) > 3 else 0)
        where = f"layer {best}, chosen on {run.chosen_on}; {shown_split(items)}"
        titled(made, heading(run), f"{where}; each row adds up to 1; shares below 0.005 are left out")
        return save(made, stem, counts.rename_axis("gold").reset_index())


def _heat(
    axes: "Axes",
    values: NDArray[np.float64],
    text: NDArray[np.str_],
    names: tuple[Sequence[str], Sequence[object]],
    *,
    vmin: float,
    bar: str,
) -> None:
    """Draw a heatmap (rows, columns) of fractions up to 1, with a text in each cell if it is legible there."""
    import seaborn as sns

    cell_in = cell_width(axes, len(names[1]), max(map(len, names[0])))
    text = text if cell_in >= NARROWEST_CELL else np.full(text.shape, "")
    sns.heatmap(
        values,
        ax=axes,
        vmin=vmin,
        vmax=1,
        cmap="Blues",
        annot=text,
        fmt="",
        annot_kws={"fontsize": min(7.0, 30 * cell_in)},
        yticklabels=list(names[0]),
        xticklabels=list(names[1]),
        linewidths=0.5,
        linecolor="#e8e8e8",
        cbar_kws={"label": bar, "shrink": min(1.0, 8 / len(names[0])), "aspect": 18, "pad": 0.02},
    )
    for cell, value in zip(axes.texts, values[~np.isnan(values)], strict=True):
        cell.set_color("white" if value - vmin > 0.6 * (1 - vmin) else INK)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", rotation=0)
    axes.tick_params(labelsize=min(8.5, 62 * cell_in) if cell_in < NARROWEST_CELL else 8.5)


def cell_width(axes: "Axes", n_columns: int, letters: int) -> float:
    """About how wide a cell of a heatmap will be, in inches. letters: of the longest name of a row."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return float((figure.get_size_inches()[0] - 1.1 - LETTER * letters) / n_columns)


def confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """Counts (C, C): rows gold, columns predicted, sorted by gold counts; beyond 24 classes the rarest are merged."""
    gold, predicted = (predictions[side].astype(str) for side in ("gold", "predicted"))
    support = gold.value_counts().to_dict()
    names = sorted({*gold, *predicted}, key=lambda name: (-support.get(name, 0), name))
    if len(names) > MOST_CLASSES:
        rest = f"{len(names) - MOST_CLASSES + 1} rarer classes"
        names = [*names[: MOST_CLASSES - 1], rest]
        gold, predicted = (side.where(side.isin(names), rest) for side in (gold, predicted))
    return pd.crosstab(gold, predicted).reindex(index=names, columns=names, fill_value=0)


def write_values(run: Run, stem: Path) -> list[Path]:
    """Predicted against gold values at the layer chosen on dev: counts, the diagonal, and the mean per gold value."""
    best, task = best_layer(run.rows, run.metric), run.name("task").replace("_", " ")
    items = shown_predictions(run, best)
    gold, predicted = (items[side].to_numpy(dtype=float) for side in ("gold", "predicted"))
    whole = bool(np.all(gold == np.round(gold)))
    with figure(5.2, 4.2) as made:
        axes = made.subplots()
        _draw_cells(axes, gold, predicted, whole=whole)
        axes.plot([gold.min(), gold.max()], [gold.min(), gold.max()], "--", color=GREY, label="predicted = gold")
        if whole:
            _draw_means(axes, gold, predicted)
        legend_below(made)
        axes.set(xlabel=f"gold {task}", ylabel=f"predicted {task}")
        titled(
            made, heading(run), f"layer {best}, chosen on {run.chosen_on}; {shown_split(items)}: {len(items):,} items"
        )
        return save(made, stem, items[["sentence", "word", "gold", "predicted"]])


def _draw_cells(axes: "Axes", gold: NDArray[np.float64], predicted: NDArray[np.float64], *, whole: bool) -> None:
    """Draw how many items have each gold and predicted value. whole: gold values are whole numbers, a cell each."""
    import seaborn as sns
    from matplotlib.colors import LogNorm

    sns.histplot(
        x=gold,
        y=predicted,
        ax=axes,
        discrete=(whole, False),
        bins=(None if whole else 50, 50),
        binrange=(None if whole else span(gold), span(predicted)),
        cmap="Blues",
        norm=LogNorm(),
        vmin=None,
        vmax=None,
        cbar=True,
        cbar_kws={"label": "items in the cell (log scale)", "shrink": 0.8, "aspect": 20, "format": "%d"},
    )


def _draw_means(axes: "Axes", gold: NDArray[np.float64], predicted: NDArray[np.float64]) -> None:
    """Draw the mean predicted value of each gold value."""
    mean = pd.Series(predicted).groupby(gold).mean()
    axes.plot(mean.index, mean, "o-", color=VERMILION, markersize=3.5, linewidth=1.2, label="mean of predicted")
