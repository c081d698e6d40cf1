import numpy as np
import pandas as pd
import pytest

from probing.report.load import load_run
from probing.report.tables import banded, class_table, layer_table, shown_layers, write_tables

DEV = {"split": "dev"}


@pytest.fixture
def rows(make_rows):
    return make_rows(
        ("task", 0, 0.6),
        ("task", 1, 0.9),
        ("task", 2, 0.8),
        ("task", 0, 0.5, DEV),
        ("task", 1, 0.7, DEV),
        ("task", 2, 0.75, DEV),
        ("control", 0, 0.3),
        ("control", 1, 0.4),
        ("control", 1, 0.3, {"draw": 0}),
        ("control", 1, 0.5, {"draw": 1}),
        ("control", 2, 0.4, {"seed": 1}),
        ("control", 2, 0.2),
        ("selectivity", 0, 0.3),
        ("selectivity", 1, 0.4),
        ("selectivity", 2, 0.6),
        ("majority", None, 0.25),
        ("type_majority", None, 0.55),
        ("untrained", 1, 0.45),
        ("task", 1, 0.1, {"metric": "macro_f1"}),
    )


def test_layer_table_shows_test_scores_and_marks_the_layer_that_dev_chose(rows):
    table = layer_table(rows, "accuracy")
    assert table["layer"].tolist() == [0, 1, 2]
    assert table["score"].tolist() == [0.6, 0.9, 0.8]
    assert table["ci_low"].tolist() == pytest.approx([0.59, 0.89, 0.79])
    assert table["best"].tolist() == [False, False, True]  # test alone would have chosen layer 1


def test_a_control_of_several_draws_is_shown_by_its_score_over_all_with_that_scores_interval(rows):
    line = layer_table(rows, "accuracy").loc[1]
    assert line[["control", "control_low", "control_high"]].tolist() == pytest.approx([0.4, 0.39, 0.41])
    assert line["selectivity"] == pytest.approx(0.4)


def test_a_mean_over_seeds_that_differ_has_no_interval(rows):
    line = layer_table(rows, "accuracy").loc[2]
    assert line["control"] == pytest.approx(0.3)
    assert np.isnan(line["control_low"]) and np.isnan(line["control_high"])


def test_baselines_stand_beside_every_layer_and_absent_ones_are_nan(rows):
    table = layer_table(rows, "accuracy")
    assert table["majority"].tolist() == [0.25] * 3
    assert table["type_majority"].tolist() == [0.55] * 3
    assert table["chain"].isna().all()
    assert table["untrained"].tolist() == pytest.approx([np.nan, 0.45, np.nan], nan_ok=True)


def test_the_text_leaves_out_columns_that_hold_nothing(make_rows):
    shown = shown_layers(layer_table(make_rows(("task", 0, 0.5)), "accuracy"), "accuracy")
    assert shown.columns.tolist() == ["layer", "acc.", "95 % interval"]
    assert shown.iloc[0].tolist() == ["0 *", "0.500", "[0.490, 0.510]"]


def test_f1_by_class_against_hand_counts():
    gold, first, second = list("aaab"), list("aabb"), list("aaac")
    predictions = pd.DataFrame({"layer": [0] * 4 + [1] * 4, "gold": gold * 2, "predicted": first + second})
    table = class_table(predictions).set_index("class")
    assert table["support"].to_dict() == {"a": 3, "b": 1, "c": 0}
    assert table[0].to_dict() == pytest.approx({"a": 4 / 5, "b": 2 / 3, "c": np.nan}, nan_ok=True)
    assert table[1].to_dict() == {"a": 1, "b": 0, "c": 0}
    assert table.index.tolist() == ["a", "b", "c"]  # by support


def test_write_tables_bolds_the_best_layer_and_keeps_all_digits(make_run):
    folder = make_run("pos", (0.6, 0.8, 0.9), dev=(0.6, 0.9, 0.8))
    run = load_run(folder)
    names = {path.name for path in write_tables(run, banded(run))}
    assert names == {f"{table}.{suffix}" for table in ("layers", "classes") for suffix in ("csv", "md", "tex")}
    bold = [line for line in (folder / "tables" / "layers.tex").read_text().splitlines() if "textbf" in line]
    assert len(bold) == 1
    assert bold[0].startswith(r"\textbf{1 *}")
    saved = [line.split(",")[1] for line in (folder / "tables" / "layers.csv").read_text().splitlines()]
    assert saved == ["score", *map(repr, layer_table(load_run(folder).rows, "accuracy")["score"].tolist())]
    assert r"A\&B\_\%" in (folder / "tables" / "classes.tex").read_text()


@pytest.mark.parametrize("task", ["depth", "distance"])
def test_scalar_tasks_have_no_table_by_class(make_run, task):
    run = load_run(make_run(task))
    assert {path.stem for path in write_tables(run, banded(run))} == {"layers"}


def test_a_metric_measured_on_train_alone_is_shown_beside_one_measured_on_test(make_rows):
    bits = {"metric": "codelength_bits", "split": "train"}
    rows = make_rows(("task", 0, 0.5), ("task", 0, 900.0, bits), ("task", 1, 300.0, bits))
    table = layer_table(rows, "codelength_bits")
    assert table["score"].tolist() == [900.0, 300.0]
    assert table["best"].tolist() == [False, True]
