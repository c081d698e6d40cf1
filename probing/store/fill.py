"""Filling a file batch by batch, so that it can be killed at any instant and a file under its final name is whole."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probing.errors import StoreError
from probing.store.disk import writing
from probing.store.encoding import DTYPES
from probing.store.file_index import Content
from probing.store.journal import resume, write_batch


def fill(
    path: Path,
    content: Content,
    rows: Callable[[int], NDArray[np.float32]],
    on_progress: Callable[[int, int], None],
) -> None:
    """Write what ``rows`` gives for each batch, (layers, rows, D), from the first that is not on disk.

    The file grows as ``<key>.partial`` beside its journal, and is renamed to ``path`` when it is complete.
    Raises: StoreError if there is no space; OSError if a write failed.
    """
    key = content.provenance["key"]
    partial, journal = (path.with_name(f"{key}{suffix}") for suffix in (".partial", ".journal"))
    _require_space(path.parent, int(np.prod(content.shape)) * np.dtype(DTYPES[content.dtype]).itemsize, partial)
    crc32 = list(resume(partial, journal, content))
    starts = content.index.block
    n_batches, (n_layers, n_rows, _) = len(starts) - 1, content.shape
    with writing(partial, "r+") as (file, disk):
        for batch in range(len(crc32), n_batches):
            on_progress(int(starts[batch]), n_rows)
            crc32.append(write_batch(file, disk, journal, rows(batch), starts[batch], content.dtype))
        on_progress(n_rows, n_rows)
        file["crc32"][:] = np.reshape(crc32, (n_batches, n_layers)).T
    partial.rename(path)
    journal.unlink()


def _require_space(folder: Path, wanted: int, partial: Path) -> None:
    free = shutil.disk_usage(folder).free
    # what a killed process wrote takes no further space (Windows does not tell how much that is)
    held = getattr(partial.stat(), "st_blocks", 0) * 512 if partial.exists() else 0
    if free + held < wanted:
        raise StoreError(
            f"no space left for the store: {wanted / 1e9:.2f} GB wanted, {free / 1e9:.2f} GB free in {folder}; "
            "free some (any .h5 file there may be deleted: it is made again when it is needed), set store.folder=… "
            "to another disk, or take fewer sentences with data.max_sentences=…"
        )
