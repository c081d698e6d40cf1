"""Training of structural probes (Hewitt & Manning 2019): vectors and gold trees in, one map B per layer and target out.

The loss is the absolute error, divided by the sentence's n words (depth) or n² pairs (distance), averaged over
sentences. As published: B starts uniform in (−0.05, 0.05) and is trained with Adam, the learning rate is divided by
ten after each epoch without gain on dev, and the state of the last gain is kept. A gain is a fall of the lowest dev
loss by more than ``min_gain`` (absolute).

Two differences from the publication:

- All vectors of a layer are multiplied by one number, ``scale``, so that their mean squared norm under B starts at 1,
  which is one edge of a tree. Otherwise the start would depend on the layer's scale (large in GPT-2), its width and
  the rank. The family of probes stays the same, because ``scale`` is part of B.
- A batch holds sentences of similar length, which saves padding.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import IntArray, Progress, Split, no_progress
from probing.errors import ModelError, positive
from probing.probe.descent import one_thread
from probing.probe.geometry import FittedStructural, absolute_errors
from probing.probe.tree_batches import SentenceVectors, TreeGold, mean_square_norm

if TYPE_CHECKING:
    import torch

_START = 0.05  # entries of B start uniform within this distance of 0


@dataclass(frozen=True)
class Training:
    """How B is trained: ``rank`` is k, ``patience`` the number of epochs without gain after which a probe stops.

    Raises ConfigError for an option that is not greater than 0.
    """

    rank: int = 64
    epochs: int = 40
    learning_rate: float = 1e-3
    batch_sentences: int = 20
    patience: int = 5
    min_gain: float = 1e-4

    def __post_init__(self) -> None:
        for option in fields(Training):
            positive(f"probe.{option.name}", getattr(self, option.name))


def fit_structural(
    training: Training,
    vectors: Mapping[Split, SentenceVectors],
    targets: Mapping[str, Mapping[Split, Sequence[NDArray[Any]]]],
    rng: np.random.Generator,
    device: str = "cpu",
    on_progress: Progress = no_progress,
) -> dict[tuple[int, str], FittedStructural]:
    """Train one probe per layer (its index on the first axis of the vectors) and target, all in one pass.

    ``vectors`` and ``targets`` need the splits train and dev. A target is one array per sentence: depths (n,) or
    distances (n, n). All probes share the initial B and the batches; each has its own learning rate and its own stop,
    so that it comes out as if trained alone. Raises ProbingError if the targets do not fit the vectors, ModelError if
    a loss is not finite.
    """
    import torch

    train, dev = (TreeGold.of(s, vectors[s], [gold[s] for gold in targets.values()]) for s in ("train", "dev"))
    layers = train.vectors.values  # (L, W, D)
    start = rng.uniform(-_START, _START, size=(layers.shape[2], training.rank)).astype(np.float32)
    # The variance of an entry of B is _START² / 3. Vectors that are all zero cannot be scaled, and need not be.
    norms = [training.rank * mean_square_norm(layer) * _START**2 / 3 or 1.0 for layer in layers]
    runs = {
        (layer, name): _Run(layer, t, norm**-0.5, torch.tensor(start, device=device, requires_grad=True), start.T)
        for layer, norm in enumerate(norms)
        for t, name in enumerate(targets)
    }
    with one_thread():
        _train(list(runs.values()), training, train, dev, rng, on_progress)
    return {
        key: FittedStructural(train.pairs, r.kept, r.scale, tuple(r.dev_losses), r.stale >= training.patience)
        for key, r in runs.items()
    }


@dataclass(eq=False)
class _Run:
    """One probe in training: its parameter, which is B transposed (D, k), and its losses on dev so far."""

    layer: int
    target: int
    scale: float
    parameter: "torch.Tensor"
    kept: NDArray[np.float32]
    lowest: float = np.inf
    stale: int = 0
    dev_losses: list[float] = field(default_factory=list)

    def record(self, loss: float, group: dict[str, Any], min_gain: float) -> None:
        """After a gain, keep the state; otherwise divide the learning rate by ten."""
        self.dev_losses.append(loss)
        if not np.isfinite(loss):
            seen = f"structural probe of layer {self.layer}: loss {loss} after {len(self.dev_losses)} epochs"
            raise ModelError(
                f"{seen}; either its vectors are not finite, or the steps are too long: lower probe.learning_rate"
            )
        if loss < self.lowest - min_gain:
            self.lowest, self.stale, self.kept = loss, 0, self.parameter.detach().cpu().numpy().T.copy()
        else:
            self.stale += 1
            group["lr"] *= 0.1


def _train(
    runs: list[_Run],
    training: Training,
    train: TreeGold,
    dev: TreeGold,
    rng: np.random.Generator,
    on_progress: Progress,
) -> None:
    import torch

    optimizer = torch.optim.Adam([{"params": [run.parameter]} for run in runs], lr=training.learning_rate, fused=True)
    groups = dict(zip(map(id, runs), optimizer.param_groups, strict=True))
    dev_batches = dev.batches(training.batch_sentences, rng)
    n_batches = math.ceil(np.count_nonzero(train.lengths) / training.batch_sentences)
    for epoch in range(training.epochs):
        active = [run for run in runs if run.stale < training.patience]
        if not active:
            break
        for step, sentences in enumerate(train.batches(training.batch_sentences, rng)):
            optimizer.zero_grad()
            torch.autograd.backward(_losses(active, train, sentences).sum() / len(sentences))
            optimizer.step()
            on_progress("structural probes", epoch * n_batches + step, training.epochs * n_batches)
        with torch.no_grad():
            totals = torch.stack([_losses(active, dev, sentences) for sentences in dev_batches]).sum(dim=0)
        for run, total in zip(active, totals.tolist(), strict=True):
            run.record(total / sum(map(len, dev_batches)), groups[id(run)], training.min_gain)
    on_progress("structural probes", training.epochs * n_batches, training.epochs * n_batches)


def _losses(runs: list[_Run], side: TreeGold, sentences: IntArray) -> "torch.Tensor":
    """Loss of each run, summed over the given sentences: (P,)."""
    import torch

    layers = sorted({run.layer for run in runs})
    x, gold, weight = (torch.from_numpy(a).to(runs[0].parameter.device) for a in side.batch(sentences, layers))
    if len(layers) < len(runs):
        x = x[[layers.index(run.layer) for run in runs]]
    matrices = torch.stack([run.parameter * run.scale for run in runs])  # (P, D, k)
    z = (x.float().flatten(1, 2) @ matrices).view(*x.shape[:3], -1)  # (P, S, n, D) -> (P, S, n, k)
    return absolute_errors(z, gold[[run.target for run in runs]], weight)
