"""What extractions that were broken off left in the store's folder: removed if it is of no use, else named."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from probing.errors import DamagedStoreError, StoreError
from probing.store.joined import shards_behind
from probing.store.journal import read_journal, remove
from probing.store.key import find, is_of_this_version
from probing.store.layout import StoreFile
from probing.store.locks import FLOCK, lock_of
from probing.store.shards import shards_of
from probing.store.shared_arithmetic import BEGUN

_NAME = re.compile(r"(?:wide-)?([0-9a-f]{16})\.(?:partial|journal|new|shards)")
_ADVICE = "run with the same options to finish it, or delete it"


def clear_leftovers(folder: Path, lock: str = FLOCK) -> list[str]:
    """Remove from ``folder`` what no extraction can go on with; a line on each unfinished file that stays.

    Whoever extracts holds the lock of the file: what is locked is not touched. Removed is what lies beside a finished
    file of the same key, what is damaged or of another version, and what has no batch yet: the next extraction would
    begin it anew. ``lock``: the kind of lock.
    """
    from filelock import Timeout

    lines: list[str] = []
    for key in sorted({found[1] for path in folder.glob("*") if (found := _NAME.fullmatch(path.name))}):
        try:
            with lock_of(folder / key, lock).acquire(timeout=0):
                lines += _cleared(folder, key)
                lines += _cleared_shards(folder, key, lock)
        except (Timeout, OSError, StoreError):  # in use, or of somebody else
            continue
    return lines


def _cleared(folder: Path, key: str) -> Iterator[str]:
    finished = find(folder, key) is not None
    for stem in (key, f"wide-{key}"):
        partial = folder / f"{stem}.partial"
        line = None if finished or not partial.exists() else _unfinished(partial)
        if line is None:
            remove(partial)
        else:
            yield line


def _unfinished(partial: Path) -> str | None:
    """What is in an unfinished file and what to do with it; None if no extraction could go on with it."""
    try:
        with StoreFile(partial) as file:
            done = read_journal(partial.with_suffix(".journal"), file.n_layers)
            if not len(done) or file.checksums(0) != done[0].tolist() or not is_of_this_version(file.provenance):
                return None
            about, n_batches = file.provenance, len(file.index.block) - 1
    except DamagedStoreError:
        return None
    what = f"{about.get('model', 'a model')} on {about.get('data', 'a corpus')}, {len(done)} of {n_batches} batches"
    return f"unfinished extraction of {partial.stat().st_size / 1e9:.2f} GB: {partial} ({what}); {_ADVICE}"


def _cleared_shards(folder: Path, key: str, lock: str) -> Iterator[str]:
    """The same for the parts of an extraction that is divided."""
    shards, finished = shards_of(folder, key), find(folder, key)
    if not (shards / BEGUN).exists():  # whoever divided it is still loading the model
        return
    with ExitStack() as locked:
        for partial in shards.glob("*.partial"):
            locked.enter_context(lock_of(partial.with_suffix(""), lock).acquire(timeout=0))
        about = json.loads((shards / BEGUN).read_text(encoding="utf-8"))
        used = finished is not None and any(shard.parent == shards for shard in shards_behind(finished))
        if not used and (finished is not None or not is_of_this_version(about)):
            shutil.rmtree(shards)
        if used or not shards.exists():
            return
    size = sum(file.stat().st_size for file in shards.glob("*.h5"))
    what = f"{about.get('model', 'a model')} on {about.get('data', 'a corpus')}, divided between processes"
    yield f"unfinished extraction of {size / 1e9:.2f} GB: {shards} ({what}); {_ADVICE}"
