"""What a score is compared with, as tables, figures and the page show it."""

import json

import pytest

from probing.report.baseline_columns import margins, names_in, said
from probing.report.load import load_run
from probing.report.page import finding, tiles, write_report
from probing.report.tables import banded, layer_table, run_table, shown_layers

DEV = {"split": "dev"}
NAMES = {"surface": "sentence length", "chain": "distance in the text", "word_types": "one-hot word types"}


@pytest.fixture
def rows(make_rows):
    return make_rows(
        ("task", 0, 0.6),
        ("task", 1, 0.9),
        ("task", 0, 0.5, DEV),
        ("task", 1, 0.7, DEV),
        ("surface", None, 0.85),
        ("surface", None, 0.1, DEV),
        ("word_types", None, 0.55),
        ("type_majority", None, 0.54),
        ("over_surface", 0, -0.25),
        ("over_surface", 1, 0.05),
        ("over_word_types", 1, 0.35),
        ("over_layer0", 1, 0.3),
        ("memorisation", 0, 0.65, {"split": "train"}),
        ("memorisation", 1, 0.66, {"split": "train"}),
    )


def test_memorisation_is_that_of_train_and_the_rest_of_test(rows):
    table = layer_table(rows, "accuracy")
    assert table["memorisation"].tolist() == [0.65, 0.66]
    assert table["surface"].tolist() == [0.85, 0.85]
    assert table["over_surface"].tolist() == [-0.25, 0.05]
    assert table[["control", "selectivity", "chain"]].isna().all(axis=None)


def test_the_surface_baseline_has_its_own_name_and_stands_next_to_the_score(rows):
    shown = shown_layers(layer_table(rows, "accuracy"), "accuracy", names_in([]) | NAMES)
    assert list(shown.columns[:5]) == ["layer", "acc.", "95 % interval", "sentence length", "over sentence length"]
    assert shown["over sentence length"].tolist() == ["−0.250 [−0.260, −0.240]", "+0.050 [+0.040, +0.060]"]
    assert "memorisation (train)" in shown
    assert not {"control", "selectivity"} & set(shown.columns)


def test_margins_are_paired_where_they_were_measured_so(rows):
    table = layer_table(rows, "accuracy")
    found = margins(table, table.loc[1], names_in([]) | NAMES)
    assert list(found) == [
        "sentence length",
        "one-hot word types",
        "the embedding output",
        "the type majority baseline",
    ]
    assert found["sentence length"] == pytest.approx((0.05, 0.04, 0.06))
    assert found["the embedding output"].value == 0.3
    assert (
        said(found["sentence length"], "sentence length", "accuracy") == "+0.050 [+0.040, +0.060] over sentence length"
    )
    text = said(found["the type majority baseline"], "the type majority baseline", "accuracy")
    assert text == "+0.360 over the type majority baseline"


def test_several_runs_share_the_name_of_their_surface_baseline_or_have_none(make_run):
    def with_surface(folder, name):
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest.setdefault("analyses", {})["probes"] = {"surface": name}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return load_run(folder)

    one = with_surface(make_run(), "bag of words")
    other = with_surface(make_run(model="other", name="b"), "sentence length")
    assert names_in([one])["surface"] == "bag of words"
    assert names_in([one, other])["surface"] == "surface"
    assert names_in([one, one])["surface"] == "bag of words"


def test_pairs_are_compared_with_their_distance_in_the_text_alone(make_run):
    folder = make_run("distance")
    run = load_run(folder)
    raw, shown = run_table(run, banded(run))
    assert "distance in the text" in shown
    assert "over distance in the text" in finding(run, raw)
    assert [name for name in tiles(run, raw) if name.startswith("over")] == []  # it has no paired difference
    assert write_report(folder)
