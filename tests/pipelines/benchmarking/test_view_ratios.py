"""Measurements of the views: on a tiny model, and without a browser."""

import pytest

from pipelines.benchmarking.view_ratios import browser, explore_over_forward
from probing.errors import UnavailableError


def test_the_time_of_an_answer_is_split_into_the_pass_and_the_rest(bench):
    found = explore_over_forward(bench)
    median, low, high = found.spread
    assert 0 < low <= median <= high
    forward = found.details["forward_seconds"]
    beyond = found.beside["seconds_beyond"]
    assert len(forward) == len(beyond.values) == len(found.values) == bench.repeats
    assert list(found.values) == [b / f for b, f in zip(beyond.values, forward, strict=True)]
    assert min(found.beside["seconds_beyond_with_flow"].values) > 0
    assert "20 words" in found.reference


def test_without_a_browser_the_message_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.delenv("PROBING_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="PROBING_CHROMIUM"):
        browser()
