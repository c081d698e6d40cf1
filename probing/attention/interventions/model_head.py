"""The model's own head as a readout: it predicts masked words, next words, or classes of sentences."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.readouts import HeadReadout
from probing.attention.interventions.token_effects import special_token
from probing.errors import ConfigError, ModelError
from probing.model.class_names import further_classes, match_classes
from probing.model.encoder import Encoder
from probing.model.saved_head import ModelHead
from probing.model.subwords import Subwords, linked, taken

_MASKED_SHARE = 0.15  # of the words, as BERT was trained (Devlin et al. 2019)


def head_readout(
    encoder: Encoder,
    subwords: Subwords,
    rng: np.random.Generator,
    labels: Sequence[int] | None = None,
    classes: Sequence[str] = (),
) -> tuple[Subwords, HeadReadout]:
    """The subwords to run the model on, and its head as a readout of them.

    For a masked-word head 15 % of the words of each sentence, at least one, are masked. ``labels`` (N,) are indices
    into the corpus's ``classes``, for a classifier only; its classes are matched by name. A sentence whose index is
    negative, or not one of ``classes`` (a label that train does not have), has nothing to predict. Classes of the
    classifier that the corpus does not have stay in its softmax, and are named in the notes of the readout.
    Raises: ConfigError for a classifier without labels; ModelError if the encoder has no head, if a masked-word head
    has no mask token, and for a classifier of several labels at once or whose class names do not match the corpus.
    """
    head, last = encoder.head, encoder.n_layers - 1
    if head is None:
        raise ModelError(
            f"{encoder.checkpoint.name}: no head was loaded with the model; load it with head=True, or choose a "
            "checkpoint that has one"
        )
    if head.kind == "masked":
        masked, gold = _masked(subwords, special_token(encoder, ("mask",))[1], rng)
        words = f"the words that are masked for it, {100 * _MASKED_SHARE:.0f} % of each sentence and at least one"
        return masked, HeadReadout("the model's own masked-word head", last, head.logits, gold, words)
    if head.kind == "next":
        after = _next(subwords)
        return subwords, HeadReadout("the model's own next-word head", last, head.logits, after, "the next subword")
    if labels is None:
        raise ConfigError("the model's own head classifies sentences, but no labels were given; type task=sentiment")
    if encoder.cls_position == "none":
        raise ModelError(f"{encoder.checkpoint.name}: its classifier reads a [CLS] that its tokenizer does not give")
    gold = _at_cls(subwords, _of_head(head, labels, classes), encoder.cls_position)
    others = further_classes(classes, head.id2label)
    caveat = f"the model's own classifier also has the classes {', '.join(others)}, which no item of this corpus has"
    notes = (caveat,) if others else ()
    name, predicts = "the model's own classifier", "the sentence's class"
    return subwords, HeadReadout(name, last, head.logits, gold, predicts, "sentence", notes)


def _of_head(head: ModelHead, labels: Sequence[int], classes: Sequence[str]) -> NDArray[np.int64]:
    """The head's class of each sentence, (N,), -1 for none."""
    if head.problem not in (None, "single_label_classification"):
        raise ModelError(
            f"the model's own classifier was trained for {head.problem}; one class per sentence is needed: choose a "
            "checkpoint trained for single_label_classification"
        )
    # index -1, the last entry, is for labels that are not a class: negative ones, and those that train does not have
    matched = np.append(match_classes(classes, head.id2label), -1)
    numbers = np.asarray(labels, dtype=np.int64)
    return matched[np.where((numbers >= 0) & (numbers < len(classes)), numbers, -1)]


def _masked(subwords: Subwords, mask: int, rng: np.random.Generator) -> tuple[Subwords, list[NDArray[np.int64]]]:
    """Mask whole words, and words that share subwords together: what remains would make them easy to guess."""
    ids, gold = subwords.ids.copy(), []
    for start, stop in zip(subwords.offsets[:-1], subwords.offsets[1:], strict=True):
        words = linked(subwords.words[start:stop], taken(subwords.last_words, slice(start, stop)))
        there = np.unique(words[words >= 0])
        n_drawn = min(len(there), max(1, round(_MASKED_SHARE * len(there))))
        drawn = np.isin(words, rng.choice(there, n_drawn, replace=False))
        gold.append(np.where(drawn, ids[start:stop], -1).astype(np.int64))
        ids[start:stop][drawn] = mask
    return replace(subwords, ids=ids), gold


def _next(subwords: Subwords) -> list[NDArray[np.int64]]:
    """The id of the next subword, if that belongs to a word."""
    after, word = np.append(subwords.ids[1:], -1), np.append(subwords.words[1:], -1)
    flat = np.where(word >= 0, after, -1).astype(np.int64)
    flat[subwords.offsets[1:][np.diff(subwords.offsets) > 0] - 1] = -1  # the next subword is in another sentence
    return np.split(flat, subwords.offsets[1:-1])


def _at_cls(subwords: Subwords, labels: NDArray[np.int64], position: str) -> list[NDArray[np.int64]]:
    gold = [np.full(n, -1, dtype=np.int64) for n in np.diff(subwords.offsets)]
    for row, label in zip(gold, labels, strict=True):
        if len(row):
            row[0 if position == "first" else -1] = label
    return gold
