"""Anyone can read the file; nobody is given numbers that were not written."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from extraction import Job, content, corpus, flip, where

from probing.axes import SPLITS
from probing.errors import DamagedStoreError, StoreError
from probing.rng import generator
from probing.store.encoding import decode
from probing.store.file_index import Content, Index
from probing.store.layout import StoreFile, create

SENTENCES = [s for split in SPLITS for s in corpus(40).splits[split]]


@pytest.fixture(scope="module")
def encoder(tiny):
    from probing.model.checkpoint import Model, resolve
    from probing.model.encoder import load

    model = Model(str(tiny))
    return load(model, resolve(model))


@pytest.mark.parametrize("i", [0, 17, 39])
def test_a_sentence_is_read_with_plain_h5py_as_the_docstring_says(finished, encoder, i):
    subwords = encoder.tokenize([SENTENCES[i].words])
    wanted = encoder.hidden(subwords)  # alone: (L + 1, S, D)
    with h5py.File(finished) as file:
        rows = slice(file["start"][i], file["start"][i] + file["length"][i])
        for layer in range(4):
            batch = np.searchsorted(file["block"], rows.start, side="right") - 1
            assert file[f"hidden/{layer}"].dtype == np.float16
            found = file[f"hidden/{layer}"][rows] * 2.0 ** file[f"exponent/{layer}"][batch]
            np.testing.assert_allclose(found, wanted[layer], atol=2e-3, rtol=2e-3)
        assert file["subword"][rows].tolist() == subwords.ids.tolist()
        assert file["word"][rows].tolist() == subwords.words.tolist()
        assert file["id"][i].decode() == SENTENCES[i].id
        assert file["n_words"][i] == len(SENTENCES[i].words)
        assert json.loads(file.attrs["splits"])[file["split"][i]] == ["train", "dev", "test"][(i >= 20) + (i >= 30)]


def test_attributes_tell_what_the_file_is(finished):
    with h5py.File(finished) as file:
        assert (file.attrs["format"], file.attrs["version"], file.attrs["dtype"]) == (b"probing-store", 2, b"float16")
        assert finished.stem.endswith(file.attrs["key"].decode())
        provenance = json.loads(file.attrs["provenance"])
        assert {"checkpoint", "text", "precision", "long", "device", "threads", "cls_position"} <= set(provenance)
        assert json.loads(file.attrs["counts"])["words_without_subwords"] == 0


def test_each_layer_is_one_stretch_of_the_file_that_can_grow(finished):
    with h5py.File(finished) as file:
        for layer in file["hidden"].values():
            assert layer.chunks is not None
            assert layer.maxshape[0] is None
            offsets = [layer.id.get_chunk_info(i).byte_offset for i in range(layer.id.get_num_chunks())]
            size = np.prod(layer.chunks) * layer.dtype.itemsize
            assert np.diff(offsets).tolist() == [size] * (len(offsets) - 1)


def large_index(n_rows: int) -> Index:
    half, whole = n_rows // 2, np.arange(n_rows, dtype=np.int32)
    pair, ends = np.array([half, n_rows - half]), np.array([0, half, n_rows])
    return Index(ends[:2], pair, np.array([b"a", b"b"]), np.zeros(2, np.uint8), pair, whole, whole, ends, {"cut": 1})


def test_layers_of_many_chunks_lie_in_order(tmp_path):
    create(tmp_path / "k.h5", Content(large_index(100_000), (3, 100_000, 64), "float32", {"key": "k"}))
    test_each_layer_is_one_stretch_of_the_file_that_can_grow(tmp_path / "k.h5")


def test_the_same_content_gives_the_same_bytes_at_another_time(tmp_path):
    create(tmp_path / "a.h5", Content(large_index(100), (3, 100, 16), "bfloat16", {"key": "a"}))
    time.sleep(1.1)  # HDF5 would store the second
    create(tmp_path / "b.h5", Content(large_index(100), (3, 100, 16), "bfloat16", {"key": "a"}))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_several_read_at_once(finished):
    with StoreFile(finished) as one, StoreFile(finished) as other, h5py.File(finished) as plain:
        jobs = [Job(content, finished) for _ in range(3)]
        rows = decode(plain["hidden/2"][slice(*one.index.block[:2])], plain["exponent/2"][0], "float16")
        np.testing.assert_array_equal(one.block(2, 0), rows)
        np.testing.assert_array_equal(other.block(2, 0), rows)
        assert all(job.result() == content(finished) for job in jobs)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for open files under /proc")
def test_no_file_stays_open(finished, copied):
    def is_open(path: Path) -> bool:
        return str(path) in [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]

    with StoreFile(finished) as store:
        store.block(0, 0)
        assert is_open(finished)
    assert not is_open(finished)
    store = StoreFile(finished)
    del store
    assert not is_open(finished)
    with h5py.File(copied, "r+") as file:
        file["word"][3] += 1
    with pytest.raises(DamagedStoreError):
        StoreFile(copied)
    assert not is_open(copied)


def damaged(path: Path) -> DamagedStoreError:
    with pytest.raises(DamagedStoreError) as caught:
        content(path)
    assert caught.value.path == path
    assert str(path) in str(caught.value)
    return caught.value


ARRAYS = (
    *("hidden/0", "hidden/3", "exponent/1", "start", "length", "id", "split", "n_words"),
    *("word", "subword", "block", "crc32"),
)


@pytest.mark.parametrize("name", ARRAYS)
def test_a_flipped_bit_in_any_array_is_found(copied, name):
    flip(copied, where(copied, name) + 9, bit=3)
    damaged(copied)


@pytest.mark.parametrize("text", [b"probing-store", b"float16", b'["train"', b"words_without_subwords", b'"precision"'])
def test_a_flipped_bit_in_any_attribute_is_found(copied, text):
    flip(copied, copied.read_bytes().index(text) + 2)
    damaged(copied)


def test_an_attribute_that_was_changed_with_care_is_found(copied):
    with h5py.File(copied, "r+") as file:  # HDF5's own checksums are right again afterwards
        file.attrs["dtype"] = np.bytes_("bfloat16")
    assert "checksum" in str(damaged(copied))


def test_arrays_of_the_same_bytes_in_another_order_are_found(copied):
    with h5py.File(copied, "r+") as file:
        rows = file["hidden/1"][()]
        del file["hidden/1"]
        file["hidden/1"] = rows.view(">f2")
    damaged(copied)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_a_truncated_file_is_found(copied, share):
    os.truncate(copied, int(copied.stat().st_size * share))
    damaged(copied)


def test_foreign_files_are_found(tmp_path):
    text = tmp_path / "text.h5"
    text.write_text("id\tword\n" * 100)
    damaged(text)
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["hidden/0"] = np.zeros((3, 4))
    assert "not a probing-store file" in str(damaged(tmp_path / "foreign.h5"))
    with h5py.File(tmp_path / "hollow.h5", "w") as file:
        file.attrs.update({"format": "probing-store", "version": 2})
    damaged(tmp_path / "hollow.h5")


def test_a_file_under_the_name_of_another_key_is_found(finished, tmp_path):
    other = Path(shutil.copy(finished, tmp_path / "bert-random-0123456789abcdef.h5"))
    assert "its content is that of key" in str(damaged(other))


def test_a_file_that_cannot_be_opened_is_not_called_damaged(tmp_path):
    (tmp_path / "folder.h5").mkdir()
    for name in ("missing.h5", "folder.h5"):
        with pytest.raises(StoreError, match=name) as caught:
            StoreFile(tmp_path / name)
        assert not isinstance(caught.value, DamagedStoreError)  # nobody is to delete it


def fuzz(path: Path, copy: Path, positions: list[int]) -> dict[str, int]:
    """Flip one bit at a time; how often that was found, and how often it changed nothing."""
    wanted, seen = content(path), {"found": 0, "harmless": 0}
    for k, at in enumerate(positions):
        shutil.copy(path, copy)
        flip(copy, at, bit=k % 8)
        try:
            assert content(copy) == wanted, f"bit {k % 8} of byte {at} changes what is read, unseen"
            seen["harmless"] += 1
        except DamagedStoreError as error:
            assert error.path == copy
            seen["found"] += 1
    return seen


def test_no_flipped_bit_changes_what_is_read(finished, tmp_path):
    # in a process of its own: HDF5 might crash on damaged metadata
    size, n = finished.stat().st_size, 200
    copy = tmp_path / finished.name
    seen = Job(fuzz, finished, copy, generator(0, "fuzz").integers(size, size=n).tolist()).result()
    assert seen["found"] + seen["harmless"] == n
    assert seen["found"] > n / 4
