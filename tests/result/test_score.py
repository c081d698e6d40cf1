from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probing.probe.fit import TASK, Fit, Target
from probing.result.folder import find_runs, read_manifest, write_run
from probing.result.rows import COLUMNS, Row, read_rows, write_rows
from probing.result.score import Prediction, Scores, rows_of, score

GOLD = {
    "train": [np.array([0, 1])],
    "dev": [np.array([0, 1]), np.array([1])],
    "test": [np.array([0, 1, 1]), np.array([0])],
}
WORDS = Target("word", "class", 2, GOLD)
IDENTITY = {"tag": "t", "model": "m", "checkpoint": "c", "data": "d", "task": "pos", "probe": "linear", "run_id": "x"}


def says(*test: list[int]) -> dict[str, list[np.ndarray]]:
    """Right on dev, and ``test`` on the two sentences of test."""
    return {"dev": GOLD["dev"], "test": [np.array(t) for t in test]}


PREDICTIONS = [
    Prediction(TASK, 1, 0, WORDS, says([0, 1, 0], [0]), Fit(1, TASK, says([0, 1, 0], [0]), 1.0, True)),
    Prediction("control", 1, 0, WORDS, says([1, 1, 0], [0])),
    Prediction("control", 1, 1, WORDS, says([1, 0, 0], [1])),
    Prediction("majority", None, 0, WORDS, says([0, 0, 0], [0])),
]


@pytest.fixture(scope="module")
def scores() -> Scores:
    return score(PREDICTIONS, ("accuracy", "macro_f1"), ["a", "b"], resamples=200)


def value(scores: Scores, target: str, metric: str = "accuracy", split: str = "test", seed: int = 0) -> float:
    (row,) = [
        r for r in scores.rows if (r["target"], r["metric"], r["split"], r["seed"]) == (target, metric, split, seed)
    ]
    assert row["ci_low"] <= row["value"] <= row["ci_high"]
    return float(row["value"])


def test_every_target_is_scored_with_its_interval(scores: Scores) -> None:
    assert value(scores, TASK) == 3 / 4
    assert value(scores, "majority") == 2 / 4
    assert value(scores, TASK, split="dev") == 1.0
    # class 0: 2 right, 3 predicted, 2 gold; class 1: 1 right, 1 predicted, 2 gold
    assert value(scores, TASK, "macro_f1") == pytest.approx((4 / 5 + 2 / 3) / 2)


def test_selectivity_is_task_minus_control_for_each_draw(scores: Scores) -> None:
    assert value(scores, "selectivity", seed=0) == 3 / 4 - 2 / 4
    assert value(scores, "selectivity", seed=1) == 3 / 4 - 0


def test_sentence_statistics_give_the_score_back(scores: Scores) -> None:
    table = scores.sentences
    task = table[(table["target"] == TASK) & (table["metric"] == "accuracy")]
    assert task["sentence"].tolist() == ["a", "b"]
    assert task["s0"].sum() / task["s1"].sum() == 3 / 4


def test_code_lengths_are_rows_of_train() -> None:
    fit = Fit(1, TASK, says([0, 1, 1], [0]), 1.0, True, {}, np.array([1.0]), np.array([2.0]))
    found = score([Prediction(TASK, 1, 0, WORDS, fit.predicted, fit)], ("accuracy",), ["a", "b"], resamples=10)
    assert value(found, TASK, "codelength_bits", "train") == 1.0
    assert value(found, TASK, "compression", "train") == 2.0


def test_rows_survive_the_disk_unrounded(scores: Scores, tmp_path: Path) -> None:
    rows = rows_of(scores.rows, IDENTITY)
    path = tmp_path / "rows.csv"
    write_rows(rows, path)
    back = read_rows(path)
    assert tuple(back.columns) == COLUMNS
    assert back["value"].tolist() == [r.value for r in rows]
    assert back["layer"].isna().sum() == sum(r.layer is None for r in rows)


def test_a_run_that_fails_in_its_report_leaves_no_folder(scores: Scores, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "seed0"

    def write(report: object) -> None:
        rows: list[Row] = rows_of(scores.rows, IDENTITY)
        write_run(
            folder,
            rows,
            {"predictions": pd.DataFrame({"layer": [1]}), "sentences": scores.sentences},
            {},
            {"run_id": "x"},
            {"config.yaml": b"a: 1\n"},
            report,
        )  # type: ignore[arg-type]

    def fails(_: object) -> None:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write(fails)
    assert read_manifest(folder) is None
    assert find_runs(tmp_path / "runs") == []
    write(lambda _: None)
    assert read_manifest(folder) == {"run_id": "x"}
    assert find_runs(tmp_path / "runs") == [folder]
