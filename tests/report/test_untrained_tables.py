"""The tables of untrained twins: the model beside the twins, layer by layer and head by head."""

import numpy as np
import pandas as pd
import pytest

from probing.report.load import Run
from probing.report.untrained_tables import best_of_twins, of_others, of_probes, sentences
from probing.report.untrained_twins import chosen_heads, curves, section

MANIFEST = {"metric": "accuracy", "checkpoint": {}, "data": {"name": "d"}}


@pytest.fixture
def run(make_rows, tmp_path):
    """Two layers, 4 twins; rollout by layer, and the best head for one relation."""
    lines = []
    for split in ("dev", "test"):
        lines += [("task", layer, value, {"split": split}) for layer, value in ((0, 0.6), (1, 0.8))]
        for k, value in enumerate((0.5, 0.55, 0.7, 0.3)):
            lines += [
                ("untrained", layer, value + layer * 0.05 * (-1) ** k, {"split": split, "draw": k}) for layer in (0, 1)
            ]
        lines += [("untrained", layer, 0.5, {"split": split}) for layer in (0, 1)]
    others, nulls = [], []
    for layer in (1, 2):
        what = {"analysis": "rollout", "probe": "rollout", "metric": "mass"}
        others.append(("all", layer, 0.2 * layer, what))
        nulls += [("all", layer, 0.1 * k, what | {"probe": "untrained rollout", "draw": k}) for k in range(4)]
        nulls.append(("all", layer, 0.15, what | {"probe": "untrained rollout"}))
    head = {"analysis": "syntax", "probe": "attention", "metric": "head_accuracy"}
    others.append(("det", 2, 0.9, head | {"head": 3}))
    nulls += [("det", k, 0.1 * k, head | {"probe": "untrained attention", "head": k, "draw": k}) for k in range(4)]
    nulls.append(("det", None, 0.15, head | {"probe": "untrained attention"}))
    grid = {"analysis": "heads", "probe": "attention", "metric": "entropy"}
    others += [("all", 1, 0.3, grid | {"head": k}) for k in range(2)]
    tables = [make_rows(*some) for some in (lines, others, nulls)]
    return Run(tmp_path, tables[0], MANIFEST, None, None, tables[1], {}, tables[2])


def test_each_layer_stands_among_its_twins(run):
    table = of_probes(run).set_index("layer")
    assert table.loc[0, ["low", "high", "mean", "twins", "as_good"]].tolist() == [0.3, 0.7, 0.5, 4, 1]
    assert table.loc[0, "p"] == pytest.approx(2 / 5)
    assert table.loc[1, "p"] == pytest.approx(1 / 5)


def test_twins_choose_their_best_layer_on_dev_as_the_model_does(run):
    assert best_of_twins(run) == pytest.approx([0.55, 0.55, 0.75, 0.3])
    first, second = sentences(run, of_probes(run))
    assert "Layer 1 scores 0.800" in first and "0 as good (p = 0.200, the least that 4 twins allow)" in first
    assert "0.300 to 0.750 (p = 0.200)" in second


def test_one_twin_has_a_score_and_no_range(run):
    alone = run.rows[run.rows["draw"].isna() | (run.rows["draw"] == 0)]
    one = Run(run.folder, alone, MANIFEST, None, None, run.others, {}, run.nulls)
    first, second = sentences(one, of_probes(one))
    assert "1 untrained twin: 0.550, 0 as good (p = 0.500, the least that 1 twin allows)" in first
    assert "chosen on dev: 0.550 (p = 0.500)" in second


def test_other_analyses_are_paired_by_layer_or_as_the_chosen_head(run):
    table = of_others(run)
    assert table["chosen"].tolist() == [False, False, True]
    assert table["layer"].tolist() == [1, 2, 2]
    assert np.allclose(table["low"], 0) and np.allclose(table["high"], 0.3)
    assert np.allclose(table["mean"], 0.15)
    assert [name for name, _ in curves(table)] == ["rollout: mass"]
    assert chosen_heads(table)["target"].tolist() == ["det"]


def test_the_section_has_both_tables_and_figures_and_is_empty_without_twins(run, make_rows, tmp_path):
    found = section(run)
    assert [table.name for table in found.tables] == ["untrained", "untrained_others"]
    assert [figure.name for figure in found.figures] == ["untrained", "untrained_heads"]
    for figure in found.figures:
        *pictures, numbers = figure.write(run, tmp_path / figure.name)
        assert all(path.stat().st_size > 5000 for path in pictures)
        assert len(pd.read_csv(numbers))
    bare = Run(tmp_path, make_rows(("task", 0, 0.5)), MANIFEST, None, None)
    assert not section(bare).tables
