"""Extraction: one pass of the encoder over a corpus, written so that it can be killed at any instant.

A store grows as ``<key>.partial`` beside a journal with the checksums of the batches that are on disk. The
next process that wants the same key verifies those batches, goes on with the one after, and renames the file
when it is complete; a file under its final name is always whole. ``encoding`` says what happens to numbers that do not
fit float16, ``leftovers`` what becomes of files that nobody finishes.
"""

import functools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Corpus, Progress, Sentence
from probing.model.batches import plan
from probing.model.encoder import Encoder
from probing.model.pooling import Pooling
from probing.model.subwords import Subwords, reorder
from probing.store.covering import covering
from probing.store.encoding import DTYPES
from probing.store.file_index import Content, Index
from probing.store.fill import fill
from probing.store.key import Chosen, Store, find
from probing.store.made_once import find_or_make
from probing.store.pooled_rows import pooled

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Estimate:
    """What an extraction will take, known before the first forward pass. what: is stored (subwords, words)."""

    sentences: int
    vectors: int
    what: str
    disk_bytes: int
    memory_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.sentences:,} sentences, {self.vectors:,} {self.what}; "
            f"{self.disk_bytes / 1e9:.2f} GB on disk, about {self.memory_bytes / 1e9:.1f} GB of memory"
        )


def ensure(
    store: Store,
    name: str,
    provenance: Mapping[str, object],
    corpus: Corpus,
    load: Callable[[], tuple[Encoder, Subwords]],
    on_progress: Progress,
) -> Path:
    """The file of hidden states of ``provenance["key"]``: the one that exists, or a new one named ``<name>-<key>.h5``.

    A file that holds the same and more, other layers or subwords for pooled vectors, serves as well (``covering``).
    ``load`` gives the model and the subwords of all sentences of ``corpus``, train first; it is called only if there is
    something to extract. Raises: StoreError if the disk is full.
    """
    folder, key = Path(store.folder), str(provenance["key"])
    if find(folder, key) is None:
        wider, narrower = covering(folder, provenance)
        if wider is not None:
            log.info("%s holds the vectors of %s and more", wider.name, name)
            return wider
        if narrower:
            log.info("%s: %s hold only a part of its vectors; a new file is made", name, [p.name for p in narrower])
    return find_or_make(store, name, key, lambda path: _extract(path, store, provenance, corpus, load(), on_progress))


def _extract(
    path: Path,
    store: Store,
    provenance: Mapping[str, object],
    corpus: Corpus,
    loaded: tuple[Encoder, Subwords],
    on_progress: Progress,
) -> None:
    sentences = [(split, s) for split in SPLITS for s in corpus.splits[split]]
    encoder, found = loaded
    batches = plan(np.diff(found.offsets), store.batch_subwords)
    subwords = reorder(found, np.concatenate([np.zeros(0, np.int64), *batches]))
    ends = np.cumsum([0, *map(len, batches)])
    index = _index(sentences, found, subwords, batches)
    chosen = Chosen.from_parts(provenance)
    layers = chosen.layers or tuple(range(encoder.n_layers))

    def hidden(batch: int) -> NDArray[np.float32]:
        return encoder.hidden(subwords.part(ends[batch], ends[batch + 1]), store.batch_subwords, layers)

    shape, rows = (len(layers), len(subwords.ids), encoder.width), hidden
    content = Content(index, shape, store.stored_dtype, {**provenance, **_facts(encoder)}, layers)
    if chosen.pooled is not None:
        content, rows = pooled(content, hidden, Pooling(*chosen.pooled, encoder.cls_position))
    log.info("extracting %s: %s", path.stem, _estimate(content, store, encoder))

    fill(path, content, rows, functools.partial(on_progress, "extracting subwords"), store.lock)


def _facts(encoder: Encoder) -> dict[str, object]:
    """What changes a vector's last bits, so that a run goes on only with a file made alike; and what readers need."""
    import torch

    return {
        "model_layers": encoder.n_layers,
        "device": encoder.device,
        "threads": torch.get_num_threads(),
        "final_norm": encoder.final_norm,
        "cls_position": encoder.cls_position,
        "begins_with": encoder.bos,
        "window": encoder.window,
        "model_notes": list(encoder.notes),
    }


def _index(
    sentences: list[tuple[str, Sentence]], found: Subwords, stored: Subwords, batches: list[NDArray[np.int64]]
) -> Index:
    start = np.zeros(len(sentences), np.int64)  # sentences without subwords are in no batch
    for order, first in zip(batches, np.cumsum([0, *map(len, batches)]), strict=False):
        start[order] = stored.offsets[first : first + len(order)]
    return Index(
        start=start,
        length=np.diff(found.offsets).astype(np.int64),
        id=np.array([s.id.encode() for _, s in sentences]),
        split=np.array([SPLITS.index(split) for split, _ in sentences], np.uint8),
        n_words=found.n_words.astype(np.int64),
        word=stored.words,
        subword=stored.ids,
        block=stored.offsets[np.cumsum([0, *map(len, batches)])].astype(np.int64),
        counts=found.counts,
        last_word=stored.last_words,
    )


def _estimate(content: Content, store: Store, encoder: Encoder) -> Estimate:
    n_layers, n_rows, width = content.shape
    weights = sum(p.numel() * p.element_size() for p in encoder.network.parameters())
    # a batch is held on the device, as float32 rows and once more as stored; the rest is the libraries
    batch = n_layers * store.batch_subwords * width * (4 + 4 + np.dtype(DTYPES[content.dtype]).itemsize)
    memory = weights + 2 * batch + 400_000_000
    pooled_to = Chosen.from_parts(content.provenance).pooled
    what = "subwords" if pooled_to is None else f"vectors of {pooled_to[0]}s"
    return Estimate(len(content.index.length), n_rows, what, content.n_bytes, memory)
