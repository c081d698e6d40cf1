"""The model's own head as an output: words masked, words to come, or classes of a sentence, as it was trained for."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.readouts import HeadOutput
from probing.attention.interventions.token_effects import special_token
from probing.errors import ConfigError, ModelError
from probing.model.class_names import further_classes, match_classes
from probing.model.encoder import Encoder
from probing.model.saved_head import ModelHead
from probing.model.subwords import Subwords

_MASKED_SHARE = 0.15  # of the words, as BERT was trained (Devlin et al. 2019)


def own_output(
    encoder: Encoder,
    subwords: Subwords,
    rng: np.random.Generator,
    labels: Sequence[int] | None = None,
    classes: Sequence[str] = (),
) -> tuple[Subwords, HeadOutput]:
    """The encoder's head as an output, and the subwords to run it on; for a masked head with words masked.

    Masked are 15 % of the words of a sentence, at least one. ``labels`` (N,) number the corpus's ``classes``; only a
    classifier needs them, whose classes are found by their names. A number that is negative or that no class has (a
    label that training does not know): nothing to predict. Classes that the corpus does not have stay in the
    classifier's softmax, and the output's notes name them.
    Raises: ConfigError for a classifier without labels; ModelError if the encoder has no head, for a masked head
    without a mask token, and for a classifier of several labels at once or whose names do not fit the corpus.
    """
    head, last = encoder.head, encoder.n_layers - 1
    if head is None:
        raise ModelError(f"{encoder.checkpoint.name}: the checkpoint has no head of its own, or it was not loaded")
    if head.kind == "masked":
        masked, gold = _masked(subwords, special_token(encoder, ("mask",))[1], rng)
        return masked, HeadOutput("the model's own masked-word head", last, head.logits, gold)
    if head.kind == "next":
        return subwords, HeadOutput("the model's own next-word head", last, head.logits, _next(subwords))
    if labels is None:
        raise ConfigError("the model's own head classifies sentences, and there are no labels: choose task=sentiment")
    gold = _at_cls(subwords, _of_head(head, labels, classes), encoder.cls_position)
    others = further_classes(classes, head.id2label)
    said = f"the model's own classifier also has the classes {', '.join(others)}, which are right for no item here"
    return subwords, HeadOutput("the model's own classifier", last, head.logits, gold, (said,) if others else ())


def _of_head(head: ModelHead, labels: Sequence[int], classes: Sequence[str]) -> NDArray[np.int64]:
    """The head's class of each sentence, (N,), -1 for none."""
    if head.problem not in (None, "single_label_classification"):
        raise ModelError(
            f"the model's own classifier was trained for {head.problem}, not for one class per sentence; choose a "
            "checkpoint of single_label_classification"
        )
    # the last place serves all labels that are no class: negative ones, and those unseen in training
    matched = np.append(match_classes(classes, head.id2label), -1)
    numbers = np.asarray(labels, dtype=np.int64)
    return matched[np.where((numbers >= 0) & (numbers < len(classes)), numbers, -1)]


def _masked(subwords: Subwords, mask: int, rng: np.random.Generator) -> tuple[Subwords, list[NDArray[np.int64]]]:
    """Whole words are masked: the rest of a word would give it away."""
    ids, gold = subwords.ids.copy(), []
    for start, stop in zip(subwords.offsets[:-1], subwords.offsets[1:], strict=True):
        words = subwords.words[start:stop]
        there = np.unique(words[words >= 0])
        n_drawn = min(len(there), max(1, round(_MASKED_SHARE * len(there))))
        drawn = np.isin(words, rng.choice(there, n_drawn, replace=False))
        gold.append(np.where(drawn, ids[start:stop], -1).astype(np.int64))
        ids[start:stop][drawn] = mask
    return replace(subwords, ids=ids), gold


def _next(subwords: Subwords) -> list[NDArray[np.int64]]:
    """The next subword's id, where that is part of a word."""
    after, word = np.append(subwords.ids[1:], -1), np.append(subwords.words[1:], -1)
    flat = np.where(word >= 0, after, -1).astype(np.int64)
    flat[subwords.offsets[1:][np.diff(subwords.offsets) > 0] - 1] = -1  # what follows is another sentence
    return np.split(flat, subwords.offsets[1:-1])


def _at_cls(subwords: Subwords, labels: NDArray[np.int64], position: str) -> list[NDArray[np.int64]]:
    gold = [np.full(n, -1, dtype=np.int64) for n in np.diff(subwords.offsets)]
    for row, label in zip(gold, labels, strict=True):
        if len(row):
            row[0 if position == "first" else -1] = label
    return gold
