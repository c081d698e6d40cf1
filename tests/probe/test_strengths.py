"""The path from strong to weak, on losses that are known."""

import math

import pytest

from probing.probe.strengths import FURTHER, choose, limits

GRID = [1e-4, 1e-3, 1e-2, 1e-1]


def walk(best: float, grid: list[float] = GRID) -> tuple[float, list[float]]:
    """The choice, and the strengths that were tried, where the loss is least at ``best``."""
    tried = []

    def solve(l2: float) -> tuple[float, None]:
        tried.append(l2)
        return 1 + math.log10(l2 / best) ** 2, None

    return choose(grid, solve).l2, tried


def test_the_strength_of_the_least_loss_is_chosen_and_the_path_ends_after_two_that_are_worse():
    assert walk(1e-2) == (1e-2, [1e-1, 1e-2, 1e-3, 1e-4])
    assert walk(1e-1, [1e-5, *GRID, 1.0]) == (1e-1, [1.0, 1e-1, 1e-2, 1e-3])


@pytest.mark.parametrize("best, tried", [(1e-6, [1e-5, 1e-6]), (10, [1, 10])])
def test_the_grid_grows_by_its_own_ratio_where_its_end_is_best(best, tried):
    chosen, all_tried = walk(best)
    assert chosen == best
    known = [s for s in sorted(GRID, reverse=True) if s in all_tried]
    assert all_tried == [*known, *tried]


@pytest.mark.parametrize("best", [1e-4, 1e-1])
def test_it_does_not_grow_where_the_losses_promise_nothing(best):
    assert set(walk(best)[1]) <= set(GRID)


def test_it_grows_where_the_losses_promise_little():
    """Each strength brings 0.4 of what the one before brought: beyond the grid there is still something to gain."""
    tried = []

    def solve(l2: float) -> tuple[float, None]:
        tried.append(l2)
        return 1 + 100 * 0.4 ** -math.log10(l2), None

    assert choose(GRID, solve).l2 == 1e-7
    assert tried[len(GRID) :] == [1e-5, 1e-6, 1e-7]


def test_two_strengths_promise_nothing_either_way_so_the_next_one_is_tried():
    assert walk(1e-2, [1e-2, 1e-1])[1] == [1e-1, 1e-2, 1e-3]


def test_it_grows_no_further_than_its_limits():
    assert limits(GRID) == (1e-7, 100.0)
    assert walk(1e-20)[0] == 1e-7 and len(walk(1e-20)[1]) == len(GRID) + FURTHER
    assert walk(1e9)[0] == 100.0


def test_one_strength_is_taken_as_it_is():
    assert walk(1e-9, [1e-2]) == (1e-2, [1e-2])
    assert limits([1e-2]) == ()


def test_differences_that_the_solver_may_make_choose_nothing():
    """Among losses that are equal up to rounding, the strongest penalty is chosen, and no path ends or grows."""
    for noise in ([0, 1e-5, -2e-5, 1e-5], [1e-5, 0, 1e-6, -1e-5]):
        losses = dict(zip(sorted(GRID, reverse=True), noise, strict=True))
        assert choose(GRID, lambda l2, losses=losses: (1 + losses.get(l2, 0), None)).l2 == 1e-1
    plateau = {1e-1: 1.0, 1e-2: 1.0, 1e-3: 1.0, 1e-4: 0.5}  # strong penalties that leave only the intercepts
    assert choose(GRID, lambda l2: (plateau.get(l2, 0.6), None)).l2 == 1e-4


def test_rough_losses_choose_what_is_solved_to_the_end_and_nothing_else():
    """Beyond 2 % of the best rough loss no strength is finished; what finishing changes decides."""
    rough = {1e-1: 2.0, 1e-2: 1.01, 1e-3: 1.0, 1e-4: 1.1}
    exact = {1e-2: 0.99, 1e-3: 1.0}
    finished = []

    def finish(l2: float, solved: str) -> tuple[float, str]:
        finished.append(l2)
        return exact[l2], f"{solved}, finished"

    found = choose(GRID, lambda l2: (rough[l2], "rough"), finish)
    assert (found.l2, found.loss, found.solved) == (1e-2, 0.99, "rough, finished")
    assert finished == [1e-2, 1e-3]


def test_a_strength_that_is_worse_once_it_is_finished_gives_way_to_another_that_is_finished_too():
    rough = {1e-1: 2.0, 1e-2: 1.05, 1e-3: 1.0, 1e-4: 1.5}
    exact = {1e-2: 1.04, 1e-3: 1.2}
    found = choose(GRID, lambda l2: (rough[l2], None), lambda l2, _: (exact[l2], None))
    assert (found.l2, found.loss) == (1e-2, 1.04)


def test_strengths_beyond_the_grid_are_finished_before_they_are_compared():
    found = choose(GRID, lambda l2: (5 + math.log10(l2), None), lambda l2, _: (8.5 + math.log10(l2), None))
    assert found.l2 == 1e-7 and found.loss == pytest.approx(1.5)
