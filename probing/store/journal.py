"""A growing file, and what is on disk already: a checksum for each batch of each layer, written after the batch."""

import logging
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from probing.errors import DamagedStoreError
from probing.store.disk import Disk, writing
from probing.store.encoding import Exponents, Stored, checksum_of
from probing.store.file_index import EXPONENT, Content, describe
from probing.store.layout import StoreFile, create

log = logging.getLogger(__name__)

Batch = tuple[Stored, Exponents]  # of all layers: what is stored, (L + 1, rows, D), and its exponents (L + 1, D)
Rows = Callable[[int], Batch]


def grow(
    path: Path,
    partial: Path,
    content: Content,
    rows: Rows,
    on_progress: Callable[[int, int], None],
    go_on: Callable[[], bool],
) -> None:
    """Write what ``rows`` gives for each batch into ``partial``, from the first that is not on disk.

    The file grows beside its journal, and is renamed to ``path`` when it is complete. ``go_on`` is asked before every
    write; if it says no, what is there stays for others. Raises: OSError if a write failed.
    """
    journal = partial.with_suffix(".journal")
    crc32 = list(resume(partial, journal, content))
    starts = content.index.block
    n_layers, n_rows, _ = content.shape
    with writing(partial, "r+") as (file, disk):
        for batch in range(len(crc32), content.n_batches):
            on_progress(int(starts[batch]), n_rows)
            found = rows(batch)
            if not go_on():
                return
            crc32.append(write_batch(file, disk, journal, content, batch, found))
        on_progress(n_rows, n_rows)
        file["crc32"][:] = np.reshape(crc32, (content.n_batches, n_layers)).T
    partial.rename(path)
    journal.unlink()


def remove(partial: Path) -> None:
    """Delete an unfinished file and its journal."""
    for path in (partial, partial.with_suffix(".journal"), partial.with_suffix(".new")):
        path.unlink(missing_ok=True)


def resume(partial: Path, journal: Path, content: Content) -> NDArray[np.uint32]:
    """Checksums (batches, L + 1) of the batches that a killed process left whole; a new file if there are none."""
    n_layers = content.shape[0]
    done = _verified(partial, journal, describe(content)["index_crc32"], n_layers)
    if done is None:
        done = np.zeros((0, n_layers), np.uint32)
        fresh = partial.with_suffix(".new")
        create(fresh, content)
        journal.unlink(missing_ok=True)
        fresh.replace(partial)
    elif len(done):
        log.info("%s: %d of %d batches are there; going on", partial.name, len(done), content.n_batches)
    if not journal.exists() or journal.read_bytes() != done.tobytes():
        journal.write_bytes(done.tobytes())
    return done


def _verified(partial: Path, journal: Path, checksum: object, n_layers: int) -> NDArray[np.uint32] | None:
    """Checksums of the batches that journal and file agree on, up to the first that fails; None: not this file."""
    if not partial.exists():
        return None
    try:
        with StoreFile(partial) as found:
            if found.checksum != checksum:
                return None
            done = read_journal(journal, n_layers)[: len(found.index.block) - 1]
            for batch, crc32 in enumerate(done):
                if found.checksums(batch) != crc32.tolist():
                    return done[:batch]
            return done
    except DamagedStoreError:
        return None


def read_journal(journal: Path, n_layers: int) -> NDArray[np.uint32]:
    """Checksums (batches, L + 1) of the batches that are on disk; a record that was cut short does not count."""
    words = np.frombuffer(journal.read_bytes() if journal.exists() else b"", np.uint8)
    size = 4 * n_layers
    return words[: len(words) // size * size].view(np.uint32).reshape(-1, n_layers)


def write_batch(
    file: h5py.File, disk: Disk, journal: Path, content: Content, batch: int, found: Batch
) -> NDArray[np.uint32]:
    """Put one batch on disk, then its checksums (L + 1,) into the journal. Raises: OSError if the disk is full."""
    stored, exponents = found
    start, stop = content.index.block[batch : batch + 2]
    for layer, rows, by in zip(content.numbers, stored, exponents, strict=True):
        file[f"{content.group}/{layer}"][start:stop] = rows
        file[f"{EXPONENT}/{layer}"][batch] = by
    file.flush()
    disk.check()
    crc32 = np.array([checksum_of(rows, by) for rows, by in zip(stored, exponents, strict=True)], np.uint32)
    # after the rows, so that it is never there without them; a process killed in between does the batch again
    with journal.open("ab") as record:
        record.write(crc32.tobytes())
    return crc32
