"""Many values at once: do the layers that may be the best hold the best, and how often does a family find too much."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipelines.covering.measures import Sample, part, value
from pipelines.covering.population import Population
from probing.axes import Tally
from probing.result.bootstrap import resampled
from probing.result.simultaneous import best_places, jointly
from probing.result.statistics import Floats, Statistics
from probing.result.tally import sums_of

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
    n_units = np.full(len(a), float(len(sample.chosen)))
    return bool((jointly(value_of[a] - value_of[b], values[:, a] - values[:, b], n_units).p <= LEVEL).any())


def heads_with_gain(pool: Population, sample: Sample, rng: np.random.Generator) -> bool:
    """Whether the head of any relation is significantly better or worse than its offset, although none is.

    In each sentence and relation, head and offset change places with a probability of one half.
    """
    head, offset = (_by_relation(tallies, sample.chosen) for tallies in (pool.heads, pool.offsets))
    swapped = rng.random(head.sums.shape) < 0.5
    one, other = np.where(swapped, offset.sums, head.sums), np.where(swapped, head.sums, offset.sums)
    sides = [resampled(sums_of(replace(head, sums=side)), sample.counts) for side in (one, other)]
    gain = sides[0] - sides[1]
    return bool((jointly(gain.value, gain.values, gain.n_units).p <= LEVEL).any())


def _by_relation(tallies: Sequence[Tally], chosen: NDArray[np.int64]) -> Tally:
    """Some sentences of all relations as one tally, (n, K)."""
    sums = np.stack([tally.sums[chosen, 0] for tally in tallies], axis=1)
    return replace(tallies[0], sums=sums, items=np.stack([tally.items[chosen].ravel() for tally in tallies], axis=1))


def _over_layers(layers: tuple[Statistics, ...], sample: Sample) -> tuple[Floats, Floats]:
    """(L,) and (R, L)."""
    found = [resampled(part(layer, sample.chosen), sample.counts) for layer in layers]
    return np.array([each.value for each in found]), np.stack([each.values for each in found], axis=1)


def _with_right(layer: Statistics, chosen: NDArray[np.int64], right: Floats) -> Statistics:
    values = layer.values[chosen].copy()
    values[:, 0] = right
    return Statistics(layer.metric, values)
