"""The model's own head as a readout: it predicts masked words, next words, or classes of sentences or of words."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.readouts import HeadReadout
from probing.attention.interventions.token_effects import special_token
from probing.axes import IntArray
from probing.errors import ConfigError, ModelError
from probing.model.class_names import further_classes, match_classes
from probing.model.encoder import Encoder
from probing.model.pooling import Pooling, pooling_weights
from probing.model.saved_head import ModelHead
from probing.model.subwords import Subwords, linked, taken

_MASKED_SHARE = 0.15  # of the words, as BERT was trained (Devlin et al. 2019)


def head_readout(
    encoder: Encoder,
    subwords: Subwords,
    rng: np.random.Generator,
    labels: Sequence[int] | Sequence[IntArray] | None = None,
    classes: Sequence[str] = (),
) -> tuple[Subwords, HeadReadout]:
    """The subwords to run the model on, and its head as a readout of them.

    For a masked-word head 15 % of the words of each sentence, at least one, are masked. ``labels`` are for a classifier
    only: one per sentence (N,), or for a classifier of words N arrays (W,), as indices into the corpus's ``classes``;
    its classes are matched by name. What has an index that is negative, or not one of ``classes`` (a label that train
    does not have), has nothing to predict. Classes of the classifier that the corpus does not have stay in its softmax,
    and are named in the notes of the readout. A classifier reads a sentence as transformers' pipelines give it: as its
    tokenizer frames it, without a further BOS. The class of a word is read at its first subword.
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
        what, task = ("words", "pos") if head.kind == "tag" else ("sentences", "sentiment")
        raise ConfigError(f"the model's own head classifies {what}, but no labels were given; type task={task}")
    read = as_fine_tuned(encoder, subwords)
    numbers = [_of_head(head, np.atleast_1d(of_one), classes) for of_one in labels]
    return read, _classifier(head, last, read, numbers, _further(head, classes))


def as_fine_tuned(encoder: Encoder, subwords: Subwords) -> Subwords:
    """The subwords without the BOS that the tokenizer's own template leaves out, as a classifier was trained."""
    if encoder.bos is None:
        return subwords
    kept = np.ones(len(subwords.ids), dtype=np.bool_)
    kept[subwords.offsets[:-1][np.diff(subwords.offsets) > 0]] = False
    lengths = np.maximum(np.diff(subwords.offsets) - 1, 0)
    rows, last_words = np.flatnonzero(kept), taken(subwords.last_words, np.flatnonzero(kept))
    offsets = np.append(0, np.cumsum(lengths))
    return replace(subwords, ids=subwords.ids[rows], words=subwords.words[rows], offsets=offsets, last_words=last_words)


def _classifier(
    head: ModelHead, last: int, subwords: Subwords, labels: Sequence[NDArray[np.int64]], notes: tuple[str, ...]
) -> HeadReadout:
    """labels: the head's class of the sentence, (1,), or of every word, (W,); negative: none."""
    if head.kind == "tag":
        gold, hidden = _at_first(subwords, labels)
        if hidden:
            notes += (f"{hidden:,} words have no subword of their own to be classified at, and are left out",)
        name, predicts = "the model's own classifier of words", "the word's class"
        return HeadReadout(name, last, head.logits, gold, predicts, "word", notes, whole_words=True)
    gold = [np.full(n, -1, dtype=np.int64) for n in np.diff(subwords.offsets)]
    for row, label in zip(gold, labels, strict=True):
        if len(row):
            row[-1 if head.reads == "last" else 0] = label[0]
    name, predicts = "the model's own classifier", "the sentence's class"
    return HeadReadout(name, last, head.logits, gold, predicts, "sentence", notes, mean=head.reads == "mean")


def _further(head: ModelHead, classes: Sequence[str]) -> tuple[str, ...]:
    others = further_classes(classes, head.id2label)
    caveat = f"the model's own classifier also has the classes {', '.join(others)}, which no item of this corpus has"
    return (caveat,) if others else ()


def _of_head(head: ModelHead, labels: IntArray, classes: Sequence[str]) -> NDArray[np.int64]:
    """The head's class of each item, (N,), -1 for none."""
    if head.problem not in (None, "single_label_classification"):
        raise ModelError(
            f"the model's own classifier was trained for {head.problem}; one class per sentence is needed: choose a "
            "checkpoint trained for single_label_classification"
        )
    # index -1, the last entry, is for labels that are not a class: negative ones, and those that train does not have
    matched = np.append(match_classes(classes, head.id2label), -1)
    return matched[np.where((labels >= 0) & (labels < len(classes)), labels, -1)]


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


def _at_first(subwords: Subwords, labels: Sequence[NDArray[np.int64]]) -> tuple[list[NDArray[np.int64]], int]:
    """Each word's class at its first subword, and how many words with a class have none of their own."""
    lengths, n_words = np.diff(subwords.offsets), subwords.n_words.astype(np.int64)
    first = Pooling("word", "first")
    pool = pooling_weights(subwords.words, subwords.offsets[:-1], lengths, n_words, first, subwords.last_words)
    words = np.flatnonzero(np.diff(pool.indptr))
    rows, places = np.unique(pool.indices, return_index=True)  # of words that share their first subword, the first
    flat, of_words = np.full(len(subwords.ids), -1, dtype=np.int64), np.concatenate([*labels, np.zeros(0, np.int64)])
    flat[rows] = of_words[words[places]]
    return np.split(flat, subwords.offsets[1:-1]), int((of_words >= 0).sum() - (flat >= 0).sum())
