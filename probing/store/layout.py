"""The store's file, readable with plain h5py.

    /hidden/<layer>     (S, D)      one dataset per layer, 0 = embedding output, l = output of block l; float16 or
                                    float32; bfloat16 as its bit pattern in uint16 (shift left by 16, read as float32);
                                    float16 keeps 11 bits of a number, bfloat16 8, float32 all of its 24
    /exponent/<layer>   (B, D)      by which power of two the numbers of a feature in a batch are to be multiplied: 0
                                    unless they are float16 and do not fit its range as they are
    /start, /length     (N,)        rows of sentence i: hidden[layer][start[i] : start[i] + length[i]]
    /id, /split         (N,)        sentence id (UTF-8) and split, an index into the attribute ``splits``
    /n_words            (N,)        words of the sentence, with a vector or not
    /word               (S,)        which word of its sentence a row belongs to, from 0; -1: special token
    /last_word          (S,)        the last word that a row belongs to: rows of text as it is written can belong to
                                    several words, ``word`` to ``last_word``; missing if every row belongs to one
    /subword            (S,)        the tokenizer's id
    /block              (B + 1,)    first row of each batch; batches follow each other on the subword axis
    /crc32              (L + 1, B)  checksum of each batch of each layer and its exponents, verified whenever it is read

A file can hold some layers of the model only (``layers=``): /hidden has those numbers, /crc32 a row for each of them.
It can hold vectors of words or sentences instead of subwords (``store.pool=``): then S is their number, /word is the
word of each (0 for a sentence), and /subword is -1.

Sentences are numbered in corpus order (train, dev, test) and lie on the subword axis in the order of the batches
that they were computed in; one without subwords has length 0. Attributes: ``format``, ``version``, ``key`` (what the
file is addressed by), ``dtype``, ``layers`` (JSON: the numbers of those it holds), ``splits`` (JSON), ``counts`` (JSON:
what was split, cut or left without a vector), ``provenance`` (JSON: checkpoint, tokenizer, corpus, versions) and
``index_crc32`` over the other attributes and every array but the layers, their exponents and their checksums; texts are
bytes in UTF-8. For example::

    with h5py.File(path) as file:
        rows = slice(file["start"][i], file["start"][i] + file["length"][i])
        batch = np.searchsorted(file["block"], rows.start, side="right") - 1
        vectors = file["hidden/3"][rows] * 2.0 ** file["exponent/3"][batch]  # (subwords of sentence i, D), of block 3
        first_word = vectors[file["word"][rows] == 0].mean(0)                # (D,)

Layers are chunked and allocated before the first batch is written, so that writing changes no metadata: a process
killed at any instant leaves a file that opens. The same content gives the same bytes.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from probing.errors import DamagedStoreError, StoreError
from probing.store.disk import writing
from probing.store.encoding import DTYPES, Exponents, Stored, checksum_of, decode
from probing.store.file_index import (
    ARRAYS,
    EXPONENT,
    FORMAT,
    HIDDEN,
    LAST_WORD,
    VERSION,
    Content,
    Index,
    as_text,
    checksum,
    describe,
)

_CHUNK_BYTES = 1 << 20


def create(path: Path, content: Content) -> None:
    """Write a file of ``content`` whose layers are allocated and empty. OSError if it does not fit."""
    n_layers, n_rows, width = content.shape
    stored = np.dtype(DTYPES[content.dtype])
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_chunk((max(1, min(n_rows, _CHUNK_BYTES // (width * stored.itemsize))), width))
    layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    layout.set_obj_track_times(False)  # else the bytes would depend on the second
    space = h5py.h5s.create_simple((n_rows, width), (h5py.h5s.UNLIMITED, width))
    with writing(path, "w") as (file, _):
        for name, array in content.index.arrays().items():
            file.create_dataset(name, data=array)
        file.create_dataset("crc32", data=np.zeros((n_layers, content.n_batches), np.uint32))
        file.attrs.update(describe(content))
        group = file.create_group(content.group)
        for layer in content.numbers:
            file.create_dataset(f"{EXPONENT}/{layer}", data=np.zeros((content.n_batches, width), np.int8))
            h5py.h5d.create(group.id, str(layer).encode(), h5py.h5t.py_create(stored), space, layout)


class StoreFile:
    """A store, opened for reading; ``close`` it, or use it in a ``with`` statement.

    Raises: DamagedStoreError, naming the file, on any failed check, now or when a layer is read; StoreError if the
    system refuses to open it. as_pooled: whether what is pooled from its subwords is to be rounded as a file of pooled
    vectors rounds it.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.as_pooled = path, False
        self._file: Any = None  # h5py has no types
        try:
            self._file = h5py.File(path, "r")
            self._open()
        except Exception as error:
            self.close()
            if isinstance(error, StoreError | MemoryError):
                raise
            raise self._failure(error) from error  # damaged metadata fail in as many ways as there are bytes

    def _open(self) -> None:
        attributes = {name: as_text(value) for name, value in self._file.attrs.items()}
        if attributes.get("format") != FORMAT or attributes.get("version") != str(VERSION):
            raise DamagedStoreError(self.path, f"not a {FORMAT} file of version {VERSION}")
        self.checksum = int(attributes.pop("index_crc32"))
        arrays = {name: self._whole(name) for name in (*ARRAYS, *({LAST_WORD} & self._file.keys()))}
        self.index = Index(**arrays, counts=json.loads(attributes["counts"]))
        if checksum(attributes, self.index) != self.checksum:
            raise DamagedStoreError(self.path, "its index fails its checksum")
        if not self.path.stem.endswith(attributes["key"]):
            raise DamagedStoreError(self.path, f"its content is that of key {attributes['key']}")
        self.crc32: NDArray[np.uint32] = self._whole("crc32")  # (L + 1, B)
        self.dtype = attributes["dtype"]
        self.provenance: dict[str, Any] = json.loads(attributes["provenance"])
        groups = self._file[self.provenance.get("content", HIDDEN)], self._file[EXPONENT]
        self.layers: tuple[int, ...] = tuple(json.loads(attributes["layers"]))
        self._layers, self._exponents = ({layer: group[str(layer)] for layer in self.layers} for group in groups)
        kinds = {(one.dtype.str, one.shape) for one in self._layers.values()}
        whole = (np.dtype(DTYPES[self.dtype]).str, (int(self.index.block[-1]), self.width))
        scales = {(one.dtype.str, one.shape) for one in self._exponents.values()}
        n_batches = len(self.index.block) - 1
        if (kinds, scales) != ({whole}, {(np.dtype(np.int8).str, (n_batches, self.width))}) or (
            self.crc32.shape != (len(self.layers), n_batches)
        ):
            raise DamagedStoreError(self.path, "its layers have another type or length than its index says")

    def _whole(self, name: str) -> Any:
        if self._file[name].nbytes > self.path.stat().st_size:  # a damaged shape could ask for any memory
            raise DamagedStoreError(self.path, f"{name} is longer than the file")
        return np.asarray(self._file[name][()])

    @property
    def n_layers(self) -> int:
        """How many layers are stored."""
        return len(self.layers)

    @property
    def model_layers(self) -> int:
        """Hidden states per subword of the model: its blocks and the embedding output."""
        return int(self.provenance["model_layers"])

    @property
    def width(self) -> int:
        """D."""
        return int(self._layers[self.layers[0]].shape[1])

    def raw(self, layer: int, block: int) -> tuple[Stored, Exponents]:
        """Rows of one batch of one layer as they are stored, (rows, D), and their exponents (D,), not verified."""
        start, stop = self.index.block[block : block + 2]
        try:
            return np.asarray(self._layers[layer][start:stop]), np.asarray(self._exponents[layer][block])
        except (OSError, RuntimeError, ValueError) as error:
            raise self._failure(error) from error

    def scaled_features(self, layers: Sequence[int]) -> dict[int, int]:
        """On each of ``layers`` that has any, the features whose numbers are scaled in a batch."""
        return self._features(layers, lambda exponents: exponents != 0)

    def too_large_features(self, layers: Sequence[int]) -> dict[int, int]:
        """On each of ``layers`` that has any, the features with a number that float16 does not reach."""
        return self._features(layers, lambda exponents: exponents > 0)

    def _features(self, layers: Sequence[int], such: Callable[[Exponents], NDArray[np.bool_]]) -> dict[int, int]:
        counts = {layer: int(such(self._exponents[layer][()]).any(axis=0).sum()) for layer in layers}
        return {layer: count for layer, count in counts.items() if count}

    def checksums(self, block: int) -> list[int]:
        """Of one batch of every layer, computed from what is stored."""
        return [checksum_of(*self.raw(layer, block)) for layer in self.layers]

    def block(self, layer: int, block: int) -> NDArray[np.float32]:
        """Rows of one batch of one layer, (rows, D), checksum verified; ``layer``: one of ``layers``."""
        raw, exponents = self.raw(layer, block)
        if checksum_of(raw, exponents) != self.crc32[self.layers.index(layer), block]:
            raise DamagedStoreError(self.path, f"layer {layer} fails its checksum in batch {block}")
        return decode(raw, exponents, self.dtype)

    def close(self) -> None:
        """Release the file."""
        if self._file:
            self._file.close()

    def __enter__(self) -> "StoreFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _failure(self, error: Exception) -> StoreError:
        # HDF5 gives a number where the system refused (no such file, no permission, no connection): then the file
        # itself may be whole, and must not be thrown away
        if isinstance(error, OSError) and error.errno is not None:
            return StoreError(f"{self.path} cannot be read: {error.strerror}")
        return DamagedStoreError(self.path, str(error) or type(error).__name__)
