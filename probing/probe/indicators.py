"""Logistic regression on features that are there or not, such as "the word is *it*": many features, few per item."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.fit import SCORED, Target
from probing.probe.regression import labels_in_train
from probing.rng import generator

if TYPE_CHECKING:
    import torch

EPOCHS, PATIENCE, RATE = 40, 2, 0.01  # of Adam; it ends after PATIENCE epochs without a lower loss on dev
LEAST = 2  # items of train that have a feature: others are not read
BATCHES, SMALLEST, LARGEST = 100, 16, 512  # about so many batches in an epoch; items in a batch

Features = Mapping[Split, Sequence[Sequence[str]]]  # of each item the names of the features that it has


def logistic_on_indicators(target: Target, features: Features) -> dict[Split, list[NDArray[Any]]]:
    """Predicted classes for dev and test, from the weights of the epoch that has the lowest cross-entropy on dev.

    Trained by Adam from zero, with an intercept for each class; stopping on dev is the only regularisation. Features
    that fewer than LEAST items of train have, or none, are not read.
    """
    import torch

    times = Counter(chain.from_iterable(features["train"]))
    number = {name: i for i, name in enumerate(sorted(name for name, n in times.items() if n >= LEAST))}
    x = {split: torch.from_numpy(_padded(rows, number)) for split, rows in features.items()}
    y = {split: torch.from_numpy(target.flat(split).astype(np.int64)) for split in x}
    bag = torch.nn.EmbeddingBag(len(number) + 2, target.n_classes, mode="sum", sparse=True, padding_idx=len(number))
    torch.nn.init.zeros_(bag.weight)
    known = torch.from_numpy(labels_in_train(target))
    lowest, stale, best = np.inf, 0, bag.weight.detach().clone()
    optimizer, rng = torch.optim.SparseAdam(bag.parameters(), lr=RATE), generator(0, "features")
    for _ in range(EPOCHS):
        _epoch(bag, optimizer, x["train"], y["train"], rng)
        with torch.no_grad():
            loss = float(torch.nn.functional.cross_entropy(bag(x["dev"][known]), y["dev"][known]))
        lowest, stale, best = (loss, 0, bag.weight.detach().clone()) if loss < lowest else (lowest, stale + 1, best)
        if stale >= PATIENCE:
            break
    bag.weight.data = best
    with torch.no_grad():
        return target.by_sentence({split: bag(x[split]).argmax(1).numpy() for split in SCORED})


def _epoch(bag: Any, optimizer: Any, x: "torch.Tensor", y: "torch.Tensor", rng: np.random.Generator) -> None:
    import torch

    size = min(max(SMALLEST, len(y) // BATCHES), LARGEST)
    order = torch.from_numpy(rng.permutation(len(y)))
    for begin in range(0, len(y), size):
        batch = order[begin : begin + size]
        optimizer.zero_grad()
        torch.autograd.backward(torch.nn.functional.cross_entropy(bag(x[batch]), y[batch]))
        optimizer.step()


def _padded(rows: Sequence[Sequence[str]], number: Mapping[str, int]) -> NDArray[np.int64]:
    """The numbers of each item's features, (N, most), the last one the intercept, after the padding's number."""
    known = [[number[name] for name in row if name in number] for row in rows]
    found = np.full((len(rows), 1 + max(map(len, known), default=0)), len(number), np.int64)
    for line, numbers in zip(found, known, strict=True):
        line[: len(numbers)] = numbers
    found[:, -1] = len(number) + 1
    return found
