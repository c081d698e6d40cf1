"""Tiny models of every family that give maps, and records made by hand for models made by hand."""

import runpy
from functools import cache
from pathlib import Path

import numpy as np
import pytest

FAMILIES = ("bert", "distilbert", "roberta", "gpt2", "llama")
SENTENCES = [
    ("the", "quick", "brown", "fox", "jumps"),
    ("the", "naïve", "fox", "saw", "New", "York", "and", "the", "moon", "!"),
    ("she", "left"),
    ("the", "dog", "sleeps", "and", "the", "fox", "watched"),
]


@pytest.fixture(scope="session")
def build():
    """Save a tiny model of a family into a folder, as the tests of models do: 3 blocks, 2 heads, width 16."""
    return runpy.run_path(str(Path(__file__).parents[1] / "model" / "conftest.py"))["build"]


@pytest.fixture(scope="session")
def encoder_of(build, tmp_path_factory):
    """The encoder of a family's tiny model, loaded so that it gives maps; shared: leave it as it is."""
    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    @cache
    def encoder_of(family: str):
        model = Model(checkpoint=str(build(family, tmp_path_factory.mktemp(family))))
        return load(model, resolve(model), maps=True)

    return encoder_of


@pytest.fixture(params=FAMILIES)
def encoder(request, encoder_of):
    """Each family in turn."""
    return encoder_of(request.param)


@pytest.fixture
def subwords(encoder):
    """Four sentences of 2 to 10 words, so that batches hold padding."""
    return encoder.tokenize(SENTENCES)


@pytest.fixture(scope="session")
def by_hand():
    """An encoder around a network made by hand, which needs no tokenizer."""
    from probing.model.checkpoint import Checkpoint
    from probing.model.encoder import Encoder
    from probing.model.network_facts import Facts
    from probing.model.subwords import Frame

    def by_hand(network, causal: bool = False) -> Encoder:
        config = network.config
        facts = Facts(config.num_hidden_layers + 1, config.hidden_size, causal, final_norm=False)
        frozen = network.eval().requires_grad_(requires_grad=False)
        encoder = Encoder(Checkpoint("by hand", Path(), "", ()), frozen, None, Frame((), ()), facts, 0, "cpu")
        return encoder.step_by_step()

    return by_hand


@pytest.fixture(scope="session")
def one_subword_each():
    """Subwords of sentences given as ids, every subword a word, no special ones."""
    from probing.model.subwords import Subwords

    def one_subword_each(sentences) -> Subwords:
        lengths = np.array([len(s) for s in sentences])
        return Subwords(
            np.concatenate(sentences).astype(np.int32),
            np.concatenate([np.arange(n) for n in lengths]).astype(np.int32),
            np.concatenate([[0], np.cumsum(lengths)]),
            lengths.astype(np.int32),
        )

    return one_subword_each


@pytest.fixture(scope="session")
def maps_by_hand():
    """A batch of maps: per sentence the word of each subword (-1: special), and attention (L, H, S, S).

    Padding gets no weight as a key; its own rows hold 9, which must never count.
    """
    import torch

    from probing.model.batches import PADDING
    from probing.model.maps import Maps

    def maps_by_hand(words, attention, sentences=None) -> Maps:
        n_layers, n_heads = attention[0].shape[:2]
        lengths = np.array([len(row) for row in words])
        padded = np.full((n_layers, len(words), n_heads, lengths.max(), lengths.max()), 9, dtype=np.float32)
        of = np.full((len(words), lengths.max()), PADDING)
        for place, (row, found, n) in enumerate(zip(words, attention, lengths, strict=True)):
            of[place, :n] = row
            padded[:, place, :, :n] = 0
            padded[:, place, :, :n, :n] = found
        numbers = np.arange(len(words)) if sentences is None else np.array(sentences)
        return Maps(tuple(map(torch.from_numpy, padded)), numbers, np.zeros_like(of), of, lengths)

    return maps_by_hand


@pytest.fixture(scope="session")
def strongest_of():
    """strongest_of(n_words, batches): the strongest words of a split, after some batches of its maps."""
    from probing.attention.heads.strongest_word import StrongestWords
    from probing.model.map_facts import MapFacts

    def strongest_of(n_words, batches=(), n_layers=1, n_heads=1) -> StrongestWords:
        found = StrongestWords(n_words, MapFacts.of_all(n_layers, n_heads))
        for batch in batches:
            found.add(batch)
        return found

    return strongest_of
