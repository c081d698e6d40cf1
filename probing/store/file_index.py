"""What a store file says beside its layers: whose rows they are, where it comes from, and a checksum."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import SPLITS
from probing.store.encoding import DTYPES

FORMAT, VERSION = "probing-store", 2
HIDDEN, EXPONENT = "hidden", "exponent"  # groups of a file; HIDDEN unless its provenance names another content
ARRAYS = ("start", "length", "id", "split", "n_words", "word", "subword", "block")
LAST_WORD = "last_word"  # only in files of text as it is written


@dataclass(frozen=True, eq=False)
class Index:
    """Everything in the file except the layers; shapes as in the docstring of ``layout``."""

    start: NDArray[np.int64]
    length: NDArray[np.int64]
    id: NDArray[np.bytes_]
    split: NDArray[np.uint8]
    n_words: NDArray[np.int64]
    word: NDArray[np.int32]
    subword: NDArray[np.int32]
    block: NDArray[np.int64]
    counts: Mapping[str, int] = field(default_factory=dict)
    last_word: NDArray[np.int32] | None = None

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays that the file has, by name."""
        last_word = {} if self.last_word is None else {LAST_WORD: self.last_word}
        return {name: getattr(self, name) for name in ARRAYS} | last_word


@dataclass(frozen=True)
class Content:
    """What a file is to hold: its index, its layers (L + 1, S, D) of this type, and where they come from.

    dtype: of the layers, one of encoding.DTYPES. layers: their numbers in the file, ascending; None: from 0 on.
    provenance: at least ``key``, what the file is addressed by; anything that JSON can say.
    """

    index: Index
    shape: tuple[int, int, int]
    dtype: str
    provenance: Mapping[str, object]
    layers: tuple[int, ...] | None = None

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the layers."""
        return tuple(range(self.shape[0])) if self.layers is None else self.layers

    @property
    def n_batches(self) -> int:
        """B."""
        return len(self.index.block) - 1

    @property
    def group(self) -> str:
        """The group of the file that holds the layers."""
        return str(self.provenance.get("content", HIDDEN))

    @property
    def n_bytes(self) -> int:
        """What the layers and their exponents take on disk."""
        n_layers, n_rows, width = self.shape
        return n_layers * width * (n_rows * np.dtype(DTYPES[self.dtype]).itemsize + self.n_batches)


def describe(content: Content) -> dict[str, object]:
    """The file's attributes, their checksum included."""
    texts = {
        "format": FORMAT,
        "key": str(content.provenance["key"]),
        "dtype": content.dtype,
        "layers": json.dumps(content.numbers),
        "splits": json.dumps(SPLITS),
        "counts": json.dumps(dict(content.index.counts), sort_keys=True),
        "provenance": json.dumps(content.provenance, sort_keys=True),
    }
    # of fixed length, so that HDF5's own checksums cover them: a flipped bit in a text of variable length can send
    # it into an endless loop
    attributes = {"version": VERSION, **{name: np.bytes_(text.encode()) for name, text in texts.items()}}
    return {**attributes, "index_crc32": checksum(attributes, content.index)}


def checksum(attributes: Mapping[str, object], index: Index) -> int:
    """CRC-32 over the attributes and the arrays of ``index``."""
    crc32 = zlib.crc32(json.dumps([[name, as_text(attributes[name])] for name in sorted(attributes)]).encode())
    for name, array in index.arrays().items():
        # type and shape too: the same bytes read in another order or width are other numbers
        crc32 = zlib.crc32(f"{name}{array.dtype.str}{array.shape}".encode(), crc32)
        crc32 = zlib.crc32(np.ascontiguousarray(array).tobytes(), crc32)
    return crc32


def as_text(attribute: object) -> str:
    """An attribute as text: h5py gives texts as bytes."""
    return attribute.decode() if isinstance(attribute, bytes) else str(attribute)
