"""The label of a given dependency edge, from the vectors of its two words."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from probing.axes import Corpus, Kind, Labels, Level, Places, Sentence
from probing.errors import one_of
from probing.task.labels import HEADS, WORD_VECTORS, Form, Gold
from probing.task.placed import control_by_word, no_places, placed_labels


@dataclass(frozen=True)
class Arc:
    """Predict the dependency relation of a given edge from the vectors of dependent and head, side by side.

    Tenney et al. 2019 (dependency labelling) and Liu et al. 2019 (arc classification). ``product``: their product,
    element by element, follows them, as in Liu et al. The root has no head, so that its word is no item. The control
    gives every type of dependent one random label, drawn from the training distribution: most pairs of types in test
    are not in train, so that a label per pair could not be learnt (Hewitt & Liang 2019 have no control for labels of
    edges).
    """

    name: str
    vector: str = "mean"
    product: bool = False
    level: ClassVar[Level] = "edge"
    kind: ClassVar[Kind] = "class"
    metrics: ClassVar[tuple[str, ...]] = ("accuracy", "macro_f1")
    control_note: ClassVar[str] = "one random label per word type of the dependent, the same in all splits"
    memorised: ClassVar[bool] = False
    surface: ClassVar[str] = "both words, order and distance"

    def __post_init__(self) -> None:
        one_of("task.vector", self.vector, WORD_VECTORS)

    def gold(self, sentence: Sentence) -> Gold | None:
        """The relation of each edge, in the order of the dependents, (N,)."""
        if not sentence.heads or not sentence.deprel:
            return None
        found = zip(sentence.heads, sentence.deprel, strict=True)
        return [None if relation == "_" else relation for head, relation in found if head]

    def places(self, sentence: Sentence) -> Places:
        """The dependent and the head of each edge, (N, 2 words)."""
        if not sentence.heads or not sentence.deprel:
            return no_places(2)
        heads = np.array(sentence.heads, np.int64)
        words = np.flatnonzero(heads)
        ends = np.stack([words, heads[words] - 1], axis=1)
        return Places(words, np.stack([ends, ends + 1], axis=2))

    def labels(self, corpus: Corpus) -> Labels:
        """(N,) class indices per sentence, -1 for an edge without a relation."""
        return placed_labels(self, corpus, HEADS)

    def control(self, corpus: Corpus, labels: Labels, rng: np.random.Generator, form: Form = str) -> Labels:
        """One random class per word type of the dependent."""
        return control_by_word(corpus, labels, rng, form)
