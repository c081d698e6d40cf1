"""Every kind of check, on planted scores: where it holds, where it does not, and where the data do not decide."""

import json

import pytest

from probing.report.load import load_run
from probing.report.published.asked_claims import Asked
from probing.report.published.claim_checks import KINDS, check
from probing.report.published.paper_data import Check
from probing.report.published.read_series import Missing, Point, Values, values_of
from probing.report.published.weighing import FAILS, HOLDS, UNKNOWN, difference, judged, judged_apart

CLEAR = (0.5, 0.7, 0.9, 0.6)  # of 150 sentences: steps of .1 are clear


@pytest.fixture
def verdict(ours, paper):
    def of(kind, *names, scores=CLEAR, decoder=False, **rest):
        asked = Asked(paper(), {"pos": load_run(ours(scores))}, [], decoder)
        return check(asked, Check("A claim.", kind, names, **rest))

    return of


@pytest.mark.parametrize(
    ("kind", "names", "rest", "expected"),
    [
        ("greater", ("accuracy@best", "accuracy@0"), {}, HOLDS),
        ("greater", ("accuracy@0", "accuracy@best"), {}, FAILS),
        ("greater", ("accuracy@best", "accuracy@0"), {"by": 0.5}, FAILS),
        ("greater", ("accuracy@best", "majority@first"), {}, HOLDS),
        ("positive", ("accuracy@0",), {"by": 0.3}, HOLDS),
        ("positive", ("accuracy@0",), {"by": 0.7}, FAILS),
        ("negative", ("accuracy@0",), {}, FAILS),
        ("ascending", ("accuracy@0", "accuracy@1", "accuracy@2"), {}, HOLDS),
        ("ascending", ("accuracy@0", "accuracy@2", "accuracy@1"), {}, FAILS),
        ("highest", ("accuracy",), {"low": 0.5, "high": 0.8}, HOLDS),
        ("highest", ("accuracy",), {"low": 0.8}, FAILS),
        ("lowest", ("accuracy",), {"high": 0.2}, HOLDS),
        ("lowest", ("accuracy",), {"low": 0.5}, FAILS),
        ("levels_off", ("accuracy",), {"low": 2, "high": 2, "by": 0.05}, HOLDS),
        ("levels_off", ("accuracy",), {"low": 3, "by": 0.05}, FAILS),
    ],
)
def test_a_claim_holds_or_does_not(verdict, kind, names, rest, expected):
    found = verdict(kind, *names, **rest)
    assert found.verdict == expected
    assert found.numbers
    assert not found.because


@pytest.mark.parametrize(
    ("kind", "names", "rest"),
    [
        ("greater", ("accuracy@2", "accuracy@3"), {}),
        ("ascending", ("accuracy@0", "accuracy@2", "accuracy@3"), {}),
        ("highest", ("accuracy",), {"low": 0.9}),
    ],
)
def test_what_the_data_do_not_decide_is_no_verdict(verdict, kind, names, rest):
    found = verdict(kind, *names, scores=(0.5, 0.7, 0.9, 0.9), **rest)
    assert found.verdict == UNKNOWN
    assert "do not decide" in found.because


def test_expected_layers_are_compared_with_their_intervals(ours, paper):
    early, late = load_run(ours((0.5, 0.9, 0.9, 0.9))), load_run(ours((0.5, 0.5, 0.5, 0.9), seed=1))
    runs = {name: {"overrides": [], "seconds": 1, "part": name} for name in ("early", "late")}
    series = {name: {"run": name, "label": name, "metric": "accuracy"} for name in runs}
    of = paper(runs=runs, series=series, figure=[], checks=[])
    asked = Asked(of, {"early": early, "late": late}, [], False)
    assert check(asked, Check("c", "earlier", ["early", "late"])).verdict == HOLDS
    assert check(asked, Check("c", "earlier", ["late", "early"])).verdict == FAILS


def test_a_claim_that_makes_no_sense_for_a_decoder_says_why(verdict):
    found = verdict("greater", "accuracy@best", "accuracy@0", decoder=True, encoders="it has no masked words")
    assert (found.verdict, found.because) == (UNKNOWN, "the model reads from left to right: it has no masked words")


def test_numbers_that_no_run_has_are_no_failure(verdict):
    found = verdict("greater", "accuracy@best", "accuracy@17")
    assert (found.verdict, found.because) == (UNKNOWN, "there is no value at 17")


def test_every_kind_is_explained(verdict):
    import probing.report.published.claim_checks as module

    assert all(f"\n{kind} " in (module.__doc__ or "") for kind in KINDS)


def test_layers_that_add_nothing_have_no_expected_layer(verdict):
    found = verdict("earlier", "accuracy", "accuracy", scores=(0.8, 0.8, 0.8, 0.8))
    assert found.verdict == UNKNOWN
    assert "add nothing that is sure" in found.because


@pytest.fixture
def from_facts(ours, paper):
    """from_facts(7.5, "mix.centre"): whether the value that a series reads of the facts of a run is above 7."""

    def check_one(value, fact):
        folder = ours(name=f"run{value}")
        manifest = folder / "manifest.json"
        facts = json.loads(manifest.read_text()) | {"analyses": {"probes": {"mix": {"centre": value}}}}
        manifest.write_text(json.dumps(facts))
        series = {"centre": {"run": "pos", "label": "centre", "fact": fact}}
        asked = Asked(paper(series=series, figure=[], checks=[]), {"pos": load_run(folder)}, [], False)
        return check(asked, Check("c", "positive", ["centre@first"], by=7))

    return check_one


def test_a_fact_of_the_manifest_is_a_value_without_an_interval(from_facts):
    assert (from_facts(7.5, "mix.centre").verdict, from_facts(6.5, "mix.centre").verdict) == (HOLDS, FAILS)
    assert from_facts(None, "mix.centre").because == "the run does not say its centre"


def test_targets_that_hold_numbers_are_one_series_in_their_order(run_with, paper):
    lines = [(f"{k} heads by importance", 2, 0.9 - k / 100) for k in (20, 0, 10, 5)]
    run = run_with("pruning", [*lines, ("heads by importance", 2, 0.1)])
    of = {
        "run": "pos",
        "label": "pruned",
        "metric": "accuracy",
        "analysis": "pruning",
        "numbered": "{} heads by importance",
    }
    values = values_of(paper(series={"pruned": of}, figure=[], checks=[]), "pruned", {"pos": run})
    assert [one.x for one in values.points] == [0, 5, 10, 20]
    assert [values.at(place).x for place in ("0%", "24%", "26%", "50%", "100%")] == [0, 5, 5, 10, 20]
    with pytest.raises(Missing, match="no number is near 10% of 20"):
        values.at("10%")


@pytest.mark.parametrize(("facts", "layer"), [({"layer": 1}, 1), ({}, 2)])
def test_the_best_layer_of_an_analysis_is_the_one_that_its_output_reads(run_with, paper, facts, layer):
    run = run_with("agreement", [("raw", 1, 0.2), ("raw", 2, 0.4)], **facts)
    of = {"run": "pos", "label": "raw", "metric": "accuracy", "analysis": "agreement", "target": "raw"}
    values = values_of(paper(series={"raw": of}, figure=[], checks=[]), "raw", {"pos": run})
    assert values.at("best").x == layer


def test_a_fifth_of_the_heads_is_the_nearest_number_also_if_that_is_a_little_more():
    points = [Point(float(round(step * 14.4)), -0.01 * step) for step in range(11)]  # 144 heads in ten steps
    assert [Values(points, ()).at(place).x for place in ("20%", "40%")] == [29, 58]


@pytest.mark.parametrize(("value", "expected"), [(0.49, UNKNOWN), (0.44, HOLDS), (0.56, FAILS)])
def test_the_only_interval_decides_where_a_baseline_has_none(value, expected):
    value, low, high, how = difference(Point(0, 0.5, 0.45, 0.55), Point(0, value))
    assert judged(value, low, high, 0) == expected
    assert how == "from the only interval"


def test_two_values_without_an_interval_are_said_to_have_none():
    value, low, high, how = difference(Point(0, 3.0), Point(0, 2.0))
    assert (value, how, low != low, high != high) == (1.0, "without an interval", True, True)
    assert judged_apart(value, low, high, 0) == UNKNOWN  # it may be chance


@pytest.mark.parametrize("kind", ["greater", "positive", "negative", "highest", "levels_off"])
def test_a_value_that_is_not_a_number_decides_nothing(run_with, paper, kind):
    run = run_with("syntax", [("all", layer, value) for layer, value in ((1, 0.5), (2, float("nan")), (3, 0.6))])
    of = {"run": "pos", "label": "a", "metric": "accuracy", "analysis": "syntax", "target": "all"}
    asked = Asked(paper(series={"a": of}, figure=[], checks=[]), {"pos": run}, [], False)
    found = check(asked, Check("c", kind, ["a@2", "a@1"][: 2 if kind == "greater" else 1]))
    assert found.verdict == UNKNOWN
    assert "not a number" in found.because


def test_where_a_curve_levels_off_is_open_if_settings_cannot_be_told_apart(verdict):
    found = verdict("levels_off", "accuracy", scores=(0.5, 0.74, 0.76, 0.76), low=2, by=0.01)
    assert found.verdict == UNKNOWN
    assert " or " in found.numbers


def test_relations_stand_in_the_order_of_the_paper_and_those_without_cases_are_left_out(run_with, paper):
    run = run_with("syntax", [("nsubj dep→head", 2, 0.7), ("det dep→head", 1, 0.9)])
    of = {"run": "pos", "label": "head", "metric": "accuracy", "analysis": "syntax"}
    of["relations"] = {name: f"{name} dep→head" for name in ("det", "obj", "nsubj")}
    values = values_of(paper(series={"head": of}, figure=[], checks=[]), "head", {"pos": run})
    assert [(one.x, one.value) for one in values.points] == [("det", 0.9), ("nsubj", 0.7)]
