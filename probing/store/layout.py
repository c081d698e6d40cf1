"""The store's file, readable with plain h5py.

==================  ==========  ==================================================================================
/hidden/<layer>     (S, D)      one dataset per layer, 0 = embedding output, l = output of block l; float16 or
                                float32; bfloat16 as its bit pattern in uint16 (shift left by 16, read as float32)
/start, /length     (N,)        rows of sentence i: hidden[layer][start[i] : start[i] + length[i]]
/id, /split         (N,)        sentence id (UTF-8) and split, an index into the attribute ``splits``
/n_words            (N,)        words of the sentence, with a vector or not
/word               (S,)        which word of its sentence a row belongs to, from 0; -1: special token
/subword            (S,)        the tokenizer's id
/block              (B + 1,)    first row of each batch; batches follow each other on the subword axis
/crc32              (L + 1, B)  checksum of each batch of each layer, verified whenever it is read
==================  ==========  ==================================================================================

Sentences are numbered in corpus order (train, dev, test) and lie on the subword axis in the order of the
batches that they were computed in. Attributes: ``format``, ``version``, ``key`` (what the file is addressed
by), ``dtype``, ``splits``, ``counts`` (JSON: what was split, cut or left without a vector), ``provenance``
(JSON: checkpoint, tokenizer, corpus, versions) and ``index_crc32`` over everything but the layers.

Layers are chunked and allocated before the first batch is written, so that writing changes no metadata: a
process killed at any instant leaves a file that opens.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS
from probing.errors import DamagedStoreError, StoreError

FORMAT, VERSION = "probing-store", 1
DTYPES = {"float16": np.float16, "float32": np.float32, "bfloat16": np.uint16}
_CHUNK_BYTES = 1 << 20
_INDEX = ("start", "length", "id", "split", "n_words", "word", "subword", "block")


@dataclass(frozen=True)
class Index:
    """Everything in the file but the layers; shapes as in the module's docstring."""

    start: NDArray[np.int64]
    length: NDArray[np.int64]
    id: NDArray[np.bytes_]
    split: NDArray[np.uint8]
    n_words: NDArray[np.int64]
    word: NDArray[np.int32]
    subword: NDArray[np.int32]
    block: NDArray[np.int64]
    counts: Mapping[str, int] = field(default_factory=dict)

    def crc32(self, provenance: str) -> int:
        """Checksum over every array and the provenance."""
        crc = zlib.crc32(provenance.encode())
        for name in _INDEX:
            crc = zlib.crc32(np.ascontiguousarray(getattr(self, name)).tobytes(), crc)
        return zlib.crc32(json.dumps(dict(self.counts), sort_keys=True).encode(), crc)


def create(path: Path, index: Index, shape: tuple[int, int, int], dtype: str, provenance: Mapping[str, Any]) -> None:
    """Write a file of ``shape`` (L + 1, S, D) whose layers are allocated and empty."""
    n_layers, n_rows, width = shape
    text = json.dumps(provenance, sort_keys=True)
    stored = np.dtype(DTYPES[dtype])
    with h5py.File(path, "w") as file:
        for name in _INDEX:
            file.create_dataset(name, data=getattr(index, name))
        file.create_dataset("crc32", data=np.zeros((n_layers, len(index.block) - 1), np.uint32))
        file.attrs.update(
            {
                "format": FORMAT,
                "version": VERSION,
                "key": provenance["key"],
                "dtype": dtype,
                "splits": json.dumps(SPLITS),
                "counts": json.dumps(dict(index.counts), sort_keys=True),
                "provenance": text,
                "index_crc32": index.crc32(text),
            }
        )
        layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        rows = max(1, min(n_rows, _CHUNK_BYTES // (width * stored.itemsize)))
        layout.set_chunk((rows, width))
        layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple((n_rows, width), (h5py.h5s.UNLIMITED, width))
        group = file.create_group("hidden")
        for layer in range(n_layers):
            h5py.h5d.create(group.id, str(layer).encode(), h5py.h5t.py_create(stored), space, layout)


class StoreFile:
    """A complete store, opened for reading. Raises DamagedStoreError, naming the file, on any failed check."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = h5py.File(path, "r")
            attrs = dict(self._file.attrs)
            if attrs.get("format") != FORMAT or attrs.get("version") != VERSION:
                raise self._damage(f"not a {FORMAT} file of version {VERSION}")
            text = str(attrs["provenance"])
            arrays = {name: self._file[name][()] for name in _INDEX}
            self.index = Index(**arrays, counts=json.loads(attrs["counts"]))
            self.crc32 = self._file["crc32"][()]  # (L + 1, B)
            self._layers = [self._file[f"hidden/{layer}"] for layer in range(len(self.crc32))]
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            raise self._damage(str(error)) from error
        if self.index.crc32(text) != attrs["index_crc32"]:
            raise self._damage("its index fails its checksum")
        self.dtype = str(attrs["dtype"])
        self.provenance: dict[str, Any] = json.loads(text)

    @property
    def n_layers(self) -> int:
        """Hidden states per subword: the model's blocks and the embedding output."""
        return len(self._layers)

    @property
    def width(self) -> int:
        """D."""
        return int(self._layers[0].shape[1])

    def block(self, layer: int, block: int) -> NDArray[np.float32]:
        """Rows of one batch of one layer, (rows, D), checksum verified."""
        start, stop = self.index.block[block : block + 2]
        try:
            raw = self._layers[layer][start:stop]
        except OSError as error:
            raise self._damage(str(error)) from error
        if zlib.crc32(raw) != self.crc32[layer, block]:
            raise self._damage(f"layer {layer} fails its checksum at rows {start} to {stop}")
        return decode(raw, self.dtype)

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _damage(self, reason: str) -> DamagedStoreError:
        return DamagedStoreError(self.path, reason)


def encode(hidden: NDArray[np.float32], dtype: str) -> NDArray[Any]:
    """float32 values as they are stored, same shape. Raises StoreError where float16 would overflow."""
    import torch

    values = torch.from_numpy(hidden)
    if dtype == "float32":
        return hidden
    if dtype == "bfloat16":
        return values.to(torch.bfloat16).view(torch.uint16).numpy()
    largest = float(values.abs().max())
    if largest > np.finfo(np.float16).max:
        raise StoreError(
            f"activations reach {largest:.3g}, float16 ends at {np.finfo(np.float16).max:.0f}; "
            "type store.dtype=bfloat16 (same size) or store.dtype=float32"
        )
    return values.to(torch.float16).numpy()


def decode(raw: NDArray[Any], dtype: str) -> NDArray[np.float32]:
    """Stored values as float32, same shape."""
    if dtype == "bfloat16":
        return (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.astype(np.float32, copy=False)
