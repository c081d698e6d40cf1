"""Words and sentences get the vectors that their definitions say, wherever their rows lie."""

import numpy as np
import pytest
from extraction import flip, layer_of, where

from probing.axes import Places
from probing.errors import ConfigError, DamagedStoreError
from probing.store.disk import writing
from probing.store.encoding import encode
from probing.store.file_index import Content, Index
from probing.store.journal import write_batch
from probing.store.layout import StoreFile, create
from probing.store.vectors import Vectors, check_layers, rows_of

# Four sentences in two batches, not in corpus order; -1 is [CLS] or [SEP]. Row r holds (r, -r) in layer 0 and
# (10 r, -10 r) in layer 1, so that a vector tells which rows it is made of.
#
#   row      0   1   2   3   4 |  5   6   7   8   9 || 10  11  12 | 13  14
#   word    -1   0   0   1  -1 | -1   0   1   1  -1 || -1   1  -1 | -1  -1
#   sentence     c (dev)       |     a (train)      ||  b (train) | d (test)
#
# c has a third word, b a first one and d its only one without a subword.
WORD = [-1, 0, 0, 1, -1, -1, 0, 1, 1, -1, -1, 1, -1, -1, -1]
NONE = np.nan
WORDS = {  # of the words a0 a1 b0 b1 c0 c1 c2 d0
    "mean": [6, 7.5, NONE, 11, 1.5, 3, NONE, NONE],
    "first": [6, 7, NONE, 11, 1, 3, NONE, NONE],
    "last": [6, 8, NONE, 11, 2, 3, NONE, NONE],
}
SENTENCES = {  # of the sentences a b c d
    ("mean", "first"): [7, 11, 2, NONE],
    ("last", "first"): [8, 11, 3, NONE],
    ("cls", "first"): [5, 10, 0, 13],
    ("cls", "last"): [9, 12, 4, 14],
}


def write(path, index: Index, values: np.ndarray) -> StoreFile:
    """A store in float32 of ``values`` (L + 1, S, D)."""
    content, journal = Content(index, values.shape, "float32", {"key": path.stem}), path.with_suffix(".journal")
    create(path, content)
    with writing(path, "r+") as (file, disk):
        parts = np.split(values, index.block[1:-1], axis=1)
        crc32 = [
            write_batch(file, disk, journal, content, batch, encode(rows, "float32"))
            for batch, rows in enumerate(parts)
        ]
        file["crc32"][:] = np.transpose(crc32)
    return StoreFile(path)


@pytest.fixture
def store(tmp_path):
    index = Index(
        start=np.array([5, 10, 0, 13]),
        length=np.array([5, 3, 5, 2]),
        id=np.array([b"a", b"b", b"c", b"d"]),
        split=np.array([0, 0, 1, 2], np.uint8),
        n_words=np.array([2, 2, 3, 1]),
        word=np.array(WORD, np.int32),
        subword=np.arange(15, dtype=np.int32),
        block=np.array([0, 10, 15]),
    )
    row = np.arange(15, dtype=np.float32)
    values = np.stack([row, -row], axis=1)  # (S, D)
    with write(tmp_path / "hand.h5", index, np.stack([values, 10 * values])) as found:
        yield found


def values_of(vectors: Vectors, layer: int) -> np.ndarray:
    """The first column of one layer, all items; the second must be its negative."""
    found = np.concatenate(list(vectors.layer(layer).values()))
    np.testing.assert_array_equal(found[:, 1], -found[:, 0])
    return found[:, 0]


@pytest.mark.parametrize("vector", WORDS)
@pytest.mark.parametrize("level", ["word", "pair"])
def test_word_vectors(store, level, vector):
    vectors = Vectors(store, level, vector, "first")
    np.testing.assert_array_equal(values_of(vectors, 0), WORDS[vector])
    np.testing.assert_array_equal(values_of(vectors, 1), 10 * np.array(WORDS[vector]))
    assert vectors.available.tolist() == [True, True, False, True, True, True, False, False]
    assert [vectors.bounds(split) for split in ("train", "dev", "test")] == [(0, 4), (4, 7), (7, 8)]


@pytest.mark.parametrize("vector, cls_position", SENTENCES)
def test_sentence_vectors(store, vector, cls_position):
    vectors = Vectors(store, "sentence", vector, cls_position)
    wanted = np.array(SENTENCES[vector, cls_position])
    np.testing.assert_array_equal(values_of(vectors, 0), wanted)
    assert vectors.available.tolist() == (~np.isnan(wanted)).tolist()
    assert [vectors.bounds(split) for split in ("train", "dev", "test")] == [(0, 2), (2, 3), (3, 4)]


def test_selected_items_are_numbered_anew(store):
    keep = np.array([False, True, False, True, True, False, False, False])
    vectors = Vectors(store, "word", "mean", "first")
    chosen = vectors.select(keep)
    found = chosen.layer(1)
    assert {split: rows[:, 0].tolist() for split, rows in found.items()} == {
        "train": [75, 110],
        "dev": [15],
        "test": [],
    }
    assert [chosen.bounds(split) for split in ("train", "dev", "test")] == [(0, 2), (2, 3), (3, 3)]
    assert chosen.available.tolist() == [True, True, True]
    assert vectors.select(~keep).available.tolist() == [True, False, True, False, False]
    again = chosen.select(np.array([False, True, True]))
    assert {split: rows[:, 0].tolist() for split, rows in again.layer(0).items()} == {
        "train": [11],
        "dev": [1.5],
        "test": [],
    }
    np.testing.assert_array_equal(values_of(vectors, 0), WORDS["mean"])  # the one chosen from is as it was


def test_a_split_without_sentences_has_no_items(store, tmp_path):
    index = Index(**{**vars(store.index), "split": np.array([0, 0, 2, 2], np.uint8)})
    with write(tmp_path / "no-dev.h5", index, np.zeros((1, 15, 2), np.float32)) as found:
        vectors = Vectors(found, "sentence", "cls", "first")
        assert {split: len(rows) for split, rows in vectors.layer(0).items()} == {"train": 2, "dev": 0, "test": 2}


def test_words_of_which_none_has_a_subword(store, tmp_path):
    index = Index(**{**vars(store.index), "word": np.full(15, -1, np.int32)})
    with write(tmp_path / "bare.h5", index, np.zeros((1, 15, 2), np.float32)) as found:
        for vector in ("mean", "first", "last"):
            assert not Vectors(found, "word", vector, "first").available.any()
            assert not Vectors(found, "sentence", vector, "first").available.any()


def test_a_sentence_without_rows_has_no_cls_vector(store, tmp_path):
    index = Index(**{**vars(store.index), "start": np.array([5, 10, 0, 0]), "length": np.array([5, 5, 5, 0])})
    with write(tmp_path / "gap.h5", index, np.zeros((1, 15, 2), np.float32)) as found:
        for position in ("first", "last"):
            assert Vectors(found, "sentence", "cls", position).available.tolist() == [True, True, True, False]


def test_an_extracted_store_gives_each_word_the_mean_of_its_subwords(finished):
    with StoreFile(finished) as store:
        assert len(store.index.block) > 5
        vectors = Vectors(store, "word", "mean", "first")
        rows = layer_of(store, 2)
        wanted = []
        for start, length, n_words in zip(store.index.start, store.index.length, store.index.n_words, strict=True):
            own = slice(start, start + length)
            wanted += [rows[own][store.index.word[own] == word].mean(axis=0) for word in range(n_words)]
        np.testing.assert_allclose(np.concatenate(list(vectors.layer(2).values())), wanted, rtol=1e-5, atol=1e-6)


def test_damage_is_found_when_the_layer_is_read(copied):
    flip(copied, where(copied, "hidden/2") + 1000)
    with StoreFile(copied) as store:
        vectors = Vectors(store, "word", "mean", "first")
        vectors.layer(1)
        with pytest.raises(DamagedStoreError, match=copied.name):
            vectors.layer(2)


def test_layers_that_the_model_lacks_are_named():
    check_layers([0, 6], 7)
    with pytest.raises(
        ConfigError, match=r"layers=-1,7: the model has layers 0 \(embedding output\) to 6; type layers="
    ):
        check_layers([-1, 3, 7], 7)


@pytest.mark.parametrize("level", ["word", "sentence"])
def test_picked_items_are_those_of_the_whole_layer(store, level):
    vectors = Vectors(store, level, "mean", "first")
    every = np.concatenate(list(vectors.layer(1).values()))
    items = np.array([3, 0, 2, 3, 1])
    np.testing.assert_array_equal(vectors.pick(1, items), every[items])
    assert vectors.pick(1, items[:0]).shape == (0, 2)
    kept = vectors.select(vectors.available)
    np.testing.assert_array_equal(kept.pick(1, [1]), np.concatenate(list(kept.layer(1).values()))[1:2])


def test_only_the_batches_that_hold_an_item_are_read(store, monkeypatch):
    vectors, read = Vectors(store, "word", "mean", "first"), []
    block = store.block
    monkeypatch.setattr(store, "block", lambda layer, number: read.append(number) or block(layer, number))
    vectors.pick(0, [0, 4])  # a0 and c0
    assert read == [0]
    vectors.pick(0, [3, 1])  # b1 and a1
    assert read == [0, 0, 1]


def test_the_rows_of_a_sentence_are_its_own_in_every_layer(store):
    for number, rows in enumerate([range(5, 10), range(10, 13), range(5), range(13, 15)]):
        found = rows_of(store, number)
        np.testing.assert_array_equal(found[0, :, 0], rows)
        np.testing.assert_array_equal(found[1, :, 1], -10 * np.array(rows))


def test_a_split_does_not_keep_the_others_in_memory(store):
    found = Vectors(store, "word", "mean", "first").layer(0)
    assert [len(found[split]) for split in ("train", "dev", "test")] == [4, 3, 1]
    assert all(array.base is None for array in found.values())


def placed(spans: list) -> dict[str, list[Places]]:
    """The same items of each sentence (train a, b; dev c; test d): one list of spans per sentence, in this order."""
    found = [Places(s[:, 0, 0], s) for s in (np.array(of, np.int64).reshape(len(of), -1, 2) for of in spans)]
    return {"train": found[:2], "dev": found[2:3], "test": found[3:]}


ONE = [[[[0, 2]], [[1, 2]]], [[[0, 2]]], [[[0, 3]], [[2, 3]]], [[[0, 1]]]]  # a0-a1, a1, b0-b1, c0-c2, c2, d0
TWO = [[[[0, 1], [1, 2]]], [[[0, 1], [1, 2]]], [[[1, 2], [0, 1]]], [[[0, 1], [0, 1]]]]


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        ("mean", [[7, 7.5, 11, 2, NONE, NONE]]),  # over subwords, not over words: c is (1 + 2 + 3) / 3
        ("ends", [[6, 7.5, NONE, NONE, NONE, NONE], [7.5, 7.5, NONE, NONE, NONE, NONE]]),
        ("cls", [[5, 5, 10, 0, 0, 13]]),
    ],
)
def test_a_span_has_the_vectors_that_its_definition_says(store, vector, expected):
    vectors = Vectors(store, "span", vector, "first", placed(ONE))
    found = np.concatenate(list(vectors.layer(1).values()))
    assert vectors.width == found.shape[1] == 2 * len(expected)
    for place, column in enumerate(expected):
        np.testing.assert_allclose(found[:, 2 * place], 10 * np.array(column))
        np.testing.assert_allclose(found[:, 2 * place + 1], -10 * np.array(column))
    assert vectors.available.tolist() == np.isfinite(np.sum(expected, axis=0)).tolist()
    assert [vectors.bounds(split) for split in ("train", "dev", "test")] == [(0, 3), (3, 5), (5, 6)]


@pytest.mark.parametrize(("vector", "expected"), [("mean", (6, 7.5, 3, 1.5)), ("first", (6, 7, 3, 1))])
def test_an_edge_has_both_words_and_their_product_side_by_side(store, vector, expected):
    vectors = Vectors(store, "edge", vector, "first", placed(TWO), product=True)
    assert vectors.available.tolist() == [True, False, True, False]
    kept = vectors.select(vectors.available)
    one, other, third, fourth = expected
    train, dev, test = kept.layer(0).values()
    np.testing.assert_allclose(train, [[one, -one, other, -other, one * other, one * other]])
    np.testing.assert_allclose(dev, [[third, -third, fourth, -fourth, third * fourth, third * fourth]])
    assert test.shape == (0, 6) and kept.width == 6
    np.testing.assert_array_equal(kept.pick(0, np.array([1, 0])), np.concatenate([dev, train]))
    assert Vectors(store, "edge", vector, "first", placed(TWO)).width == 4
