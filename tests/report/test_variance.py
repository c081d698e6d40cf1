"""Sources of variance from runs that differ in one choice alone; curves over training steps."""

import numpy as np
import pytest

from probing.report.compare import compare
from probing.report.gather import gather
from probing.report.training_steps import steps_table, write_steps
from probing.report.variance import shown_variance, variance_table


def lines(table, factor):
    return table[table["factor"] == factor]


def test_model_seeds_are_compared_and_their_mean_has_an_interval_over_seeds_and_sentences(make_run):
    planted = (0.70, 0.74, 0.78, 0.82)
    folders = [make_run(test=(0.5, value, 0.5), model=f"bert-seed{k}") for k, value in enumerate(planted)]
    conditions, _ = gather(folders)
    table = variance_table(conditions)
    assert table["factor"].tolist() == ["model seed"]
    line = table.iloc[0]
    assert (line["values"], line["layer"], line["of"]) == (4, 1, "bert")
    scores = [one.table.set_index("layer").loc[1, "score"] for one in conditions]
    assert line["score"] == pytest.approx(np.mean(scores))
    assert line["sd"] == pytest.approx(np.std(scores, ddof=1))
    assert line["sd"] > 2 * line["se"]  # seeds differ by more than sentences let a score vary
    of_seeds = line["ci_high"] - line["ci_low"]
    assert of_seeds > 2 * 1.96 * line["se"]
    assert line["ci_low"] < line["score"] < line["ci_high"]


def test_runs_that_differ_in_two_choices_are_not_compared(make_run):
    folders = [make_run(model="a-seed0", seed=0), make_run(model="a-seed1", seed=1)]
    assert variance_table(gather(folders)[0]).empty
    folders += [make_run(model="a-seed0", seed=1)]
    table = variance_table(gather(folders)[0])
    assert sorted(table["factor"]) == ["model seed", "seed"]
    assert table["values"].tolist() == [2, 2]


def test_checkpoints_and_steps_are_factors_of_their_own(make_run):
    folders = [make_run(model=name) for name in ("a@step1", "a@step2", "b@step1")]
    table = variance_table(gather(folders)[0])
    assert lines(table, "training step")["of"].tolist() == ["a"]
    assert lines(table, "checkpoint")["of"].tolist() == ["a, b, training step 1"]


def test_the_text_has_one_digit_more_for_deviations(make_run):
    table = variance_table(gather([make_run(model="a-seed0"), make_run(model="a-seed1")])[0])
    shown = shown_variance(table)
    assert len(shown["sd"].iloc[0].partition(".")[2]) == 4
    assert shown["mean score"].iloc[0].count("[") == 1


def test_several_draws_of_a_control_vary(make_run):
    folder = make_run()
    text = (folder / "rows.csv").read_text().splitlines()
    head = text[0].split(",")
    added = []
    for line in text[1:]:
        cells = dict(zip(head, line.split(","), strict=True))
        if cells["target"] == "control":
            added += [",".join((cells | {"draw": str(k), "value": str(0.4 + 0.2 * k)}).values()) for k in range(2)]
    (folder / "rows.csv").write_text("\n".join([*text, *added]) + "\n")
    table = variance_table(gather([folder])[0])
    [line] = table.to_dict("records")
    assert line["factor"].startswith("control draw")
    assert (line["values"], line["score"]) == (2, pytest.approx(0.5))
    assert line["sd"] == pytest.approx(np.std([0.4, 0.6], ddof=1)) == pytest.approx(line["sd_layers"])


def test_a_curve_over_steps_is_on_the_page(make_run, tmp_path):
    scores = {1: 0.5, 10: 0.6, 1000: 0.85}
    folders = [make_run(test=(0.4, score, 0.45), model=f"tiny@step{step}") for step, score in scores.items()]
    page = compare(folders, tmp_path / "report")
    text = page.read_text()
    assert "Training steps" in text and "Sources of variance" in text
    table = steps_table(gather(folders)[0])
    assert table["step"].tolist() == [1, 10, 1000]
    assert table["best_layer"].tolist() == [1, 1, 1]
    assert table["score"].is_monotonic_increasing
    assert (tmp_path / "report" / "figures" / "steps-pos-toy-linear-accuracy.png").stat().st_size > 5000
    assert write_steps(table.iloc[1:], tmp_path / "two")  # fewer than two decades: a linear axis


def test_one_step_makes_no_curve(make_run):
    assert steps_table(gather([make_run(model="a@step1"), make_run(model="b@step1")])[0]).empty
