"""The head of a classifier, fitted to the vectors that it reads while the encoder stays as it is.

A head that is one linear layer with a bias is the linear probe itself: logistic regression on standardised vectors,
whose standardisation is folded into the weights. Any other head (a dense layer before the last one, as in BERT, RoBERTa
and DistilBERT; a layer without a bias, as in decoders) is trained as a whole, by descent. In both, l2/2 of the squared
weights is added to the mean cross-entropy, and the loss on dev chooses the strength (``strengths.choose``).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import IntArray, Split
from probing.model.saved_head import ModelHead
from probing.probe.descent import Descent, Job, train_all
from probing.probe.fit import TASK, Setting, Target, apply, scale
from probing.probe.linear import Linear
from probing.probe.saved import fold
from probing.probe.strengths import choose

if TYPE_CHECKING:
    import torch

Float32 = NDArray[np.float32]
_BITS = 24  # of float32, in which the vectors come
_AT_ONCE = 4096  # vectors that a head is given together
_SAME = 1e-4  # what a linear layer may differ from its own formula, relative to the largest logit


@dataclass(frozen=True)
class HeadFit:
    """How a head was fitted. linear: as the linear probe. l2: the strength that dev chose; dev_nats: the loss there."""

    linear: bool
    l2: float
    dev_nats: float
    converged: bool


def fit_head(
    head: ModelHead,
    vectors: Mapping[Split, Float32],
    labels: Mapping[Split, IntArray],
    options: Linear,
    setting: Setting,
) -> HeadFit:
    """Fit the weights of ``head``, in place, to train and dev: vectors (N, D) and classes (N,) per split.

    options: of the linear probe; its strengths serve for both kinds. A class of dev that the head does not have is left
    out of the loss. Raises ModelError if a loss is not finite.
    """
    found = _linear(head, vectors["train"][:8])
    if found is None:
        return _trained(head, vectors, labels, options.l2, setting)
    weight, bias = found
    return _as_probe((weight, bias), vectors, labels, options, setting)


def apply_head(head: ModelHead, vectors: Float32) -> Float32:
    """Logits (N, C) of vectors (N, D)."""
    import torch

    device = next(iter(head.weights.values())).device
    with torch.inference_mode():
        starts = range(0, max(1, len(vectors)), _AT_ONCE)
        parts = (torch.from_numpy(vectors[at : at + _AT_ONCE]).to(device) for at in starts)
        return np.concatenate([head.logits(part).float().cpu().numpy() for part in parts])


def _linear(head: ModelHead, some: Float32) -> "tuple[torch.Tensor, torch.Tensor] | None":
    """The matrix (C, D) and the bias (C,) of a head that is nothing else; None for any other head."""
    pair = sorted(head.weights.values(), key=lambda weight: -weight.ndim)
    if [weight.ndim for weight in pair] != [2, 1] or pair[0].shape != (len(pair[1]), some.shape[1]):
        return None
    expected = some @ pair[0].detach().cpu().numpy().T + pair[1].detach().cpu().numpy()
    apart = np.abs(apply_head(head, some) - expected).max()
    return (pair[0], pair[1]) if apart <= _SAME * max(1.0, float(np.abs(expected).max())) else None


def _as_probe(
    weights: "tuple[torch.Tensor, torch.Tensor]",
    vectors: Mapping[Split, Float32],
    labels: Mapping[Split, IntArray],
    options: Linear,
    setting: Setting,
) -> HeadFit:
    """Write the linear probe into the matrix and the bias."""
    import torch

    by = scale(vectors["train"], options.standardise, _BITS)
    features = apply({split: vectors[split] for split in ("train", "dev")}, *by)
    features["test"] = features["dev"][:0]  # the probe predicts it too; it is scored elsewhere
    values = {"train": [labels["train"]], "dev": [labels["dev"]], "test": [labels["dev"][:0]]}
    target = Target("word", "class", len(weights[1]), values)
    [fit] = options.fit_layer(0, features, {TASK: target}, setting)
    assert fit.weights is not None
    with torch.no_grad():
        for weight, new in zip(weights, fold(fit.weights, *by), strict=True):
            weight.copy_(torch.from_numpy(new))
    return HeadFit(True, fit.chosen["l2"], fit.chosen["dev_nats"], fit.converged)


def _trained(
    head: ModelHead,
    vectors: Mapping[Split, Float32],
    labels: Mapping[Split, IntArray],
    l2: Sequence[float],
    setting: Setting,
) -> HeadFit:
    """Train every weight from where it stands, once for each strength."""
    import torch

    weights = [*head.weights.values()]
    start = [weight.detach().clone() for weight in weights]
    known = {"train": labels["train"] >= 0, "dev": labels["dev"] < len(head.id2label)}
    x, y = (
        {split: torch.from_numpy(np.asarray(of[split])[rows]).to(weights[0].device) for split, rows in known.items()}
        for of in (vectors, labels)
    )

    def loss_of(split: Split, places: "torch.Tensor") -> "torch.Tensor":
        logits = head.logits(x[split][places]).float()
        return torch.nn.functional.cross_entropy(logits, y[split][places])

    def solve(strength: float) -> "tuple[float, tuple[list[torch.Tensor], bool]]":
        _copy(start, weights)
        all_of_dev = torch.arange(len(y["dev"]), device=weights[0].device)
        name, n = f"the head, at l2={strength:g}", len(y["train"])
        job = Job(
            name, weights, n, lambda at, _: loss_of("train", at), lambda: float(loss_of("dev", all_of_dev)), strength
        )
        with _trainable(weights):
            [trained] = train_all([job], Descent(), setting.seed, "training the head", setting.on_progress)
        return trained.lowest, ([weight.detach().clone() for weight in weights], trained.converged)

    choice = choose(l2, solve)
    _copy(choice.solved[0], weights)
    return HeadFit(False, choice.l2, choice.loss, choice.solved[1])


@contextmanager
def _trainable(weights: "Sequence[torch.Tensor]") -> Iterator[None]:
    for weight in weights:
        weight.requires_grad_(True)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(False)


def _copy(values: "Sequence[torch.Tensor]", into: "Sequence[torch.Tensor]") -> None:
    import torch

    with torch.no_grad():
        for value, weight in zip(values, into, strict=True):
            weight.copy_(value)
