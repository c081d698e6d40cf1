import json

import pytest

from probing.errors import DataError
from probing.report.gather import gather


def test_a_sweep_over_layers_joins_into_one_curve(make_run):
    scores = (0.4, 0.6, 0.7)
    sweep = [make_run("distance", (score,), first=i, name=f"layer{i}") for i, score in enumerate(scores)]
    (condition,), notes = gather(sweep)
    assert condition.table["layer"].tolist() == [0, 1, 2]
    assert condition.best == 2
    assert condition.table["majority"].isna().all()
    assert condition.table["chain"].tolist() == [0.3] * 3
    assert notes == []


def test_seeds_are_averaged_in_one_condition(make_run):
    folders = [make_run("distance", (0.4, 0.6), seed=seed) for seed in (0, 1)]
    both, _ = gather(folders)
    single = [gather([folder])[0][0].table["score"] for folder in folders]
    assert len(both) == 1
    assert both[0].seeds == [0, 1]
    assert both[0].table["score"].tolist() == pytest.approx(((single[0] + single[1]) / 2).tolist())


def test_runs_of_other_settings_are_conditions_of_their_own_that_say_how_they_differ(make_run):
    configs = [{"probe": {"rank": rank}, "seed": 0, "layers": "all"} for rank in (16, 64)]
    conditions, _ = gather([make_run("distance", config=config, name=f"{i}") for i, config in enumerate(configs)])
    assert [condition.model for condition in conditions] == ["tiny · probe.rank=16", "tiny · probe.rank=64"]


def test_settings_that_change_no_measurement_do_not_part_runs(make_run):
    settings = {"probe": {"l2": [0.1]}, "seed": 0, "store": {"folder": "a", "dtype": "float16"}}
    other = settings | {"threads": 2, "nulls": 1, "store": {"folder": "b", "dtype": "float16"}}
    conditions, _ = gather([make_run("distance", config=c, name=f"{i}") for i, c in enumerate((settings, other))])
    assert [condition.model for condition in conditions] == ["tiny"]


def test_the_type_that_a_store_has_counts_and_not_what_was_typed(make_run):
    folders = [
        make_run("distance", config={"seed": 0, "store": {"dtype": typed}}, name=f"{i}", store={"dtype": stored})
        for i, (typed, stored) in enumerate([("auto", "float16"), ("float16", "float16"), ("auto", "float32")])
    ]
    conditions, _ = gather(folders)
    assert [(condition.model, len(condition.runs)) for condition in conditions] == [
        ("tiny · store.dtype=float16", 2),
        ("tiny · store.dtype=float32", 1),
    ]


def test_the_same_run_twice_counts_once_and_a_contradiction_is_said(make_run):
    folder = make_run("distance", (0.4, 0.6), name="a")
    again = make_run("distance", (0.4, 0.6), name="b")
    (condition,), notes = gather([folder, folder, again])
    assert len(condition.rows) == len(gather([folder])[0][0].rows)
    assert notes == []
    text = (again / "rows.csv").read_text().replace(",0.5,", ",0.25,")
    (again / "rows.csv").write_text(text)
    assert "rows differ between folders" in gather([folder, again])[1][0]


def test_stand_ins_are_not_joined_with_the_real_one(make_run):
    stand_in = {"name": "tiny", "requested": "bert", "stand_in": True}
    conditions, _ = gather([make_run("distance", name="a"), make_run("distance", name="b", checkpoint=stand_in)])
    assert [condition.model for condition in conditions] == ["tiny", "tiny (stand-in for bert)"]


def test_nothing_to_compare_and_bad_folders_are_refused(make_run, tmp_path):
    with pytest.raises(DataError, match="nothing to compare"):
        gather([])
    with pytest.raises(DataError, match="nowhere"):
        gather([make_run("distance"), tmp_path / "nowhere"])


def test_a_manifest_of_another_tool_is_refused(make_run):
    folder = make_run("distance")
    (folder / "manifest.json").write_text(json.dumps([1, 2]))
    with pytest.raises(DataError, match=str(folder)):
        gather([folder])
