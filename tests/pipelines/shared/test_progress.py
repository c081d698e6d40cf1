"""Bars for what takes over a second, on a terminal alone."""

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


def test_a_pipe_and_a_worker_get_nothing(clock, monkeypatch):
    assert shown(clock, False, 2.0) == ""
    monkeypatch.setattr(progress, "current_process", lambda: SimpleNamespace(name="LokyProcess-1"))
    assert shown(clock, True, 2.0) == ""


def test_a_step_may_come_twice(clock):
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with progress.Bars(console) as bars:
        for _ in range(2):
            for done in range(5):
                bars("reading", done, 4)
                clock.seconds += 2
        assert bars._progress.tasks == []
    assert time.monotonic() == clock.seconds
