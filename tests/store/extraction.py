"""Extraction of small corpora, here or in a process of its own that a test may kill, starve or race."""

import hashlib
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from probing.axes import Corpus, Progress, Sentence, no_progress
from probing.errors import ProbingError
from probing.model.checkpoint import Model, resolve
from probing.rng import generator
from probing.store.disk import Disk
from probing.store.key import Chosen, Store, key, key_parts
from probing.store.layout import StoreFile
from probing.store.write import ensure

CHOSEN = Chosen()
INDEX = ("start", "length", "id", "split", "n_words", "word", "subword", "block")
TEXT = "the dog sleeps watched light New York moon and then she left naïve fox lazy quick saw there"
PROCESSES = multiprocessing.get_context("forkserver")  # imports once, then each process starts in an instant
PROCESSES.set_forkserver_preload(["torch", "transformers", "transformers.models.bert.modeling_bert", "h5py", "scipy"])


def corpus(n_sentences: int, longest: int = 12) -> Corpus:
    """Random words, half of the sentences in train, a quarter each in dev and test."""
    rng, words = generator(0, "store tests"), TEXT.split()
    sentences = tuple(
        Sentence(f"s{i}", tuple(words[w] for w in rng.integers(len(words), size=rng.integers(1, longest + 1))))
        for i in range(n_sentences)
    )
    a, b = n_sentences // 2, n_sentences * 3 // 4
    return Corpus("random", {"train": sentences[:a], "dev": sentences[a:b], "test": sentences[b:]})


def extract(
    store: Store,
    checkpoint: Path | str,
    source: Corpus,
    on_progress: Progress = no_progress,
    loads: Path | None = None,
    chosen: Chosen = CHOSEN,
) -> Path:
    """The store of ``source``; a line in ``loads`` for every time that the encoder was loaded."""
    model = Model(str(checkpoint))
    found = resolve(model)
    parts = {**key_parts(store, model, found, source), **chosen.parts}

    def load() -> Any:
        from probing.model import encoder

        if loads is not None:
            with loads.open("a") as file:
                file.write(f"{os.getpid()}\n")
        loaded = encoder.load(model, found)
        return loaded, loaded.tokenize_corpus(source)

    return ensure(store, f"{found.name}-{source.name}", {"key": key(parts), **parts}, source, load, on_progress)


class Stopped(Exception):
    """An extraction that was broken off."""


def extract_part(store: Store, checkpoint: Path, source: Corpus, share: float) -> Path:
    """Break an extraction off once ``share`` of it is done; the unfinished file."""

    def stop(step: str, done: int, total: int) -> None:
        if done >= share * total:
            raise Stopped

    with suppress(Stopped):
        extract(store, checkpoint, source, stop)
    [partial] = Path(store.folder).glob("*.partial")
    return partial


def layer_of(store: StoreFile, layer: int) -> Any:
    """All rows of one layer, (S, D), verified."""
    return np.concatenate([store.block(layer, block) for block in range(len(store.index.block) - 1)])


def content(path: Path) -> list[Any]:
    """Everything that a reader gets from a store: its index and all layers, verified."""
    with StoreFile(path) as store:
        arrays = {name: getattr(store.index, name) for name in INDEX}
        index = [(name, array.dtype.str, array.shape, array.tobytes()) for name, array in arrays.items()]
        layers = [layer_of(store, layer).tobytes() for layer in range(store.n_layers)]
        return [index, dict(store.index.counts), store.provenance, store.dtype, layers]


def sha256(path: Path) -> str:
    """Digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def flip(path: Path, at: int, bit: int = 0) -> None:
    """Change one bit of a file."""
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))


def where(path: Path, name: str) -> int:
    """The first byte of an array in a store."""
    with h5py.File(path) as file:
        data = file[name].id
        return data.get_offset() or data.get_chunk_info(0).byte_offset


class Job:
    """A function in a process of its own; ``result`` is what it returned or the ProbingError that it raised."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._here, there = PROCESSES.Pipe()
        self.process = PROCESSES.Process(target=_call, args=(there, function, arguments))
        self.process.start()
        there.close()
        self._here.recv()  # it is about to call the function

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.join()

    @property
    def killed(self) -> bool:
        """Whether it ended by kill -9, rather than at its own end."""
        self.process.join()
        return self.process.exitcode == -signal.SIGKILL

    def result(self) -> Any:
        """Wait for the end; fails if the process crashed."""
        try:
            found = self._here.recv()
        except EOFError:
            self.process.join()
            raise AssertionError(f"the process ended with exit code {self.process.exitcode}") from None
        self.process.join()
        return found


def _call(connection: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    import torch

    torch.set_num_threads(1)
    connection.send("begun")
    try:
        connection.send(function(*arguments))
    except ProbingError as error:
        connection.send(error)


def extract_at_once(store: Store, checkpoint: Path, source: Corpus, loads: Path, start: Path) -> Path:
    """Extract as soon as there is a file ``start``."""
    while not start.exists():
        time.sleep(0.001)
    return extract(store, checkpoint, source, loads=loads)


def extract_chosen(store: Store, checkpoint: Path, source: Corpus, chosen: Chosen) -> Path:
    """The store of what is chosen."""
    return extract(store, checkpoint, source, chosen=chosen)


def extract_and_die(store: Store, checkpoint: Path, source: Corpus, at_write: int, chosen: Chosen = CHOSEN) -> None:
    """Extract, and kill this process in the middle of its ``at_write``-th write."""
    count, write = 0, Disk.write

    def write_half(self: Disk, data: Any) -> int:
        nonlocal count
        count += 1
        if count == at_write:
            write(self, bytes(data)[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return write(self, data)

    Disk.write = write_half
    extract_chosen(store, checkpoint, source, chosen)


def count_writes(store: Store, checkpoint: Path, source: Corpus, chosen: Chosen = CHOSEN) -> int:
    """Extract; how many writes that took."""
    count, write = 0, Disk.write

    def counted(self: Disk, data: Any) -> int:
        nonlocal count
        count += 1
        return write(self, data)

    Disk.write = counted
    extract_chosen(store, checkpoint, source, chosen)
    return count


def extract_until_full(store: Store, checkpoint: Path, source: Corpus, filler: Path, done_share: float) -> Path:
    """Extract on a small disk on which another file takes all that is left once ``done_share`` is done."""

    def fill(step: str, done: int, total: int) -> None:
        if done >= done_share * total and not filler.exists():
            with filler.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError:
                    pass

    return extract(store, checkpoint, source, fill)


def extract_under_limit(store: Store, checkpoint: Path, source: Corpus, file_bytes: int, done_share: float) -> Path:
    """Extract where no file may be written beyond ``file_bytes`` once ``done_share`` is done."""

    def limit(step: str = "", done: int = 0, total: int = 0) -> None:
        if done >= done_share * total:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, resource.RLIM_INFINITY))

    if done_share == 0:
        limit()
    return extract(store, checkpoint, source, limit)


def peak_memory_bytes(store: Store, checkpoint: Path, n_sentences: int, longest: int) -> int:
    """Extract; the most memory that this process ever held."""
    extract(store, checkpoint, corpus(n_sentences, longest))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
