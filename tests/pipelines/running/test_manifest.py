"""The manifest says what was asked for, and on what the numbers were measured."""

import sys
from dataclasses import replace
from pathlib import Path

from pipelines.running.manifest import describe, inputs
from probing.axes import Corpus, Sentence
from probing.data.corpus import fingerprint
from probing.model.checkpoint import Checkpoint

SENTENCES = tuple(Sentence(str(i), ("a", "b"), ("X", "Y")) for i in range(3))
CORPUS = Corpus("c", {"train": SENTENCES, "dev": SENTENCES[:2], "test": SENTENCES[:1]}, skipped={"empty nodes": 2})
CHECKPOINT = Checkpoint("m", Path("m"), "sha256-00", ())


def test_options_command_checkpoint_and_corpus_are_described(experiment, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["run.py", "seed=3", "task=depth"])
    found = describe(experiment("seed=3", "task=depth"), CHECKPOINT, CORPUS)
    assert found["command"] == "python -m pipelines.run seed=3 task=depth"
    assert (found["config"]["seed"], found["config"]["task"]["name"]) == (3, "depth")
    assert found["checkpoint"] == {"name": "m", "revision": "sha256-00", "requested": "m", "stand_in": False}
    assert found["data"] == {
        "name": "c",
        "requested": "c",
        "stand_in": False,
        "fingerprint": fingerprint(CORPUS),
        "sentences": {"train": 3, "dev": 2, "test": 1},
        "skipped": {"empty nodes": 2},
    }


def test_the_content_of_a_tested_hypothesis_is_in_the_configuration(experiment):
    config = describe(experiment("analysis=hypotheses", "analysis.hypotheses.tested=verb_object"), CHECKPOINT, CORPUS)
    [tested] = config["config"]["analysis"]["hypotheses"]["tested"]
    assert (tested["name"], tested["relation"]) == ("verb_object", "dependent")


def test_a_stand_in_is_described_with_what_was_asked_for(experiment):
    found = describe(replace(experiment(), stand_ins={"model": "org/large"}), CHECKPOINT, CORPUS)
    assert found["checkpoint"]["requested"] == "org/large"
    assert found["checkpoint"]["stand_in"] is True
    assert found["data"]["stand_in"] is False


def test_the_options_that_name_corpus_and_model_build_the_same_parts_again(experiment):
    typed = ("data=conllu", "data.train=my file.conllu", "data.test=b.conllu", "model=gpt2", "model.bos=off")
    first = experiment(*typed, "store.attention.sentences=7", "seed=3")
    found = inputs(first)
    assert found == [
        "data=conllu",
        'data.train="my file.conllu"',
        "data.test=b.conllu",
        "model=gpt2",
        "model.bos=off",
        "store.attention.sentences=7",
    ]
    again = experiment(*found)
    assert (again.data, again.model, again.store) == (first.data, first.model, first.store)


def test_of_a_stand_in_the_options_are_those_of_what_stands_in(experiment):
    asked = experiment("model=bert")
    minilm = experiment("model=minilm")
    stood_in = replace(asked, config=minilm.config, stand_ins={"model": "google-bert/bert-base-uncased"})
    assert inputs(stood_in) == ["data=grammar", "model=minilm"]
