"""The standard tool on the same vectors: scikit-learn's estimators, one layer and target at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probing.axes import Kind, Level, Split
from probing.errors import positive
from probing.probe.fit import TASK, Fit, Setting, Target, per_sentence, standardise
from probing.probe.linear import check_grid, check_not_pairs
from probing.store.vectors import Vectors


@dataclass(frozen=True)
class Reference:
    """LogisticRegression (lbfgs) for classes, Ridge for numbers; strengths as in probe=linear, warm-started."""

    name: str
    l2: list[float]
    standardise: bool = True
    tolerance: float = 1e-4
    max_iterations: int = 1000

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
        """Fit layer by layer and target by target."""
        for done, layer in enumerate(layers):
            setting.on_progress("probing layers with scikit-learn", done, len(layers))
            features = standardise(vectors.layer(layer), self.standardise)
            chosen: float | None = None
            for name, target in targets.items():
                fit = self._one(layer, name, features, target, chosen)
                chosen = fit.chosen["l2"] if name == TASK else chosen
                yield fit
        setting.on_progress("probing layers with scikit-learn", len(layers), len(layers))

    def _one(
        self,
        layer: int,
        name: str,
        features: Mapping[Split, NDArray[np.float32]],
        target: Target,
        chosen: float | None,
    ) -> Fit:
        strengths = sorted(self.l2, reverse=True) if chosen is None else [chosen]
        best: tuple[float, float, dict[Split, NDArray[Any]], bool] | None = None
        model = self._estimator(target.kind)
        gold = target.flat("dev")
        for strength in strengths:
            n = len(features["train"])
            model.set_params(**({"C": 1 / (n * strength)} if target.kind == "class" else {"alpha": n * strength}))
            model.fit(features["train"], target.flat("train"))
            predicted = {split: model.predict(features[split]) for split in ("dev", "test")}
            hits = predicted["dev"] == gold if target.kind == "class" else -((predicted["dev"] - gold) ** 2)
            score = float(hits.mean())
            converged = target.kind == "scalar" or bool(np.max(model.n_iter_) < self.max_iterations)
            if best is None or score > best[0]:
                best = (score, strength, predicted, converged)
        assert best is not None
        score, strength, predicted, converged = best
        cut = {split: per_sentence(flat, target.values[split]) for split, flat in predicted.items()}
        return Fit(layer, name, cut, score, converged, {"l2": strength})

    def _estimator(self, kind: Kind) -> Any:
        from sklearn.linear_model import LogisticRegression, Ridge

        if kind == "scalar":
            return Ridge()
        return LogisticRegression(warm_start=True, tol=self.tolerance, max_iter=self.max_iterations)
