"""Which strength of the penalty: the path from strong to weak, where it ends, and how the grid grows at its ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

ROUGH = 0.02  # of the best rough loss on dev: strengths beyond it are not solved to the end
MARGIN = 1e-3  # of the best loss on dev: smaller differences do not count, and the stronger penalty is kept
WORSE = 2  # strengths in a row that are worse than the best one end the path
FURTHER = 3  # strengths by which a grid may grow at either end

Solved = TypeVar("Solved")
Finish = Callable[[float, Solved], tuple[float, Solved]]


@dataclass(frozen=True)
class Choice(Generic[Solved]):
    """The chosen strength, what was solved there, and its loss on dev."""

    l2: float
    solved: Solved
    loss: float


def choose(
    grid: Sequence[float],
    solve: Callable[[float], tuple[float, Solved]],
    finish: Finish[Solved] | None = None,
) -> Choice[Solved]:
    """The strongest penalty whose loss on dev is the smallest, up to ``MARGIN``.

    ``solve`` gives the loss on dev at a strength and what was solved. It is called from strong to weak, and no more
    once the loss was ``WORSE`` times in a row worse than the best one. If the best one is an end of the grid, the grid
    grows there by its own ratio, as long as the loss falls by more than ``MARGIN`` and ``_promises`` to fall on, by at
    most ``FURTHER`` strengths. A grid of one strength does not grow.

    finish: if given, ``solve`` may be rough. ``finish`` solves to the end, from a rough solution, where the rough loss
    is within ``ROUGH`` of the best one, and beyond the grid; the choice is among these. Other losses stay rough: they
    only tell where the path ends, and whether growing promises anything.
    """
    tried = _path(grid, solve, ROUGH if finish else MARGIN)
    if finish:
        tried = _finished(tried, finish)
    least = min(one.loss for one in tried)
    best = next(one for one in tried if one.loss <= _bound(least))
    for towards_end in (tried, tried[::-1]):
        if best is towards_end[-1]:
            further = _further(grid, weaker=towards_end is tried)
            best = _grown(towards_end, further, lambda l2: _to_the_end(_solved(l2, solve), finish))
    return best


def _path(grid: Sequence[float], solve: Callable[[float], tuple[float, Solved]], margin: float) -> list[Choice[Solved]]:
    """The strengths from strong to weak, until ``WORSE`` in a row are worse than the best one by ``margin``."""
    tried: list[Choice[Solved]] = []
    worse = 0
    for l2 in sorted(set(grid), reverse=True):
        tried.append(_solved(l2, solve))
        worse = worse + 1 if tried[-1].loss > min(one.loss for one in tried) * (1 + margin) else 0
        if worse == WORSE:
            break
    return tried


def _finished(tried: Sequence[Choice[Solved]], finish: Finish[Solved]) -> list[Choice[Solved]]:
    """The same strengths, those whose loss is near the best one solved to the end, also if that changes the best."""
    found, rough = [*tried], [*range(len(tried))]
    while near := [n for n in rough if found[n].loss <= min(one.loss for one in found) * (1 + ROUGH)]:
        found[near[0]] = _to_the_end(found[near[0]], finish)
        rough.remove(near[0])
    return found


def limits(grid: Sequence[float]) -> tuple[float, ...]:
    """The strengths beyond which the grid does not grow, the weakest first; none for a grid of one strength."""
    return (_further(grid, weaker=True)[-1], _further(grid, weaker=False)[-1]) if len(set(grid)) > 1 else ()


def _grown(
    tried: Sequence[Choice[Solved]], further: Sequence[float], solve: Callable[[float], Choice[Solved]]
) -> Choice[Solved]:
    """The best of the last of ``tried``, an end of the grid, and the strengths ``further`` beyond it."""
    found = [*tried]
    for l2 in further:
        if not _promises([one.loss for one in found]):
            break
        found.append(solve(l2))
        if not _bound(found[-1].loss) < found[-2].loss:
            return found[-2]
    return found[-1]


def _promises(losses: Sequence[float]) -> bool:
    """Whether losses, one per strength, are likely to fall by more than ``MARGIN`` at the next one.

    Over log l2 they are nearly convex: each strength brings less than the one before. The next one is expected to bring
    less than the last by half of what the last brought less than the one before: a parabola would take off all of it.
    """
    if len(losses) < 3:
        return True
    before, last = losses[-3] - losses[-2], losses[-2] - losses[-1]
    return losses[-1] > _bound(losses[-1] - last + (before - last) / 2)


def _further(grid: Sequence[float], weaker: bool) -> list[float]:
    """The strengths by which a grid may grow at one end, by the ratio of the two last ones there."""
    ordered = sorted(set(grid), reverse=weaker)
    if len(ordered) < 2:
        return []
    # rounded, so that 1e-5 follows 1e-4 and not 1.0000000000000003e-05
    return [float(f"{ordered[-1] * (ordered[-1] / ordered[-2]) ** step:.6g}") for step in range(1, FURTHER + 1)]


def _solved(l2: float, solve: Callable[[float], tuple[float, Solved]]) -> Choice[Solved]:
    loss, solved = solve(l2)
    return Choice(l2, solved, loss)


def _to_the_end(rough: Choice[Solved], finish: Finish[Solved] | None) -> Choice[Solved]:
    if finish is None:
        return rough
    loss, solved = finish(rough.l2, rough.solved)
    return Choice(rough.l2, solved, loss)


def _bound(loss: float) -> float:
    """The largest loss that counts as equal to ``loss``, which is not negative."""
    return loss * (1 + MARGIN)
