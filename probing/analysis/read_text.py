"""One text as the items of a study, and the output that is read of it: the model's own head, or a probe."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from probing.analysis.concept_labels import Concept
from probing.analysis.readers import LEVEL_OF, head_reader
from probing.analysis.samples import Sample
from probing.analysis.study import Study
from probing.analysis.usage_output import AUTO, HEAD, PROBE
from probing.attention.interventions.changed_layer import entered
from probing.attention.interventions.readouts import ProbeReadout, Readout
from probing.axes import IntArray, Level, Sentence, Split
from probing.errors import ConfigError, DataError
from probing.model.encoder import Encoder
from probing.model.maps import usable
from probing.model.subwords import Subwords
from probing.probe.saved import Saved


@dataclass(frozen=True, eq=False)
class ReadText:
    """A text whose items are changed. items (P,): its words that are items, or (1,), 0, for the whole text.

    labels: the task's class of every word, (W,), or of the text, (1,), as the study's labels number them; negative:
    not known. gold: by property the class of every item, (P,), negative for none; empty where nothing is known.
    """

    sentence: Sentence
    items: IntArray
    labels: IntArray
    gold: Mapping[str, IntArray] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class TextOutput:
    """What is read of one text. subwords: of the text, as the readout takes them. layers: those below the readout that
    can be changed. name_of: of a class. gold: whether the readout's gold classes are known, and no guess.
    """

    readout: Readout
    subwords: Subwords
    layers: tuple[int, ...]
    own_head: bool
    gold: bool
    name_of: Callable[[int], str]
    notes: tuple[str, ...] = ()


def unknown_text(study: Study, sentence: Sentence) -> ReadText:
    """A text of which nothing is known: all of its words are items, or the text itself."""
    n = len(sentence.words) if study.labels.level == "word" else 1
    return ReadText(sentence, np.arange(n), np.full(n, -1))


def corpus_text(study: Study, known: Sequence[Concept], split: Split, number: int) -> ReadText:
    """Sentence ``number`` of a split, with the items and the classes that it has in the study."""
    each = study.items.words[split]
    first = sum(len(of) for of in each[:number])
    rows = slice(first, first + len(each[number]))
    gold = {one.name: one.gold.of[split][rows] for one in known}
    labels = np.asarray(study.labels.values[split][number])
    return ReadText(study.corpus.splits[split][number], np.asarray(each[number]), labels, gold)


def text_output(
    study: Study, saved: Saved, text: ReadText, which: str = AUTO, spelled: Callable[[str], str] = str
) -> TextOutput:
    """What is read of a text. saved: the probes of the study's run. which: as ``output`` of ``analysis=usage``, whose
    other properties are no output here. spelled: how a subword of the vocabulary is written.

    Without a head of its own, the saved probe of the highest layer stands in. Labels that are not known are guessed,
    so that the readout has places to read. Raises: DataError for a text that the model cannot read as one input;
    ConfigError for a head that is not there; ModelError for an architecture whose layers cannot be changed.
    """
    subwords, encoder = _subwords(study.encoder, text.sentence), study.encoder
    guessed = np.where(text.labels < 0, 0, text.labels)
    if study.labels.level == "word":  # of words that are no items nothing is read
        guessed = np.where(np.isin(np.arange(len(guessed)), text.items), guessed, -1)
    head, refused = (None, None) if which == PROBE else head_reader(encoder, study.labels, study.options.seed)
    if head is None and which == HEAD:
        raise ConfigError(f"output=head: {refused or 'the checkpoint has no head of its own for this task'}")
    there = [layer for layer in entered(encoder) if layer in study.layers]
    if head is None:
        probe = _probe(study, saved, guessed)
        lower = tuple(layer for layer in there if layer < probe.layer)
        notes = (f"{probe.name} stands in for a head, because {refused}",) if refused else ()
        return TextOutput(
            probe, subwords, lower, False, bool((text.labels >= 0).any()), saved.classes.__getitem__, notes
        )
    labels = replace(study.labels, values={**study.labels.values, "test": [guessed]})
    given, readout = replace(head, labels=labels)(Sample("test", np.zeros(1, np.int64), subwords, "the text"))
    known = not head.reads_labels or bool((text.labels >= 0).any())
    notes = tuple(getattr(readout, "notes", ()))
    return TextOutput(readout, given, tuple(there), True, known, _names(encoder, spelled), notes)


def _probe(study: Study, saved: Saved, gold: NDArray[np.int64]) -> ProbeReadout:
    """The saved probe of the highest layer."""
    layer = saved.layers[-1]
    weights = np.column_stack([saved.weights[layer], saved.intercepts[layer]])
    width, name = weights.shape[1] - 1, f"the linear probe of {saved.task} on layer {layer}"
    unscaled = np.zeros(width, np.float32), np.ones(width, np.float32)
    position, level = study.encoder.cls_position, cast(Level, saved.level)
    return ProbeReadout(name, layer, weights, *unscaled, [gold], level, saved.vector, position)


def _names(encoder: Encoder, spelled: Callable[[str], str]) -> Callable[[int], str]:
    """The names of the classes of the model's own head: of one that predicts subwords, these."""
    head = encoder.head
    if head is not None and head.kind in LEVEL_OF:
        return lambda number: str(head.id2label[number])
    return lambda number: spelled(encoder.tokenizer.id_to_token(number) or str(number))


def _subwords(encoder: Encoder, sentence: Sentence) -> Subwords:
    subwords = encoder.tokenize_sentences([sentence])
    if not (subwords.words >= 0).any():
        raise DataError("the text has no word that the model reads; type at least one word")
    if not usable(encoder, subwords).all() or subwords.counts.get("truncated_sentences"):
        raise DataError(
            f"the text has {len(subwords.ids)} subwords or more, the model reads {encoder.window} at most; shorten it"
        )
    return subwords
