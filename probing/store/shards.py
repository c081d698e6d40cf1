"""One extraction by any number of processes: ranges of batches, each a file of its own, joined when all are there.

The ranges follow from the number of batches alone, so that all processes agree on them. The folder ``<key>.shards``
says that the extraction is divided. A process claims a range by the lock of its file, goes on with the batches that a
dead process left there, and takes the next range. Batches that one process had extracted alone, before others came, are
copied. Whoever finds all ranges done joins them.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from probing.errors import StoreError
from probing.store.file_index import Content, describe
from probing.store.joined import join
from probing.store.journal import Batch, Rows, grow, read_journal, remove
from probing.store.key import find
from probing.store.layout import StoreFile
from probing.store.locks import is_ours, lock_of
from probing.store.shared_arithmetic import agreed

if TYPE_CHECKING:
    from filelock import BaseFileLock

MOST, LEAST = 64, 4  # ranges, as each is a file, and readers open all of them; batches of a range
PAUSE_S = 0.2


def shards_of(folder: Path, key: str) -> Path:
    """The folder of the shards of an extraction; it is there if the extraction is divided."""
    return folder / f"{key}.shards"


def ranges(n_batches: int) -> list[tuple[int, int]]:
    """First batch and one past the last batch of each range; up to MOST of nearly the same number of batches, LEAST at
    least.
    """
    n = max(1, min(n_batches // LEAST, MOST))
    edges = [number * n_batches // n for number in range(n)] + [n_batches]
    return [(edges[number], edges[number + 1]) for number in range(n)]


@dataclass(frozen=True)
class Part:
    """A range: its file, what this is to hold, its first batch, and its lock."""

    path: Path
    content: Content
    first: int
    lock: "BaseFileLock"


def work(path: Path, content: Content, rows: Rows, on_progress: Callable[[int, int], None], lock: str) -> None:
    """Fill one free range after the other until all are done, and join them as ``path``.

    Raises: StoreError if others began with other arithmetic; OSError if a write failed.
    """
    key = str(content.provenance["key"])
    folder, alone, n_rows = shards_of(path.parent, key), path.with_name(f"{key}.partial"), content.shape[1]
    with agreed(folder, alone, content, lock) as shared:
        parts = _parts(folder, shared, lock)
        while find(path.parent, key) is None:
            left = [part for part in parts if not part.path.exists()]
            there = n_rows - sum(part.content.shape[1] for part in left)

            def found(batch: int) -> Batch:
                return _copied(alone, shared, batch) or rows(batch)

            def tell(done: int, _: int, there: int = there) -> None:
                on_progress(there + done, n_rows)

            if not left:
                _finish(path, alone, shared, parts, lock)
            elif not any(_filled(part, found, tell, lambda: find(path.parent, key) is None, lock) for part in left):
                time.sleep(PAUSE_S)


def _parts(folder: Path, content: Content, lock: str) -> list[Part]:
    found = []
    for number, (first, stop) in enumerate(ranges(content.n_batches)):
        shard = folder / f"{number:02d}-{content.provenance['key']}.h5"
        found.append(Part(shard, _range(content, first, stop), first, lock_of(shard.with_suffix(""), lock)))
    return found


def _range(content: Content, first: int, stop: int) -> Content:
    """What the file of a range holds: a store file of the sentences of its batches alone."""
    index, (n_layers, _, width) = content.index, content.shape
    begin, end = (int(row) for row in index.block[[first, stop]])
    inside = (index.start >= begin) & (index.start < end) & (index.length > 0)
    own = replace(
        index,
        start=index.start[inside] - begin,
        length=index.length[inside],
        id=index.id[inside],
        split=index.split[inside],
        n_words=index.n_words[inside],
        word=index.word[begin:end],
        subword=index.subword[begin:end],
        block=index.block[first : stop + 1] - begin,
        counts={},  # they are of the whole corpus
        last_word=None if index.last_word is None else index.last_word[begin:end],
    )
    provenance = {**content.provenance, "batches": [first, stop]}
    return replace(content, index=own, shape=(n_layers, end - begin, width), provenance=provenance)


def _filled(
    part: Part, rows: Rows, on_progress: Callable[[int, int], None], wanted: Callable[[], bool], lock: str
) -> bool:
    """Fill the file of a range, unless another process does: then False."""
    from filelock import Timeout

    partial = part.path.with_suffix(".partial")

    def ours() -> bool:
        return wanted() and is_ours(part.path.with_suffix(""), lock)

    try:
        with part.lock.acquire(timeout=0):
            if not part.path.exists():
                grow(part.path, partial, part.content, lambda batch: rows(part.first + batch), on_progress, ours)
            return True
    except Timeout:
        return False
    except FileNotFoundError:
        if ours():
            raise
        return True  # this process stood still, and another one has taken over its lease and its file


def _copied(alone: Path, content: Content, batch: int) -> Batch | None:
    """A batch of the file that one process filled before others came; None if it is not whole there."""
    done = read_journal(alone.with_suffix(".journal"), content.shape[0])
    if batch >= len(done) or not alone.exists():
        return None
    try:
        with StoreFile(alone) as file:
            if file.checksum != describe(content)["index_crc32"] or file.checksums(batch) != done[batch].tolist():
                return None
            stored, exponents = zip(*(file.raw(layer, batch) for layer in file.layers), strict=True)
            return np.stack(stored), np.stack(exponents)
    except StoreError:
        return None


def _finish(path: Path, alone: Path, content: Content, parts: list[Part], lock: str) -> None:
    """Join all parts, and remove what is not needed any more; a part that is not whole is to be made again."""
    with lock_of(alone.with_suffix(""), lock):
        if find(path.parent, str(content.provenance["key"])) is not None:
            return
        wrong = join(path, content, [(part.path, part.content) for part in parts])
        for shard in wrong:
            shard.unlink(missing_ok=True)
        if not wrong:
            remove(alone)
            for part in parts:
                for left in (".lock", ".journal"):  # a worker may have been killed before it removed the latter
                    part.path.with_suffix(left).unlink(missing_ok=True)
