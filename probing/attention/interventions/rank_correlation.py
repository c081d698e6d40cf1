"""Is attention an explanation? Rank correlation of attention scores with the effects of interventions on tokens."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from probing.attention.interventions.own_and_others import attended
from probing.attention.interventions.places import Places
from probing.axes import FloatArray, Split, Tally
from probing.errors import ConfigError, ProbingError

_FEWEST = 3  # tokens: two are always perfectly correlated
_CONSTANT = 1e-6  # of the largest magnitude: less than that is rounding


Query = int | str | Places


def received(maps: FloatArray, query: Query = "mean") -> FloatArray:
    """How much attention each token receives: maps (L, S, S), or (L, H, S, S) averaged over heads, -> (L, S).

    ``query``: the places where an output reads (``attended``); a position (negative: from the end); or mean or max over
    all queries of the sentence, the token itself included. In causal models few queries can see a late token: use the
    last position there. Raises: ConfigError for another query.
    """
    if isinstance(query, Places):
        return attended(maps, query)
    fused = maps.mean(axis=1) if maps.ndim == 4 else maps
    if query == "max":
        return np.asarray(fused.max(axis=1))
    if query == "mean":
        return np.asarray(fused.mean(axis=1))
    if isinstance(query, str):
        raise ConfigError(f"query={query}: not a valid query; give places, a position, mean or max")
    return fused[:, query]


def correlations(
    scores: Mapping[str, Sequence[FloatArray]],
    references: Mapping[str, Sequence[FloatArray]],
    layers: Sequence[int],
    split: Split,
) -> list[Tally]:
    """Rank correlation over the tokens of each sentence, as in the tables of Abnar & Zuidema (2020).

    scores: by name, per sentence (L, S). references: by name, per sentence (S,); their absolute values are used. A
    token for which one reference is NaN is left out for all references, so that their coefficients can be compared.
    Per pair two tallies, Spearman's rho and Kendall's tau-b, of target "score × reference": sums and items (N, L).
    Where a vector is constant, or fewer than three tokens are left, the correlation is undefined and items is 0;
    ``deviation`` counts these sentences.
    Raises: ProbingError if a score and a reference are not of the same tokens.
    """
    kept = [np.isfinite(np.stack(every)).all(axis=0) for every in zip(*references.values(), strict=True)]
    tallies = []
    for (name, of_score), (other, of_reference) in product(scores.items(), references.items()):
        together = zip(of_score, of_reference, kept, strict=True)
        found = np.stack([_ranks_alike(score, np.abs(ref), there) for score, ref, there in together])  # (N, 2, L)
        for place, metric in enumerate(("spearman", "kendall")):
            values = found[:, place]
            items = np.isfinite(values).astype(np.float64)
            target = f"{name} × {other}"
            tallies.append(Tally(metric, target, "explain", split, tuple(layers), np.nan_to_num(values), items))
    return tallies


def deviation(tally: Tally) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Standard deviation of a correlation over sentences, per layer (L,), and the number of sentences without one."""
    values = np.where(tally.items > 0, tally.sums, np.nan)
    n_defined = (tally.items > 0).sum(axis=0)
    mean = np.nansum(values, axis=0) / np.maximum(n_defined, 1)
    squares = np.nansum((values - mean) ** 2, axis=0)
    sd = np.sqrt(squares / np.where(n_defined > 1, n_defined - 1, np.nan))
    return sd, len(values) - n_defined


def _ranks_alike(score: FloatArray, reference: FloatArray, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Spearman's and Kendall's coefficients of scores (L, S) with the reference (S,) over the kept tokens: (2, L)."""
    from scipy.stats import kendalltau, spearmanr

    if score.shape[1:] != reference.shape:
        raise ProbingError(
            f"scores of {score.shape[1]} tokens and a reference of {len(reference)}: give both for the same tokens"
        )
    found = np.full((2, len(score)), np.nan)
    for layer, of_layer in enumerate(score[:, kept]):
        if kept.sum() >= _FEWEST and _varies(of_layer) and _varies(reference[kept]):
            found[0, layer] = spearmanr(of_layer, reference[kept]).statistic
            found[1, layer] = kendalltau(of_layer, reference[kept]).statistic
    return found


def _varies(values: FloatArray) -> bool:
    return bool(np.isfinite(values).all() and np.ptp(values) > _CONSTANT * np.abs(values).max())
