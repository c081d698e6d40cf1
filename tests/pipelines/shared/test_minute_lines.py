"""In a log: a line for each stage, a line each minute with what is done and left."""

import time

import pytest

from pipelines.shared import minute_lines
from pipelines.shared.minute_lines import MinuteLines, clock


@pytest.fixture
def now(monkeypatch):
    """A clock that the test moves: now.append(seconds)."""
    times = [0.0]
    monkeypatch.setattr(minute_lines.time, "monotonic", lambda: times[-1])
    return times


def test_a_stage_is_a_line_with_its_place_and_the_time(now):
    said = []
    lines = MinuteLines(said.append, ["extract", "probes", "rollout"])
    lines.stage("extract")
    now.append(65.0)
    lines.stage("probes")
    assert said == ["0:00:00  extract (stage 1 of 3)", "0:01:05  probes (stage 2 of 3)"]


def test_a_line_says_what_is_done_and_what_is_left_of_every_step(now):
    lines = MinuteLines(lambda text: None, ["nulls"])
    assert lines.line() == "0:00:00  running"
    lines.stage("nulls")
    lines.step("untrained twins", 0, 4)
    now.append(100.0)
    lines.step("untrained twins", 1, 4)
    lines.step("extracting subwords", 500, 1500)  # 500 were there: they tell nothing about the speed
    assert lines.line().endswith("extracting subwords, 500 of 1,500 done")
    now.append(120.0)
    lines.step("extracting subwords", 1000, 1500)
    twins = "untrained twins, 1 of 4 done, about 0:06:00 left"
    assert lines.line() == (
        f"0:02:00  nulls, for 0:02:00: {twins}; extracting subwords, 1,000 of 1,500 done, about 0:00:20 left"
    )
    lines.step("extracting subwords", 1500, 1500)
    assert lines.line() == f"0:02:00  nulls, for 0:02:00: {twins}"


def test_a_new_stage_forgets_the_steps_of_one_that_failed(now):
    lines = MinuteLines(lambda text: None)
    lines.step("norms", 1, 9)
    lines.stage("heads")
    assert lines.line() == "0:00:00  heads, for 0:00:00"


def test_there_is_a_line_each_minute_until_the_end_even_if_nothing_is_reported(monkeypatch):
    monkeypatch.setattr(minute_lines, "MINUTE_S", 0.02)
    said = []
    lines = MinuteLines(said.append)
    lines.start()
    until = time.monotonic() + 10
    while len(said) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    lines.stop()
    assert len(said) >= 3 and set(said) == {"0:00:00  running"}
    assert not lines._thread.is_alive()


def test_a_day_is_more_than_hours():
    assert clock(90061) == "1 day, 1:01:01"
