"""What a model that is trained by gradient descent has to predict: the loss for its outputs, and what they mean."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import Split
from probing.probe.fit import Target
from probing.probe.regression import labels_in_train

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Goal:
    """One target. Classes: outputs (N, C) are logits, the loss is cross-entropy in nats. Numbers: outputs (N, 1), the
    loss is the squared error; both are divided by the deviation of the labels of train.
    """

    target: Target
    mean: float = 0.0
    deviation: float = 1.0

    @property
    def outputs(self) -> int:
        """How many outputs a model needs."""
        return self.target.n_classes if self.target.kind == "class" else 1

    @property
    def watched(self) -> Split:
        """The split whose loss decides when to stop: train for labels that can only be memorised, else dev."""
        return "dev" if "dev" in self.target.scored else "train"

    def labels(self, split: Split, device: str) -> "torch.Tensor":
        """Labels of a split as the loss takes them, (N,)."""
        import torch

        flat = self.target.flat(split)
        if self.target.kind == "class":
            return torch.from_numpy(flat.astype(np.int64)).to(device)
        return torch.from_numpy(((flat - self.mean) / self.deviation).astype(np.float32)).to(device)

    def known(self) -> NDArray[np.int64]:
        """The places of the items that ``watched`` counts, (N,): a class that train does not have has no loss."""
        if self.watched == "train" or self.target.kind != "class":
            return np.arange(len(self.target.flat(self.watched)))
        return np.flatnonzero(labels_in_train(self.target))

    def loss(self, outputs: "torch.Tensor", labels: "torch.Tensor") -> "torch.Tensor":
        """The mean loss of outputs (N, C), with labels (N,)."""
        from torch.nn.functional import cross_entropy, mse_loss

        if self.target.kind == "class":
            return cross_entropy(outputs, labels)
        return mse_loss(outputs[:, 0], labels)

    def read(self, outputs: "torch.Tensor") -> NDArray[Any]:
        """Class numbers, or numbers as the labels have them, (N,)."""
        if self.target.kind == "class":
            return np.asarray(outputs.argmax(1).cpu())
        return np.asarray(outputs[:, 0].cpu()) * np.float32(self.deviation) + np.float32(self.mean)

    def in_units(self, weights: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
        """A linear model (C, D + 1), the intercept last, whose outputs are as ``read`` gives them."""
        if weights is None or self.target.kind == "class":
            return weights
        scaled = weights * np.float32(self.deviation)
        scaled[:, -1] += np.float32(self.mean)
        return scaled

    def dev_score(self, predicted: NDArray[Any]) -> float:
        """By which layers are compared: accuracy on dev, or minus the mean squared error."""
        gold = self.target.flat("dev")
        if self.target.kind == "class":
            return float((predicted == gold).mean())
        return -float(((predicted - gold) ** 2).mean())


def goal(target: Target) -> Goal:
    """The goal of a target; labels that are all equal are not divided."""
    if target.kind == "class":
        return Goal(target)
    flat = target.flat("train")
    return Goal(target, float(flat.mean()), float(flat.std()) or 1.0)
