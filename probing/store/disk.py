"""Writing HDF5 on a disk that may fill up.

HDF5 ends the whole process with a segmentation fault when a write fails (known to h5py; seen with HDF5 2.0), so
failures are hidden from it: they are kept here, and raised once HDF5 has closed the file.
"""

import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import h5py

from probing.errors import StoreError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# the oldest format that has checksums over its metadata, and the newest that survives a killed writer: later ones mark
# a file as being written, and refuse to open it until the mark is cleared
FORMAT_BOUNDS = ("v108", "v108")
VIRTUAL_BOUNDS = ("v110", "v110")  # the oldest that has virtual datasets
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Disk(io.FileIO):
    """A file for HDF5 to write to. After the first failure it only pretends to write; ``check`` raises it."""

    failure: BaseException | None = None

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write all of ``data``. HDF5 would swallow an interrupt too: it is kept for ``check`` like any failure."""
        try:
            left = memoryview(data)
            while left and self.failure is None:
                left = left[super().write(left) :]
        except (OSError, KeyboardInterrupt) as error:
            self.failure = error
        return memoryview(data).nbytes

    def truncate(self, size: int | None = None, /) -> int:
        """Cut or extend the file."""
        try:
            return self.tell() if self.failure else super().truncate(size)
        except (OSError, KeyboardInterrupt) as error:
            self.failure = error
            return self.tell()

    def check(self) -> None:
        """Raise the first failure, if there was one."""
        if self.failure is not None:
            raise self.failure


@contextmanager
def writing(path: Path, mode: str, bounds: tuple[str, str] = FORMAT_BOUNDS) -> Iterator[tuple[h5py.File, Disk]]:
    """An HDF5 file to create (mode ``w``) or to change (``r+``), and its disk; OSError if a write failed.

    bounds: the oldest and the newest version of its format.
    """
    with Disk(path, "w+" if mode == "w" else mode) as disk:
        try:
            with h5py.File(disk, mode, libver=bounds) as file:
                yield file, disk
        finally:
            disk.check()


@contextmanager
def writable(folder: Path, what: str) -> Iterator[None]:
    """Raise StoreError, with what to do, where the system refuses to write ``what`` into ``folder``."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        if error.errno not in _NO_SPACE:
            raise StoreError(
                f"{what} cannot be written into {folder} ({error.strerror}); set store.folder=… to another folder"
            ) from error
        raise StoreError(
            f"no space left in {folder} for {what} ({error.strerror}); free some (any .h5 file there may be deleted: "
            "it is made again when it is needed) or set store.folder=… to another disk, then run again: it goes on "
            "where it stopped"
        ) from error
