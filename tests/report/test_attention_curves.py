from dataclasses import replace

import pandas as pd
import pytest

from probing.report.attention_curves import attention_curves, shown_curves, write_curves
from probing.report.gather import Condition

STYLES = {"m": ("#000000", "o")}
GOLD = "rollout on the gold head ÷ on a matched word"


def condition(*runs, task="pos"):
    return Condition("m", "d", task, "linear", "accuracy", runs[0].rows, runs)


def rollout(run_with, first, **setting):
    run = run_with(
        "rollout", [("all", layer, first + layer / 10, {"metric": "gold_head_over_matched_word"}) for layer in (1, 2)]
    )
    config = {**run.manifest["config"], **setting}
    return replace(run, manifest={**run.manifest, "config": config})


def test_a_single_run_keeps_the_intervals_of_its_rows(run_with):
    curves = attention_curves([condition(rollout(run_with, 0.1))])
    assert curves["what"].tolist() == [GOLD] * 2
    assert curves["value"].tolist() == pytest.approx([0.2, 0.3])
    assert curves["ci_low"].tolist() == pytest.approx([0.19, 0.29])
    [line] = shown_curves(curves).to_dict("records")
    assert line == {"what": GOLD, "model": "m", "data": "d", "task": "pos"} | {
        "layer 1": "0.200 [0.190, 0.210]",
        "layer 2": "0.300 [0.290, 0.310]",
    }


def test_a_mean_over_seeds_that_differ_has_no_interval(run_with):
    curves = attention_curves([condition(rollout(run_with, 0.1), rollout(run_with, 0.3))])
    assert curves["value"].tolist() == pytest.approx([0.3, 0.4])
    assert curves[["ci_low", "ci_high"]].isna().all(axis=None)
    assert shown_curves(curves)["layer 1"].tolist() == ["0.300"]


def test_runs_that_differ_in_a_setting_of_rollout_are_not_averaged(run_with):
    runs = [rollout(run_with, 0.1, rollout={"residual_weight": w}, threads=w) for w in (0.0, 0.5)]
    curves = attention_curves([condition(*runs)])
    assert curves["model"].unique().tolist() == ["m · rollout.residual_weight=0.0", "m · rollout.residual_weight=0.5"]
    assert curves["ci_low"].notna().all()


def test_effects_on_different_outputs_are_not_averaged(run_with):
    lines = [[(f"probe on layer {k}", 1, k / 10, {"metric": "effect_nats", "probe": "ablation_layer"})] for k in (1, 2)]
    curves = attention_curves([condition(*(run_with("ablation", of) for of in lines))])
    assert curves["output"].tolist() == ["probe on layer 1", "probe on layer 2"]
    assert curves["value"].tolist() == [0.1, 0.2]
    assert shown_curves(curves)["output"].tolist() == ["probe on layer 1", "probe on layer 2"]


def test_rows_of_single_heads_and_of_dev_make_no_curve(run_with):
    heads = {"metric": "entropy_nats", "probe": "attention"}
    lines = [("all", 1, 0.5, {**heads, "head": 0}), ("all", 1, 0.7, {**heads, "split": "dev"})]
    assert attention_curves([condition(run_with("heads", lines))]).empty


def test_a_panel_per_curve_and_no_empty_panel(run_with, tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr("probing.report.attention_curves.save", lambda made, stem, data: drawn.update(made=made) or [])
    curves = attention_curves([condition(rollout(run_with, 0.1))])
    three = [curves.assign(what=name) for name in ("one", "two", "three")]
    write_curves(pd.concat(three, ignore_index=True), STYLES, tmp_path / "attention")
    visible = [axes.get_title() for axes in drawn["made"].axes if axes.get_visible()]
    assert visible == ["one", "two", "three"]


def test_figures_are_written_and_none_without_curves(run_with, tmp_path):
    paths = write_curves(attention_curves([condition(rollout(run_with, 0.1))]), STYLES, tmp_path / "attention")
    assert [path.name for path in paths] == ["attention.png", "attention.pdf", "attention.csv"]
    empty = attention_curves([condition(run_with("rollout", []))])
    assert write_curves(empty, STYLES, tmp_path / "none") == []


def test_a_model_has_its_colour_in_every_panel_and_settings_of_attention_change_it_not(run_with, tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr("probing.report.attention_curves.save", lambda made, stem, data: drawn.update(made=made) or [])
    runs = [rollout(run_with, 0.1, rollout={"residual_weight": w}) for w in (0.0, 0.5)]
    write_curves(attention_curves([condition(*runs)]), {"m": ("#123456", "o")}, tmp_path / "attention")
    lines = [line for axes in drawn["made"].axes for line in axes.lines if line.get_marker() not in ("None", "")]
    assert [line.get_color() for line in lines] == ["#123456", "#123456"]
    assert len({line.get_marker() for line in lines}) == 2
