"""Claims about some or every layer, and intervals that hold for all of them at once."""

import numpy as np
import pytest
from scipy import stats

from probing.errors import ConfigError
from probing.report.load import load_run
from probing.report.published.all_at_once import all_at_once
from probing.report.published.asked_claims import Asked
from probing.report.published.claim_checks import check
from probing.report.published.paper_data import Check
from probing.report.published.read_series import Missing, Point, Values, values_of
from probing.report.published.weighing import FAILS, HOLDS, UNKNOWN, difference
from probing.result.simultaneous import jointly


@pytest.fixture
def claim(ours, paper):
    """claim("somewhere", "accuracy", by=.8): the verdict on planted scores."""

    run = load_run(ours((0.5, 0.7, 0.9, 0.6)))  # of 150 sentences: steps of .1 are clear

    def of(kind, *names, **rest):
        return check(Asked(paper(), {"pos": run}, [], False), Check("A claim.", kind, names, **rest))

    return of


@pytest.mark.parametrize(
    ("kind", "names", "by", "expected"),
    [
        ("somewhere", ("accuracy",), 0.8, HOLDS),
        ("somewhere", ("accuracy",), 0.97, FAILS),
        ("somewhere", ("accuracy",), 0.9, UNKNOWN),
        ("everywhere", ("accuracy",), 0.4, HOLDS),
        ("everywhere", ("accuracy",), 0.6, FAILS),
        ("everywhere", ("accuracy",), 0.5, UNKNOWN),
        ("somewhere", ("accuracy", "accuracy@0"), 0.3, HOLDS),
        ("somewhere", ("accuracy@0", "accuracy"), 0.0, FAILS),
        ("everywhere", ("accuracy", "accuracy@0"), 0.0, HOLDS),
        ("everywhere", ("accuracy@last", "accuracy"), 0.0, FAILS),
        ("somewhere", ("accuracy", "control"), 0.3, HOLDS),
        ("everywhere", ("accuracy", "control"), 0.3, FAILS),
    ],
)
def test_a_claim_about_some_or_every_layer(claim, kind, names, by, expected):
    found = claim(kind, *names, by=by)
    assert found.verdict == expected
    assert "at once" in found.numbers
    assert bool(found.because) == (expected == UNKNOWN)


def test_a_layer_is_not_compared_with_itself_and_every_other_one_is_counted(claim):
    assert "of 3, 3 above 0" in claim("everywhere", "accuracy", "accuracy@0").numbers
    assert "of 4, " in claim("everywhere", "accuracy", "control", by=0.3).numbers  # each layer with the same layer
    assert "of 4, 1 above 0.65, 2 not above it, 1 not clear" in claim("somewhere", "accuracy", by=0.65).numbers


def test_the_point_that_decides_is_the_one_that_is_named(claim):
    assert "accuracy at layer 2: " in claim("somewhere", "accuracy", by=0.8).numbers
    assert "accuracy at layer 0: " in claim("everywhere", "accuracy", by=0.4).numbers
    assert "accuracy minus accuracy at 0 at layer 2 +" in claim("somewhere", "accuracy", "accuracy@0").numbers


def test_intervals_of_all_layers_are_those_of_the_largest_deviation(at_layer_2, paper):
    run, _ = at_layer_2
    values = values_of(paper(), "accuracy", {"pos": run})
    joint, how = all_at_once(values)
    assert how == "for all 4 at once"
    assert all(wide.high - wide.low > one.high - one.low for wide, one in zip(joint, values.points, strict=True))
    # an independent count: sentences drawn again with numpy alone
    counts = np.random.default_rng(1).multinomial(150, np.full(150, 1 / 150), size=4000)
    tables = [one.measured.draws[0][["s0", "s1"]].to_numpy(float).T for one in values.points]
    drawn = np.stack([counts @ right / (counts @ n) for right, n in tables], axis=1)
    expected = jointly(np.array([one.value for one in values.points]), drawn, np.full(4, 150))
    assert [one.low for one in joint] == pytest.approx(expected.low.tolist(), abs=0.004)
    assert [one.high for one in joint] == pytest.approx(np.minimum(expected.high, 1).tolist(), abs=0.004)


def test_without_sentences_intervals_are_widened_by_bonferroni_and_shares_stay_shares():
    points = [Point(f"1.{head}", 0.5, 0.5 - 0.0196, 0.5 + 0.0196, "mass_next") for head in range(72)]
    joint, how = all_at_once(Values(points, ()))
    assert how == "for all 72 at once, by Bonferroni"
    half = 0.01 * stats.norm.isf(0.025 / 72)
    assert [joint[0].low, joint[0].high] == pytest.approx([0.5 - half, 0.5 + half], rel=1e-3)
    ends = [Point(x, value, value - 0.02, value + 0.02, "mass_next") for x, value in ((1.0, 0.01), (2.0, 0.99))]
    low, high = all_at_once(Values(ends, ()))[0]
    assert (low.low, high.high) == (0.0, 1.0)
    effects = [Point(one.x, one.value, one.low, one.high, "effect_nats") for one in ends]
    assert all_at_once(Values(effects, ()))[0][0].low < -0.01


def test_intervals_that_hold_at_once_already_and_a_single_one_stay_as_they_are(run_with, paper):
    lines = [("only", layer, 0.1, {"probe": "kept_adjusted", "ci_low": -0.02}) for layer in (1, 2)]
    run = run_with("pruning", lines)
    of = {"run": "pos", "label": "kept", "metric": "accuracy", "analysis": "pruning", "target": "only"}
    asked = paper(series={"kept": of | {"method": "kept_adjusted"}}, figure=[], checks=[])
    values = values_of(asked, "kept", {"pos": run})
    assert values.at_once
    assert all_at_once(values) == (list(values.points), "for all 2 at once")
    one = Values([Point(1.0, 0.5, 0.4, 0.6)], ())
    assert all_at_once(one) == (list(one.points), "for the only one")


def test_a_value_without_an_interval_decides_no_claim_about_all(run_with, paper):
    nan = float("nan")
    run = run_with("syntax", [("all", layer, 0.9, {"ci_low": nan, "ci_high": nan}) for layer in (1, 2)])
    of = {"run": "pos", "label": "a", "metric": "accuracy", "analysis": "syntax", "target": "all"}
    asked = Asked(paper(series={"a": of}, figure=[], checks=[]), {"pos": run}, [], False)
    assert check(asked, Check("c", "everywhere", ["a"], by=0.5)).verdict == UNKNOWN


def test_each_head_is_a_point_of_its_own(run_with, paper):
    run = run_with("heads", [("all", layer, 0.1 * head, {"head": head}) for layer in (1, 2) for head in (1, 0, 2)])
    of = {"run": "pos", "label": "a", "metric": "accuracy", "analysis": "heads", "target": "all", "heads": "each"}
    asked = paper(series={"a": of}, figure=[], checks=[])
    values = values_of(asked, "a", {"pos": run})
    assert [one.x for one in values.points] == ["1.0", "1.1", "1.2", "2.0", "2.1", "2.2"]
    found = check(Asked(asked, {"pos": run}, [], False), Check("c", "somewhere", ["a"], by=0.15))
    assert found.verdict == HOLDS
    assert found.numbers.startswith("a at head 1.2: 0.200")


@pytest.mark.parametrize("place", ["highest", "lowest"])
def test_a_place_that_the_tested_numbers_choose_is_refused(paper, place):
    check_of = {"claim": "c.", "kind": "positive", "of": [f"accuracy@{place}"]}
    with pytest.raises(ConfigError, match="the numbers that a claim is tested on cannot choose its place"):
        paper(checks=[check_of])


def test_where_dev_has_no_score_no_layer_is_the_best(ours, paper):
    folder = ours()
    lines = (folder / "rows.csv").read_text(encoding="utf-8").splitlines()
    (folder / "rows.csv").write_text("\n".join(one for one in lines if ",dev," not in one), encoding="utf-8")
    values = values_of(paper(), "accuracy", {"pos": load_run(folder)})
    assert values.chosen is None
    with pytest.raises(Missing, match="no layer was chosen on dev"):
        values.at("best")


def test_two_values_of_the_same_sentences_are_unpaired_only_if_nothing_says_how_they_vary_together():
    first, second = Point(1, 0.5, 0.45, 0.55), Point(1, 0.42, 0.36, 0.48)
    value, low, high, how = difference(first, second)
    assert (value, low, high) == pytest.approx((0.08, -0.03, 0.19))
    assert how.startswith("unpaired")
