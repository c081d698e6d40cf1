"""Curves over layers: names at their ends instead of a legend, and a y axis on which the curves can be seen."""

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from probing.report.look import ALL, look

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

POINTS = 8.5  # of a label
LINE_IN = 1.25 * POINTS / 72
AROUND_IN = 1.1  # of a figure's height that is not axes: title, ticks and label of the axis
FAR = 0.35  # of the height of the curves: a baseline that is farther away from them is named at the edge
NOTE_IN = 0.24  # above all that is drawn: room for one line of text


class Label(NamedTuple):
    """A name at the right end of what is drawn: lowest and highest value, value at the right end, text and colour."""

    low: float
    high: float
    end: float
    text: str
    colour: str


def label_of(name: str, colour: str, values: "pd.Series[float]", *ends: "pd.Series[float]") -> Label:
    """The label of a curve from its ``values`` along the x axis and from the ends of its band, which may be NaN."""
    every = np.concatenate([column.to_numpy(dtype=float) for column in (values, *ends)])
    return Label(float(np.nanmin(every)), float(np.nanmax(every)), float(values.iloc[-1]), name, colour)


def wrapped(name: str, letters: int, lines: int = 3) -> str:
    """``name`` on at most ``lines`` lines of at most ``letters``; what is longer loses its middle, not its ends.

    >>> wrapped("minilm (stand-in for google-bert/bert-base-uncased)", 26)
    'minilm (stand-in for\\ngoogle-bert/bert-base-\\nuncased)'
    """
    most = letters * lines - lines
    if len(name) > most:
        name = f"{name[: most // 2]}…{name[-(most // 2 - 1) :]}"
    return "\n".join(textwrap.wrap(name, letters, break_on_hyphens=True)[: lines + 1])


def set_heights(axes: "Axes", shown: Sequence[Label], others: Sequence[Label]) -> None:
    """Let the y axis span the curves ``shown``, and of ``others`` those that are near; leave room for a note above."""
    low, high = min(label.low for label in shown), max(label.high for label in shown)
    reach = np.inf if look().axis == ALL else FAR * max(high - low, 0.02 * max(abs(low), abs(high), 1e-9))
    near = [label for label in others if label.low >= low - reach and label.high <= high + reach]
    low, high = min([low, *(label.low for label in near)]), max([high, *(label.high for label in near)])
    tall = max(high - low, 1e-9 * max(abs(high), 1.0)) or 1.0
    axes.set_ylim(low - 0.06 * tall, high + (0.06 + NOTE_IN / _height_in(axes)) * tall)


def name_heights(axes: "Axes", text: str) -> None:
    """Name the y axis, on as many lines as its height needs."""
    axes.set_ylabel("\n".join(textwrap.wrap(text, int(14 * _height_in(axes)))))


def _height_in(axes: "Axes") -> float:
    """About how high the axes of a figure of one panel will be, in inches: the layout is made later."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    return max(0.8, float(figure.get_size_inches()[1]) - AROUND_IN)


def label_ends(axes: "Axes", labels: Sequence[Label], number: Callable[[float], str] = "{:.3g}".format) -> None:
    """Write a name at the right end of each curve and line, apart from each other, with a thin line to what it names.

    What lies outside of the axis is named at its edge, with an arrow and its value as ``number`` writes it.
    """
    figure, (low, high) = axes.get_figure(root=True), axes.get_ylim()
    assert figure is not None
    letters = min(26, max(12, int(4.4 * figure.get_size_inches()[0])))
    texts = [wrapped(_named(label, low, high, number), letters, 4) for label in labels]
    per_inch = (high - low) / _height_in(axes)
    sizes = [per_inch * LINE_IN * (text.count("\n") + 1) for text in texts]
    inside = [min(high, max(low, label.end)) for label in labels]
    places = spread(inside, sizes, (low, high - 0.6 * NOTE_IN * per_inch))
    for label, text, place in zip(labels, texts, places, strict=True):
        if low <= label.end <= high:
            start = (1.004, (label.end - low) / (high - low))
            axes.annotate(
                "", (1.028, (place - low) / (high - low)), start, "axes fraction", "axes fraction",
                arrowprops={"arrowstyle": "-", "color": label.colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0},
            )  # fmt: skip
        at = (1.035, (place - low) / (high - low))
        axes.text(*at, text, color=label.colour, transform=axes.transAxes, va="center", fontsize=POINTS, linespacing=1)


def _named(label: Label, low: float, high: float, number: Callable[[float], str]) -> str:
    """The text of a label; with an arrow where its right end is outside of the axis from ``low`` to ``high``.

    What is outside as a whole has its lowest and highest value too.
    """
    if low <= label.end <= high:
        return label.text
    text = f"{'↓' if label.end < low else '↑'} {label.text}"
    if label.high >= low and label.low <= high:
        return text
    return f"{text} {' to '.join(dict.fromkeys(map(number, (label.low, label.high))))}"


def spread(heights: Sequence[float], sizes: Sequence[float], ends: tuple[float, float]) -> list[float]:
    """``heights`` moved apart as little as needed, in the same order, so that texts of these ``sizes`` do not overlap.

    They stay between ``ends`` as long as there is room.
    """
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    at = [heights[i] for i in order]
    needed = [(sizes[a] + sizes[b]) / 2 for a, b in zip(order, order[1:], strict=False)]
    for _ in range(200):
        for lower, need in enumerate(needed):
            lack = max(0.0, need - (at[lower + 1] - at[lower]))
            at[lower], at[lower + 1] = at[lower] - lack / 2, at[lower + 1] + lack / 2
    for upper in range(len(at)):  # from below, then from above: nothing leaves the axis
        least = ends[0] if upper == 0 else at[upper - 1] + needed[upper - 1]
        at[upper] = max(at[upper], least)
    for lower in reversed(range(len(at))):
        most = ends[1] if lower == len(at) - 1 else at[lower + 1] - needed[lower]
        at[lower] = min(at[lower], most)
    placed = dict(zip(order, at, strict=True))
    return [placed[i] for i in range(len(heights))]


def note_above(axes: "Axes", x: float, text: str, colour: str) -> None:
    """Write one line of text into the room that ``set_heights`` leaves above all that is drawn, near ``x``."""
    from matplotlib.transforms import blended_transform_factory

    low, high = axes.get_xlim()
    share = (x - low) / (high - low)
    side = "left" if share < 0.3 else "right" if share > 0.7 else "center"
    place = blended_transform_factory(axes.transData, axes.transAxes)
    axes.text(x, 0.985, text, color=colour, transform=place, ha=side, va="top", fontsize=POINTS, fontweight="bold")
