"""A disk that fills up is an error with a remedy; HDF5 alone would crash."""

import errno
import resource
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from extraction import Job

from probing.errors import StoreError
from probing.store.disk import Disk, writable, writing


def write_under_limit(path: Path, file_bytes: int) -> int | None:
    """The error number of writing 80 kB where files end at ``file_bytes``; None if it went well."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, resource.RLIM_INFINITY))
    try:
        with writing(path, "w") as (file, _):
            file["a"] = np.arange(5000.0)
            file.flush()
            file["b"] = np.arange(5000.0)
    except OSError as error:
        return error.errno
    return None


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files with setrlimit")
@pytest.mark.parametrize("file_bytes", [0, 1000, 2500, 30_000, 60_000])
def test_a_write_that_fails_anywhere_is_an_error_and_no_crash(tmp_path, file_bytes):
    assert Job(write_under_limit, tmp_path / "x.h5", file_bytes).result() == errno.EFBIG


def test_what_is_written_can_be_read_and_changed(tmp_path):
    path = tmp_path / "x.h5"
    with writing(path, "w") as (file, disk):
        file["a"] = np.arange(5)
        assert disk.failure is None
    with writing(path, "r+") as (file, _):
        file["a"][2:] = 0
    with h5py.File(path) as file:
        assert file["a"][()].tolist() == [0, 1, 0, 0, 0]


def test_an_error_in_between_is_not_lost(tmp_path):
    with pytest.raises(KeyError), writing(tmp_path / "x.h5", "w") as (file, _):
        file["missing"]
    assert h5py.is_hdf5(tmp_path / "x.h5")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_the_message_says_what_to_free(tmp_path, number):
    with pytest.raises(StoreError) as caught, writable(tmp_path, "bert-ewt"):
        raise OSError(number, "full")
    for part in (
        "no space left",
        str(tmp_path),
        "bert-ewt",
        "any .h5 file there may be deleted",
        "store.folder=",
        "run again",
    ):
        assert part in str(caught.value)


def test_other_failures_are_not_called_a_lack_of_space(tmp_path):
    with (
        pytest.raises(StoreError, match=r"bert-ewt cannot be written into .* \(denied\); set store.folder="),
        writable(tmp_path, "bert-ewt"),
    ):
        raise PermissionError(errno.EACCES, "denied")


def test_an_interrupt_inside_a_write_is_not_swallowed(tmp_path, monkeypatch):
    seen: list[object] = []

    def interrupted_once(data: object) -> memoryview:
        seen.append(data)
        if len(seen) == 1:
            raise KeyboardInterrupt
        return memoryview(data)

    with Disk(tmp_path / "file", "w+") as disk:
        monkeypatch.setattr("probing.store.disk.memoryview", interrupted_once, raising=False)
        assert disk.write(b"four") == 4  # as HDF5 must see it
        with pytest.raises(KeyboardInterrupt):
            disk.check()
