"""Training by gradient descent, of models that are small enough to be followed."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from probing.errors import ModelError
from probing.probe.descent import Descent, Job, Trained, train_all

GOAL = 3.0


def job(watched: Callable[[torch.Tensor], float], start: float = 0.0) -> Job:
    """One weight that is drawn to GOAL."""
    weight = torch.tensor([start], requires_grad=True)
    return Job("one weight", [weight], 100, lambda places, _: ((weight - GOAL) ** 2).sum(), lambda: watched(weight))


def trained(descent: Descent, *jobs: Job) -> list[Trained]:
    return train_all(jobs, descent, seed=0, step="epochs")


def test_a_model_comes_to_its_minimum_and_stops():
    one = job(lambda weight: float((weight - GOAL) ** 2))
    [how] = trained(Descent(learning_rate=0.05, min_gain=1e-6), one)
    assert one.weights[0].item() == pytest.approx(GOAL, abs=1e-2)
    assert how.converged
    assert how.epoch == len(how.losses) - 4


def test_the_learning_rate_is_halved_after_each_epoch_without_a_gain():
    """The first epoch gains, no other: each moves the weight by half of what the one before did."""
    seen: list[float] = []

    def watched(weight: torch.Tensor) -> float:
        seen.append(float(weight))
        return 1.0

    trained(Descent(learning_rate=1e-3, patience=4), job(watched))
    moved = np.diff([0.0, *seen])
    # Adam's steps are as long as the rate while the gradient stays nearly the same; 13 of 8 items each
    assert moved / moved[0] == pytest.approx([1, 1, 0.5, 0.25, 0.125], rel=2e-2)


def test_the_weights_of_the_best_epoch_are_kept_even_if_later_ones_differ():
    losses = iter([3.0, 2.0, 5.0, 5.0])
    seen: list[float] = []

    def watched(weight: torch.Tensor) -> float:
        seen.append(float(weight))
        return next(losses)

    one = job(watched)
    [how] = trained(Descent(patience=2), one)
    assert (how.lowest, how.epoch, how.converged) == (2.0, 2, True)
    assert one.weights[0].item() == seen[1] != seen[3]


def test_a_fall_by_less_than_min_gain_is_no_gain():
    losses = iter([1.0, 0.96, 0.92, 0.9, 0.9])
    [how] = trained(Descent(patience=2, min_gain=0.05), job(lambda weight: next(losses)))
    assert (how.lowest, how.epoch) == (0.92, 3)  # 0.96 is no gain; 0.92 is 0.08 below the last one


def test_batches_hold_every_item_once_and_few_items_make_small_batches():
    for n, size, count in ((100_000, 512, 196), (1000, 20, 50), (100, 8, 13)):
        batches = [*Descent().batches(n, np.random.default_rng(0))]
        assert (len(batches[0]), len(batches)) == (size, count)
        assert sorted(np.concatenate(batches)) == list(range(n))


def test_a_loss_that_is_not_finite_names_the_model_and_ends_all():
    with pytest.raises(ModelError, match=r"one weight: loss nan after 1 epochs.*probe.learning_rate"):
        trained(Descent(), job(lambda weight: float("nan")), job(lambda weight: 1.0))


def test_progress_ends_complete():
    told: list[tuple[str, int, int]] = []
    jobs = [job(lambda weight: 1.0), job(lambda weight: 1.0)]
    train_all(jobs, Descent(epochs=10), 0, "epochs", lambda *one: told.append(one))
    assert told[-1] == ("epochs", 20, 20)
