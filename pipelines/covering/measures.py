"""What intervals are tried on: per measure its resampled values on one sample, and the value that they should hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.covering.population import RELATION, Population
from probing.axes import Tally
from probing.result.bootstrap import Counts, Resampled, Sums, mean_over_draws, resampled
from probing.result.linearised import summands
from probing.result.statistics import MEANS, RANK_METRICS, Floats, Statistics
from probing.result.tally import sums_of

DRAWS = (1, 3, 5)  # of the control, over which selectivity is averaged

Measured = Statistics | Tally


@dataclass(frozen=True, eq=False)
class Sample:
    """A test set: its sentences, as places in the population (n,), their resamples, and draws of the control."""

    chosen: NDArray[np.int64]
    counts: Counts
    draws: Mapping[int, NDArray[np.int64]]


@dataclass(frozen=True)
class Measure:
    """On a sample the resampled values, and the population's value that their interval should hold."""

    resampled: Callable[[Sample], Resampled]
    truth: Callable[[Sample], float]


def measures(pool: Population) -> dict[str, Measure]:
    """Every measure by its name."""
    task, below = pool.layers[pool.layer], pool.layers[pool.layer - 1]
    at = [head.target for head in pool.heads].index(RELATION)
    head, offset = pool.heads[at], pool.offsets[at]
    found = {"accuracy": _single(task)}
    found |= {_selectivity_name(n): _selectivity(task, pool.controls, n) for n in DRAWS}
    for one in pool.others:
        found[one.metric] = _by_length(one) if one.metric in RANK_METRICS else _single(one)
        if one.metric in RANK_METRICS:
            found[MEANS[one.metric]] = _single(replace(one, metric=MEANS[one.metric]))
    found["difference of two layers"] = _difference(task, below)
    found["head accuracy"] = _single(head)
    found["gain of a head"] = _difference(head, offset)
    return found


def part(measured: Measured, chosen: NDArray[np.int64]) -> Statistics | Sums:
    """What was measured, on some sentences alone; a sentence may occur more than once."""
    if isinstance(measured, Tally):
        items = measured.items[chosen]
        return sums_of(replace(measured, sums=measured.sums[chosen, 0], items=items.reshape(len(items))))
    return Statistics(measured.metric, measured.values[chosen])


def value(measured: Measured) -> float:
    """The value over the whole population."""
    whole = part(measured, np.arange(len(measured.sums if isinstance(measured, Tally) else measured.values)))
    if isinstance(whole, Sums):
        return float(whole.formula(*(column.sum(axis=0) for column in whole.columns)))
    columns, formula, _ = summands(whole)
    return float(formula(columns.sum(axis=0)))


def _single(measured: Measured) -> Measure:
    truth = value(measured)
    return Measure(lambda sample: resampled(part(measured, sample.chosen), sample.counts), lambda _: truth)


def _difference(a: Measured, b: Measured) -> Measure:
    truth, one, other = value(a) - value(b), _single(a), _single(b)
    return Measure(lambda sample: one.resampled(sample) - other.resampled(sample), lambda _: truth)


def _selectivity_name(n_draws: int) -> str:
    return "selectivity" if n_draws == 1 else f"selectivity over {n_draws} draws"


def _selectivity(task: Statistics, controls: tuple[Statistics, ...], n_draws: int) -> Measure:
    """With one draw, of that draw; with several, over all draws that could have been drawn."""
    truths, of_task = np.array([value(control) for control in controls]), _single(task)
    whole = value(task)

    def found(sample: Sample) -> Resampled:
        drawn = [resampled(part(controls[d], sample.chosen), sample.counts) for d in sample.draws[n_draws]]
        return of_task.resampled(sample) - mean_over_draws(drawn)

    def truth(sample: Sample) -> float:
        return whole - float(truths[sample.draws[1][0]] if n_draws == 1 else truths.mean())

    return Measure(found, truth)


def _by_length(measured: Statistics) -> Measure:
    """The macro-average of the population's means of those lengths that the sample has."""
    rho, rows, length = (measured.values[:, column] for column in range(3))
    counted = rows > 0
    sums = [np.bincount(length[counted].astype(int), weights=w[counted]) for w in (rho, rows)]
    means: Floats = sums[0] / np.maximum(sums[1], 1)

    def truth(sample: Sample) -> float:
        lengths = np.unique(length[sample.chosen][counted[sample.chosen]].astype(int))
        return float(means[lengths].mean()) if len(lengths) else float("nan")

    return Measure(_single(measured).resampled, truth)
