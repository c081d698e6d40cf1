"""What an extraction will do, known before its first forward pass: the file, the batches, and what they take."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS, Corpus, Sentence
from probing.model.batches import plan
from probing.model.encoder import Encoder
from probing.model.pooling import Pooling
from probing.model.subwords import Subwords, reorder
from probing.store.encoding import DTYPES
from probing.store.file_index import Content, Index
from probing.store.fill import Rows
from probing.store.key import Chosen, Store
from probing.store.pooled_rows import pooled


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


class Plan(NamedTuple):
    """An extraction before its first forward pass: what its file holds, and what computes a batch of it.

    sizes: the sentences of each batch, and the subwords of the longest one.
    """

    content: Content
    rows: Rows
    sizes: tuple[tuple[int, int], ...]
    estimate: Estimate


def planned(store: Store, provenance: Mapping[str, object], corpus: Corpus, loaded: tuple[Encoder, Subwords]) -> Plan:
    """The extraction of ``corpus``. loaded: the model, and the subwords of all sentences, train first."""
    sentences = [(split, s) for split in SPLITS for s in corpus.splits[split]]
    encoder, found = loaded
    lengths = np.diff(found.offsets)
    batches = plan(lengths, store.batch_subwords)
    subwords = reorder(found, np.concatenate([np.zeros(0, np.int64), *batches]))
    ends = np.cumsum([0, *map(len, batches)])
    index = _index(sentences, found, subwords, batches)
    chosen = Chosen.from_parts(provenance)
    layers = chosen.layers or tuple(range(encoder.n_layers))

    def hidden(batch: int) -> NDArray[np.float32]:
        return encoder.hidden(subwords.part(ends[batch], ends[batch + 1]), store.batch_subwords, layers)

    rows: Rows = hidden
    shape = (len(layers), len(subwords.ids), encoder.width)
    content = Content(index, shape, store.stored_dtype, {**provenance, **_facts(encoder)}, layers)
    if chosen.pooled is not None:
        content, rows = pooled(content, hidden, Pooling(*chosen.pooled, encoder.cls_position))
    sizes = tuple((len(batch), int(lengths[batch].max())) for batch in batches)
    return Plan(content, rows, sizes, _estimate(content, store, encoder))


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
