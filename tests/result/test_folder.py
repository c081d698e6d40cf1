"""A run is found when it is finished, and what it found earlier survives whatever kills it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probing.errors import DataError, ProbingError
from probing.result.checksums import CHECKSUMS, OWN, damaged
from probing.result.folder import (
    Contents,
    find_runs,
    finish,
    partial_of,
    read_manifest,
    write_first,
    write_part,
)
from probing.result.rows import Measurement, Row, read_rows, rows_of

IDENTITY = {"tag": "t", "model": "m", "checkpoint": "c", "data": "d", "task": "pos", "probe": "linear", "run_id": "x"}
PROBES = Contents(
    rows_of([Measurement("test", "task", 1, None, 0, "accuracy", 0.5, 0.4, 0.6, 4, 2)], IDENTITY, "probes"),
    {"run_id": "x", "analyses": ["probes"], "finished": None},
    {"predictions": pd.DataFrame({"layer": [1]})},
    files={"config.yaml": b"a: 1\n"},
)
ROLLOUT = rows_of([Measurement("test", "all", 1, None, 0, "cls", 0.1, 0.0, 0.2, 4, 2, probe="rollout")], IDENTITY, "r")
BOTH = Contents(
    [*PROBES.rows, *ROLLOUT],
    {**PROBES.manifest, "analyses": ["probes", "rollout"]},
    arrays={"map": np.eye(2), "tokens": np.array(["[CLS]", "é"])},
)
# writes a first part, and is killed while it writes the rows of the second
KILLED = """
import os, signal, sys
from pathlib import Path
from probing.result.rows import write_rows
from probing.result import folder
from tests.result.test_folder import BOTH, PROBES

def dies(rows, path):
    path.write_text("tag,model")
    os.kill(os.getpid(), signal.SIGKILL)

folder.write_first(Path(sys.argv[1]), PROBES)
folder.write_rows = dies
folder.write_part(Path(sys.argv[1]), BOTH)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "seed0"


def nothing(_: Path) -> None:
    """A report without pages."""


def written_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_run_is_found_when_all_its_parts_and_its_report_are_there(folder: Path) -> None:
    def report(parts: Path) -> None:
        assert json.loads((parts / "manifest.json").read_text())["finished"]  # the page may show it
        (parts / "index.html").write_text("page")

    write_first(folder, PROBES)
    write_part(folder, BOTH)
    assert find_runs(folder.parent) == []
    assert read_manifest(folder) is None
    finish(folder, report)
    assert find_runs(folder.parent) == [folder]
    names = ["attention.npz", "config.yaml", "index.html", "manifest.json", "predictions.parquet", "rows.csv"]
    assert written_in(folder) == names
    assert [path.name for path in folder.parent.iterdir()] == ["seed0"]
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest["finished"].startswith("20")
    assert {**manifest, "finished": None} == {**BOTH.manifest, CHECKSUMS: manifest[CHECKSUMS], OWN: manifest[OWN]}
    assert sorted(manifest[CHECKSUMS]) == [name for name in names if name != "manifest.json"]
    assert damaged(folder, manifest, names) == ["manifest.json"]  # which is not in its own list
    assert read_rows(folder / "rows.csv")["analysis"].tolist() == ["probes", "r"]
    with np.load(folder / "attention.npz", allow_pickle=False) as arrays:
        assert arrays["tokens"].tolist() == ["[CLS]", "é"]


def test_a_run_that_is_killed_between_or_in_parts_keeps_the_finished_ones(folder: Path) -> None:
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder)], cwd=root, check=False)
    assert killed.returncode == -9
    parts = partial_of(folder)
    assert read_rows(parts / "rows.csv")["analysis"].tolist() == ["probes"]
    assert json.loads((parts / "manifest.json").read_text()) == PROBES.manifest
    assert pd.read_parquet(parts / "predictions.parquet")["layer"].tolist() == [1]
    assert (parts / "config.yaml").read_bytes() == b"a: 1\n"
    assert find_runs(folder.parent) == find_runs(parts) == []
    assert read_manifest(folder) is read_manifest(parts) is None


def test_the_next_attempt_starts_afresh_but_removes_nothing_before_it_has_as_much(folder: Path) -> None:
    write_first(folder, PROBES)
    write_part(folder, BOTH)

    class Fails(list[Row]):
        def __iter__(self) -> object:  # type: ignore[override]
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_first(folder, replace(PROBES, rows=Fails()))
    assert len(read_rows(partial_of(folder) / "rows.csv")) == 2
    write_first(folder, PROBES)
    assert written_in(partial_of(folder)) == ["config.yaml", "manifest.json", "predictions.parquet", "rows.csv"]
    assert len(read_rows(partial_of(folder) / "rows.csv")) == 1


def test_a_part_that_cannot_be_written_leaves_the_last_one_whole(folder: Path) -> None:
    write_first(folder, PROBES)
    with pytest.raises(TypeError, match="not JSON serializable"):
        write_part(folder, replace(BOTH, manifest={"facts": object()}))
    parts = partial_of(folder)
    assert json.loads((parts / "manifest.json").read_text()) == PROBES.manifest
    assert not [name for name in written_in(parts) if name.startswith(".")]


def test_a_run_that_fails_in_its_report_is_not_finished_but_keeps_its_parts(folder: Path) -> None:
    def fails(_: Path) -> None:
        raise RuntimeError("no page")

    write_first(folder, BOTH)
    with pytest.raises(RuntimeError, match="no page"):
        finish(folder, fails)
    assert find_runs(folder.parent) == []
    assert json.loads((partial_of(folder) / "manifest.json").read_text()) == BOTH.manifest
    finish(folder, nothing)
    assert find_runs(folder.parent) == [folder]


def test_parts_come_after_a_first_one(folder: Path) -> None:
    for late in (lambda: write_part(folder, BOTH), lambda: finish(folder, nothing)):
        with pytest.raises(ProbingError, match="deleted meanwhile.*run the same command again"):
            late()
    assert not folder.parent.exists()


def test_a_folder_that_says_it_is_unfinished_is_no_finished_run(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"run_id": "x", "finished": null}')
    assert find_runs(folder.parent) == []
    assert read_manifest(folder) is None
    (folder / "manifest.json").write_text('{"run_id": "x", "finished": "2025-01-01T00:00:00"}')
    assert find_runs(folder.parent) == [folder]


def test_a_broken_manifest_is_named_not_passed_over(folder: Path) -> None:
    folder.mkdir(parents=True)
    for text, seen in (('{"run_id": ', "is not JSON"), ("[]", "holds no manifest")):
        (folder / "manifest.json").write_text(text)
        assert find_runs(folder.parent) == [folder]
        with pytest.raises(DataError, match=f"{seen}.*run again"):
            read_manifest(folder)
