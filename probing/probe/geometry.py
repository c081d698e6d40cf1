"""The geometry of structural probes (Hewitt & Manning 2019): a rank-k map under which squared norms are tree geometry.

Depth of a word: ‖B h‖². Distance of two words: ‖B (h_i − h_j)‖². Loss: the absolute error,
divided by the sentence's n words (depth) or n² pairs (distance), averaged over sentences. As published:
B from U(−0.05, 0.05), Adam, learning rate divided by ten after an epoch without gain on dev, the state of
the last gain kept. A gain is an absolute fall of the lowest dev loss by more than ``min_gain``.

Two departures. The vectors of a layer are multiplied by one number, ``scale``, such that their mean squared
norm under B starts at 1, one edge, whatever the layer's scale (GPT-2's is large), its width and the rank;
the family of probes is the same, ``scale`` being part of B. And a batch holds sentences of similar length.

There is no constant term: depth, in a layer without a near-constant direction that could serve as one, may
come out far below what a regression finds there.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import FloatArray, IntArray, Progress, Split, no_progress
from probing.errors import ModelError
from probing.probe.tree_batches import SentenceVectors, TreeGold, mean_square_norm

if TYPE_CHECKING:
    import torch

    from probing.probe.structural import Structural

_START = 0.05  # entries of B start uniform within this distance of 0


@dataclass(frozen=True)
class FittedStructural:
    """One probe: ``matrix`` is B, (k, D), for vectors multiplied by ``scale``; ``dev_losses`` one per epoch."""

    pairs: bool  # distances of word pairs, not depths of words
    matrix: NDArray[np.float32]
    scale: float
    dev_losses: tuple[float, ...]
    converged: bool  # stopped for lack of gain on dev, not because the epochs were used up

    def predict(self, vectors: NDArray[Any], offsets: IntArray) -> list[FloatArray]:
        """Depths (n,) or distances (n, n) of each sentence, from this layer's vectors (W, D)."""
        from scipy.spatial.distance import cdist

        projected = vectors.astype(np.float32) @ (self.matrix.T * np.float32(self.scale))  # (W, D) -> (W, k)
        sentences = np.split(projected, offsets[1:-1])
        if self.pairs:
            return [cdist(z, z, "sqeuclidean") for z in sentences]
        return [np.square(z).sum(axis=1) for z in sentences]


def fit_structural(
    probe: "Structural",
    train: SentenceVectors,
    dev: SentenceVectors,
    targets: Mapping[str, Mapping[Split, Sequence[NDArray[Any]]]],
    rng: np.random.Generator,
    device: str = "cpu",
    on_progress: Progress = no_progress,
) -> dict[tuple[int, str], FittedStructural]:
    """Train one probe per layer (position on the first axis of the vectors) and target, all in one pass.

    ``targets`` hold the gold of both splits, one array per sentence: depths (n,) or else distances (n, n).
    All probes share the start and the batches; each has its own learning rate and its own end, and comes
    out as alone. Raises ProbingError where gold does not fit the vectors, ModelError if a loss is not finite.
    """
    import torch

    train_side = TreeGold.of("train", train, [gold["train"] for gold in targets.values()])
    dev_side = TreeGold.of("dev", dev, [gold["dev"] for gold in targets.values()])
    start = rng.uniform(-_START, _START, size=(train.values.shape[2], probe.rank)).astype(np.float32)
    # Variance of an entry of B: _START² / 3. Vectors that are all zero have no scale, and need none.
    norms = [probe.rank * mean_square_norm(layer) * _START**2 / 3 or 1.0 for layer in train.values]
    runs = {
        (layer, name): _Run(layer, t, norm**-0.5, torch.tensor(start, device=device, requires_grad=True), start.T)
        for layer, norm in enumerate(norms)
        for t, name in enumerate(targets)
    }
    with _one_thread():
        _train(list(runs.values()), probe, train_side, dev_side, rng, on_progress)
    return {
        key: FittedStructural(train_side.pairs, r.kept, r.scale, tuple(r.dev_losses), r.stale >= probe.patience)
        for key, r in runs.items()
    }


def absolute_errors(z: "torch.Tensor", gold: "torch.Tensor", weight: "torch.Tensor") -> "torch.Tensor":
    """Weighted sum of each probe's absolute errors, from projected vectors (P, S, n, k): (P,).

    ``gold`` (P, S, n) are depths, (P, S, n, n) distances; ``weight`` is the same without P, 0 for padding.
    """
    if weight.ndim == 3:
        # Distances do not depend on the origin; far from the words, the difference of squares loses digits.
        z = z - z[:, :, :1].detach()
        squares = z.square().sum(dim=-1)
        predicted = squares.unsqueeze(-1) + squares.unsqueeze(-2) - 2 * z @ z.mT
    else:
        predicted = z.square().sum(dim=-1)
    return ((predicted - gold).abs() * weight).flatten(1).sum(dim=1)


@dataclass
class _Run:
    """One probe in training: its parameter (D, k) and how it fared on dev so far."""

    layer: int
    target: int
    scale: float
    parameter: "torch.Tensor"
    kept: NDArray[np.float32]
    lowest: float = np.inf
    stale: int = 0
    dev_losses: list[float] = field(default_factory=list)

    def record(self, loss: float, group: dict[str, Any], min_gain: float) -> None:
        """Keep the state after a gain; else take smaller steps from here on."""
        self.dev_losses.append(loss)
        if not np.isfinite(loss):
            seen = f"structural probe of layer {self.layer}: loss {loss} after {len(self.dev_losses)} epochs"
            raise ModelError(f"{seen}; its vectors hold numbers that are not finite, or lower probe.learning_rate")
        if loss < self.lowest - min_gain:
            self.lowest, self.stale, self.kept = loss, 0, self.parameter.detach().cpu().numpy().T.copy()
        else:
            self.stale += 1
            group["lr"] *= 0.1


def _train(
    runs: list[_Run],
    probe: "Structural",
    train: TreeGold,
    dev: TreeGold,
    rng: np.random.Generator,
    on_progress: Progress,
) -> None:
    import torch

    optimizer = torch.optim.Adam([{"params": [run.parameter]} for run in runs], lr=probe.learning_rate, fused=True)
    groups = dict(zip(map(id, runs), optimizer.param_groups, strict=True))
    dev_batches = dev.batches(probe.batch_sentences, rng)
    n_batches = math.ceil(np.count_nonzero(train.lengths) / probe.batch_sentences)
    for epoch in range(probe.epochs):
        active = [run for run in runs if run.stale < probe.patience]
        if not active:
            break
        for step, sentences in enumerate(train.batches(probe.batch_sentences, rng)):
            optimizer.zero_grad()
            torch.autograd.backward(_losses(active, train, sentences).sum() / len(sentences))
            optimizer.step()
            on_progress("structural probes", epoch * n_batches + step, probe.epochs * n_batches)
        with torch.no_grad():
            totals = torch.stack([_losses(active, dev, sentences) for sentences in dev_batches]).sum(dim=0)
        for run, total in zip(active, totals.tolist(), strict=True):
            run.record(total / sum(map(len, dev_batches)), groups[id(run)], probe.min_gain)
    on_progress("structural probes", probe.epochs * n_batches, probe.epochs * n_batches)


def _losses(runs: list[_Run], side: TreeGold, sentences: IntArray) -> "torch.Tensor":
    """Summed loss of each run over some sentences: (P,)."""
    import torch

    layers = sorted({run.layer for run in runs})
    x, gold, weight = (torch.from_numpy(a).to(runs[0].parameter.device) for a in side.batch(sentences, layers))
    if len(layers) < len(runs):
        x = x[[layers.index(run.layer) for run in runs]]
    matrices = torch.stack([run.parameter * run.scale for run in runs])  # (P, D, k)
    z = (x.float().flatten(1, 2) @ matrices).view(*x.shape[:3], -1)  # (P, S, n, D) -> (P, S, n, k)
    return absolute_errors(z, gold[[run.target for run in runs]], weight)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Batches this small gain little from threads, and lose tenfold where others compete for the cores."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
