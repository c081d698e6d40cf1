"""A folder inside the store for what is needed once: deleted after use, also after a program that was killed."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from probing.store.disk import writable
from probing.store.key import Store
from probing.store.locks import lock_of

PREFIX = "once-"


@contextmanager
def temporary(store: Store) -> Iterator[Store]:
    """The same store in an empty folder of its own inside ``store.folder``, which is deleted at the end.

    Folders that killed programs left there are deleted first. Raises: StoreError if the folder cannot be written.
    """
    above = Path(store.folder)
    with writable(above, "a temporary folder"):
        above.mkdir(parents=True, exist_ok=True)
        _clear(above, store.lock)
        folder = above / f"{PREFIX}{uuid.uuid4().hex[:12]}"
        lock = lock_of(folder, store.lock)
        lock.acquire()
    try:
        yield replace(store, folder=str(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def _clear(above: Path, kind: str) -> None:
    """Delete what killed programs left: whoever uses a folder holds the lock of its name."""
    from filelock import Timeout

    for left in {path.with_suffix("") for path in above.glob(f"{PREFIX}*")}:
        try:
            lock = lock_of(left, kind)
            with lock.acquire(timeout=0):
                shutil.rmtree(left, ignore_errors=True)
                Path(lock.lock_file).unlink(missing_ok=True)
        except (Timeout, OSError):  # in use
            continue
