"""A file of chosen layers or pooled vectors has the vectors of the full file, and a file of more serves as well."""

import logging
from pathlib import Path

import h5py
import numpy as np
import pytest
from extraction import Job, corpus, count_writes, extract, extract_and_die, extract_chosen, sha256

from probing.axes import SPLITS
from probing.store.encoding import rounded
from probing.store.key import Chosen, Store, key
from probing.store.layout import StoreFile
from probing.store.vectors import Vectors

CORPUS = corpus(40)
WORDS, SENTENCES = ("word", "mean"), ("sentence", "cls")


def store_in(folder: Path, dtype: str = "auto") -> Store:
    return Store(str(folder), dtype, 64)


def read(path: Path, level: str, vector: str, layer: int, as_pooled: bool = False) -> np.ndarray:
    """Vectors of the items of all splits of one layer."""
    with StoreFile(path) as store:
        store.as_pooled = as_pooled
        vectors = Vectors(store, level, vector, str(store.provenance["cls_position"]))
        return np.concatenate([vectors.layer(layer)[split] for split in SPLITS])


def test_chosen_layers_are_bit_for_bit_those_of_the_full_file(tiny, finished, tmp_path):
    path = extract(store_in(tmp_path), tiny, CORPUS, chosen=Chosen((1, 2)))
    with StoreFile(path) as some, StoreFile(finished) as full:
        assert (some.layers, some.model_layers, full.layers) == ((1, 2), 4, (0, 1, 2, 3))
        assert np.array_equal(some.crc32, full.crc32[1:3])
        for layer, batch in np.ndindex(some.crc32.shape):
            assert np.array_equal(some.block(layer + 1, batch), full.block(layer + 1, batch))
    with h5py.File(path) as plain:
        assert list(plain["hidden"]) == list(plain["exponent"]) == ["1", "2"]


@pytest.mark.parametrize("model", ["tiny", "loud"])
@pytest.mark.parametrize("pooled", [WORDS, ("word", "last"), SENTENCES, ("sentence", "mean"), ("sentence", "last")])
def test_pooled_vectors_are_those_of_the_full_file_rounded_once_more(model, pooled, request, tmp_path):
    checkpoint = request.getfixturevalue(model)
    path = extract(store_in(tmp_path / "pooled"), checkpoint, CORPUS, chosen=Chosen((0, 3), pooled))
    full = extract(store_in(tmp_path / "full"), checkpoint, CORPUS)
    with StoreFile(path) as store:
        n_words = store.index.n_words
        assert store.index.block[-1] == (len(n_words) if pooled[0] == "sentence" else n_words.sum())
    for layer in (0, 3):
        found, exact = read(path, *pooled, layer), read(full, *pooled, layer)
        assert np.array_equal(found, read(full, *pooled, layer, as_pooled=True))
        np.testing.assert_allclose(found, exact, rtol=2**-11, atol=2**-15 * np.abs(exact).max())


def test_in_float32_pooled_vectors_are_exactly_those_of_the_full_file(tiny, tmp_path):
    path = extract(store_in(tmp_path / "pooled", "float32"), tiny, CORPUS, chosen=Chosen(None, WORDS))
    full = extract(store_in(tmp_path / "full", "float32"), tiny, CORPUS)
    assert np.array_equal(read(path, *WORDS, 2), read(full, *WORDS, 2))
    with StoreFile(path) as words, StoreFile(full) as subwords:
        assert words.index.block[-1] < subwords.index.block[-1]


def test_a_word_is_found_with_plain_h5py(tiny, finished, tmp_path):
    path = extract(store_in(tmp_path), tiny, CORPUS, chosen=Chosen((2,), WORDS))
    exact = read(finished, *WORDS, 2)
    with h5py.File(path) as file:
        first = 0
        for i, n in enumerate(file["n_words"]):
            rows = slice(file["start"][i], file["start"][i] + file["length"][i])
            batch = np.searchsorted(file["block"], rows.start, side="right") - 1
            vectors = file["hidden/2"][rows] * 2.0 ** file["exponent/2"][batch]
            assert file["word"][rows].tolist() == list(range(n))
            np.testing.assert_allclose(vectors, rounded(exact[None, first : first + n], "float16")[0])
            first += n


FULL, SOME, POOLED = Chosen(), Chosen((0, 2)), Chosen((0, 2), WORDS)


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        (FULL, SOME),
        (FULL, POOLED),
        (SOME, Chosen((2,))),
        (SOME, Chosen((0,), SENTENCES)),
        (POOLED, Chosen((0,), WORDS)),
        (Chosen((0, 1, 2, 3)), FULL),
    ],
)
def test_a_file_of_more_serves_a_request_for_less(tiny, tmp_path, there, asked):
    path = extract(store_in(tmp_path), tiny, CORPUS, chosen=there)
    loads = tmp_path / "loads"
    assert extract(store_in(tmp_path), tiny, CORPUS, loads=loads, chosen=asked) == path
    assert not loads.exists()


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        (SOME, FULL),
        (SOME, Chosen((1,))),
        (POOLED, SOME),
        (POOLED, Chosen((0, 2), ("word", "last"))),
        (POOLED, Chosen((0, 2), SENTENCES)),
    ],
)
def test_a_request_for_more_makes_a_new_file_and_says_so(tiny, tmp_path, caplog, there, asked):
    caplog.set_level(logging.INFO)
    path = extract(store_in(tmp_path), tiny, CORPUS, chosen=there)
    assert extract(store_in(tmp_path), tiny, CORPUS, chosen=asked) != path
    assert f"['{path.name}'] hold only a part of its vectors; a new file is made" in caplog.text


def test_files_of_other_vectors_or_that_are_damaged_do_not_serve(tiny, loud, tmp_path):
    extract(store_in(tmp_path), loud, CORPUS)
    extract(store_in(tmp_path, "bfloat16"), tiny, CORPUS)
    extract(store_in(tmp_path), tiny, corpus(30))
    (tmp_path / "text.h5").write_text("no HDF5")
    before = set(tmp_path.glob("*.h5"))
    assert extract(store_in(tmp_path), tiny, CORPUS, chosen=SOME) not in before


def test_killed_in_the_middle_of_any_write_a_pooled_file_ends_in_the_same_bytes(loud, tmp_path):
    whole = Job(extract_chosen, store_in(tmp_path / "whole"), loud, CORPUS, POOLED).result()
    n_writes = Job(count_writes, store_in(tmp_path / "count"), loud, CORPUS, POOLED).result()
    for at_write in (n_writes // 3, n_writes // 2, n_writes):
        folder = tmp_path / str(at_write)
        assert Job(extract_and_die, store_in(folder), loud, CORPUS, at_write, POOLED).killed
        assert list(folder.glob("*.h5")) == []
        assert sha256(Job(extract_chosen, store_in(folder), loud, CORPUS, POOLED).result()) == sha256(whole)


def test_what_is_chosen_is_in_the_key_and_can_be_read_from_it():
    every = [FULL, SOME, POOLED, Chosen(None, SENTENCES), Chosen((0,), ("word", "first"))]
    assert [Chosen.from_parts(chosen.parts) for chosen in every] == every
    assert FULL.parts == {}
    assert len({key(chosen.parts) for chosen in every}) == len(every)


def test_words_of_a_large_model_take_eight_bytes_a_feature():
    """EWT and a model of 32 blocks and width 4,096, four layers: 254,818 words x 4 x 4,096 x 2 bytes."""
    from probing.store.file_index import Content, Index

    n_words, batches = 254_818, 80
    empty = np.zeros(0, np.int64)
    block = np.linspace(0, n_words, batches + 1).astype(np.int64)
    index = Index(empty, empty, np.zeros(0, "S1"), empty, empty, empty, empty, block)
    planned = Content(index, (4, n_words, 4096), "float16", {}, (0, 9, 18, 27)).n_bytes
    assert planned == n_words * 4 * 4096 * 2 + 4 * 4096 * batches
    assert planned < 8 * 2**30
