"""What is diagnosed: a classifier of sentences or words (the model's own head, or a probe), and a probe per layer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from probing.analysis.readers import LEVEL_OF
from probing.analysis.study import Study
from probing.attention.interventions.model_head import head_readout
from probing.attention.interventions.passes import each_batch, hidden
from probing.attention.interventions.prompt_head import Prompt, prompt_readout
from probing.attention.interventions.readouts import ProbeReadout, Readout
from probing.axes import IntArray, Level, Sentence, Split
from probing.data.minimal_pair import Edit
from probing.diagnosis.diagnosed_tasks import refuse_other_tasks
from probing.diagnosis.split_items import Integers, SplitItems, gold_at, items_of
from probing.model.class_names import match_classes
from probing.model.pooling import Pooling, pooling_weights
from probing.model.subwords import Subwords
from probing.probe.saved import Saved

if TYPE_CHECKING:
    from probing.model.encoder import Encoder

OTHER = -2  # a class of the model's own head that the corpus does not have


@dataclass(frozen=True, eq=False)
class Subject:
    """A classifier of sentences, or of words in their sentences, with the probes of one finished run on all layers.

    saved: the probes. errors: share of wrong answers on test, by layer. probe_layer: of the probe that is diagnosed if
    the model has no head of its own for this task. prompt: of a causal model whose answer is diagnosed instead.
    exact_edits: of sentences whose derivation is known; of any other text none.
    ``words`` of a method: for a classifier of words, the place of the word in each sentence, from 0; else None.
    Raises: ConfigError for a task that gives no class to sentences or words, and for a prompt with words.
    """

    study: Study
    saved: Saved
    errors: Mapping[int, float]
    probe_layer: int
    prompt: Prompt | None = None
    exact_edits: Callable[[Sentence], Sequence[Edit]] | None = None

    def __post_init__(self) -> None:
        refuse_other_tasks(self.saved.task, self.saved.level, self.saved.kind, self.prompt is not None)

    @property
    def of_words(self) -> bool:
        """Whether one word has a label, and not the whole text."""
        return self.saved.level == "word"

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the corpus."""
        return self.saved.classes

    @property
    def encoder(self) -> "Encoder":
        """The model, which gives attention maps."""
        return self.study.encoder_with_maps

    @cached_property
    def has_own_head(self) -> bool:
        """Whether it is the model's own head, or its answer to a prompt. Raises: ModelError for other classes."""
        if self.prompt is not None:
            return True
        head = self.encoder.head
        if head is None or LEVEL_OF.get(head.kind) != self.saved.level:
            return False
        match_classes(self.classes, head.id2label)
        return True

    @property
    def described(self) -> str:
        """What the classifier is, for pages: ``the model's own head``."""
        if self.prompt is not None:
            return "the model's answer to the prompt"
        return "the model's own head" if self.has_own_head else f"the probe on layer {self.probe_layer}"

    @property
    def layer(self) -> int:
        """The layer that the classifier reads."""
        return self.encoder.n_layers - 1 if self.has_own_head else self.probe_layer

    def subwords(self, sentences: Sequence[Sentence]) -> Subwords:
        """The subwords of some sentences, as the model reads those of the corpus."""
        return self.encoder.tokenize_sentences(sentences)

    def probe(self, layer: int, gold: Sequence[int] | Sequence[IntArray]) -> ProbeReadout:
        """The probe of one layer as a readout; gold: one class per sentence, or of every word (``gold_at``).

        In the layer that is read, vectors are taken minus their mean over train, so that words have their own shares;
        the intercept makes up for it.
        """
        weights, centre = self.saved.weights[layer], self._centre(layer)
        intercepts = self.saved.intercepts[layer] + weights.astype(np.float64) @ centre
        raw, one = np.column_stack([weights, intercepts]), np.ones(weights.shape[1], np.float32)
        name = f"the probe of {self.saved.task} on layer {layer}"
        each = [np.atleast_1d(label) for label in gold]
        position, level = self.encoder.cls_position, cast(Level, self.saved.level)
        return ProbeReadout(name, layer, raw, centre, one, each, level, self.saved.vector, position)

    def _centre(self, layer: int) -> NDArray[np.float64]:
        if layer != self.layer:
            return np.zeros(self.saved.weights[layer].shape[1])
        return np.asarray(self.train_vectors.mean(axis=0, dtype=np.float64))

    def probes(self, gold: Sequence[int] | Sequence[IntArray]) -> list[ProbeReadout]:
        """The probes of all layers."""
        return [self.probe(layer, gold) for layer in self.saved.layers]

    def read(
        self, sentences: Sequence[Sentence], gold: Sequence[int], words: Sequence[int] | None = None
    ) -> tuple[Subwords, Readout]:
        """The subwords that the classifier reads, and the classifier as a readout of them.

        gold: a class of the corpus per sentence, or per word of ``words``. A prompt stands around the text; its
        subwords belong to no word.
        """
        if self.prompt is not None:
            return prompt_readout(self.encoder, self.prompt, sentences, gold, self.classes)
        subwords, labels = self.subwords(sentences), gold_at(sentences, gold, words)
        if not self.has_own_head:
            return subwords, self.probe(self.probe_layer, labels)
        return head_readout(self.encoder, subwords, self.study.rng("diagnosis"), labels, self.classes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the classifier's classes, in its own order."""
        if self.prompt is not None:
            return self.prompt.classes
        head = self.encoder.head
        if head is None or not self.has_own_head:
            return self.classes
        return tuple(name for _, name in sorted(head.id2label.items()))

    @cached_property
    def in_corpus(self) -> Integers:
        """The class of the corpus for each class of the classifier; OTHER: none."""
        if not self.has_own_head:
            return np.arange(len(self.classes))
        found = np.full(len(self.names), OTHER)
        found[match_classes(self.classes, dict(enumerate(self.names)))] = np.arange(len(self.classes))
        return found

    def in_classifier(self, label: int) -> int:
        """The number that the classifier gives to a class of the corpus."""
        return int(np.flatnonzero(self.in_corpus == label)[0])

    def log_probabilities(
        self, sentences: Sequence[Sentence], words: Sequence[int] | None = None
    ) -> NDArray[np.float64]:
        """Of the classifier for each sentence, or its word, in its own order: (N, C'); NaN for what it cannot read."""
        subwords, readout = self.read(sentences, [0] * len(sentences), words)
        encoder = self.encoder
        found: NDArray[np.float64] | None = None
        reads = each_batch(encoder, subwords, lambda batch: readout(hidden(encoder, batch, readout.layer), batch))
        for batch, reading in reads:
            values = reading.log_probabilities.double().cpu().numpy()
            if found is None:
                found = np.full((len(sentences), values.shape[1]), np.nan)
            found[batch.sentences[reading.rows.cpu().numpy()]] = values
        return np.full((len(sentences), len(self.names)), np.nan) if found is None else found

    def with_vector(self, split: Split) -> SplitItems:
        """The items of a split that have a label and a vector, as ``study.items`` has them."""
        return items_of(self.study.items.words[split], self.of_words)

    def items(self, split: Split) -> SplitItems:
        """The same without those whose label train does not have."""
        gold = self.gold(split)
        return self.with_vector(split).at(np.flatnonzero((gold >= 0) & (gold < len(self.classes))))

    def gold(self, split: Split) -> Integers:
        """The class of every item of ``with_vector``, (M,)."""
        each = zip(self.study.labels.values[split], self.study.items.words[split], strict=True)
        return np.concatenate([np.zeros(0, np.int64), *(np.asarray(values, np.int64)[words] for values, words in each)])

    @cached_property
    def train_vectors(self) -> NDArray[np.float32]:
        """Vectors of the items of train in the layer that the classifier reads, (M, D), pooled as for probes."""
        vectors = self.study.items.vectors
        return vectors.pick(self.layer, np.arange(*vectors.bounds("train")))

    def vector(self, subwords: Subwords, word: int | None = None) -> NDArray[np.float32]:
        """The vector of one text, or of its word, in the same layer, (D,)."""
        states: NDArray[np.float32] = self.encoder.hidden(subwords)[self.layer]
        starts, lengths = subwords.offsets[:-1], np.diff(subwords.offsets)
        pooling = Pooling(cast(Level, self.saved.level), self.saved.vector, self.encoder.cls_position)
        weights = pooling_weights(subwords.words, starts, lengths, subwords.n_words, pooling, subwords.last_words)
        pooled: NDArray[np.float32] = np.asarray(weights[word or 0] @ states, dtype=np.float32)
        return pooled.reshape(-1)
