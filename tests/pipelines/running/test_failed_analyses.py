"""An analysis that fails costs its own rows and no others; a run that is killed keeps what was finished."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from probing.errors import DataError
from probing.result.folder import MANIFEST, find_runs, partial_of
from probing.result.rows import read_rows

QUICK = ("layers=[1,2]", "probe.l2=[1e-2]", "resamples=50")
MEMORY = "memory ran out (3 GB wanted); give the run more, or take fewer sentences"
SENTENCES = "no sentence of test is short enough; choose another corpus"


def fails(error: BaseException):
    """A function that raises ``error``, whatever it is called with."""

    def fail(*arguments, **options):
        raise error

    return fail


@pytest.fixture
def faults(monkeypatch):
    """Memory runs out in an intervention, and no sentence suits value vectors."""
    monkeypatch.setattr("probing.analysis.ablation.effects", fails(MemoryError("3 GB wanted")))
    monkeypatch.setattr("probing.analysis.values.mixing_ratios", fails(DataError(SENTENCES)))


def of(folder: Path, analysis: str) -> pd.DataFrame:
    """The rows of an analysis without the run that they belong to."""
    table = read_rows(folder / "rows.csv")
    return table[table["analysis"] == analysis].drop(columns=["run_id", "tag"]).reset_index(drop=True)


def test_a_failed_analysis_is_a_counted_note_and_the_others_keep_their_rows(
    full, all_analyses, here, faults, manifest_of
):
    done = here("tag=failed", *all_analyses)
    assert (done.code, done.err) == (0, "")
    assert f"ablation failed: {MEMORY}" in done.out  # at once
    assert f"failed: 1 of the analyses (ablation): {MEMORY}" in done.out  # and at the end
    assert f"failed: 1 of the analyses (values): {SENTENCES}" in done.out
    folder = Path(done.out.splitlines()[-1].removeprefix("wrote: "))
    manifest = manifest_of(folder)
    assert manifest["failed"] == {"ablation": MEMORY, "values": SENTENCES}
    assert [n["text"] for n in manifest["notes"] if n["kind"] == "failed"] == [
        f"1 of the analyses (values): {SENTENCES}",
        f"1 of the analyses (ablation): {MEMORY}",
    ]
    page = (folder / "index.html").read_text()
    assert MEMORY in page
    assert SENTENCES in page
    for analysis in manifest_of(full)["analyses"]:
        missing = analysis in ("ablation", "values")
        found, expected = of(folder, analysis), of(full, analysis)
        assert found.empty if missing else found.equals(expected)
        assert expected.empty == (analysis == "redundancy")
        assert missing == (manifest["analyses"][analysis] == {})


def test_a_finished_run_with_a_failed_analysis_says_how_to_compute_it_again(here, refused, monkeypatch):
    given = ("tag=once", "analysis=values", *QUICK)
    with monkeypatch.context() as patched:
        patched.setattr("probing.analysis.values.mixing_ratios", fails(DataError(SENTENCES)))
        folder = here(*given).out.splitlines()[-1].removeprefix("wrote: ")
    advice = f"failed (values); to compute them again, delete {folder} and run again"
    again = here(*given)
    assert (again.code, again.out.splitlines()[-1]) == (0, f"already done: {folder}")
    assert advice in again.out
    assert advice in refused(here(*given, "strict=true"), 2)
    shutil.rmtree(folder)
    assert "failed" not in here(*given).out


def test_two_that_fail_alike_are_one_note(here, monkeypatch, manifest_of):
    monkeypatch.setattr("probing.analysis.heads.measure_tallies", fails(DataError(SENTENCES)))
    monkeypatch.setattr("probing.analysis.values.mixing_ratios", fails(DataError(SENTENCES)))
    done = here("tag=alike", "analysis=[heads,values]", *QUICK)
    assert done.code == 0
    assert done.out.count(f"failed: 2 of the analyses (heads, values): {SENTENCES}") == 1


def test_with_strict_a_failed_analysis_ends_the_run(here, refused, faults, outputs):
    before = find_runs(outputs)
    strict = ("tag=strict", "strict=true", *QUICK)
    assert refused(here(*strict, "analysis=values"), 1) == f"error: {SENTENCES}\n"
    assert "memory ran out (3 GB wanted); give this program more" in refused(here(*strict, "analysis=ablation"), 1)
    assert find_runs(outputs) == before


def test_probes_that_fail_end_the_run(here, refused, monkeypatch, outputs):
    before = find_runs(outputs)
    monkeypatch.setattr("probing.analysis.probes.score", fails(DataError("nothing to score")))
    assert "nothing to score" in refused(here("tag=probes_fail", *QUICK), 1)
    assert find_runs(outputs) == before


@pytest.fixture
def interrupted(outputs) -> Path:
    """The folder of the run that the tests below stop."""
    return outputs / "runs" / "killed" / "minilm" / "grammar" / "pos" / "linear,l2=0.01" / "seed0,layers=2"


def finished_parts(folder: Path) -> tuple[set[str], list[str]]:
    """The analyses whose rows an unfinished run holds, and those in its manifest."""
    assert not folder.exists()
    parts = partial_of(folder)
    assert parts.name == f".{folder.name}.partial"
    assert not {folder, parts} & set(find_runs(parts.parent))
    manifest = json.loads((parts / MANIFEST).read_text())
    return set(read_rows(parts / "rows.csv")["analysis"]), [*manifest["analyses"]]


def test_what_an_interrupt_leaves_is_readable_and_the_same_command_completes(
    here, make, interrupted, monkeypatch, manifest_of
):
    given = ("tag=killed", "layers=2", "probe.l2=[1e-2]")
    with monkeypatch.context() as patched:
        patched.setattr("probing.analysis.rollout.examples", fails(KeyboardInterrupt()))
        done = here(*given)
    assert done.code == 130
    assert "run the same command again to continue" in done.err
    assert finished_parts(interrupted) == ({"probes"}, ["probes"])
    before = read_rows(partial_of(interrupted) / "rows.csv")
    assert make(*given) == interrupted
    assert not partial_of(interrupted).exists()
    found = read_rows(interrupted / "rows.csv")
    assert set(found["analysis"]) == {"probes", "rollout"}
    assert found[found["analysis"] == "probes"].equals(before)
    assert manifest_of(interrupted)["finished"]


KILLED = """
import os, sys
import probing.analysis.values
from pipelines.run import main
from pipelines.shared.cli import launch
probing.analysis.values.mixing_ratios = lambda *arguments, **options: os._exit(9)
sys.argv = ["run.py", *sys.argv[1:]]
launch(main, "", ())
"""


def test_what_a_killed_process_leaves_is_readable_and_the_same_command_completes(
    here, small, make, outputs, interrupted, environment
):
    given = ("tag=killed", "layers=2", "probe.l2=[1e-2]", "analysis=values")
    command = [sys.executable, "-c", KILLED, *small, f"outputs={outputs}", *given]
    ended = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 9, ended.stderr
    folder = interrupted.with_name("seed0,layers=2,analysis=values")
    assert finished_parts(folder) == ({"probes", "rollout"}, ["probes", "rollout"])
    assert make(*given) == folder
    assert not partial_of(folder).exists()
    assert set(read_rows(folder / "rows.csv")["analysis"]) == {"probes", "rollout", "values"}
