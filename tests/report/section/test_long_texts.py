"""The section of long texts: the aggregations beside their confounds, and sentences that say no more than the rows."""

import pytest

from probing.report.section.long_texts import section

METRICS = ("accuracy", "auroc", "recall_at_1_percent_fpr", "ece", "brier")
CHOSEN = {name: {"layer": layer, "heads": 1.0} for name, layer in (("mean", 1), ("max", 2))}
FACTS = {
    "sample": "160 texts of test",
    "chosen": CHOSEN,
    "best": "max",
    "metric": "auroc",
    "bins": 15,
    "sources": ["web", "book"],
    "positive": "yes",
    "from_format": False,
}


def line(target, probe, layer, value, metric="auroc"):
    return (target, layer, value, {"probe": probe, "metric": metric, "ci_low": value - 0.02, "ci_high": value + 0.02})


def lines(gain=0.1):
    found = [
        line("task", probe, layer, 0.6 + layer / 10, metric)
        for probe in CHOSEN
        for layer in (0, 1, 2)
        for metric in METRICS
    ]
    found += [line("over_mean", "max", layer, gain) for layer in (0, 1, 2)]
    for target in ("bag of words", "format alone", "length alone", "majority"):
        found += [line(target, "surface", None, 0.55, metric) for metric in METRICS]
    for probe, one in CHOSEN.items():
        found += [
            line(target, probe, one["layer"], 0.7) for target in ("format removed", "left out", "within", "over_layer0")
        ]
        found += [
            line(f"{side}: {of}", probe, one["layer"], 0.65)
            for side in ("left out", "within")
            for of in FACTS["sources"]
        ]
    return [*found, line("pair", "mean − max", None, -0.1)]


def test_aggregations_stand_beside_their_confounds(run_with, written):
    run = run_with("long_texts", lines(), **FACTS)
    made = section(run)
    first, each, by_layer, pairs, sources = made.tables
    assert first.text["read by"].tolist() == [
        "mean, layer 1", "max, layer 2", "max, layer 0", "max, format removed", "max, source left out",
        "bag of words", "format alone", "length alone", "majority",
    ]  # fmt: skip
    assert first.text.loc[1, "AUROC"] == "0.800 [0.780, 0.820]"
    assert first.text.loc[3, "accuracy"] == "–"
    assert [*first.text] == ["read by", "accuracy", "AUROC", "recall at 1 % false positives", "ECE", "Brier score"]
    assert "those of the class yes" in first.note
    assert each.text.loc[0, "minus mean"] == "–" and each.text.loc[1, "minus mean"].startswith("0.100")
    assert by_layer.raw["layer"].tolist() == [0, 1, 2]
    assert pairs.text.to_numpy().tolist() == [["mean − max", "−0.100 [−0.120, −0.080]"]]
    assert sources.text["source"].tolist() == ["web", "book"]
    assert written(run, made) == {"long_texts.png", "long_texts.pdf"}


@pytest.mark.parametrize(
    "gain, words", [(0.1, "It is better than"), (0.0, "cannot be told apart"), (-0.1, "worse than")]
)
def test_it_says_better_only_where_the_paired_interval_does(run_with, gain, words):
    assert any(words in text for text in section(run_with("long_texts", lines(gain), **FACTS)).sentences)


@pytest.mark.parametrize("from_format", [True, False])
def test_it_blames_the_format_only_where_the_analysis_does(run_with, from_format):
    made = section(run_with("long_texts", lines(), **{**FACTS, "from_format": from_format}))
    assert any("The score comes from the format" in text for text in made.sentences) == from_format


def test_without_sources_nothing_is_said_of_them(run_with):
    some = [one for one in lines() if "left out" not in one[0] and "within" not in one[0]]
    made = section(run_with("long_texts", some, **{**FACTS, "sources": []}))
    assert len(made.tables) == 4
    assert not any("sources" in text for text in made.sentences)
    assert "max, source left out" not in made.tables[0].text["read by"].tolist()


def test_without_rows_there_is_no_section(run_with):
    made = section(run_with("long_texts", []))
    assert not (made.tables or made.figures or made.sentences)
