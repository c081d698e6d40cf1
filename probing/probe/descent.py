"""Training by gradient descent: any number of models, each as if trained alone, several at a time.

As in Hewitt & Liang (2019): Adam; the learning rate is halved after each epoch without a gain on dev; a model stops
after ``patience`` such epochs in a row and keeps the weights of its last gain. A gain is a fall of the lowest loss so
far by more than ``min_gain`` (their code takes 0.001 nats).

A model's random numbers come from the seed alone, so that its weights do not depend on what is trained beside it.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from probing.axes import IntArray, Progress, no_progress
from probing.errors import ModelError, positive
from probing.rng import generator

if TYPE_CHECKING:
    import torch

LEAST_STEPS = 50  # in an epoch: few items are cut into smaller batches
LEAST_ITEMS = 8  # in a batch
_LOOK_S = 0.1  # how often progress is reported


@dataclass(frozen=True)
class Descent:
    """How models are trained. ``batch_items``: items in a batch, at most; an epoch has ``LEAST_STEPS`` if it can.

    Raises ConfigError for an option that is not greater than 0.
    """

    epochs: int = 40
    learning_rate: float = 1e-3
    batch_items: int = 512
    patience: int = 4
    min_gain: float = 1e-3

    def __post_init__(self) -> None:
        for option in fields(Descent):
            positive(f"probe.{option.name}", getattr(self, option.name))

    def batches(self, n_items: int, rng: np.random.Generator, of: int | None = None) -> Iterator[IntArray]:
        """The places of all items in random order, in batches of equal size; the last one may be smaller.

        of: how many items there are in an epoch, if these are a part of them.
        """
        size = min(self.batch_items, max(LEAST_ITEMS, (of or n_items) // LEAST_STEPS))
        order = rng.permutation(n_items)
        for begin in range(0, n_items, size):
            yield order[begin : begin + size]


@dataclass(frozen=True, eq=False)
class Job:
    """One model to be trained.

    name: for messages. weights: tensors that require gradients; they are changed in place. n_items: in train. loss: the
    mean loss, a tensor (), of the training items at some places, with a generator for dropout. watched: the loss that
    decides when to stop, usually of dev. weight_decay: Adam's, l2/2 of it added to the loss.
    """

    name: str
    weights: "Sequence[torch.Tensor]"
    n_items: int
    loss: "Callable[[torch.Tensor, torch.Generator], torch.Tensor]"
    watched: Callable[[], float]
    weight_decay: float = 0.0


@dataclass(eq=False)
class Trained:
    """What training did: ``losses`` as watched after each epoch, the ``lowest``, its ``epoch`` (from 1), ``stale``
    epochs since then.
    """

    losses: list[float] = field(default_factory=list)
    lowest: float = np.inf
    epoch: int = 0
    stale: int = 0
    converged: bool = False

    def chosen(self) -> dict[str, float]:
        """As ``Fit.chosen`` has it: for how many epochs it was trained, and which one's weights were kept."""
        return {"epochs": float(len(self.losses)), "best_epoch": float(self.epoch)}


def train_all(
    jobs: Sequence[Job], descent: Descent, seed: int, step: str, on_progress: Progress = no_progress
) -> list[Trained]:
    """Train every model, as many at a time as there are threads, one thread each; ``step`` names it in the progress.

    On two processors this is faster than larger products of all models, and a busy machine slows it less. Raises
    ModelError, naming the model, if a loss is not finite.
    """
    import torch

    found = [Trained() for _ in jobs]
    stop, total = Event(), len(jobs) * descent.epochs
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        try:
            running: list[Future[None]] = [
                pool.submit(_train, job, descent, seed, trained, stop) for job, trained in zip(jobs, found, strict=True)
            ]
            while not all(one.done() for one in running):
                wait(running, _LOOK_S, FIRST_EXCEPTION)
                [one.result() for one in running if one.done()]  # raises what a thread raised
                on_progress(step, sum(descent.epochs if one.converged else len(one.losses) for one in found), total)
        finally:
            stop.set()
    [one.result() for one in running]
    on_progress(step, total, total)
    return found


def _train(job: Job, descent: Descent, seed: int, found: Trained, stop: Event) -> None:
    """Train one model and leave it with the weights of its last gain."""
    import torch

    torch.set_num_threads(1)  # of this thread
    device = job.weights[0].device
    rng, dropout = generator(seed, "order of items"), torch.Generator(device)
    dropout.manual_seed(int(generator(seed, "dropout").integers(2**62)))
    adam = torch.optim.Adam(job.weights, descent.learning_rate, weight_decay=job.weight_decay, fused=True)
    kept = [one.detach().clone() for one in job.weights]
    for _ in range(descent.epochs):
        for places in descent.batches(job.n_items, rng):
            if stop.is_set():
                return
            adam.zero_grad()
            job.loss(torch.from_numpy(places).to(device), dropout).backward()  # type: ignore[no-untyped-call]
            adam.step()
        with torch.no_grad():
            if gained(job.name, job.watched(), found, descent.min_gain):
                kept = [one.detach().clone() for one in job.weights]
            else:
                adam.param_groups[0]["lr"] *= 0.5
        found.converged = found.stale >= descent.patience
        if found.converged:
            break
    with torch.no_grad():
        for one, best in zip(job.weights, kept, strict=True):
            one.copy_(best)


def gained(name: str, loss: float, found: Trained, min_gain: float) -> bool:
    """Note the loss of an epoch; whether it is a gain. Raises ModelError, naming the model, if it is not finite."""
    found.losses.append(loss)
    if not np.isfinite(loss):
        seen = f"{name}: loss {loss} after {len(found.losses)} epochs"
        raise ModelError(
            f"{seen}; either its vectors are not finite, or the steps are too long: lower probe.learning_rate"
        )
    if loss < found.lowest - min_gain:
        found.lowest, found.epoch, found.stale = loss, len(found.losses), 0
        return True
    found.stale += 1
    return False


@contextmanager
def one_thread() -> Iterator[None]:
    """Use one thread: batches this small gain little from more, and are ten times slower on a busy machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
