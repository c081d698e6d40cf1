"""What cannot be read in a figure: texts that are cut off, that cover each other, or that a line runs through."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

SLACK = 0.6  # pixels at 100 to the inch: the white around letters
TITLES = ("title", "_left_title", "_right_title")


def faults(made: Any) -> list[str]:
    """Every fault of a figure that is drawn, in words; none if all of its text can be read."""
    made.draw_without_rendering()  # at the resolution at which texts are measured
    boxes = [(text.get_text(), box_of(made, text)) for text in texts_of(made)]
    found = [f"cut: {name!r}" for name, box in boxes if not inside(box, made.bbox)]
    found += [f"{a!r} over {b!r}" for (a, one), (b, other) in combinations(boxes, 2) if overlap(one, other)]
    for axes in made.axes:
        if axes.get_visible():
            written = [(text.get_text(), box_of(made, text)) for text in texts_in(axes)]
            written += [(entry.get_text(), box_of(made, entry)) for entry in legend_of(axes)]
            found += [f"{name!r} over a line" for line in lines_of(axes) for name, box in written if crosses(line, box)]
    return found


def box_of(made: Any, text: Text) -> Bbox:
    box = text.get_window_extent(made.canvas.get_renderer())
    return Bbox.from_extents(box.x0 + SLACK, box.y0 + SLACK, box.x1 - SLACK, box.y1 - SLACK)


def texts_of(made: Any) -> list[Text]:
    """All texts that are visible: titles, names of axes and ticks, entries of legends, and what stands in the axes."""
    texts = [*made.texts, *(entry for legend in made.legends for entry in legend.get_texts())]
    for axes in made.axes:
        if axes.get_visible():
            texts += [*texts_in(axes), *legend_of(axes), *(getattr(axes, name) for name in TITLES)]
            texts += [axes.xaxis.label, axes.yaxis.label, *ticks_of(axes.xaxis), *ticks_of(axes.yaxis)]
    return [text for text in texts if text.get_text().strip() and text.get_visible()]


def ticks_of(axis: Any) -> Iterator[Text]:
    low, high = sorted(axis.get_view_interval())
    for tick in axis.get_major_ticks():
        if low - 1e-9 <= tick.get_loc() <= high + 1e-9:
            yield from (label for label in (tick.label1, tick.label2) if label.get_visible())


def texts_in(axes: Any) -> list[Text]:
    return [text for text in axes.texts if text.get_text().strip() and text.get_visible()]


def legend_of(axes: Any) -> list[Text]:
    return axes.get_legend().get_texts() if axes.get_legend() else []


def lines_of(axes: Any) -> Iterator[NDArray[np.float64]]:
    """What is drawn as lines, as points in pixels."""
    for line in axes.lines:
        if line.get_linestyle() not in ("None", "", " ") and len(line.get_xdata()):
            yield points_on(line.get_transform().transform_path(line.get_path()), axes)
    for lines in axes.collections:
        if isinstance(lines, LineCollection):
            for path in lines.get_paths():
                yield points_on(lines.get_transform().transform_path(path), axes)


def points_on(path: Path, axes: Any) -> NDArray[np.float64]:
    """Points (N, 2), close together, on a line and inside of the axes."""
    points = path.interpolated(100).vertices
    low, high = axes.bbox.get_points()
    return points[((points >= low) & (points <= high)).all(axis=1)]


def crosses(points: NDArray[np.float64], box: Bbox) -> bool:
    low, high = box.get_points()
    return bool(((points > low) & (points < high)).all(axis=1).any())


def overlap(one: Bbox, other: Bbox) -> bool:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return width > 0 and height > 0


def inside(box: Bbox, paper: Bbox) -> bool:
    return box.x0 >= paper.x0 - 2 and box.x1 <= paper.x1 + 2 and box.y0 >= paper.y0 - 2 and box.y1 <= paper.y1 + 2
