"""Extraction: one pass of the encoder over a corpus, written so that it can be killed at any instant.

A store grows as ``<name>.partial`` beside a journal with the checksums of the batches that are on disk. The
next process that wants the same key verifies those batches, goes on with the one after, and renames the file
when it is complete; a file under its final name is always whole.
"""

import errno
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Corpus, Progress, Sentence
from probing.errors import StoreError
from probing.model.batches import plan
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords
from probing.store.journal import resume, save, write_batch
from probing.store.key import Store
from probing.store.layout import DTYPES, Index

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Estimate:
    """What an extraction takes, known before the first forward pass."""

    sentences: int
    subwords: int
    disk_bytes: int
    memory_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.sentences:,} sentences, {self.subwords:,} subwords; "
            f"{self.disk_bytes / 1e9:.2f} GB on disk, about {self.memory_bytes / 1e9:.1f} GB of memory"
        )


def ensure(
    store: Store,
    name: str,
    provenance: Mapping[str, Any],
    corpus: Corpus,
    load: Callable[[], Encoder],
    on_progress: Progress,
) -> Path:
    """The store file of ``provenance["key"]``: the one that exists, or a new one.

    ``load`` is called only if there is something to extract. Of several processes that want one key, one
    extracts and the others wait. Raises StoreError if the disk is full.
    """
    from filelock import FileLock, Timeout

    folder = Path(store.folder)
    folder.mkdir(parents=True, exist_ok=True)
    key = str(provenance["key"])
    if found := find(folder, key):
        return found
    lock = FileLock(folder / f"{key}.lock")
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        log.info("another process is extracting %s; waiting for it", name)
        held = lock.acquire()
    with held:
        if found := find(folder, key):  # whoever held the lock has finished it
            return found
        path = folder / f"{name}-{key}.h5"
        _extract(path, store, provenance, corpus, load(), on_progress)
        return path


def find(folder: Path, key: str) -> Path | None:
    """The complete file of ``key``, whatever name stands before it."""
    return next(iter(sorted(folder.glob(f"*-{key}.h5"))), None)


def discard(path: Path) -> None:
    """Put a damaged file out of the way; it can be made again from what its key stands for."""
    path.unlink(missing_ok=True)


def _extract(
    path: Path,
    store: Store,
    provenance: Mapping[str, Any],
    corpus: Corpus,
    encoder: Encoder,
    on_progress: Progress,
) -> None:
    sentences = [(split, s) for split in SPLITS for s in corpus.splits[split]]
    found = encoder.tokenize([s.words for _, s in sentences])
    batches = plan(np.diff(found.offsets), store.batch_subwords)
    subwords = reorder(found, np.concatenate(batches))
    index = _index(sentences, found, batches)
    shape = (encoder.n_layers, len(subwords.ids), encoder.width)
    estimate = _estimate(shape, store, len(sentences), encoder)
    log.info("extracting %s: %s", path.stem, estimate)
    _require_space(path.parent, estimate.disk_bytes)
    facts = {"final_norm": encoder.final_norm, "cls_position": encoder.cls_position, "window": encoder.window}
    partial, journal = path.with_suffix(".partial"), path.with_suffix(".journal.npy")
    try:
        crc32 = resume(partial, journal, index, shape, store.dtype, {**provenance, **facts})
        ends = np.cumsum([0, *(len(b) for b in batches)])
        with h5py.File(partial, "r+") as file:
            for batch in range(crc32.shape[1], len(batches)):
                on_progress("extracting subwords", int(index.block[batch]), shape[1])
                hidden = encoder.hidden(subwords.part(ends[batch], ends[batch + 1]), store.batch_subwords)
                crc32 = np.column_stack([crc32, write_batch(file, hidden, index.block[batch], store.dtype)])
                save(journal, crc32)
            on_progress("extracting subwords", shape[1], shape[1])
            file["crc32"][:] = crc32
            file.flush()
        partial.rename(path)
        journal.unlink(missing_ok=True)
    except OSError as error:
        if error.errno == errno.ENOSPC or "No space left" in str(error) or "Disk quota" in str(error):
            raise StoreError(
                f"no space left on the disk of {path.parent} while writing {path.name} "
                f"({estimate.disk_bytes / 1e9:.2f} GB); free some or set store.folder=…, then run again: "
                "it goes on where it stopped"
            ) from error
        raise
    if encoder.halvings:
        log.warning("memory ran out %d times; batches were halved to %d subwords", encoder.halvings, encoder.ceiling)


def reorder(subwords: Subwords, order: NDArray[np.int64]) -> Subwords:
    """The same sentences in another order."""
    lengths = np.diff(subwords.offsets)[order]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    rows = np.repeat(subwords.offsets[order] - offsets[:-1], lengths) + np.arange(offsets[-1])
    return Subwords(subwords.ids[rows], subwords.words[rows], offsets, subwords.n_words[order], subwords.counts)


def _index(sentences: list[tuple[str, Sentence]], found: Subwords, batches: list[NDArray[np.int64]]) -> Index:
    order = np.concatenate(batches)
    stored = reorder(found, order)
    start = np.empty(len(order), np.int64)
    start[order] = stored.offsets[:-1]
    ends = np.cumsum([0, *(len(b) for b in batches)])
    return Index(
        start=start,
        length=np.diff(found.offsets).astype(np.int64),
        id=np.array([s.id.encode() for _, s in sentences]),
        split=np.array([SPLITS.index(split) for split, _ in sentences], np.uint8),
        n_words=found.n_words.astype(np.int64),
        word=stored.words,
        subword=stored.ids,
        block=stored.offsets[ends].astype(np.int64),
        counts=found.counts,
    )


def _estimate(shape: tuple[int, int, int], store: Store, sentences: int, encoder: Encoder) -> Estimate:
    n_layers, n_rows, width = shape
    itemsize = np.dtype(DTYPES[store.dtype]).itemsize
    weights = sum(p.numel() * p.element_size() for p in encoder.network.parameters())
    # a batch is held on the device, as float32 rows and once more as stored; the rest is the libraries
    batch = n_layers * store.batch_subwords * width * (4 + 4 + itemsize)
    return Estimate(sentences, n_rows, n_layers * n_rows * width * itemsize, weights + 2 * batch + 400_000_000)


def _require_space(folder: Path, wanted: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted:
        raise StoreError(
            f"no space left for the store: {wanted / 1e9:.2f} GB wanted, {free / 1e9:.2f} GB free in {folder}; "
            "free some, set store.folder=… to another disk, or take fewer sentences with data.max_sentences=…"
        )
