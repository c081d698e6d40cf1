"""What extractions that were broken off left in the store's folder: removed if it is of no use, else named."""

import re
from collections.abc import Iterator
from pathlib import Path

from probing.errors import DamagedStoreError, StoreError
from probing.store.journal import read_journal
from probing.store.key import is_of_this_version
from probing.store.layout import StoreFile
from probing.store.write import find

_NAME = re.compile(r"(?:wide-)?([0-9a-f]{16})\.(?:partial|journal|new)")


def clear_leftovers(folder: Path) -> list[str]:
    """Remove from ``folder`` what no extraction can go on with; a line on each unfinished file that stays.

    Whoever extracts holds the lock of the file: what is locked is not touched. Removed is what lies beside a finished
    file of the same key, what is damaged or of another version, and what has no batch yet: the next extraction would
    begin it anew.
    """
    from filelock import FileLock, Timeout

    lines: list[str] = []
    for key in sorted({found[1] for path in folder.glob("*") if (found := _NAME.fullmatch(path.name))}):
        try:
            with FileLock(folder / f"{key}.lock", timeout=0):
                lines += _cleared(folder, key)
        except (Timeout, OSError, StoreError):  # in use, or of somebody else
            continue
    return lines


def _cleared(folder: Path, key: str) -> Iterator[str]:
    finished = find(folder, key) is not None
    for stem in (key, f"wide-{key}"):
        partial = folder / f"{stem}.partial"
        line = None if finished or not partial.exists() else _unfinished(partial)
        if line is None:
            for suffix in (".partial", ".journal", ".new"):
                partial.with_suffix(suffix).unlink(missing_ok=True)
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
    return (
        f"unfinished extraction of {partial.stat().st_size / 1e9:.2f} GB: {partial} ({what}); run with the same "
        "options to finish it, or delete it"
    )
