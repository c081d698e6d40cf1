"""The best head for each target is chosen on one split and scored on another, beside the best fixed offset."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from probing.attention.heads.head_accuracy import HEADS, OFFSETS, RANDOM, offset_name
from probing.axes import Tally


@dataclass(frozen=True)
class Choice:
    """The best head and the best offset for one target: their accuracy on dev, their tallies (N, 1) on test.

    ``random`` is the expectation of a word drawn from the others. All three tallies are of the same questions, so
    that they can be paired by sentence.
    """

    target: str
    layer: int
    head: int
    offset: int
    head_dev: float
    offset_dev: float
    head_test: Tally
    offset_test: Tally
    random_test: Tally


def choose(dev: Iterable[Tally], test: Iterable[Tally], least: int = 20) -> tuple[list[Choice], dict[str, int]]:
    """One choice per target of ``test`` with at least ``least`` questions, and how many targets were left out.

    ``dev`` and ``test`` are what ``Hits.tallies`` yields. Of equally good heads the lowest layer is taken, then the
    lowest head; of offsets the nearest.
    """
    best = {target: _best(found) for target, found in _by_target(dev) if found[HEADS].items.sum() > 0}
    choices: list[Choice] = []
    few, unseen = 0, 0
    for target, found in _by_target(test):
        if found[HEADS].items.sum() < max(least, 1):
            few += 1
        elif target not in best:
            unseen += 1
        else:
            choices.append(_scored(target, best[target], found))
    counts = {
        f"targets with fewer than {least} questions to heads in test, left out": few,
        "targets without a question to heads in dev, left out": unseen,
    }
    return choices, {reason: n for reason, n in counts.items() if n}


def _by_target(tallies: Iterable[Tally]) -> Iterator[tuple[str, dict[str, Tally]]]:
    """Target by target, since the sums of all targets together would be large."""
    for target, group in groupby(tallies, key=lambda tally: tally.target):
        yield target, {tally.probe: tally for tally in group}


def _best(found: dict[str, Tally]) -> tuple[tuple[int, int], float, int, float]:
    """Place (layer's index, head) and mean of the best head; the best offset and its mean."""
    heads = _mean(found[HEADS])
    layer, head = np.unravel_index(heads.argmax(), heads.shape)
    offsets = [float(_mean(found[offset_name(offset)])[0]) for offset in OFFSETS]
    nearest = int(np.argmax(offsets))
    return (int(layer), int(head)), float(heads[layer, head]), OFFSETS[nearest], offsets[nearest]


def _scored(target: str, best: tuple[tuple[int, int], float, int, float], found: dict[str, Tally]) -> Choice:
    (place, head), head_dev, offset, offset_dev = best
    heads = found[HEADS]
    layer = heads.layers[place]
    chosen = replace(heads, layers=(layer,), sums=heads.sums[:, [place], head])
    beside = found[offset_name(offset)]
    return Choice(target, layer, head, offset, head_dev, offset_dev, chosen, beside, found[RANDOM])


def _mean(tally: Tally) -> NDArray[np.float64]:
    """Sum of sums over sum of items, (L,) or (L, H)."""
    mean: NDArray[np.float64] = tally.sums.sum(axis=0) / tally.items.sum()
    return mean
