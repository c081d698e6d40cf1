import json
import re

import pandas as pd
import pytest

from probing.report.compare import compare
from probing.result.checksums import UNCHECKED, signed
from probing.result.rows import read_rows

from .one_file import loads_nothing, without_links


def test_models_tasks_and_layers_are_compared_from_the_folders_alone(make_run, tmp_path):
    folders = [make_run(task, (0.5, 0.7, 0.9), model=model) for task in ("pos", "distance") for model in ("a", "b")]
    out = tmp_path / "report"
    page = without_links(compare(folders, out).read_text(encoding="utf-8"))
    tables = {path.name for path in (out / "tables").iterdir()}
    names = ("models", "tasks", "paired_models", "paired_layers", "variance")
    assert tables == {f"{name}.{suffix}" for name in names for suffix in ("csv", "md", "tex")}
    figures = {path.name for path in (out / "figures").iterdir()}
    stems = ("pos-toy-linear-accuracy", "distance-toy-linear-uuas", "tasks")
    assert figures == {f"{stem}.{suffix}" for stem in stems for suffix in ("png", "pdf", "csv")}
    assert len(read_rows(out / "rows.csv")) == sum(len(read_rows(folder / "rows.csv")) for folder in folders)
    assert "single-layer analogues of Tenney et al. 2019" in page
    assert len(re.findall(r"<img src=\"data:image/png;base64,", page)) == 3
    assert loads_nothing(page)


def test_one_run_is_enough_and_a_second_time_gives_the_same_bytes(make_run, tmp_path):
    folder = make_run("distance", (0.7,), control=False)
    first = compare([folder], tmp_path / "one").read_bytes()
    assert compare([folder], tmp_path / "two").read_bytes() == first
    assert not (tmp_path / "one" / "tables" / "paired_models.csv").exists()


def test_a_stand_in_is_labelled_in_table_and_page(make_run, tmp_path):
    stand_in = {"name": "minilm", "requested": "<b>bert</b>", "stand_in": True}
    page = compare([make_run("distance", model="minilm", checkpoint=stand_in)], tmp_path / "report")
    assert "minilm (stand-in for &lt;b&gt;bert" in page.read_text(encoding="utf-8")
    assert "stand-in" in (tmp_path / "report" / "tables" / "models.csv").read_text()


def test_an_analysis_that_failed_is_named_on_the_page(make_run, tmp_path):
    folder = make_run("distance", failed={"agreement": "no sentence is <short>"})
    page = without_links(compare([folder], tmp_path / "report").read_text(encoding="utf-8"))
    assert f"agreement failed in {folder}: no sentence is &lt;short&gt;" in page


def test_a_run_without_checksums_is_named_on_the_page(make_run, tmp_path):
    folder = make_run("distance")
    page = without_links(compare([folder], tmp_path / "report").read_text(encoding="utf-8"))
    assert f"1 of 1 runs: {UNCHECKED}: {folder}" in page
    manifest = json.loads((folder / "manifest.json").read_text())
    names = [path.name for path in folder.iterdir() if path.name != "manifest.json"]
    (folder / "manifest.json").write_text(json.dumps(signed(manifest, folder, names)))
    assert UNCHECKED not in compare([folder], tmp_path / "again").read_text(encoding="utf-8")


def test_the_page_does_not_call_a_mean_of_ends_an_interval(make_run, tmp_path):
    folders = [make_run("distance", (0.5, 0.7), seed=seed) for seed in (0, 1)]
    page = without_links(compare(folders, tmp_path / "report").read_text(encoding="utf-8"))
    assert "ends of their intervals" not in page
    assert "resamples draw sentences and seeds" in page
    [line] = pd.read_csv(tmp_path / "report" / "tables" / "models.csv").to_dict("records")
    own = [
        pd.read_csv(folder / "rows.csv").query("target == 'task' and split == 'test' and layer == 1")
        for folder in folders
    ]
    assert line["ci_low"] != pytest.approx(sum(float(rows["ci_low"].iloc[0]) for rows in own) / 2, abs=1e-6)
    assert line["ci_low"] < line["score"] < line["ci_high"]


def test_sentences_in_words_follow_the_intervals_of_the_whole_family_and_its_name_stands_at_the_tables(
    make_run, tmp_path
):
    folders = [make_run("distance", (0.5, 0.7), model=model) for model in ("a", "b", "c", "d", "e")]
    page = without_links(compare(folders, tmp_path / "report").read_text(encoding="utf-8"))
    table = pd.read_csv(tmp_path / "report" / "tables" / "paired_models.csv")
    clear = (table["joint_low"] > 0) | (table["joint_high"] < 0)
    assert page.count("No clear difference") == min(8, (~clear).sum())
    assert page.count("Differences between models, paired by sentence") == 1
    assert page.count("Intervals are simultaneous") == 2


def test_a_choice_of_dev_that_is_worse_on_test_is_a_note(make_run, tmp_path):
    folder = make_run("distance", (0.4, 0.5, 0.8), dev=(0.4, 0.9, 0.8))
    page = without_links(compare([folder], tmp_path / "report").read_text(encoding="utf-8"))
    assert "tiny, distance on toy: Dev chose layer 1, which is worse than layer 2 by 0.3" in page


def test_attention_of_runs_is_compared_with_its_sample_and_not_shown_where_there_is_none(
    make_run, run_with, add_analysis, tmp_path
):
    folders = [make_run("distance", (0.5, 0.7), model=model) for model in ("a", "b")]
    page = without_links(compare(folders, tmp_path / "without").read_text(encoding="utf-8"))
    assert ">Attention</h2>" not in page
    lines = [("all", layer, 0.2, {"metric": "gold_head_over_matched_word"}) for layer in (1, 2)]
    add_analysis(folders[0], "rollout", run_with("rollout", lines, sample="20 of the 40 sentences of test"))
    page = without_links(compare(folders, tmp_path / "with").read_text(encoding="utf-8"))
    assert "Sample: rollout, distance on toy: 20 of the 40 sentences of test (a)." in page
    curves = pd.read_csv(tmp_path / "with" / "tables" / "attention.csv")
    assert curves[["model", "layer", "value"]].to_numpy().tolist() == [["a", 1, 0.2], ["a", 2, 0.2]]
    assert (tmp_path / "with" / "figures" / "attention.png").stat().st_size > 1000
