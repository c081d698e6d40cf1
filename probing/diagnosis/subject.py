"""What is diagnosed: a classifier of sentences (the model's own head, or a probe), and a probe on each layer below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from probing.analysis.study import Study
from probing.attention.interventions.model_head import head_readout
from probing.attention.interventions.passes import each_batch, hidden
from probing.attention.interventions.prompt_head import Prompt, prompt_readout
from probing.attention.interventions.readouts import ProbeReadout, Readout
from probing.axes import Sentence, Split
from probing.errors import ConfigError
from probing.model.class_names import match_classes
from probing.model.maps import usable
from probing.model.pooling import Pooling, pooling_weights
from probing.model.subwords import Subwords
from probing.probe.saved import Saved

if TYPE_CHECKING:
    from probing.model.encoder import Encoder

READ = {"first": "the first subword", "last": "the last subword", "mean": "the mean of all subwords"}
OTHER = -2  # a class of the model's own head that the corpus does not have
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Subject:
    """A classifier of sentences with the probes of one finished run on all layers.

    saved: the probes. errors: share of wrong answers on test, by layer. probe_layer: of the probe that is diagnosed if
    the model has no head of its own for this task. prompt: of a causal model whose answer is
    diagnosed instead. Raises: ConfigError for a task that gives no class to sentences.
    """

    study: Study
    saved: Saved
    errors: Mapping[int, float]
    probe_layer: int
    prompt: Prompt | None = None

    def __post_init__(self) -> None:
        if (self.saved.level, self.saved.kind) != ("sentence", "class"):
            raise ConfigError(
                f"task={self.saved.task}: a diagnosis is of a classifier of sentences; type task=sentiment, or "
                "data=labelled with your own sentences and labels"
            )

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
        if head is None or head.kind != "class":
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

    def probe(self, layer: int, gold: Sequence[int]) -> ProbeReadout:
        """The probe of one layer as a readout; gold: one class per sentence.

        In the layer that is read, vectors are taken minus their mean over train, so that words have their own shares;
        the intercept makes up for it.
        """
        weights, centre = self.saved.weights[layer], self._centre(layer)
        intercepts = self.saved.intercepts[layer] + weights.astype(np.float64) @ centre
        raw, one = np.column_stack([weights, intercepts]), np.ones(weights.shape[1], np.float32)
        name = f"the probe of {self.saved.task} on layer {layer}"
        each = [np.array([label]) for label in gold]
        position = self.encoder.cls_position
        return ProbeReadout(name, layer, raw, centre, one, each, "sentence", self.saved.vector, position)

    def _centre(self, layer: int) -> NDArray[np.float64]:
        if layer != self.layer:
            return np.zeros(self.saved.weights[layer].shape[1])
        return np.asarray(self.train_vectors.mean(axis=0, dtype=np.float64))

    def probes(self, gold: Sequence[int]) -> list[ProbeReadout]:
        """The probes of all layers."""
        return [self.probe(layer, gold) for layer in self.saved.layers]

    @property
    def caveats(self) -> tuple[str, ...]:
        """What a reader must know of head and probes: where they read, and classes that only the head has."""
        if not self.has_own_head:
            return ()
        head = self.encoder.head
        reads = "the last place of the prompt" if self.prompt is not None or head is None else READ[head.reads]
        pooled = "mean of the words" if self.saved.vector == "mean" else self.saved.vector
        places = (
            f"the head reads {reads}, and the probes and nearest sentences the vector {pooled} of the text alone: "
            "“unused” can also mean that the information has not reached the place that the head reads"
        )
        others = [name for name, known in zip(self.names, self.in_corpus, strict=True) if known == OTHER]
        further = f"the head also has the classes {', '.join(others)}, which count as wrong: no label is one of them"
        return (places, *([further] if others else []))

    def read(self, sentences: Sequence[Sentence], gold: Sequence[int]) -> tuple[Subwords, Readout]:
        """The subwords that the classifier reads, and the classifier as a readout of them.

        gold: a class of the corpus per sentence. A prompt stands around the text; its subwords belong to no word.
        """
        if self.prompt is not None:
            return prompt_readout(self.encoder, self.prompt, sentences, gold, self.classes)
        subwords = self.subwords(sentences)
        if not self.has_own_head:
            return subwords, self.probe(self.probe_layer, gold)
        return head_readout(self.encoder, subwords, self.study.rng("diagnosis"), gold, self.classes)

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

    def log_probabilities(self, sentences: Sequence[Sentence]) -> NDArray[np.float64]:
        """Of the classifier for each sentence, in its own order: (N, C'); NaN for one that it cannot read."""
        subwords, readout = self.read(sentences, [0] * len(sentences))
        encoder = self.encoder
        found: NDArray[np.float64] | None = None
        reads = each_batch(encoder, subwords, lambda batch: readout(hidden(encoder, batch, readout.layer), batch))
        for batch, reading in reads:
            values = reading.log_probabilities.double().cpu().numpy()
            if found is None:
                found = np.full((len(sentences), values.shape[1]), np.nan)
            found[batch.sentences[reading.rows.cpu().numpy()]] = values
        return np.full((len(sentences), len(self.names)), np.nan) if found is None else found

    def of_split(self, split: Split, numbers: Integers) -> NDArray[np.float64]:
        """Log-probabilities of the classifier for sentences of a split, (N, C'); of a probe from stored vectors.

        NaN for a sentence that does not fit into one input.
        """
        if self.has_own_head:
            sentences = self.study.corpus.splits[split]
            return self.log_probabilities([sentences[number] for number in numbers])
        vectors = self.study.items.vectors
        places = vectors.bounds(split)[0] + np.searchsorted(self.with_vector(split), numbers)
        rows = vectors.pick(self.layer, places)
        found = log_softmax(self.saved.read(self.layer, rows).astype(np.float64), axis=1)
        whole = usable(self.encoder, self.study.subwords[split])[numbers]
        return np.where(whole[:, None], found, np.nan)

    def with_vector(self, split: Split) -> Integers:
        """Numbers of the sentences of a split that have a label and a vector, as ``study.items`` has them."""
        return np.flatnonzero([len(words) > 0 for words in self.study.items.words[split]])

    def items(self, split: Split) -> Integers:
        """The same without those whose label train does not have."""
        values, numbers = self.study.labels.values[split], self.with_vector(split)
        return numbers[[0 <= values[number][0] < len(self.classes) for number in numbers]]

    @cached_property
    def train_vectors(self) -> NDArray[np.float32]:
        """Vectors of the sentences of train in the layer that the classifier reads, (M, D), pooled as for probes."""
        vectors = self.study.items.vectors
        return vectors.pick(self.layer, np.arange(*vectors.bounds("train")))

    def vector(self, subwords: Subwords) -> NDArray[np.float32]:
        """The vector of one text in the same layer, (D,)."""
        states: NDArray[np.float32] = self.encoder.hidden(subwords)[self.layer]
        starts, lengths = subwords.offsets[:-1], np.diff(subwords.offsets)
        pooling = Pooling("sentence", self.saved.vector, self.encoder.cls_position)
        weights = pooling_weights(subwords.words, starts, lengths, subwords.n_words, pooling, subwords.last_words)
        pooled: NDArray[np.float32] = np.asarray(weights @ states, dtype=np.float32)
        [only] = pooled
        return np.asarray(only, dtype=np.float32)
