import numpy as np
import pandas as pd
import pytest

from probing.report.best_layers import add_bands, as_good, beside_the_best, listed, shown_ends, verdict_on_layers
from probing.report.gather import gather
from probing.report.load import load_run
from probing.report.tables import banded, layer_table, shown_layers


def table_of(make_run, *scores, **rest):
    return banded(load_run(make_run("distance", scores, **rest)))


def test_layers_that_cannot_be_told_from_the_best_are_marked_and_the_others_have_a_better_one(make_run):
    table = table_of(make_run, 0.4, 0.7, 0.7, 0.5)
    assert as_good(table) == [1, 2]
    best = int(table["score"].argmax())
    assert table["rival"].dropna().tolist() == [best] * 3
    assert table["behind"].dropna().tolist() == pytest.approx((table["score"].max() - table["score"]).drop(best))
    assert (table["behind_low"] > 0).tolist() == [True, False, False, True]
    assert [text.endswith("≈") for text in shown_layers(table, "uuas")["layer"]] == [False, True, True, False]


def test_bands_are_wider_than_the_interval_of_each_layer_and_centred_on_its_score(make_run):
    table = table_of(make_run, 0.4, 0.7, 0.7, 0.5)
    assert ((table["band_high"] - table["band_low"]) > 1.1 * (table["ci_high"] - table["ci_low"])).all()
    assert ((table["band_low"] + table["band_high"]) / 2).tolist() == pytest.approx(table["score"].tolist())
    assert shown_ends(table, "task") == ("band_low", "band_high")


def test_without_statistics_per_sentence_nothing_is_said_of_other_layers(make_run):
    folder = make_run("distance", (0.4, 0.7))
    (folder / "sentences.parquet").unlink()
    table = banded(load_run(folder))
    assert table[["band_low", "as_good", "rival"]].isna().all(axis=None)
    assert verdict_on_layers(table, "uuas", "dev", "test") == ""
    assert shown_ends(table, "task") == ("ci_low", "ci_high")
    assert shown_layers(table, "uuas")["layer"].tolist() == ["0", "1 *"]


def test_statistics_of_other_scores_than_those_of_the_rows_give_no_band(make_run):
    run = load_run(make_run("distance", (0.4, 0.7)))
    table = layer_table(run.rows, run.metric)
    assert add_bands(table.assign(score=table["score"] + 0.01), [run], run.metric)["band_low"].isna().all()
    assert add_bands(table.iloc[:1], [run], run.metric)["band_low"].isna().all()


def test_a_control_of_several_draws_has_a_band_over_draws_and_sentences(make_run):
    folder = make_run("distance", (0.4, 0.7))
    table = pd.read_parquet(folder / "sentences.parquet")
    task = table[table["target"] == "task"]
    draws = [
        task.assign(target="control", draw=draw, s0=(task["s0"] * share).round())
        for draw, share in ((0, 0.5), (1, 0.9))
    ]
    pd.concat([table, *draws]).astype({"draw": "Int64"}).to_parquet(folder / "sentences.parquet")
    rows = pd.read_csv(folder / "rows.csv")
    for layer in (0, 1):
        mean = sum(of[of["layer"] == layer]["s0"].sum() / 1500 for of in draws) / 2
        rows.loc[(rows["target"] == "control") & (rows["layer"] == layer), "value"] = mean
    rows.to_csv(folder / "rows.csv", index=False)
    found = banded(load_run(folder))
    width = found["control_band_high"] - found["control_band_low"]
    assert (width > 3 * (found["band_high"] - found["band_low"])).all()  # draws differ more than sentences do


def test_a_mean_over_seeds_is_resampled_over_seeds_and_sentences(make_run):
    same = [make_run("distance", (0.6,), seed=seed) for seed in (0, 1)]
    apart = [make_run("distance", (0.5,), seed=0, model="x"), make_run("distance", (0.7,), seed=1, model="x")]
    near, far = (gather(folders)[0][0].table.iloc[0] for folders in (same, apart))
    assert near["ci_low"] < near["score"] < near["ci_high"]
    assert far["ci_high"] - far["ci_low"] > 3 * (near["ci_high"] - near["ci_low"])
    assert far["ci_high"] - far["ci_low"] > 0.19  # the two seeds lie .2 apart: resamples of one of them reach both


def test_words_name_the_layers_and_say_whether_devs_choice_is_among_them(make_run):
    def said(*scores, dev):
        return verdict_on_layers(table_of(make_run, *scores, dev=dev, name=f"{scores}{dev}"), "uuas", "dev", "test")

    assert said(0.4, 0.7, 0.5, dev=(0, 1, 0)) == (
        "On test, layer 1 is the best: each of the others is significantly worse than another layer."
    )
    assert "Dev chose layer 2, which is worse than layer 1 by 0.2" in said(0.4, 0.7, 0.5, dev=(0, 1, 2))
    tie = said(0.4, 0.7, 0.7, dev=(0, 1, 0))
    assert tie.startswith("On test, layers 1 and 2 cannot be distinguished from the best.")
    assert tie.endswith("best.") or tie.endswith("not a clear difference.")
    assert beside_the_best(table_of(make_run, 0.4, 0.7, name="two"), "uuas", "dev", "test") == ""


@pytest.mark.parametrize(
    ("layers", "text"),
    [([], ""), ([3], "3"), ([2, 3], "2 and 3"), ([2, 3, 4], "2 to 4"), ([0, 2, 3, 5, 6, 7], "0, 2, 3 and 5 to 7")],
)
def test_layers_as_text(layers, text):
    assert listed(layers) == text


def test_a_single_layer_is_not_called_the_best(make_run):
    assert shown_layers(table_of(make_run, 0.7, name="mark"), "uuas")["layer"].tolist() == ["0 *"]
    assert verdict_on_layers(table_of(make_run, 0.7), "uuas", "dev", "test") == ""
    assert np.isnan(table_of(make_run, 0.7, name="again")["rival"]).all()
