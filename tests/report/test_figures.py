import shutil
from dataclasses import replace

import pandas as pd
import pytest

from probing.report.figures import write_figures, write_layers
from probing.report.load import load_run
from probing.report.sections import sections
from probing.report.tables import banded

FIGURES = {
    "pos": {"layers", "classes", "confusion"},
    "depth": {"layers", "values", "lengths"},
    "distance": {"layers"},
}


def figures_of(folder):
    run = load_run(folder)
    return write_figures(run, sections(run), banded(run))


def layers_of(folder):
    """The picture of scores by layer."""
    return next(path for path in figures_of(folder) if path.name == "layers.png").read_bytes()


@pytest.mark.parametrize("task", FIGURES)
def test_each_task_gets_its_figures_as_png_pdf_and_csv_and_twice_the_same_bytes(make_run, task):
    folder = make_run(task)
    paths = figures_of(folder)
    files = {f"{name}.{end}" for name in FIGURES[task] for end in ("png", "pdf", "csv")}
    assert {path.name for path in paths} == {"look.json", *files}
    first = {path: path.read_bytes() for path in paths}
    shutil.rmtree(folder / "figures")
    assert {path: path.read_bytes() for path in figures_of(folder)} == first


def test_other_rows_give_another_figure(make_run):
    images = [layers_of(make_run("distance", (0.4, top), name=f"{top}")) for top in (0.5, 0.6)]
    assert images[0] != images[1]


def test_memorisation_is_drawn_beside_scores_with_bands(make_run, make_rows, tmp_path):
    run = load_run(make_run("pos", (0.6, 0.9), control=False))
    memorised = make_rows(*(("memorisation", layer, 0.6, {"split": "train"}) for layer in (0, 1)))
    with_it = replace(run, rows=pd.concat([run.rows, memorised]))
    pictures = [
        write_layers(each, tmp_path / name, banded(each))[0] for each, name in ((run, "without"), (with_it, "with"))
    ]
    assert pictures[0].read_bytes() != pictures[1].read_bytes()


def test_one_layer_without_control_is_enough(make_run):
    assert figures_of(make_run("distance", (0.7,), first=3, control=False))


def test_memorisation_of_a_sentence_task_is_drawn_without_a_control(make_run):
    folder = make_run("pos", (0.6, 0.7), control=False)
    rows = pd.read_csv(folder / "rows.csv")
    plain = layers_of(folder)
    task = rows[(rows["target"] == "task") & (rows["split"] == "test")]
    memorised = task.assign(target="memorisation", split="train", value=0.65, ci_low=0.6, ci_high=0.7)
    pd.concat([rows, memorised]).to_csv(folder / "rows.csv", index=False)
    assert layers_of(folder) != plain
