"""What probabilities of classes of texts are worth: accuracy, AUROC, recall at few false positives, calibration."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from probing.result.bootstrap import Counts, Resampled, Score, Sums, n_units_in, resampled, scores
from probing.result.information import calibration_error, overconfidence, ranking, recall_at, squared_errors
from probing.result.statistics import UNLIMITED, Floats

FALSE_POSITIVES, RECALL = 0.01, "recall_at_1_percent_fpr"
LIMITS = {"brier": (0.0, 2.0)}


@dataclass(frozen=True, eq=False)
class ScoredTexts:
    """Which texts are scored. gold (N,): their classes; text (N,): their places among the sentences that are resampled
    by ``counts`` (R, sentences); bins: of the calibration error.
    """

    gold: NDArray[np.int64]
    text: NDArray[np.int64]
    counts: Counts
    bins: int

    def some(self, kept: NDArray[np.bool_]) -> "ScoredTexts":
        """Those of them at which ``kept`` (N,) is true."""
        return replace(self, gold=self.gold[kept], text=self.text[kept])

    def by_text(self, values: Floats) -> Floats:
        """Values (N, …) of the texts in place of each sentence, 0 for others: (sentences, …)."""
        found = np.zeros((self.counts.shape[1], *values.shape[1:]))
        found[self.text] = values
        return found


def measured(log_p: Floats, of: ScoredTexts) -> dict[str, Resampled]:
    """Every metric of log-probabilities (N, C), resampled; AUROC and recall for two classes alone.

    Recall is that of class 1 at the lowest threshold with at most 1 % of the others above it. A class that train does
    not have is an error; AUROC and recall leave it out.
    """
    items = of.by_text(np.ones(len(of.gold)))
    right = (log_p.argmax(axis=1) == of.gold).astype(float)
    columns: dict[str, tuple[Floats, Callable[..., Floats]]] = {
        "accuracy": (right, _mean),
        "brier": (squared_errors(log_p, of.gold), _mean),
        "ece": (overconfidence(log_p, of.gold, of.bins), calibration_error),
    }
    found = {}
    for metric, (values, formula) in columns.items():
        limits = LIMITS.get(metric, (0.0, 1.0))
        found[metric] = resampled(Sums(metric, (of.by_text(values), items), formula, items, limits), of.counts)
    if log_p.shape[1] == 2:
        found |= _ranked(log_p[:, 1] - log_p[:, 0], of.some(of.gold < 2), of.gold < 2)
    return found


def _mean(values: Floats, items: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(values / items)


def _ranked(margin: Floats, of: ScoredTexts, known: NDArray[np.bool_]) -> dict[str, Resampled]:
    weights = np.vstack([np.ones((1, len(of.gold)), of.counts.dtype), of.counts[:, of.text]])
    items, score, positive = of.by_text(np.ones(len(of.gold))), margin[known], of.gold == 1
    values = {
        "auroc": ranking(score, positive, weights)[0],
        RECALL: recall_at(score, positive, weights, FALSE_POSITIVES),
    }
    n_units = n_units_in(of.counts, items)
    return {
        name: Resampled(name, np.asarray(all_of[0]), all_of[1:], items, n_units, (0.0, 1.0))
        for name, all_of in values.items()
    }


def mean_of(found: Sequence[Resampled]) -> Resampled:
    """The mean of several scores, with the texts of all."""
    items = np.maximum.reduce([one.items for one in found])
    value, values = (np.mean([getattr(one, name) for one in found], axis=0) for name in ("value", "values"))
    n_units = np.sum([one.n_units for one in found], axis=0)
    return replace(found[0], value=value, values=values, items=items, n_units=n_units)


def loses_half(found: Resampled, whole: Resampled, chance: Resampled | float) -> Score:
    """``found`` less the middle between ``whole`` and ``chance``: below 0 if less than half of the gain is left."""
    at = (chance, chance) if isinstance(chance, float) else (chance.value, chance.values)
    value, values = found.value - (whole.value + at[0]) / 2, found.values - (whole.values + at[1]) / 2
    [score] = scores(replace(found, value=np.asarray(value), values=np.asarray(values), limits=UNLIMITED))
    return score
