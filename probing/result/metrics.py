"""Metrics of probes and baselines, each as statistics per sentence. Arguments hold one array per sentence."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.errors import ProbingError
from probing.result.statistics import LONGEST, SHORTEST, Floats, Statistics

Arrays = Sequence[NDArray[Any]]  # one array per sentence
ROOT_CANDIDATES = 2  # words among which root accuracy chooses, at least


def accuracy(gold: Arrays, predicted: Arrays) -> Statistics:
    """Share of items whose class is right, over all items of all sentences. Arrays (W,) or (1,)."""
    lengths, y, y_hat = _aligned(gold, predicted)
    return Statistics("accuracy", _columns(_sum_by_sentence(y == y_hat, lengths), lengths))


def macro_f1(gold: Arrays, predicted: Arrays, n_classes: int) -> Statistics:
    """Unweighted mean of the classes' F1. Arrays (W,) or (1,) of class numbers.

    ``n_classes`` is the number of classes that the probe knows. Gold may have higher numbers, of labels that training
    did not have: such a class has F1 0 and counts in the mean. A class without a gold item in the scored sentences
    (the corpus, or one resample of it) is left out.
    """
    lengths, y, y_hat = _aligned(gold, predicted)
    n_classes = max(n_classes, 1 + int(max(side.max(initial=-1) for side in (y, y_hat))))
    first = np.repeat(np.arange(len(lengths)) * n_classes, lengths)
    cells = ((y, y == y_hat), (y_hat, np.ones(len(y))), (y, np.ones(len(y))))
    sums = [np.bincount(first + k, weights=w, minlength=len(lengths) * n_classes) for k, w in cells]
    return Statistics("macro_f1", np.hstack([c.reshape(-1, n_classes) for c in sums]))


def r2(gold: Arrays, predicted: Arrays) -> Statistics:
    """Coefficient of determination over all items; the mean is that of the scored sentences."""
    lengths, y, y_hat = _aligned(gold, predicted)
    sums = [_sum_by_sentence(term, lengths) for term in ((y - y_hat) ** 2, y, y.astype(np.float64) ** 2)]
    return Statistics("r2", _columns(sums[0], lengths, sums[1], sums[2]))


def nspr(gold: Arrays, predicted: Arrays) -> Statistics:
    """NSpr: Spearman of depths in each sentence, averaged per length, then over lengths 5–50. Arrays (W,).

    Hewitt & Manning 2019. The length is that of the array; lengths that do not occur are left out of the mean.
    """
    return _rank_correlation("nspr", gold, predicted)


def dspr(gold: Arrays, predicted: Arrays) -> Statistics:
    """DSpr: Spearman of each word's row of distances (to itself too), averaged as in NSpr. Arrays (W, W).

    Hewitt & Manning 2019: the mean of one length is over all words of all sentences of that length.
    """
    return _rank_correlation("dspr", gold, predicted)


def root_accuracy(gold: Arrays, predicted: Arrays, keep: Arrays | None = None) -> Statistics:
    """Share of sentences whose root (gold depth 0) has the smallest predicted depth; ties: the first word.

    ``keep`` (W,) bool removes words from the prediction, as Hewitt & Manning (2019) remove punctuation: a gold root
    that is removed counts as an error. A sentence without a gold root is left out, and so is one with fewer than
    ROOT_CANDIDATES kept words: whatever is predicted, its one word is the shallowest. They count such sentences, of
    which their corpus has few and web text many (7 % of UD English EWT).
    """
    _aligned(gold, predicted)
    values = np.zeros((len(gold), 4))
    for i, (y, y_hat) in enumerate(zip(gold, predicted, strict=True)):
        words = np.flatnonzero(keep[i]) if keep is not None else np.arange(len(y))
        roots = np.flatnonzero(y == 0)
        if len(words) >= ROOT_CANDIDATES and len(roots):
            values[i, :2] = words[np.argmin(y_hat[words])] == roots[0], 1
    return Statistics("root_accuracy", values)


def uuas(gold: Arrays, predicted: Arrays, keep: Arrays | None = None) -> Statistics:
    """UUAS: share of gold edges in the minimum spanning tree of the predicted distances. Arrays (W, W).

    Hewitt & Manning 2019: over all edges of all sentences. Gold edges are the minimum spanning tree of the gold
    distances: the syntax tree itself if all its words are present. ``keep`` (W,) bool removes words (punctuation) from
    both sides first. Of equal distances, the pair that comes first is taken.
    """
    _aligned(gold, predicted)
    if keep is not None:
        gold, predicted = ([d[np.ix_(k, k)] for d, k in zip(side, keep, strict=True)] for side in (gold, predicted))
    gold_edges, sentence = _spanning_trees(gold)
    found = np.isin(gold_edges, _spanning_trees(predicted)[0])
    counts = [np.bincount(sentence, weights=w, minlength=len(gold)) for w in (found, np.ones(len(found)))]
    return Statistics("uuas", _columns(*counts))


def uas(gold: Arrays, predicted: Arrays, keep: Arrays | None = None) -> Statistics:
    """UAS: share of words whose head is right, over all words of all sentences. Arrays (W,) of places.

    ``keep`` (W,) bool removes words (punctuation) as dependents; they may still be predicted as heads.
    """
    lengths, y, y_hat = _aligned(gold, predicted)
    counted = np.ones(len(y), bool) if keep is None else np.concatenate(list(keep))
    sums = [_sum_by_sentence(items, lengths) for items in ((y == y_hat) & counted, counted)]
    return Statistics("uas", _columns(*sums))


def _aligned(gold: Arrays, predicted: Arrays) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]:
    """Items per sentence, and both sides flat: (n_sentences,), (N,), (N,)."""
    shapes = [[np.shape(a) for a in side] for side in (gold, predicted)]
    if shapes[0] != shapes[1]:
        pairs = enumerate(zip(*shapes, strict=False))
        seen = next((f"sentence {i}: {g} gold, {p} predicted" for i, (g, p) in pairs if g != p), "")
        raise ProbingError(
            f"{len(gold)} gold sentences, {len(predicted)} predicted; {seen or 'one side has fewer sentences'}"
        )
    lengths = np.array([a.size for a in gold], dtype=np.int64)
    y, y_hat = (np.concatenate([a.ravel() for a in side]) if side else np.empty(0) for side in (gold, predicted))
    if not np.isfinite(y_hat).all():
        raise ProbingError(f"{(~np.isfinite(y_hat)).sum()} of {y_hat.size} predictions are not finite numbers")
    return lengths, y, y_hat


def _sum_by_sentence(items: NDArray[Any], lengths: NDArray[np.int64]) -> Floats:
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    return np.asarray(np.bincount(sentence, weights=items, minlength=len(lengths)), dtype=np.float64)


def _columns(*columns: NDArray[Any]) -> Floats:
    """(n_sentences,) each -> (n_sentences, 4), zero where there are fewer than four."""
    table = np.zeros((len(columns[0]), 4))
    table[:, : len(columns)] = np.column_stack(columns)
    return table


def _rank_correlation(metric: str, gold: Arrays, predicted: Arrays) -> Statistics:
    _aligned(gold, predicted)
    lengths = np.array([len(g) for g in gold], dtype=np.int64)
    values, constant = _columns(np.zeros(len(gold)), np.zeros(len(gold)), lengths), np.zeros(2, dtype=int)
    for length in np.unique(lengths[(lengths >= SHORTEST) & (lengths <= LONGEST)]):
        same = np.flatnonzero(lengths == length)
        # All rows of one length at once: (sentences, [W,] W) -> (rows, W)
        y, y_hat = (np.stack([side[i] for i in same.tolist()]).reshape(-1, length) for side in (gold, predicted))
        rho, flat_gold, flat_predicted = _spearman(y, y_hat)
        values[same, 0] = rho.reshape(len(same), -1).sum(axis=1)
        values[same, 1] = (~flat_gold).reshape(len(same), -1).sum(axis=1)
        constant += flat_gold.sum(), (flat_predicted & ~flat_gold).sum()
    return Statistics(metric, values, *constant.tolist())


def _spearman(y: NDArray[Any], y_hat: NDArray[Any]) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Spearman with mean ranks of each pair of rows (0 if one is constant), and which rows are constant."""
    from scipy.stats import rankdata

    a, b = (rankdata(rows, axis=1) - (rows.shape[1] + 1) / 2 for rows in (y, y_hat))
    flat_a, flat_b = (~rows.any(axis=1) for rows in (a, b))
    norm = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return (a * b).sum(axis=1) / np.where(norm > 0, norm, 1), flat_a, flat_b


def _spanning_trees(distances: Arrays) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Minimum spanning tree of each (W, W), as edge codes over the corpus and their sentence: (E,), (E,)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    sizes = np.array([len(d) for d in distances], dtype=np.int64)
    starts, n_words = np.cumsum(sizes) - sizes, int(sizes.sum())
    pairs = {size: np.triu_indices(size, 1) for size in set(sizes.tolist())}
    i, j = (np.concatenate([pairs[n][k] + s for n, s in zip(sizes.tolist(), starts, strict=True)]) for k in (0, 1))
    weight = np.concatenate([d[pairs[len(d)]] for d in distances])
    # Ranks replace distances, because scipy reads a stored 0 as "no edge" and its order of ties is undefined. One
    # call on the block-diagonal graph of all sentences gives the trees of all of them.
    rank = np.empty(len(weight))
    rank[np.argsort(weight, kind="stable")] = np.arange(1, len(weight) + 1)
    forest = minimum_spanning_tree(csr_array((rank, (i, j)), shape=(n_words, n_words))).tocoo()
    edges = np.sort(forest.row.astype(np.int64) * n_words + forest.col)
    return edges, np.searchsorted(starts, edges // max(n_words, 1), side="right") - 1
