import json

import pytest

from probing.errors import DataError
from probing.report.load import best_layer, heading, load_run, shown_predictions, shown_split

DEV = {"split": "dev"}


def test_best_layer_is_chosen_on_dev_and_not_on_test(make_rows):
    rows = make_rows(("task", 0, 0.9), ("task", 1, 0.5), ("task", 0, 0.6, DEV), ("task", 1, 0.7, DEV))
    assert best_layer(rows, "accuracy") == 1


def test_ties_on_dev_go_to_the_lowest_layer(make_rows):
    rows = make_rows(("task", 2, 0.7, DEV), ("task", 1, 0.7, DEV), ("task", 0, 0.6, DEV))
    assert best_layer(rows, "accuracy") == 1


def test_best_layer_averages_seeds(make_rows):
    scores = [(0, 0, 0.9), (0, 1, 0.5), (1, 0, 0.8), (1, 1, 0.8)]
    lines = [("task", layer, value, {"seed": seed, **DEV}) for layer, seed, value in scores]
    assert best_layer(make_rows(*lines), "accuracy") == 1


def test_the_shortest_code_is_the_best(make_rows):
    bits = {"metric": "codelength_bits", "split": "train"}
    rows = make_rows(("task", 0, 900.0, bits), ("task", 1, 300.0, bits), ("task", 2, 500.0, bits))
    assert best_layer(rows, "codelength_bits") == 1
    assert best_layer(rows, "accuracy") is None


def test_test_is_shown_and_dev_only_where_there_is_no_test(make_rows):
    assert shown_split(make_rows(("task", 0, 0.9, DEV), ("task", 0, 0.9))) == "test"
    assert shown_split(make_rows(("task", 0, 0.9, DEV))) == "dev"


@pytest.mark.parametrize("name", ["rows.csv", "manifest.json"])
def test_a_folder_without_a_file_is_named(make_run, name):
    folder = make_run()
    (folder / name).unlink()
    with pytest.raises(DataError, match=f"{folder}.*{name}"):
        load_run(folder)


def test_a_damaged_or_incomplete_manifest_is_named(make_run):
    folder = make_run()
    (folder / "manifest.json").write_text("{")
    with pytest.raises(DataError, match=str(folder)):
        load_run(folder)
    (folder / "manifest.json").write_text(json.dumps({"metric": "accuracy"}))
    with pytest.raises(DataError, match="has no run_id"):
        load_run(folder)


def test_rows_without_the_primary_metric_are_refused(make_run):
    with pytest.raises(DataError, match="metric=uuas"):
        load_run(make_run(metric="uuas"))


def test_stand_ins_are_part_of_every_heading(make_run):
    checkpoint = {"name": "minilm", "requested": "bert", "stand_in": True}
    run = load_run(make_run(model="minilm", checkpoint=checkpoint))
    assert heading(run) == "minilm (stand-in for bert) · toy · pos"


def test_pairs_have_no_predictions_and_that_is_no_error(make_run):
    assert shown_predictions(load_run(make_run("distance"))).empty
