"""The standard tool on the same vectors: scikit-learn's estimators, one layer and target at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from probing.axes import Kind
from probing.probe.fit import SCORED, TASK, Fit, Setting, Target
from probing.probe.regression import Features, Regression, labels_in_train
from probing.probe.strengths import choose


@dataclass(frozen=True)
class Reference(Regression):
    """LogisticRegression (lbfgs) for classes, Ridge for numbers: the problems and the choice of probe=linear.

    C is 1 / (N * l2). Of two classes scikit-learn fits one row of weights, the difference w of the two rows of
    probe=linear, and |w|^2 is twice their |W|^2: there C is 2 / (N * l2). Strengths are warm-started.
    """

    max_iterations: int = 1000

    def fit_layer(
        self, layer: int, features: Features, targets: Mapping[str, Target], setting: Setting
    ) -> Iterator[Fit]:
        """Fit target by target, the controls at the strength that is best for the task."""
        strength = 0.0
        for name, target in targets.items():
            solve = self._solver(layer, name, features, target)
            if name == TASK:
                choice = choose(self.l2, solve)
                strength, fit = choice.l2, choice.solved
            else:
                _, fit = solve(strength)
            yield fit

    def _solver(
        self, layer: int, name: str, features: Features, target: Target
    ) -> Callable[[float], tuple[float, Fit]]:
        """From a strength to the loss on dev and the fit."""
        model, gold, n = self._estimator(target.kind), target.flat("dev"), len(features["train"])
        known = labels_in_train(target)
        # of two classes, one row of scikit-learn stands for two
        rows = 2 if len(np.unique(target.flat("train"))) == 2 else 1

        def solve(l2: float) -> tuple[float, Fit]:
            model.set_params(**({"C": rows / (n * l2)} if target.kind == "class" else {"alpha": n * l2}))
            model.fit(features["train"], target.flat("train"))
            predicted = {split: model.predict(features[split]) for split in {*SCORED, *target.scored}}
            cut = target.by_sentence(predicted)
            if target.kind == "scalar":
                error = float(((predicted["dev"] - gold) ** 2).mean())
                return error, Fit(layer, name, cut, -error, True, {"l2": l2})
            log_p = model.predict_log_proba(features["dev"][known])
            nats = -log_p[np.arange(len(log_p)), np.searchsorted(model.classes_, gold[known])]
            loss = float(nats.sum(dtype=np.float64)) / max(1, len(nats))
            chosen = {"l2": l2, "dev_nats": loss} if name == TASK else {"l2": l2}
            converged = bool(np.max(model.n_iter_) < self.max_iterations)
            return loss, Fit(layer, name, cut, float((predicted["dev"] == gold).mean()), converged, chosen)

        return solve

    def _estimator(self, kind: Kind) -> Any:
        from sklearn.linear_model import LogisticRegression, Ridge

        if kind == "scalar":
            return Ridge()
        return LogisticRegression(warm_start=True, tol=self.tolerance, max_iter=self.max_iterations)
