"""Kept maps are those that the model gives, under the sentence numbers of the store; a killed run goes on."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from extraction import corpus, sha256

from probing.axes import Corpus, no_progress
from probing.model import encoder
from probing.model.checkpoint import Model, resolve
from probing.model.maps import maps
from probing.model.subwords import Subwords
from probing.store.key import Cached, Store, key, key_parts, map_parts
from probing.store.layout import StoreFile
from probing.store.stored_maps import ensure_maps, read_maps, sample

CORPUS = corpus(40)


def kept(folder: Path, checkpoint: Path, sentences: int | str = 6, source: Corpus = CORPUS, stop: int | None = None):
    store = Store(str(folder), dtype="float32", batch_subwords=24, attention=Cached(sentences))
    model = Model(str(checkpoint))
    found = resolve(model)
    parts = map_parts(store, key_parts(store, model, found, source))

    calls = itertools.count()

    def progress(*_: object) -> None:
        if next(calls) == stop:
            raise KeyboardInterrupt

    def load() -> tuple[encoder.Encoder, Subwords]:
        loaded = encoder.load(model, found, maps=True)
        return loaded, loaded.tokenize_corpus(source)

    return ensure_maps(store, "maps", {"key": key(parts), **parts}, source, load, progress if stop else no_progress)


def test_kept_maps_are_the_models_own(tiny, tmp_path):
    model = Model(str(tiny))
    loaded = encoder.load(model, resolve(model), maps=True)
    sentences = [s for split in ("train", "dev", "test") for s in CORPUS.splits[split]]
    subwords = loaded.tokenize([s.words for s in sentences])
    with StoreFile(kept(tmp_path, tiny)) as file:
        found = {int(m.sentences[0]): m for m in read_maps(file)}
        assert (np.flatnonzero(file.index.length) == sorted(found)).all()
        assert all(file.index.split[i] == 2 for i in found)
    assert len(found) == 6
    for number, one in found.items():
        [direct] = list(maps(loaded, subwords, [number]))
        for a, b in zip(one.attention, direct.attention, strict=True):
            assert np.allclose(a, b, atol=1e-5)
        assert (one.ids == direct.ids).all()
        assert (one.words == direct.words).all()


def test_an_interrupted_file_ends_as_an_uninterrupted_one(tiny, tmp_path):
    whole = kept(tmp_path / "a", tiny)
    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path / "b", tiny, stop=2)
    assert not list((tmp_path / "b").glob("*.h5"))
    assert sha256(kept(tmp_path / "b", tiny)) == sha256(whole)


def test_another_sample_is_another_file(tiny, tmp_path):
    assert kept(tmp_path, tiny, 6) == kept(tmp_path, tiny, 6)
    assert kept(tmp_path, tiny, 6) != kept(tmp_path, tiny, "all")


def test_a_sample_is_drawn_once_and_for_all():
    usable = np.arange(100, 200)
    assert (sample(5, usable) == sample(5, usable)).all()
    assert set(sample(5, usable)) < set(usable.tolist())
    assert (sample("all", usable) == usable).all()
    assert (sample(1000, usable) == usable).all()
