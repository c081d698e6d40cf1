"""Numbers beyond float16: they are scaled, batch by batch, whatever is on disk, and after any kill."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from extraction import Job, corpus, count_writes, extract, extract_and_die, extract_part, layer_of, sha256

from probing.axes import Corpus
from probing.rng import generator
from probing.store.encoding import rounded
from probing.store.key import Store
from probing.store.layout import StoreFile

CORPUS = corpus(40)


def store_in(folder: Path, dtype: str = "auto") -> Store:
    return Store(str(folder), dtype, 64)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


@pytest.fixture(scope="module")
def scaled(loud, tmp_path_factory) -> Path:
    """The store of the loud model, not interrupted."""
    return Job(extract, store_in(tmp_path_factory.mktemp("scaled")), loud, CORPUS).result()


def test_every_batch_is_what_it_is_in_float32_rounded_by_itself(loud, scaled, tmp_path):
    exact = Job(extract, store_in(tmp_path, "float32"), loud, CORPUS).result()
    with StoreFile(scaled) as found, StoreFile(exact) as wanted:
        assert found.dtype == "float16"
        scaled_in = [found.raw(0, batch)[1].any() for batch in range(len(found.index.block) - 1)]
        assert set(scaled_in) == {True, False}  # only the batches with a "fox"
        assert list(found.scaled_features(range(4))) == [0]
        for layer, batch in np.ndindex(wanted.crc32.shape):
            rows = wanted.block(layer, batch)
            assert np.array_equal(found.block(layer, batch), rounded(rows[None], "float16")[0])
        assert float(np.abs(layer_of(found, 0)).max()) > 65_504
    assert names(scaled.parent) == [scaled.name]


def with_weights(tiny: Path, folder: Path, of: str, factor: float) -> Path:
    """A copy of the model whose weights with ``of`` in their names are multiplied."""
    from safetensors.numpy import load_file, save_file

    shutil.copytree(tiny, folder)
    weights = load_file(folder / "model.safetensors")
    for name in [name for name in weights if of in name]:
        weights[name] = weights[name] * np.float32(factor)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize(("of", "factor"), [("LayerNorm.weight", 1e5), ("layer.2.output.LayerNorm", 1e-6)])
def test_a_model_whose_every_number_is_out_of_range_keeps_its_digits(tiny, tmp_path, of, factor):
    folder = with_weights(tiny, tmp_path / "model", of, factor)
    path = extract(store_in(tmp_path / "store"), folder, CORPUS)
    exact = extract(store_in(tmp_path / "store", "float32"), folder, CORPUS)
    assert path != exact
    with StoreFile(path) as found, StoreFile(exact) as wanted:
        assert found.scaled_features([3])[3] == found.width
        assert found.too_large_features([3]) == ({3: found.width} if factor > 1 else {})
        for layer in range(4):
            rows = layer_of(wanted, layer)
            np.testing.assert_allclose(layer_of(found, layer), rows, rtol=2**-11, atol=2**-15 * np.abs(rows).max())


def test_auto_is_float16_and_a_model_that_fits_has_the_numbers_that_it_always_had(finished, tiny, tmp_path):
    path = extract(store_in(tmp_path, "float16"), tiny, CORPUS)
    assert (path.name, sha256(path)) == (finished.name, sha256(finished))
    exact = extract(store_in(tmp_path, "float32"), tiny, CORPUS)
    with StoreFile(finished) as store, StoreFile(exact) as wanted:
        assert (store.dtype, store.scaled_features(range(4))) == ("float16", {})
        for layer in range(4):
            assert np.array_equal(layer_of(store, layer), layer_of(wanted, layer).astype(np.float16))


def test_killed_in_the_middle_of_any_write_it_ends_in_the_same_bytes(loud, scaled, tmp_path):
    n_writes = Job(count_writes, store_in(tmp_path / "count"), loud, CORPUS).result()
    middle = generator(0, "kills beyond float16").choice(np.arange(3, n_writes), size=5, replace=False).tolist()
    for at_write in [*sorted(middle), n_writes]:
        folder = tmp_path / str(at_write)
        assert Job(extract_and_die, store_in(folder), loud, CORPUS, at_write).killed
        assert list(folder.glob("*.h5")) == []
        path = Job(extract, store_in(folder), loud, CORPUS).result()
        assert sha256(path) == sha256(scaled), f"killed at write {at_write} of {n_writes}"
        assert names(folder) == [path.name]


def test_what_an_unfinished_file_holds_needs_no_space_again(loud, scaled, tmp_path, monkeypatch):
    from test_write import with_free_bytes

    extract_part(store_in(tmp_path), loud, CORPUS, share=0.2)
    with_free_bytes(monkeypatch, 100_000)
    assert sha256(extract(store_in(tmp_path), loud, CORPUS)) == sha256(scaled)


def test_a_corpus_without_sentences_has_a_file_without_rows(tiny, tmp_path):
    path = extract(store_in(tmp_path), tiny, Corpus("none", {"train": (), "dev": (), "test": ()}))
    with StoreFile(path) as store:
        assert store.index.block.tolist() == [0]
