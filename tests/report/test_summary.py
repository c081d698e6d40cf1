import math
from dataclasses import replace

import pandas as pd
import pytest

from probing.report.gather import gather
from probing.report.summary import (
    centre_of_gravity,
    expected_layer,
    layer_scores,
    majority_or_floor,
    probed,
    shown_models,
    summary,
    summary_table,
)


def test_centre_of_gravity_against_hand_computation():
    # gains over 0.2: 0, .2, .6, below the floor -> (1 × .2 + 2 × .6) / .8
    assert centre_of_gravity([0.2, 0.4, 0.8, 0.1], floor=0.2) == pytest.approx(1.75)
    assert math.isnan(centre_of_gravity([0.1, 0.2], floor=0.3))


def test_expected_layer_against_hand_computation():
    # what layers add to the best so far: .3 by layer 1, none by 2, .1 by 3 -> (1 × .3 + 3 × .1) / .4
    assert expected_layer([0.5, 0.8, 0.7, 0.9]) == pytest.approx(1.5)
    assert math.isnan(expected_layer([0.9, 0.8, 0.7]))


def test_the_summary_scores_each_condition_at_the_layer_that_dev_chose(make_run):
    folder = make_run("pos", (0.5, 0.9, 0.7), dev=(0.5, 0.6, 0.7))
    conditions, _ = gather([folder])
    line = summary_table(conditions).iloc[0]
    table = conditions[0].table
    assert line["best_layer"] == 2
    assert line["score"] == table["score"][2]
    assert line["selectivity"] == pytest.approx(table["score"][2] - 0.5)
    assert line["centre_of_gravity"] == centre_of_gravity(table["score"].tolist(), floor=0.3)
    assert line["expected_layer"] == expected_layer(table["score"].tolist())


def test_the_range_over_seeds_is_that_of_the_chosen_layer(make_run):
    conditions, _ = gather([make_run("distance", (0.4, 0.6), seed=seed) for seed in (0, 1, 2)])
    line = summary_table(conditions).iloc[0]
    task = conditions[0].rows.query("target == 'task' and split == 'test' and layer == 1")
    assert (line["seeds"], line["seed_low"], line["seed_high"]) == (3, task["value"].min(), task["value"].max())
    assert line["score"] == pytest.approx(task["value"].mean())


def test_without_statistics_per_sentence_a_mean_over_seeds_has_no_interval(make_run):
    folders = [make_run("distance", (0.4, 0.6), seed=seed) for seed in (0, 1)]
    for folder in folders:
        (folder / "sentences.parquet").unlink()
    table = summary_table(gather(folders)[0])
    assert table[["ci_low", "ci_high"]].isna().all(axis=None)
    assert table["may_be_best"].tolist() == [""]
    assert shown_models(table)["score"].tolist() == [f"{table['score'][0]:.3f}"]


def test_a_mean_over_seeds_has_an_interval_and_the_range_of_seeds_is_named_as_one(make_run):
    conditions, _ = gather([make_run("distance", (0.4, 0.6), seed=seed) for seed in (0, 1)])
    table = summary_table(conditions)
    [line] = shown_models(table).to_dict("records")
    ends = [table[name][0] for name in ("score", "ci_low", "ci_high")]
    assert line["score"] == "{:.3f} [{:.3f}, {:.3f}]".format(*ends)
    assert ends[1] < ends[0] < ends[2]
    assert (line["chosen on dev"], line["may be best"]) == ("1 (of 0 and 1)", "1")
    assert line["lowest to highest seed"] == f"{table['seed_low'][0]:.3f} to {table['seed_high'][0]:.3f}"


def test_single_draws_of_a_control_are_no_seeds(make_run):
    [[one], _] = gather([make_run("distance", (0.4, 0.6))])
    draws = one.rows[one.rows["target"].isin(["control", "selectivity"])].assign(draw=1, value=0.9)
    with_draws = replace(one, rows=pd.concat([one.rows, draws], ignore_index=True))
    assert layer_scores(with_draws, 0) == layer_scores(one, 0)
    pd.testing.assert_frame_equal(with_draws.table, one.table)
    assert with_draws.table["control"].tolist() == [0.5, 0.5]


def test_depth_in_layers_is_left_out_unless_every_layer_from_0_was_probed(make_run):
    conditions, _ = gather([make_run("distance", (0.4, 0.6), first=1)])
    line = summary_table(conditions).iloc[0]
    assert math.isnan(line["centre_of_gravity"])
    assert math.isnan(line["expected_layer"])


def test_without_control_the_table_says_so(make_run):
    conditions, _ = gather([make_run("distance", control=False)])
    assert shown_models(summary_table(conditions))["selectivity"].tolist() == ["–"]


def test_correlations_stand_on_zero_whatever_the_majority_scores(make_run):
    table = gather([make_run("depth")])[0][0].table.assign(majority=-0.2)
    assert majority_or_floor(table, "nspr") == 0
    assert majority_or_floor(table, "accuracy") == -0.2


def test_a_part_of_the_layers_has_no_centre_of_gravity(make_run):
    [part], _ = gather([make_run("pos", (0.5, 0.8, 0.7), name="part", model_layers=6)])
    line = summary(part)
    assert math.isnan(line["centre_of_gravity"]) and math.isnan(line["expected_layer"])
    [whole], _ = gather([make_run("pos", (0.5, 0.8, 0.7), name="whole", model_layers=2)])
    assert not math.isnan(summary(whole)["centre_of_gravity"])


def test_layers_are_named_as_they_were_probed():
    assert [probed(layers) for layers in ([0, 1, 2], [0, 3, 6], [4], [0, 1])] == ["0–2", "0, 3 and 6", "4", "0 and 1"]
