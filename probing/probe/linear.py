"""The linear probe: logistic regression for classes, ridge regression for numbers, strength chosen on dev."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.probe import logistic
from probing.probe.fit import TASK, Fit, Setting, Target
from probing.probe.regression import Features, Regression
from probing.probe.ridge import ridge

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Linear(Regression):
    """Multinomial logistic or ridge regression.

    Per layer, every strength of ``l2`` is tried for the task and its controls at once. The strength with the best dev
    accuracy (classes) or the smallest dev error (numbers) is kept, the stronger one on a tie; the controls are scored
    at the same strength.
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
        labels = torch.from_numpy(np.stack([t.flat("train") for t in targets.values()])).to(device)
        strengths = sorted(self.l2, reverse=True)
        n_classes = targets[TASK].n_classes
        solution = logistic.solve(x["train"], labels, strengths, n_classes, self.tolerance, self.max_iterations)
        chosen = 0
        for number, (name, target) in enumerate(targets.items()):
            dev = [_classes(x["dev"], weights) for weights in solution.weights[number]]
            scores = [float((d == target.flat("dev")).mean()) for d in dev]
            if name == TASK:
                chosen = int(np.argmax(scores))
            test = _classes(x["test"], solution.weights[number, chosen])
            yield Fit(
                layer,
                name,
                target.by_sentence({"dev": dev[chosen], "test": test}),
                dev_score=scores[chosen],
                converged=bool(solution.converged[number, chosen]),
                chosen={"l2": strengths[chosen], "objective_nats": float(solution.objective[number, chosen])},
                weights=solution.weights[number, chosen].cpu().numpy(),
            )

    def _regress(self, layer: int, features: Features, targets: Mapping[str, Target], device: str) -> Iterator[Fit]:
        import torch

        x = {split: torch.from_numpy(f).to(device) for split, f in features.items()}
        strengths = sorted(self.l2, reverse=True)
        labels = torch.from_numpy(np.stack([t.flat("train") for t in targets.values()], axis=1)).to(device)
        weights, intercepts = ridge(x["train"], labels.double(), strengths)  # (R, D, T), (T,)
        chosen = 0
        for number, (name, target) in enumerate(targets.items()):
            columns = weights[:, :, number].T.float()  # (D, R)
            dev = (x["dev"] @ columns + intercepts[number].float()).cpu().numpy()
            errors = ((dev - target.flat("dev")[:, None]) ** 2).mean(axis=0)
            if name == TASK:
                chosen = int(np.argmin(errors))
            test = (x["test"] @ columns[:, chosen] + intercepts[number].float()).cpu().numpy()
            kept = torch.cat([columns[:, chosen], intercepts[number, None].float()])[None]  # (1, D + 1)
            yield Fit(
                layer,
                name,
                target.by_sentence({"dev": dev[:, chosen], "test": test}),
                dev_score=-float(errors[chosen]),
                converged=True,
                chosen={"l2": strengths[chosen]},
                weights=kept.cpu().numpy(),
            )


def _classes(x: "torch.Tensor", weights: "torch.Tensor") -> NDArray[np.int64]:
    return np.asarray((x @ weights[:, :-1].T + weights[:, -1]).argmax(1).cpu())
