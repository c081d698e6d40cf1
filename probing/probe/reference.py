"""The standard tool on the same vectors: scikit-learn's estimators, one layer and target at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from probing.axes import Kind
from probing.probe.fit import SCORED, TASK, Fit, Setting, Target
from probing.probe.regression import Features, Regression


@dataclass(frozen=True)
class Reference(Regression):
    """LogisticRegression (lbfgs) for classes, Ridge for numbers; strengths as in probe=linear, warm-started."""

    tolerance: float = 1e-4
    max_iterations: int = 1000

    def fit_layer(
        self, layer: int, features: Features, targets: Mapping[str, Target], setting: Setting
    ) -> Iterator[Fit]:
        """Fit target by target, the controls at the strength that is best for the task."""
        strengths = sorted(self.l2, reverse=True)
        for name, target in targets.items():
            fit = self._best(layer, name, features, target, strengths)
            if name == TASK:
                strengths = [fit.chosen["l2"]]
            yield fit

    def _best(self, layer: int, name: str, features: Features, target: Target, strengths: list[float]) -> Fit:
        """The fit of the strength that is best on dev, the stronger one on a tie."""
        model = self._estimator(target.kind)
        gold, n = target.flat("dev"), len(features["train"])
        fits = []
        for strength in strengths:
            model.set_params(**({"C": 1 / (n * strength)} if target.kind == "class" else {"alpha": n * strength}))
            model.fit(features["train"], target.flat("train"))
            predicted = {split: model.predict(features[split]) for split in {*SCORED, *target.scored}}
            hits = predicted["dev"] == gold if target.kind == "class" else -((predicted["dev"] - gold) ** 2)
            converged = target.kind == "scalar" or bool(np.max(model.n_iter_) < self.max_iterations)
            cut = target.by_sentence(predicted)
            fits.append(Fit(layer, name, cut, float(hits.mean()), converged, {"l2": strength}))
        return max(fits, key=lambda fit: fit.dev_score)  # the first of equal ones

    def _estimator(self, kind: Kind) -> Any:
        from sklearn.linear_model import LogisticRegression, Ridge

        if kind == "scalar":
            return Ridge()
        return LogisticRegression(warm_start=True, tol=self.tolerance, max_iter=self.max_iterations)
