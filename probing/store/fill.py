"""Filling a file batch by batch, so that it can be killed at any instant and a file under its final name is whole."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probing.errors import StoreError
from probing.store.encoding import encode
from probing.store.file_index import Content
from probing.store.journal import Batch, grow
from probing.store.key import find
from probing.store.locks import is_ours
from probing.store.shards import shards_of, work


def fill(
    path: Path,
    content: Content,
    rows: Callable[[int], NDArray[np.float32]],
    on_progress: Callable[[int, int], None],
    lock: str,
) -> None:
    """Write what ``rows`` gives for each batch, (layers, rows, D), as the store file ``path``.

    An extraction that is divided is made by all processes that take part in it. One that is not is made by the process
    that holds the lock of its key: the file grows as ``<key>.partial``. It stops when others ask for a part by dividing
    it; what it has done is kept. What a batch is stored as depends on its own numbers alone. ``lock``: the kind of
    lock. Raises: StoreError if there is no space, or if others began with other arithmetic; OSError if a write failed.
    """
    key = str(content.provenance["key"])
    if find(path.parent, key) is not None:  # another process has finished it meanwhile
        return
    partial, divided = path.with_name(f"{key}.partial"), shards_of(path.parent, key)
    _require_space(content, partial.parent, [partial, *divided.glob("*.h5"), *divided.glob("*.partial")])

    def encoded(batch: int) -> Batch:
        return encode(rows(batch), content.dtype)

    if divided.exists():
        work(path, content, encoded, on_progress, lock)
    else:
        grow(
            path,
            partial,
            content,
            encoded,
            on_progress,
            lambda: not divided.exists() and is_ours(partial.with_suffix(""), lock),
        )


def _require_space(content: Content, folder: Path, parts: list[Path]) -> None:
    """Raise StoreError unless the file fits into ``folder``; what ``parts`` hold of it takes no further space."""
    free = shutil.disk_usage(folder).free
    held = sum(map(_on_disk, parts))
    if free + held < content.n_bytes:
        raise StoreError(
            f"no space left for the store: {content.n_bytes / 1e9:.2f} GB needed, {free / 1e9:.2f} GB free in "
            f"{folder}; free some (any .h5 file there may be deleted: it is made again when it is needed), set "
            "store.folder=… to another disk, or take fewer sentences with data.max_sentences=…"
        )


def _on_disk(part: Path) -> int:
    try:
        blocks: int = getattr(part.stat(), "st_blocks", 0)  # Windows does not tell how much of a file is on the disk
    except FileNotFoundError:  # not begun, or another process has just renamed it
        return 0
    return 512 * blocks
