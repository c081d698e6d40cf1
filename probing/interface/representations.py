"""The vectors of every word and sentence of a corpus, in every layer of a model."""

import tempfile
import weakref
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probing.analysis.study import Study
from probing.analysis.study_options import Options
from probing.axes import SPLITS, Corpus, Level, Split
from probing.data.surface_text import AS_WRITTEN, SPACED
from probing.errors import one_of
from probing.interface.checked_arguments import check_corpus, check_layer, check_model
from probing.interface.loaded_model import LoadedModel
from probing.interface.task_names import task_of
from probing.model.pooling import require_cls
from probing.probe.linear import Linear
from probing.store.encoding import AUTO
from probing.store.key import Store
from probing.store.vectors import Vectors
from probing.task.labels import Task
from probing.task.words import WordTask

if TYPE_CHECKING:
    from probing.model.encoder import Encoder

Float32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class LoadedStudy(Study):
    """A study whose model is in memory already."""

    loaded: "Encoder"

    @cached_property
    def encoder(self) -> "Encoder":
        """The loaded model. Raises: ConfigError for a layer or a [CLS] that it does not have."""
        self._check_sizes(self.loaded.n_layers, self.loaded.width)
        require_cls(self.task.vector, self.loaded.cls_position)
        return self.loaded


@dataclass(frozen=True, eq=False)
class Representations:
    """Vectors of a corpus by a model; ``extract`` makes them. They are on disk, and read layer by layer.

    model, corpus: what they are of. store: the folder, and how numbers are written.
    """

    model: LoadedModel
    corpus: Corpus
    store: Store
    _study: Study = field(repr=False)

    def words(self, layer: int | None = None, split: Split | None = None, vector: str = "mean") -> Float32:
        """Word vectors in corpus order, (N, D) of one layer, or (N, L, D) of all; NaN for words without subwords.

        split: train, dev or test; None: all, in this order. vector: ``mean``, ``first`` or ``last`` of a word's
        subwords. Raises: ConfigError for a layer, split or vector that there is not.
        """
        return self._read("word", vector, layer, split)

    def sentences(self, layer: int | None = None, split: Split | None = None, vector: str = "mean") -> Float32:
        """Sentence vectors, as ``words``; vector: ``mean`` over the subwords of words, ``cls`` or ``last``."""
        return self._read("sentence", vector, layer, split)

    def items(self, task: str | Task, layer: int, split: Split = "train") -> tuple[Float32, NDArray[np.generic]]:
        """X (N, D) and y (N,), the items of a split that have a vector and a label: strings, or numbers for depths.

        task: as in ``fit_probe``. Raises: DataError if the corpus does not have the annotation; ConfigError.
        """
        one_of("split", split, SPLITS)
        check_layer(layer, self.model)
        study = self.study(task_of(task))
        target, labels = study.items.targets["task"], study.labels
        values = target.flat(split)
        y = np.array(labels.classes + labels.unseen)[values] if labels.kind == "class" else values
        return study.items.vectors.layer(layer)[split], y

    def to_frame(self) -> pd.DataFrame:
        """One line per word, in the order of ``words()``: split, sentence (its id), word (from 1), form, upos."""
        rows = [
            (split, sentence.id, place, form, sentence.upos[place - 1] if sentence.upos else None)
            for split in SPLITS
            for sentence in self.corpus.splits[split]
            for place, form in enumerate(sentence.words, start=1)
        ]
        return pd.DataFrame(rows, columns=["split", "sentence", "word", "form", "upos"])

    def study(self, task: Task, **parts: Any) -> LoadedStudy:
        """The same vectors with a task, and other parts of a Study, for the analyses of ``probing.analysis``."""
        return study_of(self.model, self.corpus, self.store, task=task, **parts)

    def __repr__(self) -> str:
        """What they are of, in one line."""
        sizes = ", ".join(f"{split} {len(self.corpus.splits[split]):,}" for split in SPLITS)
        shape = f"layers 0 to {self.model.n_layers - 1}, width {self.model.width}"
        return f"{self.model.name} on {self.corpus.name} (sentences: {sizes}): {shape}"

    def _read(self, level: Level, vector: str, layer: int | None, split: Split | None) -> Float32:
        if split is not None:
            one_of("split", split, SPLITS)
        check_layer(layer, self.model)
        place = str(self._study.hidden.provenance["cls_position"])
        vectors = Vectors(self._study.hidden, level, vector, place)

        def read(number: int) -> Float32:
            found = vectors.layer(number)
            return np.concatenate([found[one] for one in SPLITS]) if split is None else found[split]

        return read(layer) if layer is not None else np.stack([*map(read, range(self.model.n_layers))], axis=1)


def study_of(model: LoadedModel, corpus: Corpus, store: Store, **parts: Any) -> LoadedStudy:
    """A study of a loaded model; ``parts`` of a Study are those that the analysis reads."""
    usual = {"task": WordTask("pos"), "probe": Linear("linear", [1.0]), "options": Options(device=model.encoder.device)}
    given = {**usual, **parts}
    names = {"tag": "", "model": model.name, "data": corpus.name, "checkpoint": model.checkpoint.revision, "run_id": ""}
    written = any(s.surface is not None for sentences in corpus.splits.values() for s in sentences)
    return LoadedStudy(
        corpus=corpus,
        model=replace(model.model, text=AS_WRITTEN if written else SPACED),  # as the corpus was read
        checkpoint=model.checkpoint,
        store=store,
        names={**names, "task": given["task"].name, "probe": given["probe"].name},
        loaded=model.encoder,
        **given,
    )


def extract(model: LoadedModel, corpus: Corpus, *, store: str | None = None, dtype: str = AUTO) -> Representations:
    """Run a model over a corpus, and keep the vectors of every subword in every layer.

    Args:
        model: from ``load_model``.
        corpus: from ``load_corpus``.
        store: a folder in which the vectors are kept for other programs and other days (the command line uses
            ``outputs/store``): what is there already is not computed again. Otherwise they are in a temporary folder,
            as long as the result is in use.
        dtype: how numbers are written: ``float16``, ``float32``, ``bfloat16``, or ``auto``, which is float16: what is
            beyond its range is scaled.

    Returns:
        Vectors, which ``fit_probe`` takes as they are; as numpy arrays ``.words(layer)`` or ``.sentences(layer)``
        (N, D), without a layer (N, L, D), and ``.items(task, layer, split)``.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
        ModelError: a vector is not finite, or memory runs out.
        ConfigError: an impossible ``dtype``.

    Examples:
        >>> import probing
        >>> corpus = probing.load_corpus([["Cats", "sleep"], ["Dogs", "bark"], ["Birds", "sing", "songs"]])
        >>> probing.extract(probing.load_model("minilm"), corpus).words(layer=3).shape
        (7, 384)
    """
    check_model(model)
    check_corpus(corpus)
    Store("", dtype)  # an impossible dtype is refused before a folder is made
    folder = store or tempfile.mkdtemp(prefix="probing-")
    kept = Store(folder, dtype)
    study = study_of(model, corpus, kept)
    found = Representations(model, corpus, kept, study)
    if store is None:
        weakref.finalize(found, _remove, folder)
    _ = study.hidden  # computed now, so that what goes wrong is said here
    return found


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
