"""Learning curves from runs that differ in the number of training sentences."""

import json

import pandas as pd
import pytest

from probing.report.compare import compare
from probing.report.gather import gather
from probing.report.learning_curves import sizes_table, write_sizes


@pytest.fixture
def sampled(make_run):
    """sampled(40, 0.6): a run on 40 training sentences whose middle layer scores near 0.6."""

    def make(sentences, score, model="tiny", **settings):
        name = f"{sentences}{settings}".replace("/", "")
        folder = make_run(test=(0.3, score, 0.45), model=model, name=name)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["config"] |= {"data": {"train_sentences": sentences}, **settings}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return make


def test_a_curve_has_a_point_for_each_number_and_all_of_train_is_the_last(sampled, tmp_path):
    folders = [sampled(n, score) for n, score in ((100, 0.7), (None, 0.9), (10, 0.5))]
    page = compare(folders, tmp_path / "report")
    assert "Learning curves" in page.read_text()
    table = sizes_table(gather(folders)[0])
    assert table["sentences"].tolist() == [10, 100, 300]  # 300: as many as train has
    assert table["curve"].tolist() == ["tiny"] * 3
    assert table["best_layer"].tolist() == [1, 1, 1]
    assert table["score"].tolist() == pytest.approx([0.5, 0.7, 0.9], abs=0.05)
    assert table["control"].tolist() == [0.5] * 3
    assert (table["control_low"] < 0.5).all() and (table["control_high"] > 0.5).all()
    assert (tmp_path / "report" / "figures" / "learning_curves-pos-toy-linear-accuracy.png").stat().st_size > 5000
    assert (tmp_path / "report" / "tables" / "learning_curves.csv").is_file()


def test_models_and_samples_have_curves_of_their_own(sampled, tmp_path):
    folders = [sampled(n, 0.6, train_seed=seed) for n in (10, 100) for seed in (0, 1)]
    folders += [sampled(n, 0.7, model="other", train_seed=0) for n in (10, 100)]
    table = sizes_table(gather(folders)[0])
    assert list(dict.fromkeys(table["curve"])) == ["other", "tiny · train_seed=0", "tiny · train_seed=1"]
    assert write_sizes(table, tmp_path / "three")


def test_settings_of_other_figures_are_not_named(sampled, make_run):
    """Two probes have other options, but each has a figure of its own."""
    folders = [sampled(n, 0.6) for n in (10, 100)]
    for name in ("10b", "100b"):
        folder = make_run(test=(0.3, 0.7, 0.45), name=name)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["config"] |= {"data": {"train_sentences": int(name[:-1])}, "probe": {"width": 5}}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        rows = pd.read_csv(folder / "rows.csv")
        rows.assign(probe="mlp").to_csv(folder / "rows.csv", index=False)
        folders.append(folder)
    table = sizes_table(gather(folders)[0])
    assert table[["probe", "curve"]].values.tolist() == [["linear", "tiny"]] * 2 + [["mlp", "tiny"]] * 2


def test_one_number_makes_no_curve(sampled):
    assert sizes_table(gather([sampled(10, 0.6), sampled(10, 0.6, model="other")])[0]).empty
