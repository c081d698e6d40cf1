"""All text of figures can be read: also with long names, in a narrow column, and where lines are close together."""

import pandas as pd
import pytest

from probing.report.condition_styles import styles_of
from probing.report.figures import write_figures
from probing.report.gather import gather
from probing.report.load import load_run
from probing.report.look import Look, looking
from probing.report.overlay import write_overlay, write_tasks
from probing.report.style import figure
from probing.report.summary import summary_table
from probing.report.tables import banded

LOOKS = {"screen": Look(), "paper": Look(title=False, width="column", font="serif"), "narrow": Look(width="column")}
BERT = {"name": "tiny", "requested": "google-bert/bert-base-uncased", "stand_in": True}


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


def test_faults_are_found(faults):
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
