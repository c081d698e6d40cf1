"""A stand-in is used only if what was wanted is not available, it says so, and ``strict`` forbids it."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from pipelines.shared import stand_ins
from pipelines.shared.notes import Note, announce
from pipelines.shared.options import Parts, option, parts_of
from pipelines.shared.stand_ins import find_corpus, find_model
from probing.axes import SPLITS, Corpus
from probing.errors import UnavailableError
from probing.model.checkpoint import Checkpoint, Model


@dataclass
class Strictness:
    strict: bool = False


MINILM = Checkpoint("minilm", Path(), "sha256-00", ())


def load(source, text) -> Corpus:
    """Reads a corpus where there is no EWT: one without sentences, of its name."""
    if source.name == "ewt":
        raise UnavailableError("no treebank")
    return Corpus(source.name, dict.fromkeys(SPLITS, ()))


@pytest.fixture
def parts_with(monkeypatch):
    """parts_with(strict): BERT, which is not available, and EWT, which is not either."""

    def resolve(model: Model) -> Checkpoint:
        if model.checkpoint != "bundled":
            raise UnavailableError("the Hub cannot be reached")
        return MINILM

    monkeypatch.setattr(stand_ins, "resolve", resolve)

    def build(strict: bool, model: str = "bert", data: str = "ewt") -> Parts:
        config = OmegaConf.create({"data": option("data", data), "model": option("model", model)})
        config.store = {"_target_": "probing.store.key.Store", "folder": "store"}
        config.model.precision, config.data.max_sentences = "bfloat16", 7
        return Parts(settings=Strictness(strict), config=config, **parts_of(config, ("data", "model", "store")))

    return build


def test_what_is_available_is_used_without_a_note(parts_with):
    parts = parts_with(strict=True, model="minilm", data="grammar")
    found, checkpoint, notes = find_model(parts)
    assert (found, checkpoint.name, notes) == (parts, "minilm", ())
    of_data, corpus, notes = find_corpus(parts, checkpoint, load)
    assert (of_data, corpus.name, notes) == (parts, "grammar", ())


def test_a_stand_in_keeps_some_options_and_is_noted(parts_with):
    parts = parts_with(strict=False)
    found, checkpoint, notes = find_model(parts)
    assert (checkpoint.name, found.model.checkpoint, found.model.precision) == ("minilm", "bundled", "bfloat16")
    text = "model=minilm stands in for google-bert/bert-base-uncased. the Hub cannot be reached"
    assert notes == (Note("substituted", text),)
    found, corpus, notes = find_corpus(found, checkpoint, load)
    assert (corpus.name, found.data.name, found.data.max_sentences) == ("grammar", "grammar", 7)
    assert notes == (Note("substituted", "data=grammar stands in for ewt. no treebank"),)
    assert found.stand_ins == {"model": "google-bert/bert-base-uncased", "data": "ewt"}
    assert (parts.data.name, parts.config.data.name) == ("ewt", "ewt")


@pytest.mark.parametrize("find", [find_model, lambda parts: find_corpus(parts, MINILM, load)])
def test_with_strict_nothing_stands_in(find, parts_with):
    with pytest.raises(UnavailableError):
        find(parts_with(strict=True))


def test_only_what_was_substituted_is_announced(capsys):
    announce([Note("left out", "three texts"), Note("substituted", "a stands in for b")])
    assert capsys.readouterr().out == "NOTE  a stands in for b\n"
