"""What predicted probabilities are worth: bits of information, calibration, and how they rank two classes.

Arguments: log_p (N, C), log-probabilities in nats of N items; gold (N,), class numbers, where C or more is a class that
train does not have. Results are per item, so that they can be summed over any set of sentences.
"""

import numpy as np
from numpy.typing import NDArray

from probing.result.statistics import Floats

Classes = NDArray[np.integer]
_CELLS = 2**22  # weights of items in one block of resamples


def label_bits(train: Classes, gold: Classes, n_classes: int) -> Floats:
    """−log2 of each gold label's share of the training labels ``train``, (N,): its mean is H_V(Y) without an input.

    The best constant prediction of a V-family that includes all constants (Xu et al. 2020, definition 1). NaN for a
    class that train does not have.
    """
    share = np.bincount(train, minlength=n_classes) / len(train)
    known = gold < n_classes
    return np.where(known, -np.log2(np.where(known, share[np.where(known, gold, 0)], 1)), np.nan)


def gold_bits(log_p: Floats, gold: Classes) -> Floats:
    """−log2 p(gold) of each item, (N,): its mean is H_V(Y|X). NaN for a class that train does not have."""
    known = gold < log_p.shape[1]
    return np.where(known, -log_p[np.arange(len(gold)), np.where(known, gold, 0)] / np.log(2), np.nan)


def squared_errors(log_p: Floats, gold: Classes) -> Floats:
    """Brier score of each item (Brier 1950): the sum over classes of (p − 1 for gold, else p)², 0 to 2, (N,).

    A class that train does not have counts as a class of probability 0.
    """
    p, known = np.exp(log_p), gold < log_p.shape[1]
    p_gold = np.where(known, p[np.arange(len(gold)), np.where(known, gold, 0)], 0.0)
    return np.asarray((p**2).sum(axis=1) - 2 * p_gold + 1)


def overconfidence(log_p: Floats, gold: Classes, bins: int) -> Floats:
    """Probability of the predicted class minus 1 if it is right, in the column of its bin, (N, bins).

    The bins have equal width, from 0 to 1; the upper edge belongs to a bin (Guo et al. 2017).
    """
    confidence, predicted = np.exp(log_p.max(axis=1)), log_p.argmax(axis=1)
    places = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    found = np.zeros((len(gold), bins))
    found[np.arange(len(gold)), places] = confidence - (predicted == gold)
    return found


def calibration_error(overconfidence: Floats, items: Floats) -> Floats:
    """ECE from totals: (…, bins) and (…) -> (…), the mean over items of the absolute gap of their bin."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.abs(overconfidence).sum(axis=-1) / items)


def ranking(score: Floats, positive: NDArray[np.bool_], weights: Floats) -> tuple[Floats, Floats]:
    """AUROC and average precision of ``score`` (N,) for the items that are ``positive`` (N,), under ``weights`` (R, N).

    (R,) each. AUROC counts a tie as half; average precision is the sum over thresholds of precision times the gain in
    recall, without interpolation, as in scikit-learn. NaN where a class has no weight.
    """
    order, starts = _from_above(score)
    block = max(1, _CELLS // max(1, len(score)))
    found = [
        _ranked(weights[i : i + block, order].astype(np.float64), positive[order], starts)
        for i in range(0, len(weights), block)
    ]
    return np.concatenate([auroc for auroc, _ in found]), np.concatenate([precision for _, precision in found])


def recall_at(score: Floats, positive: NDArray[np.bool_], weights: Floats, false_positives: float) -> Floats:
    """The largest recall of a threshold on ``score`` (N,) with at most this share of false positives, (R,).

    weights (R, N) as in ``ranking``. Among fewer negative items than 1 / ``false_positives`` none may be above it.
    """
    order, starts = _from_above(score)
    block, right = max(1, _CELLS // max(1, len(score))), positive[order]
    found = []
    for i in range(0, len(weights), block):
        of = weights[i : i + block, order].astype(np.float64)
        hits = np.add.reduceat(of * right, starts, axis=1)
        others = np.cumsum(np.add.reduceat(of * ~right, starts, axis=1), axis=1)
        allowed = others <= false_positives * others[:, -1:]
        with np.errstate(invalid="ignore", divide="ignore"):
            found.append(np.where(others[:, -1] > 0, (hits * allowed).sum(axis=1) / hits.sum(axis=1), np.nan))
    return np.concatenate(found)


def _from_above(score: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The order of items from the highest score down, and where in it each distinct score begins."""
    order = np.argsort(-score, kind="stable")
    return order, np.flatnonzero(np.diff(score[order], prepend=np.inf))


def _ranked(weights: Floats, positive: NDArray[np.bool_], starts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The same for items from the highest score down."""
    hits = np.add.reduceat(weights * positive, starts, axis=1)  # (R, N) -> (R, thresholds)
    others = np.add.reduceat(weights * ~positive, starts, axis=1)
    hits_above, others_above = np.cumsum(hits, axis=1), np.cumsum(others, axis=1)
    n_hits, n_others = hits_above[:, -1], others_above[:, -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        pairs = (hits * (n_others[:, None] - others_above + others / 2)).sum(axis=1)
        precision = hits_above / (hits_above + others_above)
        average = (hits * np.where(hits > 0, precision, 0)).sum(axis=1) / n_hits
        return pairs / (n_hits * n_others), np.where(n_others > 0, average, np.nan)
