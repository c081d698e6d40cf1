"""Predictions become measurements: every target, split and metric, and selectivity for each draw of the control."""

import numpy as np
import pytest

from probing.probe.fit import TASK, Fit, Target
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.score import Prediction, Scores, score

GOLD = {
    "train": [np.array([0, 1])],
    "dev": [np.array([0, 1]), np.array([1])],
    "test": [np.array([0, 1, 1]), np.array([0])],
}
WORDS = Target("word", "class", 2, GOLD)
IDENTITY = {"tag": "t", "model": "m", "checkpoint": "c", "data": "d", "task": "pos", "probe": "linear", "run_id": "x"}

IDS = {"train": ["t"], "dev": ["d", "e"], "test": ["a", "b"]}


def resampled(n_resamples: int) -> dict[str, Resampling]:
    """Each sentence by itself, in every split."""
    return {split: Resampling(n_resamples, np.arange(len(values))) for split, values in GOLD.items()}


def says(*test: list[int]) -> dict[str, list[np.ndarray]]:
    """Right on dev, and ``test`` on the two sentences of test."""
    return {"dev": GOLD["dev"], "test": [np.array(t) for t in test]}


PREDICTIONS = [
    Prediction(TASK, 1, 0, WORDS, says([0, 1, 0], [0]), Fit(1, TASK, says([0, 1, 0], [0]), 1.0, True)),
    Prediction("control", 1, 0, WORDS, says([1, 1, 0], [0]), draw=0),
    Prediction("control", 1, 0, WORDS, says([1, 0, 0], [1]), draw=1),
    Prediction("majority", None, 0, WORDS, says([0, 0, 0], [0])),
]


@pytest.fixture(scope="module")
def scores() -> Scores:
    return score(PREDICTIONS, ("accuracy", "macro_f1"), IDS, resampled(200))


def only(scores: Scores, **wanted: object) -> Measurement:
    (row,) = [row for row in scores.rows if all(getattr(row, name) == each for name, each in wanted.items())]
    return row


def value(scores: Scores, target: str, metric: str = "accuracy", split: str = "test", draw: int | None = None) -> float:
    row = only(scores, target=target, metric=metric, split=split, draw=draw)
    assert row.ci_low <= row.value <= row.ci_high
    return row.value


def test_every_target_is_scored_with_its_interval(scores: Scores) -> None:
    assert value(scores, TASK) == 3 / 4
    assert value(scores, "majority") == 2 / 4
    assert value(scores, TASK, split="dev") == 1.0
    # class 0: 2 right, 3 predicted, 2 gold; class 1: 1 right, 1 predicted, 2 gold
    assert value(scores, TASK, "macro_f1") == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_selectivity_is_task_minus_control_for_each_draw(scores: Scores) -> None:
    assert value(scores, "selectivity", draw=0) == 3 / 4 - 2 / 4
    assert value(scores, "selectivity", draw=1) == 3 / 4 - 0
    assert {row.seed for row in scores.rows} == {0}
    assert {row.target for row in scores.rows if row.draw == 1} == {"control", "selectivity"}


def test_a_control_of_several_draws_has_one_score_over_all_with_an_interval_of_its_own(scores: Scores) -> None:
    assert value(scores, "control") == (2 / 4 + 0) / 2
    assert value(scores, "selectivity") == 3 / 4 - 1 / 4
    whole = only(scores, target="control", metric="accuracy", split="test", draw=None)
    draws = [only(scores, target="control", metric="accuracy", split="test", draw=draw) for draw in (0, 1)]
    # draws are resampled too: with two of them, a resample has one. The first draw scores 1/3 to 1, the second 0
    assert (whole.ci_low, whole.ci_high) == (0, pytest.approx(1))
    assert [draw.ci_high for draw in draws] == [pytest.approx(1), 0]


def test_a_single_draw_is_the_score_over_all_draws() -> None:
    found = score([PREDICTIONS[0], PREDICTIONS[1]], ("accuracy",), IDS, resampled(20))
    assert {row.draw for row in found.rows} == {None}
    assert value(found, "control") == 2 / 4


def test_sentence_statistics_give_the_score_back(scores: Scores) -> None:
    table = scores.sentences
    task = table[(table["target"] == TASK) & (table["metric"] == "accuracy")]
    assert task["sentence"].tolist() == ["a", "b"]
    assert task["s0"].sum() / task["s1"].sum() == 3 / 4


def test_code_lengths_are_rows_of_train() -> None:
    fit = Fit(1, TASK, says([0, 1, 1], [0]), 1.0, True, {}, np.array([1.0]), np.array([2.0]))
    found = score([Prediction(TASK, 1, 0, WORDS, fit.predicted, fit)], ("accuracy",), IDS, resampled(10))
    assert value(found, TASK, "codelength_bits", "train") == 1.0
    assert value(found, TASK, "compression", "train") == 2.0


def test_statistics_on_disk_name_the_draw(scores: Scores) -> None:
    control = scores.sentences[scores.sentences["target"] == "control"]
    assert control["draw"].tolist() == [0, 0, 1, 1]
    assert set(control["seed"]) == {0}


def test_a_class_that_the_probe_does_not_know_is_an_error() -> None:
    gold = {"dev": GOLD["dev"], "test": [np.array([0, 1, 2, 5]), np.array([0])]}
    unseen = Prediction(TASK, 1, 0, Target("word", "class", 2, gold), {**gold, "test": says([0, 1, 1, 0], [0])["test"]})
    found = score([unseen], ("accuracy", "macro_f1"), IDS, resampled(50))
    assert value(found, TASK) == 3 / 5
    # class 0: 2 right, 3 predicted, 2 gold; class 1: 1 right, 2 predicted, 1 gold; classes 2 and 5: never predicted
    assert value(found, TASK, "macro_f1") == pytest.approx((4 / 5 + 2 / 3 + 0 + 0) / 4)
    assert only(found, split="test", metric="macro_f1").n_items == 5


def of_one_layer(scores: Scores, target: str) -> Measurement:
    return only(scores, target=target, metric="accuracy", split="test")


def with_control(n_words: np.ndarray, right: np.ndarray, control: np.ndarray) -> Scores:
    """Scores of a task and of one control that are right on so many words of each sentence."""
    gold = [np.zeros(n, int) for n in n_words]
    labels = Target("word", "class", 2, {"train": gold, "dev": gold, "test": gold})
    task, other = (
        {"dev": gold, "test": [(np.arange(n) >= hit).astype(int) for n, hit in zip(n_words, hits, strict=True)]}
        for hits in (right, control)
    )
    ids = dict.fromkeys(GOLD, [str(number) for number in range(len(gold))])
    found = [Prediction(TASK, 1, 0, labels, task), Prediction("control", 1, 0, labels, other, draw=0)]
    alone = {split: Resampling(300, np.arange(len(gold))) for split in GOLD}
    return score(found, ("accuracy",), ids, alone)


def test_selectivity_is_paired_with_the_control() -> None:
    right = np.random.default_rng(0).integers(2, 5, size=60)  # of the four words of each sentence
    one_less = of_one_layer(with_control(np.full(60, 4), right, right - 1), "selectivity")
    assert (one_less.value, one_less.ci_low, one_less.ci_high) == pytest.approx((0.25, 0.25, 0.25))


def test_selectivity_is_of_the_same_resamples_as_the_task() -> None:
    rng = np.random.default_rng(0)
    n_words = rng.integers(4, 40, size=60)  # so different that no two resamples agree
    scores = with_control(n_words, rng.integers(1, n_words), np.zeros(60, int))  # the control is never right
    task, selectivity = (of_one_layer(scores, target) for target in (TASK, "selectivity"))
    assert task.ci_low < task.value < task.ci_high
    ends = (selectivity.value, selectivity.ci_low, selectivity.ci_high)
    assert ends == (task.value, task.ci_low, task.ci_high)


def test_code_lengths_are_paired_with_those_of_the_control_and_their_statistics_are_kept() -> None:
    codes = {TASK: [3.0, 1.0], "control": [5.0, 4.0]}
    gold = Target("word", "class", 2, {**GOLD, "train": [np.array([0, 1]), np.array([1])]})
    predictions = [
        Prediction(
            t, 1, 0, gold, says([0, 1, 0], [0]), Fit(1, t, {}, 1.0, True, {}, np.array(bits), np.array([2.0, 1.0]))
        )
        for t, bits in codes.items()
    ]
    resampling = {split: Resampling(100, np.arange(2)) for split in GOLD}
    found = score(predictions, ("accuracy",), {**IDS, "train": ["t", "u"]}, resampling)
    assert value(found, "control", "codelength_bits", "train") == 9
    assert value(found, "selectivity", "codelength_bits", "train") == 4 - 9
    gap = only(found, target="selectivity", metric="codelength_bits")
    # twice the first sentence: 6 - 10; twice the second: 2 - 8; two sentences tell little of others
    assert gap.ci_low < -6 < -4 < gap.ci_high
    assert gap.ci_low + gap.ci_high == pytest.approx(-10, rel=0.5)
    table = found.sentences[(found.sentences["metric"] == "codelength_bits") & (found.sentences["target"] == TASK)]
    assert table["sentence"].tolist() == ["t", "u"]
    assert table["s0"].tolist() == [3, 1]


REVIEWS = Target("sentence", "class", 2, {s: [np.array([0]), np.array([1]), np.array([1])] for s in GOLD})


def test_what_can_only_be_memorised_is_scored_on_train_and_has_no_selectivity() -> None:
    right = {split: REVIEWS.values[split] for split in ("dev", "test")}
    shuffled = [np.array([1]), np.array([0]), np.array([1])]
    mixed = Target("sentence", "class", 2, dict.fromkeys(GOLD, shuffled), scored=("train",))
    memorised = {"train": [np.array([1]), np.array([1]), np.array([1])]}
    found = score(
        [Prediction(TASK, 1, 0, REVIEWS, right), Prediction("memorisation", 1, 0, mixed, memorised, draw=0)],
        ("accuracy",),
        dict.fromkeys(GOLD, ["a", "b", "c"]),
        {split: Resampling(50, np.arange(3)) for split in GOLD},
    )
    assert value(found, "memorisation", split="train") == 2 / 3
    assert {(row.target, row.split) for row in found.rows} == {(TASK, "dev"), (TASK, "test"), ("memorisation", "train")}
    assert set(found.sentences["target"]) == {TASK}


def test_the_code_of_shuffled_labels_is_a_control() -> None:
    labels = Target("sentence", "class", 2, dict.fromkeys(GOLD, REVIEWS.values["train"]), scored=("train",))
    fit = Fit(1, "control0", {}, 0.5, True, {}, np.array([1.0, 1.0, 2.0]), np.array([1.0, 1.0, 1.0]))
    task = Prediction(TASK, 1, 0, REVIEWS, {split: REVIEWS.values[split] for split in ("dev", "test")}, fit)
    memorised = Prediction("memorisation", 1, 0, labels, {"train": labels.values["train"]}, fit, draw=0)
    resampling = {split: Resampling(10, np.arange(3)) for split in GOLD}
    found = score([task, memorised], ("accuracy",), dict.fromkeys(GOLD, ["a", "b", "c"]), resampling)
    assert value(found, "control", "codelength_bits", "train") == 4
    assert value(found, "selectivity", "codelength_bits", "train") == 0


def test_gains_are_differences_to_the_baselines_and_to_layer_0() -> None:
    surface, types = says([0, 0, 1], [1]), says([0, 0, 0], [0])
    found = score(
        [
            Prediction(TASK, 0, 0, WORDS, says([0, 0, 0], [1])),
            PREDICTIONS[0],
            Prediction("surface", None, 0, WORDS, surface),
            Prediction("word_types", None, 0, WORDS, types),
        ],
        ("accuracy", "macro_f1"),
        IDS,
        resampled(50),
    )

    def gain(target: str, layer: int) -> float:
        return only(found, target=target, layer=layer, metric="accuracy", split="test").value

    assert [gain("over_surface", layer) for layer in (0, 1)] == [1 / 4 - 2 / 4, 3 / 4 - 2 / 4]
    assert [gain("over_word_types", layer) for layer in (0, 1)] == [1 / 4 - 2 / 4, 3 / 4 - 2 / 4]
    assert gain("over_layer0", 1) == 3 / 4 - 1 / 4
    assert [row.layer for row in found.rows if row.target == "over_layer0"] == [1] * 4  # not of layer 0 itself


def test_a_gain_has_the_interval_of_a_paired_difference() -> None:
    """Two predictors that are right on the same sentences differ by nothing in every resample."""
    same = Prediction("chain", None, 0, WORDS, PREDICTIONS[0].predicted)
    row = only(score([PREDICTIONS[0], same], ("accuracy",), IDS, resampled(50)), target="over_surface", split="test")
    assert (row.value, row.ci_low, row.ci_high) == (0, 0, 0)


def test_beside_the_mean_over_lengths_stands_that_over_all_sentences_alike() -> None:
    rows = [np.arange(5.0)] * 3 + [np.arange(6.0)]
    depths = Target("word", "scalar", 0, dict.fromkeys(GOLD, rows))
    found = [np.arange(5.0)] * 3 + [-np.arange(6.0)]  # those of five words right, that of six the wrong way round
    predicted = dict.fromkeys(("dev", "test"), found)
    ids, alone = dict.fromkeys(GOLD, list("abcd")), {split: Resampling(20, np.arange(4)) for split in GOLD}
    scored = score([Prediction(TASK, 1, 0, depths, predicted)], ("nspr",), ids, alone)
    assert value(scored, TASK, "nspr") == pytest.approx((1 - 1) / 2)
    assert value(scored, TASK, "nspr_mean") == pytest.approx((3 - 1) / 4)
