"""A file of the store is made once, by one process or by several together, and a damaged one is deleted."""

import logging
from collections.abc import Callable
from pathlib import Path

from probing.errors import DamagedStoreError, StoreError
from probing.store.disk import writable
from probing.store.joined import shards_behind
from probing.store.key import Store, find
from probing.store.layout import StoreFile
from probing.store.locks import FLOCK, lock_of
from probing.store.shards import PAUSE_S, shards_of

log = logging.getLogger(__name__)


def find_or_make(store: Store, name: str, key: str, make: Callable[[Path], None]) -> Path:
    """The file of ``key`` in the store's folder, or ``<name>-<key>.h5``, which ``make`` writes.

    Of several processes that want one key, one makes it and the others wait, unless the extraction is divided: then all
    make it together.
    """
    from filelock import Timeout

    folder = Path(store.folder)
    path, divided, waiting = folder / f"{name}-{key}.h5", shards_of(folder, key), False
    with writable(folder, name):
        folder.mkdir(parents=True, exist_ok=True)
        lock = lock_of(folder / key, store.lock)  # kept: it watches the lease of another process
        while (found := find(folder, key)) is None:
            if store.divided:
                divided.mkdir(exist_ok=True)
            if divided.exists():
                make(path)
                continue
            try:
                with lock.acquire(timeout=PAUSE_S if waiting else 0):
                    if not divided.exists() and find(folder, key) is None:
                        make(path)
            except Timeout:
                if not waiting:
                    log.info("another process is extracting %s; waiting until it is there", name)
                waiting = True
        return found


def discard(path: Path, lock: str = FLOCK) -> None:
    """Delete a file that is damaged or foreign; a whole one, which another process has made since, stays.

    Of a file that is joined from shards, shards that are whole stay too. ``lock``: the kind of lock.
    """
    shards = shards_behind(path)
    with lock_of(path.with_name(path.stem.rpartition("-")[2]), lock):
        for file in (path, *shards):
            try:
                verify(file)
            except DamagedStoreError:
                file.unlink(missing_ok=True)
            except StoreError:
                log.info("%s is gone already", file)


def verify(path: Path) -> None:
    """Read all of a file. Raises: DamagedStoreError; StoreError if it cannot be read."""
    with StoreFile(path) as store:
        for layer in store.layers:
            for batch in range(store.crc32.shape[1]):
                store.block(layer, batch)
