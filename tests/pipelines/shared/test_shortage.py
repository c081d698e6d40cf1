"""What the system did not give is one line with advice; everything else is left to others."""

import subprocess
import sys
from concurrent.futures import BrokenExecutor

import pytest

from pipelines.shared.shortage import memory_behind, missing_below, shortage, uncaught
from probing.errors import DataError, StoreError

LACKS = [
    (MemoryError(), "memory ran out; give this program more"),
    (MemoryError("Unable to allocate 3 GiB\nfor an array"), "memory ran out (Unable to allocate 3 GiB); give"),
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "memory ran out ([enforce fail]"),
    (RuntimeError("CUDA out of memory. Tried"), "memory ran out (CUDA out of memory. Tried)"),
    (ImportError("libtorch_cpu.so: failed to map segment from shared object"), "memory ran out (libtorch_cpu.so"),
    (OSError(12, "Cannot allocate memory", "a.h5"), "memory ran out"),
    (RuntimeError("can't start new thread"), "the system starts no further thread; type threads=1"),
    (BrokenExecutor("SIGKILL"), "a process of the sweep was killed"),
    (PermissionError(13, "Permission denied", "rows.csv"), "rows.csv: Permission denied"),
]


@pytest.mark.parametrize("error, line", LACKS)
def test_what_lacks_is_one_line(error, line):
    found = shortage(error)
    assert found is not None
    assert found.startswith(line)
    assert "\n" not in found


@pytest.mark.parametrize(
    "error", [RuntimeError("shapes differ"), ValueError("x"), ImportError("no module"), KeyError()]
)
def test_a_bug_is_none(error):
    assert shortage(error) is None
    assert memory_behind(error) == ""


def test_memory_is_not_named_twice():
    refusal = DataError("memory ran out on a single input; use a smaller model")
    refusal.__cause__ = MemoryError()
    assert memory_behind(refusal) == ""


def test_a_missing_file_is_that_of_the_folder_alone(tmp_path):
    store = tmp_path / "store"
    inside = StoreError("cannot be written")
    inside.__cause__ = FileNotFoundError(2, "No such file", str(store / "a.partial"))
    assert missing_below(store, inside) == str(store / "a.partial")
    assert missing_below(store, FileNotFoundError("h5py names no file")) == f"a file in {store}"
    for other in (store, tmp_path / "a.conllu"):  # the folder itself could not be made
        assert missing_below(store, FileNotFoundError(2, "No such file", str(other))) is None
    assert missing_below(store, StoreError("damaged")) is None


def test_before_a_program_begins_only_lack_of_memory_is_one_line(capsys):
    uncaught(MemoryError, MemoryError(), None)
    assert capsys.readouterr().err.startswith("error: memory ran out; give")
    uncaught(KeyError, KeyError("ours"), None)
    assert capsys.readouterr().err == "KeyError: 'ours'\n"
    program = "import pipelines, sys; print(sys.excepthook.__name__)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "uncaught\n"
