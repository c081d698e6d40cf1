"""The probe on one-hot types against scikit-learn on the one-hot matrix itself."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from probing.probe.fit import Target
from probing.probe.one_hot import PENALTIES, Counts, logistic_by_type, one_hot
from probing.rng import generator

TYPES = 12


def skewed(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Types and classes of n items: type t has class t % 4 most often, and class 0 is frequent everywhere."""
    rng = generator(seed, "one hot")
    types = rng.integers(TYPES, size=n)
    return types, np.where(rng.random(n) < 0.5, types % 4, rng.choice(4, p=[0.6, 0.2, 0.1, 0.1], size=n))


@pytest.mark.parametrize("penalty", PENALTIES)
def test_weights_are_those_of_logistic_regression_on_the_one_hot_matrix(penalty: float) -> None:
    types, classes = skewed(0, 300)
    types = np.concatenate([types, np.full(4, TYPES)])
    classes = np.concatenate([classes, np.full(4, 0)])  # and one more type with the counts of the next
    types, classes = np.concatenate([types, np.full(4, TYPES + 1)]), np.concatenate([classes, np.full(4, 0)])
    model = LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=20_000).fit(np.eye(TYPES + 2)[types], classes)
    expected = model.predict_proba(np.vstack([np.eye(TYPES + 2), np.zeros(TYPES + 2)]))
    counts = np.zeros((TYPES + 2, 4))
    np.add.at(counts, (types, classes), 1)
    of = Counts(counts[:-1], np.array([*[1.0] * TYPES, 2.0]))  # the last two have equal counts
    logits, intercept = logistic_by_type(of, penalty, np.zeros((TYPES + 1, 4)), np.zeros(4))
    found = np.exp(np.vstack([logits, logits[-1], intercept]))
    assert found / found.sum(axis=1, keepdims=True) == pytest.approx(expected, abs=2e-4)


def target_of(kind: str, values: dict[str, np.ndarray]) -> Target:
    return Target("word", kind, 4, {split: [each] for split, each in values.items()})  # type: ignore[arg-type]


def test_classes_are_those_of_the_best_penalty_on_dev_and_unknown_types_have_the_intercept() -> None:
    types, classes = {}, {}
    for seed, (split, n) in enumerate({"train": 200, "dev": 400, "test": 60}.items()):
        types[split], classes[split] = skewed(seed, n)
    classes["dev"] = np.append(classes["dev"], 4)  # a class that train does not have: it has no probability
    types["dev"] = np.append(types["dev"], 0)
    names = {split: [f"t{number}" for number in found] for split, found in types.items()}
    names["test"][-1] = "new"
    found = one_hot(target_of("class", classes), names)["test"][0]
    one = np.eye(TYPES)
    models = [
        LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=20_000).fit(one[types["train"]], classes["train"])
        for penalty in PENALTIES
    ]
    dev = [m.predict_log_proba(one[types["dev"][:-1]])[range(400), classes["dev"][:-1]].mean() for m in models]
    best = models[int(np.argmax(dev))]
    rows = one[types["test"]]
    rows[-1] = 0
    assert found.tolist() == best.predict(rows).tolist()


def test_numbers_are_those_of_ridge_regression() -> None:
    rng = generator(0, "numbers")
    types = {split: rng.integers(TYPES, size=n) for split, n in (("train", 80), ("dev", 50), ("test", 20))}
    gold = {split: found / 3 + rng.standard_normal(len(found)) for split, found in types.items()}
    names = {split: [f"t{number:02}" for number in found] for split, found in types.items()}
    names["test"][0] = "new"
    found = one_hot(target_of("scalar", gold), names)["test"][0]
    one = np.eye(TYPES)
    models = [Ridge(alpha=penalty).fit(one[types["train"]], gold["train"]) for penalty in PENALTIES]
    errors = [((model.predict(one[types["dev"]]) - gold["dev"]) ** 2).mean() for model in models]
    rows = one[types["test"]]
    rows[0] = 0
    assert found == pytest.approx(models[int(np.argmin(errors))].predict(rows))
