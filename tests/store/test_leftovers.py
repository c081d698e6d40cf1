"""What a broken-off extraction left is removed if it is of no use, named if it is, and left alone while it is used."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from extraction import corpus, extract, extract_part, flip, sha256, where
from filelock import FileLock

from probing.store.file_index import checksum
from probing.store.key import Store
from probing.store.layout import StoreFile
from probing.store.leftovers import clear_leftovers

CORPUS = corpus(40)


@pytest.fixture
def partial(tiny, tmp_path) -> Path:
    """An unfinished file of which about half is there."""
    return extract_part(Store(str(tmp_path), batch_subwords=64), tiny, CORPUS, share=0.5)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_what_can_be_finished_is_named_and_stays(partial, tiny, finished):
    [line] = clear_leftovers(partial.parent)
    assert str(partial) in line
    assert "unfinished extraction of 0.00 GB" in line
    assert "of 9 batches); run with the same options to finish it, or delete it" in line
    assert names(partial.parent) == [partial.with_suffix(".journal").name, partial.name]
    path = extract(Store(str(partial.parent), batch_subwords=64), tiny, CORPUS)
    assert sha256(path) == sha256(finished)
    assert clear_leftovers(partial.parent) == []


def test_what_another_process_writes_is_not_touched(partial):
    partial.with_suffix(".journal").unlink()
    with FileLock(partial.with_suffix(".lock")):
        assert clear_leftovers(partial.parent) == []
        assert partial.exists()
    assert clear_leftovers(partial.parent) == []
    assert names(partial.parent) == []


DAMAGES = {
    "no journal": lambda partial: partial.with_suffix(".journal").unlink(),
    "no batch": lambda partial: partial.with_suffix(".journal").write_bytes(b"123"),
    "nonsense": lambda partial: partial.with_suffix(".journal").write_bytes(b"\x93NUMPY" * 1000),
    "index": lambda partial: flip(partial, where(partial, "word")),
    "first batch": lambda partial: flip(partial, where(partial, "hidden/0")),
    "cut": lambda partial: partial.write_bytes(partial.read_bytes()[:-1000]),
    "empty": lambda partial: partial.write_bytes(b""),
    "no file": lambda partial: partial.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_would_be_begun_anew_is_removed(partial, damage):
    partial.with_suffix(".new").touch()
    damage(partial)
    assert clear_leftovers(partial.parent) == []
    assert names(partial.parent) == []


def test_what_lies_beside_its_finished_file_is_removed(partial, finished):
    """A process was killed after it gave the file its name."""
    shutil.copy(partial, partial.with_name(f"wide-{partial.name}"))
    path = Path(shutil.copy(finished, partial.parent))
    assert clear_leftovers(partial.parent) == []
    assert names(partial.parent) == [path.name]


def test_what_another_version_began_is_removed(partial):
    with StoreFile(partial) as file:
        about, index = file.provenance, file.index
    with h5py.File(partial, "r+") as file:
        file.attrs["provenance"] = np.bytes_(json.dumps({n: v for n, v in about.items() if n != "long"}))
        file.attrs["index_crc32"] = checksum({n: v for n, v in file.attrs.items() if n != "index_crc32"}, index)
    shutil.copy(partial, partial.with_name(f"wide-{partial.name}"))  # as earlier versions left them
    assert clear_leftovers(partial.parent) == []
    assert names(partial.parent) == []


def test_other_files_and_folders_that_are_none_are_left_alone(tmp_path):
    others = ["notes.partial", "0123456789abcdef.txt", "model-0123456789abcdef.h5"]
    for name in others:
        (tmp_path / name).touch()
    assert clear_leftovers(tmp_path) == clear_leftovers(tmp_path / "nowhere") == []
    assert names(tmp_path) == sorted(others)
