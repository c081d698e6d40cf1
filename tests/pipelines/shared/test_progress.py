"""Bars for what takes over a second, on a terminal; lines in a log."""

import io
import time
from types import SimpleNamespace

import pytest
from rich.console import Console

from pipelines.shared import progress


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """A clock that the test moves."""
    moved = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: moved.seconds)
    return moved


def shown(clock: SimpleNamespace, terminal: bool, seconds_per_step: float) -> str:
    """What a terminal shows of a step with four parts."""
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    with progress.Bars(console) as bars:
        for done in range(5):
            bars("reading", done, 4)
            bars._progress.refresh()
            clock.seconds += seconds_per_step
    return console.file.getvalue()


def test_a_long_step_has_a_bar_with_its_count(clock):
    assert "reading" in shown(clock, True, 2.0)
    assert "2/4" in shown(clock, True, 2.0)


@pytest.mark.parametrize("width", [1, 2, 9])
def test_a_narrow_terminal_ends_nothing(clock, width):
    console = Console(file=io.StringIO(), force_terminal=True, width=width)
    with progress.Bars(console) as bars:
        for done in range(5):
            bars("reading", done, 4)
            bars._progress.refresh()
            clock.seconds += 2


def test_a_step_under_a_second_has_none(clock):
    assert "reading" not in shown(clock, True, 0.2)


def test_a_worker_on_a_terminal_gets_nothing(clock, monkeypatch):
    monkeypatch.setattr(progress, "current_process", lambda: SimpleNamespace(name="LokyProcess-1"))
    assert shown(clock, True, 2.0) == ""


def logged(stages: bool) -> str:
    """What a log shows of a program with two stages, the second of them half done."""
    console = Console(file=io.StringIO(), force_terminal=False, width=20)  # lines are not wrapped
    with progress.Bars(console, ["extract", "probes"]) as bars:
        for name in ("extract", "probes") if stages else ():
            bars.stage(name)
        bars("reading [red]", 0, 4)
        bars("reading [red]", 2, 4)
        bars._lines._say(bars._lines.line())
    return console.file.getvalue()


def test_a_log_gets_a_line_for_each_stage_and_no_bar(clock):
    *began, doing = logged(stages=True).splitlines()
    assert began == ["0:00:00  extract (stage 1 of 2)", "0:00:00  probes (stage 2 of 2)"]
    assert doing == "0:00:00  probes, for 0:00:00: reading [red], 2 of 4 done, about 0:00:00 left"


def test_in_a_log_the_lines_of_a_worker_begin_with_its_job(clock, monkeypatch):
    monkeypatch.setattr(progress, "current_process", lambda: SimpleNamespace(name="LokyProcess-1"))
    monkeypatch.setattr(progress, "job_name", lambda: "model=minilm task=pos")
    assert logged(stages=False).startswith("model=minilm task=pos: 0:00:00  running: reading")


def test_on_a_terminal_a_stage_is_no_line(clock):
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with progress.Bars(console, ["extract"]) as bars:
        bars.stage("extract")
    assert "extract" not in console.file.getvalue()


def test_a_step_may_come_twice(clock):
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with progress.Bars(console) as bars:
        for _ in range(2):
            for done in range(5):
                bars("reading", done, 4)
                clock.seconds += 2
        assert bars._progress.tasks == []
    assert time.monotonic() == clock.seconds
