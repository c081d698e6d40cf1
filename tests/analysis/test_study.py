from dataclasses import replace

import numpy as np
import pytest

from probing.analysis.ablation import HeadAblation
from probing.analysis.agreement import Agreement
from probing.analysis.heads import HeadsOverCorpus
from probing.analysis.probes import Probes
from probing.analysis.redundancy import Redundancy
from probing.analysis.rollout import RolloutOfWords
from probing.analysis.syntax import SyntacticHeads
from probing.analysis.values import ValueVectors
from probing.errors import ConfigError, DataError
from probing.probe.low_rank import LowRank
from probing.probe.mix import Mix
from probing.store.key import Store


@pytest.fixture
def counted(monkeypatch):
    """How often the model is loaded, the tokenizer read, and a sentence tokenised."""
    from probing.model import encoder

    counts = {"loads": 0, "sentences": 0}
    load, tokenize = encoder.load, encoder.Encoder.tokenize_sentences

    def counting_load(*given, **options):
        counts["loads"] += 1
        return load(*given, **options)

    def counting_tokenize(self, sentences):
        counts["sentences"] += len(sentences)
        return tokenize(self, sentences)

    monkeypatch.setattr(encoder, "load", counting_load)
    monkeypatch.setattr(encoder.Encoder, "tokenize_sentences", counting_tokenize)
    return counts


def test_all_analyses_together_load_the_model_once_and_tokenise_each_text_once(make, counted, corpus, tmp_path):
    study = make(store=Store(str(tmp_path)), with_head=True)
    analyses = (
        Probes(),
        RolloutOfWords(),
        HeadsOverCorpus(),
        SyntacticHeads(least=5),
        Redundancy(),
        ValueVectors(sentences=4),
        HeadAblation(sentences=4),
        Agreement(sentences=4),
    )
    found = [analysis(study) for analysis in analyses]
    assert all(one.rows or one.arrays for one in found)
    assert counted == {"loads": 1, "sentences": sum(map(len, corpus.splits.values()))}


def test_one_pass_over_a_split_serves_every_analysis_of_heads(make, monkeypatch):
    import probing.analysis.head_pass as module

    passes, real = [], module.maps

    def counting(encoder, subwords):
        passes.append(len(subwords))
        return real(encoder, subwords)

    monkeypatch.setattr(module, "maps", counting)
    study = make()
    HeadsOverCorpus()(study)
    SyntacticHeads(least=5)(study)
    SyntacticHeads(least=1)(study)
    assert len(passes) == 2  # dev, and test


def test_what_is_stored_is_not_computed_again(make, counted, study):
    assert study.hidden.n_layers == study.maps.n_layers + 1
    counted["loads"] = 0  # the first study may have loaded the model to fill the store
    again = make()
    Probes()(again)
    RolloutOfWords()(again)
    assert counted["loads"] == 0


def test_a_layer_that_the_model_lacks_is_refused(make, study):
    asked = make(options=replace(study.options, layers=(3, 99)))
    with pytest.raises(ConfigError, match="the model has layers 0"):
        Probes()(asked)


@pytest.mark.parametrize(
    "probe, expected",
    [
        (LowRank(name="low_rank", rank=385), "probe.rank=385: vectors have 384 features"),
        (Mix(name="mix", memory_gb=1e-3), "probe=mix reads layers 0 to 2 together"),
    ],
    ids=["rank", "memory"],
)
def test_a_rank_or_a_memory_that_cannot_do_is_refused_before_and_after_vectors_are_stored(
    make, study, counted, tmp_path, probe, expected
):
    for store in (Store(str(tmp_path)), study.store):
        with pytest.raises(ConfigError, match=expected):
            assert make(probe=probe, store=store, options=replace(study.options, layers=(0, 2))).hidden
    assert counted["sentences"] == 0
    assert not [*tmp_path.glob("*.h5")]


def test_closing_closes_the_files(make):
    study = make()
    file = study.hidden
    study.close()
    with pytest.raises(Exception, match=r"closed|Invalid|not a (file|location)|identifier"):
        file.block(0, 0)


def test_a_sample_keeps_to_the_window_and_to_the_limit(study):
    sample = study.sample("test", 5, 12)
    assert (np.diff(sample.subwords.offsets) <= 12).all()
    with pytest.raises(DataError, match="3 to 3 subwords"):
        study.sample("test", 5, 3)
