"""Filling a file batch by batch, so that it can be killed at any instant and a file under its final name is whole."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probing.errors import StoreError
from probing.store.disk import writing
from probing.store.file_index import Content
from probing.store.journal import resume, write_batch

Rows = Callable[[int], NDArray[np.float32]]


def fill(path: Path, content: Content, rows: Rows, on_progress: Callable[[int, int], None]) -> None:
    """Write what ``rows`` gives for each batch, (layers, rows, D), from the first that is not on disk.

    The file grows as ``<key>.partial`` beside its journal, and is renamed to ``path`` when it is complete. What a batch
    is stored as depends on its own numbers alone.
    Raises: StoreError if there is no space; OSError if a write failed.
    """
    partial = path.with_name(f"{content.provenance['key']}.partial")
    _require_space(content, partial)
    journal = partial.with_suffix(".journal")
    crc32 = list(resume(partial, journal, content))
    starts = content.index.block
    n_layers, n_rows, _ = content.shape
    with writing(partial, "r+") as (file, disk):
        for batch in range(len(crc32), content.n_batches):
            on_progress(int(starts[batch]), n_rows)
            crc32.append(write_batch(file, disk, journal, content, batch, rows(batch)))
        on_progress(n_rows, n_rows)
        file["crc32"][:] = np.reshape(crc32, (content.n_batches, n_layers)).T
    partial.rename(path)
    journal.unlink()


def _require_space(content: Content, partial: Path) -> None:
    """Raise StoreError unless the file fits into its folder; what ``partial`` holds of it takes no further space."""
    free = shutil.disk_usage(partial.parent).free
    # Windows does not tell how much of a file is on the disk
    held = getattr(partial.stat(), "st_blocks", 0) * 512 if partial.exists() else 0
    if free + held < content.n_bytes:
        raise StoreError(
            f"no space left for the store: {content.n_bytes / 1e9:.2f} GB needed, {free / 1e9:.2f} GB free in "
            f"{partial.parent}; free some (any .h5 file there may be deleted: it is made again when it is needed), set "
            "store.folder=… to another disk, or take fewer sentences with data.max_sentences=…"
        )
