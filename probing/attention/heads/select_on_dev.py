"""The best head for each target is chosen on dev and scored on test, next to the best fixed offset."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from probing.attention.heads.head_accuracy import HEADS, OFFSETS, RANDOM, offset_name
from probing.axes import Tally


@dataclass(frozen=True)
class Choice:
    """The best head and the best offset for one target: their accuracy on dev, and their tallies, sums (N, 1), on test.

    ``random_test`` is the expected accuracy of a random other word. All three tallies count the same questions, so that
    they can be paired by sentence.
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
    """One choice per target with at least ``least`` cases in test, and the number of targets left out, by reason.

    ``dev`` and ``test`` come from ``Hits.tallies``. Of equally good heads, the lowest layer is chosen, then the lowest
    head; of offsets the nearest.
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
        f"targets left out because they have fewer than {least} cases in test": few,
        "targets left out because they have no case in dev": unseen,
    }
    return choices, {reason: n for reason, n in counts.items() if n}


def _by_target(tallies: Iterable[Tally]) -> Iterator[tuple[str, dict[str, Tally]]]:
    """One target at a time, because the sums of all targets together are large."""
    for target, group in groupby(tallies, key=lambda tally: tally.target):
        yield target, {tally.probe: tally for tally in group}


def _best(found: dict[str, Tally]) -> tuple[tuple[int, int], float, int, float]:
    """(Index of the layer, head) and mean of the best head; the best offset and its mean."""
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
