"""The linear probe: logistic regression for classes, ridge regression for numbers, strength chosen on dev."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from probing.axes import Kind, Level, Split
from probing.errors import ConfigError, positive
from probing.probe import logistic
from probing.probe.fit import TASK, Fit, Setting, Target, apply, per_sentence, scale
from probing.probe.ridge import ridge
from probing.store.vectors import Vectors

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Linear:
    """Multinomial logistic or ridge regression on standardised vectors.

    The penalty is l2/2 |W|^2 beside the mean loss, so that one grid serves any corpus size (scikit-learn's C is
    1 / (N * l2)). Per layer, every strength of ``l2`` is tried for the task and its controls at once; the one
    with the best dev accuracy (classes) or the smallest dev error (numbers) is kept, the stronger one on a tie,
    and the controls are read at the same strength.
    """

    name: str
    l2: list[float]
    standardise: bool = True
    tolerance: float = 1e-5
    max_iterations: int = 300

    def __post_init__(self) -> None:
        check_grid(self.l2)
        positive("probe.tolerance", self.tolerance)
        positive("probe.max_iterations", self.max_iterations)

    def check(self, level: Level, kind: Kind) -> None:
        """Raise ConfigError for word pairs."""
        check_not_pairs(self.name, level)

    def fit(
        self, vectors: Vectors, targets: Mapping[str, Target], layers: Sequence[int], setting: Setting
    ) -> Iterator[Fit]:
        """One read of each layer serves every target and strength."""
        for done, layer in enumerate(layers):
            setting.on_progress("probing layers", done, len(layers))
            features, by = _standardised(vectors, layer, self.standardise)
            for fit in self.fit_features(layer, features, targets, setting.device):
                yield replace(fit, scale=by) if fit.target == TASK else fit
        setting.on_progress("probing layers", len(layers), len(layers))

    def fit_features(
        self, layer: int, features: Mapping[Split, NDArray[np.float32]], targets: Mapping[str, Target], device: str
    ) -> Iterator[Fit]:
        """Fit every target on one layer's standardised vectors, (N, D) per split."""
        solve = self._classify if targets[TASK].kind == "class" else self._regress
        yield from solve(layer, features, targets, device)

    def _classify(
        self, layer: int, features: Mapping[Split, NDArray[np.float32]], targets: Mapping[str, Target], device: str
    ) -> Iterator[Fit]:
        import torch

        x = {split: torch.from_numpy(f).to(device) for split, f in features.items()}
        labels = torch.from_numpy(np.stack([t.flat("train") for t in targets.values()])).to(device)
        strengths = sorted(self.l2, reverse=True)
        n_classes = targets[TASK].n_classes
        solution = logistic.solve(x["train"], labels, strengths, n_classes, self.tolerance, self.max_iterations)
        chosen = 0
        for number, (name, target) in enumerate(targets.items()):
            dev = [_classes(x["dev"], weights) for weights in solution.weights[number]]
            gold = target.flat("dev")
            if name == TASK:
                chosen = int(np.argmax([(d == gold).mean() for d in dev]))
            test = _classes(x["test"], solution.weights[number, chosen])
            yield Fit(
                layer,
                name,
                {
                    "dev": per_sentence(dev[chosen], target.values["dev"]),
                    "test": per_sentence(test, target.values["test"]),
                },
                dev_score=float((dev[chosen] == gold).mean()),
                converged=bool(solution.converged[number, chosen]),
                chosen={"l2": strengths[chosen], "objective_nats": float(solution.objective[number, chosen])},
                weights=solution.weights[number, chosen].cpu().numpy(),
            )

    def _regress(
        self, layer: int, features: Mapping[Split, NDArray[np.float32]], targets: Mapping[str, Target], device: str
    ) -> Iterator[Fit]:
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
                {
                    "dev": per_sentence(dev[:, chosen], target.values["dev"]),
                    "test": per_sentence(test, target.values["test"]),
                },
                dev_score=-float(errors[chosen]),
                converged=True,
                chosen={"l2": strengths[chosen]},
                weights=kept.cpu().numpy(),
            )


def _standardised(
    vectors: Vectors, layer: int, switched_on: bool
) -> tuple[dict[Split, NDArray[np.float32]], tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """One layer's vectors, and by which mean and deviation: raw ones are gone on return, there is room for one copy."""
    raw = vectors.layer(layer)
    by = scale(raw["train"], switched_on)
    return apply(raw, *by), by


def _classes(x: "torch.Tensor", weights: "torch.Tensor") -> NDArray[np.int64]:
    return np.asarray((x @ weights[:, :-1].T + weights[:, -1]).argmax(1).cpu())


def check_grid(l2: Sequence[float]) -> None:
    """Raise ConfigError unless ``l2`` is a non-empty list of positive strengths."""
    if not l2:
        raise ConfigError("probe.l2=[]: at least one strength is needed, e.g. probe.l2=[1e-4]")
    for value in l2:
        positive("probe.l2", value)


def check_not_pairs(name: str, level: Level) -> None:
    """Raise ConfigError for tasks on word pairs."""
    if level == "pair":
        raise ConfigError(f"probe={name} labels one vector at a time; for pairs of words type probe=structural")
