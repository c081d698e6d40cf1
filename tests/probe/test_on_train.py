"""Labels that can only be memorised are predicted for the sentences on which the probe was trained."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from probing.probe.fit import Fit, Target
from probing.probe.on_train import on_scored
from probing.rng import generator

X = {split: generator(0, split).standard_normal((6, 3)).astype(np.float32) for split in ("train", "dev", "test")}


def target_of(kind: str, scored: tuple[str, ...]) -> Target:
    return Target("sentence", kind, 2, LABELS, scored)  # type: ignore[arg-type]


LABELS = {split: [np.array([i % 2]) for i in range(6)] for split in X}


def test_classes_of_train_are_those_of_the_largest_logit() -> None:
    weights = generator(1).standard_normal((2, 4)).astype(np.float32)
    fit = Fit(0, "control0", {"dev": [], "test": []}, 0.5, True, weights=weights)
    found = on_scored(fit, X, target_of("class", ("train",)))
    logits = X["train"] @ weights[:, :3].T + weights[:, 3]
    assert [v.tolist() for v in found["train"]] == [[int(row[1] > row[0])] for row in logits]


def test_numbers_of_train_are_those_of_the_regression() -> None:
    model = Ridge().fit(X["train"], np.arange(6.0))
    weights = np.append(model.coef_, model.intercept_)[None].astype(np.float32)
    found = on_scored(Fit(0, "control0", {}, 0.5, True, weights=weights), X, target_of("scalar", ("train",)))
    assert np.concatenate(found["train"]) == pytest.approx(model.predict(X["train"]), abs=1e-5)


def test_nothing_is_added_where_train_is_not_scored() -> None:
    fit = Fit(0, "task", {"dev": [], "test": []}, 0.5, True, weights=np.ones((2, 4), np.float32))
    assert on_scored(fit, X, target_of("class", ("dev", "test"))) is fit.predicted
