"""The store files of one study: hidden states of all sentences, and attention maps of a sample of test."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from probing.axes import Corpus, Progress
from probing.model.checkpoint import Checkpoint, Model
from probing.model.subwords import Subwords
from probing.store.covering import covering
from probing.store.extraction_plan import Plan, planned
from probing.store.key import Chosen, Store, find, key, key_parts, map_parts
from probing.store.layout import StoreFile
from probing.store.stored_maps import ensure_maps
from probing.store.write import ensure

if TYPE_CHECKING:
    from probing.model.encoder import Encoder


@dataclass(frozen=True)
class StoreFiles:
    """Opens the files of one model and corpus, and writes those that are missing.

    provenance: written into every new file. Its methods call ``load``, which returns the model and the subwords of all
    sentences (train first), only if the file is missing.
    """

    store: Store
    model: Model
    checkpoint: Checkpoint
    corpus: Corpus
    provenance: Mapping[str, object]
    on_progress: Progress

    def hidden(self, load: "Callable[[], tuple[Encoder, Subwords]]", chosen: Chosen) -> StoreFile:
        """Hidden states of all sentences, at least those ``chosen``. Raises: StoreError if that fails."""
        known = self._described({**self._parts(), **chosen.parts})
        path = ensure(self.store, self._name(), known, self.corpus, load, self.on_progress)
        file = StoreFile(path)
        file.as_pooled = chosen.pooled is not None and Chosen.from_parts(file.provenance).pooled is None
        return file

    def planned(self, load: "Callable[[], tuple[Encoder, Subwords]]", chosen: Chosen) -> Plan | None:
        """The extraction that ``hidden`` would make; None if the store has a file that serves."""
        known = self._described({**self._parts(), **chosen.parts})
        there = find(Path(self.store.folder), str(known["key"])) or covering(Path(self.store.folder), known)[0]
        return None if there else planned(self.store, known, self.corpus, load())

    def maps(self, load: "Callable[[], tuple[Encoder, Subwords]]") -> StoreFile:
        """Attention maps of a sample of test; ``load`` must return a model that gives maps.

        Raises: ModelError if it gives none, StoreError if they cannot be written or read.
        """
        known = self._described(map_parts(self.store, self._parts()))
        name = f"{self._name()}-attention"
        return StoreFile(ensure_maps(self.store, name, known, self.corpus, load, self.on_progress))

    def _parts(self) -> dict[str, str]:
        return key_parts(self.store, self.model, self.checkpoint, self.corpus)

    def _name(self) -> str:
        return f"{self.checkpoint.name}-{self.corpus.name}"

    def _described(self, parts: Mapping[str, str]) -> dict[str, object]:
        """Key and provenance of a file."""
        names = {"model": self.checkpoint.name, "data": self.corpus.name}
        return {"key": key(parts), **parts, **names, **self.provenance}
