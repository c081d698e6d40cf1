"""Measurements of the views: on a tiny model, and where there is no browser."""

from types import SimpleNamespace

import pytest

from pipelines.benchmarking.view_ratios import browser, explore_over_forward
from probing.axes import Corpus, Sentence
from probing.errors import UnavailableError
from probing.model.checkpoint import Model


def test_beyond_the_pass_is_a_ratio_of_seconds(tiny):
    corpus = Corpus("c", dict.fromkeys(("train", "dev", "test"), (Sentence("1", ("a", "fox")),)))
    experiment = SimpleNamespace(model=Model(checkpoint=str(tiny)), settings=SimpleNamespace(device="cpu"))
    found = explore_over_forward(SimpleNamespace(experiment=experiment, corpus=corpus, repeats=3, sentences=2))
    assert 0 < found["low"] <= found["median"] <= found["high"]
    assert found["low"] >= found["seconds_beyond"]["low"] / max(found["forward_seconds"])
    assert len(found["forward_seconds"]) == found["repeats"] == 3
    assert found["seconds_beyond_with_flow"]["low"] > 0
    assert "20 words" in found["reference"]


def test_without_a_browser_it_is_said_what_to_install(monkeypatch, tmp_path):
    monkeypatch.delenv("PROBING_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="PROBING_CHROMIUM"):
        browser()
