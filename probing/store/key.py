"""What a store file is addressed by: everything that changes a vector, and nothing else."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, cast

from probing.axes import SPLITS, Corpus, Level
from probing.data.corpus import text_fingerprint
from probing.errors import ConfigError, one_of, positive
from probing.model.checkpoint import Checkpoint, Model
from probing.store.encoding import AUTO, DTYPES, NARROW
from probing.store.file_index import VERSION
from probing.store.locks import FLOCK, KINDS

# names of the parts of a key, and of those that a file of attention maps has besides
PARTS = (
    *("checkpoint", "text", "sentences", "precision", "dtype", "long", "bos"),
    *("batch_subwords", "libraries", "format"),
)
MAP_PARTS = ("content", "sentences kept")
CHOSEN_PARTS = ("layers", "pooled")  # of a file that does not hold every layer of every subword
ALL, NONE = "all", "none"
POOLS = (NONE, "word", "sentence")


@dataclass
class Cached:
    """How many sentences of test have their attention maps kept: a number (the same draw in every run), or ``all``."""

    sentences: Any = 200  # of a union, Hydra's own message would come before the one below

    def __post_init__(self) -> None:
        if self.sentences != "all" and (type(self.sentences) is not int or self.sentences < 1):
            raise ConfigError(f"store.attention.sentences={self.sentences}: type a number from 1 on, or all")


@dataclass(frozen=True)
class Store:
    """Where representations are kept and how they are written.

    dtype: float16, float32, bfloat16, or auto, which is float16: numbers beyond its range are scaled (``encoding``).
    lock: how processes agree on who extracts (``locks``). divided: whether others may extract a part (``shards``).
    pool: what is kept of hidden states: the vectors of all subwords (none), or those of words or of sentences, as the
    task makes them. layers: what a new file holds besides what is asked of it: None, a list of numbers, or all.
    """

    folder: str
    dtype: str = AUTO
    batch_subwords: int = 4096
    attention: Cached = field(default_factory=Cached)
    pool: str = NONE
    lock: str = FLOCK
    divided: bool = False
    layers: Any = None

    def __post_init__(self) -> None:
        if isinstance(self.attention, dict):  # as a configuration gives it
            object.__setattr__(self, "attention", Cached(**self.attention))
        one_of("store.dtype", self.dtype, (AUTO, *DTYPES))
        positive("store.batch_subwords", self.batch_subwords)
        one_of("store.lock", self.lock, KINDS)
        one_of("store.pool", self.pool, POOLS)
        listed = isinstance(self.layers, list) and all(type(one) is int and one >= 0 for one in self.layers)
        if not (self.layers is None or self.layers == ALL or listed):
            raise ConfigError(f"store.layers={self.layers}: type store.layers=all or 'store.layers=[0,3,6]'")

    @property
    def stored_dtype(self) -> str:
        """The type of the numbers on disk, which stands for ``dtype`` in keys: NARROW for auto."""
        return NARROW if self.dtype == AUTO else self.dtype


def key_parts(store: Store, model: Model, checkpoint: Checkpoint, corpus: Corpus) -> dict[str, str]:
    """What goes into the key, by name.

    The checkpoint (its revision covers weights, configuration and tokenizer), text and its order, ids and splits (the
    file holds them), arithmetic, storage type, the policies for long sentences and for the token that begins a text,
    the batch size (it decides the padding, and so the last bits) and the format's version. Labels are not in it, so
    that tasks share one extraction; nor are names. A file of some layers, or of pooled vectors, has ``Chosen.parts``
    besides. The versions of the two libraries that read tokenizers and build networks are in it, because a newer one
    may read the same files in another way. Device, threads and other versions are left to the provenance: they move the
    last bits only.
    """
    return {
        "checkpoint": checkpoint.revision,
        "text": text_fingerprint(corpus),
        "sentences": _digest([(split, [s.id for s in corpus.splits[split]]) for split in SPLITS]),
        "precision": model.precision,
        "dtype": store.stored_dtype,
        "long": f"{model.long}/{model.max_subwords}",
        "bos": model.bos,
        "batch_subwords": str(store.batch_subwords),
        "libraries": ", ".join(f"{name} {metadata.version(name)}" for name in ("tokenizers", "transformers")),
        "format": str(VERSION),
    }


@dataclass(frozen=True)
class Chosen:
    """What a file of hidden states holds. layers: numbers, ascending; None: all of the model.

    pooled: None: every subword; else a level (word, sentence) and how an item of it gets its vector (mean, first, last,
    cls): one row for each item that has a vector.
    """

    layers: tuple[int, ...] | None = None
    pooled: tuple[Level, str] | None = None

    @property
    def parts(self) -> dict[str, str]:
        """What it adds to the parts of a key: nothing for every layer of every subword."""
        if self == Chosen():
            return {}
        layers = ALL if self.layers is None else ",".join(map(str, self.layers))
        return {"layers": layers, "pooled": NONE if self.pooled is None else " ".join(self.pooled)}

    @classmethod
    def from_parts(cls, parts: Mapping[str, object]) -> "Chosen":
        """The inverse of ``parts``, also among others."""
        layers, pooled = (str(parts.get(name, word)) for name, word in zip(CHOSEN_PARTS, (ALL, NONE), strict=True))
        level, _, vector = pooled.partition(" ")
        numbers = None if layers == ALL else tuple(map(int, layers.split(",")))
        return cls(numbers, None if pooled == NONE else (cast(Level, level), vector))


def key(parts: Mapping[str, str]) -> str:
    """The first 16 hexadecimal digits of the sha256 over the parts."""
    return _digest(dict(parts))[:16]


def find(folder: Path, key: str) -> Path | None:
    """The complete file of ``key``, whatever name stands before it."""
    return next(iter(sorted(folder.glob(f"*-{key}.h5"))), None)


def is_of_this_version(provenance: Mapping[str, object]) -> bool:
    """Whether the key in ``provenance`` is made of the parts that this version of the program makes keys of."""
    further = (*(MAP_PARTS if "content" in provenance else ()), *(CHOSEN_PARTS if "pooled" in provenance else ()))
    names = {*PARTS, *further}
    return names <= provenance.keys() and key({name: str(provenance[name]) for name in names}) == provenance["key"]


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def map_parts(store: Store, parts: Mapping[str, str]) -> dict[str, str]:
    """What goes into the key of a file of attention maps: ``key_parts``, and which sentences it is of."""
    return {**parts, "content": "attention", "sentences kept": str(store.attention.sentences)}
