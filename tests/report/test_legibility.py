"""All text of figures can be read: also with long names, in a narrow column, and where lines are close together."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from probing.report.condition_styles import styles_of
from probing.report.figures import write_figures
from probing.report.gather import gather
from probing.report.load import load_run
from probing.report.look import Look, looking
from probing.report.overlay import write_overlay, write_tasks
from probing.report.style import figure
from probing.report.summary import summary_table
from probing.report.tables import banded

SLACK = 0.6  # pixels at 100 to the inch: the white around letters
TITLES = ("title", "_left_title", "_right_title")
LOOKS = {"screen": Look(), "paper": Look(title=False, width="column", font="serif"), "narrow": Look(width="column")}
BERT = {"name": "tiny", "requested": "google-bert/bert-base-uncased", "stand_in": True}


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


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are saved, each after the picture was drawn."""
    from matplotlib.figure import Figure

    found = []
    original = Figure.savefig

    def savefig(made, path, **options):
        original(made, path, **options)
        if path.suffix == ".png":
            found.append((path.stem, faults(made)))

    monkeypatch.setattr(Figure, "savefig", savefig)
    return found


def with_baselines(folder, **values):
    """The folder of a run with these baselines, each without a layer."""
    rows = pd.read_csv(folder / "rows.csv")
    first = rows[(rows["target"] == "majority") | (rows["target"] == "chain")].iloc[:1]
    more = [first.assign(target=target, value=value) for target, value in values.items()]
    pd.concat([rows, *more]).to_csv(folder / "rows.csv", index=False)
    return folder


@pytest.mark.parametrize("name", LOOKS)
@pytest.mark.parametrize("task", ["pos", "depth"])
def test_figures_of_a_run(make_run, drawn, task, name):
    folder = make_run(task, (0.80, 0.86, 0.9, 0.88, 0.84))
    run = load_run(with_baselines(folder, type_majority=0.85, surface=0.87, control_ceiling=0.88))
    with looking(LOOKS[name]):
        write_figures(run, [], banded(run))
    assert len(drawn) == 3
    assert dict(drawn) == dict.fromkeys(dict(drawn), [])


@pytest.mark.parametrize("name", LOOKS)
def test_figures_of_a_comparison_with_a_stand_in(make_run, drawn, tmp_path, name):
    checkpoint = BERT | {"revision": "ab" * 32}
    folders = [make_run(task, (0.6, 0.8, 0.82)) for task in ("pos", "depth")]
    folders += [make_run(task, (0.6, 0.8, 0.82), name="bert", checkpoint=checkpoint) for task in ("pos", "depth")]
    conditions, _ = gather(folders)
    styles = styles_of(conditions)
    with looking(LOOKS[name]):
        write_overlay([one for one in conditions if one.task == "pos"], styles, tmp_path / "overlay")
        write_tasks(summary_table(conditions), styles, tmp_path / "tasks")
    assert dict(drawn) == {"overlay": [], "tasks": []}


def test_faults_are_found():
    with figure(3, 2) as made:
        axes = made.subplots()
        axes.plot([0, 1], [0, 1])
        axes.text(0.5, 0.5, "on the line", ha="center")
        axes.text(0.2, 0.9, "one"), axes.text(0.2, 0.9, "another")
        made.text(0.9, 0.97, "a text that is too long for the paper")
        made.draw_without_rendering()
    assert {*faults(made)} >= {
        "'on the line' over a line",
        "'one' over 'another'",
        "cut: 'a text that is too long for the paper'",
    }
