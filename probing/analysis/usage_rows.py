"""Rows of interventions: each beside random subspaces and its control task, with paired differences, and what is used.

A method calls a concept used on a layer if what it does to the output is more than what random subspaces of equal rank
do, and more than what the subspace of its control task does: both differences have intervals above 0 that hold for all
layers and methods of the concept at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from probing.analysis.concept_changes import CONTROL, RANDOM
from probing.analysis.concept_scores import Found, tally
from probing.analysis.many_comparisons import adjusted
from probing.result.bootstrap import Resampled, mean_over_draws, one_more_draw, resampled, scores
from probing.result.intervention_scores import RELIABILITY, reliability
from probing.result.resampling import Resampling
from probing.result.rows import Measurement
from probing.result.simultaneous import ADJUSTED
from probing.result.tally import resampled_tally

EFFECT, MOVED = "effect_nats", "moved_to_wanted"
COMPARED = ("completeness", "selectivity", RELIABILITY, EFFECT, "prediction_change", MOVED, "change_size")
AGAINST = (RANDOM, CONTROL)
LEAST_DRAWS = 3  # of random subspaces: with two, more than 5 in 100 random changes were called used


@dataclass(frozen=True, eq=False)
class Series:
    """One metric of one method on several layers; method with what it is compared with, as in rows."""

    metric: str
    target: str
    method: str
    layers: tuple[int, ...]
    found: Resampled

    def rows(self, seed: int) -> list[Measurement]:
        """One row per layer with a sentence."""
        made = zip(self.layers, scores(self.found), strict=True)
        where = ("test", self.target)
        return [
            Measurement(*where, layer, None, seed, self.metric, **vars(score), probe=self.method)
            for layer, score in made
            if score.n_sentences
        ]


def usage_rows(found: Found, draws: int, resampling: Resampling, seed: int) -> list[Measurement]:
    """All rows: of each method by itself, of random subspaces (the mean of ``draws``), of the control task's, and the
    differences to both; those of the effect also with simultaneous intervals, one family per concept.
    """
    made: list[Measurement] = []
    families: dict[str, list[Series]] = {}
    for series in all_series(found, draws, resampling):
        made += series.rows(seed)
        if series.metric == EFFECT and "_minus_" in series.method:
            families.setdefault(series.target, []).append(series)
    for family in families.values():
        made += simultaneous(family, seed)
    return made


def all_series(found: Found, draws: int, resampling: Resampling) -> Iterator[Series]:
    """What rows are made of."""
    names = [key for key in found if not key[2].endswith(f"_{CONTROL}") and f"_{RANDOM}" not in key[2]]
    names += [
        (RELIABILITY, target, method)
        for metric, target, method in names
        if metric == "completeness" and ("selectivity", target, method) in found
    ]
    for metric, target, method in names:
        layers, own = measured(found, (metric, target, method), resampling)
        yield Series(metric, target, method, layers, own)
        if metric not in COMPARED:
            continue
        random = [measured(found, (metric, target, f"{method}_{RANDOM}{draw}"), resampling)[1] for draw in range(draws)]
        _, control = measured(found, (metric, target, f"{method}_{CONTROL}"), resampling)
        yield Series(metric, target, f"{method}_{RANDOM}", layers, mean_over_draws(random, target, method))
        yield Series(metric, target, f"{method}_{CONTROL}", layers, control)
        beyond = {RANDOM: one_more_draw(random, target, method), CONTROL: control}
        for against, other in beyond.items():
            yield Series(metric, target, f"{method}_minus_{against}", layers, own - other)


def measured(found: Found, key: tuple[str, str, str], resampling: Resampling) -> tuple[tuple[int, ...], Resampled]:
    """The layers of one key, and its values there; reliability is that of completeness and selectivity."""
    metric, target, method = key
    if metric != RELIABILITY:
        one = tally(key, found[key])
        return one.layers, resampled_tally(one, resampling)
    both = [tally((part, target, method), found[part, target, method]) for part in COMPARED[:2]]
    return both[0].layers, resampled(reliability(*both), resampling.counts("bootstrap", "attention"))


def simultaneous(family: Sequence[Series], seed: int) -> list[Measurement]:
    """The rows of several series with intervals that hold for all of them at once."""
    rows, found = [], []
    for series in family:
        at = {layer: place for place, layer in enumerate(series.layers)}
        for row in series.rows(seed):
            rows.append(row)
            found.append(one_place(series.found, at[row.layer or 0]))
    return adjusted(rows, found)


def one_place(found: Resampled, place: int) -> Resampled:
    """One of several places alone."""
    here = slice(place, place + 1)
    value, values, items = found.value[here], found.values[:, here], found.items[:, here]
    draws = tuple((variance[here], freedom) for variance, freedom in found.draws)
    return replace(found, value=value, values=values, items=items, n_units=found.n_units[here], draws=draws)


def used(rows: Sequence[Measurement]) -> dict[str, dict[str, list[int]]]:
    """By concept and method the layers on which the concept is used, from the simultaneous intervals of the effect."""
    above: dict[tuple[str, str, int], int] = {}
    for row in rows:
        method, minus, against = (row.probe or "").removesuffix(ADJUSTED).partition("_minus_")
        if row.metric == EFFECT and minus and against in AGAINST and (row.probe or "").endswith(ADJUSTED):
            key = row.target, method, row.layer or 0
            above[key] = above.get(key, 0) + (row.ci_low > 0)
    found: dict[str, dict[str, list[int]]] = {}
    for (target, method, layer), n in above.items():
        layers = found.setdefault(target, {}).setdefault(method, [])
        if n == len(AGAINST):
            layers.append(layer)
    return found
