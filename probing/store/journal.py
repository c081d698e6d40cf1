"""What of a growing store is on disk: a checksum for every batch of every layer, written after the batch."""

import json
import logging
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from probing.store.layout import Index, create, encode

log = logging.getLogger(__name__)


def resume(
    partial: Path,
    journal: Path,
    index: Index,
    shape: tuple[int, int, int],
    dtype: str,
    provenance: Mapping[str, Any],
) -> NDArray[np.uint32]:
    """Checksums (L + 1, batches) of what a killed process left and what holds; a fresh file if nothing does."""
    try:
        done = np.load(journal)
        with h5py.File(partial, "r") as file:
            if file.attrs["provenance"] == json.dumps(provenance, sort_keys=True):
                good = [_checksums(file, index, batch) for batch in range(done.shape[1])]
                n_good = next((b for b, crc in enumerate(good) if not np.array_equal(crc, done[:, b])), len(good))
                log.info("going on with %s at batch %d of %d", partial.name, n_good + 1, len(index.block) - 1)
                return np.asarray(done[:, :n_good], np.uint32)
    except (OSError, ValueError, KeyError, IndexError, RuntimeError):
        pass  # no file, or one killed while it was created: begin anew
    fresh = partial.with_suffix(".new")
    create(fresh, index, shape, dtype, provenance)
    journal.unlink(missing_ok=True)
    fresh.rename(partial)
    return np.zeros((shape[0], 0), np.uint32)


def _checksums(file: h5py.File, index: Index, batch: int) -> NDArray[np.uint32]:
    start, stop = index.block[batch : batch + 2]
    layers = range(len(file["hidden"]))
    return np.array([zlib.crc32(file[f"hidden/{layer}"][start:stop]) for layer in layers], np.uint32)


def write_batch(file: h5py.File, hidden: NDArray[np.float32], start: int, dtype: str) -> NDArray[np.uint32]:
    """Put one batch (L, S, D) on disk; its checksum per layer."""
    stored = encode(hidden, dtype)
    for layer, rows in enumerate(stored):
        file[f"hidden/{layer}"][start : start + len(rows)] = rows
    file.flush()
    return np.array([zlib.crc32(rows) for rows in stored], np.uint32)


def save(journal: Path, crc32: NDArray[np.uint32]) -> None:
    """Record what is on disk."""
    # replaced in one step, after the rows it vouches for: a kill leaves the old journal or the new one
    fresh = journal.with_suffix(".tmp")
    with fresh.open("wb") as file:
        np.save(file, crc32)
    fresh.replace(journal)
