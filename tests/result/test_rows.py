"""Rows on disk: complete, unrounded, and refused where an older version wrote them."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from probing.errors import DataError
from probing.result.rows import COLUMNS, Measurement, is_null, read_rows, rows_of, write_rows

IDENTITY = {"tag": "t", "model": "m", "checkpoint": "c", "data": "d", "task": "pos", "probe": "linear", "run_id": "x"}
CONTROL = Measurement("test", "control", 3, None, 0, "accuracy", 1 / 3, 0.1 + 0.2, 2 / 3, 12, 5, draw=1)
HEAD = Measurement("test", "obj", 2, 7, 0, "hits", 0.5, 0.25, 0.75, 4, 2, probe="gain")
BASELINE = Measurement("dev", "majority", None, None, 0, "accuracy", 0.5, float("nan"), float("nan"), 12, 5)


def test_rows_say_which_run_and_analysis_they_belong_to() -> None:
    control, head = rows_of([CONTROL, HEAD], IDENTITY, "heads")
    assert (control.tag, control.task, control.run_id, control.analysis) == ("t", "pos", "x", "heads")
    assert (control.probe, control.draw, control.value) == ("linear", 1, 1 / 3)
    assert (head.probe, head.draw, head.head) == ("gain", None, 7)


def test_rows_survive_the_disk_unrounded(tmp_path: Path) -> None:
    rows = rows_of([CONTROL, HEAD, BASELINE], IDENTITY, "probes")
    write_rows(rows, tmp_path / "rows.csv")
    back = read_rows(tmp_path / "rows.csv")
    assert tuple(back.columns) == COLUMNS
    assert back["value"].tolist() == [row.value for row in rows]
    assert back["ci_low"].tolist()[:2] == [0.1 + 0.2, 0.25]
    assert back["ci_low"].isna().tolist() == [False, False, True]
    assert back["draw"].isna().tolist() == [False, True, True]
    assert back["draw"].tolist()[0] == 1
    assert (back["layer"].dtype, back["head"].dtype) == ("Int64", "Int64")
    assert back["layer"].isna().tolist() == [False, False, True]
    assert back["head"].isna().tolist() == [True, False, True]


def test_texts_that_look_like_numbers_or_gaps_stay_texts(tmp_path: Path) -> None:
    [row] = rows_of([replace(HEAD, target="None")], {**IDENTITY, "tag": "007", "run_id": "12e345"}, "heads")
    write_rows([row], tmp_path / "rows.csv")
    back = read_rows(tmp_path / "rows.csv")
    assert back[["tag", "run_id", "target"]].iloc[0].tolist() == ["007", "12e345", "None"]


def test_rows_of_an_older_version_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    write_rows(rows_of([CONTROL], IDENTITY, "probes"), path)
    pd.read_csv(path).drop(columns=["analysis", "draw"]).to_csv(path, index=False)
    with pytest.raises(DataError, match="has no column analysis, draw: an older version.*run again"):
        read_rows(path)


def test_rows_of_twins_are_known_by_target_or_method() -> None:
    rows = pd.DataFrame(
        {
            "target": ["untrained", "all", "all", "task"],
            "probe": ["linear", "untrained rollout", "untrainedness", "linear"],
        }
    )
    assert is_null(rows).tolist() == [True, True, False, False]
