"""The linear probe: logistic regression for classes, ridge regression for numbers, strength chosen on dev."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.probe import logistic
from probing.probe.fit import TASK, Fit, Setting, Target
from probing.probe.regression import Features, Regression, labels_in_train
from probing.probe.ridge import Ridge
from probing.probe.strengths import Finish, choose

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Linear(Regression):
    """Multinomial logistic or ridge regression.

    Per layer, the strength of ``l2`` is chosen for the task alone, by the cross-entropy of dev (classes) or its mean
    squared error (numbers); ``strengths.choose`` tells how. The controls are fitted at this strength only.
    """

    def fit_layer(
        self, layer: int, features: Features, targets: Mapping[str, Target], setting: Setting
    ) -> Iterator[Fit]:
        """Fit every target on one layer, the task first."""
        solve = self._classify if targets[TASK].kind == "class" else self._regress
        yield from solve(layer, features, targets, setting.device)

    def _classify(self, layer: int, features: Features, targets: Mapping[str, Target], device: str) -> Iterator[Fit]:
        import torch

        x = {split: torch.from_numpy(f).to(device) for split, f in features.items()}
        strength = 0.0
        for name, target in targets.items():
            labels = torch.from_numpy(target.flat("train")).to(device)
            path = logistic.Path(x["train"], labels, target.n_classes, self.tolerance, self.max_iterations)
            if name == TASK:
                choice = choose(self.l2, *_with_loss(path, x["dev"], target))
                strength, solved, measured = choice.l2, choice.solved, {"dev_nats": choice.loss}
            else:
                solved, measured = path.solve(strength), {}
            predicted = {split: _classes(x[split], solved.weights) for split in ("dev", "test")}
            yield Fit(
                layer,
                name,
                target.by_sentence(predicted),
                dev_score=float((predicted["dev"] == target.flat("dev")).mean()),
                converged=solved.converged,
                chosen={"l2": strength, "objective_nats": solved.objective, **measured},
                weights=solved.weights.cpu().numpy(),
            )

    def _regress(self, layer: int, features: Features, targets: Mapping[str, Target], device: str) -> Iterator[Fit]:
        import torch

        x = {split: torch.from_numpy(f).to(device) for split, f in features.items()}
        labels = np.stack([t.flat("train") for t in targets.values()], axis=1).astype(np.float64)
        regression = Ridge(x["train"], torch.from_numpy(labels).to(device))
        strength = 0.0
        for number, (name, target) in enumerate(targets.items()):
            solve = _with_error(regression, number, x["dev"], target)
            if name == TASK:
                strength = choose(self.l2, solve).l2
            error, weights = solve(strength)
            yield Fit(
                layer,
                name,
                target.by_sentence({split: _numbers(x[split], weights) for split in ("dev", "test")}),
                dev_score=-error,
                converged=True,
                chosen={"l2": strength},
                weights=weights[None].cpu().numpy(),
            )


Losses = tuple[Callable[[float], tuple[float, logistic.Solved]], Finish[logistic.Solved]]


def _with_loss(path: logistic.Path, x: "torch.Tensor", target: Target) -> Losses:
    """Solve at a strength roughly, and to the end: cross-entropy on dev, in nats, and the solution. x: dev, (N, D)."""
    import torch

    known = torch.from_numpy(labels_in_train(target)).to(x.device)
    gold = torch.from_numpy(target.flat("dev")).to(x.device)[known]
    x = x[known]

    def measured(solved: logistic.Solved) -> tuple[float, logistic.Solved]:
        log_p = logistic.log_probabilities(x, solved.weights).gather(1, gold[:, None])
        return float(-log_p.double().sum()) / max(1, len(log_p)), solved

    return (
        lambda l2: measured(path.solve(l2, rough=True)),
        lambda l2, rough: measured(path.finish(l2, rough)),
    )


def _with_error(
    regression: Ridge, number: int, x: "torch.Tensor", target: Target
) -> "Callable[[float], tuple[float, torch.Tensor]]":
    """Solve at a strength: mean squared error on dev, and weights (D + 1,) of target ``number``. x: dev, (N, D)."""
    gold = target.flat("dev")

    def solve(l2: float) -> "tuple[float, torch.Tensor]":
        weights = regression.weights(l2, number)
        return float(((_numbers(x, weights) - gold) ** 2).mean()), weights

    return solve


def _classes(x: "torch.Tensor", weights: "torch.Tensor") -> NDArray[np.int64]:
    return np.asarray((x @ weights[:, :-1].T + weights[:, -1]).argmax(1).cpu())


def _numbers(x: "torch.Tensor", weights: "torch.Tensor") -> NDArray[np.float32]:
    return np.asarray((x @ weights[:-1] + weights[-1]).cpu())
