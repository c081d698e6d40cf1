"""Many values at once: do the layers that may be the best hold the best, and how often does a family find too much."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipelines.covering.measures import Sample, part, value
from pipelines.covering.population import Population
from probing.axes import Tally
from probing.result.bootstrap import resampled
from probing.result.simultaneous import best_places, jointly
from probing.result.statistics import Floats, Statistics

LEVEL = 0.05


def best_layer_set(pool: Population, sample: Sample) -> tuple[bool, int]:
    """Whether the layers that may be the best on a sample hold the population's best one, and how many they are."""
    truth = int(np.argmax([value(layer) for layer in pool.layers]))
    members = best_places(*_over_layers(pool.layers, sample)).members
    return bool(members[truth]), int(members.sum())


def layers_told_apart(pool: Population, sample: Sample, rng: np.random.Generator) -> bool:
    """Whether two layers differ significantly, although none differs: each sentence shuffles what layers got right."""
    right = rng.permuted(np.stack([layer.values[sample.chosen, 0] for layer in pool.layers]), axis=0)  # (L, n)
    mixed = [_with_right(layer, sample.chosen, of_layer) for layer, of_layer in zip(pool.layers, right, strict=True)]
    everything = replace(sample, chosen=np.arange(len(sample.chosen)))
    value_of, values = _over_layers(tuple(mixed), everything)
    a, b = np.triu_indices(len(mixed), 1)
    return bool((jointly(value_of[a] - value_of[b], values[:, a] - values[:, b]).p <= LEVEL).any())


def heads_with_gain(pool: Population, sample: Sample, rng: np.random.Generator) -> bool:
    """Whether the head of any relation is significantly better or worse than its offset, although none is.

    In each sentence and relation, head and offset change places with a probability of one half.
    """
    swapped = rng.random((len(pool.heads), len(sample.chosen))) < 0.5
    everything = replace(sample, chosen=np.arange(len(sample.chosen)))
    found = []
    for head, offset, swap in zip(pool.heads, pool.offsets, swapped, strict=True):
        sides = [_rows(one, other, sample.chosen, swap) for one, other in ((head, offset), (offset, head))]
        gains = [resampled(part(side, everything.chosen), sample.counts) for side in sides]
        found.append(gains[0] - gains[1])
    joint = jointly(np.array([gain.value for gain in found]), np.stack([gain.values for gain in found], axis=1))
    return bool((joint.p <= LEVEL).any())


def _over_layers(layers: tuple[Statistics, ...], sample: Sample) -> tuple[Floats, Floats]:
    """(L,) and (R, L)."""
    found = [resampled(part(layer, sample.chosen), sample.counts) for layer in layers]
    return np.array([each.value for each in found]), np.stack([each.values for each in found], axis=1)


def _with_right(layer: Statistics, chosen: NDArray[np.int64], right: Floats) -> Statistics:
    values = layer.values[chosen].copy()
    values[:, 0] = right
    return Statistics(layer.metric, values)


def _rows(one: Tally, other: Tally, chosen: NDArray[np.int64], swap: NDArray[np.bool_]) -> Tally:
    sums = np.where(swap[:, None], other.sums[chosen], one.sums[chosen])
    return replace(one, sums=sums, items=one.items[chosen])
