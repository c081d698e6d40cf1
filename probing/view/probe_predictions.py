"""What trained probes predict for an input: hidden states of every layer in, a prediction per word or sentence out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from probing.axes import Level, Sentence
from probing.errors import DataError
from probing.model.pooling import Pooling, pooling_weights
from probing.probe.saved import Saved
from probing.store.encoding import rounded
from probing.view.record import CorpusSentence, Float32, Gold, Predicted, Tokens

T = TypeVar("T")
# hidden states (L + 1, S, D), their subwords, and the corpus sentence (None for free text) -> predictions per task
Reader = Callable[[Float32, Tokens, CorpusSentence | None], Sequence[Predicted]]


@dataclass(frozen=True, eq=False)
class TrainedProbes:
    """The probes of one run.

    outline: their Predicted without predictions, which is the same for every input. dtype: of the store that they were
    trained on. gold: the task's own labels of a sentence; None where the task is not known. same_corpus: whether they
    were trained on the corpus of the sentences that are shown, whole or in part. folder: of the run.
    """

    saved: Saved
    outline: Predicted
    dtype: str
    gold: Callable[[Sentence], Gold | None] | None = None
    same_corpus: bool = False
    folder: Path | None = None

    def predict(self, hidden: Float32, tokens: Tokens, place: CorpusSentence | None = None) -> Predicted:
        """Predict from hidden states (L + 1, S, D); a word without subwords gets None.

        Raises: DataError, naming the run, if ``hidden`` has other layers or another width.
        """
        saved, hidden = self.saved, self._as_trained(hidden)
        how = Pooling(cast(Level, saved.level), saved.vector, saved.cls_position)
        weights = pooling(tokens, how)  # (U, S)
        known = np.asarray(weights.any(axis=1))
        outputs = [saved.read(layer, weights @ hidden[layer]) for layer in saved.layers]  # (U, C) or (U,)
        found = self._labelled(outputs, known)
        if place is None:
            return found
        gold = fitting_gold(self.gold(place.sentence) if self.gold else None, found)
        seen = self.same_corpus and place.split != "test"
        use = "trained on it" if place.split == "train" else "chosen by their scores on it"
        note = f"this sentence is in {place.split} of {place.corpus}; the probes may have been {use}"
        return replace(found, gold=gold, notes=(*found.notes, note) if seen else found.notes)

    def _labelled(self, outputs: Sequence[Float32], known: NDArray[np.bool_]) -> Predicted:
        """Logits (U, C) as class names and probabilities, numbers (U,) as they are, per layer."""
        if self.saved.kind != "class":
            return replace(self.outline, predicted=[_where(known, numbers.tolist()) for numbers in outputs])
        shares = [softmax(logits, axis=1) for logits in outputs]
        names = [[self.saved.classes[c] for c in share.argmax(axis=1)] for share in shares]
        return replace(
            self.outline,
            predicted=[_where(known, layer) for layer in names],
            probability=[_where(known, share.max(axis=1).tolist()) for share in shares],
        )

    def _as_trained(self, hidden: Float32) -> Float32:
        """Hidden states rounded like the store's; without this, features that hardly vary would change predictions."""
        run, last, width = self.outline.run, self.saved.layers[-1], self.saved.weights[self.saved.layers[-1]].shape[-1]
        if width != hidden.shape[-1] or last >= len(hidden):
            seen = f"{len(hidden)} layers of width {hidden.shape[-1]}"
            raise DataError(f"{run}: its probes read width {width} up to layer {last}, not {seen}; delete and rerun it")
        return rounded(hidden, self.dtype)


def pooling(tokens: Tokens, how: Pooling) -> Float32:
    """Weights (U, S) that pool subwords to U units: the W words, or one sentence (both texts together).

    The row of a word without subwords is zero.
    """
    starts, lengths, n_words = (np.array([n]) for n in (0, len(tokens.word), len(tokens.forms)))
    found = pooling_weights(tokens.word, starts, lengths, n_words, how, tokens.last_word)
    return np.asarray(found.toarray(), np.float32)


def fitting_gold(gold: Gold | None, predicted: Predicted) -> Gold | None:
    """``gold`` if it has one label per predicted unit, else None; a label that is none of the classes becomes None."""
    if gold is None or len(gold) != len(predicted.predicted[0]):
        return None
    return [label if label in predicted.classes else None for label in gold] if predicted.classes else gold


def _where(known: NDArray[np.bool_], values: Sequence[T]) -> list[T | None]:
    return [value if there else None for value, there in zip(values, known, strict=True)]
