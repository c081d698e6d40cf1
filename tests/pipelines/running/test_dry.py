"""A dry run says what extraction takes, and leaves no file behind."""

import re
from pathlib import Path

from pipelines.running.dry import lines, spoken
from probing.store.dry_run import DryRun
from probing.store.extraction_plan import Estimate


def test_a_dry_run_says_what_extraction_takes_and_writes_nothing(here, tmp_path):
    done = here("dry=true", "dry_minutes=0.0001", f"outputs={tmp_path}")
    assert done.code == 0, done.err
    assert re.search(r"dry run, nothing is written: [\d,]+ sentences, [\d,]+ subwords; [\d.e-]+ GB on disk", done.out)
    assert re.search(r"[\d,]+ batches, [\d.e+]+ floating-point operations", done.out)
    assert re.search(r"in 0.0001 minutes: [\d,]+ workers? like this one", done.out)
    assert [*Path(tmp_path).rglob("*")] == []
    fewer = here("dry=true", "layers=1", "store.pool=word", f"outputs={tmp_path}")
    assert "vectors of words" in fewer.out and "workers" not in fewer.out


def test_vectors_that_are_there_are_said_to_be_there(here, tmp_path):
    assert here("attention=none", "probe.l2=[1e-2]", f"outputs={tmp_path}").code == 0
    before = sorted(tmp_path.rglob("*"))
    done = here("dry=true", "task=depth", "attention=none", f"outputs={tmp_path}")
    assert "the store has these vectors already" in done.out
    assert sorted(tmp_path.rglob("*")) == before


def test_minutes_without_a_dry_run_are_refused(here):
    done = here("dry_minutes=5")
    assert done.code == 2
    assert "add dry=true" in done.err
    assert here("dry=true", "dry_minutes=0").code == 2


def test_workers_and_times_are_said_in_words():
    found = DryRun(Estimate(10, 100, "subwords", 2_000_000, 0), 1.5e12, 600.0, 4, 7)
    told = lines(found, "cpu", 1_200_000_000, 4)
    assert told[-1] == "in 4 minutes: 3 workers like this one, each with 3 batches at most"
    assert lines(found, "cpu", 0, 60)[-1].startswith("in 60 minutes: 1 worker like this one")
    assert "about 10.0 minutes, from 4 batches" in told[3]
    assert [*map(spoken, (0.5, 90, 200, 9000))] == ["0.5 seconds", "90 seconds", "3.3 minutes", "2.5 hours"]
