"""One text as an output reads it: the model's own classifier, its answer to a prompt, or a trained probe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.model_head import head_readout
from probing.attention.interventions.passes import hidden
from probing.attention.interventions.prompt_head import Prompt, prompt_readout
from probing.attention.interventions.readouts import ProbeReadout, Readout
from probing.axes import IntArray, Level, Sentence
from probing.errors import ConfigError, DataError, ModelError
from probing.model.batches import batch_of
from probing.model.class_names import match_classes
from probing.model.encoder import Encoder
from probing.model.maps import usable
from probing.model.saved_tokenizer import ClsPosition
from probing.model.subwords import Subwords
from probing.probe.saved import Saved
from probing.rng import generator


@dataclass(frozen=True, eq=False)
class LayerProbe:
    """The trained probe of one layer of a run."""

    saved: Saved
    layer: int


@dataclass(frozen=True, eq=False)
class TextReading:
    """One text with what an output says of it.

    subwords: of the text alone, to run the model on. output: reads them; its gold class is the given label. classes:
    names, in the order of the output. probabilities (C,): of the classes. label: the number of the given one.
    """

    subwords: Subwords
    output: Readout
    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]
    label: int

    @property
    def predicted(self) -> str:
        """The class of the highest probability."""
        return self.classes[int(self.probabilities.argmax())]

    @property
    def confidence(self) -> float:
        """Its probability."""
        return float(self.probabilities.max())


def read_text(
    encoder: Encoder, sentence: Sentence, label: str, by: LayerProbe | Prompt | None = None, word: int | None = None
) -> TextReading:
    """Read one text. by: a trained probe, a prompt, or None: the model's own classifier.

    word: whose class ``label`` is, from 0, for an output that classifies words.
    Raises: ConfigError for a label that is none of the classes, and for a word that is missing or not in the text;
    DataError for a text without words, or longer than the model's window; ModelError without an output.
    """
    classes, level = _classes(encoder, by)
    number = _number(label, classes)
    if not sentence.words:
        raise DataError("the text is empty; type at least one word")
    if level == "word" and (word is None or not 0 <= word < len(sentence.words)):
        raise ConfigError(
            f"word={word}: the number of the word that has this label is expected, from 0 to {len(sentence.words) - 1}"
        )
    labels = [np.array([number])]
    if level == "word":
        labels = [np.where(np.arange(len(sentence.words)) == word, number, -1)]
    subwords, output = _output(encoder, sentence, labels, classes, by)
    if not usable(encoder, subwords)[0]:
        n, window = len(subwords.ids), encoder.window
        raise DataError(
            f"the text has {n} subwords with special ones, and the model reads {window} at most; shorten it"
        )
    batch = batch_of(subwords, [0], encoder.pad)
    read = output(hidden(encoder, batch, output.layer), batch).log_probabilities
    if not len(read):
        raise DataError(f"{encoder.checkpoint.name} has no subword for this text or word; type another one")
    shares = np.exp(np.asarray(read[0].double().cpu()))
    return TextReading(subwords, output, classes, shares, number)


def _classes(encoder: Encoder, by: LayerProbe | Prompt | None) -> tuple[tuple[str, ...], Level]:
    """The names of the output's classes, in its order, and what it gives a class to. Raises: ModelError."""
    if isinstance(by, Prompt):
        return by.classes, "sentence"
    if isinstance(by, LayerProbe):
        if by.saved.kind != "class" or by.layer not in by.saved.weights:
            raise ConfigError(
                f"layer={by.layer}: the probes of {by.saved.task} give classes in {list(by.saved.layers)}"
            )
        return by.saved.classes, cast(Level, by.saved.level)
    if encoder.head is None or encoder.head.kind not in ("class", "tag"):
        raise ModelError(
            f"{encoder.checkpoint.name} has no classifier of its own, and no probe is given; train a probe with python "
            "-m pipelines.run model=… task=sentiment, or give it a head with python -m pipelines.classifier model=… "
            "task=sentiment"
        )
    return tuple(encoder.head.id2label.values()), "word" if encoder.head.kind == "tag" else "sentence"


def _number(label: str, classes: Sequence[str]) -> int:
    """The class that ``label`` names, in the manner of ``match_classes``."""
    try:
        return int(match_classes([label], dict(enumerate(classes)))[0])
    except ModelError as error:
        if len(classes) < 2:
            raise  # one output only: it says why that is no classifier
        raise ConfigError(f"label={label}: the classes are {', '.join(classes)}; choose one of them") from error


def _output(
    encoder: Encoder,
    sentence: Sentence,
    labels: Sequence[IntArray],
    classes: Sequence[str],
    by: LayerProbe | Prompt | None,
) -> tuple[Subwords, Readout]:
    if isinstance(by, Prompt):
        return prompt_readout(encoder, by, [sentence], [int(labels[0][0])], classes)
    subwords = encoder.tokenize_sentences([sentence])
    if by is None:
        return head_readout(encoder, subwords, generator(0, "unused"), labels, classes)
    saved, layer = by.saved, by.layer
    weights = np.column_stack([saved.weights[layer], saved.intercepts[layer]])  # they apply to vectors as they are
    width = saved.weights[layer].shape[1]
    name = f"the linear probe of {saved.task} on layer {layer}"
    return subwords, ProbeReadout(
        *(name, layer, weights, np.zeros(width, np.float32), np.ones(width, np.float32), labels),
        *(cast(Level, saved.level), saved.vector, cast(ClsPosition, saved.cls_position)),
    )
