"""The explorer's ratio, on a tiny model: both sides are timed, and what is beyond the pass is all of the rest."""

from types import SimpleNamespace

from pipelines.bench_view import explore_over_forward
from probing.axes import Corpus, Sentence
from probing.model.checkpoint import Model


def test_beyond_the_pass_is_a_ratio_of_seconds_and_flow_takes_longer(tiny):
    corpus = Corpus("c", dict.fromkeys(("train", "dev", "test"), (Sentence("1", ("a", "fox")),)))
    experiment = SimpleNamespace(model=Model(checkpoint=str(tiny)), settings=SimpleNamespace(device="cpu"))
    found = explore_over_forward(SimpleNamespace(experiment=experiment, corpus=corpus, repeats=3, sentences=2))
    assert 0 < found["low"] <= found["median"] <= found["high"]
    assert found["low"] >= found["seconds_beyond"]["low"] / max(found["forward_seconds"])
    assert len(found["forward_seconds"]) == found["repeats"] == 3
    assert found["seconds_beyond_with_flow"]["low"] > found["seconds_beyond"]["low"]
    assert "20 words" in found["reference"]
