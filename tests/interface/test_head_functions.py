"""Statistics of heads over a split, and the loss without heads; equal to the command line by another test."""

import pytest

import probing
from probing.errors import ConfigError


def test_statistics_are_of_the_split_that_was_asked_for(model):
    corpus = probing.load_corpus([["Cats", "sleep"], ["Dogs", "bark"], ["Birds", "sing", "songs"]])
    every = probing.head_statistics(model, corpus, split="all")
    assert set(every["n_sentences"]) == {3}
    assert set(every["split"]) == {"all"}
    assert every.attrs["notes"][0] == "heads: 3 of the 3 sentences of all splits"
    single = every.dropna(subset="head")
    assert single.groupby("metric")[["layer", "head"]].nunique().loc["entropy_nats"].tolist() == [6, 12]
    one = probing.head_statistics(model, corpus, split="dev")
    assert (set(one["split"]), set(one["n_sentences"])) == ({"dev"}, {1})
    with pytest.raises(ConfigError, match="split=valid: not a valid value; choose one of train, dev, test, all"):
        probing.head_statistics(model, corpus, split="valid")
    with pytest.raises(ConfigError, match="a corpus is expected"):
        probing.head_statistics(model, [["Cats"]])


def test_ablation_needs_a_probe_that_attention_reaches(vectors, probe):
    found = probing.ablate(probe, sentences=5, replacement="zero")
    assert set(found.dropna(subset="head")["layer"]) <= set(range(1, 7))
    assert found.attrs["notes"][0].startswith("ablation: 5 of the 40 sentences of test")
    with pytest.raises(ConfigError, match="ablate: .*fit a probe of classes to a layer above 0"):
        probing.ablate(probing.Probe(l2=[1e-2], resamples=10).fit(vectors, task="pos", layer=0))
    with pytest.raises(ConfigError, match="replacement=none"):
        probing.ablate(probe, replacement="none")
    with pytest.raises(ConfigError, match="'pos': a probe is expected first"):
        probing.ablate("pos")
