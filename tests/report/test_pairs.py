import pandas as pd
import pytest

from probing.report.gather import gather
from probing.report.pairs import pair_layers, pair_models, shown_pairs, verdict
from probing.result.bootstrap import resample_counts, resampled, scores
from probing.result.statistics import Statistics
from probing.rng import generator

OTHER_DATA = {"name": "toy", "requested": "toy", "stand_in": False, "fingerprint": "other"}


@pytest.mark.parametrize(("task", "higher"), [("pos", 0.9), ("depth", 0.9), ("distance", 0.8)])
def test_a_planted_difference_is_found_and_none_is_not(make_run, task, higher):
    scores = {"best": (0.5, higher), "even": (0.5, higher - 0.15), "same": (0.5, higher - 0.15)}
    conditions, _ = gather([make_run(task, score, model=model) for model, score in scores.items()])
    pairs, notes = pair_models(conditions)
    found = {(line.first, line.second): line for line in pairs.itertuples()}
    assert found["best", "even"].ci_low > 0
    assert found["best", "same"].ci_low > 0
    assert found["even", "same"].ci_low < 0 < found["even", "same"].ci_high
    assert pairs["sentences"].tolist() == [150] * 3
    assert notes == []


def test_the_difference_is_that_of_the_scores_at_the_layers_dev_chose(make_run):
    folders = [make_run("distance", (0.7, 0.5), dev=(0.1, 0.2), model="a"), make_run("distance", (0.6, 0.9), model="b")]
    (a, b), _ = gather(folders)
    line = pair_models([a, b])[0].iloc[0]
    assert (line["first_layer"], line["second_layer"]) == (1, 1)
    assert line["difference"] == pytest.approx(a.table["score"][1] - b.table["score"][1])


def test_a_rise_from_layer_to_layer_is_real_only_where_it_was_planted(make_run):
    conditions, _ = gather([make_run("distance", (0.4, 0.7, 0.7))])
    steps = pair_layers(conditions).set_index("to")
    assert steps.loc[1, "ci_low"] > 0
    assert steps.loc[2, "ci_low"] < 0 < steps.loc[2, "ci_high"]


def test_layers_that_do_not_adjoin_are_not_compared(make_run):
    conditions, _ = gather([make_run("distance", (0.4,), name="a"), make_run("distance", (0.7,), first=2, name="b")])
    assert pair_layers(conditions).empty


def test_only_common_sentences_count_and_the_others_are_reported(make_run):
    folders = [make_run("distance", model=model) for model in ("a", "b")]
    table = pd.read_parquet(folders[1] / "sentences.parquet")
    table = table[~table["sentence"].isin(["s0", "s1"])]
    table.sample(frac=1, random_state=0).to_parquet(folders[1] / "sentences.parquet")  # order must not matter
    line = pair_models(gather(folders)[0])[0].iloc[0]
    assert (line["sentences"], line["left_out"]) == (148, 2)


def test_runs_on_other_data_or_without_statistics_are_not_paired_and_that_is_said(make_run):
    folders = [make_run("distance", model="a"), make_run("distance", model="b", data=OTHER_DATA)]
    pairs, notes = pair_models(gather(folders)[0])
    assert pairs.empty
    assert "not paired" in notes[0]
    folders = [make_run("distance", model=model) for model in ("c", "d")]
    (folders[0] / "sentences.parquet").unlink()
    pairs, notes = pair_models(gather(folders)[0])
    assert pairs.empty
    assert len(notes) == 1


def test_several_seeds_are_paired_on_the_seeds_that_both_have(make_run):
    folders = [make_run("distance", model="a", seed=seed) for seed in (0, 1)]
    folders.append(make_run("distance", model="b", seed=1))
    line = pair_models(gather(folders)[0])[0].iloc[0]
    one, two = (gather([folder])[0][0].table.query("best")["score"].iloc[0] for folder in folders[1:])
    assert line["difference"] == pytest.approx(one - two)
    assert line["sentences"] == 150


def test_a_family_has_wider_intervals_than_its_members_and_its_own_p_values(make_run):
    folders = [make_run("distance", (0.5, 0.6), model=model) for model in ("a", "b", "c", "d")]
    pairs = pair_models(gather(folders)[0])[0]
    assert len(pairs) == 6
    assert ((pairs["joint_high"] - pairs["joint_low"]) > 1.1 * (pairs["ci_high"] - pairs["ci_low"])).all()
    assert ((pairs["joint_low"] > 0) | (pairs["joint_high"] < 0)).equals(pairs["p_adjusted"] < 0.05)
    shown = shown_pairs(pairs)
    assert shown["verdict"].tolist() == [
        verdict(*ends) for ends in zip(pairs["joint_low"], pairs["joint_high"], strict=True)
    ]
    assert shown["p"].tolist() == ["≤ 0.001" if p == 1 / 1001 else f"{p:.3f}" for p in pairs["p_adjusted"]]


def test_one_comparison_needs_no_adjustment(make_run):
    pairs = pair_models(gather([make_run("distance", (0.5, 0.6), model=model) for model in ("a", "b")])[0])[0].iloc[0]
    assert pairs["joint_high"] - pairs["joint_low"] == pytest.approx(pairs["ci_high"] - pairs["ci_low"], rel=0.1)


def test_families_are_of_one_task(make_run):
    alone = pair_models(gather([make_run("distance", (0.5, 0.6), model=m, name="x") for m in ("a", "b")])[0])[0].iloc[0]
    folders = [make_run(task, (0.5, 0.6), model=model) for task in ("pos", "distance") for model in ("a", "b")]
    both = pair_models(gather(folders)[0])[0].set_index("task")
    assert both.loc["distance", "joint_low"] == alone["joint_low"]


def test_seeds_are_resampled_with_the_sentences(make_run):
    one = [make_run("distance", (0.6,), model="a", seed=0), make_run("distance", (0.6,), model="b", seed=0)]
    two = one + [make_run("distance", (0.4,), model="a", seed=1), make_run("distance", (0.8,), model="b", seed=1)]
    widths = [line["ci_high"] - line["ci_low"] for line in (pair_models(gather(f)[0])[0].iloc[0] for f in (one, two))]
    assert widths[1] > 3 * widths[0]  # differences of 0 and −.4: seeds vary more than sentences do


def test_verdicts_follow_the_interval():
    assert verdict(0.01, 0.2) == "higher"
    assert verdict(-0.2, -0.01) == "lower"
    assert verdict(-0.1, 0.1) == verdict(float("nan"), float("nan")) == "not clear"


def test_tasks_of_different_metrics_are_never_in_one_pair(make_run):
    folders = [make_run("pos", model="a"), make_run("depth", model="a"), make_run("pos", model="b")]
    pairs, _ = pair_models(gather(folders)[0])
    assert pairs[["task", "first", "second"]].to_numpy().tolist() == [["pos", "a", "b"]]


def test_intervals_are_those_of_resamples_that_the_number_of_sentences_names(make_run):
    conditions, _ = gather([make_run("distance", (0.5, 0.6))])
    steps = pair_layers(conditions).iloc[0]
    statistics = [conditions[0].runs[0].sentences.query(f"target == 'task' and layer == {layer}") for layer in (1, 0)]
    sides = [Statistics("uuas", table[["s0", "s1", "s2", "s3"]].to_numpy(dtype=float)) for table in statistics]
    order = [table["sentence"].argsort(kind="stable") for table in statistics]
    sides = [Statistics("uuas", side.values[at]) for side, at in zip(sides, order, strict=True)]
    counts = resample_counts(150, 1000, generator(0, "paired", "150"))
    first_score, second_score = (resampled(side, counts) for side in sides)
    [score] = scores(first_score - second_score)
    assert (steps["difference"], steps["ci_low"], steps["ci_high"]) == (score.value, score.ci_low, score.ci_high)
