"""Filling a file batch by batch, so that it can be killed at any instant and never stands half-written in its place."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.errors import StoreError
from probing.store.disk import writing
from probing.store.encoding import DTYPES
from probing.store.journal import resume, write_batch
from probing.store.layout import Index


def fill(
    path: Path,
    index: Index,
    shape: tuple[int, int, int],
    dtype: str,
    provenance: Mapping[str, Any],
    rows: Callable[[int], NDArray[np.float32]],
    on_progress: Callable[[int, int], None],
) -> None:
    """Write what ``rows`` gives for each batch, (layers, rows, D), from the first that is not on disk.

    The file grows as ``<key>.partial`` beside its journal, and is renamed to ``path`` when it is complete.
    Raises: StoreError if there is no space; OSError if a write failed.
    """
    partial, journal = (path.with_name(f"{provenance['key']}{suffix}") for suffix in (".partial", ".journal"))
    _require_space(path.parent, int(np.prod(shape)) * np.dtype(DTYPES[dtype]).itemsize, partial)
    crc32 = list(resume(partial, journal, index, shape, dtype, provenance))
    n_batches = len(index.block) - 1
    with writing(partial, "r+") as (file, disk):
        for batch in range(len(crc32), n_batches):
            on_progress(int(index.block[batch]), shape[1])
            crc32.append(write_batch(file, disk, journal, rows(batch), index.block[batch], dtype))
        on_progress(shape[1], shape[1])
        file["crc32"][:] = np.reshape(crc32, (n_batches, shape[0])).T
    partial.rename(path)
    journal.unlink()


def _require_space(folder: Path, wanted: int, partial: Path) -> None:
    free = shutil.disk_usage(folder).free
    # what a killed process has written need not be found again (Windows does not tell how much that is)
    held = getattr(partial.stat(), "st_blocks", 0) * 512 if partial.exists() else 0
    if free + held < wanted:
        raise StoreError(
            f"no space left for the store: {wanted / 1e9:.2f} GB wanted, {free / 1e9:.2f} GB free in {folder}; "
            "free some (any .h5 file there may be deleted: it is made again when it is wanted), set store.folder=… "
            "to another disk, or take fewer sentences with data.max_sentences=…"
        )
