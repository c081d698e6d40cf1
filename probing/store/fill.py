"""Filling a file batch by batch, so that it can be killed at any instant and a file under its final name is whole."""

import logging
import shutil
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probing.errors import DamagedStoreError, RangeError, StoreError
from probing.store.disk import writing
from probing.store.encoding import AUTO, DTYPES, NARROW, ROUNDED, WIDE, WIDENED, decode
from probing.store.file_index import Content
from probing.store.journal import read_journal, resume, write_batch
from probing.store.layout import StoreFile

Rows = Callable[[int], NDArray[np.float32]]

log = logging.getLogger(__name__)


def fill(path: Path, content: Content, rows: Rows, on_progress: Callable[[int, int], None]) -> None:
    """Write what ``rows`` gives for each batch, (layers, rows, D), from the first that is not on disk.

    The file grows as ``<key>.partial`` beside its journal, and is renamed to ``path`` when it is complete. A file of
    type AUTO begins in NARROW. At the first batch that does not fit, the batches on disk are copied into
    ``wide-<key>.partial`` of type WIDE, which goes on from there: its bytes too depend only on what goes in.
    Raises: StoreError if there is no space; RangeError if numbers do not fit the type; OSError if a write failed.
    """
    partial = path.with_name(f"{content.provenance['key']}.partial")
    if content.dtype != AUTO:
        _require_space(content, partial.parent, partial)
        return _fill(path, partial, content, rows, on_progress)
    wide, narrow = partial.with_name(f"wide-{partial.name}"), replace(content, dtype=NARROW)
    _require_space(narrow, partial.parent, partial, wide)
    try:
        _fill(path, partial, narrow, rows, on_progress)
    except RangeError as error:
        log.warning("%s: %s; it is stored as %s, which takes twice the space", path.stem, error.reason, WIDE)
        done = read_journal(partial.with_suffix(".journal"), content.shape[0])
        if not len(done):
            remove(partial)
        about = {WIDENED: f"{WIDE}, because {error.reason}", ROUNDED: int(content.index.block[len(done)])}
        widened = replace(content, dtype=WIDE, provenance={**content.provenance, **about})
        _require_space(widened, wide.parent, wide)
        _fill(path, wide, widened, lambda b: _copied(partial, b, done[b]) if b < len(done) else rows(b), on_progress)
        remove(partial)


def remove(partial: Path) -> None:
    """Delete an unfinished file and its journal."""
    for path in (partial, partial.with_suffix(".journal")):
        path.unlink(missing_ok=True)


def _fill(path: Path, partial: Path, content: Content, rows: Rows, on_progress: Callable[[int, int], None]) -> None:
    journal = partial.with_suffix(".journal")
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


def _copied(partial: Path, batch: int, crc32: NDArray[np.uint32]) -> NDArray[np.float32]:
    """A batch (layers, rows, D) of an unfinished file, verified."""
    with StoreFile(partial) as file:
        raw = [file.raw(layer, batch) for layer in range(file.n_layers)]
        if [zlib.crc32(rows.data) for rows in raw] != crc32.tolist():
            raise DamagedStoreError(partial, f"batch {batch} fails its checksum")
        return np.stack([decode(rows, file.dtype) for rows in raw])


def _require_space(content: Content, folder: Path, *partials: Path) -> None:
    """Raise StoreError unless the file fits into ``folder``; what ``partials`` hold of it takes no further space."""
    wanted = int(np.prod(content.shape)) * np.dtype(DTYPES[content.dtype]).itemsize
    free = shutil.disk_usage(folder).free
    # Windows does not tell how much of a file is on the disk
    held = sum(getattr(partial.stat(), "st_blocks", 0) * 512 for partial in partials if partial.exists())
    if free + held < wanted:
        raise StoreError(
            f"no space left for the store: {wanted / 1e9:.2f} GB needed, {free / 1e9:.2f} GB free in {folder}; "
            "free some (any .h5 file there may be deleted: it is made again when it is needed), set store.folder=… "
            "to another disk, or take fewer sentences with data.max_sentences=…"
        )
