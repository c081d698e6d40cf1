"""A sentence from the store is shown as the model would have shown it, to what the store's type holds."""

import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from probing.axes import Corpus, Sentence, Surface, no_progress
from probing.errors import ConfigError, DamagedStoreError, DataError
from probing.model import encoder
from probing.model.checkpoint import Model, resolve
from probing.model.maps import maps
from probing.model.pooling import Pooling
from probing.probe.saved import VECTORS
from probing.store.key import Cached, Store, key, key_parts, map_parts
from probing.store.layout import StoreFile
from probing.store.stored_maps import ensure_maps
from probing.store.vectors import Vectors, rows_of
from probing.store.write import ensure
from probing.view.forward_view import Options, sentence_view
from probing.view.pack import pack
from probing.view.probe_predictions import pooling
from probing.view.record import CorpusSentence, Float32, Predicted, Tokens
from probing.view.stored_view import MAPS_ONLY, StoredCorpus, find, stored_view

BUILD = runpy.run_path(str(Path(__file__).parent.parent / "model" / "conftest.py"))["build"]
FOX = Sentence("fox", ("the", "naïve", "fox", "sleeps"), ("DET", "ADJ", "NOUN", "VERB"), (), (3, 3, 4, 0), label="calm")
TEXTS = ("New York", "she watched the light of the moon <script>", "then she left", "perhaps", "the lazy dog saw it")
PLAIN = tuple(Sentence(f"plain-{i}", tuple(text.split())) for i, text in enumerate(TEXTS))
CORPUS = Corpus("tiny", {"train": PLAIN[:2], "dev": PLAIN[2:3], "test": (PLAIN[3], FOX, PLAIN[4])})


class Kept(NamedTuple):
    loaded: encoder.Encoder
    maps: StoreFile
    hidden: StoreFile


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Callable[[str], Kept]:
    """Maps of all of test, in batches of few sentences, and hidden states, by a tiny model of a family."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    made: dict[str, Kept] = {}

    def make(family: str) -> Kept:
        if family not in made:
            folder = tmp_path_factory.mktemp(family)
            model = Model(str(BUILD(family, folder / "model")))
            found = resolve(model)
            loaded = encoder.load(model, found, maps=True)
            store = Store(str(folder / "store"), batch_subwords=24, attention=Cached("all"))
            parts = key_parts(store, model, found, CORPUS)
            of_maps = map_parts(store, parts)
            both = loaded, loaded.tokenize_corpus(CORPUS)
            files = [
                write(store, name, {"key": key(p), **p, "model": family}, CORPUS, lambda: both, no_progress)
                for write, name, p in ((ensure_maps, "maps", of_maps), (ensure, "hidden", parts))
            ]
            made[family] = Kept(loaded, *map(StoreFile, files))
        return made[family]

    yield make
    for one in made.values():
        one.maps.close()
        one.hidden.close()
    torch.set_num_threads(threads)


def view(kept: Kept, sentence_id: str, options: Options | None = None, **given: Any):
    place = find(given.get("corpus", CORPUS), sentence_id)
    store = StoredCorpus(kept.maps, given.get("hidden"), kept.loaded.tokenizer)
    return stored_view(store, place, options or Options(), given.get("reader"))


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_maps_rollout_and_flow_are_the_models_own(kept, family):
    one = kept(family)
    live = sentence_view(one.loaded, find(CORPUS, "fox"), Options(parts=("flow",)))
    found = view(one, "fox")
    subwords = one.loaded.tokenize([FOX.words])
    [streamed] = [of_one for batch in maps(one.loaded, subwords) for _, of_one, _, _ in batch.each()]
    assert found.attention.shape == streamed.shape
    assert np.abs(found.attention - streamed).max() < 2**-11  # float16 rounds a weight by half of its last of 11 bits
    assert found.attention.sum(axis=-1) == pytest.approx(1, abs=1e-6)
    assert np.abs(found.rollout - live.rollout).max() < 1e-3
    assert np.abs(found.flow - live.flow).max() < 1e-3
    assert found.about["causal"] is (family == "gpt2") is live.about["causal"]
    assert found.about["checkpoint"] == live.about["checkpoint"]


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_subwords_are_named_as_by_the_model(kept, family):
    one = kept(family)
    for sentence in CORPUS.splits["test"]:
        found, live = (
            view(one, sentence.id).tokens,
            sentence_view(one.loaded, find(CORPUS, sentence.id), Options(parts=())).tokens,
        )
        assert (found.labels, found.special, found.forms) == (live.labels, live.special, live.forms)
        assert (found.word == live.word).all()
        assert (found.segment == 0).all()


def test_what_the_corpus_says_and_what_the_store_lacks_is_said(kept):
    found = view(kept("bert"), "fox")
    assert dict(found.gold) == {"upos": FOX.upos, "heads": FOX.heads}  # it has no relations
    assert found.missing == {"norm": MAPS_ONLY, "neurons": MAPS_ONLY}
    assert found.norm is found.queries is found.keys is None
    named = {name: found.about[name] for name in ("text", "text_b", "model", "corpus", "split", "id")}
    assert named == {
        "text": "the naïve fox sleeps",
        "text_b": None,
        "model": "bert",
        "corpus": "tiny",
        "split": "test",
        "id": "fox",
    }
    assert any("float16" in note for note in found.notes)
    assert found.timings_ms.keys() == {"read", "rollout", "flow", "probes"}


def test_flow_that_takes_too_long_is_left_out_and_said(kept):
    found = view(kept("bert"), "fox", Options(longest_flow=3))
    assert found.flow is None
    assert "longest_flow=3" in found.missing["flow"]


def test_a_reader_gets_the_stored_vectors_and_the_sentence(kept):
    one = kept("gpt2")
    got: list[tuple[Float32, Tokens, CorpusSentence | None]] = []

    def read(hidden: Float32, tokens: Tokens, place: CorpusSentence | None) -> list[Predicted]:
        got.append((hidden, tokens, place))
        fixed = ("run", "data", "r2", (0.5,), (0.4,), (0.6,), (0.1,))
        return [Predicted("depth", "word", "scalar", (0,), [[0.0] * len(tokens.forms)], None, None, *fixed)]

    [probe] = view(one, "fox", hidden=one.hidden, reader=read).probes
    [(hidden, tokens, place)] = got
    assert probe.predicted == [[0.0] * 4]
    assert place == CorpusSentence("tiny", "test", 4, FOX)
    assert np.abs(hidden - one.loaded.hidden(one.loaded.tokenize([FOX.words]))).max() < 0.01
    assert tokens.forms == FOX.words
    without = view(one, "fox", reader=read)
    assert not without.probes
    assert any("no hidden states" in note for note in without.notes)


@pytest.mark.parametrize(
    ("level", "vector"), [(level, vector) for level, vectors in VECTORS.items() for vector in vectors]
)
@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_subwords_are_pooled_as_for_the_training(kept, family, level, vector):
    one = kept(family)
    position = str(one.hidden.provenance["cls_position"])
    vectors = Vectors(one.hidden, level, vector, position).layer(2)["test"]
    number = len(CORPUS.splits["train"]) + len(CORPUS.splits["dev"])
    found = [
        pooling(view(one, sentence.id).tokens, Pooling(level, vector, position)) @ rows_of(one.hidden, number + i)[2]
        for i, sentence in enumerate(CORPUS.splits["test"])
    ]
    assert np.allclose(np.concatenate(found), vectors, atol=1e-6)


def test_a_sentence_without_maps_is_none(kept):
    assert view(kept("bert"), "plain-0") is None  # of train


def test_an_unknown_id_is_refused_with_those_that_look_alike(kept):
    with pytest.raises(
        ConfigError, match=r"plain-9: none of the 6 sentences of corpus tiny has this id.*e\.g\. plain-"
    ):
        view(kept("bert"), "plain-9")
    with pytest.raises(ConfigError, match=r"e\.g\. plain-3, plain-2, plain-0$"):
        view(kept("bert"), "§")


def test_a_store_of_another_corpus_is_refused(kept):
    other = replace(CORPUS, splits={**CORPUS.splits, "test": tuple(reversed(CORPUS.splits["test"]))})
    with pytest.raises(DataError, match="from another corpus than sentence plain-4"):
        view(kept("bert"), "plain-4", corpus=other)


def test_damaged_maps_are_not_shown(kept, tmp_path):
    import h5py

    one = kept("bert")
    path = tmp_path / one.maps.path.name
    path.write_bytes(one.maps.path.read_bytes())
    with h5py.File(path, "r+") as file:
        row = int(file["start"][list(file["id"]).index(b"fox")])
        file["attention/1"][row, 0] = 0.123
    with StoreFile(path) as damaged, pytest.raises(DamagedStoreError):
        view(one._replace(maps=damaged), "fox")


WRITTEN = Sentence(
    "written",
    ("fox", "de", "le", "moon"),
    heads=(0, 4, 4, 1),
    surface=Surface("fox au moon", ((0, 3), (4, 6), (4, 6), (7, 11))),
)


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_text_as_it_is_written_goes_through_store_and_view(family, tmp_path):
    model = Model(str(BUILD(family, tmp_path / "model")))
    found = resolve(model)
    loaded = encoder.load(model, found, maps=True)
    corpus = Corpus("written", {split: (replace(WRITTEN, id=split),) for split in ("train", "dev", "test")})
    store = Store(str(tmp_path / "store"), attention=Cached("all"))
    parts = key_parts(store, model, found, corpus)
    bare = {split: (replace(WRITTEN, id=split, surface=None),) for split in ("train", "dev", "test")}
    assert key(parts) != key(key_parts(store, model, found, replace(corpus, splits=bare)))
    both = loaded, loaded.tokenize_corpus(corpus)
    paths = [
        write(store, "written", {"key": key(p), **p}, corpus, lambda: both, no_progress)
        for write, p in ((ensure_maps, map_parts(store, parts)), (ensure, parts))
    ]
    with StoreFile(paths[0]) as kept_maps, StoreFile(paths[1]) as hidden:
        vectors = Vectors(hidden, "word", "mean", loaded.cls_position)
        assert vectors.available.all()
        words = vectors.layer(2)["test"]  # (W, D)
        np.testing.assert_array_equal(words[1], words[2])
        assert np.abs(words[0] - words[3]).max() > 1e-3
        tokens = view(Kept(loaded, kept_maps, hidden), "test", corpus=corpus).tokens
    live = sentence_view(loaded, find(corpus, "test"), Options(parts=()))
    assert (live.tokens.labels, live.tokens.written) == (tokens.labels, tokens.written)
    assert (live.tokens.last_word == tokens.last_word).all()
    assert tokens.written[:2] == ("fox", "au")
    assert live.about["text"] == "fox au moon"
    header = pack(live).header
    assert 2 not in header["word"]  # de and le are one unit of the page's words, named after what is written
    assert header["written"][1] == "au"
    assert header["forms"] == ["fox", "de", "le", "moon"]
    pooled = pooling(tokens, Pooling("word"))
    np.testing.assert_array_equal(pooled[1], pooled[2])
    assert not live.notes
