"""A word's label and those of all others apart: effects on them, and attention that is paid where they are read.

Replacing a word changes above all what can be said of that word itself, for which no attention is needed. Attention to
a word can only be compared with its effect on what is read elsewhere, and only from the positions that are read there.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.places import Places
from probing.attention.interventions.readouts import Readout
from probing.axes import FloatArray, Level, Split, Tally
from probing.model.batches import batch_of
from probing.model.encoder import Encoder
from probing.model.subwords import Subwords

EFFECT = "blank_out_nats"
OWN, OTHERS, WHOLE = "own label", "other words' labels", "the sentence's label"


def places_of(encoder: Encoder, subwords: Subwords, readout: Readout) -> list[Places]:
    """Where ``readout`` reads in every sentence, alone and without padding: reads and own are (P, S)."""
    return [readout.places(batch_of(subwords, [i], encoder.pad)) for i in range(len(subwords))]


def attended(maps: FloatArray, places: Places) -> NDArray[np.float64]:
    """How much attention each token receives where other words' labels are read: (L, S), averaged over these places.

    maps (L, S, S), or (L, H, S, S) averaged over heads. A label that is read from several positions averages their
    rows as it averages their vectors. NaN for a token without such a place.
    """
    fused = maps.mean(axis=1) if maps.ndim == 4 else maps
    paid = places.reads @ fused.astype(np.float64)  # (P, S) @ (L, S, S) -> (L, P, S)
    return _mean(paid, ~places.own)


def on_others(effects: FloatArray, places: Places) -> NDArray[np.float64]:
    """The mean effect of each token on other words' labels: effects (S, P) -> (S,); NaN if there is none."""
    return _mean(effects.T, ~places.own) if effects.size else np.full(len(effects), np.nan)


def apart(
    effects: Sequence[FloatArray], places: Sequence[Places], level: Level, layer: int, split: Split
) -> list[Tally]:
    """Effects of a token on its own word's label, and on all other labels added up: tallies of sums (N, 1), in nats.

    effects: per sentence (S, P), NaN for tokens that were not replaced. items: tokens that were, and that have a label
    of their own where its effect is counted. Of a sentence's label there is one tally.
    """
    sums, items = np.zeros((2, len(effects), 1)), np.zeros((2, len(effects)))
    for number, (of_sentence, where) in enumerate(zip(effects, places, strict=True)):
        kept = np.isfinite(of_sentence).all(axis=1)
        if not of_sentence.size:
            continue
        for side, which in enumerate((where.own.T, ~where.own.T)):  # (S, P)
            sums[side, number] = of_sentence[kept][which[kept]].sum()
            items[side, number] = kept.sum() if side else which[kept].any(axis=1).sum()
    names = {OWN: 0, OTHERS: 1} if level == "word" else {WHOLE: 1}
    return [Tally(EFFECT, name, "blank-out", split, (layer,), sums[side], items[side]) for name, side in names.items()]


def _mean(values: FloatArray, which: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The mean of values (..., P, S) over the chosen places (P, S): (..., S); NaN where there is none."""
    n = which.sum(axis=0)
    total = np.where(which, values, 0).sum(axis=-2)
    return np.asarray(np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0))
