"""Extraction: one pass of the encoder over a corpus, written so that it can be killed at any instant.

A store grows as ``<key>.partial`` beside a journal with the checksums of the batches that are on disk. The
next process that wants the same key verifies those batches, goes on with the one after, and renames the file
when it is complete; a file under its final name is always whole. ``encoding`` says what happens to numbers that do not
fit float16, ``leftovers`` what becomes of files that nobody finishes.
"""

import functools
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from probing.axes import Corpus, Progress
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords
from probing.store.covering import covering
from probing.store.extraction_plan import planned
from probing.store.fill import fill
from probing.store.key import Store, find
from probing.store.made_once import find_or_make

log = logging.getLogger(__name__)


def ensure(
    store: Store,
    name: str,
    provenance: Mapping[str, object],
    corpus: Corpus,
    load: Callable[[], tuple[Encoder, Subwords]],
    on_progress: Progress,
) -> Path:
    """The file of hidden states of ``provenance["key"]``: the one that exists, or a new one named ``<name>-<key>.h5``.

    A file that holds the same and more, other layers or subwords for pooled vectors, serves as well (``covering``).
    ``load`` gives the model and the subwords of all sentences of ``corpus``, train first; it is called only if there is
    something to extract. Raises: StoreError if the disk is full.
    """
    folder, key = Path(store.folder), str(provenance["key"])
    if find(folder, key) is None:
        wider, narrower = covering(folder, provenance)
        if wider is not None:
            log.info("%s holds the vectors of %s and more", wider.name, name)
            return wider
        if narrower:
            log.info("%s: %s hold only a part of its vectors; a new file is made", name, [p.name for p in narrower])
    return find_or_make(store, name, key, lambda path: _extract(path, store, provenance, corpus, load(), on_progress))


def _extract(
    path: Path,
    store: Store,
    provenance: Mapping[str, object],
    corpus: Corpus,
    loaded: tuple[Encoder, Subwords],
    on_progress: Progress,
) -> None:
    made = planned(store, provenance, corpus, loaded)
    log.info("extracting %s: %s", path.stem, made.estimate)
    fill(path, made.content, made.rows, functools.partial(on_progress, "extracting subwords"), store.lock)
